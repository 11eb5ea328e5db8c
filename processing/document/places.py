"""Counts in the top of a ranking, in all other areas and in all of them, safe to show together.

A count of the top is small where those of its areas are hidden, and what is hidden in one of the
three could be worked out from the other two. So they are protected as one table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...taxonomies.figures import Figures
from ..compare.sentences import decimals_of, number
from ..fields import known_figures
from ..hiding.protection import whole_if_whole
from ..messages import tr
from .model import COUNT, PERCENT, Column, PlanTable, Subject

if TYPE_CHECKING:
    import pandas as pd

TOP, OUTSIDE, ALL = "top", "outside", "all"
PLACES = (TOP, OUTSIDE, ALL)
NO_RESIDENTS = ("resp_", "prev_", "voice_", "quota_", "reach_")  # replies, registers, plans
# counts that plans tell by area too; the sums of all parts are made safe for these
BY_AREA = ("lang_low_english_n", "lang_hh_no_english_n")
LIVES_THERE = "people_where_"  # begins the residents of the areas that a flag marks
JOIN = "\t"  # between the names of fields, which may have spaces


@dataclass(frozen=True)
class Counted:
    """A count and the people or households that it is a part of, by place.

    Attributes:
        name: field of the count.
        title: of it in words.
        base: the field that it is a part of, empty where that is not known.
        base_title: of that, in words.
        counts: by place, missing where hidden or known in no area.
        bases: by place, over the same areas.
        missing: areas of each place without the count.
        before: whether small counts were hidden before, so that areas without one have few.
    """

    name: str
    title: str
    base: str
    base_title: str
    counts: pd.Series
    bases: pd.Series
    missing: pd.Series
    before: bool = False

    @property
    def at_least(self) -> pd.Series:
        """Return by place whether hidden counts are left out of the sum."""
        return (self.missing > 0) & self.before

    @property
    def percents(self) -> pd.Series:
        """Return the shares by place, made of what is shown.

        Missing where areas with few are left out, as the others are no picture of all.
        """
        import pandas as pd

        from ...methods.proportions import percent

        shares = pd.Series(percent(self.counts, self.bases), index=self.counts.index)
        return shares.where(~self.at_least)


@dataclass(frozen=True)
class Told:
    """What a layer counts, as a plan may tell it.

    Attributes:
        counted: by field.
        by_area: the counts of ``BY_AREA`` that there are, and their bases; a row for each area
            of the top, those with the first ranks first.
        size: how many areas there are.
        hidden: how many counts were hidden for the plan.
        before: the rules by which counts were hidden before.
    """

    counted: Mapping[str, Counted]
    by_area: pd.DataFrame
    size: int
    hidden: int = 0
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Measure:
    """A count to be told: its values by area, and those of its base where the count is known."""

    name: str
    base: str
    values: pd.Series
    base_values: pd.Series | None
    column: str = ""  # of the base among all sums
    before: bool = False

    @property
    def lost(self) -> pd.Series:
        """Return by area whether it is left out."""
        nothing = self.values.isna()
        return nothing if self.base_values is None else nothing | self.base_values.isna()


def told(subject: Subject, flags: Sequence[str] = ()) -> Told:
    """Return every count of residents and households on a layer, by place.

    All parts of a plan tell counts from here, so that none shows what another hides.

    Args:
        subject: the layer.
        flags: fields of 1 and 0; how many live where each is 1 is counted too, as a field that
            begins with ``LIVES_THERE``.
    """
    import pandas as pd

    figures = known_figures(subject.numbers.columns, subject.inherited)
    measures = _measures(subject, figures, flags)
    sums, known = _sums(subject, measures)
    figures_sums = [(whole, [*parts]) for whole, parts in figures.sums]
    openly = [name for name in sums if not _protected_before(subject, name)]
    shown = sums.copy()
    rows = _area_rows(subject)
    names = [name for name in dict.fromkeys(_with_bases(BY_AREA, measures)) if name in sums]
    frame = subject.numbers.loc[rows, [name for name in names if name in subject.numbers]]
    if subject.has_rule:
        shown[openly] = _hidden_by_place(sums[openly], figures_sums, subject.rule)
        mine = [name for name in frame if name in openly]
        hidden, areas = _hidden_by_area(subject, mine, rows)
        shown[mine] = shown[mine].where(~hidden)
        shown.loc[[TOP, OUTSIDE], _told_by_list(subject, openly)] = float("nan")
        frame = frame.assign(**{name: areas[name] for name in mine})
    everything = subject.numbers.loc[rows, list(frame.columns)]
    gone = int((shown.isna() & sums.notna()).to_numpy().sum())
    gone += int((frame.isna() & everything.notna()).to_numpy().sum())
    counted = {one.name: _counted(subject, one, shown, known, figures) for one in measures.values()}
    rules = {subject.before[name] for name in counted if name in subject.before}
    return Told(
        counted=counted,
        by_area=pd.DataFrame({name: whole_if_whole(frame[name]) for name in frame}, index=rows),
        size=len(subject.numbers),
        hidden=gone,
        before=tuple(sorted(rules)),
    )


def _area_rows(subject: Subject) -> pd.Index:
    """Return the rows of the top, by rank and code as the list has them."""
    import pandas as pd

    ranks = subject.numbers["sh_rank"][subject.in_top]
    codes = subject.areas.codes.reset_index(drop=True)[subject.in_top]
    order = pd.DataFrame({"rank": ranks, "code": codes})
    return order.sort_values(["rank", "code"], kind="stable").index


def _protected_before(subject: Subject, name: str) -> bool:
    """Return whether a column of sums is made of what was hidden before."""
    parts = name.removeprefix(LIVES_THERE).split(JOIN)
    return any(part in subject.before for part in parts)


# --- what there is to count


def _measures(subject: Subject, figures: Figures, flags: Sequence[str]) -> dict[str, _Measure]:
    from ..explore.rows import residents_field

    numbers = subject.numbers
    bases: dict[str, tuple[str, ...]] = {}
    for share in figures.shares:
        # of several shares of a count, that of its own name
        if share.base and (share.field == f"{share.count.removesuffix('_n')}_pct"):
            bases[share.count] = share.base
    counts = [*figures.counts, *_of_other_tables(subject, figures)]
    own = _own_bases(subject, counts)
    found = {}
    for name in dict.fromkeys(counts):
        if name in numbers and not name.startswith(NO_RESIDENTS):
            base = bases.get(name) or own.get(name, ())
            base = [n for n in base if n in numbers]
            found[name] = _measure(numbers, name, base, name in subject.before)
    people = residents_field(numbers.columns)
    for flag in flags:
        if people and flag in numbers:
            name = LIVES_THERE + flag
            # nobody is counted where the flag is not known, nor where the residents are not
            where = numbers[people].where(numbers[flag] == 1, 0).where(numbers[flag].notna())
            before = people in subject.before
            found[name] = _measure(numbers.assign(**{name: where}), name, [people], before)
    return found


def _of_other_tables(subject: Subject, figures: Figures) -> list[str]:
    """Return counts of tables of which only the layer itself knows, such as somebody's own."""
    return [
        name
        for one in subject.inherited.get("sources", ())
        if one.get("suppression") is not None
        for name in one.get("fields", ())
        if name in subject.numbers
        and name not in figures.titles
        and name.endswith(("_n", "_total"))
    ]


def _own_bases(subject: Subject, counts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the totals of the tables that counts are of, where a table has just one."""
    wanted, bases = set(counts), {}
    for one in subject.inherited.get("sources", ()):
        totals = [name for name in one.get("fields", ()) if name.endswith("_total")]
        if len(totals) == 1:
            bases.update({n: (totals[0],) for n in one["fields"] if n in wanted and n != totals[0]})
    return bases


def _measure(numbers: pd.DataFrame, name: str, base: Sequence[str], before: bool) -> _Measure:
    values = numbers[name]
    if not base:
        return _Measure(name, "", values, None, before=before)
    people, title = numbers[list(base)].sum(axis=1, skipna=False), JOIN.join(base)
    if before:  # no share is made where a count is left out
        return _Measure(name, title, values, people, title, before)
    both = values.notna() & people.notna()
    same = bool((people.notna() == both).all()) and len(base) == 1
    # of other areas than the base itself, and so a sum of its own
    column = title if same else f"{title}{JOIN}{name}"
    return _Measure(name, title, values.where(both), people.where(both), column)


def _with_bases(names: Iterable[str], measures: Mapping[str, _Measure]) -> list[str]:
    both = [(name, measures[name].base) for name in names if name in measures]
    return [name for pair in both for name in pair if name]


# --- sums, and what may be shown of them


def _sums(
    subject: Subject, measures: Mapping[str, _Measure]
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Return the sums by place, a column for each count and base, and where counts are known."""
    import pandas as pd

    columns: dict[str, pd.Series] = {}
    for one in measures.values():
        columns[one.name] = one.values
        if one.base_values is not None:
            columns.setdefault(one.column, one.base_values)
    frame = pd.DataFrame(columns, index=subject.numbers.index)
    inside = subject.in_top
    rows = {
        TOP: frame[inside].sum(min_count=1),
        OUTSIDE: frame[~inside].sum(min_count=1),
        ALL: frame.sum(min_count=1),
    }
    lost = {name: one.lost for name, one in measures.items()}
    missing = {
        name: pd.Series(
            {
                TOP: int(gone[inside].sum()),
                OUTSIDE: int(gone[~inside].sum()),
                ALL: int(gone.sum()),
            }
        )
        for name, gone in lost.items()
    }
    return pd.DataFrame(rows).T.reindex(columns=list(columns)), missing


def _hidden_by_place(
    sums: pd.DataFrame, links: Sequence[tuple[str, list[str]]], rule: str
) -> pd.DataFrame:
    """Return sums by place with small ones, and what tells them, hidden."""
    import pandas as pd

    from ...methods.disclosure import protect_table

    parts = sums.loc[[TOP, OUTSIDE]]
    parents = pd.Series(ALL, index=parts.index)
    whole = protect_table(sums.loc[[ALL]], links, rule).shown
    return pd.concat([protect_table(parts, links, rule, parents).shown, whole])


def _hidden_by_area(
    subject: Subject, names: Sequence[str], rows: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which sums by place must be hidden for counts by area, and these as they are shown.

    An area without a figure is no part of the sums, and the plan says so: readers know that it
    adds nothing to them.
    """
    from ...methods.disclosure import protect_table

    inside = subject.numbers.loc[rows, list(names)].T
    outside = subject.numbers.loc[~subject.in_top, list(names)].sum()
    areas = [str(row) for row in rows]
    cells = inside.fillna(0).set_axis(areas, axis=1)
    cells = cells.assign(**{TOP: cells.sum(axis=1), OUTSIDE: outside})
    cells[ALL] = cells[TOP] + cells[OUTSIDE]
    made = protect_table(cells, [(TOP, areas), (ALL, (TOP, OUTSIDE))], subject.rule)
    shown = made.shown[areas].set_axis(rows, axis=1).where(inside.notna())
    hidden = (made.primary | made.secondary)[list(PLACES)]
    return hidden.T.astype(bool), shown.T


def _told_by_list(subject: Subject, openly: Sequence[str]) -> list[str]:
    """Return the field of residents, where its sum would tell what the list of areas hides.

    The list hides small counts one by one, and is the same as that of exportlist.
    """
    import pandas as pd

    from ...methods.disclosure import protect_table

    name = subject.listing.residents
    if name not in openly:
        return []
    inside = subject.numbers.loc[subject.in_top, name].fillna(0)
    areas = [str(row) for row in inside.index]
    cells = pd.DataFrame([[*inside, inside.sum()]], columns=[*areas, TOP])
    made = protect_table(cells, [(TOP, areas)], subject.rule)
    return [name] if (made.secondary | made.narrow).to_numpy().any() else []


def _counted(
    subject: Subject,
    one: _Measure,
    shown: pd.DataFrame,
    known: Mapping[str, pd.Series],
    figures: Figures,
) -> Counted:
    import pandas as pd

    nothing = pd.Series(float("nan"), index=shown.index)
    return Counted(
        name=one.name,
        title=title_of(subject, one.name, figures),
        base=one.base,
        base_title=" + ".join(title_of(subject, n, figures) for n in one.base.split(JOIN) if n),
        counts=shown[one.name],
        bases=shown[one.column] if one.base else nothing,
        missing=known[one.name],
        before=one.before,
    )


def title_of(subject: Subject, name: str, figures: Figures | None = None) -> str:
    """Return what a field is called in words: by its taxonomy, else as the layer says."""
    if name.startswith(LIVES_THERE):
        flag = name.removeprefix(LIVES_THERE)
        return tr("Residents of areas with {title}").format(title=title_of(subject, flag, figures))
    known = figures.titles.get(name) if figures else None
    return tr(known or subject.titles.get(name) or name)


# --- in tables and words


def places_table(
    identifier: str, title: str, rows: Sequence[Counted], note: str, first: str = ""
) -> PlanTable:
    """Return a table of counts by place, a row for each."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "measure": [one.title for one in rows],
            "base": [one.base_title or None for one in rows],
            **_cells(rows),
            "areas_missing": pd.Series([int(one.missing[ALL]) for one in rows], dtype="Int64"),
        }
    )
    columns = [
        Column("measure", first or tr("Who is counted")),
        Column("base", tr("Of")),
        Column("top_n", tr("In the areas of this plan"), COUNT),
        Column("top_pct", tr("% in these areas"), PERCENT, 1),
        Column("outside_n", tr("In all other areas"), COUNT),
        Column("outside_pct", tr("% in all other areas"), PERCENT, 1),
        Column("all_n", tr("In all areas"), COUNT),
        Column("all_pct", tr("% in all areas"), PERCENT, 1),
        Column("areas_missing", tr("Areas without a figure"), COUNT),
    ]
    return PlanTable(identifier, title, columns, frame, note)


def _cells(rows: Sequence[Counted]) -> dict[str, pd.Series]:
    import pandas as pd

    cells = {}
    for place in PLACES:
        counts = pd.Series([float(one.counts[place]) for one in rows], dtype=float)
        percents = pd.Series([float(one.percents[place]) for one in rows], dtype=float)
        cells[f"{place}_n"] = whole_if_whole(counts)
        cells[f"{place}_pct"] = percents.round(4)
    return cells


def amount(one: Counted, place: str) -> str:
    """Return a count with its base and share in words, or that it is not told."""
    count, base, share = one.counts[place], one.bases[place], one.percents[place]
    if count != count:
        return tr("a number that is hidden or not known")
    if one.at_least[place]:
        return tr("at least {n}").format(n=f"{count:,.0f}")
    if base != base or share != share:
        return f"{count:,.0f}"
    return tr("{n} of {all} ({share} %)").format(
        n=f"{count:,.0f}", all=f"{base:,.0f}", share=number(share, decimals_of(share))
    )


def rule_in_words(rule: str) -> str:
    """Return what a rule did to the counts of a table."""
    from ...methods.disclosure import RULES

    smallest, base = RULES[rule]
    return tr(
        "By the rule {rule}, counts of 1 to {limit} are hidden, and others that would tell them; "
        "the rest are to the nearest {base}, and percentages are made of these."
    ).format(rule=rule, limit=smallest - 1, base=base)


def note_of(subject: Subject, made: Told) -> str:
    """Return what to know of counts by place: the rule, what a missing one means, noise."""

    text = []
    if made.before:
        text.append(
            tr(
                "Small counts of some areas were hidden before, by the rule {rules}, and the "
                "others rounded. A sum over areas with hidden counts is too low, and no percentage "
                "is made of it: areas with few are left out."
            ).format(rules=", ".join(made.before))
        )
    if subject.has_rule:
        text.append(rule_in_words(subject.rule))
    text.append(
        tr("Counts are sums over areas, and percentages are of the same areas as the count.")
    )
    if any_census(subject):
        text.append(noise())
    return " ".join(text)


def any_census(subject: Subject) -> bool:
    """Return whether a table of the layer is of a census."""
    sources = subject.inherited.get("sources", ())
    editions = " ".join(str(one.get("edition") or one.get("title") or "") for one in sources)
    return "census" in editions.casefold()


def noise() -> str:
    """Return what the publisher's own protection of census counts does to sums."""
    return tr(
        "The publisher swapped some census records between places and changed some small counts a "
        "little, so sums of many areas differ somewhat from the totals published for larger "
        "places, and tables from each other; differences of a few people mean nothing."
    )


def with_counts(made: Told, names: Iterable[str]) -> list[Counted]:
    """Return what is counted under some names, those that are known in some area."""
    found = [made.counted[name] for name in names if name in made.counted]
    return [one for one in found if one.missing[ALL] < made.size]


def renamed(one: Counted, title: str) -> Counted:
    """Return a count under another title."""
    return replace(one, title=title)
