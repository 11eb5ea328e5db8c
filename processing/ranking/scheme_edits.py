"""A scheme with some weights and directions changed: what the sliders of the panel do.

Changes are a line of text, so that a command can make them too:
``barriers=2; lang_low_english_pct=0; voice_shrunk=1 more``. A name is the id of a pillar, or a
field of an indicator; weights count as in the scheme's file, 0 leaves out; ``more`` or ``less``
says of which there is a barrier.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from ...layers.errors import InputError
from ..messages import tr
from .schemes import nothing_counts

DIRECTIONS = {"more": True, "less": False}
Raw = dict[str, Any]  # the content of a scheme's file


@dataclass(frozen=True)
class Line:
    """A pillar or an indicator of a scheme, as it counts in a layer.

    Attributes:
        key: its name in changes.
        title: what it is called.
        pillar: id of its pillar, its own for a pillar.
        is_pillar: whether it is one.
        weight: as it stands in the scheme; of pillars beside pillars, of indicators inside theirs.
        share: per cent of the whole score, None where it is left out.
        more_is_barrier: whether more of it is the barrier; None for a pillar.
        there: whether the layer has figures for it.
        note: what else to know, in words; mostly empty.
    """

    key: str
    title: str
    pillar: str
    is_pillar: bool
    weight: float
    share: float | None
    more_is_barrier: bool | None
    there: bool
    note: str


@dataclass(frozen=True)
class Changes:
    """Other weights and directions than a scheme has, by name."""

    weights: Mapping[str, float] = field(default_factory=dict)
    directions: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Changes:
        """Return the changes that a text tells.

        Raises:
            InputError: naming the part that cannot be understood.
        """
        weights: dict[str, float] = {}
        directions: dict[str, bool] = {}
        for part in filter(None, map(str.strip, (text or "").split(";"))):
            name, _, value = (piece.strip() for piece in part.rpartition("="))
            if not name:
                raise InputError(
                    tr(
                        "CHANGES: “{part}” is no change. Write name=weight, with semicolons "
                        "between: barriers=2; lang_low_english_pct=0."
                    ).format(part=part)
                )
            if name in weights or name in directions:
                raise InputError(tr("CHANGES: {name} stands twice.").format(name=name))
            words = value.split()
            if words and words[-1].lower() in DIRECTIONS:
                directions[name] = DIRECTIONS[words.pop().lower()]
            if words or name not in directions:
                weights[name] = _weight(name, " ".join(words))
        return cls(weights, directions)

    @property
    def text(self) -> str:
        """Return them as a text that ``parse`` understands, always the same for the same."""
        return "; ".join(f"{name}={self._value(name)}" for name in self.names)

    @property
    def names(self) -> list[str]:
        """Return the names that are changed."""
        return sorted({*self.weights, *self.directions})

    def apply(self, raw: Mapping[str, Any]) -> Raw:
        """Return a scheme with the changes made; the one given stays as it is.

        Raises:
            InputError: for a name that the scheme does not have, a weight that is none, a
                direction of a pillar, or when no weight is left.
        """
        changed = copy.deepcopy(dict(raw))
        for name, part, is_pillar in self._found(changed):
            if name in self.weights:
                part["weight"] = _checked(name, self.weights[name])
            if name not in self.directions:
                continue
            if is_pillar:
                raise InputError(
                    tr(
                        "CHANGES: {name} is a pillar, which has no direction. Name the field of "
                        "one of its indicators."
                    ).format(name=name)
                )
            _turn(part, self.directions[name])
        if self.names:
            _refuse_nothing(changed)
        return changed

    def with_weight(self, key: str, weight: float) -> Changes:
        """Return them with another weight."""
        return Changes({**self.weights, key: weight}, self.directions)

    def with_direction(self, key: str, more: bool) -> Changes:
        """Return them with another direction."""
        return Changes(self.weights, {**self.directions, key: more})

    def without(self, key: str) -> Changes:
        """Return them without those of a name."""
        return Changes(
            {name: value for name, value in self.weights.items() if name != key},
            {name: value for name, value in self.directions.items() if name != key},
        )

    def tidied(self, raw: Mapping[str, Any]) -> Changes:
        """Return them under the first name of everything, without those that change nothing.

        Raises:
            InputError: for a name that the scheme does not have.
        """
        weights: dict[str, float] = {}
        directions: dict[str, bool] = {}
        for name, part, is_pillar in self._found(raw):
            key = part["id"] if is_pillar else key_of(part)
            if self.weights.get(name, _weight_of(part)) != _weight_of(part):
                weights[key] = self.weights[name]
            if self.directions.get(name, _more(part)) != _more(part):
                directions[key] = self.directions[name]
        return Changes(weights, directions)

    def in_words(self, raw: Mapping[str, Any]) -> str:
        """Return what is changed of a scheme for people; empty when nothing is.

        Raises:
            InputError: for a name that the scheme does not have.
        """
        told = []
        tidy = self.tidied(raw)
        for key, part, is_pillar in tidy._found(raw):
            title = tr(part.get("title") or (part["id"] if is_pillar else key))
            if key in tidy.weights:
                told.append(
                    tr("{title} {weight:g} (was {before:g})").format(
                        title=title, weight=tidy.weights[key], before=_weight_of(part)
                    )
                )
            if key in tidy.directions:
                text = tr("{title}: less is the barrier (was more)")
                if tidy.directions[key]:
                    text = tr("{title}: more is the barrier (was less)")
                told.append(text.format(title=title))
        return ", ".join(told)

    def told(self, raw: Mapping[str, Any]) -> tuple[str, str]:
        """Return what is changed of a scheme in words, and as the shortest text that does it."""
        return self.in_words(raw), self.tidied(raw).text

    def _value(self, name: str) -> str:
        weight = _number(self.weights[name]) if name in self.weights else ""
        more = self.directions.get(name)
        return " ".join(filter(None, [weight, "" if more is None else ("less", "more")[more]]))

    def _found(self, raw: Mapping[str, Any]) -> list[tuple[str, Raw, bool]]:
        """Return each name with the part of the scheme it means, and whether that is a pillar."""
        known = _parts(raw)
        meant: dict[int, str] = {}
        found = []
        for name in self.names:
            if name not in known:
                raise InputError(
                    tr("CHANGES: the scheme has no {name}. It has {known}.").format(
                        name=name, known=", ".join(_keys(raw))
                    )
                )
            part, is_pillar = known[name]
            other = meant.setdefault(id(part), name)
            if other != name:
                raise InputError(
                    tr("CHANGES: {first} and {second} are the same indicator; name one.").format(
                        first=other, second=name
                    )
                )
            found.append((name, part, is_pillar))
        return found


def key_of(entry: Mapping[str, Any]) -> str:
    """Return the name of an indicator in changes: the first of its fields."""
    return str(next(iter(entry.get("each_of") or entry["fields"])))


def lines(raw: Mapping[str, Any], have: Collection[str]) -> list[Line]:
    """Return the pillars of a scheme, each with its indicators below, as they count in a layer.

    Args:
        raw: the scheme, changed perhaps.
        have: the fields in which the layer has figures.
    """
    inside = {pillar["id"]: _weight_inside(pillar, have) for pillar in raw["pillars"]}
    whole = sum(_weight_of(pillar) for pillar in raw["pillars"] if inside[pillar["id"]])
    found = []
    for pillar in raw["pillars"]:
        name, total = pillar["id"], inside[pillar["id"]]
        share = 100 * _weight_of(pillar) / whole if total and _weight_of(pillar) else None
        there = any(_present(entry, have) for entry in pillar["indicators"])
        title, weight = tr(pillar.get("title", name)), _weight_of(pillar)
        note = "" if there else tr("The layer has no figures for it.")
        found.append(Line(name, title, name, True, weight, share, None, there, note))
        found += [_line(entry, name, share, total, have) for entry in pillar["indicators"]]
    return found


# --- parts of a scheme


def _line(
    entry: Mapping[str, Any], pillar: str, share: float | None, total: float, have: Collection[str]
) -> Line:
    present = _present(entry, have)
    weight = _weight_of(entry)
    own = None
    if present and weight and share is not None:
        own = share * weight / total
    title = entry.get("title", pillar)
    if len(present) == 1 and present[0] in entry.get("titles", {}):
        title = entry["titles"][present[0]]
    return Line(
        key_of(entry),
        tr(title),
        pillar,
        False,
        weight,
        own,
        _more(entry),
        bool(present),
        _note(entry, present),
    )


def _note(entry: Mapping[str, Any], present: Collection[str]) -> str:
    names = entry.get("each_of", {})
    if not present:
        return tr("The layer has no figures for it.")
    told = []
    if names:
        told.append(", ".join(tr(names[one]) for one in present))
    if entry.get("turned"):
        told.append(tr("The direction is turned round."))
    return " · ".join(told)


def _present(entry: Mapping[str, Any], have: Collection[str]) -> list[str]:
    """Return the fields of an indicator that count: of alternatives the first that is there."""
    names = entry.get("each_of")
    present = [one for one in (names or entry["fields"]) if one in have]
    return present if names else present[:1]


def _weight_inside(pillar: Mapping[str, Any], have: Collection[str]) -> float:
    return sum(_weight_of(entry) for entry in pillar["indicators"] if _present(entry, have))


def _weight_of(part: Mapping[str, Any]) -> float:
    return float(part.get("weight", 1))


def _more(part: Mapping[str, Any]) -> bool:
    return bool(part.get("more_is_barrier", True))


def _parts(raw: Mapping[str, Any]) -> dict[str, tuple[Raw, bool]]:
    """Return pillars and indicators by all names that they go by; pillars come first."""
    found: dict[str, tuple[Raw, bool]] = {}
    for pillar in raw["pillars"]:
        for entry in pillar["indicators"]:
            for name in (*entry.get("fields", ()), *entry.get("each_of", ())):
                found[name] = (entry, False)
    return {**found, **{pillar["id"]: (pillar, True) for pillar in raw["pillars"]}}


def _keys(raw: Mapping[str, Any]) -> Iterator[str]:
    for pillar in raw["pillars"]:
        yield pillar["id"]
        yield from map(key_of, pillar["indicators"])


def _turn(entry: Raw, more: bool) -> None:
    """Give an indicator a direction; note whether the words of the scheme still hold."""
    if more == _more(entry):
        return
    entry["more_is_barrier"] = more
    if entry.pop("turned", False):
        return  # turned back to what its words say
    entry["turned"] = True


def _refuse_nothing(raw: Mapping[str, Any]) -> None:
    counts = any(
        _weight_of(pillar) * _weight_of(entry)
        for pillar in raw["pillars"]
        for entry in pillar["indicators"]
    )
    if not counts:
        raise InputError(nothing_counts())


def _weight(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise InputError(
            tr(
                "CHANGES: {name} needs a weight of 0 or more, such as {name}=2, and after it "
                "perhaps more or less; not “{text}”."
            ).format(name=name, text=text)
        ) from None
    return _checked(name, number)


def _checked(name: str, number: float) -> float:
    if not (isfinite(number) and number >= 0):
        raise InputError(
            tr(
                "CHANGES: the weight of {name} is {weight}; it must be a number of 0 or more."
            ).format(name=name, weight=number)
        )
    return number + 0.0  # -0 is 0


def _number(weight: float) -> str:
    """Return a weight as short as it can be without another number being meant."""
    return f"{weight:g}" if float(f"{weight:g}") == weight else repr(float(weight))
