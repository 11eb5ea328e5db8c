"""What comes in by the doors: folders, empty files, encodings, line ends, workbooks, outputs."""

from __future__ import annotations

import gzip
import json
import sys
import types

import pandas as pd
import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProject,
    QgsVectorLayer,
)
from seldom_heard.layers import tables
from seldom_heard.layers.areas import read_areas, write_table
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.processing.base import is_file
from seldom_heard.processing.fields import numbers_of
from seldom_heard.taxonomies.catalogue import HOME, load
from seldom_heard.taxonomies.errors import TaxonomyError
from seldom_heard.taxonomies.own import load_list

from .helpers import (
    SAMPLE,
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

CODES = lsoas(100)
PETS = "heading,category\nHouseholds with a cát,Cats\nHouseholds without,None\n"


def no_layer(_):
    return None


def profiled(table, **more):
    out = run("profileethnicity", INPUT=make_areas(CODES), TABLES=table, OUTPUT="memory:", **more)
    return [row["eth_total"] for row in out.rows()]


def refuse_table(table) -> str:
    return refused("profileethnicity", INPUT=make_areas(CODES), TABLES=table, OUTPUT="memory:")


@pytest.fixture
def expected():
    return [row[3] for row in ethnic_rows(CODES)]


# --- outputs over inputs ----------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["plain", "with.dots"])
def test_taxonomy_cannot_be_overwritten(tmp_path, folder):
    (tmp_path / folder).mkdir()
    victim = tmp_path / folder / "victim.csv"
    victim.write_text(PETS, encoding="utf-8")
    rows = [[code, 10, 20] for code in CODES]
    headings = ["code", "Households with a cát", "Households without"]
    table = write_csv(tmp_path / "t.csv", rows, headings)
    areas = make_areas(CODES)
    more = {"INPUT": areas, "TABLES": [table], "TAXONOMY": victim}
    assert "victim.csv" in refused("profilecustom", OUTPUT=victim, **more)
    assert victim.read_text(encoding="utf-8") == PETS
    assert len(run("profilecustom", OUTPUT=tmp_path / "fine.csv", **more).rows()) == len(CODES)


def test_scheme_cannot_be_overwritten(tmp_path):
    victim = tmp_path / "victim.json"
    content = (SAMPLE.parent / "schemes" / "general.json").read_bytes()
    victim.write_bytes(content)
    areas = SAMPLE / "areas.gpkg"
    for output in ("OUTPUT", "SENSITIVITY"):
        outputs = {"OUTPUT": "memory:", output: victim}
        assert "victim.json" in refused("findseldomheard", INPUT=areas, SCHEME=victim, **outputs)
    assert victim.read_bytes() == content


def test_shipped_taxonomy_by_its_id_or_as_the_desktop_names_it(tmp_path, expected):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    for name in ("census2021_ts021", "census2021_ts021.json"):
        out = run(
            "profilecustom",
            INPUT=make_areas(CODES),
            TABLES=[table],
            TAXONOMY=name,
            OUTPUT="memory:",
        )
        assert [row["eth_total"] for row in out.rows()] == expected


# --- folders, and files with several tables ---------------------------------------------------


def test_folder_is_refused_and_its_files_named(tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    for at in range(8):
        ethnic_csv(folder / f"part{at}.csv", CODES)
    for given in (folder, f"{folder}/", [folder]):
        message = refuse_table(given)
        assert "downloads" in message and "folder" in message and "choose files" in message
        assert "part0.csv, part1.csv" in message and "…" in message
        assert "part7.csv" not in message


def test_folder_that_qgis_cannot_open_and_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "this is a folder" in refuse_table(tmp_path / "empty")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.docx").write_bytes(b"x")
    assert "a.docx" in refuse_table(tmp_path / "letters")


@pytest.fixture
def book(tmp_path):
    """A GeoPackage with the table and another."""
    plain = ethnic_csv(tmp_path / "plain.csv", CODES)
    uri = f"{plain.as_uri()}?delimiter=,&detectTypes=yes"
    layer = QgsVectorLayer(uri, "t", "delimitedtext")
    path = save_layer(make_areas(CODES[:3]), tmp_path / "book.gpkg", name="places")
    save_layer(layer, path, name="ts021", append=True)
    return path


def test_geopackage_with_several_tables_is_refused_by_its_bare_path(book, expected):
    message = refuse_table(book)
    assert "places, ts021" in message and f"{book}|layername=places" in message
    assert profiled(f"{book}|layername=ts021") == expected
    assert profiled([f"{book}|layername=ts021"]) == expected


def test_layer_that_is_loaded_already_is_taken(book, expected):
    assert profiled([open_layer(f"{book}|layername=ts021")]) == expected
    bare = open_layer(book)
    assert tables.open_table(bare, no_layer).name == bare.name()


def test_layer_with_the_name_of_a_folder_is_the_layer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ts021").mkdir()
    layer = make_areas(CODES)
    assert tables.open_table("ts021", lambda _: layer).names == ["LSOA21CD"]


def test_geopackage_of_one_table_with_a_saved_style_is_read(tmp_path):
    path = save_layer(make_areas(CODES), tmp_path / "one.gpkg")
    layer = open_layer(path)
    assert not layer.saveStyleToDatabase("style", "", True, "")
    assert tables.open_table(str(path), lambda _: layer).names == ["fid", "LSOA21CD"]


def test_zip_of_several_tables_is_refused(tmp_path):
    import zipfile

    plain = ethnic_csv(tmp_path / "plain.csv", CODES)
    packed = tmp_path / "bulk.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.write(plain, "one.csv")
        file.write(plain, "two.csv")
    message = refuse_table(packed)
    assert "bulk.zip" in message and "one.csv" in message and "two.csv" in message


# --- empty files, line ends, NUL, over-long cells ---------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\r\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["odd.csv", "odd.txt", "odd.csv.gz"])
def test_empty_file_is_said_to_be_empty(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    message = refuse_table(path)
    assert name in message and "empty" in message


def test_gzip_of_no_bytes_is_said_to_be_empty(tmp_path):
    path = tmp_path / "odd.csv.gz"
    path.write_bytes(b"")
    assert "empty" in refuse_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_line_ends_of_an_old_mac(tmp_path, expected, encoding, suffix):
    def rename(rows):
        rows[1][1] = "Ynys Môn,\nthe isle"

    more = {"preamble": [["TS021"], []], "lineterminator": "\r", "encoding": encoding}
    path = ethnic_csv(tmp_path / "t.csv", CODES, change=rename, **more)
    if suffix == ".csv.gz":
        path = tmp_path / "t.csv.gz"
        path.write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    assert profiled(path) == expected


def test_row_numbers_with_the_line_ends_of_an_old_mac(tmp_path):
    def spoil(rows):
        rows[4][4] = "many"

    more = {"preamble": [["TS021"], []], "lineterminator": "\r"}
    message = refuse_table(ethnic_csv(tmp_path / "t.csv", CODES, change=spoil, **more))
    assert "row 8" in message and "many" in message


@pytest.mark.parametrize("row", [0, -1])
def test_nul_in_a_cell_is_refused(tmp_path, row):
    """At the top, and beyond what a table is recognised by; pandas would read 980 as 9."""
    codes = lsoas(9000)
    path = ethnic_csv(tmp_path / "t.csv", codes)
    lines = path.read_bytes().split(b"\r\n")[:-1]
    assert len(path.read_bytes()) > 262_144 + 10_000
    lines[row or 1] = lines[row or 1][:-1] + b"\0" + lines[row or 1][-1:]
    path.write_bytes(b"\r\n".join(lines))
    message = refuse_table(path)
    assert "t.csv" in message and "text file" in message


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_cell_of_endless_length_is_refused(tmp_path, name):
    path = tmp_path / name
    content = b'geography code,White\nE01007317,"' + b"x, " * 70_000
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    message = refuse_table(path)
    assert name in message and "quotation mark" in message


def test_encodings_that_are_mixed_are_refused(tmp_path):
    """Read as cp1252 for its first name; the last has a byte that cp1252 does not know."""

    def rename(rows):
        rows[0][1], rows[-1][1] = "Môn", "Far"

    path = ethnic_csv(tmp_path / "t.csv", CODES, change=rename, encoding="cp1252")
    path.write_bytes(path.read_bytes().replace(b"Far", b"F\x9dr"))
    message = refuse_table(path)
    assert "t.csv" in message and "UTF-8" in message


# --- taxonomies of one's own ------------------------------------------------------------------

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def encoded(text: str, encoding: str) -> bytes:
    return MARKS.get(encoding, b"") + text.encode(encoding)


def labels(path) -> list[str]:
    return [c.label for c in load_list(path).columns if c.id != "total"]


@pytest.mark.parametrize("encoding", [*ENCODINGS, "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_list_in_any_dress(tmp_path, encoding, end, delimiter):
    path = tmp_path / "pets.csv"
    path.write_bytes(encoded(PETS.replace(",", delimiter).replace("\n", end), encoding))
    assert labels(path) == ["Households with a cát", "Households without"]


def test_unicode_text_of_excel_with_commas_in_its_headings(tmp_path):
    path = tmp_path / "groups.txt"
    path.write_bytes(encoded("Asian, Asian British\tAsian\r\nÉire, other\tIrish\r\n", "utf-16"))
    assert labels(path) == ["Asian, Asian British", "Éire, other"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_in_unicode(tmp_path, encoding):
    shipped = HOME / "ethnicity" / "census2021_ts021.json"
    data = json.loads(shipped.read_text(encoding="utf-8"))
    data["title"] = "Grŵp ethnig"
    path = tmp_path / "own.json"
    path.write_bytes(encoded(json.dumps(data, ensure_ascii=False), encoding))
    assert load(path).title == "Grŵp ethnig"


UNREADABLE = {
    "latin.json": '{"title": "Café"}'.encode("cp1252"),
    "half.json": b"\xff\xfe{",
    "wide.json": "{}".encode("utf-32"),
    "unmarked.json": "{}".encode("utf-16-le"),
    "unmarked.csv": PETS.encode("utf-16-le"),
    "wide.csv": PETS.encode("utf-32"),
    "odd.csv": b"Cats,\x81\x8d\nDogs,Dogs\n",
    "nul.csv": b"Cats,Ca\0ts\nDogs,Dogs\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_other_encodings_are_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(UNREADABLE[name])
    with pytest.raises(TaxonomyError) as caught:
        load(path) if name.endswith(".json") else load_list(path)
    assert caught.value.file == name and "save it as UTF-8" in caught.value.problem


@pytest.mark.parametrize("name", ["pets.xlsx", "pets.gpkg"])
def test_taxonomy_in_a_workbook_or_geopackage_is_refused(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".xlsx"):
        xlsx(path, [["heading", "category"], ["Cats", "Cats"], ["Dogs", "Dogs"]])
    else:
        save_layer(make_areas(CODES[:3]), path)
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    message = refused(
        "profilecustom", INPUT=make_areas(CODES), TABLES=[table], TAXONOMY=path, OUTPUT="memory:"
    )
    assert name in message and "UTF-8" in message


def test_list_with_a_quotation_mark_left_open_is_refused(tmp_path):
    path = tmp_path / "pets.csv"
    path.write_text('Cats,"Cats\n' + "Dogs,Dogs\n" * 20_000)
    with pytest.raises(TaxonomyError) as caught:
        load_list(path)
    assert "quotation mark" in caught.value.problem


# --- workbooks --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_workbook_is_read_whole_only_when_its_figures_are(tmp_path, monkeypatch, suffix):
    rows = [["code", "White"], *([code, at] for at, code in enumerate(lsoas(500)))]
    path = workbook(tmp_path / f"t{suffix}", rows)
    cells = []
    monkeypatch.setattr(tables, "as_text", lambda value: cells.append(value) or str(value))
    table = tables.open_table(str(path), no_layer)
    assert len(table.head) == tables.HEAD_ROWS and len(cells) == 2 * tables.HEAD_ROWS
    assert ["E01007317", "0"] in table.head
    at = next(n for n, row in enumerate(table.head) if row == ["code", "White"])
    frame = table.read(at, [0], [1])
    assert list(frame[0]) == lsoas(500) and list(frame[1]) == [str(n) for n in range(500)]
    assert list(frame["row"]) == list(range(at + 2, at + 502))
    read = len(cells)
    table.read(at, [0], [1])
    assert len(cells) == read, "kept from the first time"


def workbook(path, rows):
    """Write rows to a workbook of the kind of the path's ending."""
    if path.suffix == ".xlsx":
        return xlsx(path, rows)
    from osgeo import ogr

    source = ogr.GetDriverByName("ODS").CreateDataSource(str(path))
    layer = source.CreateLayer("Sheet1")
    for at in range(len(rows[0])):
        layer.CreateField(ogr.FieldDefn(f"c{at}", ogr.OFTString))
    for row in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for at, cell in enumerate(row):
            feature.SetField(at, str(cell))
        layer.CreateFeature(feature)
    del layer, source
    return path


def test_reading_a_workbook_leaves_the_options_of_gdal(tmp_path):
    from osgeo import gdal

    path = xlsx(tmp_path / "t.xlsx", [["code", "White"], ["E01007317", 1]])
    gdal.SetConfigOption("OGR_XLSX_HEADERS", "FORCE")
    try:
        tables.open_table(str(path), no_layer).read(1, [0], [1])
        assert gdal.GetConfigOption("OGR_XLSX_HEADERS") == "FORCE"
    finally:
        gdal.SetConfigOption("OGR_XLSX_HEADERS", None)


def test_workbook_without_a_cell_is_said_to_be_empty(tmp_path):
    from osgeo import ogr

    path = tmp_path / "t.xlsx"
    source = ogr.GetDriverByName("XLSX").CreateDataSource(str(path))
    source.CreateLayer("Sheet1")
    del source
    with pytest.raises(InputError, match=r"t\.xlsx.*empty"):
        tables.open_table(str(path), no_layer)


def test_head_of_a_parquet_file_is_its_first_rows(tmp_path, monkeypatch):
    """With a stand-in for pyarrow, which QGIS seldom has."""
    import pandas as pd

    frame = pd.DataFrame({"code": lsoas(500), "White": range(500)})

    class Batch(list):
        def to_pandas(self):
            return frame.head(self[0])

    class ParquetFile:
        def __init__(self, path):
            pass

        def iter_batches(self, size):
            yield Batch([size])

    parquet = types.ModuleType("pyarrow.parquet")
    parquet.ParquetFile = ParquetFile
    monkeypatch.setitem(sys.modules, "pyarrow", types.ModuleType("pyarrow"))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
    whole = []
    monkeypatch.setattr(pd, "read_parquet", lambda path: whole.append(path) or frame)
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    table = tables.open_table(str(path), no_layer)
    assert table.head[:2] == [["code", "White"], ["E01007317", "0"]]
    assert len(table.head) == tables.HEAD_ROWS and not whole
    assert list(table.read(0, [0], [1])[1]) == [str(n) for n in range(500)]
    assert list(table.read(0, [0], [1])["row"])[:2] == [2, 3] and len(whole) == 1


def test_damaged_parquet_file_is_refused(tmp_path, monkeypatch):
    import pandas as pd

    def broken(path):
        raise ValueError("Parquet magic bytes not found in footer")

    monkeypatch.setattr(pd, "read_parquet", broken)
    path = tmp_path / "t.parquet"
    path.write_bytes(b"no such thing")
    with pytest.raises(InputError, match=r"t\.parquet.*magic bytes"):
        tables.open_table(str(path), no_layer)


def test_reading_stops_when_the_run_is_cancelled(tmp_path):
    table = tables.TextFile(ethnic_csv(tmp_path / "t.csv", lsoas(30)))
    assert len(table.read(0, [2], [3])) == 30
    table.cancelled = lambda: True
    with pytest.raises(Cancelled):
        table.read(0, [2], [3])


# --- outputs that fail, reading that is stopped -------------------------------------------------


@pytest.mark.parametrize(
    ("sink", "wanted"),
    [
        ("out.gpkg", True),
        ("C:/data/out.shp", True),
        ("", False),
        ("memory:", False),
        ("TEMPORARY_OUTPUT", False),
        ("ogr:dbname='a.gpkg' table=\"b\"", False),
        ("postgres://dbname=x", False),
        ("spatialite://dbname=x", False),
    ],
)
def test_only_files_are_looked_for_in_folders(sink, wanted):
    assert is_file(sink) == wanted


def test_a_table_that_cannot_be_written_is_said():
    class Full:
        def addFeature(self, feature, flags=None):
            return False

    with pytest.raises(InputError, match="no more rows"):
        write_table(pd.DataFrame({"a": [1, 2]}), Full())


def test_reading_numbers_of_areas_stops_when_cancelled():
    layer = make_areas(lsoas(3), people=[1, 2, 3])
    asked = []

    def cancelled():
        asked.append(True)
        return len(asked) > 1  # once while the codes are read

    source = QgsProcessingFeatureSource(layer, QgsProcessingContext())
    areas = read_areas(source, "LSOA21CD", bool, str, cancelled)
    with pytest.raises(Cancelled):
        numbers_of(areas, ["people"])


def test_a_table_stops_being_written_when_cancelled():
    written = []

    class Sink:
        def addFeature(self, feature, flags=None):
            written.append(feature)
            return True

    with pytest.raises(Cancelled):
        write_table(pd.DataFrame({"a": range(5_000)}), Sink(), lambda: len(written) > 500)
    assert len(written) == 1_000


@pytest.mark.parametrize("name", ["areas.gpkg", "areas.SHP", "areas.csv.gz", "areas.fgb|layerid=0"])
def test_a_file_that_is_not_there_is_named_though_no_folder_is(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    message = refused("profileethnicity", INPUT=name, TABLES=[], OUTPUT="memory:")
    assert f"INPUT: there is no file {name}." in message
    table = refused("profileethnicity", INPUT=make_areas(CODES), TABLES=["t.csv"], OUTPUT="memory:")
    assert "TABLES: there is no file t.csv." in table


def test_a_layer_named_like_a_file_is_the_layer():
    layer = make_areas(lsoas(3), people=[1, 2, 30])
    layer.setName("areas.gpkg")
    project = QgsProject()
    project.addMapLayer(layer)
    asked = {"INPUT": "areas.gpkg", "FIELDS": ["people"], "OUTPUT": "memory:"}
    made = run("suppresscounts", project=project, **asked)
    assert [row["people"] for row in made.rows()] == [None, None, 30]
