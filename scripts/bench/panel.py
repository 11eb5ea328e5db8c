"""From slider to repaint: the panel in a real QGIS on a virtual display, as a table.

usage: panel.py [AREAS ...]
It is a benchmark, not a test: it says whether a goal is met and never fails for it. Timed is all
between the new value of a slider and the map drawn: the ranking, the pages, the copy, the map.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean, median

import numpy as np
import places
from osgeo import ogr, osr

CITY, COUNTRY = 343, 35_672
GOALS = {CITY: 0.1, COUNTRY: 1.0}  # seconds, of the slowest
SLOWEST = 5
SIDE, POINTS = 1000.0, 5  # metres of an area, and points on each of its four sides
TIMEOUT = 600
PROFILE = """[PythonPlugins]
seldom_heard=true
processing=true
[qgis]
showTips=false
checkVersion=false
[locale]
overrideFlag=true
userLocale=en_GB
globalLocale=en_GB
"""


def main() -> None:
    print("\nFrom slider to repaint, the panel in QGIS on a virtual display\n")
    program = shutil.which("qgis.bin") or shutil.which("qgis")
    if program is None or shutil.which("xvfb-run") is None:
        print("left out: it needs the QGIS desktop and xvfb-run (scripts/setup.sh test)")
        return
    print("| areas | view | median, ms | mean of the 5 slowest, ms | slowest, ms | goal |")
    print("|---|---|---|---|---|---|", flush=True)
    for areas in [int(number) for number in sys.argv[1:]] or [CITY, COUNTRY]:
        for view, seconds in measure(program, made(areas)).items():
            print(line(areas, view, seconds), flush=True)


def line(areas: int, view: str, seconds: list[float]) -> str:
    """Return what was measured as a row of the table."""
    slow = mean(sorted(seconds)[-SLOWEST:])
    cells = [f"{areas:,}", view]
    cells += [f"{1000 * value:.0f}" for value in (median(seconds), slow, max(seconds))]
    goal = GOALS.get(areas)
    cells.append(f"{1000 * goal:.0f} {'met' if slow < goal else 'MISSED'}" if goal else "")
    return f"| {' | '.join(cells)} |"


def measure(program: str, layer: Path) -> dict[str, list[float]]:
    """Return the seconds of every step of the slider, by view, in a desktop of its own."""
    home = places.HOME / "desktop"
    ini = home / "profiles" / "default" / "QGIS" / "QGIS3.ini"
    ini.parent.mkdir(parents=True, exist_ok=True)
    ini.write_text(PROFILE, encoding="utf-8")
    answer = home / "answer.json"
    answer.unlink(missing_ok=True)
    aside = ("QT_QPA_PLATFORM", "QGIS_CUSTOM_CONFIG_PATH")
    environment = {name: text for name, text in os.environ.items() if name not in aside}
    environment |= {"BENCH_LAYER": str(layer), "BENCH_ANSWER": str(answer)}
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", program, "--noversioncheck"]
    command += ["--nologo", "--profiles-path", str(home)]
    command += ["--code", str(places.HERE / "panel_inside.py")]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
    if "seconds" not in told:
        problem = told.get("error") or done.stderr[-3000:]
        raise SystemExit(f"the desktop gave no figures:\n{problem}")
    return told["seconds"]


def made(areas: int) -> Path:
    """Return a layer with invented figures for the general scheme, made where it is not there."""
    path = places.HOME / f"panel_{areas}.gpkg"
    if path.exists():
        return path
    begun = path.with_suffix(".begun.gpkg")
    begun.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = invented(areas)
    grid = osr.SpatialReference()
    grid.ImportFromEPSG(27700)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(begun))
    layer = source.CreateLayer("areas", grid, ogr.wkbPolygon)
    for name, column in figures.items():
        kind = {"U": ogr.OFTString, "i": ogr.OFTInteger64, "f": ogr.OFTReal}[column.dtype.kind]
        layer.CreateField(ogr.FieldDefn(name, kind))
    across = int(np.ceil(np.sqrt(areas)))
    columns = [column.tolist() for column in figures.values()]
    layer.StartTransaction()
    for row in range(areas):
        feature = ogr.Feature(layer.GetLayerDefn())
        for at, column in enumerate(columns):
            feature.SetField(at, column[row])
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(square(*divmod(row, across))))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source
    begun.rename(path)
    return path


def square(row: int, column: int) -> str:
    """Return one field of the grid, with as many points as a simplified border has."""
    step = np.arange(POINTS) / POINTS
    x = np.concatenate([step, 1 + 0 * step, 1 - step, 0 * step, [0]])
    y = np.concatenate([0 * step, step, 1 + 0 * step, 1 - step, [0]])
    # a border is no straight line; both neighbours have the same
    x, y = x + column + 0.08 * np.sin(7 * (y + row)), y + row + 0.08 * np.sin(7 * (x + column))
    points = ", ".join(f"{400_000 + SIDE * a:.1f} {SIDE * b:.1f}" for a, b in zip(x, y))
    return f"POLYGON(({points}))"


def invented(areas: int) -> dict[str, np.ndarray]:
    """Return columns of figures as profiles, counts of replies and measures of voice have them."""
    random = np.random.RandomState(1)
    people = random.randint(800, 3000, areas)
    households = people // 2
    columns: dict[str, np.ndarray] = {
        "LSOA21CD": np.array([f"E01{800_001 + at:06d}" for at in range(areas)]),
        "LSOA21NM": np.array([f"Place {at:05d}" for at in range(areas)]),
        "dep_exhealth_score": random.gamma(2, 10, areas),
        "dep_core20": (random.random_sample(areas) < 0.2).astype(int),
        "eth_total": people,
    }
    for group, share in (("asian", 0.1), ("black", 0.05), ("mixed", 0.03), ("other", 0.02)):
        columns[f"eth_{group}_n"] = random.binomial(people, share)
    for register, usual in (("dm", 7), ("copd", 2), ("hyp", 14), ("dep", 12), ("mh", 1)):
        columns[f"prev_{register}_pct"] = random.normal(usual, usual / 5, areas)
    for name, base, share in (
        ("lang_low_english", people, 0.03),
        ("barrier_disabled_lot", people, 0.08),
        ("barrier_hh_no_car", households, 0.2),
    ):
        counted = random.binomial(base, share)
        columns[f"{name}_n"], columns[f"{name}_pct"] = counted, 100 * counted / base
    expected = 23 * people / people.mean()
    observed = random.poisson(expected * random.gamma(4, 0.25, areas))
    ratio = 100 * observed / expected
    columns |= {
        "lang_total": people,
        "voice_observed": observed,
        "voice_expected": expected,
        "voice_ratio": ratio,
        "voice_shrunk": 100 * (observed + 4) / (expected + 4),
        "voice_class": np.where(ratio < 60, "lower", "as expected"),
    }
    return columns


if __name__ == "__main__":
    main()
