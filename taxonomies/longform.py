"""Tables with a row for each area and category: the category is a value, not a heading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .areas import code_in
from .coding import LEFT_OUT, category_of, is_variable
from .headings import Heading, plain
from .model import Taxonomy

COUNTS = (
    *("observation", "obs value", "n", "count", "counts", "number", "value", "frequency"),
    *("residents", "people", "persons", "households"),
)
SHARES = {
    **dict.fromkeys(("percent", "percentage", "per cent", "pct", "%"), "percent"),
    **dict.fromkeys(("prop", "proportion"), "proportion"),
}
TOTALS = frozenset(
    {
        *("total", "total residents", "total population", "total households", "population"),
        *("denominator", "base", "all usual residents", "all households"),
    }
)
# what a column of measures says of the rows beside it
COUNTED = frozenset({"value", "count", "counts", "number", "n", "observation"})
SHARED = frozenset({"percent", "percentage", "per cent", "pct", "%"})
ENOUGH = 0.8  # of the values under the variable's own heading


@dataclass(frozen=True)
class Long:
    """Where a table in long form has what.

    Attributes:
        category: position of the category.
        value: position of the figure.
        unit: ``count``, ``percent`` or ``proportion`` of it.
        measure: position of a column that says which rows count and which give shares.
        wanted: what that column says in the rows to use.
        total: position of the area's total, repeated in each row.
        summed: positions of further variables, over which rows are added up.
        coded: whether codes count as categories, as under the variable's own heading.
    """

    category: int
    value: int
    unit: str
    measure: int | None = None
    wanted: frozenset[str] = frozenset()
    total: int | None = None
    summed: tuple[int, ...] = ()
    coded: bool = False

    @property
    def used(self) -> set[int]:
        """Return all positions that mean something."""
        found = {self.category, self.value, self.measure, self.total, *self.summed}
        return {at for at in found if at is not None}


@dataclass(frozen=True)
class LongFit:
    """A taxonomy that a column of categories fits."""

    taxonomy: Taxonomy
    row: int
    long: Long
    strength: tuple[int, int]


def long_fits(
    head: Sequence[Sequence[str]],
    rows: Sequence[Sequence[Heading]],
    taxonomies: Sequence[Taxonomy],
) -> Iterator[LongFit]:
    """Yield the taxonomies whose categories stand in a column of the first rows.

    All different values of that column must be categories there, at least two of them; under
    the variable's own heading one is enough, as the rows may be sorted by category.
    """
    compositions = [t for t in taxonomies if t.kind == "composition"]
    for number, row in enumerate(rows[:-1]):
        headings = [heading.text for heading in row]
        if not any(text in COUNTS or text in SHARES for text in headings):
            continue
        below = head[number + 1 :]
        values = [_different(below, at) for at in range(len(row))]
        for at, different in enumerate(values):
            if headings[at] in COUNTS or headings[at] in SHARES or not different:
                continue
            for taxonomy in compositions:
                strength = _strength(headings[at], different, taxonomy)
                long = strength and _parts(at, headings, values, taxonomy)
                if strength and long:
                    yield LongFit(taxonomy, number, long, strength)


def long_shape_name(row: Sequence[str]) -> str:
    """Return in words which published long form a row of headings belongs to."""
    headings = {plain(cell) for cell in row}
    if "obs value" in headings:
        return "Nomis download with a row for each area and category"
    if "observation" in headings:
        return "ONS custom dataset"
    return "table with a row for each area and category"


def _different(rows: Sequence[Sequence[str]], at: int) -> set[str]:
    return {plain(row[at]) for row in rows if at < len(row) and str(row[at]).strip()}


def _strength(heading: str, values: set[str], taxonomy: Taxonomy) -> tuple[int, int] | None:
    """Return how well the values of a column are the categories of a taxonomy."""
    asked = values - LEFT_OUT
    named = is_variable(heading, taxonomy)
    meant = [category_of(value, taxonomy, codes=named) for value in asked]
    fitting = [name for name in meant if name]
    known = set(fitting)
    if taxonomy.partial:
        return (1, len(known) + 1) if named else None
    if named and known and len(fitting) >= ENOUGH * len(asked):
        return 1, len(known) + 1
    if len(known) > 1 and len(fitting) == len(asked):
        return 0, len(known) + 1
    return None


def _parts(
    category: int, headings: Sequence[str], values: Sequence[set[str]], taxonomy: Taxonomy
) -> Long | None:
    """Return where the figure, its unit and all else stand beside a column of categories."""
    places = {text: at for at, text in reversed(list(enumerate(headings)))}
    value = next((places[name] for name in COUNTS if name in places), None)
    share = next((at for text, at in places.items() if text in SHARES), None)
    unit, chosen = "count", value
    if chosen is None and share is not None:
        unit, chosen = SHARES[headings[share]], share
    if chosen is None:
        return None
    measure, wanted = _measure(category, values)
    if measure is not None and not wanted & COUNTED:
        unit = "percent"
    own = {
        plain(label) for c in taxonomy.columns if c.id == "total" for label in (c.label, *c.also)
    }
    totals = (at for at, text in enumerate(headings) if text in TOTALS | own)
    return Long(
        category,
        chosen,
        unit,
        measure,
        wanted,
        next((at for at in totals if at not in (category, chosen, measure)), None),
        tuple(_others(category, headings, values)),
        is_variable(headings[category], taxonomy),
    )


def _measure(category: int, values: Sequence[set[str]]) -> tuple[int | None, frozenset[str]]:
    """Return the column that tells counts from shares, and what it says where to read."""
    for at, different in enumerate(values):
        if at != category and different and different <= COUNTED | SHARED:
            return at, frozenset(different & COUNTED) or frozenset(different & SHARED)
    return None, frozenset()


def _others(category: int, headings: Sequence[str], values: Sequence[set[str]]) -> Iterator[int]:
    """Yield the further variables of an ONS custom dataset: each has its codes beside it."""
    for at, text in enumerate(headings):
        coded = [i for i, other in enumerate(headings) if other == f"{text} code"]
        areas = any(code_in(value) for i in coded for value in values[i])
        if coded and at != category and not areas:
            yield at
