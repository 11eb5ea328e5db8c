"""Is an area's figure further from the benchmark than chance alone would put it?

Control limits of a funnel plot at 95 and 99.8 %, the class of each area, and how much more than
by chance the areas differ from each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtriv, gammainc

from .proportions import percent, tail_of, z_of
from .rates import rate

Floats = NDArray[np.float64]

CLASSES = ("much lower", "lower", "as expected", "higher", "much higher")
_WORDS = np.array([*CLASSES, None], dtype=object)
_UNKNOWN = len(CLASSES)
WARNING, ALARM = 0.95, 0.998  # outside the first: lower or higher; the second: much so
FEWEST_STANDARDISED = 10  # events below which a directly standardised rate gets no class


def proportion_limits(
    base: ArrayLike, benchmark: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the control limits of a proportion, 0 to 1: ``p -/+ z sqrt(p (1 - p) / n)``.

    The normal limits around the benchmark, cut off at 0 and 1; with a benchmark near 0 or 1
    and few people they are too narrow on the far side.

    Args:
        base: n, people in each area, or the points of an axis.
        benchmark: p, the proportion compared with, 0 to 1.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        Lower and upper limit; NaN where the base is missing, infinite or not above 0, or the
        benchmark is not inside 0 to 1.

    Source: Spiegelhalter, Statistics in Medicine 24 (2005) 1185; as used by the Office for
    Health Improvement and Disparities, whose "Wilson" limits of funnels are these: the points
    where Wilson's limits of an area's share just touch the benchmark.
    """
    n, p = np.asarray(base, dtype=float), np.asarray(benchmark, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (n > 0) & np.isfinite(n) & (p >= 0) & (p <= 1)
        half = np.where(usable, z_of(confidence) * np.sqrt(p * (1 - p) / n), np.nan)
    return np.maximum(p - half, 0), np.minimum(p + half, 1)


def poisson_limits(expected: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the control limits of ``100 observed / expected`` at each expected count.

    The observed counts (as points of a line, not only whole ones) whose exact upper or lower
    limit is the expected count: ``chi2(1 - a; 2 lower + 2) / 2 = E = chi2(a; 2 upper) / 2``.
    The lower limit is 0 where even no event is within chance (E below 3.69 at 95 %).

    Args:
        expected: E, events expected in each area, or the points of an axis.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        Lower and upper limit; NaN where E is missing, infinite or not above 0.

    Source: Dover and Schopflocher, Population Health Metrics 9 (2011) 58; as used by the
    Office for Health Improvement and Disparities for rates and ratios.
    """
    e = np.asarray(expected, dtype=float)
    tail = tail_of(confidence)
    e = np.where((e > 0) & np.isfinite(e), e, np.nan)
    lower = np.maximum(_gamma_shape(1 - tail, e) - 1, 0)
    return 100 * lower / e, 100 * _gamma_shape(tail, e) / e


def rate_limits(
    base: ArrayLike, benchmark: ArrayLike, per: float = 100_000, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the control limits of a rate at each base, in the unit of the benchmark.

    Those of a ratio with ``E = base * benchmark / per``, times the benchmark.

    Args:
        base: people in each area, or the points of an axis.
        benchmark: the rate compared with, for ``per`` people.
        per: how many people rates are given for.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        Lower and upper limit; NaN where the base or the benchmark is missing, infinite or not
        above 0.
    """
    n, r = np.asarray(base, dtype=float), np.asarray(benchmark, dtype=float)
    with np.errstate(invalid="ignore"):
        lower, upper = poisson_limits(np.where((n > 0) & (r > 0), n * r / per, np.nan), confidence)
        return lower * r / 100, upper * r / 100


def classify_proportion(
    count: ArrayLike, base: ArrayLike, benchmark: ArrayLike, phi: float = 1.0
) -> NDArray[np.object_]:
    """Return the class of each area's proportion against the benchmark's control limits.

    Args:
        count: people counted, any shape.
        base: people they are a part of.
        benchmark: the proportion compared with, 0 to 1.
        phi: over-dispersion that widens the limits, when above 1.

    Returns:
        One of ``CLASSES``: lower or higher outside the 95 % limits, much so outside those of
        99.8 %; None where there is no proportion or no benchmark.
    """
    share = percent(count, base) / 100
    p = np.asarray(benchmark, dtype=float)
    low, high = widened(p, *proportion_limits(base, p, WARNING), phi)
    far_low, far_high = widened(p, *proportion_limits(base, p, ALARM), phi)
    known = np.isfinite(share) & np.isfinite(low)
    return _words(known, (share < low, share < far_low), (share > high, share > far_high))


def classify_rate(
    count: ArrayLike,
    base: ArrayLike,
    benchmark: ArrayLike,
    per: float = 100_000,
    phi: float = 1.0,
) -> NDArray[np.object_]:
    """Return the class of each area's rate: does the benchmark lie inside the rate's limits?

    The limits are those of ``rates.rate``: exact below 10 events, Byar's from there, so that
    an area right on a line of the plot, whose lines are exact throughout, may be on either side.

    Args:
        count: events, any shape.
        base: people at risk.
        benchmark: the rate compared with, for ``per`` people.
        per: how many people the benchmark is given for.
        phi: over-dispersion that widens the limits, when above 1.

    Returns:
        One of ``CLASSES``, as ``classify_proportion``; None where there is no rate or no
        benchmark above 0.

    Source: Office for Health Improvement and Disparities, funnel plots for rates.
    """
    r = np.asarray(benchmark, dtype=float)
    value, low, high = rate(count, base, per, WARNING)
    _, far_low, far_high = rate(count, base, per, ALARM)
    low, high = widened(value, low, high, phi)
    far_low, far_high = widened(value, far_low, far_high, phi)
    known = np.isfinite(value) & np.isfinite(r) & (r > 0)
    return _words(known, (high < r, far_high < r), (low > r, far_low > r))


def classify_ratio(
    observed: ArrayLike, expected: ArrayLike, phi: float = 1.0
) -> NDArray[np.object_]:
    """Return the class of observed against expected events; as ``classify_rate``.

    Args:
        observed: events, any shape.
        expected: events expected; None where it is not above 0.
        phi: over-dispersion that widens the limits, when above 1.
    """
    return classify_rate(observed, expected, 1.0, 1.0, phi)


def classify_standardised(
    count: ArrayLike,
    standardised: ArrayLike,
    benchmark: ArrayLike,
    per: float = 100_000,
    phi: float = 1.0,
) -> NDArray[np.object_]:
    """Return the class of each area's directly standardised rate; as ``classify_rate``.

    Its base is the one derived from rate and count; None below 10 events, of which no such
    rate is published.

    Args:
        count: events of all ages, any shape.
        standardised: the rate, for ``per`` people.
        benchmark: the rate compared with, for ``per`` people.
        per: how many people rates are given for.
        phi: over-dispersion that widens the limits, when above 1.
    """
    x = np.asarray(count, dtype=float)
    x = np.where(x >= FEWEST_STANDARDISED, x, np.nan)
    return classify_rate(x, derived_base(x, standardised, per), benchmark, per, phi)


def derived_base(
    count: ArrayLike,
    rates: ArrayLike,
    per: float = 100_000,
    base: ArrayLike | None = None,
    years: float = 1.0,
) -> Floats:
    """Return ``per * count / rate / years``: the people a rate behaves as if it came from.

    Args:
        count: events, any shape.
        rates: the area's rate, for ``per`` people.
        per: how many people rates are given for.
        base: the people themselves, used where there are no events; NaN there when left out.
        years: how many years the events were counted over.
    """
    x, r = np.asarray(count, dtype=float), np.asarray(rates, dtype=float)
    people = np.asarray(np.nan if base is None else base, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        derived = np.where((x > 0) & (r > 0), per * x / r, np.nan)
    return np.where(x == 0, people, derived) / years


def pooled(count: ArrayLike, base: ArrayLike, per: float = 1.0) -> float:
    """Return ``per * sum(count) / sum(base)`` of the areas that have both: the benchmark.

    NaN when no area has a count and a base above 0.
    """
    x, n = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(base, dtype=float))
    both = (x >= 0) & np.isfinite(x) & (n > 0) & np.isfinite(n)
    return float(per * x[both].sum() / n[both].sum()) if both.any() else np.nan


def deviations(observed: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> Floats:
    """Return ``z = (O - E) / sqrt(V)``: how many standard deviations by chance an area is off.

    Args:
        observed: O, any shape.
        expected: E, same shape.
        variance: V, same shape: E for counts, ``n p (1 - p)`` for a part of n people.

    Returns:
        NaN where anything is missing, O is negative or V is not above 0.
    """
    o, e, v = (np.asarray(one, dtype=float) for one in (observed, expected, variance))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((o >= 0) & (v > 0), (o - e) / np.sqrt(v), np.nan)


def overdispersion(
    observed: ArrayLike,
    expected: ArrayLike,
    variance: ArrayLike | None = None,
    winsorised: float = 0.1,
) -> float:
    """Return ``phi = sum(z^2) / (k - 1)`` over k areas, with ``z = (O - E) / sqrt(V)``.

    The lowest and the highest tenth of z are drawn in to the tenth and the ninetieth percentile
    first, so that the areas looked for do not widen the limits they are looked for with. By
    chance alone phi is then about 0.68, without drawing in about 1.

    Args:
        observed: O, one per area; areas where anything is missing are left out.
        expected: E.
        variance: V; E itself when left out (counts). ``n p (1 - p)`` for counts that are a
            part of n people.
        winsorised: share of the areas drawn in at either end; 0 draws in none.

    Returns:
        NaN with fewer than two areas.

    Source: Spiegelhalter, Quality and Safety in Health Care 14 (2005) 347.
    """
    z = np.ravel(deviations(observed, expected, expected if variance is None else variance))
    z = z[np.isfinite(z)]
    if len(z) < 2:
        return np.nan
    z = np.clip(z, *np.quantile(z, (winsorised, 1 - winsorised)))
    return float((z * z).sum() / (len(z) - 1))


def widened(
    middle: ArrayLike, lower: ArrayLike, upper: ArrayLike, phi: float
) -> tuple[Floats, Floats]:
    """Return limits whose distance from the middle is ``sqrt(phi)`` times as far.

    For control limits the middle is the benchmark, for limits of an area's figure that figure.
    They are left as they are when phi is 1 or less or NaN, and never fall below 0.
    """
    low, high = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    if not phi > 1:
        return low, high
    m, factor = np.asarray(middle, dtype=float), np.sqrt(phi)
    return np.maximum(m - factor * (m - low), 0), m + factor * (high - m)


def _gamma_shape(p: float, x: Floats) -> Floats:
    """Return the b of which ``P(b, x) = p``, P being the lower incomplete gamma function."""
    first: Floats = chdtriv(p, 2 * x) / 2
    # older scipy is right to 8 figures only: one more step along the secant makes it 12
    second = first * (1 + 1e-6)
    here, there = gammainc(first, x), gammainc(second, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = (p - here) * (second - first) / (there - here)
    return np.where(np.isfinite(step), first + step, first)


def _words(
    known: NDArray[np.bool_],
    lower: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    higher: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.object_]:
    """Return the words of areas that are lower and much lower, higher and much higher."""
    steps = [np.asarray(part, dtype=np.int8) for part in (*lower, *higher)]
    place = CLASSES.index("as expected") - steps[0] - steps[1] + steps[2] + steps[3]
    return np.asarray(_WORDS[np.where(known, place, _UNKNOWN)], dtype=object)
