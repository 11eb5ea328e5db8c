"""Sizes of samples, against known answers from outside."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.sampling import sample_size


def test_sizes_give_our_known_answers(vector):
    known = vector("own_sample_size_fpc")
    assert len(known) == 16
    assert set(known["conf"]) == {0.95}
    ours = sample_size(known["N"], known["p"], known["e"])
    assert ours.tolist() == known["n"].tolist()


def test_the_classical_number_of_a_large_population_is_385():
    # by hand: 1.96^2 x 0.25 / 0.05^2 = 384.1, rounded up
    assert sample_size(1e12) == 385


def test_a_whole_number_is_not_rounded_up_for_its_last_digits():
    # by hand: n0 = z^2 p (1 - p) / e^2 = k when e = z sqrt(p (1 - p) / k)
    whole = np.arange(10.0, 100)
    margin = NormalDist().inv_cdf(0.975) * np.sqrt(0.25 / whole)
    assert sample_size(1e18, 0.5, margin).tolist() == whole.tolist()


@pytest.mark.parametrize("population", [0, -5, np.nan, np.inf])
def test_there_is_no_sample_of_nobody(population):
    assert np.isnan(sample_size(population))


@pytest.mark.parametrize(
    ("proportion", "margin"),
    [(0, 0.05), (1, 0.05), (1.5, 0.05), (np.nan, 0.05), (0.5, 0), (0.5, -1), (0.5, np.nan)],
)
def test_there_is_no_size_for_what_cannot_be_asked(proportion, margin):
    assert np.isnan(sample_size(1000, proportion, margin))


@given(
    st.integers(min_value=1, max_value=10_000_000),
    st.floats(min_value=0.01, max_value=0.99),
    st.floats(min_value=0.001, max_value=0.3),
)
def test_nobody_is_asked_twice_and_the_size_is_enough(population, proportion, margin):
    size = float(sample_size(population, proportion, margin))
    assert 1 <= size <= population
    z, share_left = 1.959963984540054, (population - size) / max(population - 1, 1)
    reached = z * np.sqrt(proportion * (1 - proportion) / size * share_left)
    assert reached <= margin * (1 + 1e-6)


@given(st.integers(min_value=2, max_value=1_000_000), st.floats(min_value=0.01, max_value=0.2))
def test_less_margin_and_more_confidence_ask_for_more(population, margin):
    size = sample_size(population, margin=margin)
    assert sample_size(population, margin=margin / 2) >= size
    assert sample_size(population, margin=margin, confidence=0.998) >= size


def test_a_wide_margin_asks_for_one_reply_at_least_whatever_the_population():
    """1.96^2 x 0.25 / 1 is 0.96, less than one reply."""
    assert sample_size([0.03, 0.9, 1, 1000], margin=1.0).tolist() == [1, 1, 1, 1]
