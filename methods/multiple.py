"""Many tests at once: how much of what stands out is chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Return q-values: the share of false finds among all areas with a p as small or smaller.

    With m tests and the p in rising order, ``q_i = min over j >= i of m p_j / j``, at most 1. Those
    of ``q < 0.05`` are a list of which about one in twenty at most is chance.

    Args:
        p: p-values 0 to 1, any shape, one per test; NaN where nothing was tested.

    Returns:
        q, same shape; NaN where p is NaN, and such tests do not count in m.

    Raises:
        ValueError: for a p below 0 or above 1.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289.
    """
    values = np.asarray(p, dtype=float)
    flat = values.ravel()
    if ((flat < 0) | (flat > 1)).any():
        raise ValueError("p-values lie between 0 and 1")
    tested = np.flatnonzero(~np.isnan(flat))
    rising = tested[np.argsort(flat[tested], kind="stable")]
    q = np.full(flat.shape, np.nan)
    scaled = flat[rising] * len(rising) / np.arange(1, len(rising) + 1)
    q[rising] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return q.reshape(values.shape)
