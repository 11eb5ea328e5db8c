"""All that a ranking needs of a layer, read once: weights and directions may then change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import InputError
from ...layers.values import texts
from ..fields import protected_before
from ..messages import Log, some, tr
from . import schemes
from .national import NationalPlaces, national_places
from .reading import Columns, Wanted, read, wanted_of, wanted_of_reference
from .schemes import Scheme
from .uncertain import Uncertain, uncertain_of

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Indicator
    from .ranked import Question


@dataclass(frozen=True, eq=False)
class Figures:
    """All that a scheme needs of a layer, whatever its weights and directions.

    Attributes:
        areas: that were read.
        data: the fields of the scheme, a row per area.
        everything: all fields that were read.
        fields: names of the layer's fields.
        have: those of them that hold figures, and all the others that the scheme does not name.
        odd: tells the cells that were no number.
        reference: of the areas to rank against, None for the own ones.
        places: the indicators that have a place in a nation, where that was asked for.
        national: whether that was.
        inherited: what the layer tells of its figures.
        codes, names: of the areas; names are codes where no field was named.
    """

    areas: Areas
    data: pd.DataFrame
    everything: pd.DataFrame
    fields: list[str]
    have: frozenset[str]
    odd: Columns
    reference: Columns | None
    places: NationalPlaces
    national: bool
    inherited: Mapping[str, Any]
    codes: pd.Series
    names: pd.Series

    def fit(self, scheme: Mapping[str, Any]) -> Scheme:
        """Return a scheme fitted to the layer.

        Raises:
            InputError: for a pillar without figures.
        """
        return schemes.fit(scheme, self.have)

    @cached_property
    def hidden(self) -> dict[str, str]:
        """Return the fields in which small counts were hidden or rounded before."""
        return protected_before(self.inherited)

    def placed(self, scheme: Scheme) -> dict[str, pd.Series]:
        """Return the percentiles in a nation, by indicator."""
        return self.places.placed(self.data, scheme.indicators)

    def reference_for(self, scheme: Scheme) -> pd.DataFrame | None:
        """Return the figures of the areas to rank against, None for the own ones.

        Raises:
            InputError: for a layer without the fields, or without any area.
        """
        if self.reference is None:
            return None
        needed = [i.field for i in scheme.indicators if i.field not in self.places.places]
        frame = self.reference.frame
        missing = [name for name in needed if name not in frame]
        if missing:
            raise InputError(
                tr("REFERENCE lacks the fields {fields}; profile it with the same tables.").format(
                    fields=some(missing)
                )
            )
        empty = [name for name in needed if name not in self._known_there]
        if empty or not len(frame):
            raise InputError(
                tr(
                    "REFERENCE has no area with a figure in {fields}: nothing to rank against."
                ).format(fields=some(empty or needed))
            )
        return frame

    @cached_property
    def _known_there(self) -> set[str]:
        return self.reference.with_figures() if self.reference else set()

    def percentile(self, indicator: Indicator, scheme: Scheme) -> pd.Series:
        """Return the percentile of each area in an indicator; weights do not change it."""
        from ...methods.score import score

        kind = (indicator.field, indicator.more_is_barrier, indicator.enough)
        if kind not in self._percentiles:
            alone = replace(indicator, pillar="alone", weight=1.0)
            placed = self.places.placed(self.data, [indicator])
            made = score(
                self.data, [alone], {"alone": 1.0}, self.reference_for(scheme), placed=placed
            )
            self._percentiles[kind] = made.percentiles[indicator.field]
        return self._percentiles[kind]

    @cached_property
    def _percentiles(self) -> dict[tuple[str, bool, float | None], pd.Series]:
        return {}

    def number(self, field: str) -> int:
        """Return among how many areas an indicator is ranked."""
        place = self.places.places.get(field)
        if place:
            return place.areas
        ranked = self.data if self.reference is None else self.reference.frame
        return int(ranked[field].notna().sum())

    def log_odd(self, scheme: Scheme, uncertain: Uncertain, log: Log) -> None:
        """Log the cells that are no number, of the fields that a scheme makes use of."""
        used = {
            i.field: place for i in scheme.indicators if (place := self.places.places.get(i.field))
        }
        wanted = wanted_of(scheme, self.fields, NationalPlaces(used), uncertain, ())
        self.odd.log_odd(wanted.numbers, log)
        if self.reference is not None:
            there = wanted_of_reference(scheme, [*self.reference.frame])
            self.reference.log_odd(
                [name for name in there.numbers if name not in self.places.places], log
            )


def figures_of(
    areas: Areas,
    question: Question,
    more: Wanted | None = None,
    more_there: Callable[[Scheme, list[str]], Sequence[str]] = lambda scheme, have: (),
) -> Figures:
    """Return all that any weights of the scheme may ask for, in one pass over the areas.

    Args:
        areas: of the layer.
        question: of it; weights, directions, top and draws do not matter here.
        more: other fields to read in the same pass.
        more_there: returns other numbers to read of the reference, for the scheme with all that
            may count and the names of its fields.

    Raises:
        InputError: for a layer without any field of the scheme.
        Cancelled: when cancelled.
    """
    have = [one.name() for one in areas.source.fields()]
    wide = schemes.fit(schemes.entire(question.scheme), have)
    places = NationalPlaces()
    if question.among == "national":
        places = national_places(wide, have, question.inherited)
    uncertain = uncertain_of(wide, have, question.inherited)
    named = [name for name in (question.names, question.parents) if name]
    wanted = wanted_of(wide, have, places, uncertain, named)
    found = read(areas.source, wanted.and_also(more) if more else wanted, areas.cancelled)
    reference = None
    if question.reference is not None:
        others = [one.name() for one in question.reference.fields()]
        wanted_there = wanted_of_reference(wide, others)
        wanted_there = wanted_there.and_also(Wanted(tuple(more_there(wide, others)), ()))
        reference = read(question.reference, wanted_there, areas.cancelled)
    rows = found.frame.reindex(areas.ids).reset_index(drop=True)
    empty = {one.field for one in wide.indicators} - found.with_figures()
    return Figures(
        areas=areas,
        data=rows[[*wanted.numbers, *wanted.words]],
        everything=rows,
        fields=have,
        have=frozenset(set(have) - empty),
        odd=found,
        reference=reference,
        places=places,
        national=question.among == "national",
        inherited=question.inherited,
        codes=areas.codes.reset_index(drop=True),
        names=_names(areas, rows, question.names),
    )


def _names(areas: Areas, data: pd.DataFrame, name: str) -> pd.Series:
    codes = areas.codes.reset_index(drop=True)
    codes = codes.where(codes.notna(), tr("the area without a code"))
    if not name:
        return codes
    text = texts(data[name])
    return text.where(text != "", codes)
