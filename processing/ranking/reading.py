"""The figures that a scheme needs, read from a layer in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas, read_columns
from ...layers.errors import InputError
from ..messages import Log, some, tr
from .national import NationalPlaces
from .schemes import Scheme
from .uncertain import Uncertain

if TYPE_CHECKING:
    import pandas as pd

CAUTION = "prev_flag"  # words beside disease figures that need caution


@dataclass(frozen=True)
class Wanted:
    """Fields to read from the areas.

    Attributes:
        numbers: those that hold figures.
        words: those that hold text.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]


def wanted_of(
    scheme: Scheme,
    have: Iterable[str],
    places: NationalPlaces,
    uncertain: Uncertain,
    more: Iterable[str],
) -> Wanted:
    """Return the fields of a layer that a ranking needs.

    Args:
        scheme: fitted to the layer.
        have: names of the layer's fields.
        places: which indicators are placed in a nation.
        uncertain: which figures have chance in them.
        more: fields of text that the user names.
    """
    flag = scheme.raw.get("flag", {})
    numbers = [i.field for i in scheme.indicators]
    numbers += [flag.get("core20"), flag.get("low_english")]
    numbers += [one.get(key) for one in scheme.people for key in ("field", "where")]
    numbers += [*places.fields, *uncertain.fields]
    words = [flag.get("voice", {}).get("field"), CAUTION, *more]
    have = set(have)
    words = [name for name in dict.fromkeys(words) if name and name in have]
    numbers = [name for name in dict.fromkeys(numbers) if name in have and name not in words]
    return Wanted(tuple(numbers), tuple(words))


def fields_with_figures(areas: Areas, scheme: Mapping[str, Any]) -> set[str]:
    """Return the fields of a layer, but not those of a scheme that are empty in every area.

    Args:
        areas: of the layer.
        scheme: the content of its file.
    """
    have = {field.name() for field in areas.source.fields()}
    entries = [entry for pillar in scheme["pillars"] for entry in pillar["indicators"]]
    named = {name for one in entries for name in (*one.get("fields", ()), *one.get("each_of", ()))}
    asked = Wanted(tuple(sorted(named & have)), ())
    frame = _read(areas.source, asked, areas.cancelled, lambda text: None)
    return have - {name for name in asked.numbers if not frame[name].notna().any()}


def figures_of_areas(areas: Areas, wanted: Wanted, log: Log) -> pd.DataFrame:
    """Return the fields of the areas, a row per area in their order."""
    frame = _read(areas.source, wanted, areas.cancelled, log)
    return frame.reindex(areas.ids).reset_index(drop=True)


def figures_of_reference(
    source: Any, scheme: Scheme, placed: Iterable[str], cancelled: Callable[[], bool], log: Log
) -> pd.DataFrame:
    """Return the figures of the areas to rank against.

    Args:
        source: of the layer.
        scheme: fitted to the layer that is ranked.
        placed: indicators placed in a nation, which need no reference.
        cancelled: asked now and then.
        log: takes what is odd.

    Raises:
        InputError: for a layer without the fields, or without any area.
    """
    have = {field.name() for field in source.fields()}
    needed = [i.field for i in scheme.indicators if i.field not in set(placed)]
    missing = [name for name in needed if name not in have]
    if missing:
        raise InputError(
            tr("REFERENCE lacks the fields {fields}; profile it with the same tables.").format(
                fields=some(missing)
            )
        )
    english = scheme.raw.get("flag", {}).get("low_english")
    names = [*needed, english] if english in have and english not in needed else needed
    frame = _read(source, Wanted(tuple(names), ()), cancelled, log)
    empty = [name for name in needed if not frame[name].notna().any()]
    if empty or not len(frame):
        raise InputError(
            tr("REFERENCE has no area with a figure in {fields}: nothing to rank against.").format(
                fields=some(empty or needed)
            )
        )
    return frame.reset_index(drop=True)


def _read(source, wanted: Wanted, cancelled: Callable[[], bool], log: Log) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    frame = read_columns(source, [*wanted.numbers, *wanted.words], cancelled)
    for name in wanted.numbers:
        numbers = pd.to_numeric(frame[name], errors="coerce").astype(float)
        odd = int((numbers.isna() & frame[name].notna()).sum() + np.isinf(numbers).sum())
        if odd:
            log(
                tr("{field}: {n:,} cells are no number and count as missing.").format(
                    field=name, n=odd
                )
            )
        frame[name] = numbers.where(np.isfinite(numbers))
    return frame
