"""A score of eight areas on paper: every number followed from input to rank.

The same figures stand in docs/score.md. Nothing that is expected here was made by the module: it
is plain arithmetic, step by step.
"""

from __future__ import annotations

import pandas as pd
import pytest
from seldom_heard.methods.score import Indicator, contributions, rank_down, score
from seldom_heard.methods.voice import prior_strength, shrunk_ratio

AREAS = list("ABCDEFGH")

# --- step 1, what is known
#        deprivation (score), diabetes (%), limited English (%), no car (%), aged 16+, replies
FIGURES = {
    "A": (42.0, 6.1, 3.0, 38, 1000, 6),
    "B": (18.5, 9.0, 1.2, 20, 1000, 8),
    "C": (35.0, 8.2, 6.5, 33, 2000, 12),
    "D": (27.0, 7.4, 2.1, 25, 2000, 16),
    "E": (50.5, 8.8, 4.0, 45, 2000, 24),
    "F": (9.0, 5.0, 0.4, 11, 2000, 28),
    "G": (31.0, 9.6, 2.1, 29, 3000, 24),
    "H": (12.0, 6.8, 0.9, 15, 3000, 42),
}
# residents:                                    16,000    160 replies

# --- step 2, replies to expect: 160 of 16,000 is 1 in 100, so one for each 100 residents
EXPECTED = [10, 10, 20, 20, 20, 20, 30, 30]

# --- step 3, how far the areas differ by more than chance (gamma-Poisson, by moments)
# (O - E)^2 / E:  A (-4)^2/10 = 1.6   B (-2)^2/10 = 0.4   C (-8)^2/20 = 3.2   D (-4)^2/20 = 0.8
#                 E   4^2/20 = 0.8    F   8^2/20 = 3.2    G (-6)^2/30 = 1.2   H  12^2/30 = 4.8
# they add up to 16; chance alone would give 8, one for each area
# A = (16 - 8) / 160 = 1/20, so a = 20: as if each area had sent 20 replies more, as expected
PRIOR = 20

# --- step 4, shrunk ratio 100 (O + 20) / (E + 20)
SHRUNK = [
    100 * 26 / 30,  # A 86.67
    100 * 28 / 30,  # B 93.33
    100 * 32 / 40,  # C 80
    100 * 36 / 40,  # D 90
    100 * 44 / 40,  # E 110
    100 * 48 / 40,  # F 120
    100 * 44 / 50,  # G 88
    100 * 62 / 50,  # H 124
]

# --- step 5, percentiles (rank - 1) / 7, in sevenths: how many areas have it less
# deprivation      F 9 < H 12 < B 18.5 < D 27 < G 31 < C 35 < A 42 < E 50.5
# diabetes         F 5 < A 6.1 < H 6.8 < D 7.4 < C 8.2 < E 8.8 < B 9 < G 9.6
# limited English  F 0.4 < H 0.9 < B 1.2 < D 2.1 = G 2.1 < A 3 < E 4 < C 6.5; D and G share 3
# no car           F 11 < H 15 < B 20 < D 25 < G 29 < C 33 < A 38 < E 45
# not heard        E, F and H answered as expected or better and share 0; then B 93.3, D 90, G 88,
#                  A 86.7, C 80, and three areas are below B
SEVENTHS = {
    #               A  B  C  D  E  F  G  H
    "deprivation": [6, 2, 5, 3, 7, 0, 4, 1],
    "diabetes": [1, 6, 4, 3, 5, 0, 7, 2],
    "english": [5, 2, 7, 3, 6, 0, 3, 1],
    "car": [6, 2, 5, 3, 7, 0, 4, 1],
    "shrunk": [6, 3, 7, 4, 0, 0, 5, 0],
}

# --- step 6, pillars in fourteenths: the mean of two sevenths is their sum in fourteenths
#                   A      B      C      D      E      F      G      H
NEED = [7, 8, 9, 6, 12, 0, 11, 3]  # 6+1    2+6    5+4    3+3    7+5    0+0    4+7    1+2
BARRIERS = [11, 4, 12, 6, 13, 0, 7, 2]  # 5+6    2+2    7+5    3+3    6+7    0+0    3+4    1+1
VOICE = [12, 6, 14, 8, 0, 0, 10, 0]  # twice the sevenths, there being one indicator

# --- step 7, composite: cube root of the product of the pillars, none below 1/7 = 2/14
PRODUCTS = [
    7 * 11 * 12,  # A 924
    8 * 4 * 6,  # B 192
    9 * 12 * 14,  # C 1,512
    6 * 6 * 8,  # D 288
    12 * 13 * 2,  # E 312: the most need and barriers of all, but heard, so voice is 2
    2 * 2 * 2,  # F 8
    11 * 7 * 10,  # G 770
    3 * 2 * 2,  # H 12
]
# cube roots over 14:  A 9.7400, B 5.7690, C 11.4776, D 6.6039, E 6.7824, F 2, G 9.1657, H 2.2894
COMPOSITE = [0.6957, 0.4121, 0.8198, 0.4717, 0.4845, 0.1429, 0.6547, 0.1635]

# --- step 8, rank by the product: C 1,512, A 924, G 770, E 312, D 288, B 192, H 12, F 8
RANKS = [2, 6, 1, 5, 4, 8, 3, 7]

INDICATORS = [
    Indicator("deprivation", "need"),
    Indicator("diabetes", "need"),
    Indicator("english", "barriers"),
    Indicator("car", "barriers"),
    Indicator("shrunk", "voice", more_is_barrier=False, enough=100),
]
EQUAL = {"need": 1.0, "barriers": 1.0, "voice": 1.0}


def city() -> pd.DataFrame:
    names = ["deprivation", "diabetes", "english", "car", "people", "observed"]
    data = pd.DataFrame.from_dict(FIGURES, orient="index", columns=names)
    data["expected"] = data["observed"].sum() * data["people"] / data["people"].sum()
    data["shrunk"] = shrunk_ratio(data["observed"], data["expected"])
    return data


def test_eight_areas_by_hand():
    data = city()
    assert list(data.index) == AREAS
    assert data["expected"].tolist() == EXPECTED
    assert prior_strength(data["observed"], data["expected"]) == pytest.approx(PRIOR)
    assert data["shrunk"].tolist() == pytest.approx(SHRUNK)
    made = score(data, INDICATORS, EQUAL)
    for name, sevenths in SEVENTHS.items():
        assert (7 * made.percentiles[name]).tolist() == pytest.approx(sevenths), name
    assert (14 * made.pillars["need"]).tolist() == pytest.approx(NEED)
    assert (14 * made.pillars["barriers"]).tolist() == pytest.approx(BARRIERS)
    assert (14 * made.pillars["voice"]).tolist() == pytest.approx(VOICE)
    assert ((14 * made.composite) ** 3).tolist() == pytest.approx(PRODUCTS)
    assert made.composite.round(4).tolist() == COMPOSITE
    assert rank_down(made.composite).tolist() == RANKS


def test_reasons_of_area_g_by_hand():
    parts = contributions(score(city(), INDICATORS, EQUAL), INDICATORS, EQUAL).loc["G"]
    # a pillar weighs 1/3, one of two indicators in it 1/2: sevenths / 7 / 6, voice / 7 / 3
    by_hand = {"deprivation": 4 / 42, "diabetes": 7 / 42, "english": 3 / 42, "car": 4 / 42}
    assert parts.to_dict() == pytest.approx({**by_hand, "shrunk": 5 / 21})
    # voice 0.238 and diabetes 0.167 are its two reasons
    assert parts.nlargest(2).index.tolist() == ["shrunk", "diabetes"]
    # together (11 + 7 + 10) / 14 / 3, the arithmetic mean of its pillars
    assert parts.sum() == pytest.approx(28 / 42)


def test_without_replies_area_e_would_come_first():
    made = score(city(), INDICATORS[:4], {"need": 1.0, "barriers": 1.0})
    # need x barriers: A 77, B 32, C 108, D 36, E 156, F 4 (both on the floor), G 77, H 6
    assert rank_down(made.composite).tolist() == [3, 6, 2, 5, 1, 8, 3, 7]
