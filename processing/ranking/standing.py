"""Areas ranked at once, not yet tested in draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..messages import tr
from .fields import Reasons
from .figures import Figures
from .national import refuse_nowhere
from .people import Outside, outside_top
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Score


@dataclass(frozen=True, eq=False)
class Standing:
    """Areas ranked, not yet tested in draws; a row per area in all of it.

    Attributes:
        figures: what they are ranked by.
        scheme: fitted to them.
        scored: percentiles, pillars and composite.
        ranks: 1 for the first, missing where a pillar is.
        top: how many areas are asked for.
        in_top: which areas are.
        outside: groups of people, and who of them lives in the top.
    """

    figures: Figures
    scheme: Scheme
    scored: Score
    ranks: pd.Series
    top: int
    in_top: pd.Series
    outside: list[Outside]

    @property
    def known(self) -> int:
        """Return how many areas have a rank."""
        return int(self.scored.composite.notna().sum())

    @property
    def title(self) -> str:
        """Return what the areas may be called: 'potentially' without replies."""
        if self.scheme.has_voice:
            return tr("Seldom heard areas")
        return tr("Potentially seldom heard areas")

    def reasons(self, rows: Sequence[int]) -> list[str]:
        """Return the main reasons of some areas in words, empty where there are none."""
        return self._reasons.texts(rows)

    def short_reasons(self, rows: Sequence[int]) -> list[str]:
        """Return the same in a few words without any number."""
        return self._reasons.short(rows)

    @cached_property
    def _reasons(self) -> Reasons:
        figures = self.figures
        number = {one.field: figures.number(one.field) for one in self.scheme.indicators}
        return Reasons(figures.data, self.scored, self.scheme, number, figures.hidden)


def at_once(figures: Figures, scheme: Scheme, top: str) -> Standing:
    """Return the areas ranked by a scheme, not tested in draws: it takes milliseconds.

    Args:
        figures: of the areas.
        scheme: fitted to them.
        top: how many areas, a number or a percentage.

    Raises:
        InputError: for figures that are missing or cannot be.
    """
    from ...methods import score as methods

    if figures.national:
        refuse_nowhere(figures.places, scheme)
    scored = methods.score(
        figures.data,
        scheme.indicators,
        scheme.pillar_weights,
        figures.reference_for(scheme),
        thresholds=scheme.thresholds(),
        placed={one.field: figures.percentile(one, scheme) for one in scheme.indicators},
    )
    count = _top(top, scored)
    ranks = methods.rank_down(scored.composite).astype("Int64")
    in_top = (ranks <= count).fillna(False).astype(bool)
    outside = outside_top(figures.data, in_top, scheme)
    return Standing(figures, scheme, scored, ranks, count, in_top, outside)


def _top(asked: str, scored: Score) -> int:
    from ...methods.score import top_count

    known = int(scored.composite.notna().sum())
    if not known:
        raise InputError(
            tr("No area has figures for every pillar, so none can be ranked. Check for NULLs.")
        )
    try:
        return top_count(asked, known)
    except ValueError as error:
        raise InputError(
            tr("TOP: {top} is neither a number of areas nor a percentage such as 10%.").format(
                top=asked
            )
        ) from error
