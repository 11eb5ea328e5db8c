"""The figures of a whole nation that stand beside an area's own, each with its date and source.

They lie in the taxonomies' files, only where they were checked. Where it is not known which of
several editions or years an area's figure is of, and they differ, there is none to stand beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .areas import level_of
from .catalogue import catalogue
from .model import Taxonomy

ENGLAND = "England"
NEAR = 0.1  # years whose figures differ by a smaller part of themselves may stand for each other
START = 3  # characters of a code that tell its level and country


@dataclass(frozen=True)
class National:
    """A figure of a nation.

    Attributes:
        area: the nation.
        value: in the unit of the field, over the same people or households.
        date: the day or year that it speaks of, as in ``2021-03-21``, ``2025`` or ``2024/25``.
        source: the published table that it was made of, and how.
        url: where the publisher has that table.
        middle: whether it is the figure of the nation's middle area, and not of the whole nation.
    """

    area: str
    value: float
    date: str
    source: str
    url: str = ""
    middle: bool = False


def nation_of(codes: Iterable[str]) -> str:
    """Return the country in which all areas lie by their codes, empty where no one is told."""
    levels = [level_of([start]) for start in {code[:START] for code in codes}]
    countries = {level.country if level else "" for level in levels}
    return countries.pop() if len(countries) == 1 else ""


def national_figures(
    names: Iterable[str], told: Collection[str], nation: str = ENGLAND, year: str = ""
) -> dict[str, National]:
    """Return the figures of a nation to stand beside an area's, by field; none where in doubt.

    Args:
        names: of the fields.
        told: names of the taxonomies that the figures are said to be of, as ``Taxonomy.name``;
            empty where nothing is said: then all that know a field must give the same figure.
        nation: whose figures are meant.
        year: that the figures are of, such as ``2021/22``, where it is known; for those of which
            there are several years.
    """
    asked = set(names)
    found: dict[str, list[National | None]] = {}
    for taxonomy in catalogue():
        if not told or taxonomy.name in told:
            known = _known(taxonomy)
            for field in asked & known.keys():
                one = _of_year([f for f in known[field] if f.area == nation], year)
                found.setdefault(field, []).append(one)
    return {
        field: one
        for field, (one, *others) in found.items()
        if one is not None and all(_same(one, other) for other in others)
    }


def figures_of(taxonomy: Taxonomy) -> Iterator[tuple[str, tuple[National, ...]]]:
    """Yield the fields of which a taxonomy has figures of nations, and these."""
    for indicator in taxonomy.indicators:
        if "national" in indicator.options:
            statistic = "pct" if indicator.measure == "share" else ""
            yield taxonomy.field(indicator.id, statistic), _read(indicator.options["national"])
    for item in taxonomy.raw["categories"] if taxonomy.kind == "register" else ():
        if "national" in item:
            yield taxonomy.field(item["id"], "pct"), _read(item["national"])


@lru_cache(maxsize=128)
def _known(taxonomy: Taxonomy) -> dict[str, tuple[National, ...]]:
    """Return the fields of a taxonomy, each with its figures of nations; most have none."""
    return {**dict.fromkeys(taxonomy.fields(), ()), **dict(figures_of(taxonomy))}


def _read(written: Sequence[dict[str, Any]]) -> tuple[National, ...]:
    return tuple(National(**one) for one in written)


def _of_year(figures: Sequence[National], year: str) -> National | None:
    """Return the figure of a year, else the newest unless another year's is far from it."""
    for figure in figures:
        if figure.date == year:
            return figure
    newest = max(figures, key=lambda figure: figure.date, default=None)
    if newest is None or any(not _near(figure, newest) for figure in figures):
        return None
    return newest


def _near(one: National, other: National) -> bool:
    return abs(one.value - other.value) < NEAR * max(abs(one.value), abs(other.value)) or (
        one.value == other.value
    )


def _same(one: National, other: National | None) -> bool:
    return other is not None and (one.value, one.date) == (other.value, other.date)
