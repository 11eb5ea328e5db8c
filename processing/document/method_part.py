"""How the areas were ranked, and what each figure means, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...taxonomies.catalogue import catalogue
from ..messages import tr
from .model import NUMBER, Column, Part, PlanTable, Subject

if TYPE_CHECKING:
    from ...taxonomies.model import Taxonomy
    from ..ranking.schemes import Scheme

REPLIES = ("voice_", "resp_")


def method_part(subject: Subject) -> Part:
    """Return what was ranked against what, and the definition of each figure."""
    told = dict(subject.listing.about)
    headings = (tr("Scheme"), tr("Changes to the scheme"), tr("Method"))
    paragraphs = [
        tr(
            "The ranking puts areas in an order by figures that are published for all of them. It "
            "compares areas with each other. It says nothing about any one person."
        ),
        *(told[one] for one in headings if told.get(one)),
    ]
    among = told.get(tr("Ranked among"))
    if among:
        paragraphs.append(tr("Ranked among: {sets}.").format(sets=among))
    tables = [table for table in (_scheme_table(subject), _words_table(subject)) if table]
    return Part(
        id="method",
        heading=tr("Method and definitions"),
        paragraphs=paragraphs,
        tables=tables,
    )


def taxonomies_of(subject: Subject) -> dict[str, Taxonomy]:
    """Return the published tables that the fields of a layer are of, by field."""
    known = {one.name: one for one in catalogue()}
    return {
        name: known[one["title"]]
        for one in subject.inherited.get("sources", ())
        if one.get("title") in known
        for name in one.get("fields", ())
    }


def _scheme_table(subject: Subject) -> PlanTable | None:
    """Return the figures that the areas are ranked by, each with its definition."""
    import pandas as pd

    scheme = subject.listing.scheme
    if scheme is None:
        return None
    known = taxonomies_of(subject)
    sources = {
        name: one for one in subject.inherited.get("sources", ()) for name in one.get("fields", ())
    }
    rows = [
        {
            "figure": scheme.titles[one.field],
            "meaning": meaning(subject, one.field),
            "of": _base(one.field, known.get(one.field)),
            "pillar": scheme.pillar_title(one.pillar),
            "pillar_weight": float(scheme.pillar_weights[one.pillar]),
            "weight": float(one.weight),
            "strong": tr("more") if one.more_is_barrier else tr("less"),
            "source": _source(sources.get(one.field)),
            "field": one.field,
        }
        for one in scheme.indicators
    ]
    columns = [
        Column("figure", tr("Figure")),
        Column("meaning", tr("What it is")),
        Column("of", tr("Who or what is counted")),
        Column("pillar", tr("Part of the score")),
        Column("pillar_weight", tr("Weight of that part"), NUMBER, 2),
        Column("weight", tr("Weight inside it"), NUMBER, 2),
        Column("strong", tr("Raises the rank when it is")),
        Column("source", tr("Source and date")),
    ]
    note = tr("Weights are choices, not facts; see what changes the ranking.")
    title = tr("The figures that the areas are ranked by")
    return PlanTable("figures", title, columns, pd.DataFrame(rows), note)


def meaning(subject: Subject, field: str) -> str:
    """Return what a field is in plain words: its title, and what its unit means."""
    if field.startswith("voice_"):
        return tr(
            "{title}. 100 means as many as expected if all areas answered alike; where few are "
            "expected the figure is drawn towards 100, as chance is large there."
        ).format(title=subject.title(field))
    return subject.title(field)


def _base(field: str, taxonomy: Taxonomy | None) -> str | None:
    if taxonomy is not None:
        return str(taxonomy.raw.get("base") or "") or None
    if field.startswith(REPLIES):
        return tr("replies that could be placed in an area")
    return None


def _source(told: Mapping[str, Any] | None) -> str | None:
    if not told:
        return None
    title = str(told.get("title") or "")
    # what a survey says of itself is long, and stands among the sources
    return title.split(";")[0]


def _words_table(subject: Subject) -> PlanTable:
    """Return the words of this plan that are not everybody's."""
    import pandas as pd

    scheme = subject.listing.scheme
    rows = [*_about_ranks(subject), *_about_people(subject, scheme)]
    columns = [Column("word", tr("Word")), Column("meaning", tr("What it means here"))]
    frame = pd.DataFrame(rows, columns=["word", "meaning"])
    return PlanTable("words", tr("Words in this plan"), columns, frame)


def _about_ranks(subject: Subject) -> list[tuple[str, str]]:
    found = [
        (
            tr("seldom heard"),
            tr("asked or answering seldom. It is about how people are asked, not who they are."),
        )
    ]
    if not subject.listing.voice:
        found.append(
            (
                tr("potentially seldom heard"),
                tr(
                    "need and barriers are high in the area, but replies have no part in this "
                    "ranking, so who was heard is not known."
                ),
            )
        )
    return [
        *found,
        (
            tr("area"),
            tr("a small piece of the map for which statistics are published; it is no community."),
        ),
        (tr("rank"), tr("the place of an area in the order; 1 comes first.")),
        (tr("score"), tr("what the order is made by: 0 is the least, 1 the most.")),
        (
            tr("draw"),
            tr("one way to make the ranking again, with other weights and with chance in it."),
        ),
    ]


def _about_people(subject: Subject, scheme: Scheme | None) -> list[tuple[str, str]]:
    names = {*subject.numbers}
    found = []
    if "dep_core20" in names:
        found.append((tr("Core20"), tr("the most deprived fifth of areas of the nation.")))
    if "voice_expected" in names:
        found.append(
            (
                tr("replies expected"),
                tr("how many would have come from an area if people everywhere answered alike."),
            )
        )
    if scheme is not None and any(one.field == "dep_exhealth_score" for one in scheme.indicators):
        found.append(
            (
                tr("deprivation without health"),
                tr(
                    "the index of deprivation without its health part, so that illness is not "
                    "counted twice."
                ),
            )
        )
    return found
