"""What tests of pages are given: a browser, and the pages."""

from __future__ import annotations

import pytest

from .browser import Browser, CannotBeHadError, MissingError


@pytest.fixture(scope="session")
def browser() -> Browser:
    """The Chromium of this machine, with axe-core; skipped only where it cannot be had."""
    try:
        return Browser.find()
    except CannotBeHadError as reason:
        pytest.skip(str(reason))
    except MissingError as what_to_do:
        pytest.fail(str(what_to_do), pytrace=False)


@pytest.fixture(scope="session")
def reports(qgis_app, tmp_path_factory):
    """Every page of the plugin by its name, of areas with hostile names."""
    from .reports import Reports

    return Reports(tmp_path_factory.mktemp("reports"))
