"""How groups are spread, against the numbers of another library and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from seldom_heard.methods.structure import (
    dissimilarity,
    entropy,
    information_index,
    interaction,
    isolation,
    location_quotient,
)

# segregation 2.5.4 (PySAL) on these five areas: Dissim, Isolation and Interaction of a,
# MultiInfoTheory, MultiLocalEntropy and the first column of MultiLocationQuotient
FIVE = pd.DataFrame(
    {"a": [10, 50, 5, 80, 0], "b": [90, 30, 60, 20, 40], "c": [20, 20, 35, 10, 60]}, dtype=float
)
TOTAL = FIVE.sum(axis=1)
SINGLE = {"D": 0.6887595163457232, "xPx": 0.5811389759665622, "xPy": 0.41886102403343783}
H = 0.2530912728531684
LOCAL = [
    *(0.6567045482143385, 0.9372305632161295, 0.7497820113685953, 0.6913698302025114),
    0.6126016192893442,
]
QUOTIENTS = [0.3045977011494253, 1.8275862068965518, 0.18275862068965518, 2.658307210031348, 0.0]


def test_indices_are_those_of_another_library():
    a, rest = FIVE["a"], TOTAL - FIVE["a"]
    made = {
        "D": dissimilarity(a, rest),
        "xPx": isolation(a, TOTAL),
        "xPy": interaction(a, rest, TOTAL),
    }
    assert made == pytest.approx(SINGLE, rel=1e-12)
    assert information_index(FIVE) == pytest.approx(H, rel=1e-12)
    assert entropy(FIVE).to_numpy() == pytest.approx(LOCAL, rel=1e-12)
    made = location_quotient(FIVE["a"], TOTAL)["estimate"]
    assert made.to_numpy() == pytest.approx(QUOTIENTS, rel=1e-12)


def test_indices_by_hand():
    # two areas, 30 and 10 of the group among 40 each: shares 3/4, 1/4 of it and 1/4, 3/4 of others
    group, total = pd.Series([30.0, 10.0]), pd.Series([40.0, 40.0])
    assert dissimilarity(group, total - group) == pytest.approx(0.5)
    assert isolation(group, total) == pytest.approx(0.75 * 0.75 + 0.25 * 0.25)
    assert interaction(group, total - group, total) == pytest.approx(0.375)
    # 0.75 and 0.25 of ln: (ln 2 - 0.5623) / ln 2
    local = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    counts = pd.DataFrame({"x": group, "y": total - group})
    assert entropy(counts).tolist() == pytest.approx([local / np.log(2)] * 2)
    assert information_index(counts) == pytest.approx(1 - local / np.log(2))
    assert location_quotient(group, total)["estimate"].tolist() == pytest.approx([1.5, 0.5])


def test_groups_that_never_meet_are_wholly_apart():
    counts = pd.DataFrame({"x": [5.0, 0.0], "y": [0.0, 9.0]})
    assert dissimilarity(counts["x"], counts["y"]) == 1
    assert isolation(counts["x"], counts.sum(axis=1)) == 1
    assert information_index(counts) == pytest.approx(1)
    assert entropy(counts).tolist() == [0, 0]


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_a_count_that_is_none_leaves_no_index_of_the_whole(bad):
    group, total = pd.Series([bad, 10.0]), pd.Series([40.0, 40.0])
    rest = pd.Series([20.0, 30.0])
    assert np.isnan(dissimilarity(group, rest)) and np.isnan(dissimilarity(rest, group))
    assert np.isnan(isolation(group, total)) and np.isnan(interaction(rest, group, total))
    counts = pd.DataFrame({"x": group, "y": rest})
    assert np.isnan(information_index(counts))
    assert entropy(counts).isna().tolist() == [True, False]
    made = location_quotient(group, total)
    assert made.iloc[0].isna().all() and made["estimate"].iloc[1] == 1


def test_nobody_of_a_group_has_no_place():
    none, some = pd.Series([0.0, 0.0]), pd.Series([4.0, 4.0])
    assert np.isnan(dissimilarity(none, some)) and np.isnan(dissimilarity(some, none))
    assert np.isnan(isolation(none, some))
    assert np.isnan(information_index(pd.DataFrame({"x": none, "y": some})))
    assert np.isnan(information_index(pd.DataFrame({"x": none, "y": none})))
    assert location_quotient(none, some).isna().all(axis=None)
    assert np.isnan(dissimilarity(pd.Series([], dtype=float), pd.Series([], dtype=float)))


def test_more_of_a_group_than_people_is_impossible():
    group, total = pd.Series([30.0, 10.0]), pd.Series([20.0, 40.0])
    assert np.isnan(isolation(group, total))
    assert np.isnan(interaction(group, pd.Series([5.0, 5.0]), total))
    assert np.isnan(interaction(pd.Series([5.0, 5.0]), group, total))
    assert location_quotient(group, total).isna().all(axis=1).tolist() == [True, False]


def test_one_group_is_no_mix():
    assert entropy(pd.DataFrame({"x": [4.0, 0.0]})).isna().all()


def test_an_empty_area_changes_nothing():
    more = pd.concat([FIVE, pd.DataFrame([{"a": 0.0, "b": 0.0, "c": 0.0}])], ignore_index=True)
    total = more.sum(axis=1)
    assert dissimilarity(more["a"], total - more["a"]) == pytest.approx(SINGLE["D"])
    assert isolation(more["a"], total) == pytest.approx(SINGLE["xPx"])
    assert information_index(more) == pytest.approx(H)
    assert entropy(more).isna().tolist() == [False] * 5 + [True]
    assert location_quotient(more["a"], total)["estimate"][:5].tolist() == pytest.approx(QUOTIENTS)


def test_limits_of_the_quotient_are_those_of_counts_drawn_again():
    """By simulation: the deviation of its logarithm when every area's count is binomial."""
    total = pd.Series([900.0, 400.0, 2500.0, 1200.0])
    share = np.array([0.3, 0.2, 0.1, 0.4])
    drawn = np.random.default_rng(5).binomial(total.astype(int), share, (6000, 4))
    logs = np.log(drawn / total.to_numpy() / (drawn.sum(axis=1) / total.sum())[:, None])
    made = location_quotient(total * share, total)
    spread = np.log(made["upper"] / made["lower"]) / (2 * 1.959963984540054)
    assert spread.to_numpy() == pytest.approx(logs.std(axis=0), rel=0.04)


def test_quotient_of_nobody_is_0_without_limits():
    made = location_quotient(pd.Series([0.0, 8.0]), pd.Series([10.0, 10.0]))
    assert made["estimate"].tolist() == [0, 2]
    assert made.iloc[0][["lower", "upper"]].isna().all()


tables = st.lists(
    st.tuples(*[st.integers(0, 500)] * 3).filter(lambda row: sum(row) > 0), min_size=2, max_size=12
).map(lambda rows: pd.DataFrame(rows, columns=list("abc"), dtype=float))


@given(tables)
def test_indices_lie_between_0_and_1_and_limits_contain_them(counts):
    assume((counts.sum() > 0).all())
    total = counts.sum(axis=1)
    for name in counts:
        for index in (
            dissimilarity(counts[name], total - counts[name]),
            isolation(counts[name], total),
        ):
            assert -1e-12 <= index <= 1 + 1e-12
        met = sum(interaction(counts[name], counts[other], total) for other in counts)
        assert met == pytest.approx(1)
        made = location_quotient(counts[name], total).dropna()
        assert (made["lower"] <= made["estimate"] + 1e-12).all()
        assert (made["estimate"] <= made["upper"] + 1e-12).all()
    assert -1e-9 <= information_index(counts) <= 1 + 1e-9
    assert entropy(counts).between(0, 1 + 1e-12).all()


@given(tables, st.integers(2, 9))
def test_indices_know_no_unit_and_no_order(counts, times):
    assume((counts.sum() > 0).all())
    total = counts.sum(axis=1)
    turned = counts.iloc[::-1] * times
    for make in (lambda t: information_index(t), lambda t: dissimilarity(t["a"], t["b"])):
        assert make(turned) == pytest.approx(make(counts), abs=1e-12)
    assert isolation(turned["a"], turned.sum(axis=1)) == pytest.approx(
        isolation(counts["a"], total)
    )


@given(st.tuples(*[st.integers(1, 50)] * 3), st.lists(st.integers(1, 40), min_size=2, max_size=9))
def test_areas_all_alike_are_not_apart(mix, sizes):
    counts = pd.DataFrame([[size * part for part in mix] for size in sizes], columns=list("abc"))
    counts, total = counts.astype(float), counts.sum(axis=1).astype(float)
    assert dissimilarity(counts["a"], counts["b"]) == pytest.approx(0, abs=1e-12)
    assert isolation(counts["a"], total) == pytest.approx(mix[0] / sum(mix))
    assert information_index(counts) == pytest.approx(0, abs=1e-9)
    assert location_quotient(counts["a"], total)["estimate"].to_numpy() == pytest.approx(1)
