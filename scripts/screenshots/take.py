"""Takes the pictures, inside the desktop; tests/desktop/panel_tools.py stands in front of it."""

# ruff: noqa: F821 names of what stands in front of it

import os
import re
import shutil
from pathlib import Path

import numpy as np
import seldom_heard
from qgis.core import QgsProcessingUtils, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QTranslator
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import reloadPlugin

DOCS, LOOK = Path(os.environ["SCREENSHOTS_DOCS"]), Path(os.environ["SCREENSHOTS_LOOK"])
WINDOW = (1400, 900)
DOCK, NARROW, LEGEND = 400, 320, 290
COLOURS = 256
ACCENTS = str.maketrans("aeiouAEIOUcnsyz", "áéíöüÀÉÎÖÛçñšýž")
FILLER = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do " * 9
made = []


class LongTexts(QTranslator):
    """A translation into no language: accents, and texts 40 % longer."""

    def translate(self, context, text, disambiguation=None, n=-1):
        if context != "SeldomHeard" or not text:
            return ""
        return _longer(text)

    def isEmpty(self):
        return False


def _longer(text):
    """Lengthen outside of {placeholders}, $placeholders and tags, which stay as they are."""
    parts = re.split(r"(\{[^}]*\}|\$\w+|\$\{\w+\}|<[^>]*>|&\w)", text)
    body = "".join(part if at % 2 else part.translate(ACCENTS) for at, part in enumerate(parts))
    end = text[-1] if text.endswith((".", "…", ":")) else ""
    words = FILLER[: max(len(text) * 2 // 5 - 1, 1)].strip()
    return f"{body[: len(body) - len(end)]} {words}{end}"


def save(widget, path):
    """Photograph a widget; with its most frequent colours alone where it has to load quickly."""
    wait(0.6)
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    if path.parent == DOCS:
        few, sharp = QImage.Format.Format_Indexed8, Qt.ImageConversionFlag.ThresholdDither
        image = image.convertToFormat(few, _colours(image), sharp)
    image.save(str(path), "PNG", 0)  # 0: as small as can be
    made.append(str(path))


def _colours(image):
    """Return the colours that most of a picture has: a map keeps all of its own."""
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    values, counts = np.unique(np.frombuffer(bits, dtype=np.uint32), return_counts=True)
    return [int(value) for value in values[np.argsort(-counts)][:COLOURS]]


def frame(width):
    """Put the panel at the right of the map, this wide, and nothing else in its way."""
    window = iface.mainWindow()
    window.resize(*WINDOW)
    for dock in window.findChildren(QDockWidget):
        if dock is not panel() and dock.objectName() != "Layers":
            dock.hide()
    inside()
    window.resizeDocks([panel()], [width], Qt.Orientation.Horizontal)
    layers = window.findChild(QDockWidget, "Layers")
    if layers is not None:
        window.resizeDocks([layers], [LEGEND], Qt.Orientation.Horizontal)
    wait(0.5)


def whole(here):
    """Show the whole city on the map, and let it be drawn; of the legends only ours is unfolded."""
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        node.setExpanded(here.session.has_map and node.layer() is here.session.shown.layer)
    layer, canvas = here.session.layer, iface.mapCanvas()
    canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
    canvas.zoomByFactor(1.05)
    drawn()


def drawn():
    canvas = iface.mapCanvas()
    canvas.waitWhileRendering()
    wait(0.8)
    iface.messageBar().clearWidgets()
    wait(0.2)


def choose_area(here):
    """Look at the first area of the list."""
    show_page(here, here.list_page)
    here.session.choose(here.list_page.rows()[0])
    wait(0.3)


def pages(here):
    return (
        ("data", here.data_page),
        ("score", here.score_page),
        ("list", here.list_page),
        ("card", here.card_page),
    )


def new_project():
    iface.newProject()
    wait(0.5)


def for_docs():
    frame(DOCK)
    new_project()
    save(iface.mainWindow(), DOCS / "panel-first-run.png")
    here = inside()
    here.session.set_layer(areas_alone())
    whole(here)
    save(iface.mainWindow(), DOCS / "panel-empty.png")
    new_project()
    here = sample()
    frame(DOCK)
    whole(here)
    show_page(here, here.list_page)
    save(iface.mainWindow(), DOCS / "panel-ranked.png")
    click_row(here, 0)
    show_page(here, here.card_page)
    drawn()
    save(iface.mainWindow(), DOCS / "panel-card.png")
    here.session.change(view="bivariate")
    whole(here)
    show_page(here, here.score_page)
    save(iface.mainWindow(), DOCS / "panel-bivariate.png")


def for_docs_dark():
    frame(DOCK)
    here = sample()
    frame(DOCK)
    whole(here)
    show_page(here, here.list_page)
    save(iface.mainWindow(), DOCS / "panel-dark.png")
    choose_area(here)
    each_page(here, "dark")


def areas_alone():
    """Return the areas of the invented city as a new user has them: without any figure."""
    home = Path(seldom_heard.__file__).parent
    copy = Path(QgsProcessingUtils.generateTempFilename("areas.gpkg"))
    shutil.copyfile(home / "resources" / "sample" / "areas.gpkg", copy)
    layer = QgsVectorLayer(str(copy), "Areas of an invented city", "ogr")
    layer.renderer().symbol().setColor(QColor("lightgrey"))  # else another one each time
    QgsProject.instance().addMapLayer(layer)
    return layer


def each_page(here, name):
    for page_name, page in pages(here):
        show_page(here, page)
        save(panel(), LOOK / f"{name}-{page_name}.png")


def to_look_at():
    frame(NARROW)
    new_project()
    save(panel(), LOOK / "320-welcome.png")
    here = sample()
    frame(NARROW)
    choose_area(here)
    each_page(here, "320")
    long_texts()
    frame(NARROW)
    save(panel(), LOOK / "long-320-welcome.png")
    here = sample()
    frame(NARROW)
    choose_area(here)
    each_page(here, "long-320")


def long_texts():
    """Load the plugin again in longer words."""
    translator = LongTexts(QCoreApplication.instance())
    QCoreApplication.installTranslator(translator)
    new_project()
    reloadPlugin("seldom_heard")
    inside()
    made_with.append(translator)


made_with = []  # what Qt would forget otherwise


def scaled():
    frame(NARROW)
    new_project()
    save(panel(), LOOK / "scaled-welcome.png")
    here = sample()
    frame(NARROW)
    choose_area(here)
    each_page(here, "scaled")
    save(iface.mainWindow(), LOOK / "scaled-window.png")


def main(iface):
    {
        "docs": for_docs,
        "dark": for_docs_dark,
        "look": to_look_at,
        "scaled": scaled,
    }[os.environ["SCREENSHOTS"]]()
    new_project()  # QGIS 3.22 may crash where it is ended with layers
    return made
