"""Rates that do not depend on how old an area's people are.

Directly: the area's own rates by age, weighted by a standard population. Indirectly: the events
seen, against those expected had the area the rates by age of a reference population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .rates import byar_limits, count_limits

Floats = NDArray[np.float64]

AGE_BANDS = (
    *("0-4", "5-9", "10-14", "15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49"),
    *("50-54", "55-59", "60-64", "65-69", "70-74", "75-79", "80-84", "85-89", "90+"),
)
# European Standard Population 2013, of 100,000 people, in the bands above. Source: Eurostat,
# Revision of the European Standard Population (2013).
ESP2013 = (
    *(5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000),
    *(7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000),
)
FEWEST_EVENTS = 10  # no directly standardised rate is published of fewer


def directly_standardised(
    counts: ArrayLike,
    bases: ArrayLike,
    standard: ArrayLike = ESP2013,
    per: float = 100_000,
    confidence: float = 0.95,
    variance: ArrayLike | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Return directly standardised rates with Dobson's limits.

    ``rate = sum(w x/n) / sum(w)``; with ``V = sum((w/n)^2 v) / sum(w)^2`` its variance, ``X``
    all events and ``L`` the Byar limit of X, the limits are ``rate + sqrt(V/X) (L - X)``.

    Args:
        counts: x, events by age band; the last axis is the band.
        bases: n, people by age band, same shape.
        standard: w, the standard population in the same bands.
        per: how many people the rate is given for.
        confidence: 0.95 or 0.998, or any number between 0 and 1.
        variance: v of each count, same shape; the count itself when left out, which holds for
            events that have nothing to do with each other. See ``repeated_events``.

    Returns:
        Rate, lower and upper limit, without the last axis. NaN with fewer than 10 events in
        all, and where a count or base is missing or impossible in a band with a weight, also
        where the base is 0 there: the area has no rate at that age.

    Raises:
        ValueError: when a weight of the standard is negative or missing, or all are 0.

    Source: Dobson, Kuulasmaa, Eberle and Scherer, Statistics in Medicine 10 (1991) 457; as
    used by the Office for Health Improvement and Disparities, which publishes none of fewer
    than 10 events and refuses bases of 0.
    """
    x, n = np.asarray(counts, dtype=float), np.asarray(bases, dtype=float)
    weights = _weights(standard)
    needed = weights > 0
    x, n, weights = x[..., needed], n[..., needed], weights[needed]
    v = x if variance is None else np.asarray(variance, dtype=float)[..., needed]
    usable = (x >= 0) & np.isfinite(x) & (n > 0) & np.isfinite(n) & (v >= 0) & np.isfinite(v)
    with np.errstate(divide="ignore", invalid="ignore"):
        weighted = np.where(usable, weights / n, np.nan)
        value = np.asarray((weighted * x).sum(axis=-1))
        spread = np.sqrt((weighted * weighted * v).sum(axis=-1))
        events = x.sum(axis=-1)
        low, high = byar_limits(np.where(events >= FEWEST_EVENTS, events, np.nan), confidence)
        step = spread / np.sqrt(events)
        lower, upper = value + step * (low - events), value + step * (high - events)
    return np.where(events >= FEWEST_EVENTS, value, np.nan) * per, lower * per, upper * per


def repeated_events(people: ArrayLike, times: ArrayLike) -> tuple[Floats, Floats]:
    """Return the events of people who have them repeatedly, and the variance of their number.

    Events of one person are not independent. ``x = sum(f p_f)`` events have the variance
    ``v = sum(f^2 p_f)``, where ``p_f`` people had the event f times; x itself when nobody had
    it twice.

    Args:
        people: numbers of people, the last axis by how often they had the event.
        times: f, how often, along that axis.

    Returns:
        Events and variance, without the last axis; NaN where a number is missing.

    Source: Stukel, Glynn, Fisher, Sharp, Lu-Yao and Wennberg, Statistics in Medicine 13 (1994)
    1781; Office for Health Improvement and Disparities, Fingertips public health technical
    guidance, directly standardised rates.
    """
    numbers, f = np.asarray(people, dtype=float), np.asarray(times, dtype=float)
    return np.asarray(numbers @ f), np.asarray(numbers @ (f * f))


@dataclass(frozen=True)
class Indirect:
    """What was seen against what was expected.

    Attributes:
        observed: events.
        expected: events had the area the rates of the reference population.
        ratio: 100 x observed / expected.
        ratio_lower: its lower limit.
        ratio_upper: its upper limit.
        rate: the reference population's rate times the ratio.
        rate_lower: its lower limit.
        rate_upper: its upper limit.
        reference_rate: all events of the reference population over all its people.
    """

    observed: Floats
    expected: Floats
    ratio: Floats
    ratio_lower: Floats
    ratio_upper: Floats
    rate: Floats
    rate_lower: Floats
    rate_upper: Floats
    reference_rate: float


def indirectly_standardised(
    observed: ArrayLike,
    bases: ArrayLike,
    reference_counts: ArrayLike,
    reference_bases: ArrayLike,
    per: float = 100_000,
    confidence: float = 0.95,
) -> Indirect:
    """Return the indirectly standardised ratio and rate with their limits.

    ``E = sum(n X/N)`` over the age bands, ratio ``100 O/E``, rate ``O/E sum(X)/sum(N)``; the
    limits are those of O as a count, exact below 10 and Byar's from there, over E.

    Args:
        observed: O, events of all ages in each area.
        bases: n, people by age band; the last axis is the band. A band may be empty.
        reference_counts: X, events of the reference population in the same bands.
        reference_bases: N, its people.
        per: how many people the rate is given for.
        confidence: 0.95 or 0.998, or any number between 0 and 1.

    Returns:
        All NaN but the observed where nothing is expected, or a base is missing, infinite or
        negative, or the reference has no rate at an age that the area has people of.

    Source: as ``count_limits``.
    """
    seen = np.asarray(observed, dtype=float)
    total, people = (np.asarray(part, dtype=float) for part in (reference_counts, reference_bases))
    expected = expected_events(bases, total, people)
    reference = float(per * total.sum() / people.sum()) if people.sum() > 0 else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(expected > 0, 1 / expected, np.nan)
    low, high = count_limits(seen, confidence)
    usable = np.where((seen >= 0) & np.isfinite(seen), seen, np.nan)
    ratio, lower, upper = (np.asarray(part * scale) for part in (usable, low, high))
    return Indirect(
        observed=seen,
        expected=expected,
        ratio=100 * ratio,
        ratio_lower=100 * lower,
        ratio_upper=100 * upper,
        rate=reference * ratio,
        rate_lower=reference * lower,
        rate_upper=reference * upper,
        reference_rate=reference,
    )


def expected_events(
    bases: ArrayLike, reference_counts: ArrayLike, reference_bases: ArrayLike
) -> Floats:
    """Return ``sum(n X/N)`` over the age bands; see ``indirectly_standardised``."""
    n = np.asarray(bases, dtype=float)
    total, people = (np.asarray(part, dtype=float) for part in (reference_counts, reference_bases))
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = total / people
    known = (total >= 0) & (people > 0) & np.isfinite(rates)
    lost = ((n < 0) | ~np.isfinite(n)).any(axis=-1) | (n[..., ~known] > 0).any(axis=-1)
    with np.errstate(invalid="ignore"):
        expected = n[..., known] @ rates[known]
    return np.where(lost, np.nan, expected)


def _weights(standard: ArrayLike) -> Floats:
    weights = np.asarray(standard, dtype=float)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError("a standard population has a number of people, 0 or more, in every band")
    shares: Floats = weights / weights.sum()
    return shares
