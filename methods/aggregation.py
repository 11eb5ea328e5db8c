"""Small areas added up to larger ones: what may be added, worked back and averaged."""

from __future__ import annotations

import pandas as pd


def add_up(counts: pd.DataFrame, place: pd.Series) -> pd.DataFrame:
    """Return the sum of each column over the areas of each place.

    A sum is missing where any of its parts is: what is left out would make it too small.

    Args:
        counts: a row per area.
        place: the place of each area, same index; areas without one are left out.

    Returns:
        A row per place, places in order.
    """
    groups = counts.groupby(place, sort=True)
    sums = groups.sum(min_count=1)
    return sums.where(groups.count().eq(groups.size(), axis=0))


def areas_of(place: pd.Series) -> pd.Series:
    """Return how many areas each place has, places in order."""
    return place.groupby(place, sort=True).size()


def lacking(counts: pd.DataFrame, place: pd.Series) -> pd.Series:
    """Return for each column in how many places an area has no figure."""
    gaps = counts.isna().groupby(place).any()
    return gaps.sum()


def base_of(count: pd.Series, percent: pd.Series) -> pd.Series:
    """Return the base that a count and its percentage were made of, ``100 count / percent``.

    Missing where both are 0: nobody of how many, they do not tell.
    """
    known = (count > 0) & (percent > 0)
    return (100 * count / percent.where(known)).where(known)


def average_score(scores: pd.DataFrame, people: pd.Series, place: pd.Series) -> pd.DataFrame:
    """Return the population-weighted average of scores, ``sum(score n) / sum(n)``, per place.

    Missing where an area has no score or no number of people, or nobody lives there at all.

    Args:
        scores: a column per score, a row per area.
        people: n of each area, same index.
        place: the place of each area, same index.

    Source: the average score of authorities in the English Indices of Deprivation 2019 and 2025
    (File 10).
    """
    weighted = add_up(scores.mul(people, axis=0), place)
    whole = add_up(people.to_frame("n"), place)["n"]
    return weighted.div(whole, axis=0)  # nobody at all: 0 / 0, which is missing


def share_of_areas(holds: pd.Series, place: pd.Series) -> pd.Series:
    """Return the per cent of each place's areas for which something holds.

    Args:
        holds: 1 or 0 for each area, missing where not known.
        place: the place of each area, same index.

    Returns:
        Missing where it is not known for every area of the place.

    Source: the share of LSOAs in the most deprived tenth nationally, in the summaries of the
    English Indices of Deprivation 2019 and 2025 (File 10).
    """
    summed = add_up(holds.astype(float).to_frame("holds"), place)["holds"]
    return 100 * summed / areas_of(place)
