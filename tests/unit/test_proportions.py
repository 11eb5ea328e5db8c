"""Proportions and their Wilson limits, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm
from seldom_heard.methods.proportions import Z95, Z998, newcombe, percent, tail_of, wilson, z_of

UNUSABLE = [
    pytest.param(3, 0, id="zero base"),
    pytest.param(0, 0, id="nobody of nobody"),
    pytest.param(3, -5, id="negative base"),
    pytest.param(np.nan, 10, id="count missing"),
    pytest.param(3, np.nan, id="base missing"),
    pytest.param(np.inf, 10, id="infinite count"),
    pytest.param(3, np.inf, id="infinite base"),
    pytest.param(np.inf, np.inf, id="both infinite"),
]
IMPOSSIBLE = [
    pytest.param(11, 10, id="count above base"),
    pytest.param(10.2, 10, id="count a little above base"),
    pytest.param(-1, 10, id="negative count"),
]
bases = st.integers(min_value=1, max_value=10_000_000)


def quantile(confidence: float) -> float:
    return float(norm.ppf((1 + confidence) / 2))


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_named_quantiles_are_those_of_the_normal_distribution():
    assert pytest.approx(quantile(0.95), rel=1e-14) == Z95
    assert pytest.approx(quantile(0.998), rel=1e-14) == Z998


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 0.998])
def test_a_confidence_gives_its_quantile_and_tail(confidence):
    assert z_of(confidence) == pytest.approx(quantile(confidence), rel=1e-14)
    assert tail_of(confidence) == pytest.approx(norm.sf(z_of(confidence)), rel=1e-12)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_of(confidence)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_wilson_gives_our_known_answers(vector, confidence):
    known = vector("own_wilson").query("conf == @confidence")
    assert len(known) >= 40
    low, high = wilson(known["x"], known["n"], quantile(confidence))
    assert low == close(100 * known["lower"].to_numpy())
    assert high == close(100 * known["upper"].to_numpy())


@pytest.mark.parametrize(
    ("confidence", "columns"),
    [(0.95, ("lower95_0cl", "upper95_0cl")), (0.998, ("lower99_8cl", "upper99_8cl"))],
)
def test_wilson_gives_the_answers_of_public_health_england(vector, confidence, columns):
    known = vector("phe_proportion").dropna(subset=["value"])
    assert len(known) == 16
    to_percent = 100 / known["multiplier"].to_numpy()
    low, high = wilson(known["Numerator"], known["Denominator"], quantile(confidence))
    assert low == close(known[columns[0]].to_numpy() * to_percent)
    assert high == close(known[columns[1]].to_numpy() * to_percent)
    assert percent(known["Numerator"], known["Denominator"]) == close(
        known["value"].to_numpy() * to_percent
    )


@pytest.mark.parametrize(("confidence", "label"), [(0.95, "95%"), (0.998, "99.8%")])
def test_wilson_gives_the_shared_answers_of_two_packages(vector, confidence, label):
    known = vector("phe_byars_wilson").query("method == 'Wilson' and confidence == @label")
    assert len(known) == 3
    low, high = wilson(known["x"], known["n"], quantile(confidence))
    assert low == close(100 * known["lowercl"].to_numpy())
    assert high == close(100 * known["uppercl"].to_numpy())


def test_rows_that_public_health_england_leaves_blank_are_nan(vector):
    blank = vector("phe_proportion").query("value != value")
    assert len(blank) == 3
    low, high = wilson(blank["Numerator"], blank["Denominator"])
    share = percent(blank["Numerator"], blank["Denominator"])
    assert np.isnan([low, high, share]).all()


def test_default_limits_are_95_percent(vector):
    known = vector("own_wilson").query("conf == 0.95")
    assert wilson(known["x"], known["n"])[1] == close(100 * known["upper"].to_numpy())


@pytest.mark.parametrize(("count", "base"), UNUSABLE)
def test_percent_of_what_cannot_be_is_nan(count, base):
    assert np.isnan(percent(count, base))


@pytest.mark.parametrize(("count", "base"), UNUSABLE + IMPOSSIBLE)
def test_limits_of_what_cannot_be_are_nan(count, base):
    assert np.isnan(wilson(count, base)).all()


def test_one_unusable_row_leaves_its_neighbours_alone():
    low, high = wilson([5, 11, 5], [10, 10, 10])
    assert np.isnan([low[1], high[1]]).all()
    assert low[0] == low[2] == close(float(wilson(5, 10)[0]))
    assert percent([5, 5, 5], [10, 0, 10]) == pytest.approx([50, np.nan, 50], nan_ok=True)


@given(bases, st.floats(min_value=0, max_value=1))
def test_limits_enclose_the_estimate_and_stay_between_0_and_100(base, share):
    count = min(round(base * share), base)
    low, high = wilson(count, base)
    estimate = percent(count, base)
    assert 0 <= low <= estimate + 1e-9
    assert estimate - 1e-9 <= high <= 100


@pytest.mark.parametrize("z", [Z95, Z998])
def test_all_of_any_number_have_an_upper_limit_of_100_exactly(z):
    everyone = np.arange(1, 20_001)
    low, high = wilson(everyone, everyone, z)
    assert (high == 100).all() and (low < 100).all()
    low, high = wilson(0 * everyone, everyone, z)
    assert (low == 0).all() and (high > 0).all()


@given(bases, st.floats(min_value=0, max_value=1), st.integers(min_value=2, max_value=50))
def test_limits_shrink_as_the_base_grows(base, share, times):
    count = round(base * share)
    assume(0 <= count <= base)
    low, high = wilson(count, base)
    nearer_low, nearer_high = wilson(count * times, base * times)
    assert nearer_high - nearer_low < high - low


@given(bases, st.floats(min_value=0, max_value=1))
def test_limits_of_the_others_mirror_the_limits_of_the_counted(base, share):
    count = min(round(base * share), base)
    low, high = wilson(count, base)
    others_low, others_high = wilson(base - count, base)
    assert [low, high] == pytest.approx([100 - others_high, 100 - others_low], abs=1e-7)


@given(bases, st.floats(min_value=0, max_value=1))
def test_wider_confidence_gives_wider_limits(base, share):
    count = min(round(base * share), base)
    low, high = wilson(count, base)
    wide_low, wide_high = wilson(count, base, quantile(0.998))
    assert wide_low <= low + 1e-9
    assert high <= wide_high + 1e-9
    assert wide_high - wide_low > high - low


# Newcombe, Statistics in Medicine 17 (1998) 873, Table II, method 10, to its four decimals
NEWCOMBE = [
    pytest.param((56, 70, 48, 80), (0.0524, 0.3339), id="56/70-48/80"),
    pytest.param((9, 10, 3, 10), (0.1705, 0.8090), id="9/10-3/10"),
    pytest.param((6, 7, 2, 7), (0.0582, 0.8062), id="6/7-2/7"),
    pytest.param((5, 56, 0, 29), (-0.0381, 0.1926), id="5/56-0/29"),
    pytest.param((0, 10, 0, 20), (-0.1611, 0.2775), id="0/10-0/20"),
    pytest.param((0, 10, 0, 10), (-0.2775, 0.2775), id="0/10-0/10"),
    pytest.param((10, 10, 0, 20), (0.6791, 1.0000), id="10/10-0/20"),
    pytest.param((10, 10, 0, 10), (0.6075, 1.0000), id="10/10-0/10"),
]
shares = st.floats(min_value=0, max_value=1)


@pytest.mark.parametrize(("counts", "limits"), NEWCOMBE)
def test_differences_have_the_published_limits_of_newcombe(counts, limits):
    difference, low, high = newcombe(*counts)
    x1, n1, x2, n2 = counts
    assert difference == close(100 * (x1 / n1 - x2 / n2))
    assert [low / 100, high / 100] == pytest.approx(limits, abs=0.00005 + 1e-12)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (5, 56, 0, 29), (812, 4300, 640, 5100)])
@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_differences_agree_with_statsmodels(counts, confidence):
    library = pytest.importorskip("statsmodels.stats.proportion")
    known = library.confint_proportions_2indep(
        *counts, method="newcomb", compare="diff", alpha=1 - confidence
    )
    _, low, high = newcombe(*counts, quantile(confidence))
    assert [low, high] == close([100 * known[0], 100 * known[1]])


@given(bases, shares, bases, shares)
def test_limits_of_a_difference_contain_it_and_turn_with_the_groups(base1, share1, base2, share2):
    one, two = (round(base1 * share1), base1), (round(base2 * share2), base2)
    difference, low, high = newcombe(*one, *two)
    turned, turned_low, turned_high = newcombe(*two, *one)
    assert -100 - 1e-9 <= low <= difference <= high <= 100 + 1e-9
    assert [-turned, -turned_high, -turned_low] == pytest.approx(
        [float(difference), float(low), float(high)], abs=1e-9
    )


@pytest.mark.parametrize(("count", "base"), UNUSABLE + IMPOSSIBLE)
def test_a_difference_with_what_cannot_be_is_nan(count, base):
    assert np.isnan(newcombe(count, base, 3, 10)).all()
    assert np.isnan(newcombe(3, 10, count, base)).all()


def test_differences_are_taken_of_any_shape():
    difference, low, high = newcombe([[5], [8]], 10, [1, 2, 3], [10, 10, 10])
    assert difference.shape == low.shape == high.shape == (2, 3)
    assert difference[1] == close([70, 60, 50])
