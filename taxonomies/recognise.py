"""Recognition of published tables by the meaning of their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .areas import code_in, may_be_personal
from .errors import AmbiguousTable, UnknownTable
from .model import Shape, Taxonomy

Row = Sequence[str]
# the suffix of Nomis bulk files, whole or cut off by a database's limit on names
MEASURES = re.compile(r"\s*;(\s*m[a-z]*:?\s*(v[a-z]*)?)?$")
SHORTEST_TRUNCATED = 24  # a heading cut off sooner could be anything
KEY_HEADINGS = {"geography code", "mnemonic", "area code", "code"}


@dataclass(frozen=True)
class Recognised:
    """A table, and what its columns mean.

    Attributes:
        heading_row: index of the row of headings in the head that was given.
        columns: column id to its position in the table.
        headings: column id to the heading as it stands in the table.
        truncated: headings accepted although their end is missing.
        keys: positions that may hold area codes, likeliest first.
        shape_name: the published shape, in words.
    """

    taxonomy: Taxonomy
    shape: Shape
    heading_row: int
    columns: dict[str, int]
    headings: dict[str, str]
    truncated: tuple[str, ...]
    keys: tuple[int, ...]
    shape_name: str


@dataclass(frozen=True)
class _Fit:
    taxonomy: Taxonomy
    shape: Shape
    row: int
    columns: dict[str, int]
    truncated: tuple[str, ...]
    strength: tuple[int, int]

    @property
    def positions(self) -> set[int]:
        return {at for name, at in self.columns.items() if name != "total"}


def plain(heading: str) -> str:
    """Return a heading without what publishers and databases change: case, spaces, suffix."""
    text = " ".join(str(heading).replace("\ufeff", "").replace("_", " ").split()).casefold()
    return MEASURES.sub("", text)


def recognise(
    head: Sequence[Row], taxonomies: Iterable[Taxonomy], vintage: int | None = None
) -> list[Recognised]:
    """Return the tables found in the head of a file or in the fields of a layer.

    A file holds one table; a layer may hold several side by side. Preamble lines before the
    headings do not matter, nor do the order of columns and columns of no meaning here.

    Args:
        head: first rows, cells as text; the row of headings is among them.
        taxonomies: the catalogue to compare with.
        vintage: census year of the areas, to choose between editions alike in all else.

    Raises:
        UnknownTable: when none fits.
        AmbiguousTable: when several fit equally well, or two columns claim one meaning.
    """
    everything = tuple(taxonomies)
    fits = [fit for t in everything for shape in t.shapes for fit in _best_row(head, t, shape)]
    if not fits:
        raise _unknown(head, everything)
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
        chosen.append(fit if len(equal) == 1 else _by_vintage(equal, vintage))
    return [_describe(head, fit) for fit in chosen]


def _best_row(head: Sequence[Row], taxonomy: Taxonomy, shape: Shape) -> list[_Fit]:
    """Return the fit of the row that matches most columns, if it has all that is needed."""
    names = _names(taxonomy, shape)
    marks = {plain(mark) for mark in taxonomy.raw.get("marks", ())}
    best: _Fit | None = None
    for number, row in enumerate(head):
        cells = [plain(cell) for cell in row]
        found, truncated = _match(cells, names)
        enough = any(needed <= found.keys() for needed in shape.required)
        if enough and (best is None or len(found) > len(best.columns)):
            columns = {name: _only(places, name, row) for name, places in found.items()}
            strength = (len(columns), len(marks & set(cells)))
            best = _Fit(taxonomy, shape, number, columns, truncated, strength)
    return [best] if best else []


def _names(taxonomy: Taxonomy, shape: Shape) -> dict[str, str]:
    prefix = taxonomy.raw.get("heading_prefix", "")
    names: dict[str, str] = {}
    for column in shape.columns:
        for label in (column.label, *column.also):
            names.setdefault(plain(label), column.id)
            if prefix:
                names.setdefault(plain(f"{prefix}: {label}"), column.id)
    return names


def _match(cells: Row, names: dict[str, str]) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    found: dict[str, list[int]] = {}
    truncated = []
    for position, cell in enumerate(cells):
        name = names.get(cell)
        if name is None and len(cell) >= SHORTEST_TRUNCATED:
            begun = {identifier for label, identifier in names.items() if label.startswith(cell)}
            if len(begun) == 1:
                name = begun.pop()
                truncated.append(cell)
        if name is not None:
            found.setdefault(name, []).append(position)
    return found, tuple(truncated)


def _only(places: list[int], name: str, row: Row) -> int:
    if len(places) > 1:
        raise AmbiguousTable([row[place] for place in places], meaning=name)
    return places[0]


def _by_vintage(rivals: list[_Fit], vintage: int | None) -> _Fit:
    fitting = [fit for fit in rivals if vintage and fit.taxonomy.area_vintage == vintage]
    if len(fitting) != 1:
        raise AmbiguousTable([fit.taxonomy.name for fit in rivals])
    return fitting[0]


def _describe(head: Sequence[Row], fit: _Fit) -> Recognised:
    row = head[fit.row]
    return Recognised(
        taxonomy=fit.taxonomy,
        shape=fit.shape,
        heading_row=fit.row,
        columns=fit.columns,
        headings={name: row[position] for name, position in fit.columns.items()},
        truncated=fit.truncated,
        keys=tuple(_keys(head, fit)),
        shape_name=_shape_name(row, fit),
    )


def _keys(head: Sequence[Row], fit: _Fit) -> list[int]:
    """Return positions that hold codes in the first rows, else all that mean nothing else."""
    row, sample = head[fit.row], head[fit.row + 1 :]
    free = [p for p in range(len(row)) if p not in fit.columns.values()]
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
    return "table with the published headings"


def _unknown(head: Sequence[Row], taxonomies: Sequence[Taxonomy]) -> UnknownTable:
    """Return the error with the row of headings and the table that comes nearest to it.

    Only headings are ever shown: a row of data may hold what must not reach a log.
    """
    shapes = [(t, shape, _names(t, shape)) for t in taxonomies for shape in t.shapes]
    row = _headings(head, [names for _, _, names in shapes])
    headings = [cell.strip() for cell in row if cell.strip()]
    cells = [plain(cell) for cell in row]
    likeness = [(len(_found(row, names)), _shared_words(cells, names)) for _, _, names in shapes]
    if not likeness or max(likeness) == (0, 0.0):
        return UnknownTable(headings, None, [])
    taxonomy, shape, names = shapes[likeness.index(max(likeness))]
    needed = min((need - _found(row, names) for need in shape.required), key=len)
    missing = [column.label for column in shape.columns if column.id in needed]
    return UnknownTable(headings, taxonomy.name, missing)


def _found(row: Row, names: dict[str, str]) -> set[str]:
    return set(_match([plain(cell) for cell in row], names)[0])


def _headings(head: Sequence[Row], shapes: Iterable[dict[str, str]]) -> Row:
    """Return the first row that is nearly as wide as the widest, if it is no row of data.

    It counts as headings where it holds two known ones, or where some column has figures or
    codes below a word. A table without headings, or of words alone, may be replies: they are
    never shown.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in head]
    widest = max(filled, default=0)
    at = next((i for i, n in enumerate(filled) if n > 1 and n >= 0.8 * widest), None)
    if at is None:
        return []
    row, below = head[at], head[at + 1 :]
    if any(may_be_personal(cell) or code_in(cell) for cell in row):
        return []
    known = any(len(_found(row, names)) > 1 for names in shapes)
    return row if known or _words_over_figures(row, below) else []


def _words_over_figures(row: Row, below: Sequence[Row]) -> bool:
    for position, cell in enumerate(row):
        column = [r[position] for r in below if position < len(r) and r[position].strip()]
        if cell.strip() and not _is_figure(cell) and 2 * sum(map(_is_figure, column)) > len(column):
            return True
    return False


def _is_figure(cell: str) -> bool:
    """Return whether a cell is a number, a date, an area code or a postcode."""
    number = re.fullmatch(r"[-+]?[\d.,:/ -]+%?", cell.strip())
    return bool(number or code_in(cell) or may_be_personal(cell))


def _shared_words(cells: Iterable[str], names: Iterable[str]) -> float:
    """Return the share of words that two sets of headings have in common (Jaccard)."""
    mine, theirs = ({w for text in texts for w in text.split()} for texts in (cells, names))
    return len(mine & theirs) / len(mine | theirs) if mine else 0.0
