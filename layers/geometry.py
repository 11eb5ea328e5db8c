"""Geometries of areas put together, and areas made of them that are written like any others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsGeometry,
    QgsProcessingFeatureSource,
    QgsWkbTypes,
)

from .areas import Areas, unchecked
from .errors import Cancelled

if TYPE_CHECKING:
    import pandas as pd

OFTEN = 500  # features between two looks at the cancel button


@dataclass(frozen=True)
class Shapes:
    """Geometries in an order that the caller knows, None where there is none.

    Attributes:
        wkb_type: of all of them.
        mended: how many of the geometries they are made of were not valid.
        without: how many features had no geometry.
        bordered: how many were to be dissolved and could not be, so that they keep borders.
    """

    geometries: list[QgsGeometry | None]
    wkb_type: Any
    crs: QgsCoordinateReferenceSystem
    mended: int = 0
    without: int = 0
    bordered: int = 0


class _Made:
    """Features made of geometries, read as those of a source are: the ids are 0, 1, 2 …"""

    def __init__(self, shapes: Shapes):
        self._shapes = shapes

    def fields(self) -> QgsFields:
        return QgsFields()

    def wkbType(self):
        return self._shapes.wkb_type

    def sourceCrs(self) -> QgsCoordinateReferenceSystem:
        return self._shapes.crs

    def getFeatures(self, request=None, flags=None) -> Iterator[QgsFeature]:
        for number, geometry in enumerate(self._shapes.geometries):
            feature = QgsFeature(number)
            if geometry is not None:
                feature.setGeometry(geometry)
            yield feature


def made_areas(codes: pd.Series, code_field: str, shapes: Shapes) -> Areas:
    """Return areas that are written with the geometries given, in the order of the codes."""
    return Areas(_Made(shapes), list(range(len(codes))), code_field, codes)


def no_shapes(number: int) -> Shapes:
    """Return shapes for a table without geometry."""
    kind = QgsWkbTypes.Type.NoGeometry
    return Shapes([None] * number, kind, QgsCoordinateReferenceSystem())


def put_together(
    source: QgsProcessingFeatureSource,
    places: Mapping[int, int],
    number: int,
    dissolve: bool,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> Shapes:
    """Return the geometry of each place: of all its features together, as one in many parts.

    Args:
        source: of the features.
        places: feature id to the number of its place; features that are not there are left out.
        number: of places, numbered from 0.
        dissolve: whether borders between the features of a place go.
        cancelled: asked now and then.
        progress: told 0 to 100.

    Raises:
        Cancelled: when cancelled.
    """
    kind = source.wkbType()
    if not _has_geometry(kind):
        return no_shapes(number)
    parts: list[list[QgsGeometry]] = [[] for _ in range(number)]
    mended = without = 0
    for count, feature in enumerate(unchecked(source, _only_geometry())):
        if count % OFTEN == 0:
            _look(cancelled)
            progress(30 * min(count / max(len(places), 1), 1))
        at = places.get(feature.id())
        if at is None:
            continue
        geometry = feature.geometry()
        if geometry.isEmpty():
            without += 1
            continue
        if dissolve and not geometry.isGeosValid():
            geometry = geometry.makeValid()
            mended += 1
        parts[at].append(geometry)
    shapes: list[QgsGeometry | None] = []
    bordered = 0
    wanted = _dissolved(kind) if dissolve else QgsWkbTypes.multiType(kind)
    for at, several in enumerate(parts):
        _look(cancelled)
        progress(30 + 70 * at / max(number, 1))
        whole = QgsGeometry.unaryUnion(several) if dissolve else QgsGeometry()
        bordered += int(dissolve and bool(several) and whole.isNull())
        shapes.append(_of_type(whole, several, wanted) if several else None)
    return Shapes(shapes, wanted, source.sourceCrs(), mended, without, bordered)


def shapes_of(areas: Areas, codes: Sequence[str], cancelled: Callable[[], bool]) -> Shapes:
    """Return the geometry of each code among some areas, None for one that is not there.

    Raises:
        Cancelled: when cancelled.
    """
    wanted = dict(zip(areas.ids, areas.codes))
    found: dict[str, QgsGeometry] = {}
    for count, feature in enumerate(unchecked(areas.source, _only_geometry())):
        if count % OFTEN == 0:
            _look(cancelled)
        if feature.hasGeometry():
            geometry = feature.geometry()
            geometry.convertToMultiType()
            found[wanted[feature.id()]] = geometry
    kind = QgsWkbTypes.multiType(areas.source.wkbType())
    return Shapes([found.get(code) for code in codes], kind, areas.source.sourceCrs())


def _look(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _only_geometry() -> QgsFeatureRequest:
    return QgsFeatureRequest().setSubsetOfAttributes([])


def _has_geometry(kind: Any) -> bool:
    none = QgsWkbTypes.GeometryType.NullGeometry
    return QgsWkbTypes.geometryType(kind) != none and kind != QgsWkbTypes.Type.NoGeometry


def _dissolved(kind: Any) -> Any:
    """Return the type in many parts, flat and without curves, as dissolving leaves it."""
    return QgsWkbTypes.multiType(QgsWkbTypes.linearType(QgsWkbTypes.flatType(kind)))


def _of_type(whole: QgsGeometry, parts: list[QgsGeometry], kind: Any) -> QgsGeometry:
    """Return a geometry, or its parts side by side where there is none, as the type wanted."""
    if whole.isNull():
        whole = QgsGeometry.collectGeometry(parts)
    if QgsWkbTypes.flatType(whole.wkbType()) == QgsWkbTypes.Type.GeometryCollection:
        # lines that mending left over
        whole.convertGeometryCollectionToSubclass(QgsWkbTypes.geometryType(kind))
    made = whole.coerceToType(kind)
    return made[0] if len(made) == 1 else whole
