"""What the algorithms of comparison share: figures of the layer, protection, pictures, reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...layers import charts
from ...layers.areas import Areas, read_columns
from ...layers.errors import InputError
from ...layers.values import texts
from ...taxonomies.figures import Figures
from ..base import AreaAlgorithm, is_file, sink_path
from ..inputs import Source
from ..messages import Log, some, tr
from .counts import Known, known_fields, read_counts

if TYPE_CHECKING:
    import pandas as pd


class CompareAlgorithm(AreaAlgorithm):
    """Compares counts that the areas carry already."""

    GROUP = "Compare"
    TABLE_PARAMETERS = ()
    PLOT = "PLOT"

    def check_folders(self, names: Sequence[str], parameters) -> None:
        """Stop before the first of several layers is written where another cannot be.

        Raises:
            InputError: naming the output whose folder is not there.
        """
        for name in names:
            sink = sink_path(parameters.get(name))
            if is_file(sink) and not Path(sink).parent.is_dir():
                raise InputError(
                    tr("{parameter}: there is no folder {folder}.").format(
                        parameter=name, folder=Path(sink).parent
                    )
                )

    def plot_path(self, parameters, context) -> Path | None:
        """Return the file of PLOT; stop before anything is written where it cannot be drawn."""
        path = self.file_of(self.PLOT, parameters, context)
        if path is None:
            return None
        charts.check_ending(path, self.PLOT)
        if not charts.available():
            raise InputError(f"{self.PLOT}: {charts.how_to_install()}")
        return path

    def known(self, areas: Areas) -> Known:
        """Return what is known about the fields of the areas."""
        names = [field.name() for field in areas.source.fields()]
        return known_fields(names, self.titles, self.inherited)


def protected_counts(
    areas: Areas,
    true: pd.DataFrame,
    count: str,
    base: Sequence[str],
    known: Known,
    rule: str,
    log: Log,
    parents: pd.Series | None,
    base_counts: bool = True,
) -> pd.DataFrame:
    """Return all figures of the areas with their counts protected, those compared among them.

    So that no figure beside them tells what is hidden. Fields that no taxonomy made stay as they
    are, and are named in the log.

    Args:
        true: the figures compared, as they are.
        count, base: fields of them.
        parents: the larger place of each area whose sum is shown as the benchmark.
        base_counts: whether the base is a count; expected numbers are not.
    """
    from ..protection import protected_frame

    figures = _with_own(known.figures, count, tuple(base) if base_counts else ())
    names = list(
        dict.fromkeys(
            [
                *figures.counts,
                *(name for s in figures.shares for name in (s.field, *s.limits)),
                *(s.field for s in figures.structures),
            ]
        )
    )
    others = [name for name in names if name not in true]
    frame = (
        read_columns(areas.source, others, areas.cancelled)
        .reindex(areas.ids)
        .reset_index(drop=True)
    )
    figures_read = read_counts(
        areas.source,
        areas.ids,
        areas.codes.reset_index(drop=True),
        [name for name in others if name in figures.counts],
        log,
    )
    frame = frame.assign(**{name: figures_read[name] for name in figures_read}, **true)
    return protected_frame(frame, figures, rule, log, parents)


def _with_own(figures: Figures, count: str, base: tuple[str, ...]) -> Figures:
    """Return the figures with counts that are compared but that no taxonomy made."""
    new = tuple(name for name in (count, *base) if name not in figures.counts)
    return replace(figures, counts=(*figures.counts, *new))


def log_unprotected(areas: Areas, protected: Sequence[str], known: Known, log: Log) -> None:
    """Name the numbers of the layer that a disclosure rule does not touch."""
    safe = {*protected, *known.figures.scores, *known.figures.bands, areas.code_field}
    unknown = [field for field in areas.source.fields() if field.name() not in safe]
    written = _numbers_as_text(areas, [f.name() for f in unknown if not f.isNumeric()])
    left = [f.name() for f in unknown if f.isNumeric() or f.name() in written]
    if left:
        log(
            tr(
                "Numbers that are not known and go through as they are: {fields}. Leave out those "
                "that tell what is hidden."
            ).format(fields=some(left, 20))
        )


def _numbers_as_text(areas: Areas, names: Sequence[str]) -> set[str]:
    """Return the fields whose texts are all numbers, as a CSV file has them."""
    import pandas as pd

    frame = read_columns(areas.source, names, areas.cancelled) if names else {}
    found = set()
    for name in names:
        text = texts(frame[name]).dropna()
        text = text[text != ""].str.replace(",", "", regex=False)
        if len(text) and pd.to_numeric(text, errors="coerce").notna().all():
            found.add(name)
    return found


def protected_sources(known: Known, fields: Sequence[str], rule: str) -> list[Source]:
    """Return the sources of fields that were protected, with the rule they now follow."""
    return [
        Source(
            one["title"],
            one.get("attribution", ""),
            tuple(one["fields"]),
            rule if one.get("suppression") is not None else None,
            one.get("note", ""),
            one.get("table", ""),
            one.get("edition", ""),
        )
        for one in known.sources_of(fields)
    ]
