"""The areas whose clusters can be tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...layers.neighbours import read_geometries
from ..fields import numbers_of
from ..messages import tr
from . import clusters

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from .clusters import Asked


def tested_areas(areas: Areas, asked: Asked, feedback) -> tuple[pd.Series, list]:
    """Return the figures by row, and the geometries, of the areas that have both; say which not.

    In the order of their codes: the same draws whatever order the features are stored in.
    """
    import numpy as np

    figures = numbers_of(areas, [asked.field])[asked.field]
    geometries = read_geometries(areas)
    placed = np.array([geometry is not None for geometry in geometries], dtype=bool)
    usable = figures.notna() & placed
    if figures.isna().any():
        feedback.pushInfo(
            tr(
                "{n:,} areas have no figure in {field}: they are left out, also as neighbours of "
                "others."
            ).format(n=int(figures.isna().sum()), field=asked.field)
        )
    if not placed.all():
        feedback.pushWarning(
            tr("{n:,} areas have no geometry, so no neighbours: they are left out.").format(
                n=int((~placed).sum())
            )
        )
    if clusters.FEWEST <= usable.sum() < clusters.FEW:
        feedback.pushWarning(
            tr("Only {n} areas are tested: few patterns can be told from chance.").format(
                n=int(usable.sum())
            )
        )
    codes = areas.codes.reset_index(drop=True)[usable]
    rows = codes.sort_values(kind="stable").index
    return figures[rows], [geometries[row] for row in rows]
