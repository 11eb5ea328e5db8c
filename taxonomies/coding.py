"""Values that are categories: 'White British', 'A' or 'Cannot speak English well'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .errors import AmbiguousTable
from .headings import plain, variable
from .model import Taxonomy

LEFT_OUT = frozenset({"does not apply", "-8"})  # census: people a question was not for
NOT_KNOWN = frozenset(
    {
        *("", "prefer not to say", "prefer not to answer", "prefer not to disclose"),
        *("not stated", "not known", "unknown", "refused", "declined", "not answered"),
        *("no answer", "not given", "not recorded", "not asked", "null", "none given"),
    }
)


@dataclass(frozen=True)
class Coding:
    """A column of values, and the categories they mean.

    Attributes:
        categories: value as it stands to the id of its category.
        not_known: values that say that somebody did not say.
    """

    taxonomy: Taxonomy
    categories: dict[str, str]
    not_known: tuple[str, ...]


@lru_cache(maxsize=256)
def names_of(taxonomy: Taxonomy, codes: bool) -> dict[str, str]:
    """Return the plain texts that mean a category (or ``total``), to the id of each."""
    names: dict[str, str] = {}
    for column in taxonomy.columns:
        code = [column.code] if codes and taxonomy.lettered else []
        for label in (column.label, *column.also, *code):
            names.setdefault(plain(label), column.id)
    names.pop("", None)
    return names


def is_variable(heading: str, taxonomy: Taxonomy) -> bool:
    """Return whether a heading is the name of what a taxonomy's categories are of."""
    own = {taxonomy.raw.get("heading_prefix", ""), *taxonomy.raw.get("variable", ())}
    text = plain(heading)
    return bool({text, variable(text)} & {plain(name) for name in own if name})


def category_of(value: str, taxonomy: Taxonomy, codes: bool = False) -> str | None:
    """Return the category that a value means, None when it means none of this taxonomy.

    Args:
        value: as it stands in a table.
        taxonomy: whose category it may be.
        codes: whether a code counts too; under any heading F could be a sex, or Mixed.
    """
    names, text = names_of(taxonomy, codes), plain(value)
    if text in names or not taxonomy.partial:
        return names.get(text)
    return names.get(text.rsplit(": ", 1)[-1])


def _is_unsaid(category: str | None, value: str, taxonomy: Taxonomy) -> bool:
    """Return whether a value says that somebody did not say, which tells no list from another."""
    return category in taxonomy.optional or plain(value) in NOT_KNOWN


def recognise_coding(
    values: Iterable[str], taxonomies: Iterable[Taxonomy], heading: str = ""
) -> Coding | None:
    """Return the taxonomy in which a column of values is coded, None when in none.

    Every value must be a category there, or say that it is not known; two or more different
    categories are needed to tell. Codes such as A to S count under the variable's own heading.

    Args:
        values: the different values of the column, such as answers to a question.
        taxonomies: the catalogue to compare with.
        heading: of the column.

    Raises:
        AmbiguousTable: when several taxonomies know all of the values equally well.
    """
    different = sorted(set(values))
    fits = []
    for taxonomy in taxonomies:
        if taxonomy.kind != "composition" or taxonomy.partial:
            continue
        codes = is_variable(heading, taxonomy)
        found = {value: category_of(value, taxonomy, codes) for value in different}
        known = {value: name for value, name in found.items() if name and name != "total"}
        known = {v: name for v, name in known.items() if name not in taxonomy.optional}
        not_known = tuple(
            v for v in different if v not in known and _is_unsaid(found[v], v, taxonomy)
        )
        if len({*known.values()}) > 1 and len(known) + len(not_known) == len(different):
            fits.append(Coding(taxonomy, known, not_known))
    most = max((len(fit.categories) for fit in fits), default=0)
    best = [fit for fit in fits if len(fit.categories) == most]
    if len(best) > 1:
        names = [fit.taxonomy.name for fit in best]
        raise AmbiguousTable(names, ids=[fit.taxonomy.id for fit in best])
    return best[0] if best else None
