"""Who lives outside the areas highlighted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..messages import tr
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Outside:
    """A group of people, and how many of them live in the top.

    ``unknown`` is the number of areas whose count is missing, or of which it is not known whether
    they are meant.
    """

    title: str
    inside: float
    everyone: float
    unknown: int

    @property
    def percent(self) -> float:
        """Return the per cent who live outside."""
        return 100 * (1 - self.inside / self.everyone)


def outside_top(data: pd.DataFrame, in_top: pd.Series, scheme: Scheme) -> list[Outside]:
    """Return each group of the scheme that the layer counts, with those who live in the top."""
    import numpy as np

    found, top = [], in_top.to_numpy()
    for one in scheme.people:
        name, where = one["field"], one.get("where")
        if name not in data or (where and where not in data):
            continue
        people = data[name].to_numpy(dtype=float)
        missing = np.isnan(people)
        left_out = missing
        if where:
            meant = data[where].to_numpy(dtype=float)
            missing = missing | np.isnan(meant)
            left_out = missing | (meant != 1)
        count = np.where(left_out, 0.0, people)
        everyone = float(count.sum())
        if everyone > 0:
            inside, unknown = float(count[top].sum()), int(missing.sum())
            found.append(Outside(tr(one["title"]), inside, everyone, unknown))
    return found


def share_in_words(percent: float) -> str:
    """Return a per cent as a whole number that is 0 or 100 only where it is so."""
    if 0 < percent < 1:
        return tr("under 1 %")
    if 99 < percent < 100:
        return tr("over 99 %")
    return f"{percent:.0f} %"


def shares_in_words(one: Outside) -> tuple[str, str]:
    """Return the per cent who live inside and outside; whole numbers make 100 together."""
    inside = 100 - one.percent
    if 1 <= inside <= 99:
        inside = float(math.floor(inside + 0.5))
    return share_in_words(inside), share_in_words(100 - inside)


def in_a_line(one: Outside, top: int) -> str:
    """Return what a reader of the log should know."""
    return tr("{share} of {people} live outside the top {top:,}.").format(
        share=shares_in_words(one)[1], people=one.title, top=top
    )


def people_of_table(groups: Sequence[Outside]) -> list[list[str]]:
    """Return the rows of a table: who, in the top, outside it, all, per cent outside."""
    rows = []
    for one in groups:
        counts = [f"{n:,.0f}" for n in (one.inside, one.everyone - one.inside, one.everyone)]
        note = tr(" (unknown in {n:,} areas)").format(n=one.unknown) if one.unknown else ""
        rows.append([one.title + note, *counts, shares_in_words(one)[1]])
    return rows
