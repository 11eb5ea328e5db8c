"""Indices made here from several census tables, such as Townsend's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..taxonomies.catalogue import catalogue, find
from ..taxonomies.model import Taxonomy
from .messages import Log, tr

if TYPE_CHECKING:
    import pandas as pd


def made_of(tables: Collection[str]) -> list[Taxonomy]:
    """Return the indices all of whose tables are there; ``tables`` are ids of taxonomies."""
    return [
        taxonomy
        for taxonomy in catalogue()
        if taxonomy.kind == "index"
        and {variable["taxonomy"] for variable in taxonomy.raw["variables"]} <= set(tables)
    ]


def ingredients(tables: Collection[str], wanted: Collection[str] | None) -> set[str]:
    """Return the ids of the tables that indices of the wanted dimensions are made of."""
    made = [t for t in made_of(tables) if wanted is None or t.dimension in wanted]
    return {variable["taxonomy"] for index in made for variable in index.raw["variables"]}


def index_of(
    index: Taxonomy,
    counts: Mapping[str, pd.DataFrame],
    rule: str,
    aliases: dict[str, str],
    log: Log,
) -> dict[str, pd.Series]:
    """Return the figures of an index over the areas loaded, from protected counts."""
    import pandas as pd

    from ..methods.composition import share_columns, sum_of
    from ..methods.deprivation import band, rank_descending, sum_of_z

    shares = {}
    for variable in index.raw["variables"]:
        table = counts[variable["taxonomy"]]
        count = sum_of(table, variable["numerator"], variable.get("minus", ()))
        over = sum_of(table, variable["over"]) if "over" in variable else table["total"]
        shares[variable["id"]] = share_columns(count, over, ["pct"], rule)["pct"].array
    frame = pd.DataFrame(shares)
    logged = [v["id"] for v in index.raw["variables"] if v.get("transform") == "log1p"]
    made: dict[str, pd.Series] = {}
    for indicator in index.indicators:
        if indicator.measure == "sum_of_z":
            values = sum_of_z(frame, logged)
        else:
            score = made[indicator.options["score"]]
            known = int(score.notna().sum())
            values = band(rank_descending(score), indicator.options["bands"], known)
            values = values.astype("Int64")
        made[indicator.id] = values
        aliases[index.field(indicator.id)] = tr(indicator.title)
    known = frame.notna().all(axis=1)
    log(
        tr("{title}: made of {names} over {n:,} areas loaded.").format(
            title=index.name,
            names="; ".join(find(v["taxonomy"]).raw["table"] for v in index.raw["variables"]),
            n=int(known.sum()),
        )
    )
    return {index.field(name): values for name, values in made.items()}
