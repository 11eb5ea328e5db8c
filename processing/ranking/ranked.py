"""Areas ranked by a scheme: what is asked, and all that is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import Cancelled, InputError
from ...layers.values import texts
from ..base import talk
from ..fields import area_named, protected_before
from ..inputs import Results
from ..messages import some, tr
from . import words
from .fields import aliases_of, fields_of
from .larger import Levels, levels
from .national import NationalPlaces, national_places
from .people import Outside, outside_top
from .reading import figures_of_areas, figures_of_reference, wanted_of
from .schemes import Scheme
from .uncertain import Uncertain, uncertain_of

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Score

READ = 5  # per cent of the progress when the figures are read; the rest are draws


@dataclass(frozen=True)
class Question:
    """What the user asks for.

    Attributes:
        scheme: fitted to the layer.
        top: how many areas, a number or a percentage.
        draws: number of draws.
        seed: of them.
        among: one of ``choices.AMONG``.
        reference: source of the areas to rank against, None for the layer itself.
        names, parents: fields with names and with the code of the larger area, or empty.
        larger: source of a ranked layer of larger areas, or None.
        inherited: what the layer tells of its figures.
        selected: whether only selected areas are read.
        compared: what the reference tells of its figures.
    """

    scheme: Scheme
    top: str
    draws: int
    seed: int
    among: str = "layer"
    reference: Any = None
    names: str = ""
    parents: str = ""
    larger: Any = None
    inherited: Mapping[str, Any] = field(default_factory=dict)
    selected: bool = False
    compared: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """What is found; a row per area in all of it.

    Attributes:
        data: the figures it is made of.
        reference: those of the areas ranked against, None for the own ones.
        placed: percentiles known from a nation, by field.
        places: how those were told.
        uncertain: what was drawn anew.
        scored: percentiles, pillars and composite.
        frame: the fields to write.
        top: how many areas are asked for.
        codes, names: of the areas; names are codes where no field was named.
        outside: groups of people, and who of them lives in the top.
        levels: the tops of two levels of areas, where asked for.
        correlated: pairs of indicators that tell nearly the same.
    """

    areas: Areas
    question: Question
    data: pd.DataFrame
    reference: pd.DataFrame | None
    placed: Mapping[str, pd.Series]
    places: NationalPlaces
    uncertain: Uncertain
    scored: Score
    frame: pd.DataFrame
    top: int
    codes: pd.Series
    names: pd.Series
    outside: list[Outside]
    levels: Levels | None
    correlated: list[tuple[str, str, float]]

    @property
    def scheme(self) -> Scheme:
        """Return the scheme it is ranked by."""
        return self.question.scheme

    @property
    def known(self) -> int:
        """Return how many areas have a rank."""
        return int(self.scored.composite.notna().sum())

    @property
    def in_top(self) -> pd.Series:
        """Return which areas are in the top."""
        return (self.frame["sh_rank"] <= self.top).fillna(False).astype(bool)

    @property
    def title(self) -> str:
        """Return what the areas may be called: 'potentially' without replies."""
        if self.scheme.has_voice:
            return tr("Seldom heard areas")
        return tr("Potentially seldom heard areas")

    @property
    def unranked(self) -> dict[str, str]:
        """Return the pillars that areas lack, with the areas' codes, for those without a rank."""
        missing = self.scored.composite.isna()
        found = {}
        for pillar in self.scheme.pillar_weights:
            lacks = missing & self.scored.pillars[pillar].isna()
            if lacks.any():
                codes = [area_named(self.areas, row) for row in lacks.index[lacks]]
                found[pillar] = f"{len(codes):,} ({some(codes, 5)})"
        return found

    def tiers(self, name: str) -> int:
        """Return how many areas are in a tier."""
        return int(self.frame["sh_tier"].eq(name).sum())

    def results(self) -> Results:
        """Return the fields to write, and what is kept with the layer about them."""
        question = self.question
        results = Results(self.frame, aliases_of(self.scheme, self.top, question.draws))
        results.replaced = lambda name: name.lower().startswith("sh_")
        results.ranking = {
            "method": words.method(self),
            "voice": self.scheme.has_voice,
            "areas": self.known if self.reference is None else len(self.reference),
            "scheme": self.scheme.raw,
            "among": {title: words.against(self, f) for f, title in words.titles(self).items()},
            "top": self.top,
            "draws": question.draws,
            "seed": question.seed,
        }
        return results


def rank_areas(areas: Areas, question: Question, feedback) -> Ranking:
    """Return the areas ranked; log what to know.

    Raises:
        InputError: for figures that are missing or cannot be.
        Cancelled: when cancelled.
    """
    from ...methods import score as methods

    log = talk(feedback)
    scheme = question.scheme
    words.log_left_out(scheme, log)
    have = [one.name() for one in areas.source.fields()]
    places = NationalPlaces()
    if question.among == "national":
        places = national_places(scheme, have, question.inherited)
    uncertain = uncertain_of(scheme, have, question.inherited)
    named = [name for name in (question.names, question.parents) if name]
    data = figures_of_areas(areas, wanted_of(scheme, have, places, uncertain, named), log)
    placed = places.placed(data, scheme.indicators)
    reference = None
    if question.reference is not None:
        reference = figures_of_reference(question.reference, scheme, placed, areas.cancelled, log)
    asked = (data, scheme.indicators, scheme.pillar_weights)
    options = {"thresholds": scheme.thresholds(), "placed": placed}
    scored = methods.score(*asked, reference, **options)
    top = _top(question, scored)
    feedback.setProgress(READ)
    held = _held(asked, top, question, reference, options, uncertain.varying(data), feedback)
    hidden = protected_before(question.inherited)
    frame = fields_of(data, reference, scored, held, scheme, places, hidden)
    codes = areas.codes.reset_index(drop=True)
    in_top = (frame["sh_rank"] <= top).fillna(False).astype(bool)
    ranking = Ranking(
        areas=areas,
        question=question,
        data=data,
        reference=reference,
        placed=placed,
        places=places,
        uncertain=uncertain,
        scored=scored,
        frame=frame,
        top=top,
        codes=codes,
        names=_names(areas, data, question.names),
        outside=outside_top(data, in_top, scheme),
        levels=_levels(question, data, in_top, top, scored, log),
        correlated=methods.strong_correlations(scored.percentiles, scheme.threshold("correlation")),
    )
    words.log_result(ranking, feedback)
    return ranking


def _top(question: Question, scored: Score) -> int:
    from ...methods.score import top_count

    known = int(scored.composite.notna().sum())
    if not known:
        raise InputError(
            tr("No area has figures for every pillar, so none can be ranked. Check for NULLs.")
        )
    try:
        return top_count(question.top, known)
    except ValueError as error:
        raise InputError(
            tr("TOP: {top} is neither a number of areas nor a percentage such as 10%.").format(
                top=question.top
            )
        ) from error


def _held(asked, top: int, question: Question, reference, options, varying, feedback):
    """Return how the ranking holds in the draws; progress goes on while they are made."""
    from ...methods.score import stability

    def tick(share: float) -> bool:
        feedback.setProgress(READ + (100 - READ) * share)
        return feedback.isCanceled()

    try:
        return stability(
            *asked,
            top,
            question.draws,
            question.seed,
            reference,
            tick,
            varying=varying,
            **options,
        )
    except InterruptedError as stopped:
        raise Cancelled from stopped


def _names(areas: Areas, data: pd.DataFrame, name: str) -> pd.Series:
    import pandas as pd

    codes = pd.Series([area_named(areas, row) for row in range(len(data))], dtype=object)
    if not name:
        return codes
    text = texts(data[name])
    return text.where(text != "", codes)


def _levels(question: Question, data, in_top, top: int, scored: Score, log) -> Levels | None:
    if question.larger is None:
        return None
    parents = texts(data[question.parents], upper=True)
    parents = parents.where(parents != "")
    share = question.top.strip()
    if not share.endswith("%"):
        share = f"{100 * top / int(scored.composite.notna().sum())}%"
    counted = [one for one in question.scheme.people if one["field"] in data and "where" not in one]
    people = (data[counted[0]["field"]], tr(counted[0]["title"])) if counted else None
    return levels(question.larger, parents, in_top, share, people, log)


def protected(ranking: Ranking) -> list[str]:
    """Return the fields among those ranked that were protected (rounded or hidden) before."""
    hidden = protected_before(ranking.question.inherited)
    return [i.field for i in ranking.scheme.indicators if i.field in hidden]
