"""The taxonomy a user names: an id, a JSON file, or a list of headings and categories."""

from __future__ import annotations

from pathlib import Path

from ..layers.errors import InputError
from ..taxonomies.catalogue import catalogue, load
from ..taxonomies.errors import TaxonomyError
from ..taxonomies.model import Taxonomy
from ..taxonomies.own import load_list
from .messages import some, tr


def named_taxonomy(name: str) -> Taxonomy:
    """Return a taxonomy by its shipped id or by the path of its file.

    Raises:
        InputError: when there is none of that name.
        TaxonomyError: naming file and key, when the file cannot be used.
    """
    shipped = {taxonomy.id: taxonomy for taxonomy in catalogue()}
    path = Path(name)
    if not path.is_file() and path.stem in shipped:  # an id, as the desktop wants it: with .json
        return shipped[path.stem]
    if not path.is_file():
        raise InputError(
            tr("There is no taxonomy {name}: neither a file nor one of {known}.").format(
                name=name or "''", known=some(sorted(shipped), len(shipped))
            )
        )
    own = load(path) if path.suffix.lower() == ".json" else load_list(path)
    _refuse_borrowed(own, path, shipped)
    return own


def _refuse_borrowed(own: Taxonomy, path: Path, shipped: dict[str, Taxonomy]) -> None:
    """Raise for a name that another taxonomy's figures would be taken for."""
    if own.id in shipped:
        raise TaxonomyError(path.name, "id", f"{own.id!r} is that of a shipped taxonomy")
    of = {taxonomy.dimension for taxonomy in shipped.values() if taxonomy.prefix == own.prefix}
    if of and own.dimension not in of:
        problem = f"{own.prefix!r} begins the fields of {', '.join(sorted(of))}; choose another"
        raise TaxonomyError(path.name, "prefix", problem)
