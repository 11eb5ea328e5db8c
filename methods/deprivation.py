"""Bands and scores of ranked indices of deprivation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

DECAY = 23.0


def band(rank: pd.Series, bands: int, areas: int) -> pd.Series:
    """Return ``ceil(bands * rank / areas)``: decile (10) or quintile (5), 1 = most deprived.

    Source: English Indices of Deprivation, verified against every published decile of 2019
    and 2025.
    """
    return pd.Series(np.ceil(bands * rank / areas), index=rank.index)


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
