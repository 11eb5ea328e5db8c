"""Means and Student's limits, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t
from seldom_heard.methods.means import mean_limits, student_limits

values_of_any_size = st.lists(
    st.floats(min_value=-1e6, max_value=1e6).map(lambda x: round(x, 3)), min_size=2, max_size=40
)


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("confidence", "ending"), [(0.95, "95_0cl"), (0.998, "99_8cl")])
@pytest.mark.parametrize("grouped", [True, False])
def test_means_give_the_answers_of_public_health_england(vector, confidence, ending, grouped):
    inputs = vector("phe_mean_inputs")
    known = vector("phe_mean_expected").set_index("area")
    known = known.loc[["Area1", "Area2"]] if grouped else known.loc[["No grouping"]]
    ours = mean_limits(inputs["values"], inputs["area"] if grouped else None, confidence)
    assert list(ours.index) == (["Area1", "Area2"] if grouped else ["all"])
    told = {"n": "value_count", "sum": "value_sum", "mean": "value", "sd": "stdev"}
    told |= {"lower": f"lower{ending}", "upper": f"upper{ending}"}
    for column, name in told.items():
        assert ours[column].to_numpy() == close(known[name].to_numpy()), column


def test_missing_values_are_not_counted_and_lost_rows_belong_nowhere():
    values = pd.Series([1.0, 3.0, np.nan, np.inf, 5.0, 7.0])
    groups = pd.Series(["a", "a", "a", "a", None, "b"])
    ours = mean_limits(values, groups)
    assert ours["n"].to_dict() == {"a": 2, "b": 1}
    assert ours.loc["a", "mean"] == 2
    # by hand: sd = sqrt(2), t(0.975; 1) = 12.7062, half = t sqrt(2) / sqrt(2)
    assert ours.loc["a", "upper"] == pytest.approx(2 + 12.7062047362, rel=1e-10)


def test_one_value_has_a_mean_and_no_limits():
    ours = mean_limits(pd.Series([4.0])).loc["all"]
    assert ours["mean"] == 4
    assert ours[["sd", "lower", "upper"]].isna().all()


def test_a_group_without_values_has_no_mean():
    ours = mean_limits(pd.Series([np.nan, 1.0]), pd.Series(["a", "b"])).loc["a"]
    assert ours["n"] == 0
    assert ours.drop("n").isna().all()


@pytest.mark.parametrize(
    ("mean", "sd", "number"),
    [
        (1, 1, 1),
        (1, 1, 0),
        (1, -1, 5),
        (np.nan, 1, 5),
        (1, np.nan, 5),
        (1, 1, np.nan),
        (1, 1, np.inf),
    ],
)
def test_limits_of_what_cannot_be_are_nan(mean, sd, number):
    assert np.isnan(student_limits(mean, sd, number)).all()


def test_limits_are_taken_of_any_shape():
    low, high = student_limits([[0.0], [10.0]], [1.0, 2.0, 3.0], [5, 50, 5000])
    assert low.shape == high.shape == (2, 3)
    known = t.interval(0.95, 49, 10, 2 / np.sqrt(50))
    assert [low[1, 1], high[1, 1]] == close(list(known))


@given(values_of_any_size)
def test_limits_contain_the_mean_and_the_narrower_ones(values):
    near = mean_limits(pd.Series(values)).loc["all"]
    far = mean_limits(pd.Series(values), confidence=0.998).loc["all"]
    assert far["lower"] <= near["lower"] <= near["mean"] <= near["upper"] <= far["upper"]


@given(values_of_any_size.filter(lambda x: len(set(x)) > 1), st.integers(2, 5))
def test_limits_shrink_as_the_same_values_come_again(values, times):
    once = mean_limits(pd.Series(values)).loc["all"]
    again = mean_limits(pd.Series(values * times)).loc["all"]
    assert again["upper"] - again["lower"] < once["upper"] - once["lower"]
