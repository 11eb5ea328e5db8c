"""Categories of one taxonomy told in another, with what is lost on the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .catalogue import catalogue
from .errors import NoCrosswalk, TaxonomyError
from .model import Taxonomy


@dataclass(frozen=True)
class Crosswalk:
    """How each finest category is called elsewhere.

    Attributes:
        categories: id of a finest category of ``source`` to that of a category of ``target``:
            of a group there, where its categories cannot be told apart. Categories that are
            missing have no counterpart.
        loses: what ``target`` cannot say, a sentence each.
    """

    source: Taxonomy
    target: Taxonomy
    categories: Mapping[str, str]
    loses: tuple[str, ...]

    def with_groups(self, columns: Collection[str]) -> dict[str, str]:
        """Return what each of these columns is told as; a group whose parts all go one way too.

        A finest category that is neither here nor told through its group is still in the
        result, so that whoever uses it finds it missing.
        """
        told = dict(self.categories)
        above = {c.id: c.parent for c in self.target.columns}
        for group in self.source.groups:
            parts = [name for name in self.source.children(group) if name in told]
            ends = {told[name] for name in parts}
            wider = {above.get(end) or end for end in ends}
            if group in columns and len(wider) == 1 and parts and not set(parts) <= set(columns):
                told = {name: end for name, end in told.items() if name not in parts}
                told[group] = (ends if len(ends) == 1 else wider).pop()
        return told

    @property
    def left_out(self) -> list[str]:
        """Return the finest categories of the source that have no counterpart."""
        return [name for name in self.source.leaves if name not in self.categories]


def crosswalk(source: Taxonomy, target: Taxonomy) -> Crosswalk:
    """Return how the categories of one taxonomy are called in another.

    Raises:
        NoCrosswalk: when the source's file has none to the target.
        TaxonomyError: when it names a category that the target does not have.
    """
    for number, item in enumerate(source.raw.get("crosswalks", ())):
        if item["to"] == target.id:
            known = {column.id for column in target.columns}
            for name, told in item["categories"].items():
                if told not in known:
                    key = f"crosswalks[{number}].categories.{name}"
                    problem = f"names {told!r}, which {target.id} does not have"
                    raise TaxonomyError(source.id, key, problem)
            return Crosswalk(source, target, dict(item["categories"]), tuple(item["loses"]))
    raise NoCrosswalk(f"{source.name} → {target.name}")


def targets(source: Taxonomy) -> list[Taxonomy]:
    """Return the taxonomies of the catalogue that another can be told in."""
    wanted = {item["to"] for item in source.raw.get("crosswalks", ())}
    return [taxonomy for taxonomy in catalogue() if taxonomy.id in wanted]


def round_trip(there: Crosswalk, back: Crosswalk) -> dict[str, str | None]:
    """Return where each category of the source ends after going there and back.

    None where it is left out. A category that does not come back as itself is lost detail.
    """
    parents = {c.id: c.parent for c in back.target.columns}
    ends: dict[str, str | None] = {}
    for name in there.source.leaves:
        middle = there.categories.get(name)
        if middle is None:
            ends[name] = None
        elif middle in back.categories:
            ends[name] = back.categories[middle]
        else:  # a group: its members may all go to one group back here
            members = [back.categories.get(c) for c in there.target.children(middle)]
            groups = {parents.get(m) or m for m in members if m}
            ends[name] = groups.pop() if len(groups) == 1 else None
    return ends


def lost(there: Crosswalk, back: Crosswalk) -> list[str]:
    """Return the categories of the source that do not come back as themselves."""
    return [name for name, end in round_trip(there, back).items() if end != name]
