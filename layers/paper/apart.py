"""Marks and labels on a map moved apart, so that none hides another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qgis.core import QgsPointXY

if TYPE_CHECKING:
    from .ground import Ground

ROUNDS = 400
ROUND, SQUARE = 2.0, 4.0  # shapes of what is moved: at the latter, corners count nearly whole
GOLDEN = 2.399963  # an angle of which no two multiples lie in one direction


def apart(
    points: Sequence[QgsPointXY],
    ground: Ground,
    sizes: Sequence[tuple[float, float]],
    gap: float = 0.0,
    shape: float = ROUND,
) -> list[QgsPointXY]:
    """Return where things stand so that none hides another: those too near push one another away.

    Args:
        points: their middles, where they would stand alone.
        ground: the map, whose frame they do not leave.
        sizes: width and height of each, in mm of paper.
        gap: between two of them, in mm.
        shape: ``ROUND`` or ``SQUARE``.
    """
    import numpy as np

    if not points:
        return []
    corner, per_mm = (ground.extent.xMinimum(), ground.extent.yMinimum()), ground.per_mm
    at = np.array([[point.x(), point.y()] for point in points]) - corner
    at /= per_mm
    half = np.array(sizes, dtype=float) / 2
    need = half[:, None] + half[None] + gap
    frame = np.array([ground.extent.width(), ground.extent.height()]) / per_mm
    turn = np.arange(len(at)) * GOLDEN
    # what stands on one spot has no way apart yet
    at += 1e-3 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(ROUNDS):
        way = at[:, None] - at[None]
        far = (np.abs(way / need) ** shape).sum(axis=2) ** (1 / shape)  # 1: they touch
        np.fill_diagonal(far, 1)
        short = np.clip(1 - far, 0, None)
        if not short.any():
            break
        at = at + (way / far[..., None] * (short * 0.5)[..., None]).sum(axis=1)
        at = np.clip(at, half, frame - half)
    return [QgsPointXY(*place) for place in at * per_mm + corner]
