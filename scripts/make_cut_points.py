#!/usr/bin/env python3
"""Finds the scores of a nation at some places, for a ranked taxonomy's file.

python3 scripts/make_cut_points.py TAXONOMY TABLE [INDICATOR]

TAXONOMY is its id, TABLE the publisher's CSV with the ranks of every area (packed with gzip or
not). INDICATOR is a band of a score (exhealth_decile when left out): what parts its bands is
printed, for "cut_points". Or it is a score made of ranks (exhealth_score): its lowest, its
hundredths and its highest are printed, for "percentiles". Needs pandas.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import sys
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = 25  # rows that are enough to find the headings in
DECIMALS = 6  # of the cut points; the closest two scores at an edge are some 0.00003 apart


def load_plugin() -> None:
    """The plugin as a package, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(
        "seldom_heard", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["seldom_heard"] = module
    spec.loader.exec_module(module)


def read_head(path: Path) -> list[list[str]]:
    unpack = gzip.open if path.suffix == ".gz" else open
    with unpack(path, "rt", encoding="utf-8-sig", newline="") as file:
        return list(islice(csv.reader(file), HEAD))


def scores(taxonomy, table: Path, weights: dict[str, float]):
    """The score of every area of the nation, made of its domain ranks."""
    import pandas as pd
    from seldom_heard.methods.deprivation import weighted_score
    from seldom_heard.taxonomies.recognise import recognise

    (what,) = recognise(read_head(table), [taxonomy])
    raw = pd.read_csv(table, encoding="utf-8-sig")
    ranks = pd.DataFrame({name: raw.iloc[:, what.columns[name][0]] for name in weights})
    number = taxonomy.raw["areas_ranked"]
    if len(ranks) != number or ranks.isna().any(axis=None):
        sys.exit(f"{table.name}: ranks of {number:,} areas are needed, all of the nation.")
    return weighted_score(ranks, weights, number)


def percentiles(score) -> list[float]:
    """From the lowest to the highest score, a hundredth of the areas apart."""
    from seldom_heard.methods.national import steps_of

    return [round(point, DECIMALS) for point in steps_of(score)]


def cut_points(score, bands: int) -> list[float]:
    """Midway between the neighbouring scores at each edge of the bands, highest first."""
    from seldom_heard.methods.deprivation import band, rank_descending

    groups = score.groupby(band(rank_descending(score), bands, len(score)))
    lowest, highest = groups.min().to_numpy()[:-1], groups.max().to_numpy()[1:]
    points = [round(float(point), DECIMALS) for point in (lowest + highest) / 2]
    if not all(high < at < low for low, at, high in zip(lowest, points, highest)):
        sys.exit("Two scores at an edge are too close: more decimals are needed.")
    return points


def main() -> None:
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    load_plugin()
    from seldom_heard.taxonomies.catalogue import find

    indicator = sys.argv[3] if len(sys.argv) == 4 else "exhealth_decile"
    taxonomy = find(sys.argv[1])
    made = {i.id: i.options for i in taxonomy.indicators}
    options = made[indicator]
    weights = options.get("weights") or made[options["score"]]["weights"]
    score = scores(taxonomy, Path(sys.argv[2]), weights)
    points = percentiles(score) if "weights" in options else cut_points(score, options["bands"])
    print(json.dumps(points, indent=2))


if __name__ == "__main__":
    main()
