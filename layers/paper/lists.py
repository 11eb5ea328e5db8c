"""A numbered list in columns, in the room that a label of a layout has for it."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsFeedback, QgsLayoutItemLabel, QgsPrintLayout
from qgis.PyQt.QtCore import QRectF
from qgis.PyQt.QtGui import QFont

from ..errors import tr
from .lettering import SMALLEST_TEXT, font_of, height_of, set_font, width_of, wrapped
from .telling import warn

GAP = 4.0  # millimetres between columns
SLACK = 1.05  # of a line's width, as metrics differ a little between devices
MOST_COLUMNS = 8


def fill_list(
    layout: QgsPrintLayout,
    item_id: str,
    entries: Sequence[tuple[int, str]],
    feedback: QgsFeedback | None = None,
) -> None:
    """Writes numbers and names where the label of this id stands; without room it says so."""
    label = layout.itemById(item_id)
    if not isinstance(label, QgsLayoutItemLabel):
        return
    lines = [f"{number}\u2002{name}" for number, name in entries]
    planned = _plan(label, lines)
    if planned is None:
        lines = _wrapped(label, lines)
        planned = _plan(label, lines)
    if planned is None:
        warn(
            feedback,
            tr(
                "The list of {n} names has no room on this paper: the numbers of the map are not "
                "explained. Choose larger paper, or fewer venues."
            ).format(n=len(entries)),
        )
        label.setText("")
        return
    font, columns, rows = planned
    set_font(label, font)
    label.setText("\n".join(lines[:rows]))
    corner, size = label.positionWithUnits(), label.sizeWithUnits()
    width = size.width() / columns
    for at in range(1, columns):
        column = _like(layout, label, lines[at * rows : (at + 1) * rows])
        column.attemptSetSceneRect(
            QRectF(corner.x() + at * width, corner.y(), width, size.height())
        )


def _wrapped(label: QgsLayoutItemLabel, lines: Sequence[str]) -> list[str]:
    """Lines that are wider than the label, in the smallest font, broken and set in."""
    font = font_of(label)
    font.setPointSizeF(min(SMALLEST_TEXT, font.pointSizeF()))
    inside = width_of("00\u2002", font)
    width = (label.sizeWithUnits().width() - inside) / SLACK
    broken = (wrapped(line, font, width).split("\n") for line in lines)
    return [
        text if not at else f"\u2002\u2002{text}" for one in broken for at, text in enumerate(one)
    ]


def _plan(label: QgsLayoutItemLabel, lines: Sequence[str]) -> tuple[QFont, int, int] | None:
    """Font, columns and rows with which the lines fit; None when they do not."""
    font, size = font_of(label), label.sizeWithUnits()
    while lines:
        widest = max(width_of(line, font) for line in lines) * SLACK + GAP
        # no gap after the last column
        for columns in range(1, min(MOST_COLUMNS, int((size.width() + GAP) // widest)) + 1):
            rows = -(-len(lines) // columns)
            if height_of("\n".join(["X"] * rows), font, size.width()) <= size.height():
                return font, -(-len(lines) // rows), rows
        if font.pointSizeF() <= SMALLEST_TEXT:
            return None
        font.setPointSizeF(max(SMALLEST_TEXT, font.pointSizeF() - 0.5))
    return font, 1, 0


def _like(
    layout: QgsPrintLayout, label: QgsLayoutItemLabel, lines: Sequence[str]
) -> QgsLayoutItemLabel:
    """A label that looks like another."""
    column = QgsLayoutItemLabel(layout)
    if hasattr(label, "textFormat"):
        column.setTextFormat(label.textFormat())
    else:
        column.setFont(label.font())
        column.setFontColor(label.fontColor())
    column.setHAlign(label.hAlign())
    column.setVAlign(label.vAlign())
    column.setMarginX(label.marginX())
    column.setMarginY(label.marginY())
    column.setText("\n".join(lines))
    layout.addLayoutItem(column)
    return column
