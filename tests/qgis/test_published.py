"""Real published tables in every shape: recognised, read, and the figures as published."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest

from .helpers import SHEFFIELD, make_areas, open_layer, refused, rows_of, run, write_csv

GROUPS = ("asian", "black", "mixed", "white", "other")
PARTS = {"asian": 5, "black": 3, "mixed": 4, "white": 5, "other": 2}  # of the 19 categories


@pytest.fixture(scope="module")
def data(shared):
    return shared / "data"


@pytest.fixture(scope="module")
def sheffield(data):
    layer = open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")
    assert layer.setSubsetString(f"\"LADCD_ACTIVE\" = '{SHEFFIELD}'")
    assert layer.featureCount() == 343
    return layer


@pytest.fixture(scope="module")
def yorkshire(data):
    return open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")


def profiled(name, areas, *tables, **more):
    return run(name, INPUT=areas, TABLES=list(tables), OUTPUT="memory:", **more)


def figures(outcome, prefix, code="LSOA21CD"):
    names = [f.name() for f in outcome.layer.fields() if f.name().startswith(prefix)]
    return {row[code]: {n: row[n] for n in names} for row in outcome.rows()}


def rows_of_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# --- shapes of one table ----------------------------------------------------------------------


def test_19_percentages_and_6_counts_agree_within_rounding(data, sheffield):
    """Each of k parts is off by up to 0.05, and the sum of the other table by 0.05 more."""
    census = data / "census2021"
    shares = profiled(
        "profileethnicity",
        sheffield,
        census / "TS021_ethnic19_PERCENT_LSOA21_Sheffield_Rotherham.csv",
    )
    counts = profiled(
        "profileethnicity",
        sheffield,
        census / "TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
    )
    one, other = figures(shares, "eth_"), figures(counts, "eth_")
    assert one.keys() == other.keys() and len(one) == 343
    for group, parts in PARTS.items():
        off = [abs(one[c][f"eth_{group}_pct"] - other[c][f"eth_{group}_pct"]) for c in one]
        assert max(off) <= 0.05 * (parts + 1) + 1e-9, group
        assert sum(off) / len(off) < 0.05 * parts, group
    assert not [name for name in one["E01007823"] if name.endswith(("_n", "_lo", "_total"))]
    assert (
        "no counts and no limits" in shares.log.text and "rounded to 1 decimal" in shares.log.text
    )
    assert {"eth_minority_pct", "eth_diversity", "eth_largest"} <= set(one["E01007823"])


def test_counts_are_derived_from_percentages_where_a_total_is_there(data, sheffield, tmp_path):
    census = data / "census2021"
    shares = rows_of_csv(census / "TS021_ethnic19_PERCENT_LSOA21_Sheffield_Rotherham.csv")
    tidy = rows_of_csv(census / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv")
    totals = {row["lsoa21_code"]: float(row["total_residents"]) for row in tidy}
    published = {(r["lsoa21_code"], r["ethnic_group"]): float(r["n"]) for r in tidy}
    rows = [[*list(r.values())[1:], totals[r["lsoa21cd"]]] for r in shares]
    table = write_csv(tmp_path / "t.csv", rows, [*list(shares[0])[1:], "Total"])
    outcome = profiled("profileethnicity", sheffield, table)
    found = figures(outcome, "eth_")
    white = [
        abs(found[code]["eth_white_n"] - published[code, "White"]) / totals[code] for code in found
    ]
    assert max(white) < 0.0025 + 0.0035  # five parts of half a tenth of a per cent, and noise
    assert all(isinstance(row["eth_white_n"], int) for row in found.values())
    assert {code: row["eth_total"] for code, row in found.items()} == {
        code: totals[code] for code in found
    }
    alias = outcome.layer.fields().field("eth_white_n").alias()
    assert "derived from published percentages" in alias
    limits = [r["eth_minority_pct_lo"] < r["eth_minority_pct"] for r in found.values()]
    assert all(limits)


def test_percentages_without_a_total_cannot_be_protected(data, sheffield):
    table = data / "census2021" / "TS021_ethnic19_PERCENT_LSOA21_Sheffield_Rotherham.csv"
    message = refused(
        "profileethnicity", INPUT=sheffield, TABLES=[table], SUPPRESSION="nhs", OUTPUT="memory:"
    )
    assert table.name in message and "percentages" in message and "nhs" in message


def test_long_form_and_wide_form_of_one_table_give_the_same(data, yorkshire):
    """The tidy copy was made of the same download: equal to the last digit."""
    census = data / "census2021"
    long = profiled(
        "profileethnicity", yorkshire, census / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv"
    )
    wide = profiled(
        "profileethnicity",
        yorkshire,
        census / "TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
    )
    one, other = figures(long, "eth_"), figures(wide, "eth_")
    assert len(one) == 860
    for code, row in other.items():
        assert one[code] == pytest.approx(row), code


def test_nomis_download_with_counts_and_percentages_side_by_side(data, yorkshire, tmp_path):
    """A row for each area, category and measure, as Nomis' own interface gives it."""
    tidy = rows_of_csv(data / "census2021" / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv")
    rows = []
    for row in tidy:
        label = f"{row['ethnic_group']}"
        for measure, value in (("Value", row["n"]), ("Percent", 100 * float(row["prop"]))):
            rows.append(["2021", row["lsoa21_code"], label, measure, value])
    headings = ["DATE", "GEOGRAPHY_CODE", "C2021_ETH_20_NAME", "MEASURES_NAME", "OBS_VALUE"]
    for order in (1, -1):  # sorted either way
        table = write_csv(tmp_path / f"t{order}.csv", rows[::order], headings)
        outcome = profiled("profileethnicity", yorkshire, table)
        found = figures(outcome, "eth_")
        white = {r["lsoa21_code"]: float(r["n"]) for r in tidy if r["ethnic_group"] == "White"}
        assert {code: row["eth_white_n"] for code, row in found.items()} == white
        assert "Nomis download" in outcome.log.text


def test_percentages_under_a_heading_of_counts_are_not_taken_for_counts(data, yorkshire, tmp_path):
    tidy = rows_of_csv(data / "census2021" / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv")
    tidy.sort(key=lambda row: row["ethnic_group"])  # so that no area is whole in the head
    rows = [[r["lsoa21_code"], r["ethnic_group"], 100 * float(r["prop"])] for r in tidy]
    table = write_csv(tmp_path / "t.csv", rows, ["lsoa21_code", "ethnic_group", "value"])
    message = refused("profileethnicity", INPUT=yorkshire, TABLES=[table], OUTPUT="memory:")
    assert "t.csv" in message and "'percent'" in message
    table = write_csv(tmp_path / "t.csv", rows, ["lsoa21_code", "ethnic_group", "percent"])
    outcome = profiled("profileethnicity", yorkshire, table)
    white = {r["lsoa21_code"]: 100 * float(r["prop"]) for r in tidy if r["ethnic_group"] == "White"}
    found = {c: r["eth_white_pct"] for c, r in figures(outcome, "eth_").items()}
    assert found == pytest.approx(white)


def test_percentages_with_a_total_of_a_hundred_have_no_counts(sheffield, tmp_path):
    names = ("Asian, Asian British or Asian Welsh", "White", "Other ethnic group")
    names += ("Black, Black British, Black Welsh, Caribbean or African",)
    names += ("Mixed or Multiple ethnic groups", "Total")
    codes = [row["LSOA21CD"] for row in rows_of(sheffield)]
    rows = [[code, 10.5, 70.1, 5.4, 4, 10, 100] for code in codes]
    table = write_csv(tmp_path / "t.csv", rows, ["code", *names])
    outcome = profiled("profileethnicity", sheffield, table)
    first = figures(outcome, "eth_")[codes[0]]
    assert first["eth_white_pct"] == pytest.approx(70.1)
    assert "eth_total" not in first and "eth_white_n" not in first


def test_ons_custom_dataset_adds_up_its_other_variables(data):
    """Disability by age for regions: the ages are added up, 'does not apply' is left out."""
    path = data / "census2021" / "HEADERFORM_ons_create_custom_dataset_regions.csv"
    expected = defaultdict(lambda: defaultdict(int))
    for row in rows_of_csv(path):
        expected[row["Regions Code"]][row["Disability (3 categories)"]] += int(row["Observation"])
    regions = sorted(expected)
    outcome = profiled("profilebarriers", make_areas(regions, "RGN21CD"), path)
    found = figures(outcome, "barrier_", "RGN21CD")
    for code, parts in expected.items():
        disabled = parts["Disabled under the Equality Act"]
        rest = parts["Not disabled under the Equality Act"]
        assert found[code]["barrier_disabled_n"] == disabled
        assert found[code]["barrier_disability_total"] == disabled + rest
        assert found[code]["barrier_disabled_pct"] == pytest.approx(
            100 * disabled / (disabled + rest)
        )
    assert "ONS custom dataset" in outcome.log.text


def test_ons_census_maps_file_uses_its_counts(data):
    path = data / "census2021" / "HEADERFORM_ons_census_maps_TS038_OA_SouthYorkshire.csv"
    rows = rows_of_csv(path)[:40]
    areas = make_areas([r["Geography code"] for r in rows], "OA21CD")
    found = figures(profiled("profilebarriers", areas, path), "barrier_", "OA21CD")
    for row in rows:
        assert found[row["Geography code"]]["barrier_disabled_n"] == int(
            row["Disabled under the Equality Act"]
        )
        assert found[row["Geography code"]]["barrier_disabled_pct"] == pytest.approx(
            float(row["Percentage: Disabled under the Equality Act"]), abs=0.0500001
        )


def test_disability_in_long_form_and_from_output_areas_differ_by_noise_alone(data, yorkshire):
    census = data / "census2021"
    long = profiled(
        "profilebarriers", yorkshire, census / "TS038_disability_LSOA21_tidy_SouthYorkshire.csv"
    )
    summed = profiled(
        "profilebarriers",
        yorkshire,
        census / "census2021-ts038-oa_SouthYorkshire.csv",
        data / "lookups" / "OA21_LSOA21_SouthYorkshire.csv",
    )
    one, other = figures(long, "barrier_"), figures(summed, "barrier_")
    assert len(one) == len(other) == 860
    off = [abs(one[c]["barrier_disabled_n"] - other[c]["barrier_disabled_n"]) for c in one]
    assert 0 < max(off) <= 15 and sum(off) / len(off) < 3
    assert "differ a little from the published figures" in summed.log.text


# --- output areas added up --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ts025", "ts029"])
def test_sums_of_output_areas_are_those_of_the_derived_file(data, yorkshire, name):
    census, lookup = data / "census2021", data / "lookups" / "OA21_LSOA21_SouthYorkshire.csv"
    summed = profiled(
        "profilelanguage", yorkshire, census / f"census2021-{name}-oa_SouthYorkshire.csv", lookup
    )
    derived = profiled(
        "profilelanguage",
        yorkshire,
        census / f"census2021-{name}-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
    )
    assert figures(summed, "lang_") == figures(derived, "lang_")


def test_an_area_lacking_an_output_area_is_missing_not_too_small(data, yorkshire, tmp_path):
    lookup = data / "lookups" / "OA21_LSOA21_SouthYorkshire.csv"
    inside = {r["OA21CD"]: r["LSOA21CD"] for r in rows_of_csv(lookup)}
    with (data / "census2021" / "census2021-ts045-oa_SouthYorkshire.csv").open() as stream:
        lines = list(csv.reader(stream))
    lost = lines.pop(1)[2]
    table = write_csv(tmp_path / "t.csv", lines[1:], lines[0])
    outcome = profiled("profilebarriers", yorkshire, table, lookup)
    found = figures(outcome, "barrier_")
    missing = [code for code, row in found.items() if row["barrier_hh_no_car_n"] is None]
    assert missing == [inside[lost]]
    assert inside[lost] in outcome.log.text


def test_shares_of_output_areas_are_not_added_up(data, yorkshire, tmp_path):
    lookup = data / "lookups" / "OA21_LSOA21_SouthYorkshire.csv"
    rows = [
        [
            r["Geography code"],
            r["Percentage: Disabled under the Equality Act"],
            r["Percentage: Not disabled under the Equality Act"],
        ]
        for r in rows_of_csv(
            data / "census2021" / "HEADERFORM_ons_census_maps_TS038_OA_SouthYorkshire.csv"
        )
    ]
    headings = [
        "code",
        "Percentage: Disabled under the Equality Act",
        "Percentage: Not disabled under the Equality Act",
    ]
    table = write_csv(tmp_path / "t.csv", rows, headings)
    message = refused("profilebarriers", INPUT=yorkshire, TABLES=[table, lookup], OUTPUT="memory:")
    assert "output areas" in message and "t.csv" in message


# --- other tables -----------------------------------------------------------------------------


def test_ages_as_percentages_and_as_counts_agree(data, sheffield):
    census = data / "census2021"
    shares = profiled(
        "profilebarriers",
        sheffield,
        census / "TS007A_age_bands_PERCENT_LSOA21_Sheffield_Rotherham.csv",
    )
    counts = profiled(
        "profilebarriers", sheffield, census / "TS007A_age5yr_LSOA21_nomis_query_SouthYorkshire.csv"
    )
    one, other = figures(shares, "barrier_"), figures(counts, "barrier_")
    off = [
        abs(one[c]["barrier_aged_65_over_pct"] - other[c]["barrier_aged_65_over_pct"]) for c in one
    ]
    assert max(off) <= 5 * 0.05 + 0.35


def test_sub_domains_come_with_every_detail_alone(data, yorkshire):
    table = data / "deprivation" / "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv"
    plain = profiled("profiledeprivation", yorkshire, table)
    detailed = profiled("profiledeprivation", yorkshire, table, LEVEL="category")
    rows = {r["LSOA code (2021)"]: r for r in rows_of_csv(table)}
    more = set(figures(detailed, "dep_")["E01007317"]) - set(figures(plain, "dep_")["E01007317"])
    assert {"dep_indoors_rank", "dep_indoors_decile", "dep_adult_skills_decile"} <= more
    for code, row in figures(detailed, "dep_").items():
        assert row["dep_indoors_rank"] == int(
            rows[code]["Indoors Sub-domain Rank (where 1 is most deprived)"]
        )
        assert row["dep_indoors_decile"] == int(
            rows[code]["Indoors Sub-domain Decile (where 1 is most deprived 10% of LSOAs)"]
        )


def test_tidy_copy_of_the_national_file_gives_what_file_7_gives(data, yorkshire):
    folder = data / "deprivation"
    tidy = profiled(
        "profiledeprivation",
        yorkshire,
        folder / "IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz",
    )
    local = profiled(
        "profiledeprivation", yorkshire, folder / "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv"
    )
    one, other = figures(tidy, "dep_"), figures(local, "dep_")
    for name in ("dep_imd_rank", "dep_imd_decile", "dep_core20", "dep_crime_decile"):
        assert {c: r[name] for c, r in one.items()} == {c: r[name] for c, r in other.items()}
    assert "all of England" in tidy.log.text


# --- authorities under old and new codes ------------------------------------------------------

AUTHORITIES = {"E08000039": "E08000019", "E08000038": "E08000016", "E08000017": "E08000017"}


@pytest.fixture(scope="module")
def prevalence(data):
    return data / "health" / "HoCLibrary_LAD_prevalence_2019-20_England.csv"


def test_prevalence_of_authorities_in_long_form_under_their_new_codes(prevalence):
    layer = make_areas(list(AUTHORITIES), "LAD25CD")
    outcome = profiled("profileprevalence", layer, prevalence)
    published = {(r["lad_code"], r["group_code"]): r for r in rows_of_csv(prevalence)}
    found = figures(outcome, "prev_", "LAD25CD")
    for new, old in AUTHORITIES.items():
        for code in ("DM", "COPD", "AST", "HYP"):
            row = published[old, code]
            name = f"prev_{code.lower()}"
            assert found[new][f"{name}_pct"] == pytest.approx(100 * float(row["prevalence"]))
            assert found[new][f"{name}_n"] == pytest.approx(float(row["register"]))
            assert found[new][f"{name}_pct_lo"] < found[new][f"{name}_pct"]
    assert "E08000019 = E08000039" in outcome.log.text


def test_figures_of_another_place_are_not_taken_for_it(prevalence):
    layer = make_areas(["E08000039", "E08990001"], "LAD25CD")
    message = refused("profileprevalence", INPUT=layer, TABLES=[prevalence], OUTPUT="memory:")
    assert "E08990001" in message and "E08000039" not in message


def test_public_health_profile(tmp_path):
    """The shape of a download of public health profiles: several periods, sexes and breakdowns."""
    headings = [
        *("Indicator ID", "Indicator Name", "Parent Code", "Area Code", "Area Name", "Sex", "Age"),
        *("Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit"),
        *("Upper CI 95.0 limit", "Count", "Denominator"),
    ]
    name = "Diabetes: QOF prevalence"
    rows = []
    for area, cases, base in (("E02001509", 600, 8000), ("E02001510", 480, 6000)):
        for period, more in (("2021/22", 0), ("2022/23", 30)):
            n = cases + more
            rows.append(
                [
                    *(241, name, "", area, "", "Persons", "17+ yrs", "", "", period),
                    *(100 * n / base, 7.0, 8.9, n, base),
                ]
            )
        rows.append(
            [
                *(241, name, "", area, "", "Persons", "17+ yrs", "Deprivation", "Most", "2022/23"),
                *(9.9, 9, 10, 1, 2),
            ]
        )
        rows.append(
            [1, "Life expectancy", "", area, "", "Male", "All", "", "", "2022/23", 78, 1, 2, "", ""]
        )
    layer = make_areas(["E02001509", "E02001510"], "MSOA21CD")
    outcome = profiled("profileprevalence", layer, write_csv(tmp_path / "f.csv", rows, headings))
    found = figures(outcome, "prev_", "MSOA21CD")["E02001509"]
    assert found == {
        "prev_dm_n": 630,
        "prev_dm_pct": pytest.approx(7.875),
        "prev_dm_pct_lo": 7.0,
        "prev_dm_pct_hi": 8.9,
    }
    assert "2022/23" in outcome.layer.fields().field("prev_dm_pct").alias()
    assert "LIFE EXPECTANCY" in outcome.log.text.upper()


# --- wrong tables -----------------------------------------------------------------------------


def test_religion_given_for_ethnicity_is_named(data, yorkshire):
    table = data / "census2021" / "census2021-ts030-oa_SouthYorkshire.csv"
    message = refused("profileethnicity", INPUT=yorkshire, TABLES=[table], OUTPUT="memory:")
    assert table.name in message and "Religion (TS030)" in message
    assert "Ethnic group (TS021)" in message  # what can be used


def test_ages_given_for_ethnicity_are_named(data, yorkshire):
    table = data / "census2021" / "TS007A_age5yr_LSOA21_nomis_query_SouthYorkshire.csv"
    message = refused("profileethnicity", INPUT=yorkshire, TABLES=[table], OUTPUT="memory:")
    assert "ethnicity" in message and "TS007A" in message


def test_languages_of_authorities_are_not_spread_over_small_areas(tmp_path, yorkshire):
    from seldom_heard.taxonomies.catalogue import find

    taxonomy = find("census2021_ts024")
    leaves = [taxonomy.column(name) for name in taxonomy.leaves]
    headings = ["geography code", *(f"Main language (detailed): {c.label}" for c in leaves)]
    rows = [["E08000019", *range(1, len(leaves) + 1)], ["E08000016", *range(2, len(leaves) + 2)]]
    table = write_csv(tmp_path / "census2021-ts024-ltla.csv", rows, headings)
    message = refused("profilelanguage", INPUT=yorkshire, TABLES=[table], OUTPUT="memory:")
    assert "local authorities" in message and "LSOAs" in message
    layer = make_areas(["E08000039", "E08000038"], "LAD25CD")
    found = figures(profiled("profilelanguage", layer, table, LEVEL="category"), "lang_", "LAD25CD")
    total = sum(range(1, len(leaves) + 1))
    assert found["E08000039"]["lang_speaks_total"] == total
    at = [c.id for c in leaves].index("speaks_urdu") + 1
    assert found["E08000039"]["lang_speaks_urdu_n"] == at
    assert found["E08000039"]["lang_speaks_urdu_pct"] == pytest.approx(100 * at / total)


def test_checkinputs_says_of_these_what_the_profile_does(data, yorkshire, tmp_path):
    tables = [
        data / "census2021" / "census2021-ts045-oa_SouthYorkshire.csv",
        data / "lookups" / "OA21_LSOA21_SouthYorkshire.csv",
        data / "census2021" / "TS038_disability_LSOA21_tidy_SouthYorkshire.csv",
    ]
    outcome = run("checkinputs", INPUT=yorkshire, TABLES=tables, REPORT=tmp_path / "r.html")
    assert (outcome.results["RECOGNISED"], outcome.results["PROBLEMS"]) == (3, 0)
    assert "added up" in outcome.log.text
