"""What a figure could also have been: columns of figures drawn anew, for ``score.stability``.

Draws are taken with the areas in the order of their counts, so another order of the areas gives
each area the same draws (areas with equal counts may change places among themselves). numpy's
legacy ``RandomState`` is used because its streams never change between versions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


class Varying(Protocol):
    """A figure with chance in it: its field, and a new column of it for each draw."""

    @property
    def field(self) -> str:
        """Name of the indicator's field."""

    def drawn(self, random: np.random.RandomState) -> Column:
        """Return one new figure for each area; NaN keeps the figure as it is."""


@dataclass(frozen=True, eq=False)
class Replies:
    """The shrunk ratio of replies to expected replies (``voice.shrunk_ratio``), with its chance.

    Given O replies where E were expected, the true ratio follows ``Gamma(O + a) / (E + a)``: mean
    ``(O + a) / (E + a)``, variance ``(O + a) / (E + a)^2``.

    Args:
        field: the indicator's field; its figures are 100 times the ratio.
        observed: O of each area.
        expected: E of each area.
        prior: a (``voice.prior_strength``); inf gives 100 everywhere.

    Source: Clayton and Kaldor, Biometrics 43 (1987) 671.
    """

    field: str
    observed: ArrayLike
    expected: ArrayLike
    prior: float

    def drawn(self, random: np.random.RandomState) -> Column:
        """Return ``100 Gamma(O + a) / (E + a)``; NaN where O or E cannot be used."""
        where, shape, size = self._posterior
        figures = np.full(np.shape(self.observed), np.nan)
        if np.isposinf(self.prior):
            figures[where] = 100.0
        else:
            figures[where] = 100 * random.standard_gamma(shape) / size
        return figures

    @cached_property
    def _posterior(self) -> tuple[NDArray[np.intp], Column, Column]:
        """Return the usable areas in the order of their draws, with O + a and E + a."""
        observed, expected = _floats(self.observed), _floats(self.expected)
        usable = np.isfinite(observed) & np.isfinite(expected) & (observed >= 0) & (expected > 0)
        usable &= self.prior >= 0  # false for NaN too
        where = _ordered(usable, observed, expected)
        return where, observed[where] + self.prior, expected[where] + self.prior


@dataclass(frozen=True, eq=False)
class CensusCount:
    """A census percentage whose small counts the publisher has moved a little to protect people.

    Whole numbers from ``-most`` to ``most``, all as likely, are added to counts below ``below``;
    the result is kept between 0 and the base.

    Args:
        field: the indicator's field; its figures are ``100 count / base``.
        count: people counted in each area.
        base: people among whom they were counted.
        below: counts below it are drawn anew, the others kept.
        most: furthest that a count may have been moved.
    """

    field: str
    count: ArrayLike
    base: ArrayLike
    below: float = 20
    most: int = 2

    def drawn(self, random: np.random.RandomState) -> Column:
        """Return percentages with new noise; NaN where the count is large or cannot be used."""
        where, count, base = self._small
        figures = np.full(np.shape(self.count), np.nan)
        # not randint, whose numbers may differ with the width of a platform's integers
        moved = np.floor(random.random_sample(len(where)) * (2 * self.most + 1)) - self.most
        figures[where] = 100 * np.clip(count + moved, 0, base) / base
        return figures

    @cached_property
    def _small(self) -> tuple[NDArray[np.intp], Column, Column]:
        """Return the areas with small counts in the order of their draws, counts and bases."""
        count, base = _floats(self.count), _floats(self.base)
        small = np.isfinite(base) & (count >= 0) & (count < self.below) & (base > 0)
        where = _ordered(small, count, base)
        return where, count[where], base[where]


def stream(seed: int, name: str) -> np.random.RandomState:
    """Return the random numbers of one thing that varies.

    Each has a stream of its own by its name, so that adding, leaving out or moving one does not
    change what is drawn for the others.
    """
    letters = name.encode("utf-8")
    return np.random.RandomState([seed % 2**32, len(letters), *letters])


def drawn_weights(
    shares: Column, names: list[str], draws: int, seed: int, concentration: float
) -> Column:
    """Return weights (draws x names) from a Dirichlet distribution around given shares.

    Mean ``s``, variance ``s (1 - s) / (concentration + 1)``: with 20 a weight of 0.5 has a standard
    deviation of 0.11. Made as gamma draws divided by their sum, a stream for each name.

    Args:
        shares: s, above 0, adding up to 1.
        names: of the streams, one for each share.
        draws: number of rows.
        seed: as in ``stream``.
        concentration: the larger, the nearer the weights stay to the shares.
    """
    columns = [
        stream(seed, name).standard_gamma(concentration * share, draws)
        for name, share in zip(names, shares)
    ]
    # a draw can be too small for a number; a trace keeps every weight above 0
    parts = np.maximum(np.column_stack(columns), 1e-12)
    weights: Column = parts / parts.sum(axis=1, keepdims=True)
    return weights


class Pulse:
    """Tells how far the draws are, every 50 or fifth of a second, and asks whether to stop."""

    def __init__(self, tick: Callable[[float], bool], draws: int) -> None:
        self._tick, self._draws, self._last = tick, draws, 0.0

    def after(self) -> None:
        """Ask whether to stop when all is drawn, and there is still work to do.

        Raises:
            InterruptedError: when asked to stop.
        """
        if self._tick(1.0):
            raise InterruptedError

    def beat(self, draw: int) -> None:
        """Tell it.

        Raises:
            InterruptedError: when asked to stop.
        """
        now = time.monotonic()
        if draw % 50 and now - self._last < 0.2:
            return
        self._last = now
        if self._tick(draw / self._draws):
            raise InterruptedError


def rank_quantiles(
    ranks: NDArray[np.int32],
    shares: Sequence[float],
    chunk: int = 2000,
    beat: Callable[[], None] = lambda: None,
) -> Column:
    """Return for each share the smallest rank that so many of the draws do not exceed.

    That is the quantile "inverted_cdf" of numpy, Hyndman and Fan's type 1: always a whole rank.

    Args:
        ranks: draws x areas.
        shares: of the draws, above 0 to 1.
        chunk: areas at a time, which keeps the memory small.
        beat: called before each chunk; what it raises stops the work.
    """
    draws, areas = ranks.shape
    at = [max(int(np.ceil(round(share * draws, 9))) - 1, 0) for share in shares]
    found = np.empty((len(shares), areas))
    for start in range(0, areas, chunk):
        beat()
        part = np.array(ranks[:, start : start + chunk].T, order="C")
        part.partition(at, axis=1)
        found[:, start : start + chunk] = part[:, at].T
    return found


def share_within(ranks: NDArray[np.int32], top: int) -> Column:
    """Return for each area in how many of the draws (rows) it is among the first ``top``."""
    inside = np.zeros(ranks.shape[1])
    for draw in ranks:
        inside += draw <= top
    return inside / len(ranks)


def _floats(values: ArrayLike) -> Column:
    return np.asarray(values, dtype=float)


def _ordered(chosen: NDArray[np.bool_], *keys: Column) -> NDArray[np.intp]:
    """Return the positions of the areas chosen, in the order of the keys."""
    where = np.flatnonzero(chosen)
    order: NDArray[np.intp] = np.lexsort([key[where] for key in keys])
    return np.asarray(where[order], dtype=np.intp)
