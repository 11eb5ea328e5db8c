"""Disclosure control: small counts hidden, the others rounded, and no way back by subtraction.

Rounding alone does not keep a hidden count hidden. A total of 17 is shown as 15, two parts of 8 as
10 each, and a third part of 1 is hidden; the total is then known to be 17 at most and the two
parts to be 16 at least, so the hidden part is 1 and nothing else. ``protect_table`` therefore
hides more, until every hidden count could be as many whole numbers as a shown one could.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# rule -> (smallest count shown, rounding base)
RULES: dict[str, tuple[int, int]] = {"nhs": (8, 5), "ons10": (10, 5)}
Sum = tuple[str, Sequence[str]]  # a count, and the counts that it is the sum of
MANY = 1e9  # people: more than there can be, yet added up without loss
PASSES = 100  # through the sums; in a hierarchy a few are enough
DEEPEST = 3  # how far sums are combined with each other
BLOCK = 8192  # areas looked at together, which a processor can keep at hand
TINY = 1e-6

Values = NDArray[np.float64]
Cells = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Protected:
    """A table as it may be shown.

    Attributes:
        shown: the counts, missing where hidden or missing before, else rounded.
        primary: cells hidden because they are small.
        secondary: cells hidden so that the others cannot be worked out.
        narrow: hidden cells that could still be fewer numbers than a shown count could, where
            nothing more can be hidden; only sums over parents leave any.
    """

    shown: pd.DataFrame
    primary: pd.DataFrame
    secondary: pd.DataFrame
    narrow: pd.DataFrame


def protect(counts: pd.Series, rule: str = "none") -> pd.Series:
    """Return counts with those from 1 to the rule's limit missing and the rest rounded.

    ``nhs``: 1 to 7 hidden, others to the nearest 5 (NHS England, hospital statistics since
    2018). ``ons10``: below 10 hidden, others to the nearest 5. ``none``: unchanged. A true
    zero is shown in all of them.

    It works cell by cell; where cells add up to others that are shown, see ``protect_table``.

    Raises:
        ValueError: for a rule that is not known.
    """
    if rule == "none":
        return counts
    smallest, _ = _limits(rule)
    values = counts.to_numpy(dtype=float)
    hidden = (values > 0) & (values < smallest)
    return pd.Series(np.where(hidden, np.nan, _rounded(values, rule)), index=counts.index)


def protect_table(
    counts: pd.DataFrame,
    sums: Sequence[Sum],
    rule: str = "none",
    parents: pd.Series | None = None,
    totals: pd.DataFrame | None = None,
) -> Protected:
    """Return counts with small ones hidden, and more where these could be worked out.

    What a reader can know of a cell: a shown 0 is 0; another shown count is within the rounding,
    and not below the limit; a hidden cell is a whole number of 1 or more (above 0, where counts
    are not whole). What follows from the sums is taken from that. A hidden cell is safe when it
    could still be as many whole numbers as a shown one could (the rounding base, 5), and one
    that is hidden because it is small when 5 of them are below the limit, as far as hiding can
    achieve that: a group of 7 whose seven parts are hidden is at least 7 whatever is done.

    Until all are safe, one more cell is hidden in each area: the smallest shown part of a sum
    that gives an unsafe one away, or the whole where no part is left.

    A sum that does not hold (a publisher's noise) is taken with the difference that it has, as if
    the reader knew it; where it cannot hold by what is shown, it tells nothing. A missing count
    is taken as unknown to all, 0 or more.

    Args:
        counts: a column for each count, a row for each area; the true ones, totals among them.
        sums: the columns that are the sum of others. Names that are no columns are passed over
            with their sum.
        rule: a name in ``RULES``, or ``none``.
        parents: the larger place of each area, whose figures are shown by the same rule. Within
            it, a column then has no single hidden cell. A parent of one area tells nothing new.
        totals: the true figures of the parents, index = parents; the sums of the areas when left
            out.

    Raises:
        ValueError: for a rule that is not known.
    """
    nothing = pd.DataFrame(False, index=counts.index, columns=counts.columns)
    if rule == "none":
        return Protected(counts, nothing, nothing, nothing)
    table = _Table.of(counts, sums, rule)
    places = None if parents is None else _Places.of(counts, sums, rule, parents, totals)
    primary = table.small.copy()
    hidden, narrow = _in_blocks(table, places)

    def framed(cells: Cells) -> pd.DataFrame:
        return pd.DataFrame(cells.T, index=counts.index, columns=counts.columns)

    shown = pd.DataFrame(
        np.where(hidden, np.nan, _rounded(table.values, rule)).T,
        index=counts.index,
        columns=counts.columns,
    )
    return Protected(shown, framed(primary), framed(hidden & ~primary), framed(narrow))


def _limits(rule: str) -> tuple[int, int]:
    if rule not in RULES:
        raise ValueError(f"Unknown disclosure rule {rule!r}; known: none, {', '.join(RULES)}")
    return RULES[rule]


def _rounded(values: Values, rule: str) -> Values:
    """Return values to the nearest multiple of the rule's base, halves up."""
    _, base = _limits(rule)
    return np.asarray(np.floor(values / base + 0.5) * base, dtype=float)


@dataclass(frozen=True)
class _Link:
    """Cells that add up: signs times cells is ``gap`` in each area, and tells where it ``holds``.

    ``whole`` is the one cell that is the sum of the others, -1 where there is none such.
    """

    rows: Places
    signs: Values
    whole: int
    gap: Values
    holds: Cells

    def at(self, areas: Places) -> _Link:
        return _Link(self.rows, self.signs, self.whole, self.gap[areas], self.holds[areas])

    @property
    def parts(self) -> Places:
        return np.asarray(self.rows[self.rows != self.whole])


@dataclass(frozen=True)
class _Table:
    """Counts with cells in rows and areas in columns, so that a cell's areas lie together."""

    values: Values
    rule: str
    whole_numbers: Cells  # of each row; counts that a model made need not be whole
    links: tuple[_Link, ...]

    @classmethod
    def of(cls, counts: pd.DataFrame, sums: Sequence[Sum], rule: str) -> _Table:
        values = np.ascontiguousarray(counts.to_numpy(dtype=float, na_value=np.nan).T)
        values = np.where(np.isfinite(values), values, np.nan)
        whole_numbers = ~(np.abs(values - np.round(values)) > TINY).any(axis=1, keepdims=True)
        table = cls(values, rule, whole_numbers, ())
        row = {name: at for at, name in enumerate(counts.columns)}
        signed: list[Values] = []
        for whole, parts in sums:
            if parts and {whole, *parts} <= row.keys():
                one = np.zeros(len(row))
                one[[row[name] for name in parts]] = 1
                one[row[whole]] = -1
                signed.append(one)
        low, high = table.known(table.small)
        links = tuple(table._link(one, low, high) for one in _with_what_follows(signed))
        return cls(values, rule, whole_numbers, links)

    @property
    def small(self) -> Cells:
        smallest, _ = _limits(self.rule)
        return np.asarray((self.values > 0) & (self.values < smallest))

    def at(self, areas: Places) -> _Table:
        links = tuple(link.at(areas) for link in self.links)
        return _Table(self.values[:, areas], self.rule, self.whole_numbers, links)

    def known(self, hidden: Cells) -> tuple[Values, Values]:
        """Return the least and the most that each cell can be by itself."""
        return _windows(self.values, hidden, self.rule, self.whole_numbers)

    def _link(self, signed: Values, low: Values, high: Values) -> _Link:
        """Return a sum with its gap; it tells nothing where what is shown cannot add up."""
        rows = np.flatnonzero(signed)
        signs = signed[rows]
        gap = signs @ self.values[rows]
        gap = np.where(np.abs(gap) > TINY, gap, 0.0)  # a missing count leaves none to know
        plus, minus = rows[signs > 0], rows[signs < 0]
        possible = (low[minus].sum(axis=0) <= high[plus].sum(axis=0)) & (
            high[minus].sum(axis=0) >= low[plus].sum(axis=0)
        )
        whole = int(minus[0]) if len(minus) == 1 else -1
        return _Link(rows, signs, whole, gap, np.asarray(possible | (gap == 0)))


def _with_what_follows(sums: Sequence[Values]) -> list[Values]:
    """Return sums and, for two that share several cells, what is left without those.

    Bounds taken from one sum to the next forget that shared cells are the same in both.

    Args:
        sums: a row for each, 1 for its parts and -1 for its whole.
    """
    found = {tuple(one): one for one in sums}
    for _ in range(DEEPEST):
        known = list(found.values())
        for at, one in enumerate(known):
            for other in known[:at]:
                shared = np.flatnonzero((one != 0) & (other != 0))
                if len(shared) < 2:
                    continue
                most = min(np.count_nonzero(one), np.count_nonzero(other))
                for sign in (1, -1):
                    made = one + sign * other
                    short = 1 < np.count_nonzero(made) <= most and np.abs(made).max() == 1
                    made = made if (made < 0).sum() <= (made > 0).sum() else -made
                    if short and tuple(made) not in found and tuple(-made) not in found:
                        found[tuple(made)] = made
    return list(found.values())


def _windows(
    values: Values, hidden: Cells, rule: str, whole_numbers: Cells
) -> tuple[Values, Values]:
    smallest, base = _limits(rule)
    shown = _rounded(values, rule)
    off = np.where(whole_numbers, base // 2, base / 2)
    low, high = np.maximum(shown - off, smallest), shown + off
    low, high = np.where(shown == 0, 0.0, low), np.where(shown == 0, 0.0, high)
    low = np.where(hidden, np.where(whole_numbers, 1.0, 0.0), low)
    high = np.where(hidden, MANY, high)
    unknown = ~np.isfinite(values)
    return np.where(unknown, 0.0, low), np.where(unknown, MANY, high)


@dataclass(frozen=True)
class _Places:
    """The larger place of each area, and the figures of these places as they are shown.

    ``silent`` are places that tell nothing: of one area alone, or standing for no place at all.
    """

    of_area: Places
    table: _Table
    hidden: Cells
    silent: Cells

    @classmethod
    def of(
        cls,
        counts: pd.DataFrame,
        sums: Sequence[Sum],
        rule: str,
        parents: pd.Series,
        totals: pd.DataFrame | None,
    ) -> _Places:
        codes, labels = pd.factorize(parents.to_numpy())
        codes = np.where(codes < 0, len(labels), codes)
        silent = np.bincount(codes, minlength=len(labels) + 1) < 2
        silent[-1] = True
        if totals is None:
            values = counts.to_numpy(dtype=float, na_value=np.nan).T
            figures = np.array([np.bincount(codes, row, len(silent)) for row in values]).T
        else:
            known = totals.reindex(index=labels, columns=counts.columns)
            figures = np.full((len(silent), counts.shape[1]), np.nan)
            figures[:-1] = known.to_numpy(dtype=float, na_value=np.nan)
        figures = np.where(silent[:, None], np.nan, figures)
        table = _Table.of(pd.DataFrame(figures, columns=counts.columns), sums, rule)
        return cls(codes, table, _in_blocks(table, None)[0], silent)

    def at(self, areas: Places) -> _Places:
        used, of_area = np.unique(self.of_area[areas], return_inverse=True)
        return _Places(of_area, self.table.at(used), self.hidden[:, used], self.silent[used])

    def added(self, values: Values | Cells) -> Values:
        """Return the sums of the areas' values over each place."""
        return np.asarray(np.bincount(self.of_area, values, len(self.silent)), dtype=float)

    def together(self, areas: Cells) -> Cells:
        """Return the areas that share a place with one of ``areas``."""
        touched = (self.added(areas) > 0) & ~self.silent
        return np.asarray(touched[self.of_area] | areas)


def _in_blocks(table: _Table, places: _Places | None) -> tuple[Cells, Cells]:
    """Return what ``_hide_until_safe`` does, for some areas at a time that belong together."""
    hidden, narrow = table.small, np.zeros(table.values.shape, dtype=bool)
    number = hidden.shape[1]
    order: Places = np.arange(number)
    starts: Places = np.arange(0, number, BLOCK)
    if places is not None and number:
        order = np.argsort(places.of_area, kind="stable")
        new = np.append(0, np.flatnonzero(np.diff(places.of_area[order])) + 1)
        starts = np.unique(new[np.searchsorted(new, starts, side="right") - 1])
    for areas in np.split(order, starts[1:]):
        around = None if places is None else places.at(areas)
        hidden[:, areas], narrow[:, areas] = _hide_until_safe(table.at(areas), around)
    return hidden, narrow


def _hide_until_safe(table: _Table, places: _Places | None) -> tuple[Cells, Cells]:
    """Return which cells are hidden in the end, and which of them stay known too narrowly."""
    hidden = table.small
    narrow = np.zeros_like(hidden)
    stuck = np.zeros_like(hidden)
    again: Cells = np.asarray(hidden.any(axis=0))
    while again.any():
        active = np.flatnonzero(again if places is None else places.together(again))
        part = table.at(active)
        around = places.at(active) if places is not None else None
        mine, given_up = hidden[:, active], stuck[:, active]
        low, high = part.known(mine)
        figures = _narrow(low, high, part.links, around)
        unsafe = _unsafe(part, mine, low, high)
        narrow[:, active] = unsafe
        chosen, helpless = _more(part, around, mine, unsafe & ~given_up, low, high, figures)
        hidden[:, active] |= chosen
        stuck[:, active] |= helpless
        again = np.zeros(table.values.shape[1], dtype=bool)
        again[active] = chosen.any(axis=0)
    return hidden, narrow


def _narrow(
    low: Values, high: Values, links: Sequence[_Link], places: _Places | None
) -> tuple[Values, Values]:
    """Narrow what is known of each cell by the sums, in place, until nothing more follows.

    Returns:
        What is then known of the figures of the places.
    """
    nothing: Values = np.zeros((0, 0))
    around = (nothing, nothing) if places is None else places.table.known(places.hidden)
    for _ in range(PASSES):
        changed = False
        for link in links:
            changed |= _narrow_sum(low, high, link)
        if places is not None:
            for link in places.table.links:
                changed |= _narrow_sum(*around, link)
            changed |= _narrow_places(low, high, around, places)
        if not changed:
            break
    return around


def _narrow_sum(low: Values, high: Values, link: _Link) -> bool:
    return _tighten(low, high, link.rows, *_told_by_sum(low, high, link))


def _told_by_sum(low: Values, high: Values, link: _Link) -> tuple[Values, Values]:
    """Return the least and the most of each cell of a sum, by all the others."""
    signs = link.signs[:, None]
    least, most = signs * low[link.rows], signs * high[link.rows]
    bottom, top = np.minimum(least, most), np.maximum(least, most)
    under = signs * (link.gap - (top.sum(axis=0) - top))
    over = signs * (link.gap - (bottom.sum(axis=0) - bottom))
    under, over = np.minimum(under, over), np.maximum(under, over)
    if not link.holds.all():
        under, over = np.where(link.holds, under, 0.0), np.where(link.holds, over, MANY)
    return under, over


def _tighten(low: Values, high: Values, rows: Places, bottom: Values, top: Values) -> bool:
    """Raise and lower bounds in place where that is news and no contradiction."""
    old_low, old_high = low[rows], high[rows]
    raised, lowered = bottom > old_low + TINY, top < old_high - TINY
    if not (raised.any() or lowered.any()):
        return False
    new_low = np.maximum(old_low, bottom)
    new_high = np.minimum(old_high, top)
    fine = (new_low <= new_high + TINY) & (raised | lowered)
    low[rows] = np.where(fine, new_low, old_low)
    high[rows] = np.where(fine, new_high, old_high)
    return bool(fine.any())


def _told_by_places(
    low: Values, high: Values, around: tuple[Values, Values], places: _Places, row: int
) -> tuple[Values, Values]:
    """Return the least and the most of one cell in each area, by its place less the others."""
    at = places.of_area
    bottom = (around[0][row] - places.added(high[row]))[at] + high[row]
    top = (around[1][row] - places.added(low[row]))[at] + low[row]
    return bottom, top


def _narrow_places(
    low: Values, high: Values, around: tuple[Values, Values], places: _Places
) -> bool:
    changed = False
    for row in range(len(low)):
        one = np.array([row])
        bottom, top = _told_by_places(low, high, around, places, row)
        changed |= _tighten(low, high, one, bottom[None], top[None])
        below, above = places.added(low[row]), places.added(high[row])
        changed |= _tighten(*around, one, below[None], above[None])
    return changed


def _values_between(table: _Table, low: Values, high: Values) -> Values:
    """Return how many whole numbers there are between two bounds, both included."""
    low = np.where(table.whole_numbers, np.ceil(low - TINY), low)
    high = np.where(table.whole_numbers, np.floor(high + TINY), high)
    return np.asarray(high - low + 1)


def _unsafe(table: _Table, hidden: Cells, low: Values, high: Values) -> Cells:
    """Return the hidden cells that could be too few numbers."""
    smallest, base = _limits(table.rule)
    under = np.where(table.whole_numbers, smallest - 1, smallest)
    too_few = hidden & (_values_between(table, low, high) < base - TINY)
    within = _values_between(table, low, np.minimum(high, under))
    doubtful = table.small & (within < base - TINY)
    areas = np.flatnonzero(doubtful.any(axis=0))
    if len(areas):
        # what hiding every cell would still tell cannot be asked of it
        part = table.at(areas)
        floor, ceiling = part.known(hidden[:, areas] | (part.values > 0))
        _narrow(floor, ceiling, part.links, None)
        possible = _values_between(part, floor, under)
        doubtful[:, areas] &= within[:, areas] < possible - TINY
    return np.asarray(too_few | doubtful)


def _more(
    table: _Table,
    places: _Places | None,
    hidden: Cells,
    unsafe: Cells,
    low: Values,
    high: Values,
    figures: tuple[Values, Values],
) -> tuple[Cells, Cells]:
    """Return the cells to hide next, and the unsafe ones for which there are none."""
    free = ~hidden & (table.values > 0) & np.isfinite(table.values)
    chosen = np.zeros_like(hidden)
    if places is not None:
        chosen |= _siblings(table, places, hidden, unsafe, free, low, high, figures)
    left = unsafe & ~chosen.any(axis=0)
    for candidates in _candidates(table, hidden, left, free, low, high):
        smallest = np.where(candidates & left.any(axis=0), table.values, np.inf)
        best = smallest.argmin(axis=0)
        found = np.flatnonzero(np.isfinite(smallest.min(axis=0)))
        chosen[best[found], found] = True
        left = left & ~chosen.any(axis=0)
        if not left.any():
            break
    return chosen, left


def _candidates(
    table: _Table, hidden: Cells, unsafe: Cells, free: Cells, low: Values, high: Values
) -> Iterator[Cells]:
    """Yield cells whose hiding may help: parts of the sums that tell, nearest first, then wholes.

    A hidden cell in such a sum may itself be known too well by another.
    """
    wholes, known = np.zeros_like(free), unsafe
    while True:
        parts, reached = np.zeros_like(free), known.copy()
        for link in table.links:
            tells = _gives_away(link, known, low, high)
            parts[link.parts] |= tells
            reached[link.rows] |= tells & hidden[link.rows]
            if link.whole >= 0:
                wholes[link.whole] |= tells
        yield free & parts
        if (reached == known).all():
            break
        known = reached
    yield free & wholes


def _gives_away(link: _Link, unsafe: Cells, low: Values, high: Values) -> Cells:
    """Return the areas where a sum is what narrows one of its unsafe cells."""
    bottom, top = _told_by_sum(low, high, link)
    told = (bottom >= low[link.rows] - TINY) | (top <= high[link.rows] + TINY)
    return np.asarray((unsafe[link.rows] & told).any(axis=0) & link.holds)


def _siblings(
    table: _Table,
    places: _Places,
    hidden: Cells,
    unsafe: Cells,
    free: Cells,
    low: Values,
    high: Values,
    figures: tuple[Values, Values],
) -> Cells:
    """Return for each place and column in need the smallest shown cell of another area."""
    chosen = np.zeros_like(hidden)
    at = places.of_area
    shown = (places.table.values > 0) & ~places.hidden
    for row in range(len(hidden)):
        single = places.added(hidden[row]) == 1
        bottom, top = _told_by_places(low, high, figures, places, row)
        given = (bottom >= low[row] - TINY) | (top <= high[row] + TINY)
        narrowed = places.added(unsafe[row] & given) > 0
        needed = narrowed | (single & shown[row])
        areas = np.flatnonzero(free[row] & needed[at])
        order = areas[np.lexsort((table.values[row, areas], at[areas]))]
        _, first = np.unique(at[order], return_index=True)
        chosen[row, order[first]] = True
    return chosen
