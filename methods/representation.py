"""Who replied against who lives there: shares, indices, limits, and weights that mend them.

A reply is a person who answered; its group is what that person said. Shares of the replies are of
those that say their group; the others are bounds, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .proportions import Z95, Z998, per_hundred, percent, wilson

MIN_EXPECTED = 10.0
UNDER, OVER = "under-represented", "over-represented"
MUCH_UNDER, MUCH_OVER = f"much {UNDER}", f"much {OVER}"
IN_PROPORTION, TOO_FEW = "in proportion", "too few to say"
CLASSES = (MUCH_UNDER, UNDER, IN_PROPORTION, OVER, MUCH_OVER, TOO_FEW)
NEAR = 1e-9  # by so little, and by such a part of itself, a number is whole but for rounding error

Array = NDArray[np.float64]


def representation(
    replies: pd.Series,
    population: pd.Series,
    unknown: float = 0.0,
    known: float | None = None,
    min_expected: float = MIN_EXPECTED,
) -> pd.DataFrame:
    """Return how each group's share of the replies compares with its share of the residents.

    With r of R replies and N of all residents sum(N), p = N / sum(N): ``index = 100 (r/R) / p``,
    its limits those of Wilson for r/R over p.

    Args:
        replies: r, those that say the group. Index = groups; a missing count is not known
            (hidden, say), not none.
        population: N, residents of each group, same index.
        unknown: U, replies that do not say their group, NaN where not known.
        known: R, where it is not the sum of ``replies`` (some of them hidden).
        min_expected: replies expected, p R, below which a group not clearly under-represented is
            *too few to say*.

    Returns:
        For each group

        - ``replies``, ``expected`` (p R), ``population_n``, ``population_pct``;
        - ``share_replies_pct`` with ``share_replies_pct_lo``, ``share_replies_pct_hi`` (95 %);
        - ``index`` with ``index_lo``, ``index_hi`` (95 %), ``index_lo998``, ``index_hi998``;
        - ``share_low_pct``, ``share_high_pct``: r / (R + U) and (r + U) / (R + U), the share if
          none, or all, of those who did not say are of the group;
        - ``class``, ``holds``: see ``classes`` and ``holds_anyway``;
        - ``shortfall``, ``surplus``: see ``missing_replies``;
        - ``needed``: see ``replies_to_parity``.

        NaN where a count is missing, negative or above its total, or the base is 0.

    Source: index and bounds as in methods of survey representativeness (Groves, Survey Errors and
    Survey Costs, 1989; bounds: Manski, Journal of Human Resources 24 (1989) 343); Wilson (1927).
    """
    r, n = replies.astype(float), population.astype(float).reindex(replies.index)
    total = float(r.sum(skipna=False)) if known is None else float(known)
    everyone, people = np.full(len(r), total), np.full(len(r), float(n.sum(skipna=False)))
    share_of_people = percent(n, people)
    lower, upper = wilson(r, everyone)
    lower998, upper998 = wilson(r, everyone, Z998)
    expected = share_of_people * total / 100
    named, holds = classes(r, n, total, min_expected), holds_anyway(r, n, total, unknown)
    shortfall, surplus = missing_replies(r, expected)
    return pd.DataFrame(
        {
            "replies": r,
            "expected": expected,
            "share_replies_pct": percent(r, everyone),
            "share_replies_pct_lo": lower,
            "share_replies_pct_hi": upper,
            "population_n": n,
            "population_pct": share_of_people,
            "index": per_hundred(percent(r, everyone), share_of_people),
            "index_lo": per_hundred(lower, share_of_people),
            "index_hi": per_hundred(upper, share_of_people),
            "index_lo998": per_hundred(lower998, share_of_people),
            "index_hi998": per_hundred(upper998, share_of_people),
            "share_low_pct": percent(r, everyone + unknown),
            "share_high_pct": percent(r + unknown, everyone + unknown),
            "class": pd.Series(named, index=r.index, dtype=object),
            "holds": pd.Series(holds, index=r.index, dtype=object),
            "shortfall": shortfall,
            "surplus": surplus,
            "needed": replies_to_parity(r, expected, total),
        },
        index=replies.index,
    )


def classes(
    replies: ArrayLike, population: ArrayLike, known: float, min_expected: float = MIN_EXPECTED
) -> NDArray[np.object_]:
    """Return in a word whether groups replied less or more than their share, None where unknown.

    *Under-represented*: the upper 95 % limit of the share of replies is below the share of the
    population; *much*, that of 99.8 % is. *Over-represented* is the same from above. Otherwise *in
    proportion*, or, where fewer than ``min_expected`` replies were expected, *too few to say*: then
    limits that hold 100 are no evidence of it. Nor are lower limits above 100 of more, as those
    of Wilson are too high for small counts; his upper limits are not too low for any.

    Args:
        replies: r of each group.
        population: N of each group; together all residents.
        known: R, replies that say their group.
        min_expected: see above.
    """
    r, n = np.asarray(replies, dtype=float), np.asarray(population, dtype=float)
    base, share = np.full(r.shape, known), percent(n, np.full(n.shape, n.sum()))
    limits = {z: wilson(r, base, z) for z in (Z95, Z998)}
    enough = share * known / 100 >= min_expected
    conditions = [
        ~(np.isfinite(limits[Z95][0]) & (share > 0)),
        limits[Z998][1] < share,
        limits[Z95][1] < share,
        ~enough,
        limits[Z998][0] > share,
        limits[Z95][0] > share,
    ]
    words = [np.array(w, object) for w in (None, MUCH_UNDER, UNDER, TOO_FEW, MUCH_OVER, OVER)]
    return np.select(conditions, words, np.array(IN_PROPORTION, object))


def holds_anyway(
    replies: ArrayLike, population: ArrayLike, known: float, unknown: float
) -> NDArray[np.object_]:
    """Return whether a group stays under- or over-represented whoever the unknown are.

    Under-representation holds where the upper 95 % limit stays below the population's share
    although all U who did not say were of the group; over-representation, where the lower limit
    stays above it although none was.

    Args:
        replies: r of each group.
        population: N of each group; together all residents.
        known: R, replies that say their group.
        unknown: U, replies that do not.

    Returns:
        True or False, None for groups that are neither.
    """
    r, n = np.asarray(replies, dtype=float), np.asarray(population, dtype=float)
    share = percent(n, np.full(n.shape, n.sum()))
    base = np.full(r.shape, known + unknown)
    most, least = wilson(r + unknown, base)[1], wilson(r, base)[0]
    below, above = wilson(r, np.full(r.shape, known))[::-1]
    holds = np.full(r.shape, None, dtype=object)
    for off, still in ((below < share, most < share), (above > share, least > share)):
        told = off & np.isfinite(base) & (share > 0)
        holds[told] = still[told]
    return holds


def missing_replies(replies: ArrayLike, expected: ArrayLike) -> tuple[Array, Array]:
    """Return ``ceil(E) - r`` as shortfall where it is positive, as surplus where it is negative.

    That many of the replies would have to come from other people, for the group to have its share
    of as many replies as there are.

    Args:
        replies: r of each group.
        expected: E = p R.

    Returns:
        Shortfall and surplus, one of them 0; NaN where either is missing.
    """
    gap = _whole(np.asarray(expected, dtype=float)) - np.asarray(replies, dtype=float)
    return np.maximum(gap, 0.0), np.maximum(-gap, 0.0)


def replies_to_parity(replies: ArrayLike, expected: ArrayLike, known: float) -> Array:
    """Return how many more replies of a group alone bring it to its share.

    The x of ``(r + x) / (R + x) = p``, so ``x = (p R - r) / (1 - p)``, to the next whole number;
    0 where the group has its share. More than the shortfall, as the total grows with them.

    Args:
        replies: r of each group.
        expected: p R.
        known: R, replies that say their group.

    Returns:
        NaN where a count is missing, or the group is all residents.
    """
    r, e = np.asarray(replies, dtype=float), np.asarray(expected, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(e < known, (e - r) / (1 - e / known), np.nan)
    return np.maximum(_whole(more), 0.0)


def _whole(values: Array) -> Array:
    """Return the next whole number up; one that is whole but for rounding error stays."""
    return np.asarray(np.ceil(values - NEAR * np.maximum(np.abs(values), 1)) + 0.0, dtype=float)


# --- weights


@dataclass(frozen=True)
class Raked:
    """Weights of the replies, and how far they went.

    Attributes:
        weights: mean 1 over the replies weighted; NaN for one that lacks a category, or has one
            that the population does not have.
        gap: largest difference left between a weighted share and its target, in per cent.
        passes: through all margins.
        empty: for each margin, categories of the population that nobody replied of, with their
            share in per cent; no weight can stand for them.
    """

    weights: Array
    gap: float
    passes: int
    empty: Mapping[str, pd.Series]

    @property
    def used(self) -> int:
        """Return how many replies have a weight."""
        return int(np.isfinite(self.weights).sum())


def rake(
    categories: pd.DataFrame,
    margins: Mapping[str, pd.Series],
    tolerance: float = 1e-9,
    most: int = 1000,
) -> Raked:
    """Return weights by which the replies have the population's shares in each margin.

    Iterative proportional fitting: the weights are multiplied by target over weighted share of one
    margin after the other, until all agree. With one margin that is post-stratification, ``w =
    p / (r / R)``.

    Args:
        categories: a row for each reply, a column for each margin.
        margins: people of each category in the population, by column of ``categories``. Those that
            nobody replied of are left out and the others scaled up.
        tolerance: difference of shares, as a part of 1, at which it stops.
        most: passes after which it stops anyway; ``gap`` then says how far off it is. Margins that
            no weights can meet together (groups that reply in one cell alone) end so.

    Source: Deming and Stephan, Annals of Mathematical Statistics 11 (1940) 427.
    """
    chosen = categories[list(margins)]
    known = np.logical_and.reduce([chosen[name].isin(margins[name].index) for name in margins])
    weights = np.full(len(chosen), np.nan)
    targets, empty = {}, {}
    for name, people in margins.items():
        shares = people.astype(float) / float(people.sum())
        there = shares.index.isin(chosen.loc[known, name].unique())
        empty[name] = 100 * shares[~there & (shares > 0).to_numpy()]
        targets[name] = shares[there] / float(shares[there].sum())
    if not known.any():
        return Raked(weights, float("nan"), 0, empty)
    # replies that are alike in every margin have the same weight
    cells, of_reply = np.unique(
        np.column_stack([targets[n].index.get_indexer(chosen.loc[known, n]) for n in margins]),
        axis=0,
        return_inverse=True,
    )
    of_reply = of_reply.reshape(-1)
    counts = np.bincount(of_reply).astype(float)
    goals = [shares.to_numpy() for shares in targets.values()]
    mass, gap, passes = _fitted(counts / counts.sum(), cells, goals, tolerance, most)
    weights[known] = (mass * counts.sum() / counts)[of_reply]
    return Raked(weights, 100 * gap, passes, empty)


def _fitted(
    mass: Array, cells: NDArray[np.intp], goals: list[Array], tolerance: float, most: int
) -> tuple[Array, float, int]:
    """Return the share of each cell fitted to the margins, the largest gap, and the passes."""
    gap, passes = _gap(mass, cells, goals), 0
    while gap > tolerance and passes < most:
        for at, goal in enumerate(goals):
            have = np.bincount(cells[:, at], mass, len(goal))
            factor = np.divide(goal, have, out=np.zeros(len(goal)), where=have > 0)
            mass = mass * factor[cells[:, at]]
        gap, passes = _gap(mass, cells, goals), passes + 1
    return mass, gap, passes


def _gap(mass: Array, cells: NDArray[np.intp], goals: list[Array]) -> float:
    gaps = [
        np.abs(np.bincount(cells[:, at], mass, len(goal)) - goal).max()
        for at, goal in enumerate(goals)
    ]
    return float(max(gaps))


def effective_size(weights: ArrayLike) -> float:
    """Return ``(sum w)^2 / sum w^2``: as many equally weighted replies say as much.

    NaN where there are no weights above 0; missing weights are left out.

    Source: Kish, Survey Sampling (1965).
    """
    w = np.asarray(weights, dtype=float)
    w = w[np.isfinite(w)]
    squares = float((w**2).sum())
    return float(w.sum()) ** 2 / squares if squares > 0 else float("nan")


def design_effect(weights: ArrayLike) -> float:
    """Return ``n sum w^2 / (sum w)^2``: how many times the variance grows by unequal weights.

    1 for equal weights; its root widens the limits of a weighted share. NaN without weights.

    Source: Kish, Survey Sampling (1965).
    """
    w = np.asarray(weights, dtype=float)
    return float(np.isfinite(w).sum()) / effective_size(w)
