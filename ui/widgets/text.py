"""Texts of the panel: they wrap, and can be selected and copied."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel


class Text(QLabel):
    """A text as long as it needs to be, for reading and copying by mouse and by keyboard."""

    def __init__(self, text: str = "", scale: float = 1.0, bold: bool = False) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)  # names of areas are not ours: no tags in them
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        font = self.font()
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * scale)
        font.setBold(bold)
        self.setFont(font)
        self.setText(text)


def listed(items: list[str]) -> str:
    """Return sentences as points of a list."""
    return "\n".join(f"• {item}" for item in items)
