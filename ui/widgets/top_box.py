"""How many areas are highlighted: a number of them, or a percentage."""

from __future__ import annotations

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QWidget

from ...processing.messages import tr
from .steady import Choice, Number

MOST_AREAS = 1_000_000
PERCENT = "%"
DEFAULT = 10.0  # of either, where nothing else was asked yet


class TopBox(QWidget):
    """A number and what it counts.

    Signals:
        asked: what ``Settings.top`` is to be: "35" or "10%".
    """

    asked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.number, self.unit = Number(), Choice()
        self.number.setDecimals(0)
        self.number.setAccessibleName(tr("How many areas to highlight"))
        self.unit.addItem(tr("areas"), "")
        self.unit.addItem(tr("% of areas"), PERCENT)
        self.unit.setAccessibleName(tr("Number or percentage of areas"))
        self._last = {"": DEFAULT, PERCENT: DEFAULT}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.number, 1)
        layout.addWidget(self.unit, 1)
        self.setFocusProxy(self.number)
        self.number.valueChanged.connect(self._on_number)
        self.unit.activated.connect(self._on_unit)

    def show_top(self, text: str, areas: int = 0) -> None:
        """Show what is asked.

        Args:
            text: as in the settings; what is neither number nor percentage is not shown.
            areas: how many that are, 0 where it is not known; asked for when the unit is changed.
        """
        kind = PERCENT if text.strip().endswith(PERCENT) else ""
        try:
            value = float(text.strip().removesuffix(PERCENT))
        except ValueError:
            return
        self._last[kind] = value
        if areas:
            self._last[""] = value if kind == "" else float(areas)
        self.number.blockSignals(True)
        self._set_range(kind)
        if self.number.value() != value:
            self.number.setValue(value)
        self.number.blockSignals(False)
        self.unit.setCurrentIndex(self.unit.findData(kind))

    def _set_range(self, kind: str) -> None:
        self.number.setDecimals(1 if kind else 0)
        self.number.setRange(*((0.1, 100.0) if kind else (1.0, float(MOST_AREAS))))

    def _on_number(self, value: float) -> None:
        self._ask(str(self.unit.currentData()), value)

    def _on_unit(self, at: int) -> None:
        kind = str(self.unit.itemData(at))
        self._ask(kind, self._last[kind])

    def _ask(self, kind: str, value: float) -> None:
        self.asked.emit(f"{value:.1f}".removesuffix(".0") + kind)
