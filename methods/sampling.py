"""How many replies a share needs to be known to a margin."""

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
