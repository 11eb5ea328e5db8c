"""Controls that the mouse wheel leaves alone, and that tell one gesture from the next.

The panel's pages scroll: a wheel that turned a weight in passing would change a ranking unseen.
"""

from __future__ import annotations

from qgis.PyQt.QtCore import QEvent, QLocale, QObject, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)


class _Steady:
    """Mixed into a control.

    Attributes:
        goes_on: whether the next change is part of the gesture that made the last one: a drag, a
            key held down. Who hears of a change sets it; the next press takes it back.
    """

    goes_on = False

    def wheelEvent(self, event):
        event.ignore()  # the page scrolls

    def mousePressEvent(self, event):
        self.goes_on = False
        super().mousePressEvent(event)

    def keyPressEvent(self, event):
        self.goes_on = self.goes_on and event.isAutoRepeat()
        super().keyPressEvent(event)


class Slider(_Steady, QSlider):
    """A level slider."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Number(_Steady, QDoubleSpinBox):
    """A number, without noughts that say nothing; what is typed counts when it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value):
        locale = QLocale(self.locale())
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        return locale.toString(float(value), "g", 6)


class Whole(_Steady, QSpinBox):
    """A whole number; what is typed counts when it is entered."""

    def __init__(self, least: int, most: int, step: int = 1) -> None:
        super().__init__()
        self.setRange(least, most)
        self.setSingleStep(step)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Choice(_Steady, QComboBox):
    """A list to choose from, that gives way where there is little room."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        make_narrow(self)

    def paintEvent(self, event):
        """Draw what is chosen with … where it has no room; the style would cut it off."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        field = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        room = field.width() - self.fontMetrics().averageCharWidth()
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self):
        """Open as wide as the longest text."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0))
        super().showPopup()


class _WheelLeft(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return False


def leave_wheel(widget: QWidget) -> None:
    """Let the wheel scroll the page over a control that is not of this module."""
    widget.installEventFilter(_WheelLeft(widget))


def make_narrow(box: QComboBox) -> None:
    """Let a list be narrower than its longest text, which a tooltip may tell."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)


def wrapped(text: str = "", buddy: QWidget | None = None, bold: bool = False) -> QLabel:
    """Return a text that takes as many lines as it needs."""
    label = QLabel(text)
    label.setWordWrap(True)
    if buddy is None:  # else & marks the key that leads to it, which other texts may not
        label.setTextFormat(Qt.TextFormat.PlainText)
    else:
        label.setBuddy(buddy)
    if bold:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
    return label
