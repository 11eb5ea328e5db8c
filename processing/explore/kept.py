"""Whether a layer has, in its own fields, the ranking that the panel shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsVectorLayer

from ...layers.areas import no_geometry
from ...layers.values import as_text, plain_value

if TYPE_CHECKING:
    import pandas as pd

CLOSE = 1e-6  # of scores: files keep them as they are, other formats with fewer digits


def is_kept(layer: QgsVectorLayer, exploration: Any, ranking: Any) -> bool:
    """Return whether all fields of a ranking stand in a layer; on the thread that owns it.

    Args:
        layer: the one explored.
        exploration: of the layer.
        ranking: tested.
    """
    import pandas as pd

    frame = ranking.frame
    at = [layer.fields().indexOf(name) for name in frame]
    if min(at) < 0:
        return False
    rows = {one.id(): one.attributes() for one in layer.getFeatures(no_geometry(at))}
    if set(rows) != {*exploration.ids}:
        return False
    values = [[plain_value(rows[one][place]) for place in at] for one in exploration.ids]
    there = pd.DataFrame(values, columns=list(frame), dtype=object)
    return all(_alike(there[name], frame[name]) for name in frame)


def _alike(there: pd.Series, wanted: pd.Series) -> bool:
    import numpy as np
    import pandas as pd

    if wanted.dtype == object:
        return there.map(as_text).tolist() == wanted.map(as_text).tolist()
    one, two = (
        pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for column in (there, wanted)
    )
    return bool(np.allclose(one, two, rtol=0, atol=CLOSE, equal_nan=True))


def chosen_venues(layers: list[Any]) -> str:
    """Return the id of the one layer of venues that ``planvenues`` made, empty for none or more."""
    found = [
        one.id()
        for one in layers
        if isinstance(one, QgsVectorLayer) and one.fields().indexOf("venue_chosen") >= 0
    ]
    return found[0] if len(found) == 1 else ""
