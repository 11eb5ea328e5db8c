"""The field that most likely holds the names of areas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qgis.core import QgsVectorLayer

from ...layers.areas import SAMPLE, no_geometry
from ...layers.values import TEXT, as_text

CALLED = re.compile(r"nm$|name$|^name|_name", re.IGNORECASE)
WELSH = re.compile(r"nmw$|cym|welsh", re.IGNORECASE)
TOLD_APART = 0.5  # of the areas have a name that no other has


def likely_names(layer: QgsVectorLayer) -> str:
    """Return the field of names, empty for none; call it on the thread that owns the layer.

    Of fields called so, the one that tells most areas apart: LSOA21NM, not the name of their city.
    """
    fields = layer.fields()
    called = [
        at
        for at, field in enumerate(fields)
        if field.type() == TEXT and CALLED.search(field.name()) and not WELSH.search(field.name())
    ]
    if not called:
        return ""
    request = no_geometry(called).setLimit(SAMPLE)
    rows = [feature.attributes() for feature in layer.getFeatures(request)]
    apart = {at: _told_apart([as_text(row[at]).strip() for row in rows]) for at in called}
    best = max(called, key=lambda at: apart[at])
    return fields.at(best).name() if apart[best] >= TOLD_APART else ""


def _told_apart(names: Sequence[str]) -> float:
    """Return the share of areas whose name no area before them has."""
    return len({name for name in names if name}) / max(len(names), 1)
