"""Sums of small areas: whole, or missing; averages and shares of areas as published."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.aggregation import (
    add_up,
    areas_of,
    average_score,
    base_of,
    lacking,
    share_of_areas,
)

PLACE = pd.Series(["north", "north", "south", None], index=["a", "b", "c", "d"])


def frame(**columns):
    return pd.DataFrame(columns, index=PLACE.index, dtype=float)


def test_counts_are_added_up_place_by_place():
    sums = add_up(frame(people=[10, 20, 5, 99], born=[1, 2, 0, 3]), PLACE)
    assert sums.to_dict("index") == {
        "north": {"people": 30, "born": 3},
        "south": {"people": 5, "born": 0},
    }
    assert areas_of(PLACE).to_dict() == {"north": 2, "south": 1}


def test_a_sum_with_a_missing_part_is_missing_and_said():
    counts = frame(people=[10, None, 5, None], born=[1, 2, None, 3])
    sums = add_up(counts, PLACE)
    assert math.isnan(sums.loc["north", "people"]) and math.isnan(sums.loc["south", "born"])
    assert (sums.loc["south", "people"], sums.loc["north", "born"]) == (5, 3)
    assert lacking(counts, PLACE).to_dict() == {"people": 1, "born": 1}


def test_without_counts_there_are_still_places():
    sums = add_up(frame(n=[1, 2, 3, 4])[[]], PLACE)
    assert list(sums.index) == ["north", "south"] and sums.shape == (2, 0)


def test_the_base_of_a_share_is_worked_back():
    # 30 of 120 are 25 %, 1 of 3 are 33.3 %; nobody of how many is not told by 0 %
    count = pd.Series([30, 1, 0, None, 5, 0, 5], dtype=float)
    base = base_of(count, pd.Series([25, 100 / 3, 0, 10, None, 5, 0], dtype=float))
    assert base[:2].tolist() == pytest.approx([120, 3])
    assert base[2:].isna().all()


def test_scores_are_averaged_over_people():
    # north: (40 * 1000 + 10 * 3000) / 4000 = 17.5; the plain average would be 25
    scores = frame(score=[40, 10, 7, 1])
    people = pd.Series([1000, 3000, 500, 1], index=PLACE.index, dtype=float)
    assert average_score(scores, people, PLACE)["score"].to_dict() == {"north": 17.5, "south": 7}
    people["a"] = math.nan
    assert math.isnan(average_score(scores, people, PLACE)["score"]["north"])


def test_where_nobody_lives_there_is_no_average():
    nobody = pd.Series(0.0, index=PLACE.index)
    assert average_score(frame(score=[40, 10, 7, 1]), nobody, PLACE).isna().all().all()


def test_a_share_of_areas_needs_all_of_them():
    holds = pd.Series([1, 0, None, 1], index=PLACE.index, dtype=float)
    shares = share_of_areas(holds, PLACE)
    assert shares["north"] == 50 and math.isnan(shares["south"])


def test_averages_of_authorities_as_published_for_2019(data):
    """File 7 of LSOAs, added up, against File 10 of authorities: score and share of areas."""
    small = pd.read_csv(
        data / "deprivation/IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv",
        encoding="utf-8-sig",
    )
    known = pd.read_csv(data / "deprivation/IoD2019_LAD19_summaries_File10_tidy.csv")
    known = known[known["index_domain"] == "Index of Multiple Deprivation"].set_index("lad19cd")
    starts = {
        "score": "Index of Multiple Deprivation (IMD) Score",
        "decile": "Index of Multiple Deprivation (IMD) Decile",
        "people": "Total population",
    }
    small = small.rename(
        columns={
            next(c for c in small if c.startswith(start)): name for name, start in starts.items()
        }
    )
    place = small["Local Authority District code (2019)"]
    average = average_score(small[["score"]], small["people"], place)["score"]
    tenth = share_of_areas(small["decile"] == 1, place)
    assert len(average) == 4
    published = known.loc[average.index]
    # published to 2 or 3 decimals, of scores that were rounded to 3
    assert (average - published["average_score"]).abs().max() < 0.006
    assert (tenth / 100 - published["proportion_bottom_decile"]).abs().max() < 0.00006


# --- what holds for any counts ----------------------------------------------------------------

counts = st.integers(min_value=0, max_value=10**7)
rows = st.lists(st.tuples(counts, counts, st.sampled_from("ABCDEF")), min_size=1, max_size=40)


def table(drawn):
    data = pd.DataFrame(drawn, columns=["n", "m", "place"]).astype({"n": float, "m": float})
    return data[["n", "m"]], data["place"]


@given(rows)
def test_every_person_is_counted_once(drawn):
    values, place = table(drawn)
    sums = add_up(values, place)
    assert sums.sum().tolist() == values.sum().tolist()
    assert (sums % 1 == 0).all().all()
    assert areas_of(place).sum() == len(values)


@given(rows, st.randoms())
def test_the_order_of_areas_does_not_matter(drawn, random):
    values, place = table(drawn)
    order = list(values.index)
    random.shuffle(order)
    shuffled = add_up(values.loc[order], place.loc[order])
    pd.testing.assert_frame_equal(add_up(values, place), shuffled)


@given(rows)
def test_two_steps_are_one_step(drawn):
    values, place = table(drawn)
    larger = {"A": "x", "B": "x", "C": "y", "D": "y", "E": "y", "F": "z"}
    middle = add_up(values, place)
    twice = add_up(middle, middle.index.to_series().map(larger))
    pd.testing.assert_frame_equal(twice, add_up(values, place.map(larger)), check_names=False)


@given(rows)
def test_a_sum_of_parts_stays_the_sum_of_its_parts(drawn):
    values, place = table(drawn)
    values["whole"] = values["n"] + values["m"]
    sums = add_up(values, place)
    assert (sums["n"] + sums["m"] == sums["whole"]).all()
