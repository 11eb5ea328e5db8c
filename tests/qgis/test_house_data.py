"""The data that come with the house agree with the code and with each other.

The invented city of resources/sample goes through the whole job, and what its README says of it
comes out; the fields that schemes and styles name are fields that the algorithms make.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from .helpers import ROOT, SAMPLE, open_layer, run

TABLES = [
    SAMPLE / "census2021-ts021-lsoa.csv",
    SAMPLE / "census2021-ts025-lsoa.csv",
    SAMPLE / "census2021-ts029-lsoa.csv",
    SAMPLE / "census2021-ts038-lsoa.csv",
    SAMPLE / "census2021-ts045-lsoa.csv",
    SAMPLE / "TS011_household_deprivation.csv",
    SAMPLE / "File_7_IoD2025.csv",
    SAMPLE / "PREVALENCE_2425.csv",
    SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
]
RESOURCES = ROOT / "resources"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def city(folder):
    """All nine tables on the 340 areas, in one call."""
    return run(
        "profileareas", INPUT=SAMPLE / "areas.gpkg", TABLES=TABLES, OUTPUT=folder / "city.gpkg"
    )


@pytest.fixture(scope="module")
def ranked(city, folder):
    return run("findseldomheard", INPUT=city.results["OUTPUT"], OUTPUT=folder / "ranked.gpkg")


def names_of(layer) -> set[str]:
    return {f.name() for f in layer.fields()}


def total(rows, name):
    return sum(row[name] for row in rows)


def test_the_city_is_as_its_readme_says(city):
    rows = city.rows()
    assert len(rows) == 340
    people = total(rows, "eth_total")
    assert people == pytest.approx(604_359, abs=340 * 3), "noise of 1 or 2 apart"
    assert total(rows, "lang_hh_total") == pytest.approx(257_413, abs=340 * 3)
    assert total(rows, "dep_core20") == 100
    assert 18 < 100 * total(rows, "eth_minority_excl_white_n") / people < 23, "one in five"
    low = 100 * total(rows, "lang_low_english_n") / total(rows, "lang_total")
    assert round(low, 1) == 2.6


def test_all_four_dimensions_are_there(city):
    names = names_of(city.layer)
    for prefix in ("eth_", "dep_", "lang_", "prev_"):
        assert len([name for name in names if name.startswith(prefix)]) > 8, prefix
    assert not city.log.errors


def test_every_area_has_every_figure(city):
    empty = {
        name
        for row in city.rows()
        for name, value in row.items()
        if value is None and name.startswith(("eth_", "dep_", "lang_", "prev_"))
    }
    assert empty <= {"prev_flag"}, empty


def test_registers_of_twenty_one(city):
    names = names_of(city.layer)
    registers = {n[5:-2] for n in names if n.startswith("prev_") and n.endswith("_n")}
    assert len(registers) == 21 and {"dm", "copd", "dep", "mh", "ld"} <= registers


def test_cases_in_the_city_are_no_more_than_on_the_registers(city):
    import csv

    with (SAMPLE / "PREVALENCE_2425.csv").open(encoding="utf-8-sig", newline="") as stream:
        on_registers = sum(
            int(row["REGISTER"]) for row in csv.DictReader(stream) if row["GROUP_CODE"] == "DM"
        )
    placed = total(city.rows(), "prev_dm_n")
    assert 0.9 * on_registers < placed < on_registers


def test_ranking_of_the_city(ranked):
    rows = sorted(ranked.rows(), key=lambda row: row["sh_rank"])
    assert ranked.results["HIGHLIGHTED"] == 34
    top = rows[:34]
    assert sum(row["dep_core20"] for row in top) > 17, "most of them are deprived"
    for barrier in ("lang_low_english_pct", "barrier_hh_no_car_pct", "barrier_disabled_lot_pct"):
        everywhere = sorted(row[barrier] for row in rows)
        middle = sorted(row[barrier] for row in top)[17]
        assert middle > everywhere[255], f"half of them are in the upper quarter by {barrier}"
    assert all(row["sh_reasons"] for row in top)
    assert {row["sh_tier"] for row in rows} == {"robust", "contestable", "not a priority"}


def test_health_does_not_count_twice_in_the_shipped_scheme(ranked):
    assert not [line for line in ranked.log.warnings if "twice" in line]


def test_map_of_the_city(ranked, folder):
    target = folder / "map.pdf"
    run("exportmap", INPUT=ranked.results["OUTPUT"], OUTPUT=target, DPI=72)
    assert target.read_bytes().startswith(b"%PDF-")


def test_wards_lie_on_the_areas():
    areas, wards = open_layer(SAMPLE / "areas.gpkg"), open_layer(SAMPLE / "wards.gpkg")
    assert areas.crs() == wards.crs() and wards.featureCount() == 26
    assert areas.extent().toString(0) == wards.extent().toString(0)


# --- schemes and styles against the fields that are made --------------------------------------

SCHEMES = sorted(
    p for p in (RESOURCES / "schemes").glob("*.json") if not p.name.endswith(".schema.json")
)
STYLES = sorted(
    p for p in (RESOURCES / "styles").glob("*.json") if not p.name.endswith(".schema.json")
)
VOICE = {"voice_shrunk", "voice_class"}  # of measurevoice, as the contract names them


@pytest.mark.parametrize("path", SCHEMES, ids=lambda p: p.stem)
def test_fields_of_a_scheme_are_made_by_the_algorithms(path, city):
    scheme = json.loads(path.read_text(encoding="utf-8"))
    named = set()
    for pillar in scheme["pillars"]:
        for entry in pillar["indicators"]:
            named |= set(entry.get("fields", ())) | set(entry.get("each_of", ()))
    flag = scheme.get("flag", {})
    named |= {flag[key] for key in ("core20", "low_english") if key in flag}
    named |= {part["field"] for part in (flag.get("voice"), *scheme["people"]) if part}
    named |= {part["where"] for part in scheme["people"] if "where" in part}
    averages = {f"{name}_avg" for name in named if name.endswith("_score")}  # by aggregateareas
    assert named and named <= names_of(city.layer) | VOICE | averages


@pytest.mark.parametrize("path", SCHEMES, ids=lambda p: p.stem)
def test_shipped_scheme_ranks_the_city(path, city):
    out = run(
        "findseldomheard",
        INPUT=city.results["OUTPUT"],
        SCHEME=path.stem,
        DRAWS=20,
        OUTPUT="memory:",
    )
    assert {row["sh_rank"] for row in out.rows()} >= {1, 2, 3}


SHOWN_ELSEWHERE = {
    "benchmark": "test_compare",
    "voice": "test_style_views",
    "clusters": "test_style_views",
    "reach": "test_planvenues",
}


@pytest.mark.parametrize("path", STYLES, ids=lambda p: p.stem)
def test_fields_of_a_style_are_made_by_the_algorithms(path, ranked):
    if path.stem in SHOWN_ELSEWHERE:
        pytest.skip(f"{SHOWN_ELSEWHERE[path.stem]} shows that its fields are made")
    from seldom_heard.taxonomies.catalogue import catalogue

    style = json.loads(path.read_text(encoding="utf-8").replace("$prefix", "eth"))
    names = names_of(ranked.layer) | {name for t in catalogue() for name in t.fields()}
    for choice in style["fields"]:
        assert [n for n in names if fnmatchcase(n, choice["name"])], choice["name"]
    for part in ("highlights", "overlay", "rank_labels"):
        assert part not in style or style[part]["field"] in names
    if "highlights" in style:
        values = {c["value"] for c in style["highlights"]["categories"]}
        assert values <= {row[style["highlights"]["field"]] for row in ranked.rows()}


def test_taxonomies_are_all_recognised_somewhere():
    """A shipped taxonomy loads, and no two share an id."""
    from seldom_heard.taxonomies.catalogue import catalogue

    files = list((RESOURCES / "taxonomies").glob("*/*.json"))
    ids = [taxonomy.id for taxonomy in catalogue()]
    assert len(ids) == len(set(ids)) == len(files) > 6
    assert all(t.attribution and t.edition and t.base for t in catalogue())
