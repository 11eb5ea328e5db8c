"""Voice of areas: known answers, words that say what cannot be seen, hidden counts that stay so."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil

import pandas as pd
import pytest
from qgis.core import QgsVectorLayer

from .helpers import SHEFFIELD, lsoas, make_areas, open_layer, refused, run, save_layer

PEOPLE = [1000, 1500, 500, 2000, 600, 400]  # the example of docs/voice.md
REPLIES = [20, 12, 16, 62, 4, 6]
RATIOS = [f"voice_ratio{part}" for part in ("", "_lo", "_hi", "_lo998", "_hi998")]
FIELDS = ["voice_observed", "voice_expected", *RATIOS, "voice_shrunk", "voice_class", "voice_q"]
WIDE = [f"voice_wide_{part}" for part in ("lo", "hi", "lo998", "hi998", "class")]
LOWER = ("lower", "much lower")


def areas(replies=None, people=None, **more):
    replies, people = replies or REPLIES, people or PEOPLE
    return make_areas(lsoas(len(replies)), resp_total=replies, lang_total=people, **more)


def measured(layer, **more):
    return run("measurevoice", INPUT=layer, **{"OUTPUT": "memory:", **more})


def ask(layer, **more):
    return refused("measurevoice", INPUT=layer, **{"OUTPUT": "memory:", **more})


def column(outcome, name):
    return [row[name] for row in outcome.rows()]


def alias(outcome, name):
    fields = outcome.layer.fields()
    return fields.at(fields.indexOf(name)).alias()


def source_of(outcome):
    told = json.loads(outcome.layer.customProperty("seldom_heard/provenance"))
    (one,) = [one for one in told["sources"] if "voice_class" in one["fields"]]
    return one


def page(path):
    text = re.sub(r'src="data:[^"]*"', "", path.read_text(encoding="utf-8"))
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


# figures ---------------------------------------------------------------------------------------


def test_the_example_by_hand():
    """120 replies of 6,000 people: 2 for every 100. The classes are worked out in test_voice."""
    out = measured(areas())
    rows = out.rows()
    assert [name for name in rows[0] if name.startswith("voice_")] == [*FIELDS, *WIDE]
    assert column(out, "voice_observed") == REPLIES
    assert column(out, "voice_expected") == pytest.approx([20, 30, 10, 40, 12, 8])
    assert column(out, "voice_ratio") == pytest.approx([100, 40, 160, 155, 100 / 3, 75])
    # exact limits of 12 are 6.20 and 20.96
    assert [rows[1][n] for n in RATIOS[1:3]] == pytest.approx([20.67, 69.87], abs=0.02)
    words = ["as expected", "much lower", "as expected", "much higher", "lower", "too few to say"]
    assert column(out, "voice_class") == words
    # sum (O-E)^2/E = 0 + 10.8 + 3.6 + 12.1 + 5.333 + 0.5 = 32.333, A = (32.333 - 6) / 120
    a = 120 / (97 / 3 - 6)
    shrunk = [100 * (o + a) / (e + a) for o, e in zip(REPLIES, [20, 30, 10, 40, 12, 8])]
    assert column(out, "voice_shrunk") == pytest.approx(shrunk)
    assert rows[5]["voice_q"] is None and 0 < rows[1]["voice_q"] < 0.05
    numbers = {name: out.results[name] for name in ("LOWER", "MUCH_LOWER", "HIGHER", "TOO_FEW")}
    assert numbers == {"LOWER": 2, "MUCH_LOWER": 1, "HIGHER": 1, "TOO_FEW": 1}
    assert out.results["EXPECTED_MEDIAN"] == pytest.approx(16)


def test_fields_are_found_and_named():
    out = measured(areas())
    assert "resp_total" in out.log.text and "lang_total" in out.log.text
    assert "Usual residents aged 3 and over" in alias(out, "voice_expected")
    source = source_of(out)
    assert "120 replies" in source["title"] and "lang_total" in source["title"]
    assert "too few to say below 10" in source["title"] and "phi" in source["title"]
    assert source["suppression"] == "none" and "half the rate" in source["note"]


def test_adults_come_before_all_residents():
    out = measured(areas(barrier_activity_total=[2 * n for n in PEOPLE], eth_total=PEOPLE))
    assert "barrier_activity_total" in source_of(out)["title"]
    assert column(out, "voice_expected") == pytest.approx([20, 30, 10, 40, 12, 8])


def test_any_field_may_be_chosen():
    layer = areas(letters=[1, 2, 3, 4, 5, 6], homes=[10] * 6)
    out = measured(layer, OBSERVED_FIELD="letters", POPULATION_FIELD="homes")
    assert column(out, "voice_expected") == pytest.approx([3.5] * 6)
    assert "homes" in alias(out, "voice_ratio")


def test_households_are_said():
    out = measured(areas(lang_hh_total=PEOPLE), POPULATION_FIELD="lang_hh_total")
    assert "Those are households" in out.log.text


def test_fewest_expected_may_be_changed():
    out = measured(areas(), MIN_EXPECTED=15)
    assert out.results["TOO_FEW"] == 3 and "below 15 expected" in source_of(out)["title"]


def test_earlier_figures_are_replaced():
    once = measured(areas(voice_gap=[1.0] * 6))
    assert "voice_gap" not in once.rows()[0]
    twice = measured(once.layer, MIN_EXPECTED=0)
    assert column(twice, "voice_class").count("too few to say") == 0
    assert list(twice.rows()[0]).count("voice_class") == 1


# standardised ----------------------------------------------------------------------------------


def by_group(**changed):
    """Two groups of which a replies at 4 in 100 and b at 2 in 100, three areas."""
    columns = {
        "eth_asian_n": [600, 400, 0],
        "eth_white_n": [100, 400, 500],
        "resp_eth_asian_n": [24, 16, 0],
        "resp_eth_white_n": [2, 8, 10],
        "resp_eth_unknown_n": [4, 6, 2],
        **changed,
    }
    total = [sum(parts) for parts in zip(*[v for k, v in columns.items() if k[:5] == "resp_"])]
    people = [a + b for a, b in zip(columns["eth_asian_n"], columns["eth_white_n"])]
    return areas(total, people, eth_total=people, **columns)


def test_groups_are_allowed_for():
    """72 replies, 60 of known group: E = 1.2 x (24 + 2, 16 + 8, 10)."""
    out = measured(by_group(), STANDARDISE="eth")
    assert column(out, "voice_expected") == pytest.approx([31.2, 28.8, 12.0])
    assert "60 of 72 replies say the group" in out.log.text
    assert "eth_asian_n + eth_white_n" in source_of(out)["title"]
    plain = measured(by_group())
    assert column(plain, "voice_expected") == pytest.approx([25.2, 28.8, 18.0])


def test_a_group_of_which_nobody_replied_is_named():
    """Where it lives alone nothing is expected, and nothing would be noticed."""
    silent = by_group(resp_eth_asian_n=[0, 0, 0], resp_eth_unknown_n=[0, 0, 0])
    out = measured(silent, STANDARDISE="eth")
    assert "Nobody replied of eth_asian_n: nothing is expected" in out.log.text
    assert "Nobody replied of" not in measured(by_group(), STANDARDISE="eth").log.text


def test_of_groups_and_finer_ones_each_person_counts_once():
    """The finest where residents have them too, else the group they are in."""
    finer = {
        "resp_eth_white_british_n": [1, 5, 10],
        "resp_eth_irish_n": [1, 3, 0],
    }
    layer = areas(
        [30, 30, 12],
        [700, 800, 500],
        eth_asian_n=[600, 400, 0],
        eth_white_n=[100, 400, 500],
        resp_eth_asian_n=[24, 16, 0],
        resp_eth_white_n=[2, 8, 10],
        resp_eth_unknown_n=[4, 6, 2],
        resp_eth_white_british_n=finer["resp_eth_white_british_n"],
        resp_eth_irish_n=finer["resp_eth_irish_n"],
    )
    from seldom_heard.processing.voice.survey import group_pairs

    names = [field.name() for field in layer.fields()]
    whole = ("resp_eth_white_n", ("resp_eth_white_british_n", "resp_eth_irish_n"))
    groups = {f"resp_eth_{one}_n": f"eth_{one}_n" for one in ("asian", "white")}
    assert group_pairs("eth", names, [whole]) == groups
    residents = [*names, "eth_white_british_n", "eth_irish_n"]
    fine = {f"resp_eth_{one}_n": f"eth_{one}_n" for one in ("asian", "white_british", "irish")}
    assert group_pairs("eth", residents, [whole]) == fine


@pytest.mark.parametrize(
    ("columns", "prefix", "named"),
    [
        ({}, "age", "resp_age_"),
        ({"resp_eth_black_n": [1, 1, 1]}, "eth", "eth_black_n"),
        ({"eth_white_n": [9, 9, 9], "eth_total": [700, 800, 500]}, "eth", "add up to"),
        ({"resp_eth_white_n": [0] * 3, "resp_eth_asian_n": [0] * 3}, "eth", "which group"),
    ],
)
def test_groups_that_cannot_be_used_are_refused(columns, prefix, named):
    full = {
        "eth_asian_n": [600, 400, 0],
        "eth_white_n": [100, 400, 500],
        "eth_total": [700, 800, 500],
        "resp_eth_asian_n": [24, 16, 0],
        "resp_eth_white_n": [2, 8, 10],
        **columns,
    }
    message = ask(areas([26, 24, 10], [700, 800, 500], **full), STANDARDISE=prefix)
    assert "STANDARDISE" in message and named in message


# odd and bad input -----------------------------------------------------------------------------


def test_missing_stays_missing_and_is_no_part_of_the_rate():
    out = measured(areas([20, None, 40, 5], [1000, 1000, 1000, 0]))
    # 60 of 2,000
    assert column(out, "voice_expected") == [pytest.approx(30)] * 3 + [None]
    assert column(out, "voice_class") == ["as expected", None, "as expected", None]
    assert column(out, "voice_observed") == [20, None, 40, 5]
    assert column(out, "voice_ratio")[1] is None and column(out, "voice_shrunk")[1] is None
    for text in ("1 areas have no number of replies", "1 areas have nobody", "5 replies came from"):
        assert text in out.log.text, text


def test_one_area_is_not_compared_with_itself():
    out = measured(areas([30], [1000]))
    (row,) = out.rows()
    assert (row["voice_ratio"], row["voice_class"], row["voice_q"]) == (100, None, None)
    assert "one area only" in out.log.text and out.results["TOO_FEW"] == 0
    assert "What it can notice" not in out.log.text and "chance alone" not in out.log.text


def test_more_replies_than_people_are_said():
    out = measured(areas([30, 20], [20, 900]), MIN_EXPECTED=0)
    assert "more replies than" in out.log.text and lsoas(1)[0] in out.log.text


def test_weighted_replies_are_taken_and_said():
    out = measured(areas([12.5, 30.25], [500, 500]))
    assert column(out, "voice_observed") == [12.5, 30.25]
    assert "not whole numbers" in out.log.text


@pytest.mark.parametrize(
    ("columns", "options", "named"),
    [
        ({"resp_total": [1, -2]}, {}, ["resp_total", "negative", lsoas(2)[1]]),
        ({"resp_total": [0, 0]}, {}, ["resp_total", "nobody replied"]),
        ({"resp_total": ["", ""]}, {}, ["resp_total", "NULL in all areas"]),
        ({"resp_total": ["12", "some"]}, {}, ["resp_total", lsoas(2)[1], "some"]),
        ({"lang_total": [0, 0]}, {}, ["lang_total", "above 0"]),
        ({}, {"OBSERVED_FIELD": "lang_total"}, ["both the replies and the people"]),
        ({"a_pct": [1.5, 2.5]}, {"OBSERVED_FIELD": "a_pct"}, ["OBSERVED_FIELD", "no count"]),
        ({"a_pct": [1.5, 2.5]}, {"POPULATION_FIELD": "a_pct"}, ["POPULATION_FIELD", "no count"]),
        ({}, {"OBSERVED_FIELD": "nowhere"}, ["nowhere"]),
        ({"lang_total": None}, {}, ["POPULATION_FIELD", "lang_total"]),
        ({"resp_total": None}, {}, ["OBSERVED_FIELD", "countresponses"]),
    ],
)
def test_bad_input_is_refused_with_what_to_do(tmp_path, columns, options, named):
    full = {"resp_total": [10, 20], "lang_total": [500, 600], **columns}
    full = {name: values for name, values in full.items() if values is not None}
    target = tmp_path / "voice.gpkg"
    message = ask(make_areas(lsoas(2), **full), OUTPUT=target, **options)
    assert all(text in message for text in named), message
    assert not target.exists()


# words -----------------------------------------------------------------------------------------


def test_log_says_what_the_survey_cannot_notice():
    """23.3 expected everywhere: the definition of the score prints 0.72, 0.28, 0.26 and 0.04."""
    out = measured(areas([23, 24, 23] * 100 + [23] * 43, [1500] * 343))
    assert "72 % would be lower at 95 % and 27 % much lower at 99.8 %" in out.log.text
    assert "at 70 % of the rate, 25 % and 4 %" in out.log.text
    assert "cannot tell reliably" in out.log.text
    # 27.2 are needed: two neighbours have them
    assert "about 27 expected" in out.log.text and "about 2 neighbours" in out.log.text
    assert "MSOAs" in out.log.text and "voice_shrunk" in out.log.text
    assert "who replied, not what others think" in out.log.text


def test_areas_that_are_not_judged_cannot_be_noticed():
    out = measured(areas([100, 110, 95, 105], [1500] * 4), MIN_EXPECTED=200)
    assert "0 % would be lower at 95 % and 0 % much lower" in out.log.text
    assert "would miss 100 %" in out.log.text and out.results["TOO_FEW"] == 4


def test_larger_areas_are_named_only_where_they_are_large_enough():
    """1.5 expected: 19 neighbours have 27.2, and an MSOA holds four to six LSOAs."""
    out = measured(areas([1, 2] * 100, [1500] * 200))
    assert "about 19 neighbours" in out.log.text and "larger areas" in out.log.text
    assert "MSOAs" not in out.log.text
    assert "phi) cannot be told: fewer than two areas have enough expected" in out.log.text


def test_what_replies_in_no_area_could_change_is_said(tmp_path):
    """30 expected: 19 is still lower, so 12 lacks 8; 12 expected: 5 is, so 4 lacks 2."""
    path = tmp_path / "voice.html"
    out = measured(areas(), REPORT=path)
    for text in (out.log.text, page(path)):
        assert "10 more replies, all from the right areas, would leave none of these 2" in text
    assert "more replies, all" not in measured(areas([20] * 3, [900] * 3)).log.text


def test_where_there_are_enough_no_advice_is_given():
    out = measured(areas([100, 110, 95, 105], [1500] * 4))
    assert "cannot tell reliably" not in out.log.text and "over 99 %" in out.log.text


def test_a_survey_too_small_for_any_level_is_told_so():
    out = measured(areas([3, 4, 2, 5], [1500] * 4))
    assert "All areas together have too few" in out.log.text
    assert out.results["TOO_FEW"] == 4


def test_over_dispersion_is_told_and_widens_limits_beside_the_plain_ones():
    out = measured(areas([10, 60, 20, 80, 15, 70, 20, 90] * 3, [1500] * 24))
    rows = out.rows()
    assert "limits widened" in out.log.text
    assert all(
        row["voice_wide_lo"] < row["voice_ratio_lo"] for row in rows if row["voice_ratio_lo"]
    )
    assert all(row["voice_wide_hi998"] > row["voice_ratio_hi998"] for row in rows)
    flagged = [sum(row[n] in LOWER for row in rows) for n in ("voice_class", "voice_wide_class")]
    assert flagged[0] > flagged[1]


def test_one_area_that_makes_the_spread_is_named():
    """Batches of replies, or the same file twice: without it the others differ by chance alone."""
    calm = [18, 20, 22, 19, 21] * 6
    out = measured(areas([*calm, 400], [1000] * 31))
    assert f"{lsoas(31)[30]} alone, with 400 replies where 32.3 are expected" in out.log.text
    for replies in (calm, [5, 40] * 15):
        assert "alone, with" not in measured(areas(replies, [1000] * 30)).log.text


def test_without_it_the_wide_limits_are_the_plain_ones():
    out = measured(areas([23, 24, 22, 23], [1500] * 4))
    for row in out.rows():
        assert [row[n] for n in WIDE[:4]] == [row[n] for n in RATIOS[1:]]
        assert row["voice_wide_class"] == row["voice_class"]


def test_report_says_it_in_words_and_shows_the_funnel(tmp_path):
    path = tmp_path / "voice.html"
    layer = areas(place=["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir"])
    out = measured(layer, REPORT=path, NAME_FIELD="place")
    text = page(path)
    assert out.results["REPORT"] == str(path)
    for part in ("120 replies from 6 areas", "Birch (E01007318)", "What the survey can"):
        assert part in text, part
    for row in ("25 % of the rate of all", "50 % of the rate of all", "by chance alone"):
        assert row in text
    assert "Dogwood" in text and "Lower is no fault" in text
    drawn = importlib.util.find_spec("matplotlib") is not None
    assert ("data:image/png;base64," in path.read_text(encoding="utf-8")) == drawn
    assert "A funnel plot of 5 areas" in path.read_text(encoding="utf-8") or not drawn


def test_report_without_an_area_to_judge_is_still_written(tmp_path):
    path = tmp_path / "voice.html"
    measured(areas([3, 4, 2, 5], [1500] * 4), REPORT=path)
    assert "no area could be judged" in page(path)


# hidden counts ---------------------------------------------------------------------------------

HIDDEN = [3, 44, 31, 2, 52, 28, 39, 61, 25, 33, 6, 47]
CROWD = [1800, 2000, 1500, 1600, 2500, 1400, 1900, 3000, 1200, 1700, 1650, 2300]


def test_hidden_replies_leave_no_ratio_and_the_mildest_class():
    out = measured(areas(HIDDEN, CROWD), SUPPRESSION="nhs")
    rows = out.rows()
    for row, true in zip(rows, HIDDEN):
        shown = row["voice_observed"]
        assert row["resp_total"] == shown
        if true < 8:
            assert shown is None
            assert [row[name] for name in (*RATIOS, "voice_q", *WIDE[:4])] == [None] * 10
            # 26 or more are expected; the exact 99.8 % upper limit of 7 is 19.6
            assert row["voice_class"] == "much lower"
        else:
            assert shown == 5 * int(true / 5 + 0.5)
            assert row["voice_ratio"] == pytest.approx(100 * shown / row["voice_expected"])
    # hidden or not, they stay after allowing for many tests: 7 of 26 or more is rare
    assert "3 stay lower" in out.log.text
    # 371 replies are 370, 22,550 people 22,550
    assert rows[0]["voice_expected"] == pytest.approx(370 * 1800 / 22_550)
    assert "370 replies" in out.log.text and "371" not in out.log.text
    assert source_of(out)["suppression"] == "nhs"


def test_sources_of_fields_that_are_left_out_go_with_them():
    from seldom_heard.processing.inputs import Results

    groups = {"title": "Replies", "fields": ["resp_eth_asian_n", "kept"], "suppression": "none"}
    only = {"title": "Other", "fields": ["resp_eth_white_n"], "suppression": "none"}
    results = Results(pd.DataFrame({"voice_class": ["lower"]}))
    inherited = {"sources": [groups, only], "ranking": {"top": 3}}
    assert results.provenance(inherited)["sources"] == [groups, only]
    results.replaced = lambda name: name.startswith(("resp_", "sh_"))
    told = results.provenance(inherited)
    assert told["sources"] == [{**groups, "fields": ["kept"]}] and told["ranking"] == {}


@pytest.mark.parametrize(("gone", "left"), [("quota_", "venues"), ("reach_", "quotas")])
def test_a_plan_goes_with_its_fields(gone, left):
    from seldom_heard.processing.inputs import Results

    plans = {name: {"sentences": [f"On {name}."]} for name in ("quotas", "venues")}
    results = Results(pd.DataFrame({"voice_class": ["lower"]}))
    assert results.provenance({"plans": plans})["plans"] == plans
    results.replaced = lambda name: name.startswith(gone)
    assert [*results.provenance({"plans": plans})["plans"]] == [left]


def test_q_of_shown_replies_is_made_of_what_is_shown():
    """The p by scipy: of rounded replies, and of 7 where they are hidden."""
    from scipy.stats import poisson
    from seldom_heard.methods.multiple import benjamini_hochberg

    rows = measured(areas(HIDDEN, CROWD), SUPPRESSION="nhs").rows()
    told = [7 if row["voice_observed"] is None else row["voice_observed"] for row in rows]
    e = [row["voice_expected"] for row in rows]
    tails = [min(poisson.cdf(o, m), poisson.sf(o - 1, m)) for o, m in zip(told, e)]
    known = benjamini_hochberg([min(2 * tail, 1) for tail in tails])
    for row, q in zip(rows, known):
        hidden = row["voice_observed"] is None
        assert row["voice_q"] == (None if hidden else pytest.approx(q))


def test_mildest_class_is_that_of_the_hidden_number_nearest_to_the_expected():
    """About 12 expected: 7 of 12 are within chance, 3 would not be."""
    replies = [3, 60, 70, 5, 62, 66, 58]
    out = measured(areas(replies, [600, 3000, 3100, 620, 3000, 3100, 2900]), SUPPRESSION="nhs")
    assert column(out, "voice_class")[0] == "as expected"
    truth = measured(areas(replies, [600, 3000, 3100, 620, 3000, 3100, 2900]))
    assert column(truth, "voice_class")[0] == "lower"


@pytest.mark.parametrize("rule", ["nhs", "ons10"])
@pytest.mark.parametrize("change", [(0, 10), (3, 10), (10, 0)])
def test_nothing_that_is_written_differs_with_a_hidden_number(tmp_path, rule, change):
    """Two surveys that differ only in who sent one of the hidden replies look the same."""
    more, less = change
    other = list(HIDDEN)
    other[more] += 1
    other[less] -= 1
    made = []
    for number, replies in enumerate((HIDDEN, other)):
        path = tmp_path / f"{number}.html"
        out = measured(areas(replies, CROWD), SUPPRESSION=rule, REPORT=path)
        source = source_of(out)
        made.append((out.rows(), source, page(path), out.log.lines, out.results["LOWER"]))
    assert made[0] == made[1]


@pytest.mark.parametrize("rule", ["none", "nhs", "ons10"])
@pytest.mark.parametrize("level", [0.95, 0.998])
def test_what_can_be_noticed_reckons_with_what_is_shown(rule, level):
    """Count by count, by the class of what each number of replies is told as."""
    import numpy as np
    from scipy.stats import poisson
    from seldom_heard.methods.voice import classify
    from seldom_heard.processing.voice.measuring import _chance

    true = np.arange(0, 300)
    limit = {"none": 0, "nhs": 8, "ons10": 10}[rule]
    told = true if rule == "none" else 5 * np.floor(true / 5 + 0.5)
    words = LOWER if level == 0.95 else ("much lower",)
    for e in (5, 10, 12, 14.4, 14.5, 17.0, 17.1, 20, 23.3, 27.2, 50, 114):
        seen = np.where((true > 0) & (true < limit), np.clip(round(e), 1, limit - 1), told)
        lower = np.isin(classify(seen, np.full(300, e), min_expected=0).astype(str), words)
        for rate in (0.25, 0.5, 1.0):
            known = poisson.pmf(true, rate * e)[lower].sum()
            (made,) = _chance(np.array([e]), rate, level, rule)
            assert made == pytest.approx(known, abs=1e-9), (e, rate)


def test_with_hidden_replies_less_can_be_noticed_and_that_is_said(tmp_path):
    """12 expected: 1 to 7 replies are told as 7, which is within chance; only silence is not."""
    layer = areas([12, 11, 13] * 20, [1500] * 60)
    assert "at half the rate of all, 45 % would be lower" in measured(layer).log.text
    path = tmp_path / "voice.html"
    out = measured(layer, SUPPRESSION="nhs", REPORT=path)
    assert "at half the rate of all, under 1 % would be lower" in out.log.text
    assert "fewer than 14.4 are expected they are not lower" in out.log.text
    assert "at most 2.5 in 100" not in out.log.text
    assert "50 % of the rate of all under 1 %" in re.sub(r"\s+", " ", page(path))
    # at 27 to 31 expected rounding leaves too many out
    assert "about 31 expected" in out.log.text


def test_log_tells_no_number_that_is_hidden():
    """Replies from an area without people; exact sums of groups; more replies than people."""
    logs = []
    for stray in (3, 4):
        layer = areas([*HIDDEN, stray], [*CROWD, 0])
        logs.append(measured(layer, SUPPRESSION="nhs").log.lines)
    assert logs[0] == logs[1]
    log = measured(by_group(), STANDARDISE="eth", SUPPRESSION="nhs").log.text
    assert "60 of 72" not in log and "Standardised by" in log
    log = measured(areas([3, *HIDDEN], [2, *CROWD]), SUPPRESSION="nhs").log.text
    assert "more replies than" not in log


def test_a_total_that_is_known_to_the_unit_tells_no_more():
    """11 replies of two areas, both hidden as few: 4 to 7 each, four numbers alone."""
    out = measured(areas([5, 6, 0, 0], [800] * 4), SUPPRESSION="nhs", MIN_EXPECTED=0)
    assert column(out, "voice_class")[:2] == [None, None]


def test_replies_hidden_besides_say_nothing():
    """One small number alone: another has to be hidden, and looks like no class at all."""
    replies = [3, 44, 31, 22, 52, 28, 39, 61, 25, 33, 26, 47]
    rows = measured(areas(replies, CROWD), SUPPRESSION="nhs").rows()
    hidden = [row for row in rows if row["voice_observed"] is None]
    assert len(hidden) == 2
    second = hidden[1]
    assert second["voice_class"] is None and second["voice_shrunk"] is None
    assert second["voice_wide_class"] is None and second["voice_expected"] > 0


def test_with_few_areas_a_class_would_tell_so_there_is_none():
    """1 and 8 are hidden, the others are 0, all together 8 to 12: 1 to 7 would become 1 to 4."""
    out = measured(areas([1, 8, 0, 0], [800] * 4), SUPPRESSION="nhs", MIN_EXPECTED=0)
    rows = out.rows()
    assert column(out, "voice_observed") == [None, None, 0, 0]
    assert [row["voice_class"] for row in rows[:2]] == [None, None]
    assert [row["voice_shrunk"] for row in rows[:2]] == [None, None]
    assert "it would tell the hidden numbers" in out.log.text


def test_replies_by_group_are_left_out_as_they_would_tell_more():
    layer = areas(
        HIDDEN, CROWD, resp_eth_asian_n=[1] * 12, resp_eth_unknown_n=[n - 1 for n in HIDDEN]
    )
    out = measured(layer, SUPPRESSION="nhs")
    names = list(out.rows()[0])
    assert "resp_total" in names and not [n for n in names if n.startswith("resp_eth_")]
    assert "resp_eth_asian_n" in out.log.text
    assert "resp_eth_asian_n" in measured(layer).rows()[0]


def test_replies_hidden_before_stay_so_and_are_said():
    layer = areas(HIDDEN, CROWD)
    safe = run("suppresscounts", INPUT=layer, FIELDS="resp_total", RULE="nhs", OUTPUT="memory:")
    out = measured(safe.layer)
    assert "protected before by the rule nhs" in out.log.text
    for row, true in zip(out.rows(), HIDDEN):
        assert (row["voice_class"] is None) == (true < 8)
    assert source_of(out)["suppression"] == "nhs"


def test_unknown_numbers_beside_hidden_ones_are_warned_of():
    layer = areas(HIDDEN, CROWD, extra=HIDDEN, resp_eth_asian_n=[1] * 12)
    (warning,) = measured(layer, SUPPRESSION="nhs").log.warnings
    assert "extra" in warning and "resp_eth" not in warning


def test_residents_hidden_by_group_leave_nothing_expected_there():
    """In one area 4 residents are of a group: with the number expected they could be worked out."""
    columns = {
        "eth_asian_n": [600, 400, 4, 90],
        "eth_white_n": [100, 400, 500, 300],
        "resp_eth_asian_n": [24, 16, 0, 9],
        "resp_eth_white_n": [12, 18, 20, 10],
    }
    layer = areas([36, 34, 20, 19], [700, 800, 504, 390], **columns)
    out = measured(layer, STANDARDISE="eth", SUPPRESSION="nhs")
    for row in out.rows():
        hidden = row["eth_asian_n"] is None or row["eth_white_n"] is None
        assert (row["voice_expected"] is None) == hidden
        assert (row["voice_class"] is None) == hidden
    assert "too few to be shown, so nothing can be expected" in out.log.text
    assert column(measured(layer, STANDARDISE="eth"), "voice_expected").count(None) == 0


def test_sums_too_small_to_show_are_refused():
    assert "too few to be shown" in ask(areas([1, 2, 0], [500, 500, 500]), SUPPRESSION="nhs")


# as files --------------------------------------------------------------------------------------


def test_output_travels_with_titles_and_sources(tmp_path):
    source = save_layer(areas(), tmp_path / "counted.gpkg")
    out = run("measurevoice", INPUT=source, OUTPUT=tmp_path / "voice.gpkg")
    again = QgsVectorLayer(str(tmp_path / "voice.gpkg"), "again", "ogr")
    again.loadDefaultStyle()
    at = again.fields().indexOf("voice_class")
    assert again.fields().at(at).alias().startswith("Replies against the number expected")
    assert again.customProperty("seldom_heard/provenance")
    assert [row["voice_class"] for row in out.rows()][1] == "much lower"


def test_twice_the_people_or_twice_the_replies():
    once = measured(areas())
    people = measured(areas(people=[2 * n for n in PEOPLE]))
    for name in FIELDS:
        assert column(people, name) == (
            column(once, name) if name == "voice_class" else pytest.approx(column(once, name))
        ), name
    replies = measured(areas([2 * n for n in REPLIES]))
    assert column(replies, "voice_ratio") == pytest.approx(column(once, "voice_ratio"))


# the simulated survey --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def truth(shared):
    """The truth behind the survey, beside the names of the areas."""
    data = shared / "data"
    table = pd.read_csv(data / "simulated" / "survey_truth_by_lsoa_SIMULATED.csv")
    shapes = json.loads((data / "boundaries" / "lsoa21_south_yorkshire.geojson").read_text("utf-8"))
    names = {
        one["properties"]["LSOA21CD"]: one["properties"]["LSOA21NM"] for one in shapes["features"]
    }
    # an LSOA is called as its MSOA and a letter
    return table.assign(place=table["lsoa21"].map(names).str[:-1])


def survey_of(truth):
    return make_areas(
        truth["lsoa21"].tolist(),
        resp_total=truth["responses_with_usable_postcode"].tolist(),
        lang_total=truth["residents_3plus"].tolist(),
        place=truth["place"].tolist(),
    )


def flagged(classes, quiet):
    """Return of quiet and of other areas how many are lower at 95 and at 99.8 %."""
    return [
        int((classes.isin(words) & who).sum())
        for who in (quiet, ~quiet)
        for words in (LOWER, ("much lower",))
    ]


def theory(expected, rates, quiet):
    """Return how many of each the power of the test lets one expect."""
    from seldom_heard.methods.voice import power

    chance = [power(expected, rates, level) for level in (0.95, 0.998)]
    return [round(one[who].sum(), 1) for who in (quiet, ~quiet) for one in chance]


def test_quiet_areas_of_the_simulated_survey_are_found(truth):
    """The table of docs/voice.md, LSOAs: 24 that answer at a quarter of the rate, 319 others."""
    out = measured(survey_of(truth))
    rows = pd.DataFrame(out.rows())
    quiet = truth["true_multiplier"].eq(0.25)
    assert (quiet.sum(), (~quiet).sum()) == (24, 319)
    assert flagged(rows["voice_class"], quiet) == [24, 21, 33, 12]
    assert theory(rows["voice_expected"], truth["true_rate_ratio"], quiet) == [
        23.8,
        20.8,
        28.3,
        9.9,
    ]
    assert "7,227 replies from 343 areas" in out.log.text


def test_quiet_areas_are_watered_down_in_larger_ones(truth):
    """The table of docs/voice.md, MSOAs: the 21 with a quiet LSOA in them, 49 others."""
    larger = run(
        "aggregateareas", INPUT=survey_of(truth), GROUP_FIELD="place", OUTPUT="memory:"
    ).layer
    out = measured(larger)
    rows = pd.DataFrame(out.rows()).set_index("place")
    quiet = truth["true_multiplier"].eq(0.25).groupby(truth["place"]).any().reindex(rows.index)
    assert (quiet.sum(), (~quiet).sum()) == (21, 49)
    assert flagged(rows["voice_class"], quiet) == [12, 9, 6, 2]
    people = truth["residents_3plus"]
    rates = (truth["true_rate_ratio"] * people).groupby(truth["place"]).sum()
    rates = (rates / people.groupby(truth["place"]).sum()).reindex(rows.index)
    assert theory(rows["voice_expected"], rates, quiet) == [10.5, 7.9, 5.3, 2.6]


def test_allowing_for_groups_leaves_the_quiet_areas(shared, truth, tmp_path):
    """The whole way from the replies as they came in; residents and replies in five groups."""
    data = shared / "data"
    postcodes = "CodePointOpen_2025-05_SouthYorkshire.csv.gz"
    shutil.copy(data / "lookups" / postcodes, tmp_path)  # QGIS leaves a file beside those it opens
    census = data / "census2021"
    layer = open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")
    assert layer.setSubsetString(f"\"LADCD_ACTIVE\" = '{SHEFFIELD}'")
    tables = [
        census / "census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
        census / "TS021_ethnic6_LSOA21_tidy_SouthYorkshire.csv",
    ]
    profiled = run("profileareas", INPUT=layer, TABLES=tables, OUTPUT="memory:")
    counted = run(
        "countresponses",
        INPUT=profiled.layer,
        RESPONSES=data / "simulated" / "survey_responses_sheffield_SIMULATED.csv",
        POSTCODE_FIELD="postcode",
        POSTCODES=tmp_path / postcodes,
        GROUP_FIELD="ethnic_group",
        OUTPUT="memory:",
    )
    rows = measured(counted.layer).by_code("LSOA21CD")
    plain = truth["lsoa21"].map(lambda code: rows[code]["voice_class"])
    quiet = truth["true_multiplier"].eq(0.25)
    assert flagged(plain, quiet) == [24, 21, 33, 12]
    rows = measured(counted.layer, STANDARDISE="eth").by_code("LSOA21CD")
    allowed = truth["lsoa21"].map(lambda code: rows[code]["voice_class"])
    assert flagged(allowed, quiet) == [23, 21, 20, 0]
