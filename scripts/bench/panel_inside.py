"""Runs inside QGIS, started by panel.py: moves a slider of the panel and times each new map."""

import json
import os
import time
import traceback
from functools import partial
from itertools import cycle, islice

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QEventLoop, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface, plugins

STEPS = 50
DRAWS = 100  # between the views: enough for the map to have been tested once
LONGEST = 120.0  # seconds to wait for anything
VALUES = (5, 6, 8, 7, 3, 2, 9, 4)  # of the slider, a step of weight each
PILLAR = "barriers"


def until(ready):
    """Let the desktop go on until something is so."""
    begun = time.perf_counter()
    while not ready():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        if time.perf_counter() - begun > LONGEST:
            raise TimeoutError


def timed(do):
    """Return the seconds until the map is drawn after something is done."""
    drawn = []
    canvas = iface.mapCanvas()
    canvas.mapCanvasRefreshed.connect(lambda *_: drawn.append(time.perf_counter()))
    begun = time.perf_counter()
    do()
    until(lambda: drawn)
    canvas.mapCanvasRefreshed.disconnect()
    return drawn[0] - begun


def measure():
    from seldom_heard.ui.widgets.weight_row import WeightRow

    layer = QgsVectorLayer(os.environ["BENCH_LAYER"], "areas", "ogr")
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    iface.zoomToActiveLayer()
    panel = plugins["seldom_heard"].panel
    panel.show()
    session = panel.session
    session.change(draws=DRAWS)
    session.set_layer(layer)
    until(lambda: session.is_tested or session.problem)
    if session.problem:
        raise RuntimeError(session.problem)
    panel.inside.tabs.setCurrentIndex(1)
    slider = next(one for one in panel.findChildren(WeightRow) if one.key == PILLAR).slider
    seconds, values = {}, cycle(VALUES)
    for view in ("score", "bivariate"):
        session.change(view=view)
        until(lambda: session.is_tested)
        QTest.qWait(1500)  # what the canvas still draws
        steps = islice(values, STEPS)
        seconds[view] = [timed(partial(slider.setValue, value)) for value in steps]
    return seconds


def main():
    iface.mainWindow().resize(1600, 1000)  # no window manager does it here
    try:
        told = {"seconds": measure()}
    except Exception:
        told = {"error": traceback.format_exc()}
    with open(os.environ["BENCH_ANSWER"], "w", encoding="utf-8") as file:
        json.dump(told, file)
    os._exit(0)  # without a question about the project


QTimer.singleShot(1500, main)
