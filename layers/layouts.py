"""A map on paper: a layer, a view of it and a template, exported to PDF, PNG or SVG.

A template is a QGIS layout with one page. Its items are found by their ids; `map` is required:

    title, subtitle   labels: what the map shows, and of where or when
    map               the map; the layer fills it
    legend            the classes with the number of areas in each; its box is the room it has
    scalebar, north   follow the map; the template chooses their look and the unit
    method, note      labels: how it was made, and what a reader has to know
    sources, date     labels: sources with their licence, and the day of the export

Any other item (a logo, a line) stays as it is. A text too long for its label is set smaller, to 7
points, and so is a legend too long for its box; what then does not fit is cut and reported. Where
a view shows two figures, a square of colours takes the place of their lines in the legend's box.
"""

from __future__ import annotations

import math
import os
import uuid
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeedback,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutUtils,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QLocale, Qt
from qgis.PyQt.QtXml import QDomDocument

from . import squares, styles
from .errors import Cancelled, InputError, tr
from .lettering import fits, font_of, legend_font, set_font, set_legend_font, wrapped

TEMPLATE_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "layouts"
PAPERS = ("A4", "A3")
ENDINGS = (".pdf", ".png", ".svg")
SMALLEST_TEXT = 7.0  # points
MARGIN = 1.02  # of the layer's extent
LEGEND_TEXT_SHARE = 0.97  # of the width beside the symbols: metrics differ a little between devices
SCALEBAR_SHARE = 0.12  # of the map's width, for one segment
LEGEND_STYLE = QgsLegendStyle.Style
DISPLAY = Qt.ItemDataRole.DisplayRole
BRITISH_GRID = "EPSG:27700"


def export_map(
    layer: QgsVectorLayer,
    path: str | Path,
    *,
    title: str,
    subtitle: str = "",
    method: str = "",
    sources: str = "",
    note: str | None = None,
    paper: str = "A4",
    dpi: int = 300,
    view: str | None = "score",
    template: str | Path | None = None,
    feedback: QgsFeedback | None = None,
) -> Path:
    """Exports a map of the layer to a file, whose ending says PDF, PNG or SVG; returns its path.

    Without `view` the layer is drawn as it is. Without `note` the reader is told what the view says
    about itself. Uses a project of its own: call it in the main thread.

    Raises:
        InputError: the file cannot be written, or there is nothing to draw.
        Cancelled: the feedback was cancelled; no file is left.
    """
    target = _checked_target(path)
    _stop_if_cancelled(feedback)
    project, shown = _private_project(layer, view)
    _stop_if_cancelled(feedback)
    layout = load_template(project, template or _own_template(paper))
    texts = {"title": title, "subtitle": subtitle, "method": method, "sources": sources}
    texts["note"] = (styles.view_note(view) if view else "") if note is None else note
    texts["date"] = _date_line()
    fill_layout(layout, shown, texts, feedback, view=view)
    _stop_if_cancelled(feedback)
    return _write(layout, target, dpi, feedback)


def load_template(project: QgsProject, template: str | Path) -> QgsPrintLayout:
    """A layout of the project, made from a .qpt file."""
    document = QDomDocument()
    try:
        document.setContent(Path(template).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = tr("The template {file} cannot be read.")
        raise InputError(message.format(file=template)) from error
    layout = QgsPrintLayout(project)
    _, loaded = layout.loadFromTemplate(document, QgsReadWriteContext())
    if not loaded or not isinstance(layout.itemById("map"), QgsLayoutItemMap):
        message = tr("The template {file} is no QGIS layout with a map whose item id is “map”.")
        raise InputError(message.format(file=template))
    project.layoutManager().addLayout(layout)  # the project owns it, so neither outlives the other
    return layout


def fill_layout(
    layout: QgsPrintLayout,
    layer: QgsVectorLayer,
    texts: dict[str, str],
    feedback: QgsFeedback | None = None,
    extent: QgsRectangle | None = None,
    view: str | None = None,
) -> None:
    """Puts the layer and the texts (by item id) into the layout; ids it does not have are skipped.

    `extent` is in the layer's own coordinates; without it the whole layer is shown. `view` is what
    the layer is drawn in: one that shows two figures has a square in its legend.
    """
    for item_id, text in texts.items():
        _set_text(layout, item_id, text, feedback)
    _set_map(layout, layer, extent or layer.extent())
    _set_legend(layout, layer, feedback, view)
    _set_scalebar(layout)
    _describe(layout, texts)


def map_crs(layer: QgsVectorLayer) -> QgsCoordinateReferenceSystem:
    """The layer's own system when its unit is a length, else the British grid or a UTM zone."""
    crs = layer.crs()
    if not crs.isValid() or not crs.isGeographic():
        return crs
    british = QgsCoordinateReferenceSystem(BRITISH_GRID)
    if british.bounds().contains(layer.extent()):
        return british
    centre = layer.extent().center()
    zone = min(60, int((centre.x() + 180) // 6) + 1)
    return QgsCoordinateReferenceSystem(f"EPSG:{(32600 if centre.y() >= 0 else 32700) + zone}")


def _stop_if_cancelled(feedback: QgsFeedback | None) -> None:
    if feedback and feedback.isCanceled():
        raise Cancelled(tr("The export was cancelled; nothing was written."))


def _warn(feedback: QgsFeedback | None, message: str) -> None:
    # only the feedback of Processing can show a warning
    if hasattr(feedback, "pushWarning"):
        feedback.pushWarning(message)


def _checked_target(path: str | Path) -> Path:
    """The file to be written, refused before anything is made when that cannot succeed."""
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        message = tr("A map can be written as .pdf, .png or .svg, not as “{name}”.")
        raise InputError(message.format(name=target.name))
    folder = target.resolve().parent
    if not folder.is_dir():
        raise InputError(tr("There is no folder {folder}.").format(folder=folder))
    if not os.access(folder, os.W_OK):
        raise InputError(tr("You may not write in the folder {folder}.").format(folder=folder))
    return target


def _own_template(paper: str) -> Path:
    if paper.upper() not in PAPERS:
        message = tr("There is no layout for the paper {paper}, only for {known}.")
        raise InputError(message.format(paper=paper, known=", ".join(PAPERS)))
    return TEMPLATE_FOLDER / f"map_{paper.lower()}.qpt"


def _private_project(layer: QgsVectorLayer, view: str | None) -> tuple[QgsProject, QgsVectorLayer]:
    """A project with a copy of the layer, so that nothing the user sees changes."""
    if layer.featureCount() == 0 or layer.extent().isEmpty():
        raise InputError(tr("The layer {name} has no areas to draw.").format(name=layer.name()))
    copy = styles.copy_of(layer)
    if view:
        if styles.style_layer(copy, view, counts=True) is None:
            message = tr("The layer {name} has none of the fields that the view “{view}” shows.")
            raise InputError(message.format(name=layer.name(), view=styles.view_name(view)))
        copy.setName(styles.view_title(copy, view))
    project = QgsProject()
    project.setCrs(map_crs(copy))
    project.addMapLayer(copy)
    return project, copy


def _date_line() -> str:
    day = QLocale().toString(QDate.currentDate(), "d MMMM yyyy")
    return tr("Map made on {day}").format(day=day)


def _set_text(
    layout: QgsPrintLayout, item_id: str, text: str, feedback: QgsFeedback | None
) -> None:
    label = layout.itemById(item_id)
    if not isinstance(label, QgsLayoutItemLabel):
        return
    font, size = font_of(label), label.sizeWithUnits()
    while font.pointSizeF() > SMALLEST_TEXT and not fits(text, font, size):
        font.setPointSizeF(max(SMALLEST_TEXT, font.pointSizeF() - 0.5))
    shown, words = text, text.split()
    while words and not fits(shown, font, size):
        words.pop()  # whole words: half a number would be a wrong one
        shown = " ".join(words) + "…"
    if shown != text:
        message = tr("The text “{item}” was cut: it has no room on this paper.")
        _warn(feedback, message.format(item=item_id))
    set_font(label, font)
    label.setText(shown)


def _set_map(layout: QgsPrintLayout, layer: QgsVectorLayer, extent: QgsRectangle) -> None:
    item, crs = layout.itemById("map"), layout.project().crs()
    item.setCrs(crs)
    item.setLayers([layer])
    item.setKeepLayerSet(True)
    to_map = QgsCoordinateTransform(layer.crs(), crs, layout.project().transformContext())
    extent = to_map.transformBoundingBox(extent)
    extent.scale(MARGIN)
    item.zoomToExtent(extent)


def _set_legend(
    layout: QgsPrintLayout,
    layer: QgsVectorLayer,
    feedback: QgsFeedback | None,
    view: str | None,
) -> None:
    """One legend entry, the layer; labels are wrapped here, as QGIS breaks lines only on a mark."""
    legend = layout.itemById("legend")
    if not isinstance(legend, QgsLayoutItemLegend):
        return
    room = legend.sizeWithUnits()
    width, height = room.width(), room.height()
    legend.setLinkedMap(layout.itemById("map"))
    legend.setWrapString("\n")
    legend.setAutoUpdateModel(True)
    node = layout.project().layerTreeRoot().findLayer(layer.id())
    labels = dict(enumerate(e.data(DISPLAY) for e in legend.model().layerLegendNodes(node)))
    square, counts = (styles.counted_square(layer, view) if view else None) or (None, [])
    planned = squares.plan(legend, square, node.name()) if square else None
    if planned:
        squares.draw(layout, planned, counts)
        height -= planned.height
        _move_down(legend, planned.height)
        labels = _without_cells(labels, layer)
        QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(labels))
        QgsLegendRenderer.setNodeLegendStyle(node, LEGEND_STYLE.Hidden)
    _wrap_legend(legend, node, labels, width)
    while _height(layout, legend) > height and _make_smaller(legend):
        _wrap_legend(legend, node, labels, width)
    legend.attemptResize(QgsLayoutSize(width, _height(layout, legend)))
    if _height(layout, legend) > height:
        _warn(feedback, tr("The legend is longer than the room it has on this paper."))


def _height(layout: QgsPrintLayout, legend: QgsLayoutItemLegend) -> float:
    """Millimetres that the legend takes; the item itself knows only once it has been painted."""
    context = QgsLayoutUtils.createRenderContextForLayout(layout, None)
    renderer = QgsLegendRenderer(legend.model(), legend.legendSettings())
    return renderer.minimumSize(context).height()


def _move_down(legend: QgsLayoutItemLegend, by: float) -> None:
    corner = legend.positionWithUnits()
    legend.attemptMove(QgsLayoutPoint(corner.x(), corner.y() + by, corner.units()))


def _without_cells(labels: dict[int, str], layer: QgsVectorLayer) -> dict[int, str]:
    """The lines of the legend that the square does not show, by their numbers."""
    keys = [item.ruleKey() for item in layer.renderer().legendSymbolItems()]
    return {at: text for at, text in labels.items() if not keys[at].startswith(squares.CELL)}


def _wrap_legend(legend: QgsLayoutItemLegend, node, labels: dict[int, str], width: float) -> None:
    heading = legend_font(legend, LEGEND_STYLE.Subgroup)
    node.setCustomProperty("legend/title-label", wrapped(node.name(), heading, width))
    gap = legend.style(LEGEND_STYLE.SymbolLabel).margin(QgsLegendStyle.Side.Left)
    beside = (width - legend.symbolWidth() - gap) * LEGEND_TEXT_SHARE
    font = legend_font(legend, LEGEND_STYLE.SymbolLabel)
    for number, label in labels.items():
        QgsMapLayerLegendUtils.setLegendNodeUserLabel(node, number, wrapped(label, font, beside))
    legend.model().refreshLayerLegend(node)


def _make_smaller(legend: QgsLayoutItemLegend) -> bool:
    """Takes half a point off the labels and a little off their symbols; False at the smallest."""
    font = legend_font(legend, LEGEND_STYLE.SymbolLabel)
    if font.pointSizeF() <= SMALLEST_TEXT:
        return False
    font.setPointSizeF(max(SMALLEST_TEXT, font.pointSizeF() - 0.5))
    set_legend_font(legend, LEGEND_STYLE.SymbolLabel, font)
    legend.setSymbolHeight(legend.symbolHeight() * 0.9)
    symbol = legend.style(LEGEND_STYLE.Symbol)
    symbol.setMargin(QgsLegendStyle.Side.Top, symbol.margin(QgsLegendStyle.Side.Top) * 0.7)
    legend.setStyle(LEGEND_STYLE.Symbol, symbol)
    return True


def _set_scalebar(layout: QgsPrintLayout) -> None:
    """Segments of a round length, about an eighth of the map each."""
    bar, item = layout.itemById("scalebar"), layout.itemById("map")
    if not isinstance(bar, QgsLayoutItemScaleBar):
        return
    bar.setLinkedMap(item)
    factor = QgsUnitTypes.fromUnitToUnitFactor(item.crs().mapUnits(), bar.units())
    bar.setUnitsPerSegment(_round_length(item.extent().width() * factor * SCALEBAR_SHARE))
    bar.update()


def _round_length(length: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is no longer."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length)


def _describe(layout: QgsPrintLayout, texts: dict[str, str]) -> None:
    """Title and text for the properties of a PDF, which screen readers announce."""
    metadata = layout.project().metadata()
    metadata.setTitle(texts.get("title", ""))
    metadata.setAuthor("")  # QGIS would put the name of the computer's user
    metadata.setAbstract(texts.get("subtitle", ""))
    layout.project().setMetadata(metadata)


def _write(layout: QgsPrintLayout, target: Path, dpi: int, feedback: QgsFeedback | None) -> Path:
    """Exports under another name first, so that a failure leaves no half-written file."""
    ending = target.suffix.lower()
    draft = target.with_name(f".{target.stem}-{uuid.uuid4().hex[:8]}{ending}")
    try:
        result = _export(QgsLayoutExporter(layout), str(draft), ending, dpi)
        if result != QgsLayoutExporter.ExportResult.Success or not draft.is_file():
            raise InputError(tr("The map could not be written to {file}.").format(file=target))
        _stop_if_cancelled(feedback)
        os.replace(draft, target)
    except PermissionError as error:
        message = tr("{file} cannot be replaced: is it open in another program?")
        raise InputError(message.format(file=target)) from error
    finally:
        for left in (draft, Path(f"{draft}.aux.xml")):
            left.unlink(missing_ok=True)
    return target


def _export(exporter: QgsLayoutExporter, path: str, ending: str, dpi: int):
    if ending == ".png":
        image = QgsLayoutExporter.ImageExportSettings()
        image.dpi = dpi
        return exporter.exportToImage(path, image)
    settings = (
        QgsLayoutExporter.PdfExportSettings()
        if ending == ".pdf"
        else QgsLayoutExporter.SvgExportSettings()
    )
    settings.dpi = dpi
    settings.forceVectorOutput = True
    # text stays text: it can be searched, and read aloud
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    if ending == ".pdf":
        return exporter.exportToPdf(path, settings)
    return exporter.exportToSvg(path, settings)
