#!/usr/bin/env python3
"""Checks metadata.txt for what the QGIS plugin repository asks of it."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WANTED = (
    "name",
    "description",
    "about",
    "version",
    "qgisMinimumVersion",
    "qgisMaximumVersion",
    "author",
    "email",
    "tracker",
    "repository",
    "homepage",
    "tags",
    "icon",
    "license",
    "hasProcessingProvider",
)


def read_metadata(path: Path) -> dict[str, str]:
    """The plugin's general section, its keys spelled as in the file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return dict(parser["general"])


def problems(metadata: dict[str, str], root: Path) -> list[str]:
    """What the repository would refuse, in words."""
    found = [f"no {key}" for key in WANTED if not metadata.get(key, "").strip()]
    version = metadata.get("version", "")
    if not re.fullmatch(r"\d+\.\d+\.\d+([-.]?[a-z]+\d*)?", version):
        found.append(f"version {version!r} is not like 1.2.3")
    if metadata.get("hasProcessingProvider") != "yes":
        found.append("hasProcessingProvider is not 'yes': qgis_process would not load the plugin")
    if not (root / metadata.get("icon", "")).is_file():
        found.append(f"icon {metadata.get('icon')!r} is not there")
    if not (root / "LICENSE").is_file():
        found.append("no LICENSE beside metadata.txt")
    return found


def main() -> int:
    """Says what is wrong; 0 when nothing is."""
    path = ROOT / "metadata.txt"
    if not path.is_file():
        print("metadata.txt: missing", file=sys.stderr)
        return 1
    found = problems(read_metadata(path), ROOT)
    for problem in found:
        print(f"metadata.txt: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
