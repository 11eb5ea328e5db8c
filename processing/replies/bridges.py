"""Lookups that lead from codes of other areas to those of the areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies import areas as area_names
from ...taxonomies.catalogue import catalogue
from ...taxonomies.errors import AmbiguousTable, UnknownTable
from ...taxonomies.recognise import recognise
from ..inputs import vintage_of_areas
from ..levels.lookups import links_in
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas


@dataclass(frozen=True)
class Bridge:
    """How codes of other areas lead to those of the areas.

    Attributes:
        to: code to the code of the one area that it lies in.
        split: codes that lie in several.
        pieces: areas that are made of pieces of these.
        name: of the lookup.
    """

    to: dict[str, str]
    split: frozenset[str]
    pieces: frozenset[str]
    name: str

    @property
    def known(self) -> set[str]:
        """Return all codes that it says something of."""
        return {*self.to, *self.split}


def read_bridge(table: Table, areas: Areas, log: Log) -> Bridge:
    """Return how the codes of a lookup lead to those of the areas.

    Args:
        table: a lookup between 2011 and 2021, or of smaller areas in these.

    Raises:
        InputError: where none of its columns holds codes of the areas, or pieces are lacking.
    """
    try:
        between = any(one.shape.role == "lookup" for one in recognise(table.head, catalogue()))
    except (UnknownTable, AmbiguousTable):
        between = False
    if between:
        back = vintage_of_areas(areas) == 2011
        links = links_in(table, "2021to2011" if back else "2011to2021", "(none)")
        pairs = links.frame[["source", "target"]]
    else:
        pairs = _nested(table, areas)
    several = pairs["source"].duplicated(keep=False)
    bridge = Bridge(
        dict(zip(pairs["source"][~several], pairs["target"][~several])),
        frozenset(pairs["source"][several]),
        frozenset(pairs["target"][several]),
        table.name,
    )
    log(
        tr("{lookup}: {n:,} codes lie in one area each, {m:,} in several.").format(
            lookup=table.name, n=len(bridge.to), m=len(bridge.split)
        )
    )
    return bridge


def _nested(table: Table, areas: Areas) -> pd.DataFrame:
    """Return pairs of smaller area and area: every column of codes beside that of the areas."""
    import pandas as pd

    from ...layers.values import texts

    codes = set(areas.codes.dropna())
    best, row = 0, 0
    for number in range(min(len(table.head), 20)):
        found = sum(area_names.code_in(cell) == cell.strip().upper() != "" for cell in
                    table.head[number])  # fmt: skip
        if found:
            best, row = found, number - 1
            break
    if not best or row < 0:
        raise InputError(
            tr("{table}: no row of headings with columns of area codes below it.").format(
                table=table.name
            )
        )
    width = range(len(table.head[row]))
    raw = table.read(row, list(width), [], repeated=True)
    columns = {at: texts(raw[at], upper=True) for at in width}
    mine = {at: len(codes.intersection(column.unique())) for at, column in columns.items()}
    large = max(mine, key=lambda at: mine[at])
    if not mine[large]:
        raise InputError(
            tr("{table}: none of its columns holds codes of the areas, such as {codes}.").format(
                table=table.name, codes=some(sorted(codes), 2)
            )
        )
    parts = []
    for at, column in columns.items():
        different = column[column != ""].unique()
        coded = sum(area_names.code_in(code) == code for code in different)
        if at != large and len(different) > mine[large] and 2 * coded > len(different):
            parts.append(pd.DataFrame({"source": column, "target": columns[large]}))
    if not parts:
        raise InputError(
            tr("{table}: it holds no codes of areas smaller than these.").format(table=table.name)
        )
    pairs = pd.concat(parts).drop_duplicates()
    return pairs[(pairs["source"] != "") & (pairs["target"] != "")]
