"""The taxonomies that come with the plugin, and those a user adds."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from .errors import TaxonomyError
from .model import Taxonomy, parse

HOME = Path(__file__).resolve().parent.parent / "resources" / "taxonomies"


def load(path: Path) -> Taxonomy:
    """Return the taxonomy in one JSON file.

    Raises:
        TaxonomyError: when it is not JSON, or lacks what a taxonomy needs.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise TaxonomyError(path.name, "file", f"is not valid JSON: {error}") from error
    return parse(data, path.name)


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
