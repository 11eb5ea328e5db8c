"""What a scheme's file must hold before it can be used, with problems that name the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

RESERVED = {
    *("score", "rank", "rank_lo", "rank_median", "rank_hi", "p_top"),
    *("tier", "flag", "reasons"),
}
# choices of this project: default, lowest and highest
THRESHOLDS = {
    "minimum_weight": (0.75, 0.0, 1.0),
    "concentration": (20.0, 1e-6, 1e6),
    "robust": (0.8, 0.0, 1.0),
    "contestable": (0.2, 0.0, 1.0),
    "strong": (0.8, 0.0, 1.0),
    "correlation": (0.9, 0.0, 1.0),
}
WORDS = (
    *("id", "title", "explanation", "reason", "short"),
    *("field", "where", "core20", "low_english"),
)
FLAGS = ("optional", "more_is_barrier", "turned", "allow_full_index")


def check(data: Any) -> None:
    """Raise for the first thing that is missing or cannot be.

    Raises:
        ValueError, KeyError: naming the key.
    """
    for problem in _problems(data):
        raise ValueError(problem)


def _problems(data: Any) -> Iterator[str]:
    """Yield what is wrong, the outer things first: only the first is read."""
    yield from _no_object(data, "the file")
    yield from _no_list(data["pillars"], "pillars")
    yield from _simple(data, "the file")
    for pillar in data["pillars"]:
        yield from _no_object(pillar, "pillars")
        yield from _simple(pillar, f"pillar {pillar['id']}")
        yield from _wrong_number(pillar["weight"], f"pillar {pillar['id']}: weight")
        yield from _no_list(pillar["indicators"], f"pillar {pillar['id']}: indicators")
        for indicator in pillar["indicators"]:
            yield from _wrong_indicator(indicator, f"pillar {pillar['id']}")
    yield from _wrong_pillars(data["pillars"])
    yield from _wrong_thresholds(data.get("thresholds", {}))
    yield from _wrong_people(data.get("people", []))
    yield from _wrong_flag(data.get("flag", {}))


def _no_object(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where}: an object in {{}} is needed"


def _no_list(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{where}: at least one is needed, in a list"


def _simple(value: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield texts that are none, and yes or no that is neither."""
    for key in WORDS:
        if not isinstance(value.get(key, ""), str):
            yield f"{where}: {key} is not a text"
    for key in FLAGS:
        if not isinstance(value.get(key, True), bool):
            yield f"{where}: {key} is neither true nor false"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _wrong_number(value: Any, where: str) -> Iterator[str]:
    if not _is_number(value) or not 0 <= value < float("inf"):
        yield f"{where} {value!r} is not 0 or more"


def _wrong_indicator(indicator: Any, where: str) -> Iterator[str]:
    yield from _no_object(indicator, f"{where}: indicators")
    yield from _simple(indicator, where)
    yield from _wrong_number(indicator.get("weight", 1), f"{where}: weight")
    if not (indicator.get("fields") or indicator.get("each_of")):
        yield f"{where}: an indicator needs fields or each_of"
    if "fields" in indicator:
        yield from _no_list(indicator["fields"], f"{where}: fields")
        yield from _no_texts(indicator["fields"], f"{where}: fields")
    for key in ("each_of", "titles", "replies"):
        if key in indicator:
            yield from _no_object(indicator[key], f"{where}: {key}")
            yield from _no_texts([*indicator[key].values()], f"{where}: {key}")
    if "replies" in indicator and not {"observed", "expected"} <= {*indicator["replies"]}:
        yield f"{where}: replies needs the fields observed and expected"
    enough = indicator.get("enough", 0)
    if not _is_number(enough) or not -float("inf") < enough < float("inf"):
        yield f"{where}: enough {enough!r} is not a number"


def _no_texts(values: Sequence[Any], where: str) -> Iterator[str]:
    if not all(isinstance(value, str) for value in values):
        yield f"{where}: texts are needed"


def _wrong_pillars(pillars: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids = [pillar["id"] for pillar in pillars]
    if len(set(ids)) < len(ids):
        yield "pillars: each needs an id of its own"
    if RESERVED & set(ids):
        yield f"pillars: the ids {', '.join(sorted(RESERVED & set(ids)))} are taken"
    fields: list[str] = []
    for pillar in pillars:
        for indicator in pillar["indicators"]:
            fields += [*indicator.get("fields", ()), *indicator.get("each_of", ())]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        yield f"indicators: {', '.join(twice)} stands more than once"
    if not any(pillar["weight"] > 0 for pillar in pillars):
        yield "pillars: at least one needs a weight above 0"


def _wrong_thresholds(thresholds: Any) -> Iterator[str]:
    yield from _no_object(thresholds, "thresholds")
    for name, value in thresholds.items():
        if name not in THRESHOLDS:
            yield f"thresholds: there is no {name}; known are {', '.join(THRESHOLDS)}"
        _, low, high = THRESHOLDS[name]
        if not _is_number(value) or not low <= value <= high:
            yield f"thresholds: {name} {value!r} is not a number from {low:g} to {high:g}"
    defaults = {name: default for name, (default, _, _) in THRESHOLDS.items()}
    given = {**defaults, **thresholds}
    if given["contestable"] > given["robust"]:
        yield "thresholds: contestable is above robust"


def _wrong_people(people: Any) -> Iterator[str]:
    if not isinstance(people, (Mapping, list)):
        yield "people: a group or a list of groups is needed"
    for one in [people] if isinstance(people, Mapping) else people:
        yield from _no_object(one, "people")
        yield from _simple(one, "people")
        if not {"field", "title"} <= {*one}:
            yield "people: each needs a field and a title"


def _wrong_flag(flag: Any) -> Iterator[str]:
    yield from _no_object(flag, "flag")
    if not flag:
        return
    yield from _simple(flag, "flag")
    if not {"core20", "low_english"} <= {*flag}:
        yield "flag: it needs the fields core20 and low_english"
    share = flag.get("top_share", 0.1)
    if not _is_number(share) or not 0 < share < 1:
        yield f"flag: top_share {share!r} is not between 0 and 1"
    voice = flag.get("voice", {"field": "", "values": []})
    yield from _no_object(voice, "flag: voice")
    if not {"field", "values"} <= {*voice}:
        yield "flag: voice needs a field and values"
    for key in ("values", "unknown"):
        if not isinstance(voice.get(key, []), list):
            yield f"flag: voice: {key} is no list"
        yield from _no_texts(voice.get(key, []), f"flag: voice: {key}")
    yield from _simple(voice, "flag: voice")
