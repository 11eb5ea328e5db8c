"""The areas of the session on the map canvas: finding, showing and pointing at them.

The copy that the panel owns is asked where there is one, else the layer that is explored.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsSpatialIndex,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip

CLOSEST = 5000.0  # scale up to which the map zooms to an area: its surroundings stay in view
AROUND = 3.0  # width of the map against the width of the area
STEPS = 8  # parts of each side of the view, which may be bent in the coordinates of the layer


def there(thing: Any) -> bool:
    """Return whether a Qt object is still there."""
    return thing is not None and not sip.isdeleted(thing)


class AreaMap:
    """What the pages ask of the map; nothing happens where a layer or the map is gone."""

    def __init__(self, session: Any, canvas: QgsMapCanvas | None) -> None:
        self._session, self._canvas = session, canvas
        self._index: QgsSpatialIndex | None = None
        self._indexed: tuple[Any, Any] = (None, None)
        self._rows: dict[int, int] = {}
        self._rows_of: Any = None

    @property
    def canvas(self) -> QgsMapCanvas | None:
        """Return the map, if it is there."""
        return self._canvas if there(self._canvas) else None

    @property
    def copy(self) -> QgsVectorLayer | None:
        """Return the panel's own layer, if it is there."""
        shown = self._session.shown
        if shown is None or shown.is_gone or not there(shown.layer):
            return None
        return shown.layer

    @property
    def layer(self) -> QgsVectorLayer | None:
        """Return the layer to find areas in."""
        if self._session.exploration is None:
            return None
        if self.copy is not None:
            return self.copy
        return self._session.layer if there(self._session.layer) else None

    # --- rows and features

    def feature_id(self, row: int) -> int | None:
        """Return the feature of ``layer`` that is an area."""
        exploration = self._session.exploration
        if exploration is None or not 0 <= row < len(exploration.ids):
            return None
        return self._session.shown.feature_id(row) if self.copy else exploration.ids[row]

    def rows_of_copy(self, ids: Iterable[int]) -> list[int]:
        """Return the areas that features of the panel's own layer are."""
        return list(self._session.shown.rows_of(ids)) if self.copy is not None else []

    def rows_of_layer(self, ids: Iterable[int]) -> list[int]:
        """Return the areas that features of the explored layer are."""
        exploration = self._session.exploration
        if exploration is None:
            return []
        if self._rows_of is not exploration:
            self._rows = {fid: row for row, fid in enumerate(exploration.ids)}
            self._rows_of = exploration
        return [self._rows[fid] for fid in ids if fid in self._rows]

    def _rows_here(self, ids: Iterable[int]) -> list[int]:
        return self.rows_of_copy(ids) if self.copy is not None else self.rows_of_layer(ids)

    # --- showing an area

    def zoom_to(self, row: int) -> bool:
        """Show an area with some surroundings; return whether it has a place on the map."""
        box, canvas = self._box_of(row), self.canvas
        if box is None or canvas is None:
            return False
        box.scale(AROUND)
        canvas.setExtent(box)
        if canvas.scale() < CLOSEST:
            canvas.zoomScale(CLOSEST)
        canvas.refresh()
        return True

    def bring_in(self, row: int) -> bool:
        """Move the map to an area that is out of view; return whether it was."""
        box, canvas = self._box_of(row), self.canvas
        if box is None or canvas is None or canvas.extent().intersects(box):
            return False
        canvas.setCenter(box.center())
        canvas.refresh()
        return True

    def flash(self, row: int) -> None:
        """Let an area blink."""
        geometry, canvas, layer = self._geometry_of(row), self.canvas, self.layer
        if geometry is not None and canvas is not None and layer is not None:
            canvas.flashGeometries([geometry], layer.crs())

    def _geometry_of(self, row: int) -> QgsGeometry | None:
        layer, feature_id = self.layer, self.feature_id(row)
        if layer is None or feature_id is None:
            return None
        feature = layer.getFeature(feature_id)
        return feature.geometry() if feature.isValid() and feature.hasGeometry() else None

    def _box_of(self, row: int) -> QgsRectangle | None:
        """Return the bounding box of an area as the map has it."""
        geometry, way = self._geometry_of(row), self._way()
        if geometry is None or way is None:
            return None
        with suppress(QgsCsException):
            box = way.transformBoundingBox(geometry.boundingBox())
            if box.isFinite():
                return box
        return None

    def _way(self) -> QgsCoordinateTransform | None:
        """Return the way from the layer's coordinates to those of the map."""
        canvas, layer = self.canvas, self.layer
        if canvas is None or layer is None:
            return None
        target = canvas.mapSettings().destinationCrs()
        return QgsCoordinateTransform(layer.crs(), target, self._session.project)

    # --- finding areas

    def row_at(self, point: QgsPointXY) -> int:
        """Return the area at a point of the map, -1 for none."""
        layer, way = self.layer, self._way()
        if layer is None or way is None:
            return -1
        try:
            here = way.transform(point, Qgis.TransformDirection.Reverse)
        except QgsCsException:
            return -1
        spot = QgsGeometry.fromPointXY(here)
        request = QgsFeatureRequest().setNoAttributes()
        request.setFilterRect(QgsRectangle(here.x(), here.y(), here.x(), here.y()).buffered(1e-9))
        found = [one.id() for one in layer.getFeatures(request) if one.geometry().intersects(spot)]
        rows = self._rows_here(found)
        return rows[0] if rows else -1

    def rows_in_view(self) -> set[int] | None:
        """Return the areas that the map shows, None where this cannot be told."""
        layer, view = self.layer, self._view()
        if layer is None or view is None:
            return None
        index = self._index_of(layer)
        engine = QgsGeometry.createGeometryEngine(view.constGet())
        engine.prepareGeometry()
        near = index.intersects(view.boundingBox())
        seen = [fid for fid in near if engine.intersects(index.geometry(fid).constGet())]
        return set(self._rows_here(seen))

    def _view(self) -> QgsGeometry | None:
        """Return what the map shows, in the coordinates of the layer."""
        canvas, way = self.canvas, self._way()
        if canvas is None or way is None or canvas.extent().isEmpty():
            return None
        corners = [QgsPointXY(corner) for corner in canvas.mapSettings().visiblePolygon()]
        view = QgsGeometry.fromPolygonXY([[*corners, corners[0]]]).densifyByCount(STEPS)
        try:
            view.transform(way, Qgis.TransformDirection.Reverse)
        except QgsCsException:
            return None
        return view

    def _index_of(self, layer: QgsVectorLayer) -> QgsSpatialIndex:
        """Return an index of the areas, made once for all that is done with them as read."""
        exploration = self._session.exploration
        if self._index is None or not self._is_of(layer, exploration):
            request = QgsFeatureRequest().setNoAttributes()
            keep = QgsSpatialIndex.Flag.FlagStoreFeatureGeometries
            self._index = QgsSpatialIndex(layer.getFeatures(request), None, keep)
            self._indexed = (layer, exploration)
        return self._index

    def _is_of(self, layer: QgsVectorLayer, exploration: Any) -> bool:
        return self._indexed[0] is layer and self._indexed[1] is exploration

    def forget(self) -> None:
        """Let go of what was kept of a layer."""
        self._index, self._indexed, self._rows_of = None, (None, None), None
        self._rows = {}
