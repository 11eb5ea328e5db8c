"""The table of areas: whole rows, sorted by a click, its columns as the user left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QByteArray, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont, QFontMetrics
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QTableView,
)

from ...processing.messages import tr

KEPT = "seldom_heard/list"  # group of the settings
LEAST, MOST = 8, 40  # characters of the column that takes the room there is


class NameDelegate(QStyledItemDelegate):
    """Shortens a name in its middle: names of a city's areas differ at the end."""

    def initStyleOption(self, option, index):
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class AreaTable(QTableView):
    """A table in which arrow keys step from area to area.

    Signals:
        stepped: another row became the current one by a key.
        entered_row: Enter was pressed on a row.
    """

    stepped = pyqtSignal(QModelIndex)
    entered_row = pyqtSignal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Ranked areas"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)  # Tab goes on to the next widget
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(round(1.5 * self.fontMetrics().height()))
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda place: self.columns_menu().exec(header.mapToGlobal(place))
        )
        header.sectionResized.connect(self._on_resized)
        self._names = NameDelegate(self)
        self._columns: list[str] = []
        self._fitted, self._fitting, self._by_user = -1, False, False
        self._menu = QMenu(self)
        self._menu.setTitle(tr("Columns"))
        self._menu.aboutToShow.connect(self.columns_menu)

    # --- columns

    def set_columns(self, names: Sequence[str], wide: Mapping[str, str], fitted: str) -> None:
        """Set columns as the user left them; at first in the order and as wide as told.

        Args:
            names: of the model's columns.
            wide: from left to right the columns, each with a text that it has room for.
            fitted: the column that takes or gives the room that is there, so that the columns
                before it and the next one are in sight.
        """
        self._columns, header = [*names], self.horizontalHeader()
        header.setMinimumSectionSize(3 * self.fontMetrics().averageCharWidth())
        header.setStretchLastSection(False)
        for place, (name, text) in enumerate(wide.items()):
            column = self._columns.index(name)
            header.resizeSection(column, self._wide_enough(column, text))
            header.moveSection(header.visualIndex(column), place)
        settings = QgsSettings()
        kept, state = settings.value(f"{KEPT}/columns"), settings.value(f"{KEPT}/header")
        # a state of other columns would hide or widen the wrong ones
        if kept == ",".join(self._columns) and isinstance(state, (QByteArray, bytes)):
            self._by_user = header.restoreState(QByteArray(state))
        self._fitted = self._columns.index(fitted)
        self.setItemDelegateForColumn(self._fitted, self._names)
        self._fit()

    def _wide_enough(self, column: int, text: str) -> int:
        """Return how wide a column must be for a text in bold; a longer heading is elided."""
        font = QFont(self.font())
        font.setBold(True)
        metrics, edge = QFontMetrics(font), 2 * self.fontMetrics().averageCharWidth()
        title = self.model().headerData(column, Qt.Orientation.Horizontal)
        shortest = str(title).split(" ")[0] if title else ""
        return edge + max(metrics.horizontalAdvance(one) for one in (*text.split("\n"), shortest))

    def _fit(self) -> None:
        """Share the room that there is, as long as the user has not set a width."""
        header = self.horizontalHeader()
        if self._by_user or self._fitted < 0 or header.isSectionHidden(self._fitted):
            return
        upto = header.visualIndex(self._fitted) + 1
        others = [header.logicalIndex(place) for place in range(upto + 1)]
        taken = sum(header.sectionSize(one) for one in others if one != self._fitted)
        char = self.fontMetrics().averageCharWidth()
        room = self.viewport().width() - taken
        self._fitting = True
        header.resizeSection(self._fitted, max(LEAST * char, min(MOST * char, room)))
        self._fitting = False

    def _on_resized(self, *_ignored: Any) -> None:
        self._by_user = self._by_user or (self._fitted >= 0 and not self._fitting)

    def resizeEvent(self, event):
        super().resizeEvent(event)
        self._fit()

    def keep_columns(self) -> None:
        """Remember the columns for the next time."""
        if self._by_user:
            settings = QgsSettings()
            settings.setValue(f"{KEPT}/columns", ",".join(self._columns))
            settings.setValue(f"{KEPT}/header", self.horizontalHeader().saveState())

    def shown_columns(self) -> list[int]:
        """Return the columns that are shown, from left to right."""
        header = self.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        return [column for column in order if not header.isSectionHidden(column)]

    def columns_menu(self) -> QMenu:
        """Return a menu to show and hide columns."""
        menu, header = self._menu, self.horizontalHeader()
        menu.clear()
        shown = self.shown_columns()
        for column in range(header.count()):
            side = Qt.Orientation.Horizontal
            title = self.model().headerData(column, side, Qt.ItemDataRole.DisplayRole)
            action = menu.addAction(str(title))
            action.setCheckable(True)
            action.setChecked(column in shown)
            action.setEnabled(shown != [column])  # one stays, or the table could not be used
            action.toggled.connect(lambda on, at=column: self._show_column(at, on))
        return menu

    def _show_column(self, column: int, on: bool) -> None:
        self.horizontalHeader().setSectionHidden(column, not on)
        self._by_user = True
        self.keep_columns()

    # --- keys

    def moveCursor(self, action, modifiers):
        """Home and End go to the first and last area, not to the ends of a row."""
        ends = {
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: self.model().rowCount() - 1,
        }
        if action in ends and self.currentIndex().isValid():
            return self.model().index(ends[action], self.currentIndex().column())
        return super().moveCursor(action, modifiers)

    def keyPressEvent(self, event):
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            event.accept()
            self.entered_row.emit(self.currentIndex())
            return
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        now = self.currentIndex()
        if now.isValid() and now.row() != before:
            self.stepped.emit(now)
