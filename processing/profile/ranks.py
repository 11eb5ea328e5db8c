"""Scores, ranks and bands of an index of deprivation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...taxonomies.model import Indicator, Taxonomy
from ..job import Job
from ..messages import Log, tr

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
            among = _among(job, indicator, values)
            job.aliases[name] = f"{tr(indicator.title)}, {among}"
            job.log(f"{tr(indicator.title)}: {among}.")
    return columns


def _among(job: Job, indicator: Indicator, values: pd.Series) -> str:
    """Return among which areas the bands of a score were cut, for people."""
    nation, known = tr(job.taxonomy.raw["nation"]), int(values.notna().sum())
    if _by_cut_points(indicator.options, known, job.taxonomy.raw["areas_ranked"]):
        return tr("national ({nation}), by the cut points of the edition").format(nation=nation)
    whole = len(job.table) >= job.taxonomy.raw["areas_ranked"]
    which = tr("all of {nation}") if whole else tr("those loaded, not {nation}")
    return tr("ranked among {n:,} areas: {which}").format(
        n=known, which=which.format(nation=nation)
    )


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
    from ...methods.deprivation import band, weighted_score

    options = indicator.options
    column, weights = options.get("column"), options.get("weights", {})
    if indicator.measure == "band_of_score":
        return _band_of_score(made.get(options["score"]), options, number)
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


def _band_of_score(
    score: pd.Series | None, options: Mapping[str, Any], number: int
) -> pd.Series | None:
    """Return bands of the nation where all of it or its cut points are known, else of the areas."""
    from ...methods.deprivation import band, band_of_score, rank_descending

    if score is None:
        return None
    known = int(score.notna().sum())
    if _by_cut_points(options, known, number):
        return band_of_score(score, options["cut_points"]["scores"]) if known else None
    enough = known >= options["bands"]  # of fewer, no area could be in the first band
    return band(rank_descending(score), options["bands"], known) if enough else None


def _by_cut_points(options: Mapping[str, Any], known: int, number: int) -> bool:
    """Where all of the nation is known, ranking it is the definition and needs no cut points."""
    return "cut_points" in options and known < number


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
