"""What a view draws, what its legend says, and that a saved style comes back with its file."""

from __future__ import annotations

import math
import shutil

import pytest
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsLinePatternFillSymbolLayer,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtXml import QDomDocument
from seldom_heard.layers import classes, outputs, styles

from .helpers import lsoas, make_areas, open_layer, rows_of, save_layer

# of views by categories, which are the same whatever the figures
LINES_WITHOUT_FIGURES = {"deprivation": 11, "benchmark": 6, "voice": 7, "clusters": 3}
LINES_WITHOUT_FIGURES["bivariate"] = 2
TYPES = {int: QVariant.Type.Int, float: QVariant.Type.Double, str: QVariant.Type.String}


def make_layer(**columns: list) -> QgsVectorLayer:
    """Squares in a row, one for each row of the columns."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:27700", "areas", "memory")
    kinds = [next((type(v) for v in c if v is not None), float) for c in columns.values()]
    layer.dataProvider().addAttributes(
        [QgsField(name, TYPES[kind]) for name, kind in zip(columns, kinds)]
    )
    layer.updateFields()
    features = []
    for number, row in enumerate(zip(*columns.values())):
        feature = QgsFeature(layer.fields())
        square = QgsRectangle(number * 100, 0, number * 100 + 100, 100)
        feature.setGeometry(QgsGeometry.fromRect(square))
        feature.setAttributes([NULL if value is None else value for value in row])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def scored_layer(number: int = 60) -> QgsVectorLayer:
    tiers = ["robust"] * 5 + ["contestable"] * 4 + ["not a priority"] * (number - 11) + [None] * 2
    return make_layer(
        sh_score=[1 - i / number for i in range(number - 1)] + [None],
        sh_rank=[*range(1, number), None],
        sh_tier=tiers,
        sh_flag=[1, 0, 1] + [0] * (number - 4) + [1],
        dep_imd_decile=[i % 10 + 1 for i in range(number)],
        eth_minority_excl_white_pct=[i * 1.37 for i in range(number)],
        prev_dm_pct=[5 + i / 7 for i in range(number)],
        barrier_hh_no_car_pct=[9 + i / 3 for i in range(number)],
        bench_class=[None, "much lower", "as expected", "higher"] * (number // 4)
        + ["lower"] * (number % 4),
        sh_need=[None] + [i / number for i in range(number - 1)],
        voice_shrunk=[60 + i * 17 % 61 for i in range(number - 1)] + [None],
        voice_class=["too few to say"] * 2 + ["lower"] * (number - 3) + [None],
        voice_q=[0.01, None] * (number // 2),
        cluster_class=["high-high", "island", None, "not significant"] * (number // 4),
        lang_low_english_pct=[0.0] * (number // 2) + [i / 3 for i in range(number - number // 2)],
    )


@pytest.fixture
def saved(tmp_path):
    """Writes a layer to a file and opens it."""

    def save(layer: QgsVectorLayer, name: str) -> QgsVectorLayer:
        path = str(tmp_path / name)
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG" if name.endswith("gpkg") else "GeoJSON"
        result = QgsVectorFileWriter.writeAsVectorFormatV3(
            layer, path, layer.transformContext(), options
        )
        assert result[0] == QgsVectorFileWriter.WriterError.NoError, result
        return QgsVectorLayer(path, "areas", "ogr")

    return save


def labels(layer: QgsVectorLayer) -> list[str]:
    items = layer.renderer().legendSymbolItems()
    return [item.label() for item in items if item.ruleKey() != "heading"]


def symbols(layer: QgsVectorLayer) -> list:
    items = layer.renderer().legendSymbolItems()
    return [item.symbol().clone() for item in items if item.ruleKey() != "heading"]


def load_style(layer: QgsVectorLayer, style_id: str) -> None:
    """Draws the layer in a style saved in its GeoPackage.

    loadNamedStyle would take the default one, whatever file it is given.
    """
    document = QDomDocument()
    document.setContent(layer.getStyleFromDatabase(style_id)[0])
    done, reason = layer.importNamedStyle(document)
    assert done, reason


@pytest.mark.parametrize("view", styles.VIEWS)
def test_every_area_is_in_exactly_one_class(view):
    layer = scored_layer()
    assert styles.style_layer(layer, view)
    assert sum(number for _, number in styles.legend_counts(layer)) == layer.featureCount()


@pytest.mark.parametrize(
    ("fields", "view", "shown"),
    [
        (["dep_hh_any_pct", "dep_imd_decile"], "deprivation", "dep_imd_decile"),
        (["dep_hh_any_pct"], "deprivation", "dep_hh_any_pct"),
        (["eth_minority_pct", "eth_minority_excl_white_pct"], "ethnicity",
         "eth_minority_excl_white_pct"),
        (["lang_hh_no_english_pct"], "language", "lang_hh_no_english_pct"),
        (["prev_coverage_pct", "prev_copd_pct_lo", "prev_copd_pct", "prev_dm_pct"], "prevalence",
         "prev_copd_pct"),
        (["prev_coverage_pct", "prev_copd_pct_lo"], "prevalence", None),
        (["name"], "score", None),
    ],
)  # fmt: skip
def test_the_first_field_that_fits_is_shown(fields, view, shown):
    layer = make_layer(**{field: [1.0, 2.0] for field in fields})
    before = layer.renderer().type()
    assert styles.style_layer(layer, view) == shown
    assert styles.applies(layer, view) == (shown is not None)
    assert shown or layer.renderer().type() == before


@pytest.mark.parametrize("view", styles.VIEWS)
@pytest.mark.parametrize("value", [None, 0, 3.0, math.inf, math.nan])
def test_empty_constant_and_odd_columns_are_drawn(view, value):
    names = ["sh_score", "sh_rank", "sh_flag", "dep_imd_decile", "eth_minority_pct"]
    names += ["prev_dm_pct", "lang_hh_no_english_pct", "barrier_hh_no_car_pct", "bench_class"]
    names += ["voice_class", "voice_q", "sh_need", "voice_shrunk", "cluster_class"]
    layer = make_layer(sh_tier=[None] * 4, **{name: [value] * 4 for name in names})
    assert styles.style_layer(layer, view)
    counts = dict(styles.legend_counts(layer))
    assert sum(counts.values()) == 4
    if value is None:
        assert [number for number in counts.values() if number] == [4]
        assert len(counts) == LINES_WITHOUT_FIGURES.get(view, 1)


def test_a_layer_without_areas_is_drawn():
    layer = make_layer(sh_score=[], sh_tier=[])
    assert styles.style_layer(layer, "score", counts=True) == "sh_score"
    assert styles.legend_counts(layer) == []


@pytest.mark.parametrize(
    ("values", "method", "bounds"),
    [
        ([1, 2, 3, 4], "quantile", [(1, 1.9), (2, 2.9), (3, 3.9), (4, 4)]),
        ([0, 0, 0, 0, 5], "quantile", [(0, 4.9), (5, 5)]),
        ([0, 0, 0, 4, 5, 5], "quantile", [(0, 3.9), (4, 4.9), (5, 5)]),
        ([0, 25, 100], "pretty", [(0, 19.9), (20, 39.9), (40, 59.9), (60, 79.9), (80, 100)]),
        ([7], "pretty", [(7, 7)]),
        ([], "quantile", []),
    ],
)
def test_class_bounds(values, method, bounds):
    number = 5 if method == "pretty" else 4
    assert classes.class_bounds(values, number, method, 1)[: len(bounds)] == bounds


def test_an_area_is_in_the_class_whose_label_says_so():
    values = [0.04, 0.05, 3.44, 3.45, 3.46, 9.99, 10.0, 10.01, 42.0, 42.05]
    layer = make_layer(eth_minority_pct=values)
    styles.style_layer(layer, "ethnicity")
    counted = dict(styles.legend_counts(layer))
    for label, number in counted.items():
        if label == "No figure":
            continue
        low, _, high = label.replace(" %", "").partition(" – ")
        inside = [
            v for v in values if float(low) <= math.floor(v * 10 + 0.5) / 10 <= float(high or low)
        ]
        assert len(inside) == number, label


def test_counts_stand_in_the_legend_only_when_asked_for():
    layer = scored_layer()
    styles.style_layer(layer, "score")
    assert not any(label.endswith(("area", "areas")) for label in labels(layer))
    plain = styles.legend_counts(layer)
    styles.style_layer(layer, "score", counts=True)
    assert [number for _, number in styles.legend_counts(layer)] == [n for _, n in plain]
    assert labels(layer)[0].endswith("(robust): 5\N{NO-BREAK SPACE}areas")
    assert labels(layer)[-1].endswith("both: 2\N{NO-BREAK SPACE}areas")
    assert "No score: figures are missing: 1\N{NO-BREAK SPACE}area" in labels(layer)


def test_no_data_is_left_out_of_a_counted_legend_when_there_is_none():
    layer = scored_layer()
    styles.style_layer(layer, "deprivation", counts=True)
    assert len(labels(layer)) == 10
    assert labels(layer)[0].startswith("1 (most deprived tenth)")


def test_highlights_are_told_apart_without_colour():
    layer = scored_layer()
    styles.style_layer(layer, "score")
    robust, contestable = symbols(layer)[:2]
    assert [type(part).__name__ for part in robust.symbolLayers()] == ["QgsSimpleFillSymbolLayer"]
    assert isinstance(contestable.symbolLayers()[-1], QgsLinePatternFillSymbolLayer)


def test_without_tiers_the_score_alone_is_shown():
    layer = make_layer(sh_score=[i / 20 for i in range(20)], sh_tier=[None] * 20)
    styles.style_layer(layer, "score")
    assert [n for _, n in styles.legend_counts(layer)] == [4, 4, 4, 4, 4, 0]
    assert labels(layer)[0] == "Highest fifth of scores"


def test_the_title_says_potentially_unless_there_were_replies():
    columns = {"sh_score": [0.1, 0.2], "sh_tier": ["robust", None]}
    silent = make_layer(**columns, sh_voice=[None, None])
    heard = make_layer(**columns, sh_voice=[0.5, None])
    assert "potentially" in styles.view_title(make_layer(**columns), "score")
    assert "potentially" in styles.view_title(silent, "score")
    assert "potentially" not in styles.view_title(heard, "score")


def test_aliases():
    layer = scored_layer()
    styles.set_aliases(layer, {"prev_dm_pct": "Diabetes, % of patients", "absent": "x"})
    assert layer.attributeDisplayName(layer.fields().indexOf("prev_dm_pct")).startswith("Diabetes")
    assert styles.view_title(layer, "prevalence") == "Diabetes, % of patients"


def test_a_geopackage_brings_its_styles(saved, tmp_path):
    layer = saved(scored_layer(), "areas.gpkg")
    styles.set_aliases(layer, {"sh_score": "Score"})
    said = styles.save_styles(layer, ["score", "language", "deprivation"])
    assert "Seldom heard, Language, Deprivation" in said

    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    assert fresh.loadDefaultStyle()[1]
    assert labels(fresh)[0].endswith("(robust)")
    assert fresh.attributeAlias(fresh.fields().indexOf("sh_score")) == "Score"
    assert fresh.labelsEnabled()
    assert sum(n for _, n in styles.legend_counts(fresh)) == 60
    number, _, names, *_ = fresh.listStylesInDatabase()
    assert (number, sorted(names)) == (3, ["Deprivation", "Language", "Seldom heard"])


def test_every_saved_style_can_be_loaded_and_counts_all_areas(saved):
    layer = saved(scored_layer(), "areas.gpkg")
    styles.save_styles(layer, list(styles.VIEWS))
    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    _, ids, names, *_ = fresh.listStylesInDatabase()
    first_lines = set()
    for style_id, name in zip(ids, names):
        load_style(fresh, style_id)
        counts = styles.legend_counts(fresh)
        # an unread layer would leave nothing but the class without data
        assert len(counts) > 3, name
        assert sum(n for _, n in counts) == 60, name
        first_lines.add(counts[0][0])
    assert len(first_lines) == len(names) == len(styles.VIEWS)


def test_saving_again_replaces_and_does_not_ask(saved):
    layer = saved(scored_layer(), "areas.gpkg")
    for views in (["score", "language"], ["language", "score"]):
        styles.save_styles(layer, views)
    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    assert fresh.listStylesInDatabase()[0] == 2
    fresh.loadDefaultStyle()
    assert "%" in labels(fresh)[0]


def test_styles_of_another_table_in_the_geopackage_stay(saved):
    path = saved(scored_layer(), "areas.gpkg").source()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "others"
    options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
    layer = scored_layer()
    context = layer.transformContext()
    result = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context, options)
    assert result[0] == QgsVectorFileWriter.WriterError.NoError, result
    others, first = (
        QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in ("others", "areas")
    )
    styles.save_styles(others, ["language"])
    styles.save_styles(first, ["language"])
    for layer in (others, first):
        fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
        assert fresh.listStylesInDatabase()[0] == 1
        assert fresh.loadDefaultStyle()[1]


def test_another_file_gets_its_style_beside_it(saved, tmp_path):
    layer = saved(scored_layer(), "areas.geojson")
    assert "areas.qml" in styles.save_styles(layer, ["deprivation", "score"])
    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    assert labels(fresh)[0].startswith("1 (most deprived")


def test_a_layer_in_memory_keeps_no_style():
    assert "not in a file" in styles.save_styles(scored_layer(), ["score"])


@pytest.mark.parametrize("file", ["plain.gpkg", "plain.geojson"])
def test_a_layer_that_no_view_shows_keeps_what_is_said_of_its_fields(saved, file):
    plain = saved(make_layer(name=["a", "b"]), file)
    sources = {"sources": [{"title": "From there", "fields": ["name"]}]}
    outputs.dress(plain, {"name": "Called so"}, ["score"], sources, {})
    fresh = QgsVectorLayer(plain.source(), "fresh", "ogr")
    told, titles = outputs.inherited(fresh)
    assert told == sources
    assert titles["name"] == "Called so"


@pytest.mark.parametrize("file", ["areas.gpkg", "areas.geojson", None])
def test_the_list_of_styles_offers_every_view_that_the_layer_has_fields_for(saved, file):
    layer = saved(scored_layer(), file) if file else scored_layer()
    told = {"sources": [{"title": "From there", "fields": ["sh_score"]}]}
    outputs.dress(layer, {"sh_score": "Score"}, ["score", "ethnicity", "own:pets"], told, {})
    manager = layer.styleManager()
    assert manager.styles() == ["Ethnicity", "Seldom heard"], "and none that draws nothing"
    assert manager.currentStyle() == "Seldom heard"
    assert labels(layer)[0].endswith("(robust)") and layer.mapTipTemplate()
    for name in ("Ethnicity", "Seldom heard"):
        manager.setCurrentStyle(name)
        assert ("robust" in labels(layer)[0]) == (name == "Seldom heard")
        assert layer.attributeAlias(layer.fields().indexOf("sh_score")) == "Score"
        assert outputs.inherited(layer)[0] == told


@pytest.mark.parametrize("view", styles.VIEWS)
def test_the_list_of_layers_shows_the_classes_without_a_click(view):
    layer = scored_layer()
    styles.style_layer(layer, view)
    heading, *classes_below = layer.renderer().legendSymbolItems()
    assert heading.ruleKey() == "heading" and heading.label()
    assert {item.level() for item in classes_below} == {heading.level()}


@pytest.mark.parametrize("number", range(1, 8))
def test_spread_colours_are_all_different(number):
    colours = classes.spread_colours(["#ffffff", "#808080", "#000000"], number)
    assert len(set(colours)) == number
    assert number == 1 or (colours[0], colours[-1]) == ("#ffffff", "#000000")


def test_a_real_area_layer_has_readable_classes(shared, tmp_path):
    source = shared / "data" / "boundaries" / "lsoa21_south_yorkshire.geojson"
    shutil.copy(source, tmp_path / "areas.geojson")
    layer = QgsVectorLayer(str(tmp_path / "areas.geojson"), "areas", "ogr")
    layer.addExpressionField("FID % 10 + 1", QgsField("dep_imd_decile", QVariant.Type.Int))
    assert styles.style_layer(layer, "deprivation") == "dep_imd_decile"
    assert sum(n for _, n in styles.legend_counts(layer)) == 860


def test_the_outline_is_drawn_above_the_fills():
    layer = scored_layer()
    styles.style_layer(layer, "score")
    outline = symbols(layer)[-1]
    assert [part.renderingPass() for part in outline.symbolLayers()] == [1]


def test_the_outline_speaks_of_replies_only_where_replies_were_counted():
    layer = scored_layer()
    styles.style_layer(layer, "score")
    assert "replies" not in labels(layer)[-1]
    assert layer.dataProvider().addAttributes([QgsField("sh_voice", QVariant.Type.Double)])
    layer.updateFields()
    at = layer.fields().indexOf("sh_voice")
    assert layer.dataProvider().changeAttributeValues(
        {f.id(): {at: 0.5} for f in layer.getFeatures()}
    )
    styles.style_layer(layer, "score")
    assert "few replies" in labels(layer)[-1]


def ranks_shown(layer: QgsVectorLayer) -> list[int]:
    expression = QgsExpression(layer.labeling().settings().fieldName)
    context = layer.createExpressionContext()
    shown = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        value = expression.evaluate(context)
        assert not expression.hasEvalError(), expression.evalErrorString()
        shown.append(value)
    return [value for value in shown if isinstance(value, int)]


def test_ranks_stand_on_areas_that_are_mostly_in_the_top():
    tiers = ["robust", "contestable", "contestable", "not a priority", "robust"]
    columns = {"sh_score": [0.9, 0.8, 0.2, 0.5, 0.7], "sh_rank": [1, 2, 169, 4, 3]}
    layer = make_layer(**columns, sh_tier=tiers, sh_p_top=[1.0, 0.5, 0.3, 0.1, None])
    styles.style_layer(layer, "score")
    assert ranks_shown(layer) == [1, 2, 3]
    older = make_layer(**columns, sh_tier=tiers)
    styles.style_layer(older, "score")
    assert ranks_shown(older) == [1, 2, 169, 3]


def test_a_copy_of_a_layer_is_like_it(tmp_path):
    path = save_layer(make_areas(lsoas(3), n=[1, 2, 3], name=["a", "b", "c"]), tmp_path / "a.gpkg")
    layer = open_layer(path, "Shown as")
    layer.setFieldAlias(layer.fields().indexOf("n"), "People")
    layer.setCustomProperty("told", "words")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    layer.setOpacity(0.5)
    layer.setSubsetString("n > 1")
    rights = layer.metadata()
    rights.setRights(["Somebody's"])
    layer.setMetadata(rights)
    layer.startEditing()
    first = next(layer.getFeatures())
    assert layer.changeAttributeValue(first.id(), layer.fields().indexOf("n"), 99)
    copy = styles.copy_of(layer)
    assert [row["n"] for row in rows_of(copy)] == [2, 3], "as saved, and with the filter"
    assert copy.renderer().dump() == layer.renderer().dump()
    for tell in ("name", "opacity", "subsetString"):
        assert getattr(copy, tell)() == getattr(layer, tell)(), tell
    assert copy.crs().authid() == "EPSG:3857" and copy.metadata().rights() == ["Somebody's"]
    assert copy.customProperty("told") == "words"
    assert copy.attributeAlias(copy.fields().indexOf("n")) == "People"
    layer.rollBack()


def test_a_copy_has_the_fields_that_only_the_project_knows(tmp_path):
    path = save_layer(make_areas(lsoas(3), n=[1, 2, 3]), tmp_path / "a.gpkg")
    layer = open_layer(path)
    layer.addExpressionField("n * 2", QgsField("twice", QVariant.Type.Int))
    assert [row["twice"] for row in rows_of(styles.copy_of(layer))] == [2, 4, 6]
    memory = make_areas(lsoas(2), n=[5, 6])
    assert [row["n"] for row in rows_of(styles.copy_of(memory))] == [5, 6]
