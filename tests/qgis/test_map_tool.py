"""The tool that picks an area, and how it gives way to others."""

from __future__ import annotations

import pytest
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from seldom_heard.ui.map_tool import Picking

from .panel_fakes import Map


@pytest.fixture
def canvas(qgis_app):
    canvas = Map()
    canvas.show()
    yield canvas
    canvas.close()


@pytest.fixture
def told():
    return {"points": [], "on": []}


@pytest.fixture
def picking(canvas, told):
    picking = Picking(canvas, told["points"].append, told["on"].append)
    yield picking
    picking.close()


def test_a_click_tells_the_point_of_the_map(canvas, picking, told):
    picking.start()
    place = canvas.getCoordinateTransform().transform(1500, 4500)
    spot = QPoint(round(place.x()), round(place.y()))
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    (point,) = told["points"]
    near = 2 * canvas.mapUnitsPerPixel()
    assert (point.x(), point.y()) == pytest.approx((1500, 4500), abs=near)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.RightButton, pos=spot)
    assert len(told["points"]) == 1


def test_the_tool_before_comes_back(canvas, picking, told):
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    picking.start()
    picking.start()
    assert picking.is_on
    picking.stop()
    assert canvas.mapTool() is pan
    assert told["on"] == [True, False]


def test_without_a_tool_before_there_is_none_after(canvas, picking):
    picking.start()
    picking.stop()
    assert canvas.mapTool() is None


def test_a_tool_before_that_is_deleted_meanwhile_does_not_come_back(canvas, picking):
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    picking.start()
    pan.deleteLater()
    QApplication.sendPostedEvents(pan, QEvent.Type.DeferredDelete)
    picking.stop()
    assert canvas.mapTool() is None


def test_escape_leaves(canvas, picking, told):
    picking.start()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not picking.is_on
    assert told["on"] == [True, False]


def test_another_tool_takes_its_place(canvas, picking, told):
    picking.start()
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    assert told["on"] == [True, False]
    picking.stop()
    assert canvas.mapTool() is pan


def test_closing_takes_it_off_and_says_no_more(canvas, picking, told):
    picking.start()
    picking.close()
    assert canvas.mapTool() is None
    QTest.qWait(1)
    picking.start()
    picking.stop()
    picking.close()
    assert told["on"] == [True, False]


def test_a_map_that_is_gone_is_left_alone(qgis_app, told):
    canvas = Map()
    picking = Picking(canvas, told["points"].append, told["on"].append)
    picking.start()
    canvas.deleteLater()
    QApplication.sendPostedEvents(canvas, QEvent.Type.DeferredDelete)
    assert not picking.is_on
    picking.start()
    picking.stop()
    picking.close()
