"""Indicators whose place among all areas of a nation is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...taxonomies.catalogue import catalogue
from ...taxonomies.model import Taxonomy
from ..messages import tr
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Indicator


@dataclass(frozen=True)
class NationalPlace:
    """How an indicator is placed.

    Attributes:
        taxonomy: whose ranks these are.
        rank: the field of the published rank, empty where hundredths of the score are used.
        scores: the nation's scores at equal steps, for those.
    """

    taxonomy: Taxonomy
    rank: str
    scores: tuple[float, ...] = ()

    @property
    def areas(self) -> int:
        """Return how many areas of the nation are ranked."""
        return int(self.taxonomy.raw["areas_ranked"])

    @property
    def in_words(self) -> str:
        """Return against what the indicator is placed."""
        text = tr("the {n:,} areas of {nation} ({title}, by its published rank)")
        if not self.rank:
            text = tr("the {n:,} areas of {nation} ({title}, by hundredths of the score)")
        return text.format(
            n=self.areas,
            nation=tr(self.taxonomy.raw["nation"]),
            title=self.taxonomy.title,
        )


@dataclass(frozen=True)
class NationalPlaces:
    """The indicators of a scheme that are placed in a nation, by field."""

    places: Mapping[str, NationalPlace] = field(default_factory=dict)

    @property
    def fields(self) -> list[str]:
        """Return the fields of ranks that are needed."""
        return [place.rank for place in self.places.values() if place.rank]

    def placed(self, data: pd.DataFrame, indicators: Collection[Indicator]) -> dict[str, pd.Series]:
        """Return the percentile of each area, 1 = strongest barrier, by indicator.

        Raises:
            InputError: for ranks that the nation does not have.
        """
        from ...methods.national import place_of_rank, place_of_score

        found = {}
        for one in indicators:
            place = self.places.get(one.field)
            if place is None:
                continue
            if not place.rank:
                deprived = place_of_score(data[one.field], place.scores)
            else:
                try:
                    deprived = place_of_rank(data[place.rank], place.areas)
                except ValueError as error:
                    raise InputError(
                        tr("The field {field} of the areas: {problem} of {title}.").format(
                            field=place.rank, problem=error, title=place.taxonomy.name
                        )
                    ) from error
            counts_up = one.field != place.rank  # a score rises with deprivation, a rank falls
            found[one.field] = deprived if counts_up == one.more_is_barrier else 1 - deprived
        return found


def national_places(
    scheme: Scheme, have: Collection[str], inherited: Mapping[str, Any]
) -> NationalPlaces:
    """Return which indicators have a national place in a layer, perhaps none.

    The rank beside a score is that of the same name: ``dep_imd_rank`` of ``dep_imd_score``.

    Args:
        scheme: fitted to the layer.
        have: names of the layer's fields.
        inherited: what the layer tells of its figures: editions rank other areas.
    """
    told = {
        name: source.get("title")
        for source in inherited.get("sources", [])
        for name in source.get("fields", ())
    }
    ranked = {t.name: t for t in catalogue() if t.kind == "ranked"}
    places = {}
    for one in scheme.indicators:
        taxonomy = ranked.get(told.get(one.field))
        # a rank of another edition is not the place of this score
        ranks = [name for name in have if told.get(name) == told.get(one.field)]
        place = taxonomy and _place(one.field, taxonomy, ranks)
        if place:
            places[one.field] = place
    return NationalPlaces(places)


def refuse_nowhere(places: NationalPlaces, scheme: Scheme) -> None:
    """Raise where no indicator of a scheme has a national place.

    Raises:
        InputError: with what to do.
    """
    if not {one.field for one in scheme.indicators} & {*places.places}:
        raise InputError(
            tr(
                "RANKED_AMONG: this layer tells of no national rank for any figure of the scheme. "
                "Indices of deprivation have one, and a layer made by profiledeprivation or "
                "profileareas tells of which edition; copies by other tools may have lost that: "
                "profile them again. Or rank among the areas of the layer or of a REFERENCE."
            )
        )


def _place(name: str, taxonomy: Taxonomy, have: Collection[str]) -> NationalPlace | None:
    options = {taxonomy.field(one.id): one.options for one in taxonomy.indicators}
    rank = name.removesuffix("_score") + "_rank" if name.endswith("_score") else name
    if options.get(rank, {}).get("whole") and rank in have:
        return NationalPlace(taxonomy, rank)
    points = options.get(name, {}).get("percentiles")
    return NationalPlace(taxonomy, "", tuple(points["scores"])) if points else None
