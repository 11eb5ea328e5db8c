"""Ages of the residents of small areas, for registers that count people of some ages alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies import areas as area_names
from ...taxonomies.model import Taxonomy
from ..inputs import refuse_doubles, vintage_of_table
from ..job import Job
from ..messages import Log, some, tr
from ..profile.compositions import counts_of
from ..reading import Found, read_by_area, refuse_wrong
from .registrations import Registrations

if TYPE_CHECKING:
    import pandas as pd

BAND = re.compile(r"aged_(\d+)(?:_(\d+|over))?")  # aged_15_19, aged_15, aged_85_over
BASE = re.compile(r"(\d+)(?:OV|_(\d+))")  # 17OV, 30_74
ALL_AGES = "TOTAL"
Band = tuple[int, "int | None"]  # first and last age, None where there is no last


@dataclass(frozen=True)
class Ages:
    """People by age in each area.

    Attributes:
        name: of the file.
        taxonomy: what the file was recognised as.
        people: a column for each band; counts or per cent; index = codes.
        bands: first and last age of each column.
        residents: of each area, None where the file has shares alone.
        vintage: 2011 or 2021, None where the file does not tell.
        way: the column of registrations to look ages up by: ``area``, or ``origin`` where the
            file's areas are those that patients were moved from.
    """

    name: str
    taxonomy: Taxonomy
    people: pd.DataFrame
    bands: tuple[Band, ...]
    residents: pd.Series | None
    vintage: int | None
    way: str


def bands_of(taxonomy: Taxonomy) -> tuple[Band, ...]:
    """Return first and last age of a table's finest categories; none where they are no ages."""
    found = [BAND.fullmatch(name) for name in taxonomy.leaves]
    if taxonomy.kind != "composition" or not all(found):
        return ()
    bands = []
    for match in filter(None, found):
        first, last = match.groups()
        bands.append((int(first), None if last == "over" else int(last or first)))
    return tuple(bands)


def ages_of_base(code: str) -> Band | None:
    """Return first and last age of a publisher's code such as 17OV, None for all ages or others."""
    found = BASE.fullmatch(code)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else None


def table_of_ages(found: Sequence[Found]) -> Found | None:
    """Return the first table of people by age, None where no table was given.

    Raises:
        InputError: where there are tables, of something else.
    """
    ages = [one for one in found if bands_of(one.taxonomy)]
    if found and not ages:
        raise InputError(
            tr("AGES: {table} is {title}, not a table of people by age.").format(
                table=found[0].table.name, title=found[0].taxonomy.name
            )
        )
    return ages[0] if ages else None


def read_ages(one: Found, living: Registrations, codes: pd.Index, log: Log) -> Ages:
    """Return the ages of the areas in which patients live.

    Where patients were moved by a lookup, their ages are looked up in the areas they were
    published for or in those loaded: whichever more of them are found in.

    Args:
        one: a table of people by age.
        living: patients, with ``origin`` where they were moved.
        codes: of the areas loaded.
        log: takes what is odd.

    Raises:
        InputError: where the table is odd, or none of its areas is known.
    """
    import pandas as pd

    rows, name = living.rows, one.table.name
    ways = [column for column in ("area", "origin") if column in rows]
    wanted = pd.Index(pd.unique(pd.concat([rows[way] for way in ways]).dropna()))
    keyed = read_by_area(one, wanted)
    refuse_wrong(one, keyed.cells)
    refuse_doubles(one, keyed, wanted)
    inside = rows["area"].isin(codes)
    known = {way: rows.loc[inside & rows[way].isin(keyed.frame.index), "patients"] for way in ways}
    best = max(ways, key=lambda way: known[way].sum())  # the areas loaded where it is the same
    if known[best].sum() == 0:
        raise InputError(_strangers(name, keyed.frame.index, wanted))
    mine = pd.Series(wanted[wanted.isin(keyed.frame.index)], dtype=object)
    job = Job(one.taxonomy, name, keyed.frame, mine, "category", "none", {}, log)
    counted = counts_of(job, [one], "")
    log(
        tr("{table}: ages of {n:,} areas, those {which}.").format(
            table=name,
            n=len(mine),
            which=tr("the patients are published for, before they are moved by the lookup")
            if best == "origin"
            else tr("the patients live in"),
        )
    )
    return Ages(
        name,
        one.taxonomy,
        counted.table[one.taxonomy.leaves],
        bands_of(one.taxonomy),
        None if counted.shares_only else counted.table["total"],
        vintage_of_table(one, keyed.frame.index),
        best,
    )


def _strangers(name: str, theirs: pd.Index, wanted: pd.Index) -> str:
    text = tr("{table}: none of the areas where patients live is in it. It has {codes}").format(
        table=name, codes=some(list(theirs), 3)
    )
    other, mine = area_names.level_of(theirs), area_names.level_of(wanted)
    if mine and other and mine.name != other.name:
        text += " " + tr("({theirs}, not {mine})").format(
            theirs=tr(other.plural), mine=tr(mine.plural)
        )
    return text + "."


def shares(ages: Ages, bases: Mapping[str, str], titles: Mapping[str, str], log: Log):
    """Return the share of each area's people in the age base of each register.

    Args:
        ages: of the areas.
        bases: register to the publisher's code of its ages.
        titles: those codes in words.
        log: takes what is estimated, and what cannot be.

    Returns:
        A column for each register of some ages alone; those of all ages have none.
    """
    import pandas as pd

    from ...methods.apportionment import share_in_ages

    columns: dict[str, pd.Series] = {}
    lost = []
    for code in dict.fromkeys(bases.values()):
        limits = ages_of_base(code)
        if limits is None:
            lost += [] if code == ALL_AGES else [code]
            continue
        try:
            columns[code] = share_in_ages(ages.people, ages.bands, *limits)
        except ValueError:
            lost.append(titles.get(code, code))
    if lost:
        log(
            tr("{table}: its bands do not tell these ages, left without: {bases}.").format(
                table=ages.name, bases=some(lost)
            )
        )
    cut = cut_bands(ages.bands, [ages_of_base(code) for code in columns])
    if cut:
        log(
            tr(
                "{table}: bands that an age base begins or ends within are shared evenly by "
                "single year, an estimate: {bands}."
            ).format(table=ages.name, bands="; ".join(cut))
        )
    return pd.DataFrame(
        {register: columns[code] for register, code in bases.items() if code in columns},
        index=ages.people.index,
    )


def cut_bands(bands: Sequence[Band], bases: Sequence[Band | None]) -> list[str]:
    """Return in words the bands that age bases begin or end within."""
    edges = sorted(
        {base[0] for base in bases if base}
        | {base[1] + 1 for base in bases if base and base[1] is not None}
    )
    said = []
    for first, last in bands:
        within = [str(edge) for edge in edges if last is not None and first < edge <= last]
        if within:
            said.append(
                tr("{first} to {last} at {ages}").format(
                    first=first, last=last, ages=", ".join(within)
                )
            )
    return said


def residents_of(ages: Ages, codes: pd.Index, pieces: pd.DataFrame | None) -> pd.Series | None:
    """Return the residents of the areas loaded, moved there by the lookup's pieces if need be."""
    import pandas as pd

    from ...methods.apportionment import move

    if ages.residents is None or ages.way == "area" or pieces is None:
        return None if ages.residents is None else ages.residents.reindex(codes)
    counts = pd.DataFrame({"area": ages.residents.index, "patients": ages.residents.to_numpy()})
    sums = move(counts, pieces)[0].groupby("area")["patients"].sum(min_count=1)
    lacking = pieces.loc[~pieces["source"].isin(ages.residents.dropna().index), "target"]
    return sums[~sums.index.isin(lacking)].reindex(codes)


def aged(ages: Ages, living: Registrations, codes: pd.Index) -> pd.Series:
    """Return per cent of each area's patients whose ages are known; missing without patients."""
    rows = living.rows
    of_known = rows["patients"].where(rows[ages.way].isin(ages.people.dropna().index), 0)
    known, whole = (n.groupby(rows["area"]).sum() for n in (of_known, rows["patients"]))
    return (100 * known / whole.where(whole > 0)).reindex(codes)


def check_ages(ages: Ages, known: pd.Series, least: float, min_match: float, log: Log) -> None:
    """Log the areas whose patients' ages are not known.

    Args:
        ages: for their name and year.
        known: per cent of each area's patients whose ages are, as ``aged`` returns it.
        least: per cent that is enough.
        min_match: percent of areas that must have ages.
        log: takes the areas.

    Raises:
        InputError: where fewer have them.
    """
    lacking = list(known.index[known < least])
    if not lacking:
        return
    share = 100 * (1 - len(lacking) / known.notna().sum())
    if share >= min_match:
        log(
            tr(
                "{table}: areas without ages, estimated as if they had those of the practices: "
                "{codes}."
            ).format(table=ages.name, codes=some(lacking))
        )
        return
    text = tr("{table}: only {share:.1f} % of the areas have ages in it; without: {codes}.").format(
        table=ages.name, share=share, codes=some(lacking)
    )
    newer = [area_names.made_in_2021(code) for code in lacking]
    if ages.vintage == 2021 and not any(newer):
        text += " " + tr("It has areas of 2021, and these are of 2011.")
    elif ages.vintage == 2011 and all(newer):
        text += " " + tr("It has areas of 2011, and these are of 2021.")
    raise InputError(
        text
        + " "
        + tr(
            "Use a table of the same areas, or move it with convertareas. Or lower MIN_MATCH, on "
            "purpose: people of an age are then taken to live where all do."
        )
    )


def without_unlike(ages: Ages, living: Registrations, least: float, log: Log) -> Ages:
    """Return the ages without those of areas that few of the residents are registered in.

    There patients are not like residents: prisons, barracks, halls of students.

    Args:
        ages: of the areas.
        living: patients.
        least: registered patients for every 100 residents that are enough.
        log: takes the areas.
    """
    if ages.residents is None:
        return ages
    registered = living.rows.groupby(ages.way)["patients"].sum().reindex(ages.residents.index)
    few = 100 * registered < least * ages.residents
    if not few.any():
        return ages
    log(
        tr(
            "{table}: {n} areas where fewer than {least:g} patients are registered for every 100 "
            "residents; patients there may not be like residents, so their ages are not used: "
            "{codes}."
        ).format(table=ages.name, n=int(few.sum()), least=least, codes=some(list(few.index[few])))
    )
    return replace(ages, people=ages.people.mask(few))
