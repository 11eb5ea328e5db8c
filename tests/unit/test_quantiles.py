"""Quantiles by the published rule, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.quantiles import quantile

# the highest values are quantile 1 where low is good; the vectors write it in two ways
INVERTED = {
    "RAG - Low is good": True,
    "RAG - High is good": False,
    "True": True,
    "False": False,
}
lists = st.lists(st.integers(-50, 50), min_size=1, max_size=60)


def missing_alike(ours, known):
    return ours.to_numpy() == pytest.approx(known.to_numpy(dtype=float), nan_ok=True)


@pytest.mark.parametrize(
    ("column", "number", "invert"),
    [
        ("quintile_low1", 5, False),
        ("quintile_inverted", 5, True),
        ("decile_low1", 10, False),
        ("half", 2, False),
    ],
)
def test_quantiles_give_our_known_answers(vector, column, number, invert):
    known = vector("own_quantile_fingertips_rule")
    assert len(known) == 12
    assert quantile(known["value"], number, invert).tolist() == known[column].tolist()


def test_deciles_within_regions_give_the_answers_of_public_health_england(vector):
    known = vector("phe_quantile").query("GroupSet == 'IndSexReg'").reset_index(drop=True)
    assert len(known) == 339
    assert set(known["QuantileNm"]) == {"Decile"}
    compared = 0
    for polarity, invert in INVERTED.items():
        rows = known[known["Polarity"] == polarity]
        ours = quantile(rows["Value"], 10, invert, rows["IndSexRef"] + rows["ParentCode"])
        assert missing_alike(ours, rows["QuantileInGrp"]), polarity
        compared += len(rows)
    assert compared == len(known)
    small = known[known["RowsInGrp"] == 9]  # no deciles, though all values are known
    assert len(small) == 18
    assert small["Value"].notna().all()
    assert small["QuantileInGrp"].isna().all()


def test_septiles_of_an_indicator_give_the_answers_of_public_health_england(vector):
    known = vector("phe_quantile").query("GroupSet == 'IndSex'")
    assert len(known) == 187
    assert set(known["QuantileNm"]) == {"Septile"}
    # by name: the rows of the test "BadPolarity" change polarity within their group, so that a
    # program must refuse them; the answers printed are those of the highest value first
    for test, invert in (("Gooddata", False), ("BadPolarity", True)):
        rows = known[known["Test"] == test]
        ours = quantile(rows["Value"], 7, invert, rows["IndSexRef"])
        assert missing_alike(ours, rows["QuantileInGrp"]), test


def test_quartiles_of_all_rows_give_the_answers_of_public_health_england(vector):
    known = vector("phe_quantile").query("GroupSet != GroupSet")
    assert len(known) == 491
    assert set(known["QuantileNm"]) == {"Quartile"}
    assert missing_alike(quantile(known["Value"], 4), known["QuantileInGrp"])


def test_one_value_alone_is_its_only_quantile():
    assert quantile(pd.Series([3.0]), 1).tolist() == [1]


def test_missing_and_infinite_values_get_no_quantile_and_count_nowhere():
    values = pd.Series([1.0, np.nan, 2.0, np.inf, 3.0, -np.inf, 4.0])
    assert quantile(values, 2, invert=False).dropna().to_dict() == {0: 1, 2: 1, 4: 2, 6: 2}


def test_a_group_with_fewer_values_than_quantiles_is_blank():
    values = pd.Series([1.0, 2.0, 3.0, 4.0, np.nan, 5.0])
    groups = pd.Series(["a", "a", "b", "b", "b", None])
    assert quantile(values, 2, False, groups).tolist()[:4] == [1, 2, 1, 2]
    assert quantile(values, 2, False, groups)[4:].isna().all()
    assert quantile(values, 3, False, groups).isna().all()


@pytest.mark.parametrize("number", [0, -1, 2.5])
def test_a_number_of_quantiles_that_cannot_be_is_refused(number):
    with pytest.raises(ValueError, match="whole number"):
        quantile(pd.Series([1.0, 2.0]), number)


@given(lists, st.integers(2, 12))
def test_quantiles_follow_the_values_and_the_published_formula(values, number):
    series = pd.Series(values, dtype=float)
    ours = quantile(series, number, invert=False)
    if len(values) < number:
        assert ours.isna().all()
        return
    assert ours.between(1, number).all()
    assert ours[series.sort_values().index].is_monotonic_increasing
    assert ours.groupby(series).nunique().eq(1).all()  # ties stay together
    size = len(values)
    for value, place in zip(values, ours):
        rank = 1 + sum(other < value for other in values)
        # in whole numbers: Q + 1 - ceil(Q (n + 1 - rank) / n)
        assert place == number + 1 + (-number * (size + 1 - rank)) // size


@given(st.integers(2, 12), st.integers(1, 20))
def test_quantiles_without_ties_are_equal_in_size(number, each):
    values = pd.Series(np.arange(number * each, dtype=float))
    sizes = quantile(values, number).value_counts()
    assert sizes.tolist() == [each] * number


@given(lists, st.integers(2, 6))
def test_turning_the_values_round_is_inverting(values, number):
    series = pd.Series(values, dtype=float)
    assert missing_alike(quantile(-series, number, invert=False), quantile(series, number))
