"""The replies of a survey and the people they could have come from, as fields of the areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.areas import Areas
from ...layers.errors import InputError
from ...taxonomies.figures import Sum
from ..compare.benchmarks import Measure
from ..compare.counts import Compared, Fields, Known, read_counts, unit_of
from ..fields import area_named, known_figures, protected_before
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

REPLIES = "resp_total"
GROUP_OF_REPLIES = "resp_"  # fields of replies by group begin so
UNKNOWN = "unknown"  # the group of those who did not say
# who could have replied, the nearest to adults first
POPULATIONS = (
    *("barrier_activity_total", "lang_total", "barrier_age_total", "eth_total"),
    *("barrier_health_total", "barrier_disability_total", "eth_detail_total", "lang_speaks_total"),
)
OFF = 0.05  # share by which groups may miss what they should add up to


@dataclass(frozen=True)
class Survey:
    """Replies counted in areas, beside the people who could have sent them.

    Attributes:
        compared: the areas and their figures: the replies, and the residents, in one field or by
            group.
        sent: replies of each group in all areas together, by its field of residents; empty
            where nothing is standardised.
        prefix: of the groups, empty where there are none.
    """

    compared: Compared
    sent: Mapping[str, float]
    prefix: str = ""

    @property
    def observed(self) -> str:
        """Return the field of the replies."""
        return self.compared.fields.count

    @property
    def title(self) -> str:
        """Return what was counted, in words."""
        return self.compared.title

    @property
    def people(self) -> str:
        """Return who could have replied, in words."""
        if not self.sent:
            return self.compared.base_title
        return tr("residents in {n} groups of {prefix}").format(
            n=len(self.sent), prefix=self.prefix
        )

    @property
    def field_of_people(self) -> str:
        """Return the fields that say so."""
        return " + ".join(self.compared.fields.base)

    @property
    def unit(self) -> str:
        """Return what is counted there, people or households."""
        return unit_of(self.compared.fields.base, self.compared.known)


@dataclass(frozen=True)
class Wanted:
    """The fields that the user chose, empty where they are to be found."""

    observed: str
    population: str
    prefix: str


def surveyed(areas: Areas, known: Known, wanted: Wanted, log: Log, quiet: bool = False) -> Survey:
    """Return the survey that the fields of some areas hold, checked; say which fields were taken.

    Args:
        areas: as read.
        known: what is known about their fields.
        wanted: the fields that the user chose.
        log: takes what is said.
        quiet: say nothing that depends on counts which are to be hidden.

    Raises:
        InputError: where fields are not there, hold no usable numbers, or nobody replied.
    """
    names = [field.name() for field in areas.source.fields()]
    observed = _observed(wanted.observed, names, known, log)
    sums = known_figures(names, known.provenance).sums
    pairs = group_pairs(wanted.prefix, names, sums) if wanted.prefix else {}
    base = tuple(pairs.values()) or (_population(wanted.population, names, known, log),)
    if observed in base:
        raise InputError(
            tr("{field} cannot be both the replies and the people: choose another field.").format(
                field=observed
            )
        )
    compared = Compared(
        areas,
        known,
        Fields(observed, base, Measure("proportion", 100.0)),
        read_counts(areas, (observed, *base)),
    )
    _refuse_nothing(compared)
    _say_odd(compared, quiet, log)
    sent = _sent(areas, compared, pairs, wanted.prefix, names) if pairs else {}
    if sent:
        log(_standardised_in_words(compared, sent, quiet))
    survey = Survey(compared, sent, wanted.prefix)
    log(
        tr("Replies: {observed} ({title}). Who could have replied: {fields} ({people}).").format(
            observed=observed,
            title=survey.title,
            fields=some(list(base)),
            people=survey.people,
        )
    )
    if survey.unit != tr("people"):
        log(tr("Those are households: a household of five counts like one of one here."))
    return survey


def group_pairs(prefix: str, names: Sequence[str], sums: Sequence[Sum] = ()) -> dict[str, str]:
    """Return fields of replies by group to fields of residents of the same group.

    Of groups and the finer ones that they are the sum of, the finer where their residents are
    there too.

    Raises:
        InputError: where there are no such groups, or residents of some are not there.
    """
    start = f"{GROUP_OF_REPLIES}{prefix}_"
    groups = [
        name[len(start) : -len("_n")]
        for name in names
        if name.startswith(start) and name.endswith("_n") and len(name) > len(start) + len("_n")
    ]
    groups = [group for group in groups if group != UNKNOWN]
    if not groups:
        raise InputError(
            tr(
                "STANDARDISE: the areas have no replies by group for '{prefix}', fields such as "
                "{example}. countresponses makes them with GROUP_FIELD."
            ).format(prefix=prefix, example=f"{start}…_n")
        )
    pairs = {f"{start}{group}_n": f"{prefix}_{group}_n" for group in groups}
    for whole, parts in sums:
        if whole in pairs and len(parts) > 1 and pairs.keys() >= set(parts):
            finer = all(pairs[part] in names for part in parts)
            for one in (whole,) if finer else parts:
                del pairs[one]
    lost = [residents for residents in pairs.values() if residents not in names]
    if lost:
        raise InputError(
            tr(
                "STANDARDISE: the areas lack the residents of some groups that replied: {fields}. "
                "profileareas makes them, at the same LEVEL as the replies were counted."
            ).format(fields=some(lost))
        )
    return pairs


def _observed(chosen: str, names: Sequence[str], known: Known, log: Log) -> str:
    if not chosen and REPLIES in names:
        log(tr("OBSERVED_FIELD: {field}, found by its name.").format(field=REPLIES))
        return REPLIES
    if not chosen:
        raise InputError(
            tr(
                "OBSERVED_FIELD: the areas have no field {field}. Choose the field with the "
                "replies of each area; countresponses counts them."
            ).format(field=REPLIES)
        )
    return _no_share(chosen, "OBSERVED_FIELD", known)


def _population(chosen: str, names: Sequence[str], known: Known, log: Log) -> str:
    if chosen:
        return _no_share(chosen, "POPULATION_FIELD", known)
    found = next((name for name in POPULATIONS if name in names), "")
    if not found:
        raise InputError(
            tr(
                "POPULATION_FIELD: choose the field with the people who could have replied, such "
                "as residents aged 16 and over. None of {fields} is on the areas."
            ).format(fields=", ".join(POPULATIONS))
        )
    log(
        tr("POPULATION_FIELD: {field}, {title}; choose another where others were asked.").format(
            field=found, title=known.title(found)
        )
    )
    return found


def _no_share(field: str, parameter: str, known: Known) -> str:
    if field in known.figures.no_counts or field.endswith(("_pct", "_pct_lo", "_pct_hi")):
        raise InputError(
            tr("{parameter}: {field} is no count. Choose the field that counts them.").format(
                parameter=parameter, field=field
            )
        )
    return field


def _refuse_nothing(compared: Compared) -> None:
    """Raise where there is nothing to measure."""
    raw = compared.true[compared.fields.count]
    observed, people = compared.fields.pair(compared.true)
    if not raw.notna().any():
        raise InputError(
            tr("{field} is NULL in all areas: there are no replies to measure.").format(
                field=compared.fields.count
            )
        )
    if not people.gt(0).any():
        raise InputError(
            tr("No area has both {count} and {base} above 0: nothing can be expected.").format(
                count=compared.fields.count, base=some(list(compared.fields.base))
            )
        )
    if not observed.gt(0).any():
        raise InputError(
            tr("{field}: nobody replied in any area with people, so there is no rate.").format(
                field=compared.fields.count
            )
        )


def _say_odd(compared: Compared, quiet: bool, log: Log) -> None:
    """Say what is odd about the figures, and what is done with it."""
    fields, areas, frame = compared.fields, compared.areas, compared.true
    observed, people = frame[fields.count], frame[list(fields.base)].sum(axis=1, skipna=False)

    def named(rows: pd.Series) -> str:
        return some([area_named(areas, row) for row in frame.index[rows.to_numpy()]])

    lacking = observed.isna()
    if lacking.any():
        text = tr("{n} areas have no number of replies; NULL there, and no part of the rate: {a}.")
        log(text.format(n=int(lacking.sum()), a=named(lacking)))
    before = protected_before(compared.known.provenance).get(fields.count)
    if before:
        log(
            tr(
                "{field} was protected before by the rule {rule}. Areas whose replies are hidden "
                "are NULL; they are those with few, so all others look quieter than they are. "
                "Measure the true replies, with SUPPRESSION here."
            ).format(field=fields.count, rule=before)
        )
    empty = ~people.gt(0)
    if empty.any():
        text = tr("{n} areas have nobody, or no number of people; nothing is expected there: {a}.")
        log(text.format(n=int(empty.sum()), a=named(empty)))
        stray = float(observed[empty].sum())
        if stray:
            text = tr("{n} replies came from those areas; they are no part of the rate.")
            log(text.format(n=tr("Some") if quiet else f"{stray:,.10g}"))
    above = observed.gt(people) & people.gt(0)
    if above.any() and not quiet:
        log(
            tr(
                "{n} areas have more replies than {people}: {areas}. Somebody may reply twice or "
                "for others; check that replies and people are of the same places."
            ).format(n=int(above.sum()), people=" + ".join(fields.base), areas=named(above))
        )
    if (observed.dropna() % 1 != 0).any():
        log(tr("The replies are not whole numbers: weighted ones vary by more than chance alone."))


def _sent(
    areas: Areas,
    compared: Compared,
    pairs: Mapping[str, str],
    prefix: str,
    names: Sequence[str],
) -> dict[str, float]:
    """Return the replies of each group, of the areas that are measured, by field of residents."""
    observed, people = compared.fields.pair(compared.true)
    used = observed.notna()
    unknown = f"{GROUP_OF_REPLIES}{prefix}_{UNKNOWN}_n"
    more = [unknown] if unknown in names else []
    replies = read_counts(areas, [*pairs, *more])[used]
    sums = replies.sum()
    known, total = float(sums[list(pairs)].sum()), float(observed.sum())
    if not known:
        raise InputError(
            tr("STANDARDISE: no reply says which group it is from, in {fields}.").format(
                fields=some(list(pairs))
            )
        )
    _check_adds_up(float(sums.sum()), total, list(replies), compared.fields.count)
    whole = f"{prefix}_total"
    if whole in names:
        everyone = float(read_counts(areas, [whole])[whole][used].sum())
        _check_adds_up(float(people.sum()), everyone, list(pairs.values()), whole)
    return {residents: float(sums[field]) for field, residents in pairs.items()}


def _standardised_in_words(compared: Compared, sent: Mapping[str, float], quiet: bool) -> str:
    """Return what standardising does, and how many replies it rests on."""
    total = float(compared.fields.pair(compared.true)[0].sum())
    text = tr(
        "Standardised by {groups}: each group is expected to reply as it did in all areas "
        "together. {n} of {all} replies say the group; the others are taken to come from the "
        "groups in the same shares. What sets the groups apart is taken out of the ratios."
    )
    numbers = sum(sent.values()), total
    n, everyone = (tr("Some"), tr("all")) if quiet else (f"{one:,.10g}" for one in numbers)
    made = text.format(groups=some(list(sent)), n=n, all=everyone)
    silent = [residents for residents, replies in sent.items() if replies == 0]
    if silent:
        made += " " + tr(
            "Nobody replied of {silent}: nothing is expected of them anywhere, so this cannot tell "
            "that they were not heard (representation does)."
        ).format(silent=some(silent))
    return made


def _check_adds_up(found: float, whole: float, fields: Sequence[str], name: str) -> None:
    """Raise where groups overlap, or some are not there."""
    if abs(found - whole) > OFF * max(whole, 1):
        raise InputError(
            tr(
                "STANDARDISE: {fields} add up to {found:,.10g}, but {name} is {whole:,.10g}. Each "
                "person has to be in one group, and in one only."
            ).format(fields=some(list(fields)), found=found, name=name, whole=whole)
        )
