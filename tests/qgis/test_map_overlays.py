"""What is laid over and under a map: what is drawn, what is told, and what is refused in words."""

from __future__ import annotations

import math
import re

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsLayoutItemLabel,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QImage
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.layers.paper import ground, inset, layouts, marks, overlays, pictures

from . import drawn
from .helpers import Log, lsoas, make_areas, refused, run, save_layer

N = 30  # squares of a kilometre, in a row from x = 400 km
CODES = lsoas(N)
EDGE = 400_000


@pytest.fixture
def areas():
    return make_areas(CODES, dep_imd_decile=[at % 10 + 1 for at in range(N)])


def layer_of(kind: str, rows, fields: str = "", crs: str = "EPSG:27700") -> QgsVectorLayer:
    """Return a layer in memory of shapes as text, each with its values."""
    layer = QgsVectorLayer(f"{kind}?crs={crs}{fields}", "mine", "memory")
    assert layer.isValid()
    features = []
    for shape, *values in rows:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        feature.setAttributes(list(values))
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    layer.updateExtents()
    return layer


def square(left: float, width: float, low: float = 0, high: float = 1000) -> str:
    right = left + width
    corners = ((left, low), (right, low), (right, high), (left, high), (left, low))
    return f"POLYGON(({','.join(f'{x} {y}' for x, y in corners)}))"


def wards(*names: str) -> QgsVectorLayer:
    """Return wards of ten squares each, from the first square on."""
    rows = [(square(EDGE + 10_000 * at, 10_000), name) for at, name in enumerate(names)]
    return layer_of("Polygon", rows, "&field=WD24NM:string")


def points(*places, fields: str = "&field=name:string", **more) -> QgsVectorLayer:
    rows = [(f"POINT({x} {y})", *values) for x, y, *values in places]
    return layer_of("Point", rows, fields, **more)


def put(areas, laid=None, log=None, paper="A4", view="deprivation"):
    """Return a filled layout and its project, which must stay alive."""
    project, shown = ground.private_project(areas, view)
    layout = layouts.load_template(project, layouts.own_template(paper))
    texts = {"title": "T", "sources": "S."}
    layouts.fill_layout(layout, shown, texts, log, view=view, overlays=laid)
    return project, layout


def above(layout, name: str) -> QgsVectorLayer:
    return next(one for one in layout.itemById("map").layers() if one.name() == name)


def export(path, source, **more):
    return run("exportmap", INPUT=source, VIEW="deprivation", OUTPUT=path, DPI=72, **more)


def words(path) -> str:
    svg = path.read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", " ", svg).split())


# --- wards


def test_wards_are_drawn_that_hold_an_area_not_those_that_touch_one(areas):
    beside = layer_of(
        "Polygon",
        [
            (square(EDGE, 10_000), "Inner"),
            (square(EDGE, 10_000, 1000, 2000), "Above, with a shared border"),
            (square(EDGE - 5000, 5000), "Left, with a shared border"),
            (square(EDGE + 12_100, 300, 200, 400), "Smaller than an area"),
            (square(EDGE + 500_000, 10_000), "Far off"),
        ],
        "&field=ward_name:string",
    )
    _project, layout = put(areas, overlays.Overlays(wards=beside))
    names = [row["name"] for row in above(layout, "wards").getFeatures()]
    assert sorted(names) == ["Inner", "Smaller than an area"]


def test_wards_of_another_system_are_drawn_in_that_of_the_map(areas, tmp_path):
    path = save_layer(wards("One", "Two", "Three"), tmp_path / "w.geojson", crs="EPSG:4326")
    _project, layout = put(areas, overlays.Overlays(wards=drawn.open_layer(path)))
    box = above(layout, "wards").extent()
    assert [box.xMinimum(), box.xMaximum()] == pytest.approx([EDGE, EDGE + 30_000], abs=2)


def test_nothing_stands_far_out_of_the_frame(areas):
    """A PDF cuts it off, an SVG does not."""
    large = layer_of("Polygon", [(square(0, 900_000, -9e5, 9e5), "Large")], "&field=name:string")
    _project, layout = put(areas, overlays.Overlays(wards=large))
    for item_id, name in (("map", "wards"), ("inset", "inset")):
        item = layout.itemById(item_id)
        spare = 0.6 * item.extent().width() / item.sizeWithUnits().width()
        frame = item.extent().buffered(spare)
        assert all(frame.contains(one.extent()) for one in item.layers() if one.name() == name)


@pytest.mark.parametrize(
    ("columns", "asked", "found"),
    [
        (("WD24CD", "WD24NM"), "", "WD24NM"),
        (("code", "WARD_NAME", "name"), "", "WARD_NAME"),
        (("name_welsh", "name"), "", "name"),
        (("a", "b"), "b", "b"),
    ],
)
def test_the_field_of_names_is_found_or_chosen(areas, columns, asked, found):
    fields = "".join(f"&field={name}:string" for name in columns)
    layer = layer_of("Polygon", [(square(EDGE, 10_000), *columns)], fields)
    _project, layout = put(areas, overlays.Overlays(wards=layer, ward_names=asked))
    assert [row["name"] for row in above(layout, "wards").getFeatures()] == [found]


def test_wards_without_names_are_outlined_and_that_is_said(areas):
    log, layer = Log(), layer_of("Polygon", [(square(EDGE, 10_000), 7)], "&field=ward:integer")
    _project, layout = put(areas, overlays.Overlays(wards=layer), log)
    assert not above(layout, "wards").labelsEnabled()
    assert "no field of names" in log.text


def test_borders_as_lines_are_drawn_without_names(areas):
    line = layer_of("LineString", [(f"LINESTRING({EDGE} 500,{EDGE + 9000} 500)", "x")],
                    "&field=name:string")  # fmt: skip
    project, layout = put(areas, overlays.Overlays(wards=line))
    assert not above(layout, "wards").labelsEnabled()
    assert any("Ward borders: 1" in text for text in legend_texts(project, layout))


def legend_texts(project, layout) -> list[str]:
    model, tree = layout.itemById("legend").model(), project.layerTreeRoot()
    return [
        node.data(0).replace("\n", " ")
        for one in tree.findLayers()
        for node in model.layerLegendNodes(one)
    ]


def test_the_legend_tells_of_wards_and_of_both_kinds_of_venues(areas):
    fields = "&field=name:string&field=venue_chosen:integer&field=venue_order:integer"
    fields += "&field=venue_kept:integer"
    rows = [(EDGE + 1000 * at, 500, f"V{at}", int(at != 2), at + 1, int(at < 2)) for at in range(5)]
    laid = overlays.Overlays(wards=wards("A", "B"), venues=points(*rows, fields=fields))
    project, layout = put(areas, laid)
    told = " | ".join(legend_texts(project, layout))
    assert "Wards: 2" in told and "kept: 2" in told and "in the order chosen: 2" in told


# --- venues


def test_venues_of_a_plan_are_the_chosen_in_their_order(areas):
    fields = "&field=name:string&field=venue_chosen:integer&field=venue_order:integer"
    rows = [(EDGE + 5000 * (3 - at), 500, f"V{at}", int(at < 3), at + 1 if at < 3 else None)
            for at in (2, 3, 0, 1)]  # fmt: skip
    _project, layout = put(areas, overlays.Overlays(venues=points(*rows, fields=fields)))
    assert listed(layout) == ["1\u2002V0", "2\u2002V1", "3\u2002V2"]
    numbers = {row["number"]: row.geometry().asPoint().x() for row in venues_on(layout)}
    assert {number: round(x) for number, x in numbers.items()} == {
        1: EDGE + 15_000, 2: EDGE + 10_000, 3: EDGE + 5000,
    }  # fmt: skip


def venues_on(layout) -> list[QgsFeature]:
    return list(above(layout, "venues").getFeatures())


def listed(layout) -> list[str]:
    """Return the lines of the list of venues, column by column."""
    first = layout.itemById("venues")
    labels = [item for item in layout.items() if isinstance(item, QgsLayoutItemLabel)]
    columns = [one for one in labels if not one.id() and one.pos().y() == first.pos().y()]
    columns = [first, *sorted(columns, key=lambda one: one.pos().x())]
    return [line for one in columns for line in one.text().split("\n") if line]


def test_venues_of_one_spot_stand_apart_with_a_line_to_where_they_are(areas):
    here = [(EDGE + 15_000, 500, f"V{at}") for at in range(12)]
    _project, layout = put(areas, overlays.Overlays(venues=points(*here)))
    at = [row.geometry().asPoint() for row in venues_on(layout)]
    item = layout.itemById("map")
    per_mm = item.extent().width() / item.sizeWithUnits().width()
    least = min(one.distance(other) for i, one in enumerate(at) for other in at[:i]) / per_mm
    assert least > marks.SIDE, "no marker hides another"
    spots = [row.geometry().asPoint() for row in above(layout, "where venues lie").getFeatures()]
    assert spots and all(spot.distance(QgsPointXY(EDGE + 15_000, 500)) < 1 for spot in spots)
    assert item.extent().contains(QgsRectangle(*bounds(at)))


def bounds(at) -> tuple[float, float, float, float]:
    xs, ys = [p.x() for p in at], [p.y() for p in at]
    return min(xs), min(ys), max(xs), max(ys)


def test_venues_that_are_apart_stay_where_they_are(areas):
    rows = [(EDGE + 3000 * at + 500, 500, f"V{at}") for at in range(10)]
    _project, layout = put(areas, overlays.Overlays(venues=points(*rows)))
    moved = [
        row.geometry().asPoint().distance(QgsPointXY(x, y))
        for row, (x, y, _) in zip(venues_on(layout), rows)
    ]
    assert max(moved) < 1  # of 30,000 metres


def test_a_hundred_venues_are_dots_and_that_is_said(areas):
    rows = [(EDGE + 290 * at, 100 + 8 * at, f"V{at}") for at in range(100)]
    log = Log()
    _project, layout = put(areas, overlays.Overlays(venues=points(*rows)), log)
    assert any("100 venues are too many" in line for line in log.warnings)
    assert len(venues_on(layout)) == 100 and not listed(layout)


def test_a_list_without_room_is_said(areas):
    rows = [(EDGE + 700 * at, 500, "The community hall of the parish " * 2) for at in range(40)]
    log = Log()
    _project, layout = put(areas, overlays.Overlays(venues=points(*rows)), log)
    assert "list of 40 names has no room" in log.text and not listed(layout)


def test_more_names_than_a_column_holds_stand_in_several(areas):
    rows = [(EDGE + 2000 * at, 500, f"Hall {at}") for at in range(12)]
    _project, layout = put(areas, overlays.Overlays(venues=points(*rows)))
    assert listed(layout) == [f"{at + 1}\u2002Hall {at}" for at in range(12)]
    box = layout.itemById("venues")
    assert box.text().count("\n") < 11


def test_names_wider_than_their_box_are_broken_and_not_left_out(areas):
    """A number on the map that no list explains is of no use."""
    name = "The Very Long Named Community and Medical Centre of Upper and Nether Somewhere"
    rows = [(EDGE + 1000 * at, 500, f"{name} {at}") for at in range(6)]
    asked = overlays.Overlays(venues=points(*rows))
    _project, layout = put(areas, asked, paper="A4 portrait")
    told = " ".join(" ".join(listed(layout)).split())
    assert all(f"{at + 1} {name} {at}" in told for at in range(6))


# --- what is refused


@pytest.mark.parametrize(
    ("which", "layer", "told"),
    [
        ("WARDS", lambda: points((EDGE, 0, "x")), "polygons or lines"),
        ("VENUES", lambda: wards("A"), "points"),
        ("WARDS", lambda: wards(), "is empty"),
        ("VENUES", lambda: points(), "is empty"),
        ("WARDS", lambda: layer_of("Polygon", [(square(0, 9), "x")], "&field=n:string"), "27700"),
        ("VENUES", lambda: points((5, 5, "x")), "coordinate system wrong"),
    ],
)
def test_a_layer_that_cannot_be_laid_over_is_refused(areas, tmp_path, which, layer, told):
    message = refused("exportmap", INPUT=areas, VIEW="deprivation",
                      OUTPUT=tmp_path / "map.pdf", **{which: layer()})  # fmt: skip
    assert which in message and "mine" in message and told in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("which", ["WARDS", "VENUES", "BACKGROUND"])
def test_a_layer_without_a_coordinate_system_is_refused(areas, tmp_path, which):
    layer = points((EDGE, 0, "x")) if which == "VENUES" else wards("A")
    layer.setCrs(ground.QgsCoordinateReferenceSystem())
    message = refused("exportmap", INPUT=areas, VIEW="deprivation",
                      OUTPUT=tmp_path / "map.pdf", **{which: layer})  # fmt: skip
    assert which in message and "no coordinate system" in message


@pytest.mark.parametrize("which", ["WARDS", "VENUES", "BACKGROUND"])
def test_a_file_that_is_not_there_is_named(areas, tmp_path, which):
    message = refused("exportmap", INPUT=areas, VIEW="deprivation",
                      OUTPUT=tmp_path / "map.pdf", **{which: tmp_path / "gone.gpkg"})  # fmt: skip
    assert which in message and "gone.gpkg" in message


def test_a_field_of_names_that_is_not_there_is_named(areas):
    with pytest.raises(InputError, match=r"WARDS.*mine.*no field Nm"):
        put(areas, overlays.Overlays(wards=wards("A"), ward_names="Nm"))


def test_a_background_is_not_overwritten(areas, tmp_path):
    path = tmp_path / "relief.png"
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    assert image.save(str(path))
    before = path.read_bytes()
    message = refused("exportmap", INPUT=areas, VIEW="deprivation", OUTPUT=path, BACKGROUND=path)
    assert "is an input" in message and path.read_bytes() == before


# --- the background


def test_a_background_shows_through_the_areas_and_is_credited(tmp_path):
    path, city = tmp_path / "map.svg", drawn.city(tmp_path)
    export(path, city, BACKGROUND=drawn.relief(tmp_path), SOURCES="Borders: mine.")
    assert "Background: relief. Inset: Natural Earth. Borders: mine." in words(path)
    with_it, without = tmp_path / "with.png", tmp_path / "without.png"
    export(with_it, city, BACKGROUND=drawn.relief(tmp_path))
    export(without, city)
    assert drawn.millionths(with_it, without) > 200_000


def test_the_credit_is_what_the_layer_asks_for():
    layer = wards("A")
    layer.setName("Streets")
    metadata = layer.metadata()
    metadata.setRights(["(c) Them 2026."])
    layer.setMetadata(metadata)
    assert overlays.credit_of(layer) == "Background: Streets, (c) Them 2026."
    assert overlays.credit_of(None) == ""


def test_outlines_stay_opaque_above_a_background(tmp_path):
    project, shown = ground.private_project(drawn.open_layer(drawn.city(tmp_path)), "score")
    overlays.see_through(shown)
    found = {rule.ruleKey(): rule.symbol().opacity() for rule in
             shown.renderer().rootRule().children() if rule.symbol()}  # fmt: skip
    assert found.pop("overlay") == 1.0
    assert found and {*found.values()} == {overlays.SEEN_THROUGH}
    assert shown.opacity() == 1.0, "a PDF would hold the layer as a picture"
    del project


def test_a_pdf_above_a_raster_is_small_at_any_resolution(tmp_path):
    path = tmp_path / "map.pdf"
    run("exportmap", INPUT=drawn.city(tmp_path), OUTPUT=path, DPI=1200, PAPER="A3",
        BACKGROUND=drawn.relief(tmp_path))  # fmt: skip
    assert path.stat().st_size < 10_000_000


def test_cancelled_while_the_background_is_drawn_nothing_is_left(tmp_path):
    log = Log(cancel_when=lambda told: "Wards drawn" in str(told))
    layer = drawn.open_layer(drawn.city(tmp_path))
    laid = overlays.Overlays(wards=drawn.open_layer(drawn.SAMPLE / "wards.gpkg"),
                             background=wards("A"))  # fmt: skip
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(Cancelled):
        layouts.export_map(layer, folder / "map.pdf", title="T", overlays=laid, feedback=log)
    assert not list(folder.iterdir())


# --- where we are


def test_the_frame_of_the_inset_stands_where_the_areas_are(tmp_path):
    city = drawn.open_layer(drawn.city(tmp_path))
    _project, layout = put(city)
    item = layout.itemById("inset")
    frame, country = (item.layers()[at].extent() for at in (0, 1))
    assert frame.center().distance(city.extent().center()) < 100
    # Great Britain with its islands, in metres of the British grid
    assert country.height() == pytest.approx(1_210_000, rel=0.03)
    assert country.width() == pytest.approx(656_000, rel=0.05)
    assert "Inset: Natural Earth." in layout.itemById("sources").text()


@pytest.mark.parametrize(
    ("centre", "lands"),
    [
        ((-1.15, 60.15), "Shetland"),
        ((-5.93, 54.6), "Belfast"),
        ((2.35, 48.85), "Paris"),
        ((-52.3, 4.9), "Cayenne"),
    ],
)
def test_the_country_is_the_part_of_it_that_we_are_in(centre, lands):
    countries = inset._countries(QgsPointXY(*centre))
    part = inset._main_part(inset._country_at(countries, QgsPointXY(*centre)), QgsPointXY(*centre))
    box = part.boundingBox()
    place = QgsGeometry.fromPointXY(QgsPointXY(*centre))
    assert part.distance(place) < 0.2, lands
    assert box.width() < 20 and box.height() < 15, "no other side of an ocean"
    if lands in ("Shetland", "Belfast"):
        assert part.contains(QgsGeometry.fromPointXY(QgsPointXY(-1.5, 53.4))), "with Sheffield"


@pytest.mark.parametrize(
    ("areas_at", "told"),
    [
        (square(100_000, 500_000, 50_000, 900_000), "most of the country"),
        (square(-900_000, 1000, 100_000, 101_000), "in no country"),
    ],
)
def test_an_inset_that_tells_nothing_is_left_out_and_that_is_said(areas_at, told):
    log = Log()
    layer = layer_of("Polygon", [(areas_at, 3)], "&field=dep_imd_decile:integer")
    _project, layout = put(layer, log=log)
    assert not layout.itemById("inset").isVisible()
    assert told in log.text and "Natural Earth" not in layout.itemById("sources").text()


def test_a_qgis_without_a_world_map_makes_a_map_without_an_inset(areas, monkeypatch, tmp_path):
    monkeypatch.setattr(inset, "WORLD", ("nowhere.gpkg",))
    log = Log()
    _project, layout = put(areas, log=log)
    assert not layout.itemById("inset").isVisible() and "no world map" in log.text


def test_the_world_map_of_qgis_is_not_touched(areas):
    from pathlib import Path

    world = Path(inset.QgsApplication.pkgDataPath()).joinpath(*inset.WORLD)
    before = world.stat().st_mtime_ns, sorted(path.name for path in world.parent.iterdir())
    put(areas)
    assert before == (
        world.stat().st_mtime_ns, sorted(path.name for path in world.parent.iterdir())
    )  # fmt: skip


# --- pictures


def test_a_picture_has_its_width_and_the_counts_of_its_classes(tmp_path):
    layer = drawn.open_layer(drawn.city(tmp_path))
    laid = overlays.Overlays(wards=drawn.open_layer(drawn.SAMPLE / "wards.gpkg"))
    made = pictures.map_picture(layer, "voice", laid, width=500, dpi=90)
    image = QImage.fromData(made.png, "PNG")
    box = layer.extent()
    assert image.width() == 500
    assert image.height() == pytest.approx(500 * box.height() / box.width(), abs=2)
    counts = {label: number for _, label, number in made.legend}
    # a sixth of 340 areas in each of six classes, two of them one
    assert counts.pop("Wards") == 26
    outlined = [label for label in counts if label.startswith("Outlined")]
    assert [counts.pop(label) for label in outlined] == [math.ceil(340 / 12)]
    assert sum(counts.values()) == layer.featureCount() == 340
    colours = [colour for colour, _, _ in made.legend]
    assert "#0b4c8c" in colours and all(re.fullmatch("#[0-9a-f]{6}", one) for one in colours)
    assert "#0b4c8c" in {
        image.pixelColor(x, y).name() for x in range(0, 500, 3) for y in range(0, image.height(), 3)
    }


def test_a_picture_leaves_layer_and_project_alone(tmp_path):
    layer = drawn.open_layer(drawn.city(tmp_path))
    before, known = layer.renderer().dump(), set(QgsProject.instance().mapLayers())
    pictures.map_picture(layer, "score", width=200)
    assert layer.renderer().dump() == before and set(QgsProject.instance().mapLayers()) == known


def test_a_picture_names_its_background(tmp_path):
    layer = drawn.open_layer(drawn.city(tmp_path))
    laid = overlays.Overlays(background=wards("A"))
    assert pictures.map_picture(layer, "score", laid, width=200).credits == "Background: mine."
    assert pictures.map_picture(layer, "score", width=200).credits == ""


def test_a_cancelled_picture_is_none(tmp_path):
    log = Log()
    log.cancel()
    with pytest.raises(Cancelled):
        pictures.map_picture(drawn.open_layer(drawn.city(tmp_path)), "score", feedback=log)
