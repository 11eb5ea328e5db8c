"""One table in every shape in which people have it: the figures are always the same."""

from __future__ import annotations

import gzip

import pytest
from qgis.core import QgsVectorLayer

from .helpers import (
    ETHNIC,
    SAMPLE,
    TS021_6,
    ethnic_csv,
    ethnic_rows,
    lsoas,
    make_areas,
    open_layer,
    refused,
    run,
    save_layer,
    write_csv,
    xlsx,
)

CODES = lsoas(25)
BULK = ["date", "geography", "geography code"]
QUERY = "2021 super output area - lower layer"
PREAMBLE = [
    ["TS021 - Ethnic group"],
    ["ONS Crown Copyright Reserved [from Nomis on 19 December 2024]"],
    ["Population :", "All usual residents"],
    ["Units      :", "Persons"],
    ["Date       :", "2021"],
    [],
]
FOOTNOTES = [
    [],
    ["In order to protect against disclosure of personal information, records"],
    ["", "have been swapped between different geographic areas and counts perturbed"],
]
PLAIN = [*BULK, *(ETHNIC + name for name in TS021_6)]
MEASURED = [*BULK, *(f"{ETHNIC}{name}; measures: Value" for name in TS021_6)]


def figures(outcome, code="LSOA21CD"):
    """Return the figures by code, whatever else the layer has."""
    assert len(outcome.rows()) == len(CODES)
    return {
        row[code]: {k: v for k, v in row.items() if k.startswith("eth_")} for row in outcome.rows()
    }


def profiled(table, areas=None):
    return run(
        "profileethnicity",
        INPUT=areas if areas is not None else make_areas(CODES),
        TABLES=[table],
        OUTPUT="memory:",
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The figures worked out here, without the plugin."""
    result = {}
    for _, _, code, total, asian, black, mixed, white, other in ethnic_rows(CODES):
        groups = {"asian": asian, "black": black, "mixed": mixed, "white": white, "other": other}
        row = {"eth_total": total, "eth_largest": "White"}
        for name, count in groups.items():
            row |= {f"eth_{name}_n": count, f"eth_{name}_pct": 100 * count / total}
        row["eth_minority_excl_white_n"] = total - white
        row["eth_diversity"] = 1 - sum((n / total) ** 2 for n in groups.values())
        result[code] = row
    return result


def assert_expected(found, expected):
    assert found.keys() == expected.keys()
    for code, row in expected.items():
        for name, figure in row.items():
            if isinstance(figure, float):
                assert found[code][name] == pytest.approx(figure), (code, name)
            else:
                assert found[code][name] == figure, (code, name)


def query_rows():
    return [[f"{row[2]} : {row[1]}", *row[3:]] for row in ethnic_rows(CODES)]


def percent_rows():
    """Each count followed by its share, as Nomis' query gives it."""
    rows = []
    for key, total, *parts in query_rows():
        cells = [key, total, 100]
        for part in parts:
            cells += [part, round(100 * part / total, 1)]
        rows.append(cells)
    return rows


def percent_headings():
    return [QUERY, *(heading for name in TS021_6 for heading in (name, "%"))]


def mnemonic_rows():
    return [[row[1], row[2], *row[3:]] for row in ethnic_rows(CODES)]


def thousands():
    return [[*row[:3], *(f"{1000 * figure:,}" for figure in row[3:])] for row in ethnic_rows(CODES)]


SHAPES = {
    "nomis bulk": lambda p: write_csv(p / "t.csv", ethnic_rows(CODES), PLAIN),
    "nomis bulk with measures": lambda p: write_csv(p / "t.csv", ethnic_rows(CODES), MEASURED),
    "every text quoted": lambda p: write_csv(p / "t.csv", ethnic_rows(CODES), MEASURED, quoting=1),
    "nomis query with percentages": lambda p: write_csv(
        p / "t.csv", percent_rows(), percent_headings(), preamble=PREAMBLE, footnotes=FOOTNOTES
    ),
    "blank line below the headings": lambda p: write_csv(
        p / "t.csv",
        [[""] * 13, *percent_rows()],
        percent_headings(),
        preamble=PREAMBLE,
        footnotes=FOOTNOTES,
    ),
    "nomis query with mnemonics": lambda p: write_csv(
        p / "t.csv",
        mnemonic_rows(),
        [QUERY, "mnemonic", *TS021_6],
        preamble=PREAMBLE,
        footnotes=FOOTNOTES,
    ),
    "byte order mark": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), PLAIN, encoding="utf-8-sig"
    ),
    "semicolons": lambda p: write_csv(p / "t.csv", ethnic_rows(CODES), PLAIN, delimiter=";"),
    "semicolons with measures": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), MEASURED, delimiter=";"
    ),
    "tabs": lambda p: write_csv(p / "t.tsv", ethnic_rows(CODES), PLAIN, delimiter="\t"),
    "tabs in a txt": lambda p: write_csv(p / "t.txt", ethnic_rows(CODES), PLAIN, delimiter="\t"),
    "utf-16": lambda p: write_csv(p / "t.csv", ethnic_rows(CODES), PLAIN, encoding="utf-16"),
    "utf-16 with tabs": lambda p: write_csv(
        p / "t.txt", ethnic_rows(CODES), PLAIN, encoding="utf-16", delimiter="\t"
    ),
    "upper case ending": lambda p: write_csv(p / "T.CSV", ethnic_rows(CODES), PLAIN),
    "name with spaces, accents and a hash": lambda p: write_csv(
        p / "Tabelle Ä #1 100%.csv", ethnic_rows(CODES), PLAIN
    ),
    "lines end in carriage return": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), PLAIN, lineterminator="\r\n"
    ),
    "columns in another order": lambda p: write_csv(
        p / "t.csv", [row[::-1] for row in ethnic_rows(CODES)], PLAIN[::-1]
    ),
    "columns of no meaning between": lambda p: write_csv(
        p / "t.csv",
        [[*row[:4], "note", *row[4:]] for row in ethnic_rows(CODES)],
        [*PLAIN[:4], "Remarks", *PLAIN[4:]],
    ),
    "more areas than the layer": lambda p: ethnic_csv(p / "t.csv", lsoas(400)),
    "last line without an end": lambda p: _strip_end(ethnic_csv(p / "t.csv", CODES)),
    "headings in lower case": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), [h.lower() for h in PLAIN]
    ),
    "headings with underscores": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), [h.replace(" ", "_") for h in PLAIN]
    ),
}


def _two_lines(text):
    return text.replace(", ", ",\n", 1)


SHAPES |= {
    "a cell of two lines in the preamble": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), PLAIN, preamble=[["From the publisher,\ntoday"]]
    ),
    "headings of two lines": lambda p: write_csv(
        p / "t.csv", ethnic_rows(CODES), [_two_lines(name) for name in PLAIN]
    ),
}


def _strip_end(path):
    path.write_bytes(path.read_bytes().rstrip(b"\r\n"))
    return path


@pytest.mark.parametrize("shape", SHAPES)
def test_text_files(shape, expected, tmp_path):
    out = profiled(SHAPES[shape](tmp_path))
    assert_expected(figures(out), expected)
    assert not out.log.errors


def test_gzip(expected, tmp_path):
    plain = ethnic_csv(tmp_path / "t.csv", CODES)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert_expected(figures(profiled(packed)), expected)


def test_cp1252(expected, tmp_path):
    """The odd letters stand in names, far down and near the top."""

    def rename(rows):
        rows[0][1] = "Ynys Môn 001A"
        rows[-1][1] = "Café £"

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=rename, encoding="cp1252")
    assert b"\xf4" in table.read_bytes()
    assert_expected(figures(profiled(table)), expected)


def test_cp1252_that_shows_late(tmp_path):
    """So far down that the head of the file looks like UTF-8."""
    codes = lsoas(2600)

    def rename(rows):
        for row in rows:
            row[1] = "Somewhere far away " * 5
        rows[-1][1] = "Ynys Môn 001A"

    table = ethnic_csv(tmp_path / "t.csv", codes, change=rename, encoding="cp1252")
    assert table.read_bytes().index(b"\xf4") > 262_144
    out = profiled(table)
    assert out.by_code("LSOA21CD")[CODES[3]]["eth_total"] == 980 + 3 * 15


def test_thousands_separators(expected, tmp_path):
    found = figures(profiled(write_csv(tmp_path / "t.csv", thousands(), PLAIN)))
    for code, row in expected.items():
        assert found[code]["eth_total"] == 1000 * row["eth_total"]
        assert found[code]["eth_white_pct"] == pytest.approx(row["eth_white_pct"])


@pytest.mark.parametrize("blank", ["", "skip"])
def test_blank_lines_and_blank_cells(tmp_path, blank):
    """Blank lines between rows shift nothing; a blank cell is NULL."""

    def spoil(rows):
        rows[2][4] = ""
        if blank:
            rows.insert(1, [])
            rows.insert(7, [])

    out = profiled(ethnic_csv(tmp_path / "t.csv", CODES, change=spoil))
    rows = out.by_code("LSOA21CD")
    assert rows[CODES[2]]["eth_asian_n"] is None
    assert rows[CODES[1]]["eth_asian_n"] == 101 and rows[CODES[24]]["eth_asian_n"] == 124


def test_xlsx(expected, tmp_path):
    book = xlsx(tmp_path / "t.xlsx", [PLAIN, *ethnic_rows(CODES)])
    assert_expected(figures(profiled(book)), expected)


def test_xlsx_with_preamble_and_footnotes(expected, tmp_path):
    rows = [*PREAMBLE[:5], percent_headings(), *percent_rows(), *FOOTNOTES[1:]]
    assert_expected(figures(profiled(xlsx(tmp_path / "t.xlsx", rows))), expected)


def test_xlsx_with_real_numbers(expected, tmp_path):
    """Cells that a spreadsheet knows for numbers, not texts."""
    columns = {f"c{at}": [row[at + 3] for row in ethnic_rows(CODES)] for at in range(len(TS021_6))}
    layer = make_areas(CODES, "code", **columns)
    for at, name in enumerate(TS021_6):
        layer.startEditing()
        assert layer.renameAttribute(at + 1, name)
        assert layer.commitChanges()
    book = save_layer(layer, tmp_path / "t.xlsx")
    assert_expected(figures(profiled(book)), expected)


def test_geopackage_table(expected, tmp_path):
    csv_layer = QgsVectorLayer(
        ethnic_csv(tmp_path / "t.csv", CODES).as_uri() + "?delimiter=,&detectTypes=yes",
        "t",
        "delimitedtext",
    )
    path = save_layer(csv_layer, tmp_path / "t.gpkg", name="ts021")
    assert_expected(figures(profiled(f"{path}|layername=ts021")), expected)
    assert_expected(figures(profiled(path)), expected)


def test_delimited_text_layer(expected, tmp_path):
    """QGIS takes the preamble for headings; the plugin reads the file behind the layer."""
    path = write_csv(
        tmp_path / "my table.csv",
        percent_rows(),
        percent_headings(),
        preamble=PREAMBLE,
        footnotes=FOOTNOTES,
    )
    layer = QgsVectorLayer(path.as_uri() + "?delimiter=,", "dropped in", "delimitedtext")
    assert layer.isValid()
    assert_expected(figures(profiled(layer)), expected)


def test_csv_opened_by_ogr(expected, tmp_path):
    layer = open_layer(SHAPES["nomis query with percentages"](tmp_path))
    assert "%" not in [f.name() for f in layer.fields()], "OGR takes the preamble for headings"
    assert_expected(figures(profiled(layer)), expected)


def test_filtered_layer_is_read_as_filtered(tmp_path):
    layer = open_layer(ethnic_csv(tmp_path / "t.csv", CODES))
    assert layer.setSubsetString(f"\"geography code\" <> '{CODES[0]}'")
    message = refused(
        "profileethnicity",
        INPUT=make_areas(CODES),
        TABLES=[layer],
        MIN_MATCH=100,
        OUTPUT="memory:",
    )
    assert "24 of 25" in message and CODES[0] in message


def test_columns_of_the_areas_themselves(expected):
    columns = {f"c{at}": [row[at + 3] for row in ethnic_rows(CODES)] for at in range(6)}
    areas = make_areas(CODES, **columns)
    for at, name in enumerate(TS021_6):
        areas.startEditing()
        assert areas.renameAttribute(at + 1, name)
        assert areas.commitChanges()
    out = run("profileethnicity", INPUT=areas, OUTPUT="memory:")
    assert_expected(figures(out), expected)


def test_headings_cut_by_a_database_are_taken_and_said(tmp_path):
    """PostgreSQL keeps 63 characters of a name, so joined tables come with cut headings."""
    whole = (SAMPLE / "census2021-ts025-lsoa.csv").read_text(encoding="utf-8")
    heading = "No people in household have English in England, or English or Welsh in Wales"
    assert heading in whole
    path = tmp_path / "t.csv"
    path.write_text(whole.replace(heading + " as a main language", heading[:63]), encoding="utf-8")
    out = run("profilelanguage", INPUT=SAMPLE / "areas.gpkg", TABLES=[path], OUTPUT="memory:")
    first = next(row for row in out.rows() if "E01990001" in row.values())
    assert (first["lang_hh_no_english_n"], first["lang_hh_total"]) == (8, 1039)
    line = [line for line in out.log.lines if "end is cut off" in line]
    assert line and "no people in household" in line[0].lower()


def test_heading_cut_where_several_begin_so_is_refused(tmp_path):
    """'Black, Black British, Black Welsh, C' may be the group or any of its parts."""
    cut = [*PLAIN[:5], PLAIN[5][:50], *PLAIN[6:]]
    table = write_csv(tmp_path / "t.csv", ethnic_rows(CODES), cut)
    message = refused("profileethnicity", INPUT=make_areas(CODES), TABLES=[table], OUTPUT="memory:")
    assert "t.csv" in message and TS021_6[2] in message


def test_two_files_that_share_the_areas_between_them(expected, tmp_path):
    """One download per authority: together they cover the layer."""
    first = ethnic_csv(
        tmp_path / "a.csv", CODES, change=lambda rows: rows.__delitem__(slice(10, None))
    )
    second = ethnic_csv(
        tmp_path / "b.csv", CODES, change=lambda rows: rows.__delitem__(slice(0, 10))
    )
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=[first, second], OUTPUT="memory:")
    assert_expected(figures(out), expected)


def test_real_downloads_agree(shared):
    """The same table of South Yorkshire in two of Nomis' shapes."""
    data = shared / "data"
    census = data / "census2021"
    areas = data / "boundaries" / "lsoa21_south_yorkshire.geojson"
    names = ("nomis_query_pct", "nomis_query_mnemonic")
    outs = [
        run(
            "profileethnicity",
            INPUT=areas,
            TABLES=[census / f"TS021_ethnic6_LSOA21_{name}_SouthYorkshire.csv"],
            OUTPUT="memory:",
        )
        for name in names
    ]
    one, other = ({row["LSOA21CD"]: row for row in out.rows()} for out in outs)
    assert len(one) == 860
    for code, row in one.items():
        assert {k: v for k, v in row.items() if k.startswith("eth_")} == {
            k: v for k, v in other[code].items() if k.startswith("eth_")
        }
    assert "with percentages" in outs[0].log.text and "with mnemonics" in outs[1].log.text


def test_parquet_is_read_or_refused_in_words(tmp_path):
    """Whether this QGIS reads Parquet depends on what its pandas came with."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ethnic_rows(CODES), columns=PLAIN)
    path = tmp_path / "t.parquet"
    try:
        frame.to_parquet(path)
    except ImportError:
        path.write_bytes(b"PAR1")
        message = refused(
            "profileethnicity", INPUT=make_areas(CODES), TABLES=[path], OUTPUT="memory:"
        )
        assert "t.parquet" in message and "CSV" in message
        return
    assert profiled(path).rows()[0]["eth_total"] == 980
