#!/usr/bin/env python3
"""Make the sample data: Exampleford, an INVENTED city, in the shapes of the published tables.

Nothing here is measured and nothing is taken from a real place: the streets, the people, the
surgeries and the "England" against which the city is ranked are all drawn from one fixed seed.

    python3 scripts/make_sample.py [output folder]

Needs numpy, pandas, scipy and GDAL's Python bindings. Two runs on one machine give the same bytes.
"""

from __future__ import annotations

import csv
import heapq
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import sample_replies
import sample_venues
from osgeo import gdal, ogr, osr
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Voronoi, cKDTree
from scipy.stats import norm

gdal.UseExceptions()
ogr.UseExceptions()

SEED = 20250621
TOWN = "Exampleford"
LAD_CODE = "E08990001"
# Every code is of the published form but far beyond the numbers in use.
FIRST_AREA_CODE = 1990001
FIRST_WARD_CODE = 5990001
FIRST_OUTSIDE_CODE = 1995001
OUT = Path(__file__).resolve().parents[1] / "resources" / "sample"

N_AREAS, N_MSOAS, N_WARDS = 340, 68, 26
CELLS_PER_AREA = 12
# Open farmland on the British National Grid, so that no real town lies under the map.
ORIGIN = np.array([516_400.0, 374_300.0])
FIXED_DATE = "2025-06-21T00:00:00.000Z"


def rng_for(*key: int) -> np.random.Generator:
    """A generator of its own for every step, so that a change in one leaves the others alone."""
    return np.random.default_rng([SEED, *key])


# --- The lie of the land ------------------------------------------------------------------------


@dataclass
class Line:
    """A river, road or outline that area boundaries like to follow."""

    points: np.ndarray
    closed: bool = False


@dataclass
class Cells:
    """Street blocks: the small cells from which areas are grown."""

    points: np.ndarray
    vertices: np.ndarray
    # Per ridge: the two cells (-1 outside the city), the two vertices, whether a line runs along.
    ridges: list[tuple[int, int, int, int, bool]]
    spacing: np.ndarray
    neighbours: list[dict[int, float]] = field(default_factory=list)


class Noise:
    """A smooth random field of mean 0 and deviation 1 with the given wavelength in metres."""

    def __init__(self, key: int, wavelength: float, waves: int = 24) -> None:
        rng = rng_for(100, key)
        angle = rng.uniform(0, 2 * np.pi, waves)
        length = wavelength * rng.lognormal(0, 0.35, waves)
        self.k = 2 * np.pi * np.column_stack([np.cos(angle), np.sin(angle)]) / length[:, None]
        self.phase = rng.uniform(0, 2 * np.pi, waves)

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        return np.cos(xy @ self.k.T + self.phase).sum(axis=1) * math.sqrt(2 / len(self.phase))


def city_outline() -> np.ndarray:
    """A lobed ring, longer from south-west to north-east, with bays where farmland comes in."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    rng = rng_for(1)
    radius = 1 + 0.17 * np.cos(2 * (angle - 0.75))
    for wave in range(3, 22):
        radius += rng.normal(0, 0.3 / wave**1.15) * np.cos(wave * angle + rng.uniform(0, 6.28))
    radius = 7600 * np.clip(radius, 0.55, 1.6)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def wandering(start: Sequence[float], end: Sequence[float], key: int, sway: float) -> np.ndarray:
    """A line from start to end that sways from side to side, less at its ends."""
    rng = rng_for(2, key)
    t = np.linspace(0, 1, 240)
    side = sum(
        rng.normal(0, sway / wave) * np.sin(np.pi * wave * t + rng.uniform(-0.4, 0.4))
        for wave in range(1, 9)
    )
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    return start + t[:, None] * (end - start) + side[:, None] * np.array([-along[1], along[0]])


def city_lines() -> list[Line]:
    """Outline first, then river, ring roads, radial roads."""
    lines = [Line(city_outline(), closed=True)]
    lines.append(Line(wandering((-9500, 7300), (11000, -6200), 1, 1500)))
    lines.append(Line(wandering((-300, 9800), (400, 350), 2, 500)))
    for number, (radius, wobble) in enumerate([(900, 0.22), (3500, 0.24)]):
        angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
        rng = rng_for(3, number)
        ring = 1 + sum(
            rng.normal(0, wobble / wave) * np.cos(wave * angle + rng.uniform(0, 6.28))
            for wave in range(2, 8)
        )
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * (radius * ring)[:, None]
        lines.append(Line(xy, closed=True))
    for number, degrees in enumerate([18, 61, 118, 183, 226, 281, 337]):
        turn = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        lines.append(Line(wandering(turn * 900, turn * 12000, 10 + number, 620)))
    return lines


def inside(polygon: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Ray casting, all points at once."""
    result = np.zeros(len(xy), bool)
    previous = np.roll(polygon, 1, axis=0)
    for (x1, y1), (x2, y2) in zip(polygon, previous):
        if y1 == y2:
            continue
        crosses = (y1 > xy[:, 1]) != (y2 > xy[:, 1])
        at = (x2 - x1) * (xy[:, 1] - y1) / (y2 - y1) + x1
        result ^= crosses & (xy[:, 0] < at)
    return result


def block_spacing(xy: np.ndarray) -> np.ndarray:
    """Metres between street blocks: close in the middle and in old villages, wide at the edge."""
    distance = np.hypot(xy[:, 0], xy[:, 1])
    spacing = 90 + 275 * (distance / 8000) ** 1.35
    spacing *= np.exp(0.2 * Noise(1, 2600)(xy) + 0.1 * Noise(2, 1100)(xy))
    for x, y, radius, factor in [
        (-800, 5600, 1300, 0.75),
        (4300, -3900, 1200, 0.75),
        (-4200, -4400, 2200, 1.35),
        (4700, 3000, 1400, 0.62),
    ]:
        near = np.exp(-((xy[:, 0] - x) ** 2 + (xy[:, 1] - y) ** 2) / radius**2)
        spacing *= factor**near
    return np.clip(spacing, 80, 620)


def paired_points(lines: list[Line]) -> tuple[np.ndarray, np.ndarray]:
    """Points in pairs across each line, so that cell edges run along it; tags line, place, side."""
    points: list[np.ndarray] = []
    tags: list[tuple[int, int, int]] = []
    for number, line in enumerate(lines):
        path = np.vstack([line.points, line.points[:1]]) if line.closed else line.points
        for place, (at, normal, step) in enumerate(stations(path)):
            pair = [at + normal * step * 0.33, at - normal * step * 0.33]
            taken = np.array(points) if points else np.empty((0, 2))
            gaps = [np.hypot(*(taken - p).T).min(initial=np.inf) for p in pair]
            own = place and tags and tags[-1][:2] == (number, place - 1)
            if min(gaps) < step * (0.3 if own else 0.5):
                continue
            points.extend(pair)
            tags.extend([(number, place, 1), (number, place, -1)])
    return np.array(points), np.array(tags)


def stations(path: np.ndarray) -> Iterable[tuple[np.ndarray, np.ndarray, float]]:
    """Places along a path one block apart, with the normal and the block spacing there."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    position = 0.0
    while position < along[-1]:
        at = np.array([np.interp(position, along, path[:, i]) for i in (0, 1)])
        ahead = np.array([np.interp(position + 40, along, path[:, i]) for i in (0, 1)])
        back = np.array([np.interp(position - 40, along, path[:, i]) for i in (0, 1)])
        step = float(block_spacing(at[None])[0])
        tangent = (ahead - back) / max(np.hypot(*(ahead - back)), 1e-9)
        yield at, np.array([-tangent[1], tangent[0]]), step
        position += step * 0.9


def free_points(outline: np.ndarray, number: int) -> np.ndarray:
    """Blocks away from the lines, evened out a little so that none is tiny."""
    rng = rng_for(4)
    low, high = outline.min(axis=0), outline.max(axis=0)
    cloud = rng.uniform(low, high, (900_000, 2))
    chance = (80 / block_spacing(cloud)) ** 2
    cloud = cloud[(rng.random(len(cloud)) < chance)]
    cloud = cloud[inside(outline, cloud)]
    points = cloud[rng.permutation(len(cloud))[:number]]
    for _ in range(2):
        nearest = cKDTree(points).query(cloud)[1]
        count = np.bincount(nearest, minlength=len(points)).clip(1)
        sums = [np.bincount(nearest, cloud[:, i], minlength=len(points)) for i in (0, 1)]
        points = np.column_stack(sums) / count[:, None]
    return points


def make_cells(lines: list[Line]) -> Cells:
    """Street blocks: a fine Voronoi diagram whose edges follow the lines."""
    outline = lines[0].points
    pairs, tags = paired_points(lines)
    free = free_points(outline, N_AREAS * CELLS_PER_AREA)
    gap = cKDTree(pairs).query(free)[0]
    free = free[gap > 0.6 * block_spacing(free)]
    # A far ring closes the outermost cells.
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    ring = 30_000 * np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.vstack([pairs, free, ring])
    tag = np.vstack([tags, np.full((len(free) + len(ring), 3), -9)])
    diagram = Voronoi(points)
    keep = inside(outline, points)
    # Only the inner points of the outline's own pairs may touch the outside.
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    same = merged_vertices(diagram)
    ridges = []
    for (p, q), (v, w) in zip(diagram.ridge_points, diagram.ridge_vertices):
        if number[p] == number[q] == -1 or v < 0 or w < 0 or same[v] == same[w]:
            continue
        along = bool(
            tag[p, 0] == tag[q, 0] >= 0
            and tag[p, 2] != tag[q, 2]
            and abs(tag[p, 1] - tag[q, 1]) <= 1
        )
        ridges.append((int(number[p]), int(number[q]), same[v], same[w], along))
    inner = points[keep]
    cells = Cells(inner, diagram.vertices, ridges, block_spacing(inner))
    cells.neighbours = weigh_neighbours(cells)
    return cells


def merged_vertices(diagram: Voronoi, closest: float = 5.0) -> list[int]:
    """Corners a few metres apart become one, else they round to boundaries of no length."""
    same = list(range(len(diagram.vertices)))
    for a, b in sorted(cKDTree(diagram.vertices).query_pairs(closest)):
        first = min(same[a], same[b])
        same = [first if n in (same[a], same[b]) else n for n in same]
    return same


def weigh_neighbours(cells: Cells) -> list[dict[int, float]]:
    """What it costs to cut between two blocks: cheap along rivers, roads and some streets."""
    rng = rng_for(5)
    neighbours: list[dict[int, float]] = [{} for _ in cells.points]
    for p, q, v, w, along in cells.ridges:
        street = rng.lognormal(0, 0.45)
        if p < 0 or q < 0:
            continue
        length = float(np.hypot(*(cells.vertices[v] - cells.vertices[w])))
        relative = 2 * length / (cells.spacing[p] + cells.spacing[q])
        cost = max(relative, 0.02) * street * (0.12 if along else 1.0)
        neighbours[p][q] = neighbours[q][p] = cost
    return neighbours


# --- Growing areas, and groups of areas ---------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """How many members a group may have, and how strongly that is held."""

    low: int
    high: int
    weight: float

    def cost(self, size: int) -> float:
        return self.weight * max(0, self.low - size, size - self.high) ** 2


def partition(
    xy: np.ndarray,
    neighbours: list[dict[int, float]],
    groups: int,
    sizes: Sizes,
    key: int,
    steps: int,
) -> np.ndarray:
    """Cut a map into connected groups of like size with short and cheap boundaries."""
    rng = rng_for(6, key)
    seeds = sorted(rng.choice(len(xy), groups, replace=False).tolist())
    for _ in range(12):
        label = grow(xy, neighbours, seeds)
        seeds = [middle_of(xy, label, group) for group in range(groups)]
    return anneal(grow(xy, neighbours, seeds), neighbours, sizes, rng, steps)


def middle_of(xy: np.ndarray, label: np.ndarray, group: int) -> int:
    members = np.flatnonzero(label == group)
    offset = xy[members] - xy[members].mean(axis=0)
    return int(members[np.argmin((offset**2).sum(axis=1))])


def grow(xy: np.ndarray, neighbours: list[dict[int, float]], seeds: list[int]) -> np.ndarray:
    """The smallest group takes its nearest free neighbour, until none is left."""
    label = np.full(len(xy), -1)
    frontier: list[list[tuple[float, int]]] = [[] for _ in seeds]
    size = [0] * len(seeds)

    def take(cell: int, group: int) -> None:
        label[cell] = group
        size[group] += 1
        for other in neighbours[cell]:
            if label[other] < 0:
                far = float(np.hypot(*(xy[other] - xy[seeds[group]])))
                heapq.heappush(frontier[group], (far, other))

    for group, cell in enumerate(seeds):
        take(cell, group)
    queue = [(1, group) for group in range(len(seeds))]
    heapq.heapify(queue)
    while queue:
        _, group = heapq.heappop(queue)
        while frontier[group]:
            cell = heapq.heappop(frontier[group])[1]
            if label[cell] < 0:
                take(cell, group)
                heapq.heappush(queue, (size[group], group))
                break
    return label


def anneal(
    label: np.ndarray,
    neighbours: list[dict[int, float]],
    sizes: Sizes,
    rng: np.random.Generator,
    steps: int,
) -> np.ndarray:
    """Pass cells between neighbouring groups, at first freely, then only for the better."""
    group_of = label.tolist()
    size = np.bincount(label).tolist()
    cells = rng.integers(0, len(group_of), steps).tolist()
    picks, chances = rng.random(steps).tolist(), rng.random(steps).tolist()
    for step, cell in enumerate(cells):
        own = group_of[cell]
        near = neighbours[cell]
        others = [group_of[n] for n in near if group_of[n] != own]
        if not others or size[own] == 1:
            continue
        new = others[int(picks[step] * len(others))]
        change = sum(
            cost * ((group_of[n] == own) - (group_of[n] == new)) for n, cost in near.items()
        )
        change += sizes.cost(size[own] - 1) - sizes.cost(size[own])
        change += sizes.cost(size[new] + 1) - sizes.cost(size[new])
        heat = 0.5 * (1 - step / steps) ** 2 + 1e-4
        if change > 0 and chances[step] >= math.exp(-change / heat):
            continue
        if stays_whole(cell, own, group_of, neighbours):
            group_of[cell] = new
            size[own] -= 1
            size[new] += 1
    return np.array(group_of)


def stays_whole(
    cell: int, own: int, group_of: list[int], neighbours: list[dict[int, float]]
) -> bool:
    """Whether the group is still in one piece without the cell."""
    goals = {n for n in neighbours[cell] if group_of[n] == own}
    if len(goals) <= 1:
        return bool(goals)
    start = min(goals)
    seen, stack = {start, cell}, [start]
    goals.discard(start)
    while stack and goals:
        for other in neighbours[stack.pop()]:
            if other not in seen and group_of[other] == own:
                seen.add(other)
                goals.discard(other)
                stack.append(other)
    return not goals


def group_neighbours(label: np.ndarray, cells: Cells) -> list[dict[int, float]]:
    """Which areas touch, and how long their shared boundary is, relative to the street blocks."""
    result: list[dict[int, float]] = [{} for _ in range(label.max() + 1)]
    for cell, near in enumerate(cells.neighbours):
        a = int(label[cell])
        for other, cost in near.items():
            b = int(label[other])
            if a != b:
                result[a][b] = result[a].get(b, 0.0) + cost / 4
    return result


# --- Boundaries ---------------------------------------------------------------------------------


@dataclass
class Arc:
    """A stretch of boundary between the same two areas; both use these very points."""

    sides: tuple[int, int]
    chain: list[int]
    along: bool
    points: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    roughness: float = 1.0


def find_arcs(label: np.ndarray, cells: Cells) -> list[Arc]:
    """Join the block edges between two areas into arcs from junction to junction."""
    edges: dict[tuple[int, int], tuple[tuple[int, int], bool]] = {}
    at: dict[int, list[int]] = {}
    for p, q, v, w, along in cells.ridges:
        a = int(label[p]) if p >= 0 else -1
        b = int(label[q]) if q >= 0 else -1
        if a != b:
            edges[min(v, w), max(v, w)] = (min(a, b), max(a, b)), along
            at.setdefault(v, []).append(w)
            at.setdefault(w, []).append(v)
    arcs: list[Arc] = []
    used: set[tuple[int, int]] = set()
    for node in sorted(v for v, ends in at.items() if len(ends) != 2):
        for step in sorted(at[node]):
            if (min(node, step), max(node, step)) not in used:
                arcs.append(follow(node, step, edges, at, used))
    if len(used) != len(edges):
        raise RuntimeError("an area lies wholly inside another: choose another seed")
    return arcs


def follow(node: int, step: int, edges: dict, at: dict[int, list[int]], used: set) -> Arc:
    """Walk from a junction to the next."""
    chain = [node, step]
    flags = []
    while True:
        edge = min(chain[-2:]), max(chain[-2:])
        used.add(edge)
        flags.append(edges[edge][1])
        ends = at[chain[-1]]
        if len(ends) != 2:
            return Arc(edges[edge][0], chain, sum(flags) * 2 > len(flags))
        chain.append(ends[0] if ends[1] == chain[-2] else ends[1])


def shape_arcs(arcs: list[Arc], cells: Cells) -> None:
    """Straighten each arc, roughen it, and take back what would make two arcs cross."""
    for number, arc in enumerate(arcs):
        arc.points = shaped(arc, number, cells)
    for _ in range(40):
        bad = crossing_arcs(arcs)
        if not bad:
            return
        for number in bad:
            arc = arcs[number]
            arc.roughness = arc.roughness / 2 if arc.roughness > 0.2 else 0.0
            arc.points = shaped(arc, number, cells)
    raise RuntimeError("boundaries still cross: choose another seed")


def shaped(arc: Arc, number: int, cells: Cells) -> np.ndarray:
    """The arc's points on the grid: simplified by its roughness, then broken up finely."""
    raw = cells.vertices[arc.chain]
    block = float(block_spacing(raw.mean(axis=0)[None])[0])
    tolerance = block * (0.15 if arc.along or arc.sides[0] < 0 else 0.3) * arc.roughness
    kept = simplified(raw, tolerance)
    rng = rng_for(7, number)
    points = [kept[0]]
    for start, end in zip(kept, kept[1:]):
        points.extend(broken(start, end, block * 0.32, 0.085 * arc.roughness, rng))
    return np.round(np.array(points) + ORIGIN, 1)


def simplified(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Douglas-Peucker; the ends stay."""
    if len(points) < 3:
        return points
    base = points[-1] - points[0]
    offset = points - points[0]
    length = max(float(np.hypot(*base)), 1e-9)
    away = np.abs(base[0] * offset[:, 1] - base[1] * offset[:, 0]) / length
    worst = int(np.argmax(away[1:-1])) + 1
    if away[worst] <= tolerance:
        return points[[0, -1]]
    head = simplified(points[: worst + 1], tolerance)
    return np.vstack([head[:-1], simplified(points[worst:], tolerance)])


def broken(
    start: np.ndarray, end: np.ndarray, shortest: float, rough: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """Fractal midpoint displacement between two points; returns all but the start."""
    run = end - start
    length = float(np.hypot(*run))
    if length < 2 * shortest or rough == 0:
        return [end]
    shift = float(np.clip(rng.normal(0, rough), -2 * rough, 2 * rough))
    middle = start + run * rng.uniform(0.4, 0.6) + np.array([-run[1], run[0]]) * shift
    return broken(start, middle, shortest, rough, rng) + broken(middle, end, shortest, rough, rng)


def line_geometry(points: np.ndarray) -> ogr.Geometry:
    line = ogr.Geometry(ogr.wkbLineString)
    for x, y in points:
        line.AddPoint_2D(float(x), float(y))
    return line


def crossing_arcs(arcs: list[Arc]) -> list[int]:
    """Arcs that cross themselves or meet another anywhere but at a shared end."""
    lines = [line_geometry(arc.points) for arc in arcs]
    boxes = np.array([[*a.points.min(axis=0), *a.points.max(axis=0)] for a in arcs])
    bad = {n for n, line in enumerate(lines) if not line.IsSimple()}
    for a in range(len(arcs)):
        rest = boxes[a + 1 :]
        near = (rest[:, 0] <= boxes[a, 2]) & (rest[:, 2] >= boxes[a, 0])
        near &= (rest[:, 1] <= boxes[a, 3]) & (rest[:, 3] >= boxes[a, 1])
        for b in (np.flatnonzero(near) + a + 1).tolist():
            if not meet_at_ends(arcs[a], arcs[b], lines[a], lines[b]):
                bad |= {a, b}
    return sorted(bad)


def meet_at_ends(a: Arc, b: Arc, line_a: ogr.Geometry, line_b: ogr.Geometry) -> bool:
    shared = {tuple(p) for p in a.points[[0, -1]]} & {tuple(p) for p in b.points[[0, -1]]}
    common = line_a.Intersection(line_b)
    if common.IsEmpty():
        return True
    parts = [common] if common.GetGeometryCount() == 0 else list(common)
    return all(
        p.GetGeometryType() == ogr.wkbPoint and (p.GetX(), p.GetY()) in shared for p in parts
    )


def polygons_from(arcs: list[Arc], groups: int) -> list[ogr.Geometry]:
    """One multipolygon per group; the largest ring is the outer one."""
    result = []
    for group in range(groups):
        rings = close_rings([a.points for a in arcs if group in a.sides])
        rings.sort(key=lambda ring: -abs(ring_area(ring)))
        polygon = ogr.Geometry(ogr.wkbPolygon)
        for number, points in enumerate(rings):
            # Outer rings run against the clock, holes with it.
            forward = (ring_area(points) > 0) == (number == 0)
            ring = ogr.Geometry(ogr.wkbLinearRing)
            for x, y in points if forward else points[::-1]:
                ring.AddPoint_2D(float(x), float(y))
            polygon.AddGeometry(ring)
        multi = ogr.Geometry(ogr.wkbMultiPolygon)
        multi.AddGeometry(polygon)
        if not multi.IsValid():
            raise RuntimeError(f"group {group} is not valid")
        result.append(multi)
    return result


def close_rings(lines: list[np.ndarray]) -> list[np.ndarray]:
    """Chain lines end to end until each ring closes."""
    rings, left = [], list(lines)
    while left:
        ring = left.pop(0)
        while tuple(ring[0]) != tuple(ring[-1]):
            for number, line in enumerate(left):
                if tuple(line[0]) == tuple(ring[-1]):
                    ring = np.vstack([ring, line[1:]])
                elif tuple(line[-1]) == tuple(ring[-1]):
                    ring = np.vstack([ring, line[-2::-1]])
                else:
                    continue
                left.pop(number)
                break
            else:
                raise RuntimeError("a ring does not close")
        rings.append(ring)
    return rings


def ring_area(points: np.ndarray) -> float:
    x, y = (points - points[0]).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def dissolved(arcs: list[Arc], group: np.ndarray) -> list[Arc]:
    """The same arcs, told by group; those inside a group fall away."""
    result = []
    for arc in arcs:
        a, b = (int(group[s]) if s >= 0 else -1 for s in arc.sides)
        if a != b:
            result.append(Arc((a, b), arc.chain, arc.along, arc.points))
    return result


# --- Names and codes ----------------------------------------------------------------------------

# Name, then where it belongs: kilometres east and north of the centre.
WARD_NAMES = [
    ("Minster and Quayside", 0.2, 0.5),
    ("Lantern Hill", -0.2, -0.2),
    ("Ropewalk", 1.6, 0.4),
    ("Wyke Hollow", 1.3, 1.4),
    ("Weir Side", 0.0, 2.2),
    ("Brickfields", 3.3, 0.7),
    ("Foundry Lane", 2.9, -0.7),
    ("Tanners Row", 0.9, -1.6),
    ("Orchard Bank", -0.7, -1.1),
    ("College", -2.2, -0.4),
    ("Paddock Wells", -1.4, 1.1),
    ("Cinder Hill", -3.9, 3.2),
    ("Harelow", 4.2, 2.2),
    ("Marlbeck", 5.3, 4.6),
    ("Sallow Green", 6.2, 0.8),
    ("Osierholme", 3.8, -3.0),
    ("Fenny Cross", 2.2, -2.2),
    ("Thorn Carr", 1.4, -5.4),
    ("Upper Dunmere", -1.7, 4.3),
    ("Lower Dunmere", 1.6, 5.3),
    ("Ravensthwaite", 2.0, 2.9),
    ("Beacon Edge", -4.5, 0.9),
    ("Hollinbank", -2.0, -2.1),
    ("Southlease", -0.1, -3.6),
    ("Ashby Lodge", -2.4, -5.6),
    ("Whitestone Vale", -5.0, -2.0),
]


def ward_names(centres: np.ndarray) -> list[str]:
    """Each ward gets the name that belongs nearest to it."""
    places = np.array([[x, y] for _, x, y in WARD_NAMES]) * 1000
    cost = ((centres[:, None] - places[None]) ** 2).sum(axis=2)
    return [WARD_NAMES[n][0] for n in linear_sum_assignment(cost)[1]]


def name_areas(xy: np.ndarray, msoa: np.ndarray, ward: np.ndarray) -> pd.DataFrame:
    """Codes and names, numbered from the north as the real ones are."""
    frame = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "msoa": msoa, "ward": ward})
    north = frame.groupby("msoa")["y"].mean().rank(ascending=False).astype(int)
    frame["number"] = frame["msoa"].map(north)
    frame["letter"] = frame.groupby("number")["x"].rank().astype(int)
    names = ward_names(frame.groupby("ward")[["x", "y"]].mean().to_numpy())
    order = {name: code for code, name in enumerate(sorted(names), FIRST_WARD_CODE)}
    frame["WD24NM"] = [names[w] for w in ward]
    frame["WD24CD"] = [f"E{order[n]:08d}" for n in frame["WD24NM"]]
    frame["LSOA21NM"] = [
        f"{TOWN} {n:03d}{chr(64 + k)}" for n, k in zip(frame["number"], frame["letter"])
    ]
    frame = frame.sort_values("LSOA21NM")
    frame["LSOA21CD"] = [f"E{FIRST_AREA_CODE + n:08d}" for n in range(len(frame))]
    return frame


# --- The people ---------------------------------------------------------------------------------

ETHNIC_GROUPS: dict[str, list[str]] = {
    "Asian, Asian British or Asian Welsh": [
        "Bangladeshi",
        "Chinese",
        "Indian",
        "Pakistani",
        "Other Asian",
    ],
    "Black, Black British, Black Welsh, Caribbean or African": [
        "African",
        "Caribbean",
        "Other Black",
    ],
    "Mixed or Multiple ethnic groups": [
        "White and Asian",
        "White and Black African",
        "White and Black Caribbean",
        "Other Mixed or Multiple ethnic groups",
    ],
    "White": [
        "English, Welsh, Scottish, Northern Irish or British",
        "Irish",
        "Gypsy or Irish Traveller",
        "Roma",
        "Other White",
    ],
    "Other ethnic group": ["Arab", "Any other ethnic group"],
}
BRITISH = "English, Welsh, Scottish, Northern Irish or British"
CATEGORIES = [name for names in ETHNIC_GROUPS.values() for name in names]

# Share of residents anywhere in the city; then of those, share whose main language is not
# English, and share who cannot speak it well or at all. All invented.
ETHNIC_BASE: dict[str, tuple[float, float, float]] = {
    "Bangladeshi": (0.003, 0.36, 0.130),
    "Chinese": (0.009, 0.55, 0.035),
    "Indian": (0.014, 0.38, 0.035),
    "Pakistani": (0.014, 0.32, 0.115),
    "Other Asian": (0.010, 0.45, 0.040),
    "African": (0.015, 0.30, 0.060),
    "Caribbean": (0.010, 0.01, 0.001),
    "Other Black": (0.004, 0.14, 0.020),
    "White and Asian": (0.009, 0.05, 0.005),
    "White and Black African": (0.005, 0.05, 0.005),
    "White and Black Caribbean": (0.013, 0.01, 0.001),
    "Other Mixed or Multiple ethnic groups": (0.008, 0.08, 0.008),
    "Irish": (0.006, 0.01, 0.001),
    "Gypsy or Irish Traveller": (0.001, 0.05, 0.010),
    "Roma": (0.001, 0.85, 0.330),
    "Other White": (0.026, 0.62, 0.085),
    "Arab": (0.007, 0.50, 0.120),
    "Any other ethnic group": (0.009, 0.42, 0.100),
}


@dataclass(frozen=True)
class Cluster:
    """A neighbourhood with a story: where (metres from the centre), how wide, who lives there."""

    east: float
    north: float
    radius: float
    shares: dict[str, float]

    def near(self, xy: np.ndarray) -> np.ndarray:
        return np.exp(
            -((xy[:, 0] - self.east) ** 2 + (xy[:, 1] - self.north) ** 2) / self.radius**2
        )


CLUSTERS = {
    "ropewalk": Cluster(
        2500,
        700,
        1500,
        {
            "Pakistani": 0.46,
            "Bangladeshi": 0.03,
            "African": 0.06,
            "Arab": 0.05,
            "Any other ethnic group": 0.04,
            "Other Asian": 0.03,
            "White and Asian": 0.02,
        },
    ),
    "tanners": Cluster(
        1400,
        -1500,
        1150,
        {
            "African": 0.27,
            "Arab": 0.13,
            "Pakistani": 0.12,
            "Other Black": 0.05,
            "Caribbean": 0.03,
            "Any other ethnic group": 0.05,
        },
    ),
    "harelow": Cluster(
        4700, 3000, 1150, {"Roma": 0.24, "Other White": 0.24, "Pakistani": 0.15, "African": 0.05}
    ),
    "college": Cluster(
        -1500,
        300,
        1250,
        {
            "Chinese": 0.22,
            "Other Asian": 0.07,
            "Indian": 0.06,
            "Arab": 0.03,
            "Other White": 0.07,
            "African": 0.02,
        },
    ),
    "cinder": Cluster(
        -2700, 2900, 850, {"Bangladeshi": 0.20, "Pakistani": 0.14, "African": 0.05, "Arab": 0.02}
    ),
    "foundry": Cluster(
        300,
        -2800,
        950,
        {"Caribbean": 0.12, "White and Black Caribbean": 0.06, "African": 0.08, "Indian": 0.03},
    ),
}
ESTATES = [Cluster(-200, 5500, 1500, {}), Cluster(3900, -3500, 1400, {})]


@dataclass
class People:
    """What is true of each area before any table rounds or perturbs it."""

    xy: np.ndarray
    deprivation: np.ndarray
    students: np.ndarray
    inner: np.ndarray
    estate: np.ndarray
    shares: pd.DataFrame
    persons: np.ndarray
    households: np.ndarray
    ages: pd.DataFrame

    @property
    def south_asian(self) -> np.ndarray:
        return self.shares[["Pakistani", "Bangladeshi", "Indian"]].sum(axis=1).to_numpy()


def make_people(xy: np.ndarray, blocks: np.ndarray) -> People:
    """The story: a gradient, six communities, two estates, rich suburbs in the south-west."""
    warped = xy + 240 * np.column_stack([Noise(11, 2300)(xy), Noise(12, 2300)(xy)])
    inner = np.exp(-((np.hypot(*xy.T) / 3000) ** 2))
    students = CLUSTERS["college"].near(warped)
    estate = sum(cluster.near(warped) for cluster in ESTATES)
    shares = ethnic_shares(warped, inner, estate)
    deprivation = deprivation_of(xy, warped, inner, students, estate)
    rng = rng_for(21)
    persons = blocks * 146 * rng.lognormal(0, 0.13, len(xy)) * (1 + 0.12 * students)
    persons = np.clip(persons, 1020, 2580).round().astype(int)
    ages = age_shares(inner, students, shares, deprivation)
    size = 2.39 + 1.1 * shares["Pakistani"] + 0.9 * shares["Bangladeshi"] + 0.9 * shares["Roma"]
    size = size - 0.35 * inner + 0.25 * students + rng.normal(0, 0.09, len(xy))
    households = (persons / size.clip(1.6, 3.4)).round().astype(int).to_numpy()
    return People(xy, deprivation, students, inner, estate, shares, persons, households, ages)


def deprivation_of(
    xy: np.ndarray, warped: np.ndarray, inner: np.ndarray, students: np.ndarray, estate: np.ndarray
) -> np.ndarray:
    """Latent deprivation, 0 and 1 being the mean and deviation of the invented country."""
    rng = rng_for(22)
    raw = 0.75 * inner + 0.75 * (xy @ np.array([0.72, 0.69])) / 6000 + 1.9 * estate
    for name, weight in [("ropewalk", 0.6), ("tanners", 0.8), ("harelow", 1.0), ("cinder", 0.9)]:
        raw = raw + weight * CLUSTERS[name].near(warped)
    raw = raw - 0.9 * students - 0.5 * np.exp(-((np.hypot(*xy.T) / 700) ** 2))
    raw = raw + 0.44 * Noise(13, 2600)(xy) + rng.normal(0, 0.36, len(xy))
    return np.clip(0.3 + 1.0 * (raw - raw.mean()) / raw.std(), -2.4, 2.5)


def ethnic_shares(warped: np.ndarray, inner: np.ndarray, estate: np.ndarray) -> pd.DataFrame:
    """Share of each of the 19 categories; White British is what the others leave."""
    rng = rng_for(23)
    spread = (0.42 + 0.9 * inner) * np.exp(-0.5 * estate)
    shares = pd.DataFrame({name: base[0] * spread for name, base in ETHNIC_BASE.items()})
    for cluster in CLUSTERS.values():
        near = cluster.near(warped) * rng.lognormal(-0.05, 0.3, len(warped))
        for name, peak in cluster.shares.items():
            shares[name] += 0.86 * peak * near
    shares *= rng.lognormal(0, 0.22, shares.shape)
    total = shares.sum(axis=1)
    # No area is without White British neighbours: 93 % is the most the others can reach.
    shares = shares.mul((total / (1 + (total / 0.93) ** 4) ** 0.25) / total, axis=0)
    shares[BRITISH] = 1 - shares.sum(axis=1)
    return shares[CATEGORIES]


def age_shares(
    inner: np.ndarray, students: np.ndarray, shares: pd.DataFrame, deprivation: np.ndarray
) -> pd.DataFrame:
    """Share of residents in the bands that the tables need."""
    rng = rng_for(24)
    young = shares[["Pakistani", "Bangladeshi", "African", "Arab", "Roma"]].sum(axis=1).to_numpy()
    child = 0.165 + 0.16 * young + 0.012 * deprivation - 0.11 * students - 0.03 * inner
    old = 0.275 - 0.14 * inner - 0.17 * students - 0.17 * young - 0.018 * deprivation
    child = np.clip(child + rng.normal(0, 0.014, len(inner)), 0.03, 0.34)
    old = np.clip(old + rng.normal(0, 0.03, len(inner)), 0.025, 0.42)
    frame = pd.DataFrame(
        {
            "0-2": 0.17 * child,
            "3-5": 0.18 * child,
            "6-15": 0.65 * child,
            "16": 0.058 * child,
            "17": 0.057 * child,
            "50-59": 0.09 + 0.2 * old,
            "60-66": 0.33 * old,
            "67+": 0.67 * old,
        }
    )
    frame["18-49"] = 1 - frame.sum(axis=1)
    return frame


def aged(people: People, oldest_left_out: str) -> np.ndarray:
    """Share older than a band."""
    bands = ["0-2", "3-5", "6-15", "16", "17", "18-49", "50-59", "60-66", "67+"]
    return people.ages[bands[bands.index(oldest_left_out) + 1 :]].sum(axis=1).to_numpy()


# --- Census tables ------------------------------------------------------------------------------


def split(total: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """People shared out by chance, row by row."""
    shares = np.clip(shares, 0, None)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return np.array([rng.multinomial(n, p) for n, p in zip(total, shares)])


def perturbed(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Census-like noise: about one cell in seven moves by 1 or 2; a true nought stays."""
    moves = rng.choice([-2, -1, 1, 2], counts.shape, p=[0.1, 0.4, 0.4, 0.1])
    moves = np.where((rng.random(counts.shape) < 0.14) & (counts > 0), moves, 0)
    return np.clip(counts + moves, 0, None)


def perturb_rows(
    counts: np.ndarray, sums: list[tuple[int, list[int]]], rng: np.random.Generator
) -> np.ndarray:
    """Perturb each row; draw again while some whole is more than 3 away from its parts."""
    result = []
    for row in counts:
        while True:
            noisy = perturbed(row, rng)
            if all(abs(noisy[whole] - noisy[parts].sum()) <= 3 for whole, parts in sums):
                break
        result.append(noisy)
    return np.array(result)


def ethnicity_table(people: People) -> pd.DataFrame:
    """TS021: the total, then each of five groups followed by its categories."""
    rng = rng_for(31)
    counts = pd.DataFrame(split(people.persons, people.shares.to_numpy(), rng), columns=CATEGORIES)
    columns: dict[str, Any] = {"Ethnic group: Total: All usual residents": people.persons}
    sums: list[tuple[int, list[int]]] = [(0, [])]
    for group, names in ETHNIC_GROUPS.items():
        whole = len(columns)
        sums[0][1].append(whole)
        sums.append((whole, [whole + 1 + n for n in range(len(names))]))
        columns[f"Ethnic group: {group}"] = counts[names].sum(axis=1)
        columns.update({f"Ethnic group: {group}: {name}": counts[name] for name in names})
    frame = pd.DataFrame(columns)
    frame[:] = perturb_rows(frame.to_numpy(), sums, rng)
    return frame.add_suffix("; measures: Value")


def language_shares(people: People) -> np.ndarray:
    """English, very well, well, not well, not at all, of residents aged 3 and over."""
    rng = rng_for(32)
    shares = people.shares.drop(columns=BRITISH)
    other = sum(shares[n] * ETHNIC_BASE[n][1] for n in shares).to_numpy()
    low = sum(shares[n] * ETHNIC_BASE[n][2] for n in shares).to_numpy()
    lift = np.exp(0.22 * people.deprivation + 0.1) * rng.lognormal(0, 0.22, len(low))
    low = np.clip(low * lift * (1 - 0.35 * people.students), 0, 0.2) + 0.0006
    other = np.clip(other * rng.lognormal(0, 0.12, len(low)) + 0.003, low * 1.6, 0.75)
    well = 0.47 - 0.12 * people.students
    none = 0.12 + 0.02 * people.deprivation.clip(0)
    return np.column_stack(
        [1 - other, (other - low) * (1 - well), (other - low) * well, low * (1 - none), low * none]
    )


def language_table(people: People, shares: np.ndarray) -> pd.DataFrame:
    """TS029, proficiency in English."""
    rng = rng_for(33)
    base = np.round(people.persons * aged(people, "0-2")).astype(int)
    counts = split(base, shares, rng)
    prefix = "Proficiency in English language: "
    own = "Main language is English (English or Welsh in Wales)"
    other = "Main language is not English (English or Welsh in Wales)"
    levels = [
        "Can speak English very well",
        "Can speak English well",
        "Cannot speak English well",
        "Cannot speak English",
    ]
    rows = np.column_stack([base, counts[:, 0], counts[:, 1:].sum(axis=1), counts[:, 1:]])
    rows = perturb_rows(rows, [(0, [1, 2]), (2, [3, 4, 5, 6])], rng)
    heads = ["Total: All usual residents aged 3 years and over", own, other]
    heads += [f"{other}: {level}" for level in levels]
    return pd.DataFrame(rows, columns=[prefix + head for head in heads])


def household_language_table(people: People, shares: np.ndarray) -> pd.DataFrame:
    """TS025, household language."""
    rng = rng_for(34)
    other = 1 - shares[:, 0]
    mixed, child, none = 0.32 * other + 0.004, 0.11 * other, 0.42 * other + 0.001
    counts = split(
        people.households, np.column_stack([1 - mixed - child - none, mixed, child, none]), rng
    )
    rows = perturb_rows(np.column_stack([people.households, counts]), [(0, [1, 2, 3, 4])], rng)
    english = "have English in England, or English or Welsh in Wales as a main language"
    heads = [
        "Total: All households",
        f"All adults in household {english}",
        f"At least one but not all adults in household {english}",
        "No adults in household, but at least one person aged 3 to 15 years, has English in "
        "England or English or Welsh in Wales as a main language",
        f"No people in household {english}",
    ]
    return pd.DataFrame(
        rows, columns=[f"Household language (English and Welsh): {h}" for h in heads]
    )


def household_deprivation_counts(people: People) -> np.ndarray:
    """TS011: households deprived in none to four dimensions, with the total first."""
    rng = rng_for(35)
    latent = 0.62 * people.deprivation + rng.normal(0, 0.09, len(people.xy))
    edges = np.array([0.02, 1.55, 3.25, 6.1])
    below = 1 / (1 + np.exp(-(edges[None] - latent[:, None])))
    shares = np.diff(np.column_stack([np.zeros(len(latent)), below, np.ones(len(latent))]))
    counts = split(people.households, shares, rng)
    return perturb_rows(np.column_stack([people.households, counts]), [(0, [1, 2, 3, 4, 5])], rng)


def car_table(people: People) -> pd.DataFrame:
    """TS045, cars and vans: fewer where deprivation is common, in the middle and by the college."""
    rng = rng_for(36)
    latent = 0.75 * people.deprivation + 0.6 * people.inner + 0.9 * people.students
    latent = latent + rng.normal(0, 0.12, len(people.xy))
    edges = np.array([-1.55, 0.7, 2.65])
    below = 1 / (1 + np.exp(-(edges[None] + latent[:, None] * np.array([1, 0.85, 0.8]))))
    shares = np.diff(np.column_stack([np.zeros(len(latent)), below, np.ones(len(latent))]))
    counts = split(people.households, shares, rng)
    rows = perturb_rows(np.column_stack([people.households, counts]), [(0, [1, 2, 3, 4])], rng)
    heads = ["Total: All households", "No cars or vans in household"]
    heads += ["1 car or van in household", "2 cars or vans in household"]
    heads += ["3 or more cars or vans in household"]
    return pd.DataFrame(rows, columns=[f"Number of cars or vans: {head}" for head in heads])


def disability_table(people: People) -> pd.DataFrame:
    """TS038, disability: more common where deprivation is, and where older people are."""
    rng = rng_for(37)
    old = aged(people, "50-59") - 0.22
    lift = 0.3 * people.deprivation + 2.4 * old + 0.12 * people.estate
    lift = lift + rng.normal(0, 0.08, len(people.xy))
    lot, little = 0.08 * np.exp(lift), 0.107 * np.exp(0.45 * lift)
    condition = 0.07 * np.exp(1.1 * old)
    counts = split(
        people.persons, np.column_stack([lot, little, condition, 1 - lot - little - condition]), rng
    )
    sides = [counts[:, :2].sum(axis=1), counts[:, :2], counts[:, 2:].sum(axis=1), counts[:, 2:]]
    rows = perturb_rows(
        np.column_stack([people.persons, *sides]), [(0, [1, 4]), (1, [2, 3]), (4, [5, 6])], rng
    )
    disabled, not_disabled = (f"{no}isabled under the Equality Act" for no in ("D", "Not d"))
    heads = [
        "Total: All usual residents",
        disabled,
        f"{disabled}: Day-to-day activities limited a lot",
        f"{disabled}: Day-to-day activities limited a little",
        not_disabled,
        f"{not_disabled}: Has long term physical or mental health condition but day-to-day "
        "activities are not limited",
        f"{not_disabled}: No long term physical or mental health conditions",
    ]
    return pd.DataFrame(rows, columns=[f"Disability: {head}" for head in heads])


def survey_table(people: People, areas: pd.DataFrame) -> pd.DataFrame:
    """A council's own survey: how those who answered would like to hear from it.

    The answers are those of own/own_categories.csv and own/own_categories.json.
    """
    rng = rng_for(38)
    old = (aged(people, "50-59") - 0.22) * 10
    answered = rng.poisson(people.persons * 0.03 * np.exp(0.1 * old - 0.15 * people.deprivation))
    # Answer: how common it is, and how that rises with deprivation and with age.
    answers = {
        "A letter": (0.15, 0.12, 0.22),
        "A leaflet or newsletter": (0.09, 0.05, 0.18),
        "A phone call": (0.10, 0.15, 0.10),
        "A text message": (0.17, 0.20, -0.12),
        "An e-mail": (0.27, -0.22, -0.02),
        "The website or an app": (0.15, -0.15, -0.18),
        "A visit, or a meeting nearby": (0.07, 0.22, 0.06),
    }
    lifts = [
        share * np.exp(poorer * people.deprivation + older * old)
        for share, poorer, older in answers.values()
    ]
    counts = split(answered, np.column_stack(lifts), rng)
    columns = {"LSOA21CD": areas["LSOA21CD"].to_numpy(), "All who answered": answered}
    return pd.DataFrame({**columns, **dict(zip(answers, counts.T))})


def write_bulk(path: Path, areas: pd.DataFrame, table: pd.DataFrame, quoted: bool) -> None:
    """A Nomis bulk file, with or without quotation marks about its texts."""
    lead = pd.DataFrame(
        {
            "date": "2021",
            "geography": areas["LSOA21NM"].to_numpy(),
            "geography code": areas["LSOA21CD"].to_numpy(),
        }
    )
    quoting = csv.QUOTE_NONNUMERIC if quoted else csv.QUOTE_MINIMAL
    write_csv(path, pd.concat([lead, table], axis=1), quoting=quoting)


def write_csv(path: Path, table: pd.DataFrame, **options: Any) -> None:
    table.to_csv(path, index=False, lineterminator="\n", **options)


def write_query(path: Path, areas: pd.DataFrame, counts: np.ndarray) -> None:
    """A Nomis query export: preamble, a % column after each count, blank lines, footnotes."""
    heads = ["2021 super output area - lower layer", "Total: All households", "%"]
    for many in [
        "not deprived in any dimension",
        "deprived in one dimension",
        "deprived in two dimensions",
        "deprived in three dimensions",
        "deprived in four dimensions",
    ]:
        heads += [f"Household is {many}", "%"]
    rows: list[list[Any]] = [
        ["TS011 - Households by deprivation dimensions"],
        ["Invented data in the shape of a Nomis query [made with a fixed seed]"],
        ["Population :", "All households"],
        ["Units      :", "Households"],
        ["Date       :", "2021"],
        [],
        heads,
        [],
    ]
    for code, name, row in zip(areas["LSOA21CD"], areas["LSOA21NM"], counts):
        cells: list[Any] = [f"{code} : {name}"]
        for value in row:
            cells += [int(value), f"{round(100 * value / row[0], 1):g}"]
        rows.append(cells)
    rows += [
        [],
        [],
        [],
        ["", "These figures are invented. They describe no real place and no"],
        ["", "real households, and only have the shape of a published table. Small"],
        ["", "random changes were made to the counts, as in a census, so parts may"],
        ["", "miss their total."],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(row + [""] * (len(heads) - len(row)) for row in rows)


# --- Deprivation --------------------------------------------------------------------------------

N_COUNTRY = 33_755
INCOME, EMPLOYMENT, CRIME = "Income", "Employment", "Crime"
EDUCATION, HEALTH = "Education, Skills and Training", "Health Deprivation and Disability"
BARRIERS, LIVING = "Barriers to Housing and Services", "Living Environment"


class Curve(NamedTuple):
    """How a score falls with the rank: straight without a roof, else s-shaped up to it."""

    middle: float
    slope: float
    roof: float = 0

    def score(self, rank: np.ndarray) -> np.ndarray:
        latent = self.middle + self.slope * norm.isf((rank - 0.5) / N_COUNTRY)
        return self.roof / (1 + np.exp(-latent)) if self.roof else latent


# Domain: its weight in the index, how closely it follows deprivation in general, its score.
DOMAINS: dict[str, tuple[float, float, Curve]] = {
    INCOME: (0.225, 0.965, Curve(-1.49, 0.95, 1)),
    EMPLOYMENT: (0.225, 0.96, Curve(-2.09, 0.70, 1)),
    EDUCATION: (0.135, 0.89, Curve(-1.62, 1.2, 100)),
    HEALTH: (0.135, 0.89, Curve(0, 0.88)),
    CRIME: (0.093, 0.80, Curve(0, 0.83)),
    BARRIERS: (0.093, 0.13, Curve(-1.38, 0.66, 100)),
    LIVING: (0.093, 0.20, Curve(-1.53, 1.1, 100)),
}
# Supplement: how closely it follows which domains, its score.
SUPPLEMENTS: dict[str, tuple[dict[str, float], Curve]] = {
    "Income Deprivation Affecting Children Index (IDACI)": ({INCOME: 0.95}, Curve(-1.3, 1, 1)),
    "Income Deprivation Affecting Older People (IDAOPI)": ({INCOME: 0.9}, Curve(-1.6, 0.8, 1)),
    "Children and Young People Sub-domain": ({EDUCATION: 0.92}, Curve(0, 0.9)),
    "Adult Skills Sub-domain": ({EDUCATION: 0.92}, Curve(-1.25, 0.55, 1)),
    "Geographical Barriers Sub-domain": (
        {BARRIERS: 0.35, INCOME: -0.5, CRIME: -0.9},
        Curve(-0.71, 0.8, 100),
    ),
    "Wider Barriers Sub-domain": ({BARRIERS: 0.5, INCOME: 0.6, CRIME: 0.5}, Curve(0, 2.9)),
    "Indoors Sub-domain": ({LIVING: 0.92}, Curve(0, 0.65)),
    "Outdoors Sub-domain": ({LIVING: 0.56, CRIME: 0.9}, Curve(0, 0.75)),
}
RATES = {INCOME, EMPLOYMENT, *list(SUPPLEMENTS)[:2]}
# The published heading is cut short here, and so is ours.
CUT_HEADING = "Children and Young People Sub-domain Decile (where 1 is most deprived 10% of LSO"


def domain_shifts(people: People) -> dict[str, np.ndarray]:
    """Where a neighbourhood is worse or better off in one respect than in general."""
    asian = people.south_asian
    return {
        INCOME: 0.35 * asian,
        EMPLOYMENT: -0.25 * people.students,
        EDUCATION: 0.3 * people.estate - 0.5 * people.students,
        HEALTH: 0.35 * people.estate - 0.3 * asian,
        CRIME: 0.5 * people.inner - 0.1,
        BARRIERS: -0.5 * people.inner + 0.8 * asian - 0.35,
        LIVING: 1.3 * people.inner - 0.6 * people.estate - 0.3,
    }


def latent_domains(people: People) -> dict[str, np.ndarray]:
    """The seven domains for the city first and then for the rest of an invented country."""
    rng = rng_for(41)
    city = len(people.xy)
    general = np.concatenate([people.deprivation, rng.normal(0, 1, N_COUNTRY - city)])
    shifts = domain_shifts(people)
    result = {}
    for number, (name, (_, pull, _)) in enumerate(DOMAINS.items()):
        own = rng.normal(0, 1, N_COUNTRY)
        # In the city what is peculiar to a domain also runs from street to street.
        own[:city] = 0.75 * Noise(40 + number, 2400)(people.xy) + 0.66 * own[:city]
        result[name] = pull * general + math.sqrt(1 - pull**2) * own
        result[name][:city] += shifts[name]
    return result


def ranked(values: np.ndarray) -> np.ndarray:
    """Rank 1 is the highest value, the most deprived; no two alike."""
    order = np.argsort(-values, kind="stable")
    ranks = np.empty(len(values), int)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def exponential(rank: np.ndarray) -> np.ndarray:
    """The published transformation, under which the most deprived places cannot be averaged out."""
    share = (N_COUNTRY - rank + 1) / N_COUNTRY
    return -23 * np.log(1 - share * (1 - math.exp(-100 / 23)))


def index_columns(title: str, score: np.ndarray, rank: np.ndarray) -> dict[str, np.ndarray]:
    """Score, rank and decile under the headings that each index and domain has."""
    decile = f"{title} Decile (where 1 is most deprived 10% of LSOAs)"
    return {
        f"{title} Score (rate)" if title in RATES else f"{title} Score": np.round(score, 3),
        f"{title} Rank (where 1 is most deprived)": rank,
        CUT_HEADING if decile.startswith(CUT_HEADING) else decile: -(-10 * rank // N_COUNTRY),
    }


def deprivation_table(people: People, areas: pd.DataFrame) -> pd.DataFrame:
    """File 7 of the Indices of Deprivation 2025, all 56 columns."""
    city = len(people.xy)
    latent = latent_domains(people)
    ranks = {name: ranked(value) for name, value in latent.items()}
    score = sum(DOMAINS[name][0] * exponential(rank) for name, rank in ranks.items())
    columns: dict[str, Any] = {
        "LSOA code (2021)": areas["LSOA21CD"].to_numpy(),
        "LSOA name (2021)": areas["LSOA21NM"].to_numpy(),
        "Local Authority District code (2024)": LAD_CODE,
        "Local Authority District name (2024)": TOWN,
    }
    title = "Index of Multiple Deprivation (IMD)"
    columns.update(index_columns(title, score[:city], ranked(score)[:city]))
    for name, (_, _, curve) in DOMAINS.items():
        rank = ranks[name][:city]
        columns.update(index_columns(name, curve.score(rank), rank))
    columns.update(supplement_columns(latent, city))
    columns.update(denominators(people))
    return pd.DataFrame(columns)


def supplement_columns(latent: dict[str, np.ndarray], city: int) -> dict[str, np.ndarray]:
    """IDACI, IDAOPI and the sub-domains, each near to the domains it belongs to."""
    rng = rng_for(42)
    columns: dict[str, np.ndarray] = {}
    for title, (pulls, curve) in SUPPLEMENTS.items():
        value = rng.normal(0, 0.4, N_COUNTRY)
        for name, pull in pulls.items():
            value += pull * latent[name]
        rank = ranked(value)[:city]
        columns.update(index_columns(title, curve.score(rank), rank))
    return columns


def denominators(people: People) -> dict[str, np.ndarray]:
    """Mid-year populations: a year on, so a little off the census."""
    rng = rng_for(43)
    total = people.persons * rng.normal(1.008, 0.02, len(people.persons))
    child = people.ages[["0-2", "3-5", "6-15"]].sum(axis=1).to_numpy()
    working = aged(people, "17") - people.ages["67+"].to_numpy()
    return {
        "Total population: mid 2022": total.round().astype(int),
        "Dependent Children aged 0-15: mid 2022": (total * child).round().astype(int),
        "Older population aged 60 and over: mid 2022": (total * aged(people, "50-59"))
        .round()
        .astype(int),
        "Working age population 18-66 (for use with Employment Deprivation Domain): mid 2022": (
            (total * working).round().astype(int)
        ),
    }


# --- Health -------------------------------------------------------------------------------------

# Register: age base, rate on it, then how strongly it rises with deprivation (per unit), with
# age (per 10 points of residents over 60) and with the South Asian share (from none to all).
REGISTERS: dict[str, tuple[str, float, float, float, float]] = {
    "DM": ("17OV", 0.074, 0.15, 0.16, 1.25),
    "CAN": ("TOTAL", 0.033, -0.06, 0.32, -0.3),
    "CKD": ("18OV", 0.043, 0.06, 0.34, 0.1),
    "NDH": ("18OV", 0.072, 0.04, 0.20, 0.6),
    "PC": ("TOTAL", 0.0046, 0.05, 0.25, 0.0),
    "AF": ("TOTAL", 0.021, -0.02, 0.38, -0.5),
    "CHD": ("TOTAL", 0.031, 0.12, 0.30, 0.3),
    "HF": ("TOTAL", 0.010, 0.12, 0.32, 0.1),
    "HYP": ("TOTAL", 0.145, 0.05, 0.26, 0.1),
    "PAD": ("TOTAL", 0.0062, 0.22, 0.28, -0.2),
    "STIA": ("TOTAL", 0.019, 0.09, 0.30, 0.0),
    "AST": ("06OV", 0.066, 0.05, 0.03, 0.1),
    "COPD": ("TOTAL", 0.019, 0.42, 0.22, -0.5),
    "OB": ("18OV", 0.128, 0.13, 0.06, 0.1),
    "DEM": ("TOTAL", 0.0075, 0.04, 0.42, -0.2),
    "DEP": ("18OV", 0.132, 0.11, -0.02, -0.4),
    "EP": ("18OV", 0.0083, 0.15, 0.04, 0.0),
    "LD": ("TOTAL", 0.0058, 0.24, 0.02, 0.1),
    "MH": ("TOTAL", 0.0095, 0.26, -0.05, 0.1),
    "OST": ("50OV", 0.011, 0.03, 0.20, -0.3),
    "RA": ("16OV", 0.0078, 0.04, 0.20, 0.0),
}
LIST_TYPES = {
    "TOTAL": None,
    "06OV": "3-5",
    "16OV": "6-15",
    "17OV": "16",
    "18OV": "17",
    "50OV": "18-49",
}
PRACTICE_WORDS = """ORCHARD BANK, MINSTER, ROPEWALK, TANNERS ROW, LANTERN HILL, BRICKFIELDS,
WEIR SIDE, FOUNDRY LANE, CINDER HILL, PADDOCK WELLS, HARELOW, MARLBECK, SALLOW GREEN, OSIERHOLME,
FENNY CROSS, THORN CARR, DUNMERE, BEACON EDGE, WYKE HOLLOW, RAVENSTHWAITE, HOLLINBANK, SOUTHLEASE,
ASHBY LODGE, WHITESTONE, OLD QUAY, GASWORKS ROAD, HALFPENNY LANE, CHANDLERS COURT, SEVEN STILES,
MILL RACE, COPPERBECK, NORTH PARADE, KILN STREET, WILLOW FOLD, LARKRISE, STAITHE ROAD,
CASTLE MOUND, PRIORS WALK, LIMEBURN, TOLL BAR, GOOSEGATE, HERONFIELD, PINFOLD, WATERGATE,
NINE ELMS LANE""".replace("\n", " ").split(", ")
PRACTICE_KINDS = ["SURGERY", "MEDICAL CENTRE", "HEALTH CENTRE", "MEDICAL PRACTICE"]
UNPLACED = "NO2011"


@dataclass
class Practices:
    """Surgeries and the residents on their lists, area by area."""

    codes: list[str]
    names: list[str]
    patients: np.ndarray
    outside: np.ndarray
    unplaced: np.ndarray


def make_practices(people: People) -> Practices:
    """Lists that overlap and thin out with distance."""
    rng = rng_for(51)
    number = len(PRACTICE_WORDS)
    sites = practice_sites(people, number, rng)
    pull = rng.lognormal(0, 0.45, number)
    reach = 520 + 0.095 * np.hypot(*sites.T)
    gap = np.hypot(*(people.xy[:, None] - sites[None]).transpose(2, 0, 1))
    weight = pull * (np.exp(-((gap / reach) ** 1.15)) + 2e-4 * np.exp(-gap / 4500))
    # The practice nearest the college takes students from the whole city.
    college = int(np.argmin(np.hypot(*(sites - [-1500, 300]).T)))
    weight[:, college] += 0.03 * people.students + 0.0004
    registered = people.persons * rng.normal(1.015, 0.025, len(people.xy))
    registered *= 1 - 0.42 * people.students**2
    patients = split(registered.round().astype(int), weight, rng)
    names = [
        f"{word} {PRACTICE_KINDS[int(rng.integers(len(PRACTICE_KINDS)))]}"
        for word in PRACTICE_WORDS
    ]
    names[college] = "COLLEGE HEALTH CENTRE"
    codes = [f"Z{90001 + n}" for n in range(number)]
    return Practices(codes, names, patients, outside_patients(sites, rng), rng.poisson(2.2, number))


def practice_sites(people: People, number: int, rng: np.random.Generator) -> np.ndarray:
    """Sites where people are, not too close together."""
    chosen: list[np.ndarray] = []
    for area in rng.permutation(len(people.xy)):
        site = people.xy[area] + rng.normal(0, 120, 2)
        room = 480 + 0.09 * float(np.hypot(*site))
        if all(np.hypot(*(site - other)) > room for other in chosen):
            chosen.append(site)
    if len(chosen) < number:
        raise RuntimeError("too few sites for practices: lower the room between them")
    return np.array(chosen[:number])


def outside_patients(sites: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two practices at the edge also serve villages beyond the city."""
    result = np.zeros((len(sites), 9), int)
    for practice in np.argsort(-np.hypot(*sites.T))[:2]:
        first = 0 if not result.any() else 4
        result[practice, first : first + 5] = rng.integers(3, 320, 5)
    return result


def registration_table(practices: Practices, areas: pd.DataFrame) -> pd.DataFrame:
    """Patients registered at each practice by area, as NHS England lays it out."""
    beyond = [f"E{FIRST_OUTSIDE_CODE + n:08d}" for n in range(practices.outside.shape[1])]
    places = [*areas["LSOA21CD"], *beyond, UNPLACED]
    rows = []
    for number, (code, name) in enumerate(zip(practices.codes, practices.names)):
        counts = [
            *practices.patients[:, number],
            *practices.outside[number],
            practices.unplaced[number],
        ]
        rows += [
            ("GP_PRAC_PAT_LIST", "01APR2025", code, name, place, "ALL", int(count))
            for place, count in zip(places, counts)
            if count
        ]
    return pd.DataFrame(
        rows,
        columns=[
            "PUBLICATION",
            "EXTRACT_DATE",
            "PRACTICE_CODE",
            "PRACTICE_NAME",
            "LSOA_CODE",
            "SEX",
            "NUMBER_OF_PATIENTS",
        ],
    )


def register_table(people: People, practices: Practices) -> pd.DataFrame:
    """Disease registers by practice: what its patients' areas imply, and chance."""
    rng = rng_for(52)
    old = aged(people, "50-59")
    elsewhere = practices.outside.sum(axis=1) + practices.unplaced
    shares = {
        kind: np.ones(len(old)) if band is None else aged(people, band)
        for kind, band in LIST_TYPES.items()
    }
    rows = []
    for number, code in enumerate(practices.codes):
        patients = practices.patients[:, number]
        habit = rng.lognormal(0, 0.07, len(REGISTERS))
        for (group, (kind, rate, dep, age, asian)), own in zip(REGISTERS.items(), habit):
            lift = dep * people.deprivation + age * (old - 0.22) * 10 + asian * people.south_asian
            # More people smoked on the estates than their deprivation alone would say.
            lift = lift + (0.45 * people.estate if group == "COPD" else 0)
            rates = rate * np.exp(lift)
            base = patients * shares[kind]
            size = list_size(patients, shares[kind], elsewhere[number])
            cases = rng.poisson(own * (base * rates).sum() * size / max(base.sum(), 1))
            rows.append((code, group, min(int(cases), size), kind, size))
    return pd.DataFrame(
        rows,
        columns=[
            "PRACTICE_CODE",
            "GROUP_CODE",
            "REGISTER",
            "PATIENT_LIST_TYPE",
            "PRACTICE_LIST_SIZE",
        ],
    )


def list_size(patients: np.ndarray, share: np.ndarray, elsewhere: int) -> int:
    """Patients in an age base; those from elsewhere are as old as the others."""
    known = patients.sum()
    return round((patients * share).sum() * (known + elsewhere) / known)


# --- Writing ------------------------------------------------------------------------------------


def write_layer(
    path: Path, layer_name: str, geometries: list[ogr.Geometry], table: pd.DataFrame
) -> None:
    """A GeoPackage with a fixed date, so that two runs give the same bytes."""
    gdal.SetConfigOption("OGR_CURRENT_DATE", FIXED_DATE)
    path.unlink(missing_ok=True)
    grid = osr.SpatialReference()
    grid.ImportFromEPSG(27700)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    options = [
        f"DESCRIPTION=Invented {layer_name} of the invented city of {TOWN}",
        "GEOMETRY_NAME=geom",
    ]
    layer = source.CreateLayer(layer_name, grid, ogr.wkbMultiPolygon, options)
    for name in table:
        column = ogr.FieldDefn(name, ogr.OFTString)
        column.SetWidth(9 if name.endswith("CD") else 60)
        layer.CreateField(column)
    layer.StartTransaction()
    for geometry, row in zip(geometries, table.itertuples(index=False)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(geometry)
        for name, value in zip(table, row):
            feature.SetField(name, value)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    source = None


def check_cover(shapes: list[ogr.Geometry], wards: list[ogr.Geometry]) -> None:
    """No gaps, no overlaps, no holes: the parts add up to the whole, twice over."""
    whole = ogr.Geometry(ogr.wkbMultiPolygon)
    for shape in shapes:
        whole.AddGeometry(shape.GetGeometryRef(0))
    joined = whole.UnionCascaded()
    if joined.GetGeometryType() != ogr.wkbPolygon or joined.GetGeometryCount() != 1:
        raise RuntimeError("the city has gaps")
    for parts in (shapes, wards):
        if abs(sum(p.GetArea() for p in parts) - joined.GetArea()) > 0.01:
            raise RuntimeError("areas overlap")


def make_map() -> tuple[Cells, np.ndarray, list[Arc]]:
    """Street blocks, the area each belongs to, and the boundaries between areas."""
    cells = make_cells(city_lines())
    mean = len(cells.points) / N_AREAS
    sizes = Sizes(round(mean * 0.75), round(mean * 1.25), 0.35)
    label = partition(cells.points, cells.neighbours, N_AREAS, sizes, 1, 700_000)
    arcs = find_arcs(label, cells)
    shape_arcs(arcs, cells)
    return cells, label, arcs


def group_areas(
    xy: np.ndarray, near: list[dict[int, float]], groups: int, sizes: Sizes, key: int
) -> np.ndarray:
    """Group areas, trying again until every group is of an allowed size."""
    for attempt in range(30):
        label = partition(xy, near, groups, sizes, 100 * key + attempt, 60_000)
        counts = Counter(label.tolist()).values()
        if min(counts) >= sizes.low and max(counts) <= sizes.high:
            return label
    raise RuntimeError("no grouping within the allowed sizes")


def write_tables(out: Path, people: People, areas: pd.DataFrame) -> None:
    """Every table, in the order of the codes."""
    spoken = language_shares(people)
    write_bulk(out / "census2021-ts021-lsoa.csv", areas, ethnicity_table(people), quoted=True)
    write_bulk(
        out / "census2021-ts025-lsoa.csv",
        areas,
        household_language_table(people, spoken),
        quoted=False,
    )
    write_bulk(
        out / "census2021-ts029-lsoa.csv", areas, language_table(people, spoken), quoted=False
    )
    write_bulk(out / "census2021-ts038-lsoa.csv", areas, disability_table(people), quoted=False)
    write_bulk(out / "census2021-ts045-lsoa.csv", areas, car_table(people), quoted=False)
    write_query(
        out / "TS011_household_deprivation.csv", areas, household_deprivation_counts(people)
    )
    # Excel's byte order mark heads the published file.
    write_csv(out / "File_7_IoD2025.csv", deprivation_table(people, areas), encoding="utf-8-sig")
    practices = make_practices(people)
    write_csv(out / "gp-reg-pat-prac-lsoa-all.csv", registration_table(practices, areas))
    write_csv(out / "PREVALENCE_2425.csv", register_table(people, practices))
    write_csv(out / "own" / "own_survey_by_area.csv", survey_table(people, areas))


def city_for_replies(
    people: People, areas: pd.DataFrame, shapes: list[ogr.Geometry], blocks: list[np.ndarray]
) -> sample_replies.City:
    """What the survey needs to know; all in the order of the codes."""
    table = ethnicity_table(people)
    heads = {
        f"Ethnic group: {group}: {name}; measures: Value": name
        for group, names in ETHNIC_GROUPS.items()
        for name in names
    }
    return sample_replies.City(
        areas=areas.reset_index(drop=True),
        rings=[np.array(s.GetGeometryRef(0).GetGeometryRef(0).GetPoints()) for s in shapes],
        blocks=[block + ORIGIN for block in blocks],
        centre=ORIGIN,
        residents=table[list(heads)].rename(columns=heads),
        households=people.households,
        grown_up=aged(people, "6-15"),
        older=aged(people, "50-59"),
        students=people.students,
    )


def main(out: Path) -> None:
    (out / "own").mkdir(parents=True, exist_ok=True)
    cells, label, arcs = make_map()
    centres = np.array([cells.points[label == n].mean(axis=0) for n in range(N_AREAS)])
    near = group_neighbours(label, cells)
    msoa = group_areas(centres, near, N_MSOAS, Sizes(4, 6, 6.0), 1)
    ward = group_areas(centres, near, N_WARDS, Sizes(10, 17, 3.0), 2)
    areas = name_areas(centres, msoa, ward)
    order = areas.index.to_numpy()
    shapes = polygons_from(arcs, N_AREAS)
    ward_shapes = polygons_from(dissolved(arcs, ward), N_WARDS)
    check_cover(shapes, ward_shapes)
    write_layer(
        out / "areas.gpkg",
        "areas",
        [shapes[n] for n in order],
        areas[["LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM"]],
    )
    wards = areas.groupby("ward")[["WD24CD", "WD24NM"]].first().sort_values("WD24CD")
    write_layer(out / "wards.gpkg", "wards", [ward_shapes[n] for n in wards.index], wards)
    blocks = np.bincount(label, minlength=N_AREAS)[order]
    blocks = blocks * 12 / blocks.mean()
    people = make_people(centres[order], blocks)
    write_tables(out, people, areas)
    city = city_for_replies(
        people, areas, [shapes[n] for n in order], [cells.points[label == n] for n in order]
    )
    sample_replies.write_replies(out / "replies", city, rng_for)
    sample_venues.write_venues(
        out / "venues.gpkg", sample_venues.areas_of(out / "areas.gpkg"), FIXED_DATE
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
