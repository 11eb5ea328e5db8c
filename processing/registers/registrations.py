"""Patients of practices by the area where they live, read and moved to the areas loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies import areas as area_names
from ..inputs import DEFAULT_MATCH, vintage_of_areas
from ..levels.lookups import refuse_best_fit
from ..messages import Log, some, tr
from ..reading import Found, read_rows, refuse_wrong

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

NO_AREA = "NO"  # NO2011, NO2021: the publisher's mark for patients without an LSOA


@dataclass(frozen=True)
class Registrations:
    """Patients by practice and area.

    Attributes:
        rows: practice, area (missing where not known), patients; where they were moved,
            ``origin`` is the area they are published for.
        name: of the file.
        marked: vintage that the marks of patients without an area tell, None where moved.
    """

    rows: pd.DataFrame
    name: str
    marked: int | None


def all_rows(found: Sequence[Found]) -> pd.DataFrame:
    """Return the rows of tables of one kind, one after the other."""
    import pandas as pd

    frames = []
    for one in found:
        frame, cells = read_rows(one)
        refuse_wrong(one, cells)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def read_registrations(found: Sequence[Found], log: Log) -> Registrations:
    """Return patients by practice and area.

    Raises:
        InputError: where a practice has an area twice.
    """
    frame, name = all_rows(found), found[0].table.name
    if "sex" in frame and (frame["sex"] == "ALL").any():
        frame = frame[frame["sex"] == "ALL"]
    doubled = frame.duplicated(["practice", "area", *(["sex"] if "sex" in frame else [])])
    if doubled.any():
        first = frame[doubled].iloc[0]
        raise InputError(
            tr(
                "{table}, row {row}: practice {practice} has the area {area} twice. Give one "
                "month's file."
            ).format(
                table=name, row=int(first["row"]), practice=first["practice"], area=first["area"]
            )
        )
    blank = frame["patients"].isna()
    if blank.any():
        log(
            tr("{table}: {n} rows without a number of patients were left out.").format(
                table=name, n=int(blank.sum())
            )
        )
        frame = frame[~blank]
    nowhere = frame["area"].str.startswith(NO_AREA) | (frame["area"] == "")
    if nowhere.any():
        log(
            tr("{n:,} patients have no area; they stay in their practice's total.").format(
                n=int(frame.loc[nowhere, "patients"].sum())
            )
        )
    marked = area_names.vintage_of([], " ".join(marks_in(frame["area"].unique())))
    rows = frame[["practice", "area", "patients"]].assign(area=frame["area"].where(~nowhere))
    return Registrations(rows, name, marked)


def marks_in(codes: Iterable[str]) -> list[str]:
    """Return the marks of patients without an area, such as NO2011, which tell the vintage."""
    return [code for code in codes if str(code).startswith(NO_AREA)]


def read_lookup(lookup: Found, codes: pd.Index, log: Log) -> pd.DataFrame:
    """Return source, target and weight of a lookup, in the direction of the areas loaded.

    Raises:
        InputError: for a lookup that lacks pieces of areas, such as one by best fit.
    """
    import numpy as np

    table = all_rows([lookup])
    refuse_best_fit(
        table.rename(columns={"source": "earlier", "target": "later"}), lookup.table.name
    )
    if int(codes.isin(table["source"]).sum()) > int(codes.isin(table["target"]).sum()):
        table = table.rename(columns={"source": "target", "target": "source"})
    if "weight" not in table:
        table["weight"] = np.nan
        log(
            tr("{table}: without weights, a split area is shared equally.").format(
                table=lookup.table.name
            )
        )
    return table


def moved(living: Registrations, pieces: pd.DataFrame, name: str, log: Log) -> Registrations:
    """Return registrations on the areas loaded; ``origin`` keeps the areas they came with.

    Args:
        living: as published.
        pieces: of the lookup, in the direction of the areas loaded.
        name: of the lookup's file.
    """
    from ...methods.apportionment import move

    rows, missing = move(living.rows.assign(origin=living.rows["area"]), pieces)
    split = pieces["source"].value_counts()
    log(
        tr(
            "{table}: moved from {before:,} to {after:,} areas; {split} that were split are "
            "shared out, an estimate."
        ).format(
            table=name,
            before=living.rows["area"].nunique(),
            after=rows["area"].nunique(),
            split=int((split > 1).sum()),
        )
    )
    if missing:
        log(tr("Areas not in the lookup keep their code: {codes}.").format(codes=some(missing)))
    return Registrations(rows, living.name, None)


def check_areas(
    living: Registrations, codes: pd.Index, areas: Areas, min_match: float, log: Log
) -> None:
    """Log how many of the areas have patients, and where all patients live.

    Raises:
        InputError: where too few areas have patients, or they are of another vintage.
    """
    known = set(living.rows["area"].dropna())
    unmatched = [code for code in codes if code not in known]
    share = 100 * (1 - len(unmatched) / len(codes))
    log(
        tr("{table}: patients in {n:,} of {all:,} areas ({share:.1f} %).").format(
            table=living.name, n=len(codes) - len(unmatched), all=len(codes), share=share
        )
    )
    if not unmatched:
        return
    here = vintage_of_areas(areas)
    theirs = area_names.vintage_of(known) or living.marked
    if theirs is None and here == 2021 and all(map(area_names.made_in_2021, unmatched)):
        theirs = 2011
    mixed = bool(here and theirs and here != theirs)
    if share >= min_match and not (mixed and min_match >= DEFAULT_MATCH):
        log(tr("Areas without patients, NULL there: {codes}.").format(codes=some(unmatched)))
        return
    log(tr("All areas without patients: {codes}").format(codes=some(unmatched, len(unmatched))))
    text = tr("{table}: {n} of {all} areas have no patients in it: {codes}.").format(
        table=living.name, n=len(unmatched), all=len(codes), codes=some(unmatched)
    )
    if mixed:
        text += " " + tr(
            "It has areas of {theirs} and the layer areas of {here}: give the lookup from 2011 to "
            "2021 as well (LOOKUP, or among TABLES), or move the figures with convertareas."
        ).format(theirs=theirs, here=here)
    mine, of_patients = area_names.level_of(codes), area_names.level_of(known)
    if mine and of_patients and mine.name != of_patients.name:
        text += " " + tr(
            "Its patients are by {theirs}, and the layer has {here}: load {theirs}, and add the "
            "figures up with aggregateareas."
        ).format(theirs=tr(of_patients.plural), here=tr(mine.plural))
    raise InputError(text + " " + tr("Or lower MIN_MATCH, on purpose."))
