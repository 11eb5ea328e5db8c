"""The parts of a plan on groups, languages, opening times and equality, on made-up areas."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from qgis.core import QgsProcessingContext, QgsProcessingFeatureSource
from seldom_heard.layers.areas import read_areas
from seldom_heard.layers.errors import InputError
from seldom_heard.layers.outputs import inherited
from seldom_heard.layers.tables import open_table
from seldom_heard.processing.document.equality_part import equality_part
from seldom_heard.processing.document.groups_part import groups_part
from seldom_heard.processing.document.languages_part import languages_part
from seldom_heard.processing.document.opening_part import opening_part
from seldom_heard.processing.document.places import ALL, OUTSIDE, TOP, told
from seldom_heard.processing.document.subject import read_subject
from seldom_heard.processing.plan.listing import Asked

from .helpers import lsoas, make_areas, open_layer, run, save_layer, write_csv

N, FIRST = 12, 4
LOW, BASE = "lang_low_english_n", "lang_total"
HEADINGS = ["reply", "area", "opening", "about"]
_kept: list = []


def source(title, *fields, rule="none", **more):
    return {"title": title, "attribution": "", "fields": list(fields), "suppression": rule, **more}


def subject(layer, rule="none", top=str(FIRST)):
    """Return the areas of a layer as a plan has them, the first of them in the plan."""
    told_by_layer, titles = inherited(layer)
    context = QgsProcessingContext()
    read = QgsProcessingFeatureSource(layer, context)
    _kept.extend([layer, context, read])
    areas = read_areas(read, "LSOA21CD", lambda code: True, str, lambda: False)
    names = pd.Series([f"Place {at}" for at in range(len(areas.ids))])
    asked = Asked(top, rule, True)
    return read_subject(areas, names, asked, told_by_layer, titles, lambda line: None)


def city(rule="none", top=str(FIRST), codes=None, sources=None, **columns):
    codes = codes or lsoas(N)
    low = [10 * (at + 3) for at in range(N)]
    fields = {
        "sh_rank": [at + 1 for at in range(N)],
        "sh_score": [1 - at / N for at in range(N)],
        LOW: low,
        BASE: [1000 + at for at in range(N)],
        "lang_low_english_pct": [100 * n / (1000 + at) for at, n in enumerate(low)],
        **columns,
    }
    layer = make_areas(codes, **fields)
    known = sources or [source("Proficiency in English (TS029)", LOW, BASE, edition="Census 2021")]
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": known}))
    return subject(layer, rule, top)


def table(part, name):
    return next(one for one in part.tables if one.id == name)


def rows(one):
    return one.frame.set_index(one.columns[0].name)


def everything(part) -> str:
    """Return all that a part would show or save, as text."""
    frames = [one.frame.to_csv() + one.title + one.note for one in part.tables]
    return "\n".join([*part.paragraphs, *part.lines, *part.short, *frames])


# --- languages, and sums by place


def test_people_are_added_up_in_the_areas_of_the_plan_and_in_the_others():
    part = languages_part(city())
    row = table(part, "languages").frame.iloc[0]
    low = [10 * (at + 3) for at in range(N)]
    assert (row["top_n"], row["outside_n"], row["all_n"]) == (
        sum(low[:FIRST]),
        sum(low[FIRST:]),
        sum(low),
    )
    people = sum(1000 + at for at in range(FIRST))
    assert row["top_pct"] == pytest.approx(100 * sum(low[:FIRST]) / people, abs=1e-4)
    assert f"{sum(low[:FIRST])} of {people:,}" in part.paragraphs[0]
    assert table(part, "languages-by-area").frame[LOW].tolist() == low[:FIRST]
    assert "Place 3 (60)" in part.paragraphs[1]  # most of them live there


def test_areas_without_a_figure_are_counted_and_are_in_no_sum_nor_base():
    low = [10 * (at + 3) for at in range(N)]
    low[1], low[7] = None, None
    part = languages_part(city(**{LOW: low, "lang_low_english_pct": [1.0] * N}))
    row = table(part, "languages").frame.iloc[0]
    assert row["areas_missing"] == 2
    assert row["top_n"] == 30 + 50 + 60
    assert row["top_pct"] == pytest.approx(100 * 140 / (1000 + 1002 + 1003), abs=1e-4)
    assert table(part, "languages-by-area").frame[LOW].isna().tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_a_count_known_nowhere_is_not_told_as_nobody():
    part = languages_part(city(**{LOW: [None] * N}, lang_main_other_n=[5] * N))
    assert LOW not in table(part, "languages").frame["measure"].tolist()
    assert "0 of" not in everything(part)


def test_without_languages_the_part_says_what_to_run():
    layer = make_areas(lsoas(N), sh_rank=list(range(1, N + 1)))
    part = languages_part(subject(layer))
    assert "profilelanguage" in part.paragraphs[0] and not part.tables


def test_main_languages_stand_by_their_number_in_the_areas_of_the_plan():
    more = {
        "lang_speaks_total": [1000] * N,
        "lang_speaks_arabic_n": [40] * FIRST + [1] * (N - FIRST),
        "lang_speaks_polish_n": [10] * FIRST + [90] * (N - FIRST),
        "lang_speaks_english_n": [900] * N,
        "lang_speaks_other_n": [100] * N,
    }
    part = languages_part(city(**more))
    frame = table(part, "main-languages").frame
    assert [title.split()[-1] for title in frame["measure"]] == ["Arabic", "Polish"]
    assert frame["top_n"].tolist() == [160, 40]
    assert frame["all_n"].tolist() == [168, 760]


def feasible(values, hidden, smallest=8, base=5):
    """Return by cell the least and the most it can be, as a reader works it out, by all cases."""
    windows = []
    for value, gone in zip(values, hidden):
        shown = base * int(value / base + 0.5)
        low, high = max(shown - 2, smallest), shown + 2
        windows.append(
            range(1, 40) if gone else range(0, 1) if value == 0 else range(low, high + 1)
        )
    return windows


def test_no_hidden_count_of_an_area_can_be_worked_out_from_the_sums():
    draw = random.Random(5)
    checked = 0
    for _ in range(40):
        low = [draw.choice([0, 1, 3, 6, 9, 12, 20]) for _ in range(FIRST)] + [30] * (N - FIRST)
        made = city("nhs", **{LOW: low, "lang_low_english_pct": [1.0] * N})
        out = told(made)
        shown = [out.by_area[LOW].iloc[at] for at in range(FIRST)]
        hidden = [one is pd.NA or one != one for one in shown]
        assert all(hidden[at] for at in range(FIRST) if 0 < low[at] < 8)
        top = out.counted[LOW].counts[TOP]
        if not any(hidden) or top != top:
            continue
        windows = feasible(low[:FIRST], hidden)
        total = range(max(int(top) - 2, 0), int(top) + 3)
        fits = [case for case in product(*windows) if sum(case) in total]
        for at in range(FIRST):
            if hidden[at]:
                checked += 1
                assert len({case[at] for case in fits}) >= 5, (low, shown, top)
    assert checked > 20


def test_what_is_hidden_in_one_of_three_places_cannot_be_taken_from_the_others():
    low = [1, 0, 2, 0] + [30] * (N - FIRST)
    out = told(city("nhs", **{LOW: low, "lang_low_english_pct": [1.0] * N})).counted[LOW]
    assert np.isnan(out.counts[TOP])
    assert np.isnan(out.counts[OUTSIDE]) or np.isnan(out.counts[ALL])


def test_parts_tell_the_same_sums_under_a_rule():
    low = [3, 9, 9, 9] + [30] * (N - FIRST)
    made = city("ons10", **{LOW: low, "lang_low_english_pct": [1.0] * N})
    one = table(languages_part(made), "languages").frame.iloc[0]
    other = rows(table(equality_part(made), "equality-counts")).loc[one["measure"]]
    names = ["top_n", "outside_n", "all_n"]
    assert str(one[names].tolist()) == str(other[names].tolist())


def test_of_counts_hidden_before_sums_are_at_least_and_no_share_is_made():
    low = [None, 40, 50, 60] + [30] * (N - FIRST)
    known = [source("Proficiency in English (TS029)", LOW, BASE, rule="nhs", edition="Census 2021")]
    made = city("nhs", sources=known, **{LOW: low})
    row = table(languages_part(made), "languages").frame.iloc[0]
    assert row["top_n"] == 150 and np.isnan(row["top_pct"]) and np.isnan(row["all_pct"])
    assert row["outside_pct"] == pytest.approx(
        100 * 30 * (N - FIRST) / sum(1000 + at for at in range(FIRST, N)), abs=1e-4
    )
    assert "at least 150" in languages_part(made).paragraphs[0]


# --- opening times


def replies(path, answers, areas=None, rest=""):
    areas = areas or [""] * len(answers)
    lines = [[at, area, answer, rest] for at, (answer, area) in enumerate(zip(answers, areas))]
    return opened(write_csv(path, lines, HEADINGS))


def opened(path):
    return open_table(str(path), lambda name: None)


def test_answers_are_counted_and_sorted_with_wilson_limits(tmp_path):
    answers = ["Evening"] * 50 + ["evening "] * 10 + ["Morning"] * 30 + [""] * 6 + ["N/A"] * 4
    part = opening_part(city(), replies(tmp_path / "r.csv", answers), "Opening")
    found = rows(part.tables[0])
    assert list(found.index[:2]) == ["Evening", "Morning"]
    assert found["all_n"].tolist() == [60, 30, 90, 10, 100]
    # Wilson by hand: 60 of 90
    z, n, p = 1.959963984540054, 90, 60 / 90
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (100 * (middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    assert found.loc["Evening", ["all_pct_lo", "all_pct_hi"]].tolist() == pytest.approx(
        [low, high], abs=1e-4
    )
    assert "not the residents" in part.lines[0]


def test_answers_are_placed_by_a_column_of_codes(tmp_path):
    codes = lsoas(N)
    draw = random.Random(3)
    where = [draw.choice([codes[0], codes[3], codes[4], codes[9], ""]) for _ in range(300)]
    answers = [draw.choice(["a", "b", "c", ""]) for _ in where]
    part = opening_part(city(), replies(tmp_path / "r.csv", answers, where), "opening")
    found = rows(part.tables[0])
    inside = Counter(a for a, w in zip(answers, where) if w in codes[:FIRST])
    other = Counter(a for a, w in zip(answers, where) if w and w not in codes[:FIRST])
    for name in "abc":
        assert found.loc[name, "top_n"] == inside[name]
        assert found.loc[name, "outside_n"] == other[name]
    assert found.loc["Did not answer", "top_n"] == inside[""]
    assert found.loc["All replies", "unplaced_n"] == where.count("")


def test_a_person_who_ticks_several_counts_once_in_each(tmp_path):
    answers = ["am;pm;"] * 20 + ["pm;"] * 10 + ["pm;pm;"] * 5
    part = opening_part(city(), replies(tmp_path / "r.csv", answers), "opening")
    assert rows(part.tables[0])["all_n"].to_dict() == {
        "pm": 35,
        "am": 20,
        "All who answered": 35,
        "Did not answer": 0,
        "All replies": 35,
    }


OWN_WORDS = "after I collect Tom from Abbey Lane"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([f"{OWN_WORDS} at {n}" for n in range(40)], "too few"),
        (["evening"] * 40 + ["S10 5PL"], "postcodes"),
        (["evening"] * 40 + ["me@example.org"], "addresses of mail"),
        ([OWN_WORDS * 3] * 40, "characters"),
        ([str(n % 35) for n in range(400)], "different"),
        ([""] * 9, "nobody"),
    ],
)
def test_people_s_own_words_are_refused_and_never_told(tmp_path, answers, why):
    with pytest.raises(InputError) as refused:
        opening_part(city(), replies(tmp_path / "r.csv", answers), "opening")
    assert why in str(refused.value) and "'opening'" in str(refused.value)
    assert "Abbey" not in str(refused.value) and "S10" not in str(refused.value)
    assert "example.org" not in str(refused.value)


def test_words_that_few_gave_are_counted_and_not_shown(tmp_path):
    answers = ["evening"] * 40 + [OWN_WORDS] * 4
    part = opening_part(city(), replies(tmp_path / "r.csv", answers), "opening")
    assert "Abbey" not in everything(part)
    assert rows(part.tables[0]).loc["Other answers, each of fewer than 5 people", "all_n"] == 4


def unsure(parts, whole, shown):
    """Check that hidden parts of a sum could be five numbers or more; return how many there are.

    All numbers that fit what is shown are tried, as a reader could.
    """
    hidden = [one is pd.NA or one != one for one in shown]
    assert all(gone for gone, one in zip(hidden, [*parts, whole]) if 0 < one < 8)
    total = feasible([whole], hidden[-1:])[0]
    fits = [case for case in product(*feasible(parts, hidden)) if sum(case) in total]
    assert tuple(parts) in fits or max(parts) >= 40
    for at, gone in enumerate(hidden[:-1]):
        assert not gone or len({case[at] for case in fits}) >= 5, (parts, shown)
    return sum(hidden[:-1])


def test_small_numbers_of_answers_are_hidden_and_cannot_be_worked_out(tmp_path):
    codes, draw, checked = lsoas(N), random.Random(11), 0
    made, words = city("nhs"), ["evening", "morning", "night"]
    columns = ["top_n", "outside_n", "unplaced_n", "all_n"]
    for number in range(6):
        answers, where = [], []
        for answer, place in product(words, (codes[0], codes[5], "")):
            many = draw.choice([0, 1, 4, 7, 9, 14]) + 8 * (place == "")  # none is a rare answer
            answers += [answer] * many
            where += [place] * many
        table_of_replies = replies(tmp_path / f"{number}.csv", answers, where)
        part = opening_part(made, table_of_replies, "opening")
        found = rows(part.tables[0])[columns]
        places = [codes[0], codes[5], ""]
        pairs = Counter(zip(answers, where))
        for answer in words:
            true = [pairs[answer, place] for place in places]
            checked += unsure(true, sum(true), found.loc[answer].tolist())
        for place, column in zip(places, columns):
            true = [pairs[answer, place] for answer in words]
            checked += unsure(
                true, sum(true), found.loc[[*words, "All who answered"], column].tolist()
            )
    assert checked > 10


def test_under_a_rule_words_that_fewer_gave_than_it_shows_are_not_shown(tmp_path):
    table_of_replies = replies(tmp_path / "r.csv", ["evening"] * 40 + ["at night"] * 6)
    assert "at night" in everything(opening_part(city(), table_of_replies, "opening"))
    assert "at night" not in everything(opening_part(city("nhs"), table_of_replies, "opening"))


def test_words_are_not_shown_where_they_would_tell_how_few_gave_others(tmp_path):
    """17, shown as 15, less two answers of which the words tell that 8 people gave each, is 1."""
    answers = ["evening"] * 8 + ["morning"] * 8 + ["at night"]
    part = opening_part(city("nhs"), replies(tmp_path / "r.csv", answers), "opening")
    found = rows(part.tables[0])
    words = [name for name in found.index if name in ("evening", "morning")]
    assert len(words) < 2 and found.loc[words, "all_n"].notna().all()
    assert "Other answers" in found.index and found.loc["Other answers", "all_n"] == 10
    # seven different ones are of seven people at least, and a hidden number is seven at most
    rare = ["evening"] * 40 + [f"at {hour}" for hour in range(7)]
    part = opening_part(city("nhs"), replies(tmp_path / "rare.csv", rare), "opening")
    assert "not named" in part.tables[0].note
    assert not re.search(r"\b7\b(?! are hidden)", everything(part))


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match=r"no column 'hours'.*'opening'"):
        opening_part(city(), replies(tmp_path / "r.csv", ["a"] * 9), "hours")


def test_without_replies_there_is_no_part_and_without_a_heading_a_hint(tmp_path):
    assert opening_part(city(), None, "opening") is None
    part = opening_part(city(), replies(tmp_path / "r.csv", ["a"] * 9), "")
    assert "OPENING_FIELD" in part.paragraphs[0] and not part.tables


# --- groups


@pytest.fixture(scope="module")
def representation(tmp_path_factory):
    """The table that representation writes of made-up replies, and one under a rule."""
    folder = tmp_path_factory.mktemp("representation")
    titles = ["Asian", "Black", "Mixed", "White", "Other"]
    answers = [t for t, n in zip(titles, (40, 25, 12, 320, 4)) for _ in range(n)] + [""] * 30
    path = write_csv(folder / "replies.csv", [[a] for a in answers], ["ethnic group"])
    counts = {
        "eth_asian_n": [100] * N,
        "eth_black_n": [40] * N,
        "eth_mixed_n": [30] * N,
        "eth_white_n": [800] * N,
        "eth_other_n": [30] * N,
        "eth_total": [1000] * N,
    }
    areas = save_layer(make_areas(lsoas(N), **counts), folder / "areas.gpkg")
    made = {}
    for rule in ("none", "nhs"):
        made[rule] = folder / f"ethnic_{rule}.csv"
        run(
            "representation",
            INPUT=areas,
            RESPONSES=path,
            GROUP_FIELD="ethnic group",
            SUPPRESSION=rule,
            OUTPUT=made[rule],
        )
    return made


def written(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["title"]: row for row in csv.DictReader(stream)}


def test_groups_have_the_figures_that_representation_wrote(representation):
    part = groups_part(city(), [opened(representation["none"])])
    found, file = rows(part.tables[0]), written(representation["none"])
    for name in ("Asian", "Black", "Mixed", "White", "Other"):
        assert found.loc[name, "replies"] == int(file[name]["replies"])
        for field in ("share_replies_pct_lo", "population_pct", "share_high_pct"):
            assert found.loc[name, field] == pytest.approx(float(file[name][field]), abs=1e-4)
        assert found.loc[name, "index_hi"] == pytest.approx(float(file[name]["index_hi"]), abs=0.01)
        assert found.loc[name, "class"] == file[name]["class"]
    assert found.loc["Did not say", "replies"] == 30
    assert "Other (index 33" in part.paragraphs[1]
    assert part.tables[0].title.endswith("Ethnic group")


def test_a_table_of_true_counts_is_made_safe_as_representation_would(representation):
    mine = groups_part(city("nhs"), [opened(representation["none"])])
    right = groups_part(city("nhs"), [opened(representation["nhs"])])
    assert mine.tables[0].frame.to_csv() == right.tables[0].frame.to_csv()
    found = rows(mine.tables[0])
    assert found["replies"].isna()["Other"] and np.isnan(found.loc["Other", "index"])  # 4 replies


def test_what_a_table_hides_stays_hidden(representation):
    part = groups_part(city(), [opened(representation["nhs"])])
    hidden = [name for name, row in written(representation["nhs"]).items() if not row["replies"]]
    assert hidden and rows(part.tables[0]).loc[hidden, "replies"].isna().all()
    assert "may be among the least heard" in everything(part)


def test_several_tables_stand_beside_each_other(representation):
    part = groups_part(city(), [opened(path) for path in representation.values()])
    assert [one.id for one in part.tables] == ["groups-1", "groups-2"]


def test_under_a_rule_groups_do_not_stand_beside_their_parts(tmp_path, representation):
    """17 shown as 15, two parts of 8 as 10 each: the third part, which is hidden, is 1."""
    lines = list(written(representation["none"]).values())
    parts = [
        {**line, "group": f"own_{line['group']}", "title": f"One {line['title']}"}
        | {"parent": line["title"]}
        if not line["group"].startswith("(")
        else line
        for line in lines
    ]
    finer = write_csv(tmp_path / "finer.csv", [[*one.values()] for one in parts], [*lines[0]])
    both = [opened(representation["none"]), opened(finer)]
    assert [one.id for one in groups_part(city(), both).tables] == ["groups-1", "groups-2"]
    part = groups_part(city("nhs"), both)
    assert [one.id for one in part.tables] == ["groups-2"]
    assert "would tell small numbers" in part.paragraphs[-1]


def test_another_table_is_refused_with_its_name_and_what_it_lacks(tmp_path):
    path = write_csv(tmp_path / "own.csv", [["a", 1]], ["group", "replies"])
    with pytest.raises(InputError, match=r"own\.csv.*title.*representation"):
        groups_part(city(), [opened(path)])


def test_a_cell_that_is_no_number_is_named(tmp_path, representation):
    with representation["none"].open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    rows[0][head.index("replies")] = "some"
    path = write_csv(tmp_path / "spoiled.csv", rows, head)
    with pytest.raises(InputError, match=r"spoiled\.csv.*replies.*row 2.*'some'"):
        groups_part(city(), [opened(path)])


def replied(**more):
    people = {"asian": 100, "black": 40, "mixed": 30, "white": 800, "other": 30}
    heard = {"asian": 5, "black": 1, "mixed": 1, "white": 60, "other": 3}
    return {
        "eth_total": [1000] * N,
        **{f"eth_{name}_n": [n] * N for name, n in people.items()},
        **{f"resp_eth_{name}_n": [n] * N for name, n in heard.items()},
        "resp_eth_unknown_n": [2] * N,
        "resp_total": [72] * N,
        **more,
    }


def test_without_a_table_the_replies_of_the_areas_are_compared():
    found = rows(groups_part(city(**replied()), []).tables[0])
    # 1 of 70 replies, 40 of 1000 residents
    assert found.loc["Black", "index"] == pytest.approx(100 * (1 / 70) / 0.04, abs=0.01)
    assert found.loc["Black", "class"] == "much under-represented"
    assert found.loc["All replies", "replies"] == 72 * N


def test_replies_hidden_in_some_areas_are_not_added_up():
    part = groups_part(city(**replied(resp_eth_black_n=[None] + [1] * (N - 1))), [])
    assert not part.tables and "representation" in part.paragraphs[0]
    assert "quieter than they are" in part.paragraphs[1]


# --- equality


def evidence(part):
    return rows(table(part, "equality-evidence"))


def test_what_no_table_of_small_areas_tells_is_said_plainly():
    part = equality_part(city())
    without = evidence(part).query("covered == 'no'").index
    for name in ("Gender reassignment", "Pregnancy and maternity", "Sexual orientation"):
        assert name in without
        assert any(line.startswith(f"{name}: no figures") for line in part.lines)
    assert {line.split(":")[0] for line in part.lines} == {*without}
    assert not {"Age", "Disability", "Race", "Religion or belief", "Sex"} & {*without}
    assert "TS077" in evidence(part).loc["Sexual orientation", "larger_areas"]
    assert "gender reassignment; pregnancy and maternity; sexual orientation" in part.short[0]


def test_what_the_layer_counts_stands_under_its_characteristic():
    more = {
        "barrier_disability_total": [1000] * N,
        "barrier_disabled_n": [200 + at for at in range(N)],
        "barrier_disabled_pct": [20 + at / 10 for at in range(N)],
        "eth_total": [1000] * N,
        "dep_core20": [1, 1, 0, None] + [1, 0] * ((N - FIRST) // 2),
    }
    known = [
        source("Disability (TS038)", "barrier_disabled_n", table="TS038", edition="Census 2021"),
        source("Ethnic group (TS021)", "eth_total", edition="Census 2021"),
    ]
    part = equality_part(city(sources=known, **more))
    counts = table(part, "equality-counts").frame
    row = counts[counts["characteristic"] == "Disability"].iloc[0]
    assert row["top_n"] == 200 + 201 + 202 + 203 and row["top_pct"] == pytest.approx(20.15)
    core = counts[counts["measure"].str.contains("Core20")].iloc[0]
    assert (core["top_n"], core["all_n"], core["areas_missing"]) == (2000, 6000, 1)
    assert core["top_pct"] == pytest.approx(100 * 2000 / 3000, abs=1e-4)
    assert "TS038 (ONS, Census 2021)" in evidence(part).loc["Disability", "on_layer"]


def test_a_table_of_somebody_s_own_counts_by_the_publisher_s_number():
    known = [source("Religion", "rel_muslim_n", "rel_total", table="TS030", edition="Census 2021")]
    more = {"rel_muslim_n": [50 + at for at in range(N)], "rel_total": [1000] * N}
    part = equality_part(city(sources=known, **more))
    counts = table(part, "equality-counts").frame
    row = counts[counts["characteristic"] == "Religion or belief"].iloc[0]
    assert row["top_n"] == 206 and row["top_pct"] == pytest.approx(100 * 206 / 4000)
    assert "TS030" in evidence(part).loc["Religion or belief", "on_layer"]


def test_larger_areas_have_more_published():
    part = equality_part(city(codes=[f"E0200{1500 + at}" for at in range(N)]))
    found = evidence(part)["covered"]
    assert found["Sexual orientation"] == "yes"
    # gender identity is not the same as the characteristic, however large the areas
    assert found["Gender reassignment"] == "no"


def test_of_another_nation_the_list_says_nothing():
    part = equality_part(city(codes=[f"S0100{6500 + at}" for at in range(N)]))
    assert not any(one.id == "equality-evidence" for one in part.tables) and not part.lines
    assert "Scotland" in part.paragraphs[1]


def test_every_source_has_its_address_in_the_file():
    urls = evidence(equality_part(city()))["sources"]
    assert all(text.startswith("https://") for text in urls)
    assert "nomisweb.co.uk/datasets/c2021ts077" in urls["Sexual orientation"]


# --- real ones


def test_sums_of_sheffield_are_those_of_the_published_table(shared, tmp_path):
    """Held against the table itself, added up here; the order of the areas is made up."""
    if not shared.is_dir():
        pytest.skip("open data of Sheffield are not here")
    file = "census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv"
    boundaries = open_layer(shared / "data/boundaries/lsoa21_south_yorkshire.geojson")
    census = shared / "data/census2021" / file
    with census.open(encoding="utf-8-sig", newline="") as stream:
        published = {row["geography code"]: row for row in csv.DictReader(stream)}
    profiled = run("profilelanguage", INPUT=boundaries, TABLES=[census], OUTPUT=tmp_path / "l.gpkg")
    field = next(f.name() for f in profiled.layer.fields() if f.name().upper() == "LSOA21CD")
    codes = [row[field] for row in profiled.rows()]
    layer = make_areas(
        codes,
        sh_rank=[at + 1 for at in range(len(codes))],
        **{name: [row[name] for row in profiled.rows()] for name in (LOW, BASE)},
        lang_low_english_pct=[row["lang_low_english_pct"] for row in profiled.rows()],
    )
    row = table(languages_part(subject(layer, top="86")), "languages").frame.iloc[0]
    cannot = [name for name in next(iter(published.values())) if "Cannot speak English" in name]
    assert len(cannot) == 2
    low = [sum(int(published[code][name]) for name in cannot) for code in codes]
    assert (row["top_n"], row["all_n"]) == (sum(low[:86]), sum(low))
