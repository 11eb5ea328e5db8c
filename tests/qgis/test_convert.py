"""Counts moved between 2011 and 2021: totals kept, estimates said, all else left out."""

from __future__ import annotations

import csv
import json

import pytest
from qgis.core import QgsWkbTypes
from seldom_heard.methods.proportions import wilson
from seldom_heard.taxonomies.catalogue import catalogue
from seldom_heard.taxonomies.recognise import recognise

from .helpers import (
    TS021_6,
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
)

SAME = lsoas(4)
# real codes: 7502 was split, 7813 and 7814 were merged
SPLIT, PIECES = "E01007502", ["E01034242", "E01034243"]
MERGED, WHOLE = ["E01007813", "E01007814"], "E01034253"
OLD = [*SAME, SPLIT, *MERGED]
NEW = [*SAME, *PIECES, WHOLE]
LINKS = [
    *([code, code, "U", 1000] for code in SAME),
    [SPLIT, PIECES[0], "S", 300],
    [SPLIT, PIECES[1], "S", 700],
    *([code, WHOLE, "M", 500] for code in MERGED),
]
HEADINGS = ["LSOA11CD", "LSOA21CD", "CHGIND", "TotPersons"]
ENDS = ("conv_change", "conv_estimated")


@pytest.fixture
def lookup(tmp_path):
    return write_csv(tmp_path / "lookup.csv", LINKS, HEADINGS, encoding="utf-8-sig")


@pytest.fixture
def without_weights(tmp_path):
    rows = [row[:3] for row in LINKS]
    return write_csv(tmp_path / "exact.csv", rows, HEADINGS[:3])


def old_areas(**columns):
    return make_areas(OLD, "LSOA11CD", **columns)


def converted(lookup, areas, log=None, **options):
    options = {"OUTPUT": "memory:", **options}
    return run("convertareas", log, INPUT=areas, LOOKUP=lookup, **options)


def names_of(layer):
    return [field.name() for field in layer.fields()]


COUNTS = {
    "eth_total": [100, 200, 300, 400, 1001, 50, 60],
    "eth_asian_n": [10, 20, 30, 40, 101, 5, 6],
    "eth_asian_pct": [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0],
}


# --- a layer that has the counts ----------------------------------------------------------------


def test_counts_of_a_layer_become_those_of_the_new_areas(lookup):
    out = converted(lookup, old_areas(**COUNTS))
    got = out.by_code("LSOA21CD")
    assert set(got) == set(NEW) and not out.layer.isSpatial()
    # 1001 by 300 and 700: 300.3 and 700.7, the larger remainder is the second's
    assert {code: row["eth_total"] for code, row in got.items()} == {
        **dict(zip(SAME, (100, 200, 300, 400))),
        **{PIECES[0]: 300, PIECES[1]: 701, WHOLE: 110},
    }
    assert isinstance(got[WHOLE]["eth_total"], int)
    assert [(got[code]["conv_change"], got[code]["conv_estimated"]) for code in NEW[3:]] == [
        *(("U", 0), ("S", 1), ("S", 1), ("M", 0))
    ]


def test_the_way_back(lookup):
    areas = make_areas(NEW, eth_total=[100, 200, 300, 400, 300, 701, 111])
    got = converted(lookup, areas, DIRECTION="2021to2011").by_code("LSOA11CD")
    assert got[SPLIT]["eth_total"] == 1001 and got[SPLIT]["conv_estimated"] == 0
    # 111 in two equal parts: the tie goes to the code that comes first
    assert [got[code]["eth_total"] for code in MERGED] == [56, 55]
    assert [(got[code]["conv_change"], got[code]["conv_estimated"]) for code in MERGED] == [
        *(("M", 1), ("M", 1))
    ]


def test_shares_and_limits_are_made_anew(lookup):
    limits = {
        "eth_minority_n": [5] * 7,
        "eth_minority_pct": [5.0] * 7,
        "eth_minority_pct_lo": [1.0] * 7,
        "eth_minority_pct_hi": [9.0] * 7,
    }
    got = converted(lookup, old_areas(**COUNTS, **limits)).by_code("LSOA21CD")[WHOLE]
    low, high = wilson(10, 110)
    assert got["eth_asian_pct"] == pytest.approx(10)
    assert got["eth_minority_pct"] == pytest.approx(100 * 10 / 110)
    assert got["eth_minority_pct_lo"] == pytest.approx(float(low))
    assert got["eth_minority_pct_hi"] == pytest.approx(float(high))


def test_modelled_counts_are_moved_without_rounding(lookup):
    areas = old_areas(
        prev_dm_n=[1.5, 2.0, 3.0, 4.0, 10.5, 1.0, 2.0],
        prev_dm_pct=[1.5, 2.0, 3.0, 4.0, 5.25, 1.0, 2.0],
    )
    got = converted(lookup, areas).by_code("LSOA21CD")
    assert got[PIECES[0]]["prev_dm_n"] == pytest.approx(3.15)
    assert got[PIECES[0]]["prev_dm_pct"] == pytest.approx(5.25)  # of a base of 200, shared too
    assert got[WHOLE]["prev_dm_pct"] == pytest.approx(100 * 3 / 200)


def test_ranks_and_scores_are_left_out_even_where_nothing_changed(lookup):
    areas = old_areas(
        **COUNTS,
        dep_imd_rank=[1] * 7,
        dep_imd_decile=[1] * 7,
        dep_imd_score=[9.5] * 7,
        note=["x"] * 7,
    )
    out = converted(lookup, areas)
    assert not [n for n in names_of(out.layer) if n.startswith("dep_") or n == "note"]
    for name in ("dep_imd_rank", "dep_imd_score", "note"):
        assert name in out.log.text


def test_what_was_moved_is_accounted_for(lookup):
    out = converted(lookup, old_areas(**COUNTS))
    (line,) = [line for line in out.log.lines if line.startswith("eth_total")]
    assert "2,111 before, 2,111 after, difference 0" in line
    assert "1,110 moved exactly, 1,001 shared out by population weights" in line
    assert "2 of 7 areas hold an estimate" in out.log.text


def test_where_it_comes_from_is_kept(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", OLD)
    profiled = tmp_path / "p.gpkg"
    areas = make_areas(OLD, "LSOA11CD")
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=profiled)
    target = tmp_path / "out.gpkg"
    converted(lookup, profiled, OUTPUT=target, TARGET=make_areas(NEW))
    layer = open_layer(target)
    layer.loadDefaultStyle()
    (source,) = json.loads(layer.customProperty("seldom_heard/provenance"))["sources"]
    assert "population weights; an estimate in 2 areas" in source["note"]
    assert "from 2011 to 2021 areas" in source["note"]
    aliases = {field.name(): field.alias() for field in layer.fields()}
    assert aliases["eth_asian_pct"] and aliases["conv_change"] and aliases["conv_estimated"]
    assert layer.renderer().type() == "RuleRenderer"


def test_parts_and_their_totals_are_moved_together(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", OLD)
    profiled = tmp_path / "p.gpkg"
    run("profileethnicity", INPUT=make_areas(OLD, "LSOA11CD"), TABLES=[table], OUTPUT=profiled)
    groups = [f"eth_{g}_n" for g in ("asian", "black", "mixed", "white", "other")]
    rows = converted(lookup, profiled).rows()
    assert all(sum(row[g] for g in groups) == row["eth_total"] for row in rows)
    assert [sum(row[g] for row in rows) for g in ("eth_total", *groups)] == [
        sum(row[at] for row in ethnic_rows(OLD)) for at in range(3, 9)
    ]


def test_published_columns_of_a_layer_keep_their_sums(lookup):
    headings = ["Total: All usual residents", *TS021_6[1:]]
    rows = ethnic_rows(OLD)
    rows[4][3:] = [5, 1, 1, 1, 1, 1]  # shared one by one, all of them would go to one piece
    layer = old_areas(**{f"c{at}": [row[3 + at] for row in rows] for at in range(6)})
    assert layer.startEditing()
    for at, heading in enumerate(headings):
        assert layer.renameAttribute(at + 1, heading)
    assert layer.commitChanges()
    got = converted(lookup, layer).rows()
    assert len(got) == len(NEW)
    assert all(row[headings[0]] == sum(row[h] for h in headings[1:]) for row in got)


def test_a_missing_count_is_missing_where_it_reaches(lookup):
    values = [100, 200, 300, 400, None, 50, 60]
    out = converted(lookup, old_areas(eth_total=values))
    got = {code: row["eth_total"] for code, row in out.by_code("LSOA21CD").items()}
    assert [got[code] for code in (*PIECES, WHOLE, SAME[0])] == [None, None, 110, 100]


def test_geometry_comes_from_the_target(lookup):
    out = converted(lookup, old_areas(**COUNTS), TARGET=make_areas(NEW))
    assert out.layer.wkbType() == QgsWkbTypes.Type.MultiPolygon
    x = {f["LSOA21CD"]: f.geometry().boundingBox().xMinimum() for f in out.layer.getFeatures()}
    assert [x[code] for code in NEW] == [400_000 + 1000 * at for at in range(7)]


def test_a_target_of_other_areas_is_refused(lookup, tmp_path):
    target = tmp_path / "out.gpkg"
    message = refused(
        "convertareas",
        INPUT=old_areas(**COUNTS),
        LOOKUP=lookup,
        TARGET=make_areas(lsoas(4)),
        OUTPUT=target,
    )
    assert "TARGET" in message and PIECES[0] in message and "2021" in message
    assert not target.exists()


def test_own_counts_are_moved_when_named(lookup):
    areas = old_areas(replies=[1, 2, 3, 4, 10, 5, 6])
    got = converted(lookup, areas, COUNT_FIELDS=["replies"]).by_code("LSOA21CD")
    assert [got[code]["replies"] for code in (*PIECES, WHOLE)] == [3, 7, 11]
    message = refused("convertareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:")
    assert "COUNT_FIELDS" in message


def test_small_counts_are_hidden_after_moving(lookup):
    areas = old_areas(replies=[8, 20, 30, 40, 10, 5, 6], eth_total=[100] * 7)
    got = converted(lookup, areas, COUNT_FIELDS=["replies"], SUPPRESSION="nhs").by_code("LSOA21CD")
    assert got[WHOLE]["replies"] == 10  # 5 and 6, each too small to show, are 11
    assert got[PIECES[0]]["replies"] is None and got[PIECES[1]]["replies"] is None


def test_hidden_counts_say_what_to_do_first(lookup, tmp_path):
    safe = tmp_path / "safe.gpkg"
    areas = old_areas(eth_total=[3, 20, 30, 40, 10, 5, 60])
    run("suppresscounts", INPUT=areas, OUTPUT=safe)
    out = converted(lookup, safe)
    assert "were hidden" in out.log.text and "(nhs)" in out.log.text
    assert "Convert first" in out.log.text
    assert "Convert first" not in converted(lookup, areas).log.text


def test_the_log_tells_no_more_than_the_output(lookup):
    areas = old_areas(replies=[20, 30, 0, 40, 3, 60, 71])
    out = converted(lookup, areas, COUNT_FIELDS=["replies"], SUPPRESSION="nhs")
    line = next(line for line in out.log.lines if "before" in line)
    assert "replies: 225 before, 225 after, difference 0; 220 moved exactly, 1 to 7" in line


def test_a_count_with_the_name_of_a_new_field(lookup):
    message = refused(
        "convertareas",
        INPUT=old_areas(conv_estimated=[1] * 7),
        LOOKUP=lookup,
        COUNT_FIELDS=["conv_estimated"],
        OUTPUT="memory:",
    )
    assert "conv_estimated" in message


# --- the lookup ---------------------------------------------------------------------------------


def test_split_areas_without_weights_are_refused(without_weights):
    message = refused(
        "convertareas", INPUT=old_areas(**COUNTS), LOOKUP=without_weights, OUTPUT="memory:"
    )
    assert "1 areas were split" in message and SPLIT in message
    assert "WEIGHT_FIELD" in message and "TotPersons" in message and "equal" in message


def test_without_split_areas_no_weights_are_needed(without_weights):
    areas = make_areas([*SAME, *MERGED], "LSOA11CD", eth_total=[1, 2, 3, 4, 5, 6])
    out = converted(without_weights, areas)
    assert out.by_code("LSOA21CD")[WHOLE]["eth_total"] == 11
    assert "0 of 5 areas hold an estimate" in out.log.text


def test_equal_parts_on_purpose(without_weights):
    out = converted(without_weights, old_areas(**COUNTS), WEIGHT_FIELD="equal")
    got = out.by_code("LSOA21CD")
    assert [got[code]["eth_total"] for code in PIECES] == [501, 500]
    assert "shared out in equal parts" in out.log.text


def test_people_of_the_target_share_an_area_that_was_split(without_weights):
    target = make_areas(NEW, people=[1, 1, 1, 1, 300, 700, 1])
    out = converted(without_weights, old_areas(**COUNTS), TARGET=target, WEIGHT_FIELD="people")
    got = out.by_code("LSOA21CD")
    assert [got[code]["eth_total"] for code in PIECES] == [300, 701]


def test_people_of_the_target_do_not_tell_pieces_that_went_to_neighbours(tmp_path):
    rows = [[SPLIT, PIECES[0]], [SPLIT, PIECES[1]], [SAME[0], PIECES[1]]]
    lookup = write_csv(tmp_path / "l.csv", rows, HEADINGS[:2])
    areas = make_areas([SPLIT, SAME[0]], "LSOA11CD", eth_total=[10, 20])
    target = make_areas(PIECES, people=[300, 700])
    message = refused(
        "convertareas",
        INPUT=areas,
        LOOKUP=lookup,
        TARGET=target,
        WEIGHT_FIELD="people",
        OUTPUT="memory:",
    )
    assert SPLIT in message and "1 areas were split" in message
    out = converted(lookup, areas, WEIGHT_FIELD="equal").by_code("LSOA21CD")
    assert [out[code]["conv_change"] for code in PIECES] == ["X", "X"]


def test_weights_under_a_name_of_their_own(tmp_path):
    rows = [[*row, 10 if row[1] == PIECES[0] else 90] for row in LINKS]
    lookup = write_csv(tmp_path / "l.csv", rows, [*HEADINGS, "cars"])
    got = converted(lookup, old_areas(**COUNTS), WEIGHT_FIELD="Cars").by_code("LSOA21CD")
    assert got[PIECES[0]]["eth_total"] == 100


def test_two_known_weights_are_a_question(tmp_path):
    rows = [[*row, 5] for row in LINKS]
    lookup = write_csv(tmp_path / "l.csv", rows, [*HEADINGS, "Households"])
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=lookup, OUTPUT="memory:")
    assert "TotPersons, Households" in message and "WEIGHT_FIELD" in message
    out = converted(lookup, old_areas(**COUNTS), WEIGHT_FIELD="Households")
    assert "household weights" in out.log.text


def test_a_weight_that_nothing_has(lookup):
    message = refused(
        "convertareas",
        INPUT=old_areas(**COUNTS),
        LOOKUP=lookup,
        WEIGHT_FIELD="dogs",
        OUTPUT="memory:",
    )
    assert "dogs" in message and "equal" in message


@pytest.mark.parametrize("weight", ["many", -5])
def test_a_weight_that_is_none(tmp_path, weight):
    rows = [list(row) for row in LINKS]
    rows[4][3] = weight
    lookup = write_csv(tmp_path / "l.csv", rows, HEADINGS)
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=lookup, OUTPUT="memory:")
    assert "row 6" in message and "TotPersons" in message


def test_a_pair_that_stands_twice(tmp_path):
    lookup = write_csv(tmp_path / "l.csv", [*LINKS, LINKS[0]], HEADINGS)
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=lookup, OUTPUT="memory:")
    assert SAME[0] in message and "row 10" in message


def test_a_lookup_by_best_fit_is_refused(tmp_path):
    rows = [row[:2] for row in LINKS if row[1] != PIECES[0]]  # all people to one piece
    lookup = write_csv(tmp_path / "bestfit.csv", rows, HEADINGS[:2])
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=lookup, OUTPUT="memory:")
    assert "row 6" in message and SPLIT in message and PIECES[1] in message
    assert "best fit" in message and "exact-fit" in message


def test_a_link_without_its_piece_is_refused(tmp_path):
    rows = [list(row) for row in LINKS]
    rows[4][1] = ""
    lookup = write_csv(tmp_path / "l.csv", rows, HEADINGS)
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=lookup, OUTPUT="memory:")
    assert SPLIT in message and "pieces" in message


def test_the_published_lookups_tell_exact_from_best_fit(shared):
    areas = make_areas(lsoas(4), "LSOA11CD", eth_total=[1, 2, 3, 4])
    folder = shared / "data" / "lookups"
    exact = converted(folder / "LSOA11_LSOA21_LAD22_EW_exact.csv.gz", areas)
    assert [row["eth_total"] for row in exact.rows()] == [1, 2, 3, 4]
    best = folder / "LSOA11_LSOA21_LAD22_EW_bestfit.csv.gz"
    message = refused("convertareas", INPUT=areas, LOOKUP=best, OUTPUT="memory:")
    assert "867 such rows" in message


def test_a_table_that_is_no_lookup(tmp_path):
    other = write_csv(tmp_path / "l.csv", [[SAME[0], "E05000976"]], ["LSOA21CD", "WD24CD"])
    message = refused("convertareas", INPUT=old_areas(**COUNTS), LOOKUP=other, OUTPUT="memory:")
    assert "LSOA11CD + LSOA21CD" in message and "MSOA11CD + MSOA21CD" in message


def test_changes_are_worked_out_where_the_lookup_does_not_say(tmp_path):
    rows = [[row[0], row[1], row[3]] for row in LINKS]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA11CD", "LSOA21CD", "TotPersons"])
    got = converted(lookup, old_areas(**COUNTS)).by_code("LSOA21CD")
    assert [got[code]["conv_change"] for code in NEW[3:]] == ["U", "S", "S", "M"]


def test_the_wrong_way_round(lookup):
    areas = make_areas(NEW, eth_total=[1] * 7)
    message = refused("convertareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:")
    for word in ("2011to2021", "2021to2011", PIECES[0]):
        assert word in message


def test_areas_that_the_lookup_does_not_have(lookup, tmp_path):
    codes = [*OLD, "E01099999"]
    areas = make_areas(codes, "LSOA11CD", eth_total=[10] * 8)
    message = refused("convertareas", INPUT=areas, LOOKUP=lookup, OUTPUT="memory:")
    assert "7 of 8" in message and "E01099999" in message and "MIN_MATCH" in message
    out = converted(lookup, areas, MIN_MATCH=80)
    assert sum(row["eth_total"] for row in out.rows()) == 70
    assert "left out: E01099999" in out.log.text


def test_a_neighbour_that_is_not_there_leaves_its_area_missing(lookup):
    areas = make_areas(OLD[:-1], "LSOA11CD", eth_total=[10] * 6)
    out = converted(lookup, areas)
    assert out.by_code("LSOA21CD")[WHOLE]["eth_total"] is None
    assert f"missing there: {WHOLE}" in out.log.text


# --- published tables ---------------------------------------------------------------------------


def test_published_counts_come_out_as_columns_that_are_known_again(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "ts021.csv", OLD)
    out = converted(lookup, make_areas(NEW), TABLES=[table])
    assert {"LSOA21CD", *ENDS, "Ethnic group: White"} <= set(names_of(out.layer))
    profiled = run("profileethnicity", INPUT=out.layer, OUTPUT="memory:")
    got = profiled.by_code("LSOA21CD")
    raw = {row[2]: row[3:] for row in ethnic_rows(OLD)}
    groups = [f"eth_{g}_n" for g in ("asian", "black", "mixed", "white", "other")]
    assert [got[SAME[0]][name] for name in ("eth_total", *groups)] == raw[SAME[0]]
    merged = [sum(pair) for pair in zip(*(raw[code] for code in MERGED))]
    assert [got[WHOLE][name] for name in ("eth_total", *groups)] == merged
    for name, value in zip(("eth_total", *groups), raw[SPLIT]):
        assert sum(got[code][name] for code in PIECES) == value
    kept = json.loads(profiled.layer.customProperty("seldom_heard/provenance"))["sources"]
    assert any("an estimate in 2 areas" in source["note"] for source in kept)


def test_several_tables_stand_side_by_side(shared, tmp_path):
    data = shared / "data"
    tables = [
        data / "census2021/TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
        data / "census2021/census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
        data / "census2021/census2021-ts025-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
        data / "census2021/TS011_hh_deprivation_LSOA21_nomis_query_pct_SouthYorkshire.csv",
        data / "census2021/TS007A_age5yr_LSOA21_nomis_query_SouthYorkshire.csv",
    ]
    target = tmp_path / "out.gpkg"
    run(
        "convertareas",
        INPUT=data / "boundaries/lsoa11_south_yorkshire.geojson",
        TABLES=tables,
        LOOKUP=data / "lookups/LSOA11_LSOA21_population_weights_SouthYorkshire.csv",
        DIRECTION="2021to2011",
        OUTPUT=target,
    )
    out = run("profileareas", INPUT=target, LEVEL="category", OUTPUT="memory:")
    rows = out.rows()
    assert len(rows) == 853
    assert sum(row["eth_total"] for row in rows) == 1_375_004
    assert sum(row["lang_total"] for row in rows) == 1_330_692
    assert sum(row["lang_hh_total"] for row in rows) == 587_377
    assert sum(row["dep_hh_total"] for row in rows) == 587_419
    assert not [row for row in rows if row["eth_asian_pct"] is None]


@pytest.mark.parametrize(
    "taxonomy", [t for t in catalogue() if t.kind == "composition"], ids=lambda t: t.id
)
def test_headings_that_are_written_are_recognised(taxonomy):
    """Every table, moved, is still the table it was: to the algorithms that read it next."""
    from seldom_heard.processing.levels.conversion import _heading
    from seldom_heard.processing.reading import Found

    columns = [taxonomy.column("total"), *(c for c in taxonomy.columns if c.id != "total")]
    labels = [
        label
        for c in columns
        for label in (
            (c.label, *c.also) if c.id in taxonomy.summed and not taxonomy.partial else (c.label,)
        )
    ]
    if taxonomy.partial:
        labels = [f"{taxonomy.raw['heading_prefix']}: {label}" for label in labels]
    head = [
        ["LSOA11CD" if taxonomy.area_vintage == 2011 else "LSOA21CD", *labels],
        [SAME[0], *(str(100 + n) for n in range(len(labels)))],
    ]
    found = Found(None, recognise(head, [taxonomy])[0])
    written = [
        _heading(found, name, found.what.headings[at], len(places))
        for name, places in found.what.columns.items()
        for at in places
    ]
    assert len({name.lower() for name in written}) == len(written)
    # on a layer of the other year, where they were moved to
    code = ("LSOA21CD", WHOLE) if taxonomy.area_vintage == 2011 else ("LSOA11CD", SPLIT)
    again = recognise(
        [[code[0], "conv_change", *written], [code[1], "U", *head[1][1:]]], catalogue()
    )
    assert [one.taxonomy.id for one in again] == [taxonomy.id]
    assert set(again[0].columns) == set(found.what.columns)


def test_the_census_of_2011_on_areas_of_2021(lookup, tmp_path):
    from seldom_heard.taxonomies.catalogue import find

    taxonomy = find("census2011_ks201")
    names = [taxonomy.column(name) for name in taxonomy.leaves]
    rows = [[c, 10 * len(names), *[10] * len(names)] for c in OLD]
    heads = ["LSOA11CD", taxonomy.column("total").label, *(column.label for column in names)]
    table = write_csv(tmp_path / "ks201.csv", rows, heads)
    target = tmp_path / "out.gpkg"
    converted(lookup, make_areas(NEW), TABLES=[table], OUTPUT=target)
    out = run("profileethnicity", INPUT=target, OUTPUT="memory:")
    assert "Census 2011" in out.log.text
    got = out.by_code("LSOA21CD")
    assert got[WHOLE]["eth_total"] == 2 * got[SAME[0]]["eth_total"] == 20 * len(names)


def test_a_table_in_long_form(lookup, tmp_path):
    names = (
        "Total: All usual residents",
        "Asian, Asian British or Asian Welsh",
        "Black, Black British, Black Welsh, Caribbean or African",
        "Mixed or Multiple ethnic groups",
        "White",
        "Other ethnic group",
    )
    rows = [[row[2], name, n] for row in ethnic_rows(OLD) for name, n in zip(names[1:], row[4:])]
    heads = ["Lower layer Super Output Areas Code", "Ethnic group (6 categories)", "Observation"]
    table = write_csv(tmp_path / "long.csv", rows, heads)
    target = tmp_path / "out.gpkg"
    converted(lookup, make_areas(NEW), TABLES=[table], OUTPUT=target)
    got = run("profileethnicity", INPUT=target, OUTPUT="memory:").by_code("LSOA21CD")
    assert sum(row["eth_white_n"] for row in got.values()) == sum(r[7] for r in ethnic_rows(OLD))


def test_a_table_of_more_than_the_areas_loaded(lookup, tmp_path):
    """A piece of a split area, and nothing of a merged one: totals are kept all the same."""
    table = ethnic_csv(tmp_path / "t.csv", OLD)
    out = converted(lookup, make_areas([SAME[0], PIECES[0]]), TABLES=[table])
    total = "Ethnic group: Total: All usual residents"
    raw = {row[2]: row[3] for row in ethnic_rows(OLD)}
    got = out.by_code("LSOA21CD")
    assert set(got) == {SAME[0], PIECES[0]}
    assert got[PIECES[0]][total] == pytest.approx(0.3 * raw[SPLIT], abs=3)
    assert f"{total}: {raw[SAME[0]] + raw[SPLIT]:,} before" in out.log.text
    assert f"not among those loaded: {PIECES[1]}" in out.log.text


def test_neighbours_of_neighbours_are_moved_along(tmp_path):
    """t1 takes from A, which also goes to t2, which also takes from B: nothing is incomplete."""
    old, new = SAME[:2], [*PIECES, WHOLE]
    rows = [[old[0], new[0], 1], [old[0], new[1], 1], [old[1], new[1], 1], [old[1], new[2], 1]]
    lookup = write_csv(tmp_path / "l.csv", rows, ["LSOA11CD", "LSOA21CD", "TotPersons"])
    table = ethnic_csv(tmp_path / "t.csv", old)
    out = converted(lookup, make_areas(new[:1]), TABLES=[table])
    assert "missing there" not in out.log.text and "missing figure" not in out.log.text
    assert out.rows()[0]["Ethnic group: White"] == 400


def test_tables_of_one_kind_with_other_columns_are_refused(lookup, tmp_path):
    from seldom_heard.taxonomies.catalogue import find

    fine = find("census2021_ts021")
    names = [fine.column(name).label for name in ("total", *fine.leaves)]
    rows = [[code, 19, *[1] * 19] for code in OLD[3:]]
    tables = [
        ethnic_csv(tmp_path / "a.csv", OLD[:3]),
        write_csv(tmp_path / "b.csv", rows, ["LSOA11CD", *names]),
    ]
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=tables, LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "a.csv, b.csv" in message and "different columns" in message


def test_columns_of_one_name_from_two_tables_are_refused(lookup, tmp_path):
    from seldom_heard.taxonomies.catalogue import find

    tables = []
    for name in ("ethnic_groups_5", "gss_2021"):
        taxonomy = find(name)
        labels = [taxonomy.column(n).label for n in ("total", *taxonomy.leaves)]
        rows = [[c, 10 * (len(labels) - 1), *[10] * (len(labels) - 1)] for c in OLD]
        tables.append(write_csv(tmp_path / f"{name}.csv", rows, ["LSOA11CD", *labels]))
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=tables, LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "Total" in message and "one table at a time" in message


def test_a_table_with_a_count_below_zero(lookup, tmp_path):
    def below(rows):
        rows[2][8] = -1

    table = ethnic_csv(tmp_path / "t.csv", OLD, change=below)
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=[table], LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "t.csv" in message and OLD[2] in message


def test_tables_of_one_kind_for_different_places(lookup, tmp_path):
    tables = [ethnic_csv(tmp_path / "a.csv", OLD[:3]), ethnic_csv(tmp_path / "b.csv", OLD[3:])]
    out = converted(lookup, make_areas(NEW), TABLES=tables)
    assert all(row["Ethnic group: White"] for row in out.rows())
    tables[1] = ethnic_csv(tmp_path / "b.csv", OLD[2:])
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=tables, LOOKUP=lookup, OUTPUT="memory:"
    )
    assert OLD[2] in message and "more than one" in message


def test_shares_are_refused(lookup, tmp_path):
    def halves(rows):
        for row in rows:
            row[3:] = [100, 10, 10, 10, 60, 10]

    headings = [
        "date",
        "geography",
        "geography code",
        "Total: All usual residents",
        *(
            f"{name} %"
            for name in (
                "Asian, Asian British or Asian Welsh",
                "Black, Black British, Black Welsh, Caribbean or African",
                "Mixed or Multiple ethnic groups",
                "White",
                "Other ethnic group",
            )
        ),
    ]
    rows = ethnic_rows(OLD)
    halves(rows)
    table = write_csv(tmp_path / "pct.csv", rows, headings)
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=[table], LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "pct.csv" in message and "shares" in message and "counts" in message


def test_ranks_are_refused(lookup, shared):
    table = (
        shared / "data/deprivation" / "IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv"
    )
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=[table], LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "never moved or averaged" in message


def test_a_table_of_the_areas_themselves_is_refused(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", NEW)
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=[table], LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "2021" in message and PIECES[0] in message


def test_areas_moved_from_are_no_input_with_tables(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", OLD)
    message = refused(
        "convertareas",
        INPUT=make_areas(OLD, "LSOA11CD"),
        TABLES=[table],
        LOOKUP=lookup,
        OUTPUT="memory:",
    )
    assert "with TABLES from these to INPUT" in message and SPLIT in message


def test_areas_that_are_not_in_the_table(lookup, tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", OLD[1:])
    message = refused(
        "convertareas", INPUT=make_areas(NEW), TABLES=[table], LOOKUP=lookup, OUTPUT="memory:"
    )
    assert "6 of 7" in message and SAME[0] in message
    out = converted(lookup, make_areas(NEW), TABLES=[table], MIN_MATCH=80)
    row = out.by_code("LSOA21CD")[SAME[0]]
    assert row["Ethnic group: White"] is None and row["conv_change"] == "U"


def test_hiding_small_counts_of_tables_hides_them_in_all_columns(lookup, tmp_path):
    def small(rows):
        rows[0][8] = 2
        rows[0][3] = sum(rows[0][4:])

    table = ethnic_csv(tmp_path / "t.csv", OLD, change=small)
    out = converted(lookup, make_areas(NEW), TABLES=[table], SUPPRESSION="nhs")
    row = out.by_code("LSOA21CD")[SAME[0]]
    assert row["Ethnic group: Other ethnic group"] is None
    assert row["Ethnic group: Total: All usual residents"] % 5 == 0
    shown = make_areas(NEW, eth_other_n=[2, 3, 4, 5, 6, 7, 8])
    again = converted(lookup, shown, TABLES=[table], SUPPRESSION="nhs")
    assert "eth_other_n" not in names_of(again.layer)


# --- real data, there and back ------------------------------------------------------------------


def test_there_and_back(shared, tmp_path):
    data = shared / "data"
    table = data / "census2021/TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv"
    lookup = data / "lookups/LSOA11_LSOA21_population_weights_SouthYorkshire.csv"
    new = data / "boundaries/lsoa21_south_yorkshire.geojson"
    old = data / "boundaries/lsoa11_south_yorkshire.geojson"
    first, back = tmp_path / "first.gpkg", tmp_path / "back.gpkg"
    run("profileethnicity", INPUT=new, TABLES=[table], OUTPUT=first)
    run("convertareas", INPUT=first, LOOKUP=lookup, DIRECTION="2021to2011", TARGET=old, OUTPUT=back)
    again = run("convertareas", INPUT=back, LOOKUP=lookup, TARGET=new, OUTPUT="memory:")
    before = {row["LSOA21CD"]: row for row in rows_of(open_layer(first))}
    middle, after = rows_of(open_layer(back)), again.by_code("LSOA21CD")
    assert (len(before), len(middle), len(after)) == (860, 853, 860)
    with (data / "lookups/LSOA11_LSOA21_LAD22_SouthYorkshire_exact.csv").open() as stream:
        lads = list(csv.DictReader(stream))
    of = {row[f"LSOA{year}CD"]: row["LAD22CD"] for row in lads for year in ("11", "21")}
    counts = [n for n in before[SAME[0]] if n == "eth_total" or n.endswith("_n")]
    assert len(counts) == 7
    for name in counts:
        for authority in set(of.values()):
            sums = [
                sum(row[name] for code, row in rows if of[code] == authority)
                for rows in (before.items(), [(r["LSOA11CD"], r) for r in middle], after.items())
            ]
            assert sums[0] == sums[1] == sums[2] > 0
    exact = [code for code, row in after.items() if row["conv_change"] in ("U", "M")]
    assert len(exact) == 839
    assert all(after[code][name] == before[code][name] for code in exact for name in counts)


# --- files and cancel ---------------------------------------------------------------------------


def test_cancelled_it_leaves_no_file(lookup, tmp_path):
    target = tmp_path / "out.gpkg"
    log = Log(cancel_when=lambda what: isinstance(what, str) and "before" in what)
    out = converted(lookup, old_areas(**COUNTS), log, OUTPUT=target, TARGET=make_areas(NEW))
    assert out.results.get("OUTPUT") is None and not target.exists()


def test_a_table_as_input_gives_a_table(lookup, tmp_path):
    table = write_csv(tmp_path / "t.csv", [[c, 10] for c in OLD], ["LSOA11CD", "eth_total"])
    out = converted(lookup, str(table), OUTPUT=tmp_path / "out.csv")
    assert sum(int(row["eth_total"]) for row in out.rows()) == 70
