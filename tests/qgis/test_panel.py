"""The whole panel, without a desktop: its names, its keys, its height, and what it calls areas."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from qgis.core import QgsField, QgsProject
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import Qt, QVariant
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QWidget,
)
from seldom_heard.ui.panel import Inside

from .helpers import ensure_provider, lsoas, make_areas
from .made_up import city
from .paged import NARROW, Longer, cut_off, until

LOW, TALL = 30, 53  # lines of text in the dock on a screen of 768 at 125 %, and on a larger one
QGIS_MENUS = "jevlsporwdmch"  # letters of QGIS' own menus, Alt and one of them opens it


@pytest.fixture
def iface(qgis_app):
    ensure_provider()
    QgsProject.instance().clear()
    window, canvas, bar = QMainWindow(), QgsMapCanvas(), QgsMessageBar()
    yield SimpleNamespace(
        mainWindow=lambda: window,
        mapCanvas=lambda: canvas,
        messageBar=lambda: bar,
        activeLayer=lambda: None,
    )
    QgsProject.instance().clear()


@pytest.fixture
def panel(iface):
    panel = opened(iface)
    yield panel
    closed(panel)


def opened(iface):
    panel = Inside(iface)
    panel.session.change(draws=100)
    panel.show()
    resize(panel, TALL)
    return panel


def resize(panel, lines):
    panel.resize(NARROW, lines * panel.fontMetrics().lineSpacing())
    QTest.qWait(50)


def closed(panel):
    panel.close_inside()
    panel.close()
    panel.deleteLater()
    QTest.qWait(50)


def explore(panel, **how):
    layer = city(40, **how)
    QgsProject.instance().addMapLayer(layer)
    panel.session.set_layer(layer)
    assert until(lambda: panel.session.is_tested), panel.session.problem
    QTest.qWait(100)
    return layer


def pages(panel):
    """Go through the pages, an area chosen."""
    panel.session.choose(3)
    for at in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(at)
        QTest.qWait(50)
        yield panel.tabs.tabText(at)


def by_tab(panel):
    """Return what Tab stops at, in its order, scroll areas with the rest."""
    found, widget = [], panel.nextInFocusChain()
    while widget is not panel:
        inner = isinstance(widget, QLineEdit) and isinstance(widget.parent(), QAbstractSpinBox)
        shown = panel.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled()
        if shown and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not inner:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def nameless(panel):
    """Return what the keyboard stops at and a screen reader has no word for."""
    return [
        widget
        for widget in by_tab(panel)
        if not (widget.accessibleName() or getattr(widget, "text", str)())
    ]


def letters(panel):
    """Return the letters that Alt and a key lead to, as they are shown now."""
    texts = [
        one.text()
        for one in panel.findChildren(QWidget)
        if one.isVisible() and isinstance(one, (QLabel, QPushButton)) and "&" in one.text()
        if not isinstance(one, QLabel) or one.buddy() is not None
    ]
    return [text[text.index("&") + 1].lower() for text in texts]


def test_all_that_the_keyboard_reaches_has_a_name(panel):
    assert nameless(panel) == []
    explore(panel)
    for page in pages(panel):
        assert nameless(panel) == [], page
        assert len(by_tab(panel)) > 5
    panel.strip.fold.setChecked(True)
    assert nameless(panel) == []
    assert all(action.text() for action in panel.hand_over_button.menu().actions()[:2])
    boxes = panel.findChildren(QComboBox)
    assert [one for one in boxes if not one.accessibleName()] == []


def test_what_went_wrong_is_reached_by_tab(panel):
    explore(panel)
    panel.session.change(top="none")
    assert panel.problem.isVisible() and panel.problem in by_tab(panel)


def test_a_letter_leads_to_one_place_and_to_no_menu_of_qgis(panel):
    found = {"welcome": letters(panel)}
    explore(panel)
    found |= {page: letters(panel) for page in pages(panel)}
    for page, here in found.items():
        assert "a" in here, "the way into the panel"
        assert len({*here}) == len(here), (page, here)
        assert not {*here} & {*QGIS_MENUS}, (page, here)


@pytest.mark.parametrize(("replies", "word"), [(False, "Potentially seldom"), (True, "Seldom")])
def test_potentially_wherever_it_is_called_so(panel, replies, word):
    explore(panel, replies=replies)
    assert panel.state.text().startswith(f"{word} heard areas: the top 4 of 40. Tested in 100")
    assert panel.view_box.itemText(0) == f"{word} heard areas"
    assert panel.layer_box.accessibleDescription() == panel.state.text()
    if not replies:
        said = [one.text() for one in panel.findChildren(QLabel) if one.isVisible()]
        called = [text for text in said if "seldom heard" in text.lower()]
        assert called and all("potentially" in text.lower() for text in called)


def test_areas_without_a_rank_are_told(panel):
    layer = explore(panel)
    assert "Without a rank" not in panel.state.text()
    layer.startEditing()
    at = layer.fields().lookupField("lang_low_english_pct")
    others = [layer.fields().lookupField(f"barrier_{name}_pct") for name in NEEDED]
    for feature in [*layer.getFeatures()][:7]:
        for one in (at, *others):
            layer.changeAttributeValue(feature.id(), one, None)
    layer.commitChanges()
    assert until(lambda: "Without a rank" in panel.state.text()), panel.state.text()
    assert "of 33" in panel.state.text() and panel.state.text().endswith("or hidden: 7.")


NEEDED = ("hh_no_car", "disabled_lot")


def test_areas_without_figures_are_told_the_next_step_and_no_names_of_fields(panel):
    layer = make_areas(lsoas(5), some=[1, 2, 3, 4, 5])
    QgsProject.instance().addMapLayer(layer)
    panel.session.set_layer(layer)
    QTest.qWait(100)
    assert panel.welcome_page.isVisible() and panel.session.problem
    assert not panel.problem.isVisible()
    assert panel.welcome_page.figures.word.text() == "next"


def test_a_low_screen_leaves_room_for_the_page_and_then_for_the_summary(panel):
    explore(panel)
    panel.tabs.setCurrentWidget(panel.list_page)
    resize(panel, LOW)
    table = panel.list_page.table
    assert table.viewport().height() >= 4 * table.rowHeight(0)
    assert panel.bottom.height() < panel.height() / 5
    panel.strip.fold.setChecked(True)
    QTest.qWait(50)
    assert panel.stack.isHidden() and panel.strip.folded.height() > panel.height() / 3
    resize(panel, TALL)
    assert not panel.stack.isHidden() and panel.strip.folded.isVisible()
    resize(panel, LOW)
    panel.strip.fold.setChecked(False)
    assert not panel.stack.isHidden()


def test_the_page_comes_back_when_the_areas_go(panel):
    explore(panel)
    resize(panel, LOW)
    panel.strip.fold.setChecked(True)
    panel.session.set_layer(None)
    QTest.qWait(50)
    assert panel.welcome_page.isVisible()


def test_hand_over_is_one_menu_for_mouse_and_keys(panel, monkeypatch):
    asked = []
    hand = panel.hand_over
    explore(panel)
    assert panel.hand_over_button in by_tab(panel)
    actions = [one for one in panel.hand_over_button.menu().actions() if not one.isSeparator()]
    assert [one.isEnabled() for one in actions] == [True] * 7
    keys = [one.text()[one.text().index("&") + 1].lower() for one in actions]
    assert len({*keys}) == 7
    monkeypatch.setattr(hand, "open_algorithm", lambda name, what: asked.append((name, what)))
    panel.map_action.trigger()
    name, what = asked.pop()
    assert name == "exportmap" and what["OUTPUT"].endswith(".pdf"), "no file that gets lost"
    panel.session.change(top="7")
    assert [one.isEnabled() for one in actions] == [False] * 5 + [True] * 2
    assert "tested" in panel.map_action.toolTip()


def test_narrow_enough_with_long_texts(iface):
    with Longer():
        panel = opened(iface)
        explore(panel, replies=False)
        assert panel.minimumSizeHint().width() <= NARROW
        panel.resize(NARROW, 2400)
        for page in pages(panel):
            QTest.qWait(100)
            assert panel.width() == NARROW, page
            assert cut_off(panel.bottom) == [], page
        closed(panel)


def test_nothing_jumps_while_a_ranking_is_tested(panel):
    explore(panel)
    panel.tabs.setCurrentIndex(1)
    places, worked = set(), []
    for weight in (3.0, 2.0, 0.5):
        panel.session.change(changes=f"need={weight:g}")
        for _ in range(40):
            QTest.qWait(20)
            places.add((panel.stack.y(), panel.stack.height(), panel.bottom.height()))
            worked.append(panel.progress.isVisible())
    assert until(lambda: panel.session.is_tested)
    assert any(worked), "no test was seen at work"
    assert len(places) == 1, places


def test_a_layer_that_gets_its_figures_later_leaves_the_first_steps(panel):
    layer = make_areas(lsoas(5), some=[1, 2, 3, 4, 5])
    QgsProject.instance().addMapLayer(layer)
    panel.session.set_layer(layer)
    QTest.qWait(50)
    assert panel.welcome_page.isVisible()
    names = ["dep_exhealth_score", "lang_low_english_pct", "barrier_hh_no_car_pct"]
    layer.startEditing()
    for name in (*names, "barrier_disabled_lot_pct", "prev_dm_pct"):
        layer.addAttribute(QgsField(name, QVariant.Double))
        at = layer.fields().lookupField(name)
        for feature in layer.getFeatures():
            layer.changeAttributeValue(feature.id(), at, 2.5 * feature.id())
    layer.commitChanges()
    assert until(lambda: panel.session.is_tested), panel.session.problem
    assert panel.tabs.isVisible() and not panel.welcome_page.isVisible()
