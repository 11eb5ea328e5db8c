"""The ground of a map: a project of its own, the system it is drawn in, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)

from .. import styles
from ..errors import InputError, tr

MARGIN = 1.02  # of the layer's extent
BRITISH_GRID = "EPSG:27700"


@dataclass(frozen=True)
class Ground:
    """Where a map is drawn.

    Attributes:
        areas: the layer that the map is of.
        crs: of the map.
        extent: of its frame, in that system.
        per_mm: units of the map for a millimetre of paper.
        transforms: how systems are changed into one another.
    """

    areas: QgsVectorLayer
    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    per_mm: float
    transforms: QgsCoordinateTransformContext


def private_project(
    layer: QgsVectorLayer, view: str | None, counts: bool = True
) -> tuple[QgsProject, QgsVectorLayer]:
    """A project with a copy of the layer, so that nothing the user sees changes.

    Raises:
        InputError: the layer has no areas, or none of the fields that the view shows.
    """
    if layer.featureCount() == 0 or layer.extent().isEmpty():
        raise InputError(tr("The layer {name} has no areas to draw.").format(name=layer.name()))
    copy = styles.copy_of(layer)
    if view:
        if styles.style_layer(copy, view, counts=counts) is None:
            message = tr("The layer {name} has none of the fields that the view “{view}” shows.")
            raise InputError(message.format(name=layer.name(), view=styles.view_name(view)))
        copy.setName(styles.view_title(copy, view))
    project = QgsProject()
    project.setCrs(map_crs(copy))
    project.addMapLayer(copy)
    return project, copy


def map_crs(layer: QgsVectorLayer) -> QgsCoordinateReferenceSystem:
    """The layer's own system when its unit is a length, else the British grid or a UTM zone."""
    crs = layer.crs()
    if not crs.isValid() or not crs.isGeographic():
        return crs
    british = QgsCoordinateReferenceSystem(BRITISH_GRID)
    if british.bounds().contains(layer.extent()):
        return british
    centre = layer.extent().center()
    zone = min(60, int((centre.x() + 180) // 6) + 1)
    return QgsCoordinateReferenceSystem(f"EPSG:{(32600 if centre.y() >= 0 else 32700) + zone}")


def extent_on(
    project: QgsProject, layer: QgsVectorLayer, extent: QgsRectangle | None = None
) -> QgsRectangle:
    """An extent of a layer, by default all of it, in the system of the project, with a margin."""
    to_map = QgsCoordinateTransform(layer.crs(), project.crs(), project.transformContext())
    found = to_map.transformBoundingBox(extent or layer.extent())
    found.scale(MARGIN)
    return found
