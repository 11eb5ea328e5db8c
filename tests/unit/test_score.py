"""The seldom-heard score: worked by hand, against a published index, and how it holds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, gmean, rankdata, spearmanr, zscore
from seldom_heard.methods.score import (
    Indicator,
    Thresholds,
    alternatives,
    contributions,
    min_max,
    overlap_of_levels,
    percentile_rank,
    rank_down,
    score,
    stability,
    strong_correlations,
    tier,
    top_count,
    z_score,
)
from seldom_heard.methods.uncertainty import CensusCount, Replies

AREAS = list("ABCDEFGH")
# Eight areas. Eight figures have percentiles in sevenths: the lowest 0/7, the highest 7/7.
#            poor  ill  english (per cent who speak it well: less is the barrier)
FIGURES = {
    "A": (80, 10, 99),
    "B": (70, 30, 90),
    "C": (60, 20, 80),
    "D": (50, 40, 70),
    "E": (40, 60, 60),
    "F": (30, 50, 50),
    "G": (20, 70, 40),
    "H": (10, 80, 30),
}
DATA = pd.DataFrame.from_dict(
    FIGURES, orient="index", columns=["poor", "ill", "english"], dtype=float
)
POOR = Indicator("poor", "need", 3)
ILL = Indicator("ill", "need", 1)
ENGLISH = Indicator("english", "barriers", 1, more_is_barrier=False)
INDICATORS = [POOR, ILL, ENGLISH]
EQUAL = {"need": 1.0, "barriers": 1.0}
SVI_INDICATORS = [
    *("POV150", "UNEMP", "HBURD", "NOHSDP", "UNINSUR", "AGE65", "AGE17", "DISABL", "SNGPNT"),
    *("LIMENG", "MINRTY", "MUNIT", "MOBILE", "CROWD", "NOVEH", "GROUPQ"),
]
columns_of_numbers = st.lists(
    st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False)), min_size=2, max_size=30
)


def same(values, expected) -> bool:
    return list(values) == pytest.approx(list(expected), nan_ok=True)


def assert_same_draws(one, other) -> None:
    """To the last digit."""
    for name in ("rank_low", "rank_median", "rank_high", "p_top"):
        pd.testing.assert_series_equal(getattr(one, name), getattr(other, name), check_exact=True)


def random_areas(number: int, seed: int = 7) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(generator.random((number, 3)), columns=["poor", "ill", "english"])


# --- worked by hand


def test_percentiles_by_hand():
    made = score(DATA, INDICATORS, EQUAL).percentiles
    assert same(made["poor"] * 7, [7, 6, 5, 4, 3, 2, 1, 0])
    assert same(made["ill"] * 7, [0, 2, 1, 3, 5, 4, 6, 7])
    assert same(made["english"] * 7, [0, 1, 2, 3, 4, 5, 6, 7])


def test_pillars_by_hand():
    made = score(DATA, INDICATORS, EQUAL).pillars
    # need = (3 poor + 1 ill) / 4, in 28ths: A 3*7+0, B 3*6+2, C 3*5+1, D 3*4+3 ...
    assert same(made["need"] * 28, [21, 20, 16, 15, 14, 10, 9, 7])
    assert same(made["barriers"] * 7, [0, 1, 2, 3, 4, 5, 6, 7])


def test_composite_by_hand():
    made = score(DATA, INDICATORS, EQUAL).composite
    # sqrt(need * barriers); A has no barrier and gets the floor 1/7 there
    expected = [
        np.sqrt(21 / 28 * 1 / 7),
        np.sqrt(20 / 28 * 1 / 7),
        np.sqrt(16 / 28 * 2 / 7),
        np.sqrt(15 / 28 * 3 / 7),
        np.sqrt(14 / 28 * 4 / 7),
        np.sqrt(10 / 28 * 5 / 7),
        np.sqrt(9 / 28 * 6 / 7),
        np.sqrt(7 / 28 * 7 / 7),
    ]
    assert same(made, expected)
    # need * barriers * 196: A 21, B 20, C 32, D 45, E 56, F 50, G 54, H 49
    assert same(rank_down(made), [7, 8, 6, 5, 1, 3, 2, 4])


@pytest.mark.parametrize("weights", [(1, 1, 1), (3, 1, 2), (0.2, 5, 1)])
def test_score_is_that_of_scipy(weights):
    areas = random_areas(50).round(1)  # with ties
    pillars = dict(zip(("a", "b", "c"), weights))
    indicators = [Indicator(name, pillar) for name, pillar in zip(areas, pillars)]
    places = (areas.apply(lambda column: rankdata(column, "min")) - 1) / 49
    known = gmean(np.maximum(places, 1 / 49), axis=1, weights=weights)
    assert same(score(areas, indicators, pillars).composite, known)


def test_composite_with_unequal_pillars_by_hand():
    made = score(DATA, INDICATORS, {"need": 3, "barriers": 1}).composite
    assert made["E"] == pytest.approx((14 / 28) ** 0.75 * (4 / 7) ** 0.25)


def test_contributions_by_hand():
    made = contributions(score(DATA, INDICATORS, EQUAL), INDICATORS, EQUAL)
    # pillar weight 1/2 times weight in the pillar (3/4, 1/4, 1) times percentile
    assert same(made.loc["E"], [0.5 * 0.75 * 3 / 7, 0.5 * 0.25 * 5 / 7, 0.5 * 4 / 7])


def test_contributions_add_up_to_the_arithmetic_mean_of_the_pillars():
    made = score(DATA, INDICATORS, {"need": 2, "barriers": 3})
    total = contributions(made, INDICATORS, {"need": 2, "barriers": 3}).sum(axis=1)
    assert same(total, 0.4 * made.pillars["need"] + 0.6 * made.pillars["barriers"])


def test_contributions_share_out_the_weight_of_what_is_missing():
    data = DATA.assign(ill=DATA["ill"].where(DATA.index != "E"))
    made = score(data, INDICATORS, EQUAL)
    parts = contributions(made, INDICATORS, EQUAL)
    assert same(parts.loc["E"], [0.5 * 3 / 7, np.nan, 0.5 * 4 / 7])
    assert same(parts.sum(axis=1), made.pillars.mean(axis=1))


# --- what must not matter


@given(st.sampled_from([np.exp, np.arctan, lambda x: x**3, lambda x: 7 * x - 40]))
def test_a_monotone_change_of_an_indicator_leaves_everything(change):
    areas = random_areas(30)
    bent = areas.assign(poor=change(areas["poor"]))
    one, other = (score(data, INDICATORS, EQUAL) for data in (areas, bent))
    pd.testing.assert_frame_equal(one.percentiles, other.percentiles, check_exact=True)
    pd.testing.assert_series_equal(one.composite, other.composite, check_exact=True)


def test_doubling_replies_changes_no_ratio_and_no_score():
    people = np.array([900, 1500, 1200, 1000, 2000, 1700, 1600, 1400])
    replies = np.array([9, 20, 10, 4, 31, 16, 8, 12])
    made = []
    for times_people, times_replies in ((1, 1), (2, 1), (1, 2), (2, 2)):
        n, observed = people * times_people, replies * times_replies
        ratio = 100 * observed / (observed.sum() * n / n.sum())
        data = DATA.assign(ratio=ratio)
        voice = Indicator("ratio", "voice", more_is_barrier=False)
        made.append(score(data, [*INDICATORS, voice], {**EQUAL, "voice": 1}).composite)
    for other in made[1:]:
        assert same(other, made[0])


def test_doubling_all_figures_changes_nothing():
    once, twice = score(DATA, INDICATORS, EQUAL), score(DATA * 2, INDICATORS, EQUAL)
    pd.testing.assert_series_equal(once.composite, twice.composite)


def test_doubling_populations_changes_nothing():
    people = pd.Series([900, 1500, 1200, 1000, 2000, 1700, 1600, 1400], index=AREAS)
    counts = DATA.mul(people / 100, axis=0)
    small = score(100 * counts.div(people, axis=0), INDICATORS, EQUAL)
    large = score(100 * (2 * counts).div(2 * people, axis=0), INDICATORS, EQUAL)
    pd.testing.assert_series_equal(small.composite, large.composite)


def test_only_the_proportions_of_pillar_weights_matter():
    one = score(DATA, INDICATORS, {"need": 1, "barriers": 2}).composite
    ten = score(DATA, INDICATORS, {"need": 10, "barriers": 20}).composite
    assert same(one, ten)


@pytest.mark.parametrize("missing", [False, True], ids=["known", "missing everywhere"])
def test_an_indicator_of_weight_0_changes_nothing(missing):
    more = DATA.assign(extra=np.nan if missing else np.arange(8.0) ** 2)
    weightless = [Indicator("extra", "need", 0), *INDICATORS]
    with_it, without = score(more, weightless, EQUAL), score(DATA, INDICATORS, EQUAL)
    pd.testing.assert_series_equal(with_it.composite, without.composite, check_exact=True)
    pd.testing.assert_frame_equal(with_it.pillars, without.pillars, check_exact=True)
    pd.testing.assert_frame_equal(with_it.percentiles, without.percentiles, check_exact=True)
    pd.testing.assert_frame_equal(
        contributions(with_it, weightless, EQUAL), contributions(without, INDICATORS, EQUAL)
    )
    assert not with_it.partial.any()


def test_weight_0_changes_no_draw():
    areas = random_areas(40).assign(extra=lambda frame: frame["ill"] ** 2)
    counts = np.arange(40)
    noise = CensusCount("extra", counts, np.full(40, 60))
    weightless = [Indicator("extra", "need", 0), *INDICATORS, Indicator("extra", "other", 5)]
    plain = stability(areas, INDICATORS, EQUAL, top=10, draws=200)
    made = stability(areas, weightless, {"other": 0, **EQUAL}, 10, 200, varying=[noise])
    assert_same_draws(made, plain)
    pd.testing.assert_frame_equal(
        alternatives(areas, weightless, {"other": 0, **EQUAL}, 10),
        alternatives(areas, INDICATORS, EQUAL, 10),
    )


def test_a_pillar_of_weight_0_is_shown_and_changes_no_draw():
    areas = random_areas(40).assign(other=lambda frame: 1 - frame["ill"] ** 2)
    more = [Indicator("other", "voice"), *INDICATORS]
    pillars = {"voice": 0, **EQUAL}
    made = score(areas, more, pillars)
    assert same(made.pillars["voice"], percentile_rank(areas["other"]))
    plain = score(areas, INDICATORS, EQUAL)
    pd.testing.assert_series_equal(made.composite, plain.composite, check_exact=True)
    assert list(contributions(made, more, pillars)) == ["poor", "ill", "english"]
    gaps = score(areas.assign(other=np.nan), more, pillars)
    assert not gaps.partial.any()
    assert_same_draws(
        stability(areas, more, pillars, 10, 200), stability(areas, INDICATORS, EQUAL, 10, 200)
    )


def test_a_pillar_without_an_indicator_of_some_weight_is_left_out():
    alone = score(DATA, [POOR, ILL], {"need": 1.0}).composite
    none = score(DATA, [POOR, ILL, Indicator("english", "barriers", 0)], EQUAL)
    assert same(none.composite, alone)
    assert none.pillars["barriers"].isna().all()


@pytest.mark.parametrize("missing", [False, True], ids=["known", "missing everywhere"])
def test_a_pillar_of_weight_0_changes_nothing(missing):
    more = DATA.assign(english=np.nan if missing else DATA["english"])
    need = {"need": 1.0}
    with_it = score(more, INDICATORS, {**need, "barriers": 0}).composite
    assert same(with_it, score(DATA, [POOR, ILL], need).composite)


def test_a_pillar_of_weight_0_and_unknown_keeps_no_area_from_the_top():
    more = random_areas(30).assign(english=np.nan)
    need = stability(more, [POOR, ILL], {"need": 1.0}, top=5, draws=400)
    both = stability(more, INDICATORS, {"need": 1.0, "barriers": 0.0}, top=5, draws=400)
    assert need.p_top.max() == 1
    assert (both.p_top - need.p_top).abs().max() < 0.1


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda i: i.field)
def test_all_weight_on_one_indicator_gives_its_ranking(indicator):
    inside = [i for i in INDICATORS if i.pillar == indicator.pillar]
    weights = [
        Indicator(i.field, i.pillar, float(i is indicator), i.more_is_barrier) for i in inside
    ]
    made = score(DATA, weights, {indicator.pillar: 1.0}).composite
    value = DATA[indicator.field] * (1 if indicator.more_is_barrier else -1)
    assert same(rank_down(made), rank_down(value))
    held = stability(DATA, weights, {indicator.pillar: 1.0}, top=3, draws=50)
    for ranks in (held.rank_low, held.rank_median, held.rank_high):
        assert same(ranks, rank_down(value))


def test_more_of_a_barrier_never_lowers_an_area():
    before = rank_down(score(DATA, INDICATORS, EQUAL).composite)
    for area in AREAS:
        worse = DATA.copy()
        worse.loc[area, "poor"] += 25
        after = rank_down(score(worse, INDICATORS, EQUAL).composite)
        assert after[area] <= before[area], area


def test_order_of_the_areas_does_not_matter():
    shuffled = DATA.sample(frac=1, random_state=3)
    made = score(shuffled, INDICATORS, EQUAL).composite
    assert same(made.reindex(AREAS), score(DATA, INDICATORS, EQUAL).composite)


# --- percentiles against known answers


def test_percentile_rank_gives_our_known_answers(vector):
    known = vector("own_svi_method")
    assert len(known) == 21
    for number in range(1, 5):
        assert same(percentile_rank(known[f"i{number}"]), known[f"epl{number}"])
    assert same(percentile_rank(known["spl"].round(9)), known["rpl"])


@pytest.mark.parametrize("name", SVI_INDICATORS)
def test_percentile_rank_is_the_published_one_of_the_svi(data, name):
    known = pd.read_csv(data / "known_answers/CDC_SVI_2020_Pennsylvania_county.csv")
    assert len(known) == 67
    made = percentile_rank(known[f"EP_{name}"].replace(-999, np.nan))
    assert list(made) == pytest.approx(list(known[f"EPL_{name}"]), abs=0.00005 + 1e-12)


@pytest.mark.parametrize("theme", ["THEME1", "THEME2", "THEME3", "THEME4", "THEMES"])
def test_percentile_rank_of_sums_is_the_published_one_of_the_svi(data, theme):
    known = pd.read_csv(data / "known_answers/CDC_SVI_2020_Pennsylvania_county.csv")
    made = percentile_rank(known[f"SPL_{theme}"])
    assert list(made) == pytest.approx(list(known[f"RPL_{theme}"]), abs=0.00005 + 1e-12)


def test_ties_share_the_smallest_percentile():
    assert same(percentile_rank(pd.Series([5.0, 1.0, 5.0, 9.0, 5.0])), [0.25, 0, 0.25, 1, 0.25])


def test_missing_stays_missing_and_does_not_count():
    assert same(percentile_rank(pd.Series([3.0, np.nan, 1.0, 2.0])), [1, np.nan, 0, 0.5])


def test_infinite_figures_are_missing():
    made = percentile_rank(pd.Series([3.0, np.inf, 1.0, -np.inf, 2.0]))
    assert same(made, [1, np.nan, 0, np.nan, 0.5])


def test_a_single_value_and_none_at_all_have_a_percentile():
    assert same(percentile_rank(pd.Series([4.0])), [0])
    assert same(percentile_rank(pd.Series([np.nan, np.nan])), [np.nan, np.nan])


def test_percentile_against_a_reference_is_the_share_of_it_that_is_lower():
    reference = pd.Series([10.0, 20.0, 30.0, 40.0, 50.0])
    made = percentile_rank(pd.Series([5.0, 10.0, 30.0, 35.0, 99.0]), reference)
    # 0, 0, 2, 3 and 5 of five are lower; beyond the highest stays 1
    assert same(made, [0, 0, 0.5, 0.75, 1])


@given(columns_of_numbers)
def test_percentile_runs_from_0_to_1_and_keeps_the_order(values):
    series = pd.Series(values, dtype=float)
    made = percentile_rank(series)
    assert (made.isna() == series.isna()).all()
    known = made.dropna()
    assert known.between(0, 1).all()
    if len(known):
        assert known.min() == 0
    pairs = pd.DataFrame({"value": series, "place": made}).dropna().sort_values("value")
    assert pairs["place"].is_monotonic_increasing
    assert pairs.groupby("value")["place"].nunique().le(1).all()


def test_z_score_by_hand():
    # mean 3, standard deviation sqrt(2): z = -1.41, 0, 1.41 and so on; (z + 3) / 6
    made = z_score(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]))
    z = np.array([-2, -1, 0, 1, 2]) / np.sqrt(2)
    assert same(made, [*(z + 3) / 6, np.nan])


def test_z_score_is_cut_off_at_three():
    reference = pd.Series([-1.0, 1.0])
    assert same(z_score(pd.Series([-9.0, 0.0, 3.0, 9.0]), reference), [0, 0.5, 1, 1])


@pytest.mark.parametrize("value", [4.0, 0.1])  # the mean of ten times 0.1 is not quite 0.1
def test_z_score_of_equal_figures_is_the_middle(value):
    assert same(z_score(pd.Series([value] * 10 + [np.nan])), [0.5] * 10 + [np.nan])


def test_min_max_by_hand():
    made = min_max(pd.Series([10.0, np.nan, 20, 30, 50, np.inf]))
    assert same(made, [0, np.nan, 0.25, 0.5, 1, np.nan])
    assert same(min_max(pd.Series([4.0, 4.0, np.nan])), [0, 0, np.nan])


def test_min_max_of_figures_beyond_the_reference_ends_at_its_ends():
    reference = pd.Series([10.0, 30.0])
    assert same(min_max(pd.Series([0.0, 15.0, 99.0]), reference), [0, 0.25, 1])


@pytest.mark.parametrize("kind", ["Int64", "Float64", object, int])
def test_figures_of_any_kind_of_column_are_read(kind):
    values = pd.Series([3, 1, 2], dtype=kind)
    assert same(percentile_rank(values), [1, 0, 0.5])
    if kind is not int:
        values[1] = None
        assert same(percentile_rank(values), [1, np.nan, 0])


# --- what is missing


def test_missing_indicator_of_a_quarter_of_the_weight_is_left_out_and_said():
    made = score(DATA.assign(ill=DATA["ill"].where(DATA.index != "E")), INDICATORS, EQUAL)
    assert made.pillars.loc["E", "need"] == pytest.approx(3 / 7)  # poor alone
    assert made.partial.tolist() == [area == "E" for area in AREAS]


def test_missing_indicator_of_more_than_a_quarter_takes_pillar_and_composite():
    made = score(DATA.assign(poor=DATA["poor"].where(DATA.index != "E")), INDICATORS, EQUAL)
    assert np.isnan(made.pillars.loc["E", "need"])
    assert made.pillars.loc["E", "barriers"] == pytest.approx(4 / 7)
    assert made.composite.isna().tolist() == [area == "E" for area in AREAS]


def test_missing_area_has_no_rank_and_no_stability():
    data = DATA.assign(english=DATA["english"].where(DATA.index != "E"))
    assert np.isnan(rank_down(score(data, INDICATORS, EQUAL).composite)["E"])
    held = stability(data, INDICATORS, EQUAL, top=2, draws=50)
    assert np.isnan([held.rank_low["E"], held.rank_high["E"], held.p_top["E"]]).all()
    assert held.rank_high.max() <= 7


def test_rank_down_by_hand():
    assert same(rank_down(pd.Series([0.2, 0.9, np.nan, 0.9, 0.1])), [3, 1, np.nan, 1, 4])


def test_equal_areas_share_a_rank():
    twins = pd.concat([DATA, DATA.rename(index=str.lower)])
    made = rank_down(score(twins, INDICATORS, EQUAL).composite)
    assert same(made[AREAS], made[[area.lower() for area in AREAS]])


@pytest.mark.parametrize("number", [7, 15, 19, 38, 345])
def test_equal_areas_share_a_rank_wherever_they_stand(number):
    """Sums over the same figures must not differ in their last place by position."""
    generator = np.random.default_rng(number)
    for _ in range(40):
        areas = pd.DataFrame(generator.random((number, 3)), columns=["poor", "ill", "english"])
        equal = areas.index % 3 == 0
        areas.loc[equal] = areas.loc[0].to_numpy()
        weights = generator.random(4)
        need = [Indicator("poor", "need", weights[0]), Indicator("ill", "need", weights[1])]
        outer = {"need": weights[2], "barriers": weights[3]}
        made = score(areas, [*need, ENGLISH], outer)
        assert rank_down(made.composite)[equal].nunique() == 1


# --- enough is enough, and what is placed from elsewhere


def test_figures_better_than_enough_are_alike():
    ratio = pd.DataFrame({"ratio": [50.0, 80, 100, 130, 300, np.nan]})
    made = score(ratio, [Indicator("ratio", "voice", 1, False, enough=100)], {"voice": 1})
    # five known: 50 has four behind it, 80 three, and the rest nobody
    assert same(made.percentiles["ratio"], [1, 0.75, 0, 0, 0, np.nan])


def test_enough_where_more_is_the_barrier():
    share = pd.DataFrame({"share": [0.0, 1, 2, 5, 9]})
    made = score(share, [Indicator("share", "need", enough=2)], {"need": 1})
    assert same(made.percentiles["share"], [0, 0, 0, 0.75, 1])


def test_enough_is_the_gap_of_the_definition():
    """Ranking 100 (O+a)/(E+a) with enough = 100 is ranking max(0, 1 - (O+a)/(E+a))."""
    generator = np.random.default_rng(5)
    shrunk = pd.Series(generator.normal(100, 30, 200))
    voice = Indicator("shrunk", "voice", 1, False, enough=100)
    made = score(pd.DataFrame({"shrunk": shrunk}), [voice], {"voice": 1})
    gap = np.maximum(0, 1 - shrunk / 100)
    assert same(made.percentiles["shrunk"], (rankdata(gap, "min") - 1) / 199)


def test_what_is_placed_is_used_as_it_is():
    place = pd.Series(np.linspace(0.9, 0.2, 8), index=AREAS)
    made = score(DATA.drop(columns="poor"), INDICATORS, EQUAL, placed={"poor": place})
    assert same(made.percentiles["poor"], place)
    assert made.pillars.loc["E", "need"] == pytest.approx(0.75 * 0.5 + 0.25 * 5 / 7)
    for other in ("z", "minmax"):
        again = score(DATA, INDICATORS, EQUAL, placed={"poor": place}, normalisation=other)
        assert same(again.percentiles["poor"], place)


def test_what_is_placed_goes_by_the_index_and_may_be_missing():
    place = pd.Series([0.1, 0.2], index=["B", "A"])
    made = score(DATA, INDICATORS, EQUAL, placed={"poor": place}).percentiles["poor"]
    assert same(made, [0.2, 0.1] + [np.nan] * 6)


def test_what_is_placed_needs_no_reference_and_is_not_drawn():
    place = pd.Series(np.arange(8) / 7, index=AREAS)
    noise = CensusCount("poor", np.arange(8), np.full(8, 10))
    need, pillar = [Indicator("poor", "need")], {"need": 1.0}
    more = {"placed": {"poor": place}, "reference": DATA[["ill"]]}
    held = stability(DATA, need, pillar, 1, 50, varying=[noise], **more)
    assert same(held.rank_low, [8, 7, 6, 5, 4, 3, 2, 1])
    assert same(held.rank_high, [8, 7, 6, 5, 4, 3, 2, 1])
    assert len(changes(DATA, need, pillar, **more)) == 4


def test_places_are_refused_where_they_are_no_share():
    with pytest.raises(ValueError, match="poor: what is placed is not between 0 and 1"):
        score(DATA, INDICATORS, EQUAL, placed={"poor": DATA["poor"]})


# --- thresholds and weights that mean nothing


def test_minimum_weight_is_a_choice():
    data = DATA.assign(ill=DATA["ill"].where(DATA.index != "E"))
    strict = score(data, INDICATORS, EQUAL, thresholds=Thresholds(minimum_weight=0.8))
    assert strict.composite.isna().tolist() == [area == "E" for area in AREAS]
    lax = score(
        DATA.assign(poor=np.nan), INDICATORS, EQUAL, thresholds=Thresholds(minimum_weight=0.2)
    )
    assert same(lax.pillars["need"], percentile_rank(DATA["ill"]))


def test_tiers_have_bounds_of_choice():
    made = tier(pd.Series([0.95, 0.85, 0.4]), Thresholds(robust=0.9, contestable=0.5))
    assert made.tolist() == ["robust", "contestable", "not a priority"]


def test_high_concentration_leaves_the_weights_as_they_are():
    areas = random_areas(40)
    near, far = (
        stability(areas, INDICATORS, EQUAL, 10, 300, thresholds=Thresholds(concentration=c))
        for c in (5000, 2)
    )
    assert (near.rank_high - near.rank_low).mean() < (far.rank_high - far.rank_low).mean() / 2


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"minimum_weight": 75}, "minimum_weight"),
        ({"robust": 1.2}, "robust"),
        ({"contestable": -0.1}, "contestable"),
        ({"contestable": 0.9}, "contestable"),
        ({"concentration": 0}, "concentration"),
        ({"concentration": np.inf}, "concentration"),
        ({"concentration": np.nan}, "concentration"),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(wrong, named):
    with pytest.raises(ValueError, match=named):
        Thresholds(**wrong)


@pytest.mark.parametrize(
    ("indicators", "pillars", "named"),
    [
        ([Indicator("poor", "need", -1)], {"need": 1}, "weight of poor"),
        ([Indicator("poor", "need", np.nan)], {"need": 1}, "weight of poor"),
        ([POOR], {"need": np.inf}, "weight of need"),
        ([POOR, POOR], {"need": 1}, "stands twice"),
        ([POOR], {"need": 0}, "no indicator has a weight"),
        ([Indicator("poor", "need", 0)], {"need": 1}, "no indicator has a weight"),
        ([], {"need": 1}, "no indicator has a weight"),
        ([POOR], {"voice": 1}, "no indicator has a weight"),
    ],
)
def test_weights_that_mean_nothing_are_refused(indicators, pillars, named):
    with pytest.raises(ValueError, match=named):
        score(DATA, indicators, pillars)


def test_no_draws_are_refused():
    with pytest.raises(ValueError, match="draws"):
        stability(DATA, INDICATORS, EQUAL, top=3, draws=0)


def test_the_same_pillars_in_another_order_are_the_same_score():
    """Sums in another order must not differ in their last place."""
    sets = np.random.RandomState(6).random_sample((40, 3))
    rows = np.vstack([sets, np.roll(sets, 1, axis=1), np.roll(sets, 2, axis=1)])
    places = {name: pd.Series(rows[:, at]) for at, name in enumerate("abc")}
    indicators = [Indicator(name, name) for name in places]
    for mean in ("geometric", "arithmetic"):
        made = score(
            pd.DataFrame(rows), indicators, dict.fromkeys("abc", 1), placed=places, mean=mean
        )
        ranks = rank_down(made.composite).to_numpy().reshape(3, 40)
        assert (ranks == ranks[0]).all(), mean


# --- a reference set


def test_own_areas_as_reference_change_nothing():
    assert same(
        score(DATA, INDICATORS, EQUAL, reference=DATA).composite,
        score(DATA, INDICATORS, EQUAL).composite,
    )


def test_score_of_an_area_in_a_reference_does_not_depend_on_its_neighbours():
    alone = score(DATA.loc[["E"]], INDICATORS, EQUAL, reference=DATA).composite
    assert alone["E"] == pytest.approx(score(DATA, INDICATORS, EQUAL).composite["E"])


# --- top k


@pytest.mark.parametrize(
    ("top", "areas", "expected"),
    [
        ("20", 343, 20),
        ("10%", 343, 35),
        ("10 %", 340, 34),
        (" 5 ", 100, 5),
        ("100%", 343, 343),
        ("500", 343, 343),
        ("0.1%", 343, 1),
        ("12.5%", 8, 1),
        ("29%", 100, 29),
        ("7%", 100, 7),
        ("1", 1, 1),
        (25, 100, 25),
    ],
)
def test_top_count(top, areas, expected):
    assert top_count(top, areas) == expected


@pytest.mark.parametrize(
    "top", ["", "0", "-5", "0%", "101%", "-1%", "2.5", "ten", "nan", "inf", "nan%", "%", "5%%"]
)
def test_top_count_refuses_what_is_no_number_of_areas(top):
    with pytest.raises(ValueError, match="neither a number of areas nor a percentage"):
        top_count(top, 100)


@given(st.integers(1, 100), st.integers(1, 50_000))
def test_top_percentage_is_never_less_than_asked(percentage, areas):
    count = top_count(f"{percentage}%", areas)
    assert 1 <= count <= areas
    assert (count - 1) * 100 < percentage * areas <= count * 100


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (1.0, "robust"),
        (0.8, "robust"),
        (0.7999, "contestable"),
        (0.2, "contestable"),
        (0.1999, "not a priority"),
        (0.0, "not a priority"),
    ],
)
def test_tier_at_its_bounds(probability, expected):
    assert tier(pd.Series([probability]))[0] == expected


def test_tier_of_an_area_without_a_score_is_missing():
    assert tier(pd.Series([np.nan, 0.9], index=["a", "b"])).isna().tolist() == [True, False]


# --- stability


def test_same_seed_gives_the_same_result_and_another_seed_another():
    areas = random_areas(40)
    one, again, other = (
        stability(areas, INDICATORS, EQUAL, top=10, draws=200, seed=seed) for seed in (5, 5, 6)
    )
    pd.testing.assert_series_equal(one.p_top, again.p_top)
    pd.testing.assert_series_equal(one.rank_median, again.rank_median)
    assert not one.p_top.equals(other.p_top)


def test_two_seeds_agree_within_chance():
    areas = random_areas(40)
    one, other = (
        stability(areas, INDICATORS, EQUAL, top=10, draws=2000, seed=seed) for seed in (1, 2)
    )
    # two shares of 2,000 draws: standard error at most sqrt(2 * 0.25 / 2000) = 0.016
    assert (one.p_top - other.p_top).abs().max() < 5 * 0.016


def test_area_that_is_top_in_everything_is_always_in_the_top():
    areas = random_areas(40)
    areas.loc[17] = [2.0, 2.0, -1.0]
    held = stability(areas, INDICATORS, EQUAL, top=1, draws=300)
    assert held.p_top[17] == 1
    assert held.rank_low[17] == held.rank_high[17] == 1
    assert held.p_top.drop(17).max() == 0


def test_area_that_is_last_in_everything_is_never_in_the_top():
    areas = random_areas(40)
    areas.loc[17] = [-1.0, -1.0, 2.0]
    held = stability(areas, INDICATORS, EQUAL, top=39, draws=300)
    assert held.p_top[17] == 0
    assert held.rank_low[17] == held.rank_high[17] == 40


def test_top_area_stays_in_the_top_though_one_indicator_is_missing_there():
    """What has a score in the main ranking has one in every draw."""
    generator = np.random.default_rng(11)
    names = ["a", "b", "c", "d"]
    areas = pd.DataFrame(generator.random((40, 4)), columns=names)
    areas.loc[17] = [2.0, 2.0, 2.0, np.nan]
    four = [Indicator(name, "need") for name in names]
    assert rank_down(score(areas, four, {"need": 1}).composite)[17] == 1
    held = stability(areas, four, {"need": 1}, top=5, draws=300)
    assert held.p_top[17] == 1
    assert held.rank_high[17] == 1


def test_identical_areas_share_first_place_in_every_draw():
    areas = pd.DataFrame({"poor": [3.0] * 6, "ill": [2.0] * 6, "english": [1.0] * 6})
    held = stability(areas, INDICATORS, EQUAL, top=1, draws=100)
    assert (held.p_top == 1).all()
    assert (held.rank_low == 1).all()
    assert (held.rank_high == 1).all()


def test_order_of_indicators_pillars_and_areas_changes_no_draw():
    areas = random_areas(40)
    counts = np.random.RandomState(2).permutation(40)
    expected = np.linspace(10, 30, 40)
    sources = [Replies("poor", counts, expected, 5.0), CensusCount("ill", counts, counts + 40)]
    plain = stability(areas, INDICATORS, EQUAL, 10, 200, varying=sources)
    turned = {"barriers": 1.0, "need": 1.0}
    other = stability(areas, INDICATORS[::-1], turned, 10, 200, varying=sources[::-1])
    assert_same_draws(other, plain)

    order = np.random.RandomState(3).permutation(40)
    moved = [
        Replies("poor", counts[order], expected[order], 5.0),
        CensusCount("ill", counts[order], counts[order] + 40),
    ]
    shuffled = stability(areas.iloc[order], INDICATORS, EQUAL, 10, 200, varying=moved)
    for name in ("rank_low", "rank_median", "rank_high", "p_top"):
        found = getattr(shuffled, name).sort_index()
        pd.testing.assert_series_equal(found, getattr(plain, name), check_exact=True)


# --- P(in the top) and intervals where theory knows them


DRAWS = 6000
ERROR = 5 * np.sqrt(0.25 / DRAWS)  # five standard errors of a share


def race(first: tuple[float, float], second: tuple[float, float]) -> pd.DataFrame:
    """Return two areas ahead of 48 others, one for each row."""
    behind = np.column_stack([np.linspace(0, 1, 48)] * 2)
    return pd.DataFrame(np.vstack([first, second, behind]), columns=["one", "two"])


@pytest.mark.parametrize("weights", [(1, 1), (11, 9), (3, 2)])
@pytest.mark.parametrize("between", [False, True], ids=["in a pillar", "between pillars"])
def test_chance_of_the_first_place_is_that_of_a_beta_distribution(weights, between):
    """One area leads in one figure, the other as far in the other: the larger weight decides.

    A Dirichlet weight of two is a beta variable, so P = P(Beta(20 s, 20 (1 - s)) > 0.5).
    """
    data = race((1.2, 1.1), (1.1, 1.2))
    pillars = ("a", "b") if between else ("a", "a")
    inner = (1, 1) if between else weights
    outer = dict(zip("ab", weights)) if between else {"a": 1}
    indicators = [Indicator(f, p, w) for f, p, w in zip(data, pillars, inner)]
    held = stability(data, indicators, outer, top=1, draws=DRAWS)
    share = weights[0] / sum(weights)
    known = beta.sf(0.5, 20 * share, 20 * (1 - share))
    assert held.p_top[0] == pytest.approx(known, abs=ERROR)
    assert held.p_top[1] == pytest.approx(1 - known, abs=ERROR)
    assert held.p_top[2:].max() == 0


def test_chance_of_replies_is_that_of_two_gamma_variables():
    """With E alike, P(ratio of 8 below ratio of 12) = P(Beta(8 + 5, 12 + 5) < 0.5)."""
    observed, expected = [8.0, 12.0] + [np.nan] * 8, [10.0] * 10
    data = pd.DataFrame({"ratio": [100 * 13 / 15, 100 * 17 / 15, *range(900, 908)]})
    held = stability(
        data,
        [Indicator("ratio", "voice", more_is_barrier=False)],
        {"voice": 1},
        top=1,
        draws=DRAWS,
        varying=[Replies("ratio", observed, expected, 5.0)],
    )
    known = beta.cdf(0.5, 13, 17)
    assert held.p_top[0] == pytest.approx(known, abs=ERROR)
    assert held.p_top[1] == pytest.approx(1 - known, abs=ERROR)
    assert held.p_top[2:].max() == 0


@pytest.mark.parametrize("reference", [False, True], ids=["own areas", "a reference"])
def test_chance_of_census_noise_can_be_counted(reference):
    """10 and 11 of 100, each moved by -2 to 2: of 25 pairs 6 turn round and 4 are alike."""
    data = pd.DataFrame({"share": [10.0, 11.0, 1, 2, 3, 4, 5]})
    base = [100.0, 100.0] + [np.nan] * 5
    held = stability(
        data,
        [Indicator("share", "barriers")],
        {"barriers": 1},
        top=1,
        draws=DRAWS,
        # every count that noise can make has another place in the reference
        reference=pd.DataFrame({"share": np.arange(0, 30, 0.5)}) if reference else None,
        varying=[CensusCount("share", data["share"], base)],
    )
    assert held.p_top[0] == pytest.approx(10 / 25, abs=ERROR)  # first, or first with the other
    assert held.p_top[1] == pytest.approx(19 / 25, abs=ERROR)
    assert held.rank_high.tolist()[:2] == [2, 2]


def test_what_varies_keeps_what_is_missing_and_what_is_enough():
    data = DATA.assign(ratio=[80.0, 120, 150, 200, 90, np.nan, 300, 70])
    voice = Indicator("ratio", "voice", 1, False, enough=100)
    # so many replies that the draws stay near the ratio
    expected = np.full(8, 1e6)
    source = Replies("ratio", data["ratio"].fillna(10) * 1e4, expected, 1.0)
    held = stability(data, [voice], {"voice": 1}, top=1, draws=100, varying=[source])
    # H 70, A 80, E 90, the four at or above 100 share the fourth place, F stays missing
    known = [2, 4, 4, 4, 3, np.nan, 4, 1]
    for ranks in (held.rank_low, held.rank_median, held.rank_high):
        assert same(ranks, known)


@dataclass(frozen=True)
class Drawn:
    """A source whose draws are always the same."""

    field: str
    figures: list[float]

    def drawn(self, random: np.random.RandomState) -> np.ndarray:
        return np.array(self.figures)


def test_a_draw_gives_no_figure_to_an_area_that_has_none():
    names = ["a", "b", "c", "d"]
    areas = pd.DataFrame(np.random.RandomState(4).random_sample((20, 4)), columns=names)
    areas.loc[17, "d"] = np.nan
    four = [Indicator(name, "need") for name in names]
    figures = list(np.random.RandomState(5).random_sample(20))
    held = []
    for unknown in (np.nan, 99.0):
        figures[17] = unknown
        source = Drawn("d", list(figures))
        held.append(stability(areas, four, {"need": 1}, 5, 100, varying=[source]))
    assert_same_draws(*held)


def test_what_is_drawn_is_what_is_ranked():
    turned = Drawn("poor", [10.0, 20, 30, 40, np.nan, 55, 65, 75])
    held = stability(DATA, [POOR], {"need": 1}, 1, 60, varying=[turned])
    # E keeps its 40 and is fourth with D; A and B share the floor in half of the draws
    assert same(held.rank_high, [8, 7, 6, 4, 4, 3, 2, 1])


def test_stability_can_be_stopped_when_all_is_drawn():
    """Of all England the quantiles take longer than a second."""
    asked = []

    def tick(share):
        asked.append(share)
        return share == 1

    with pytest.raises(InterruptedError):
        stability(DATA, INDICATORS, EQUAL, 3, 10, tick=tick)
    assert asked[-1] == 1 and asked[0] < 1


def test_of_two_areas_the_worse_comes_first():
    """A floor of 1 / (N - 1) would be the highest percentile itself, and both alike."""
    two = pd.DataFrame({"poor": [10.0, 20], "ill": [1.0, 2], "english": [5.0, 6]})
    both = [Indicator("poor", "need"), Indicator("english", "barriers")]
    found = score(two, both, {"need": 1, "barriers": 1})
    assert rank_down(found.composite).tolist() == [2, 1]
    assert found.composite.tolist() == [0.5, 1]


def test_floor_in_the_draws_is_that_of_the_reference():
    reference = pd.DataFrame({"poor": np.linspace(0, 1, 101)})
    areas = pd.DataFrame({"poor": [0.05, 0.15, 0.25]})
    held = stability(areas, [POOR], {"need": 1}, 1, 60, reference=reference)
    assert held.rank_low.tolist() == [3, 2, 1]


def test_stability_of_no_scored_area_is_missing():
    held = stability(DATA.assign(english=np.nan), INDICATORS, EQUAL, top=3, draws=10)
    assert held.p_top.isna().all()
    assert held.rank_median.isna().all()


def test_stability_is_these_numbers():
    """For good: another version of numpy, pandas or QGIS must give the same."""
    observed, expected = [6, 8, 12, 16, 24, 28, 24, 42], [10, 11, 20, 21, 22, 23, 30, 31]
    sources = [
        Replies("poor", observed, expected, 20.0),
        CensusCount("ill", observed, [80] * 8),
    ]
    held = stability(DATA, INDICATORS, EQUAL, 3, 1000, seed=42, varying=sources)
    assert held.rank_low.tolist() == [6, 5, 5, 4, 2, 2, 2, 1]
    assert held.rank_median.tolist() == [8, 7, 6, 5, 4, 2, 3, 1]
    assert held.rank_high.tolist() == [8, 8, 8, 7, 5, 4, 5, 2]
    assert (held.p_top * 1000).round(6).tolist() == [0, 4, 4, 26, 449, 856, 665, 996]


@pytest.mark.parametrize("number", [7, 15, 19, 38])
def test_equal_areas_have_the_same_stability_wherever_they_stand(number):
    areas = random_areas(number)
    equal = areas.index % 3 == 0
    areas.loc[equal] = areas.loc[0].to_numpy()
    held = stability(areas, INDICATORS, EQUAL, top=number // 2, draws=400)
    for values in (held.rank_low, held.rank_median, held.rank_high, held.p_top):
        assert values[equal].nunique() == 1


def test_interval_is_in_order_and_within_the_areas():
    areas = random_areas(40)
    held = stability(areas, INDICATORS, EQUAL, top=10, draws=300)
    assert (held.rank_low >= 1).all()
    assert (held.rank_low <= held.rank_median).all()
    assert (held.rank_median <= held.rank_high).all()
    assert (held.rank_high <= 40).all()
    assert (held.rank_low < held.rank_high).any()


def test_chances_of_the_top_add_up_to_its_size():
    held = stability(random_areas(40), INDICATORS, EQUAL, top=10, draws=300)
    assert held.p_top.sum() == pytest.approx(10)


def test_stability_reports_its_progress_and_stops_when_asked():
    told = []

    def tick(share: float) -> bool:
        told.append(share)
        return share >= 0.5

    with pytest.raises(InterruptedError):
        stability(random_areas(10), INDICATORS, EQUAL, top=3, draws=400, tick=tick)
    assert told[0] == 0
    assert told == sorted(told)
    assert told[-1] == pytest.approx(0.5, abs=0.13)


# --- one change at a time


def changes(data=DATA, indicators=INDICATORS, pillars=EQUAL, top=3, **more) -> pd.DataFrame:
    made = alternatives(data, indicators, pillars, top, **more)
    assert made["change"].tolist()[-3:] == ["arithmetic", "z", "minmax"]
    return made


def test_leaving_out_an_indicator_is_the_score_without_it():
    made = changes().set_index("field")
    full = score(DATA, INDICATORS, EQUAL).composite
    without = score(DATA, [POOR, ENGLISH], EQUAL).composite
    assert made.loc["ill", "spearman"] == pytest.approx(spearmanr(full, without)[0])
    both = (rank_down(full) <= 3) & (rank_down(without) <= 3)
    assert made.loc["ill", "top_overlap_pct"] == pytest.approx(100 * both.sum() / 3)


def test_what_enters_and_leaves_the_top_by_hand():
    made = changes().set_index("field")
    # need * barriers * 196 put E 56, G 54 and F 50 first. With poor alone, in 49ths:
    # A 7*1, B 6*1, C 5*2, D 4*3, E 3*4, F 2*5, G 1*6, H 1*7: D and E 12, F and C 10 each, so
    # that four areas are third or better. C and D come in, G drops out: 2 of 3 stay.
    assert made.loc["ill", ["enter", "leave"]].tolist() == [2, 1]
    assert made.loc["ill", "top_overlap_pct"] == pytest.approx(200 / 3)


def test_arithmetic_mean_by_hand():
    made = changes().set_index("change")
    # need + barriers in 28ths: A 21, B 24, C 24, D 27, E 30, F 30, G 33, H 35
    full = [21, 20, 32, 45, 56, 50, 54, 49]
    assert made.loc["arithmetic", "spearman"] == pytest.approx(
        spearmanr(full, [21, 24, 24, 27, 30, 30, 33, 35])[0]
    )
    # first were E, G, F; now H, G and both E and F share the third place
    assert made.loc["arithmetic", ["enter", "leave"]].tolist() == [1, 0]
    assert made.loc["arithmetic", "top_overlap_pct"] == 100


def test_leaving_out_the_only_indicator_of_a_pillar_takes_the_pillar():
    made = changes().set_index("field")
    full = score(DATA, INDICATORS, EQUAL).composite
    without = score(DATA, [POOR, ILL], {"need": 1}).composite
    assert made.loc["english", "spearman"] == pytest.approx(spearmanr(full, without)[0])


def test_leaving_out_a_copy_changes_little_and_the_only_one_leaves_nothing():
    copies = [Indicator("poor", "need"), Indicator("copy", "need")]
    made = changes(DATA.assign(copy=DATA["poor"]), copies, {"need": 1}).iloc[:2]
    assert same(made["spearman"], [1, 1])
    assert same(made["top_overlap_pct"], [100, 100])
    assert made[["enter", "leave"]].eq(0).all().all()
    alone = changes(DATA, [POOR], {"need": 1}).iloc[:1]
    assert alone[["spearman", "top_overlap_pct", "enter", "leave"]].isna().all().all()


@pytest.mark.parametrize("number", [1, 2])
def test_changes_of_areas_that_cannot_be_told_apart_are_missing_without_a_warning(number):
    alike = DATA.iloc[[0] * number].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = changes(alike, top=1)
    assert made["spearman"].isna().all(), "an order of one"
    assert made["top_overlap_pct"].eq(100).all()


def test_changes_have_a_row_for_each_indicator_of_some_weight_in_order():
    made = changes(indicators=[*INDICATORS, Indicator("extra", "need", 0)])
    assert made["field"].tolist()[:3] == ["poor", "ill", "english"]
    assert made["field"].isna().tolist() == [False] * 3 + [True] * 3
    assert list(made) == ["change", "field", "spearman", "top_overlap_pct", "enter", "leave"]


def test_other_normalisations_are_those_of_scipy_and_of_plain_arithmetic():
    areas = random_areas(60).assign(ill=lambda frame: np.exp(4 * frame["ill"]))
    made = alternatives(areas, INDICATORS, EQUAL, 10).set_index("change")
    full = score(areas, INDICATORS, EQUAL).composite
    turned = areas * [1, 1, -1]
    z = (turned.apply(lambda column: zscore(column)).clip(-3, 3) + 3) / 6
    between = (turned - turned.min()) / (turned.max() - turned.min())
    for change, placed in (("z", z), ("minmax", between)):
        need = 0.75 * placed["poor"] + 0.25 * placed["ill"]
        pillars = np.maximum(np.column_stack([need, placed["english"]]), 1 / 59)
        other = gmean(pillars, axis=1)
        assert made.loc[change, "spearman"] == pytest.approx(spearmanr(full, other)[0]), change
        stay = set(np.argsort(-full.to_numpy())[:10]) & set(np.argsort(-other)[:10])
        assert made.loc[change, "top_overlap_pct"] == pytest.approx(10 * len(stay)), change
        assert made.loc[change, ["enter", "leave"]].tolist() == [10 - len(stay)] * 2, change


# --- the tops of two levels


SMALL = pd.Series([True, True, True, False, True], index=list("abcde"))
PARENT = pd.Series(["X", "X", "Y", "Y", None], index=list("abcde"))
LARGE = pd.Series({"X": True, "Y": False, "Z": True})


def test_overlap_of_levels_by_hand():
    # of a, b and c, which lie in a known larger area, a and b lie in X, which is in the top
    made = overlap_of_levels(SMALL, PARENT, LARGE, pd.Series([10, 30, 60, 5, 7], list("abcde")))
    assert made.areas_pct == pytest.approx(200 / 3)
    assert made.people_pct == pytest.approx(40)
    assert made.without == ["Z"]


def test_overlap_of_levels_without_people_or_without_a_top():
    assert np.isnan(overlap_of_levels(SMALL, PARENT, LARGE).people_pct)
    nothing = overlap_of_levels(SMALL & False, PARENT, LARGE)
    assert np.isnan(nothing.areas_pct)
    assert nothing.without == ["X", "Z"]


# --- what counts twice


def test_strong_correlation_is_found_in_both_directions():
    areas = random_areas(50)
    areas["copy"], areas["mirror"] = areas["poor"] ** 3, -areas["ill"]
    pairs = strong_correlations(areas[["poor", "ill", "english", "copy", "mirror"]])
    assert [(a, b) for a, b, _ in pairs] == [("poor", "copy"), ("ill", "mirror")]
    assert [rho for _, _, rho in pairs] == pytest.approx([1, -1])


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.floats(0, 100)] * 3), min_size=3, max_size=20))
def test_any_figures_give_a_score_between_0_and_1(rows):
    areas = pd.DataFrame(rows, columns=["poor", "ill", "english"])
    assume(len(areas) >= 3)
    made = score(areas, INDICATORS, EQUAL)
    assert made.composite.between(0, 1).all()
    assert ((made.pillars >= 0) & (made.pillars <= 1 + 1e-12)).all().all()
