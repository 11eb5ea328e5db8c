"""How maps look: every view and template drawn, and compared with the picture it should be."""

from __future__ import annotations

import shutil

import pytest
from qgis.PyQt.QtCore import QLocale

from . import drawn
from .helpers import SAMPLE

VIEWS = (
    *("score", "bivariate", "voice", "clusters", "deprivation", "ethnicity", "language"),
    *("prevalence", "barriers", "benchmark"),
)
PAPERS = ("A4", "A3", "A4 portrait")


@pytest.fixture
def pins(tmp_path, monkeypatch, qgis_app):
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    yield drawn.Pins(tmp_path, monkeypatch)
    QLocale.setDefault(before)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    return drawn.city(tmp_path_factory.mktemp("heard"))


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return drawn.city(tmp_path_factory.mktemp("silent"), replies=False)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_looks_as_it_should(pins, heard, view):
    pins.check(f"view_{view}", INPUT=heard, VIEW=view)


def test_a_score_without_replies_looks_as_it_should(pins, silent):
    pins.check("view_score_silent", INPUT=silent)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_template_with_all_that_can_be_laid_over_it(pins, heard, paper):
    everything = {
        "WARDS": SAMPLE / "wards.gpkg",
        "VENUES": drawn.venues(heard),
        "BACKGROUND": drawn.relief(pins.folder),
        "SUBTITLE": "A subtitle of our own",
        "SOURCES": "Borders: our own.",
    }
    name = f"paper_{paper.lower().replace(' ', '_')}"
    pins.check(name, INPUT=heard, PAPER=paper, **everything)


# --- that these tests can fail


VOICE = "view_voice"


def test_a_map_drawn_twice_is_the_same(pins, heard):
    one = pins.draw("one", INPUT=heard, VIEW="voice")
    assert drawn.millionths(one, pins.draw("two", INPUT=heard, VIEW="voice")) == 0


def test_a_legend_three_millimetres_off_is_seen(pins, heard):
    from seldom_heard.layers.paper import layouts

    template = layouts.own_template("A4")
    text = template.read_text(encoding="utf-8")
    assert text.count('"217,27,mm"') == 2
    template.write_text(text.replace('"217,27,mm"', '"217,30,mm"'), encoding="utf-8")
    pins.check_changed(VOICE, 10 * drawn.ALLOWED, INPUT=heard, VIEW="voice")


def test_one_wrong_colour_is_seen(pins, heard, monkeypatch):
    """On every QGIS: by the map alone, by much more than is allowed there."""
    from seldom_heard.layers import specs

    spec = specs.load_spec("voice")
    fewer = next(one for one in spec["categories"] if one["value"] == "lower")
    monkeypatch.setitem(fewer, "colour", "#8fe3c1")
    path = pins.draw("changed", INPUT=heard, VIEW="voice")
    picture = drawn.FOLDER / "view_voice.png"
    assert drawn.millionths(path, picture, drawn.boxes("A4")) > 5 * drawn.ALLOWED_ELSEWHERE


def test_one_box_of_the_legend_in_a_wrong_colour_is_seen(pins):
    path = shutil.copy(drawn.FOLDER / "view_voice.png", pins.folder / "changed.png")
    boxed = drawn.recoloured(path, (0x8C, 0xC4, 0xE4), left=0.7)
    assert drawn.millionths(boxed, drawn.FOLDER / "view_voice.png") > drawn.ALLOWED


def test_a_line_of_text_that_is_gone_is_seen(pins, heard):
    from seldom_heard.layers.paper import layouts

    template = layouts.own_template("A4")
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace('id="date"', 'id="other"'), encoding="utf-8")
    pins.check_changed(VOICE, 2 * drawn.ALLOWED, INPUT=heard, VIEW="voice")


def test_a_map_without_its_inset_is_seen(pins, heard, monkeypatch):
    from seldom_heard.layers.paper import inset

    monkeypatch.setattr(inset, "WORLD", ("nowhere.gpkg",))
    pins.check_changed(VOICE, 10 * drawn.ALLOWED, INPUT=heard, VIEW="voice")


def test_another_size_is_wrong_at_once(pins, heard):
    path = pins.draw("changed", INPUT=heard, VIEW="voice", DPI=80)
    assert drawn.millionths(path, drawn.FOLDER / "view_voice.png") == 1_000_000


def test_what_was_drawn_is_kept_where_it_differs(pins, heard, monkeypatch, tmp_path):
    monkeypatch.setattr(drawn, "FAILED", tmp_path / "failed")
    got = pins.draw("got", INPUT=heard, VIEW="clusters")
    with pytest.raises(AssertionError, match=r"view_voice.png .* are allowed"):
        drawn.compare(got, drawn.FOLDER / "view_voice.png", drawn.boxes("A4"))
    kept = sorted(path.name for path in (tmp_path / "failed").iterdir())
    assert kept == [f"view_voice-{what}.png" for what in ("difference", "got", "want")]
