"""The legend of a map on paper: a line per class with its areas, then what is laid over them.

Lines are wrapped here, as QGIS breaks them only on a mark. A legend too long for its box is set
smaller; where a view shows two figures, a square of colours takes the place of their lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import (
    QgsFeedback,
    QgsLayoutItemLegend,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutUtils,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt

from .. import styles
from ..errors import tr
from . import squares
from .lettering import SMALLEST_TEXT, legend_font, set_legend_font, wrapped
from .telling import warn

LEGEND_TEXT_SHARE = 0.97  # of the width beside the symbols: metrics differ a little between devices
LEGEND_STYLE = QgsLegendStyle.Style
DISPLAY = Qt.ItemDataRole.DisplayRole

Labels = dict[int, str]  # the lines of a layer in the legend, by their numbers


def fill_legend(
    layout: QgsPrintLayout,
    layer: QgsVectorLayer,
    above: Sequence[QgsVectorLayer] = (),
    feedback: QgsFeedback | None = None,
    view: str | None = None,
) -> None:
    """Fills the legend of a layout, if it has one: the layer's classes, then the layers above it.

    All of them must stand in the tree of the layout's project.
    """
    legend = layout.itemById("legend")
    if not isinstance(legend, QgsLayoutItemLegend):
        return
    room = legend.sizeWithUnits()
    width, height = room.width(), room.height()
    legend.setLinkedMap(layout.itemById("map"))
    legend.setWrapString("\n")
    legend.setAutoUpdateModel(True)
    nodes = [_node(layout, one) for one in (layer, *above)]
    parts = [(node, _labels(legend, node)) for node in nodes]
    for node in nodes[1:]:
        QgsLegendRenderer.setNodeLegendStyle(node, LEGEND_STYLE.Hidden)
    taken = _draw_square(layout, legend, layer, parts, view)
    _wrap_parts(legend, parts, width)
    while _height(layout, legend) > height - taken and _make_smaller(legend):
        _wrap_parts(legend, parts, width)
    legend.attemptResize(QgsLayoutSize(width, _height(layout, legend)))
    if _height(layout, legend) > height - taken:
        warn(feedback, tr("The legend is longer than the room it has on this paper."))


def _node(layout: QgsPrintLayout, layer: QgsVectorLayer):
    return layout.project().layerTreeRoot().findLayer(layer.id())


def _labels(legend: QgsLayoutItemLegend, node) -> Labels:
    return dict(enumerate(e.data(DISPLAY) for e in legend.model().layerLegendNodes(node)))


def _draw_square(
    layout: QgsPrintLayout,
    legend: QgsLayoutItemLegend,
    layer: QgsVectorLayer,
    parts: list[tuple],
    view: str | None,
) -> float:
    """Draws the square of a view of two figures, if it has room; returns the height it takes."""
    square, counts = (styles.counted_square(layer, view) if view else None) or (None, [])
    node, labels = parts[0]
    rest = _without_cells(labels, layer) if square else {}
    lines = len(rest) + sum(len(others) for _, others in parts[1:])
    planned = squares.plan(legend, square, node.name(), lines) if square else None
    if not planned:
        return 0.0
    squares.draw(layout, planned, counts)
    _move_down(legend, planned.height)
    parts[0] = (node, rest)
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(rest))
    QgsLegendRenderer.setNodeLegendStyle(node, LEGEND_STYLE.Hidden)
    return planned.height


def _height(layout: QgsPrintLayout, legend: QgsLayoutItemLegend) -> float:
    """Millimetres that the legend takes; the item itself knows only once it has been painted."""
    context = QgsLayoutUtils.createRenderContextForLayout(layout, None)
    renderer = QgsLegendRenderer(legend.model(), legend.legendSettings())
    return renderer.minimumSize(context).height()


def _move_down(legend: QgsLayoutItemLegend, by: float) -> None:
    corner = legend.positionWithUnits()
    legend.attemptMove(QgsLayoutPoint(corner.x(), corner.y() + by, corner.units()))


def _without_cells(labels: Labels, layer: QgsVectorLayer) -> Labels:
    """The lines of the legend that the square does not show."""
    keys = [item.ruleKey() for item in layer.renderer().legendSymbolItems()]
    return {at: text for at, text in labels.items() if not keys[at].startswith(squares.CELL)}


def _wrap_parts(legend: QgsLayoutItemLegend, parts: Sequence[tuple], width: float) -> None:
    for node, labels in parts:
        _wrap(legend, node, labels, width)


def _wrap(legend: QgsLayoutItemLegend, node, labels: Labels, width: float) -> None:
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
