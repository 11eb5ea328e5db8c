"""One line of a scheme: whether it counts, how much, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ...processing.messages import tr
from .steady import Choice, Number, Slider, wrapped

MOST = 1000.0  # that can be typed
SAME = 1e-9
DIGITS = 4
# largest weight, end of the slider and its step; the same ten times smaller and larger
SCALES = ((2.0, 3.0, 0.25), (4.0, 5.0, 0.25), (8.0, 10.0, 0.5))


@dataclass(frozen=True)
class Scale:
    """From 0 to where a slider goes, in which steps."""

    end: float = 3.0
    step: float = 0.25

    @classmethod
    def holding(cls, weight: float) -> Scale:
        """Return the shortest scale with room above a weight; most schemes weigh around 1."""
        power = 1.0
        while weight > SCALES[-1][0] * power:
            power *= 10
        while 0 < weight <= SCALES[1][0] * power / 10:
            power /= 10
        for largest, end, step in SCALES:
            if weight <= largest * power:
                return cls(end * power, step * power)
        raise ValueError(weight)


class Title(QLabel):
    """What a box beside it ticks; a click on it does so, too."""

    def __init__(self, box: QCheckBox, bold: bool) -> None:
        super().__init__()
        self._box = box
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        font = self.font()
        font.setBold(bold)
        self.setFont(font)

    def mouseReleaseEvent(self, event):
        if event.button() == Qt.MouseButton.LeftButton and self._box.isEnabled():
            self._box.click()


class WeightRow(QWidget):
    """A box, a slider and a number for one weight; for an indicator its direction as well.

    Signals:
        weight_asked: key, weight, and whether the gesture goes on that asked the last one.
        direction_asked: key, and whether more of it is a barrier.
    """

    weight_asked = pyqtSignal(str, float, bool)
    direction_asked = pyqtSignal(str, bool)

    def __init__(self, key: str, is_pillar: bool) -> None:
        super().__init__()
        self.key, self._scale = key, Scale()
        self._weight = self._kept = self._shipped = 1.0
        self.box = QCheckBox()
        self.title = Title(self.box, bold=is_pillar)
        self.share, self.note = QLabel(), wrapped()
        self.slider, self.number, self.direction = Slider(), Number(), Choice()
        self.number.setDecimals(DIGITS)
        self.number.setMaximum(MOST)
        self.direction.addItem("", True)
        self.direction.addItem("", False)
        self._is_pillar = is_pillar
        self._lay_out()
        self.box.clicked.connect(self._on_box)
        self.slider.valueChanged.connect(self._on_slider)
        self.number.valueChanged.connect(self._on_number)
        self.direction.activated.connect(self._on_direction)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        indent = 0 if self._is_pillar else self.fontMetrics().averageCharWidth() * 2
        grid.setContentsMargins(indent, 0, 0, 0)
        above = QHBoxLayout()
        above.addWidget(self.title, 1)
        above.addWidget(self.share)
        grid.addWidget(self.box, 0, 0)
        grid.addLayout(above, 0, 1, 1, 2)
        grid.addWidget(self.slider, 1, 1)
        grid.addWidget(self.number, 1, 2)
        grid.addWidget(self.direction, 2, 1, 1, 2)
        grid.addWidget(self.note, 3, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.slider.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """Return what the keyboard reaches, from top to bottom."""
        return (self.box, self.slider, self.number, self.direction)

    # --- shown

    def start(self, scale: Scale, line: Any, shipped: Any) -> None:
        """Show a line of another scheme, on a scale of its own."""
        self._scale = scale
        self._kept = line.weight or shipped.weight or 1.0
        self.show_line(line, shipped)

    def show_line(self, line: Any, shipped: Any) -> None:
        """Show a line in place.

        Args:
            line: of the scheme as it is now.
            shipped: the same line of the scheme as it was before any change.
        """
        self._weight, self._shipped = float(line.weight), float(shipped.weight)
        self._show_weight(line.weight)
        if not self._is_pillar:
            self._show_direction(line.more_is_barrier, shipped.more_is_barrier)
        self.title.setText(line.title)
        self.title.setEnabled(line.there)
        self.box.setEnabled(line.there)
        for widget in (self.slider, self.number):
            widget.setVisible(line.there)
        self.direction.setVisible(line.there and not self._is_pillar)
        self.note.setText(_note(line, shipped))
        self.note.setVisible(bool(self.note.text()))
        self.note.setEnabled(line.there)
        self.share.setText(_share(line))
        self.share.setVisible(line.there)
        self._name(line)

    def _show_weight(self, weight: float) -> None:
        if weight > self._scale.end:
            self._scale = Scale.holding(weight)
        scale = self._scale
        for widget in (self.box, self.slider, self.number):
            widget.blockSignals(True)
        self.box.setChecked(weight > 0)
        self.slider.setRange(0, round(scale.end / scale.step))
        self.slider.setPageStep(max(round(self.slider.maximum() / 4), 1))
        self.slider.setValue(round(weight / scale.step))
        self.number.setSingleStep(scale.step)
        self.number.setMaximum(max(MOST, weight))
        if abs(self.number.value() - weight) > 10**-DIGITS / 2:
            self.number.setValue(weight)
        for widget in (self.box, self.slider, self.number):
            widget.blockSignals(False)

    def _show_direction(self, more: bool, shipped: bool) -> None:
        texts = [tr("More is a barrier"), tr("Less is a barrier")]
        marked = [tr("More is a barrier (scheme)"), tr("Less is a barrier (scheme)")]
        at = 0 if shipped else 1
        self.direction.setItemText(at, marked[at])
        self.direction.setItemText(1 - at, texts[1 - at])
        self.direction.setCurrentIndex(0 if more else 1)
        meaning = tr("The less an area has of it, the higher it comes in the list.")
        if more:
            meaning = tr("The more an area has of it, the higher it comes in the list.")
        if more == shipped:
            meaning += " " + tr("So says the scheme.")
        self.direction.setToolTip(f"{self.direction.currentText()}. {meaning}")
        self.direction.setAccessibleDescription(meaning)

    def _name(self, line: Any) -> None:
        """Name the controls for who hears them, and say what is missing."""
        self.setToolTip("" if line.there else line.note)
        self.box.setAccessibleName(tr("Count: {title}").format(title=line.title))
        self.box.setAccessibleDescription(self.share.text() if line.there else line.note)
        weight = tr("Weight: {title}").format(title=line.title)
        self.slider.setAccessibleName(weight)
        self.number.setAccessibleName(weight)
        self.direction.setAccessibleName(tr("Direction: {title}").format(title=line.title))
        shipped = tr("In the scheme: {weight:g}").format(weight=self._shipped)
        self.slider.setToolTip(shipped)
        self.number.setToolTip(shipped)
        if line.there:
            self.share.setToolTip(_share_in_words(line))

    # --- asked

    def _on_box(self, on: bool) -> None:
        self._ask((self._kept or self._shipped or 1.0) if on else 0.0, False)

    def _on_slider(self, value: int) -> None:
        goes_on, self.slider.goes_on = self.slider.goes_on, True
        self._ask(round(value * self._scale.step, 6), goes_on)

    def _on_number(self, value: float) -> None:
        goes_on, self.number.goes_on = self.number.goes_on, True
        self._ask(round(value, DIGITS), goes_on)

    def _ask(self, weight: float, goes_on: bool) -> None:
        if self._weight > 0 and not goes_on:
            self._kept = self._weight  # what the box brings back
        self._weight = weight
        self.weight_asked.emit(self.key, weight, goes_on)

    def _on_direction(self, at: int) -> None:
        self.direction_asked.emit(self.key, bool(self.direction.itemData(at)))


def _note(line: Any, shipped: Any) -> str:
    """Return what is said below a line: what is missing, what is changed, what is in it."""
    if not line.there:
        return tr("not in the layer")
    changed = abs(line.weight - shipped.weight) > SAME
    was = tr("changed; {weight:g} in the scheme").format(weight=shipped.weight) if changed else ""
    return "\n".join(filter(None, [was, line.note]))


def _share(line: Any) -> str:
    if line.weight <= 0:
        return tr("off")
    share = line.share or 0.0
    if 0 < share < 0.5:
        return tr("under 1 %")
    return tr("{share:.0f} %").format(share=share)


def _share_in_words(line: Any) -> str:
    if line.weight <= 0:
        return tr("It does not count now.")
    if not line.share:
        return tr("It does not count now, as its group is off.")
    return tr("{share:.1f} % of the whole score comes from it now.").format(share=line.share)
