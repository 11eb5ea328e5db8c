"""What is kept in the user's QGIS from one session to the next: the names, in one place."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsSettings

FOLDER = "seldom_heard/folder"  # last saved to
RULE = "seldom_heard/rule"  # last chosen for small counts


def remembered(key: str, default: str = "") -> str:
    """Return what was kept under a name."""
    return str(QgsSettings().value(key, default) or default)


def remember(key: str, value: str) -> None:
    """Keep a text under a name."""
    QgsSettings().setValue(key, value)


def last_folder(default: str = "") -> Path:
    """Return the folder last saved to, while it is there."""
    kept = Path(remembered(FOLDER, default) or Path.home())
    return kept if kept.is_dir() else Path(default or Path.home())
