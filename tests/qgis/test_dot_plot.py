"""The small plots: what they draw, where, and what they say to who cannot see them."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtGui import QColor, QPalette
from qgis.PyQt.QtWidgets import QApplication
from seldom_heard.ui.widgets.bar import Bar
from seldom_heard.ui.widgets.dot_plot import AREA, CITY, LIMITS, NATION, DotKey, DotPlot, known

from .panel_fakes import dot

NAN = float("nan")


@pytest.fixture
def plot(qgis_app):
    plot = DotPlot(dot())
    plot.resize(216, 20)
    return plot


def places(plot):
    return {sign: round(x) for sign, x, _to in plot.signs()}


def test_signs_stand_where_their_values_are(plot):
    edge = 1.5 * plot.radius
    wide = plot.width() - 2 * edge
    at = places(plot)
    assert at[AREA] == round(edge + wide * 0.30)
    assert at[CITY] == round(edge + wide * 0.10)
    assert at[NATION] == round(edge + wide * 0.05)
    ends = next((x, to) for sign, x, to in plot.signs() if sign == LIMITS)
    assert ends == pytest.approx((edge + wide * 0.25, edge + wide * 0.36))


def test_the_area_stands_above_the_city_and_the_nation_can_be_seen_on_it(plot):
    assert [sign for sign, _x, _to in plot.signs()] == [CITY, LIMITS, AREA, NATION]


@pytest.mark.parametrize("missing", [None, NAN])
def test_a_missing_figure_is_not_drawn(plot, missing):
    plot.set_dot(dot(value=missing))
    assert {*places(plot)} == {CITY, NATION}
    plot.set_dot(dot(low=missing))
    assert {*places(plot)} == {CITY, AREA, NATION}
    plot.set_dot(dot(value=missing, city=missing, nation=missing))
    assert plot.signs() == []
    assert not known(missing)


def test_values_beyond_the_axis_stay_inside(plot):
    plot.set_dot(dot(value=250, high=300, city=-9))
    at = places(plot)
    assert at[AREA] < plot.width() - plot.radius
    assert at[CITY] > 0


@pytest.mark.parametrize(("least", "most"), [(None, None), (5, 5), (NAN, NAN)])
def test_an_axis_without_length_has_all_in_the_middle(plot, least, most):
    plot.set_dot(dot(least=least, most=most))
    assert {*places(plot).values()} == {plot.width() // 2}


def test_words_are_there_for_a_screen_reader_and_as_a_tooltip(plot):
    assert plot.accessibleName() == "Low English"
    assert plot.accessibleDescription() == plot.dot.words
    assert plot.toolTip() == plot.dot.words


def painted(widget, colours):
    """Return which of some colours a widget is painted with."""
    image = widget.grab().toImage()
    there = {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
    return [colour for colour in colours if colour in there]


@pytest.mark.parametrize(("ink", "paper", "fill"), [
    ("#000000", "#fefefe", "#0000c8"),
    ("#fefefe", "#101010", "#00a0f0"),
])  # fmt: skip
def test_colours_are_those_of_the_palette(plot, ink, paper, fill):
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.WindowText, QColor(ink))
    palette.setColor(QPalette.ColorRole.Window, QColor(paper))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(fill))
    bar = Bar(0.5, "half")
    bar.resize(100, 10)
    for widget in (plot, bar):
        widget.setPalette(palette)
        widget.setAutoFillBackground(True)
        assert painted(widget, [ink, paper, fill]) == [ink, paper, fill]


def test_shapes_tell_the_signs_apart_without_colours(plot):
    """Each sign is painted alone in black: no two pictures are the same."""
    pictures = []
    for only in ({"value": 50}, {"city": 50}, {"nation": 50}):
        nothing = {"value": None, "low": None, "high": None, "city": None, "nation": None}
        plot.set_dot(dot(**{**nothing, **only}))
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Highlight, palette.color(QPalette.ColorRole.WindowText))
        plot.setPalette(palette)
        pictures.append(plot.grab().toImage().copy(90, 0, 36, 20))
    assert all(pictures[a] != pictures[b] for a, b in ((0, 1), (0, 2), (1, 2)))


def test_it_grows_with_the_font(plot):
    low = plot.sizeHint().height()
    font = QApplication.font()
    font.setPointSize(30)
    plot.setFont(font)
    assert plot.sizeHint().height() > low


def test_the_key_names_only_signs_that_are_there(qgis_app):
    key = DotKey()
    key.set_signs("All areas", "")
    assert key.accessibleName() == "Key: This area, with its 95 % limits; All areas"
    assert key.words[NATION].isHidden() and not key.words[CITY].isHidden()
    key.set_signs("All areas", "England")
    assert key.accessibleName().endswith("England")
    assert not key.words[NATION].isHidden()


@pytest.mark.parametrize(("given", "share"), [(0.25, 0.25), (3, 1.0), (-1, 0.0), (None, None)])
def test_a_bar_holds_a_share(qgis_app, given, share):
    assert Bar(given, "words").share == share


def test_a_bar_of_nothing_known_is_not_the_bar_of_zero(qgis_app):
    pictures = []
    for share in (None, 0.0, NAN):
        bar = Bar(share, "words")
        bar.resize(100, 10)
        pictures.append(bar.grab().toImage())
    assert pictures[0] != pictures[1]
    assert pictures[0] == pictures[2]


def test_a_plot_without_a_figure_paints_nothing_wrong(qgis_app):
    empty = DotPlot()
    empty.resize(100, 20)
    assert empty.signs() == []
    assert not empty.grab().isNull()
