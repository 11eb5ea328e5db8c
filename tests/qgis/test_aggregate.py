"""Small areas added up to places: what is added, made anew, averaged, and what is left out."""

from __future__ import annotations

import csv
import json

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer, QgsWkbTypes
from seldom_heard.methods.proportions import wilson

from .helpers import (
    SAMPLE,
    Log,
    ethnic_csv,
    ethnic_rows,
    lsoas,
    make_areas,
    open_layer,
    refused,
    rows_of,
    run,
    write_csv,
    xlsx,
)

CODES = lsoas(6)
WARDS = ["E05000976", "E05000976", "E05000976", "E05000977", "E05000977", "E05000978"]
AUTHORITY = "E08000038"
HEADINGS = ["LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM", "ObjectId"]
NAMES = {"E05000976": "Central", "E05000977": "Cudworth", "E05000978": "Darfield"}
ETHNIC = ["eth_total", *(f"eth_{g}_n" for g in ("asian", "black", "mixed", "white", "other"))]


@pytest.fixture
def lookup(tmp_path):
    rows = [
        [code, f"Place {at}", ward, NAMES[ward], AUTHORITY, "Barnsley", at]
        for at, (code, ward) in enumerate(zip(CODES, WARDS))
    ]
    return write_csv(tmp_path / "LSOA21_WD24_LAD24.csv", rows, HEADINGS, encoding="utf-8-sig")


@pytest.fixture
def profiled(tmp_path):
    """Six areas with ethnicity, as profileethnicity leaves them."""
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    out = tmp_path / "profiled.gpkg"
    run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT=out)
    return out


def names_of(layer):
    return [field.name() for field in layer.fields()]


def wards_of(outcome, field="WD24CD"):
    return outcome.by_code(field)


# --- sums ---------------------------------------------------------------------------------------


def test_counts_are_added_up_and_shares_made_anew(profiled, lookup):
    out = run(
        "aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:"
    )
    wards = wards_of(out)
    raw = {row[2]: row[3:] for row in ethnic_rows(CODES)}
    assert names_of(out.layer)[:3] == ["WD24CD", "WD24NM", "areas_n"]
    for ward, name in NAMES.items():
        inside = [code for code, of in zip(CODES, WARDS) if of == ward]
        sums = [sum(raw[code][at] for code in inside) for at in range(6)]
        got = wards[ward]
        assert (got["WD24NM"], got["areas_n"]) == (name, len(inside))
        assert [got[field] for field in ETHNIC] == sums
        assert got["eth_asian_pct"] == pytest.approx(100 * sums[1] / sums[0])
        assert got["eth_diversity"] == pytest.approx(
            1 - sum((n / sum(sums[1:])) ** 2 for n in sums[1:])
        )
        assert got["eth_largest"] == "White"
        outside = sums[0] - sums[4]
        low, high = wilson(outside, sums[0])
        assert got["eth_minority_excl_white_pct_lo"] == pytest.approx(float(low))
        assert got["eth_minority_excl_white_pct_hi"] == pytest.approx(float(high))


def test_whole_counts_stay_whole_and_titles_stay(profiled, lookup):
    out = run(
        "aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="wd24cd", OUTPUT="memory:"
    )
    assert isinstance(out.rows()[0]["eth_total"], int)
    aliases = {field.name(): field.alias() for field in out.layer.fields()}
    before = {field.name(): field.alias() for field in profile_of(profiled).fields()}
    assert aliases["eth_asian_pct"] == before["eth_asian_pct"] != ""
    assert aliases["areas_n"]


def profile_of(path):
    layer = open_layer(path)
    layer.loadDefaultStyle()
    return layer


def test_where_it_comes_from_travels_with_the_layer(profiled, lookup, tmp_path):
    target = tmp_path / "wards.gpkg"
    run("aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT=target)
    layer = profile_of(target)
    kept = json.loads(layer.customProperty("seldom_heard/provenance"))
    (source,) = kept["sources"]
    assert "Census 2021" in source["title"] and source["attribution"]
    assert "6 areas to 3 wards" in source["note"]
    assert set(source["fields"]) <= set(names_of(layer))
    assert layer.renderer().type() == "RuleRenderer"


def test_averages_and_hidden_counts_say_where_they_come_from(tmp_path):
    codes = [row["LSOA21CD"] for row in rows_of(open_layer(SAMPLE / "areas.gpkg"))]
    tables = [SAMPLE / "census2021-ts021-lsoa.csv", SAMPLE / "File_7_IoD2025.csv"]
    profiled = tmp_path / "city.gpkg"
    run("profileareas", INPUT=SAMPLE / "areas.gpkg", TABLES=tables, OUTPUT=profiled)
    lookup = write_csv(tmp_path / "l.csv", [[c, WARDS[0]] for c in codes], ["LSOA21CD", "WD24CD"])
    out = run(
        "aggregateareas",
        INPUT=profiled,
        LOOKUP=lookup,
        WEIGHT_FIELD="eth_total",
        SUPPRESSION="nhs",
        OUTPUT="memory:",
    )
    kept = json.loads(out.layer.customProperty("seldom_heard/provenance"))["sources"]
    rules = {name: source["suppression"] for source in kept for name in source["fields"]}
    assert rules["eth_total"] == "nhs" and rules["dep_imd_score_avg"] is None
    assert rules["dep_imd_tenth_pct"] is None
    assert set(rules) == set(names_of(out.layer)) - {"WD24CD", "areas_n"}


def test_two_steps_are_one_step(profiled, lookup, tmp_path):
    wards = tmp_path / "wards.gpkg"
    run("aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT=wards)
    upper = write_csv(tmp_path / "up.csv", [[w, AUTHORITY] for w in NAMES], ["WD24CD", "LAD24CD"])
    twice = run("aggregateareas", INPUT=wards, LOOKUP=upper, OUTPUT="memory:").rows()
    once = run(
        "aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="LAD24CD", OUTPUT="memory:"
    ).rows()
    same = [n for n in once[0] if n.startswith("eth_")]
    assert len(same) > 15
    for name in same:
        assert twice[0][name] == pytest.approx(once[0][name]), name
    assert (once[0]["areas_n"], twice[0]["areas_n"]) == (6, 3)


def test_a_missing_count_is_missing_in_its_place_and_said(lookup):
    values = {"eth_total": [10, 20, 30, 40, 50, 60], "eth_asian_n": [1, 2, 3, 4, None, 6]}
    areas = make_areas(CODES, **values, eth_asian_pct=[10.0, 10.0, 10.0, 10.0, None, 10.0])
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    ward = wards_of(out)
    assert ward["E05000977"]["eth_asian_n"] is None and ward["E05000977"]["eth_asian_pct"] is None
    assert ward["E05000977"]["eth_total"] == 90
    assert ward["E05000976"]["eth_asian_pct"] == pytest.approx(10)
    assert "eth_asian_n in 1" in out.log.text


def test_hidden_counts_say_what_to_do_first(lookup, tmp_path):
    def small(rows):
        rows[1][4] = 3
        rows[1][3] = sum(rows[1][4:])

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=small)
    hidden = tmp_path / "hidden.gpkg"
    run(
        "profileethnicity",
        INPUT=make_areas(CODES),
        TABLES=[table],
        SUPPRESSION="nhs",
        OUTPUT=hidden,
    )
    out = run(
        "aggregateareas", INPUT=hidden, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:"
    )
    assert wards_of(out)["E05000976"]["eth_asian_n"] is None
    assert "Aggregate first, then hide small counts" in out.log.text


def test_small_sums_are_hidden_after_adding(lookup):
    areas = make_areas(CODES, replies=[1, 1, 1, 6, 7, 2], eth_total=[100] * 6)
    out = run(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=["replies"],
        SUPPRESSION="nhs",
        OUTPUT="memory:",
    )
    replies = {code: row["replies"] for code, row in wards_of(out).items()}
    assert replies == {"E05000976": None, "E05000977": 15, "E05000978": None}
    assert wards_of(out)["E05000976"]["eth_total"] == 300


# --- bases worked back, scores, ranks -----------------------------------------------------------


def test_a_share_without_its_base_gets_it_back(lookup):
    # 20 of 200, 30 of 600, 10 of 100: 60 of 900; in the second ward 0 of nobody knows how many
    areas = make_areas(
        CODES,
        prev_dm_n=[20.0, 30.0, 10.0, 5.0, 0.0, 8.0],
        prev_dm_pct=[10.0, 5.0, 10.0, 5.0, 0.0, 4.0],
        prev_dm_pct_lo=[1.0] * 6,
        prev_dm_pct_hi=[20.0] * 6,
        prev_coverage_pct=[99.0] * 6,
    )
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    wards = wards_of(out)
    low, high = wilson(60, 900)
    assert wards["E05000976"]["prev_dm_n"] == 60
    assert wards["E05000976"]["prev_dm_pct"] == pytest.approx(100 * 60 / 900)
    assert wards["E05000976"]["prev_dm_pct_lo"] == pytest.approx(float(low))
    assert wards["E05000976"]["prev_dm_pct_hi"] == pytest.approx(float(high))
    assert wards["E05000977"]["prev_dm_n"] == 5 and wards["E05000977"]["prev_dm_pct"] is None
    assert "prev_dm_pct in 1" in out.log.text
    assert "prev_coverage_pct" not in names_of(out.layer)
    assert not [name for name in names_of(out.layer) if name.startswith("(base)")]


def test_a_share_without_its_count_is_left_out_and_said(lookup):
    areas = make_areas(CODES, eth_total=[10] * 6, eth_asian_pct=[10.0] * 6)
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    assert "eth_asian_pct" not in names_of(out.layer)
    (line,) = [line for line in out.log.lines if "counts that they are shares of" in line]
    assert "eth_asian_pct" in line


DEPRIVED = {
    "dep_imd_score": [40.0, 10.0, 25.0, 8.0, 9.0, 60.0],
    "dep_imd_rank": [100, 20_000, 9_000, 30_000, 29_000, 5],
    "dep_imd_decile": [1, 7, 3, 9, 9, 1],
    "dep_core20": [1, 0, 0, 0, 0, 1],
    "people": [1000, 3000, 2000, 500, 1500, 100],
}


def test_scores_are_averaged_over_people_and_ranks_left_out(lookup):
    out = run(
        "aggregateareas",
        INPUT=make_areas(CODES, **DEPRIVED, sh_score=[0.5] * 6),
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        WEIGHT_FIELD="people",
        OUTPUT="memory:",
    )
    ward = wards_of(out)["E05000976"]
    assert ward["dep_imd_score_avg"] == pytest.approx((40_000 + 30_000 + 50_000) / 6000)
    assert ward["dep_imd_tenth_pct"] == pytest.approx(100 / 3)
    assert names_of(out.layer) == [
        *("WD24CD", "WD24NM", "areas_n", "dep_imd_score_avg", "dep_imd_tenth_pct")
    ]
    alias = {f.name(): f.alias() for f in out.layer.fields()}["dep_imd_score_avg"]
    assert "population-weighted average score (as File 10 of the English indices)" in alias
    for name in ("dep_imd_rank", "dep_imd_decile", "dep_core20", "sh_score"):
        assert name in out.log.text


def test_a_decile_that_is_missing_leaves_the_share_of_areas_missing(lookup):
    areas = make_areas(CODES, dep_imd_decile=[1, 2, None, 1, 1, 9])
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    assert [wards_of(out)[ward]["dep_imd_tenth_pct"] for ward in NAMES] == [None, 100, 0]


def test_people_below_zero_weigh_nothing(lookup):
    areas = make_areas(CODES, **{**DEPRIVED, "people": [1, 2, 3, 4, -5, 6]})
    message = refused(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        WEIGHT_FIELD="people",
        OUTPUT="memory:",
    )
    assert "people" in message and CODES[4] in message


def test_without_people_scores_are_left_out_and_said(lookup):
    out = run(
        "aggregateareas",
        INPUT=make_areas(CODES, **DEPRIVED),
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        OUTPUT="memory:",
    )
    assert names_of(out.layer) == ["WD24CD", "WD24NM", "areas_n", "dep_imd_tenth_pct"]
    assert "WEIGHT_FIELD" in out.log.text


def test_columns_of_a_published_table_are_added_up(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    with table.open(encoding="utf-8") as stream:
        headings, *rows = list(csv.reader(stream))
    columns = {h: [int(row[at]) for row in rows] for at, h in enumerate(headings) if at > 2}
    layer = make_areas(CODES, **{f"c{at}": values for at, values in enumerate(columns.values())})
    assert layer.startEditing()
    for at, heading in enumerate(columns):
        assert layer.renameAttribute(at + 1, heading)
    assert layer.commitChanges()
    out = run("aggregateareas", INPUT=layer, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    first = wards_of(out)["E05000976"]
    assert [first[h] for h in columns] == [sum(values[:3]) for values in columns.values()]
    # and they are still what they were to an algorithm
    again = run("profileethnicity", INPUT=out.layer, OUTPUT="memory:")
    assert wards_of(again)["E05000976"]["eth_total"] == first["Ethnic group: " + headings[3][14:]]


# --- places -------------------------------------------------------------------------------------


def test_several_levels_are_a_question(profiled, lookup):
    message = refused("aggregateareas", INPUT=profiled, LOOKUP=lookup, OUTPUT="memory:")
    assert "WD24CD, LAD24CD" in message and "LOOKUP_FIELD" in message


def test_a_heading_that_is_not_there_lists_those_that_are(profiled, lookup):
    message = refused(
        "aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="WD99CD", OUTPUT="memory:"
    )
    assert "WD99CD" in message and "WD24CD" in message and "LSOA21CD" not in message


def test_one_level_needs_no_heading(profiled, tmp_path):
    rows = [["x", code, AUTHORITY, "Barnsley"] for code in CODES]
    single = write_csv(tmp_path / "l.csv", rows, ["note", "lsoa21_code", "ltla24_code", "n"])
    out = run("aggregateareas", INPUT=profiled, LOOKUP=single, OUTPUT="memory:")
    assert names_of(out.layer)[:2] == ["ltla24_code", "areas_n"]
    assert out.rows()[0]["areas_n"] == 6


def test_places_of_ones_own(profiled, tmp_path):
    hubs = ["Old Town", "Old Town", "Hill", "Hill", "Hill", "Dale"]
    rows = [[code, at, hub] for at, (code, hub) in enumerate(zip(CODES, hubs))]
    own = write_csv(tmp_path / "hubs.csv", rows, ["area", "number", "hub"])
    out = run("aggregateareas", INPUT=profiled, LOOKUP=own, OUTPUT="memory:")
    assert {row["hub"]: row["areas_n"] for row in out.rows()} == {
        "Dale": 1,
        "Hill": 3,
        "Old Town": 2,
    }


def test_a_field_of_the_areas_says_the_place(tmp_path):
    areas = make_areas(CODES, WD24CD=WARDS, WD24NM=[NAMES[w] for w in WARDS], eth_total=[5] * 6)
    out = run("aggregateareas", INPUT=areas, GROUP_FIELD="WD24CD", OUTPUT="memory:")
    got = wards_of(out)["E05000977"]
    assert (got["WD24NM"], got["areas_n"], got["eth_total"]) == ("Cudworth", 2, 10)


def test_areas_without_a_code_lie_in_their_place_all_the_same():
    areas = make_areas([*CODES[:4], None, None], WD24CD=WARDS, eth_total=[5] * 6)
    out = run("aggregateareas", INPUT=areas, GROUP_FIELD="WD24CD", OUTPUT="memory:")
    assert [wards_of(out)[ward]["eth_total"] for ward in NAMES] == [15, 10, 5]


def test_areas_without_a_code_are_in_no_lookup(lookup):
    areas = make_areas([*CODES[:4], None, None], eth_total=[5] * 6)
    options = {"INPUT": areas, "LOOKUP": lookup, "LOOKUP_FIELD": "WD24CD", "OUTPUT": "memory:"}
    assert "2 of 6 areas lie in no place: they have no code" in refused("aggregateareas", **options)
    out = run("aggregateareas", MIN_MATCH=60, **options)
    assert sum(row["eth_total"] for row in out.rows()) == 20


def test_areas_without_a_place_of_their_own():
    areas = make_areas(CODES, WD24CD=[*WARDS[:5], None], eth_total=[5] * 6)
    options = {"INPUT": areas, "GROUP_FIELD": "WD24CD", "OUTPUT": "memory:"}
    assert CODES[5] in refused("aggregateareas", **options)
    out = run("aggregateareas", MIN_MATCH=80, **options)
    assert sum(row["eth_total"] for row in out.rows()) == 25


def test_codes_of_the_other_census_and_of_smaller_areas_are_no_larger_places(profiled, tmp_path):
    rows = [
        [f"E0000{at}{n}00", code, code, AUTHORITY]
        for at, code in enumerate(CODES)
        for n in range(2)
    ]
    headings = ["OA21CD", "LSOA11CD", "LSOA21CD", "LAD22CD"]
    lookup = write_csv(tmp_path / "l.csv", rows, headings)
    (row,) = run("aggregateareas", INPUT=profiled, LOOKUP=lookup, OUTPUT="memory:").rows()
    assert (row["LAD22CD"], row["areas_n"]) == (AUTHORITY, 6)


def test_places_under_the_codes_of_another_year(tmp_path):
    """Sheffield and Barnsley have codes of 2025 on the layer, older ones in the lookup."""
    areas = make_areas(["E08000039", "E08000038"], "LAD25CD", eth_total=[7, 8])
    rows = [[code, "E12000003"] for code in ("E08000019", "E08000016")]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LAD24CD", "RGN24CD"])
    (row,) = run("aggregateareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:").rows()
    assert (row["RGN24CD"], row["eth_total"]) == ("E12000003", 15)


def test_a_place_under_two_codes_is_one_place(tmp_path):
    wards = ["E05000976", "e05000976", "E05000977", "E05000977", "E05000978", "e05000978"]
    authorities = ["E08000019", "E08000039", "E08000039", "E08000016", "E08000038", "E08000038"]
    rows = [list(row) for row in zip(CODES, wards, authorities)]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "WD24CD", "LAD24CD"])
    areas = make_areas(CODES, eth_total=[1, 2, 4, 8, 16, 32], place=authorities)
    for field, options in (
        ("LAD24CD", {"LOOKUP": lookup, "LOOKUP_FIELD": "LAD24CD"}),
        ("place", {"GROUP_FIELD": "place"}),
    ):
        out = run("aggregateareas", INPUT=areas, **options, OUTPUT="memory:")
        got = {row[field]: row["eth_total"] for row in out.rows()}
        assert got == {"E08000039": 7, "E08000038": 56}
        assert "E08000019 = E08000039" in out.log.text
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    got = {row["WD24CD"]: row["eth_total"] for row in out.rows()}
    assert got == {"E05000976": 3, "E05000977": 12, "E05000978": 48}


def test_an_area_under_both_codes_of_its_place_lies_in_one(tmp_path):
    rows = [[code, place] for code in CODES for place in ("E08000019", "E08000039")]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "LAD24CD"])
    out = run(
        "aggregateareas",
        INPUT=make_areas(CODES, eth_total=[1] * 6),
        LOOKUP=lookup,
        OUTPUT="memory:",
    )
    assert [row["eth_total"] for row in out.rows()] == [6]


def test_a_lookup_of_2021_for_areas_of_2011_is_named(tmp_path):
    codes = [*lsoas(99), "E01007502"]
    rows = [[code, WARDS[0]] for code in [*codes[:-1], "E01034242"]]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "WD24CD"])
    areas = make_areas(codes, "LSOA11CD", eth_total=[1] * 100)
    message = refused("aggregateareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:")
    assert "a lookup for areas of 2021, and these are of 2011" in message


@pytest.mark.parametrize("kind", ["xlsx", "preamble", "gap", "layer"])
def test_lookups_in_other_shapes(profiled, lookup, tmp_path, kind):
    with lookup.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    if kind == "xlsx":
        source = xlsx(tmp_path / "l.xlsx", rows)
    elif kind == "gap":
        source = write_csv(tmp_path / "l.csv", [rows[0], [], *rows[1:]])
    elif kind == "preamble":
        source = write_csv(
            tmp_path / "l.csv", rows, preamble=[["Lookup"], []], encoding="cp1252", delimiter=";"
        )
    else:
        source = make_areas(CODES, WD24CD=WARDS, WD24NM=[NAMES[ward] for ward in WARDS])
    out = run(
        "aggregateareas", INPUT=profiled, LOOKUP=source, LOOKUP_FIELD="WD24CD", OUTPUT="memory:"
    )
    assert {row["WD24CD"]: row["areas_n"] for row in out.rows()} == {
        "E05000976": 3,
        "E05000977": 2,
        "E05000978": 1,
    }
    assert wards_of(out)["E05000976"]["WD24NM"] == "Central"


def test_two_names_of_a_place_are_said():
    names = ["Central", "Centre", "Central", "Cudworth", "Cudworth", "Darfield"]
    areas = make_areas(CODES, WD24CD=WARDS, WD24NM=names, eth_total=[5] * 6)
    out = run("aggregateareas", INPUT=areas, GROUP_FIELD="WD24CD", OUTPUT="memory:")
    assert wards_of(out)["E05000976"]["WD24NM"] == "Central"
    assert "more than one name in WD24NM" in out.log.text


@pytest.mark.parametrize("both", [True, False])
def test_places_are_given_once(profiled, lookup, both):
    areas = make_areas(CODES, WD24CD=WARDS)
    given = {"LOOKUP": lookup, "GROUP_FIELD": "WD24CD"} if both else {}
    message = refused("aggregateareas", INPUT=areas, **given, OUTPUT="memory:")
    assert "LOOKUP" in message and "GROUP_FIELD" in message


def test_an_area_in_two_places_is_an_error(profiled, tmp_path):
    rows = [[code, ward] for code, ward in zip(CODES, WARDS)] + [[CODES[0], "E05000978"]]
    double = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "WD24CD"])
    message = refused("aggregateareas", INPUT=profiled, LOOKUP=double, OUTPUT="memory:")
    assert CODES[0] in message and "more than one place" in message


def test_areas_in_no_place(profiled, tmp_path):
    rows = [[code, ward] for code, ward in zip(CODES, WARDS)][1:]
    short = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "WD24CD"])
    target = tmp_path / "out.gpkg"
    message = refused("aggregateareas", INPUT=profiled, LOOKUP=short, OUTPUT=target)
    assert "1 of 6" in message and CODES[0] in message and not target.exists()
    out = run("aggregateareas", INPUT=profiled, LOOKUP=short, MIN_MATCH=80, OUTPUT="memory:")
    assert sum(row["areas_n"] for row in out.rows()) == 5
    assert f"left out of all figures: {CODES[0]}" in out.log.text


def test_a_lookup_of_the_other_census_is_named(tmp_path):
    codes = [*lsoas(99), "E01034236"]
    lookup = write_csv(
        tmp_path / "l.csv", [[c, WARDS[0]] for c in codes[:-1]], ["LSOA11CD", "WD17CD"]
    )
    areas = make_areas(codes, eth_total=[1] * 100)
    message = refused("aggregateareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:")
    assert "2011" in message and "2021" in message and "convertareas" in message


def test_a_lookup_of_other_areas_shows_its_headings(profiled, tmp_path):
    other = write_csv(tmp_path / "l.csv", [["E02001509", AUTHORITY]], ["MSOA21CD", "LAD24CD"])
    message = refused("aggregateareas", INPUT=profiled, LOOKUP=other, OUTPUT="memory:")
    assert "MSOA21CD" in message and CODES[0] in message


# --- own counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([1, 2, -3, 4, 5, 6], "E01007319"), (["1", "2", "three", "4", "5", "6"], "'three'")],
)
def test_what_is_no_count_is_refused(lookup, values, wanted):
    areas = make_areas(CODES, mine=values)
    message = refused(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=["mine"],
        OUTPUT="memory:",
    )
    assert "mine" in message and wanted in message and "E01007319" in message


@pytest.mark.parametrize("name", ["dep_imd_rank", "dep_imd_score", "sh_score", "eth_asian_pct"])
def test_ranks_and_shares_are_no_counts(lookup, name):
    areas = make_areas(CODES, **{name: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    message = refused(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=[name],
        OUTPUT="memory:",
    )
    assert name in message and "cannot be added up" in message


def test_text_with_marks_of_suppression_is_missing(lookup):
    areas = make_areas(CODES, mine=["1", "2", "3", "*", "5", "1,200"])
    out = run(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=["mine"],
        OUTPUT="memory:",
    )
    assert [wards_of(out)[ward]["mine"] for ward in NAMES] == [6, None, 1200]


def test_a_count_beyond_all_people_is_no_crash(lookup):
    areas = make_areas(CODES, mine=[1e300] * 6)
    out = run(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=["mine"],
        OUTPUT="memory:",
    )
    assert [row["mine"] for row in out.rows()] == [3e300, 2e300, 1e300]


def test_a_field_that_is_not_there(lookup):
    message = refused(
        "aggregateareas",
        INPUT=make_areas(CODES, **DEPRIVED),
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        WEIGHT_FIELD="nobody",
        OUTPUT="memory:",
    )
    assert "nobody" in message


def test_a_place_with_the_name_of_a_new_field():
    areas = make_areas(CODES, eth_total=[1] * 6, areas_n=WARDS)
    message = refused("aggregateareas", INPUT=areas, GROUP_FIELD="areas_n", OUTPUT="memory:")
    assert "areas_n" in message and "rename" in message


def test_a_count_with_the_name_of_a_place(lookup):
    areas = make_areas(CODES, WD24NM=[1, 2, 3, 4, 5, 6])
    message = refused(
        "aggregateareas",
        INPUT=areas,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        COUNT_FIELDS=["WD24NM"],
        OUTPUT="memory:",
    )
    assert "WD24NM" in message and "rename" in message


def test_places_without_a_count_are_warned_of(lookup):
    areas = make_areas(CODES)
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    assert any("no counts that are known" in line for line in out.log.warnings)
    assert [row["areas_n"] for row in out.rows()] == [3, 2, 1]


def test_patients_may_be_more_than_residents(lookup):
    """900 of 500 and 900 of 1,000 residents, in each of the three areas of the first ward."""
    ratio = [180.0, 90.0, 90.0, 90.0, 90.0, 90.0]
    areas = make_areas(CODES, prev_registered_n=[900.0] * 6, prev_registered_ratio=ratio)
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    ward = out.by_code("WD24CD")["E05000976"]
    assert ward["prev_registered_n"] == 2700
    assert ward["prev_registered_ratio"] == pytest.approx(100 * 2700 / 2500)


# --- geometry -----------------------------------------------------------------------------------


def shapes_of(outcome):
    return {f["WD24CD"]: f.geometry() for f in outcome.layer.getFeatures()}


def test_borders_inside_a_place_are_dissolved(profiled, lookup):
    options = {"INPUT": profiled, "LOOKUP": lookup, "LOOKUP_FIELD": "WD24CD", "OUTPUT": "memory:"}
    whole = shapes_of(run("aggregateareas", **options))
    parts = shapes_of(run("aggregateareas", DISSOLVE=False, **options))
    for ward, inside in (("E05000976", 3), ("E05000977", 2), ("E05000978", 1)):
        assert whole[ward].area() == parts[ward].area() == inside * 1_000_000
        assert whole[ward].constGet().numGeometries() == 1
        assert parts[ward].constGet().numGeometries() == inside
        assert whole[ward].wkbType() == parts[ward].wkbType() == QgsWkbTypes.Type.MultiPolygon
    # three squares in a row: 8 times the side of one
    assert whole["E05000976"].length() == 8000


def test_an_invalid_geometry_is_mended_and_said(lookup):
    areas = make_areas(CODES, eth_total=[5] * 6)
    bow = QgsGeometry.fromWkt("POLYGON((0 0, 1000 1000, 1000 0, 0 1000, 0 0))")
    assert areas.dataProvider().changeGeometryValues({next(areas.getFeatures()).id(): bow})
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    shape = shapes_of(out)["E05000976"]
    assert shape.isGeosValid() and shape.area() == 2_500_000
    assert any("1 geometries were not valid" in line for line in out.log.warnings)


def test_a_place_that_cannot_be_dissolved_keeps_its_borders_and_says_so(lookup, monkeypatch):
    areas = make_areas(CODES, eth_total=[5] * 6)
    monkeypatch.setattr(QgsGeometry, "unaryUnion", lambda parts: QgsGeometry())
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    shape = shapes_of(out)["E05000976"]
    assert shape.constGet().numGeometries() == 3 and shape.area() == 3_000_000
    assert any("3 places could not be dissolved" in line for line in out.log.warnings)


@pytest.mark.parametrize(("dissolve", "heights"), [(False, True), (True, False)])
def test_heights_are_kept_where_nothing_is_dissolved(lookup, dissolve, heights):
    areas = QgsVectorLayer(
        "PolygonZ?crs=EPSG:27700&field=LSOA21CD:string(20)&field=eth_total:integer", "z", "memory"
    )
    square = "POLYGON Z((0 0 7, 1 0 7, 1 1 7, 0 1 7, 0 0 7))"
    for code in CODES:
        feature = QgsFeature(areas.fields())
        feature.setAttributes([code, 5])
        feature.setGeometry(QgsGeometry.fromWkt(square))
        areas.dataProvider().addFeature(feature)
    options = {"INPUT": areas, "LOOKUP": lookup, "LOOKUP_FIELD": "WD24CD", "OUTPUT": "memory:"}
    out = run("aggregateareas", DISSOLVE=dissolve, **options)
    assert QgsWkbTypes.hasZ(out.layer.wkbType()) == heights
    vertex = next(shapes_of(out)["E05000976"].vertices())
    assert (vertex.z() == 7) == heights


@pytest.mark.parametrize("ward", [0, 5])
def test_a_spike_of_a_polygon_goes(lookup, ward):
    areas = make_areas(CODES, eth_total=[5] * 6)
    spike = "POLYGON((0 0, 1000 0, 1000 1000, 0 1000, 0 0, -500 0, 0 0))"
    at = [feature.id() for feature in areas.getFeatures()][ward]
    assert areas.dataProvider().changeGeometryValues({at: QgsGeometry.fromWkt(spike)})
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    shape = shapes_of(out)[WARDS[ward]]
    assert shape.wkbType() == QgsWkbTypes.Type.MultiPolygon
    assert shape.area() == WARDS.count(WARDS[ward]) * 1_000_000


def test_an_area_without_geometry_still_counts(lookup):
    areas = make_areas(CODES, eth_total=[5] * 6)
    last = list(areas.getFeatures())[-1].id()
    assert areas.dataProvider().changeGeometryValues({last: QgsGeometry()})
    out = run("aggregateareas", INPUT=areas, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    assert wards_of(out)["E05000978"]["eth_total"] == 5
    assert shapes_of(out)["E05000978"].isNull()
    assert any("1 areas have no geometry" in line for line in out.log.warnings)


def test_a_table_gives_a_table(lookup, tmp_path):
    table = write_csv(
        tmp_path / "t.csv", [[c, 10, 4] for c in CODES], ["LSOA21CD", "eth_total", "eth_asian_n"]
    )
    layer = QgsVectorLayer(str(table), "t", "ogr")
    out = run(
        "aggregateareas",
        INPUT=layer,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        OUTPUT=tmp_path / "places.csv",
    )
    assert not out.layer.isSpatial()
    rows = {row["WD24CD"]: row for row in rows_of(out.layer)}
    assert [int(rows[w]["eth_total"]) for w in NAMES] == [30, 20, 10]


def test_points_become_points(lookup):
    layer = QgsVectorLayer(
        "Point?crs=EPSG:27700&field=LSOA21CD:string&field=eth_total:integer", "p", "memory"
    )
    features = []
    for at, code in enumerate(CODES):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([code, 1])
        feature.setGeometry(QgsGeometry.fromWkt(f"POINT({at} 0)"))
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    out = run("aggregateareas", INPUT=layer, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT="memory:")
    assert out.layer.wkbType() == QgsWkbTypes.Type.MultiPoint
    assert shapes_of(out)["E05000976"].constGet().numGeometries() == 3


def test_only_what_is_selected(profiled, lookup):
    from qgis.core import QgsProcessingFeatureSourceDefinition

    layer = open_layer(profiled)
    layer.selectByExpression(f"LSOA21CD in ('{CODES[0]}', '{CODES[3]}')")
    from qgis.core import QgsProject

    QgsProject.instance().addMapLayer(layer, False)
    try:
        out = run(
            "aggregateareas",
            project=QgsProject.instance(),
            INPUT=QgsProcessingFeatureSourceDefinition(layer.id(), True),
            LOOKUP=lookup,
            LOOKUP_FIELD="WD24CD",
            OUTPUT="memory:",
        )
        assert {row["WD24CD"]: row["areas_n"] for row in out.rows()} == {
            "E05000976": 1,
            "E05000977": 1,
        }
    finally:
        QgsProject.instance().removeMapLayer(layer.id())


# --- files and cancel ---------------------------------------------------------------------------


def test_a_shapefile_keeps_short_names(profiled, lookup, tmp_path):
    out = run(
        "aggregateareas",
        INPUT=profiled,
        LOOKUP=lookup,
        LOOKUP_FIELD="WD24CD",
        OUTPUT=tmp_path / "w.shp",
    )
    names = names_of(out.layer)
    assert all(len(name) <= 10 for name in names) and len(set(names)) == len(names)
    assert any("10 characters" in line for line in out.log.warnings)


def test_cancelled_it_leaves_no_file(tmp_path):
    areas = SAMPLE / "areas.gpkg"
    codes = [row["LSOA21CD"] for row in rows_of(open_layer(areas))]
    lookup = write_csv(tmp_path / "l.csv", [[c, WARDS[0]] for c in codes], ["LSOA21CD", "WD24CD"])
    target = tmp_path / "out.gpkg"
    log = Log(cancel_when=lambda what: isinstance(what, float) and what >= 30)
    out = run("aggregateareas", log, INPUT=areas, LOOKUP=lookup, OUTPUT=target)
    assert out.results.get("OUTPUT") is None and not target.exists()
    assert "Cancelled" in log.text


def test_a_sink_that_fails_leaves_no_file(profiled, lookup, tmp_path, monkeypatch):
    from seldom_heard.layers import areas

    class Full:
        def addFeature(self, feature, flags=None):
            return False

    real = areas.write_areas
    monkeypatch.setattr(
        "seldom_heard.layers.areas.write_areas",
        lambda a, frame, kept, sink, *rest: real(a, frame, kept, Full(), *rest),
    )
    target = tmp_path / "out.gpkg"
    message = refused(
        "aggregateareas", INPUT=profiled, LOOKUP=lookup, LOOKUP_FIELD="WD24CD", OUTPUT=target
    )
    assert "takes no more features" in message and not target.exists()


# --- real data ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def south_yorkshire(shared, tmp_path_factory):
    """The 860 LSOAs with ethnicity and English, from the tables as published."""
    census = shared / "data/census2021"
    target = tmp_path_factory.mktemp("sy") / "lsoa.gpkg"
    tables = [
        census / "TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
        census / "census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
    ]
    areas = shared / "data/boundaries/lsoa21_south_yorkshire.geojson"
    run("profileareas", INPUT=areas, TABLES=tables, OUTPUT=target)
    return target


@pytest.mark.parametrize(
    ("file", "field", "places"),
    [
        ("LSOA21_WD24_LAD24_SouthYorkshire_bestfit.csv", "ward24_code", 95),
        ("LSOA21_WD24_LAD24_EW_bestfit.csv.gz", "ltla24_code", 4),
        ("LSOA21_LAD23_EW.csv.gz", "", 4),
        ("LSOA21_SICBL24_ICB24_SouthYorkshire.csv", "icb24_code", 1),
        ("RUC21_LSOA21_SouthYorkshire.csv", "classification", 3),
    ],
)
def test_published_lookups(south_yorkshire, shared, file, field, places):
    out = run(
        "aggregateareas",
        INPUT=south_yorkshire,
        LOOKUP=shared / "data/lookups" / file,
        LOOKUP_FIELD=field,
        OUTPUT="memory:",
    )
    rows = out.rows()
    assert len(rows) == places
    assert sum(row["areas_n"] for row in rows) == 860
    assert sum(row["eth_total"] for row in rows) == 1_375_004
    assert sum(row["lang_total"] for row in rows) == 1_330_692


def test_neighbourhoods_near_the_published_ones(south_yorkshire, shared, tmp_path):
    """English by MSOA: sums of LSOAs differ from the published table by its noise alone."""
    boundaries = open_layer(shared / "data/boundaries/msoa21_south_yorkshire.geojson")
    code = {row["MSOA21NM"]: row["MSOA21CD"] for row in rows_of(boundaries)}
    small = {row["LSOA21CD"]: row["LSOA21NM"] for row in rows_of(open_layer(south_yorkshire))}
    rows = [[lsoa, code[name[:-1]]] for lsoa, name in small.items()]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA21CD", "MSOA21CD"])
    out = run("aggregateareas", INPUT=south_yorkshire, LOOKUP=lookup, OUTPUT="memory:")
    file = shared / "data/census2021/TS029_proficiency_MSOA21_SouthYorkshire.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        known = {row["msoa21_code"]: row for row in csv.DictReader(stream)}
    got = out.by_code("MSOA21CD")
    assert len(got) == len(known) == 171
    ends = (": Cannot speak English well", ": Cannot speak English")
    for msoa, row in known.items():
        low = sum(float(n) for h, n in row.items() if h.endswith(ends))
        main = float(row["Main language is English (English or Welsh in Wales)"])
        assert abs(got[msoa]["lang_low_english_n"] - low) <= 40
        assert abs(got[msoa]["lang_main_english_n"] - main) <= 40
    sums = sum(float(n) for r in known.values() for h, n in r.items() if h.endswith(ends))
    assert sum(r["lang_low_english_n"] for r in got.values()) == pytest.approx(sums, rel=0.01)


def test_average_scores_of_the_health_system_as_published(shared, tmp_path):
    """IMD 2025 by sub-ICB: published over people of mid-2022, here over those of Census 2021."""
    data = shared / "data"
    profiled = tmp_path / "lsoa.gpkg"
    run(
        "profileareas",
        INPUT=data / "boundaries/lsoa21_south_yorkshire.geojson",
        TABLES=[
            data / "census2021/TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
            data / "deprivation/File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv",
        ],
        OUTPUT=profiled,
    )
    out = run(
        "aggregateareas",
        INPUT=profiled,
        LOOKUP=data / "lookups/LSOA21_SICBL24_ICB24_SouthYorkshire.csv",
        LOOKUP_FIELD="sicbl24_code",
        WEIGHT_FIELD="eth_total",
        OUTPUT="memory:",
    )
    got = out.by_code("sicbl24_code")
    file = data / "known_answers/imd2025_subicb_scores_SouthYorkshire.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["index"] == "imd"]
    known = [row for row in rows if row["sicbl_vintage"] == "2024"]
    assert len(known) == len(got) == 4
    for row in known:
        place = got[row["sicbl_code"]]
        assert place["areas_n"] == int(row["n_lsoa"])
        assert place["dep_imd_score_avg"] == pytest.approx(float(row["avg_score"]), abs=0.03)


def test_dissolved_authorities_cover_their_areas(south_yorkshire, shared):
    out = run(
        "aggregateareas",
        INPUT=south_yorkshire,
        LOOKUP=shared / "data/lookups/LSOA21_LAD23_EW.csv.gz",
        OUTPUT="memory:",
    )
    before = sum(f.geometry().area() for f in open_layer(south_yorkshire).getFeatures())
    shapes = [f.geometry() for f in out.layer.getFeatures()]
    assert sum(shape.area() for shape in shapes) == pytest.approx(before)
    assert all(shape.isGeosValid() for shape in shapes)


def test_it_stops_soon(south_yorkshire, shared, tmp_path):
    log = Log(cancel_when=lambda what: isinstance(what, float))  # as geometries are first read
    lookup = shared / "data/lookups/LSOA21_LAD23_EW.csv.gz"
    target = tmp_path / "out.gpkg"
    out = run("aggregateareas", log, INPUT=south_yorkshire, LOOKUP=lookup, OUTPUT=target)
    assert max(log.progressed) < 30, "it went on to dissolve"
    assert out.results.get("OUTPUT") is None and not target.exists()
