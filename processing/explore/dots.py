"""Each figure of a scheme in one area, beside all areas of the layer and a nation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...taxonomies.catalogue import catalogue
from ...taxonomies.nation import national_figures
from ..messages import tr
from .whole import EXPECTED, OBSERVED, RATIO, Together, Whole

if TYPE_CHECKING:
    from ..ranking.schemes import Scheme

SHRUNK = "voice_shrunk"
SMALL = 10  # a figure below it that is not known to be anything has a decimal more


@dataclass(frozen=True)
class Dot:
    """A figure of one area, beside all areas together and a nation; None where not known.

    Attributes:
        title: of the figure.
        value, low, high: of the area, with its 95 % limits.
        city, nation: what it is held against; ``city_title`` and ``nation_title`` say what that is.
        least, most: ends of an axis that all areas share. It holds all that is here.
        unit, decimals: how to write the numbers.
        words: all of it in sentences.
        field: that holds it.
        counted: whether it has a weight in the scheme.
    """

    title: str
    value: float | None
    low: float | None
    high: float | None
    city: float | None
    nation: float | None
    nation_title: str
    least: float | None
    most: float | None
    unit: str
    decimals: int
    words: str
    city_title: str = ""
    field: str = ""
    counted: bool = True


@dataclass(frozen=True)
class Unit:
    """How a figure is written: what stands after the number, and its decimals.

    ``said`` is how a sentence tells it, where the sign alone would be clumsy.
    """

    sign: str
    decimals: int
    said: str = ""

    def number(self, value: float) -> str:
        """Return the number alone."""
        return f"{value:,.{self.decimals}f}"

    def text(self, value: float) -> str:
        """Return a number with its unit, for a sentence."""
        if self.said:
            return self.said.format(value=self.number(value))
        return f"{self.number(value)} {self.sign}".rstrip()


def dots_of(whole: Whole, row: int, scheme: Scheme) -> list[Dot]:
    """Return the figures of a scheme in one area: those that count, then those of weight 0."""
    counted = [one.field for one in scheme.indicators]
    others = [name for name in scheme.titles if name not in counted and name in whole.have]
    return [_dot(whole, row, scheme, name, name in counted) for name in (*counted, *others)]


def _dot(whole: Whole, row: int, scheme: Scheme, field: str, counted: bool) -> Dot:
    pair = scheme.replies.get(field) or ((OBSERVED, EXPECTED) if is_ratio(field) else ())
    shown = shown_of(whole, row, field)
    unit = unit_of(whole, field)
    limits = whole.limits(shown)
    value = whole.value(row, shown)
    low, high = (whole.value(row, name) for name in limits) if limits else (None, None)
    city, nation = whole.together(field, pair), nation_of(whole, field, pair)
    ends = [*(whole.span(shown, *(limits or ())) or ())]
    ends += [x for x in (value, low, high, city.value, nation and nation.value) if x is not None]
    title = tr(scheme.titles[field])
    sentences = [*_about_area(whole, row, field, title, unit, (value, low, high), counted)]
    sentences += _beside(city, nation, unit)
    return Dot(
        title=title if counted else tr("{title} (not counted)").format(title=title),
        value=value,
        low=low,
        high=high,
        city=city.value,
        nation=nation.value if nation else None,
        nation_title=nation.title if nation else "",
        least=min(ends, default=None),
        most=max(ends, default=None),
        unit=unit.sign,
        decimals=unit.decimals,
        words=" ".join(sentences),
        city_title=city.title,
        field=field,
        counted=counted,
    )


def _about_area(
    whole: Whole,
    row: int,
    field: str,
    title: str,
    unit: Unit,
    known: tuple[float | None, float | None, float | None],
    counted: bool,
) -> Iterator[str]:
    """Yield what is known of the area itself, and where that is among the areas of the layer."""
    value, low, high = known
    if not counted:
        yield tr("This figure has no weight in the score.")
    if value is None:
        yield unknown(whole, field, title)
        return
    title = _in_full(whole, field, title)
    if low is not None and high is not None:
        yield tr("{title}: {value} (95 % limits {low} to {high}).").format(
            title=title, value=unit.text(value), low=unit.number(low), high=unit.number(high)
        )
    else:
        yield tr("{title}: {value}.").format(title=title, value=unit.text(value))
    counts = whole.value(row, field)
    if counts is None:
        yield unknown(whole, field, title)
        return
    if shown_of(whole, row, field) != field:
        yield tr("It counts as {value:.0f}, drawn towards 100 to allow for chance.").format(
            value=counts
        )
    elif field == SHRUNK:
        yield tr("It is drawn towards 100 to allow for chance.")
    yield place(whole, field, counts)


def shown_of(whole: Whole, row: int, field: str) -> str:
    """Return the field that is shown of a figure: of replies the ratio itself, where it is known.

    What is drawn towards 100 counts, but limits are those of the ratio.
    """
    if field == SHRUNK and whole.value(row, RATIO) is not None:
        return RATIO
    return field


def _in_full(whole: Whole, field: str, title: str) -> str:
    """Return the title of a figure with what it is a share of, where the scheme is shorter."""
    share = whole.shares.get(field)
    figure = whole.figures.titles.get(field, "") if share is not None else ""
    if not figure or figure.casefold() in title.casefold():
        return title
    return tr("{title} – {figure}").format(title=title, figure=tr(figure))


def unknown(whole: Whole, field: str, title: str) -> str:
    """Return that a figure is hidden, or else that it is not known."""
    rule = whole.hidden.get(field)
    if rule:
        return tr(
            "{title}: hidden, as small counts are in this layer (rule {rule}); it need not be 0."
        ).format(title=title, rule=rule)
    return tr("{title}: not known here.").format(title=title)


def place(whole: Whole, field: str, value: float) -> str:
    """Return where a value is among the areas of the layer, never rounded up."""
    less, more, known = whole.below(field, value)
    if known == 1:
        return tr("No other area of the layer has this figure.")
    if not less and not more:
        return tr("All {n:,} areas of the layer that have it have the same.").format(n=known)
    if 100 * max(less, more) < known:
        return tr("The same as in nearly all of the {n:,} areas of the layer.").format(n=known)
    if less >= more:
        text = tr("More than in {share} % of the {n:,} areas of the layer.")
        if not more and less == known - 1:
            text = tr("The highest of the {n:,} areas of the layer.")
        return text.format(share=math.floor(100 * less / known), n=known)
    text = tr("Less than in {share} % of the {n:,} areas of the layer.")
    if not less and more == known - 1:
        text = tr("The lowest of the {n:,} areas of the layer.")
    return text.format(share=math.floor(100 * more / known), n=known)


def _beside(city: Together, nation: Together | None, unit: Unit) -> Iterator[str]:
    """Yield what all areas together and the nation have."""
    if city.value is not None:
        yield tr("{title}: {value}.").format(title=city.title, value=unit.text(city.value))
        if city.caution:
            yield city.caution
    if nation is not None and nation.value is not None:
        text = tr("{title}: {value} ({source}).") if nation.source else tr("{title}: {value}.")
        yield text.format(title=nation.title, value=unit.text(nation.value), source=nation.source)
        if nation.caution:
            yield nation.caution


# --- what it is held against


def nation_of(whole: Whole, field: str, pair: Sequence[str] = ()) -> Together | None:
    """Return what a figure is held against beyond the layer, None where nothing is known.

    The areas of the reference, where there is one; else the nation's own figure as published, of
    the edition that the layer names; else the middle of a nation's ranks.
    """
    if field not in whole.nations:
        whole.nations[field] = (
            whole.compared(field, pair) or _published(whole, field) or _middle_rank(whole, field)
        )
    return whole.nations[field]


def _published(whole: Whole, field: str) -> Together | None:
    """Return the figure of the nation in which all areas of the layer lie."""
    told = whole.sources.get(field, {}).get("title")
    found = national_figures([field], [told] if told else [], whole.nation).get(field)
    if found is None:
        return None
    title = tr(found.area)
    if found.middle:
        title = tr("The middle area of {nation}").format(nation=title)
    return Together(found.value, title, 1, found.source)


def _middle_rank(whole: Whole, field: str) -> Together | None:
    """Return the middle of the ranks of a nation, in an index that the layer names."""
    told = whole.sources.get(field, {}).get("title")
    index = next((t for t in catalogue() if t.kind == "ranked" and t.name == told), None)
    one = next((i for i in index.indicators if index.field(i.id) == field), None) if index else None
    if index is None or one is None or not one.options.get("whole"):
        return None
    areas = int(index.raw["areas_ranked"])
    title = tr("The middle area of {nation}").format(nation=tr(index.raw["nation"]))
    return Together((areas + 1) / 2, title, areas)


# --- how it is written


def is_ratio(field: str) -> bool:
    """Return whether a field is a ratio of replies, 100 as expected."""
    return field in (RATIO, SHRUNK)


def unit_of(whole: Whole, field: str) -> Unit:
    """Return how a figure is written: by what it is, not by what its values look like."""
    share = whole.shares.get(field)
    if is_ratio(field):
        return Unit(tr("per 100 expected"), 0, tr("{value} for every 100 expected"))
    if share is not None and not share.part:
        return Unit(tr("for every 100"), 0)
    if share is not None or field.endswith(("_pct", "_percent")):
        return Unit("%", 1)
    if field in whole.figures.scores or field.endswith(("_score", "_score_avg")):
        return Unit(tr("(score)"), 1, tr("a score of {value}"))
    if field in whole.figures.bands and field.endswith("_rank"):
        return Unit(tr("(rank, 1 = most deprived)"), 0, tr("rank {value}"))
    if field in whole.figures.counts:
        return Unit(tr("households") if whole.counts_households(field) else tr("people"), 0)
    values = whole.ordered(field)
    if not len(values) or not (values % 1).any():
        return Unit("", 0)
    return Unit("", 2 if abs(values[[0, -1]]).max() < SMALL else 1)
