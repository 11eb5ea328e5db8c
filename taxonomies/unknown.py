"""What a table that is not recognised may be: its headings, its name, the nearest known one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from .areas import code_in, may_be_personal
from .catalogue import HOME
from .errors import UnknownTable
from .headings import Heading, Names, names_of_columns, plain
from .model import Taxonomy

Row = Sequence[str]
# the title line of Nomis exports: TS030 - Religion
TITLE = re.compile(r"^\s*([A-Z]{2,3}\d{2,4}[A-Z]{0,3})\s*[-–:]\s*(\S.*?)\s*$")
ALIKE = 0.1  # of the words in two sets of headings, to call a table near
SOME = 2  # columns in common, to call a table near
SEVERAL = 3  # headings under one prefix make a published table of it


def unknown_table(
    head: Sequence[Row],
    rows: Sequence[Sequence[Heading]],
    taxonomies: Sequence[Taxonomy],
    known_as: str | None = None,
) -> UnknownTable:
    """Return the error with the row of headings, what it may be, and the nearest known table.

    ``known_as`` is the name of a table of the catalogue that was not asked for.

    Only headings are ever shown: a row of data may hold what must not reach a log.
    """
    shapes = [(t, shape, names_of_columns(t, shape)) for t in taxonomies for shape in t.shapes]
    at = _heading_row(head, rows, [names for _, _, names in shapes])
    row = head[at] if at is not None else []
    headings = [cell.strip() for cell in row if cell.strip()]
    cells = rows[at] if at is not None else []
    title = known_as or _title(head, headings, taxonomies)
    likeness = [(len(_found(cells, names)), _shared_words(cells, names)) for _, _, names in shapes]
    most, words = max(likeness, default=(0, 0.0))
    if title or (most < SOME and words < ALIKE):
        return UnknownTable(headings, None, [], title)
    taxonomy, shape, names = shapes[likeness.index(max(likeness))]
    needed = min((need - _found(cells, names) for need in shape.required), key=len)
    there = {heading.text for heading in cells}
    missing = [
        label
        for column in shape.columns
        if column.id in needed
        for label in ((column.label, *column.also) if column.id in names.sums else (column.label,))
        if column.id not in names.sums or plain(label) not in there
    ]
    return UnknownTable(headings, taxonomy.name, missing, title)


@lru_cache(maxsize=1)
def known_tables() -> dict[str, str]:
    """Return the titles of published tables that are not used here, by their plain prefix."""
    data = json.loads((HOME / "known_tables.json").read_text(encoding="utf-8"))
    titles: dict[str, list[str]] = {}
    for item in data["tables"]:
        title = f"{item['title']} ({item['table']})"
        titles.setdefault(plain(item["heading_prefix"]), []).append(title)
    return {prefix: " / ".join(several) for prefix, several in titles.items()}


def _title(
    head: Sequence[Row], headings: Sequence[str], taxonomies: Sequence[Taxonomy]
) -> str | None:
    """Return what a table calls itself: in a line above its headings, or before each of them.

    None where that is a table of the catalogue, of which something must be missing.
    """
    for row in head:
        filled = [cell for cell in row if cell.strip()]
        found = TITLE.match(filled[0]) if len(filled) == 1 else None
        if found and not may_be_personal(filled[0]):
            ours = found.group(1) in {t.raw.get("table") for t in taxonomies}
            return None if ours else f"{found.group(2)} ({found.group(1)})"
    before = Counter(plain(h.partition(":")[0]) for h in headings if ":" in h)
    prefix, times = before.most_common(1)[0] if before else ("", 0)
    labels = {c.label for t in taxonomies for c in t.columns}
    own = {t.raw.get("heading_prefix", "") for t in taxonomies}
    own |= {label.partition(":")[0] for label in labels if ":" in label}
    enough = 1 if prefix in known_tables() else SEVERAL
    if prefix in {plain(name) for name in own} or times < enough:
        return None
    written = next(h.partition(":")[0].strip() for h in headings if plain(h).startswith(prefix))
    return known_tables().get(prefix, written)


def _found(row: Iterable[Heading], names: Names) -> set[str]:
    found = Counter(names.find(heading.text) or names.begun(heading.text) for heading in row)
    return {name for name, times in found.items() if name and times >= names.sums.get(name, 1)}


def _heading_row(
    head: Sequence[Row], rows: Sequence[Sequence[Heading]], shapes: Sequence[Names]
) -> int | None:
    """Return the first row that is nearly as wide as the widest, if it is no row of data.

    It counts as headings where it holds two known ones, or where some column has figures or
    codes below a word. A table without headings, or of words alone, may be replies: they are
    never shown.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in head]
    widest = max(filled, default=0)
    at = next((i for i, n in enumerate(filled) if n > 1 and n >= 0.8 * widest), None)
    if at is None:
        return None
    row, below = head[at], head[at + 1 :]
    if any(may_be_personal(cell) or code_in(cell) for cell in row):
        return None
    known = any(len(_found(rows[at], names)) > 1 for names in shapes)
    return at if known or _words_over_figures(row, below) else None


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


def _shared_words(cells: Sequence[Heading], names: Names) -> float:
    """Return the share of words that two sets of headings have in common (Jaccard)."""
    mine = {word for heading in cells for word in heading.text.split()}
    theirs = names.words()
    return len(mine & theirs) / len(mine | theirs) if mine else 0.0
