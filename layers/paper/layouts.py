"""A map on paper: a layer, a view of it and a template, exported to PDF, PNG or SVG.

A template is a QGIS layout. Its items are found by their ids; `map` is required:

    title, subtitle   labels: what the map shows, and of where or when
    map               the map; the layer fills it
    legend            the classes with the number of areas in each; its box is the room it has
    scalebar, north   follow the map; the template chooses their look and the unit
    inset             a small map: where in the country the areas lie
    venues            label: numbers and names of the venues, in columns
    method, note      labels: how it was made, and what a reader has to know
    sources, date     labels: sources with their licence, and the day of the export

Any other item (a logo, a line) stays as it is. A text too long for its label is set smaller, to 7
points, and so is a legend too long for its box; what then does not fit is cut and reported. Where
a view shows two figures, a square of colours takes the place of their lines in the legend's box.
"""

from __future__ import annotations

import base64
import math
from pathlib import Path

from qgis.core import (
    QgsFeedback,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsMapLayer,
    QgsPathResolver,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QLocale, QSizeF
from qgis.PyQt.QtXml import QDomDocument

from .. import styles
from ..errors import InputError, tr
from . import overlays as over
from . import pictures, printing
from .ground import Ground, extent_on, map_crs, private_project
from .inset import draw_inset
from .legends import fill_legend
from .lettering import put_text
from .lists import fill_list
from .telling import inform, stop_if_cancelled, warn

__all__ = ["PAPERS", "export_map", "fill_layout", "load_template", "map_crs"]

TEMPLATE_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "layouts"
PAPERS = ("A4", "A3", "A4 portrait")
TEXTS = ("title", "subtitle", "method", "note", "sources", "date")
ITEMS = (*TEXTS, "legend", "scalebar", "north")  # what a map should have, beside itself
SCALEBAR_SHARE = 0.075  # of the map's width, for one segment
BACKGROUND_DPI = 200  # more would make the file large and not the picture better


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
    overlays: over.Overlays | None = None,
    feedback: QgsFeedback | None = None,
) -> Path:
    """Exports a map of the layer to a file, whose ending says PDF, PNG or SVG; returns its path.

    Without `view` the layer is drawn as it is. Without `note` the reader is told what the view says
    about itself. Uses a project of its own: call it in the main thread.

    Raises:
        InputError: the file cannot be written, the template or an overlay not used, or there is
            nothing to draw.
        Cancelled: the feedback was cancelled; no file is left.
    """
    target = printing.checked_target(path)
    stop_if_cancelled(feedback)
    project, shown = private_project(layer, view)
    stop_if_cancelled(feedback)
    layout = load_template(project, template or own_template(paper))
    if template:
        _refuse_pages(layout, template, target)
        _say_missing(layout, feedback)
    texts = {"title": title, "subtitle": subtitle, "method": method, "sources": sources}
    texts["note"] = (styles.view_note(view) if view else "") if note is None else note
    texts["date"] = date_line()
    fill_layout(layout, shown, texts, feedback, view=view, overlays=overlays)
    stop_if_cancelled(feedback)
    return printing.write(layout, target, dpi, feedback)


def load_template(project: QgsProject, template: str | Path) -> QgsPrintLayout:
    """A layout of the project, made from a .qpt file.

    Raises:
        InputError: the file cannot be read, is no layout, or has no map that can be filled.
    """
    document = _document(template)
    layout, context = QgsPrintLayout(project), QgsReadWriteContext()
    context.setPathResolver(QgsPathResolver(str(Path(template).resolve())))  # logos beside it
    _, loaded = layout.loadFromTemplate(document, context)
    if not loaded or layout.pageCollection().pageCount() == 0:
        raise InputError(_no_layout(template))
    if not isinstance(layout.itemById("map"), QgsLayoutItemMap):
        ids = ", ".join(sorted({item.id() for item in _items(layout) if item.id()}))
        message = tr(
            "The template {file} has no map with the item id “map”. Its items have the ids: {ids}. "
            "Open it in QGIS, and name its map so (Item Properties, Item ID)."
        )
        raise InputError(message.format(file=template, ids=ids or tr("none")))
    project.layoutManager().addLayout(layout)  # the project owns it, so neither outlives the other
    return layout


def fill_layout(
    layout: QgsPrintLayout,
    layer: QgsVectorLayer,
    texts: dict[str, str],
    feedback: QgsFeedback | None = None,
    extent: QgsRectangle | None = None,
    view: str | None = None,
    overlays: over.Overlays | None = None,
) -> None:
    """Puts the layer and the texts (by item id) into the layout; ids it does not have are skipped.

    `extent` is in the layer's own coordinates; without it the whole layer is shown. `view` is what
    the layer is drawn in: one that shows two figures has a square in its legend.
    """
    project, item = layout.project(), layout.itemById("map")
    areas = extent_on(project, layer, extent)
    item.setCrs(project.crs())
    item.zoomToExtent(areas)
    laid = over.lay(overlays, ground_of(item, layer), feedback)
    background = overlays.background if overlays else None
    if background is not None:
        over.refuse_unplaced("BACKGROUND", background)
        over.see_through(layer)
        _draw_below(layout, background, feedback)
    _show(layout, layer, laid)
    inset, missing = draw_inset(layout, areas)
    if missing:
        inform(feedback, missing)
    credits = [over.credit_of(background), inset, texts.get("sources", "")]
    for item_id, text in {**texts, "sources": " ".join(filter(None, credits))}.items():
        if not put_text(layout.itemById(item_id), text):
            warn(feedback, cut_in_words(item_id))
    fill_legend(layout, layer, laid.legend, feedback, view)
    fill_list(layout, "venues", laid.venues, feedback)
    _set_scalebar(layout)
    _describe(layout, texts)


def cut_in_words(item_id: str) -> str:
    """What is said of a text that is longer than its label."""
    message = tr("The text “{item}” was cut: it has no room on this paper.")
    return message.format(item=item_id)


def date_line() -> str:
    """When the map was made, in words."""
    day = QLocale().toString(QDate.currentDate(), "d MMMM yyyy")
    return tr("Map made on {day}").format(day=day)


def own_template(paper: str) -> Path:
    """The template that comes with the plugin for a paper."""
    known = {one.lower(): one for one in PAPERS}
    if paper.lower() not in known:
        message = tr("There is no layout for the paper {paper}, only for {known}.")
        raise InputError(message.format(paper=paper, known=", ".join(PAPERS)))
    return TEMPLATE_FOLDER / f"map_{paper.lower().replace(' ', '_')}.qpt"


# --- templates


def _document(template: str | Path) -> QDomDocument:
    document = QDomDocument()
    try:
        text = Path(template).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = tr("There is no template {file}.")
        raise InputError(message.format(file=template)) from error
    except OSError as error:
        message = tr("The template {file} cannot be read: {reason}.")
        reason = error.strerror or type(error).__name__
        raise InputError(message.format(file=template, reason=reason)) from error
    except UnicodeDecodeError as error:
        raise InputError(_no_layout(template)) from error
    document.setContent(text)
    if document.documentElement().tagName() != "Layout":
        raise InputError(_no_layout(template))
    return document


def _no_layout(template: str | Path) -> str:
    message = tr(
        "The template {file} is no QGIS layout. Save one as template (.qpt) from the window of a "
        "layout: Layout, Save as Template."
    )
    return message.format(file=template)


def _items(layout: QgsPrintLayout) -> list:
    return [item for item in layout.items() if hasattr(item, "itemFlags")]


def _refuse_pages(layout: QgsPrintLayout, template: str | Path, target: Path) -> None:
    pages = layout.pageCollection().pageCount()
    if pages > 1 and target.suffix.lower() != ".pdf":
        message = tr("The template {file} has {n} pages: export it as PDF.")
        raise InputError(message.format(file=template, n=pages))


def _say_missing(layout: QgsPrintLayout, feedback: QgsFeedback | None) -> None:
    """What a template of the user's own does not show is said, once."""
    missing = [item_id for item_id in ITEMS if layout.itemById(item_id) is None]
    if not missing:
        return
    message = tr("The template has no items {ids}, so the map does without.")
    inform(feedback, message.format(ids=", ".join(missing)))
    if "sources" in missing:
        warn(feedback, tr("The licences of the figures ask for their sources: name them yourself."))


# --- what is put into them


def ground_of(item: QgsLayoutItemMap, layer: QgsVectorLayer) -> Ground:
    """Where a map of a layout is drawn."""
    project = item.layout().project()
    per_mm = item.extent().width() / item.sizeWithUnits().width()
    return Ground(layer, project.crs(), item.extent(), per_mm, project.transformContext())


def _show(layout: QgsPrintLayout, layer: QgsVectorLayer, laid: over.Laid) -> None:
    """The areas and what is laid over them; the legend goes by the project's tree of layers."""
    project, item = layout.project(), layout.itemById("map")
    project.addMapLayers(list(laid.above), False)
    for one in laid.legend:
        project.layerTreeRoot().addLayer(one)
    item.setLayers([*laid.above, layer])
    item.setKeepLayerSet(True)


def _draw_below(
    layout: QgsPrintLayout, background: QgsMapLayer, feedback: QgsFeedback | None
) -> None:
    """The background as a picture under the map, so that the file stays small at any resolution."""
    item = layout.itemById("map")
    size, dots = item.sizeWithUnits(), BACKGROUND_DPI / pictures.MM_PER_INCH
    pixels = QSizeF(round(size.width() * dots), round(size.height() * dots))
    settings = item.mapSettings(item.extent(), pixels, BACKGROUND_DPI, False)
    copy = background.clone()
    settings.setLayers([copy])
    image = pictures.as_png(pictures.rendered(settings, feedback))
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath("base64:" + base64.b64encode(image).decode("ascii"))
    picture.setResizeMode(QgsLayoutItemPicture.ResizeMode.Stretch)
    layout.addLayoutItem(picture)
    picture.attemptSetSceneRect(item.mapRectToScene(item.rect()))
    layout.moveItemToBottom(picture)
    item.setBackgroundEnabled(False)


def _set_scalebar(layout: QgsPrintLayout) -> None:
    """Segments of a round length, about a fourteenth of the map each."""
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
    metadata.setLanguage(tr("en-GB"))
    layout.project().setMetadata(metadata)
