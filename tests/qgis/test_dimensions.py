"""Which dimensions a layer has: by its fields, and only where any area has a figure."""

from __future__ import annotations

import pytest
from qgis.core import QgsApplication
from seldom_heard.processing.explore.dimensions import dimensions_of

from .carded import sample_heard, sample_profile
from .helpers import SAMPLE, ensure_provider, lsoas, make_areas, open_layer, run, save_layer

N = 5
ALL = ["ethnicity", "deprivation", "prevalence", "language", "barriers", "replies", "voice"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("dimensions")


@pytest.fixture(scope="module")
def profile(folder):
    return sample_profile(folder, level="group")


def told(layer):
    return {one.id: one for one in dimensions_of(layer)}


def there(layer):
    return [name for name, one in told(layer).items() if one.there]


def test_bare_areas_lack_all_and_know_who_makes_it():
    found = dimensions_of(open_layer(SAMPLE / "areas.gpkg"))
    assert [one.id for one in found] == ALL
    assert not any(one.there for one in found)
    assert all(one.words.startswith("missing") for one in found)
    assert [one.algorithm for one in found] == [
        *("profileethnicity", "profiledeprivation", "profileprevalence", "profilelanguage"),
        *("profilebarriers", "countresponses", "measurevoice"),
    ]


def test_each_algorithm_is_there():
    ensure_provider()
    for one in dimensions_of(open_layer(SAMPLE / "areas.gpkg")):
        found = QgsApplication.processingRegistry().algorithmById(f"seldomheard:{one.algorithm}")
        assert found is not None, one.algorithm


def test_a_profile_says_what_of_when(profile):
    found = told(profile)
    assert there(profile) == ALL[:5]
    have = [field.name() for field in profile.fields()]
    assert found["ethnicity"].words == (
        f"there: {sum(n.startswith('eth_') for n in have)} fields, Census 2021 (TS021)"
    )
    number = sum(name.startswith("lang_") for name in have)
    assert found["language"].words == f"there: {number} fields, Census 2021 (TS025, TS029)"
    assert "English Indices of Deprivation 2025 (File 7)" in found["deprivation"].words
    assert found["prevalence"].words.startswith(
        f"there: {sum(name.startswith('prev_') for name in have)} fields, Quality and Outcomes"
    )


def test_replies_and_voice_are_told_apart(profile, folder):
    heard = sample_heard(profile, folder)
    assert there(heard) == ALL
    layer = make_areas(lsoas(N), resp_total=[3] * N, eth_total=[900] * N)
    assert there(layer) == ["ethnicity", "replies"]
    assert told(layer)["voice"].words == "missing: replies were not held against those expected"


def test_fields_that_are_empty_everywhere_are_missing():
    layer = make_areas(lsoas(N), eth_total=[None] * N, eth_asian_n=[None] * N, lang_total=[1] * N)
    assert there(layer) == ["language"]
    assert told(layer)["ethnicity"].words == "missing: its fields (2) are empty in every area"


def test_one_figure_in_one_area_is_enough(tmp_path):
    layer = make_areas(lsoas(N), eth_total=[None] * N, eth_asian_n=[None] * (N - 1) + [4])
    assert there(layer) == ["ethnicity"]
    assert there(open_layer(save_layer(layer, tmp_path / "one.gpkg"))) == ["ethnicity"]


def test_a_filter_counts():
    layer = make_areas(lsoas(N), eth_total=[None] * (N - 1) + [4])
    assert there(layer) == ["ethnicity"]
    layer.setSubsetString("\"LSOA21CD\" = 'E01007317'")
    assert there(layer) == []


def test_fields_of_others_are_not_taken_for_ours():
    layer = make_areas(lsoas(N), eth_club=[1] * N, department=[1] * N, dep_notes=["x"] * N)
    assert there(layer) == []


def test_averages_of_larger_places_count():
    layer = make_areas(lsoas(N), dep_exhealth_score_avg=[1.5] * N)
    assert there(layer) == ["deprivation"]
    assert told(layer)["deprivation"].words == "there: one field", "it does not say of when"


def test_a_shapefile_keeps_names_short(tmp_path):
    made = run(
        "profileethnicity",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv"],
        OUTPUT=tmp_path / "short.shp",
    )
    assert "eth_minority_excl_white_pct" not in [f.name() for f in made.layer.fields()]
    found = told(made.layer)["ethnicity"]
    assert found.there
    assert found.words.endswith("Census 2021 (TS021)")
    number = sum(f.name().startswith("eth_") for f in made.layer.fields())
    assert f"{number} fields" in found.words, "all of them, by their whole names"
