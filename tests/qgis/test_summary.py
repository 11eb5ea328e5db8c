"""The strip: who lives in the areas highlighted, who does not, and of whom that is not known."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from seldom_heard.processing.explore.summary import shares_in_words, summary_of
from seldom_heard.processing.ranking.people import Outside

from .carded import explored, sample_profile
from .helpers import lsoas, make_areas, rows_of

N = 20
ASIAN = "residents of Asian ethnic groups"


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    return sample_profile(tmp_path_factory.mktemp("summary"), level="group")


@pytest.fixture(scope="module")
def city(profile):
    exploration, standing, _ = explored(profile)
    return summary_of(exploration, standing), standing


def small(**more):
    """Return twenty areas, the last the most deprived, with the least English."""
    return make_areas(
        lsoas(N),
        **{
            "dep_exhealth_score": [float(at) for at in range(N)],
            "lang_low_english_pct": [float(at) for at in range(N)],
            "eth_total": [1000 + at for at in range(N)],
            "eth_asian_n": [10 * at for at in range(N)],
            **more,
        },
    )


def summary(layer, **settings):
    exploration, standing, _ = explored(layer, **settings)
    return summary_of(exploration, standing)


def sentence_of(found, title):
    """Return the sentence of a group, which stands in the same place as the group."""
    titles = [one.title for one in found.groups]
    return found.words[len(found.words) - len(titles) + titles.index(title)]


def test_every_group_is_what_the_layer_adds_up_to(city, profile):
    found, standing = city
    table = pd.DataFrame(rows_of(profile))
    inside = standing.in_top.to_numpy()
    counts = {
        "residents": table["eth_total"],
        "people who cannot speak English well or at all": table["lang_low_english_n"],
        "residents of the most deprived fifth of areas nationally (Core20)": table[
            "eth_total"
        ].where(table["dep_core20"] == 1, 0),
        ASIAN: table["eth_asian_n"],
        "households without a car or van": table["barrier_hh_no_car_n"],
    }
    told = {one.title: one for one in found.groups}
    for title, count in counts.items():
        here = (told[title].inside, told[title].everyone)
        assert here == (count[inside].sum(), count.sum()), title
    assert found.groups[0].title == "residents"
    assert (found.areas, found.known) == (34, 340)


def test_sentences_name_both_sides(city):
    found, _ = city
    one = found.groups[1]
    share = 100 * one.inside / one.everyone
    assert sentence_of(found, one.title) == (
        f"{one.inside:,.0f} of {one.everyone:,.0f} {one.title} ({share:.0f} %) live in the areas "
        f"highlighted, {100 - round(share):.0f} % outside."
    )
    assert found.words[0] == "34 of 340 ranked areas are highlighted."
    assert len(found.words) == 1 + len(found.groups), "all is known"


def test_the_title_says_potentially_where_nobody_was_counted(city):
    assert city[0].title == "Potentially seldom heard areas"


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        (0, ("0 %", "100 %")),
        (4, ("under 1 %", "over 99 %")),
        (125, ("13 %", "87 %")),  # 12.5: a half goes up, and both make 100
        (996, ("over 99 %", "under 1 %")),
        (1000, ("100 %", "0 %")),
    ],
)
def test_both_sides_make_100(inside, told):
    assert shares_in_words(Outside("people", inside, 1000, 0)) == told


def test_areas_without_rank_and_unknown_counts_are_said():
    english = [None, None, *(float(at) for at in range(2, N))]
    asian = [None, *(10 * at for at in range(1, N))]
    found = summary(small(lang_low_english_pct=english, eth_asian_n=asian), top="3")
    assert (found.areas, found.known) == (3, 18)
    assert found.words[:2] == [
        "3 of 18 ranked areas are highlighted.",
        "2 more areas have no rank, as too little is known of them.",
    ]
    assert sentence_of(found, ASIAN) == (
        "540 of 1,900 residents of Asian ethnic groups (28 %) live in the areas highlighted, 72 % "
        "outside. Their number is not known in one area."
    )


def test_hidden_counts_are_said_to_be_hidden():
    layer = small(eth_asian_n=[None, *(10 * at for at in range(1, N))])
    told = {"title": "a", "attribution": "", "fields": ["eth_asian_n"], "suppression": "nhs"}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": [told]}))
    found = summary(layer, top="3")
    assert sentence_of(found, ASIAN).endswith("Their number is hidden or not known in one area.")


def test_without_any_count_of_residents_there_are_none():
    layer = make_areas(
        lsoas(N),
        dep_exhealth_score=[float(at) for at in range(N)],
        lang_low_english_pct=[float(at) for at in range(N)],
    )
    found = summary(layer)
    assert found.groups == []
    assert found.words == ["2 of 20 ranked areas are highlighted."]


def test_residents_of_an_age_are_not_called_residents():
    layer = make_areas(
        lsoas(N),
        dep_exhealth_score=[float(at) for at in range(N)],
        lang_low_english_pct=[float(at) for at in range(N)],
        lang_total=[900] * N,
    )
    (one,) = summary(layer, top="5").groups
    assert (one.title, one.inside, one.everyone) == ("residents aged 3 and over", 4500, 18000)


def test_it_follows_the_top():
    layer = small()
    exploration, _, asked = explored(layer)
    from dataclasses import replace

    inside = [
        summary_of(exploration, exploration.at_once(replace(asked, top=top))).groups[0].inside
        for top in ("1", "2", "100%")
    ]
    assert inside == [1019, 1019 + 1018, sum(1000 + at for at in range(N))]


def test_areas_of_which_it_is_not_known_whether_they_are_core20_are_not_called_outside():
    found = summary(small(dep_core20=[None, None, *([1.0] * (N - 2))]), top="3")
    one = next(group for group in found.groups if "Core20" in group.title)
    assert one.unknown == 2
