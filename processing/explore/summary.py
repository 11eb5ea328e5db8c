"""What is highlighted, who lives there, and who does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..fields import protected_before
from ..messages import tr
from ..ranking.people import Outside, shares_in_words
from .whole import RESIDENTS

if TYPE_CHECKING:
    from ..ranking.ranked import Standing
    from .exploration import Exploration


@dataclass(frozen=True)
class Summary:
    """What the strip tells.

    Attributes:
        areas: highlighted.
        known: that have a rank.
        title: what the areas may be called.
        groups: of people, the residents first, then those of the scheme; who of them lives in
            the areas, and who does not.
        words: what is highlighted, then a sentence for each group, in the same order.
    """

    areas: int
    known: int
    title: str
    groups: list[Outside]
    words: list[str]


def summary_of(exploration: Exploration, standing: Standing) -> Summary:
    """Return the summary of a ranking; it asks no more than sums, and can follow a slider."""
    numbers, inside = exploration.numbers, standing.in_top.to_numpy(dtype=bool)
    areas, known = int(inside.sum()), int(standing.ranks.notna().sum())
    every = len(inside)
    first = tr("{areas:,} of {known:,} ranked areas are highlighted.")
    if areas == 1:
        first = tr("One of {known:,} ranked areas is highlighted.")
    words = [first.format(areas=areas, known=known)]
    if known < every:
        text = tr("{n:,} more areas have no rank, as too little is known of them.")
        if every - known == 1:
            text = tr("One more area has no rank, as too little is known of it.")
        words.append(text.format(n=every - known))
    groups = [*_residents(numbers, inside), *standing.outside]
    hidden = bool(protected_before(exploration.inherited))
    words += [in_words(one, hidden) for one in groups]
    return Summary(areas, known, standing.title, groups, words)


def _residents(numbers: Any, inside: Any) -> list[Outside]:
    """Return the residents, by the first field of the layer that counts them."""
    import numpy as np

    for name in RESIDENTS:
        if name not in numbers:
            continue
        count = numbers[name].to_numpy(dtype=float)
        everyone = float(np.nansum(count))
        if everyone > 0:
            title = {
                "lang_total": tr("residents aged 3 and over"),
                "lang_speaks_total": tr("residents aged 3 and over"),
                "barrier_activity_total": tr("residents aged 16 and over"),
            }.get(name, tr("residents"))
            unknown = int(np.isnan(count).sum())
            return [Outside(title, float(np.nansum(count[inside])), everyone, unknown)]
    return []


def in_words(one: Outside, hidden: bool) -> str:
    """Return how many of a group live in the areas highlighted, and how many do not."""
    inside, outside = shares_in_words(one)
    text = tr(
        "{n:,.0f} of {all:,.0f} {people} ({inside}) live in the areas highlighted, {outside} "
        "outside."
    ).format(n=one.inside, all=one.everyone, people=one.title, inside=inside, outside=outside)
    if not one.unknown:
        return text
    if one.unknown == 1:
        more = tr("Their number is not known in one area.")
        if hidden:
            more = tr("Their number is hidden or not known in one area.")
    else:
        more = tr("Their number is not known in {n:,} areas.")
        if hidden:
            more = tr("Their number is hidden or not known in {n:,} areas.")
    return f"{text} " + more.format(n=one.unknown)
