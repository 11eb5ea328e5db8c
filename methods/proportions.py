"""Proportions with their confidence limits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054  # normal quantile at 0.975


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
    return below * scale, np.minimum((middle + half) * scale, 100)
