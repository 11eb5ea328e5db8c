"""The areas of a layer together, which one area is held against; each figure is made once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Share
from ...taxonomies.model import Taxonomy
from ...taxonomies.nation import nation_of
from ..fields import known_figures, protected_before
from ..messages import tr

if TYPE_CHECKING:
    import pandas as pd

    from ..ranking.ranked import Standing
    from ..ranking.schemes import Scheme
    from .exploration import Exploration

OBSERVED, EXPECTED = "voice_observed", "voice_expected"
RATIO, CLASS, WIDE_CLASS = "voice_ratio", "voice_class", "voice_wide_class"
TOO_FEW = "too few to say"
# who lives in an area, all of them first
RESIDENTS = (
    *("eth_total", "barrier_age_total", "barrier_disability_total", "barrier_health_total"),
    *("eth_detail_total", "lang_total", "lang_speaks_total", "barrier_activity_total"),
)


@dataclass(frozen=True)
class Together:
    """A figure of many areas: the value, what it is in words, and of how many areas it is made.

    ``source`` is where it was published, of a nation; ``caution`` is how it misleads, where some
    of it is hidden.
    """

    value: float | None
    title: str
    areas: int
    source: str = ""
    caution: str = ""


def number(value: Any) -> float | None:
    """Return a cell as a number, None where it is missing."""
    import math

    try:
        found = float(value)
    except (TypeError, ValueError):  # pandas' NA, or a text
        return None
    return found if math.isfinite(found) else None


class Whole:
    """What an exploration tells of all its areas together.

    Nothing is made before it is asked for, and nothing twice: a card of one area then costs no
    more in a layer of all of England than in one of a small town.
    """

    def __init__(self, exploration: Exploration, reference: pd.DataFrame | None = None) -> None:
        self.numbers: pd.DataFrame = exploration.numbers
        self.words: pd.DataFrame = exploration.words
        self.inherited: Mapping[str, Any] = exploration.inherited
        self.reference = reference
        self.titles: Mapping[str, str] = {**exploration.titles, **exploration.aliases}
        self.have = frozenset(self.numbers)  # fields of numbers
        names = [*self.numbers, *self.words]
        self.figures = known_figures(names, self.inherited)
        self.hidden = protected_before(self.inherited)
        self.shares: dict[str, Share] = {share.field: share for share in self.figures.shares}
        there = exploration.compared
        self._shares_there = {} if reference is None else _shares(reference, there)
        self._hidden_there = {} if reference is None else protected_before(there)
        self.sources: dict[str, Mapping[str, Any]] = {
            name: one for one in self.inherited.get("sources", ()) for name in one["fields"]
        }
        self.nations: dict[str, Together | None] = {}  # by field, what a nation has
        self._codes: Sequence[str] = exploration.codes
        self._together: dict[tuple[str, bool], Together] = {}
        self._columns: dict[str, Any] = {}
        self._sorted: dict[str, Any] = {}
        self._spans: dict[tuple[str, ...], tuple[float, float] | None] = {}
        self._makers: dict[str, tuple[Taxonomy, ...]] = {}

    # --- one area

    def value(self, row: int, field: str) -> float | None:
        """Return a figure of one area, None where it is missing or no field."""
        if field not in self.have:
            return None
        if field not in self._columns:
            self._columns[field] = self.numbers[field].to_numpy(dtype=float)
        return number(self._columns[field][row])

    def word(self, row: int, field: str) -> str:
        """Return a text of one area, empty where it is missing or no field."""
        if field not in self.words:
            return ""
        value = self.words[field].iat[row]
        return value.strip() if isinstance(value, str) else ""

    def limits(self, field: str) -> tuple[str, str] | None:
        """Return the fields of the 95 % limits of a figure, where the layer has them."""
        share = self.shares.get(field)
        made = (field + "_lo", field + "_hi")
        found = share.limits if share is not None and share.limits else made
        return (found[0], found[1]) if set(found) <= self.have else None

    # --- all areas

    def ordered(self, field: str):
        """Return the known values of all areas, the lowest first."""
        import numpy as np

        if field not in self._sorted:
            values = self.numbers[field].to_numpy(dtype=float)
            self._sorted[field] = np.sort(values[np.isfinite(values)])
        return self._sorted[field]

    def below(self, field: str, value: float) -> tuple[int, int, int]:
        """Return how many areas have less than a value, how many more, and how many are known."""
        import numpy as np

        values = self.ordered(field)
        less, upto = np.searchsorted(values, value), np.searchsorted(values, value, side="right")
        return int(less), int(len(values) - upto), len(values)

    def span(self, *fields: str) -> tuple[float, float] | None:
        """Return the lowest and highest value that any area has in some fields.

        Of ratios of replies, areas with too few expected to say count only by the ratio itself:
        their limits would leave no room for the others.
        """
        import numpy as np

        if fields not in self._spans:
            ends = []
            for place, field in enumerate(fields):
                values = self.numbers[field]
                if place and fields[0] == RATIO and CLASS in self.words:
                    values = values[self.words[CLASS].ne(TOO_FEW)]
                known = values.to_numpy(dtype=float)
                known = known[np.isfinite(known)]
                if len(known):
                    ends += [float(known.min()), float(known.max())]
            self._spans[fields] = (min(ends), max(ends)) if ends else None
        return self._spans[fields]

    def together(self, field: str, pair: Sequence[str] = ()) -> Together:
        """Return what the areas of the layer have together.

        Args:
            field: of the figure.
            pair: the fields of replies counted and expected, for a ratio of them.
        """
        key = (field, False)
        if key not in self._together:
            made = self._made(self.numbers, field, pair, False)
            self._together[key] = _cautious(made, len(self.numbers), {field, *pair}, self.hidden)
        return self._together[key]

    def compared(self, field: str, pair: Sequence[str] = ()) -> Together | None:
        """Return what the areas of the reference have together, None without it."""
        if self.reference is None or field not in self.reference:
            return None
        key = (field, True)
        if key not in self._together:
            made, areas = self._made(self.reference, field, pair, True), len(self.reference)
            self._together[key] = _cautious(made, areas, {field, *pair}, self._hidden_there)
        found = self._together[key]
        return None if found.value is None else found

    def _made(self, frame: pd.DataFrame, field: str, pair: Sequence[str], other: bool) -> Together:
        """Return a figure of all areas of a frame, of another layer or of this.

        A percentage is rebuilt from its counts, never averaged; so is a ratio of replies. An
        average that was made over residents stays one. Of everything else, as of scores, it is
        the middle area, which is what is known of nations, too.
        """
        parts = self._parts(frame, field, pair, self._shares_there if other else self.shares)
        if parts is not None:
            count, base = parts
            known = count.notna() & base.notna()
            whole = float(base[known].sum())
            value = 100 * float(count[known].sum()) / whole if whole > 0 else None
            return Together(value, _title("together", known, other), int(known.sum()))
        values = frame[field]
        people = self.residents(frame) if field.endswith("_avg") else None
        if people is not None:
            known = values.notna() & frame[people].notna()
            whole = float(frame[people][known].sum())
            value = float((values * frame[people])[known].sum()) / whole if whole > 0 else None
            return Together(value, _title("averaged", known, other), int(known.sum()))
        known = values.notna()
        value = number(values.median()) if known.any() else None
        return Together(value, _title("middle", known, other), int(known.sum()))

    @staticmethod
    def _parts(
        frame: pd.DataFrame, field: str, pair: Sequence[str], shares: Mapping[str, Share]
    ) -> tuple[pd.Series, pd.Series] | None:
        """Return the counts of a percentage and their bases, None where they are not told."""
        from ...methods.aggregation import base_of
        from ...methods.composition import sum_of

        if pair and {*pair} <= {*frame}:
            return frame[pair[0]], frame[pair[1]]
        share = shares.get(field)
        if share is None or share.count not in frame:
            return None
        if share.base and {*share.base} <= {*frame}:
            return frame[share.count], sum_of(frame, share.base)
        return frame[share.count], base_of(frame[share.count], frame[field])

    def residents(self, frame: pd.DataFrame | None = None) -> str | None:
        """Return the field that counts who lives in the areas, None without one."""
        frame = self.numbers if frame is None else frame
        return next((n for n in RESIDENTS if n in frame and frame[n].notna().any()), None)

    @cached_property
    def nation(self) -> str:
        """Return the country in which all areas lie, empty where no one is told."""
        return nation_of(code for code in self._codes if code)

    # --- what a figure is

    def title(self, field: str) -> str:
        """Return what a field is called."""
        return tr(self.figures.titles.get(field) or self.titles.get(field) or field)

    def counts_households(self, field: str) -> bool:
        """Return whether a figure is of households, not of people."""
        return "_hh_" in field

    def makers(self, dimension: str) -> tuple[Taxonomy, ...]:
        """Return the taxonomies of a dimension that the layer's fields are of, most first.

        Of several that make the same fields, those that the layer names; else the likeliest.
        """
        if dimension not in self._makers:
            have = {*self.numbers, *self.words}
            told = {one.get("title") for one in self.inherited.get("sources", ())}
            left, found = set(have), []
            fields = {t: _fields(t) for t in catalogue() if t.dimension == dimension}
            for one in sorted(fields, key=lambda t: (t.name not in told, -len(have & fields[t]))):
                if left & fields[one]:
                    found.append(one)
                    left -= fields[one]
            self._makers[dimension] = tuple(found)
        return self._makers[dimension]


def _cautious(made: Together, areas: int, fields: set[str], hidden: Collection[str]) -> Together:
    """Return a figure with what to know of it, where small counts of some areas are hidden."""
    if made.areas == areas or fields.isdisjoint(hidden):
        return made
    text = tr("What is hidden is small, so that in all areas it is probably less.")
    return replace(made, caution=text)


def _title(kind: str, known: pd.Series, other: bool) -> str:
    """Return what a figure of many areas is: of all of them only where it is known in all."""
    every, some = bool(known.all()), int(known.sum())
    if other and every:
        text = {
            "together": tr("All areas of the reference layer together"),
            "averaged": tr("All areas of the reference layer, averaged over residents"),
            "middle": tr("The middle area of the reference layer"),
        }[kind]
    elif other:
        text = {
            "together": tr("The {n:,} areas of the reference layer that show it, together"),
            "averaged": tr(
                "The {n:,} areas of the reference layer that show it, averaged over residents"
            ),
            "middle": tr("The middle of the {n:,} areas of the reference layer that show it"),
        }[kind]
    elif every:
        text = {
            "together": tr("All areas of the layer together"),
            "averaged": tr("All areas of the layer, averaged over residents"),
            "middle": tr("The middle area of the layer"),
        }[kind]
    else:
        text = {
            "together": tr("The {n:,} areas of the layer that show it, together"),
            "averaged": tr("The {n:,} areas of the layer that show it, averaged over residents"),
            "middle": tr("The middle of the {n:,} areas of the layer that show it"),
        }[kind]
    return text.format(n=some)


def _shares(names: Iterable[str], inherited: Mapping[str, Any]) -> dict[str, Share]:
    """Return the percentages among some fields, by field."""
    return {share.field: share for share in known_figures([*names], inherited).shares}


def parts_of(scheme: Scheme, names: Sequence[str], inherited: Mapping[str, Any]) -> list[str]:
    """Return the fields of another layer from which its figures together are made.

    Args:
        scheme: fitted to the areas.
        names: of the other layer's fields.
        inherited: what that layer tells of its figures.
    """
    shares, found = _shares(names, inherited), [*RESIDENTS]
    for one in scheme.indicators:
        found += scheme.replies.get(one.field, ())
        if one.field in shares:
            found += [shares[one.field].count, *shares[one.field].base]
    return [name for name in dict.fromkeys(found) if name in names]


def _fields(taxonomy: Taxonomy) -> set[str]:
    """Return the fields that a composition can make, with those of its finest categories."""
    names = {*taxonomy.fields()}
    if taxonomy.kind == "composition":
        names |= {taxonomy.field(c.id, s) for c in taxonomy.columns for s in ("n", "pct")}
        names.add(taxonomy.field(taxonomy.raw["total"]["field"]))
    return names


KEPT = "whole"  # where an exploration keeps it, so that both go together


def whole_of(exploration: Exploration, standing: Standing) -> Whole:
    """Return the figures of all areas of an exploration, the same ones each time."""
    kept = vars(exploration)
    if KEPT not in kept:
        reference = standing.figures.reference  # as read, None without one
        kept[KEPT] = Whole(exploration, None if reference is None else reference.frame)
    found: Whole = kept[KEPT]
    return found
