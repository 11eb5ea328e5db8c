"""The page with the ranked areas: searched, sorted, found on the map and handed on."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent, QModelIndex, Qt, QTimer
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...processing.explore.rows import COLUMNS
from ...processing.messages import tr
from ..area_map import AreaMap
from ..bonds import Bonds
from ..map_tool import Picking
from ..models.areas_model import ROW, AreasFilter, AreasModel
from ..widgets.area_table import AreaTable
from ..widgets.flow import Flow

VIEW_REST = 200  # milliseconds without a move of the map, after which areas in view are looked up
MANY = 5000  # areas from which on the list waits until a slider rests
LIST_REST = 250  # milliseconds that it then waits

GAP = 6  # above the page, below the tabs; the panel has margins of its own


class ListPage(QWidget):
    """The list of areas."""

    def __init__(self, session: Any, hand_over: Any, iface: Any, parent: QWidget | None = None):
        super().__init__(parent)
        self._session, self._hand_over = session, hand_over
        canvas = iface.mapCanvas() if iface is not None else None
        self._map = AreaMap(session, canvas)
        self._bonds, self._of_layer, self._of_copy = Bonds(), Bonds(), Bonds()
        self._bound_layer: Any = None
        self._bound_copy: Any = None
        self._viewed: Any = None  # the exploration whose areas in view are known
        self._stale = True
        self._picking: Picking | None = None
        self._view_timer = self._timer(VIEW_REST, self._look_at_view)
        self._list_timer = self._timer(LIST_REST, self._show_rows)
        self._build()
        if canvas is not None:
            self._picking = Picking(canvas, self._on_picked, self.pick.setChecked)
            self._bonds.tie(canvas.extentsChanged, self._on_view_changed)
            self._bonds.tie(canvas.destinationCrsChanged, self._on_view_changed)
        self.pick.setEnabled(canvas is not None)
        for signal, slot in (
            (session.layer_changed, self._on_ranked),
            (session.moved, self._on_ranked),
            (session.tested, self._on_ranked),
            (session.area_chosen, self._on_chosen),
        ):
            self._bonds.tie(signal, slot)
        self._on_ranked()

    # --- making

    def _timer(self, wait: int, slot: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait)
        timer.timeout.connect(slot)
        return timer

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search names and codes"))
        self.search.setAccessibleName(tr("Search the list"))
        self.search.setToolTip(tr("Shows areas whose name or code has all of these words (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.in_view = QCheckBox(tr("&In view"))
        self.in_view.setToolTip(tr("Only areas that the map shows now"))
        self.top_only = QCheckBox(tr("Only the &top"))
        self.top_only.setToolTip(tr("Only areas that are highlighted"))
        self.model, self.proxy = AreasModel(self), AreasFilter(self)
        self.proxy.setSourceModel(self.model)
        self.table = AreaTable()
        self.table.setModel(self.proxy)
        self.columns = QToolButton()
        self.columns.setText(tr("Columns"))
        self.columns.setToolTip(tr("Show and hide columns"))
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setMenu(self.table.columns_menu())
        self.count = QLabel()
        self.count.setWordWrap(True)
        self.pick = QPushButton(tr("Pic&k on the map"))
        self.pick.setCheckable(True)
        self.pick.setToolTip(tr("Click an area on the map to find it in the list; Esc ends it"))
        self.copy = QPushButton(tr("Cop&y"))
        self.copy.setToolTip(tr("Copies the list as it is shown, for a spreadsheet or an e-mail"))
        self.save = QPushButton(tr("Save list…"))
        self.save.setToolTip(tr("Saves the areas shown, with a rule for small counts of people"))
        self._lay_out()
        self._connect()
        self._set_columns()

    def _set_columns(self) -> None:
        self.table.set_columns(COLUMNS, wide_enough(), "name")
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.addWidget(self.search, 1)
        above.addWidget(self.columns)
        boxes = Flow()
        for one in (self.in_view, self.top_only, self.count):
            boxes.addWidget(one)
        buttons = Flow()
        for one in (self.pick, self.copy, self.save):
            buttons.addWidget(one)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, GAP, 0, 0)
        page.addLayout(above)
        page.addLayout(boxes)
        page.addWidget(self.table, 1)
        page.addLayout(buttons)
        order = (
            self.search,
            self.columns,
            self.in_view,
            self.top_only,
            self.table,
            self.pick,
            self.copy,
            self.save,
        )
        for first, second in zip(order, order[1:]):
            QWidget.setTabOrder(first, second)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._to_first)
        self.in_view.toggled.connect(self._on_in_view)
        self.top_only.toggled.connect(self._on_top_only)
        self.table.clicked.connect(self._on_clicked)
        self.table.entered_row.connect(self._on_clicked)
        self.table.stepped.connect(self._on_stepped)
        self.pick.toggled.connect(self._on_pick)
        self.copy.clicked.connect(self.copy_list)
        self.save.clicked.connect(lambda: self._hand_over.save_list(self.rows()))

    # --- what is shown

    def rows(self) -> list[int]:
        """Return the areas as they are shown, in this order."""
        return self.proxy.rows_shown()

    @staticmethod
    def _row_of(index: QModelIndex) -> int:
        row = index.data(ROW)
        return -1 if row is None else int(row)

    def _on_ranked(self) -> None:
        """Show the new ranks: at once where areas are few, else when the slider rests."""
        self._bind()
        self._stale = True
        standing = self._session.standing
        if standing is None or len(standing.ranks) <= MANY or not self.model.rowCount():
            self._show_rows()
        else:
            self._list_timer.start()

    def showEvent(self, event):
        super().showEvent(event)
        self._show_rows()

    def _show_rows(self) -> None:
        """Fill the list anew; the model keeps where it is scrolled to."""
        self._list_timer.stop()
        gone = self._session.standing is None or self._session.exploration is None
        if not self._stale or not (self.isVisible() or gone):
            return  # hidden: it is filled when it is shown
        self._stale = False
        if gone:
            self.model.clear()
            self._map.forget()
        else:
            from ...processing.explore.rows import rows_of

            session = self._session
            self.model.show(rows_of(session.exploration, session.standing, session.ranking))
            if self.in_view.isChecked() and self._viewed is not session.exploration:
                self._look_at_view()
        self._select(self._session.row, scroll=False)
        self._say_count()

    def _say_count(self) -> None:
        shown, known = self.proxy.rowCount(), self.model.rowCount()
        if not known:
            text = tr("No areas are ranked yet. Choose a layer with areas first.")
        elif not shown:
            text = tr("None of {all:,} areas fits what is asked. Ask for less.")
        else:
            text = tr("{shown:,} of {all:,} areas")
        self.count.setText(text.format(shown=shown, all=known))
        for one in (self.copy, self.save):
            one.setEnabled(shown > 0)

    # --- asked by the user

    def _on_search(self, text: str) -> None:
        self.proxy.set_text(text)
        self._after_filter()

    def _on_top_only(self, on: bool) -> None:
        self.proxy.set_top_only(on)
        self._after_filter()

    def _on_in_view(self, on: bool) -> None:
        if on:
            self._look_at_view()
        else:
            self._view_timer.stop()
            self.proxy.set_in_view(None)
            self._after_filter()

    def _after_filter(self) -> None:
        self._select(self._session.row, scroll=True)
        self._say_count()

    def _to_first(self) -> None:
        """Enter in the search box goes to the list."""
        if self.proxy.rowCount():
            if not self.table.currentIndex().isValid():
                self._make_current(self.proxy.index(0, 0), scroll=True)
                self._on_stepped(self.table.currentIndex())
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_clicked(self, index: QModelIndex) -> None:
        row = self._row_of(index)
        if row >= 0:
            self._session.choose(row)
            self._map.zoom_to(row)
            self._map.flash(row)

    def _on_stepped(self, index: QModelIndex) -> None:
        row = self._row_of(index)
        if row >= 0:
            self._session.choose(row)
            self._map.bring_in(row)
            self._map.flash(row)

    def copy_list(self) -> None:
        """Copy the areas that are shown, as a spreadsheet takes them."""
        from ...processing.explore.rows import copy_text

        if self.model.rows is None:
            return
        QApplication.clipboard().setText(copy_text(self.model.rows, self.rows()))
        self.count.setText(
            tr("{shown:,} of {all:,} areas, copied").format(
                shown=self.proxy.rowCount(), all=self.model.rowCount()
            )
        )

    def event(self, event):
        # QGIS itself has a Ctrl+F: inside the list it is the list's
        if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: Any) -> bool:
        picking = event.key() == Qt.Key.Key_Escape and self.pick.isChecked()
        return picking or event.matches(QKeySequence.StandardKey.Find)

    def keyPressEvent(self, event):
        if event.matches(QKeySequence.StandardKey.Find):
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.search.selectAll()
        elif event.key() == Qt.Key.Key_Escape and self.pick.isChecked():
            self.pick.setChecked(False)
        else:
            super().keyPressEvent(event)

    # --- selecting

    def _on_chosen(self, row: int) -> None:
        current = self.table.currentIndex()
        if not current.isValid() or self._row_of(current) != row:
            self._select(row, scroll=True)

    def _select(self, row: int, scroll: bool) -> None:
        """Select an area in the list, if it is there; the focus stays where it is."""
        index = self.proxy.index_of(row)
        if index.isValid():
            self._make_current(index, scroll)
        else:
            self.table.clearSelection()
            self.table.setCurrentIndex(QModelIndex())

    def _make_current(self, index: QModelIndex, scroll: bool) -> None:
        current = self.table.currentIndex()
        if current != index or not self.table.selectionModel().isSelected(index):
            column = current.column() if current.isValid() else self.table.shown_columns()[0]
            self.table.setAutoScroll(False)
            self.table.setCurrentIndex(index.sibling(index.row(), column))
            self.table.setAutoScroll(True)
        if scroll:
            self.table.scrollTo(self.table.currentIndex())

    # --- the map

    def _bind(self) -> None:
        """Listen to selections on the layers that are there now, and to no other."""
        layer, copy = self._session.layer, self._map.copy
        if layer is not self._bound_layer:
            self._of_layer.untie()
            self._bound_layer = layer
            if layer is not None:
                self._of_layer.tie(layer.selectionChanged, self._on_layer_selected)
        if copy is not self._bound_copy:
            self._of_copy.untie()
            self._bound_copy = copy
            self._map.forget()
            self._viewed = None
            if copy is not None:
                self._of_copy.tie(copy.selectionChanged, self._on_copy_selected)

    def _on_layer_selected(self, selected: list[int], *_others: Any) -> None:
        self._choose_one(self._map.rows_of_layer(selected))

    def _on_copy_selected(self, selected: list[int], *_others: Any) -> None:
        self._choose_one(self._map.rows_of_copy(selected))

    def _choose_one(self, rows: list[int]) -> None:
        """Choose the first in the list of some areas that were selected on the map."""
        if rows:
            places = {row: self.proxy.index_of(row).row() for row in rows}
            self._session.choose(min(rows, key=lambda row: (places[row] < 0, places[row])))

    def _on_pick(self, on: bool) -> None:
        if self._picking is not None:
            self._picking.start() if on else self._picking.stop()

    def _on_picked(self, point: Any) -> None:
        row = self._map.row_at(point)
        if row >= 0:
            self._session.choose(row)
            self._map.flash(row)

    def _on_view_changed(self) -> None:
        if self.in_view.isChecked():
            self._view_timer.start()

    def _look_at_view(self) -> None:
        self._viewed = self._session.exploration
        self.proxy.set_in_view(self._map.rows_in_view())
        self._after_filter()

    # --- the end

    def close_page(self) -> None:
        """Undo what reaches out of the page."""
        self.table.keep_columns()
        for timer in (self._view_timer, self._list_timer):
            timer.stop()
        for bonds in (self._bonds, self._of_layer, self._of_copy):
            bonds.untie()
        self._bound_layer = self._bound_copy = self._viewed = None
        self._map.forget()
        if self._picking is not None:
            self._picking.close()
            self._picking = None


def wide_enough() -> dict[str, str]:
    """Return the columns from left to right, each with a text that it has room for."""
    return {
        "rank": "8,888",
        "name": "",
        "interval": "\n".join(
            (tr("being tested"), tr("{low:,} to {high:,}").format(low=88, high=888))
        ),
        "tier": "● " + tr("not a priority"),
        "score": "0.888",
        "residents": "88,888",
        "reasons": 60 * "n",
    }
