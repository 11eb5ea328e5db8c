"""The venues: what they are called, where they lie, which of them stay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..messages import Log, quoted, some, tr

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ...layers.spots import Spots

NAME = re.compile(r"name|title|(^|_|\d)nm$|^(venue|site|label)$", re.IGNORECASE)
YES = ("1", "y", "yes", "true", "t", "x", "keep", "kept")
NO = ("", "0", "n", "no", "false", "f")
MANY = 10  # names in a line of the log


@dataclass(frozen=True)
class Sites:
    """Venues as read, a row for each feature.

    Attributes:
        source: where they come from.
        title: what the layer is called.
        names: what each is called, no two the same.
        told: all fields as text, by which a table may name them.
        name_field: the field of the names, empty for none.
        spots: where they lie.
        kept: whether each stays.
        doubled: names that several have.
    """

    source: Any
    title: str
    names: list[str]
    told: pd.DataFrame
    name_field: str
    spots: Spots
    kept: NDArray[Any]
    doubled: list[str]

    def __len__(self) -> int:
        return len(self.names)

    def called(self, rows: Sequence[int], most: int = MANY) -> str:
        """Return what some venues are called, the first of them."""
        return some([self.names[row] for row in rows], most)


def read_sites(
    source: Any, name_field: str, keep_field: str, cancelled: Callable[[], bool], log: Log
) -> Sites:
    """Return the venues of a layer.

    Raises:
        InputError: where there are none, they are neither points nor areas, or lie at several
            places each; for a field that is not there, or does not say whether a venue stays.
        Cancelled: when cancelled.
    """
    from ...layers.areas import read_columns
    from ...layers.spots import read_spots
    from ...layers.values import texts

    title = source.sourceName()
    spots = read_spots(source, cancelled)
    if spots is None:
        raise InputError(
            tr(
                "VENUES is a layer of lines or without geometries: choose a layer of points, a "
                "point for each venue."
            )
        )
    if not len(spots.ids):
        raise InputError(tr("VENUES holds no venues; check its filter and selection."))
    have = [field.name() for field in source.fields()]
    for field, parameter in ((name_field, "VENUE_NAME_FIELD"), (keep_field, "KEEP_FIELD")):
        if field and field not in have:
            raise InputError(
                tr("{parameter}: VENUES has no field {field}; choose one of its fields.").format(
                    parameter=parameter, field=field
                )
            )
    raw = read_columns(source, have, cancelled).reindex(spots.ids).reset_index(drop=True)
    told = raw.apply(texts) if have else raw
    field = name_field or _name_field(source, told)
    names, doubled = _names(told, field, len(spots.ids))
    sites = Sites(source, title, names, told, field, spots, _kept(told, keep_field), doubled)
    _refuse_several(sites)
    _tell(sites, name_field, log)
    return sites


def _name_field(source: Any, told: pd.DataFrame) -> str:
    """Return the likeliest field of names: by its own name, else the first of different texts."""
    from ...layers.values import TEXT

    words = [field.name() for field in source.fields() if field.type() == TEXT]
    full = [name for name in words if (told[name] != "").any()]
    by_name = [name for name in full if NAME.search(name)]
    different = [name for name in full if told[name].is_unique]
    return next(iter([*by_name, *different, *full]), "")


def _names(told: pd.DataFrame, field: str, number: int) -> tuple[list[str], list[str]]:
    """Return a name for each venue, and those that several have, which are then numbered."""
    given = list(told[field]) if field else [""] * number
    names = [
        name or tr("venue {number} of the layer").format(number=at)
        for at, name in enumerate(given, 1)
    ]
    often = Counter(names)
    doubled = sorted(name for name, times in often.items() if times > 1)
    taken = {name for name, times in often.items() if times == 1}
    for at, name in enumerate(names):
        if often[name] > 1:
            numbered = tr("{name} (venue {number} of the layer)").format(name=name, number=at + 1)
            names[at] = numbered if numbered not in taken else f"{numbered} *"
    return names, doubled


def _kept(told: pd.DataFrame, field: str) -> NDArray[Any]:
    """Return which venues a field marks as staying."""
    import numpy as np

    if not field:
        return np.zeros(len(told), dtype=bool)
    marks = told[field].str.lower().str.replace(r"^1\.0+$", "1", regex=True)
    wrong = marks[~marks.isin([*YES, *NO])]
    if len(wrong):
        row = wrong.index[0]
        raise InputError(
            tr(
                "KEEP_FIELD {field}: {text} for venue {number} of the layer says neither yes nor "
                "no ({n} such venues). Write 1, yes or true for those that stay, and 0, no, false "
                "or nothing for the others."
            ).format(field=field, text=quoted(told[field][row]), number=row + 1, n=len(wrong))
        )
    return np.asarray(marks.isin(YES))


def _refuse_several(sites: Sites) -> None:
    rows = [at for at, several in enumerate(sites.spots.several) if several]
    if rows:
        raise InputError(
            tr(
                "{n} venues lie at several points each: {names}. Make a venue of each point "
                "(Multipart to singleparts), and run again."
            ).format(n=len(rows), names=sites.called(rows))
        )


def _tell(sites: Sites, name_field: str, log: Log) -> None:
    text = tr("Venues: {n:,}").format(n=len(sites))
    if sites.name_field:
        text = tr("Venues: {n:,}, with their names in the field {field}.").format(
            n=len(sites), field=sites.name_field
        )
        if not name_field:
            text += " " + tr("To use another, choose it as VENUE_NAME_FIELD.")
    else:
        text += tr(", without a field of names; they are called by their numbers.")
    log(text)
    if sites.doubled:
        log(
            tr("{n} names stand for several venues each and were numbered: {names}.").format(
                n=len(sites.doubled), names=some(sites.doubled, MANY)
            )
        )
    if not sites.spots.are_points:
        log(
            tr(
                "The venues are polygons: a point inside each is taken for its entrance, and "
                "written."
            )
        )
