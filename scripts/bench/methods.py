"""Time of the statistics: all indicators of a whole country, limits included, as a table.

usage: methods.py [AREAS]
It is a benchmark, not a test: it says whether a goal is met and never fails for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from statistics import median
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd
from places import ROOT

PACKAGE = "seldom_heard"
AREAS, INDICATORS, BANDS = 188_880, 20, 19
GOAL = 1.0  # seconds
ROUNDS = 5


class Case(NamedTuple):
    """What is measured, and within what time."""

    title: str
    run: Callable[[], object]
    goal: float | None = None


def load(name: str) -> ModuleType:
    """Load a module of the plugin as QGIS does, without its folder on sys.path."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
    return importlib.import_module(f"{PACKAGE}.methods.{name}")


class Country(NamedTuple):
    """Made-up counts: a column for each indicator, and one indicator by age."""

    base: np.ndarray
    people: np.ndarray
    events: np.ndarray
    by_age: np.ndarray
    events_by_age: np.ndarray


def make(areas: int) -> Country:
    """Return a country of areas as small as LSOAs; each column lies together, as in a table."""
    generator = np.random.default_rng(1)
    base = generator.integers(800, 3000, (areas, INDICATORS))
    people = generator.binomial(base, generator.uniform(0.005, 0.5, INDICATORS))
    events = generator.poisson(base * generator.uniform(0.001, 0.05, INDICATORS))
    by_age = generator.integers(30, 200, (areas, BANDS))
    events_by_age = generator.poisson(by_age * np.linspace(0.001, 0.1, BANDS))
    parts = (base, people, events, by_age, events_by_age)
    return Country(*(np.asfortranarray(part, dtype=float) for part in parts))


def cases(country: Country) -> list[Case]:
    """Return what is measured; each as an algorithm would call it, an indicator at a time."""
    base, people, events, by_age, events_by_age = country
    proportions, rates, standardised = load("proportions"), load("rates"), load("standardised")
    funnel, quantiles = load("funnel"), load("quantiles")
    columns = range(INDICATORS)

    def each(function: Callable, *arrays: np.ndarray) -> list[object]:
        return [function(*(array[:, column] for array in arrays)) for column in columns]

    def shares(x: np.ndarray, n: np.ndarray) -> tuple:
        return proportions.percent(x, n), proportions.wilson(x, n)

    total = events_by_age.sum(axis=1)
    reference, whole = events_by_age.sum(axis=0), by_age.sum(axis=0)
    share, risk = people.sum(axis=0) / base.sum(axis=0), events.sum(axis=0) / base.sum(axis=0)
    values = [pd.Series(column) for column in (people / base).T]
    modelled = events + 0.25  # no count is whole, as apportioned registers are not
    many = f"{INDICATORS} indicators"
    return [
        Case(f"percent and Wilson limits, {many}", lambda: each(shares, people, base), GOAL),
        Case("the same, as one table", lambda: shares(people, base), GOAL),
        Case(f"rates with limits, {many}", lambda: each(rates.rate, events, base), GOAL),
        Case("the same, as one table", lambda: rates.rate(events, base), GOAL),
        Case("limits of counts that are not whole", lambda: each(rates.count_limits, modelled)),
        Case(
            "directly standardised rate, 1 indicator of 19 ages",
            lambda: standardised.directly_standardised(events_by_age, by_age),
        ),
        Case(
            "indirectly standardised ratio, 1 indicator of 19 ages",
            lambda: standardised.indirectly_standardised(total, by_age, reference, whole),
        ),
        Case(f"quintiles, {many}", lambda: [quantiles.quantile(value, 5) for value in values]),
        Case(
            f"funnel classes of proportions, {many}",
            lambda: each(funnel.classify_proportion, people, base, share[None, :]),
        ),
        Case(
            f"funnel classes of rates, {many}",
            lambda: each(
                lambda x, n, r: funnel.classify_rate(x, n, r, 1), events, base, risk[None]
            ),
        ),
        Case(
            "lines of a funnel of ratios at each area, 1 indicator",
            lambda: funnel.poisson_limits(base[:, 0] * risk[0]),
        ),
    ]


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return the time of the first run and the median of all."""
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return took[0], median(took)


def main() -> None:
    areas = int(sys.argv[1]) if len(sys.argv) > 1 else AREAS
    print(f"\nMethods, {areas:,} areas, seconds (median of {ROUNDS})\n")
    print("| what | first | median | goal |")
    print("|---|---|---|---|")
    for case in cases(make(areas)):
        first, usual = seconds(case.run)
        goal = (
            ""
            if case.goal is None
            else f"{case.goal:.1f} {'met' if usual < case.goal else 'MISSED'}"
        )
        print(f"| {case.title} | {first:.2f} | {usual:.2f} | {goal} |")


if __name__ == "__main__":
    main()
