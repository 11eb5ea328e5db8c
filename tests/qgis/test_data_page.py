"""The page on what the areas have: dimensions, names and the reference set."""

from __future__ import annotations

import pytest
from qgis.core import QgsField, QgsVectorLayer
from qgis.PyQt.QtCore import Qt, QVariant
from qgis.PyQt.QtTest import QTest
from seldom_heard.ui.pages.data_page import DataPage

from .made_up import city
from .paged import (
    BAR,
    NARROW,
    Longer,
    OfHandOver,
    between,
    cut_off,
    nameless,
    not_below,
    reached,
    turn_wheel,
    until,
)

LEFT = Qt.MouseButton.LeftButton
THERE = ["ethnicity", "deprivation", "prevalence", "language", "barriers"]


def explore(session, project, **options):
    layer = city(40, **options)
    project.addMapLayer(layer)
    session.set_layer(layer)
    assert until(lambda: session.standing is not None), session.problem
    return layer


def shown(session):
    page = DataPage(session, OfHandOver(session))
    page.resize(NARROW, 900)
    page.show()
    QTest.qWait(20)
    return page


@pytest.fixture
def page(session, project):
    explore(session, project, replies=False)
    page = shown(session)
    yield page
    page.close_page()
    page.deleteLater()


def another(project, name, geometry="Polygon"):
    layer = QgsVectorLayer(f"{geometry}?crs=EPSG:27700&field=a:integer", name, "memory")
    project.addMapLayer(layer)
    return layer


def titles(page):
    box = page.reference_box
    return [box.itemText(at) for at in range(box.count())]


def pick(box, at):
    box.setCurrentIndex(at)
    box.activated.emit(at)


# --- dimensions


def test_dimensions_that_are_there_and_missing_are_told_by_sign_and_word(page):
    rows = page.rows
    assert [*rows] == [*THERE, "replies", "voice"]
    assert rows["language"].text.text() == "Language: there"
    assert not rows["language"].button.isVisibleTo(page)
    assert rows["language"].sign.pixmap() is not None or rows["language"].sign.text() == "✓"
    assert rows["voice"].text.text() == "Voice: missing"
    assert rows["voice"].sign.text() == "○"
    assert rows["voice"].button.isVisibleTo(page)
    assert "fields" in rows["language"].toolTip()
    assert rows["voice"].accessibleName() == "Voice: missing"


def test_what_is_missing_can_be_added_and_is_explored_then(page, session, project):
    QTest.mouseClick(page.rows["voice"].button, LEFT)
    hand_over = page._hand_over
    assert hand_over.asked == [("measurevoice", {"INPUT": session.layer.id()})]
    made = city(12, name="With replies")
    project.addMapLayer(made)
    hand_over.on_layer(made)
    assert session.layer is made
    assert page.rows["voice"].text.text() == "Voice: there"


def test_fields_that_come_and_go_show_in_the_same_rows(page, session):
    layer, before = session.layer, dict(page.rows)
    layer.dataProvider().addAttributes([QgsField("voice_ratio", QVariant.Double)])
    layer.updateFields()
    assert "empty" in page.rows["voice"].toolTip()
    names = [field.name() for field in layer.fields()]
    gone = [at for at, name in enumerate(names) if name.startswith("lang_")]
    layer.dataProvider().deleteAttributes(gone)
    layer.updateFields()
    assert page.rows["language"].text.text() == "Language: missing"
    assert page.rows["language"].button.isVisibleTo(page)
    assert page.rows == before


# --- names and codes


def test_a_field_with_names_is_asked_for(page, session):
    assert page.found.text() == "Names are those of LSOA21NM. Codes are those of LSOA21CD."
    page.names_box.setField("LSOA21CD")
    assert session.settings.names == "LSOA21CD"
    assert until(lambda: session.standing is not None)
    assert session.exploration.names == session.exploration.codes
    assert page.found.text() == "Codes are those of LSOA21CD."
    session.undo()
    assert page.names_box.currentField() == ""
    page.codes_box.setField("LSOA21CD")
    assert session.settings.code_field == "LSOA21CD"


def test_fields_of_another_layer_are_offered_without_a_change(page, session, project):
    page.names_box.setField("LSOA21CD")
    explore(session, project)
    assert session.settings.names == "" and page.names_box.currentField() == ""
    assert page.names_box.layer() is session.layer
    assert not session.can_undo


# --- the reference set


def test_polygon_layers_of_the_project_can_be_ranked_among(page, session, project):
    region = another(project, "Region")
    another(project, "Points", "Point")
    another(project, "A table", "NoGeometry")
    another(project, "county")
    assert session.has_map
    fixed = ["The areas of this layer", "The nation, where ranks are published"]
    assert titles(page) == [*fixed, "county", "Region"]
    region.setName("All the region")
    assert titles(page) == [*fixed, "All the region", "county"]
    project.removeMapLayer(region.id())
    assert titles(page) == [*fixed, "county"]


def test_the_copy_on_the_map_is_nothing_to_rank_among(page, session, project):
    session.change(changes="need=2")  # the copy is drawn anew
    another(project, "county")
    assert session.shown.layer.id() in project.mapLayers()
    assert session.shown.layer.id() not in page.reference_box.layers
    assert session.layer.id() not in page.reference_box.layers


def test_the_reference_set_is_asked_for_and_explained(page, session, project):
    region = city(60, name="Region")
    project.addMapLayer(region)
    assert "these areas" in page.meaning.text()
    pick(page.reference_box, 2)
    assert (session.settings.among, session.settings.reference) == ("reference", region.id())
    assert "that layer" in page.meaning.text()
    assert until(lambda: session.standing is not None), session.problem
    pick(page.reference_box, 1)
    assert (session.settings.among, session.settings.reference) == ("national", "")
    assert "nation" in page.meaning.text()
    pick(page.reference_box, 0)
    assert (session.settings.among, session.settings.reference) == ("layer", "")
    session.undo()
    session.undo()
    assert page.reference_box.chosen == region.id()


def test_a_reference_that_is_removed_is_no_longer_asked_for(page, session, project):
    region = city(60, name="Region")
    project.addMapLayer(region)
    pick(page.reference_box, 2)
    project.removeMapLayer(region.id())
    assert (session.settings.among, session.settings.reference) == ("layer", "")
    assert page.reference_box.chosen == "layer"
    assert until(lambda: session.standing is not None), session.problem


# --- room, keyboard, and the end


def test_tab_goes_from_top_to_bottom_and_all_has_a_name(page):
    order = reached(page)
    assert page.rows["voice"].button in order and page.codes_box in order
    assert not_below(page) == []
    assert nameless(page) == []


def test_tab_order_holds_in_a_window_with_a_layer_that_comes_later(session, project):
    page = DataPage(session, OfHandOver(session))
    window = between(page)
    explore(session, project, replies=False)
    QTest.qWait(50)
    assert page.rows["voice"].button in reached(window)
    assert not_below(window) == []
    page.close_page()
    window.close()


def test_the_wheel_scrolls_the_page_and_changes_nothing(page, session):
    for box in (page.names_box, page.codes_box, page.reference_box):
        assert not turn_wheel(box)
    assert (session.settings.names, session.settings.code_field) == ("", "")


def test_it_is_narrow_enough_with_long_texts(session, project):
    with Longer():
        page = shown(session)
        for replies in (True, False):
            explore(session, project, replies=replies)
            page.resize(NARROW - BAR, page.heightForWidth(NARROW - BAR))
            QTest.qWait(20)
            assert page.minimumSizeHint().width() <= NARROW - BAR
            assert cut_off(page) == []
        page.close_page()


def test_without_a_layer_it_says_so(session):
    page = shown(session)
    assert page.none.isVisibleTo(page)
    assert reached(page) == []
    page.close_page()


def test_nothing_hears_of_session_project_or_layer_once_closed(session, project):
    layer = explore(session, project)

    def heard():
        ours = ("settings_changed", "layer_changed", "moved")
        theirs = ("layersAdded", "layersRemoved", "layersWillBeRemoved")
        return [
            *(session.receivers(getattr(session, name)) for name in ours),
            *(project.receivers(getattr(project, name)) for name in theirs),
            project.layerTreeRoot().receivers(project.layerTreeRoot().nameChanged),
            layer.receivers(layer.updatedFields),
        ]

    spare = DataPage(session, OfHandOver(session))  # QGIS' own boxes hear the layer, too
    spare.close_page()
    spare.deleteLater()
    QTest.qWait(20)
    before = heard()
    page = DataPage(session, OfHandOver(session))
    assert all(now > then for now, then in zip(heard(), before))
    page.close_page()
    page.deleteLater()
    QTest.qWait(50)
    assert heard() == before


def test_a_layer_removed_while_it_is_open_leaves_a_page_that_works(page, session, project):
    project.removeMapLayer(session.layer.id())
    assert session.layer is None
    assert page.none.isVisibleTo(page) and page.names_box.layer() is None
    project.clear()
    assert titles(page)[2:] == []
    explore(session, project)
    assert page.rows["voice"].text.text() == "Voice: there"
