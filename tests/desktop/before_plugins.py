"""QGIS runs this (PYQGIS_STARTUP) before it loads any plugin.

Keeps every message of the log, and turns the dialog about a Python error, which would wait for a
person, into text.
"""

import json
import os
import sys
import traceback

import qgis.utils
from qgis.core import QgsApplication


def _print_exception(kind, value, trace, message, *_args, **_kwargs):
    print(message, file=sys.stderr)
    traceback.print_exception(kind, value, trace)


def _keep_message(text, tag, level):
    with open(os.environ["DESKTOP_LOG"], "a", encoding="utf-8") as file:
        file.write(json.dumps({"level": int(level), "tag": tag, "text": text}) + "\n")


if not hasattr(qgis.utils, "desktop_test"):
    qgis.utils.desktop_test = True  # 3.22 runs this file twice
    qgis.utils.showException = _print_exception
    QgsApplication.messageLog().messageReceived.connect(_keep_message)
