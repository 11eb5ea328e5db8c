"""Recognition of published tables by the meaning of their headings, or of their categories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .areas import code_in, level_of, vintage_of
from .catalogue import catalogue
from .errors import AmbiguousTable
from .headings import Heading, Names, names_of_columns, plain, tables_named
from .longform import Long, LongFit, long_fits, long_shape_name
from .model import Shape, Taxonomy
from .unknown import unknown_table

Row = Sequence[str]
KEY_HEADINGS = {"geography code", "mnemonic", "area code", "code"}
CLOSE_ENOUGH = 1e-9
NOISE = 0.02  # of a total that parts may miss, by the noise that publishers add


@dataclass(frozen=True)
class Recognised:
    """A table, and what its columns mean.

    Attributes:
        heading_row: index of the row of headings in the head that was given.
        columns: column id to its positions in the table; several where they are added up.
        headings: position to the heading as it stands in the table.
        truncated: headings accepted although their end is missing.
        keys: positions that may hold area codes, likeliest first.
        shape_name: the published shape, in words.
        unit: ``count``, ``percent`` or ``proportion`` of the figures.
        long: where category and value stand, in a table with a row for each category.
    """

    taxonomy: Taxonomy
    shape: Shape
    heading_row: int
    columns: dict[str, tuple[int, ...]]
    headings: dict[int, str]
    truncated: tuple[str, ...]
    keys: tuple[int, ...]
    shape_name: str
    unit: str = "count"
    long: Long | None = None


@dataclass(frozen=True)
class _Fit:
    taxonomy: Taxonomy
    shape: Shape
    row: int
    columns: dict[str, tuple[int, ...]]
    truncated: tuple[str, ...]
    strength: tuple[int, int]
    unit: str = "count"
    long: Long | None = None

    @property
    def positions(self) -> set[int]:
        """Return the columns that no other table can have as well."""
        if self.long:
            return {self.long.category}
        return {at for name, places in self.columns.items() if name != "total" for at in places}


def recognise(head: Sequence[Row], taxonomies: Iterable[Taxonomy]) -> list[Recognised]:
    """Return the tables found in the head of a file or in the fields of a layer.

    A file holds one table; a layer may hold several side by side. Preamble lines before the
    headings do not matter, nor do the order of columns and columns of no meaning here. Only
    the head is looked at: of a file of any size, its first rows. Between editions alike in all
    else, marks and the year that codes or headings tell decide; else it is a question.

    Args:
        head: first rows, cells as text; the row of headings is among them.
        taxonomies: the catalogue to compare with.

    Raises:
        UnknownTable: when none fits.
        AmbiguousTable: when several fit equally well, or two columns claim one meaning.
    """
    everything = tuple(taxonomies)
    seen = _Head.of(head)
    fits = [fit for t in everything for shape in t.shapes for fit in _wide(seen, t, shape)]
    fits += [_from_long(fit) for fit in long_fits(head, seen.rows, everything)]
    if not fits:
        raise unknown_table(head, seen.rows, everything, _title_of(seen, everything))
    chosen: list[_Fit] = []
    fits.sort(key=lambda fit: fit.strength, reverse=True)
    for fit in fits:
        if any(fit.positions & other.positions for other in chosen):
            continue
        equal = [
            other
            for other in fits
            if other.strength == fit.strength and other.positions & fit.positions
        ]
        chosen.append(fit if len(equal) == 1 else _by_vintage(equal, seen))
    return [_describe(head, fit) for fit in chosen]


def _title_of(head: _Head, tried: Sequence[Taxonomy]) -> str | None:
    """Return the name of a table that is known, but not among those that were asked for."""
    others = [t for t in catalogue() if t not in tried]
    fits = [fit for t in others for shape in t.shapes for fit in _wide(head, t, shape)]
    best = max(fits, key=lambda fit: fit.strength, default=None)
    return best.taxonomy.name if best else None


@dataclass(frozen=True)
class _Head:
    """The first rows of a table, looked at once for all taxonomies.

    Attributes:
        cells: as they stand.
        rows: as headings, cleaned.
        named: for each row, the numbers of published tables that lines above it begin with.
        codes: of areas in them.
        countries: of these codes.
    """

    cells: Sequence[Row]
    rows: list[list[Heading]]
    named: list[set[str]]
    codes: set[str]
    countries: set[str]

    @classmethod
    def of(cls, head: Sequence[Row]) -> _Head:
        codes = {code for row in head for cell in row if (code := code_in(cell))}
        countries = {level.country for code in codes if (level := level_of([code]))}
        rows = [[Heading.of(cell) for cell in row] for row in head]
        return cls(head, rows, tables_named(head), codes, countries)


def _wide(head: _Head, taxonomy: Taxonomy, shape: Shape) -> list[_Fit]:
    """Return the fit of the row that matches most columns, if it has all that is needed."""
    nation = taxonomy.raw.get("nation")
    if nation and nation not in (head.countries or {nation}):
        return []  # a like table of another nation
    names = names_of_columns(taxonomy, shape)
    marks = {plain(mark) for mark in taxonomy.raw.get("marks", ())}
    best: _Fit | None = None
    for number, row in enumerate(head.rows):
        named = taxonomy.raw.get("table", "") in head.named[number]
        counts, shares, truncated = _match(row, names, named)
        for unit, found in (("count", counts), *shares.items()):
            if unit != "count" and "total" in counts:
                found.setdefault("total", counts["total"])
            if not any(needed <= found.keys() for needed in shape.required):
                continue
            if best is None or len(found) > len(best.columns):
                columns = {
                    name: _places(places, name, taxonomy, head.cells[number])
                    for name, places in found.items()
                }
                hits = len(marks & {heading.text for heading in row}) + named
                strength = (hits, len(columns))
                if unit == "count" and taxonomy.kind == "composition" and not taxonomy.partial:
                    unit = _unit(head.cells[number + 1 :], columns, shape)
                best = _Fit(taxonomy, shape, number, columns, truncated, strength, unit)
            break  # counts are better than the percentages beside them
    return [best] if best else []


Found = dict[str, list[int]]


def _match(
    row: Sequence[Heading], names: Names, named: bool
) -> tuple[Found, dict[str, Found], tuple[str, ...]]:
    """Return the columns found as counts, and as percentages or proportions."""
    counts: Found = {}
    shares: dict[str, Found] = {}
    truncated = []
    for position, heading in enumerate(row):
        name = names.find(heading.text, named)
        if name is not None:
            counts.setdefault(name, []).append(position)
            continue
        share = names.find(heading.rest, named) if heading.unit else None
        if share is not None:
            shares.setdefault(heading.unit, {}).setdefault(share, []).append(position)
            continue
        name = names.begun(heading.text)
        if name is not None:
            counts.setdefault(name, []).append(position)
            truncated.append(heading.text)
    for found in (counts, *shares.values()):
        for name, labels in names.sums.items():
            if name in found and len(found[name]) < labels:
                del found[name]  # a sum of some of its parts would be too small
    return counts, shares, tuple(truncated)


def _places(places: list[int], name: str, taxonomy: Taxonomy, row: Row) -> tuple[int, ...]:
    if len(places) > 1 and name not in taxonomy.summed:
        raise AmbiguousTable([row[place] for place in places], meaning=name)
    return tuple(places)


def _unit(sample: Sequence[Row], columns: dict[str, tuple[int, ...]], shape: Shape) -> str:
    """Return the unit that the first rows give away: shares add up to 100, or to 1.

    A row counts when all of its parts are numbers. Published shares are rounded, so each may
    be off by half of its last digit.
    """
    for needed in shape.required:
        if needed <= columns.keys():
            break
    parts = [
        [row[at] for name in needed for at in columns[name] if at < len(row)] for row in sample
    ]
    rows = [[*map(_number, cells)] if len(cells) >= len(needed) else [] for cells in parts]
    numbers = [[n for n, _ in row if n is not None] for row in rows]
    complete = [i for i, row in enumerate(numbers) if row and len(row) == len(rows[i])]
    fractional = any(d > 0 for i in complete for _, d in rows[i])
    if not fractional or _are_parts_of_totals(sample, columns.get("total"), numbers, complete):
        return "count"
    for unit, whole in (("percent", 100.0), ("proportion", 1.0)):
        off = [abs(sum(numbers[i]) - whole) for i in complete]
        room = [sum(0.5 * 10.0**-d for _, d in rows[i]) + CLOSE_ENOUGH for i in complete]
        if all(miss <= most for miss, most in zip(off, room)):
            return unit
    return "count"


def _are_parts_of_totals(
    sample: Sequence[Row],
    total: tuple[int, ...] | None,
    numbers: Sequence[Sequence[float]],
    complete: Sequence[int],
) -> bool:
    """Return whether parts make the totals beside them, and these are not all 100 or 1."""
    if not total or not complete:
        return False
    pairs = [(sum(numbers[i]), _number(sample[i][total[0]])[0]) for i in complete]
    return all(
        whole is not None and abs(parts - whole) <= NOISE * max(whole, 1) for parts, whole in pairs
    ) and any(whole not in (1, 100) for _, whole in pairs)


def _number(cell: str) -> tuple[float | None, int]:
    """Return a cell as a number with its decimals; None where it is none."""
    text = str(cell).strip()
    try:
        return float(text), len(text.partition(".")[2])
    except ValueError:
        return None, 0


def _from_long(fit: LongFit) -> _Fit:
    total = fit.long.total
    columns: dict[str, tuple[int, ...]] = {} if total is None else {"total": (total,)}
    return _Fit(
        fit.taxonomy,
        fit.taxonomy.shapes[0],
        fit.row,
        columns,
        (),
        fit.strength,
        fit.long.unit,
        fit.long,
    )


def _by_vintage(rivals: list[_Fit], head: _Head) -> _Fit:
    """Return the one edition of the year that the table itself tells, or ask."""
    headings = " ".join(head.cells[rivals[0].row])
    vintage = vintage_of(head.codes, headings)
    fitting = [fit for fit in rivals if vintage and fit.taxonomy.area_vintage == vintage]
    if len(fitting) != 1:
        raise AmbiguousTable(
            [fit.taxonomy.name for fit in rivals], ids=[fit.taxonomy.id for fit in rivals]
        )
    return fitting[0]


def _describe(head: Sequence[Row], fit: _Fit) -> Recognised:
    row = head[fit.row]
    used = {at for places in fit.columns.values() for at in places}
    return Recognised(
        taxonomy=fit.taxonomy,
        shape=fit.shape,
        heading_row=fit.row,
        columns=fit.columns,
        headings={at: row[at] for at in sorted(used | (fit.long.used if fit.long else set()))},
        truncated=fit.truncated,
        keys=tuple(_keys(head, fit)),
        shape_name=long_shape_name(row) if fit.long else _shape_name(row, fit),
        unit=fit.unit,
        long=fit.long,
    )


def _keys(head: Sequence[Row], fit: _Fit) -> list[int]:
    """Return positions that hold codes in the first rows, else all that mean nothing else."""
    row, sample = head[fit.row], head[fit.row + 1 :]
    taken = {at for places in fit.columns.values() for at in places}
    taken |= fit.long.used if fit.long else set()
    free = [p for p in range(len(row)) if p not in taken]
    coded = [p for p in free if any(p < len(r) and code_in(r[p]) for r in sample)]
    named = [p for p in free if plain(row[p]) in KEY_HEADINGS]
    return list(dict.fromkeys([p for p in named if p in coded] + coded)) or free


def _shape_name(row: Row, fit: _Fit) -> str:
    headings = {plain(cell) for cell in row}
    if fit.taxonomy.kind != "composition":
        return "published file"
    if "mnemonic" in headings:
        return "Nomis query export with mnemonics"
    if "%" in headings:
        return "Nomis query export with percentages"
    if {"date", "geography code"} <= headings:
        return "Nomis bulk file"
    if {"geography code", "classification"} <= headings:
        return "ONS census maps file"
    return "table with the published headings"
