"""Rates of small areas drawn towards the rate of all: less noise, less of the extremes."""

from __future__ import annotations

import numpy as np
import pandas as pd


def empirical_bayes(count: pd.Series, base: pd.Series) -> pd.Series:
    """Return rates smoothed towards the overall rate, the more so the smaller the area.

    With ``r = x/n``, ``m = sum x / sum n`` and N areas,
    ``A = sum n (r - m)^2 / sum n - m N / sum n`` is the variance between the areas' true rates, and
    the smoothed rate is ``m + (r - m) A / (A + m/n)``. Where A is below 0 the areas vary by less
    than chance and all get m.

    Args:
        count: cases in each area (x).
        base: people among whom they were counted (n).

    Returns:
        Rates per person; NaN where a count or base is missing or negative, or the base is 0. Such
        areas count in no mean.

    Source: Marshall, Applied Statistics 40 (1991) 283: the global estimator.
    """
    x, n = count.to_numpy(dtype=float), base.to_numpy(dtype=float)
    usable = np.isfinite(x) & np.isfinite(n) & (x >= 0) & (n > 0)
    x, n = np.where(usable, x, 0.0), np.where(usable, n, 0.0)
    people = n.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = x.sum() / people
        rate = x / n
        spread = np.where(usable, n * (rate - mean) ** 2, 0.0).sum() / people
        between = max(spread - mean * usable.sum() / people, 0.0)
        trust = between / (between + mean / n) if between > 0 else np.zeros(len(n))
        smoothed = mean + (rate - mean) * trust
    return pd.Series(np.where(usable, smoothed, np.nan), index=count.index)
