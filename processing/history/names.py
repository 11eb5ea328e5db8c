"""What files and layers are called in commands: without folders, which are nobody's business."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProcessingUtils

FOLDERS = re.compile(r"[^'\"]*[/\\]")  # of a path, also one within a source's text
ARCHIVE = re.compile(
    r"(/vsi(?:zip|gzip|tar|7z|rar)/)(?:.*/)?([^/]+\.(?:zip|gz|tgz|tar|7z|rar)\b.*)"
)
IN_DATABASE = re.compile(r"""ogr:dbname='(?P<file>[^']*)' table="(?P<layer>[^"]*)\"""")
LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
# what opens data on the web, or in a database
SECRET = re.compile(
    r"(?i)[?&]?\b(?:password|passwd|pwd|user(?:name)?|authcfg|token|\w*_?key|sig(?:nature)?|secret)"
    r"""\s*=\s*(?:'(?:[^'\\]|\\.)*'|"[^"]*"|[^\s&|;,]*)"""
)


def key_of(value: str) -> str:
    """Return by what one tells whether two texts mean the same file, or layer of a database."""
    return as_read(value).partition("|subset=")[0].lower()


def as_read(value: str) -> str:
    """Return what an output is called where it is read."""
    found = IN_DATABASE.match(value)
    return f"{found['file']}|layername={found['layer']}" if found else value


def fresh(value: str, taken: Collection[str]) -> str:
    """Return an output's name, with a number where another file has that name."""
    found = IN_DATABASE.match(value)
    known = taken if found else {one.partition("|")[0] for one in taken}
    path = Path(value)
    new, number = value, 1
    while key_of(new) in known:
        number += 1
        if found:
            new = value[: found.end("layer")] + f"_{number}" + value[found.end("layer") :]
        else:
            new = str(path.with_name(f"{path.stem}_{number}{path.suffix}"))
    return new


def without_folders(text: str) -> str:
    """Return the path or the source of a layer without folders, logins and passwords."""
    path, bar, rest = text.partition("|")
    archive = ARCHIVE.fullmatch(path)
    if archive:
        path = archive[1] + archive[2]
    elif "://" in path and not path.startswith("file:"):
        path = SECRET.sub("", LOGIN.sub("", path))
    else:
        path = FOLDERS.sub("", path)
    return path + bar + rest


def is_passing(layer: QgsMapLayer) -> bool:
    """Return whether a layer is gone with the session: in memory, or in its folder of such."""
    return layer.providerType() == "memory" or is_temporary(layer.source())


def is_temporary(path: str) -> bool:
    """Return whether nothing stays of a source or an output."""
    return path.startswith(("memory:", "TEMPORARY", QgsProcessingUtils.tempFolder()))
