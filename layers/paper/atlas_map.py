"""The map of an atlas: the areas, what fades those around a place, its outline and labels.

Labels stand inside their areas. Where these are too small, labels move apart, and a line leads
from each to its area: none is left out, as the tables go by them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qgis.core import (
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGeometry,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from .. import styles, symbols
from ..errors import InputError, tr
from . import layouts, marks
from .apart import SQUARE, apart
from .ground import Ground
from .lettering import height_of, width_of

FADED = "255,255,255,175"  # laid over what is not of the place
OUTLINE = "#1b1b1b"
LABEL_SIZE, COVER_LABEL_SIZE = 7.5, 7.0
HALO = 0.6  # mm around a label
GAP = 0.5  # mm between two labels
FINE = 60  # the middle of an area is sought to this part of its extent

Labelled = "tuple[QgsGeometry, str]"  # an area, and what stands on it


class AtlasMap:
    """The layers of the maps, of which those that change from page to page are made anew."""

    def __init__(
        self, layer: QgsVectorLayer, view: str, wanted: set[int], project: QgsProject
    ) -> None:
        """Draw a layer as a view does.

        Args:
            layer: the areas.
            view: what the maps show.
            wanted: numbers of the features that some page is of, or that have a label.
            project: takes the layers.

        Raises:
            InputError: for a layer without areas, or without what the view shows.
        """
        if layer.featureCount() == 0 or layer.extent().isEmpty():
            raise InputError(tr("The layer {name} has no areas to draw.").format(name=layer.name()))
        self.base = styles.copy_of(layer)
        if styles.style_layer(self.base, view) is None:
            message = tr("The layer {name} has none of the fields that the view “{view}” shows.")
            raise InputError(message.format(name=layer.name(), view=styles.view_name(view)))
        self.base.setLabelsEnabled(False)
        _without_heading(self.base)  # the legend has a title of its own
        self.base.setName(styles.view_title(self.base, view))
        self.project = project
        project.setCrs(layouts.map_crs(self.base))
        project.addMapLayer(self.base)
        self.everything = self.base.extent()
        self.shapes = dict(_shapes(self.base, wanted))
        self.fade = self._layer({"color": FADED, "outline_style": "no"})
        line = {"style": "no", "outline_color": OUTLINE, "joinstyle": "round"}
        self.outline = self._layer({**line, "outline_width": "0.5"})
        self.borders = self._layer({**line, "outline_width": "0.3"})
        self.above: list[QgsVectorLayer] = []  # of the page before

    def _layer(self, look: Mapping[str, str]) -> QgsVectorLayer:
        layer = QgsVectorLayer("MultiPolygon", "atlas", "memory")
        layer.setCrs(self.base.crs())
        layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(dict(look))))
        self.project.addMapLayer(layer, False)
        return layer

    def forget(self) -> None:
        """Let go of the page before: its labels, and how its legend was broken into lines."""
        self.project.removeMapLayers([layer.id() for layer in self.above])
        self.above = []
        node = self.project.layerTreeRoot().findLayer(self.base.id())
        for key in node.customProperties():
            if key.startswith("legend/"):
                node.removeCustomProperty(key)

    def extent_of(self, ids: Sequence[int], around: float) -> QgsRectangle:
        """Return what the map of a place shows: its extent and what lies around it."""
        whole = self._whole(ids)
        if whole.isEmpty():
            return self.everything
        extent = whole.boundingBox()
        extent.scale(around)
        return extent

    def overview(
        self, places: Iterable[tuple[Sequence[int], str]], ground: Ground
    ) -> list[QgsVectorLayer]:
        """Return the layers of the map of all places, each with its number."""
        shapes = [(self._whole(ids), label) for ids, label in places]
        shapes = [(shape, label) for shape, label in shapes if not shape.isEmpty()]
        _put(self.borders, [shape for shape, _ in shapes])
        return [*self._labels(shapes, ground, COVER_LABEL_SIZE), self.borders, self.base]

    def place(
        self, ids: Sequence[int], labels: Mapping[int, str], ground: Ground
    ) -> list[QgsVectorLayer]:
        """Return the layers of the map of a place, the first on top."""
        whole = self._whole(ids)
        if whole.isEmpty():
            return [self.base]
        around = QgsRectangle(whole.boundingBox())
        around.scale(10.0)
        _put(self.fade, [QgsGeometry.fromRect(around).difference(whole)])
        _put(self.outline, [whole])
        named = [(self.shapes[one], text) for one, text in labels.items() if one in self.shapes]
        return [*self._labels(named, ground, LABEL_SIZE), self.outline, self.fade, self.base]

    def _whole(self, ids: Sequence[int]) -> QgsGeometry:
        """Return areas as one shape."""
        shapes = [self.shapes[one] for one in ids if one in self.shapes]
        if not shapes:
            return QgsGeometry()
        whole = QgsGeometry.unaryUnion(shapes)
        if not whole.isEmpty():
            return whole
        return QgsGeometry.unaryUnion([shape.makeValid() for shape in shapes])

    def _labels(
        self, named: Sequence[Labelled], ground: Ground, size: float
    ) -> list[QgsVectorLayer]:
        """Return the labels of areas, the dots and the lines that lead to them."""
        seen = list(_seen(named, ground, self.base))
        points = [_middle(shape) for shape, _ in seen]
        font = _font(size)
        sizes = [_room(text, font) for _, text in seen]
        stand = apart(points, ground, sizes, GAP, SQUARE)
        moved = [
            (edge, point)
            for at, point, room, (shape, _) in zip(stand, points, sizes, seen)
            if not shape.contains(QgsGeometry.fromPointXY(at))
            for edge in _edge(at, point, room, ground)
        ]
        layer = marks.memory_layer("Point", ground, "labels", "&field=label:string(20)")
        rows = zip(stand, seen)
        marks.add(layer, ((QgsGeometry.fromPointXY(at), [text]) for at, (_, text) in rows))
        _write_labels(layer, font)
        # only their labels are seen
        nothing = QgsMarkerSymbol.createSimple({"size": "0", "outline_style": "no"})
        layer.setRenderer(QgsSingleSymbolRenderer(nothing))
        self.above = [layer, marks.spots(moved, ground, "areas"), marks.leaders(moved, ground)]
        self.project.addMapLayers(self.above, False)
        return self.above


def _seen(named: Sequence[Labelled], ground: Ground, layer: QgsVectorLayer) -> Iterator[Labelled]:
    """Return what of the areas is in the frame, in the system of the map."""
    to_map = QgsCoordinateTransform(layer.crs(), ground.crs, ground.transforms)
    frame = QgsGeometry.fromRect(ground.extent)
    for shape, text in named:
        here = QgsGeometry(shape)
        here.transform(to_map)
        cut = here.intersection(frame)
        if cut.isEmpty() and here.intersects(frame):  # its border crosses itself
            cut = here.makeValid().intersection(frame)
        if not cut.isEmpty():
            yield cut, text


def _middle(shape: QgsGeometry) -> QgsPointXY:
    """Return the point of an area that lies farthest from its border."""
    box = shape.boundingBox()
    inside, _ = shape.poleOfInaccessibility(max(box.width(), box.height()) / FINE)
    inside = inside if not inside.isEmpty() else shape.pointOnSurface()
    return (inside if not inside.isEmpty() else shape.centroid()).asPoint()


def _room(text: str, font: QFont) -> tuple[float, float]:
    return width_of(text, font) + 2 * HALO, height_of(text, font, 1000.0)


def _edge(
    at: QgsPointXY, point: QgsPointXY, room: tuple[float, float], ground: Ground
) -> list[QgsPointXY]:
    """Return where the line from a label to its area leaves the label; none where it covers it."""
    x, y = point.x() - at.x(), point.y() - at.y()
    half = [side / 2 * ground.per_mm for side in room]
    part = min(side / abs(way) if way else math.inf for side, way in zip(half, (x, y)))
    return [QgsPointXY(at.x() + part * x, at.y() + part * y)] if part < 1 else []


def _without_heading(layer: QgsVectorLayer) -> None:
    drawn = layer.renderer().clone()
    heading = drawn.rootRule().findRuleByKey(symbols.HEADING)
    if heading is not None:
        drawn.rootRule().removeChild(heading)
        layer.setRenderer(drawn)


def _shapes(layer: QgsVectorLayer, wanted: set[int]) -> Iterator[tuple[int, QgsGeometry]]:
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    for feature in layer.getFeatures(request):
        if feature.id() in wanted and not feature.geometry().isEmpty():
            yield feature.id(), feature.geometry()


def _put(layer: QgsVectorLayer, shapes: Sequence[QgsGeometry]) -> None:
    """Put shapes in the place of those that a layer in memory has."""
    features = []
    for shape in shapes:
        feature = QgsFeature(layer.fields())
        whole = QgsGeometry(shape)
        whole.convertToMultiType()
        feature.setGeometry(whole)
        features.append(feature)
    layer.dataProvider().truncate()
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()


def _font(size: float) -> QFont:
    font = QFont(symbols.FONT)
    font.setBold(True)
    font.setPointSizeF(size)
    return font


def _write_labels(layer: QgsVectorLayer, font: QFont) -> None:
    settings = QgsPalLayerSettings()
    settings.fieldName = "label"
    settings.placement = QgsPalLayerSettings.Placement.OverPoint
    settings.displayAll = True
    text_format = QgsTextFormat()
    text_format.setFont(font)
    text_format.setSize(font.pointSizeF())
    text_format.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text_format.setColor(QColor("#111111"))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(HALO)
    halo.setColor(QColor("#ffffff"))
    text_format.setBuffer(halo)
    settings.setFormat(text_format)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
