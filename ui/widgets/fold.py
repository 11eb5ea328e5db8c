"""An arrow that folds something out and in."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QToolButton, QWidget


class FoldButton(QToolButton):
    """Shows what it folds while it is pressed in; the arrow points where it goes."""

    def __init__(self, name: str, folded: QWidget) -> None:
        super().__init__()
        self._folded = folded
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setArrowType(Qt.ArrowType.RightArrow)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setToolTip(name)
        folded.setVisible(False)
        self.toggled.connect(self._fold)

    def _fold(self, out: bool) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if out else Qt.ArrowType.RightArrow)
        self._folded.setVisible(out)
