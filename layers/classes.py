"""The classes of a view on one layer: which areas belong together, and what the legend says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from qgis.core import QgsSymbolLayerUtils, QgsVectorLayer, QgsVectorLayerUtils
from qgis.PyQt.QtGui import QColor

from .errors import tr
from .geopackage import plain_source
from .specs import Spec, has_values
from .symbols import (
    ASIDE,
    CATEGORY,
    NO_DATA,
    OVERLAY,
    PASSING,
    AreaClass,
    among,
    column,
    equals,
    fill,
    not_in,
    outline,
)

CELL = "cell"  # begins the keys of the classes that two figures make together


class Side(NamedTuple):
    """One class of one of two figures: which areas, and what they are called alone and together.

    `at` is its place among the three columns or rows of the colours.
    """

    test: str
    label: str
    words: str
    at: int


class Square(NamedTuple):
    """Classes of two figures as a square: columns from left to right, rows from the top down."""

    across: str
    up: str
    columns: list[str]
    rows: list[str]
    cells: list[list[AreaClass]]


def all_classes(layer: QgsVectorLayer, spec: Spec, plain: bool = False) -> list[AreaClass]:
    """All lines of the legend in order: highlighted, shaded, no data, drawn on top.

    With `plain`, while a highlight is passing, the areas that are not highlighted have one shade:
    what theirs would be made of is not known yet.
    """
    classes: list[AreaClass] = []
    highlights = spec.get("highlights")
    if highlights and has_values(layer, highlights["field"]):
        classes += _category_classes(highlights, spec["boundary"])
        if plain and "passing" in highlights:
            others = {**highlights, "categories": [highlights["others"]]}
            return [*classes, *_category_classes(others, spec["boundary"]), _no_data_class(spec)]
        spec = {**spec, **{key: highlights[key] for key in ("colours", "labels")}}
        spec["outside"] = highlights
    if spec["kind"] == "categories":
        classes += _category_classes(_occurring(layer, spec), spec["boundary"])
    elif spec["kind"] == "bivariate":
        classes += _bivariate_classes(layer, spec)
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
            equals(spec["field"], c["value"]),
            fill(c, boundary),
            f"{_kind(c)} {c['value']}",
        )
        for c in spec["categories"]
    ]


def _kind(category: Spec) -> str:
    """How the key of a category begins."""
    if category.get("passing"):
        return PASSING
    return ASIDE if category.get("aside") else CATEGORY


def _occurring(layer: QgsVectorLayer, spec: Spec) -> Spec:
    """The spec without the sets of categories of which the layer has no value.

    Two methods may write into one field, each its own words: a legend shows those of one.
    """
    if not any("set" in c for c in spec["categories"]):
        return spec
    values = set(layer.uniqueValues(layer.fields().indexOf(spec["field"])))
    sets = {c["set"] for c in spec["categories"] if "set" in c and c["value"] in values}
    kept = [c for c in spec["categories"] if "set" not in c or c["set"] in sets]
    return {**spec, "categories": kept}


def _graduated_classes(layer: QgsVectorLayer, spec: Spec) -> list[AreaClass]:
    """Classes from the lowest to the highest, open at both ends so that later figures fit too."""
    decimals = spec["decimals"]
    bounds = class_bounds(_shaded_values(layer, spec), spec["classes"], spec["method"], decimals)
    labels = [tr(label) for label in spec.get("labels", [])]
    if len(labels) != len(bounds):
        labels = [_range_label(low, high, spec) for low, high in bounds]
    outside = f" AND {not_in(spec['outside'])}" if "outside" in spec else ""
    colours = spread_colours(spec["colours"], len(bounds))
    tests = _range_tests(spec["field"], bounds, decimals)
    return [
        AreaClass(
            label, test + outside, fill({"colour": colour}, spec["boundary"]), f"class {number}"
        )
        for number, (label, test, colour) in enumerate(zip(labels, tests, colours))
    ]


def _range_tests(field: str, bounds: Sequence[tuple[float, float]], decimals: int) -> list[str]:
    """The expression of each class from the lowest to the highest, open at both ends."""
    value, last = f"round({column(field)}, {decimals})", len(bounds) - 1
    tests = []
    for i, (low, high) in enumerate(bounds):
        parts = [f"{value} >= {low}"] if i else []
        parts += [f"{value} <= {high}"] if i < last else []
        tests.append(" AND ".join(parts) or f"{value} IS NOT NULL")
    return tests


def _shaded_values(layer: QgsVectorLayer, spec: Spec) -> list[float]:
    """The numbers to be classed: finite, and without the highlighted areas where there are any."""
    file = None if "outside" in spec else plain_source(layer, None)
    if file:
        _, values = file.column(spec["field"])
        return _finite(values)
    test = not_in(spec["outside"]) if "outside" in spec else ""
    return _values_where(layer, spec["field"], test)


def _values_where(layer: QgsVectorLayer, field: str, test: str) -> list[float]:
    expression = f"if({test}, {column(field)}, NULL)" if test else column(field)
    values, _ = QgsVectorLayerUtils.getValues(layer, expression)
    return _finite(values)


def _finite(values) -> list[float]:
    return [float(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v)]


def _bivariate_classes(layer: QgsVectorLayer, spec: Spec) -> list[AreaClass]:
    """What is taken out first, then a class for each pair: from the most on both sides down."""
    apart = _apart(layer, spec)
    square = bivariate_square(layer, spec)
    aside = _category_classes(apart, spec["boundary"]) if apart else []
    if apart:
        # an area without the first figure has nothing to be set apart from
        known = f" AND {column(spec['field'])} IS NOT NULL"
        aside = [c._replace(filter=c.filter + known) for c in aside]
    return [cell for row in square.cells for cell in reversed(row)] + aside


def bivariate_square(layer: QgsVectorLayer, spec: Spec) -> Square:
    """The classes of two figures together; fewer than 3 x 3 where ties leave no more."""
    across, apart = spec["across"], _apart(layer, spec)
    shown = [f"{column(spec['field'])} IS NOT NULL", f"{column(across['field'])} IS NOT NULL"]
    shown += [not_in(apart)] if apart else []
    test = " AND ".join(shown)
    columns = _split(layer, across, test)
    rows = _split(layer, spec, test)[::-1]
    outside = f" AND {not_in(apart)}" if apart else ""
    cells = [
        [
            AreaClass(
                f"{tr(row.words)}, {tr(one.words)}",
                f"{row.test} AND {one.test}{outside}",
                fill({"colour": spec["colours"][row.at][one.at]}, spec["boundary"]),
                f"{CELL} {row.at} {one.at}",
            )
            for one in columns
        ]
        for row in rows
    ]
    return Square(
        tr(across["axis"]),
        tr(spec["axis"]),
        [tr(one.label) for one in columns],
        [tr(row.label) for row in rows],
        cells,
    )


def _apart(layer: QgsVectorLayer, spec: Spec) -> Spec | None:
    apart = spec.get("apart")
    return apart if apart and layer.fields().indexOf(apart["field"]) >= 0 else None


def _split(layer: QgsVectorLayer, axis: Spec, test: str) -> list[Side]:
    """The classes of one figure from the least to the most, of what the axis counts.

    Where a figure has a plain value from which all is as it should be (``from``), however many
    areas have it, these are the first class and the rest is halved: thirds would part equals.
    """
    decimals = axis["decimals"]
    values = [_rounded(value, decimals) for value in _values_where(layer, axis["field"], test)]
    start, sign = axis.get("from"), -1 if axis.get("fewer_is_more") else 1
    beyond = [v for v in values if start is not None and sign * v > sign * start]
    if start is None or len(values) - len(beyond) < axis.get("least_share", 0) * len(values):
        bounds = class_bounds(values, 3, "quantile", decimals)
        tests = _range_tests(axis["field"], bounds, decimals)
        places = {0: [], 1: [1], 2: [0, 2], 3: [0, 1, 2]}[len(tests)]
        return _sides(tests[::sign], axis["thirds"], places)
    bounds = class_bounds(beyond, 2, "quantile", decimals)
    value = f"round({column(axis['field'])}, {decimals})"
    first = f"{value} {'>=' if sign < 0 else '<='} {start}"
    rest = [
        f"{value} {'<' if sign < 0 else '>'} {start} AND {part}"
        for part in _range_tests(axis["field"], bounds, decimals)[::sign]
    ]
    return _sides([first, *rest], axis["halves"], [0, 1, 2])


def _sides(tests: Sequence[str], names: Sequence[Spec], places: Sequence[int]) -> list[Side]:
    return [
        Side(test, names[at]["label"], names[at]["words"], at) for test, at in zip(tests, places)
    ]


def _no_data_class(spec: Spec) -> AreaClass:
    look = spec["no_data"]
    return AreaClass(tr(look["label"]), "ELSE", fill(look, spec["boundary"]), NO_DATA)


def _overlay_class(layer: QgsVectorLayer, spec: Spec) -> AreaClass:
    overlay = spec["overlay"]
    other = overlay.get("without")
    label = other["label"] if other and not has_values(layer, other["field"]) else overlay["label"]
    # without a figure an area must stay with ELSE, which any other matching rule would undo
    tests = [f"{column(spec['field'])} IS NOT NULL"]
    if "below" in overlay:
        tests.insert(0, f"{column(overlay['field'])} < {overlay['below']}")
    else:
        tests.insert(0, equals(overlay["field"], overlay["value"]))
    if "among" in overlay:
        tests.append(among(spec["field"], overlay["among"]))
    return AreaClass(tr(label), " AND ".join(tests), outline(overlay), OVERLAY)


def _range_label(low: float, high: float, spec: Spec) -> str:
    decimals, unit = spec["decimals"], f" {spec['unit']}" if spec["unit"] else ""
    if low == high:
        return f"{low:.{decimals}f}{unit}"
    return f"{low:.{decimals}f} – {high:.{decimals}f}{unit}"


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
