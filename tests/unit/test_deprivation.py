"""The arithmetic of the Indices of Deprivation, against what was published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.aggregation import average_score
from seldom_heard.methods.deprivation import (
    band,
    band_of_score,
    exponential,
    percentile_rank,
    percentile_ranks,
    quantile_band,
    rank_descending,
    sum_of_z,
    vulnerability,
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


def test_score_from_domain_ranks_is_the_published_score(published):
    taxonomy, table = published
    made = weighted_score(table[list(WEIGHTS)], WEIGHTS, taxonomy.raw["areas_ranked"])
    assert table["imd_score"].notna().all()
    apart = (made - table["imd_score"]).abs()
    # 2019 has areas that share a rank in a domain, whose transformed scores differ a little
    assert apart.max() < {"iod2025": 0.001, "iod2019": 0.0014}[taxonomy.id]
    assert (apart >= 0.001).sum() == {"iod2025": 0, "iod2019": 1}[taxonomy.id]


NATIONAL_FILE = "deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz"
TIDY = {
    "income_rank": "Income_rank",
    "employment_rank": "Employment_rank",
    "education_rank": "Education_rank",
    "health_rank": "Health_rank",
    "crime_rank": "Crime_rank",
    "barriers_rank": "Housing_and_Services_rank",
    "living_rank": "Environment_rank",
}


@pytest.fixture(scope="module")
def england(data):
    """The national file of 2025, with domain ranks under our names."""
    table = pd.read_csv(data / NATIONAL_FILE, index_col="lsoa21_code")
    assert len(table) == 33_755
    return table.rename(columns={theirs: ours for ours, theirs in TIDY.items()})


def test_score_from_domain_ranks_is_the_published_score_of_all_england(england):
    made = weighted_score(england[list(WEIGHTS)], WEIGHTS, 33_755)
    assert (made - england["IMD_score"]).abs().max() < 0.001
    # ranking our scores gives the published ranks, but for scores that differ in the fourth place
    assert (rank_descending(made) - england["IMD_rank"]).abs().max() <= 3


# --- without health, national from cut points


def without_health(table: pd.DataFrame) -> pd.Series:
    weights = options(find("iod2025"), "exhealth_score")["weights"]
    return weighted_score(table[list(weights)], weights, 33_755)


@pytest.fixture(scope="module")
def cut_points():
    return options(find("iod2025"), "exhealth_decile")["cut_points"]["scores"]


def test_every_area_of_england_has_the_decile_of_its_national_rank(england, cut_points):
    score = without_health(england)
    ranked = band(rank_descending(score), 10, 33_755)
    pd.testing.assert_series_equal(band_of_score(score, cut_points), ranked)


def test_a_county_alone_has_the_national_deciles(published, england, cut_points):
    taxonomy, table = published
    if taxonomy.id != "iod2025":
        assert "cut_points" not in options(taxonomy, "exhealth_decile")
        return
    score = without_health(table.set_index(table.columns[0]))
    made = band_of_score(score, cut_points)
    national = band(rank_descending(without_health(england)), 10, 33_755).reindex(score.index)
    assert (made == national).all() and len(made) == 860
    # among themselves the areas would have other tenths: this county is more deprived
    assert (band(rank_descending(score), 10, 860) != made).mean() > 0.5


def test_cut_points_are_midway_between_the_scores_at_the_edges(england, cut_points):
    """As far from both as can be, to the sixth place, so that no rounding moves an area."""
    score = without_health(england).sort_values(ascending=False).to_numpy()
    ends = [33_755 * d // 10 for d in range(1, 10)]
    middle = [(score[end - 1] + score[end]) / 2 for end in ends]
    assert list(cut_points) == pytest.approx(middle, abs=6e-7)
    assert min(score[end - 1] - score[end] for end in ends) > 2e-5


def test_cut_points_are_as_many_as_edges_and_fall(cut_points):
    assert len(cut_points) == options(find("iod2025"), "exhealth_decile")["bands"] - 1
    assert list(cut_points) == sorted(cut_points, reverse=True)


def test_band_of_score_by_hand():
    score = pd.Series([9.0, 5.0, 3.0, 1.0, np.nan])
    assert band_of_score(score, [6, 4, 2]).tolist() == pytest.approx(
        [1, 2, 3, 4, np.nan], nan_ok=True
    )
    assert band_of_score(score, [2, 6, 4])[0] == 1  # in any order
    assert band_of_score(pd.Series([4.0]), [6, 4, 2])[0] == 2  # on a cut: the band above it


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


def test_sum_of_z_is_the_known_answer_with_either_deviation(vector):
    known = vector("own_townsend")
    made = sum_of_z(known[FOUR], LOGGED)
    assert len(known) == 10
    assert made.to_numpy() == pytest.approx(known["townsend_samplesd"].to_numpy(), abs=1e-10)
    other = sum_of_z(known[FOUR], LOGGED, ddof=0)
    assert other.to_numpy() == pytest.approx(known["townsend_popsd"].to_numpy(), abs=1e-10)
    # the two cannot be mixed up unseen
    assert np.abs(made - other).max() > 0.05


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


def test_fifths_of_townsend_are_all_the_published_ones(uk_2011):
    """Published: 5 most deprived, cut at the unweighted quantiles of the scores."""
    shares, scores = uk_2011
    made = quantile_band(sum_of_z(shares, LOGGED), 5)
    assert (made == scores["quintile"]).all() and len(made) == 404
    # of 404 areas cut in five, ranks would put some at the edges on the other side
    ranked = 6 - band(rank_descending(sum_of_z(shares, LOGGED)), 5, len(shares))
    assert 0 < (ranked != scores["quintile"]).sum() <= 4


def test_quantile_band_by_hand():
    # halves of 1, 2, 3, 4, 9 part at 3, which is above; a missing score is in neither
    made = quantile_band(pd.Series([9.0, 1.0, 3.0, np.nan, 2.0, 4.0]), 2)
    assert made.tolist() == pytest.approx([2, 1, 2, np.nan, 1, 2], nan_ok=True)
    assert quantile_band(pd.Series([1.0, np.nan]), 2).isna().all()


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


# --- averages of larger areas

AVERAGES_2019 = {
    "Index of Multiple Deprivation": ("imd_score", "Total population"),
    "Income": ("income_score", "Total population"),
    "Employment": ("employment_score", "Working age population"),
    "Education, Skills and Training": ("education_score", "Total population"),
    "Health and Disability": ("health_score", "Total population"),
    "Crime": ("crime_score", "Total population"),
    "Barriers to Housing and Services": ("barriers_score", "Total population"),
    "Living Environment": ("living_score", "Total population"),
    "Income Deprivation Affecting Children": ("idaci_score", "Dependent Children"),
    "Income Deprivation Affecting Older People": ("idaopi_score", "Older population"),
}


def test_averages_of_authorities_are_those_the_publisher_gives(data):
    taxonomy = find("iod2019")
    raw = pd.read_csv(data / TABLES["iod2019"], encoding="utf-8-sig")
    known = pd.read_csv(data / "deprivation/IoD2019_LAD19_summaries_File10_tidy.csv")
    area = raw["Local Authority District code (2019)"]
    compared = 0
    for domain, (column, people) in AVERAGES_2019.items():
        heading = next(c.label for c in taxonomy.columns if c.id == column)
        population = raw[next(name for name in raw if name.startswith(people))]
        made = average_score(raw[[heading]], population, area)[heading]
        rows = known[known["index_domain"] == domain].set_index("lad19cd")
        # published to 3 decimals, of scores that are rounded to 3 decimals themselves
        apart = (made - rows["average_score"].reindex(made.index)).abs()
        assert apart.max() < 0.0006, domain
        compared += len(apart)
    assert compared == 40


def test_averages_of_sub_icbs_are_those_published_but_for_the_year_of_the_population(data):
    """Theirs are weighted with mid-2022 estimates, which only part of the areas have here.

    With the residents of the census of 2021, 0.7 to 1.5 per cent fewer, every average of a score
    over all ages is within 0.17 per cent of the range of that score, at least twice as near as
    unweighted.
    """
    known = pd.read_csv(data / "known_answers/imd2025_subicb_scores_SouthYorkshire.csv")
    known = known[known["sicbl_vintage"] == 2024]
    area = pd.read_csv(
        data / "lookups/LSOA21_SICBL24_ICB24_SouthYorkshire.csv", index_col="lsoa21_code"
    )
    area = area["sicbl24_code"]
    score = pd.read_csv(
        data / "deprivation/IoD2025_LSOA21_SouthYorkshire_scores_ranks_deciles.csv",
        index_col="lsoa21_code",
    )
    people = pd.read_csv(
        data / "census2021/census2021-ts001-oa_SouthYorkshire.csv", index_col="geography code"
    ).filter(like="Total")
    nests = pd.read_csv(data / "lookups/OA21_LSOA21_SouthYorkshire.csv", index_col="OA21CD")
    population = people.iloc[:, 0].groupby(nests["LSOA21CD"]).sum()
    columns = {
        "imd": "IMD_score",
        "income": "Income_score",
        "education": "Education_score",
        "health": "Health_score",
        "crime": "Crime_score",
        "barriers": "Housing_and_Services_score",
        "living_env": "Environment_score",
        "sub_children_yp": "children_and_young_people_score",
        "sub_adult_skills": "adult_skills_score",
        "sub_geo_barriers": "geographical_barriers_score",
        "sub_wider_barriers": "wider_barriers_score",
        "sub_indoors": "indoors_score",
        "sub_outdoors": "outdoors_score",
    }
    apart = {}
    for index, column in columns.items():
        rows = known[known["index"] == index].set_index("sicbl_code").sort_index()
        made = average_score(score[[column]], population.reindex(score.index), area)[column]
        plain = average_score(score[[column]], pd.Series(1, index=score.index), area)[column]
        spread = score[column].max() - score[column].min()
        apart[index] = (made - rows["avg_score"]).abs().max() / spread
        assert (plain - rows["avg_score"]).abs().max() / spread > 2 * apart[index], index
        totals = population.groupby(area).sum()
        assert (rows["weight_pop"] / totals).between(1.007, 1.015).all()
        assert (area.value_counts().reindex(rows.index) == rows["n_lsoa"]).all()
    assert len(apart) == 13 and max(apart.values()) < 0.0017


def test_average_score_by_hand():
    score = pd.DataFrame({"score": [10.0, 20.0, 30.0, 5.0, 7.0, 8.0]})
    people = pd.Series([100.0, 300.0, 50.0, np.nan, 0.0, 9.0])
    area = pd.Series(["a", "a", "b", "b", "c", None])
    made = average_score(score, people, area)["score"]
    assert made["a"] == pytest.approx(17.5)  # (1,000 + 6,000) / 400
    assert made[["b", "c"]].isna().all()  # people unknown; nobody there
    assert len(made) == 3


# --- vulnerability: sums of percentile ranks


def test_percentile_ranks_of_our_own_vector(vector):
    known = vector("own_svi_method")
    four = ["i1", "i2", "i3", "i4"]
    ranks = percentile_ranks(known[four], 4)
    assert len(known) == 21
    for name in four:
        assert ranks[name].tolist() == known[f"epl{name[1]}"].tolist()
        assert percentile_rank(known[name]).to_numpy() == pytest.approx(known[f"epl{name[1]}"])
    for decimals in (4, None):  # twentieths: rounding changes none
        made = vulnerability(known[four], decimals)
        assert made["sum"].to_numpy() == pytest.approx(known["spl"].to_numpy(), abs=1e-12)
        assert made["rank"].to_numpy() == pytest.approx(known["rpl"].to_numpy(), abs=1e-12)
        assert made["flags"].tolist() == known["flags90"].tolist()


THEMES = {
    "THEME1": ["POV150", "UNEMP", "HBURD", "NOHSDP", "UNINSUR"],
    "THEME2": ["AGE65", "AGE17", "DISABL", "SNGPNT", "LIMENG"],
    "THEME3": ["MINRTY"],
    "THEME4": ["MUNIT", "MOBILE", "CROWD", "NOVEH", "GROUPQ"],
}


@pytest.fixture(scope="module")
def svi(data):
    """The index of 2020 for the counties of one state; -999 is missing. All rank upwards."""
    name = "known_answers/CDC_SVI_2020_Pennsylvania_county.csv"
    table = pd.read_csv(data / name, encoding="utf-8-sig")
    assert len(table) == 67
    return table.mask(table == -999)


def test_percentile_ranks_are_the_published_ones_exactly(svi):
    names = [name for theme in THEMES.values() for name in theme]
    ranks = percentile_ranks(svi[[f"EP_{name}" for name in names]], 4)
    assert ranks.to_numpy().tolist() == svi[[f"EPL_{name}" for name in names]].to_numpy().tolist()
    assert ranks.shape == (67, 16)


def test_themes_and_the_whole_are_the_published_ones_exactly(svi):
    every = [name for theme in THEMES.values() for name in theme]
    for theme, names in {**THEMES, "THEMES": every}.items():
        made = vulnerability(svi[[f"EP_{name}" for name in names]])
        flags = "F_TOTAL" if theme == "THEMES" else f"F_{theme}"
        assert made["sum"].tolist() == svi[f"SPL_{theme}"].round(4).tolist(), theme
        assert made["rank"].tolist() == svi[f"RPL_{theme}"].tolist(), theme
        assert made["flags"].tolist() == svi[flags].tolist(), theme


def test_themes_need_the_ranks_rounded_before_they_are_added(svi):
    """Added with all their places, sums that are tied as published come apart."""
    made = vulnerability(svi[[f"EP_{name}" for name in THEMES["THEME1"]]], decimals=None)
    assert (made["rank"].round(4) != svi["RPL_THEME1"]).sum() == 6


def test_area_with_a_missing_indicator_has_no_sum_but_counts_in_the_ranks_it_has():
    shares = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [np.nan, 1.0, 2.0]})
    made = vulnerability(shares)
    assert made.iloc[0].isna().all()
    assert made["sum"].tolist()[1:] == [0.5, 2.0]  # a: 0, 0.5, 1; b: 0, 1
    assert made["flags"].tolist()[1:] == [0, 2]
