"""Runs inside the desktop, started by `--code`: does the job once QGIS is up, then closes it."""

import json
import os
import traceback

from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface


def wait(seconds):
    """Lets the desktop go on for a while."""
    QTest.qWait(int(seconds * 1000))


def run_job():
    with open(os.environ["DESKTOP_JOB"], encoding="utf-8") as file:
        source = file.read()
    names = {"iface": iface, "wait": wait, "__name__": "desktop_job"}
    exec(compile(source, "job.py", "exec"), names)  # noqa: S102 the test's own text
    return names["main"](iface)


def reply():
    try:
        return {"result": run_job()}
    except Exception:
        return {"result": None, "error": traceback.format_exc()}


def finish():
    iface.mainWindow().resize(1600, 1000)  # the whole display; no window manager does it here
    answer = reply()
    wait(0.5)  # what the job opened is painted before the picture is taken
    iface.mainWindow().grab().save(os.environ["DESKTOP_SCREENSHOT"])
    with open(os.environ["DESKTOP_REPLY"], "w", encoding="utf-8") as file:
        json.dump(answer, file)
    QApplication.instance().exit(0)


QTimer.singleShot(1000, finish)
