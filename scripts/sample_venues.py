"""Venues of the invented city: halls, libraries and centres, named after the wards they lie in.

``make_sample.py`` calls it. It can also be run by itself on areas that are there:

    python3 scripts/sample_venues.py [folder of the sample]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
ogr.UseExceptions()

SEED = 20250621
DATE = "2025-06-21T00:00:00.000Z"
NUMBER = 40
# kind: how the name ends, chance of step-free access, hours
KINDS = {
    "library": ("Library", 0.95, ("Mon to Sat 9 to 17", "Tue to Fri 10 to 18")),
    "community centre": ("Community Centre", 0.8, ("daily 8 to 22", "Mon to Fri 9 to 21")),
    "place of worship": ("Chapel Hall", 0.5, ("Tue and Thu 10 to 20", "Sat 9 to 18")),
    "school": ("Primary School Hall", 0.7, ("term time, Mon to Fri 17 to 21",)),
    "leisure centre": ("Sports Centre", 0.9, ("daily 6 to 22",)),
    "health centre": ("Health Centre", 0.95, ("Mon to Fri 8 to 18",)),
}
ORDER = tuple(KINDS)
FEW = 3  # that the council uses already


def venues_in(areas: list[tuple[str, float, float]]) -> list[dict[str, object]]:
    """Return venues near the middles of some areas, drawn by chance.

    Args:
        areas: ward, easting and northing of each.
    """
    rng = np.random.default_rng([SEED, 900])
    picked = sorted(rng.choice(len(areas), NUMBER, replace=False).tolist())
    made: list[dict[str, object]] = []
    for number, at in enumerate(picked):
        ward, x, y = areas[at]
        free = [k for k in ORDER if f"{ward} {KINDS[k][0]}" not in {m["name"] for m in made}]
        kind = free[int(rng.integers(len(free)))]
        ending, chance, hours = KINDS[kind]
        shift = rng.normal(0, 90, 2)
        made.append(
            {
                "venue_id": f"V{number + 1:02d}",
                "name": f"{ward} {ending}",
                "kind": kind,
                "step_free": "yes" if rng.random() < chance else "no",
                "hours": hours[int(rng.integers(len(hours)))],
                "in_use": 0,
                "x": round(float(x + shift[0]), 0),
                "y": round(float(y + shift[1]), 0),
            }
        )
    for at in rng.choice(NUMBER, FEW, replace=False):
        made[int(at)]["in_use"] = 1
    return made


def areas_of(path: Path) -> list[tuple[str, float, float]]:
    """Return ward and middle of each area of the sample, by its code."""
    source = ogr.Open(str(path))
    layer = source.GetLayer(0)
    rows = []
    for feature in layer:
        point = feature.GetGeometryRef().PointOnSurface()
        rows.append((feature["LSOA21CD"], feature["WD24NM"], point.GetX(), point.GetY()))
    return [row[1:] for row in sorted(rows)]


def write_venues(path: Path, areas: list[tuple[str, float, float]], date: str = DATE) -> None:
    """Write a GeoPackage with a fixed date, so that two runs give the same bytes."""
    gdal.SetConfigOption("OGR_CURRENT_DATE", date)
    path.unlink(missing_ok=True)
    grid = osr.SpatialReference()
    grid.ImportFromEPSG(27700)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    options = ["DESCRIPTION=Invented venues of an invented city", "GEOMETRY_NAME=geom"]
    layer = source.CreateLayer("venues", grid, ogr.wkbPoint, options)
    made = venues_in(areas)
    for name, value in made[0].items():
        if name in ("x", "y"):
            continue
        kind = ogr.OFTInteger if isinstance(value, int) else ogr.OFTString
        layer.CreateField(ogr.FieldDefn(name, kind))
    layer.StartTransaction()
    for venue in made:
        feature = ogr.Feature(layer.GetLayerDefn())
        point = ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(venue.pop("x"), venue.pop("y"))
        feature.SetGeometry(point)
        for name, value in venue.items():
            feature.SetField(name, value)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    source = None


if __name__ == "__main__":
    home = Path(__file__).resolve().parents[1] / "resources" / "sample"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else home
    write_venues(folder / "venues.gpkg", areas_of(folder / "areas.gpkg"))
