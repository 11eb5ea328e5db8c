"""Voice, need against voice, clusters and the score: their classes, legends and map tips."""

from __future__ import annotations

import re

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsVectorLayer,
)
from seldom_heard.layers import classes, outputs, specs, styles

from .helpers import lsoas, make_areas, open_layer, run
from .test_styles import labels, load_style, make_layer, saved  # noqa: F401

FIVE = ["much lower", "lower", "as expected", "higher", "much higher"]
MORAN = ["high-high", "high-low", "low-high", "low-low"]


def counts(layer: QgsVectorLayer) -> list[int]:
    return [number for _, number in styles.legend_counts(layer)]


def cells(layer: QgsVectorLayer) -> dict[str, int]:
    """Number of areas by the label of a pair of classes."""
    return {label: n for label, n in styles.legend_counts(layer) if "replies" in label.lower()}


def tip(layer: QgsVectorLayer, row: int) -> list[str]:
    """Lines of the map tip of an area."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(list(layer.getFeatures())[row])
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context).split("<br>")


# --- voice ------------------------------------------------------------------------------------


def voice_layer(**more):
    return make_layer(voice_class=[*FIVE, "too few to say", None, "lower"], **more)


def test_voice_has_a_class_for_each_word_and_one_for_none():
    layer = voice_layer()
    assert styles.style_layer(layer, "voice") == "voice_class"
    assert counts(layer) == [1, 2, 1, 1, 1, 1, 1]
    assert labels(layer)[0].startswith("Far fewer replies")
    assert "Too few" in labels(layer)[5] and "missing" in labels(layer)[6]


def test_voice_wears_the_colours_of_the_benchmark_on_its_lower_side():
    """Who learned blue for lower on one map, or on a funnel plot, reads the other."""
    voice, bench = (
        {c["value"]: c["colour"] for c in styles.load_spec(view)["categories"]}
        for view in ("voice", "benchmark")
    )
    assert {v: voice[v] for v in FIVE[:3]} == {v: bench[v] for v in FIVE[:3]}


def test_few_replies_are_outlined_only_where_the_test_of_all_areas_holds():
    q = [0.001, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01, 0.049]
    layer = voice_layer(voice_q=q)
    styles.style_layer(layer, "voice", counts=True)
    outlined = labels(layer)[-1]
    # the first and the last: lower, and q below 5 %; high figures are not outlined
    assert "Benjamini-Hochberg" in outlined and outlined.endswith(": 2\N{NO-BREAK SPACE}areas")


@pytest.mark.parametrize("q", [0.05, 0.9, None])
def test_no_outline_in_a_counted_legend_without_such_areas(q):
    layer = voice_layer(voice_q=[q if q else 0.5] * 7 + [q])
    styles.style_layer(layer, "voice", counts=True)
    assert not any("Outlined" in label for label in labels(layer))


def test_without_q_values_nothing_is_outlined():
    layer = voice_layer()
    styles.style_layer(layer, "voice")
    assert not any("Outlined" in label for label in labels(layer))


# --- need against voice -----------------------------------------------------------------------


def pairs_layer(number: int = 90, **more):
    need = [i / number for i in range(number)]
    shrunk = [120.0 if i % 3 == 0 else 99.9 - i % 30 for i in range(number)]
    return make_layer(**{"sh_need": need, "voice_shrunk": shrunk, **more})


def test_need_in_thirds_and_replies_as_expected_or_halves_of_the_rest():
    layer = pairs_layer()
    assert styles.style_layer(layer, "bivariate") == "sh_need"
    found = cells(layer)
    assert sum(found.values()) == 90 and len(found) == 10  # nine, and those without figures
    for need in ("High", "Medium", "Low"):
        row = {label: n for label, n in found.items() if label.startswith(f"{need} need")}
        assert list(row) == [
            f"{need} need, {words}"
            for words in ("fewest replies", "fewer replies", "replies as expected or more")
        ]
        assert list(row.values()) == [10, 10, 10]
    assert labels(layer)[0] == "High need, fewest replies"


def test_an_area_of_each_cell_is_where_its_figures_say():
    need, shrunk = [0.1, 0.5, 0.9] * 3, [130.0] * 3 + [90.0] * 3 + [40.0] * 3
    layer = make_layer(sh_need=need, voice_shrunk=shrunk)
    styles.style_layer(layer, "bivariate", counts=True)
    shown = {item.ruleKey(): item.label() for item in layer.renderer().legendSymbolItems()}
    assert len(shown) == 9
    assert shown["cell 2 2"].startswith("High need, fewest replies: 1")
    assert shown["cell 0 0"].startswith("Low need, replies as expected or more: 1")
    assert shown["cell 0 2"].startswith("Low need, fewest replies: 1")


def test_ties_of_areas_with_enough_replies_stay_together():
    """60 of 90 areas have no gap: sh_voice is 0, and thirds would part them."""
    gap = [0.0] * 60 + [(60 + i) / 89 for i in range(30)]
    layer = make_layer(sh_need=[i % 9 / 9 for i in range(90)], sh_voice=gap)
    styles.style_layer(layer, "bivariate")
    found = cells(layer)
    by_reply = {
        words: sum(n for label, n in found.items() if label.endswith(words))
        for words in ("as expected or more", "fewer replies", "fewest replies")
    }
    assert list(by_reply.values()) == [60, 15, 15]


def test_a_pillar_without_ties_is_cut_in_thirds_and_says_so():
    layer = make_layer(sh_need=[i % 9 / 9 for i in range(90)], sh_voice=[i / 89 for i in range(90)])
    styles.style_layer(layer, "bivariate")
    found = cells(layer)
    assert sum(n for label, n in found.items() if label.endswith("most replies")) == 30
    assert not any("as expected" in label for label in found)
    assert sum(n for label, n in found.items() if label.endswith("fewest replies")) == 30


def test_all_replies_as_expected_leave_one_column_and_no_empty_class():
    layer = pairs_layer(voice_shrunk=[100.0] * 90)
    styles.style_layer(layer, "bivariate")
    assert [n for n in cells(layer).values()] == [30, 30, 30, 0]
    assert all("as expected or more" in label for label in list(cells(layer))[:3])


def test_one_low_figure_beside_enough_replies_is_called_fewer_not_fewest():
    layer = pairs_layer(voice_shrunk=[100.0] * 45 + [80.0] * 45)
    styles.style_layer(layer, "bivariate")
    assert any("fewer replies" in label for label in cells(layer))
    assert not any("fewest" in label for label in cells(layer))


def test_areas_where_nothing_can_be_said_are_set_apart():
    few = ["too few to say" if i < 20 else "lower" for i in range(88)] + [None] * 2
    need = [None if i == 5 else i / 90 for i in range(90)]
    shrunk = [None if i == 50 else 80.0 + i % 41 for i in range(90)]
    layer = pairs_layer(sh_need=need, voice_shrunk=shrunk, voice_class=few)
    styles.style_layer(layer, "bivariate")
    found = dict(styles.legend_counts(layer))
    assert found["Too few replies were to be expected to say"] == 19
    assert found["Not shown: need or replies are missing"] == 2
    assert sum(found.values()) == 90
    # thirds of the 69 areas shown, not of all
    assert sum(n for label, n in found.items() if label.startswith("High need")) == 23


def test_both_figures_are_needed():
    assert not styles.applies(make_layer(sh_need=[0.1]), "bivariate")
    assert not styles.applies(make_layer(sh_voice=[0.1]), "bivariate")
    assert styles.applies(make_layer(sh_need=[0.1], sh_voice=[0.1]), "bivariate")


def test_the_square_has_the_areas_of_the_legend():
    layer = pairs_layer()
    styles.style_layer(layer, "bivariate", counts=True)
    square, numbers = styles.counted_square(layer, "bivariate")
    assert (square.up, square.across) == ("Need", "Replies")
    assert square.rows == ["High", "Medium", "Low"]
    assert square.columns == ["As expected, or more", "Fewer", "Fewest"]
    assert numbers == [[10, 10, 10]] * 3
    assert square.cells[0][2].label == "High need, fewest replies"


def test_a_view_of_one_figure_has_no_square():
    layer = pairs_layer(sh_score=[i / 90 for i in range(90)])
    styles.style_layer(layer, "score")
    assert styles.counted_square(layer, "score") is None


def test_no_figures_no_square():
    layer = make_layer(sh_need=[None, None], sh_voice=[None, None])
    styles.style_layer(layer, "bivariate", counts=True)
    assert styles.counted_square(layer, "bivariate") is None


# --- clusters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "first", "number"),
    [
        (MORAN, "High, among areas that are high", 4),
        (["low-low"], "High, among areas that are high", 4),
        (["hot spot", "cold spot"], "Hot spot", 2),
        ([], "No more alike", 0),
    ],
)
def test_the_legend_of_clusters_has_the_words_of_one_method(values, first, number):
    layer = make_layer(cluster_class=[*values, "not significant", "island", None])
    assert styles.style_layer(layer, "clusters") == "cluster_class"
    assert labels(layer)[0].startswith(first)
    assert len(labels(layer)) == number + 3
    assert sum(counts(layer)) == len(values) + 3
    assert counts(layer)[-3:] == [1, 1, 1]


def test_a_cluster_map_is_headed_by_what_was_tested():
    layer = make_layer(cluster_class=["hot spot", "island"])
    styles.set_aliases(layer, {"cluster_class": "Need: cluster by Getis-Ord Gi*"})
    assert styles.view_title(layer, "clusters") == "Need: cluster by Getis-Ord Gi*"
    assert specs.fields_of("clusters") == ["cluster_class"]


def test_a_counted_legend_has_no_line_for_areas_set_aside_that_do_not_occur():
    layer = make_layer(cluster_class=["hot spot", "not significant"])
    styles.style_layer(layer, "clusters", counts=True)
    assert len(labels(layer)) == 3  # a cold spot could have been, an island not
    few = voice_layer()
    styles.style_layer(few, "voice", counts=True)
    assert "Too few replies were to be expected to say: 1\N{NO-BREAK SPACE}area" in labels(few)


# --- map tips ---------------------------------------------------------------------------------


def ranked_layer():
    return make_layer(
        LSOA21NM=["Here 001A", "A < B & C"],
        sh_score=[0.7, None],
        sh_rank=[1, None],
        sh_rank_lo=[1, None],
        sh_rank_hi=[4, None],
        sh_p_top=[0.934, None],
        sh_tier=["robust", None],
        sh_need=[0.9, 0.4],
        sh_reasons=["bad health < 10 %; no car", None],
    )


def test_a_map_tip_tells_rank_interval_and_reasons():
    layer = ranked_layer()
    styles.style_layer(layer, "score")
    assert tip(layer, 0) == [
        "<b>Here 001A</b>",
        "Rank 1",
        "Rank in 90 of 100 draws: 1 to 4",
        "Among the top in 93 % of draws: robust",
        "Need 0.90 (0 to 1)",
        "bad health &lt; 10 %; no car",
    ]


def test_a_map_tip_leaves_out_what_is_missing():
    layer = ranked_layer()
    styles.style_layer(layer, "score")
    assert tip(layer, 1) == [
        "<b>A &lt; B &amp; C</b>",
        "No score: figures are missing",
        "Need 0.40 (0 to 1)",
    ]


def test_a_view_without_a_tip_takes_that_of_another_away():
    layer = make_layer(sh_score=[0.1, 0.2], eth_minority_pct=[1.0, 2.0])
    styles.style_layer(layer, "score")
    assert layer.mapTipTemplate()
    styles.style_layer(layer, "ethnicity")
    assert layer.mapTipTemplate() == ""


@pytest.mark.parametrize("view", [v for v in styles.VIEWS if "tip" in styles.load_spec(v)])
def test_the_fields_of_a_tip_are_those_of_the_contract(view):
    known = {"need", "barriers", "voice", "score", "rank", "rank_lo", "rank_hi", "p_top", "tier"}
    known = {f"sh_{name}" for name in {*known, "reasons"}}
    known |= {f"voice_{n}" for n in ("observed", "expected", "ratio", "ratio_lo", "ratio_hi")}
    known |= {"voice_shrunk", "voice_class", "cluster_class", "cluster_z", "cluster_p"}
    known |= {"cluster_q", "cluster_neighbours"}
    named = set(re.findall(r"{(\w+)[:}]", " ".join(styles.load_spec(view)["tip"])))
    assert named and named <= known


# --- files ------------------------------------------------------------------------------------


def everything(number: int = 60):
    return make_layer(
        LSOA21NM=[f"Place {i}" for i in range(number)],
        voice_class=[*FIVE, "too few to say"] * (number // 6),
        voice_q=[0.01] * number,
        voice_shrunk=[80.0 + i for i in range(number)],
        voice_ratio=[75.0 + i for i in range(number)],
        sh_need=[i * 7 % number / number for i in range(number)],
        cluster_class=["hot spot", "not significant"] * (number // 2),
    )


VIEWS = ["voice", "bivariate", "clusters"]


def test_the_views_come_back_from_a_geopackage(saved):  # noqa: F811
    layer = saved(everything(), "areas.gpkg")
    told = styles.save_styles(layer, VIEWS)
    assert "Voice, Need and voice, Clusters" in told
    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    _, ids, names, *_ = fresh.listStylesInDatabase()
    for style_id, name in zip(ids, names):
        view = next(v for v in VIEWS if styles.view_name(v) == name)
        load_style(fresh, style_id)
        expected = everything()
        styles.style_layer(expected, view)
        assert styles.legend_counts(fresh) == styles.legend_counts(expected)
        assert fresh.mapTipTemplate() == expected.mapTipTemplate() != ""


def test_cut_names_of_a_shapefile_are_found():
    short = {"voice_clas": "voice_class", "voice_shru": "voice_shrunk", "voice_rati": "voice_ratio"}
    short["cluster_cl"] = "cluster_class"
    whole = everything()
    names = {whole: cut for cut, whole in short.items()}
    columns = {
        names.get(field.name(), field.name()): [
            feature[field.name()] for feature in whole.getFeatures()
        ]
        for field in whole.fields()
    }
    layer = make_layer(**columns)
    assert not any(styles.applies(layer, view) for view in styles.VIEWS)
    outputs.dress(layer, {}, VIEWS, {}, {whole: cut for cut, whole in short.items()})
    for view, field in {
        "voice": "voice_clas",
        "bivariate": "sh_need",
        "clusters": "cluster_cl",
    }.items():
        assert styles.style_layer(layer, view) == field
        styles.style_layer(whole, view)
        assert styles.legend_counts(layer) == styles.legend_counts(whole)
        assert labels(layer) == labels(whole)
        assert tip(layer, 7) == tip(whole, 7)


def test_a_cut_name_is_known_in_every_part_of_a_spec():
    layer = make_layer(short_s=[1.0], short_v=["lower"])
    layer.setCustomProperty(specs.CUT_NAMES, '{"short_s": "sh_need", "short_v": "voice_class"}')
    spec = {"field": "x", "apart": {"field": "voice_class"}, "without": {"field": "other"}}
    renamed = specs._renamed(spec, {"voice_class": "short_v"})
    assert renamed["apart"] == {"field": "short_v"} and renamed["without"] == {"field": "other"}
    assert specs.whole_names(layer) == {"short_s": "sh_need", "short_v": "voice_class"}


@pytest.mark.parametrize("view", styles.VIEWS)
def test_a_view_says_who_makes_its_fields_and_what_to_know(view):
    from .helpers import ensure_provider

    made = {algorithm.name() for algorithm in ensure_provider().algorithms()}
    assert styles.view_maker(view) in made
    assert styles.view_note(view).endswith(".")


def opened(path) -> QgsVectorLayer:
    """A file with the style that came with it."""
    layer = open_layer(path)
    assert layer.loadDefaultStyle()[1]
    return layer


def test_measurevoice_writes_what_the_view_of_voice_shows(tmp_path):
    replies = [1, 8, 20, 22, 18, 45, 60, 3]
    people = [1000] * 7 + [100]
    source = make_areas(lsoas(8), resp_total=replies, people_n=people)
    target = tmp_path / "voice.gpkg"
    run(
        "measurevoice",
        INPUT=source,
        OBSERVED_FIELD="resp_total",
        POPULATION_FIELD="people_n",
        OUTPUT=target,
    )
    layer = opened(target)
    shown = dict(styles.legend_counts(layer))
    assert sum(shown.values()) == 8
    made = {feature["voice_class"] for feature in layer.getFeatures()}
    assert {"much lower", "as expected", "too few to say"} <= made
    assert made <= {c["value"] for c in styles.load_spec("voice")["categories"]}
    assert shown["Not measured: replies or residents are missing"] == 0
    # all lines of the tip find their fields, and those figures that are there
    assert len(tip(layer, 0)) == 1 + len(styles.load_spec("voice")["tip"])
    assert labels(layer)[-1].startswith("Outlined")


@pytest.mark.parametrize("method", ["localmoran", "getisord"])
def test_findclusters_writes_what_the_view_of_clusters_shows(tmp_path, method):
    # squares in a row, high at one end and low at the other
    source = make_areas(lsoas(40), need=[float(max(0, 12 - at) ** 2) for at in range(40)])
    target = tmp_path / "clusters.gpkg"
    run("findclusters", INPUT=source, FIELD="need", METHOD=method, WEIGHTS="knn", OUTPUT=target)
    layer = opened(target)
    shown = dict(styles.legend_counts(layer))
    assert sum(shown.values()) == 40
    assert shown["Not tested: no figure"] == 0
    first = {"localmoran": "High, among areas that are high", "getisord": "Hot spot"}[method]
    assert labels(layer)[0].startswith(first) and next(iter(shown.values())) > 0
    assert len(tip(layer, 20)) == 1 + len(styles.load_spec("clusters")["tip"])


def test_class_bounds_never_meet():
    bounds = classes.class_bounds([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3, "quantile", 3)
    assert bounds == [(0.1, 0.299), (0.3, 0.499), (0.5, 0.6)]
