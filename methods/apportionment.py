"""Practice registers spread over the areas where the practices' patients live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
        account: rows registers; ``whole`` cases on the practices' registers, ``placed`` in
            areas, ``nowhere`` of patients without an area, ``unused`` of practices without
            patients or without a list; the last three add up to the first.
        without_register: practices with patients but no register.
        without_patients: practices with a register but no registrations.
    """

    cases: pd.DataFrame
    base: pd.DataFrame
    patients: pd.Series
    coverage: pd.Series
    largest_practice: pd.Series
    account: pd.DataFrame
    without_register: list[str]
    without_patients: list[str]


def apportion(
    registers: pd.DataFrame,
    registrations: pd.DataFrame,
    ages: pd.DataFrame | None = None,
    aged_by: str = "area",
) -> Apportioned:
    """Spread registers over areas in proportion to where each practice's patients live.

    ``cases_l = sum_p REG_p w_pl`` and ``base_l = sum_p LIST_p w_pl``, where ``LIST_p`` is the
    practice's list in the register's own age base. Without ``ages`` ``w_pl = n_pl / n_p``, where
    ``n_p`` is all of the practice's patients, wherever they live and whether or not their area
    is known.

    With ``ages`` the practice's people of the age base are estimated by area and raked to its
    list: ``a_pl = n_pl s_l``, ``c_pl = a_pl LIST_p / sum_l a_pl``, base ``sum_p c_pl``, cases
    ``sum_p REG_p c_pl / sum_l c_pl``; so ``w_pl = a_pl / sum_l a_pl``. Patients whose area has
    no ages, or is not known, keep ``n_pl / n_p``, as if they had the ages of the practice's
    others, and these share the rest.

    Args:
        registers: columns practice, register, cases, list_size; one row per pair.
        registrations: columns practice, area, patients; area missing where not known.
        ages: s, the share of each area's people who are in a register's age base; rows areas,
            columns registers. A register that is no column is spread without ages.
        aged_by: column of registrations with the areas of ``ages``, where these are others.

    Returns:
        Areas in the order of their first mention; an area none of whose practices has a
        register is missing there, not 0.

    Source: House of Commons Library, local health data from QOF: the simple form, and the
    age part of the full one, without its weighting by limiting illness; the same attribution
    underlies the Chief Medical Officer's prevalence by LSOA (2025).
    """
    practices = pd.Index(registrations["practice"].unique())
    areas = pd.Index(registrations["area"].dropna().unique())
    rows = _Rows(
        area=areas.get_indexer(registrations["area"]),
        practice=practices.get_indexer(registrations["practice"]),
        patients=registrations["patients"].to_numpy(dtype=float),
        shape=(len(areas), len(practices)),
    )
    living = rows.spread(rows.patients)
    total = rows.by_practice(rows.patients)
    simple = living @ sparse.diags(1 / np.where(total > 0, total, np.inf))

    cases = _by_practice(registers, "cases", practices)
    lists = _by_practice(registers, "list_size", practices)
    known = cases.notna() & lists.notna()
    reported = known.any(axis=1).to_numpy(dtype=float)
    touched = living @ known.to_numpy(dtype=float) > 0
    cases_here, base_here = (values.where(known, 0).to_numpy(float) for values in (cases, lists))
    placed, of = simple @ cases_here, simple @ base_here
    if ages is not None:
        at = ages.index.get_indexer(registrations[aged_by])
        for number, register in enumerate(cases.columns):
            if register in ages:
                share = np.append(ages[register].to_numpy(dtype=float), np.nan)[at]
                weight = rows.spread(rows.raked(share))
                placed[:, number] = weight @ cases_here[:, number]
                of[:, number] = weight @ base_here[:, number]

    def table(values: NDArray[np.float64]) -> pd.DataFrame:
        return pd.DataFrame(np.where(touched, values, np.nan), index=areas, columns=cases.columns)

    patients = np.asarray(living.sum(axis=1)).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        coverage = np.where(patients > 0, 100 * (living @ reported) / patients, np.nan)
        dominant = living.max(axis=1).toarray().ravel() / patients * 100
    return Apportioned(
        cases=table(placed),
        base=table(of),
        patients=pd.Series(patients, index=areas),
        coverage=pd.Series(coverage, index=areas),
        largest_practice=pd.Series(dominant, index=areas),
        account=_account(registers, cases.where(known), placed, rows),
        without_register=list(practices[reported == 0]),
        without_patients=sorted(set(registers["practice"]) - set(practices)),
    )


@dataclass(frozen=True)
class _Rows:
    """Registrations by position: area (-1 where not known), practice, patients."""

    area: NDArray[np.intp]
    practice: NDArray[np.intp]
    patients: NDArray[np.float64]
    shape: tuple[int, int]

    def by_practice(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values added up by practice, in their order."""
        return np.asarray(np.bincount(self.practice, values, self.shape[1]), dtype=float)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values added up by practice, for each row."""
        return self.by_practice(values)[self.practice]

    @property
    def whole(self) -> NDArray[np.float64]:
        """Return all patients of each row's practice; infinite where it has none."""
        total = self.sums(self.patients)
        return np.where(total > 0, total, np.inf)

    def raked(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the part of its practice's people of an age base that each row holds.

        Args:
            share: of the row's area in the age base, NaN where not known.
        """
        known = ~np.isnan(share)
        people = np.where(known, self.patients * np.nan_to_num(share), 0)
        theirs, of_known = self.sums(people), self.sums(np.where(known, self.patients, 0))
        simple = self.patients / self.whole
        with np.errstate(divide="ignore", invalid="ignore"):
            raked = people / theirs * (of_known / self.whole)
        return np.where(known & (theirs > 0), raked, simple)

    def spread(self, values: NDArray[np.float64]) -> sparse.csr_matrix:
        """Return values of rows whose area is known; rows areas, columns practices."""
        placed = self.area >= 0
        where = (self.area[placed], self.practice[placed])
        return sparse.csr_matrix((values[placed], where), shape=self.shape)


def _account(
    registers: pd.DataFrame, used: pd.DataFrame, placed: NDArray[np.float64], rows: _Rows
) -> pd.DataFrame:
    """Return where all cases on the registers went; each part is counted by itself."""
    lost = rows.by_practice(np.where(rows.area < 0, rows.patients / rows.whole, 0))
    has_patients = used.index[rows.by_practice(rows.patients) > 0]
    usable = registers["practice"].isin(has_patients) & registers["list_size"].notna()
    return pd.DataFrame(
        {
            "whole": registers.groupby("register")["cases"].sum(),
            "placed": pd.Series(placed.sum(axis=0), index=used.columns),
            "nowhere": pd.Series(lost @ used.fillna(0).to_numpy(dtype=float), index=used.columns),
            "unused": registers["cases"].where(~usable, 0).groupby(registers["register"]).sum(),
        }
    ).reindex(used.columns)


def share_in_ages(
    people: pd.DataFrame, bands: Sequence[tuple[int, int | None]], low: int, high: int | None
) -> pd.Series:
    """Return the share of each area's people who are of some ages; 0 to 1, NaN if not known.

    ``sum_b n_b f_b / sum_b n_b``, where ``f_b`` is the part of the band's single years that
    lies in the ages: people of a band are taken to be of its years in equal numbers.

    Args:
        people: a column for each band, counts or percentages; rows areas.
        bands: first and last age of each column, the last None where it is open.
        low: the youngest.
        high: the oldest, None where there is none.

    Raises:
        ValueError: where the ages begin or end within an open band.
    """
    parts = np.array([_part(*band, low, high) for band in bands])
    values = people.to_numpy(dtype=float)
    total = values.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((total > 0) & np.isfinite(total), values @ parts / total, np.nan)
    return pd.Series(share, index=people.index)


def _part(first: int, last: int | None, low: int, high: int | None) -> float:
    """Return the part of a band's single years that lies within ``low`` and ``high``."""
    if last is None:
        if low > first or (high is not None and high >= first):
            raise ValueError(f"ages {low} to {high} cut the open band from {first}")
        return 1.0 if high is None else 0.0
    top = last if high is None else min(last, high)
    return max(top - max(first, low) + 1, 0) / (last - first + 1)


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
