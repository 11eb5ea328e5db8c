"""Shares, diversity and the largest group of a composition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.composition import (
    diversity,
    largest,
    regroup,
    share_columns,
    shortfall,
    sum_of,
)
from seldom_heard.methods.disclosure import RULES
from seldom_heard.methods.proportions import wilson

ALL = ("n", "pct", "pct_lo", "pct_hi")
LABELS = {"asian": "Asian", "black": "Black", "white": "White"}
people = st.integers(min_value=0, max_value=5_000)


def counts(*rows) -> pd.DataFrame:
    index = [f"E0100000{number}" for number in range(len(rows))]
    return pd.DataFrame(rows, columns=list(LABELS), index=index, dtype=float)


def test_shortfall_is_total_less_parts():
    table = counts([3, 4, 5], [3, 4, np.nan], [0, 0, 0]).assign(total=[14.0, 10.0, 0.0])
    missed = shortfall(table, list(LABELS))
    assert missed.tolist() == pytest.approx([2, np.nan, 0], nan_ok=True)


def test_shortfall_of_a_missing_total_is_missing():
    table = counts([3, 4, 5]).assign(total=[np.nan])
    assert np.isnan(shortfall(table, list(LABELS)).iloc[0])


def test_sum_is_what_is_added_less_what_is_taken():
    table = counts([3, 4, 5], [3, np.nan, 5], [3, 4, np.nan])
    assert sum_of(table, ["asian", "black"]).tolist() == pytest.approx([7, np.nan, 7], nan_ok=True)
    taken = sum_of(table, ["asian", "black"], ["white"])
    assert taken.tolist() == pytest.approx([2, np.nan, np.nan], nan_ok=True)


def test_share_has_the_asked_statistics_in_their_order():
    made = share_columns(pd.Series([20.0]), pd.Series([80.0]), ("pct", "n"))
    assert list(made) == ["pct", "n"]
    assert made["pct"][0] == 25
    assert made["n"][0] == 20


def test_share_keeps_the_index_of_the_areas():
    count = pd.Series([1.0, 2.0], index=["E01000001", "E01000002"])
    made = share_columns(count, count * 4, ALL)
    assert all(list(values.index) == list(count.index) for values in made.values())


def test_share_limits_are_wilsons():
    made = share_columns(pd.Series([20.0]), pd.Series([80.0]), ALL)
    low, high = wilson(20, 80)
    assert (made["pct_lo"][0], made["pct_hi"][0]) == (low, high)


def test_protected_share_comes_from_the_protected_counts():
    count, base = pd.Series([12.0, 3.0]), pd.Series([83.0, 83.0])
    made = share_columns(count, base, ALL, "nhs")
    assert made["n"].tolist() == pytest.approx([10, np.nan], nan_ok=True)
    assert made["pct"].tolist() == pytest.approx([100 * 10 / 85, np.nan], nan_ok=True)
    assert made["pct_lo"][0] == pytest.approx(float(wilson(10, 85)[0]))
    assert np.isnan([made["pct_lo"][1], made["pct_hi"][1]]).all()


@given(people, people, st.sampled_from(sorted(RULES)))
def test_protected_share_never_lets_the_count_be_worked_out(part, rest, rule):
    """What is shown depends on the protected values alone."""
    made = share_columns(pd.Series([float(part)]), pd.Series([float(part + rest)]), ALL, rule)
    smallest, base = RULES[rule]
    if 0 < part < smallest:
        assert all(np.isnan(values[0]) for values in made.values())
    elif part + rest >= smallest:
        assert made["n"][0] % base == 0
        assert 0 <= made["pct"][0] <= 100


def test_share_of_nobody_is_missing_not_zero():
    made = share_columns(pd.Series([0.0]), pd.Series([0.0]), ALL)
    assert made["n"][0] == 0
    assert all(np.isnan(made[name][0]) for name in ("pct", "pct_lo", "pct_hi"))


def test_diversity_by_hand():
    # 1 - (0.5^2 + 0.25^2 + 0.25^2) = 0.625; one group alone 0; three equal groups 2/3
    made = diversity(counts([50, 25, 25], [0, 0, 9], [7, 7, 7]))
    assert made.tolist() == pytest.approx([0.625, 0, 2 / 3])


def test_diversity_of_nobody_or_of_unknown_is_missing():
    assert diversity(counts([0, 0, 0], [1, np.nan, 1])).isna().all()


@given(st.lists(people, min_size=3, max_size=3), st.integers(min_value=2, max_value=9))
def test_diversity_depends_on_shares_alone_and_has_its_bounds(row, times):
    table = counts(row, [value * times for value in row])
    made = diversity(table)
    if sum(row):
        assert made.iloc[0] == pytest.approx(made.iloc[1], abs=1e-12)
        assert -1e-12 <= made.iloc[0] <= 2 / 3 + 1e-12
    else:
        assert made.isna().all()


def test_largest_names_all_that_are_equally_large():
    made = largest(counts([1, 2, 3], [4, 4, 1], [5, 1, 5]), LABELS)
    assert made.tolist() == ["White", "Asian / Black", "Asian / White"]


def test_largest_of_nobody_or_of_unknown_is_missing():
    made = largest(counts([0, 0, 0], [9, np.nan, 1], [1, 0, 0]), LABELS)
    assert made.isna().tolist() == [True, True, False]
    assert made.iloc[2] == "Asian"


def test_largest_keeps_the_index_of_the_areas():
    table = counts([1, 2, 3])
    assert list(largest(table, LABELS).index) == list(table.index)


def test_no_areas_give_no_figures():
    empty = counts()
    assert len(diversity(empty)) == 0
    assert len(largest(empty, LABELS)) == 0
    assert len(share_columns(empty["asian"], empty["white"], ALL)["pct_lo"]) == 0


# --- told in another classification


def test_regrouped_by_hand():
    """Two become one, one stands alone, one is told only as a group, one has no counterpart."""
    table = pd.DataFrame(
        {"roma": [2.0], "other_white": [30.0], "irish": [5.0], "arab": [4.0], "unsaid": [9.0]},
        index=["E01000001"],
    )
    told = {"roma": "any_white", "other_white": "any_white", "irish": "irish", "arab": "other"}
    groups = {
        "white": ["british", "irish", "any_white"],
        "other": ["any_other"],
        "asian": ["indian"],
    }
    made = regroup(table, told, groups)
    assert made.to_dict("index") == {
        "E01000001": {"any_white": 32.0, "irish": 5.0, "white": 37.0, "other": 4.0}
    }


def test_regrouped_group_without_members_is_a_category_itself():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [5.0, 6.0]})
    made = regroup(table, {"a": "x", "b": "x", "c": "y"}, {"x": [], "y": []})
    assert list(made.columns) == ["x", "y"]
    assert made["x"].tolist() == [4, 6]
    assert made["y"].tolist() == [5, 6]


def test_regrouped_unknown_stays_unknown_in_all_that_holds_it():
    table = pd.DataFrame({"a": [1.0, np.nan], "b": [3.0, 4.0], "c": [5.0, 6.0]})
    made = regroup(table, {"a": "p", "b": "q", "c": "r"}, {"g": ["p", "q"], "h": ["r"]})
    assert made.isna().sum().to_dict() == {"p": 1, "q": 0, "r": 0, "g": 1, "h": 0}


def test_regrouped_empty_table_has_the_same_columns():
    made = regroup(pd.DataFrame({"a": [], "b": []}), {"a": "p", "b": "g"}, {"g": ["p", "q"]})
    assert list(made.columns) == ["p", "g"]
    assert len(made) == 0


SOURCES = [f"s{number}" for number in range(8)]
MEMBERS = {"g": ["g1", "g2", "g3"], "h": ["h1", "h2"], "k": []}
TARGETS = ["g", "g1", "g2", "g3", "h", "h1", "h2", "k"]


@given(
    st.lists(st.sampled_from(TARGETS), min_size=len(SOURCES), max_size=len(SOURCES)),
    st.lists(st.lists(people, min_size=8, max_size=8), min_size=1, max_size=4),
    st.integers(min_value=1, max_value=8),
)
def test_regrouped_groups_add_up_and_a_person_is_in_one_place(meant, rows, known):
    """Counted by hand, a person at a time as it were: each source goes to one place alone."""
    told = dict(zip(SOURCES[:known], meant))
    table = pd.DataFrame(rows, columns=SOURCES, dtype=float)
    made = regroup(table, told, MEMBERS)
    for name in made.columns:
        within = {name, *MEMBERS.get(name, ())}
        mine = [source for source, target in told.items() if target in within]
        assert made[name].tolist() == [sum(row[SOURCES.index(s)] for s in mine) for row in rows]
    everybody = table[list(told)].sum(axis=1)
    assert made[[g for g in MEMBERS if g in made]].sum(axis=1).tolist() == everybody.tolist()
    # a category is there only where something is told as it; a group also by its members
    of = {member: group for group, members in MEMBERS.items() for member in members}
    categories = {t for t in told.values() if not MEMBERS.get(t)}
    assert set(made.columns) == categories | {of.get(t, t) for t in told.values()}


def test_regrouping_changes_nothing_that_it_is_given():
    table = pd.DataFrame({"a": [1.0], "b": [2.0]})
    regroup(table, {"a": "x", "b": "x"}, {"x": []})
    assert table.to_dict("list") == {"a": [1.0], "b": [2.0]}
