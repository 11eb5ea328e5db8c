"""The invented city at one click: what is made, where, and that everyone is told what it is."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest
from qgis.core import QgsProcessingFeedback
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.layers.outputs import inherited
from seldom_heard.processing.explore import sample

from .helpers import SAMPLE, open_layer, rows_of, run


def digests():
    files = (path for path in SAMPLE.rglob("*") if path.is_file())
    return {path: hashlib.md5(path.read_bytes()).hexdigest() for path in files}  # noqa: S324


def make(city, feedback):
    """Make the city on this thread."""
    while not city.is_done:
        city.prepare()
        city.run(feedback)
        city.finish()
    return city.path


@pytest.fixture(scope="module")
def made(qgis_app):
    before = digests()
    city = sample.Sample()
    progressed = []
    feedback = QgsProcessingFeedback(False)
    feedback.progressChanged.connect(progressed.append)
    path = make(city, feedback)
    assert digests() == before, "the shipped files were written to"
    return city, path, progressed


@pytest.fixture
def layer(made):
    return sample.opened(made[1])


def test_areas_are_profiled_counted_and_measured(layer):
    rows = rows_of(layer)
    assert len(rows) == 340
    assert sum(row["resp_total"] for row in rows) == 6_486
    assert Counter(row["voice_class"] for row in rows)["much lower"] == 18
    fields = set(rows[0])
    assert {"eth_pakistani_pct", "dep_imd_decile", "prev_dm_pct", "barrier_hh_no_car_pct"} <= fields
    assert sample.NAMES in fields
    title = layer.attributeAlias(layer.fields().indexOf("lang_low_english_pct"))
    assert title.startswith("Cannot speak English well or at all")


def test_only_the_finished_file_is_left(made):
    city, path, progressed = made
    assert [one.name for one in city.folder.iterdir()] == [path.name]
    assert progressed == sorted(progressed)
    assert len(progressed) > 3


def test_everything_says_that_it_is_invented(made, layer):
    assert "invented" in made[1].name
    assert "invented" in layer.name()
    assert "invented" in layer.metadata().abstract()
    assert sample.is_invented(layer)
    told, _ = inherited(layer)
    assert len(told["sources"]) > 5
    for source in told["sources"]:
        assert source["attribution"] == sample.invented_in_words(), source["title"]


def test_what_is_made_of_it_says_so_too(made, tmp_path):
    ranked = tmp_path / "ranked.gpkg"
    run("findseldomheard", INPUT=made[1], OUTPUT=ranked, DRAWS=50, REPORT=tmp_path / "page.html")
    assert "is an invented city" in (tmp_path / "page.html").read_text("utf-8")
    told, _ = inherited(open_layer(ranked))
    words = json.dumps(told)
    assert "is an invented city" in words
    assert "Open Government Licence" not in words


def test_layers_of_others_are_not_taken_for_it(qgis_app):
    assert not sample.is_invented(open_layer(SAMPLE / "wards.gpkg"))
    assert not sample.is_invented(None)


@pytest.mark.parametrize("share", [1, 40, 66])
def test_cancelled_leaves_nothing(qgis_app, share):
    city = sample.Sample()
    feedback = QgsProcessingFeedback(False)

    def stop(now):
        if now >= share:
            feedback.cancel()

    feedback.progressChanged.connect(stop)
    with pytest.raises(Cancelled):
        make(city, feedback)
    assert not city.folder.exists()


def test_files_that_are_not_there_are_named(qgis_app, tmp_path):
    city = sample.Sample(tmp_path / "nowhere")
    with pytest.raises(InputError, match="cannot be copied"):
        make(city, QgsProcessingFeedback(False))
    assert not city.folder.exists()
    with pytest.raises(InputError, match="cannot be opened"):
        sample.opened(tmp_path / "none.gpkg")
