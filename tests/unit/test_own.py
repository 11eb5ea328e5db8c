"""A list of headings and categories, as people write it, becomes a taxonomy of their own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from seldom_heard.taxonomies.catalogue import HOME, catalogue, find, load
from seldom_heard.taxonomies.errors import TaxonomyError
from seldom_heard.taxonomies.model import parse
from seldom_heard.taxonomies.own import load_list, slug
from seldom_heard.taxonomies.recognise import recognise

PETS = """heading,category
Households with a cat,Cats
Households with a dog,Dogs
Households without pets,None
"""
TABLE = [
    ["ward", "Households with a cat", "Households with a dog", "Households without pets"],
    ["E05000001", "4", "5", "6"],
]


@pytest.fixture
def write(tmp_path):
    """Write a list and read it as a taxonomy."""

    def written(content: str | bytes, name: str = "pets.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return load_list(path)

    return written


def labels(taxonomy) -> dict[str, str]:
    return {c.id: c.label for c in taxonomy.columns if c.id != "total"}


def refused(write, content, name="pets.csv") -> TaxonomyError:
    with pytest.raises(TaxonomyError) as caught:
        write(content, name)
    assert caught.value.file == name
    return caught.value


# --- as people write it


def test_list_becomes_a_taxonomy_that_recognises_its_table(write):
    taxonomy = write(PETS)
    assert (taxonomy.id, taxonomy.prefix, taxonomy.title) == ("pets", "pets", "pets")
    assert labels(taxonomy) == {
        "cats": "Households with a cat",
        "dogs": "Households with a dog",
        "none": "Households without pets",
    }
    (found,) = recognise(TABLE, [*catalogue(), taxonomy])
    assert found.taxonomy is taxonomy
    assert found.columns == {"cats": (1,), "dogs": (2,), "none": (3,)}
    assert [i.title for i in taxonomy.indicators] == ["Cats", "Dogs", "None"]
    assert taxonomy.field("cats", "pct") == "pets_cats_pct"


DRESSES = {
    "semicolons": PETS.replace(",", ";"),
    "tabs": PETS.replace(",", "\t"),
    "mark of byte order": "\ufeff" + PETS,
    "no row of headings": PETS.partition("\n")[2],
    "no line end": PETS.rstrip("\n"),
    "line ends of Windows": PETS.replace("\n", "\r\n"),
    "empty lines": PETS.replace("\n", "\n\n"),
    "lines of delimiters": PETS.replace("\n", "\n,,\n"),
    "capital headings": PETS.replace("heading,category", " Heading ,CATEGORY"),
    "quotes": '"heading","category"\n"Households with a cat","Cats"\n'
    '"Households with a dog","Dogs"\n"Households without pets","None"\n',
    "spaces": PETS.replace(",", " , "),
    "empty groups": PETS.replace("\n", ",\n").replace("category,", "category,group"),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_dress_of_the_list_does_not_matter(write, dress):
    assert labels(write(DRESSES[dress])) == labels(write(PETS))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_letters_beyond_english_are_read_in_the_encodings_people_have(write, encoding):
    taxonomy = write("Café au lait,Café\nÄpfel,Äpfel\nReste – übrig,Reste\n".encode(encoding))
    assert labels(taxonomy) == {"cafe": "Café au lait", "apfel": "Äpfel", "reste": "Reste – übrig"}


def test_several_headings_of_one_category_are_added_up(write):
    taxonomy = write("Cats,Small\nDogs,Large\nHamsters,Small\nNone,None\n")
    assert taxonomy.summed == {"small"}
    head = [["code", "Hamsters", "Dogs", "None", "Cats"], ["E05000001", "1", "2", "3", "4"]]
    (found,) = recognise(head, [taxonomy])
    assert found.columns == {"small": (1, 4), "large": (2,), "none": (3,)}
    assert found.headings == {1: "Hamsters", 2: "Dogs", 3: "None", 4: "Cats"}


def test_groups_hold_their_categories_and_give_the_shares(write):
    taxonomy = write(
        "heading,category,group\nCats,Cats,Furry\nDogs,Dogs,Furry\nCarp,Fish,Wet\nNone,None\n"
    )
    assert taxonomy.groups == ["furry", "wet", "none"]
    assert taxonomy.children("furry") == ["cats", "dogs"]
    assert set(taxonomy.leaves) == {"cats", "dogs", "fish", "none"}
    assert [i.id for i in taxonomy.indicators] == ["furry", "wet", "none"]


def test_row_of_the_total_is_the_total(write):
    taxonomy = write(PETS + "All households,total\nEvery household,TOTAL\n")
    total = taxonomy.column("total")
    assert (total.label, total.also) == ("All households", ("Every household",))
    assert "all_households" not in labels(taxonomy)
    (found,) = recognise([["every household", *TABLE[0]], ["15", *TABLE[1]]], [taxonomy])
    assert found.columns["total"] == (0,)


def test_without_a_row_of_the_total_a_column_total_is_one(write):
    assert write(PETS).column("total").label == "Total"


def test_values_of_a_long_table_are_known_by_heading_and_by_category(write):
    taxonomy = write(PETS)
    for names in (["Cats", "Dogs", "None"], [row for row in labels(taxonomy).values()]):
        head = [["code", "what", "n"], *(["E05000001", name, "5"] for name in names)]
        (found,) = recognise(head, [*catalogue(), taxonomy])
        assert (found.taxonomy, found.long.category, found.long.value) == (taxonomy, 1, 2)


def test_what_is_made_fits_the_schema(write):
    schema = json.loads((HOME / "taxonomy.schema.json").read_text("utf-8"))
    content = "heading,category,group\nCats,Small,Furry\nHamsters,Small,Furry\nX,Y\nAll,total\n"
    assert Draft202012Validator(schema).is_valid(dict(write(content).raw))


# --- what is wrong, by its row


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        (PETS + "Lizards\n", "row 5", "category"),
        (PETS + "Lizards,\n", "row 5", "category"),
        (PETS + ",Lizards\n", "row 5", "heading"),
        (PETS + "households  with a CAT,Lizards\n", "row 5", "row 2"),
        ("a,B,one\nc,B,two\n", "row 2", "'B'"),
        ("heading,category\n", "row 1", "heading"),
        ("", "row 1", "heading"),
        ("\n\n", "row 1", "heading"),
        (PETS + "\nLizards\n", "row 6", "category"),
    ],
)
def test_error_names_the_row(write, content, row, words):
    error = refused(write, content)
    assert error.key == row
    assert words in error.problem


@pytest.mark.parametrize(
    "content",
    [
        "Cats,Cats\n",  # one category is no composition
        "Cats (tame),Cats\nCats (wild),C-a-t-s\nDogs,Dogs\n",
        "Cats,Pets!\nDogs,Pets?\n",  # two categories, one id
        "Cats,Furry,Pets\nDogs,Pets\n",  # a category named as a group
        "Total,Cats\nDogs,Dogs\n",
    ],
)
def test_list_that_cannot_be_told_apart_is_refused_or_read_but_never_a_traceback(write, content):
    try:
        taxonomy = write(content)
    except TaxonomyError as error:
        assert error.file == "pets.csv"
        return
    ids = [c.id for c in taxonomy.columns]
    assert len(set(ids)) == len(ids)


def test_two_categories_of_one_id_are_refused_by_what_was_written(write):
    """The words of the list, not the ids made of them, are what its writer knows."""
    error = refused(write, "Cats,Pets!\nDogs,Pets?\nNone,None\n")
    assert error.key.startswith("row") or "Pets" in error.problem


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("Cats,Dogs\nDogs,Cats\n", {"Cats": "dogs", "Dogs": "cats"}),
        ("White,British\nAll white,White\nOther,Other\n", {"White": "british"}),
        ("White,White British,White\nIrish,Irish,White\nRest,Rest\n", {"White": "white_british"}),
    ],
)
def test_heading_means_what_the_list_says_though_a_category_is_called_so(write, content, meant):
    """Or the list is refused; it is never read the other way in silence."""
    try:
        taxonomy = write(content)
    except TaxonomyError:
        return
    row = [line.split(",")[0] for line in content.splitlines()]
    (found,) = recognise([["code", *row], ["E05000001", *["5"] * len(row)]], [taxonomy])
    for heading, category in meant.items():
        at = 1 + row.index(heading)
        assert [name for name, places in found.columns.items() if at in places] == [category]


@pytest.mark.parametrize("heading", ["Total!", "To tal?"])
def test_category_whose_id_would_be_that_of_the_total_is_refused(write, heading):
    try:
        taxonomy = write(f"Cats,Cats\nDogs,{heading}\nNone,None\n")
    except TaxonomyError:
        return
    assert [c.id for c in taxonomy.columns].count("total") == 1


def test_one_category_is_too_few_and_said_in_words_of_the_list(write):
    error = refused(write, "Cats,Cats\n")
    assert error.key in {"file", "categories"} or error.key.startswith("row")


@pytest.mark.parametrize("prefix", sorted({t.prefix for t in catalogue()}))
def test_prefix_of_a_standard_taxonomy_is_refused(write, prefix):
    error = refused(write, PETS, f"{prefix}.csv")
    assert prefix in error.problem
    assert "rename" in error.problem


@pytest.mark.parametrize("name", ["ETH.csv", "Dep.csv", "lang .csv"])
def test_prefix_is_reserved_in_any_case(write, name):
    refused(write, PETS, name)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Pets of Barnsley 2024.csv", "pets_of_barnsley_2024"),
        ("2024 pets.csv", "c_2024_pets"),
        ("Äpfel.csv", "apfel"),
        ("eth_own.csv", "eth_own"),
    ],
)
def test_name_of_the_file_begins_the_fields(write, name, prefix):
    assert write(PETS, name).prefix == prefix


@given(st.text(max_size=40))
def test_slug_is_always_an_id(text):
    made = slug(text)
    assert made == slug(made) or not made
    assert made.isascii()
    assert made[:1].isalpha() or made == "c"
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


# --- a file of JSON


def test_json_with_a_wrong_key_is_refused_by_it(tmp_path):
    data = json.loads(json.dumps(dict(find("census2021_ts045").raw)))
    data["categories"][1]["lable"] = "No cars"
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(TaxonomyError) as caught:
        load(path)
    assert (caught.value.file, caught.value.key) == ("mine.json", "categories[1].lable")
    assert "label" in caught.value.problem  # what it may have been


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda d: d["categories"][0].update(parent="two"), "categories[0].parent"),
        (lambda d: d["categories"][0].update(also=["Two"]), "categories[1].label"),
    ],
    ids=["a ring of parents", "a label that two have"],
)
def test_file_that_contradicts_itself_names_the_key(change, key):
    data = {
        **{"id": "mine", "dimension": "mine", "prefix": "mine", "kind": "composition"},
        **{"title": "Mine", "publisher": "Me", "edition": "1", "base": "all", "attribution": "Me"},
        "total": {"id": "total", "label": "All", "field": "total", "title": "All"},
        "categories": [
            {"id": "one", "label": "One"},
            {"id": "two", "label": "Two", "parent": "one"},
        ],
        "indicators": [],
    }
    assert parse(data, "mine.json").groups == ["one"]
    change(data)
    with pytest.raises(TaxonomyError) as caught:
        parse(data, "mine.json")
    assert caught.value.key == key
