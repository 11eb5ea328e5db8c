"""The commands that made a layer are kept with it, and make it again."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess

import pytest
from qgis.core import (
    QgsField,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsProperty,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant
from seldom_heard.layers.outputs import inherited
from seldom_heard.processing.history import commands as histories
from seldom_heard.processing.history.commands import again, bounded, history_of, merged
from seldom_heard.processing.history.names import without_folders

from .helpers import (
    ROOT,
    SAMPLE,
    algorithm,
    make_areas,
    open_layer,
    rows_of,
    run,
    save_layer,
)

CODES = [f"E0100{at:04d}" for at in range(1, 9)]
START = "qgis_process run seldomheard:"
PROVENANCE = "seldom_heard/provenance"


def city(**columns):
    """Return eight areas with residents, of whom some speak little English."""
    figures = {"eth_total": [1500] * 8, "eth_asian_n": [10 * at for at in range(8)]}
    figures["lang_total"] = [1000 + at for at in range(8)]
    figures["lang_low_english_n"] = [7 * at for at in range(8)]
    figures["lang_low_english_pct"] = [0.7 * at for at in range(8)]
    figures["dep_imd_score"] = [30.5 - at for at in range(8)]
    figures["resp_total"] = [12, 9, 15, 3, 11, 2, 18, 7]
    return make_areas(CODES, **{**figures, **columns})


def history_in(layer) -> list[list[str]]:
    """Return the history that a layer, or a file opened anew, carries."""
    layer = layer if isinstance(layer, QgsVectorLayer) else open_layer(layer)
    return inherited(layer)[0]["history"]


def given(words) -> dict[str, list[str]]:
    """Return the values of a command by the parameter."""
    found: dict[str, list[str]] = {}
    for word in words[1:]:
        if not word.startswith("# "):
            name, value = shlex.split(word)[0].removeprefix("--").split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def command_for(name, **parameters) -> list[str]:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return again(algorithm(name), parameters, context)


def script(commands) -> str:
    return "\n".join(" \\\n  ".join(words) for words in commands)


def typed(commands, folder) -> str:
    """Type commands into a shell in a folder, as one copies them; return what it said."""
    text = f"""
        set -euo pipefail
        source {shlex.quote(str(ROOT / "scripts" / "qgis_env.sh"))}
        "$QGIS_PROCESS" plugins enable seldom_heard >/dev/null
        cd {shlex.quote(str(folder))}
        qgis_process() {{ "$QGIS_PROCESS" "$@" </dev/null; }}
    """
    lines = "\n".join(line.strip() for line in text.splitlines())
    done = subprocess.run(
        ["bash", "-c", f"{lines}\n{script(commands)}"],
        capture_output=True,
        text=True,
        env={**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile")},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The sample city from raw files to the ranking, with names that a shell would stumble on."""
    raw, made = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("made")
    files = {}
    for name in ("areas.gpkg", "census2021-ts021-lsoa.csv", "census2021-ts029-lsoa.csv"):
        files[name] = shutil.copy(SAMPLE / name, raw)
    files["File_7_IoD2025.csv"] = shutil.copy(SAMPLE / "File_7_IoD2025.csv", raw)
    replies = shutil.copy(
        SAMPLE / "replies" / "survey_replies.csv", raw / 'what $people\'s "say".csv'
    )
    postcodes = shutil.copy(SAMPLE / "replies" / "postcodes.csv", raw)
    tables = [files[name] for name in files if name.endswith(".csv")]
    run("profileareas", INPUT=files["areas.gpkg"], TABLES=tables, LEVEL="category",
        OUTPUT=made / "profile of 1 & 2.gpkg")  # fmt: skip
    run("countresponses", INPUT=made / "profile of 1 & 2.gpkg", RESPONSES=replies,
        POSTCODES=postcodes, GROUP_FIELD="ethnic_group", OUTPUT=made / "counted.gpkg",
        UNPLACED=made / "unplaced.csv")  # fmt: skip
    run("measurevoice", INPUT=made / "counted.gpkg", NAME_FIELD="LSOA21NM",
        OUTPUT=made / "voice.gpkg", REPORT=made / "voice.html")  # fmt: skip
    run("findseldomheard", INPUT=made / "voice.gpkg", TOP="10%", DRAWS=100, SEED=5,
        CHANGES="barriers=2; lang_low_english_pct=0.5", NAME_FIELD="LSOA21NM",
        OUTPUT=made / "ranked.gpkg")  # fmt: skip
    return raw, made


# --- what is kept


def test_history_is_every_command_from_the_raw_files(job):
    raw, made = job
    commands = history_in(made / "ranked.gpkg")
    ran = [words[0].removeprefix(START) for words in commands]
    assert ran == ["profileareas", "countresponses", "measurevoice", "findseldomheard"]
    profile, counted, _, ranked = map(given, commands)
    assert profile["INPUT"] == ["areas.gpkg"]
    assert profile["TABLES"] == [
        "census2021-ts021-lsoa.csv",
        "census2021-ts029-lsoa.csv",
        "File_7_IoD2025.csv",
    ]
    assert profile["OUTPUT"] == counted["INPUT"] == ["profile of 1 & 2.gpkg"]
    assert ranked["SEED"] == ["5"] and ranked["CHANGES"] == ["barriers=2; lang_low_english_pct=0.5"]
    assert ranked["RANKED_AMONG"] == ["layer"], "defaults too, as another version may have others"
    assert str(raw.parent) not in str(commands)


def test_commands_copied_into_a_shell_make_the_same_layer(job, tmp_path):
    raw, made = job
    for path in raw.iterdir():
        shutil.copy(path, tmp_path)
    typed(history_in(made / "ranked.gpkg"), tmp_path)
    first, second = open_layer(made / "ranked.gpkg"), open_layer(tmp_path / "ranked.gpkg")
    assert [f.name() for f in first.fields()] == [f.name() for f in second.fields()]
    assert first.featureCount() == 340
    assert rows_of(second) == rows_of(first)
    shapes = [[f.geometry().asWkb().data() for f in one.getFeatures()] for one in (first, second)]
    assert shapes[0] == shapes[1]
    assert history_in(second) == history_in(first)


def test_no_reply_and_no_postcode_is_in_a_history(job):
    raw, made = job
    kept = json.dumps(history_in(made / "counted.gpkg"))
    postcodes = [
        line.split(",")[0] for line in (raw / "postcodes.csv").read_text().splitlines()[1:]
    ]
    assert len(postcodes) > 7000
    assert not [one for one in postcodes if one.strip('"') in kept]


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
def test_history_goes_with_every_kind_of_file(tmp_path, ending):
    first = save_layer(city(), tmp_path / f"areas.{ending}")
    middle, last = tmp_path / f"voice.{ending}", tmp_path / f"quota.{ending}"
    run("measurevoice", INPUT=first, OBSERVED_FIELD="resp_total", OUTPUT=middle)
    run("suppresscounts", INPUT=middle, RULE="nhs", OUTPUT=last)
    commands = history_in(last)
    assert [words[0] for words in commands] == [
        f"{START}measurevoice",
        f"{START}suppresscounts",
    ]
    assert given(commands[0])["OUTPUT"] == given(commands[1])["INPUT"] == [middle.name]


def test_layers_in_memory_are_told_as_files(tmp_path):
    """Nothing in memory can be read by a command: what passes is written to a file there."""
    first = save_layer(city(), tmp_path / "areas.gpkg")
    voice = run("measurevoice", INPUT=first, OUTPUT="memory:Voice of areas").layer
    QgsProject.instance().addMapLayer(voice)
    ranked = run("findseldomheard", INPUT=voice.id(), DRAWS=20, OUTPUT="TEMPORARY_OUTPUT",
                 project=QgsProject.instance()).layer  # fmt: skip
    commands = history_in(ranked)
    assert given(commands[0])["OUTPUT"] == given(commands[1])["INPUT"] == ["measurevoice.gpkg"]
    assert given(commands[1])["OUTPUT"] == ["findseldomheard.gpkg"]
    assert "# " not in str(commands)
    words = command_for("suppresscounts", INPUT=ranked, RULE="nhs", OUTPUT=str(tmp_path / "x.gpkg"))
    assert given(words)["INPUT"] == ["findseldomheard.gpkg"]
    typed(commands, tmp_path)
    assert rows_of(ranked)[3]["sh_score"] == pytest.approx(
        rows_of(open_layer(tmp_path / "findseldomheard.gpkg"))[3]["sh_score"]
    )


def test_files_that_pass_in_a_model_are_told_apart(tmp_path):
    """A model gives each of its steps a file called OUTPUT.gpkg, each in a folder of its own."""
    first = save_layer(city(), tmp_path / "areas.gpkg")
    passing = [QgsProcessingUtils.generateTempFilename("OUTPUT.gpkg") for _ in range(2)]
    run("measurevoice", INPUT=first, OUTPUT=passing[0])
    table = QgsProcessingUtils.generateTempFilename("SENSITIVITY.gpkg")
    run("findseldomheard", INPUT=passing[0], DRAWS=20, OUTPUT=passing[1], SENSITIVITY=table)
    run("suppresscounts", INPUT=passing[1], RULE="nhs", OUTPUT=tmp_path / "out.gpkg")
    values = list(map(given, history_in(tmp_path / "out.gpkg")))
    assert [one["OUTPUT"] for one in values] == [
        ["measurevoice.gpkg"],
        ["findseldomheard.gpkg"],
        ["out.gpkg"],
    ]
    assert [one["INPUT"] for one in values[1:]] == [one["OUTPUT"] for one in values[:2]]
    asked = {"INPUT": str(tmp_path / "out.gpkg"), "SENSITIVITY": table, "OUTPUT": "plan.html"}
    plan = histories.history(algorithm("exportplan"), asked, QgsProcessingContext())[-1]
    assert given(plan)["SENSITIVITY"] == ["findseldomheard_sensitivity.gpkg"]
    assert "# " not in str(plan)


# --- histories of several layers


def test_layers_of_before_there_were_histories_begin_one(tmp_path):
    old = city()
    old.setCustomProperty(PROVENANCE, json.dumps({"sources": [], "ranking": {}}))
    assert [
        words[0] for words in history_in(run("measurevoice", INPUT=old, OUTPUT="memory:").layer)
    ] == [f"{START}measurevoice"]


@pytest.mark.parametrize("kept", [7, "text", [7], [["rm", "-rf", "~"]], [[]], {"a": 1}, [[None]]])
def test_what_is_no_history_is_not_taken_for_one(kept):
    layer = city()
    layer.setCustomProperty(PROVENANCE, json.dumps({"history": kept}))
    assert len(history_in(run("measurevoice", INPUT=layer, OUTPUT="memory:").layer)) == 1


@pytest.mark.parametrize(
    "word",
    [
        "--INPUT=a.gpkg; rm -rf ~",
        "--INPUT=$(rm x)",
        "--INPUT=`rm x`",
        "--INPUT=a > b",
        "--INPUT=a\nrm -rf ~",
        "# a comment\nrm -rf ~",
        "--INPUT='open",
        "rm",
    ],
)
def test_no_layer_of_a_stranger_gets_a_shell_to_run_anything_else(word, tmp_path):
    told = {"history": [[f"{START}measurevoice", word, "--OUTPUT=out.gpkg"]]}
    for words in history_of(told):
        shown = "qgis_process() { :; }\nrm() { echo gone; }\n" + script([words])
        done = subprocess.run(["bash", "-c", shown], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0 and done.stdout == "" and done.stderr == ""
        assert list(tmp_path.iterdir()) == []


def test_a_command_of_a_stranger_writes_where_it_is_run():
    told = {"history": [[f"{START}measurevoice", "--INPUT=a.gpkg", "--OUTPUT=../../home/b.gpkg"]]}
    assert history_of(told) == [[f"{START}measurevoice", "--INPUT=a.gpkg", "--OUTPUT=b.gpkg"]]


def test_histories_of_two_inputs_come_once_each_in_their_order(tmp_path):
    """What made both of them stands there once."""
    first = save_layer(city(), tmp_path / "areas.gpkg")
    run("measurevoice", INPUT=first, OUTPUT=tmp_path / "voice.gpkg")
    run("findseldomheard", INPUT=tmp_path / "voice.gpkg", DRAWS=20, TOP="1",
        OUTPUT=tmp_path / "larger.gpkg")  # fmt: skip
    run("findseldomheard", INPUT=tmp_path / "voice.gpkg", DRAWS=20, PARENT_FIELD="LSOA21CD",
        LARGER=tmp_path / "larger.gpkg", OUTPUT=tmp_path / "ranked.gpkg")  # fmt: skip
    commands = history_in(tmp_path / "ranked.gpkg")
    assert [words[0].removeprefix(START) for words in commands] == [
        "measurevoice",
        "findseldomheard",
        "findseldomheard",
    ]
    assert given(commands[-1])["LARGER"] == ["larger.gpkg"]
    assert given(commands[-1])["INPUT"] == ["voice.gpkg"]


def test_two_files_of_one_name_do_not_write_over_each_other():
    here = [[f"{START}measurevoice", "--INPUT=areas.gpkg", "--OUTPUT=voice.gpkg"]]
    there = [
        [f"{START}measurevoice", "--INPUT=wards.gpkg", "--OUTPUT=voice.gpkg"],
        [f"{START}findseldomheard", "--INPUT=voice.gpkg|layername=voice", "--OUTPUT=ranked.gpkg"],
    ]
    whole, told = merged(here, there)
    assert whole[0] == here[0] and whole[1:] == told
    assert given(told[0])["OUTPUT"] == given(told[1])["INPUT"] == ["voice_2.gpkg"]
    assert merged(here, here) == (here, here)


def test_an_output_with_the_name_of_an_input_gets_another(tmp_path):
    (tmp_path / "old").mkdir()
    first = save_layer(city(), tmp_path / "old" / "areas.gpkg")
    run("measurevoice", INPUT=first, OUTPUT=tmp_path / "areas.gpkg")
    run("findseldomheard", INPUT=tmp_path / "areas.gpkg", DRAWS=20, OUTPUT=tmp_path / "new.gpkg")
    voice, ranked = map(given, history_in(tmp_path / "new.gpkg"))
    assert voice["INPUT"] == ["areas.gpkg"]
    assert voice["OUTPUT"] == ranked["INPUT"] == ["areas_2.gpkg"]


def test_a_file_renamed_since_is_called_as_it_was_made(tmp_path):
    first = save_layer(city(), tmp_path / "areas.gpkg")
    run("measurevoice", INPUT=first, OUTPUT=tmp_path / "voice.gpkg")
    (tmp_path / "voice.gpkg").rename(tmp_path / "handed over.gpkg")
    run("findseldomheard", INPUT=tmp_path / "handed over.gpkg", DRAWS=20,
        OUTPUT=tmp_path / "ranked.gpkg", REPORT=tmp_path / "report.txt")  # fmt: skip
    assert given(history_in(tmp_path / "ranked.gpkg")[-1])["INPUT"] == ["voice.gpkg"]
    report = (tmp_path / "report.txt").read_text("utf-8")
    assert "handed over.gpkg" in report, "the command of a report alone reads the file there is"


def test_layers_of_a_database_are_told_apart(tmp_path):
    file = save_layer(city(), tmp_path / "all.gpkg")
    for name, source, target in (
        ("measurevoice", f"{file}|layername=areas", "voice"),
        ("findseldomheard", f"{file}|layername=voice", "ranked"),
    ):
        run(name, INPUT=source, OUTPUT=f"ogr:dbname='{file}' table=\"{target}\" (geom)")
    commands = history_in(f"{file}|layername=ranked")
    voice, ranked = map(given, commands)
    assert voice["INPUT"] == ["all.gpkg|layername=areas"]
    assert voice["OUTPUT"] == ["ogr:dbname='all.gpkg' table=\"voice\" (geom)"]
    assert ranked["INPUT"] == ["all.gpkg|layername=voice"]
    again = tmp_path / "again"
    again.mkdir()
    save_layer(city(), again / "all.gpkg")
    typed(commands, again)
    rows = [rows_of(open_layer(f"{one}|layername=ranked")) for one in (file, again / "all.gpkg")]
    assert rows[0] == rows[1] and len(rows[0]) == 8


def test_files_that_must_be_there_are_those_that_no_command_writes(job, tmp_path):
    raw, made = job
    commands = history_in(made / "ranked.gpkg")
    assert sorted(histories.needed(commands)) == sorted(path.name for path in raw.iterdir())
    assert histories.needed(commands[1:])[0] == "profile of 1 & 2.gpkg"


# --- it stays small


def test_a_layer_run_over_itself_does_not_grow_without_end(tmp_path):
    layer = run(
        "measurevoice", INPUT=save_layer(city(), tmp_path / "areas.gpkg"), OUTPUT="memory:"
    ).layer
    outputs = []
    for _ in range(4):
        layer = run("measurevoice", INPUT=layer, OUTPUT="memory:").layer
        outputs = [given(words)["OUTPUT"][0] for words in history_in(layer)]
    assert len(outputs) == len({*outputs}) == 5
    endless = [[f"{START}measurevoice", f"--INPUT={n}.gpkg"] for n in range(500)]
    assert bounded(endless) == endless[-histories.MOST_COMMANDS :]
    long = [[f"{START}measurevoice", "--INPUT=" + "x" * 50_000] for _ in range(3)]
    assert bounded(long) == long[-1:]
    assert bounded([["x" * 10**6]]) == [["x" * 10**6]]


def test_a_selection_keeps_the_history_of_its_layer(tmp_path):
    first = save_layer(city(), tmp_path / "areas.gpkg")
    layer = run("measurevoice", INPUT=first, OUTPUT=tmp_path / "voice.gpkg").layer
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:5])
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    made = run("findseldomheard", INPUT=chosen, DRAWS=20, OUTPUT=tmp_path / "ranked.gpkg",
               project=QgsProject.instance()).layer  # fmt: skip
    voice, ranked = history_in(made)
    assert voice[0] == f"{START}measurevoice" and "# " not in str(voice)
    assert ranked[-1].startswith("# INPUT: only selected features were read")


# --- the words of one command


def test_several_values_come_several_times():
    words = command_for("profileareas", INPUT="a.gpkg", TABLES=["/a/b/one.csv", r"C:\x\two 2.csv"],
                        DIMENSIONS=["ethnicity", "language"], OUTPUT="/x/y.gpkg")  # fmt: skip
    told = given(words)
    assert told["TABLES"] == ["one.csv", "two 2.csv"]
    assert told["DIMENSIONS"] == ["ethnicity", "language"]
    assert told["OUTPUT"] == ["y.gpkg"] and told["MIN_MATCH"] == ["98.0"]
    assert "'--TABLES=two 2.csv'" in words


def test_yes_and_no_are_said_in_small_letters():
    words = command_for(
        "aggregateareas", INPUT="a.gpkg", GROUP_FIELD="W", DISSOLVE=False, OUTPUT="b.gpkg"
    )
    assert given(words)["DISSOLVE"] == ["false"]
    words = command_for(
        "aggregateareas", INPUT="a.gpkg", GROUP_FIELD="W", DISSOLVE=True, OUTPUT="b.gpkg"
    )
    assert given(words)["DISSOLVE"] == ["true"]


def test_nothing_is_said_of_what_is_not_given():
    null = QVariant(QVariant.Type.String)
    words = command_for("measurevoice", INPUT="a.gpkg", OBSERVED_FIELD=None, POPULATION_FIELD=null,
                        STANDARDISE="", OUTPUT="b.gpkg")  # fmt: skip
    assert {*given(words)} == {"INPUT", "MIN_EXPECTED", "SUPPRESSION", "OUTPUT"}
    words = command_for("measurevoice", INPUT="a.gpkg", SUPPRESSION=None, OUTPUT="b.gpkg")
    assert given(words)["SUPPRESSION"] == ["none"], "as a model that is not told it runs it"


def test_outputs_of_a_dialog_are_said_like_any_other():
    sink = QgsProcessingOutputLayerDefinition("/x/voice.gpkg", QgsProject.instance())
    words = command_for("measurevoice", INPUT="a.gpkg", OUTPUT=sink)
    assert given(words)["OUTPUT"] == ["voice.gpkg"]
    least = QgsProperty.fromExpression("2 * 3")
    words = command_for("measurevoice", INPUT="a.gpkg", MIN_EXPECTED=least, OUTPUT=sink)
    assert given(words)["MIN_EXPECTED"] == ["6"]


def test_a_filter_goes_with_the_layer_unless_it_names_postcodes(tmp_path):
    file = save_layer(city(POSTCODE=["S1 2AB"] * 8, WD24NM=["Hill"] * 8), tmp_path / "areas.gpkg")
    layer = open_layer(file)
    QgsProject.instance().addMapLayer(layer)
    assert layer.setSubsetString("\"WD24NM\" = 'Hill' AND resp_total > 5")
    words = command_for("measurevoice", INPUT=layer.id(), OUTPUT="b.gpkg")
    assert given(words)["INPUT"][0].endswith("|subset=\"WD24NM\" = 'Hill' AND resp_total > 5")
    typed([words], tmp_path)
    assert open_layer(tmp_path / "b.gpkg").featureCount() == 6
    assert layer.setSubsetString("POSTCODE IN ('S1 2AB', 'S12AC')")
    words = command_for("measurevoice", INPUT=layer.id(), OUTPUT="b.gpkg")
    assert "2A" not in str(words)
    assert words[-1].startswith("# INPUT: its filter names postcodes")


def test_what_no_command_can_say_is_a_comment(tmp_path):
    file = save_layer(city(), tmp_path / "areas.gpkg")
    layer = open_layer(file)
    QgsProject.instance().addMapLayer(layer)
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    words = command_for("measurevoice", INPUT=chosen, OUTPUT="b.gpkg")
    assert words[-1].startswith("# INPUT: only selected features were read")
    assert given(words)["INPUT"] == [f"{file.name}|layername=areas"] or given(words)["INPUT"] == [
        file.name
    ]
    layer.addExpressionField("1", QgsField("made", QVariant.Type.Int))
    words = command_for("measurevoice", INPUT=layer, OUTPUT="b.gpkg")
    assert "calculated in the project" in words[-1]
    scratch = city()
    words = command_for("measurevoice", INPUT=scratch, OUTPUT="b.gpkg")
    assert words[-1] == "# INPUT: squares is in no file that stays. Save it as one first."
    tables = [str(tmp_path / folder / "t.csv") for folder in "xy"]
    QgsProject.instance().clear()
    words = command_for("profileareas", INPUT=str(file), TABLES=tables, OUTPUT="b.gpkg")
    assert words[-1] == "# Files of one name lie in several folders: t.csv. Rename them first."
    # a comment at the end of what is copied harms nothing
    shown = "qgis_process() { echo $#; }\n" + script([words])
    done = subprocess.run(["bash", "-c", shown], capture_output=True, text=True)
    assert done.stdout.split() == [str(len(words) - 2 + 2)] and not done.stderr


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("/home/me/city/areas.gpkg|layername=a b", "areas.gpkg|layername=a b"),
        (r"C:\Users\me\areas.shp", "areas.shp"),
        ("/vsizip//home/me/city.zip/areas.shp", "/vsizip/city.zip/areas.shp"),
        ("/vsigzip/home/me/table.csv.gz", "/vsigzip/table.csv.gz"),
        ("https://me:pass@maps.org/a.geojson?token=abc&x=1", "https://maps.org/a.geojson&x=1"),
        ("ogr:dbname='/home/me/a.gpkg' table=\"t\"", "ogr:dbname='a.gpkg' table=\"t\""),
    ],
)
def test_sources_without_folders_logins_and_passwords(source, told):
    assert without_folders(source) == told


def test_a_database_is_told_by_the_name_of_the_layer():
    """Its server and user are as little anybody's business as its password."""
    uri = "dbname='gis' host=db.council port=5432 user='me' password='secret' table=\"b\" (geom)"
    layer = QgsVectorLayer(uri, "Areas of the city", "postgres")
    QgsProject.instance().addMapLayer(layer, False)
    words = command_for("measurevoice", INPUT=layer.id(), OUTPUT="b.gpkg")
    for secret in ("secret", "council", "me'", "5432"):
        assert secret not in str(words)
