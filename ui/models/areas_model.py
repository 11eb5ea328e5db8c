"""The list of areas for views of Qt: a model, and a filter in front of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt
from qgis.PyQt.QtGui import QFont

from ...processing.explore.rows import COLUMNS, NUMBERS, Rows, headings

DISPLAY = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)
FONT = int(Qt.ItemDataRole.FontRole)
ROW = int(Qt.ItemDataRole.UserRole)  # of the area in the exploration
SORT = ROW + 1  # what a column is sorted by, None where it is missing
AHEAD = 64  # areas whose reasons are found together: about two screens of the list


class AreasModel(QAbstractTableModel):
    """Areas in the order they are sorted in.

    It sorts itself: with every comparison in Python a proxy takes seconds for a nation.
    """

    def __init__(self, parent=None):
        super().__init__(parent)
        self.rows: Rows | None = None
        self._order: list[int] = []  # rows by their place in the list
        self._places: dict[int, int] = {}  # and the other way round
        self._sorted = (COLUMNS[0], False)
        self._headings = headings()

    def show(self, rows: Rows) -> None:
        """Show areas; where they are those of before, what is selected stays selected."""
        if self.rows is None or self.rows.codes != rows.codes:
            self.beginResetModel()
            self._take(rows)
            self.endResetModel()
        else:
            self._rearrange(rows)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def clear(self) -> None:
        """Show nothing."""
        self.beginResetModel()
        self.rows, self._order, self._places = None, [], {}
        self._headings = headings()
        self.endResetModel()

    def row_at(self, place: int) -> int:
        """Return the area that stands at a place of the list."""
        return self._order[place]

    def index_of(self, row: int, column: int = 0) -> QModelIndex:
        """Return where an area stands; an invalid index for none."""
        place = self._places.get(row, -1)
        return self.index(place, column) if place >= 0 else QModelIndex()

    def rowCount(self, parent=QModelIndex()):  # noqa: B008 - as Qt has it
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index, role=DISPLAY):
        if self.rows is None or not index.isValid():
            return None
        row, column = self._order[index.row()], COLUMNS[index.column()]
        if role == DISPLAY:
            if column == "reasons":
                self._look_ahead(index.row())
            return self.rows.text(row, column)
        if role == TOOLTIP:
            return self.rows.tooltip(row, column)
        if role == ALIGNMENT:
            return _alignment(column)
        if role == SPOKEN:
            return self.rows.spoken(row, column)
        if role == FONT:
            return _font(self.rows.in_top[row])
        if role == ROW:
            return row
        return self.rows.sort_key(row, column) if role == SORT else None

    def headerData(self, section, orientation, role=DISPLAY):
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        told = {
            DISPLAY: self._headings[column].title,
            SPOKEN: self._headings[column].title,
            TOOLTIP: self._headings[column].meaning,
            ALIGNMENT: _alignment(column),
        }
        return told.get(int(role))

    def sort(self, column, order=Qt.SortOrder.AscendingOrder):
        """Sort by a column; what is missing, and areas without a rank, stand last either way."""
        if 0 <= column < len(COLUMNS):
            self._sorted = (COLUMNS[column], order == Qt.SortOrder.DescendingOrder)
            if self.rows is not None:
                self._rearrange(self.rows)

    def _take(self, rows: Rows) -> None:
        self.rows, self._headings = rows, headings(rows)
        self._order = rows.order(*self._sorted)
        self._places = {row: place for place, row in enumerate(self._order)}

    def _rearrange(self, rows: Rows) -> None:
        """Show rows of the same areas; indexes that views keep go with their areas."""
        self.layoutAboutToBeChanged.emit()
        before, old = self.persistentIndexList(), self._order
        self._take(rows)
        now = [self.index_of(old[index.row()], index.column()) for index in before]
        self.changePersistentIndexList(before, now)
        self.layoutChanged.emit()

    def _look_ahead(self, place: int) -> None:
        if self.rows is not None and self._order[place] not in self.rows.short:
            self.rows.prepare(self._order[place : place + AHEAD])


class AreasFilter(QSortFilterProxyModel):
    """The areas of an ``AreasModel`` that are looked for, in its order."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._text = ""
        self._in_view: frozenset[int] | None = None
        self._top_only = False
        self._accepted: list[bool] = []
        self._made_of: Rows | None = None

    def set_text(self, text: str) -> None:
        """Show areas whose name, code or tier hold every word of a text."""
        if text != self._text:
            self._text = text
            self._filter_again()

    def set_in_view(self, rows: Collection[int] | None) -> None:
        """Show these areas alone, by their rows; all for None."""
        wanted = None if rows is None else frozenset(rows)
        if wanted != self._in_view:
            self._in_view = wanted
            self._filter_again()

    def set_top_only(self, wanted: bool) -> None:
        """Show the areas in the top alone, or all."""
        if wanted != self._top_only:
            self._top_only = wanted
            self._filter_again()

    def index_of(self, row: int, column: int = 0) -> QModelIndex:
        """Return where an area stands; an invalid index where it is not shown."""
        return self.mapFromSource(self.sourceModel().index_of(row, column))

    def rows_shown(self) -> list[int]:
        """Return the areas that are shown, in their order."""
        model = self.sourceModel()
        return [
            model.row_at(self.mapToSource(self.index(place, 0)).row())
            for place in range(self.rowCount())
        ]

    def sort(self, column, order=Qt.SortOrder.AscendingOrder):
        self.sourceModel().sort(column, order)

    def filterAcceptsRow(self, source_row, source_parent):
        model = self.sourceModel()
        if model.rows is not self._made_of:
            self._look(model.rows)
        return self._accepted[model.row_at(source_row)]

    def _filter_again(self) -> None:
        self._made_of = None
        self.invalidate()

    def _look(self, rows: Rows) -> None:
        """Find out of all areas at once which are shown."""
        accepted = rows.matching(self._text)
        if self._top_only:
            accepted = [fits and top for fits, top in zip(accepted, rows.in_top)]
        if self._in_view is not None:
            accepted = [fits and row in self._in_view for row, fits in enumerate(accepted)]
        self._accepted, self._made_of = accepted, rows


def _alignment(column: str) -> Any:
    """Return how a column's cells stand, in the type that the binding of Qt wants."""
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    flags = side | Qt.AlignmentFlag.AlignVCenter
    try:
        return int(flags)  # Qt 5
    except TypeError:
        return flags


def _font(in_top: bool) -> QFont | None:
    """Return a bold font for areas in the top, the view's own for the others."""
    if not in_top:
        return None
    font = QFont()
    font.setBold(True)
    return font
