"""Disease registers of practices, spread over the areas where their patients live."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...taxonomies.model import STATISTIC_TITLES, Taxonomy
from ..inputs import Results, Source
from ..messages import Log, some, tr
from ..reading import Found
from .ages import (
    Ages,
    aged,
    ages_of_base,
    check_ages,
    read_ages,
    residents_of,
    shares,
    table_of_ages,
    without_unlike,
)
from .registers import read_registers
from .registrations import Registrations, check_areas, moved, read_lookup, read_registrations

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...methods.apportionment import Apportioned

# This project's choices, where a figure is used with caution; in per cent
LOW_COVERAGE = 75.0  # of the patients whose practice reported
DOMINANT = 90.0  # of the patients with one practice: its rate is the area's rate
FEW_REGISTERED = 75.0  # of the residents: who is registered may not be like who lives there
FEW_AGED = 75.0  # of the patients whose area's ages are known


@dataclass(frozen=True)
class People:
    """Who lives in the areas, beside what the registrations say.

    Attributes:
        ages: a table of people by age in each area, to rake registers to.
        residents: of the areas in their order; those of ``ages`` where left out.
    """

    ages: Sequence[Found] = ()
    residents: pd.Series | None = None


def apportioned_prevalence(
    registers: Sequence[Found],
    registrations: Sequence[Found],
    lookup: Found | None,
    areas: Areas,
    *,
    rule: str,
    min_match: float,
    log: Log,
    people: People | None = None,
) -> Results:
    """Return ``prev_*`` for the areas, in their order."""
    import pandas as pd

    from ...methods.apportionment import apportion

    people = people or People()
    by_age = table_of_ages(people.ages)
    taxonomy = registers[0].taxonomy
    cases = read_registers(registers, taxonomy, log)
    living, pieces = read_registrations(registrations, log), None
    codes = pd.Index(areas.codes.dropna())
    if lookup is not None:
        pieces = read_lookup(lookup, codes, log)
        living = moved(living, pieces, lookup.table.name, log)
    check_areas(living, codes, areas, min_match, log)
    ages = read_ages(by_age, living, codes, log) if by_age else None
    shared, known = _shares(ages, living, cases, codes, taxonomy, min_match, log)
    spread = apportion(cases, living.rows, shared, ages.way if ages else "area")
    _log_practices(living, spread, codes, log)
    _log_account(spread, codes, rule, log)
    residents = people.residents
    if residents is None and ages:
        by_code = residents_of(ages, codes, pieces)
        residents = None if by_code is None else by_code.reindex(areas.codes).reset_index(drop=True)
    results = Results(_fields(spread, taxonomy, areas.codes, rule, known, residents))
    results.aliases = _aliases(results.frame, taxonomy, cases)
    raked = [] if shared is None else list(shared.columns)
    told = [*raked, "registered"] if people.residents is None else raked
    _log_hidden(spread, areas.codes, taxonomy, rule, log)
    _say(results, taxonomy, ages, told if ages else [], bool(raked), rule, log)
    return results


def _shares(
    ages: Ages | None,
    living: Registrations,
    cases: pd.DataFrame,
    codes: pd.Index,
    taxonomy: Taxonomy,
    min_match: float,
    log: Log,
) -> tuple[pd.DataFrame | None, pd.Series | None]:
    """Return the share of each area in each register's ages, and how many patients' are known.

    Both are None where no register is raked.
    """
    if ages is None:
        return None, None
    bases = cases.groupby("register")["list_type"].first().to_dict()
    if not any(map(ages_of_base, bases.values())):
        log(tr("{table}: all registers count every age, nothing to rake.").format(table=ages.name))
        return None, None
    known = aged(ages, living, codes)
    check_ages(ages, known, FEW_AGED, min_match, log)
    alike = without_unlike(ages, living, FEW_REGISTERED, log)
    shared = shares(alike, bases, taxonomy.raw["age_bases"], log)
    log(
        tr("Raked to the ages of the areas: {names}; the others as all patients live.").format(
            names=some([name.upper() for name in shared], len(shared.columns))
        )
    )
    return shared, known


def _log_practices(living: Registrations, spread: Apportioned, codes: pd.Index, log: Log) -> None:
    rows = living.rows
    inside = rows["area"].isin(codes)
    log(
        tr(
            "Patients: {all:,.0f}, of whom {here:,.0f} live in these areas, {away:,.0f} elsewhere "
            "and {nowhere:,.0f} where is not known."
        ).format(
            all=rows["patients"].sum(),
            here=rows.loc[inside, "patients"].sum(),
            away=rows.loc[~inside & rows["area"].notna(), "patients"].sum(),
            nowhere=rows.loc[rows["area"].isna(), "patients"].sum(),
        )
    )
    if spread.without_register:
        without = rows["practice"].isin(spread.without_register)
        log(
            tr(
                "{n} practices with {patients:,.0f} patients, {here:,.0f} of them in these areas, "
                "have no register, which lowers the coverage: {names}."
            ).format(
                n=len(spread.without_register),
                patients=rows.loc[without, "patients"].sum(),
                here=rows.loc[without & inside, "patients"].sum(),
                names=some(spread.without_register),
            )
        )
    if spread.without_patients:
        log(
            tr("{n} practices have a register but no registrations, left out: {names}.").format(
                n=len(spread.without_patients), names=some(spread.without_patients)
            )
        )


def _log_account(spread: Apportioned, codes: pd.Index, rule: str, log: Log) -> None:
    """Log where all cases of each register went; the parts add up to the practices' own total."""
    if rule != "none" and len(codes) == 1:
        return  # the sum over one area is its own count
    here = spread.cases.reindex(codes).sum()
    log(
        tr(
            "Cases in these areas + elsewhere + of patients without an area + of practices without "
            "registrations or list = on the practices' registers:"
        )
    )
    for register, row in spread.account.iterrows():
        inside = here[register]
        parts = (inside, row["placed"] - inside, row["nowhere"], row["unused"])
        log(
            f"{register.upper()} "
            + " + ".join(f"{part:,.1f}" for part in parts)
            + f" = {sum(parts):,.1f} / {row['whole']:,.0f}"
        )


def _log_hidden(
    spread: Apportioned, codes: pd.Series, taxonomy: Taxonomy, rule: str, log: Log
) -> None:
    """Log how many estimates are hidden, by field, and never where."""
    from ...methods.disclosure import RULES

    if rule == "none":
        return
    smallest, base = RULES[rule]
    cases = spread.cases.reindex(codes)
    small = ((cases > 0) & (cases < smallest)).sum()
    fields = [f"{taxonomy.field(register, 'n')} {n:,}" for register, n in small[small > 0].items()]
    log(
        tr(
            "{rule}: {n:,} estimates below {smallest} hidden, all others to the nearest {base}. "
            "By field: {fields}."
        ).format(
            rule=rule,
            n=int(small.sum()),
            smallest=smallest,
            base=base,
            fields=some(fields, len(fields)) or tr("none"),
        )
    )


def _fields(
    spread: Apportioned,
    taxonomy: Taxonomy,
    codes: pd.Series,
    rule: str,
    aged_here: pd.Series | None,
    residents: pd.Series | None,
) -> pd.DataFrame:
    import pandas as pd

    from ...methods.composition import share_columns

    columns = {}
    cases, base = spread.cases.reindex(codes), spread.base.reindex(codes)
    for register in (c["id"] for c in taxonomy.raw["categories"] if c["id"] in spread.cases):
        figures = share_columns(
            cases[register], base[register], ("n", "pct", "pct_lo", "pct_hi"), rule
        )
        for statistic, values in figures.items():
            columns[taxonomy.field(register, statistic)] = values.array
    coverage = spread.coverage.reindex(codes)
    columns[taxonomy.field("coverage_pct")] = coverage.array
    patients = spread.patients.reindex(codes).reset_index(drop=True)
    if residents is not None:
        registered = share_columns(patients, residents, ("n",), rule)["n"]
        columns[taxonomy.field("registered_n")] = registered.array
        ratio = 100 * registered / residents.where(residents > 0)
        columns[taxonomy.field("registered_ratio")] = ratio.array
    reasons = _reasons(spread, codes, aged_here)
    if residents is not None:
        reasons["few registrations"] = 100 * patients.fillna(0) < FEW_REGISTERED * residents
    columns[taxonomy.field("flag")] = _joined(reasons).array
    return pd.DataFrame(columns)


def _reasons(
    spread: Apportioned, codes: pd.Series, aged_here: pd.Series | None
) -> dict[str, pd.Series]:
    """Return where each caution holds, by row; the first three exclude each other."""

    def by_row(values: pd.Series) -> pd.Series:
        return values.reindex(codes).reset_index(drop=True)

    coverage, dominant = by_row(spread.coverage), by_row(spread.largest_practice)
    none = coverage.isna() | (coverage == 0)
    low = (coverage < LOW_COVERAGE) & ~none
    reasons = {
        "no figures": none,
        "low coverage": low,
        "one practice": (dominant > DOMINANT) & ~none & ~low,  # else it may not have reported
    }
    if aged_here is not None:
        reasons["no ages"] = (by_row(aged_here) < FEW_AGED) & ~none
    return reasons


def _joined(reasons: Mapping[str, pd.Series]) -> pd.Series:
    """Return the reasons that hold in each row, joined by "; "; missing where none does."""
    import pandas as pd

    rows = next(iter(reasons.values())).index
    text = pd.Series("", index=rows, dtype=object)
    for reason, holds in reasons.items():
        added = (text + "; " + reason).where(text != "", reason)
        text = added.where(holds, text)
    return text.where(text != "")


def _aliases(frame: pd.DataFrame, taxonomy: Taxonomy, cases: pd.DataFrame) -> dict[str, str]:
    ages = taxonomy.raw["age_bases"]  # as the file counts them, which changes with the year
    own = cases.groupby("register")["list_type"].first()
    aliases = {}
    for item in taxonomy.raw["categories"]:
        code = own.get(item["id"], "")
        base = tr(ages.get(code, code))
        for earlier in item.get("earlier", ()):
            if code == earlier["age_base"]:
                base += ", " + tr("as counted up to {year}").format(year=earlier["to"])
        for statistic, title in STATISTIC_TITLES.items():
            name = taxonomy.field(item["id"], statistic)
            aliases[name] = f"{tr(item['label'])}, {base} ({tr(title)})"
    more = {
        "coverage_pct": tr("Registered patients whose practice reported (per cent)"),
        "registered_n": tr("Registered patients living here (people)"),
        "registered_ratio": tr("Registered patients for every 100 residents"),
        "flag": tr("Caution with the disease figures"),
    }
    aliases |= {taxonomy.field(name): title for name, title in more.items()}
    return {name: aliases[name] for name in frame.columns}


def _say(
    results: Results,
    taxonomy: Taxonomy,
    ages: Ages | None,
    by_ages: Collection[str],
    raked: bool,
    rule: str,
    log: Log,
) -> None:
    """Log how the figures were made, and keep it with their sources."""
    fields = list(results.frame.columns)
    note = tr(
        "Disease figures are modelled: each practice's register is shared out by where its "
        "patients live. They count diagnosed people."
    )
    if raked:
        more = tr("Registers of some ages alone are shared out by the areas' residents of them.")
        note = f"{note} {more}"
    results.sources.append(Source.of(taxonomy, fields, rule, note))
    if ages:
        of_ages = tuple(taxonomy.field(name) + "_" for name in by_ages)
        mine = [name for name in fields if name.startswith(of_ages)]
        results.sources.append(Source.of(ages.taxonomy, mine, None, ""))
    log(note)
