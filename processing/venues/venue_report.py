"""Venues chosen, as a page in words."""

from __future__ import annotations

from pathlib import Path

from ...layers import reports
from ..messages import some, tr
from . import words
from .planning import Plan

MOST = 500  # areas in the table of those not reached


def write_report(path: Path, plan: Plan) -> None:
    """Write the page: what was chosen, who is reached by what, who is not, how it came about."""
    said = [words.headline(plan), words.number_in_words(plan), words.goodness(plan)]
    said += [words.missed_in_words(plan), words.unknown(plan)]
    body = reports.bullets([text for text in said if text])
    body += _chosen(plan) + _areas_of_venues(plan) + _missed(plan) + _next(plan)
    body += reports.heading(tr("What this cannot say"))
    body += reports.bullets(words.cannot_say(plan))
    body += reports.heading(tr("How it came about"))
    body += reports.bullets([text for text in words.how(plan) if text])
    title = tr("Venues for: {title}").format(title=plan.sought.title)
    reports.write_page(path, title, body)


def _chosen(plan: Plan) -> str:
    rows = []
    for order, (venue, new) in enumerate(zip(plan.found.chosen, plan.found.new), 1):
        kept = tr("yes") if plan.sites.kept[venue] else tr("no")
        rows.append(
            [
                f"{order}. {plan.sites.names[venue]}",
                kept,
                f"{plan.reaches[venue]:,.0f}",
                f"{new:,.0f}",
                words.percent(float(plan.found.new[:order].sum()), plan.sought.total),
            ]
        )
    headings = [
        tr("Venue"),
        tr("Kept"),
        tr("People within reach"),
        tr("Of these not reached by those above"),
        tr("Reached so far"),
    ]
    return reports.heading(tr("Venues chosen")) + reports.table(
        headings, rows, tr("Chosen venues: those kept, then those that add most")
    )


def _areas_of_venues(plan: Plan) -> str:
    """Return which areas each venue is the nearest for."""
    body = ""
    for venue in plan.found.chosen.tolist():
        areas = plan.served(venue)
        if not len(areas):
            continue
        summary = tr("{name}: nearest within reach for {n:,} areas")
        if len(areas) == 1:
            summary = tr("{name}: nearest within reach for one area")
        summary = summary.format(name=plan.sites.names[venue], n=len(areas))
        names = [str(plan.names.iloc[row]) for row in areas]
        body += reports.folded(summary, reports.paragraph(some(names, len(names))))
    return reports.heading(tr("Who is reached by what")) + body


def _missed(plan: Plan) -> str:
    missed = plan.missed
    body = reports.heading(tr("Who is not reached"))
    if not len(missed):
        return body + reports.paragraph(words.missed_in_words(plan))
    rows = []
    for row in missed[:MOST]:
        venue = plan.nearest[row]
        rows.append(
            [
                str(plan.names.iloc[row]),
                f"{plan.counted[row]:,.0f}",
                plan.sites.names[venue] if venue >= 0 else tr("none"),
                words.distance_in_words(plan, float(plan.distance[row])),
            ]
        )
    caption = tr("Areas not reached, most people first")
    if len(missed) > MOST:
        caption = tr("The first {n:,} of {all:,} areas not reached, most people first").format(
            n=MOST, all=len(missed)
        )
    headings = [tr("Area"), tr("People sought"), tr("Nearest chosen venue"), tr("Away")]
    return body + reports.table(headings, rows, caption)


def _next(plan: Plan) -> str:
    if not plan.next_best:
        return ""
    rows = [
        [plan.sites.names[venue], f"{plan.reaches[venue]:,.0f}", f"{plan.adds[venue]:,.0f}"]
        for venue in plan.next_best
    ]
    headings = [tr("Venue"), tr("People within reach"), tr("Would add")]
    return reports.heading(tr("If one more were taken")) + reports.table(
        headings, rows, tr("Venues not chosen that would add most")
    )
