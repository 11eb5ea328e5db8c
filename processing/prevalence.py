"""Disease registers of practices, spread over the areas where their patients live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..layers.errors import InputError
from ..taxonomies import areas as area_names
from ..taxonomies.model import Taxonomy
from .inputs import DEFAULT_MATCH, Results, Source, vintage_of_areas
from .messages import Log, some, tr
from .reading import Found, read_rows, refuse_wrong

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas
    from ..methods.apportionment import Apportioned

NO_AREA = "NO"  # NO2011, NO2021: the publisher's mark for patients without an LSOA
LOW_COVERAGE = 75.0  # percent of patients whose practice reported: this project's choice
DOMINANT = 90.0  # percent of patients with one practice: its rate is the area's rate


def apportioned_prevalence(
    registers: Sequence[Found],
    registrations: Sequence[Found],
    lookup: Found | None,
    areas: Areas,
    *,
    rule: str,
    min_match: float,
    log: Log,
) -> Results:
    """Return ``prev_*`` for the areas, in their order."""
    import pandas as pd

    from ..methods.apportionment import apportion

    taxonomy = registers[0].taxonomy
    cases = _registers(registers, taxonomy, log)
    living, marked = _registrations(registrations, log)
    codes = pd.Index(areas.codes.dropna())
    if lookup is not None:
        living, marked = _moved(living, lookup, codes, log), None
    _check_areas(living, marked, registrations, codes, areas, min_match, log)
    spread = apportion(cases, living)
    _log_totals(cases, living, spread, codes, log)
    results = Results(_fields(spread, taxonomy, areas.codes, rule))
    results.aliases = _aliases(results.frame, taxonomy, cases)
    note = tr(
        "Disease figures are modelled: each practice's register is shared out by where its "
        "patients live. They count diagnosed people."
    )
    results.sources.append(Source.of(taxonomy, results.frame.columns, rule, note))
    log(note)
    return results


def _together(found: Sequence[Found]) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for one in found:
        frame, cells = read_rows(one)
        refuse_wrong(one, cells)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _registers(found: Sequence[Found], taxonomy: Taxonomy, log: Log) -> pd.DataFrame:
    frame = _together(found)
    known = {item["code"]: item for item in taxonomy.raw["categories"]}
    strange = sorted(set(frame["register"]) - set(known))
    if strange:
        log(tr("Registers that are not known, left out: {names}.").format(names=some(strange)))
    frame = frame[frame["register"].isin(set(known))]
    if frame.empty:
        raise InputError(
            tr("{table}: none of its registers is known.").format(table=found[0].table.name)
        )
    twice = frame[frame.duplicated(["practice", "register"])]
    if len(twice):
        pairs = (twice["practice"] + " " + twice["register"]).tolist()
        raise InputError(
            tr(
                "{table}: a practice has the same register twice: {pairs} (row {row}). Keep one "
                "year and one row for each."
            ).format(table=found[0].table.name, pairs=some(pairs), row=int(twice["row"].iloc[0]))
        )
    base = frame["register"].map({code: item["age_base"] for code, item in known.items()})
    other = sorted(frame.loc[base != frame["list_type"], "register"].unique())
    if other:
        log(
            tr(
                "The file counts these registers over other ages than the framework's usual ones; "
                "its own are used: {names}."
            ).format(names=some(other))
        )
    ids = {code: item["id"] for code, item in known.items()}
    return frame.assign(register=frame["register"].map(ids))


def _registrations(found: Sequence[Found], log: Log) -> tuple[pd.DataFrame, int | None]:
    """Return practice, area and patients, and the vintage that patients without an area tell."""
    frame = _together(found)
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
                table=found[0].table.name,
                row=int(first["row"]),
                practice=first["practice"],
                area=first["area"],
            )
        )
    blank = frame["patients"].isna()
    if blank.any():
        log(
            tr("{table}: {n} rows without a number of patients were left out.").format(
                table=found[0].table.name, n=int(blank.sum())
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
    living = frame[["practice", "area", "patients"]].assign(area=frame["area"].where(~nowhere))
    return living, marked


def marks_in(codes: Iterable[str]) -> list[str]:
    """Return the marks of patients without an area, such as NO2011, which tell the vintage."""
    return [code for code in codes if str(code).startswith(NO_AREA)]


def _moved(living: pd.DataFrame, lookup: Found, codes: pd.Index, log: Log) -> pd.DataFrame:
    """Return registrations on the areas loaded, through the lookup in whichever direction."""
    import numpy as np

    from ..methods.apportionment import move

    table = _together([lookup])
    if int(codes.isin(table["source"]).sum()) > int(codes.isin(table["target"]).sum()):
        table = table.rename(columns={"source": "target", "target": "source"})
    if "weight" not in table:
        table["weight"] = np.nan
        log(
            tr("{table}: without weights, a split area is shared equally.").format(
                table=lookup.table.name
            )
        )
    moved, missing = move(living, table)
    split = table["source"].value_counts()
    log(
        tr(
            "{table}: moved from {before:,} to {after:,} areas; {split} that were split are "
            "shared out, an estimate."
        ).format(
            table=lookup.table.name,
            before=living["area"].nunique(),
            after=moved["area"].nunique(),
            split=int((split > 1).sum()),
        )
    )
    if missing:
        log(tr("Areas not in the lookup keep their code: {codes}.").format(codes=some(missing)))
    return moved.groupby(["practice", "area"], dropna=False, as_index=False)["patients"].sum()


def _check_areas(living, marked, registrations, codes, areas, min_match, log) -> None:
    known = set(living["area"].dropna())
    unmatched = [code for code in codes if code not in known]
    share = 100 * (1 - len(unmatched) / len(codes))
    name = registrations[0].table.name
    log(
        tr("{table}: patients in {n:,} of {all:,} areas ({share:.1f} %).").format(
            table=name, n=len(codes) - len(unmatched), all=len(codes), share=share
        )
    )
    if not unmatched:
        return
    here = vintage_of_areas(areas)
    theirs = area_names.vintage_of(known) or marked
    if theirs is None and here == 2021 and all(map(area_names.made_in_2021, unmatched)):
        theirs = 2011
    mixed = bool(here and theirs and here != theirs)
    if share >= min_match and not (mixed and min_match >= DEFAULT_MATCH):
        log(tr("Areas without patients, NULL there: {codes}.").format(codes=some(unmatched)))
        return
    log(tr("All areas without patients: {codes}").format(codes=some(unmatched, len(unmatched))))
    text = tr("{table}: {n} of {all} areas have no patients in it: {codes}.").format(
        table=name, n=len(unmatched), all=len(codes), codes=some(unmatched)
    )
    if mixed:
        text += " " + tr(
            "It has areas of {theirs} and the layer areas of {here}: give the lookup from 2011 to "
            "2021 as well (LOOKUP, or among TABLES), or move the figures with convertareas."
        ).format(theirs=theirs, here=here)
    raise InputError(text + " " + tr("Or lower MIN_MATCH, on purpose."))


def _log_totals(cases, living, spread: Apportioned, codes, log: Log) -> None:
    if spread.without_register:
        patients = living.loc[living["practice"].isin(spread.without_register), "patients"].sum()
        log(
            tr("{n} practices with {patients:,} patients have no register: {names}.").format(
                n=len(spread.without_register),
                patients=int(patients),
                names=some(spread.without_register),
            )
        )
    if spread.without_patients:
        log(
            tr("{n} practices have a register but no registrations, left out: {names}.").format(
                n=len(spread.without_patients), names=some(spread.without_patients)
            )
        )
    inside = spread.cases.reindex(codes).sum()
    whole = cases.groupby("register")["cases"].sum()
    log(
        tr("Cases placed in the areas, of all on the registers: {figures}.").format(
            figures="; ".join(
                f"{name.upper()} {inside[name]:,.0f} / {whole[name]:,.0f}" for name in inside.index
            )
        )
    )


def _fields(spread: Apportioned, taxonomy: Taxonomy, codes: pd.Series, rule: str) -> pd.DataFrame:
    import pandas as pd

    from ..methods.composition import share_columns

    columns = {}
    cases, base = spread.cases.reindex(codes), spread.base.reindex(codes)
    for register in (c.id for c in _categories(taxonomy) if c.id in spread.cases):
        shares = share_columns(
            cases[register], base[register], ("n", "pct", "pct_lo", "pct_hi"), rule
        )
        for statistic, values in shares.items():
            columns[taxonomy.field(register, statistic)] = values.array
    coverage = spread.coverage.reindex(codes)
    columns[taxonomy.field("coverage_pct")] = coverage.array
    columns[taxonomy.field("flag")] = _flags(coverage, spread.largest_practice.reindex(codes)).array
    return pd.DataFrame(columns)


def _flags(coverage: pd.Series, dominant: pd.Series) -> pd.Series:
    import numpy as np
    import pandas as pd

    flag = np.select(
        [coverage.isna() | (coverage == 0), coverage < LOW_COVERAGE, dominant > DOMINANT],
        ["no figures", "low coverage", "one practice"],
        "",
    )
    text = pd.Series(flag, index=coverage.index, dtype=object)
    return text.where(text != "")


def _categories(taxonomy: Taxonomy):
    from ..taxonomies.model import Column

    return [
        Column(id=item["id"], label=item["label"], code=item["code"])
        for item in taxonomy.raw["categories"]
    ]


def _aliases(frame: pd.DataFrame, taxonomy: Taxonomy, cases: pd.DataFrame) -> dict[str, str]:
    from ..taxonomies.model import STATISTIC_TITLES

    labels = {c.id: c.label for c in _categories(taxonomy)}
    ages = taxonomy.raw["age_bases"]  # as the file counts them, which changes with the year
    own = cases.groupby("register")["list_type"].first()
    bases = {name: ages.get(own.get(name, ""), own.get(name, "")) for name in labels}
    aliases = {
        taxonomy.field(register, statistic): f"{tr(label)}, {tr(bases[register])} ({tr(title)})"
        for register, label in labels.items()
        for statistic, title in STATISTIC_TITLES.items()
    }
    aliases[taxonomy.field("coverage_pct")] = tr(
        "Registered patients whose practice reported (per cent)"
    )
    aliases[taxonomy.field("flag")] = tr("Caution with the disease figures")
    return {name: aliases[name] for name in frame.columns}
