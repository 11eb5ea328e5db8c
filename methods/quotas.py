"""Quotas: replies to win in each place, so that shares are fair or a margin of error is met.

Replies that are had are kept: nothing is thrown away to make shares fit. Cells are places, or
groups of people in places; in a table the places are rows and the groups columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack
from scipy.special import gammaln

from .sampling import stratified_margin

PROPORTIONAL, EQUAL, NEYMAN = "proportional", "equal", "neyman"
MOST_CELLS = 50_000  # of a table whose groups keep their totals: about a second of work
NEAR = 1e-9  # by so little, and by such a part of itself, a number is whole but for rounding error
TIES = 1e-7  # of a remainder, so that those that are alike are rounded the same way everywhere

Array = NDArray[np.float64]


def fill(weights: ArrayLike, low: ArrayLike, high: ArrayLike, total: ArrayLike) -> Array:
    """Return ``clip(level x weights, low, high)`` with the level at which it adds up to ``total``.

    Of all that keep within the bounds and add up it has the least ``sum (t - level w)^2 / w``. With
    ``low`` the replies had and ``weights`` shares of the residents that is the least chi-square
    distance to parity that can be had without throwing replies away: poured like water, the
    lowest are filled first. The level is found by sorting the numbers at which cells start and
    stop to rise.

    Args:
        weights: 0 or more; a cell of weight 0 stays at ``low``.
        low: the least of each cell.
        high: the most; not below ``low``, not infinite.
        total: of each row; of all, where the others have one dimension.

    Raises:
        ValueError: where a total cannot be reached within the bounds.
    """
    w, least, most = (np.atleast_2d(np.asarray(part, dtype=float)) for part in (weights, low, high))
    most = np.where(w > 0, most, least)
    goal = np.broadcast_to(np.asarray(total, dtype=float), w.shape[:1])
    slack = NEAR * np.maximum(1, np.abs(most).sum(axis=1))
    if ((goal < least.sum(axis=1) - slack) | (goal > most.sum(axis=1) + slack)).any():
        raise ValueError("A total cannot be reached within the bounds")
    level = _level(w, least, most, goal)
    filled = np.clip(level[:, None] * w, least, most)
    return np.asarray(filled.reshape(np.shape(weights)))


def _level(w: Array, low: Array, high: Array, goal: Array) -> Array:
    """Return the level of each row."""
    if not w.shape[1]:
        return np.zeros(len(w))
    safe = np.where(w > 0, w, 1.0)
    points = np.hstack([np.where(w > 0, low / safe, 0.0), np.where(w > 0, high / safe, 0.0)])
    turns = np.hstack([w, -w])
    order = np.argsort(points, axis=1, kind="stable")
    points = np.take_along_axis(points, order, axis=1)
    slopes = np.cumsum(np.take_along_axis(turns, order, axis=1), axis=1)
    rises = slopes[:, :-1] * np.diff(points, axis=1)
    sums = low.sum(axis=1)[:, None] + np.hstack([np.zeros((len(w), 1)), np.cumsum(rises, axis=1)])
    at = np.maximum((sums <= goal[:, None]).sum(axis=1) - 1, 0)[:, None]
    start, have, slope = (np.take_along_axis(m, at, axis=1)[:, 0] for m in (points, sums, slopes))
    flat = slope <= NEAR * w.max(axis=1)
    return np.where(flat, start, start + (goal - have) / np.where(flat, 1.0, slope))


def at_level(weights: ArrayLike, low: ArrayLike, high: ArrayLike, level: float) -> Array:
    """Return what a level fills: ``clip(level x weights, low, high)``, ``low`` of weight 0."""
    w, least, most = (np.asarray(part, dtype=float) for part in (weights, low, high))
    return np.where(w > 0, np.clip(level * w, least, most), least)


def raised(weights: ArrayLike, low: ArrayLike, high: ArrayLike, least: ArrayLike) -> Array:
    """Return ``low`` raised so that each row adds up to ``least``, or to all that it can.

    Bounds made so make ``fill`` of the whole table keep a least number in each place, and still be
    the nearest to parity of all that do.
    """
    bottom, top = (np.asarray(part, dtype=float) for part in (low, high))
    top = np.where(np.asarray(weights) > 0, top, bottom)
    goal = np.clip(np.asarray(least, dtype=float), bottom.sum(axis=1), top.sum(axis=1))
    return fill(weights, bottom, top, goal)


# --- whole numbers


def round_to(values: ArrayLike, total: int) -> Array:
    """Return values as whole numbers that add up to ``total``: those of the largest remainders up.

    Each is the next whole number below or above its value. Equal remainders go up in order.

    Raises:
        ValueError: where that cannot add up to the total.
    """
    row = np.asarray(values, dtype=float).reshape(1, -1)
    made = _round_rows(row, np.array([float(total)]))[0]
    return np.asarray(made.reshape(np.shape(values)))


def _floor(values: Array) -> Array:
    """Return whole numbers below; a number that is whole but for rounding error stays."""
    return np.asarray(np.floor(values + NEAR * np.maximum(np.abs(values), 1)))


def _ceil(values: Array) -> Array:
    return np.asarray(np.ceil(values - NEAR * np.maximum(np.abs(values), 1)))


def _round_rows(values: Array, totals: Array) -> Array:
    """Return each row rounded to its total by the largest remainders."""
    floors = _floor(values)
    rest = values - floors
    ups = totals - floors.sum(axis=1)
    if ((ups < 0) | (ups > (_ceil(values) > floors).sum(axis=1))).any():
        raise ValueError("Values rounded down or up cannot add up to the total")
    order = np.argsort(-np.round(rest, 9), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(values.shape[1])[None, :], axis=1)
    return np.asarray(floors + (place < ups[:, None]))


def round_table(values: ArrayLike, total: int, most_cells: int = MOST_CELLS) -> Array:
    """Return a table as whole numbers: each cell, row and column, the next one below or above.

    All add up to ``total``. Among such tables it is one of the nearest (least sum of differences):
    the largest remainders that fit go up. A row or column that is whole already keeps its sum. It
    is a flow through a network, so the linear programme has whole numbers for its answer.

    Args:
        values: 0 or more; places in rows, groups in columns; none missing.
        total: the whole number nearest below or above their sum.
        most_cells: of a larger table the rows keep their sums, the columns need not.

    Raises:
        ValueError: where the values cannot add up to the total.

    Source: Bacharach, Management Science 12 (1966) 732; Causey, Cox and Ernst, Journal of the
    American Statistical Association 80 (1985) 903.
    """
    table = np.asarray(values, dtype=float)
    rows = table.sum(axis=1)
    floors = _floor(table)
    rest = np.where(_ceil(table) > floors, table - floors, 0.0)
    if table.size <= most_cells:
        made = _flow(floors, rest, total)
        if made is not None:
            return made
    return _round_rows(table, round_to(rows, total))


def _flow(floors: Array, rest: Array, total: float) -> Array | None:
    """Return the table rounded by a linear programme, None where it finds none."""
    at_row, at_column = np.nonzero(rest)
    if not len(at_row):
        return floors if abs(floors.sum() - total) < NEAR else None
    parts = rest[at_row, at_column]
    cells = np.arange(len(parts))
    lines = np.concatenate([at_row, len(rest) + at_column])
    ones = csr_matrix(
        (np.ones(2 * len(parts)), (lines, np.concatenate([cells, cells]))),
        shape=(sum(rest.shape), len(parts)),
    )
    sums = np.concatenate([rest.sum(axis=1), rest.sum(axis=0)])
    # earlier cells first among equals
    gains = np.round(parts, 9) - TIES * cells / len(cells)
    found = linprog(
        1 - 2 * gains,  # the difference is 1 - rest where it goes up, rest where it does not
        A_ub=vstack([ones, -ones]).tocsr(),
        b_ub=np.concatenate([_ceil(sums), -_floor(sums)]),
        A_eq=csr_matrix(np.ones((1, len(parts)))),
        b_eq=[total - floors.sum()],
        bounds=(0, 1),
        method="highs-ds",  # ends in a corner, which is whole
    )
    if found.x is None:
        return None
    ups = np.rint(found.x)
    if np.abs(found.x - ups).max() > 1e-6 or round(float(ups.sum() + floors.sum())) != total:
        return None
    made = floors.copy()
    made[at_row, at_column] += ups
    return made


# --- samples


@dataclass(frozen=True)
class Room:
    """Replies of each place: had, and how many may be won, in whole numbers.

    Attributes:
        had: replies had, perhaps weighted and so not whole.
        least: to be won at least.
        most: that can be won.
    """

    had: Array
    least: Array
    most: Array

    @classmethod
    def of(cls, people: ArrayLike, had: ArrayLike, minimum: ArrayLike = 0.0) -> Room:
        """Return the room that people leave: one reply of each, ``minimum`` in the end if so many.

        Args:
            people: of each place.
            had: replies had; more than people leave no room.
            minimum: replies to have in the end.
        """
        size, have = np.asarray(people, dtype=float), np.asarray(had, dtype=float)
        most = np.maximum(_floor(size - have), 0)
        wanted = np.maximum(_ceil(np.asarray(minimum, dtype=float) - have), 0)
        return cls(have, np.minimum(wanted, most), most)

    @property
    def low(self) -> Array:
        """Return the replies that each place has in the end at least."""
        return self.had + self.least

    @property
    def high(self) -> Array:
        """Return the replies that each place can have in the end."""
        return self.had + self.most

    def won(self, weights: ArrayLike, total: int) -> Array:
        """Return ``total`` replies to win, in whole numbers, shared out by weights.

        Replies in the end are as the weights, as far as those had and the bounds let them.

        Raises:
            ValueError: where so many cannot be won, or fewer than the least are asked for.
        """
        share = fill(weights, self.low, self.high, float(self.had.sum()) + total) - self.had
        return round_to(np.clip(share, self.least, self.most), total)


def weights_for(how: str, people: ArrayLike, shares: ArrayLike = 0.5) -> Array:
    """Return what a sample is allocated by: people, 1 each, or people x standard deviation.

    Neyman's, ``N_h S_h`` with ``S_h^2 = N_h / (N_h - 1) p_h (1 - p_h)``, has the least variance of
    all samples of one size.

    Args:
        how: proportional, equal or neyman.
        people: N_h; 0 where nobody lives.
        shares: p_h, the share expected there.

    Source: Neyman, Journal of the Royal Statistical Society 97 (1934) 558; Cochran (1977), 5.5.
    """
    size = np.asarray(people, dtype=float)
    if how == PROPORTIONAL:
        return size
    if how == EQUAL:
        return np.where(size > 0, 1.0, 0.0)
    if how != NEYMAN:
        raise ValueError(f"Unknown allocation {how!r}")
    p = np.asarray(shares, dtype=float)
    spread = np.sqrt(p * (1 - p) * size / np.maximum(size - 1, 1))
    return np.where(size > 0, size * spread, 0.0)


def to_meet(
    margin: float,
    room: Room,
    people: ArrayLike,
    weights: ArrayLike,
    shares: ArrayLike = 0.5,
    confidence: float = 0.95,
    pause: Callable[[], None] = lambda: None,
) -> Array:
    """Return the replies to win in each place for a share of all to be known within a margin.

    The fewest, shared out by weights, with which the margin is met after bounds and rounding: found
    by halving, since more replies never make it much worse.

    Args:
        margin: half the width of the limits, as a share.
        room: of each place; in the end each needs a reply, or there is no estimate.
        people: N_h, above 0.
        weights: see ``weights_for``.
        shares: p_h, the share expected there.
        confidence: between 0 and 1.
        pause: called now and then; it may raise to stop the work.
    """

    def meets(total: int) -> bool:
        pause()
        reached = stratified_margin(room.had + room.won(weights, total), people, shares, confidence)
        return bool(reached <= margin * (1 + NEAR))

    few, many = int(room.least.sum()) - 1, int(room.most.sum())  # the first is not enough
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if meets(middle) else (middle, many)
    return room.won(weights, many)


# --- what is left


def missing_by_chance(expected: ArrayLike) -> float:
    """Return how many replies would be missing by chance alone, if everybody replied alike.

    ``sum E max(0, m - X)`` over cells with X Poisson of mean m, which is ``m^(k+1) exp(-m) / k!``
    with k the whole part of m: half of its mean deviation. The smaller the cells the more it is.

    Args:
        expected: m of each cell, shares of the people times the replies had.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), section 4.3.
    """
    m = np.asarray(expected, dtype=float).ravel()
    m = m[np.isfinite(m) & (m > 0)]
    k = np.floor(m)
    return float(np.exp((k + 1) * np.log(m) - m - gammaln(k + 1)).sum())


def dissimilarity(shares: ArrayLike, others: ArrayLike) -> float:
    """Return the part, 0 to 1, by which two sets of numbers are shared out otherwise.

    ``sum |a / A - b / B| / 2``: that part of one would have to be elsewhere for both to be alike.
    NaN where one has nothing.

    Source: Duncan and Duncan, American Sociological Review 20 (1955) 210.
    """
    a, b = (np.asarray(part, dtype=float).ravel() for part in (shares, others))
    if not (a.sum() > 0 and b.sum() > 0):
        return float("nan")
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def to_ask(quota: ArrayLike, rate: float, people: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Return how many people to ask for so many replies, and where there are too few people.

    ``ceil(quota / rate)``, never more than people. At this number the quota is what is expected:
    about as often fewer reply.

    Args:
        quota: replies to win.
        rate: share of those asked who reply, above 0, at most 1.
        people: who can still be asked.
    """
    need = _ceil(np.asarray(quota, dtype=float) / rate)
    able = np.maximum(_floor(np.asarray(people, dtype=float)), 0)
    return np.minimum(need, able), need > able
