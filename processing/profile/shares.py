"""Tables that give percentages or proportions instead of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.model import Taxonomy
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

MOST_ROUNDING = 3.0  # per cent that whole percentages may miss 100 by, in all
FINEST = 6  # decimals beyond which a share is not rounded


@dataclass(frozen=True)
class Counted:
    """The counts of a composition, and how they came about.

    Attributes:
        table: a column for each category, index = codes.
        derived: whether counts were made of published shares and a total.
        shares_only: whether there are no counts, only per cent of 100.
        notes: what to say about it beside the figures.
    """

    taxonomy: Taxonomy
    table: pd.DataFrame
    derived: bool = False
    shares_only: bool = False
    notes: tuple[str, ...] = ()


def counted(
    taxonomy: Taxonomy, table: pd.DataFrame, unit: str, file: str, rule: str, log: Log
) -> Counted:
    """Return counts: as they are, or made of shares where a total is there.

    Raises:
        InputError: where shares miss 100 by more than their rounding allows, where small counts
            are to be hidden and there are none to judge, or where counts may be shares.
    """
    if unit == "count":
        _refuse_hidden_shares(taxonomy, table, file)
        return Counted(taxonomy, table)
    if rule != "none":
        raise InputError(
            tr(
                "{table} has percentages. Rounded, they do not tell small counts from large ones, "
                "so these cannot be hidden ({rule}). Use a table with counts."
            ).format(table=file, rule=rule)
        )
    if "total" in table and table["total"].dropna().isin((1, 100)).all():
        table = table.drop(columns="total")  # the whole of a share, and no count
    shares = table.drop(columns="total", errors="ignore") * (100 if unit == "proportion" else 1)
    decimals = _decimals(shares)
    if not taxonomy.partial:
        _refuse_incomplete(taxonomy, shares, decimals, file)
    exact = tr("as exact as published") if decimals is None else _to_decimals(decimals)
    if "total" not in table:
        note = tr("{title}: published as percentages, {exact}; no counts and no limits.").format(
            title=taxonomy.name, exact=exact
        )
        log(note)
        return Counted(taxonomy, shares.assign(total=100.0), shares_only=True, notes=(note,))
    counts = shares.mul(table["total"], axis=0) / 100
    note = tr(
        "{title}: counts derived from published percentages ({exact}) and their total; each may be "
        "off by as much as that rounding."
    ).format(title=taxonomy.name, exact=exact)
    log(note)
    return Counted(taxonomy, counts.assign(total=table["total"]), derived=True, notes=(note,))


def _to_decimals(decimals: int) -> str:
    if decimals == 0:
        return tr("rounded to whole numbers")
    return (
        tr("rounded to 1 decimal")
        if decimals == 1
        else tr("rounded to {n} decimals").format(n=decimals)
    )


def _decimals(shares: pd.DataFrame) -> int | None:
    """Return to how many decimals percentages were rounded, None when they were not."""
    import numpy as np

    values = shares.to_numpy(dtype=float)
    values = values[~np.isnan(values)]
    for decimals in range(FINEST + 1):
        if np.allclose(values, values.round(decimals), rtol=0, atol=1e-9):
            return decimals
    return None


def _refuse_hidden_shares(taxonomy: Taxonomy, table: pd.DataFrame, file: str) -> None:
    """Raise for shares in columns that do not say so: they would pass for counts."""
    import numpy as np

    parts = [name for name in taxonomy.leaves if name in table] or taxonomy.groups
    values = table[[name for name in parts if name in table]]
    figures = values.to_numpy(dtype=float)
    fractions = bool(((figures % 1 != 0) & ~np.isnan(figures)).any())
    if taxonomy.partial:
        if fractions:
            raise InputError(_question(taxonomy, file, tr("some figures are fractions")))
        return
    sums = values.sum(axis=1, skipna=False)
    total = table["total"] if "total" in table else sums * float("nan")
    told = total.notna() & (total == sums)  # a total beside them says that they are counts
    sums = sums[sums.notna()] if fractions else sums[sums.notna() & ~told]
    room = min(0.5 * len(values.columns), MOST_ROUNDING)
    for whole, off in ((100.0, room), (1.0, 0.01)):
        near = (sums - whole).abs() <= off
        if len(sums) and near.all() and (fractions or whole > 1):
            text = tr("they add up to about {whole:g} in every area").format(whole=whole)
            raise InputError(_question(taxonomy, file, text))


def _question(taxonomy: Taxonomy, file: str, why: str) -> str:
    return tr(
        "{table} ({title}): are these counts or percentages? {why}. For percentages say so in the "
        "headings ('White %', or 'percent' over a column of values); for counts add their total."
    ).format(table=file, title=taxonomy.name, why=why[0].upper() + why[1:])


def _refuse_incomplete(
    taxonomy: Taxonomy, shares: pd.DataFrame, decimals: int | None, file: str
) -> None:
    known = [name for name in taxonomy.groups if name in shares]
    whole = set(taxonomy.groups) - taxonomy.optional <= set(known)
    parts = known if whole else [name for name in taxonomy.leaves if name in shares]
    room = 0.01 if decimals is None else 0.5 * len(parts) * 10.0**-decimals + 1e-6
    off = (shares[parts].sum(axis=1, skipna=False) - 100).abs()
    wrong = list(off.index[off > room])
    if wrong:
        raise InputError(
            tr(
                "{table} ({title}): percentages that add up to something else than 100, by more "
                "than rounding allows ({room:g}), in {areas}. Is a column missing?"
            ).format(table=file, title=taxonomy.name, room=room, areas=some(wrong))
        )
