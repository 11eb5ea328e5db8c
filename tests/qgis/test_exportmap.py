"""The map on paper: the format by the ending, and a title that claims no more than is known."""

from __future__ import annotations

import re

import pytest
from qgis.PyQt.QtGui import QImage

from .helpers import lsoas, make_areas, refused, run

N = 30
CODES = lsoas(N)


def areas(**more):
    return make_areas(
        CODES,
        dep_exhealth_score=[float(at) for at in range(N)],
        lang_low_english_pct=[float(at * 7 % N) for at in range(N)],
        **more,
    )


def ranked(folder, layer=None):
    path = folder / "ranked.gpkg"
    layer = areas() if layer is None else layer
    run("findseldomheard", INPUT=layer, DRAWS=50, OUTPUT=path)
    return path


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """Ranked areas where no replies were counted."""
    return ranked(tmp_path_factory.mktemp("silent"))


@pytest.fixture(scope="module")
def voiced(tmp_path_factory):
    layer = areas(voice_shrunk=[50.0 + at for at in range(N)], voice_class=["lower"] * N)
    return ranked(tmp_path_factory.mktemp("voiced"), layer)


def export(path, source, **more):
    return run("exportmap", INPUT=source, OUTPUT=path, **{"DPI": 72, **more})


def words(path) -> str:
    """Return the text of an SVG, which keeps text as text."""
    svg = path.read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", " ", svg).split())


MAGIC = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n", ".svg": b"<?xml"}


@pytest.mark.parametrize("ending", MAGIC)
def test_format_by_the_ending(silent, tmp_path, ending):
    path = tmp_path / f"map{ending}"
    out = export(path, silent)
    assert path.read_bytes().startswith(MAGIC[ending])
    assert out.results["OUTPUT"] == str(path)
    assert path.stat().st_size > 5000
    assert [p.name for p in tmp_path.iterdir()] == [path.name], "no draft is left"


def test_upper_case_ending(silent, tmp_path):
    path = tmp_path / "MAP.PDF"
    export(path, silent)
    assert path.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("paper", "long_side"), [("A4", 297), ("A3", 420)])
def test_paper_and_resolution(silent, tmp_path, paper, long_side):
    path = tmp_path / "map.png"
    export(path, silent, PAPER=paper, DPI=100)
    image = QImage(str(path))
    pixels = max(image.width(), image.height())
    assert pixels == pytest.approx(long_side / 25.4 * 100, abs=3)


def test_the_map_is_not_empty(silent, tmp_path):
    path = tmp_path / "map.png"
    export(path, silent)
    image = QImage(str(path))
    step = 3
    colours = {
        image.pixel(x, y)
        for x in range(0, image.width(), step)
        for y in range(0, image.height(), step)
    }
    assert len(colours) > 12, "fills, hatches and text"


@pytest.mark.parametrize("name", ["map.docx", "map", "map.pdf.txt"])
def test_wrong_ending_is_refused(silent, tmp_path, name):
    path = tmp_path / name
    message = refused("exportmap", INPUT=silent, OUTPUT=path)
    assert ".pdf" in message.lower() and ".png" in message.lower() and ".svg" in message.lower()
    assert not path.exists() and not list(tmp_path.iterdir())


def test_layer_without_a_score_is_refused(tmp_path):
    path = tmp_path / "map.pdf"
    message = refused("exportmap", INPUT=areas(), OUTPUT=path)
    assert "sh_score" in message and "findseldomheard" in message
    assert not path.exists()


def test_missing_layer_is_named(tmp_path):
    message = refused("exportmap", INPUT=tmp_path / "gone.gpkg", OUTPUT=tmp_path / "map.pdf")
    assert "gone.gpkg" in message and "INPUT" in message


def test_existing_map_survives_an_error(tmp_path):
    path = tmp_path / "map.pdf"
    path.write_bytes(b"the map of last year")
    refused("exportmap", INPUT=areas(), OUTPUT=path)
    assert path.read_bytes() == b"the map of last year"


def test_folder_that_does_not_exist(silent, tmp_path):
    message = refused("exportmap", INPUT=silent, OUTPUT=tmp_path / "nowhere" / "map.pdf")
    assert "nowhere" in message


TITLES = ["", "Where to go in spring", "Seldom heard areas", "SELDOM HEARD", "Potentially silent"]


@pytest.mark.parametrize("title", TITLES)
def test_title_says_potentially_without_replies(silent, tmp_path, title):
    path = tmp_path / "map.svg"
    export(path, silent, TITLE=title)
    text = words(path).lower()
    if not title:
        assert "potentially seldom heard areas" in text
    elif "potentially" in title.lower():
        assert title.lower() in text
    else:
        assert f"{title.lower()} (potentially" in text


def test_title_is_the_users_own_with_replies(voiced, tmp_path):
    path = tmp_path / "map.svg"
    export(path, voiced, TITLE="Where to go in spring")
    text = words(path)
    assert "Where to go in spring" in text
    assert "potentially" not in text.lower()


def test_replies_that_are_all_null_are_no_replies(tmp_path):
    """A field sh_voice without a figure in it measures nothing."""
    layer = areas(
        sh_score=[at / N for at in range(N)],
        sh_rank=[N - at for at in range(N)],
        sh_voice=[None] * N,
    )
    path = tmp_path / "map.svg"
    export(path, layer, TITLE="Where to go")
    assert "potentially" in words(path).lower()


def test_method_and_attribution_are_on_the_map(tmp_path):
    from .helpers import SAMPLE

    profiled, found = tmp_path / "profiled.gpkg", tmp_path / "found.gpkg"
    run(
        "profileareas",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "File_7_IoD2025.csv", SAMPLE / "census2021-ts029-lsoa.csv"],
        OUTPUT=profiled,
    )
    run("findseldomheard", INPUT=profiled, DRAWS=50, OUTPUT=found)
    path = tmp_path / "map.svg"
    export(path, found)
    text = words(path)
    assert "Office for National Statistics" in text, "the census table's attribution"
    assert "Open Government Licence" in text
    assert "percentile" in text.lower() and "Map made on" in text


def test_a_layer_that_lost_its_sources_still_names_the_publishers():
    from seldom_heard.processing.plan import exportmap

    layer = make_areas(["a"], dep_imd_rank=[1], prev_dm_pct=[1.5], lang_low_english_n=[2])
    text = exportmap._sources(exportmap._publishers(layer))
    for publisher in ("Office for National Statistics", "Ministry of Housing", "NHS England"):
        assert text.count(publisher) >= 1
    assert "Open Government Licence" in text
    nothing = make_areas(["a"], other=[1])
    assert exportmap._publishers(nothing) == []
