"""Figures that several parts of a plan tell, each made in one way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .places import Counted


@dataclass(frozen=True)
class Shares:
    """The per cent of a group inside and outside the areas of a plan; None where not shown."""

    inside: float | None
    outside: float | None


def shares_of(one: Counted) -> Shares:
    """Return the shares of a group by place, of what is shown; whole numbers make 100 together."""
    from .places import ALL, TOP

    everyone, inside = float(one.counts[ALL]), float(one.counts[TOP])
    # where counts were hidden before, areas with few are left out of the whole
    if not everyone > 0 or math.isnan(inside) or one.at_least[ALL]:
        return Shares(None, None)
    percent = min(100 * inside / everyone, 100.0)
    if 1 <= percent <= 99:
        percent = float(math.floor(percent + 0.5))
    return Shares(percent, 100 - percent)
