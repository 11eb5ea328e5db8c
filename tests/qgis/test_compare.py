"""Areas against a benchmark: known answers, honest NULLs, pictures that say the same in words."""

from __future__ import annotations

import html
import importlib.util
import json
import re

import pandas as pd
import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject
from qgis.PyQt.QtCore import QVariant

from .helpers import Log, lsoas, make_areas, open_layer, refused, run, save_layer

LIMITS = ("bench_lo", "bench_hi", "bench_lo998", "bench_hi998")
DIFFERENCES = ("bench_diff", "bench_diff_lo", "bench_diff_hi")
WORDS = {
    "High (0.001)": "much higher",
    "High (0.025)": "higher",
    "Not significant": "as expected",
    "Low (0.025)": "lower",
    "Low (0.001)": "much lower",
}


def areas(cases, people, **more):
    return make_areas(lsoas(len(cases)), cases=cases, people=people, **more)


def compared(layer, **more):
    options = {"COUNT_FIELD": "cases", "BASE_FIELD": "people", "OUTPUT": "memory:", **more}
    return run("comparebenchmark", INPUT=layer, **options)


def ask(layer, **more):
    options = {"COUNT_FIELD": "cases", "BASE_FIELD": "people", "OUTPUT": "memory:", **more}
    return refused("comparebenchmark", INPUT=layer, **options)


def twenty(**more):
    """Twenty areas of different sizes about 10 %, and one far above and one far below."""
    people = [800 + 60 * at for at in range(20)]
    cases = [n // 10 + (at % 5 - 2) for at, n in enumerate(people)]
    cases[3], cases[17] = 300, 20
    return areas(cases, people, **more)


def words(outcome):
    return [row["bench_class"] for row in outcome.rows()]


# --- figures ----------------------------------------------------------------------------------


def test_shares_have_the_limits_of_wilson_and_the_difference_those_of_newcombe():
    """Newcombe (1998), table II: 56/70 against 48/80 is 0.2, limits 0.0524 and 0.3339."""
    other = make_areas(lsoas(2), cases=[40, 8], people=[50, 30])
    (row,) = compared(areas([56], [70]), BENCHMARK="reference", REFERENCE=other).rows()
    assert row["bench_value"] == pytest.approx(80) and row["bench_against"] == pytest.approx(60)
    assert [row[n] for n in DIFFERENCES] == pytest.approx([20, 5.24, 33.39], abs=0.005)
    # Wilson for 56 of 70, by hand: (2x + z2 -/+ z sqrt(z2 + 4x(1 - x/n))) / (2(n + z2))
    assert [row["bench_lo"], row["bench_hi"]] == pytest.approx([69.1834, 87.6953], abs=1e-4)


def test_against_a_plain_value_only_the_area_has_limits():
    """10 of 100: Wilson 5.5229 to 17.4366 %."""
    (row,) = compared(areas([10], [100]), BENCHMARK="value", VALUE=20).rows()
    assert [row["bench_lo"], row["bench_hi"]] == pytest.approx([5.5229, 17.4366], abs=1e-4)
    assert [row[n] for n in DIFFERENCES] == pytest.approx([-10, -14.4771, -2.5634], abs=1e-4)
    assert row["bench_against"] == 20
    # 20 -/+ 1.96 x 4 = 12.2 to 27.8; -/+ 3.09 x 4 = 7.6 to 32.4
    assert row["bench_class"] == "lower"


def test_classes_of_proportions_are_those_of_public_health_england(shared):
    known = pd.read_csv(shared / "reference" / "vectors" / "phe_funnel_prop_points.csv")
    layer = make_areas(
        [f"A{at:04}" for at in range(len(known))],
        cases=known["numerator"].tolist(),
        people=known["denominator"].tolist(),
    )
    outcome = compared(layer)
    assert words(outcome) == [WORDS[text] for text in known["significance"]]
    assert outcome.rows()[0]["bench_against"] == pytest.approx(80.642448, abs=5e-7)


def test_classes_of_rates_are_those_of_public_health_england(shared):
    known = pd.read_csv(shared / "reference" / "vectors" / "phe_funnel_rate_points.csv")
    known = known[known["count"] > 0]  # without events there is no derived base
    base = 100_000 * known["count"] / known["rate_crude_per_100000"]
    layer = make_areas(
        [f"A{at:04}" for at in range(len(known))],
        cases=known["count"].tolist(),
        people=base.tolist(),
    )
    answers = [WORDS[text] for text in known["crude_per_100000_without_0"]]
    assert words(compared(layer, MEASURE="rate")) == answers


def test_a_rate_has_exact_limits_below_ten_events():
    """5 events: 1.6235 to 11.6683 (Garwood)."""
    layer = areas([5, 5000], [1000, 1_000_000])
    rows = compared(layer, MEASURE="rate", PER=1000).rows()
    assert rows[0]["bench_value"] == pytest.approx(5)
    assert [rows[0]["bench_lo"], rows[0]["bench_hi"]] == pytest.approx([1.6235, 11.6683], abs=1e-4)
    assert "bench_diff" not in rows[0]
    assert compared(layer, MEASURE="rate").rows()[0]["bench_value"] == pytest.approx(500)


def test_observed_over_expected():
    """20 over 10: Byar 12.21 to 30.89 at 95 %, 8.92 to 38.3 at 99.8 %: higher, not much."""
    layer = areas([20, 10, 100], [10.0, 10.0, 110.0])
    rows = compared(layer, MEASURE="ratio", BENCHMARK="value", VALUE=100).rows()
    assert [row["bench_value"] for row in rows] == pytest.approx([200, 100, 90.909], abs=1e-3)
    assert [rows[0][n] for n in ("bench_lo", "bench_hi")] == pytest.approx([122.1, 308.9], abs=0.1)
    assert [row["bench_class"] for row in rows] == ["higher", "as expected", "as expected"]
    assert compared(layer, MEASURE="ratio").rows()[0]["bench_against"] == pytest.approx(100)


# --- benchmarks -------------------------------------------------------------------------------


def test_total_is_all_areas_together_not_the_mean_of_their_shares():
    rows = compared(areas([10, 300], [100, 1000])).rows()
    assert [row["bench_against"] for row in rows] == pytest.approx([100 * 310 / 1100] * 2)


def test_group_is_the_areas_that_an_expression_picks():
    layer = areas([10, 300, 50], [100, 1000, 100], kind=["a", "b", "a"])
    outcome = compared(layer, BENCHMARK="group", GROUP="kind = 'a'")
    assert [row["bench_against"] for row in outcome.rows()] == pytest.approx([30] * 3)
    assert "2 areas together" in alias(outcome, "bench_class")


def test_group_of_a_reference_layer_is_picked_there():
    other = make_areas(lsoas(2), cases=[1, 9], people=[10, 10], kind=["a", "b"])
    layer = areas([10], [100])
    outcome = compared(layer, BENCHMARK="group", REFERENCE=other, GROUP="\"kind\" = 'b'")
    assert outcome.rows()[0]["bench_against"] == pytest.approx(90)


def test_group_respects_the_selection():
    layer = areas([10, 300, 50], [100, 1000, 100], kind=["a", "a", "a"])
    project = QgsProject()
    project.addMapLayer(layer)
    layer.selectByIds([f.id() for f in layer.getFeatures()][1:])
    part = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    rows = compared(part, project=project, BENCHMARK="group", GROUP="kind = 'a'").rows()
    assert [row["bench_against"] for row in rows] == pytest.approx([100 * 350 / 1100] * 2)


def test_fields_of_the_reference_may_be_called_otherwise():
    other = make_areas(lsoas(1), ill=[30], everyone=[100])
    options = {"REFERENCE_COUNT_FIELD": "ill", "REFERENCE_BASE_FIELD": "everyone"}
    layer = areas([10], [100])
    (row,) = compared(layer, BENCHMARK="reference", REFERENCE=other, **options).rows()
    assert row["bench_against"] == pytest.approx(30)
    assert "cases" in ask(layer, BENCHMARK="reference", REFERENCE=other)


def test_parent_is_each_areas_own_larger_place():
    layer = areas([10, 30, 7, 5], [100, 100, 100, 50], place=["P", "P", "Q", None])
    outcome = compared(layer, BENCHMARK="parent", PARENT_FIELD="place")
    rows = outcome.rows()
    assert [row["bench_against"] for row in rows] == [20, 20, 7, None]
    # Q is one area alone, the last has no place: neither can be compared
    assert [row["bench_class"] for row in rows] == ["lower", "higher", None, None]
    assert [row["bench_diff"] for row in rows] == [
        pytest.approx(-10),
        pytest.approx(10),
        None,
        None,
    ]
    assert "cannot be compared with itself" in outcome.log.text and lsoas(3)[2] in outcome.log.text


def test_one_area_alone_is_not_compared_with_itself():
    (row,) = compared(areas([10], [100])).rows()
    assert (row["bench_value"], row["bench_class"], row["bench_diff"]) == (10, None, None)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"BENCHMARK": "value"}, "VALUE"),
        ({"BENCHMARK": "value", "VALUE": 130}, "VALUE"),
        ({"BENCHMARK": "value", "VALUE": 0}, "VALUE"),
        ({"BENCHMARK": "group"}, "GROUP"),
        ({"BENCHMARK": "group", "GROUP": "nowhere = 1"}, "nowhere"),
        ({"BENCHMARK": "group", "GROUP": "cases = = 1"}, "GROUP"),
        ({"BENCHMARK": "group", "GROUP": "cases > 99999"}, "picks no area"),
        ({"BENCHMARK": "parent"}, "PARENT_FIELD"),
        ({"BENCHMARK": "reference"}, "REFERENCE"),
        ({"BASE_FIELD": None}, "BASE_FIELD"),
        ({"BASE_FIELD": None, "MEASURE": "ratio"}, "expected"),
    ],
)
def test_what_a_benchmark_needs_is_asked_for(tmp_path, options, named):
    target = tmp_path / "out.gpkg"
    message = ask(twenty(), **{**options, "OUTPUT": target})
    assert named in message
    assert not target.exists()


def test_what_is_not_used_is_said():
    assert "VALUE is not used" in compared(twenty(), VALUE=3).log.text


# --- the base is found ------------------------------------------------------------------------


def test_base_of_a_known_figure_is_found():
    layer = make_areas(
        lsoas(3),
        lang_low_english_n=[10, 20, 30],
        lang_total=[100, 100, 100],
        lang_low_english_pct=[10.0, 20.0, 30.0],
    )
    outcome = run(
        "comparebenchmark", INPUT=layer, COUNT_FIELD="lang_low_english_n", OUTPUT="memory:"
    )
    assert [row["bench_value"] for row in outcome.rows()] == pytest.approx([10, 20, 30])
    assert "part of lang_total" in outcome.log.text
    message = refused(
        "comparebenchmark", INPUT=layer, COUNT_FIELD="lang_low_english_pct", OUTPUT="memory:"
    )
    assert "percentage" in message and "lang_low_english_n" in message


def test_base_of_a_count_that_two_shares_are_made_of_is_that_of_its_own():
    layer = make_areas(
        lsoas(3),
        lang_low_english_n=[10, 20, 30],
        lang_total=[100, 100, 100],
        lang_main_other_n=[40, 40, 40],
        lang_low_english_of_other_pct=[25.0, 50.0, 75.0],
        lang_low_english_pct=[10.0, 20.0, 30.0],
    )
    outcome = run(
        "comparebenchmark", INPUT=layer, COUNT_FIELD="lang_low_english_n", OUTPUT="memory:"
    )
    assert [row["bench_value"] for row in outcome.rows()] == pytest.approx([10, 20, 30])


@pytest.mark.parametrize(("rule", "kept"), [("none", True), ("nhs", False)])
def test_ranks_made_of_counts_that_are_hidden_are_left_out(rule, kept):
    layer = make_areas(
        lsoas(3),
        lang_low_english_n=[3, 20, 30],
        lang_total=[100, 100, 100],
        sh_barriers=[0.0, 0.5, 1.0],
        sh_reasons=["3.0 %", "20.0 %", "30.0 %"],
    )
    outcome = run(
        "comparebenchmark",
        INPUT=layer,
        COUNT_FIELD="lang_low_english_n",
        BASE_FIELD="lang_total",
        SUPPRESSION=rule,
        OUTPUT="memory:",
    )
    made = {name for name in outcome.rows()[0] if name.startswith("sh_")}
    assert made == ({"sh_barriers", "sh_reasons"} if kept else set())
    assert ("sh_barriers" in outcome.log.text) != kept


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "people", "named"),
    [
        ([10, 120], [100, 100], "above"),
        ([10, -1], [100, 100], "negative"),
        ([10, 5], [100, -100], "negative"),
        (["10", "five"], [100, 100], "no number"),
        ([0, 0], [100, 100], "Nobody"),
        ([None, None], [100, 100], "count and a base"),
    ],
)
def test_bad_counts_name_field_and_area(tmp_path, cases, people, named):
    target = tmp_path / "out.gpkg"
    message = ask(areas(cases, people), OUTPUT=target)
    assert named in message
    if named in ("above", "negative", "no number"):
        assert lsoas(2)[1] in message and ("cases" in message or "people" in message)
        assert lsoas(2)[0] not in message
    assert not target.exists()


def test_a_count_may_be_above_its_base_in_a_rate():
    rows = compared(areas([120, 80], [100, 100]), MEASURE="rate", PER=1).rows()
    assert rows[0]["bench_value"] == pytest.approx(1.2)


def test_missing_stays_missing_and_is_not_in_the_benchmark():
    layer = areas([10, None, 5, 20], [100, 100, None, 100], note=["", "", "", ""])
    outcome = compared(layer)
    rows = outcome.rows()
    assert [row["bench_value"] for row in rows] == [10, None, None, 20]
    for row in rows[1:3]:
        assert {row[n] for n in (*LIMITS, *DIFFERENCES, "bench_class")} == {None}
    assert rows[0]["bench_against"] == pytest.approx(15)
    assert "2 areas lack" in outcome.log.text


def test_nobody_lives_there():
    rows = compared(areas([10, 0, 20], [100, 0, 100])).rows()
    assert rows[1]["bench_value"] is None and rows[1]["bench_class"] is None
    assert rows[0]["bench_against"] == pytest.approx(15)


def test_earlier_comparison_is_replaced():
    first = compared(twenty())
    again = compared(first.layer, BENCHMARK="value", VALUE=20)
    names = [field.name() for field in again.layer.fields()]
    assert len(names) == len(set(names)) and names.count("bench_class") == 1


# --- small counts -----------------------------------------------------------------------------


def test_shares_whose_base_no_field_holds_are_made_anew_not_emptied():
    """61 of 1,220, 5 %: shown as 60 of 1,220; the share of a hidden count is hidden with it."""
    cases, people = [120, 110, 90, 100], [1000, 1000, 1000, 1000]
    disease = {"prev_dm_n": [41.0, 61.0, 5.0, 80.0], "prev_dm_pct": [5.0, 5.0, 0.5, 8.0]}
    rows = compared(areas(cases, people, **disease), SUPPRESSION="nhs").rows()
    assert [row["prev_dm_n"] for row in rows] == [None, 60, None, 80], "one more, beside the sum"
    assert rows[1]["prev_dm_pct"] == pytest.approx(100 * 60 / 1220)
    assert rows[2]["prev_dm_pct"] is None and "(base) prev_dm_pct" not in rows[0]


def test_counts_are_protected_before_they_are_compared():
    cases, people = [3, 4, 52, 48, 61], [1003, 998, 1001, 1004, 997]
    outcome = compared(areas(cases, people), SUPPRESSION="nhs")
    rows = outcome.rows()
    assert [row["cases"] for row in rows] == [None, None, 50, 50, 60]
    assert [row["people"] for row in rows] == [1005, 1000, 1000, 1005, 995]
    assert [row["bench_value"] for row in rows[:2]] == [None, None]
    assert rows[2]["bench_value"] == pytest.approx(5)
    # all areas together, 168 of 5,003, as it may be shown: 170 of 5,005
    assert rows[2]["bench_against"] == pytest.approx(100 * 170 / 5005)
    assert kept(outcome)["sources"][0]["suppression"] == "nhs"


def test_one_hidden_count_is_not_got_back_from_the_benchmark():
    rows = compared(areas([3, 52, 48, 61], [1003, 998, 1001, 997]), SUPPRESSION="nhs").rows()
    hidden = [row["cases"] for row in rows].count(None)
    assert hidden >= 2 and rows[0]["cases"] is None


def test_figures_beside_it_do_not_tell_what_is_hidden():
    layer = make_areas(
        lsoas(4),
        lang_low_english_n=[3, 5, 60, 70],
        lang_low_english_pct=[0.3, 0.5, 6.0, 7.0],
        lang_total=[1000, 1000, 1000, 1000],
    )
    rows = run(
        "comparebenchmark",
        INPUT=layer,
        COUNT_FIELD="lang_low_english_n",
        SUPPRESSION="ons10",
        OUTPUT="memory:",
    ).rows()
    assert [row["lang_low_english_pct"] for row in rows] == [None, None, 6.0, 7.0]


def test_too_few_in_all_are_refused():
    assert "too few" in ask(areas([1, 2], [100, 100]), SUPPRESSION="nhs")


# --- what goes with the layer -----------------------------------------------------------------


def alias(outcome, name):
    return outcome.layer.attributeAlias(outcome.layer.fields().indexOf(name))


def kept(outcome):
    return json.loads(outcome.layer.customProperty("seldom_heard/provenance"))


def test_style_aliases_and_source_travel_with_the_file(tmp_path):
    compared(twenty(), OUTPUT=tmp_path / "out.gpkg")
    fresh = open_layer(tmp_path / "out.gpkg")
    fresh.loadDefaultStyle()
    labels = [item.label() for item in fresh.renderer().legendSymbolItems()]
    assert any("Much higher than the benchmark" in label for label in labels)
    assert any(label.startswith("Not compared") for label in labels)
    assert labels[0] == "cases: each area against all 20 areas together", "what is shown"
    told = fresh.attributeAlias(fresh.fields().indexOf("bench_value"))
    assert told == "cases, % of people"
    assert "good nor bad" in fresh.customProperty("seldom_heard/provenance")


def test_numbers_of_areas_come_out():
    outcome = compared(twenty())
    assert (outcome.results["HIGHER"], outcome.results["LOWER"]) == (1, 1)
    assert "By chance alone about 1.0 of 20 areas" in outcome.log.text


# --- pictures and the page --------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("funnel")
    outcome = compared(
        twenty(name=[f"Place {at}" for at in range(20)]),
        NAME_FIELD="name",
        OUTPUT=folder / "out.gpkg",
        REPORT=folder / "report.html",
        PLOT=folder / "funnel.svg",
    )
    return outcome, folder


def test_page_tells_it_in_words(page):
    _, folder = page
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in text
    plain = html.unescape(re.sub("<[^>]*>", " ", text))
    assert "of 20 areas that could be compared, 1 are much higher and 1 much lower" in plain
    assert "Place 3" in plain and "Place 17" in plain
    assert "(5 in 100)" in plain and "2 in 1,000" in plain and "phi" in plain
    assert "good nor bad" in plain and "contains the areas" in plain
    (words_for,) = re.findall('alt="([^"]*)"', text)
    assert "The highest is Place 3 with 30.6 %" in html.unescape(words_for), "300 of 980"


def test_texts_of_a_drawing_stay_texts(page):
    _, folder = page
    text = (folder / "funnel.svg").read_text(encoding="utf-8")
    shown = re.findall("<text[^>]*>([^<]*)</text>", text)
    assert "Much higher: 1" in shown and "Place 3" in shown
    assert "Share (%)" in shown
    assert any("1,000" in tick for tick in shown), "thousands are separated"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_figures_make_the_same_picture(tmp_path, ending):
    pictures = []
    for number in range(2):
        path = tmp_path / f"{number}.{ending}"
        compared(twenty(), PLOT=path)
        pictures.append(path.read_bytes())
    assert pictures[0] == pictures[1]
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert pictures[0].startswith(start)


def test_larger_places_have_a_panel_each(tmp_path):
    path = tmp_path / "funnel.svg"
    layer = twenty(place=["Eastham" if at % 2 else "Westham" for at in range(20)])
    compared(layer, BENCHMARK="parent", PARENT_FIELD="place", PLOT=path)
    text = path.read_text(encoding="utf-8")
    assert ">Eastham<" in text and ">Westham<" in text


def test_a_plot_of_another_kind_is_refused(tmp_path):
    target = tmp_path / "out.gpkg"
    message = ask(twenty(), PLOT=tmp_path / "funnel.jpg", OUTPUT=target)
    assert "funnel.jpg" in message and ".png" in message
    assert not target.exists()


def test_a_folder_that_is_not_there_is_named_first(tmp_path):
    target = tmp_path / "out.gpkg"
    message = ask(twenty(), REPORT=tmp_path / "gone" / "report.html", OUTPUT=target)
    assert "gone" in message and not target.exists()


@pytest.fixture
def no_matplotlib(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, *a: None if n == "matplotlib" else real(n, *a)
    )


def test_without_matplotlib_a_plot_is_refused_before_anything_is_written(tmp_path, no_matplotlib):
    target = tmp_path / "out.gpkg"
    message = ask(twenty(), PLOT=tmp_path / "funnel.png", OUTPUT=target)
    assert "matplotlib" in message and "python3-matplotlib" in message
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_page_has_the_words_alone(tmp_path, no_matplotlib):
    outcome = compared(twenty(), REPORT=tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<img" not in text and "python3-matplotlib" in text and "A funnel plot of 20" in text
    assert words(outcome)[3] == "much higher"


def test_a_page_of_hostile_names_is_escaped(tmp_path):
    layer = twenty(name=["<script>x</script>"] * 20)
    compared(layer, NAME_FIELD="name", REPORT=tmp_path / "r.html", PLOT=tmp_path / "f.svg")
    assert "<script>" not in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>" not in (tmp_path / "f.svg").read_text(encoding="utf-8")


def test_cancel_writes_nothing(tmp_path):
    log = Log(lambda what: "Areas:" in str(what))
    done = run(
        "comparebenchmark",
        log,
        INPUT=twenty(),
        COUNT_FIELD="cases",
        BASE_FIELD="people",
        OUTPUT=tmp_path / "out.gpkg",
        PLOT=tmp_path / "f.png",
    )
    assert not done.results.get("OUTPUT")
    assert not list(tmp_path.iterdir())


# --- what a doubting reader found -------------------------------------------------------------


def hidden_in(outcome):
    return [row["cases"] for row in outcome.rows()].count(None)


def test_a_place_with_an_unknown_count_gives_no_hidden_count_away():
    """The place's 55 less 20 and 30 would be the hidden 5, whatever the fourth area is."""
    layer = areas([20, 30, 5, None], [500] * 4, place=["A"] * 4)
    outcome = compared(layer, BENCHMARK="parent", PARENT_FIELD="place", SUPPRESSION="nhs")
    assert hidden_in(outcome) == 3, "the small one, another, and the unknown"


@pytest.mark.parametrize("options", [{}, {"BENCHMARK": "group", "GROUP": "cases > 0"}])
def test_a_reference_of_the_same_areas_gives_no_hidden_count_away(options):
    layer = areas([20, 30, 5, 40], [500] * 4)
    asked = {"BENCHMARK": "reference", "REFERENCE": layer, "SUPPRESSION": "nhs", **options}
    assert hidden_in(compared(layer, **asked)) == 2


def test_a_reference_that_the_areas_make_up_gives_no_hidden_count_away():
    whole = make_areas(["E08000016"], cases=[95], people=[2000])
    asked = {"BENCHMARK": "reference", "REFERENCE": whole, "SUPPRESSION": "nhs"}
    assert hidden_in(compared(areas([20, 30, 5, 40], [500] * 4), **asked)) == 2


def test_a_hidden_base_leaves_no_figure():
    rows = compared(
        areas([20, 30, 12, 40, 3], [15, 30, 6, 41, 5]), MEASURE="rate", SUPPRESSION="nhs"
    ).rows()
    assert rows[2]["people"] is None and rows[2]["bench_value"] is None
    assert rows[3]["bench_value"] is not None


def test_an_expression_over_whole_features_picks_a_group():
    expression = "attribute($currentfeature, 'cases') > 200"
    outcome = compared(twenty(), BENCHMARK="group", GROUP=expression)
    assert outcome.rows()[0]["bench_against"] == pytest.approx(100 * 300 / 980)


def test_a_mistake_in_an_expression_is_named():
    message = ask(twenty(), BENCHMARK="group", GROUP="no_such_function(1)")
    assert "no_such_function" in message or "Function" in message


def test_an_earlier_comparison_in_a_shapefile_is_replaced(tmp_path):
    compared(twenty(), OUTPUT=tmp_path / "first.shp")
    again = compared(open_layer(tmp_path / "first.shp"), OUTPUT=tmp_path / "second.shp")
    names = [field.name() for field in again.layer.fields() if field.name().startswith("bench")]
    assert len(names) == 10, names


def test_own_fields_that_begin_alike_are_kept():
    layer = make_areas(lsoas(2), bench_n=[20, 30], people=[500, 500], bench_lo=[1, 2])
    row = compared(layer, COUNT_FIELD="bench_n").rows()[0]
    assert row["bench_n"] == 20 and row["bench_lo"] == pytest.approx(2.604, abs=1e-3)


@pytest.mark.parametrize("output", ["REPORT", "PLOT"])
def test_a_folder_in_place_of_a_file_is_named_before_anything_is_written(tmp_path, output):
    folder = tmp_path / "taken.png"
    folder.mkdir()
    message = ask(twenty(), OUTPUT=tmp_path / "out.gpkg", **{output: folder})
    assert "taken.png" in message and [p.name for p in tmp_path.iterdir()] == ["taken.png"]


def words_of(path):
    return html.unescape(re.sub("<[^>]*>", " ", path.read_text(encoding="utf-8")))


def test_areas_without_a_code_have_a_name_in_the_report(tmp_path):
    layer = make_areas([*lsoas(2), None], cases=[500, 10, 900], people=[1000] * 3)
    compared(layer, REPORT=tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "(nan)" not in text and "an area without a code" in text
    assert "highest is an area without a code" in html.unescape(text)


def test_page_says_what_phi_is_by_chance_and_where_it_tells_little(tmp_path):
    """Drawn in at a tenth: 0.8 - 2 x 1.2816 x 0.1755 + 0.2 x 1.2816^2 = 0.68, not 1."""
    compared(areas([10, 11, 9], [100, 100, 100]), REPORT=tmp_path / "few.html")
    text = words_of(tmp_path / "few.html")
    assert "By chance alone it would be about 0.7" in text and "fewer than 20 areas" in text
    compared(twenty(), REPORT=tmp_path / "many.html")
    assert "fewer than 20 areas" not in words_of(tmp_path / "many.html")


def test_page_claims_no_more_than_the_limits_say(tmp_path):
    compared(areas([10, 11, 9], [100, 100, 100]), REPORT=tmp_path / "r.html")
    text = words_of(tmp_path / "r.html")
    assert "beyond what chance explains" not in text and "outside the 99.8 % limits" in text
    compared(areas([30, 31, 29], [100, 100, 100]), REPORT=tmp_path / "n.html", SUPPRESSION="nhs")
    text = words_of(tmp_path / "n.html")
    assert "lower areas are more than" not in text and "mostly means a low figure" in text


def test_households_are_not_called_people(tmp_path):
    layer = make_areas(lsoas(3), dep_hh_any_n=[40, 50, 60], dep_hh_total=[100, 100, 100])
    plot = tmp_path / "f.svg"
    compared(layer, COUNT_FIELD="dep_hh_any_n", BASE_FIELD="dep_hh_total", PLOT=plot)
    drawing = plot.read_text(encoding="utf-8")
    assert "Base: All households" in drawing and "People" not in drawing


def test_a_value_is_printed_as_it_was_given(tmp_path):
    compared(twenty(), BENCHMARK="value", VALUE=9.875, REPORT=tmp_path / "r.html")
    assert "the value 9.875 %" in words_of(tmp_path / "r.html")


def test_the_log_does_not_call_a_count_of_0_missing():
    log = compared(areas([0, 9, None], [100, 100, 100])).log.text
    assert "1 areas have no figure" in log and "missing or 0" not in log


def test_words_tell_of_the_areas_in_the_picture_alone(tmp_path):
    """Six places have a panel; the seventh, with the highest share, has none."""
    places = [f"P{at // 3}" for at in range(21)]
    cases = [10, 11, 9] * 6 + [60, 10, None]
    compared(
        areas(cases, [100] * 21, place=places),
        BENCHMARK="parent",
        PARENT_FIELD="place",
        REPORT=tmp_path / "r.html",
    )
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    (told,) = re.findall('alt="([^"]*)"', text)
    assert "A funnel plot of 18 areas" in told and "above the 99.8 % limit lie 0" in told.lower()
    assert "with 11.0 %" in told and "1 are much higher" in words_of(tmp_path / "r.html")


def test_only_benchmarks_that_an_area_is_held_against_are_told(tmp_path):
    layer = areas([5, 3, 8], [50, 50, 50], place=["A", "A", "B"])
    compared(layer, BENCHMARK="parent", PARENT_FIELD="place", REPORT=tmp_path / "r.html")
    assert "16.0 %" not in words_of(tmp_path / "r.html"), "B is one area, and its own benchmark"


def test_a_page_where_nothing_could_be_compared_is_written(tmp_path):
    compared(areas([5], [10]), REPORT=tmp_path / "r.html")
    text = words_of(tmp_path / "r.html")
    assert "No area could be compared" in text and "50.0 %" in text


def test_small_numbers_expected_are_not_rounded_to_nobody(tmp_path):
    layer = areas([1, 2, 3], [0.4, 1.25, 2])
    compared(layer, MEASURE="ratio", REPORT=tmp_path / "r.html")
    (told,) = re.findall('alt="([^"]*)"', (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "grows from 0.4 to 2 " in told


def test_areas_without_a_larger_place_are_named_in_the_log():
    layer = areas([5, 3, 8], [50, 50, 50], place=["A", "A", None])
    log = compared(layer, BENCHMARK="parent", PARENT_FIELD="place").log.text
    assert "1 areas have no larger place" in log


def test_small_figures_are_not_printed_as_nothing(tmp_path):
    layer = areas([40, 1, 2, 1], [100_000] * 4)
    compared(layer, MEASURE="rate", PER=1, REPORT=tmp_path / "rate.html")
    assert "0.00011" in words_of(tmp_path / "rate.html"), "44 of 400,000"
    compared(layer, REPORT=tmp_path / "share.html")
    text = words_of(tmp_path / "share.html")
    assert "0.040 %" in text and "+0.029 (" in text, "0.040 less 0.011 %"


def test_people_over_households_are_named_in_the_log():
    layer = make_areas(
        lsoas(2),
        lang_low_english_n=[10, 20],
        lang_total=[100, 100],
        lang_low_english_pct=[10.0, 20.0],
        dep_hh_total=[60, 70],
    )
    asked = {"COUNT_FIELD": "lang_low_english_n"}
    odd = compared(layer, **asked, BASE_FIELD="dep_hh_total").log.text
    assert "not known as a part of dep_hh_total (All households)" in odd
    assert "not known as" not in compared(layer, **asked, BASE_FIELD="lang_total").log.text
    ratio = compared(layer, **asked, BASE_FIELD="dep_hh_total", MEASURE="ratio")
    assert "not known as" not in ratio.log.text


def test_numbers_kept_as_text_are_named_when_they_go_through_a_rule():
    layer = areas(
        ["3", "52", "61"],
        ["1,003", "1001", "997"],
        copied=["3", "52", "1,061"],
        name=["Ash", "Beck", "7"],
    )
    log = compared(layer, SUPPRESSION="nhs").log.text
    assert "go through as they are: copied." in log


# --- what a reader of the code found ----------------------------------------------------------


def said_to_hold(layer, *titles):
    """Let a layer say that its figures are of some tables, as this plugin's layers do."""
    sources = [{"title": title, "attribution": "", "fields": []} for title in titles]
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": sources}))
    return layer


def test_figures_added_after_the_layer_was_made_are_protected_too():
    layer = areas(
        [3, 4, 52, 48, 61],
        [1000] * 5,
        eth_total=[1000] * 5,
        lang_low_english_n=[2, 5, 60, 70, 80],
        lang_low_english_pct=[0.2, 0.5, 6.0, 7.0, 8.0],
        lang_total=[1000] * 5,
    )
    outcome = compared(said_to_hold(layer, "Ethnic group (TS021), Census 2021"), SUPPRESSION="nhs")
    rows = outcome.rows()
    assert [row["lang_low_english_n"] for row in rows] == [None, None, 60, 70, 80]
    assert [row["lang_low_english_pct"] for row in rows][:2] == [None, None]


def test_numbers_that_go_through_a_rule_are_a_warning_and_keys_are_none(tmp_path):
    layer = areas(
        [3, 4, 52, 48, 61],
        [1000] * 5,
        patients=[3, 4, 52, 48, 61],
        marked=["*", "4", "52", "48", "61"],
        BNG_E=[430_000] * 5,
        change=[-1.5, 2.0, 3.0, 0.5, 1.0],
        bench_lo=[1.0] * 5,
    )
    path = save_layer(layer, tmp_path / "areas.gpkg")
    warned = compared(open_layer(path), SUPPRESSION="nhs").log.warnings
    assert [w for w in warned if "go through as they are: patients, marked." in w], warned
    assert not compared(open_layer(path)).log.warnings


def test_protected_fields_keep_the_order_of_the_layer():
    layer = make_areas(
        lsoas(5),
        lang_total=[1000] * 5,
        cases=[3, 4, 52, 48, 61],
        lang_low_english_n=[2, 5, 60, 70, 80],
        people=[1000] * 5,
        lang_low_english_pct=[0.2, 0.5, 6.0, 7.0, 8.0],
    )
    order = [field.name() for field in layer.fields()]
    outcome = compared(layer, SUPPRESSION="nhs")
    assert [f.name() for f in outcome.layer.fields() if f.name() in order] == order


DOLLARS = "$area > 1 and $id < 9"
PRICED = "Mill $a\\b$ Yard"  # which would be a formula, and a wrong one


def shown_in(path):
    text = path.read_text(encoding="utf-8")
    return [html.unescape(found) for found in re.findall("<text[^>]*>([^<]*)</text>", text)]


def test_dollars_in_names_and_expressions_are_drawn_as_they_are(tmp_path):
    layer = twenty(name=[f"{PRICED} {at}" for at in range(20)], place=["$x$", "$\\y$"] * 10)
    plot = tmp_path / "funnel.svg"
    asked = {"NAME_FIELD": "name", "PLOT": plot, "REPORT": tmp_path / "r.html"}
    compared(layer, BENCHMARK="group", GROUP=DOLLARS, **asked)
    shown = shown_in(plot)
    assert f"{PRICED} 3" in shown and DOLLARS in " ".join(shown)
    compared(layer, BENCHMARK="parent", PARENT_FIELD="place", **asked)
    assert {"$x$", "$\\y$"} <= {*shown_in(plot)}


@pytest.mark.parametrize("between", [", ", ","])
def test_a_long_expression_is_cut_in_titles_and_whole_in_log_and_report(tmp_path, between):
    codes = between.join(f"'{code}'" for code in lsoas(150))
    expression = f"LSOA21CD in ({codes})"
    asked = {"PLOT": tmp_path / "f.svg", "REPORT": tmp_path / "r.html"}
    outcome = compared(twenty(), BENCHMARK="group", GROUP=expression, **asked)
    told = alias(outcome, "bench_class")
    assert "20 areas together (LSOA21CD in ('E01007317'," in told and told.endswith("…)")
    assert len(told) < 130
    assert lsoas(150)[-1] not in " ".join(shown_in(tmp_path / "f.svg"))
    assert expression in outcome.log.text and expression in words_of(tmp_path / "r.html")
    assert expression in kept(outcome)["sources"][0]["note"]


def test_title_and_source_of_a_picture_have_three_lines_at_most():
    from seldom_heard.layers import charts

    drawing = charts.drawn(gradient(title="long " * 200, source="words " * 400), ".svg")
    shown = re.findall("<text[^>]*>([^<]*)</text>", drawing.decode())
    assert sum("long" in text for text in shown) == sum("words" in text for text in shown) == 3
    assert sum(text.endswith(" …") for text in shown) == 2


def gradient(**more):
    import numpy as np
    from seldom_heard.layers import charts

    value = np.array([8.0, 6.0, 4.0])
    texts = {"title": "Title", "x_title": "Groups", "y_title": "%", **more}
    return charts.Gradient(["1", "2", "3"], np.ones(3), value, value - 1, value + 1, **texts)


def funnel(layer, folder, ending):
    path = folder / f"funnel{ending}"
    compared(layer, PLOT=path)
    return path.read_bytes()


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_picture_knows_nothing_of_the_users_settings_nor_of_the_day(tmp_path, ending):
    import matplotlib as mpl
    from seldom_heard.layers import charts

    plain = funnel(twenty(), tmp_path, ending), charts.drawn(gradient(), ending)
    odd = {
        **{"axes.facecolor": "black", "text.usetex": True, "font.size": 30, "xtick.color": "red"},
        **{"savefig.transparent": True, "savefig.bbox": "tight", "axes.grid": True},
    }
    with mpl.rc_context(odd):
        assert (funnel(twenty(), tmp_path, ending), charts.drawn(gradient(), ending)) == plain
        assert {name: mpl.rcParams[name] for name in odd} == odd, "they are the user's again"
    for word in (b"CreationDate", b"ModDate", b"dc:date", b"tIME", b"Software"):
        assert all(word not in picture for picture in plain), word


def test_pictures_drawn_at_once_are_those_drawn_in_turn():
    from concurrent.futures import ThreadPoolExecutor

    from seldom_heard.layers import charts

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: charts.drawn(gradient(), ".svg"), range(8)))
    assert set(made) == {charts.drawn(gradient(), ".svg")}


@pytest.mark.parametrize("empty", ["", " ", None, QVariant(QVariant.Double)])
def test_an_empty_value_is_none(empty):
    assert "VALUE is not used" not in compared(twenty(), VALUE=empty).log.text
    assert "give VALUE" in ask(twenty(), BENCHMARK="value", VALUE=empty)


def test_a_bad_cell_of_the_reference_is_said_to_be_there():
    layer = areas([10], [100])
    asked = {"BENCHMARK": "reference", "REFERENCE_COUNT_FIELD": "ill"}
    other = make_areas(lsoas(2), ill=["3", "many"], people=[10, 10])
    message = ask(layer, REFERENCE=other, **asked)
    assert "ill" in message and "number 2 of REFERENCE" in message
    lacking = ask(layer, REFERENCE=areas([1], [2]), **asked)
    assert "REFERENCE" in lacking and "ill" in lacking
