"""Where the people of each area are taken to live: one point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext

from ...layers.errors import InputError
from ..messages import Log, some, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...layers.areas import Areas
    from ...layers.spots import Spots

MANY = 8  # codes in a message


@dataclass(frozen=True)
class Centres:
    """A point for each area, in the order of the areas.

    Attributes:
        points: x and y in metres, NaN where there is none.
        plane: their reference system.
        from_layer: areas whose centre a layer of centres told.
        own: whether the areas are points themselves.
        wide: which areas would be wider than twice the reach if they were round.
    """

    points: NDArray[Any]
    plane: QgsCoordinateReferenceSystem
    from_layer: int
    own: bool
    wide: NDArray[Any]

    @property
    def known(self) -> int:
        """Return how many areas have a point."""
        import numpy as np

        return int(np.isfinite(self.points).all(axis=1).sum())


def read_centres(
    areas: Areas,
    centres: Any,
    reach: float,
    min_match: float,
    transforms: QgsCoordinateTransformContext,
    log: Log,
) -> Centres:
    """Return a point for each area.

    Args:
        areas: polygons or points.
        centres: source of centres by code, None for none.
        reach: in metres.
        min_match: per cent of the areas that must find a centre.
        transforms: how to get from one reference system to another.
        log: takes what is odd.

    Raises:
        InputError: for areas or centres without a place that is known.
        Cancelled: when cancelled.
    """
    import numpy as np

    from ...layers.spots import plane_of, read_spots

    spots = read_spots(areas.source, areas.cancelled)
    if spots is None or not np.isfinite(spots.x).any():
        raise InputError(
            tr(
                "The areas are neither polygons nor points, so that it is not known where people "
                "live. Choose such a layer, or give a table of travel times as MATRIX."
            )
        )
    plane = plane_of(spots.crs, spots, transforms)
    at = {int(one): row for row, one in enumerate(spots.ids)}
    order = np.array([at[one] for one in areas.ids])
    points = np.column_stack(spots.to(plane, transforms))[order]
    wide = _wide(spots, plane, transforms, reach)[order]
    found = 0
    if centres is not None:
        told, found = _told(areas, centres, plane, min_match, transforms, log)
        there = np.isfinite(told).all(axis=1)
        points[there] = told[there]
        wide = wide & ~there
    missing = ~np.isfinite(points).all(axis=1)
    if missing.any():
        codes = [str(code) for code in areas.codes[missing].fillna(tr("without a code"))]
        log(
            tr("{n:,} areas have no place on the map, so nothing reaches them: {codes}.").format(
                n=len(codes), codes=some(codes, MANY)
            )
        )
    return Centres(points, plane, found, spots.are_points, wide)


def _wide(spots: Spots, plane: Any, transforms: Any, reach: float) -> NDArray[Any]:
    """Return which areas have a radius above the reach, as if they were round; no points."""
    import numpy as np

    here = np.isfinite(spots.x)
    x, y = float(np.median(spots.x[here])), float(np.median(spots.y[here]))
    step = float(np.sqrt(np.median(spots.size[here]))) or 1.0
    corner = replace(spots, x=np.array([x, x + step, x]), y=np.array([y, y, y + step]))
    east, north = corner.to(plane, transforms)
    across = (east[1] - east[0]) * (north[2] - north[0])
    across -= (east[2] - east[0]) * (north[1] - north[0])
    metres = spots.size * abs(across) / step**2
    return np.asarray(np.sqrt(metres / np.pi) > reach)


def _told(
    areas: Areas, source: Any, plane: Any, min_match: float, transforms: Any, log: Log
) -> tuple[NDArray[Any], int]:
    """Return the centres that a layer tells by code, NaN where it has none."""
    import numpy as np
    import pandas as pd

    from ...layers.areas import read_columns
    from ...layers.places import has_points
    from ...layers.spots import read_spots
    from ...layers.values import texts

    if not has_points(source):
        raise InputError(
            tr("CENTRES is no layer of points; choose one with a point for each area.")
        )
    if not source.sourceCrs().isValid():
        raise InputError(
            tr(
                "CENTRES has no coordinate reference system. Set it (layer properties, Source), "
                "and run again."
            )
        )
    spots = read_spots(source, areas.cancelled)
    have = [field.name() for field in source.fields()]
    raw = read_columns(source, have, areas.cancelled).reindex(spots.ids).reset_index(drop=True)
    told = {name: texts(raw[name], upper=True) for name in have}
    codes = pd.Index(areas.codes.dropna())
    hits = {name: int(codes.isin(column).sum()) for name, column in told.items()}
    best = max(hits, key=lambda name: hits[name]) if hits else ""
    share = 100 * hits.get(best, 0) / max(len(codes), 1)
    unmatched = [code for code in codes if not best or code not in set(told[best])]
    if not best or share < min_match or not hits[best]:
        raise InputError(
            tr(
                "CENTRES: only {n:,} of {all:,} areas find a centre by their code ({share:.1f} %), "
                "less than {least:g} %. First areas without one: {codes}. Choose a layer for these "
                "areas, or lower MIN_MATCH: a point inside the area is then taken for the others."
            ).format(
                n=hits.get(best, 0),
                all=len(codes),
                share=share,
                least=min_match,
                codes=some(unmatched, MANY),
            )
        )
    rows = told[best]
    twice = sorted(set(rows[rows.duplicated() & rows.isin(codes)]))
    if twice:
        raise InputError(
            tr("CENTRES: {n} areas have several centres: {codes}. Keep one for each area.").format(
                n=len(twice), codes=some(twice, MANY)
            )
        )
    log(
        tr("Centres: {n:,} of {all:,} areas found in the field {field} of CENTRES.").format(
            n=hits[best], all=len(areas.ids), field=best
        )
    )
    if unmatched:
        log(
            tr("Areas without a centre, for which a point inside is taken: {codes}.").format(
                codes=some(unmatched, MANY)
            )
        )
    points = pd.DataFrame(np.column_stack(spots.to(plane, transforms)), index=rows)
    points = points[points.index.isin(codes)]
    made = points.reindex(areas.codes.fillna("")).to_numpy(dtype=float)
    return made, int(np.isfinite(made).all(axis=1).sum())
