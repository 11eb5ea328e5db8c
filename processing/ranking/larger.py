"""The same ranking among larger areas: would other boundaries give another map?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.areas import read_columns
from ...layers.errors import InputError
from ...layers.values import texts
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

RANK = "sh_rank"
ENOUGH = 0.98  # of the areas must find their larger area


@dataclass(frozen=True)
class Levels:
    """How the top of these areas lies in the top of larger ones."""

    layer: str
    large: int
    top: int
    areas_pct: float
    people_pct: float
    people_title: str
    without: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """Return it in sentences."""
        if math.isnan(self.areas_pct):
            return tr("No area of the top has a larger area in {layer}.").format(layer=self.layer)
        text = tr(
            "{share:.0f} % of the areas in the top lie in the top {top:,} of the {n:,} larger "
            "areas of {layer}."
        ).format(share=self.areas_pct, top=self.top, n=self.large, layer=self.layer)
        if not math.isnan(self.people_pct):
            text += " " + tr("So do {share:.0f} % of {people} in the top.").format(
                share=self.people_pct, people=self.people_title
            )
        if self.without:
            text += " " + tr("{n:,} larger areas of the top hold none of it: {codes}.").format(
                n=len(self.without), codes=some(list(self.without))
            )
        return text


def levels(
    source: Any,
    parents: pd.Series,
    in_top: pd.Series,
    top: str,
    people: tuple[pd.Series, str] | None,
    log: Log,
) -> Levels:
    """Return how the tops of two levels agree.

    Args:
        source: of the ranked layer of larger areas.
        parents: the code of the larger area of each area.
        in_top: whether each area is in the top.
        top: how many of the larger areas are their top: a percentage.
        people: counted in each area, with their title.
        log: takes what is odd.

    Raises:
        InputError: for a layer that is not ranked, or has none of the codes.
    """
    from ...methods.score import overlap_of_levels, top_count

    ranks = _ranks(source, parents, log)
    first = top_count(top, int(ranks.notna().sum()))
    found = overlap_of_levels(in_top, parents, ranks <= first, people[0] if people else None)
    return Levels(
        layer=source.sourceName(),
        large=int(ranks.notna().sum()),
        top=first,
        areas_pct=found.areas_pct,
        people_pct=found.people_pct,
        people_title=people[1] if people else "",
        without=tuple(sorted(map(str, found.without))),
    )


def _ranks(source: Any, parents: pd.Series, log: Log) -> pd.Series:
    """Return the ranks of the larger areas by their codes, in the field that holds the parents'."""
    import pandas as pd

    names = [field.name() for field in source.fields()]
    if RANK not in names:
        raise InputError(
            tr(
                "LARGER: {layer} has no field {field}. Rank it first with findseldomheard; "
                "aggregateareas makes larger areas."
            ).format(layer=source.sourceName(), field=RANK)
        )
    frame = read_columns(source, names)
    wanted = set(parents.dropna())
    words = {
        name: texts(frame[name], upper=True)
        for name in names
        if frame[name].map(type).eq(str).any()
    }
    shared = {name: len(wanted & set(values)) for name, values in words.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    if not best or not shared[best]:
        raise InputError(
            tr(
                "LARGER: no field of {layer} holds what PARENT_FIELD holds in the areas: {codes}. "
                "Choose the field with the codes of those larger areas."
            ).format(layer=source.sourceName(), codes=some(sorted(wanted), 5))
        )
    found = parents.isin(set(words[best])).mean()
    if found < ENOUGH:
        log(
            tr("LARGER: only {share:.0f} % of the areas find their larger area by {field}.").format(
                share=100 * found, field=best
            )
        )
    numbers = pd.to_numeric(frame[RANK], errors="coerce").astype(float)
    ranks = pd.Series(numbers.to_numpy(), index=words[best])
    return ranks[~ranks.index.duplicated() & (ranks.index != "")]
