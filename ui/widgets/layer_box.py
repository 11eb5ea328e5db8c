"""A list of the project's polygon layers, which follows the project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from qgis.core import QgsProject, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtCore import Qt, pyqtSignal

from ..bonds import Bonds
from .steady import Choice


class LayerBox(Choice):
    """Fixed choices first, then the project's polygon layers by name.

    It holds ids, never layers, so that it outlives them. A choice is known by the text beside it:
    that of a fixed one, or a layer's id.

    Signals:
        picked: the user chose; the text beside the choice.
    """

    picked = pyqtSignal(str)

    def __init__(
        self,
        project: QgsProject,
        fixed: Sequence[tuple[str, str]],
        without: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """Fill it.

        Args:
            project: whose layers are listed.
            fixed: what stands above them, each with its text and what is shown.
            without: returns the ids of layers to leave out.
        """
        super().__init__()
        self._project, self._fixed, self._without = project, list(fixed), without
        self._bonds = Bonds()
        self._bonds.tie(project.layersAdded, self.refresh)
        self._bonds.tie(project.layersRemoved, self.refresh)
        self._bonds.tie(project.layerTreeRoot().nameChanged, self.refresh)
        self.activated.connect(self._on_activated)
        self.refresh()

    @property
    def layers(self) -> list[str]:
        """Return the ids of the layers that can be chosen."""
        return [self.itemData(at) for at in range(len(self._fixed), self.count())]

    @property
    def chosen(self) -> str:
        """Return what is chosen: the text of a fixed choice, or a layer's id."""
        return str(self.currentData() or "")

    def choose(self, text: str) -> None:
        """Show a choice without telling anybody; the first one where it is not there."""
        self.setCurrentIndex(max(self.findData(text), 0))
        self.setToolTip(self.currentText())

    def refresh(self, *_ignored: object) -> None:
        """List the layers that are there now; what was chosen stays so, if it can."""
        wanted = [*self._fixed, *self._listed()]
        now = [(self.itemData(at), self.itemText(at)) for at in range(self.count())]
        if now == wanted:
            return
        chosen = self.chosen
        self.clear()
        for text, title in wanted:
            self.addItem(title, text)
            self.setItemData(self.count() - 1, title, Qt.ItemDataRole.ToolTipRole)
        self.choose(chosen)

    def close_box(self) -> None:
        """Hear no more of the project."""
        self._bonds.untie()

    def _listed(self) -> list[tuple[str, str]]:
        polygons, left_out = QgsWkbTypes.GeometryType.PolygonGeometry, set(self._without())
        found = [
            (layer.id(), layer.name())
            for layer in self._project.mapLayers().values()
            if isinstance(layer, QgsVectorLayer)
            and layer.isValid()
            and layer.geometryType() == polygons
            and layer.id() not in left_out
        ]
        return sorted(found, key=lambda one: (one[1].casefold(), one[0]))

    def _on_activated(self, at: int) -> None:
        self.setToolTip(self.currentText())
        self.picked.emit(str(self.itemData(at)))
