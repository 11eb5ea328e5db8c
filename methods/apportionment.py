"""Practice registers spread over the areas where the practices' patients live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True)
class Apportioned:
    """Estimates per area, and what could not be placed.

    Attributes:
        cases: estimated people on each register; rows areas, columns registers.
        base: estimated people of the register's own age base; same shape.
        patients: registered patients living in each area.
        coverage: percent of them whose practice reported any register.
        largest_practice: percent of them registered with the area's largest practice.
        without_register: practices with patients but no register.
        without_patients: practices with a register but no registrations.
    """

    cases: pd.DataFrame
    base: pd.DataFrame
    patients: pd.Series
    coverage: pd.Series
    largest_practice: pd.Series
    without_register: list[str]
    without_patients: list[str]


def apportion(registers: pd.DataFrame, registrations: pd.DataFrame) -> Apportioned:
    """Spread registers over areas in proportion to where each practice's patients live.

    ``cases_l = sum_p REG_p n_pl / n_p`` and ``base_l = sum_p LIST_p n_pl / n_p``, where
    ``n_p`` is all of the practice's patients, wherever they live and whether or not their
    area is known, and ``LIST_p`` the practice's list in the register's own age base.

    Args:
        registers: columns practice, register, cases, list_size; one row per pair.
        registrations: columns practice, area, patients; area missing where not known.

    Returns:
        Areas in the order of their first mention; an area none of whose practices has a
        register is missing there, not 0.

    Source: House of Commons Library, local health data from QOF (simple form); the same
    attribution underlies the Chief Medical Officer's prevalence by LSOA (2025).
    """
    practices = pd.Index(registrations["practice"].unique())
    areas = pd.Index(registrations["area"].dropna().unique())
    total = registrations.groupby("practice")["patients"].sum().reindex(practices)

    placed = registrations[registrations["area"].notna()]
    row = areas.get_indexer(placed["area"])
    column = practices.get_indexer(placed["practice"])
    shape = (len(areas), len(practices))
    living = sparse.csr_matrix((placed["patients"].astype(float), (row, column)), shape=shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.nan_to_num(1 / total.to_numpy(dtype=float), posinf=0)
    share = living @ sparse.diags(inverse)

    cases = _by_practice(registers, "cases", practices)
    lists = _by_practice(registers, "list_size", practices)
    known = cases.notna() & lists.notna()
    reported = known.any(axis=1).to_numpy(dtype=float)
    touched = living @ known.to_numpy(dtype=float) > 0

    def spread(values: pd.DataFrame) -> pd.DataFrame:
        filled = values.where(known, 0).to_numpy(dtype=float)
        spread_out = np.where(touched, share @ filled, np.nan)
        return pd.DataFrame(spread_out, index=areas, columns=values.columns)

    patients = np.asarray(living.sum(axis=1)).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        coverage = np.where(patients > 0, 100 * (living @ reported) / patients, np.nan)
        dominant = living.max(axis=1).toarray().ravel() / patients * 100
    return Apportioned(
        cases=spread(cases),
        base=spread(lists),
        patients=pd.Series(patients, index=areas),
        coverage=pd.Series(coverage, index=areas),
        largest_practice=pd.Series(dominant, index=areas),
        without_register=list(practices[reported == 0]),
        without_patients=sorted(set(registers["practice"]) - set(practices)),
    )


def move(registrations: pd.DataFrame, lookup: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Move counts from one set of areas to another, keeping their total.

    Args:
        registrations: columns area, patients and any others, which are kept.
        lookup: columns source, target, weight (population or households of the piece; a
            missing one counts 0, and where all are missing a split area is shared equally).

    Returns:
        The rows with ``area`` replaced, and the source areas that the lookup does not have
        (their rows keep their code).
    """
    pieces = lookup[["source", "target"]].copy()
    weight = lookup["weight"].astype(float).fillna(0)
    whole = weight.groupby(lookup["source"]).transform("sum")
    equal = 1 / weight.groupby(lookup["source"]).transform("size")
    pieces["part"] = (weight / whole).where(whole > 0, equal)
    merged = registrations.merge(pieces, how="left", left_on="area", right_on="source")
    unknown = merged["area"].notna() & merged["target"].isna()
    missing = sorted(merged.loc[unknown, "area"].unique())
    merged["patients"] = merged["patients"] * merged["part"].fillna(1)
    merged["area"] = merged["target"].where(merged["target"].notna(), merged["area"])
    return merged.drop(columns=["source", "target", "part"]), missing


def _by_practice(registers: pd.DataFrame, value: str, practices: pd.Index) -> pd.DataFrame:
    wide = registers.pivot(index="practice", columns="register", values=value)
    return wide.reindex(practices)
