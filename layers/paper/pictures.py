"""Maps as pictures: for pages of HTML, and as the background of a map on paper."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsFeedback,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QBuffer, QByteArray, QEventLoop, QIODevice, QSize
from qgis.PyQt.QtGui import QColor, QImage

from .. import styles
from ..errors import InputError, tr
from ..symbols import ASIDE, HEADING, NO_DATA, OVERLAY
from . import overlays as over
from .ground import Ground, extent_on, private_project
from .telling import stop_if_cancelled, warn

MM_PER_INCH = 25.4
WHITE = "#ffffff"


@dataclass(frozen=True)
class MapPicture:
    """A map without a legend, and what the legend would say.

    Attributes:
        png: the picture.
        legend: colour, label and number of areas of each class; of wards and venues their number.
        credits: whom to name as the source of the background; empty without one.
    """

    png: bytes
    legend: list[tuple[str, str, int]]
    credits: str = ""


def map_picture(
    layer: QgsVectorLayer,
    view: str,
    overlays: over.Overlays | None = None,
    width: int = 900,
    dpi: int = 120,
    feedback: QgsFeedback | None = None,
) -> MapPicture:
    """A picture of a layer as a view draws it, so many pixels wide and as high as its areas ask.

    Call it in the main thread.

    Raises:
        InputError: the layer has nothing to draw, or an overlay cannot be used.
        Cancelled: the feedback was cancelled.
    """
    project, shown = private_project(layer, view, counts=False)
    extent = extent_on(project, shown)
    height = max(1, round(width * extent.height() / extent.width()))
    per_mm = extent.width() / (width / dpi * MM_PER_INCH)
    ground = Ground(shown, project.crs(), extent, per_mm, project.transformContext())
    laid = over.lay(overlays, ground, feedback)
    background = overlays.background if overlays else None
    legend = legend_lines(shown)
    if background:
        over.refuse_unplaced("BACKGROUND", background)
        over.see_through(shown)
    below = [background.clone()] if background else []
    layers = [*laid.above, shown, *below]
    project.addMapLayers([*laid.above, *below], False)
    settings = settings_of(project, layers, extent, QSize(width, height), dpi)
    image = rendered(settings, feedback)
    return MapPicture(as_png(image), [*legend, *laid.lines], over.credit_of(background))


def settings_of(
    project: QgsProject, layers: list, extent: QgsRectangle, size: QSize, dpi: float
) -> QgsMapSettings:
    """How a map is drawn on white."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setLayers(layers)
    settings.setExtent(extent)
    settings.setOutputSize(size)
    settings.setOutputDpi(dpi)
    settings.setBackgroundColor(QColor(WHITE))
    settings.setFlag(QgsMapSettings.Flag.Antialiasing, True)
    settings.setFlag(QgsMapSettings.Flag.DrawLabeling, True)
    return settings


def rendered(settings: QgsMapSettings, feedback: QgsFeedback | None = None) -> QImage:
    """The map as an image; layers that could not be drawn are told of.

    Raises:
        Cancelled: the feedback was cancelled while it was drawn.
    """
    job, loop = QgsMapRendererParallelJob(settings), QEventLoop()
    job.finished.connect(loop.quit)
    if feedback:
        feedback.canceled.connect(job.cancelWithoutBlocking)
    stop_if_cancelled(feedback)
    job.start()
    if job.isActive():
        loop.exec()
    stop_if_cancelled(feedback)
    for error in job.errors():
        message = tr("A layer was not drawn: {reason}")
        warn(feedback, message.format(reason=error.message))
    return job.renderedImage()


def as_png(image: QImage) -> bytes:
    """The image as a file holds it."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise InputError(tr("The picture of the map could not be made: is there memory left?"))
    return bytes(data)


def legend_lines(layer: QgsVectorLayer) -> list[tuple[str, str, int]]:
    """Colour, label and number of areas of every class; of no figure only those that occur."""
    counts, lines = styles.counts_by_key(layer), []
    for item in layer.renderer().legendSymbolItems():
        key, number = item.ruleKey(), counts.get(item.ruleKey(), 0)
        if number or not key.startswith((HEADING, NO_DATA, OVERLAY, ASIDE)):
            lines.append((item.symbol().color().name(), item.label(), number))
    return lines
