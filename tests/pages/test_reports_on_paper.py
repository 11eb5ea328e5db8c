"""Reports printed from a browser: nothing is cut, nothing stands alone, nothing is lost."""

from __future__ import annotations

import re

import pytest
from seldom_heard.layers import reports as made

from .paper import on_paper
from .reports import REPORTS

SIZES = ("A4 portrait", "A4 landscape")
LINES = "a few words " * 30


def long_page(print_rules: str | None = None, lines: int = 25) -> str:
    """Return a page of ours with a table of several sheets; with other rules for paper, if any."""
    rows = [[f"Area {at}", LINES * (1 + at % 4), at] for at in range(lines)]
    body = made.heading("One") + made.paragraph(LINES) + made.heading("Two")
    body += made.table(["Area", "Reasons", "Rank"], rows, "What there is")
    page = (made.HOME / "page.html").read_text(encoding="utf-8")
    page = page.replace("$title", "A page").replace("$body", body)
    if print_rules is None:
        return page
    plain = re.sub(r"@media print \{.*?\n\}", "", page, flags=re.DOTALL)
    assert plain != page
    return plain.replace("</style>", f"@media print {{ {print_rules} }}</style>")


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_report_prints_well(browser, reports, tmp_path, name):
    # across is the easier way: the long table below is printed both ways
    assert on_paper(browser, reports.page(name), tmp_path, SIZES[0]) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_table_of_several_sheets_prints_well(browser, tmp_path, size):
    assert on_paper(browser, long_page(), tmp_path, size) == []


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ("", "row [0-9]+ of table 0 is cut"),
        ("thead { display: table-row-group }", "table 0 has no header on"),
        ("h2 { break-after: page }", "heading [0-9]+ is on"),
        ("tbody { break-before: page } thead { break-inside: auto }", "is alone on|its caption is"),
        ("h1 { position: relative; left: 120cm }", "text is lost"),
        ("p { position: relative; left: -12mm }", "text is lost"),
        ("@page { margin: 0 } body { margin: 0 }", "beyond the edge"),
        ("td { white-space: nowrap }", "text is lost"),
        (".wide { overflow: visible } td { white-space: nowrap }", "is printed at"),
    ],
)
def test_a_page_that_prints_badly_is_noticed(browser, tmp_path, rules, wrong):
    found = on_paper(browser, long_page(rules), tmp_path)
    assert any(re.search(wrong, one) for one in found), found
