"""How venues look on the map: chosen, kept and others told apart by shape as well as colour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsRuleBasedRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from . import outputs
from .errors import tr
from .specs import Spec, whole_names
from .symbols import FONT, column

SPEC = Path(__file__).resolve().parent.parent / "resources" / "marks" / "venues.json"


@cache
def spec() -> Spec:
    """The spec of the venues' look."""
    found: Spec = json.loads(SPEC.read_text(encoding="utf-8"))
    return found


def dress_venues(
    layer: QgsVectorLayer,
    aliases: Mapping[str, str],
    provenance: Mapping[str, Any],
    cut: Mapping[str, str],
    named: str,
) -> str:
    """Style the venues, give fields their aliases, and save both with the file.

    Args:
        named: the field of the names, empty for none.

    Returns:
        In words, what was saved where.
    """
    if cut:
        layer.setCustomProperty(
            outputs.styles.CUT_NAMES, json.dumps({v: k for k, v in cut.items()})
        )
    if named:
        layer.setDisplayExpression(column(named))
    style_venues(layer)
    return outputs.dress(layer, aliases, (), provenance, cut)


def style_venues(layer: QgsVectorLayer) -> None:
    """Draw the venues of planvenues, with their order and name beside those chosen."""
    short = {whole: name for name, whole in whole_names(layer).items()}
    root = QgsRuleBasedRenderer.Rule(None)
    for look in spec()["classes"]:
        parts = [
            f"{column(short.get(field, field))} = {int(value)}"
            for field, value in look["where"].items()
        ]
        rule = QgsRuleBasedRenderer.Rule(_mark(look), 0, 0, " AND ".join(parts), tr(look["label"]))
        rule.setRuleKey(look["key"])
        root.appendChild(rule)
    layer.setRenderer(QgsRuleBasedRenderer(root))
    _label(layer, short)
    layer.triggerRepaint()


def _mark(look: Spec) -> QgsMarkerSymbol:
    return QgsMarkerSymbol.createSimple(
        {
            "name": look["shape"],
            "color": look["colour"],
            "outline_color": look["outline"],
            "outline_width": str(look["width"]),
            "size": str(look["size"]),
        }
    )


def _label(layer: QgsVectorLayer, short: Mapping[str, str]) -> None:
    """Put the order and the name beside each chosen venue."""
    order = column(short.get("venue_order", "venue_order"))
    name = f"coalesce(nullif(to_string(({layer.displayExpression()})), ''), '')"
    look = spec()["label"]
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(look["halo"])
    halo.setColor(QColor(look["around"]))
    text = QgsTextFormat()
    text.setFont(QFont(FONT))
    text.setSize(look["size"])
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(look["colour"]))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = f"if({order} IS NULL, NULL, {order} || ' ' || {name})"
    settings.isExpression = True
    settings.placement = QgsPalLayerSettings.Placement.AroundPoint
    settings.priority = 10  # before the ranks of the areas
    settings.dist = look["distance"]
    settings.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
