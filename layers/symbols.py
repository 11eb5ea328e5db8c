"""Symbols, rules, labels and map tips: what a spec says, as QGIS draws it."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter
from typing import Any, NamedTuple

from qgis.core import (
    QgsExpression,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsPalLayerSettings,
    QgsProperty,
    QgsPropertyCollection,
    QgsRuleBasedRenderer,
    QgsSimpleLineSymbolLayer,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from .errors import tr
from .specs import Spec, whole_names

FONT = "Arial"  # on Windows and macOS; elsewhere the system puts its nearest in its place
# keys of rules, or how they begin: what is drawn on top of a class is no class itself
OVERLAY, NO_DATA, HEADING, ASIDE = "overlay", "no_data", "heading", "aside"
CATEGORY, PASSING = "category", "passing"  # the latter is there only for a while


class AreaClass(NamedTuple):
    """One line of the legend: which areas, how they are drawn, what they are called."""

    label: str
    filter: str
    symbol: QgsSymbol
    key: str


def fill(look: Spec, boundary: Spec) -> QgsFillSymbol:
    """A plain fill with a thin boundary, hatched when the look asks for it."""
    symbol = QgsFillSymbol.createSimple(
        {
            "color": look["colour"],
            "outline_color": boundary["colour"],
            "outline_width": str(boundary["width"]),
            "joinstyle": "round",
        }
    )
    if "hatch" in look:
        symbol.appendSymbolLayer(_hatch(look))
    return symbol


def _hatch(look: Spec) -> QgsLinePatternFillSymbolLayer:
    hatch = QgsLinePatternFillSymbolLayer()
    hatch.setLineAngle(look.get("angle", 45))
    hatch.setDistance(look.get("spacing", 1.0))
    hatch.setSubSymbol(QgsLineSymbol.createSimple({"color": look["hatch"], "width": "0.25"}))
    return hatch


def outline(look: Spec) -> QgsFillSymbol:
    """A line along the inner side of the boundary, above all fills."""
    line = QgsSimpleLineSymbolLayer(QColor(look["colour"]), look["width"])
    line.setDrawInsidePolygon(True)
    line.setRenderingPass(1)
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, line)
    return symbol


def column(field: str) -> str:
    """A field, as an expression names it."""
    return QgsExpression.quotedColumnRef(field)


def equals(field: str, value: Any) -> str:
    """The expression that a field has a value."""
    return f"{column(field)} = {QgsExpression.quotedValue(value)}"


def among(field: str, values: Sequence[Any]) -> str:
    """The expression that a field has one of some values."""
    return f"{column(field)} IN ({', '.join(QgsExpression.quotedValue(v) for v in values)})"


def not_in(part: Spec) -> str:
    """The expression that a field has none of the categories that a part of a spec names."""
    values = [category["value"] for category in part["categories"]]
    return f"({column(part['field'])} IS NULL OR NOT {among(part['field'], values)})"


def renderer(classes: Sequence[AreaClass], heading: str = "") -> QgsRuleBasedRenderer:
    """The classes as rules; first a heading, which tells what is shown in the list of layers.

    It stands beside the others: the list of layers opens with rules under a rule folded away.
    """
    root = QgsRuleBasedRenderer.Rule(None)
    if heading:
        line = QgsRuleBasedRenderer.Rule(None, 0, 0, "", heading)
        line.setRuleKey(HEADING)
        root.appendChild(line)
    for area_class in classes:
        root.appendChild(rule_of(area_class))
    return QgsRuleBasedRenderer(root)


def rule_of(area_class: AreaClass) -> QgsRuleBasedRenderer.Rule:
    """A class as a rule, which takes over a clone of the symbol."""
    symbol = area_class.symbol.clone()
    rule = QgsRuleBasedRenderer.Rule(symbol, 0, 0, area_class.filter, area_class.label)
    rule.setRuleKey(area_class.key)
    return rule


def set_rank_labels(layer: QgsVectorLayer, spec: Spec) -> None:
    """Ranks on the highlighted areas, only where they fit inside; other views have no labels.

    None on areas that are in the top by few draws: a rank of 169 would not tell why to go there;
    and none while ranks are on the move, which would cost more than all the rest of the map.
    """
    look, highlights = spec.get("rank_labels"), spec.get("highlights")
    layer.setLabelsEnabled(False)
    if not look or "passing" in highlights or layer.fields().indexOf(look["field"]) < 0:
        return
    if layer.fields().indexOf(highlights["field"]) < 0:
        return
    settings = QgsPalLayerSettings()
    unsure, sure = not_in(highlights), look["sure"]
    if layer.fields().indexOf(sure["field"]) >= 0:
        unsure = f"{unsure} OR {column(sure['field'])} < {sure['least']}"
    settings.fieldName = f"if({unsure}, NULL, {column(look['field'])})"
    settings.isExpression = True
    settings.placement = QgsPalLayerSettings.Placement.Horizontal
    settings.thinningSettings().setMinimumFeatureSize(look["smallest_area"])
    settings.setFormat(_label_format(look))
    settings.setDataDefinedProperties(_label_colours(highlights))
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _label_format(look: Spec) -> QgsTextFormat:
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.55)
    text = QgsTextFormat()
    text.setFont(QFont(FONT))
    text.setSize(look["size"])
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setBuffer(halo)
    return text


def _label_colours(highlights: Spec) -> QgsPropertyCollection:
    """Each highlighted category has text and halo that stand out from its fill."""
    slots = {
        "text": QgsPalLayerSettings.Property.Color,
        "halo": QgsPalLayerSettings.Property.BufferColor,
    }
    colours = QgsPropertyCollection()
    for part, slot in slots.items():
        cases = "".join(
            f" WHEN {equals(highlights['field'], category['value'])} THEN '{category[part]}'"
            for category in highlights["categories"]
        )
        colours.setProperty(slot, QgsProperty.fromExpression(f"CASE{cases} END"))
    return colours


def set_map_tip(layer: QgsVectorLayer, spec: Spec) -> None:
    """What is told of the area under the pointer: its name, then the lines of the spec."""
    if "tip" not in spec:
        layer.setMapTipTemplate("")
        return
    short = {whole: name for name, whole in whole_names(layer).items()}
    lines = [_tip_line(tr(line), short) for line in spec["tip"]]
    none = QgsExpression.quotedValue(f"<br>{tr(spec['no_data']['label'])}")
    parts = [f"if({column(spec['field'])} IS NULL, {none}, '')", *filter(None, lines)]
    name = f"coalesce({_escaped(f'({layer.displayExpression()})')}, '')"
    layer.setMapTipTemplate(f"<b>[% {name} %]</b>" + "".join(f"[% {part} %]" for part in parts))


def _tip_line(line: str, short: dict[str, str]) -> str:
    """The expression of a line, empty text where a figure is NULL; "" when a field is missing."""
    parts = []
    for text, field, form, _ in Formatter().parse(line):
        if text:
            parts.append(QgsExpression.quotedValue(text))
        if field is None:
            continue
        if field not in short:
            return ""
        parts.append(_told(column(short[field]), form or ""))
    return f"coalesce('<br>' || {' || '.join(parts)}, '')"


def _told(figure: str, form: str) -> str:
    if not form:
        return _escaped(figure)
    if form == "%":
        return f"format_number(100 * {figure}, 0)"
    return f"format_number({figure}, {int(form)})"


def _escaped(text: str) -> str:
    """The expression with what HTML would take for a tag made harmless."""
    return f"replace({text}, map('&', '&amp;', '<', '&lt;', '>', '&gt;'))"
