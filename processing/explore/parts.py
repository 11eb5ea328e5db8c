"""Who lives in an area: its groups and languages, beside their shares in all areas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...taxonomies.model import Taxonomy
from ..messages import tr
from .whole import Together, Whole

MOST = 8  # languages, or groups in detail, that are told


@dataclass(frozen=True)
class Part:
    """A group of people in an area, beside their share in all areas; None where not known."""

    title: str
    number: float | None
    percent: float | None
    city_percent: float | None
    words: str


def groups_of(whole: Whole, row: int) -> list[Part]:
    """Return the ethnic groups, the largest first, then those in detail that have anybody."""
    found: list[Part] = []
    for taxonomy in whole.makers("ethnicity"):
        above, below = _by_detail(whole, taxonomy)
        found += [] if taxonomy.partial else _parts(whole, row, taxonomy, above)
        found += _most(_parts(whole, row, taxonomy, above if taxonomy.partial else below, True))
    return found


def languages_of(whole: Whole, row: int) -> list[Part]:
    """Return who has which language, and who has little English.

    Three ways to tell that English is limited, each over its own base; then the most common
    main languages, where the layer tells them.
    """
    found: list[Part] = []
    for taxonomy in whole.makers("language"):
        if taxonomy.raw["total"]["field"] == "speaks_total":
            continue
        for one in taxonomy.indicators:
            if one.id in ("main_other", "low_english", "hh_no_english"):
                found += _part(whole, row, taxonomy, one.id, tr(one.title))
    for taxonomy in whole.makers("language"):
        if taxonomy.raw["total"]["field"] != "speaks_total":
            continue
        above, below = _by_detail(whole, taxonomy)
        told = {taxonomy.column(name).parent for name in below}
        names = [*below, *(name for name in above if name not in told)]
        names = [name for name in names if name != "speaks_english"]
        found += _most(_parts(whole, row, taxonomy, names))
    return found


def _by_detail(whole: Whole, taxonomy: Taxonomy) -> tuple[list[str], list[str]]:
    """Return the groups of a taxonomy that the layer has, and the finer categories."""
    here = [
        one
        for one in taxonomy.columns
        if one.id != "total"
        and {taxonomy.field(one.id, "n"), taxonomy.field(one.id, "pct")} & whole.have
    ]
    above = [one.id for one in here if one.parent is None]
    leaves = {*taxonomy.leaves}
    return above, [one.id for one in here if one.parent is not None and one.id in leaves]


def _parts(
    whole: Whole, row: int, taxonomy: Taxonomy, names: Sequence[str], group: bool = False
) -> list[Part]:
    """Return some categories, those with most people first, those not known last.

    With ``group`` each is called by its group as well: African is of the group Black.
    """
    parts = [
        part
        for name in names
        for part in _part(whole, row, taxonomy, name, _called(taxonomy, name, group))
    ]
    size = {id(one): one.number if one.number is not None else one.percent for one in parts}
    return sorted(parts, key=lambda one: -(-1.0 if size[id(one)] is None else size[id(one)]))


def _called(taxonomy: Taxonomy, name: str, group: bool) -> str:
    """Return what a category is called."""
    one = taxonomy.column(name)
    if not group or one.parent is None:
        return tr(one.title)
    above = tr(taxonomy.column(one.parent).title)
    return tr("{group}: {name}").format(group=above, name=tr(one.title))


def _most(parts: Sequence[Part]) -> list[Part]:
    """Return the first few parts that have anybody, or may have."""
    return [one for one in parts if one.number != 0][:MOST]


def _part(whole: Whole, row: int, taxonomy: Taxonomy, name: str, title: str) -> Iterator[Part]:
    """Yield a category where the layer has it."""
    count, percent = taxonomy.field(name, "n"), taxonomy.field(name, "pct")
    if not {count, percent} & whole.have:
        return
    people, share = whole.value(row, count), whole.value(row, percent)
    city = whole.together(percent) if percent in whole.have else None
    # a middle area is no share of all people
    rebuilt = city is not None and percent in whole.shares and bool(whole.shares[percent].count)
    beside = city if city is not None and rebuilt and city.value is not None else None
    households = whole.counts_households(count)
    yield Part(
        title,
        people,
        share,
        beside.value if beside else None,
        _part_in_words(whole, (count, percent), title, (people, share), beside, households),
    )


def _part_in_words(
    whole: Whole,
    fields: tuple[str, str],
    title: str,
    known: tuple[float | None, float | None],
    city: Together | None,
    households: bool,
) -> str:
    people, share = known
    base = _base(whole, fields[1])
    if people is None and share is None:
        rule = whole.hidden.get(fields[0]) or whole.hidden.get(fields[1])
        if rule:
            return tr(
                "{title}: hidden, as small counts are in this layer (rule {rule}); it need not "
                "be 0."
            ).format(title=title, rule=rule)
        return tr("{title}: not known here.").format(title=title)
    text = _template(people, share is not None, households)
    told = text.format(title=title, people=people or 0, share=share or 0, base=base)
    if city is None:
        return told
    beside = tr("{title}: {city:.1f} %.").format(title=city.title, city=city.value)
    return " ".join(filter(None, [told, beside, city.caution]))


def _template(people: float | None, share: bool, households: bool) -> str:
    """Return how a number of people, their share, or both are said."""
    if people is None:
        return tr("{title}: {share:.1f} % of {base}.")
    if people == 1:
        plain = tr("{title}: one household.") if households else tr("{title}: one person.")
        both = tr("{title}: one person, {share:.1f} % of {base}.")
        if households:
            both = tr("{title}: one household, {share:.1f} % of {base}.")
    else:
        plain = tr("{title}: {people:,.0f} people.")
        both = tr("{title}: {people:,.0f} people, {share:.1f} % of {base}.")
        if households:
            plain = tr("{title}: {people:,.0f} households.")
            both = tr("{title}: {people:,.0f} households, {share:.1f} % of {base}.")
    return both if share else plain


def _base(whole: Whole, percent: str) -> str:
    """Return of whom a percentage is, in words."""
    share = whole.shares.get(percent)
    if share is None or len(share.base) != 1:
        return tr("those asked")
    title = whole.title(share.base[0])
    return title[:1].lower() + title[1:]
