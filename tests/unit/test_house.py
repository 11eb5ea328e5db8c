"""The direction of imports: who in the house may know whom, and what loads with the plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "seldom_heard"
ROOMS = ("taxonomies", "methods", "layers", "processing", "ui", "plugin")
QGIS = {"qgis", "PyQt5", "PyQt6", "osgeo"}
HEAVY = {"pandas", "scipy", "matplotlib", "numpy"}
FORBIDDEN = {
    "taxonomies": {*QGIS, "methods", "layers", "processing", "ui", "plugin"},
    "methods": {*QGIS, "taxonomies", "layers", "processing", "ui", "plugin"},
    "layers": {"taxonomies", "methods", "processing", "ui", "plugin"},
    "processing": {"ui", "plugin"},
    "ui": {"taxonomies", "methods", "layers", "plugin"},
    "plugin": {"taxonomies", "methods", "layers"},
}
# methods bring pandas with them; whoever is loaded with the plugin asks for them when needed
LIGHT = {"taxonomies", "layers", "processing", "ui", "plugin"}
NO_CODE_OF_THE_PLUGIN = {"tests", "scripts", "docs", "build", "dist"}


class Import(NamedTuple):
    """One imported module: a room of ours or another's top name, and how it is imported."""

    name: str
    line: int
    relative: bool
    at_load: bool  # when the module is loaded, not in a function or for type checkers only


def room_of(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imports(source: str, path: Path) -> Iterator[Import]:
    """Yield all imports of a module at ``path``, relative to the root of the package."""
    yield from _walk(ast.parse(source), path, at_load=True)


def _walk(node: ast.AST, path: Path, at_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name.split(".")[0], child.lineno, False, at_load)
        elif isinstance(child, ast.ImportFrom):
            yield from _names_from(child, path, at_load)
        elif isinstance(child, ast.If) and _for_types_only(child.test):
            for part in child.body:
                yield from _walk(ast.Module([part], []), path, at_load=False)
            for part in child.orelse:
                yield from _walk(ast.Module([part], []), path, at_load)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _walk(child, path, at_load and not inside)


def _for_types_only(test: ast.expr) -> bool:
    return (test.id if isinstance(test, ast.Name) else getattr(test, "attr", "")) == "TYPE_CHECKING"


def _names_from(node: ast.ImportFrom, path: Path, at_load: bool) -> Iterator[Import]:
    if not node.level:
        assert node.module is not None
        yield Import(node.module.split(".")[0], node.lineno, False, at_load)
        return
    here = path.parts[:-1]
    if node.level > len(here) + 1:
        yield Import("..", node.lineno, True, at_load)
        return
    start = here[: len(here) + 1 - node.level]
    for alias in node.names:
        full = [*start, *(node.module.split(".") if node.module else []), alias.name]
        yield Import(full[0], node.lineno, True, at_load)


def faults(source: str, path: Path) -> list[str]:
    """Return what a module imports against the rules of the house, in words."""
    room, found = room_of(path), []
    for one in imports(source, path):
        where = f"{path}:{one.line}"
        if one.name in FORBIDDEN.get(room, set()):
            found.append(f"{where} {room} imports {one.name}")
        if one.name in {"PyQt5", "PyQt6"}:
            found.append(f"{where} imports {one.name}; qgis.PyQt is for both")
        if one.at_load and room in LIGHT and one.name in {*HEAVY, "methods"}:
            found.append(f"{where} imports {one.name} when the plugin loads")
        if one.name == "..":
            found.append(f"{where} reaches out of the package")
        if not one.relative and one.name in {*ROOMS, PACKAGE}:
            found.append(f"{where} imports our own {one.name} by an absolute name")
    return found


def modules(root: Path) -> list[Path]:
    """Return the plugin's own modules, relative to the root."""
    every = (path.relative_to(root) for path in root.glob("**/*.py"))
    skip = NO_CODE_OF_THE_PLUGIN
    return sorted(p for p in every if p.parts[0] not in skip and not p.parts[0].startswith("."))


def test_every_module_stands_in_a_known_room(root):
    rooms = {room_of(path) for path in modules(root)} - {"__init__"}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_of_a_room_run_one_way_and_stay_light(root, room):
    inside = [path for path in modules(root) if room_of(path) == room]
    assert inside, f"no module in {room}"
    wrong = [fault for path in inside for fault in faults((root / path).read_text("utf-8"), path)]
    assert wrong == []


def test_first_module_that_qgis_loads_imports_nothing_heavy(root):
    path = Path("__init__.py")
    loaded = {one.name for one in imports((root / path).read_text("utf-8"), path) if one.at_load}
    assert not loaded & {*HEAVY, "methods", "processing", "layers"}


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("methods/a.py", "from ..taxonomies import areas", "methods imports taxonomies"),
        ("methods/a.py", "from .. import layers", "methods imports layers"),
        ("methods/a.py", "def f():\n    import qgis.core", "methods imports qgis"),
        ("methods/a.py", "from osgeo import ogr", "methods imports osgeo"),
        ("taxonomies/a.py", "from ..methods.score import score", "taxonomies imports methods"),
        ("taxonomies/a.py", "import pandas", "when the plugin loads"),
        ("layers/a.py", "from ..processing.base import x", "layers imports processing"),
        (
            "layers/a.py",
            "try:\n    import numpy as np\nexcept ImportError:\n    pass",
            "numpy when",
        ),
        ("processing/find/a.py", "from ...ui.dock import Dock", "processing imports ui"),
        ("processing/find/a.py", "from ...methods.score import score", "methods when the plugin"),
        ("processing/a.py", "class A:\n    import pandas.api", "pandas when the plugin loads"),
        (
            "processing/a.py",
            "if TYPE_CHECKING:\n    pass\nelse:\n    import scipy",
            "scipy when the plugin loads",
        ),
        ("processing/a.py", "import processing", "our own processing by an absolute name"),
        ("processing/a.py", "from seldom_heard.layers import x", "our own seldom_heard"),
        ("processing/a.py", "from ...elsewhere import x", "reaches out of the package"),
        ("ui/a.py", "from ..layers.styles import styled", "ui imports layers"),
        ("ui/a.py", "def f():\n    from ..methods import score", "ui imports methods"),
        ("ui/a.py", "from PyQt5.QtCore import Qt", "qgis.PyQt is for both"),
        ("plugin.py", "from .methods import score", "plugin imports methods"),
        ("plugin.py", "import matplotlib.pyplot as plt", "matplotlib when the plugin loads"),
    ],
)
def test_checker_finds_an_import_against_the_rules(path, source, complaint):
    found = faults(source, Path(path))
    assert any(complaint in fault for fault in found), found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "methods/a.py",
            "import numpy as np\nimport pandas as pd\nfrom .disclosure import protect",
        ),
        ("taxonomies/a.py", "import json\nfrom .errors import TaxonomyError"),
        ("layers/a.py", "from qgis.PyQt.QtCore import QVariant\nfrom .errors import InputError"),
        ("layers/a.py", "def f():\n    import pandas as pd\n    return pd"),
        ("processing/a.py", "if TYPE_CHECKING:\n    import pandas as pd"),
        ("processing/a.py", "import typing\nif typing.TYPE_CHECKING:\n    import pandas as pd"),
        ("processing/find/a.py", "def f():\n    from ...methods.score import score"),
        ("processing/find/a.py", "from ...layers import x\nfrom ..messages import tr"),
        ("ui/a.py", "from qgis import processing\nfrom ..processing.messages import tr"),
        ("plugin.py", "from .processing.provider import P\nfrom .ui.dock import Dock"),
    ],
)
def test_checker_lets_a_right_import_pass(path, source):
    assert faults(source, Path(path)) == []
