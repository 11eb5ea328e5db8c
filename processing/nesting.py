"""Small areas added up to the larger ones that are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .messages import Log, some, tr
from .reading import Found, read_rows

if TYPE_CHECKING:
    import pandas as pd

KEEP = 5  # areas named in a line of the log


def added_up(
    whole: pd.DataFrame,
    codes: pd.Index,
    found: Sequence[Found],
    nestings: Sequence[Found],
    log: Log,
) -> tuple[pd.DataFrame, str]:
    """Return the counts of smaller areas added up to those loaded, if a lookup says how.

    Shares and ranks are never added up. An area whose smaller areas are not all in the table
    is missing, not too small.

    Returns:
        The table, as it came when no lookup fits, and a note for whoever reads the figures.
    """
    for nesting in nestings if _counted(found) else ():
        rows = read_rows(nesting)[0]
        levels = [name for name in rows.columns if name not in ("row", SMALLEST)]
        fits = [name for name in levels if codes.isin(rows[name]).any()]
        if not fits or not rows[SMALLEST].isin(whole.index).any():
            continue
        inside = rows.drop_duplicates(SMALLEST).set_index(SMALLEST)[fits[0]]
        inside = inside[inside.isin(codes)]
        summed, lacking = _sums(whole, inside)
        names = ", ".join(one.table.name for one in found)
        note = tr(
            "{title}: added up from smaller areas. The publisher's noise differs from table to "
            "table, so these sums differ a little from the published figures of these areas."
        ).format(title=found[0].taxonomy.name)
        log(
            tr("{table}: {n:,} smaller areas added up to {m:,} by {lookup}.").format(
                table=names,
                n=int(inside.index.isin(whole.index).sum()),
                m=len(summed),
                lookup=nesting.table.name,
            )
        )
        log(note)
        if lacking:
            log(
                tr(
                    "Areas not all of whose smaller areas are in the table, NULL there: {codes}."
                ).format(codes=some(lacking, KEEP))
            )
        return summed, note
    return whole, ""


SMALLEST = "oa"  # the column of the smaller areas in a lookup of this kind


def _counted(found: Sequence[Found]) -> bool:
    return all(one.taxonomy.kind == "composition" and one.what.unit == "count" for one in found)


def _sums(whole: pd.DataFrame, inside: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    rows = whole.reindex(inside.index)
    grouped = rows.groupby(inside.to_numpy())
    sums = grouped.sum(min_count=1)
    complete = grouped.count().eq(grouped.size(), axis=0)
    lacking = inside[~inside.index.isin(whole.index)].unique()
    return sums.where(complete), sorted(lacking)
