"""When people would come: what a survey says of opening times, as counts and never as words.

Only answers that several people share are shown. A column of people's own words is refused: what
one person wrote may say who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies.areas import may_be_personal
from ...taxonomies.headings import plain
from ..compare.sentences import number
from ..hiding.protection import whole_if_whole
from ..messages import some, tr
from ..replies.answers import UNSAID
from ..replies.responses import heading_row
from .model import COUNT, PERCENT, Column, Part, PlanTable, Subject
from .places import rule_in_words

if TYPE_CHECKING:
    import pandas as pd

SHARED = 5  # replies that give an answer, from which its words are shown
MOST = 30  # different answers that several give; beyond these a column is no list to choose from
MOST_WORDS = 60  # characters of an answer
LIST = 0.8  # of the answers that are shared by several, from which a column is a list
MOSTLY = 0.9  # of the cells of a column that are codes of these areas
SEVERAL = ";"  # between the answers of one person who may tick several
IN_TOP, OUTSIDE, UNPLACED = "top", "outside", "unplaced"
OTHER, SAID, UNSAID_ROW, TOTAL = "(other)", "(said)", "(unsaid)", "(total)"
WHERE = "all"


@dataclass(frozen=True)
class _Answers:
    """Answers of one column.

    Attributes:
        words: the answers that are shown, those that most gave first.
        counts: rows are places, columns the answers, those that are not shown, and the totals.
        placed: whether replies could be told by area.
        several: whether a person may give more than one answer.
        others: how many different answers are not shown.
        few: replies below which the words of an answer are not shown.
        folded: whether some that more people gave are among the others, as their number is hidden.
    """

    words: tuple[str, ...]
    counts: pd.DataFrame
    placed: bool
    several: bool
    others: int
    few: int
    folded: bool = False


def opening_part(subject: Subject, responses: Table | None, heading: str) -> Part | None:
    """Return what the replies say of opening times.

    Args:
        subject: the areas, in which replies are placed where a column has their codes.
        responses: the replies, a row each; none for no part.
        heading: of the column with the answers.

    Raises:
        InputError: for a heading that is not there, or a column of people's own words.
    """
    if responses is None:
        return None
    if not heading:
        return Part(
            "opening-times",
            tr("Opening times"),
            [
                tr(
                    "Replies are given, and no column with answers on opening times is named. If "
                    "the survey asked, name its heading as OPENING_FIELD and make the plan again."
                )
            ],
        )
    found = _read(subject, responses, heading)
    found, shown = _told(found, subject.rule)
    found = _in_order(found, shown)
    table = _table(found, shown, _note(subject, found))
    return Part(
        id="opening-times",
        heading=tr("Opening times"),
        paragraphs=_paragraphs(found, shown),
        tables=[table],
        lines=_limits(found),
        short=_short(found, shown),
    )


# --- reading


def _read(subject: Subject, table: Table, heading: str) -> _Answers:
    from ...layers.values import texts
    from ...methods.disclosure import RULES

    row = heading_row(table, [heading]) if table.head else 0
    at = _position(table, row, heading)
    code = _code_column(subject, table, row, at)
    frame = table.read(row, [at] if code is None else [at, code], [], repeated=True)
    if not len(frame):
        raise InputError(
            tr("{table}: there are headings and no replies below them.").format(table=table.name)
        )
    cells = texts(frame[at])
    places = _places(subject, None if code is None else texts(frame[code], upper=True), cells.index)
    few = max(SHARED, RULES[subject.rule][0] if subject.has_rule else 0)
    return _counted(cells, places, code is not None, few, table.name, heading)


def _position(table: Table, row: int, heading: str) -> int:
    headings = [cell.strip() for cell in table.head[row]] if table.head else []
    for same in (lambda name: name == heading.strip(), lambda name: plain(name) == plain(heading)):
        places = [at for at, name in enumerate(headings) if name and same(name)]
        if places:
            return places[0]
    raise InputError(
        tr("OPENING_FIELD: {table} has no column {heading}. Its headings: {names}.").format(
            table=table.name,
            heading=f"'{heading}'",
            names=some([f"'{name}'" for name in headings if name], 30),
        )
    )


def _code_column(subject: Subject, table: Table, row: int, answers: int) -> int | None:
    """Return the only column whose cells are codes of the areas, none where several may be."""
    codes = {*subject.areas.codes.dropna()}
    found = []
    for at in range(len(table.head[row])):
        cells = [r[at].strip().upper() for r in table.head[row + 1 :] if at < len(r)]
        filled = [cell for cell in cells if cell]
        if at != answers and filled and sum(c in codes for c in filled) > MOSTLY * len(filled):
            found.append(at)
    return found[0] if len(found) == 1 else None


def _places(subject: Subject, codes: pd.Series | None, index: pd.Index) -> pd.Series:
    """Return whether each reply is from an area of the plan, from another, or not placed."""
    import pandas as pd

    if codes is None:
        return pd.Series(WHERE, index=index)
    areas = subject.areas.codes.reset_index(drop=True)
    known = areas.notna()
    place = pd.Series([IN_TOP if inside else OUTSIDE for inside in subject.in_top], index=areas)
    return codes.map(place[known.to_numpy()]).fillna(UNPLACED).astype(str)


def _counted(
    cells: pd.Series, places: pd.Series, placed: bool, few: int, table: str, heading: str
) -> _Answers:
    """Return how often each answer was given, by place.

    Raises:
        InputError: where the answers are people's own words, or none was given.
    """
    import pandas as pd

    unsaid = (cells == "") | cells.map({v: plain(v) in UNSAID for v in cells.unique()}).astype(bool)
    several = bool(cells[~unsaid].str.strip(f"{SEVERAL} ").str.contains(SEVERAL).mean() > 0.01)
    given = _one_each(cells[~unsaid], several)
    words = _titles(given)
    keys = given.map(plain)
    people = keys.groupby(keys).agg(lambda one: one.index.nunique()).sort_index()
    people = people.sort_values(ascending=False, kind="stable")
    shared = [key for key, n in people.items() if n >= few]
    _refuse_words(given, people, shared, few, words, table, heading)
    counts = {
        words[key]: pd.Series(places[given.index[keys == key].unique()]).value_counts()
        for key in shared
    }
    rare = given.index[~keys.isin(shared)].unique()
    if len(rare):
        counts[OTHER] = places[rare].value_counts()
    counts[SAID] = places[~unsaid].value_counts()
    counts[UNSAID_ROW] = places[unsaid].value_counts()
    counts[TOTAL] = places.value_counts()
    order = [IN_TOP, OUTSIDE, UNPLACED] if placed else [WHERE]
    frame = pd.DataFrame(counts).reindex(index=order, columns=list(counts)).fillna(0.0)
    return _Answers(
        tuple(words[key] for key in shared),
        frame.astype(float),
        placed,
        several,
        len(people) - len(shared),
        few,
    )


def _one_each(cells: pd.Series, several: bool) -> pd.Series:
    """Return an answer in each row; a person who ticked several has several rows."""
    if not several:
        return cells.str.strip()
    parts = cells.str.split(SEVERAL).explode().str.strip()
    return parts[parts != ""]


def _titles(given: pd.Series) -> Mapping[str, str]:
    """Return each answer as most people wrote it: capitals and spaces make no other answer."""
    import pandas as pd

    often = pd.DataFrame({"key": given.map(plain), "text": given}).value_counts()
    found: dict[str, str] = {}
    for key, text in often.index:
        found.setdefault(str(key), str(text))
    return found


def _refuse_words(
    given: pd.Series,
    people: pd.Series,
    shared: list[str],
    few: int,
    words: Mapping[str, str],
    table: str,
    heading: str,
) -> None:
    if not len(given):
        raise InputError(
            tr("{table}: nobody answered in the column {heading}.").format(
                table=table, heading=f"'{heading}'"
            )
        )
    why = ""
    if any(may_be_personal(text) for text in words.values()):
        why = tr("some answers hold postcodes or addresses of mail")
    elif any(len(words[key]) > MOST_WORDS for key in shared):
        why = tr("some answers are longer than {n} characters").format(n=MOST_WORDS)
    elif not shared or people[shared].sum() < LIST * people.sum():
        why = tr("too few of them are given by {n} people or more").format(n=few)
    elif len(shared) > MOST:
        why = tr("there are {n} different ones").format(n=len(words))
    if why:
        raise InputError(
            tr(
                "OPENING_FIELD: the column {heading} of {table} is no list of answers to choose "
                "from ({why}). What people wrote in their own words is not shown here. Sort the "
                "answers into a few kinds in a column of their own, and name that."
            ).format(heading=f"'{heading}'", table=table, why=why)
        )


# --- what may be shown


def _told(found: _Answers, rule: str) -> tuple[_Answers, pd.DataFrame]:
    """Return the answers with their counts as they may be shown.

    That the words of an answer are shown tells that several people gave it. So where its number has
    to be hidden, for another one not to be worked out, its words are not shown either: it is one
    of the others.
    """
    shown = _protected(found, rule)
    while hidden := [word for word in found.words if shown[word].isna()[WHERE]]:
        found = _folded(found, hidden)
        shown = _protected(found, rule)
    return found, shown


def _folded(found: _Answers, words: list[str]) -> _Answers:
    """Return the answers with some of them among the others."""
    counts = found.counts.drop(columns=words)
    others = found.counts[words].sum(axis=1)
    counts[OTHER] = others + counts.get(OTHER, 0.0)
    left = tuple(word for word in found.words if word not in words)
    return replace(found, words=left, counts=counts, others=found.others + 1, folded=True)


def _protected(found: _Answers, rule: str) -> pd.DataFrame:
    """Return the counts by place and of all replies, with small ones hidden by the rule."""
    import pandas as pd

    from ...methods.disclosure import protect_table

    whole = found.counts.sum().to_frame(WHERE).T
    columns = list(found.counts.columns)
    parts = [name for name in columns if name not in (SAID, UNSAID_ROW, TOTAL)]
    sums = [(TOTAL, (SAID, UNSAID_ROW))]
    if not found.several:  # else one person is in several of them
        sums.append((SAID, tuple(parts)))
    every = protect_table(whole, sums, rule).shown
    if not found.placed:
        return every
    parents = pd.Series(WHERE, index=found.counts.index)
    return pd.concat([protect_table(found.counts, sums, rule, parents).shown, every])


def _in_order(found: _Answers, shown: pd.DataFrame) -> _Answers:
    """Return the answers by what is shown of them, as true numbers would tell more."""
    counts = {word: float(shown.loc[WHERE, word]) for word in found.words}
    return replace(
        found, words=tuple(sorted(counts, key=lambda word: (-counts[word], word.casefold())))
    )


def _table(found: _Answers, shown: pd.DataFrame, note: str) -> PlanTable:
    import pandas as pd

    from ...methods.proportions import percent, wilson

    titles = {
        **{word: word for word in found.words},
        OTHER: tr("Other answers, each of fewer than {n} people").format(n=found.few)
        if not found.folded
        else tr("Other answers"),
        SAID: tr("All who answered"),
        UNSAID_ROW: tr("Did not answer"),
        TOTAL: tr("All replies"),
    }
    others = [OTHER] if OTHER in shown else []
    names = [*found.words, *others, SAID, UNSAID_ROW, TOTAL]
    of_answers = [name not in (UNSAID_ROW, TOTAL) for name in names]
    table = {"answer": [titles[str(name)] for name in names]}
    columns = [Column("answer", tr("Answer"))]
    headings = {
        WHERE: (tr("Replies"), tr("% of those who answered")),
        IN_TOP: (tr("From the areas of this plan"), tr("% in these areas")),
        OUTSIDE: (tr("From all other areas"), tr("% in all other areas")),
        UNPLACED: (tr("Not placed"), ""),
    }
    limits = {
        WHERE: (tr("lower limit"), tr("upper limit")),
        IN_TOP: (tr("lower limit in these areas"), tr("upper limit in these areas")),
    }
    for place in [one for one in headings if one in shown.index]:
        counts = shown.loc[place, names].astype(float)
        base = pd.Series(float(shown.loc[place, SAID]), index=counts.index)
        known = pd.Series(of_answers, index=counts.index)
        low, high = wilson(counts, base)
        table[f"{place}_n"] = whole_if_whole(counts).array
        columns.append(Column(f"{place}_n", headings[place][0], COUNT))
        ends = {"pct": percent(counts, base), "pct_lo": low, "pct_hi": high}
        titles_of_ends = (headings[place][1], *limits.get(place, ("", "")))
        for (end, values), title in zip(ends.items(), titles_of_ends):
            made = pd.Series(values, index=counts.index).where(known & (counts.index != SAID))
            table[f"{place}_{end}"] = made.round(4).array
            if title:  # the others are in the files alone
                columns.append(Column(f"{place}_{end}", title, PERCENT, 1))
    return PlanTable(
        "opening-times",
        tr("Answers on opening times, those that most gave first"),
        columns,
        pd.DataFrame(table),
        note,
    )


# --- sentences


def _paragraphs(found: _Answers, shown: pd.DataFrame) -> list[str]:
    text = [
        tr(
            "{said} of {all} replies answer the question about opening times; {unsaid} do not."
        ).format(
            said=_count(shown.loc[WHERE, SAID]),
            all=_count(shown.loc[WHERE, TOTAL]),
            unsaid=_count(shown.loc[WHERE, UNSAID_ROW]),
        )
    ]
    for place, start in (
        (WHERE, tr("Of all who answered: {answers}.")),
        (IN_TOP, tr("Of those in the areas of this plan: {answers}.")),
    ):
        if place in shown.index:
            answers = _in_words(found, shown, place)
            if answers:
                text.append(start.format(answers=answers))
    if not found.placed:
        text.append(
            tr(
                "The answers are not told by area, as no column of the replies holds codes of "
                "these areas. The areas of this plan may want other times."
            )
        )
    return text


def _in_words(found: _Answers, shown: pd.DataFrame, place: str) -> str:
    from ...methods.proportions import percent, wilson

    base, told = float(shown.loc[place, SAID]), []
    for word in found.words:
        count = float(shown.loc[place, word])
        share, (low, high) = float(percent(count, base)), wilson(count, base)
        if share == share:
            told.append(
                tr("{answer}: {share} % ({low} to {high})").format(
                    answer=word,
                    share=number(share, 0),
                    low=number(float(low), 0),
                    high=number(float(high), 0),
                )
            )
    return "; ".join(told)


def _count(value: float) -> str:
    return f"{value:,.0f}" if value == value else tr("a hidden number")


def _short(found: _Answers, shown: pd.DataFrame) -> list[str]:
    from ...methods.proportions import percent

    place = IN_TOP if found.placed else WHERE
    first = found.words[0]
    if found.placed:
        known = shown.loc[place, list(found.words)].astype(float).dropna()
        if not len(known) or known.max() <= 0:
            return []
        first = str(known.idxmax())
    share = float(percent(float(shown.loc[place, first]), float(shown.loc[place, SAID])))
    if share != share:
        return []
    start = (
        tr("The opening time most asked for by those who replied in these areas: {answer} ({n} %).")
        if found.placed
        else tr("The opening time most asked for by those who replied: {answer} ({n} %).")
    )
    return [start.format(answer=first, n=number(share, 0))]


def _note(subject: Subject, found: _Answers) -> str:
    text = [
        tr(
            "Percentages are of those who answered; limits are those of Wilson at 95 %, as if the "
            "replies were drawn by chance."
        )
    ]
    if found.several:
        text.append(tr("A person could give several answers, so they add up to more than all."))
    if found.others and subject.has_rule:
        # how many different ones there are may tell how many people gave them
        text.append(tr("Answers that few people gave, or that would tell these, are not named."))
    elif found.others:
        text.append(
            tr(
                "Different answers whose words are not shown, as fewer than {few} people gave "
                "each: {n}."
            ).format(n=found.others, few=found.few)
        )
    if subject.has_rule:
        text.append(rule_in_words(subject.rule))
    return " ".join(text)


def _limits(found: _Answers) -> list[str]:
    text = [
        tr(
            "Those who replied are not the residents. People who work shifts, who care for others "
            "or who do not fill in forms may want other times, and are heard least here."
        ),
        tr(
            "The limits tell what chance leaves open, not who was missed. Ask in the areas of this "
            "plan before times are settled."
        ),
    ]
    if found.placed:
        text.append(
            tr(
                "Replies are placed by the area code in their own row. Those without a code of "
                "these areas are counted as not placed."
            )
        )
    return text
