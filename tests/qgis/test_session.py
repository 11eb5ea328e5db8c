"""The panel's state: what it reads, ranks, tests, draws, undoes and lets go of."""

from __future__ import annotations

import gc
import importlib.util
import sys

import pytest
from qgis.core import (
    QgsApplication,
    QgsField,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtTest import QSignalSpy, QTest
from qgis.PyQt.QtWidgets import QDockWidget, QWidget
from seldom_heard.ui.session import Session

from .made_up import city
from .paged import until


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


def test_another_source_of_the_layer_is_read(tested, project, tmp_path):
    own = saved(city(40), tmp_path / "own.gpkg")
    project.addMapLayer(own)
    tested.set_layer(own)
    assert until(lambda: tested.is_tested)
    first = tested.exploration
    other = saved(city(30), tmp_path / "other.gpkg")
    own.setDataSource(other.source(), own.name(), "ogr")
    assert until(lambda: tested.exploration not in (None, first) and tested.is_tested)
    assert len(tested.exploration.ids) == tested.shown.layer.featureCount() == 30
    own.setDataSource(str(tmp_path / "nowhere.gpkg"), own.name(), "ogr")
    assert until(lambda: tested.problem)
    assert own.name() in tested.problem and tested.standing is None and not tested.is_tested


def test_a_field_that_is_added_to_the_layer_is_read(tested, layer):
    first = tested.exploration
    layer.addExpressionField("7", QgsField("more", QVariant.Double))
    assert until(lambda: tested.exploration not in (None, first))
    assert tested.exploration.numbers["more"].eq(7).all()


def test_several_changes_of_the_layer_at_a_time_are_read_once(tested, layer):
    read = QSignalSpy(tested.moved)
    layer.setSubsetString("\"LSOA21CD\" >= 'E01000010'")
    layer.addExpressionField("7", QgsField("more", QVariant.Double))
    layer.startEditing()
    assert layer.changeAttributeValue(20, layer.fields().indexOf("lang_low_english_pct"), 99.0)
    assert layer.commitChanges()
    assert until(lambda: tested.is_tested and len(tested.exploration.ids) == 30)
    QTest.qWait(200)
    assert len(read) == 1


def test_reading_that_is_stopped_is_said(session, layer):
    session.set_layer(layer)
    session.cancel()
    assert "Stopped" in session.problem and session.exploration is None
    session.change(top="5", draws=100)
    assert until(lambda: session.is_tested)
    assert session.problem == ""


def test_the_area_looked_at_stays_when_others_are_filtered_away(tested, layer):
    tested.choose(20)
    code = tested.exploration.codes[20]
    layer.setSubsetString("\"LSOA21CD\" >= 'E01000010'")
    assert until(lambda: tested.standing is not None and len(tested.exploration.codes) == 30)
    assert tested.row == 10 and tested.exploration.codes[10] == code
    layer.setSubsetString("\"LSOA21CD\" < 'E01000010'")
    assert until(lambda: tested.standing is not None and len(tested.exploration.codes) == 10)
    assert tested.row == -1


def saved(layer, path):
    """Return a layer of a file with what a layer in memory has."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)
    return QgsVectorLayer(str(path), "Saved", "ogr")


@pytest.fixture
def left(tested, layer, project, tmp_path):
    """A project that was saved while an area layer was explored."""
    own = saved(layer, tmp_path / "areas.gpkg")
    project.addMapLayer(own)
    tested.set_layer(own)
    tested.change(changes="barriers=3", top="7")
    assert until(lambda: tested.is_tested)
    assert project.write(str(tmp_path / "left.qgs"))
    project.clear()
    assert tested.layer is None
    return tmp_path / "left.qgs"


def test_a_project_is_gone_on_with(tested, project, left):
    assert project.read(str(left))
    assert until(lambda: tested.is_tested)
    assert tested.layer.name() == "Saved"
    assert (tested.settings.changes, tested.settings.top) == ("barriers=3", "7")
    assert copies(project, tested.layer).count(tested.shown.layer) == 1


def test_the_copy_is_not_in_the_file_of_the_project(left):
    for word in ("seldom_heard/copy", "Seldom heard areas", "sh_tier"):
        assert word not in left.read_text("utf-8")
    plain = QgsProject()  # as somebody without the plugin opens it
    assert plain.read(str(left))
    names = [sorted(one.name() for one in plain.mapLayers().values())]
    names.append(sorted(one.name() for one in plain.layerTreeRoot().findLayers()))
    assert names == 2 * [["Made-up city", "Saved"]]


def test_saving_leaves_the_copy_on_the_map(tested, project, tmp_path):
    copy = tested.shown.layer
    assert project.write(str(tmp_path / "still.qgz"))
    assert tested.has_map and copy.featureCount() == 40
    assert project.layerTreeRoot().findLayer(copy.id()) is not None


def test_what_the_panel_draws_is_nothing_to_save_but_what_is_asked_is(tested, project, left):
    assert project.read(str(left))
    assert until(lambda: tested.is_tested)
    QTest.qWait(50)
    assert not project.isDirty()
    tested.change(changes="barriers=2")
    assert project.isDirty()
    QTest.qWait(50)
    assert project.isDirty()


def test_a_project_opened_while_the_panel_is_closed_waits(project, left):
    panel, inside = QDockWidget(), QWidget()
    panel.setWidget(inside)
    session = Session(project, inside)
    assert project.read(str(left))
    QTest.qWait(100)
    assert session.layer is None and not session.is_busy
    assert project.write(str(left))  # what it keeps is not lost meanwhile
    panel.show()
    assert until(lambda: session.standing is not None)
    assert session.settings.changes == "barriers=3"
    session.close()
    panel.hide()
    assert project.read(str(left))
    panel.show()
    QTest.qWait(50)
    assert session.layer is None


def test_nothing_is_written_to_a_project_in_which_nothing_is_explored(session, project, tmp_path):
    assert project.write(str(tmp_path / "plain.qgs"))
    assert "seldom_heard" not in (tmp_path / "plain.qgs").read_text("utf-8")


def test_a_closed_session_hears_nothing_more(qgis_app):
    project, layer = QgsProject(), city(40)  # of its own, of which no earlier test has heard
    project.addMapLayer(layer)
    watched = (
        project.layersWillBeRemoved,
        project.writeProject,
        project.writeMapLayer,
        project.readProject,
    )
    before = [project.receivers(signal) for signal in watched]
    for _ in range(3):
        session = Session(project)
        session.set_layer(layer)
        assert until(lambda: session.standing is not None)  # noqa: B023 waited for at once
        session.close()
    gc.collect()
    assert [project.receivers(signal) for signal in watched] == before
    assert until(lambda: list(project.mapLayers().values()) == [layer])


class Lacking:
    """A QGIS that came without some packages."""

    def __init__(self, *names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}")


def test_without_pandas_the_panel_says_what_to_install(session, layer, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "pandas"]:
        monkeypatch.delitem(sys.modules, name)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pandas" else find(name)
    )
    monkeypatch.setattr(sys, "meta_path", [Lacking("pandas"), *sys.meta_path])
    session.set_layer(layer)
    assert until(lambda: session.problem)
    assert "python3-pandas" in session.problem
