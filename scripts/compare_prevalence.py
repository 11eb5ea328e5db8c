#!/usr/bin/env python3
"""Apportioned prevalence of authorities beside that of the House of Commons Library.

python3 scripts/compare_prevalence.py <folder of data>

Prints the two tables in docs/prevalence.md, to which a test holds the docs. The folder holds
registers, registrations and lists by age of South Yorkshire's practices, the ages of its areas
and the library's figures of 2019/20. The column of England also needs its practices'
registrations in Parquet, and a pandas that reads it.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("Barnsley", "Doncaster", "Rotherham", "Sheffield")
AGES = {"06OV": 6, "17OV": 17, "18OV": 18}
REGISTERS = {
    "PRACTICE_CODE": "practice",
    "GROUP_CODE": "register",
    "REGISTER": "cases",
    "PRACTICE_LIST_SIZE": "list_size",
    "PATIENT_LIST_TYPE": "base",
}
REGISTRATIONS = {"PRACTICE_CODE": "practice", "LSOA_CODE": "area", "NUMBER_OF_PATIENTS": "patients"}


def load_plugin() -> None:
    """The plugin as a package, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(
        "seldom_heard", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["seldom_heard"] = module
    spec.loader.exec_module(module)


def read(data: Path):
    """Registers, registrations, ages (people by single year) and the authority of each area."""
    import pandas as pd

    health = data / "health"
    registers = pd.read_csv(health / "PREVALENCE_2122_SouthYorkshire_RECONSTRUCTED.csv")
    living = pd.read_csv(health / "gp-reg-pat-prac-lsoa-all_SouthYorkshire_RECONSTRUCTED.csv")
    living = living.rename(columns=REGISTRATIONS)
    living["area"] = living["area"].where(~living["area"].str.startswith("NO"))
    ages = pd.read_csv(data / "census2021" / "MYE2020_single_year_age_LSOA11_SouthYorkshire.csv")
    ages = ages.set_index("lsoa11_code").drop(columns=["lsoa11_name", "total_population"])
    lookup = pd.read_csv(health / "HoCLibrary_lsoa_geog_lookup_SouthYorkshire.csv")
    place = lookup.set_index("LSOA_CODE")["LAD_NAME"]
    return registers.rename(columns=REGISTERS), living, ages, place


def published(data: Path):
    """The library's prevalence of 2019/20: per cent, and those it is over; rows registers."""
    import pandas as pd

    table = pd.read_csv(data / "health" / "HoCLibrary_LAD_prevalence_2019-20_England.csv")
    table = table[table["lad_name"].isin(PLACES)]
    wide = table.pivot(index="group_code", columns="lad_name", values=["prevalence", "list"])
    return 100 * wide["prevalence"][list(PLACES)], wide["list"][list(PLACES)]


def shares(ages, registers):
    """The share of each area in the ages of each register that has some alone."""
    import pandas as pd
    from seldom_heard.methods.apportionment import share_in_ages

    bands = [*((age, age) for age in range(90)), (90, None)]
    bases = registers.groupby("register")["base"].first()
    return pd.DataFrame(
        {
            register: share_in_ages(ages, bands, AGES[base], None)
            for register, base in bases.items()
            if base in AGES
        }
    )


def by_place(made, place):
    """Per cent on each register, rows registers, columns authorities."""
    cases, base = (
        frame.groupby(place.reindex(frame.index)).sum() for frame in (made.cases, made.base)
    )
    return (100 * cases / base).T[list(PLACES)]


def compared(data: Path):
    """Per cent here, raked and not, and the library's, for the registers that both have."""
    from seldom_heard.methods.apportionment import apportion

    registers, living, ages, place = read(data)
    simple = by_place(apportion(registers, living), place)
    raked = by_place(apportion(registers, living, shares(ages, registers)), place)
    theirs, _ = published(data)
    both = [code for code in theirs.index if code in simple.index]
    return simple.loc[both], raked.loc[both], theirs.loc[both]


def england(data: Path):
    """How much England's own prevalence changed, in points; rows registers.

    The later year is the practices' prevalence weighted by all of their patients: nearly right
    for registers of some ages alone.
    """
    import pandas as pd

    health = data / "health"
    before = pd.read_csv(health / "HoCLibrary_LAD_prevalence_2019-20_England.csv")
    sums = before[before["lad_code"].str.startswith("E")].groupby("group_code")
    sums = sums[["register", "list"]].sum()
    living = pd.read_parquet(health / "gp_registrations_by_LSOA11_Jul2022_England.parquet")
    patients = living.groupby("OrganisationCode")["Patient"].sum()
    after = pd.read_csv(health / "QOF_2021-22_prevalence_by_practice_England.csv.gz")
    after = after.set_index("OrganisationCode")
    weight = patients.reindex(after.index)
    change = {}
    for code in sums.index:
        name = f"{code}-prevalance"  # as it is spelt there
        if name in after:
            known = after[name].notna() & weight.notna()
            later = (after[name] * weight)[known].sum() / weight[known].sum()
            change[code] = 100 * (later - sums.at[code, "register"] / sums.at[code, "list"])
    return pd.Series(change)


def table(data: Path) -> list[str]:
    """The rows of prevalence in the docs: per cent here, the difference, what raking changes."""
    simple, raked, theirs = compared(data)
    rows = []
    for code in simple.index:
        cells = [
            f"{simple.at[code, p]:.2f} ({simple.at[code, p] - theirs.at[code, p]:+.2f})"
            for p in PLACES
        ]
        changed = (raked.loc[code] - simple.loc[code]).abs().max()
        rows.append(f"| `{code.lower()}` | " + " | ".join(cells) + f" | {changed:.2f} |")
    return rows


def lists(data: Path) -> list[str]:
    """The rows of age bases in the docs: per cent of all patients, by lists of April 2020."""
    import pandas as pd
    from seldom_heard.methods.apportionment import apportion, share_in_ages

    bases = {"16OV": "RA", "17OV": "DM", "18OV": "DEP", "50OV": "OST", "30_74": "CVDPP"}
    _, living, ages, place = read(data)
    known = pd.read_csv(data / "health" / "HoCLibrary_gp_list_by_age_Apr2020_SouthYorkshire.csv")
    registers = known.melt(
        "PRACTICE_CODE", ["TOTAL", *bases], var_name="register", value_name="list_size"
    ).rename(columns={"PRACTICE_CODE": "practice"})
    registers["cases"] = registers["list_size"]
    bands = [*((age, age) for age in range(90)), (90, None)]
    low_high = {"16OV": (16, None), "17OV": (17, None), "18OV": (18, None), "50OV": (50, None)}
    low_high["30_74"] = (30, 74)
    aged = pd.DataFrame(
        {code: share_in_ages(ages, bands, *limits) for code, limits in low_high.items()}
    )
    made = apportion(registers, living, aged).base
    made = made.groupby(place.reindex(made.index)).sum().T[list(PLACES)]
    _, over = published(data)
    rows = []
    for code, register in bases.items():
        here = 100 * made.loc[code] / made.loc["TOTAL"]
        theirs = 100 * over.loc[register] / over.loc["AF"]  # counted over all ages
        cells = [f"{here[p]:.1f} ({here[p] - theirs[p]:+.2f})" for p in PLACES]
        rows.append(f"| {code} | " + " | ".join(cells) + " |")
    return rows


if __name__ == "__main__":
    load_plugin()
    folder = Path(sys.argv[1])
    print("\n".join([*table(folder), "", *lists(folder), ""]))
    print(england(folder).round(2).to_string())
