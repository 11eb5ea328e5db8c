"""Counts of events and rates per so many people, with their confidence limits.

A count of events may be above its base (two admissions of one person), which sets a rate apart
from a proportion. A rate without its limits says nothing about chance, so both come together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from .proportions import tail_of, z_of

Floats = NDArray[np.float64]

EXACT_BELOW = 10  # the published rule: exact limits below this count, Byar's from it upwards
NO_EVENT = 1e-3
LISTED = 256  # exact limits of whole counts up to here are worked out once and looked up


def count_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the limits of a Poisson count: exact below 10, Byar's from 10 upwards.

    Args:
        count: events, any shape; not necessarily whole (a modelled count).
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        Lower and upper limit of the count; NaN where it is missing, negative or infinite.
        The lower limit of no event is 0.

    Source: Office for Health Improvement and Disparities, Fingertips public health
    technical guidance, rates.
    """
    x = _usable_count(count)
    lower, upper = byar_limits(x, confidence)
    small = np.asarray(x < EXACT_BELOW)
    if small.any():
        lower[small], upper[small] = exact_limits(x[small], confidence)
    return lower, upper


def exact_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact limits of a Poisson count.

    ``chi2(a; 2x) / 2`` and ``chi2(1 - a; 2x + 2) / 2``, with ``chi2(p; f)`` the quantile at
    ``p`` of a chi-square with ``f`` degrees of freedom and ``a = (1 - confidence) / 2``.

    Args:
        count: as in ``count_limits``.
        confidence: as in ``count_limits``.

    Returns:
        As ``count_limits``.

    Source: Garwood, Biometrika 28 (1936) 437.
    """
    x, tail = _usable_count(count), tail_of(confidence)
    lower, upper = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    listed = np.asarray((x < LISTED) & (x == np.floor(x)))
    rest = np.asarray(np.isfinite(x) & ~listed)
    place = x[listed].astype(np.intp)
    table = _exact(np.arange(place.max(initial=-1) + 1, dtype=float), tail)
    lower[listed], upper[listed] = table[0][place], table[1][place]
    lower[rest], upper[rest] = _exact(x[rest], tail)
    return lower, upper


def byar_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return Byar's approximate limits of a Poisson count.

    ``x (1 - 1/(9x) - z/(3 sqrt x))^3`` and ``y (1 - 1/(9y) + z/(3 sqrt y))^3`` with
    ``y = x + 1``.

    Args:
        count: as in ``count_limits``.
        confidence: as in ``count_limits``.

    Returns:
        As ``count_limits``; the lower limit is also NaN where the formula falls below 0 (a
        count of 1 at 99.8 %), which no count can be.

    Source: Breslow and Day, Statistical Methods in Cancer Research II (1987) 69.
    """
    x, z = _usable_count(count), z_of(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.asarray(_cube_root_normal(x, -z))
    lower[x == 0] = 0
    lower[lower < 0] = np.nan
    return lower, np.asarray(_cube_root_normal(x + 1, z))


def rate(
    count: ArrayLike, base: ArrayLike, per: float = 100_000, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return ``per * count / base`` with its limits.

    The base is taken as known, so that the limits are those of the count over the base.

    Args:
        count: events, any shape; may be above the base.
        base: people (or person-years) at risk, of a shape that broadcasts with the count's.
        per: how many people the rate is given for.
        confidence: as in ``count_limits``.

    Returns:
        Rate, lower and upper limit; NaN where the count is missing, negative or infinite, or
        the base is missing, infinite or not above 0.

    Source: as ``count_limits``.
    """
    n = np.asarray(base, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where((n > 0) & np.isfinite(n), per / n, np.nan)
    lower, upper = count_limits(count, confidence)
    return np.asarray(_usable_count(count) * scale), lower * scale, upper * scale


def _usable_count(count: ArrayLike) -> Floats:
    x = np.asarray(count, dtype=float)
    return np.where((x >= 0) & np.isfinite(x), x, np.nan)


def _exact(x: Floats, tail: float) -> tuple[Floats, Floats]:
    """A chi-square quantile over 2 is that of a gamma with half the degrees of freedom."""
    some = x > NO_EVENT  # below, the lower limit is under the smallest number there is
    lower: Floats = np.where(some, gammaincinv(np.where(some, x, 1), tail), 0)
    upper: Floats = gammaincinv(x + 1, 1 - tail)
    return lower, upper


def _cube_root_normal(x: Floats, z: float) -> Floats:
    """Wilson and Hilferty: the cube root of a chi-square variable is nearly normal."""
    root = 1 - 1 / (9 * x) + z / (3 * np.sqrt(x))
    limit: Floats = x * root * root * root
    return limit
