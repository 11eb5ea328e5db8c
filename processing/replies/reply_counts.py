"""Replies placed in areas, counted in all and by group, as they may be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...taxonomies.figures import figures_among
from ...taxonomies.replies import (
    PREFIX,
    TOTAL,
    TOTAL_TITLE,
    answerable,
    field_of,
    titles_of,
    unknown_of,
)
from ..inputs import Results, Source
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from .answers import Answers
    from .placing import Placing

# fields made of earlier replies begin so
MADE_OF_REPLIES = (PREFIX, "voice_", "sh_", "bench_", "cluster_", "quota_")


@dataclass(frozen=True)
class Counted:
    """The counts of areas, with what they are of."""

    frame: pd.DataFrame
    titles: dict[str, str]
    answers: Answers | None


def count_replies(placing: Placing, answers: Answers | None, level: str, areas: Areas) -> Counted:
    """Return the counts of replies of all areas, in all and by group.

    Areas in which replies cannot be told from those of others are missing.

    Args:
        placing: the area of each reply.
        answers: the group of each reply, None to count all alone.
        level: ``group`` or ``category``; with the latter groups are counted as well.
    """
    import numpy as np
    import pandas as pd

    number = len(areas.ids)
    placed = placing.at >= 0
    columns = {TOTAL: np.bincount(placing.at[placed], minlength=number)}
    titles = {TOTAL: TOTAL_TITLE}
    if answers:
        taxonomy = answers.taxonomy
        above = {c.id: c.parent for c in taxonomy.columns}
        categories = answerable(taxonomy, level)
        known = pd.Series(False, index=answers.groups.index)
        given = answers.groups.dropna().unique()
        for name in categories:
            mine = answers.groups.isin([one for one in given if _is_in(one, name, above)])
            known |= mine
            rows = placing.at[placed & mine.to_numpy()]
            columns[field_of(taxonomy, name)] = np.bincount(rows, minlength=number)
        rows = placing.at[placed & ~known.to_numpy()]
        columns[unknown_of(taxonomy)] = np.bincount(rows, minlength=number)
        titles |= {name: text for name, text in titles_of(taxonomy).items() if name in columns}
    frame = pd.DataFrame(columns).astype("Int64")
    frame.loc[placing.blind] = pd.NA
    return Counted(frame, titles, answers)


def _is_in(one: str, name: str, above: dict[str, str | None]) -> bool:
    """Return whether a category is another or lies under it."""
    at: str | None = one
    while at is not None and at != name:
        at = above.get(at)
    return at is not None


def shown_results(counted: Counted, rule: str, origin: Source, areas: Areas, log: Log) -> Results:
    """Return the counts as they may be shown, with what is said of them.

    Args:
        rule: how small counts are hidden.
        origin: where they come from; its fields are set here.
    """
    from ..hiding.protection import protected_frame

    taxonomies = [counted.answers.taxonomy] if counted.answers else []
    figures = figures_among(counted.frame.columns, taxonomies)
    frame = protected_frame(counted.frame, figures, rule, log)
    # apart, so that replies of another question counted later leave these groups with their rule
    groups = tuple(name for name in frame if name != TOTAL)
    sources = [replace(origin, fields=fields, suppression=rule)
               for fields in ((TOTAL,), groups) if fields]  # fmt: skip
    return Results(frame, counted.titles, sources, replaced=_earlier(counted, rule, areas, log))


def _earlier(counted: Counted, rule: str, areas: Areas, log: Log) -> Callable[[str], bool]:
    """Return a test for counts of an earlier run: those of the same replies may stay beside these.

    Where counts are hidden now, whatever was made of replies before would tell them.
    """
    import pandas as pd

    from ...layers.areas import read_columns

    names = [field.name() for field in areas.source.fields()]
    if rule != "none":
        return lambda name: name.lower().startswith(MADE_OF_REPLIES)
    if TOTAL not in names:
        return lambda name: name.lower().startswith(PREFIX)
    before = read_columns(areas.source, [TOTAL], areas.cancelled).reindex(areas.ids)[TOTAL]
    same = pd.to_numeric(before, errors="coerce").astype(float).to_numpy()
    now = counted.frame[TOTAL].to_numpy(dtype=float, na_value=float("nan"))
    others = [n for n in names if n.startswith(PREFIX) and n not in counted.frame]
    if pd.Series(same).equals(pd.Series(now)):
        prefix = counted.answers.taxonomy.prefix if counted.answers else " "
        return lambda name: name.lower().startswith(f"{PREFIX}{prefix}_")
    if others:
        log(
            tr("Counts of other replies that the areas carry are left out: {fields}.").format(
                fields=some(others, 20)
            )
        )
    return lambda name: name.lower().startswith(PREFIX)
