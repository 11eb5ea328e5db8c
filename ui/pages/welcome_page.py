"""The first run: three steps to a ranked map, or the sample city at one click."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from ...processing.messages import tr
from ..bonds import Bonds
from ..widgets.layer_box import LayerBox
from ..widgets.steady import wrapped
from ..widgets.step_box import DONE, LATER, NEXT, StepBox


class WelcomePage(QWidget):
    """What to do first. The steps say which are done and which one is next."""

    def __init__(self, hand_over: Any) -> None:
        super().__init__()
        self._hand_over, self._session = hand_over, hand_over.parent()  # what it hands over of
        self._bonds = Bonds()
        self._ranked = False
        self._make()
        self._bonds.tie(self._session.layer_changed, self.refresh)
        self._bonds.tie(self._session.moved, self._on_moved)
        self._bonds.tie(self._session.project.layersAdded, self.refresh)
        self._bonds.tie(self._session.project.layersRemoved, self.refresh)
        self.refresh()

    def close_page(self) -> None:
        """Hear no more of session and project."""
        self._bonds.untie()
        self.layer_box.close_box()

    @property
    def is_needed(self) -> bool:
        """Return whether there are no areas yet that could be ranked."""
        return self._session.layer is None or not _has_figures(self._session.layer)

    # --- made

    def _make(self) -> None:
        self.missing = wrapped()
        self.missing.setTextInteractionFlags(  # to be sent to whoever may install things
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.steps = QWidget()
        self._make_steps()
        self.sample_button = QPushButton(tr("Tr&y the sample city"))
        self.sample_button.clicked.connect(self._on_sample)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        inside = QVBoxLayout(self.steps)
        inside.setContentsMargins(0, 0, 0, 0)
        for step in (self.areas, self.figures, self.rank):
            inside.addWidget(step)
        inside.addWidget(line)
        inside.addWidget(
            wrapped(tr("Or look around first, with an invented city that has everything."))
        )
        inside.addWidget(self.sample_button)
        layout = QVBoxLayout(self)
        layout.addWidget(wrapped(tr("Where are people seldom heard?"), bold=True))
        layout.addWidget(
            wrapped(tr("Three steps to a map of the areas to go to. Nothing leaves this computer."))
        )
        layout.addWidget(self.missing)
        layout.addWidget(self.steps)
        layout.addStretch(1)

    def _make_steps(self) -> None:
        self.areas = StepBox(
            1,
            tr("Open your areas"),
            tr("A layer of polygons with area codes, such as LSOAs."),
            tr("Ope&n areas…"),
        )
        self.areas.button.clicked.connect(self._on_open)
        choose = (("", tr("Or choose a layer of this project")),)
        self.layer_box = LayerBox(self._session.project, choose, self._own)
        self.layer_box.setAccessibleName(tr("Layer of this project with the areas"))
        self.layer_box.picked.connect(self._on_layer)
        self.areas.add(self.layer_box)
        self.figures = StepBox(
            2,
            tr("Add what is published about them"),
            tr("Tables of the census and of deprivation, just as they were downloaded."),
            tr("Add &tables…"),
        )
        self.figures.button.clicked.connect(self._on_figures)
        self.rank = StepBox(
            3,
            tr("See where to go"),
            tr("Areas with figures are ranked by themselves, with reasons. Change what counts."),
        )

    def _own(self) -> list[str]:
        """Return the id of the copy on the map, which is drawn and not chosen."""
        return [self._session.shown.layer.id()] if self._session.has_map else []

    # --- shown

    def refresh(self, *_ignored: object) -> None:
        """Show which step is next, or what this QGIS lacks."""
        fine, missing = self._hand_over.can_execute()
        self.missing.setText(missing)
        self.missing.setVisible(not fine)
        self.steps.setVisible(fine)
        layer = self._session.layer
        self.layer_box.refresh()
        self.layer_box.choose(layer.id() if layer is not None else "")
        self.layer_box.setVisible(bool(self.layer_box.layers))
        known = layer is not None and _has_figures(layer)
        self._ranked = self._session.standing is not None
        self.areas.show_state(NEXT if layer is None else DONE)
        self.figures.show_state(DONE if known else LATER if layer is None else NEXT)
        self.rank.show_state(DONE if self._ranked else NEXT if known else LATER)

    def _on_moved(self) -> None:
        """Follow the first ranking of a layer, not every step of a slider."""
        if self._ranked != (self._session.standing is not None):
            self.refresh()

    # --- asked

    def _on_open(self) -> None:
        self._hand_over.open_areas()

    def _on_layer(self, name: str) -> None:
        self._session.set_layer(self._session.project.mapLayer(name) if name else None)

    def _on_figures(self) -> None:
        self._hand_over.open_algorithm(
            "profileareas", {"INPUT": self._session.layer.id()}, on_layer=self._session.set_layer
        )

    def _on_sample(self) -> None:
        self._hand_over.load_sample()


def _has_figures(layer: Any) -> bool:
    from ...processing.explore.dimensions import dimensions_of

    return any(one.there for one in dimensions_of(layer))
