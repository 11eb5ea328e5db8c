"""Measures of inequality told in plain sentences, each with its limits and what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from ..messages import tr
from .inequality import Groups

TITLES = {
    "ratio": "Ratio of the two ends",
    "gap": "Gap between the two ends",
    "sii": "Slope index of inequality (SII)",
    "rii": "Relative index of inequality (RII)",
    "aci": "Absolute concentration index (ACI)",
    "rci": "Relative concentration index (RCI)",
    "bgv": "Between-group variance (BGV)",
    "theil": "Theil index",
    "mld": "Mean log deviation (MLD)",
    "idis": "Index of disparity (IDIS)",
    "par": "Population attributable risk (PAR)",
    "paf": "Population attributable fraction (PAF)",
    "dissimilarity": "Dissimilarity",
    "isolation": "Isolation",
    "entropy": "Entropy (Theil's H)",
}
UNITS = {
    "ratio": "times",
    "gap": "percentage points",
    "sii": "percentage points",
    "rii": "times",
    "aci": "percentage points",
    "rci": "-1 to 1",
    "bgv": "squared percentage points",
    "theil": "thousandths",
    "mld": "thousandths",
    "idis": "%",
    "par": "percentage points",
    "paf": "%",
    "dissimilarity": "%",
    "isolation": "%",
    "entropy": "0 to 1",
}


MOST_DECIMALS = 4


@dataclass(frozen=True)
class Figure:
    """A measure with its limits, NaN where there is none."""

    estimate: float
    lower: float
    upper: float

    @property
    def limited(self) -> bool:
        """Return whether it has limits."""
        return isfinite(self.lower) and isfinite(self.upper)

    def beyond(self, middle: float) -> bool:
        """Return whether it is away from a value, by its limits where it has them."""
        if self.limited:
            return self.lower > middle or self.upper < middle
        return self.estimate != middle

    @property
    def decimals(self) -> int:
        """Return how many decimals show it well, and its limits apart from it."""
        places = decimals_of(self.estimate)
        ends = [end for end in (self.lower, self.upper) if isfinite(end)]
        apart = [abs(end - self.estimate) for end in ends if end != self.estimate]
        while apart and places < MOST_DECIMALS and min(apart) < 10.0**-places:
            places += 1
        return places

    def text(self, unit: str = "", decimals: int | None = None) -> str:
        """Return it with its unit, and its limits in brackets."""
        places = self.decimals if decimals is None else decimals
        text = f"{number(self.estimate, places)} {unit}".strip()
        if not self.limited:
            return text
        return tr("{estimate} ({low} to {high})").format(
            estimate=text, low=number(self.lower, places), high=number(self.upper, places)
        )


@dataclass(frozen=True)
class Story:
    """What sentences need to know beside the measure.

    Attributes:
        groups: None where every area is a group of its own.
        favourable: whether more of it is better.
        mean: share of all people together, in per cent.
        count: how many were counted.
        people: among how many.
        shares: of the groups, or of the areas.
        unit: what is counted: people or households.
    """

    groups: Groups | None
    favourable: bool
    mean: float
    count: float
    people: float
    shares: tuple[float, ...]
    unit: str

    @property
    def many(self) -> str:
        """Return what the groups are called together."""
        return self.groups.ranking.many if self.groups else tr("areas")

    @property
    def one(self) -> str:
        """Return what a group is called."""
        return self.groups.ranking.one if self.groups else tr("area")

    def end(self, worse: bool) -> str:
        """Return the name of the end that has more of it if deprivation harms, or of the other."""
        return self.end_of(most=worse != self.favourable)

    def end_of(self, most: bool) -> str:
        """Return the name of the most, or the least, deprived group."""
        return self.groups.end(most) if self.groups else ""

    def share(self, worse: bool) -> float:
        """Return the share at that end."""
        return self.shares[0 if worse != self.favourable else -1]


def sentence(name: str, figure: Figure, story: Story) -> str:
    """Return one measure in a sentence; where there is none, why."""
    if not isfinite(figure.estimate):
        return tr("No figure: {why}.").format(why=_why_none(name, story))
    return _SENTENCES[name](figure, story)


def decimals_of(value: float) -> int:
    """Return how many decimals show two figures that count."""
    size = abs(value)
    return 1 if size >= 0.995 or size == 0 else 2 if size >= 0.0995 else 3


def number(value: float, decimals: int = 1) -> str:
    """Return a number with separators; no minus before a zero."""
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def _why_none(name: str, story: Story) -> str:
    if story.count == 0:
        return tr("nobody was counted")
    if not story.groups and len(story.shares) < 2:
        return tr("there is one area alone")
    if story.count == story.people:
        return tr("everybody was counted")
    if name in ("sii", "rii", "aci", "rci") and len(story.shares) < 3:
        return tr("a line needs three groups or more")
    if name == "ratio":
        return tr("in one of the two groups nobody was counted")
    if name in ("sii", "rii"):
        return tr(
            "in one of the {many} nobody, or everybody, was counted, and the line is fitted to odds"
        ).format(many=story.many)
    if name in ("theil", "mld") and min(story.shares) == 0:
        return tr("in {n} of the {many} nobody was counted, and 0 has no logarithm").format(
            n=sum(share == 0 for share in story.shares), many=story.many
        )
    return tr("it cannot be made of these figures")


def _ratio(figure: Figure, story: Story) -> str:
    text = tr("The {first} has {times} the share of the {last}: {x} % against {y} %.").format(
        first=story.end(True),
        times=figure.text(tr("times")),
        last=story.end(False),
        x=number(story.share(True), decimals_of(story.share(True))),
        y=number(story.share(False), decimals_of(story.share(False))),
    )
    return text if figure.beyond(1) else f"{text} {_chance(1)}"


def _gap(figure: Figure, story: Story) -> str:
    text = tr("In the {first} the share is {change} than in the {last}.").format(
        first=story.end(True), change=_change(figure), last=story.end(False)
    )
    return text if figure.beyond(0) else f"{text} {_chance(0)}"


def _sii(figure: Figure, story: Story) -> str:
    text = tr(
        "Along a line fitted to all {many} the share is {change} at the {worse} deprived end than "
        "at the other."
    ).format(many=story.many, change=_change(figure), worse=_worse(story))
    return text if figure.beyond(0) else f"{text} {_chance(0)}"


def _rii(figure: Figure, story: Story) -> str:
    text = tr(
        "At the {worse} deprived end of that line the share is {times} what it is at the other."
    ).format(worse=_worse(story), times=figure.text(tr("times")))
    return text if figure.beyond(1) else f"{text} {_chance(1)}"


def _worse(story: Story) -> str:
    return tr("least") if story.favourable else tr("most")


def _change(figure: Figure) -> str:
    """Return a difference with the word for its direction, its limits in the same words."""
    places = figure.decimals
    up, down = tr("higher"), tr("lower")
    size, word = number(abs(figure.estimate), places), up if figure.estimate >= 0 else down
    points = tr("percentage points")
    if not figure.limited:
        return f"{size} {points} {word}"
    ends = sorted((figure.lower, figure.upper), key=abs)
    if figure.lower < 0 < figure.upper:
        limits = tr("{low} lower to {high} higher").format(
            low=number(-figure.lower, places), high=number(figure.upper, places)
        )
    else:
        limits = tr("{low} to {high}").format(
            low=number(abs(ends[0]), places), high=number(abs(ends[1]), places)
        )
    return f"{size} {points} ({limits}) {word}"


def _chance(inside: int) -> str:
    return tr("Chance may explain this: {value} lies inside the limits.").format(value=inside)


def _concentration(figure: Figure, story: Story, what: str) -> str:
    if not figure.beyond(0):
        leaning = tr("no clear leaning to either end, as 0 lies inside the limits")
        leaning = leaning if figure.limited else tr("no leaning to either end")
    elif figure.estimate < 0:
        leaning = tr("below 0, so it is more common where deprivation is greater")
    else:
        leaning = tr("above 0, so it is more common where deprivation is less")
    return tr("{what} is {figure}: {leaning}.").format(
        what=what, figure=figure.text(), leaning=leaning
    )


def _aci(figure: Figure, story: Story) -> str:
    what = tr("With all {unit} put in order, the concentration index").format(unit=story.unit)
    return _concentration(figure, story, what)


def _rci(figure: Figure, story: Story) -> str:
    what = tr("As a part of the average share, the concentration index (−1 to 1)")
    return _concentration(figure, story, what)


def _bgv(figure: Figure, story: Story) -> str:
    return tr(
        "The shares of the {many} vary about the share of all ({mean} %) with a variance of "
        "{figure}, typically by {root} percentage points; 0 would be no difference."
    ).format(
        many=story.many,
        mean=_mean(story),
        figure=figure.text(),
        root=number(figure.estimate**0.5, decimals_of(figure.estimate**0.5)),
    )


def _theil(figure: Figure, story: Story) -> str:
    return tr(
        "Theil's index is {figure} thousandths: 0 would be the same share in all {many}; large "
        "shares count most."
    ).format(figure=figure.text(), many=story.many)


def _mld(figure: Figure, story: Story) -> str:
    return tr(
        "The mean log deviation is {figure} thousandths: 0 would be the same share in all {many}; "
        "small shares count most."
    ).format(figure=figure.text(), many=story.many)


def _idis(figure: Figure, story: Story) -> str:
    return tr(
        "On average over {unit}, the share of their {one} differs from the share of all ({mean} "
        "%) by {figure} of it."
    ).format(unit=story.unit, one=story.one, figure=figure.text("%"), mean=_mean(story))


def _par(figure: Figure, story: Story) -> str:
    if figure.estimate == 0:
        return _no_gain(story)
    best = story.mean + figure.estimate
    people = abs(figure.estimate) / 100 * story.people
    text = tr(
        "If all {many} had the share of the {best}, the share of all would be {change}: {y} % "
        "instead of {x} %, about {people:,.0f} {unit} {word}. This is arithmetic, no forecast."
    ).format(
        many=story.many,
        best=_best(story),
        change=_change(figure),
        x=_mean(story),
        y=number(best, decimals_of(best)),
        people=people,
        unit=story.unit,
        word=tr("more") if figure.estimate > 0 else tr("fewer"),
    )
    return text if figure.beyond(0) else f"{text} {_chance(0)}"


def _paf(figure: Figure, story: Story) -> str:
    if figure.estimate == 0:
        return _no_gain(story)
    size = Figure(
        abs(figure.estimate),
        *sorted(
            (figure.lower, figure.upper) if figure.estimate > 0 else (-figure.lower, -figure.upper)
        ),
    )
    word = tr("more") if figure.estimate > 0 else tr("fewer")
    return tr("That is {figure} {word} than the {count:,.0f} {unit} counted.").format(
        figure=size.text("%"), word=word, count=story.count, unit=story.unit
    )


def _best(story: Story) -> str:
    return story.end_of(most=False)


def _no_gain(story: Story) -> str:
    return tr("The {best} does no better than all together, so this is 0.").format(
        best=_best(story)
    )


def _mean(story: Story) -> str:
    return number(story.mean, decimals_of(story.mean))


def _dissimilarity(figure: Figure, story: Story) -> str:
    return tr(
        "{figure} of the {unit} counted would have to live in another area for the share to be the "
        "same in every area."
    ).format(figure=figure.text("%"), unit=story.unit)


def _isolation(figure: Figure, story: Story) -> str:
    return tr(
        "On average over the {unit} counted, {figure} of the {unit} of their area are counted; of "
        "all {unit} it is {mean} %."
    ).format(figure=figure.text("%"), unit=story.unit, mean=_mean(story))


def _entropy(figure: Figure, story: Story) -> str:
    return tr(
        "Of all mixing of those counted with the others, {figure} is lost to living apart: 0 "
        "would be the same share in every area, 1 that no area has both."
    ).format(figure=figure.text(decimals=3))


_SENTENCES: dict[str, Callable[[Figure, Story], str]] = {
    "ratio": _ratio,
    "gap": _gap,
    "sii": _sii,
    "rii": _rii,
    "aci": _aci,
    "rci": _rci,
    "bgv": _bgv,
    "theil": _theil,
    "mld": _mld,
    "idis": _idis,
    "par": _par,
    "paf": _paf,
    "dissimilarity": _dissimilarity,
    "isolation": _isolation,
    "entropy": _entropy,
}
