"""Loads the plugin as QGIS does: as the package `seldom_heard`, whatever the checkout is called.

With the root on sys.path our own `processing` would hide the one of QGIS, so it comes off. Nothing
here needs QGIS: the tests in unit/ run without it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "seldom_heard"


def _take_root_off_path() -> None:
    """An empty entry stands for the working folder, which may be the root."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != ROOT]


def _have_own_profile() -> None:
    """Give each of several processes a profile of QGIS: they would lock one another out."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and "QGIS_CUSTOM_CONFIG_PATH" in os.environ:
        own = Path(os.environ["QGIS_CUSTOM_CONFIG_PATH"]) / worker
        own.mkdir(parents=True, exist_ok=True)
        os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(own)


def _load_plugin() -> None:
    if PACKAGE in sys.modules or not (ROOT / "__init__.py").is_file():
        return
    spec = importlib.util.spec_from_file_location(
        PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


_have_own_profile()
_take_root_off_path()
_load_plugin()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root, which is the plugin's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Open data and known answers that are no part of the project."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():  # the folder alone may be a mount point of another run
        pytest.skip("no folder ../shared: its data are no part of the project")
    return folder
