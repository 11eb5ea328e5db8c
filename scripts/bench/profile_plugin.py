"""The plugin under cProfile, to see where its time goes.

usage: profile_plugin.py AREAS

cProfile makes Python calls look dearer than they are: read the order, not the seconds.
"""

from __future__ import annotations

import cProfile
import importlib
import io
import pstats
import sys
import time

import places
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)

LINES = 15


def main() -> None:
    areas = int(sys.argv[1])
    application = QgsApplication([], False)
    application.initQgis()
    provider = load_provider()
    for what in places.ALGORITHMS:
        print_profile(what, areas)
    QgsApplication.processingRegistry().removeProvider(provider)
    application.exitQgis()


def load_provider():
    """Return the plugin's provider, imported under the name that QGIS gives it."""
    sys.path.insert(0, str(places.ROOT / "build" / "plugins"))
    begun = time.perf_counter()
    provider = importlib.import_module("seldom_heard.processing.provider").SeldomHeardProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    print(f"provider loaded in {1000 * (time.perf_counter() - begun):.0f} ms")
    return provider


def print_profile(what: str, areas: int) -> None:
    name = places.ALGORITHMS[what]
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
    folder, output = places.data_folder(areas), places.HOME / "profiled.gpkg"
    output.unlink(missing_ok=True)
    parameters = {
        "INPUT": str(folder / places.AREAS),
        "TABLES": [str(folder / table) for table in places.TABLES[what]],
        "OUTPUT": str(output),
    }
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    project = QgsProject()
    context.setProject(project)
    profiler = cProfile.Profile()
    begun = time.perf_counter()
    _, done = profiler.runcall(algorithm.run, parameters, context, feedback)
    seconds = time.perf_counter() - begun
    if not done:
        raise SystemExit(feedback.textLog())
    output.unlink()
    print(f"\n{name}: {areas:,} areas, {seconds:.1f} s under the profiler")
    for order in ("cumulative", "tottime"):
        print(f"\nby {order}\n{lines(profiler, order)}")


def lines(profiler: cProfile.Profile, order: str) -> str:
    """Return the first lines of the profile, without paths of this machine."""
    told = io.StringIO()
    stats = pstats.Stats(profiler, stream=told)
    stats.sort_stats(order).print_stats(LINES)
    text = told.getvalue().split("percall", 1)[1].split("\n", 1)[1].rstrip()
    here = f"{places.ROOT}/"
    return text.replace(f"{here}build/plugins/seldom_heard/", "").replace(here, "")


if __name__ == "__main__":
    main()
