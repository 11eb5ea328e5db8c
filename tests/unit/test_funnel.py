"""Control limits, classes and over-dispersion, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, poisson
from seldom_heard.methods.funnel import (
    CLASSES,
    classify_proportion,
    classify_rate,
    classify_ratio,
    classify_standardised,
    derived_base,
    deviations,
    overdispersion,
    poisson_limits,
    pooled,
    proportion_limits,
    rate_limits,
    widened,
)
from seldom_heard.methods.proportions import wilson
from seldom_heard.methods.rates import count_limits, exact_limits

LEVELS = [(0.95, "2s"), (0.998, "3s")]
PER = 100_000
WORDS = {
    "Low (0.001)": "much lower",
    "Low (0.025)": "lower",
    "Not significant": "as expected",
    "High (0.025)": "higher",
    "High (0.001)": "much higher",
    "Not applicable for events less than 10 for dsrs": None,
}
# The published Poisson limits were found by halving an interval of E / (1 + O + E) down to this.
HALVED = 2.0**-24
expecteds = st.floats(min_value=0.001, max_value=1e6)


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def in_words(known):
    return [WORDS[text] for text in known]


# limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_limits_of_proportions_give_our_known_answers(vector, confidence):
    known = vector("own_funnel_proportion_limits")
    known = known[np.isclose(known["P"], (1 + confidence) / 2)]
    assert len(known) == 24
    low, high = proportion_limits(known["n"], known["p0"], confidence)
    assert low == close(known["low_clipped"].to_numpy())
    assert high == close(known["high_clipped"].to_numpy())


@pytest.mark.parametrize(("confidence", "sigma"), LEVELS)
@pytest.mark.parametrize(
    ("name", "largest", "decimals"),
    [("phe_funnel_prop_limits", None, 6), ("phe_funnel_prop_limits_axisvar", 31_000, 8)],
)
def test_limits_of_proportions_give_the_answers_of_public_health_england(
    vector, name, largest, decimals, confidence, sigma
):
    known, areas = vector(name), vector("phe_funnel_prop_points")
    assert len(known) == 100
    if largest:
        areas = areas[areas["denominator"] < largest]
    benchmark = pooled(areas["numerator"], areas["denominator"])
    half_a_digit = pytest.approx(known["Baseline"].to_numpy(), rel=0, abs=0.5 * 10**-decimals)
    assert np.full(100, 100 * benchmark) == half_a_digit
    limits = proportion_limits(known["Population"], benchmark, confidence)
    ending = {"2s": "2s0025limit", "3s": "3s0001limit"}[sigma]
    for ours, side in zip(limits, ("Lower", "Upper")):
        theirs = known[f"{side}{ending}"].to_numpy()
        assert 100 * ours == pytest.approx(theirs, rel=0, abs=0.5 * 10**-decimals + 1e-12)


def test_control_limits_are_where_wilson_limits_touch_the_benchmark():
    base, benchmark = np.array([20, 300, 5000]), 0.3
    low, high = proportion_limits(base, benchmark)
    assert wilson(low * base, base)[1] == close(100 * np.full(3, benchmark))
    assert wilson(high * base, base)[0] == close(100 * np.full(3, benchmark))


@pytest.mark.parametrize(("confidence", "sigma"), LEVELS)
def test_limits_of_ratios_give_our_known_answers(vector, confidence, sigma):
    known = vector("own_funnel_poisson_expected")
    assert len(known) == 7
    observed = known["obs"].to_numpy()
    at_lower, at_upper = (known[f"E_at_{side}_{sigma}"].to_numpy() for side in ("lower", "upper"))
    low, high = exact_limits(observed, confidence)
    assert high == close(at_lower)
    assert low == close(at_upper)
    some = at_upper > 0  # no expected count makes 0 events too many
    ours = poisson_limits(at_lower, confidence)[0]
    assert ours == pytest.approx(100 * observed / at_lower, rel=1e-9, abs=1e-9)
    assert poisson_limits(at_upper[some], confidence)[1] == close(
        100 * observed[some] / at_upper[some]
    )


def rate_points(vector, name):
    """Events and people behind each table of limits, as its test made them."""
    inputs = vector("phe_funnel_rate_inputs")
    events, rates = inputs["ev"].astype(float), inputs["rate"].astype(float)
    largest = events == events.max()
    if name == "phe_funnel_rate_limits_crude":  # the largest is given 5 events at the same rate
        events = events.mask(largest, 5)
        return events, derived_base(events, rates, PER)
    if (
        name == "phe_funnel_rate_limits_crude_axisvar"
    ):  # the largest has no event, and the smaller half is left out
        people = PER * events / rates
        events, kept = events.mask(largest, 0), people > people.max() / 2
        rates = rates.mask(largest, 0)
        return events[kept], derived_base(events, rates, PER, people)[kept]
    return events, derived_base(events, rates, PER)


@pytest.mark.parametrize(("confidence", "sigma"), LEVELS)
@pytest.mark.parametrize(
    "name",
    [
        "phe_funnel_rate_limits_crude",
        "phe_funnel_rate_limits_crude_axisvar",
        "phe_funnel_rate_limits_dsr",
    ],
)
def test_limits_of_rates_give_the_answers_of_public_health_england(vector, name, confidence, sigma):
    known = vector(name)
    assert len(known) == 100
    benchmark = pooled(*rate_points(vector, name), PER)
    printed = 0.5e-9 * 10  # ten digits: half of the last is at most this share of the figure
    assert np.full(100, benchmark) == pytest.approx(known["baseline"].to_numpy(), rel=printed)
    events, years = known["Events"].to_numpy(), 3
    low, high = exact_limits(events, confidence)
    for side, expected in (("lower", high), ("upper", low)):
        people = expected / benchmark * PER
        theirs = known[f"{side}_{sigma}_population_1_year"].to_numpy() * years
        # how far their halving can be off, brought back to people
        off = HALVED * (1 + events + expected) ** 2 / (1 + events)
        allowed = (off / expected + printed) * people
        assert (abs(people - theirs) <= allowed).all()
        line = events / people * PER
        theirs = known[f"{side}_{sigma}_limit"].to_numpy()
        assert (abs(line - theirs) <= (off / expected * 1.001 + printed) * line).all()
        ours = rate_limits(people, benchmark, PER, confidence)[side == "upper"]
        assert ours == close(line)


def test_points_of_rates_give_the_answers_of_public_health_england(vector):
    known = vector("phe_funnel_rate_inputs")
    events, rates, people = (known[name].astype(float) for name in ("ev", "rate", "pop"))
    largest = events == events.max()
    nine_or_ten_digits = {"rel": 0.5e-8, "nan_ok": True}
    fewer = events.mask(largest, 5)
    standardised = derived_base(fewer.where(fewer >= 10), rates, PER, years=3)
    assert standardised == pytest.approx(
        known["denominator_derived"].to_numpy(), **nine_or_ten_digits
    )
    crude = derived_base(events, rates, PER, years=3)
    assert crude == pytest.approx(
        known["denominator_derived_crude"].to_numpy(), **nine_or_ten_digits
    )
    none = derived_base(events.mask(largest, 0), rates, PER, people, years=5)
    assert none == pytest.approx(
        known["denominator_derived_crude_with_denom"].to_numpy(), **nine_or_ten_digits
    )


def test_the_lower_limit_is_0_where_even_no_event_is_within_chance():
    edge = -np.log(0.025)  # P(no event) = exp(-E)
    low, high = poisson_limits([edge - 0.01, edge, edge + 0.01])
    assert low[0] == 0
    assert low[1] == pytest.approx(0, abs=1e-6)
    assert low[2] > 0
    assert (high > 100).all()


@given(expecteds)
def test_limits_of_ratios_contain_100_and_lie_on_the_chi_square_curve(expected):
    low, high = poisson_limits(expected)
    far_low, far_high = poisson_limits(expected, 0.998)
    assert 0 <= far_low <= low < 100 < high < far_high
    assert chi2.ppf(0.025, 2 * high * expected / 100) / 2 == pytest.approx(expected, rel=1e-8)
    if low > 0:
        again = chi2.ppf(0.975, 2 * low * expected / 100 + 2) / 2
        assert again == pytest.approx(expected, rel=1e-8)


@given(expecteds, st.floats(min_value=1.01, max_value=100))
def test_the_funnel_narrows(expected, times):
    (low, nearer_low), (high, nearer_high) = poisson_limits([expected, expected * times])
    assert low <= nearer_low
    assert nearer_high < high


@given(st.integers(1, 10**7), st.floats(min_value=0.001, max_value=0.999))
def test_limits_of_proportions_contain_the_benchmark_and_the_narrower_ones(base, benchmark):
    low, high = proportion_limits(base, benchmark)
    far_low, far_high = proportion_limits(base, benchmark, 0.998)
    assert 0 <= far_low <= low < benchmark < high <= far_high <= 1


@pytest.mark.parametrize("bad", [0, -3, np.nan, np.inf])
def test_limits_of_what_cannot_be_are_nan(bad):
    assert np.isnan(proportion_limits(bad, 0.2)).all()
    assert np.isnan(poisson_limits(bad)).all()
    assert np.isnan(rate_limits(bad, 50)).all()
    assert np.isnan(rate_limits(1000, bad)).all()
    assert np.isnan(rate_limits(-1000, -50)).all()


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_there_are_no_limits_around_a_benchmark_that_cannot_be(bad):
    assert np.isnan(proportion_limits(100, bad)).all()


# classes ---------------------------------------------------------------------------------------


def test_classes_of_proportions_give_the_answers_of_public_health_england(vector):
    known = vector("phe_funnel_prop_points")
    assert len(known) == 303
    benchmark = pooled(known["numerator"], known["denominator"])
    ours = classify_proportion(known["numerator"], known["denominator"], benchmark)
    assert ours.tolist() == in_words(known["significance"])


@pytest.mark.parametrize("per", [100_000, 100])
@pytest.mark.parametrize("zero", ["with_0", "without_0"])
def test_classes_of_crude_rates_give_the_answers_of_public_health_england(vector, per, zero):
    known = vector("phe_funnel_rate_points")
    assert len(known) == 40
    if zero == "without_0":
        known = known[known["count"] > 0]
    base = derived_base(known["count"], known[f"rate_crude_per_{per}"], per, known["pop"])
    benchmark = pooled(known["count"], base, per)
    ours = classify_rate(known["count"], base, benchmark, per)
    assert ours.tolist() == in_words(known[f"crude_per_{per}_{zero}"])


@pytest.mark.parametrize("per", [100_000, 100])
@pytest.mark.parametrize("zero", ["with_0", "without_0"])
def test_classes_of_standardised_rates_give_the_answers_of_public_health_england(vector, per, zero):
    known = vector("phe_funnel_rate_points")
    if zero == "without_0":
        known = known[known["count"] > 0]
    # the rates are given for 100,000; the office's test reads them for 100, which changes
    # the bases and the benchmark alike, and no class
    benchmark = pooled(known["count"], derived_base(known["count"], known["rate_dsr"], per), per)
    ours = classify_standardised(known["count"], known["rate_dsr"], benchmark, per)
    assert ours.tolist() == in_words(known[f"dsr_per_{per}_{zero}"])


def test_classes_of_ratios_by_the_tables_of_the_poisson_distribution():
    # 10 expected: P(O <= 3) = .0103, P(O <= 1) = .0005; P(O >= 18) = .0143, P(O >= 22) = .0007
    observed = [0, 1, 2, 3, 4, 10, 16, 18, 21, 22]
    tails = [poisson.cdf(3, 10), poisson.cdf(1, 10), poisson.sf(17, 10), poisson.sf(21, 10)]
    assert tails == pytest.approx([0.0103, 0.0005, 0.0143, 0.0007], abs=0.00005)
    words = ["much lower", "much lower", "lower", "lower", "as expected", "as expected"]
    words += ["as expected", "higher", "higher", "much higher"]
    assert classify_ratio(observed, 10).tolist() == words


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_an_area_equal_to_its_benchmark_is_as_expected(base, count):
    assert classify_ratio(base, base) == "as expected"
    assert classify_rate(base, base * 7, 1 / 7, 1) == "as expected"
    if 0 < count < base:
        assert classify_proportion(count, base, count / base) == "as expected"


@given(st.integers(0, 9), st.floats(min_value=0.01, max_value=40))
def test_classes_of_small_counts_agree_with_the_lines_of_the_plot(observed, expected):
    low, high = poisson_limits(expected)
    far_low, far_high = poisson_limits(expected, 0.998)
    ratio = 100 * observed / expected
    place = 2 - (ratio < low) - (ratio < far_low) + (ratio > high) + (ratio > far_high)
    nearest = min(abs(ratio - line) for line in (low, high, far_low, far_high))
    if nearest > 1e-6 * max(ratio, 1):
        assert classify_ratio(observed, expected) == CLASSES[place]


@given(st.integers(0, 10**6), expecteds)
def test_classes_go_with_the_limits_of_the_count(observed, expected):
    low, high = count_limits(observed)
    word = classify_ratio(observed, expected).item()
    assert (word in ("higher", "much higher")) == (low > expected * (1 + 1e-12)) or abs(
        low / expected - 1
    ) < 1e-9
    assert (word in ("lower", "much lower")) == (high < expected * (1 - 1e-12)) or abs(
        high / expected - 1
    ) < 1e-9


@pytest.mark.parametrize(
    ("count", "base", "benchmark"),
    [
        (np.nan, 10, 0.5),
        (3, np.nan, 0.5),
        (3, 0, 0.5),
        (-1, 10, 0.5),
        (3, np.inf, 0.5),
        (3, 10, np.nan),
        (3, 10, -1),
    ],
)
def test_there_is_no_class_where_it_cannot_be_said(count, base, benchmark):
    assert classify_proportion(count, base, benchmark).item() is None
    assert classify_rate(count, base, benchmark, 1).item() is None
    assert classify_ratio([count, 5], np.array([base, 5]) * benchmark).tolist()[0] is None


def test_a_count_above_its_base_is_a_rate_and_no_proportion():
    assert classify_proportion(11, 10, 0.5).item() is None
    assert classify_rate(11, 10, 1.0, 1).item() == "as expected"


def test_standardised_rates_of_fewer_than_10_events_have_no_class():
    assert classify_standardised([9, 10], [50, 50], 50).tolist() == [None, "as expected"]


# over-dispersion -------------------------------------------------------------------------------


def test_overdispersion_by_hand():
    # z = (10, -10, 5, -5) / sqrt(25) = 2, -2, 1, -1; sum of squares 10, over 3
    assert overdispersion([35, 15, 30, 20], 25, winsorised=0) == close(10 / 3)


def test_the_extremes_are_drawn_in_before_they_count():
    # z = -5 .. 5; the tenth percentile of 11 points is the second: -4; sum 2 (16+16+9+4+1) / 10
    observed = 100 + 10 * np.arange(-5.0, 6)
    assert overdispersion(observed, 100) == close(2 * (16 + 16 + 9 + 4 + 1) / 10)
    observed[-1] = 100_000
    assert overdispersion(observed, 100) == close(2 * (16 + 16 + 9 + 4 + 1) / 10)


def test_overdispersion_is_1_by_chance_alone_and_more_where_areas_differ():
    generator = np.random.default_rng(1)
    expected = generator.uniform(20, 200, 20_000)
    seen = generator.poisson(expected)
    # the standard error of phi is sqrt(2 / k) = 0.01
    assert overdispersion(seen, expected, winsorised=0) == pytest.approx(1, abs=0.05)
    # by hand: z of a normal variable drawn in at -/+ q = 1.2816 has the variance
    # 0.8 - 2 q phi(q) + 0.2 q^2 = 0.8 - 2 x 1.2816 x 0.17550 + 0.2 x 1.6424 = 0.679
    assert overdispersion(seen, expected) == pytest.approx(0.679, abs=0.03)
    different = generator.poisson(expected * generator.gamma(10, 0.1, 20_000))
    assert overdispersion(different, expected) > 5


def test_overdispersion_of_proportions_takes_their_own_variance():
    generator = np.random.default_rng(2)
    base = generator.integers(50, 500, 20_000)
    count = generator.binomial(base, 0.4)
    phi = overdispersion(count, base * 0.4, base * 0.4 * 0.6, winsorised=0)
    assert phi == pytest.approx(1, abs=0.05)


def test_areas_that_cannot_be_compared_are_left_out():
    observed = pd.Series([35, 15, 30, 20, np.nan, 5, 5, -1, np.inf])
    expected = pd.Series([25, 25, 25, 25, 25, np.nan, 0, 25, 25])
    assert overdispersion(observed, expected, winsorised=0) == close(10 / 3)
    assert np.isnan(overdispersion([5], [4]))
    assert np.isnan(overdispersion([], []))


def test_limits_are_widened_by_the_root_and_never_narrowed():
    assert widened(100, 80, 130, 4) == (60, 160)
    assert widened(100, 40, 130, 4)[0] == 0
    assert widened(100, 80, 130, 0.5) == (80, 130)
    assert widened(100, 80, 130, np.nan) == (80, 130)


def test_widened_limits_take_areas_back():
    assert classify_ratio([60, 160], 100).tolist() == ["much lower", "much higher"]
    assert classify_ratio([60, 160], 100, phi=9).tolist() == ["as expected", "as expected"]
    assert classify_proportion(60, 100, 0.4).item() == "much higher"
    assert classify_proportion(60, 100, 0.4, phi=9).item() == "as expected"


@pytest.mark.parametrize(
    ("count", "base", "pooled_rate"),
    [
        ([1, 2, np.nan, 4], [10, 20, 30, np.nan], 0.1),
        ([1, 2], [10, 0], 0.1),
        ([np.nan], [10], np.nan),
        ([], [], np.nan),
    ],
)
def test_the_benchmark_is_of_the_areas_that_have_both(count, base, pooled_rate):
    assert pooled(count, base) == close(pooled_rate)


def test_deviations_by_hand():
    # 30 of 100 at a fifth: 10 above, sqrt(100 * 0.2 * 0.8) = 4; 9 events for 4: 5 above, sqrt(4)
    made = deviations([30, 9, np.nan, 1, -1], [20, 4, 1, 0, 1], [16, 4, 1, 0, 1])
    assert made == pytest.approx([2.5, 2.5, np.nan, np.nan, np.nan], nan_ok=True)
