"""Venues that reach most people, against all choices there are and against another solver."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial import cKDTree
from seldom_heard.methods import coverage
from seldom_heard.methods.coverage import cover

NEAR = 1e-6


def reached(within, people, chosen):
    """Return the people whom some venues reach, a person at a time."""
    known = np.where(np.isnan(people), 0, np.maximum(people, 0))
    return sum(n for n, row in zip(known, within) if any(row[at] for at in chosen))


def best_of_all(within, people, number, kept=()):
    """Return the most that any choice with the kept venues reaches, by trying each."""
    others = [at for at in range(within.shape[1]) if at not in set(kept)]
    more = max(0, min(number - len(set(kept)), len(others)))
    every = itertools.combinations(others, more)
    return max(reached(within, people, [*kept, *some]) for some in every)


def case(seed):
    """Return a small random case: areas, venues, number and kept ones, some of it odd."""
    rng = np.random.default_rng(seed)
    areas, venues = int(rng.integers(1, 40)), int(rng.integers(1, 10))
    within = rng.random((areas, venues)) < rng.choice([0.05, 0.15, 0.3, 0.6])
    people = rng.integers(0, 30, areas).astype(float)
    if seed % 3 == 0:
        people *= rng.random(areas)  # modelled counts need not be whole
    people[rng.random(areas) < 0.1] = np.nan
    number = int(rng.integers(1, venues + 1))
    many = int(rng.integers(0, min(3, venues) + 1)) if seed % 2 else 0
    return within, people, number, sorted(rng.choice(venues, many, replace=False).tolist())


@pytest.mark.parametrize("solver", [True, False])
@pytest.mark.parametrize("block", range(6))
def test_choice_is_the_best_of_all_there_are(block, solver):
    for seed in range(50 * block, 50 * block + 50):
        within, people, number, kept = case(seed)
        found = cover(within, people, number, kept, solver=solver)
        best = best_of_all(within, people, number, kept)
        assert found.bound >= best - NEAR, seed
        if solver:
            assert found.exact, seed
        if found.exact:
            assert found.reached == pytest.approx(best, abs=NEAR), seed
            assert found.gap == 0 and found.bound == found.reached
        assert reached(within, people, found.chosen) == pytest.approx(found.reached, abs=NEAR)
        assert {*kept} <= {*found.chosen.tolist()}
        assert len(found.chosen) <= max(number, len(kept))


def test_sparse_and_dense_are_the_same():
    within, people, number, kept = case(7)
    one = cover(within, people, number, kept)
    other = cover(sparse.csr_matrix(within), people, number, kept)
    assert one.chosen.tolist() == other.chosen.tolist() and one.reached == other.reached


def test_greedy_alone_would_miss_the_best():
    """The venue in the middle adds most, and the two beside it reach all."""
    within = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]], bool)
    found = cover(within, np.array([3.0, 2, 3, 2]), 2)
    assert sorted(found.chosen.tolist()) == [0, 1] and found.reached == 10 and found.exact


def test_order_is_kept_ones_first_then_those_that_add_most():
    within = np.eye(5, dtype=bool)
    found = cover(within, np.array([5.0, 50, 1, 20, 3]), 4, kept=[2, 4])
    assert found.chosen.tolist() == [4, 2, 1, 3]
    assert found.new.tolist() == [3, 1, 50, 20]


def test_new_people_are_counted_once():
    within = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1]], bool)
    found = cover(within, np.array([10.0, 5, 4]), 2)
    assert found.chosen.tolist() == [0, 1] and found.new.tolist() == [15, 4]


def test_venues_that_add_nobody_are_not_chosen():
    within = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], bool)
    found = cover(within, np.array([4.0, 6]), 4)
    assert found.chosen.tolist() == [2, 0] and found.reached == 10 and found.exact


def test_kept_ones_stay_though_they_add_nobody_and_are_too_many():
    found = cover(np.array([[1, 0, 0, 1]], bool), np.array([7.0]), 1, kept=[1, 2])
    assert sorted(found.chosen.tolist()) == [1, 2] and found.reached == 0 and found.exact


@pytest.mark.parametrize("number", [1, 2, 3])
def test_of_equal_venues_the_first_in_the_layer_is_taken(number):
    within = np.repeat(np.eye(3, dtype=bool), 4, axis=1)  # four alike for each of three areas
    found = cover(within, np.ones(3), number)
    assert sorted(found.chosen.tolist()) == [0, 4, 8][:number]


def test_same_input_gives_the_same_choice():
    rng = np.random.default_rng(3)
    within, people = rng.random((200, 60)) < 0.05, rng.integers(1, 4, 200).astype(float)
    first = cover(within, people, 9)
    assert all(cover(within, people, 9).chosen.tolist() == first.chosen.tolist() for _ in "ab")


@pytest.mark.parametrize("people", [[0.0, 0], [np.nan, np.nan], [-3.0, 0]])
def test_nobody_to_reach(people):
    found = cover(np.ones((2, 3), bool), np.array(people), 2)
    assert len(found.chosen) == 0 and found.reached == found.bound == 0 and found.exact


def test_nothing_within_reach():
    found = cover(np.zeros((3, 2), bool), np.ones(3), 1)
    assert len(found.chosen) == 0 and found.reached == 0 and found.exact


# --- large ones ---------------------------------------------------------------------------------


def city(areas, venues, radius, seed):
    """Return places at random in a square, and who is within a radius of what."""
    rng = np.random.default_rng(seed)
    homes, halls = rng.random((areas, 2)), rng.random((venues, 2))
    near = cKDTree(halls).query_ball_point(homes, radius)
    rows = np.repeat(np.arange(areas), [len(one) for one in near])
    columns = np.concatenate([np.asarray(one, int) for one in near])
    within = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (areas, venues))
    return within, rng.integers(5, 400, areas).astype(float)


def optimum(within, people, number):
    """Return the most people, by HiGHS given the whole problem."""
    optimize = pytest.importorskip("scipy.optimize")
    if not hasattr(optimize, "milp"):
        pytest.skip("this scipy has no milp")
    areas, venues = within.shape
    links = sparse.hstack([within, -sparse.identity(areas)]).tocsr()
    total = np.r_[np.ones(venues), np.zeros(areas)][None, :]
    made = optimize.milp(
        np.r_[np.zeros(venues), -people],
        constraints=[
            optimize.LinearConstraint(links, 0, np.inf),
            optimize.LinearConstraint(sparse.csr_matrix(total), 0, number),
        ],
        integrality=np.r_[np.ones(venues), np.zeros(areas)],
        bounds=optimize.Bounds(0, 1),
    )
    assert made.status == 0
    return -made.fun


@pytest.mark.parametrize(
    ("areas", "venues", "number", "radius"),
    [(343, 2000, 10, 0.06), (343, 2000, 25, 0.05), (5000, 2000, 25, 0.04)],
)
def test_gap_of_many_venues_is_true(areas, venues, number, radius):
    within, people = city(areas, venues, radius, number)
    best = optimum(within, people, number)
    for solver in (True, False):
        found = cover(within, people, number, solver=solver)
        assert found.reached - NEAR <= best <= found.bound + NEAR
        assert found.gap == pytest.approx((found.bound - found.reached) / found.bound)
        assert found.gap < 0.02
        if found.exact:
            assert found.reached == pytest.approx(best)


def test_bound_holds_when_time_runs_out():
    """Who is within reach of what by chance, not by place: hard for every solver."""
    rng = np.random.default_rng(1)
    within, people = rng.random((343, 2000)) < 0.02, rng.integers(5, 400, 343).astype(float)
    short = cover(within, people, 10, seconds=0.5)
    assert short.way == "exchange" and not short.exact
    assert 0 < short.gap < 0.1
    longer = cover(within, people, 10, seconds=3)
    assert short.reached <= longer.bound + NEAR and longer.reached <= short.bound + NEAR


def test_work_stops_where_it_is_told_to():
    within, people = city(343, 2000, 0.05, 1)
    asked = []

    def pause():
        asked.append(1)
        if len(asked) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cover(within, people, 25, pause=pause)


def test_scipy_without_a_solver_still_tells_a_bound(monkeypatch):
    monkeypatch.setattr(coverage, "_milp", lambda: None)
    rng = np.random.default_rng(4)
    within, people = rng.random((60, 14)) < 0.2, rng.integers(1, 30, 60).astype(float)
    found = cover(within, people, 4)
    assert not coverage.has_solver()
    assert found.reached - NEAR <= best_of_all(within, people, 4) <= found.bound + NEAR


def test_an_exchange_mends_what_taking_the_best_first_gets_wrong():
    """The venue in the middle reaches most, and stands in the way of the two that reach all."""
    covers = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=bool)
    problem = coverage._Problem.of(covers, np.array([9.0, 10.0, 10.0, 9.0]), 2)
    first = coverage._greedy(problem)
    assert problem.reached(first) == 29
    better = coverage._exchanged(problem, first, lambda: None)
    assert sorted(better) == [1, 2] and problem.reached(better) == 38
