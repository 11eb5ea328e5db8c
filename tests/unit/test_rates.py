"""Limits of counts and rates, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, poisson
from seldom_heard.methods.rates import byar_limits, count_limits, exact_limits, rate

CONFIDENCES = [0.95, 0.998]
counts = st.integers(min_value=0, max_value=10_000_000)


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(
    ("method", "columns"), [(exact_limits, "exact"), (count_limits, "fingertips")]
)
def test_limits_of_counts_give_our_known_answers(vector, confidence, method, columns):
    known = vector("own_byar_exact").query("conf == @confidence")
    assert len(known) == 12
    low, high = method(known["x"], confidence)
    assert low == close(known[f"{columns}_lower"].to_numpy())
    assert high == close(known[f"{columns}_upper"].to_numpy())


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_byar_gives_our_known_answers(vector, confidence):
    known = vector("own_byar_exact").query("conf == @confidence")
    low, high = byar_limits(known["x"], confidence)
    # by name: the bare formula falls below 0 for one event at 99.8 %, where no count can be
    below = (known["x"] == 1).to_numpy() & (known["conf"] == 0.998).to_numpy()
    assert (known["byar_lower"].to_numpy() < 0).tolist() == below.tolist()
    assert np.isnan(low[below]).all()
    assert low[~below] == close(known["byar_lower"].to_numpy()[~below])
    assert high == close(known["byar_upper"].to_numpy())


@pytest.mark.parametrize(("confidence", "label", "rows"), [(0.95, "95%", 3), (0.998, "99.8%", 4)])
def test_byar_gives_the_answers_of_public_health_england(vector, confidence, label, rows):
    known = vector("phe_byars_wilson").query("method == 'Byars' and confidence == @label")
    assert len(known) == rows
    low, high = byar_limits(known["x"], confidence)
    assert low == close(known["lowercl"].to_numpy())  # blank where the formula falls below 0
    assert high == close(known["uppercl"].to_numpy())


@pytest.mark.parametrize(
    ("confidence", "columns"),
    [(0.95, ("lower95_0cl", "upper95_0cl")), (0.998, ("lower99_8cl", "upper99_8cl"))],
)
@pytest.mark.parametrize("per", [100, 100_000])
def test_rates_give_the_answers_of_public_health_england(vector, confidence, columns, per):
    known = vector("phe_rate").query("multiplier == @per")
    assert len(known) == (8 if per == 100 else 12)
    value, low, high = rate(known["Numerator"], known["Denominator"], per, confidence)
    assert value == close(known["value"].to_numpy())  # blank in the same rows
    assert low == close(known[columns[0]].to_numpy())
    assert high == close(known[columns[1]].to_numpy())


def test_limits_of_counts_that_are_not_whole_lie_on_the_chi_square_curve():
    count = np.array([0.3, 0.999, 4.5, 9.99, 300.25])
    low, high = exact_limits(count)
    assert low == close(chi2.ppf(0.025, 2 * count) / 2)
    assert high == close(chi2.ppf(0.975, 2 * count + 2) / 2)


@pytest.mark.parametrize("count", [255, 256, 257, 5000])
def test_limits_looked_up_and_worked_out_are_the_same(count):
    assert [float(part) for part in exact_limits(count)] == close(
        [chi2.ppf(0.025, 2 * count) / 2, chi2.ppf(0.975, 2 * count + 2) / 2]
    )


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize("truth", [0.05, 0.5, 1.0, 2.3, 4.0, 7.7, 9.9])
def test_exact_limits_hold_the_truth_as_often_as_they_say(confidence, truth):
    seen = np.arange(200)
    low, high = exact_limits(seen, confidence)
    chance = poisson.pmf(seen, truth)
    assert chance[high < truth].sum() <= (1 - confidence) / 2 + 1e-12
    assert chance[low > truth].sum() <= (1 - confidence) / 2 + 1e-12


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_no_event_has_a_lower_limit_of_0(confidence):
    low, high = count_limits([0, 0.0], confidence)
    assert low.tolist() == [0, 0]
    assert high == close(-np.log((1 - confidence) / 2))  # P(0 events) = exp(-upper)


@pytest.mark.parametrize("method", [count_limits, exact_limits, byar_limits])
def test_counts_that_cannot_be_have_no_limits_and_leave_their_neighbours_alone(method):
    low, high = method([5, np.nan, -1, np.inf, -np.inf, 5])
    assert np.isnan([low[1:5], high[1:5]]).all()
    assert low[0] == low[5] == close(float(method(5)[0]))


@pytest.mark.parametrize(
    ("count", "base"),
    [(3, 0), (0, 0), (3, -5), (np.nan, 10), (3, np.nan), (np.inf, 10), (3, np.inf), (-1, 10)],
)
def test_rates_of_what_cannot_be_are_nan(count, base):
    assert np.isnan(rate(count, base)).all()


def test_rates_are_taken_of_any_shape():
    value, low, high = rate([[5], [20]], [100, 200, 0], 1000)
    assert value.shape == low.shape == high.shape == (2, 3)
    assert value == close(np.array([[50, 25, np.nan], [200, 100, np.nan]]))


@given(counts, st.integers(min_value=1, max_value=10_000_000))
def test_limits_contain_the_rate_and_the_narrower_ones(count, base):
    value, low, high = rate(count, base)
    _, far_low, far_high = rate(count, base, confidence=0.998)
    assert 0 <= far_low <= low <= value <= high <= far_high


@given(st.integers(min_value=1, max_value=100_000), st.integers(min_value=2, max_value=50))
def test_limits_of_the_same_rate_shrink_as_the_base_grows(count, times):
    _, low, high = rate(count, 1000)
    _, nearer_low, nearer_high = rate(count * times, 1000 * times)
    assert nearer_high - nearer_low < high - low


@given(st.floats(min_value=0, max_value=9.999), st.floats(min_value=0, max_value=5))
def test_more_events_have_higher_limits(count, more):
    low, high = exact_limits([count, count + more])
    assert low[0] <= low[1]
    assert high[0] <= high[1]


@pytest.mark.parametrize("method", [count_limits, exact_limits, byar_limits])
def test_a_confidence_in_percent_is_refused(method):
    with pytest.raises(ValueError, match="between 0 and 1"):
        method(5, 95)
