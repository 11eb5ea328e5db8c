"""The legend of two figures together: a square of colours with a word on each column and row."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsFillSymbol,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemShape,
    QgsLegendStyle,
    QgsPrintLayout,
)
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont

from ..classes import CELL, Square
from ..errors import tr
from .lettering import height_of, legend_font, set_font, set_text_colour, width_of

__all__ = ["CELL", "draw", "plan"]

# millimetres
SMALLEST, LARGEST = 12.0, 24.0  # side of a cell
GAP = 1.0
BELOW = 3.0  # between the square and what stands under it
LINE = 7.5  # room to be left for each line that stands under it
STEP = 0.5  # by which cells are made smaller until all has room
SLACK = 1.04  # of a word's width, as metrics differ a little between devices
DARK, LIGHT = "#1b1b1b", "#ffffff"
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
CENTRE, TOP = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignTop
MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Plan:
    """Where the parts of a square stand in the box of a legend, in millimetres.

    Attributes:
        box: of the legend.
        words: width of the words of the rows, left of the square.
        side: of a cell.
        head: height of the heading.
        line: height of a line of text.
        foot: height of the words under the columns.
    """

    square: Square
    heading: str
    heading_font: QFont
    font: QFont
    box: QRectF
    words: float
    side: float
    head: float
    line: float
    foot: float

    @property
    def cells(self) -> QRectF:
        """Return where the cells stand."""
        top = self.box.top() + self.head + self.line + 2 * GAP
        wide, high = len(self.square.columns), len(self.square.rows)
        return QRectF(self.box.left() + self.words, top, wide * self.side, high * self.side)

    @property
    def height(self) -> float:
        """Return what it takes of the box, with the room to what stands under it."""
        under = self.foot + 2 * self.line + 2.5 * GAP + BELOW
        return self.cells.bottom() + under - self.box.top()


def plan(legend: QgsLayoutItemLegend, square: Square, heading: str, lines: int) -> Plan | None:
    """How the square is drawn in the box of the legend; None where it has no room to be read.

    `lines` of the legend stand under it, and need room too.
    """
    corner, size = legend.positionWithUnits(), legend.sizeWithUnits()
    box = QRectF(corner.x(), corner.y(), size.width(), size.height())
    head = legend_font(legend, QgsLegendStyle.Style.Subgroup)
    font = legend_font(legend, QgsLegendStyle.Style.SymbolLabel)
    words = max(width_of(word, _bold(font)) for word in [*square.rows, square.up]) * SLACK + GAP
    line = height_of("X", font, box.width())
    side = min(LARGEST, (box.width() - words) / 3)
    parts = [part for word in square.columns for part in word.split()]
    least = max(SMALLEST, *(width_of(part, font) * SLACK + GAP for part in parts))
    while side >= least:
        planned = Plan(
            square=square,
            heading=heading,
            heading_font=head,
            font=font,
            box=box,
            words=words,
            side=side,
            head=height_of(heading, head, box.width()),
            line=line,
            foot=max(height_of(word, font, side - GAP) for word in square.columns),
        )
        if planned.height + lines * LINE <= box.height():
            return planned
        side -= STEP
    return None


def draw(layout: QgsPrintLayout, planned: Plan, counts: list[list[int]]) -> None:
    """Draws heading and square; each cell says how many areas it holds."""
    box, cells, font, line = planned.box, planned.cells, planned.font, planned.line
    head = QRectF(box.left(), box.top(), box.width(), planned.head)
    _label(layout, planned.heading, head, planned.heading_font, LEFT, TOP)
    up = QRectF(box.left(), cells.top() - GAP - line, planned.words - GAP, line)
    _label(layout, planned.square.up, up, _bold(font), RIGHT, TOP)
    _draw_cells(layout, planned, counts)
    _draw_words(layout, planned)
    foot = cells.bottom() + planned.foot + 1.5 * GAP
    across = QRectF(cells.left(), foot, cells.width(), line)
    _label(layout, planned.square.across, across, _bold(font), CENTRE, TOP)
    told = QRectF(box.left(), foot + line + GAP, box.width(), line)
    _label(layout, tr("Numbers: areas in each class"), told, font, LEFT, TOP)


def _draw_cells(layout: QgsPrintLayout, planned: Plan, counts: list[list[int]]) -> None:
    side, corner = planned.side, planned.cells.topLeft()
    for y, (row, numbers) in enumerate(zip(planned.square.cells, counts)):
        for x, (cell, number) in enumerate(zip(row, numbers)):
            box = QRectF(corner.x() + x * side, corner.y() + y * side, side, side)
            colour = cell.symbol.color()
            _rectangle(layout, box, colour)
            text = _label(layout, f"{number:,}", box, planned.font, CENTRE, MIDDLE)
            set_text_colour(text, QColor(readable_on(colour)))


def _draw_words(layout: QgsPrintLayout, planned: Plan) -> None:
    """A word left of each row and under each column."""
    side, cells, font = planned.side, planned.cells, planned.font
    for y, word in enumerate(planned.square.rows):
        top = cells.top() + y * side
        box = QRectF(planned.box.left(), top, planned.words - GAP, side)
        _label(layout, word, box, font, RIGHT, MIDDLE)
    for x, word in enumerate(planned.square.columns):
        left = cells.left() + x * side + GAP / 2
        box = QRectF(left, cells.bottom() + GAP, side - GAP, planned.foot)
        _label(layout, word, box, font, CENTRE, TOP)


def readable_on(colour: QColor) -> str:
    """Dark or light text, whichever stands out more (relative luminance of WCAG 2.1)."""
    dark, light = (_contrast(colour, QColor(text)) for text in (DARK, LIGHT))
    return DARK if dark >= light else LIGHT


def _contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted(_luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear))


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold


def _label(
    layout: QgsPrintLayout, text: str, box: QRectF, font: QFont, across, down
) -> QgsLayoutItemLabel:
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    set_font(label, font)
    set_text_colour(label, QColor(DARK))
    label.setHAlign(across)
    label.setVAlign(down)
    label.setMarginX(0)
    label.setMarginY(0)
    return _placed(layout, label, box)


def _rectangle(layout: QgsPrintLayout, box: QRectF, colour: QColor) -> None:
    shape = QgsLayoutItemShape(layout)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    look = {"color": colour.name(), "outline_color": LIGHT, "outline_width": "0.3"}
    shape.setSymbol(QgsFillSymbol.createSimple(look))
    _placed(layout, shape, box)


def _placed(layout: QgsPrintLayout, item: QgsLayoutItem, box: QRectF):
    item.attemptSetSceneRect(box)
    layout.addLayoutItem(item)
    return item
