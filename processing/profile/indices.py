"""Indices made here from several census tables, such as Townsend's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ...taxonomies.catalogue import catalogue, find
from ...taxonomies.model import Taxonomy
from ..messages import Log, tr

if TYPE_CHECKING:
    import pandas as pd


def made_of(
    tables: Collection[str], wanted: Collection[str], known: Sequence[Taxonomy] = ()
) -> list[Taxonomy]:
    """Return the indices of the wanted dimensions all of whose tables are there.

    Args:
        tables: ids of the taxonomies that were given.
        wanted: dimensions.
        known: taxonomies to look among, all that are shipped when empty.
    """
    return [
        taxonomy
        for taxonomy in known or catalogue()
        if taxonomy.kind == "index"
        and taxonomy.dimension in wanted
        and ingredients([taxonomy]) <= set(tables)
    ]


def ingredients(indices: Sequence[Taxonomy]) -> set[str]:
    """Return the ids of the taxonomies that indices are made of."""
    return {variable["taxonomy"] for index in indices for variable in index.raw["variables"]}


def index_fields(
    index: Taxonomy,
    counts: Mapping[str, pd.DataFrame],
    rule: str,
    aliases: dict[str, str],
    log: Log,
) -> tuple[dict[str, pd.Series], str]:
    """Return the figures of an index over the areas loaded, from protected counts, and a note."""
    import pandas as pd

    from ...methods.composition import share_columns, sum_of
    from ...methods.deprivation import band, rank_descending, sum_of_z

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
            if known < indicator.options["bands"]:  # no area could be in the first band
                continue
            values = band(rank_descending(score), indicator.options["bands"], known)
            values = values.astype("Int64")
        made[indicator.id] = values
        aliases[index.field(indicator.id)] = tr(indicator.title)
    parts = "; ".join(find(variable["taxonomy"]).name for variable in index.raw["variables"])
    note = tr("{title}: made here of {parts}, over the {n:,} areas loaded.").format(
        title=index.title, parts=parts, n=int(frame.notna().all(axis=1).sum())
    )
    log(note)
    return {index.field(name): values for name, values in made.items()}, note
