"""The figures that a scheme needs, read from a layer in one go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...layers.areas import read_columns
from ..messages import Log, tr
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

    def and_also(self, more: Wanted) -> Wanted:
        """Return these and more; what is read as one already is not read as the other."""
        words = [*self.words, *(name for name in more.words if name not in self.numbers)]
        numbers = [*self.numbers, *(name for name in more.numbers if name not in self.words)]
        return Wanted(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(words)))


@dataclass(frozen=True, eq=False)
class Columns:
    """Fields as read, by the ids of features.

    Attributes:
        frame: a column each.
        odd: how many cells were no number, by field, where there are any.
    """

    frame: pd.DataFrame
    odd: Mapping[str, int] = field(default_factory=dict)

    def log_odd(self, names: Iterable[str], log: Log) -> None:
        """Log the cells of some fields that are no number."""
        for name in names:
            if name in self.odd:
                log(
                    tr("{field}: {n:,} cells are no number and count as missing.").format(
                        field=name, n=self.odd[name]
                    )
                )

    def with_figures(self) -> set[str]:
        """Return the fields that hold a number in any area."""
        return {name for name in self.frame if self.frame[name].notna().any()}


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


def wanted_of_reference(scheme: Scheme, have: Collection[str]) -> Wanted:
    """Return the fields of the areas ranked against that a scheme may need."""
    names = [i.field for i in scheme.indicators]
    names.append(scheme.raw.get("flag", {}).get("low_english"))
    return Wanted(tuple(name for name in dict.fromkeys(names) if name in have), ())


def read(source: Any, wanted: Wanted, cancelled: Callable[[], bool]) -> Columns:
    """Return fields of a source, in one pass over it.

    Raises:
        Cancelled: when cancelled.
    """
    import numpy as np
    import pandas as pd

    raw = read_columns(source, [*wanted.numbers, *wanted.words], cancelled)
    columns, odd = {}, {}
    for name in wanted.numbers:
        numbers = pd.to_numeric(raw[name], errors="coerce").astype(float)
        wrong = int((numbers.isna() & raw[name].notna()).sum() + np.isinf(numbers).sum())
        if wrong:
            odd[name] = wrong
        columns[name] = numbers.where(np.isfinite(numbers))
    columns.update((name, raw[name]) for name in wanted.words)
    return Columns(pd.DataFrame(columns, index=raw.index), odd)
