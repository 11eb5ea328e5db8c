"""The page with the list: what it shows, and how it goes together with the map."""

from __future__ import annotations

import pytest
from qgis.core import QgsProject, QgsRectangle, QgsSettings
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtGui import QFont, QKeyEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QHeaderView, QStyleOptionViewItem, QWidget
from seldom_heard.processing.explore.rows import COLUMNS
from seldom_heard.ui.pages.list_page import ListPage
from seldom_heard.ui.session import Session
from seldom_heard.ui.widgets.area_table import KEPT

from .made_up import city
from .paged import until
from .panel_fakes import FakeSession, HandOver, Iface, Longer, Map, falling, made_up_city

RANK = COLUMNS.index("rank")
NAME = COLUMNS.index("name")
INTERVAL = COLUMNS.index("interval")


@pytest.fixture
def canvas(qgis_app):
    canvas = Map()
    canvas.show()
    yield canvas
    canvas.close()


@pytest.fixture
def session(qgis_app):
    QgsSettings().remove(KEPT)
    session = FakeSession()
    layer = made_up_city()
    session.project.addMapLayer(layer)
    session.take(layer)
    yield session
    session.project.clear()


@pytest.fixture
def hand_over():
    return HandOver()


@pytest.fixture
def page(session, hand_over, canvas):
    page = ListPage(session, hand_over, Iface(canvas))
    page.resize(320, 600)
    page.show()
    session.rank(falling())
    yield page
    page.close_page()
    page.close()


def click(page, place):
    spot = page.table.visualRect(page.proxy.index(place, NAME)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def selected(page):
    return [
        page.proxy.rows_shown()[one.row()] for one in page.table.selectionModel().selectedRows()
    ]


def centre(row):
    return (500 + 1000 * (row % 6), 500 + 1000 * (row // 6))


def flashed(canvas):
    return [(round(one.x()), round(one.y())) for one in canvas.flashed]


def wait_for(found):
    for _ in range(250):
        if found():
            return True
        QTest.qWait(20)
    return False


def test_areas_stand_by_rank_with_their_number_told(page):
    assert page.rows() == [*range(36)]
    assert page.count.text() == "36 of 36 areas"
    assert page.proxy.index(0, RANK).data() == "1"


def test_a_click_on_a_heading_sorts(page):
    header = page.table.horizontalHeader()
    spot = QPoint(header.sectionViewportPosition(RANK) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert page.rows() == [*reversed(range(36))]


def test_search_keeps_areas_with_all_words(page):
    QTest.keyClicks(page.search, "place 007")
    assert page.rows() == [7]
    assert page.count.text() == "1 of 36 areas"
    page.search.setText("nowhere")
    assert page.rows() == []
    assert "None of 36" in page.count.text()
    assert not page.copy.isEnabled() and not page.save.isEnabled()
    page.search.clear()
    assert len(page.rows()) == 36
    assert page.copy.isEnabled()


def test_only_the_top(page, session):
    page.top_only.setChecked(True)
    assert page.rows() == [0, 1, 2, 3]
    session.rank([*reversed(falling())], top=2)
    assert page.rows() == [35, 34]
    assert page.count.text() == "2 of 36 areas"


def test_saving_hands_on_the_areas_as_they_are_shown(page, hand_over):
    page.top_only.setChecked(True)
    page.table.sortByColumn(RANK, Qt.SortOrder.DescendingOrder)
    page.save.click()
    assert hand_over.saved == [[3, 2, 1, 0]]


def test_copying_takes_the_areas_shown_in_their_order(page):
    page.search.setText("007A")
    page.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[0] == "Rank"
    assert lines[1].split("\t")[:3] == ["8", "E01000007", "Place 007A"]
    assert "copied" in page.count.text()
    assert "007B" not in "".join(lines)


def test_control_f_goes_to_the_search_also_where_qgis_has_a_shortcut(page):
    page.table.setFocus()
    modifiers = Qt.KeyboardModifier.ControlModifier
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F, modifiers)
    asked.ignore()
    QApplication.sendEvent(page.table, asked)
    assert asked.isAccepted()
    QTest.keyClick(page.table, Qt.Key.Key_F, modifiers)
    assert page.focusWidget() is page.search


def test_a_click_chooses_the_area_zooms_to_it_and_lets_it_blink(page, session, canvas):
    click(page, 7)
    assert session.row == 7
    assert selected(page) == [7]
    assert flashed(canvas) == [centre(7)]
    extent = canvas.extent()
    assert (round(extent.center().x()), round(extent.center().y())) == centre(7)
    assert 2000 < extent.width() < 6000  # the area is 1,000 wide
    assert len(page.table.selectionModel().selectedRows()) == 1


def test_zoom_does_not_come_closer_than_is_sensible(page, canvas):
    canvas.resize(2000, 2000)
    page._map._canvas = canvas
    click(page, 7)
    assert canvas.scale() >= 4999


def test_arrow_keys_choose_and_blink_but_move_the_map_only_out_of_view(page, session, canvas):
    click(page, 0)
    canvas.setExtent(QgsRectangle(0, 0, 2000, 2000))
    before, width = canvas.extent(), canvas.extent().width()
    canvas.flashed.clear()
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    assert session.row == 1
    assert flashed(canvas) == [centre(1)]
    assert canvas.extent() == before
    QTest.keyClick(page.table, Qt.Key.Key_End)
    assert session.row == 35
    extent = canvas.extent()
    assert (round(extent.center().x()), round(extent.center().y())) == centre(35)
    assert extent.width() == pytest.approx(width)


def test_enter_zooms(page, session, canvas):
    click(page, 0)
    canvas.setExtent(QgsRectangle(0, 0, 6000, 6000))
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    extent = canvas.extent()
    assert (round(extent.center().x()), round(extent.center().y())) == centre(1)


def test_tab_leaves_the_table(page):
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Tab)
    assert page.focusWidget() is page.pick


def test_only_areas_in_view(page, canvas):
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    page.in_view.setChecked(True)
    assert sorted(page.rows()) == [0, 1, 6, 7]
    canvas.setExtent(QgsRectangle(4100, 4100, 4900, 4900))
    assert wait_for(lambda: page.rows() == [28])
    page.in_view.setChecked(False)
    assert len(page.rows()) == 36
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    QTest.qWait(300)
    assert len(page.rows()) == 36


def test_a_box_that_only_touches_the_view_with_a_corner_of_its_bounds_is_not_in_view(page, canvas):
    from qgis.core import QgsGeometry

    copy = page._session.shown.layer
    triangle = QgsGeometry.fromWkt("MULTIPOLYGON(((0 1000, 1000 1000, 1000 0, 0 1000)))")
    copy.dataProvider().changeGeometryValues({page._session.shown.feature_id(0): triangle})
    canvas.setExtent(QgsRectangle(10, 10, 200, 200))
    page.in_view.setChecked(True)
    assert page.rows() == []


def test_in_view_asks_the_layer_where_there_is_no_copy(canvas, hand_over, session):
    session.shown = None
    page = ListPage(session, hand_over, Iface(canvas))
    page.show()
    session.rank(falling())
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    page.in_view.setChecked(True)
    assert sorted(page.rows()) == [0, 1, 6, 7]
    page.close_page()


def test_a_slider_changes_the_list_in_place(page, session):
    click(page, 20)
    page.search.setFocus()
    bar = page.table.verticalScrollBar()
    bar.setValue(12)
    kept = bar.value()
    session.rank([*reversed(falling())])
    assert page.rows() == [*reversed(range(36))]
    assert selected(page) == [20]
    assert session.row == 20
    assert bar.value() == kept
    assert page.focusWidget() is page.search


def test_intervals_come_with_the_test(page, session):
    assert page.proxy.index(1, INTERVAL).data() == "being tested"
    session.test()
    assert page.proxy.index(1, INTERVAL).data() == "1 to 3"


def test_an_area_chosen_elsewhere_is_selected_and_brought_in_sight(page, session, canvas):
    session.choose(35)
    assert selected(page) == [35]
    assert page.table.verticalScrollBar().value() > 0
    assert canvas.flashed == []  # who chose it shows it
    session.choose(-1)
    assert selected(page) == []


def test_an_area_that_a_filter_hides_is_selected_again_when_it_is_shown(page, session):
    session.choose(7)
    page.top_only.setChecked(True)
    assert selected(page) == []
    assert session.row == 7
    page.top_only.setChecked(False)
    assert selected(page) == [7]


def test_selecting_on_the_copy_or_on_the_layer_selects_the_row(page, session):
    session.shown.layer.selectByIds([session.shown.feature_id(9)])
    assert session.row == 9
    assert selected(page) == [9]
    session.layer.selectByIds([session.exploration.ids[30]])
    assert session.row == 30
    assert selected(page) == [30]
    session.layer.selectByIds([session.exploration.ids[at] for at in (12, 5, 8)])
    assert session.row == 5  # the first in the list
    session.layer.removeSelection()
    assert session.row == 5
    session.rank([*reversed(falling())])
    session.layer.selectByIds([session.exploration.ids[at] for at in (8, 12, 5)])
    assert session.row == 12


def test_picking_on_the_map_selects_the_row(page, session, canvas):
    page.pick.setChecked(True)
    place = canvas.getCoordinateTransform().transform(2500, 3500)
    spot = QPoint(round(place.x()), round(place.y()))
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert session.row == 20
    assert selected(page) == [20]
    assert flashed(canvas) == [centre(20)]


def test_picking_gives_the_tool_before_back(page, canvas):
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    page.pick.click()
    assert canvas.mapTool() is not pan
    page.pick.click()
    assert canvas.mapTool() is pan
    page.pick.click()
    QTest.keyClick(page.table, Qt.Key.Key_Escape)
    assert canvas.mapTool() is pan and not page.pick.isChecked()
    page.pick.click()
    canvas.setMapTool(pan)  # by the user
    assert not page.pick.isChecked()


def test_columns_are_hidden_by_a_menu_and_remembered(page, session, hand_over, canvas):
    score = COLUMNS.index("score")
    page.table.columns_menu().actions()[score].trigger()
    page.table.setColumnWidth(NAME, 222)
    assert page.table.isColumnHidden(score)
    page.close_page()
    again = ListPage(session, hand_over, Iface(canvas))
    assert again.table.isColumnHidden(score)
    assert again.table.columnWidth(NAME) == 222
    again.close_page()


@pytest.mark.parametrize("kept", [None, "nonsense", 7])
def test_settings_that_cannot_be_used_leave_the_columns_as_they_are(session, canvas, kept):
    QgsSettings().setValue(f"{KEPT}/columns", ",".join(COLUMNS))
    QgsSettings().setValue(f"{KEPT}/header", kept)
    page = ListPage(session, HandOver(), Iface(canvas))
    assert not page.table.isColumnHidden(RANK)
    assert page.table.columnWidth(RANK) > 0
    page.close_page()


def test_long_names_are_shortened_in_their_middle_and_no_other_text(page):
    own = {c: page.table.itemDelegateForColumn(c) for c in page.table.shown_columns()}
    assert [column for column, delegate in own.items() if delegate] == [NAME]
    option = QStyleOptionViewItem()
    own[NAME].initStyleOption(option, page.table.model().index(0, NAME))
    assert option.textElideMode == Qt.TextElideMode.ElideMiddle


def test_the_last_column_cannot_be_hidden(page):
    for at in range(1, len(COLUMNS)):
        page.table.setColumnHidden(at, True)
    assert not page.table.columns_menu().actions()[0].isEnabled()


@pytest.fixture
def usual_font(qgis_app):
    """Nine points, as on most desktops; without a screen Qt takes twelve."""
    before = QApplication.font()
    QApplication.setFont(QFont(before.family(), 9))
    yield
    QApplication.setFont(before)


def test_rank_name_and_interval_are_in_sight_at_320_pixels(usual_font, page):
    width = page.table.viewport().width()
    header = page.table.horizontalHeader()
    for column in (RANK, NAME, INTERVAL):
        end = header.sectionViewportPosition(column) + header.sectionSize(column)
        assert 0 < end <= width, COLUMNS[column]
    assert page.minimumSizeHint().width() <= 320


def test_texts_longer_by_two_fifths_still_fit(usual_font, session, canvas):
    translator = Longer()
    QApplication.installTranslator(translator)
    try:
        page = ListPage(session, HandOver(), Iface(canvas))
        page.resize(308, 600)  # of a panel of 320, with its margins
        page.show()
        session.rank(falling())
        assert "areasee" in page.count.text()
        assert page.minimumSizeHint().width() <= 308
        for one in (page.pick, page.copy, page.save, page.in_view, page.top_only, page.columns):
            assert one.geometry().right() <= page.width()
            assert one.width() >= one.sizeHint().width()
        page.close_page()
        page.close()
    finally:
        QApplication.removeTranslator(translator)


def test_all_that_can_be_reached_by_tab_has_a_name(page):
    reached = [
        one
        for one in page.findChildren(QWidget)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible()
    ]
    assert len(reached) >= 8
    unnamed = [
        one
        for one in reached
        if not (one.accessibleName() or getattr(one, "text", str)())
        and not isinstance(one.parentWidget(), QHeaderView)
    ]
    assert unnamed == []


def test_nothing_happens_when_the_layers_are_gone(page, session, canvas):
    click(page, 3)
    page.in_view.setChecked(True)
    page.pick.setChecked(True)
    session.shown.layer.deleteLater()
    QApplication.sendPostedEvents(session.shown.layer, QEvent.Type.DeferredDelete)
    QgsProject.instance().removeAllMapLayers()
    canvas.setExtent(QgsRectangle(0, 0, 500, 500))
    QTest.qWait(250)
    click(page, 4)
    assert page._map.row_at(canvas.extent().center()) == -1
    session.lose()
    assert page.rows() == []
    assert "Choose a layer" in page.count.text()


def test_the_index_of_areas_is_that_of_the_layer_now(page, session, canvas):
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    page.in_view.setChecked(True)
    other = made_up_city(4)  # in two rows
    session.take(other)
    session.rank(falling(4), top=1)
    assert sorted(page.rows()) == [0, 1, 2, 3]
    page.close_page()


def test_a_page_without_a_map_lists_but_cannot_pick(session):
    page = ListPage(session, HandOver(), None)
    page.show()
    session.rank(falling())
    assert len(page.rows()) == 36
    assert not page.pick.isEnabled()
    page.close_page()


def test_a_hidden_page_is_filled_when_it_is_shown(session, canvas):
    page = ListPage(session, HandOver(), Iface(canvas))
    session.rank(falling())
    assert page.rows() == []
    page.show()
    assert len(page.rows()) == 36
    page.close_page()


def test_closing_leaves_no_connection(session, canvas):
    copy, layer = session.shown.layer, session.layer

    def count():
        return {
            **session.listened(),
            "copy": copy.receivers(copy.selectionChanged),
            "layer": layer.receivers(layer.selectionChanged),
            "moves": canvas.receivers(canvas.extentsChanged),
            "crs": canvas.receivers(canvas.destinationCrsChanged),
        }

    before = count()
    page = ListPage(session, HandOver(), Iface(canvas))
    page.show()
    session.rank(falling())
    page.pick.setChecked(True)
    assert all(count()[name] > before[name] for name in ("moved", "copy", "layer", "moves"))
    page.close_page()
    assert count() == before
    assert canvas.mapTool() is None
    session.rank(falling())
    session.choose(3)
    page.close_page()


# --- with the session itself


@pytest.fixture
def real(qgis_app):
    project = QgsProject.instance()
    project.clear()
    QgsSettings().remove(KEPT)
    session = Session(project)
    session.change(draws=100)
    layer = city(36)
    project.addMapLayer(layer)
    session.set_layer(layer)
    assert until(lambda: session.is_tested), session.problem
    yield session
    session.close()
    project.clear()
    QTest.qWait(50)


@pytest.fixture
def real_page(real, canvas):
    page = ListPage(real, HandOver(), Iface(canvas))
    page.show()
    yield page
    page.close_page()
    page.close()


def test_a_real_ranking_is_listed_and_follows_a_slider(real, real_page):
    by_rank = real.standing.ranks.sort_values(kind="stable").index.tolist()
    assert real_page.rows()[:5] == by_rank[:5]
    assert " to " in real_page.proxy.index(0, INTERVAL).data()
    click(real_page, 6)
    chosen = real.row
    assert chosen == by_rank[6]
    real.change(changes="need=0.1")
    assert real_page.proxy.index(0, INTERVAL).data() == "being tested"
    again = real.standing.ranks.sort_values(kind="stable").index.tolist()
    assert real_page.rows()[:5] == again[:5] != by_rank[:5]
    assert selected(real_page) == [chosen]
    assert until(lambda: real.is_tested)
    assert " to " in real_page.proxy.index(0, INTERVAL).data()
    assert selected(real_page) == [chosen]


def test_selecting_on_the_real_copy_and_layer_selects_the_row(real, real_page):
    real.shown.layer.selectByIds([real.shown.feature_id(9)])
    assert selected(real_page) == [9] == [real.row]
    real.layer.selectByIds([real.exploration.ids[30]])
    assert selected(real_page) == [30] == [real.row]


def test_in_view_finds_the_features_of_the_real_copy(real, real_page, canvas):
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    real_page.in_view.setChecked(True)
    assert sorted(real_page.rows()) == [0, 1, 6, 7]


def test_a_real_copy_that_is_removed_leaves_the_layer_to_look_in(real, real_page, canvas):
    real.project.removeMapLayer(real.shown.layer.id())
    click(real_page, 2)
    assert flashed(canvas) == [centre(real.row)]
    canvas.setExtent(QgsRectangle(100, 100, 1900, 1900))
    real_page.in_view.setChecked(True)
    assert sorted(real_page.rows()) == [0, 1, 6, 7]
    real.layer.selectByIds([real.exploration.ids[0]])
    assert selected(real_page) == [0]


def test_a_real_layer_that_is_removed_empties_the_list(real, real_page, canvas):
    real_page.in_view.setChecked(True)
    real_page.pick.setChecked(True)
    click(real_page, 0)
    real.project.removeAllMapLayers()
    assert real_page.rows() == []
    assert "Choose a layer" in real_page.count.text()
    canvas.setExtent(QgsRectangle(0, 0, 500, 500))
    QTest.qWait(250)
    assert real_page.rows() == []
