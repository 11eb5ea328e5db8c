"""Lookups between areas, as published: smaller ones in larger, and those of 2011 and of 2021."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...layers.tables import Table
from ...taxonomies import areas as area_names
from ...taxonomies.catalogue import catalogue
from ...taxonomies.headings import Names, names_of_columns, plain
from ..inputs import DEFAULT_MATCH, vintage_of_areas
from ..messages import Log, quoted, some, tr
from ..same_places import one_code_each, recoded

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

# LAD24CD has its names in LAD24NM, ward24_code in ward24_name
NAMED = ((re.compile(r"CD(?=$|_)"), "NM"), (re.compile(r"code(?=$|_)", re.IGNORECASE), "name"))
MOSTLY = 0.9  # of the cells of a column that are published codes, to take it for one of codes


@dataclass(frozen=True)
class Places:
    """The places that areas lie in.

    Attributes:
        field: what the codes of the places are called.
        place: the place of each area, in the order of the areas; missing where it has none.
        year: 2011 or 2021 where the codes of a lookup tell that it is for these areas.
        name_field: what their names are called; empty where they have none.
        names: code of a place to its name.
        origin: where this was read, for messages.
    """

    field: str
    place: pd.Series
    name_field: str
    names: pd.Series
    origin: str
    year: int | None = None


@dataclass(frozen=True)
class Links:
    """A lookup between the areas of 2011 and 2021.

    Attributes:
        frame: columns source, target, change and weight, a row for each pair.
        source_field: the heading of the areas moved from.
        target_field: the heading of the areas moved to.
        name_field: the heading of their names; empty where the lookup has none.
        names: code of a target to its name.
        weight_field: the heading of the weights; empty where there are none.
        name: of the table.
    """

    frame: pd.DataFrame
    source_field: str
    target_field: str
    name_field: str
    names: pd.Series
    weight_field: str
    name: str


def name_beside(heading: str, headings: Iterable[str]) -> str:
    """Return the heading of the names of the places that a heading gives codes of, if any."""
    known = {plain(other): other for other in headings}
    for code, name in NAMED:
        beside = known.get(plain(code.sub(name, heading)))
        if beside and beside != heading:
            return beside
    return ""


def places_of(areas: Areas, table: Table, wanted: str, log: Log) -> Places:
    """Return the places that a lookup puts areas in.

    The column whose values are most of the areas' codes is that of the areas.

    Args:
        areas: the small areas.
        table: any table with a column of their codes.
        wanted: the heading of the places; empty to take the only column that can be.

    Raises:
        InputError: where the column cannot be told, or an area lies in several places.
    """
    import pandas as pd

    frame = _all_of(table, areas)
    codes = pd.Index(areas.codes.dropna())
    same = [other for code in codes for other in area_names.same_place(code)]
    mine = codes.append(pd.Index(same, dtype=object))
    found = {at: int(mine.isin(frame[at].str.upper()).sum()) for at in frame}
    key = max(found, key=lambda heading: found[heading], default="")
    if not found.get(key):
        raise InputError(
            tr(
                "{table}: none of its columns holds codes of the areas, such as {codes}. Its "
                "headings: {headings}."
            ).format(table=table.name, codes=some(list(codes), 2), headings=some(list(frame), 20))
        )
    keys = frame[key].str.upper()
    frame = frame.assign(**{key: keys.replace(recoded(codes, keys, table.name, log))})
    inside = frame[frame[key].isin(codes)]
    field = _asked(wanted, key, frame, table) if wanted else _larger(key, inside, table)
    inside = inside.assign(**{field: one_code_each(inside[field], table.name, log)})
    pairs = inside.loc[inside[field] != "", [key, field]].drop_duplicates()
    _refuse_several(table.name, key, field, pairs)
    name_field = name_beside(field, frame)
    names = _names(inside, field, name_field, table.name, log)
    log(
        tr("{table}: areas by {key}, added up to {field}.").format(
            table=table.name, key=key, field=field
        )
    )
    place = areas.codes.map(pairs.set_index(key)[field]).set_axis(range(len(areas.ids)))
    year = area_names.vintage_of(keys.unique())
    return Places(field, place, name_field, names, table.name, year)


def grouped(areas: Areas, field: str, log: Log) -> Places:
    """Return the places that a field of the areas themselves puts them in."""

    from ...layers.areas import read_columns
    from ...layers.values import texts

    headings = [one.name() for one in areas.source.fields()]
    if field not in headings:
        raise InputError(
            tr("The areas have no field {name}: choose one of its fields.").format(name=field)
        )
    name_field = name_beside(field, headings)
    columns = list(dict.fromkeys([field, *filter(None, [name_field])]))
    frame = read_columns(areas.source, columns, areas.cancelled).reindex(areas.ids).apply(texts)
    frame[field] = one_code_each(frame[field], areas.source.sourceName(), log)
    names = _names(frame, field, name_field, areas.source.sourceName(), log)
    place = frame[field].set_axis(range(len(areas.ids)))
    place = place.where(place != "")
    return Places(field, place, name_field, names, tr("the areas themselves"))


def check_places(places: Places, areas: Areas, min_match: float, log: Log) -> None:
    """Log the areas that lie in no place; raise where there are more than MIN_MATCH allows."""
    lost = places.place.isna().to_numpy()
    outside = list(areas.codes[lost].dropna())
    share = 100 * (1 - lost.mean())
    log(
        tr("{n:,} of {all:,} areas lie in {places:,} places ({share:.1f} %).").format(
            n=int((~lost).sum()), all=len(lost), places=places.place.nunique(), share=share
        )
    )
    if not lost.any():
        return
    here = vintage_of_areas(areas)
    other = here == 2021 and bool(outside) and all(map(area_names.made_in_2021, outside))
    other = (other and places.year is None) or (here == 2011 and places.year == 2021)
    if share >= min_match and not (other and min_match >= DEFAULT_MATCH):
        log(
            tr("Areas in no place, left out of all figures: {codes}.").format(
                codes=some(outside, len(outside)) or tr("they have no code")
            )
        )
        return
    log(tr("All areas in no place: {codes}").format(codes=some(outside, len(outside))))
    text = tr("{lookup}: {n:,} of {all:,} areas lie in no place: {codes}.").format(
        lookup=places.origin,
        n=int(lost.sum()),
        all=len(lost),
        codes=some(outside) or tr("they have no code"),
    )
    if other:
        text += " " + tr(
            "It is a lookup for areas of {theirs}, and these are of {here}: use one of {here}, or "
            "move the figures with convertareas."
        ).format(theirs=2011 if here == 2021 else 2021, here=here)
    raise InputError(
        text + " " + tr("Or lower MIN_MATCH, on purpose: they are then left out of all figures.")
    )


def links_in(table: Table, direction: str, weight: str) -> Links:
    """Return the pairs of areas in a lookup between 2011 and 2021.

    Args:
        table: the lookup as published.
        direction: ``2011to2021`` or ``2021to2011``.
        weight: the heading of the weights; empty to take the only known one, and anything
            that is no heading of the table for none.

    Raises:
        InputError: for a table that is none, lacks pieces of areas, or has several columns of
            weights.
    """
    import pandas as pd

    row, names = _between(table)
    headings = _headings(table, row)
    at = {
        name: [h for h in headings if names.find(plain(h)) == name]
        for name in ("source", "target", "change", "weight")
    }
    at["weight"] = _weights(table, headings, at["weight"], weight)
    earlier, later = at["source"][0], at["target"][0]
    wanted = [h for part in at.values() for h in part[:1]]
    name_fields = {h: name_beside(h, headings) for h in (earlier, later)}
    read = list(dict.fromkeys([*wanted, *filter(None, name_fields.values())]))
    raw = _read(table, row, headings, read)
    frame = pd.DataFrame(
        {
            "earlier": raw[earlier].str.upper(),
            "later": raw[later].str.upper(),
            "change": raw[at["change"][0]].str.upper() if at["change"] else "",
            "weight": _numbers(raw, at["weight"], table),
            "row": raw["row"],
        }
    )
    back = direction == "2021to2011"
    source, target = (later, earlier) if back else (earlier, later)
    frame["name"] = raw[name_fields[target]] if name_fields[target] else ""
    frame = frame[(frame["earlier"] != "") & (frame["later"] != "")]
    _refuse_twice(frame, table)
    refuse_best_fit(frame, table.name)
    frame = _with_change(frame.reset_index(drop=True))
    frame = frame.rename(
        columns={"later": "source", "earlier": "target"}
        if back
        else {"earlier": "source", "later": "target"}
    )
    return Links(
        frame[["source", "target", "change", "weight"]],
        source,
        target,
        name_fields[target],
        frame.drop_duplicates("target").set_index("target")["name"],
        "".join(at["weight"]),
        table.name,
    )


def _between(table: Table) -> tuple[int, Names]:
    """Return the row of headings of a lookup between years, and the names of its columns."""
    lookups = [(t, shape) for t in catalogue() for shape in t.shapes if shape.role == "lookup"]
    for number, row in enumerate(table.head):
        for taxonomy, shape in lookups:
            names = names_of_columns(taxonomy, shape)
            if {"source", "target"} <= {names.find(plain(cell)) for cell in row}:
                return number, names
    raise InputError(
        tr(
            "{table}: this is no lookup between areas of 2011 and 2021. It needs the code of each "
            "area in both years, headed as the publisher heads them: {headings}."
        ).format(
            table=table.name,
            headings=some(
                [f"{s.columns[0].label} + {s.columns[1].label}" for _, s in lookups], len(lookups)
            ),
        )
    )


def _weights(table: Table, headings: Sequence[str], known: Sequence[str], wanted: str) -> list[str]:
    """Return the heading of the weights to use, none where the table has none."""
    if wanted:
        return [h for h in headings if plain(h) == plain(wanted)][:1]
    if len(known) > 1:
        raise InputError(
            tr(
                "{table} has several columns of weights: {headings}. Name one as WEIGHT_FIELD."
            ).format(table=table.name, headings=some(list(known)))
        )
    return list(known)


def _numbers(raw: pd.DataFrame, weight: Sequence[str], table: Table) -> pd.Series:
    """Return weights as numbers, missing where there are none."""
    from ...layers.values import Cells, numbers

    if not weight:
        return raw["row"] * float("nan")
    cells = Cells()
    values = numbers(raw[weight[0]], raw["row"], weight[0], cells)
    wrong = cells.wrong or [
        (int(row), weight[0], str(value))
        for row, value in zip(raw["row"][values < 0], values[values < 0])
    ]
    if wrong:
        row, heading, text = wrong[0]
        raise InputError(
            tr(
                "{table}, row {row}, column '{heading}': {text} is no weight. Weights are numbers "
                "of people or households in each piece, 0 or more."
            ).format(table=table.name, row=row, heading=heading, text=quoted(text))
        )
    return values


def _with_change(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with U, S, M or X: as the lookup says, else by the shape of the links."""
    from ...methods.conversion import change_of

    if frame["change"].isin(list("USMX")).all():
        return frame
    return frame.assign(change=change_of(frame, "earlier", "later"))


def _refuse_twice(frame: pd.DataFrame, table: Table) -> None:
    twice = frame[frame.duplicated(["earlier", "later"])]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            tr(
                "{table}, row {row}: the pair {earlier} and {later} stands there a second time "
                "({n} such rows). Keep one row for each pair."
            ).format(
                table=table.name,
                row=int(first["row"]),
                earlier=first["earlier"],
                later=first["later"],
                n=len(twice),
            )
        )


def refuse_best_fit(frame: pd.DataFrame, name: str) -> None:
    """Raise for areas of another code that are said to be the same: pieces of them are lacking.

    Args:
        frame: columns earlier, later and row.
        name: of the lookup's file.
    """
    alone = ~frame["earlier"].duplicated(keep=False) & ~frame["later"].duplicated(keep=False)
    other = frame[alone & (frame["earlier"] != frame["later"])]
    if len(other):
        first = other.iloc[0]
        raise InputError(
            tr(
                "{table}, row {row}: {earlier} and {later} stand only there and have different "
                "codes ({n} such rows), so pieces of the area are not in the lookup. One by best "
                "fit gives all people of a split area to one of its pieces. Take the exact-fit "
                "lookup with all pieces, or the one with weights, whole."
            ).format(
                table=name,
                row=int(first["row"]),
                earlier=first["earlier"],
                later=first["later"],
                n=len(other),
            )
        )


def _all_of(table: Table, areas: Areas) -> pd.DataFrame:
    """Return all columns of a table under its headings, as text."""
    row = _heading_row(table, set(areas.codes.dropna()))
    headings = _headings(table, row)
    return _read(table, row, headings, headings).drop(columns="row")


def _heading_row(table: Table, codes: set[str]) -> int:
    """Return the row above the first that holds a code of the areas, or any published code."""
    for number, row in enumerate(table.head):
        cells = [cell.strip().upper() for cell in row]
        if any(cell in codes or area_names.code_in(cell) == cell for cell in cells if cell):
            filled = [n for n in range(number) if any(cell.strip() for cell in table.head[n])]
            if not filled:
                raise InputError(
                    tr("{table}: there is no row of headings above its codes.").format(
                        table=table.name
                    )
                )
            return filled[-1]
    return 0


def _headings(table: Table, row: int) -> list[str]:
    """Return the headings, each different; one that is blank is left out by its blank name."""
    seen: dict[str, int] = {}
    for at, cell in enumerate(table.head[row]):
        seen.setdefault(cell.strip() or f"({at + 1})", at)
    return list(seen)


def _read(table: Table, row: int, headings: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    """Return columns as text under their headings, with the number of each row."""
    import pandas as pd

    from ...layers.values import texts

    at: dict[str, int] = {}
    for position, cell in enumerate(table.head[row]):
        at.setdefault(cell.strip() or f"({position + 1})", position)
    frame = table.read(row, [at[heading] for heading in wanted], [], repeated=True)
    columns = {heading: texts(frame[at[heading]]) for heading in wanted}
    return pd.DataFrame({**columns, "row": frame["row"]})


def _asked(wanted: str, key: str, frame: pd.DataFrame, table: Table) -> str:
    """Return the heading of the places that was asked for."""
    for heading in frame:
        if plain(heading) == plain(wanted) and heading != key:
            return heading
    raise InputError(
        tr(
            "{table} has no column {wanted} to add up to (LOOKUP_FIELD). Its headings: {headings}."
        ).format(table=table.name, wanted=wanted, headings=some([h for h in frame if h != key], 40))
    )


def _larger(key: str, inside: pd.DataFrame, table: Table) -> str:
    """Return the only column of larger places, by its codes; else by texts that repeat."""
    others = [heading for heading in inside if heading != key]
    mine = area_names.level_of(inside[key])
    number = inside[key].nunique()
    coded = [h for h in others if _is_larger(inside[h], mine, number)]
    repeated = [
        h
        for h in others
        if (inside[h] != "").mean() > MOSTLY
        and inside[h].nunique() < number
        and not inside[[key, h]].drop_duplicates()[key].duplicated().any()
    ]
    fits = coded or repeated
    if len(fits) == 1:
        return fits[0]
    text = (
        tr("{table} holds several kinds of larger places: {headings}. Name one as LOOKUP_FIELD.")
        if fits
        else tr(
            "{table} holds no column of larger places that could be told. Name one of its headings "
            "as LOOKUP_FIELD: {headings}."
        )
    )
    raise InputError(text.format(table=table.name, headings=some(fits or others, 40)))


def _is_larger(column: pd.Series, mine: area_names.Level | None, number: int) -> bool:
    """Return whether a column holds published codes of another, not smaller, kind of place."""
    known = column[column != ""]
    different = known.unique()
    coded = [code for code in different if area_names.code_in(code) == code]
    if not len(different) or len(coded) <= MOSTLY * len(different) or len(different) > number:
        return False
    theirs = area_names.level_of(coded)
    return not (mine and theirs and mine.name == theirs.name)


def _refuse_several(name: str, key: str, field: str, pairs: pd.DataFrame) -> None:
    twice = sorted(pairs.loc[pairs[key].duplicated(), key].unique())
    if twice:
        raise InputError(
            tr(
                "{lookup}: areas that lie in more than one place by {field}: {codes}. Take a "
                "lookup that gives each area one place, such as one by best fit."
            ).format(lookup=name, field=field, codes=some(twice))
        )


def _names(frame: pd.DataFrame, field: str, name_field: str, origin: str, log: Log) -> pd.Series:
    """Return the name of each place; of several the one that most rows have, which is said."""
    import pandas as pd

    if not name_field:
        return pd.Series(dtype=object)
    known = frame[(frame[field] != "") & (frame[name_field] != "")]
    counted = known.groupby([field, name_field]).size().rename("n").reset_index()
    counted = counted.sort_values([field, "n", name_field], ascending=[True, False, True])
    twice = sorted(counted.loc[counted[field].duplicated(), field].unique())
    if twice:
        log(
            tr(
                "{origin}: places with more than one name in {field}, the most common is taken: "
                "{codes}."
            ).format(origin=origin, field=name_field, codes=some(twice))
        )
    return counted.drop_duplicates(field).set_index(field)[name_field]
