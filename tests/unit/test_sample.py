"""The invented city of resources/sample: whole, in the published shapes, said to be invented."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
import sqlite3
import struct
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from seldom_heard.taxonomies.catalogue import catalogue
from seldom_heard.taxonomies.coding import recognise_coding
from seldom_heard.taxonomies.postcodes import compact, is_postcode

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
N_COUNTRY = 33_755
BULK = {
    "ts021": "census2021-ts021-lsoa.csv",
    "ts025": "census2021-ts025-lsoa.csv",
    "ts029": "census2021-ts029-lsoa.csv",
    "ts038": "census2021-ts038-lsoa.csv",
    "ts045": "census2021-ts045-lsoa.csv",
}
ETHNIC_GROUPS = {
    "Asian, Asian British or Asian Welsh": ("Bangladeshi|Chinese|Indian|Pakistani|Other Asian"),
    "Black, Black British, Black Welsh, Caribbean or African": "African|Caribbean|Other Black",
    "Mixed or Multiple ethnic groups": (
        "White and Asian|White and Black African|White and Black Caribbean|"
        "Other Mixed or Multiple ethnic groups"
    ),
    "White": (
        "English, Welsh, Scottish, Northern Irish or British|Irish|Gypsy or Irish Traveller|"
        "Roma|Other White"
    ),
    "Other ethnic group": "Arab|Any other ethnic group",
}
# Domain: its weight in the index.
WEIGHTS = {
    "Income": 0.225,
    "Employment": 0.225,
    "Education, Skills and Training": 0.135,
    "Health Deprivation and Disability": 0.135,
    "Crime": 0.093,
    "Barriers to Housing and Services": 0.093,
    "Living Environment": 0.093,
}
RANK = " Rank (where 1 is most deprived)"
DECILE = " Decile (where 1 is most deprived 10% of LSOAs)"
IMD = "Index of Multiple Deprivation (IMD)"
REGISTER_BASES = {
    "DM": "17OV",
    "HYP": "TOTAL",
    "COPD": "TOTAL",
    "DEP": "18OV",
    "MH": "TOTAL",
    "LD": "TOTAL",
    "AST": "06OV",
    "CHD": "TOTAL",
    "CKD": "18OV",
    "DEM": "TOTAL",
    "OB": "18OV",
}


def lines_of(name: str, encoding: str = "utf-8") -> list[list[str]]:
    with (SAMPLE / name).open(encoding=encoding, newline="") as file:
        return list(csv.reader(file))


def rows_of(name: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    heads, *rows = lines_of(name, encoding)
    return [dict(zip(heads, row)) for row in rows]


def features(layer: str) -> list[dict]:
    """Rows of a layer, read through SQLite so that no GIS is needed."""
    connection = sqlite3.connect((SAMPLE / f"{layer}.gpkg").as_uri() + "?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {layer}")]  # noqa: S608
    finally:
        connection.close()


def rings(blob: bytes) -> list[list[tuple[float, float]]]:
    """Rings of a GeoPackage multipolygon."""
    envelope = (0, 32, 48, 48, 64)[(blob[3] >> 1) & 7]
    at = 8 + envelope
    kind, parts = struct.unpack_from("<II", blob, at + 1)
    assert kind == 6, "not a multipolygon"
    at += 9
    found = []
    for _ in range(parts):
        (number,) = struct.unpack_from("<I", blob, at + 5)
        at += 9
        for _ in range(number):
            (points,) = struct.unpack_from("<I", blob, at)
            flat = struct.unpack_from(f"<{2 * points}d", blob, at + 4)
            found.append(list(zip(flat[::2], flat[1::2])))
            at += 4 + 16 * points
    return found


def edges_of(layer: str) -> Counter:
    """How often each boundary segment occurs, whichever way it runs."""
    return Counter(
        frozenset(pair)
        for feature in features(layer)
        for ring in rings(feature["geom"])
        for pair in zip(ring, ring[1:])
    )


def area_of(ring: list[tuple[float, float]]) -> float:
    x0, y0 = ring[0]
    pairs = zip(ring, ring[1:])
    return sum((a - x0) * (d - y0) - (c - x0) * (b - y0) for (a, b), (c, d) in pairs) / 2


@pytest.fixture(scope="module")
def areas() -> list[dict]:
    return features("areas")


@pytest.fixture(scope="module")
def codes(areas: list[dict]) -> list[str]:
    return [area["LSOA21CD"] for area in areas]


@pytest.fixture(scope="module")
def deprivation() -> list[dict[str, str]]:
    return rows_of("File_7_IoD2025.csv", "utf-8-sig")


@pytest.fixture(scope="module")
def registrations() -> list[dict[str, str]]:
    return rows_of("gp-reg-pat-prac-lsoa-all.csv")


@pytest.fixture(scope="module")
def registers() -> list[dict[str, str]]:
    return rows_of("PREVALENCE_2425.csv")


@pytest.fixture(scope="module")
def replies() -> list[dict[str, str]]:
    return rows_of("replies/survey_replies.csv")


@pytest.fixture(scope="module")
def postcodes() -> list[dict[str, str]]:
    return rows_of("replies/postcodes.csv")


# --- The folder -------------------------------------------------------------------------------


def test_sample_is_small_enough_to_ship() -> None:
    files = {path: path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()}
    assert 0 < sum(files.values()) < 2.25 * 1024 * 1024
    assert sum(size for path, size in files.items() if path.parent.name == "replies") < 700_000


def test_readme_says_it_is_invented_and_names_every_file() -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "Everything in this folder is invented" in text
    assert "CC0" in text
    files = [path.relative_to(SAMPLE) for path in SAMPLE.rglob("*") if path.is_file()]
    assert not [path for path in files if f"`{path}`" not in text + "`README.md`"]


def test_readme_gives_the_rows_there_are(
    registrations: list, registers: list, replies: list, postcodes: list
) -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for name, rows in [
        ("gp-reg-pat-prac-lsoa-all", registrations),
        ("PREVALENCE_2425", registers),
        ("replies/survey_replies", replies),
        ("replies/postcodes", postcodes),
    ]:
        assert f"`{name}.csv` | {len(rows):,} |" in text


def test_readme_gives_the_people_there_are(deprivation: list) -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    people = sum(row[0] for row in counts_of(BULK["ts021"]))
    households = sum(row[0] for row in counts_of(BULK["ts025"]))
    assert f"{people:,} people live in Exampleford in {households:,} households" in text
    poorest = sum(int(row[IMD + DECILE]) <= 2 for row in deprivation)
    assert f"{poorest} of {len(deprivation)} areas are among the most deprived fifth" in text


# --- The map ----------------------------------------------------------------------------------


def test_areas_have_invented_codes_of_the_real_form(areas: list[dict], codes: list[str]) -> None:
    assert 300 <= len(areas) <= 380
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"E0199\d{4}", code) for code in codes)
    assert all(re.fullmatch(r"E0599\d{4}", area["WD24CD"]) for area in areas)
    assert len({area["LSOA21NM"] for area in areas}) == len(areas)


def test_names_number_four_to_six_areas_together(areas: list[dict]) -> None:
    letters = defaultdict(list)
    for area in areas:
        town, number = re.fullmatch(r"(\w+) (\d{3}[A-F])", area["LSOA21NM"]).groups()
        assert town == "Exampleford"
        letters[number[:3]].append(number[3])
    assert {len(found) for found in letters.values()} == {4, 5, 6}
    assert all("".join(sorted(found)) == "ABCDEF"[: len(found)] for found in letters.values())


def test_areas_of_one_number_are_neighbours(areas: list[dict]) -> None:
    owners = defaultdict(set)
    for area in areas:
        for ring in rings(area["geom"]):
            for pair in zip(ring, ring[1:]):
                owners[frozenset(pair)].add(area["LSOA21NM"])
    touching = defaultdict(set)
    for pair in (sorted(names) for names in owners.values() if len(names) == 2):
        touching[pair[0]].add(pair[1])
        touching[pair[1]].add(pair[0])
    for number in {area["LSOA21NM"][:-1] for area in areas}:
        group = {area["LSOA21NM"] for area in areas if area["LSOA21NM"][:-1] == number}
        reached, stack = set(), [min(group)]
        while stack:
            name = stack.pop()
            if name not in reached:
                reached.add(name)
                stack.extend(touching[name] & group)
        assert reached == group


def test_map_is_on_the_national_grid_and_dated_alike() -> None:
    for layer in ("areas", "wards"):
        connection = sqlite3.connect((SAMPLE / f"{layer}.gpkg").as_uri() + "?mode=ro", uri=True)
        try:
            name, srs, text = connection.execute(
                "SELECT table_name, srs_id, description FROM gpkg_contents"
            ).fetchone()
        finally:
            connection.close()
        assert (name, srs) == (layer, 27700)
        assert "nvented" in text


def test_areas_share_their_boundaries_exactly() -> None:
    shared = edges_of("areas")
    assert max(shared.values()) == 2
    outline = [tuple(edge) for edge, times in shared.items() if times == 1]
    # Every corner of the outline has one segment in and one out: no gap, no loose end.
    ends = Counter(point for edge in outline for point in edge)
    assert set(ends.values()) == {2}
    assert len(pieces(outline)) == 1


def pieces(segments: list[tuple]) -> list[set]:
    """Connected parts of a set of segments."""
    near = defaultdict(set)
    for a, b in segments:
        near[a].add(b)
        near[b].add(a)
    found, left = [], set(near)
    while left:
        part, stack = set(), [left.pop()]
        while stack:
            point = stack.pop()
            part.add(point)
            stack.extend(near[point] - part)
        left -= part
        found.append(part)
    return found


def test_areas_are_round_enough_and_denser_in_the_middle(areas: list[dict]) -> None:
    sizes = []
    for area in areas:
        (ring,) = rings(area["geom"])
        size = area_of(ring)
        length = sum(math.dist(a, b) for a, b in zip(ring, ring[1:]))
        assert size > 10_000, "outer rings run against the clock and enclose a hectare"
        assert 4 * math.pi * size / length**2 > 0.15, f"{area['LSOA21NM']} is a sliver"
        sizes.append((math.dist(ring[0], (516_400, 374_300)), size))
    sizes.sort()
    middle, edge = sizes[:85], sizes[-85:]
    assert sum(s for _, s in edge) > 4 * sum(s for _, s in middle)


def test_wards_are_dissolves_of_their_areas(areas: list[dict]) -> None:
    wards = features("wards")
    assert 24 <= len(wards) <= 28
    members = Counter((area["WD24CD"], area["WD24NM"]) for area in areas)
    assert set(members) == {(ward["WD24CD"], ward["WD24NM"]) for ward in wards}
    sizes = defaultdict(float)
    for area in areas:
        sizes[area["WD24CD"]] += sum(map(area_of, rings(area["geom"])))
    for ward in wards:
        ward_size = sum(map(area_of, rings(ward["geom"])))
        assert ward_size == pytest.approx(sizes[ward["WD24CD"]], abs=1)
    assert set(edges_of("wards")) <= set(edges_of("areas"))


# --- Codes in the tables ----------------------------------------------------------------------


@pytest.mark.parametrize("name", BULK.values())
def test_bulk_tables_hold_every_area_once(name: str, areas: list[dict]) -> None:
    places = [(row["geography code"], row["geography"]) for row in rows_of(name)]
    assert places == [(area["LSOA21CD"], area["LSOA21NM"]) for area in areas]
    assert {row["date"] for row in rows_of(name)} == {"2021"}


def test_deprivation_holds_every_area_once(deprivation: list[dict], areas: list[dict]) -> None:
    places = [(row["LSOA code (2021)"], row["LSOA name (2021)"]) for row in deprivation]
    assert places == [(area["LSOA21CD"], area["LSOA21NM"]) for area in areas]


# --- Census tables ----------------------------------------------------------------------------


def test_ts021_headings_are_those_of_the_taxonomy() -> None:
    expected = ["Ethnic group: Total: All usual residents"]
    for group, names in ETHNIC_GROUPS.items():
        expected.append(f"Ethnic group: {group}")
        expected += [f"Ethnic group: {group}: {name}" for name in names.split("|")]
    expected = ["date", "geography", "geography code"] + [f"{h}; measures: Value" for h in expected]
    assert len(expected) == 3 + 1 + 5 + 19
    assert lines_of(BULK["ts021"])[0] == expected


def test_ts021_texts_are_quoted_and_numbers_are_not() -> None:
    first, second = (SAMPLE / BULK["ts021"]).read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith('"date","geography","geography code","Ethnic group: Total')
    assert re.match(r'"2021","Exampleford 001A","E01990001",\d+,', second)


def test_ts025_and_ts029_headings_are_as_published() -> None:
    english = "have English in England, or English or Welsh in Wales as a main language"
    assert lines_of(BULK["ts025"])[0][3:] == [
        "Household language (English and Welsh): " + label
        for label in (
            "Total: All households",
            f"All adults in household {english}",
            f"At least one but not all adults in household {english}",
            "No adults in household, but at least one person aged 3 to 15 years, has English in "
            "England or English or Welsh in Wales as a main language",
            f"No people in household {english}",
        )
    ]
    other = "Main language is not English (English or Welsh in Wales)"
    assert lines_of(BULK["ts029"])[0][3:] == [
        "Proficiency in English language: " + label
        for label in (
            "Total: All usual residents aged 3 years and over",
            "Main language is English (English or Welsh in Wales)",
            other,
            f"{other}: Can speak English very well",
            f"{other}: Can speak English well",
            f"{other}: Cannot speak English well",
            f"{other}: Cannot speak English",
        )
    ]


def test_ts038_and_ts045_headings_are_as_published() -> None:
    assert lines_of(BULK["ts045"])[0][3:] == [
        "Number of cars or vans: " + label
        for label in (
            "Total: All households",
            "No cars or vans in household",
            "1 car or van in household",
            "2 cars or vans in household",
            "3 or more cars or vans in household",
        )
    ]
    disabled, others = "Disabled under the Equality Act", "Not disabled under the Equality Act"
    assert lines_of(BULK["ts038"])[0][3:] == [
        "Disability: " + label
        for label in (
            "Total: All usual residents",
            disabled,
            f"{disabled}: Day-to-day activities limited a lot",
            f"{disabled}: Day-to-day activities limited a little",
            others,
            f"{others}: Has long term physical or mental health condition but day-to-day "
            "activities are not limited",
            f"{others}: No long term physical or mental health conditions",
        )
    ]


@pytest.mark.parametrize("name", ["ts038", "ts045"])
def test_headings_are_those_of_a_published_file(name: str, data: Path) -> None:
    found = data / "census2021" / f"census2021-{name}-oa_SouthYorkshire.csv"
    with found.open(encoding="utf-8-sig", newline="") as file:
        assert lines_of(BULK[name])[0] == next(csv.reader(file))


def counts_of(name: str) -> list[list[int]]:
    return [[int(cell) for cell in row[3:]] for row in lines_of(name)[1:]]


def misses(rows: list[list[int]], whole: int, parts: list[int]) -> list[int]:
    return [abs(row[whole] - sum(row[part] for part in parts)) for row in rows]


def test_parts_miss_their_totals_by_no_more_than_census_noise() -> None:
    groups, at = [], 1
    for names in ETHNIC_GROUPS.values():
        groups.append((at, list(range(at + 1, at + 2 + names.count("|")))))
        at = groups[-1][1][-1] + 1
    sums = {
        "ts021": [(0, [whole for whole, _ in groups]), *groups],
        "ts025": [(0, [1, 2, 3, 4])],
        "ts029": [(0, [1, 2]), (2, [3, 4, 5, 6])],
        "ts038": [(0, [1, 4]), (1, [2, 3]), (4, [5, 6])],
        "ts045": [(0, [1, 2, 3, 4])],
    }
    for table, wholes in sums.items():
        rows = counts_of(BULK[table])
        found = [miss for whole, parts in wholes for miss in misses(rows, whole, parts)]
        # Noise there must be, else the sample would not try what real tables try.
        assert 1 <= max(found) <= 3
        assert min(cell for row in rows for cell in row) >= 0


def test_people_and_households_are_of_plausible_number() -> None:
    people = [row[0] for row in counts_of(BULK["ts021"])]
    households = [row[0] for row in counts_of(BULK["ts025"])]
    speakers = [row[0] for row in counts_of(BULK["ts029"])]
    assert min(people) >= 990
    assert max(people) <= 2_610
    assert sum(people) / sum(households) == pytest.approx(2.35, abs=0.05)
    assert all(0.9 * n < m <= n for n, m in zip(people, speakers))


def test_communities_are_clustered_as_the_story_says() -> None:
    people, speakers = counts_of(BULK["ts021"]), counts_of(BULK["ts029"])
    heads = lines_of(BULK["ts021"])[0][3:]
    white = heads.index("Ethnic group: White; measures: Value")
    total = sum(row[0] for row in people)
    assert 0.17 < 1 - sum(row[white] for row in people) / total < 0.23
    low = [(row[5] + row[6]) / row[0] for row in speakers]
    assert 0.15 < max(low) < 0.23
    assert 0.02 < sum(row[5] + row[6] for row in speakers) / sum(r[0] for r in speakers) < 0.04
    # Students speak another language at home, yet speak English well.
    chinese = next(i for i, head in enumerate(heads) if ": Chinese;" in head)
    students = [n for n, row in enumerate(people) if row[chinese] > 0.15 * row[0]]
    assert len(students) >= 5
    assert max(low[n] for n in students) < 0.06


def test_cars_and_disability_follow_deprivation_but_not_alike(deprivation: list[dict]) -> None:
    cars, disability = counts_of(BULK["ts045"]), counts_of(BULK["ts038"])
    no_car = [row[1] / row[0] for row in cars]
    limited = [row[2] / row[0] for row in disability]
    ranks = [-int(row[IMD + RANK]) for row in deprivation]
    assert pearson(ranks, no_car) > 0.7
    assert pearson(ranks, limited) > 0.6
    assert 0.3 < pearson(no_car, limited) < 0.8
    assert min(no_car) > 0.02 and max(no_car) < 0.75
    assert min(limited) > 0.02 and max(limited) < 0.25
    households, people = counts_of(BULK["ts025"]), counts_of(BULK["ts021"])
    assert all(abs(a[0] - b[0]) <= 4 for a, b in zip(cars, households))
    assert all(abs(a[0] - b[0]) <= 4 for a, b in zip(disability, people))


# --- A taxonomy of one's own ------------------------------------------------------------------


def test_own_survey_holds_every_area_and_adds_up(codes: list[str]) -> None:
    heads, *rows = lines_of("own/own_survey_by_area.csv")
    assert heads[:2] == ["LSOA21CD", "All who answered"]
    assert [row[0] for row in rows] == codes
    counts = [[int(cell) for cell in row[1:]] for row in rows]
    assert all(row[0] == sum(row[1:]) > 0 for row in counts)


def test_own_categories_are_those_of_the_survey() -> None:
    heads = lines_of("own/own_survey_by_area.csv")[0][1:]
    listed = lines_of("own/own_categories.csv")
    assert listed[0] == ["heading", "category"]
    assert [row[0] for row in listed[1:]] == heads
    assert [row[0] for row in listed if row[1] == "total"] == ["All who answered"]
    described = json.loads((SAMPLE / "own" / "own_categories.json").read_text(encoding="utf-8"))
    leaves = [item["label"] for item in described["categories"] if "parent" in item]
    assert described["total"]["label"] == heads[0]
    assert sorted(leaves) == sorted(heads[1:])


def test_ts011_is_laid_out_as_a_query_export(areas: list[dict]) -> None:
    lines = lines_of("TS011_household_deprivation.csv")
    assert {len(line) for line in lines} == {13}
    assert lines[0][0] == "TS011 - Households by deprivation dimensions"
    assert [line[:2] for line in lines[2:5]] == [
        ["Population :", "All households"],
        ["Units      :", "Households"],
        ["Date       :", "2021"],
    ]
    assert lines[6][0] == "2021 super output area - lower layer"
    assert lines[6][1::2] == ["Total: All households"] + [
        f"Household is {many}"
        for many in (
            "not deprived in any dimension",
            "deprived in one dimension",
            "deprived in two dimensions",
            "deprived in three dimensions",
            "deprived in four dimensions",
        )
    ]
    assert set(lines[6][2::2]) == {"%"}
    assert not any(lines[5] + lines[7])
    rows, after = lines[8 : 8 + len(areas)], lines[8 + len(areas) :]
    assert [row[0] for row in rows] == [f"{a['LSOA21CD']} : {a['LSOA21NM']}" for a in areas]
    assert not any(cell for line in after[:3] for cell in line)
    assert "invented" in " ".join(line[1] for line in after[3:])


def test_ts011_shares_follow_from_its_counts() -> None:
    rows = [r for r in lines_of("TS011_household_deprivation.csv") if r[0].startswith("E01")]
    noise = []
    for row in rows:
        counts = [int(cell) for cell in row[1::2]]
        for count, share in zip(counts, row[2::2]):
            assert float(share) == pytest.approx(100 * count / counts[0], abs=0.0501)
        noise.append(abs(counts[0] - sum(counts[1:])))
    assert 1 <= max(noise) <= 3


# --- Deprivation ------------------------------------------------------------------------------


def test_file_7_has_the_published_headings() -> None:
    assert (SAMPLE / "File_7_IoD2025.csv").read_bytes().startswith(b"\xef\xbb\xbfLSOA code (2021),")
    heads = lines_of("File_7_IoD2025.csv", "utf-8-sig")[0]
    children = "Income Deprivation Affecting Children Index (IDACI)"
    older = "Income Deprivation Affecting Older People (IDAOPI)"
    titles = [IMD, *WEIGHTS, children, older]
    titles += [f"{name} Sub-domain" for name in ("Children and Young People", "Adult Skills")]
    titles += [f"{name} Sub-domain" for name in ("Geographical Barriers", "Wider Barriers")]
    titles += [f"{name} Sub-domain" for name in ("Indoors", "Outdoors")]
    expected = ["LSOA code (2021)", "LSOA name (2021)"]
    expected += [f"Local Authority District {what} (2024)" for what in ("code", "name")]
    for title in titles:
        rate = " (rate)" if title in ("Income", "Employment", children, older) else ""
        decile = title + DECILE
        if title.startswith("Children and"):
            decile = decile[: -len("As)")]
        expected += [f"{title} Score{rate}", title + RANK, decile]
    expected += [
        "Total population: mid 2022",
        "Dependent Children aged 0-15: mid 2022",
        "Older population aged 60 and over: mid 2022",
        "Working age population 18-66 (for use with Employment Deprivation Domain): mid 2022",
    ]
    assert len(expected) == 56
    assert heads == expected


def test_ranks_are_national_and_unique_and_deciles_follow(deprivation: list[dict]) -> None:
    heads = list(deprivation[0])
    found = [n for n, head in enumerate(heads) if head.endswith(RANK)]
    assert len(found) == 16
    for at in found:
        ranks = [int(row[heads[at]]) for row in deprivation]
        assert len(set(ranks)) == len(ranks)
        assert min(ranks) >= 1 and max(ranks) <= N_COUNTRY
        deciles = [int(row[heads[at + 1]]) for row in deprivation]
        assert deciles == [math.ceil(10 * rank / N_COUNTRY) for rank in ranks]


def test_scores_fall_with_the_ranks(deprivation: list[dict]) -> None:
    heads = list(deprivation[0])
    for at in (n for n, head in enumerate(heads) if head.endswith(RANK)):
        pairs = sorted((int(r[heads[at]]), float(r[heads[at - 1]])) for r in deprivation)
        scores = [score for _, score in pairs]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > scores[-1]


def test_imd_score_follows_from_the_domain_ranks(deprivation: list[dict]) -> None:
    def exponential(rank: int) -> float:
        share = (N_COUNTRY - rank + 1) / N_COUNTRY
        return -23 * math.log(1 - share * (1 - math.exp(-100 / 23)))

    for row in deprivation:
        score = sum(w * exponential(int(row[name + RANK])) for name, w in WEIGHTS.items())
        assert float(row[f"{IMD} Score"]) == pytest.approx(score, abs=0.00051)


def correlation(rows: list[dict], a: str, b: str) -> float:
    return pearson(*([float(row[name + RANK]) for row in rows] for name in (a, b)))


def pearson(x: list[float], y: list[float]) -> float:
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((i - mean_x) * (j - mean_y) for i, j in zip(x, y))
    spread = sum((i - mean_x) ** 2 for i in x) * sum((j - mean_y) ** 2 for j in y)
    return over / math.sqrt(spread)


def test_domains_go_together_but_for_two(deprivation: list[dict]) -> None:
    together = list(WEIGHTS)[:5]
    for n, a in enumerate(together):
        assert all(0.6 < correlation(deprivation, a, b) < 0.97 for b in together[:n])
        assert all(correlation(deprivation, a, b) < 0.5 for b in list(WEIGHTS)[5:])


def test_city_is_poorer_than_the_country_with_rich_suburbs(deprivation: list[dict]) -> None:
    deciles = Counter(int(row[IMD + DECILE]) for row in deprivation)
    assert 0.22 < (deciles[1] + deciles[2]) / len(deprivation) < 0.38
    assert deciles[10] >= 10


def test_denominators_are_parts_of_the_population(deprivation: list[dict]) -> None:
    heads = list(deprivation[0])[-4:]
    for row in deprivation:
        total, children, older, working = (int(row[head]) for head in heads)
        assert 0 < children + older < total
        assert working < total - children


# --- Health -----------------------------------------------------------------------------------


def test_registers_have_their_published_bases(registers: list[dict]) -> None:
    assert list(registers[0]) == [
        "PRACTICE_CODE",
        "GROUP_CODE",
        "REGISTER",
        "PATIENT_LIST_TYPE",
        "PRACTICE_LIST_SIZE",
    ]
    practices = {row["PRACTICE_CODE"] for row in registers}
    assert 40 <= len(practices) <= 50
    assert all(re.fullmatch(r"Z9\d{4}", code) for code in practices)
    bases = {row["GROUP_CODE"]: row["PATIENT_LIST_TYPE"] for row in registers}
    assert REGISTER_BASES.items() <= bases.items()
    pairs = Counter((row["PRACTICE_CODE"], row["GROUP_CODE"]) for row in registers)
    assert len(pairs) == len(practices) * len(bases) and set(pairs.values()) == {1}


def test_list_sizes_shrink_with_age_and_equal_the_registrations(
    registers: list[dict], registrations: list[dict]
) -> None:
    sizes = defaultdict(dict)
    for row in registers:
        size = sizes[row["PRACTICE_CODE"]].setdefault(
            row["PATIENT_LIST_TYPE"], int(row["PRACTICE_LIST_SIZE"])
        )
        assert size == int(row["PRACTICE_LIST_SIZE"]), "one base, one size"
        assert 0 <= int(row["REGISTER"]) <= size
    patients = Counter()
    for row in registrations:
        patients[row["PRACTICE_CODE"]] += int(row["NUMBER_OF_PATIENTS"])
    assert {code: size["TOTAL"] for code, size in sizes.items()} == patients
    for size in sizes.values():
        kinds = [size[k] for k in ("TOTAL", "06OV", "16OV", "17OV", "18OV", "50OV")]
        assert kinds == sorted(kinds, reverse=True)
        assert len(set(kinds)) == len(kinds)


def test_copd_follows_deprivation_through_the_practices(
    registers: list[dict], registrations: list[dict], deprivation: list[dict]
) -> None:
    rank = {row["LSOA code (2021)"]: int(row[IMD + RANK]) for row in deprivation}
    weight, moment = Counter(), Counter()
    for row in registrations:
        if row["LSOA_CODE"] in rank:
            weight[row["PRACTICE_CODE"]] += int(row["NUMBER_OF_PATIENTS"])
            moment[row["PRACTICE_CODE"]] += int(row["NUMBER_OF_PATIENTS"]) * rank[row["LSOA_CODE"]]
    rates = {
        row["PRACTICE_CODE"]: int(row["REGISTER"]) / int(row["PRACTICE_LIST_SIZE"])
        for row in registers
        if row["GROUP_CODE"] == "COPD"
    }
    order = sorted(rates, key=lambda code: moment[code] / weight[code])
    poorest, richest = order[:10], order[-10:]
    assert sum(rates[c] for c in poorest) > 1.2 * sum(rates[c] for c in richest)


def test_registrations_cover_the_city_and_a_little_beyond(
    registrations: list[dict], codes: list[str]
) -> None:
    assert list(registrations[0]) == [
        "PUBLICATION",
        "EXTRACT_DATE",
        "PRACTICE_CODE",
        "PRACTICE_NAME",
        "LSOA_CODE",
        "SEX",
        "NUMBER_OF_PATIENTS",
    ]
    places = {row["LSOA_CODE"] for row in registrations}
    assert set(codes) <= places
    beyond = places - set(codes)
    assert "NO2011" in beyond and len(beyond) > 1
    assert all(re.fullmatch(r"E01995\d{3}", code) for code in beyond - {"NO2011"})
    outward = {r["PRACTICE_CODE"] for r in registrations if r["LSOA_CODE"] in beyond - {"NO2011"}}
    assert 1 <= len(outward) <= 3
    assert min(int(row["NUMBER_OF_PATIENTS"]) for row in registrations) == 1
    per_area = Counter(row["LSOA_CODE"] for row in registrations)
    assert sum(per_area[code] for code in codes) / len(codes) > 5, "catchments overlap"


def test_only_students_are_thinly_registered(registrations: list[dict], codes: list[str]) -> None:
    residents = dict(zip(codes, (row[0] for row in counts_of(BULK["ts021"]))))
    patients = Counter()
    for row in registrations:
        patients[row["LSOA_CODE"]] += int(row["NUMBER_OF_PATIENTS"])
    coverage = [patients[code] / residents[code] for code in codes]
    assert 1 <= sum(share < 0.75 for share in coverage) <= 20
    assert min(coverage) > 0.5
    assert max(coverage) < 1.15


# --- Replies ----------------------------------------------------------------------------------

# The postcode areas in use; those of the Crown dependencies and of no place (BF, BX, XX) with them.
POST_AREAS = set(
    re.findall(
        r"[A-Z]+",
        "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD "
        "DE DG DH DL DN DT DY E EC EH EN EX FK FY G GIR GL GU GY HA HD HG HP HR HS HU "
        "HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN "
        "NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS "
        "ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV XX YO ZE ",
    )
)
# How readily residents reply, as the README says it.
READINESS = {
    "Roma": 0.12,
    "Gypsy or Irish Traveller": 0.2,
    "Bangladeshi": 0.35,
    "Arab": 0.4,
    "Pakistani": 0.42,
    "African": 0.45,
}
SAID = {
    "White British": "English, Welsh, Scottish, Northern Irish or British",
    "Other Mixed": "Other Mixed or Multiple ethnic groups",
}
UNSAID = ("Prefer not to say", "")


def within(ring: list[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point lies in a ring, by ray casting."""
    crossed = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossed += 1
    return crossed % 2 == 1


@pytest.fixture(scope="module")
def places(areas: list[dict], postcodes: list[dict]) -> dict[str, dict | None]:
    """Area of every postcode of the lookup, None for those that lie in none."""
    shapes = []
    for area in areas:
        (ring,) = rings(area["geom"])
        xs, ys = zip(*ring)
        shapes.append((min(xs), min(ys), max(xs), max(ys), ring, area))
    found = {}
    for row in postcodes:
        x, y = int(row["Eastings"]), int(row["Northings"])
        inside = [
            area
            for left, low, right, high, ring, area in shapes
            if left <= x <= right and low <= y <= high and within(ring, x, y)
        ]
        assert len(inside) <= 1
        found[compact(row["Postcode"])] = inside[0] if inside else None
    return found


@pytest.fixture(scope="module")
def placed(replies: list[dict], places: dict) -> list[tuple[dict, dict]]:
    """Replies that can be placed, each with its area."""
    pairs = ((reply, places.get(compact(reply["postcode"]))) for reply in replies)
    return [(reply, area) for reply, area in pairs if area]


def readme() -> str:
    return " ".join((SAMPLE / "README.md").read_text(encoding="utf-8").split())


def quiet_names() -> dict[str, list[str]]:
    """The quiet areas that the README names, by ward."""
    text = readme().split("replied at a quarter of the usual rate**:")[1].split("They sent")[0]
    found = re.findall(
        r"in ([A-Z][a-z]+(?: [A-Z][a-z]+)*),? (?:an outer estate, )?Exampleford", text
    )
    parts = text.split("Exampleford ")[1:]
    names = [re.findall(r"\d{3}[A-F]", part) for part in parts]
    return {ward: [f"Exampleford {n}" for n in listed] for ward, listed in zip(found, names)}


def census_groups() -> dict[str, str]:
    """Heading of each of the 19 categories, by its name."""
    return {
        name: f"Ethnic group: {group}: {name}; measures: Value"
        for group, names in ETHNIC_GROUPS.items()
        for name in names.split("|")
    }


def test_postcodes_are_headed_as_code_point_open(postcodes: list[dict], data: Path) -> None:
    source = data / "lookups" / "CodePointOpen_2025-05_SouthYorkshire.csv.gz"
    with gzip.open(source, "rt", encoding="utf-8-sig", newline="") as file:
        assert list(postcodes[0]) == next(csv.reader(file))


def test_no_postcode_is_of_an_area_in_use(postcodes: list[dict], replies: list[dict]) -> None:
    assert len(POST_AREAS) == 128
    names = [row["Postcode"] for row in postcodes]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"EF\d{1,2} \d[A-Z]{2}", name) and is_postcode(name) for name in names)
    typed = [compact(row["postcode"]) for row in replies]
    areas = {re.match(r"[A-Z]*", text).group() for text in typed if re.match(r"[A-Z]+\d", text)}
    assert areas == {"EF"}
    assert not areas & POST_AREAS


def test_postcodes_lie_in_the_city_but_for_villages_and_twelve_without_a_place(
    postcodes: list[dict], places: dict, areas: list[dict]
) -> None:
    quality = Counter(row["Positional_quality_indicator"] for row in postcodes)
    assert set(quality) == {"10", "20", "50", "90"}
    lost = [row for row in postcodes if row["Positional_quality_indicator"] == "90"]
    assert len(lost) == 12
    assert {(row["Eastings"], row["Northings"]) for row in lost} == {("0", "0")}
    wards = {area["WD24CD"] for area in areas}
    villages = [row for row in postcodes if row["Admin_ward_code"] not in wards]
    assert len(villages) == 120
    away = [row for row in postcodes if places[compact(row["Postcode"])] is None]
    assert sorted(map(str, away)) == sorted(map(str, lost + villages))
    for row in postcodes:
        area = places[compact(row["Postcode"])]
        assert area is None or area["WD24CD"] == row["Admin_ward_code"]
    per_area = Counter(area["LSOA21CD"] for area in places.values() if area)
    assert len(per_area) == len(areas)
    assert min(per_area.values()) >= 6


def test_replies_are_numbered_and_answered(replies: list[dict]) -> None:
    assert list(replies[0]) == [
        "response_id",
        "postcode",
        "ethnic_group",
        "age_band",
        "preferred_opening",
        "submitted",
    ]
    assert [row["response_id"] for row in replies] == [str(n + 1) for n in range(len(replies))]
    days = [row["submitted"] for row in replies]
    assert days == sorted(days)
    assert all(re.fullmatch(r"2025-0[4-6]-\d\d", day) for day in days)
    ages = {row["age_band"] for row in replies}
    assert ages == {"16-24", "25-34", "35-49", "50-64", "65-74", "75+", "Prefer not to say"}
    openings = {row["preferred_opening"] for row in replies}
    assert openings == {"Daytime", "Evening", "Early morning", "Saturday", "Sunday"}


def test_groups_are_known_to_the_catalogue(replies: list[dict]) -> None:
    values = {row["ethnic_group"] for row in replies}
    coding = recognise_coding(values, catalogue(), "ethnic_group")
    assert coding is not None
    assert coding.taxonomy.id == "census2021_ts021"
    assert len(set(coding.categories.values())) == 19
    assert set(coding.not_known) == set(UNSAID)


def test_postcodes_are_typed_as_people_type_them(replies: list[dict], places: dict) -> None:
    typed = [row["postcode"] for row in replies]
    whole = [text for text in typed if compact(text) in places]
    assert sum(text == text.lower() for text in whole) > 500
    assert sum(" " not in text for text in whole) > 500
    assert sum("  " in text for text in whole) > 50
    assert sum(text != text.strip() for text in whole) > 50


def test_readme_counts_the_replies_that_cannot_be_placed(
    replies: list[dict], places: dict, placed: list
) -> None:
    text = readme()
    assert f"{len(replies):,} people replied" in text
    share = f"{100 * len(placed) / len(replies):.1f}"
    assert f"{len(placed):,} replies ({share} %) can be placed" in text
    codes = [compact(row["postcode"]) for row in replies]
    blank = sum(not code for code in codes)
    part = sum(bool(re.fullmatch(r"EF\d+", code)) and not is_postcode(code) for code in codes)
    made_up = sum(is_postcode(code) and code not in places for code in codes)
    beyond = sum(code in places and places[code] is None for code in codes)
    other = len(codes) - blank - part - made_up - beyond - len(placed)
    assert f"{len(codes) - len(placed)} replies cannot be placed: {blank} gave no postcode" in text
    assert f"{part} part of one, {made_up} a whole one that was never given out" in text
    assert f"{other} something else; {beyond} gave one of a village beyond the city" in text
    unsaid = sum(row["ethnic_group"] in UNSAID for row in replies)
    assert f"{unsaid} replies ({100 * unsaid / len(replies):.1f} %) do not say" in text


def test_quiet_areas_are_those_of_the_readme(placed: list, areas: list[dict]) -> None:
    named = quiet_names()
    assert {ward: len(names) for ward, names in named.items()} == {
        "Ropewalk": 7,
        "Harelow": 6,
        "Lower Dunmere": 7,
    }
    wards = {area["LSOA21NM"]: area["WD24NM"] for area in areas}
    quiet = {name: ward for ward, names in named.items() for name in names}
    assert all(wards[name] == ward for name, ward in quiet.items())
    residents = dict(zip((a["LSOA21NM"] for a in areas), (r[0] for r in counts_of(BULK["ts021"]))))
    sent = Counter(area["LSOA21NM"] for _, area in placed)
    people, from_quiet = (sum(count[name] for name in quiet) for count in (residents, sent))
    told = f"They sent {from_quiet} of the {len(placed):,} replies; {people:,} people live there."
    assert told in readme()
    # A quarter, within three times the chance error of a count; groups and ages add a little.
    elsewhere = (len(placed) - from_quiet) / (sum(residents.values()) - people)
    for ward, names in named.items():
        around = [name for name in wards if wards[name] == ward and name not in quiet]
        rate = sum(sent[name] for name in names) / sum(residents[name] for name in names)
        near = sum(sent[name] for name in around) / sum(residents[name] for name in around)
        assert rate < 0.4 * near, ward
        assert rate < 0.35 * elsewhere, ward


def test_quiet_groups_are_those_of_the_readme(placed: list, areas: list[dict]) -> None:
    heads = lines_of(BULK["ts021"])[0][3:]
    counts = counts_of(BULK["ts021"])
    at = {name: heads.index(head) for name, head in census_groups().items()}
    quiet = {name for names in quiet_names().values() for name in names}
    said = Counter(
        SAID.get(reply["ethnic_group"], reply["ethnic_group"])
        for reply, area in placed
        if area["LSOA21NM"] not in quiet
    )
    loud = [row for row, area in zip(counts, areas) if area["LSOA21NM"] not in quiet]
    british = SAID["White British"]
    usual = said[british] / sum(row[at[british]] for row in loud)
    text = readme()
    for name, readiness in READINESS.items():
        assert f"{name} {readiness}" in text
        expected = readiness * usual * sum(row[at[name]] for row in loud)
        # Communities with many children have fewer people who may reply: up to a fifth.
        low, high = 0.75 * expected - 3 * math.sqrt(expected), expected + 3 * math.sqrt(expected)
        assert low <= said[name] <= high, name


def test_readme_gives_the_shares_of_groups(replies: list[dict]) -> None:
    heads = lines_of(BULK["ts021"])[0][3:]
    sums = dict(zip(heads, map(sum, zip(*counts_of(BULK["ts021"])))))
    people = {name: sums[head] for name, head in census_groups().items()}
    said = Counter(row["ethnic_group"] for row in replies if row["ethnic_group"] not in UNSAID)
    shares = {
        name: f"{100 * people[name] / sum(people.values()):.1f} %"
        + f"{{}} and {100 * said[name] / sum(said.values()):.1f} %"
        for name in ("Pakistani", "African", "Roma")
    }
    text = readme().replace(" of the replies that name a group", "")
    assert "Pakistani residents are " + shares["Pakistani"].format(" of the people") in text
    assert "African " + shares["African"].format("") in text
    assert "Roma " + shares["Roma"].format("") in text
