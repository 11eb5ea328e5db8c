"""Time and memory of the score's draws: a city and a country, with all that can vary, as a table.

usage: score.py [AREAS ...]
It is a benchmark, not a test: it says whether a goal is met and never fails for it. Each number of
areas runs in a process of its own, so that the peak of its memory is its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from methods import load

CITY, COUNTRY = 343, 35_672
DRAWS, TOP_SHARE = 2000, 10
GOALS = {CITY: (3.0, None), COUNTRY: (60.0, 2.0)}  # seconds, GB
PILLARS = {"need": 1.0, "barriers": 1.0, "voice": 1.0}


class Cost(NamedTuple):
    """What the draws took."""

    seconds: float
    user: float
    before: float
    peak: float


def make(areas: int) -> tuple[pd.DataFrame, Sequence, Sequence]:
    """Return made-up figures, eight indicators in three pillars, and what of them varies."""
    score, uncertainty, voice = load("score"), load("uncertainty"), load("voice")
    random = np.random.RandomState(1)
    people = random.randint(800, 3000, areas)
    households = people // 2
    english, cars = random.binomial(people, 0.03), random.binomial(households, 0.2)
    expected = 23 * people / people.mean()
    observed = random.poisson(expected * random.gamma(4, 0.25, areas))
    prior = voice.prior_strength(observed, expected)
    data = pd.DataFrame(
        {
            "deprivation": random.gamma(2, 10, areas),
            "diabetes": random.normal(7, 2, areas),
            "depression": random.normal(12, 3, areas),
            "copd": random.normal(2, 0.5, areas),
            "english": 100 * english / people,
            "cars": 100 * cars / households,
            "disability": random.normal(8, 2, areas),
            "replies": voice.shrunk_ratio(observed, expected, prior),
        }
    )
    data.loc[random.random_sample(areas) < 0.01, "copd"] = np.nan
    pillars = ["need"] * 4 + ["barriers"] * 3
    indicators = [score.Indicator(name, pillar) for name, pillar in zip(data, pillars)]
    indicators.append(score.Indicator("replies", "voice", 1.0, False, 100.0))
    varying = [
        uncertainty.Replies("replies", observed, expected, prior),
        uncertainty.CensusCount("english", english, people),
        uncertainty.CensusCount("cars", cars, households, below=200),
    ]
    return data, indicators, varying


def peak() -> float:
    """Return the most memory this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(areas: int) -> Cost:
    """Return what the draws cost; the making of the figures is not counted."""
    data, indicators, varying = make(areas)
    stability, before = load("score").stability, peak()
    user, start = time.process_time(), time.perf_counter()
    top = max(areas // TOP_SHARE, 1)
    stability(data, indicators, PILLARS, top, DRAWS, varying=varying)
    return Cost(time.perf_counter() - start, time.process_time() - user, before, peak())


def met(cost: Cost, areas: int) -> str:
    """Return the goal and whether it is met."""
    if areas not in GOALS:
        return ""
    seconds, memory = GOALS[areas]
    good = cost.seconds < seconds and (memory is None or cost.peak < memory)
    goal = f"{seconds:g} s" + (f", {memory:g} GB" if memory else "")
    return f"{goal} {'met' if good else 'MISSED'}"


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        areas = int(sys.argv[2])
        cost = measure(areas)
        print(
            f"| {areas:,} | {cost.seconds:.1f} | {cost.user:.1f} | {cost.before:.2f} "
            f"| {cost.peak:.2f} | {met(cost, areas)} |"
        )
        return
    print(f"\nScore, {DRAWS:,} draws, 8 indicators in 3 pillars, replies and two counts vary\n")
    print("| areas | seconds | of the processor | GB before | GB at the peak | goal |")
    print("|---|---|---|---|---|---|", flush=True)
    for areas in [int(number) for number in sys.argv[1:]] or [CITY, COUNTRY]:
        subprocess.run([sys.executable, __file__, "--one", str(areas)], check=True)


if __name__ == "__main__":
    main()
