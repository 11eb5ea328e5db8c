"""Engagement plans, quotas and venues: in a browser and on paper, whatever areas are called."""

from __future__ import annotations

from html import escape

import pytest

from .checks import wrong_in_browser
from .paper import on_paper
from .reports import LAYER, NAMES, PLANS


@pytest.mark.parametrize("name", list(PLANS))
def test_a_plan_is_for_everyone_and_needs_nothing(browser, reports, tmp_path, name):
    assert wrong_in_browser(browser, reports.page(name), tmp_path) == []


@pytest.mark.parametrize("size", ["A4 portrait", "A4 landscape"])
@pytest.mark.parametrize("name", list(PLANS))
def test_a_plan_prints_well(browser, reports, tmp_path, name, size):
    assert on_paper(browser, reports.page(name), tmp_path, size) == []


def test_hostile_names_are_shown_as_they_are(reports):
    page = reports.page("plan-of-all")
    assert f"<title>{escape(LAYER)}</title>" in page
    for name in NAMES:
        assert escape(name) in page or escape(name, quote=False) in page, name
