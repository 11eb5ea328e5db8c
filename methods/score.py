"""The seldom-heard score: percentiles, pillars, their composite and how well it holds.

Definition and defence: ``docs/score.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
MINIMUM_WEIGHT = 0.75  # of a pillar's weight that must be known in an area
CONCENTRATION = 20.0  # of the Dirichlet weights: about +/- 10 points on a weight of 0.5
ROBUST, CONTESTABLE = 0.8, 0.2


@dataclass(frozen=True)
class Indicator:
    """One column of the score: its pillar, weight, and whether more of it means a barrier."""

    field: str
    pillar: str
    weight: float = 1.0
    more_is_barrier: bool = True


@dataclass(frozen=True)
class Score:
    """Result of ``score``; frames and series share the index of the areas.

    Attributes:
        percentiles: one column per indicator, 0 to 1, 1 = strongest barrier.
        pillars: one column per pillar, 0 to 1.
        composite: weighted geometric mean of the pillars.
        partial: areas where a pillar was made from less than all of its indicators.
    """

    percentiles: pd.DataFrame
    pillars: pd.DataFrame
    composite: pd.Series
    partial: pd.Series


def percentile_rank(values: pd.Series, reference: pd.Series | None = None) -> pd.Series:
    """Return ``(rank - 1) / (N - 1)`` against the reference set, ties taking the smallest.

    The rank is 1 + the number of reference values that are smaller, so that in its own set
    the lowest gets 0 and the highest 1. Missing stays missing; a single value gets 0.

    Args:
        values: the figures to place.
        reference: the set to place them in; the values themselves when left out.
    """
    values = _finite(values)
    known_values = values if reference is None else _finite(reference)
    known = np.sort(known_values.dropna().to_numpy(dtype=float))
    smaller = np.searchsorted(known, values.to_numpy(dtype=float), side="left")
    place = np.clip(smaller / max(len(known) - 1, 1), 0, 1)
    return pd.Series(np.where(values.notna(), place, np.nan), index=values.index)


def z_score(values: pd.Series, reference: pd.Series | None = None, limit: float = 3.0) -> pd.Series:
    """Return the z-score winsorised at +/- ``limit`` and scaled to 0..1; 0.5 is the mean."""
    known = values if reference is None else reference
    spread = known.std(ddof=0)
    z = (values - known.mean()) / spread if spread > 0 else values * 0
    return (z.clip(-limit, limit) + limit) / (2 * limit)


def score(
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    pillar_weights: Mapping[str, float],
    reference: pd.DataFrame | None = None,
) -> Score:
    """Score areas: percentile ranks, arithmetic mean in a pillar, geometric mean between.

    An indicator missing in an area is left out there and the others' weights renormalised,
    as long as 75 % of the pillar's weight is known; else the pillar is missing. An area
    with a missing pillar has no composite.

    Args:
        data: one row per area, a column per indicator's field.
        indicators: with their pillars and weights inside the pillar.
        pillar_weights: weight between pillars; only their proportions matter.
        reference: areas to rank against, same fields; the data themselves when left out.
    """
    percentiles = _normalised(percentile_rank, data, indicators, reference)
    weights = _inner_weights(indicators)
    names = list(pillar_weights)
    membership = _membership(indicators, names)
    pillars, partial = _pillars(percentiles.to_numpy(), weights, membership)
    outer = np.array([pillar_weights[name] for name in names], dtype=float)
    size = len(data) if reference is None else len(reference)
    composite = _geometric(pillars, outer / outer.sum(), _floor(size))
    return Score(
        percentiles=percentiles,
        pillars=pd.DataFrame(pillars, index=data.index, columns=names),
        composite=pd.Series(composite, index=data.index),
        partial=pd.Series(partial.any(axis=1), index=data.index),
    )


def rank_down(values: pd.Series) -> pd.Series:
    """Return ranks with 1 for the highest value; ties take the smallest, missing stays so."""
    return values.rank(ascending=False, method="min")


def top_count(top: str, areas: int) -> int:
    """Return how many areas ``"20"`` or ``"10%"`` of ``areas`` are; at least 1, at most all.

    Raises:
        ValueError: when it is neither a positive whole number nor a percentage up to 100.
    """
    text = str(top).strip()
    share = text.endswith("%")
    try:
        number = float(text[:-1] if share else text)
    except ValueError:
        number = -1.0
    whole = share or number.is_integer()
    if not (number > 0 and whole and (not share or number <= 100)):
        raise ValueError(f"{top!r} is neither a number of areas nor a percentage")
    count = int(np.ceil(round(areas * number / 100, 9))) if share else int(number)
    return max(1, min(count, areas))


def contributions(
    result: Score, indicators: Sequence[Indicator], pillar_weights: Mapping[str, float]
) -> pd.DataFrame:
    """Return each indicator's weighted percentile: pillar weight x weight x percentile."""
    weights = _inner_weights(indicators)
    total = sum(pillar_weights.values())
    outer = np.array([pillar_weights[i.pillar] / total for i in indicators])
    parts: pd.DataFrame = result.percentiles * (weights * outer)
    return parts


@dataclass(frozen=True)
class Stability:
    """How a ranking holds under other weights: 5, 50, 95 % of the ranks, and P(in top k)."""

    rank_low: pd.Series
    rank_median: pd.Series
    rank_high: pd.Series
    p_top: pd.Series


def stability(
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    pillar_weights: Mapping[str, float],
    top: int,
    draws: int = 2000,
    seed: int = 1,
    reference: pd.DataFrame | None = None,
    tick: Callable[[float], bool] = lambda share: False,
) -> Stability:
    """Rank the areas again under drawn weights, means and normalisations.

    Each draw takes Dirichlet weights (concentration 20) inside and between pillars, an
    arithmetic or geometric mean between them, and percentiles or winsorised z-scores, each
    with probability one half. Areas without a composite are left out of every draw; one with
    a composite stays in all of them, by the indicators it has.

    Args:
        data: one row per area, a column per indicator's field.
        indicators: as in ``score``.
        pillar_weights: as in ``score``.
        top: k of "in the top k".
        draws: how many other weightings to try.
        seed: of numpy's PCG64 generator; the same seed gives the same result everywhere.
        reference: as in ``score``.
        tick: called with the share done; returning True stops early.

    Raises:
        InterruptedError: when ``tick`` asked to stop.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    names = [name for name, weight in pillar_weights.items() if weight > 0]
    membership = _membership(indicators, names)
    floor = _floor(len(data) if reference is None else len(reference))
    both = [
        _normalised(how, data, indicators, reference).to_numpy()
        for how in (percentile_rank, z_score)
    ]
    base = score(data, indicators, pillar_weights, reference).composite
    scored = base.notna().to_numpy()
    both = [matrix[scored] for matrix in both]
    inner = _inner_weights(indicators)
    outer = np.array([pillar_weights[name] for name in names], dtype=float)
    ranks = np.empty((draws, int(scored.sum())), dtype=np.int32)
    for draw in range(draws):
        weights = _drawn(generator, inner, membership)
        between = generator.dirichlet(np.maximum(outer / outer.sum(), 1e-9) * CONCENTRATION)
        geometric, z = generator.random(2) < 0.5
        pillars, _ = _pillars(both[int(z)], weights, membership, minimum=0.0)
        mean = _geometric(pillars, between, floor) if geometric else _alike(pillars @ between)
        ranks[draw] = _min_ranks(mean)
        if draw % 50 == 0 and tick(draw / draws):
            raise InterruptedError
    low, median, high = _quantiles(ranks, (0.05, 0.5, 0.95))
    inside = (ranks <= top).mean(axis=0)
    return Stability(*(_back(values, scored, data.index) for values in (low, median, high, inside)))


def tier(p_top: pd.Series) -> pd.Series:
    """Return 'robust' (P >= 0.8), 'contestable' (P >= 0.2) or 'not a priority'."""
    names = pd.Series("not a priority", index=p_top.index, dtype=object)
    names = names.mask(p_top >= CONTESTABLE, "contestable").mask(p_top >= ROBUST, "robust")
    return names.where(p_top.notna(), None)


def drop_one(
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    pillar_weights: Mapping[str, float],
    top: int,
    reference: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return, per indicator left out, Spearman's rho and the overlap of the top k.

    An indicator that is the only one of its pillar takes the pillar with it.
    """
    full = score(data, indicators, pillar_weights, reference).composite
    rows = []
    for left_out in indicators:
        rest = [i for i in indicators if i is not left_out]
        pillars = {i.pillar for i in rest}
        outer = {name: w for name, w in pillar_weights.items() if name in pillars}
        if not outer or sum(outer.values()) == 0:
            rows.append((left_out.field, np.nan, np.nan))
            continue
        other = score(data, rest, outer, reference).composite
        both = full.notna() & other.notna()
        rho = full[both].rank().corr(other[both].rank())
        shared = (rank_down(full) <= top) & (rank_down(other) <= top)
        rows.append((left_out.field, rho, 100 * shared.sum() / top))
    return pd.DataFrame(rows, columns=["field", "spearman", "top_overlap_pct"])


def strong_correlations(
    percentiles: pd.DataFrame, limit: float = 0.9
) -> list[tuple[str, str, float]]:
    """Return pairs of indicators whose Spearman correlation is above the limit: counted twice."""
    rho = percentiles.corr(method="spearman").to_numpy()
    first, second = np.triu_indices(len(rho), 1)
    strong = np.abs(rho[first, second]) > limit
    names = list(percentiles.columns)
    return [(names[a], names[b], float(rho[a, b])) for a, b in zip(first[strong], second[strong])]


def _normalised(
    how: Callable[..., pd.Series],
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    reference: pd.DataFrame | None,
) -> pd.DataFrame:
    columns = {}
    for indicator in indicators:
        sign = 1 if indicator.more_is_barrier else -1
        known = None if reference is None else sign * _finite(reference[indicator.field])
        columns[indicator.field] = how(sign * _finite(data[indicator.field]), known)
    return pd.DataFrame(columns, index=data.index)


def _finite(values: pd.Series) -> pd.Series:
    """Return values with the infinite ones missing."""
    return values.where(np.isfinite(values.astype(float)))


def _inner_weights(indicators: Sequence[Indicator]) -> Matrix:
    weights = np.array([i.weight for i in indicators], dtype=float)
    pillars = np.array([i.pillar for i in indicators])
    for name in set(pillars):
        inside = pillars == name
        weights[inside] = weights[inside] / weights[inside].sum()
    return weights


def _membership(indicators: Sequence[Indicator], names: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([[i.pillar == name for name in names] for i in indicators])


def _pillars(
    values: Matrix,
    weights: Matrix,
    membership: NDArray[np.bool_],
    minimum: float = MINIMUM_WEIGHT,
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return pillars (areas x pillars) and where they lack an indicator of some weight."""
    known = ~np.isnan(values)
    inside = weights[:, None] * membership
    weight_known = known @ inside
    total = np.nan_to_num(values) @ inside
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(
            (weight_known > 0) & (weight_known >= minimum - 1e-12), total / weight_known, np.nan
        )
    return mean, weight_known < 1 - 1e-9


def _floor(areas: int) -> float:
    return 1 / max(areas - 1, 1)


def _geometric(pillars: Matrix, weights: Matrix, floor: float) -> Matrix:
    used = weights > 0
    log = np.log(np.maximum(pillars[:, used], floor)) @ weights[used]
    return _alike(np.exp(log))


def _alike(values: Matrix) -> Matrix:
    """Return values without their last digits, in which equal areas can differ by position."""
    rounded: Matrix = np.round(values, 12)
    return rounded


def _drawn(
    generator: np.random.Generator, weights: Matrix, membership: NDArray[np.bool_]
) -> Matrix:
    drawn = np.zeros_like(weights)
    for inside in membership.T:
        share = np.maximum(weights[inside], 1e-9)
        drawn[inside] = generator.dirichlet(share * CONCENTRATION)
    return drawn


def _min_ranks(values: Matrix) -> NDArray[np.int64]:
    ordered = np.sort(-values)
    return np.searchsorted(ordered, -values, side="left") + 1


def _quantiles(ranks: NDArray[np.int32], shares: tuple[float, ...]) -> list[Matrix]:
    ordered = np.sort(ranks, axis=0)
    positions = [min(int(np.floor(share * len(ordered))), len(ordered) - 1) for share in shares]
    return [ordered[position].astype(float) for position in positions]


def _back(values: Matrix, scored: NDArray[np.bool_], index: pd.Index) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[scored] = values
    return pd.Series(full, index=index)
