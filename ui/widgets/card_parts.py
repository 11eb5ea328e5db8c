"""What an area's card is put together from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ...processing.messages import tr
from .bar import Bar
from .dot_plot import DotKey, DotPlot, known
from .text import Text

BESIDE = " · "
LONG = 18  # letters of a title from which on it needs a line of its own


def with_unit(value: float, decimals: int, unit: str) -> str:
    """Return a number as it is written beside a plot."""
    return f"{value:,.{decimals}f} {unit}".rstrip()


class Heading(Text):
    """Stands above a part of the card."""

    def __init__(self, text: str) -> None:
        super().__init__(text, bold=True)
        self.setContentsMargins(0, self.fontMetrics().height() // 2, 0, 0)


class BarRow(QWidget):
    """A pillar: its title, its number, a bar."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.number, self.bar = Text(), QLabel(), Bar()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.number, 0, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.bar, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)

    def show_one(self, one: Any) -> None:
        """Show a ``Bar`` of the card."""
        self.title.setText(one.title)
        self.number.setText(tr("no figure") if one.value is None else f"{one.value:.2f}")
        self.bar.set_share(one.value, one.words)
        for part in (self.title, self.number):
            part.setToolTip(one.words)
        self.title.setAccessibleName(one.words)


class DotRow(QWidget):
    """An indicator: its title, its value, the plot, and what it is held against."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.value, self.plot = Text(), Text(bold=True), DotPlot()
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.beside = Text()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)
        grid.setVerticalSpacing(1)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.value, 0, 1)
        grid.addWidget(self.plot, 1, 0, 1, 2)
        grid.addWidget(self.beside, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)

    def show_one(self, dot: Any, usual_city: str) -> None:
        """Show a ``Dot``; ``usual_city`` is what the key says of all areas."""
        self.title.setText(dot.title)
        self.title.setAccessibleName(dot.words)
        there = known(dot.value)
        self.value.setText(with_unit(dot.value, dot.decimals, dot.unit) if there else "")
        self.plot.set_dot(dot)
        self.plot.setVisible(there or known(dot.city) or known(dot.nation))
        # why a figure is missing or hidden is said in whole words
        self.beside.setText(self._held_against(dot, usual_city) if there else dot.words)
        self.beside.setVisible(bool(self.beside.text()))
        for part in (self.title, self.value, self.beside):
            part.setToolTip(dot.words)

    @staticmethod
    def _held_against(dot: Any, usual_city: str) -> str:
        told = []
        if known(dot.city):
            usual = dot.city_title == usual_city
            title = tr("all areas") if usual or not dot.city_title else dot.city_title
            told.append(f"{title} {with_unit(dot.city, dot.decimals, dot.unit)}")
        if known(dot.nation):
            told.append(f"{dot.nation_title} {with_unit(dot.nation, dot.decimals, dot.unit)}")
        return BESIDE.join(told)


class Rows(QWidget):
    """Rows that are filled again instead of made anew: a slider moves many times a second."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self.rows: list[Any] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def fill(self, items: Sequence[Any], *more: Any) -> None:
        """Show a row for each item."""
        while len(self.rows) < len(items):
            row = self._make()
            self.rows.append(row)
            self._box.addWidget(row)
        for row, item in zip(self.rows, items):
            row.show_one(item, *more)
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(items))


class Dots(QWidget):
    """All indicators of an area, with the key once above them."""

    def __init__(self) -> None:
        super().__init__()
        self.key, self.list = DotKey(), Rows(DotRow)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.key)
        box.addWidget(self.list)

    def fill(self, dots: Sequence[Any]) -> None:
        """Show the indicators."""
        usual = _most_often(dot.city_title for dot in dots if known(dot.city))
        nation = _most_often(dot.nation_title for dot in dots if known(dot.nation))
        self.key.set_signs(usual, nation)
        self.list.fill(dots, usual)


def _most_often(titles: Iterable[str]) -> str:
    """Return the title that most have; the others say theirs beside their numbers."""
    found = Counter(titles).most_common(1)
    return found[0][0] if found else ""


class PartTable(QWidget):
    """Groups of people in a small table: how many, per cent here, per cent in all areas."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(3)
        self._grid.setHorizontalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self._lines: list[tuple[Text, list[Text]]] = []
        for cell, text in zip(
            self._cells(0, True), ("", tr("Number"), tr("Here"), tr("All areas"))
        ):
            cell.setText(text)

    def _cells(self, row: int, bold: bool = False) -> list[Text]:
        """Return four new cells, a title and three numbers."""
        cells = [Text(bold=bold) for _column in range(4)]
        for column, cell in enumerate(cells):
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            cell.setAlignment(side | Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(cell, row, column)
        return cells

    def fill(self, parts: Sequence[Any]) -> None:
        """Show groups; one of which nothing is known says so in words across the table."""
        while len(self._lines) < len(parts):
            row, across = 1 + 2 * len(self._lines), Text()
            self._grid.addWidget(across, row, 0, 1, 4)
            self._lines.append((across, self._cells(row + 1)))
        for place, (across, cells) in enumerate(self._lines):
            if place < len(parts):
                self._fill_line(across, cells, parts[place])
            for one in (across, *cells):
                one.setVisible(place < len(parts) and bool(one.text()))

    @staticmethod
    def _fill_line(across: Text, cells: list[Text], part: Any) -> None:
        """Show a group; a long title takes a line of its own, above the numbers."""
        own_line = part.title if len(part.title) > LONG else ""
        texts = ["" if own_line else part.title, _count(part.number)]
        texts += [_percent(part.percent), _percent(part.city_percent)]
        if part.number is None and part.percent is None:
            own_line, texts = part.words, [""] * 4
        for one, text in zip((across, *cells), (own_line, *texts)):
            one.setText(text)
            one.setToolTip(part.words)
        for one in (across, cells[0]):
            one.setAccessibleName(part.words)


def _count(value: float | None) -> str:
    return tr("no figure") if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return tr("no figure") if value is None else f"{value:.1f}\u00a0%"
