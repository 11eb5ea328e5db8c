"""The specs of the views in resources/styles/, and which of their fields a layer has.

A spec is data:

    title, note           what the view is called in a list of styles; what its reader has to know
    map_title, map_text   title and subtitle on paper, where the heading of the legend is no title
    made_by               the algorithm that makes its fields
    fields                candidates (a name or a pattern), the first that the layer has is shown;
                          what stands beside its name is laid over the rest of the spec
    kind                  categories | graduated | bivariate (then `across` is the other figure)
    highlights            categories of another field, drawn instead of the shades; their labels may
                          name `thresholds`, of which the layer's own ranking may tell others;
                          `passing` is one that is shown only while some area has it, and then in
                          place of those that none has; `others` all that are not highlighted
    apart                 categories of another field that are taken out first
    categories            value, label, look; `set`: one of several lists of values of which a layer
                          has one; `aside`: no class, so left out of a counted legend when empty
    overlay               an outline above the fills: where a field has a `value`, or lies `below`
                          one, in areas whose shown field is `among` some values
    tip                   lines of the map tip; `{field}`, `{field:1}` with decimals, `{field:%}` a
                          share as per cent; a line that lacks a figure is left out
    no_data, boundary     looks
"""

from __future__ import annotations

import json
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from qgis.core import QgsFeatureRequest, QgsVectorLayer

from .errors import tr

SPEC_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "styles"
VIEWS = (
    "score",
    "bivariate",
    "voice",
    "clusters",
    "deprivation",
    "ethnicity",
    "language",
    "prevalence",
    "barriers",
    "benchmark",
)
PROVENANCE = "seldom_heard/provenance"  # custom property: sources, method and settings
CUT_NAMES = "seldom_heard/cut_names"  # custom property: short field name to the whole one
# parts of a spec that name one field of the layer, which a shapefile may keep shorter
PARTS = ("highlights", "apart", "overlay", "rank_labels", "sure", "without")

Spec = dict[str, Any]


@cache
def load_spec(view: str) -> Spec:
    """The spec of a view, as it stands in resources/styles/; ``own:survey`` is that of a prefix."""
    name, _, prefix = view.partition(":")
    text = (SPEC_FOLDER / f"{name}.json").read_text(encoding="utf-8")
    spec: Spec = json.loads(text.replace("$prefix", prefix))
    return spec


def chosen(layer: QgsVectorLayer, view: str) -> Spec | None:
    """The spec with what its first fitting field says laid over it; None when no field fits.

    All fields that it names come as the layer calls them.
    """
    spec = load_spec(view)
    first = _first_fitting(layer, spec)
    if first is None:
        return None
    found = {**spec, **first}
    if "across" in spec:
        other = _first_fitting(layer, spec["across"])
        if other is None:
            return None
        found["across"] = {**spec["across"], **other}
    if "thresholds" in found.get("highlights", {}):
        found["highlights"] = _with_thresholds(layer, found["highlights"])
    short = {whole: name for name, whole in whole_names(layer).items()}
    found = _renamed(found, short)
    if "passing" in found.get("highlights", {}):
        found["highlights"] = _as_it_stands(layer, found["highlights"])
    return found


def fits(layer: QgsVectorLayer, view: str) -> bool:
    """Whether the layer has the fields that a view shows."""
    spec = load_spec(view)
    parts = [spec, *(spec[part] for part in ("across",) if part in spec)]
    return all(_first_fitting(layer, part) is not None for part in parts)


def whole_names(layer: QgsVectorLayer) -> dict[str, str]:
    """Field name to the name that specs know: a shapefile keeps names short."""
    whole = json.loads(layer.customProperty(CUT_NAMES) or "{}")
    return {field.name(): whole.get(field.name(), field.name()) for field in layer.fields()}


def fields_of(view: str) -> list[str]:
    """The fields that a view can show, as its spec names them."""
    spec = load_spec(view)
    return [candidate["name"].rstrip("*") for candidate in spec["fields"]]


def fields_shown(layer: QgsVectorLayer, view: str) -> set[str]:
    """The fields of the layer that a view draws, as the layer calls them; without outlines."""
    spec = chosen(layer, view)
    if spec is None:
        return set()
    parts = [spec, *(spec[part] for part in ("across", "highlights") if part in spec)]
    return {part["field"] for part in parts}


def heading(layer: QgsVectorLayer, spec: Spec) -> str:
    """Title of the field shown; of a pattern the alias, which says what the name only hints at."""
    other = spec.get("without")
    if other and not has_values(layer, other["field"]):
        return tr(other["title"])
    alias = layer.attributeAlias(layer.fields().indexOf(spec["field"]))
    if "*" in spec["name"] and alias:
        return alias
    register = spec["field"].split("_")[1].upper() if "_" in spec["field"] else ""
    return tr(spec["title"]).replace("{register}", register)


def has_values(layer: QgsVectorLayer, field: str) -> bool:
    """Whether the layer has the field and anything but NULL in it."""
    index = layer.fields().indexOf(field)
    if index < 0:
        return False
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes([index])
    return any(isinstance(f[index], (int, float, str)) for f in layer.getFeatures(request))


def _first_fitting(layer: QgsVectorLayer, spec: Spec) -> Spec | None:
    names = whole_names(layer)
    for candidate in spec["fields"]:
        for short, name in names.items():
            if fnmatchcase(name, candidate["name"]) and name not in spec.get("exclude", []):
                return {**candidate, "field": short}
    return None


def _with_thresholds(layer: QgsVectorLayer, spec: Spec) -> Spec:
    """The spec with the thresholds, as per cent, in the labels of its categories."""
    own: Spec = {}
    with suppress(ValueError, AttributeError, KeyError, TypeError):  # no ranking is told of
        told = json.loads(layer.customProperty(PROVENANCE) or "{}")
        own = told["ranking"]["scheme"].get("thresholds", {})
    at = {name: f"{100 * own.get(name, share):g}" for name, share in spec["thresholds"].items()}
    categories = [{**one, "label": tr(one["label"]).format(**at)} for one in spec["categories"]]
    return {**spec, "categories": categories}


def _as_it_stands(layer: QgsVectorLayer, spec: Spec) -> Spec:
    """The spec with the category that passes, while there are areas in it; else without it."""
    passing, at = spec["passing"], layer.fields().indexOf(spec["field"])
    values = layer.uniqueValues(at) if at >= 0 else ()
    if passing["value"] not in values:
        return {name: part for name, part in spec.items() if name != "passing"}
    there = [one for one in spec["categories"] if one["value"] in values]
    return {**spec, "categories": [passing, *there]}


def _renamed(spec: Spec, short: dict[str, str]) -> Spec:
    """The spec with the fields of its parts as the layer calls them."""
    found = dict(spec)
    for part in PARTS:
        if part in spec:
            inner = _renamed(spec[part], short)
            found[part] = {**inner, "field": short.get(inner["field"], inner["field"])}
    return found
