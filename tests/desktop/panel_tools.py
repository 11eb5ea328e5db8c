"""Goes in front of a script that has to do with the panel: it runs inside the desktop.

`iface` and `wait` are there already, from inside_qgis.py.
"""

# ruff: noqa: F821 both are names of the desktop script

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QScrollArea, QSlider, QStyle, QStyleOptionSlider
from qgis.utils import plugins

SETTLED = 0.3  # seconds in which the desktop has drawn what it was told


def until(what, seconds=60, why="waited in vain"):
    """Let the desktop go on until something is so."""
    for _ in range(int(seconds * 20)):
        if what():
            return
        wait(0.05)
    raise AssertionError(why)


def plugin():
    return plugins["seldom_heard"]


def panel():
    return plugin().panel


def inside():
    """The inside of the panel, which is opened if it is not."""
    if not panel().isVisible():
        panel().setUserVisible(True)
        until(panel().isVisible, why="the panel does not open")
    return panel().fill()


def sample():
    """The invented city, loaded and ranked, and its ranking tested."""
    here = inside()
    here.hand_over.load_sample()
    until(lambda: here.session.layer is not None, why="the sample is not loaded")
    tested(here)
    return here


def tested(here):
    until(lambda: here.session.is_tested or here.session.problem, why="the ranking is not tested")
    assert not here.session.problem, here.session.problem
    wait(SETTLED)


def show_page(here, page):
    """Bring a page of the tabs to the front."""
    for at in range(here.tabs.count()):
        tab = here.tabs.widget(at)
        if tab is page or tab.isAncestorOf(page):
            here.tabs.setCurrentIndex(at)
    wait(SETTLED)
    assert page.isVisible(), page


def sliders(here):
    """The sliders that can be moved, from top to bottom."""
    found = here.score_page.findChildren(QSlider)
    return sorted(
        (one for one in found if one.isVisible() and one.isEnabled()),
        key=lambda one: one.mapTo(here.score_page, QPoint(0, 0)).y(),
    )


def into_view(widget):
    """Scroll to a widget, so that the mouse can get at it."""
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    if above is not None:
        above.ensureWidgetVisible(widget)
    wait(SETTLED)


def drag(slider, to):
    """Drag the handle of a slider with the mouse, in steps, to a value."""
    into_view(slider)
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style, complex_ = slider.style(), QStyle.ComplexControl.CC_Slider
    handle = style.subControlRect(complex_, option, QStyle.SubControl.SC_SliderHandle, slider)
    groove = style.subControlRect(complex_, option, QStyle.SubControl.SC_SliderGroove, slider)
    start = handle.center()
    span = groove.width() - handle.width()
    share = (to - slider.minimum()) / (slider.maximum() - slider.minimum())
    end = QPoint(int(groove.left() + handle.width() / 2 + share * span), start.y())
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(slider, left, pos=start)
    for step in range(1, 6):
        _move(slider, start + (end - start) * step / 5)
        wait(0.05)
    QTest.mouseRelease(slider, left, pos=end)
    wait(SETTLED)


def _move(widget, to):
    """Move the mouse with its left button held; QTest would leave it to the display."""
    moved = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(to),
        QPointF(widget.mapToGlobal(to)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QCoreApplication.sendEvent(widget, moved)


def click_row(here, number):
    """Click a row of the list with the mouse; return the area that it is."""
    show_page(here, here.list_page)
    table = here.list_page.table
    index = table.model().index(number, table.columnAt(table.viewport().width() // 3))
    table.scrollTo(index)
    wait(SETTLED)
    spot = table.visualRect(index).center()
    spot.setX(table.viewport().width() // 3)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    wait(SETTLED)
    return here.list_page.rows()[number]


def idle():
    """Let tasks end, and delete what Qt was told to delete later."""
    until(lambda: not QgsApplication.taskManager().activeTasks(), why="a task does not end")
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        wait(0.05)
