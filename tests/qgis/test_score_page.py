"""The page of weights: what its controls ask of the session, and what it shows of it."""

from __future__ import annotations

import json

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QKeyEvent, QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QStyle, QStyleOptionSlider
from seldom_heard.processing.ranking import schemes
from seldom_heard.ui.pages.score_page import ScorePage
from seldom_heard.ui.widgets import scheme_box
from seldom_heard.ui.widgets.weight_row import Scale

from .made_up import city
from .paged import (
    BAR,
    NARROW,
    Longer,
    between,
    cut_off,
    nameless,
    not_below,
    reached,
    turn_wheel,
    until,
)

KEY = Qt.Key


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    project.clear()
    QgsSettings().remove(scheme_box.KEPT)
    yield project
    project.clear()
    QgsSettings().remove(scheme_box.KEPT)


def explore(session, project, **options):
    layer = city(40, **options)
    project.addMapLayer(layer)
    session.set_layer(layer)
    assert until(lambda: session.standing is not None), session.problem
    return layer


def shown(session):
    page = ScorePage(session)
    page.resize(NARROW, 1600)
    page.show()
    QTest.qWait(20)
    return page


@pytest.fixture
def page(session, project):
    explore(session, project)
    page = shown(session)
    yield page
    page.close_page()
    page.deleteLater()


def handle(slider):
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style = slider.style()
    part = QStyle.SubControl.SC_SliderHandle
    return style.subControlRect(QStyle.ComplexControl.CC_Slider, option, part, slider).center()


def drag(slider, *steps, release=True):
    """Move the handle by pixels, step by step, with the left button down."""
    left, at = Qt.MouseButton.LeftButton, handle(slider)
    QTest.mousePress(slider, left, Qt.KeyboardModifier.NoModifier, at)
    for by in steps:
        at = QPoint(at.x() + by, at.y())
        move = event_of_move(slider, at)
        QApplication.sendEvent(slider, move)
    if release:
        QTest.mouseRelease(slider, left, Qt.KeyboardModifier.NoModifier, at)
    return at


def event_of_move(widget, at):
    left = Qt.MouseButton.LeftButton
    where = QPointF(widget.mapToGlobal(at))
    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        where,
        Qt.MouseButton.NoButton,
        left,
        Qt.KeyboardModifier.NoModifier,
    )


def hold(widget, key, times):
    """Hold a key down until it was repeated."""
    none = Qt.KeyboardModifier.NoModifier
    for at in range(times):
        event = QKeyEvent(QEvent.Type.KeyPress, key, none, "", at > 0)
        QApplication.sendEvent(widget, event)
    QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyRelease, key, none, ""))


def steps_back(session):
    """Return how often undo can be asked for until nothing of the scheme is changed."""
    count = 0
    while session.settings.changes and session.can_undo:
        session.undo()
        count += 1
    return count


# --- weights


def test_arrow_and_page_keys_change_a_weight(page, session):
    slider = page.rows["need"].slider
    QTest.keyClick(slider, KEY.Key_Right)
    assert session.settings.changes == "need=1.25"
    assert page.rows["need"].number.value() == 1.25
    QTest.keyClick(slider, KEY.Key_PageUp)
    assert session.settings.changes == "need=2"
    QTest.keyClick(slider, KEY.Key_Left)
    assert session.settings.changes == "need=1.75"


def test_a_change_ranks_the_areas_anew(page, session):
    before = list(session.standing.ranks)
    for _ in range(4):
        QTest.keyClick(page.rows["need"].slider, KEY.Key_Right)
    QTest.mouseClick(page.rows["voice"].box, Qt.MouseButton.LeftButton)
    assert session.settings.changes == "need=2; voice=0"
    assert list(session.standing.ranks) != before


def test_every_step_of_a_drag_counts_at_once_and_the_drag_is_one_step_to_undo(page, session):
    seen = []
    session.moved.connect(lambda: seen.append(session.settings.changes))
    row = page.rows["barriers"]
    slider = row.slider
    drag(slider, 18, 18, 18, 18, release=False)
    assert slider.isSliderDown(), "the slider was let go of, or made anew, on the way"
    assert page.rows["barriers"] is row
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert len(seen) >= 3 and len(set(seen)) == len(seen), seen
    assert slider.value() > 4 and session.settings.changes.startswith("barriers=")
    assert steps_back(session) == 1
    assert slider.value() == 4 and row.number.value() == 1


def test_two_drags_are_two_steps_to_undo(page, session):
    slider = page.rows["barriers"].slider
    drag(slider, 20, 20)
    first = session.settings.changes
    drag(slider, 20, 20)
    assert session.settings.changes != first
    session.undo()
    assert session.settings.changes == first
    session.undo()
    assert session.settings.changes == ""


def test_a_drag_after_another_control_is_a_step_of_its_own(page, session):
    drag(page.rows["barriers"].slider, 20, 20)
    drag(page.rows["need"].slider, 20, 20)
    page.rows["barriers"].slider.setValue(9)  # as by a screen reader: no press, no key
    assert steps_back(session) == 3


def test_what_is_asked_after_undo_is_a_step_of_its_own(page, session):
    slider = page.rows["need"].slider
    session.change(top="5")
    hold(slider, KEY.Key_Right, 3)
    assert session.settings.changes == "need=1.75"
    session.undo()
    slider.setValue(12)  # no press, no key: the gesture from before cannot go on
    assert session.settings.changes == "need=3"
    session.undo()
    assert (session.settings.changes, session.settings.top) == ("", "5")


def test_a_key_held_down_is_one_step_and_pressed_again_another(page, session):
    slider = page.rows["need"].slider
    hold(slider, KEY.Key_Right, 4)
    assert session.settings.changes == "need=2"
    hold(slider, KEY.Key_Left, 2)
    assert session.settings.changes == "need=1.5"
    assert steps_back(session) == 2


def test_a_weight_can_be_typed_and_counts_when_it_is_entered(page, session):
    row = page.rows["lang_low_english_pct"]
    row.number.selectAll()
    QTest.keyClicks(row.number, row.number.locale().toString(2.6, "g", 6))
    assert session.settings.changes == ""
    QTest.keyClick(row.number, KEY.Key_Return)
    assert session.settings.changes == "lang_low_english_pct=2.6"
    assert row.slider.value() == 10  # the step next to it
    assert row.number.value() == 2.6, "the slider has rounded what was typed"


def test_a_weight_beyond_the_slider_makes_it_longer(page, session):
    row = page.rows["need"]
    row.number.setValue(7)
    assert session.settings.changes == "need=7"
    assert row.slider.value() * 0.5 == 7 and row.slider.maximum() == 20


@pytest.mark.parametrize(
    ("weight", "end", "step"),
    [
        (0, 3, 0.25),
        (0.5, 3, 0.25),
        (1, 3, 0.25),
        (2, 3, 0.25),
        (3, 5, 0.25),
        (4, 5, 0.25),
        (5, 10, 0.5),
        (0.4, 0.5, 0.025),
        (0.05, 0.3, 0.025),
        (9, 30, 2.5),
        (40, 50, 2.5),
        (100, 300, 25),
    ],
)
def test_a_slider_has_room_for_the_weights_of_its_scheme(weight, end, step):
    scale = Scale.holding(weight)
    assert (scale.end, scale.step) == pytest.approx((end, step))
    assert scale.end >= 1.2 * weight


def test_the_box_leaves_out_and_brings_back_the_weight_there_was(page, session):
    row = page.rows["lang_low_english_pct"]
    row.number.setValue(2.5)
    QTest.mouseClick(row.box, Qt.MouseButton.LeftButton)
    assert session.settings.changes == "lang_low_english_pct=0"
    assert not row.box.isChecked() and row.slider.value() == 0 and row.share.text() == "off"
    QTest.keyClick(row.box, KEY.Key_Space)
    assert session.settings.changes == "lang_low_english_pct=2.5"


def test_a_click_on_the_title_ticks_the_box(page, session):
    QTest.mouseClick(page.rows["voice"].title, Qt.MouseButton.LeftButton)
    assert session.settings.changes == "voice=0"


def test_the_box_brings_back_the_weight_from_before_a_drag_to_nothing(page, session):
    row = page.rows["barriers"]
    drag(row.slider, -20, -20, -20, -20, -20)
    assert session.settings.changes == "barriers=0"
    assert not row.box.isChecked()
    QTest.mouseClick(row.box, Qt.MouseButton.LeftButton)
    assert session.settings.changes == ""


def test_shares_follow_and_add_up(page, session):
    def of(pillars):
        return [
            page.rows[key].share.text()
            for key, is_pillar in page._order
            if is_pillar == pillars and page.rows[key].share.isVisibleTo(page)
        ]

    assert of(True) == ["33 %", "33 %", "33 %"]
    page.rows["barriers"].number.setValue(2)
    assert of(True) == ["25 %", "50 %", "25 %"]
    assert of(False) == ["12 %", "12 %", "17 %", "17 %", "17 %", "25 %"]
    QTest.mouseClick(page.rows["voice"].box, Qt.MouseButton.LeftButton)
    assert of(True) == ["33 %", "67 %", "off"]
    assert of(False)[-1] == "0 %"
    assert "group is off" in page.rows["voice_shrunk"].share.toolTip()


def test_rows_are_changed_in_place(page, session):
    before = dict(page.rows)
    page.rows["need"].number.setValue(2)
    session.undo()
    session.redo()
    session.change(top="5")
    assert page.rows == before


def test_the_wheel_scrolls_the_page_and_changes_nothing(page, session):
    row = page.rows["lang_low_english_pct"]
    top = page.top_box
    for widget in (row.slider, row.number, row.direction, top.number, top.unit, page.scheme_box):
        widget.setFocus()
        assert not turn_wheel(widget), type(widget)
    assert session.settings.changes == "" and session.settings.top == "10%"
    assert session.settings.scheme == "general"


# --- directions, and back


def test_a_direction_is_turned_marked_and_turned_back(page, session):
    box = page.rows["voice_shrunk"].direction
    assert box.currentText() == "Less is a barrier (scheme)"
    QTest.keyClick(box, KEY.Key_Up)
    assert session.settings.changes == "voice_shrunk=more"
    assert box.currentText() == "More is a barrier"
    assert "turned" in page.rows["voice_shrunk"].note.text()
    QTest.keyClick(box, KEY.Key_Down)
    assert session.settings.changes == ""


def test_pillars_have_no_direction(page):
    pillars = [page.rows[key] for key, is_pillar in page._order if is_pillar]
    assert len(pillars) == 3
    assert not any(row.direction.isVisibleTo(page) for row in pillars)


def test_back_to_the_scheme_in_one_step(page, session):
    button = page.shipped_button
    assert not button.isEnabled()
    page.rows["need"].number.setValue(3)
    page.rows["voice_shrunk"].direction_asked.emit("voice_shrunk", True)
    assert button.isEnabled()
    assert page.rows["need"].note.text() == "changed; 1 in the scheme"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.settings.changes == ""
    assert page.rows["need"].slider.value() == 4
    assert not page.rows["need"].note.isVisibleTo(page)
    assert not button.isEnabled()
    session.undo()
    assert session.settings.changes == "need=3; voice_shrunk=more"


def test_what_is_set_back_by_hand_is_no_change(page, session):
    QTest.keyClick(page.rows["need"].slider, KEY.Key_Right)
    assert page.shipped_button.isEnabled()
    QTest.keyClick(page.rows["need"].slider, KEY.Key_Left)
    assert session.settings.changes == ""
    assert not page.shipped_button.isEnabled()


# --- what is missing


def test_what_the_layer_lacks_cannot_be_weighed_and_says_so(session, project):
    explore(session, project, replies=False)
    page = shown(session)
    row = page.rows["voice_shrunk"]
    assert not row.box.isEnabled() and not row.slider.isVisibleTo(page)
    assert row.note.text() == "not in the layer"
    assert "no figures" in row.toolTip()
    assert "no figures" in row.box.accessibleDescription()
    assert page.rows["need"].box.isEnabled()
    QTest.mouseClick(row.title, Qt.MouseButton.LeftButton)
    assert session.settings.changes == ""
    page.close_page()


def test_another_layer_shows_in_the_same_rows(page, session, project):
    before = dict(page.rows)
    assert page.rows["voice"].slider.isVisibleTo(page)
    explore(session, project, replies=False)
    assert page.rows == before
    assert not page.rows["voice"].slider.isVisibleTo(page)
    assert page.rows["voice"].note.text() == "not in the layer"


def test_with_nothing_left_it_says_so_and_can_be_mended(page, session):
    for key in ("need", "barriers", "voice"):
        QTest.mouseClick(page.rows[key].box, Qt.MouseButton.LeftButton)
    assert session.problem
    assert page.nothing.isVisibleTo(page)
    assert [page.rows[key].share.text() for key in ("need", "voice")] == ["off", "off"]
    QTest.mouseClick(page.rows["need"].box, Qt.MouseButton.LeftButton)
    assert session.settings.changes == "barriers=0; voice=0"
    assert not page.nothing.isVisibleTo(page)
    assert session.problem == ""


def test_a_layer_that_the_scheme_does_not_fit_still_shows_the_scheme(session, project):
    layer = city(10)
    fields = layer.fields()
    names = [f.name() for f in fields if f.name().startswith(("dep_", "prev_"))]
    layer.dataProvider().deleteAttributes([fields.indexOf(name) for name in names])
    layer.updateFields()
    project.addMapLayer(layer)
    session.set_layer(layer)
    assert until(lambda: session.problem != "")
    page = shown(session)
    assert not page.rows["need"].box.isEnabled()
    assert page.rows["barriers"].box.isEnabled()
    page.close_page()


def test_changes_kept_for_another_scheme_are_let_go_with_the_next_one(page, session):
    session.change(changes="gone=2; need=2")
    assert page.rows["need"].number.value() == 2
    page.rows["need"].number.setValue(3)
    assert session.settings.changes == "need=3"
    session.change(changes="what is this")
    page.rows["need"].number.setValue(2)
    assert session.settings.changes == "need=2"


# --- schemes


def pick(box, text):
    """Choose an entry as the keyboard does."""
    at = box.findText(text)
    assert at >= 0, [box.itemText(i) for i in range(box.count())]
    box.setCurrentIndex(at)
    box.activated.emit(at)


def own_scheme(path, **more):
    data = {
        "id": "own",
        "title": "Our own",
        "explanation": "For us.",
        "pillars": [
            {
                "id": "barriers",
                "title": "Barriers",
                "weight": 40,
                "indicators": [{"title": "No car", "fields": ["barrier_hh_no_car_pct"]}],
            }
        ],
        **more,
    }
    path.write_text(json.dumps(data), "utf-8")
    return str(path)


def test_shipped_schemes_are_there_by_title_and_explained(page):
    box = page.scheme_box
    tips = {box.itemText(at): box.itemData(at, Qt.ItemDataRole.ToolTipRole) for at in range(3)}
    assert {*tips} == {schemes.load(name)["title"] for name in schemes.shipped()}
    assert "interpreters" in tips["Language access"]
    assert "consultation" in page.explanation.text()


def test_another_scheme_starts_unchanged_on_scales_of_its_own(page, session):
    page.rows["need"].number.setValue(2)
    old = page.rows["need"]
    pick(page.scheme_box, "Language access")
    assert (session.settings.scheme, session.settings.changes) == ("language_access", "")
    assert page.rows["need"] is old, "the lines are the same: nothing is made anew"
    assert page.rows["lang_low_english_pct"].number.value() == 4
    assert page.rows["lang_low_english_pct"].slider.value() == 16
    assert "interpreters" in page.explanation.text()
    session.undo()
    assert (session.settings.scheme, session.settings.changes) == ("general", "need=2")
    assert page.scheme_box.currentText() == "General"


def test_a_scheme_of_the_users_own_is_opened_and_remembered(page, session, tmp_path, monkeypatch):
    path = own_scheme(tmp_path / "own.json")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    pick(page.scheme_box, "Open a scheme file…")
    assert session.settings.scheme == path
    assert [*page.rows] == ["barriers", "barrier_hh_no_car_pct"]
    assert page.rows["barriers"].slider.maximum() * 2.5 == 50
    assert page.scheme_box.currentText() == "Our own (own.json)"
    assert until(lambda: session.standing is not None)
    pick(page.scheme_box, "General")
    assert "voice" in page.rows
    again = ScorePage(session)
    assert again.scheme_box.findText("Our own (own.json)") >= 0
    again.close_page()
    (tmp_path / "own.json").unlink()
    assert scheme_box.recent() == []


def test_a_file_opened_again_is_read_again(page, session, tmp_path, monkeypatch):
    path = own_scheme(tmp_path / "own.json")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    pick(page.scheme_box, "Open a scheme file…")
    assert until(lambda: session.standing is not None)
    first = session.exploration
    own_scheme(tmp_path / "own.json", title="Our own, mended", explanation="For all.")
    pick(page.scheme_box, "Open a scheme file…")
    assert page.scheme_box.currentText() == "Our own, mended (own.json)"
    assert page.explanation.text() == "For all."
    assert until(lambda: session.standing is not None)
    assert session.exploration is not first


def test_a_file_that_is_no_scheme_changes_nothing_and_says_why(
    page, session, tmp_path, monkeypatch
):
    path = tmp_path / "bad.json"
    path.write_text('{"pillars": 3}', "utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    pick(page.scheme_box, "Open a scheme file…")
    assert session.settings.scheme == "general"
    assert "bad.json" in page.problem.text() and page.problem.isVisibleTo(page)
    assert page.scheme_box.currentText() == "General"
    pick(page.scheme_box, "Language access")
    assert not page.problem.isVisibleTo(page)


def test_no_file_chosen_changes_nothing(page, session, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    pick(page.scheme_box, "Open a scheme file…")
    assert session.settings.scheme == "general"
    assert page.scheme_box.currentText() == "General"


def test_a_scheme_whose_file_is_gone_is_named_and_another_can_be_chosen(session, project, tmp_path):
    path = str(tmp_path / "gone.json")
    session.change(scheme=path)
    page = shown(session)
    assert page.rows == {}
    assert "gone.json" in page.problem.text()
    pick(page.scheme_box, "General")
    assert "need" in page.rows and not page.problem.isVisibleTo(page)
    page.close_page()


@pytest.mark.parametrize(("kept", "found"), [(None, []), ("one", ["one"]), (["one", "two"], None)])
def test_files_are_remembered_whatever_the_settings_give_back(
    kept, found, tmp_path, monkeypatch, qgis_app
):
    files = {name: own_scheme(tmp_path / f"{name}.json") for name in ("one", "two")}
    given = files[kept] if isinstance(kept, str) else kept and [files[name] for name in kept]
    QgsSettings().setValue(scheme_box.KEPT, given)
    assert scheme_box.recent() == [files[name] for name in (found or kept or [])]
    scheme_box.remember(files["two"])
    assert scheme_box.recent()[0] == files["two"]
    assert len(scheme_box.recent()) == len(set(scheme_box.recent()))
    QgsSettings().remove(scheme_box.KEPT)


# --- the top, and the test


def test_the_top_is_a_number_or_a_percentage(page, session):
    top = page.top_box
    assert (top.number.value(), top.unit.currentText()) == (10, "% of areas")
    top.number.setValue(12.5)
    assert session.settings.top == "12.5%"
    assert session.standing.top == 5
    QTest.keyClick(top.unit, KEY.Key_Up)
    assert session.settings.top == "5", "the number of areas that were highlighted"
    top.number.setValue(7)
    assert session.settings.top == "7" and session.standing.top == 7
    QTest.keyClick(top.unit, KEY.Key_Down)
    assert session.settings.top == "12.5%"


def test_the_top_shows_what_others_ask(page, session):
    session.change(top="35")
    assert (page.top_box.number.value(), page.top_box.unit.currentText()) == (35, "areas")
    session.change(top="2.5%")
    assert (page.top_box.number.value(), page.top_box.unit.currentText()) == (2.5, "% of areas")


def test_draws_and_seed_are_folded_and_can_be_asked(page, session):
    assert page.tested.isCollapsed() and page.about.isCollapsed()
    page.draws.setValue(500)
    page.seed.setValue(9)
    assert (session.settings.draws, session.settings.seed) == (500, 9)
    session.undo()
    assert page.seed.value() == 1


# --- room, keyboard, and the end


def test_tab_goes_from_top_to_bottom_and_all_has_a_name(page):
    page.about.setCollapsed(False)
    page.tested.setCollapsed(False)
    QTest.qWait(20)
    order = reached(page)
    assert page.rows["barriers"].slider in order and page.seed in order
    assert not_below(page) == []
    assert nameless(page) == []


def test_tab_order_holds_in_a_window_with_a_layer_and_lines_that_come_later(
    session, project, tmp_path
):
    page = ScorePage(session)
    window = between(page)
    explore(session, project)
    session.change(scheme=own_scheme(tmp_path / "own.json"))
    QTest.qWait(50)
    order = reached(window)
    assert page.rows["barriers"].slider in order
    assert not_below(window) == []
    page.close_page()
    window.close()


def test_it_is_narrow_enough_with_long_texts(session, project):
    explore(session, project)
    with Longer():
        page = shown(session)
        page.about.setCollapsed(False)
        page.tested.setCollapsed(False)
        page.resize(NARROW - BAR, page.heightForWidth(NARROW - BAR))
        QTest.qWait(20)
        assert page.minimumSizeHint().width() <= NARROW - BAR
        assert cut_off(page) == []
        page.close_page()


def test_nothing_hears_of_the_session_once_closed(session, project):
    signals = ("settings_changed", "layer_changed", "moved", "tested", "failed")
    explore(session, project)
    before = [session.receivers(getattr(session, name)) for name in signals]
    page = ScorePage(session)
    assert [session.receivers(getattr(session, name)) for name in signals] != before
    page.close_page()
    assert [session.receivers(getattr(session, name)) for name in signals] == before
    page.deleteLater()
    QTest.qWait(20)
    session.change(top="3")


def test_a_layer_removed_while_it_is_open_leaves_a_page_that_works(page, session, project):
    project.removeMapLayer(session.layer.id())
    assert session.layer is None
    QTest.qWait(20)
    assert not page.rows["need"].box.isEnabled()
    explore(session, project)
    QTest.keyClick(page.rows["need"].slider, KEY.Key_Right)
    assert session.settings.changes == "need=1.25"
