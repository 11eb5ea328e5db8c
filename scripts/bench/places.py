"""Where the benchmark's files are, and the commands that make figures of them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "scripts" / "bench"
HOME = ROOT / "build" / "bench"
RESOURCES = ROOT / "resources"
GEOPANDAS = ROOT / ".venv-bench" / "bin" / "python"

AREAS = "areas.gpkg"
ETHNICITY = "census2021-ts021-lsoa.csv"
PROFICIENCY = "census2021-ts029-lsoa.csv"
HOUSEHOLD_LANGUAGE = "census2021-ts025-lsoa.csv"
HOUSEHOLD_DEPRIVATION = "census2021-ts011-lsoa.csv"
DEPRIVATION = "File_7_IoD2025.csv"
REGISTERS = "PREVALENCE_2425.csv"
REGISTRATIONS = "gp-reg-pat-prac-lsoa-all.csv"
TABLES = {
    "ethnicity": (ETHNICITY,),
    "all": (
        ETHNICITY,
        PROFICIENCY,
        HOUSEHOLD_LANGUAGE,
        HOUSEHOLD_DEPRIVATION,
        DEPRIVATION,
        REGISTERS,
        REGISTRATIONS,
    ),
}
ALGORITHMS = {"ethnicity": "seldomheard:profileethnicity", "all": "seldomheard:profileareas"}


def data_folder(areas: int) -> Path:
    """Return the folder of the made-up country with so many areas."""
    return HOME / f"areas_{areas}"


def plugin_command(what: str, areas: int, output: Path) -> list[str]:
    """Return the command that profiles the areas with the plugin."""
    data = data_folder(areas)
    tables = [f"--TABLES={data / name}" for name in TABLES[what]]
    ends = [f"--INPUT={data / AREAS}", *tables, f"--OUTPUT={output}"]
    return [os.environ["QGIS_PROCESS"], "run", ALGORITHMS[what], *ends]


def copy_command(areas: int, output: Path) -> list[str]:
    """Return the command that lets QGIS copy the areas."""
    ends = [f"--INPUT={data_folder(areas) / AREAS}", f"--OUTPUT={output}"]
    return [os.environ["QGIS_PROCESS"], "run", "native:savefeatures", *ends]


def geopandas_command(what: str, areas: int, output: Path, *options: str) -> list[str]:
    """Return the command that profiles the areas with geopandas."""
    script = HERE / "geopandas_profile.py"
    return [str(GEOPANDAS), str(script), what, str(data_folder(areas)), str(output), *options]
