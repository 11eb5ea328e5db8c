"""Categories told in another classification: nobody is lost unsaid, nobody is split."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seldom_heard.methods.composition import regroup
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.crossover import crosswalk, round_trip, targets
from seldom_heard.taxonomies.errors import NoCrosswalk

ALL = [(t.id, item["to"]) for t in catalogue() for item in t.raw.get("crosswalks", ())]
FIVE = "ethnic_groups_5"
TS021, KS201, NHS, GSS = "census2021_ts021", "census2011_ks201", "nhs_2001", "gss_2021"
DETAILED = (TS021, KS201, NHS, GSS)
GROUPS = ("asian", "black", "mixed", "white", "other")


def way(source: str, target: str):
    return crosswalk(find(source), find(target))


def optional(taxonomy) -> set[str]:
    return {c["id"] for c in taxonomy.raw["categories"] if c.get("optional")}


def group_of(taxonomy, name: str) -> str:
    """Return the group a category is in at the end, itself where it is one."""
    column = taxonomy.column(name)
    return name if column.parent is None else group_of(taxonomy, column.parent)


def groups_of(taxonomy) -> dict[str, list[str]]:
    return {group: taxonomy.children(group) for group in taxonomy.groups}


@pytest.fixture(scope="module")
def facts(shared):
    """What was found out about the classifications, apart from our files."""
    path = shared / "reference" / "taxonomies" / "ethnicity.json"
    return json.loads(path.read_text("utf-8"))


# --- every crosswalk of every file


def test_there_are_crosswalks():
    assert len(ALL) >= 13
    assert {source for source, _ in ALL} >= set(DETAILED)


@pytest.mark.parametrize(("source", "target"), ALL)
def test_sources_are_the_finest_categories_and_targets_exist(source, target):
    told, one, other = way(source, target), find(source), find(target)
    assert set(told.categories) == set(one.leaves) - optional(one)
    assert set(told.categories.values()) <= {c.id for c in other.columns} - {"total"}
    assert one.dimension == other.dimension
    assert set(told.left_out) == set(one.leaves) & optional(one)


@pytest.mark.parametrize(("source", "target"), ALL)
def test_nothing_is_told_as_people_not_known(source, target):
    assert not set(way(source, target).categories.values()) & optional(find(target))


@pytest.mark.parametrize(("source", "target"), ALL)
def test_nobody_changes_group(source, target):
    told = way(source, target)
    moved = {
        name: (group_of(told.source, name), group_of(told.target, there))
        for name, there in told.categories.items()
        if group_of(told.source, name) != group_of(told.target, there)
    }
    assert moved == {}


@pytest.mark.parametrize(("source", "target"), ALL)
def test_what_is_joined_or_coarser_is_said(source, target):
    """Where two categories become one, or one becomes a group, a sentence says so."""
    told = way(source, target)
    joined = [n for n in told.categories.values() if [*told.categories.values()].count(n) > 1]
    coarse = [n for n in told.categories.values() if find(target).children(n)]
    assert all(sentence.strip().endswith(".") for sentence in told.loses)
    if joined or coarse or told.left_out:
        assert told.loses
        assert not any(sentence.startswith("Nothing") for sentence in told.loses)


@pytest.mark.parametrize(("source", "target"), ALL)
def test_group_is_a_target_only_where_a_finer_one_would_be_a_guess(source, target):
    """A category told only to a group there has no member there that means the same alone."""
    told = way(source, target)
    for name, there in told.categories.items():
        members = told.target.children(there)
        if members and name in members:
            # the same id stands there, but it means less: somebody was taken out of it
            taken_out = set(members) - set(told.source.leaves)
            assert taken_out, (name, there)


@pytest.mark.parametrize("source", DETAILED)
def test_targets_are_those_that_the_file_names(source):
    named = {item["to"] for item in find(source).raw["crosswalks"]}
    assert {taxonomy.id for taxonomy in targets(find(source))} == named
    assert named == {*DETAILED, FIVE} - {source}


def test_way_that_is_not_written_is_refused_by_name():
    with pytest.raises(NoCrosswalk, match=re.escape(find(TS021).name)):
        way(FIVE, TS021)


# --- figures


def told_counts(source: str, target: str, counts: dict[str, int]) -> pd.Series:
    told = way(source, target)
    frame = pd.DataFrame([counts], dtype=float)
    return regroup(frame, dict(told.categories), groups_of(told.target)).iloc[0]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_groups_add_up_to_all_who_are_told(pair, data):
    source, target = pair
    told = way(source, target)
    count = st.integers(0, 9_999)
    counts = {name: data.draw(count) for name in told.categories}
    made = told_counts(source, target, counts)
    assert sum(made[g] for g in told.target.groups if g in made) == sum(counts.values())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(DETAILED), st.data())
def test_five_groups_are_the_groups_of_the_source(source, data):
    taxonomy = find(source)
    names = [name for name in taxonomy.leaves if name not in optional(taxonomy)]
    counts = {name: data.draw(st.integers(0, 9_999)) for name in names}
    made = told_counts(source, FIVE, counts)
    assert set(made.index) == set(GROUPS)
    for group in GROUPS:
        mine = sum(n for name, n in counts.items() if group_of(taxonomy, name) == group)
        assert made[group] == mine
    assert made.sum() == sum(counts.values())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_nothing_is_ever_split(pair, data):
    """One person stays one person, in one category and in its group."""
    source, target = pair
    told = way(source, target)
    who = data.draw(st.sampled_from(sorted(told.categories)))
    made = told_counts(source, target, {name: int(name == who) for name in told.categories})
    there = told.categories[who]
    assert set(made[made != 0].index) == {there, group_of(told.target, there)}
    assert set(made.unique()) <= {0, 1}


@pytest.mark.parametrize("source", DETAILED)
@pytest.mark.parametrize("target", [*DETAILED, FIVE])
def test_chinese_ends_in_asian_from_every_edition(source, target):
    if source == target:
        assert group_of(find(source), "chinese") == "asian"
        return
    counts = {name: int(name == "chinese") for name in way(source, target).categories}
    made = told_counts(source, target, counts)
    assert made["asian"] == 1
    assert made["other"] == 0


# --- there and back


def lost(source: str, middle: str) -> dict[str, str | None]:
    ends = round_trip(way(source, middle), way(middle, source))
    assert set(ends) == set(find(source).leaves)
    return {name: end for name, end in ends.items() if end != name}


def test_by_the_nhs_and_back_the_census_loses_five_categories():
    assert lost(TS021, NHS) == {
        "gypsy_or_irish_traveller": "white",
        "roma": "white",
        "other_white": "white",
        "arab": "other",
        "any_other": "other",
    }


def test_by_2011_and_back_the_census_loses_roma_and_other_white():
    assert lost(TS021, KS201) == {"roma": "white", "other_white": "white"}


@pytest.mark.parametrize(("one", "other"), [(TS021, GSS), (GSS, TS021)])
def test_wording_alone_loses_nothing(one, other):
    assert lost(one, other) == {}


def test_by_the_census_and_back_the_nhs_loses_only_who_is_not_known():
    """The census is the finer one, but two of the NHS may hold more there, so end in groups."""
    ends = lost(NHS, TS021)
    assert ends.pop("not_stated") is None
    assert ends.pop("not_asked") is None
    assert set(ends) <= {"other_white", "any_other"}


def test_losses_to_the_nhs_name_who_cannot_be_seen():
    said = " ".join(way(TS021, NHS).loses)
    for name in ("Gypsy or Irish Traveller", "Roma", "Arab"):
        assert name in said
    assert "Chinese" in said


# --- against the facts


def by_code(identifier: str) -> dict[str, str]:
    columns = find(identifier).raw["categories"]
    return {column["code"]: column["id"] for column in columns if "code" in column}


def test_crosswalks_are_the_rows_of_the_reference(facts):
    rows = facts["crosswalk_2021_2011_nhs"]["rows"]
    ts021, ks201, nhs = by_code(TS021), by_code(KS201), by_code(NHS)
    assert len(rows) == 19
    for row in rows:
        name = ts021[str(row["ts021"])]
        assert way(TS021, KS201).categories[name] == ks201[row["ks201"]]
        assert way(TS021, NHS).categories[name] == nhs[row["nhs16"]]
        assert way(TS021, FIVE).categories[name] == row["broad5"].lower()


def test_groups_of_the_nhs_are_those_of_the_reference(facts):
    broad = facts["crosswalk_2021_2011_nhs"]["nhs_broad5_harmonised_to_census"]
    codes = by_code(NHS)
    for group, letters in broad.items():
        for letter in letters:
            if group == "UNKNOWN":
                assert letter == "X" or codes[letter] in optional(find(NHS))
            else:
                assert way(NHS, FIVE).categories[codes[letter]] == group.lower()
                assert group_of(find(NHS), codes[letter]) == group.lower()


@pytest.mark.parametrize(
    ("identifier", "key"),
    [(TS021, "census2021_TS021"), (KS201, "census2011_KS201EW"), (NHS, "nhs_data_dictionary_2001")],
)
def test_codes_and_labels_are_those_of_the_reference(facts, identifier, key):
    published = {str(c["code"]): c["label"] for c in facts[key]["categories"]}
    ours = {c["code"]: c["label"] for c in find(identifier).raw["categories"] if "code" in c}
    assert ours == published


def test_labels_of_the_harmonised_standard_are_those_of_the_reference(facts):
    groups = facts["gss_harmonised_2021_EW"]["groups"]
    taxonomy = find(GSS)
    ours = {
        taxonomy.column(g).label: [taxonomy.column(c).label for c in taxonomy.children(g)]
        for g in taxonomy.groups
    }
    assert ours == {item["group"]: item["categories"] for item in groups}
