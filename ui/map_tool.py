"""The map tool that picks an area by a click."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt, pyqtSignal


class PickTool(QgsMapTool):
    """Tells where the map was clicked.

    Signals:
        clicked: a point, in the coordinates of the map.
        left: Esc was pressed.
    """

    clicked = pyqtSignal(QgsPointXY)
    left = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event):
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(event.mapPoint())

    def keyPressEvent(self, event):
        if event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.left.emit()
        else:
            event.ignore()


class Picking:
    """Puts the tool on the map and takes it off again; the tool before it comes back.

    ``on_change`` is told whether the tool is in use, also when another tool took its place.
    """

    def __init__(
        self,
        canvas: QgsMapCanvas,
        on_click: Callable[[QgsPointXY], None],
        on_change: Callable[[bool], None],
    ) -> None:
        self._canvas, self._on_change = canvas, on_change
        self._before: QgsMapTool | None = None
        self.tool = PickTool(canvas)
        self.tool.clicked.connect(on_click)
        self.tool.left.connect(self.stop)
        self.tool.activated.connect(lambda: on_change(True))
        self.tool.deactivated.connect(lambda: on_change(False))

    @property
    def is_on(self) -> bool:
        """Return whether the map has the tool now."""
        return self._usable and self._canvas.mapTool() is self.tool

    @property
    def _usable(self) -> bool:
        return not sip.isdeleted(self._canvas) and not sip.isdeleted(self.tool)

    def start(self) -> None:
        """Use the tool."""
        if self._usable and not self.is_on:
            self._before = self._canvas.mapTool()
            self._canvas.setMapTool(self.tool)

    def stop(self) -> None:
        """Give the map back the tool it had, if that is still there."""
        if not self.is_on:
            return
        before, self._before = self._before, None
        if before is not None and not sip.isdeleted(before):
            self._canvas.setMapTool(before)
        else:
            self._canvas.unsetMapTool(self.tool)

    def close(self) -> None:
        """Stop, and remove the tool for good."""
        self.stop()
        if not sip.isdeleted(self.tool):
            self.tool.blockSignals(True)
            self.tool.deleteLater()
