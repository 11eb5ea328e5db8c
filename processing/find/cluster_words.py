"""Clusters in words: what was found, how it came about, what it cannot say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..attribution import source_line
from ..choices import MOST_PERMUTATIONS
from ..messages import Log, tr

if TYPE_CHECKING:
    from .clusters import Asked, Clusters, Neighbourhood

COARSE_FROM = 0.2  # of ALPHA: q is told to be coarse where the smallest is above that


def neighbours_in_words(near: Neighbourhood) -> str:
    """Return how many neighbours the areas have, islands and connected parts."""
    return tr(
        "Neighbours: {about}. {n:,} areas have {mean:.1f} each on average ({least} to {most}). "
        "{islands}; {parts}."
    ).format(
        about=near.about,
        n=len(near.number),
        mean=near.number.mean(),
        least=int(near.number.min()),
        most=int(near.number.max()),
        islands=tr("{n:,} have none (islands)").format(n=near.islands)
        if near.islands
        else tr("There are no islands (areas without any)"),
        parts=_parts_in_words(near),
    )


def _parts_in_words(near: Neighbourhood) -> str:
    who = tr("the others") if near.islands else tr("they")
    if near.parts == 1:
        return tr("{who} all hang together").format(who=who)
    return tr("{who} lie in {n} parts that do not touch").format(who=who, n=near.parts)


def moran_in_words(found: Clusters) -> str:
    """Return Moran's I in a sentence."""
    whole, asked = found.whole, found.asked
    if 2 * whole.p > asked.alpha:
        meaning = tr("no pattern that chance could not make")
    elif whole.statistic > whole.expected:
        meaning = tr("areas with like figures lie together more than by chance")
    else:
        meaning = tr("areas with unlike figures lie together more than by chance")
    return tr(
        "Moran's I of all areas is {i:.3f} ({expected:.3f} is to be expected by chance; two-sided "
        "p {p}): {meaning}."
    ).format(
        i=whole.statistic,
        expected=round(whole.expected, 3) + 0.0,
        p=_p(2 * whole.p, asked),
        meaning=meaning,
    )


def _p(p: float, asked: Asked) -> str:
    least = 2 / (asked.permutations + 1)
    return tr("at most {p:.4g}").format(p=least) if p <= least else f"{min(p, 1):.3g}"


def classes_in_words(found: Clusters) -> str:
    """Return how many areas are in each class."""
    counts = [f"{name} {n:,}" for name, n in found.counted.items()]
    return tr("{title}, {method}, {rule}: {counts}.").format(
        title=found.title,
        method=found.asked.method_title,
        rule=found.asked.rule,
        counts=", ".join(counts),
    )


def by_chance(found: Clusters) -> str:
    """Return how many areas chance alone would make, without correction; else empty."""
    asked = found.asked
    if asked.correction != "none":
        return ""
    tested = found.judged
    return tr(
        "Without correction about {n:,.0f} of {all:,} areas are significant by chance alone."
    ).format(n=asked.alpha * tested, all=tested)


def more_permutations(found: Clusters) -> str:
    """Return that the permutations are too few for any area to pass, where they are; else empty.

    The smallest two-sided p is ``2 / (permutations + 1)``. Where k of m areas have it, their q is
    m/k times that; with too few permutations nothing can get below ALPHA.
    """
    asked, tested, extreme = found.asked, found.judged, found.extreme
    least = 2 / (asked.permutations + 1)
    if not extreme or found.significant or found.least_q <= asked.alpha:
        return ""
    needed = math.ceil(round(2 * tested / (asked.alpha * extreme), 6)) - 1
    text = tr(
        "With {permutations:,} permutations no p of one tail can be below {p:.4g}. {k} of {m:,} "
        "areas are as extreme as that, and Benjamini-Hochberg would need {least} of them to call "
        "any significant: more permutations could tell."
    ).format(
        permutations=asked.permutations,
        p=least / 2,
        k=extreme,
        m=tested,
        least=math.ceil(round(least * tested / asked.alpha, 6)),
    )
    if needed > MOST_PERMUTATIONS:
        return (
            text
            + " "
            + tr("It would take more than {most:,}; test fewer areas.").format(
                most=MOST_PERMUTATIONS
            )
        )
    return text + " " + tr("Set PERMUTATIONS to {n:,} or more.").format(n=needed)


def coarse(found: Clusters) -> str:
    """Return that q is coarse, where permutations keep the smallest near ALPHA; else empty."""
    asked = found.asked
    if not found.significant or not found.extreme or found.least_q <= asked.alpha * COARSE_FROM:
        return ""
    return tr(
        "With {permutations:,} permutations no q can be below {q:.3g} here; ten times as many "
        "would tell more finely which areas are at most {alpha:g}."
    ).format(permutations=asked.permutations, q=found.least_q, alpha=asked.alpha)


def settings(found: Clusters) -> str:
    """Return how the result came about, so that it can be made again."""
    asked = found.asked
    return tr(
        "{method} with row-standardised weights; neighbours: {about}. {permutations:,} conditional "
        "permutations, seed {seed}; significant: {rule}."
    ).format(
        method=asked.method_title[0].upper() + asked.method_title[1:],
        about=found.neighbours.about,
        permutations=asked.permutations,
        seed=asked.seed,
        rule=asked.rule,
    )


def meanings(found: Clusters) -> dict[str, str]:
    """Return what each class means."""
    if found.asked.method == "localmoran":
        words = {
            "high-high": tr("above the mean, among neighbours above it: the core of a cluster"),
            "low-low": tr("below the mean, among neighbours below it"),
            "high-low": tr("above the mean, among neighbours below it: stands out alone"),
            "low-high": tr("below the mean, among neighbours above it"),
        }
    else:
        words = {
            "hot spot": tr("the area and its neighbours together are high"),
            "cold spot": tr("the area and its neighbours together are low"),
        }
    return {
        **words,
        "not significant": tr("neighbours are as chance would deal them"),
        "island": tr("no neighbours, so nothing can be said"),
    }


def cannot_say(found: Clusters) -> list[str]:
    """Return what the result does not say."""
    told = [
        tr("A cluster says where like figures lie together, not why, and not who lives there."),
        tr(
            "“Not significant” is not “like everywhere else”: with few neighbours only strong "
            "patterns are found."
        ),
        tr(
            "High and low are held against the mean of the areas tested, not against a nation's: "
            "other areas around them, other classes."
        ),
        tr(
            "Areas at the edge of the layer lack the neighbours beyond it. Test a wider layer and "
            "cut it afterwards."
        ),
        tr("Areas drawn otherwise, or larger ones, would give other clusters."),
        tr(
            "Neighbours share neighbours, so tests are not independent: Benjamini-Hochberg holds "
            "well for such likeness, but the share of false finds is not exact."
        ),
    ]
    if found.asked.correction == "none":
        told.insert(1, by_chance(found))
    return told


def tell(found: Clusters, log: Log, warn: Log) -> None:
    """Log what was found, and warn of what would mislead."""
    log(moran_in_words(found))
    log(classes_in_words(found))
    if coarse(found):
        log(coarse(found))
    for text in (by_chance(found), more_permutations(found)):
        if text:
            warn(text)


def source_in_words(found: Clusters) -> str:
    """Return whose figures these are, empty where that is not known."""
    return source_line(found.attribution)
