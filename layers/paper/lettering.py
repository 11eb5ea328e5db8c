"""Fonts of labels and legends on paper, and how much room a text takes in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qgis.core import (
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF

SMALLEST_TEXT = 7.0  # points: what is set smaller cannot be read on paper

# Labels and legends have text formats since 3.24 and 3.30; their fonts are deprecated since 3.40.


def font_of(label: QgsLayoutItemLabel) -> QFont:
    """The font of a label."""
    return label.textFormat().toQFont() if hasattr(label, "textFormat") else label.font()


def set_font(label: QgsLayoutItemLabel, font: QFont) -> None:
    """Sets a label in a font; its colour stays."""
    if hasattr(label, "setTextFormat"):
        label.setTextFormat(_resized(label.textFormat(), font))
    else:
        label.setFont(font)


def legend_font(legend: QgsLayoutItemLegend, part) -> QFont:
    """The font of a part of a legend, such as its headings."""
    style = legend.style(part)
    return style.textFormat().toQFont() if hasattr(style, "textFormat") else style.font()


def set_legend_font(legend: QgsLayoutItemLegend, part, font: QFont) -> None:
    style = legend.style(part)
    if hasattr(style, "setTextFormat"):
        style.setTextFormat(_resized(style.textFormat(), font))
    else:
        style.setFont(font)
    legend.setStyle(part, style)


def _resized(text_format: QgsTextFormat, font: QFont) -> QgsTextFormat:
    text_format.setSize(font.pointSizeF())
    text_format.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    return text_format


SPARE = 0.98  # of a box's width: letters drawn for a printer are a little wider than measured


def fits(text: str, font: QFont, size) -> bool:
    """Whether the text, wrapped to the width of a box in millimetres, is no higher than it."""
    metrics, per_mm = _metrics(font)
    box = QRectF(0, 0, size.width() * per_mm * SPARE, 1e6)
    used = metrics.boundingRect(box, int(Qt.TextFlag.TextWordWrap), text)
    return used.height() <= size.height() * per_mm and used.width() <= box.width()


def put_text(label: object, text: str, rest: str = "…") -> bool:
    """Puts a text into its label, smaller where it is long; returns whether all of it has room.

    What has none is left out by sentences, where one has room by words, as half a number would be
    a wrong one; `rest` then stands for it. What is no label takes no text.
    """
    if not isinstance(label, QgsLayoutItemLabel):
        return True
    font, size = font_of(label), label.sizeWithUnits()
    while font.pointSizeF() > SMALLEST_TEXT and not fits(text, font, size):
        font.setPointSizeF(max(SMALLEST_TEXT, font.pointSizeF() - 0.5))
    set_font(label, font)
    shorter = _shortened(text, rest)
    whole = fits(text, font, size)
    shorter = (one for one in _shortened(text, rest) if fits(one, font, size))
    label.setText(text if whole else next(shorter, rest))
    return whole


def _shortened(text: str, rest: str) -> Iterator[str]:
    """Returns a text without its last sentences, then without its last words."""
    sentences = re.split(r"(?<=[.!?]) (?=\S)", text)
    words = sentences[0].split(" ")
    for end in range(len(sentences) - 1, 0, -1):
        yield f"{' '.join(sentences[:end])} {rest}"
    for end in range(len(words) - 1, 0, -1):
        yield f"{' '.join(words[:end])}{'' if rest == '…' else ' '}{rest}"
    yield rest


def _metrics(font: QFont) -> tuple[QFontMetricsF, float]:
    """Metrics of a font at a size where rounding does not matter, and their pixels per mm."""
    large = QFont(font)
    per_mm = 40.0
    large.setPixelSize(round(font.pointSizeF() * 25.4 / 72 * per_mm))
    return QFontMetricsF(large), per_mm


def wrapped(text: str, font: QFont, width: float) -> str:
    """The text broken between words so that no line is wider than so many millimetres."""
    metrics, per_mm = _metrics(font)
    lines = [""]
    for word in text.replace(" %", "\u00a0%").split(" "):  # not at a no-break space
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and metrics.horizontalAdvance(longer) > width * per_mm:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def height_of(text: str, font: QFont, width: float) -> float:
    """Millimetres that a text takes when wrapped to so many; a little more, as devices differ."""
    metrics, per_mm = _metrics(font)
    box = QRectF(0, 0, width * per_mm, 1e6)
    return metrics.boundingRect(box, int(Qt.TextFlag.TextWordWrap), text).height() / per_mm * 1.05


def width_of(text: str, font: QFont) -> float:
    """Millimetres that a text takes on one line."""
    metrics, per_mm = _metrics(font)
    return metrics.horizontalAdvance(text) / per_mm


def set_text_colour(label: QgsLayoutItemLabel, colour: QColor) -> None:
    """Sets the colour of a label's text."""
    if hasattr(label, "setTextFormat"):
        text_format = label.textFormat()
        text_format.setColor(colour)
        label.setTextFormat(text_format)
    else:
        label.setFontColor(colour)
