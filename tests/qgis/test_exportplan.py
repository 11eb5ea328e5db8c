"""The engagement plan: one page, its tables as files, and what none of them may tell."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from qgis.core import QgsProject, QgsVectorLayer
from seldom_heard.layers.outputs import inherited
from seldom_heard.processing.document import assembly, map_part
from seldom_heard.processing.document.model import COUNT, NUMBER, PERCENT, SHARE, YES, Column
from seldom_heard.processing.document.shown import cell, plain
from seldom_heard.processing.ranking.notes import LIMITS

from .helpers import Log, make_areas, open_layer, refused, run, save_layer, write_csv
from .planned import CODES, N, areas, figures, ranked, read, replies, rows, source

HOSTILE = "<script>alert(1)</script>"
TURNED = "\u202e"  # the text after it is read from right to left


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return ranked(tmp_path_factory.mktemp("silent"), areas())


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Ranked by replies of which nothing was hidden."""
    return ranked(tmp_path_factory.mktemp("counted"), areas(**replies("none")))


@pytest.fixture(scope="module")
def hidden(tmp_path_factory):
    """Ranked by replies that were hidden before."""
    return ranked(tmp_path_factory.mktemp("hidden"), areas(**replies("nhs")))


def plan(path, layer, log=None, **more):
    """Make a plan without maps, which take most of the time, unless they are asked for."""
    asked = {"NAME_FIELD": "name", "MAPS": False, **more}
    # a page is no layer, so that nothing looks for one
    return _run(log, INPUT=layer, OUTPUT=path, **asked)


def _run(log, **parameters):
    from . import helpers

    values = {key: helpers._plain(value) for key, value in parameters.items()}
    context = helpers.QgsProcessingContext()
    log = log or Log()
    context.setFeedback(log)
    made = helpers.algorithm("exportplan")
    fine, message = made.checkParameterValues(values, context)
    if not fine:
        raise helpers.AlgorithmError(message)
    results, fine = made.run(values, context, log)
    if not fine:
        raise helpers.AlgorithmError("\n".join(log.errors))
    return results, log


@pytest.fixture(scope="module")
def made(silent, tmp_path_factory):
    """A plan of areas without replies, with maps."""
    path = tmp_path_factory.mktemp("plan") / "plan.html"
    plan(path, silent, MAPS=True, TOP="12")
    return path


def tables(page):
    return page.with_name(f"{page.stem}_tables")


# --- the page


def test_page_is_one_that_everybody_can_read(made):
    page = read(made)
    assert page.of("html")[0]["lang"] == "en"
    assert [text for tag, text in page.headings if tag == "h1"] == [
        "Engagement plan: potentially seldom heard areas"
    ]
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.of(landmark)) == 1, landmark
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len({*ids})
    inside = [a["href"][1:] for a in page.of("a") if a["href"].startswith("#")]
    assert inside[0] == "plan" and {*inside} <= {*ids}, "the skip link first, and no dead end"
    named = [attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs]
    assert {*named} <= {*ids}
    parts = {one["id"] for one in page.of("section")}
    contents = inside[1 : len(parts) + 1]
    assert {*contents} == parts and len(parts) > 10, "each part stands in the contents, once"


def test_every_table_has_a_caption_headings_and_can_be_scrolled_by_keyboard(made):
    page = read(made)
    assert len(page.tables) >= 5
    for table in page.tables:
        assert table.caption and table.scopes == {"col", "row"}, table.caption
        assert all(table.headings), table.headings
        assert {len(row) for row in table.rows} == {len(table.headings)}
    held = [attrs for attrs in page.of("div") if attrs.get("class") == "held"]
    assert len(held) == len(page.tables)
    assert all(one["tabindex"] == "0" and one["aria-labelledby"] for one in held)


def test_page_runs_nothing_and_asks_for_nothing(made):
    text = made.read_text(encoding="utf-8")
    page = read(made)
    assert not page.of("script") and not page.of("link") and not page.of("iframe")
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    for _, attrs in page.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            where = attrs.get(name, "#")
            assert where.startswith(("#", "data:image/png;base64,", "plan_tables/")), where
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text


def test_links_to_tables_lead_to_files(made):
    links = [a["href"] for a in read(made).of("a") if not a["href"].startswith("#")]
    assert len(links) == len(read(made).tables)
    for link in links:
        assert (made.parent / link).is_file(), link
    assert {one.name for one in tables(made).iterdir()} == {link.split("/")[1] for link in links}


def test_maps_say_in_words_what_they_show(made, silent):
    page, truth = read(made), figures(silent)
    (image,) = page.of("img")
    tiers = pd.Series([one["sh_tier"] for one in truth.values()]).value_counts()
    assert f"A map of {N} areas" in image["alt"]
    assert f"{tiers.get('robust', 0)} are dark" in image["alt"]
    assert f"{tiers.get('contestable', 0)} are hatched" in image["alt"]
    first = min(truth.values(), key=lambda one: one["sh_rank"] or N)
    assert f"First come {first['name']}," in image["alt"]
    assert "Other areas" in page.text, "the legend in words"


def test_without_maps_there_is_none(silent, tmp_path):
    plan(tmp_path / "plan.html", silent)
    assert not read(tmp_path / "plan.html").of("img")


def test_areas_without_outlines_get_words_in_place_of_a_map(silent, tmp_path):
    layer = open_layer(silent)
    uri = QgsVectorLayer("Point?crs=EPSG:27700", "points", "memory")
    uri.dataProvider().addAttributes(list(layer.fields())[1:])
    uri.updateFields()
    from qgis.core import QgsFeature

    points = []
    for one in layer.getFeatures():
        point = QgsFeature(uri.fields())
        point.setGeometry(one.geometry().centroid())
        point.setAttributes(one.attributes()[1:])
        points.append(point)
    uri.dataProvider().addFeatures(points)
    uri.setCustomProperty("seldom_heard/provenance", json.dumps(inherited(layer)[0]))
    plan(tmp_path / "plan.html", uri, MAPS=True)
    page = read(tmp_path / "plan.html")
    assert not page.of("img") and "no outlines" in page.text


# --- its tables


def listed(tmp_path, layer, **more):
    run("exportlist", INPUT=layer, OUTPUT=tmp_path / "list.csv", NAME_FIELD="name", **more)
    return (tmp_path / "list.csv").read_bytes()


@pytest.mark.parametrize(
    ("which", "rule", "top"),
    [("silent", "none", "12"), ("silent", "nhs", "10%"), ("hidden", "ons10", "7")],
)
def test_priority_areas_are_the_list_byte_by_byte(request, tmp_path, which, rule, top):
    layer = request.getfixturevalue(which)
    plan(tmp_path / "plan.html", layer, TOP=top, SUPPRESSION=rule)
    asked = {"TOP": top, "SUPPRESSION": rule}
    told = (tmp_path / "plan_tables" / "01-priority-areas.csv").read_bytes()
    assert told == listed(tmp_path, layer, **asked)


def test_table_on_the_page_equals_the_fields_of_the_layer(silent, made):
    truth = {one["name"]: one for one in figures(silent).values()}
    table = read(made).table("ranked areas")
    at = {name: number for number, name in enumerate(table.headings)}
    assert len(table.rows) == 12
    for row in table.rows:
        area = truth[row[at["Area"]]]
        assert int(row[at["Rank"]]) == area["sh_rank"]
        assert int(row[at["Rank, from"]]) == area["sh_rank_lo"]
        assert int(row[at["Rank, to"]]) == area["sh_rank_hi"]
        assert row[at["How sure"]] == area["sh_tier"]
        assert row[at["Main reasons"]].replace("\u00a0", " ") == (area["sh_reasons"] or "not shown")
        assert row[at["Residents"]] == f"{area['eth_total']:,}"
        share = row[at["In the top, of all draws"]].replace("\u00a0", " ")
        if share[0].isdigit():
            assert int(share.split()[0]) == round(100 * area["sh_p_top"])
        else:
            assert share in ("under 1 %", "over 99 %")
    ranks = [int(row[at["Rank"]]) for row in table.rows]
    assert ranks == sorted(ranks) and ranks[0] == 1


def test_who_lives_there_and_who_does_not(silent, made):
    truth = pd.DataFrame(figures(silent).values())
    inside = truth["sh_rank"].apply(lambda rank: isinstance(rank, int) and rank <= 12)
    found = {row["who"]: row for row in rows(tables(made) / "02-people.csv")}
    row = found["People who cannot speak English well or at all"]
    counts = truth["lang_low_english_n"].astype(int)
    assert int(row["inside_n"]) == counts[inside].sum()
    assert int(row["outside_n"]) == counts[~inside].sum()
    assert int(row["all_n"]) == counts.sum()
    share = np.floor(100 * counts[inside].sum() / counts.sum() + 0.5)
    assert float(row["inside_pct"]) == share and float(row["outside_pct"]) == 100 - share
    assert int(found["Residents"]["all_n"]) == truth["eth_total"].sum()


def test_workbook_holds_the_same_tables_and_says_what_it_is(made, monkeypatch):
    from osgeo import gdal

    # a sheet of texts alone has headings too
    monkeypatch.setenv("OGR_XLSX_HEADERS", "FORCE")
    book = gdal.OpenEx(str(made.with_suffix(".xlsx")))
    names = [book.GetLayer(at).GetName() for at in range(book.GetLayerCount())]
    files = sorted(one.stem for one in tables(made).iterdir())
    assert names == ["About", *(one[:31] for one in files)] and len({*names}) == len(names)
    for file in files:
        sheet, table = book.GetLayerByName(file[:31]), rows(tables(made) / f"{file}.csv")
        assert [one.GetName() for one in sheet.schema] == list(table[0]), file
        told = [[_text(one[at]) for at in range(len(sheet.schema))] for one in sheet]
        assert told == [[_text(one) for one in row.values()] for row in table], file


def _text(value):
    """Return a cell as a CSV and a workbook have it in common."""
    if value is None or value == "":
        return ""
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return str(value)


def test_summary_tells_no_figure_that_is_not_in_a_table_or_a_part(made):
    page = read(made)
    text = page.text
    short = text[text.index("This plan names") : text.index("Not everyone would weigh")]
    rest = text[text.index("Not everyone would weigh") :]
    cells = {word for table in page.tables for row in table.rows for one in row for word in [one]}
    for number in re.findall(r"\d[\d,]*\d|\d", short):
        assert number in cells or re.search(rf"(?<![\d,]){number}(?![\d,])", rest), number


# --- hostile texts


def test_text_of_layers_is_never_html_nor_a_formula(tmp_path):
    names = ["=1+1", "\"quoted\" & 'so'", f"Place {TURNED}drow", HOSTILE, "@SUM(A1)"]
    names += [f"Place {at}" for at in range(5, N)]
    layer = areas(name=[*reversed(names)])
    layer.setName(HOSTILE)
    told = inherited(layer)[0]
    told["sources"][0]["title"] = told["sources"][0]["note"] = HOSTILE
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    path = ranked(tmp_path, layer)
    page = tmp_path / "plan.html"
    plan(page, path, TITLE=f"{HOSTILE} plan", CONTACT=f"{HOSTILE}@here", MAPS=True)
    text, found = page.read_text(encoding="utf-8"), read(page)
    assert "<script" not in text and TURNED not in text
    assert not found.of("script")
    assert HOSTILE in found.text and f"{HOSTILE} plan" in found.headings[0][1]
    areas_told = {row[0] for row in found.table("ranked areas").rows}
    assert {"=1+1", "@SUM(A1)"} & areas_told, "on the page as it is"
    listed_names = [row["name"] for row in rows(tables(page) / "01-priority-areas.csv")]
    assert all(not name.startswith(("=", "@", "+", "-")) for name in listed_names)
    assert {"'=1+1", "'@SUM(A1)"} & {*listed_names}, "harmless, yet there"
    with zipfile.ZipFile(page.with_suffix(".xlsx")) as book:
        sheets = [one for one in book.namelist() if "worksheets" in one]
        assert sheets and not any(b"<f>" in book.read(one) for one in sheets)


def test_texts_lose_what_would_turn_their_neighbours():
    assert plain(f"a{TURNED}b\u2066c\u200bd") == "abcd"
    assert plain("مرحبا क्\u200dष") == "مرحبا क्\u200dष", "languages keep their letters and joiners"


# --- small counts


def test_ranking_of_true_replies_is_refused_under_a_rule(counted, tmp_path):
    told = _refused(INPUT=counted, OUTPUT=tmp_path / "plan.html", SUPPRESSION="nhs", MAPS=False)
    listed_told = refused(
        "exportlist", INPUT=counted, OUTPUT=tmp_path / "list.csv", SUPPRESSION="nhs"
    )
    assert told == listed_told and "measurevoice" in told
    assert not list(tmp_path.iterdir())


def _refused(**parameters):
    from .helpers import AlgorithmError

    with pytest.raises(AlgorithmError) as error:
        _run(None, **{"NAME_FIELD": "name", **parameters})
    assert "Traceback" not in str(error.value)
    return str(error.value)


def test_small_numbers_of_residents_are_in_no_file(tmp_path):
    people = [1000 + at for at in range(N)]
    people[37], people[36] = 6, 3
    layer = areas(eth_total=people)
    path = ranked(tmp_path, layer)
    plan(tmp_path / "plan.html", path, TOP="20", SUPPRESSION="nhs")
    page = read(tmp_path / "plan.html")
    at = page.table("ranked areas").headings.index("Residents")
    cells = {row[0]: row[at] for row in page.table("ranked areas").rows}
    assert cells["Place 37"] == cells["Place 36"] == "not shown"
    shown = [int(one.replace(",", "")) for one in cells.values() if one != "not shown"]
    assert len(shown) > 10 and all(one % 5 == 0 for one in shown)
    listed_rows = rows(tmp_path / "plan_tables" / "01-priority-areas.csv")
    assert {row["residents"] for row in listed_rows if row["name"] in ("Place 36", "Place 37")} == {
        ""
    }
    sums = {row["who"]: row for row in rows(tmp_path / "plan_tables" / "02-people.csv")}
    total = sums["Residents"]["inside_n"]
    if total:  # then the two could still be many numbers
        least = int(total) - 2 - sum(one + 2 for one in shown)
        most = int(total) + 2 - sum(one - 2 for one in shown)
        assert least < 2 and most > 13
    assert "rule nhs" in page.text


@pytest.mark.parametrize("top", ["1", "2", "3"])
def test_sum_of_residents_does_not_tell_what_the_list_hides(tmp_path, top):
    people = [1000 + at for at in range(N)]
    first = min(figures(ranked(tmp_path, areas())).values(), key=_rank)
    at = CODES.index(first["LSOA21CD"])
    people[at] = 6
    path = ranked(tmp_path, areas(eth_total=people))
    plan(tmp_path / "plan.html", path, TOP=top, SUPPRESSION="nhs")
    listed_rows = rows(tmp_path / "plan_tables" / "01-priority-areas.csv")
    told = {row["code"]: row["residents"] for row in listed_rows}
    assert told.pop(CODES[at]) == ""
    sums = {row["who"]: row for row in rows(tmp_path / "plan_tables" / "02-people.csv")}
    row = sums["Residents"]
    if row["inside_n"]:
        shown = [int(one) for one in told.values()]
        least = int(row["inside_n"]) - 2 - sum(one + 2 for one in shown)
        most = int(row["inside_n"]) + 2 - sum(one - 2 for one in shown)
        assert min(most, 7) - max(least, 1) >= 4, "five numbers it could be, or more"
    else:
        assert row["outside_n"] == row["inside_pct"] == row["outside_pct"] == ""


def test_what_was_hidden_before_stays_hidden(hidden, tmp_path):
    plan(tmp_path / "plan.html", hidden, TOP="40", MAPS=True)
    page = read(tmp_path / "plan.html")
    assert "left as it was hidden before" in page.text
    assert "where 20 were expected" not in page.text, "no reason tells replies"


def test_numbers_in_the_names_of_sources_go_with_the_replies_they_count(tmp_path):
    """Replies counted, but no part of the ranking: the list is fine, and tells none of them."""
    fields = replies("none")
    del fields["voice_shrunk"]
    fields["sources"][0]["fields"].remove("voice_shrunk")
    fields["sources"][0]["note"] = "98,765 replies from 40 areas."
    path = ranked(tmp_path, areas(**fields))
    plan(tmp_path / "open.html", path, MAPS=True)
    assert "98,765 replies" in read(tmp_path / "open.html").text
    plan(tmp_path / "plan.html", path, SUPPRESSION="nhs", MAPS=True)
    text = read(tmp_path / "plan.html").text
    assert "98,765" not in text and "Replies to a survey" in text
    assert "potentially" in text


def test_flag_that_tells_replies_is_in_no_picture(silent):
    layer = open_layer(silent)
    fids = [one.id() for one in layer.getFeatures()]
    for hides in (True, False):
        listing = SimpleNamespace(hides_flag=hides)
        subject = SimpleNamespace(areas=SimpleNamespace(ids=fids), listing=listing)
        drawn = map_part._drawn(subject, layer)
        names = {one.name() for one in drawn.fields()}
        assert ("sh_flag" in names) is not hides
        assert {"sh_score", "sh_tier"} <= names and drawn.featureCount() == N
        assert drawn.customProperty("seldom_heard/provenance") == layer.customProperty(
            "seldom_heard/provenance"
        )


def test_map_of_replies_is_drawn_only_of_replies_that_were_hidden(counted, hidden, tmp_path):
    plan(tmp_path / "open.html", counted, MAPS=True)
    assert len(read(tmp_path / "open.html").of("img")) == 2
    plan(tmp_path / "hidden.html", hidden, MAPS=True, SUPPRESSION="nhs")
    page = read(tmp_path / "hidden.html")
    assert len(page.of("img")) == 2 and "no map of replies" not in page.text
    fields = replies("none")
    del fields["voice_shrunk"]  # replies beside a ranking that they have no part in
    fields["sources"][0]["fields"].remove("voice_shrunk")
    path = ranked(tmp_path, areas(**fields))
    plan(tmp_path / "beside.html", path, MAPS=True, SUPPRESSION="nhs")
    page = read(tmp_path / "beside.html")
    assert len(page.of("img")) == 1 and "no map of replies" in page.text


# --- what is there already, and what is not


def before(folder):
    return {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("share", [0.05, 0.3, 0.85])
def test_cancelled_plan_leaves_all_as_it_was(silent, tmp_path, share):
    plan(tmp_path / "plan.html", silent, TOP="5")
    was = before(tmp_path)
    done = []
    log = Log(lambda what: done.append(what) or (isinstance(what, float) and what > 100 * share))
    results, _ = plan(tmp_path / "plan.html", silent, log, TOP="9")
    assert results == {} and "Cancelled" in log.text
    assert before(tmp_path) == was


def test_cancelled_first_plan_leaves_nothing(silent, tmp_path):
    log = Log(lambda what: isinstance(what, float) and what > 85)
    plan(tmp_path / "plan.html", silent, log)
    assert list(tmp_path.iterdir()) == []


def test_plan_that_cannot_be_written_leaves_the_older_one(silent, tmp_path, monkeypatch):
    plan(tmp_path / "plan.html", silent, TOP="5")
    was = before(tmp_path)
    from pathlib import Path

    true = Path.replace

    def replace(self, target):
        if str(target).endswith("plan.html") and "unfinished" in self.name:
            raise OSError(13, "Permission denied", str(self), None, str(target))
        return true(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", TOP="9", MAPS=False)
    assert "plan.html" in told and "unfinished" not in told
    monkeypatch.undo()
    assert before(tmp_path) == was


def test_new_plan_takes_the_tables_of_the_old_one_away_and_no_others(silent, tmp_path):
    changes = write_csv(
        tmp_path / "changes.csv",
        [["without", "x", "Without: English", 0.91234, 80.0, 2, 2]],
        ["change", "field", "title", "spearman", "top_overlap_pct", "enter", "leave"],
    )
    plan(tmp_path / "plan.html", silent, SENSITIVITY=changes)
    mine = tmp_path / "plan_tables" / "my notes.csv"
    mine.write_text("mine", encoding="utf-8")
    first = {one.name for one in (tmp_path / "plan_tables").iterdir()}
    assert any("sensitivity" in name for name in first)
    plan(tmp_path / "plan.html", silent)
    second = {one.name for one in (tmp_path / "plan_tables").iterdir()}
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not any("sensitivity" in name for name in second)
    numbers = sorted(int(name[:2]) for name in second - {"my notes.csv"})
    assert numbers == list(range(1, len(numbers) + 1))
    assert not [one for one in tmp_path.rglob(".*")]


def test_a_workbook_of_somebody_else_is_not_written_over(silent, tmp_path):
    (tmp_path / "plan.xlsx").write_bytes(b"mine")
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", MAPS=False)
    assert "plan.xlsx" in told and "another name" in told
    assert before(tmp_path) == {tmp_path / "plan.xlsx": b"mine"}


def test_an_input_is_not_written_over(silent, tmp_path):
    changes = [["without", "x", "Without: English", 0.9, 80.0, 2, 2]]
    headings = ["change", "field", "title", "spearman", "top_overlap_pct", "enter", "leave"]
    first = write_csv(tmp_path / "changes.csv", changes, headings)
    plan(tmp_path / "plan.html", silent, SENSITIVITY=first)
    (table,) = (tmp_path / "plan_tables").glob("*sensitivity.csv")
    was = before(tmp_path)
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", SENSITIVITY=table)
    assert "is an input" in told and before(tmp_path) == was


def test_page_is_named_as_one(silent, tmp_path):
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.pdf")
    assert ".html" in told and not list(tmp_path.iterdir())


def test_layer_without_a_ranking_is_refused_in_words(tmp_path):
    layer = make_areas(CODES, name=["x"] * N)
    told = _refused(INPUT=layer, OUTPUT=tmp_path / "plan.html")
    assert "sh_rank" in told and "findseldomheard" in told
    assert not list(tmp_path.iterdir())


def test_other_tables_are_refused_by_name(silent, tmp_path):
    other = write_csv(tmp_path / "other.csv", [["a", "1"]], ["name", "number"])
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", SENSITIVITY=other)
    assert "SENSITIVITY" in told and "other.csv" in told and "spearman" in told
    places = save_layer(_points(), tmp_path / "points.gpkg")
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", VENUES=places)
    assert "VENUES" in told and "planvenues" in told
    assert not (tmp_path / "plan.html").exists() and not (tmp_path / "plan_tables").exists()


def _points(**columns):
    uri = "Point?crs=EPSG:27700&field=hall:string(80)"
    kinds = {int: "integer", str: "string(80)"}
    names = columns.pop("hall", ["Hall 1", "Hall 2", "Hall 3"])
    for name, values in columns.items():
        uri += f"&field={name}:{kinds[type(values[0])]}"
    layer = QgsVectorLayer(uri, "venues", "memory")
    from qgis.core import QgsFeature, QgsGeometry

    made = []
    for at, name in enumerate(names):
        one = QgsFeature(layer.fields())
        one.setGeometry(QgsGeometry.fromWkt(f"POINT({400_500 + 5000 * at} 500)"))
        one.setAttributes([name, *(values[at] for values in columns.values())])
        made.append(one)
    layer.dataProvider().addFeatures(made)
    return layer


# --- parts


def test_without_replies_it_says_potentially(silent, counted, tmp_path):
    plan(tmp_path / "a.html", silent, TITLE="The seldom heard of our town")
    page = read(tmp_path / "a.html")
    assert page.headings[0][1] == "The seldom heard of our town (potentially seldom heard)"
    assert "may be seldom heard" in page.text
    plan(tmp_path / "b.html", counted)
    assert "otentially" not in read(tmp_path / "b.html").text


def test_parts_come_in_their_order_and_say_what_to_run(made):
    headings = [text for tag, text in read(made).headings if tag == "h2"]
    order = [
        *("Contents", "In short", "Priority areas and reasons", "Map", "Quotas: replies to win"),
        *("Venues and who can reach them", "Method and definitions", "What changes the ranking"),
        *("What these figures cannot say", "Sources, dates and licences", "Small counts"),
        "To make this plan again",
    ]
    assert [one for one in headings if one in order] == order
    text = read(made).text
    for name in ("planquotas", "planvenues", "SENSITIVITY", LIMITS[0], LIMITS[-1]):
        assert name in text, name


def test_contact_stands_where_it_is_looked_for(silent, tmp_path):
    plan(tmp_path / "plan.html", silent, CONTACT="Ann Other, 0114 000 0000")
    text = read(tmp_path / "plan.html").text
    assert text.index("Ann Other, 0114 000 0000") < text.index("In short")
    assert "large print" in text and "another language" in text


def test_commands_are_all_there_the_last_its_own(made):
    text = made.read_text(encoding="utf-8")
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)
    assert "seldomheard:findseldomheard" in blocks[-2] and "seldomheard:exportplan" in blocks[-1]
    assert "--TOP=12" in blocks[-1] and str(made.parent) not in text


def _with(layer, told, **columns):
    """Return a copy in memory with more fields, and more of what is kept with the layer."""
    copy = open_layer(layer).materialize(_everything())
    from qgis.core import QgsField
    from qgis.PyQt.QtCore import QVariant

    kinds = {int: QVariant.Int, float: QVariant.Double, str: QVariant.String}
    known = {
        name: kinds[type(next(v for v in values if v is not None))]
        for name, values in columns.items()
    }
    copy.dataProvider().addAttributes([QgsField(name, kind) for name, kind in known.items()])
    copy.updateFields()
    at = {name: copy.fields().indexOf(name) for name in columns}
    row = {code: number for number, code in enumerate(CODES)}
    changes = {
        one.id(): {at[name]: values[row[one["LSOA21CD"]]] for name, values in columns.items()}
        for one in copy.getFeatures()
    }
    copy.dataProvider().changeAttributeValues(changes)
    kept, _ = inherited(open_layer(layer))
    copy.setCustomProperty("seldom_heard/provenance", json.dumps({**kept, **told(kept)}))
    return copy


def _everything():
    from qgis.core import QgsFeatureRequest

    return QgsFeatureRequest()


QUOTAS = {
    "quota_have_n": [at % 20 for at in range(N)],
    "quota_n": [20 - at % 20 for at in range(N)],
    "quota_target_n": [20] * N,
    "quota_eth_asian_n": [at % 3 for at in range(N)],
}


def _quotas(kept, rule="none"):
    told = {"sentences": ["What they are.", "What they assume."], "rule": rule}
    of = source("Quotas: 98,765 replies", rule, *QUOTAS)
    return {"plans": {"quotas": told}, "sources": [*kept["sources"], of]}


def test_quotas_are_those_of_the_layer_and_add_up(silent, tmp_path):
    layer = _with(silent, _quotas, **QUOTAS)
    plan(tmp_path / "plan.html", layer, TOP="12")
    page, truth = read(tmp_path / "plan.html"), figures(silent)
    text = page.text
    assert f"{sum(QUOTAS['quota_n']):,} replies are still to be won, in {N} areas" in text
    (file,) = (tmp_path / "plan_tables").glob("*quotas-by-area.csv")
    for row in rows(file):
        at = CODES.index(row["code"])
        assert int(row["quota_n"]) == QUOTAS["quota_n"][at]
        assert int(row["quota_eth_asian_n"]) == QUOTAS["quota_eth_asian_n"][at]
        rank = truth[row["code"]]["sh_rank"]
        assert row["in_plan"] == ("1" if isinstance(rank, int) and rank <= 12 else "0")
    (file,) = (tmp_path / "plan_tables").glob("*quotas-by-group.csv")
    (group,) = rows(file)
    assert int(group["win"]) == sum(QUOTAS["quota_eth_asian_n"])
    assert "What they are." in text and "What they assume." in text


def test_quotas_of_true_replies_are_not_told_under_a_rule(silent, tmp_path):
    plan(tmp_path / "a.html", _with(silent, _quotas, **QUOTAS), SUPPRESSION="nhs")
    text = read(tmp_path / "a.html").text
    assert "Run planquotas with SUPPRESSION nhs" in text
    assert "98,765" not in text and "What they are." not in text
    assert not list((tmp_path / "a_tables").glob("*quotas*"))
    hidden = [None if 0 < n < 8 else n for n in QUOTAS["quota_have_n"]]
    by_rule = {**QUOTAS, "quota_have_n": hidden}
    by_rule = _with(silent, lambda kept: _quotas(kept, "nhs"), **by_rule)
    plan(tmp_path / "b.html", by_rule, SUPPRESSION="nhs")
    assert "hidden (–) the quota is the whole target" in read(tmp_path / "b.html").text
    assert list((tmp_path / "b_tables").glob("*quotas-by-area*"))


def test_quotas_of_true_residents_are_not_told_under_a_rule(silent, tmp_path):
    """Where everybody is to be asked the quota of a group is the number of its residents."""
    everybody = {"quota_n": [1000] * N, "quota_eth_asian_n": [at % 8 for at in range(N)]}

    def told(kept):
        of = source("Quotas", "none", *everybody)
        plans = {"quotas": {"sentences": [], "rule": "none", "replies": False}}
        return {"plans": plans, "sources": [*kept["sources"], of]}

    plan(tmp_path / "plan.html", _with(silent, told, **everybody), SUPPRESSION="nhs")
    text = read(tmp_path / "plan.html").text
    assert "Run planquotas with SUPPRESSION nhs" in text
    assert "hide small counts once, on the layer" in text
    assert not list((tmp_path / "plan_tables").glob("*quotas*"))


@pytest.mark.parametrize("counted", [True, False])
def test_groups_that_few_replied_of_are_not_those_with_most_residents(silent, tmp_path, counted):
    chance = "About 9 would be missing by chance."

    def told(kept):
        made = _quotas(kept)
        made["plans"]["quotas"] |= {"groups_counted": counted, "by_chance": chance}
        return made

    plan(tmp_path / "plan.html", _with(silent, told, **QUOTAS))
    page = read(tmp_path / "plan.html")
    assert ("Most replies are to be won from" in page.text) is counted
    assert ("not by how few replied of each group" in page.text) is not counted
    assert chance in page.text, "beside the table"


PEOPLE = [100 + at for at in range(N)]
REACH = {
    "reach_people_n": PEOPLE,
    "reach_within": [1 if at % 2 else 0 for at in range(N)],
    "reach_venue": ["Hall 1"] * N,
    "reach_distance": [float(100 * at) for at in range(N)],
}


def _venues(told, **more):
    fields = {
        "venue_chosen": [1, 0, 1],
        "venue_kept": [0, 0, 1],
        "venue_order": [2, 0, 1],
        "venue_reach_n": [900, 0, 2000],
        "venue_new_n": [1200, 0, 1180],
        "step_free": ["yes", "yes", "no"],
        "opening_hours": ["Mo 9-17", "", HOSTILE],
        "manager": ["Ann Other", "", ""],
        **more,
    }
    layer = _points(**fields)
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"plans": {"venues": told}}))
    return layer


TOLD = {"sentences": ["Two halls reach 2,380."], "rule": "none", "unit": "m", "people": "people"}


def test_venues_are_told_in_their_order_with_who_is_reached(silent, tmp_path):
    layer = _with(silent, lambda kept: {"plans": {"venues": TOLD}}, **REACH)
    plan(tmp_path / "plan.html", layer, VENUES=_venues(TOLD), TOP="12")
    page, truth = read(tmp_path / "plan.html"), figures(silent)
    table = page.table("venues chosen")
    assert [row[0] for row in table.rows] == ["Hall 3", "Hall 1"]
    assert "Step free" in table.headings and "Opening hours" in table.headings
    assert HOSTILE in table.rows[0], "as text"
    assert "Ann Other" not in page.text, "people's names stay where they are"
    (file,) = (tmp_path / "plan_tables").glob("*reach.csv")
    found = {row["areas"]: row for row in rows(file)}
    everything = found["All areas that were asked for"]
    reached = sum(n for n, within in zip(PEOPLE, REACH["reach_within"]) if within)
    assert int(everything["reached"]) == reached and int(everything["sought"]) == sum(PEOPLE)
    assert int(everything["not_reached"]) == sum(PEOPLE) - reached
    far = {one["name"] for one in page_rows(tmp_path, "not-reached")}
    top = {one["LSOA21CD"] for one in truth.values() if _rank(one) <= 12}
    out = {code for code, within in zip(CODES, REACH["reach_within"]) if not within}
    assert far == {truth[code]["name"] for code in top & out} and far
    assert f"{reached:,} of the {sum(PEOPLE):,} people sought" in page.text


def _rank(one):
    return one["sh_rank"] if isinstance(one["sh_rank"], int) else N + 1


def page_rows(folder, name):
    (file,) = (folder / "plan_tables").glob(f"*{name}.csv")
    return rows(file)


def test_no_number_of_people_sought_is_told_that_was_not_made_by_the_rule(silent, tmp_path):
    """Small ones hidden one by one would not do: sums of who is reached tell areas of other tables.

    Two areas of 8 and one of 1 within reach make 17, shown as 15: so the hidden one is 1.
    """
    few = {**REACH, "reach_people_n": [8, 8, 1] + [at % 12 for at in range(3, N)]}
    layer = _with(silent, lambda kept: {"plans": {"venues": TOLD}}, **few)
    venues = _venues(TOLD, venue_new_n=[500, 0, 100], venue_reach_n=[500, 0, 100])
    plan(tmp_path / "plan.html", layer, VENUES=venues, TOP="12", SUPPRESSION="nhs")
    text = read(tmp_path / "plan.html").text
    assert "Two halls reach 2,380." not in text and "Run planvenues with SUPPRESSION nhs" in text
    assert {row["people"] for row in page_rows(tmp_path, "not-reached")} == {""}
    told = page_rows(tmp_path, "-venues")
    assert [row["venue"] for row in told] == ["Hall 3", "Hall 1"]
    assert not {"venue_new_n", "venue_reach_n"} & told[0].keys()
    assert not list((tmp_path / "plan_tables").glob("*-reach.csv"))


def test_reasons_stay_where_a_step_before_told_them_without_numbers(silent, tmp_path):
    reached = tmp_path / "reached.gpkg"
    more = {"VENUES": _points(), "NUMBER": 1, "REACH": 1e6, "PEOPLE_FIELD": "lang_total"}
    made = {"OUTPUT": "memory:", "REACHED": reached, "SUPPRESSION": "nhs"}
    run("planvenues", INPUT=silent, NAME_FIELD="name", **more, **made)
    reasons = []
    for name, layer in (("first", silent), ("second", reached)):
        plan(tmp_path / f"{name}.html", layer, SUPPRESSION="nhs")
        (file,) = (tmp_path / f"{name}_tables").glob("*priority-areas.csv")
        reasons.append([row["reasons"] for row in rows(file)])
    assert reasons[0] == reasons[1] and all(reasons[0])


def test_what_planvenues_made_by_the_rule_is_told_with_its_reach(silent, tmp_path):
    told = {**TOLD, "rule": "nhs", "way": "straight", "reach": 1500.0, "unknown": 4}
    of = source("People within reach", "nhs", *REACH)
    kept = {"plans": {"venues": told}}
    layer = _with(silent, lambda one: {**kept, "sources": [*one["sources"], of]}, **REACH)
    plan(tmp_path / "plan.html", layer, VENUES=_venues(told), TOP="12", SUPPRESSION="nhs")
    text = read(tmp_path / "plan.html").text
    assert "Two halls reach 2,380." in text and page_rows(tmp_path, "-reach")
    assert text.count("1,500 metres in a straight line") == 2, "in the summary and by the table"
    assert "In 4 areas the number is not known or hidden" in text


def test_what_changes_the_ranking_is_the_table_that_was_given(silent, tmp_path):
    table = tmp_path / "changes.gpkg"
    run(
        "findseldomheard",
        INPUT=areas(),
        DRAWS=50,
        OUTPUT=tmp_path / "again.gpkg",
        SENSITIVITY=table,
    )
    plan(tmp_path / "plan.html", silent, SENSITIVITY=table)
    truth = QgsVectorLayer(str(table), "changes", "ogr")
    given = {one["title"]: one for one in truth.getFeatures()}
    told = page_rows(tmp_path, "sensitivity")
    assert len(told) == len(given) > 2
    for row in told:
        one = given[row["title"]]
        assert float(row["spearman"]) == pytest.approx(one["spearman"], abs=5e-5)
        assert float(row["top_overlap_pct"]) == pytest.approx(one["top_overlap_pct"])
        assert int(row["enter"]) == int(one["enter"])


def test_figures_are_defined_with_who_is_counted(made):
    found = {row["field"]: row for row in rows(next(tables(made).glob("*figures.csv")))}
    english = found["lang_low_english_pct"]
    assert english["of"] == "usual residents aged 3 and over"
    assert english["strong"] == "more" and english["pillar"] == "Barriers"
    sources = rows(next(tables(made).glob("*sources.csv")))
    assert {"2021-03-21"} <= {row["date"] for row in sources}
    assert any("Open Government Licence" in row["licence"] for row in sources)


def test_a_selection_is_what_the_plan_and_its_map_are_of(silent, tmp_path):
    from qgis.core import QgsProcessingFeatureSourceDefinition

    layer = open_layer(silent)
    chosen = [one.id() for one in layer.getFeatures() if _rank({"sh_rank": one["sh_rank"]}) <= 10]
    layer.selectByIds(chosen)
    QgsProject.instance().addMapLayer(layer)
    try:
        part = QgsProcessingFeatureSourceDefinition(layer.id(), True)
        from . import helpers

        context = helpers.QgsProcessingContext()
        context.setProject(QgsProject.instance())
        log = Log()
        values = {"INPUT": part, "NAME_FIELD": "name", "OUTPUT": str(tmp_path / "plan.html")}
        made = helpers.algorithm("exportplan")
        assert made.checkParameterValues(values, context)[0]
        _, fine = made.run(values, context, log)
        assert fine, log.text
    finally:
        QgsProject.instance().removeMapLayer(layer.id())
    page = read(tmp_path / "plan.html")
    assert f"A map of {len(chosen)} areas" in page.of("img")[0]["alt"]


def test_progress_is_told_and_never_goes_back(silent, tmp_path):
    _, log = plan(tmp_path / "plan.html", silent)
    assert len(log.progressed) > 5 and log.progressed == sorted(log.progressed)


def test_parts_are_left_out_where_they_have_nothing_to_say(silent, tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "languages_part", lambda subject: None)
    plan(tmp_path / "plan.html", silent)
    assert not [s for s in read(tmp_path / "plan.html").of("section") if s["id"] == "languages"]


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (1234.0, Column("a", "A", COUNT), "1,234"),
        (0, Column("a", "A", COUNT), "0"),
        (0.3, Column("a", "A", COUNT), "under 1"),
        (None, Column("a", "A", COUNT), ""),
        (pd.NA, Column("a", "A", COUNT), ""),
        (float("nan"), Column("a", "A", PERCENT, 1), ""),
        (12.34, Column("a", "A", PERCENT, 1), "12.3\u00a0%"),
        (99.7, Column("a", "A", PERCENT), "over 99\u00a0%"),
        (0.4, Column("a", "A", PERCENT), "under 1\u00a0%"),
        (0.996, Column("a", "A", SHARE), "over 99\u00a0%"),
        (1.0, Column("a", "A", SHARE), "100\u00a0%"),
        (0.004, Column("a", "A", NUMBER, 2), "under 0.01"),
        (1, Column("a", "A", YES), "yes"),
        (0.0, Column("a", "A", YES), "no"),
        ("=1+1", Column("a", "A"), "=1+1"),
    ],
)
def test_values_are_shown_as_they_are_and_never_as_less(value, column, text):
    assert cell(value, column) == text


def test_page_of_an_older_plan_can_be_moved_and_made_again(silent, tmp_path):
    plan(tmp_path / "plan.html", silent)
    shutil.move(tmp_path / "plan.html", tmp_path / "kept.html")
    told = _refused(INPUT=silent, OUTPUT=tmp_path / "plan.html", MAPS=False)
    assert "plan.xlsx" in told
