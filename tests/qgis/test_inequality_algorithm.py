"""Inequality in figures and sentences: known answers, honest words, honest gaps."""

from __future__ import annotations

import csv
import html
import importlib.util
import json
import re

import pandas as pd
import pytest

from .helpers import Log, lsoas, make_areas, open_layer, refused, rows_of, run

ORDERED = [
    *("ratio", "gap", "sii", "rii", "aci", "rci"),
    *("bgv", "theil", "mld", "idis", "par", "paf"),
]
SPREAD = ["dissimilarity", "isolation", "entropy"]


def areas(cases, people, **more):
    return make_areas(lsoas(len(cases)), cases=cases, people=people, **more)


def measured(layer, **more):
    options = {"FIELD": "cases", "BASE_FIELD": "people", "OUTPUT": "memory:", **more}
    return run("measureinequality", INPUT=layer, **options)


def ask(layer, **more):
    options = {"FIELD": "cases", "BASE_FIELD": "people", "OUTPUT": "memory:", **more}
    return refused("measureinequality", INPUT=layer, **options)


def by_measure(outcome):
    return {row["measure"]: row for row in outcome.rows()}


def fifths(shares=(8, 7, 6, 5, 4), people=1000, field="quintile", **more):
    """Two areas in each of five groups, with shares in per cent."""
    cases = [round(people * share / 100) for share in shares for _ in range(2)]
    bands = [at // 2 + 1 for at in range(10)]
    return areas(cases, [people] * 10, **{field: bands}, **more)


LOW = {"RANK_FIELD": "quintile", "RANK_ORDER": "low"}
TENTHS = {"RANK_FIELD": "decile", "RANK_ORDER": "low"}


# --- figures ----------------------------------------------------------------------------------


def test_figures_by_hand():
    """Five groups of 2,000 people with 8, 7, 6, 5 and 4 %; everything from these."""
    found = by_measure(measured(fifths(), **LOW))
    assert list(found) == [*ORDERED, *SPREAD]
    estimate = {name: row["estimate"] for name, row in found.items()}
    assert estimate["ratio"] == pytest.approx(2)
    assert estimate["gap"] == pytest.approx(4)
    assert estimate["bgv"] == pytest.approx((4 + 1 + 0 + 1 + 4) / 5)
    assert estimate["idis"] == pytest.approx(100 * (2 + 1 + 0 + 1 + 2) / 5 / 6)
    assert estimate["par"] == pytest.approx(-2) and estimate["paf"] == pytest.approx(-100 / 3)
    # ridits 0.1, 0.3 ... 0.9: 2 sum p (x - 1/2) y = 2/5 (-.4 x 8 - .2 x 7 + .2 x 5 + .4 x 4)
    assert estimate["aci"] == pytest.approx(-0.8)
    assert estimate["rci"] == pytest.approx(-0.8 / 6)
    # gap: sqrt(p(1-p)/n) of both ends, 1.96 times
    half = 1.959964 * ((0.08 * 0.92 + 0.04 * 0.96) / 2000) ** 0.5 * 100
    assert found["gap"]["lower"] == pytest.approx(4 - half, abs=1e-5)
    assert found["gap"]["upper"] == pytest.approx(4 + half, abs=1e-5)
    # 400 in 10,000 per group: 1/2 sum |x/X - y/Y| with X = 600, Y = 9,400
    apart = sum(abs(20 * s / 600 - 20 * (100 - s) / 9400) for s in (8, 7, 6, 5, 4)) / 2
    assert estimate["dissimilarity"] == pytest.approx(100 * apart)
    meets = sum(2 * (10 * s / 600) * s for s in (8, 7, 6, 5, 4))
    assert estimate["isolation"] == pytest.approx(meets)


def test_measures_are_those_of_the_methods_against_published_answers(shared):
    """Five groups with 20 to 60 %, put through another library."""
    known = pd.read_csv(shared / "reference" / "vectors" / "healthequal_inputs_ordered5.csv")
    answers = pd.read_csv(shared / "reference" / "vectors" / "healthequal_expected_rerun_R.csv")
    answers = answers[answers["case"] == "ordered5"].set_index("measure")["estimate"]
    layer = areas(
        [p * e / 100 for p, e in zip(known["pop"], known["est"])],
        [float(p) for p in known["pop"]],
        quintile=[int(n) for n in known["subgroup_order"]],
    )
    found = by_measure(measured(layer, FAVOURABLE=True, **LOW))
    names = {"gap": "d", "ratio": "r", "theil": "ti", "idis": "idisw"}
    names |= {name: name for name in ("bgv", "mld", "aci", "rci", "par", "paf")}
    for ours, theirs in names.items():
        assert found[ours]["estimate"] == pytest.approx(answers[theirs], rel=1e-9), ours


def test_same_seed_same_limits():
    def limits(**more):
        found = by_measure(measured(fifths(), **LOW, **more))
        return [found[name][end] for name in ("sii", "rii") for end in ("lower", "upper")]

    assert limits(SEED=3) == limits(SEED=3) != limits(SEED=4)
    assert len(set(limits(REPETITIONS=1000))) == 4


def test_which_end_is_most_deprived_turns_the_order():
    low, high = (
        by_measure(measured(fifths(), **{**LOW, "RANK_ORDER": o})) for o in ("low", "high")
    )
    assert high["gap"]["estimate"] == pytest.approx(-low["gap"]["estimate"])
    assert high["ratio"]["estimate"] == pytest.approx(1 / low["ratio"]["estimate"])
    assert high["aci"]["estimate"] == pytest.approx(-low["aci"]["estimate"])


def test_base_of_a_known_figure_is_found_and_its_rank_too():
    layer = make_areas(
        lsoas(10),
        lang_low_english_n=[80, 80, 70, 70, 60, 60, 50, 50, 40, 40],
        lang_low_english_pct=[8.0, 8.0, 7.0, 7.0, 6.0, 6.0, 5.0, 5.0, 4.0, 4.0],
        lang_total=[1000] * 10,
        dep_imd_decile=list(range(1, 11)),
        dep_imd_score=[100 - 10.0 * at for at in range(10)],
        dep_imd_rank=[1 + 3000 * at for at in range(10)],
    )
    for field in ("dep_imd_decile", "dep_imd_score", "dep_imd_rank"):
        outcome = run(
            "measureinequality",
            INPUT=layer,
            FIELD="lang_low_english_n",
            RANK_FIELD=field,
            OUTPUT="memory:",
        )
        assert by_measure(outcome)["ratio"]["estimate"] == pytest.approx(2), field
        assert "part of lang_total" in outcome.log.text
        national = "national tenths" in outcome.log.text
        assert national == (field == "dep_imd_decile"), "those of the layer are not the nation's"
        assert national or "tenths of the 10 areas loaded" in outcome.log.text


# --- groups -----------------------------------------------------------------------------------


def test_an_unknown_rank_is_asked_about(tmp_path):
    target = tmp_path / "out.csv"
    message = ask(fifths(), RANK_FIELD="quintile", OUTPUT=target)
    assert "RANK_ORDER" in message and "quintile" in message and not target.exists()


def test_groups_of_ranks_are_made(tmp_path):
    layer = areas([50] * 20, [1000] * 20, place=[at * 7 + 0.5 for at in range(20)])
    table = tmp_path / "groups.csv"
    outcome = measured(layer, RANK_FIELD="place", RANK_ORDER="high", GROUPS=4, GROUPS_TABLE=table)
    with table.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["areas"] for row in rows] == ["5"] * 4
    assert [float(row["base"]) for row in rows] == [5000] * 4
    assert [float(row["pct"]) for row in rows] == pytest.approx([5] * 4)
    assert all(float(row["pct_lo"]) < 5 < float(row["pct_hi"]) for row in rows)
    assert "quarter" in by_measure(outcome)["ratio"]["sentence"]


def test_too_few_areas_for_the_groups_are_refused():
    layer = areas([50] * 6, [1000] * 6, place=[1.5, 2.5, 3.5, 4.5, 5.5, None])
    message = ask(layer, RANK_FIELD="place", RANK_ORDER="low")
    assert "5 areas" in message and "10 groups" in message


def test_groups_of_its_own_are_used_as_they_are():
    outcome = measured(fifths(), GROUPS=3, **LOW)
    assert "GROUPS is not used" in outcome.log.text
    assert "fifth" in by_measure(outcome)["gap"]["sentence"]


def test_groups_without_people_are_named_and_the_ends_are_honest():
    layer = make_areas(
        lsoas(6),
        cases=[80, 70, 60, 60, 50, 40],
        people=[1000] * 6,
        dep_imd_decile=[2, 3, 3, 5, 7, 9],
    )
    outcome = measured(layer, RANK_FIELD="dep_imd_decile")
    assert "Groups without people here: 1, 4, 6, 8, 10" in outcome.log.text
    text = by_measure(outcome)["ratio"]["sentence"]
    assert "most deprived national tenth with people here (number 2)" in text
    assert "least deprived national tenth with people here (number 9)" in text


def test_only_one_group_is_refused():
    layer = areas([5, 6], [100, 100], dep_imd_decile=[3, 3])
    assert "nothing to compare" in ask(layer, RANK_FIELD="dep_imd_decile")


def test_ranks_of_a_few_areas_are_no_groups():
    layer = areas([50] * 10, [1000] * 10, place=[1, 2, 3, 4, 5, 6, 7, 8, 8, 10])
    outcome = measured(layer, RANK_FIELD="place", RANK_ORDER="low", GROUPS=2)
    assert "halves of the 10 areas loaded" in outcome.log.text


# --- sentences --------------------------------------------------------------------------------


def sentences(shares, **more):
    found = by_measure(measured(fifths(shares), **{**LOW, **more}))
    return {name: row["sentence"] for name, row in found.items()}


def test_sentences_of_an_adverse_figure():
    told = sentences((8, 7, 6, 5, 4))
    assert re.fullmatch(
        r"The most deprived fifth has 2\.0 times \(1\.5 to 2\.6\) the share of the least deprived "
        r"fifth: 8\.0 % against 4\.0 %\.",
        told["ratio"],
    )
    assert "4.0 percentage points (2.5 to 5.5) higher" in told["gap"]
    assert "higher at the most deprived end" in told["sii"]
    assert "more common where deprivation is greater" in told["aci"]
    assert "2.0 percentage points" in told["par"] and "lower: 4.0 % instead of 6.0 %" in told["par"]
    assert "about 200 people fewer" in told["par"], "2 % of 10,000"
    assert told["paf"].startswith("That is 33.3 %") and "fewer than the 600 people" in told["paf"]


def test_sentences_of_a_figure_that_falls_below_one():
    told = sentences((4, 5, 6, 7, 8))
    assert told["ratio"].startswith("The most deprived fifth has 0.50 times (0.39 to 0.65)")
    assert "4.0 percentage points (2.5 to 5.5) lower" in told["gap"]
    assert "lower at the most deprived end" in told["sii"]
    assert "more common where deprivation is less" in told["rci"]
    assert "does no better than all together" in told["par"]


def test_sentences_of_a_favourable_figure():
    told = sentences((40, 50, 60, 70, 80), FAVOURABLE=True)
    assert told["ratio"].startswith("The least deprived fifth has 2.0 times")
    assert "80.0 % against 40.0 %" in told["ratio"]
    assert told["gap"].startswith("In the least deprived fifth the share is 40.0")
    assert "higher at the least deprived end" in told["sii"]
    assert "higher: 80.0 % instead of 60.0 %" in told["par"]
    assert "more than the 6,000 people" in told["paf"]


def test_chance_is_named_where_the_limits_hold_no_difference():
    told = sentences((6, 6, 7, 6, 6))
    assert "Chance may explain this: 1 lies inside the limits." in told["ratio"]
    assert "Chance may explain this: 0 lies inside the limits." in told["gap"]
    assert "lower to" in told["gap"] and "−" not in told["gap"]
    assert "no clear leaning" in told["aci"]


def test_where_there_is_no_figure_the_sentence_says_why():
    found = by_measure(measured(fifths((8, 7, 6, 5, 0)), **LOW))
    for name in ("ratio", "sii", "rii", "theil", "mld"):
        assert found[name]["estimate"] is None, name
        assert found[name]["sentence"].startswith("No figure: in "), name
    assert found["gap"]["estimate"] == pytest.approx(8)
    two = by_measure(measured(areas([5, 6], [100, 100], quintile=[1, 5]), **LOW))
    assert "three groups" in two["sii"]["sentence"] and two["gap"]["estimate"] is not None
    nobody = by_measure(measured(fifths((0, 0, 0, 0, 0)), **LOW))
    assert "nobody was counted" in nobody["rci"]["sentence"]
    assert nobody["dissimilarity"]["estimate"] is None


def test_no_sentence_holds_a_word_of_the_machine():
    for shares in ((8, 7, 6, 5, 4), (8, 7, 6, 5, 0), (0, 0, 0, 0, 0), (100, 100, 100, 100, 100)):
        for text in sentences(shares).values():
            assert text.endswith(".") and (text[0].isupper() or text[0].isdigit())
            assert not re.search(r"\bnan\b|None|\binf\b|[{}]", text), text


# --- without an order -------------------------------------------------------------------------


def test_without_a_rank_only_what_needs_no_order_is_made():
    outcome = measured(fifths())
    found = by_measure(outcome)
    assert list(found) == ["bgv", "theil", "mld", "idis", *SPREAD]
    assert found["bgv"]["estimate"] == pytest.approx(2)
    assert "shares of the areas" in found["bgv"]["sentence"]
    assert "No RANK_FIELD" in outcome.log.text


def test_groups_need_a_rank(tmp_path):
    target = tmp_path / "out.csv"
    message = ask(fifths(), GROUPS_TABLE=tmp_path / "groups.csv", OUTPUT=target)
    assert "RANK_FIELD" in message and not list(tmp_path.iterdir())


# --- bad input and small counts ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "people", "named"),
    [
        ([10, 120], [100, 100], "above"),
        ([10, -1], [100, 100], "negative"),
        (["10", "five"], [100, 100], "no number"),
        ([None, None], [100, 100], "No area has both"),
    ],
)
def test_bad_counts_name_field_and_area(tmp_path, cases, people, named):
    message = ask(areas(cases, people), OUTPUT=tmp_path / "out.csv")
    assert named in message and "cases" in message
    assert named == "No area has both" or lsoas(2)[1] in message
    assert not list(tmp_path.iterdir())


def test_missing_areas_are_left_out_and_counted():
    layer = areas([80, None, 40, 40], [1000, 1000, None, 1000], quintile=[1, 1, 5, 5])
    outcome = measured(layer, **LOW)
    assert by_measure(outcome)["ratio"]["estimate"] == pytest.approx(2)
    assert "2 areas lack" in outcome.log.text


def test_small_counts_of_groups_are_refused_and_of_areas_give_no_index():
    rare = areas([3] * 10, [1000] * 10, quintile=[at // 2 + 1 for at in range(10)])
    assert "1, 2, 3, 4, 5" in ask(rare, SUPPRESSION="nhs", **LOW)
    layer = areas([3, 80, 60, 40], [1000] * 4, quintile=[1, 1, 5, 5])
    found = by_measure(measured(layer, SUPPRESSION="nhs", **LOW))
    # 83 and 100 of 2,000 each: 85 and 100
    assert found["ratio"]["estimate"] == pytest.approx(0.85)
    assert found["dissimilarity"]["estimate"] is None
    assert "1 areas are hidden" in found["dissimilarity"]["sentence"]


# --- the page ---------------------------------------------------------------------------------


def test_page_has_sentences_groups_and_a_picture_in_words(tmp_path):
    measured(fifths(), REPORT=tmp_path / "report.html", **LOW)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in text
    assert text.index("The most deprived fifth has 2.0 times") < text.index("<img")
    (told,) = re.findall('alt="([^"]*)"', text)
    assert "8.0 % in the most deprived fifth, 4.0 % in the least" in html.unescape(told)
    assert "10,000 repetitions, seed 1" in text and "The groups, 1 = most deprived" in text


def test_without_matplotlib_the_page_has_the_words_alone(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, *a: None if n == "matplotlib" else real(n, *a)
    )
    measured(fifths(), REPORT=tmp_path / "report.html", **LOW)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<img" not in text and "python3-matplotlib" in text and "5 bars" in text


def test_cancel_writes_nothing(tmp_path):
    log = Log(lambda what: "Areas:" in str(what))
    done = run(
        "measureinequality",
        log,
        INPUT=fifths(),
        FIELD="cases",
        BASE_FIELD="people",
        OUTPUT=tmp_path / "out.csv",
    )
    assert not done.results.get("OUTPUT") and not list(tmp_path.iterdir())


def test_result_is_a_table_without_geometry():
    outcome = measured(fifths(), **LOW)
    assert not outcome.layer.isSpatial()
    assert set(rows_of(outcome.layer)[0]) == {
        *("measure", "title", "estimate", "lower", "upper", "unit", "sentence"),
        *("source", "note"),
    }


# --- what a doubting reader found -------------------------------------------------------------


def test_households_are_not_called_people(tmp_path):
    layer = make_areas(
        lsoas(10),
        dep_hh_any_n=[at * 40 for at in range(10, 0, -1)],
        dep_hh_total=[1000] * 10,
        quintile=[at // 2 + 1 for at in range(10)],
    )
    options = {"FIELD": "dep_hh_any_n", "BASE_FIELD": "dep_hh_total", "REPORT": tmp_path / "r.html"}
    found = by_measure(measured(layer, **options, **LOW))
    told = " ".join(row["sentence"] for row in found.values())
    assert "people" not in told and "person" not in told
    # the last fifth has 40 and 80 of 2,000: 6 %; all have 2,200 of 10,000
    assert "about 1,600 households fewer" in found["par"]["sentence"]
    assert "than the 2,200 households counted" in found["paf"]["sentence"]
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert ">Households</th>" in text and ">People</th>" not in text
    assert "as wide as they have households" in text


def test_groups_all_alike_lean_to_no_end():
    """Shares of 12.3 % in all groups of different sizes: rounding error leans nowhere."""
    people = [1000, 3000, 7000, 2000, 9000, 4000, 6000, 11000, 5000, 8000]
    cases = [123 * n // 1000 for n in people]
    found = by_measure(measured(areas(cases, people, decile=list(range(1, 11))), **TENTHS))
    for name in ("aci", "rci"):
        assert found[name]["estimate"] == 0 and "no clear leaning" in found[name]["sentence"], name
    for name in ("par", "paf"):
        assert "does no better" in found[name]["sentence"], name


def test_an_area_without_a_count_is_not_said_to_have_no_rank():
    layer = areas([80, None, 40, 40], [1000] * 4, quintile=[1, 1, 5, None])
    assert "1 areas have no rank" in measured(layer, **LOW).log.text


def test_isolation_is_held_against_all_areas_also_those_without_a_rank():
    """80 and 40 of 1,000 each are 6 %; with the 180 of the area without a rank it is 10 %."""
    layer = areas([80, 40, 180], [1000] * 3, quintile=[1, 5, None])
    found = by_measure(measured(layer, **LOW))
    assert "10.0 %" in found["isolation"]["sentence"]
    assert "(6.0 %)" in found["bgv"]["sentence"]


def test_a_table_that_cannot_be_written_leaves_the_other_unwritten(tmp_path):
    gone = tmp_path / "gone" / "groups.csv"
    assert "GROUPS_TABLE" in ask(fifths(), OUTPUT=tmp_path / "out.csv", GROUPS_TABLE=gone, **LOW)
    assert not list(tmp_path.iterdir())


def test_chance_is_named_where_the_gain_may_be_none():
    layer = areas([10, 6], [20, 20], quintile=[1, 5])
    told = by_measure(measured(layer, **LOW))["par"]["sentence"]
    assert "higher) lower" in told and told.endswith("0 lies inside the limits.")


def test_where_everybody_or_one_area_is_there_the_sentence_says_so():
    told = sentences((100, 100, 100, 100, 100))
    assert told["dissimilarity"] == told["entropy"] == "No figure: everybody was counted."
    found = by_measure(measured(areas([5], [10])))
    assert found["bgv"]["sentence"] == "No figure: there is one area alone."


# --- what a reader of the code found ----------------------------------------------------------


def test_a_table_that_cannot_be_begun_takes_the_other_with_it(tmp_path):
    (tmp_path / "groups.gpkg").mkdir()
    target = tmp_path / "out.gpkg"
    ask(fifths(), OUTPUT=target, GROUPS_TABLE=tmp_path / "groups.gpkg", **LOW)
    assert [path.name for path in tmp_path.iterdir()] == ["groups.gpkg"]


def test_a_table_that_takes_no_more_rows_takes_the_other_with_it(tmp_path, monkeypatch):
    from seldom_heard.layers.areas import write_table
    from seldom_heard.layers.errors import InputError

    def full(table, sink, cancelled):
        if "areas" in table:
            raise InputError("no more rows")
        write_table(table, sink, cancelled)

    monkeypatch.setattr("seldom_heard.layers.areas.write_table", full)
    tables = {"OUTPUT": tmp_path / "out.csv", "GROUPS_TABLE": tmp_path / "groups.csv"}
    assert "no more rows" in ask(fifths(), **tables, **LOW)
    assert not list(tmp_path.iterdir())


def test_both_tables_may_go_into_one_database(tmp_path):
    path = tmp_path / "out.gpkg"
    tables = {
        name: f"ogr:dbname='{path}' table=\"{table}\" (geom)"
        for name, table in (("OUTPUT", "measures"), ("GROUPS_TABLE", "groups"))
    }
    outcome = measured(fifths(), **tables, **LOW)
    assert len(outcome.rows()) == len(ORDERED) + len(SPREAD)
    assert len(rows_of(open_layer(f"{path}|layername=groups"))) == 5


def test_the_table_says_how_its_figures_came_about():
    layer = make_areas(
        lsoas(10),
        lang_low_english_n=[80, 80, 70, 70, 60, 60, 50, 50, 40, 40],
        lang_total=[1000] * 10,
        lang_low_english_pct=[8.0, 8.0, 7.0, 7.0, 6.0, 6.0, 5.0, 5.0, 4.0, 4.0],
        quintile=[at // 2 + 1 for at in range(10)],
    )
    source = {
        "title": "Proficiency in English (TS029), Census 2021",
        "attribution": "Office for National Statistics",
        "fields": ["lang_low_english_n", "lang_total"],
    }
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    options = {"FIELD": "lang_low_english_n", "BASE_FIELD": None, "SUPPRESSION": "nhs", "SEED": 7}
    found = by_measure(measured(layer, **options, **LOW))
    for name, row in found.items():
        assert "Proficiency in English (TS029)" in row["source"], name
        assert "Office for National Statistics" in row["source"], name
        assert "rule nhs" in row["note"], name
        assert ("fifths" in row["note"]) == (name in ORDERED), name
        assert ("10,000 repetitions, seed 7" in row["note"]) == (name in ("sii", "rii")), name
        assert ("Every area is a group" in row["note"]) == (name in SPREAD), name
    plain = by_measure(measured(fifths(), **LOW))["gap"]
    assert "rule" not in plain["note"] and not plain["source"]


def test_the_table_says_that_counts_were_hidden_before():
    layer = fifths()
    source = {"title": "Ours", "attribution": "", "fields": ["cases"], "suppression": "ons10"}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    assert "rule ons10" in by_measure(measured(layer, **LOW))["gap"]["note"]


@pytest.mark.parametrize(("counts", "warned"), [([80, 70, 60, 50, 40], False), ([80, None], True)])
def test_hidden_counts_that_are_left_out_are_warned_of(counts, warned):
    several = [count for count in counts for _ in range(10 // len(counts))]
    layer = areas(several, [1000] * 10, quintile=[at % 5 + 1 for at in range(10)])
    source = {"title": "Ours", "attribution": "", "fields": ["cases"], "suppression": "nhs"}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    outcome = measured(layer, **LOW)
    said = "5 areas whose count is hidden or missing are left out"
    assert any(said in line for line in outcome.log.warnings) == warned
    assert (said in by_measure(outcome)["gap"]["note"]) == warned


def told_of(layer, field, base):
    found = by_measure(measured(layer, FIELD=field, BASE_FIELD=base, **LOW))
    return " ".join(row["sentence"] for row in found.values())


def test_titles_that_a_user_edits_make_no_people_of_households():
    bands = [at // 2 + 1 for at in range(10)]
    counts = [at * 40 for at in range(10, 0, -1)]
    layer = make_areas(
        lsoas(10),
        dep_hh_any_n=counts,
        dep_hh_total=[1000] * 10,
        lang_total=[1000] * 10,
        own_hh_all=[1000] * 10,
        quintile=bands,
    )
    for name, title in (("dep_hh_total", "Alle Haushalte"), ("lang_total", "Households' people")):
        layer.setFieldAlias(layer.fields().indexOf(name), title)
    assert "1,600 households fewer" in told_of(layer, "dep_hh_any_n", "dep_hh_total")
    assert "1,600 people fewer" in told_of(layer, "dep_hh_any_n", "lang_total")
    assert "1,600 households fewer" in told_of(layer, "dep_hh_any_n", "own_hh_all")


def test_a_rank_added_after_the_layer_was_made_is_known():
    layer = fifths(field="dep_imd_decile")
    source = {"title": "Proficiency in English (TS029), Census 2021", "fields": ["lang_total"]}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    outcome = measured(layer, RANK_FIELD="dep_imd_decile")
    assert "national tenths" in outcome.log.text


def test_more_repetitions_than_can_be_stopped_are_refused():
    assert "REPETITIONS" in ask(fifths(), REPETITIONS=100_001, **LOW)
