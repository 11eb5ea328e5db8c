"""Which groups were heard less than their share: what `representation` found, for a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies.catalogue import catalogue
from ...taxonomies.replies import PREFIX, TOTAL, field_of, unknown_of
from ..compare.sentences import number
from ..hiding.protection import whole_if_whole
from ..messages import quoted, some, tr
from ..voice.represented import ELSEWHERE, KNOWN, UNKNOWN
from ..voice.represented import TOTAL as ALL_REPLIES
from ..voice.represented_words import FEW, UNDER
from .model import COUNT, NUMBER, PERCENT, Column, Part, PlanTable, Subject

if TYPE_CHECKING:
    import pandas as pd

    from ...taxonomies.model import Taxonomy

# headings by which a table of `representation` is known; it has more
TEXTS = ("group", "title", "parent", "class")
FIGURES = (
    *("replies", "expected", "share_replies_pct", "share_replies_pct_lo", "share_replies_pct_hi"),
    *("population_n", "population_pct", "index", "index_lo", "index_hi"),
    *("share_low_pct", "share_high_pct", "shortfall", "needed"),
)
REST = (ELSEWHERE, UNKNOWN, ALL_REPLIES)


@dataclass(frozen=True)
class Groups:
    """One table: who replied, by one list of groups.

    Attributes:
        id: of the table in the plan.
        title: what the groups are of, such as ethnic group.
        frame: a row for each group, as ``representation`` wrote them or as they may be shown.
        rest: replies that say no group of these, by kind; missing where hidden.
        source: where the figures come from, in words.
        rule: by which they were hidden for the plan; empty where the plan changed nothing.
        hidden: whether some count is hidden.
    """

    id: str
    title: str
    frame: pd.DataFrame
    rest: Mapping[str, float]
    source: str
    rule: str
    hidden: bool


def groups_part(subject: Subject, tables: Sequence[Table]) -> Part | None:
    """Return which groups were heard less than their share, by every table that is given.

    Without a table, by the replies that the areas themselves count, where they count residents by
    the same groups.

    Raises:
        InputError: for a table that ``representation`` did not write.
    """
    found = [_read(subject, table, at) for at, table in enumerate(tables)]
    found, more = _finest(subject, found)
    if not found:
        found = _of_areas(subject)
    if not found:
        return _nothing(subject)
    lines = [*_sentences(found), *_limits(found)]
    return Part(
        id="groups",
        heading=tr("Groups that were heard less than their share"),
        paragraphs=[*(text for one in found for text in _paragraphs(one)), *more],
        tables=[_table(one) for one in found],
        lines=lines,
        short=[text for one in found for text in _short(one)],
    )


def _finest(subject: Subject, found: list[Groups]) -> tuple[list[Groups], list[str]]:
    """Return the tables without those whose groups another one splits, under a rule; and why.

    The sum of a group would tell what is hidden of its parts.
    """
    split = [{*one.frame["parent"].dropna().map(str.casefold)} - {""} for one in found]
    titles = [{*one.frame["title"].map(str.casefold)} for one in found]
    left = [
        one for one, mine in zip(found, titles) if subject.has_rule and any(p & mine for p in split)
    ]
    told = [
        tr(
            "{title}: a table of larger groups is left out, as beside the one of their parts it "
            "would tell small numbers, which the rule {rule} hides."
        ).format(title=one.title, rule=subject.rule)
        for one in left
    ]
    return [one for one in found if not any(one is other for other in left)], told


def _nothing(subject: Subject) -> Part:
    names = [*subject.numbers.columns]
    text = [
        tr(
            "No table says which groups of people replied. Run representation with the replies, "
            "once for each kind of group (ethnic group, age and so on), and give its tables as "
            "GROUPS."
        )
    ]
    if any(name.startswith(PREFIX) and name != TOTAL for name in names):
        text.append(
            tr(
                "The areas count replies by group, but some of these counts are hidden or not "
                "known, or residents are not counted by the same groups; sums of them would make "
                "small groups look quieter than they are."
            )
        )
    return Part("groups", tr("Groups that were heard less than their share"), text)


# --- tables of representation


def _read(subject: Subject, table: Table, at: int) -> Groups:
    frame = _frame(table)
    rest = frame[frame["group"].isin(REST)].set_index("group")["replies"]
    groups = frame[~frame["group"].isin(REST)].set_index("group")
    if not len(groups):
        raise InputError(
            tr("GROUPS: {table} has the headings of representation, and no groups.").format(
                table=table.name
            )
        )
    if ALL_REPLIES not in rest or UNKNOWN not in rest:
        raise InputError(
            tr(
                "GROUPS: {table} has no rows {unknown} and {total}, which representation writes "
                "below the groups. Give its table whole."
            ).format(table=table.name, unknown=UNKNOWN, total=ALL_REPLIES)
        )
    rest = {name: float(rest.get(name, 0.0)) for name in REST}
    rule = ""
    if subject.has_rule and not _looks_protected(groups["replies"], rest, subject.rule):
        groups, rest = _protected(groups, rest, subject.rule)
        rule = subject.rule
    title = _title(groups.index, table.name)
    hidden = bool(groups["replies"].isna().any()) or any(v != v for v in rest.values())
    source = tr("Replies and residents: {table}.").format(table=table.name)
    return Groups(f"groups-{at + 1}", title, groups, rest, source, rule, hidden)


def _frame(table: Table) -> pd.DataFrame:
    """Return the columns that a plan tells, as text and numbers.

    Raises:
        InputError: naming what is missing, or the row with a cell that is no number.
    """
    import pandas as pd

    from ...layers.values import Cells, numbers, texts

    row = _heading_row(table)
    places = {name.strip().lower(): at for at, name in reversed([*enumerate(table.head[row])])}
    wanted = [*TEXTS, *FIGURES]
    raw = table.read(row, [places[name] for name in wanted], [], repeated=True)
    cells = Cells()
    columns = {name: texts(raw[places[name]]).astype(object) for name in TEXTS}
    for name in FIGURES:
        columns[name] = numbers(raw[places[name]].astype(object), raw["row"], name, cells)
    if cells.wrong:
        where, name, text = cells.wrong[0]
        raise InputError(
            tr(
                "GROUPS: {table} holds no number under {name} in row {row}: {text}. Give the table "
                "as representation wrote it."
            ).format(table=table.name, name=name, row=where, text=quoted(text))
        )
    frame = pd.DataFrame(columns)
    frame = frame[frame["group"] != ""].reset_index(drop=True)
    twice = sorted(frame["group"][frame["group"].duplicated()].unique())
    if twice:
        raise InputError(
            tr("GROUPS: {table} has groups that stand in more than one row: {names}.").format(
                table=table.name, names=some(twice)
            )
        )
    return frame


def _heading_row(table: Table) -> int:
    wanted = {*TEXTS, *FIGURES}
    rows = [{cell.strip().lower() for cell in row} for row in table.head]
    for at, row in enumerate(rows):
        if wanted <= row:
            return at
    nearest = max(rows, key=lambda row: len(wanted & row), default=set())
    missing = [name for name in (*TEXTS, *FIGURES) if name not in nearest]
    raise InputError(
        tr(
            "GROUPS: {table} is no table of representation; it has no column {missing}. Run "
            "representation with the replies, and give the table it writes as OUTPUT."
        ).format(table=table.name, missing=some(missing, 5))
    )


def _looks_protected(replies: pd.Series, rest: Mapping[str, float], rule: str) -> bool:
    """Return whether counts are such as the rule leaves: none small, all rounded."""
    from ...methods.disclosure import RULES

    smallest, base = RULES[rule]
    values = [float(v) for v in (*replies, *rest.values()) if v == v and v != 0]
    return all(value >= smallest and value % base == 0 for value in values)


def _protected(
    groups: pd.DataFrame, rest: Mapping[str, float], rule: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the groups with small counts hidden, and every figure made of what is shown."""
    import pandas as pd

    from ...methods.disclosure import protect_table
    from ...methods.representation import representation

    counts = groups["replies"].astype(float)
    known = rest[ALL_REPLIES] - rest[UNKNOWN] - rest[ELSEWHERE]
    row = pd.Series({**counts, **rest, KNOWN: known})
    sums = [(KNOWN, [*groups.index]), (ALL_REPLIES, [KNOWN, UNKNOWN, ELSEWHERE])]
    shown = protect_table(row.to_frame().T, sums, rule).shown.iloc[0]
    made = representation(
        shown[list(groups.index)],
        groups["population_n"].astype(float),
        float(shown[UNKNOWN]),
        float(shown[KNOWN]),
    )
    kept = [name for name in groups if name not in made]
    return pd.concat([groups[kept], made], axis=1), {n: float(shown[n]) for n in REST}


def _title(groups: Sequence[str], table: str) -> str:
    """Return what the groups are of, by the lists that have them all; else the file's name."""
    wanted = {*groups}
    fit = [one for one in catalogue() if one.kind == "composition" and wanted <= _ids(one)]
    if fit and {one.dimension for one in fit} == {"ethnicity"}:
        return tr("Ethnic group")
    titles = {one.title.split(" (")[0] for one in fit}
    if len(titles) == 1:
        return tr(titles.pop())
    stem = table.rsplit(".", 1)[0].replace("_", " ").strip()
    return stem if stem else tr("Group")


def _ids(taxonomy: Taxonomy) -> set[str]:
    return {*taxonomy.groups, *taxonomy.leaves}


# --- replies counted in the areas


def _of_areas(subject: Subject) -> list[Groups]:
    """Return what the areas count, where replies and residents are whole and of the same groups."""
    found = []
    for taxonomy in catalogue():
        if taxonomy.kind != "composition":
            continue
        pairs = _pairs(subject, taxonomy)
        if len(pairs) < 2 or any({*pairs.values()} == {*one.frame["field"]} for one in found):
            continue
        made = _counted(subject, taxonomy, pairs)
        if made is not None:
            found.append(made)
    return found


def _pairs(subject: Subject, taxonomy: Taxonomy) -> dict[str, str]:
    """Return each main group with its field of residents, where the layer has both."""
    pairs = {}
    for name in taxonomy.groups:
        if name in taxonomy.optional:
            continue
        people, replies = taxonomy.field(name, "n"), field_of(taxonomy, name)
        if {people, replies} <= {*subject.numbers.columns}:
            pairs[name] = people
        else:
            return {}
    return pairs


def _counted(subject: Subject, taxonomy: Taxonomy, pairs: Mapping[str, str]) -> Groups | None:
    import pandas as pd

    from ...methods.representation import representation

    replies = subject.numbers[[field_of(taxonomy, name) for name in pairs]]
    people = subject.numbers[list(pairs.values())]
    unknown = unknown_of(taxonomy)
    none = pd.Series(0.0, index=replies.index)
    unsaid = subject.numbers.get(unknown, none)
    # of a part of the areas nothing can be said: those with few would be left out
    if pd.concat([replies, people, unsaid], axis=1).isna().any(axis=None):
        return None
    counts = pd.Series(replies.sum().to_numpy(), index=list(pairs))
    residents = pd.Series(people.sum().to_numpy(), index=list(pairs))
    if not counts.sum() > 0:
        return None
    missing = float(unsaid.sum())
    frame = representation(counts, residents, missing)
    columns = {name: taxonomy.column(name) for name in pairs}
    frame["title"] = [one.title for one in columns.values()]
    frame["parent"] = ""
    frame["field"] = list(pairs.values())
    rest = {ELSEWHERE: 0.0, UNKNOWN: missing, ALL_REPLIES: float(counts.sum()) + missing}
    rule = ""
    names = [*replies.columns, unknown]
    if subject.has_rule and any(name not in subject.before for name in names):
        frame, rest = _protected(frame, rest, subject.rule)
        rule = subject.rule
    hidden = bool(frame["replies"].isna().any()) or any(v != v for v in rest.values())
    source = tr(
        "Replies that could be placed in these areas; residents of the same areas ({base})."
    ).format(base=taxonomy.base)
    title = _title([*pairs], taxonomy.title)
    return Groups(f"groups-{taxonomy.prefix}", title, frame, rest, source, rule, hidden)


# --- sentences


def _paragraphs(one: Groups) -> list[str]:
    known = one.rest[ALL_REPLIES] - one.rest[UNKNOWN] - one.rest[ELSEWHERE]
    text = [
        tr(
            "{title}: {known} of {all} replies say a group that is compared; {unknown} do not say."
        ).format(
            title=one.title,
            known=_count(known),
            all=_count(one.rest[ALL_REPLIES]),
            unknown=_count(one.rest[UNKNOWN]),
        )
    ]
    under = _of_class(one, UNDER).sort_values("shortfall", ascending=False, kind="stable")
    if len(under):
        text.append(
            tr("Heard less than their share, most missing replies first: {groups}.").format(
                groups="; ".join(_named(row) for row in under.to_dict("records"))
            )
        )
    else:
        text.append(tr("No group was clearly heard less than its share of the residents."))
    few = _of_class(one, FEW)
    if len(few):
        text.append(
            tr(
                "Too few residents to say from so many replies: {groups}. Talk to them anyway."
            ).format(groups=some([_label(row) for row in few.to_dict("records")], 20))
        )
    unseen = one.frame[one.frame["replies"].isna()]
    if len(unseen):
        text.append(
            tr(
                "Nothing is said of these, as their numbers of replies are hidden: {groups}. They "
                "may be among the least heard."
            ).format(groups=some([_label(row) for row in unseen.to_dict("records")], 20))
        )
    return text


def _of_class(one: Groups, ending: str) -> pd.DataFrame:
    classes = one.frame["class"].fillna("").astype(str)
    return one.frame[classes.str.endswith(ending)]


def _label(row: Mapping[str, Any]) -> str:
    title, parent = str(row["title"]), str(row.get("parent") or "")
    if not parent or parent.casefold() in title.casefold():
        return title
    return tr("{group} ({parent})").format(group=title, parent=parent)


def _named(row: Mapping[str, Any]) -> str:
    values = {name: float(row[name]) for name in ("index", "index_lo", "index_hi", "shortfall")}
    return tr("{group} (index {index}, {low} to {high}; {missing} replies missing)").format(
        group=_label(row),
        index=number(values["index"], 0),
        low=number(values["index_lo"], 0),
        high=number(values["index_hi"], 0),
        missing=_count(values["shortfall"]),
    )


def _count(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else tr("a hidden number")


def _short(one: Groups) -> list[str]:
    under = _of_class(one, UNDER).sort_values("index", kind="stable")
    if not len(under):
        return []
    return [
        tr("By {title}: {groups}.").format(  # the summary has the heading before it
            title=_inside(one.title),
            groups=some([_label(row) for row in under.to_dict("records")], 5),
        )
    ]


def _inside(title: str) -> str:
    """Return a title as it stands inside a sentence; short forms of capitals keep theirs."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _sentences(found: Sequence[Groups]) -> list[str]:
    """Return where figures come from, and what was hidden of them for the plan."""
    from ...methods.disclosure import RULES

    text = list(dict.fromkeys(one.source for one in found))
    rules = {one.rule for one in found if one.rule}
    for rule in sorted(rules):
        smallest, base = RULES[rule]
        text.append(
            tr(
                "By the rule {rule}, counts of replies of 1 to {limit} are hidden, and others that "
                "would tell them; the rest are to the nearest {base}, and every figure is made of "
                "these."
            ).format(rule=rule, limit=smallest - 1, base=base)
        )
    return text


def _limits(found: Sequence[Groups]) -> list[str]:
    text = [
        tr(
            "The index is 100 times the share of the replies that say a group over the share of "
            "residents: 100 is as many as their share. Limits are those of Wilson at 95 %, as if "
            "replies were drawn by chance; about one group in 40 would then fall below by chance "
            "alone."
        ),
        tr(
            "Missing replies would have to come from this group instead of others; replies needed "
            "are more from this group alone. Neither says why people did not reply: ask what stood "
            "in the way."
        ),
        tr(
            "A group can be heard enough in all, and not at all by some of its people: by age, sex "
            "or place together nothing is said here."
        ),
    ]
    if any(one.rest[UNKNOWN] > 0 for one in found):
        text.append(
            tr(
                "Those who did not say their group are taken to be like those who did. The file of "
                "the table has the share of each group if none, and if all, of them were of it."
            )
        )
    return text


# --- tables


def _table(one: Groups) -> PlanTable:
    import pandas as pd

    frame = one.frame.sort_values("index", kind="stable", na_position="last")
    under = frame["class"].fillna("").astype(str).str.endswith(UNDER)
    classes = [tr(str(name)) if isinstance(name, str) and name else None for name in frame["class"]]
    table = {
        "group": [_label(row) for row in frame.to_dict("records")],
        "replies": frame["replies"].round(),
        "share_replies_pct": frame["share_replies_pct"].round(4),
        "share_replies_pct_lo": frame["share_replies_pct_lo"].round(4),
        "share_replies_pct_hi": frame["share_replies_pct_hi"].round(4),
        "population_pct": frame["population_pct"].round(4),
        "index": frame["index"].round(2),
        "index_lo": frame["index_lo"].round(2),
        "index_hi": frame["index_hi"].round(2),
        "share_low_pct": frame["share_low_pct"].round(4),
        "share_high_pct": frame["share_high_pct"].round(4),
        "class": classes,
        "shortfall": frame["shortfall"].where(under).round(),
        "needed": frame["needed"].where(under).round(),
    }
    made = pd.DataFrame({name: pd.Series(list(values)) for name, values in table.items()})
    rest = {
        ELSEWHERE: tr("Said a group that is not compared"),
        UNKNOWN: tr("Did not say"),
        ALL_REPLIES: tr("All replies"),
    }
    named = [(rest[name], one.rest[name]) for name in REST if name != ELSEWHERE or one.rest[name]]
    below = pd.DataFrame(named, columns=["group", "replies"]).reindex(columns=made.columns)
    whole = pd.concat([made, below.astype(made.dtypes.to_dict())], ignore_index=True)
    counts = ("replies", "shortfall", "needed")
    whole = whole.assign(**{name: whole_if_whole(whole[name].astype(float)) for name in counts})
    columns = [
        Column("group", tr("Group")),
        Column("replies", tr("Replies"), COUNT),
        Column("share_replies_pct", tr("% of replies"), PERCENT, 1),
        Column("share_replies_pct_lo", tr("lower limit"), PERCENT, 1),
        Column("share_replies_pct_hi", tr("upper limit"), PERCENT, 1),
        Column("population_pct", tr("% of residents"), PERCENT, 1),
        Column("index", tr("Index"), NUMBER),
        Column("index_lo", tr("lower limit of the index"), NUMBER),
        Column("index_hi", tr("upper limit of the index"), NUMBER),
        Column("class", tr("Class")),
        Column("shortfall", tr("Missing"), COUNT),
        Column("needed", tr("Needed"), COUNT),
    ]
    note = tr(
        "Groups with the lowest index first. Percentages are of the replies that say their group. "
        "Missing and needed are told of groups heard less than their share."
    )
    title = tr("Who replied, against who lives there: {title}").format(title=one.title)
    return PlanTable(one.id, title, columns, whole, note)
