"""A scheme: the definition of a score, read from its file and fitted to a layer's fields."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..layers.errors import InputError
from .messages import some, tr

if TYPE_CHECKING:
    from ..methods.score import Indicator

HOME = Path(__file__).resolve().parent.parent / "resources" / "schemes"
FULL_INDEX = "dep_imd_score"
RESERVED = {"score", "rank", "rank_lo", "rank_hi", "p_top", "tier", "flag", "reasons"}


@dataclass(frozen=True)
class Scheme:
    """A score fitted to the fields at hand.

    Attributes:
        indicators: those whose field is there.
        pillar_weights: weight by pillar id, of pillars that have an indicator.
        titles: field to title.
        reasons: field to the template of its reason; ``names`` fills ``$name``.
        left_out: titles of indicators without a field.
        raw: the file's content.
    """

    indicators: list[Indicator]
    pillar_weights: dict[str, float]
    titles: dict[str, str]
    reasons: dict[str, Template]
    names: dict[str, str]
    left_out: list[str]
    raw: Mapping[str, Any]

    @property
    def has_voice(self) -> bool:
        """Return whether replies are part of the score."""
        return "voice" in self.pillar_weights

    def pillars_in_words(self) -> list[str]:
        """Return each pillar in use with its weight and those of its indicators."""
        used = {indicator.field for indicator in self.indicators}
        words = []
        for pillar in self.raw["pillars"]:
            if pillar["id"] not in self.pillar_weights:
                continue
            entries = [
                f"{tr(entry.get('title', ''))} {entry.get('weight', 1):g}"
                for entry in pillar["indicators"]
                if used & {*entry.get("fields", ()), *entry.get("each_of", ())}
            ]
            title = tr(pillar.get("title", pillar["id"]))
            words.append(f"{title} {pillar['weight']:g} ({', '.join(entries)})")
        return words

    @property
    def counts_health_twice(self) -> bool:
        """Return whether the full index stands beside disease prevalence."""
        fields = [i.field for i in self.indicators]
        return FULL_INDEX in fields and any(f.startswith("prev_") for f in fields)


def shipped() -> list[str]:
    """Return the ids of the schemes that come with the plugin."""
    return sorted(p.stem for p in HOME.glob("*.json") if not p.name.endswith(".schema.json"))


def load(name: str) -> dict[str, Any]:
    """Return a scheme by its shipped id or by the path of its file.

    Raises:
        InputError: when there is none, or the file is no scheme.
    """
    path = HOME / f"{name}.json" if name in shipped() else Path(name)
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        _check(data)
    except OSError as error:
        raise InputError(
            tr("There is no scheme {name}: choose {shipped} or the path of a file.").format(
                name=name, shipped=", ".join(shipped())
            )
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            tr("The scheme {name} cannot be read: {error}.").format(name=name, error=error)
        ) from error
    return data


def _check(data: Mapping[str, Any]) -> None:
    """Raise ValueError or KeyError for what a scheme must have, naming the key."""
    pillars = data["pillars"]
    ids = [pillar["id"] for pillar in pillars]
    if not pillars or len(set(ids)) < len(ids):
        raise ValueError("pillars: at least one is needed, each with an id of its own")
    if RESERVED & set(ids):
        raise ValueError(f"pillars: the ids {', '.join(sorted(RESERVED))} are taken")
    fields: list[str] = []
    for pillar in pillars:
        _check_weight(pillar, pillar["id"])
        for indicator in pillar["indicators"]:
            if not ("fields" in indicator or "each_of" in indicator):
                raise ValueError(f"pillar {pillar['id']}: an indicator needs fields or each_of")
            _check_weight({"weight": 1, **indicator}, pillar["id"])
            fields += [*indicator.get("fields", ()), *indicator.get("each_of", ())]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise ValueError(f"indicators: {', '.join(twice)} stands more than once")
    if not any(float(pillar["weight"]) > 0 for pillar in pillars):
        raise ValueError("pillars: at least one needs a weight above 0")


def _check_weight(entry: Mapping[str, Any], pillar: str) -> None:
    if not 0 <= float(entry["weight"]) < float("inf"):
        raise ValueError(f"pillar {pillar}: weight {entry['weight']} is not 0 or more")


def fit(data: Mapping[str, Any], fields: Collection[str]) -> Scheme:
    """Return the scheme with the indicators that a layer has fields for.

    An indicator's ``fields`` are alternatives, the first one present counts; of ``each_of``
    all that are present share its weight.

    Raises:
        InputError: when a pillar that is not optional has no field at all.
    """
    from ..methods.score import Indicator

    scheme = Scheme([], {}, {}, {}, {}, [], data)
    for pillar in data["pillars"]:
        chosen = []
        for entry in pillar["indicators"]:
            names = entry.get("each_of", {})
            present = [f for f in (names or entry["fields"]) if f in fields]
            present = present if names else present[:1]
            title = entry.get("title", pillar["id"])
            if not present:
                scheme.left_out.append(title)
            elif names:
                scheme.left_out.extend(f"{title}: {names[f]}" for f in names if f not in fields)
            for field in present:
                weight = float(entry.get("weight", 1)) / len(present)
                more = bool(entry.get("more_is_barrier", True))
                chosen.append(Indicator(field, pillar["id"], weight, more))
                scheme.names[field] = names[field] if names else title
                scheme.titles[field] = f"{title}: {names[field]}" if names else title
                scheme.reasons[field] = Template(tr(entry.get("reason", "$name ($value)")))
        chosen = [indicator for indicator in chosen if indicator.weight > 0]
        if chosen and float(pillar["weight"]) > 0:
            scheme.indicators.extend(chosen)
            scheme.pillar_weights[pillar["id"]] = float(pillar["weight"])
        elif not pillar.get("optional") and float(pillar["weight"]) > 0:
            raise InputError(_missing(pillar))
    return scheme


def _missing(pillar: Mapping[str, Any]) -> str:
    fields = [
        f for entry in pillar["indicators"] for f in entry.get("fields", entry.get("each_of"))
    ]
    return tr(
        "The layer has no figures for “{pillar}”: none of the fields {fields}. Make them with "
        "profileareas first, or choose another scheme."
    ).format(pillar=pillar.get("title", pillar["id"]), fields=some(fields))
