"""The parts of a plan put together, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.PyQt.QtCore import QDate, QLocale

from ..messages import tr
from ..plan.map_words import guarded
from .areas_part import areas_part
from .closing_parts import (
    commands_part,
    limits_part,
    sensitivity_part,
    sources_part,
    suppression_part,
)
from .equality_part import equality_part
from .groups_part import groups_part
from .languages_part import languages_part
from .map_part import map_part
from .method_part import method_part
from .model import Part, Subject
from .opening_part import opening_part
from .page import Page
from .quotas_part import quotas_part
from .summary_part import summary_part
from .venues_part import venues_part

if TYPE_CHECKING:
    from qgis.core import QgsVectorLayer

    from ...layers.paper.overlays import Overlays
    from ...layers.tables import Table
    from .venues_part import Venues

READ, PARTS = 10, 80  # per cent of the progress: when the areas are read, for the parts


@dataclass(frozen=True)
class Beside:
    """What a plan takes in beside the areas; None and empty for what was not handed over.

    Attributes:
        layer: of the areas, where maps are wanted.
        overlays: what is drawn above them.
        venues: those that planvenues chose.
        groups: tables of representation.
        sensitivity: that of findseldomheard.
        responses: replies, a row each.
        opening: the heading of their answers on opening times.
        history: the commands that made all this, that of the plan last.
    """

    layer: QgsVectorLayer | None = None
    overlays: Overlays | None = None
    venues: Venues | None = None
    groups: Sequence[Table] = ()
    sensitivity: Table | None = None
    responses: Table | None = None
    opening: str = ""
    history: Sequence[Sequence[str]] = ()


def parts_of(subject: Subject, beside: Beside, feedback: Any) -> list[Part]:
    """Return the parts of a plan in their order; those with nothing to say are left out.

    Raises:
        InputError: for a table that is not what it should be.
        Cancelled: when cancelled.
    """
    makers: list[Callable[[], Part | None]] = [
        lambda: areas_part(subject),
        lambda: map_part(subject, beside.layer, beside.overlays, feedback),
        lambda: groups_part(subject, beside.groups),
        lambda: languages_part(subject),
        lambda: quotas_part(subject),
        lambda: venues_part(subject, beside.venues),
        lambda: opening_part(subject, beside.responses, beside.opening),
        lambda: equality_part(subject),
        lambda: method_part(subject),
        lambda: sensitivity_part(beside.sensitivity),
        lambda: limits_part(subject),
        lambda: sources_part(subject),
        lambda: suppression_part(subject),
        lambda: commands_part(beside.history),
    ]
    made = []
    for number, make in enumerate(makers, 1):
        if feedback.isCanceled():
            from ...layers.errors import Cancelled

            raise Cancelled
        part = make()
        made += [part] if part is not None else []
        feedback.setProgress(READ + PARTS * number / len(makers))
    return [summary_part(subject, made), *made]


def page_of(subject: Subject, title: str, contact: str) -> Page:
    """Return what stands around the parts: the title, what the plan is of, how to ask for more.

    Args:
        subject: the areas.
        title: as asked for; empty to make one.
        contact: whom to ask for the plan in another form; empty where nobody is named.
    """
    title = guarded(title, subject.listing.voice)
    day = QLocale().toString(QDate.currentDate(), "d MMMM yyyy")
    about = [
        tr("{listing}: {n:,} of {all:,} areas. Made on {day}.").format(
            listing=subject.listing.title, n=subject.top, all=len(subject.names), day=day
        ),
        _rule(subject),
    ]
    formats = tr(
        "If you need this plan in large print, Easy Read, audio, Braille, British Sign Language or "
        "another language, ask: {contact}."
    )
    if not contact:
        contact = tr("the team that gave it to you")
    closing = [
        tr(
            "Made with Seldom Heard, a plugin for QGIS. This page needs no connection: it loads "
            "nothing and runs nothing."
        ),
        tr("Tables as files lie beside it: a folder of CSV files, and a workbook (XLSX) of all."),
    ]
    return Page(
        title or tr("Engagement plan: {areas}").format(areas=_small(subject.listing.title)),
        about,
        formats.format(contact=contact.rstrip(". ")),
        closing,
    )


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]


def _rule(subject: Subject) -> str:
    if subject.has_rule:
        return tr("Small counts are hidden by the rule {rule}.").format(rule=subject.rule)
    rules = sorted({*subject.before.values()})
    if not rules:
        return tr("Small counts are not hidden (rule none). For use inside your organisation only.")
    return tr(
        "No rule for small counts in this plan (none); some were hidden before, by the rule "
        "{rules}."
    ).format(rules=", ".join(rules))
