"""A taxonomy: how a published table names its categories, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import TaxonomyError

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

    def need(key: str) -> Any:
        if key not in data:
            raise TaxonomyError(file, key, "is missing")
        return data[key]

    kind = need("kind")
    if kind not in KINDS:
        raise TaxonomyError(file, "kind", f"{kind!r} is none of {', '.join(KINDS)}")
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


def _shapes(data: Mapping[str, Any], kind: str, file: str) -> Iterator[Shape]:
    if kind == "composition":
        columns = tuple(
            _column(c, f"categories[{i}]", file) for i, c in enumerate(data["categories"])
        )
        parents = {c.parent for c in columns}
        groups = frozenset(c.id for c in columns if c.parent is None)
        leaves = frozenset(c.id for c in columns if c.id not in parents)
        everything = (_column(data["total"], "total", file), *columns)
        yield Shape("counts", everything, (groups, leaves), frozenset(c.id for c in everything))
    elif kind == "ranked":
        columns = tuple(_column(c, f"columns[{i}]", file) for i, c in enumerate(data["columns"]))
        required = (frozenset(data["required"]),)
        yield Shape("ranks", columns, required, frozenset(c.id for c in columns))
    else:
        for role, table in data["tables"].items():
            columns = tuple(
                _column(c, f"tables.{role}.columns[{i}]", file)
                for i, c in enumerate(table["columns"])
            )
            required = (frozenset(table["required"]),)
            yield Shape(role, columns, required, frozenset(table["numbers"]))


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
    if data["kind"] == "composition":
        known = {"total", *(c["id"] for c in data["categories"])}
        used = {*item.get("numerator", ()), *item.get("minus", ())}
        if used - known:
            wrong = ", ".join(sorted(used - known))
            raise TaxonomyError(file, f"indicators.{item['id']}", f"no such category: {wrong}")
    measure = item.get("measure", "share")
    return Indicator(
        id=item["id"],
        title=item["title"],
        measure=measure,
        statistics=tuple(item.get("statistics", ("n", "pct") if measure == "share" else ())),
        barrier=item["barrier"],
        options=item,
    )
