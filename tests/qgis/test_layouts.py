"""A map on paper: its size and fonts, its extent, and what happens when it cannot be made."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeedback,
    QgsField,
    QgsGeometry,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutItemShape,
    QgsPrintLayout,
    QgsProcessingFeedback,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, QVariant
from qgis.PyQt.QtGui import QImageReader
from qgis.PyQt.QtXml import QDomDocument
from seldom_heard.layers.errors import Cancelled, InputError
from seldom_heard.layers.paper import ground, layouts, legends, lettering, printing

PAGES_MM = {"A4": (297, 210), "A3": (420, 297), "A4 portrait": (210, 297)}
REQUIRED_IDS = ("title", "subtitle", "map", "legend", "scalebar", "north")
REQUIRED_IDS += ("date", "sources", "method", "note", "inset", "venues")
SHEFFIELD = (-1.8, 53.3)


def make_layer(west: float = SHEFFIELD[0], south: float = SHEFFIELD[1], crs: str = "EPSG:4326"):
    """Ten by six rectangles with a rank and a tier."""
    step = 0.02 if crs == "EPSG:4326" else 1500.0
    layer = QgsVectorLayer(f"Polygon?crs={crs}", "my areas", "memory")
    kinds = {"sh_score": QVariant.Type.Double, "sh_rank": QVariant.Type.Int}
    kinds |= {"sh_tier": QVariant.Type.String, "dep_imd_decile": QVariant.Type.Int}
    layer.dataProvider().addAttributes([QgsField(name, kind) for name, kind in kinds.items()])
    layer.updateFields()
    features = []
    for number in range(60):
        x, y = west + number % 10 * step, south + number // 10 * step
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, y, x + step, y + step)))
        tier = "robust" if number < 5 else "contestable" if number < 9 else "not a priority"
        feature.setAttributes([1 - number / 60, number + 1, tier, number % 10 + 1])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


class Notes(QgsProcessingFeedback):
    """Keeps the warnings."""

    def __init__(self):
        super().__init__(False)
        self.warnings = []

    def pushWarning(self, warning):
        self.warnings.append(warning)


def run(tool: str, *arguments: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} (poppler-utils) is not installed")
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def filled(layer, template="A4", texts=None, feedback=None):
    """A layout as export_map makes it, with its project, which must stay alive."""
    project, shown = ground.private_project(layer, "score")
    path = layouts.own_template(template) if template in PAGES_MM else template
    layout = layouts.load_template(project, path)
    layouts.fill_layout(layout, shown, texts or {"title": "Title"}, feedback)
    return project, layout


def box(layout, item_id: str) -> QgsRectangle:
    item = layout.itemById(item_id)
    return QgsRectangle(item.mapRectToScene(item.rect()))


@pytest.mark.parametrize("paper", PAGES_MM)
def test_a_pdf_is_one_page_with_fonts_inside(tmp_path, paper):
    path = layouts.export_map(
        make_layer(), tmp_path / "map.pdf", title="Where to go", subtitle="Sheffield", paper=paper
    )
    info = run("pdfinfo", str(path))
    assert re.search(r"^Pages: +1$", info, re.M)
    width, height = map(float, re.search(r"Page size: +([\d.]+) x ([\d.]+)", info).groups())
    expected = [mm * 72 / 25.4 for mm in PAGES_MM[paper]]
    assert [width, height] == pytest.approx(expected, abs=1)
    assert re.search(r"^Title: +Where to go$", info, re.M)
    fonts = run("pdffonts", str(path)).splitlines()[2:]
    assert fonts
    assert all(re.search(r" yes +\w+ +yes +\d+ +\d+$", line) for line in fonts), fonts


def test_the_text_of_a_pdf_can_be_searched(tmp_path):
    path = layouts.export_map(
        make_layer(), tmp_path / "map.pdf", title="Where to go", sources="Source: Census", note="N1"
    )
    text = run("pdftotext", "-layout", str(path), "-")
    for part in ("Where to go", "Source: Census", "N1", "of draws", "km", "Map made on"):
        assert part in text


@pytest.mark.parametrize(("paper", "dpi"), [("A4", 100), ("A3", 60)])
def test_a_png_has_paper_times_resolution(tmp_path, paper, dpi):
    path = layouts.export_map(
        make_layer(), tmp_path / "map.png", title="T", paper=paper, dpi=dpi, view="deprivation"
    )
    size = QImageReader(str(path)).size()
    expected = [mm / 25.4 * dpi for mm in PAGES_MM[paper]]
    assert [size.width(), size.height()] == pytest.approx(expected, abs=1)
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]


def test_an_svg_is_a_readable_document(tmp_path):
    path = layouts.export_map(make_layer(), tmp_path / "map.svg", title="Where to go")
    document = QDomDocument()
    document.setContent(path.read_text(encoding="utf-8"))
    assert document.documentElement().tagName() == "svg"
    assert document.elementsByTagName("path").count() > 60


@pytest.mark.parametrize("name", ["map.doc", "map", "map.jpeg", "no/folder/map.pdf"])
def test_a_file_that_cannot_be_written_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"map|folder"):
        layouts.export_map(make_layer(), tmp_path / name, title="T")
    assert not list(tmp_path.iterdir())


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    # root may write everywhere, so the answer of the system is replaced
    monkeypatch.setattr(printing.os, "access", lambda *_: False)
    with pytest.raises(InputError, match="may not write"):
        layouts.export_map(make_layer(), tmp_path / "map.pdf", title="T")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"paper": "A5"}, "A4, A3"),
        ({"view": "language"}, "Language"),
        ({"template": "absent.qpt"}, "absent.qpt"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        layouts.export_map(make_layer(), tmp_path / "map.pdf", title="T", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_layer_without_areas_is_refused(tmp_path):
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=sh_score:double", "empty", "memory")
    with pytest.raises(InputError, match="empty"):
        layouts.export_map(layer, tmp_path / "map.pdf", title="T")


def test_a_failed_export_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    target = tmp_path / "map.pdf"
    target.write_text("old")

    def half(_exporter, path, *_):
        Path(path).write_text("half")
        return printing.QgsLayoutExporter.ExportResult.FileError

    monkeypatch.setattr(printing, "export", half)
    with pytest.raises(InputError):
        layouts.export_map(make_layer(), target, title="T")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_an_existing_file_is_replaced(tmp_path):
    target = tmp_path / "map.pdf"
    target.write_text("old")
    layouts.export_map(make_layer(), target, title="T")
    assert target.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_cancelled_at_any_step_nothing_is_left(tmp_path, step):
    class StopsAt(QgsFeedback):
        asked = 0

        def isCanceled(self):
            self.asked += 1
            return self.asked >= step

    with pytest.raises(Cancelled):
        layouts.export_map(make_layer(), tmp_path / "map.pdf", title="T", feedback=StopsAt())
    assert not list(tmp_path.iterdir())


def test_nothing_the_user_sees_is_changed(tmp_path):
    layer = make_layer()
    before = layer.renderer().dump()
    layouts.export_map(layer, tmp_path / "map.pdf", title="T")
    assert (layer.name(), layer.renderer().dump()) == ("my areas", before)
    assert not layer.labelsEnabled()
    assert layer.id() not in QgsProject.instance().mapLayers()


def test_without_a_view_the_layer_is_drawn_as_it_is(tmp_path):
    path = layouts.export_map(make_layer(), tmp_path / "map.pdf", title="T", view=None)
    text = run("pdftotext", str(path), "-")
    assert "my areas" in text
    assert "of draws" not in text


@pytest.mark.parametrize("paper", PAGES_MM)
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:27700"])
def test_the_layer_fills_the_map(paper, crs):
    layer = make_layer() if crs == "EPSG:4326" else make_layer(420000, 380000, crs)
    project, layout = filled(layer, paper)
    item = layout.itemById("map")
    assert project.crs().authid() == item.crs().authid() == "EPSG:27700"
    to_map = QgsCoordinateTransform(layer.crs(), item.crs(), project.transformContext())
    areas, frame = to_map.transformBoundingBox(layer.extent()), item.extent()
    assert frame.contains(areas)
    assert max(areas.width() / frame.width(), areas.height() / frame.height()) > 0.95


@pytest.mark.parametrize(
    ("west", "south", "crs", "expected"),
    [
        (*SHEFFIELD, "EPSG:4326", "EPSG:27700"),
        (13.3, 52.4, "EPSG:4326", "EPSG:32633"),
        (151.0, -34.0, "EPSG:4326", "EPSG:32756"),
        (400000, 300000, "EPSG:27700", "EPSG:27700"),
        (500000, 5800000, "EPSG:25832", "EPSG:25832"),
    ],
)
def test_the_map_has_a_system_in_metres(west, south, crs, expected):
    assert layouts.map_crs(make_layer(west, south, crs)).authid() == expected


@pytest.mark.parametrize(
    ("length", "expected"), [(1, 1), (1.99, 1), (2.4, 2), (7, 5), (13, 10), (0.034, 0.02)]
)
def test_scale_bar_segments_are_round(length, expected):
    assert layouts._round_length(length) == pytest.approx(expected)


@pytest.mark.parametrize("paper", PAGES_MM)
def test_a_shipped_template_has_every_item_on_its_page(paper):
    _project, layout = filled(make_layer(), paper)
    page = QgsRectangle(0, 0, *PAGES_MM[paper])
    boxes = {item_id: box(layout, item_id) for item_id in REQUIRED_IDS}
    assert all(page.contains(b) for b in boxes.values())
    names = list(boxes)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            overlap = boxes[one].intersect(boxes[other])
            assert overlap.isEmpty(), (one, other)


@pytest.mark.parametrize("paper", PAGES_MM)
def test_a_shipped_template_names_no_machine(paper):
    text = layouts.own_template(paper).read_text(encoding="utf-8")
    assert not re.search(r'="/|file:|[A-Z]:\\|/home/|/usr/', text)


def test_a_long_text_is_set_smaller_then_cut_and_said():
    fits, too_long = 0, 512
    while too_long - fits > 1:  # words that are not cut yet
        notes, tried = Notes(), (fits + too_long) // 2
        texts = {"method": "be " * tried}
        _project, layout = filled(make_layer(), texts=texts, feedback=notes)
        fits, too_long = (fits, tried) if notes.warnings else (tried, too_long)
    texts, notes = {"method": "be " * fits}, Notes()
    _project, layout = filled(make_layer(), texts=texts, feedback=notes)
    label = layout.itemById("method")
    assert lettering.font_of(label).pointSizeF() == lettering.SMALLEST_TEXT
    assert label.text() == texts["method"] and fits > 100 and not notes.warnings

    _project, layout = filled(make_layer(), texts={"method": "word " * 900}, feedback=notes)
    assert layout.itemById("method").text().endswith(" word…"), "whole words alone"
    assert len(notes.warnings) == 1 and "method" in notes.warnings[0]


def test_a_legend_too_long_for_its_box_gets_smaller(tmp_path):
    source = layouts.own_template("A4").read_text(encoding="utf-8")
    template = tmp_path / "low.qpt"
    assert "70,111,mm" in source
    template.write_text(source.replace("70,111,mm", "70,58,mm"), encoding="utf-8")
    notes = Notes()
    _project, layout = filled(make_layer(), str(template), feedback=notes)
    assert box(layout, "legend").height() <= 58
    assert not notes.warnings
    font = lettering.legend_font(layout.itemById("legend"), legends.LEGEND_STYLE.SymbolLabel)
    assert lettering.SMALLEST_TEXT <= font.pointSizeF() < 8.5


def test_a_legend_that_cannot_fit_is_said(tmp_path):
    source = layouts.own_template("A4").read_text(encoding="utf-8")
    template = tmp_path / "low.qpt"
    template.write_text(source.replace("70,111,mm", "70,20,mm"), encoding="utf-8")
    notes = Notes()
    filled(make_layer(), str(template), feedback=notes)
    assert len(notes.warnings) == 1 and "legend" in notes.warnings[0]


def paired_layer():
    """Sixty areas with need and replies: a third of each, two without, four of which too few."""
    layer = make_layer()
    kinds = {"sh_need": QVariant.Type.Double, "voice_shrunk": QVariant.Type.Double}
    kinds |= {"voice_class": QVariant.Type.String}
    layer.dataProvider().addAttributes([QgsField(name, kind) for name, kind in kinds.items()])
    layer.updateFields()
    start = layer.fields().indexOf("sh_need")
    changes = {}
    for at, feature in enumerate(layer.getFeatures()):
        known = {start: at / 60, start + 1: 40.0 + at * 37 % 97}
        known[start + 2] = "too few to say" if at % 15 == 7 else "as expected"
        changes[feature.id()] = {} if at in (3, 33) else known
    layer.dataProvider().changeAttributeValues({k: v for k, v in changes.items() if v})
    return layer


def squared(template="A4", feedback=None):
    project, shown = ground.private_project(paired_layer(), "bivariate")
    path = layouts.own_template(template) if template in PAGES_MM else template
    layout = layouts.load_template(project, path)
    layouts.fill_layout(layout, shown, {"title": "T"}, feedback, view="bivariate")
    return project, layout, shown


def legend_texts(project, layout, shown) -> list[str]:
    node = project.layerTreeRoot().findLayer(shown.id())
    nodes = layout.itemById("legend").model().layerLegendNodes(node)
    return [n.data(legends.DISPLAY).replace("\n", " ") for n in nodes]


LANDSCAPE = ("A4", "A3")  # upright there is no height for a square: its classes are listed


@pytest.mark.parametrize("paper", LANDSCAPE)
def test_two_figures_have_a_square_and_no_list_of_their_nine_classes(paper):
    notes = Notes()
    project, layout, shown = squared(paper, notes)
    assert not notes.warnings
    cells = [item for item in layout.items() if isinstance(item, QgsLayoutItemShape)]
    spec = layouts.styles.load_spec("bivariate")
    colours = {item.symbol().color().name() for item in cells}
    assert len(cells) == 9 and colours == {c for row in spec["colours"] for c in row}
    told = [text for text in legend_texts(project, layout, shown) if text]
    assert [text.split(":")[0] for text in told] == [
        "Too few replies were to be expected to say",
        "Not shown",
    ]
    texts = [i.text() for i in layout.items() if isinstance(i, QgsLayoutItemLabel)]
    for word in ("Need", "Replies", "High", "Medium", "Low", "Fewer", "Fewest"):
        assert texts.count(word) == 1
    numbers = [int(text) for text in texts if text.isdigit()]
    assert len(numbers) == 9 and sum(numbers) == 54  # 60 - 4 too few - 2 without figures


@pytest.mark.parametrize("paper", LANDSCAPE)
def test_the_square_stands_in_the_box_of_the_legend_and_under_it_the_rest(paper):
    room = {
        "A4": QgsRectangle(217, 27, 287, 138),
        "A3": QgsRectangle(310, 38, 406, 205),
    }[paper]
    _project, layout, _shown = squared(paper)
    legend = box(layout, "legend")
    own = [i for i in layout.items() if isinstance(i, QgsLayoutItemLabel) and not i.id()]
    own += [i for i in layout.items() if isinstance(i, QgsLayoutItemShape)]
    boxes = [i.sceneBoundingRect() for i in own]
    assert max(b.bottom() for b in boxes) <= legend.yMinimum()
    assert legend.yMaximum() <= room.yMaximum() + 0.01
    slack = 0.5  # of the frame's pen
    assert all(room.xMinimum() - slack <= b.left() for b in boxes)
    assert all(b.right() <= room.xMaximum() + slack for b in boxes)


@pytest.mark.parametrize("paper", LANDSCAPE)
def test_words_of_the_square_fit_their_labels(paper):
    _project, layout, _shown = squared(paper)
    for item in layout.items():
        if isinstance(item, QgsLayoutItemLabel) and not item.id():
            assert lettering.fits(item.text(), lettering.font_of(item), item.sizeWithUnits())


@pytest.mark.parametrize("size", ["45,111,mm", "70,80,mm"])
def test_a_template_without_room_for_a_square_lists_the_classes(tmp_path, size):
    source = layouts.own_template("A4").read_text(encoding="utf-8")
    template = tmp_path / "narrow.qpt"
    template.write_text(source.replace("70,111,mm", size), encoding="utf-8")
    project, layout, shown = squared(str(template))
    assert not [item for item in layout.items() if isinstance(item, QgsLayoutItemShape)]
    assert len(legend_texts(project, layout, shown)) == 11


def test_a_map_of_two_figures_is_exported(tmp_path):
    path = layouts.export_map(paired_layer(), tmp_path / "map.pdf", title="T", view="bivariate")
    text = run("pdftotext", "-layout", str(path), "-")
    for word in ("Fewest", "Medium", "Replies", "Too few replies"):
        assert word in text


def own_template(path: Path, *ids: str) -> Path:
    project = QgsProject()
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    for item_id in ids:
        kind = QgsLayoutItemMap if item_id == "map" else QgsLayoutItemLabel
        item = kind(layout)
        item.setId(item_id)
        item.attemptSetSceneRect(QRectF(10, 10, 150, 100))
        layout.addLayoutItem(item)
    assert layout.saveAsTemplate(str(path), QgsReadWriteContext())
    return path


def test_a_councils_template_needs_only_a_map(tmp_path):
    template = own_template(tmp_path / "own.qpt", "map", "title")
    path = layouts.export_map(make_layer(), tmp_path / "map.pdf", title="Ours", template=template)
    assert "Ours" in run("pdftotext", str(path), "-")


def test_a_template_without_a_map_is_refused(tmp_path):
    for name, content in {"a.qpt": None, "b.qpt": "no xml", "c.qpt": "<Layout/>"}.items():
        template = tmp_path / name
        if content is None:
            own_template(template, "title")
        else:
            template.write_text(content)
        with pytest.raises(InputError, match=name):
            layouts.export_map(make_layer(), tmp_path / "map.pdf", title="T", template=template)


def test_the_british_grid_is_known():
    assert QgsCoordinateReferenceSystem(ground.BRITISH_GRID).isValid()
