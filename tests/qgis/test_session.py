"""The panel's state: what it reads, ranks, tests, draws, undoes and lets go of."""

from __future__ import annotations

import gc

import pytest
from qgis.core import QgsApplication, QgsProject, QgsVectorFileWriter, QgsVectorLayer
from qgis.PyQt.QtTest import QSignalSpy, QTest
from seldom_heard.ui.session import Session

from .made_up import city


def until(found, seconds=20.0):
    """Let Qt go on until something is found; say whether it was."""
    for _ in range(int(seconds * 50)):
        if found():
            return True
        QTest.qWait(20)
    return False


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    project.clear()
    yield project
    project.clear()


@pytest.fixture
def layer(project):
    layer = city(40)
    project.addMapLayer(layer)
    return layer


@pytest.fixture
def session(project):
    session = Session(project)
    yield session
    session.close()
    QTest.qWait(50)


@pytest.fixture
def tested(session, layer):
    session.change(draws=100)
    session.set_layer(layer)
    assert until(lambda: session.is_tested), session.problem
    return session


def copies(project, layer):
    return [one for one in project.mapLayers().values() if one is not layer]


def ranks(session):
    return [int(rank) for rank in session.standing.ranks]


def test_a_layer_is_read_ranked_tested_and_drawn(tested, layer, project):
    assert tested.problem == ""
    assert sorted(ranks(tested))[:4] == [1, 2, 3, 4]
    assert tested.standing.top == 4  # 10 % of 40
    (copy,) = copies(project, layer)
    assert copy is tested.shown.layer
    assert copy.featureCount() == 40
    tiers = {feature["sh_tier"] for feature in copy.getFeatures()}
    assert "being tested" not in tiers and "not a priority" in tiers


def test_the_layer_of_the_user_is_not_touched(tested, layer):
    assert [field.name() for field in layer.fields() if field.name().startswith("sh_")] == []
    assert layer.renderer().type() == "singleSymbol"
    assert not layer.isModified()


def test_a_change_ranks_at_once_and_is_tested_after_a_rest(tested):
    before = ranks(tested)
    moved, done = QSignalSpy(tested.moved), QSignalSpy(tested.tested)
    tested.change(changes="barriers=0; voice=0")
    assert len(moved) == 1 and not tested.is_tested
    assert ranks(tested) != before
    marked = {feature["sh_tier"] for feature in tested.shown.layer.getFeatures()}
    assert marked == {"being tested", "not a priority"}
    assert until(lambda: len(done) == 1)
    assert tested.is_tested


def test_many_changes_are_tested_once(tested):
    done = QSignalSpy(tested.tested)
    for weight in (2, 3, 4):
        tested.change(changes=f"barriers={weight}")
    assert until(lambda: tested.is_tested)
    QTest.qWait(300)
    assert len(done) == 1


def test_undo_and_redo_bring_settings_and_ranks_back(tested):
    first = ranks(tested)
    tested.change(changes="barriers=0")
    second = ranks(tested)
    tested.undo()
    assert tested.settings.changes == "" and ranks(tested) == first
    assert tested.can_redo
    tested.redo()
    assert tested.settings.changes == "barriers=0" and ranks(tested) == second


def test_one_drag_of_a_slider_is_one_step_to_undo(tested):
    tested.change(changes="barriers=1.5")
    tested.change(continues=True, changes="barriers=2")
    tested.change(continues=True, changes="barriers=2.5")
    tested.undo()
    assert tested.settings.changes == ""


def test_the_view_changes_the_map_and_not_the_ranking(tested):
    ranking = tested.ranking
    tested.change(view="bivariate")
    assert tested.ranking is ranking
    assert tested.shown.view == "bivariate"
    tested.undo()
    assert tested.shown.view == "score"


def test_a_wrong_top_is_said_and_a_right_one_goes_on(tested):
    tested.change(top="many")
    assert "many" in tested.problem and tested.standing is None
    tested.change(top="5")
    assert tested.problem == "" and tested.standing.top == 5


def test_a_layer_without_figures_says_what_to_run(session, project):
    bare = city(5)
    bare.dataProvider().deleteAttributes(list(range(2, bare.fields().count())))
    bare.updateFields()
    project.addMapLayer(bare)
    session.set_layer(bare)
    assert until(lambda: session.problem != "")
    assert "profileareas" in session.problem
    assert not session.has_map


def test_a_removed_layer_is_let_go(tested, layer, project):
    project.removeMapLayer(layer.id())
    assert tested.layer is None and tested.standing is None
    assert until(lambda: not project.mapLayers())


def test_a_removed_copy_comes_back_with_the_next_change(tested, layer, project):
    project.removeMapLayer(tested.shown.layer.id())
    assert not tested.has_map
    tested.change(changes="barriers=2")
    assert len(copies(project, layer)) == 1


def test_a_new_project_while_work_is_under_way(session, layer, project):
    session.change(draws=2000)
    session.set_layer(layer)
    assert until(lambda: session.standing is not None)
    session.test_now()
    project.clear()
    assert session.layer is None
    assert until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)
    assert session.ranking is None


def test_cancel_leaves_what_is_shown(tested):
    tested.change(changes="barriers=2", draws=200_000)
    shown = ranks(tested)
    tested.test_now()
    tested.cancel()
    assert until(lambda: QgsApplication.taskManager().countActiveTasks() == 0)
    assert ranks(tested) == shown and not tested.is_tested and not tested.is_busy


def test_edits_that_are_saved_are_read(tested, layer):
    first = tested.exploration
    layer.startEditing()
    at = layer.fields().indexOf("lang_low_english_pct")
    assert layer.changeAttributeValue(1, at, 99.0)
    assert layer.commitChanges()
    assert until(lambda: tested.exploration not in (None, first))
    assert tested.exploration.numbers["lang_low_english_pct"].max() == 99.0


def test_the_area_looked_at_stays_when_others_are_filtered_away(tested, layer):
    tested.choose(20)
    code = tested.exploration.codes[20]
    layer.setSubsetString("\"LSOA21CD\" >= 'E01000010'")
    assert until(lambda: tested.standing is not None and len(tested.exploration.codes) == 30)
    assert tested.row == 10 and tested.exploration.codes[10] == code
    layer.setSubsetString("\"LSOA21CD\" < 'E01000010'")
    assert until(lambda: tested.standing is not None and len(tested.exploration.codes) == 10)
    assert tested.row == -1


def test_a_project_is_gone_on_with(tested, layer, project, tmp_path):
    gone = tmp_path / "areas.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(gone), project.transformContext(), options)
    saved = QgsVectorLayer(str(gone), "Saved", "ogr")
    project.addMapLayer(saved)
    tested.set_layer(saved)
    tested.change(changes="barriers=3", top="7")
    assert until(lambda: tested.is_tested)
    assert project.write(str(tmp_path / "left.qgs"))
    project.clear()
    assert tested.layer is None
    assert project.read(str(tmp_path / "left.qgs"))
    assert until(lambda: tested.is_tested)
    assert tested.layer.name() == "Saved"
    assert (tested.settings.changes, tested.settings.top) == ("barriers=3", "7")
    # the copy that was saved empty is not there beside the new one
    drawn = [
        one for one in project.mapLayers().values() if one.customProperty("seldom_heard/explored")
    ]
    assert drawn == [tested.shown.layer]


def test_a_closed_session_hears_nothing_more(project, layer):
    watched = (project.layersWillBeRemoved, project.writeProject, project.readProject)
    before = [project.receivers(signal) for signal in watched]
    for _ in range(3):
        session = Session(project)
        session.set_layer(layer)
        assert until(lambda: session.standing is not None)  # noqa: B023 waited for at once
        session.close()
    gc.collect()
    assert [project.receivers(signal) for signal in watched] == before
    assert until(lambda: list(project.mapLayers().values()) == [layer])
