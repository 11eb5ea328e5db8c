"""Where places lie, as one point each: of points as they are, of polygons a point inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingFeatureSource,
    QgsWkbTypes,
)

from .areas import listed, never, unchecked
from .errors import Cancelled, InputError, tr
from .neighbours import metric_crs
from .places import brought, has_points, has_polygons, read_points

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

OFTEN = 500  # features between two looks at the cancel button


@dataclass(frozen=True)
class Spots:
    """A point for each feature of a layer, NaN where it has no place.

    Attributes:
        ids: of the features.
        x: eastings or longitudes.
        y: northings or latitudes.
        crs: what the coordinates are of.
        several: features of more than one point, which have no place.
        are_points: whether the points are the features' own.
        size: of polygons, in the square of their reference system's unit; 0 for points.
    """

    ids: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    crs: QgsCoordinateReferenceSystem
    several: NDArray[np.bool_]
    are_points: bool
    size: NDArray[np.float64]

    def to(
        self, target: QgsCoordinateReferenceSystem, transforms: QgsCoordinateTransformContext
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y in another reference system, NaN where there is no place in it."""
        import numpy as np

        if self.crs == target:
            return self.x, self.y
        here = np.isfinite(self.x) & np.isfinite(self.y)
        x, y = np.full(len(here), np.nan), np.full(len(here), np.nan)
        into = QgsCoordinateTransform(self.crs, target, transforms)
        x[here], y[here] = brought(self.x[here], self.y[here], into)
        lost = ~(np.isfinite(x) & np.isfinite(y))
        x[lost] = y[lost] = np.nan
        return x, y


def read_spots(
    source: QgsProcessingFeatureSource, cancelled: Callable[[], bool] = never
) -> Spots | None:
    """Return a point for each feature; None for layers of neither points nor polygons.

    Of a polygon it is the centroid where that lies inside, else a point on its surface.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np

    if has_points(source):
        found = read_points(source, cancelled)
        size = np.zeros(len(found.x))
        return Spots(found.numbers, found.x, found.y, found.crs, found.several, True, size)
    if not has_polygons(source):
        return None
    rows = list(_inside(source, cancelled))
    ids, x, y, size = zip(*rows) if rows else ((), (), (), ())
    return Spots(
        np.asarray(ids, dtype=np.int64),
        np.asarray(x, dtype=float),
        np.asarray(y, dtype=float),
        source.sourceCrs(),
        np.zeros(len(ids), dtype=bool),
        False,
        np.asarray(size, dtype=float),
    )


def _inside(source: Any, cancelled: Callable[[], bool]) -> Iterator[tuple]:
    nan = float("nan")
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    for number, feature in enumerate(unchecked(source, request)):
        if number % OFTEN == 0 and cancelled():
            raise Cancelled
        geometry = feature.geometry()
        if geometry.isEmpty():
            yield feature.id(), nan, nan, 0.0
            continue
        point = point_inside(geometry)
        yield feature.id(), point.x(), point.y(), geometry.area()


def point_inside(geometry: QgsGeometry) -> QgsPointXY:
    """Return the centroid of a polygon where that lies inside it, else a point on its surface."""
    middle = geometry.centroid()
    if not middle.isEmpty() and geometry.intersects(middle):
        return middle.asPoint()
    surface = geometry.pointOnSurface()
    return (middle if surface.isEmpty() else surface).asPoint()


def point_type(source: QgsProcessingFeatureSource) -> Any:
    """Return the type of points that a layer is written as: its own, single ones for polygons."""
    return QgsWkbTypes.Type.Point if has_polygons(source) else source.wkbType()


def plane_of(
    crs: QgsCoordinateReferenceSystem, spots: Spots, transforms: QgsCoordinateTransformContext
) -> QgsCoordinateReferenceSystem:
    """Return a reference system in which a metre is a metre around some places.

    Raises:
        InputError: where the places have no reference system, or it cannot be left.
    """
    import numpy as np

    if not crs.isValid():
        raise InputError(
            tr(
                "The areas have no coordinate reference system, so that distances are not known. "
                "Set it (layer properties, Source), or give a table of travel times as MATRIX."
            )
        )
    here = np.isfinite(spots.x) & np.isfinite(spots.y)
    corners = [
        QgsGeometry.fromPointXY(QgsPointXY(float(x), float(y)))
        for x, y in (
            (spots.x[here].min(), spots.y[here].min()),
            (spots.x[here].max(), spots.y[here].max()),
        )
    ]
    return metric_crs(crs, corners, transforms)


def write_spots(
    source: QgsProcessingFeatureSource,
    kept: Sequence[int],
    results: pd.DataFrame,
    ids: Sequence[int],
    sink: QgsFeatureSink,
    cancelled: Callable[[], bool],
) -> None:
    """Write every feature as a point, with the attributes kept and its row of results.

    Args:
        source: points, or polygons of which a point inside is written.
        kept: positions of its fields.
        results: a row for each of ``ids``; missing becomes NULL.
        ids: of the features, in the order of the results.
        sink: takes them.
        cancelled: asked now and then.

    Raises:
        InputError: when the sink takes no more (a full disk, a lost connection).
        Cancelled: when cancelled.
    """
    rows = dict(zip(ids, zip(*listed(results))))
    polygons = has_polygons(source)
    for number, feature in enumerate(unchecked(source, QgsFeatureRequest())):
        if number % OFTEN == 0 and cancelled():
            raise Cancelled
        made = QgsFeature()
        geometry = feature.geometry()
        if polygons and not geometry.isEmpty():
            geometry = QgsGeometry.fromPointXY(point_inside(geometry))
        made.setGeometry(geometry)
        old = feature.attributes()
        made.setAttributes([*(old[at] for at in kept), *rows[feature.id()]])
        if not sink.addFeature(made, QgsFeatureSink.Flag.FastInsert):
            raise InputError(tr("The output takes no more features; check free space and rights."))
