"""Which places to choose so that most people are within reach of one of them.

The maximal covering location problem (Church and ReVelle 1974): of all venues take a number, so
that the people with at least one of these within reach are as many as can be. Every answer comes
with a bound that no choice whatever can exceed, so that what is lost at most is known.

A choice is found by taking the venue that adds most, again and again, and by exchanges of one for
another. The bound is that of Lagrange: each area of people may be counted at a price u instead of
being covered, and for any prices the best choice is a sum that can be sorted out at once. Prices
are moved until the bound falls no further; it is then as low as that of the linear relaxation.
Venues that no better choice can hold, or can do without, follow from the same sum. What is left is
given to scipy's ``milp`` (HiGHS) for a second at a time, and split in two where that is too short.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Cells = NDArray[np.bool_]
Pause = Callable[[], None]

SECONDS = 20.0  # to look for the best choice, and the proof that it is
TURN = 0.6  # seconds of HiGHS, which nobody can interrupt
LARGEST = 400_000  # pairs of area and venue that HiGHS is given
STEPS, FEW_STEPS = 400, 120  # of prices: at first, and where part is settled
STUCK = 20  # steps without a lower bound before the next are half as long
SHORTEST = 1e-3  # length of a step at which prices have settled
DENSE = 4e9  # multiplications to look for venues that others outdo
TINY = 1e-9  # of all people: as good as nothing
MOST_EXCHANGES = 10_000


@dataclass(frozen=True)
class Coverage:
    """A choice of venues, and how good it is.

    Attributes:
        chosen: numbers of the venues: those kept, then the others; each time the one that adds
            most to those before it.
        new: people whom each of them adds to those before it.
        reached: people within reach of any of them.
        bound: people whom no choice of as many venues can exceed.
        exact: whether no choice can reach more.
        way: how that is known: ``bound`` (the bound is met), ``milp`` (solved) or ``exchange``
            (not known; the bound is above it).
    """

    chosen: Places
    new: Floats
    reached: float
    bound: float
    exact: bool
    way: str

    @property
    def gap(self) -> float:
        """Return the share of the bound that the choice may lack at most."""
        return 0.0 if self.exact or self.bound <= 0 else (self.bound - self.reached) / self.bound


@dataclass(frozen=True)
class _Problem:
    """Areas of people that the kept venues do not reach, and venues that could.

    ``covers`` has a row for each area and a column for each venue; ``number`` may be chosen.
    """

    covers: sparse.csc_matrix
    people: Floats
    number: int
    whole: bool
    rows: sparse.csr_matrix = field(repr=False)

    @classmethod
    def of(cls, covers: Any, people: Floats, number: int) -> _Problem:
        whole = bool((people == np.floor(people)).all())
        rows = sparse.csr_matrix(covers, dtype=float)
        return cls(sparse.csc_matrix(rows), people, number, whole, rows)

    @property
    def venues(self) -> int:
        return int(self.covers.shape[1])

    def reached(self, chosen: Sequence[int] | Places) -> float:
        """Return the people within reach of some venues."""
        many = np.asarray(self.covers[:, list(chosen)].sum(axis=1)).ravel()
        return float(self.people[many > 0].sum())

    def at_most(self, bound: float) -> float:
        """Return a bound as people: whole ones where there are no others."""
        slack = TINY * max(1.0, float(self.people.sum()))
        return float(np.floor(bound + slack)) if self.whole else bound


def cover(
    within: Any,
    people: Floats,
    number: int,
    kept: Sequence[int] = (),
    *,
    seconds: float = SECONDS,
    pause: Pause = lambda: None,
    solver: bool = True,
) -> Coverage:
    """Return the venues that reach most people.

    Venues that would add nobody are not chosen, so there may be fewer than asked for. Of venues
    that do the same the first is taken. What comes out depends on nothing but what goes in, as
    long as there is time.

    Args:
        within: whether each area (rows) has each venue (columns) within reach; sparse or dense.
        people: in each area; missing ones and those of 0 or less are left out.
        number: of venues in all, those kept among them; where more are kept, all of these.
        kept: numbers of the venues that stay.
        seconds: to look for the best choice and its proof.
        pause: called between the steps; it may raise to stop the work.
        solver: whether to ask HiGHS, where scipy has it.
    """
    matrix = sparse.csr_matrix(within, dtype=float)
    matrix.eliminate_zeros()
    matrix.data[:] = 1.0
    counts = np.nan_to_num(np.asarray(people, dtype=float))
    stay = np.unique(np.asarray(kept, dtype=np.intp))
    has = counts > 0
    matrix, counts = matrix[has], counts[has]
    served = np.asarray(matrix[:, stay].sum(axis=1)).ravel() > 0
    problem, columns = _reduced(matrix[~served], counts[~served], number - len(stay), stay)
    best, bound, way = _solved(problem, seconds, pause, solver)
    best = _earliest(problem, best, pause)
    chosen = np.concatenate([stay, columns[np.sort(best)]]).astype(np.intp)
    chosen, new = _in_order(matrix, counts, chosen, len(stay))
    already, reached = float(counts[served].sum()), float(new.sum())
    exact = way != "exchange"
    most = reached if exact else max(reached, already + bound)
    return Coverage(chosen, new, reached, most, exact, way)


# --- the problem made smaller


def _reduced(
    matrix: sparse.csr_matrix, people: Floats, number: int, kept: Places
) -> tuple[_Problem, Places]:
    """Return what is left to decide, and the venues that its columns stand for.

    Areas that nobody reaches are of no account, those with the same venues are one, and a venue
    is left out where another, or an earlier one like it, reaches all that it does.
    """
    some = np.asarray(matrix.sum(axis=1)).ravel() > 0
    matrix, people = matrix[some], people[some]
    matrix, people = _together(matrix, people)
    adds = np.asarray(matrix.sum(axis=0)).ravel() > 0
    adds[kept] = False
    columns = np.flatnonzero(adds)
    matrix = matrix[:, columns]
    useful = ~_outdone(matrix)
    room = max(0, min(number, int(useful.sum())))
    return _Problem.of(matrix[:, useful], people, room), columns[useful]


def _together(matrix: sparse.csr_matrix, people: Floats) -> tuple[sparse.csr_matrix, Floats]:
    """Return areas with the very same venues as one."""
    if matrix.shape[0] < 2:
        return matrix, people
    marks = np.random.default_rng(1).random((matrix.shape[1], 2))
    _, first, group = np.unique(matrix @ marks, axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    if (matrix != matrix[first][group]).nnz:  # marks that agree by chance
        return matrix, people
    order = np.argsort(first, kind="stable")
    sums: Floats = np.bincount(group, people, len(first)).astype(float)
    return matrix[first[order]], np.asarray(sums[order], dtype=float)


def _outdone(matrix: sparse.csr_matrix) -> Cells:
    """Return the venues that reach nobody whom another does not reach too."""
    areas, venues = matrix.shape
    if not venues or float(areas) * venues * venues > DENSE:
        return np.zeros(venues, dtype=bool)
    dense = matrix.toarray().astype(np.float32)
    shared = dense.T @ dense  # exact: numbers of areas, below 2^24
    own = shared.diagonal()
    inside = shared >= own[:, None]  # the venue of the row reaches no more than that of the column
    same = inside & inside.T
    at = np.arange(venues)
    beaten = (inside & ~same) | (same & (at[None, :] < at[:, None]))
    return np.asarray(beaten.any(axis=1))


# --- a good choice


def _greedy(problem: _Problem) -> Places:
    """Return a choice made by taking the venue that adds most, again and again."""
    chosen: list[int] = []
    left = problem.people.copy()
    while len(chosen) < problem.number:
        adds = problem.covers.T @ left
        best = int(adds.argmax())
        if adds[best] <= 0:
            break
        chosen.append(best)
        left[_column(problem.covers, best)] = 0.0
    return np.asarray(chosen, dtype=np.intp)


def _column(covers: sparse.csc_matrix, venue: int) -> Places:
    return np.asarray(covers.indices[covers.indptr[venue] : covers.indptr[venue + 1]])


def _exchanged(problem: _Problem, chosen: Places, pause: Pause) -> Places:
    """Return a choice that no exchange of one venue for another makes better."""
    chosen = np.array(chosen, dtype=np.intp)
    least = TINY * max(1.0, float(problem.people.sum()))
    for _ in range(MOST_EXCHANGES):
        pause()
        if not len(chosen):
            break
        change = _changes(problem, chosen)
        out, in_ = np.unravel_index(int(change.argmax()), change.shape)
        if change[out, in_] <= least:
            break
        chosen[out] = in_
    return chosen


def _changes(problem: _Problem, chosen: Places) -> Floats:
    """Return how many people more are reached when one venue gives way to another."""
    mine = problem.covers[:, chosen]
    many = np.asarray(mine.sum(axis=1)).ravel()
    alone = np.where(many == 1, problem.people, 0.0)
    adds = problem.covers.T @ np.where(many == 0, problem.people, 0.0)
    weighted = mine.multiply(alone[:, None]).tocsc()
    stays = np.asarray((weighted.T @ problem.rows).toarray())
    change = adds[None, :] + stays - np.asarray(weighted.sum(axis=0)).ravel()[:, None]
    change[:, chosen] = -np.inf
    return np.asarray(change)


def _earliest(problem: _Problem, chosen: Places, pause: Pause) -> Places:
    """Return as good a choice of venues that come earlier, as far as exchanges lead."""
    chosen = np.array(sorted(chosen), dtype=np.intp)
    same = TINY * max(1.0, float(problem.people.sum()))
    for at in range(len(chosen) - 1, -1, -1):
        pause()
        change = _changes(problem, chosen)[at]
        earlier = np.flatnonzero(change[: chosen[at]] >= -same)
        if len(earlier):
            chosen[at] = earlier[0]
    return chosen


def _in_order(
    matrix: sparse.csr_matrix, people: Floats, chosen: Places, first: int
) -> tuple[Places, Floats]:
    """Return venues in the order in which they add most, some of them first, and what they add."""
    columns = sparse.csc_matrix(matrix[:, chosen])
    left, order, new = people.copy(), [], []
    for group in (range(first), range(first, len(chosen))):
        waiting = list(group)
        while waiting:
            adds = columns[:, waiting].T @ left
            best = int(adds.argmax())
            at = waiting.pop(best)
            order.append(at)
            new.append(float(adds[best]))
            left[_column(columns, at)] = 0.0
    keep = [n for n, at in enumerate(order) if at < first or new[n] > 0]
    return chosen[[order[n] for n in keep]], np.array([new[n] for n in keep])


# --- how good it can be


@dataclass(frozen=True)
class _Bounded:
    """A bound for choices that hold some venues and not others, and what it tells.

    ``loss`` is by how much the bound falls when a venue is left out that it holds, or held that
    it leaves out.
    """

    bound: float
    prices: Floats
    holds: Cells
    loss: Floats
    best: Places


def _bounded(
    problem: _Problem,
    best: Places,
    held: Cells,
    out: Cells,
    prices: Floats,
    steps: int,
    pause: Pause,
) -> _Bounded:
    """Return the lowest bound that moving prices finds; a better choice where one is met."""
    people, room = problem.people, problem.number - int(held.sum())
    goal = problem.reached(best)
    free = ~(held | out)
    nothing = np.zeros(problem.venues, dtype=bool)
    lowest = _Bounded(np.inf, prices, nothing, np.zeros(problem.venues), best)
    length, since, at = 1.0, 0, prices
    for step in range(steps):
        if step % 10 == 0:
            pause()
        worth = problem.covers.T @ at
        pick, bound, loss = _priced(worth, held, free, room)
        bound += float((people - at).sum())
        if bound < lowest.bound - TINY * max(1.0, abs(bound)):
            lowest, since = _Bounded(bound, at, pick, loss, best), 0
        else:
            since += 1
        if since >= STUCK:
            length, since, at = length / 2, 0, lowest.prices
            if length < SHORTEST:
                break
            continue
        many = problem.rows @ pick.astype(float)
        found = float(people[many > 0].sum())
        if found > goal:
            best, goal = np.flatnonzero(pick), found
        if problem.at_most(lowest.bound) <= goal:
            break
        slope = np.where(at < people, 1.0 - many, -many)  # of the bound, downhill
        slope[(slope > 0) & (at >= people)] = 0.0
        slope[(slope < 0) & (at <= 0)] = 0.0
        square = float(slope @ slope)
        if square == 0:
            break
        stride = length * max(bound - goal, TINY * max(1.0, bound)) / square
        at = np.clip(at + stride * slope, 0.0, people)
    return replace(lowest, best=best)


def _priced(worth: Floats, held: Cells, free: Cells, room: int) -> tuple[Cells, float, Floats]:
    """Return the venues worth most, what they are worth, and what the others would lose."""
    pick, loss = held.copy(), np.zeros(len(worth))
    some = np.flatnonzero(free)
    order = some[np.argsort(-worth[some], kind="stable")]
    inside, outside = order[:room], order[room:]
    pick[inside] = True
    last = worth[inside[-1]] if room and len(inside) else np.inf
    next_ = worth[outside[0]] if len(outside) else 0.0
    loss[inside] = worth[inside] - next_
    loss[outside] = last - worth[outside] if room else np.inf
    return pick, float(worth[pick].sum()), loss


@dataclass(order=True)
class _Part:
    """Choices that hold some venues and not others, by the highest bound."""

    key: tuple[float, int]
    held: Cells = field(compare=False)
    out: Cells = field(compare=False)
    prices: Floats = field(compare=False)

    @property
    def bound(self) -> float:
        return -self.key[0]


def _solved(
    problem: _Problem, seconds: float, pause: Pause, solver: bool
) -> tuple[Places, float, str]:
    """Return a choice, the bound of all choices, and how it is known whether it is the best."""
    best = _exchanged(problem, _greedy(problem), pause)
    total = float(problem.people.sum())
    if not problem.venues or not problem.number or problem.reached(best) >= total:
        return best, problem.reached(best), "bound"
    nothing = np.zeros(problem.venues, dtype=bool)
    many = np.maximum(np.asarray(problem.covers.sum(axis=1)).ravel(), 1.0)
    start = problem.people * np.minimum(1.0, problem.number / many)
    parts = [_Part((-total, 0), nothing, nothing, start)]
    search = _Search(problem, best, pause, solver and has_solver(), seconds)
    while parts and search.has_time:
        search.split(parts)
    bound = max([problem.reached(search.best), *(problem.at_most(one.bound) for one in parts)])
    if parts:
        return search.best, bound, "exchange"
    return search.best, problem.reached(search.best), "milp" if search.asked else "bound"


class _Search:
    """Looks through parts of all choices until none can hold a better one."""

    def __init__(
        self, problem: _Problem, best: Places, pause: Pause, solver: bool, seconds: float
    ) -> None:
        self.problem, self.best, self.pause = problem, best, pause
        self.solver, self.asked, self._made = solver, False, 0
        self._until = time.monotonic() + seconds

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self._until

    @property
    def goal(self) -> float:
        return self.problem.reached(self.best)

    def hopeless(self, bound: float) -> bool:
        """Return whether a bound leaves no room for a better choice."""
        slack = TINY * max(1.0, float(self.problem.people.sum()))
        return self.problem.at_most(bound) <= self.goal + slack

    def split(self, parts: list[_Part]) -> None:
        """Settle the part with the highest bound, or put two smaller ones in its place."""
        one = heapq.heappop(parts)
        if self.hopeless(one.bound):
            return
        steps = FEW_STEPS if self._made else STEPS
        told = _bounded(self.problem, self.best, one.held, one.out, one.prices, steps, self.pause)
        if self.problem.reached(told.best) > self.goal:
            self.best = _exchanged(self.problem, told.best, self.pause)
        bound = min(one.bound, told.bound)
        if self.hopeless(bound):
            return
        held, out = self._settled(one, told)
        free = np.flatnonzero(~(held | out))
        room = self.problem.number - int(held.sum())
        if room <= 0 or not len(free):
            self._try(np.flatnonzero(held))
            return
        if not self.solver and self._made == 0:
            heapq.heappush(parts, self._part(bound, held, out, told.prices))
            self._until = 0.0  # without HiGHS the bound is all there is to know
            return
        solved, better = self._ask(held, out, room)
        if solved is not None:
            bound = min(bound, solved)
        if better is not None:
            self._try(better)
        if self.hopeless(bound):
            return
        # the venue about which the bound knows least
        doubt = free[int(np.argmin(told.loss[free]))]
        for with_it in (True, False):
            more, less = held.copy(), out.copy()
            (more if with_it else less)[doubt] = True
            heapq.heappush(parts, self._part(bound, more, less, told.prices))

    def _part(self, bound: float, held: Cells, out: Cells, prices: Floats) -> _Part:
        self._made += 1
        return _Part((-bound, self._made), held, out, prices)

    def _try(self, chosen: Places) -> None:
        if self.problem.reached(chosen) > self.goal:
            self.best = _exchanged(self.problem, chosen, self.pause)

    def _settled(self, one: _Part, told: _Bounded) -> tuple[Cells, Cells]:
        """Return the venues that a better choice has to hold, and those that it cannot hold."""
        slack = TINY * max(1.0, float(self.problem.people.sum()))
        least = self.goal + (1.0 - slack if self.problem.whole else slack)
        sure = told.bound - told.loss < least - slack
        free = ~(one.held | one.out)
        return one.held | (free & sure & told.holds), one.out | (free & sure & ~told.holds)

    def _ask(self, held: Cells, out: Cells, room: int) -> tuple[float | None, Places | None]:
        """Return a bound from HiGHS and a choice, None where it has none in its time."""
        problem = self.problem
        free = np.flatnonzero(~(held | out))
        many = np.asarray(problem.covers[:, held].sum(axis=1)).ravel()
        part = problem.rows[many == 0][:, free]
        some = np.asarray(part.sum(axis=1)).ravel() > 0
        part, people = part[some], problem.people[many == 0][some]
        sure = float(problem.people[many > 0].sum())
        part, people = _together(part, people)
        if part.nnz > LARGEST or not self.solver:
            return None, None
        self.pause()
        self.asked = True
        left = max(0.05, min(TURN, self._until - time.monotonic()))
        bound, chosen = _by_milp(part, people, room, left)
        whole = None if chosen is None else np.concatenate([np.flatnonzero(held), free[chosen]])
        return (None if bound is None else sure + bound), whole


def has_solver() -> bool:
    """Return whether scipy has a solver for whole numbers, as it has from 1.9 on."""
    return _milp() is not None


def _milp() -> Any:
    """Return scipy's solver, None before scipy 1.9."""
    try:
        from scipy.optimize import milp
    except ImportError:
        return None
    return milp


def _by_milp(
    covers: sparse.csr_matrix, people: Floats, number: int, seconds: float
) -> tuple[float | None, Places | None]:
    """Return the bound and the choice of HiGHS after some seconds at most.

    x says which venues are chosen and y which areas are covered, y at most the sum of their x.
    """
    from scipy.optimize import Bounds, LinearConstraint

    areas, venues = covers.shape
    cost = np.concatenate([np.zeros(venues), -people])
    links = sparse.hstack([covers, -sparse.identity(areas)]).tocsr()
    total = sparse.csr_matrix(np.concatenate([np.ones(venues), np.zeros(areas)])[None, :])
    made = _milp()(
        cost,
        constraints=[LinearConstraint(links, 0, np.inf), LinearConstraint(total, 0, number)],
        integrality=np.concatenate([np.ones(venues), np.zeros(areas)]),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    dual = getattr(made, "mip_dual_bound", None)
    # what the solver calls feasible may be off by as much
    bound = None
    if dual is not None and np.isfinite(dual):
        bound = -float(dual) * (1 + 1e-9) + 1e-6
    chosen = None if made.x is None else np.flatnonzero(np.asarray(made.x[:venues]) > 0.5)
    return bound, chosen
