"""Replies counted in areas: by points, postcodes and codes; why the others are not placed."""

from __future__ import annotations

import csv
import gzip
import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)
from seldom_heard.layers import specs
from seldom_heard.layers.areas import write_table
from seldom_heard.layers.errors import InputError

from .helpers import (
    AlgorithmError,
    Log,
    cancel_after,
    lsoas,
    make_areas,
    open_layer,
    refused,
    rows_of,
    run,
    save_layer,
    write_csv,
    xlsx,
)

CODES = lsoas(4)
# one in each of the four squares that make_areas lays in a row from easting 400,000 on
PLACES = {
    "S1 1AA": (400_500, 500),
    "S1 1AB": (401_500, 500),
    "S10 2AD": (402_500, 500),
    "S11 9ZZ": (403_500, 500),
}
CODE_POINT = ["Postcode", "Positional_quality_indicator", "Eastings", "Northings"]
POSTCODE = re.compile(rb"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2}", re.IGNORECASE)


@pytest.fixture
def areas():
    return make_areas(CODES)


@pytest.fixture
def code_point(tmp_path):
    return code_point_csv(tmp_path / "codepo.csv")


def code_point_csv(path, more=()):
    rows = [[postcode, 10, *place] for postcode, place in PLACES.items()]
    return write_csv(path, [*rows, *more], CODE_POINT)


def replies_csv(path, postcodes, groups=(), **options):
    groups = groups or ["White"] * len(postcodes)
    rows = [[at + 1, *pair] for at, pair in enumerate(zip(postcodes, groups))]
    return write_csv(path, rows, ["id", "Where do you live?", "ethnic group"], **options)


def count(areas, replies, tmp_path=None, log=None, **more):
    if tmp_path:
        more["UNPLACED"] = tmp_path / "unplaced.csv"
    asked = {"INPUT": areas, "RESPONSES": replies, "OUTPUT": "memory:", **more}
    return run("countresponses", log, **asked)


def refuse(areas, replies, **more):
    return refused("countresponses", INPUT=areas, RESPONSES=replies, OUTPUT="memory:", **more)


def totals(outcome, field="resp_total"):
    return [row[field] for row in outcome.rows()]


def unplaced(tmp_path):
    with (tmp_path / "unplaced.csv").open(encoding="utf-8-sig") as stream:
        return [(int(row["row"]), row["reason"]) for row in csv.DictReader(stream)]


def points_layer(places, crs="EPSG:27700", kind="Point", groups=None):
    layer = QgsVectorLayer(f"{kind}?crs={crs}&field=ethnic:string(60)", "pins", "memory")
    features = []
    for at, place in enumerate(places):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([groups[at] if groups else None])
        if place is not None:
            wanted = QgsGeometry.fromPointXY(QgsPointXY(*place))
            feature.setGeometry(wanted if isinstance(place[0], (int, float)) else place)
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    return layer


# --- postcodes --------------------------------------------------------------------------------


def test_postcodes_are_placed_and_every_other_reply_says_why_not(areas, code_point, tmp_path):
    more = [["S20 1AA", 90, 0, 0], ["S21 1AA", 10, 0, 0], ["S36 1AA", 10, 300_000, 500]]
    code_point_csv(code_point, more)
    written = [
        *("S1 1AA", " s11aa ", "S1\u00a01AA", "s1 1AB", "S11 9zz"),  # rows 2 to 6
        *("", "  ", "S1", "S1O 2AD", "S20 1AA", "S21 1AA", "S36 1AA", "ZE1 0AA"),  # 7 to 14
    ]
    replies = replies_csv(tmp_path / "replies.csv", written)
    out = count(areas, replies, tmp_path, POSTCODES=code_point)
    assert totals(out) == [3, 1, 0, 1]
    assert unplaced(tmp_path) == [
        (7, "blank"),
        (8, "blank"),
        (9, "not a postcode"),
        (10, "unknown postcode"),  # a letter O for 0 is not guessed
        (11, "no coordinates"),  # quality 90
        (12, "no coordinates"),  # 0, 0
        (13, "outside the areas"),
        (14, "unknown postcode"),
    ]
    numbers = {k: out.results[k] for k in ("RESPONSES_COUNT", "PLACED", "UNPLACED_COUNT")}
    assert numbers == {"RESPONSES_COUNT": 13, "PLACED": 5, "UNPLACED_COUNT": 8}
    assert "2 blank" in out.log.text and "found by its values" in out.log.text
    assert "Code-Point Open" in out.log.text


def test_rows_are_those_of_the_file(areas, code_point, tmp_path):
    lines = ["A survey", "", "id;postcode;age", "1;S1 1AA;30", "", "2;;40", ";;", "3;S1;50", ""]
    replies = tmp_path / "replies.csv"
    replies.write_text("\n".join(lines), encoding="cp1252")
    out = count(areas, replies, tmp_path, POSTCODES=code_point, POSTCODE_FIELD="Postcode")
    assert out.results["RESPONSES_COUNT"] == 3, "rows without an entry are no replies"
    assert unplaced(tmp_path) == [(6, "blank"), (8, "not a postcode")]


def test_a_postcode_is_not_needed_for_a_row_to_be_a_reply(areas, code_point, tmp_path):
    replies = tmp_path / "r.csv"
    replies.write_text("postcode,age\nS1 1AA,30\n,40\n,\n", encoding="utf-8")
    out = count(areas, replies, tmp_path, POSTCODES=code_point)
    assert (out.results["RESPONSES_COUNT"], unplaced(tmp_path)) == (2, [(3, "blank")])


@pytest.mark.parametrize("ending", ["csv", "semicolon", "cp1252", "bom", "gz", "xlsx"])
def test_files_as_people_save_them(areas, code_point, tmp_path, ending):
    rows = [["Ref", "Café", "PostCode"], ["1", "é", "S1 1AA"], ["2", "ü", "s10 2ad"]]
    path = tmp_path / f"replies.{'xlsx' if ending == 'xlsx' else 'csv'}"
    if ending == "xlsx":
        xlsx(path, rows)
    elif ending == "gz":
        path = tmp_path / "replies.csv.gz"
        with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    else:
        encoding = {"cp1252": "cp1252", "bom": "utf-8-sig"}.get(ending, "utf-8")
        delimiter = ";" if ending == "semicolon" else ","
        write_csv(path, rows, encoding=encoding, delimiter=delimiter)
    assert totals(count(areas, path, POSTCODES=code_point)) == [1, 0, 1, 0]


def test_a_layer_of_a_text_file_is_read_from_the_file(areas, code_point, tmp_path):
    replies = replies_csv(tmp_path / "r.csv", ["S1 1AA", "", "S1 1AB"], preamble=[["Exported"]])
    layer = QgsVectorLayer(str(replies), "replies", "ogr")
    assert totals(count(areas, layer, POSTCODES=code_point)) == [1, 1, 0, 0]


def test_selected_rows_of_a_table_alone_are_counted(areas, code_point, tmp_path):
    table = QgsVectorLayer("NoGeometry?field=pc:string(20)", "replies", "memory")
    features = []
    for postcode in ("S1 1AA", "S1 1AB", "S1", "S10 2AD"):
        feature = QgsFeature(table.fields())
        feature.setAttributes([postcode])
        features.append(feature)
    table.dataProvider().addFeatures(features)
    table.selectByIds([2, 3])
    QgsProject.instance().addMapLayer(table)
    try:
        chosen = QgsProcessingFeatureSourceDefinition(table.id(), True)
        out = run(
            "countresponses",
            project=QgsProject.instance(),
            INPUT=areas,
            RESPONSES=chosen,
            POSTCODE_FIELD="pc",
            POSTCODES=str(code_point),
            UNPLACED=tmp_path / "unplaced.csv",
            OUTPUT="memory:",
        )
        assert totals(out) == [0, 1, 0, 0]
        assert unplaced(tmp_path) == [(3, "not a postcode")], "the number of the feature"
    finally:
        QgsProject.instance().removeMapLayer(table.id())


# --- lookups of postcodes -----------------------------------------------------------------------


@pytest.fixture
def replies(tmp_path):
    return replies_csv(tmp_path / "replies.csv", ["S1 1AA", "S1 1AA", "S10 2AD"])


def test_code_point_open_as_published_has_no_headings(areas, replies, tmp_path):
    rows = [[pc, 10, *place, "E92000001", "", "", "", "", ""] for pc, place in PLACES.items()]
    lookup = write_csv(tmp_path / "s.csv", rows)
    out = count(areas, replies, POSTCODES=lookup)
    assert totals(out) == [2, 0, 1, 0]
    assert "Code-Point Open" in out.log.text


def test_code_point_open_as_a_layer_of_points(areas, replies, tmp_path):
    layer = QgsVectorLayer("Point?crs=EPSG:27700&field=postcode:string(8)", "codepoint", "memory")
    features = []
    for postcode, place in PLACES.items():
        feature = QgsFeature(layer.fields())
        feature.setAttributes([postcode])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*place)))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    file = save_layer(layer, tmp_path / "codepo_gb.gpkg", name="codepoint")
    assert totals(count(areas, replies, POSTCODES=file)) == [2, 0, 1, 0]


def test_longitudes_and_latitudes(areas, replies, tmp_path):
    # the National Grid has 400,000 east at 2 degrees west, and -100,000 north at 49 degrees; a
    # degree is 111.2 km north and 71.7 km east there
    rows = [["S1 1AA", -1.9930, 49.9037], ["S10 2AD", -1.9652, 49.9037], ["BT1 1AA", 0, 99.999999]]
    lookup = write_csv(tmp_path / "l.csv", rows, ["Post code", "Longitude", "Latitude"])
    assert totals(count(areas, replies, POSTCODES=lookup)) == [2, 0, 1, 0]


def test_codes_of_a_lookup_are_used_before_its_coordinates(areas, replies, tmp_path):
    rows = [
        ["S1 1AA", CODES[3], *PLACES["S1 1AA"]],  # the codes say otherwise than the coordinates
        ["S10 2AD", "", *PLACES["S10 2AD"]],  # only coordinates say
        *([f"S2 {at}AA", code, 0, 0] for at, code in enumerate(CODES[:3])),
    ]
    lookup = write_csv(tmp_path / "onspd.csv", rows, ["pcds", "lsoa21cd", "oseast1m", "osnrth1m"])
    out = count(areas, replies, POSTCODES=lookup)
    assert totals(out) == [0, 0, 1, 2]
    assert "lsoa21cd" in out.log.text and "coordinates" in out.log.text


def test_of_several_columns_of_codes_that_of_the_areas_is_taken(areas, replies, tmp_path):
    rows = [
        ["S1 1AA", "E00000001", CODES[1], "E02000001"],
        ["S10 2AD", "E00000002", CODES[2], "E02000001"],
    ]
    lookup = write_csv(tmp_path / "pcd.csv", rows, ["pcds", "oa21cd", "lsoa21cd", "msoa21cd"])
    assert totals(count(areas, replies, POSTCODES=lookup)) == [0, 2, 1, 0]


def test_postcodes_of_northern_ireland_are_on_another_grid(areas, tmp_path):
    replies = replies_csv(tmp_path / "r.csv", ["BT1 5GS", "S1 1AA"])
    rows = [["BT1 5GS", 400_500, 500], ["S1 1AA", *PLACES["S1 1AA"]]]
    lookup = write_csv(tmp_path / "l.csv", rows, ["pcds", "oseast1m", "osnrth1m"])
    assert totals(count(areas, replies, tmp_path, POSTCODES=lookup)) == [1, 0, 0, 0]
    assert unplaced(tmp_path) == [(2, "no coordinates")]


def test_the_same_row_twice_is_fine_and_two_places_are_not(areas, replies, code_point):
    same = [["s11aa", 10, *PLACES["S1 1AA"]]]
    assert totals(count(areas, replies, POSTCODES=code_point_csv(code_point, same)))[0] == 2
    message = refuse(areas, replies, POSTCODES=code_point_csv(code_point, [["S11AA", 10, 1, 1]]))
    assert "1 postcodes" in message and "rows 2, 6" in message
    assert not POSTCODE.search(message.encode())


@pytest.mark.parametrize(
    ("rows", "headings", "said"),
    [
        ([["a", 1, 2]], ["name", "Eastings", "Northings"], "no column of it holds postcodes"),
        ([["S1 1AA", "x"]], ["Postcode", "colour"], "neither a column of area codes nor"),
        ([["S1 1AA", -1.5, 53.4]], ["Postcode", "Eastings", "Northings"], "cannot be that"),
        ([["S1 1AA", "far", 2]], ["Postcode", "Eastings", "Northings"], "no number"),
        ([["S1 1AA", "E01999999"]], ["Postcode", "lsoa21cd"], "of none of the areas"),
    ],
)
def test_a_lookup_that_is_none_says_what_is_wrong(areas, replies, tmp_path, rows, headings, said):
    message = refuse(areas, replies, POSTCODES=write_csv(tmp_path / "l.csv", rows, headings))
    assert said in message and "l.csv" in message
    assert not POSTCODE.search(message.encode())


def test_areas_that_the_codes_of_a_lookup_do_not_know_are_found_by_coordinates(areas, tmp_path):
    """Wards that got other codes since: by codes they would have no reply, and a false 0."""
    codes = ["E05000001", *CODES[1:3], "E05000009"]  # of the first and the last as they were
    rows = [[postcode, 10, *place, code] for (postcode, place), code in zip(PLACES.items(), codes)]
    lookup = write_csv(tmp_path / "codes.csv", rows, [*CODE_POINT, "Admin_ward_code"])
    replies = replies_csv(tmp_path / "replies.csv", [*PLACES, *PLACES])
    made = count(areas, replies, POSTCODES=lookup)
    assert totals(made) == [2, 2, 2, 2]
    assert made.results["UNPLACED_COUNT"] == 0
    assert f"2 areas have codes that codes.csv does not know: {CODES[0]}, {CODES[3]}. By codes" in (
        made.log.text
    )
    assert "its coordinates are used" in made.log.text and "S1 1AA" not in made.log.text


def test_a_lookup_without_coordinates_says_which_areas_it_does_not_know(areas, exact, tmp_path):
    rows = [[postcode, code] for postcode, code in zip(PLACES, ["E05000001", *CODES[1:]])]
    lookup = write_csv(tmp_path / "codes.csv", rows, ["Postcode", "lsoa"])
    replies = replies_csv(tmp_path / "replies.csv", [*PLACES])
    made = count(areas, replies, POSTCODES=lookup)
    assert totals(made) == [0, 1, 1, 1]
    said = (
        f"CAUTION: 1 areas have codes that codes.csv does not know: {CODES[0]}. They seem to have"
    )
    assert said in made.log.text
    old = ["E01007318", "E01007319", CODES[0], CODES[0]]  # LOOKUP leads to all areas
    led = write_csv(tmp_path / "led.csv", [*zip(PLACES, old)], ["Postcode", "lsoa11cd"])
    made = count(make_areas(AREAS_2021), replies, POSTCODES=led, LOOKUP=exact)
    assert "does not know" not in made.log.text


def test_areas_without_borders_are_counted_by_the_codes_that_are_known(tmp_path):
    rows = [[p, 10, *at, c] for (p, at), c in zip(PLACES.items(), ["E05000001", *CODES[1:]])]
    lookup = write_csv(tmp_path / "codes.csv", rows, [*CODE_POINT, "lsoa"])
    table = write_csv(tmp_path / "areas.csv", [[c, "x"] for c in CODES], ["LSOA21CD", "note"])
    layer = QgsVectorLayer(str(table), "areas", "ogr")
    made = count(layer, replies_csv(tmp_path / "replies.csv", [*PLACES]), POSTCODES=lookup)
    assert totals(made) == [0, 1, 1, 1] and "CAUTION: 1 areas" in made.log.text


def test_another_code_of_the_same_place_is_known(tmp_path):
    """Sheffield is E08000019, and E08000039 since 2025."""
    rows = [["S1 1AA", "E08000019", *PLACES["S1 1AA"]]]
    lookup = write_csv(tmp_path / "l.csv", rows, ["pcds", "ladcd", "oseast1m", "osnrth1m"])
    made = count(make_areas(["E08000039"], "LAD25CD"), replies_csv(tmp_path / "r.csv", ["S1 1AA"]),
                 POSTCODES=lookup)  # fmt: skip
    assert totals(made) == [1]
    assert "area codes ladcd" in made.log.text and "does not know" not in made.log.text


def test_postcodes_need_a_lookup(areas, replies):
    assert "POSTCODES" in refuse(areas, replies)


# --- points -------------------------------------------------------------------------------------


def test_points_are_placed_in_any_reference_system(areas, tmp_path):
    pins = points_layer([(400_500, 500), (401_500, 10), (401_600, 999), (500_000, 0), None])
    out = count(areas, pins, tmp_path)
    assert totals(out) == [1, 2, 0, 0]
    assert unplaced(tmp_path) == [(4, "outside the areas"), (5, "blank")]
    degrees = save_layer(pins, tmp_path / "pins.gpkg", crs="EPSG:4326")
    assert totals(count(areas, degrees)) == [1, 2, 0, 0]
    assert totals(count(areas, save_layer(pins, tmp_path / "w.gpkg", crs="EPSG:3857")))[1] == 2


def test_a_point_on_a_border_counts_once_in_the_first_area(areas):
    out = count(areas, points_layer([(401_000, 500), (401_000, 500), (402_500, 500)]))
    assert totals(out) == [2, 0, 1, 0]
    assert "1 places lie exactly on a border" in out.log.text


def test_overlapping_areas_count_a_reply_once_and_it_is_said(tmp_path):
    layer = make_areas(CODES[:2])
    wide = QgsGeometry.fromWkt("POLYGON((400000 0,402000 0,402000 1000,400000 1000,400000 0))")
    layer.dataProvider().changeGeometryValues({2: wide})
    out = count(layer, points_layer([(400_500, 500), (401_500, 500)]))
    assert totals(out) == [1, 1]
    assert "1 places lie in several areas, as these overlap" in out.log.text


def test_filter_and_selection_of_points_are_respected(areas, tmp_path):
    pins = points_layer([(400_500, 500), (401_500, 500)], groups=["White", "Black"])
    pins.setSubsetString("\"ethnic\" = 'White'")
    assert totals(count(areas, pins)) == [1, 0, 0, 0]
    file = save_layer(points_layer([(400_500, 500)] * 3), tmp_path / "pins.gpkg")
    layer = open_layer(file, "pins")
    layer.selectByIds([2])
    QgsProject.instance().addMapLayer(layer)
    try:
        out = run(
            "countresponses",
            project=QgsProject.instance(),
            INPUT=areas,
            RESPONSES=QgsProcessingFeatureSourceDefinition(layer.id(), True),
            OUTPUT="memory:",
        )
        assert totals(out) == [1, 0, 0, 0]
    finally:
        QgsProject.instance().removeMapLayer(layer.id())


def test_several_points_in_one_reply_have_no_place(areas, tmp_path):
    layer = QgsVectorLayer("MultiPoint?crs=EPSG:27700", "pins", "memory")
    for text in ("MULTIPOINT((400500 500))", "MULTIPOINT((400500 500),(401500 500))"):
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(text))
        layer.dataProvider().addFeature(feature)
    assert totals(count(areas, layer, tmp_path)) == [1, 0, 0, 0]
    assert unplaced(tmp_path) == [(2, "several points")]


def test_points_are_not_used_where_a_column_is_named(areas, code_point, tmp_path):
    layer = QgsVectorLayer("Point?crs=EPSG:27700&field=pc:string(9)", "pins", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["S10 2AD"])
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(400_500, 500)))
    layer.dataProvider().addFeature(feature)
    assert totals(count(areas, layer)) == [1, 0, 0, 0]
    named = count(areas, layer, POSTCODES=code_point, POSTCODE_FIELD="pc")
    assert totals(named) == [0, 0, 1, 0]


def test_areas_that_points_cannot_be_placed_in_are_refused(areas, code_point, replies, tmp_path):
    table = QgsVectorLayer("NoGeometry?field=LSOA21CD:string(9)", "table", "memory")
    feature = QgsFeature(table.fields())
    feature.setAttributes([CODES[0]])
    table.dataProvider().addFeature(feature)
    assert "no polygons" in refuse(table, replies, POSTCODES=code_point)
    nowhere = make_areas(CODES)
    nowhere.setCrs(type(nowhere.crs())())
    assert "no reference system" in refuse(nowhere, replies, POSTCODES=code_point)
    empty = make_areas(CODES)
    empty.dataProvider().changeGeometryValues({at: QgsGeometry() for at in range(1, 5)})
    assert "geometry" in refuse(empty, replies, POSTCODES=code_point)
    pins = points_layer([(400_500, 500)], crs="")
    pins.setCrs(type(nowhere.crs())())
    assert "no reference system" in refuse(areas, pins)


def test_an_area_without_a_geometry_has_no_replies_and_is_said(replies, code_point):
    layer = make_areas(CODES)
    layer.dataProvider().changeGeometryValues({4: QgsGeometry()})
    out = count(layer, replies, POSTCODES=code_point)
    assert totals(out) == [2, 0, 1, None]
    assert "1 areas have no geometry" in out.log.text


# --- codes --------------------------------------------------------------------------------------

# the four ways in which areas changed: the same, split, merged, recut
EXACT = [
    [CODES[0], CODES[0], "U"],
    ["E01007318", "E01033801", "S"],
    ["E01007318", "E01033802", "S"],
    ["E01007319", "E01033803", "M"],
    ["E01007320", "E01033803", "M"],
]
AREAS_2021 = [CODES[0], "E01033801", "E01033802", "E01033803"]


@pytest.fixture
def exact(tmp_path):
    return write_csv(tmp_path / "exact.csv", EXACT, ["LSOA11CD", "LSOA21CD", "CHGIND"])


def codes_csv(path, codes, heading="LSOA11CD"):
    return write_csv(path, [[at, code] for at, code in enumerate(codes)], ["id", heading])


def test_codes_of_the_areas_are_counted_as_they_are(areas, tmp_path):
    replies = codes_csv(
        tmp_path / "r.csv", [CODES[0], CODES[0].lower(), "", "E01000001", CODES[2], "E0x"], "lsoa"
    )
    out = count(areas, replies, tmp_path, RESPONSE_CODE_FIELD="LSOA")
    assert totals(out) == [2, 0, 1, 0]
    assert unplaced(tmp_path) == [
        (4, "blank"),
        (5, "outside the areas"),
        (7, "unknown area code"),
    ]


def test_codes_of_another_year_need_the_lookup(tmp_path, exact):
    layer = make_areas(AREAS_2021)
    replies = codes_csv(
        tmp_path / "r.csv",
        [CODES[0], "E01007318", "E01007318", "E01007319", "E01007320", "E01000009"],
    )
    message = refuse(layer, replies)
    assert "2011" in message and "2021" in message and "LOOKUP" in message
    assert "E01033801" in message, "an area concerned"
    out = count(layer, replies, tmp_path, LOOKUP=exact)
    assert totals(out) == [1, None, None, 2], "pieces of a split area are missing, not 0"
    assert unplaced(tmp_path) == [
        (3, "area split since"),
        (4, "area split since"),
        (7, "outside the areas"),
    ]
    assert "NULL, not 0: E01033801, E01033802" in out.log.text


def test_codes_of_2021_go_back_to_2011(tmp_path, exact):
    layer = make_areas([CODES[0], "E01007318", "E01007319", "E01007320"], "LSOA11CD")
    replies = codes_csv(tmp_path / "r.csv", [CODES[0], "E01033801", "E01033802", "E01033803"],
                        "LSOA21CD")  # fmt: skip
    out = count(layer, replies, tmp_path, LOOKUP=exact)
    assert totals(out) == [1, 2, None, None]
    assert unplaced(tmp_path) == [(5, "area split since")]


def test_coordinates_tell_the_pieces_of_a_split_area_apart(tmp_path, exact):
    layer = make_areas(AREAS_2021)
    rows = [
        ["S1 1AA", CODES[0], 400_500, 500],
        ["S1 1AB", "E01007318", 401_500, 500],
        ["S10 2AD", "E01007318", 402_500, 500],
    ]
    lookup = write_csv(tmp_path / "l.csv", rows, ["pcds", "lsoa11cd", "oseast1m", "osnrth1m"])
    replies = replies_csv(tmp_path / "r.csv", ["S1 1AA", "S1 1AB", "S10 2AD", "S10 2AD"])
    with_codes = count(layer, replies, POSTCODES=lookup, LOOKUP=exact)
    assert totals(with_codes) == [1, 1, 2, 0]
    alone = count(layer, replies, POSTCODES=lookup)
    assert totals(alone) == [1, 1, 2, 0]
    assert "its coordinates are used" in alone.log.text


def test_smaller_areas_go_to_those_they_lie_in(areas, tmp_path):
    nesting = write_csv(
        tmp_path / "oa.csv",
        [["E00000001", CODES[0]], ["E00000002", CODES[0]], ["E00000003", CODES[1]],
         ["E00000004", CODES[2]], ["E00000005", CODES[3]]],
        ["OA21CD", "LSOA21CD"],
    )  # fmt: skip
    replies = codes_csv(tmp_path / "r.csv", ["E00000001", "E00000002", "E00000003", "E00000009"],
                        "oa")  # fmt: skip
    out = count(areas, replies, tmp_path, LOOKUP=nesting)
    assert totals(out) == [2, 1, 0, 0]
    assert unplaced(tmp_path) == [(5, "unknown area code")]


def test_a_lookup_of_output_areas_alone_needs_that_of_areas_they_lie_in(areas, replies, tmp_path):
    rows = [["S1 1AA", "E00000001"], ["S10 2AD", "E00000003"]]
    lookup = write_csv(tmp_path / "pcd.csv", rows, ["pcds", "oa21cd"])
    assert "of none of the areas" in refuse(areas, replies, POSTCODES=lookup)
    pairs = [["E00000001", CODES[3]], ["E00000002", CODES[3]], ["E00000003", CODES[1]],
             ["E00000004", CODES[2]], ["E00000005", CODES[0]]]  # fmt: skip
    nesting = write_csv(tmp_path / "oa.csv", pairs, ["OA21CD", "LSOA21CD"])
    assert totals(count(areas, replies, POSTCODES=lookup, LOOKUP=nesting)) == [0, 1, 0, 2]


def test_a_lookup_of_2011_is_known_by_the_areas_it_lacks(tmp_path, exact):
    layer = make_areas(AREAS_2021)
    rows = [["S1 1AA", CODES[0]], ["S1 1AB", "E01007318"], ["S10 2AD", "E01007319"]]
    lookup = write_csv(tmp_path / "own.csv", rows, ["postcode", "area"])
    replies = replies_csv(tmp_path / "r.csv", ["S1 1AA", "S1 1AB", "S10 2AD"])
    message = refuse(layer, replies, POSTCODES=lookup)
    assert "2011" in message and "LOOKUP" in message
    out = count(layer, replies, POSTCODES=lookup, LOOKUP=exact)
    assert totals(out) == [1, None, None, 1]


def test_codes_that_could_be_of_2011_are_warned_of(tmp_path):
    layer = make_areas(AREAS_2021)
    replies = codes_csv(tmp_path / "r.csv", [CODES[0], "E01007318"], "area")
    out = count(layer, replies)
    assert "CAUTION" in out.log.text and "E01033801" in out.log.text
    fine = codes_csv(tmp_path / "f.csv", [CODES[0], "E01033801", "E01007318"], "area")
    assert "CAUTION" not in count(layer, fine).log.text


def test_hidden_counts_and_areas_that_cannot_be_told_go_together(tmp_path, exact):
    layer = make_areas(AREAS_2021)
    told = [CODES[0]] * 30 + ["E01007318"] * 3 + ["E01007319"] * 3
    replies = codes_csv(tmp_path / "r.csv", told)
    out = count(layer, replies, LOOKUP=exact, SUPPRESSION="ons10")
    assert totals(out) == [30, None, None, None]


def test_a_list_of_nobody_is_written_too(areas, replies, code_point, tmp_path):
    out = count(areas, replies, tmp_path, POSTCODES=code_point)
    assert out.results["UNPLACED_COUNT"] == 0 and unplaced(tmp_path) == []


def test_a_lookup_that_is_not_needed_is_said(areas, code_point):
    out = count(areas, points_layer([(400_500, 500)]), POSTCODES=code_point)
    assert "POSTCODES is not used" in out.log.text


def test_codes_of_both_years_leave_pieces_of_split_areas_open(tmp_path, exact):
    layer = make_areas(AREAS_2021)
    replies = codes_csv(
        tmp_path / "r.csv", [CODES[0], "E01033801", "E01007318", "E01033803"], "area"
    )
    out = count(layer, replies, tmp_path, LOOKUP=exact)
    # the one that is known is no count of its area while the other may be from there too
    assert totals(out) == [1, None, None, 1]
    assert unplaced(tmp_path) == [(3, "area split since"), (4, "area split since")]


def test_a_code_of_the_areas_themselves_needs_no_lookup(tmp_path, exact):
    layer = make_areas([CODES[0], "E01007318", "E01007319"], "code")
    replies = codes_csv(tmp_path / "r.csv", [CODES[0], "E01007318", "E01007318"], "code")
    assert totals(count(layer, replies, LOOKUP=exact)) == [1, 2, 0]


def test_best_fit_lookups_are_refused(tmp_path):
    best = write_csv(
        tmp_path / "best.csv", [[CODES[0], CODES[0]], ["E01007318", "E01033801"]],
        ["LSOA11CD", "LSOA21CD"],
    )  # fmt: skip
    replies = codes_csv(tmp_path / "r.csv", [CODES[0], "E01007318"])
    message = refuse(make_areas([CODES[0], "E01033801"]), replies, LOOKUP=best)
    assert "best fit" in message


# --- which column -------------------------------------------------------------------------------


def test_a_heading_that_is_not_there_names_the_nearest(areas, replies, code_point):
    message = refuse(areas, replies, POSTCODES=code_point, POSTCODE_FIELD="Where do you live")
    assert "The nearest: Where do you live?" in message and "replies.csv" in message
    assert "GROUP_FIELD" in refuse(
        areas, replies, POSTCODES=code_point, GROUP_FIELD="ethnicity of the person"
    )


def test_several_columns_that_could_be_meant_are_a_question(areas, code_point, tmp_path):
    rows = [["S1 1AA", "S10 2AD"], ["S1 1AB", "S1 1AA"]]
    path = write_csv(tmp_path / "r.csv", rows, ["home", "work"])
    message = refuse(areas, path, POSTCODES=code_point)
    assert "home, work" in message and "POSTCODE_FIELD" in message
    assert totals(count(areas, path, POSTCODES=code_point, POSTCODE_FIELD="work"))[2] == 1
    both = refuse(areas, path, POSTCODE_FIELD="work", RESPONSE_CODE_FIELD="home")
    assert "leave" in both


def test_no_column_at_all_is_said_without_what_people_wrote(areas, tmp_path):
    path = write_csv(tmp_path / "r.csv", [["my own words"], ["others"]], ["comment"])
    message = refuse(areas, path)
    assert "RESPONSE_CODE_FIELD" in message and "own words" not in message


def test_a_file_without_headings_shows_no_reply(areas, code_point, tmp_path):
    path = write_csv(tmp_path / "r.csv", [["1", "S1 1AA"], ["2", "S1 1AB"]])
    message = refuse(areas, path, POSTCODES=code_point)
    assert "headings" in message and not POSTCODE.search(message.encode())


def test_a_reply_fuller_than_the_headings_is_not_taken_for_them(areas, code_point, tmp_path):
    """As with "Other (please specify)" under an empty heading: its words must not be shown."""
    rows = [
        ["id", "postcode", "ethnic group", "", ""],
        ["1", "S1 1AA", "White", "", ""],
        ["2", "S1", "White", "my brother Ahmed", "phone 0114 496 0000"],
        ["3", "S1 1AB", "White", "", ""],
    ]
    path = tmp_path / "monkey.csv"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    made = count(areas, path, POSTCODES=code_point)
    assert made.results["RESPONSES_COUNT"] == 3
    message = refuse(areas, path, POSTCODES=code_point, GROUP_FIELD="ethnicity")
    assert "postcode, ethnic group" in message and "Ahmed" not in message


def test_a_first_reply_is_not_shown_as_headings(areas, code_point, tmp_path):
    rows = [["1", "S1", "Pakistani"], ["2", "S1 1AA", "Pakistani"], ["3", "S1 1AB", "White"]]
    path = tmp_path / "bare.csv"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    message = refuse(areas, path, POSTCODES=code_point, GROUP_FIELD="ethnicity")
    assert "no row of headings" in message and "Pakistani" not in message


def test_boxes_to_tick_and_numbers_of_questions_are_headings(areas, code_point, tmp_path):
    ticks = [["S1 1AA", "Bus", "", "Tram"], ["S1 1AB", "Bus", "Car", ""], ["S1", "", "Car", "Tram"]]
    path = write_csv(tmp_path / "ticks.csv", ticks, ["pc", "Bus", "Car", "Tram"])
    assert totals(count(areas, path, POSTCODES=code_point)) == [1, 1, 0, 0]
    path = write_csv(tmp_path / "numbers.csv", ticks, ["1", "2", "3", "4"])
    assert totals(count(areas, path, POSTCODES=code_point)) == [1, 1, 0, 0]


def test_columns_of_coordinates_are_told_how_they_become_points(areas, tmp_path):
    path = write_csv(tmp_path / "r.csv", [[1, 400_500, 500]], ["id", "Eastings", "Northings"])
    assert "Eastings and Northings seem to be coordinates" in (message := refuse(areas, path))
    assert "Add Delimited Text Layer" in message and "400" not in message
    path = write_csv(tmp_path / "d.csv", [[-1.5, 53.4]], ["Longitude", "Latitude"])
    assert "Add Delimited Text Layer" in refuse(areas, path)
    path = write_csv(tmp_path / "n.csv", [[1, 400_500]], ["id", "Eastings"])
    assert "Add Delimited Text Layer" not in refuse(areas, path)


def test_empty_files_are_refused(areas, code_point, tmp_path):
    (tmp_path / "e.csv").write_text("", encoding="utf-8")
    assert "empty" in refuse(areas, tmp_path / "e.csv", POSTCODES=code_point)
    (tmp_path / "h.csv").write_text("id,postcode\n", encoding="utf-8")
    message = refuse(areas, tmp_path / "h.csv", POSTCODES=code_point, POSTCODE_FIELD="postcode")
    assert "no replies" in message


def test_no_reply_placed_is_an_error_not_zero_everywhere(areas, code_point, tmp_path):
    path = replies_csv(tmp_path / "r.csv", ["ZE1 0AA", "", "S1"])
    message = refuse(areas, path, POSTCODES=code_point, POSTCODE_FIELD="Where do you live?")
    assert "1 blank: nothing was given; " in message
    assert "1 unknown postcode: made up, too new" in message and "several in a cell" in message


# --- groups -------------------------------------------------------------------------------------


def test_groups_are_counted_and_those_nobody_chose_are_0(areas, code_point, tmp_path):
    groups = ["White British", "Pakistani", "Prefer not to say", "", "Roma"]
    path = replies_csv(tmp_path / "r.csv", ["S1 1AA"] * 4 + ["S1 1AB"], groups)
    out = count(areas, path, POSTCODES=code_point, GROUP_FIELD="ethnic group",
                TAXONOMY="census2021_ts021")  # fmt: skip
    first, second, *_ = out.rows()
    assert first["resp_total"] == 4
    have = {name: first[f"resp_eth_{name}_n"] for name in ("white", "asian", "black", "unknown")}
    assert have == {"white": 1, "asian": 1, "black": 0, "unknown": 2}
    assert second["resp_eth_white_n"] == 1
    alias = out.layer.fields().field("resp_eth_asian_n").alias()
    assert alias.startswith("Replies: Asian")
    fine = count(areas, path, POSTCODES=code_point, GROUP_FIELD="ethnic group",
                 TAXONOMY="census2021_ts021", LEVEL="category").rows()  # fmt: skip
    assert fine[0]["resp_eth_pakistani_n"] == 1 and fine[0]["resp_eth_arab_n"] == 0
    assert fine[0]["resp_eth_asian_n"] == 1, "groups stay beside their categories"


def many_replies(path):
    """Write replies of which 17 = 8 + 8 + 1 are in the first area: the 1 alone cannot be hidden."""
    first = ["White British"] * 8 + ["Indian"] * 8 + ["African"]
    second = ["White British"] * 40 + ["Indian"] * 12
    third = ["White British"] * 30
    postcodes = ["S1 1AA"] * 17 + ["S1 1AB"] * 52 + ["S10 2AD"] * 30
    return replies_csv(path, postcodes, [*first, *second, *third])


def test_small_counts_are_hidden_with_what_would_tell_them(areas, code_point, tmp_path):
    replies = many_replies(tmp_path / "r.csv")
    options = {"POSTCODES": code_point, "GROUP_FIELD": "ethnic group",
               "TAXONOMY": "census2021_ts021"}  # fmt: skip
    true = count(areas, replies, **options).rows()
    shown = count(areas, replies, **options, SUPPRESSION="nhs")
    for before, after in zip(true, shown.rows()):
        hidden = [n for n in before if n.startswith("resp_") and after[n] is None]
        small = [n for n in before if n.startswith("resp_") and 0 < before[n] < 8]
        assert set(small) <= set(hidden)
        assert all(after[n] % 5 == 0 for n in before if n.startswith("resp_") and after[n])
    blank = [n for n, value in shown.rows()[0].items() if n.startswith("resp_") and value is None]
    assert len(blank) > 1, "15 less 10 less 10 would tell the 1"
    told = json.loads(shown.layer.customProperty("seldom_heard/provenance"))
    assert {one["suppression"] for one in told["sources"]} == {"nhs"}


def test_counts_are_known_to_the_algorithms_that_follow(areas, code_point, tmp_path):
    made = tmp_path / "made.gpkg"
    run("countresponses", INPUT=areas, RESPONSES=many_replies(tmp_path / "r.csv"),
        POSTCODES=code_point, GROUP_FIELD="ethnic group", TAXONOMY="census2021_ts021",
        OUTPUT=made)  # fmt: skip
    lookup = write_csv(
        tmp_path / "w.csv", [[c, "E05000001"] for c in CODES], ["LSOA21CD", "WD24CD"]
    )
    (ward,) = run("aggregateareas", INPUT=made, LOOKUP=lookup, OUTPUT="memory:").rows()
    assert (ward["resp_total"], ward["resp_eth_asian_n"]) == (99, 20)
    safe = run("suppresscounts", INPUT=made, RULE="nhs", OUTPUT="memory:").rows()
    assert safe[0]["resp_eth_black_n"] is None
    parts = [n for n in safe[0] if n.startswith("resp_eth_") and safe[0][n] is None]
    assert len(parts) > 1, "15 less 10 less 10 would tell the 1"
    pieces = [
        [CODES[0], "E01033801", "S", 10],
        [CODES[0], "E01033802", "S", 7],
        *([c, c, "U", 1] for c in CODES[1:]),
    ]
    headings = ["LSOA11CD", "LSOA21CD", "CHGIND", "TotPersons"]
    exact = write_csv(tmp_path / "x.csv", pieces, headings)
    moved = run("convertareas", INPUT=made, CODE_FIELD="LSOA21CD", LOOKUP=exact, OUTPUT="memory:")
    assert sum(totals(moved)) == 99


def test_a_second_question_of_the_same_replies_stays_beside_the_first(areas, code_point, tmp_path):
    rows = [["S1 1AA", "White British", "Yes"], ["S1 1AB", "Indian", "No"]]
    replies = write_csv(tmp_path / "r.csv", rows, ["pc", "ethnic group", "answer"])
    own = write_csv(tmp_path / "said.csv", [["Yes", "agree"], ["No", "object"]])
    first, second = tmp_path / "1.gpkg", tmp_path / "2.gpkg"
    run("countresponses", INPUT=areas, RESPONSES=replies, POSTCODES=code_point,
        GROUP_FIELD="ethnic group", TAXONOMY="census2021_ts021", OUTPUT=first)  # fmt: skip
    out = run("countresponses", INPUT=first, RESPONSES=replies, POSTCODES=code_point,
              GROUP_FIELD="answer", TAXONOMY=own, OUTPUT=second).rows()  # fmt: skip
    assert (out[0]["resp_said_agree_n"], out[0]["resp_eth_white_n"]) == (1, 1)
    others = replies_csv(tmp_path / "o.csv", ["S1 1AA"] * 3)
    left = run("countresponses", INPUT=second, RESPONSES=others, POSTCODES=code_point,
               OUTPUT="memory:")  # fmt: skip
    assert [n for n in left.rows()[0] if n.startswith("resp_")] == ["resp_total"]
    assert "other replies" in left.log.text


# --- where it came from -------------------------------------------------------------------------


def test_the_layer_says_where_its_counts_come_from(areas, replies, code_point, tmp_path):
    page = tmp_path / "report.html"
    out = count(areas, replies, POSTCODES=code_point, REPORT=page)
    (source,) = json.loads(out.layer.customProperty("seldom_heard/provenance"))["sources"]
    assert source["title"] == "Replies: replies.csv"
    assert "Royal Mail" in source["attribution"]
    assert "Code-Point Open" in source["note"] and "100 % of the replies placed" in source["note"]
    text = page.read_text(encoding="utf-8")
    assert "100.0" in text and not POSTCODE.search(text.encode())


def test_a_layer_with_hidden_counts_does_not_tell_the_exact_number_of_all_replies(tmp_path):
    """Of 8, 8 and 1 replies 10, 10 and NULL are shown: 17 in all would tell the 1."""
    codes = [code for code, n in zip(CODES, (8, 8, 1)) for _ in range(n)]
    replies = write_csv(tmp_path / "r.csv", [[code, "x"] for code in codes], ["lsoa", "q"])
    made = count(make_areas(CODES[:3]), replies, SUPPRESSION="nhs")
    assert totals(made) == [10, 10, None]
    told = json.loads(made.layer.customProperty("seldom_heard/provenance"))
    (note,) = [one["note"] for one in told["sources"]]
    assert "100 % of the replies placed" in note and "17" not in note


def test_checkinputs_knows_lookups_of_postcodes(areas, code_point, tmp_path):
    ons = write_csv(
        tmp_path / "onspd.csv", [["S1 1AA", "S1  1AA", 400_500, 500, CODES[0]]],
        ["pcds", "pcd8", "oseast1m", "osnrth1m", "lsoa21cd"],
    )  # fmt: skip
    out = run("checkinputs", INPUT=areas, TABLES=[code_point, ons], REPORT=tmp_path / "c.html")
    assert "Code-Point Open" in out.log.text and "ONS postcode" in out.log.text
    assert not POSTCODE.search(out.log.text.encode())


# --- large, stopped, half done ------------------------------------------------------------------


def test_cancel_leaves_nothing(areas, code_point, tmp_path):
    many = replies_csv(tmp_path / "many.csv", ["S1 1AA", "s10 2ad", "x"] * 100_000)
    target, left = tmp_path / "out.gpkg", tmp_path / "left.csv"
    log = cancel_after(0.15)
    run("countresponses", log, INPUT=areas, RESPONSES=many, POSTCODES=code_point, OUTPUT=target,
        UNPLACED=left)  # fmt: skip
    ended = time.process_time()
    assert log.cancelled_at and ended - log.cancelled_at < 1.0
    assert not target.exists() and not left.exists()


def test_cancel_while_areas_are_written_leaves_nothing(code_point, replies, tmp_path):
    layer = make_areas(lsoas(1_600))  # enough for some steps of progress
    left, target = tmp_path / "left.csv", tmp_path / "out.geojson"
    log = Log(lambda what: target.exists())
    run("countresponses", log, INPUT=layer, RESPONSES=replies, POSTCODES=code_point, OUTPUT=target,
        UNPLACED=left)  # fmt: skip
    assert log.cancelled_at is not None
    assert not target.exists() and not left.exists()


def test_a_shapefile_knows_the_whole_names_of_fields_it_had_before(replies, code_point, tmp_path):
    figures = {"dep_imd_decile": [1, 2, 3, 4], "dep_income_rank": [9, 8, 7, 6]}
    layer = make_areas(CODES, **figures, dep_income_decile=[1, 1, 2, 2])
    layer.setFieldAlias(layer.fields().indexOf("dep_income_rank"), "Income, rank")
    out = count(layer, replies, POSTCODES=code_point, OUTPUT=tmp_path / "out.shp")
    whole = specs.whole_names(out.layer)
    assert [*figures, "dep_income_decile", "resp_total"] == [*whole.values()][1:]
    short = {name: cut for cut, name in whole.items()}
    assert max(map(len, whole)) == 10
    assert f"dep_income_rank → {short['dep_income_rank']}" in out.log.text
    rows = out.rows()
    assert [row[short["dep_income_rank"]] for row in rows] == figures["dep_income_rank"]
    assert [row[short["dep_income_decile"]] for row in rows] == [1, 1, 2, 2]
    fields = out.layer.fields()
    assert fields.field(short["dep_income_rank"]).alias() == "Income, rank"
    assert out.layer.styleManager().styles() == ["Deprivation"]


def test_a_list_that_cannot_be_written_to_its_end_is_removed(
    areas, code_point, tmp_path, monkeypatch
):
    def full(table, sink, cancelled):
        write_table(table, sink, cancelled)
        raise InputError("no more rows")

    monkeypatch.setattr("seldom_heard.layers.areas.write_table", full)
    replies = replies_csv(tmp_path / "replies.csv", ["S1 1AA", "S1 1AB", "nowhere"])
    left, target = tmp_path / "left.csv", tmp_path / "out.gpkg"
    with pytest.raises(AlgorithmError, match="no more rows"):
        run("countresponses", INPUT=areas, RESPONSES=replies, POSTCODES=code_point, OUTPUT=target,
            UNPLACED=left)  # fmt: skip
    assert not left.exists() and not target.exists()


def test_a_folder_that_is_not_there_stops_it_before_anything_is_written(
    areas, replies, code_point, tmp_path
):
    target = tmp_path / "out.gpkg"
    with pytest.raises(AlgorithmError, match="UNPLACED: there is no folder"):
        run("countresponses", INPUT=areas, RESPONSES=replies, POSTCODES=code_point, OUTPUT=target,
            UNPLACED=tmp_path / "no" / "left.csv")  # fmt: skip
    assert not target.exists()


# --- the simulated survey -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(shared) -> Path:
    return shared / "data"


@pytest.fixture(scope="module")
def survey(data) -> Path:
    return data / "simulated" / "survey_responses_sheffield_SIMULATED.csv"


@pytest.fixture(scope="module")
def sheffield(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheffield")
    layer = open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")
    layer.setSubsetString("\"LADCD_ACTIVE\" = 'E08000039'")
    assert layer.featureCount() == 343
    return save_layer(layer, folder / "sheffield.gpkg")


@pytest.fixture(scope="module")
def by_code_point(data, survey, sheffield, tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    outcome = run(
        "countresponses",
        INPUT=sheffield,
        RESPONSES=survey,
        POSTCODES=data / "lookups" / "CodePointOpen_2025-05_SouthYorkshire.csv.gz",
        GROUP_FIELD="ethnic_group",
        TAXONOMY="census2021_ts021",
        LEVEL="category",
        OUTPUT=folder / "out.gpkg",
        UNPLACED=folder / "unplaced.csv",
        REPORT=folder / "report.html",
    )
    return outcome, folder


def test_the_survey_is_counted_as_the_truth_has_it(by_code_point, data):
    outcome, folder = by_code_point
    assert outcome.results["RESPONSES_COUNT"] == 7_855
    assert outcome.results["PLACED"] + outcome.results["UNPLACED_COUNT"] == 7_855
    with (data / "simulated" / "survey_truth_by_lsoa_SIMULATED.csv").open() as stream:
        truth = {
            r["lsoa21"]: int(r["responses_with_usable_postcode"]) for r in csv.DictReader(stream)
        }
    have = {row["LSOA21CD"]: row["resp_total"] for row in outcome.rows()}
    assert have.keys() == truth.keys() and sum(truth.values()) == 7_227
    different = [code for code in truth if truth[code] != have[code]]
    # postcodes that lie a metre or two from a border may change sides with the transformation
    assert len(different) <= 6
    assert sum(abs(truth[c] - have[c]) for c in different) <= 12
    assert abs(sum(have.values()) - 7_227) <= 6
    reasons = Counter(reason for _, reason in unplaced(folder))
    assert reasons["blank"] == 299 and reasons["not a postcode"] == 228
    assert 101 <= reasons["unknown postcode"] + reasons["outside the areas"] <= 107


def test_the_groups_of_the_survey_make_its_total(by_code_point):
    outcome, _ = by_code_point
    groups = ("asian", "black", "mixed", "white", "other", "unknown")
    for row in outcome.rows():
        assert sum(row[f"resp_eth_{name}_n"] for name in groups) == row["resp_total"]


def test_no_postcode_is_in_anything_that_is_written(by_code_point, survey):
    outcome, folder = by_code_point
    with survey.open(encoding="utf-8") as stream:
        given = {row["postcode"] for row in csv.DictReader(stream)}
    wanted = {one.strip().upper() for one in given if len(one.strip()) > 4}
    wanted |= {one.replace(" ", "") for one in wanted}
    texts = {file.name: file.read_bytes().upper() for file in folder.iterdir()}
    texts["log"] = outcome.log.text.upper().encode()
    assert {"out.gpkg", "unplaced.csv", "report.html", "log"} <= texts.keys()
    for name, content in texts.items():
        # geometries hold any bytes, so what looks like one must be one that was given
        found = {m.group().decode() for m in POSTCODE.finditer(content)}
        if name != "out.gpkg":
            assert not found, name
        assert not {one.encode() for one in found & wanted}, name
        assert not [one for one in wanted if " " in one and one.encode() in content], name


def test_the_list_of_the_unplaced_holds_a_row_and_a_reason_alone(by_code_point):
    _, folder = by_code_point
    (layer,) = [open_layer(folder / "unplaced.csv")]
    assert [f.name() for f in layer.fields()] == ["row", "reason"]
    rows = [int(row["row"]) for row in rows_of(layer)]
    assert rows == sorted(set(rows)) and min(rows) >= 2 and max(rows) <= 7_856


def test_the_lookup_of_2011_leaves_split_areas_open(data, survey, sheffield, tmp_path):
    out = count(
        sheffield,
        survey,
        tmp_path,
        POSTCODES=data / "lookups" / "PCD_OA11_LSOA11_MSOA11_LAD_MAY22_SouthYorkshire_live.csv.gz",
        LOOKUP=data / "lookups" / "LSOA11_LSOA21_LAD22_SouthYorkshire_exact.csv",
    )
    reasons = Counter(reason for _, reason in unplaced(tmp_path))
    assert out.results["PLACED"] == 7_120 and reasons["area split since"] == 30
    assert [r["LSOA21CD"] for r in out.rows() if r["resp_total"] is None] == [
        "E01034845",
        "E01034846",
    ]


def test_the_survey_onto_msoas(data, survey, tmp_path):
    layer = open_layer(data / "boundaries" / "msoa21_south_yorkshire.geojson")
    out = count(
        layer,
        survey,
        POSTCODES=data / "lookups" / "CodePointOpen_2025-05_SouthYorkshire.csv.gz",
    )
    assert out.results["PLACED"] == pytest.approx(7_227, abs=6)
    assert len([r for r in out.rows() if r["resp_total"]]) == 70, "the MSOAs of Sheffield"


def test_wards_redrawn_since_the_codes_of_the_lookup_have_their_replies(data, survey):
    """The survey onto wards of 2025: Code-Point Open names some by the codes they had before."""
    layer = open_layer(data / "boundaries" / "ward_south_yorkshire.geojson")
    points = "CodePointOpen_2025-05_SouthYorkshire.csv.gz"
    out = count(layer, survey, POSTCODES=data / "lookups" / points)
    assert out.results["PLACED"] == pytest.approx(7_227, abs=6)
    have = {row["WD25CD"]: row["resp_total"] for row in out.rows() if row["LAD25NM"] == "Sheffield"}
    assert len(have) == 28 and min(have.values()) > 100
    assert have["E05016246"] == pytest.approx(293, abs=6), "Stocksbridge, E05010881 in the lookup"
    assert "E05016245, E05016246" in out.log.text
