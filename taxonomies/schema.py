"""Files held against their JSON Schema, with errors that point to the key at fault.

QGIS brings no validator. This one knows the words that the schemas in ``resources`` use, and
refuses a schema with any other; tests hold it against a full validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

Fault = tuple[str, str]  # where in the file, and what is wrong there
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
CHOOSING = {"kind", "measure"}  # keys whose value says which of several shapes is meant
SILENT = {"$schema", "$defs", "title", "description", "format", "default"}


@lru_cache(maxsize=4)
def read_schema(path: Path) -> dict[str, Any]:
    """Return the schema in a file."""
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def faults(data: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield each place in ``data`` that is not as ``schema`` says, such as ``categories[3].id``."""
    yield from _check(data, schema, schema, "")


def _check(
    value: Any, rule: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[Fault]:
    if "$ref" in rule:
        yield from _check(value, root["$defs"][rule["$ref"].rsplit("/", 1)[1]], root, at)
        return
    if "type" in rule and not _is(value, rule["type"]):
        yield at, f"must be {_named(rule['type'])}, not {_shown(value)}"
        return
    branch: Mapping[str, Any] = {}
    if "oneOf" in rule:
        chosen, fault = _branch(value, rule["oneOf"], root)
        if chosen is None:
            yield at, fault
            return
        branch = chosen
        yield from _check(value, branch, root, at)
    for word, wanted in rule.items():
        if word in CHECKS:
            problem = CHECKS[word](value, wanted)
            if problem:
                yield at, problem
        elif word not in {*SILENT, *STRUCTURE}:
            raise NotImplementedError(f"the schema word {word!r}")
    if isinstance(value, dict):
        yield from _object(value, rule, branch, root, at)
    elif isinstance(value, list) and "items" in rule:
        for number, item in enumerate(value):
            yield from _check(item, rule["items"], root, f"{at}[{number}]")
    if "anyOf" in rule:
        tries = [list(_check(value, one, root, at)) for one in rule["anyOf"]]
        if all(tries):
            yield from min(tries, key=len)


def _object(
    value: Mapping[str, Any],
    rule: Mapping[str, Any],
    branch: Mapping[str, Any],
    root: Mapping[str, Any],
    at: str,
) -> Iterator[Fault]:
    known = rule.get("properties", {})
    for key in rule.get("required", ()):
        if key not in value:
            yield _join(at, key), "is missing"
    others = rule.get("additionalProperties", True)
    if rule.get("unevaluatedProperties") is False:
        known, others = {**known, **branch.get("properties", {})}, False
    for key, inner in value.items():
        where = _join(at, key)
        for _, problem in _check(key, rule.get("propertyNames", {}), root, where):
            yield where, f"the key {problem}"
        if key in rule.get("properties", {}):
            yield from _check(inner, rule["properties"][key], root, where)
        elif key in known:
            continue
        elif others is False:
            yield where, f"is not known here; known are {', '.join(sorted(known))}"
        elif isinstance(others, dict):
            yield from _check(inner, others, root, where)


def _branch(
    value: Any, choices: list[Mapping[str, Any]], root: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, str]:
    """Return the choice that a constant of the value asks for, or what is wrong with it."""
    wanted: dict[str, list[str]] = {}
    for choice in choices:
        rule = root["$defs"][choice["$ref"].rsplit("/", 1)[1]] if "$ref" in choice else choice
        for key in CHOOSING & rule.get("properties", {}).keys():
            inner = rule["properties"][key]
            if "const" in inner:
                given = value.get(key, inner.get("default")) if isinstance(value, dict) else None
                if given == inner["const"]:
                    return rule, ""
                wanted.setdefault(key, []).append(inner["const"])
    if not wanted:
        raise NotImplementedError("oneOf without a kind or measure")
    key, known = next(iter(wanted.items()))
    return None, f"{key} must be one of {', '.join(known)}"


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[kind])


def _named(kind: str) -> str:
    return {"string": "a text", "array": "a list", "integer": "a whole number"}.get(
        kind, f"a {kind}" if kind[0] not in "aeiou" else f"an {kind}"
    )


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:40] + "…"


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _same(one: Any, other: Any) -> bool:
    return bool(one == other and isinstance(one, bool) == isinstance(other, bool))


def _repeated(value: list[Any]) -> bool:
    texts = [json.dumps(item, sort_keys=True) for item in value]
    return len(set(texts)) < len(texts)


CHECKS: dict[str, Callable[[Any, Any], str]] = {
    "enum": lambda value, wanted: (
        ""
        if any(_same(value, one) for one in wanted)
        else f"{_shown(value)} is none of {', '.join(map(str, wanted))}"
    ),
    "const": lambda value, wanted: "" if _same(value, wanted) else f"must be {_shown(wanted)}",
    "pattern": lambda value, wanted: (
        ""
        if not isinstance(value, str) or re.search(wanted, value)
        else f"{_shown(value)} does not fit {wanted}"
    ),
    "minLength": lambda value, wanted: (
        "must not be empty" if isinstance(value, str) and len(value) < wanted else ""
    ),
    "minItems": lambda value, wanted: (
        f"needs {wanted} or more" if isinstance(value, list) and len(value) < wanted else ""
    ),
    "maxItems": lambda value, wanted: (
        f"holds more than {wanted}" if isinstance(value, list) and len(value) > wanted else ""
    ),
    "uniqueItems": lambda value, wanted: (
        "holds the same twice" if wanted and isinstance(value, list) and _repeated(value) else ""
    ),
    "minProperties": lambda value, wanted: (
        f"needs {wanted} or more" if isinstance(value, dict) and len(value) < wanted else ""
    ),
    "maxProperties": lambda value, wanted: (
        f"holds more than {wanted}" if isinstance(value, dict) and len(value) > wanted else ""
    ),
    "minimum": lambda value, wanted: (
        f"must be {wanted} or more" if _is(value, "number") and value < wanted else ""
    ),
    "maximum": lambda value, wanted: (
        f"must be {wanted} or less" if _is(value, "number") and value > wanted else ""
    ),
    "exclusiveMinimum": lambda value, wanted: (
        f"must be more than {wanted}" if _is(value, "number") and value <= wanted else ""
    ),
}
STRUCTURE = {
    "$ref",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "oneOf",
    "anyOf",
}
