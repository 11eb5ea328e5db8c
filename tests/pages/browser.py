"""Opens pages in a headless Chromium: measures them there, and prints them.

A copy of the page gets two scripts, axe-core and ours, and a rule by which nothing else may run or
be loaded; what they find is written into the copy, which Chromium gives back.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
NPM = HERE.parent.parent / ".venv-npm"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
TIMEOUT = 120  # seconds, of a machine that is busy
NONCE = "of-the-tests"
POLICY = (
    f"default-src 'none'; script-src 'nonce-{NONCE}'; style-src 'unsafe-inline'; img-src data:; "
    "frame-src 'self'"
)
OF_CHROMIUM = "not an origin"
MEASURED = re.compile(r'<pre id="measured">(.*?)</pre>', re.DOTALL)
NO_AXE = "axe-core is not there: run scripts/setup.sh test, once with a network"
NO_BROWSER = "Chromium is not there: run scripts/setup.sh test"


class MissingError(Exception):
    """What the tests of pages need is not there; the message says what to do."""


class CannotBeHadError(Exception):
    """What they need is not to be had on this machine; the message says why."""


@dataclass(frozen=True)
class Browser:
    """A Chromium, and axe-core to put into pages."""

    program: str
    axe: Path

    @classmethod
    def find(cls, npm: Path = NPM) -> Browser:
        """Return the one of this machine.

        Raises:
            MissingError: where ``setup.sh test`` would bring what is missing.
            CannotBeHadError: where it said that it cannot.
        """
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            reason = npm / "no-browser"
            if reason.is_file():
                raise CannotBeHadError(reason.read_text(encoding="utf-8").strip())
            raise MissingError(NO_BROWSER)
        axe = npm / "node_modules" / "axe-core" / "axe.min.js"
        if not axe.is_file():
            raise MissingError(NO_AXE)
        return cls(program, axe)

    def measure(self, page: str, folder: Path, *options: str) -> dict[str, Any]:
        """Return what was found in a page, as ``measure.js`` tells it."""
        shutil.copy(self.axe, folder / "axe.min.js")
        shutil.copy(HERE / "measure.js", folder / "measure.js")
        copy = folder / "measured.html"
        copy.write_text(_with_scripts(page), encoding="utf-8")
        # time runs as fast as the page lets it: the budget is for scripts that wait
        shown = self._start("--dump-dom", "--virtual-time-budget=60000", *options, copy.as_uri())
        told = MEASURED.search(shown)
        assert told, f"the page was not measured; it is now:\n{shown[-2000:]}"
        found: dict[str, Any] = json.loads(html.unescape(told[1]))
        assert "error" not in found, found["error"]
        return found

    def to_pdf(self, page: str, folder: Path) -> Path:
        """Print a page as it is."""
        copy, made = folder / "printed.html", folder / "printed.pdf"
        copy.write_text(page, encoding="utf-8")
        self._start("--no-pdf-header-footer", f"--print-to-pdf={made}", copy.as_uri())
        assert made.is_file(), "nothing was printed"
        return made

    def asked_for(self, page: str, folder: Path) -> list[str]:
        """Return what a page as it is asks other places for; it gets nothing."""
        copy, log = folder / "opened.html", folder / "net-log.json"
        copy.write_text(page, encoding="utf-8")
        self._start(
            f"--log-net-log={log}", "--dump-dom", "--virtual-time-budget=5000", copy.as_uri()
        )
        told = json.loads(log.read_text(encoding="utf-8"))
        started = told["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
        events = [one.get("params", {}) for one in told["events"] if one["type"] == started]
        # what Chromium itself asks for comes from no page
        asked = [one for one in events if "url" in one and one.get("initiator") != OF_CHROMIUM]
        return [one["url"] for one in asked if not one["url"].startswith(("file:", "data:"))]

    def _start(self, *arguments: str) -> str:
        command = [self.program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += ["--disable-dev-shm-usage", "--disable-background-networking"]
        command += ["--disable-component-update", "--disable-sync", "--hide-scrollbars"]
        command += ["--window-size=1280,1000", "--host-resolver-rules=MAP * ~NOTFOUND"]
        with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command += [f"--user-data-dir={profile}", *arguments]
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 0, f"Chromium ended with {done.returncode}:\n{said[-2000:]}"
        return done.stdout.decode(errors="replace")


def _with_scripts(page: str) -> str:
    """Return a page that measures itself, and in which nothing else may run or be loaded."""
    scripts = "".join(
        f'<script data-test nonce="{NONCE}" src="{name}"></script>'
        for name in ("measure.js", "axe.min.js")
    )
    policy = f'<meta data-test http-equiv="Content-Security-Policy" content="{POLICY}">'
    start, head, rest = page.partition("<head>")
    assert head, "a page without a head"
    return f"{start}{head}{policy}{scripts}{rest}"
