"""Lookups of postcodes: where each lies, by the codes of areas or by coordinates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies import areas as area_names
from ...taxonomies.catalogue import catalogue
from ...taxonomies.headings import names_of_columns, plain
from ...taxonomies.model import Taxonomy
from ...taxonomies.postcodes import compacted, is_postcode, mostly_postcodes
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd
    from qgis.core import QgsCoordinateReferenceSystem

    from ...layers.areas import Areas
    from ...layers.places import Points

ROLE = "postcodes"  # of the tables of the catalogue that are such lookups
NATIONAL_GRID, DEGREES = "EPSG:27700", "EPSG:4326"
IRISH = "BT"  # postcodes whose coordinates are those of the Irish grid
# plain headings of coordinates, east before north, and what they are of; the first that is there
AXES = (
    (NATIONAL_GRID, ("eastings", "easting", "oseast1m", "east1m", "bng e"),
     ("northings", "northing", "osnrth1m", "north1m", "bng n")),
    (DEGREES, ("longitude", "long", "lon", "lng"), ("latitude", "lat")),
)  # fmt: skip
RANGES = {NATIONAL_GRID: ((0, 700_000), (0, 1_300_000)), DEGREES: ((-180, 180), (-90, 90))}
NOT_THERE = 99.0  # a latitude from which the directories mean that there is none
# what says that a postcode has no place: the heading and the number
QUALITY = {"positional quality indicator": 90, "osgrdind": 9, "gridind": 9}
# what a heading of codes of a level holds; of many columns only these are read
MARKS = {
    "LSOA": ("lsoa",),
    "MSOA": ("msoa",),
    "output area": ("oa",),
    "ward": ("wd", "ward"),
    "local authority": ("lad", "laua", "ltla", "district", "authority"),
}
SEVERAL = 4  # headings of a published lookup, to take a table for it
FEW = 3  # columns of codes that are read whatever their headings say
CODE_POINT = ("Postcode", "Positional_quality_indicator", "Eastings", "Northings")


@dataclass(frozen=True)
class Lookup:
    """Where postcodes lie.

    Attributes:
        frame: index = compact postcodes, each once; columns code (missing where there is none),
            x and y (NaN where there are none).
        code_heading: of the codes; empty where they are of no use for these areas.
        crs: of the coordinates, None where there are none.
        name: of the file.
        taxonomy: what it was recognised as, None for a lookup of one's own.
    """

    frame: pd.DataFrame
    code_heading: str
    crs: QgsCoordinateReferenceSystem | None
    name: str
    taxonomy: Taxonomy | None

    @property
    def title(self) -> str:
        """Return what it is called for people."""
        return f"{self.taxonomy.title} ({self.name})" if self.taxonomy else self.name


@dataclass(frozen=True)
class _Columns:
    """Positions in the table; empty where there is none."""

    row: int
    postcode: int
    codes: dict[int, str]
    axes: tuple[int, ...] = ()
    crs: str = ""
    quality: tuple[int, ...] = ()
    worst: int = 0


def read_lookup(
    table: Table, points: Points | None, areas: Areas, others: Collection[str], log: Log
) -> Lookup:
    """Return where postcodes lie, by a table or by a layer of points.

    Args:
        table: with a column of postcodes, and codes of areas or coordinates.
        points: its geometries where it is a layer of points, in the order of its rows.
        areas: in which postcodes are to be found.
        others: codes of other areas that are known to lead to these.
        log: takes what the lookup is.

    Raises:
        InputError: where postcodes or places cannot be found in it, or a postcode has two places.
    """
    import pandas as pd
    from qgis.core import QgsCoordinateReferenceSystem

    from ...layers.values import texts

    columns = _columns(table, areas, bool(others), points is not None)
    figures = [*columns.axes, *columns.quality]
    raw = table.read(columns.row, [columns.postcode, *columns.codes], figures)
    if columns.row < 0:  # without headings the first line of the file is the first row
        raw["row"] = range(1, len(raw) + 1)
    code = _code_column(raw, columns, areas, others)
    frame = pd.DataFrame(
        {
            "postcode": compacted(texts(raw[columns.postcode])),
            "code": texts(raw[code], upper=True) if code is not None else "",
            "row": raw["row"],
        }
    )
    frame["x"], frame["y"] = _coordinates(raw, columns, points, frame["postcode"], table)
    frame = frame[frame["postcode"] != ""]
    _refuse_two_places(frame, table)
    frame = frame.drop_duplicates("postcode").set_index("postcode")
    crs = points.crs if points else QgsCoordinateReferenceSystem(columns.crs)
    there = bool(points or columns.axes)
    heading = columns.codes[code] if code is not None else ""
    if not heading and not there:
        raise InputError(
            tr(
                "{table}: its codes are of none of the areas, and it has no coordinates. Take a "
                "lookup of the same level (or with Eastings and Northings) that covers the areas."
            ).format(table=table.name)
        )
    found = Lookup(
        frame.assign(code=frame["code"].where(frame["code"] != "")),
        heading,
        crs if there else None,
        table.name,
        _taxonomy(table, columns.row),
    )
    _say(found, log)
    return found


def _columns(table: Table, areas: Areas, any_level: bool, is_layer: bool) -> _Columns:
    """Return where postcodes, codes and coordinates stand."""
    if is_code_point_without_headings(table.head):
        return _Columns(-1, 0, {}, (2, 3), NATIONAL_GRID, (1,), 90)
    row, postcode = _postcode_column(table)
    headings = table.head[row]
    at = {plain(cell): position for position, cell in reversed([*enumerate(headings)])}
    codes = _codes_among(table.head[row + 1 :], headings, areas, any_level)
    quality = [(at[name], worst) for name, worst in QUALITY.items() if name in at][:1]
    more = {"quality": (quality[0][0],), "worst": quality[0][1]} if quality else {}
    if is_layer:
        return _Columns(row, postcode, codes, **more)
    if axes := axes_among(headings):
        return _Columns(row, postcode, codes, *axes, **more)
    if not codes:
        raise InputError(
            tr(
                "{table}: it has postcodes, but neither a column of area codes nor Eastings and "
                "Northings (or Longitude and Latitude). Its headings: {headings}."
            ).format(table=table.name, headings=some([h for h in headings if h.strip()], 20))
        )
    return _Columns(row, postcode, codes)


def axes_among(headings: Sequence[str]) -> tuple[tuple[int, ...], str] | None:
    """Return where two headings of coordinates stand, east before north, and what they are of."""
    at = {plain(cell): position for position, cell in reversed([*enumerate(headings)])}
    for crs, east, north in AXES:
        pair = [next((at[name] for name in names if name in at), None) for names in (east, north)]
        if None not in pair:
            return tuple(pair), crs
    return None


def _postcode_column(table: Table) -> tuple[int, int]:
    """Return the row of the headings and the first column of postcodes below it."""
    for row, cells in enumerate(table.head[:-1]):
        for position, cell in enumerate(cells):
            below = [r[position] for r in table.head[row + 1 :] if position < len(r)]
            if any(below) and mostly_postcodes(below) and not is_postcode(cell):
                return row, position
    raise InputError(
        tr(
            "{table}: no column of it holds postcodes. POSTCODES is a lookup, such as Code-Point "
            "Open or an ONS postcode directory, with headings above its columns."
        ).format(table=table.name)
    )


def is_code_point_without_headings(head: Sequence[Sequence[str]]) -> bool:
    """Return whether these are rows of Code-Point Open as it is published: without headings."""
    first = head[0] if head else []
    return (
        len(first) >= len(CODE_POINT)
        and is_postcode(first[0])
        and all(cell.strip().isdigit() for cell in first[1 : len(CODE_POINT)])
    )


def _codes_among(
    sample: Sequence[Sequence[str]], headings: Sequence[str], areas: Areas, any_level: bool
) -> dict[int, str]:
    """Return columns that may hold the codes of the areas: those headed as their level first."""
    codes = set(areas.codes.dropna())
    found = {}
    for position, heading in enumerate(headings):
        cells = [row[position].strip().upper() for row in sample if position < len(row)]
        known = [cell for cell in cells if cell in codes or area_names.code_in(cell) == cell]
        if known and 2 * len(known) > sum(map(bool, cells)):
            found[position] = heading
    level = area_names.level_of(areas.codes.dropna())
    marks = MARKS.get(level.name, ()) if level else ()
    headed = {p: h for p, h in found.items() if plain(h).startswith(marks)} if marks else {}
    return found if any_level or len(found) <= FEW or not headed else headed


def _code_column(
    raw: pd.DataFrame, columns: _Columns, areas: Areas, others: Collection[str]
) -> int | None:
    """Return the column that holds most of the areas' codes, None where none holds any.

    Where none does, the one with most codes of other areas that lead to them.
    """
    from ...layers.values import texts

    different = {at: {*texts(raw[at], upper=True).unique()} for at in columns.codes}
    mine = {*areas.codes.dropna()}
    same = {other for code in mine for other in area_names.same_place(code)}
    for wanted in (mine, same, {*others}):
        found = {at: len(wanted & values) for at, values in different.items()}
        best = max(found, key=lambda at: found[at], default=None)
        if best is not None and found[best]:
            return best
    return None


def _coordinates(
    raw: pd.DataFrame,
    columns: _Columns,
    points: Points | None,
    postcodes: pd.Series,
    table: Table,
) -> tuple[pd.Series, pd.Series]:
    """Return coordinates, missing where the lookup says that there are none."""
    import pandas as pd

    from ...layers.values import Cells, numbers

    nothing = pd.Series(float("nan"), index=raw.index)
    if not (points or columns.axes):
        return nothing, nothing
    cells = Cells()
    if points:
        x, y = (pd.Series(values, index=raw.index) for values in (points.x, points.y))
        none = x.isna()
    else:
        x, y = (numbers(raw[at], raw["row"], table.head[columns.row][at], cells)
                for at in columns.axes)  # fmt: skip
        none = ((x == 0) & (y == 0)) | postcodes.str.startswith(IRISH)
        none |= (y > NOT_THERE) if columns.crs == DEGREES else False
    for at in columns.quality:
        none |= numbers(raw[at], raw["row"], table.head[columns.row][at], cells) == columns.worst
    if cells.wrong:
        row, heading, _ = cells.wrong[0]
        raise InputError(
            tr(
                "{table}, row {row}, column '{heading}': this is no number ({n} such cells). Mend "
                "it, or take the lookup as it was downloaded."
            ).format(table=table.name, row=row, heading=heading, n=len(cells.wrong))
        )
    x, y = x.mask(none), y.mask(none)
    if not points:
        _refuse_off_grid(x, y, raw["row"], columns, table)
    return x, y


def _refuse_off_grid(x, y, rows, columns: _Columns, table: Table) -> None:
    """Raise for numbers that cannot be what their headings say."""
    for values, at, (low, high) in zip((x, y), columns.axes, RANGES[columns.crs]):
        off = values.notna() & ~values.between(low, high)
        if off.any():
            raise InputError(
                tr(
                    "{table}, row {row}: the column '{heading}' is taken for coordinates in "
                    "{crs}, and {n:,} of its numbers cannot be that. Head the columns as what "
                    "they are: Eastings and Northings in metres, or Longitude and Latitude."
                ).format(
                    table=table.name,
                    row=int(rows[off].iloc[0]),
                    heading=table.head[max(columns.row, 0)][at] if columns.row >= 0 else at + 1,
                    crs=columns.crs,
                    n=int(off.sum()),
                )
            )


def _refuse_two_places(frame: pd.DataFrame, table: Table) -> None:
    """Raise for a postcode of two places; the same row twice does no harm."""
    again = frame[frame["postcode"].duplicated(keep=False)]
    if again.empty:
        return
    different = again.drop_duplicates(["postcode", "code", "x", "y"])
    twice = different[different["postcode"].duplicated(keep=False)]
    if len(twice):
        first = twice[twice["postcode"] == twice["postcode"].iloc[0]]["row"]
        raise InputError(
            tr(
                "{table}: {n:,} postcodes stand there more than once with different places, first "
                "in rows {rows}. Keep one row for each."
            ).format(
                table=table.name,
                n=twice["postcode"].nunique(),
                rows=some([int(row) for row in first], 4),
            )
        )


def _taxonomy(table: Table, row: int) -> Taxonomy | None:
    """Return the lookup of the catalogue that a table is, None for one of one's own.

    By its headings alone: the smaller ones of the ONS name areas and have no coordinates.
    """
    headings = [plain(cell) for cell in (CODE_POINT if row < 0 else table.head[row])]
    best, most = None, SEVERAL - 1
    for taxonomy in catalogue():
        for shape in (shape for shape in taxonomy.shapes if shape.role == ROLE):
            names = names_of_columns(taxonomy, shape)
            found = len({names.find(heading) for heading in headings} - {None})
            if found > most:
                best, most = taxonomy, found
    return best


def _say(lookup: Lookup, log: Log) -> None:
    ways = []
    if lookup.code_heading:
        ways.append(tr("area codes in {heading}").format(heading=lookup.code_heading))
    if lookup.crs is not None:
        ways.append(tr("coordinates in {crs}").format(crs=lookup.crs.authid()))
    log(
        tr("{lookup}: {n:,} postcodes with {ways}.").format(
            lookup=lookup.title, n=len(lookup.frame), ways=tr(" and ").join(ways)
        )
    )
