"""A taxonomy: how a published table names its categories, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import TaxonomyError

MEASURES = {
    "composition": ("share", "diversity", "largest"),
    "ranked": ("value", "band", "in_first_band", "weighted_ranks", "band_of_score"),
}
PARTS = {
    "composition": ("total", "categories"),
    "ranked": ("columns", "required", "areas_ranked"),
    "register": ("tables", "categories", "age_bases"),
    "lookup": ("tables",),
}
KINDS = ("composition", "ranked", "register", "lookup")
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
        measure: ``share`` (numerator less minus over the total), ``diversity``, ``largest``,
            ``value``, ``band``, ``in_first_band``, ``weighted_ranks`` or ``band_of_score``.
        barrier: whether ``more`` or ``less`` of it means a greater barrier, or ``none``.
        options: what the measure needs beyond that, as written in the file.
    """

    id: str
    title: str
    measure: str
    statistics: tuple[str, ...]
    barrier: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """One recognisable table of a taxonomy."""

    role: str
    columns: tuple[Column, ...]
    required: tuple[frozenset[str], ...]  # any one of these sets of columns is enough
    numbers: frozenset[str]


@dataclass(frozen=True)
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
        """Return the columns of the main table."""
        return self.shapes[0].columns

    @property
    def groups(self) -> list[str]:
        """Return the ids of the categories that have no parent: together they are the total."""
        return [c.id for c in self.columns if c.parent is None and c.id != "total"]

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


def parse(data: Mapping[str, Any], file: str) -> Taxonomy:
    """Return the taxonomy that a JSON object describes.

    Args:
        data: the parsed JSON; its shape is in ``resources/taxonomies/taxonomy.schema.json``.
        file: name to give in errors.

    Raises:
        TaxonomyError: naming file and key, for what is missing or cannot be.
    """
    if not isinstance(data, Mapping):
        raise TaxonomyError(file, "file", "is no JSON object")

    def need(key: str) -> Any:
        return _need(data, key, "", file)

    kind = need("kind")
    if kind not in KINDS:
        raise TaxonomyError(file, "kind", f"{kind!r} is none of {', '.join(KINDS)}")
    for part in PARTS[kind]:
        need(part)
    return Taxonomy(
        id=need("id"),
        dimension=need("dimension"),
        prefix=need("prefix"),
        kind=kind,
        title=need("title"),
        edition=need("edition"),
        publisher=need("publisher"),
        base=need("base"),
        attribution=need("attribution"),
        area_vintage=data.get("area_vintage"),
        shapes=tuple(_shapes(data, kind, file)),
        indicators=tuple(_indicator(item, data, file) for item in need("indicators")),
        raw=data,
    )


def _need(item: Mapping[str, Any], key: str, where: str, file: str) -> Any:
    if key not in item:
        raise TaxonomyError(file, f"{where}.{key}" if where else key, "is missing")
    return item[key]


def _shapes(data: Mapping[str, Any], kind: str, file: str) -> Iterator[Shape]:
    if kind == "composition":
        columns = _columns(data["categories"], "categories", file)
        parents = {c.parent for c in columns}
        groups = frozenset(c.id for c in columns if c.parent is None)
        leaves = frozenset(c.id for c in columns if c.id not in parents)
        for number, column in enumerate(columns):
            if column.parent and column.parent not in {c.id for c in columns}:
                key = f"categories[{number}].parent"
                raise TaxonomyError(file, key, f"there is no category {column.parent!r}")
        everything = (_column(data["total"], "total", file), *columns)
        yield Shape("counts", everything, (groups, leaves), frozenset(c.id for c in everything))
    elif kind == "ranked":
        columns = _columns(data["columns"], "columns", file)
        required = _required(data, columns, "", file)
        yield Shape("ranks", columns, (required,), frozenset(c.id for c in columns))
    else:
        for role, table in data["tables"].items():
            where = f"tables.{role}"
            columns = _columns(_need(table, "columns", where, file), f"{where}.columns", file)
            required = _required(table, columns, where, file)
            numbers = frozenset(_need(table, "numbers", where, file))
            yield Shape(role, columns, (required,), numbers)


def _columns(items: Sequence[Mapping[str, Any]], key: str, file: str) -> tuple[Column, ...]:
    return tuple(_column(item, f"{key}[{i}]", file) for i, item in enumerate(items))


def _required(
    item: Mapping[str, Any], columns: tuple[Column, ...], where: str, file: str
) -> frozenset[str]:
    required = frozenset(_need(item, "required", where, file))
    strange = sorted(required - {c.id for c in columns})
    if strange:
        key = f"{where}.required" if where else "required"
        raise TaxonomyError(file, key, f"there is no column {', '.join(strange)}")
    return required


def _column(item: Mapping[str, Any], key: str, file: str) -> Column:
    for name in ("id", "label"):
        if name not in item:
            raise TaxonomyError(file, f"{key}.{name}", "is missing")
    return Column(
        id=item["id"],
        label=item["label"],
        also=tuple(item.get("also", ())),
        short=item.get("short", ""),
        code=item.get("code", ""),
        parent=item.get("parent"),
    )


def _indicator(item: Mapping[str, Any], data: Mapping[str, Any], file: str) -> Indicator:
    for name in ("id", "title", "barrier"):
        if name not in item:
            raise TaxonomyError(file, f"indicators.{item.get('id', '?')}.{name}", "is missing")
    known, used = _references(item, data)
    if used - known:
        wrong = ", ".join(sorted(used - known))
        raise TaxonomyError(file, f"indicators.{item['id']}", f"there is no column {wrong}")
    measure = item.get("measure", "share")
    known_measures = MEASURES.get(data["kind"], ())
    if measure not in known_measures:
        raise TaxonomyError(
            file,
            f"indicators.{item['id']}.measure",
            f"{measure!r} is none of {', '.join(known_measures)}",
        )
    return Indicator(
        id=item["id"],
        title=item["title"],
        measure=measure,
        statistics=tuple(item.get("statistics", ("n", "pct") if measure == "share" else ())),
        barrier=item["barrier"],
        options=item,
    )


def _references(item: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the columns that there are, and those that an indicator uses."""
    if data["kind"] == "composition":
        known = {"total", *(c["id"] for c in data["categories"])}
        return known, {*item.get("numerator", ()), *item.get("minus", ())}
    if data["kind"] == "ranked":
        known = {c["id"] for c in data["columns"]}
        single = {item[key] for key in ("column", "published") if key in item}
        return known, single | set(item.get("weights", {}))
    return set(), set()
