"""The strip that always says how many people live in the top, and how many outside it."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..processing.messages import tr
from ..processing.ranking.people import shares_in_words
from .bonds import Bonds
from .widgets.bar import Bar
from .widgets.card_parts import Rows
from .widgets.fold import FoldButton
from .widgets.text import Text

REST = 60  # milliseconds: a slider that moves fills it once, not at every step
TALL = 11  # lines that the groups take at most; the list above them stays readable


class GroupRow(QWidget):
    """A group of people: how many live inside, how many outside."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.bar, self.shares = Text(), Bar(), Text()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 4)
        box.setSpacing(1)
        for one in (self.title, self.bar, self.shares):
            box.addWidget(one)

    def show_one(self, told: tuple[Any, str]) -> None:
        """Show an ``Outside`` with its sentence, for screen readers and tooltips."""
        group, sentence = told
        inside, outside = shares_in_words(group)
        text = tr("{inside} inside, {outside} outside")
        if group.unknown == 1:
            text = tr("{inside} inside, {outside} outside; not known in one area")
        elif group.unknown:
            text = tr("{inside} inside, {outside} outside; not known in {n:,} areas")
        self.title.setText(group.title)
        self.shares.setText(text.format(inside=inside, outside=outside, n=group.unknown))
        self.bar.set_share(1 - group.percent / 100, sentence)
        for part in (self.title, self.shares):
            part.setToolTip(sentence)


class SummaryStrip(QWidget):
    """How many areas and residents are in the top; folded out, who lives inside and outside."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._bonds = Bonds()
        self._stale = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._show_summary)
        self._build()
        for signal in (session.layer_changed, session.moved, session.tested):
            self._bonds.tie(signal, self._on_ranked)
        self._on_ranked()

    def _build(self) -> None:
        self.line = Text()
        self.groups = Rows(GroupRow)
        self.notes = Text()
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.groups)
        box.addWidget(self.notes)
        self.folded = Groups(inside)
        self.fold = FoldButton(tr("Show who lives inside and outside these areas"), self.folded)
        self.fold.toggled.connect(self._show_summary)
        self._head = head = QHBoxLayout()
        head.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.line, 1)
        strip = QVBoxLayout(self)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.addLayout(head)
        strip.addWidget(self.folded, 1)

    def add(self, widget: QWidget) -> None:
        """Put something at the end of the line."""
        self._head.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    def _on_ranked(self) -> None:
        self._stale = True
        if self._session.standing is None:
            self._show_summary()
        elif not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event):
        super().showEvent(event)
        self._show_summary()

    def _show_summary(self, *_ignored: Any) -> None:
        self._timer.stop()
        if not self._stale or not self.isVisible():
            return  # it is filled when it is shown
        self._stale = False
        session = self._session
        there = session.standing is not None and session.exploration is not None
        self.fold.setEnabled(there)
        if not there:
            self.fold.setChecked(False)
            self.line.setText(tr("No areas are highlighted yet."))
            self.fold.setAccessibleDescription(self.line.text())
            return
        from ..processing.explore.summary import summary_of

        summary = summary_of(session.exploration, session.standing)
        self.line.setText(in_a_line(summary))
        self.line.setToolTip(" ".join(summary.words))
        self.fold.setAccessibleDescription(self.line.text())
        sentences = summary.words[len(summary.words) - len(summary.groups) :]
        self.groups.fill([*zip(summary.groups, sentences)])
        self.notes.setText(" ".join(summary.words[: len(summary.words) - len(summary.groups)]))

    def close_page(self) -> None:
        """Undo what reaches out of the strip."""
        self._timer.stop()
        self._bonds.untie()


class Groups(QScrollArea):
    """The groups that are folded out, as tall as they need to be up to a limit."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.setAccessibleName(tr("Who lives inside these areas, and who outside"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self):
        size, inside = super().sizeHint(), self.widget()
        wide = max(self.viewport().width(), inside.minimumSizeHint().width())
        most = TALL * self.fontMetrics().lineSpacing()
        size.setHeight(min(most, inside.heightForWidth(wide)))
        return size

    def minimumSizeHint(self):
        size = super().minimumSizeHint()
        size.setHeight(4 * self.fontMetrics().lineSpacing())
        return size


def in_a_line(summary: Any) -> str:
    """Return how many live in the areas highlighted; what those are called stands above."""
    if not summary.groups:
        return tr("The top {areas:,} of {known:,} areas").format(
            areas=summary.areas, known=summary.known
        )
    people = summary.groups[0]
    return tr("In the top {areas:,}: {inside:,.0f} of {all:,.0f} {people} ({share})").format(
        areas=summary.areas,
        inside=people.inside,
        all=people.everyone,
        people=people.title,
        share=shares_in_words(people)[0].replace(" ", "\u00a0"),  # no line ends before the sign
    )
