"""What the figures of one area cannot say, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...taxonomies.catalogue import catalogue
from ..messages import some, tr
from .whole import CLASS, EXPECTED, TOO_FEW, Whole, number

if TYPE_CHECKING:
    from ..ranking.ranked import Standing

LEAST, MOST = 2, 5  # sentences
FLAG = "prev_flag"
FLAGS = {
    "no figures": "nobody from here is registered with a practice that reported",
    "low coverage": "many patients from here are with practices that did not report",
    "one practice": "nearly all patients are with one practice, whose rate is taken for the area",
    "few registrations": "far fewer patients are registered than people live here",
    "no ages": "the ages of many patients are not known",
}


def cautions(whole: Whole, row: int, standing: Standing) -> list[str]:
    """Return two to five sentences, what is special about the area before what always holds."""
    used = [one.field for one in standing.scheme.indicators]
    special = [
        *_without_rank(row, standing),
        *_hidden(whole, row, standing, used),
        *_flagged(whole, row, used),
        *_too_few(whole, row),
        *_noise(whole, row, standing, used),
        *_modelled(whole, row, used),
        *_heard(standing),
    ]
    always = [
        tr(
            "These are figures of an area, not of people: they say nothing about any one person "
            "who lives here."
        ),
        dates(whole, used),
    ]
    return [always[0], *special[: MOST - LEAST], always[1]]


def dates(whole: Whole, used: list[str]) -> str:
    """Return of when the figures in use are, as far as the layer tells."""
    told: dict[str, None] = {}
    for name in used:
        source = whole.sources.get(name)
        if source is None or name.startswith(("voice_", "resp_")):
            continue
        edition = source.get("edition") or ""
        title = str(source.get("title") or "").removesuffix(f", {edition}")
        # one census has many tables
        census = edition.startswith("Census") or not title
        told[edition if census else dated(title, edition)] = None
    known = [one for one in told if one]
    if not known:
        return tr("The layer does not say of when its figures are.")
    if len(known) == 1:
        return tr("The figures are of {when}; much may have changed since.").format(when=known[0])
    return tr("The figures are of different dates ({when}); much may have changed since.").format(
        when="; ".join(known)
    )


def dated(title: str, edition: str) -> str:
    """Return a source with its date; of registers a file is read of any year, and none kept."""
    registers = {one.title: one.edition for one in catalogue() if one.kind == "register"}
    if registers.get(title) == edition:
        return tr("{title}, of which year the layer does not say").format(title=title)
    return title


def missing_pillars(row: int, standing: Standing) -> list[str]:
    """Return the pillars of some weight that are not known in an area."""
    scheme, pillars = standing.scheme, standing.scored.pillars
    return [
        scheme.pillar_title(name)
        for name in scheme.pillar_weights
        if number(pillars[name].iat[row]) is None
    ]


def _without_rank(row: int, standing: Standing) -> Iterator[str]:
    """Yield why an area has no rank."""
    if number(standing.ranks.iat[row]) is not None:
        return
    lacking = missing_pillars(row, standing)
    yield tr(
        "The area has no rank, as too few figures are known for: {pillars}. That does not mean "
        "that all is well here."
    ).format(pillars=", ".join(lacking))


def _hidden(whole: Whole, row: int, standing: Standing, used: list[str]) -> Iterator[str]:
    """Yield what was hidden of the figures in use, and what was only not known."""
    titles = standing.scheme.titles
    missing = [name for name in used if whole.value(row, name) is None]
    hidden = [tr(titles[name]) for name in missing if name in whole.hidden]
    others = [tr(titles[name]) for name in missing if name not in whole.hidden]
    goes_on = tr("The score goes by the other figures.")
    if number(standing.ranks.iat[row]) is None:
        goes_on = ""  # there is no score
    if hidden:
        text = tr("Hidden here to protect people, which does not mean 0: {titles}.")
        yield f"{text.format(titles=some(hidden, 4))} {goes_on}".rstrip()
    elif any(name in whole.hidden for name in used):
        yield tr(
            "Small counts were hidden or rounded in this layer, so small differences say nothing."
        )
    if others:
        text = tr("Not known here: {titles}.")
        yield f"{text.format(titles=some(others, 4))} {goes_on}".rstrip()


def _flagged(whole: Whole, row: int, used: list[str]) -> Iterator[str]:
    """Yield with which care disease figures are to be read."""
    flags = [one.strip() for one in whole.word(row, FLAG).split(";")]
    told = [tr(FLAGS[one]) for one in flags if one in FLAGS]
    if told and any(name.startswith("prev_") for name in used):
        yield tr("Disease figures need caution here: {why}.").format(why="; ".join(told))


def _too_few(whole: Whole, row: int) -> Iterator[str]:
    """Yield that replies say little, where too few are expected."""
    expected = whole.value(row, EXPECTED)
    if whole.word(row, CLASS) != TOO_FEW:
        return
    if expected is None or expected < 0.05:
        yield tr("Too few replies are expected here to say whether the area was heard.")
    else:
        yield tr(
            "Only {expected:.1f} replies are expected here: too few to say whether the area was "
            "heard."
        ).format(expected=expected)


def _noise(whole: Whole, row: int, standing: Standing, used: list[str]) -> Iterator[str]:
    """Yield the census percentages that are made of very few people."""
    titles, small, few = standing.scheme.titles, [], 0
    for name in used:
        share = whole.shares.get(name)
        count = whole.value(row, share.count) if share is not None and share.count else None
        limit = moved_below(whole, name)
        if count is not None and count < limit and name not in whole.hidden:
            small.append(tr(titles[name]))
            few = max(few, limit)
    if small:
        yield tr(
            "Made of fewer than {few} people or households, and the census moves such counts a "
            "little before it publishes them: {titles}."
        ).format(few=few, titles=some(small, 4))


def moved_below(whole: Whole, field: str) -> int:
    """Return below which count the publisher of a figure adds noise, 0 where it does not."""
    told = whole.sources.get(field, {}).get("title")
    noise = [one.raw.get("noise") for one in catalogue() if one.name == told]
    return int(noise[0]["below"]) if noise and noise[0] else 0


def _modelled(whole: Whole, row: int, used: list[str]) -> Iterator[str]:
    """Yield that prevalence counts diagnoses, and is estimated."""
    if any(name.startswith("prev_") and whole.value(row, name) is not None for name in used):
        yield tr(
            "Diagnosed conditions are estimates, shared out from practices to areas; where people "
            "are not seen by a doctor, they are too low."
        )


def _heard(standing: Standing) -> Iterator[str]:
    """Yield what replies do not say."""
    if standing.scheme.has_voice:
        yield tr("Replies tell how many answered, not what the others think, nor why they did not.")
