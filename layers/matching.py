"""Rows of a table found for areas by their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .values import Cells, numbers, texts

if TYPE_CHECKING:
    import pandas as pd


MOSTLY = 0.9  # of the cells of a column that are codes, to take it for one of codes


@dataclass(frozen=True)
class Keyed:
    """A table whose rows are known by code.

    Attributes:
        frame: figures by their names, index = codes; only rows that have a code.
        cells: what was odd in them.
        duplicates: codes that stand in more than one row.
        without_code: rows that hold figures but no code.
        notes: what was made of the table's rows, in words.
    """

    frame: pd.DataFrame
    cells: Cells
    duplicates: list[str]
    without_code: int
    notes: tuple[str, ...] = ()


def choose_key(
    frame: pd.DataFrame,
    candidates: Sequence[int],
    codes: pd.Index,
    extract: Callable[[str], str | None],
    once: bool = True,
) -> pd.Series:
    """Return the codes in the column that finds most areas.

    A column of published codes may hold names beside them, so ``extract`` takes the code
    out; where the areas have codes of their own kind, the text as it stands is the code.

    Args:
        frame: as ``Table.read`` returns it.
        candidates: positions that may hold codes, likeliest first.
        codes: of the areas.
        extract: takes a published code out of a text.
        once: whether each area has one row; a column of larger areas, whose codes repeat, then
            gives way to one of published codes that do not.
    """
    import numpy as np
    import pandas as pd

    best, most = pd.Series([None] * len(frame), index=frame.index, dtype=object), -1
    single: pd.Series | None = None
    for position in candidates:
        raw = frame[position]
        if codes.isin(raw).all() and raw.notna().all() and (raw != "").all() and raw.is_unique:
            return raw.astype(object)  # the usual case: nothing to clean
        number, different = pd.factorize(raw)  # each text is cleaned once
        text = texts(pd.Series(np.asarray(different), dtype=object))
        published = text.map(extract)
        for keys in (text.where(text != "").str.upper(), published):
            found = int(codes.isin(keys).sum())
            known = np.append(keys.to_numpy(dtype=object), None)  # -1, missing, is the last
            rows = pd.Series(known[number], index=frame.index, dtype=object)
            repeats = bool(rows.dropna().duplicated().any())
            if found > most and keys.notna().any():
                best, most = rows, found
            if most == len(codes) and not repeats:
                return best
            if single is None and not repeats and published.notna().mean() > MOSTLY:
                single = rows
    repeats = bool(best.dropna().duplicated().any())
    return single if once and repeats and single is not None else best


def keyed(
    frame: pd.DataFrame, keys: pd.Series, figures: Mapping[int, str], headings: Mapping[int, str]
) -> Keyed:
    """Return the table by code, its figures as numbers under their names.

    Rows without a code (footnotes, blank lines) are left out before anything is counted.
    Columns of one name are added up; the sum is missing where any of them is.

    Args:
        frame: as ``Table.read`` returns it.
        keys: the code of each row, missing where it has none.
        figures: position to name.
        headings: position to heading, for messages.
    """
    import pandas as pd

    has_code = keys.notna()
    kept, without_code = frame, 0
    if not has_code.all():
        rest = frame.loc[~has_code, list(figures)]
        numeric = rest.apply(lambda column: pd.to_numeric(column, errors="coerce"))
        without_code = int(numeric.notna().any(axis=1).sum())
        kept, keys = frame[has_code], keys[has_code]
    cells = Cells()
    columns: dict[str, pd.Series] = {}
    for at, name in figures.items():
        values = numbers(kept[at], kept["row"], headings[at], cells)
        columns[name] = columns[name] + values if name in columns else values
    result = pd.DataFrame(columns, copy=False)
    result.index = pd.Index(keys, dtype=object)
    twice = result.index[result.index.duplicated()].unique()
    return Keyed(result, cells, sorted(twice), without_code)


def pivoted(keys: pd.Series, categories: pd.Series, values: pd.Series) -> tuple[pd.DataFrame, int]:
    """Return figures by code, a column for each category, from rows of their parts.

    A sum is missing where a part of it is, or where an area has fewer rows for a category than
    others have: a row that is lost must not make it smaller.

    Args:
        keys: the code of each row; rows where it or the category is missing are left out.
        categories: the name of the column each row goes to.
        values: the figures.

    Returns:
        The table, and the number of pairs of code and category that have too few rows.
    """
    import pandas as pd

    long = pd.DataFrame({"key": keys, "category": categories, "value": values})
    long = long[long["key"].notna() & long["category"].notna()]
    grouped = long.groupby(["key", "category"], sort=False, observed=True)["value"]
    sizes = grouped.size()
    usual = sizes.groupby("category").transform("max")
    sums = grouped.sum(min_count=1).where((sizes == usual) & (grouped.count() == sizes))
    wide = sums.unstack("category")
    absent = wide.size - int((sizes == usual).sum())
    wide.index = pd.Index(wide.index, dtype=object, name=None)
    wide.columns.name = None
    return wide, absent
