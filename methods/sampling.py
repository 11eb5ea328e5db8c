"""How many replies a share needs to be known to a margin, and the margin that so many give."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .proportions import z_of


def sample_size(
    population: ArrayLike,
    proportion: ArrayLike = 0.5,
    margin: ArrayLike = 0.05,
    confidence: float = 0.95,
) -> NDArray[np.float64]:
    """Return the replies needed for a share to be known within -/+ ``margin``.

    ``n0 = z^2 p (1 - p) / e^2``, and ``n = n0 / (1 + (n0 - 1) / N)`` in a population of N,
    rounded up. It holds for a simple random sample; people who choose to reply are none, and
    for them the number is the least that could do.

    Args:
        population: N, people that could be asked, any shape.
        proportion: p, the share expected, 0 to 1; 0.5 asks for most replies.
        margin: e, half the width of the limits, as a share (0.05 is five percentage points).
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        Whole numbers as floats; NaN where anything is missing, the population is infinite or
        not above 0, the proportion is not inside 0 to 1, or the margin is not above 0.

    Source: Cochran, Sampling Techniques (1977), section 4.4.
    """
    size, p, e = (np.asarray(part, dtype=float) for part in (population, proportion, margin))
    usable = (size > 0) & np.isfinite(size) & (p > 0) & (p < 1) & (e > 0) & np.isfinite(e)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        endless = np.maximum(z_of(confidence) ** 2 * p * (1 - p) / e**2, 1)  # one reply at least
        needed = endless / (1 + (endless - 1) / size)
    whole = np.ceil(np.round(needed, 9))  # 385 that came out as 385.0000000001 is not 386
    return np.where(usable, whole, np.nan)


def margin_of(
    replies: ArrayLike,
    population: ArrayLike,
    proportion: ArrayLike = 0.5,
    confidence: float = 0.95,
) -> NDArray[np.float64]:
    """Return the margin within which a share is known by so many replies.

    ``e = z sqrt(p (1 - p) / n x (N - n) / (N - 1))``, what ``sample_size`` turns round.

    Args:
        replies: n, any shape; everybody where it is N or more.
        population: N.
        proportion: p, 0 to 1.
        confidence: between 0 and 1.

    Returns:
        A share (0.05 is five percentage points); 0 where everybody replied, NaN where nobody did,
        anything is missing, or the population is not above 0.

    Source: Cochran, Sampling Techniques (1977), section 3.2.
    """
    return z_of(confidence) * np.sqrt(variance_of(replies, population, proportion))


def variance_of(
    replies: ArrayLike, population: ArrayLike, proportion: ArrayLike
) -> NDArray[np.float64]:
    """Return the variance of a share of a simple random sample: see ``margin_of``."""
    parts = np.broadcast_arrays(replies, population, proportion)
    n, size, p = (np.asarray(part, dtype=float) for part in parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = p * (1 - p) / n * (size - n) / (size - 1)
    usable = (size > 0) & np.isfinite(size) & (n > 0) & (p >= 0) & (p <= 1)
    return np.where(usable, np.where(n >= size, 0.0, variance), np.nan)


def stratified_margin(
    replies: ArrayLike,
    population: ArrayLike,
    proportion: ArrayLike = 0.5,
    confidence: float = 0.95,
) -> float:
    """Return the margin of a share of all strata together, each weighted by its people.

    ``e = z sqrt(sum W_h^2 (1 - n_h / N_h) S_h^2 / n_h)`` with ``W_h = N_h / N`` and ``S_h^2 =
    N_h / (N_h - 1) p_h (1 - p_h)``.

    Args:
        replies: n_h of each stratum, drawn in each by chance.
        population: N_h; strata of which it is missing or 0 are left out.
        proportion: p_h.
        confidence: between 0 and 1.

    Returns:
        A share; NaN where nobody replied in some stratum, which then cannot be estimated.

    Source: Cochran, Sampling Techniques (1977), section 5.9.
    """
    parts = np.broadcast_arrays(replies, population, proportion)
    n, size, p = (np.asarray(part, dtype=float) for part in parts)
    there = np.isfinite(size) & (size > 0)
    if not there.any():
        return float("nan")
    weight = size[there] / size[there].sum()
    variance = float((weight**2 * variance_of(n[there], size[there], p[there])).sum())
    return float(z_of(confidence) * np.sqrt(variance))
