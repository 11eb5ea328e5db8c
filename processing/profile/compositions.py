"""Counts of categories made into shares, their limits, diversity and the largest group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.figures import figures_among
from ...taxonomies.model import STATISTIC_TITLES, Indicator, Taxonomy
from ..job import Job
from ..messages import Log, some, tr
from ..reading import Found
from .crossing import told_as
from .shares import Counted, counted

if TYPE_CHECKING:
    import pandas as pd

    Parts = tuple[pd.Series, pd.Series]  # a count, and what it is a share of

MOST_MISSED = 0.05  # of a total that its parts may miss
MOST_UNSAID = 0.5  # of a total, of people whose answer may be unknown
NOISE = 10  # people that published noise can shift in one small area


def counts_of(job: Job, together: Sequence[Found], categories: str) -> Counted:
    """Return the counts of a composition, whole and checked, in the categories asked for."""
    units = {one.what.unit for one in together}
    if len(units) > 1:
        raise InputError(
            tr("{table}: some of these give counts and some shares; give one kind.").format(
                table=job.file
            )
        )
    table = job.table.reindex(job.codes)
    count = counted(job.taxonomy, table, units.pop(), job.file, job.rule, job.log)
    whole = completed(job.taxonomy, count.table, job.log)
    if not count.shares_only and not count.derived:
        check_parts(job.taxonomy, whole, job.file, job.log)
    count = replace(count, table=whole)
    if categories and categories != job.taxonomy.id:
        count = told_as(count, categories, job.log)
    return count


def composition_fields(job: Job, count: Counted) -> dict[str, pd.Series]:
    job, counts = replace(job, taxonomy=count.taxonomy), count.table
    taxonomy = job.taxonomy
    total = taxonomy.raw["total"]
    columns: dict[str, pd.Series] = {}
    made_of: dict[str, Parts] = {}
    if not count.shares_only:
        columns[taxonomy.field(total["field"])] = counts["total"]
        job.aliases[taxonomy.field(total["field"])] = tr(total["title"])
    skipped = []
    for indicator in _indicators(taxonomy, job.level):
        if indicator.uses <= set(counts.columns):
            if indicator.measure == "share":
                parts = _parts(indicator, counts)
                made_of[taxonomy.field(indicator.id, "pct")] = parts
                columns.update(_share(job, indicator, count, parts))
            else:
                columns.update(_structure(job, indicator, counts))
        else:
            skipped.append(indicator.title)
    if skipped:
        job.log(
            tr("{title}: not in this table, so left out: {figures}.").format(
                title=taxonomy.name, figures=some(skipped, 8)
            )
        )
    if job.rule != "none":
        columns = _protected(job, columns, made_of, counts)
    return {name: _whole(values, name, count.derived) for name, values in columns.items()}


def _protected(
    job: Job, columns: dict[str, pd.Series], made_of: dict[str, Parts], counts: pd.DataFrame
) -> dict[str, pd.Series]:
    """Return the fields of a composition made safe together, and log what was hidden.

    Figures made of counts that are no fields show these too, so they are protected with the
    others.
    """
    import pandas as pd

    from ..hiding.protection import blank_in_words, hidden_in_words, protect_figures, without_parts

    figures = figures_among(columns, [job.taxonomy])
    cells = {name: columns[name] for name in figures.counts}
    shares, structures = [], []
    for share in figures.shares:
        names = [share.count, *share.base[:1]] if share.base else [share.count, ""]
        for at, (name, values) in enumerate(zip(names, made_of[share.field])):
            if not name:
                same = (known for known, cell in cells.items() if cell.equals(values))
                names[at] = next(same, f"{share.field} ({at})")
                cells.setdefault(names[at], values)
        base = share.base if len(share.base) > 1 else (names[1],)
        shares.append(replace(share, count=names[0], base=base))
    for one in figures.structures:
        names = _groups(job.taxonomy, _of_field(job.taxonomy, one.field), counts)
        groups = {job.taxonomy.field(n, "n"): job.taxonomy.column(n).title for n in names}
        for name, field in zip(names, groups):
            cells.setdefault(field, counts[name])
        structures.append(replace(one, groups=groups))
    figures = replace(
        figures, counts=tuple(cells), shares=tuple(shares), structures=tuple(structures)
    )
    frame = pd.DataFrame({**columns, **cells})
    safe = protect_figures(frame, figures, job.rule)
    shown = safe.of(name for name in cells if name in columns)
    for line in hidden_in_words(shown, job.rule):
        job.log(f"{job.taxonomy.name}: {line}")
    blank = without_parts(frame, figures)
    if blank:
        job.log(f"{job.taxonomy.name}: {blank_in_words(blank)}")
    return {name: safe.frame[name] for name in columns}


def _parts(indicator: Indicator, counts: pd.DataFrame) -> Parts:
    """Return the count of a share, and what it is of."""
    from ...methods.composition import sum_of

    options = indicator.options
    number = sum_of(counts, options["numerator"], options.get("minus", ()))
    return number, sum_of(counts, options["over"]) if "over" in options else counts["total"]


def _share(job: Job, indicator: Indicator, count: Counted, parts: Parts) -> dict[str, pd.Series]:
    from ...methods.composition import share_columns

    # without counts there is no interval: a share says nothing of how many it was taken from
    asked = ("pct",) if count.shares_only else indicator.statistics
    statistics = [name for name in asked if name in indicator.statistics]
    shares = share_columns(*parts, statistics)
    households = "household" in job.taxonomy.base
    columns = {}
    for statistic, values in shares.items():
        name = job.taxonomy.field(indicator.id, statistic)
        columns[name] = values
        job.aliases[name] = _alias(indicator, statistic, households, count.derived)
    return columns


def _structure(job: Job, indicator: Indicator, counts: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the diversity of the groups, or the name of the largest."""
    from ...methods.composition import diversity, largest

    groups = counts[_groups(job.taxonomy, indicator, counts)]
    name = job.taxonomy.field(indicator.id)
    job.aliases[name] = tr(indicator.title)
    if indicator.measure == "diversity":
        return {name: diversity(groups)}
    return {name: largest(groups, {c.id: c.title for c in job.taxonomy.columns})}


def _groups(taxonomy: Taxonomy, indicator: Indicator, counts: pd.DataFrame) -> list[str]:
    """Return the columns that a diversity or a largest group is made of."""
    return [name for name in indicator.options.get("over", taxonomy.groups) if name in counts]


def _of_field(taxonomy: Taxonomy, field: str) -> Indicator:
    return next(one for one in taxonomy.indicators if taxonomy.field(one.id) == field)


def completed(taxonomy: Taxonomy, counts: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Return the counts with groups and total made from their parts where a table has none."""
    counts = counts.copy()
    for group in () if taxonomy.partial else taxonomy.parents:
        children = [
            c for c in taxonomy.children(group) if c in counts or c not in taxonomy.optional
        ]
        if group not in counts and children and set(children) <= set(counts):
            counts[group] = counts[children].sum(axis=1, skipna=False)
    if "total" not in counts.columns:
        groups = [group for group in taxonomy.groups if group in counts.columns]
        counts["total"] = counts[groups].sum(axis=1, skipna=False)
        log(
            tr("{title}: the table has no total; it is the sum of the categories.").format(
                title=taxonomy.name
            )
        )
    return counts


def check_parts(taxonomy: Taxonomy, counts: pd.DataFrame, name: str, log: Log) -> None:
    """Log how far parts miss their total; more than noise is an error."""
    from ...methods.composition import shortfall

    if taxonomy.partial:
        return
    _check_groups(taxonomy, counts, name)
    groups = [group for group in taxonomy.groups if group in counts.columns]
    missed = shortfall(counts, groups).abs()
    total = counts["total"]
    known = missed.notna()
    if not (missed > 0).any():
        return
    share = missed[known].sum() / max(total[known].sum(), 1)
    wrong = (missed > NOISE) & (missed > MOST_MISSED * total)
    unsaid = taxonomy.optional - set(counts.columns)
    wrong = wrong & (missed > MOST_UNSAID * total) if unsaid else wrong
    if share > (MOST_UNSAID if unsaid else MOST_MISSED) or wrong.any():
        where = list(missed.index[wrong]) or list(missed.sort_values(ascending=False).index[:5])
        raise InputError(
            tr(
                "{table} ({title}): the categories miss their total by more than {most:g} % in "
                "{areas}. A column may be missing, doubled or a percentage; or the taxonomy, "
                "if it is your own, leaves categories out."
            ).format(
                table=name,
                title=taxonomy.name,
                areas=some(where),
                most=100 * (MOST_UNSAID if unsaid else MOST_MISSED),
            )
        )
    log(
        tr(
            "{title}: in {n:,} areas the categories miss their total, by {most:g} at most and "
            "{share:.2f} % in all; {why}."
        ).format(
            title=taxonomy.name,
            n=int((missed > 0).sum()),
            most=missed.max(),
            share=100 * share,
            why=tr("those who did not say are in the total alone")
            if unsaid
            else tr("the publisher's noise does that"),
        )
    )


def _check_groups(taxonomy: Taxonomy, counts: pd.DataFrame, name: str) -> None:
    """Raise where the parts of a group miss it by more than noise: a column may be wrong."""
    from ...methods.composition import shortfall

    for group in taxonomy.parents:
        parts = taxonomy.children(group)
        if group in counts and set(parts) <= set(counts):
            missed = shortfall(counts, parts, group).abs()
            wrong = (missed > NOISE) & (missed > MOST_MISSED * counts[group])
            if wrong.any():
                raise InputError(
                    tr(
                        "{table} ({title}): the parts of '{group}' miss it by more than 5 % in "
                        "{areas}. A column may be missing, doubled or of something else."
                    ).format(
                        table=name,
                        title=taxonomy.name,
                        group=taxonomy.column(group).title,
                        areas=some(list(missed.index[wrong])),
                    )
                )


def _indicators(taxonomy: Taxonomy, level: str) -> list[Indicator]:
    """Return the taxonomy's indicators, and at level 'category' a share for each category."""
    if level != "category":
        return [indicator for indicator in taxonomy.indicators if not indicator.detailed]
    have = {indicator.id for indicator in taxonomy.indicators}
    finest = [taxonomy.column(identifier) for identifier in taxonomy.leaves]
    return [
        *taxonomy.indicators,
        *(
            Indicator(c.id, c.label, "share", ("n", "pct"), "none", _of_its_group(taxonomy, c.id))
            for c in finest
            if c.id not in have
        ),
    ]


def _of_its_group(taxonomy: Taxonomy, category: str) -> dict[str, list[str]]:
    """Return how the share of a category is made: over what the share of its group is over."""
    options = {"numerator": [category]}
    group = taxonomy.column(category).parent
    over = [
        i.options["over"]
        for i in taxonomy.indicators
        if i.options.get("numerator") == [group] and "over" in i.options
    ]
    return {**options, "over": over[0]} if over else options


def _alias(indicator: Indicator, statistic: str, households: bool, derived: bool) -> str:
    what = STATISTIC_TITLES[statistic]
    if statistic == "n" and households:
        what = "households"
    text = tr(what)
    if statistic == "n" and derived:
        text += ", " + tr("derived from published percentages")
    return f"{tr(indicator.title)} ({text})"


def _whole(values: pd.Series, name: str, derived: bool = False) -> pd.Series:
    """Return counts as whole numbers that may be missing; other figures as they are."""
    import pandas as pd

    counted = name.endswith(("_n", "_total"))
    if not counted or not pd.api.types.is_float_dtype(values.dtype):
        return values
    values = values.round() if derived else values
    fraction = values.dropna() % 1
    return values if (fraction != 0).any() else values.astype("Int64")
