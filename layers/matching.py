"""Rows of a table found for areas by their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .values import Cells, numbers, texts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Keyed:
    """A table whose rows are known by code.

    Attributes:
        frame: figures by their names, index = codes; only rows that have a code.
        cells: what was odd in them.
        duplicates: codes that stand in more than one row.
        without_code: rows that hold figures but no code.
    """

    frame: pd.DataFrame
    cells: Cells
    duplicates: list[str]
    without_code: int


def choose_key(
    frame: pd.DataFrame,
    candidates: Sequence[int],
    codes: pd.Index,
    extract: Callable[[str], str | None],
) -> pd.Series:
    """Return the codes in the column that finds most areas.

    A column of published codes may hold names beside them, so ``extract`` takes the code
    out; where the areas have codes of their own kind, the text as it stands is the code.
    """
    import pandas as pd

    best, most = pd.Series([None] * len(frame), index=frame.index, dtype=object), -1
    for position in candidates:
        raw = frame[position]
        if codes.isin(raw).all() and raw.notna().all() and (raw != "").all():
            return raw.astype(object)  # the usual case: nothing to clean
        text = texts(raw)
        whole = text.where(text != "")
        for make in (lambda: whole.str.upper(), lambda: text.map(extract)):  # noqa: B023
            keys = make()
            found = int(codes.isin(keys).sum())
            if found > most and keys.notna().any():
                best, most = keys, found
            if most == len(codes):
                return best
    return best


def keyed(
    frame: pd.DataFrame, keys: pd.Series, figures: Mapping[int, str], headings: Mapping[int, str]
) -> Keyed:
    """Return the table by code, its figures as numbers under their names.

    Rows without a code (footnotes, blank lines) are left out before anything is counted.

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
    columns = {
        name: numbers(kept[at], kept["row"], headings[at], cells) for at, name in figures.items()
    }
    result = pd.DataFrame(columns, copy=False)
    result.index = pd.Index(keys, dtype=object)
    twice = result.index[result.index.duplicated()].unique()
    return Keyed(result, cells, sorted(twice), without_code)
