"""How results look: the specs in resources/styles/ made into renderers, labels and saved styles.

A spec is data. Every view becomes a rule-based renderer, the only kind that can show areas without
a figure as a class of their own.
"""

from __future__ import annotations

import json
import math
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from qgis.core import (
    QgsExpression,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsPalLayerSettings,
    QgsProperty,
    QgsPropertyCollection,
    QgsRenderContext,
    QgsRuleBasedRenderer,
    QgsSimpleLineSymbolLayer,
    QgsSymbol,
    QgsSymbolLayerUtils,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsVectorLayerUtils,
)
from qgis.PyQt.QtGui import QColor, QFont

from .errors import tr
from .geopackage import has_styles, plain_source

SPEC_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "styles"
VIEWS = (
    "score",
    "deprivation",
    "ethnicity",
    "language",
    "prevalence",
    "barriers",
    "benchmark",
)
PLAIN = "plain"  # no view: what QGIS draws by itself, with the aliases and sources of the fields
OWN = "own"  # the view of a taxonomy of the user's own: own:<prefix of its fields>
CUT_NAMES = "seldom_heard/cut_names"  # custom property: short field name to the whole one
FONT = "Arial"  # on Windows and macOS; elsewhere the system puts its nearest in its place
# keys of rules: what is drawn on top of a class is no class itself
OVERLAY, NO_DATA, HEADING = "overlay", "no_data", "heading"

Spec = dict[str, Any]


class AreaClass(NamedTuple):
    """One line of the legend: which areas, how they are drawn, what they are called."""

    label: str
    filter: str
    symbol: QgsSymbol
    key: str


def style_layer(layer: QgsVectorLayer, view: str, counts: bool = False) -> str | None:
    """Draws the layer as the view says; returns the field shown, None when the layer has none.

    With `counts` the legend says how many areas each class has and leaves out what does not occur:
    right for a map on paper, wrong for a style that outlives the figures.
    """
    spec = _chosen(layer, view)
    if spec is None:
        return None
    classes = _classes(layer, spec)
    layer.setRenderer(_renderer(classes, _heading(layer, spec)))
    if counts:
        layer.setRenderer(_renderer(_with_counts(classes, _counts_by_key(layer))))
    _set_rank_labels(layer, spec)
    layer.triggerRepaint()
    return str(spec["field"])


def view_title(layer: QgsVectorLayer, view: str) -> str:
    """What the view shows on this layer, in words; empty when it can show nothing."""
    spec = _chosen(layer, view)
    return _heading(layer, spec) if spec else ""


def view_name(view: str) -> str:
    """The short name of a view, as it stands in a list of styles."""
    if view == PLAIN:
        return tr("Plain")
    return tr(load_spec(view)["title"])


def view_note(view: str) -> str:
    """What a reader of the view has to know."""
    return tr(load_spec(view)["note"])


def applicable_views(layer: QgsVectorLayer) -> list[str]:
    """The views this layer has fields for."""
    return [view for view in VIEWS if applies(layer, view)]


def applies(layer: QgsVectorLayer, view: str) -> bool:
    """Whether this layer has a field for a view."""
    return _chosen(layer, view) is not None


def set_aliases(layer: QgsVectorLayer, aliases: dict[str, str]) -> None:
    """Gives fields their titles in words; names the layer does not have are passed over."""
    fields = layer.fields()
    for name, alias in aliases.items():
        index = fields.indexOf(name)
        if index >= 0:
            layer.setFieldAlias(index, alias)


def save_styles(layer: QgsVectorLayer, views: list[str]) -> str:
    """Saves the views beside the data, the first as default; returns in words what was done.

    Where none applies the layer is saved as it is: what is said of its fields is kept in a style. A
    GeoPackage keeps them all in its own table, another file one in a .qml beside it.
    """
    styled = {}
    for view in views:
        copy = layer.clone()  # the layer the user sees keeps the style it has
        if style_layer(copy, view):
            styled[view] = copy
    if layer.providerType() != "ogr":
        return tr("No style saved: the layer is not in a file.")
    styled = styled or {PLAIN: layer.clone()}
    if layer.storageType() != "GPKG":
        return _save_beside(next(iter(styled.values())))
    return _save_in_geopackage(styled)


def add_styles(layer: QgsVectorLayer, views: list[str]) -> list[str]:
    """Adds the views to the layer's style manager and shows the first; returns their names."""
    manager = layer.styleManager()
    added = []
    for view in views:
        name = view_name(view)
        if _chosen(layer, view) is None:
            continue
        if name not in manager.styles():
            manager.addStyleFromLayer(name)
        manager.setCurrentStyle(name)
        style_layer(layer, view)
        added.append(name)
    if added:
        manager.setCurrentStyle(added[0])
    return added


def legend_counts(layer: QgsVectorLayer) -> list[tuple[str, int]]:
    """Every class in the legend with its number of areas; an outline drawn on top is no class."""
    counts = _counts_by_key(layer)
    items = layer.renderer().legendSymbolItems() if layer.renderer() else []
    return [
        (item.label(), counts.get(item.ruleKey(), 0))
        for item in items
        if not item.ruleKey().startswith((OVERLAY, HEADING))
    ]


@cache
def load_spec(view: str) -> Spec:
    """The spec of a view, as it stands in resources/styles/; ``own:survey`` is that of a prefix."""
    name, _, prefix = view.partition(":")
    text = (SPEC_FOLDER / f"{name}.json").read_text(encoding="utf-8")
    spec: Spec = json.loads(text.replace("$prefix", prefix))
    return spec


def class_bounds(
    values: list[float], number: int, method: str, decimals: int
) -> list[tuple[float, float]]:
    """First and last value of each class, as printed, so that classes neither meet nor overlap.

    Ties may leave fewer classes than asked for, never an empty one at an end.
    """
    ordered = sorted(_rounded(value, decimals) for value in values)
    if not ordered:
        return []
    lower = _class_starts(ordered, number, method, decimals)
    if not lower:
        # one value outweighs all others: let every value count once
        lower = _class_starts(sorted(set(ordered)), number, method, decimals)
    starts = [ordered[0], *sorted(lower)]
    step = 10.0**-decimals
    ends = [_rounded(start - step, decimals) for start in starts[1:]]
    return list(zip(starts, [*ends, ordered[-1]]))


def _class_starts(ordered: list[float], number: int, method: str, decimals: int) -> set[float]:
    """Where the second and later classes begin."""
    if method == "pretty":
        breaks = QgsSymbolLayerUtils.prettyBreaks(ordered[0], ordered[-1], number)
        starts = [_rounded(start, decimals) for start in breaks if start < ordered[-1]]
    else:
        starts = [ordered[i * len(ordered) // number] for i in range(number)]
    return {start for start in starts if start > ordered[0]}


def _rounded(value: float, decimals: int) -> float:
    """A half goes up, as in QGIS expressions, which sort the areas into the classes."""
    scale = 10.0**decimals
    return math.floor(value * scale + 0.5) / scale


def _chosen(layer: QgsVectorLayer, view: str) -> Spec | None:
    """The spec with what its first fitting field says laid over it; None when no field fits."""
    spec = load_spec(view)
    # a shapefile keeps names short; the specs know them whole
    whole = json.loads(layer.customProperty(CUT_NAMES) or "{}")
    names = {field.name(): whole.get(field.name(), field.name()) for field in layer.fields()}
    for candidate in spec["fields"]:
        for short, name in names.items():
            if fnmatchcase(name, candidate["name"]) and name not in spec.get("exclude", []):
                return {**spec, **candidate, "field": short}
    return None


def _heading(layer: QgsVectorLayer, spec: Spec) -> str:
    """Title of the field shown; of a pattern the alias, which says what the name only hints at."""
    other = spec.get("without")
    if other and not _has_values(layer, other["field"]):
        return tr(other["title"])
    alias = layer.attributeAlias(layer.fields().indexOf(spec["field"]))
    if "*" in spec["name"] and alias:
        return alias
    register = spec["field"].split("_")[1].upper() if "_" in spec["field"] else ""
    return tr(spec["title"]).replace("{register}", register)


def _has_values(layer: QgsVectorLayer, field: str) -> bool:
    """Whether the layer has the field and anything but NULL in it."""
    index = layer.fields().indexOf(field)
    if index < 0:
        return False
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes([index])
    return any(isinstance(f[index], (int, float, str)) for f in layer.getFeatures(request))


def _classes(layer: QgsVectorLayer, spec: Spec) -> list[AreaClass]:
    """All lines of the legend in order: highlighted, shaded, no data, drawn on top."""
    classes: list[AreaClass] = []
    highlights = spec.get("highlights")
    if highlights and _has_values(layer, highlights["field"]):
        classes += _category_classes(highlights, spec["boundary"])
        spec = {**spec, **{key: highlights[key] for key in ("colours", "labels")}}
        spec["outside"] = highlights
    if spec["kind"] == "categories":
        classes += _category_classes(spec, spec["boundary"])
    else:
        classes += reversed(_graduated_classes(layer, spec))
    classes.append(_no_data_class(spec))
    if "overlay" in spec and layer.fields().indexOf(spec["overlay"]["field"]) >= 0:
        classes.append(_overlay_class(layer, spec))
    return classes


def _category_classes(spec: Spec, boundary: Spec) -> list[AreaClass]:
    return [
        AreaClass(
            tr(c["label"]),
            _equals(spec["field"], c["value"]),
            _fill(c, boundary),
            f"category {c['value']}",
        )
        for c in spec["categories"]
    ]


def _graduated_classes(layer: QgsVectorLayer, spec: Spec) -> list[AreaClass]:
    """Classes from the lowest to the highest, open at both ends so that later figures fit too."""
    decimals = spec["decimals"]
    bounds = class_bounds(_shaded_values(layer, spec), spec["classes"], spec["method"], decimals)
    labels = [tr(label) for label in spec.get("labels", [])]
    if len(labels) != len(bounds):
        labels = [_range_label(low, high, spec) for low, high in bounds]
    value = f"round({QgsExpression.quotedColumnRef(spec['field'])}, {decimals})"
    outside = f" AND {_not_highlighted(spec['outside'])}" if "outside" in spec else ""
    colours = spread_colours(spec["colours"], len(bounds))
    classes = []
    for i, (low, high) in enumerate(bounds):
        tests = [f"{value} >= {low}"] if i else []
        tests += [f"{value} <= {high}"] if i < len(bounds) - 1 else []
        test = " AND ".join(tests) or f"{value} IS NOT NULL"
        symbol = _fill({"colour": colours[i]}, spec["boundary"])
        classes.append(AreaClass(labels[i], test + outside, symbol, f"class {i}"))
    return classes


def _shaded_values(layer: QgsVectorLayer, spec: Spec) -> list[float]:
    """The numbers to be classed: finite, and without the highlighted areas where there are any."""
    expression = QgsExpression.quotedColumnRef(spec["field"])
    file = None if "outside" in spec else plain_source(layer, None)
    if file:
        _, values = file.column(spec["field"])
    else:
        if "outside" in spec:
            expression = f"if({_not_highlighted(spec['outside'])}, {expression}, NULL)"
        values, _ = QgsVectorLayerUtils.getValues(layer, expression)
    return [float(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v)]


def _no_data_class(spec: Spec) -> AreaClass:
    look = spec["no_data"]
    return AreaClass(tr(look["label"]), "ELSE", _fill(look, spec["boundary"]), NO_DATA)


def _overlay_class(layer: QgsVectorLayer, spec: Spec) -> AreaClass:
    overlay = spec["overlay"]
    other = overlay.get("without")
    label = other["label"] if other and not _has_values(layer, other["field"]) else overlay["label"]
    # without a figure an area must stay with ELSE, which any other matching rule would undo
    shown = f"{QgsExpression.quotedColumnRef(spec['field'])} IS NOT NULL"
    test = f"{_equals(overlay['field'], overlay['value'])} AND {shown}"
    return AreaClass(tr(label), test, _outline(overlay), OVERLAY)


def _equals(field: str, value: Any) -> str:
    return f"{QgsExpression.quotedColumnRef(field)} = {QgsExpression.quotedValue(value)}"


def _not_highlighted(highlights: Spec) -> str:
    column = QgsExpression.quotedColumnRef(highlights["field"])
    values = ", ".join(QgsExpression.quotedValue(c["value"]) for c in highlights["categories"])
    return f"({column} IS NULL OR {column} NOT IN ({values}))"


def _range_label(low: float, high: float, spec: Spec) -> str:
    decimals, unit = spec["decimals"], f" {spec['unit']}" if spec["unit"] else ""
    if low == high:
        return f"{low:.{decimals}f}{unit}"
    return f"{low:.{decimals}f} – {high:.{decimals}f}{unit}"


def spread_colours(colours: list[str], number: int) -> list[str]:
    """As many colours as classes, from one end of the sequence to the other; the middle for one."""
    if number == 1:
        return [colours[len(colours) // 2]]
    last = len(colours) - 1
    return [_between(colours, i * last / (number - 1)) for i in range(number)]


def _between(colours: list[str], position: float) -> str:
    index = min(int(position), len(colours) - 2)
    share = position - index
    left, right = QColor(colours[index]), QColor(colours[index + 1])
    pairs = zip(left.getRgb()[:3], right.getRgb()[:3])
    return QColor(*(round(a + (b - a) * share) for a, b in pairs)).name()


def _fill(look: Spec, boundary: Spec) -> QgsFillSymbol:
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
        symbol.appendSymbolLayer(_hatch(look["hatch"]))
    return symbol


def _hatch(colour: str) -> QgsLinePatternFillSymbolLayer:
    hatch = QgsLinePatternFillSymbolLayer()
    hatch.setLineAngle(45)
    hatch.setDistance(1.0)
    hatch.setSubSymbol(QgsLineSymbol.createSimple({"color": colour, "width": "0.25"}))
    return hatch


def _outline(look: Spec) -> QgsFillSymbol:
    """A line along the inner side of the boundary, above all fills."""
    line = QgsSimpleLineSymbolLayer(QColor(look["colour"]), look["width"])
    line.setDrawInsidePolygon(True)
    line.setRenderingPass(1)
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, line)
    return symbol


def _renderer(classes: list[AreaClass], heading: str = "") -> QgsRuleBasedRenderer:
    """The classes as rules; under a heading, which tells what is shown in the list of layers."""
    root = above = QgsRuleBasedRenderer.Rule(None)
    if heading:
        above = QgsRuleBasedRenderer.Rule(None, 0, 0, "", heading)
        above.setRuleKey(HEADING)
        root.appendChild(above)
    for area_class in classes:
        # a clone, as a rule takes the symbol over
        symbol = area_class.symbol.clone()
        rule = QgsRuleBasedRenderer.Rule(symbol, 0, 0, area_class.filter, area_class.label)
        rule.setRuleKey(area_class.key)
        above.appendChild(rule)
    return QgsRuleBasedRenderer(root)


def _set_rank_labels(layer: QgsVectorLayer, spec: Spec) -> None:
    """Ranks on the highlighted areas, only where they fit inside; other views have no labels."""
    look, highlights = spec.get("rank_labels"), spec.get("highlights")
    layer.setLabelsEnabled(False)
    if not look or layer.fields().indexOf(look["field"]) < 0:
        return
    if layer.fields().indexOf(highlights["field"]) < 0:
        return
    settings = QgsPalLayerSettings()
    rank = QgsExpression.quotedColumnRef(look["field"])
    settings.fieldName = f"if({_not_highlighted(highlights)}, NULL, {rank})"
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
            f" WHEN {_equals(highlights['field'], category['value'])} THEN '{category[part]}'"
            for category in highlights["categories"]
        )
        colours.setProperty(slot, QgsProperty.fromExpression(f"CASE{cases} END"))
    return colours


def _counts_by_key(layer: QgsVectorLayer) -> dict[str, int]:
    """How many features each legend key draws, asked of the renderer itself."""
    if layer.renderer() is None:
        return {}
    renderer, counts = layer.renderer().clone(), {}
    context = QgsRenderContext()
    context.setExpressionContext(layer.createExpressionContext())
    renderer.startRender(context, layer.fields())
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    for feature in layer.getFeatures(request):
        context.expressionContext().setFeature(feature)
        for key in renderer.legendKeysForFeature(feature, context):
            counts[key] = counts.get(key, 0) + 1
    renderer.stopRender(context)
    return counts


def _with_counts(classes: list[AreaClass], counts: dict[str, int]) -> list[AreaClass]:
    """The classes with counts in their labels, without an empty "no data" or an empty outline."""
    return [
        c._replace(label=f"{c.label}: {_areas(counts.get(c.key, 0))}")
        for c in classes
        if counts.get(c.key) or c.key not in (NO_DATA, OVERLAY)
    ]


def _areas(number: int) -> str:
    text = tr("1 area") if number == 1 else tr("{number} areas").format(number=number)
    return text.replace(" ", "\u00a0")  # so that no line of a legend ends between them


def _save_beside(layer: QgsVectorLayer) -> str:
    path = layer.styleURI()  # where QGIS looks when it opens the file
    message, done = layer.saveNamedStyle(path)
    if not done:
        return tr("No style saved: {reason}").format(reason=message)
    return tr("Style saved in {file}.").format(file=Path(path).name)


def _save_in_geopackage(styled: dict[str, QgsVectorLayer]) -> str:
    """Saves layers already styled: a layer cannot be read while its own file is written to."""
    default = next(iter(styled))
    for view, layer in styled.items():
        name = view_name(view)
        _forget_style(layer, name)
        if hasattr(layer, "saveStyleToDatabaseV2"):  # the other is deprecated where it exists
            _, reason = layer.saveStyleToDatabaseV2(name, "", view == default, "")
        else:
            reason = layer.saveStyleToDatabase(name, "", view == default, "")
        if reason:
            return tr("Style {name} not saved: {reason}").format(name=name, reason=reason)
    names = ", ".join(view_name(view) for view in styled)
    return tr("Styles saved in the GeoPackage: {names}.").format(names=names)


def _forget_style(layer: QgsVectorLayer, name: str) -> None:
    """Deletes a saved style of that name: QGIS 3.22 would ask in a box, and wait forever."""
    if not has_styles(layer):
        return
    own, ids, names, *_ = layer.listStylesInDatabase()  # those of other layers come after ours
    for style_id, saved_name in list(zip(ids, names))[: max(own, 0)]:
        if saved_name == name:
            layer.deleteStyleFromDatabase(style_id)
