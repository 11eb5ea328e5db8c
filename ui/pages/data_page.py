"""The page on what the areas have: figures, names, and what they are ranked among."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsFieldProxyModel, QgsVectorLayer
from qgis.gui import QgsFieldComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QGroupBox, QVBoxLayout, QWidget

from ...processing.explore.errors import in_words
from ...processing.messages import tr
from ..bonds import Bonds
from ..session import Session
from ..widgets.dimension_row import DimensionRow
from ..widgets.layer_box import LayerBox
from ..widgets.steady import leave_wheel, make_narrow, wrapped

LAYER, NATION = "layer", "national"  # of choices.AMONG; the third is one of the listed layers


class DataPage(QWidget):
    """Which dimensions are there, which field has the names, among which areas they are ranked."""

    def __init__(self, session: Session, hand_over: Any) -> None:
        super().__init__()
        self._session, self._hand_over = session, hand_over
        self._layer: QgsVectorLayer | None = None
        self._of_layer, self._bonds = Bonds(), Bonds()
        self.rows: dict[str, DimensionRow] = {}
        self._make()
        self._bonds.tie(session.layer_changed, self._on_layer)
        self._bonds.tie(session.settings_changed, self._show_settings)
        self._bonds.tie(session.moved, self._on_moved)
        self._bonds.tie(session.project.layersWillBeRemoved, self._on_layers_removed)
        self._on_layer()

    def close_page(self) -> None:
        """Hear no more of session, project and layer."""
        self._bonds.untie()
        self.reference_box.close_box()
        self._let_go()

    # --- made

    def _make(self) -> None:
        self.none = wrapped(tr("No areas are chosen yet."))
        self.figures = QGroupBox(tr("Figures"))
        self._list = QVBoxLayout(self.figures)
        self.problem = wrapped()
        self._list.addWidget(self.problem)
        self._make_reference()
        self._make_fields()
        layout = QVBoxLayout(self)
        for widget in (self.none, self.figures, self.reference, self.fields):
            layout.addWidget(widget)
        layout.addStretch(1)

    def _make_reference(self) -> None:
        choices = (
            (LAYER, tr("The areas of this layer")),
            (NATION, tr("The nation, where ranks are published")),
        )
        self.reference_box = LayerBox(self._session.project, choices, self._own)
        self.reference_box.setAccessibleName(tr("Areas to rank among"))
        self.reference_box.picked.connect(self._on_reference)
        self.meaning = wrapped()
        self.reference = QGroupBox(tr("Reference set"))
        layout = QVBoxLayout(self.reference)
        layout.addWidget(wrapped(tr("Figures are placed amon&g"), self.reference_box))
        layout.addWidget(self.reference_box)
        layout.addWidget(self.meaning)

    def _make_fields(self) -> None:
        self.names_box = _field_box(tr("Field with names of areas"))
        self.codes_box = _field_box(tr("Field with codes of areas"))
        self.names_box.fieldChanged.connect(self._on_names)
        self.codes_box.fieldChanged.connect(self._on_codes)
        self.found = wrapped()  # where a field is left empty, which one was taken
        self.fields = QGroupBox(tr("Fields"))
        layout = QVBoxLayout(self.fields)
        layout.addWidget(wrapped(tr("&Names of areas (found if left empty)"), self.names_box))
        layout.addWidget(self.names_box)
        layout.addWidget(wrapped(tr("Codes o&f areas (found if left empty)"), self.codes_box))
        layout.addWidget(self.codes_box)
        layout.addWidget(self.found)

    def _own(self) -> list[str]:
        """Return the ids of layers that are no other areas: the layer, and its copy on the map."""
        session = self._session
        found = [session.layer.id()] if session.layer is not None else []
        if session.has_map:
            found.append(session.shown.layer.id())
        return found

    # --- shown

    def _on_layer(self) -> None:
        self._let_go()
        layer = self._layer = self._session.layer
        if layer is not None:
            self._of_layer.tie(layer.updatedFields, self._on_fields)
        for box in (self.names_box, self.codes_box):
            box.blockSignals(True)
            box.setLayer(layer)
            box.blockSignals(False)
        self.none.setVisible(layer is None)
        for part in (self.figures, self.reference, self.fields):
            part.setVisible(layer is not None)
        self._on_fields()

    def _let_go(self) -> None:
        self._of_layer.untie()
        self._layer = None

    def _on_fields(self) -> None:
        """Show which dimensions the fields make up."""
        found: list[Any] = []
        self._say("")
        if self._layer is not None:
            from ...processing.explore.dimensions import dimensions_of

            try:
                found = dimensions_of(self._layer)
            except Exception as error:
                self._say(in_words(error))
        if [one.id for one in found] != [*self.rows]:
            self._make_rows([one.id for one in found])
        for one in found:
            self.rows[one.id].show_dimension(one)
        self._show_settings()

    def _make_rows(self, ids: list[str]) -> None:
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for name in ids:
            row = self.rows[name] = DimensionRow()
            row.add_asked.connect(self._on_add)
            self._list.addWidget(row)
        self._set_tab_order()

    def _set_tab_order(self) -> None:
        """Reach the new buttons before what is below them, not after all else in the window."""
        first, kept = self.figures, self.figures.focusPolicy()
        first.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # others cannot be followed by anything
        every = [first, *(row.button for row in self.rows.values())]
        every += [self.reference_box, self.names_box, self.codes_box]
        for one, next_one in zip(every, every[1:]):
            QWidget.setTabOrder(one, next_one)
        first.setFocusPolicy(kept)

    def _on_moved(self) -> None:
        """The copy on the map may be new: it is nothing to rank among."""
        self.reference_box.refresh()
        self._show_settings()

    def _show_settings(self) -> None:
        asked = self._session.settings
        for box, name in ((self.names_box, asked.names), (self.codes_box, asked.code_field)):
            if box.currentField() != name:
                box.blockSignals(True)
                box.setField(name)
                box.blockSignals(False)
        self.reference_box.refresh()
        choice = asked.among if asked.among == NATION else asked.reference or LAYER
        self.reference_box.choose(choice)
        self.meaning.setText(_meaning(self.reference_box.chosen))
        self._show_found()

    def _show_found(self) -> None:
        asked, read = self._session.settings, self._session.exploration
        told = []
        if read is not None and not asked.names:
            text = tr("Areas are called by their codes.")
            if read.name_field:
                text = tr("Names are those of {field}.")
            told.append(text.format(field=read.name_field))
        if read is not None and not asked.code_field:
            told.append(tr("Codes are those of {field}.").format(field=read.code_field))
        self.found.setText(" ".join(told))
        self.found.setVisible(bool(told))

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    # --- asked

    def _on_add(self, algorithm: str) -> None:
        if self._layer is not None:
            self._hand_over.open_algorithm(
                algorithm, {"INPUT": self._layer.id()}, on_layer=self._session.set_layer
            )

    def _on_names(self, name: str) -> None:
        self._session.change(names=name or "")

    def _on_codes(self, name: str) -> None:
        self._session.change(code_field=name or "")

    def _on_reference(self, choice: str) -> None:
        if choice in (LAYER, NATION):
            self._session.change(among=choice, reference="")
        else:
            self._session.change(among="reference", reference=choice)

    def _on_layers_removed(self, ids: list[str]) -> None:
        """Rank among the areas themselves when the layer that they were ranked among goes."""
        session = self._session
        own = session.layer is not None and session.layer.id() in ids
        if not own and session.settings.reference and session.settings.reference in ids:
            session.change(among=LAYER, reference="")


def _field_box(name: str) -> QgsFieldComboBox:
    box = QgsFieldComboBox()
    box.setAllowEmptyFieldName(True)
    box.setFilters(QgsFieldProxyModel.Filter.String | QgsFieldProxyModel.Filter.Int)
    box.setAccessibleName(name)
    make_narrow(box)
    leave_wheel(box)
    return box


def _meaning(choice: str) -> str:
    if choice == NATION:
        return tr(
            "A figure counts by its place in the whole nation where its rank is published, else "
            "by its place among these areas."
        )
    if choice == LAYER:
        return tr("A figure counts by its place among these areas.")
    return tr(
        "A figure counts by its place among the areas of that layer. It needs the same figures, "
        "from the same tables."
    )
