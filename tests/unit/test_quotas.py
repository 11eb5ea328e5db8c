"""Replies to win: brute force, other libraries, simulation, properties."""

from __future__ import annotations

from itertools import product
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from seldom_heard.methods.quotas import (
    EQUAL,
    NEYMAN,
    PROPORTIONAL,
    Room,
    at_level,
    dissimilarity,
    fill,
    missing_by_chance,
    raised,
    round_table,
    round_to,
    to_ask,
    to_meet,
    weights_for,
)
from seldom_heard.methods.representation import representation
from seldom_heard.methods.sampling import margin_of, sample_size, stratified_margin

HOWS = (PROPORTIONAL, EQUAL, NEYMAN)


def distance(ends, weights):
    """Chi-square distance of replies in the end to parity."""
    w = np.asarray(weights, dtype=float)
    goal = w / w.sum() * np.sum(ends, axis=-1, keepdims=True)
    return (((ends - goal) ** 2) / goal).sum(axis=-1)


# filling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "had", "most", "won"),
    [
        ([1, 1, 1], [0, 3, 6], [9, 9, 9], 6),
        ([5, 3, 2], [1, 6, 2], [9, 9, 9], 7),
        ([4, 3, 2], [0, 0, 9], [3, 9, 9], 8),
        ([1, 2, 3], [2, 2, 2], [20, 20, 20], 12),
    ],
)
def test_no_other_way_to_win_as_many_is_nearer_to_parity(weights, had, most, won):
    """All ways in steps of a sixth of a reply, by brute force; ours is on none and below all."""
    steps = np.arange(0, won + 1e-9, 1 / 6)
    ways = np.array([(a, b, won - a - b) for a, b in product(steps, steps)])
    ends = np.array(had) + ways
    fine = (ways[:, 2] > -1e-9) & (ends <= np.maximum(most, had) + 1e-9).all(axis=1)
    best = distance(ends[fine], weights).min()
    filled = fill(weights, had, np.maximum(most, had), sum(had) + won)
    assert filled.sum() == pytest.approx(sum(had) + won)
    assert (filled >= np.array(had) - 1e-9).all() and (filled <= np.maximum(most, had)).all()
    ours = distance(filled, weights)
    assert ours <= best + 1e-9
    assert best - ours < 0.15  # the brute force comes near: it searched the right place


def test_filling_by_hand():
    """Shares a half, a quarter, a quarter; 10 had in the last. Level 16: 8, 4 and the 10."""
    assert fill([2, 1, 1], [0, 0, 10], [99, 99, 99], 22).tolist() == [8, 4, 10]
    # 2 can be had of the first alone: the second takes the rest
    assert fill([2, 1, 1], [0, 0, 10], [2, 99, 99], 22).tolist() == [2, 10, 10]


def test_many_places_are_filled_like_each_alone():
    random = np.random.RandomState(3)
    weights, low = random.rand(40, 6), random.randint(0, 9, (40, 6)).astype(float)
    weights[random.rand(40, 6) < 0.2] = 0
    high = low + random.randint(1, 30, (40, 6))
    totals = low.sum(axis=1) + random.rand(40) * np.where(weights > 0, high - low, 0).sum(axis=1)
    together = fill(weights, low, high, totals)
    assert together.sum(axis=1) == pytest.approx(totals)
    for at in range(40):
        assert together[at] == pytest.approx(fill(weights[at], low[at], high[at], totals[at]))
    assert (together[weights == 0] == low[weights == 0]).all()


@pytest.mark.parametrize("total", [2.9, 30.1])
def test_a_total_out_of_reach_is_refused(total):
    with pytest.raises(ValueError, match="cannot be reached"):
        fill([1, 1], [1, 2], [10, 20], total)


def test_nothing_to_win_at_the_present_number_is_the_shortfall_of_representation():
    """Another method's shortfall: the next whole number below which a group has too few."""
    had = pd.Series([120.0, 30, 8, 240, 2], index=list("abcde"))
    people = pd.Series([9000.0, 5210, 333, 12000, 457], index=list("abcde"))
    shares = people / people.sum()
    filled = at_level(shares, had, had + people, had.sum())
    theirs = representation(had, people)["shortfall"]
    assert np.ceil(filled - had).tolist() == theirs.tolist()
    assert theirs.gt(0).sum() == 3


@given(st.integers(0, 10_000), st.integers(2, 60))
def test_filling_keeps_what_is_had_and_fills_the_lowest_first(seed, number):
    random = np.random.RandomState(seed)
    people = random.randint(1, 3000, number).astype(float)
    had = np.minimum(random.poisson(people / 50 * random.gamma(1, 1, number)), people)
    won = random.randint(0, int((people - had).sum()) + 1)
    filled = fill(people, had, people, had.sum() + won)
    assert filled.sum() == pytest.approx(had.sum() + won)
    assert (filled >= had - 1e-9).all() and (filled <= people + 1e-9).all()
    free = (filled > had + 1e-6) & (filled < people - 1e-6)
    if free.any():
        level = (filled / people)[free]
        assert level == pytest.approx(np.full(free.sum(), level.mean()))
        untouched = (filled <= had + 1e-9) & (had > 0)
        assert (had[untouched] / people[untouched] >= level.mean() * (1 - 1e-6)).all()


def test_a_minimum_of_places_leaves_the_nearest_that_keeps_it():
    """Held against scipy's SLSQP on the same problem."""
    people = np.array([[600.0, 300], [50, 10], [20, 20]])
    had = np.array([[3.0, 9], [0, 0], [1, 0]])
    low = raised(people, had, people, 6)
    assert low.sum(axis=1) == pytest.approx([12, 6, 6])  # the first has more already
    total = had.sum() + 40
    ours = fill(people.ravel(), low.ravel(), people.ravel(), total)
    w = people.ravel() / people.sum()
    found = minimize(
        lambda t: (((t - total * w) ** 2) / (total * w)).sum(),
        ours + np.array([2, -2, 0.5, -0.5, 0, 0]),
        bounds=list(zip(had.ravel(), people.ravel())),
        constraints=[
            {"type": "eq", "fun": lambda t: t.sum() - total},
            {"type": "ineq", "fun": lambda t: t.reshape(3, 2).sum(axis=1) - 6},
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.success
    assert ours == pytest.approx(found.x, abs=1e-3)


# whole numbers ---------------------------------------------------------------------------------


def test_largest_remainders_go_up():
    assert round_to([1.5, 2.5, 3.2, 0.8], 8).tolist() == [2, 2, 3, 1]
    assert round_to([1.0, 2.0000000001, 2.9999999999], 6).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="cannot add up"):
        round_to([1.5, 1.5], 6)


@given(st.lists(st.floats(0, 500), min_size=1, max_size=40))
def test_rounding_keeps_the_total_and_is_off_by_less_than_one(values):
    total = int(np.floor(sum(values) + 0.5))
    whole = round_to(values, total)
    assert whole.sum() == total
    assert (np.abs(whole - values) < 1 + 1e-6).all()


@pytest.mark.parametrize("seed", range(30))
def test_no_other_table_with_fair_sums_is_nearer(seed):
    """All tables of cells rounded down or up, by brute force."""
    random = np.random.RandomState(seed)
    shape = (3, 3) if seed % 2 else (4, 2)
    table = random.rand(*shape) * 4
    table[random.rand(*shape) < 0.15] = 2.0
    total = int(np.floor(table.sum() + random.rand()))
    made = round_table(table, total)
    ways = np.array(list(product([0, 1], repeat=table.size))).reshape(-1, *shape)
    tables = np.floor(table) + ways * (table % 1 > 0)

    def near(sums, real):
        return ((sums >= np.floor(real)) & (sums <= np.ceil(real))).all(axis=1)

    fine = near(tables.sum(axis=2), table.sum(axis=1)) & near(tables.sum(axis=1), table.sum(axis=0))
    fine &= tables.sum(axis=(1, 2)) == total
    best = np.abs(tables[fine] - table).sum(axis=(1, 2)).min()
    assert (made == tables[fine]).all(axis=(1, 2)).any()
    assert np.abs(made - table).sum() == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_a_table_keeps_rows_columns_and_total(seed):
    random = np.random.RandomState(seed)
    table = random.gamma(1, 2, (300, 5))
    table[:, 4] *= random.rand(300) < 0.3
    rows = round_to(table.sum(axis=1), int(np.ceil(table.sum())))
    table *= (rows / table.sum(axis=1))[:, None]
    made = round_table(table, int(rows.sum()))
    assert (made.sum(axis=1) == rows).all()
    assert (np.abs(made.sum(axis=0) - table.sum(axis=0)) < 1).all()
    assert (np.abs(made - table) < 1).all() and (made[table == 0] == 0).all()


def test_a_larger_table_keeps_rows_and_total():
    table = np.random.RandomState(1).gamma(1, 2, (300, 5))
    total = int(np.floor(table.sum()))
    made = round_table(table, total, most_cells=100)
    assert made.sum() == total
    assert (np.abs(made.sum(axis=1) - table.sum(axis=1)) < 1).all()
    assert (np.abs(made - table) < 1).all()


def test_a_table_of_whole_numbers_stays():
    table = np.array([[1.0, 2], [0, 4]])
    assert round_table(table, 7).tolist() == table.tolist()


# margins ---------------------------------------------------------------------------------------


def test_one_place_needs_our_known_numbers(vector):
    """One stratum with nothing had is a simple random sample."""
    known = vector("own_sample_size_fpc")
    made = [
        to_meet(e, Room.of([n], [0], 1), [n], [n], p)[0]
        for n, p, e in zip(known["N"], known["p"], known["e"])
    ]
    assert made == known["n"].tolist()


def test_the_margin_is_the_size_turned_round():
    people, shares = np.array([300.0, 1500, 10_000]), np.array([0.5, 0.3, 0.1])
    size = sample_size(people, shares, 0.04)
    assert (margin_of(size, people, shares) <= 0.04).all()
    assert (margin_of(size - 1, people, shares) > 0.04).all()
    assert margin_of([10, 0, 5], [10, 10, np.nan]).tolist()[0] == 0
    assert np.isnan(margin_of([0, 5], [10, np.nan])).all()


def test_a_stratified_margin_by_hand():
    """Two halves of 100, 10 replies each: 1.96 x root of 2 x 1/4 x 90/99 x 0.25/10."""
    by_hand = NormalDist().inv_cdf(0.975) * (2 * 0.25 * 90 / 99 * 0.25 / 10) ** 0.5
    assert stratified_margin([10, 10], [100, 100]) == pytest.approx(by_hand)
    assert np.isnan(stratified_margin([10, 0], [100, 100]))
    assert stratified_margin([10, 0], [100, np.nan]) == pytest.approx(float(margin_of(10, 100)))


def test_neyman_has_the_least_variance():
    """Held against scipy's SLSQP, without bounds that bind."""
    people, shares = np.array([4000.0, 9000, 2500, 7000]), np.array([0.5, 0.1, 0.3, 0.02])
    weights, n = weights_for(NEYMAN, people, shares), 600
    ours = fill(weights, np.zeros(4), people, n)
    spread = people / (people - 1) * shares * (1 - shares)

    def variance(size):
        return 1e4 * ((people / people.sum()) ** 2 * (1 - size / people) * spread / size).sum()

    found = minimize(
        variance,
        np.full(4, n / 4),
        bounds=[(1, p) for p in people],
        constraints={"type": "eq", "fun": lambda size: size.sum() - n},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert found.success
    assert ours == pytest.approx(found.x, abs=0.5)
    assert variance(ours) <= found.fun * (1 + 1e-7)


def strata(seed, number=60):
    """People, expected shares and replies had of some strata."""
    random = np.random.RandomState(seed)
    people = random.randint(30, 2500, number).astype(float)
    return people, random.uniform(0.03, 0.6, number), random.poisson(1.5, number).astype(float)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("margin", [0.08, 0.05, 0.02])
def test_the_margin_is_met_with_as_few_as_can_be(how, margin):
    people, shares, had = strata(4)
    room, weights = Room.of(people, had, 1), weights_for(how, people, shares)
    won = to_meet(margin, room, people, weights, shares)
    ends = had + won
    assert (won == won.round()).all() and (won >= room.least).all() and (won <= room.most).all()
    assert stratified_margin(ends, people, shares) <= margin * (1 + 1e-9)
    fewer = int(won.sum()) - 1
    if fewer >= room.least.sum():
        assert stratified_margin(had + room.won(weights, fewer), people, shares) > margin


def test_neyman_asks_for_fewest():
    people, shares, _ = strata(5)
    room = Room.of(people, np.zeros(len(people)), 1)
    size = {how: to_meet(0.02, room, people, weights_for(how, people, shares), shares).sum()
            for how in HOWS}  # fmt: skip
    assert size[NEYMAN] < size[PROPORTIONAL] < size[EQUAL]


def test_everybody_is_asked_where_that_is_needed():
    people = np.array([3.0, 5, 2])
    won = to_meet(0.001, Room.of(people, [1, 0, 0], 1), people, people)
    assert won.tolist() == [2, 5, 2]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("seed", [1, 2])
def test_samples_drawn_by_the_quotas_are_within_the_margin(how, seed):
    """20,000 samples without replacement in strata: 95 % of them less what chance leaves open.

    Three standard errors of a share of 95 % among 20,000, and half a person in the shares: the
    estimate comes in steps, which the normal quantile does not know.
    """
    people, shares, _ = strata(seed)
    shares = np.full(len(people), 0.5) if seed == 2 else shares
    yes = np.round(people * shares).astype(int)
    margin, draws = 0.04, 20_000
    room = Room.of(people, np.zeros(len(people)), 1)
    size = to_meet(margin, room, people, weights_for(how, people, shares), yes / people)
    random = np.random.RandomState(11)
    found = random.hypergeometric(
        yes, people.astype(int) - yes, size.astype(int), (draws, len(people))
    )
    estimate = (found / size * people).sum(axis=1) / people.sum()
    within = np.abs(estimate - yes.sum() / people.sum()) <= margin
    assert within.mean() >= 0.95 - 3 * (0.95 * 0.05 / draws) ** 0.5
    # and not by asking for far too many
    assert within.mean() < 0.97
    # samples half as large are not: the test can tell
    few = np.maximum(size // 2, 1).astype(int)
    found = random.hypergeometric(yes, people.astype(int) - yes, few, (draws, len(people)))
    estimate = (found / few * people).sum(axis=1) / people.sum()
    assert (np.abs(estimate - yes.sum() / people.sum()) <= margin).mean() < 0.93


# what is left ----------------------------------------------------------------------------------


def test_room_by_hand():
    room = Room.of([10, 10, 4, 0], [3, 12, 1, 0], [5, 5, 5, 5])
    assert room.most.tolist() == [7, 0, 3, 0]
    assert room.least.tolist() == [2, 0, 3, 0]
    assert room.won([10, 10, 4, 1], 8).tolist() == [5, 0, 3, 0]


def test_people_to_ask_by_hand():
    asked, short = to_ask([10, 3, 0], 0.08, [500, 30, 7])
    assert asked.tolist() == [125, 30, 0]
    assert short.tolist() == [False, True, False]
    assert to_ask([3], 0.3, [99])[0].tolist() == [10]  # 3 / 0.3 is a little above 10 in floats


def test_what_is_missing_by_chance_is_what_is_seen_when_all_reply_alike():
    """40,000 simulated surveys, within four standard errors."""
    expected = np.array([0.2, 0.9, 3.0, 4.7, 12.3, 80.0])
    seen = np.random.RandomState(2).poisson(expected, (40_000, 6))
    missing = np.maximum(expected - seen, 0).sum(axis=1)
    error = 4 * missing.std() / 200
    assert missing_by_chance(expected) == pytest.approx(missing.mean(), abs=error)
    assert missing_by_chance([1.0]) == pytest.approx(np.exp(-1))  # by hand: 1 x P(none)
    assert missing_by_chance([0.0, np.nan]) == 0


def test_dissimilarity_by_hand():
    assert dissimilarity([5, 5], [9, 1]) == pytest.approx(0.4)
    assert dissimilarity([2, 4], [1, 2]) == 0
    assert np.isnan(dissimilarity([0, 0], [1, 2]))


def test_allocations_by_hand():
    people = [100.0, 400, 0]
    assert weights_for(PROPORTIONAL, people).tolist() == people
    assert weights_for(EQUAL, people).tolist() == [1, 1, 0]
    s = (0.5 * 0.5 * 100 / 99) ** 0.5, (0.1 * 0.9 * 400 / 399) ** 0.5
    made = weights_for(NEYMAN, people, [0.5, 0.1, 0.5])
    assert made == pytest.approx([100 * s[0], 400 * s[1], 0])
    with pytest.raises(ValueError, match="allocation"):
        weights_for("random", people)
