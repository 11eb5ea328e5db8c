"""Assert that the plugin and the geopandas script give the same figures.

usage: check_same.py AREAS
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import places
import pyogrio

KEY = "LSOA21CD"


def main() -> None:
    areas = int(sys.argv[1])
    for what in places.TABLES:
        plugin = made(places.plugin_command, what, areas, "plugin")
        script = made(places.geopandas_command, what, areas, "geopandas")
        compare(plugin, script)
        print(f"{what}: {len(plugin.columns)} columns of {areas:,} areas are the same")


def made(command: Callable[..., list[str]], what: str, areas: int, name: str) -> pd.DataFrame:
    """Return the figures that a command makes, by area code."""
    output = places.HOME / f"same_{what}_{name}.gpkg"
    output.unlink(missing_ok=True)
    run(command(what, areas, output))
    frame = pyogrio.read_dataframe(output, layer=0, read_geometry=False)
    output.unlink()
    return frame.set_index(KEY).sort_index()


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def compare(plugin: pd.DataFrame, script: pd.DataFrame) -> None:
    """Raise an AssertionError that names the first column with another figure."""
    pd.testing.assert_frame_equal(
        plugin, script, check_like=True, check_dtype=False, rtol=1e-9, atol=1e-9
    )


if __name__ == "__main__":
    main()
