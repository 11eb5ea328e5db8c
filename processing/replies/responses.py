"""Replies to a survey, read from a file or a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import LayerTable, Table
from ...taxonomies import areas as area_names
from ...taxonomies.areas import may_be_personal
from ...taxonomies.headings import plain
from ...taxonomies.postcodes import compact, is_postcode, mostly_postcodes
from ..messages import Log, some, tr
from .postcodes import axes_among

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...layers.places import Points

MOSTLY = 0.9  # of the cells of a column that are area codes, to take it for one of these
POINTS, POSTCODES, CODES = "points", "postcodes", "codes"
MANY = 30  # headings in a message


@dataclass(frozen=True)
class Asked:
    """The headings that somebody named, empty where they are to be found."""

    postcode: str
    code: str
    group: str


@dataclass(frozen=True)
class Replies:
    """Replies as read, a row each.

    Attributes:
        name: of the file or layer.
        way: by what they are placed: points, postcodes or codes.
        heading: of the column with postcodes or codes; empty for points.
        rows: the row of the file, or the number of the feature, of each.
        places: postcodes or codes as text, blank where there is none.
        groups: what they answered in the column asked for, None where none was.
        empty: rows of the file in which nothing stands, which are no replies.
    """

    name: str
    way: str
    heading: str
    rows: pd.Series
    places: pd.Series
    groups: pd.Series | None
    empty: int = 0


@dataclass(frozen=True)
class Opened:
    """A table, and what a layer has besides.

    Attributes:
        table: with a row for each reply, or each postcode.
        points: of a layer of points, in the order of its rows; None for any other.
        ids: of the features of a layer; None for a file, which counts its rows.
    """

    table: Table
    points: Points | None = None
    ids: Sequence[int] | None = None


def read_replies(opened: Opened, asked: Asked, areas: Areas, has_lookup: bool, log: Log) -> Replies:
    """Return the replies of a file or layer.

    Points place themselves unless a column is named.

    Args:
        opened: the file or layer.
        asked: the headings that were named.
        areas: whose codes a column may hold.
        has_lookup: whether there is a lookup of postcodes, so that postcodes are looked for first.
        log: takes how the columns were found.

    Raises:
        InputError: for a heading that is not there, or when no column can be told to say where.
    """
    from ...layers.values import texts

    table, is_points = opened.table, opened.points is not None
    if asked.postcode and asked.code:
        raise InputError(
            tr("Replies are placed in one way: leave POSTCODE_FIELD or RESPONSE_CODE_FIELD empty.")
        )
    row = heading_row(table, [asked.postcode, asked.code, asked.group])
    headings = table.head[row]
    group = _position(table, row, asked.group, "GROUP_FIELD") if asked.group else None
    way, place = _way(table, row, is_points, asked, areas, has_lookup)
    wanted = [at for at in (place, group) if at is not None]
    frame, empty = _read(table, row, wanted)
    if opened.ids is not None:
        frame["row"] = list(opened.ids)
    if frame.empty:
        raise InputError(
            tr("{file}: there are headings and no replies below them.").format(file=table.name)
        )
    if place is not None:
        found = "" if asked.postcode or asked.code else " " + tr("(found by its values)")
        kinds = {POSTCODES: tr("postcodes"), CODES: tr("area codes")}
        log(
            tr("{file}: {n:,} replies, {kind} in the column {heading}{found}.").format(
                file=table.name,
                n=len(frame),
                kind=kinds[way],
                heading=_shown(headings[place]),
                found=found,
            )
        )
    else:
        log(tr("{file}: {n:,} replies, as points.").format(file=table.name, n=len(frame)))
    if empty:
        log(tr("{n:,} rows without a single entry are no replies.").format(n=empty))
    return Replies(
        table.name,
        way,
        headings[place].strip() if place is not None else "",
        frame["row"].reset_index(drop=True),
        (texts(frame[place]) if place is not None else frame["row"].map(str)).reset_index(
            drop=True
        ),
        texts(frame[group]).reset_index(drop=True) if group is not None else None,
        empty,
    )


def _shown(heading: str) -> str:
    return tr("without a name that can be shown") if may_be_personal(heading) else heading.strip()


# --- columns


def heading_row(table: Table, named: Sequence[str]) -> int:
    """Return the row with the headings named, else the first that is filled as headings are.

    Args:
        table: replies, with titles above the headings or without.
        named: headings that somebody named, empty where they did not.

    Raises:
        InputError: where the first row is a reply, whose words are not to be shown as headings.
    """
    wanted = {plain(name) for name in named if name}
    rows = table.head[:1] if isinstance(table, LayerTable) else table.head  # fields have names
    for number, row in enumerate(rows):
        if wanted and wanted <= {plain(cell) for cell in row}:
            return number
    filled = [sum(bool(cell.strip()) for cell in row) for row in table.head]
    # not the fullest: a reply may fill more cells than there are headings, as of "please specify"
    best = next((at for at, cells in enumerate(filled) if 2 * cells > max(filled)), 0)
    if _is_reply(table, best):
        raise InputError(
            tr(
                "{file}: there is no row of headings above the replies. Write a line of headings "
                "at the top of the file, such as postcode and ethnic group."
            ).format(file=table.name)
        )
    return best


def _is_reply(table: Table, row: int) -> bool:
    """Return whether a row is a reply: with a postcode, a code, or mostly cells as further down."""
    cells = [cell.strip() for cell in table.head[row]]
    if any(is_postcode(cell) or area_names.code_in(cell) == cell.upper() != "" for cell in cells):
        return True
    if isinstance(table, LayerTable):  # fields have names
        return False
    again = 0
    for at, cell in enumerate(cells):
        below = {other[at].strip() for other in table.head[row + 1 :] if at < len(other)} - {""}
        if cell.isdigit():
            again += all(other.isdigit() for other in below)
        else:  # a box to tick has its heading below, and nothing else
            again += cell in below and len(below) > 1
    return 2 * again > sum(map(bool, cells))


def _position(table: Table, row: int, heading: str, parameter: str) -> int:
    """Return where a heading stands; of those written alike the first."""
    headings = table.head[row]
    known = {plain(cell): at for at, cell in reversed([*enumerate(headings)])}
    if plain(heading) in known:
        return known[plain(heading)]
    there = [cell.strip() for cell in headings if cell.strip()]
    near = get_close_matches(plain(heading), [plain(cell) for cell in there], 3)
    text = tr("{parameter}: {file} has no column {heading}.").format(
        parameter=parameter, file=table.name, heading=heading
    )
    if near:
        nearest = [cell for cell in there if plain(cell) in near]
        text += " " + tr("The nearest: {names}.").format(names=some(nearest, 3))
    raise InputError(text + " " + tr("Its headings: {names}.").format(names=some(there, MANY)))


def _way(
    table: Table, row: int, is_points: bool, asked: Asked, areas: Areas, has_lookup: bool
) -> tuple[str, int | None]:
    """Return how replies are placed, and the column that says where."""
    if asked.postcode:
        return POSTCODES, _position(table, row, asked.postcode, "POSTCODE_FIELD")
    if asked.code:
        return CODES, _position(table, row, asked.code, "RESPONSE_CODE_FIELD")
    if is_points:
        return POINTS, None
    postcodes, codes = _candidates(table, row, areas)
    ways = [(POSTCODES, postcodes), (CODES, codes)]
    for way, found in ways if has_lookup else ways[::-1]:
        if len(found) == 1:
            return way, found[0]
        if found:
            raise InputError(
                tr(
                    "{file}: several columns hold {kind}: {headings}. Name the one to use as "
                    "{parameter}."
                ).format(
                    file=table.name,
                    kind=tr("postcodes") if way == POSTCODES else tr("area codes"),
                    headings=some([table.head[row][at].strip() for at in found]),
                    parameter="POSTCODE_FIELD" if way == POSTCODES else "RESPONSE_CODE_FIELD",
                )
            )
    there = [cell.strip() for cell in table.head[row] if cell.strip()]
    text = tr(
        "{file}: no column could be told to hold postcodes or area codes. Name it as "
        "POSTCODE_FIELD or RESPONSE_CODE_FIELD. Its headings: {headings}."
    ).format(file=table.name, headings=some(there, MANY))
    if axes := axes_among(table.head[row]):
        text += " " + tr(
            "{east} and {north} seem to be coordinates: make points of them with Layer > Add Layer "
            "> Add Delimited Text Layer, and choose that layer as RESPONSES."
        ).format(
            east=table.head[row][axes[0][0]].strip(), north=table.head[row][axes[0][1]].strip()
        )
    raise InputError(text)


def _candidates(table: Table, row: int, areas: Areas) -> tuple[list[int], list[int]]:
    """Return the columns of postcodes, and those of codes: of the areas' own level if any."""
    mine = set(areas.codes.dropna())
    level = area_names.level_of(mine)
    postcodes, codes, same = [], [], []
    for at in range(len(table.head[row])):
        cells = [r[at].strip() for r in table.head[row + 1 :] if at < len(r)]
        filled = [cell.upper() for cell in cells if compact(cell)]
        coded = [c for c in filled if c in mine or area_names.code_in(c) == c]
        if filled and len(coded) > MOSTLY * len(filled):
            codes.append(at)
            if (level and area_names.level_of(coded) == level) or mine & {*coded}:
                same.append(at)
        elif filled and mostly_postcodes(filled):
            postcodes.append(at)
    return postcodes, same or codes


# --- rows


def _read(table: Table, row: int, wanted: Sequence[int]) -> tuple[pd.DataFrame, int]:
    """Return columns as text with the number of each row, and how many rows hold nothing at all."""
    if isinstance(table, LayerTable):
        return table.read(row, list(wanted), []), 0
    # as figures, so that a file is read word for word: no row is skipped, no NA taken for blank
    frame = table.read(row, [], list(dict.fromkeys(wanted)))
    blank = _blank(frame, wanted)
    if not blank.any():
        return frame, 0
    everything = range(len(table.head[row]))
    whole = table.read(row, [], list(everything))
    empty = _blank(whole, everything)
    return frame[~empty.to_numpy()], int(empty.sum())


def _blank(frame: pd.DataFrame, columns: Sequence[int]) -> pd.Series:
    """Return by row whether nothing stands in any of some columns."""
    import pandas as pd

    blank = pd.Series(True, index=frame.index)
    for at in columns:
        column = frame[at]
        blank &= column.isna() | (column.astype(str).str.strip() == "")
    return blank
