"""A copy of areas in memory that belongs to the panel: shown, written to and restyled freely.

The user's own layer, its style and whether it is seen stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsFeatureRequest,
    QgsFields,
    QgsLayerTreeGroup,
    QgsLayerTreeNode,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtXml import QDomDocument, QDomElement

from . import styles
from .areas import listed, result_fields
from .errors import InputError, tr
from .specs import CUT_NAMES, PROVENANCE, whole_names

if TYPE_CHECKING:
    import pandas as pd

EXPLORED = "seldom_heard/explored"  # custom property: id of the layer that a copy is of
OWN_ID = "seldom_heard/copy"  # custom property: the copy's own id, which a duplicate has not
NO_QUESTION = "skipMemoryLayersCheck"  # QGIS asks at closing for what is only in memory
RANKED = "sh_"  # fields of a ranking begin so
LEFT_OUT = "seldomheard-left-out"  # what stands for a copy in the file of a project
# parts of that file in which a layer is named, and how
NAMING = (
    ("layer-tree-layer", lambda part: part.attribute("id")),
    ("layer-setting", lambda part: part.attribute("id")),
    ("item", lambda part: part.text()),
)


class OwnCopy:
    """The copy, and which of its features is which row.

    Attributes:
        layer: the copy, in the project above the layer it is of.
        explored: id of that layer.
    """

    def __init__(self, layer: QgsVectorLayer, ids: Sequence[int], project: QgsProject) -> None:
        """Copy the areas with these ids, a row each, and show the copy above their layer.

        Call it on the main thread.

        Raises:
            InputError: when the layer no longer holds them.
        """
        self._project, self.explored = project, layer.id()
        self.layer, order = _copied(layer, ids)
        self._number(ids, order)
        self._written: dict[str, list[Any]] = {}
        self._id, self._let_go = self.layer.id(), False
        self.mark()
        self.layer.setReadOnly(True)  # what is typed into it would be lost
        project.addMapLayer(self.layer, False)
        _put_above(project, layer, self.layer)

    @property
    def is_gone(self) -> bool:
        """Return whether there is nothing left to write to: removed, or made permanent."""
        if self._let_go or sip.isdeleted(self._project) or sip.isdeleted(self.layer):
            return True
        here = self._project.mapLayer(self._id) is not None
        return not here or self.layer.providerType() != "memory"

    def remove(self) -> None:
        """Take the copy out of the project, in a moment.

        Not at once: the project may be taking layers out just now, and would meet a layer that is
        deleted already.
        """
        if not self.is_gone:
            QTimer.singleShot(0, lambda: _take_out(self._project, self._id))
        self._let_go = True

    def take_again(self, layer: QgsVectorLayer, ids: Sequence[int]) -> None:
        """Fill the copy with the areas anew; its style and its place stay.

        Raises:
            InputError: when the layer no longer holds them.
        """
        fresh, order = _copied(layer, ids)
        provider = self.layer.dataProvider()
        provider.truncate()
        provider.deleteAttributes(list(range(self.layer.fields().count())))
        provider.addAttributes(list(fresh.dataProvider().fields()))
        provider.addFeatures(list(fresh.getFeatures()))
        self.layer.updateFields()
        _call_alike(layer, self.layer)
        # numbers go on where they were before; their order is that of the fresh ones
        now = dict(zip(sorted(order.values()), sorted(self.layer.allFeatureIds())))
        self._number(ids, {theirs: now[own] for theirs, own in order.items()})
        self._written = {}
        self.layer.updateExtents()

    def rows_of(self, feature_ids: Iterable[int]) -> list[int]:
        """Return the rows of features of the copy; those it has not are left out."""
        return [self._rows[one] for one in feature_ids if one in self._rows]

    def feature_id(self, row: int) -> int:
        """Return the id of a row's feature in the copy."""
        return self._ids[row]

    def write(self, frame: pd.DataFrame) -> int:
        """Write figures, a row per area; return how many cells have changed.

        Only those are written, straight into the data: no edit that could be undone or left open.
        """
        at = {name: self.layer.fields().indexOf(name) for name in frame}
        changes: dict[int, dict[int, Any]] = {}
        number = 0
        for name, new in zip(frame, listed(frame)):
            old = self._written.get(name) or [None] * len(new)
            for row, (before, now) in enumerate(zip(old, new)):
                if before != now:
                    changes.setdefault(self._ids[row], {})[at[name]] = now
                    number += 1
            self._written[name] = new
        if changes:
            self.layer.dataProvider().changeAttributeValues(changes)
        return number

    def set_fields(self, empty: pd.DataFrame) -> bool:
        """See to it that the fields of a ranking are those of a frame; return whether it made them.

        Where they were others, they are empty now.
        """
        ranked = _ranked(self.layer)
        if [self.layer.fields().at(at).name() for at in ranked] == list(empty):
            return False
        provider = self.layer.dataProvider()
        provider.deleteAttributes(ranked)
        provider.addAttributes(list(result_fields(QgsFields(), empty, False)[0]))
        self.layer.updateFields()
        self._written = {}
        return True

    def mark(self) -> None:
        """Say of the copy whose it is; a style that is loaded brings other properties with it."""
        self.layer.setCustomProperty(EXPLORED, self.explored)
        self.layer.setCustomProperty(OWN_ID, self._id)
        self.layer.setCustomProperty(NO_QUESTION, 1)

    def tell(self, aliases: Mapping[str, str], provenance: Mapping[str, Any]) -> None:
        """Keep titles of fields, and what is known of the figures, with the copy."""
        styles.set_aliases(self.layer, dict(aliases))
        self.layer.setCustomProperty(PROVENANCE, json.dumps(provenance, ensure_ascii=False))

    def _number(self, ids: Sequence[int], order: Mapping[int, int]) -> None:
        """Note which feature of the copy is which row."""
        self._ids = [order[one] for one in ids]
        self._rows = {one: row for row, one in enumerate(self._ids)}


def is_own_copy(layer: Any) -> bool:
    """Return whether a layer is a copy that the panel owns: nothing to explore itself."""
    return (
        isinstance(layer, QgsVectorLayer)
        and layer.providerType() == "memory"
        and layer.customProperty(OWN_ID) == layer.id()
    )


def forget_old_copies(project: QgsProject) -> int:
    """Take out copies that came with a project: without the areas, which were only in memory.

    Call it when a project was read, before a copy is made. Return how many they were.
    """
    old = [one.id() for one in project.mapLayers().values() if is_own_copy(one)]
    if old:
        project.removeMapLayers(old)
    return len(old)


def leave_out(document: QDomDocument, layer_id: str) -> None:
    """Take a copy out of the list of layers of a project that is being written.

    Without the plugin it would come back as a layer with no areas, which nobody could explain.
    """
    for tag, key in NAMING:
        nodes = document.elementsByTagName(tag)
        for node in [nodes.at(at) for at in range(nodes.count())]:
            if key(node.toElement()) == layer_id:
                node.parentNode().removeChild(node)


def leave_blank(element: QDomElement) -> None:
    """Make of a copy, as it is being written with a project, something that no QGIS reads."""
    while element.hasChildNodes():
        element.removeChild(element.firstChild())
    for name in _names_of(element):
        element.removeAttribute(name)
    element.setTagName(LEFT_OUT)


def _names_of(element: QDomElement) -> list[str]:
    attributes = element.attributes()
    return [attributes.item(at).nodeName() for at in range(attributes.count())]


def _copied(layer: QgsVectorLayer, ids: Sequence[int]) -> tuple[QgsVectorLayer, dict[int, int]]:
    """Return a copy of areas, without what an earlier ranking wrote, and its ids by theirs.

    Both walks are in the order of the ids, whatever order the areas are stored in.
    """
    request = QgsFeatureRequest().addOrderBy("$id")
    wanted = {*ids}
    if {*layer.allFeatureIds()} != wanted:
        request.setFilterFids(list(wanted))
    bare = QgsFeatureRequest(request).setFlags(QgsFeatureRequest.Flag.NoGeometry)
    theirs = [feature.id() for feature in layer.getFeatures(bare.setSubsetOfAttributes([]))]
    copy = layer.materialize(request)
    own = sorted(copy.allFeatureIds()) if copy is not None else []
    if {*theirs} != wanted or len(own) != len(theirs):
        raise InputError(tr("The areas have changed meanwhile: choose the layer again."))
    copy.dataProvider().deleteAttributes(_ranked(copy, whole_names(layer)))
    copy.updateFields()
    _call_alike(layer, copy)
    return copy, dict(zip(theirs, own))


def _ranked(layer: QgsVectorLayer, whole: Mapping[str, str] | None = None) -> list[int]:
    """Return the positions of the fields of a ranking."""
    names = [field.name() for field in layer.fields()]
    return [
        at
        for at, name in enumerate(names)
        if (whole or {}).get(name, name).lower().startswith(RANKED)
    ]


def _call_alike(layer: QgsVectorLayer, copy: QgsVectorLayer) -> None:
    """Give the copy the titles of the fields, and what an area is called in a map tip."""
    copy.setCustomProperty(CUT_NAMES, layer.customProperty(CUT_NAMES) or "{}")
    aliases = {field.name(): field.alias() for field in layer.fields() if field.alias()}
    styles.set_aliases(copy, aliases)
    copy.setDisplayExpression(layer.displayExpression())


def _put_above(project: QgsProject, layer: QgsVectorLayer, copy: QgsVectorLayer) -> None:
    """Show the copy right above its layer; above a group that hides, or shows one at a time."""
    root = project.layerTreeRoot()
    node = root.findLayer(layer.id())
    while node is not None and node.parent() is not root and _is_shut(node.parent()):
        node = node.parent()
    parent, at = (node.parent(), _place(node)) if node is not None else (root, 0)
    parent.insertLayer(at, copy).setExpanded(True)
    if root.hasCustomLayerOrder():
        order = [one for one in root.customLayerOrder() if one.id() != copy.id()]
        places = [at for at, one in enumerate(order) if one.id() == layer.id()]
        order.insert(places[0] if places else 0, copy)
        root.setCustomLayerOrder(order)


def _is_shut(group: QgsLayerTreeGroup) -> bool:
    return group.isMutuallyExclusive() or not group.isVisible()


def _place(node: QgsLayerTreeNode) -> int:
    """Return where a node stands in its group."""
    return next((at for at, one in enumerate(node.parent().children()) if one is node), 0)


def _take_out(project: QgsProject, layer_id: str) -> None:
    if not sip.isdeleted(project) and project.mapLayer(layer_id) is not None:
        project.removeMapLayer(layer_id)
