"""Figures of a composition: counts of categories that add up to a total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .disclosure import protect
from .proportions import per_hundred, percent, wilson


def shortfall(counts: pd.DataFrame, parts: Sequence[str], total: str = "total") -> pd.Series:
    """Return total minus the sum of its parts, per row; NaN where anything is missing."""
    return counts[total] - counts[list(parts)].sum(axis=1, skipna=False)


def share_columns(
    count: pd.Series, base: pd.Series, statistics: Sequence[str], rule: str = "none"
) -> dict[str, pd.Series]:
    """Return the statistics of one share, keyed ``n``, ``pct``, ``pct_lo``, ``pct_hi``.

    The disclosure ``rule`` is applied to count and base first, so that percentages and
    limits come from the protected values and give nothing away.
    """
    n, of = protect(count, rule), protect(base, rule)
    columns = {"n": n, "pct": pd.Series(percent(n, of), index=count.index)}
    if "pct_lo" in statistics:
        low, high = wilson(n, of)
        columns["pct_lo"] = pd.Series(low, index=count.index)
        columns["pct_hi"] = pd.Series(high, index=count.index)
    return {name: columns[name] for name in statistics}


def ratio_columns(count: pd.Series, base: pd.Series) -> dict[str, pd.Series]:
    """Return ``pct`` of a count that is no part of its base, which has no limits."""
    return {"pct": pd.Series(per_hundred(count, base), index=count.index)}


def sum_of(counts: pd.DataFrame, plus: Sequence[str], minus: Sequence[str] = ()) -> pd.Series:
    """Return the sum of columns ``plus`` less the sum of ``minus``; NaN if any is missing."""
    added = counts[list(plus)].sum(axis=1, skipna=False)
    return added - counts[list(minus)].sum(axis=1, skipna=False) if minus else added


def regroup(
    counts: pd.DataFrame, told: Mapping[str, str], groups: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Return counts under the categories of another classification.

    A category is the sum of those told as it; a group the sum of those told as it or as one
    of its members. Nothing is ever split: a category that nothing is told as is left out.

    Args:
        counts: a column for each category that is known.
        told: column of ``counts`` to the id of a category or group in the other.
        groups: id of each group in the other to those of its members, none for a group that
            is a category itself.
    """
    group_of = {member: group for group, members in groups.items() for member in members}
    columns = {}
    for target in dict.fromkeys(told.values()):
        if target not in groups or not groups[target]:
            columns[target] = sum_of(counts, [s for s, t in told.items() if t == target])
    for group in groups:
        parts = [s for s, t in told.items() if group in (t, group_of.get(t))]
        if parts:
            columns[group] = sum_of(counts, parts)
    return pd.DataFrame(columns, index=counts.index)


def diversity(counts: pd.DataFrame) -> pd.Series:
    """Return Simpson's diversity ``1 - sum p^2`` over the columns; NaN for an empty row.

    It is the probability that two residents drawn with replacement are of different groups.

    Source: Simpson, Nature 163 (1949) 688.
    """
    values = counts.to_numpy(dtype=float)
    total = values.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = values / total[:, None]
        index = np.where(total > 0, 1 - (share**2).sum(axis=1), np.nan)
    return pd.Series(index, index=counts.index)


def largest(counts: pd.DataFrame, labels: Mapping[str, str]) -> pd.Series:
    """Return the label of the largest column per row; missing where any is, or all are 0.

    Equal largest groups are all named, joined by " / ", in the order of the columns.
    """
    values = counts.to_numpy(dtype=float)
    known = ~np.isnan(values).any(axis=1) & (np.nan_to_num(values).sum(axis=1) > 0)
    top = values == np.nanmax(np.where(known[:, None], values, 0), axis=1, keepdims=True)
    names = pd.Series("", index=counts.index, dtype=object)
    for position, column in enumerate(counts.columns):
        joined = (names + " / " + labels[column]).where(names != "", labels[column])
        names = joined.where(top[:, position], names)
    return names.where(known, None)
