"""Points found in areas: read, brought into the areas' coordinates, and placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsLineString,
    QgsPoint,
    QgsPointXY,
    QgsProcessingFeatureSource,
    QgsWkbTypes,
)

from .areas import Areas, never, unchecked
from .errors import Cancelled, InputError, tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OFTEN = 500  # features between two looks at the cancel button
OFTEN_POINTS = 5000  # points between two of them
WKB_HEAD = 9  # bytes before the coordinates of a line: byte order, type, number of points
NOWHERE = -1


@dataclass(frozen=True)
class Points:
    """Points with the number of each, in one reference system; NaN where there is no place.

    Attributes:
        numbers: of the features they come from.
        x: eastings or longitudes.
        y: northings or latitudes.
        crs: what the coordinates are of.
        several: features of more than one point, which have no place.
    """

    numbers: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    crs: QgsCoordinateReferenceSystem
    several: NDArray[np.bool_]


@dataclass(frozen=True)
class Placed:
    """Where points lie.

    Attributes:
        at: the row of the area of each point, -1 outside all of them.
        on_border: points exactly on a border, counted in the first area that they touch.
        overlapped: points inside several areas, as these overlap, counted in the first.
        blind: areas without a geometry, in which nothing can be found.
    """

    at: NDArray[np.int64]
    on_border: NDArray[np.bool_]
    overlapped: NDArray[np.bool_]
    blind: NDArray[np.bool_]


def has_points(layer: Any) -> bool:
    """Return whether a layer or a source holds points."""
    return QgsWkbTypes.geometryType(layer.wkbType()) == QgsWkbTypes.GeometryType.PointGeometry


def has_polygons(layer: Any) -> bool:
    """Return whether a layer, or a source of features, holds polygons."""
    return QgsWkbTypes.geometryType(layer.wkbType()) == QgsWkbTypes.GeometryType.PolygonGeometry


def read_points(
    source: QgsProcessingFeatureSource, cancelled: Callable[[], bool] = never
) -> Points:
    """Return the points of a source; selection and filters are respected.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np

    rows = list(_points_of(source, cancelled))
    numbers, x, y, several = zip(*rows) if rows else ((), (), (), ())
    return Points(
        np.asarray(numbers, dtype=np.int64),
        np.asarray(x, dtype=float),
        np.asarray(y, dtype=float),
        source.sourceCrs(),
        np.asarray(several, dtype=bool),
    )


def _points_of(source: Any, cancelled: Callable[[], bool]) -> Iterator[tuple]:
    nan = float("nan")
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    for number, feature in enumerate(unchecked(source, request)):
        if number % OFTEN == 0:
            _look(cancelled)
        whole = feature.geometry().constGet()
        if isinstance(whole, QgsPoint):
            yield feature.id(), whole.x(), whole.y(), False
            continue
        parts = whole.numGeometries() if whole is not None else 0
        one = whole.geometryN(0) if parts == 1 else None
        yield feature.id(), one.x() if one else nan, one.y() if one else nan, parts > 1


def in_areas(
    areas: Areas,
    context: QgsCoordinateTransformContext,
    progress: Callable[[float], None],
    log: Callable[[str], None],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    crs: QgsCoordinateReferenceSystem,
) -> Placed:
    """Return the area that each point lies in; the first of several in the order of the areas.

    Args:
        areas: polygons.
        context: how to get from one reference system to another.
        progress: told 0 to 100.
        log: takes what is odd about the areas.
        x: eastings or longitudes, finite.
        y: northings or latitudes.
        crs: of the points.

    Raises:
        InputError: for areas that are no polygons, or without a reference system.
        Cancelled: when cancelled.
    """
    import numpy as np

    _refuse_no_place(areas, crs)
    target = areas.source.sourceCrs()
    if crs != target:
        log(
            tr(
                "Coordinates are brought from {source} to {target}, the reference system of the "
                "areas. That is right to a few metres: places very near a border may change sides."
            ).format(source=_named(crs), target=_named(target))
        )
        x, y = brought(x, y, QgsCoordinateTransform(crs, target, context))
    order = np.argsort(x, kind="stable")  # inf, where none could be brought, comes last
    sorted_x, sorted_y = x[order], y[order]
    at = np.full(len(x), NOWHERE, dtype=np.int64)
    inner, overlapped = np.zeros(len(x), bool), np.zeros(len(x), bool)
    blind, mended = np.zeros(len(areas.ids), bool), 0
    for row, geometry in _shapes(areas, progress):
        if geometry.isEmpty():
            blind[row] = True
            continue
        near = _in_box(geometry, order, sorted_x, sorted_y)
        if not len(near):
            continue
        if not geometry.isGeosValid():
            geometry = geometry.makeValid()
            mended += 1
        hit, within = _hits(geometry, near, x, y, areas.cancelled)
        overlapped[hit] |= within & inner[hit]
        new = at[hit] == NOWHERE
        at[hit[new]] = row
        inner[hit] |= within
    _say(int(blind.sum()), mended, len(areas.ids), log)
    return Placed(at, (at != NOWHERE) & ~inner, overlapped, blind)


def _named(crs: QgsCoordinateReferenceSystem) -> str:
    return crs.authid() or crs.description()


def _refuse_no_place(areas: Areas, crs: QgsCoordinateReferenceSystem) -> None:
    if not has_polygons(areas.source):
        raise InputError(
            tr(
                "The areas are no polygons, so nothing can be placed in them by coordinates. "
                "Choose a layer of polygons, or a lookup with the codes of the areas as POSTCODES."
            )
        )
    if not areas.source.sourceCrs().isValid():
        raise InputError(
            tr(
                "The areas have no reference system, so that nothing can be placed in them by "
                "coordinates. Set it (Layer > Set CRS), and run again."
            )
        )
    if not crs.isValid():
        raise InputError(
            tr(
                "The points have no reference system, so that they cannot be placed. Set it "
                "(Layer > Set CRS), and run again."
            )
        )


def brought(x: NDArray, y: NDArray, transform: QgsCoordinateTransform) -> tuple[NDArray, NDArray]:
    """Return coordinates in another reference system, inf where they have none there."""
    import numpy as np

    if not len(x):
        return x, y
    line = QgsLineString(x.tolist(), y.tolist())  # all at once: a point at a time takes minutes
    try:
        line.transform(transform)
    except QgsCsException:
        return _one_by_one(x, y, transform)
    flat = np.frombuffer(bytes(line.asWkb()), dtype="<f8", offset=WKB_HEAD).reshape(-1, 2)
    return flat[:, 0].copy(), flat[:, 1].copy()


def _one_by_one(x, y, transform) -> tuple[NDArray, NDArray]:
    import numpy as np

    made = np.full((len(x), 2), np.inf)
    for number, point in enumerate(zip(x.tolist(), y.tolist())):
        try:
            there = transform.transform(QgsPointXY(*point))
        except QgsCsException:
            continue  # beyond what the reference system can tell: outside
        made[number] = there.x(), there.y()
    return made[:, 0], made[:, 1]


def _shapes(areas: Areas, progress: Callable[[float], None]) -> Iterator[tuple[int, QgsGeometry]]:
    """Yield the row and the geometry of each area, in their order."""
    rows = {feature: row for row, feature in enumerate(areas.ids)}
    share = 100 / max(len(rows), 1)
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    for number, feature in enumerate(unchecked(areas.source, request)):
        if number % OFTEN == 0:
            _look(areas.cancelled)
            progress(number * share)
        yield rows[feature.id()], feature.geometry()


def _in_box(geometry: QgsGeometry, order, sorted_x, sorted_y) -> NDArray[np.int64]:
    """Return the numbers of the points in the bounding box of a geometry."""
    import numpy as np

    box = geometry.boundingBox()
    first = np.searchsorted(sorted_x, box.xMinimum(), "left")
    last = np.searchsorted(sorted_x, box.xMaximum(), "right")
    high = sorted_y[first:last]
    return order[first:last][(high >= box.yMinimum()) & (high <= box.yMaximum())]


def _hits(
    geometry: QgsGeometry, near: NDArray, x: NDArray, y: NDArray, cancelled: Callable[[], bool]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return those points that lie in a geometry or on its border, and which of them inside."""
    import numpy as np

    engine = QgsGeometry.createGeometryEngine(geometry.constGet())
    engine.prepareGeometry()
    hit, within = [], []
    for number, at in enumerate(near.tolist()):
        if number % OFTEN_POINTS == 0:
            _look(cancelled)
        point = QgsPoint(x[at], y[at])
        if engine.intersects(point):
            hit.append(at)
            within.append(engine.contains(point))
    return np.asarray(hit, dtype=np.int64), np.asarray(within, dtype=bool)


def _say(without: int, mended: int, number: int, log: Callable[[str], None]) -> None:
    if without == number:
        raise InputError(
            tr(
                "None of the areas has a geometry, so nothing can be placed in them by "
                "coordinates. Choose a layer of polygons."
            )
        )
    if without:
        log(
            tr(
                "{n:,} areas have no geometry: nothing can be placed in them by coordinates."
            ).format(n=without)
        )
    if mended:
        log(
            tr("{n:,} areas are not valid as polygons; they were mended to place points.").format(
                n=mended
            )
        )


def _look(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled
