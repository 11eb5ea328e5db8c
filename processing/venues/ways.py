"""How far it is from areas to venues: in a straight line, along lines, or as a table says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext

from ...layers.errors import Cancelled, InputError
from ..messages import tr
from .matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...layers.network import Network

STRAIGHT, NETWORK, MATRIX = "straight", "network", "matrix"
METRES, MINUTES = "m", "min"
BLOCK = 64  # venues whose ways are held at a time
MOST_PAIRS = 40_000_000  # of area and venue within reach of each other
NOBODY = -1


class Way(Protocol):
    """How far it is from each area to each venue."""

    kind: str
    unit: str

    def within(self, reach: float, cancelled: Callable[[], bool]) -> Any:
        """Return whether each area (rows) has each venue (columns) within reach, sparse."""

    def nearest(
        self, chosen: Sequence[int], cancelled: Callable[[], bool]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return of each area which of some venues is nearest, -1 for none, and how far."""


@dataclass(frozen=True)
class Places:
    """Areas and venues as points in metres; NaN where there is no place."""

    areas: NDArray[Any]
    venues: NDArray[Any]

    @property
    def known(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the rows of areas and of venues that have a place."""
        import numpy as np

        return tuple(  # type: ignore[return-value]
            np.flatnonzero(np.isfinite(one).all(axis=1)) for one in (self.areas, self.venues)
        )


@dataclass(frozen=True)
class Straight:
    """Straight lines in the plane."""

    places: Places
    kind: str = STRAIGHT
    unit: str = METRES

    def within(self, reach, cancelled):
        import numpy as np
        from scipy.spatial import cKDTree

        areas, venues = self.places.known
        tree = cKDTree(self.places.areas[areas])
        pairs = _Pairs(len(self.places.areas), len(self.places.venues))
        for first in range(0, len(venues), BLOCK):
            if cancelled():
                raise Cancelled
            some = venues[first : first + BLOCK]
            near = tree.query_ball_point(self.places.venues[some], reach)
            lengths = [len(one) for one in near]
            rows = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
            pairs.add(areas[rows], np.repeat(some, lengths))
        return pairs.matrix()

    def nearest(self, chosen, cancelled):
        import numpy as np
        from scipy.spatial import cKDTree

        areas, venues = self.places.known
        mine = np.array([one for one in chosen if one in set(venues.tolist())], dtype=np.int64)
        which = np.full(len(self.places.areas), NOBODY)
        far = np.full(len(which), np.inf)
        if len(mine) and len(areas):
            tree = cKDTree(self.places.venues[mine])
            far[areas], at = tree.query(self.places.areas[areas])
            which[areas] = mine[at]
        return which, far


@dataclass(frozen=True)
class Along:
    """Shortest ways along lines; areas first among the places of the network, then venues."""

    places: Places
    network: Network
    progress: Callable[[float], None]
    kind: str = NETWORK
    unit: str = METRES

    def within(self, reach, cancelled):
        import numpy as np

        areas, venues = self.places.known
        pairs = _Pairs(len(self.places.areas), len(self.places.venues))
        ends = np.arange(len(areas))
        for first in range(0, len(venues), BLOCK):
            some = np.arange(first, min(first + BLOCK, len(venues)))
            far = self.network.lengths(len(areas) + some, ends, reach, cancelled)
            start, end = np.nonzero(far <= reach)
            pairs.add(areas[end], venues[some[start]])
            self.progress(first / len(venues))
        return pairs.matrix()

    def nearest(self, chosen, cancelled):
        import numpy as np

        areas, venues = self.places.known
        at = {int(venue): number for number, venue in enumerate(venues)}
        mine = np.array([one for one in chosen if int(one) in at], dtype=np.int64)
        which = np.full(len(self.places.areas), NOBODY)
        far = np.full(len(which), np.inf)
        ends = np.arange(len(areas))
        for first in range(0, len(mine), BLOCK):
            some = mine[first : first + BLOCK]
            starts = np.array([len(areas) + at[int(one)] for one in some])
            lengths = self.network.lengths(starts, ends, cancelled=cancelled)
            best = lengths.argmin(axis=0)
            shortest = lengths[best, ends]
            nearer = shortest < far[areas]
            far[areas[nearer]] = shortest[nearer]
            which[areas[nearer]] = some[best[nearer]]
        return which, far


@dataclass(frozen=True)
class Told:
    """Travel times of a table."""

    matrix: Matrix
    size: tuple[int, int]
    kind: str = MATRIX
    unit: str = MINUTES

    def within(self, reach, cancelled):
        pairs = _Pairs(*self.size)
        near = self.matrix.time <= reach
        pairs.add(self.matrix.area[near], self.matrix.venue[near])
        return pairs.matrix()

    def nearest(self, chosen, cancelled):
        import numpy as np

        rank = np.full(self.size[1], NOBODY)
        rank[list(chosen)] = np.arange(len(chosen))
        mine = np.flatnonzero(rank[self.matrix.venue] >= 0)
        area, venue, time = (
            one[mine] for one in (self.matrix.area, self.matrix.venue, self.matrix.time)
        )
        order = np.lexsort((rank[venue], time, area))
        _, first = np.unique(area[order], return_index=True)
        best = order[first]
        which, far = np.full(self.size[0], NOBODY), np.full(self.size[0], np.inf)
        which[area[best]], far[area[best]] = venue[best], time[best]
        return which, far


class _Pairs:
    """Areas and venues within reach of each other, gathered bit by bit."""

    def __init__(self, areas: int, venues: int):
        self._size = areas, venues
        self._rows: list[Any] = []
        self._columns: list[Any] = []
        self._number = 0

    def add(self, rows, columns) -> None:
        self._rows.append(rows)
        self._columns.append(columns)
        self._number += len(rows)
        if self._number > MOST_PAIRS:
            raise InputError(
                tr(
                    "More than {n:,} pairs of area and venue are within REACH of each other, too "
                    "many to choose among. Take a shorter REACH, or fewer venues or areas."
                ).format(n=MOST_PAIRS)
            )

    def matrix(self) -> Any:
        import numpy as np
        from scipy.sparse import csr_matrix

        none = np.zeros(0, dtype=np.int64)
        rows, columns = (np.concatenate([none, *one]) for one in (self._rows, self._columns))
        return csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), self._size)


def points_of(
    spots: Any, plane: QgsCoordinateReferenceSystem, transforms: QgsCoordinateTransformContext
) -> NDArray[Any]:
    """Return places as x and y in the plane, a row for each."""
    import numpy as np

    return np.column_stack(spots.to(plane, transforms))
