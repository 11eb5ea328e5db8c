"""The page on what counts: the scheme, its weights and directions, and how many are highlighted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from qgis.gui import QgsCollapsibleGroupBoxBasic
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFrame, QPushButton, QToolButton, QVBoxLayout, QWidget

from ...processing.explore.errors import in_words
from ...processing.explore.settings import Settings
from ...processing.messages import tr
from ..bonds import Bonds
from ..session import Session
from ..widgets.scheme_box import SchemeBox
from ..widgets.steady import Whole, wrapped
from ..widgets.top_box import TopBox
from ..widgets.weight_row import Scale, WeightRow

DRAWS, STEP, SEEDS = (10, 20000), 500, (0, 2**31 - 1)  # as findseldomheard takes them


class ScorePage(QWidget):
    """Sliders for a scheme. They are changed in place: one that is being dragged stays."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._bonds = Bonds()
        self.rows: dict[str, WeightRow] = {}
        self._order: list[tuple[str, bool]] = []  # keys of the rows, and which are pillars
        self._lines_between: list[QWidget] = []
        self._scheme: tuple[str, dict[str, Any]] = ("", {})  # the file read last, after its name
        self._shipped: dict[str, Any] = {}  # lines of the scheme as it is, by key
        self._seen: tuple[Any, ...] = ()  # what those were made for
        self._last = ""  # key of the row that asked last, while nobody else has
        self._asking = False
        self._make()
        self._bonds.tie(session.settings_changed, self._on_settings)
        self._bonds.tie(session.layer_changed, self.refresh)
        self._bonds.tie(session.moved, self._on_moved)
        self.refresh()

    def close_page(self) -> None:
        """Hear no more of the session."""
        self._bonds.untie()
        self._seen = ()

    # --- made

    def _make(self) -> None:
        self.scheme_box = SchemeBox()
        self.scheme_box.picked.connect(self._on_scheme)
        self.scheme_box.failed.connect(self._say)
        self.problem = wrapped()
        self.problem.setVisible(False)
        self.explanation = wrapped()
        self.about = QgsCollapsibleGroupBoxBasic(tr("What it is for"))
        QVBoxLayout(self.about).addWidget(self.explanation)
        self.about.setCollapsed(True)
        self.top_box = TopBox()
        self.top_box.asked.connect(self._on_top)
        self.nothing = wrapped(bold=True)
        self.nothing.setVisible(False)
        self.list = QWidget()
        self._list = QVBoxLayout(self.list)
        self._list.setContentsMargins(0, 0, 0, 0)
        self.shipped_button = QPushButton(tr("As &in the scheme"))
        self.shipped_button.setToolTip(tr("All weights and directions as the scheme has them"))
        self.shipped_button.clicked.connect(self._on_shipped)
        self._make_tested()
        layout = QVBoxLayout(self)
        layout.addWidget(wrapped(tr("Scheme"), self.scheme_box))
        layout.addWidget(self.scheme_box)
        layout.addWidget(self.problem)
        layout.addWidget(self.about)
        layout.addWidget(wrapped(tr("Highlight the &top"), self.top_box.number))
        layout.addWidget(self.top_box)
        layout.addWidget(self.nothing)
        layout.addWidget(self.list)
        layout.addWidget(self.shipped_button)
        layout.addWidget(self.tested)
        layout.addStretch(1)

    def _make_tested(self) -> None:
        self.draws, self.seed = Whole(*DRAWS, STEP), Whole(*SEEDS)
        self.draws.setAccessibleName(tr("Draws"))
        self.seed.setAccessibleName(tr("Seed of the draws"))
        self.draws.valueChanged.connect(self._on_draws)
        self.seed.valueChanged.connect(self._on_seed)
        self.tested = QgsCollapsibleGroupBoxBasic(tr("How it is tested"))
        layout = QVBoxLayout(self.tested)
        layout.addWidget(
            wrapped(
                tr(
                    "The ranking is made again many times, with weights and figures a little "
                    "different each time. Areas that stay in the top are called robust."
                )
            )
        )
        layout.addWidget(wrapped(tr("How o&ften"), self.draws))
        layout.addWidget(self.draws)
        layout.addWidget(wrapped(tr("Seed: the same one &gives the same result"), self.seed))
        layout.addWidget(self.seed)
        self.tested.setCollapsed(True)

    def _make_rows(self, lines: Iterable[Any]) -> None:
        """Make the rows of another scheme."""
        for old in (*self.rows.values(), *self._lines_between):
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows, self._lines_between, self._last = {}, [], ""
        for line in lines:
            if line.is_pillar:
                between = QFrame()
                between.setFrameShape(QFrame.Shape.HLine)
                between.setFrameShadow(QFrame.Shadow.Sunken)
                self._list.addWidget(between)
                self._lines_between.append(between)
            row = self.rows[line.key] = WeightRow(line.key, line.is_pillar)
            row.weight_asked.connect(self._on_weight)
            row.direction_asked.connect(self._on_direction)
            self._list.addWidget(row)
        self._set_tab_order()

    def _set_tab_order(self) -> None:
        about, tested = _arrow(self.about), _arrow(self.tested)
        every = [self.scheme_box, about, self.top_box.number, self.top_box.unit]
        every += [widget for row in self.rows.values() for widget in row.controls]
        every += [self.shipped_button, tested, self.draws, self.seed]
        for first, second in zip(every, every[1:]):
            QWidget.setTabOrder(first, second)

    # --- shown

    def _on_settings(self) -> None:
        if not self._asking:
            self._last = ""  # undone, say: the next step of a slider is a change of its own
        self.refresh()

    def _on_moved(self) -> None:
        if self._made_for(self._session.settings) != self._seen:
            self.refresh()
        self._show_top()

    def refresh(self) -> None:
        """Show what is asked; rows stay as long as the scheme has the same lines."""
        asked = self._session.settings
        self.scheme_box.show_scheme(asked.scheme)
        self.explanation.setText(self.scheme_box.explanation)
        self.about.setVisible(bool(self.explanation.text()))
        self._show_top()
        _show_number(self.draws, asked.draws)
        _show_number(self.seed, asked.seed)
        self.shipped_button.setEnabled(bool(asked.changes))
        try:
            self._read_scheme(asked)
        except Exception as error:
            self._say(in_words(error))
            self._show_lines([])
            return
        self._show_lines(self._lines(asked))

    def _show_top(self) -> None:
        standing = self._session.standing
        self.top_box.show_top(self._session.settings.top, standing.top if standing else 0)

    def _show_lines(self, lines: list[Any]) -> None:
        order = [(line.key, line.is_pillar) for line in lines]
        fresh = order != self._order
        if fresh:
            self._order = order
            self._make_rows(lines)
        for line in lines:
            row, shipped = self.rows[line.key], self._shipped[line.key]
            if fresh:
                row.start(self._scale(line), line, shipped)
            else:
                row.show_line(line, shipped)
        counts = any(line.share for line in lines)
        self.nothing.setText(
            tr("Nothing counts now. Give at least one line above 0 a weight, and its group, too.")
        )
        self.nothing.setVisible(bool(lines) and not counts)

    def _scale(self, line: Any) -> Scale:
        """Return the scale of a line's slider, the same for all beside it."""
        beside = [
            one.weight
            for one in self._shipped.values()
            if one.is_pillar == line.is_pillar and (line.is_pillar or one.pillar == line.pillar)
        ]
        return Scale.holding(max(beside))

    def _made_for(self, asked: Settings) -> tuple[Any, ...]:
        return (asked.scheme, self._session.layer, self._session.exploration)

    def _read_scheme(self, asked: Settings) -> None:
        """Note the scheme as it is, before any change."""
        from ...processing.ranking import schemes

        if self._scheme[0] != asked.scheme:
            self._scheme = (asked.scheme, schemes.load(asked.scheme))
            self._seen = ()
        if self._seen != self._made_for(asked):
            self._shipped = {line.key: line for line in self._told(replace(asked, changes=""))}
            self._seen = self._made_for(asked)

    def _told(self, asked: Settings) -> list[Any]:
        """Return the lines of a scheme, by the figures that were read or else by the fields."""
        from ...processing.ranking import scheme_edits

        exploration = self._session.exploration
        if exploration is not None and exploration.serves(asked):
            return list(exploration.lines(asked))
        layer = self._session.layer
        have = [] if layer is None else [field.name() for field in layer.fields()]
        changes = scheme_edits.Changes.parse(asked.changes)
        return scheme_edits.lines(changes.apply(self._raw), have)

    def _lines(self, asked: Settings) -> list[Any]:
        """Return the lines to show; where the changes cannot be ranked by, they still show."""
        try:
            return self._told(asked)
        except Exception:  # the session says what is wrong, to the panel
            changes = self._changes()
            return [
                replace(
                    line,
                    weight=changes.weights.get(line.key, line.weight),
                    more_is_barrier=changes.directions.get(line.key, line.more_is_barrier),
                    share=None,
                )
                for line in self._shipped.values()
            ]

    @property
    def _raw(self) -> dict[str, Any]:
        return self._scheme[1]

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    # --- asked

    def _changes(self) -> Any:
        """Return the changes now; none where the project kept some that cannot be understood."""
        from ...processing.ranking.scheme_edits import Changes

        try:
            return Changes.parse(self._session.settings.changes)
        except Exception:
            return Changes({}, {})

    def _ask(self, key: str, changes: Any, goes_on: bool = False) -> None:
        goes_on, self._last = goes_on and key == self._last, key
        self._asking = True
        try:
            self._session.change(continues=goes_on, changes=self._tidied(changes).text)
        finally:
            self._asking = False

    def _tidied(self, changes: Any) -> Any:
        try:
            return changes.tidied(self._raw)
        except Exception:  # kept with the project, of a scheme that has changed since
            known = {**changes.weights, **changes.directions}
            for key in known:
                if key not in self.rows:
                    changes = changes.without(key)
            return changes

    def _on_weight(self, key: str, weight: float, goes_on: bool) -> None:
        self._ask(key, self._changes().with_weight(key, weight), goes_on)

    def _on_direction(self, key: str, more: bool) -> None:
        self._ask(key, self._changes().with_direction(key, more))

    def _on_shipped(self) -> None:
        self._session.change(changes="")

    def _on_scheme(self, name: str) -> None:
        if name != self._session.settings.scheme:
            self._session.change(scheme=name, changes="")
            return
        self._scheme = ("", {})  # opened again, as the file has changed perhaps
        self.refresh()
        self._session.read_again()

    def _on_top(self, top: str) -> None:
        self._session.change(top=top)

    def _on_draws(self, draws: int) -> None:
        self._session.change(draws=draws)

    def _on_seed(self, seed: int) -> None:
        self._session.change(seed=seed)


def _arrow(group: QgsCollapsibleGroupBoxBasic) -> QWidget:
    """Return the button that folds a group, named after it."""
    arrow = group.findChild(QToolButton)
    if arrow is None:
        return group
    arrow.setAccessibleName(group.title())
    group.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # one stop of the Tab key is enough
    return arrow


def _show_number(box: Whole, number: int) -> None:
    if box.value() != number:
        box.blockSignals(True)
        box.setValue(number)
        box.blockSignals(False)
