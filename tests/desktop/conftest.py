"""Runs a script in a real QGIS desktop on a virtual display and brings back what it found.

A script defines `main(iface)` and returns something JSON can hold. It runs once the desktop is up;
`wait(seconds)` lets the desktop go on meanwhile. Afterwards the main window is photographed and
QGIS is closed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
TIMEOUT = 180


# Qgis.MessageLevel, in numbers because pytest itself needs no QGIS to read them.
WARNING, CRITICAL = 1, 2


@dataclass(frozen=True)
class Message:
    """One line of QGIS' message log."""

    level: int
    tag: str
    text: str

    @property
    def is_complaint(self) -> bool:
        """Whether it tells of Python or this plugin going wrong."""
        about_python = self.tag.startswith(("Python", "Plugins"))
        ours = any(name in self.text for name in ("seldom_heard", "seldomheard"))
        return self.level in (WARNING, CRITICAL) and (about_python or ours)


@dataclass(frozen=True)
class DesktopRun:
    """What came out of one start of the desktop."""

    code: int
    output: str
    result: Any
    screenshot: Path
    log: list[Message]

    def complaints(self) -> list[str]:
        """What QGIS logged or printed about Python or this plugin going wrong."""
        logged = [f"{message.tag}: {message.text}" for message in self.log if message.is_complaint]
        start = self.output.find("Traceback (most recent call last)")
        return logged + ([self.output[start:]] if start >= 0 else [])


@dataclass
class Desktop:
    """A QGIS desktop with a private profile in which one plugin is switched on."""

    folder: Path
    plugins: Path
    plugin: str

    def run(self, script: str, timeout: float = TIMEOUT) -> DesktopRun:
        """Starts QGIS, runs `main(iface)` of the script in it, and waits for its end."""
        self._write_profile()
        job = self.folder / "job.py"
        job.write_text(textwrap.dedent(script), encoding="utf-8")
        code, output = self._start(job, timeout)
        reply = self._read_reply(code, output)
        picture = self.folder / "screenshot.png"
        return DesktopRun(code, output, reply["result"], picture, self._read_log())

    def _write_profile(self) -> None:
        ini = self.folder / "profiles" / "default" / "QGIS" / "QGIS3.ini"
        ini.parent.mkdir(parents=True, exist_ok=True)
        ini.write_text(
            f"[PythonPlugins]\n{self.plugin}=true\nprocessing=true\n"
            "db_manager=false\nMetaSearch=false\ngrassprovider=false\nsagaprovider=false\n"
            "[qgis]\nshowTips=false\ncheckVersion=false\n"
            "[locale]\noverrideFlag=true\nuserLocale=en_GB\nglobalLocale=en_GB\n",
            encoding="utf-8",
        )

    def _start(self, job: Path, timeout: float) -> tuple[int, str]:
        program = shutil.which("qgis.bin") or shutil.which("qgis")
        assert program, "QGIS is not installed: run scripts/setup.sh test"
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", program]
        command += ["--noversioncheck", "--nologo", "--profiles-path", str(self.folder)]
        command += ["--code", str(HERE / "inside_qgis.py")]
        # A session of its own, so that a desktop that hangs is ended with its display.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment(job),
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            text = output.decode(errors="replace")
            pytest.fail(f"the desktop did not end within {timeout:g} s; it said:\n{text[-3000:]}")
        return process.returncode, output.decode(errors="replace")

    def _environment(self, job: Path) -> dict[str, str]:
        dropped = ("QT_QPA_PLATFORM", "QGIS_CUSTOM_CONFIG_PATH", "DISPLAY", "WAYLAND_DISPLAY")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return kept | {
            "QGIS_PLUGINPATH": str(self.plugins),
            "PYQGIS_STARTUP": str(HERE / "before_plugins.py"),
            "DESKTOP_LOG": str(self.folder / "messages.jsonl"),
            "DESKTOP_JOB": str(job),
            "DESKTOP_REPLY": str(self.folder / "reply.json"),
            "DESKTOP_SCREENSHOT": str(self.folder / "screenshot.png"),
        }

    def _read_reply(self, code: int, output: str) -> dict[str, Any]:
        path = self.folder / "reply.json"
        if not path.is_file():
            pytest.fail(f"the desktop ended with {code} and no reply; it said:\n{output[-3000:]}")
        reply: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if reply.get("error"):
            pytest.fail(f"the script failed inside QGIS:\n{reply['error']}")
        return reply

    def _read_log(self) -> list[Message]:
        path = self.folder / "messages.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [Message(**json.loads(line)) for line in lines]


@pytest.fixture
def desktop(tmp_path: Path, root: Path) -> Callable[..., DesktopRun]:
    """`desktop(script)` runs a script in a real QGIS with this plugin switched on."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "seldom_heard").symlink_to(root, target_is_directory=True)
    return Desktop(tmp_path, plugins, "seldom_heard").run
