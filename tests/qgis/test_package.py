"""The zip, put where a user's QGIS would put it, loads and holds only what is shipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def _pack(root: Path, folder: Path) -> Path:
    script = root / "scripts" / "package.py"
    command = [sys.executable, str(script), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def package(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _pack(root, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def qgis_process(package: Path, tmp_path: Path):
    """`qgis_process(argument, ...)` with the unzipped package as its only plugin folder."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path / "plugins")
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    assert program, "QGIS is not installed: run scripts/setup.sh test"
    environment = os.environ | {
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [program, *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_package_loads_in_qgis_process(qgis_process):
    enabled = qgis_process("plugins", "enable", "seldom_heard")
    assert enabled.returncode == 0, enabled.stdout + enabled.stderr
    listed = qgis_process("list")
    assert "seldomheard:" in listed.stdout
    assert "Traceback" not in listed.stderr


def test_package_holds_only_what_is_shipped(package):
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"seldom_heard"}
    inner = {name.split("/", 1)[1] for name in names}
    assert {"__init__.py", "metadata.txt", "LICENSE", "plugin.py"} <= inner
    assert "resources/sample/replies/survey_replies.csv" in inner
    assert not [name for name in inner if name.startswith(("tests/", "docs/", "scripts/", "."))]


def test_package_is_the_same_every_time(package, root, tmp_path):
    assert _pack(root, tmp_path).read_bytes() == package.read_bytes()
