"""Do areas with like figures lie together? Neighbours, local Moran, Getis-Ord Gi*, Moran's I.

Chance is what the same figures would show dealt out over the areas at random: conditional
permutation, in which an area keeps its own figure and the others are dealt to its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Tick = Callable[[float], bool]  # told the share done, returns whether to stop

QUADRANTS = ("high-high", "low-high", "low-low", "high-low")  # 1 to 4, numbered as PySAL does
SPOTS = ("hot spot", "cold spot")
NOT_SIGNIFICANT, ISLAND = "not significant", "island"
TIED = 1e-12  # of the largest z-score: sums of the same figures differ by rounding alone
FEWEST = 3  # areas below which nothing is left to deal out


class Stopped(Exception):
    """The caller asked to stop."""


@dataclass(frozen=True)
class Local:
    """A statistic of each area and what chance makes of it; NaN for islands.

    Attributes:
        statistic: I of local Moran, or Gi*.
        mean: its mean over the permutations.
        sd: its standard deviation over the permutations, divided by their number.
        z: ``(statistic - mean) / sd``; NaN where sd is 0.
        p: ``(draws in the smaller tail + 1) / (permutations + 1)``. One tail, the one in which
            the statistic lies; draws that tie with it count in either tail.
        kind: number of the class each area would be in: a quadrant (``QUADRANTS``) from 1, or
            a spot (``SPOTS``) from 1; 0 for islands.
    """

    statistic: Floats
    mean: Floats
    sd: Floats
    z: Floats
    p: Floats
    kind: NDArray[np.int64]

    @property
    def two_sided(self) -> Floats:
        """Return ``min(1, 2 p)``: which tail it would be was not known before."""
        return np.minimum(2 * self.p, 1)


@dataclass(frozen=True)
class Moran:
    """Moran's I of all areas together, with its expectation and what permutations make of it.

    ``p`` is that of one tail, as in ``Local``; ``z`` is against mean and sd of the permutations.
    """

    statistic: float
    expected: float
    z: float
    p: float


# --- neighbours -------------------------------------------------------------------------------


def contiguity(pairs: ArrayLike, number: int) -> csr_matrix:
    """Return weights 1 between the areas of each pair, both ways.

    Args:
        pairs: positions of two areas in each row; an area paired with itself does not count.
        number: of areas.
    """
    two = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    two = two[two[:, 0] != two[:, 1]]
    rows, columns = np.concatenate([two, two[:, ::-1]]).T
    return _ones(rows, columns, number)


def nearest(points: ArrayLike, k: int) -> csr_matrix:
    """Return weights 1 from each point to its k nearest others. Not the same both ways.

    Args:
        points: x and y in metres, a row each; of points equally far the first may be taken.
        k: how many, fewer than there are points.

    Raises:
        ValueError: for too few points.
    """
    xy = _places(points)
    number = len(xy)
    if not 1 <= k < number:
        raise ValueError(f"{number} points have no {k} nearest others each")
    _, found = cKDTree(xy).query(xy, k=k + 1)
    own = found == np.arange(number)[:, None]
    # at a place shared by more than k points a point may not find itself
    own[~own.any(axis=1), -1] = True
    return _ones(np.repeat(np.arange(number), k), found[~own], number)


def within(points: ArrayLike, distance: float) -> csr_matrix:
    """Return weights 1 between points no further apart than a distance.

    Args:
        points: x and y in metres, a row each.
        distance: in metres.
    """
    xy = _places(points)
    pairs = cKDTree(xy).query_pairs(distance, output_type="ndarray")
    return contiguity(pairs, len(xy))


def pairs_within(points: ArrayLike, distance: float) -> int:
    """Return how many pairs ``within`` would make, without making them."""
    xy = _places(points)
    tree = cKDTree(xy)
    return int((tree.count_neighbors(tree, distance) - len(xy)) // 2)


def least_distance(points: ArrayLike) -> float:
    """Return the smallest distance, in metres, at which every point has a neighbour."""
    xy = _places(points)
    if len(xy) < 2:
        raise ValueError("a single point has no neighbour at any distance")
    far = float(cKDTree(xy).query(xy, k=2)[0][:, 1].max())
    # so that rounding does not leave out the one it is the distance of
    return far * (1 + 1e-9)


def row_standardised(weights: csr_matrix) -> csr_matrix:
    """Return weights that add up to 1 in each row, 0 where an area has no neighbour."""
    sums = np.asarray(weights.sum(axis=1), dtype=float).ravel()
    inverse = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return csr_matrix(diags(inverse) @ weights)


def with_self(weights: csr_matrix) -> csr_matrix:
    """Return weights in which each area is a neighbour of itself too; islands stay islands.

    With the largest weight of its row; rows add up to 1 again. Of k neighbours that count alike
    each gets 1 / (k + 1).
    """
    largest = weights.max(axis=1).toarray().ravel()
    return row_standardised(csr_matrix(weights + diags(largest)))


def neighbours_of(weights: csr_matrix) -> NDArray[np.int64]:
    """Return how many neighbours each area has."""
    counted = csr_matrix(weights)
    return np.asarray((counted != 0).sum(axis=1), dtype=np.int64).ravel()


def components(weights: csr_matrix) -> NDArray[np.int64]:
    """Return how many areas each connected part has, the largest first; islands are parts of 1."""
    _, label = connected_components(weights, directed=False)
    return np.sort(np.bincount(label))[::-1].astype(np.int64)


def _ones(rows: NDArray[Any], columns: NDArray[Any], number: int) -> csr_matrix:
    made = csr_matrix(coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(number, number)))
    made.data[:] = 1.0  # a pair given twice was added up
    made.sort_indices()
    return made


def _places(points: ArrayLike) -> Floats:
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    if not np.isfinite(xy).all():
        raise ValueError("points need finite coordinates")
    return xy


# --- statistics -------------------------------------------------------------------------------


def local_moran(
    values: ArrayLike,
    weights: csr_matrix,
    permutations: int = 999,
    seed: int = 1,
    tick: Tick | None = None,
) -> Local:
    """Return local Moran's I of each area: ``(n - 1) z_i sum_j w_ij z_j / sum_k z_k^2``.

    Above 0 where an area and its neighbours lie on the same side of the mean, below 0 where they
    do not. z are the figures less their mean, divided by their standard deviation (by n).

    Args:
        values: a finite figure for each area.
        weights: row-standardised, nothing on the diagonal; row i has the neighbours of area i.
        permutations: how often the figures are dealt out.
        seed: of ``numpy.random.RandomState``, whose streams never change.
        tick: told 0 to 1 with each permutation.

    Returns:
        Statistic, its mean and sd by conditional permutation, z, p and quadrant.

    Raises:
        ValueError: for figures that are missing or all alike, or weights that do not fit.
        Stopped: when ``tick`` says so.

    Source: Anselin, Geographical Analysis 27 (1995) 93; as PySAL's esda has it
    (``Moran_Local`` with transformation ``r``), but for ties: esda counts a draw equal to the
    statistic in the upper tail alone, which makes areas among many equal figures too sure.
    """
    z, _, _ = _standardised(values)
    w = _checked(weights, len(z))
    factor = z * (len(z) - 1) / (z @ z)
    lag = w @ z
    drawn = _draw(z, w, lag, permutations, seed, tick)
    statistic = factor * lag
    # a figure right at the mean makes 0 of any neighbours, so every draw ties
    flat = np.abs(z) <= TIED * np.abs(z).max()
    smaller = np.where(flat, permutations, np.minimum(drawn.upper, drawn.lower))
    high, among_high = z > 0, lag > 0
    kind = np.select([high & among_high, ~high & among_high, ~high & ~among_high], [1, 2, 3], 4)
    mean, sd = factor * drawn.mean, np.abs(factor) * drawn.sd
    return _local(statistic, mean, sd, smaller, kind, w, permutations)


def getis_ord_star(
    values: ArrayLike,
    weights: csr_matrix,
    permutations: int = 999,
    seed: int = 1,
    tick: Tick | None = None,
) -> Local:
    """Return Gi* of each area: ``sum_j w*_ij x_j / sum_k x_k``, the area itself among the j.

    w* are the weights with the area as a neighbour of itself (``with_self``): of k neighbours
    each, and the area, counts 1 / (k + 1).

    Args:
        values: a finite figure of 0 or more for each area.
        weights: row-standardised, nothing on the diagonal.
        permutations: how often the figures are dealt out; the area keeps its own.
        seed: as for ``local_moran``.
        tick: as for ``local_moran``.

    Returns:
        As ``local_moran``; kind 1 (hot) where Gi* is above the mean of its permutations, 2 (cold)
        elsewhere.

    Raises:
        ValueError: as ``local_moran``, and for figures below 0, of which shares mean nothing.
        Stopped: when ``tick`` says so.

    Source: Getis and Ord, Geographical Analysis 24 (1992) 189, and Ord and Getis 27 (1995) 286; as
    PySAL's esda has it (``G_Local`` with ``transform="R", star=True``), but for ties as above.
    """
    z, middle, spread = _standardised(values)
    if (np.asarray(values, dtype=float) < 0).any():
        raise ValueError("Gi* is a share of the sum of all figures: none may be below 0")
    starred = with_self(_checked(weights, len(z)))
    own = starred.diagonal()
    others = csr_matrix(starred - diags(own))
    others.eliminate_zeros()
    lag = others @ z
    drawn = _draw(z, others, lag, permutations, seed, tick)
    total = middle * len(z)
    sums = np.asarray(starred.sum(axis=1)).ravel()

    def share(of_others: Floats) -> Floats:
        made: Floats = (middle * sums + spread * (of_others + own * z)) / total
        return made

    kind = np.where(lag > drawn.mean, 1, 2)
    return _local(
        share(lag),
        share(drawn.mean),
        spread * drawn.sd / total,
        np.minimum(drawn.upper, drawn.lower),
        kind,
        others,
        permutations,
    )


def moran(
    values: ArrayLike,
    weights: csr_matrix,
    permutations: int = 999,
    seed: int = 1,
    tick: Tick | None = None,
) -> Moran:
    """Return Moran's I of all areas: ``n / S0 * sum_ij w_ij z_i z_j / sum_k z_k^2``.

    About 0 without a pattern, towards 1 where like lies by like, below 0 where unlike does.

    Args:
        values: a finite figure for each area.
        weights: row-standardised, nothing on the diagonal. S0 is their sum.
        permutations: how often all figures are dealt out.
        seed: as for ``local_moran``.
        tick: as for ``local_moran``.

    Raises:
        ValueError: as ``local_moran``, and where no area has a neighbour.
        Stopped: when ``tick`` says so.

    Source: Moran, Biometrika 37 (1950) 17; as PySAL's esda has it (``Moran``).
    """
    z, _, _ = _standardised(values)
    w = _checked(weights, len(z))
    if not w.nnz:
        raise ValueError("no area has a neighbour")
    scale = len(z) / w.sum() / (z @ z)
    observed = scale * (z @ (w @ z))
    random = np.random.RandomState(seed)
    draws = np.empty(permutations)
    for number in range(permutations):
        _look(tick, number / permutations)
        dealt = z[random.permutation(len(z))]
        draws[number] = scale * (dealt @ (w @ dealt))
    tied = TIED * max(abs(observed), 1.0)
    smaller = min((draws >= observed - tied).sum(), (draws <= observed + tied).sum())
    sd = draws.std()
    z_score = (observed - draws.mean()) / sd if sd > tied else np.nan
    return Moran(
        float(observed),
        -1 / (len(z) - 1),
        float(z_score),
        float((smaller + 1) / (permutations + 1)),
    )


def classes(found: Local, names: tuple[str, ...], significant: ArrayLike) -> NDArray[np.object_]:
    """Return the class of each area in words.

    Args:
        found: the statistics.
        names: ``QUADRANTS`` or ``SPOTS``.
        significant: whether an area may be called by its kind.

    Returns:
        One of the names, ``not significant`` or, where there is no neighbour, ``island``.
    """
    words = np.array([ISLAND, *names], dtype=object)[found.kind]
    quiet = (found.kind > 0) & ~np.asarray(significant, dtype=bool)
    words[quiet] = NOT_SIGNIFICANT
    return words


@dataclass(frozen=True)
class _Drawn:
    """Of the weighted sum of neighbours' z: draws at or above it, at or below it, mean and sd."""

    upper: NDArray[np.int64]
    lower: NDArray[np.int64]
    mean: Floats
    sd: Floats


def _draw(
    z: Floats, weights: csr_matrix, lag: Floats, permutations: int, seed: int, tick: Tick | None
) -> _Drawn:
    """Deal the z out again and again; each area keeps its own.

    A deal of all figures becomes one in which area i keeps its own by a swap: the area that was
    dealt z_i gets what i was dealt. That is a random deal of the others, for every i at once, and
    only concerns i where the area that was dealt z_i is its neighbour. A deal goes over all areas,
    so that memory is that of the weights and there is nothing to cut into chunks.
    """
    number = len(z)
    tied = TIED * np.abs(z).max()
    high, low = lag - tied, lag + tied
    rows = np.repeat(np.arange(number), np.diff(weights.indptr))
    upper, lower = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    total, squares = np.zeros(number), np.zeros(number)
    random = np.random.RandomState(seed)
    for draw in range(permutations):
        _look(tick, draw / permutations)
        dealt = random.permutation(number)
        sums = weights @ z[dealt]
        got_mine = np.flatnonzero(dealt[weights.indices] == rows)
        # one neighbour at most was dealt it, so that no row stands twice
        mine = rows[got_mine]
        sums[mine] += weights.data[got_mine] * (z[dealt[mine]] - z[mine])
        upper += sums >= high
        lower += sums <= low
        total += sums
        squares += sums * sums
    mean = total / permutations
    variance = np.maximum(squares / permutations - mean * mean, 0)
    return _Drawn(upper, lower, mean, np.sqrt(variance))


def _local(
    statistic: Floats,
    mean: Floats,
    sd: Floats,
    smaller: NDArray[np.int64],
    kind: NDArray[np.int64],
    weights: csr_matrix,
    permutations: int,
) -> Local:
    """Return the statistics, missing for islands."""
    island = np.diff(weights.indptr) == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sd > TIED * np.nanmax(np.abs(statistic)), (statistic - mean) / sd, np.nan)
    p = (smaller + 1) / (permutations + 1)
    return Local(
        statistic=np.where(island, np.nan, statistic),
        mean=np.where(island, np.nan, mean),
        sd=np.where(island, np.nan, sd),
        z=np.where(island, np.nan, z),
        p=np.where(island, np.nan, p),
        kind=np.where(island, 0, kind).astype(np.int64),
    )


def _standardised(values: ArrayLike) -> tuple[Floats, float, float]:
    """Return z-scores, mean and standard deviation."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or len(x) < FEWEST:
        raise ValueError(f"at least {FEWEST} areas with a figure are needed")
    if not np.isfinite(x).all():
        raise ValueError("every area needs a finite figure; leave out those without")
    middle, spread = float(x.mean()), float(x.std())
    if spread <= TIED * np.abs(x).max():
        raise ValueError("all figures are the same: nothing can cluster")
    return (x - middle) / spread, middle, spread


def _checked(weights: csr_matrix, number: int) -> csr_matrix:
    """Return the weights without zeros, if they are as ``row_standardised`` makes them."""
    w = csr_matrix(weights, dtype=float, copy=True)
    if w.shape != (number, number):
        raise ValueError(f"weights of {w.shape[0]} areas for {number} figures")
    w.sum_duplicates()
    w.eliminate_zeros()
    sums = np.asarray(w.sum(axis=1)).ravel()
    if (w.data < 0).any() or not (np.isclose(sums, 1) | (sums == 0)).all():
        raise ValueError("the weights of an area's neighbours must add up to 1")
    if w.diagonal().any():
        raise ValueError("an area is no neighbour of itself here")
    return w


def _look(tick: Tick | None, share: float) -> None:
    if tick is not None and tick(share):
        raise Stopped
