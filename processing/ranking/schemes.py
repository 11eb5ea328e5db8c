"""A scheme: the definition of a score, read from its file and fitted to a layer's fields."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..messages import some, tr
from .scheme_checks import THRESHOLDS, check

if TYPE_CHECKING:
    from ...methods.score import Indicator

PLAIN = "$name: $value"  # a reason that says neither high nor low
HOME = Path(__file__).resolve().parents[2] / "resources" / "schemes"
# figures that hold illness, which disease prevalence tells as well
WITH_HEALTH = tuple(
    f"dep_{name}_{kind}"
    for name in ("imd", "health")
    for kind in ("score", "rank", "decile", "quintile")
)


@dataclass(frozen=True)
class Scheme:
    """A score fitted to the fields at hand.

    Attributes:
        indicators: those whose field is there.
        pillar_weights: weight by pillar id, of pillars that have an indicator.
        titles: field to title.
        reasons: field to the template of its reason; ``names`` fills ``$name``.
        replies: field to the fields of the replies counted and expected behind it.
        counted: field to the template of its reason where those are known.
        short: field to the template of its reason in a few words, without numbers.
        turned: fields whose direction was turned round, so that words written for it do not hold.
        left_out: titles of indicators without a field.
        raw: the file's content.
    """

    indicators: list[Indicator]
    pillar_weights: dict[str, float]
    titles: dict[str, str]
    reasons: dict[str, Template]
    names: dict[str, str]
    replies: dict[str, tuple[str, str]]
    counted: dict[str, Template]
    short: dict[str, Template]
    turned: set[str]
    left_out: list[str]
    raw: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Return what it is called."""
        return str(self.raw.get("title", self.raw.get("id", "")))

    @property
    def has_voice(self) -> bool:
        """Return whether few replies are part of the score; turned round, many would be."""
        voice = {one.field for one in self.indicators if one.pillar == "voice"}
        return bool(voice - self.turned)

    @property
    def has_shortfall(self) -> bool:
        """Return whether a voice of 0 means that as many replied as expected, or more."""
        voice = [one for one in self.indicators if one.pillar == "voice"]
        return bool(voice) and all(
            one.enough is not None and not one.more_is_barrier for one in voice
        )

    @property
    def people(self) -> list[Mapping[str, str]]:
        """Return whom the score looks for: field, title and perhaps the areas meant."""
        people = self.raw.get("people", [])
        return [people] if isinstance(people, Mapping) else list(people)

    def threshold(self, name: str) -> float:
        """Return where a line is drawn, by the file or by default."""
        return float(self.raw.get("thresholds", {}).get(name, THRESHOLDS[name][0]))

    def thresholds(self):
        """Return those that the methods need."""
        from ...methods.score import Thresholds

        names = ("minimum_weight", "concentration", "robust", "contestable")
        return Thresholds(**{name: self.threshold(name) for name in names})

    def pillar_title(self, pillar: str) -> str:
        """Return what a pillar is called."""
        titles = {p["id"]: p.get("title", p["id"]) for p in self.raw["pillars"]}
        return tr(titles[pillar])

    def pillars_in_words(self) -> list[str]:
        """Return each pillar in use with its weight and those of its indicators."""
        used = {indicator.field for indicator in self.indicators}
        words = []
        for pillar in self.raw["pillars"]:
            if pillar["id"] not in self.pillar_weights:
                continue
            entries = [
                f"{tr(self._entry_title(entry, pillar['id'], used))} {entry.get('weight', 1):g}"
                for entry in pillar["indicators"]
                if used & {*entry.get("fields", ()), *entry.get("each_of", ())}
            ]
            title = self.pillar_title(pillar["id"])
            words.append(f"{title} {pillar['weight']:g} ({', '.join(entries)})")
        return words

    def _entry_title(self, entry: Mapping[str, Any], pillar: str, used: set[str]) -> str:
        """Return the title of the alternative that counts; of several that do, their common one."""
        one = next((field for field in entry.get("fields", ()) if field in used), "")
        return self.titles.get(one) or str(entry.get("title", pillar))

    def health_twice(self) -> list[str]:
        """Return fields that hold illness and stand beside disease prevalence."""
        fields = [i.field for i in self.indicators]
        beside = any(field.startswith("prev_") for field in fields)
        return [f for f in fields if beside and f.removesuffix("_avg") in WITH_HEALTH]


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
        check(data)
    except OSError as error:
        raise InputError(
            tr("There is no scheme {name}: choose {shipped} or the path of a file.").format(
                name=name, shipped=", ".join(shipped())
            )
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            tr("The scheme {name} cannot be read: {error}.").format(name=name, error=error)
        ) from error
    return data


def fit(data: Mapping[str, Any], fields: Collection[str]) -> Scheme:
    """Return the scheme with the indicators that a layer has fields for.

    An indicator's ``fields`` are alternatives, the first one present counts; of ``each_of``
    all that are present share its weight. A pillar of weight 0, or whose indicators all have
    weight 0, is left out.

    Raises:
        InputError: when a pillar that is not optional has no field at all, nothing is left, or
            health would count twice.
    """
    scheme = Scheme([], {}, {}, {}, {}, {}, {}, {}, set(), [], data)
    missing = []
    for pillar in data["pillars"]:
        chosen = [
            indicator
            for entry in pillar["indicators"]
            for indicator in _fitted(scheme, entry, pillar["id"], fields)
            if indicator.weight > 0
        ]
        weighty = any(float(entry.get("weight", 1)) > 0 for entry in pillar["indicators"])
        if chosen and float(pillar["weight"]) > 0:
            scheme.indicators.extend(chosen)
            scheme.pillar_weights[pillar["id"]] = float(pillar["weight"])
        elif weighty and float(pillar["weight"]) > 0:
            if not pillar.get("optional"):
                raise InputError(_missing(pillar, fields))
            missing.append(pillar)
    if not scheme.indicators:
        raise InputError(_missing(missing[0], fields) if missing else nothing_counts())
    if not data.get("allow_full_index"):
        _refuse_health_twice(scheme)
    return scheme


def entire(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scheme in which all that could count does, each alternative by itself.

    Fitted to a layer, it tells every field that any weights may ask for.
    """
    pillars = []
    for pillar in data["pillars"]:
        entries = []
        for entry in pillar["indicators"]:
            alone = {**entry, "weight": 1}
            if entry.get("each_of"):
                entries.append(alone)
            else:
                entries += [{**alone, "fields": [name]} for name in entry["fields"]]
        pillars.append({**pillar, "weight": 1, "optional": True, "indicators": entries})
    return {**data, "allow_full_index": True, "pillars": pillars}


def _fitted(
    scheme: Scheme, entry: Mapping[str, Any], pillar: str, fields: Collection[str]
) -> list[Indicator]:
    """Return the indicators that an entry makes; note what they are called in the scheme."""
    from ...methods.score import Indicator

    names = entry.get("each_of", {})
    present = [f for f in (names or entry["fields"]) if f in fields]
    present = present if names else present[:1]
    title = entry.get("title", pillar)
    if not present:
        scheme.left_out.append(title)
    elif names:
        scheme.left_out.extend(f"{title}: {names[f]}" for f in names if f not in fields)
    for field in present:
        own = entry.get("titles", {}).get(field, title)
        scheme.names[field] = names[field] if names else own
        scheme.titles[field] = f"{title}: {names[field]}" if names else own
        if "replies" in entry:
            replies = entry["replies"]
            scheme.replies[field] = (replies["observed"], replies["expected"])
        _note_words(scheme, entry, field)
    weight = float(entry.get("weight", 1)) / max(len(present), 1)
    more = bool(entry.get("more_is_barrier", True))
    # from where there is no barrier was said of the other side
    enough = None if entry.get("turned") else entry.get("enough")
    return [
        Indicator(field, pillar, weight, more, None if enough is None else float(enough))
        for field in present
    ]


def _note_words(scheme: Scheme, entry: Mapping[str, Any], field: str) -> None:
    """Note how the reason of an indicator is said; plainly where it was turned round."""
    if entry.get("turned"):
        scheme.turned.add(field)
        scheme.reasons[field] = Template(tr(PLAIN))
        return
    scheme.reasons[field] = Template(tr(entry.get("reason", "$name ($value)")))
    if "reason" in entry.get("replies", {}):
        scheme.counted[field] = Template(tr(entry["replies"]["reason"]))
    if "short" in entry:
        scheme.short[field] = Template(tr(entry["short"]))


def _refuse_health_twice(scheme: Scheme) -> None:
    twice = scheme.health_twice()
    if twice:
        raise InputError(
            tr(
                "{fields} holds health, and disease prevalence stands beside it in the scheme: "
                "health would count twice. Make dep_exhealth_score, which leaves health out, with "
                "profiledeprivation from the file of domain ranks; or leave prevalence out of the "
                "scheme; or write allow_full_index: true into it, on purpose."
            ).format(fields=some(twice))
        )


def nothing_counts() -> str:
    """Return what is wrong with a scheme of which nothing counts."""
    return tr("Every weight is 0, so there is nothing to rank by: give one a weight above 0.")


def _missing(pillar: Mapping[str, Any], have: Collection[str]) -> str:
    from ...layers.areas import SHAPEFILE_NAME  # not when QGIS starts

    fields = [
        f for entry in pillar["indicators"] for f in entry.get("fields", entry.get("each_of"))
    ]
    longest = max(map(len, have), default=0)
    if longest == SHAPEFILE_NAME and any(len(f) > longest for f in fields):
        return tr(
            "The layer has none of the fields {fields} for “{pillar}”. The names of its fields "
            "look cut, as a shapefile cuts them to 10 characters: use a GeoPackage, made by the "
            "same algorithms, instead."
        ).format(pillar=pillar.get("title", pillar["id"]), fields=some(fields))
    return tr(
        "The layer has no figures for “{pillar}”: none of the fields {fields}, or NULL in every "
        "area. Make them with profileareas first, or choose another scheme."
    ).format(pillar=pillar.get("title", pillar["id"]), fields=some(fields))
