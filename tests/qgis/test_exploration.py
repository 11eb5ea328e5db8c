"""A layer explored: read once, ranked at once, tested in draws, and the same by a command."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import threading
from dataclasses import replace

import numpy as np
import pytest
from qgis.core import (
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt.QtCore import QThread
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.processing.explore.commands import command_of, source_of
from seldom_heard.processing.explore.exploration import Reading
from seldom_heard.processing.explore.names import likely_names
from seldom_heard.processing.explore.settings import Settings

from .helpers import Log, lsoas, make_areas, open_layer, refused, rows_of, run, save_layer
from .made_up import city

QUICK = Settings(draws=30)
CHANGED = Settings(
    draws=30,
    top="7",
    changes="barriers=2; lang_low_english_pct=0.5; voice_shrunk=1 more",
    scheme="language_access",
)


def quiet():
    return QgsProcessingFeedback(False)


def explored(layer, settings=QUICK, project=None):
    return Reading(layer, settings, project or QgsProject.instance()).read(quiet())


def asked(settings):
    return {name: value for name, value in settings.parameters().items()}


def plain(values):
    """Return the cells of a column with None for what is missing."""
    return [None if value is None or value != value else value for value in values.astype(object)]


def ranks(values):
    return [None if missing else int(rank) for rank, missing in zip(values, values.isna())]


@pytest.fixture
def layer():
    return city(60)


@pytest.fixture(scope="module")
def exploration():
    return explored(city(60))


# --- what is read -------------------------------------------------------------------------------


def test_all_fields_are_read_a_row_each(layer, exploration):
    rows = rows_of(layer)
    assert exploration.codes == [row["LSOA21CD"] for row in rows]
    assert exploration.names == [row["LSOA21NM"] for row in rows]
    assert exploration.ids == [feature.id() for feature in layer.getFeatures()]
    assert (exploration.code_field, exploration.name_field) == ("LSOA21CD", "LSOA21NM")
    numeric = [field.name() for field in layer.fields() if field.isNumeric()]
    assert sorted(exploration.numbers) == sorted(numeric)
    assert set(exploration.numbers.dtypes) == {np.dtype(float)}
    for name in numeric:
        assert exploration.numbers[name].tolist() == [row[name] for row in rows]
    assert set(exploration.words) == {f.name() for f in layer.fields() if not f.isNumeric()}
    assert list(exploration.numbers.index) == list(range(60))


def test_missing_stays_missing():
    values = {"dep_exhealth_score": [1.0, None, 3.0], "lang_low_english_pct": [1.0, 2.0, None]}
    found = explored(make_areas(lsoas(3), **values, note=["a", None, "c"]))
    assert found.numbers["dep_exhealth_score"].isna().tolist() == [False, True, False]
    assert found.words["note"].isna().tolist() == [False, True, False]
    standing = found.at_once(QUICK)
    assert ranks(standing.ranks) == [1, None, None]
    assert standing.in_top.tolist() == [True, False, False]
    assert standing.reasons([1, 2]) == ["", ""]


def test_numbers_written_as_text_are_numbers():
    values = {
        "dep_exhealth_score": ["1", "2", "x"],
        "lang_low_english_pct": ["3", "2.5", "1"],
    }
    found = explored(make_areas(lsoas(3), **values))
    assert found.numbers["dep_exhealth_score"].tolist()[:2] == [1, 2]
    assert found.numbers["dep_exhealth_score"].isna().tolist() == [False, False, True]


def test_a_filter_counts_and_a_selection_does_not(layer):
    part = layer.clone()
    part.selectByIds([feature.id() for feature in part.getFeatures()][:5])
    assert len(explored(part).ids) == 60
    part.setSubsetString("\"LSOA21CD\" < 'E01000020'")
    few = explored(part)
    assert 0 < len(few.ids) < 60
    assert few.codes == [row["LSOA21CD"] for row in rows_of(part)]
    assert max(few.at_once(QUICK).ranks) == len(few.ids)


def test_joined_fields_are_read(layer):
    """Figures that a table holds and the layer of areas does not."""
    codes = lsoas(4)
    plain_areas = make_areas(codes, dep_exhealth_score=[1.0, 2.0, 3.0, 4.0])
    table = make_areas(codes, code_field="code", lang_low_english_pct=[4.0, 3.0, 2.0, 1.0])
    project = QgsProject()
    project.addMapLayers([plain_areas, table])
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(table)
    join.setJoinFieldName("code")
    join.setTargetFieldName("LSOA21CD")
    join.setPrefix("")
    join.setUsingMemoryCache(True)
    assert plain_areas.addJoin(join)
    found = explored(plain_areas, project=project)
    assert found.numbers["lang_low_english_pct"].tolist() == [4, 3, 2, 1]
    with pytest.raises(InputError, match=r"joined or calculated.*: lang_low_english_pct"):
        command_of(plain_areas, QUICK, project)


def test_what_is_read_is_the_layer_as_it_was(layer):
    """Edits between the click and the task do no harm."""
    mine = city(20)
    reading = Reading(mine, QUICK, QgsProject.instance())
    before = rows_of(mine)
    mine.startEditing()
    mine.deleteFeatures([feature.id() for feature in mine.getFeatures()][:10])
    assert mine.commitChanges()
    assert reading.read(quiet()).codes == [row["LSOA21CD"] for row in before]


def test_it_is_read_and_tested_on_another_thread(layer, exploration):
    reading = Reading(layer, QUICK, QgsProject.instance())
    found = {}

    def work():
        found["read"] = reading.read(quiet())
        found["tested"] = found["read"].tested(QUICK, quiet())
        found["here"] = QThread.currentThread()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert found["read"].codes == exploration.codes
    assert found["here"] != layer.thread()
    assert ranks(found["tested"].frame["sh_rank"]) == ranks(exploration.at_once(QUICK).ranks)


# --- ranked as by the algorithm -----------------------------------------------------------------


@pytest.mark.parametrize("settings", [QUICK, CHANGED], ids=["default", "changed"])
def test_at_once_tested_and_the_algorithm_agree(layer, exploration, settings):
    found = exploration if exploration.serves(settings) else explored(layer, settings)
    standing, tested = found.at_once(settings), found.tested(settings, quiet())
    rows = run("findseldomheard", INPUT=layer, OUTPUT="memory:", **asked(settings)).rows()
    assert ranks(standing.ranks) == ranks(tested.frame["sh_rank"])
    for name in tested.frame:
        assert plain(tested.frame[name]) == [row[name] for row in rows], name
    assert [text or None for text in standing.reasons(range(60))] == [
        row["sh_reasons"] for row in rows
    ]
    assert standing.title == tested.title
    assert standing.in_top.sum() == tested.top == standing.top
    assert [one.percent for one in standing.outside] == [one.percent for one in tested.outside]


@pytest.mark.parametrize("seed", range(4))
def test_any_settings_rank_as_the_algorithm_does(layer, exploration, seed):
    from random import Random

    from seldom_heard.processing.ranking import schemes

    from .test_scheme_edits import any_changes

    random = Random(seed)
    changes = any_changes(schemes.load(QUICK.scheme), random)
    top = random.choice(["1", "60", "500", "10%", "33.3%"])
    settings = replace(QUICK, draws=20, seed=seed, changes=changes, top=top)
    standing, tested = exploration.at_once(settings), exploration.tested(settings, quiet())
    rows = run("findseldomheard", INPUT=layer, OUTPUT="memory:", **asked(settings)).rows()
    assert ranks(standing.ranks) == [row["sh_rank"] for row in rows]
    for name in tested.frame:
        assert plain(tested.frame[name]) == [row[name] for row in rows], name


def test_what_was_asked_before_does_not_matter(layer):
    """Percentiles are kept from one step of a slider to the next."""
    found = explored(layer)
    turned = "voice_shrunk=1 more; dep_exhealth_score=less"
    for changes in ("", turned, "barriers=0", turned, ""):
        settings = replace(QUICK, changes=changes)
        fresh = explored(layer).at_once(settings)
        again = found.at_once(settings)
        assert again.scored.composite.equals(fresh.scored.composite)
        assert again.scored.percentiles.equals(fresh.scored.percentiles)
        tested = found.tested(settings, quiet())
        assert tested.frame["sh_score"].equals(fresh.scored.composite)


def test_a_weight_moved_from_0_needs_no_new_reading(layer, tmp_path):
    """Every indicator is read, whatever its weight in the file."""
    text = json.loads(
        json.dumps(explored(layer, QUICK).scheme_raw(replace(QUICK, changes="barriers=0")))
    )
    path = tmp_path / "no barriers.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    settings = replace(QUICK, scheme=str(path))
    found = explored(layer, settings)
    assert "barriers" not in found.at_once(settings).scheme.pillar_weights
    back = replace(settings, changes="barriers=1")
    assert found.serves(back)
    assert ranks(found.at_once(back).ranks) == ranks(explored(layer).at_once(QUICK).ranks)


def test_a_scheme_saved_by_the_panel_ranks_like_its_changes(layer, tmp_path):
    path = tmp_path / "mine.json"
    found = explored(layer, CHANGED)
    path.write_text(json.dumps(found.scheme_raw(CHANGED)), encoding="utf-8")
    saved = replace(CHANGED, scheme=str(path), changes="")
    mine, file = found.tested(CHANGED, quiet()), explored(layer, saved).tested(saved, quiet())
    assert file.frame.equals(mine.frame)


def test_serves_only_what_was_read(exploration):
    assert exploration.serves(replace(QUICK, top="5", changes="need=2", view="voice", draws=10))
    for other in (
        {"scheme": "language_access"},
        {"among": "national"},
        {"reference": "x"},
        {"names": "eth_largest"},
        {"code_field": "LSOA21NM"},
    ):
        assert not exploration.serves(replace(QUICK, **other)), other
    assert exploration.serves(replace(QUICK, names=exploration.name_field)), "it was found"


def test_lines_of_the_layer(exploration):
    told = {line.key: line for line in exploration.lines(replace(QUICK, changes="need=3"))}
    assert told["need"].share == pytest.approx(60)
    assert told["prev_dm_pct"].note == "diabetes, chronic lung disease"
    assert exploration.titles["prev_copd_pct"].endswith("chronic lung disease")


def test_short_reasons_are_the_same_without_a_number(exploration):
    standing = exploration.at_once(QUICK)
    rows = range(60)
    pairs = list(zip(standing.reasons(rows), standing.short_reasons(rows)))
    assert any(long for long, _ in pairs)
    for long, short in pairs:
        assert bool(long) == bool(short)
        assert long.count("; ") == short.count("; ")
        assert not any(sign.isdigit() for sign in short), short
        if "limited English is common" in long:
            assert "limited English is common" in short
    told = "; ".join(short for _, short in pairs)
    assert "fewer replies than expected" in told and "diagnosed diabetes is common" in told
    assert "in the upper half" in told


def test_turned_round_no_reason_says_few_or_high(exploration):
    settings = replace(QUICK, changes="voice_shrunk=more; lang_low_english_pct=less")
    standing = exploration.at_once(settings)
    told = "; ".join(standing.reasons(range(60)))
    assert "Replies against those expected: 1" in told
    assert "fewer replies" not in told and "limited English is common" not in told
    short = "; ".join(standing.short_reasons(range(60)))
    assert "Replies against those expected: high" in short and "Limited English: low" in short
    assert standing.title == "Potentially seldom heard areas"


# --- refused in words, and stopped --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"changes": "needs=2"}, ("needs", "barriers")),
        ({"changes": "need=0; barriers=0; voice=0"}, ("Every weight is 0",)),
        ({"top": "many"}, ("TOP", "many")),
    ],
)
def test_settings_that_cannot_be_are_told_in_words(exploration, changed, named):
    with pytest.raises(InputError) as caught:
        exploration.at_once(replace(QUICK, **changed))
    assert all(word in str(caught.value) for word in named)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"scheme": "gone.json"}, "gone.json"),
        ({"names": "gone"}, "gone"),
        ({"code_field": "gone"}, "gone"),
        ({"among": "reference"}, "Choose the layer to rank among"),
        ({"among": "national"}, "national rank"),
        ({"reference": "gone"}, "REFERENCE"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(layer, settings, named):
    settings = replace(QUICK, **settings)
    with pytest.raises(InputError, match=named):
        explored(layer, settings).at_once(settings)


def test_a_layer_without_figures_names_the_algorithm_that_makes_them():
    with pytest.raises(InputError, match="profileareas"):
        explored(make_areas(lsoas(5)))
    empty = {"dep_exhealth_score": [1.0] * 5, "lang_low_english_pct": [None] * 4 + [float("nan")]}
    with pytest.raises(InputError, match=r"Barriers.*profileareas"):
        explored(make_areas(lsoas(5), **empty)).at_once(QUICK)


def test_a_layer_without_areas_is_refused():
    with pytest.raises(InputError, match="no features"):
        explored(make_areas([], dep_exhealth_score=[], lang_low_english_pct=[]))


def test_a_shapefile_is_refused_as_the_algorithm_does(tmp_path, layer):
    """It cuts the names of fields; the words say which are missing, and why."""
    short = open_layer(save_layer(layer, tmp_path / "short.shp"))
    message = refused("findseldomheard", INPUT=short, OUTPUT="memory:")
    assert "dep_exhealth_score" in message and "use a GeoPackage" in message
    with pytest.raises(InputError, match="look cut") as caught:
        explored(short)
    assert str(caught.value) in message


class StopsAt(Log):
    """A feedback that cancels itself at some progress."""

    def __init__(self, share):
        super().__init__(lambda what: isinstance(what, float) and what >= share)


def test_reading_can_be_stopped(layer):
    feedback = quiet()
    feedback.cancel()
    with pytest.raises(Cancelled):
        Reading(layer, QUICK, QgsProject.instance()).read(feedback)


def test_testing_tells_progress_and_can_be_stopped(exploration):
    many = replace(QUICK, draws=1000)
    feedback = StopsAt(200)
    exploration.tested(many, feedback)
    assert feedback.progressed == sorted(feedback.progressed)
    assert len(feedback.progressed) >= 20 and feedback.progressed[-1] > 90
    feedback = StopsAt(20)
    with pytest.raises(Cancelled):
        exploration.tested(many, feedback)
    assert 20 <= max(feedback.progressed) < 30


def test_testing_can_be_stopped_while_reasons_are_told(exploration, monkeypatch):
    from seldom_heard.processing.ranking import fields

    monkeypatch.setattr(fields, "AT_A_TIME", 7)
    told = []

    class Stops(QgsProcessingFeedback):
        def isCanceled(self):
            return len(told) == 2

    reasons = fields.Reasons.texts
    monkeypatch.setattr(
        fields.Reasons, "texts", lambda self, rows: told.append(rows) or reasons(self, rows)
    )
    with pytest.raises(Cancelled):
        exploration.tested(QUICK, Stops(False))
    assert [list(rows) for rows in told] == [list(range(7)), list(range(7, 14))]


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"LSOA21NM": ["a", "b", "c"], "LAD22NM": ["x", "x", "x"]}, "LSOA21NM"),
        ({"LAD22NM": ["x", "x", "x"], "LSOA21NM": ["a", "b", "c"]}, "LSOA21NM"),
        ({"LSOA21NMW": ["a", "b", "c"], "LSOA21NM": ["a", "b", "c"]}, "LSOA21NM"),
        ({"LAD22NM": ["x", "x", "x"]}, ""),
        ({"Name": ["a", "b", None]}, "Name"),
        ({"place_name": ["a", "b", "c"]}, "place_name"),
        ({"name": [1, 2, 3]}, ""),
        ({"note": ["a", "b", "c"]}, ""),
    ],
)
def test_field_of_names_is_found(columns, found):
    assert likely_names(make_areas(lsoas(3), **columns)) == found


def test_without_names_areas_go_by_their_codes():
    values = {"dep_exhealth_score": [1.0, 2.0], "lang_low_english_pct": [1.0, 2.0]}
    found = explored(make_areas(lsoas(2), **values))
    assert found.names == found.codes == lsoas(2) and found.name_field == ""


# --- the command --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh_qgis(tmp_path_factory):
    """Runs a copied command as it is, in a process and a profile of its own."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("no qgis_process on this machine")
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "bin").mkdir()
    (folder / "bin" / "qgis_process").symlink_to(program)  # Debian's wrapper refuses commands
    places = {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    (folder / "profile").mkdir()

    def type_in(command: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**os.environ, **places},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    type_in("qgis_process plugins enable seldom_heard")
    return type_in


def same_as_tested(fresh_qgis, layer, settings, output):
    """Type the copied command in; hold every area against the panel's ranking."""
    found = explored(layer, settings)
    tested = found.tested(settings, quiet())
    command = command_of(layer, settings, QgsProject.instance(), str(output))
    assert command.startswith("qgis_process run seldomheard:findseldomheard ")
    fresh_qgis(command)
    made = {row[found.code_field]: row for row in rows_of(open_layer(output))}
    assert sorted(made) == sorted(found.codes)
    rows = [made[code] for code in found.codes]
    for name in tested.frame:
        assert plain(tested.frame[name]) == [row[name] for row in rows], name
    return command, made


def test_copied_command_gives_the_same_ranking(fresh_qgis, layer, tmp_path):
    """At the settings that the panel opens with."""
    file = open_layer(save_layer(layer, tmp_path / "my areas.gpkg"))
    command, _ = same_as_tested(fresh_qgis, file, QUICK, tmp_path / "out.gpkg")
    assert "--NAME_FIELD=LSOA21NM" in shlex.split(command), "found, so told"


def test_copied_command_gives_the_same_ranking_of_a_changed_scheme(fresh_qgis, layer, tmp_path):
    """A number of areas, two weights, a direction turned round, part of the layer."""
    path = save_layer(layer, tmp_path / "it's 50 %.gpkg", name="city")
    file = open_layer(f"{path}|layername=city")
    file.setSubsetString('"LSOA21CD" < \'E01000050\' AND "eth_total" > 1')
    command, made = same_as_tested(fresh_qgis, file, CHANGED, tmp_path / "out.gpkg")
    assert 0 < len(made) < 60
    assert "--CHANGES=lang_low_english_pct=0.5; voice_shrunk=more" in shlex.split(command)


def test_copied_command_gives_the_same_ranking_in_the_nation(fresh_qgis, shared, tmp_path):
    """Real indices of deprivation, whose edition the file tells."""
    data = shared / "data" / "deprivation" / "File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv"
    with open(data, encoding="utf-8-sig") as lines:
        codes = [line.split(",")[0] for line in lines][1:41]
    english = {"lang_low_english_pct": [float(at * 7 % 41) for at in range(40)]}
    areas = save_layer(make_areas(codes, **english), tmp_path / "areas.gpkg")
    out = run("profiledeprivation", INPUT=areas, TABLES=[data], OUTPUT=tmp_path / "dep.gpkg")
    file = open_layer(tmp_path / "dep.gpkg")
    settings = replace(QUICK, among="national", top="5")
    _, made = same_as_tested(fresh_qgis, file, settings, tmp_path / "out.gpkg")
    among_these = explored(file).at_once(QUICK).scored.pillars["need"]
    assert [row["sh_need"] for row in made.values()] != among_these.tolist()
    assert out.layer.isValid()


def test_copied_command_gives_the_same_ranking_against_another_layer(
    fresh_qgis, layer, tmp_path, qgis_new_project
):
    file = open_layer(save_layer(layer, tmp_path / "areas.gpkg"))
    other = open_layer(save_layer(city(90), tmp_path / "more.gpkg"))
    QgsProject.instance().addMapLayer(other)
    settings = replace(QUICK, among="reference", reference=other.id())
    command, _ = same_as_tested(fresh_qgis, file, settings, tmp_path / "out.gpkg")
    assert f"--REFERENCE={tmp_path / 'more.gpkg'}" in command


def test_copied_command_reads_a_table_of_text(fresh_qgis, layer, tmp_path):
    """A layer that another provider reads is named with it."""
    names = [field.name() for field in layer.fields()]
    lines = [",".join(names)]
    lines += [",".join(str(row[name]) for name in names) for row in rows_of(layer)]
    (tmp_path / "city.csv").write_text("\n".join(lines), encoding="utf-8")
    source = f"file://{tmp_path}/city.csv?type=csv&detectTypes=yes&geomType=none"
    table = QgsVectorLayer(source, "city", "delimitedtext")
    assert table.isValid()
    same_as_tested(fresh_qgis, table, QUICK, tmp_path / "out.gpkg")


def test_command_names_whole_paths(layer, tmp_path, monkeypatch):
    path = save_layer(layer, tmp_path / "areas.gpkg")
    monkeypatch.chdir(tmp_path)
    file = open_layer("areas.gpkg")
    assert source_of(file).startswith(str(path))
    (tmp_path / "mine.json").write_text(
        json.dumps(explored(layer).scheme_raw(QUICK)), encoding="utf-8"
    )
    settings = replace(QUICK, scheme="mine.json", changes="need=1; voice=2")
    words = shlex.split(command_of(file, settings, QgsProject.instance(), "out.gpkg"))
    assert f"--SCHEME={tmp_path / 'mine.json'}" in words
    assert f"--OUTPUT={tmp_path / 'out.gpkg'}" in words
    assert "--CHANGES=voice=2" in words, "what changes nothing is left out"
    words = shlex.split(command_of(file, QUICK, QgsProject.instance()))
    assert f"--OUTPUT={tmp_path / 'areas_ranked.gpkg'}" in words
    assert not any(word.startswith(("--CHANGES", "--REFERENCE")) for word in words)


def test_command_for_windows(layer, tmp_path):
    path = save_layer(layer, tmp_path / "my areas.gpkg")
    file = open_layer(f"{path}|layername=areas")
    file.setSubsetString('"LSOA21CD" < \'E01000050\' AND "eth_total" > 1')
    command = command_of(file, CHANGED, QgsProject.instance(), "out.gpkg", windows=True)
    start, *words = command.split(' "--')
    assert start == "qgis_process run seldomheard:findseldomheard"
    assert all(word.endswith('"') and word.count('"') == 1 for word in words), words
    where = "subset=LSOA21CD < 'E01000050' AND eth_total > 1"
    assert words[0] == f'INPUT={path}|layername=areas|{where}"'
    file.setSubsetString('"two words" = \'"\'') or file.setSubsetString('"LSOA21CD" <> \'"\'')
    with pytest.raises(InputError, match="double quotes"):
        command_of(file, CHANGED, QgsProject.instance(), "out.gpkg", windows=True)


def test_no_command_for_what_is_in_no_file(layer, tmp_path):
    with pytest.raises(InputError, match="only in this project"):
        command_of(layer, QUICK, QgsProject.instance())
    file = open_layer(save_layer(layer, tmp_path / "areas.gpkg"))
    file.startEditing()
    assert command_of(file, QUICK, QgsProject.instance()), "nothing is changed yet"
    assert file.deleteFeature(next(file.getFeatures()).id())
    with pytest.raises(InputError, match="not saved"):
        command_of(file, QUICK, QgsProject.instance())
    file.rollBack()
    with pytest.raises(InputError, match="no longer in the project"):
        command_of(file, replace(QUICK, reference="gone"), QgsProject.instance())


def test_passwords_are_not_copied():
    source = "dbname='x' host=h user='me' password='secret' key='id' table=\"t\" (geom)"
    kept = QgsVectorLayer(source, "t", "postgres")
    assert "secret" not in source_of(kept) and source_of(kept).startswith("postgres://dbname")
