"""Classes are told apart by everyone: colours as they are seen with each kind of colour vision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from qgis.PyQt.QtGui import QColor
from seldom_heard.layers import styles
from seldom_heard.layers.paper import squares

# neighbouring classes, whoever looks at them; the shades of areas not highlighted may be fainter
CLASS_DISTANCE, FAINT_DISTANCE = 10.0, 6.5

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB
VISION = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
RGB_TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
D65 = [0.95047, 1.0, 1.08883]
TEXT_CONTRAST = 4.5  # WCAG 2.1, success criterion 1.4.3


def lab(colour: str, vision: str) -> np.ndarray:
    """CIE L*a*b* of a colour as seen with a kind of vision."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array(RGB_TO_XYZ) @ np.clip(np.array(VISION[vision]) @ linear, 0, 1) / D65
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str) -> float:
    """CIE 1976 colour difference."""
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def by_set(categories: list[dict]) -> list[list[str]]:
    """Colours that stand in one legend: those of each set, with those of no set."""
    sets = {c["set"] for c in categories if "set" in c} or {None}
    return [
        [c["colour"] for c in categories if c.get("set") in (None, one) and "hatch" not in c]
        for one in sorted(sets, key=str)
    ]


def sequences():
    for view in styles.VIEWS:
        spec = styles.load_spec(view)
        if spec["kind"] == "bivariate":
            continue
        yield f"{view} graduated", spec["colours"], CLASS_DISTANCE
        for colours in by_set(spec.get("categories", [])):
            yield f"{view} categories", colours, CLASS_DISTANCE
        if "highlights" in spec:
            faint = spec["highlights"]["colours"]
            yield f"{view} not highlighted", faint, FAINT_DISTANCE
            strong = [c["colour"] for c in spec["highlights"]["categories"]]
            yield f"{view} highlighted", [*faint[-1:], *strong[::-1]], CLASS_DISTANCE


@pytest.mark.parametrize(("name", "colours", "least"), list(sequences()))
@pytest.mark.parametrize("vision", VISION)
def test_neighbouring_colours_differ_for_everyone(name, colours, least, vision):
    distances = [distance(a, b, vision) for a, b in itertools.pairwise(colours)]
    assert all(d >= least for d in distances), [round(d, 1) for d in distances]


# any two of these can lie side by side on the map
@pytest.mark.parametrize(
    ("view", "colours"),
    [
        ("bivariate", [c for row in styles.load_spec("bivariate")["colours"] for c in row]),
        *(("clusters", c) for c in by_set(styles.load_spec("clusters")["categories"])),
        *(("voice", c) for c in by_set(styles.load_spec("voice")["categories"])),
        *(("benchmark", c) for c in by_set(styles.load_spec("benchmark")["categories"])),
    ],
)
@pytest.mark.parametrize("vision", VISION)
def test_any_two_classes_differ_for_everyone(view, colours, vision):
    worst = min((distance(a, b, vision), a, b) for a, b in itertools.combinations(colours, 2))
    assert worst[0] >= CLASS_DISTANCE, worst


def test_a_colour_blind_reader_is_simulated():
    """Red and green of one lightness: far apart as usual, close for those who see no green."""
    red, green = "#b06060", "#768a3c"
    assert distance(red, green, "usual") > 2 * distance(red, green, "deuteranopia")


def test_two_colours_far_apart_are_as_far_as_published():
    """White and black are 100 apart in CIE L*a*b*; sRGB red is (53.24, 80.09, 67.20)."""
    assert distance("#ffffff", "#000000", "usual") == pytest.approx(100, abs=0.05)
    assert lab("#ff0000", "usual") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


def test_both_ends_of_the_classes_darken_towards_the_corner_of_the_square():
    colours = styles.load_spec("bivariate")["colours"]
    light = np.array([[lab(c, "usual")[0] for c in row] for row in colours])
    assert (np.diff(light, axis=0) < 0).all() and (np.diff(light, axis=1) < 0).all()


def contrast(one: str, other: str) -> float:
    """Ratio of relative luminances, WCAG 2.1."""
    y = []
    for colour in (one, other):
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        y.append(float(np.array([0.2126, 0.7152, 0.0722]) @ linear) + 0.05)
    return max(y) / min(y)


def test_ranks_on_highlighted_areas_can_be_read():
    for category in styles.load_spec("score")["highlights"]["categories"]:
        assert contrast(category["text"], category["halo"]) >= TEXT_CONTRAST
        assert contrast(category["text"], category["colour"]) >= TEXT_CONTRAST


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("at", range(3))
def test_numbers_in_the_square_can_be_read(row, at):
    colour = styles.load_spec("bivariate")["colours"][row][at]
    assert contrast(squares.readable_on(QColor(colour)), colour) >= TEXT_CONTRAST


def test_the_outline_of_voice_stands_out_from_what_it_is_drawn_on():
    spec = styles.load_spec("voice")
    fills = {c["value"]: c["colour"] for c in spec["categories"]}
    for vision in VISION:
        for value in spec["overlay"]["among"]:
            assert distance(spec["overlay"]["colour"], fills[value], vision) >= CLASS_DISTANCE


# --- hatching ---------------------------------------------------------------------------------

HATCH_DISTANCE = 20.0  # lines of a quarter of a millimetre need more than a fill


def hatched():
    """Every look of every view that has lines across it: (view, name, look)."""
    for view in styles.VIEWS:
        spec = styles.load_spec(view)
        looks = [("no data", spec["no_data"])]
        for part in (spec, spec.get("highlights", {}), spec.get("apart", {})):
            looks += [(c["value"], c) for c in part.get("categories", [])]
        if "passing" in spec.get("highlights", {}):
            looks.append(("passing", spec["highlights"]["passing"]))
        yield from ((view, name, look) for name, look in looks if "hatch" in look)


@pytest.mark.parametrize(("view", "name", "look"), list(hatched()))
@pytest.mark.parametrize("vision", VISION)
def test_lines_across_an_area_are_seen_by_everyone(view, name, look, vision):
    assert distance(look["hatch"], look["colour"], vision) >= HATCH_DISTANCE


@pytest.mark.parametrize("vision", VISION)
def test_areas_being_tested_differ_from_all_they_can_lie_beside(vision):
    """Not only from the next class: they change while the user looks."""
    spec = styles.load_spec("score")
    highlights = spec["highlights"]
    passing = highlights["passing"]
    beside = [*highlights["colours"], highlights["others"]["colour"], spec["no_data"]["colour"]]
    beside += [c["colour"] for c in highlights["categories"]]
    worst = min((distance(passing["colour"], colour, vision), colour) for colour in beside)
    assert worst[0] >= CLASS_DISTANCE, worst


def test_areas_being_tested_are_told_from_contestable_ones_without_colour():
    highlights = styles.load_spec("score")["highlights"]
    passing, contestable = highlights["passing"], highlights["categories"][1]
    assert passing["angle"] != contestable.get("angle", 45)
    assert passing["spacing"] > contestable.get("spacing", 1.0)


def test_where_nothing_is_known_for_sure_there_are_lines():
    """Contestable, being tested, and too few replies to say: never a plain fill."""
    found = {(view, name) for view, name, _ in hatched()}
    assert {
        ("score", "contestable"),
        ("score", "passing"),
        ("voice", "too few to say"),
        ("bivariate", "too few to say"),
    } <= found
    assert {(view, "no data") for view in styles.VIEWS} <= found
