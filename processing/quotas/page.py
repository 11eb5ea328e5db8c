"""The quotas as a page: what is to be won, where, of whom, and what that assumes."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from ..attribution import source_line
from ..messages import tr
from ..ranking.page import Section, Table, write
from .asked import BASE, HAVE, INVITE, POINTS, QUOTA, TARGET, field_of
from .planned import Planned
from .results import frame_of, group_totals, groups_of
from .words import assumptions, caution, number, points, sentences, what

if TYPE_CHECKING:
    import pandas as pd

LISTED = 50  # areas listed on the page; TABLE and OUTPUT hold all


def write_page(path: Path, made: Planned, names: pd.Series) -> None:
    """Write the page: HTML, or plain text for a name that ends in ``.txt``; whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    first, meant = what(made), assumptions(made)
    rest = [line for line in sentences(made) if line != first and line not in meant]
    parts = [Section(tr("What is to be won"), [first, *rest])]
    if made.cells is not None:
        parts.append(Section(tr("By group, all areas together"), table=_groups(made)))
    parts.append(Section(tr("By area"), table=_areas(made, names)))
    parts.append(Section(tr("What this assumes"), lines=meant))
    attribution = source_line(
        " ".join(dict.fromkeys(s.get("attribution", "") for s in made.ground.compared.sources))
    )
    if caution(made):
        parts.append(Section(tr("Small counts"), [caution(made)]))
    if attribution:
        parts.append(Section(tr("Sources"), [attribution]))
    write(path, tr("Quotas: replies to win"), parts)


def _shown(value: float) -> str:
    return number(value) if isfinite(value) else "–"


def _share(value: float) -> str:
    return f"{value:.1f}" if isfinite(value) else "–"


def _groups(made: Planned) -> Table:
    totals, titles = group_totals(made), groups_of(made)
    rows = [
        [
            titles[name],
            *(_shown(row["people"]), _share(row["share"]), _shown(row["had"])),
            *(_share(row["had_share"]), _shown(row["quota"]), _share(row["target_share"])),
            *([_margin(made, name)] if made.group_reached else []),
        ]
        for name, row in zip(totals.index, totals.to_dict("records"))
    ]
    headings = [
        *(tr("Group"), tr("People"), tr("% of people"), tr("Replies had"), tr("% of replies had")),
        *(tr("Replies to win"), tr("% of replies in the end")),
        *([tr("Margin, ± points")] if made.group_reached else []),
    ]
    caption = tr("Groups. A dash: replies by group are not used, or not known.")
    return Table(caption, headings, rows)


def _margin(made: Planned, name: str) -> str:
    value = made.group_reached.get(name, float("nan"))
    return points(value) if isfinite(value) else "–"


def _areas(made: Planned, names: pd.Series) -> Table:
    frame = frame_of(made)
    frame = frame[frame[QUOTA].notna()].astype(float)
    order = frame.sort_values(QUOTA, ascending=False, kind="stable")
    titles = groups_of(made)
    columns = {
        BASE: tr("People"),
        HAVE: tr("Replies had"),
        TARGET: tr("Replies in the end"),
        QUOTA: tr("Replies to win"),
        INVITE: tr("People to ask"),
    }
    columns = {name: text for name, text in columns.items() if name in frame}
    columns |= {name: title for name, title in _group_fields(titles).items() if name in frame}
    rows = [
        [
            str(names[at]),
            *(_shown(row[name]) for name in columns),
            *([points(row[POINTS])] if POINTS in row else []),
        ]
        for at, row in zip(order.index[:LISTED], order.head(LISTED).to_dict("records"))
    ]
    headings = [
        tr("Area"),
        *columns.values(),
        *([tr("Margin, ± points")] if POINTS in frame else []),
    ]
    caption = tr("Areas, those with most to win first.")
    if len(order) > LISTED:
        caption = tr(
            "The first {n} of {all:,} areas, those with most to win first; the layer and the table "
            "hold all."
        ).format(n=LISTED, all=len(order))
    if (frame[HAVE].isna()).any():
        caption += " " + tr("A dash: not known, or hidden.")
    return Table(caption, headings, rows)


def _group_fields(titles: dict[str, str]) -> dict[str, str]:
    return {
        field_of(name): tr("To win: {group}").format(group=title) for name, title in titles.items()
    }
