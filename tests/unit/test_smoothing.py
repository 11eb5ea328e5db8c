"""Smoothed rates, against the numbers of another library and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.smoothing import empirical_bayes

# esda.smoothing.Empirical_Bayes of esda 2.9.0 (PySAL), on the counts and bases made below
ESDA = [
    *(0.064509542429149, 0.038562277788412, 0.105711796996991, 0.066355178498583),
    *(0.039406907063471, 0.096244340334191, 0.055193266758139, 0.013602558542422),
    *(0.0822929147317, 0.0482155302719, 0.002772882995431, 0.075971842146408),
]


def areas() -> tuple[pd.Series, pd.Series]:
    number = np.arange(1, 13)
    base = (40 * number**2) % 997 + 15
    count = np.round(base * (number * 7 % 11) / 90)
    return pd.Series(count, dtype=float), pd.Series(base, dtype=float)


def test_rates_are_those_of_another_library():
    assert empirical_bayes(*areas()).to_numpy() == pytest.approx(ESDA, abs=1e-14)


def test_rates_by_hand():
    # 10 of 100 and 90 of 300: m = 0.25, spread (100 * 0.0225 + 300 * 0.0025) / 400 = 0.0075,
    # A = 0.0075 - 0.25 * 2 / 400 = 0.00625; weights 5/7 and 15/17 with m/n = 0.0025 and 0.25/300
    made = empirical_bayes(pd.Series([10.0, 90.0]), pd.Series([100.0, 300.0]))
    assert made.tolist() == pytest.approx([0.25 - 0.15 * 5 / 7, 0.25 + 0.05 * 15 / 17])


def test_areas_that_vary_by_less_than_chance_get_the_rate_of_all():
    made = empirical_bayes(pd.Series([10.0, 21.0, 29.0]), pd.Series([100.0, 200.0, 300.0]))
    assert made.tolist() == pytest.approx([0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("count", "base"), [(np.nan, 50), (5, np.nan), (0, 0), (5, 0), (-1, 50), (5, -50), (5, np.inf)]
)
def test_area_without_a_rate_has_none_and_changes_nobodys(count, base):
    counts, bases = areas()
    counts.loc[12], bases.loc[12] = count, base
    made = empirical_bayes(counts, bases)
    assert np.isnan(made[12])
    assert made[:12].to_numpy() == pytest.approx(ESDA, abs=1e-14)


def test_no_cases_at_all_are_a_rate_of_0_and_no_areas_are_none():
    assert empirical_bayes(pd.Series([0.0, 0.0]), pd.Series([9.0, 5.0])).tolist() == [0, 0]
    assert empirical_bayes(pd.Series([0.0]), pd.Series([0.0])).isna().all()
    assert len(empirical_bayes(pd.Series([], dtype=float), pd.Series([], dtype=float))) == 0


rows = st.lists(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_smoothed_rates_lie_between_the_areas_own_and_that_of_all(pairs):
    count, base = (pd.Series(column, dtype=float) for column in zip(*pairs))
    made, own, mean = empirical_bayes(count, base), count / base, count.sum() / base.sum()
    assert (made >= np.minimum(own, mean) - 1e-12).all()
    assert (made <= np.maximum(own, mean) + 1e-12).all()


@given(rows)
def test_of_two_areas_with_one_rate_the_smaller_moves_further(pairs):
    count, base = (pd.Series(column, dtype=float) for column in zip(*[*pairs, (3, 5), (300, 500)]))
    made, mean = empirical_bayes(count, base), count.sum() / base.sum()
    small, large = made.iloc[-2], made.iloc[-1]
    assert abs(small - mean) <= abs(large - mean) + 1e-12
