"""A numbered step, with a button where one is needed; whether it is done, next or for later."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...processing.messages import tr
from .steady import wrapped

DONE, NEXT, LATER = "done", "next", "later"


class StepBox(QWidget):
    """A step of the first run."""

    def __init__(self, number: int, title: str, explanation: str, button: str = "") -> None:
        super().__init__()
        self._number, self._title = number, title
        self.sign = QLabel()
        self.title = wrapped(bold=True)
        self.word = QLabel()
        self.explanation = wrapped(explanation)
        self.button = QPushButton(button)
        self.setAccessibleName(title)
        self.button.setAccessibleDescription(f"{title}. {explanation}")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, self.fontMetrics().height() // 2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.sign, 0, 1)
        grid.addWidget(self.word, 0, 2)
        grid.addWidget(self.explanation, 1, 0, 1, 3)
        self._below = QVBoxLayout()
        self._below.addWidget(self.button)
        self.button.setVisible(bool(button))
        grid.addLayout(self._below, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self.title.setText(tr("{n}. {step}").format(n=number, step=title))

    def add(self, widget: QWidget) -> None:
        """Put another way to do the step below its button."""
        self._below.addWidget(widget)

    def show_state(self, state: str) -> None:
        """Show whether it is done, next or for later."""
        words = {DONE: tr("done"), NEXT: tr("next"), LATER: ""}
        self.word.setText(words[state])
        side = self.fontMetrics().height()
        icons = {DONE: "/mIconSuccess.svg", NEXT: "/mActionArrowRight.svg"}
        icon = QgsApplication.getThemeIcon(icons[state]) if state in icons else None
        self.sign.setVisible(icon is not None)
        if icon is not None and not icon.isNull():
            self.sign.setPixmap(icon.pixmap(side, side))
        elif icon is not None:
            self.sign.setText({DONE: "✓", NEXT: "→"}[state])
        self.button.setEnabled(state != LATER)
        self.button.setDefault(state == NEXT)
        tip = "" if state != LATER else tr("Comes after the step before it.")
        self.button.setToolTip(tip)
