"""What the card says of an area: every number against the layer itself, every gap in words."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from seldom_heard.processing.explore.card import card_of
from seldom_heard.processing.explore.whole import whole_of
from seldom_heard.taxonomies.catalogue import find
from seldom_heard.taxonomies.nation import figures_of

from .carded import explored, in_draws, sample_heard, sample_profile
from .helpers import ROOT, lsoas, make_areas, rows_of

N = 12
RULE = {"suppression": "nhs"}
ENGLISH = "Proficiency in English (TS029), Census 2021"
INDEX = "English Indices of Deprivation 2025 (File 7), 2025"


# --- the invented city


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    return sample_heard(sample_profile(folder), folder)


@pytest.fixture(scope="module")
def table(heard):
    """Return the layer as a table of its own, read without the plugin."""
    return pd.DataFrame(rows_of(heard))


@pytest.fixture(scope="module")
def city(heard):
    exploration, standing, asked = explored(heard)
    return exploration, standing, in_draws(exploration, asked)


def first_of(standing):
    return int(standing.ranks.astype(float).idxmin())


def dot_of(card, field):
    (found,) = [one for one in card.dots if one.field == field]
    return found


def part_of(parts, title):
    (found,) = [one for one in parts if one.title == title]
    return found


def test_nothing_is_called_robust_before_it_is_tested(city):
    exploration, standing, ranking = city
    row = first_of(standing)
    waiting = card_of(exploration, row, standing)
    assert waiting.rank_words == "Rank 1 of 340"
    assert "being tested" in waiting.tier_words
    assert "robust" not in waiting.tier_words
    told = card_of(exploration, row, standing, ranking)
    low, high = (int(ranking.frame[f"sh_rank_{end}"].iat[row]) for end in ("lo", "hi"))
    assert told.rank_words == f"Rank 1 of 340; in 90 of 100 draws between {low} and {high}"
    tier, share = ranking.frame["sh_tier"].iat[row], 100 * ranking.frame["sh_p_top"].iat[row]
    if share in (0, 100):  # 'over 99 %' elsewhere
        assert told.tier_words == f"In the top 34 in {share:.0f} % of the draws: {tier}"
    assert told.tier_words.endswith(tier)


def test_a_share_is_0_or_100_only_where_it_is_so(city):
    from seldom_heard.processing.explore.card import share_in_words

    told = [share_in_words(one) for one in (0, 0.05, 1.4, 99.4, 99.97, 100)]
    assert told == ["0 %", "under 1 %", "1 %", "over 99 %", "over 99 %", "100 %"]


def test_a_share_of_draws_is_never_rounded_up_to_where_a_tier_begins():
    from seldom_heard.processing.explore.card import draws_in_words

    told = [draws_in_words(k / 2000) for k in (0, 1, 399, 400, 1599, 1600, 1999, 2000)]
    expected = ["0 %", "under 1 %", "19 %", "20 %", "79 %", "80 %", "over 99 %", "100 %"]
    assert told == expected
    whole = [draws_in_words(k / 100) for k in range(101)]
    assert whole == [f"{k} %" for k in range(101)]


def test_heading_has_name_and_code(city):
    exploration, standing, _ = city
    card = card_of(exploration, 7, standing)
    assert (card.code, card.name) == (exploration.codes[7], exploration.names[7])
    assert card.title == f"{card.name} ({card.code})"


def test_pillars_are_those_of_the_score(city):
    exploration, standing, _ = city
    card = card_of(exploration, 7, standing)
    assert [one.title for one in card.pillars] == ["Need", "Barriers", "Voice"]
    expected = [standing.scored.pillars[name].iat[7] for name in ("need", "barriers", "voice")]
    assert [one.value for one in card.pillars] == pytest.approx(expected)
    assert all(one.title in one.words for one in card.pillars)


COUNTED = (  # percentage, its count, its base
    ("lang_low_english_pct", "lang_low_english_n", "lang_total"),
    ("barrier_hh_no_car_pct", "barrier_hh_no_car_n", "barrier_hh_total"),
    ("barrier_disabled_lot_pct", "barrier_disabled_lot_n", "barrier_disability_total"),
)


@pytest.mark.parametrize(("field", "count", "base"), COUNTED)
def test_all_areas_together_are_made_of_counts_not_of_percentages(city, table, field, count, base):
    exploration, standing, _ = city
    dot = dot_of(card_of(exploration, 7, standing), field)
    assert dot.city == pytest.approx(100 * table[count].sum() / table[base].sum(), abs=1e-9)
    assert abs(dot.city - table[field].mean()) > 0.005, "an average of percentages"
    assert dot.city_title == "All areas of the layer together"
    assert (dot.unit, dot.decimals) == ("%", 1)
    assert f"{dot.city_title}: {dot.city:.1f} %." in dot.words


def test_registers_are_rebuilt_over_the_people_of_their_ages(city, table):
    exploration, standing, _ = city
    dot = dot_of(card_of(exploration, 7, standing), "prev_dm_pct")
    people = 100 * table["prev_dm_n"] / table["prev_dm_pct"]
    assert dot.city == pytest.approx(100 * table["prev_dm_n"].sum() / people.sum(), abs=1e-6)
    assert (people < table["eth_total"]).mean() > 0.9, "diabetes is counted from 17 years on"


def test_of_a_score_it_is_the_middle_area_as_of_the_nation(city, table):
    exploration, standing, _ = city
    dot = dot_of(card_of(exploration, 7, standing), "dep_exhealth_score")
    assert dot.city == pytest.approx(table["dep_exhealth_score"].median())
    assert dot.city_title == "The middle area of the layer"
    (figure,) = dict(figures_of(find("iod2025")))["dep_exhealth_score"]
    assert dot.nation == figure.value
    assert dot.nation_title == "The middle area of England"
    assert (dot.unit, dot.decimals) == ("(score)", 1)


def test_the_middle_of_england_is_that_of_its_published_ranks(shared):
    """Made of the ranks of all 33,755 areas, by the formula of docs/figures.md."""
    import numpy as np

    file = shared / "data/deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz"
    ranks = pd.read_csv(file)
    weights = {
        **{"Income": 0.225, "Employment": 0.225, "Education": 0.135, "Crime": 0.093},
        **{"Housing_and_Services": 0.093, "Environment": 0.093},
    }
    score = 0.0
    for name, weight in weights.items():
        place = (len(ranks) - ranks[f"{name}_rank"] + 1) / len(ranks)
        score = score + weight * -23 * np.log(1 - place * (1 - np.exp(-100 / 23)))
    (figure,) = dict(figures_of(find("iod2025")))["dep_exhealth_score"]
    assert figure.value == pytest.approx(score.median(), abs=1e-5)
    (figure,) = dict(figures_of(find("iod2025")))["dep_imd_score"]
    assert figure.value == pytest.approx(ranks["IMD_score"].median(), abs=0.005)


def test_replies_are_shown_as_they_came_with_the_limits_of_that_ratio(city, table):
    exploration, standing, _ = city
    row = first_of(standing)
    dot, own = dot_of(card_of(exploration, row, standing), "voice_shrunk"), table.loc[row]
    shown = (own["voice_ratio"], own["voice_ratio_lo"], own["voice_ratio_hi"])
    assert (dot.value, dot.low, dot.high) == pytest.approx(shown)
    together = 100 * table["voice_observed"].sum() / table["voice_expected"].sum()
    assert dot.city == pytest.approx(together)
    assert dot.nation is None, "how many reply is of this survey alone"
    assert f"It counts as {own['voice_shrunk']:.0f}, drawn towards 100" in dot.words
    assert (dot.unit, dot.decimals) == ("per 100 expected", 0)


def test_axes_are_the_same_for_all_areas_and_hold_all_that_is_drawn(city):
    exploration, standing, _ = city
    ends = {}
    for row in range(0, 340, 9):
        for dot in card_of(exploration, row, standing).dots:
            drawn = [dot.value, dot.low, dot.high, dot.city, dot.nation]
            assert all(dot.least <= one <= dot.most for one in drawn if one is not None), dot
            ends.setdefault(dot.field, set()).add((dot.least, dot.most))
    assert {name: len(found) for name, found in ends.items() if len(found) > 1} == {}


@pytest.mark.parametrize("field", ["lang_low_english_pct", "prev_dm_pct", "voice_shrunk"])
def test_place_among_the_areas_is_never_rounded_up(city, table, field):
    exploration, standing, _ = city
    values = table[field]
    for row in range(0, 340, 17):
        words = dot_of(card_of(exploration, row, standing), field).words
        less, more = (values < values[row]).sum(), (values > values[row]).sum()
        side, share = ("More", less) if less >= more else ("Less", more)
        if max(less, more) < len(values) - 1:
            assert f"{side} than in {int(100 * share / 340)} % of the 340 areas" in words


def test_groups_with_people_and_their_share_in_all_areas(city, table):
    exploration, standing, _ = city
    groups = card_of(exploration, 7, standing).groups
    five = {"asian": "Asian", "black": "Black", "mixed": "Mixed", "white": "White"}
    for name, title in {**five, "other": "Other"}.items():
        part = part_of(groups, title)
        assert part.number == table[f"eth_{name}_n"][7]
        assert part.percent == pytest.approx(table[f"eth_{name}_pct"][7])
        whole = 100 * table[f"eth_{name}_n"].sum() / table["eth_total"].sum()
        assert part.city_percent == pytest.approx(whole)
        assert f"{part.number:,.0f} people, {part.percent:.1f} % of all usual" in part.words
    sizes = [one.number for one in groups[:5]]
    assert sizes == sorted(sizes, reverse=True)


def test_finer_groups_name_their_group_and_stand_after_them(city, table):
    exploration, standing, _ = city
    row = int(table["eth_pakistani_n"].idxmax())
    finer = card_of(exploration, row, standing).groups[5:]
    assert finer[0].title == "Asian: Pakistani"
    assert finer[0].number == table["eth_pakistani_n"][row]
    assert 0 < len(finer) <= 8
    assert all(one.number > 0 for one in finer)


def test_languages_over_their_own_bases(city, table):
    exploration, standing, _ = city
    languages = card_of(exploration, 7, standing).languages
    low = part_of(languages, "Cannot speak English well or at all")
    assert low.number == table["lang_low_english_n"][7]
    assert "of usual residents aged 3 and over" in low.words
    nobody = part_of(languages, "Households where nobody has English as a main language")
    assert nobody.number == table["lang_hh_no_english_n"][7]
    assert f"{nobody.number:,.0f} households, " in nobody.words
    whole = 100 * table["lang_hh_no_english_n"].sum() / table["lang_hh_total"].sum()
    assert nobody.city_percent == pytest.approx(whole)


def test_replies_in_a_sentence(city, table):
    exploration, standing, _ = city
    row = first_of(standing)
    told, own = card_of(exploration, row, standing).replies, table.loc[row]
    assert told.startswith(
        f"{own['voice_observed']} replies came where {own['voice_expected']:.1f} were expected. "
        f"For every 100 expected that is {own['voice_ratio']:.0f} (95 % limits "
        f"{own['voice_ratio_lo']:.0f} to {own['voice_ratio_hi']:.0f})."
    )
    assert own["voice_class"] == "much lower"
    assert "much less than expected, and hardly by chance" in told


def test_one_person_is_one_person():
    one = {"lang_low_english_n": [1] * N, "lang_low_english_pct": [0.1] * N}
    (part,) = card(told_layer(**one), 0).languages
    assert part.words.startswith("Cannot speak English well or at all: one person, 0.1 % of ")


def test_reasons_are_those_of_the_ranking(city):
    exploration, standing, ranking = city
    row = first_of(standing)
    card = card_of(exploration, row, standing, ranking)
    assert "; ".join(card.reasons) == ranking.frame["sh_reasons"].iat[row]
    assert len(card.reasons) == 2


def test_every_area_is_told_what_its_figures_cannot_say(city):
    exploration, standing, _ = city
    for row in range(340):
        cannot = card_of(exploration, row, standing).cannot
        assert 2 <= len(cannot) <= 5
        assert cannot[0].startswith("These are figures of an area, not of people")
        assert "English Indices of Deprivation 2025 (File 7)" in cannot[-1]
        assert "Census 2021" in cannot[-1]
        assert any("estimates" in one for one in cannot), "prevalence is modelled"


def test_figures_of_all_areas_are_made_once(city):
    exploration, standing, _ = city
    card_of(exploration, 1, standing)
    whole = whole_of(exploration, standing)
    made = whole.together("lang_low_english_pct")
    card_of(exploration, 2, standing)
    assert whole_of(exploration, standing) is whole
    assert whole.together("lang_low_english_pct") is made


# --- small layers made by hand


def columns(**more):
    """Return figures of twelve areas, the last the most deprived."""
    return {
        "dep_exhealth_score": [float(5 * at) for at in range(N)],
        "lang_total": [1000 + 100 * at for at in range(N)],
        "lang_low_english_n": [5 + 3 * at for at in range(N)],
        "lang_low_english_pct": [100 * (5 + 3 * at) / (1000 + 100 * at) for at in range(N)],
        **more,
    }


def told_layer(sources=(), **more):
    layer = make_areas(lsoas(N), **columns(**more))
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": list(sources)}))
    return layer


def source(title, *fields, edition="Census 2021", **more):
    return {"title": title, "attribution": "", "fields": list(fields), "edition": edition, **more}


def card(layer, row, **settings):
    exploration, standing, _ = explored(layer, **settings)
    return card_of(exploration, row, standing)


def voiced(observed, expected=20.0, **more):
    ratio = [None if one is None else 100 * one / expected for one in observed]
    return {
        "voice_observed": observed,
        "voice_expected": [expected] * N,
        "voice_ratio": ratio,
        "voice_ratio_lo": [None if one is None else one / 2 for one in ratio],
        "voice_ratio_hi": [None if one is None else one * 2 for one in ratio],
        "voice_shrunk": [60.0 + at for at in range(N)],
        "voice_class": ["as expected"] * N,
        **more,
    }


def test_where_nobody_was_counted_areas_are_potentially_seldom_heard():
    told = card(told_layer(), 3)
    assert told.replies == "No replies were counted: potentially seldom heard."
    assert [one.title for one in told.pillars] == ["Need", "Barriers"]
    assert told.groups == [], "the layer has none"


def test_replies_without_any_expected_do_not_tell_who_was_heard():
    told = card(told_layer(resp_total=[7] * N), 3).replies
    assert told.startswith("7 replies were counted here.")
    assert told.endswith("potentially seldom heard.")


def test_figures_are_as_old_as_the_layer_says():
    assert "does not say of when" in card(told_layer(), 0).cannot[-1]
    sources = [
        source(ENGLISH, "lang_low_english_pct"),
        source(INDEX, "dep_exhealth_score", edition="2025"),
    ]
    told = card(told_layer(sources), 0).cannot[-1]
    assert "(English Indices of Deprivation 2025 (File 7); Census 2021)" in told


def test_a_nation_is_named_where_all_areas_lie_in_it(city):
    exploration, standing, _ = city
    dot = dot_of(card_of(exploration, 7, standing), "lang_low_english_pct")
    (figure, _) = dict(figures_of(find("census2021_ts029")))["lang_low_english_pct"]
    assert (dot.nation, dot.nation_title) == (figure.value, "England")
    assert f"England: {figure.value:.1f} % ({figure.source})." in dot.words


def test_areas_of_two_nations_have_none_beside_them():
    made = columns()
    layer = make_areas([*lsoas(N - 1), "W01000001"], **made)
    dot = dot_of(card(layer, 0), "lang_low_english_pct")
    assert (dot.nation, dot.nation_title) == (None, "")


def test_ranks_stand_beside_the_middle_one_of_their_nation(tmp_path):
    title = "Welsh Index of Multiple Deprivation 2025 (ranks), 2025"
    scheme = {
        **json.loads((ROOT / "resources/schemes/general.json").read_text(encoding="utf-8")),
        "pillars": [
            {
                **{"id": "need", "title": "Need", "weight": 1},
                "indicators": [
                    {
                        "title": "Deprivation",
                        "fields": ["dep_imd_rank"],
                        "weight": 1,
                        "more_is_barrier": False,
                    }
                ],
            }
        ],
    }
    file = tmp_path / "ranks.json"
    file.write_text(json.dumps(scheme), encoding="utf-8")
    layer = make_areas(
        [f"W0100000{at}" for at in range(1, 7)], dep_imd_rank=[1 + 300 * at for at in range(6)]
    )
    told = {"sources": [source(title, "dep_imd_rank", edition="2025")]}
    layer.setCustomProperty("seldom_heard/provenance", json.dumps(told))
    dot = dot_of(card(layer, 0, scheme=str(file)), "dep_imd_rank")
    assert (dot.nation, dot.nation_title) == (959.0, "The middle area of Wales")
    assert "rank 1." in dot.words


def test_no_nation_where_the_edition_is_not_told():
    assert dot_of(card(told_layer(), 0), "dep_exhealth_score").nation is None


def test_hidden_is_said_to_be_hidden_and_not_0():
    fields = ("lang_low_english_n", "lang_low_english_pct")
    gaps = {name: [*columns()[name][:4], None, *columns()[name][5:]] for name in fields}
    layer = told_layer([source(ENGLISH, *fields, "lang_total", **RULE)], **gaps)
    told = card(layer, 4)
    dot = dot_of(told, "lang_low_english_pct")
    assert (dot.value, dot.low, dot.high) == (None, None, None)
    assert "hidden, as small counts are in this layer (rule nhs); it need not be 0" in dot.words
    part = part_of(told.languages, "Cannot speak English well or at all")
    assert part.number is None
    assert part.percent is None
    assert "hidden" in part.words
    assert any(one.startswith("Hidden here to protect people") for one in told.cannot)
    assert not any("not known here" in one.lower() for one in told.cannot)


def test_together_says_how_many_areas_show_a_figure():
    fields = ("lang_low_english_n", "lang_low_english_pct")
    gaps = {name: [*columns()[name][:4], None, *columns()[name][5:]] for name in fields}
    dot = dot_of(card(told_layer(**gaps), 0), "lang_low_english_pct")
    known = pd.DataFrame(columns()).drop(index=4)
    whole = 100 * known["lang_low_english_n"].sum() / known["lang_total"].sum()
    assert dot.city == pytest.approx(whole)
    assert dot.city_title == "The 11 areas of the layer that show it, together"


def test_what_is_left_after_small_counts_are_hidden_is_said_to_be_too_much():
    fields = ("lang_low_english_n", "lang_low_english_pct")
    gaps = {name: [None, *columns()[name][1:]] for name in fields}
    told = card(told_layer([source(ENGLISH, *fields, "lang_total", **RULE)], **gaps), 3)
    small = "What is hidden is small, so that in all areas it is probably less."
    assert small in dot_of(told, "lang_low_english_pct").words
    assert small in part_of(told.languages, "Cannot speak English well or at all").words
    assert small not in dot_of(card(told_layer(**gaps), 3), "lang_low_english_pct").words


def test_replies_of_areas_that_show_them_are_said_to_be_too_many():
    observed = [None, *[20] * (N - 1)]
    names = ("voice_observed", "voice_shrunk", "voice_ratio")
    told = card(told_layer([source("Replies", *names, **RULE)], **voiced(observed)), 3)
    assert "probably less" in dot_of(told, "voice_shrunk").words


def test_an_area_without_a_score_is_not_said_to_be_scored_by_other_figures():
    fields = ("lang_low_english_n", "lang_low_english_pct")
    gaps = {name: [None, *columns()[name][1:]] for name in fields}
    for sources in ([], [source(ENGLISH, *fields, **RULE)]):
        told = card(told_layer(sources, **gaps), 0)
        assert told.rank_words == "No rank"
        assert any("Limited English" in one for one in told.cannot)
        assert "score goes by" not in " ".join(told.cannot)


def test_missing_is_not_called_hidden():
    gaps = {"lang_low_english_pct": [None, *columns()["lang_low_english_pct"][1:]]}
    told = card(told_layer(**gaps), 0)
    dot = dot_of(told, "lang_low_english_pct")
    assert dot.value is None
    assert "not known here" in dot.words
    assert "hidden" not in dot.words


def test_an_area_without_rank_is_told_why():
    gaps = {"lang_low_english_pct": [None, *columns()["lang_low_english_pct"][1:]]}
    told = card(told_layer(**gaps), 0)
    assert told.rank_words == "No rank"
    assert told.tier_words == "Too little is known here of: Barriers"
    assert told.pillars[1].value is None
    assert told.reasons == []
    assert "no rank, as too few figures are known for: Barriers" in told.cannot[1]


def test_without_counts_the_middle_area_stands_for_all():
    layer = make_areas(
        lsoas(N),
        dep_exhealth_score=columns()["dep_exhealth_score"],
        lang_low_english_pct=columns()["lang_low_english_pct"],
    )
    dot = dot_of(card(layer, 3), "lang_low_english_pct")
    middle = pd.Series(columns()["lang_low_english_pct"]).median()
    assert (dot.city, dot.city_title) == (pytest.approx(middle), "The middle area of the layer")


def test_an_average_over_residents_stays_one():
    people = [100 + 200 * at for at in range(N)]
    layer = make_areas(
        lsoas(N),
        dep_exhealth_score_avg=columns()["dep_exhealth_score"],
        lang_low_english_pct=columns()["lang_low_english_pct"],
        eth_total=people,
    )
    dot = dot_of(card(layer, 3), "dep_exhealth_score_avg")
    weighted = sum(a * b for a, b in zip(columns()["dep_exhealth_score"], people)) / sum(people)
    assert dot.city == pytest.approx(weighted)
    assert dot.city_title == "All areas of the layer, averaged over residents"
    assert dot.unit == "(score)"


def test_figures_of_weight_0_stand_after_the_others_and_say_so():
    layer = told_layer(barrier_hh_no_car_pct=[float(at) for at in range(N)])
    told = card(layer, 3, changes="barrier_hh_no_car_pct=0")
    assert [one.counted for one in told.dots] == [True, True, False]
    assert told.dots[-1].title == "No car or van (not counted)"
    assert told.dots[-1].words.startswith("This figure has no weight in the score.")
    assert told.dots[-1].value == 3.0


def test_extremes_and_ties_in_words():
    layer = told_layer(barrier_hh_no_car_pct=[30.0] * N)
    highest, lowest = card(layer, N - 1), card(layer, 0)
    assert "The highest of the 12 areas" in dot_of(highest, "dep_exhealth_score").words
    assert "The lowest of the 12 areas" in dot_of(lowest, "dep_exhealth_score").words
    same = dot_of(highest, "barrier_hh_no_car_pct")
    assert "All 12 areas of the layer that have it have the same." in same.words
    assert (same.least, same.most) == (same.nation, 30.0), "England beside it"


def test_nearly_all_the_same_is_not_more_than_none():
    from types import SimpleNamespace

    from seldom_heard.processing.explore.dots import place

    def told(less, more, known):
        return place(SimpleNamespace(below=lambda *_: (less, more, known)), "x", 1.0)

    assert told(1, 1, 343) == "The same as in nearly all of the 343 areas of the layer."
    assert told(4, 4, 343) == "More than in 1 % of the 343 areas of the layer."
    assert told(0, 4, 343) == "Less than in 1 % of the 343 areas of the layer."


def test_a_reference_layer_stands_for_the_nation():
    from qgis.core import QgsProject

    other = make_areas(
        lsoas(N),
        dep_exhealth_score=[float(100 + at) for at in range(N)],
        lang_low_english_pct=[float(at) for at in range(N)],
    )
    QgsProject.instance().addMapLayer(other)
    try:
        sources = [source(INDEX, "dep_exhealth_score", edition="2025")]
        told = card(told_layer(sources), 3, among="reference", reference=other.id())
    finally:
        QgsProject.instance().removeMapLayer(other.id())
    dot = dot_of(told, "dep_exhealth_score")
    assert (dot.nation, dot.nation_title) == (105.5, "The middle area of the reference layer")
    assert dot.most == 105.5, "the axis holds it"
    assert dot_of(told, "lang_low_english_pct").nation == 5.5


def beside_another(layer, reference):
    """Return the card of an area, ranked against another layer."""
    from qgis.core import QgsProject

    QgsProject.instance().addMapLayer(reference)
    try:
        return card(layer, 3, among="reference", reference=reference.id())
    finally:
        QgsProject.instance().removeMapLayer(reference.id())


def test_percentages_of_the_reference_are_rebuilt_from_its_counts_too():
    """Beside a figure of all areas together, the middle area would be another thing."""
    low, base = [10, 20, 400], [1000, 1000, 2000]
    more = {
        "voice_observed": [3, 5, 10],
        "voice_expected": [6.0, 6.0, 6.0],
        "voice_shrunk": [60.0, 90.0, 150.0],
    }
    other = make_areas(
        lsoas(3),
        dep_exhealth_score=[1.0, 2.0, 30.0],
        lang_total=base,
        lang_low_english_n=low,
        lang_low_english_pct=[100 * a / b for a, b in zip(low, base)],
        **more,
    )
    told = beside_another(told_layer(**voiced([10] * N)), other)
    dot = dot_of(told, "lang_low_english_pct")
    assert dot.nation == pytest.approx(100 * 430 / 4000)
    assert dot.nation_title == "All areas of the reference layer together"
    assert dot_of(told, "voice_shrunk").nation == pytest.approx(100 * 18 / 18)
    assert dot_of(told, "dep_exhealth_score").nation_title == (
        "The middle area of the reference layer"
    )


def test_averages_of_the_reference_are_made_over_its_residents():
    scores = [10.0, 20.0, 60.0]
    other = make_areas(
        lsoas(3),
        eth_total=[100, 100, 800],
        dep_exhealth_score_avg=scores,
        lang_low_english_pct=[1.0, 2.0, 3.0],
    )
    fields = columns(eth_total=[500] * N)
    fields["dep_exhealth_score_avg"] = fields.pop("dep_exhealth_score")
    told = beside_another(make_areas(lsoas(N), **fields), other)
    dot = dot_of(told, "dep_exhealth_score_avg")
    assert dot.nation == pytest.approx(51)
    assert dot.nation_title == "All areas of the reference layer, averaged over residents"


def test_a_reference_with_gaps_is_not_called_all_of_it():
    other = make_areas(
        lsoas(3), dep_exhealth_score=[1.0, None, 30.0], lang_low_english_pct=[1.0, 2.0, None]
    )
    dot = dot_of(beside_another(told_layer(), other), "dep_exhealth_score")
    assert dot.nation_title == "The middle of the 2 areas of the reference layer that show it"


# --- replies


def replies(row=0, sources=(), **more):
    return card(told_layer(sources, **more), row).replies


@pytest.mark.parametrize(
    ("observed", "begins"),
    [
        (0, "No reply came where 20.0 were expected. For every 100 expected that is 0 "),
        (1, "One reply came where 20.0 were expected. For every 100 expected that is 5 "),
        (15, "15 replies came where 20.0 were expected. For every 100 expected that is 75 "),
    ],
)
def test_how_many_replied(observed, begins):
    assert replies(**voiced([observed] + [20] * (N - 1))).startswith(begins)


def test_fewer_than_a_tenth_of_a_reply_is_not_none():
    few = voiced([0] * N, 0.04, voice_class=["too few to say"] * N)
    told = card(told_layer(**few), 0)
    assert told.replies.startswith("No reply came where fewer than 0.1 were expected.")
    assert not any("Only 0.0" in one for one in told.cannot)


def test_too_few_expected_is_said_twice_and_judged_never():
    classes = ["too few to say"] + ["as expected"] * (N - 1)
    told = card(told_layer(**voiced([2] + [4] * (N - 1), 4.0, voice_class=classes)), 0)
    assert "Too few replies are expected here to say whether it was heard." in told.replies
    assert "less than expected" not in told.replies
    assert any(one.startswith("Only 4.0 replies are expected here") for one in told.cannot)


def test_limits_of_areas_with_too_few_expected_do_not_stretch_the_axis_of_others():
    observed, classes = [2] + [4] * (N - 1), ["too few to say"] + ["as expected"] * (N - 1)
    made = voiced(observed, 4.0, voice_class=classes)
    made["voice_ratio_hi"][0] = 5000.0
    layer = told_layer(**made)
    assert dot_of(card(layer, 1), "voice_shrunk").most == 200.0
    assert dot_of(card(layer, 0), "voice_shrunk").most == 5000.0, "its own are not cut"


def test_wider_limits_are_told_where_they_judge_otherwise():
    wide = ["as expected"] * N
    made = voiced([5] + [20] * (N - 1), voice_class=["lower"] + ["as expected"] * (N - 1))
    told = replies(**made, voice_wide_class=wide)
    assert "less than expected, by more than chance explains" in told
    assert told.endswith("with limits widened for that, it replied as expected.")
    assert "widened" not in replies(1, **made, voice_wide_class=wide)


def test_hidden_replies_are_said_to_be_hidden():
    fields = ["voice_observed", "voice_ratio", "voice_ratio_lo", "voice_ratio_hi", "voice_shrunk"]
    layer = told_layer(
        [source("Replies: of a survey", *fields, edition="", **RULE)],
        **voiced([None] + [20] * (N - 1), voice_class=["lower"] + ["as expected"] * (N - 1)),
    )
    told = card(layer, 0)
    assert told.replies.startswith("The number of replies is hidden, as small counts are")
    assert "it need not be 0" in told.replies
    dot = dot_of(told, "voice_shrunk")
    assert (dot.value, dot.low) == (60.0, None), "what is drawn towards 100 is shown"
    assert "It is drawn towards 100 to allow for chance." in dot.words


def test_replies_that_are_not_known_are_not_0():
    made = voiced([None] + [20] * (N - 1), voice_class=[None] + ["as expected"] * (N - 1))
    made["voice_shrunk"][0] = None
    told = card(told_layer(**made), 0)
    assert told.replies == "How many replied here, or how many could have, is not known."
    assert told.rank_words == "No rank"


# --- cautions


def test_flags_of_disease_figures_are_told_in_words():
    flags = ["low coverage; few registrations"] + [None] * (N - 1)
    layer = told_layer(prev_dm_pct=[5.0 + at for at in range(N)], prev_flag=flags)
    told = [one for one in card(layer, 0).cannot if one.startswith("Disease figures need caution")]
    assert len(told) == 1
    assert "practices that did not report; far fewer patients are registered" in told[0]
    assert not any("need caution" in one for one in card(layer, 1).cannot)


def test_small_counts_of_the_census_are_named():
    layer = told_layer([source(ENGLISH, *(n for n in columns() if n.startswith("lang_")))])
    few = [one for one in card(layer, 0).cannot if one.startswith("Made of fewer than 20 people")]
    assert len(few) == 1, "5 people"
    assert not any("Made of fewer" in one for one in card(layer, 6).cannot), "23 people"


# --- languages


def test_most_common_languages_come_first_and_are_few():
    names = ["urdu", "arabic", "polish", "somali", "bengali", "persian", "panjabi", "kurdish"]
    names += ["czech", "slovak"]
    made = {f"lang_speaks_{name}_n": [100 - 9 * at] * N for at, name in enumerate(names)}
    made |= {f"lang_speaks_{name}_pct": [10 - 0.9 * at] * N for at, name in enumerate(names)}
    made["lang_speaks_south_asian_n"], made["lang_speaks_english_n"] = [300] * N, [9000] * N
    made["lang_speaks_total"] = [1000] * N
    told = [one.title for one in card(told_layer(**made), 0).languages]
    assert told[-8:-5] == ["Urdu", "Arabic", "Polish"]
    assert len([one for one in told if not one.startswith(("Main", "Cannot"))]) == 8
    assert "English" not in told
    assert not any("South Asian" in one for one in told), "its languages are told"


def test_no_words_are_left_open(city):
    exploration, standing, ranking = city
    told = card_of(exploration, 5, standing, ranking)
    words = [told.rank_words, told.tier_words, told.replies, *told.cannot, *told.reasons]
    words += [one.words for part in (told.pillars, told.dots) for one in part]
    words += [one.words for part in (told.groups, told.languages) for one in part]
    assert not [one for one in words if re.search(r"[{}]|None|nan|<NA>", one)]
