"""Every real table at hand, by its first rows: what it is, or that it is none of ours."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from typing import NamedTuple

import pytest
from seldom_heard.taxonomies.catalogue import catalogue
from seldom_heard.taxonomies.errors import UnknownTable
from seldom_heard.taxonomies.recognise import recognise

BULK = "Nomis bulk file"
PERCENTAGES = "Nomis query export with percentages"
MNEMONICS = "Nomis query export with mnemonics"
MAPS = "ONS census maps file"
CUSTOM = "ONS custom dataset"
HEADINGS = "table with the published headings"
TIDY = "table with a row for each area and category"
PUBLISHED = "published file"


class Real(NamedTuple):
    """What a file is, as a person reads it off its first rows."""

    taxonomy: str
    role: str
    columns: int  # that mean something
    row: int  # of headings
    key: int | None  # likeliest position of the area codes; None where it is a column
    shape: str
    unit: str = "count"
    long: dict | None = None  # positions, in a table with a row for each area and category


def census(table: str, *rest, **more) -> Real:
    return Real(f"census2021_{table}", "counts", *rest, **more)


def bulk(table: str, columns: int) -> Real:
    return census(table, columns, 0, 2, BULK)


def change(level: str, columns: int) -> Real:
    return Real(f"{level}2011_{level}2021", "lookup", columns, 0, None, PUBLISHED)


def qof(role: str, columns: int) -> Real:
    return Real("qof", role, columns, 0, None, PUBLISHED)


REAL = {
    "census2021/MYE2020_single_year_age_LSOA11_SouthYorkshire.csv": (
        Real("ons_mye_age", "counts", 92, 0, 1, HEADINGS)
    ),
    "census2021/HEADERFORM_ons_census_maps_TS038_OA_SouthYorkshire.csv": (
        census("ts038", 3, 0, 0, MAPS)
    ),
    "census2021/HEADERFORM_ons_create_custom_dataset_regions.csv": (
        census("ts038", 0, 0, 0, CUSTOM, long={"category": 3, "value": 6, "summed": (5,)})
    ),
    "census2021/TS007A_age5yr_LSOA21_nomis_query_EnglandWales.csv.gz": (
        census("ts007a", 19, 5, 1, MNEMONICS)
    ),
    "census2021/TS007A_age5yr_LSOA21_nomis_query_SouthYorkshire.csv": (
        census("ts007a", 19, 5, 1, MNEMONICS)
    ),
    "census2021/TS007A_age_bands_PERCENT_LSOA21_Sheffield_Rotherham.csv": (
        census("ts007a", 18, 0, 0, HEADINGS, "percent")
    ),
    "census2021/TS011_hh_deprivation_LSOA21_nomis_query_pct_EnglandWales.csv.gz": (
        census("ts011", 6, 6, 0, PERCENTAGES)
    ),
    "census2021/TS011_hh_deprivation_LSOA21_nomis_query_pct_SouthYorkshire.csv": (
        census("ts011", 6, 6, 0, PERCENTAGES)
    ),
    "census2021/TS021_ethnic19_PERCENT_LSOA21_Sheffield_Rotherham.csv": (
        census("ts021", 19, 0, 1, HEADINGS, "percent")
    ),
    "census2021/TS021_ethnic6_LSOA21_nomis_query_mnemonic_SouthYorkshire.csv": (
        census("ts021", 6, 7, 1, MNEMONICS)
    ),
    "census2021/TS021_ethnic6_LSOA21_nomis_query_pct_EnglandWales.csv.gz": (
        census("ts021", 6, 6, 0, PERCENTAGES)
    ),
    "census2021/TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv": (
        census("ts021", 6, 6, 0, PERCENTAGES)
    ),
    "census2021/TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv": (
        census("ts021", 1, 0, 0, TIDY, long={"category": 2, "value": 3, "total": 1})
    ),
    "census2021/TS029_proficiency_MSOA21_SouthYorkshire.csv": census("ts029", 6, 0, 0, HEADINGS),
    "census2021/TS038_disability_LSOA21_tidy_SouthYorkshire.csv": (
        census("ts038", 1, 0, 0, TIDY, long={"category": 1, "value": 2, "total": 3})
    ),
    "census2021/census2021-ts011-oa_SouthYorkshire.csv": bulk("ts011", 6),
    "census2021/census2021-ts025-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv": bulk("ts025", 5),
    "census2021/census2021-ts025-oa_SouthYorkshire.csv": bulk("ts025", 5),
    "census2021/census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv": bulk("ts029", 7),
    "census2021/census2021-ts029-oa_SouthYorkshire.csv": bulk("ts029", 7),
    "census2021/census2021-ts037-oa_SouthYorkshire.csv": bulk("ts037", 6),
    "census2021/census2021-ts038-oa_SouthYorkshire.csv": bulk("ts038", 7),
    "census2021/census2021-ts045-oa_SouthYorkshire.csv": bulk("ts045", 5),
    "census2021/census2021-ts054-oa_SouthYorkshire.csv": bulk("ts054", 13),
    "deprivation/File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv": (
        Real("iod2025", "ranks", 48, 0, 0, PUBLISHED)
    ),
    "deprivation/IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv": (
        Real("iod2019", "ranks", 48, 0, 0, PUBLISHED)
    ),
    "deprivation/IoD2025_File7_VERBATIM_sample_17rows.csv": (
        Real("iod2025", "ranks", 48, 0, 0, PUBLISHED)
    ),
    "deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz": (
        Real("iod2025", "ranks", 42, 0, 0, PUBLISHED)
    ),
    "deprivation/IoD2025_LSOA21_SouthYorkshire_scores_ranks_deciles.csv": (
        Real("iod2025", "ranks", 42, 0, 0, PUBLISHED)
    ),
    "health/HoCLibrary_LAD_prevalence_2019-20_England.csv": qof("areas", 5),
    "health/PREVALENCE_2122_SouthYorkshire_RECONSTRUCTED.csv": qof("registers", 5),
    "health/gp-reg-pat-prac-lsoa-all_SouthYorkshire_RECONSTRUCTED.csv": qof("registrations", 4),
    "health/gp_registrations_by_LSOA11_Jul2022_SouthYorkshire_practices_all_LSOAs.csv.gz": (
        qof("registrations", 3)
    ),
    "health/gp_registrations_by_LSOA11_Jul2022_SouthYorkshire_residents.csv.gz": (
        qof("registrations", 3)
    ),
    "lookups/LSOA11_LSOA21_LAD22_EW_bestfit.csv.gz": change("lsoa", 2),
    "lookups/LSOA11_LSOA21_LAD22_EW_exact.csv.gz": change("lsoa", 3),
    "lookups/LSOA11_LSOA21_LAD22_SouthYorkshire_exact.csv": change("lsoa", 3),
    "lookups/LSOA11_LSOA21_household_weights_SouthYorkshire.csv": change("lsoa", 4),
    "lookups/LSOA11_LSOA21_population_weights_SouthYorkshire.csv": change("lsoa", 4),
    "lookups/MSOA11_MSOA21_LAD22_EW.csv.gz": change("msoa", 3),
    "lookups/MSOA_names_LAD_SouthYorkshire.csv": change("msoa", 2),
    "lookups/OA21_LSOA21_SouthYorkshire.csv": (
        Real("oa2021_areas2021", "nesting", 2, 0, None, PUBLISHED)
    ),
    "lookups/PCD_OA11_LSOA11_MSOA11_LAD_MAY22_SouthYorkshire_live.csv.gz": (
        Real("oa2011_areas2011", "nesting", 4, 0, None, PUBLISHED)
    ),
    "lookups/CodePointOpen_2025-05_SouthYorkshire.csv.gz": (
        Real("codepointopen", "postcodes", 4, 0, None, PUBLISHED)
    ),
}
# tables of others: what each calls itself by a prefix that only published tables have
UNKNOWN = {
    "census2021/HEADERFORM_nomis_bulk_census2021-ts007-ltla.csv": None,  # its prefix is TS007A's
    "census2021/census2021-ts001-oa_SouthYorkshire.csv": (
        "Number of usual residents in households and communal establishments (TS001)"
    ),
    "census2021/census2021-ts004-oa_SouthYorkshire.csv": "Country of birth (TS004)",
    "census2021/census2021-ts006-oa_SouthYorkshire.csv": "Population density (TS006)",
    "census2021/census2021-ts026-oa_SouthYorkshire.csv": (
        "Multiple main languages in household (TS026)"
    ),
    "census2021/census2021-ts030-oa_SouthYorkshire.csv": "Religion (TS030)",
    "deprivation/IoD2019_File8_indicators_LSOA11_SouthYorkshire.csv": None,
    "deprivation/IoD2019_LAD19_summaries_File10_tidy.csv": None,
    "deprivation/IoD2025_File8_indicators_LSOA21_SouthYorkshire.csv": None,
    "health/HoCLibrary_gp_list_by_age_Apr2020_SouthYorkshire.csv": None,
    "health/HoCLibrary_lsoa_geog_lookup_SouthYorkshire.csv": None,
    "health/QOF_2021-22_prevalence_by_practice_England.csv.gz": None,  # by practice, shares only
    "health/QOF_2021-22_prevalence_by_practice_SouthYorkshire.csv": None,
    "health/epraccur_RAW_no_header_SouthYorkshire.csv": None,
    "health/gp-reg-pat-prac-map_Jan2022_SouthYorkshire.csv": None,
    "health/gp_practice_locations_SouthYorkshire.csv": None,
    "health/gp_practices_epraccur_extract_SouthYorkshire.csv": None,
    "known_answers/CDC_SVI_2020_Pennsylvania_county.csv": None,
    "known_answers/imd2025_subicb_scores_SouthYorkshire.csv": None,
    "known_answers/townsend/Dataset_2011_UK_Local_Authority.csv": None,
    "known_answers/townsend/Scores_2011_UK_Local_Authority.csv": None,
    "lookups/LAD_codes_all_with_active.csv": None,
    "lookups/LSOA11_MSOA11_SouthYorkshire.csv": None,
    "lookups/LSOA11_WD17_SouthYorkshire.csv": None,
    "lookups/LSOA21_LAD23_EW.csv.gz": None,
    "lookups/LSOA21_SICBL24_ICB24_SouthYorkshire.csv": None,
    "lookups/LSOA21_WD24_LAD24_EW_bestfit.csv.gz": None,
    "lookups/LSOA21_WD24_LAD24_SouthYorkshire_bestfit.csv": None,
    "lookups/LSOA_latlong_SouthYorkshire.csv": None,
    "lookups/RUC21_LSOA21_SouthYorkshire.csv": None,
    "simulated/survey_responses_sheffield_SIMULATED.csv": None,  # a row for each reply
    "simulated/survey_truth_by_lsoa_SIMULATED.csv": None,
}
NO_HEADINGS = {"health/epraccur_RAW_no_header_SouthYorkshire.csv"}


def the(found):
    """Return the one table that was found."""
    assert len(found) == 1
    return found[0]


def test_every_file_at_hand_is_judged(data):
    there = {str(path.relative_to(data)) for path in data.glob("**/*.csv*")}
    assert there == REAL.keys() | UNKNOWN.keys()


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_table_is_recognised(head_of, name):
    real, head = REAL[name], head_of(name)  # as it is, byte order mark and all
    found = the(recognise(head, catalogue()))
    assert (found.taxonomy.id, found.shape.role) == (real.taxonomy, real.role)
    assert (len(found.columns), found.heading_row) == (real.columns, real.row)
    assert (found.shape_name, found.unit) == (real.shape, real.unit)
    assert all(len(places) == 1 for places in found.columns.values())
    places = {at for several in found.columns.values() for at in several}
    if real.long is None:
        assert found.long is None
    else:
        wanted = {"measure": None, "total": None, "summed": (), **real.long}
        assert {key: getattr(found.long, key) for key in wanted} == wanted
        places |= found.long.used
    assert found.headings == {at: head[real.row][at] for at in places}
    if real.key is not None:
        assert found.keys[0] == real.key


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_real_table_of_others_is_refused_by_what_it_calls_itself(head_of, name):
    with pytest.raises(UnknownTable) as caught:
        recognise(head_of(name), catalogue())
    title = UNKNOWN[name]
    assert caught.value.title is None if title is None else title in (caught.value.title or "")
    assert caught.value.nearest in {None, *(taxonomy.name for taxonomy in catalogue())}


def test_refusal_shows_the_headings_and_not_a_row_of_data(head_of):
    wrong = {}
    for name in UNKNOWN:
        head = head_of(name, "utf-8-sig")
        headings = [] if name in NO_HEADINGS else [c.strip() for c in head[0] if c.strip()]
        with pytest.raises(UnknownTable) as caught:
            recognise(head, catalogue())
        named = caught.value.headings
        if named != headings:
            wrong[name] = named[:3]
    assert wrong == {}


def test_heading_that_the_publisher_cut_off_is_taken_and_said(head_of):
    head = head_of("deprivation/IoD2025_File7_VERBATIM_sample_17rows.csv")
    found = the(recognise(head, catalogue()))
    assert [cell for cell in head[0] if cell.endswith("10% of LSO")] != []
    assert len(found.truncated) == 1
    assert found.truncated[0].endswith("10% of lso")


def test_real_columns_mean_what_their_numbers_say(head_of):
    """A first real row: parts add up to the total, ranks fit their deciles."""
    head = head_of("census2021/TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv")
    found = the(recognise(head, catalogue()))
    row = next(r for r in head[found.heading_row + 1 :] if any(r))
    figures = {name: int(row[at]) for name, (at,) in found.columns.items()}
    assert figures == {
        "total": 2462,
        "asian": 29,
        "black": 7,
        "mixed": 17,
        "white": 2395,
        "other": 14,
    }
    head = head_of("deprivation/IoD2025_File7_VERBATIM_sample_17rows.csv")
    found = the(recognise(head, catalogue()))
    for row in head[1:]:
        rank, decile = (int(row[found.columns[name][0]]) for name in ("imd_rank", "imd_decile"))
        assert decile == -(-10 * rank // 33_755)


def test_long_and_wide_table_of_the_same_counts_say_the_same(data, read_head):
    wide = read_head(
        data / "census2021/TS021_ethnic6_LSOA21_nomis_query_mnemonic_SouthYorkshire.csv"
    )
    long = read_head(data / "census2021/TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv")
    names = {"Asian, Asian British or Asian Welsh", "White", "Other ethnic group"}
    (one,), (other,) = recognise(wide, catalogue()), recognise(long, catalogue())
    assert one.taxonomy is other.taxonomy
    assert {row[other.long.category] for row in long[1:]} >= names
    assert {wide[one.heading_row][at] for (at,) in one.columns.values()} >= names


# --- only the head is read


@pytest.mark.parametrize("name", sorted(REAL))
def test_first_rows_say_the_same_as_the_whole_table(data, name):
    """Of 60 rows and of far more: no row further down changes what a table is."""
    path = data / name
    unpack = gzip.open if path.suffix == ".gz" else open
    with unpack(path, "rt", encoding="utf-8", newline="") as file:
        whole = list(islice(csv.reader(file), 6_000))
    seen = []
    for head in (whole[:60], whole):
        found = the(recognise(head, catalogue()))
        seen.append(
            {
                "taxonomy": found.taxonomy.id,
                "role": found.shape.role,
                "row": found.heading_row,
                "columns": found.columns,
                "headings": found.headings,
                "unit": found.unit,
                "long": found.long,
                "key": found.keys[:1],
            }
        )
    assert seen[0] == seen[1]
