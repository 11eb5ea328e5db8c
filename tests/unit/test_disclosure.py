"""Small counts are hidden and the others rounded, as the publishers do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.disclosure import RULES, protect, protect_table

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


# --- tables: what adds up -----------------------------------------------------------------------

ONE_SUM = [("total", ["a", "b", "c"])]


def table(**columns) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype=float)
    return frame.set_index(pd.Index([f"E0100000{number}" for number in range(len(frame))]))


def shown(made) -> list[dict]:
    return made.shown.astype(object).where(made.shown.notna(), None).to_dict("records")


def test_rounding_alone_does_not_protect():
    """17 is shown as 15, so 13 to 17; 8 and 8 as 10 each, so 8 to 12: the rest is 17 - 16 = 1."""
    counts = table(total=[17], a=[8], b=[8], c=[1])
    alone = counts.apply(protect, rule="nhs").iloc[0]
    assert alone[["total", "a", "b"]].tolist() == [15, 10, 10]
    assert np.isnan(alone["c"])
    most = (alone["total"] + 2) - 2 * RULES["nhs"][0]
    assert most == counts["c"].iloc[0] == 1
    # with one of the two hidden as well, the small one is 1 to 17 - 8 - 1 = 8
    made = protect_table(counts, ONE_SUM, "nhs")
    assert shown(made) == [{"total": 15, "a": None, "b": 10, "c": None}]
    assert made.primary.iloc[0].to_dict() == {"total": 0, "a": 0, "b": 0, "c": 1}
    assert made.secondary.iloc[0].to_dict() == {"total": 0, "a": 1, "b": 0, "c": 0}
    assert not made.narrow.to_numpy().any()


def test_nothing_more_is_hidden_where_rounding_leaves_room():
    # 1500 is 1498 to 1502; 1480 is 1478 to 1482, 15 is 13 to 17: the rest may be 1 to 11
    made = protect_table(table(total=[1500], a=[1480], b=[17], c=[3]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": 1500, "a": 1480, "b": 15, "c": None}]


def test_a_count_near_the_limit_is_not_left_between_it_and_the_limit():
    counts = table(total=[15, 23, 13], a=[8, 8, 0], b=[0, 8, 6], c=[7, 7, 7])
    # 13 to 17 less 8 to 12 is 1 to 9; 23 to 27 less 16 to 24 is 1 to 11; two hidden: 1 to 16 each
    assert not protect_table(counts, ONE_SUM, "nhs").secondary.to_numpy().any()
    counts = table(total=[19], a=[12], b=[0], c=[7])
    # 20 is 18 to 22, 10 is 8 to 12: 6 to 14, so 6 or 7 below the limit: the 12 is hidden as well
    made = protect_table(counts, ONE_SUM, "nhs")
    assert shown(made) == [{"total": 20, "a": None, "b": 0, "c": None}]


def test_a_whole_is_hidden_only_where_no_part_is_left():
    # noise: a group of 8 whose only part is 7
    made = protect_table(table(total=[8], a=[7], b=[0], c=[0]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": None, "a": None, "b": 0, "c": 0}]
    assert made.secondary["total"].tolist() == [True]


def test_a_group_is_not_told_by_the_groups_beside_it():
    """What is hidden inside a group would be told by the group; so both levels are looked at."""
    sums = [("total", ["g", "h"]), ("g", ["a", "b"]), ("h", ["c", "d"])]
    counts = table(total=[34], g=[17], h=[17], a=[16], b=[1], c=[17], d=[0])
    # g: 13 to 17, a: 13 to 17: b would be 1 to 4
    made = protect_table(counts, sums, "nhs")
    assert shown(made)[0] == {"total": 35, "g": 15, "h": 15, "a": None, "b": None, "c": 15, "d": 0}


def test_none_changes_nothing():
    counts = table(total=[17], a=[8], b=[8], c=[1])
    made = protect_table(counts, ONE_SUM, "none")
    assert made.shown is counts
    assert not made.primary.to_numpy().any() and not made.secondary.to_numpy().any()


def test_unknown_rule_of_a_table_is_refused():
    with pytest.raises(ValueError, match="'five'"):
        protect_table(table(total=[1]), [], "five")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_missing_count_stays_missing_and_is_not_counted_as_hidden(rule):
    nan = np.nan
    counts = table(total=[17, nan, 40], a=[8, 20, nan], b=[8, 20, 30], c=[nan, 3, 4])
    made = protect_table(counts, ONE_SUM, rule)
    assert (made.shown.isna() >= counts.isna()).to_numpy().all()
    hidden = made.primary | made.secondary
    assert not (hidden & counts.isna()).to_numpy().any()
    assert not made.secondary.to_numpy().any(), "sums with a missing count tell too little"


def test_an_infinite_count_is_missing():
    made = protect_table(table(total=[np.inf], a=[np.inf], b=[3], c=[20]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": None, "a": None, "b": None, "c": 20}]


@pytest.mark.parametrize("total", [0, 3, 8, 14, 15, 19, 25])
def test_sums_that_do_not_hold_are_no_crash_and_hide_what_they_must(total):
    """The publisher's noise: parts make 17."""
    made = protect_table(table(total=[total], a=[8], b=[8], c=[1]), ONE_SUM, "nhs")
    assert np.isnan(made.shown["c"].iloc[0])
    assert made.shown["total"].iloc[0] == 0 or total > 0
    assert not made.narrow.to_numpy().any()


def test_a_sum_is_taken_with_the_difference_that_it_has():
    # parts of 23 under a total of 17: who knew that 6 are off would know 1 to 17 + 6 - 16 = 7
    made = protect_table(table(total=[17], a=[8], b=[8], c=[7]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": 15, "a": 10, "b": 10, "c": None}]
    # 2 are off: 1 to 17 + 2 - 16 = 3, too few
    made = protect_table(table(total=[17], a=[8], b=[8], c=[3]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": 15, "a": None, "b": 10, "c": None}]


def test_a_hidden_whole_that_another_sum_tells_is_protected_there():
    """A real case: 6 in a group of 9, by noise, and the group told by the total of the groups."""
    sums = [("total", ["a", "b", "c", "g"]), ("g", ["x", "y"])]
    counts = table(total=[208], a=[117], b=[55], c=[27], g=[9], x=[0], y=[6])
    made = protect_table(counts, sums, "nhs")
    assert made.secondary.iloc[0].to_dict() == {n: n in ("c", "g") for n in counts}
    assert not made.narrow.to_numpy().any()


def test_modelled_counts_may_be_anything_above_0():
    # 17.3 is 12.5 to 17.5, 8.2 and 8.4 are 8 to 12.5 each: the rest is at most 1.5
    made = protect_table(table(total=[17.3], a=[8.2], b=[8.4], c=[0.7]), ONE_SUM, "nhs")
    assert shown(made) == [{"total": 15, "a": None, "b": 10, "c": None}]


def test_whole_counts_beside_modelled_ones_are_still_whole():
    counts = table(total=[17], a=[8], b=[8], c=[1], modelled=[0.4])
    made = protect_table(counts, ONE_SUM, "nhs")
    assert shown(made)[0]["a"] is None


def test_sums_of_columns_that_are_not_there_are_passed_over():
    counts = table(total=[17], a=[8], b=[8])
    assert not protect_table(counts, ONE_SUM, "nhs").secondary.to_numpy().any()


def test_no_areas_and_no_columns():
    empty = pd.DataFrame({"total": [], "a": []}, dtype=float)
    made = protect_table(empty, [("total", ["a"])], "nhs", pd.Series([], dtype=object))
    assert made.shown.shape == made.primary.shape == made.secondary.shape == (0, 2)
    assert protect_table(pd.DataFrame(index=["a"]), [], "nhs").shown.shape == (1, 0)


def test_areas_may_share_a_label():
    counts = table(total=[17, 17], a=[8, 8], b=[8, 8], c=[1, 1]).set_index(pd.Index([None, None]))
    made = protect_table(counts, ONE_SUM, "nhs")
    assert made.shown["a"].isna().tolist() == [True, True]


# --- larger places ------------------------------------------------------------------------------


def test_in_a_larger_place_no_single_cell_of_a_column_is_hidden():
    counts = table(a=[20, 30, 3])
    assert protect_table(counts, [], "nhs").secondary["a"].tolist() == [False, False, False]
    made = protect_table(counts, [], "nhs", pd.Series(["P", "P", "P"], index=counts.index))
    assert made.shown["a"].isna().tolist() == [True, False, True], "the smallest shown goes too"


def test_places_are_kept_apart_and_areas_of_no_place_stand_alone():
    counts = table(a=[20, 3, 30, 40, 4])
    parents = pd.Series(["P", "P", "Q", None, None], index=counts.index)
    made = protect_table(counts, [], "nhs", parents)
    assert made.secondary["a"].tolist() == [True, False, False, False, False]


def test_a_place_of_one_area_tells_nothing_new():
    """Its figures are the area's own, hidden where these are."""
    counts = table(a=[3, 20])
    made = protect_table(counts, [], "nhs", pd.Series(["P", "Q"], index=counts.index))
    assert made.secondary["a"].tolist() == [False, False]


def test_a_hidden_figure_of_the_place_tells_nothing():
    counts = table(a=[3, 2, 0])
    made = protect_table(counts, [], "nhs", pd.Series(["P"] * 3, index=counts.index))
    assert made.shown["a"].isna().tolist() == [True, True, False]
    assert not made.secondary.to_numpy().any()


def test_figures_of_the_place_are_protected_before_they_are_shown():
    """Shown cell by cell the place would tell it: 22 is at most 22, less 8 and 13 leaves 1."""
    counts = table(total=[20, 2], a=[7, 1], b=[12, 1], c=[1, 0])
    made = protect_table(counts, ONE_SUM, "nhs", pd.Series(["P", "P"], index=counts.index))
    assert not made.narrow.to_numpy().any()


def test_given_totals_of_places_are_what_is_shown_of_them():
    counts = table(a=[3, 20, 30])
    parents = pd.Series(["P"] * 3, index=counts.index)
    # more people live in the place than in these areas, so many that it is not known how many
    unknown = pd.DataFrame({"a": [np.nan]}, index=["P"])
    made = protect_table(counts, [], "nhs", parents, unknown)
    assert not made.secondary.to_numpy().any()
    known = pd.DataFrame({"a": [53.0]}, index=["P"])
    made = protect_table(counts, [], "nhs", parents, known)
    assert made.secondary["a"].tolist() == [False, True, False]


def test_what_cannot_be_protected_is_told():
    """Twelve areas of one person each, and a place of 12, shown as 10: 8 to 12, so all are 1."""
    counts = table(a=[1] * 9 + [1, 1, 1])
    made = protect_table(counts, [], "nhs", pd.Series(["P"] * 12, index=counts.index))
    assert made.narrow["a"].all()
