"""Small counts are hidden and the others rounded, as the publishers do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.disclosure import RULES, protect

counts = st.lists(st.integers(min_value=0, max_value=1_000_000), min_size=1, max_size=30)
rules = st.sampled_from(sorted(RULES))


@pytest.mark.parametrize(("rule", "column"), [("nhs", "nhs_hes"), ("ons10", "ons_10_5")])
def test_rule_gives_the_known_answers(vector, rule, column):
    known = vector("own_disclosure")
    expected = pd.to_numeric(known[column].replace("*", np.nan)).tolist()
    assert any(np.isnan(expected))
    assert protect(known["count"], rule).tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        # at the edge of what is hidden, and at the halves of the rounding
        ("nhs", {0: 0, 1: None, 7: None, 8: 10, 12: 10, 13: 15, 17: 15, 18: 20}),
        ("ons10", {0: 0, 1: None, 9: None, 10: 10, 12: 10, 13: 15, 17: 15, 18: 20}),
        ("none", {0: 0, 1: 1, 7: 7, 8: 8, 13: 13}),
    ],
)
def test_rule_hides_and_rounds_by_hand(rule, shown):
    values = protect(pd.Series(list(shown), dtype=float), rule)
    assert [None if np.isnan(value) else value for value in values] == list(shown.values())


def test_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'nh'.*none.*nhs.*ons10"):
        protect(pd.Series([1, 2]), "nh")


@given(counts, rules)
def test_nothing_small_is_shown_and_all_shown_is_rounded(values, rule):
    smallest, base = RULES[rule]
    made = protect(pd.Series(values, dtype=float), rule)
    for count, shown in zip(values, made):
        assert np.isnan(shown) == (0 < count < smallest)
        if not np.isnan(shown):
            assert shown % base == 0
            assert abs(shown - count) <= base / 2


@pytest.mark.parametrize("rule", ["none", *sorted(RULES)])
def test_missing_stays_missing_and_the_index_stays(rule):
    made = protect(pd.Series([np.nan, 100.0], index=["a", "b"]), rule)
    assert list(made.index) == ["a", "b"]
    assert np.isnan(made["a"])
    assert made["b"] == 100


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_modelled_count_below_one_is_hidden_not_zero(rule):
    assert np.isnan(protect(pd.Series([0.4]), rule)[0])


@pytest.mark.parametrize(("count", "shown"), [(12.4, 10), (12.5, 15), (12.6, 15), (17.4, 15)])
@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_modelled_count_is_rounded_to_the_nearest(rule, count, shown):
    assert protect(pd.Series([count]), rule)[0] == shown
