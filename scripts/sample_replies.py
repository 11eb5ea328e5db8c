"""An invented survey of the invented city: who replied, from which postcode, and who did not.

The part of make_sample.py that came later; it draws from streams of its own, so that the files
made before it stay byte for byte as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

REPLIES = 7_164
# No postcode area EF is in use. The last two letters of a postcode are none of C, I, K, M, O, V.
POST_AREA = "EF"
UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
HOUSEHOLDS_PER_POSTCODE = 36
VILLAGES = 3
FIRST_VILLAGE_DISTRICT = 41
VILLAGE_POSTCODES = 40
WITHOUT_PLACE = 12
FIRST_DAY = "2025-04-07"
DAYS = 56

# Where replies came in at a quarter of the usual rate: ward, and how many areas about its middle.
QUIET = {"Ropewalk": 7, "Harelow": 6, "Lower Dunmere": 7}
QUIET_RATE = 0.25
# How readily residents reply, against others who are not named here.
READINESS = {
    "Roma": 0.12,
    "Gypsy or Irish Traveller": 0.2,
    "Bangladeshi": 0.35,
    "Arab": 0.4,
    "Pakistani": 0.42,
    "African": 0.45,
    "Any other ethnic group": 0.6,
    "Chinese": 0.65,
    "Other White": 0.7,
    "Caribbean": 0.8,
    "Other Asian": 0.8,
}
BRITISH = "English, Welsh, Scottish, Northern Irish or British"
# What people call themselves, where the census has more words for it.
SAID = {BRITISH: "White British", "Other Mixed or Multiple ethnic groups": "Other Mixed"}
UNSAID = "Prefer not to say"
AGES = ["16-24", "25-34", "35-49", "50-64", "65-74", "75+"]
OPENINGS = ["Daytime", "Evening", "Early morning", "Saturday", "Sunday"]
# A row for each age: what share would come when.
OPENING_SHARES = np.array(
    [
        [0.10, 0.40, 0.02, 0.34, 0.14],
        [0.08, 0.46, 0.08, 0.28, 0.10],
        [0.12, 0.42, 0.12, 0.26, 0.08],
        [0.26, 0.34, 0.12, 0.22, 0.06],
        [0.58, 0.12, 0.14, 0.13, 0.03],
        [0.70, 0.05, 0.14, 0.09, 0.02],
    ]
)
HEADINGS = [
    "Postcode",
    "Positional_quality_indicator",
    "Eastings",
    "Northings",
    "Country_code",
    "NHS_regional_HA_code",
    "NHS_HA_code",
    "Admin_county_code",
    "Admin_district_code",
    "Admin_ward_code",
]

Generator = Callable[..., np.random.Generator]


@dataclass(frozen=True)
class City:
    """What the survey needs to know of the city, a row or item for each area in order of codes.

    Attributes:
        areas: with the columns WD24CD and WD24NM.
        rings: outer boundary of each area, in metres.
        blocks: middles of the street blocks of each area, in metres.
        centre: middle of the city, in metres.
        residents: people by ethnic group, a column for each census category.
        households: number of them.
        grown_up: share of residents aged 16 and over.
        older: share of residents aged 60 and over.
        students: how near to the college, 0 to 1.
    """

    areas: pd.DataFrame
    rings: list[np.ndarray]
    blocks: list[np.ndarray]
    centre: np.ndarray
    residents: pd.DataFrame
    households: np.ndarray
    grown_up: np.ndarray
    older: np.ndarray
    students: np.ndarray

    @property
    def middles(self) -> np.ndarray:
        """Middle of each area."""
        return np.array([block.mean(axis=0) for block in self.blocks])


def write_replies(out: Path, city: City, rng_for: Generator) -> None:
    """Write postcodes.csv and survey_replies.csv.

    Args:
        out: folder, made where it is not there.
        city: who lives where.
        rng_for: gives the generator of a step.
    """
    out.mkdir(parents=True, exist_ok=True)
    postcodes, area = postcode_table(city, rng_for(61))
    replies = reply_table(city, postcodes, area, rng_for)
    for name, table in [("postcodes", postcodes), ("survey_replies", replies)]:
        table.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")


# --- Postcodes ----------------------------------------------------------------------------------


def postcode_table(city: City, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Postcodes under the headings of Code-Point Open, and the area of each (-1 beyond)."""
    wards = city.areas.groupby("WD24CD", sort=True).indices
    far = {w: np.hypot(*(city.middles[m].mean(axis=0) - city.centre)) for w, m in wards.items()}
    rows, area = [], []
    for district, ward in enumerate(sorted(far, key=far.__getitem__), 1):
        # Two areas may share a sector, as two streets do.
        sectors: dict[int, list[int]] = {}
        for place, number in enumerate(wards[ward]):
            sectors.setdefault(place % 9 + 1, []).append(int(number))
        for sector, members in sectors.items():
            numbers = [n for n in members for _ in range(how_many(city, n))]
            points = np.vstack([points_in(city, n, numbers.count(n), rng) for n in members])
            names = units(f"{POST_AREA}{district} {sector}", len(numbers), rng)
            rows += [(name, *xy, ward) for name, xy in zip(names, points)]
            area += numbers
    beyond = village_rows(city, rng)
    frame = pd.DataFrame(
        rows + beyond,
        columns=["Postcode", "Eastings", "Northings", "Admin_ward_code"],
    )
    frame["Positional_quality_indicator"] = rng.choice(
        [10, 20, 50], len(frame), p=[0.97, 0.02, 0.01]
    )
    # Some have no place yet: quality 90 and noughts, as published.
    lost = rng.choice(len(rows), WITHOUT_PLACE, replace=False)
    frame.loc[lost, "Positional_quality_indicator"] = 90
    frame.loc[lost, ["Eastings", "Northings"]] = 0
    return frame.reindex(columns=HEADINGS), np.array(area + [-1] * len(beyond))


def how_many(city: City, number: int) -> int:
    """How many postcodes an area has."""
    return max(6, round(city.households[number] / HOUSEHOLDS_PER_POSTCODE))


def units(sector: str, number: int, rng: np.random.Generator) -> list[str]:
    """So many postcodes of a sector; some in between were never given out."""
    taken = np.sort(rng.choice(min(380, number * 5 // 4 + 4), number, replace=False))
    return [f"{sector}{UNIT_LETTERS[n // 20]}{UNIT_LETTERS[n % 20]}" for n in taken.tolist()]


def points_in(city: City, number: int, many: int, rng: np.random.Generator) -> np.ndarray:
    """Whole metres inside an area, about its street blocks."""
    blocks, ring = city.blocks[number], city.rings[number]
    reach = 0.3 * np.sqrt(np.prod(np.ptp(ring, axis=0)) / len(blocks))
    found = np.empty((0, 2), int)
    while len(found) < many:
        points = blocks[rng.integers(len(blocks), size=many)]
        points = np.rint(points + rng.normal(0, reach, points.shape)).astype(int)
        found = np.vstack([found, points[within(ring, points)]])
    return found[:many]


def within(ring: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Ray casting, all points at once."""
    result = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if y1 != y2:
            crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
            result ^= crosses & (points[:, 0] < (x2 - x1) * (points[:, 1] - y1) / (y2 - y1) + x1)
    return result


def village_rows(city: City, rng: np.random.Generator) -> list[tuple]:
    """Postcodes of villages beyond the city, in wards of their own."""
    reach = max(np.hypot(*(ring - city.centre).T).max() for ring in city.rings)
    first_ward = int(city.areas["WD24CD"].str[1:].astype(int).max())
    rows = []
    for village in range(VILLAGES):
        angle = 2 * np.pi * (village + rng.uniform(0.2, 0.8)) / VILLAGES
        middle = city.centre + (reach + 1500) * np.array([np.cos(angle), np.sin(angle)])
        points = np.rint(middle + rng.normal(0, 220, (VILLAGE_POSTCODES, 2))).astype(int)
        names = units(f"{POST_AREA}{FIRST_VILLAGE_DISTRICT + village} 1", VILLAGE_POSTCODES, rng)
        ward = f"E{first_ward + 75 + village:08d}"
        rows += [(name, *xy, ward) for name, xy in zip(names, points)]
    return rows


# --- Replies ------------------------------------------------------------------------------------


def quiet_areas(city: City) -> np.ndarray:
    """Whether replies came in at a quarter of the usual rate: neighbours about a ward's middle."""
    quiet = np.zeros(len(city.areas), bool)
    for ward, many in QUIET.items():
        members = np.flatnonzero(city.areas["WD24NM"] == ward)
        offset = city.middles[members] - city.middles[members].mean(axis=0)
        quiet[members[np.argsort(np.hypot(*offset.T), kind="stable")[:many]]] = True
    return quiet


def reply_table(
    city: City, postcodes: pd.DataFrame, area: np.ndarray, rng_for: Generator
) -> pd.DataFrame:
    """A row for each reply, in the order in which they came in."""
    rng = rng_for(62)
    readiness = np.array([READINESS.get(name, 1.0) for name in city.residents])
    # Residents of an area are grown up alike, whatever their group.
    weight = city.residents.to_numpy() * readiness * city.grown_up[:, None]
    weight *= np.where(quiet_areas(city), QUIET_RATE, 1.0)[:, None]
    cells = rng.choice(weight.size, REPLIES, p=weight.ravel() / weight.sum())
    home, group = np.divmod(cells, weight.shape[1])
    age = drawn(age_shares(city)[home], rng)
    said = np.array([SAID.get(name, name) for name in city.residents], object)[group]
    said[rng.random(REPLIES) < 0.07] = UNSAID
    said[rng.random(REPLIES) < 0.008] = ""
    bands = np.array(AGES, object)[age]
    bands[rng.random(REPLIES) < 0.02] = UNSAID
    day = np.sort((DAYS * rng.beta(1.1, 1.7, REPLIES)).astype(int))
    return pd.DataFrame(
        {
            "response_id": np.arange(1, REPLIES + 1),
            "postcode": written(homes(home, postcodes, area, rng_for(63)), rng_for(64)),
            "ethnic_group": said,
            "age_band": bands,
            "preferred_opening": np.array(OPENINGS)[drawn(OPENING_SHARES[age], rng)],
            "submitted": (pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day, "D")).strftime("%Y-%m-%d"),
        }
    )


def drawn(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One column for each row, by the row's shares."""
    edges = np.cumsum(shares, axis=1)
    return (rng.random(len(shares))[:, None] * edges[:, -1:] >= edges).sum(axis=1)


def age_shares(city: City) -> np.ndarray:
    """Ages of those who reply, area by area: older people reply more readily."""
    old, young = city.older, 0.4 * city.students
    rest = np.clip(1 - old - young, 0.1, None)
    adults = [0.13 * rest + young, 0.22 * rest, 0.33 * rest, 0.32 * rest + 0.25 * old]
    adults += [0.42 * old, 0.33 * old]
    return np.column_stack(adults) * np.array([0.5, 0.7, 1.0, 1.3, 1.5, 1.0])


def homes(
    home: np.ndarray, postcodes: pd.DataFrame, area: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A postcode for each reply: its area's, or that of a village from where people come in."""
    visitors = rng.random(len(home)) < 0.015
    wanted = np.where(visitors, -1, home)
    names = postcodes["Postcode"].to_numpy(object)
    result = np.empty(len(home), object)
    for number in np.unique(wanted):
        rows = np.flatnonzero(wanted == number)
        result[rows] = rng.choice(names[area == number], len(rows))
    return result


def written(postcodes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As people type them: in small letters, without the blank, in part, not at all, wrong."""
    ways = {
        "right": 0.70,
        "small": 0.08,
        "joined": 0.09,
        "both": 0.03,
        "spaced": 0.02,
        "blank": 0.04,
        "part": 0.02,
        "made up": 0.012,
        "no postcode": 0.008,
    }
    chosen = rng.choice(list(ways), len(postcodes), p=list(ways.values()))
    words = rng.choice(["n/a", "EXAMPLEFORD", "City centre", "-", "0"], len(postcodes))
    digits = rng.integers(1, 10, len(postcodes))
    result = postcodes.copy()
    for row, way in enumerate(chosen):
        code = postcodes[row]
        result[row] = {
            "right": code,
            "small": code.lower(),
            "joined": code.replace(" ", ""),
            "both": code.replace(" ", "").lower(),
            "spaced": f" {code.replace(' ', '  ')} ",
            "blank": "",
            "part": code.split(" ")[0] if digits[row] < 6 else code[:-2],
            # A district and units that were never given out.
            "made up": f"{POST_AREA}3{digits[row]} {digits[row]}ZZ",
            "no postcode": words[row],
        }[way]
    return result
