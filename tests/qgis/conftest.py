"""What tests of the panel are given: a clean project, and a session that is closed afterwards."""

from __future__ import annotations

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtTest import QTest


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    project.clear()
    yield project
    project.clear()


@pytest.fixture
def session(project):
    from seldom_heard.ui.session import Session

    session = Session(project)
    session.change(draws=100)
    yield session
    session.close()
    QTest.qWait(50)
