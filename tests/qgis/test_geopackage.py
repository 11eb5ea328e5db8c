"""The fast way from GeoPackage to GeoPackage writes what the ordinary way writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition
from seldom_heard.layers import geopackage

from .helpers import (
    SAMPLE,
    Log,
    ethnic_csv,
    lsoas,
    make_areas,
    open_layer,
    refused,
    run,
    save_layer,
)

CODES = lsoas(30)


@pytest.fixture
def areas(tmp_path):
    """Areas with gaps in their feature ids, as after edits."""
    path = save_layer(make_areas(CODES, note=["it's"] * 30), tmp_path / "areas.gpkg")
    layer = open_layer(path)
    assert layer.dataProvider().deleteFeatures([3, 4, 17])
    return path


@pytest.fixture
def watched(monkeypatch):
    """Count how often the fast way was taken."""
    taken = []
    real = geopackage.write
    monkeypatch.setattr(geopackage, "write", lambda *a: (taken.append(1), real(*a)))
    return taken


def geometries(layer):
    return {f["LSOA21CD"]: f.geometry().asWkt() for f in layer.getFeatures()}


def test_both_ways_write_the_same(areas, tmp_path, watched):
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    fast = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=tmp_path / "fast.gpkg")
    assert watched == [1]
    slow = run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT="memory:")
    assert watched == [1]
    assert fast.rows() == slow.rows()
    assert len(fast.rows()) == 27
    assert geometries(fast.layer) == geometries(slow.layer)
    assert fast.layer.crs() == slow.layer.crs()
    assert fast.layer.wkbType() == slow.layer.wkbType()
    types = [(f.name(), f.type()) for f in fast.layer.fields()]
    assert types == [(f.name(), f.type()) for f in slow.layer.fields()]


def test_feature_ids_are_kept_and_a_spatial_index_made(areas, tmp_path):
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    out = tmp_path / "fast.gpkg"
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=out)
    with closing(sqlite3.connect(out)) as connection:
        ids = [row[0] for row in connection.execute("SELECT fid FROM fast ORDER BY fid")]
        indexed = connection.execute("SELECT count(*) FROM rtree_fast_geom").fetchone()[0]
    assert ids == [i for i in range(1, 31) if i not in (3, 4, 17)]
    assert indexed == 27


@pytest.mark.parametrize("kind", ["selection", "subset", "layer being edited", "joined field"])
def test_anything_but_the_plain_case_goes_by_features(areas, tmp_path, watched, kind):
    from qgis.core import QgsField, QgsProject
    from qgis.PyQt.QtCore import QVariant

    layer = open_layer(areas)
    project = QgsProject()
    project.addMapLayer(layer)
    source, expected = layer.id(), 27
    if kind == "selection":
        layer.selectByIds([1, 2])
        source, expected = QgsProcessingFeatureSourceDefinition(layer.id(), True), 2
    elif kind == "subset":
        assert layer.setSubsetString(f"LSOA21CD < '{CODES[2]}'")
        expected = 2
    elif kind == "layer being edited":
        assert layer.startEditing()
    else:
        layer.addExpressionField("1", QgsField("one", QVariant.Type.Int))
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    done = run(
        "profileethnicity",
        project=project,
        INPUT=source,
        TABLES=[table],
        OUTPUT=tmp_path / "out.gpkg",
    )
    layer.rollBack()
    assert watched == []
    assert len(done.rows()) == expected


def test_output_over_the_input_is_not_taken_for_a_new_file(areas):
    source = geopackage.plain_source(open_layer(areas), str(areas))
    assert source is not None
    assert geopackage.plain_target(str(areas), source) is None
    assert geopackage.plain_target(str(areas.parent / "new.gpkg"), source) is not None


def test_an_older_file_survives_a_cancel(areas, tmp_path):
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    out = tmp_path / "fast.gpkg"
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=out)
    before = out.read_bytes()
    log = Log(cancel_when=lambda what: isinstance(what, str) and "found for" in what)
    run("profileethnicity", log, INPUT=areas, TABLES=[table], OUTPUT=out)
    assert log.cancelled_at is not None
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.glob("*fast*")) == ["fast.gpkg"]


def test_names_with_quotes_are_no_trouble(tmp_path, watched):
    layer = make_areas(CODES, **{'it\'s "odd"': ["x"] * 30})
    path = save_layer(layer, tmp_path / "o'dd.gpkg", name='the "areas"')
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    done = run("profileethnicity", INPUT=path, TABLES=[table], OUTPUT=tmp_path / "o'ut.gpkg")
    assert watched == [1]
    assert done.rows()[0]['it\'s "odd"'] == "x"


def test_a_folder_that_is_missing_is_refused(tmp_path):
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    path = save_layer(make_areas(CODES), tmp_path / "areas.gpkg")
    message = refused(
        "profileethnicity", INPUT=path, TABLES=[table], OUTPUT=tmp_path / "none" / "out.gpkg"
    )
    assert message


def test_the_sample_takes_the_fast_way(tmp_path, watched):
    import shutil

    path = shutil.copy(SAMPLE / "areas.gpkg", tmp_path)
    run(
        "profilelanguage",
        INPUT=path,
        TABLES=[SAMPLE / "census2021-ts029-lsoa.csv"],
        OUTPUT=tmp_path / "out.gpkg",
    )
    assert watched == [1]


def test_an_index_on_the_codes_does_not_move_ranks_to_other_areas(tmp_path):
    codes = sorted(CODES, reverse=True)
    figures = {
        "dep_exhealth_score": [float(100 - at) for at in range(30)],
        "lang_low_english_pct": [float(50 - at) for at in range(30)],
    }
    path = save_layer(make_areas(codes, **figures), tmp_path / "areas.gpkg")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE UNIQUE INDEX by_code ON areas (LSOA21CD)")
        connection.commit()
    ranked = run("findseldomheard", INPUT=path, DRAWS=10, OUTPUT=tmp_path / "out.gpkg")
    by_code = ranked.by_code("LSOA21CD")
    assert by_code[codes[0]]["sh_rank"] == 1
    # the last two share a rank: both are at the floor of the geometric mean
    assert [by_code[code]["sh_rank"] for code in codes][:28] == list(range(1, 29))


def test_paths_on_servers_and_with_odd_signs_make_sqlite_uris(tmp_path, monkeypatch):
    from pathlib import Path, PurePosixPath

    folder = tmp_path / "100 % [new] #1?"
    folder.mkdir()
    path = save_layer(make_areas(CODES), folder / "areas.gpkg")
    assert geopackage.plain_source(open_layer(path), str(path)) is not None
    monkeypatch.setattr(geopackage.os.path, "abspath", lambda p: str(p))
    monkeypatch.setattr(geopackage, "Path", lambda text: PurePosixPath(str(text)))
    assert geopackage._uri(Path("//fs01/gis/a.gpkg"), "ro") == "file:////fs01/gis/a.gpkg?mode=ro"
    assert geopackage._uri(Path("C:/gis/a.gpkg"), "ro") == "file:/C%3A/gis/a.gpkg?mode=ro"


def test_a_locked_file_is_no_crash(areas):
    layer = open_layer(areas)
    with closing(sqlite3.connect(areas, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        assert geopackage.has_styles(layer) in (True, False)
        assert geopackage.plain_source(layer, None) is None


def test_an_older_output_with_changes_still_open_is_not_replaced(areas, tmp_path):
    table = ethnic_csv(tmp_path / "ts021.csv", CODES)
    out = tmp_path / "out.gpkg"
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=out)
    with closing(sqlite3.connect(out, isolation_level=None)) as elsewhere:
        elsewhere.execute("PRAGMA journal_mode = WAL")
        elsewhere.execute("CREATE TABLE mine (a)")
        message = refused("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=out)
        assert "out.gpkg" in message and "open" in message
        assert elsewhere.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    run("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT=out)
    assert not list(tmp_path.glob("out.gpkg-*"))
