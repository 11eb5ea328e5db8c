"""Means of values with their confidence limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .proportions import tail_of

ALL = "all"  # name of the one group when there are no groups


def mean_limits(
    values: pd.Series, groups: pd.Series | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the mean of the values of each group with Student's limits.

    Args:
        values: one value per row; missing and infinite ones are left out, and not counted.
        groups: the group of each row, same index; rows without one are left out. All values
            are one group, named ``all``, when there is none.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        A row for each group, in the order of their first mention: ``n`` (values), ``sum``,
        ``mean``, ``sd`` (of a sample, divisor n - 1), ``lower`` and ``upper``; see
        ``student_limits`` for when these are NaN.
    """
    known = values.astype(float)
    known = known.where(np.isfinite(known))
    by = pd.Series(ALL, index=values.index) if groups is None else groups
    grouped = known.groupby(by, sort=False)
    result = pd.DataFrame(
        {
            "n": grouped.count(),
            "sum": grouped.sum(min_count=1),
            "mean": grouped.mean(),
            "sd": grouped.std(ddof=1),
        }
    )
    lower, upper = student_limits(result["mean"], result["sd"], result["n"], confidence)
    return result.assign(lower=lower, upper=upper)


def student_limits(
    mean: ArrayLike, sd: ArrayLike, number: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``mean -/+ t sd / sqrt(n)``, with t of n - 1 degrees of freedom.

    Args:
        mean: mean of the values, any shape.
        sd: their standard deviation as a sample (divisor n - 1).
        number: n, how many values there were.
        confidence: as in ``mean_limits``.

    Returns:
        Lower and upper limit; NaN where anything is missing or infinite, the standard
        deviation is negative, or there are fewer than two values, whose spread says nothing.

    Source: Student, Biometrika 6 (1908) 1; as used by the Office for Health Improvement and
    Disparities for means.
    """
    m, s, n = (np.asarray(part, dtype=float) for part in (mean, sd, number))
    usable = (n >= 2) & (s >= 0) & np.isfinite(n) & np.isfinite(s) & np.isfinite(m)
    sizes, place = np.unique(np.where(usable, n, 2), return_inverse=True)
    t = np.asarray(stdtrit(sizes - 1, 1 - tail_of(confidence)))[place].reshape(usable.shape)
    half = np.where(usable, t * s / np.sqrt(np.where(usable, n, 2)), np.nan)
    return np.asarray(m - half), np.asarray(m + half)
