"""Our reading of the schemas agrees with a full validator, and points to the key at fault."""

from __future__ import annotations

import copy
import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from seldom_heard.taxonomies.catalogue import HOME
from seldom_heard.taxonomies.schema import faults, read_schema

SCHEMA = read_schema(HOME / "taxonomy.schema.json")
FULL = Draft202012Validator(SCHEMA)
SHIPPED = sorted(HOME.glob("*/*.json"))
SCHEMES = HOME.parent / "schemes"
MUTATIONS = 40  # of each shipped file, besides those that hypothesis draws


def read(path):
    return json.loads(path.read_text("utf-8"))


def places(value, at=()):
    """Yield the way to every value in a file: keys and numbers."""
    if at:
        yield at
    if isinstance(value, (dict, list)):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*at, key))


def written(at) -> str:
    """Return a way as errors write it: categories[3].id."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
    return text.removeprefix(".")


def holder(data, at):
    for key in at[:-1]:
        data = data[key]
    return data


def delete(data, at, draw):
    del holder(data, at)[at[-1]]
    return at


def other_type(data, at, draw):
    now = holder(data, at)[at[-1]]
    others = [None, True, 7, 0.5, "text", [], {}, ["text"], {"key": 1}]
    holder(data, at)[at[-1]] = draw([one for one in others if type(one) is not type(now)])
    return at


def unknown_key(data, at, draw):
    target = holder(data, at)[at[-1]]
    if not isinstance(target, dict):
        target, at = data, ()
    key = draw(["zzz", "lable", "Titel", "numerators"])
    target[key] = draw(["text", 1, [], {}])
    return (*at, key)


def blank(data, at, draw):
    holder(data, at)[at[-1]] = ""
    return at


def double(data, at, draw):
    target = holder(data, at)[at[-1]]
    if isinstance(target, list) and target:
        target.append(copy.deepcopy(target[0]))
    return at


def empty(data, at, draw):
    now = holder(data, at)[at[-1]]
    holder(data, at)[at[-1]] = type(now)() if isinstance(now, (list, dict)) else now
    return at


def other_word(data, at, draw):
    if isinstance(holder(data, at)[at[-1]], str):
        words = ["pie", "composition", "share", "value", "more", "Not An Id", "a_b", "2021-3"]
        holder(data, at)[at[-1]] = draw(words)
    return at


def other_number(data, at, draw):
    now = holder(data, at)[at[-1]]
    if isinstance(now, (int, float)) and not isinstance(now, bool):
        holder(data, at)[at[-1]] = draw([-1, 0, 1, 1.0, 1.5, 2001, 10**9])
    return at


CHANGES = (delete, other_type, unknown_key, blank, double, empty, other_word, other_number)


def agree(data, at) -> bool:
    """Assert that both say the same, and that the fault is at the changed key or above it."""
    found, valid = list(faults(data, SCHEMA)), FULL.is_valid(data)
    assert (found == []) == valid, (written(at), found, [e.message for e in FULL.iter_errors(data)])
    if valid:
        return False
    way, above = written(at), written(at[:-1])
    near = [
        where
        for where, _ in found
        if where in (way, above)
        or (where.startswith(way) and re.match(r"[.\[]", where[len(way) :]))
    ]
    # a kind or a measure says what all beside it must be; another one puts those in the wrong
    if at[-1] not in ("kind", "measure"):
        assert near, (way, found)
    assert all(problem for _, problem in found)
    return True


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_file_is_valid_for_both(path):
    data = read(path)
    assert FULL.is_valid(data)
    assert list(faults(data, SCHEMA)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_both_agree_on_a_shipped_file_that_was_changed(path):
    whole, seeded = read(path), random.Random(path.stem)
    ways, wrong = list(places(whole)), 0
    for _ in range(MUTATIONS):
        data = copy.deepcopy(whole)
        wrong += agree(data, seeded.choice(CHANGES)(data, seeded.choice(ways), seeded.choice))
    assert wrong > MUTATIONS // 4


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_both_agree_on_a_shipped_file_without_any_one_of_its_first_keys(path):
    whole = read(path)
    for key in whole:
        data = {name: value for name, value in whole.items() if name != key}
        agree(data, (key,))


FEW = 3


@pytest.mark.parametrize("value", [True, False, "7", 7.0, 7.5, -1, 0, None])
@pytest.mark.parametrize("name", ["deprivation/iod2025", "deprivation/wimd2019"])
def test_both_agree_on_every_number_that_is_changed(name, value):
    """True is no number, and 7.0 is a whole one: that is how JSON Schema has it."""
    whole, changed = read(HOME / f"{name}.json"), 0
    for at in places(whole):
        now = holder(whole, at)[at[-1]]
        if isinstance(at[-1], int) and at[-1] > FEW:
            continue  # of a long list of numbers the first ones say it all
        if isinstance(now, (int, float)) and not isinstance(now, bool):
            data = copy.deepcopy(whole)
            holder(data, at)[at[-1]] = value
            agree(data, at)
            changed += 1
    assert changed > 2


SMALL = [read(path) for path in SHIPPED if path.stat().st_size < 12_000]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_both_agree_on_whatever_is_changed(data):
    changed = copy.deepcopy(data.draw(st.sampled_from(SMALL)))
    at = data.draw(st.sampled_from(list(places(changed))))
    change = data.draw(st.sampled_from(CHANGES))
    agree(changed, change(changed, at, lambda some: data.draw(st.sampled_from(some))))


@pytest.mark.parametrize("value", [None, [], 3, "text", True, {}])
def test_both_refuse_what_is_no_taxonomy_at_all(value):
    assert not FULL.is_valid(value)
    assert list(faults(value, SCHEMA)) != []


def test_first_fault_of_a_missing_label_is_its_own_path():
    data = read(HOME / "ethnicity" / "census2021_ts021.json")
    del data["categories"][3]["label"]
    assert next(faults(data, SCHEMA)) == ("categories[3].label", "is missing")


def test_text_of_a_wrong_value_is_cut_short():
    data = read(HOME / "ethnicity" / "census2021_ts021.json")
    data["kind"] = "composition"
    data["title"] = ["long"] * 1_000
    ((where, problem),) = faults(data, SCHEMA)
    assert where == "title"
    assert len(problem) < 100


def test_schema_with_a_word_that_is_not_known_is_refused():
    """Silence would let a wrong file pass."""
    with pytest.raises(NotImplementedError, match="multipleOf"):
        list(faults(3, {"multipleOf": 2}))


# --- the schema of schemes


def test_a_schema_with_other_words_is_refused_not_passed_over():
    """That of schemes has some; schemes are checked where they are read."""
    schema, whole = read(SCHEMES / "scheme.schema.json"), read(SCHEMES / "general.json")
    assert Draft202012Validator(schema).is_valid(whole)
    with pytest.raises(NotImplementedError):
        list(faults(whole, schema))
