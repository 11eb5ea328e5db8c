"""Which ward each area lies in: by a field of the areas, a lookup, or the wards' own shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..levels.lookups import Places, grouped, places_of
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...layers.tables import Table

CODES = ("CD", "CODE")  # how names of fields with codes end
NAMES = ("NM", "NAME")


@dataclass(frozen=True)
class Wards:
    """The wards of areas.

    Attributes:
        place: the ward of each area by its code, in the order of the areas; missing for none.
        names: code of a ward to its name.
        told: how an area's ward was told, and what does not fit, in sentences.
    """

    place: pd.Series
    names: Mapping[str, str]
    told: tuple[str, ...] = ()

    def name(self, code: str) -> str:
        """Return what a ward is called; its code where it has no name."""
        return self.names.get(code) or code


@dataclass(frozen=True)
class Ways:
    """The three ways to tell the ward of an area, in the order in which they count.

    Attributes:
        group_field: of the areas, empty for none.
        lookup: a table of areas and wards.
        shapes: the wards as polygons; a source of features.
        name_field: of the shapes, empty to find it.
        context: how to get from one reference system to another.
        progress: told 0 to 100.
    """

    group_field: str
    lookup: Table | None
    shapes: Any
    name_field: str
    context: Any
    progress: Callable[[float], None]

    @property
    def given(self) -> bool:
        """Return whether any is there."""
        return bool(self.group_field or self.lookup or self.shapes is not None)


def wards_of(areas: Areas, ways: Ways, log: Log) -> Wards:
    """Return the ward of each area.

    Raises:
        InputError: where no way is given, or none of the areas lies in a ward by it.
    """
    if ways.group_field:
        found = _of_places(grouped(areas, ways.group_field, log))
        how = tr("The ward of an area is that of its field {field}.").format(field=ways.group_field)
    elif ways.lookup is not None:
        found = _of_places(_by_lookup(areas, ways.lookup, log))
        how = tr("The ward of an area is that of the lookup {table}.").format(
            table=ways.lookup.name
        )
    elif ways.shapes is not None:
        found, how = _by_shape(areas, ways, log), ""
    else:
        raise InputError(
            tr(
                "An atlas of wards has to know in which ward each area lies. Give one of these: "
                "GROUP_FIELD, a field of the areas with their ward; LOOKUP, a table of areas and "
                "wards such as the published best-fit lookup; or WARDS, a layer of polygons. Or "
                "choose PAGES areas, which needs none of them."
            )
        )
    lost = int(found.place.isna().sum())
    if lost == len(found.place):
        raise InputError(
            tr("None of the {n:,} areas lies in a ward: are they of the same place?").format(n=lost)
        )
    told = [*filter(None, [how]), *found.told]
    if lost:
        told.append(
            tr("{n:,} areas lie in no ward and are on no page: {codes}.").format(
                n=lost, codes=some(list(areas.codes[found.place.isna().to_numpy()].dropna()), 6)
            )
        )
    for line in told:
        log(line)
    return Wards(found.place, found.names, tuple(told))


def _by_lookup(areas: Areas, table: Table, log: Log) -> Places:
    """Return the places of a lookup, its wards where it holds other places too."""
    headings = [cell.strip() for row in table.head for cell in row]
    wards = [one for one in headings if _is_ward(one) and one.upper().endswith(CODES)]
    wanted = wards[0] if len(dict.fromkeys(wards)) == 1 else ""
    try:
        return places_of(areas, table, wanted, log)
    except InputError as error:
        if "LOOKUP_FIELD" not in str(error):
            raise
        raise InputError(
            tr(
                "{table} holds several columns that could be wards: {headings}. Keep the column of "
                "the areas and those of the wards only."
            ).format(table=table.name, headings=some(list(dict.fromkeys(headings)), 12))
        ) from error


def _is_ward(heading: str) -> bool:
    """Return whether a heading is one of wards, as WD24CD and ward24_code are."""
    text = heading.upper()
    return text.startswith(("WD", "WARD"))


def _of_places(places: Places) -> Wards:
    import pandas as pd

    names = places.names.to_dict()
    return Wards(pd.Series(places.place, dtype=object), names)


def _by_shape(areas: Areas, ways: Ways, log: Log) -> Wards:
    """Return the wards in which the areas lie, by a point on the surface of each."""
    import pandas as pd

    from ...layers.surface import best_fit

    found, shapes = best_fit(areas, ways.shapes, ways.context, ways.progress, log)
    fields = [one.name() for one in ways.shapes.fields()]
    name = _field(fields, ways.name_field, NAMES)
    code = _field([one for one in fields if one != name], "", CODES)
    if ways.name_field and ways.name_field not in fields:
        raise InputError(
            tr("WARDS has no field {name}: choose one of its fields.").format(name=ways.name_field)
        )
    codes = [_cell(one, code) or _cell(one, name) or str(one.id()) for one in shapes]
    names = {mine: _cell(one, name) for mine, one in zip(codes, shapes)}
    place = pd.Series([codes[at] if at >= 0 else None for at in found.at], dtype=object)
    told = [
        tr("The ward of an area is that in which a point on its surface lies (best fit)."),
    ]
    if found.across.any():
        told.append(
            tr(
                "{n:,} areas lie across the border of their ward, with more than a tenth of their "
                "ground outside, and count whole in it: {codes}. A published best-fit lookup goes "
                "by where people live: give it as LOOKUP if there is one."
            ).format(n=int(found.across.sum()), codes=some(list(areas.codes[found.across]), 6))
        )
    return Wards(place, names, tuple(told))


def _field(fields: list[str], asked: str, ends: tuple[str, ...]) -> str:
    """Return the field asked for, else the likeliest one of codes or names of wards."""
    if asked:
        return asked
    likely = [one for one in fields if one.upper().endswith(ends)]
    return next((one for one in likely if _is_ward(one)), likely[0] if likely else "")


def _cell(feature: Any, field: str) -> str:
    from ...layers.values import as_text

    return as_text(feature[field]).strip() if field else ""
