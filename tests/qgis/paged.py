"""What the tests of the panel's pages share: a wait, long texts, what the keyboard reaches."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, QObject, QPoint, QPointF, Qt, QTranslator
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

NARROW = 320  # pixels of the dock, and of it
BAR = 20  # what its scroll bar and frame may take


def until(found, seconds=20.0):
    """Let Qt go on until something is found; say whether it was."""
    for _ in range(int(seconds * 50)):
        if found():
            return True
        QTest.qWait(20)
    return False


class Longer(QTranslator):
    """Makes our texts 40 % longer, in words as long as German ones."""

    def translate(self, context, text, disambiguation=None, n=-1):
        if context != "SeldomHeard":
            return None
        more = round(0.4 * len(text))
        return text + (" Bevölkerung und Engagement" * (more // 20 + 1))[:more].rstrip()

    def __enter__(self):
        QCoreApplication.installTranslator(self)
        return self

    def __exit__(self, *_):
        QCoreApplication.removeTranslator(self)


class OfHandOver(QObject):
    """A stand-in for what leaves the panel: notes what it was asked for."""

    def __init__(self, session):
        super().__init__(session)
        self.asked = []
        self.missing = ""

    def can_execute(self, name=""):
        return not self.missing, self.missing

    def open_algorithm(self, name, parameters, on_layer=None):
        self.asked.append((name, parameters))
        self.on_layer = on_layer

    def open_areas(self):
        self.asked.append("open_areas")

    def load_sample(self):
        self.asked.append("load_sample")


def reached(page):
    """Return what Tab reaches on a page, in its order."""
    found, widget = [], page.nextInFocusChain()
    while widget is not page:
        inner = isinstance(widget, QLineEdit) and isinstance(widget.parent(), QAbstractSpinBox)
        tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        scrolls = isinstance(widget, QAbstractScrollArea)
        inside = page.isAncestorOf(widget) and widget.isVisibleTo(page)
        if inside and widget.isEnabledTo(page) and tab and not inner and not scrolls:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def between(page):
    """Return a window with a page between two buttons, as it stands in the dock."""
    window = QWidget()
    layout = QVBoxLayout(window)
    for widget in (QPushButton("before"), page, QPushButton("after")):
        layout.addWidget(widget)
    window.resize(NARROW, 1800)
    window.show()
    QTest.qWait(20)
    return window


def not_below(page):
    """Return neighbours in the order of Tab that are not so from top to bottom."""
    order = reached(page)
    return [(one, two) for one, two in zip(order, order[1:]) if not is_below(page, one, two)]


def turn_wheel(widget):
    """Turn the wheel over a widget; return whether it kept the event for itself."""
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def is_below(page, first, second):
    """Return whether a widget comes after another, read from top to bottom, left to right."""
    one, two = (w.mapTo(page, w.rect().center()) for w in (first, second))
    return two.y() > one.y() + 4 or (abs(two.y() - one.y()) <= 4 and two.x() > one.x())


def nameless(page):
    """Return what the keyboard reaches and has neither a text nor an accessible name."""
    return [
        widget
        for widget in reached(page)
        if not (widget.accessibleName() or getattr(widget, "text", str)())
    ]


def cut_off(page: QWidget):
    """Return texts of labels and buttons that are wider or taller than the room they have."""
    found = []
    for widget in (*page.findChildren(QLabel), *page.findChildren(QPushButton)):
        if not widget.isVisibleTo(page) or not widget.text():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            flags = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextShowMnemonic
            room = widget.contentsRect().adjusted(0, 0, 0, 10000)
            need = widget.fontMetrics().boundingRect(room, int(flags), widget.text())
            fits = need.width() <= widget.width() + 1 and need.height() <= widget.height() + 1
        else:
            fits = widget.fontMetrics().size(0, widget.text()).width() <= widget.width() + 6
        if not fits:
            found.append(widget.text())
    return found
