"""Replies by group against residents by group: read, compared, weighted and protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies.crossover import targets
from ...taxonomies.headings import plain
from ...taxonomies.model import Taxonomy
from ..messages import Log, some, tr
from ..replies.answers import Answers, answers_in
from ..replies.coded import MOST_DIFFERENT
from ..replies.responses import heading_row
from .residents import Residents, Sources, nearest

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.disclosure import Protected
    from ...methods.representation import Raked

GAP = 0.01  # percentage points that a weighted share may miss its target by
# rows of the table that are no group
ELSEWHERE, UNKNOWN, TOTAL, KNOWN = "(elsewhere)", "(unknown)", "(total)", "(known)"


@dataclass(frozen=True)
class Asked:
    """What the user asks for.

    Attributes:
        field: heading of the replies' groups; empty to find it.
        taxonomy: id or file of the categories to compare in; empty for those of the replies.
        own: the taxonomy of that name, if any.
        level: ``auto``, ``category`` or ``group``.
        rake: further headings of the replies, to weight by too.
        min_expected: replies expected below which a group may be too small to say.
        rule: how small counts of replies are hidden.
    """

    field: str
    taxonomy: str
    own: Taxonomy | None
    level: str
    rake: tuple[str, ...]
    min_expected: float
    rule: str


@dataclass(frozen=True)
class Pair:
    """One column of replies beside the residents by the same groups.

    Attributes:
        heading: of the column.
        answers: of the replies.
        residents: the people.
        level: at which both are told.
        groups: ids that both can tell.
    """

    heading: str
    answers: Answers
    residents: Residents
    level: str
    groups: tuple[str, ...]

    @property
    def taxonomy(self) -> Taxonomy:
        return self.residents.taxonomy

    @property
    def replies(self) -> pd.Series:
        """Return the replies of each group; 0 where nobody of it replied."""
        counts = self.answers.groups.value_counts()
        return counts.reindex(list(self.groups)).fillna(0).astype(float)

    @property
    def people(self) -> pd.Series:
        """Return the residents of each group."""
        return self.residents.people[list(self.groups)]

    @property
    def elsewhere(self) -> int:
        """Return how many replies tell a group that the residents, or this list, cannot."""
        told = int(self.answers.groups.notna().sum())
        return self.answers.elsewhere + told - int(self.replies.sum())

    @property
    def lost(self) -> list[str]:
        """Return the titles of groups that one of the two sides cannot tell."""
        every = self.taxonomy.groups if self.level == "group" else self.taxonomy.leaves
        left = [n for n in every if n not in self.groups and n not in self.taxonomy.optional]
        return [title_of(self.taxonomy, name) for name in left]


@dataclass(frozen=True)
class Weights:
    """What weights by the residents' shares would do.

    Attributes:
        raked: the weights.
        margins: headings that they are made by.
        size: effective number of replies.
        effect: design effect.
    """

    raked: Raked
    margins: tuple[str, ...]
    size: float
    effect: float


@dataclass(frozen=True)
class Represented:
    """What was found.

    Attributes:
        pair: replies and residents.
        pairs: the same, with those that weights are made by as well.
        groups: the figures of each group, as they may be shown.
        all: replies in all, those that say their group, the unknown and those elsewhere.
        dissimilarity: share of the replies, in per cent, that would have to come from others.
        weights: missing where a count of these or of a further margin is hidden.
        hidden: what was hidden, where a rule was asked for.
    """

    pair: Pair
    pairs: tuple[Pair, ...]
    groups: pd.DataFrame
    all: Mapping[str, float]
    dissimilarity: float
    weights: Weights | None
    asked: Asked
    hidden: Protected | None = None
    notes: tuple[str, ...] = field(default=())

    def title(self, group: str) -> str:
        """Return a group's title, with its main group where it has one."""
        return title_of(self.pair.taxonomy, group)

    def of_class(self, *ends: str) -> pd.DataFrame:
        """Return the groups whose class ends so: under-represented, say, much or not."""
        named = self.groups["class"].fillna("")
        return self.groups[named.map(lambda text: text.endswith(ends))]


def title_of(taxonomy: Taxonomy, group: str) -> str:
    """Return a title that stands alone: 'Irish (White)'."""
    column = taxonomy.column(group)
    above = taxonomy.column(column.parent).title if column.parent else ""
    said = above.casefold() in column.title.casefold()
    return column.title if said else f"{column.title} ({above})"


def represented(responses: Table, sources: Sources, asked: Asked, log: Log) -> Represented:
    """Return how the groups of those who replied compare with the residents.

    Raises:
        InputError: where replies or residents by the same groups cannot be found.
    """
    replies = _Replies(responses, (asked.field, *asked.rake))
    counted = sources.taxonomies(asked.own)
    if not counted:
        raise InputError(
            tr(
                "There are no residents by group: the areas have no such fields. Profile them "
                "first (profileareas, LEVEL = category), or give a published table as TABLES."
            )
        )
    heading = asked.field or _found_heading(replies, counted, asked, log)
    # the last line of what is said of replies counts them, which is not to be told under a rule
    quiet = asked.rule != "none"
    pair = _paired(replies, heading, sources, asked, quiet, log)
    _say_lost(pair, log)
    plainly = replace(asked, taxonomy="", own=None, level="auto")
    more = [_paired(replies, name, sources, plainly, quiet, log) for name in asked.rake]
    return _compared(pair, more, asked, log)


class _Replies:
    """The table of replies, read a column at a time; titles may stand above its headings."""

    def __init__(self, table: Table, named: Sequence[str]):
        self.table = table
        self.row = heading_row(table, named) if table.head else 0
        self.headings = [cell.strip() for cell in table.head[self.row]] if table.head else []

    def column(self, heading: str) -> pd.Series:
        """Return the cells under a heading, whatever its case.

        Raises:
            InputError: where there is none, or no reply below it.
        """
        places = [at for at, name in enumerate(self.headings) if name == heading.strip()]
        places = places or [
            at for at, name in enumerate(self.headings) if plain(name) == plain(heading)
        ]
        if not places:
            raise InputError(
                tr("{table}: there is no heading {heading}. Its headings: {headings}.").format(
                    table=self.table.name,
                    heading=f"'{heading}'",
                    headings=some([f"'{name}'" for name in self.headings], 12),
                )
            )
        cells = self.table.read(self.row, places[:1], [], repeated=True)[places[0]]
        if not len(cells):
            raise InputError(
                tr("{table}: there are headings and no replies below them.").format(
                    table=self.table.name
                )
            )
        return cells


def _found_heading(replies: _Replies, counted: Sequence[Taxonomy], asked: Asked, log: Log) -> str:
    """Return the only heading whose values are categories by which residents are counted."""
    fit = [name for name in replies.headings if _may_be(replies.column(name), name, counted, asked)]
    if len(fit) != 1:
        raise InputError(
            tr(
                "GROUP_FIELD: choose the column of {table} with the groups of those who replied. "
                "Columns that could be: {headings}."
            ).format(
                table=replies.table.name,
                headings=some([f"'{name}'" for name in fit]) or tr("none is recognised"),
            )
        )
    log(tr("GROUP_FIELD: {heading}, found by its values.").format(heading=fit[0]))
    return fit[0]


def _may_be(values: pd.Series, heading: str, counted: Sequence[Taxonomy], asked: Asked) -> bool:
    if not heading or values.nunique() > MOST_DIFFERENT:
        return False
    try:
        if asked.taxonomy:
            answers_in(values, heading, asked.taxonomy, "group", lambda text: None)
            return True
        return bool(_likely(values, heading, counted))
    except InputError:
        return False


# --- replies and residents by the same groups


def _paired(
    replies: _Replies,
    heading: str,
    sources: Sources,
    asked: Asked,
    quiet: bool,
    log: Log,
) -> Pair:
    values, counted = replies.column(heading), sources.taxonomies(asked.own)
    problems = []
    for target in [asked.own] if asked.own else _likely(values, heading, counted):
        lines: list[str] = []
        try:
            source = nearest(counted, target)
            residents = sources.residents(source, target, lines.append)
            name = asked.taxonomy or target.id
            pair = _at_level(values, heading, name, residents, asked.level, quiet, lines.append)
        except InputError as error:
            problems.append(error)
            continue
        for line in lines:
            log(line)
        return pair
    raise problems[-1]


def _likely(values: pd.Series, heading: str, counted: Sequence[Taxonomy]) -> list[Taxonomy]:
    """Return the lists of categories to compare in: the replies' own, so that none is lost.

    Else the residents' list in which the replies can be told.

    Raises:
        InputError: where there is none, or several.
    """

    def recognised(name: str) -> Answers:
        # main groups can be told wherever anything can
        return answers_in(values, heading, name, "group", lambda text: None)

    own = None
    with suppress(InputError):
        own = recognised("").taxonomy
    reachable = own and any(own in (one, *targets(one)) for one in counted)
    fits, problem = {}, None
    for taxonomy in counted:
        try:
            fits[taxonomy] = not recognised(taxonomy.id).notes
        except InputError as error:
            problem = problem or error
    straight = [taxonomy for taxonomy, same in fits.items() if same] or list(fits)
    if own and reachable:
        return list(dict.fromkeys([own, *straight]))
    if not straight and problem:
        raise problem
    if len(straight) > 1:
        raise InputError(
            tr(
                "{heading}: the residents are counted by several lists that these values are of: "
                "{names}. Say which: TAXONOMY = {ids}."
            ).format(
                heading=heading,
                names=some([t.name for t in straight]),
                ids=tr(" or ").join(t.id for t in straight),
            )
        )
    return straight


def _at_level(
    values: pd.Series,
    heading: str,
    taxonomy: str,
    residents: Residents,
    level: str,
    quiet: bool,
    log: Log,
) -> Pair:
    """Return both sides at the level asked for, or at the finest that both have."""
    wanted = ("category", "group") if level == "auto" else (level,)
    problem: InputError | None = None
    for one in wanted:
        if not residents.at(one):
            problem = problem or InputError(_no_level(residents, one))
            continue
        lines: list[str] = []
        try:
            answers = answers_in(values, heading, taxonomy, one, lines.append)
        except InputError as error:
            problem = problem or error
            continue
        groups = tuple(name for name in residents.at(one) if name in answers.told)
        if len(groups) > 1 and answers.groups.isin(groups).any():
            for line in lines[:-1] if quiet else lines:
                log(line)
            return Pair(heading, answers, residents, one, groups)
        problem = problem or InputError(
            tr(
                "{heading}: no reply tells a group that the residents ({table}) are counted by."
            ).format(heading=heading, table=residents.table)
        )
    raise problem or InputError(_no_level(residents, level))


def _no_level(residents: Residents, level: str) -> str:
    return tr(
        "{table} does not hold every figure at LEVEL = {level}. Use a table with all categories, "
        "or LEVEL = group."
    ).format(table=residents.table, level=level)


def _say_lost(pair: Pair, log: Log) -> None:
    log(
        tr("Compared by {n} {what} of {title}; residents: {base}, {table}.").format(
            n=len(pair.groups),
            what=tr("main groups") if pair.level == "group" else tr("categories"),
            title=pair.taxonomy.name,
            base=pair.residents.base,
            table=pair.residents.table,
        )
    )
    if pair.lost:
        log(
            tr("Not compared, as one of the two sides cannot tell them: {names}.").format(
                names=some(pair.lost, 12)
            )
        )


# --- compared


def _compared(pair: Pair, more: Sequence[Pair], asked: Asked, log: Log) -> Represented:
    import pandas as pd

    from ...methods.representation import representation
    from ...methods.structure import dissimilarity

    replies, unknown = pair.replies, len(pair.answers.groups) - int(pair.replies.sum())
    counts = pd.Series(
        {
            **replies,
            ELSEWHERE: float(pair.elsewhere),
            UNKNOWN: float(unknown - pair.elsewhere),
            KNOWN: float(replies.sum()),
            TOTAL: float(len(pair.answers.groups)),
        }
    )
    hidden = _protected(counts, pair, asked.rule)
    shown = hidden.shown.iloc[0] if hidden else counts
    groups = representation(
        shown[list(pair.groups)],
        pair.people,
        float(shown[UNKNOWN]),
        float(shown[KNOWN]),
        asked.min_expected,
    )
    any_hidden = bool(shown.isna().any()) or any(_any_small(one, asked.rule) for one in more)
    return Represented(
        pair=pair,
        pairs=(pair, *more),
        groups=groups,
        all={name: float(shown[name]) for name in (ELSEWHERE, UNKNOWN, KNOWN, TOTAL)},
        dissimilarity=100 * dissimilarity(shown[list(pair.groups)], pair.people),
        weights=None if any_hidden else _rounded(_weighted(pair, more, log), asked.rule),
        asked=asked,
        hidden=hidden,
        notes=tuple(dict.fromkeys([*pair.answers.notes, *pair.residents.notes])),
    )


def _protected(counts: pd.Series, pair: Pair, rule: str) -> Protected | None:
    """Return the counts of replies with small ones, and those that tell them, hidden."""
    if rule == "none":
        return None
    from ...methods.disclosure import protect_table

    sums = [(KNOWN, tuple(pair.groups)), (TOTAL, (KNOWN, UNKNOWN, ELSEWHERE))]
    return protect_table(counts.to_frame().T, sums, rule)


def _any_small(pair: Pair, rule: str) -> bool:
    """Return whether some count of a further margin is small, which the weights would tell."""
    if rule == "none":
        return False
    from ...methods.disclosure import protect

    return bool(protect(pair.answers.groups.value_counts().astype(float), rule).isna().any())


def _weighted(pair: Pair, more: Sequence[Pair], log: Log) -> Weights:
    """Return weights that give each margin the residents' shares."""
    import pandas as pd

    from ...methods.representation import design_effect, effective_size, rake

    pairs = {one.heading: one for one in (pair, *more)}
    categories = pd.DataFrame({name: one.answers.groups for name, one in pairs.items()})
    raked = rake(categories, {name: one.people for name, one in pairs.items()})
    if raked.gap > GAP:
        log(
            tr(
                "The weights do not settle: no weights of these replies meet all margins, which "
                "are still off by up to {gap:.2g} percentage points."
            ).format(gap=raked.gap)
        )
    return Weights(
        raked=raked,
        margins=tuple(pairs),
        size=effective_size(raked.weights),
        effect=design_effect(raked.weights),
    )


def _rounded(weights: Weights, rule: str) -> Weights:
    """Return weights whose size is no finer than the counts that are shown."""
    from ...methods.disclosure import RULES

    if rule == "none":
        return weights
    base = RULES[rule][1]
    return replace(weights, size=base * round(weights.size / base), effect=round(weights.effect, 1))


# --- the table


def table_of(found: Represented, sentences: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each group, one for each kind of the rest, and the total.

    Args:
        found: what was found.
        sentences: on each group, by id.
    """
    import pandas as pd

    pair, groups = found.pair, found.groups
    parents = [pair.taxonomy.column(name).parent for name in groups.index]
    head = pd.DataFrame(
        {
            "group": groups.index,
            "title": [pair.taxonomy.column(name).title for name in groups.index],
            "parent": [pair.taxonomy.column(p).title if p else None for p in parents],
        },
        index=groups.index,
    )
    answered = {True: tr("yes"), False: tr("no")}
    figures = groups.assign(holds=groups["holds"].map(lambda value: answered.get(value)))
    table = pd.concat([head, figures], axis=1).assign(
        sentence=[sentences.get(name, "") for name in groups.index]
    )
    rest = pd.DataFrame(_rest(found)).reindex(columns=table.columns)
    table = pd.concat([table, rest.astype(table.dtypes.to_dict())], ignore_index=True)
    # counts made of published percentages are no whole people
    whole = ("replies", "population_n", "shortfall", "surplus", "needed")
    return table.assign(**{name: table[name].round().astype("Int64") for name in whole})


def _rest(found: Represented) -> list[dict[str, object]]:
    people = float(found.pair.people.sum())
    titles = {
        ELSEWHERE: tr("Said a group that is not compared"),
        UNKNOWN: tr("Did not say"),
        TOTAL: tr("All replies"),
    }
    rows: list[dict[str, object]] = []
    for name, title in titles.items():
        if name == ELSEWHERE and found.all[name] == 0:
            continue
        rows.append({"group": name, "title": title, "replies": found.all[name]})
    rows[-1] |= {"population_n": people, "population_pct": 100.0}
    return rows
