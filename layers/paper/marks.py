"""How wards and venues look on a map: outlines with names, numbers that do not hide one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from qgis.core import (
    QgsFeature,
    QgsFillSymbol,
    QgsFontMarkerSymbolLayer,
    QgsGeometry,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointXY,
    QgsProperty,
    QgsRuleBasedRenderer,
    QgsSimpleLineSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor, QFont

from .. import symbols
from ..errors import tr
from .apart import apart

if TYPE_CHECKING:
    from .ground import Ground

Line = "tuple[str, str, int]"  # of a legend: colour, label and number
Moved = "tuple[QgsPointXY, QgsPointXY]"  # where it stands, and where it truly lies
DARK, LIGHT = "#161616", "#ffffff"
SIDE = 4.4  # millimetres, of a marker with a number
DIGITS = 2.7  # and of the number in it
GAP = 0.4  # between two markers
DOT = 1.0
LED = 1.2  # a marker that stands farther from its place has a line to it
WARD_TEXT = 7.5  # points
WRAP = 13  # letters of a ward's name on a line


@dataclass(frozen=True)
class Venue:
    """A venue on the map, by its order."""

    number: int
    name: str
    kept: bool
    point: QgsPointXY


class Kind(NamedTuple):
    """Venues of one kind: new ones, or those that were there before."""

    label: str
    number: int
    kept: bool


def ward_line(shown: Sequence, lines: bool) -> Line:
    """What the legend says of wards."""
    return DARK, tr("Ward borders") if lines else tr("Wards"), len(shown)


def ward_layer(
    shown: Sequence[tuple[QgsGeometry, str]], ground: Ground, line: Line, lines: bool
) -> QgsVectorLayer:
    """A layer of outlines with names."""
    kind = "MultiLineString" if lines else "MultiPolygon"
    layer = memory_layer(kind, ground, "wards", "&field=name:string(200)")
    add(layer, ((shape, [name]) for shape, name in shown))
    symbol = QgsLineSymbol() if lines else QgsFillSymbol()
    # dark on light, to be seen on any fill; the dark ones above all light ones
    symbol.changeSymbolLayer(0, _line(LIGHT, 0.65, 0))
    symbol.appendSymbolLayer(_line(DARK, 0.32, 1))
    draw_by_rules(layer, [(_counted(*line[1:]), "", symbol)])
    if any(name for _, name in shown):
        _label_wards(layer, lines)
    return layer


def venue_kinds(venues: Sequence[Venue], planned: bool) -> list[Kind]:
    """The kinds that there are."""
    new = tr("Venue, numbered in the order chosen") if planned else tr("Venue")
    kinds = [(new, False), (tr("Venue there before, kept"), True)]
    counted = [Kind(text, sum(v.kept == kept for v in venues), kept) for text, kept in kinds]
    return [kind for kind in counted if kind.number]


def venue_layers(
    venues: Sequence[Venue], ground: Ground, kinds: Sequence[Kind], numbered: bool
) -> tuple[QgsVectorLayer, ...]:
    """The markers, the uppermost layer first; with numbers also where the venues truly lie."""
    points = [venue.point for venue in venues]
    stand = apart(points, ground, [(SIDE, SIDE)] * len(points), GAP) if numbered else points
    markers = memory_layer("Point", ground, "venues", "&field=number:integer&field=kept:integer")
    rows = [
        (QgsGeometry.fromPointXY(at), [venue.number, int(venue.kept)])
        for at, venue in zip(stand, venues)
    ]
    add(markers, rows)
    rules = [
        (_counted(kind.label, kind.number), f'"kept" = {int(kind.kept)}', _marker(kind, numbered))
        for kind in kinds
    ]
    draw_by_rules(markers, rules)
    _keep_labels_off(markers)
    if not numbered:
        return (markers,)
    moved = [
        (at, point) for at, point in zip(stand, points) if at.distance(point) > LED * ground.per_mm
    ]
    return (markers, spots(moved, ground), leaders(moved, ground))


def _counted(label: str, number: int) -> str:
    return f"{label}: {number:,}"


def _marker(kind: Kind, numbered: bool) -> QgsMarkerSymbol:
    shape = "square" if kind.kept else "circle"
    size = SIDE if numbered else 1.8
    look = {"name": shape, "size": str(size), "color": DARK, "outline_color": LIGHT}
    symbol = QgsMarkerSymbol.createSimple({**look, "outline_width": "0.3"})
    if numbered:
        digits = QgsFontMarkerSymbolLayer(symbols.FONT, "1", DIGITS, QColor(LIGHT))
        number = QgsProperty.fromExpression("coalesce(to_string(\"number\"), '1')")
        digits.setDataDefinedProperty(QgsSymbolLayer.Property.PropertyCharacter, number)
        symbol.appendSymbolLayer(digits)
    return symbol


def spots(moved: Sequence[Moved], ground: Ground, of: str = "venues") -> QgsVectorLayer:
    """A layer of dots where things truly lie."""
    layer = memory_layer("Point", ground, f"where {of} lie")
    add(layer, ((QgsGeometry.fromPointXY(point), []) for _, point in moved))
    look = {"name": "circle", "size": str(DOT), "color": DARK, "outline_color": LIGHT}
    draw_by_rules(layer, [("", "", QgsMarkerSymbol.createSimple({**look, "outline_width": "0.1"}))])
    return layer


def leaders(moved: Sequence[Moved], ground: Ground, of: str = "venues") -> QgsVectorLayer:
    """A layer of lines from where things stand to where they truly lie."""
    layer = memory_layer("LineString", ground, f"lines to {of}")
    add(layer, ((QgsGeometry.fromPolylineXY(list(pair)), []) for pair in moved))
    symbol = QgsLineSymbol()
    symbol.changeSymbolLayer(0, _line(LIGHT, 0.55, 0))
    symbol.appendSymbolLayer(_line(DARK, 0.25, 1))
    draw_by_rules(layer, [("", "", symbol)])
    return layer


def _keep_labels_off(layer: QgsVectorLayer) -> None:
    """Names and ranks are not written where a marker stands."""
    settings = QgsPalLayerSettings()
    settings.fieldName = "number"
    settings.drawLabels = False
    obstacle = settings.obstacleSettings()
    obstacle.setIsObstacle(True)
    obstacle.setFactor(2)
    settings.setObstacleSettings(obstacle)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _label_wards(layer: QgsVectorLayer, lines: bool) -> None:
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    kinds = QgsPalLayerSettings.Placement
    settings.placement = kinds.Line if lines else kinds.Horizontal
    settings.autoWrapLength = 0 if lines else WRAP
    settings.priority = 9
    settings.setFormat(_ward_text())
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _ward_text() -> QgsTextFormat:
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.7)
    halo.setColor(QColor(LIGHT))
    text = QgsTextFormat()
    text.setFont(QFont(symbols.FONT))
    text.setSize(WARD_TEXT)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(DARK))
    text.setBuffer(halo)
    return text


def _line(colour: str, width: float, level: int) -> QgsSimpleLineSymbolLayer:
    line = QgsSimpleLineSymbolLayer(QColor(colour), width)
    line.setRenderingPass(level)
    return line


def memory_layer(kind: str, ground: Ground, name: str, fields: str = "") -> QgsVectorLayer:
    """A layer in memory, in the system of the map."""
    layer = QgsVectorLayer(f"{kind}?{fields.lstrip('&')}", name, "memory")
    layer.setCrs(ground.crs)
    return layer


def add(layer: QgsVectorLayer, rows: Iterable[tuple[QgsGeometry, list]]) -> None:
    """Adds rows, each a shape and its values."""
    features = []
    single = not QgsWkbTypes.isMultiType(layer.wkbType())
    for shape, values in rows:
        feature = QgsFeature(layer.fields())
        if not single:
            shape.convertToMultiType()
        feature.setGeometry(shape)
        feature.setAttributes(values)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()


def draw_by_rules(layer: QgsVectorLayer, rules: Sequence[tuple[str, str, QgsSymbol]]) -> None:
    """Draws a layer by rules: label, expression and symbol."""
    root = QgsRuleBasedRenderer.Rule(None)
    for label, test, symbol in rules:
        root.appendChild(QgsRuleBasedRenderer.Rule(symbol, 0, 0, test, label))
    layer.setRenderer(QgsRuleBasedRenderer(root))
