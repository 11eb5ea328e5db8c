"""Small counts hidden as a step of its own, and what would tell them with them."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from qgis.core import QgsVectorLayer
from seldom_heard.layers import outputs

from .helpers import SAMPLE, lsoas, make_areas, open_layer, refused, rows_of, run

CODES = lsoas(4)
# 17 = 8 + 8 + 1: rounding alone would tell the 1
OWN = {"all": [17, 40, 0, 300], "a": [8, 20, 0, 100], "b": [8, 20, 0, 195], "c": [1, 0, 0, 5]}


def rounded(count, smallest=8):
    return None if 0 < count < smallest else 5 * math.floor(count / 5 + 0.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("suppression")


@pytest.fixture(scope="module")
def profiled(folder):
    tables = ["census2021-ts021-lsoa.csv", "census2021-ts029-lsoa.csv", "File_7_IoD2025.csv"]
    tables += ["PREVALENCE_2425.csv", "gp-reg-pat-prac-lsoa-all.csv"]
    made = run(
        "profileareas",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / name for name in tables],
        LEVEL="category",
        OUTPUT=folder / "profile.gpkg",
    )
    return run("findseldomheard", INPUT=made.results["OUTPUT"], OUTPUT=folder / "ranked.gpkg")


@pytest.fixture(scope="module")
def safe(profiled, folder):
    return run(
        "suppresscounts",
        INPUT=profiled.results["OUTPUT"],
        REPORT=folder / "report.html",
        OUTPUT=folder / "safe.gpkg",
    )


def own(*fields, areas=None, **options):
    return run(
        "suppresscounts",
        INPUT=areas or make_areas(CODES, **OWN),
        FIELDS=list(fields),
        OUTPUT="memory:",
        **options,
    )


# --- layers of ours -------------------------------------------------------------------------------


def test_every_count_is_rounded_or_hidden_and_small_ones_all_are(profiled, safe):
    hidden_more = 0
    for before, after in zip(profiled.rows(), safe.rows()):
        for name, count in before.items():
            if name.startswith(("eth_", "lang_", "prev_")) and name.endswith(("_n", "_total")):
                assert after[name] in (None, rounded(count)), name
                hidden_more += after[name] is None and rounded(count) is not None
    assert safe.results["MORE"] == hidden_more > 0
    assert safe.results["SMALL"] > 1000


def test_shares_and_limits_are_made_of_what_is_shown(safe):
    from seldom_heard.methods.proportions import wilson

    compared = 0
    for row in safe.rows():
        for name in ("eth_asian", "eth_minority", "eth_arab"):
            count, total = row[f"{name}_n"], row["eth_total"]
            if count is None:
                assert row[f"{name}_pct"] is None and row.get(f"{name}_pct_lo") is None
            else:
                assert row[f"{name}_pct"] == pytest.approx(100 * count / total)
                compared += 1
        if row["eth_minority_n"] is not None:
            low, high = wilson(row["eth_minority_n"], row["eth_total"])
            assert row["eth_minority_pct_lo"] == pytest.approx(float(low))
            assert row["eth_minority_pct_hi"] == pytest.approx(float(high))
        groups = [row[f"eth_{g}_n"] for g in ("asian", "black", "mixed", "white", "other")]
        if None in groups:
            assert row["eth_diversity"] is None and row["eth_largest"] is None
        else:
            whole = sum(groups)
            made = 1 - sum((group / whole) ** 2 for group in groups)
            assert row["eth_diversity"] == pytest.approx(made)
    assert compared > 300


def test_a_base_that_is_only_told_by_shares_is_rounded_too(profiled, safe):
    seen = 0
    for before, after in zip(profiled.rows(), safe.rows()):
        if after["prev_dm_n"]:
            base = 5 * math.floor(before["prev_dm_n"] / before["prev_dm_pct"] * 20 + 0.5)
            assert after["prev_dm_pct"] == pytest.approx(100 * after["prev_dm_n"] / base)
            seen += 1
    assert seen > 300


def test_same_as_hidden_while_profiling(folder, safe):
    """The two ways to the same layer hide and show the same."""
    made = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        LEVEL="category",
        SUPPRESSION="nhs",
        OUTPUT="memory:",
    )
    for one, other in zip(made.rows(), safe.rows()):
        mine = {name: cell for name, cell in one.items() if name.startswith("eth_")}
        assert mine == pytest.approx({name: other[name] for name in mine}, nan_ok=True)


def test_ranks_of_deprivation_stay_and_reasons_in_words_go(profiled, safe):
    for before, after in zip(profiled.rows(), safe.rows()):
        for name in ("dep_imd_rank", "dep_imd_score", "sh_tier", "sh_flag", "prev_coverage_pct"):
            assert after[name] == before[name]
    assert {row["sh_reasons"] for row in safe.rows()} == {None}
    assert any(row["sh_reasons"] for row in profiled.rows())
    assert "sh_reasons" in safe.log.text


def possible_by_order(rows, order, count, base, limit=8):
    """Return how many numbers each hidden count can be, for who knows the order of the shares.

    A share is not below that of any area before it, and not above that of any area after it.
    """
    rows = sorted((row for row in rows if row[order] is not None), key=lambda row: row[order])
    sizes = [(row[base] - 2, row[base] + 2) for row in rows]
    shown = [row[count] for row in rows]
    ranges = [
        (1, limit - 1) if n is None else (n and max(n - 2, limit), n and n + 2) for n in shown
    ]
    for _ in range(3):
        least, most = 0.0, math.inf
        for at, (few, many) in enumerate(sizes):
            low, high = ranges[at]
            ranges[at] = max(low, math.ceil(least * few - 1e-9)), high
            least = max(least, ranges[at][0] / many)
        for at, (few, many) in reversed(list(enumerate(sizes))):
            low, high = ranges[at]
            ranges[at] = low, min(high, math.floor(most * many + 1e-9) if most < math.inf else high)
            most = min(most, ranges[at][1] / few)
    return [high - low + 1 for (low, high), n in zip(ranges, shown) if n is None]


def test_the_order_of_a_ranking_does_not_tell_hidden_counts(tmp_path):
    """Shares of limited English in 60 areas of near one size, one more person in each tenth."""
    codes = lsoas(60)
    low = [at // 6 for at in range(60)]
    areas = make_areas(
        codes,
        lang_total=[1500 + at % 6 for at in range(60)],
        lang_low_english_n=low,
        sh_barriers=[(at + 0.5) / 60 for at in range(60)],
        sh_score=[(at + 0.5) / 60 for at in range(60)],
        sh_rank=list(range(60, 0, -1)),
        sh_tier=["robust"] * 60,
    )
    true = [
        {**row, "lang_low_english_n": protected}
        for row, protected in zip(rows_of(areas), [rounded(n) for n in low])
    ]
    told = possible_by_order(true, "sh_barriers", "lang_low_english_n", "lang_total")
    assert min(told) < 5, "who has the order has the counts"
    made = run("suppresscounts", INPUT=areas, OUTPUT=tmp_path / "safe.gpkg")
    names = ("sh_barriers", "sh_score", "sh_rank")
    assert {row[name] for row in made.rows() for name in names} == {None}
    assert {row["sh_tier"] for row in made.rows()} == {"robust"}
    assert "findseldomheard" in made.log.text
    kept, _ = outputs.inherited(open_layer(made.results["OUTPUT"]))
    assert not any(name in one["fields"] for one in kept["sources"] for name in names)


def test_a_ranking_stays_where_nothing_is_hidden():
    areas = make_areas(CODES, a=[8, 20, 0, 100], sh_score=[0.1, 0.2, 0.3, 0.4])
    assert [row["sh_score"] for row in own("a", areas=areas).rows()] == [0.1, 0.2, 0.3, 0.4]


def test_a_comparison_does_not_tell_the_count_that_was_compared(tmp_path):
    areas = make_areas(CODES, **OWN)
    compared = {"INPUT": areas, "COUNT_FIELD": "c", "BASE_FIELD": "all"}
    out = run("comparebenchmark", **compared, OUTPUT=tmp_path / "compared.gpkg")
    assert out.rows()[3]["bench_value"] == pytest.approx(100 * 5 / 300)
    hidden = {"FIELDS": ["a", "b", "c"], "TOTAL_FIELD": "all"}
    made = run("suppresscounts", INPUT=out.results["OUTPUT"], **hidden, OUTPUT="memory:")
    rows = made.rows()
    assert {row[n] for row in rows for n in ("bench_value", "bench_lo", "bench_diff")} == {None}
    assert "bench_value" in made.log.text and any(row["bench_class"] for row in rows)


def test_what_is_shown_can_be_ranked(safe, folder):
    ranked = run("findseldomheard", INPUT=safe.results["OUTPUT"], OUTPUT=folder / "again.gpkg")
    assert any(row["sh_score"] is not None for row in ranked.rows())
    for row in ranked.rows():
        if row["lang_low_english_pct"] is None:
            assert row["sh_barriers"] is None and row["sh_score"] is None


def test_no_field_is_lost_and_styles_and_titles_survive(profiled, safe):
    before, after = profiled.layer, open_layer(safe.results["OUTPUT"])
    names = [field.name() for field in after.fields()]
    assert sorted(names) == sorted(field.name() for field in before.fields())
    numbers = after.listStylesInDatabase()[0]
    assert numbers >= 4, "ranking, ethnicity, deprivation, language, prevalence"
    after.loadDefaultStyle()
    assert after.renderer().type() != "singleSymbol"
    _, titles = outputs.inherited(after)
    assert titles["eth_asian_n"].startswith("Asian")


def test_the_rule_is_kept_with_the_figures(safe):
    kept, _ = outputs.inherited(open_layer(safe.results["OUTPUT"]))
    rules = {field: one["suppression"] for one in kept["sources"] for field in one["fields"]}
    assert {rules["eth_asian_n"], rules["lang_total"], rules["prev_dm_pct"]} == {"nhs"}
    assert rules["dep_imd_rank"] is None, "no count"
    assert kept["ranking"]["method"]


def test_log_and_report_tell_numbers_and_no_places(safe):
    small, more = safe.results["SMALL"], safe.results["MORE"]
    line = next(line for line in safe.log.lines if "counts of 1 to 7 hidden" in line)
    assert f"{small:,} counts" in line and f"{more:,} more" in line and "nearest 5" in line
    report = Path(safe.results["REPORT"]).read_text(encoding="utf-8")
    assert f"{small + more:,} counts" in report
    assert "E0199" not in report, "no area is named"


def test_the_page_does_not_tell_which_hidden_counts_are_small(tmp_path):
    """17 = 8 + 8 + 1, of which 10 is shown: who knows that the first is no small one has all."""
    page = tmp_path / "report.html"
    one = make_areas(CODES[:1], **{name: values[:1] for name, values in OWN.items()})
    made = own("a", "b", "c", areas=one, TOTAL_FIELD="all", REPORT=page)
    assert (made.results["SMALL"], made.results["MORE"]) == (1, 1)
    text = page.read_text(encoding="utf-8")
    assert "2 counts hidden" in text
    table = re.sub(r"<[^>]*>", " ", text.split("<table", 1)[1]).split()
    assert [table[table.index(name) + 1] for name in OWN] == ["0", "1", "0", "1"]
    assert "small" not in table


def test_protected_layer_is_refused(safe):
    message = refused("suppresscounts", INPUT=safe.results["OUTPUT"], OUTPUT="memory:")
    assert "nhs" in message and "Start from" in message


def test_shares_without_their_counts_are_emptied():
    areas = make_areas(CODES, eth_total=[100, 200, 300, 400], eth_asian_pct=[3.0, 10.0, 20.0, 50.0])
    made = own(areas=areas)
    assert [row["eth_asian_pct"] for row in made.rows()] == [None] * 4
    assert [row["eth_total"] for row in made.rows()] == [100, 200, 300, 400]
    assert "eth_asian_pct" in made.log.text


def test_a_count_chosen_brings_those_that_would_tell_it():
    columns = {"eth_total": [17], "eth_asian_n": [8], "eth_white_n": [8], "eth_black_n": [1]}
    columns |= {"eth_mixed_n": [0], "eth_other_n": [0], "lang_total": [14]}
    made = own("eth_black_n", areas=make_areas(CODES[:1], **columns))
    (row,) = made.rows()
    assert (row["eth_total"], row["eth_black_n"], row["lang_total"]) == (15, None, 14)
    assert sorted([row["eth_asian_n"] or 0, row["eth_white_n"] or 0]) == [0, 10]
    assert "eth_total" in made.log.text
    assert "lang_total" in "\n".join(made.log.warnings), "it is named as unprotected"


# --- counts of one's own --------------------------------------------------------------------------


def test_own_counts_with_their_total():
    made = own("a", "b", "c", TOTAL_FIELD="all")
    first, second, third, fourth = made.rows()
    assert [first[n] for n in ("all", "a", "b", "c")] == [15, None, 10, None]
    assert [second[n] for n in ("all", "a", "b", "c")] == [40, 20, 20, 0]
    assert [third[n] for n in ("all", "a", "b", "c")] == [0, 0, 0, 0]
    assert fourth["c"] is None
    assert (made.results["SMALL"], made.results["MORE"]) == (2, 1)


def test_without_the_total_nothing_is_known_to_add_up():
    first = own("a", "b", "c").rows()[0]
    assert [first[n] for n in ("all", "a", "b", "c")] == [17, 10, 10, None]


def test_other_rule():
    first = own("a", "b", "c", RULE="ons10").rows()[0]
    assert [first[n] for n in ("a", "b", "c")] == [None, None, None]


def test_larger_places_leave_no_single_hidden_area():
    areas = make_areas(CODES, replies=[3, 20, 30, 40], ward=["P", "P", "P", "Q"])
    assert [r["replies"] for r in own("replies", areas=areas).rows()] == [None, 20, 30, 40]
    areas = make_areas(CODES, replies=[3, 20, 30, 40], ward=["P", "P", "P", "Q"])
    made = own("replies", areas=areas, PARENT_FIELD="ward")
    assert [row["replies"] for row in made.rows()] == [None, None, 30, 40]


def test_larger_places_under_old_and_new_codes_are_one():
    places = ["E08000019", "E08000039", "E08000039", "E08000039"]
    areas = make_areas(CODES, a=[3, 200, 300, 40], place=places)
    made = own("a", areas=areas, PARENT_FIELD="place")
    assert [row["a"] for row in made.rows()] == [None, 200, 300, None]
    assert "E08000019 = E08000039" in made.log.text


def test_missing_stays_missing_and_is_not_counted():
    areas = make_areas(CODES, replies=[3, None, 0, 12])
    made = own("replies", areas=areas)
    assert [row["replies"] for row in made.rows()] == [None, None, 0, 10]
    assert made.results["SMALL"] == 1


def test_replies_take_their_ratios_with_them():
    areas = make_areas(
        CODES,
        voice_observed=[3, 20, 30, 40],
        voice_expected=[10.5, 20.5, 30.5, 40.5],
        voice_ratio=[28.6, 97.6, 98.4, 98.8],
        voice_class=["lower", "as expected", "as expected", "as expected"],
        cluster_z=[-1.5, 0.5, 0.6, 0.7],
    )
    made = own("voice_observed", areas=areas)
    for row, count in zip(made.rows(), [None, 20, 30, 40]):
        assert row["voice_observed"] == count
        assert row["voice_ratio"] is None and row["voice_expected"] is None
        assert row["cluster_z"] is None
        assert row["voice_class"] == (None if count is None else "as expected")


def test_no_word_or_mark_tells_a_range_of_hidden_replies():
    """Of 12.3 expected and phi 1.17, "as expected" begins at 6 replies: of 1 to 7 two are left."""
    told = {
        "voice_class": ["as expected"] * 4,
        "voice_wide_class": ["as expected"] * 4,
        "sh_tier": ["robust"] * 4,
        "sh_flag": [1, 0, 1, 0],
    }
    areas = make_areas(CODES, resp_total=[6, 20, 30, 40], **told)
    made = run("suppresscounts", INPUT=areas, OUTPUT="memory:")
    first, *others = made.rows()
    assert first["resp_total"] is None
    assert {name: first[name] for name in told} == dict.fromkeys(told)
    for at, row in enumerate(others, 1):
        assert {name: row[name] for name in told} == {name: told[name][at] for name in told}
    assert "Emptied where counts are hidden" in made.log.text


def test_classes_stay_where_no_reply_is_hidden():
    areas = make_areas(CODES, resp_total=[16, 20, 30, 40], sh_flag=[1, 0, 1, 0])
    made = run("suppresscounts", INPUT=areas, OUTPUT="memory:")
    assert [row["sh_flag"] for row in made.rows()] == [1, 0, 1, 0]
    assert "Emptied" not in made.log.text


def test_a_class_of_a_comparison_goes_with_a_hidden_count():
    """With 10 expected, much lower is at most 2: more than that the count is 1 to 7."""
    classes = ["much lower", "as expected", "as expected", "higher"]
    made = own("replies", areas=make_areas(CODES, replies=[2, 20, 30, 40], bench_class=classes))
    assert [row["bench_class"] for row in made.rows()] == [None, *classes[1:]]


def test_the_layer_keeps_who_made_what(folder):
    made = own("a", "b", "c", TOTAL_FIELD="all")
    kept = json.loads(made.layer.customProperty(outputs.PROVENANCE))
    assert {tuple(sorted(one["fields"])) for one in kept["sources"]} == {("a", "all", "b", "c")}
    assert kept["sources"][0]["suppression"] == "nhs"


def test_every_source_of_counts_carries_the_rule_so_that_maps_need_not_list_them(safe):
    kept = json.loads(safe.layer.customProperty(outputs.PROVENANCE))
    rules = {one["suppression"] for one in kept["sources"]}
    assert rules == {"nhs", None}, "None: ranks, and cautions about figures"


def test_look_alikes_are_named():
    areas = make_areas(CODES, **OWN, clients_n=[1, 2, 3, 4], share_pct=[0.1, 0.2, 0.3, 0.4])
    made = own("a", "b", "c", areas=areas)
    warned = "\n".join(made.log.warnings)
    assert "clients_n" in warned and "share_pct" in warned
    assert [row["clients_n"] for row in made.rows()] == [1, 2, 3, 4], "and left as they are"


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "columns", "words"),
    [
        ({}, {"x": [1, 2, 3, 4]}, ["no counts", "FIELDS"]),
        ({"FIELDS": ["eth_asian_pct"]}, {"eth_asian_pct": [1.0, 2.0, 3.0, 4.0]}, ["eth_asian_pct"]),
        ({"FIELDS": ["x"]}, {"x": [1, -2, 3, 4]}, ["x", "negative", CODES[1]]),
        ({"FIELDS": ["x"]}, {"x": ["1", "many", "3", "4"]}, ["x", "many", CODES[1]]),
        ({"TOTAL_FIELD": "x"}, {"x": [1, 2, 3, 4]}, ["TOTAL_FIELD", "FIELDS"]),
        (
            {"FIELDS": ["x", "y"], "TOTAL_FIELD": "t"},
            {"x": [9, 9, 9, 9], "y": [9, 9, 9, 9], "t": [18, 18, 90, 18]},
            ["t", "72", "5 %"],
        ),
    ],
)
def test_bad_input_is_refused_with_what_to_do(options, columns, words, tmp_path):
    into = tmp_path / "out.gpkg"
    message = refused("suppresscounts", INPUT=make_areas(CODES, **columns), OUTPUT=into, **options)
    assert [word for word in words if word not in message] == [], message
    assert not into.exists()


def test_report_needs_its_folder(tmp_path):
    message = refused(
        "suppresscounts",
        INPUT=make_areas(CODES, **OWN),
        FIELDS=["a"],
        OUTPUT="memory:",
        REPORT=tmp_path / "none" / "report.html",
    )
    assert "REPORT" in message


def test_profile_says_what_it_hid(tmp_path):
    made = run(
        "profilelanguage",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts029-lsoa.csv"],
        SUPPRESSION="ons10",
        LEVEL="category",
        OUTPUT="memory:",
    )
    assert "counts of 1 to 9 hidden" in made.log.text and "cannot be worked out" in made.log.text
    rows = rows_of(made.layer)
    told = [r for r in rows if r["lang_low_english_n"] is not None and r["lang_main_other_n"]]
    for row in told:  # a share of a count that has no field of its own
        share = 100 * row["lang_low_english_n"] / row["lang_main_other_n"]
        assert row["lang_low_english_of_other_pct"] == pytest.approx(share)
    assert len(told) > 200 and isinstance(made.layer, QgsVectorLayer)


def test_a_profile_that_hides_leaves_out_what_was_made_of_the_true_figures(profiled, tmp_path):
    made = run(
        "profilelanguage",
        INPUT=profiled.results["OUTPUT"],
        TABLES=[SAMPLE / "census2021-ts029-lsoa.csv"],
        SUPPRESSION="nhs",
        OUTPUT=tmp_path / "hidden.gpkg",
    )
    assert not [name for name in made.rows()[0] if name.startswith("sh_")]
    assert "sh_barriers" in made.log.text and "sh_reasons" in made.log.text
    assert made.rows()[0]["dep_imd_rank"]


def test_a_shapefile_says_that_it_was_protected(folder):
    layer = make_areas(CODES, **OWN)
    first = run(
        "suppresscounts",
        INPUT=layer,
        FIELDS=["a", "b", "c"],
        TOTAL_FIELD="all",
        RULE="nhs",
        OUTPUT=folder / "hidden.shp",
    )
    assert first.rows()
    message = refused(
        "suppresscounts",
        INPUT=folder / "hidden.shp",
        FIELDS=["a", "b", "c"],
        TOTAL_FIELD="all",
        RULE="nhs",
        OUTPUT="memory:",
    )
    assert "Protected before by nhs" in message


def test_patients_may_be_more_than_residents():
    ratio = [180.6, 0.8, 90.0, 90.0]  # of 500 residents, and of 1,000
    areas = make_areas(CODES, prev_registered_n=[903, 4, 900, 900], prev_registered_ratio=ratio)
    rows = run("suppresscounts", INPUT=areas, RULE="nhs", OUTPUT="memory:").rows()
    assert rows[0]["prev_registered_n"] == 905
    assert rows[0]["prev_registered_ratio"] == pytest.approx(100 * 905 / 500)
    assert rows[1]["prev_registered_n"] is None and rows[1]["prev_registered_ratio"] is None


def test_sources_name_the_fields_of_a_shapefile_as_it_cut_them(folder):
    counts = {"people_replied": [1, 20, 30, 40]}
    first = run(
        "suppresscounts",
        INPUT=make_areas(CODES, **counts),
        FIELDS=[*counts],
        OUTPUT=folder / "cut.shp",
    )
    (cut,) = [name for name in first.rows()[0] if name.startswith("people")]
    assert len(cut) == 10
    told, _ = outputs.inherited(open_layer(folder / "cut.shp"))
    assert [source["fields"] for source in told["sources"]] == [[cut]]
