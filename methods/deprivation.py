"""Bands and scores of ranked indices of deprivation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from .score import percentile_rank

DECAY = 23.0
EXACT = 9  # decimals beyond which sums of ranks differ by rounding error alone


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


def band_of_score(score: pd.Series, cut_points: Sequence[float]) -> pd.Series:
    """Return 1 plus the number of cut points above the score: 1 = highest score.

    It places a few areas in the bands of a nation that is not at hand: with cut points between the
    scores on either side of each edge, bands are those of the national ranks.

    Args:
        score: higher is more deprived.
        cut_points: one fewer than bands, in any order.
    """
    ends = np.sort(np.asarray(cut_points, dtype=float))
    above = len(ends) - np.searchsorted(ends, score.to_numpy(dtype=float), side="right")
    return pd.Series(np.where(score.notna(), above + 1.0, np.nan), index=score.index)


def quantile_band(score: pd.Series, bands: int) -> pd.Series:
    """Return bands cut at the quantiles of the areas given, unweighted: 1 = lowest score.

    The quantile ``d / bands`` is the score in place ``1 + (N - 1) d / bands`` counted from the
    lowest, interpolated between neighbours; an area on a cut is in the band above. Townsend's
    published fifths are made so (1 least, 5 most deprived); they differ from ``band`` at edges.

    Source: UK Townsend Deprivation Scores from 2011 census data, reproduced for all authorities.
    """
    known = score.dropna().to_numpy(dtype=float)
    if len(known) < bands:
        return pd.Series(np.nan, index=score.index)
    cuts = np.quantile(known, np.arange(1, bands) / bands)
    place = np.searchsorted(cuts, score.to_numpy(dtype=float), side="right") + 1.0
    return pd.Series(np.where(score.notna(), place, np.nan), index=score.index)


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


def sum_of_z(shares: pd.DataFrame, logged: Collection[str] = (), ddof: int = 1) -> pd.Series:
    """Return the sum of z-scores over the columns: Townsend's index, when given its four.

    ``z = (x - mean) / sd`` over the rows, unweighted. Higher is more deprived, 0 the average of
    the areas given.

    Args:
        shares: per cent (0 to 100), a column for each variable.
        logged: columns of which ``ln(x + 1)`` is taken first.
        ddof: 1 for the standard deviation of a sample (divisor N - 1), which gives the published
            scores of 2011; 0 for that of a population (divisor N).

    Returns:
        NaN where any variable is missing; areas with a missing one count in no mean.

    Source: Townsend, Phillimore and Beattie, Health and Deprivation (1988).
    """
    known = shares.dropna()
    values = known.assign(**{name: np.log1p(known[name]) for name in logged})
    z = (values - values.mean()) / values.std(ddof=ddof)
    total: pd.Series = z.sum(axis=1, skipna=False).reindex(shares.index)
    return total


def vulnerability(shares: pd.DataFrame, decimals: int | None = 4, top: float = 0.9) -> pd.DataFrame:
    """Return the sum of percentile ranks over the columns, its own percentile rank, and flags.

    ``(rank - 1) / (N - 1)`` of each column, lowest 0, ties taking the smallest; then of their sum.

    Args:
        shares: a column for each indicator, more of each being more vulnerable.
        decimals: places that ranks and sums are rounded to before they are used further, as the
            publisher does: sums are tied there that are not before. None rounds nothing.
        top: from which rank an indicator is flagged.

    Returns:
        ``sum``, ``rank`` and ``flags`` (how many indicators are at ``top`` or above); NaN where
        any indicator is missing. Such an area counts in the ranks of those that it has.

    Source: Centers for Disease Control and Prevention, Social Vulnerability Index 2020.
    """
    ranks = percentile_ranks(shares, decimals)
    total = ranks.sum(axis=1, skipna=False)
    total = total.round(EXACT if decimals is None else decimals)
    place = percentile_ranks(total.to_frame("rank"), decimals)["rank"]
    flags = (ranks >= top).sum(axis=1).where(ranks.notna().all(axis=1))
    return pd.DataFrame({"sum": total, "rank": place, "flags": flags})


def percentile_ranks(shares: pd.DataFrame, decimals: int | None = None) -> pd.DataFrame:
    """Return ``percentile_rank`` of every column, rounded where asked; missing stays missing."""
    ranks = shares.apply(percentile_rank)
    return ranks if decimals is None else ranks.round(decimals)
