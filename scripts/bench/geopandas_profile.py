"""The same work as an analyst would write it in geopandas, to compare with.

usage: geopandas_profile.py ethnicity|all FOLDER OUTPUT [--arrow]

Reads the areas and the tables in FOLDER and writes the plugin's figures beside the areas' own
fields. ``--arrow`` lets pyogrio use Arrow, which is quicker and not its default.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

Z = 1.959963984540054
ENGLAND = 33_755
# where the national tenths of the score without health end
TENTHS = "4.739768 7.312181 9.786388 12.405459 15.30002 18.758895 23.045312 28.733783 38.470729"
RANK = " Rank (where 1 is most deprived)"
IMD = "Index of Multiple Deprivation (IMD)"
DOMAINS = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime": "Crime",
    "barriers": "Barriers to Housing and Services",
    "living": "Living Environment",
}
SUPPLEMENTARY = {
    "idaci": "Income Deprivation Affecting Children Index (IDACI)",
    "idaopi": "Income Deprivation Affecting Older People (IDAOPI)",
}
WEIGHTS = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "crime": 0.093,
    "barriers": 0.093,
    "living": 0.093,
}
ETHNIC_GROUPS = {
    "Asian": "Asian, Asian British or Asian Welsh",
    "Black": "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed": "Mixed or Multiple ethnic groups",
    "White": "White",
    "Other": "Other ethnic group",
}
WHITE_BRITISH = "White: English, Welsh, Scottish, Northern Irish or British"


def main() -> None:
    what, folder, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    arrow = "--arrow" in sys.argv
    areas = gpd.read_file(folder / "areas.gpkg", use_arrow=arrow)
    tables = [ethnicity(folder)]
    if what == "all":
        tables += [deprivation(folder), households(folder), language(folder), prevalence(folder)]
    figures = tables[0].join(tables[1:])
    profiled = areas.merge(figures, how="left", left_on="LSOA21CD", right_index=True)
    profiled.to_file(output, driver="GPKG", use_arrow=arrow)


def read_census(path: Path, prefix: str) -> pd.DataFrame:
    table = pd.read_csv(path, index_col="geography code").drop(columns=["date", "geography"])
    names = table.columns.str.removeprefix(f"{prefix}: ").str.removesuffix("; measures: Value")
    return table.set_axis(names, axis=1)


def share(name: str, count: pd.Series, base: pd.Series, limits: bool = False) -> dict:
    """Return count, per cent and the Wilson limits of a share."""
    columns = {f"{name}_n": count, f"{name}_pct": 100 * count / base}
    if limits:
        middle = 2 * count + Z**2
        half = Z * np.sqrt(Z**2 + 4 * count * (1 - count / base))
        columns[f"{name}_pct_lo"] = (middle - half).clip(lower=0) * 100 / (2 * (base + Z**2))
        columns[f"{name}_pct_hi"] = ((middle + half) * 100 / (2 * (base + Z**2))).clip(upper=100)
    return columns


def ethnicity(folder: Path) -> pd.DataFrame:
    table = read_census(folder / "census2021-ts021-lsoa.csv", "Ethnic group")
    total = table["Total: All usual residents"]
    groups = table[list(ETHNIC_GROUPS.values())].set_axis(list(ETHNIC_GROUPS), axis=1)
    columns = {"eth_total": total}
    for name in groups:
        columns |= share(f"eth_{name.lower()}", groups[name], total)
    columns |= share("eth_minority", total - table[WHITE_BRITISH], total, limits=True)
    columns |= share("eth_minority_excl_white", total - groups["White"], total, limits=True)
    parts = groups.div(groups.sum(axis=1), axis=0)
    columns["eth_diversity"] = 1 - (parts**2).sum(axis=1)
    columns["eth_largest"] = largest(groups)
    return pd.DataFrame(columns)


def largest(groups: pd.DataFrame) -> pd.Series:
    """Return the name of the largest group; of equals, all."""
    names = groups.idxmax(axis=1)
    top = groups.eq(groups.max(axis=1), axis=0)
    equal = top[top.sum(axis=1) > 1]
    if len(equal):
        names[equal.index] = equal.apply(lambda row: " / ".join(row.index[row]), axis=1)
    return names


def deprivation(folder: Path) -> pd.DataFrame:
    titles = DOMAINS | SUPPLEMENTARY
    used = [f"{IMD} Score", IMD + RANK, *(title + RANK for title in titles.values())]
    path = folder / "File_7_IoD2025.csv"
    table = pd.read_csv(path, usecols=["LSOA code (2021)", *used], index_col="LSOA code (2021)")
    rank = table[IMD + RANK]
    columns = {
        "dep_imd_score": table[f"{IMD} Score"],
        "dep_imd_rank": rank,
        "dep_imd_decile": band(rank, 10, ENGLAND),
        "dep_imd_quintile": band(rank, 5, ENGLAND),
        "dep_core20": (band(rank, 5, ENGLAND) == 1).astype(int),
    }
    for name, title in DOMAINS.items():
        columns[f"dep_{name}_rank"] = table[title + RANK]
        columns[f"dep_{name}_decile"] = band(table[title + RANK], 10, ENGLAND)
    for name, title in SUPPLEMENTARY.items():
        columns[f"dep_{name}_decile"] = band(table[title + RANK], 10, ENGLAND)
    score = sum(weight * exponential(table[DOMAINS[d] + RANK]) for d, weight in WEIGHTS.items())
    columns["dep_exhealth_score"] = score
    if score.count() < ENGLAND:  # some of the nation's areas: by where its tenths end
        columns["dep_exhealth_decile"] = 10 - np.searchsorted(
            list(map(float, TENTHS.split())), score
        )
    else:
        place = score.rank(ascending=False, method="min")
        columns["dep_exhealth_decile"] = band(place, 10, score.count())
    return pd.DataFrame(columns)


def band(rank: pd.Series, bands: int, areas: int) -> pd.Series:
    return np.ceil(bands * rank / areas).astype(int)


def exponential(rank: pd.Series) -> pd.Series:
    return -23 * np.log(1 - (ENGLAND - rank + 1) / ENGLAND * (1 - np.exp(-100 / 23)))


def households(folder: Path) -> pd.DataFrame:
    table = read_census(folder / "census2021-ts011-lsoa.csv", "Household deprivation")
    total = table["Total: All households"]
    number = ["one dimension", "two dimensions", "three dimensions", "four dimensions"]
    counts = table[[f"Household is deprived in {one}" for one in number]]
    columns = {"dep_hh_total": total}
    columns |= share("dep_hh_any", counts.sum(axis=1), total)
    columns |= share("dep_hh_two", counts.iloc[:, 1:].sum(axis=1), total)
    return pd.DataFrame(columns)


def language(folder: Path) -> pd.DataFrame:
    people = read_census(folder / "census2021-ts029-lsoa.csv", "Proficiency in English language")
    homes = read_census(
        folder / "census2021-ts025-lsoa.csv", "Household language (English and Welsh)"
    )
    total = people["Total: All usual residents aged 3 years and over"]
    english = "Main language is English (English or Welsh in Wales)"
    other = "Main language is not English (English or Welsh in Wales)"
    low = people[f"{other}: Cannot speak English well"] + people[f"{other}: Cannot speak English"]
    columns = {"lang_total": total}
    columns |= share("lang_main_english", people[english], total)
    columns |= share("lang_main_other", people[other], total)
    columns |= share("lang_low_english", low, total, limits=True)
    of_other = share("lang_low_english_of_other", low, people[other], limits=True)
    columns |= {name: of_other[name] for name in of_other if not name.endswith("_n")}
    columns["lang_hh_total"] = homes["Total: All households"]
    nobody = homes.filter(like="No people in household").iloc[:, 0]
    columns |= share("lang_hh_no_english", nobody, homes["Total: All households"])
    children = nobody + homes.filter(like="No adults in household, but").iloc[:, 0]
    columns |= share("lang_hh_no_adult_english", children, homes["Total: All households"])
    return pd.DataFrame(columns)


def prevalence(folder: Path) -> pd.DataFrame:
    """Spread each practice's registers over the areas where its patients live."""
    registers = pd.read_csv(folder / "PREVALENCE_2425.csv")
    columns = ["PRACTICE_CODE", "LSOA_CODE", "NUMBER_OF_PATIENTS"]
    living = pd.read_csv(folder / "gp-reg-pat-prac-lsoa-all.csv", usecols=columns)
    total = living.groupby("PRACTICE_CODE")["NUMBER_OF_PATIENTS"].sum()
    placed = living[~living["LSOA_CODE"].str.startswith("NO")]
    row, codes = pd.factorize(placed["LSOA_CODE"])
    column = total.index.get_indexer(placed["PRACTICE_CODE"])
    shape = (len(codes), len(total))
    patients = sparse.csr_array((placed["NUMBER_OF_PATIENTS"], (row, column)), shape=shape)
    portion = patients @ sparse.diags_array(1 / total.to_numpy())

    wide = registers.pivot(
        index="PRACTICE_CODE", columns="GROUP_CODE", values=["REGISTER", "PRACTICE_LIST_SIZE"]
    ).reindex(total.index)
    cases, bases = wide["REGISTER"], wide["PRACTICE_LIST_SIZE"]
    reached = patients @ cases.notna().to_numpy(dtype=float) > 0
    cases_here = np.where(reached, portion @ cases.fillna(0).to_numpy(), np.nan)
    bases_here = np.where(reached, portion @ bases.fillna(0).to_numpy(), np.nan)

    figures = {}
    for at, code in enumerate(cases.columns):
        count = pd.Series(cases_here[:, at], index=codes)
        base = pd.Series(bases_here[:, at], index=codes)
        figures |= share(f"prev_{code.lower()}", count, base, limits=True)
    all_here = patients.sum(axis=1)
    coverage = 100 * (patients @ cases.notna().any(axis=1).to_numpy(dtype=float)) / all_here
    dominant = 100 * patients.max(axis=1).toarray().ravel() / all_here
    figures["prev_coverage_pct"] = pd.Series(coverage, index=codes)
    choices = ["low coverage", "one practice"]
    flag = np.select([coverage < 75, dominant > 90], choices, "")
    figures["prev_flag"] = pd.Series(flag, index=codes, dtype=object).replace({"": None})
    return pd.DataFrame(figures)


if __name__ == "__main__":
    main()
