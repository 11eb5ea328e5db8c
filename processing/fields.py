"""The fields of a layer: the figures among them, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..layers.errors import InputError
from ..taxonomies.catalogue import catalogue
from ..taxonomies.figures import Figures, Share, figures_among
from .messages import Log, quoted, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas

MANY = 40  # names in a line of the log
BASE = "(base) "  # before the name of a share, the column of its base while it is worked with


def known_figures(names: Iterable[str], inherited: Mapping[str, Any]) -> Figures:
    """Return the figures among some fields.

    By the taxonomies that the layer says they are of, unless others know more of the fields: what
    is not known is not protected.

    Args:
        names: of the fields.
        inherited: what the layer carries about its figures.
    """
    told = {one.get("title") for one in inherited.get("sources", [])}
    names = list(names)
    likely = figures_among(names, [one for one in catalogue() if one.name in told])
    everything = figures_among(names, catalogue())
    return likely if everything.titles.keys() <= likely.titles.keys() else everything


def protected_before(inherited: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a layer that were protected already, with the rule."""
    return {
        name: one["suppression"]
        for one in inherited.get("sources", [])
        if one.get("suppression") not in (None, "none")
        for name in one["fields"]
    }


def numbers_of(areas: Areas, names: Sequence[str]) -> pd.DataFrame:
    """Return fields of the areas as numbers, a row per area in their order.

    Raises:
        InputError: naming field and area, for a text that is neither a number nor a mark of
            suppression.
    """
    import numpy as np
    import pandas as pd

    from ..layers.areas import read_columns
    from ..layers.values import Cells, numbers

    have = {field.name() for field in areas.source.fields()}
    lost = [name for name in names if name not in have]
    if lost:
        raise InputError(
            tr("The areas have no field {name}: choose one of its fields.").format(name=some(lost))
        )
    raw = read_columns(areas.source, list(names), areas.cancelled)
    raw = raw.reindex(areas.ids).reset_index(drop=True)
    cells = Cells()
    columns = {}
    for name in raw:
        quick = pd.to_numeric(raw[name], errors="coerce").astype(float)
        plain = quick.isna().equals(raw[name].isna()) and not np.isinf(quick).any()
        at = raw.index.to_series()
        columns[name] = quick if plain else numbers(raw[name], at, name, cells)
    if cells.wrong:
        row, name, text = cells.wrong[0]
        raise InputError(
            tr(
                "The field {name} of the areas holds no number in {area}: {text} ({n} such "
                "cells). Mend it, or leave the field out."
            ).format(name=name, area=area_named(areas, row), text=quoted(text), n=len(cells.wrong))
        )
    return pd.DataFrame(columns, index=raw.index)


def told_bases(
    counts: pd.DataFrame, percents: pd.DataFrame, shares: Sequence[Share]
) -> pd.DataFrame:
    """Return the bases that counts and their percentages tell, where no field holds them.

    Args:
        counts: a column for the count of each share.
        percents: a column for each share.
        shares: those without a base; it goes under ``BASE`` and their name.
    """
    import pandas as pd

    from ..methods.aggregation import base_of

    bases = {BASE + s.field: base_of(counts[s.count], percents[s.field]) for s in shares}
    # what division leaves behind the sixth decimal is no part of a person
    return pd.DataFrame(bases, index=counts.index).round(6)


def with_told_bases(
    areas: Areas, counts: pd.DataFrame, figures: Figures, log: Log
) -> tuple[pd.DataFrame, Figures]:
    """Return bases that shares tell and no field holds, and the figures that know of them.

    Args:
        counts: a column for each count.
        figures: the shares that are to be made anew among them.
        log: takes the shares that are made anew over such bases.
    """
    back = [share for share in figures.shares if share.count and not share.base]
    shares = numbers_of(areas, [share.field for share in back]) if back else counts[[]]
    bases = told_bases(counts, shares, back)
    if back:
        log(
            tr(
                "Made anew over bases that are on the layer only by these shares, so NULL where "
                "nobody is counted: {fields}."
            ).format(fields=some([share.field for share in back], MANY))
        )
    told = tuple(replace(s, base=(BASE + s.field,)) if s in back else s for s in figures.shares)
    return bases, replace(figures, counts=(*figures.counts, *bases), shares=told)


def text_of(areas: Areas, name: str) -> pd.Series:
    """Return a field of the areas as text, missing where NULL or blank."""
    from ..layers.areas import read_columns
    from ..layers.values import texts

    column = read_columns(areas.source, [name], areas.cancelled)[name]
    text = texts(column.reindex(areas.ids).reset_index(drop=True))
    return text.where(text != "")


def refuse_negative(frame: pd.DataFrame, areas: Areas) -> None:
    """Raise for counts below 0, naming field and areas."""
    for name in frame:
        rows = frame.index[frame[name] < 0]
        if len(rows):
            raise InputError(
                tr(
                    "The field {name} is negative in {n} areas ({codes}): counts are 0 or more. "
                    "Mend it, or leave the field out."
                ).format(
                    name=name, n=len(rows), codes=some([area_named(areas, row) for row in rows], 5)
                )
            )


def area_named(areas: Areas, row: int) -> str:
    """Return what an area is called in messages."""
    code = areas.codes.iloc[row]
    return code if isinstance(code, str) else tr("the area without a code")
