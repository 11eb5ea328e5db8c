"""Counts that are compared made safe to show, and every known figure beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qgis.core import QgsField

from ...layers.areas import Areas, read_columns
from ...layers.values import Cells, numbers
from ...taxonomies.figures import Figures
from ..fields import protected_before, with_told_bases
from ..inputs import Source
from ..messages import Log, some, tr
from .benchmarks import FIELDS
from .counts import Compared, Known, read_counts

if TYPE_CHECKING:
    import pandas as pd

# keys and places of published boundaries, in small letters
NO_COUNTS = frozenset(
    (
        *("fid", "ogc_fid", "objectid", "bng_e", "bng_n", "lat", "long"),
        *("shape_area", "shape_length", "shape_leng", "shape_le_1"),
        *("shape__area", "shape__length", "st_areasha", "st_lengths", "st_area_sh", "st_length_"),
    )
)


def protected_counts(
    compared: Compared, rule: str, parents: pd.Series | None, log: Log
) -> pd.DataFrame:
    """Return all figures of the areas with their counts protected, those compared among them.

    So that no figure beside them tells what is hidden. They are in the order of the layer. Fields
    that no taxonomy made stay as they are.

    Args:
        compared: the areas, and the fields compared.
        rule: how small counts are hidden.
        parents: the larger place of each area whose sum is shown as the benchmark.
        log: takes what was hidden, in numbers.
    """
    import pandas as pd

    from ..hiding.protection import protected_frame

    figures = _with_own(compared)
    others = [name for name in figures.counts if name not in compared.true]
    counts = [compared.true]
    if others:
        counts.append(read_counts(compared.areas, others))
    wanted = {*compared.true, *others, *figures.made}
    order = [field.name() for field in compared.areas.source.fields() if field.name() in wanted]
    true = pd.concat(counts, axis=1)
    bases, figures = with_told_bases(compared.areas, true, figures, log)
    # what is made of counts is made anew, so it need not be read
    frame = pd.concat([true, bases], axis=1).reindex(columns=[*order, *bases])
    return protected_frame(frame, figures, rule, log, parents).drop(columns=list(bases))


def holds_true_counts(known: Known) -> bool:
    """Return whether some counts of a layer were not protected before."""
    before = protected_before(known.provenance)
    return not before.keys() >= set(known.figures.counts)


def _with_own(compared: Compared) -> Figures:
    """Return the figures with counts that are compared but that no taxonomy made."""
    figures = compared.known.figures
    new = tuple(name for name in compared.fields.counts if name not in figures.counts)
    return replace(figures, counts=(*figures.counts, *new))


def unprotected_in_words(
    compared: Compared, protected: Collection[str], keys: Collection[str]
) -> str:
    """Return which numbers of the layer a disclosure rule does not touch, empty if there are none.

    Args:
        compared: the areas, and what is known about their fields.
        protected: fields that are protected.
        keys: fields that the layer tells its features by.
    """
    figures, areas = compared.known.figures, compared.areas
    fine = {*protected, *figures.scores, *figures.bands, areas.code_field, *keys}
    fine |= protected_before(compared.known.provenance).keys()
    left = [
        field
        for field in areas.source.fields()
        if field.name() not in fine and field.name().lower() not in {*NO_COUNTS, *FIELDS}
    ]
    names = _may_be_counts(areas, left)
    if not names:
        return ""
    return tr(
        "Numbers that are not known and go through as they are: {fields}. Leave out those that "
        "tell what is hidden."
    ).format(fields=some(names, 20))


def _may_be_counts(areas: Areas, fields: Sequence[QgsField]) -> list[str]:
    """Return the fields that hold numbers alone, none below 0; also as text, as in a CSV file."""
    import pandas as pd

    if not fields:
        return []
    frame = read_columns(areas.source, [field.name() for field in fields], areas.cancelled)
    found = []
    for field in fields:
        cells, column = Cells(), frame[field.name()]
        if field.isNumeric():
            column = pd.to_numeric(column, errors="coerce")
        values = numbers(column, pd.Series(column.index, column.index), field.name(), cells)
        if not cells.wrong and values.notna().any() and not (values < 0).any():
            found.append(field.name())
    return found


def protected_sources(known: Known, fields: Sequence[str], rule: str) -> list[Source]:
    """Return the sources of fields that were protected, with the rule they now follow."""
    return [
        Source.kept(one, suppression=None if one.get("suppression") is None else rule)
        for one in known.sources_of(fields)
    ]
