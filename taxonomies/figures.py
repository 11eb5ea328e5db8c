"""What the fields of a profiled layer are: counts, shares of them, scores, ranks and bands.

So that figures can be added up, moved and protected as what they are: a percentage is rebuilt from
its counts, a rank is never averaged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .model import Indicator, Taxonomy
from .replies import reply_counts, reply_sums

LIMITS = ("pct_lo", "pct_hi")
REGISTERED = "registered"  # patients, beside the cases on each register
QUALITY = {  # of figures of registers
    "coverage_pct": "Registered patients whose practice reported",
    "flag": "Caution with the disease figures",
}
REST = "(rest)"  # of a total of which a taxonomy names only some categories
Sum = tuple[str, tuple[str, ...]]  # a count, and the counts that it is the sum of


@dataclass(frozen=True)
class Share:
    """A percentage, and what it is made of.

    Attributes:
        field: its name, ending in ``_pct``.
        count: the field of its numerator; empty where the layer does not have it.
        base: fields that add up to its denominator; none where the layer does not have them.
        limits: fields of its lower and upper limit; none where it has none.
        part: whether the count is a part of its base; else it may be above it, as the patients
            registered may be more than the residents.
    """

    field: str
    count: str
    base: tuple[str, ...]
    limits: tuple[str, ...]
    part: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """Return its own field and those of its limits."""
        return (self.field, *self.limits)


@dataclass(frozen=True)
class Structure:
    """A figure made of several groups: their diversity, or the name of the largest.

    ``groups`` is the field of each group's count to its title, empty where some are not there.
    """

    field: str
    measure: str
    groups: Mapping[str, str]


@dataclass(frozen=True)
class Figures:
    """The figures among the fields of a layer, by what may be done with them.

    Attributes:
        counts: people or households, which can be added up.
        shares: percentages of them.
        structures: diversity and largest group.
        sums: counts that are the sum of others; a publisher's noise may keep them apart.
        scores: of an index; may be averaged over people.
        bands: ranks, deciles, quintiles and flags, which may be neither added nor averaged.
        titles: field to its title in words.
    """

    counts: tuple[str, ...]
    shares: tuple[Share, ...]
    structures: tuple[Structure, ...]
    sums: tuple[Sum, ...]
    scores: tuple[str, ...]
    bands: tuple[str, ...]
    titles: Mapping[str, str]

    @property
    def made(self) -> tuple[str, ...]:
        """Return the fields that are made of counts: shares, their limits, and structures."""
        shares = (name for share in self.shares for name in share.fields)
        return (*shares, *(one.field for one in self.structures))

    @property
    def no_counts(self) -> set[str]:
        """Return the fields that are known and cannot be added up."""
        return {*self.made, *self.scores, *self.bands}


def figures_among(names: Iterable[str], taxonomies: Iterable[Taxonomy]) -> Figures:
    """Return the figures that a layer's fields hold, by the taxonomies that could have made them.

    Where several taxonomies make a field of the same name, the one that made most of the layer's
    fields is meant.

    Args:
        names: of the fields.
        taxonomies: the likely ones alone where the layer says them, else all that are known.
    """
    left = dict.fromkeys(names)
    counts: list[str] = []
    shares: list[Share] = []
    structures: list[Structure] = []
    sums: list[Sum] = []
    scores: list[str] = []
    bands: list[str] = []
    titles: dict[str, str] = {}
    everything = {taxonomy: _titles(taxonomy) for taxonomy in taxonomies}
    replies = reply_counts([*left], everything)
    counts += replies
    titles |= replies
    sums += reply_sums([*left], everything)
    for taxonomy in sorted(everything, key=lambda one: -len(left.keys() & everything[one].keys())):
        mine = [name for name in left if name in everything[taxonomy]]
        for name in mine:
            del left[name]
            titles[name] = everything[taxonomy][name]
        if taxonomy.kind == "composition":
            sets = {name: leaves for name, leaves in _counted(taxonomy).items() if name in mine}
            counts += [name for name in mine if name in sets]
            shares += _shares(taxonomy, mine, sets)
            structures += _structures(taxonomy, mine, sets)
            sums += _sums(sets)
        elif taxonomy.kind == "register":
            numbers = [taxonomy.field(i, "n") for i in (*_registers(taxonomy), REGISTERED)]
            counts += [name for name in mine if name in numbers]
            shares += [s for i in _registers(taxonomy) for s in _share(taxonomy, i, (), mine)]
            ratio, registered = (taxonomy.field(REGISTERED, s) for s in ("ratio", "n"))
            if ratio in mine:
                known = registered if registered in mine else ""
                shares.append(Share(ratio, known, (), (), part=False))
            bands += [name for name in mine if name in map(taxonomy.field, QUALITY)]
        else:
            made = {taxonomy.field(one.id): one for one in taxonomy.indicators}
            scores += [name for name in mine if _is_score(made[name])]
            bands += [name for name in mine if not _is_score(made[name])]
    return Figures(
        counts=tuple(counts),
        shares=tuple(shares),
        structures=tuple(structures),
        sums=tuple(sums),
        scores=tuple(scores),
        bands=tuple(bands),
        titles=titles,
    )


def _titles(taxonomy: Taxonomy) -> dict[str, str]:
    """Return every field that a taxonomy can make, at any level, to its title."""
    names = {taxonomy.field(i.id, s): i.title for i in taxonomy.indicators for s in _all(i)}
    if taxonomy.kind == "register":
        for item in taxonomy.raw["categories"]:
            names |= {taxonomy.field(item["id"], s): item["label"] for s in ("n", "pct", *LIMITS)}
        names |= {taxonomy.field(name): title for name, title in QUALITY.items()}
        names[taxonomy.field(REGISTERED, "n")] = "Patients registered"
        names[taxonomy.field(REGISTERED, "ratio")] = "Patients registered for 100 residents"
    if taxonomy.kind == "composition":
        total = taxonomy.raw["total"]
        names[taxonomy.field(total["field"])] = total["title"]
        for column in map(taxonomy.column, taxonomy.leaves):
            for statistic in ("n", "pct"):
                names.setdefault(taxonomy.field(column.id, statistic), column.title)
    return names


def _registers(taxonomy: Taxonomy) -> list[str]:
    return [item["id"] for item in taxonomy.raw["categories"]]


def _all(indicator: Indicator) -> tuple[str, ...]:
    return indicator.statistics or ("",)


def _is_score(indicator: Indicator) -> bool:
    return indicator.measure in ("weighted_ranks", "sum_of_z") or (
        indicator.measure == "value" and not indicator.options.get("whole")
    )


def _leaves_of(taxonomy: Taxonomy, ids: Iterable[str]) -> frozenset[str]:
    """Return the finest categories in which the people of some columns are counted."""
    found: set[str] = set()
    for name in ids:
        below = taxonomy.leaves if name == "total" else taxonomy.children(name)
        if name == "total":
            found |= {*below, REST} if taxonomy.partial else {*below}
        else:
            found |= _leaves_of(taxonomy, below) if below else {name}
    return frozenset(found)


def _counted(taxonomy: Taxonomy) -> dict[str, frozenset[str]]:
    """Return the fields of counts, each with the finest categories that it counts."""
    counted = {taxonomy.field(taxonomy.raw["total"]["field"]): _leaves_of(taxonomy, ["total"])}
    for one in taxonomy.indicators:
        if one.measure == "share":
            plus = _leaves_of(taxonomy, one.options["numerator"])
            minus = _leaves_of(taxonomy, one.options.get("minus", ()))
            counted[taxonomy.field(one.id, "n")] = plus - minus
    for name in taxonomy.leaves:
        counted.setdefault(taxonomy.field(name, "n"), frozenset([name]))
    return counted


def _shares(
    taxonomy: Taxonomy, mine: Collection[str], sets: Mapping[str, frozenset[str]]
) -> Iterator[Share]:
    counted = _counted(taxonomy)
    over = {i.id: i.options.get("over") for i in taxonomy.indicators if i.measure == "share"}
    for name in taxonomy.leaves:  # a category's share is over what its group's share is over
        over.setdefault(name, over.get(taxonomy.column(name).parent or ""))
    for name, columns in over.items():
        base = _cover(_leaves_of(taxonomy, columns or ["total"]), sets)
        leaves = counted[taxonomy.field(name, "n")]
        same = next((field for field in sets if sets[field] == leaves), "")  # perhaps of another
        for share in _share(taxonomy, name, base, mine):
            yield replace(share, count=share.count or same)


def _share(
    taxonomy: Taxonomy, name: str, base: tuple[str, ...], mine: Collection[str]
) -> Iterator[Share]:
    count, pct, *limits = (taxonomy.field(name, s) for s in ("n", "pct", *LIMITS))
    if pct in mine:
        known = tuple(limits) if set(limits) <= set(mine) else ()
        yield Share(pct, count if count in mine else "", base, known)


def _structures(
    taxonomy: Taxonomy, mine: Collection[str], sets: Mapping[str, frozenset[str]]
) -> Iterator[Structure]:
    for one in taxonomy.indicators:
        field = taxonomy.field(one.id)
        if one.measure in ("diversity", "largest") and field in mine:
            over = one.options.get("over", taxonomy.groups)
            groups = {taxonomy.field(g, "n"): taxonomy.column(g).title for g in over}
            yield Structure(field, one.measure, groups if groups.keys() <= sets.keys() else {})


def _cover(whole: frozenset[str], sets: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the fewest counts that are ``whole`` together, none when they do not make it."""
    largest = sorted(sets, key=lambda name: -len(sets[name]))
    found = [_filled(whole, [first, *largest], sets) for first in largest]
    return min(filter(None, found), key=len, default=())


def _filled(
    whole: frozenset[str], order: Iterable[str], sets: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    left, taken = set(whole), []
    for name in order:
        if sets[name] and sets[name] <= left:
            taken.append(name)
            left -= sets[name]
    return () if left else tuple(taken)


def _sums(sets: Mapping[str, frozenset[str]]) -> Iterator[Sum]:
    """Yield each count with others that make it: the finest, the largest, and any two."""
    by_size = sorted(sets, key=lambda name: len(sets[name]))
    for whole, leaves in sets.items():
        inside = [name for name in by_size if sets[name] < leaves]
        orders = [inside, inside[::-1]]
        orders += [[name, other] for name in inside for other in inside if name < other]
        found = {frozenset(_filled(leaves, order, sets)) for order in orders}
        same = [name for name in sets if sets[name] == leaves and name > whole]
        for parts in [*sorted(map(sorted, found - {frozenset()})), *([name] for name in same)]:
            yield whole, tuple(parts)
