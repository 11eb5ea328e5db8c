"""The seldom-heard score: worked by hand, against a published index, and how it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from seldom_heard.methods.score import (
    Indicator,
    contributions,
    drop_one,
    percentile_rank,
    rank_down,
    score,
    stability,
    strong_correlations,
    tier,
    top_count,
    z_score,
)

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


# --- what must not matter


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
    weightless = [*INDICATORS, Indicator("extra", "need", 0)]
    with_it, without = score(more, weightless, EQUAL), score(DATA, INDICATORS, EQUAL)
    assert same(with_it.composite, without.composite)
    assert not with_it.partial.any()


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
    # the two lowest share the floor, 1/7 being the percentile of the second lowest
    assert same(rank_down(made), rank_down(value).clip(upper=7))


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


def test_z_score_of_equal_figures_is_the_middle():
    assert same(z_score(pd.Series([4.0, 4.0, np.nan])), [0.5, 0.5, np.nan])


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


# --- one indicator dropped


def test_dropping_an_indicator_is_the_score_without_it():
    made = drop_one(DATA, INDICATORS, EQUAL, top=3).set_index("field")
    full = score(DATA, INDICATORS, EQUAL).composite
    without = score(DATA, [POOR, ENGLISH], EQUAL).composite
    assert made.loc["ill", "spearman"] == pytest.approx(spearmanr(full, without)[0])
    both = (rank_down(full) <= 3) & (rank_down(without) <= 3)
    assert made.loc["ill", "top_overlap_pct"] == pytest.approx(100 * both.sum() / 3)


def test_dropping_the_only_indicator_of_a_pillar_takes_the_pillar():
    made = drop_one(DATA, INDICATORS, EQUAL, top=3).set_index("field")
    full = score(DATA, INDICATORS, EQUAL).composite
    without = score(DATA, [POOR, ILL], {"need": 1}).composite
    assert made.loc["english", "spearman"] == pytest.approx(spearmanr(full, without)[0])


def test_dropping_a_copy_changes_little_and_dropping_the_only_one_leaves_nothing():
    copies = [Indicator("poor", "need"), Indicator("copy", "need")]
    made = drop_one(DATA.assign(copy=DATA["poor"]), copies, {"need": 1}, top=3)
    assert same(made["spearman"], [1, 1])
    assert same(made["top_overlap_pct"], [100, 100])
    alone = drop_one(DATA, [POOR], {"need": 1}, top=3)
    assert alone[["spearman", "top_overlap_pct"]].isna().all().all()


def test_dropping_has_one_row_for_each_indicator_in_order():
    assert drop_one(DATA, INDICATORS, EQUAL, top=3)["field"].tolist() == ["poor", "ill", "english"]


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
