"""A table of travel times: its columns known by their values, a row for each area and venue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..messages import Log, quoted, some, tr
from .sites import Sites

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ...layers.areas import Areas
    from ...layers.tables import Table

TIME = re.compile(r"time|minut|\bmins?\b|_mins?(_|$)|travel|duration|distance|metres|\bkm\b")
FAR_ABOVE = 4  # a reach so many times the longest time is one in other units
MANY = 8  # names in a message


@dataclass(frozen=True)
class Matrix:
    """Travel times, a row for each pair of area and venue that has one.

    Attributes:
        area: row of the area.
        venue: row of the venue.
        time: as the table has it.
        areas: which areas stand in the table.
        heading: of the column of times.
        name: of the table.
    """

    area: NDArray[Any]
    venue: NDArray[Any]
    time: NDArray[Any]
    areas: NDArray[Any]
    heading: str
    name: str


@dataclass(frozen=True)
class _Columns:
    """Positions of the columns, and by which field of the venues they are named."""

    area: int
    venue: int
    by: str
    time: int


def read_matrix(table: Table, areas: Areas, sites: Sites, log: Log) -> Matrix:
    """Return the travel times of a table.

    Raises:
        InputError: naming what is wrong: a column that is not there, a venue without a row, a
            cell that is no number, two times for one pair.
    """
    import pandas as pd

    from ...layers.values import Cells, numbers, texts

    codes = pd.Index(areas.codes)
    at = _heading_row(table, codes)
    headings = [cell.strip() for cell in table.head[at]]
    raw = table.read(at, list(range(len(headings))), [], repeated=True)
    cells = pd.DataFrame({n: texts(raw[n]).astype(object) for n in range(len(headings))})
    columns = _columns(cells, headings, codes, sites, table.name)
    by = "" if not columns.by else tr(" (their {field})").format(field=columns.by)
    log(
        tr("{table}: areas in the column {area}, venues in {venue}{by}, times in {time}.").format(
            table=table.name,
            area=headings[columns.area],
            venue=headings[columns.venue],
            by=by,
            time=headings[columns.time],
        )
    )
    odd = Cells()
    time = numbers(cells[columns.time], raw["row"], headings[columns.time], odd)
    _refuse_wrong(time, raw["row"], odd, table.name, headings[columns.time])
    area = _rows_of(cells[columns.area].str.upper(), list(codes))
    venue = _rows_of(_folded(cells[columns.venue]), list(_folded(_keys(sites, columns.by))))
    known = area.notna() & venue.notna()
    _tell_strangers(cells, columns, area, venue, table.name, log)
    _refuse_lost(venue, sites, table.name, headings[columns.venue])
    long = pd.DataFrame({"area": area, "venue": venue, "time": time, "row": raw["row"]})[known]
    long = long[long["time"].notna()]
    _refuse_two(long, areas, sites, table.name)
    long = long.drop_duplicates(["area", "venue"])
    there = pd.Series(range(len(codes))).isin(area[known].astype(int)).to_numpy()
    return Matrix(
        long["area"].to_numpy(dtype="int64"),
        long["venue"].to_numpy(dtype="int64"),
        long["time"].to_numpy(dtype=float),
        there,
        headings[columns.time],
        table.name,
    )


def refuse_other_unit(matrix: Matrix, reach: float) -> None:
    """Raise for a reach far above every time: one in metres, or left as it was."""
    longest = matrix.time.max() if len(matrix.time) else 0
    if reach > FAR_ABOVE * longest:
        raise InputError(
            tr(
                "REACH is {reach:g}, and no time in {table} is above {longest:g}: everybody would "
                "be reached. With MATRIX, give REACH in the unit of its column {heading}, minutes "
                "as a rule."
            ).format(
                reach=reach, table=matrix.name, longest=longest, heading=quoted(matrix.heading, 40)
            )
        )


def _heading_row(table: Table, codes: pd.Index) -> int:
    """Return the row above the first that holds an area or a number."""
    known = set(codes.dropna())

    def is_data(row: Sequence[str]) -> bool:
        cells = [cell.strip() for cell in row]
        return any(cell.upper() in known for cell in cells) or (
            len([cell for cell in cells if cell]) > 2 and any(map(_is_number, cells))
        )

    first = next((at for at, row in enumerate(table.head) if is_data(row)), None)
    if not first:
        raise InputError(
            tr(
                "{table}: no row of headings was found above rows with area codes and times. "
                "MATRIX needs three columns with headings: area code, venue, travel time."
            ).format(table=table.name)
        )
    return first - 1


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _columns(
    cells: pd.DataFrame, headings: list[str], codes: pd.Index, sites: Sites, name: str
) -> _Columns:
    different = {at: set(cells[at].unique()) for at in cells}
    known = set(codes.dropna())
    hits = {at: len(known & {text.upper() for text in texts}) for at, texts in different.items()}
    area = max(hits, key=lambda at: hits[at])
    if not hits[area]:
        raise InputError(
            tr(
                "{table}: no column holds codes of these areas ({example}, say). Its headings: "
                "{headings}."
            ).format(
                table=name,
                example=next(iter(codes.dropna()), ""),
                headings=some([f"'{one}'" for one in headings], MANY),
            )
        )
    others = [at for at in cells if at != area]
    venue, by = _venue_column({at: different[at] for at in others}, sites, name, headings)
    return _Columns(area, venue, by, _time_column(cells, headings, [area, venue], name))


def _venue_column(
    different: dict[int, set[str]], sites: Sites, name: str, headings: list[str]
) -> tuple[int, str]:
    """Return the column that names most venues, and the field by which it names them."""
    fields = dict.fromkeys([sites.name_field, *sites.told.columns])
    best, most = (-1, ""), 0
    for by in fields:
        keys = {key for key in _folded(_keys(sites, by)) if key}
        for at, texts in different.items():
            found = len(keys & {text.casefold() for text in texts})
            if found > most:
                best, most = (at, by), found
    if not most:
        raise InputError(
            tr(
                "{table}: no column names the venues of {layer} ({example}, say), by a name or "
                "another of their fields. Its headings: {headings}."
            ).format(
                table=name,
                layer=sites.title,
                example=quoted(sites.names[0], 40),
                headings=some([f"'{one}'" for one in headings], MANY),
            )
        )
    keys = _folded(_keys(sites, best[1]))
    twice = sorted(_keys(sites, best[1])[keys.duplicated() & (keys != "")].unique())
    if twice:
        raise InputError(
            tr(
                "{table} names venues by {field}, and several venues are called {names} there. "
                "Give each a name of its own, in the layer and in the table."
            ).format(table=name, field=best[1], names=some(twice, MANY))
        )
    return best


def _keys(sites: Sites, by: str) -> pd.Series:
    import pandas as pd

    return sites.told[by] if by else pd.Series(sites.names, dtype=object)


def _folded(values: pd.Series) -> pd.Series:
    return values.str.strip().str.casefold()


def _time_column(cells: pd.DataFrame, headings: list[str], taken: list[int], name: str) -> int:
    """Return the column of times: the only one of numbers, or that which is called so."""
    import pandas as pd

    found = []
    for at in cells:
        if at in taken:
            continue
        text = cells[at].str.replace(",", "", regex=False)
        share = pd.to_numeric(text[text != ""], errors="coerce").notna().mean()
        if share > 0.5:  # the rest is named as wrong
            found.append(at)
    called = [at for at in found if TIME.search(headings[at].lower())]
    if len(found) > 1 and len(called) == 1:
        found = called
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            tr(
                "{table}: several columns could be the travel time: {headings}. Leave only one of "
                "them in the table."
            ).format(table=name, headings=some([f"'{headings[at]}'" for at in found], MANY))
        )
    raise InputError(
        tr(
            "{table}: no column of numbers is left for the travel time. Its headings: {headings}."
        ).format(table=name, headings=some([f"'{one}'" for one in headings], MANY))
    )


def _rows_of(values: pd.Series, known: list[Any]) -> pd.Series:
    """Return the row of each value among those known, missing for a stranger."""
    at = {value: row for row, value in enumerate(known) if isinstance(value, str) and value}
    return values.map(at)


def _refuse_wrong(time: pd.Series, rows: pd.Series, odd: Any, name: str, heading: str) -> None:
    if odd.wrong:
        row, _, text = odd.wrong[0]
        raise InputError(
            tr(
                "{table}, row {row}, column '{heading}': {text} is no number ({n} such cells). "
                "Mend it, or leave it blank where there is no way."
            ).format(table=name, row=row, heading=heading, text=quoted(text), n=len(odd.wrong))
        )
    negative = rows[time < 0]
    if len(negative):
        raise InputError(
            tr(
                "{table}, row {row}, column '{heading}': the time is negative ({n} such cells). "
                "Leave it blank where there is no way."
            ).format(table=name, row=int(negative.iloc[0]), heading=heading, n=len(negative))
        )


def _refuse_lost(venue: pd.Series, sites: Sites, name: str, heading: str) -> None:
    there = set(venue.dropna().astype(int))
    lost = [row for row in range(len(sites)) if row not in there]
    if lost:
        raise InputError(
            tr(
                "{table}: {n} venues stand in no row of the column {heading}: {names}. Add their "
                "rows, or leave these venues out."
            ).format(table=name, n=len(lost), heading=heading, names=sites.called(lost, MANY))
        )


def _refuse_two(long: pd.DataFrame, areas: Areas, sites: Sites, name: str) -> None:
    """Raise for two different times of one pair."""
    spread = long.groupby(["area", "venue"])["time"].transform("nunique") > 1
    if spread.any():
        pair = long[spread].iloc[0]
        area, venue = int(pair["area"]), int(pair["venue"])
        rows = long.loc[(long["area"] == area) & (long["venue"] == venue), "row"]
        raise InputError(
            tr(
                "{table}, rows {rows}: several times from {area} to {venue} ({n} such pairs). Keep "
                "one of each, of one time of day and one way of travelling."
            ).format(
                table=name,
                rows=some([int(row) for row in rows], 4),
                area=areas.codes.iloc[area],
                venue=quoted(sites.names[venue], 60),
                n=len(long[spread].drop_duplicates(["area", "venue"])),
            )
        )


def _tell_strangers(cells, columns, area, venue, name: str, log: Log) -> None:
    for at, known, what in (
        (columns.area, area, tr("areas that are not in the layer")),
        (columns.venue, venue, tr("venues that are not in the layer")),
    ):
        number = cells[at][known.isna() & (cells[at] != "")].nunique()
        if number:
            log(
                tr("{table}: rows of {n:,} {what} were passed over.").format(
                    table=name, n=number, what=what
                )
            )
