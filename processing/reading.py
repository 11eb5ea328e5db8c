"""Recognised tables read: one row for each area, or all rows as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..layers.errors import InputError
from ..layers.tables import Table
from ..taxonomies import areas as area_names
from ..taxonomies.coding import LEFT_OUT, category_of
from ..taxonomies.headings import plain
from ..taxonomies.model import Taxonomy
from ..taxonomies.recognise import Recognised
from .messages import quoted, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.matching import Keyed
    from ..layers.values import Cells

WHOLE = "persons|people|ages|sexes|residents|usual residents|households"
TOTALS_AMONG = re.compile(rf"(total\b.*|all|both( sexes)?|(all )?({WHOLE}))$")
DATES = {"date", "year", "time", "period"}
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
    others = list(long.summed)
    words = [*found.what.keys, long.category, *others]
    words += [long.measure] if long.measure is not None else []
    figures = [at for at in (long.value, long.total) if at is not None]
    frame = found.table.read(found.what.heading_row, words, figures, repeated=True)
    if long.measure is not None:
        frame = frame[_plainly(texts(frame[long.measure])).isin(long.wanted)]
    keys = choose_key(frame, found.what.keys, codes, area_names.code_in, once=False)
    cells = Cells()
    values = numbers(frame[long.value], frame["row"], headings[long.value], cells)
    without_code = int((keys.isna() & values.notna()).sum())
    names = texts(frame[long.category]).where(keys.notna(), "")
    categories = _categories(found, names, frame["row"])
    beside = {at: texts(frame[at]) for at in others}
    _refuse_mixed(found, beside)
    # of a category that is a sum, each name once; of any other, the category once
    sums = {*found.taxonomy.summed, REST}
    once = categories.where(~categories.isin(sums), _plainly(names))
    rows = pd.DataFrame({"key": keys, "once": once, **beside})
    twice = sorted(keys[rows.duplicated() & categories.notna()].dropna().unique())
    wide, cells.absent = pivoted(keys, categories, values)
    notes = []
    if "total" not in wide and long.total is not None:
        total = numbers(frame[long.total], frame["row"], headings[long.total], cells)
        wide["total"] = total.groupby(keys).first()
    elif "total" not in wide and _holds_all(found, names[categories.notna()]):
        wide["total"] = wide.sum(axis=1, skipna=False)
        notes.append(tr("The total is the sum of all categories of the table."))
    known = wide.drop(columns=[REST], errors="ignore")
    _refuse_incomplete(found, known, names)
    return Keyed(pd.DataFrame(known), cells, twice, without_code, tuple(notes))


def _plainly(values: pd.Series) -> pd.Series:
    """Return texts as they are compared; each different one is cleaned once."""
    return values.map({value: plain(value) for value in values.unique()})


def _holds_all(found: Found, names: pd.Series) -> bool:
    """Return whether a table has all the categories of which a taxonomy names only some."""
    of = found.taxonomy.raw.get("of")
    return bool(of and _plainly(names).nunique() >= of)


def _refuse_mixed(found: Found, beside: dict[int, pd.Series]) -> None:
    """Raise for further variables whose rows must not be added up: totals, or several dates."""
    for at, values in beside.items():
        heading, different = found.what.headings[at], sorted(values.unique())
        totals = [value for value in different if TOTALS_AMONG.match(plain(value))]
        dated = plain(heading) in DATES
        if len(different) > 1 and (totals or dated):
            text = tr(
                "{table}: column '{heading}' holds {values}. Rows are added up over it, so keep "
                "the parts without their total, and one date."
            )
            raise InputError(
                text.format(
                    table=found.table.name,
                    heading=heading,
                    values=some([f"'{value}'" for value in totals or different], 3),
                )
            )


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
            value=quoted(value, 30),
            title=found.taxonomy.name,
        )
    )


def _refuse_incomplete(found: Found, wide: pd.DataFrame, names: pd.Series) -> None:
    """Raise where a table in long form lacks a category: a zero left out looks like one lost."""
    taxonomy = found.taxonomy
    spare = {"total"} if found.what.unit != "count" else set()
    needed = [columns - spare for columns in found.what.shape.required]
    sums = set() if taxonomy.partial else taxonomy.summed & set(wide.columns)
    have = {plain(name) for name in names.unique()}
    labels = {n: [taxonomy.column(n).label, *taxonomy.column(n).also] for n in sums}
    lacking = [text for several in labels.values() for text in several if plain(text) not in have]
    if not lacking and any(columns <= set(wide.columns) for columns in needed):
        return
    if not lacking:
        fewest = min((columns - set(wide.columns) for columns in needed), key=len)
        lacking = [taxonomy.column(name).title for name in sorted(fewest)]
    raise InputError(
        tr(
            "{table}: there is no row for {categories}. Rows that were left out because they count "
            "0 cannot be told from lost ones: add them with 0."
        ).format(table=found.table.name, categories=some([f"'{title}'" for title in lacking]))
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
            "{table}, row {row}, column '{heading}': {text} is no number ({n} such cells). "
            "Mend or blank the cell; suppressed figures may be *, c, [c], [x], -, : or .."
        ).format(
            table=found.table.name,
            row=row,
            heading=heading,
            text=quoted(text),
            n=len(cells.wrong),
        )
    )
