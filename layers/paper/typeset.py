"""Tables and running text on paper, set in labels, so that they stay text in a PDF.

A label of a template is the room that they have: its box, its font and its colour. What does not
fit is never cut off: a table says how many rows are left, text goes on in the next box.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from qgis.core import (
    QgsLayoutItemLabel,
    QgsLayoutItemPolyline,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLineSymbol,
    QgsPrintLayout,
)
from qgis.PyQt.QtCore import QPointF
from qgis.PyQt.QtGui import QFont, QPolygonF

from .lettering import SMALLEST_TEXT, font_of, height_of, set_font, width_of, wrapped

GAP = 2.0  # mm between two columns
PADDING = 0.5  # mm above and below the text of a row
SPARE = 0.97  # of a column's width: letters drawn for a printer are a little wider than measured
OVER = 3.0  # mm that a label is wider than its text, so that no line breaks a second time
HEADING_SIZE = 1.25  # of a table's heading, times that of its cells
RULE, FAINT = "#333333", "#c9ced2"
BOLD = 2  # columns of a row in bold
BETWEEN = 1.6  # mm between two paragraphs


@dataclass(frozen=True)
class Table:
    """A table to be put into a box.

    Attributes:
        title: above it; empty for none.
        headings: of the columns; none where the first column says what stands in the others.
        rows: of texts.
        shares: of the width, one for each column.
        right: columns whose texts end at their right edge, as numbers do.
        bold: rows of which the first columns are set in bold.
        rest: says, by the number of rows shown, what of the others is left out.
        note: in small below it.
        whole: rows that have to be shown: where they have no room, the table goes on elsewhere.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float]
    right: Collection[int] = ()
    bold: Collection[int] = ()
    rest: Callable[[int], str] | None = None
    note: str = ""
    whole: int = 0


@dataclass(frozen=True)
class Room:
    """A box on a page, in mm, and the font for what stands in it."""

    x: float
    y: float
    width: float
    height: float
    font: QFont

    @classmethod
    def of(cls, label: QgsLayoutItemLabel) -> Room:
        """Return the room that a label of a template is."""
        place, size = label.positionWithUnits(), label.sizeWithUnits()
        return cls(place.x(), place.y(), size.width(), size.height(), font_of(label))


@dataclass
class Put:
    """What was put into a box: rows shown, and the top and bottom of each in mm."""

    rows: int = 0
    places: list[tuple[float, float]] = field(default_factory=list)


def lines_of(text: str, font: QFont, width: float) -> list[str]:
    """Return the text in lines no wider than so many mm; a word that is wider is broken."""
    lines: list[str] = []
    for line in wrapped(text, font, width).split("\n"):
        lines += _broken(line, font, width) if width_of(line, font) > width else [line]
    return lines


def _broken(line: str, font: QFont, width: float) -> Iterator[str]:
    begun = ""
    for letter in line:
        if begun and width_of(begun + letter, font) > width:
            yield begun
            begun = ""
        begun += letter
    yield begun


def line_height(font: QFont) -> float:
    """Return the mm that a line takes."""
    return height_of("Ág", font, 1000.0)


def put_table(layout: QgsPrintLayout, label: QgsLayoutItemLabel, table: Table) -> Put:
    """Put a table into the box of a label: as many rows as have room, then how many are left."""
    set_ = _Setter(layout, label, table)
    label.setText("")
    return set_.put()


def rows_with_room(label: QgsLayoutItemLabel, table: Table) -> int:
    """Return how many rows of a table have room in the box of a label."""
    return _Setter(None, label, table).fitting()


def height_of_table(label: QgsLayoutItemLabel, table: Table) -> float:
    """Return the mm that a table takes in the box of a label."""
    return _Setter(None, label, table).height()


class _Setter:
    """Sets a table, from the top of a box to its bottom."""

    def __init__(
        self, layout: QgsPrintLayout | None, label: QgsLayoutItemLabel, table: Table
    ) -> None:
        self.layout, self.table, self.room = layout, table, Room.of(label)
        self.font = self.room.font
        self.strong = QFont(self.font)
        self.strong.setBold(True)
        self.large = QFont(self.strong)
        self.large.setPointSizeF(self.font.pointSizeF() * HEADING_SIZE)
        self.small = QFont(self.font)
        self.small.setPointSizeF(max(SMALLEST_TEXT, self.font.pointSizeF() - 1))
        whole = sum(table.shares)
        inside = self.room.width - GAP * (len(table.shares) - 1)
        self.widths = [inside * share / whole for share in table.shares]
        self.note = self._lines(table.note, self.small, self.room.width) if table.note else []

    def _lines(self, text: str, font: QFont, width: float) -> list[str]:
        return lines_of(text, font, width * SPARE)

    def _cells(self, row: Sequence[str], font: QFont, bold: bool = False) -> list[list[str]]:
        return [
            self._lines(text, self.strong if bold and at < BOLD else font, width)
            for at, (text, width) in enumerate(zip(row, self.widths))
        ]

    def _height(self, cells: Sequence[Sequence[str]], font: QFont) -> float:
        return max(len(lines) for lines in cells) * line_height(font) + 2 * PADDING

    def _top(self) -> float:
        """Return the height of title and headings."""
        height = line_height(self.large) + PADDING if self.table.title else 0.0
        if any(self.table.headings):
            height += self._height(self._cells(self.table.headings, self.strong), self.strong)
        return height

    def _rest(self, shown: int) -> list[str]:
        if self.table.rest is None or shown >= len(self.table.rows):
            return []
        return self._lines(self.table.rest(shown), self.font, self.room.width)

    def _bottom(self, shown: int) -> float:
        """Return the height of what stands below the rows."""
        lines = len(self._rest(shown))
        height = lines * line_height(self.font) + 2 * PADDING if lines else 0.0
        return height + (len(self.note) * line_height(self.small) + PADDING if self.note else 0.0)

    def _heights(self) -> list[float]:
        """Return the height of the first rows, by their number."""
        heights = [0.0]
        for at, row in enumerate(self.table.rows):
            cells = self._cells(row, self.font, at in self.table.bold)
            heights.append(heights[-1] + self._height(cells, self.font))
        return heights

    def height(self) -> float:
        """Return the height of all that is put."""
        rows = self.fitting()
        return self._top() + self._heights()[rows] + self._bottom(rows)

    def fitting(self) -> int:
        """Return how many rows have room with all that stands above and below them."""
        heights = self._heights()
        left = self.room.height - self._top()
        rows = len(self.table.rows)
        while rows and heights[rows] + self._bottom(rows) > left:
            rows -= 1
        return rows

    def put(self) -> Put:
        """Put it there."""
        made, y = Put(self.fitting()), self.room.y
        if self.table.title:
            y = self._line([self.table.title], self.room.x, y, self.room.width, self.large)
            y += PADDING
        if any(self.table.headings):
            y = self._row(self.table.headings, y, self.strong)
        self._rule(y, RULE)
        for at, row in enumerate(self.table.rows[: made.rows]):
            top, y = y, self._row(row, y, self.font, at in self.table.bold)
            made.places.append((top, y))
            self._rule(y, FAINT)
        rest = self._rest(made.rows)
        if rest:
            y = self._line(rest, self.room.x, y + PADDING, self.room.width, self.font) + PADDING
        if self.note:
            self._line(self.note, self.room.x, y + PADDING, self.room.width, self.small)
        return made

    def _row(self, row: Sequence[str], y: float, font: QFont, bold: bool = False) -> float:
        """Put a row there; return where the next begins."""
        cells, x = self._cells(row, font, bold), self.room.x
        for at, (lines, width) in enumerate(zip(cells, self.widths)):
            shown = self.strong if bold and at < BOLD else font
            self._line(lines, x, y + PADDING, width, shown, at in self.table.right)
            x += width + GAP
        return y + self._height(cells, font)

    def _line(
        self,
        lines: Sequence[str],
        x: float,
        y: float,
        width: float,
        font: QFont,
        right: bool = False,
    ) -> float:
        if self.layout is not None and any(lines):
            put_lines(self.layout, lines, (x, y, width), font, right)
        return y + len(lines) * line_height(font)

    def _rule(self, y: float, colour: str) -> None:
        if self.layout is not None:
            put_rule(self.layout, self.room.x, y, self.room.width, colour)


def put_lines(
    layout: QgsPrintLayout,
    lines: Sequence[str],
    place: tuple[float, float, float],
    font: QFont,
    right: bool = False,
) -> None:
    """Put lines that are already broken at a place: left, top and width in mm."""
    from qgis.PyQt.QtCore import Qt

    x, y, width = place
    label = QgsLayoutItemLabel(layout)
    set_font_of_new(label, font)
    label.setText("\n".join(lines))
    label.setMarginX(0.0)
    label.setMarginY(0.0)
    start = x - OVER if right else x
    label.setHAlign(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
    layout.addLayoutItem(label)
    label.attemptMove(QgsLayoutPoint(start, y))
    label.attemptResize(QgsLayoutSize(width + OVER, len(lines) * line_height(font) + 1))


def set_font_of_new(label: QgsLayoutItemLabel, font: QFont) -> None:
    """Set a label in a font, family and weight too."""
    if hasattr(label, "setTextFormat"):
        text_format = label.textFormat()
        text_format.setFont(font)
        label.setTextFormat(text_format)
    else:
        label.setFont(font)
    set_font(label, font)


def put_rule(layout: QgsPrintLayout, x: float, y: float, width: float, colour: str) -> None:
    """Put a thin line across."""
    line = QgsLayoutItemPolyline(QPolygonF([QPointF(x, y), QPointF(x + width, y)]), layout)
    line.setSymbol(QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.15"}))
    layout.addLayoutItem(line)


# --- running text


@dataclass(frozen=True)
class Piece:
    """Some lines of a text in a box: how far below its top, and whether they are a heading."""

    lines: Sequence[str]
    below: float
    heading: bool


def strong_of(font: QFont) -> QFont:
    """Return the font of headings in running text."""
    made = QFont(font)
    made.setBold(True)
    return made


def flowed(
    paragraphs: Sequence[tuple[str, Sequence[str]]], rooms: Callable[[int], Room]
) -> list[list[Piece]]:
    """Return paragraphs broken into boxes, as many as they take.

    A heading never stands alone at the bottom of a box.

    Args:
        paragraphs: each a heading, and texts below it.
        rooms: the room of each box, by its number.
    """
    boxes: list[list[Piece]] = [[]]
    room = rooms(0)
    y = 0.0
    for heading, texts in paragraphs:
        need = line_height(strong_of(room.font)) + 2 * line_height(room.font)
        if y and y + need > room.height:
            boxes.append([])
            room, y = rooms(len(boxes) - 1), 0.0
        lines = lines_of(heading, strong_of(room.font), room.width * SPARE)
        boxes[-1].append(Piece(lines, y, True))
        y += len(lines) * line_height(strong_of(room.font))
        for text in texts:
            left = lines_of(text, room.font, room.width * SPARE)
            while left:
                fits = int((room.height - y) / line_height(room.font))
                if fits < min(2, len(left)):
                    boxes.append([])
                    room, y = rooms(len(boxes) - 1), 0.0
                    continue
                boxes[-1].append(Piece(left[:fits], y, False))
                y += len(left[:fits]) * line_height(room.font)
                left = left[fits:]
            y += BETWEEN / 2
        y += BETWEEN
    return boxes


def put_flowed(layout: QgsPrintLayout, label: QgsLayoutItemLabel, pieces: Sequence[Piece]) -> None:
    """Put the pieces of a text into the box of a label."""
    room = Room.of(label)
    label.setText("")
    for piece in pieces:
        font = strong_of(room.font) if piece.heading else room.font
        put_lines(layout, piece.lines, (room.x, room.y + piece.below, room.width), font)
