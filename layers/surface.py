"""In which larger place each area lies best, by a point on its surface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingFeatureSource,
    QgsSpatialIndex,
)

from .areas import Areas, unchecked
from .errors import Cancelled, InputError, tr
from .neighbours import read_geometries
from .places import has_polygons, in_areas

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WHOLLY = 0.9  # of an area in one place: borders drawn more or less finely differ by less
OFTEN = 200  # areas between two looks at the cancel button


@dataclass(frozen=True)
class BestFit:
    """Where areas lie.

    Attributes:
        at: the row of the place of each area, -1 where its point lies in none.
        across: areas of which a part lies outside of their place.
    """

    at: NDArray[np.int64]
    across: NDArray[np.bool_]


def best_fit(
    areas: Areas,
    places: QgsProcessingFeatureSource,
    context: QgsCoordinateTransformContext,
    progress: Callable[[float], None],
    log: Callable[[str], None],
) -> tuple[BestFit, list[Any]]:
    """Return the place of each area by a point on its surface, and the features of the places.

    Args:
        areas: small areas, polygons.
        places: larger ones, polygons; selection and filters are respected.
        context: how to get from one reference system to another.
        progress: told 0 to 100.
        log: takes what is odd about the places.

    Raises:
        InputError: for areas or places that are no polygons, or have no reference system.
        Cancelled: when cancelled.
    """
    import numpy as np
    import pandas as pd

    if not has_polygons(areas.source):
        raise InputError(tr("The areas are no polygons: no place can be told by where they lie."))
    found = list(unchecked(places, QgsFeatureRequest()))
    shapes = read_geometries(areas)
    points = [_point_in(one) for one in shapes]
    x, y = (np.array([point[at] for point in points], dtype=float) for at in (0, 1))
    there = np.isfinite(x)
    codes = pd.Series([str(one.id()) for one in found], dtype=object)
    larger = Areas(places, [one.id() for one in found], "", codes, None, areas.cancelled)
    at = np.full(len(x), -1, dtype=np.int64)
    placed = in_areas(larger, context, progress, log, x[there], y[there], areas.source.sourceCrs())
    at[there] = placed.at
    borders = [QgsGeometry(one.geometry()) for one in found]
    _bring(borders, QgsCoordinateTransform(places.sourceCrs(), areas.source.sourceCrs(), context))
    across = np.zeros(len(x), dtype=bool)
    for row, shape in enumerate(shapes):
        if row % OFTEN == 0 and areas.cancelled():
            raise Cancelled
        if at[row] >= 0 and shape is not None:
            across[row] = _reaches_out(shape, borders[at[row]])
    return BestFit(at, across), found


def _point_in(shape: QgsGeometry | None) -> tuple[float, float]:
    """Return a point inside a shape; NaN where there is none."""
    point = shape.pointOnSurface() if shape is not None else None
    if point is None or point.isEmpty():
        return float("nan"), float("nan")
    return point.asPoint().x(), point.asPoint().y()


def _bring(shapes: list[QgsGeometry], transform: QgsCoordinateTransform) -> None:
    for at, shape in enumerate(shapes):
        try:
            shape.transform(transform)
        except QgsCsException:
            shapes[at] = QgsGeometry()  # beyond what the reference system can tell


def _reaches_out(shape: QgsGeometry, border: QgsGeometry) -> bool:
    whole = shape.area()
    inside = border.intersection(shape).area()
    return whole > 0 and inside < WHOLLY * whole


def beside(areas: Areas, rows: Sequence[int]) -> dict[int, list[int]]:
    """Return for some areas the rows of those that touch them, in their order.

    Raises:
        Cancelled: when cancelled.
    """
    shapes = read_geometries(areas)
    index = QgsSpatialIndex()
    for row, shape in enumerate(shapes):
        if shape is not None:
            feature = QgsFeature(row)
            feature.setGeometry(shape)
            index.addFeature(feature)
    found = {}
    for number, row in enumerate(rows):
        if number % OFTEN == 0 and areas.cancelled():
            raise Cancelled
        shape = shapes[row]
        near = index.intersects(shape.boundingBox()) if shape is not None else []
        found[row] = sorted(one for one in near if one != row and shapes[one].intersects(shape))
    return found
