"""A figure of an area on a line: the area with its limits, the city, the nation.

Shapes tell them apart, not colours: a filled circle, an upright line, a hollow diamond.
"""

from __future__ import annotations

import math
from typing import Any

from qgis.PyQt.QtCore import QPointF, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QPalette, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QGridLayout, QSizePolicy, QWidget

from ...processing.messages import tr
from .text import Text

AREA, LIMITS, CITY, NATION = "area", "limits", "city", "nation"


def known(value: Any) -> bool:
    """Return whether there is a figure that can be drawn."""
    return value is not None and math.isfinite(value)


class Signs(QWidget):
    """Draws the signs; their size follows the font."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def radius(self) -> float:
        """Return half the size of a sign."""
        return max(3.0, 0.24 * self.fontMetrics().height())

    def sizeHint(self):
        metrics = self.fontMetrics()
        return QSize(16 * metrics.averageCharWidth(), round(1.15 * metrics.height()))

    def minimumSizeHint(self):
        return QSize(8 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def draw(self, painter: QPainter, sign: str, x: float, to: float = 0.0) -> None:
        """Draw a sign; the limits go from ``x`` to ``to``."""
        middle, size = self.height() / 2, self.radius
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 2 if sign != NATION else 1.5))
        if sign == LIMITS:
            painter.drawLine(QPointF(x, middle), QPointF(to, middle))
            for end in (x, to):
                painter.drawLine(QPointF(end, middle - size / 2), QPointF(end, middle + size / 2))
        elif sign == CITY:
            painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        elif sign == NATION:
            corner = 1.25 * size
            steps = ((0, -corner), (corner, 0), (0, corner), (-corner, 0))
            painter.drawPolygon(QPolygonF([QPointF(x + a, middle + b) for a, b in steps]))
        else:
            painter.setPen(QPen(ink, 1))
            painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawEllipse(QPointF(x, middle), size, size)


class DotPlot(Signs):
    """One figure of an area, drawn from a ``Dot`` of its card."""

    def __init__(self, dot: Any = None) -> None:
        super().__init__()
        self.dot: Any = None
        if dot is not None:
            self.set_dot(dot)

    def set_dot(self, dot: Any) -> None:
        """Show another figure."""
        self.dot = dot
        self.setAccessibleName(dot.title)
        self.setAccessibleDescription(dot.words)
        self.setToolTip(dot.words)
        self.update()

    def place(self, value: float) -> float:
        """Return where a value stands, in pixels from the left; beyond the ends, at the end."""
        edge = 1.5 * self.radius
        wide = max(1.0, self.width() - 2 * edge)
        least, most = self.dot.least, self.dot.most
        if not (known(least) and known(most)) or most <= least:
            return edge + wide / 2
        return edge + wide * min(1.0, max(0.0, (value - least) / (most - least)))

    def signs(self) -> list[tuple[str, float, float]]:
        """Return what is drawn, in this order: the sign, where, and where it ends."""
        dot, found = self.dot, []
        if dot is None:
            return []
        if known(dot.city):
            found.append((CITY, self.place(dot.city), 0.0))
        if known(dot.low) and known(dot.high) and known(dot.value):
            found.append((LIMITS, self.place(dot.low), self.place(dot.high)))
        if known(dot.value):
            found.append((AREA, self.place(dot.value), 0.0))
        if known(dot.nation):
            found.append((NATION, self.place(dot.nation), 0.0))
        return found

    def paintEvent(self, _event):
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        style = Qt.PenStyle.SolidLine
        if self.dot is None or not known(self.dot.value):
            style = Qt.PenStyle.DashLine
        faint = self.palette().color(QPalette.ColorRole.WindowText)
        faint.setAlphaF(0.4)
        painter.setPen(QPen(faint, 1, style))
        middle = self.height() / 2
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        for sign, x, to in self.signs():
            self.draw(painter, sign, x, to)
        painter.end()


class KeySign(Signs):
    """One sign of the key."""

    def __init__(self, sign: str) -> None:
        super().__init__()
        self._sign = sign
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self):
        return QSize(round(6 * self.radius), super().sizeHint().height())

    def minimumSizeHint(self):
        return self.sizeHint()

    def paintEvent(self, _event):
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() / 2
        if self._sign == AREA:
            self.draw(painter, LIMITS, 1.0, self.width() - 1.0)
        self.draw(painter, self._sign, middle)
        painter.end()


class DotKey(QWidget):
    """What the signs mean, in words; it stands once above the plots."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        self.words: dict[str, Text] = {}
        self._signs: dict[str, KeySign] = {}
        for line, sign in enumerate((AREA, CITY, NATION)):
            self._signs[sign], self.words[sign] = KeySign(sign), Text()
            grid.addWidget(self._signs[sign], line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self.words[sign], line, 1)
        self.set_signs("", "")

    def set_signs(self, city: str, nation: str) -> None:
        """Name what an area is held against; a sign that no plot has is left out."""
        area = tr("This area, with its 95 % limits")
        for sign, words in ((AREA, area), (CITY, city), (NATION, nation)):
            self.words[sign].setText(words)
            for part in (self._signs[sign], self.words[sign]):
                part.setVisible(bool(words))
        shown = [one.text() for one in self.words.values() if one.text()]
        self.setAccessibleName(tr("Key: {signs}").format(signs="; ".join(shown)))
