"""Replies that are coded in a taxonomy: recognised, crossed over, and never shown."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from seldom_heard.layers.errors import InputError
from seldom_heard.processing.replies.answers import answers_in

SURVEY = "simulated/survey_responses_sheffield_SIMULATED.csv"


def told(values, heading="ethnic_group", taxonomy="", level="category"):
    lines: list[str] = []
    return answers_in(
        pd.Series(values, dtype=object), heading, taxonomy, level, lines.append
    ), lines


def refused(*args, **options) -> str:
    with pytest.raises(InputError) as caught:
        told(*args, **options)
    return str(caught.value)


@pytest.fixture(scope="module")
def survey(shared):
    with (shared / "data" / SURVEY).open(encoding="utf-8", newline="") as file:
        return [row["ethnic_group"] for row in csv.DictReader(file)]


def test_the_survey_is_that_of_the_census(survey):
    found, lines = told(survey)
    assert found.taxonomy.id == "census2021_ts021"
    counts = found.groups.value_counts()
    assert (counts["white_british"], counts["pakistani"], counts["roma"]) == (5824, 126, 2)
    assert found.groups.isna().sum() == 894, "preferred not to say"
    assert len(found.told) == 19, "also the group that nobody replied of"
    assert found.elsewhere == 0
    assert "6,961 of 7,855" in lines[-1] and "894 do not" in lines[-1]


def test_main_groups_of_the_survey(survey):
    found, _ = told(survey, level="group")
    counts = found.groups.value_counts()
    # by hand from the counts of the file
    assert counts["asian"] == 23 + 69 + 80 + 126 + 56
    assert counts["black"] == 100 + 55 + 25
    assert counts["mixed"] == 54 + 61 + 16 + 93
    assert counts["white"] == 5824 + 40 + 2 + 214
    assert counts["other"] == 35 + 88
    assert counts.sum() == 7855 - 894


def test_the_index_stays():
    values = pd.Series(["Roma", "", "Arab"], index=[7, 3, 9])
    found = answers_in(values, "x", "census2021_ts021", "category", lambda text: None)
    assert found.groups[7] == "roma" and found.groups[9] == "arab"
    assert pd.isna(found.groups[3])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PAKISTANI", "pakistani"),
        ("white & black caribbean", "white_and_black_caribbean"),
        ("White_and_Asian", "white_and_asian"),
        ("White - British", "white_british"),
        ("Gypsy or Irish-Traveller", "gypsy_or_irish_traveller"),
        ("  Any  other ethnic group ", "any_other"),
        ("White: Irish", "white_irish"),
    ],
)
def test_spelling_of_the_same_words_does_not_matter(written, meant):
    found, _ = told([written, "Roma", "Other White"])
    assert list(found.groups) == [meant, "roma", "other_white"]


@pytest.mark.parametrize(
    "silent",
    [
        "",
        None,
        "Prefer not to say",
        "I'd rather not say"[:0],
        "Don't know",
        "n/a",
        "-",
        "NOT STATED",
    ],
)
def test_who_did_not_say_is_missing(silent):
    found, _ = told(["Roma", silent, "Other White"])
    assert list(found.groups.isna()) == [False, True, False]


def test_letters_of_the_nhs_under_their_own_heading():
    found, _ = told(["A", "J", "Z", "P"], heading="Ethnic category")
    assert found.taxonomy.id == "nhs_2001"
    assert list(found.groups[[0, 1, 3]]) == ["white_british", "pakistani", "other_black"]
    assert pd.isna(found.groups[2]), "Z: not stated"


def test_codes_under_any_heading_where_the_taxonomy_is_named():
    found, _ = told([4, 13, 16.0, "04"], heading="q7", taxonomy="census2021_ts021")
    assert list(found.groups) == ["pakistani", "white_british", "roma", "pakistani"]


def test_letters_told_as_the_census_say_what_is_lost():
    found, lines = told(
        ["A", "C", "J", "S", "Z"], "Ethnic category", "census2021_ts021", "category"
    )
    assert found.taxonomy.id == "census2021_ts021"
    assert list(found.groups[[0, 2]]) == ["white_british", "pakistani"]
    assert found.groups[[1, 3, 4]].isna().all(), "C and S are told as a main group alone"
    assert any("Roma" in note for note in found.notes), "what the NHS list cannot tell"
    assert any("only a main group (White, Other)" in note for note in found.notes)
    assert found.elsewhere == 2
    lost = {"roma", "gypsy_or_irish_traveller", "other_white", "arab", "any_other"}
    assert len(found.told) == 19 - len(lost) and not lost & {*found.told}
    assert "2 of 5" in lines[-1]


def test_letters_told_as_main_groups_of_the_census():
    found, _ = told(["A", "C", "J", "S", "R"], "Ethnic category", "census2021_ts021", "group")
    assert list(found.groups) == ["white", "white", "asian", "other", "asian"]


def test_five_groups_are_the_main_groups_of_the_census_though_only_the_way_back_is_written():
    values = ["Asian", "Black", "Mixed", "White", "Other"]
    found, _ = told(values, "Ethnicity", "census2021_ts021", "group")
    assert list(found.groups) == ["asian", "black", "mixed", "white", "other"]
    assert set(found.told) == {"asian", "black", "mixed", "white", "other"}


def test_main_groups_are_no_categories():
    text = refused(["Asian", "Black", "White"], "Ethnicity", "census2021_ts021", "category")
    assert "Ethnicity" in text and "LEVEL = group" in text


def test_of_several_that_fit_the_one_asked_for_is_taken():
    values = ["White Irish", "Chinese", "Indian"]
    text = refused(values)
    assert "census2021_ts021" in text and "census2011_ks201" in text and "TAXONOMY" in text
    assert told(values, taxonomy="census2011_ks201")[0].taxonomy.id == "census2011_ks201"
    found, _ = told(values, taxonomy="ethnic_groups_5", level="group")
    assert list(found.groups) == ["white", "asian", "asian"]


def test_one_category_alone_is_enough_where_the_taxonomy_is_named():
    assert "no known taxonomy" not in refused(["Roma", "Roma", "neither"])
    found, _ = told(["Roma", "Roma", ""], taxonomy="census2021_ts021")
    assert list(found.groups[:2]) == ["roma", "roma"]


def test_no_way_to_another_dimension():
    text = refused(["Roma", "Arab"], taxonomy="census2021_ts029")
    assert "cannot be told as" in text and "Proficiency" in text


def test_a_few_values_that_do_not_fit_are_counted_and_the_nearest_is_named():
    mine = "my father came from Lahore in 1961"
    values = ["Roma"] * 5 + ["Pakistani"] * 20 + ["Other White"] * 3 + ["Martian"] * 12 + [mine]
    text = refused(values, heading="your background")
    assert "your background" in text and "13 of 41 replies" in text and "2 different" in text
    assert "Ethnic group (TS021)" in text
    assert "'Martian'" in text, "an answer that many share is no one's own words"
    assert "Lahore" not in text and mine not in text


def test_free_text_is_never_shown():
    values = [f"what person {n} wrote" for n in range(40)]
    text = refused(values, heading="comments")
    assert "comments" in text and "40 different values" in text
    assert "wrote" not in text and "person" not in text


def test_nothing_personal_is_shown_however_often():
    values = ["Roma", "Pakistani", "Other White", *["S10 2TN"] * 50, *["a@b.org"] * 50]
    text = refused(values)
    assert "S10" not in text and "@" not in text


@pytest.mark.parametrize("name", ["iod2025", "qof"])
def test_taxonomy_without_categories_of_people_is_refused(name):
    assert "TAXONOMY" in refused(["Roma", "Arab"], taxonomy=name)


def test_a_list_of_ones_own(tmp_path):
    path = tmp_path / "ages_of_survey.csv"
    path.write_text(
        "heading,category,group\n16-24,16 to 24,young\n25-34,25 to 34,young\n75+,75,old\n"
    )
    found, _ = told(["16-24", "75+", "25 to 34", ""], "age_band", str(path), "group")
    assert list(found.groups[:3]) == ["young", "old", "young"]
    assert pd.isna(found.groups[3])
