"""The taxonomies that come with the plugin, and those a user adds."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import TaxonomyError

if TYPE_CHECKING:
    from .model import Taxonomy

HOME = Path(__file__).resolve().parent.parent / "resources" / "taxonomies"
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks


def load(path: Path) -> Taxonomy:
    """Return the taxonomy in one JSON file.

    Raises:
        TaxonomyError: when it is not JSON, or lacks what a taxonomy needs.
    """
    from .model import parse  # here, as menus need the rest of this module when QGIS starts

    text = text_of(path)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise TaxonomyError(path.name, "file", f"is not valid JSON: {error}") from error
    return parse(data, path.name)


def text_of(path: Path, *more: str) -> str:
    """Return the text of a file in UTF-8, in UTF-16 with its mark, or in ``more`` encodings.

    Raises:
        TaxonomyError: when it is in none of them, or no text at all.
    """
    raw = path.read_bytes()
    for encoding in ("utf-16",) if raw[:2] in UTF16 else ("utf-8-sig", *more):
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return text
    raise TaxonomyError(
        path.name,
        "file",
        "is not text in an encoding known here; save it as UTF-8 (a sheet of a workbook as CSV "
        "UTF-8)",
    )


@lru_cache(maxsize=4)
def catalogue(home: Path = HOME) -> tuple[Taxonomy, ...]:
    """Return every taxonomy in the folders under ``home``; adding a file adds a taxonomy."""
    return tuple(load(path) for path in sorted(home.glob("*/*.json")))


def reachable(dimension: str) -> list[str]:
    """Return the ids in whose categories tables of a dimension can be told.

    Reads these files alone, without checking them: menus ask for it when QGIS starts.
    """
    files = sorted((HOME / dimension).glob("*.json"))
    crosswalks = (json.loads(f.read_text(encoding="utf-8")).get("crosswalks", ()) for f in files)
    return sorted({item["to"] for several in crosswalks for item in several})


def find(identifier: str) -> Taxonomy:
    """Return a shipped taxonomy by its id.

    Raises:
        KeyError: when there is none.
    """
    for taxonomy in catalogue():
        if taxonomy.id == identifier:
            return taxonomy
    raise KeyError(identifier)
