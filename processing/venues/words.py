"""What a plan of venues says in words: what was chosen, how good that is, what it cannot say."""

from __future__ import annotations

import math
from typing import Any

from ..messages import Log, some, tr
from . import ways
from .planning import ASIDE, Plan
from .sought import NONE, found_in_words, unknown_in_words

MANY = 12  # names in a sentence
SURE = 0.0005  # a gap below is not told as a share


def settings(plan: Plan) -> dict[str, Any]:
    """Return what is kept with the layers about the plan."""
    found = plan.found
    return {
        "number": plan.asked.number,
        "chosen": len(found.chosen),
        "kept": plan.kept,
        "venues": len(plan.sites),
        "reach": plan.asked.reach,
        "unit": plan.way.unit,
        "way": plan.way.kind,
        "people": plan.sought.title,
        "field": plan.sought.field,
        "top": plan.sought.top,
        "sought": plan.sought.total,
        "reached": found.reached,
        "bound": found.bound,
        "gap_pct": 100 * found.gap,
        "exact": found.exact,
        "unknown": plan.sought.unknown,
        "name_field": plan.sites.name_field,
        "rule": plan.sought.rule,
        "sentences": sentences(plan),
    }


def sentences(plan: Plan) -> list[str]:
    """Return what the plan is, how good it is and what it assumes, a text each."""
    told = [headline(plan), number_in_words(plan), goodness(plan), missed_in_words(plan)]
    told += [unknown(plan), *how(plan), *cannot_say(plan)]
    return [text for text in told if text]


def how(plan: Plan) -> list[str]:
    """Return how the plan came about; texts may be empty."""
    method = tr(
        "Venues are chosen together, so that as many people as possible have at least one within "
        "reach (maximal covering location, Church and ReVelle 1974)."
    )
    told = [found_in_words(plan.sought), method, way_in_words(plan), centres_in_words(plan)]
    return [*told, rule_in_words(plan), useless_in_words(plan), _attribution(plan)]


def unknown(plan: Plan) -> str:
    """Return in how many areas nothing is known of the people sought, empty for none."""
    rows = (plan.sought.meant & plan.sought.people.isna()).to_numpy()
    return unknown_in_words(plan.sought, [str(name) for name in plan.names[rows]])


def _attribution(plan: Plan) -> str:
    from ..attribution import source_line

    return source_line(plan.sought.attribution)


def distance_in_words(plan: Plan, distance: float) -> str:
    """Return a distance with its unit."""
    if not math.isfinite(distance):
        return tr("no way")
    if plan.way.unit == ways.METRES:
        return tr("{n:,.0f} m").format(n=distance)
    return tr("{n:g} min").format(n=round(distance, 1))


def reach_in_words(plan: Plan) -> str:
    """Return the reach and how it is measured."""
    text = {
        ways.STRAIGHT: tr("{reach:,g} m in a straight line"),
        ways.NETWORK: tr("{reach:,g} m along the network"),
        ways.MATRIX: tr("{reach:,g} minutes by the table of travel times"),
    }[plan.way.kind]
    return text.format(reach=plan.asked.reach)


def percent(part: float, whole: float) -> str:
    """Return a share that is 0 or 100 only where it is so."""
    if whole <= 0:
        return tr("none")
    share = 100 * part / whole
    if 0 < share < 0.1:
        return tr("under 0.1 %")
    if 99.9 < share < 100:
        return tr("over 99.9 %")
    return tr("{share:.1f} %").format(share=share)


def headline(plan: Plan) -> str:
    """Return how many are reached by how many venues."""
    text = tr(
        "{reached:,.0f} of {sought:,.0f} people sought ({share}) live in areas whose centre lies "
        "within {reach} of one of {chosen:,} chosen venues, out of {venues:,}."
    )
    if len(plan.found.chosen) == 1:
        text = tr(
            "{reached:,.0f} of {sought:,.0f} people sought ({share}) live in areas whose centre "
            "lies within {reach} of the chosen venue, one out of {venues:,}."
        )
    return text.format(
        reached=plan.found.reached,
        sought=plan.sought.total,
        share=percent(plan.found.reached, plan.sought.total),
        reach=reach_in_words(plan),
        chosen=len(plan.found.chosen),
        venues=len(plan.sites),
    )


def number_in_words(plan: Plan) -> str:
    """Return how the venues make the number asked for, empty where there is nothing to say."""
    told = []
    kept, number, chosen = plan.kept, plan.asked.number, len(plan.found.chosen)
    if kept > number:
        told.append(
            tr(
                "{kept:,} venues are kept, more than the {number:,} asked for: all of them stay, "
                "and none was added."
            ).format(kept=kept, number=number)
        )
    elif kept:
        told.append(
            tr(
                "{kept:,} of them are kept as they are there already; they count within {number:,}."
            ).format(kept=kept, number=number)
        )
    if chosen < number and kept <= number:
        told.append(
            tr(
                "{number:,} were asked for; further ones would reach nobody else, so none was "
                "chosen beyond {chosen:,}."
            ).format(number=number, chosen=chosen)
        )
    return " ".join(told)


def goodness(plan: Plan) -> str:
    """Return how good the choice is."""
    found = plan.found
    if found.exact:
        return tr(
            "No other choice of as many venues reaches more by these counts and distances: that is "
            "proved. It does not say how good these are."
        )
    why = tr("that would have taken longer to prove than the time allowed.")
    if not plan.solver:
        why = tr("this QGIS has a scipy older than 1.9, without a solver that could prove it.")
    return tr(
        "Whether this is the best choice is not known: {why} No choice of as many venues reaches "
        "more than {bound:,.0f}, so at most {more:,.0f} people ({gap}) are lost."
    ).format(
        why=why,
        bound=math.floor(found.bound),
        more=found.bound - found.reached,
        gap=percent(found.bound - found.reached, found.bound),
    )


def rule_in_words(plan: Plan) -> str:
    """Return how small counts were hidden, empty where none were."""
    if plan.sought.rule == NONE:
        return ""
    if plan.sought.before:
        return tr(
            "The counts had been protected by the rule {rule} before. All figures, and the choice "
            "itself, are made of counts as shown; sums are therefore approximate."
        ).format(rule=plan.sought.rule)
    return tr(
        "Small counts are hidden and others rounded by the rule {rule}, area by area, before "
        "anything else: all figures, and the choice itself, are made of counts as shown. So no "
        "sum and no difference tells what is hidden, and sums are approximate."
    ).format(rule=plan.sought.rule)


def way_in_words(plan: Plan) -> str:
    """Return how distances are measured."""
    if plan.way.kind == ways.MATRIX:
        text = tr(
            "Times are those of {table}, column {heading}; pairs of area and venue without a time "
            "are out of reach."
        ).format(table=plan.way.matrix.name, heading=plan.way.matrix.heading)
        if plan.absent:
            text += " " + tr("{n:,} areas stand in no row and count as not reached.").format(
                n=plan.absent
            )
        return text
    plane = plan.centres.plane.authid() if plan.centres else ""
    plane = plane or tr("an equal-area projection around the areas")
    if plan.way.kind == ways.NETWORK:
        text = tr(
            "Distances are the shortest way along the lines of the network, both ways, with the "
            "straight line from a place to the line nearest to it, in metres of {plane}."
        ).format(plane=plane)
        if any(plan.aside):
            text += " " + tr(
                "{areas:,} areas and {venues:,} venues lie more than {m:g} m from any line."
            ).format(areas=plan.aside[0], venues=plan.aside[1], m=ASIDE)
        return text
    return tr("Distances are straight lines, in metres of {plane}.").format(plane=plane)


def centres_in_words(plan: Plan) -> str:
    """Return where the people of an area are taken to live, empty with a table of times."""
    centres = plan.centres
    if centres is None:
        return ""
    if centres.own:
        text = tr("All people of an area are counted at its point.")
    elif centres.from_layer:
        text = tr(
            "All people of an area are counted at its centre, from the layer of centres for {n:,} "
            "areas, else at a point inside."
        ).format(n=centres.from_layer)
        if centres.from_layer == len(plan.names):
            text = tr("All people of an area are counted at its centre, from the layer of centres.")
    else:
        text = tr(
            "All people of an area are counted at its centroid, or at a point inside where that "
            "lies outside. In large areas most people may live elsewhere: population-weighted "
            "centres (CENTRES) are better."
        )
    wide = int((centres.wide & (plan.counted > 0)).sum())
    if wide:
        text += " " + tr(
            "{n:,} areas with people sought are so large that some of their people live farther "
            "from that point than {reach:,g} m."
        ).format(n=wide, reach=plan.asked.reach)
    return text


def missed_in_words(plan: Plan) -> str:
    """Return who is not reached."""
    missed = plan.missed
    if not len(missed):
        return tr("No area with people sought, as far as they are known, is out of reach.")
    people = plan.counted[missed].sum()
    text = tr(
        "Not reached: {people:,.0f} people ({share}) in {areas:,} areas, most of them in {names}."
    ).format(
        people=people,
        share=percent(people, plan.sought.total),
        areas=len(missed),
        names=some([str(plan.names.iloc[row]) for row in missed[:5]], 5),
    )
    if len(missed) <= 5:
        text = tr("Not reached: {people:,.0f} people ({share}) in {names}.").format(
            people=people,
            share=percent(people, plan.sought.total),
            names=some([str(plan.names.iloc[row]) for row in missed], 5),
        )
    return text


def chosen_in_words(plan: Plan) -> str:
    """Return the chosen venues by name, in their order."""
    return tr("Chosen, in order: {names}.").format(
        names=plan.sites.called(plan.found.chosen.tolist(), MANY)
    )


def useless_in_words(plan: Plan) -> str:
    """Return the venues within reach of nobody sought, empty for none."""
    rows = [row for row, people in enumerate(plan.reaches) if people == 0]
    if not rows:
        return ""
    text = tr("{n:,} venues have nobody of the people sought within reach: {names}.")
    if plan.sought.unknown:
        text = tr(
            "{n:,} venues have nobody of the people sought within reach, as far as their number is "
            "known and not hidden: {names}."
        )
    return text.format(n=len(rows), names=plan.sites.called(rows, MANY))


def cannot_say(plan: Plan) -> list[str]:
    """Return what the plan cannot say."""
    told = []
    if plan.way.kind == ways.STRAIGHT:
        told.append(
            tr(
                "A straight line is not a walk: rivers, railways, main roads, hills and steps are "
                "in no figure, and ways on foot are longer, often by a third."
            )
        )
    elif plan.way.kind == ways.NETWORK:
        told.append(
            tr(
                "The shortest way is not the safest or easiest: hills, steps, kerbs and crossings "
                "are in no figure, nor are buses."
            )
        )
    told += [
        tr(
            "Opening hours, step-free access, size, cost, and whether people feel welcome in a "
            "venue are not known here: check each before booking it."
        ),
        tr(
            "Living within reach does not mean coming. Those not reached need another way: a "
            "visit, transport, a phone line."
        ),
    ]
    return told


def tell(plan: Plan, log: Log, warn: Log) -> None:
    """Log what was found; what must not be overlooked as a warning."""
    if plan.sought.found:
        warn(found_in_words(plan.sought))
    else:
        log(found_in_words(plan.sought))
    for text in (unknown(plan), number_in_words(plan) if plan.kept > plan.asked.number else ""):
        if text:
            warn(text)
    told = [way_in_words(plan), centres_in_words(plan), rule_in_words(plan)]
    told += [useless_in_words(plan), headline(plan), chosen_in_words(plan)]
    told += [number_in_words(plan), goodness(plan), missed_in_words(plan)]
    for text in told:
        if text:
            log(text)


def numbers(plan: Plan) -> dict[str, float]:
    """Return the figures for models and scheduled jobs."""
    return {
        "SOUGHT_N": plan.sought.total,
        "REACHED_N": plan.found.reached,
        "BOUND_N": plan.found.bound,
        "CHOSEN_N": len(plan.found.chosen),
    }
