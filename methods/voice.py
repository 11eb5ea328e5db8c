"""Who replied against whom one would expect: ratio, limits, class, and what can be detected.

*Observed* (O) are the replies of an area, *expected* (E) those it would have sent had it answered
like all areas together. A count of replies varies by chance like a Poisson count with mean E.
Ratios are 100 O/E: 100 is as expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincc, gammainccinv

from .funnel import ALARM, CLASSES, WARNING, overdispersion, poisson_limits, widened
from .multiple import benjamini_hochberg
from .proportions import tail_of, z_of
from .rates import exact_limits

Floats = NDArray[np.float64]
Words = NDArray[np.object_]

TOO_FEW = "too few to say"
MIN_EXPECTED = 10.0  # replies expected below which an area gets no class: this project's choice
POWER = 0.8  # how surely a quiet area should be noticed
LISTED = 10_000  # replies up to which the limits of all counts are worked out and looked up
HALF = 0.5  # of the expected rate: an area that one should notice
ALL = (*CLASSES, TOO_FEW)


def expected(
    population: ArrayLike, observed: ArrayLike, total: float | None = None, of: float | None = None
) -> Floats:
    """Return ``E_i = R n_i / N``: the replies had all areas answered at the same rate.

    R are the replies and N the people of all areas that have both.

    Args:
        population: n, people who could have replied, one per area.
        observed: replies of each area, missing where they are not known.
        total: R where it is known otherwise (rounded, so that it may be shown).
        of: N likewise.

    Returns:
        NaN where n is missing or not above 0, and everywhere when no area has both.
    """
    o, n = _pairs(observed, population)
    replies = float(np.nansum(o)) if total is None else total
    people = float(np.nansum(n)) if of is None else of
    everyone = np.asarray(population, dtype=float)
    everyone = np.where((everyone > 0) & np.isfinite(everyone), everyone, np.nan)
    return np.asarray(everyone * (replies / people if people > 0 else np.nan))


def expected_by_group(
    population: pd.DataFrame,
    replies: Mapping[str, float],
    total: float,
    of: Mapping[str, float] | None = None,
) -> pd.Series:
    """Return ``E_i = sum_g r_g n_ig``: the replies had each group answered alike everywhere.

    ``r_g = (R_g / N_g) (R / sum_g R_g)``: replies of people whose group is not known are taken to
    come from the groups as the others do. What is left of O/E is no longer due to which groups
    live where. The sum of E over all areas is R.

    Args:
        population: n_ig, a row for each area and a column for each group; areas with a missing
            group are left out.
        replies: R_g, by group, of all areas together.
        total: R, all replies, those of unknown group among them.
        of: N_g where it is known otherwise; the sums of the areas when left out.

    Returns:
        NaN for areas where a group is missing or nobody lives. Groups in which nobody lives give
        no rate; replies from them are spread over the others.

    Source: indirect standardisation, as Breslow and Day, Statistical Methods in Cancer Research
    II (1987) 64 with areas for exposures and groups for ages.
    """
    groups = list(population.columns)
    n = population.astype(float)
    n = n.where((n >= 0) & np.isfinite(n))
    n = n.where(n.notna().all(axis=1) & n.sum(axis=1).gt(0))
    people = n.sum() if of is None else pd.Series(of, dtype=float).reindex(groups)
    sent = pd.Series(replies, dtype=float).reindex(groups)
    rates = (sent / people).where(people > 0, 0.0)
    known = float(sent[people > 0].sum())
    factor = total / known if known > 0 else np.nan
    return (n * rates).sum(axis=1, skipna=False) * factor


def ratio(observed: ArrayLike, expected: ArrayLike, confidence: float = WARNING) -> pd.DataFrame:
    """Return ``100 O / E`` with its exact limits, columns ``ratio``, ``lo`` and ``hi``.

    The limits are those of the Poisson count O (``rates.exact_limits``, at every count: Byar's
    are an approximation that is not needed) over E, which is taken as known.

    Args:
        observed: O, one per area; not necessarily whole (weighted replies).
        expected: E.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        NaN where O is missing or negative, or E is missing or not above 0.

    Source: Garwood, Biometrika 28 (1936) 437.
    """
    o, e = _pairs(observed, expected)
    low, high = exact_limits(o, confidence)
    return pd.DataFrame({"ratio": 100 * o / e, "lo": 100 * low / e, "hi": 100 * high / e})


def classify(
    observed: ArrayLike,
    expected: ArrayLike,
    phi: float = 1.0,
    min_expected: float = MIN_EXPECTED,
) -> Words:
    """Return the class of each area: does 100 lie inside the limits of its ratio?

    ``much lower``: the upper 99.8 % limit is below 100; ``lower``: the upper 95 % limit is;
    ``higher`` and ``much higher`` likewise by the lower limits; else ``as expected``.
    ``too few to say`` where E is below the smallest that is judged.

    Args:
        observed: O, one per area.
        expected: E.
        phi: over-dispersion that widens the limits by its root, when above 1.
        min_expected: smallest E that is judged.

    Returns:
        One of ``ALL``; None where there is no ratio.
    """
    e = _pairs(observed, expected)[1]
    inner, outer = (ratio(observed, expected, level) for level in (WARNING, ALARM))
    low, high = widened(inner["ratio"], inner["lo"], inner["hi"], phi)
    far_low, far_high = widened(outer["ratio"], outer["lo"], outer["hi"], phi)
    much_lower, lower, as_expected, higher, much_higher = CLASSES
    words = np.select(
        [np.isnan(e), e < min_expected, far_high < 100, high < 100, far_low > 100, low > 100],
        ["", TOO_FEW, much_lower, lower, much_higher, higher],
        as_expected,
    ).astype(object)
    words[words == ""] = None
    return np.asarray(words, dtype=object)


def p_values(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """Return the exact two-sided p of each area: twice the smaller tail, at most 1.

    ``2 min(P(X <= O), P(X >= O))`` for X Poisson with mean E; below 0.05 just where the exact
    95 % limits leave 100 out.

    Args:
        observed: O; where it is not whole, the tails of the gamma distribution between.
        expected: E.

    Returns:
        NaN where there is no ratio.
    """
    o, e = _pairs(observed, expected)
    at_most = gammaincc(o + 1, e)
    # as many as nothing or more come always
    at_least = np.where(o == 0, 1.0, gammainc(np.where(o == 0, 1.0, o), e))
    both: Floats = np.minimum(2 * np.minimum(at_most, at_least), 1)
    return np.where(np.isnan(e), np.nan, both)


def q_values(
    observed: ArrayLike, expected: ArrayLike, min_expected: float = MIN_EXPECTED
) -> Floats:
    """Return ``p_values`` after Benjamini and Hochberg, over the areas that are judged.

    NaN where E is below ``min_expected`` or there is no ratio.
    """
    e = _pairs(observed, expected)[1]
    p = p_values(observed, expected)
    return benjamini_hochberg(np.where(e >= min_expected, p, np.nan))


def dispersion(
    observed: ArrayLike, expected: ArrayLike, min_expected: float = MIN_EXPECTED
) -> float:
    """Return phi (``funnel.overdispersion``) of the areas that are judged; 0.68 by chance."""
    o, e = _pairs(observed, expected)
    judged = e >= min_expected
    return overdispersion(o[judged], e[judged])


def prior_strength(observed: ArrayLike, expected: ArrayLike) -> float:
    """Return a, the replies that the prior of the shrunk ratio weighs as much as.

    The true ratios of the areas are taken for draws of a gamma distribution with mean 1 and
    variance ``A = sum(E (O/E - 1)^2) / sum(E) - k / sum(E)`` over the k areas (what their spread
    is above chance); ``a = 1 / A``.

    Args:
        observed: O, replies of each area.
        expected: E; areas without O, or without E above 0, are left out.

    Returns:
        a above 0; inf where the areas vary by no more than chance; NaN where there is no area.

    Source: Marshall, Applied Statistics 40 (1991) 283, the global estimator with the mean known
    to be 1; of ``smoothing.empirical_bayes`` it is the same A in ratios.
    """
    o, e = _pairs(observed, expected)
    known = np.isfinite(o)
    o, e = o[known], e[known]
    if not len(o):
        return np.nan
    between = float(((o - e) ** 2 / e).sum() - len(o)) / float(e.sum())
    return 1 / between if between > 0 else np.inf


def shrunk_ratio(observed: ArrayLike, expected: ArrayLike, prior: float | None = None) -> Floats:
    """Return ``100 (O + a) / (E + a)``: the ratio drawn towards 100, the more so the smaller E is.

    The mean of the gamma distribution that chance and the prior leave the true ratio with.

    Args:
        observed: O, any shape.
        expected: E, of a shape that broadcasts with it.
        prior: a; ``prior_strength`` of these areas when left out. inf gives 100 everywhere.

    Returns:
        NaN where O is missing or negative, E is missing or not above 0, or a is missing.

    Source: Clayton and Kaldor, Biometrics 43 (1987) 671; a as in ``prior_strength``.
    """
    a = prior_strength(observed, expected) if prior is None else prior
    o, e = _pairs(observed, expected)
    if np.isposinf(a):
        return np.where(np.isfinite(o), 100.0, np.nan)
    return np.asarray(100 * (o + a) / (e + a))


def power(expected: ArrayLike, rate: ArrayLike = HALF, confidence: float = WARNING) -> Floats:
    """Return the probability that an area which answers at some rate is noticed as lower.

    ``P(X <= c)`` for X Poisson with mean ``rate E``, c being the most replies whose exact upper
    limit is below E. At rate 1 it is how often chance alone makes an area look lower.

    Args:
        expected: E, any shape.
        rate: of what is expected, 1 = as expected; of a shape that broadcasts with E.
        confidence: of the limits: 0.95 for lower or much lower, 0.998 for much lower.

    Returns:
        0 where even no reply at all is within chance; NaN where E is missing or not above 0, or
        the rate is missing or negative.
    """
    e, r = np.broadcast_arrays(np.asarray(expected, float), np.asarray(rate, float))
    usable = (e > 0) & np.isfinite(e) & (r >= 0) & np.isfinite(r)
    e, r = np.where(usable, e, 1.0), np.where(usable, r, 1.0)
    return np.where(usable, chance_of_at_most(most_noticed(e, confidence), r * e), np.nan)


def most_noticed(expected: ArrayLike, confidence: float = WARNING) -> Floats:
    """Return the most replies whose exact upper limit is below E; -1 where even none is chance.

    Args:
        expected: E, any shape.
        confidence: as in ``power``.

    Returns:
        NaN where E is missing or not above 0.
    """
    e = np.asarray(expected, dtype=float)
    usable = (e > 0) & np.isfinite(e)
    return np.where(usable, _most_noticed(np.where(usable, e, 1.0), confidence), np.nan)


def chance_of_at_most(most: ArrayLike, mean: ArrayLike) -> Floats:
    """Return ``P(X <= most)`` for X Poisson with some mean; 0 where ``most`` is below 0.

    NaN where the mean is missing.
    """
    count = np.asarray(most, dtype=float)
    m = np.asarray(mean, dtype=float)
    return np.where(count >= 0, gammaincc(np.maximum(count, 0) + 1, m), np.where(m >= 0, 0.0, m))


def smallest_detectable(
    expected: ArrayLike, power: float = POWER, confidence: float = WARNING
) -> Floats:
    """Return the highest rate, 1 = as expected, at which an area is noticed with some probability.

    Args:
        expected: E, any shape.
        power: how surely, between 0 and 1.
        confidence: as in ``power``.

    Returns:
        NaN where even no reply at all is within chance, or E is missing or not above 0.
    """
    e = np.asarray(expected, dtype=float)
    usable = (e > 0) & np.isfinite(e)
    e = np.where(usable, e, 1.0)
    most = _most_noticed(e, confidence)
    mean: Floats = gammainccinv(np.maximum(most, 0) + 1, power)
    return np.where(usable & (most >= 0), mean / e, np.nan)


def expected_needed(rate: float = HALF, power: float = POWER, confidence: float = WARNING) -> float:
    """Return the E from which on an area at some rate is always noticed with some probability.

    Power falls between the counts that are noticed and leaps at each of them, so it is the E after
    the last dip below ``power``.

    Args:
        rate: of what is expected, 0 to below 1.
        power: how surely, between 0 and 1.
        confidence: as in the function ``power``.

    Raises:
        ValueError: for a rate that is not from 0 to below 1, or a power not between 0 and 1.
    """
    if not (0 <= rate < 1 and 0 < power < 1):
        raise ValueError(f"rate from 0 to below 1, power between 0 and 1: not {rate!r}, {power!r}")
    spread = z_of(confidence) + abs(NormalDist().inv_cdf(power))
    enough = int(4 * (spread / (1 - rate)) ** 2) + 50  # well beyond what the normal limit asks
    counts = np.arange(enough, dtype=float)
    starts = _starts(counts, confidence)
    lowest = gammaincc(counts[:-1] + 1, rate * starts[1:])  # just before the next one is
    dips = np.flatnonzero(lowest < power)
    return float(starts[dips[-1] + 1]) if len(dips) else float(starts[0])


def _most_noticed(e: Floats, confidence: float) -> Floats:
    """Return the most replies whose exact upper limit is below E; -1 where none are."""
    few = e <= LISTED
    counts = np.arange(np.ceil(e[few].max(initial=0.0)) + 1)
    starts = _starts(counts, confidence)
    most: Floats = np.asarray(np.searchsorted(starts, e, side="left") - 1.0)
    if few.all():
        return most
    # of so many the line of a funnel is as good
    line = poisson_limits(np.where(few, np.nan, e), confidence)[0] * e / 100
    return np.where(few, most, np.ceil(line) - 1)


def _starts(counts: Floats, confidence: float) -> Floats:
    """Return the E above which so many replies are noticed: their exact upper limit."""
    starts: Floats = gammainccinv(counts + 1, tail_of(confidence))
    return starts


def _pairs(observed: ArrayLike, expected: ArrayLike) -> tuple[Floats, Floats]:
    """Return O and E of one shape; both NaN where one of them cannot be used."""
    o, e = np.broadcast_arrays(np.asarray(observed, float), np.asarray(expected, float))
    usable = (o >= 0) & np.isfinite(o) & (e > 0) & np.isfinite(e)
    return np.where(usable, o, np.nan), np.where(usable, e, np.nan)
