"""The first run: which step is next, and what its button asks for."""

from __future__ import annotations

import importlib.util

import pytest
from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from seldom_heard.processing import base
from seldom_heard.ui.hand_over import HandOver
from seldom_heard.ui.pages.welcome_page import WelcomePage

from .helpers import ensure_provider, lsoas, make_areas
from .made_up import city
from .paged import BAR, NARROW, Longer, OfHandOver, cut_off, nameless, not_below, reached, until

LEFT = Qt.MouseButton.LeftButton


def shown(session):
    page = WelcomePage(OfHandOver(session))
    page.resize(NARROW, 900)
    page.show()
    QTest.qWait(20)
    return page


@pytest.fixture
def page(session):
    page = shown(session)
    yield page
    page.close_page()
    page.deleteLater()


def bare(project, name="Bare areas"):
    layer = make_areas(lsoas(5), some=[1, 2, 3, 4, 5])
    layer.setName(name)
    project.addMapLayer(layer)
    return layer


def states(page):
    """Return what the steps say, and whether their buttons can be pressed."""
    steps = (page.areas, page.figures, page.rank)
    return [(step.word.text(), step.button.isEnabled()) for step in steps]


LATER = ("", False)
NEXT, DONE = ("next", True), ("done", True)


def test_three_steps_one_after_the_other(page, session, project):
    assert states(page) == [NEXT, LATER, LATER]
    assert page.is_needed
    session.set_layer(bare(project))
    assert states(page) == [DONE, NEXT, LATER]
    assert page.is_needed
    layer = city(40)
    project.addMapLayer(layer)
    session.set_layer(layer)
    assert states(page) == [DONE, DONE, NEXT]
    assert page.rank.button.isHidden(), "areas with figures are ranked by themselves"
    assert not page.is_needed
    assert until(lambda: session.standing is not None), session.problem
    assert states(page) == [DONE, DONE, DONE]
    project.clear()
    assert states(page) == [NEXT, LATER, LATER]


def test_the_next_step_has_a_sign_beside_its_word(page, session, project):
    session.set_layer(bare(project))
    assert page.areas.sign.isVisibleTo(page) and page.figures.sign.isVisibleTo(page)
    assert not page.rank.sign.isVisibleTo(page)
    assert page.figures.button.isDefault() and not page.areas.button.isDefault()
    assert not page.figures.button.toolTip()


def test_each_button_asks_for_its_step(page, session, project):
    asked = page._hand_over.asked
    QTest.mouseClick(page.areas.button, LEFT)
    QTest.mouseClick(page.figures.button, LEFT)  # not yet
    assert asked == ["open_areas"]
    layer = bare(project)
    session.set_layer(layer)
    QTest.mouseClick(page.figures.button, LEFT)
    assert asked[1:] == [("profileareas", {"INPUT": layer.id()})]
    made = city(40)
    project.addMapLayer(made)
    page._hand_over.on_layer(made)
    assert session.layer is made
    QTest.mouseClick(page.sample_button, LEFT)
    assert asked[2:] == ["load_sample"]


def test_a_layer_of_the_project_can_be_chosen_instead(page, session, project):
    box = page.layer_box
    assert not box.isVisibleTo(page), "there is none to choose from"
    layer = bare(project)
    points = QgsVectorLayer("Point?crs=EPSG:27700", "Points", "memory")
    project.addMapLayer(points)
    assert box.isVisibleTo(page) and box.layers == [layer.id()]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert session.layer is layer
    assert box.chosen == layer.id()
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert session.layer is None
    project.removeMapLayer(layer.id())
    assert not box.isVisibleTo(page)


def test_without_pandas_it_says_what_to_do_instead(page, session, project, monkeypatch):
    page._hand_over.missing = "Seldom Heard needs pandas, which this QGIS does not have."
    bare(project)
    assert page.missing.text() == page._hand_over.missing
    assert page.missing.isVisibleTo(page) and not page.steps.isVisibleTo(page)
    page._hand_over.missing = ""
    page.refresh()
    assert page.steps.isVisibleTo(page) and not page.missing.isVisibleTo(page)


def test_it_asks_what_hands_over_whether_pandas_is_there(session, monkeypatch, qgis_iface):
    ensure_provider()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        base.importlib.util, "find_spec", lambda name: None if name == "pandas" else find(name)
    )
    hand_over = HandOver(session, qgis_iface)
    page = WelcomePage(hand_over)
    assert "pandas" in page.missing.text() and page.steps.isHidden()
    page.close_page()
    hand_over.close()


def test_tab_goes_from_top_to_bottom_and_all_has_a_name(page, session, project):
    session.set_layer(bare(project))
    QTest.qWait(20)
    order = reached(page)
    assert page.layer_box in order and page.sample_button in order
    assert not_below(page) == []
    assert nameless(page) == []


def test_it_is_narrow_enough_with_long_texts(session, project):
    bare(project, "Lower layer super output areas of the whole of the county, with a long name")
    with Longer():
        page = shown(session)
        page.resize(NARROW - BAR, page.heightForWidth(NARROW - BAR))
        QTest.qWait(20)
        assert page.minimumSizeHint().width() <= NARROW - BAR
        assert cut_off(page) == []
        page.close_page()


def test_nothing_hears_of_session_or_project_once_closed(session, project):
    def heard():
        ours, theirs = ("layer_changed", "moved"), ("layersAdded", "layersRemoved")
        return [
            *(session.receivers(getattr(session, name)) for name in ours),
            *(project.receivers(getattr(project, name)) for name in theirs),
            project.layerTreeRoot().receivers(project.layerTreeRoot().nameChanged),
        ]

    before = heard()
    page = WelcomePage(OfHandOver(session))
    assert all(now > then for now, then in zip(heard(), before))
    page.close_page()
    assert heard() == before
