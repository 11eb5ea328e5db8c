"""Benjamini and Hochberg's q-values, against another library, by hand and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.multiple import benjamini_hochberg

p_values = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=60)
# the fifteen p of the paper's own example (section 4.1), of which four stay at 0.05
PAPER = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_by_hand():
    # in order 0.01, 0.02, 0.03, 0.5 times 4/1, 4/2, 4/3, 4/4: 0.04, 0.04, 0.04, 0.5
    assert benjamini_hochberg([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.04, 0.5, 0.04, 0.04])
    # 0.5 x 2/1 = 1, 0.6 x 2/2 = 0.6: no q is above that of a larger p
    assert benjamini_hochberg([0.5, 0.6]) == pytest.approx([0.6, 0.6])


def test_the_example_of_the_paper_leaves_four():
    assert (benjamini_hochberg(PAPER) < 0.05).tolist() == [True] * 4 + [False] * 11


def test_q_are_those_of_another_library():
    """scipy.stats.false_discovery_control is there from scipy 1.11."""
    stats = pytest.importorskip("scipy.stats")
    if not hasattr(stats, "false_discovery_control"):
        pytest.skip("this scipy has no false_discovery_control")
    random = np.random.RandomState(5)
    p = np.round(random.uniform(size=400) ** 2, 2)  # with ties
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-14)


def test_what_was_not_tested_stays_missing_and_does_not_count():
    q = benjamini_hochberg([np.nan, 0.01, np.nan, 0.04])
    assert np.isnan(q[[0, 2]]).all()
    assert q[[1, 3]] == pytest.approx(benjamini_hochberg([0.01, 0.04]))
    assert np.isnan(benjamini_hochberg([np.nan, np.nan])).all()
    assert benjamini_hochberg([]).shape == (0,)


def test_shape_is_kept():
    assert benjamini_hochberg([[0.01, 0.02], [0.03, 0.5]]).shape == (2, 2)


@pytest.mark.parametrize("p", [[-0.1], [1.5]])
def test_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg(p)


@given(p_values)
def test_q_is_never_below_p_rises_with_it_and_is_at_most_1(p):
    q = benjamini_hochberg(p)
    assert (q >= np.asarray(p) - 1e-15).all() and (q <= 1).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()


@given(p_values, st.randoms(use_true_random=False))
def test_order_does_not_matter(p, random):
    places = list(range(len(p)))
    random.shuffle(places)
    shuffled = benjamini_hochberg(np.asarray(p)[places])
    assert shuffled == pytest.approx(benjamini_hochberg(p)[places], abs=0)


@given(p_values, st.floats(min_value=0.01, max_value=0.5))
def test_what_stays_is_what_the_stepping_rule_leaves(p, level):
    """The paper's own rule: the largest i of which p(i) <= i/m level, and all before it."""
    rising = np.sort(p)
    m = len(p)
    passes = [i for i in range(1, m + 1) if rising[i - 1] * m / i <= level]
    assert (benjamini_hochberg(p) <= level).sum() == (max(passes) if passes else 0)
