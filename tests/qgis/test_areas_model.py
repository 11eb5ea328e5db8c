"""The model of the list, without a screen: what it shows, and what stays selected."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from qgis.PyQt.QtTest import QAbstractItemModelTester, QSignalSpy
from seldom_heard.processing.explore.rows import COLUMNS
from seldom_heard.ui.models.areas_model import AHEAD, ROW, SORT, AreasFilter, AreasModel

from .listed import NAMES, RESIDENTS, Standing, explored, four, rows_of

NAME, RESIDENT = COLUMNS.index("name"), COLUMNS.index("residents")
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
ROLE = Qt.ItemDataRole


@pytest.fixture
def model(qgis_app):
    made = AreasModel()
    made.tester = QAbstractItemModelTester(
        made, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return made


@pytest.fixture
def shown(model):
    """A filter in front of a model of four areas."""
    made = AreasFilter()
    made.setSourceModel(model)
    made.tester = QAbstractItemModelTester(
        made, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    model.show(four())
    return made


def names(model):
    return [model.index(at, NAME).data() for at in range(model.rowCount())]


def test_empty(model):
    assert (model.rowCount(), model.columnCount()) == (0, len(COLUMNS))
    assert not model.index_of(0).isValid()
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Rank"


def test_shown_by_rank(model):
    model.show(four())
    assert names(model) == ["Ward 10", "Ward 2", "Élan", "Zed"]
    assert [model.index(at, 0).data(ROW) for at in range(4)] == [3, 0, 2, 1]
    assert model.index(0, RESIDENT).data(SORT) == 900


def test_cleared(model, shown):
    begun, ended = QSignalSpy(model.modelAboutToBeReset), QSignalSpy(model.modelReset)
    model.clear()
    assert (len(begun), len(ended)) == (1, 1)
    assert (model.rowCount(), shown.rowCount()) == (0, 0)
    model.show(four())
    assert shown.rowCount() == 4


def test_headings_say_what_they_mean(model):
    model.show(four())
    for section in range(len(COLUMNS)):
        for role in (ROLE.DisplayRole, ROLE.ToolTipRole, ROLE.AccessibleTextRole):
            assert model.headerData(section, Qt.Orientation.Horizontal, role)
    tip = model.headerData(RESIDENT, Qt.Orientation.Horizontal, ROLE.ToolTipRole)
    assert tip == "Usual residents"


def test_numbers_stand_at_the_right(model):
    model.show(four())
    right = int(Qt.AlignmentFlag.AlignRight)
    sides = {
        c: model.index(0, at).data(ROLE.TextAlignmentRole) & right for at, c in enumerate(COLUMNS)
    }
    assert {c for c, side in sides.items() if side} == {"rank", "score", "interval", "residents"}


def test_the_top_is_told_by_more_than_one_sign(model):
    model.show(four())
    bold = [model.index(at, 0).data(ROLE.FontRole) is not None for at in range(4)]
    assert bold == [True, True, False, False]
    assert model.index(0, COLUMNS.index("tier")).data() == "● robust"
    assert model.index(0, COLUMNS.index("tier")).data(ROLE.AccessibleTextRole) == "robust"
    assert model.index(0, 0).data(ROLE.BackgroundRole) is None, "themes keep their colours"


@pytest.mark.parametrize("direction", [UP, DOWN])
def test_sorted_through_the_filter(shown, direction):
    shown.sort(RESIDENT, direction)
    expected = ["Ward 10", "Ward 2"] if direction == UP else ["Ward 2", "Ward 10"]
    assert names(shown) == [*expected, "Élan", "Zed"]


def test_sorting_stays_when_a_slider_moves(model, shown):
    shown.sort(NAME, UP)
    model.show(four(scores=[0.1, None, 0.9, 0.2]))
    assert names(shown) == ["Élan", "Ward 2", "Ward 10", "Zed"]


def test_filtered(shown):
    shown.set_text("ward")
    assert names(shown) == ["Ward 10", "Ward 2"]
    shown.set_text("")
    shown.set_top_only(True)
    assert names(shown) == ["Ward 10", "Ward 2"]
    shown.set_in_view({0, 1, 2})
    assert names(shown) == ["Ward 2"] and shown.rows_shown() == [0]
    shown.set_top_only(False)
    assert names(shown) == ["Ward 2", "Élan", "Zed"]
    shown.set_in_view(set())
    assert names(shown) == []
    shown.set_in_view(None)
    assert len(names(shown)) == 4


def test_the_filter_follows_a_new_ranking(model, shown):
    shown.set_top_only(True)
    model.show(four(scores=[0.1, 0.2, 0.8, 0.9]))
    assert names(shown) == ["Ward 10", "Élan"]


def test_what_is_selected_stays_selected_while_a_slider_moves(model, shown):
    selection = QItemSelectionModel(shown)
    whole = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    selection.setCurrentIndex(shown.index_of(0), whole)
    kept = QPersistentModelIndex(shown.index_of(0, NAME))
    resets = QSignalSpy(shown.modelReset)
    assert shown.index_of(0).row() == 1
    model.show(four(scores=[0.1, None, 0.9, 0.2]))
    assert len(resets) == 0
    assert [index.data(ROW) for index in selection.selectedRows()] == [0]
    assert selection.currentIndex().data(ROW) == 0 and selection.currentIndex().row() == 2
    assert kept.isValid() and kept.data() == NAMES[0]


def test_the_selected_area_may_leave_the_filter(model, shown):
    shown.set_top_only(True)
    kept = QPersistentModelIndex(shown.index_of(0))
    model.show(four(scores=[0.1, 0.2, 0.8, 0.9]))
    assert not kept.isValid() and not shown.index_of(0).isValid()


def test_other_areas_come_as_a_reset(model):
    model.show(four())
    kept = QPersistentModelIndex(model.index(0, 0))
    model.show(rows_of(explored(["a", "b"], codes=["x", "y"]), Standing([0.4, 0.5], 1)))
    assert not kept.isValid()
    assert names(model) == ["b", "a"]


def test_a_new_ranking_shows_new_reasons_and_intervals(model):
    model.show(four(is_tested=False))
    assert model.index(0, COLUMNS.index("interval")).data() == "being tested"
    model.show(four())
    assert model.index(0, COLUMNS.index("interval")).data() == "1 to 2"


def test_reasons_of_a_screen_are_found_together(model):
    many = 500
    rows = rows_of(explored([f"W{at}" for at in range(many)]), Standing(range(many), 5))
    model.show(rows)
    column = COLUMNS.index("reasons")
    for at in range(30):
        assert model.index(at, column).data()
    assert [len(asked) for asked in rows.standing.asked] == [AHEAD]


def test_no_tree(model):
    model.show(four())
    assert model.rowCount(model.index(0, 0)) == 0 and model.columnCount(model.index(0, 0)) == 0
    assert model.index(0, 0).parent() == QModelIndex()
    assert len(RESIDENTS) == model.rowCount()
