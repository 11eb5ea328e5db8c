"""Recognised tables read: one row for each area, or all rows as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..layers.errors import InputError
from ..layers.tables import Table
from ..taxonomies import areas as area_names
from ..taxonomies.coding import LEFT_OUT, category_of
from ..taxonomies.headings import plain
from ..taxonomies.model import Taxonomy
from ..taxonomies.recognise import Recognised
from .messages import some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.matching import Keyed
    from ..layers.values import Cells

REST = "(rest)"  # categories of a table that a taxonomy names only in part


@dataclass(frozen=True)
class Found:
    """A table and what it was recognised as."""

    table: Table
    what: Recognised

    @property
    def taxonomy(self) -> Taxonomy:
        return self.what.taxonomy


def read_by_area(found: Found, codes: pd.Index) -> Keyed:
    """Return a table's figures by area code, with what is odd in it."""
    from ..layers.matching import choose_key, keyed

    if found.what.long:
        return _read_long(found, codes)
    used = found.taxonomy.used_columns
    columns = found.what.columns.items()
    figures = {at: name for name, places in columns if name in used for at in places}
    frame = found.table.read(found.what.heading_row, list(found.what.keys), list(figures))
    keys = choose_key(frame, found.what.keys, codes, area_names.code_in)
    return keyed(frame, keys, figures, found.what.headings)


def _read_long(found: Found, codes: pd.Index) -> Keyed:
    """Return a table with a row for each area and category, a column for each category."""
    import pandas as pd

    from ..layers.matching import Keyed, choose_key, pivoted
    from ..layers.values import Cells, numbers, texts

    long, headings = found.what.long, found.what.headings
    words = [*found.what.keys, *(at for at in (long.category, long.measure) if at is not None)]
    figures = [at for at in (long.value, long.total) if at is not None]
    frame = found.table.read(found.what.heading_row, words, figures, repeated=True)
    if long.measure is not None:
        frame = frame[texts(frame[long.measure]).map(plain).isin(long.wanted)]
    keys = choose_key(frame, found.what.keys, codes, area_names.code_in)
    cells = Cells()
    values = numbers(frame[long.value], frame["row"], headings[long.value], cells)
    without_code = int((keys.isna() & values.notna()).sum())
    names = texts(frame[long.category]).where(keys.notna(), "")
    categories = _categories(found, names, frame["row"])
    partial = found.taxonomy.partial
    adds = bool(found.taxonomy.summed)  # several names may make one category
    wide, twice, cells.absent = pivoted(keys, categories, values, adds or bool(long.summed))
    if adds and not long.summed:  # but no name may stand twice
        twice = sorted(
            keys[pd.DataFrame({"key": keys, "name": names}).duplicated()].dropna().unique()
        )
    if partial and "total" not in wide:
        counted = keys.where(categories.notna() & (categories != "total"))
        wide["total"] = values.groupby(counted).sum(min_count=1)
    elif long.total is not None and "total" not in wide:
        total = numbers(frame[long.total], frame["row"], headings[long.total], cells)
        wide["total"] = total.groupby(keys).first()
    known = wide.drop(columns=[REST], errors="ignore")
    _refuse_incomplete(found, known)
    return Keyed(pd.DataFrame(known), cells, twice, without_code)


def _categories(found: Found, values: pd.Series, rows: pd.Series) -> pd.Series:
    """Return the category of each row; missing for people whom a question was not for."""
    meant: dict[str, str | None] = {}
    for value in values.unique():
        name = category_of(value, found.taxonomy, found.what.long.coded)
        left_out = value == "" or plain(value) in LEFT_OUT
        if name is None and not left_out:
            if not found.taxonomy.partial:
                _refuse_value(found, value, int(rows[values == value].iloc[0]))
            name = REST
        meant[value] = None if left_out else name
    return values.map(meant)


def _refuse_value(found: Found, value: str, row: int) -> None:
    raise InputError(
        tr(
            "{table}, row {row}, column '{heading}': {value} is no category of {title}. Mend it, "
            "or describe your own categories for profilecustom."
        ).format(
            table=found.table.name,
            row=row,
            heading=found.what.headings[found.what.long.category],
            value=some([f"'{value}'"]),
            title=found.taxonomy.name,
        )
    )


def _refuse_incomplete(found: Found, wide: pd.DataFrame) -> None:
    """Raise where a table in long form lacks a category: a zero left out looks like one lost."""
    needed = found.what.shape.required
    if any(names <= set(wide.columns) for names in needed):
        return
    lacking = min((names - set(wide.columns) for names in needed), key=len)
    titles = [found.taxonomy.column(name).title for name in sorted(lacking)]
    raise InputError(
        tr(
            "{table}: there is no row for {categories}. Rows that were left out because they count "
            "0 cannot be told from lost ones: add them with 0."
        ).format(table=found.table.name, categories=some([f"'{title}'" for title in titles]))
    )


def read_rows(found: Found) -> tuple[pd.DataFrame, Cells]:
    """Return all rows of a table that is not one row per area, its columns under their names.

    Returns:
        The rows, and what was odd in their numbers.
    """
    from ..layers.values import Cells, numbers, texts

    where = {name: places[0] for name, places in found.what.columns.items()}
    figures = found.what.shape.numbers
    words = [at for name, at in where.items() if name not in figures]
    raw = found.table.read(
        found.what.heading_row,
        words,
        [at for at in where.values() if at not in words],
        repeated=True,
    )
    raw = raw[texts(raw[words[0]]) != ""]  # blank lines and the ends of spreadsheets
    cells = Cells()
    frame = raw[["row"]].copy()
    for name, at in where.items():
        if name in figures:
            frame[name] = numbers(raw[at], raw["row"], found.what.headings[at], cells)
        else:
            frame[name] = texts(raw[at], upper=True)
    return frame, cells


def refuse_wrong(found: Found, cells: Cells) -> None:
    """Raise for the first cell that is neither a number nor a mark of suppression."""
    if not cells.wrong:
        return
    row, heading, text = cells.wrong[0]
    raise InputError(
        tr(
            "{table}, row {row}, column '{heading}': '{text}' is no number ({n} such cells). "
            "Mend or blank the cell; suppressed figures may be *, c, [c], [x], -, : or .."
        ).format(table=found.table.name, row=row, heading=heading, text=text, n=len(cells.wrong))
    )
