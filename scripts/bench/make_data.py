"""Make up a large country: areas, and published tables for them, in build/bench.

usage: make_data.py AREAS

All figures are invented from a fixed seed; only the shapes of the files are real. Areas that are
there already are used again.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import struct
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import places
from osgeo import ogr, osr

ogr.UseExceptions()
osr.UseExceptions()

SEED = 20250621
POINTS = 61  # of each polygon, the first and the last being the same
SPACING = 1000.0  # metres from the middle of one area to the next
FIRST_CODE = 800_001  # of the published form, far beyond the numbers in use
RANKED = 33_755  # areas of England; ranks beyond start again
PRACTICES = 6_000  # among the usual number of areas
USUAL_AREAS = 188_880
DISTRICT = 140  # areas in each local authority
MEASURES = "; measures: Value"  # Nomis puts it behind the headings of some bulk files
MEASURED = (places.ETHNICITY, places.HOUSEHOLD_DEPRIVATION)
Columns = Sequence[Sequence[Any]]


def main() -> None:
    areas = int(sys.argv[1])
    folder = places.data_folder(areas)
    if folder.exists():
        return
    print(f"making up {areas:,} areas in {folder.relative_to(places.ROOT)}", flush=True)
    begun = folder.with_suffix(".begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    make(begun, areas)
    begun.rename(folder)


def make(folder: Path, areas: int) -> None:
    rng = np.random.default_rng(SEED)
    codes = [f"E01{FIRST_CODE + i:06d}" for i in range(areas)]
    names = [f"District {i // DISTRICT + 1:04d} {i % DISTRICT + 1:03d}" for i in range(areas)]
    people = rng.integers(1000, 3000, areas)
    households = (people / rng.uniform(2.0, 2.8, areas)).round()
    write_areas(folder / places.AREAS, codes, names, rng)
    for file, base, size in (
        (places.ETHNICITY, people, (20, 2, 1, 3, 3, 2, 3, 1, 1, 1, 1, 1, 1, 150, 2, 0, 0, 8, 1, 2)),
        (places.PROFICIENCY, people * 0.97, (90, 5, 4, 2, 0.5)),
        (places.HOUSEHOLD_LANGUAGE, households, (90, 4, 1, 5)),
        (places.HOUSEHOLD_DEPRIVATION, households, (48, 34, 14, 4, 0.3)),
    ):
        write_census(folder / file, codes, names, base, size, rng)
    write_deprivation(folder / places.DEPRIVATION, codes, names, rng)
    practices = max(areas * PRACTICES // USUAL_AREAS, 12)
    write_registers(folder / places.REGISTERS, practices, rng)
    write_registrations(folder / places.REGISTRATIONS, codes, people, practices, rng)


def write_areas(path: Path, codes: list[str], names: list[str], rng: np.random.Generator) -> None:
    """Write the polygons with the fields of a published boundary file."""
    across = math.ceil(math.sqrt(len(codes)))
    middles = np.array([divmod(i, across) for i in range(len(codes))]) * SPACING + SPACING
    grid = osr.SpatialReference()
    grid.ImportFromEPSG(27700)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    options = ["FID=FID", "GEOMETRY_NAME=SHAPE"]
    layer = source.CreateLayer("LSOA_2021_EW_BGC", grid, ogr.wkbMultiPolygon, options)
    for name, kind, width in (
        ("LSOA21CD", ogr.OFTString, 9),
        ("LSOA21NM", ogr.OFTString, 40),
        ("BNG_E", ogr.OFTInteger, 0),
        ("BNG_N", ogr.OFTInteger, 0),
        ("LAT", ogr.OFTReal, 0),
        ("LONG", ogr.OFTReal, 0),
        ("GlobalID", ogr.OFTString, 38),
    ):
        field = ogr.FieldDefn(name, kind)
        field.SetWidth(width)
        layer.CreateField(field)
    layer.StartTransaction()
    for i, (code, name) in enumerate(zip(codes, names)):
        feature = ogr.Feature(layer.GetLayerDefn())
        east, north = middles[i]
        feature.SetField(0, code)
        feature.SetField(1, name)
        feature.SetField(2, int(east))
        feature.SetField(3, int(north))
        feature.SetField(4, 49.8 + north / 111_000)
        feature.SetField(5, -7.5 + east / 70_000)
        feature.SetField(6, str(uuid.UUID(bytes=rng.bytes(16))))
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(outline(east, north, rng)))
        layer.CreateFeature(feature)
    layer.CommitTransaction()


def outline(east: float, north: float, rng: np.random.Generator) -> bytes:
    """Return a rough disc as well-known binary."""
    turn = np.arange(POINTS) * 2 * np.pi / (POINTS - 1)
    radius = SPACING * rng.uniform(0.35, 0.48, POINTS)
    radius[-1] = radius[0]
    turn[-1] = turn[0]
    ring = np.column_stack([east + radius * np.cos(turn), north + radius * np.sin(turn)])
    polygon = struct.pack("<BIII", 1, 3, 1, POINTS) + ring.round(3).astype("<f8").tobytes()
    return struct.pack("<BII", 1, 6, 1) + polygon


def write_census(
    path: Path,
    codes: list[str],
    names: list[str],
    base: np.ndarray,
    size: Sequence[float],
    rng: np.random.Generator,
) -> None:
    """Write one bulk file: a total, groups and their parts, each moved a little as published."""
    taxonomy = taxonomy_of(path.name)
    parents = {item.get("parent") for item in taxonomy["categories"]}
    leaves = [item["id"] for item in taxonomy["categories"] if item["id"] not in parents]
    weight = np.resize(np.array(size, dtype=float), len(leaves))
    spread = weight * rng.lognormal(0, 0.8, (len(codes), len(leaves)))
    counts = rng.poisson(spread / spread.sum(axis=1, keepdims=True) * base[:, None])
    column = {name: counts[:, at] for at, name in enumerate(leaves)}
    for item in taxonomy["categories"]:
        if item["id"] in parents:
            parts = [c["id"] for c in taxonomy["categories"] if c.get("parent") == item["id"]]
            column[item["id"]] = sum(column[part] for part in parts)
    total = counts.sum(axis=1) + rng.integers(-1, 2, len(codes))
    ending = MEASURES if path.name in MEASURED else ""
    headings = [
        f"{taxonomy['heading_prefix']}: {item['label']}{ending}"
        for item in (taxonomy["total"], *taxonomy["categories"])
    ]
    figures = [total, *(column[item["id"]] for item in taxonomy["categories"])]
    write_csv(
        path,
        ["date", "geography", "geography code", *headings],
        [["2021"] * len(codes), names, codes, *(values.tolist() for values in figures)],
    )


def taxonomy_of(file: str) -> dict[str, Any]:
    """Return the taxonomy that says how a census table names its columns."""
    number = file.split("-")[1]
    found = next((places.RESOURCES / "taxonomies").glob(f"*/census2021_{number}.json"))
    return json.loads(found.read_text(encoding="utf-8"))


def sample_headings(file: str) -> list[str]:
    """Return the headings of a table as published, kept by the sample."""
    with (places.RESOURCES / "sample" / file).open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream))


def write_deprivation(
    path: Path, codes: list[str], names: list[str], rng: np.random.Generator
) -> None:
    """Write File 7: scores, ranks, and deciles that follow from the ranks."""
    districts = [f"E0899{i // DISTRICT:04d}" for i in range(len(codes))]
    columns: list[Sequence[Any]] = [codes, names, districts, [name[:13] for name in names]]
    headings = sample_headings(path.name)
    rank = np.ones(len(codes))
    for heading in headings[4:]:
        if " Rank (" in heading:
            rank = rng.permutation(max(len(codes), RANKED))[: len(codes)] % RANKED + 1
            columns.append(rank.tolist())
        elif " Decile (" in heading:
            columns.append(np.ceil(10 * rank / RANKED).astype(int).tolist())
        elif " Score" in heading:
            columns.append(rng.gamma(2, 10, len(codes)).round(3).tolist())
        else:
            columns.append(rng.integers(200, 2000, len(codes)).tolist())
    write_csv(path, headings, columns, encoding="utf-8-sig")


def write_registers(path: Path, practices: int, rng: np.random.Generator) -> None:
    """Write the disease registers; one practice in fifty reported none."""
    with (places.RESOURCES / "sample" / path.name).open(encoding="utf-8-sig") as stream:
        kinds = {row["GROUP_CODE"]: row["PATIENT_LIST_TYPE"] for row in csv.DictReader(stream)}
    rows = []
    for number in range(practices):
        if number % 50 == 7:
            continue
        people = int(rng.integers(3000, 18_000))
        for code, ages in kinds.items():
            base = people if ages == "TOTAL" else int(people * 0.8)
            rows.append((practice(number), code, int(base * rng.uniform(0, 0.15)), ages, base))
    write_csv(path, sample_headings(path.name), list(zip(*rows)))


def write_registrations(
    path: Path, codes: list[str], people: np.ndarray, practices: int, rng: np.random.Generator
) -> None:
    """Write patients by practice and area: each area uses about six practices near it."""
    rows: dict[tuple[int, str], int] = {}
    near = np.arange(len(codes)) * practices / len(codes)
    choice = (near[:, None] + rng.normal(0, 4, (len(codes), 6))).round().astype(int) % practices
    parts = rng.dirichlet([2, 1, 0.5, 0.3, 0.1, 0.05], len(codes))
    patients = np.maximum((parts * people[:, None]).round().astype(int), 1)
    for code, numbers, counts in zip(codes, choice.tolist(), patients.tolist()):
        for number, count in zip(numbers, counts):
            rows[number, code] = rows.get((number, code), 0) + count
    for number in range(0, practices, 10):
        rows[number, "NO2011"] = 5
    cells = [
        ("GP_PRAC_PAT_LIST", "01APR2025", practice(n), f"SURGERY {n}", code, "ALL", count)
        for (n, code), count in sorted(rows.items())
    ]
    write_csv(path, sample_headings(path.name), list(zip(*cells)))


def practice(number: int) -> str:
    return f"Z{number:05d}"


def write_csv(
    path: Path, headings: Iterable[str], columns: Columns, encoding: str = "utf-8"
) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headings)
        writer.writerows(zip(*columns))


if __name__ == "__main__":
    main()
