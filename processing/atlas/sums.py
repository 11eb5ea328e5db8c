"""The figures of the places of an atlas: areas added up, and what may be shown of the sums.

A share is made of its counts, never averaged. What was hidden in an area before stays hidden:
then the areas that show a figure are added up, and how many they are is said. Figures of which
nothing was hidden yet are protected with all that adds up to them, places and city together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..explore.dots import Unit, nation_of, unit_of
from ..explore.whole import Together, Whole
from ..fields import protected_before

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

MISSING = "none"  # the rule of what is not protected
REPLIES = ("resp_", "voice_", "quota_", "reach_")  # made of replies, or of people by a plan
ALL = "all"


@dataclass(frozen=True)
class Figure:
    """A figure of a place.

    Attributes:
        value, low, high: with its 95 % limits; None where not known.
        count: of a share, the people or households counted.
        known, areas: areas that show it, of so many.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    count: float | None = None
    known: int = 0
    areas: int = 0

    @property
    def partial(self) -> bool:
        """Return whether it is made of some of the areas only."""
        return 0 < self.known < self.areas


NOTHING = Figure(None)


class Sums:
    """Figures of places, each the sum of its areas, and of all areas together.

    Args:
        areas: as read.
        numbers: every field of numbers, a row per area.
        words: every other field.
        place: the place of each area, missing for none.
        inherited: what the layer carries about its figures.
        titles: its aliases.
        rule: how small counts are to be hidden.
    """

    def __init__(
        self,
        areas: Areas,
        numbers: pd.DataFrame,
        words: pd.DataFrame,
        place: pd.Series,
        inherited: Mapping[str, Any],
        titles: Mapping[str, str],
        rule: str,
    ) -> None:
        self.numbers, self.words, self.place, self.rule = numbers, words, place, rule
        codes = areas.codes.fillna("").to_list()
        told = SimpleNamespace(
            numbers=numbers, words=words, inherited=inherited, titles={}, aliases=titles,
            codes=codes, compared={},
        )  # fmt: skip
        self.whole = Whole(told)  # type: ignore[arg-type]
        self.before = protected_before(inherited)
        self.number = len(numbers)
        self._safe = _Safe(areas, place, inherited, rule) if rule != MISSING else None
        self._city: dict[tuple[str, str], Figure] = {}  # figures of all areas, each made once
        self._rows = {key: rows for key, rows in place.dropna().groupby(place).groups.items()}

    def rows(self, key: str) -> Sequence[int]:
        """Return the rows of the areas of a place; of all areas by ``ALL``."""
        return self.numbers.index if key == ALL else self._rows.get(key, [])

    def has(self, field: str) -> bool:
        """Return whether the layer has a field of numbers with anything in it."""
        return field in self.numbers and bool(self.numbers[field].notna().any())

    def may_show(self, field: str) -> bool:
        """Return whether a figure made of replies or of a plan may be shown: hidden before."""
        return self.rule == MISSING or field in self.before or not field.startswith(REPLIES)

    def _is_open(self, *fields: str) -> bool:
        """Return whether a rule has to be applied here to figures."""
        return self._safe is not None and any(field not in self.before for field in fields)

    def share(self, field: str, key: str) -> Figure:
        """Return a percentage of a place, with Wilson's limits."""
        return self._once("share", field, key)

    def count(self, field: str, key: str) -> Figure:
        """Return a count of a place."""
        return self._once("count", field, key)

    def middle(self, field: str, key: str) -> Figure:
        """Return the figure of the middle area of a place: what neither adds up nor averages."""
        return self._once("middle", field, key)

    def _once(self, kind: str, field: str, key: str) -> Figure:
        """Return a figure; that of all areas is asked for on every page, and made once."""
        make = {"share": self._share, "count": self._count, "middle": self._middle}[kind]
        if key != ALL:
            return make(field, key)
        if (kind, field) not in self._city:
            self._city[kind, field] = make(field, key)
        return self._city[kind, field]

    def _share(self, field: str, key: str) -> Figure:
        from ...methods.aggregation import base_of
        from ...methods.composition import sum_of
        from ...methods.proportions import per_hundred, percent, wilson

        share = self.whole.shares[field]
        if self._is_open(field, share.count):
            return self._safe.figure(share, key, len(self.rows(key)))
        rows = self.numbers.loc[self.rows(key)]
        if share.count not in rows:
            return NOTHING
        base = sum_of(rows, share.base) if {*share.base} <= {*rows} and share.base else None
        base = base_of(rows[share.count], rows[field]) if base is None else base
        known = rows[share.count].notna() & base.notna()
        if not known.any():
            return Figure(None, areas=len(rows))
        count, of = float(rows[share.count][known].sum()), float(base[known].sum())
        value = float((percent if share.part else per_hundred)(count, of))
        low, high = (float(one) for one in wilson(count, of)) if share.part else (None, None)
        return Figure(_known(value), _known(low), _known(high), count, int(known.sum()), len(rows))

    def _count(self, field: str, key: str) -> Figure:
        if field not in self.numbers:
            return NOTHING
        if self._is_open(field) and not field.startswith(REPLIES):
            return self._safe.count(field, key, len(self.rows(key)))
        values = self.numbers[field].loc[self.rows(key)]
        known = values.notna()
        if not known.any():
            return Figure(None, areas=len(values))
        total = float(values[known].sum())
        return Figure(total, count=total, known=int(known.sum()), areas=len(values))

    def _middle(self, field: str, key: str) -> Figure:
        values = self.numbers[field].loc[self.rows(key)].dropna()
        if not len(values):
            return NOTHING
        return Figure(float(values.median()), known=len(values), areas=len(self.rows(key)))

    def replies(self, key: str) -> tuple[float, float, Figure]:
        """Return the replies and those expected of a place, and the ratio with exact limits."""
        from ...methods.voice import ratio

        rows = self.numbers.loc[self.rows(key)]
        observed, expected = rows["voice_observed"], rows["voice_expected"]
        known = observed.notna() & expected.notna()
        had, awaited = float(observed[known].sum()), float(expected[known].sum())
        made = ratio([had], [awaited]).iloc[0]
        figure = Figure(
            _known(made["ratio"]), _known(made["lo"]), _known(made["hi"]),
            had, int(known.sum()), len(rows),
        )  # fmt: skip
        return had, awaited, figure if known.any() else Figure(None, areas=len(rows))

    def people(self, field: str) -> pd.Series:
        """Return a count of each area as it may be shown beside those of the places."""
        from ...methods.disclosure import protect_table

        values = self.numbers[field]
        if not self._is_open(field):
            return values
        parents = self.place.where(self.place.notna(), None)
        return protect_table(values.to_frame(), [], self.rule, parents).shown[field]

    def nation(self, field: str) -> Together | None:
        """Return what a nation has, where it is known."""
        return nation_of(self.whole, field)

    def unit(self, field: str) -> Unit:
        """Return how a figure is written."""
        return unit_of(self.whole, field)


class _Safe:
    """Sums protected by a rule: all counts of all places together, as they add up."""

    def __init__(
        self,
        areas: Areas,
        place: pd.Series,
        inherited: Mapping[str, Any],
        rule: str,
    ) -> None:
        import pandas as pd

        from ...methods.aggregation import add_up
        from ..hiding.protection import protected_frame
        from ..levels.aggregation import carried, made_anew

        def quiet(_text: str) -> None:
            """Take what is of no use to the reader of an atlas."""

        kept = carried(areas, (), inherited, quiet)
        self.frames = {}
        for name, parts in (("places", place), (ALL, place.where(place.isna(), ALL).fillna(ALL))):
            index = parts.dropna().index
            sums = add_up(kept.counts.loc[index], parts.dropna())
            made = made_anew(sums, kept, MISSING, quiet)
            frame = pd.concat([sums[[c for c in sums if c not in made]], made], axis=1)
            parents = pd.Series(ALL, index=frame.index) if name != ALL else None
            self.frames[name] = protected_frame(frame, kept.figures, rule, quiet, parents)

    def _cell(self, field: str, key: str) -> float | None:
        frame = self.frames[ALL if key == ALL else "places"]
        return _known(frame[field].get(key)) if field in frame else None

    def figure(self, share: Any, key: str, areas: int) -> Figure:
        """Return a share of a place."""
        limits = [self._cell(f"{share.field}_{end}", key) for end in ("lo", "hi")]
        value, count = self._cell(share.field, key), self._cell(share.count, key)
        if value is not None and limits[0] is None and share.part:
            limits = self._limits(share, key)
        return Figure(value, limits[0], limits[1], count, areas if value is not None else 0, areas)

    def _limits(self, share: Any, key: str) -> list[float | None]:
        """Return Wilson's limits of the counts as they are shown."""
        from ...methods.proportions import wilson

        parts = [self._cell(name, key) for name in (share.count, *share.base)]
        if len(parts) < 2 or None in parts:
            return [None, None]
        return [_known(float(one)) for one in wilson(parts[0], sum(parts[1:]))]

    def count(self, field: str, key: str, areas: int) -> Figure:
        """Return a count of a place."""
        value = self._cell(field, key)
        return Figure(value, count=value, known=areas if value is not None else 0, areas=areas)


def _known(value: Any) -> float | None:
    from ..explore.whole import number

    return number(value)
