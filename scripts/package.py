#!/usr/bin/env python3
"""Makes the zip that QGIS installs: dist/seldom_heard.<version>.zip, the same bytes every time."""

from __future__ import annotations

import argparse
import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "seldom_heard"
SHIPPED_FILES = {"__init__.py", "plugin.py", "metadata.txt", "LICENSE", "README.md", "CHANGELOG.md"}
SHIPPED_FOLDERS = {"processing", "layers", "taxonomies", "methods", "ui", "resources"}
REFUSED_ENDINGS = {".sh", ".bat", ".so", ".dll", ".exe", ".pyc"}
REQUIRED = ("__init__.py", "metadata.txt", "LICENSE")
TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold


def git_files(root: Path, *options: str) -> list[str]:
    """Paths that git knows in the folder, sorted."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", *options],
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(path for path in listed.stdout.split("\0") if path)


def is_shipped(path: str) -> bool:
    """Code and resources are, tests and tools are not."""
    parts = Path(path).parts
    if any(part.startswith(".") for part in parts):
        return False
    return path in SHIPPED_FILES if len(parts) == 1 else parts[0] in SHIPPED_FOLDERS


def refusals(paths: list[str]) -> list[str]:
    """What the plugin repository would not take, in words."""
    refused = [path for path in paths if Path(path).suffix in REFUSED_ENDINGS]
    missing = [name for name in REQUIRED if name not in paths]
    return [f"{path} must not be shipped" for path in refused] + [
        f"{name} is missing" for name in missing
    ]


def version_of(root: Path) -> str:
    """The version that metadata.txt gives."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((root / "metadata.txt").read_text(encoding="utf-8"))
    return parser["general"]["version"]


def write_zip(root: Path, paths: list[str], target: Path) -> None:
    """One folder named as QGIS wants it; times and rights are fixed, so the bytes are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for path in paths:
            entry = zipfile.ZipInfo(f"{PACKAGE}/{path}", TIMESTAMP)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (root / path).read_bytes(), compresslevel=9)


def build(root: Path, folder: Path) -> Path:
    """Packs the checkout at root into a zip in folder."""
    new = [path for path in git_files(root, "--others", "--exclude-standard") if is_shipped(path)]
    if new:
        print(f"packing {len(new)} files not yet in git, such as {new[0]}", file=sys.stderr)
    known = [path for path in git_files(root) if is_shipped(path) and (root / path).is_file()]
    paths = sorted({*known, *new})
    found = refusals(paths)
    if found:
        raise SystemExit("\n".join(found))
    target = folder / f"{PACKAGE}.{version_of(root)}.zip"
    write_zip(root, paths, target)
    return target


def main() -> None:
    """Prints where the zip is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "dist", help="where the zip goes")
    print(build(ROOT, parser.parse_args().folder))


if __name__ == "__main__":
    main()
