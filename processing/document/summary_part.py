"""The plan in plain words: what the other parts found, in short sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import tr
from .areas_part import listed_in_words
from .model import Part, Subject


def summary_part(subject: Subject, others: Sequence[Part]) -> Part:
    """Return the summary: it says what the other parts say, and makes no figure of its own."""
    points = [(one.id, one.heading, " ".join(one.short)) for one in others if one.short]
    return Part(
        id="summary",
        heading=tr("In short"),
        paragraphs=[_what(subject), *filter(None, [_heard(subject)])],
        points=points,
        lines=[
            tr(
                "These are figures of areas, not of people. Ask those who live and work there "
                "before you decide."
            )
        ],
    )


def _what(subject: Subject) -> str:
    text = tr(
        "This plan names {n:,} of {all:,} areas to go to first, to hear people who are seldom "
        "heard."
    )
    if not subject.listing.voice:
        text = tr(
            "This plan names {n:,} of {all:,} areas to go to first, to hear people who may be "
            "seldom heard."
        )
    return text.format(n=subject.top, all=len(subject.names))


def _heard(subject: Subject) -> str:
    words = {
        "need": tr("need"),
        "barriers": tr("barriers to taking part"),
        "voice": tr("how few replied") if subject.listing.voice else tr("how many replied"),
    }
    scheme = subject.listing.scheme
    pillars = list(scheme.pillar_weights) if scheme else []
    told = [words.get(one) or scheme.pillar_title(one) for one in pillars] if scheme else []
    text = tr("They stand out by {pillars}, all taken together.") if len(told) > 1 else ""
    if len(told) == 1:
        text = tr("They stand out by {pillars}.")
    text = text.format(pillars=listed_in_words(told))
    if subject.listing.voice:
        return text
    more = tr(
        "How few replied has no part in this ranking, so who was heard is not known: that is why "
        "it says “potentially”."
    )
    return f"{text} {more}".strip()
