"""What is published on each characteristic: the list is sound, and says what tables really hold."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from seldom_heard.taxonomies.catalogue import HOME, catalogue

FOLDER = HOME.parent / "plan"
LIST = json.loads((FOLDER / "characteristics.json").read_text("utf-8"))
SCHEMA = json.loads((FOLDER / "characteristics.schema.json").read_text("utf-8"))
# section 4 of the Equality Act 2010, in its order
PROTECTED = [
    *("Age", "Disability", "Gender reassignment", "Marriage and civil partnership"),
    *("Pregnancy and maternity", "Race", "Religion or belief", "Sex", "Sexual orientation"),
]
# the smallest areas of the files that Nomis has for download
LOWEST = {
    **dict.fromkeys(("TS002", "TS004", "TS007A", "TS008", "TS011", "TS016"), "output area"),
    **dict.fromkeys(("TS021", "TS025", "TS029", "TS030", "TS037", "TS038"), "output area"),
    **dict.fromkeys(("TS039", "TS040", "TS045"), "output area"),
    **dict.fromkeys(("TS022", "TS031", "TS077", "TS078"), "MSOA"),
    **dict.fromkeys(("TS024", "TS070", "TS079"), "local authority"),
}
EVIDENCE = [(one["id"], each) for one in LIST["characteristics"] for each in one["evidence"]]


def test_the_list_fits_its_schema_and_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert [e.message for e in Draft202012Validator(SCHEMA).iter_errors(LIST)] == []


@pytest.mark.parametrize("key", ["lowest", "url", "publisher", "verified", "checked"])
def test_the_schema_wants_what_every_statement_rests_on(key):
    spoiled = json.loads(json.dumps(LIST))
    del spoiled["characteristics"][0]["evidence"][0][key]
    assert list(Draft202012Validator(SCHEMA).iter_errors(spoiled))


def test_every_protected_characteristic_is_there_once_in_the_order_of_the_act():
    kinds = [(one["title"], one["kind"]) for one in LIST["characteristics"]]
    assert [title for title, kind in kinds if kind == "protected"] == PROTECTED
    ids = [one["id"] for one in LIST["characteristics"]]
    assert len(ids) == len(set(ids))


def test_publishers_have_their_names_in_full():
    assert {each["publisher"] for _, each in EVIDENCE} == set(LIST["publishers"])


def test_census_tables_are_told_for_the_areas_they_are_published_for():
    told = {
        each["table"]: each["lowest"]
        for _, each in EVIDENCE
        if each["edition"] == "Census 2021" and "table" in each
    }
    assert told == LOWEST


def test_fields_are_made_by_the_table_that_they_are_listed_under():
    for name, each in EVIDENCE:
        mine = [one for one in catalogue() if one.raw.get("table") == each.get("table")]
        made = {field for one in mine for field in one.fields()}
        made |= {one.field(column.id, "n") for one in mine for column in one.columns}
        assert {*each.get("fields", ())} <= made, name
        for flag in each.get("flags", ()):
            assert any(flag in one.fields() for one in catalogue()), flag


def test_no_direct_figures_are_claimed_where_the_census_has_none_for_small_areas():
    small = {
        name
        for name, each in EVIDENCE
        if each["lowest"] in ("output area", "LSOA") and not each.get("related")
    }
    every = {one["id"] for one in LIST["characteristics"] if one["kind"] == "protected"}
    assert every - small == {"gender-reassignment", "pregnancy", "sexual-orientation"}


def test_the_page_on_equality_names_every_group_of_the_list(root):
    page = (root / "docs" / "equality.md").read_text("utf-8")
    missing = [one["title"] for one in LIST["characteristics"] if one["title"] not in page]
    assert missing == []
