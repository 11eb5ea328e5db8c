"""Runs inside the desktop, started by `--code`: does the job once QGIS is up, then closes it."""

import json
import os
import traceback

from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QTextBrowser
from qgis.utils import iface


def wait(seconds):
    """Lets the desktop go on for a while."""
    QTest.qWait(int(seconds * 1000))


def run_algorithm(name, parameters, seconds=60):
    """Runs an algorithm in its dialog; returns whether it was done, and the help beside it."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().algorithmById(f"seldomheard:{name}")
    dialog = AlgorithmDialog(algorithm.create(), False, iface.mainWindow())
    dialog.setParameters(parameters)
    dialog.show()
    wait(0.3)
    text = "".join(browser.toHtml() for browser in dialog.findChildren(QTextBrowser))
    dialog.runButton().click()
    for _ in range(seconds * 5):
        wait(0.2)
        if dialog.wasExecuted():
            break
    wait(0.5)
    done = dialog.wasExecuted()
    dialog.close()
    return done, text


def run_job():
    with open(os.environ["DESKTOP_JOB"], encoding="utf-8") as file:
        source = file.read()
    names = {"iface": iface, "wait": wait, "run": run_algorithm, "__name__": "desktop_job"}
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
