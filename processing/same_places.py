"""Codes of the same places at another time, such as those of Sheffield before and since 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..taxonomies import areas as area_names
from .messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd


def recoded(codes: pd.Index, known: pd.Index | pd.Series, name: str, log: Log) -> dict[str, str]:
    """Return codes of a table to those of the areas, where a place had another at another time."""
    theirs = set(known)
    wanted = {
        other: code
        for code in codes
        for other in area_names.same_place(code)
        if other in theirs and other not in codes
    }
    _say(wanted, name, log)
    return wanted


def one_code_each(places: pd.Series, origin: str, log: Log) -> pd.Series:
    """Return places with published codes in capitals, and one code for each: the most common.

    A place that got a new code, as Sheffield did in 2025, else stood there twice.
    """
    different = places.dropna().unique()
    capitals = {c: c.upper() for c in different if area_names.code_in(c) == c.upper() != c}
    places = places.map(capitals).fillna(places) if capitals else places
    number = places.value_counts()
    wanted = {}
    for code in number.index:
        same = [code, *(other for other in area_names.same_place(code) if other in number)]
        best = max(same, key=lambda one: (number[one], one))
        if best != code:
            wanted[code] = best
    _say(wanted, origin, log)
    return places.map(wanted).fillna(places) if wanted else places


def _say(wanted: Mapping[str, str], name: str, log: Log) -> None:
    if wanted:
        log(
            tr(
                "{table}: codes of the same places at another time, taken as these: {codes}."
            ).format(table=name, codes=some([f"{old} = {new}" for old, new in wanted.items()]))
        )
