"""One dimension of an area layer: whether it is there, and the way to it where it is not."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from ...processing.messages import tr
from .steady import wrapped


class DimensionRow(QWidget):
    """A sign, a title and a word, and a button where something can be added.

    Signals:
        add_asked: the dimension is to be added; the id of the algorithm that makes it.
    """

    add_asked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._algorithm = ""
        self.sign, self.text = QLabel(), wrapped()
        self.sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(tr("Add…"))
        self.button.clicked.connect(self._on_clicked)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for at, widget in enumerate((self.sign, self.text, self.button)):
            layout.addWidget(widget, 0, at)
        layout.setColumnStretch(1, 1)
        side = self.fontMetrics().height()
        self.sign.setMinimumWidth(side)
        self.text.setMinimumWidth(self.fontMetrics().averageCharWidth() * 12)

    def show_dimension(self, one: Any) -> None:
        """Show whether it is there."""
        self._algorithm = one.algorithm
        text = tr("{dimension}: there") if one.there else tr("{dimension}: missing")
        self.text.setText(text.format(dimension=one.title))
        self._show_sign(one.there)
        self.button.setVisible(not one.there and bool(one.algorithm))
        self.button.setAccessibleName(tr("Add: {dimension}").format(dimension=one.title))
        self.setToolTip(one.words)
        self.setAccessibleName(self.text.text())
        self.setAccessibleDescription(one.words)

    def _show_sign(self, there: bool) -> None:
        icon = QgsApplication.getThemeIcon("/mIconSuccess.svg")
        if there and not icon.isNull():
            side = self.fontMetrics().height()
            self.sign.setPixmap(icon.pixmap(side, side))
        else:
            self.sign.setText("✓" if there else "○")

    def _on_clicked(self) -> None:
        self.add_asked.emit(self._algorithm)
