"""What the pages say of a taxonomy: what was checked, in which words, and with safe links."""

from __future__ import annotations

import copy
import re

import pytest
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.explain import Heading, Rows, Text, as_html, as_markdown, page
from seldom_heard.taxonomies.model import parse

EVERY = [pytest.param(taxonomy, id=taxonomy.id) for taxonomy in catalogue()]


def changed(identifier: str, **keys):
    """A shipped taxonomy with some keys of its file changed; None removes one."""
    data = {**copy.deepcopy(dict(find(identifier).raw)), **keys}
    return parse({key: value for key, value in data.items() if value is not None}, "t.json")


def facts(taxonomy) -> dict[str, str]:
    """The rows of the first table of a page."""
    return dict(next(block.rows for block in page(taxonomy) if isinstance(block, Rows)))


def checked(taxonomy) -> str:
    return next(text for what, text in facts(taxonomy).items() if " checked" in what)


def table(taxonomy, heading: str) -> Rows:
    blocks = page(taxonomy)
    at = blocks.index(Heading(heading))
    return next(block for block in blocks[at:] if isinstance(block, Rows))


def note(taxonomy) -> str:
    blocks = page(taxonomy)
    return blocks[blocks.index(Heading("What was checked, and how")) + 1].text


# --- what was checked


def test_page_says_what_noise_the_score_draws():
    said = facts(changed("census2021_ts045", noise={"below": 12, "most": 3}))
    assert "counts below 12 are drawn up to 3 higher or lower" in said["Noise in small counts"]
    assert "an assumption" in said["Noise in small counts"]
    assert "Noise in small counts" not in facts(changed("census2021_ts045", noise=None))


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("census2021_ts021", "yes"),
        ("census2021_ts052", "yes; see below"),
        (
            "census2021_ts024",
            "yes but for 52 categories (marked “not checked” in the table); see below",
        ),
        ("qof", "yes but for 6 categories (marked “not checked” in the table); see below"),
        ("ethnic_groups_5", "no; see below"),
        ("census2021_main_language", "no; see below"),
        ("townsend_2021", "no; see below"),
    ],
)
def test_page_says_how_much_was_checked(identifier, said):
    assert checked(find(identifier)) == said


@pytest.mark.parametrize("taxonomy", EVERY)
def test_number_that_is_said_is_the_number_that_is_marked(taxonomy):
    said = re.search(r"but for (\d+)", checked(taxonomy))
    if said is None:
        return
    rows = table(taxonomy, "Registers" if taxonomy.kind == "register" else "Categories")
    marks = [row[rows.headings.index("checked")] for row in rows.rows]
    assert marks.count("not checked") == int(said.group(1))
    assert set(marks) == {"yes", "not checked"}


@pytest.mark.parametrize("taxonomy", EVERY)
def test_whatever_is_not_checked_is_told_in_words(taxonomy):
    if checked(taxonomy) != "yes":
        assert checked(taxonomy).endswith("see below")
        assert note(taxonomy) == taxonomy.raw["$comment"]
    if not checked(taxonomy).startswith("yes") or "but for" in checked(taxonomy):
        assert re.search("not checked|no published table", note(taxonomy), re.IGNORECASE)


def test_one_unchecked_category_is_one_category():
    categories = copy.deepcopy(find("census2021_ts021").raw["categories"])
    categories[3]["verified"] = False
    taxonomy = changed("census2021_ts021", categories=categories)
    assert checked(taxonomy) == "yes but for 1 category (marked “not checked” in the table)"
    assert [row[0] for row in table(taxonomy, "Categories").rows if row[-1] == "not checked"] == [
        categories[3]["id"]
    ]


def test_file_that_says_nothing_of_checks_is_not_called_checked():
    assert checked(changed("census2021_ts021", verified=None)) == "no"


def test_table_of_categories_has_no_marks_where_all_are_checked():
    assert "checked" not in table(find("census2021_ts021"), "Categories").headings


def test_unchecked_ages_of_earlier_years_are_marked():
    categories = copy.deepcopy(find("qof").raw["categories"])
    asthma = next(item for item in categories if item["id"] == "ast")
    asthma["earlier"][0]["verified"] = False
    row = next(
        r for r in table(changed("qof", categories=categories), "Registers").rows if r[0] == "ast"
    )
    assert "all ages to 2019/20 (not checked)" in row


# --- words


def test_partial_table_is_not_said_to_add_up():
    first = page(find("census2021_ts022"))[0]
    assert isinstance(first, Text)
    assert "add up to a total" not in first.text
    assert "do not add up to its total" in first.text


def test_index_says_once_where_it_is_made():
    text = as_markdown(page(find("townsend_2021"))).casefold()
    assert text.count("made here from") == 1


@pytest.mark.parametrize("taxonomy", EVERY)
def test_crosswalks_are_told_in_titles(taxonomy):
    crosswalks = taxonomy.raw.get("crosswalks", ())
    if not crosswalks:
        return
    rows = table(taxonomy, "Told in other categories").rows
    for number, told in enumerate(crosswalks, 1):
        titles = {column.title for column in find(told["to"]).columns}
        cells = {row[number].removesuffix(" (the whole group)") for row in rows}
        assert cells <= titles | {"–"}


def test_category_told_as_a_whole_group_is_said_to_be():
    rows = table(find("nhs_2001"), "Told in other categories").rows
    told = dict(row[:2] for row in rows)
    assert told["Any other White background"] == "White (the whole group)"


@pytest.mark.parametrize(("identifier", "said"), [("nhs_2001", True), ("census2021_ts021", False)])
def test_page_says_when_categories_are_over_those_of_their_group(identifier, said):
    text = as_markdown(page(find(identifier)))
    assert ("over the same people as those of the category's group" in text) == said


# --- links


@pytest.mark.parametrize("taxonomy", EVERY)
def test_source_is_a_link(taxonomy):
    source = taxonomy.raw["source"]
    assert f'<a href="{source}">{source}</a>' in as_html(page(taxonomy))
    assert f"| <{source}> |" in as_markdown(page(taxonomy))


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.org",
        "see https://example.org",
        'https://example.org/"onclick="alert(1)',
        "https://example.org/<script>",
        " https://example.org/a b",
    ],
)
def test_nothing_else_is_a_link(text):
    rows = [Rows(("", ""), (("Source", text),))]
    assert "<a " not in as_html(rows) and "<script" not in as_html(rows)
    assert f"<{text}>" not in as_markdown(rows)


def test_address_is_escaped_in_a_link():
    taxonomy = changed("census2021_ts021", source="https://example.org/?a=1&b=2")
    assert '<a href="https://example.org/?a=1&amp;b=2">https://' in as_html(page(taxonomy))


def test_text_of_a_file_is_escaped():
    note = "<b>bold</b> | *star* `code` [x](javascript:y)"
    taxonomy = changed("census2021_ts021", **{"$comment": note})
    assert "<b>" not in as_html(page(taxonomy))
    assert r"\<b\>bold\</b\> \| \*star\* \`code\` \[x\](javascript:y)" in as_markdown(
        page(taxonomy)
    )
