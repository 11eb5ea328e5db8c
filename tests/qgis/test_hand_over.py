"""What leaves the panel, without a desktop: files, the clipboard, the sample, and its messages."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import QCoreApplication, QObject, Qt
from qgis.PyQt.QtWidgets import QApplication, QMainWindow, QRadioButton
from seldom_heard.layers.errors import InputError
from seldom_heard.processing.choices import RULES
from seldom_heard.processing.explore import sample, saving
from seldom_heard.processing.explore.exploration import Reading
from seldom_heard.processing.explore.settings import Settings
from seldom_heard.processing.ranking import schemes
from seldom_heard.ui import hand_over as module
from seldom_heard.ui import settings as kept
from seldom_heard.ui.hand_over import HandOver
from seldom_heard.ui.widgets.rule_dialog import RuleDialog

from .helpers import algorithm, ensure_provider, make_areas, run, save_layer
from .test_sample_city import make


class Session(QObject):
    """Stands in for the panel's session: notes what it is told."""

    def __init__(self):
        super().__init__()
        self.settings, self.project = Settings(), QgsProject.instance()
        self.layer = self.exploration = self.standing = self.shown = None
        self.has_map = self.is_tested = False
        self.told = []

    def set_layer(self, layer, settings=None):
        self.layer, self.settings = layer, settings

    def change(self, **asked):
        self.told.append(asked)


class Bar(QgsMessageBar):
    """A message bar that keeps what it said."""

    def __init__(self):
        super().__init__()
        self.said, self.shown = [], []

    def pushMessage(self, title, text, level, duration):
        self.said.append((title, text, int(level)))

    def pushWidget(self, widget, level):
        self.shown.append(widget)
        return super().pushWidget(widget, level)

    @property
    def last(self):
        return self.said[-1][1]


@pytest.fixture
def stage(qgis_app, tmp_path, monkeypatch):
    """A hand-over with a window, a bar and a map of its own; files are asked for in `answers`."""
    ensure_provider()
    stage = SimpleNamespace(session=Session(), bar=Bar(), canvas=QgsMapCanvas(), answers=[])
    stage.window, stage.kept = QMainWindow(), {}
    iface = SimpleNamespace(
        mainWindow=lambda: stage.window,
        messageBar=lambda: stage.bar,
        mapCanvas=lambda: stage.canvas,
    )

    def asked(window, title, start, kinds):
        stage.asked = start
        return stage.answers.pop(0)

    monkeypatch.setattr(module.QFileDialog, "getSaveFileName", asked)
    monkeypatch.setattr(kept, "QgsSettings", lambda: Store(stage.kept))
    stage.hand = HandOver(stage.session, iface)
    yield stage
    stage.hand.close()
    QgsProject.instance().clear()


class Store:
    """Settings of the user that no other test sees."""

    def __init__(self, values):
        self._values = values

    def value(self, key, default=None):
        return self._values.get(key, default)

    def setValue(self, key, value):
        self._values[key] = value


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        QCoreApplication.processEvents()
        time.sleep(0.01)


# --- schemes


@pytest.fixture
def explored(stage):
    raw = schemes.load("general")
    raw["pillars"][0]["weight"] = 3
    stage.session.exploration = SimpleNamespace(scheme_raw=lambda settings: raw)
    stage.session.settings = Settings(changes="need=3")
    return stage


def test_scheme_is_kept_and_used(explored, tmp_path):
    explored.answers = [(str(tmp_path / "Our own-scheme"), "Scheme (*.json)")]
    explored.hand.save_scheme()
    path = tmp_path / "Our own-scheme.json"
    assert explored.session.told == [{"scheme": str(path), "changes": ""}]
    saved = schemes.load(str(path))
    assert (saved["id"], saved["title"]) == ("our_own_scheme", "Our own scheme")
    assert saved["pillars"][0]["weight"] == 3
    assert "need=3" in saved["explanation"]
    assert path.as_uri() in explored.bar.last
    assert explored.kept[kept.FOLDER] == str(tmp_path)
    explored.answers = [("", "")]
    explored.hand.save_scheme()
    assert explored.asked.startswith(str(tmp_path)), "the last folder is offered again"
    assert len(explored.session.told) == 1, "a file that was not chosen changes nothing"


def test_scheme_never_replaces_a_shipped_one(explored, tmp_path):
    explored.answers = [(str(tmp_path / "general.json"), "")]
    explored.hand.save_scheme()
    assert "another name" in explored.bar.last
    assert explored.session.told == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="outside the folder"):
        saving.save_scheme(schemes.load("general"), schemes.HOME / "own.json")
    assert not (schemes.HOME / "own.json").exists()


def test_scheme_is_whole_or_not_there(explored, tmp_path):
    taken = tmp_path / "taken.json"
    taken.mkdir()
    explored.answers = [(str(taken), "")]
    explored.hand.save_scheme()
    assert "taken.json" in explored.bar.last
    assert [path.name for path in tmp_path.iterdir()] == ["taken.json"]
    assert explored.session.told == []


def test_scheme_needs_areas(stage):
    stage.hand.save_scheme()
    assert "Choose a layer" in stage.bar.last


def test_unchanged_scheme_keeps_its_explanation(tmp_path):
    raw = schemes.load("general")
    path = saving.save_scheme(raw, tmp_path / "Ärzte & Co.json")
    saved = json.loads(path.read_text("utf-8"))
    assert saved["explanation"] == raw["explanation"]
    assert saved["id"] == "arzte_co"
    assert raw == schemes.load("general"), "what was given is not changed"


# --- the command


def test_command_is_on_the_clipboard(stage, monkeypatch):
    seen = []

    def command_of(*asked):
        seen.append(asked)
        return "qgis_process run x"

    fake = SimpleNamespace(command_of=command_of)
    monkeypatch.setitem(sys.modules, "seldom_heard.processing.explore.commands", fake)
    stage.session.layer = object()
    stage.hand.copy_command()
    assert QApplication.clipboard().text() == "qgis_process run x"
    assert seen == [(stage.session.layer, stage.session.settings, stage.session.project)]
    assert "clipboard" in stage.bar.last


def test_command_that_cannot_be_made_says_why(stage, monkeypatch):
    def command_of(*_asked):
        raise InputError("save it first <b>")

    fake = SimpleNamespace(command_of=command_of)
    monkeypatch.setitem(sys.modules, "seldom_heard.processing.explore.commands", fake)
    QApplication.clipboard().setText("what was there")
    stage.hand.copy_command()
    assert stage.bar.last == "save it first &lt;b&gt;"
    assert QApplication.clipboard().text() == "what was there"


# --- layers that algorithms make


def made(tmp_path, name="areas"):
    path = save_layer(make_areas(["E01000001"]), tmp_path / "made.gpkg", name=name)
    return path, QgsVectorLayer(f"{path}|layername={name}", "made", "ogr")


@pytest.mark.parametrize("loaded_first", [True, False])
@pytest.mark.parametrize("told", ["path", "named", "id"])
def test_layer_made_is_handed_over_once(stage, tmp_path, loaded_first, told):
    path, layer = made(tmp_path)
    output = {"path": str(path), "named": layer.source(), "id": layer.id()}[told]
    got = []
    other = make_areas(["E01000002"])
    QgsProject.instance().addMapLayer(other)
    if loaded_first:
        QgsProject.instance().addMapLayer(layer)
    stage.hand._on_finished(True, {"OUTPUT": output}, got.append)
    if not loaded_first:
        assert got == []
        QgsProject.instance().addMapLayer(layer)
    assert got == [layer]
    QgsProject.instance().addMapLayer(QgsVectorLayer(str(path), "again", "ogr"))
    assert got == [layer]


def test_other_layer_of_the_same_file_is_not_taken(stage, tmp_path):
    path, layer = made(tmp_path)
    save_layer(make_areas(["E01000003"]), path, name="others", append=True)
    others = QgsVectorLayer(f"{path}|layername=others", "others", "ogr")
    assert module._is_made(layer, f"{path}|layername=areas")
    assert not module._is_made(others, f"{path}|layername=areas")


@pytest.mark.parametrize("results", [{}, {"OUTPUT": None}, {"OUTPUT": ""}, {"REPORT": "a.html"}])
def test_nothing_made_is_nothing_handed_over(stage, results):
    got = []
    stage.hand._on_finished(True, results, got.append)
    stage.hand._on_finished(False, {"OUTPUT": "a.gpkg"}, got.append)
    assert got == []
    assert stage.hand._awaited == []


def test_closed_hears_nothing_of_the_project(stage, tmp_path):
    project = QgsProject.instance()
    before = project.receivers(project.layersAdded)
    _, layer = made(tmp_path)
    got = []
    stage.hand._on_finished(True, {"OUTPUT": layer.source()}, got.append)
    stage.hand.close()
    assert project.receivers(project.layersAdded) == before - 1
    project.addMapLayer(layer)
    assert got == []


# --- what cannot be done is said


def test_without_areas_dialogs_say_what_to_do(stage):
    plans = stage.hand.plans
    for ask in (
        *(stage.hand.export_map, plans.export_plan, plans.export_atlas),
        *(plans.plan_quotas, plans.plan_venues),
    ):
        said = len(stage.bar.said)
        assert ask() is None
        assert len(stage.bar.said) == said + 1
    assert all(title == "Seldom Heard" for title, _, _ in stage.bar.said)


def test_missing_pandas_is_said_before_anything_starts(stage, monkeypatch):
    monkeypatch.setattr(HandOver, "can_execute", lambda self, name="": (False, "needs pandas"))
    stage.hand.load_sample()
    assert stage.bar.last == "needs pandas"
    assert not stage.hand.is_busy
    assert stage.hand.open_algorithm("profileareas", {}) is None


def test_algorithm_that_is_not_there(stage):
    fine, problem = stage.hand.can_execute("nosuch")
    assert not fine
    assert "Processing" in problem
    assert stage.hand.can_execute() == (True, "")


def test_report_never_lands_on_a_file_that_is_there(tmp_path):
    path = tmp_path / "seldom-heard.html"
    assert module._unused(path) == path
    path.touch()
    assert module._unused(path) == tmp_path / "seldom-heard-2.html"


# --- the sample


def test_sample_is_made_once_and_explored(stage):
    stage.hand.load_sample()
    assert stage.hand.is_busy
    stage.hand.load_sample()  # a second click changes nothing
    wait_for(lambda: not stage.hand.is_busy)
    layers = list(QgsProject.instance().mapLayers().values())
    assert [layer.name() for layer in layers] == ["Exampleford (invented city)"]
    assert stage.session.layer is layers[0]
    assert stage.session.settings == Settings(names="LSOA21NM")
    assert "invented" in stage.bar.last
    assert stage.canvas.extent().contains(layers[0].extent().center())
    stage.session.layer = None
    stage.hand.load_sample()
    assert not stage.hand.is_busy, "what is there is used again"
    assert stage.session.layer is layers[0]
    assert len(QgsProject.instance().mapLayers()) == 1


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_sample_stopped_leaves_nothing(stage, monkeypatch, way):
    folders = []

    class Noted(sample.Sample):
        def __init__(self):
            super().__init__()
            folders.append(self.folder)

    monkeypatch.setattr(module.sample, "Sample", Noted)
    stage.hand.load_sample()
    assert len(stage.bar.shown) == 1
    wait_for(lambda: folders[0].exists())
    getattr(stage.hand, way)()
    assert not stage.hand.is_busy
    wait_for(lambda: not folders[0].exists())
    for _ in range(20):
        QCoreApplication.processEvents()
        time.sleep(0.01)
    assert QgsProject.instance().mapLayers() == {}
    assert stage.session.layer is None
    assert stage.bar.said == []


def test_sample_that_fails_says_so(stage, monkeypatch):
    def fails(self, feedback):
        raise InputError("the disk is full")

    monkeypatch.setattr(module.sample.Sample, "run", fails)
    stage.hand.load_sample()
    wait_for(lambda: stage.bar.said)
    assert stage.bar.last == "the disk is full"
    assert not stage.hand.is_busy


# --- lists


def test_rule_is_asked_in_words(qgis_app):
    dialog = RuleDialog("ons10")
    buttons = dialog.findChildren(QRadioButton)
    assert len(buttons) == 3
    assert dialog.rule() == "ons10"
    assert all(button.focusPolicy() & Qt.FocusPolicy.TabFocus for button in buttons)
    buttons[0].click()
    assert dialog.rule() == "none"
    assert RuleDialog("no such rule").rule() == "nhs", "in doubt counts are hidden"


def test_the_rule_chosen_is_proposed_again(stage, monkeypatch):
    ask(stage, monkeypatch, "ons10")
    assert stage.hand._ask_rule() == "ons10"
    ask(stage, monkeypatch, "none")
    assert stage.hand._ask_rule() == "none"
    assert stage.kept[kept.RULE] == "ons10"


def test_true_replies_stay_inside_and_the_dialog_says_what_to_do(stage):
    dialog = RuleDialog("nhs", tells_replies=True)
    words = dialog.question.text()
    assert "stay inside" in words and "Measure voice" in words
    usable = [button.isEnabled() for button in dialog.findChildren(QRadioButton)]
    assert usable == [name == "none" for name in RULES]
    assert dialog.rule() == "none"
    dialog.voice_button.click()
    assert dialog.wants_voice and dialog.result() == 0
    plain = RuleDialog("nhs")
    assert plain.rule() == "nhs" and "stay inside" not in plain.question.text()
    assert not hasattr(plain, "voice_button")


@pytest.mark.parametrize(("before", "told"), [("none", True), ("nhs", False)])
def test_the_way_to_a_list_that_may_go_out_is_filled_in(stage, monkeypatch, before, told):
    sources = [{"fields": ["voice_shrunk"], "suppression": before}]
    used = [SimpleNamespace(pillar="voice", field="voice_shrunk")]
    stage.session.exploration = SimpleNamespace(inherited={"sources": sources})
    stage.session.standing = SimpleNamespace(scheme=SimpleNamespace(indicators=used))
    stage.session.layer = SimpleNamespace(id=lambda: "areas")
    asked, opened = [], []

    def answer(dialog):
        asked.append(hasattr(dialog, "voice_button"))
        if asked[-1]:
            dialog.voice_button.click()
        return 0

    monkeypatch.setattr(RuleDialog, "exec", answer)
    stage.hand.open_algorithm = lambda *what, on_layer: opened.append((*what, on_layer))
    assert stage.hand._ask_rule() is None
    assert asked == [told]
    way = ("measurevoice", {"INPUT": "areas", "SUPPRESSION": "nhs"}, stage.session.set_layer)
    assert opened == ([way] if told else [])


def test_empty_list_is_not_saved(stage):
    stage.hand.save_list([])
    assert "no areas" in stage.bar.last


@pytest.fixture(scope="module")
def ranked(qgis_app, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranked")
    city = make(sample.Sample(), QgsProcessingFeedback(False))
    run("findseldomheard", INPUT=city, OUTPUT=folder / "ranked.gpkg", DRAWS=50)
    return folder / "ranked.gpkg"


@pytest.fixture
def listed(stage, ranked):
    """A session with a ranked layer on the map; the first rows are the first features."""
    layer = QgsVectorLayer(str(ranked), "ranked", "ogr")
    ids = sorted(layer.allFeatureIds())
    session = stage.session
    session.has_map = session.is_tested = True
    session.settings = Settings(names="LSOA21NM")
    session.layer = layer
    session.shown = SimpleNamespace(layer=layer, feature_id=lambda row: ids[row])
    return stage


def ask(stage, monkeypatch, rule):
    """Answer the question for a rule, None for closing the window."""
    monkeypatch.setattr(RuleDialog, "exec", lambda dialog: rule is not None)
    monkeypatch.setattr(RuleDialog, "rule", lambda dialog: rule)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_list_of_some_areas_is_saved(listed, monkeypatch, tmp_path, ending):
    ask(listed, monkeypatch, "none")
    listed.answers = [(str(tmp_path / "areas"), f"Kind (*.{ending})")]
    listed.hand.save_list([0, 5, 9])
    wait_for(lambda: not listed.hand.is_busy)
    wait_for(lambda: listed.bar.said)
    path = tmp_path / f"areas.{ending}"
    assert "3 areas are in" in listed.bar.last
    assert "not hidden" in listed.bar.last
    assert path.as_uri() in listed.bar.last
    table = QgsVectorLayer(str(path), "list", "ogr")
    assert table.featureCount() == 3
    names = {f["LSOA21NM"] for f in listed.session.layer.getFeatures([1, 6, 10])}
    text = {str(value) for row in table.getFeatures() for value in row.attributes()}
    assert names <= text
    assert listed.session.layer.selectedFeatureCount() == 0, "what is selected is the user's"
    assert kept.RULE not in listed.kept, "that nothing is hidden is never proposed again"


def test_list_that_would_tell_on_people_is_refused(listed, monkeypatch, tmp_path):
    ask(listed, monkeypatch, "nhs")
    listed.answers = [(str(tmp_path / "areas.csv"), "")]
    listed.hand.save_list([0, 1])
    wait_for(lambda: listed.bar.said)
    assert "replies" in listed.bar.last
    assert list(tmp_path.iterdir()) == []
    assert not listed.hand.is_busy


def test_list_is_not_saved_before_it_is_tested_nor_unasked(listed, monkeypatch, tmp_path):
    ask(listed, monkeypatch, None)
    listed.hand.save_list([0])
    assert kept.RULE not in listed.kept
    assert listed.bar.said == []
    listed.session.is_tested = False
    listed.hand.save_list([0])
    assert "being tested" in listed.bar.last


# --- plans


@pytest.fixture
def planned(listed, tmp_path, monkeypatch):
    """A session whose layer holds the ranking on show; dialogs are noted in ``opened``."""
    session, opened = listed.session, []
    settings, project = replace(Settings(names="LSOA21NM"), draws=50), QgsProject.instance()
    project.addMapLayer(session.layer)
    session.settings = settings
    session.exploration = Reading(session.layer, settings, project).read(QgsProcessingFeedback())
    session.standing = session.exploration.at_once(settings)
    session.ranking = session.exploration.tested(settings, QgsProcessingFeedback())
    monkeypatch.setattr(module, "last_folder", lambda default="": tmp_path)

    def note(name, asked, **then):
        opened.append((name, asked, then))
        return object()

    monkeypatch.setattr(listed.hand, "open_algorithm", note)
    listed.opened = opened
    return listed


def test_plan_of_a_layer_that_holds_the_ranking_opens_at_once(planned, monkeypatch, tmp_path):
    ask(planned, monkeypatch, "none")
    planned.hand.plans.export_plan()
    ((name, asked, _),) = planned.opened
    assert name == "exportplan"
    layer = planned.session.layer
    assert asked == {
        "INPUT": layer.id(),
        "NAME_FIELD": "LSOA21NM",
        "SUPPRESSION": "none",
        "OUTPUT": str(tmp_path / "engagement-plan.html"),
    }
    fine, problem = algorithm("exportplan").checkParameterValues(asked, context_of_project())
    assert fine, problem


@pytest.mark.parametrize("changed", ["weights", "draws", "field"])
def test_plan_of_another_ranking_has_it_made_first(planned, monkeypatch, tmp_path, changed):
    ask(planned, monkeypatch, "none")
    session = planned.session
    if changed == "field":
        session.layer = QgsProject.instance().addMapLayer(unranked(session.layer))
    else:
        more = {"changes": "barriers=3"} if changed == "weights" else {"draws": 60}
        session.settings = replace(session.settings, **more)
        exploration = session.exploration
        session.ranking = exploration.tested(session.settings, QgsProcessingFeedback())
    planned.hand.plans.export_plan()
    ((name, asked, then),) = planned.opened
    assert name == "findseldomheard"
    assert asked["INPUT"] == session.layer.id() and asked["TOP"] == session.settings.top
    assert asked["DRAWS"] == session.settings.draws and asked["NAME_FIELD"] == "LSOA21NM"
    assert asked.get("CHANGES", "") == session.settings.changes
    assert asked["OUTPUT"] == str(tmp_path / "seldom-heard.gpkg")
    assert "in a file first" in planned.bar.last
    # what the user ran is gone on with: with its own table, whatever she called it
    table = tmp_path / "what changes it.csv"
    table.write_text("change\n", encoding="utf-8")
    made = QgsVectorLayer(session.layer.source(), "made", "ogr")
    then["on_results"]({"OUTPUT": "x", "SENSITIVITY": str(table)})
    then["on_layer"](made)
    name, asked, _ = planned.opened[1]
    assert name == "exportplan"
    assert (asked["INPUT"], asked["SENSITIVITY"]) == (made.id(), str(table))
    assert (session.layer, session.settings.top) == (made, "10%"), "the panel goes on with it"


def test_plan_of_true_replies_asks_and_shows_the_way(planned, monkeypatch):
    asked = []

    def wants_voice(dialog):
        asked.append((dialog.windowTitle(), dialog.question.text()))
        dialog.voice_button.click()
        return 0

    monkeypatch.setattr(RuleDialog, "exec", wants_voice)
    for plan in (planned.hand.plans.export_plan, planned.hand.plans.export_atlas):
        plan()
        title, question = asked.pop()
        assert "plan" in title and "has to stay inside" in question and "list" not in question
        name, parameters, then = planned.opened.pop()
        assert (name, parameters["SUPPRESSION"]) == ("measurevoice", "nhs")
        assert then["on_layer"] == planned.session.set_layer
    assert planned.opened == [], "nothing else was opened"
    ask(planned, monkeypatch, None)
    planned.hand.plans.export_plan()
    assert planned.opened == [], "closed is no"


def test_plan_without_replies_proposes_the_rule_chosen_last(planned, monkeypatch):
    monkeypatch.setattr(HandOver, "_tells_replies", lambda self: False)
    monkeypatch.setattr(RuleDialog, "exec", lambda dialog: pytest.fail("nothing to ask"))
    planned.kept[kept.RULE] = "ons10"
    planned.hand.plans.export_plan()
    assert planned.opened[0][1]["SUPPRESSION"] == "ons10"


def test_plan_of_the_invented_city_says_so_and_so_does_what_is_made_of_it(planned):
    plans, session = planned.hand.plans, planned.session
    session.layer.setCustomProperty(sample.INVENTED, True)
    plans.export_plan()
    assert "invented" in planned.opened[0][1]["TITLE"]
    assert planned.opened[0][1]["SUPPRESSION"] == "none"
    plans.plan_quotas()
    made = QgsVectorLayer(session.layer.source(), "made", "ogr")
    planned.opened[1][2]["on_layer"](made)
    assert session.layer is made and sample.is_invented(made)


def test_quotas_of_the_invented_city_are_invented_where_the_ranking_is_made_first(planned):
    plans, session = planned.hand.plans, planned.session
    session.layer.setCustomProperty(sample.INVENTED, True)
    session.settings = replace(session.settings, changes="barriers=3")
    session.ranking = session.exploration.tested(session.settings, QgsProcessingFeedback())
    plans.plan_quotas()
    source = session.layer.source()
    ranked, made = (QgsVectorLayer(source, name, "ogr") for name in ("ranked", "made"))
    name, _, then = planned.opened[0]
    assert name == "findseldomheard"
    then["on_results"]({})
    then["on_layer"](ranked)
    name, _, then = planned.opened[1]
    assert name == "planquotas"
    then["on_layer"](made)
    assert session.layer is made and sample.is_invented(ranked) and sample.is_invented(made)


def test_quotas_and_venues_go_on_with_their_areas(planned, monkeypatch, tmp_path):
    ask(planned, monkeypatch, "none")
    plans, session = planned.hand.plans, planned.session
    plans.plan_quotas()
    name, asked, then = planned.opened.pop()
    assert (name, asked["INPUT"]) == ("planquotas", session.layer.id())
    fine, problem = algorithm(name).checkParameterValues(asked, context_of_project())
    assert fine, problem
    made = QgsVectorLayer(session.layer.source(), "made", "ogr")
    then["on_layer"](made)
    assert session.layer is made
    QgsProject.instance().addMapLayer(made)
    plans.plan_venues()
    name, asked, then = planned.opened.pop()
    assert (name, asked["INPUT"], then["output"]) == ("planvenues", made.id(), "REACHED")
    assert asked["REACHED"] == str(tmp_path / "seldom-heard-reached.gpkg")
    venues_of = algorithm(name)
    assert {*asked} <= {one.name() for one in venues_of.parameterDefinitions()}
    venues = QgsVectorLayer("Point?field=venue_chosen:integer", "venues", "memory")
    QgsProject.instance().addMapLayer(venues)
    plans.export_plan()
    assert planned.opened.pop()[1]["VENUES"] == venues.id()
    another = QgsVectorLayer("Point?field=venue_chosen:integer", "others", "memory")
    QgsProject.instance().addMapLayer(another)
    plans.export_plan()
    assert "VENUES" not in planned.opened.pop()[1], "which of them is not for us to say"


def test_atlas_is_of_what_is_on_show(planned, monkeypatch, tmp_path):
    ask(planned, monkeypatch, "none")
    planned.session.settings = replace(planned.session.settings, view="bivariate")
    planned.hand.plans.export_atlas()
    ((name, asked, _),) = planned.opened
    assert (name, asked["VIEW"]) == ("exportatlas", "bivariate")
    assert asked["INPUT"] == planned.session.shown.layer.id()
    assert asked["OUTPUT"] == str(tmp_path / "seldom-heard-atlas.pdf")
    fine, problem = algorithm(name).checkParameterValues(asked, context_of_project())
    assert fine, problem


def test_nothing_is_planned_before_the_ranking_is_tested(planned):
    planned.session.is_tested = False
    plans = planned.hand.plans
    for plan in (plans.export_plan, plans.export_atlas, plans.plan_quotas, plans.plan_venues):
        planned.bar.said.clear()
        plan()
        assert "being tested" in planned.bar.last
    assert planned.opened == []


def test_a_result_of_another_name_is_handed_over(stage, tmp_path):
    path, layer = made(tmp_path)
    QgsProject.instance().addMapLayer(layer)
    got = []
    stage.hand._on_finished(True, {"OUTPUT": "venues", "REACHED": str(path)}, got.append, "REACHED")
    assert got == [layer]


def unranked(layer):
    """Return a copy of a layer that has lost a field of its ranking."""
    copy = layer.materialize(QgsFeatureRequest())
    assert copy.dataProvider().deleteAttributes([copy.fields().indexOf("sh_reasons")])
    copy.updateFields()
    return copy


def context_of_project():
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return context
