"""Areas ranked by a scheme: what is asked, and all that is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import Cancelled
from ...layers.values import texts
from ..base import talk
from ..fields import area_named, protected_before
from ..inputs import Results
from ..messages import some, tr
from . import words
from .fields import aliases_of, fields_of
from .figures import Figures, figures_of
from .larger import Levels, levels
from .national import NationalPlaces
from .people import Outside
from .schemes import Scheme
from .standing import Standing, at_once
from .uncertain import Uncertain, uncertain_of

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Score

READ = 5  # per cent of the progress when the figures are read; the rest are draws


@dataclass(frozen=True)
class Question:
    """What the user asks for.

    Attributes:
        scheme: the content of its file, with the changes made.
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
        changes: what was changed in the scheme, in words, and as the parameter tells it.
    """

    scheme: Mapping[str, Any]
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
    changes: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class Ranking:
    """What is found; a row per area in all of it.

    Attributes:
        standing: the ranks before they were tested.
        data: the figures it is made of.
        reference: those of the areas ranked against, None for the own ones.
        placed: percentiles known from a nation, by field.
        places: how those were told.
        uncertain: what was drawn anew.
        frame: the fields to write.
        codes, names: of the areas; names are codes where no field was named.
        levels: the tops of two levels of areas, where asked for.
        correlated: pairs of indicators that tell nearly the same.
    """

    areas: Areas
    question: Question
    standing: Standing
    data: pd.DataFrame
    reference: pd.DataFrame | None
    placed: Mapping[str, pd.Series]
    places: NationalPlaces
    uncertain: Uncertain
    frame: pd.DataFrame
    codes: pd.Series
    names: pd.Series
    levels: Levels | None
    correlated: list[tuple[str, str, float]]

    @property
    def scheme(self) -> Scheme:
        """Return the scheme it is ranked by."""
        return self.standing.scheme

    @property
    def scored(self) -> Score:
        """Return percentiles, pillars and composite."""
        return self.standing.scored

    @property
    def known(self) -> int:
        """Return how many areas have a rank."""
        return self.standing.known

    @property
    def top(self) -> int:
        """Return how many areas are asked for."""
        return self.standing.top

    @property
    def in_top(self) -> pd.Series:
        """Return which areas are in the top."""
        return self.standing.in_top

    @property
    def outside(self) -> list[Outside]:
        """Return groups of people, and who of them lives in the top."""
        return self.standing.outside

    @property
    def title(self) -> str:
        """Return what the areas may be called: 'potentially' without replies."""
        return self.standing.title

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
        results = Results(self.frame, self._aliases())
        results.replaced = lambda name: name.lower().startswith("sh_")
        results.ranking = {
            "method": words.method(self),
            "voice": self.scheme.has_voice,
            "areas": self.known if self.reference is None else len(self.reference),
            "scheme": self.scheme.raw,
            "changes": question.changes[1],
            "among": {title: words.against(self, f) for f, title in words.titles(self).items()},
            "top": self.top,
            "draws": question.draws,
            "seed": question.seed,
        }
        return results

    def _aliases(self) -> dict[str, str]:
        return aliases_of(self.scheme, self.top, self.question.draws, self.data)


def rank_areas(areas: Areas, question: Question, feedback) -> Ranking:
    """Return the areas ranked; log what to know.

    Raises:
        InputError: for figures that are missing or cannot be.
        Cancelled: when cancelled.
    """
    return rank(figures_of(areas, question), question, feedback)


def rank(figures: Figures, question: Question, feedback) -> Ranking:
    """Return the areas ranked and tested in draws; log what to know.

    Args:
        figures: read for the question.
        question: with any weights, directions, top and draws.
        feedback: of the run.

    Raises:
        InputError: for figures that are missing or cannot be.
        Cancelled: when cancelled.
    """
    from ...methods import score as methods

    log = talk(feedback)
    scheme = figures.fit(question.scheme)
    words.log_left_out(scheme, log)
    if question.changes[0]:
        log(words.changed(question))
    uncertain = uncertain_of(scheme, figures.fields, question.inherited)
    figures.log_odd(scheme, uncertain, log)
    standing = at_once(figures, scheme, question.top)
    data, reference = figures.data, figures.reference_for(scheme)
    feedback.setProgress(READ)
    held = _held(figures, standing, question, uncertain.varying(data), feedback)

    def pause() -> None:
        if feedback.isCanceled():
            raise Cancelled

    frame = fields_of(data, reference, standing, held, pause)
    percentiles, limit = standing.scored.percentiles, scheme.threshold("correlation")
    ranking = Ranking(
        areas=figures.areas,
        question=question,
        standing=standing,
        data=data,
        reference=reference,
        placed=figures.placed(scheme),
        places=figures.places,
        uncertain=uncertain,
        frame=frame,
        codes=figures.codes,
        names=figures.names,
        levels=_levels(question, data, standing, log),
        correlated=methods.strong_correlations(percentiles, limit),
    )
    words.log_result(ranking, feedback)
    return ranking


def _held(figures: Figures, standing: Standing, question: Question, varying, feedback):
    """Return how the ranking holds in the draws; progress goes on while they are made."""
    from ...methods.score import stability

    def tick(share: float) -> bool:
        feedback.setProgress(READ + (100 - READ) * share)
        return feedback.isCanceled()

    scheme = standing.scheme
    try:
        return stability(
            figures.data,
            scheme.indicators,
            scheme.pillar_weights,
            standing.top,
            question.draws,
            question.seed,
            figures.reference_for(scheme),
            tick,
            thresholds=scheme.thresholds(),
            varying=varying,
            placed=figures.placed(scheme),
        )
    except InterruptedError as stopped:
        raise Cancelled from stopped


def _levels(question: Question, data, standing: Standing, log) -> Levels | None:
    if question.larger is None:
        return None
    parents = texts(data[question.parents], upper=True)
    parents = parents.where(parents != "")
    share = question.top.strip()
    if not share.endswith("%"):
        share = f"{100 * standing.top / standing.known}%"
    groups = standing.scheme.people
    counted = [one for one in groups if one["field"] in data and "where" not in one]
    people = (data[counted[0]["field"]], tr(counted[0]["title"])) if counted else None
    return levels(question.larger, parents, standing.in_top, share, people, log)


def protected(ranking: Ranking) -> list[str]:
    """Return the fields among those ranked that were protected (rounded or hidden) before."""
    hidden = protected_before(ranking.question.inherited)
    return [i.field for i in ranking.scheme.indicators if i.field in hidden]
