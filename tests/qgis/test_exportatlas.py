"""The atlas: a page for each ward or area, its figures, what it must not tell, and the file."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import unicodedata

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)
from seldom_heard.layers.paper.bookmarks import number_of_pages
from seldom_heard.processing.atlas.sums import ALL, Sums
from seldom_heard.processing.atlas.tables import labels_of

from .helpers import SAMPLE, Log, lsoas, make_areas, refused, run, write_csv
from .test_exportlist import source

N = 60
CODES = lsoas(N)
# a ward of one area, one of forty with a name as long as names get, one of hill and dale
LONG = "Saint Someone-without-the-Walls with Upper and Nether Somewhere-on-the-Water and the Moor"
WARDS = ["W1"] + ["W2"] * 40 + ["W3"] * (N - 41)
NAMES = {"W1": "Ash", "W2": LONG, "W3": "<script>alert('Élan')</script>"}
needs_poppler = pytest.mark.skipif(
    any(shutil.which(one) is None for one in ("pdftotext", "pdffonts", "pdftohtml")),
    reason="Poppler, which reads the PDF, is not installed",
)


def english(at: int) -> int:
    return 12 + at * at % 97


def people(at: int) -> int:
    return 1000 + 13 * at


def areas(sources=(), codes=CODES, **more) -> QgsVectorLayer:
    """Areas to be ranked, the second of which lacks a figure and so a rank."""
    n = len(codes)
    fields = {
        "name": [f"Place {at}" for at in range(n)],
        "WDCD": WARDS[:n],
        "WDNM": [NAMES[one] for one in WARDS[:n]],
        "lang_total": [people(at) for at in range(n)],
        "lang_low_english_n": [english(at) for at in range(n)],
        "lang_low_english_pct": [100 * english(at) / people(at) for at in range(n)],
        "dep_exhealth_score": [None if at == 1 else float(at * 7 % 41) for at in range(n)],
        "dep_core20": [int(at % 4 == 0) for at in range(n)],
        **more,
    }
    layer = make_areas(codes, **fields)
    told = [
        source(
            "Proficiency in English (TS029), Census 2021", "none",
            *("lang_total", "lang_low_english_n", "lang_low_english_pct"), edition="Census 2021",
        ),
        source("English Indices of Deprivation 2025 (File 7), 2025", None, "dep_exhealth_score",
               "dep_core20", edition="2025"),
        *sources,
    ]  # fmt: skip
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": told}))
    return layer


def voice(rule="none", n=N, hidden=()):
    """Replies as measurevoice leaves them; some of them hidden."""
    observed = [None if at in hidden else 10 + at % 15 for at in range(n)]
    return {
        "sources": [source("Replies", rule, "voice_observed", "voice_expected", "voice_shrunk",
                           "voice_class")],
        "voice_observed": observed,
        "voice_expected": [20.0] * n,
        "voice_shrunk": [50.0 + at for at in range(n)],
        "voice_class": ["lower"] * n,
    }  # fmt: skip


def ranked(layer, folder):
    path = folder / "ranked.gpkg"
    run("findseldomheard", INPUT=layer, TOP="6", DRAWS=50, OUTPUT=path)
    return path


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return ranked(areas(), tmp_path_factory.mktemp("silent"))


@pytest.fixture(scope="module")
def voiced(tmp_path_factory):
    return ranked(areas(**voice()), tmp_path_factory.mktemp("voiced"))


def export(path, layer, **more):
    asked = {"GROUP_FIELD": "WDCD", "NAME_FIELD": "name", "DPI": 72, **more}
    return run("exportatlas", INPUT=layer, OUTPUT=path, **asked)


def pages(path) -> list[str]:
    """Return the text of each page, its spaces made one."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True
    )
    text = unicodedata.normalize("NFKC", done.stdout)  # letters drawn as one are two again
    return [" ".join(page.split()) for page in text.split("\f")[:-1]]


def outline(path) -> list[tuple[int, str]]:
    done = subprocess.run(
        ["pdftohtml", "-xml", "-i", "-stdout", str(path)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    found = re.findall(r'<item page="(\d+)">([^<]*)</item>', done.stdout)
    return [(int(page), title) for page, title in found]


# --- pages


@needs_poppler
def test_a_page_for_each_ward_found_by_bookmark_and_contents(silent, tmp_path):
    path = tmp_path / "atlas.pdf"
    out = export(path, silent)
    found = pages(path)
    assert out.results["PAGE_COUNT"] == len(found) == number_of_pages(path)
    assert out.results["BOOKMARKED"] == 1
    marks = outline(path)
    titles = [title for _, title in marks]
    assert titles[1:3] == ["Contents", "Wards"] and titles[-1].startswith("Method")
    wards = marks[3:-1]
    assert [title for _, title in wards] == [
        "&lt;script&gt;alert('Élan')&lt;/script&gt;", "Ash", LONG,
    ]  # fmt: skip
    for page, title in wards:
        name = title.replace("&lt;", "<").replace("&gt;", ">")
        assert found[page - 1].startswith(name[:40]), "the bookmark leads to its page"
    told = found[1]
    for page, title in wards[1:]:
        name = title.split()[0]
        assert re.search(rf"{name}.*? {page}\b", told), "the contents tell the page"
    links = re.findall(rb"/Subtype /Link", path.read_bytes())
    assert len(links) == len(wards)
    assert "Page 3 of" in found[2]


@needs_poppler
def test_no_area_of_a_ward_goes_untold(silent, tmp_path):
    """Forty areas have no room in a table: those left are named below it, with their ranks."""
    path = tmp_path / "atlas.pdf"
    export(path, silent)
    found, marks = pages(path), dict((t, p) for p, t in outline(path))
    long = found[marks[LONG] - 1]
    for at in range(1, 41):
        assert re.search(rf"\bPlace {at}\b", long), at
    assert "more, not in the top" in long or "of them in the top" in long
    assert "A Place 1" in long, "an area without a rank has a letter"
    ash = found[marks["Ash"] - 1]
    assert "1 area, rank" in ash and "Place 0" in ash and "Place 1 " not in ash


@needs_poppler
def test_where_areas_of_the_top_have_no_room_the_table_goes_on(tmp_path):
    layer = ranked_with(areas(), tmp_path, TOP="45")
    path = tmp_path / "atlas.pdf"
    export(path, layer)
    found, marks = pages(path), dict((t, p) for p, t in outline(path))
    first = marks[LONG] - 1
    assert "Continued on the next page." in found[first]
    assert "continued" in found[first + 1]
    together = found[first] + found[first + 1]
    shown = [at for at in range(1, 41) if re.search(rf"\bPlace {at} ", together)]
    assert len(shown) == 40
    assert all(title != "continued" for _, title in outline(path))


def ranked_with(layer, folder, **more):
    path = folder / "other.gpkg"
    run("findseldomheard", INPUT=layer, DRAWS=50, OUTPUT=path, **more)
    return path


@needs_poppler
def test_pages_of_areas_by_rank_need_no_wards(silent, tmp_path):
    path = tmp_path / "atlas.pdf"
    out = run("exportatlas", INPUT=silent, NAME_FIELD="name", PAGES="areas", TOP="4", DPI=72,
              OUTPUT=path)  # fmt: skip
    found = pages(path)
    assert out.results["PAGE_COUNT"] == 1 + 1 + 4 + 1
    for rank, page in enumerate(found[2:6], start=1):
        assert f"Rank {rank} of {N - 1} areas" in page
        assert "This area, and those that touch it" in page
    assert "the first 4 of" in found[0]


@needs_poppler
def test_an_atlas_of_selected_areas(silent, tmp_path):
    """QGIS 3.22 knows no layer of a selection."""
    project, layer = QgsProject(), QgsVectorLayer(str(silent), "ranked", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression('"sh_rank" <= 3')
    asked = {"INPUT": QgsProcessingFeatureSourceDefinition(layer.id(), True), "PAGES": "areas"}
    path = tmp_path / "atlas.pdf"
    run("exportatlas", project=project, OUTPUT=path, DPI=72, **asked)
    assert "of 3 areas" in pages(path)[0]


@needs_poppler
def test_without_replies_all_titles_say_potentially(silent, voiced, tmp_path):
    for name, layer, expected in (("s", silent, True), ("v", voiced, False)):
        path = tmp_path / f"{name}.pdf"
        export(path, layer)
        cover = pages(path)[0].lower()
        assert ("potentially" in cover) is expected
    export(tmp_path / "t.pdf", silent, TITLE="Where we go")
    assert pages(tmp_path / "t.pdf")[0].startswith("Where we go (potentially seldom heard)")


@needs_poppler
def test_areas_without_geometry_are_in_the_table_and_not_on_the_map(tmp_path):
    layer = areas()
    gone = next(f.id() for f in layer.getFeatures() if f["name"] == "Place 0")
    layer.dataProvider().changeGeometryValues({gone: QgsGeometry()})
    path = tmp_path / "atlas.pdf"
    export(path, ranked_with(layer, tmp_path))
    found, marks = pages(path), dict((t, p) for p, t in outline(path))
    assert "Place 0" in found[marks["Ash"] - 1]


# --- which ward


def squares(tmp_path, shift=0.0):
    """Wards as polygons around the areas, which are squares of 1,000 m in a row."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:27700&field=WD24CD:string&field=WD24NM:string",
                           "wards", "memory")  # fmt: skip
    for code, first, last in (("W1", 0, 1), ("W2", 1, 41), ("W3", 41, N)):
        x0, x1 = 400_000 + 1000 * first + shift, 400_000 + 1000 * last + shift
        feature = QgsFeature(layer.fields())
        feature.setGeometry(
            QgsGeometry.fromWkt(f"POLYGON(({x0} -9,{x1} -9,{x1} 1009,{x0} 1009,{x0} -9))")
        )
        feature.setAttributes([code, NAMES[code]])
        layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    return layer


@needs_poppler
def test_three_ways_to_a_ward_make_the_same_atlas(silent, tmp_path):
    rows = [[code, ward, NAMES[ward], "E06000001"] for code, ward in zip(CODES, WARDS)]
    lookup = write_csv(
        tmp_path / "lookup.csv", rows, ["lsoa21_code", "ward24_code", "ward24_name", "ltla24_code"]
    )
    ways = {
        "field": {},
        "lookup": {"GROUP_FIELD": None, "LOOKUP": lookup},
        "shapes": {"GROUP_FIELD": None, "WARDS": squares(tmp_path)},
    }
    told = {}
    for name, way in ways.items():
        path = tmp_path / f"{name}.pdf"
        export(path, silent, **way)
        told[name] = pages(path)[:-1]
    assert told["field"] == told["lookup"] == told["shapes"]


def test_without_a_way_to_the_wards_all_three_are_named(silent, tmp_path):
    message = refused("exportatlas", INPUT=silent, OUTPUT=tmp_path / "a.pdf")
    for word in ("GROUP_FIELD", "LOOKUP", "WARDS", "PAGES"):
        assert word in message
    assert not list(tmp_path.iterdir())


def test_areas_across_a_border_are_counted_and_said(silent, tmp_path):
    """A shift of 200 m puts a fifth of one area of each inner border into the other ward."""
    out = export(tmp_path / "a.pdf", silent, GROUP_FIELD=None, WARDS=squares(tmp_path, 200.0))
    assert "3 areas lie across the border" in out.log.text, "one of each border, and the first"
    out = export(tmp_path / "b.pdf", silent, GROUP_FIELD=None, WARDS=squares(tmp_path, 60.0))
    assert "across" not in out.log.text, "less than a tenth is how borders are drawn"


def test_wards_of_another_place_are_refused(silent, tmp_path):
    message = refused("exportatlas", INPUT=silent, WARDS=squares(tmp_path, 9e5),
                      OUTPUT=tmp_path / "a.pdf")  # fmt: skip
    assert "None of the 60 areas lies in a ward" in message


# --- figures


def sums_of(layer, rule="none"):
    """Return the sums of a layer by ward, as the algorithm makes them."""
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback
    from seldom_heard.processing.atlas import reading
    from seldom_heard.processing.plan.exportatlas import ExportAtlas

    algorithm, context = ExportAtlas().create(), QgsProcessingContext()
    asked = {"INPUT": layer, "GROUP_FIELD": "WDCD", "OUTPUT": "a.pdf"}
    feedback = QgsProcessingFeedback(False)
    algorithm.prepareAlgorithm(asked, context, feedback)
    subject = reading.subject_of(algorithm, asked, context, feedback, "score")
    wards = reading.wards_asked(algorithm, subject.areas, "wards", asked, context, feedback)
    return Sums(
        subject.areas, subject.numbers, subject.words, wards.place, subject.inherited,
        subject.titles, rule,
    )  # fmt: skip


def wilson(x, n, z=1.959963984540054):
    """Limits of a share by solving the quadratic of the score test, in per cent."""
    p = x / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = math.sqrt(b * b - 4 * a * c)
    return 100 * (-b - root) / (2 * a), 100 * (-b + root) / (2 * a)


def scored(**more):
    n = len(more.get("codes", CODES))
    rank = {"sh_rank": list(range(1, n + 1)), "sh_score": [1 - at / n for at in range(n)]}
    return areas(**{**rank, **more})


def test_a_share_of_a_ward_is_made_of_counts_never_averaged():
    sums = sums_of(scored())
    for key, rows in (("W1", range(1)), ("W2", range(1, 41)), (ALL, range(N))):
        count, base = sum(map(english, rows)), sum(map(people, rows))
        made = sums.share("lang_low_english_pct", key)
        assert made.value == pytest.approx(100 * count / base)
        assert (made.low, made.high) == pytest.approx(wilson(count, base))
        assert made.count == count and made.known == made.areas == len(rows)
        mean = sum(100 * english(at) / people(at) for at in rows) / len(rows)
        assert len(rows) == 1 or abs(made.value - mean) > 0.01, "the average is another figure"


def test_replies_of_a_ward_have_exact_limits():
    """Limits of 40 replies by the Poisson distribution itself, found by bisection."""
    from scipy.stats import poisson

    sums = sums_of(scored(**voice()))
    had, awaited, ratio = sums.replies("W2")
    observed = [10 + at % 15 for at in range(1, 41)]
    assert had == sum(observed) and awaited == 20.0 * 40
    assert ratio.value == pytest.approx(100 * had / awaited)
    assert poisson.sf(had - 1, ratio.low * awaited / 100) == pytest.approx(0.025, rel=1e-6)
    assert poisson.cdf(had, ratio.high * awaited / 100) == pytest.approx(0.025, rel=1e-6)


def test_scores_are_those_of_the_middle_area():
    sums = sums_of(scored())
    values = sorted(at * 7 % 41 for at in range(41, N))
    middle = values[len(values) // 2]
    assert sums.middle("dep_exhealth_score", "W3").value == middle


@needs_poppler
def test_figures_stand_on_the_page(silent, tmp_path):
    path = tmp_path / "atlas.pdf"
    export(path, silent)
    found, marks = pages(path), dict((t, p) for p, t in outline(path))
    count, base = sum(map(english, range(1, 41))), sum(map(people, range(1, 41)))
    low, high = wilson(count, base)
    text = found[marks[LONG] - 1]
    assert f"{100 * count / base:.1f} %" in text
    assert f"({low:.1f} to {high:.1f})" in text
    assert f"{count:,}" in text and f"{base:,}" in text
    assert "No replies were counted" in text


def test_figures_missing_in_some_areas_are_told_of_the_others():
    known = [None if at in (2, 3) else english(at) for at in range(N)]
    shares = [None if n is None else 100 * n / people(at) for at, n in enumerate(known)]
    sums = sums_of(scored(lang_low_english_n=known, lang_low_english_pct=shares))
    made = sums.share("lang_low_english_pct", "W2")
    rows = [at for at in range(1, 41) if known[at] is not None]
    assert made.value == pytest.approx(100 * sum(map(english, rows)) / sum(map(people, rows))), (
        "people of areas without the count are not in the base"
    )
    assert made.partial and (made.known, made.areas) == (38, 40)


# --- small counts


def test_a_ranking_by_true_replies_is_refused_by_a_rule(voiced, tmp_path):
    message = refused("exportatlas", INPUT=voiced, GROUP_FIELD="WDCD", SUPPRESSION="nhs",
                      OUTPUT=tmp_path / "a.pdf")  # fmt: skip
    listed = refused("exportlist", INPUT=voiced, SUPPRESSION="nhs", OUTPUT=tmp_path / "l.csv")
    assert message == listed and "measurevoice with SUPPRESSION nhs" in message
    assert not list(tmp_path.iterdir())


def test_small_counts_of_wards_are_hidden_and_the_others_rounded():
    few = [3 if WARDS[at] == "W1" else english(at) for at in range(N)]
    layer = scored(
        lang_low_english_n=few,
        lang_low_english_pct=[100 * n / people(at) for at, n in enumerate(few)],
    )
    sums = sums_of(layer, "nhs")
    small = sums.share("lang_low_english_pct", "W1")
    assert small.value is None and small.count is None and small.low is None
    shown = {key: sums.share("lang_low_english_pct", key).count for key in ("W2", "W3", ALL)}
    assert [key for key, value in shown.items() if value is None] != []  # one more is hidden
    for value in shown.values():
        assert value is None or value % 5 == 0
    assert shown[ALL] % 5 == 0


def test_no_difference_of_what_is_shown_tells_a_hidden_ward():
    """With two of three wards shown, the city less these would tell the third."""
    few = [3 if WARDS[at] == "W1" else english(at) for at in range(N)]
    layer = scored(
        lang_low_english_n=few,
        lang_low_english_pct=[100 * n / people(at) for at, n in enumerate(few)],
    )
    sums = sums_of(layer, "nhs")
    counts = [sums.share("lang_low_english_pct", key).count for key in ("W1", "W2", "W3")]
    assert sum(value is None for value in counts) >= 2


def test_people_of_areas_do_not_tell_a_small_one_by_their_ward():
    counts = [3 if at == 5 else people(at) for at in range(N)]
    layer = scored(
        lang_total=counts,
        lang_low_english_n=[1] * N,
        lang_low_english_pct=[100 / n for n in counts],
    )
    shown = sums_of(layer, "nhs").people("lang_total")
    hidden = [at for at in range(N) if shown[at] != shown[at]]
    assert 5 in hidden and len([at for at in hidden if WARDS[at] == WARDS[5]]) >= 2


def test_replies_of_which_nothing_was_hidden_are_left_out_by_a_rule():
    """A ranking without replies may go out by a rule, the replies beside it may not."""
    from seldom_heard.processing.atlas.tables import replies_table

    open_ = {**voice(), "voice_shrunk": None, "voice_class": None}
    open_ = {key: value for key, value in open_.items() if value is not None}
    sums = sums_of(scored(**open_, quota_n=[4] * N), "nhs")
    table = replies_table(sums, "W2", False)
    assert not table.rows and "left out" in table.note
    safe = sums_of(scored(**voice("nhs", hidden=(1, 2)), quota_n=[4] * N), "nhs")
    table = replies_table(safe, "W2", True)
    assert "38 of its 40" in table.note
    assert all("win" not in row[0] for row in table.rows), "quotas were not protected"


@needs_poppler
def test_what_was_hidden_before_stays_hidden_and_the_rule_is_said(tmp_path):
    hidden = (0, 7)
    path = ranked_with(areas(**voice("nhs", hidden=hidden)), tmp_path)
    atlas = tmp_path / "atlas.pdf"
    export(atlas, path, SUPPRESSION="nhs")
    found, marks = pages(atlas), dict((t, p) for p, t in outline(atlas))
    assert "Its replies are hidden or not known" in found[marks["Ash"] - 1]
    assert "39 of its 40" in found[marks[LONG] - 1]
    assert "hidden by the rule nhs" in found[0]
    text = " ".join(found)
    assert "where 20 were expected" not in text, "reasons without numbers"


def test_a_view_of_true_replies_is_refused_by_a_rule(tmp_path):
    """The ranking is of need alone, so the list may go out; the map of replies may not."""
    layer = scored(voice_observed=[3] * N, voice_expected=[20.0] * N, voice_class=["lower"] * N)
    path = tmp_path / "a.pdf"
    message = refused("exportatlas", INPUT=layer, GROUP_FIELD="WDCD", VIEW="voice",
                      SUPPRESSION="nhs", OUTPUT=path)  # fmt: skip
    assert "voice_class" in message and "measurevoice with SUPPRESSION nhs" in message
    assert not path.exists()


@needs_poppler
def test_an_atlas_that_tells_replies_says_that_it_stays_inside(silent, voiced, tmp_path):
    for name, layer, inside in (("v", voiced, True), ("s", silent, False)):
        export(tmp_path / f"{name}.pdf", layer)
        assert ("keep this atlas inside" in pages(tmp_path / f"{name}.pdf")[0]) is inside


@needs_poppler
def test_a_map_of_counts_says_what_a_rule_does_not_hide_on_it(silent, tmp_path):
    path = tmp_path / "a.pdf"
    out = export(path, silent, VIEW="language", SUPPRESSION="nhs")
    assert "run suppresscounts" in out.log.text and "run suppresscounts" in pages(path)[-1]


# --- plans


@needs_poppler
def test_quotas_and_venues_are_told_where_the_layer_has_them(tmp_path):
    near = [1 if at % 2 else 0 for at in range(N)]
    layer = areas(
        **voice(),
        quota_n=[3 + at % 5 for at in range(N)],
        reach_people_n=[100] * N,
        reach_within=near,
        reach_venue=[("Library" if at % 4 == 1 else "Hall") if n else None
                     for at, n in enumerate(near)],
    )  # fmt: skip
    path = tmp_path / "atlas.pdf"
    export(path, ranked_with(layer, tmp_path))
    found, marks = pages(path), dict((t, p) for p, t in outline(path))
    text = found[marks[LONG] - 1]
    assert f"Replies to win {sum(3 + at % 5 for at in range(1, 41)):,}" in text
    assert "20 of 40" in text and "2,000 of 4,000" in text and "Library" in text and "Hall" in text
    assert "To win" in text


# --- the file


@needs_poppler
def test_fonts_are_embedded_and_text_is_text(silent, tmp_path):
    path = tmp_path / "atlas.pdf"
    export(path, silent)
    out = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True, text=True)
    fonts = out.stdout.splitlines()[2:]
    assert fonts and all(re.search(r"\byes (yes|no)\s+(yes|no)\s+\d+\s+0$", one) for one in fonts)
    assert path.stat().st_size < 10_000_000


class StopsLater(Log):
    """Cancels when the work has come so far."""

    def __init__(self, far):
        super().__init__()
        self.far = far
        self.progressChanged.connect(self._look)

    def _look(self, progress):
        if progress >= self.far:
            self.stop()


def test_cancelled_it_leaves_no_file_and_an_older_one_as_it_was(silent, tmp_path):
    path = tmp_path / "atlas.pdf"
    path.write_bytes(b"the atlas of last year")
    out = run("exportatlas", log=StopsLater(40), INPUT=silent, GROUP_FIELD="WDCD", DPI=72,
              OUTPUT=path)  # fmt: skip
    assert out.results == {} and "nothing was written" in out.log.text
    assert path.read_bytes() == b"the atlas of last year"
    assert [one.name for one in tmp_path.iterdir()] == ["atlas.pdf"]


@pytest.mark.parametrize("name", ["atlas.docx", "atlas"])
def test_only_a_pdf_can_be_written(silent, tmp_path, name):
    message = refused("exportatlas", INPUT=silent, GROUP_FIELD="WDCD", OUTPUT=tmp_path / name)
    assert ".pdf" in message
    assert not list(tmp_path.iterdir())


def test_layers_that_cannot_be_an_atlas_are_refused(tmp_path):
    path = tmp_path / "a.pdf"
    assert "findseldomheard" in refused("exportatlas", INPUT=areas(), GROUP_FIELD="WDCD",
                                        OUTPUT=path)  # fmt: skip
    points = QgsVectorLayer("Point?crs=EPSG:27700&field=code:string&field=sh_rank:integer",
                            "points", "memory")  # fmt: skip
    points.dataProvider().addFeatures([QgsFeature(points.fields())])
    message = refused("exportatlas", INPUT=points, PAGES="areas", OUTPUT=path)
    assert "polygons" in message
    assert not list(tmp_path.iterdir())


def test_a_view_without_its_fields_says_what_makes_them(silent, tmp_path):
    message = refused("exportatlas", INPUT=silent, GROUP_FIELD="WDCD", VIEW="clusters",
                      OUTPUT=tmp_path / "a.pdf")  # fmt: skip
    assert "cluster_class" in message and "findclusters" in message


@pytest.mark.parametrize("top", ["many", "-3", "0"])
def test_a_top_that_is_no_number_is_refused(silent, tmp_path, top):
    message = refused("exportatlas", INPUT=silent, PAGES="areas", TOP=top,
                      OUTPUT=tmp_path / "a.pdf")  # fmt: skip
    assert "TOP" in message and top in message


# --- templates


@needs_poppler
def test_a_template_of_ones_own_for_pages_or_a_folder_of_them(silent, tmp_path):
    from seldom_heard.layers.paper.layouts import TEMPLATE_FOLDER

    shipped = (TEMPLATE_FOLDER / "atlas_cover_a4.qpt").read_text(encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    mark = 'labelText="sources"'
    assert mark in shipped
    (own / "atlas_cover.qpt").write_text(
        shipped.replace('id="sources"', 'id="logo"').replace(mark, 'labelText="Our council"'),
        encoding="utf-8",
    )
    path = tmp_path / "atlas.pdf"
    export(path, silent, TEMPLATE=own)
    assert "Our council" in pages(path)[0]
    assert "Our council" not in pages(path)[2]


def test_a_template_without_the_items_needed_names_them(silent, tmp_path):
    from seldom_heard.layers.paper.layouts import TEMPLATE_FOLDER

    bad = tmp_path / "bad.qpt"
    text = (TEMPLATE_FOLDER / "atlas_page_a4.qpt").read_text(encoding="utf-8")
    bad.write_text(text.replace('id="areas"', 'id="other"'), encoding="utf-8")
    path = tmp_path / "atlas.pdf"
    message = refused("exportatlas", INPUT=silent, GROUP_FIELD="WDCD", TEMPLATE=bad, OUTPUT=path)
    assert "bad.qpt" in message and "areas" in message and "map" in message
    bad.write_text("no layout", encoding="utf-8")
    assert "bad.qpt" in refused("exportatlas", INPUT=silent, GROUP_FIELD="WDCD", TEMPLATE=bad,
                                OUTPUT=path)  # fmt: skip
    message = refused("exportatlas", INPUT=silent, GROUP_FIELD="WDCD", TEMPLATE=tmp_path,
                      OUTPUT=path)  # fmt: skip
    assert "atlas_page.qpt" in message
    assert not path.exists()


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("kind", ["cover", "contents", "page", "method"])
def test_shipped_templates_have_every_item_and_none_lies_outside(paper, kind):
    from qgis.core import QgsLayoutItem, QgsPrintLayout, QgsProject, QgsReadWriteContext
    from qgis.PyQt.QtXml import QDomDocument
    from seldom_heard.layers.paper.layouts import TEMPLATE_FOLDER

    wanted = {
        "cover": {"title", "subtitle", "map", "legend", "scalebar", "facts"},
        "contents": {"title", "contents", "page"},
        "page": {"title", "subtitle", "map", "legend", "scalebar", "areas", "figures", "languages",
                 "replies", "page"},
        "method": {"title", "column1", "column2", "page"},
    }  # fmt: skip
    project = QgsProject()
    layout = QgsPrintLayout(project)
    document = QDomDocument()
    file = TEMPLATE_FOLDER / f"atlas_{kind}_{paper.lower()}.qpt"
    document.setContent(file.read_text(encoding="utf-8"))
    layout.loadFromTemplate(document, QgsReadWriteContext())
    found = {one.id() for one in layout.items() if isinstance(one, QgsLayoutItem)}
    assert wanted[kind] | {"sources", "date"} <= found
    size = {"A4": (210, 297), "A3": (297, 420)}[paper]
    boxes = {}
    for name in sorted(wanted[kind] | {"sources", "date"}):
        item = layout.itemById(name)
        place, room = item.positionWithUnits(), item.sizeWithUnits()
        boxes[name] = (place.x(), place.y(), place.x() + room.width(), place.y() + room.height())
        assert 0 < boxes[name][0] < boxes[name][2] <= size[0], name
        assert 0 < boxes[name][1] < boxes[name][3] <= size[1], name
    for one, a in boxes.items():
        for other, b in boxes.items():
            if one < other and "scalebar" not in (one, other):
                apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
                assert apart, f"{one} and {other} overlap"


# --- labels


def test_every_area_of_a_page_has_a_label_of_its_own():
    assert labels_of([1, 5, 5, 7, None, 5, None]) == ["1", "5a", "5b", "7", "A", "5c", "B"]
    many = labels_of([None] * 60)
    assert many[25:28] == ["Z", "AA", "AB"] and len(set(many)) == 60
    assert len(set(labels_of([3] * 700))) == 700


@needs_poppler
def test_the_sample_city_by_its_wards(tmp_path):
    profiled, found = tmp_path / "profiled.gpkg", tmp_path / "found.gpkg"
    run("profileareas", INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "File_7_IoD2025.csv", SAMPLE / "census2021-ts029-lsoa.csv"],
        OUTPUT=profiled)  # fmt: skip
    run("findseldomheard", INPUT=profiled, DRAWS=50, OUTPUT=found)
    path = tmp_path / "atlas.pdf"
    out = export(path, found, GROUP_FIELD="WD24CD", NAME_FIELD="LSOA21NM", PAPER="A3")
    assert len(outline(path)) == 26 + 4
    assert out.results["PAGE_COUNT"] >= 26 + 3
    text = pages(path)
    assert "Open Government Licence" in text[0] and "England" in text[3]


# --- labels and texts that have little room


def test_labels_of_areas_too_small_for_them_stand_apart_and_lead_to_their_areas(silent):
    """Forty areas on a map of a few millimetres: no label hides another, none leaves the frame."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsProject
    from qgis.core import QgsRectangle as Rectangle
    from seldom_heard.layers.paper import atlas_map
    from seldom_heard.layers.paper.ground import Ground

    from .helpers import open_layer

    layer, project = open_layer(silent), QgsProject()
    labels = {feature.id(): str(100 + at) for at, feature in enumerate(layer.getFeatures())}
    ids = list(labels)
    made = atlas_map.AtlasMap(layer, "score", set(ids), project)
    extent = made.extent_of(ids, 1.1)
    per_mm = extent.width() / 60
    extent = Rectangle(
        extent.xMinimum(), extent.center().y() - 30 * per_mm,
        extent.xMaximum(), extent.center().y() + 30 * per_mm,
    )  # fmt: skip
    crs = QgsCoordinateReferenceSystem("EPSG:27700")
    ground = Ground(layer, crs, extent, per_mm, QgsCoordinateTransformContext())
    texts, spots, leaders, *_ = made.place(ids, labels, ground)
    rows = list(texts.getFeatures())
    assert {row["label"] for row in rows} == {*labels.values()}, "none is left out"
    font = atlas_map._font(atlas_map.LABEL_SIZE)
    wide, high = atlas_map._room("100", font)
    at = [row.geometry().asPoint() for row in rows]
    for number, one in enumerate(at):
        assert extent.contains(one)
        for other in at[:number]:
            x, y = abs(one.x() - other.x()) / per_mm, abs(one.y() - other.y()) / per_mm
            assert x > 0.8 * wide or y > 0.8 * high, "two labels on one spot"
    assert leaders.featureCount() == spots.featureCount() > N / 2
    areas = [feature.geometry() for feature in layer.getFeatures()]
    for spot in spots.getFeatures():
        assert any(shape.contains(spot.geometry()) for shape in areas), "a line ends in its area"


def test_a_label_that_has_room_stays_in_its_area_without_a_line(silent):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsProject
    from seldom_heard.layers.paper import atlas_map
    from seldom_heard.layers.paper.ground import Ground

    from .helpers import open_layer

    layer = open_layer(silent)
    first = next(layer.getFeatures())
    made = atlas_map.AtlasMap(layer, "score", {first.id()}, QgsProject())
    extent = made.extent_of([first.id()], 1.1)
    crs = QgsCoordinateReferenceSystem("EPSG:27700")
    ground = Ground(layer, crs, extent, extent.width() / 60, QgsCoordinateTransformContext())
    texts, spots, leaders, *_ = made.place([first.id()], {first.id(): "1"}, ground)
    (row,) = texts.getFeatures()
    assert first.geometry().contains(row.geometry())
    assert spots.featureCount() == leaders.featureCount() == 0


@needs_poppler
def test_sources_without_room_at_the_foot_are_on_the_last_page_and_it_is_said(silent, tmp_path):
    path = tmp_path / "a.pdf"
    sentences = [f"Contains data of publisher number {at} under its licence." for at in range(40)]
    out = export(path, silent, SOURCES=" ".join(sentences))
    found = pages(path)
    for page in found:
        assert f"All sources and licences: page {len(found)}." in page
        assert "publisher number 0 under its licence." in page, "cut at the end of a sentence"
    assert "publisher number 39 under its licence." in " ".join(found[-2:])
    assert "was cut" not in out.log.text


@needs_poppler
def test_each_page_says_that_it_stays_inside_as_pages_are_torn_out(voiced, silent, tmp_path):
    for name, layer, inside in (("v", voiced, True), ("s", silent, False)):
        export(tmp_path / f"{name}.pdf", layer)
        found = pages(tmp_path / f"{name}.pdf")
        marks = dict((t, p) for p, t in outline(tmp_path / f"{name}.pdf"))
        ash = found[marks["Ash"] - 1]
        assert ("For use inside your organisation only" in ash) is inside


@needs_poppler
def test_areas_without_a_code_are_told(tmp_path):
    codes = [*CODES[:-2], None, None]
    path = tmp_path / "a.pdf"
    out = export(path, ranked_with(areas(codes=codes), tmp_path))
    told = "2 areas have no code: no table names them"
    assert told in out.log.text and told in " ".join(pages(path))


@pytest.mark.parametrize("rule, told", [("none", ["true 8", "safe"]), ("nhs", ["safe"])])
def test_under_a_rule_plans_made_without_one_are_not_told(rule, told):
    from types import SimpleNamespace

    from seldom_heard.processing.atlas.book import _Maker

    plans = {
        "venues": {"rule": "none", "sentences": ["true 8"]},
        "quotas": {"rule": rule if rule != "none" else "nhs", "sentences": ["safe"]},
    }
    subject = SimpleNamespace(inherited={"plans": plans})
    assert _Maker._plans(SimpleNamespace(subject=subject, asked=SimpleNamespace(rule=rule))) == told
