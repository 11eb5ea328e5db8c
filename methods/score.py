"""The seldom-heard score: percentiles, pillars, their composite and how well it holds.

Definition and defence: ``docs/score.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .uncertainty import Pulse, Varying, drawn_weights, rank_quantiles, share_within, stream

Matrix = NDArray[np.float64]
Normalise = Callable[[Matrix, "Matrix | None"], Matrix]
LIMIT = 3.0  # z-scores beyond it count as it
RANKS = (0.05, 0.5, 0.95)  # shares of the draws at which a rank is told


@dataclass(frozen=True)
class Indicator:
    """One column of the score: its pillar, weight, and whether more of it means a barrier.

    Attributes:
        field: name of the column.
        pillar: name of its pillar.
        weight: inside the pillar; only the proportions matter, 0 leaves it out.
        more_is_barrier: whether a higher figure is the stronger barrier.
        enough: figures beyond it, on the side that is no barrier, count as it: all areas that
            answer as expected or better are alike with 100 for a ratio where less is a barrier.
    """

    field: str
    pillar: str
    weight: float = 1.0
    more_is_barrier: bool = True
    enough: float | None = None


@dataclass(frozen=True)
class Thresholds:
    """Choices of this project, no facts: change them where there is a reason.

    Attributes:
        minimum_weight: share of a pillar's weight that must be known in an area.
        concentration: of the Dirichlet weights; 20 moves a weight of 0.5 by about 0.11.
        robust: P(in the top k) from which an area is robust.
        contestable: P(in the top k) from which it is contestable.
    """

    minimum_weight: float = 0.75
    concentration: float = 20.0
    robust: float = 0.8
    contestable: float = 0.2

    def __post_init__(self) -> None:
        """Refuse thresholds that mean nothing.

        Raises:
            ValueError: naming the threshold.
        """
        for name in ("minimum_weight", "robust", "contestable"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not between 0 and 1")
        if not 0 < self.concentration < np.inf:
            raise ValueError(f"concentration: {self.concentration} is not above 0")
        if self.contestable > self.robust:
            raise ValueError("contestable: it is above robust")


CHOICES = Thresholds()


@dataclass(frozen=True)
class Score:
    """Result of ``score``; frames and series share the index of the areas.

    Attributes:
        percentiles: one column per indicator of some weight, 0 to 1, 1 = strongest barrier (or
            what another normalisation gives).
        pillars: one column per pillar, 0 to 1; also of pillars without weight, to look at.
        composite: weighted geometric mean of the pillars of some weight.
        partial: areas where one of those was made from less than all of its indicators.
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
    return _as_series(_percentile, values, reference)


def z_score(
    values: pd.Series, reference: pd.Series | None = None, limit: float = LIMIT
) -> pd.Series:
    """Return the z-score winsorised at +/- ``limit`` and scaled to 0..1; 0.5 is the mean.

    Mean and standard deviation (divisor N) are those of the reference set. Figures that are all
    the same give 0.5.

    Args:
        values: the figures to place.
        reference: the set to place them in; the values themselves when left out.
        limit: of z; beyond it an area is not more extreme.
    """
    return _as_series(lambda own, known: _z(own, known, limit), values, reference)


def min_max(values: pd.Series, reference: pd.Series | None = None) -> pd.Series:
    """Return ``(value - lowest) / (highest - lowest)`` of the reference set, between 0 and 1.

    Figures that are all the same give 0, as they do as percentiles.

    Args:
        values: the figures to place.
        reference: the set to place them in; the values themselves when left out.
    """
    return _as_series(_min_max, values, reference)


def score(
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    pillar_weights: Mapping[str, float],
    reference: pd.DataFrame | None = None,
    *,
    thresholds: Thresholds = CHOICES,
    placed: Mapping[str, pd.Series] | None = None,
    normalisation: str = "percentile",
    mean: str = "geometric",
) -> Score:
    """Score areas: percentile ranks, arithmetic mean in a pillar, geometric mean between.

    With weights w adding up to 1 in the pillar, percentiles p and pillar weights W adding up to 1:
    ``pillar = sum(w p) / sum(w)`` over the indicators known in the area, and
    ``composite = exp(sum(W ln(max(pillar, 1 / (N - 1)))))``, N areas in the reference set. A single
    pillar is the composite as it is: nothing is there for its zeros to wipe out.

    An indicator missing in an area is left out there and the others' weights renormalised,
    as long as 75 % of the pillar's weight is known; else the pillar is missing. An area
    with a missing pillar has no composite. Indicators of weight 0, pillars of weight 0 and pillars
    without an indicator of some weight have no part in the composite.

    Args:
        data: one row per area, a column per indicator's field.
        indicators: with their pillars and weights inside the pillar.
        pillar_weights: weight between pillars; only their proportions matter.
        reference: areas to rank against, same fields; the data themselves when left out.
        thresholds: of them ``minimum_weight`` is used.
        placed: by field, percentiles from 0 to 1 known from elsewhere (a published national rank),
            1 = strongest barrier; used as they are, whatever the normalisation.
        normalisation: percentile, z (winsorised at 3) or minmax.
        mean: between pillars, geometric or arithmetic.

    Raises:
        ValueError: when a weight is negative or no number, none is above 0, a field stands twice,
            or something placed is not between 0 and 1.
    """
    plan = _plan(indicators, pillar_weights)
    columns = _columns(plan.indicators, data, reference, placed)
    values = [column.normalised(normalisation) for column in columns]
    pillars: dict[str, Matrix] = {name: np.full(len(data), np.nan) for name in pillar_weights}
    partial = np.zeros(len(data), dtype=bool)
    for name, inside in plan.inside.items():
        mean_here, weight = _pillar([values[at] for at in inside], plan.inner[inside])
        enough = (weight > 0) & (weight >= thresholds.minimum_weight - 1e-12)
        pillars[name] = np.where(enough, mean_here, np.nan)
        if name in plan.names:
            partial |= weight < 1 - 1e-9
    used = [pillars[name] for name in plan.names]
    floor = _floor(len(data) if reference is None else len(reference))
    fields = [i.field for i in plan.indicators]
    return Score(
        percentiles=pd.DataFrame(dict(zip(fields, values)), index=data.index),
        pillars=pd.DataFrame(pillars, index=data.index),
        composite=pd.Series(BETWEEN[mean](used, plan.outer, floor), index=data.index),
        partial=pd.Series(partial, index=data.index),
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
    """Return each indicator's weighted percentile: pillar weight x weight x percentile.

    Weights are those of the area: where an indicator is missing, the others of its pillar share
    its weight. The contributions of an area add up to the weighted *arithmetic* mean of its
    pillars. A geometric mean has no parts that add up; but it is never above the arithmetic one,
    equals it where the pillars are equal, and rises with the same indicators, so that the largest
    contributions are the reasons for a high score.

    Returns:
        A column per indicator of some weight; NaN where the indicator is missing.
    """
    plan = _plan(indicators, pillar_weights)
    parts = {}
    for name, weight in zip(plan.names, plan.outer):
        inside = plan.inside[name]
        fields = [plan.indicators[at].field for at in inside]
        known = result.percentiles[fields].notna() * plan.inner[inside]
        for field in fields:
            share = known[field] / known.sum(axis=1)
            parts[field] = weight * share * result.percentiles[field]
    order = [i.field for i in plan.indicators if i.field in parts]
    return pd.DataFrame(parts, index=result.percentiles.index)[order]


@dataclass(frozen=True)
class Stability:
    """How a ranking holds: 5, 50, 95 % of the ranks in all draws, and P(in top k)."""

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
    *,
    thresholds: Thresholds = CHOICES,
    varying: Sequence[Varying] = (),
    placed: Mapping[str, pd.Series] | None = None,
) -> Stability:
    """Rank the areas again under drawn weights, means, normalisations and figures.

    Each draw takes Dirichlet weights (concentration 20) inside and between pillars, an
    arithmetic or geometric mean between them, and percentiles or winsorised z-scores, each
    with probability one half; and new figures from what varies. Areas without a composite are
    left out of every draw; one with a composite stays in all of them, by the indicators it has.

    Everything drawn has a stream of random numbers by its name (``uncertainty.stream``): neither
    the order of indicators and areas, nor anything of weight 0, changes what is drawn. Areas that
    are alike in all fixed figures share their ranks; where figures vary, each has its own.

    Args:
        data: one row per area, a column per indicator's field.
        indicators: as in ``score``.
        pillar_weights: as in ``score``.
        top: k of "in the top k".
        draws: how often to rank them again.
        seed: of the random numbers; the same seed gives the same result everywhere.
        reference: as in ``score``; it is not drawn anew.
        tick: called with the share done; returning True stops early.
        thresholds: as in ``score``, and ``concentration``.
        varying: figures drawn anew in each draw (``uncertainty``). What is missing stays missing,
            and what is placed stays where it is.
        placed: as in ``score``.

    Returns:
        Ranks at 5, 50 and 95 % (the smallest rank that so many draws do not exceed) and P(top k);
        NaN for areas without a composite.

    Raises:
        InterruptedError: when ``tick`` asked to stop.
        ValueError: as in ``score``, or when there are no draws.
    """
    if draws < 1:
        raise ValueError(f"draws: {draws} is not above 0")
    base = score(data, indicators, pillar_weights, reference, thresholds=thresholds, placed=placed)
    scored = base.composite.notna().to_numpy()
    plan = _plan(indicators, pillar_weights).in_use()
    columns = _columns(plan.indicators, data, reference, placed)
    weights = _drawn_plans(plan, draws, seed, thresholds.concentration)
    choices = stream(seed, "mean and normalisation").random_sample((draws, 2)) < 0.5
    figures = _Figures(columns, varying, seed, scored)
    floor = _floor(len(data) if reference is None else len(reference))
    ranks = np.empty((draws, int(scored.sum())), dtype=np.int32)
    pulse = Pulse(tick, draws)
    for draw, (inner, outer) in enumerate(weights):
        pulse.beat(draw)
        geometric, z = choices[draw]
        values = figures.drawn("z" if z else "percentile")
        pillars = [
            _pillar([values[at] for at in inside], inner[inside])[0]
            for inside in plan.inside.values()
        ]
        mean = BETWEEN["geometric" if geometric else "arithmetic"](pillars, outer, floor)
        ranks[draw] = 1 + _smaller(-mean)
    low, median, high = rank_quantiles(ranks, RANKS, beat=pulse.after)
    pulse.after()
    inside_top = share_within(ranks, top)
    found = (_back(values, scored, data.index) for values in (low, median, high, inside_top))
    return Stability(*found)


def tier(p_top: pd.Series, thresholds: Thresholds = CHOICES) -> pd.Series:
    """Return 'robust' (P >= 0.8), 'contestable' (P >= 0.2) or 'not a priority'."""
    names = pd.Series("not a priority", index=p_top.index, dtype=object)
    names = names.mask(p_top >= thresholds.contestable, "contestable")
    names = names.mask(p_top >= thresholds.robust, "robust")
    return names.where(p_top.notna(), None)


def alternatives(
    data: pd.DataFrame,
    indicators: Sequence[Indicator],
    pillar_weights: Mapping[str, float],
    top: int,
    reference: pd.DataFrame | None = None,
    *,
    thresholds: Thresholds = CHOICES,
    placed: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Return what one change at a time does to the ranking.

    The changes are ``without`` an indicator (the only one of its pillar takes the pillar with it),
    the ``arithmetic`` mean between pillars, and ``z`` or ``minmax`` instead of percentiles.

    Args:
        data: as in ``score``, like all that follow but one.
        indicators: those of some weight have a row each.
        pillar_weights: as in ``score``.
        top: k of "the top k"; areas that share the k-th rank all belong.
        reference: as in ``score``.
        thresholds: as in ``score``.
        placed: as in ``score``.

    Returns:
        A row per change: ``change``, ``field`` (of the indicator left out, else None),
        ``spearman`` with the score as it is, ``top_overlap_pct`` (how many of its top k stay),
        ``enter`` and ``leave`` (areas that come into the top k and that drop out of it). Missing
        where nothing is left to rank by.
    """
    plan = _plan(indicators, pillar_weights).in_use()

    def composite(
        chosen: Sequence[Indicator], how: str = "percentile", mean: str = "geometric"
    ) -> pd.Series | None:
        if not chosen:
            return None
        return score(
            data,
            chosen,
            pillar_weights,
            reference,
            thresholds=thresholds,
            placed=placed,
            normalisation=how,
            mean=mean,
        ).composite

    full = composite(plan.indicators)
    rows: list[tuple[str, str | None, pd.Series | None]] = [
        ("without", out.field, composite([i for i in plan.indicators if i is not out]))
        for out in plan.indicators
    ]
    rows.append(("arithmetic", None, composite(plan.indicators, mean="arithmetic")))
    rows += [(how, None, composite(plan.indicators, how)) for how in ("z", "minmax")]
    table = pd.DataFrame(
        [(change, name, *_changed(full, other, top)) for change, name, other in rows],
        columns=["change", "field", "spearman", "top_overlap_pct", "enter", "leave"],
    )
    return table.astype({"enter": "Int64", "leave": "Int64", "field": object})


@dataclass(frozen=True)
class LevelOverlap:
    """How the tops of two levels of areas agree.

    Attributes:
        areas_pct: small areas of the top that lie in a large area of the top, per cent of those
            whose large area is known.
        people_pct: the same of the people who live in them; NaN without people.
        without: large areas of the top that hold no small area of the top.
    """

    areas_pct: float
    people_pct: float
    without: list[object]


def overlap_of_levels(
    in_top_small: pd.Series,
    parent: pd.Series,
    in_top_large: pd.Series,
    people: pd.Series | None = None,
) -> LevelOverlap:
    """Return how far the top among small areas lies in the top among larger ones.

    The answer to "other boundaries would have given another map": low overlap means they would.

    Args:
        in_top_small: whether each small area is in the top.
        parent: the large area in which each lies, same index; missing where it is in none.
        in_top_large: whether each large area is in the top, by its name.
        people: of each small area, same index.
    """
    top = in_top_small.fillna(False).astype(bool) & parent.notna()
    large = in_top_large.fillna(False).astype(bool)
    names = large.index[large.to_numpy()]
    inside = top & parent.isin(names)
    living = np.nan
    if people is not None and people[top].sum() > 0:
        living = float(100 * people[inside].sum() / people[top].sum())
    areas = float(100 * inside.sum() / top.sum()) if top.any() else np.nan
    return LevelOverlap(areas, living, list(names[~names.isin(parent[top])]))


def strong_correlations(
    percentiles: pd.DataFrame, limit: float = 0.9
) -> list[tuple[str, str, float]]:
    """Return pairs of indicators whose Spearman correlation is above the limit: counted twice."""
    rho = percentiles.corr(method="spearman").to_numpy()
    first, second = np.triu_indices(len(rho), 1)
    strong = np.abs(rho[first, second]) > limit
    names = list(percentiles.columns)
    return [(names[a], names[b], float(rho[a, b])) for a, b in zip(first[strong], second[strong])]


# --- the plan: what has some weight


@dataclass(frozen=True)
class _Plan:
    """Indicators of some weight, and the pillars that are made of them.

    Attributes:
        indicators: all whose weight is above 0.
        inner: their weights, adding up to 1 in each pillar.
        inside: positions of the indicators of each pillar, also of pillars of weight 0.
        names: pillars of some weight.
        outer: their weights, adding up to 1.
    """

    indicators: list[Indicator]
    inner: Matrix
    inside: dict[str, NDArray[np.intp]]
    names: list[str]
    outer: Matrix

    def in_use(self) -> _Plan:
        """Return the plan without the pillars of weight 0."""
        return _plan(
            [i for i in self.indicators if i.pillar in self.names],
            dict(zip(self.names, self.outer)),
        )


def _plan(indicators: Sequence[Indicator], pillar_weights: Mapping[str, float]) -> _Plan:
    given = [*((i.field, i.weight) for i in indicators), *pillar_weights.items()]
    for name, weight in given:
        if not 0 <= weight < np.inf:
            raise ValueError(f"weight of {name}: {weight} is not 0 or more")
    used = [i for i in indicators if i.weight > 0 and i.pillar in pillar_weights]
    fields = [i.field for i in used]
    if len(set(fields)) < len(fields):
        raise ValueError("a field stands twice among the indicators")
    pillars = [i.pillar for i in used]
    inside = {
        name: np.flatnonzero([pillar == name for pillar in pillars])
        for name in pillar_weights
        if name in pillars
    }
    inner = np.array([i.weight for i in used], dtype=float)
    for at in inside.values():
        inner[at] = inner[at] / inner[at].sum()
    names = [name for name in inside if pillar_weights[name] > 0]
    if not names:
        raise ValueError("no indicator has a weight above 0 in a pillar with a weight above 0")
    outer = np.array([pillar_weights[name] for name in names], dtype=float)
    return _Plan(used, inner, inside, names, outer / outer.sum())


# --- figures and their normalisation


@dataclass(frozen=True)
class _Column:
    """Figures of an indicator, and what they are held against.

    Attributes:
        indicator: whose figures they are.
        figures: turned so that more is the stronger barrier.
        known: figures of the reference set, sorted, without the missing; None for the own ones.
        placed: percentiles used instead.
    """

    indicator: Indicator
    figures: Matrix
    known: Matrix | None
    placed: Matrix | None

    def normalised(self, how: str, drawn: Matrix | None = None) -> Matrix:
        """Return the figures from 0 to 1; those drawn anew where there are any."""
        if self.placed is not None:
            return self.placed
        figures = self.figures
        if drawn is not None:
            new = _turned(self.indicator, drawn)
            keep = np.isnan(new) | np.isnan(figures)
            figures = np.where(keep, figures, new)
        return NORMALISE[how](figures, self.known)


def _columns(
    indicators: Sequence[Indicator],
    data: pd.DataFrame,
    reference: pd.DataFrame | None,
    placed: Mapping[str, pd.Series] | None,
) -> list[_Column]:
    columns = []
    for indicator in indicators:
        name = indicator.field
        if placed is not None and name in placed:
            place = _placed(placed[name].reindex(data.index), name)
            columns.append(_Column(indicator, place, None, place))
            continue
        known = None
        if reference is not None:
            known = _known(_turned(indicator, _numbers(reference[name])))
        columns.append(_Column(indicator, _turned(indicator, _numbers(data[name])), known, None))
    return columns


def _placed(values: pd.Series, name: str) -> Matrix:
    place = _numbers(values)
    if ((place < 0) | (place > 1)).any():
        raise ValueError(f"{name}: what is placed is not between 0 and 1")
    return place


def _numbers(values: pd.Series) -> Matrix:
    """Return figures with the infinite ones missing."""
    numbers = values.astype(float).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _known(values: Matrix) -> Matrix:
    return np.sort(values[~np.isnan(values)])


def _turned(indicator: Indicator, values: Matrix) -> Matrix:
    """Return figures of which more is the stronger barrier; enough is enough."""
    sign = 1.0 if indicator.more_is_barrier else -1.0
    turned = sign * values
    return turned if indicator.enough is None else np.maximum(turned, sign * indicator.enough)


def _as_series(how: Normalise, values: pd.Series, reference: pd.Series | None) -> pd.Series:
    known = None if reference is None else _known(_numbers(reference))
    return pd.Series(how(_numbers(values), known), index=values.index)


def _percentile(values: Matrix, known: Matrix | None = None) -> Matrix:
    missing = np.isnan(values)
    if known is None:
        smaller, number = _smaller(values), len(values) - int(missing.sum())
    else:
        smaller, number = np.searchsorted(known, values, side="left"), len(known)
    place = np.minimum(smaller / max(number - 1, 1), 1.0)
    return np.where(missing, np.nan, place)


def _z(values: Matrix, known: Matrix | None = None, limit: float = LIMIT) -> Matrix:
    held = values[~np.isnan(values)] if known is None else known
    # not the standard deviation, which rounding can leave above 0 for figures all the same
    if not len(held) or held.min() == held.max():
        return np.where(np.isnan(values), np.nan, 0.5)
    z = (values - held.mean()) / held.std()
    return np.asarray((np.clip(z, -limit, limit) + limit) / (2 * limit))


def _min_max(values: Matrix, known: Matrix | None = None) -> Matrix:
    held = values[~np.isnan(values)] if known is None else known
    if not len(held) or held.min() == held.max():
        return np.where(np.isnan(values), np.nan, 0.0)
    place = (values - held.min()) / (held.max() - held.min())
    return np.asarray(np.clip(place, 0, 1))


NORMALISE: dict[str, Normalise] = {"percentile": _percentile, "z": _z, "minmax": _min_max}


def _smaller(values: Matrix) -> NDArray[np.int64]:
    """Return for each value how many are smaller; equal ones share the number."""
    smaller = np.zeros(len(values), dtype=np.int64)
    order = np.argsort(values)
    ordered = values[order]
    steps = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1  # where a larger value begins
    first = np.zeros(len(values), dtype=np.int64)
    first[steps] = steps
    smaller[order] = np.maximum.accumulate(first)
    return smaller


# --- means


def _pillar(values: Sequence[Matrix], weights: Matrix) -> tuple[Matrix, Matrix]:
    """Return the weighted mean of what is known, and the weight of that.

    Columns are added one after another, the same way for every area and on every machine.
    """
    total, weight = np.zeros(len(values[0])), np.zeros(len(values[0]))
    for value, share in zip(values, weights):
        missing = np.isnan(value)
        total += np.where(missing, 0.0, share * value)
        weight += np.where(missing, 0.0, share)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / weight, weight


def _floor(areas: int) -> float:
    return 1 / max(areas - 1, 2)  # of two areas the step itself would make both alike


def _geometric(pillars: Sequence[Matrix], weights: Matrix, floor: float) -> Matrix:
    """Return the weighted geometric mean, no pillar below the floor but a single one."""
    if len(pillars) == 1:  # the floor would tie its two lowest areas
        return _arithmetic(pillars, weights)
    total = np.zeros(len(pillars[0]))
    for pillar, weight in zip(pillars, weights):
        total += weight * np.log(np.maximum(pillar, floor))
    return _alike(np.exp(total))


def _arithmetic(pillars: Sequence[Matrix], weights: Matrix, floor: float = 0.0) -> Matrix:
    """Return the weighted mean; it needs no floor, which is there for ``_geometric``."""
    total = np.zeros(len(pillars[0]))
    for pillar, weight in zip(pillars, weights):
        total += weight * pillar
    return _alike(total)


BETWEEN: dict[str, Callable[[Sequence[Matrix], Matrix, float], Matrix]] = {
    "geometric": _geometric,
    "arithmetic": _arithmetic,
}


def _alike(values: Matrix) -> Matrix:
    """Return values without their last digits, in which equal areas can differ by position."""
    rounded: Matrix = np.round(values, 12)
    return rounded


# --- draws


class _Figures:
    """Normalised figures of the areas that have a score, drawn anew where they vary."""

    def __init__(
        self,
        columns: list[_Column],
        varying: Sequence[Varying],
        seed: int,
        scored: NDArray[np.bool_],
    ) -> None:
        at = {column.indicator.field: position for position, column in enumerate(columns)}
        self._columns, self._scored = columns, scored
        self._sources = [
            (at[source.field], source, stream(seed, f"figures of {source.field}"))
            for source in varying
            if source.field in at and columns[at[source.field]].placed is None
        ]
        self._fixed = {
            how: [column.normalised(how)[scored] for column in columns]
            for how in ("percentile", "z")
        }

    def drawn(self, how: str) -> list[Matrix]:
        """Return a column per indicator."""
        values = list(self._fixed[how])
        for at, source, random in self._sources:
            values[at] = self._columns[at].normalised(how, source.drawn(random))[self._scored]
        return values


def _drawn_plans(
    plan: _Plan, draws: int, seed: int, concentration: float
) -> Iterator[tuple[Matrix, Matrix]]:
    """Return weights of the indicators and of the pillars, a pair for each draw."""
    inner = np.empty((draws, len(plan.indicators)))
    for inside in plan.inside.values():
        names = [f"weight of {plan.indicators[at].field}" for at in inside]
        inner[:, inside] = drawn_weights(plan.inner[inside], names, draws, seed, concentration)
    names = [f"weight of pillar {name}" for name in plan.names]
    outer = drawn_weights(plan.outer, names, draws, seed, concentration)
    return zip(inner, outer)


def _back(values: Matrix, scored: NDArray[np.bool_], index: pd.Index) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[scored] = values
    return pd.Series(full, index=index)


def _changed(
    full: pd.Series | None, other: pd.Series | None, top: int
) -> tuple[float, float, int | None, int | None]:
    """Return Spearman's rho, the overlap of the top, and how many enter and leave it."""
    if full is None or other is None:
        return np.nan, np.nan, None, None
    before = rank_down(full) <= top
    if not before.any():
        return np.nan, np.nan, None, None
    both = full.notna() & other.notna()
    first, second = full[both].rank(), other[both].rank()
    several = first.nunique() > 1 and second.nunique() > 1
    rho = first.corr(second) if several else np.nan
    after = rank_down(other) <= top
    leave, enter = int((before & ~after).sum()), int((after & ~before).sum())
    return float(rho), 100 * (1 - leave / int(before.sum())), enter, leave
