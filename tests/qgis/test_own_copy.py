"""The panel's copy of a layer: the same areas, written by difference, gone without a trace."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from qgis.core import NULL, QgsApplication, QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QEvent
from seldom_heard.layers.errors import InputError
from seldom_heard.layers.own_copy import (
    EXPLORED,
    NO_QUESTION,
    OwnCopy,
    forget_old_copies,
    is_own_copy,
)
from seldom_heard.layers.specs import CUT_NAMES, PROVENANCE

from .helpers import lsoas, make_areas, open_layer, rows_of, save_layer


@pytest.fixture
def project():
    return QgsProject()


@pytest.fixture
def layer(project):
    made = make_areas(
        lsoas(5), n=[10, 20, 30, 40, 50], sh_score=[0.5] * 5, SH_old=["x"] * 5, shown=[1.5] * 5
    )
    made.setFieldAlias(made.fields().indexOf("n"), "People")
    project.addMapLayer(made)
    return made


def ids_of(layer: QgsVectorLayer) -> list[int]:
    return [feature.id() for feature in layer.getFeatures()]


def copy_of(layer: QgsVectorLayer, project: QgsProject, ids=None) -> OwnCopy:
    return OwnCopy(layer, ids_of(layer) if ids is None else ids, project)


def happen() -> None:
    """Let Qt do what was put off, and delete what is to be deleted."""
    QgsApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def names(layer: QgsVectorLayer) -> list[str]:
    return [field.name() for field in layer.fields()]


def ranked(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def tree(project: QgsProject) -> list[str]:
    return [node.name() for node in project.layerTreeRoot().children()]


def test_the_copy_has_the_areas_without_what_an_earlier_ranking_wrote(layer, project):
    copy = copy_of(layer, project)
    assert names(copy.layer) == ["LSOA21CD", "n", "shown"]
    assert [row["n"] for row in rows_of(copy.layer)] == [10, 20, 30, 40, 50]
    assert copy.layer.attributeAlias(1) == "People"
    assert copy.layer.crs() == layer.crs()
    theirs = {f["LSOA21CD"]: f.geometry().asWkt() for f in layer.getFeatures()}
    assert {f["LSOA21CD"]: f.geometry().asWkt() for f in copy.layer.getFeatures()} == theirs


def check_rows(copy: OwnCopy, layer: QgsVectorLayer, ids: list[int]) -> None:
    """Every row of the copy is the area of the layer that has its id."""
    assert ids
    for row, one in enumerate(ids):
        mine = copy.layer.getFeature(copy.feature_id(row))
        assert mine["LSOA21CD"] == layer.getFeature(one)["LSOA21CD"]
    assert copy.rows_of([copy.feature_id(row) for row in range(len(ids))]) == [*range(len(ids))]


def test_rows_are_areas_whatever_the_order_they_were_read_in(layer, project):
    ids = ids_of(layer)[::-1]
    check_rows(copy_of(layer, project, ids), layer, ids)


def test_only_the_areas_explored_are_copied(layer, project):
    ids = [ids_of(layer)[at] for at in (3, 1)]
    copy = copy_of(layer, project, ids)
    check_rows(copy, layer, ids)
    assert copy.layer.featureCount() == 2


def test_a_filter_of_a_file_is_respected(layer, project, tmp_path):
    file = open_layer(save_layer(layer, tmp_path / "areas.gpkg"))
    assert file.setSubsetString("n > 20 AND n < 50")
    project.addMapLayer(file)
    copy = copy_of(file, project)
    check_rows(copy, file, ids_of(file))
    assert [row["n"] for row in rows_of(copy.layer)] == [30, 40]


def test_areas_that_are_edited_but_not_saved_keep_their_rows(layer, project):
    assert layer.startEditing()
    first = ids_of(layer)[0]
    feature = layer.getFeature(first)
    feature["LSOA21CD"] = "E01999999"
    assert layer.addFeature(feature)
    assert layer.deleteFeature(first)
    ids = ids_of(layer)
    assert any(one < 0 for one in ids), "an area that is not saved yet"
    check_rows(copy_of(layer, project, ids), layer, ids)
    layer.rollBack()


def test_areas_that_are_gone_are_said_in_words(layer, project):
    before = set(project.mapLayers())
    with pytest.raises(InputError, match="changed meanwhile"):
        copy_of(layer, project, [*ids_of(layer), 4711])
    assert set(project.mapLayers()) == before


def test_only_changed_cells_are_written(layer, project):
    copy = copy_of(layer, project)
    frame = ranked(
        sh_rank=pd.array([1, 2, None, 4, 5], dtype="Int64"), sh_tier=["a", "b", None, "a", "a"]
    )
    assert copy.set_fields(frame)
    assert not copy.set_fields(frame), "they are there"
    assert copy.write(frame) == 8, "NULL is what was there"
    assert copy.write(frame) == 0
    frame.loc[1, "sh_tier"] = None
    frame.loc[2, "sh_rank"] = 3
    assert copy.write(frame) == 2
    assert [row["sh_rank"] for row in rows_of(copy.layer)] == [1, 2, 3, 4, 5]
    assert [row["sh_tier"] for row in rows_of(copy.layer)] == ["a", None, None, "a", "a"]
    assert copy.write(frame[["sh_tier"]].replace("a", "c")) == 3, "some columns alone"
    assert [row["sh_rank"] for row in rows_of(copy.layer)] == [1, 2, 3, 4, 5]


def test_writing_opens_no_edits(layer, project):
    copy = copy_of(layer, project)
    frame = ranked(sh_score=[0.1] * 5)
    copy.set_fields(frame)
    copy.write(frame)
    assert not copy.layer.isEditable() and not copy.layer.isModified()
    assert copy.layer.readOnly(), "what is typed into it would be lost"
    assert layer.fields().indexOf("SH_old") >= 0 and rows_of(layer)[0]["sh_score"] == 0.5


def test_fields_of_another_scheme_are_made_anew(layer, project):
    copy = copy_of(layer, project)
    copy.set_fields(ranked(sh_need=[0.1] * 5, sh_rank=[1] * 5))
    copy.write(ranked(sh_need=[0.1] * 5, sh_rank=[1] * 5))
    other = ranked(sh_other=[0.2] * 5, sh_rank=[1] * 5)
    assert copy.set_fields(other)
    assert names(copy.layer) == ["LSOA21CD", "n", "shown", "sh_other", "sh_rank"]
    assert copy.write(other) == 10, "nothing of the old ones is taken for written"
    assert rows_of(copy.layer)[4]["sh_rank"] == 1


def test_titles_and_sources_are_kept_with_the_copy(layer, project):
    copy = copy_of(layer, project)
    copy.set_fields(ranked(sh_rank=[1] * 5))
    copy.tell({"sh_rank": "Rank, in words"}, {"ranking": {"method": "so"}})
    assert copy.layer.attributeAlias(copy.layer.fields().indexOf("sh_rank")) == "Rank, in words"
    assert json.loads(copy.layer.customProperty(PROVENANCE)) == {"ranking": {"method": "so"}}


def test_whole_names_of_a_shapefile_go_with_it(project):
    layer = make_areas(lsoas(2), voice_clas=["lower", "lower"], s_need=[0.1, 0.2])
    told = '{"voice_clas": "voice_class", "s_need": "sh_need"}'
    layer.setCustomProperty(CUT_NAMES, told)
    project.addMapLayer(layer)
    copy = copy_of(layer, project)
    assert names(copy.layer) == ["LSOA21CD", "voice_clas"], "an earlier need, cut short"
    assert json.loads(copy.layer.customProperty(CUT_NAMES)) == json.loads(told)


# --- its place in the project -----------------------------------------------------------------


def test_it_stands_above_its_layer_and_open(layer, project):
    other = make_areas(lsoas(2))
    project.addMapLayer(other)
    copy = copy_of(layer, project)
    copy.layer.setName("copy")
    assert tree(project) == [other.name(), "copy", layer.name()]
    assert project.layerTreeRoot().findLayer(copy.layer.id()).isExpanded()
    assert project.layerTreeRoot().findLayer(layer.id()).isVisible(), "the user's own stays"


def test_it_stands_in_the_group_of_its_layer(layer, project):
    root = project.layerTreeRoot()
    group = root.addGroup("group")
    group.addLayer(layer)
    root.removeChildNode(root.findLayers()[0])
    copy_of(layer, project).layer.setName("copy")
    assert [node.name() for node in group.children()] == ["copy", layer.name()]


@pytest.mark.parametrize("shut", ["hidden", "one at a time"])
def test_it_stands_above_a_group_in_which_it_would_not_be_seen(layer, project, shut):
    root = project.layerTreeRoot()
    group = root.addGroup("group")
    inner = group.addGroup("inner")
    inner.addLayer(layer)
    root.removeChildNode(root.findLayers()[0])
    if shut == "hidden":
        group.setItemVisibilityChecked(False)
    else:
        inner.setIsMutuallyExclusive(True)
    copy = copy_of(layer, project)
    copy.layer.setName("copy")
    node = root.findLayer(copy.layer.id())
    assert node.isVisible()
    assert node.parent().name() == ("" if shut == "hidden" else "group")
    assert inner.children()[0].itemVisibilityChecked(), "the user's own stays"


def test_an_order_of_drawing_of_the_users_own_has_it_above_its_layer(layer, project):
    other = make_areas(lsoas(2))
    project.addMapLayer(other)
    root = project.layerTreeRoot()
    root.setHasCustomLayerOrder(True)
    root.setCustomLayerOrder([layer, other])
    copy = copy_of(layer, project)
    order = [one.id() for one in root.customLayerOrder()]
    assert order == [copy.layer.id(), layer.id(), other.id()]


def test_a_layer_that_is_in_no_list_has_its_copy_on_top(layer, project):
    hidden = make_areas(lsoas(2))
    project.addMapLayer(hidden, False)
    copy = copy_of(hidden, project)
    copy.layer.setName("copy")
    assert tree(project)[0] == "copy"


# --- its end ----------------------------------------------------------------------------------


def test_qgis_does_not_ask_about_it_and_others_know_it(layer, project):
    copy = copy_of(layer, project)
    assert int(copy.layer.customProperty(NO_QUESTION)) == 1
    assert copy.layer.customProperty(EXPLORED) == layer.id()
    assert is_own_copy(copy.layer) and not is_own_copy(layer)


def test_it_is_taken_out_when_removed(layer, project):
    copy = copy_of(layer, project)
    own = copy.layer.id()
    assert not copy.is_gone
    copy.remove()
    assert copy.is_gone, "at once for those who ask"
    happen()
    assert project.mapLayer(own) is None and project.mapLayer(layer.id()) is not None
    copy.remove()
    happen()


@pytest.mark.parametrize("how", ["by the user", "cleared"])
def test_it_is_gone_when_others_remove_it(layer, project, how):
    copy = copy_of(layer, project)
    if how == "cleared":
        project.clear()
    else:
        project.removeMapLayer(copy.layer.id())
    assert copy.is_gone
    copy.remove()
    happen()
    assert copy.is_gone


def test_removed_while_the_project_removes_layers_nothing_crashes(layer, project):
    """The session lets go on layersWillBeRemoved, with both layers on the list."""
    copy = copy_of(layer, project)
    heard = []
    project.layersWillBeRemoved["QStringList"].connect(lambda ids: heard.append(copy.remove()))
    project.clear()
    happen()
    assert heard and copy.is_gone and not project.mapLayers()


def test_a_project_that_is_deleted_first_is_no_matter(layer):
    from qgis.PyQt import sip

    project = QgsProject()
    other = make_areas(lsoas(2))
    project.addMapLayer(other)
    copy = copy_of(other, project)
    copy.remove()
    sip.delete(project)
    happen()
    assert copy.is_gone


def test_a_copy_made_permanent_is_the_users(layer, project, tmp_path):
    copy = copy_of(layer, project)
    path = save_layer(copy.layer, tmp_path / "kept.gpkg")
    copy.layer.setDataSource(str(path), "kept", "ogr")
    assert copy.is_gone, "nothing more is written into her file"
    copy.remove()
    happen()
    assert project.mapLayer(copy.layer.id()) is not None
    assert not is_own_copy(copy.layer)


def test_a_copy_that_came_with_a_project_is_forgotten(layer, project, tmp_path):
    file = open_layer(save_layer(layer, tmp_path / "areas.gpkg"), "file")
    project.addMapLayer(file)
    copy = copy_of(file, project)
    duplicate = copy.layer.clone()
    project.addMapLayer(duplicate)
    own = copy.layer.id()
    assert project.write(str(tmp_path / "kept.qgz"))
    again = QgsProject()
    assert again.read(str(tmp_path / "kept.qgz"))
    assert own in again.mapLayers(), "QGIS keeps the layer, without its areas"
    assert forget_old_copies(again) == 1
    assert own not in again.mapLayers() and again.layerTreeRoot().findLayer(own) is None
    assert {file.id(), duplicate.id()} <= set(again.mapLayers()), "the user's own stay"
    assert forget_old_copies(again) == 0


# --- read again -------------------------------------------------------------------------------


def test_the_copy_follows_a_layer_that_has_changed(layer, project):
    copy = copy_of(layer, project)
    copy.set_fields(ranked(sh_rank=[1] * 5))
    copy.write(ranked(sh_rank=[1] * 5))
    own, place = copy.layer.id(), tree(project)
    ids = ids_of(layer)
    layer.dataProvider().deleteFeatures([ids[0]])
    layer.dataProvider().changeAttributeValues({ids[1]: {1: 99}, ids[2]: {1: NULL}})
    copy.take_again(layer, ids_of(layer))
    check_rows(copy, layer, ids_of(layer))
    assert [row["n"] for row in rows_of(copy.layer)] == [99, None, 40, 50]
    assert (copy.layer.id(), tree(project)) == (own, place)
    frame = ranked(sh_rank=[1, 2, 3, 4])
    assert copy.set_fields(frame) and copy.write(frame) == 4
    assert copy.layer.flags() & QgsMapLayer.LayerFlag.Removable
