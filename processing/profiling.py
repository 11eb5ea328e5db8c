"""Published figures of the areas: each recognised table measured as its taxonomy says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..layers.errors import InputError
from ..taxonomies.model import STATISTIC_TITLES, Indicator, Taxonomy
from .inputs import Found, Log, Results, Source, read_together
from .messages import some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas

DIMENSIONS = ("ethnicity", "deprivation", "prevalence", "language")
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
) -> Results:
    """Return the figures of all tables that describe areas, for the areas in their order."""
    import pandas as pd

    kinds: dict[str, list[Found]] = {}
    for one in found:
        kinds.setdefault(one.taxonomy.id, []).append(one)
    results = Results(pd.DataFrame(index=range(len(areas.ids))))
    columns: dict[str, Any] = {}
    for together in kinds.values():
        taxonomy = together[0].taxonomy
        job = _Job(
            taxonomy,
            ", ".join(one.table.name for one in together),
            read_together(together, areas, min_match, log),
            areas.codes,
            level,
            rule,
            results.aliases,
            log,
        )
        made = _composition(job) if taxonomy.kind == "composition" else _ranked(job)
        _refuse_twice(columns, made, taxonomy)
        # by position: areas without a code share the same missing label
        columns.update({name: values.array for name, values in made.items()})
        hidden = rule if taxonomy.kind == "composition" else None
        results.sources.append(Source(taxonomy.name, taxonomy.attribution, tuple(made), hidden))
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


def _composition(job: _Job) -> dict[str, pd.Series]:
    from ..methods.disclosure import protect

    taxonomy = job.taxonomy
    counts = completed(taxonomy, job.table.reindex(job.codes), job.log)
    check_parts(taxonomy, counts, job.file, job.log)
    total = taxonomy.raw["total"]
    columns = {taxonomy.field(total["field"]): protect(counts["total"], job.rule)}
    job.aliases[taxonomy.field(total["field"])] = tr(total["title"])
    skipped = []
    for indicator in _indicators(taxonomy, job.level):
        used = [*indicator.options.get("numerator", ()), *indicator.options.get("minus", ())]
        if set(used) <= set(counts.columns):
            measure = _share if indicator.measure == "share" else _structure
            columns.update(measure(job, indicator, counts))
        else:
            skipped.append(indicator.title)
    if skipped:
        job.log(
            tr("{title}: not in this table, so left out: {figures}.").format(
                title=taxonomy.name, figures="; ".join(skipped)
            )
        )
    return {name: _whole(values, name) for name, values in columns.items()}


def _share(job: _Job, indicator: Indicator, counts: pd.DataFrame) -> dict[str, pd.Series]:
    from ..methods.composition import share_columns, sum_of

    options = indicator.options
    count = sum_of(counts, options["numerator"], options.get("minus", ()))
    shares = share_columns(count, counts["total"], indicator.statistics, job.rule)
    households = "household" in job.taxonomy.base
    columns = {}
    for statistic, values in shares.items():
        name = job.taxonomy.field(indicator.id, statistic)
        columns[name] = values
        job.aliases[name] = _alias(indicator, statistic, households)
    return columns


def _structure(job: _Job, indicator: Indicator, counts: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the diversity of the groups, or the name of the largest."""
    from ..methods.composition import diversity, largest
    from ..methods.disclosure import protect

    groups = counts[job.taxonomy.groups].apply(protect, rule=job.rule)
    name = job.taxonomy.field(indicator.id)
    job.aliases[name] = tr(indicator.title)
    if indicator.measure == "diversity":
        return {name: diversity(groups)}
    return {name: largest(groups, {c.id: c.title for c in job.taxonomy.columns})}


def completed(taxonomy: Taxonomy, counts: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Return the counts with groups and total made from their parts where a table has none."""
    counts = counts.copy()
    for group in taxonomy.groups:
        children = taxonomy.children(group)
        if group not in counts.columns:
            counts[group] = counts[children].sum(axis=1, skipna=False)
    if "total" not in counts.columns:
        counts["total"] = counts[taxonomy.groups].sum(axis=1, skipna=False)
        log(
            tr("{title}: the table has no total; it is the sum of the categories.").format(
                title=taxonomy.name
            )
        )
    return counts


def check_parts(taxonomy: Taxonomy, counts: pd.DataFrame, name: str, log: Log) -> None:
    """Log how far parts miss their total; more than noise is an error."""
    from ..methods.composition import shortfall

    missed = shortfall(counts, taxonomy.groups).abs()
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
        return list(taxonomy.indicators)
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


def _alias(indicator: Indicator, statistic: str, households: bool) -> str:
    what = STATISTIC_TITLES[statistic]
    if statistic == "n" and households:
        what = "households"
    return f"{tr(indicator.title)} ({tr(what)})"


def _whole(values: pd.Series, name: str) -> pd.Series:
    """Return counts as whole numbers that may be missing; other figures as they are."""
    import pandas as pd

    counted = name.endswith(("_n", "_total"))
    if not counted or not pd.api.types.is_float_dtype(values.dtype):
        return values
    fraction = values.dropna() % 1
    return values if (fraction != 0).any() else values.astype("Int64")


def _ranked(job: _Job) -> dict[str, pd.Series]:
    taxonomy, number = job.taxonomy, job.taxonomy.raw["areas_ranked"]
    national = len(job.table) >= number
    ranked = job.table if national else job.table[job.table.index.isin(job.codes)]
    columns: dict[str, pd.Series] = {}
    made: dict[str, pd.Series] = {}
    for indicator in taxonomy.indicators:
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
            which = tr("all of England") if national else tr("those loaded, not England")
            among = tr("ranked among {n:,} areas: {which}").format(
                n=int(values.notna().sum()), which=which
            )
            job.aliases[name] = f"{tr(indicator.title)}, {among}"
            job.log(f"{tr(indicator.title)}: {among}.")
    return columns


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
