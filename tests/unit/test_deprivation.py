"""The arithmetic of the Indices of Deprivation, against what was published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.deprivation import (
    band,
    exponential,
    rank_descending,
    sum_of_z,
    weighted_score,
)
from seldom_heard.taxonomies.catalogue import find
from seldom_heard.taxonomies.recognise import recognise

# published: technical reports of 2019 and 2025; they add up to 0.999 and stay so
WEIGHTS = {
    "income_rank": 0.225,
    "employment_rank": 0.225,
    "education_rank": 0.135,
    "health_rank": 0.135,
    "crime_rank": 0.093,
    "barriers_rank": 0.093,
    "living_rank": 0.093,
}
DOMAINS = [name[: -len("_rank")] for name in WEIGHTS]
TABLES = {
    "iod2025": "deprivation/File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv",
    "iod2019": "deprivation/IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv",
}
AREAS = {"iod2025": 860, "iod2019": 853}
NATIONAL = {"iod2025": 33_755, "iod2019": 32_844}


@pytest.fixture(scope="module", params=sorted(TABLES))
def published(request, data, head_of):
    """A published table with its columns under our names, and its taxonomy."""
    taxonomy = find(request.param)
    name = TABLES[request.param]
    (what,) = recognise(head_of(name), [taxonomy])
    raw = pd.read_csv(data / name, encoding="utf-8-sig")
    at = {raw.columns[position]: column for column, (position,) in what.columns.items()}
    table = raw.rename(columns=at)
    assert len(table) == AREAS[request.param]
    return taxonomy, table


def options(taxonomy, indicator: str):
    return next(i.options for i in taxonomy.indicators if i.id == indicator)


def test_number_of_areas_ranked_is_the_published_one(published):
    taxonomy, _ = published
    assert taxonomy.raw["areas_ranked"] == NATIONAL[taxonomy.id]


def test_score_from_domain_ranks_is_the_published_score_of_2025(data, head_of):
    taxonomy = find("iod2025")
    (what,) = recognise(head_of(TABLES["iod2025"]), [taxonomy])
    raw = pd.read_csv(data / TABLES["iod2025"], encoding="utf-8-sig")
    ranks = pd.DataFrame({name: raw.iloc[:, what.columns[name][0]] for name in WEIGHTS})
    made = weighted_score(ranks, WEIGHTS, taxonomy.raw["areas_ranked"])
    difference = (made - raw.iloc[:, what.columns["imd_score"][0]]).abs()
    assert len(difference) == 860
    assert difference.max() < 0.001


def test_score_from_domain_ranks_is_the_published_score_of_all_england(data):
    name = "deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz"
    table = pd.read_csv(data / name)
    theirs = {
        "income_rank": "Income_rank",
        "employment_rank": "Employment_rank",
        "education_rank": "Education_rank",
        "health_rank": "Health_rank",
        "crime_rank": "Crime_rank",
        "barriers_rank": "Housing_and_Services_rank",
        "living_rank": "Environment_rank",
    }
    ranks = pd.DataFrame({ours: table[column] for ours, column in theirs.items()})
    made = weighted_score(ranks, WEIGHTS, 33_755)
    assert len(table) == 33_755
    assert (made - table["IMD_score"]).abs().max() < 0.001
    # ranking our scores gives the published ranks, but for scores that differ in the fourth place
    assert (rank_descending(made) - table["IMD_rank"]).abs().max() <= 3


def test_every_published_decile_is_the_band_of_its_rank(published):
    taxonomy, table = published
    compared = 0
    for domain in ["imd", *DOMAINS, "idaci", "idaopi"]:
        ranks, deciles = table[f"{domain}_rank"], table[f"{domain}_decile"]
        known = ranks.notna() & deciles.notna()
        made = band(ranks[known], 10, taxonomy.raw["areas_ranked"])
        assert (made == deciles[known]).all(), domain
        compared += int(known.sum())
    assert compared >= 8 * len(table)


def test_taxonomy_gives_the_index_without_health_its_published_weights(published):
    taxonomy, _ = published
    without = options(taxonomy, "exhealth_score")["weights"]
    assert without == {name: w for name, w in WEIGHTS.items() if name != "health_rank"}


def test_index_without_health_is_the_index_less_the_share_of_health(published):
    taxonomy, table = published
    number = taxonomy.raw["areas_ranked"]
    weights = options(taxonomy, "exhealth_score")["weights"]
    without = weighted_score(table[list(weights)], weights, number)
    whole = weighted_score(table[list(WEIGHTS)], WEIGHTS, number)
    health = 0.135 * exponential(table["health_rank"], number)
    assert without.to_numpy() == pytest.approx((whole - health).to_numpy(), abs=1e-9)
    assert health.min() > 0


def test_exponential_runs_from_100_at_the_first_rank_to_almost_nothing():
    made = exponential(pd.Series([1.0, 16_878.0, 33_755.0]), 33_755)
    # middle: R = 0.5, so -23 ln(1 - 0.5 (1 - exp(-100/23))) = 15.645...
    assert made[0] == pytest.approx(100)
    assert made[1] == pytest.approx(-23 * np.log(0.5 * (1 + np.exp(-100 / 23))), abs=0.01)
    assert 0 < made[2] < 0.001


def test_weights_are_not_rescaled_to_one():
    first = pd.DataFrame({name: [1.0] for name in WEIGHTS})
    assert weighted_score(first, WEIGHTS, 33_755)[0] == pytest.approx(99.9)


def test_weighted_score_with_a_missing_rank_is_missing():
    ranks = pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, 2.0]})
    made = weighted_score(ranks, {"a": 0.5, "b": 0.5}, 10)
    assert made.isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("rank", "bands", "areas", "expected"),
    [
        (1, 10, 33_755, 1),
        (3_375, 10, 33_755, 1),
        (3_376, 10, 33_755, 2),
        (33_755, 10, 33_755, 10),
        (6_751, 5, 33_755, 1),
        (6_752, 5, 33_755, 2),
        (6_568, 5, 32_844, 1),
        (6_569, 5, 32_844, 2),
    ],
)
def test_band_at_its_edges(rank, bands, areas, expected):
    assert band(pd.Series([float(rank)]), bands, areas)[0] == expected


def test_band_of_a_missing_rank_is_missing():
    assert band(pd.Series([np.nan]), 10, 100).isna().all()


def test_highest_score_is_first_and_ties_share_the_smallest_rank():
    made = rank_descending(pd.Series([5.0, 9.0, 5.0, np.nan, 1.0]))
    assert made.tolist() == pytest.approx([2, 1, 2, np.nan, 4], nan_ok=True)


# --- Townsend

FOUR = ["unemp_pct", "overcrowd_pct", "nocar_pct", "notowned_pct"]
LOGGED = FOUR[:2]


def test_sum_of_z_is_the_known_answer_with_the_deviation_of_a_sample(vector):
    known = vector("own_townsend")
    made = sum_of_z(known[FOUR], LOGGED)
    assert len(known) == 10
    assert made.to_numpy() == pytest.approx(known["townsend_samplesd"].to_numpy(), abs=1e-10)
    # the other deviation gives other scores: the two cannot be mixed up unseen
    assert np.abs(made - known["townsend_popsd"]).max() > 0.05


@pytest.fixture(scope="module")
def uk_2011(data):
    """Townsend's four shares of 2011 by authority of the UK, and the scores published for them.

    The columns are cells of the census: economically active 244, of them unemployed 248;
    households 989 without a car 991; households 2075 with more than 1 and up to 1.5 persons a
    room 2081, with more 2083; households 2347, of them social 2357 and private rented 2362 and
    living rent free 2368. Shared owners count as owners.
    """
    folder = data / "known_answers" / "townsend"
    cells = pd.read_csv(folder / "Dataset_2011_UK_Local_Authority.csv")
    scores = pd.read_csv(folder / "Scores_2011_UK_Local_Authority.csv")
    cells.index, scores.index = cells["GEO_CODE"].str.strip(), scores["geo_code"].str.strip()
    shares = pd.DataFrame(
        {
            "unemp_pct": 100 * cells["F248"] / cells["F244"],
            "overcrowd_pct": 100 * (cells["F2081"] + cells["F2083"]) / cells["F2075"],
            "nocar_pct": 100 * cells["F991"] / cells["F989"],
            "notowned_pct": 100 * cells[["F2357", "F2362", "F2368"]].sum(axis=1) / cells["F2347"],
        }
    )
    assert len(shares) == len(scores) == 404
    return shares, scores.reindex(shares.index)


def test_sum_of_z_is_the_published_townsend_of_the_uk_in_2011(uk_2011):
    shares, scores = uk_2011
    assert scores["TDS"].notna().all()
    assert (sum_of_z(shares, LOGGED) - scores["TDS"]).abs().max() < 1e-6


def test_fifths_of_townsend_are_the_published_ones_the_other_way_round(uk_2011):
    """Published: 5 most deprived. Here 1 is, as in the English indices."""
    shares, scores = uk_2011
    fifths = band(rank_descending(sum_of_z(shares, LOGGED)), 5, len(shares))
    differ = (6 - fifths) != scores["quintile"]
    # where 404 are cut in five, an area at an edge may fall on either side
    assert differ.sum() <= 4
    assert ((6 - fifths) - scores["quintile"]).abs().max() <= 1


def test_taxonomy_of_townsend_takes_the_shares_that_were_published():
    taxonomy = find("townsend_2021")
    variables = {item["id"]: item for item in taxonomy.raw["variables"]}
    assert {name for name, item in variables.items() if item.get("transform") == "log1p"} == {
        "unemployed",
        "overcrowded",
    }
    assert set(variables["not_owned"]["numerator"]) == {
        "social_rented",
        "private_rented",
        "rent_free",
    }
    for item in variables.values():
        ids = {column.id for column in find(item["taxonomy"]).columns}
        assert {*item["numerator"], *item.get("over", ()), *item.get("minus", ())} <= ids


def test_sum_of_z_by_hand():
    # mean 2 and deviation 1 in one column; ln 1, ln 3, ln 9 with mean ln 3 and deviation ln 3
    shares = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 2.0, 8.0]})
    assert sum_of_z(shares, ["b"]).tolist() == pytest.approx([-2, 0, 2])


def test_area_with_a_missing_share_has_no_score_and_changes_nobodys():
    shares = pd.DataFrame({"a": [1.0, 2.0, 3.0, 90.0], "b": [0.0, 2.0, 8.0, np.nan]})
    made = sum_of_z(shares, ["b"])
    assert made[:3].tolist() == pytest.approx([-2, 0, 2])
    assert np.isnan(made[3])


def test_sum_of_z_of_areas_all_alike_is_missing_not_infinite():
    """Nothing tells them apart: there is no score, rather than one of rounding."""
    assert sum_of_z(pd.DataFrame({"a": [4.0, 4.0], "b": [1.0, 2.0]})).isna().all()


@pytest.mark.parametrize("rows", [0, 1])
def test_sum_of_z_of_one_area_or_none_is_missing(rows):
    made = sum_of_z(pd.DataFrame({"a": [4.0] * rows, "b": [1.0] * rows}))
    assert len(made) == rows
    assert made.isna().all()


shares_of_areas = st.lists(
    st.tuples(*[st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 2))] * 3),
    min_size=3,
    max_size=12,
).filter(lambda rows: all(max(column) - min(column) > 1 for column in zip(*rows)))


@given(shares_of_areas, st.floats(0.5, 3), st.floats(-5, 5))
def test_sum_of_z_has_mean_0_and_knows_no_unit(rows, times, more):
    shares = pd.DataFrame(rows, columns=list("abc"))
    made = sum_of_z(shares)
    assert made.mean() == pytest.approx(0, abs=1e-9)
    other = sum_of_z(shares * times + more)
    assert other.to_numpy() == pytest.approx(made.to_numpy(), abs=1e-6)


@given(shares_of_areas)
def test_more_of_anything_is_more_deprived(rows):
    shares = pd.DataFrame(rows, columns=list("abc"))
    worst = sum_of_z(pd.concat([shares, shares.max().to_frame().T + 1], ignore_index=True), ["a"])
    assert worst.idxmax() == len(shares)
