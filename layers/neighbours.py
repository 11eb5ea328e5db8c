"""Which areas border on each other, and where they lie, from their geometries."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsRectangle,
    QgsSpatialIndex,
    QgsUnitTypes,
    QgsWkbTypes,
)

from .areas import Areas, unchecked
from .errors import Cancelled, InputError, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Geometries = Sequence[QgsGeometry]

OFTEN = 500  # areas between two looks at the cancel button
DUST = 1e-9  # of the largest coordinate: under a millimetre, left over by arithmetic
POLYGON, COLLECTIONS = 3, (6, 7)  # kinds in well-known binary: polygon; several, collection
# projections whose metres are none away from the equator
STRETCHED = ("merc", "webmerc", "eqc", "cea", "mill", "longlat", "latlong", "")


def read_geometries(areas: Areas) -> list[QgsGeometry | None]:
    """Return the geometry of each area in the order of its rows, None where there is none.

    Raises:
        Cancelled: when cancelled.
    """
    at = {identity: row for row, identity in enumerate(areas.ids)}
    found: list[QgsGeometry | None] = [None] * len(areas.ids)
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    for number, feature in enumerate(unchecked(areas.source, request)):
        if number % OFTEN == 0 and areas.cancelled():
            raise Cancelled
        geometry = feature.geometry()
        if not geometry.isEmpty():
            found[at[feature.id()]] = geometry
    return found


def are_polygons(areas: Areas) -> bool:
    """Return whether a layer holds polygons."""
    kind = QgsWkbTypes.geometryType(areas.source.wkbType())
    return kind == QgsWkbTypes.GeometryType.PolygonGeometry


# --- in metres --------------------------------------------------------------------------------


def metric_crs(
    crs: QgsCoordinateReferenceSystem,
    geometries: Geometries,
    transforms: QgsCoordinateTransformContext,
) -> QgsCoordinateReferenceSystem:
    """Return a reference system in which a metre is a metre around some areas.

    Their own where it is projected in metres and does not stretch them (as Web Mercator does);
    else Lambert's equal-area projection around their middle.

    Raises:
        InputError: where the areas have no reference system, or it cannot be left.
    """
    if not crs.isValid():
        raise InputError(
            tr(
                "The areas have no coordinate reference system, so that distances are not known. "
                "Set it (layer properties, Source), or take WEIGHTS queen."
            )
        )
    in_metres = crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceMeters
    if in_metres and not crs.isGeographic() and crs.projectionAcronym() not in STRETCHED:
        return crs
    box = QgsRectangle()
    for geometry in geometries:
        box.combineExtentWith(geometry.boundingBox())
    degrees = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem("EPSG:4326"), transforms)
    try:
        middle = degrees.transform(box.center())
    except QgsCsException as error:
        raise InputError(_not_transformed(crs)) from error
    return QgsCoordinateReferenceSystem(
        f"PROJ:+proj=laea +lat_0={middle.y():.4f} +lon_0={middle.x():.4f} +datum=WGS84 +units=m"
        " +no_defs"
    )


def transformed(
    geometries: Geometries,
    crs: QgsCoordinateReferenceSystem,
    target: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
    cancelled: Callable[[], bool],
) -> list[QgsGeometry]:
    """Return geometries in another reference system.

    Raises:
        InputError: where one cannot be.
        Cancelled: when cancelled.
    """
    if crs == target:
        return list(geometries)
    into = QgsCoordinateTransform(crs, target, transforms)
    made = []
    for number, geometry in enumerate(geometries):
        if number % OFTEN == 0 and cancelled():
            raise Cancelled
        copy = QgsGeometry(geometry)
        try:
            copy.transform(into)
        except QgsCsException as error:
            raise InputError(_not_transformed(crs)) from error
        made.append(copy)
    return made


def centroids(geometries: Geometries) -> Numbers:
    """Return x and y of the centroid of each geometry, a row each."""
    import numpy as np

    points = [geometry.centroid().asPoint() for geometry in geometries]
    return np.array([(point.x(), point.y()) for point in points], dtype=float).reshape(-1, 2)


def _not_transformed(crs: QgsCoordinateReferenceSystem) -> str:
    return tr(
        "The areas cannot be put into metres from {crs}: check that this is the reference system "
        "of their coordinates."
    ).format(crs=crs.authid() or crs.description() or tr("their reference system"))


# --- borders ----------------------------------------------------------------------------------


def bordering(
    geometries: Geometries,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None] = lambda share: None,
) -> Numbers:
    """Return the pairs of areas that share a point of their borders, or overlap: queen contiguity.

    Areas with a vertex in common are found by their vertices. What is left, areas whose boxes
    meet, is asked one by one: a border of which one side has a vertex that the other lacks, or has
    it with another last digit.

    Args:
        geometries: polygons, in any one reference system.
        cancelled: asked now and then.
        progress: told 0 to 1.

    Returns:
        Positions of two areas in each row, the smaller first, rows in order.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np

    by_vertex = sharing_vertices(geometries, cancelled)
    progress(0.5)
    known = set(map(tuple, by_vertex.tolist()))
    boxes = [geometry.boundingBox() for geometry in geometries]
    far = [
        abs(side)
        for b in boxes
        for side in (b.xMinimum(), b.xMaximum(), b.yMinimum(), b.yMaximum())
    ]
    dust = DUST * max(far, default=0.0)
    more = _meeting(geometries, known, dust, cancelled, lambda share: progress(0.5 + share / 2))
    return np.array(sorted(known.union(more)), dtype=np.int64).reshape(-1, 2)


def closer_than(
    geometries: Geometries,
    pairs: Numbers,
    distance: float,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None] = lambda share: None,
) -> Numbers:
    """Return pairs of areas, and further ones whose borders are within a distance of each other.

    Args:
        geometries: polygons in metres.
        pairs: those that are known already.
        distance: in metres.
        cancelled: asked now and then.
        progress: told 0 to 1.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np

    known = set(map(tuple, pairs.tolist()))
    more = _meeting(geometries, known, distance, cancelled, progress)
    return np.array(sorted(known.union(more)), dtype=np.int64).reshape(-1, 2)


def sharing_vertices(geometries: Geometries, cancelled: Callable[[], bool]) -> Numbers:
    """Return the pairs of areas that have a vertex in common, to the last digit.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, triu

    rings, owners = [], []
    for number, geometry in enumerate(geometries):
        if number % OFTEN == 0 and cancelled():
            raise Cancelled
        found: list[Numbers] = []
        _read_rings(_flat_wkb(geometry), 0, found)
        rings += found
        owners.append(sum(len(ring) for ring in found))
    if not rings:
        return np.empty((0, 2), dtype=np.int64)
    owner = np.repeat(np.arange(len(geometries)), owners)
    vertex = _numbered(np.concatenate(rings))
    shared = np.bincount(vertex)[vertex] > 1
    owner, vertex = owner[shared], vertex[shared]
    if not len(owner):
        return np.empty((0, 2), dtype=np.int64)
    shape = (len(geometries), int(vertex.max()) + 1)
    has = csr_matrix((np.ones(len(owner), dtype=np.int32), (owner, vertex)), shape=shape)
    together = triu(has @ has.T, k=1, format="coo")
    return np.unique(np.column_stack([together.row, together.col]).astype(np.int64), axis=0)


def _numbered(points: Numbers) -> Numbers:
    """Return a number for each point, the same for the same coordinates."""
    import numpy as np

    x, y = points[:, 0] + 0.0, points[:, 1] + 0.0  # -0 is 0
    order = np.lexsort((y, x))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers


def _flat_wkb(geometry: QgsGeometry) -> bytes:
    """Return a geometry in x and y alone, without curves, as well-known binary."""
    kind = geometry.wkbType()
    if QgsWkbTypes.isCurvedType(kind) or QgsWkbTypes.hasZ(kind) or QgsWkbTypes.hasM(kind):
        geometry = QgsGeometry(geometry)
        if QgsWkbTypes.isCurvedType(kind):
            geometry.convertToStraightSegment()
        geometry.get().dropZValue()
        geometry.get().dropMValue()
    return bytes(geometry.asWkb())


def _read_rings(wkb: bytes, at: int, rings: list[Numbers]) -> int:
    """Take the rings of polygons out of well-known binary; return where the geometry ends."""
    import numpy as np

    order = "<" if wkb[at] else ">"
    kind, count = struct.unpack_from(f"{order}II", wkb, at + 1)
    at += 9
    if kind in COLLECTIONS:
        for _ in range(count):
            at = _read_rings(wkb, at, rings)
    elif kind == POLYGON:
        for _ in range(count):
            (points,) = struct.unpack_from(f"{order}I", wkb, at)
            ring = np.frombuffer(wkb, f"{order}f8", 2 * points, at + 4)
            rings.append(ring.reshape(-1, 2))
            at += 4 + 16 * points
    else:
        raise InputError(tr("Neighbours by borders are found between polygons only."))
    return at


def _meeting(
    geometries: Geometries,
    known: set[tuple[int, int]],
    distance: float,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> list[tuple[int, int]]:
    """Return further pairs of areas that meet, or lie within a distance of each other."""
    index = QgsSpatialIndex()
    boxes = [geometry.boundingBox() for geometry in geometries]
    for number, box in enumerate(boxes):
        index.addFeature(number, box)
    more = []
    for number, geometry in enumerate(geometries):
        if number % OFTEN == 0:
            if cancelled():
                raise Cancelled
            progress(number / len(geometries))
        near = index.intersects(boxes[number].buffered(distance))
        asked = [other for other in near if other > number and (number, other) not in known]
        if not asked:
            continue
        engine = QgsGeometry.createGeometryEngine(geometry.constGet())
        engine.prepareGeometry()
        for other in sorted(asked):
            shape = geometries[other].constGet()
            # below 0 where a broken geometry has none
            if engine.intersects(shape) or 0 <= engine.distance(shape) <= distance:
                more.append((number, other))
    return more
