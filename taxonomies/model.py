"""A taxonomy: how a published table names its categories, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import TaxonomyError
from .schema import Fault, faults, read_schema

SCHEMA = Path(__file__).resolve().parent.parent / "resources/taxonomies/taxonomy.schema.json"
STATISTIC_TITLES = {
    "n": "people",
    "pct": "per cent",
    "pct_lo": "per cent, lower 95 % limit",
    "pct_hi": "per cent, upper 95 % limit",
}


@dataclass(frozen=True)
class Column:
    """One column of a published table: what we call it, and the headings it goes under."""

    id: str
    label: str
    also: tuple[str, ...] = ()
    short: str = ""
    code: str = ""
    parent: str | None = None

    @property
    def title(self) -> str:
        """Return the short label where there is one."""
        return self.short or self.label


@dataclass(frozen=True)
class Indicator:
    """A figure made of a table's columns.

    Attributes:
        measure: ``share`` (numerator less minus, over ``over`` or the total), ``diversity``,
            ``largest``, ``value``, ``band``, ``in_first_band``, ``weighted_ranks``,
            ``band_of_score`` or ``sum_of_z``.
        detailed: whether it is made only when every detail is asked for.
        barrier: whether ``more`` or ``less`` of it means a greater barrier, or ``none``.
        options: what the measure needs beyond that, as written in the file.
    """

    id: str
    title: str
    measure: str
    statistics: tuple[str, ...]
    barrier: str
    options: Mapping[str, Any]

    @property
    def detailed(self) -> bool:
        """Return whether it is made only at the level of categories."""
        return self.options.get("level") == "category"

    @property
    def uses(self) -> set[str]:
        """Return the ids of the columns that must be there to make it."""
        return {
            name for key in ("numerator", "minus", "over") for name in self.options.get(key, ())
        }


@dataclass(frozen=True, eq=False)
class Shape:
    """One recognisable table of a taxonomy."""

    role: str
    columns: tuple[Column, ...]
    required: tuple[frozenset[str], ...]  # any one of these sets of columns is enough
    numbers: frozenset[str]


@dataclass(frozen=True, eq=False)  # one object for each file, so known by itself
class Taxonomy:
    """One taxonomy in one edition, as read from its file; ``raw`` keeps all that it says."""

    id: str
    dimension: str
    prefix: str
    kind: str
    title: str
    edition: str
    publisher: str
    base: str
    attribution: str
    area_vintage: int | None
    shapes: tuple[Shape, ...]
    indicators: tuple[Indicator, ...]
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return title and edition, for people."""
        return f"{self.title}, {self.edition}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the main table; an index has none of its own."""
        return self.shapes[0].columns if self.shapes else ()

    @property
    def partial(self) -> bool:
        """Return whether its categories are only some of all, and need not make the total."""
        return bool(self.raw.get("partial"))

    @property
    def summed(self) -> set[str]:
        """Return the ids of the columns that several headings may make together."""
        return {c["id"] for c in self.raw.get("categories", ()) if self.partial or c.get("sum")}

    @property
    def groups(self) -> list[str]:
        """Return the ids of the categories that have no parent: together they are the total."""
        return [c.id for c in self.columns if c.parent is None and c.id != "total"]

    @property
    def lettered(self) -> bool:
        """Return whether its codes tell it: some are letters, bare numbers could mean anything."""
        return any(not column.code.isdigit() for column in self.columns if column.code)

    @property
    def parents(self) -> list[str]:
        """Return the ids of the categories that have parts, those of the smallest parts first."""
        depth: dict[str, int] = {}
        above = {c.id: c.parent for c in self.columns}
        for name in above:
            at, steps = above[name], 1
            while at:
                depth[at] = max(depth.get(at, 0), steps)
                at, steps = above[at], steps + 1
        return sorted(depth, key=lambda name: depth[name])

    @property
    def optional(self) -> set[str]:
        """Return the ids of the categories without which a table is still whole."""
        return {c["id"] for c in self.raw.get("categories", ()) if c.get("optional")}

    @property
    def leaves(self) -> list[str]:
        """Return the ids of the finest categories."""
        parents = {c.parent for c in self.columns}
        return [c.id for c in self.columns if c.id not in parents and c.id != "total"]

    @property
    def used_columns(self) -> set[str]:
        """Return the ids of the columns that figures are made of; the others need no reading."""
        if self.kind != "ranked":
            return {c.id for c in self.columns}
        options = [indicator.options for indicator in self.indicators]
        single = {o[key] for o in options for key in ("column", "published") if key in o}
        return single | {name for o in options for name in o.get("weights", ())}

    def children(self, parent: str) -> list[str]:
        """Return the ids of the categories directly under ``parent``."""
        return [c.id for c in self.columns if c.parent == parent]

    def column(self, identifier: str) -> Column:
        """Return one column of the main table by its id."""
        return next(c for c in self.columns if c.id == identifier)

    def fields(self) -> list[str]:
        """Return the names of the fields that its indicators and registers make."""
        names = [
            self.field(indicator.id, statistic)
            for indicator in self.indicators
            for statistic in indicator.statistics or ("",)
        ]
        if self.kind == "register":
            names += [self.field(item["id"], "pct") for item in self.raw["categories"]]
        return names

    def field(self, indicator: str, statistic: str = "") -> str:
        """Return a field's name: ``<prefix>_<indicator>[_<statistic>]``."""
        return "_".join(part for part in (self.prefix, indicator, statistic) if part)


def parse(data: Any, file: str) -> Taxonomy:
    """Return the taxonomy that a JSON object describes.

    Args:
        data: the parsed JSON; its shape is in ``resources/taxonomies/taxonomy.schema.json``.
        file: name to give in errors.

    Raises:
        TaxonomyError: naming file and key, for what is missing or cannot be.
    """
    wrong = [*faults(data, read_schema(SCHEMA))] or [*_inconsistent(data)]
    if wrong:
        where, problem = wrong[0]
        raise TaxonomyError(file, where or "file", problem)
    return Taxonomy(
        id=data["id"],
        dimension=data["dimension"],
        prefix=data["prefix"],
        kind=data["kind"],
        title=data["title"],
        edition=data["edition"],
        publisher=data["publisher"],
        base=data["base"],
        attribution=data["attribution"],
        area_vintage=data.get("area_vintage"),
        shapes=tuple(_shapes(data)),
        indicators=tuple(map(_indicator, data["indicators"])),
        raw=data,
    )


def _shapes(data: Mapping[str, Any]) -> Iterator[Shape]:
    if data["kind"] == "composition":
        columns = [*map(_column, data["categories"])]
        parents = {c.parent for c in columns}
        groups = frozenset(c.id for c in columns if c.parent is None)
        leaves = frozenset(c.id for c in columns if c.id not in parents)
        everything = (_column(data["total"]), *columns)
        spare = {c["id"] for c in data["categories"] if c.get("optional")}
        enough = tuple(frozenset({"total", c.id}) for c in columns)
        needed = enough if data.get("partial") else (groups - spare, leaves - spare)
        yield Shape("counts", everything, needed, frozenset(c.id for c in everything))
    elif data["kind"] == "ranked":
        columns = [*map(_column, data["columns"])]
        everything = tuple(columns)
        yield Shape("ranks", everything, _required(data), frozenset(c.id for c in columns))
    elif data["kind"] != "index":
        for role, table in data["tables"].items():
            everything = tuple(map(_column, table["columns"]))
            yield Shape(role, everything, _required(table), frozenset(table["numbers"]))


def _required(item: Mapping[str, Any]) -> tuple[frozenset[str], ...]:
    """Return the sets of columns any of which is enough; a plain list is the only set."""
    written = item["required"]
    return tuple(map(frozenset, [written] if isinstance(written[0], str) else written))


def _column(item: Mapping[str, Any]) -> Column:
    return Column(
        id=item["id"],
        label=item["label"],
        also=tuple(item.get("also", ())),
        short=item.get("short", ""),
        code=item.get("code", ""),
        parent=item.get("parent"),
    )


def _indicator(item: Mapping[str, Any]) -> Indicator:
    measure = item.get("measure", "share")
    return Indicator(
        id=item["id"],
        title=item["title"],
        measure=measure,
        statistics=tuple(item.get("statistics", ("n", "pct") if measure == "share" else ())),
        barrier=item["barrier"],
        options=item,
    )


def _inconsistent(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what no schema can say: ids that stand twice, and ids that nothing has."""
    columns = {"columns": data.get("columns", ()), "categories": data.get("categories", ())}
    for role, table in data.get("tables", {}).items():
        columns[f"tables.{role}.columns"] = table["columns"]
        yield from _unknown(_flat(table["required"]), table["columns"], f"tables.{role}.required")
        yield from _unknown(table["numbers"], table["columns"], f"tables.{role}.numbers")
    for where, items in columns.items():
        yield from _twice(items, where)
    yield from _twice(data["indicators"], "indicators")
    yield from _unknown(_flat(data.get("required", ())), data.get("columns", ()), "required")
    if data["kind"] == "composition":
        yield from _inconsistent_categories(data)
    for number, indicator in enumerate(data["indicators"]):
        yield from _inconsistent_indicator(indicator, data, f"indicators[{number}]")
    for number, category in enumerate(data.get("categories", ())):
        bases = [category, *category.get("earlier", ())] if data["kind"] == "register" else []
        for base in bases:
            if base["age_base"] not in data["age_bases"]:
                problem = f"there is no age base {base['age_base']!r}"
                yield f"categories[{number}].age_base", problem
        national = category.get("national", ())
        yield from _inconsistent_national(national, True, f"categories[{number}].national")


def _inconsistent_categories(data: Mapping[str, Any]) -> Iterator[Fault]:
    categories = data["categories"]
    parents = {c.get("parent") for c in categories}
    leaves = {c["id"] for c in categories if c["id"] not in parents}
    above = {category["id"]: category.get("parent") for category in categories}
    labels = {_squeezed(label): "total" for label in _labels(data["total"])}
    for number, category in enumerate(categories):
        where = f"categories[{number}]"
        if "parent" in category:
            yield from _unknown([category["parent"]], categories, f"{where}.parent")
        seen, at = {category["id"]}, above[category["id"]]
        while at in above and at not in seen:
            seen.add(at)
            at = above[at]
        if at in seen:
            yield f"{where}.parent", f"{category['id']!r} ends in itself"
        for label in _labels(category):
            other = labels.setdefault(_squeezed(label), category["id"])
            if other != category["id"]:
                yield f"{where}.label", f"{label!r} is what {other!r} is called too"
    for number, crosswalk in enumerate(data.get("crosswalks", ())):
        where = f"crosswalks[{number}].categories"
        yield from _unknown(crosswalk["categories"], [{"id": name} for name in leaves], where)


def _labels(item: Mapping[str, Any]) -> list[str]:
    return [item["label"], *item.get("also", ())]


def _squeezed(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()


def _inconsistent_indicator(
    indicator: Mapping[str, Any], data: Mapping[str, Any], where: str
) -> Iterator[Fault]:
    if data["kind"] == "composition":
        known = [data["total"], *data["categories"]]
        for key in ("numerator", "minus", "over"):
            yield from _unknown(indicator.get(key, ()), known, f"{where}.{key}")
    elif data["kind"] == "ranked":
        for key in ("column", "published"):
            if key in indicator:
                yield from _unknown([indicator[key]], data["columns"], f"{where}.{key}")
        yield from _unknown(indicator.get("weights", ()), data["columns"], f"{where}.weights")
    if "score" in indicator:
        yield from _unknown([indicator["score"]], data["indicators"], f"{where}.score")
    if "cut_points" in indicator:
        scores = indicator["cut_points"]["scores"]
        if len(scores) != indicator["bands"] - 1 or scores != sorted(scores, reverse=True):
            yield f"{where}.cut_points.scores", "must be one fewer than bands, the highest first"
    if "percentiles" in indicator:
        scores = indicator["percentiles"]["scores"]
        if scores != sorted(scores):
            yield f"{where}.percentiles.scores", "must rise, the lowest first"
    if "national" in indicator:
        share = indicator.get("measure", "share") == "share"
        if share and "pct" not in indicator.get("statistics", ("n", "pct")):
            yield f"{where}.national", "is per cent, and the statistics have no pct"
        yield from _inconsistent_national(indicator["national"], share, f"{where}.national")


def _inconsistent_national(
    figures: Sequence[Mapping[str, Any]], per_cent: bool, where: str
) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for number, figure in enumerate(figures):
        when = (figure["area"], figure["date"])
        if when in seen:
            yield f"{where}[{number}].date", f"{figure['area']} at {figure['date']} stands twice"
        seen.add(when)
        if per_cent and not 0 <= figure["value"] <= 100:
            yield f"{where}[{number}].value", "is per cent: it must be 0 to 100"


def _twice(items: Sequence[Mapping[str, Any]], where: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, item in enumerate(items):
        if item["id"] in seen:
            yield f"{where}[{number}].id", f"{item['id']!r} stands twice"
        seen.add(item["id"])


def _unknown(
    names: Iterable[str], items: Sequence[Mapping[str, Any]], where: str
) -> Iterator[Fault]:
    for name in names:
        if name not in {item["id"] for item in items}:
            yield where, f"names {name!r}, which is not there"


def _flat(required: Sequence[Any]) -> list[str]:
    return [name for one in required for name in ([one] if isinstance(one, str) else one)]
