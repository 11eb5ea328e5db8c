"""The list of areas as a file: its rows, what it says of itself, and what it must not tell."""

from __future__ import annotations

import csv
import gc
import json
import re
import zipfile
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)
from seldom_heard.layers import sheets
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.layers.outputs import inherited
from seldom_heard.processing.plan import exportlist
from seldom_heard.processing.ranking import schemes

from .helpers import Log, lsoas, make_areas, refused, run
from .planned import WHERE, source

N = 40
CODES = lsoas(N)
COLUMNS = [
    *("rank", "code", "name", "score", "rank_lo", "rank_hi", "p_top", "tier", "flag"),
    *("residents", "reasons", "list", "rule"),
]


def areas(sources=(), **more):
    """Areas to be ranked; the first has no figure of deprivation, and so no rank."""
    fields = {
        "name": [f"Place {at}" for at in range(N)],
        "eth_total": [1000 + at for at in range(N)],
        "dep_exhealth_score": [None, *(float(at) for at in range(1, N))],
        "lang_low_english_pct": [at * 7 % N + at * at / 1000 for at in range(N)],
        **more,
    }
    layer = make_areas(CODES, **fields)
    told = [
        source("Ethnic group", "none", "eth_total", edition="Census 2021"),
        source("Indices", None, "dep_exhealth_score", edition="2025"),
        source("English", "none", "lang_low_english_pct", edition="Census 2021"),
        *sources,
    ]
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": told}))
    return layer


def replies(rule):
    """Fields of replies, a few of them small, as measurevoice would leave them."""
    observed = [at % 20 for at in range(N)]
    return {
        "sources": [source("Replies", rule, "voice_shrunk", "voice_class", "voice_observed")],
        "voice_shrunk": [20.0 + 2 * at for at in range(N)],
        "voice_class": ["lower"] * N,
        "voice_observed": [None if rule != "none" and 0 < n < 8 else n for n in observed],
        "voice_expected": [20.0] * N,
    }


def ranked(folder, layer):
    path = folder / "ranked.gpkg"
    run("findseldomheard", INPUT=layer, DRAWS=50, NAME_FIELD="name", OUTPUT=path)
    return path


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


def export(path, layer, **more):
    return run("exportlist", INPUT=layer, OUTPUT=path, **{"NAME_FIELD": "name", **more})


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def about(path):
    return path.with_name(f"{path.stem}-about.txt").read_text(encoding="utf-8-sig")


def figures(layer):
    made = QgsVectorLayer(str(layer), "made", "ogr")
    names = [field.name() for field in made.fields()]
    return {one["LSOA21CD"]: dict(zip(names, one.attributes())) for one in made.getFeatures()}


def test_rows_of_a_list(silent, tmp_path):
    out = export(tmp_path / "list.csv", silent)
    told, truth = rows(tmp_path / "list.csv"), figures(silent)
    assert list(told[0]) == COLUMNS and len(told) == N
    ranks = [int(row["rank"]) for row in told[:-1]]
    assert ranks == sorted(ranks) and ranks[0] == 1 and len({*ranks}) > N / 2
    for row in told[:-1]:
        area = truth[row["code"]]
        assert (int(row["rank"]), row["tier"]) == (area["sh_rank"], area["sh_tier"])
        assert float(row["score"]) == pytest.approx(area["sh_score"], abs=5e-5)
        assert (int(row["rank_lo"]), int(row["rank_hi"])) == (
            *(area["sh_rank_lo"], area["sh_rank_hi"]),
        )
        assert float(row["p_top"]) == pytest.approx(area["sh_p_top"], abs=5e-5)
        assert int(row["residents"]) == area["eth_total"]
        assert row["reasons"] == (area["sh_reasons"] or "")
        assert row["name"] == area["name"]
    assert out.results["LISTED"] == N and out.results["UNRANKED"] == 1


def test_areas_without_a_rank_stand_last_and_say_why(silent, tmp_path):
    export(tmp_path / "list.csv", silent)
    last = rows(tmp_path / "list.csv")[-1]
    assert last["code"] == CODES[0]
    assert [last[name] for name in ("rank", "score", "rank_lo", "tier")] == [""] * 4, "never 0"
    assert "no rank" in last["reasons"] and "Need" in last["reasons"]
    assert "Barriers" not in last["reasons"]


def test_areas_of_one_rank_stand_by_their_codes(tmp_path):
    layer = areas(dep_exhealth_score=[5.0] * N, lang_low_english_pct=[5.0] * N)
    export(tmp_path / "list.csv", ranked(tmp_path, layer))
    assert [row["code"] for row in rows(tmp_path / "list.csv")] == sorted(CODES)


def test_numbers_are_numbers_for_machines(silent, tmp_path):
    export(tmp_path / "list.csv", silent)
    text = (tmp_path / "list.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfrank,code,name,"), "Excel on Windows needs the mark"
    assert re.match(rb"1,E0\d+,Place \d+,0\.\d{1,4},\d+,\d+,", text.split(b"\r\n")[1])


@pytest.mark.parametrize(
    ("top", "expected"), [("5", 5), ("10%", 4), ("100%", N - 1), ("999", N - 1)]
)
def test_the_first_areas_alone(silent, tmp_path, top, expected):
    out = export(tmp_path / "list.csv", silent, TOP=top)
    told = rows(tmp_path / "list.csv")
    assert len(told) == expected and told[0]["rank"] == "1"
    assert out.results["LISTED"] == expected
    assert "1 areas without a rank are not" in about(tmp_path / "list.csv")


@pytest.mark.parametrize("top", ["-1", "0", "many", "200%"])
def test_a_top_that_cannot_be(silent, tmp_path, top):
    assert "TOP" in refused("exportlist", INPUT=silent, TOP=top, OUTPUT=tmp_path / "list.csv")
    assert list(tmp_path.iterdir()) == []


def test_who_shares_the_last_rank_is_listed_too(tmp_path):
    layer = areas(dep_exhealth_score=[5.0] * N, lang_low_english_pct=[5.0] * N)
    export(tmp_path / "list.csv", ranked(tmp_path, layer), TOP="3")
    assert len(rows(tmp_path / "list.csv")) == N


def test_a_selection_is_respected(silent, tmp_path):
    layer = QgsVectorLayer(str(silent), "ranked", "ogr")
    layer.selectByExpression("sh_rank in (3, 7, 11)")
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    project = QgsProject()
    project.addMapLayer(layer)
    run(
        *("exportlist",),
        project=project,
        INPUT=chosen,
        NAME_FIELD="name",
        OUTPUT=tmp_path / "list.csv",
    )
    told = rows(tmp_path / "list.csv")
    assert [int(row["rank"]) for row in told] == [3, 7, 11], "ranks are those of the layer"
    assert "3 areas with a rank are listed" in about(tmp_path / "list.csv")


def test_a_copy_in_memory_with_its_sources(silent, tmp_path):
    """As the panel hands it over."""
    file = QgsVectorLayer(str(silent), "ranked", "ogr")
    copy = file.materialize(QgsFeatureRequest())
    copy.setCustomProperty("seldom_heard/provenance", json.dumps(inherited(file)[0]))
    project = QgsProject()
    project.addMapLayer(copy)
    run("exportlist", project=project, INPUT=copy.id(), OUTPUT=tmp_path / "list.csv")
    assert len(rows(tmp_path / "list.csv")) == N
    assert "Scheme: General" in about(tmp_path / "list.csv")


def test_without_names_the_column_is_empty(silent, tmp_path):
    export(tmp_path / "list.csv", silent, NAME_FIELD=None)
    assert {row["name"] for row in rows(tmp_path / "list.csv")} == {""}


# --- what it says of itself


def test_without_replies_it_says_potentially(silent, counted, tmp_path):
    export(tmp_path / "list.csv", silent)
    assert {row["list"] for row in rows(tmp_path / "list.csv")} == {
        "Potentially seldom heard areas"
    }
    assert about(tmp_path / "list.csv").startswith("Potentially seldom heard areas")
    export(tmp_path / "other.csv", counted)
    assert {row["list"] for row in rows(tmp_path / "other.csv")} == {"Seldom heard areas"}


@pytest.mark.parametrize("voice", [True, False])
def test_what_the_layer_says_of_replies_counts(tmp_path, voice):
    layer = make_areas(CODES, sh_rank=list(range(1, N + 1)), sh_voice=[0.5] * N)
    told = {"sources": [], "ranking": {"voice": voice}}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    export(tmp_path / "list.csv", layer, NAME_FIELD=None)
    assert about(tmp_path / "list.csv").startswith("Seldom" if voice else "Potentially")


def test_it_says_how_it_was_made(silent, tmp_path):
    out = export(tmp_path / "list.csv", silent)
    text = about(tmp_path / "list.csv")
    assert out.results["ABOUT"] == str(tmp_path / "list-about.txt")
    for line in (
        "Scheme: General",
        "Top: 4",
        "Draws: 50",
        "Seed: 1",
        "Ranked among: the 40 areas of the layer",
        "Method: Scheme",
        WHERE,
        "Date of the figures: Census 2021; 2025",
        "There is always a top",
    ):
        assert line in text
    assert "Changes to the scheme" not in text


def test_it_does_not_date_disease_registers(tmp_path):
    """Files of any year are read, and which it was is not kept."""
    title = "Quality and Outcomes Framework disease registers"
    told = [source(f"{title}, 2020/21 onwards", "none", "prev_dm_pct", edition="2020/21 onwards")]
    layer = areas(told, prev_dm_pct=[5.0 + at / 10 for at in range(N)])
    export(tmp_path / "list.csv", ranked(tmp_path, layer))
    (dates,) = [
        line for line in about(tmp_path / "list.csv").splitlines() if line.startswith("Date")
    ]
    assert f"{title}, of which year the layer does not say" in dates
    assert "2020/21" not in dates and "Census 2021; 2025" in dates


def test_a_layer_that_lost_what_it_carried(silent, tmp_path):
    layer = QgsVectorLayer(str(silent), "ranked", "ogr")
    plain = make_areas(CODES, sh_rank=list(range(1, N + 1)), sh_score=[0.5] * N)
    out = export(tmp_path / "list.csv", plain, NAME_FIELD=None)
    assert layer.isValid() and out.results["LISTED"] == N
    text = about(tmp_path / "list.csv")
    assert "does not say by which scheme" in text
    assert {row["residents"] for row in rows(tmp_path / "list.csv")} == {""}
    assert {row["rule"] for row in rows(tmp_path / "list.csv")} == {"none"}


# --- what it must not tell


def test_counts_are_hidden_by_the_rule(tmp_path):
    people = [1, 7, 8, 12, 13, 0, *range(1000, 1000 + N - 6)]
    layer = ranked(tmp_path, areas(eth_total=people))
    export(tmp_path / "list.csv", layer, SUPPRESSION="nhs")
    shown = {row["code"]: row["residents"] for row in rows(tmp_path / "list.csv")}
    assert [shown[code] for code in CODES[:8]] == ["", "", "10", "10", "15", "0", "1000", "1000"]
    export(tmp_path / "other.csv", layer, SUPPRESSION="ons10")
    shown = {row["code"]: row["residents"] for row in rows(tmp_path / "other.csv")}
    assert [shown[code] for code in CODES[:4]] == ["", "", "", "10"]
    assert {row["rule"] for row in rows(tmp_path / "other.csv")} == {"ons10"}
    assert "1 to 9" in about(tmp_path / "other.csv")


@pytest.mark.parametrize("rule", ["nhs", "ons10"])
def test_with_a_rule_reasons_have_no_number(hidden, tmp_path, rule):
    export(tmp_path / "list.csv", hidden, SUPPRESSION=rule)
    told = rows(tmp_path / "list.csv")
    reasons = [row["reasons"] for row in told if row["rank"]]
    assert not any(re.search(r"\d", one) for one in reasons)
    assert "fewer replies than expected" in "; ".join(reasons)
    assert "deprivation is high" in "; ".join(reasons)
    assert all(len(row["score"].partition(".")[2]) <= 2 for row in told)


def test_short_reasons_are_those_of_the_ranking(silent, tmp_path):
    """Known again from the words on the layer, they are what the ranking itself calls short."""
    export(tmp_path / "list.csv", silent, SUPPRESSION="nhs")
    told = {row["code"]: row["reasons"] for row in rows(tmp_path / "list.csv")}
    for code, area in figures(silent).items():
        whole = area["sh_reasons"]
        if area["sh_rank"] in (None, "NULL") or not isinstance(whole, str):
            continue
        parts = told[code].split("; ")
        assert len(parts) == len(whole.split("; "))
        for short, long in zip(parts, whole.split("; ")):
            if "more than in" in long:
                assert long.startswith(short)
            else:
                assert short.endswith("in the upper half")


def test_a_ranking_of_true_replies_is_refused_with_a_rule(counted, tmp_path):
    """Its order tells small numbers; the areas with few replies are those it is about."""
    message = refused("exportlist", INPUT=counted, SUPPRESSION="nhs", OUTPUT=tmp_path / "list.csv")
    assert "measurevoice" in message and "findseldomheard" in message
    assert list(tmp_path.iterdir()) == []


def test_a_ranking_with_voice_that_tells_nothing_of_it_is_refused_too(tmp_path):
    layer = make_areas(CODES, sh_rank=list(range(1, N + 1)), sh_voice=[0.5] * N)
    message = refused("exportlist", INPUT=layer, SUPPRESSION="nhs", OUTPUT=tmp_path / "list.csv")
    assert "replies" in message


def test_true_replies_under_another_name_and_turned_round_are_refused_too(tmp_path):
    """Turned round, areas are not called seldom heard; their order tells replies all the same."""
    raw = schemes.load("general")
    voice = next(one for one in raw["pillars"] if one["id"] == "voice")
    voice["indicators"] = [{"title": "Answers", "fields": ["answers"], "more_is_barrier": False}]
    scheme = tmp_path / "own.json"
    scheme.write_text(json.dumps({**raw, "id": "own"}), encoding="utf-8")
    path = tmp_path / "ranked.gpkg"
    run(
        "findseldomheard",
        INPUT=areas(answers=[20.0 + at for at in range(N)]),
        SCHEME=scheme,
        CHANGES="answers=1 more",
        DRAWS=50,
        OUTPUT=path,
    )
    message = refused("exportlist", INPUT=path, SUPPRESSION="nhs", OUTPUT=tmp_path / "list.csv")
    assert "replies" in message


def test_a_flag_made_of_true_replies_is_left_out_with_a_rule(tmp_path):
    """The scheme gives replies no weight, and its flag reads their class all the same."""
    fields = replies("none")
    scheme = tmp_path / "own.json"
    raw = schemes.load("general")
    raw["pillars"] = [one for one in raw["pillars"] if one["id"] != "voice"]
    scheme.write_text(json.dumps({**raw, "id": "own"}), encoding="utf-8")
    core20 = [at % 2 for at in range(N)]
    layer = areas(dep_core20=core20, **fields)
    path = tmp_path / "ranked.gpkg"
    run("findseldomheard", INPUT=layer, SCHEME=scheme, DRAWS=50, OUTPUT=path)
    export(tmp_path / "open.csv", path)
    assert {row["flag"] for row in rows(tmp_path / "open.csv")} == {"0", "1"}
    export(tmp_path / "list.csv", path, SUPPRESSION="nhs")
    assert {row["flag"] for row in rows(tmp_path / "list.csv")} == {""}
    assert "flag is left out" in about(tmp_path / "list.csv")


def test_replies_without_weight_do_not_count_as_ranked_by(tmp_path):
    raw = schemes.load("general")
    next(one for one in raw["pillars"] if one["id"] == "voice")["weight"] = 0
    scheme = tmp_path / "own.json"
    scheme.write_text(json.dumps({**raw, "id": "own"}), encoding="utf-8")
    path = tmp_path / "ranked.gpkg"
    run("findseldomheard", INPUT=areas(**replies("none")), SCHEME=scheme, DRAWS=50, OUTPUT=path)
    export(tmp_path / "list.csv", path, SUPPRESSION="nhs")
    assert {row["list"] for row in rows(tmp_path / "list.csv")} == {
        "Potentially seldom heard areas"
    }


def test_without_a_rule_it_says_to_keep_it_inside(counted, tmp_path):
    out = export(tmp_path / "list.csv", counted)
    assert "keep this list inside" in out.log.text
    assert "keep this list inside" in about(tmp_path / "list.csv")
    assert {row["rule"] for row in rows(tmp_path / "list.csv")} == {"none"}


def test_hidden_replies_stay_hidden(hidden, tmp_path):
    out = export(tmp_path / "list.csv", hidden)
    assert "keep this list inside" not in out.log.text
    assert "by the rule nhs" in about(tmp_path / "list.csv")
    assert {row["rule"] for row in rows(tmp_path / "list.csv")} == {"none"}, "residents are not"
    export(tmp_path / "other.csv", hidden, SUPPRESSION="nhs")
    assert {row["rule"] for row in rows(tmp_path / "other.csv")} == {"nhs"}


def test_residents_that_were_hidden_are_not_rounded_again(tmp_path):
    people = [None, 12, *range(1000, 1000 + N - 2)]  # 12 by a rule that rounds otherwise
    layer = areas(eth_total=people)
    told = json.loads(layer.customProperty("seldom_heard/provenance"))
    told["sources"][0]["suppression"] = "ons10"
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    made = ranked(tmp_path, layer)
    export(tmp_path / "list.csv", made, SUPPRESSION="nhs")
    shown = {row["code"]: row for row in rows(tmp_path / "list.csv")}
    assert shown[CODES[0]]["residents"] == "" and shown[CODES[1]]["residents"] == "12"
    assert shown[CODES[1]]["rule"] == "ons10"
    assert "by the rule ons10 before" in about(tmp_path / "list.csv")


def test_ranks_of_open_counts_are_named(silent, tmp_path):
    out = export(tmp_path / "list.csv", silent, SUPPRESSION="nhs")
    assert "suppresscounts" in out.log.text
    assert "suppresscounts" in about(tmp_path / "list.csv")


# --- files


def sheet(path, number):
    """Return the texts and numbers of a sheet as they stand in the file, row by row."""
    with zipfile.ZipFile(path) as packed:
        shared = packed.read("xl/sharedStrings.xml").decode()
        text = packed.read(f"xl/worksheets/sheet{number}.xml").decode()
    texts = [
        unescape(re.sub(r"<[^>]+>", "", one)).strip("\n")
        for one in re.findall(r"<si>(.*?)</si>", shared, re.S)
    ]
    found = []
    for row in re.findall(r"<row .*?</row>", text, re.S):
        cells = re.findall(r"<c ([^>]*)>(.*?)</c>", row, re.S)
        found.append(
            [
                texts[int(re.sub(r"<[^>]+>", "", value))]
                if 't="s"' in kind
                else float(re.sub(r"<[^>]+>", "", value))
                for kind, value in cells
            ]
        )
    return found, text


def test_xlsx_has_two_sheets_and_numbers(silent, tmp_path):
    out = export(tmp_path / "list.xlsx", silent, TOP="5")
    assert [p.name for p in tmp_path.iterdir()] == ["list.xlsx"], "all is in one file"
    assert out.results["ABOUT"] == str(tmp_path / "list.xlsx")
    found, _ = sheet(tmp_path / "list.xlsx", 1)
    assert found[0] == COLUMNS and len(found) == 6
    assert [row[0] for row in found[1:]] == [1, 2, 3, 4, 5]
    told, _ = sheet(tmp_path / "list.xlsx", 2)
    assert told[0] == ["About", "Potentially seldom heard areas"]
    assert ["Seed", "1"] in told
    with zipfile.ZipFile(tmp_path / "list.xlsx") as packed:
        book = packed.read("xl/workbook.xml").decode()
    assert re.findall(r'<sheet name="(\w+)"', book) == ["List", "About"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_text_is_a_formula(tmp_path, ending):
    bad = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]
    layer = ranked(tmp_path, areas(name=bad + [f"Élan {at}" for at in range(N - 6)]))
    path = tmp_path / f"list.{ending}"
    export(path, layer)
    if ending == "csv":
        shown = [row["name"] for row in rows(path)]
    else:
        found, text = sheet(path, 1)
        assert "<f>" not in text
        shown = [row[2] if isinstance(row[0], float) else row[1] for row in found[1:]]
    assert {"'=1+1", "'+1", "'-1", "'@SUM(A1)"} <= {*shown}
    assert not [name for name in shown if name.startswith(sheets.FORMULA)]
    assert "Élan 3" in shown


def test_an_unknown_ending_is_refused(silent, tmp_path):
    message = refused("exportlist", INPUT=silent, OUTPUT=tmp_path / "list.pdf")
    assert ".csv" in message and ".xlsx" in message


def test_no_folder(silent, tmp_path):
    message = refused("exportlist", INPUT=silent, OUTPUT=tmp_path / "no" / "list.csv")
    assert "folder" in message


def test_a_layer_without_ranks_says_what_to_run(tmp_path):
    message = refused("exportlist", INPUT=areas(), OUTPUT=tmp_path / "list.csv")
    assert "sh_rank" in message and "findseldomheard" in message
    empty = make_areas(CODES, sh_rank=[1, *[None] * (N - 1)])
    place = empty.fields().lookupField("sh_rank")
    empty.dataProvider().changeAttributeValues({f.id(): {place: None} for f in empty.getFeatures()})
    message = refused("exportlist", INPUT=empty, OUTPUT=tmp_path / "list.csv")
    assert "findseldomheard" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_cancelled_leaves_what_was_there(silent, tmp_path, ending):
    path = tmp_path / f"list.{ending}"
    path.write_text("older", encoding="utf-8")
    log = Log(cancel_when=lambda what: "Read:" in str(what))
    out = run("exportlist", log, INPUT=silent, OUTPUT=path)
    assert out.results == {}
    assert path.read_text(encoding="utf-8") == "older"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_cancelled_while_it_is_written(tmp_path, ending):
    path = tmp_path / f"list.{ending}"
    path.write_text("older", encoding="utf-8")
    table = pd.DataFrame({"rank": range(5000), "name": ["Élan"] * 5000})
    asked: list[int] = []

    def cancelled():
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        sheets.write_sheets(path, {"List": table}, cancelled=cancelled)
    gc.collect()
    assert len(asked) == 4, "in the middle of the rows"
    assert path.read_text(encoding="utf-8") == "older"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_disk_that_takes_no_more(tmp_path, monkeypatch, ending):
    def full(*_ignored):
        raise OSError(28, "No space left on device")

    table = pd.DataFrame({"rank": [1]})
    monkeypatch.setattr(sheets, "_rows", full)
    with pytest.raises(InputError, match="No space left"):
        sheets.write_sheets(tmp_path / f"list.{ending}", {"List": table})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_older_file_is_replaced_whole(silent, tmp_path, ending):
    path = tmp_path / f"list.{ending}"
    path.write_text("older\n" * 9999, encoding="utf-8")
    export(path, silent)
    assert b"older" not in path.read_bytes()
    assert all(not p.name.startswith(".") for p in tmp_path.iterdir())


@pytest.mark.parametrize("older", [True, False])
def test_where_one_file_cannot_be_replaced_both_stay(silent, tmp_path, monkeypatch, older):
    """As when the one is open in Excel."""
    path, beside = tmp_path / "list.csv", tmp_path / "list-about.txt"
    before = {path: "older list", beside: "older text"} if older else {}
    for file, text in before.items():
        file.write_text(text, encoding="utf-8")
    real = Path.replace

    def replace(self, target):
        if Path(target) == beside and "unfinished" in self.name:
            raise PermissionError(13, "is open")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    message = refused("exportlist", INPUT=silent, OUTPUT=path)
    monkeypatch.undo()
    assert "Close it" in message
    assert {one: one.read_text(encoding="utf-8") for one in tmp_path.iterdir()} == before


def test_the_algorithm_fits_on_a_screen():
    text = Path(exportlist.__file__).read_text(encoding="utf-8")
    assert text.count("\n") < 80
