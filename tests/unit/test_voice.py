"""Replies against those expected: known answers, other libraries, hand numbers, properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, gamma, poisson
from seldom_heard.methods import voice
from seldom_heard.methods.funnel import overdispersion
from seldom_heard.methods.smoothing import empirical_bayes
from seldom_heard.methods.voice import (
    ALL,
    TOO_FEW,
    classify,
    dispersion,
    expected,
    expected_by_group,
    expected_needed,
    p_values,
    power,
    prior_strength,
    q_values,
    ratio,
    shrunk_ratio,
    smallest_detectable,
)

LEVELS = {0.95: "2s", 0.998: "3s"}
# the example of the docs: six areas, 120 replies from 6,000 people, so 2 for every 100
PEOPLE = np.array([1000.0, 1500, 500, 2000, 600, 400])
REPLIES = np.array([20.0, 12, 16, 62, 4, 6])
counts = st.lists(st.integers(0, 200), min_size=3, max_size=40)


def areas_of(observed):
    """Return people that make all areas differ in size, and replies of which there are some."""
    o = np.asarray(observed, dtype=float)
    o[0] += 1
    return o, 500.0 + 97 * np.arange(len(o))


# expected --------------------------------------------------------------------------------------


def test_expected_by_hand():
    assert expected(PEOPLE, REPLIES) == pytest.approx([20, 30, 10, 40, 12, 8])


def test_areas_without_replies_or_people_are_no_part_of_the_rate():
    people = [1000, 1000, np.nan, 0, 500, np.inf]
    observed = [30, 10, 99, 99, np.nan, 1]
    # 40 of 2,000, so 2 for every 100; the fifth area would have sent 10
    made = expected(people, observed)
    assert made == pytest.approx([20, 20, np.nan, np.nan, 10, np.nan], nan_ok=True)


def test_nothing_known_leaves_nothing_expected():
    assert np.isnan(expected([10, 20], [np.nan, np.nan])).all()
    assert np.isnan(expected([0, 0], [1, 2])).all()


def test_sums_known_otherwise_are_taken():
    assert expected([100, 300], [1, 2], total=8, of=400) == pytest.approx([2, 6])


def test_expected_by_group_by_hand():
    """40 of 1,000 of group a replied, 10 of 500 of b: rates 0.04 and 0.02."""
    people = pd.DataFrame({"a": [600, 400], "b": [100, 400]})
    made = expected_by_group(people, {"a": 40, "b": 10}, 50)
    assert made.tolist() == pytest.approx([24 + 2, 16 + 8])
    # 10 more did not say: everything by 60 / 50
    made = expected_by_group(people, {"a": 40, "b": 10}, 60)
    assert made.tolist() == pytest.approx([31.2, 28.8])


def test_groups_that_answer_alike_expect_what_people_alone_would():
    people = pd.DataFrame({"a": [600.0, 400, 90], "b": [100.0, 400, 10]})
    whole = people.sum(axis=1)
    sent = (0.02 * people.sum()).to_dict()
    made = expected_by_group(people, sent, 0.02 * whole.sum())
    assert made.tolist() == pytest.approx((0.02 * whole).tolist())


def test_group_counts_that_are_missing_leave_the_area_out():
    people = pd.DataFrame({"a": [600, np.nan, 400, 0], "b": [100, 5, 400, 0]})
    made = expected_by_group(people, {"a": 40, "b": 10}, 50)
    assert made.tolist() == pytest.approx([26, np.nan, 24, np.nan], nan_ok=True)


def test_replies_of_a_group_in_which_nobody_lives_are_spread_over_the_others():
    people = pd.DataFrame({"a": [600, 400], "b": [0, 0]})
    made = expected_by_group(people, {"a": 40, "b": 10}, 50)
    assert made.tolist() == pytest.approx([30, 20])
    assert expected_by_group(people, {"a": 0, "b": 9}, 9).isna().all()


# ratio and limits ------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", LEVELS)
def test_limits_are_the_exact_ones_of_our_known_answers(vector, confidence):
    known = vector("own_byar_exact")
    known = known[np.isclose(known["conf"], confidence)]
    assert len(known) > 10
    made = ratio(known["x"], np.full(len(known), 100.0), confidence)
    assert made["ratio"].to_numpy() == pytest.approx(known["x"].to_numpy())
    assert made["lo"].to_numpy() == pytest.approx(known["exact_lower"].to_numpy(), rel=1e-9)
    assert made["hi"].to_numpy() == pytest.approx(known["exact_upper"].to_numpy(), rel=1e-9)


@pytest.mark.parametrize(("confidence", "tag"), LEVELS.items())
def test_classes_turn_where_the_known_answers_say(vector, confidence, tag):
    """At the E of the table the limit of O is 100; a little more or less turns the class."""
    known = vector("own_funnel_poisson_expected")
    o = known["obs"].to_numpy(dtype=float)
    # the column of the lower line holds the E whose lower limit the count is: its upper one
    below = known[f"E_at_lower_{tag}"].to_numpy()
    words = {0.95: ("lower", "much lower"), 0.998: ("much lower",)}[confidence]
    assert np.isin(classify(o, below * (1 + 1e-7), min_expected=0).astype(str), words).all()
    assert not np.isin(classify(o, below * (1 - 1e-7), min_expected=0).astype(str), words).any()
    above = known[f"E_at_upper_{tag}"].to_numpy()
    o, above = o[above > 0], above[above > 0]
    words = {0.95: ("higher", "much higher"), 0.998: ("much higher",)}[confidence]
    assert np.isin(classify(o, above * (1 - 1e-7), min_expected=0).astype(str), words).all()
    assert not np.isin(classify(o, above * (1 + 1e-7), min_expected=0).astype(str), words).any()


def test_ratios_and_classes_of_the_example():
    """Exact limits by a published table (Pearson and Hartley): 12 is 6.20 to 20.96 at 95 %."""
    e = expected(PEOPLE, REPLIES)
    made = ratio(REPLIES, e)
    assert made["ratio"].tolist() == pytest.approx([100, 40, 160, 155, 33.333333, 75])
    assert made.loc[1, ["lo", "hi"]].tolist() == pytest.approx([6.20 / 0.3, 20.96 / 0.3], abs=0.02)
    # 12 of 30: 99.8 % upper limit 27.0 < 30; 4 of 12: upper 10.24 < 12, 99.8 % 14.8 > 12
    # 16 of 10: lower 9.15 < 10; 62 of 40: lower 47.5 > 40, 99.8 % 40.5 > 40; 8 is too few
    words = ["as expected", "much lower", "as expected", "much higher", "lower", TOO_FEW]
    assert classify(REPLIES, e).tolist() == words
    assert set(words) <= set(ALL)


def test_the_table_by_hand_of_the_docs_prints_what_chi_square_says():
    """Exact limits are quantiles of chi-square over 2, here by scipy's own distribution."""
    page = (Path(__file__).parents[2] / "docs" / "voice.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in page.splitlines() if " to " in line]
    rows = [row for row in rows if len(row) == 8 and row[0] != "people"]
    assert [int(row[1]) for row in rows] == REPLIES.tolist()
    for row, o, e in zip(rows, REPLIES, expected(PEOPLE, REPLIES)):
        for cell, tail in ((row[4], 0.025), (row[5], 0.001)):
            low, high = chi2.ppf(tail, 2 * o) / 2, chi2.ppf(1 - tail, 2 * o + 2) / 2
            assert cell == f"{100 * low / e:.0f} to {100 * high / e:.0f}"


def test_unusable_figures_have_no_ratio_and_no_class():
    o, e = [np.nan, -1, 3, 3, 3, np.inf, 3], [10, 10, 0, np.nan, -2, 10, np.inf]
    assert ratio(o, e).isna().all().all()
    assert classify(o, e).tolist() == [None] * 7
    assert np.isnan(p_values(o, e)).all() and np.isnan(shrunk_ratio(o, e, 5.0)).all()


def test_no_reply_is_no_missing_one():
    made = ratio([0], [20])
    assert made["ratio"].tolist() == [0] and made["lo"].tolist() == [0]
    assert made["hi"].tolist() == pytest.approx([100 * 3.6888794541 / 20])  # -ln 0.025
    assert classify([0], [20]).tolist() == ["much lower"]


def test_weighted_replies_have_limits_between_those_of_whole_ones():
    below, between, above = (ratio([o], [20]).iloc[0] for o in (7, 7.5, 8))
    for column in ("ratio", "lo", "hi"):
        assert below[column] < between[column] < above[column]


def test_fewest_expected_is_a_choice():
    assert classify([0], [9.99]).tolist() == [TOO_FEW]
    assert classify([0], [9.99], min_expected=5).tolist() == ["much lower"]
    assert classify([0], [10]).tolist() == ["much lower"]


def test_over_dispersion_widens_the_limits_from_the_ratio():
    # 8 of 20: ratio 40, upper limit 78.8; twice as far is 117.6
    assert classify([8], [20]).tolist() == ["lower"]
    assert classify([8], [20], phi=4.0).tolist() == ["as expected"]
    assert classify([8], [20], phi=0.5).tolist() == ["lower"]
    assert classify([8], [20], phi=float("nan")).tolist() == ["lower"]


@given(st.integers(0, 400), st.floats(min_value=10, max_value=300))
def test_lower_or_higher_just_where_p_is_below_a_twentieth(o, e):
    (word,), (p,) = classify([o], [e]), p_values([o], [e])
    if abs(p - 0.05) > 1e-9:
        assert (word != "as expected") == (p < 0.05)
    if abs(p - 0.002) > 1e-9:
        assert word.startswith("much") == (p < 0.002)


@given(counts, st.integers(2, 5))
def test_more_people_everywhere_change_nothing(observed, times):
    o, n = areas_of(observed)
    assert expected(times * n, o) == pytest.approx(expected(n, o), rel=1e-12)


@given(counts)
def test_twice_the_replies_are_twice_the_expected_and_leave_the_ratio(observed):
    o, n = areas_of(observed)
    once, twice = expected(n, o), expected(n, 2 * o)
    assert twice == pytest.approx(2 * once, rel=1e-12)
    before, after = ratio(o, once)["ratio"], ratio(2 * o, twice)["ratio"]
    assert after.to_numpy() == pytest.approx(before.to_numpy(), rel=1e-12)


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_the_areas_does_not_matter(observed, random):
    o, n = areas_of(observed)
    order = list(range(len(o)))
    random.shuffle(order)
    e, other = expected(n, o), expected(n[order], o[order])
    assert other == pytest.approx(e[order], rel=1e-12)
    assert classify(o[order], e[order]).tolist() == classify(o, e)[order].tolist()
    assert q_values(o[order], e[order]) == pytest.approx(q_values(o, e)[order], nan_ok=True)
    assert shrunk_ratio(o[order], e[order]) == pytest.approx(shrunk_ratio(o, e)[order], rel=1e-9)


@given(counts)
def test_as_many_are_expected_as_replied(observed):
    o, n = areas_of(observed)
    assert expected(n, o).sum() == pytest.approx(o.sum(), rel=1e-12)


# chance ----------------------------------------------------------------------------------------


def test_p_is_twice_the_smaller_tail_of_the_poisson_distribution():
    o, e = np.meshgrid(np.arange(0.0, 60), [0.5, 5, 10.7, 23.32, 40])
    tails = np.minimum(poisson.cdf(o, e), poisson.sf(o - 1, e))
    assert p_values(o, e) == pytest.approx(np.minimum(2 * tails, 1), rel=1e-9, abs=1e-300)


def test_p_by_hand():
    # no reply where ln 40 = 3.689 are expected: e^-3.689 = 1/40 at this side, 1/20 at both
    assert p_values([0], [np.log(40)]) == pytest.approx([0.05])


def test_p_is_near_that_of_a_part_of_many():
    """12 of 30,000 people at a rate of 1 in 1,000 is nearly a Poisson count with mean 30."""
    less = binomtest(12, 30_000, 0.001, alternative="less").pvalue
    assert p_values([12], [30])[0] == pytest.approx(2 * less, rel=0.01)


def test_q_is_over_the_areas_that_are_judged():
    o, e = np.array([1.0, 20, 0]), np.array([20.0, 20, 5])
    p = p_values(o, e)
    # of two tests the smaller p counts twice
    assert q_values(o, e)[:2] == pytest.approx([2 * p[0], p[1]])
    assert np.isnan(q_values(o, e)[2])


def test_phi_is_that_of_the_judged_areas():
    o = np.array([30.0, 12, 9, 22, 40, 0])
    e = np.array([20.0, 20, 20, 20, 20, 2])
    assert dispersion(o, e) == pytest.approx(overdispersion(o[:5], e[:5]))
    assert np.isnan(dispersion([10], [10]))


# shrinkage -------------------------------------------------------------------------------------


def test_prior_and_shrunk_ratio_by_hand():
    """O 10, 40, 10 against E 20 each: squares over E 5 + 20 + 5 = 30, less k = 3 is 27.

    A = 27 / 60 = 0.45 and a = 2.2222; the first area is 100 (10 + 2.2222) / 22.2222 = 55.
    """
    assert prior_strength([10, 40, 10], [20, 20, 20]) == pytest.approx(1 / 0.45)
    made = shrunk_ratio([10, 40, 10], [20, 20, 20])
    assert made == pytest.approx([55, 190, 55])


def test_shrunk_ratios_are_those_of_marshall_on_counts_and_expected():
    """With the rate of all at 1 his smoothed rate is the mean of the gamma distribution."""
    o, n = areas_of([3, 40, 22, 8, 61, 15, 0, 33])
    e = expected(n, o)
    known = 100 * empirical_bayes(pd.Series(o), pd.Series(e))
    assert shrunk_ratio(o, e) == pytest.approx(known.to_numpy(), rel=1e-12)


def test_shrunk_ratio_is_the_mean_of_what_prior_and_replies_leave():
    """By numerical integration of the gamma prior times the Poisson likelihood."""
    a, o, e = 4.0, 3, 12.0
    rate = np.linspace(1e-6, 6, 400_001)
    weight = gamma.pdf(rate, a, scale=1 / a) * poisson.pmf(o, e * rate)
    assert shrunk_ratio([o], [e], a)[0] == pytest.approx(
        100 * (rate * weight).sum() / weight.sum(), rel=1e-6
    )


def test_no_more_spread_than_chance_draws_all_to_100():
    o, e = [9, 10, 11], [10, 10, 10]
    assert prior_strength(o, e) == np.inf
    assert shrunk_ratio([*o, np.nan], [*e, 10]) == pytest.approx([100] * 3 + [np.nan], nan_ok=True)
    assert np.isnan(prior_strength([np.nan], [10]))
    assert np.isnan(shrunk_ratio([np.nan], [10])).all()


def test_prior_finds_the_spread_that_made_the_areas():
    random = np.random.RandomState(11)
    e = random.uniform(10, 60, 40_000)
    o = random.poisson(e * random.gamma(8, 1 / 8, len(e)))
    assert prior_strength(o, e) == pytest.approx(8, rel=0.05)


@given(counts)
def test_shrunk_lies_between_the_ratio_and_100(observed):
    o, n = areas_of(observed)
    e = expected(n, o)
    plain, drawn = ratio(o, e)["ratio"].to_numpy(), shrunk_ratio(o, e)
    assert (np.abs(drawn - 100) <= np.abs(plain - 100) + 1e-9).all()
    assert ((drawn - 100) * (plain - 100) >= -1e-9).all()


# power -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("e", "rate", "inner", "outer"),
    [
        (8000 / 343, 0.5, 0.72, 0.28),
        (8000 / 343, 0.7, 0.26, 0.04),
        (114, 0.5, 1.00, 1.00),
        (114, 0.7, 0.93, 0.58),
    ],
)
def test_power_is_what_the_definition_of_the_score_says(e, rate, inner, outer):
    """Printed to two figures for an E that was rounded itself, so within 1.5 in 100."""
    assert power(e, rate, 0.95) == pytest.approx(inner, abs=0.015)
    assert power(e, rate, 0.998) == pytest.approx(outer, abs=0.015)


@given(st.floats(0.1, 400), st.floats(0, 1.5), st.sampled_from(sorted(LEVELS)))
def test_power_is_the_chance_of_the_counts_that_get_the_class(e, rate, confidence):
    """Added up over all counts, by the classes themselves."""
    o = np.arange(0, 1200)
    words = classify(o, np.full(len(o), e), min_expected=0)
    wanted = ("much lower",) if confidence == 0.998 else ("lower", "much lower")
    chance = poisson.pmf(o, rate * e)[np.isin(words.astype(str), wanted)].sum()
    assert power(e, rate, confidence) == pytest.approx(chance, abs=1e-9)


def test_with_five_expected_only_silence_is_noticed():
    assert power(5, 0.5) == pytest.approx(np.exp(-2.5))
    assert power(5, 0.5, 0.998) == 0  # 6.9 would be needed
    assert classify([0, 1], [5, 5], min_expected=0).tolist() == ["lower", "as expected"]


def test_power_has_no_answer_for_unusable_figures():
    made = power([np.nan, 0, -3, 10, np.inf], [0.5, 0.5, 0.5, np.nan, 0.5])
    assert np.isnan(made).all()
    assert power(20, 0.0) == 1  # who never answers is always noticed


def test_power_of_very_many_expected():
    """Noticed below 20,000 - 1.96 x 141.4 = 19,723, which is 23 / 140.4 = 0.16 above 19,700."""
    assert power(20_000, 0.985) == pytest.approx(0.56, abs=0.01)
    exact = poisson.cdf(poisson.ppf(0.025, 20_000) - 1, 19_700)
    assert power(20_000, 0.985) == pytest.approx(exact, abs=0.005)
    assert power([20, 20_000], 0.985)[0] == power(20, 0.985)


def test_most_noticed_is_the_last_count_that_is_lower():
    """Exact upper 95 % limits: 5 is 11.67, 6 is 13.06, 19 is 29.67, 20 is 30.89."""
    made = voice.most_noticed([12, 30, 3.6, 0, np.nan])
    assert made == pytest.approx([5, 19, -1, np.nan, np.nan], nan_ok=True)


def test_chance_of_at_most_is_that_of_the_poisson_distribution():
    made = voice.chance_of_at_most([5, 0, -1, 3], [6.0, 2.0, 4.0, np.nan])
    known = [poisson.cdf(5, 6), np.exp(-2), 0, np.nan]
    assert made == pytest.approx(known, nan_ok=True)


def test_by_chance_at_most_a_fortieth_is_lower():
    made = power(np.linspace(4, 300, 2000), 1.0)
    assert (made < 0.025).all() and made[-500:].mean() == pytest.approx(0.0225, abs=0.002)


def test_smallest_detectable_is_the_rate_at_which_power_is_reached():
    e = np.array([5, 23.32, 114.0])
    rates = smallest_detectable(e)
    assert power(e, rates) == pytest.approx([0.8] * 3)
    assert np.isnan(smallest_detectable([3.6, np.nan, 0])).all()  # below 3.69 silence is chance


@pytest.mark.parametrize(("rate", "confidence"), [(0.5, 0.95), (0.7, 0.95), (0.5, 0.998)])
def test_expected_needed_is_the_end_of_the_last_dip(rate, confidence):
    """By looking: above it power never falls below 0.8, just below it does."""
    needed = expected_needed(rate, 0.8, confidence)
    more = np.linspace(needed * (1 + 1e-9), 8 * needed, 40_001)
    assert (power(more, rate, confidence) >= 0.8).all()
    assert power(needed * (1 - 1e-9), rate, confidence) < 0.8


def test_expected_needed_by_hand():
    """Of areas that never answer all are noticed once silence is: from -ln 0.025 = 3.689 on."""
    assert expected_needed(0.0, 0.8) == pytest.approx(3.6888794541)


@pytest.mark.parametrize(("rate", "sure"), [(1.0, 0.8), (-0.1, 0.8), (0.5, 1.0), (0.5, 0.0)])
def test_expected_needed_refuses_what_no_number_reaches(rate, sure):
    with pytest.raises(ValueError, match="rate from 0"):
        expected_needed(rate, sure)


def test_choices_are_those_of_the_definition():
    assert (voice.MIN_EXPECTED, voice.POWER, voice.HALF) == (10, 0.8, 0.5)
