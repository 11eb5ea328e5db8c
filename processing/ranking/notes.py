"""What stands below a ranking: doubts, sources, settings, and what it cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fields import protected_before
from ..messages import tr
from . import words
from .fields import replies_told
from .reading import CAUTION
from .scheme_checks import THRESHOLDS

if TYPE_CHECKING:
    from .ranked import Ranking

LIMITS = (
    "These are areas where something is common, never statements about the people who live there: "
    "not everyone in a deprived area is poor, and many who are poor live elsewhere.",
    "There is always a top. A rank says who comes before whom among these areas, not that anything "
    "is high or low by itself.",
    "The weights are choices. The intervals, the tiers and the table of changes say how much hangs "
    "on them; the flag needs none.",
    "Other boundaries would give another map. Rank larger areas as well, and see how far the two "
    "agree.",
    "Registers count diagnoses, not illness, and are shared out from practices to areas, which "
    "smooths them. Low figures can mean that people are not seen.",
    "A ratio of replies says how many replied, not what the others think, nor why they did not "
    "reply. Small areas have few replies expected, so chance is large there.",
    "The figures are of different years and of different people: the census of all residents, "
    "registers of patients, indices of several years before.",
    "“Seldom heard” is about how people are asked, not about who they are. Use the list to go and "
    "listen, not to label places.",
)


def doubts(ranking: Ranking) -> list[str]:
    """Return what counts twice, what is missing, and what chance leaves open."""
    told = words.warnings(ranking)
    if not ranking.correlated:
        told.append(
            tr("No two figures tell nearly the same (Spearman above {limit:g}).").format(
                limit=ranking.scheme.threshold("correlation")
            )
        )
    told.append(
        tr("Health counts once.")
        if not ranking.scheme.health_twice()
        else tr("Health counts twice.")
    )
    if ranking.scheme.left_out:
        told.append(
            tr("Not in the layer, so left out: {titles}.").format(
                titles="; ".join(ranking.scheme.left_out)
            )
        )
    told += words.missing(ranking)
    told += ranking.uncertain.in_words(words.titles(ranking), ranking.data)
    if CAUTION in ranking.data:
        flags = ranking.data[CAUTION].where(ranking.in_top)
        careful = int((flags.notna() & flags.ne("") & flags.ne("none")).sum())
        if careful:
            told.append(
                tr("In {n:,} areas of the top the disease figures need caution ({field}).").format(
                    n=careful, field=CAUTION
                )
            )
    return told


def sources(ranking: Ranking) -> list[str]:
    """Return whose figures were ranked, of which edition, and whether small counts are hidden."""
    from .ranked import protected

    used = {i.field for i in ranking.scheme.indicators}
    used |= {one["field"] for one in ranking.scheme.people}
    told = []
    for one in ranking.question.inherited.get("sources", []):
        if not used & {*one.get("fields", ())}:
            continue
        line = ". ".join(
            part.strip().rstrip(".")
            for part in (one.get("title", ""), one.get("attribution", ""), one.get("note", ""))
            if part
        )
        told.append(f"{line}.")
    if not told:
        told.append(tr("The layer does not say where its figures come from."))
    hidden = protected(ranking)
    if hidden:
        told.append(
            tr("Small counts were hidden or rounded before ranking in: {fields}.").format(
                fields=", ".join(hidden)
            )
        )
    else:
        told.append(tr("None of the figures ranked says that small counts were hidden in it."))
    if replies_told(ranking.scheme, ranking.data, protected_before(ranking.question.inherited)):
        told.append(
            tr(
                "Reasons tell numbers of replies as they were counted, small ones too. Before this "
                "goes to others, hide those with SUPPRESSION of measurevoice and rank again."
            )
        )
    return told


def settings(ranking: Ranking) -> list[str]:
    """Return what makes the same ranking again, the command last."""
    scheme = ranking.scheme
    lines = ", ".join(f"{name.replace('_', ' ')} {scheme.threshold(name):g}" for name in THRESHOLDS)
    told = [
        tr("Scheme “{title}”: {explanation}").format(
            title=tr(scheme.title), explanation=tr(scheme.raw.get("explanation", "–"))
        ),
        tr("Thresholds, choices and no facts: {lines}.").format(lines=lines),
        tr("{draws:,} draws, seed {seed}: the same seed gives the same result.").format(
            draws=ranking.question.draws, seed=ranking.question.seed
        ),
    ]
    if ranking.question.changes[0]:
        told.insert(1, words.changed(ranking.question))
    if ranking.question.selected:
        told.append(tr("Only selected areas were read. Save them as a layer of their own first."))
    return [*told, tr("To make it again, in the folder of the files:")]
