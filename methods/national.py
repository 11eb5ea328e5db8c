"""Places of a few areas among all of a nation, by what its publisher tells of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def place_of_rank(rank: pd.Series, areas: int) -> pd.Series:
    """Return ``(N - rank) / (N - 1)``: 0 for the least deprived area, 1 for the most.

    It is ``(rank - 1) / (N - 1)`` of ``score.percentile_rank``, counted from the other end.

    Args:
        rank: published national ranks, 1 = most deprived; missing stays missing.
        areas: N, the number of areas that were ranked.

    Raises:
        ValueError: for a rank below 1 or above N, naming it.
    """
    wrong = rank[(rank < 1) | (rank > areas)]
    if len(wrong):
        raise ValueError(f"{wrong.iloc[0]:g} is no rank among {areas:,} areas")
    return (areas - rank.astype(float)) / max(areas - 1, 1)


def place_of_score(score: pd.Series, scores: Sequence[float]) -> pd.Series:
    """Return the place of scores among all of a nation, 0 lowest to 1 highest, interpolated.

    Args:
        score: of the areas at hand; missing stays missing.
        scores: the nation's at equal steps of ``(rank - 1) / (N - 1)``, from its lowest to its
            highest: point i of n lies at ``i / (n - 1)``. A score beyond them gets 0 or 1.
    """
    points = np.asarray(scores, dtype=float)
    steps = np.linspace(0, 1, len(points))
    values = score.to_numpy(dtype=float)
    known = np.isfinite(values)
    placed = np.interp(np.where(known, values, points[0]), points, steps)
    return pd.Series(np.where(known, placed, np.nan), index=score.index)


def steps_of(scores: pd.Series, number: int = 100) -> list[float]:
    """Return the scores at ``number`` equal steps from the lowest to the highest of a nation."""
    known = scores.dropna().to_numpy(dtype=float)
    return [float(value) for value in np.quantile(known, np.linspace(0, 1, number + 1))]
