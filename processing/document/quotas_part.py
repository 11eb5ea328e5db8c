"""Replies still to be won, by area and by group, as planquotas has worked them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..messages import tr
from .areas_part import called, listed_in_words
from .model import COUNT, NUMBER, RANK, Column, Part, PlanTable, Subject

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "quota_"
PARITY = "parity"  # of a plan whose quotas are about fair shares
WIN, HAVE, TARGET, BASE = "quota_n", "quota_have_n", "quota_target_n", "quota_base_n"
INVITE, MARGIN = "quota_invite_n", "quota_margin"
PLAIN = (BASE, HAVE, TARGET, WIN, INVITE)
LISTED = 60  # areas on the page
FIRST = 3  # groups that the summary names


def quotas_part(subject: Subject) -> Part:
    """Return the replies to win, or what to run to get them."""
    heading = tr("Quotas: replies to win")
    if not has_quotas(subject):
        return Part(id="quotas", heading=heading, paragraphs=[_how_to_get()])
    told = told_by_counts(subject)
    if told:
        return Part(id="quotas", heading=heading, paragraphs=[told])
    table, groups = _areas(subject), groups_of(subject)
    tables = [_areas_table(subject, table, groups)]
    if groups:
        tables.insert(0, _groups_table(subject, groups))
    plan = plan_of(subject)
    return Part(
        id="quotas",
        heading=heading,
        paragraphs=[_in_all(subject)],
        tables=tables,
        lines=sentences(plan),
        short=_in_short(subject, groups),
    )


def sentences(plan: Mapping[str, Any]) -> list[str]:
    """Return what a plan says of itself, what it is first and then what it assumes."""
    told = plan.get("sentences")
    return [str(one) for one in told if one] if isinstance(told, list) else []


def made_by_rule(plan: Mapping[str, Any]) -> bool:
    """Return whether a plan was made of counts with small ones hidden."""
    return plan.get("rule") not in (None, "", "none")


def plan_of(subject: Subject) -> dict[str, Any]:
    """Return what the layer carries about its quotas."""
    return dict(subject.inherited.get("plans", {}).get("quotas") or {})


def has_quotas(subject: Subject) -> bool:
    """Return whether any area has a quota."""
    return WIN in subject.numbers and bool(subject.numbers[WIN].notna().any())


def groups_of(subject: Subject) -> list[str]:
    """Return the fields of quotas by group."""
    return [
        name
        for name in subject.numbers
        if name.startswith(PREFIX) and name.endswith("_n") and name not in PLAIN
    ]


def told_by_counts(subject: Subject) -> str:
    """Return why quotas are not shown: they tell counts that a rule hides. Empty otherwise."""
    if made_by_rule(plan_of(subject)) or not subject.open_counts([WIN]):
        return ""
    return tr(
        "The quotas of this layer were made from replies or residents as they were counted, so "
        "they would tell small numbers of them, which the rule {rule} hides. Run planquotas with "
        "SUPPRESSION {rule}, and make this plan from its output."
    ).format(rule=subject.rule)


def _how_to_get() -> str:
    return tr(
        "No quotas were worked out. To have them here, run planquotas on the ranked areas and "
        "make this plan from its output."
    )


# --- by area


def _areas(subject: Subject) -> pd.DataFrame:
    """Return the quotas by area: those of the plan by rank first, then the others."""
    import pandas as pd

    from ..hiding.protection import whole_if_whole

    numbers = subject.numbers
    names = [name for name in (*PLAIN, MARGIN, *groups_of(subject)) if name in numbers]
    columns = {
        "code": subject.areas.codes.reset_index(drop=True),
        "name": subject.names,
        "rank": numbers["sh_rank"].round().astype("Int64"),
        "in_plan": subject.in_top.astype("int64"),
        **{name: whole_if_whole(numbers[name]) for name in names},
    }
    table = pd.DataFrame(columns)[numbers[WIN].notna()]
    # an area without a quota is not asked for one
    order = ["in_plan", "rank", "code"]
    return table.sort_values(order, ascending=[False, True, True], kind="stable", ignore_index=True)


def _areas_table(subject: Subject, table: pd.DataFrame, groups: list[str]) -> PlanTable:
    names = [
        Column(BASE, tr("People the quota is of"), COUNT),
        Column(HAVE, tr("Replies had"), COUNT),
        Column(TARGET, tr("Replies to have in the end"), COUNT),
        Column(WIN, tr("Replies to win"), COUNT),
        Column(INVITE, tr("People to ask"), COUNT),
        Column(MARGIN, tr("Margin then (percentage points)"), NUMBER, 1),
    ]
    shown = [one for one in names if one.name in table and table[one.name].notna().any()]
    shown += [Column(name, _group(subject, name), COUNT) for name in groups]
    columns = [Column("name", tr("Area")), Column("rank", tr("Rank"), RANK), *shown]
    note = tr("The areas of this plan come first, by rank; then all others that have a quota.")
    base = subject.titles.get(BASE)
    more = [f"{base}."] if base and BASE in table else []
    more += [str(plan_of(subject).get("by_chance") or "")]
    if made_by_rule(plan_of(subject)) and HAVE in table and table[HAVE].isna().any():
        more.append(
            tr(
                "Where the replies had are hidden (–) the quota is the whole target, so it may be "
                "too high by those that are there."
            )
        )
    if any(one.name == MARGIN for one in shown):
        more.append(
            tr(
                "The margin is that of people drawn by chance. Those who reply choose to, so it is "
                "the least that the error can be."
            )
        )
    return PlanTable(
        id="quotas-by-area",
        title=tr("Replies to win in each of {n:,} areas").format(n=len(table)),
        columns=columns,
        frame=table,
        note=" ".join(filter(None, [note, *more, _rule(subject)])),
        listed=LISTED,
    )


def _group(subject: Subject, name: str) -> str:
    """Return a group in words: the alias of its residents, if it has none of its own."""
    of = name.removeprefix(PREFIX)
    told = plan_of(subject).get("groups") or {}
    title = told.get(name) or subject.titles.get(of) or subject.titles.get(name) or of
    return title.removesuffix(tr(" (people)")).removesuffix(tr(" (households)"))


def _rule(subject: Subject) -> str:
    plan = plan_of(subject)
    if made_by_rule(plan):
        return tr(
            "Made of counts that were hidden and rounded by the rule {rule} before, so quotas tell "
            "nothing else."
        ).format(rule=plan["rule"])
    return "" if subject.has_rule else tr("Rule none: replies are as they were counted.")


# --- by group, and in all


def _groups_table(subject: Subject, groups: list[str]) -> PlanTable:
    import pandas as pd

    from ..hiding.protection import whole_if_whole

    sums = subject.numbers[groups].sum(min_count=1)
    inside = subject.numbers.loc[subject.in_top, groups].sum(min_count=1)
    frame = pd.DataFrame(
        {
            "group": [_group(subject, name) for name in groups],
            "win": whole_if_whole(sums.reset_index(drop=True)),
            "win_in_plan": whole_if_whole(inside.reset_index(drop=True)),
        }
    )
    columns = [
        Column("group", tr("Group")),
        Column("win", tr("Replies to win in all"), COUNT),
        Column("win_in_plan", tr("Of these in the areas of this plan"), COUNT),
    ]
    note = tr("Sums of the quotas by area, as the table of areas has them.")
    if not _counted(subject):
        note += " " + tr(
            "They are shared out as the residents of each area are, not by how few replied of each "
            "group: a large group has many, also where it was heard enough."
        )
    return PlanTable("quotas-by-group", tr("Replies to win, by group"), columns, frame, note)


def _counted(subject: Subject) -> bool:
    """Return whether replies by group made the quotas; parity alone is about who was heard."""
    plan = plan_of(subject)
    return bool(plan.get("groups_counted")) and plan.get("target", PARITY) == PARITY


def _in_all(subject: Subject) -> str:
    win = subject.numbers[WIN]
    areas = int(win.gt(0).sum())
    text = tr("{n:,.0f} replies are still to be won, in {areas:,} areas.").format(
        n=win.sum(), areas=areas
    )
    inside = win[subject.in_top].sum()
    more = tr("{n:,.0f} of them are in the areas of this plan.").format(n=inside)
    invite = subject.numbers.get(INVITE)
    if invite is None or not invite.notna().any():
        return f"{text} {more}"
    asked = tr("For that about {n:,.0f} people would have to be asked.").format(n=invite.sum())
    return f"{text} {more} {asked}"


def _in_short(subject: Subject, groups: list[str]) -> list[str]:
    told = [_in_all(subject)]
    # shared out as residents are, they say nothing of who was heard less
    mine = groups if _counted(subject) else []
    sums = subject.numbers[mine].sum(min_count=1).sort_values(ascending=False, kind="stable")
    most = [name for name in sums.index if sums[name] > 0][:FIRST]
    if most:
        names = [f"{_group(subject, name)} ({sums[name]:,.0f})" for name in most]
        told.append(
            tr("Most replies are to be won from these groups: {groups}.").format(
                groups=listed_in_words(names)
            )
        )
    table = _areas(subject)
    table = table[table["in_plan"].eq(1)]
    if len(table) and table[WIN].max() > 0:
        row = table.loc[table[WIN].astype(float).idxmax()]
        told.append(
            tr("The most replies to win in one area of this plan: {n:,}, in {area}.").format(
                n=int(row[WIN]), area=called(row["name"], row["code"])
            )
        )
    return told
