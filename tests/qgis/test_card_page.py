"""The page with one area: what it says, and that it follows the session."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QLabel
from seldom_heard.processing.explore.card import Part
from seldom_heard.ui.pages.card_page import CardPage
from seldom_heard.ui.session import Session
from seldom_heard.ui.widgets.card_parts import Dots, PartTable

from .made_up import city
from .paged import until
from .panel_fakes import Longer, dot

AREAS = 40


@pytest.fixture
def session(qgis_app):
    project = QgsProject.instance()
    project.clear()
    session = Session(project)
    session.change(draws=100)
    yield session
    session.close()
    project.clear()
    QTest.qWait(50)


@pytest.fixture
def page(session):
    page = CardPage(session)
    page.resize(320, 700)
    page.show()
    yield page
    page.close_page()
    page.close()


@pytest.fixture
def tested(session):
    layer = city(AREAS)
    session.project.addMapLayer(layer)
    session.set_layer(layer)
    assert until(lambda: session.is_tested), session.problem
    return session


def first(session):
    return int(session.standing.ranks.idxmin())


def texts(widget):
    return [one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget)]


def test_nothing_chosen_says_what_to_do(page, session):
    assert page.scroll.isHidden()
    assert "Choose a layer" in page.nothing.text()
    assert not page.before.isEnabled() and not page.after.isEnabled()


def test_ranked_but_nothing_chosen_says_what_to_do(page, tested):
    assert page.scroll.isHidden()
    assert "Choose one in the list" in page.nothing.text()


def test_the_area_chosen_is_told(page, tested):
    row = first(tested)
    tested.choose(row)
    assert page.nothing.isHidden() and not page.scroll.isHidden()
    code = tested.exploration.codes[row]
    assert code in page.title.text()
    assert page.rank.text().startswith(f"Rank 1 of {AREAS}; in 90 of 100 draws between 1 and ")
    assert "robust" in page.tier.text() or "contestable" in page.tier.text()
    assert page.reasons.text().startswith("• ")
    titles = [row.title.text() for row in page.pillars.rows]
    assert titles == ["Need", "Barriers", "Voice"]
    pillar = tested.standing.scored.pillars["need"].iat[row]
    assert page.pillars.rows[0].number.text() == f"{pillar:.2f}"
    assert page.pillars.rows[0].bar.share == pytest.approx(pillar)
    value = tested.exploration.numbers["lang_low_english_pct"].iat[row]
    assert f"{value:.1f} %" in texts(page.dots)
    assert "expected" in page.replies.text()
    assert "they say nothing about any one person" in page.cannot.text()


KEEP = "⚠ Replies as they were counted: keep them inside."


def test_true_replies_are_marked_where_they_can_be_copied(page, tested):
    tested.choose(first(tested))
    assert page.inside.text() == KEEP and page.inside.isVisible()
    assert page.replies.text().endswith(KEEP), "who copies the sentence has the mark with it"
    hidden = ["voice_observed", "voice_shrunk"]
    tested.exploration.inherited["sources"] = [{"fields": hidden, "suppression": "nhs"}]
    tested.choose(-1)
    tested.choose(first(tested))
    assert page.inside.isHidden() and "inside" not in page.replies.text()


def test_who_comes_by_tab_hears_the_whole_card(page, tested):
    tested.choose(first(tested))
    assert page.scroll.accessibleName() == page.title.text()
    heard = page.scroll.accessibleDescription()
    for part in (page.rank, page.tier, page.reasons, page.replies, page.cannot):
        assert part.text() in heard


def test_texts_can_be_selected_by_mouse_and_keyboard(page, tested):
    tested.choose(first(tested))
    wanted = (
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    for text in (page.title, page.rank, page.reasons, page.cannot, page.dots.list.rows[0].title):
        assert text.textInteractionFlags() & wanted == wanted


def test_names_of_areas_are_shown_as_they_are_written(page, tested):
    tested.exploration.names[3] = "<b>Up & Down</b>"
    tested.choose(3)
    assert "<b>Up & Down</b>" in page.title.text()
    assert page.title.textFormat() == Qt.TextFormat.PlainText


def test_buttons_step_by_rank(page, tested):
    by_rank = tested.standing.ranks.sort_values(kind="stable").index.tolist()
    tested.choose(by_rank[0])
    assert not page.before.isEnabled()
    page.after.click()
    assert tested.row == by_rank[1]
    assert page.rank.text().startswith("Rank 2 of")
    page.before.click()
    assert tested.row == by_rank[0]
    tested.choose(by_rank[-1])
    assert page.before.isEnabled() and not page.after.isEnabled()


def test_it_follows_the_ranking_and_then_its_test(page, tested):
    row = first(tested)
    tested.choose(row)
    tested.change(changes="need=0.1")
    assert not tested.is_tested
    assert until(lambda: "draws between" not in page.rank.text())
    assert "being tested" in page.tier.text()
    assert until(lambda: tested.is_tested and "draws between" in page.rank.text())


def test_a_slider_keeps_where_the_card_is_scrolled_to_and_what_is_selected(page, tested):
    tested.choose(first(tested))
    QTest.qWait(20)
    bar = page.scroll.verticalScrollBar()
    bar.setValue(150)
    page.cannot.setSelection(2, 5)
    tested.change(changes="need=0.1")
    assert until(lambda: "being tested" in page.tier.text())
    assert bar.value() == 150
    assert page.cannot.selectedText() != ""
    tested.choose((tested.row + 1) % AREAS)
    assert bar.value() == 0


def test_rows_are_used_again(page, tested):
    tested.choose(0)
    before = [*page.dots.list.rows]
    tested.choose(1)
    assert page.dots.list.rows == before


def test_a_hidden_page_waits_until_it_is_shown(tested):
    page = CardPage(tested)
    tested.choose(first(tested))
    assert page.title.text() == ""
    page.show()
    assert tested.exploration.codes[tested.row] in page.title.text()
    page.close_page()
    page.close()


def test_the_layer_goes_while_the_card_is_open(page, tested):
    tested.choose(first(tested))
    tested.project.removeAllMapLayers()
    assert page.scroll.isHidden()
    assert "Choose a layer" in page.nothing.text()
    assert tested.row == -1


def test_a_row_that_is_not_there_is_no_area(page, tested):
    tested.choose(AREAS + 3)
    assert page.scroll.isHidden()


def test_what_is_missing_or_hidden_is_said_in_words(qgis_app):
    dots = Dots()
    hidden = dot(value=None, low=None, high=None, words="Low English: hidden, it need not be 0.")
    dots.fill([hidden, dot()])
    first_row, second_row = dots.list.rows
    assert first_row.beside.text() == hidden.words
    assert first_row.value.text() == ""
    assert second_row.value.text() == "30.0 %"
    assert second_row.beside.text() == "all areas 10.0 % · England 5.0 %"
    dots.fill([dot()])
    assert second_row.isHidden() and not first_row.isHidden()


def test_an_indicator_held_against_something_else_says_so(qgis_app):
    dots = Dots()
    other = dot(city_title="The middle area of the layer", nation_title="Wales")
    dots.fill([dot(), dot(), other])
    assert "all areas" in dots.list.rows[0].beside.text()
    assert "The middle area of the layer 10.0 % · Wales" in dots.list.rows[2].beside.text()
    assert dots.key.accessibleName().endswith("England")


def test_groups_not_known_are_said_in_words_not_as_zero(qgis_app):
    table = PartTable()
    table.fill(
        [
            Part("Asian", 1234.0, 12.34, 9.6, "Asian: 1,234 people."),
            Part("Black", None, None, 4.6, "Black: hidden; it need not be 0."),
            Part("A title that needs a whole line", 7.0, 0.5, None, "words"),
        ]
    )
    shown = texts(table)
    assert shown[:4] == ["", "Number", "Here", "All areas"]
    rest = shown[4:]
    assert [text.replace("\u00a0", " ") for text in rest] == [
        *("Asian", "1,234", "12.3 %", "9.6 %"),
        "Black: hidden; it need not be 0.",
        *("A title that needs a whole line", "7", "0.5 %", "no figure"),
    ]
    table.fill([])
    assert [text for text in texts(table) if text] == ["Number", "Here", "All areas"]


@pytest.mark.parametrize("longer", [False, True])
def test_nothing_is_wider_than_the_panel(session, longer):
    translator, before = Longer(), QApplication.font()
    font = QApplication.font()
    font.setPointSize(9)
    QApplication.setFont(font)
    if longer:
        QApplication.installTranslator(translator)
    try:
        page = CardPage(session)
        page.resize(308, 700)  # of a panel of 320, with its margins
        page.show()
        layer = city(AREAS)
        session.project.addMapLayer(layer)
        session.set_layer(layer)
        assert until(lambda: session.is_tested), session.problem
        session.choose(first(session))
        QTest.qWait(20)
        assert ("Needee" in texts(page.pillars)) == longer
        assert page.minimumSizeHint().width() <= 308
        assert page.card.width() <= page.scroll.viewport().width()
        assert page.card.minimumSizeHint().width() <= page.scroll.viewport().width()
        page.close_page()
        page.close()
    finally:
        QApplication.removeTranslator(translator)
        QApplication.setFont(before)


def test_closing_leaves_no_connection(tested):
    names = ("layer_changed", "moved", "tested", "area_chosen", "settings_changed")

    def count():
        return {name: tested.receivers(getattr(tested, name)) for name in names}

    before = count()
    page = CardPage(tested)
    page.show()
    assert count() != before
    page.close_page()
    assert count() == before
    tested.choose(1)
    assert page.title.text() == ""
    page.close()


def test_places_without_a_rank_have_no_neighbours(qgis_app):
    import pandas as pd

    from .panel_fakes import FakeSession

    session = FakeSession()
    session.exploration = SimpleNamespace(ids=[1, 2, 3])
    session.standing = SimpleNamespace(ranks=pd.Series([2, None, 1], dtype="Int64"))
    page = CardPage(session)
    assert page._beside(2, 1) == 0
    assert page._beside(0, 1) == -1
    assert page._beside(1, 1) == page._beside(1, -1) == -1
    page.close_page()
