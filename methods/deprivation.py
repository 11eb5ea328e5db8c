"""Bands and scores of ranked indices of deprivation."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

DECAY = 23.0


def band(rank: pd.Series, bands: int, areas: int, rounded: bool = False) -> pd.Series:
    """Return ``ceil(bands * rank / areas)``: decile (10) or quintile (5), 1 = most deprived.

    With ``rounded`` edges, band ``d`` ends at rank ``floor(areas * d / bands + 1/2)``.

    Source: English Indices of Deprivation, verified against every published decile of 2019
    and 2025; rounded edges: Welsh Index of Multiple Deprivation (2019: 191, 382, 573, 955).
    """
    if not rounded:
        return pd.Series(np.ceil(bands * rank / areas), index=rank.index)
    ends = np.floor(areas * np.arange(1, bands + 1) / bands + 0.5)
    banded = np.searchsorted(ends, rank.to_numpy(dtype=float), side="left") + 1.0
    return pd.Series(np.where(rank.notna(), banded, np.nan), index=rank.index)


def exponential(rank: pd.Series, areas: int) -> pd.Series:
    """Return ``E = -23 ln(1 - R (1 - exp(-100/23)))`` with ``R = (N - rank + 1) / N``.

    Source: English Indices of Deprivation, technical report; rank 1 is most deprived.
    """
    share = (areas - rank + 1) / areas
    score: pd.Series = np.log(1 - share * (1 - np.exp(-100 / DECAY))) * -DECAY
    return score


def weighted_score(ranks: pd.DataFrame, weights: Mapping[str, float], areas: int) -> pd.Series:
    """Return ``sum w E`` over domains; weights are used as given, never rescaled to 1.

    Args:
        ranks: one column of national ranks per domain.
        weights: domain to weight; a domain left out counts nothing.
        areas: number of areas in the nation that was ranked.
    """
    parts = [weight * exponential(ranks[domain], areas) for domain, weight in weights.items()]
    return pd.concat(parts, axis=1).sum(axis=1, skipna=False)


def rank_descending(score: pd.Series) -> pd.Series:
    """Return ranks with 1 for the highest score; ties share the smallest rank."""
    return score.rank(ascending=False, method="min")


def sum_of_z(shares: pd.DataFrame, logged: Collection[str] = ()) -> pd.Series:
    """Return the sum of z-scores over the columns: Townsend's index, when given its four.

    ``z = (x - mean) / sd`` over the rows, unweighted, with the standard deviation of a sample
    (divisor N - 1), which gives the published scores of 2011. Higher is more deprived, 0 the
    average of the areas given.

    Args:
        shares: per cent (0 to 100), a column for each variable.
        logged: columns of which ``ln(x + 1)`` is taken first.

    Returns:
        NaN where any variable is missing; areas with a missing one count in no mean.

    Source: Townsend, Phillimore and Beattie, Health and Deprivation (1988).
    """
    known = shares.dropna()
    values = known.assign(**{name: np.log1p(known[name]) for name in logged})
    z = (values - values.mean()) / values.std(ddof=1)
    total: pd.Series = z.sum(axis=1, skipna=False).reindex(shares.index)
    return total
