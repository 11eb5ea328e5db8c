"""Scores, ranks and bands of an index of deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layers.errors import InputError
from ..taxonomies.model import Indicator, Taxonomy
from .job import Job
from .messages import Log, tr

if TYPE_CHECKING:
    import pandas as pd


def ranked_fields(job: Job) -> dict[str, pd.Series]:
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


def _refuse_ranks(job: Job, number: int) -> None:
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
        enough = known >= options["bands"]  # of fewer, no area could be in the first band
        return band(rank_descending(score), options["bands"], known) if enough else None
    if not {*weights, *([column] if column else [])} <= set(table.columns):
        return table.get(options.get("published"))
    if indicator.measure == "value":
        return table[column]
    if indicator.measure == "weighted_ranks":
        return weighted_score(table[list(weights)], weights, number)
    computed = band(table[column], options["bands"], number, options.get("edges") == "rounded")
    if indicator.measure == "in_first_band":
        return (computed == 1).astype(float).where(computed.notna())
    published = table.get(options.get("published"))
    return computed if published is None else published.where(published.notna(), computed)


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
