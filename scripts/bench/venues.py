"""Time of choosing venues: the choice, its bound and the proof, as a table.

It is a benchmark, not a test: it says how large the gap is and never fails for it.
"""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from methods import load

CASES = (  # areas, venues, number, radius in parts of the city's side
    (343, 2_000, 10, 0.06),
    (343, 2_000, 25, 0.05),
    (5_000, 2_000, 5, 0.15),
    (5_000, 2_000, 25, 0.05),
    (5_000, 2_000, 100, 0.03),
    (35_672, 2_000, 50, 0.04),
)


def main() -> None:
    coverage = load("coverage")
    print("\nVenues chosen, places drawn by chance in a square\n")
    print("| areas | venues | number | pairs within reach | reached | bound | gap | known by | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for areas, venues, number, radius in CASES:
        rng = np.random.default_rng(number)
        homes, halls = rng.random((areas, 2)), rng.random((venues, 2))
        near = cKDTree(halls).query_ball_point(homes, radius)
        rows = np.repeat(np.arange(areas), [len(one) for one in near])
        columns = np.concatenate([np.asarray(one, int) for one in near])
        within = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (areas, venues))
        people = rng.integers(5, 400, areas).astype(float)
        start = time.perf_counter()
        found = coverage.cover(within, people, number)
        seconds = time.perf_counter() - start
        print(
            f"| {areas:,} | {venues:,} | {number} | {within.nnz:,} | {found.reached:,.0f} "
            f"| {found.bound:,.0f} | {100 * found.gap:.3f} % | {found.way} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
