"""Counts moved between the areas of two censuses, their totals kept to the last person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Sum = tuple[str, Sequence[str]]  # a count, and the counts that it is the sum of
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moved:
    """Counts on the areas moved to, and how they got there.

    Attributes:
        counts: a row per target area, in order of their codes.
        estimated: whether a part of an area was shared by weight to make the row.
        incomplete: targets that also take in areas of which there are no counts: missing.
        lost: people of each column in the parts that reach a missing figure.
        shared: people of each column who were placed by weight.
    """

    counts: pd.DataFrame
    estimated: pd.Series
    incomplete: list[str]
    lost: pd.Series
    shared: pd.Series


def change_of(links: pd.DataFrame, earlier: str, later: str) -> pd.Series:
    """Return how areas changed along each link: U unchanged, S split, M merged, X otherwise.

    Args:
        links: pairs of areas, each pair once.
        earlier: the column of the areas before.
        later: the column of the areas after.
    """
    pieces = links.groupby(earlier)[later].transform("size")
    sources = links.groupby(later)[earlier].transform("size")
    most_sources = sources.groupby(links[earlier]).transform("max")
    most_pieces = pieces.groupby(links[later]).transform("max")
    letters = np.select(
        [
            (most_sources == 1) & (most_pieces == 1),
            most_sources == 1,
            most_pieces == 1,
        ],
        ["U", "S", "M"],
        "X",
    )
    return pd.Series(letters, index=links.index, dtype=object)


def parts_of(links: pd.DataFrame) -> pd.Series:
    """Return the part of its source that goes along each link: ``weight / sum(weight)``.

    An area with a single link goes along it whole, whatever its weight. Where a split area has
    no weights, one is missing, or all are 0, its parts are missing.

    Args:
        links: columns source, target, weight; each pair once.
    """
    weight = links["weight"].astype(float)
    groups = weight.groupby(links["source"])
    total = groups.transform("sum").where(groups.transform("count") == groups.transform("size"))
    parts = weight / total.where(total > 0)
    return parts.where(groups.transform("size") > 1, 1.0)


def move_counts(counts: pd.DataFrame, links: pd.DataFrame, sums: Iterable[Sum] = ()) -> Moved:
    """Return counts on other areas, the total of every column as it was.

    An area with one link is moved as it is, so areas that merge are added up. The counts of a
    split area are shared by weight; whole counts stay whole by the largest-remainder method
    within each source area, ties going to the code that comes first. Of counts that are sums
    of others, the finest are shared, and the sums made of them anew with what the source's own
    parts missed their sum by, which is the publisher's noise. Counts that are not whole are
    shared without rounding.

    Args:
        counts: index = codes of the source areas, each once; a column per count, none negative.
        links: columns source, target, weight; each pair once.
        sums: which counts are the sum of which others; of several ways the finest is taken.

    Returns:
        A figure is missing in every target that a missing figure reaches, in whole or part.
        Sources without a link are left out.

    Source: largest remainders: Hamilton's method of apportionment (Balinski and Young, Fair
    Representation, 1982).
    """
    links = links.sort_values(["source", "target"], kind="stable").reset_index(drop=True)
    used = links[links["source"].isin(counts.index)].reset_index(drop=True)
    share = _Shares.of(used)
    rows = counts.reindex(used["source"]).reset_index(drop=True).astype(float)
    pieces = pd.DataFrame(_pieces(rows, share, sums), columns=rows.columns, index=rows.index)
    by_target = pieces.groupby(used["target"], sort=True)
    moved = by_target.sum(min_count=1).where(by_target.count().eq(by_target.size(), axis=0))
    reached = moved.index
    others = links.loc[~links["source"].isin(counts.index), "target"]
    incomplete = sorted(set(others) & set(reached))
    moved.loc[incomplete] = np.nan
    split: pd.Series[bool] = pd.Series(share.split, index=used.index)
    return Moved(
        counts=moved,
        estimated=split.groupby(used["target"], sort=True).any(),
        incomplete=incomplete,
        lost=pieces.where(moved.reindex(used["target"]).isna().to_numpy()).sum(),
        shared=pieces[share.split].sum(),
    )


@dataclass(frozen=True)
class _Shares:
    """Links as arrays, in order of their source and target.

    Attributes:
        source: number of the source of each link.
        weight: of each link; 1 where its source has no other.
        split: whether the source of a link has others.
        missing: whether a split source has no weights to share by.
    """

    source: NDArray[np.int64]
    weight: Floats
    split: NDArray[np.bool_]
    missing: NDArray[np.bool_]

    @classmethod
    def of(cls, links: pd.DataFrame) -> _Shares:
        source = pd.factorize(links["source"])[0].astype(np.int64)
        split = links.groupby("source")["target"].transform("size").to_numpy() > 1
        missing = parts_of(links).isna().to_numpy()
        weight = links["weight"].to_numpy(dtype=float)
        return cls(source, np.where(split & ~missing, weight, 1.0), split, missing)

    def total(self, values: Floats) -> Floats:
        """Return the sum over all links of its source, for each link."""
        summed: Floats = np.bincount(self.source, values).astype(float)[self.source]
        return summed

    def divided(self, count: Floats, weight: Floats, whole: bool) -> Floats:
        """Return the parts of counts, which stand on every link of their source.

        Args:
            count: of the source of each link; may be negative, missing ones are 0 here.
            weight: of each link.
            whole: whether the parts are to be whole numbers that add up to the count.
        """
        total = self.total(weight)
        usable = total > 0
        over = np.where(usable, total, 1.0)
        exact = np.abs(count) * np.where(usable, weight, 0.0)  # of whole numbers: no rounding error
        if not whole:
            return np.asarray(np.sign(count) * exact / over)
        part = np.floor(exact / over)
        rest = exact - part * over
        left = np.where(usable, np.abs(count), 0.0) - self.total(part)
        order = np.lexsort((np.arange(len(rest)), -rest, self.source))
        first = np.searchsorted(self.source, self.source)  # links stand in order of their source
        place = np.empty(len(rest), dtype=np.int64)
        place[order] = np.arange(len(rest))
        return np.asarray(np.sign(count) * (part + (place - first < left)))


def _pieces(rows: pd.DataFrame, share: _Shares, sums: Iterable[Sum]) -> dict[str, Floats]:
    """Return the part of each count that goes along each link."""
    known = {str(name): rows[name].to_numpy(dtype=float) for name in rows}
    made: dict[str, Floats] = {}
    ways = _finest(sums, list(known))
    for name in [*(name for name in known if name not in ways), *_in_order(ways)]:
        parts = ways.get(name, ())
        pieces = _shared_out(known[name], parts, known, made, share)
        pieces[np.isnan(known[name]) | share.missing] = np.nan
        made[name] = pieces
    return {name: made[name] for name in known}


def _shared_out(
    count: Floats,
    parts: Sequence[str],
    known: dict[str, Floats],
    made: dict[str, Floats],
    share: _Shares,
) -> Floats:
    """Return the parts of one count: what its own parts make, and its rest by weight."""
    nothing = np.zeros(len(count))
    # where a part is not known the sum is shared by itself
    below = np.nan_to_num(sum((known[name] for name in parts), nothing))
    inside = np.nan_to_num(sum((made[name] for name in parts), nothing))
    rest = np.nan_to_num(count - below)
    whole = bool((rest % 1 == 0).all())
    pieces = inside + share.divided(rest, share.weight, whole)
    short = share.total((pieces < 0).astype(float)) > 0
    if short.any():  # noise that takes more from a part than is there: take it where people are
        pieces = np.where(short, inside + share.divided(rest, inside, whole), pieces)
    return pieces


def _finest(sums: Iterable[Sum], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return for each count that is a sum the parts to make it of: the most there are."""
    ways: dict[str, tuple[str, ...]] = {}
    for whole, parts in sums:
        if {whole, *parts} <= set(names) and len(parts) > len(ways.get(whole, ())):
            ways[whole] = tuple(parts)
    return ways


def _in_order(ways: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the sums in an order in which all parts of one come before it."""
    left, order = dict(ways), list[str]()
    while left:
        ready = [name for name, parts in left.items() if not left.keys() & set(parts)]
        if not ready:
            raise ValueError(f"Sums of each other: {', '.join(left)}")
        order += ready
        for name in ready:
            del left[name]
    return order
