"""Time and memory of clusters: neighbours by borders, local Moran, Gi* and Moran's I, as a table.

usage: clusters.py [AREAS ...]
It is a benchmark, not a test: it says whether a goal is met and never fails for it. Without QGIS
borders are left out.
"""

from __future__ import annotations

import importlib
import math
import resource
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from methods import load

AREAS = (860, 35_672)  # South Yorkshire; England and Wales
PERMUTATIONS = 9_999  # the default
SECONDS, MEGABYTES = 60.0, 1000.0  # of the largest, all that an algorithm does


def touching(rows: int, columns: int) -> np.ndarray:
    """Return the pairs of squares of a grid that touch, corners too."""
    at = np.arange(rows * columns).reshape(rows, columns)
    beside = [(at[:, :-1], at[:, 1:]), (at[:-1], at[1:])]
    across = [(at[:-1, :-1], at[1:, 1:]), (at[:-1, 1:], at[1:, :-1])]
    return np.concatenate([np.stack([a.ravel(), b.ravel()], 1) for a, b in (*beside, *across)])


def measured(run: Callable[[], object]) -> tuple[object, float]:
    """Return what a run makes, and its seconds of processor time."""
    start = time.process_time()
    made = run()
    return made, time.process_time() - start


def peak() -> float:
    """Return the most memory used so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def borders(rows: int, columns: int) -> float | None:
    """Return the seconds it takes to find who touches whom among squares, None without QGIS."""
    try:
        from qgis.core import QgsGeometry
    except ImportError:
        return None

    neighbours = importlib.import_module("seldom_heard.layers.neighbours")
    step = np.arange(16) / 15  # vertices on each side, as borders have them
    ring = np.concatenate(
        [
            np.stack([step, 0 * step], 1),
            np.stack([1 + 0 * step, step], 1)[1:],
            np.stack([step[::-1], 1 + 0 * step], 1)[1:],
            np.stack([0 * step, step[::-1]], 1)[1:],
        ]
    )
    shapes = []
    for row in range(rows):
        for column in range(columns):
            text = ",".join(f"{x + column:.6f} {y + row:.6f}" for x, y in ring)
            shapes.append(QgsGeometry.fromWkt(f"POLYGON(({text}))"))
    pairs, seconds = measured(lambda: neighbours.bordering(shapes, lambda: False))
    if len(pairs) != len(touching(rows, columns)):
        sys.exit("the neighbours found by borders are not those of the grid")
    return seconds


def measure(size: int) -> None:
    """Print the rows of one number of areas, a grid of nearly as many."""
    clusters = load("clusters")
    rows = math.isqrt(size)
    columns = size // rows
    number = rows * columns
    figures = np.random.RandomState(1).gamma(2, 1, number)
    weights = clusters.row_standardised(clusters.contiguity(touching(rows, columns), number))
    took = {"neighbours by borders of 61 points": borders(rows, columns)}
    for title, run in (
        ("local Moran", clusters.local_moran),
        ("Getis-Ord Gi*", clusters.getis_ord_star),
        ("Moran's I", clusters.moran),
    ):
        took[title] = measured(partial(run, figures, weights, PERMUTATIONS, 1))[1]
    for title, seconds in took.items():
        print(
            f"| {number:,} | {title} | {'no QGIS' if seconds is None else f'{seconds:.2f}'} | | |"
        )
    local = max(took.pop("local Moran"), took.pop("Getis-Ord Gi*"))  # a run makes one of them
    total, memory = local + sum(seconds or 0 for seconds in took.values()), peak()
    met = "met" if total < SECONDS and memory < MEGABYTES else "MISSED"
    goal = f"{SECONDS:.0f} s, {MEGABYTES:.0f} MB {met}"
    print(f"| {number:,} | a run | {total:.2f} | {memory:.0f} | {goal} |")


def main() -> None:
    print(f"\nClusters, {PERMUTATIONS} permutations, seconds of one processor\n")
    print("| areas | what | seconds | most memory, MB | goal |")
    print("|---|---|---|---|---|")
    for size in [int(size) for size in sys.argv[1:]] or AREAS:
        measure(size)


if __name__ == "__main__":
    main()
