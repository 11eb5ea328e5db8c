"""Who replied against who lives there: hand examples, other libraries, and laws that must hold."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import optimize, stats
from seldom_heard.methods.proportions import Z95, Z998
from seldom_heard.methods.representation import (
    CLASSES,
    IN_PROPORTION,
    MUCH_OVER,
    MUCH_UNDER,
    OVER,
    TOO_FEW,
    UNDER,
    classes,
    design_effect,
    effective_size,
    holds_anyway,
    missing_replies,
    rake,
    replies_to_parity,
    representation,
)

GROUPS = list("abc")
# 200 replies that say a group, 50 that do not; of 1,000 residents 500, 300 and 200
REPLIES = pd.Series([130.0, 50.0, 20.0], GROUPS)
PEOPLE = pd.Series([500.0, 300.0, 200.0], GROUPS)


@pytest.fixture
def table():
    return representation(REPLIES, PEOPLE, unknown=50)


# --- by hand


def test_shares_and_indices_by_hand(table):
    assert list(table["expected"]) == pytest.approx([100, 60, 40])
    assert list(table["share_replies_pct"]) == pytest.approx([65, 25, 10])
    assert list(table["population_pct"]) == pytest.approx([50, 30, 20])
    assert list(table["index"]) == pytest.approx([130, 250 / 3, 50])


def test_the_unknown_are_bounds_by_hand(table):
    assert list(table["share_low_pct"]) == pytest.approx([52, 20, 8])  # 130, 50, 20 of 250
    assert list(table["share_high_pct"]) == pytest.approx([72, 40, 28])  # 180, 100, 70 of 250


def test_missing_replies_by_hand(table):
    assert list(table["shortfall"]) == [0, 10, 20]
    assert list(table["surplus"]) == [30, 0, 0]
    # b: (50 + x) / (200 + x) = 0.3, x = 10 / 0.7 = 14.3; c: (20 + x) / (200 + x) = 0.2, x = 25
    assert list(table["needed"]) == [0, 15, 25]


def test_part_of_a_reply_is_a_reply():
    shortfall, surplus = missing_replies([3.0, 9.0, 2.0], [4.2, 4.2, 2.0])
    assert list(shortfall) == [2, 0, 0], "ceil(4.2) - 3"
    assert list(surplus) == [0, 4, 0], "9 - ceil(4.2)"


def test_what_is_whole_but_for_rounding_error_is_whole():
    expected = 0.07 * 300  # 21.000000000000004
    assert expected > 21
    assert missing_replies([20.0], [expected])[0][0] == 1


# --- other libraries


@pytest.mark.parametrize(
    ("z", "columns"), [(Z95, "index_lo index_hi"), (Z998, "index_lo998 index_hi998")]
)
def test_limits_of_the_index_are_those_of_statsmodels(table, z, columns):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    alpha = 2 * stats.norm.sf(z)
    low, high = columns.split()
    for name in GROUPS:
        told = proportion.proportion_confint(REPLIES[name], 200, alpha, method="wilson")
        share = PEOPLE[name] / 1000
        assert table.loc[name, low] == pytest.approx(100 * told[0] / share, rel=1e-9)
        assert table.loc[name, high] == pytest.approx(100 * told[1] / share, rel=1e-9)


# --- classes


def test_classes_by_their_limits():
    # 10,000 replies, each group 500 expected but the last two
    replies = [400, 455, 500, 545, 600, 2, 7498]
    people = [50, 50, 50, 50, 50, 0.3, 749.7]
    assert list(classes(replies, people, 10_000)) == [
        MUCH_UNDER,
        UNDER,
        IN_PROPORTION,
        OVER,
        MUCH_OVER,
        TOO_FEW,
        IN_PROPORTION,
    ]


def test_no_reply_where_five_were_expected_is_said():
    """Three or fewer could be chance: the chance of none is 5 % at 3, and 0.7 % at 5."""
    people = [3, 5, 9_992]
    assert list(classes([0, 0, 10_000], people, 10_000)[:2]) == [TOO_FEW, UNDER]
    assert math.exp(-3) > 0.025 > math.exp(-5)


def test_many_where_few_were_expected_are_too_few_to_say():
    assert classes([12, 988], [5, 995], 1000)[0] == TOO_FEW
    assert classes([12, 988], [5, 995], 1000, min_expected=5)[0] == MUCH_OVER


def _chance_of(word_ends: str, expected: float, replies: int, least: float) -> float:
    """Return how often chance alone gives a class, by the binomial distribution."""
    x = np.arange(0, min(replies, 100) + 1)
    people = np.array([expected, replies - expected])
    named = [classes([k, replies - k], people, replies, least)[0] for k in x]
    chances = stats.binom.pmf(x, replies, expected / replies)
    return float(sum(p for p, word in zip(chances, named) if word.endswith(word_ends)))


@pytest.mark.parametrize("replies", [1_000, 7_000])
@pytest.mark.parametrize("expected", [0.5, 2, 3.9, 4.5, 5.7, 7.3, 8.8, 9.9])
def test_below_ten_expected_chance_alone_is_seldom_called_under_represented(expected, replies):
    assert _chance_of(UNDER, expected, replies, least=10) <= 0.025


def test_below_ten_expected_chance_alone_would_too_often_be_called_over_represented():
    """So it is not said there; the rule of the class, put to the test."""
    worst = max(_chance_of(OVER, e, 7_000, least=0) for e in np.arange(0.1, 10, 0.05))
    assert worst == pytest.approx(0.139, abs=0.002)
    assert _chance_of(OVER, 0.15, 7_000, least=10) == 0


def test_every_class_is_known(table):
    assert set(table["class"]) <= set(CLASSES)


# --- the unknown


def test_what_holds_whoever_the_unknown_are():
    # 1,000 replies; 200 of 1,000 residents in each group
    replies, people = [120, 40, 200, 340, 300], [200] * 5
    # group 0: (120 + 50) / 1,050 = 16.2 %, upper limit 18.5: below 20; group 1: 8.6 %
    assert list(holds_anyway(replies, people, 1000, 50)) == [True, True, None, True, True]
    # with 300 more: 420 / 1,300 and 340 / 1,300 are above 20 %; 340 / 1,300 = 26 % still too
    assert list(holds_anyway(replies, people, 1000, 300)) == [False, False, None, True, True]
    # with 600 more: 300 / 1,600 = 18.75 %, no longer above
    assert list(holds_anyway(replies, people, 1000, 600)) == [False, False, None, False, False]


def test_no_unknown_no_doubt(table):
    sure = representation(REPLIES, PEOPLE)
    assert list(sure["holds"]) == [True, None, True]
    assert sure["share_low_pct"].equals(sure["share_replies_pct"])
    assert sure["share_high_pct"].equals(sure["share_replies_pct"])


# --- what should not change, and what is missing


@given(st.integers(2, 50))
def test_more_residents_of_every_group_change_nothing(times):
    one, many = (representation(REPLIES, PEOPLE * k, 50) for k in (1, times))
    pd.testing.assert_frame_equal(
        one.drop(columns="population_n"), many.drop(columns="population_n"), rtol=1e-9
    )


def test_twice_the_replies_keep_the_index_and_narrow_its_limits(table):
    twice = representation(2 * REPLIES, PEOPLE, 100)
    assert list(twice["index"]) == pytest.approx(list(table["index"]))
    assert (twice["index_hi"] - twice["index_lo"] < table["index_hi"] - table["index_lo"]).all()


def test_the_order_of_groups_changes_nothing(table):
    turned = representation(REPLIES[::-1], PEOPLE, 50)
    pd.testing.assert_frame_equal(turned.loc[GROUPS], table)


def test_a_hidden_count_hides_its_figures_and_no_others():
    replies = REPLIES.copy()
    replies["c"] = np.nan
    shown = representation(replies, PEOPLE, np.nan, known=200)
    whole = representation(REPLIES, PEOPLE, np.nan, known=200)
    told = ["replies", "share_replies_pct", "index", "index_lo", "shortfall", "surplus", "needed"]
    assert shown.loc["c", told].isna().all() and shown.loc["c", "class"] is None
    assert shown.loc["c", "expected"] == 40, "of the residents and all replies, not of its own"
    pd.testing.assert_frame_equal(shown.loc[["a", "b"]], whole.loc[["a", "b"]])
    assert shown["share_high_pct"].isna().all(), "the unknown are not known"
    assert list(shown["holds"]) == [None] * 3


def test_without_knowing_all_there_is_nothing():
    replies = REPLIES.copy()
    replies["c"] = np.nan
    assert representation(replies, PEOPLE)["index"].isna().all()


def test_nobody_lives_there():
    found = representation(pd.Series([5.0, 5.0], ["x", "y"]), pd.Series([0.0, 10.0], ["x", "y"]))
    assert np.isnan(found.loc["x", "index"]) and found.loc["x", "class"] is None
    assert found.loc["x", "expected"] == 0 and found.loc["x", "surplus"] == 5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_impossible_residents_are_no_figures(bad):
    people = PEOPLE.copy()
    people["a"] = bad
    found = representation(REPLIES, people)
    assert np.isnan(found.loc["a", "index"]) and found.loc["a", "class"] is None


def test_no_replies_at_all():
    found = representation(REPLIES * 0, PEOPLE)
    assert found["index"].isna().all() and found["class"].isna().all()


# the third is 17 x 1,773 / 3 = 10,047 to the unit, which 1 / (1 - p) carries an error into
@example([(0, 1), (0, 1), (0, 1773), (17, 1)])
@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 10_000)), min_size=2, max_size=8),
)
def test_needed_replies_bring_a_group_to_its_share_and_one_fewer_does_not(pairs):
    r, n = (np.array(values, dtype=float) for values in zip(*pairs))
    if r.sum() == 0:
        return
    p = n / n.sum()
    needed = replies_to_parity(r, p * r.sum(), r.sum())
    shortfall, surplus = missing_replies(r, p * r.sum())
    assert ((r + needed) / (r.sum() + needed) >= p - 1e-9).all()
    less = needed - 1
    some = needed > 0
    assert ((r + less)[some] / (r.sum() + less)[some] < p[some]).all()
    assert (needed >= shortfall - 1e-9).all(), "the total grows with them"
    assert (np.minimum(shortfall, surplus) == 0).all()


def test_the_only_group_needs_nothing_it_could_not_have():
    assert np.isnan(replies_to_parity([5.0], [5.0], 5.0)[0])


# --- weights


def _frame(**columns):
    return pd.DataFrame(columns)


def test_one_margin_is_post_stratification_by_hand():
    raked = rake(_frame(g=["a"] * 6 + ["b"] * 4), {"g": pd.Series({"a": 300, "b": 700})})
    # 0.3 / 0.6 and 0.7 / 0.4
    assert list(raked.weights) == pytest.approx([0.5] * 6 + [1.75] * 4)
    assert raked.gap < 1e-9 and raked.used == 10
    # (6 x 0.5 + 4 x 1.75)^2 / (6 x 0.25 + 4 x 3.0625) = 100 / 13.75
    assert effective_size(raked.weights) == pytest.approx(100 / 13.75)
    assert design_effect(raked.weights) == pytest.approx(1.375)


def test_two_margins_keep_the_odds_ratio_which_gives_the_answer_by_hand():
    """Raking leaves odds ratios alone; with both margins a half, the cells are s and 1/2 - s.

    Counts 40 10 / 20 30: odds ratio 6 = (s / (1/2 - s))^2, so s = sqrt 6 / (2 (1 + sqrt 6)).
    """
    rows = [("x", "u")] * 40 + [("x", "v")] * 10 + [("y", "u")] * 20 + [("y", "v")] * 30
    a, b = zip(*rows)
    half = {"a": pd.Series({"x": 1, "y": 1}), "b": pd.Series({"u": 1, "v": 1})}
    raked = rake(_frame(a=a, b=b), half)
    s = math.sqrt(6) / (2 * (1 + math.sqrt(6)))
    assert raked.weights[0] == pytest.approx(100 * s / 40)
    assert raked.weights[-1] == pytest.approx(100 * s / 30)
    assert raked.weights[40] == pytest.approx(100 * (0.5 - s) / 10)


def test_three_margins_are_the_weights_of_least_information():
    """The other way to the same weights: minimise sum w log w under the margins, by its dual."""
    random = np.random.RandomState(3)
    frame = _frame(
        a=random.choice(list("pqr"), 400, p=[0.6, 0.3, 0.1]),
        b=random.choice(list("uv"), 400, p=[0.7, 0.3]),
        c=random.choice(list("klmn"), 400),
    )
    margins = {
        "a": pd.Series({"p": 30, "q": 30, "r": 40}),
        "b": pd.Series({"u": 1, "v": 1}),
        "c": pd.Series({"k": 10, "l": 20, "m": 30, "n": 40}),
    }
    raked = rake(frame, margins)
    design = pd.concat([pd.get_dummies(frame[n])[list(margins[n].index)] for n in margins], axis=1)
    x = design.to_numpy(dtype=float)
    goal = np.concatenate([(m / m.sum()).to_numpy() for m in margins.values()])

    def dual(lambdas):
        w = np.exp(x @ lambdas) / len(x)
        return w.sum() - goal @ lambdas, x.T @ w - goal

    answer = optimize.minimize(dual, np.zeros(len(goal)), jac=True, options={"gtol": 1e-10})
    assert raked.weights == pytest.approx(np.exp(x @ answer.x), rel=1e-6)
    assert raked.gap < 1e-7


def test_weighted_shares_are_those_of_the_population():
    frame = _frame(g=list("aabbbbc"), h=list("uvuvuvu"))
    margins = {"g": pd.Series({"a": 5, "b": 3, "c": 2}), "h": pd.Series({"u": 4, "v": 6})}
    raked = rake(frame, margins)
    for name, people in margins.items():
        told = pd.Series(raked.weights).groupby(frame[name]).sum() / raked.weights.sum()
        assert list(told) == pytest.approx(list(people / people.sum()))
    assert raked.weights.mean() == pytest.approx(1)


def test_who_did_not_say_has_no_weight_and_who_did_not_reply_none_can_stand_for():
    frame = _frame(g=["a", "b", None, "b", "other"])
    raked = rake(frame, {"g": pd.Series({"a": 50, "b": 30, "c": 20})})
    assert np.isnan(raked.weights[[2, 4]]).all()
    assert raked.weights[0] == pytest.approx(3 * 5 / 8)
    assert raked.empty["g"].to_dict() == {"c": 20.0}
    assert raked.used == 3


def test_margins_that_nothing_can_meet_are_told():
    """All x are u and all y are v, so the margins would have to be the same."""
    frame = _frame(a=list("xxyy"), b=list("uuvv"))
    raked = rake(frame, {"a": pd.Series({"x": 1, "y": 1}), "b": pd.Series({"u": 3, "v": 1})})
    assert raked.passes == 1000
    assert raked.gap == pytest.approx(25)


def test_a_group_without_residents_weighs_nothing():
    raked = rake(_frame(g=list("ab")), {"g": pd.Series({"a": 0, "b": 10})})
    assert list(raked.weights) == [0, 2]


def test_nobody_to_weigh():
    raked = rake(_frame(g=[None, None]), {"g": pd.Series({"a": 1})})
    assert np.isnan(raked.weights).all() and raked.used == 0 and np.isnan(raked.gap)
    assert np.isnan(effective_size(raked.weights))


def test_effective_size_by_hand():
    assert effective_size([1, 1, 2, np.nan]) == pytest.approx(16 / 6)
    assert design_effect([1, 1, 2, np.nan]) == pytest.approx(3 * 6 / 16)
    assert effective_size([3.0] * 7) == pytest.approx(7)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.floats(0.1, 10))
def test_effective_size_is_at_most_all_and_has_no_unit(weights, times):
    size = effective_size(weights)
    assert 1 - 1e-9 <= size <= len(weights) + 1e-9
    assert effective_size(np.array(weights) * times) == pytest.approx(size)
