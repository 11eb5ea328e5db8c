"""Clusters on layers: neighbours that are known, what is refused, what is told, what is written."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)

from .helpers import Log, algorithm, lsoas, open_layer, refused, rows_of, run, save_layer

ROWS, COLUMNS = 6, 7
CODE = "LSOA21CD"
QUIET = {"PERMUTATIONS": 99, "CORRECTION": "none", "ALPHA": 0.05}


def square(x: float, y: float, size: float = 1000.0) -> str:
    far_x, far_y = x + size, y + size
    return f"POLYGON(({x} {y},{far_x} {y},{far_x} {far_y},{x} {far_y},{x} {y}))"


def grid(size: float = 1000.0, x: float = 400_000.0, y: float = 400_000.0) -> list[str]:
    """Return squares of a grid that touch, row by row."""
    return [square(x + c * size, y + r * size, size) for r in range(ROWS) for c in range(COLUMNS)]


def figures(number: int = ROWS * COLUMNS) -> list[float]:
    """Return figures that rise along the rows: high lies by high."""
    noise = np.random.RandomState(3).rand(number)
    return [round(float(at // COLUMNS * 10 + noise[at]), 3) for at in range(number)]


def make(shapes, crs: str = "EPSG:27700", kind: str = "Polygon", **columns) -> QgsVectorLayer:
    """Return a layer in memory with shapes given as text; one of None has no geometry."""
    codes = lsoas(len(shapes))
    columns = columns or {"share": figures(len(shapes))}
    kinds = {int: "integer", float: "double", str: "string(50)"}
    uri = f"{kind}?crs={crs}&field={CODE}:string(20)"
    for name, values in columns.items():
        sample = next(value for value in values if value is not None)
        uri += f"&field={name}:{kinds[type(sample)]}"
    layer = QgsVectorLayer(uri, "areas", "memory")
    features = []
    for at, shape in enumerate(shapes):
        feature = QgsFeature(layer.fields())
        if shape:
            feature.setGeometry(QgsGeometry.fromWkt(shape))
        feature.setAttributes([codes[at], *(values[at] for values in columns.values())])
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    layer.updateExtents()
    return layer


def found(layer, log=None, project=None, **more):
    options = {"FIELD": "share", "OUTPUT": "memory:", **QUIET, **more}
    return run("findclusters", log, project, INPUT=layer, **options)


def ask(layer, **more):
    return refused("findclusters", INPUT=layer, **{"FIELD": "share", "OUTPUT": "memory:", **more})


def neighbours(outcome) -> list:
    return [row["cluster_neighbours"] for row in outcome.rows()]


def of_queen() -> list[int]:
    """Return how many squares of the grid each touches: corners 3, edges 5, others 8."""
    rows = [1 + (r > 0) + (r < ROWS - 1) for r in range(ROWS)]
    columns = [1 + (c > 0) + (c < COLUMNS - 1) for c in range(COLUMNS)]
    return [r * c - 1 for r in rows for c in columns]


# --- neighbours -------------------------------------------------------------------------------


def test_queen_neighbours_of_a_grid():
    outcome = found(make(grid()))
    assert neighbours(outcome) == of_queen()
    assert {3, 5, 8} == set(of_queen())
    mean = f"{np.mean(of_queen()):.1f} each on average (3 to 8). There are no islands"
    assert mean in outcome.log.text


def test_queen_needs_no_projection_and_none_at_all():
    degrees = grid(0.01, -1.5, 53.4)
    assert neighbours(found(make(degrees, "EPSG:4326"))) == of_queen()
    layer = make(grid())
    layer.setCrs(QgsCoordinateReferenceSystem())
    assert neighbours(found(layer)) == of_queen()
    assert "no coordinate reference system" in ask(layer, WEIGHTS="knn")


@pytest.mark.parametrize("kind", ["MultiPolygon", "PolygonZ", "MultiPolygonZM"])
def test_queen_of_other_kinds_of_polygons(kind):
    shapes = []
    for text in grid():
        geometry = QgsGeometry.fromWkt(text)
        if kind.startswith("Multi"):
            geometry.convertToMultiType()
        if "Z" in kind:
            geometry.get().addZValue(len(shapes))  # heights differ, places do not
        if "M" in kind[5:]:
            geometry.get().addMValue(1)
        shapes.append(geometry.asWkt())
    assert neighbours(found(make(shapes, kind=kind))) == of_queen()


def test_a_border_with_a_vertex_on_one_side_alone():
    """Two squares on a wide one: it has no vertex where they meet each other."""
    wide = "POLYGON((400000 399000,402000 399000,402000 400000,400000 400000,400000 399000))"
    shapes = [square(400_000, 400_000), square(401_000, 400_000), wide, square(400_500, 401_000)]
    shapes.append(square(900_000, 400_000))
    outcome = found(make(shapes))
    assert neighbours(outcome) == [3, 3, 2, 2, 0]


def test_overlaps_meet_and_gaps_do_not_unless_snapped():
    gap, overlap = 400_000 + 1000.4, 400_000 + 1999.0
    shapes = [square(400_000, 0), square(gap, 0), square(overlap, 0), square(402_999, 0)]
    assert neighbours(found(make(shapes))) == [0, 1, 2, 1]
    snapped = found(make(shapes), SNAP=0.5)
    assert neighbours(snapped) == [1, 2, 2, 1]
    assert "within 0.5 m of each other (1 pairs more)" in snapped.log.text
    # in degrees metres are metres too: 0.001 is 111 m from south to north
    tall = [square(-1.5, 53.4 + 0.011 * at, 0.01) for at in range(4)]
    layer = make(tall, "EPSG:4326")
    assert "SNAP" in ask(layer, **QUIET)
    assert neighbours(found(layer, SNAP=120)) == [1, 2, 2, 1]
    assert "No area has a neighbour" in ask(layer, SNAP=100, **QUIET)


def test_islands_and_parts_are_told_and_get_no_statistic():
    shapes = [*grid()[: 2 * COLUMNS], *(square(x, 0) for x in (500_000, 600_000, 601_000))]
    outcome = found(make(shapes))
    island = outcome.rows()[2 * COLUMNS]
    assert island["cluster_class"] == "island" and island["cluster_neighbours"] == 0
    for name in ("cluster_stat", "cluster_z", "cluster_p", "cluster_q"):
        assert island[name] is None, name
    assert "1 have none (islands); the others lie in 2 parts that do not touch" in outcome.log.text
    assert outcome.results["ISLANDS"] == 1


def test_areas_without_a_figure_are_left_out_also_as_neighbours():
    share = figures()
    share[0] = None
    share[1] = float("inf")
    outcome = found(make(grid(), share=share))
    rows = outcome.rows()
    assert all(rows[at]["cluster_class"] is None for at in (0, 1))
    assert all(rows[at]["cluster_neighbours"] is None for at in (0, 1))
    # the next of the first row loses one, those above the gap two or one
    wanted = of_queen()
    for at, less in ((2, 1), (COLUMNS, 2), (COLUMNS + 1, 2), (COLUMNS + 2, 1)):
        wanted[at] -= less
    assert neighbours(outcome)[2:] == wanted[2:]
    assert "2 areas have no figure in share" in outcome.log.text


def test_an_area_without_a_geometry_is_left_out():
    shapes = grid()
    shapes[0] = None
    outcome = found(make(shapes))
    assert outcome.rows()[0]["cluster_class"] is None
    assert any("1 areas have no geometry" in line for line in outcome.log.warnings)


def test_nearest_by_metres_not_by_degrees():
    """At 60 degrees north a degree of longitude is half one of latitude."""
    places = [(10 + 0.02 * c, 60 + 0.015 * r) for r in range(5) for c in range(5)]
    shapes = [square(x, y, 0.001) for x, y in places]
    layer = make(shapes, "EPSG:4326", share=figures(25))
    # 1.1 km to the east, 1.7 km to the north: of the middle row the nearest two lie beside
    outcome = found(layer, WEIGHTS="knn", K=2)
    assert neighbours(outcome) == [2] * 25
    near = found(layer, WEIGHTS="distance", DISTANCE=1300)
    assert neighbours(near) == [1, 2, 2, 2, 1] * 5
    assert "No area has a neighbour" in ask(layer, WEIGHTS="distance", DISTANCE=1100)


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:2263"])
def test_stretched_metres_and_feet_are_not_taken_for_metres(crs):
    layer = make(grid(1000, 440_000, 390_000))
    if crs == "EPSG:3857":
        turned = QgsCoordinateTransform(
            layer.crs(), QgsCoordinateReferenceSystem(crs), QgsProject.instance()
        )
        shapes = []
        for feature in layer.getFeatures():
            geometry = feature.geometry()
            geometry.transform(turned)
            shapes.append(geometry.asWkt(6))
        layer = make(shapes, crs)
        beside = 1010
    else:
        layer = make(grid(1000, 980_000, 200_000), crs)  # feet
        beside = 306
    # with the square beside, but not the one across (1.41 times as far)
    counted = neighbours(found(layer, WEIGHTS="distance", DISTANCE=beside))
    assert sorted(set(counted)) == [2, 3, 4]


def test_distance_left_empty_is_the_shortest_that_leaves_no_island():
    shapes = [*grid()[:5], square(400_000 + 10_000, 400_000)]
    outcome = found(make(shapes), WEIGHTS="distance")
    assert neighbours(outcome) == [4, 4, 4, 4, 5, 1]
    assert "within 6,000 m of each other (the shortest distance" in outcome.log.text


def test_points_have_nearest_neighbours_and_no_borders():
    shapes = [f"POINT({400_000 + 1000 * (at % 7)} {1000 * (at // 7)})" for at in range(42)]
    layer = make(shapes, kind="Point")
    assert neighbours(found(layer, WEIGHTS="knn", K=3)) == [3] * 42
    assert "needs polygons" in ask(layer)
    assert "K: 42 areas are tested" in ask(layer, WEIGHTS="knn", K=42)


def test_queen_neighbours_are_those_of_libpysal(shared):
    """860 areas of South Yorkshire, borders simplified by their publisher: the same pairs."""
    from seldom_heard.layers.neighbours import bordering, sharing_vertices

    weights = pytest.importorskip("libpysal.weights", reason="libpysal is not in this environment")
    geopandas = pytest.importorskip("geopandas")
    path = shared / "data" / "boundaries" / "lsoa21_south_yorkshire.geojson"
    layer = open_layer(path)
    shapes = [feature.geometry() for feature in layer.getFeatures()]
    frame = geopandas.GeoSeries.from_wkb([bytes(shape.asWkb()) for shape in shapes])
    theirs = weights.Queen.from_dataframe(
        geopandas.GeoDataFrame(geometry=frame), use_index=False, silence_warnings=True
    )
    pairs = {(i, j) for i, near in theirs.neighbors.items() for j in near if i < j}
    assert len(pairs) == 2513
    assert set(map(tuple, bordering(shapes, lambda: False).tolist())) == pairs
    assert set(map(tuple, sharing_vertices(shapes, lambda: False).tolist())) == pairs


# --- what comes out ---------------------------------------------------------------------------


def test_fields_are_those_of_the_methods():
    from seldom_heard.methods import clusters

    at = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    pairs = [
        *zip(at[:, :-1].ravel(), at[:, 1:].ravel()),
        *zip(at[:-1].ravel(), at[1:].ravel()),
        *zip(at[:-1, :-1].ravel(), at[1:, 1:].ravel()),
        *zip(at[:-1, 1:].ravel(), at[1:, :-1].ravel()),
    ]
    weights = clusters.row_standardised(clusters.contiguity(pairs, ROWS * COLUMNS))
    outcome = found(make(grid()), SEED=9)
    wanted = clusters.local_moran(figures(), weights, 99, 9)
    rows = outcome.rows()
    assert [row["cluster_stat"] for row in rows] == pytest.approx(wanted.statistic)
    assert [row["cluster_p"] for row in rows] == pytest.approx(wanted.p)
    assert [row["cluster_z"] for row in rows] == pytest.approx(wanted.z)
    assert outcome.results["MORAN"] == pytest.approx(
        clusters.moran(figures(), weights, 99).statistic
    )
    star = found(make(grid()), SEED=9, METHOD="getisord")
    wanted = clusters.getis_ord_star(figures(), weights, 99, 9)
    assert [row["cluster_stat"] for row in star.rows()] == pytest.approx(wanted.statistic)


def test_high_lies_by_high_and_low_by_low():
    rows = found(make(grid()), PERMUTATIONS=999).rows()
    first, last = rows[1 : COLUMNS - 1], rows[1 - COLUMNS : -1]  # but the corners
    assert {row["cluster_class"] for row in last} == {"high-high"}
    assert {row["cluster_class"] for row in first} == {"low-low"}
    spots = found(make(grid()), PERMUTATIONS=999, METHOD="getisord").rows()
    assert {row["cluster_class"] for row in spots[1 - COLUMNS : -1]} == {"hot spot"}
    assert {row["cluster_class"] for row in spots[1 : COLUMNS - 1]} == {"cold spot"}


def test_q_is_of_twice_p_and_rules_the_class():
    plain, corrected = (
        found(make(grid()), PERMUTATIONS=999, CORRECTION=rule).rows() for rule in ("none", "fdr")
    )
    p = np.array([row["cluster_p"] for row in plain])
    two_sided = np.minimum(2 * p, 1)
    order = np.argsort(two_sided, kind="stable")
    q = np.empty_like(p)
    ranked = two_sided[order] * len(p) / np.arange(1, len(p) + 1)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    assert [row["cluster_q"] for row in plain] == pytest.approx(np.minimum(q, 1))
    for rows, judged in ((plain, two_sided), (corrected, q)):
        named = [row["cluster_class"] != "not significant" for row in rows]
        assert named == list(judged <= 0.05)
    assert plain != corrected


def test_neighbours_decide_not_where_the_layer_lies():
    here, there = found(make(grid())), found(make(grid(0.01, -1.5, 53.4), "EPSG:4326"))
    assert rows_of(here.layer) == rows_of(there.layer)


def test_only_selected_areas_are_tested_and_neighbours():
    layer = make(grid())
    QgsProject.instance().addMapLayer(layer)
    try:
        layer.selectByIds([feature.id() for feature in layer.getFeatures()][: 3 * COLUMNS])
        source = QgsProcessingFeatureSourceDefinition(layer.id(), True)
        chosen = found(source, project=QgsProject.instance())
    finally:
        QgsProject.instance().takeMapLayer(layer)
    by_code = chosen.by_code(CODE)
    counted = [by_code[code]["cluster_neighbours"] for code in sorted(by_code)]
    assert counted == of_queen()[: 2 * COLUMNS] + of_queen()[-COLUMNS:]


def test_the_order_of_the_features_changes_nothing():
    order = np.random.RandomState(1).permutation(ROWS * COLUMNS)
    layer, moved = make(grid()), make(grid())
    features = list(layer.getFeatures())
    moved.dataProvider().truncate()
    assert moved.dataProvider().addFeatures([features[at] for at in order])[0]
    for more in ({}, {"WEIGHTS": "knn", "K": 5}):
        before, after = (found(one, **more).by_code(CODE) for one in (layer, moved))
        for code, row in before.items():
            assert after[code] == row, code


def test_aliases_name_the_figure_and_the_rule(tmp_path):
    layer = make(grid())
    layer.setFieldAlias(layer.fields().indexOf("share"), "Limited English (per cent)")
    path = tmp_path / "out.gpkg"
    outcome = found(layer, OUTPUT=path, CORRECTION="fdr")
    fields = outcome.layer.fields()
    aliases = {f.name(): f.alias() for f in fields}
    for name in ("stat", "z", "p", "q", "class", "neighbours"):
        assert aliases[f"cluster_{name}"].startswith("Limited English (per cent): "), name
    assert "local Moran" in aliases["cluster_stat"]
    assert "at most 0.05" in aliases["cluster_class"]
    told = json.loads(outcome.layer.customProperty("seldom_heard/provenance"))["sources"][-1]
    assert set(told["fields"]) == set(aliases) - {CODE, "share", "fid"}
    assert "99 conditional permutations, seed 1" in told["note"]


def test_a_second_run_replaces_the_first():
    first = found(make(grid()))
    again = found(first.layer, METHOD="getisord")
    names = [field.name() for field in again.layer.fields()]
    assert len(names) == len(set(names)) and names.count("cluster_class") == 1
    assert {row["cluster_class"] for row in again.rows()} <= {
        *("hot spot", "cold spot", "not significant")
    }


def test_a_geopackage_is_read_and_written(tmp_path):
    path = save_layer(make(grid()), tmp_path / "in.gpkg")
    outcome = found(open_layer(path), OUTPUT=tmp_path / "out.gpkg")
    assert neighbours(outcome) == of_queen()
    assert rows_of(outcome.layer)[0]["share"] == figures()[0]


def test_same_seed_same_rows_other_seed_other_p():
    first, again, other = (found(make(grid()), SEED=seed).rows() for seed in (4, 4, 5))
    assert first == again
    assert [r["cluster_p"] for r in first] != [r["cluster_p"] for r in other]
    assert [r["cluster_stat"] for r in first] == [r["cluster_stat"] for r in other]


# --- in words ---------------------------------------------------------------------------------


def test_report_counts_explains_and_limits(tmp_path):
    path = tmp_path / "report.html"
    shapes = [*grid(), square(900_000, 0)]
    outcome = found(make(shapes, share=figures(43)), REPORT=path, PERMUTATIONS=999)
    text = re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))
    counted = {name: 0 for name in ("high-high", "low-low", "not significant", "island")}
    for row in outcome.rows():
        counted[row["cluster_class"]] = counted.get(row["cluster_class"], 0) + 1
    for name, number in counted.items():
        assert re.search(rf"{name} +{number} ", text), name
    assert "Moran&#x27;s I of all areas is" in text and "like figures lie together" in text
    assert "not why, and not who lives there" in text
    assert "about 2 of 42 areas are significant by chance alone" in text
    assert "999 conditional permutations, seed 1" in text
    highest = [row[CODE] for row in outcome.rows() if row["cluster_class"] == "high-high"]
    assert all(code in text for code in highest)


def test_the_default_is_fine_enough_for_q_of_hundreds_of_areas():
    """Of 860 areas, where every twentieth is as extreme as can be, q is at most a fifth of 0.05."""
    owner = algorithm("findclusters")
    draws = owner.parameterDefinition("PERMUTATIONS").defaultValue()
    assert 2 * 860 / (43 * (draws + 1)) <= 0.05 / 5


def test_report_calls_areas_by_their_names(tmp_path):
    path = tmp_path / "report.html"
    names = [None, *(f"Place {at:02}" for at in range(1, 42))]
    layer = make(grid(), share=figures(), place=names)
    rows = found(layer, REPORT=path, NAME_FIELD="place", PERMUTATIONS=999).rows()
    text = path.read_text(encoding="utf-8")
    for at, row in enumerate(rows):
        assert (f"Place {at:02}" in text) == (at > 0 and row["cluster_class"] != "not significant")
    assert lsoas(42)[41] not in text


def test_too_few_permutations_for_any_to_pass_are_told():
    """One area of 42 is as extreme as can be: 2/100 x 42 = 0.84 is far above 0.05."""
    share = [10.0 + (at * 7919 % 41) / 10 for at in range(42)]
    share[24], share[25], share[31], share[32] = 30.0, 31.0, 32.0, 33.0
    outcome = found(make(grid(), share=share), CORRECTION="fdr")
    assert outcome.results["SIGNIFICANT"] == 0
    (told,) = [line for line in outcome.log.warnings if "more permutations could tell" in line]
    extreme = int(re.search(r"(\d+) of 42 areas are as extreme", told).group(1))
    needed = int(re.search(r"PERMUTATIONS to ([\d,]+)", told).group(1).replace(",", ""))
    assert extreme >= 1
    # the number told is the least: 2/(n + 1) x 42/k is at most 0.05
    assert 2 / (needed + 1) * 42 / extreme <= 0.05 < 2 / needed * 42 / extreme
    more = found(make(grid(), share=share), CORRECTION="fdr", PERMUTATIONS=9999)
    assert more.results["SIGNIFICANT"] >= 1
    assert not [line for line in more.log.warnings if "more permutations could tell" in line]


def test_no_pattern_is_called_none():
    share = np.random.RandomState(11).rand(42).round(4).tolist()
    outcome = found(make(grid(), share=share), PERMUTATIONS=999)
    assert "no pattern that chance could not make" in outcome.log.text
    checks = [float((at // COLUMNS + at % COLUMNS) % 2) * 5 + at / 100 for at in range(42)]
    # of a chessboard those across are alike: four against four
    beside = {"WEIGHTS": "distance", "DISTANCE": 1001}
    outcome = found(make(grid(), share=checks), PERMUTATIONS=999, **beside)
    assert "unlike figures lie together more than by chance" in outcome.log.text


# --- what is refused or warned of -------------------------------------------------------------


@pytest.mark.parametrize("name", ["prev_dm_pct", "prev_dm_n", "prev_copd_pct_lo", "prev_mh_pct_hi"])
def test_figures_spread_from_practices_are_refused(name, tmp_path):
    layer = make(grid(), **{name: figures()})
    text = ask(layer, FIELD=name, OUTPUT=tmp_path / "out.gpkg")
    assert name in text and "spread from practices" in text and "alike by the way" in text
    assert not list(tmp_path.iterdir())


def test_a_renamed_figure_of_practices_is_refused_by_its_source():
    from seldom_heard.taxonomies.catalogue import catalogue

    register = next(one for one in catalogue() if one.kind == "register")
    layer = make(grid(), diabetes=figures())
    source = {"title": register.name, "attribution": "", "fields": ["diabetes"]}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    assert "spread from practices" in ask(layer, FIELD="diabetes")


def test_a_comparison_of_figures_of_practices_is_refused():
    layer = make(grid(), prev_dm_n=figures(), bench_value=figures())
    layer.setFieldAlias(layer.fields().indexOf("prev_dm_n"), "Diabetes (people)")
    source = {"title": "Diabetes (people), compared with all", "fields": ["bench_value"]}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    assert "bench_value is refused" in ask(layer, FIELD="bench_value")


@pytest.mark.parametrize(
    ("columns", "field", "said"),
    [
        ({"sh_score": figures(), "prev_dm_pct": figures()}, "sh_score", "may hold disease"),
        ({"voice_ratio": figures()}, "voice_ratio", "voice_shrunk is steadier"),
        ({"lang_low_english_n": figures(), "lang_total": figures()}, "lang_low_english_n", "count"),
    ],
)
def test_figures_to_be_wary_of(columns, field, said):
    outcome = found(make(grid(), **columns), FIELD=field)
    assert [line for line in outcome.log.warnings if said in line]
    plain = found(make(grid(), lang_low_english_pct=figures()), FIELD="lang_low_english_pct")
    assert not [line for line in plain.log.warnings if "chance alone" not in line]


def test_a_ranking_that_says_it_holds_prevalence_is_warned_of():
    layer = make(grid(), sh_need=figures())
    ranking = {"method": "Need 1 (Deprivation 0.5, Diagnosed long-term conditions 0.5)"}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"ranking": ranking}))
    outcome = found(layer, FIELD="sh_need")
    assert [line for line in outcome.log.warnings if "may hold disease prevalence" in line]


def test_hidden_counts_are_warned_of():
    layer = make(grid(), share=figures())
    source = {"title": "Ours", "fields": ["share"], "suppression": "nhs"}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [source]}))
    assert [line for line in found(layer).log.warnings if "were hidden before" in line]


@pytest.mark.parametrize(
    ("share", "more", "said"),
    [
        ([5.0] * 42, {}, "the same in all 42"),
        ([1.0, 2.0, 3.0] + [None] * 39, {}, "3 areas have a figure"),
        (["lower"] * 42, {}, "holds words, not numbers"),
        (["1.5"] * 41 + ["lower"], {}, "holds no number"),
        ([-1.0, *figures()[1:]], {"METHOD": "getisord"}, "localmoran"),
        (figures(), {"ALPHA": 0.01, "PERMUTATIONS": 99}, "Take 199 or more"),
        (figures(), {"FIELD": "none"}, "no field none"),
        (figures(), {"WEIGHTS": "distance", "DISTANCE": 10}, "No area has a neighbour"),
    ],
)
def test_bad_input_is_refused_in_words(share, more, said, tmp_path):
    text = ask(make(grid(), share=share), OUTPUT=tmp_path / "out.gpkg", **more)
    assert said in text
    assert not list(tmp_path.iterdir())


def test_numbers_as_texts_are_numbers_and_marks_are_missing():
    share = [str(number) for number in figures()]
    share[5] = "*"
    outcome = found(make(grid(), share=share))
    assert outcome.rows()[5]["cluster_class"] is None
    assert outcome.rows()[6]["cluster_stat"] is not None


def test_a_distance_that_joins_everybody_is_refused(monkeypatch):
    from seldom_heard.processing.find import clusters

    monkeypatch.setattr(clusters, "MOST_PAIRS", 100)
    text = ask(make(grid()), WEIGHTS="distance", DISTANCE=50_000)
    assert "861 pairs of areas, 41 neighbours each" in text


def test_report_in_a_folder_that_is_not_there_is_refused_first(tmp_path):
    ask(make(grid()), OUTPUT=tmp_path / "out.gpkg", REPORT=tmp_path / "gone" / "report.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("when", [10, 40, 70])
def test_cancel_writes_nothing(tmp_path, when):
    log = Log(lambda what: isinstance(what, float) and what >= when)
    done = found(make(grid()), log, OUTPUT=tmp_path / "out.gpkg", REPORT=tmp_path / "r.html")
    assert log.cancelled_at is not None
    assert not done.results.get("OUTPUT") and not list(tmp_path.iterdir())
    assert "Cancelled; nothing was written" in log.text
