"""Values that are categories: answers of a survey, letters of the NHS."""

from __future__ import annotations

import csv
import inspect
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seldom_heard.taxonomies import coding
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.coding import NOT_KNOWN, category_of, names_of, recognise_coding
from seldom_heard.taxonomies.errors import AmbiguousTable
from seldom_heard.taxonomies.headings import plain

SURVEY = "simulated/survey_responses_sheffield_SIMULATED.csv"
LETTERS = "ABCDEFGHJKLMNPRS"  # 16 of the NHS Data Dictionary; I, O and Q are none
SAID = ["White British", "Other White", "Roma", "Arab", "Other Mixed or Multiple ethnic groups"]


@pytest.fixture(scope="module")
def answers(data):
    with (data / SURVEY).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- a survey


def test_answers_of_the_survey_are_those_of_the_census_of_2021(answers):
    found = recognise_coding((row["ethnic_group"] for row in answers), catalogue())
    assert found.taxonomy.id == "census2021_ts021"
    assert found.not_known == ("Prefer not to say",)
    assert found.categories["White British"] == "white_british"
    assert found.categories["Other Mixed or Multiple ethnic groups"] == "other_mixed"
    assert found.categories["Any other ethnic group"] == "any_other"
    assert len(found.categories) == len(set(found.categories.values())) == 18


def test_every_answer_of_the_survey_counts_once(answers):
    values = [row["ethnic_group"] for row in answers]
    found = recognise_coding(values, catalogue())
    counts = Counter(found.categories.get(value) for value in values)
    assert counts["white_british"] == 5_824  # as counted in the file
    assert counts[None] == 894
    assert counts["roma"] == 2
    assert sum(counts.values()) == len(values) == 7_855


@pytest.mark.parametrize("column", ["response_id", "postcode", "age_band", "preferred_opening"])
def test_other_columns_of_the_survey_are_coded_in_nothing(answers, column):
    assert recognise_coding([row[column] for row in answers], catalogue()) is None


def test_nothing_personal_is_needed(answers):
    """The different values alone are enough: no replies, no postcodes, no order."""
    different = sorted({row["ethnic_group"] for row in answers})
    found = recognise_coding(different, catalogue())
    assert found == recognise_coding(reversed(different * 3), catalogue())
    parameters = list(inspect.signature(recognise_coding).parameters)
    assert parameters == ["values", "taxonomies", "heading"]
    assert set(found.categories) | set(found.not_known) == set(different)


@settings(max_examples=60)
@given(st.permutations(SAID), st.lists(st.sampled_from(sorted(NOT_KNOWN)), max_size=4))
def test_order_and_silence_change_nothing(values, silent):
    found = recognise_coding([*values, *silent], catalogue())
    assert found.taxonomy.id == "census2021_ts021"
    assert set(found.categories) == set(values)
    assert set(found.not_known) == set(silent)


@pytest.mark.parametrize(
    "dress", [str.upper, str.lower, lambda t: f" {t} ", lambda t: t.replace(" ", "_")]
)
def test_dress_of_the_answers_does_not_matter_and_they_are_kept_as_they_are(dress):
    values = [dress(value) for value in SAID]
    found = recognise_coding(values, catalogue())
    assert set(found.categories) == set(values)
    assert found.categories[dress("Roma")] == "roma"


# --- the NHS


def test_letters_are_those_of_the_nhs():
    answers = [*LETTERS, "Z", "99"]
    assert recognise_coding(answers, catalogue()) is None, "letters may be anything"
    found = recognise_coding(answers, catalogue(), "Ethnic_Category")
    assert found.taxonomy.id == "nhs_2001"
    assert found.categories["A"] == "white_british"
    assert found.categories["R"] == "chinese"
    assert found.categories["S"] == "any_other"
    assert found.not_known == ("99", "Z"), "they say nothing, and so tell no list from another"


@pytest.mark.parametrize("strange", ["I", "O", "Q", "AA", "1"])
def test_letter_that_the_nhs_does_not_have_is_coded_in_nothing(strange):
    assert recognise_coding([*LETTERS, strange], catalogue()) is None


@pytest.mark.parametrize("values", [["F", "M"], ["f", "m", ""], ["M", "F", "Not known"]])
def test_sexes_are_not_letters_of_the_nhs(values):
    """They stand in nearly every survey; as ethnic categories they would be false."""
    assert recognise_coding(values, catalogue()) is None


@pytest.mark.parametrize("values", ["AB", "ABC", "ABCDE", "ABCDEFGH"])
def test_bands_and_grades_are_not_letters_of_the_nhs(values):
    """Council tax has bands A to H, a question answers A to C."""
    assert recognise_coding(list(values), catalogue()) is None


@pytest.mark.parametrize("values", [["1", "2"], ["1", "2", "3", "4", "5"], ["13", "17", "-8"]])
def test_bare_numbers_are_coded_in_nothing(values):
    """Every question has an answer 1."""
    assert recognise_coding(values, catalogue()) is None


# --- ambiguity, and too little


def test_values_that_several_know_are_refused_by_their_names():
    with pytest.raises(AmbiguousTable) as caught:
        recognise_coding(["White Irish", "Chinese", "Indian"], catalogue())
    names = set(caught.value.choices)
    assert {find("census2021_ts021").name, find("census2011_ks201").name} <= names
    assert len(caught.value.choices) == len(names) > 1


def test_of_two_alike_the_one_that_is_given_is_taken():
    found = recognise_coding(["White Irish", "Chinese"], [find("census2011_ks201")])
    assert found.taxonomy.id == "census2011_ks201"


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["Roma"],
        ["Roma", "roma "],
        ["Roma", "Prefer not to say"],
        ["Prefer not to say", "Refused"],
        ["Roma", "White British", "Martian"],
        ["yes", "no"],
    ],
)
def test_too_little_or_a_stranger_is_coded_in_nothing(values):
    assert recognise_coding(values, catalogue()) is None


@pytest.mark.parametrize("total", ["Total", "All usual residents"])
def test_total_alone_beside_a_category_is_not_enough(total):
    assert recognise_coding(["Roma", total], catalogue()) is None


@pytest.mark.parametrize("marker", ["Not stated", "PREFER NOT TO SAY", "unknown", "Refused", ""])
def test_who_does_not_say_is_not_known(marker):
    found = recognise_coding([*SAID, marker], catalogue())
    assert found.not_known == (marker,)


def test_no_marker_of_silence_is_a_category_but_of_people_not_known():
    for taxonomy in catalogue():
        if taxonomy.kind != "composition":
            continue
        unknown = {c["id"] for c in taxonomy.raw["categories"] if c.get("optional")}
        meant = {category_of(marker, taxonomy) for marker in NOT_KNOWN}
        assert meant - {None} <= unknown, taxonomy.id


# --- names


@pytest.mark.parametrize(
    "taxonomy", [t for t in catalogue() if t.kind == "composition"], ids=lambda t: t.id
)
def test_every_label_means_its_own_category(taxonomy):
    names = names_of(taxonomy, codes=True)
    for column in taxonomy.columns:
        assert {names[plain(label)] for label in (column.label, *column.also)} == {column.id}


def test_categories_named_only_in_part_are_known_by_the_end_of_the_label():
    taxonomy = find("census2021_ts022")
    assert taxonomy.partial
    label = taxonomy.columns[1].label
    assert category_of(f"White: {label}", taxonomy) == taxonomy.columns[1].id
    assert category_of("White: Martian", taxonomy) is None


def test_codings_need_no_other_room():
    """What says how answers are coded is read from the catalogue alone."""
    assert "pandas" not in inspect.getsource(coding)
