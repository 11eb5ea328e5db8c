"""Bars: how much of something, and how something is divided in two."""

from __future__ import annotations

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget


class Bar(QWidget):
    """A bar from 0 to 1: filled as far as the share goes, an outline for the rest.

    None, where nothing is known, is a dashed outline. The number always stands beside it in words.
    """

    def __init__(self, share: float | None = None, words: str = "") -> None:
        super().__init__()
        self.share: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_share(share, words)

    def set_share(self, share: float | None, words: str) -> None:
        """Show another share."""
        known = share is not None and share == share
        self.share = min(1.0, max(0.0, float(share))) if known else None
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self):
        return QSize(10 * self.fontMetrics().averageCharWidth(), self._height())

    def minimumSizeHint(self):
        return QSize(6 * self.fontMetrics().averageCharWidth(), self._height())

    def _height(self) -> int:
        return max(6, round(0.55 * self.fontMetrics().height()))

    def paintEvent(self, _event):
        with_line = QPainter(self)
        with_line.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.share:
            filled = QRectF(frame)
            filled.setWidth(frame.width() * self.share)
            with_line.fillRect(filled, self.palette().color(QPalette.ColorRole.Highlight))
        style = Qt.PenStyle.SolidLine if self.share is not None else Qt.PenStyle.DashLine
        with_line.setPen(QPen(ink, 1, style))
        with_line.drawRect(frame)
        if self.share and self.share < 1:
            x = frame.left() + frame.width() * self.share
            with_line.setPen(QPen(ink, 2))  # where it ends is seen without telling colours apart
            with_line.drawLine(
                QRectF(x, frame.top(), 0, frame.height()).topLeft(),
                QRectF(x, frame.top(), 0, frame.height()).bottomLeft(),
            )
        with_line.end()
