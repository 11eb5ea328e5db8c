"""Rows of widgets that break where a panel is narrow."""

from __future__ import annotations

from qgis.PyQt.QtCore import QRect
from qgis.PyQt.QtWidgets import QPushButton, QWidget
from seldom_heard.ui.widgets.flow import Flow


def row_of(texts):
    holder = QWidget()
    flow = Flow(holder)
    buttons = [QPushButton(text) for text in texts]
    for button in buttons:
        flow.addWidget(button)
    return holder, flow, buttons


def lines(buttons):
    return [button.geometry().center().y() for button in buttons]


def test_widgets_stand_side_by_side_where_there_is_room(qgis_app):
    holder, flow, buttons = row_of(["Pick", "Copy", "Save"])
    holder.resize(flow.sizeHint())
    flow.setGeometry(holder.rect())
    assert len({*lines(buttons)}) == 1
    assert all(a.geometry().right() < b.geometry().left() for a, b in zip(buttons, buttons[1:]))


def test_a_narrow_row_breaks_and_nothing_is_cut(qgis_app):
    holder, flow, buttons = row_of(["Pick an area", "Copy the list", "Save the list"])
    width = max(button.sizeHint().width() for button in buttons)
    high = flow.heightForWidth(width)
    flow.setGeometry(QRect(0, 0, width, high))
    assert len({*lines(buttons)}) == 3
    assert all(button.geometry().right() <= width for button in buttons)
    assert max(button.geometry().bottom() for button in buttons) < high
    assert flow.minimumSize().width() <= width
    assert high > 2 * flow.heightForWidth(10 * width)
    assert holder.layout().hasHeightForWidth()


def test_hidden_widgets_take_no_room(qgis_app):
    _holder, flow, buttons = row_of(["Pick", "Copy", "Save"])
    whole = flow.sizeHint().width()
    buttons[1].hide()
    assert flow.sizeHint().width() < whole - buttons[1].sizeHint().width() + 1
    assert flow.count() == 3 and flow.takeAt(9) is None and flow.itemAt(9) is None
