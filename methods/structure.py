"""How groups are spread over areas: apart or mixed, over- or under-represented.

Series and frames have a row per area. A figure of the whole is NaN where a count of any area is
missing, negative or more than its total, or the group has nobody: leave areas out beforehand, and
say so. An area where nobody lives counts nothing. All indices depend on the areas they are made
over: compare them only over areas alike.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .proportions import Z95

Array = NDArray[np.float64]
NAN = float("nan")


def dissimilarity(group: pd.Series, other: pd.Series) -> float:
    """Return ``D = 1/2 sum |x/X - y/Y|``, 0 (spread alike) to 1 (never in one area).

    It is the share of either group that would have to move to be spread as the other is.

    Args:
        group: people of the group in each area (x, X in all).
        other: people of another group (y, Y in all); all others for the usual index.

    Source: Duncan and Duncan, American Sociological Review 20 (1955) 210.
    """
    x, y = _values(group), _values(other)
    if not (_counted(x) and _counted(y)):
        return NAN
    return float(np.abs(x / x.sum() - y / y.sum()).sum() / 2)


def isolation(group: pd.Series, total: pd.Series) -> float:
    """Return ``xPx = sum (x/X)(x/t)``: the group's share where an average member lives, 0 to 1.

    Its floor is the group's share of all people, not 0.

    Source: Bell, Social Forces 32 (1954) 357; Lieberson (1981).
    """
    return interaction(group, group, total)


def interaction(group: pd.Series, other: pd.Series, total: pd.Series) -> float:
    """Return ``xPy = sum (x/X)(y/t)``: the other group's share where an average member lives.

    Also called exposure. Over all groups that add up to the total it sums to 1.

    Args:
        group: people of the group in each area (x, X in all).
        other: people of the group met (y).
        total: all people (t).

    Source: Bell, Social Forces 32 (1954) 357; Massey and Denton, Social Forces 67 (1988) 281.
    """
    x, y, t = _values(group), _values(other), _values(total)
    if not (_counted(x) and _within(y, t) and (x <= t).all()):
        return NAN
    return float((x / x.sum() * _share(y, t)).sum())


def entropy(counts: pd.DataFrame) -> pd.Series:
    """Return ``-sum p ln p / ln k`` of each area: 0 for one group alone, 1 for k groups alike.

    Args:
        counts: a column for each of the k groups; they add up to all people.

    Returns:
        NaN where a count is missing or negative, nobody lives, or k is 1.

    Source: Theil, Statistical Decomposition Analysis (1972).
    """
    values = counts.to_numpy(dtype=float)
    usable = (np.isfinite(values) & (values >= 0)).all(axis=1) & (values.sum(axis=1) > 0)
    usable &= values.shape[1] > 1
    mixed = _entropy(np.where(usable[:, None], values, 1.0)) / np.log(max(values.shape[1], 2))
    return pd.Series(np.where(usable, mixed, np.nan), index=counts.index)


def information_index(counts: pd.DataFrame) -> float:
    """Return Theil's H: ``sum t (E - e) / (T E)``, e and E the entropy of an area and of all.

    0 where every area has the mix of the whole, 1 where every area has one group alone.

    Args:
        counts: a column for each group; they add up to all people (t of an area, T of all).

    Source: Theil and Finizza, J. Mathematical Sociology 1 (1971) 187; Reardon and Firebaugh,
    Sociological Methodology 32 (2002) 33.
    """
    values = counts.to_numpy(dtype=float)
    if not (values.size and np.isfinite(values).all() and (values >= 0).all()):
        return NAN
    values = values[values.sum(axis=1) > 0]
    people = values.sum(axis=1)
    whole = float(_entropy(values.sum(axis=0, keepdims=True))[0]) if len(values) else 0.0
    if whole <= 0:  # one group has everyone: there is nothing to be apart
        return NAN
    return float((people * (whole - _entropy(values))).sum() / (people.sum() * whole))


def location_quotient(group: pd.Series, total: pd.Series, z: float = Z95) -> pd.DataFrame:
    """Return ``LQ = (x/t) / (X/T)`` of each area with its limits; 1 = as in all areas together.

    Limits: ``LQ exp(-/+ z s)``, ``s^2 = v/p^2 + V/P^2 - 2 c/(pP)``, with ``p = x/t``,
    ``P = X/T``, ``v = p(1 - p)/t``, ``V = sum t p(1 - p) / T^2`` and ``c = p(1 - p)/T``, since
    the area is part of the whole.

    Args:
        group: people of the group in each area (x, X in all).
        total: all people (t, T in all).
        z: normal quantile; 1.96 gives 95 % limits.

    Returns:
        Columns ``estimate``, ``lower``, ``upper``; an area with a missing or impossible count
        is NaN and left out of the whole; no limits where the group has nobody.

    Source: Moineddin, Beyene and Boyle, Geographical Analysis 35 (2003) 249.
    """
    x, t = _values(group), _values(total)
    usable = np.isfinite(x) & np.isfinite(t) & (x >= 0) & (x <= t) & (t > 0)
    x, t = np.where(usable, x, 0), np.where(usable, t, 0)
    everyone = t.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        p, whole = x / t, x.sum() / everyone
        quotient = p / whole
        spread = p * (1 - p)
        variance = np.where(usable, t * spread, 0).sum() / everyone**2
        square = spread / t / p**2 + variance / whole**2 - 2 * spread / everyone / (p * whole)
        times = np.exp(z * np.sqrt(np.maximum(square, 0)))
        columns = {"estimate": quotient, "lower": quotient / times, "upper": quotient * times}
    return pd.DataFrame(
        {name: np.where(usable, column, np.nan) for name, column in columns.items()},
        index=group.index,
    )


def _values(counts: pd.Series) -> Array:
    return counts.to_numpy(dtype=float)


def _counted(x: Array) -> bool:
    return bool((np.isfinite(x) & (x >= 0)).all()) and bool(x.sum() > 0)


def _within(x: Array, total: Array) -> bool:
    return bool((np.isfinite(x) & np.isfinite(total) & (x >= 0) & (x <= total)).all())


def _share(x: Array, total: Array) -> Array:
    """Return x / total, 0 where nobody lives: such an area has nobody of any group."""
    share: Array = x / np.where(total > 0, total, 1)
    return share


def _entropy(values: Array) -> Array:
    """Return ``-sum p ln p`` of every row, with ``0 ln 0 = 0``; rows must not be empty."""
    p = values / values.sum(axis=1, keepdims=True)
    mixed: Array = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
    return np.abs(mixed)  # -0 of one group alone is 0
