"""Bad input gets a clear error that says what to do; nothing is written, nothing is lost.

One test or case for each row of "What bad input gets" in the design.
"""

from __future__ import annotations

import re
import time

import pytest
from qgis.core import QgsProcessingOutputLayerDefinition, QgsVectorLayer

from .helpers import (
    ETHNIC,
    SAMPLE,
    TS021_6,
    AlgorithmError,
    Log,
    cancel_after,
    ethnic_csv,
    ethnic_rows,
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

N = 100
CODES = lsoas(N)
HEADINGS = ["date", "geography", "geography code", *(ETHNIC + name for name in TS021_6)]
PREAMBLE = [["TS021 - Ethnic group"], ["Crown copyright"], ["Units", "Persons"], []]
NEW = ["E01034001", "E01034002"]  # numbered above the last LSOA of 2011: made for 2021
OLD = ["E01008001", "E01008002"]  # of 2011, gone in 2021


@pytest.fixture
def target(tmp_path):
    """A place for the output that must stay empty."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "out.gpkg"


def assert_nothing_written(target):
    assert not list(target.parent.iterdir()), "something was left behind"


def refuse(tables, target, areas=None, name="profileethnicity", **more):
    """Run, expect an error, see that nothing was written; return message and log."""
    log = Log()
    areas = make_areas(CODES) if areas is None else areas
    message = refused(name, log, INPUT=areas, TABLES=tables, OUTPUT=target, **more)
    assert_nothing_written(target)
    return message, log


# --- no known headings ------------------------------------------------------------------------


def test_unknown_headings(tmp_path, target):
    rows = [[code, 1, 2] for code in CODES]
    table = write_csv(tmp_path / "cats.csv", rows, ["LSOA21CD", "Cats", "Dogs"])
    message, _ = refuse([table], target)
    for part in ("cats.csv", "'Cats'", "'Dogs'", "headings"):
        assert part in message
    assert re.search(r"download|unchanged", message)


def test_unknown_headings_name_the_nearest_table(tmp_path, target):
    headings = [*HEADINGS[:-1], "Others"]
    table = write_csv(tmp_path / "near.csv", ethnic_rows(CODES), headings)
    message, _ = refuse([table], target)
    assert "near.csv" in message and "Ethnic group (TS021)" in message
    assert "'Other ethnic group'" in message, "the heading it misses"
    assert "'Ethnic group: White'" in message, "the headings it has"


def test_headings_seen_are_the_headings_not_a_row_below(tmp_path, target):
    """The data have a word in common with some known heading, the headings have none."""
    rows = [["1 is most deprived", at] for at in range(5)]
    table = write_csv(tmp_path / "cats.csv", rows, ["Cats", "Dogs"])
    message, _ = refuse([table], target)
    assert "'Cats', 'Dogs'" in message


def test_unknown_table_of_another_subject(shared, target):
    """Religion, TS030, given to profileethnicity."""
    path = shared / "data" / "census2021" / "census2021-ts030-oa_SouthYorkshire.csv"
    message, _ = refuse([path], target)
    assert path.name in message and "Religion" in message


def test_known_table_of_another_dimension(target):
    message, _ = refuse([SAMPLE / "census2021-ts029-lsoa.csv"], target)
    assert "ethnicity" in message and "Proficiency in English (TS029)" in message


def test_no_tables_and_no_columns(target):
    message, _ = refuse([], target)
    assert "squares" in message and "LSOA21CD" in message


@pytest.mark.parametrize(
    "content", [b"", b"\n\n\n", b"just a line of text\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
)
def test_file_that_is_no_table(tmp_path, target, content):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    message, _ = refuse([path], target)
    assert "odd.csv" in message and len(message) > 40


@pytest.mark.parametrize("name", ["odd.csv.gz", "odd.xlsx"])
def test_file_that_is_not_what_its_name_says(tmp_path, target, name):
    path = tmp_path / name
    path.write_bytes(b"certainly not packed, and long enough to look at " * 20)
    message, _ = refuse([path], target)
    assert name in message


def test_cut_off_gzip(tmp_path, target):
    import gzip

    plain = ethnic_csv(tmp_path / "t.csv", lsoas(2000)).read_bytes()
    path = tmp_path / "cut.csv.gz"
    packed = gzip.compress(plain)
    path.write_bytes(packed[: len(packed) // 2])
    message, _ = refuse([path], target)
    assert "cut.csv.gz" in message


# --- missing things ---------------------------------------------------------------------------


def test_missing_table_is_named(tmp_path, target):
    message, _ = refuse([tmp_path / "gone.csv"], target)
    assert "gone.csv" in message and "TABLES" in message


def test_missing_areas_are_named(tmp_path, target):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    message, _ = refuse([table], target, areas=tmp_path / "gone.gpkg")
    assert "gone.gpkg" in message and "INPUT" in message


@pytest.mark.parametrize("parameter", ["REGISTERS", "REGISTRATIONS", "LOOKUP"])
def test_missing_practice_table_is_named(tmp_path, target, parameter):
    tables = {
        "REGISTERS": SAMPLE / "PREVALENCE_2425.csv",
        "REGISTRATIONS": SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
        parameter: tmp_path / "gone.csv",
    }
    message = refused("apportionprevalence", INPUT=SAMPLE / "areas.gpkg", OUTPUT=target, **tables)
    assert "gone.csv" in message and parameter in message
    assert_nothing_written(target)


def test_required_table_left_out_is_named(target):
    message = refused("apportionprevalence", INPUT=SAMPLE / "areas.gpkg", OUTPUT=target)
    assert "REGISTERS" in message


def test_layer_that_does_not_exist(target):
    message, _ = refuse(["no_such_layer"], target)
    assert "no_such_layer" in message and "spelling" in message


def test_empty_layer(tmp_path, target):
    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES)], target, areas=make_areas([]))
    assert "no features" in message and "filter" in message


def test_areas_without_codes(tmp_path, target):
    areas = make_areas([None] * 5)
    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES)], target, areas=areas)
    assert "code" in message


def test_areas_without_a_text_field(tmp_path, target):
    areas = QgsVectorLayer("Polygon?crs=EPSG:27700&field=n:integer", "numbers", "memory")
    areas.dataProvider().addFeatures([_feature(areas, [7])])
    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES)], target, areas=areas)
    assert "text field" in message and "code field" in message


def _feature(layer, attributes):
    from qgis.core import QgsFeature

    feature = QgsFeature(layer.fields())
    feature.setAttributes(attributes)
    return feature


def test_code_field_that_does_not_exist(tmp_path, target):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    message, _ = refuse([table], target, CODE_FIELD="lsoa")
    assert "lsoa" in message and "field" in message


def test_output_folder_that_does_not_exist(tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    place = tmp_path / "nowhere" / "deep" / "out.gpkg"
    try:
        run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT=place)
    except AlgorithmError as error:
        assert "out.gpkg" in str(error)
    else:
        assert place.is_file()  # newer QGIS makes the folder


# --- vintages ---------------------------------------------------------------------------------


def test_areas_of_2021_table_of_2011(shared, target):
    data = shared / "data"
    table = data / "deprivation" / "IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv"
    areas = data / "boundaries" / "lsoa21_south_yorkshire.geojson"
    message, log = refuse([table], target, areas=areas, name="profiledeprivation")
    assert table.name in message and "convertareas" in message
    assert "2011" in message and "2021" in message and "MIN_MATCH" in message
    assert re.search(r"E010\d{5}", message)
    listed = max(log.lines, key=lambda line: len(re.findall(r"E010\d{5}", line)))
    number = int(re.search(r"(\d+) of 860 areas", message).group(1))
    assert len(re.findall(r"E010\d{5}", listed)) == number, "the log names all of them"


@pytest.mark.parametrize(
    ("name", "folder", "table"),
    [
        ("profiledeprivation", "deprivation", "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv"),
        (
            "profileethnicity",
            "census2021",
            "TS021_ethnic6_LSOA21_nomis_query_pct_SouthYorkshire.csv",
        ),
        (
            "profilelanguage",
            "census2021",
            "census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
        ),
    ],
)
def test_areas_of_2011_table_of_2021(shared, target, name, folder, table):
    data = shared / "data"
    areas = data / "boundaries" / "lsoa11_south_yorkshire.geojson"
    message, _ = refuse([data / folder / table], target, areas=areas, name=name)
    assert table in message and "convertareas" in message
    assert "2011" in message and "2021" in message
    assert re.search(r"E010\d{5}", message)


def mixed(tmp_path, areas_are, field="code"):
    """Return areas of one census and a table of the other: 99 of 100 codes are in both."""
    mine, theirs = (NEW[0], OLD[0]) if areas_are == 2021 else (OLD[0], NEW[0])
    areas = make_areas([*CODES[:99], mine], field)
    return areas, ethnic_csv(tmp_path / "t.csv", [*CODES[:99], theirs]), mine


@pytest.mark.parametrize("areas_are", [2011, 2021])
def test_the_few_codes_that_differ_give_it_away(tmp_path, target, areas_are):
    """99 % find a row, more than MIN_MATCH asks for, and no heading or field tells the census."""
    areas, table, lost = mixed(tmp_path, areas_are)
    message, _ = refuse([table], target, areas=areas)
    for part in ("t.csv", "2011", "2021", "convertareas", lost):
        assert part in message


@pytest.mark.parametrize("field", ["LSOA11CD", "lsoa11_code"])
def test_the_name_of_the_code_field_tells_the_census(tmp_path, target, field):
    areas, table, lost = mixed(tmp_path, 2011, field)
    message, _ = refuse([table], target, areas=areas)
    for part in ("t.csv", "2011", "2021", "convertareas", lost):
        assert part in message


@pytest.mark.parametrize("areas_are", [2011, 2021])
def test_min_match_lowered_on_purpose_lets_it_through(tmp_path, target, areas_are):
    areas, table, lost = mixed(tmp_path, areas_are, f"LSOA{areas_are - 2000}CD")
    out = run("profileethnicity", INPUT=areas, TABLES=[table], MIN_MATCH=90, OUTPUT=target)
    rows = out.by_code(f"LSOA{areas_are - 2000}CD")
    assert rows[lost]["eth_total"] is None and rows[lost]["eth_asian_pct"] is None
    assert sum(row["eth_total"] is not None for row in rows.values()) == 99
    assert lost in out.log.text


def test_min_match_lowered_on_real_data(shared, target):
    data = shared / "data"
    table = data / "deprivation" / "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv"
    out = run(
        "profiledeprivation",
        INPUT=data / "boundaries" / "lsoa11_south_yorkshire.geojson",
        TABLES=[table],
        MIN_MATCH=90,
        OUTPUT=target,
    )
    ranks = [row["dep_imd_rank"] for row in out.rows()]
    assert len(ranks) == 853 and ranks.count(None) == 853 - 835


# --- too few areas matched --------------------------------------------------------------------


def test_too_few_matched(tmp_path, target):
    table = ethnic_csv(tmp_path / "half.csv", CODES[:50])
    message, log = refuse([table], target)
    assert "half.csv" in message and "50 of 100" in message and "98" in message
    assert CODES[50] in message and CODES[99] not in message
    assert "MIN_MATCH" in message
    assert CODES[99] in log.text, "the log names all of them"


def test_match_at_the_limit_passes(tmp_path):
    table = ethnic_csv(tmp_path / "most.csv", CODES[:98])
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    missing = {row["LSOA21CD"] for row in out.rows() if row["eth_total"] is None}
    assert missing == set(CODES[98:])
    assert CODES[99] in out.log.text


def test_other_level_is_named(tmp_path, target):
    oas = [f"E0003{7000 + at}" for at in range(N)]
    message, _ = refuse([ethnic_csv(tmp_path / "oa.csv", oas)], target)
    assert "oa.csv" in message and "0 of 100" in message
    assert "LSOA" in message and "output areas" in message.lower()


def test_a_table_without_any_code_of_the_areas(tmp_path, target):
    table = ethnic_csv(tmp_path / "names.csv", [f"Ward {at}" for at in range(N)])
    message, _ = refuse([table], target)
    assert "names.csv" in message and "0 of 100" in message and CODES[0] in message


# --- the same code twice ----------------------------------------------------------------------


def test_code_twice_in_the_areas(tmp_path, target):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    message, _ = refuse([table], target, areas=make_areas([*CODES, CODES[7], CODES[9]]))
    assert CODES[7] in message and CODES[9] in message and message.startswith("2 codes")
    assert re.search(r"[Dd]issolve", message)


def test_code_twice_in_the_table(tmp_path, target):
    table = ethnic_csv(tmp_path / "twice.csv", [*CODES, CODES[7]])
    message, _ = refuse([table], target)
    assert "twice.csv" in message and CODES[7] in message and "one row" in message


def test_code_twice_in_two_tables(tmp_path, target):
    tables = [ethnic_csv(tmp_path / f"{name}.csv", CODES) for name in "ab"]
    message, _ = refuse(tables, target)
    assert "a.csv" in message and "b.csv" in message and CODES[0] in message


def test_two_editions_of_the_same_figures(tmp_path, target):
    """Two tables that would fill the same fields: TS021 as file and as another file's copy."""
    rows = (SAMPLE / "File_7_IoD2025.csv").read_bytes()
    (tmp_path / "other.csv").write_bytes(rows)
    message, _ = refuse(
        [SAMPLE / "File_7_IoD2025.csv", tmp_path / "other.csv"],
        target,
        areas=SAMPLE / "areas.gpkg",
        name="profiledeprivation",
    )
    assert "other.csv" in message and "File_7_IoD2025.csv" in message


# --- odd cells --------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["*", "c", "[c]", "[x]", "-", ":", "..", ""])
def test_suppressed_and_blank_cells_are_null_and_counted(tmp_path, mark):
    def spoil(rows):
        rows[4][5] = rows[8][5] = mark

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    empty = [row["LSOA21CD"] for row in out.rows() if row["eth_black_n"] is None]
    assert empty == [CODES[4], CODES[8]]
    line = [line for line in out.log.lines if "are NULL" in line]
    assert len(line) == 1 and "t.csv: 2 cells" in line[0]
    assert (f"{mark} × 2" if mark else "2 blank") in line[0]


ODD = "n/k"


def odd(rows):
    rows[10][6] = ODD  # the eleventh row of data, column Mixed


def assert_names_cell(message, file, row):
    assert file in message and ODD in message and "Mixed or Multiple ethnic groups" in message
    found = re.search(r"row (\d+)", message)
    assert found and int(found.group(1)) == row, message
    assert "*" in message, "says how a suppressed figure may be written"


def test_odd_text_names_row_and_column(tmp_path, target):
    message, _ = refuse([ethnic_csv(tmp_path / "odd.csv", CODES, change=odd)], target)
    assert_names_cell(message, "odd.csv", 12)


def true_line(path, encoding="utf-8") -> int:
    """Return the line on which an editor shows the odd text."""
    lines = path.read_text(encoding=encoding).splitlines()
    return next(number for number, line in enumerate(lines, 1) if ODD in line)


def test_row_is_the_line_of_the_file_below_a_preamble(tmp_path, target):
    table = ethnic_csv(tmp_path / "odd.csv", CODES, change=odd, preamble=PREAMBLE)
    message, _ = refuse([table], target)
    assert_names_cell(message, "odd.csv", true_line(table))


def test_row_is_the_line_of_the_file_with_blank_lines(tmp_path, target):
    def spoil(rows):
        odd(rows)
        rows.insert(3, [])
        rows.insert(0, [])

    table = ethnic_csv(tmp_path / "odd.csv", CODES, change=spoil, preamble=PREAMBLE)
    message, _ = refuse([table], target)
    assert_names_cell(message, "odd.csv", true_line(table))


def test_row_is_the_line_of_the_file_with_a_preamble_of_two_lines_in_a_cell(tmp_path, target):
    preamble = [["Downloaded today,\nfrom the publisher"], *PREAMBLE]
    table = ethnic_csv(tmp_path / "odd.csv", CODES, change=odd, preamble=preamble)
    message, _ = refuse([table], target)
    assert_names_cell(message, "odd.csv", true_line(table))


def test_row_is_the_row_of_the_sheet(tmp_path, target):
    rows = ethnic_rows(CODES)
    odd(rows)
    book = xlsx(tmp_path / "odd.xlsx", [*PREAMBLE[:3], HEADINGS, *rows])
    message, _ = refuse([book], target)
    assert_names_cell(message, "odd.xlsx", 1 + 4 + 11)


def test_row_of_a_sheet_counts_empty_rows(tmp_path, target):
    rows = ethnic_rows(CODES)
    odd(rows)
    book = xlsx(tmp_path / "odd.xlsx", [*PREAMBLE[:3], [], [], HEADINGS, *rows])
    message, _ = refuse([book], target)
    assert_names_cell(message, "odd.xlsx", 1 + 6 + 11)


@pytest.mark.parametrize("where", ["preamble", "headings"])
def test_cells_of_two_lines_lose_no_row(tmp_path, where):
    """1 area in 100 without a row passes MIN_MATCH: a lost row would go unseen."""
    two = [["From the publisher,\ntoday"]]
    headings = [*HEADINGS[:3], HEADINGS[3].replace(": All", ":\nAll"), *HEADINGS[4:]]
    table = write_csv(
        tmp_path / "t.csv",
        ethnic_rows(CODES),
        headings if where == "headings" else HEADINGS,
        preamble=two if where == "preamble" else (),
    )
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    assert [row["LSOA21CD"] for row in out.rows() if row["eth_total"] is None] == []


def test_odd_text_in_a_footnote_is_no_figure(tmp_path):
    """Rows without a code are not looked at."""
    notes = [[], ["Source: ONS", "", "", ODD, ODD, ODD, ODD, ODD, ODD]]
    table = ethnic_csv(tmp_path / "t.csv", CODES, footnotes=notes)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    assert all(row["eth_total"] for row in out.rows())


def test_rows_with_figures_but_no_code_are_said(tmp_path):
    def spoil(rows):
        rows.append(["2021", "Total", "", *([5] * 6)])

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    assert "1 rows with figures but no area code" in out.log.text


@pytest.mark.parametrize("text", ["1.234,5", "12 people", "1,23", "£5", "#N/A", "true", "0x10"])
def test_text_that_is_nearly_a_number_is_refused(tmp_path, target, text):
    def spoil(rows):
        rows[0][4] = text

    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)], target)
    assert text in message and "row 2" in message and "t.csv" in message


@pytest.mark.parametrize("text", ["NA", "None", "null", "nan"])
def test_words_for_nothing_are_null_or_refused_never_a_number(tmp_path, text):
    def spoil(rows):
        rows[0][4] = text

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    try:
        out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    except AlgorithmError as error:
        assert text in str(error) and "row 2" in str(error)
    else:
        assert out.rows()[0]["eth_asian_n"] is None
        assert "1 cells without a number" in out.log.text


# --- parts and totals -------------------------------------------------------------------------


def test_parts_that_miss_their_total_a_little_are_logged(tmp_path):
    def spoil(rows):
        rows[0][3] += 3
        rows[5][3] -= 2

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    line = [line for line in out.log.lines if "miss their total" in line]
    assert line and "2 areas" in line[0] and "3 at most" in line[0]
    assert out.rows()[0]["eth_total"] == 983


def test_parts_that_miss_their_total_by_more_are_an_error(tmp_path, target):
    def spoil(rows):
        for row in rows:
            row[7] = round(row[7] * 0.9)  # a tenth of the White residents is gone

    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)], target)
    assert "5 %" in message and "Ethnic group (TS021)" in message and "missing" in message
    assert "t.csv" in message, "the file is named"


def test_one_area_that_misses_its_total_is_named(tmp_path, target):
    def spoil(rows):
        rows[6][3] += 200

    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)], target)
    assert CODES[6] in message and "5 %" in message and CODES[5] not in message


def test_percentages_that_lack_a_category_are_refused(tmp_path, target):
    """Beside a total they are known as percentages, and miss 100 by more than rounding."""

    def spoil(rows):
        for number, row in enumerate(rows):
            row[4:] = [round(100 * part / row[3], 1) for part in row[4:]]
            if number > 70:  # below the head of the file
                row[4] = 0

    message, _ = refuse([ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)], target)
    assert "t.csv" in message and "100" in message and CODES[71] in message


# --- zero, NULL, infinite ---------------------------------------------------------------------


@pytest.mark.parametrize("cells", [[0] * 6, [""] * 6, ["inf"] * 6, ["-inf", *[0] * 5]])
def test_no_population_is_null(tmp_path, cells):
    def spoil(rows):
        rows[2][3:] = cells

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    row = out.by_code("LSOA21CD")[CODES[2]]
    figures = [k for k in row if k.startswith("eth_") and not k.endswith(("_n", "_total"))]
    assert len(figures) > 8
    assert {name: row[name] for name in figures} == dict.fromkeys(figures)
    if cells[0] != 0:
        assert row["eth_total"] is None
    assert sum(r["eth_asian_pct"] is None for r in out.rows()) == 1


def test_null_and_infinite_in_columns_of_the_areas(target):
    columns = {f"c{at}": [float(row[at + 3]) for row in ethnic_rows(CODES)] for at in range(6)}
    columns["c1"][0] = None
    columns["c2"][1] = float("inf")
    columns["c0"][2] = 0.0
    for at in range(1, 6):
        columns[f"c{at}"][2] = 0.0
    areas = make_areas(CODES, **columns)
    assert areas.startEditing()
    for at, name in enumerate(TS021_6):
        assert areas.renameAttribute(at + 1, name)
    assert areas.commitChanges()
    rows = run("profileethnicity", INPUT=areas, OUTPUT=target).by_code("LSOA21CD")
    assert rows[CODES[0]]["eth_asian_n"] is None and rows[CODES[0]]["eth_black_n"] == 50
    assert rows[CODES[1]]["eth_black_n"] is None and rows[CODES[1]]["eth_black_pct"] is None
    assert rows[CODES[2]]["eth_black_pct"] is None and rows[CODES[2]]["eth_black_n"] == 0


def test_areas_with_a_null_code_come_out_with_null(tmp_path, target):
    areas = make_areas([*CODES[:10], None, None])
    out = run(
        "profileethnicity",
        INPUT=areas,
        TABLES=[ethnic_csv(tmp_path / "t.csv", CODES)],
        OUTPUT=target,
    )
    rows = out.rows()
    assert len(rows) == 12
    assert [row["eth_total"] for row in rows][10:] == [None, None]
    assert "2 areas have no code; no table" in out.log.text


def test_areas_without_geometry_are_kept(tmp_path, target):
    areas = make_areas(CODES[:5])
    from qgis.core import QgsFeature

    bare = QgsFeature(areas.fields())
    bare.setAttributes([CODES[5]])
    areas.dataProvider().addFeatures([bare])
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    out = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=target)
    assert len(out.rows()) == 6 and all(row["eth_total"] for row in out.rows())


def test_invalid_geometry_is_passed_on(tmp_path, target):
    from qgis.core import QgsFeature, QgsGeometry

    areas = make_areas(CODES[:5])
    bow = QgsFeature(areas.fields())
    bow.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0,10 10,10 0,0 10,0 0))"))
    bow.setAttributes([CODES[5]])
    areas.dataProvider().addFeatures([bow])
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    out = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=target)
    assert len(out.rows()) == 6 and all(row["eth_total"] for row in out.rows())


# --- shapefile --------------------------------------------------------------------------------


def test_shapefile_names_are_short_unique_and_said(tmp_path):
    target = tmp_path / "out.shp"
    out = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        LEVEL="category",
        OUTPUT=target,
    )
    layer = open_layer(target)
    names = [f.name() for f in layer.fields()]
    assert max(map(len, names)) <= 10
    assert len({name.lower() for name in names}) == len(names)
    told = "\n".join(line for line in out.log.warnings if "10 characters" in line)
    pairs = dict(re.findall(r"(eth_\w+) → (\w+)", told))
    assert {"eth_minority_excl_white_pct_lo", "eth_pakistani_pct"} <= pairs.keys()
    assert set(pairs.values()) <= set(names) and len(set(pairs.values())) == len(pairs)
    assert "GeoPackage" in told
    whole = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        LEVEL="category",
        OUTPUT="memory:",
    )
    for cut, row in zip(rows_of(layer), whole.rows()):
        for long, short in pairs.items():
            figure = row[long]
            expected = pytest.approx(figure, rel=1e-6) if isinstance(figure, float) else figure
            assert cut[short] == expected, (long, short)


def test_shapefile_names_do_not_clash_with_fields_of_the_areas(tmp_path):
    areas = make_areas(CODES, eth_asian_=[f"mine {at}" for at in range(N)], eth_lrgst=["x"] * N)
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    target = tmp_path / "out.shp"
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=target)
    rows = rows_of(open_layer(target))
    assert rows[3]["eth_asian_"] == "mine 3" and rows[3]["eth_lrgst"] == "x"
    assert "White" in rows[3].values()


def test_shapefile_from_long_names_of_the_areas(tmp_path):
    """The areas' own long names are cut too, alike in the first ten letters or not."""
    areas = make_areas(
        CODES,
        local_authority_name=[f"place {at}" for at in range(N)],
        local_authority_code=[f"code {at}" for at in range(N)],
    )
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    target = tmp_path / "out.shp"
    out = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=target)
    row = rows_of(open_layer(target))[3]
    assert {"place 3", "code 3"} <= set(row.values())
    assert {1025, "White"} <= set(row.values())
    assert "local_authority_name →" in out.log.text and "10 characters" in out.log.text


# --- nothing lost -----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".geojson"])
def test_existing_output_survives_an_error(tmp_path, ending):
    """An error found before writing."""
    target = tmp_path / f"kept{ending}"
    save_layer(make_areas(CODES[:7]), target, "EPSG:4326")
    before = target.read_bytes()
    table = ethnic_csv(tmp_path / "twice.csv", [*CODES, CODES[7]])
    refused("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT=target)
    assert target.read_bytes() == before
    assert len(rows_of(open_layer(target))) == 7


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".geojson"])
def test_output_that_is_the_input_is_not_lost(tmp_path, ending):
    """QGIS empties a file when it is opened to write: the areas would be gone."""
    path = save_layer(make_areas(CODES), tmp_path / f"areas{ending}", "EPSG:4326")
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    try:
        run("profileethnicity", INPUT=path, TABLES=[table], OUTPUT=path)
    except AlgorithmError as error:
        assert path.name in str(error)
    rows = rows_of(open_layer(path))
    assert [row["LSOA21CD"] for row in rows] == CODES


def test_output_that_is_a_table_is_not_lost(tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    before = table.read_bytes()
    message = refused("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT=table)
    assert "t.csv" in message
    assert table.read_bytes() == before


# --- cancel -----------------------------------------------------------------------------------

MANY = 20_000
MANY_CODES = [f"E010{at:05}" for at in range(1, MANY + 1)]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """So many areas that reading and writing take a while."""
    folder = tmp_path_factory.mktemp("many")
    areas = save_layer(make_areas(MANY_CODES), folder / "areas.gpkg")
    return {"INPUT": areas, "TABLES": [ethnic_csv(folder / "t.csv", MANY_CODES)]}


@pytest.fixture(scope="module")
def whole_run(many, tmp_path_factory) -> float:
    """The seconds that a run takes on this machine when nobody stops it."""
    return run("profileethnicity", OUTPUT=tmp_path_factory.mktemp("w") / "o.gpkg", **many).seconds


def assert_stopped(log, target, begun):
    stopped = time.process_time()
    assert log.isCanceled() and not log.errors
    assert stopped - (log.cancelled_at or begun) < 1.0
    assert "ancelled" in log.text
    assert_nothing_written(target)


def test_cancelled_before_it_starts(many, target):
    log = Log()
    log.cancel()
    begun = time.process_time()
    out = run("profileethnicity", log, OUTPUT=target, **many)
    assert_stopped(log, target, begun)
    assert not out.results.get("OUTPUT")


@pytest.mark.parametrize(
    "moment",
    ["areas are read", "the table is recognised", "the table is read", "half written"],
)
def test_cancelled_on_the_way(many, target, moment):
    when = {
        "areas are read": lambda what: isinstance(what, str) and what.startswith("Areas:"),
        "the table is recognised": lambda what: isinstance(what, str) and "recognised" in what,
        "the table is read": lambda what: isinstance(what, str) and "found for" in what,
        "half written": lambda what: isinstance(what, float) and what >= 50,
    }
    log = Log(when[moment])
    run("profileethnicity", log, OUTPUT=target, **many)
    assert log.cancelled_at is not None, "the moment never came"
    assert_stopped(log, target, log.cancelled_at)


@pytest.mark.parametrize("moment", ["Areas:", "found for", 50.0])
def test_cancelled_on_the_way_of_features(many, target, moment):
    """Areas that are no GeoPackage go feature by feature."""

    def now(what):
        late = isinstance(moment, float)
        return what > moment if late and isinstance(what, float) else str(moment) in str(what)

    log = Log(now)
    areas = make_areas(MANY_CODES)
    run("profileethnicity", log, INPUT=areas, TABLES=many["TABLES"], OUTPUT=target)
    assert log.cancelled_at is not None, "the moment never came"
    assert_stopped(log, target, log.cancelled_at)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_cancelled_by_the_user_at_any_moment(many, target, whole_run, share):
    """From another thread, as the button does it."""
    log = cancel_after(share * whole_run)
    try:
        run("profileethnicity", log, OUTPUT=target, **many)
    finally:
        log.timer.cancel()
    assert log.cancelled_at is not None, "it was done before"
    assert_stopped(log, target, log.cancelled_at)


@pytest.mark.parametrize("ending", [".shp", ".geojson"])
def test_cancelled_leaves_no_part_of_a_file(many, target, ending):
    target = target.with_suffix(ending)
    log = Log(lambda what: isinstance(what, float) and what > 20)
    run("profileethnicity", log, OUTPUT=target, **many)
    assert_stopped(log, target, log.cancelled_at)


def test_existing_output_survives_a_cancel_of_the_copy(many, tmp_path):
    """From GeoPackage to GeoPackage the new file takes the old one's place when it is whole."""
    target = save_layer(make_areas(CODES[:7]), tmp_path / "kept.gpkg")
    before = target.read_bytes()
    log = Log(lambda what: isinstance(what, str) and "found for" in what)
    run("profileethnicity", log, OUTPUT=target, **many)
    assert log.cancelled_at is not None
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["kept.gpkg"]


def test_cancel_spares_the_other_layers_of_a_geopackage(many, tmp_path):
    """The output is one more layer of a file that holds others already."""
    book = save_layer(make_areas(CODES[:7]), tmp_path / "book.gpkg", name="precious")
    log = Log(lambda what: isinstance(what, float) and what > 20)
    sink = QgsProcessingOutputLayerDefinition(f"ogr:dbname='{book}' table=\"new\" (geom)")
    run("profileethnicity", log, OUTPUT=sink, **many)
    assert log.cancelled_at is not None
    assert book.is_file(), "the whole file is gone, with the layer that was in it"
    assert len(rows_of(open_layer(f"{book}|layername=precious"))) == 7


def test_layer_added_to_a_geopackage(tmp_path):
    """The same without a cancel: both layers are there."""
    book = save_layer(make_areas(CODES[:7]), tmp_path / "book.gpkg", name="precious")
    sink = QgsProcessingOutputLayerDefinition(f"ogr:dbname='{book}' table=\"new\" (geom)")
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT=sink)
    assert len(out.rows()) == N
    assert len(rows_of(open_layer(f"{book}|layername=precious"))) == 7


def test_cancelled_apportioning(target):
    log = Log(lambda what: isinstance(what, str) and "recognised" in what)
    run(
        "apportionprevalence",
        log,
        INPUT=SAMPLE / "areas.gpkg",
        REGISTERS=SAMPLE / "PREVALENCE_2425.csv",
        REGISTRATIONS=SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
        OUTPUT=target,
    )
    assert_stopped(log, target, log.cancelled_at)


def test_cancelled_ranking(many, target):
    """Thousands of other weightings take their time."""
    share = [at / MANY for at in range(MANY)]
    areas = make_areas(MANY_CODES, dep_exhealth_score=share, lang_low_english_pct=share[::-1])
    log = cancel_after(0.8)
    run("findseldomheard", log, INPUT=areas, DRAWS=20000, OUTPUT=target)
    assert_stopped(log, target, log.cancelled_at)


@pytest.mark.slow
def test_cancel_of_a_whole_country_stops_within_a_second(tmp_path, target, capfd):
    """As many areas as England and Wales have output areas, nearly."""
    codes = [f"E00{at:06}" for at in range(1, 150_001)]
    areas = save_layer(make_areas(codes), tmp_path / "areas.gpkg")
    table = ethnic_csv(tmp_path / "t.csv", codes)
    late = {}
    for moment in ("Areas:", "recognised", "found for", 50.0):

        def now(what, moment=moment):
            if isinstance(moment, float):
                return isinstance(what, float) and what >= moment
            return isinstance(what, str) and moment in what

        log = Log(now)
        run("profileethnicity", log, INPUT=areas, TABLES=[table], OUTPUT=target)
        late[moment] = round(time.process_time() - log.cancelled_at, 2)
        assert_nothing_written(target)
    assert max(late.values()) < 1.0, late
    # a file deleted while GDAL still writes to it; Windows would not let it go
    assert "readonly database" not in capfd.readouterr().err


def test_no_reply_reaches_the_log(tmp_path, target):
    """A table of responses given by mistake: neither postcode nor name nor words are shown."""
    table = tmp_path / "replies.csv"
    table.write_text("SK1 3AB,White,Jane Smith,My street is unsafe\nS1 2HE,Asian,Ann Lee,No\n")
    log = Log()
    message = refused(
        "profileethnicity", log, INPUT=make_areas(CODES), TABLES=[table], OUTPUT=target
    )
    for secret in ("SK1", "Jane", "unsafe", "S1 2HE"):
        assert secret not in message + log.text


def test_postcodes_taken_for_codes_are_not_logged(tmp_path, target):
    layer = make_areas([f"S{n} 2HE" for n in range(1, 30)], code_field="postcode")
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    log = Log()
    message = refused("profileethnicity", log, INPUT=layer, TABLES=[table], OUTPUT=target)
    assert "2HE" not in message + log.text
    assert "29" in message


def test_reference_cannot_be_overwritten(tmp_path):
    path = tmp_path / "reference.gpkg"
    save_layer(make_areas(CODES, a=[1.0] * len(CODES)), path)
    before = path.read_bytes()
    message = refused("findseldomheard", INPUT=make_areas(CODES), REFERENCE=path, OUTPUT=path)
    assert "reference.gpkg" in message and path.read_bytes() == before


def test_doubled_postcodes_of_a_layer_are_not_shown(tmp_path, target):
    layer = make_areas(["S1 2HE", "S1 2HE", "S1 2HF"], code_field="postcode")
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    message = refused("profileethnicity", INPUT=layer, TABLES=[table], OUTPUT=target)
    assert "postcode" in message and "2HE" not in message


def test_replies_in_words_alone_are_not_shown(tmp_path, target):
    table = tmp_path / "replies.csv"
    table.write_text("Jane Smith,I was not heard\nAnn Lee,Nor was I\n")
    log = Log()
    message = refused(
        "profileethnicity", log, INPUT=make_areas(CODES), TABLES=[table], OUTPUT=target
    )
    assert "Jane" not in message + log.text and "heard" not in message + log.text


def test_two_outputs_cannot_share_a_file(tmp_path):
    path = tmp_path / "both.gpkg"
    message = refused("findseldomheard", INPUT=make_areas(CODES), OUTPUT=path, SENSITIVITY=path)
    assert "both.gpkg" in message and not path.exists()


def test_hiding_counts_leaves_ranks_and_drops_counts_of_an_earlier_run(tmp_path):
    codes = lsoas(3)
    areas = make_areas(
        codes,
        dep_imd_rank=[1, 2, 3],
        dep_core20=[1, 1, 0],
        dep_hh_any_n=[3, 4, 5],
        eth_roma_n=[1] * 3,
    )
    labels = ["not deprived in any dimension"] + [
        f"deprived in {n} dimension{'s' * (n != 'one')}" for n in ("one", "two", "three", "four")
    ]
    headings = ["geography code", "Household deprivation: Total: All households"]
    headings += [f"Household deprivation: Household is {label}" for label in labels]
    table = write_csv(tmp_path / "t.csv", [[c, 150, 30, 30, 30, 30, 30] for c in codes], headings)
    out = run(
        "profiledeprivation", INPUT=areas, TABLES=[table], SUPPRESSION="nhs", OUTPUT="memory:"
    )
    row = out.rows()[0]
    assert row["dep_imd_rank"] == 1 and row["dep_core20"] == 1
    assert row["dep_hh_any_n"] == 120 and row["eth_roma_n"] == 1
