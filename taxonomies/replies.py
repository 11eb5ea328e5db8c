"""The fields of replies counted in areas: their names, their titles, and what adds up to what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .model import Taxonomy

PREFIX = "resp_"
TOTAL = "resp_total"
TOTAL_TITLE = "Replies"
UNKNOWN = "unknown"
Sum = tuple[str, tuple[str, ...]]


def field_of(taxonomy: Taxonomy, category: str) -> str:
    """Return the field of the replies of a category: ``resp_eth_asian_n``."""
    return PREFIX + taxonomy.field(category, "n")


def unknown_of(taxonomy: Taxonomy) -> str:
    """Return the field of the replies that did not say."""
    return field_of(taxonomy, UNKNOWN)


def answerable(taxonomy: Taxonomy, level: str) -> list[str]:
    """Return the categories that replies are counted in: groups, and the finest ones too.

    Those that say that somebody did not say count as unknown.

    Args:
        taxonomy: in which they are coded.
        level: ``group`` or ``category``.
    """
    names = taxonomy.groups + (taxonomy.leaves if level == "category" else [])
    return [name for name in dict.fromkeys(names) if name not in taxonomy.optional]


def titles_of(taxonomy: Taxonomy) -> dict[str, str]:
    """Return all fields that replies coded in a taxonomy can make, with their titles."""
    titles = {
        field_of(taxonomy, name): f"Replies: {taxonomy.column(name).title}"
        for name in answerable(taxonomy, "category")
    }
    return {**titles, unknown_of(taxonomy): f"Replies: not known ({taxonomy.title})"}


def reply_counts(names: Collection[str], taxonomies: Iterable[Taxonomy]) -> dict[str, str]:
    """Return the fields of replies among some names, with their titles."""
    titles = {TOTAL: TOTAL_TITLE}
    for taxonomy in _meant(names, taxonomies):
        titles |= titles_of(taxonomy)
    return {name: titles[name] for name in names if name in titles}


def reply_sums(names: Collection[str], taxonomies: Iterable[Taxonomy]) -> list[Sum]:
    """Return the sums among the fields of replies.

    The total is all main groups with those that are not known, or all of the finest categories
    with them; a group is its categories.
    """
    sums: list[Sum] = []
    for taxonomy in _meant(names, taxonomies):
        parts = {name: _parts(taxonomy, name) for name in answerable(taxonomy, "group")}
        unknown = unknown_of(taxonomy)
        groups = [field_of(taxonomy, name) for name in parts]
        finest = [field for below in parts.values() for field in below]
        wholes = {TOTAL: [[*groups, unknown], [*finest, unknown]]}
        wholes |= {field_of(taxonomy, name): [below] for name, below in parts.items()}
        for whole, ways in wholes.items():
            for way in ways:
                if {whole, *way} <= {*names} and (whole, tuple(way)) not in sums and way != [whole]:
                    sums.append((whole, tuple(way)))
    return sums


def _parts(taxonomy: Taxonomy, name: str) -> list[str]:
    """Return the fields of the finest categories of a group; its own where it has none."""
    below = taxonomy.children(name)
    if not below:
        return [field_of(taxonomy, name)]
    return [field for child in below for field in _parts(taxonomy, child)]


def _meant(names: Collection[str], taxonomies: Iterable[Taxonomy]) -> list[Taxonomy]:
    """Return one taxonomy for each prefix among the names: the one that knows most of them."""
    best: dict[str, tuple[tuple[int, int], Taxonomy]] = {}
    for taxonomy in taxonomies:
        if taxonomy.kind != "composition" or unknown_of(taxonomy) not in names:
            continue
        made: Mapping[str, str] = titles_of(taxonomy)
        known = sum(name in made for name in names)
        likeness = (known, -len(made))  # of equals the one that misses fewest
        if taxonomy.prefix not in best or likeness > best[taxonomy.prefix][0]:
            best[taxonomy.prefix] = (likeness, taxonomy)
    return [taxonomy for _, taxonomy in best.values()]
