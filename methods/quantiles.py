"""Quantiles of areas by the rule of the public health office."""

from __future__ import annotations

import numpy as np
import pandas as pd


def quantile(
    values: pd.Series, number: int = 10, invert: bool = True, groups: pd.Series | None = None
) -> pd.Series:
    """Return the quantile of each value among the values of its group: 1 to ``number``.

    ``1 + floor(number (rank - 1) / n)``, where ties share the smallest rank, so that they are
    never split, and n is the number of values that are known. Quantiles are as near to equal
    in size as ties let them be.

    Args:
        values: one figure per area; missing and infinite ones get no quantile and count
            nowhere.
        number: how many quantiles: 10 for deciles, 5 for quintiles.
        invert: True makes 1 the highest values, False the lowest.
        groups: the group (region, say) of each area, same index; an area without one gets no
            quantile. All areas are one group when there is none.

    Returns:
        Quantiles as floats; NaN also in a group with fewer known values than quantiles.

    Raises:
        ValueError: when the number is not a whole number above 0.

    Source: Office for Health Improvement and Disparities, technical guide on assigning
    deprivation categories; the published formula,
    ``floor(Q + 1 - ceil((n + 1 - rank) / (n / Q)))``, is the same but for its rounding errors.
    """
    if number != int(number) or number < 1:
        raise ValueError(f"the number of quantiles is a whole number above 0, not {number!r}")
    known = values.astype(float)
    known = known.where(np.isfinite(known))
    if groups is None:
        rank = known.rank(ascending=not invert, method="min")
        size = pd.Series(known.count(), index=known.index)
    else:
        grouped = known.groupby(groups)
        rank = grouped.rank(ascending=not invert, method="min")
        size = grouped.transform("count")
    place: pd.Series = 1 + (number * (rank - 1)) // size
    return place.where(size >= number)
