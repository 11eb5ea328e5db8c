"""The map on paper: the format by the ending, and a title that claims no more than is known."""

from __future__ import annotations

import json
import re

import pytest
from qgis.core import QgsProject
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


@pytest.mark.parametrize(
    ("paper", "sides"), [("A4", (297, 210)), ("A3", (420, 297)), ("A4 portrait", (210, 297))]
)
def test_paper_and_resolution(silent, tmp_path, paper, sides):
    path = tmp_path / "map.png"
    export(path, silent, PAPER=paper, DPI=100)
    image = QImage(str(path))
    assert [image.width(), image.height()] == pytest.approx([s / 25.4 * 100 for s in sides], abs=3)


def test_papers_that_scheduled_jobs_name_are_still_there():
    from seldom_heard.layers.paper.layouts import PAPERS

    from .helpers import algorithm

    asked = algorithm("exportmap")
    offered = tuple(asked.parameterDefinition("PAPER").options())
    assert offered[:2] == ("A4", "A3") and offered == PAPERS


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


@pytest.mark.parametrize(
    ("view", "words_of_it"),
    [
        ("voice", ["voice_class", "measurevoice"]),
        ("bivariate", ["sh_need", "findseldomheard"]),
        ("clusters", ["cluster_class", "findclusters"]),
        ("language", ["lang_low_english_pct or lang_hh_no_english_pct", "profileareas"]),
        ("benchmark", ["bench_class", "comparebenchmark"]),
    ],
)
def test_a_view_without_its_fields_says_what_makes_them(tmp_path, view, words_of_it):
    message = refused(
        "exportmap", INPUT=make_areas(["a"], other=[1]), VIEW=view, OUTPUT=tmp_path / "map.pdf"
    )
    assert all(word in message for word in words_of_it), message
    assert not list(tmp_path.iterdir())


def shown_layer():
    classes = ["much lower", "lower", "as expected", "higher", "too few to say"]
    return areas(
        voice_class=[classes[at % 5] for at in range(N)],
        voice_shrunk=[70.0 + 2 * at for at in range(N)],
        sh_need=[at * 11 % N / N for at in range(N)],
        cluster_class=["high-high", "not significant"] * (N // 2),
        bench_class=["lower", "higher"] * (N // 2),
        eth_minority_pct=[float(at) for at in range(N)],
        dep_imd_decile=[at % 10 + 1 for at in range(N)],
        prev_dm_pct=[float(at) for at in range(N)],
        barrier_hh_no_car_pct=[float(at) for at in range(N)],
        sh_score=[at / N for at in range(N)],
        sh_voice=[at / N for at in range(N)],
    )


def test_replies_that_the_score_does_not_count_leave_it_potential(tmp_path):
    layer = areas(sh_score=[at / N for at in range(N)], voice_class=["lower"] * N)
    path = tmp_path / "map.svg"
    export(path, layer)
    assert "Potentially seldom heard areas" in words(path)


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ("score", "Seldom heard areas"),
        ("voice", "Who was heard"),
        ("bivariate", "Where need is high and few replied"),
        ("clusters", "Where like areas lie together"),
        ("deprivation", "Index of Multiple Deprivation"),
        ("ethnicity", "ethnic groups other than White British"),
        ("language", "cannot speak English well"),
        ("prevalence", "Recorded prevalence (DM)"),
        ("barriers", "Households without a car"),
        ("benchmark", "Against the benchmark"),
    ],
)
def test_every_view_is_printed_under_a_title_of_its_own(tmp_path, view, told):
    path = tmp_path / "map.svg"
    export(path, shown_layer(), VIEW=view)
    text = words(path)
    assert told in text
    assert "potentially" not in text.lower()
    assert view == "score" or "ranked among" not in text
    assert "30 areas" in text


@pytest.mark.parametrize("ending", ["gpkg", "shp"])
def test_a_file_opened_without_its_style_is_drawn_as_it_was_saved(tmp_path, ending):
    """Whole names of a shapefile's fields, and titles, are kept in the style alone."""
    from seldom_heard.layers import outputs

    from .helpers import open_layer, save_layer

    classes = ["hot spot", "not significant"] * (N // 2)
    path = tmp_path / f"areas.{ending}"
    cut = {}
    if ending == "shp":
        save_layer(make_areas(CODES, cluster_cl=classes), path)
        cut = {"cluster_class": "cluster_cl"}
    else:
        save_layer(make_areas(CODES, cluster_class=classes), path)
    source = {"title": "T", "attribution": "", "note": "By hand.", "fields": ["cluster_class"]}
    told = {"sources": [source]}
    alias = {cut.get("cluster_class", "cluster_class"): "Need: cluster by hand"}
    outputs.dress(open_layer(path), alias, ["clusters"], told, cut)
    target = tmp_path / "map.svg"
    export(target, path, VIEW="clusters")
    text = words(target)
    assert "Need: cluster by hand" in text and "Hot spot" in text and "By hand." in text


def test_every_view_can_be_chosen():
    from seldom_heard.layers import styles

    from .helpers import algorithm

    asked = algorithm("exportmap")  # parameters live as long as their algorithm
    offered = asked.parameterDefinition("VIEW").options()
    assert tuple(offered) == styles.VIEWS and offered[0] == "score"


def test_a_map_of_voice_says_what_chance_does(tmp_path):
    path = tmp_path / "map.svg"
    export(path, shown_layer(), VIEW="voice")
    text = words(path)
    assert "2.5 in 100" in text
    assert "Too few replies were to be expected to say" in text


def test_a_map_of_voice_has_not_the_method_of_the_ranking(voiced, tmp_path):
    score, voice = tmp_path / "score.svg", tmp_path / "voice.svg"
    export(score, voiced)
    export(voice, voiced, VIEW="voice")
    assert "Percentile ranks" in words(score) and "Percentile ranks" not in words(voice)


def test_a_map_says_what_the_sources_of_its_own_figures_say(tmp_path):
    """The method of another figure is no method of this map; a report is cut at a sentence."""
    from seldom_heard.processing import attribution
    from seldom_heard.processing.plan import map_words

    layer = shown_layer()
    long = "Counted twice. " + "It goes on and on for 4.5 lines at least. " * 20
    sources = [
        {"title": "Replies", "note": long.strip(), "fields": ["voice_class"]},
        {"title": "Clusters", "note": "Moran.", "fields": ["cluster_class"]},
        {"title": "Lost"},
    ]
    told = attribution.notes_of(map_words.behind(layer, "voice", sources))
    assert told.startswith("Counted twice. It goes on") and told.endswith("at least.")
    assert 200 < len(told) <= attribution.MOST_SAID + 1
    assert attribution.notes_of(map_words.behind(layer, "clusters", sources)) == "Moran."
    assert map_words.behind(layer, "language", sources) == []
    assert "Moran." in map_words.note_of("score", sources, with_notes=True)
    assert "Moran." not in map_words.note_of("voice", sources, with_notes=False)


def test_a_filter_holds_and_open_edits_are_said_to_be_left_out(tmp_path):
    layer = make_areas(CODES, dep_imd_decile=[at % 10 + 1 for at in range(N)])
    layer.setSubsetString('"dep_imd_decile" <= 2')
    path = tmp_path / "map.svg"
    project = QgsProject()
    project.addMapLayer(layer)
    assert not run_map(project, layer, path).log.warnings
    assert words(path).count("3 areas") == 2 and "6 areas" in words(path)
    layer.startEditing()
    layer.deleteFeature(next(layer.getFeatures()).id())
    assert "not saved" in run_map(project, layer, path).log.warnings[0]
    layer.rollBack()


def run_map(project, layer, path):
    return run("exportmap", project=project, INPUT=layer.id(), VIEW="deprivation", OUTPUT=path)


def test_a_map_of_a_ranking_leaves_out_tests_made_after_it(tmp_path):
    layer = areas(sh_score=[at / N for at in range(N)], cluster_class=["low-low"] * N)
    sources = [
        {"title": "Deprivation", "attribution": "(c) one", "fields": ["dep_imd_score"],
         "note": "Deprived is what is so.", "suppression": None},
        {"title": "Clusters of it", "attribution": "(c) one", "fields": ["cluster_class"],
         "note": "Local Moran with weights.", "suppression": None},
    ]  # fmt: skip
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": sources}))
    for view, shown in (("score", False), ("clusters", True)):
        path = tmp_path / f"{view}.svg"
        run("exportmap", INPUT=layer, VIEW=view, OUTPUT=path)
        assert ("Local Moran" in words(path)) == ("Clusters of it" in words(path)) == shown
    assert "Deprived is what is so." in words(tmp_path / "score.svg")


@pytest.mark.parametrize("title", ["Seldom heard areas", "The seldom heard of the north"])
def test_a_title_that_claims_is_guarded_in_every_view(tmp_path, title):
    layer = areas(dep_imd_decile=[at % 10 + 1 for at in range(N)])
    path = tmp_path / "map.svg"
    export(path, layer, VIEW="deprivation", TITLE=title)
    assert "(potentially seldom heard)" in words(path)


def test_a_title_that_claims_nothing_is_left_alone(tmp_path):
    layer = areas(dep_imd_decile=[at % 10 + 1 for at in range(N)])
    path = tmp_path / "map.svg"
    export(path, layer, VIEW="deprivation", TITLE="Deprivation in the city")
    text = words(path)
    assert "Deprivation in the city" in text and "potentially" not in text.lower()


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
    text = words(path)
    assert "Where to go (potentially" in text and "fewer replies" not in text


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


def test_what_licences_ask_for_is_named_whole_and_once():
    from seldom_heard.processing import attribution

    ons, crown = "Source: Office licensed under v.3.0", "Contains OS data (c) Crown copyright"
    told = [f"{ons}. {crown}", f"{crown}. Contains mail data", f"{ons} {crown}", ons, ""]
    text = attribution.sources_in_words([{"title": "T", "attribution": one} for one in told])
    assert text == f"{ons}. {crown}. Contains mail data. T."


def test_a_layer_that_lost_its_sources_still_names_the_publishers():
    from seldom_heard.processing import attribution

    layer = make_areas(["a"], dep_imd_rank=[1], prev_dm_pct=[1.5], lang_low_english_n=[2])
    text = attribution.sources_in_words(attribution.publishers(layer))
    for publisher in ("Office for National Statistics", "Ministry of Housing", "NHS England"):
        assert text.count(publisher) >= 1
    assert "Open Government Licence" in text
    nothing = make_areas(["a"], other=[1])
    assert attribution.publishers(nothing) == []


# --- the council's own template


def own_template(path, *ids, pages=1):
    """Write a template with a map and labels of these ids, a logo beside it and its colours."""
    from qgis.core import (
        QgsLayoutItemLabel,
        QgsLayoutItemMap,
        QgsLayoutItemPage,
        QgsPrintLayout,
        QgsReadWriteContext,
    )
    from qgis.PyQt.QtCore import QRectF

    project = QgsProject()
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    for _ in range(1, pages):
        layout.pageCollection().addPage(QgsLayoutItemPage(layout))
    for at, item_id in enumerate(ids):
        item = (QgsLayoutItemMap if item_id == "map" else QgsLayoutItemLabel)(layout)
        item.setId(item_id)
        layout.addLayoutItem(item)
        item.attemptSetSceneRect(QRectF(10, 10 + 20 * at, 150, 18))
    assert layout.saveAsTemplate(str(path), QgsReadWriteContext())
    return path


def test_a_councils_template_is_filled_and_what_it_lacks_is_said_once(silent, tmp_path):
    template = own_template(tmp_path / "ours.qpt", "map", "title", "motto")
    path = tmp_path / "map.svg"
    log = export(path, silent, TEMPLATE=template, TITLE="Potentially ours").log
    assert "Potentially ours" in words(path)
    told = [line for line in log.lines if "no items" in line]
    assert len(told) == 1
    assert "subtitle" in told[0] and "legend" in told[0] and "title," not in told[0].split("sub")[0]
    assert any("ask for their sources" in line for line in log.warnings)


def test_the_shipped_templates_lack_nothing(silent, tmp_path):
    from seldom_heard.layers.paper.layouts import PAPERS, own_template

    for paper in PAPERS:
        template = own_template(paper)
        log = export(tmp_path / "map.svg", silent, TEMPLATE=template).log
        assert "no items" not in log.text and not log.warnings


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not XML at all", "no QGIS layout"),
        (b"<qgis><layer/></qgis>", "no QGIS layout"),
        (b"<Layout name='x'/>", "no QGIS layout"),
        (b"\xff\xfe\x00broken", "no QGIS layout"),
        (b"", "no QGIS layout"),
        (None, "no template"),
    ],
)
def test_a_template_that_is_none_is_refused_in_words(silent, tmp_path, content, told):
    template = tmp_path / "ours.qpt"
    if content is not None:
        template.write_bytes(content)
    path = tmp_path / "map.pdf"
    message = refused("exportmap", INPUT=silent, OUTPUT=path, TEMPLATE=template)
    assert "ours.qpt" in message and told in message
    assert not path.exists()


def test_a_template_without_a_map_says_which_ids_it_has(silent, tmp_path):
    template = own_template(tmp_path / "ours.qpt", "title", "karte")
    message = refused("exportmap", INPUT=silent, OUTPUT=tmp_path / "m.pdf", TEMPLATE=template)
    assert "“map”" in message and "karte, title" in message


def test_a_template_of_two_pages_is_for_pdf_alone(silent, tmp_path):
    template = own_template(tmp_path / "ours.qpt", "map", pages=2)
    message = refused("exportmap", INPUT=silent, OUTPUT=tmp_path / "m.png", TEMPLATE=template)
    assert "2 pages" in message and "PDF" in message
    export(tmp_path / "m.pdf", silent, TEMPLATE=template)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.pdf", "ours.qpt"]


def test_a_logo_beside_the_template_is_found(silent, tmp_path):
    """Councils keep template and logo in one folder and move it about."""
    from qgis.core import QgsLayoutItemPicture, QgsPrintLayout, QgsReadWriteContext
    from qgis.PyQt.QtCore import QRectF
    from qgis.PyQt.QtGui import QColor

    logo = QImage(40, 40, QImage.Format.Format_RGB32)
    logo.fill(QColor("#12ab34"))
    folder = tmp_path / "house style"
    folder.mkdir()
    assert logo.save(str(folder / "logo.png"))
    template = own_template(folder / "ours.qpt", "map")
    project = QgsProject()
    from seldom_heard.layers.paper.layouts import load_template

    layout = load_template(project, template)
    assert isinstance(layout, QgsPrintLayout)
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath(str(folder / "logo.png"))
    layout.addLayoutItem(picture)
    picture.attemptSetSceneRect(QRectF(200, 100, 40, 40))
    assert layout.saveAsTemplate(str(template), QgsReadWriteContext())
    text = template.read_text(encoding="utf-8").replace(str(folder / "logo.png"), "./logo.png")
    template.write_text(text, encoding="utf-8")
    path = tmp_path / "map.png"
    export(path, silent, TEMPLATE=template)
    image = QImage(str(path))
    at = [round(mm / 25.4 * 72) for mm in (220, 120)]
    assert image.pixelColor(*at).name() == "#12ab34"


# --- subtitle, and what is to stay inside


def test_a_subtitle_of_the_users_own_takes_the_place_of_ours(voiced, tmp_path):
    path = tmp_path / "map.svg"
    export(path, voiced, SUBTITLE="Spring 2026")
    assert "Spring 2026" in words(path) and "ranked among" not in words(path)


def test_a_subtitle_claims_no_more_than_a_title_may(silent, tmp_path):
    path = tmp_path / "map.svg"
    export(path, silent, TITLE="Potentially", SUBTITLE="Where people are seldom heard")
    assert "seldom heard (potentially seldom heard)" in words(path)


INSIDE = "keep this map inside"


def protected(folder, rule: str | None):
    """Return ranked areas whose replies were hidden by a rule, or by none."""
    from seldom_heard.layers import outputs

    from .helpers import open_layer, save_layer

    layer = areas(
        voice_class=["lower", "higher"] * (N // 2),
        voice_shrunk=[50.0 + 4 * at for at in range(N)],
        sh_need=[at * 11 % N / N for at in range(N)],
        sh_score=[at / N for at in range(N)],
        sh_voice=[at / N for at in range(N)],
        cluster_class=["high-high", "not significant"] * (N // 2),
    )
    path = save_layer(layer, folder / "areas.gpkg")
    fields = ["voice_class", "voice_shrunk"]
    source = {"title": "Replies", "attribution": "", "fields": fields, "suppression": rule}
    indicator = {"fields": ["voice_shrunk"]}
    scheme = {"pillars": [{"id": "voice", "indicators": [indicator]}]}
    told = {"sources": [source], "ranking": {"voice": True, "areas": N, "scheme": scheme}}
    outputs.dress(open_layer(path), {}, ["score"], told, {})
    return path


@pytest.mark.parametrize("view", ["score", "bivariate", "voice"])
@pytest.mark.parametrize(("rule", "inside"), [("none", True), ("nhs", False)])
def test_a_map_of_replies_that_nothing_was_hidden_of_stays_inside(tmp_path, view, rule, inside):
    path = tmp_path / "map.svg"
    log = export(path, protected(tmp_path, rule), VIEW=view).log
    assert (INSIDE in words(path)) == inside == any(INSIDE in line for line in log.warnings)


def test_a_map_of_no_replies_may_leave(silent, tmp_path):
    path = tmp_path / "map.svg"
    assert not export(path, silent).log.warnings
    assert INSIDE not in words(path)
    export(path, protected(tmp_path, "none"), VIEW="clusters")
    assert INSIDE not in words(path)


# --- what screen readers are told


def test_a_pdf_tells_its_title_and_language_and_no_author(silent, tmp_path):
    path = tmp_path / "map.pdf"
    export(path, silent, TITLE="Potentially heard (north & süd, Łódź)")
    raw = path.read_bytes()
    assert re.search(rb"/Lang ?(\(en-GB\)|<FEFF0065006E002D00470042>)", raw, re.I)
    assert b"/DisplayDocTitle true" in raw
    assert b"/Author ()" in raw or b"/Author" not in raw
    from osgeo import gdal

    source = gdal.Open(str(path))
    assert source.GetMetadata()["TITLE"] == "Potentially heard (north & süd, Łódź)"
    assert not source.GetMetadata().get("AUTHOR")


def test_a_map_of_one_dimension_names_its_own_sources_alone():
    """Others would take the room of those whose licence asks to be named."""
    from seldom_heard.processing import attribution
    from seldom_heard.processing.plan import map_words

    layer, fields = areas(), ["lang_low_english_pct"]
    told = [
        {"title": "Proficiency in English", "attribution": "ONS", "fields": fields},
        {"title": "Replies: 5 against those (lang_total); phi 2.4", "attribution": "Mine",
         "fields": ["voice_class"]},
    ]  # fmt: skip
    text = map_words.texts_of(layer, "language", {"sources": told}, map_words.Asked())["sources"]
    assert "Proficiency in English" in text and "Replies" not in text and "Mine" not in text
    both = attribution.sources_in_words(told)
    assert "phi" not in both and "lang_total" not in both and "Replies: 5 against those" in both


def test_plans_are_no_source_of_a_ranking():
    from seldom_heard.processing.plan import map_words

    layer = areas(sh_tier=["robust"] * N, sh_score=[at / N for at in range(N)])
    told = [
        {"title": "Deprivation", "attribution": "X", "fields": ["dep_imd_score"]},
        {"title": "Quotas: 9 replies to win", "attribution": "Y", "fields": ["quota_n"]},
    ]
    text = map_words.texts_of(layer, "score", {"sources": told}, map_words.Asked())["sources"]
    assert "Deprivation" in text and "Quotas" not in text


def test_a_map_that_stays_inside_says_so_below_its_title(tmp_path):
    from seldom_heard.processing.plan import map_words

    from .helpers import open_layer

    for rule, inside in (("none", True), ("nhs", False)):
        folder = tmp_path / rule
        folder.mkdir()
        layer, kept = map_words.layer_to_draw(open_layer(protected(folder, rule)), "score", None)
        text = map_words.texts_of(layer, "score", kept, map_words.Asked(subtitle="Mine"))
        assert text["subtitle"].startswith("For use inside your organisation only.") is inside
        assert "Mine" in text["subtitle"]
