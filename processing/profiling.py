"""Published figures of the areas: each recognised table measured as its taxonomy says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..layers.errors import InputError
from ..taxonomies.catalogue import find
from ..taxonomies.model import STATISTIC_TITLES, Indicator, Taxonomy
from .crossing import told_as
from .indices import index_of, ingredients, made_of
from .inputs import Results, Source, read_together
from .messages import Log, some, tr
from .reading import Found
from .shares import Counted, counted

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas

DIMENSIONS = ("ethnicity", "deprivation", "prevalence", "language", "barriers")
LEVELS = ("group", "category")
RULES = ("none", "nhs", "ons10")
MOST_MISSED = 0.05  # of a total that its parts may miss
NOISE = 10  # people that published noise can shift in one small area


def profile(
    found: Sequence[Found],
    areas: Areas,
    *,
    level: str = "group",
    rule: str = "none",
    min_match: float,
    log: Log,
    wanted: Collection[str] | None = None,
    categories: str = "",
) -> Results:
    """Return the figures of all tables that describe areas, for the areas in their order.

    Args:
        found: recognised tables, lookups of smaller areas among them.
        areas: what they should describe.
        level: ``group``, or ``category`` for every detail.
        rule: how small counts are hidden.
        min_match: percent of areas that must find a row in each table.
        log: takes what is odd.
        wanted: the dimensions whose figures are made, all when left out; tables of others
            are read only where an index is made of them.
        categories: id of the taxonomy in whose categories compositions are told.
    """
    import pandas as pd

    nestings = [one for one in found if one.what.shape.role == "nesting"]
    kinds: dict[str, list[Found]] = {}
    for one in found:
        if one.taxonomy.kind in ("composition", "ranked"):
            kinds.setdefault(one.taxonomy.id, []).append(one)
    indices = [t for t in made_of(kinds) if wanted is None or t.dimension in wanted]
    needed = ingredients(kinds, wanted)
    results = Results(pd.DataFrame(index=range(len(areas.ids))))
    columns: dict[str, Any] = {}
    counts: dict[str, pd.DataFrame] = {}
    for together in kinds.values():
        taxonomy = together[0].taxonomy
        asked = wanted is None or taxonomy.dimension in wanted
        if not asked and taxonomy.id not in needed:
            continue
        table, note = read_together(together, areas, min_match, log, nestings)
        name = ", ".join(one.table.name for one in together)
        job = _Job(taxonomy, name, table, areas.codes, level, rule, results.aliases, log)
        if taxonomy.kind == "ranked":
            made = _ranked(job)
        else:
            count = _counted(job, together, categories)
            counts[taxonomy.id] = count.table
            made = _composition(job, count) if asked else {}
            note = " ".join(text for text in (note, *count.notes) if text)
        if asked:
            _refuse_twice(columns, made, taxonomy)
            # by position: areas without a code share the same missing label
            columns.update({name: values.array for name, values in made.items()})
            hidden = rule if taxonomy.kind == "composition" else None
            source = Source(taxonomy.name, taxonomy.attribution, tuple(made), hidden, note)
            results.sources.append(source)
    for index in indices:
        made = index_of(index, counts, rule, results.aliases, log)
        columns.update({name: values.array for name, values in made.items()})
        parts = [find(v["taxonomy"]).name for v in index.raw["variables"]]
        note = tr("{title}: made here of {parts}, over the areas loaded.").format(
            title=index.title, parts=some(parts)
        )
        results.sources.append(Source(index.name, index.attribution, tuple(made), None, note))
    results.frame = pd.DataFrame(columns, index=results.frame.index, copy=False)
    return results


@dataclass(frozen=True)
class _Job:
    """One recognised table, and what is asked of it; takes the aliases of its fields."""

    taxonomy: Taxonomy
    file: str
    table: pd.DataFrame
    codes: pd.Series
    level: str
    rule: str
    aliases: dict[str, str]
    log: Log


def _refuse_twice(columns: Collection[str], made: Collection[str], taxonomy: Taxonomy) -> None:
    both = sorted(set(columns) & set(made))
    if both:
        raise InputError(
            tr(
                "Two tables give the same figures ({fields}); one of them is {title}. Give one "
                "edition at a time."
            ).format(fields=some(both, 4), title=taxonomy.name)
        )


def _counted(job: _Job, together: Sequence[Found], categories: str) -> Counted:
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


def _composition(job: _Job, count: Counted) -> dict[str, pd.Series]:
    from ..methods.disclosure import protect

    job, counts = replace(job, taxonomy=count.taxonomy), count.table
    taxonomy = job.taxonomy
    total = taxonomy.raw["total"]
    columns: dict[str, pd.Series] = {}
    if not count.shares_only:
        columns[taxonomy.field(total["field"])] = protect(counts["total"], job.rule)
        job.aliases[taxonomy.field(total["field"])] = tr(total["title"])
    skipped = []
    for indicator in _indicators(taxonomy, job.level):
        if indicator.uses <= set(counts.columns):
            if indicator.measure == "share":
                columns.update(_share(job, indicator, count))
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
    return {name: _whole(values, name, count.derived) for name, values in columns.items()}


def _share(job: _Job, indicator: Indicator, count: Counted) -> dict[str, pd.Series]:
    from ..methods.composition import share_columns, sum_of

    options, counts = indicator.options, count.table
    number = sum_of(counts, options["numerator"], options.get("minus", ()))
    over = sum_of(counts, options["over"]) if "over" in options else counts["total"]
    # without counts there is no interval: a share says nothing of how many it was taken from
    asked = ("pct",) if count.shares_only else indicator.statistics
    statistics = [name for name in asked if name in indicator.statistics]
    shares = share_columns(number, over, statistics, job.rule)
    households = "household" in job.taxonomy.base
    columns = {}
    for statistic, values in shares.items():
        name = job.taxonomy.field(indicator.id, statistic)
        columns[name] = values
        job.aliases[name] = _alias(indicator, statistic, households, count.derived)
    return columns


def _structure(job: _Job, indicator: Indicator, counts: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the diversity of the groups, or the name of the largest."""
    from ..methods.composition import diversity, largest
    from ..methods.disclosure import protect

    over = indicator.options.get("over", job.taxonomy.groups)
    groups = counts[[name for name in over if name in counts]].apply(protect, rule=job.rule)
    name = job.taxonomy.field(indicator.id)
    job.aliases[name] = tr(indicator.title)
    if indicator.measure == "diversity":
        return {name: diversity(groups)}
    return {name: largest(groups, {c.id: c.title for c in job.taxonomy.columns})}


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
    from ..methods.composition import shortfall

    if taxonomy.partial:
        return
    groups = [group for group in taxonomy.groups if group in counts.columns]
    missed = shortfall(counts, groups).abs()
    total = counts["total"]
    known = missed.notna()
    if not (missed > 0).any():
        return
    share = missed[known].sum() / max(total[known].sum(), 1)
    wrong = (missed > NOISE) & (missed > MOST_MISSED * total)
    if share > MOST_MISSED or wrong.any():
        where = list(missed.index[wrong]) or list(missed.sort_values(ascending=False).index[:5])
        raise InputError(
            tr(
                "{table} ({title}): the categories miss their total by more than 5 % in {areas}. A "
                "column may be missing, doubled or a percentage; download the table again."
            ).format(table=name, title=taxonomy.name, areas=some(where))
        )
    log(
        tr(
            "{title}: in {n:,} areas the categories miss their total, by {most:g} at most and "
            "{share:.2f} % in all; the publisher's noise does that."
        ).format(
            title=taxonomy.name, n=int((missed > 0).sum()), most=missed.max(), share=100 * share
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
            Indicator(c.id, c.label, "share", ("n", "pct"), "none", {"numerator": [c.id]})
            for c in finest
            if c.id not in have
        ),
    ]


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


def _ranked(job: _Job) -> dict[str, pd.Series]:
    taxonomy, number = job.taxonomy, job.taxonomy.raw["areas_ranked"]
    national = len(job.table) >= number
    ranked = job.table if national else job.table[job.table.index.isin(job.codes)]
    columns: dict[str, pd.Series] = {}
    made: dict[str, pd.Series] = {}
    _refuse_ranks(job, number)
    for indicator in taxonomy.indicators:
        if indicator.detailed and job.level != "category":
            continue
        values = _ranked_measure(indicator, ranked, made, number)
        if values is None:
            continue
        made[indicator.id] = values
        name = taxonomy.field(indicator.id)
        columns[name] = _banded(values.reindex(job.codes), name)
        job.aliases[name] = tr(indicator.title)
        if indicator.measure == "band":
            _compare(taxonomy, indicator, ranked, values, job.log)
        elif indicator.measure == "band_of_score":
            nation = tr(taxonomy.raw["nation"])
            which = tr("all of {nation}") if national else tr("those loaded, not {nation}")
            among = tr("ranked among {n:,} areas: {which}").format(
                n=int(values.notna().sum()), which=which.format(nation=nation)
            )
            job.aliases[name] = f"{tr(indicator.title)}, {among}"
            job.log(f"{tr(indicator.title)}: {among}.")
    return columns


def _refuse_ranks(job: _Job, number: int) -> None:
    """Raise for ranks that are none: the publisher's scores have the same headings."""
    used = [
        i.options for i in job.taxonomy.indicators if "bands" in i.options or i.options.get("whole")
    ]
    for name in {o["column"] for o in used if o.get("column") in job.table}:
        values = job.table[name].dropna()
        whole = any(o.get("whole") for o in used if o.get("column") == name)
        wrong = values[(values < 1) | (values > number) | (whole & (values % 1 != 0))]
        if len(wrong):
            raise InputError(
                tr(
                    "{table}: '{heading}' holds {value:g} for {code}, which is no rank among {n:,} "
                    "areas. Is this the file of scores? Use the file of ranks."
                ).format(
                    table=job.file,
                    heading=job.taxonomy.column(name).label,
                    value=wrong.iloc[0],
                    code=wrong.index[0],
                    n=number,
                )
            )


def _ranked_measure(
    indicator: Indicator, table: pd.DataFrame, made: dict[str, pd.Series], number: int
) -> pd.Series | None:
    """Return one figure of a ranked index for the rows of its table, None if it has none.

    ``made`` holds the figures before it, by the ids of their indicators.
    """
    from ..methods.deprivation import band, rank_descending, weighted_score

    options = indicator.options
    column, weights = options.get("column"), options.get("weights", {})
    if indicator.measure == "band_of_score":
        score = made.get(options["score"])
        known = 0 if score is None else int(score.notna().sum())
        return band(rank_descending(score), options["bands"], known) if known else None
    if not {*weights, *([column] if column else [])} <= set(table.columns):
        return table.get(options.get("published"))
    if indicator.measure == "value":
        return table[column]
    if indicator.measure == "weighted_ranks":
        return weighted_score(table[list(weights)], weights, number)
    computed = band(table[column], options["bands"], number)
    if indicator.measure == "in_first_band":
        return (computed == 1).astype(float).where(computed.notna())
    published = table.get(options.get("published"))
    return computed if published is None else computed.where(computed.notna(), published)


def _banded(values: pd.Series, name: str) -> pd.Series:
    whole = name.endswith(("_rank", "_decile", "_quintile", "_core20"))
    return values.astype("Int64") if whole else values


def _compare(
    taxonomy: Taxonomy, indicator: Indicator, table: pd.DataFrame, band: pd.Series, log: Log
) -> None:
    """Log where the published band is another than the one its rank gives."""
    published = table.get(indicator.options.get("published"))
    if published is None:
        return
    other = (band != published) & band.notna() & published.notna()
    if other.any():
        log(
            tr("{title}: the published value of {n} areas is another than its rank gives.").format(
                title=f"{taxonomy.name}, {tr(indicator.title)}", n=int(other.sum())
            )
        )
