"""The end of a plan: what changes the ranking, what it cannot say, sources, how to redo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..attribution import is_beside, notes_of, together
from ..messages import some, tr
from ..plan.listing import REPLIES
from ..ranking.notes import LIMITS
from ..ranking.report import worst_change
from .method_part import taxonomies_of
from .model import COUNT, NUMBER, PERCENT, Column, Part, PlanTable, Subject

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.tables import Table

CHANGES = ("title", "spearman", "top_overlap_pct", "enter", "leave")
PLANNED = "quota_"  # what planquotas writes begins so
MOST_SAID = 700  # characters of what one source says of its figures; the layer carries all
MOST = 1000  # changes that a table can hold; a scheme has far fewer figures


# --- what changes the ranking


def sensitivity_part(table: Table | None) -> Part:
    """Return what one change at a time does to the ranking.

    Raises:
        InputError: for a table that findseldomheard did not write.
    """
    heading = tr("What changes the ranking")
    if table is None:
        told = tr(
            "How much hangs on each choice was not handed over. To have it here, run "
            "findseldomheard with its output SENSITIVITY, and give that table to this plan. The "
            "column “How sure” says it for each area."
        )
        return Part(id="sensitivity", heading=heading, paragraphs=[told])
    frame = _changes(table)
    columns = [
        Column("title", tr("Change")),
        Column("spearman", tr("Agreement of the order (Spearman)"), NUMBER, 2),
        Column("top_overlap_pct", tr("Top that stays"), PERCENT),
        Column("enter", tr("Areas that enter"), COUNT),
        Column("leave", tr("Areas that leave"), COUNT),
    ]
    note = tr("Agreement: 1 means the same order, 0 means none in common.")
    made = PlanTable(
        "sensitivity", tr("The ranking with one change at a time"), columns, frame, note
    )
    return Part(id="sensitivity", heading=heading, paragraphs=_largest(frame), tables=[made])


def _changes(table: Table) -> pd.DataFrame:
    import pandas as pd

    heading = next((at for at, row in enumerate(table.head) if {*CHANGES} <= {*row}), None)
    if heading is None:
        raise InputError(
            tr(
                "SENSITIVITY: {name} does not have the columns {columns}. Choose the table that "
                "findseldomheard has written as SENSITIVITY."
            ).format(name=table.name, columns=", ".join(CHANGES))
        )
    row = table.head[heading]
    read = table.read(heading, [row.index("title")], [row.index(name) for name in CHANGES[1:]])
    read = read.head(MOST)
    frame = pd.DataFrame({"title": read[row.index("title")]})
    for name in CHANGES[1:]:
        frame[name] = pd.to_numeric(read[row.index(name)], errors="coerce").astype(float)
    whole = {name: frame[name].round().astype("Int64") for name in ("enter", "leave")}
    return frame.assign(spearman=frame["spearman"].round(4), **whole).reset_index(drop=True)


def _largest(changes: pd.DataFrame) -> list[str]:
    worst = worst_change(changes)
    if worst is None:
        return []
    return [
        tr(
            "The ranking was made again with one change at a time. The change that matters most "
            "is “{title}”: {share:.0f} % of the top stays, {leave} areas leave it and others take "
            "their place."
        ).format(title=worst["title"], share=worst["top_overlap_pct"], leave=worst["leave"])
    ]


# --- what it cannot say


def limits_part(subject: Subject) -> Part:
    """Return what the figures cannot say: of all rankings, then of the tables in use."""
    used = taxonomies_of(subject)
    shown = {*subject.listing.ranked_by, subject.listing.residents}
    tables = {used[name].name: used[name] for name in used if name in shown}
    lines = [tr(line) for line in LIMITS]
    for title, one in tables.items():
        own = " ".join(tr(line) for line in one.raw.get("limits", ()))
        lines += [tr("{title}: {limits}").format(title=title, limits=own)] if own else []
    lines.append(
        tr(
            "A plan made of figures knows only what somebody has counted. Ask community groups and "
            "front-line staff who is missing from it."
        )
    )
    return Part(id="limits", heading=tr("What these figures cannot say"), lines=lines)


# --- sources


def sources_part(subject: Subject) -> Part:
    """Return where all figures of the layer come from, of when, and by which licence."""
    import pandas as pd

    known = {t.name: t for t in taxonomies_of(subject).values()}
    rows: dict[str, dict[str, Any]] = {}
    for one in subject.inherited.get("sources", ()):
        if is_beside(one) or not one.get("fields"):
            continue
        title = _title(subject, one)
        taxonomy = known.get(one.get("title", ""))
        rows.setdefault(
            title,
            {
                "source": title,
                "edition": one.get("edition") or None,
                "date": taxonomy.raw.get("date") if taxonomy else None,
                "publisher": taxonomy.publisher if taxonomy else None,
                "licence": taxonomy.raw.get("licence") if taxonomy else None,
                "used": tr("yes") if _ranks(subject, one) else tr("no"),
                "where": taxonomy.raw.get("source") if taxonomy else None,
            },
        )
    heading = tr("Sources, dates and licences")
    if not rows:
        told = tr("The layer does not say where its figures come from.")
        return Part(id="sources", heading=heading, paragraphs=[told])
    columns = [
        Column("source", tr("Source")),
        Column("edition", tr("Edition")),
        Column("date", tr("Date of the figures")),
        Column("publisher", tr("Publisher")),
        Column("licence", tr("Licence")),
        Column("used", tr("Part of the ranking")),
        Column("where", tr("Where it is published")),
    ]
    table = PlanTable(
        "sources", tr("Where the figures come from"), columns, pd.DataFrame(list(rows.values()))
    )
    asked = together(one.get("attribution", "") for one in subject.inherited.get("sources", ()))
    lines = [asked] if asked else []
    more = [one for one in _notes(subject) if one]
    return Part(id="sources", heading=heading, paragraphs=lines, tables=[table], lines=more)


def _open_replies(subject: Subject, source: Mapping[str, Any]) -> bool:
    """Return whether a source counts replies that a rule is to hide, and so tells in words."""
    fields = source.get("fields", ())
    return any(name.startswith((*REPLIES, PLANNED)) for name in subject.open_counts(fields))


def _title(subject: Subject, source: Mapping[str, Any]) -> str:
    """Return what a source is called; numbers of replies in it go where a rule hides those."""
    if _open_replies(subject, source):
        planned = any(name.startswith(PLANNED) for name in source.get("fields", ()))
        return tr("Quotas of replies") if planned else tr("Replies to a survey")
    return str(source.get("title") or tr("no title")).split(";")[0]


def _notes(subject: Subject) -> list[str]:
    """Return what the sources say of their figures, each once, of each its first sentences."""
    told = [
        notes_of([one], MOST_SAID)
        for one in subject.inherited.get("sources", ())
        if one.get("note") and not is_beside(one) and not _open_replies(subject, one)
        if not any(name.startswith(PLANNED) for name in one["fields"])  # a part of their own
    ]
    return [one for one in dict.fromkeys(told) if not any(one != x and one in x for x in told)]


def _ranks(subject: Subject, source: Mapping[str, Any]) -> bool:
    return bool({*source.get("fields", ())} & {*subject.listing.ranked_by})


# --- small counts


def suppression_part(subject: Subject) -> Part:
    """Return which rule was applied to what, in this plan and before it."""
    import pandas as pd

    told = dict(subject.listing.about)
    heading = tr("Small counts")
    lines = [line for line in (_rule(subject), told.get(heading, "")) if line]
    rows = []
    for one in subject.inherited.get("sources", ()):
        fields, rule = list(one.get("fields", ())), one.get("suppression")
        if is_beside(one) or not fields or rule is None:
            continue
        here = tr("none: shown as counted")
        if rule != "none":
            here = tr("left as it was hidden before")
        elif subject.has_rule:
            here = tr("{rule}, in this plan").format(rule=subject.rule)
        rows.append(
            {
                "source": _title(subject, one),
                "before": rule,
                "here": here,
                "fields": some([subject.title(name) for name in fields], 4),
            }
        )
    if not rows:
        return Part("suppression", heading, lines)
    if subject.has_rule and any(one["before"] == "none" for one in rows):
        lines.append(
            tr(
                "Some counts were hidden for this plan alone. Beside other outputs of the same "
                "layer (a list, an atlas) more could be worked out. Where these go out together, "
                "hide small counts once, on the layer (suppresscounts), and make all of them from "
                "that."
            )
        )
    columns = [
        Column("source", tr("Counts of")),
        Column("before", tr("Rule before this plan")),
        Column("here", tr("Rule in this plan")),
        Column("fields", tr("Figures")),
    ]
    frame = pd.DataFrame(rows).drop_duplicates(["source", "before"], ignore_index=True)
    table = PlanTable("suppression", tr("By which rule counts are hidden"), columns, frame)
    return Part("suppression", heading, lines, [table])


def _rule(subject: Subject) -> str:
    from ...methods.disclosure import RULES

    if not subject.has_rule:
        return tr(
            "No rule for small counts was asked for in this plan (SUPPRESSION none). Counts of "
            "published tables are as published. Before the plan goes outside, make it by a rule."
        )
    smallest, base = RULES[subject.rule]
    return tr(
        "Small counts could say something about one person. By the rule {rule}, counts of 1 to "
        "{limit} are not shown, others are to the nearest {base}, and more is hidden where a "
        "hidden count could be worked out. This holds for the page, its maps and their words, and "
        "for the files. A true 0 is shown."
    ).format(rule=subject.rule, limit=smallest - 1, base=base)


# --- to make it again


def commands_part(history: Sequence[Sequence[str]]) -> Part:
    """Return the commands that make the plan again, the oldest first; the plan's own is last."""
    from ..history.commands import needed

    told = tr(
        "These commands make the plan again, in the order given, in the folder where the files "
        "lie. Files are named without their folders."
    )
    if len(history) < 2:
        told = tr(
            "The layer does not say by which commands it was made. This command makes the plan "
            "again from it, in the folder where the files lie."
        )
    paragraphs = [told]
    files = needed(history)
    if files:
        paragraphs.append(
            tr("These files must be there, as no command makes them: {files}.").format(
                files=", ".join(files)
            )
        )
    if any(word.startswith("--GROUPS=") for word in (history[-1] if history else ())):
        paragraphs.append(
            tr(
                "Tables of who replied among them (GROUPS) are made by Measure representation; a "
                "table does not keep the command that made it."
            )
        )
    heading = tr("To make this plan again")
    return Part("commands", heading, paragraphs, commands=[list(map(str, one)) for one in history])
