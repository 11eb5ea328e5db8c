"""Quotas worked out: replies to win in each area and group, and what they would come to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..messages import tr
from .asked import AREA, GROUP, PROPORTIONAL, Asked
from .ground import NOISE, Ground

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ...methods.quotas import Array, Room

REST = "rest"  # the column of people in none of the groups chosen


@dataclass(frozen=True)
class Cells:
    """Groups in areas that get a quota: areas in rows, groups and the rest in columns.

    Attributes:
        people: residents; 0 where they are hidden, who are then among the rest.
        had: replies; 0 everywhere where replies by group are not used.
        known: which cells have a number of residents.
        counted: whether replies by group are used.
        rest: whether the groups leave out people in general, not only where some are hidden.
    """

    people: pd.DataFrame
    had: pd.DataFrame
    known: pd.DataFrame
    counted: bool
    rest: bool

    @property
    def most(self) -> Array:
        """Return how many replies can still be won of each."""
        from ...methods.quotas import Room

        return Room.of(self.people.to_numpy(), self.had.to_numpy()).most


@dataclass(frozen=True)
class Planned:
    """The quotas; a row per area of the layer in all frames, missing where there is none.

    Attributes:
        ground: what they stand on.
        base: people the quota is of.
        have: replies had that count; missing where hidden.
        target: replies in the end.
        quota: replies to win.
        invite: people to ask, None where nobody knows how many reply.
        short: areas where too few people are left to be asked.
        cells: of the groups, None without any.
        by_group: replies to win of each group (``rest`` for all others).
        margin: in percentage points reached in each area, None for parity.
        reached: margin of all areas together, NaN where it cannot be told.
        group_reached: the same of each group, where the margin is for groups.
        alone: replies that the margin would need of one simple sample of all, NaN for parity.
        level: fair shares at the present number of replies, None for a margin or TOTAL.
        chance: replies that would be missing by chance alone, NaN where there is no level.
        before: part of the replies had that lies elsewhere than the people, and so on.
        after: the same in the end.
        kept: whether groups keep their totals after rounding.
    """

    ground: Ground
    base: pd.Series
    have: pd.Series
    target: pd.Series
    quota: pd.Series
    invite: pd.Series | None
    short: pd.Series
    cells: Cells | None
    by_group: pd.DataFrame
    margin: pd.Series | None
    reached: float
    group_reached: dict[str, float]
    alone: float
    level: Level | None
    chance: float
    before: float
    after: float
    kept: bool

    @property
    def asked(self) -> Asked:
        """Return what was asked for."""
        return self.ground.asked

    @property
    def total(self) -> int:
        """Return the replies to win in all."""
        return int(self.quota.sum())

    @property
    def areas(self) -> int:
        """Return how many areas have a quota, 0 among them."""
        return int(self.quota.notna().sum())


@dataclass(frozen=True)
class Level:
    """Fair shares at the present number of replies, of all areas of the layer.

    Attributes:
        replies: had, those that count.
        weights: of all areas, or groups in areas, together.
    """

    replies: float
    weights: float

    def expected(self, weights: Array) -> Array:
        """Return the replies that some places would have at fair shares."""
        return weights * (self.replies / self.weights)


def planned(ground: Ground, pause: Callable[[], None]) -> Planned:
    """Return the quotas that are asked for.

    Args:
        ground: what they stand on.
        pause: called now and then; it may raise to stop the work.

    Raises:
        InputError: where so many replies cannot be won, or fewer than the least are asked for.
    """
    cells = _cells(ground, ground.usable) if ground.asked.groups else None
    if ground.asked.parity:
        won, table = _for_parity(ground, cells, pause)
    else:
        won, table = _for_margin(ground, cells, pause)
    return _in_full(ground, cells, won, table)


# --- the ground, as arrays of the areas that get a quota


def _cells(ground: Ground, rows: pd.Series) -> Cells:
    """Return the groups of some areas."""
    import pandas as pd

    groups = ground.groups[rows]
    people = ground.people[rows]
    known = groups.notna()
    whole = known.all(axis=1)
    rest = _leave_out(ground)
    others = (people - groups.sum(axis=1)).clip(lower=0)
    others = others.where(~whole | rest, 0.0)
    counted = ground.group_had is not None
    had = groups * 0.0
    had[REST] = 0.0
    if ground.group_had is not None:
        had = ground.group_had[rows].where(known, 0.0)
        say = ground.taken[rows] - ground.unknown[rows]
        had[REST] = (say - had.sum(axis=1)).clip(lower=0).where(others > 0, 0.0)
    return Cells(
        people=groups.fillna(0.0).assign(**{REST: others}),
        had=had.fillna(0.0),
        known=pd.concat([known, (others > 0).rename(REST)], axis=1),
        counted=counted,
        rest=rest,
    )


def _leave_out(ground: Ground) -> bool:
    """Return whether the groups leave out people in general; publishers' noise apart."""
    rows = ground.measured & ground.groups.notna().all(axis=1)
    people = float(ground.people[rows].sum())
    return people - float(ground.groups[rows].sum().sum()) > NOISE * people


def _room(ground: Ground, cells: Cells | None, minimum: float) -> Room:
    """Return the room of each area, no more than that of its groups."""
    import numpy as np

    from ...methods.quotas import Room

    people, had = (s[ground.usable].to_numpy() for s in (ground.people, ground.taken))
    room = Room.of(people, had, np.minimum(minimum, np.floor(people)))
    if cells is None:
        return room
    most = np.minimum(room.most, cells.most.sum(axis=1))
    return replace(room, most=most, least=np.minimum(room.least, most))


def _checked(total: int, least: float, most: float, minimum: int) -> int:
    """Return a number of replies to win that can be won.

    Raises:
        InputError: naming TOTAL or MINIMUM.
    """
    if total > most:
        raise InputError(
            tr(
                "TOTAL: {total:,} replies cannot be won; only {most:,} people are left who have "
                "not replied."
            ).format(total=total, most=int(most))
        )
    if total < least:
        raise InputError(
            tr(
                "TOTAL: {total:,} replies are too few; with MINIMUM {minimum:,} in each area "
                "{least:,} have to be won. Ask for more, or lower MINIMUM."
            ).format(total=total, minimum=minimum, least=int(least))
        )
    return total


# --- parity


def _weights(ground: Ground, rows: pd.Series, cells: Cells | None) -> Array:
    """Return what replies are shared out by: areas, or groups in areas where those are counted."""
    import numpy as np

    from ...methods.quotas import weights_for

    weights = weights_for(ground.asked.allocated, ground.people[rows].to_numpy())
    if cells is None or not cells.counted:
        return weights
    people = cells.people.to_numpy()
    sums = np.maximum(people.sum(axis=1), 1e-9)
    return people * (weights / sums)[:, None]


def _level(ground: Ground) -> Level:
    """Return fair shares at the present number of replies; quotas may be of some areas only."""
    rows = ground.measured
    cells = _cells(ground, rows) if ground.asked.groups else None
    counted = cells is not None and cells.counted
    had = cells.had.to_numpy() if cells is not None and counted else ground.taken[rows]
    return Level(float(had.sum()), float(_weights(ground, rows, cells).sum()))


def _for_parity(
    ground: Ground, cells: Cells | None, pause: Callable[[], None]
) -> tuple[Array, Array | None]:
    weights = _weights(ground, ground.usable, cells)
    pause()
    if cells is not None and cells.counted:
        return _parity_of_cells(ground, cells, weights)
    room = _room(ground, cells, ground.asked.minimum)
    total = _missing(ground, weights, room.low, room.high, room.had)
    _checked(total, room.least.sum(), room.most.sum(), ground.asked.minimum)
    won = room.won(weights, total)
    return won, None if cells is None else _within(cells, won)


def _missing(ground: Ground, weights: Array, low: Array, high: Array, had: Array) -> int:
    """Return TOTAL, or how many replies are missing at as many replies as there are."""
    from ...methods.quotas import at_level

    if ground.asked.total is not None:
        return ground.asked.total
    level = _level(ground)
    if not level.replies > 0:
        raise InputError(
            tr(
                "No reply says a group of GROUP_FIELDS, so nothing tells how many are missing. Say "
                "with TOTAL how many to win, or leave GROUP_FIELDS out."
            )
        )
    filled = at_level(weights, low, high, level.replies / level.weights)
    return math.ceil(round(float((filled - had).sum()), 6))


def _parity_of_cells(ground: Ground, cells: Cells, table: Array) -> tuple[Array, Array]:
    """Return replies to win where shares of groups in areas are to be fair, all at once."""
    import numpy as np

    from ...methods.quotas import Room, fill, raised, round_table

    people, had = cells.people.to_numpy(), cells.had.to_numpy()
    room = Room.of(people, had)
    least = np.minimum(ground.asked.minimum, np.floor(people.sum(axis=1)))
    low = raised(table, room.low, room.high, least)
    high = np.maximum(low, np.where(table > 0, room.high, low))
    total = _missing(ground, table, low, high, had)
    needed = math.ceil(round(float((low - had).sum()), 6))
    _checked(total, needed, float((high - had).sum()), ground.asked.minimum)
    parts = (part.ravel() for part in (table, low, high))
    filled = fill(*parts, had.sum() + total).reshape(people.shape)
    won = round_table(np.clip(filled - had, 0, room.most), total)
    return won.sum(axis=1), won


def _within(cells: Cells, won: Array) -> Array:
    """Return the replies to win of each area shared out to its groups.

    So that those of the area in the end are as its residents, as far as replies had let them.
    """
    import numpy as np

    from ...methods.quotas import fill, round_table

    people, had, most = cells.people.to_numpy(), cells.had.to_numpy(), cells.most
    most = np.where(people > 0, most, 0)
    filled = fill(people, had, had + most, had.sum(axis=1) + won)
    return round_table(np.clip(filled - had, 0, most), int(won.sum()))


# --- a margin


def _for_margin(
    ground: Ground, cells: Cells | None, pause: Callable[[], None]
) -> tuple[Array, Array | None]:
    import numpy as np

    from ...methods.quotas import to_meet, weights_for
    from ...methods.sampling import sample_size

    asked = ground.asked
    rows = ground.usable
    people, shares = (s[rows].to_numpy() for s in (ground.people, ground.shares))
    margin, confidence = asked.margin / 100, asked.confidence / 100
    weights = weights_for(asked.allocated, people, shares)
    if asked.total is not None:
        room = _room(ground, cells, asked.minimum)
        _checked(asked.total, room.least.sum(), room.most.sum(), asked.minimum)
        won = room.won(weights, asked.total)
    elif asked.precision == AREA:
        needed = sample_size(np.floor(people), shares, margin, confidence)
        needed = np.where(np.floor(people) > 0, needed, people)
        won = _room(ground, cells, np.maximum(needed, asked.minimum)).least
    elif asked.precision == GROUP and cells is not None:
        table = _margin_of_groups(ground, cells, pause)
        return table.sum(axis=1), table
    else:
        room = _room(ground, cells, np.maximum(asked.minimum, 1))
        won = to_meet(margin, room, people, weights, shares, confidence, pause)
    return won, None if cells is None else _within(cells, won)


def _margin_of_groups(ground: Ground, cells: Cells, pause: Callable[[], None]) -> Array:
    """Return replies to win for the share of each group, all areas together, to be known so well.

    A minimum of an area that the groups do not reach is shared out to them as its residents.
    """
    import numpy as np

    from ...methods.quotas import Room, fill, round_table, to_meet, weights_for

    asked = ground.asked
    people, had = cells.people.to_numpy(), cells.had.to_numpy()
    shares = ground.shares[ground.usable].to_numpy()
    won = np.zeros(people.shape)
    for at, name in enumerate(cells.people):
        there = people[:, at] >= 1
        if name == REST or not there.any():
            continue
        size, expected = people[there, at], shares[there]
        room = Room.of(size, had[there, at], 1)
        weights = weights_for(asked.allocated, size, expected)
        won[there, at] = to_meet(
            asked.margin / 100, room, size, weights, expected, asked.confidence / 100, pause
        )
    have, most = had + won, np.where(people > 0, cells.most - won, 0)
    least = np.minimum(asked.minimum, np.floor(have.sum(axis=1) + most.sum(axis=1)))
    more = np.maximum(np.ceil(least - have.sum(axis=1)), 0)
    filled = fill(people, have, have + most, have.sum(axis=1) + more)
    return np.asarray(won + round_table(np.clip(filled - have, 0, most), int(more.sum())))


# --- the result


def _in_full(ground: Ground, cells: Cells | None, won: Array, table: Array | None) -> Planned:
    """Return the quotas as rows of the layer, with what they would come to."""
    import numpy as np
    import pandas as pd

    from ...methods.quotas import dissimilarity, to_ask
    from ...methods.sampling import margin_of, sample_size, stratified_margin

    asked, rows, index = ground.asked, ground.usable, ground.people.index
    people, taken, shares = (
        s[rows].to_numpy() for s in (ground.people, ground.taken, ground.shares)
    )
    counted = _counted(cells, taken, asked)

    def spread(values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=index[rows]).reindex(index)

    by_group = pd.DataFrame(index=index)
    if cells is not None and table is not None:
        by_group = pd.DataFrame(table, columns=cells.people.columns, index=index[rows])
        by_group = by_group.where(cells.known).reindex(index)
    invite, short = None, pd.Series(False, index=index)
    if asked.rate:
        ask, few = to_ask(won, asked.rate / 100, people - taken)
        invite, short = spread(ask), spread(few.astype(float)).eq(1)
    margin, reached, groups, alone = None, math.nan, {}, math.nan
    level = asked.confidence / 100
    if not asked.parity:
        margin = 100 * spread(margin_of(counted + won, people, shares, level))
        reached = 100 * stratified_margin(counted + won, people, shares, level)
        if asked.precision == GROUP and cells is not None and table is not None:
            groups = _group_margins(cells, table, shares, level)
        everyone = np.floor(people.sum())
        expected = np.average(shares, weights=people)
        alone = float(sample_size(everyone, expected, asked.margin / 100, level))
    have = spread(counted)
    if ground.had is None:
        have = have * math.nan
    level_of, chance = None, math.nan
    if asked.parity and asked.total is None:
        level_of = _level(ground)
        chance = _by_chance(ground, cells, level_of)
    before, after = _apart(ground, cells, counted, won, table, dissimilarity)
    return Planned(
        ground=ground,
        base=ground.people.where(rows),
        have=have.where(~ground.hidden),
        target=spread(counted + won),
        quota=spread(won),
        invite=invite,
        short=short,
        cells=cells,
        by_group=by_group,
        margin=margin,
        reached=reached,
        group_reached=groups,
        alone=alone,
        level=level_of,
        chance=chance,
        before=before,
        after=after,
        kept=_is_kept(table),
    )


def _counted(cells: Cells | None, taken: Array, asked: Asked) -> Array:
    """Return the replies that count: those that say a group, where shares of groups are meant."""
    of_groups = asked.parity or (asked.precision == GROUP and asked.total is None)
    if cells is None or not of_groups or not cells.counted:
        return taken
    return cells.had.to_numpy().sum(axis=1)


def _group_margins(cells: Cells, table: Array, shares: Array, level: float) -> dict[str, float]:
    from ...methods.sampling import stratified_margin

    people, replies = cells.people.to_numpy(), cells.had.to_numpy() + table
    found = {}
    for at, name in enumerate(cells.people):
        there = people[:, at] >= 1
        if name != REST and there.any():
            reached = stratified_margin(replies[there, at], people[there, at], shares[there], level)
            found[str(name)] = 100 * reached
    return found


def _apart(ground, cells, counted, won, table, dissimilarity) -> tuple[float, float]:
    """Return how far replies are from the people, before and in the end."""
    if not ground.asked.parity or ground.asked.top_only:
        return math.nan, math.nan
    if cells is not None and cells.counted:
        people, had = cells.people.to_numpy(), cells.had.to_numpy()
        return dissimilarity(had, people), dissimilarity(had + table, people)
    people = ground.people[ground.usable].to_numpy()
    return dissimilarity(counted, people), dissimilarity(counted + won, people)


def _by_chance(ground: Ground, cells: Cells | None, level: Level) -> float:
    """Return the replies that would be missing if everybody replied alike."""
    from ...methods.quotas import missing_by_chance

    if ground.asked.allocated != PROPORTIONAL:
        return math.nan
    return missing_by_chance(level.expected(_weights(ground, ground.usable, cells)))


def _is_kept(table: Array | None) -> bool:
    from ...methods.quotas import MOST_CELLS

    return table is None or table.size <= MOST_CELLS
