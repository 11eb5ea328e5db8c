"""Reports in a browser: for everyone, offline, on narrow screens, and whatever areas are called."""

from __future__ import annotations

from html import escape

import pytest
from seldom_heard.layers import reports as made

from .browser import NAMES as PROGRAMS
from .browser import Browser, CannotBeHadError, MissingError
from .checks import wrong_in_browser
from .outside import loaded_from_outside
from .reports import LAYER, NAMES, REPORTS


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_report_is_for_everyone_and_needs_nothing(browser, reports, tmp_path, name):
    assert wrong_in_browser(browser, reports.page(name), tmp_path) == []


def test_hostile_names_are_shown_as_they_are(reports):
    page = reports.page("findseldomheard")
    for name in NAMES:
        assert escape(name, quote=False) in page or escape(name) in page, name
    assert not [one for one in ("<script", "<b onclick", "onerror=alert(2)>") if one in page]


# --- the tests above can fail


def page_of(body: str, head: str = "") -> str:
    """Return a page of ours with something in it."""
    page = (made.HOME / "page.html").read_text(encoding="utf-8")
    page = page.replace("$title", "A page").replace("$body", body)
    return page.replace("</head>", f"{head}</head>")


def test_a_page_of_ours_is_fine(browser, tmp_path):
    body = made.heading("One") + made.table(["Area", "People"], [["A", 1]], "All")
    assert wrong_in_browser(browser, page_of(body), tmp_path) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "violations: image-alt"),
        ('<p style="color:#999">too pale to be read</p>', "violations: color-contrast"),
        ("<h4>out of order</h4>", "violations: heading-order"),
        ("<table><tr><td scope='x'>1</td></tr></table>", "violations: scope-attr-valid"),
        ('<p lang="xx-invalid-">text</p>', "violations: valid-lang"),
        ('<svg><rect width="99" height="30"/><text y="20">dark</text></svg>', ""),
        ('<svg><text y="20" fill="#aaa">pale words in a drawing</text></svg>', "color-contrast"),
        ("<p>" + "x" * 90 + '</p><p style="width:400px">wide</p>', "at 320 pixels the page is 4"),
        ('<div style="overflow:auto"><p style="width:90rem">wide</p></div>', "not by keyboard"),
        (f"<p>{LAYER}</p>", "scripts are in the page"),
        (f"<p>{LAYER}</p>", "ran or was loaded: script-src"),
        ('<p onclick="alert(1)">press</p>', "P onclick"),
        ('<p><a href="javascript:alert(1)">press</a></p>', "A href"),
        ("<h1>another title</h1>", "the headings ['A page', 'another title']"),
        ('<img alt="a map" src="https://example.invalid/m.png">', "asked for: https://example"),
        ('<p style="background:url(//example.invalid/b.png)">words</p>', "from outside: p style"),
    ],
)
def test_what_is_wrong_is_noticed(browser, tmp_path, body, wrong):
    found = wrong_in_browser(browser, page_of(body), tmp_path)
    assert any(wrong in one for one in found) or not (wrong or found), found


@pytest.mark.parametrize(
    "head",
    [
        "<style>@import 'https://example.invalid/a.css';</style>",
        "<style>body { background: url(http://example.invalid/a.png) }</style>",
        '<link rel="stylesheet" href="https://example.invalid/a.css">',
        '<script src="https://example.invalid/a.js"></script>',
    ],
)
def test_a_page_that_asks_for_something_is_noticed(browser, tmp_path, head):
    page = page_of("<p>words</p>", head)
    assert any("example.invalid" in one for one in browser.asked_for(page, tmp_path))
    assert loaded_from_outside(page)
    links = (
        '<a href="https://example.invalid/">a source</a><img alt="" src="data:image/gif;base64,R0">'
    )
    assert loaded_from_outside(page_of(f"<p>{links}</p>")) == []


def test_what_is_missing_is_said_and_never_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name in PROGRAMS else None)
    with pytest.raises(MissingError, match=r"axe-core .* scripts/setup\.sh test"):
        Browser.find(tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(MissingError, match=r"Chromium .* scripts/setup\.sh test"):
        Browser.find(tmp_path)
    (tmp_path / "no-browser").write_text("This system has none.\n", encoding="utf-8")
    with pytest.raises(CannotBeHadError, match=r"^This system has none\.$"):
        Browser.find(tmp_path)
