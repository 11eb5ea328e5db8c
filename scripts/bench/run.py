"""Time and memory of whole processes: QGIS's copy, the plugin, and geopandas.

usage: run.py AREAS
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import places

STARTS = 11
START_GOAL = 50  # milliseconds
MEMORY_GOAL = 1.5  # GB
WITH, WITHOUT = places.HOME / "profile_with", places.HOME / "profile_without"
LOG = places.HOME / "last.log"


@dataclass(frozen=True)
class Case:
    """A process to measure."""

    letter: str
    title: str
    command: Callable[[int, Path], list[str]]
    profile: Path = WITHOUT


class Took(NamedTuple):
    """What one process took: time on the clock, time of all cores, peak memory."""

    seconds: float
    cpu_seconds: float
    gigabytes: float


class Runs(list[Took]):
    """What the runs of one case took."""

    @property
    def seconds(self) -> list[float]:
        return [took.seconds for took in self]

    @property
    def cpu_seconds(self) -> list[float]:
        return [took.cpu_seconds for took in self]


@dataclass(frozen=True)
class Goal:
    """The most that one case may take of another's time."""

    case: str
    other: str
    most: float


def plugin(what: str) -> Callable[[int, Path], list[str]]:
    return lambda areas, output: places.plugin_command(what, areas, output)


def geopandas(what: str, *options: str) -> Callable[[int, Path], list[str]]:
    return lambda areas, output: places.geopandas_command(what, areas, output, *options)


CASES = (
    Case("A", "native:savefeatures", places.copy_command),
    Case("B", places.ALGORITHMS["ethnicity"], plugin("ethnicity"), WITH),
    Case("C", f"{places.ALGORITHMS['all']}, four dimensions", plugin("all"), WITH),
    Case("D", "geopandas, ethnicity", geopandas("ethnicity")),
    Case("E", "geopandas, four dimensions", geopandas("all")),
    Case("D+", "geopandas with Arrow, ethnicity", geopandas("ethnicity", "--arrow")),
    Case("E+", "geopandas with Arrow, four dimensions", geopandas("all", "--arrow")),
)
GOALS = (Goal("B", "A", 1.5), Goal("C", "A", 2.0), Goal("B", "D", 1.0), Goal("C", "E", 1.5))
BESIDE = (("B", "D+"), ("C", "E+"))


def main() -> None:
    areas = int(sys.argv[1])
    rounds = int(os.environ.get("SELDOM_HEARD_BENCH_ROUNDS", "5"))
    make_profiles()
    print_machine()
    warm_up(places.data_folder(areas))
    results = {case.letter: Runs() for case in CASES}
    for number in range(rounds):
        for case in CASES:
            progress(f"round {number + 1} of {rounds}: {case.letter} {case.title}")
            measure(case, areas, results[case.letter])
    progress(f"{STARTS} starts with and without the plugin")
    starts = measure_starts()
    progress("")
    print_results(results, areas, rounds)
    print_goals(results)
    print_starts(starts)
    print(f"load at the end: {os.getloadavg()[0]:.1f} (the benchmark alone makes about 1)")
    for path in (LOG, *places.HOME.glob("output_*")):
        path.unlink(missing_ok=True)


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def environment(profile: Path) -> dict[str, str]:
    return {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(profile)}


def make_profiles() -> None:
    """Make two profiles that differ in the plugin alone, and start each once."""
    for profile, do in ((WITH, "enable"), (WITHOUT, "disable")):
        profile.mkdir(parents=True, exist_ok=True)
        command = [os.environ["QGIS_PROCESS"], "plugins", do, "seldom_heard"]
        # an error to QGIS, and none here, where it is so already
        subprocess.run(command, env=environment(profile), capture_output=True, check=False)
        run(start_command(), profile)


def warm_up(folder: Path) -> None:
    """Read every input once, so that the first case does not pay for the disk."""
    for path in folder.iterdir():
        path.read_bytes()


def run(command: list[str], profile: Path) -> Took:
    """Return what a command took; stop when it fails.

    The memory is that of the largest process among the command and its children; none of the
    commands here has children that count, and threads share the memory of their process.
    """
    with LOG.open("w") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment(profile), stdout=log, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(LOG.read_text(errors="replace")[-3000:], file=sys.stderr)
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes or kilobytes
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Took(seconds, cpu_seconds, usage.ru_maxrss * unit / 1e9)


def measure(case: Case, areas: int, runs: Runs) -> None:
    output = places.HOME / f"output_{case.letter}.gpkg"
    output.unlink(missing_ok=True)
    runs.append(run(case.command(areas, output), case.profile))
    if not output.exists():
        raise SystemExit(f"{case.title} wrote nothing")
    output.unlink()


def start_command() -> list[str]:
    """Return a command that loads all plugins and does nothing more."""
    return [os.environ["QGIS_PROCESS"], "help", "native:buffer"]


def measure_starts() -> dict[Path, Runs]:
    starts = {WITH: Runs(), WITHOUT: Runs()}
    for _ in range(STARTS):
        for profile, runs in starts.items():
            runs.append(run(start_command(), profile))
    return starts


def print_machine() -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    print(f"{os.cpu_count()} cores, {memory:.0f} GB; load {os.getloadavg()[0]:.1f} at the start")
    version = [os.environ["QGIS_PROCESS"], "--version"]
    told = subprocess.run(version, capture_output=True, text=True, check=True).stdout
    qgis = next((line for line in told.splitlines() if line.startswith("QGIS ")), "QGIS")
    system = versions("/usr/bin/python3", "pandas", "numpy", "scipy")
    print(f"plugin: {qgis.split('-')[0]}, GDAL {gdal_version()}, {system}")
    other = versions(str(places.GEOPANDAS), "geopandas", "pyogrio", "pyarrow", "pandas", "numpy")
    print(f"geopandas: {other}\n")


def gdal_version() -> str:
    command = ["/usr/bin/python3", "-c", "from osgeo import gdal; print(gdal.__version__)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def versions(python: str, *names: str) -> str:
    code = "import sys, json; from importlib.metadata import version as v; "
    code += "print(json.dumps([v(name) for name in sys.argv[1:]]))"
    done = subprocess.run([python, "-c", code, *names], capture_output=True, check=True)
    return ", ".join(f"{name} {number}" for name, number in zip(names, json.loads(done.stdout)))


def print_results(results: dict[str, Runs], areas: int, rounds: int) -> None:
    print(f"{areas:,} areas, median of {rounds} (least to most)\n")
    rows = [("", "process", "seconds", "", "CPU seconds", "GB", "goal")]
    for case in CASES:
        runs = results[case.letter]
        memory = max(took.gigabytes for took in runs)
        rows.append(
            (
                case.letter,
                case.title,
                f"{median(runs.seconds):.1f}",
                spread(runs.seconds),
                f"{median(runs.cpu_seconds):.1f}",
                f"{memory:.2f}",
                verdict(memory, MEMORY_GOAL, "GB") if case.profile == WITH else "",
            )
        )
    print_table(rows)


def print_goals(results: dict[str, Runs]) -> None:
    """Print the ratios; that of CPU seconds tells when other work disturbed the clock."""
    rows = [("ratio", "median", "by round", "CPU", "goal")]
    pairs = [(goal.case, goal.other, goal.most) for goal in GOALS]
    for case, other, most in (*pairs, *((case, other, None) for case, other in BESIDE)):
        mine, theirs = results[case], results[other]
        ratio = median(mine.seconds) / median(theirs.seconds)
        cores = median(mine.cpu_seconds) / median(theirs.cpu_seconds)
        each = [a.seconds / b.seconds for a, b in zip(mine, theirs)]
        goal = verdict(ratio, most) if most else "none"
        rows.append((f"{case}/{other}", f"{ratio:.2f}", spread(each, 2), f"{cores:.2f}", goal))
    print_table(rows)


def print_starts(starts: dict[Path, Runs]) -> None:
    rows = [("a start of qgis_process", "ms", "", "CPU ms")]
    for title, profile in (("without the plugin", WITHOUT), ("with the plugin", WITH)):
        seconds = [1000 * took.seconds for took in starts[profile]]
        cores = [1000 * took.cpu_seconds for took in starts[profile]]
        rows.append((title, f"{median(seconds):.0f}", spread(seconds, 0), f"{median(cores):.0f}"))
    print_table(rows)
    more, cores = (
        1000 * (median(of(starts[WITH])) - median(of(starts[WITHOUT])))
        for of in (lambda runs: runs.seconds, lambda runs: runs.cpu_seconds)
    )
    print(f"median of {STARTS}: the plugin adds {more:.0f} ms ({cores:.0f} ms of CPU)")
    print(f"goal {verdict(more, START_GOAL, 'ms')}")


def verdict(value: float, most: float, unit: str = "") -> str:
    return f"{most:g} {unit}".strip() + (": met" if value <= most else ": not met")


def spread(values: Iterable[float], digits: int = 1) -> str:
    ordered = sorted(values)
    return f"{ordered[0]:.{digits}f} to {ordered[-1]:.{digits}f}"


def print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print()


if __name__ == "__main__":
    main()
