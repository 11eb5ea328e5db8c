"""A row of widgets that goes on in the next line where a panel is narrow."""

from __future__ import annotations

from qgis.PyQt.QtCore import QPoint, QRect, QSize, Qt
from qgis.PyQt.QtWidgets import QLayout, QSizePolicy, QStyle


class Flow(QLayout):
    """Puts widgets side by side, each as wide as it likes to be, and breaks lines at the edge."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._items: list = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item):
        self._items.append(item)

    def count(self):
        return len(self._items)

    def itemAt(self, index):
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index):
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self):
        return Qt.Orientation(0)

    def hasHeightForWidth(self):
        return True

    def heightForWidth(self, width):
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect):
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self):
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        gaps = max(0, len(shown) - 1) * self._gap()
        return self._framed(
            sum(size.width() for size in shown) + gaps,
            max((size.height() for size in shown), default=0),
        )

    def minimumSize(self):
        shown = [item.minimumSize() for item in self._items if not item.isEmpty()]
        return self._framed(
            max((size.width() for size in shown), default=0),
            max((size.height() for size in shown), default=0),
        )

    def _framed(self, width: int, height: int) -> QSize:
        edge = self.contentsMargins()
        return QSize(width + edge.left() + edge.right(), height + edge.top() + edge.bottom())

    def _gap(self) -> int:
        """Return the space between widgets; a style may leave it to each pair of them (-1)."""
        if self.spacing() >= 0:
            return self.spacing()
        holder = self.parentWidget()
        if holder is None:
            return 6
        push = QSizePolicy.ControlType.PushButton
        side = Qt.Orientation.Horizontal
        gap = holder.style().layoutSpacing(push, push, side, None, holder)
        if gap < 0:
            gap = holder.style().pixelMetric(QStyle.PixelMetric.PM_LayoutHorizontalSpacing)
        return gap if gap >= 0 else 6

    def _place(self, rect: QRect, move: bool) -> int:
        """Place the widgets if asked to, and return the height that they need."""
        edge, gap = self.contentsMargins(), self._gap()
        inner = rect.adjusted(edge.left(), edge.top(), -edge.right(), -edge.bottom())
        line: list[tuple] = []
        x, y, tall = inner.x(), inner.y(), 0
        for item in self._items:
            if item.isEmpty():  # hidden
                continue
            size = item.sizeHint().expandedTo(item.minimumSize())
            wide = min(size.width(), max(inner.width(), item.minimumSize().width()))
            if line and x + wide > inner.x() + inner.width():
                self._set_line(line, y, tall, move)
                line, x, y, tall = [], inner.x(), y + tall + gap, 0
            high = item.heightForWidth(wide) if item.hasHeightForWidth() else size.height()
            line.append((item, x, wide, high))
            x, tall = x + wide + gap, max(tall, high)
        self._set_line(line, y, tall, move)
        return y + tall - rect.y() + edge.bottom()

    @staticmethod
    def _set_line(line: list[tuple], y: int, tall: int, move: bool) -> None:
        for item, x, wide, high in line if move else []:
            item.setGeometry(QRect(QPoint(x, y + (tall - high) // 2), QSize(wide, high)))
