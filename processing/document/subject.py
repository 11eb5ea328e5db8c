"""The areas that a plan is of: every field of the ranked layer, read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..fields import protected_before
from ..inputs import RANK
from ..messages import Log, tr
from ..plan.listing import Asked, listed
from .model import Subject

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

TENTH = "10%"  # of the areas, where a layer does not say how many its top was


def read_subject(
    areas: Areas,
    names: pd.Series,
    asked: Asked,
    inherited: Mapping[str, Any],
    titles: Mapping[str, str],
    log: Log,
) -> Subject:
    """Return the areas of a plan with all that is known of them.

    Args:
        areas: of the ranked layer.
        names: of the areas.
        asked: which areas the plan is about, and by which rule; without a number of them it is
            about the top of the ranking.
        inherited: what the layer carries about its figures.
        titles: its aliases.
        log: takes what to know; it stops the work where that was cancelled.

    Raises:
        InputError: for a layer without ranks, or whose ranks would tell what the rule hides.
    """
    if not asked.top:
        top = inherited.get("ranking", {}).get("top")
        asked = Asked(str(top) if top else TENTH, asked.rule, asked.named)
        log(tr("The plan is about the top of the ranking ({top}).").format(top=asked.top))
    listing = listed(areas, names, asked, inherited, titles, log)
    numbers, words = _fields(areas)
    ranks, last = numbers[RANK], int(listing.table["rank"].max())
    return Subject(
        areas=areas,
        names=names.reset_index(drop=True),
        numbers=numbers,
        words=words,
        titles=titles,
        inherited=inherited,
        rule=asked.rule,
        listing=listing,
        in_top=ranks.le(last) & ranks.notna(),
        before=protected_before(inherited),
        names_given=asked.named,
    )


def _fields(areas: Areas) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the numeric fields of the areas, and all others as text, missing where blank.

    A text that is a number in every area, as in a file without types, is among both.
    """
    import numpy as np
    import pandas as pd

    from ...layers.areas import read_columns
    from ...layers.values import texts

    fields = list(areas.source.fields())
    raw = read_columns(areas.source, [one.name() for one in fields], areas.cancelled)
    raw = raw.reindex(areas.ids).reset_index(drop=True)
    numbers, words = {}, {}
    for one in fields:
        column = raw[one.name()]
        if not one.isNumeric():
            text = texts(column)
            column = words[one.name()] = text.where(text != "")
        values = pd.to_numeric(column, errors="coerce").astype(float)
        if one.isNumeric() or (column.notna().any() and values.notna().equals(column.notna())):
            numbers[one.name()] = values.where(np.isfinite(values))
    return pd.DataFrame(numbers, index=raw.index), pd.DataFrame(words, index=raw.index)
