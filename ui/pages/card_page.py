"""The page with one area: why it is where it is, who lives there, who replied."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...processing.messages import tr
from ..bonds import Bonds
from ..widgets.card_parts import BarRow, Dots, Heading, PartTable, Rows
from ..widgets.text import Text, listed

REST = 60  # milliseconds: a slider that moves fills the card once, not at every step

GAP = 6  # above the page, below the tabs; the panel has margins of its own


class CardPage(QWidget):
    """The card of the area that is chosen."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._bonds = Bonds()
        self._stale = True
        self._order: list[int] = []
        self._order_of: Any = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._show_card)
        self._build()
        for signal, slot in (
            (session.layer_changed, self._on_new),
            (session.moved, self._on_ranked),
            (session.tested, self._on_ranked),
            (session.area_chosen, self._on_new),
        ):
            self._bonds.tie(signal, slot)
        self._on_new()

    # --- making

    def _build(self) -> None:
        self.before = QPushButton(tr("< Previo&us"))
        self.before.setToolTip(tr("The area one rank further up"))
        self.after = QPushButton(tr("&Next >"))
        self.after.setToolTip(tr("The area one rank further down"))
        self.before.clicked.connect(lambda: self._step(-1))
        self.after.clicked.connect(lambda: self._step(1))
        steps = QHBoxLayout()
        steps.addWidget(self.before)
        steps.addWidget(self.after)
        steps.addStretch(1)
        self.nothing = Text()
        self.card = self._make_card()
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setWidget(self.card)
        self.scroll.setAccessibleName(tr("The area that is chosen"))
        page = QVBoxLayout(self)
        page.setContentsMargins(0, GAP, 0, 0)
        page.addLayout(steps)
        page.addWidget(self.nothing, 1)
        page.addWidget(self.scroll, 1)

    def _make_card(self) -> QWidget:
        self.title = Text(scale=1.25, bold=True)
        self.inside = Text()  # a line that goes with what is told, where that may not leave
        self.rank, self.tier = Text(), Text()
        self.reasons, self.replies, self.cannot = Text(), Text(), Text()
        self.pillars, self.dots = Rows(BarRow), Dots()
        self.groups, self.languages = PartTable(), PartTable()
        card = QWidget()
        box = QVBoxLayout(card)
        box.setContentsMargins(0, 0, 0, 0)
        for one in (self.title, self.rank, self.tier, self.inside):
            box.addWidget(one)
        self._headings: dict[QWidget, Heading] = {}
        for title, part in (
            (tr("Main reasons"), self.reasons),
            (tr("Parts of the score, from 0 to 1"), self.pillars),
            (tr("Figures, compared with all areas"), self.dots),
            (tr("Groups"), self.groups),
            (tr("Languages"), self.languages),
            (tr("Replies"), self.replies),
            (tr("What these figures cannot say"), self.cannot),
        ):
            self._headings[part] = Heading(title)
            box.addWidget(self._headings[part])
            box.addWidget(part)
        box.addStretch(1)
        return card

    # --- what is shown

    def _on_new(self, *_ignored: Any) -> None:
        """Another area, or none: at once."""
        self._stale = True
        self._show_card()

    def _on_ranked(self) -> None:
        """Other ranks: soon, as more may follow."""
        self._stale = True
        if self._row() < 0:
            self._show_card()
        elif not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event):
        super().showEvent(event)
        self._show_card()

    def _row(self) -> int:
        """Return the area to show, -1 for none."""
        session = self._session
        if session.exploration is None or session.standing is None:
            return -1
        return session.row if 0 <= session.row < len(session.exploration.ids) else -1

    def _show_card(self) -> None:
        self._timer.stop()
        if not self._stale or not self.isVisible():
            return  # it is filled when it is shown
        self._stale = False
        row = self._row()
        self.nothing.setVisible(row < 0)
        self.scroll.setVisible(row >= 0)
        self._set_steps(row)
        if row < 0:
            self.nothing.setText(self._what_to_do())
            return
        from ...processing.explore.card import card_of
        from ...processing.explore.inside import shows_replies

        session = self._session
        card = card_of(session.exploration, row, session.standing, session.ranking)
        self._fill(card, shows_replies(session.exploration))

    def _what_to_do(self) -> str:
        if self._session.standing is None:
            return tr("No areas are ranked yet. Choose a layer with areas first.")
        return tr(
            "No area is chosen. Choose one in the list, or pick one on the map, to see why it "
            "is where it is, who lives there and who replied."
        )

    def _fill(self, card: Any, stays_inside: bool) -> None:
        other = self.title.text() != card.title
        mark = tr("⚠ Replies as they were counted: keep them inside.") if stays_inside else ""
        texts = (
            (self.title, card.title),
            (self.rank, card.rank_words),
            (self.tier, card.tier_words),
            (self.inside, mark),
            (self.reasons, listed(card.reasons)),
            (self.replies, "\n".join(filter(None, (card.replies, mark)))),
            (self.cannot, listed(card.cannot)),
        )
        for text, said in texts:
            text.setText(said)  # the same text again keeps what is selected in it
        self.inside.setVisible(bool(mark))
        # heard as a whole by who gets here by a key; the parts below are found by reading on
        self.scroll.setAccessibleName(card.title)
        self.scroll.setAccessibleDescription("\n".join(said for _text, said in texts[1:] if said))
        self.pillars.fill(card.pillars)
        self.dots.fill(card.dots)
        self.groups.fill(card.groups)
        self.languages.fill(card.languages)
        for part, is_there in (
            (self.reasons, card.reasons),
            (self.pillars, card.pillars),
            (self.dots, card.dots),
            (self.groups, card.groups),
            (self.languages, card.languages),
            (self.replies, card.replies),
            (self.cannot, card.cannot),
        ):
            part.setVisible(bool(is_there))
            self._headings[part].setVisible(bool(is_there))
        if other:
            self.scroll.verticalScrollBar().setValue(0)

    # --- the next area by rank

    def _by_rank(self) -> list[int]:
        standing = self._session.standing
        if standing is not self._order_of:
            self._order_of = standing
            ranks = standing.ranks.dropna() if standing is not None else None
            self._order = [] if ranks is None else ranks.sort_values(kind="stable").index.tolist()
        return self._order

    def _beside(self, row: int, step: int) -> int:
        order = self._by_rank()
        if row not in order:
            return -1
        place = order.index(row) + step
        return order[place] if 0 <= place < len(order) else -1

    def _set_steps(self, row: int) -> None:
        for button, step in ((self.before, -1), (self.after, 1)):
            button.setEnabled(row >= 0 and self._beside(row, step) >= 0)

    def _step(self, step: int) -> None:
        other = self._beside(self._row(), step)
        if other >= 0:
            self._session.choose(other)

    def close_page(self) -> None:
        """Undo what reaches out of the page."""
        self._timer.stop()
        self._bonds.untie()
        self._order, self._order_of = [], None
