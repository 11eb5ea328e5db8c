"""What Qt 6 has no longer: QGIS 4 is not here to try, so the source is read for it."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = ("plugin.py", "ui", "processing", "layers")
MODULES = (
    "qgis.core",
    "qgis.gui",
    *(f"qgis.PyQt.{name}" for name in ("QtCore", "QtGui", "QtWidgets", "QtXml", "QtTest")),
)
PATCHED = {"QVariant"}  # by QGIS itself, for plugins
GONE = {
    *("exec_", "print_", "setTabStopWidth", "desktop", "delta", "toTime_t"),
    *("globalPos", "globalX", "globalY", "localPos", "windowPos", "screenPos"),
    *("AA_EnableHighDpiScaling", "AA_UseHighDpiPixmaps", "MidButton"),
}
GONE_CLASSES = {"QRegExp", "QDesktopWidget", "QTextCodec", "QMatrix", "QGLWidget", "QSound"}
OF_EVENTS = {"pos", "x", "y", "posF"}  # position() now
OF_FONTS = {"width"}  # horizontalAdvance() now


def classes() -> dict[str, type]:
    """Return the classes of Qt and QGIS by name."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        found |= {name: one for name, one in vars(module).items() if isinstance(one, type)}
    return found


def faults(source: str, known: dict[str, type]) -> Iterator[str]:
    """Yield what Qt 6 would not take, each with its line."""
    tree = ast.parse(source)
    scopes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.name in GONE_CLASSES:
                    yield f"{node.lineno}: {one.name}"
                if one.name in {"QAction", "QShortcut"} and node.module == "qgis.PyQt.QtGui":
                    yield f"{node.lineno}: {one.name} is in QtWidgets before Qt 6"
        elif isinstance(node, ast.Attribute):
            yield from _of_attribute(node, known, is_scope=id(node) in scopes)


def _of_attribute(node: ast.Attribute, known: dict[str, type], is_scope: bool) -> Iterator[str]:
    owner = node.value
    if node.attr in GONE:
        yield f"{node.lineno}: {node.attr}"
    if isinstance(owner, ast.Name):
        if owner.id == "event" and node.attr in OF_EVENTS:
            yield f"{node.lineno}: event.{node.attr}"
        if owner.id in known and not is_scope and owner.id not in PATCHED:
            value = getattr(known[owner.id], node.attr, None)
            # values of enums are numbers, or members of an enum of Python; not so constants
            is_value = isinstance(value, int) or type(type(value)).__name__ == "EnumMeta"
            if is_value and not node.attr.isupper():
                yield f"{node.lineno}: {owner.id}.{node.attr} has no scope"
    call = owner.func if isinstance(owner, ast.Call) else None
    if getattr(call, "attr", "") == "fontMetrics" and node.attr in OF_FONTS:
        yield f"{node.lineno}: fontMetrics().{node.attr}"


def test_the_sources_have_nothing_that_qt6_lacks(root, qgis_app):
    known, wrong, read = classes(), [], 0
    for room in ROOMS:
        for path in [root / room] if room.endswith(".py") else (root / room).rglob("*.py"):
            read += 1
            name = Path(path).relative_to(root)
            wrong += [f"{name}:{one}" for one in faults(path.read_text("utf-8"), known)]
    assert wrong == [] and read > 50


@pytest.mark.parametrize(
    "source",
    [
        "box.setAlignment(Qt.AlignTop)",
        "area.setFrameShape(QFrame.NoFrame)",
        "Qgis.Warning",
        "QgsMapLayerProxyModel.PolygonLayer",
        "dialog.exec_()",
        "at = event.pos()",
        "self.fontMetrics().width('n')",
        "from qgis.PyQt.QtGui import QAction",
        "from qgis.PyQt.QtCore import QRegExp",
    ],
)
def test_the_check_finds(source, qgis_app):
    assert list(faults(source, classes()))


@pytest.mark.parametrize(
    "source",
    [
        "box.setAlignment(Qt.AlignmentFlag.AlignTop)",
        "QgsMapLayerProxyModel.Filter.PolygonLayer",
        "QgsVectorFileWriter.SaveVectorOptions()",
        "QgsProject.instance()",
        "QFrame.Shape",
        "QVariant.Double",
        "dialog.exec()",
        "from qgis.PyQt.QtWidgets import QAction",
    ],
)
def test_the_check_lets_pass(source, qgis_app):
    assert list(faults(source, classes())) == []
