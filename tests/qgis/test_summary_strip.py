"""The strip: who lives in the areas highlighted, and who outside."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from seldom_heard.processing.ranking.people import Outside
from seldom_heard.ui.summary_strip import SummaryStrip

from .panel_fakes import FakeSession, Longer, falling, made_up_city

REST = 200


@pytest.fixture
def session(qgis_app):
    session = FakeSession()
    session.take(made_up_city(), with_copy=False)
    return session


@pytest.fixture
def strip(session):
    strip = SummaryStrip(session)
    strip.resize(320, 400)
    strip.show()
    yield strip
    strip.close_page()
    strip.close()


def residents(session):
    people = session.exploration.numbers["eth_total"]
    return people[session.standing.in_top].sum(), people.sum()


def test_nothing_ranked_says_so(strip):
    assert strip.line.text() == "No areas are highlighted yet."
    assert not strip.fold.isEnabled()


def test_a_line_tells_areas_and_residents(strip, session):
    session.rank(falling())
    QTest.qWait(REST)
    inside, everyone = residents(session)
    share = 100 * inside / everyone
    assert strip.line.text() == (
        f"In the top 4: {inside:,.0f} of {everyone:,.0f} residents ({share:.0f}\u00a0%)"
    )
    assert strip.fold.accessibleDescription() == strip.line.text()


def test_folded_out_it_tells_each_group_inside_and_outside(strip, session):
    session.rank(falling())
    QTest.qWait(REST)
    assert strip.folded.isHidden()
    QTest.mouseClick(strip.fold, Qt.MouseButton.LeftButton)
    assert not strip.folded.isHidden()
    titles = [row.title.text() for row in strip.groups.rows]
    assert titles == ["residents", "people in need"]
    group = session.standing.outside[0]
    row = strip.groups.rows[1]
    share = 100 * group.inside / group.everyone
    assert row.shares.text() == (
        f"{share:.0f} % inside, {100 - round(share)} % outside; not known in 2 areas"
    )
    assert row.bar.share == pytest.approx(group.inside / group.everyone)
    assert "live in the areas highlighted" in row.bar.accessibleName()
    assert "4 of 36" in strip.notes.text()
    QTest.keyClick(strip.fold, Qt.Key.Key_Space)
    assert strip.folded.isHidden()


def test_one_area_whose_count_is_missing_is_one_area(strip, session):
    session.rank(falling())
    group = session.standing.outside[0]
    session.standing.outside = [Outside(group.title, group.inside, group.everyone, 1)]
    session.moved.emit()
    QTest.qWait(REST)
    assert strip.groups.rows[1].shares.text().endswith("; not known in one area")


def test_it_follows_the_slider(strip, session):
    session.rank(falling())
    QTest.qWait(REST)
    before = strip.line.text()
    session.rank([*reversed(falling())], top=9)
    QTest.qWait(REST)
    inside, everyone = residents(session)
    assert strip.line.text() != before
    assert f"top 9: {inside:,.0f} of {everyone:,.0f}" in strip.line.text()


def test_hidden_it_asks_for_nothing_until_it_is_shown(session, monkeypatch):
    import seldom_heard.processing.explore.summary as summary

    asked, whole = [], summary.summary_of
    monkeypatch.setattr(summary, "summary_of", lambda *a: (asked.append(1), whole(*a))[1])
    strip = SummaryStrip(session)
    session.rank(falling())
    QTest.qWait(REST)
    assert asked == []
    strip.show()
    assert asked == [1]
    for _step in range(5):
        session.rank(falling())
    QTest.qWait(REST)
    assert asked == [1, 1]  # once for all steps of the slider
    strip.close_page()
    strip.close()


def test_the_layer_goes(strip, session):
    session.rank(falling())
    QTest.qWait(REST)
    strip.fold.setChecked(True)
    session.lose()
    assert strip.line.text() == "No areas are highlighted yet."
    assert strip.folded.isHidden() and not strip.fold.isEnabled()


@pytest.mark.parametrize("longer", [False, True])
def test_it_is_not_wider_than_the_panel(session, longer):
    translator = Longer()
    if longer:
        QApplication.installTranslator(translator)
    try:
        strip = SummaryStrip(session)
        strip.resize(308, 400)
        strip.show()
        session.rank(falling())
        QTest.qWait(REST)
        strip.fold.setChecked(True)
        QTest.qWait(20)
        assert strip.minimumSizeHint().width() <= 308
        inside = strip.folded.widget()
        assert inside.minimumSizeHint().width() <= strip.folded.viewport().width()
        strip.close_page()
        strip.close()
    finally:
        QApplication.removeTranslator(translator)


def test_closing_leaves_no_connection(session):
    before = session.listened()
    strip = SummaryStrip(session)
    strip.show()
    assert session.listened() != before
    strip.close_page()
    assert session.listened() == before
    session.rank(falling())
    QTest.qWait(REST)
    assert strip.line.text() == "No areas are highlighted yet."
    strip.close()
