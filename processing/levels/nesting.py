"""Small areas added up to the larger ones that are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies import areas as area_names
from ..messages import Log, some, tr
from ..reading import Found, read_rows

if TYPE_CHECKING:
    import pandas as pd

SMALLEST = "oa"  # the column of the smaller areas in a lookup of this kind
KEEP = 5  # areas named in a line of the log


def added_up(
    whole: pd.DataFrame,
    codes: pd.Index,
    found: Sequence[Found],
    nestings: Sequence[Found],
    log: Log,
) -> tuple[pd.DataFrame, str]:
    """Return the counts of smaller areas added up to those loaded, if lookups say how.

    Shares and ranks are never added up. An area whose smaller areas are not all in the table
    is missing, not too small. Several lookups, one for each district, are used together.

    Returns:
        The table, as it came when no lookup fits, and a note for whoever reads the figures.

    Raises:
        InputError: where a smaller area lies in two, or stands in the table twice.
    """
    inside = _inside(nestings, codes) if _counted(found) else None
    if inside is None or not inside.index.isin(whole.index).any():
        return whole, ""
    names = ", ".join(one.table.name for one in found)
    twice = whole.index[whole.index.duplicated()].intersection(inside.index)
    if len(twice):
        raise InputError(
            tr(
                "{table}: codes that stand in more than one row: {codes}. Keep one row for each."
            ).format(table=names, codes=some(sorted(twice)))
        )
    summed, lacking = _sums(whole, inside)
    note = tr(
        "Counts added up from smaller areas differ a little from the published figures of these "
        "areas, as the publisher's noise does from table to table."
    )
    log(
        tr(
            "{table}: {n:,} of its {all:,} smaller areas are in the lookup {lookup}, and are "
            "added up to {m:,} areas."
        ).format(
            table=names,
            n=int(whole.index.isin(inside.index).sum()),
            all=len(whole),
            m=len(summed),
            lookup=", ".join(one.table.name for one in nestings),
        )
    )
    log(note)
    sizes = inside.value_counts()
    log(
        tr("These areas have {least} to {most} smaller areas each by the lookup.").format(
            least=int(sizes.min()), most=int(sizes.max())
        )
    )
    if lacking:
        log(
            tr(
                "Areas not all of whose smaller areas are in the table, NULL there: {codes}."
            ).format(codes=some(lacking, KEEP))
        )
    return summed, note


def _counted(found: Sequence[Found]) -> bool:
    return all(one.taxonomy.kind == "composition" and one.what.unit == "count" for one in found)


def _inside(nestings: Sequence[Found], codes: pd.Index) -> pd.Series | None:
    """Return the area loaded that each smaller one lies in, None where no lookup says."""
    import pandas as pd

    parts = []
    for nesting in nestings:
        rows = read_rows(nesting)[0]
        rows = rows.replace({old: code for code in codes for old in area_names.same_place(code)})
        levels = [name for name in rows.columns if name not in ("row", SMALLEST)]
        fits = [name for name in levels if codes.isin(rows[name]).any()]
        if fits:
            pairs = rows[[SMALLEST, fits[0]]].set_axis(["small", "large"], axis=1)
            parts.append(pairs.drop_duplicates())
    if not parts:
        return None
    pairs = pd.concat(parts).drop_duplicates()
    split = sorted(pairs.loc[pairs["small"].duplicated(), "small"].unique())
    pairs = pairs[pairs["large"].isin(codes)]
    if pairs["small"].isin(split).any():
        raise InputError(
            tr("{lookup}: smaller areas that lie in more than one area: {codes}.").format(
                lookup=", ".join(one.table.name for one in nestings), codes=some(split)
            )
        )
    return pairs.set_index("small")["large"]


def _sums(whole: pd.DataFrame, inside: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    rows = whole[whole.index.isin(inside.index)].reindex(inside.index)
    grouped = rows.groupby(inside.to_numpy())
    sums = grouped.sum(min_count=1)
    complete = grouped.count().eq(grouped.size(), axis=0)
    lacking = inside[~inside.index.isin(whole.index)].unique()
    return sums.where(complete), sorted(lacking)
