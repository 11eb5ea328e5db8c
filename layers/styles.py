"""How results look: the specs in resources/styles/ made into renderers, labels and saved styles.

A spec is data (see `specs`). Every view becomes a rule-based renderer, the only kind that can show
areas without a figure as a class of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsFeatureRequest,
    QgsFields,
    QgsMapLayerStyle,
    QgsRenderContext,
    QgsRuleBasedRenderer,
    QgsVectorLayer,
)

from . import classes, specs
from .errors import tr
from .geopackage import has_styles
from .specs import CUT_NAMES, VIEWS, load_spec
from .symbols import (
    ASIDE,
    CATEGORY,
    HEADING,
    NO_DATA,
    OVERLAY,
    PASSING,
    AreaClass,
    renderer,
    rule_of,
    set_map_tip,
    set_rank_labels,
)

__all__ = ["CUT_NAMES", "OWN", "PLAIN", "VIEWS", "load_spec", "style_layer"]

PLAIN = "plain"  # no view: what QGIS draws by itself, with the aliases and sources of the fields
OWN = "own"  # the view of a taxonomy of the user's own: own:<prefix of its fields>


def style_layer(
    layer: QgsVectorLayer, view: str, counts: bool = False, quick: bool = False
) -> str | None:
    """Draws the layer as the view says; returns the field shown, None when the layer has none.

    With `counts` the legend says how many areas each class has and leaves out what does not occur:
    right for a map on paper, wrong for a style that outlives the figures. With `quick` there are
    no labels, and no shades while a highlight is passing: for many areas drawn again and again.
    """
    spec = specs.chosen(layer, view)
    if spec is None:
        return None
    lines = classes.all_classes(layer, spec, plain=quick)
    layer.setRenderer(renderer(lines, specs.heading(layer, spec)))
    if counts:
        layer.setRenderer(renderer(_with_counts(lines, counts_by_key(layer))))
    set_rank_labels(layer, {} if quick else spec)
    set_map_tip(layer, spec)
    layer.triggerRepaint()
    return str(spec["field"])


def fit_classes(layer: QgsVectorLayer, view: str, quick: bool = False) -> bool:
    """Fits the classes to figures that have changed; False where the legend has to be made anew.

    The rules are changed in their place, so that nothing but the map has to be drawn again.
    """
    lines, rules = _lines(layer, view, quick), _rules(layer)
    words = [(key, rule.label()) for key, rule in rules.items() if key != HEADING]
    if words != [(key, line.label) for key, line in lines.items()]:
        return False
    _fit(rules, lines)
    return True


def fit_any_look(layer: QgsVectorLayer, view: str, quick: bool = False) -> None:
    """Fits the classes that the layer still has of a view, whatever the user made of their look.

    A class that is passing comes and goes among them, and leaves its place to those that the
    areas are in then; else nothing is added or taken away.
    """
    lines, rules = _lines(layer, view, quick), _rules(layer)
    if not rules.keys() & lines.keys():
        return
    over = [key for key in rules if key.startswith(PASSING) and key not in lines]
    starts = (PASSING, CATEGORY) if over else (PASSING,)
    new = [key for key in lines if key.startswith(starts) and key not in rules]
    if over or new:
        changed = layer.renderer().clone()
        root = changed.rootRule()
        for key in over:
            root.removeChild(root.findRuleByKey(key))
        for key in reversed(new):
            root.insertChild(1 if HEADING in rules else 0, rule_of(lines[key]))
        layer.setRenderer(changed)
    _fit(_rules(layer), lines)


def _lines(layer: QgsVectorLayer, view: str, quick: bool) -> dict[str, AreaClass]:
    spec = specs.chosen(layer, view)
    found = classes.all_classes(layer, spec, plain=quick) if spec else []
    return {line.key: line for line in found}


def _rules(layer: QgsVectorLayer) -> dict[str, QgsRuleBasedRenderer.Rule]:
    renderer = layer.renderer()
    if not isinstance(renderer, QgsRuleBasedRenderer):
        return {}
    return {rule.ruleKey(): rule for rule in renderer.rootRule().children()}


def _fit(rules: dict[str, QgsRuleBasedRenderer.Rule], lines: dict[str, AreaClass]) -> None:
    for key in rules.keys() & lines.keys():
        if rules[key].filterExpression() != lines[key].filter:
            rules[key].setFilterExpression(lines[key].filter)


def copy_of(layer: QgsVectorLayer) -> QgsVectorLayer:
    """A copy with the same filter, which a layer in memory does not hand on; without open edits.

    QGIS takes a second and more to clone a layer of 300 fields: one in a file is opened anew.
    """
    fields, provided = layer.fields(), QgsFields.FieldOrigin.OriginProvider
    in_file = all(fields.fieldOrigin(at) == provided for at in range(fields.count()))
    copy = _opened_anew(layer) if layer.providerType() == "ogr" and in_file else layer.clone()
    if copy.subsetString() != layer.subsetString():
        copy.setSubsetString(layer.subsetString())
    return copy


def _opened_anew(layer: QgsVectorLayer) -> QgsVectorLayer:
    options = QgsVectorLayer.LayerOptions(layer.transformContext(), False)
    copy, style = QgsVectorLayer(layer.source(), layer.name(), "ogr", options), QgsMapLayerStyle()
    copy.setProviderEncoding(layer.dataProvider().encoding())
    copy.setCrs(layer.crs())
    copy.setMetadata(layer.metadata())
    style.readFromLayer(layer)
    style.writeToLayer(copy)
    return copy


def view_title(layer: QgsVectorLayer, view: str) -> str:
    """What the view shows on this layer, in words; empty when it can show nothing."""
    spec = specs.chosen(layer, view)
    return specs.heading(layer, spec) if spec else ""


def view_name(view: str) -> str:
    """The short name of a view, as it stands in a list of styles."""
    if view == PLAIN:
        return tr("Plain")
    return tr(load_spec(view)["title"])


def view_note(view: str) -> str:
    """What a reader of the view has to know."""
    return tr(load_spec(view)["note"])


def view_texts(view: str) -> tuple[str, str]:
    """Title and subtitle of a map on paper; empty where the heading of the legend is a title."""
    spec = load_spec(view)
    return tr(spec.get("map_title", "")), tr(spec.get("map_text", ""))


def view_maker(view: str) -> str:
    """The algorithm that makes the fields a view shows."""
    return str(load_spec(view)["made_by"])


def applies(layer: QgsVectorLayer, view: str) -> bool:
    """Whether this layer has a field for a view."""
    return specs.fits(layer, view)


def set_aliases(layer: QgsVectorLayer, aliases: dict[str, str]) -> None:
    """Gives fields their titles in words; names the layer does not have are passed over."""
    fields = layer.fields()
    for name, alias in aliases.items():
        index = fields.indexOf(name)
        if index >= 0:
            layer.setFieldAlias(index, alias)


def save_styles(layer: QgsVectorLayer, views: Sequence[str]) -> str:
    """Saves the views beside the data, the first as default; returns in words what was done.

    The layer itself, just made, is shown in the first and has the others in its list of styles.
    Where none applies it is saved as it is: what is said of its fields is kept in a style. A
    GeoPackage keeps them all in its own table, another file one in a .qml beside it.
    """
    styled = {}
    for view in filter(lambda view: applies(layer, view), views):
        copy = copy_of(layer)
        if style_layer(copy, view):
            styled[view] = copy
    told = _save(layer, styled or {PLAIN: copy_of(layer)})
    if styled:
        _offer(layer, styled)
    return told


def _save(layer: QgsVectorLayer, styled: dict[str, QgsVectorLayer]) -> str:
    if layer.providerType() != "ogr":
        return tr("No style saved: the layer is not in a file.")
    if layer.storageType() != "GPKG":
        return _save_beside(next(iter(styled.values())))
    return _save_in_geopackage(styled)


def _offer(layer: QgsVectorLayer, styled: dict[str, QgsVectorLayer]) -> None:
    """Puts the views into the layer's list of styles, and shows the first."""
    manager, names = layer.styleManager(), [view_name(view) for view in styled]
    before = manager.currentStyle()
    for name, copy in zip(names, styled.values()):
        style = QgsMapLayerStyle()
        style.readFromLayer(copy)
        manager.addStyle(name, style)
    manager.setCurrentStyle(names[0])
    if before not in names:
        manager.removeStyle(before)


def counted_square(
    layer: QgsVectorLayer, view: str
) -> tuple[classes.Square, list[list[int]]] | None:
    """The classes of two figures as a square, and the areas in each cell of it as drawn now.

    None for views that show one figure, and where there is nothing to make classes of.
    """
    spec = specs.chosen(layer, view)
    if spec is None or spec["kind"] != "bivariate":
        return None
    square = classes.bivariate_square(layer, spec)
    counts = counts_by_key(layer)
    numbers = [[counts.get(cell.key, 0) for cell in row] for row in square.cells]
    return (square, numbers) if any(map(any, numbers)) else None


def legend_counts(layer: QgsVectorLayer) -> list[tuple[str, int]]:
    """Every class in the legend with its number of areas; an outline drawn on top is no class."""
    counts = counts_by_key(layer)
    items = layer.renderer().legendSymbolItems() if layer.renderer() else []
    return [
        (item.label(), counts.get(item.ruleKey(), 0))
        for item in items
        if not item.ruleKey().startswith((OVERLAY, HEADING))
    ]


def counts_by_key(layer: QgsVectorLayer) -> dict[str, int]:
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
    """The classes with counts in their labels, without those of no figure that are empty."""
    return [
        c._replace(label=f"{c.label}: {_areas(counts.get(c.key, 0))}")
        for c in classes
        if counts.get(c.key) or not c.key.startswith((NO_DATA, OVERLAY, ASIDE))
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
