"""The shortest way along lines between places, in metres.

QGIS makes the graph of the lines (``qgis.analysis``): vertices where lines have the same one,
places put onto the line nearest to them. scipy walks it, all ways from some places at once and no
farther than asked, which a tree at a time for thousands of places would take minutes for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsPointXY,
    QgsProcessingFeatureSource,
    QgsRectangle,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import Qt

from .areas import never
from .errors import Cancelled, InputError, tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEET = 0.01  # metres by which the ends of two lines may miss each other
OFTEN = 20_000  # edges between two looks at the cancel button
CELLS = 4_000_000  # distances held at a time, of some places to all vertices
NONE = "NONE"  # ellipsoid: lengths are those of the plane


@dataclass(frozen=True)
class Network:
    """Lines as a graph, and places on it.

    Attributes:
        edges: lengths in metres from vertex to vertex, both ways.
        vertex: of each place.
        aside: metres from each place straight to the line nearest to it.
    """

    edges: Any
    vertex: NDArray[np.intp]
    aside: NDArray[np.float64]

    def lengths(
        self,
        starts: NDArray[np.intp],
        ends: NDArray[np.intp],
        limit: float = float("inf"),
        cancelled: Callable[[], bool] = never,
    ) -> NDArray[np.float64]:
        """Return metres from places to places, a row for each start; inf where there is no way.

        What lies aside of the network, at both ends, is walked straight and counted.

        Raises:
            Cancelled: when cancelled.
        """
        import numpy as np
        from scipy.sparse.csgraph import dijkstra

        made = np.full((len(starts), len(ends)), np.inf)
        block = max(1, CELLS // max(self.edges.shape[0], 1))
        for first in range(0, len(starts), block):
            if cancelled():
                raise Cancelled
            some = starts[first : first + block]
            along = dijkstra(self.edges, indices=self.vertex[some], limit=limit)
            made[first : first + block] = (
                along[:, self.vertex[ends]] + self.aside[some][:, None] + self.aside[ends][None, :]
            )
        return made

    @property
    def parts(self) -> int:
        """Return how many parts without a way between them the places lie on."""
        import numpy as np
        from scipy.sparse.csgraph import connected_components

        _, part = connected_components(self.edges, directed=False)
        return len(np.unique(part[self.vertex]))


def read_network(
    source: QgsProcessingFeatureSource,
    plane: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    feedback: Any,
) -> Network:
    """Return the network of a line layer with places on it; every line goes both ways.

    Args:
        source: lines.
        plane: reference system in metres, that of the places.
        transforms: how to get from one reference system to another.
        x: eastings of the places, finite.
        y: northings.
        feedback: of the run.

    Raises:
        InputError: for a layer that holds no lines, has no reference system, or lies elsewhere.
        Cancelled: when cancelled.
    """
    import numpy as np
    from qgis.analysis import (
        QgsGraphBuilder,
        QgsNetworkDistanceStrategy,
        QgsVectorLayerDirector,
    )

    _refuse_no_lines(source)
    _refuse_elsewhere(source, plane, transforms, x, y)
    director = QgsVectorLayerDirector(
        source, -1, "", "", "", QgsVectorLayerDirector.Direction.DirectionBoth
    )
    director.addStrategy(QgsNetworkDistanceStrategy())
    builder = QgsGraphBuilder(plane, True, MEET, NONE)
    points = [QgsPointXY(*one) for one in zip(x.tolist(), y.tolist())]
    # the run's own feedback would be told another progress
    tied = director.makeGraph(builder, points, _watching(feedback))
    if feedback.isCanceled():
        raise Cancelled
    graph = builder.graph()
    if graph is None or not graph.edgeCount():
        raise InputError(tr("NETWORK holds no line with a length; choose a layer of ways."))
    edges = _edges(graph, feedback)
    on = np.array([(point.x(), point.y()) for point in tied], dtype=float).reshape(-1, 2)
    vertex = _vertices(graph, on)
    aside = np.hypot(on[:, 0] - x, on[:, 1] - y)
    return Network(edges, vertex, aside)


def _watching(feedback: Any) -> QgsFeedback:
    quiet = QgsFeedback()
    # at once: the thread of the run has no loop that would bring it later
    feedback.canceled.connect(quiet.cancel, Qt.ConnectionType.DirectConnection)
    if feedback.isCanceled():
        quiet.cancel()
    return quiet


def _edges(graph: Any, feedback: Any) -> Any:
    """Return the shortest edge between each two vertices as a matrix."""
    import numpy as np
    from scipy.sparse import csr_matrix

    number, rows = graph.edgeCount(), []
    for at in range(number):
        if at % OFTEN == 0 and feedback.isCanceled():
            raise Cancelled
        edge = graph.edge(at)
        rows.append((edge.fromVertex(), edge.toVertex(), edge.cost(0)))
    table = np.array(rows, dtype=float)
    start, end = table[:, 0].astype(np.intp), table[:, 1].astype(np.intp)
    order = np.lexsort((table[:, 2], end, start))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(start[order]) != 0) | (np.diff(end[order]) != 0)
    shortest = order[first]
    size = graph.vertexCount()
    lengths = table[shortest, 2]
    return csr_matrix((lengths, (start[shortest], end[shortest])), shape=(size, size))


def _vertices(graph: Any, on: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the vertex that each point on the network is."""
    import numpy as np
    from scipy.spatial import cKDTree

    points = (graph.vertex(at).point() for at in range(graph.vertexCount()))
    known = np.array([(point.x(), point.y()) for point in points], dtype=float)
    _, vertex = cKDTree(known).query(on)
    return np.asarray(vertex, dtype=np.intp)


def _refuse_no_lines(source: QgsProcessingFeatureSource) -> None:
    if QgsWkbTypes.geometryType(source.wkbType()) != QgsWkbTypes.GeometryType.LineGeometry:
        raise InputError(
            tr("NETWORK is no layer of lines: choose one of streets and paths, or leave it out.")
        )
    if not source.hasFeatures():
        raise InputError(tr("NETWORK holds no lines; check its filter and selection."))
    if not source.sourceCrs().isValid():
        raise InputError(
            tr(
                "NETWORK has no coordinate reference system. Set it (layer properties, Source), "
                "and run again."
            )
        )


def _refuse_elsewhere(source: Any, plane: Any, transforms: Any, x: Any, y: Any) -> None:
    """Raise for lines that do not lie where the places are."""
    into = QgsCoordinateTransform(source.sourceCrs(), plane, transforms)
    lines = into.transformBoundingBox(source.sourceExtent())
    places = QgsRectangle(x.min(), y.min(), x.max(), y.max())
    places.grow(1.0)
    if not lines.intersects(places):
        raise InputError(
            tr(
                "NETWORK lies elsewhere than the areas and the venues: check its coordinate "
                "reference system."
            )
        )
