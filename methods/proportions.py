"""Proportions with their confidence limits."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054  # normal quantile at 0.975
Z998 = 3.090232306167813  # normal quantile at 0.999


def z_of(confidence: float) -> float:
    """Return the normal quantile of two-sided limits: 1.96 for 0.95, 3.09 for 0.998.

    Raises:
        ValueError: when the confidence is not between 0 and 1.
    """
    return NormalDist().inv_cdf(1 - tail_of(confidence))


def tail_of(confidence: float) -> float:
    """Return the probability beyond each of two limits: 0.025 for 0.95, 0.001 for 0.998.

    Raises:
        ValueError: when the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a number between 0 and 1, not {confidence!r}")
    return (1 - confidence) / 2


def percent(count: ArrayLike, base: ArrayLike) -> NDArray[np.float64]:
    """Return 100 * count / base; NaN where either is missing, or count is not in 0..base > 0.

    A count above its base happens in very small areas, where a publisher's noise moves the two
    apart; there is no share to give then.

    Args:
        count: people (or households) counted, any shape.
        base: people they are a part of, same shape.
    """
    x, n = np.asarray(count, dtype=float), np.asarray(base, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (n > 0) & (x >= 0) & (x <= n) & np.isfinite(n)
        return np.where(usable, 100 * x / n, np.nan)


def per_hundred(count: ArrayLike, base: ArrayLike) -> NDArray[np.float64]:
    """Return 100 * count / base, where the count is no part of the base and may be above it.

    NaN where either is missing, the count is negative, or the base is not above 0.

    Args:
        count: any shape.
        base: same shape.
    """
    x, n = np.asarray(count, dtype=float), np.asarray(base, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (n > 0) & (x >= 0) & np.isfinite(n)
        return np.where(usable, 100 * x / n, np.nan)


def wilson(
    count: ArrayLike, base: ArrayLike, z: float = Z95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Wilson score limits of a proportion, in percent.

    ``(2x + z^2 -/+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2))``, times 100.

    Args:
        count: x, any shape; not necessarily whole (a modelled count).
        base: n, same shape.
        z: normal quantile; 1.96 gives 95 % limits.

    Returns:
        Lower and upper limit; NaN where count or base is missing, the base is not
        positive, or the count is not between 0 and the base.

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209; as used by the Office for Health
    Improvement and Disparities for proportions.
    """
    x, n = np.asarray(count, dtype=float), np.asarray(base, dtype=float)
    usable = (n > 0) & (x >= 0) & (x <= n) & np.isfinite(n)
    x, n = np.where(usable, x, np.nan), np.where(usable, n, np.nan)
    middle = 2 * x + z**2
    half = z * np.sqrt(z**2 + 4 * x * (1 - x / n))
    below = np.maximum(middle - half, 0)  # rounding error at x = 0 is not a negative share
    scale = 100 / (2 * (n + z**2))
    above = np.where(x == n, 100, np.minimum((middle + half) * scale, 100))
    return below * scale, np.where(usable, above, np.nan)


def newcombe(
    count1: ArrayLike, base1: ArrayLike, count2: ArrayLike, base2: ArrayLike, z: float = Z95
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the difference of two independent proportions and its limits, in percentage points.

    With ``d = p1 - p2`` and the Wilson limits ``l, u`` of each share, the limits are
    ``d - sqrt((p1 - l1)^2 + (u2 - p2)^2)`` and ``d + sqrt((u1 - p1)^2 + (p2 - l2)^2)``.

    Args:
        count1: people counted in the first group, any shape.
        base1: people they are a part of.
        count2: people counted in the second group.
        base2: people they are a part of; no one may be in both groups.
        z: normal quantile; 1.96 gives 95 % limits.

    Returns:
        First minus second share, its lower and its upper limit; NaN where either share is.

    Source: Newcombe, Statistics in Medicine 17 (1998) 873, method 10 (hybrid score, without
    continuity correction).
    """
    share1, share2 = percent(count1, base1), percent(count2, base2)
    low1, high1 = wilson(count1, base1, z)
    low2, high2 = wilson(count2, base2, z)
    difference = share1 - share2
    below = np.hypot(share1 - low1, high2 - share2)
    above = np.hypot(high1 - share1, share2 - low2)
    return difference, difference - below, difference + above
