"""Published tables are recognised by the meaning of their headings, and others refused."""

from __future__ import annotations

import copy
import json
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.errors import AmbiguousTable, UnknownTable
from seldom_heard.taxonomies.model import parse
from seldom_heard.taxonomies.recognise import plain, recognise


def the(found):
    """Return the one table that was found."""
    assert len(found) == 1
    return found[0]


def labels(identifier: str, role: str = "") -> list[str]:
    """Return the published headings of a table."""
    taxonomy = find(identifier)
    shape = next(s for s in taxonomy.shapes if role in ("", s.role))
    return [*taxonomy.raw.get("marks", ()), *(column.label for column in shape.columns)]


def refusal(head) -> UnknownTable:
    with pytest.raises(UnknownTable) as caught:
        recognise(head, catalogue())
    return caught.value


# --- the sample that comes with the plugin


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("census2021-ts021-lsoa.csv", "census2021_ts021"),
        ("census2021-ts025-lsoa.csv", "census2021_ts025"),
        ("census2021-ts029-lsoa.csv", "census2021_ts029"),
        ("TS011_household_deprivation.csv", "census2021_ts011"),
        ("File_7_IoD2025.csv", "iod2025"),
        ("PREVALENCE_2425.csv", "qof"),
        ("gp-reg-pat-prac-lsoa-all.csv", "qof"),
    ],
)
def test_sample_table_is_recognised(root, read_head, name, identifier):
    head = read_head(root / "resources" / "sample" / name)
    found = the(recognise(head, catalogue()))
    assert found.taxonomy.id == identifier


# --- the same meaning in other clothes

SHAPES = [(taxonomy, shape) for taxonomy in catalogue() for shape in taxonomy.shapes]
CODES = {"England": "E01007317", "Wales": "W01000001", "Scotland": "S01006506"}
CODES["Northern Ireland"] = "95GG01S1"
CLOTHES = [
    lambda text: text,
    str.upper,
    str.lower,
    lambda text: f"  {text}  ",
    lambda text: text.replace(" ", "  "),
    lambda text: text.replace(" ", "\u00a0"),
    lambda text: text.replace(" ", "_"),
    lambda text: text.replace(": ", ":\n ", 1),
    lambda text: f"{text}; measures: Value",
    lambda text: f"{text}; MEASURES: VALUE",
    lambda text: f"{text}; measures",
    lambda text: f"{text};",
]
EXTRAS = [
    "",
    "%",
    "%",
    "notes",
    "FID",
    "Shape_Area",
    "2021 super output area - lower layer",
    "x" * 80,
]


@st.composite
def dressed(draw):
    """A table's headings in any order, case and spacing, among others of no meaning."""
    taxonomy, shape = draw(st.sampled_from(SHAPES))
    needed = draw(st.sampled_from(shape.required))
    prefix = taxonomy.raw.get("heading_prefix")
    cells = []
    for column in shape.columns:
        if column.id not in needed and not draw(st.booleans()):
            continue
        label = draw(st.sampled_from([column.label, *column.also]))
        if prefix and (taxonomy.partial or draw(st.booleans())):
            label = f"{prefix}: {label}"
        cells.append((column.id, draw(st.sampled_from(CLOTHES))(label)))
    cells += [("", mark) for mark in taxonomy.raw.get("marks", ())]
    cells += [("", extra) for extra in draw(st.lists(st.sampled_from(EXTRAS), max_size=6))]
    cells = draw(st.permutations(cells))
    row = [label for _, label in cells]
    if draw(st.booleans()):
        row[0] = "\ufeff" + row[0]
    return taxonomy, shape, row, {name: (at,) for at, (name, _) in enumerate(cells) if name}


@settings(max_examples=300)
@given(dressed(), st.integers(min_value=0, max_value=8))
def test_headings_mean_the_same_whatever_their_clothes(table, preamble):
    taxonomy, shape, row, places = table
    nation = taxonomy.raw.get("nation", "England")
    lines = [["TS000 - A title"], [], ["Date :", "2021"], [""]]
    head = [*(lines * 2)[:preamble], row, [CODES[nation]] + ["1"] * (len(row) - 1)]
    found = the(recognise(head, catalogue()))
    assert (found.taxonomy.id, found.shape.role) == (taxonomy.id, shape.role)
    assert found.heading_row == preamble
    assert found.columns == places
    assert found.truncated == ()


@pytest.mark.parametrize(
    "label", ["White", " white ", "WHITE;", "White; measures: Value", "\ufeffWhite"]
)
def test_plain_heading(label):
    assert plain(label) == "white"


def test_codes_are_looked_for_where_they_are():
    row = ["name", "geography code", "LSOA", *labels("census2021_ts011")]
    rows = [["Barnsley 001A", "E01007434", "E01007434", *"123456"]] * 3
    found = the(recognise([row, *rows], catalogue()))
    assert found.keys == (1, 2)


def test_keys_without_any_code_are_all_columns_of_no_meaning():
    row = ["name", *labels("census2021_ts011"), "note"]
    found = the(recognise([row, ["Dunmere", *"123456", ""]], catalogue()))
    assert found.keys == (0, 7)


# --- headings cut off


@pytest.mark.parametrize("identifier", [t.id for t in catalogue() if len(t.shapes) == 1])
def test_headings_cut_off_are_never_taken_for_others(identifier):
    """A database cuts all names at one length: the right meaning, or no table at all."""
    taxonomy = find(identifier)
    ids = [column.id for column in taxonomy.columns]
    before = f"{taxonomy.raw['heading_prefix']}: " if taxonomy.partial else ""
    headings = [before + column.label for column in taxonomy.columns]
    whole, taken = max(map(len, headings)), 0
    for limit in range(min(8, whole), whole + 1):
        row = [heading[:limit] for heading in headings]
        try:
            found = recognise([row], [taxonomy])
        except (UnknownTable, AmbiguousTable):
            continue
        taken += 1
        assert {name: ids[at] for name, (at,) in the(found).columns.items()} == {
            name: name for name in found[0].columns
        }, limit
    assert taken > 0


@pytest.mark.parametrize("column", find("iod2025").columns[2:], ids=lambda c: c.id)
def test_heading_cut_off_is_taken_when_only_one_can_be_meant(column):
    """Not before the 24th character: a shorter one could be anything."""
    taxonomy = find("iod2025")
    rank = taxonomy.column("imd_rank").label
    for length in range(1, len(column.label)):
        cut = plain(column.label[:length])
        names = [(c.id, plain(name)) for c in taxonomy.columns for name in (c.label, *c.also)]
        short = {name for name, text in names if text == cut}  # a name it is known by as well
        meant = short or {name for name, text in names if text.startswith(cut)}
        found = the(recognise([[rank, column.label[:length]]], [taxonomy]))
        taken = [name for name, at in found.columns.items() if at == (1,)]
        clear = len(meant) == 1 and (short or len(cut) >= 24)
        assert taken == ([column.id] if clear else []), cut
        assert found.truncated == ((cut,) if taken and not short else ())


# --- what is doubled or missing


@pytest.mark.parametrize("identifier", ["census2021_ts021", "iod2025"])
def test_two_columns_of_one_meaning_are_refused_by_name(identifier):
    row = labels(identifier)
    with pytest.raises(AmbiguousTable) as caught:
        recognise([[*row, f" {row[-1].upper()}; measures: Value"]], catalogue())
    assert caught.value.meaning == find(identifier).columns[-1].id
    assert caught.value.choices == [row[-1], f" {row[-1].upper()}; measures: Value"]


@pytest.mark.parametrize(
    ("identifier", "role", "left_out"),
    [
        ("census2021_ts011", "", "Household is deprived in four dimensions"),
        ("census2021_ts029", "", "Main language is English (English or Welsh in Wales)"),
        ("qof", "registers", "REGISTER"),
        ("qof", "registrations", "NUMBER_OF_PATIENTS"),
        ("lsoa2011_lsoa2021", "lookup", "LSOA21CD"),
    ],
)
def test_refusal_names_the_nearest_table_and_what_it_lacks(identifier, role, left_out):
    row = [label for label in labels(identifier, role) if label != left_out]
    refused = refusal([["A title"], row])
    assert refused.headings == row
    assert refused.nearest == find(identifier).name
    assert refused.missing == [left_out]


def test_refusal_of_groups_and_categories_both_incomplete_names_the_fewest():
    gone = {"White", "White: Roma", "White: Irish"}
    refused = refusal([[label for label in labels("census2021_ts021") if label not in gone]])
    assert refused.missing == ["White"]


@pytest.mark.parametrize("head", [[], [[]], [[""]], [["", " "], []]])
def test_an_empty_table_is_refused(head):
    refused = refusal(head)
    assert (refused.headings, refused.nearest, refused.missing) == ([], None, [])


def test_no_taxonomies_at_all_recognise_nothing():
    with pytest.raises(UnknownTable):
        recognise([labels("iod2025")], [])


# --- editions


def unmarked() -> list[str]:
    return [column.label for column in find("iod2025").columns]


@pytest.mark.parametrize("identifier", ["iod2019", "iod2025"])
def test_marks_tell_editions_apart(identifier):
    assert the(recognise([labels(identifier)], catalogue())).taxonomy.id == identifier


@pytest.mark.parametrize(
    ("heading", "code", "identifier"),
    [
        ("LSOA11CD", "E01000001", "iod2019"),
        ("LSOA21CD", "E01000001", "iod2025"),
        ("code", "E01034000", "iod2025"),  # made for 2021
    ],
)
def test_without_marks_the_codes_of_the_table_tell_editions_apart(heading, code, identifier):
    head = [[heading, *unmarked()], [code, *["1"] * len(unmarked())]]
    assert the(recognise(head, catalogue())).taxonomy.id == identifier


def test_without_marks_and_without_a_vintage_editions_are_refused():
    with pytest.raises(AmbiguousTable) as caught:
        recognise([unmarked()], catalogue())
    assert sorted(caught.value.choices) == [find("iod2019").name, find("iod2025").name]
    assert caught.value.meaning is None


def edition_of_2030() -> dict:
    """A made-up edition: other headings in part, as publishers change them."""
    data = json.loads(json.dumps(find("iod2025").raw))
    for column in data["columns"]:
        column["label"] = column["label"].replace("10% of LSOAs", "tenth of areas")
    data["columns"][0]["label"] = "IMD Score"
    return {
        **data,
        "id": "iod2030",
        "title": "English Indices of Deprivation 2030 (File 7)",
        "edition": "2030",
        "areas_ranked": 34_567,
        "marks": ["LSOA code (2021)", "Local Authority District code (2029)"],
    }


def test_next_edition_needs_a_file_and_no_code(tmp_path):
    folder = tmp_path / "deprivation"
    folder.mkdir()
    for identifier in ("iod2019", "iod2025"):
        (folder / f"{identifier}.json").write_text(json.dumps(dict(find(identifier).raw)), "utf-8")
    data = edition_of_2030()
    (folder / "iod2030.json").write_text(json.dumps(data), "utf-8")
    taxonomies = catalogue(tmp_path)
    assert [taxonomy.id for taxonomy in taxonomies] == ["iod2019", "iod2025", "iod2030"]
    row = [*data["marks"], *(column["label"] for column in data["columns"])]
    found = the(recognise([row, ["E01000001", "E06000001", *["1"] * 48]], taxonomies))
    assert found.taxonomy.id == "iod2030"
    assert found.taxonomy.raw["areas_ranked"] == 34_567
    assert len(found.columns) == 48
    assert the(recognise([labels("iod2025")], taxonomies)).taxonomy.id == "iod2025"


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_order_of_the_catalogue_does_not_choose_between_editions(order):
    third = copy.deepcopy(dict(find("iod2025").raw))
    third.update(id="iod2030", edition="2030", marks=["LSOA code (2029)"])
    three = [find("iod2019"), find("iod2025"), parse(third, "iod2030.json")]
    shuffled = [three[at] for at in order]
    assert the(recognise([["LSOA11CD", *unmarked()]], shuffled)).taxonomy.id == "iod2019"
    with pytest.raises(AmbiguousTable):
        recognise([["LSOA21CD", *unmarked()]], shuffled)


# --- several tables on one layer


def test_tables_side_by_side_on_a_layer_are_all_found():
    parts = ["census2021_ts021", "census2021_ts029", "census2021_ts025", "iod2025"]
    row = ["lsoa21cd"]
    for identifier in parts:
        prefix = find(identifier).raw.get("heading_prefix")
        row += [f"{prefix}: {label}" if prefix else label for label in labels(identifier)]
    found = recognise([row], catalogue())
    assert sorted(one.taxonomy.id for one in found) == sorted(parts)
    taken = [at for one in found for places in one.columns.values() for at in places]
    assert len(taken) == len(set(taken))


def test_own_taxonomy_of_a_user_is_recognised_as_a_shipped_one_is(tmp_path):
    own = {
        "id": "own_pets",
        "dimension": "pets",
        "prefix": "pet",
        "kind": "composition",
        "title": "Pets",
        "publisher": "A council",
        "edition": "2024",
        "base": "all households",
        "attribution": "A council, 2024",
        "total": {"id": "total", "label": "Households", "field": "total", "title": "Households"},
        "categories": [
            {"id": "cats", "label": "With cats"},
            {"id": "none", "label": "Without pets"},
        ],
        "indicators": [
            {"id": "cats", "title": "With cats", "numerator": ["cats"], "barrier": "none"}
        ],
    }
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "own.json").write_text(json.dumps(own), "utf-8")
    taxonomies = [*catalogue(), *catalogue(tmp_path)]
    found = the(recognise([["ward", "WITH CATS", "without pets"]], taxonomies))
    assert found.taxonomy.name == "Pets, 2024"
    assert found.columns == {"cats": (1,), "none": (2,)}
    assert found.taxonomy.field("cats", "pct") == "pet_cats_pct"
    assert found.taxonomy.indicators[0].statistics == ("n", "pct")
