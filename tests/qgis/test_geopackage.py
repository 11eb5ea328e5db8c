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
