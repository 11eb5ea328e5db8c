"""What quotas stand on: people, replies had and groups of the areas, read, checked and protected.

Under a rule everything is made of what is shown, so quotas tell nothing that is not shown beside
them: residents are rounded, a hidden number of replies counts as none, and replies by group, which
are almost all small, are not used at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import InputError
from ..compare.benchmarks import Measure
from ..compare.counts import Compared, Fields, Known, read_counts, unit_of
from ..compare.protected import protected_counts
from ..fields import numbers_of, protected_before
from ..inputs import RANK
from ..messages import Log, some, tr
from ..plan import listing
from ..voice.survey import GROUP_OF_REPLIES, POPULATIONS, REPLIES, UNKNOWN
from .asked import Asked

if TYPE_CHECKING:
    import pandas as pd

OBSERVED = "voice_observed"
MOST_OVER = 0.05  # share of all people by which groups may be more than these
NOISE = 0.01  # share by which groups and people may differ by a publisher's noise
SHARES = (0.01, 0.99)  # expected shares beyond these are known by nobody beforehand
HALF = 0.5


@dataclass(frozen=True)
class Ground:
    """Figures of the areas, index 0 to n - 1 in all of them; missing is missing.

    Attributes:
        compared: the areas, and what is known about their fields.
        asked: what is asked for.
        frame: all counts of the layer as they may be shown, under a rule; else those used.
        wanted: areas that quotas are asked for.
        people: whom the quotas are of.
        had: replies had; None where the layer has none.
        taken: replies that count as had: those, and none where they are hidden.
        groups: residents of each group, by field.
        group_had: replies of each group, by field of residents; None where they are not used.
        unknown: replies that say none of the groups, 0 where all do or nobody knows.
        shares: expected share of each area, 0 to 1.
        population: field of the people.
        observed: field of the replies, empty for none.
        hidden: areas whose replies are hidden.
        notes: what was found, in sentences.
    """

    compared: Compared
    asked: Asked
    frame: pd.DataFrame
    wanted: pd.Series
    people: pd.Series
    had: pd.Series | None
    taken: pd.Series
    groups: pd.DataFrame
    group_had: pd.DataFrame | None
    unknown: pd.Series
    shares: pd.Series
    population: str
    observed: str
    hidden: pd.Series
    rule: str
    notes: tuple[str, ...]

    @property
    def measured(self) -> pd.Series:
        """Return the areas of which people and replies are known, asked for or not."""
        return self.people.gt(0) & self.taken.notna()

    @property
    def usable(self) -> pd.Series:
        """Return the areas that get a quota."""
        return self.wanted & self.measured

    def title(self, field: str) -> str:
        """Return a field in words; that a group is counted in people goes without saying."""
        return self.compared.known.title(field).removesuffix(f" ({tr('people')})")

    @property
    def unit(self) -> str:
        """Return what the quotas are of: people or households."""
        return unit_of([self.population], self.compared.known)


def ground(
    areas: Areas, known: Known, asked: Asked, inherited: Mapping[str, Any], log: Log
) -> Ground:
    """Return what the quotas stand on, and say which fields were taken.

    Raises:
        InputError: where fields are not there, hold no usable numbers or do not fit together.
    """
    asked.check()
    names = [field.name() for field in areas.source.fields()]
    before = protected_before(inherited)
    observed = _observed(asked, names, before, known)
    population = _population(asked, names, known)
    if observed in (population, *asked.groups):
        raise InputError(
            tr("{field} cannot be both the replies and the people: choose another field.").format(
                field=observed
            )
        )
    _refuse_no_counts([population, *asked.groups, *filter(None, [observed])], known)
    _refuse_overlap(asked.groups, known)
    sent = _sent(asked.groups, names)
    used = list(dict.fromkeys([*filter(None, [observed]), population, *asked.groups, *sent]))
    true = read_counts(areas, used)
    fields = Fields(used[0], tuple(used[1:]), Measure("proportion", 100.0))
    compared = Compared(areas, known, fields, true)
    wanted, notes = _wanted(areas, asked, names, inherited)
    frame = true
    if asked.rule != "none":
        frame = _protected(_with_sum(compared, population, asked.groups), asked.rule, log)
    numbers = frame[used].astype(float)
    people = numbers[population]
    had = numbers[observed] if observed else None
    hidden = _hidden(had, true, observed, before, asked.rule)
    taken = people * 0 if had is None else had.where(~hidden, 0.0)
    made_of = [*filter(None, [observed]), population, *asked.groups]
    rule = asked.rule if asked.rule != "none" else _rule_before(made_of, before)
    group_had, unknown, told = _by_group(numbers, asked, observed, sent, names, before, taken)
    made = Ground(
        compared=compared,
        asked=asked,
        frame=frame,
        wanted=wanted,
        people=people,
        had=had,
        taken=taken,
        groups=numbers[list(asked.groups)],
        group_had=group_had,
        unknown=unknown,
        shares=_shares(areas, asked, frame, wanted, notes),
        population=population,
        observed=observed,
        hidden=hidden & wanted,
        rule=rule,
        notes=(*notes, *told),
    )
    _refuse_more_than_all(made)
    _refuse_nothing(made)
    _say(made, log)
    return made


# --- fields


def _observed(asked: Asked, names: Sequence[str], before: Mapping[str, str], known: Known) -> str:
    """Return the field of the replies: those protected by measurevoice, where they were."""
    if asked.observed:
        return asked.observed
    order = (OBSERVED, REPLIES) if OBSERVED in before else (REPLIES, OBSERVED)
    found = next((name for name in order if name in names), "")
    if not found and asked.parity and asked.total is None:
        raise InputError(
            tr(
                "OBSERVED_FIELD: the areas have no replies ({fields}), so nothing tells how many "
                "are missing. Count them (countresponses), or say with TOTAL how many to win."
            ).format(fields=", ".join(order))
        )
    return found


def _population(asked: Asked, names: Sequence[str], known: Known) -> str:
    """Return the field of the people: that which the groups are parts of, else adults first."""
    if asked.population:
        return asked.population
    parts = {name.split("_")[0] for name in asked.groups}
    for name in sorted(f"{part}_total" for part in parts):
        if name in names:
            return name
    by_share = {base for s in known.figures.shares if s.count in asked.groups for base in [s.base]}
    single = sorted(base[0] for base in by_share if len(base) == 1)
    found = next((name for name in (*single, *POPULATIONS) if name in names), "")
    if not found:
        raise InputError(
            tr(
                "POPULATION_FIELD: choose the field with the people the quotas are of, such as "
                "residents aged 16 and over. None of {fields} is on the areas."
            ).format(fields=", ".join(POPULATIONS))
        )
    return found


def _refuse_no_counts(fields: Sequence[str], known: Known) -> None:
    wrong = [
        name
        for name in fields
        if name in known.figures.no_counts or name.endswith(("_pct", "_pct_lo", "_pct_hi"))
    ]
    if wrong:
        raise InputError(
            tr("{fields}: shares, scores or ranks are no counts. Choose fields of counts.").format(
                fields=some(wrong)
            )
        )


def _refuse_overlap(groups: Sequence[str], known: Known) -> None:
    """Raise where a group is chosen together with a part of it."""
    chosen = set(groups)
    for whole, parts in known.figures.sums:
        both = sorted(chosen & set(parts))
        if whole in chosen and both:
            raise InputError(
                tr(
                    "GROUP_FIELDS: {whole} contains {parts}. Each person has to be in one group, "
                    "and in one only."
                ).format(whole=whole, parts=some(both))
            )


def _sent(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the fields of the replies of each group, and of those that say none.

    None where those of a group are not there.
    """
    fields = [f"{GROUP_OF_REPLIES}{name}" for name in groups]
    if not fields or not set(fields) <= set(names):
        return []
    return fields + [name for name in _unknowns(groups) if name in names]


def _unknowns(groups: Sequence[str]) -> list[str]:
    prefixes = dict.fromkeys(name.split("_")[0] for name in groups)
    return [f"{GROUP_OF_REPLIES}{prefix}_{UNKNOWN}_n" for prefix in prefixes]


def _wanted(
    areas: Areas, asked: Asked, names: Sequence[str], inherited: Mapping[str, Any]
) -> tuple[pd.Series, list[str]]:
    """Return the areas that quotas are asked for: all, or those in the top of the ranking."""
    import pandas as pd

    if not asked.top_only:
        return pd.Series(True, index=range(len(areas.ids))), []
    ranking = inherited.get("ranking") or {}
    if RANK not in names or "top" not in ranking:
        raise InputError(
            tr(
                "TOP_ONLY: the layer does not say which areas are in the top. Run "
                "findseldomheard on it first, or select the areas and leave TOP_ONLY out."
            )
        )
    if asked.rule != "none" and listing.tells_replies(areas, inherited, {}):
        raise InputError(
            tr(
                "TOP_ONLY: this ranking is made of replies as they were counted, and who is in its "
                "top tells small numbers of them. Hide the replies first: measurevoice with "
                "SUPPRESSION {rule}, then findseldomheard on its output. Or leave SUPPRESSION "
                "none, and keep the result inside."
            ).format(rule=asked.rule)
        )
    rank, top = numbers_of(areas, [RANK])[RANK], int(ranking["top"])
    wanted = rank.le(top)
    if not wanted.any():
        raise InputError(
            tr("TOP_ONLY: no area has a rank up to {top:,}; rank them again.").format(top=top)
        )
    text = tr("Only the {n:,} areas in the top {top:,} of the ranking have a quota.")
    if asked.parity and asked.total is None:
        text += " " + tr("What is missing there is measured against all areas of the layer.")
    return wanted, [text.format(n=int(wanted.sum()), top=top)]


def _shares(
    areas: Areas, asked: Asked, frame: pd.DataFrame, wanted: pd.Series, notes: list[str]
) -> pd.Series:
    """Return the share expected in each area, as it is shown; one half where nobody said it."""
    import pandas as pd

    if not asked.share:
        return pd.Series(HALF, index=wanted.index)
    shown = frame[[asked.share]] if asked.share in frame else numbers_of(areas, [asked.share])
    percent = shown[asked.share].astype(float)
    wrong = percent.notna() & ~percent.between(0, 100)
    if wrong.any():
        raise InputError(
            tr("SHARE_FIELD: {field} is not from 0 to 100 in {n:,} areas.").format(
                field=asked.share, n=int(wrong.sum())
            )
        )
    share = percent / 100
    missing = int((share.isna() & wanted).sum())
    if missing:
        notes.append(
            tr(
                "No expected share is known in {n:,} areas; 50 per cent is taken there, which asks "
                "for most replies."
            ).format(n=missing)
        )
    beyond = int(((share < SHARES[0]) | (share > SHARES[1])).sum())
    if beyond:
        notes.append(
            tr(
                "In {n:,} areas the expected share is below 1 or above 99 per cent; these are "
                "taken, as no share is known so well beforehand."
            ).format(n=beyond)
        )
    return share.clip(*SHARES).fillna(HALF)


# --- what is hidden


def _with_sum(compared: Compared, population: str, groups: Sequence[str]) -> Compared:
    """Return what is compared, knowing that the groups add up to the people where they do.

    Of a user's own counts no taxonomy says so, and a hidden group is all people less the others.
    """
    both = compared.true[[population, *groups]].dropna()
    people, parts = float(both[population].sum()), float(both[list(groups)].sum().sum())
    if not groups or abs(people - parts) > NOISE * people:
        return compared
    figures = compared.known.figures
    sums = (*figures.sums, (population, tuple(groups)))
    return replace(compared, known=replace(compared.known, figures=replace(figures, sums=sums)))


def _protected(compared: Compared, rule: str, log: Log) -> pd.DataFrame:
    """Return all counts of the layer as they may be shown; the sums of all areas are told too."""
    import pandas as pd

    parents = pd.Series("all", index=compared.true.index, dtype=object)
    return protected_counts(compared, rule, parents, log)


def _hidden(
    had: pd.Series | None,
    true: pd.DataFrame,
    observed: str,
    before: Mapping[str, str],
    rule: str,
) -> pd.Series:
    """Return the areas whose replies are hidden now, or were before."""
    import pandas as pd

    if had is None:
        return pd.Series(False, index=true.index)
    if observed in before:
        return had.isna()
    return had.isna() & true[observed].notna() if rule != "none" else had.isna() & False


def _rule_before(made_of: Sequence[str], before: Mapping[str, str]) -> str:
    """Return the rule that holds for the quotas; none where a count that makes them is open.

    Where most people are to be asked, the quota of a group is the number of its residents.
    """
    rules = [before.get(name, "none") for name in made_of]
    return "none" if "none" in rules else rules[0]


def _by_group(
    numbers: pd.DataFrame,
    asked: Asked,
    observed: str,
    sent: Sequence[str],
    names: Sequence[str],
    before: Mapping[str, str],
    taken: pd.Series,
) -> tuple[pd.DataFrame | None, pd.Series, list[str]]:
    """Return replies by group, those that say none, and why they are not used where they are not.

    All or none: quotas of some areas made with them and of others without could not be compared.
    """
    import pandas as pd

    nothing = pd.Series(0.0, index=numbers.index)
    if not asked.groups:
        return None, nothing, []
    plain = tr("So what an area has to win is shared out to its groups as its residents are.")
    if not sent:
        lost = [name for one in asked.groups if (name := f"{GROUP_OF_REPLIES}{one}") not in names]
        text = tr("Replies by group are not on the areas ({fields}).")
        return None, nothing, [f"{text.format(fields=some(lost, 5))} {plain}"]
    if asked.rule != "none" or {observed, *sent} & before.keys():
        text = tr("Replies by group are too few in an area to be shown, and not used.")
        return None, nothing, [f"{text} {plain}"]
    fields = sent[: len(asked.groups)]
    replies = numbers[fields].set_axis(list(asked.groups), axis=1)
    missing = replies.isna().any(axis=1) & taken.notna()
    if missing.any():
        text = tr("Replies by group are missing in {n:,} areas, so they are not used.")
        return None, nothing, [f"{text.format(n=int(missing.sum()))} {plain}"]
    unknown = numbers[list(sent[len(fields) :])]
    return replies, unknown.max(axis=1).fillna(0.0) if len(unknown.columns) else nothing, []


# --- what cannot be


def _refuse_more_than_all(made: Ground) -> None:
    """Raise where groups overlap, or are of other people."""
    if not len(made.groups.columns):
        return
    both = made.groups.notna().all(axis=1) & made.people.notna()
    found, everyone = float(made.groups[both].sum().sum()), float(made.people[both].sum())
    if found > (1 + MOST_OVER) * everyone:
        raise InputError(
            tr(
                "GROUP_FIELDS: {fields} add up to {found:,.10g}, but {name} is {all:,.10g}. Each "
                "person has to be in one group, and in one only."
            ).format(fields=some([*made.groups]), found=found, name=made.population, all=everyone)
        )


def _refuse_nothing(made: Ground) -> None:
    if not made.usable.any():
        raise InputError(
            tr(
                "No area has people ({people}) and, where replies are counted, a number of them: "
                "there is nothing to plan."
            ).format(people=made.population)
        )
    asked, had = made.asked, float(made.taken[made.measured].sum())
    if asked.parity and asked.total is None and not had > 0:
        raise InputError(
            tr(
                "{field}: nobody replied yet in these areas, or all replies are hidden, so nothing "
                "tells how many are missing. Say with TOTAL how many to win."
            ).format(field=made.observed)
        )


def _say(made: Ground, log: Log) -> None:
    log(
        tr("Quotas are of {title} ({field}).").format(
            title=made.title(made.population), field=made.population
        )
    )
    if made.observed:
        log(
            tr("Replies had: {title} ({field}).").format(
                title=made.title(made.observed), field=made.observed
            )
        )
    if made.unit != tr("people"):
        log(tr("Those are households: a household of five counts like one of one here."))
