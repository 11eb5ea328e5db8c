"""The list of areas: what its cells say, how it is sorted and searched, what is copied of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from seldom_heard.processing.explore import rows as listing
from seldom_heard.processing.explore.inside import ranks_by_open_replies

from .listed import NAMES, Standing, explored, four, rows_of
from .made_up import city


def names(rows, column, descending=False):
    return [rows.names[row] for row in rows.order(column, descending)]


def test_cells():
    rows = four()
    said = {column: rows.text(0, column) for column in listing.COLUMNS}
    assert said == {
        "rank": "2",
        "name": "Ward 2",
        "score": "0.700",
        "interval": "1 to 3",
        "residents": "1,700",
        "tier": "◐ contestable",
        "reasons": "reason 0",
    }


def test_what_is_missing_stays_empty():
    rows = four()
    assert rows.text(2, "residents") == "", "never 0"
    assert "not known" in rows.tooltip(2, "residents")
    assert [rows.text(1, one) for one in ("rank", "score", "interval", "tier")] == [
        *("no rank", "", "", "")
    ]


def test_an_area_without_a_rank_says_why():
    rows = four()
    for column in ("rank", "score", "tier", "reasons"):
        assert "Zed" in rows.tooltip(1, column) and "Need" in rows.tooltip(1, column)
        assert "Barriers" not in rows.tooltip(1, column)


def test_until_it_is_tested_nothing_is_robust():
    rows = four(is_tested=False)
    everything = " ".join(rows.text(row, one) for row in range(4) for one in listing.COLUMNS)
    assert "robust" not in everything and "contestable" not in everything
    assert rows.text(3, "interval") == "being tested"
    assert rows.text(3, "tier") == "◌ in the top, being tested"
    assert rows.text(2, "tier") == "· being tested"
    assert rows.text(1, "tier") == "" and rows.text(1, "interval") == ""


def test_what_is_spoken_has_no_signs():
    for rows in (four(), four(is_tested=False)):
        for row in range(4):
            said = rows.spoken(row, "tier")
            assert said and not set(said) & set("".join(listing.SIGNS.values()))
    assert four().spoken(2, "residents") == "not known"


ORDERS = {
    "rank": ["Ward 10", "Ward 2", "Élan", "Zed"],
    "name": ["Élan", "Ward 2", "Ward 10", "Zed"],
    "score": ["Élan", "Ward 2", "Ward 10", "Zed"],
    "interval": ["Ward 10", "Ward 2", "Élan", "Zed"],
    "residents": ["Ward 10", "Ward 2", "Élan", "Zed"],
    "tier": ["Ward 10", "Ward 2", "Élan", "Zed"],
    "reasons": ["Ward 10", "Ward 2", "Élan", "Zed"],
}


@pytest.mark.parametrize("column", ORDERS)
def test_sorted_upwards(column):
    assert names(four(), column) == ORDERS[column]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("rank", ["Élan", "Ward 2", "Ward 10", "Zed"]),
        ("residents", ["Ward 2", "Ward 10", "Élan", "Zed"]),
        ("score", ["Ward 10", "Ward 2", "Élan", "Zed"]),
        ("tier", ["Élan", "Ward 2", "Ward 10", "Zed"]),
    ],
)
def test_sorted_downwards_the_missing_stay_last(column, expected):
    assert names(four(), column, descending=True) == expected


def test_numbers_sort_as_numbers():
    scores = [0.5 - at / 100 for at in range(12)]
    people = [9, 100, 20, *range(1000, 1009)]
    rows = rows_of(explored([f"W{at}" for at in range(12)], people), Standing(scores, 2))
    assert rows.order("rank") == list(range(12)), "10 comes after 9, not after 1"
    assert rows.order("residents")[:3] == [0, 2, 1]


def test_ties_stand_by_rank_then_code():
    codes = ["C", "B", "A"]
    rows = rows_of(explored(["x", "x", "x"], [5, 5, 5], codes), Standing([0.5, 0.5, 0.9], 1))
    for column in ("rank", "residents", "name"):
        assert rows.order(column) == [2, 1, 0]
    assert rows.order("residents", descending=True) == [2, 1, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NAMES),
        ("  ", NAMES),
        ("ward", ["Ward 2", "Ward 10"]),
        ("ELAN", ["Élan"]),
        ("élan", ["Élan"]),
        ("e01000001", ["Zed"]),
        ("robust", ["Ward 10"]),
        ("ward contest", ["Ward 2"]),
        ("ward robust nothing", []),
        ("no rank", ["Zed"]),
    ],
)
def test_searched(text, expected):
    rows = four()
    assert [name for name, fits in zip(NAMES, rows.matching(text)) if fits] == expected


def test_reasons_are_asked_once_and_together():
    rows = four()
    rows.prepare([0, 2, 3])
    assert [rows.reasons(row) for row in (0, 2, 3, 0)] == [
        "reason 0",
        "reason 2",
        *["reason 0"] * 2,
    ]
    assert rows.standing.asked == [[0, 2, 3]]
    assert rows.tooltip(0, "reasons") == "whole reason of 0"


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        (["lang_total", "eth_total"], "eth_total"),
        (["lang_total", "lang_hh_total", "resp_total"], "lang_total"),
        (["resp_total", "lang_hh_total", "barrier_hh_total"], ""),
    ],
)
def test_who_counts_as_a_resident(have, expected):
    assert listing.residents_field(have) == expected


def test_residents_are_named():
    assert listing.headings(four())["residents"].meaning == "Usual residents"
    bare = rows_of(explored(["a"]), Standing([0.5], 1))
    assert bare.text(0, "residents") == ""
    assert "no number of residents" in bare.tooltip(0, "residents")


def test_share_of_draws_is_neither_all_nor_none_unless_it_is():
    rows = four()
    assert "over 99 %" in rows.tooltip(3, "tier")
    assert "0 %" in rows.tooltip(2, "tier")


def test_copied():
    lines = listing.copy_text(four(), [3, 1]).split("\n")
    assert lines[0].split("\t")[:3] == ["Rank", "Code", "Area"]
    assert lines[1].split("\t") == [
        *("1", "E01000003", "Ward 10", "0.900", "1 to 2", "900", "robust", "reason 0")
    ]
    assert lines[2].split("\t")[:3] == ["no rank", "E01000001", "Zed"]
    assert len({line.count("\t") for line in lines[:-1]}) == 1
    assert lines[-1].endswith("counts are not suppressed (rule none).") and len(lines) == 4


def test_copied_with_the_rule_of_the_layer():
    told = {"sources": [{"title": "x", "fields": ["eth_total"], "suppression": "nhs"}]}
    rows = rows_of(explored(["a"], [10], inherited=told), Standing([0.5], 1))
    assert "nhs" in listing.copy_text(rows, [0]).split("\n")[-1]


@pytest.mark.parametrize("rule", ["none", "nhs"])
def test_a_list_ranked_by_true_replies_says_to_keep_it_inside(rule):
    told = {"sources": [{"title": "x", "fields": ["voice_shrunk"], "suppression": rule}]}
    standing = Standing([0.5], 1, replies=["voice_shrunk"])
    rows = rows_of(explored(["a"], [10], inherited=told), standing)
    assert ("keep this list inside" in listing.copy_text(rows, [0])) == (rule == "none")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_no_formula_is_copied(name):
    rows = rows_of(explored([name, "two\tcells\nhere"]), Standing([0.5, 0.4], 1))
    first, second = listing.copy_text(rows, [0, 1]).split("\n")[1:3]
    assert first.split("\t")[2] == "'" + name
    assert second.split("\t")[2] == "two cells here"


def test_a_real_exploration():
    """What the panel reads is what the list shows, before the test and after it."""
    from qgis.core import QgsProcessingFeedback, QgsProject
    from seldom_heard.processing.explore.exploration import Reading
    from seldom_heard.processing.explore.settings import Settings

    settings, feedback = Settings(draws=50), QgsProcessingFeedback(False)
    layer = city(40)
    exploration = Reading(layer, settings, QgsProject.instance()).read(feedback)
    standing = exploration.at_once(settings)
    before = rows_of(exploration, standing)
    assert [before.text(row, "rank") for row in before.order()][:3] == ["1", "2", "3"]
    assert before.residents_title and all(before.text(row, "residents") for row in range(40))
    ranking = exploration.tested(settings, feedback)
    after = rows_of(exploration, standing, ranking)
    assert after.ranks == before.ranks and after.names[0] == "Place 000A"
    for row in range(40):
        frame = ranking.frame.iloc[row]
        assert after.text(row, "interval") == f"{frame['sh_rank_lo']} to {frame['sh_rank_hi']}"
        assert after.tier_in_words(row) == frame["sh_tier"]
        assert after.tooltip(row, "reasons") == (
            frame["sh_reasons"] or "No figure stands out here."
        )
        assert not set(after.reasons(row)) & set("0123456789")
    first = after.order()[0]
    assert after.in_top[first] and after.reasons(first)


@pytest.mark.parametrize(
    ("field", "pillar", "behind", "told"),
    [
        ("voice_shrunk", "voice", {}, True),
        (
            "voice_ratio",
            "barriers",
            {},
            True,
        ),  # under another name
        ("answers", "heard", {"answers": ("came", "expected")}, True),
        ("lang_low_english_pct", "barriers", {}, False),
    ],
)
def test_replies_are_told_from_other_figures_in_any_pillar(field, pillar, behind, told):
    one = SimpleNamespace(field=field, pillar=pillar)
    scheme = SimpleNamespace(indicators=[one], replies=behind)
    hidden = {"sources": [{"fields": [field], "suppression": "nhs"}]}
    assert ranks_by_open_replies(scheme, {}) is told
    assert ranks_by_open_replies(scheme, hidden) is False
    words = listing.rules_in_words({}, "eth_total", scheme)
    assert ("keep this list inside" in words) is told
