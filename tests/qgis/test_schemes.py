"""Schemes: what a file must have, what is fitted to a layer, and the shipped ones at work."""

from __future__ import annotations

import copy
import json

import pytest
from seldom_heard.layers.errors import InputError
from seldom_heard.processing.ranking import schemes
from seldom_heard.processing.ranking.scheme_checks import THRESHOLDS

from .helpers import (
    ROOT,
    SAMPLE,
    SHEFFIELD,
    algorithm,
    make_areas,
    open_layer,
    rows_of,
    run,
    save_layer,
)

SHIPPED = ("general", "health_prevention", "language_access")
FIELDS = {
    "dep_exhealth_score",
    "prev_dm_pct",
    "prev_hyp_pct",
    "lang_low_english_pct",
    "barrier_hh_no_car_pct",
    "barrier_disabled_lot_pct",
    "voice_shrunk",
}


def general():
    return copy.deepcopy(schemes.load("general"))


def saved(tmp_path, data):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_three_schemes_are_shipped_and_explained():
    assert tuple(schemes.shipped()) == SHIPPED
    for name in SHIPPED:
        data = schemes.load(name)
        assert data["id"] == name and len(data["explanation"]) > 200
        assert [p["id"] for p in data["pillars"]] == ["need", "barriers", "voice"]


def test_help_explains_each_scheme():
    text = algorithm("findseldomheard").shortHelpString()
    assert all(schemes.load(name)["explanation"] in text for name in SHIPPED)


def test_documentation_explains_each_scheme():
    text = " ".join((ROOT / "docs" / "schemes.md").read_text(encoding="utf-8").split())
    assert all(f"`{name}`" in text for name in SHIPPED)
    assert all(schemes.load(name)["explanation"] in text for name in SHIPPED)


def test_example_of_the_documentation_can_be_used(tmp_path):
    text = (ROOT / "docs" / "schemes.md").read_text(encoding="utf-8")
    data = json.loads(text.split("```json")[1].split("```")[0])
    loaded = schemes.load(saved(tmp_path, data))
    fitted = schemes.fit(loaded, FIELDS | {"prev_copd_pct"})
    assert fitted.has_voice and fitted.threshold("robust") == 0.9


def test_need_leads_where_it_says_so_and_barriers_where_it_says_so():
    weights = {
        name: {p["id"]: p["weight"] for p in schemes.load(name)["pillars"]} for name in SHIPPED
    }
    assert len(set(weights["general"].values())) == 1
    assert max(weights["health_prevention"], key=weights["health_prevention"].get) == "need"
    assert max(weights["language_access"], key=weights["language_access"].get) == "barriers"


def test_english_leads_the_barriers_of_language_access():
    fitted = schemes.fit(schemes.load("language_access"), FIELDS)
    barriers = {i.field: i.weight for i in fitted.indicators if i.pillar == "barriers"}
    assert barriers["lang_low_english_pct"] > sum(barriers.values()) / 2


def test_each_of_shares_the_weight_and_enough_is_read():
    fitted = schemes.fit(general(), FIELDS)
    by_field = {i.field: i for i in fitted.indicators}
    assert by_field["prev_dm_pct"].weight == by_field["prev_hyp_pct"].weight == 0.25
    assert by_field["voice_shrunk"].enough == 100
    assert not by_field["voice_shrunk"].more_is_barrier
    assert by_field["dep_exhealth_score"].enough is None
    assert fitted.replies == {"voice_shrunk": ("voice_observed", "voice_expected")}
    assert fitted.has_voice
    assert not schemes.fit(general(), FIELDS - {"voice_shrunk"}).has_voice


def test_thresholds_left_out_are_the_documented_ones():
    data = general()
    del data["thresholds"]
    fitted = schemes.fit(data, FIELDS)
    known = {name: fitted.threshold(name) for name in THRESHOLDS}
    assert known == general()["thresholds"]
    assert known == {
        "minimum_weight": 0.75,
        "concentration": 20,
        "robust": 0.8,
        "contestable": 0.2,
        "strong": 0.8,
        "correlation": 0.9,
    }


def test_people_may_be_one_group_or_several():
    data = general()
    one = {"field": "lang_low_english_n", "title": "people"}
    for people, number in ((one, 1), ([one, one], 2)):
        assert len(schemes.fit({**data, "people": people}, FIELDS).people) == number
    del data["people"]
    assert schemes.fit(data, FIELDS).people == []


def put(*keys_and_value):
    *keys, last, value = keys_and_value

    def change(data):
        for key in keys:
            data = data[key]
        data[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (put("thresholds", "robust", 80), "robust"),
        (put("thresholds", "robust", "0.8"), "robust"),
        (put("thresholds", "concentration", 0), "concentration"),
        (put("thresholds", "rubost", 0.8), "rubost"),
        (put("thresholds", "contestable", 0.9), "contestable"),
        (put("people", [{"field": "lang_low_english_n"}]), "people"),
        (put("pillars", 2, "indicators", 0, "enough", "many"), "enough"),
        (put("pillars", 2, "indicators", 0, "replies", {"observed": "o"}), "replies"),
        (put("pillars", 0, "weight", -1), "weight"),
        (put("pillars", 0, "id", "rank_median"), "rank_median"),
        (put("pillars", 1, "id", "need"), "pillars"),
    ],
)
def test_a_file_that_cannot_be_is_named_with_the_key(tmp_path, change, named):
    data = general()
    change(data)
    with pytest.raises(InputError, match=named) as caught:
        schemes.load(saved(tmp_path, data))
    assert "mine.json" in str(caught.value)


def paths(value, path=()):
    """Yield the way to every key and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from paths(inner, (*path, key))


@pytest.mark.parametrize("wrong", [None, 3, "x", [], {}, [3], {"x": 1}, True], ids=repr)
def test_whatever_stands_in_a_file_it_is_used_or_refused_in_words(tmp_path, wrong):
    """No key, whatever it holds, ends in a crash."""
    refusals = 0
    for path in paths(general()):
        data = general()
        put(*path, wrong)(data)
        try:
            fitted = schemes.fit(schemes.load(saved(tmp_path, data)), FIELDS)
            assert fitted.pillars_in_words() and fitted.thresholds() and fitted.people is not None
        except InputError as refusal:
            refusals += 1
            assert "Traceback" not in str(refusal)
    assert refusals > 10


def test_general_falls_back_on_the_full_index_only_without_prevalence():
    index = {"dep_imd_score", "lang_low_english_pct"}
    fitted = schemes.fit(general(), index)
    assert [i.field for i in fitted.indicators if i.pillar == "need"] == ["dep_imd_score"]
    with pytest.raises(InputError, match="health would count twice"):
        schemes.fit(general(), index | {"prev_dm_pct"})
    # the index without health is taken first
    assert schemes.fit(general(), index | {"prev_dm_pct", "dep_exhealth_score"})
    allowed = schemes.fit({**general(), "allow_full_index": True}, index | {"prev_dm_pct"})
    assert allowed.health_twice() == ["dep_imd_score"]


# --- the shipped schemes at work --------------------------------------------------------------


@pytest.fixture(scope="module")
def exampleford(tmp_path_factory):
    """The invented city, profiled with all its tables."""
    folder = tmp_path_factory.mktemp("sample")
    tables = [str(path) for path in sorted(SAMPLE.glob("*.csv"))]
    layer = save_layer(open_layer(SAMPLE / "areas.gpkg"), folder / "areas.gpkg")
    run("profileareas", INPUT=layer, TABLES=tables, OUTPUT=folder / "profile.gpkg")
    return folder / "profile.gpkg"


@pytest.mark.parametrize("name", SHIPPED)
def test_scheme_ranks_the_sample_city(exampleford, tmp_path, name):
    report = tmp_path / "report.txt"
    out = run(
        "findseldomheard",
        INPUT=exampleford,
        SCHEME=name,
        DRAWS=200,
        OUTPUT=tmp_path / "found.gpkg",
        REPORT=report,
    )
    rows = out.rows()
    assert out.results["HIGHLIGHTED"] == 34 and 0 < out.results["ROBUST"] <= 34
    assert 0 < out.results["OUTSIDE_PCT"] < 100
    assert sum(row["sh_rank"] is not None for row in rows) >= 330
    assert "Replies against those expected" in out.log.text, "left out, and said"
    text = " ".join(report.read_text(encoding="utf-8").split())
    assert schemes.load(name)["explanation"] in text
    assert "census counts below 20" in text, "the sample tells its tables"


def test_schemes_put_other_areas_first(exampleford):
    def first(name):
        rows = run(
            "findseldomheard", INPUT=exampleford, SCHEME=name, DRAWS=10, OUTPUT="memory:"
        ).rows()
        return {row["LSOA21CD"] for row in rows if row["sh_rank"] and row["sh_rank"] <= 34}

    tops = [first(name) for name in SHIPPED]
    assert all(a != b for at, a in enumerate(tops) for b in tops[at + 1 :])


def test_language_access_leads_to_limited_english(exampleford):
    """Its top has more people with limited English than that of the others."""
    inside = {}
    for name in SHIPPED:
        out = run("findseldomheard", INPUT=exampleford, SCHEME=name, DRAWS=10, OUTPUT="memory:")
        inside[name] = 100 - out.results["OUTSIDE_PCT"]
    assert max(inside, key=inside.get) == "language_access"


SHEFFIELD_TABLES = (
    "census2021/TS021_ethnic6_LSOA21_nomis_query_mnemonic_SouthYorkshire.csv",
    "census2021/census2021-ts029-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv",
    "census2021/census2021-ts045-oa_SouthYorkshire.csv",
    "census2021/census2021-ts038-oa_SouthYorkshire.csv",
    "deprivation/File_7_IoD2025_SouthYorkshire_RECONSTRUCTED.csv",
    "health/PREVALENCE_2122_SouthYorkshire_RECONSTRUCTED.csv",
    "health/gp-reg-pat-prac-lsoa-all_SouthYorkshire_RECONSTRUCTED.csv",
    "lookups/OA21_LSOA21_SouthYorkshire.csv",
    "lookups/LSOA11_LSOA21_LAD22_SouthYorkshire_exact.csv",
)


@pytest.fixture(scope="module")
def sheffield(shared, tmp_path_factory):
    """The 343 LSOAs, profiled in four dimensions, with replies as they were simulated."""
    import csv

    folder = tmp_path_factory.mktemp("sheffield")
    data = shared / "data"
    county = open_layer(data / "boundaries" / "lsoa21_south_yorkshire.geojson")
    county.setSubsetString(f"LADCD_ACTIVE = '{SHEFFIELD}'")
    assert county.featureCount() == 343
    tables = [str(data / name) for name in SHEFFIELD_TABLES]
    profile = folder / "profile.gpkg"
    run(
        "profileareas",
        INPUT=save_layer(county, folder / "lsoa.gpkg"),
        TABLES=tables,
        OUTPUT=profile,
    )
    path = data / "simulated" / "survey_truth_by_lsoa_SIMULATED.csv"
    with path.open(encoding="utf-8") as stream:
        truth = {row["lsoa21"]: row for row in csv.DictReader(stream)}
    return profile, truth


@pytest.mark.parametrize("name", SHIPPED)
def test_scheme_ranks_sheffield(sheffield, tmp_path, name):
    profile, _ = sheffield
    asked = {"SCHEME": name, "DRAWS": 200, "RANKED_AMONG": "national"}
    out = run("findseldomheard", INPUT=profile, OUTPUT=tmp_path / "found.gpkg", **asked)
    rows = out.rows()
    assert out.results["HIGHLIGHTED"] == 35
    assert all(row["sh_rank"] for row in rows)
    assert "Deprivation (without health) among the 33,755 areas of England" in out.log.text


def test_voice_brings_up_the_areas_made_quiet(sheffield, tmp_path):
    """24 areas of the simulation answer at a quarter of the rate."""
    from seldom_heard.methods.voice import shrunk_ratio

    profile, truth = sheffield
    rows = rows_of(open_layer(profile))
    people = [float(truth[row["LSOA21CD"]]["residents_3plus"]) for row in rows]
    observed = [float(truth[row["LSOA21CD"]]["responses"]) for row in rows]
    expected = [sum(observed) * n / sum(people) for n in people]
    figures = {
        "voice_observed": observed,
        "voice_expected": expected,
        "voice_shrunk": [float(value) for value in shrunk_ratio(observed, expected)],
    }
    names = [name for name in rows[0] if name.startswith(("dep_", "prev_", "lang_", "barrier_"))]
    kept = {n: [row[n] for row in rows] for n in names if isinstance(rows[0][n], (int, float))}
    codes = [row["LSOA21CD"] for row in rows]
    before = run("findseldomheard", INPUT=make_areas(codes, **kept), DRAWS=10, OUTPUT="memory:")
    after = run(
        "findseldomheard", INPUT=make_areas(codes, **kept, **figures), DRAWS=10, OUTPUT="memory:"
    )
    quiet = {code for code in codes if float(truth[code]["true_multiplier"]) < 1}
    assert len(quiet) == 24
    mean = [
        sum(row["sh_rank"] for row in out.rows() if row["LSOA21CD"] in quiet) / 24
        for out in (before, after)
    ]
    assert mean[1] < mean[0] - 40, "of 343"
    voice = [row["sh_voice"] for row in after.rows() if row["LSOA21CD"] in quiet]
    assert min(voice) > 0.8
