"""Measures of inequality, against the public health office's and the WHO package's own answers."""

from __future__ import annotations

import re
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods import inequality
from seldom_heard.methods.inequality import (
    attributable_fraction,
    attributable_risk,
    between_group_variance,
    concentration_absolute,
    concentration_relative,
    gap,
    index_of_disparity,
    logit_line,
    mean_difference,
    mean_log_deviation,
    ratio,
    ridit,
    share_error,
    slope_index,
    standard_error,
    summary,
    theil,
    unordered,
)

KIND = {0: "value", 1: "rate", 2: "proportion"}
GROUPS = ([20.0, 30.0, 40.0, 50.0, 60.0], [78.0, 91, 162, 103, 105], [5.0, 7, 10, 12, 14])


# --- slope index, by the public health office


def blocks(table: pd.DataFrame):
    """Yield the groups of every area of every case, in the order of the file."""
    for (case, _), rows in table.groupby(["TestDescription", "Area"], sort=False):
        yield case, rows


def asked(case: str, rows: pd.DataFrame) -> tuple[list[float], bool, float]:
    """Return confidences, whether the line is fitted to transformed values, and the multiplier."""
    levels = [int(found) / 100 for found in re.findall(r"\d+", str(rows["Confidence"].iloc[0]))]
    if "98% c" in case.lower():  # the column of these says 95
        levels = [0.98]
    if "95 and 98" in case or "95% and 98%" in case:
        levels = [0.95, 0.98]
    multiplier = 1.0
    if found := re.search(r"\(x (-?\d+)\)", case):
        multiplier = float(found[1])
    elif "negative multiplier" in case:
        multiplier = -1.0
    return levels, "transform" in case, multiplier


def noise(level: float, lower: float, upper: float, theirs: int, ours: int) -> float:
    """Return 5 standard errors of the difference of two simulated limits.

    A quantile at p of n normal draws of deviation s has the error
    sqrt(p (1 - p) / n) s / phi(z); s is the published width over 2 z.
    """
    p, normal = (1 - level) / 2, NormalDist()
    z = normal.inv_cdf(1 - p)
    spread = (upper - lower) / (2 * z)
    return 5 * spread * np.sqrt(p * (1 - p) * (1 / theirs + 1 / ours)) / normal.pdf(z)


@pytest.fixture(scope="module")
def office(vector):
    return vector("phe_sii")


def made(rows: pd.DataFrame, case: str, level: float, errors: str) -> inequality.Slope:
    _, transformed, multiplier = asked(case, rows)
    kind = KIND[int(rows["ValueType"].iloc[0])]
    se = rows["StandardError"]
    if errors == "limits":
        se = standard_error(rows["LowerCL"], rows["UpperCL"], kind)
    return slope_index(
        rows["Value"],
        rows["Population"],
        se,
        kind=kind,
        transformed=transformed,
        multiplier=multiplier,
        confidence=level,
        repetitions=100_000,
    )


def test_every_case_of_the_file_is_one_the_tests_below_use(office):
    answered = [case for case, rows in blocks(office) if rows["sii"].notna().any()]
    rest = [case for case, rows in blocks(office) if rows["sii"].isna().all()]
    assert len(answered) == 44 and len(office) == 505
    assert sorted({case.split(" - ")[0] for case in rest}) == ["error handling", "warning handling"]
    assert len(rest) == 7


@pytest.mark.parametrize("errors", ["standard errors", "limits"])
def test_slope_index_is_that_of_the_public_health_office(office, errors):
    compared = {"estimates": 0, "limits": 0}
    for case, rows in blocks(office):
        known = rows.iloc[0]
        if np.isnan(known["sii"]):
            continue
        levels, _, multiplier = asked(case, rows)
        for at, level in enumerate(levels, start=1):
            result = made(rows, case, level, errors)
            assert result.sii.estimate == pytest.approx(known["sii"], rel=1e-9), case
            compared["estimates"] += 1
            if not np.isnan(known["rii"]):
                assert result.rii.estimate == pytest.approx(known["rii"], rel=1e-9), case
            if not np.isnan(known["Intercept"]):
                expected = known["Intercept"] * abs(multiplier)
                assert result.intercept == pytest.approx(expected, rel=1e-9), case
            for name, measure in (("sii", result.sii), ("rii", result.rii)):
                low, high = known[f"{name}_lowercl_{at}"], known[f"{name}_uppercl_{at}"]
                if np.isnan(low):
                    continue
                within = noise(level, low, high, int(known["Repetitions"]), 100_000)
                assert measure.lower == pytest.approx(low, abs=within), (case, name, level)
                assert measure.upper == pytest.approx(high, abs=within), (case, name, level)
                compared["limits"] += 2
    assert compared == {"estimates": 50, "limits": 184}


def test_what_the_public_health_office_refuses_is_missing_here(office):
    seen = []
    for case, rows in blocks(office):
        if not case.startswith(("error", "warning")):
            continue
        kind = "proportion" if "proportion" in case else "value"
        se = rows["StandardError"]
        if "proportion" in case:
            se = standard_error(rows["LowerCL"], rows["UpperCL"], kind)
        result = slope_index(rows["Value"], rows["Population"], se, kind=kind, repetitions=1000)
        whole = np.isfinite([result.sii.estimate, result.rii.estimate])
        limits = np.isfinite([result.sii.lower, result.rii.upper])
        seen.append((case.split(" - ")[1], whole.all(), limits.all()))
        assert whole.all() == whole.any() and limits.all() == limits.any()
    assert seen == [
        ("negative populations", False, False),
        ("negative counts/standard error", True, False),
        ("invalid proportion in CLs", True, False),
        ("missing value field", False, False),
        ("missing confidence limits and se", True, False),
        ("missing populations, counts or values", False, False),
        ("large number of quantiles (>10)", True, True),
    ]


def test_slope_of_fifteen_groups_is_that_of_a_weighted_line(office):
    rows = office[office["TestDescription"].str.contains("large number")]
    result = slope_index(rows["Value"], rows["Population"], rows["StandardError"])
    x = ridit(rows["Population"])
    b, a = np.polyfit(x, rows["Value"], 1, w=np.sqrt(rows["Population"]))
    assert result.sii.estimate == pytest.approx(b, rel=1e-9)
    assert result.rii.estimate == pytest.approx((a + b) / a, rel=1e-9)


def test_simulated_limits_of_plain_values_are_those_of_the_normal_distribution():
    # the slope is a weighted sum, so its error is known: sqrt(sum c^2 se^2)
    value, population, se = (np.array(column) for column in GROUPS)
    share, x = population / population.sum(), ridit(population) - 0.5
    spread = np.sqrt(((share * x / (share * x**2).sum()) ** 2 * se**2).sum())
    sii = slope_index(value, population, se).sii
    z = NormalDist().inv_cdf(0.975)
    within = noise(0.95, -z * spread, z * spread, 10**12, 100_000)
    assert sii.lower == pytest.approx(sii.estimate - z * spread, abs=within)
    assert sii.upper == pytest.approx(sii.estimate + z * spread, abs=within)


def test_a_seed_gives_the_same_limits_with_every_version_of_numpy():
    """The numbers of numpy 1.24 and 2.4; a change of its generator would show here."""
    made = summary(*GROUPS, favourable=True, seed=1, repetitions=10_000)
    assert made.loc["sii", ["lower", "upper"]].tolist() == pytest.approx(
        [15.8194982090764, 67.56846369962915], rel=1e-12
    )
    assert made.loc["rii", ["lower", "upper"]].tolist() == pytest.approx(
        [1.4824062723476097, 7.078992134476919], rel=1e-12
    )
    other = summary(*GROUPS, favourable=True, seed=2, repetitions=10_000)
    assert other.loc["sii", "lower"] != made.loc["sii", "lower"]
    assert other.loc["gap", "lower"] == made.loc["gap", "lower"]


def test_limits_by_hand_from_a_published_pair():
    # 95 % limits of a rate: ln(6.183085 / 5.614960) / 3.919928 = 0.024587
    assert standard_error(5.614960, 6.183085, "rate") == pytest.approx(0.024587, abs=1e-6)
    assert standard_error(1.0, 3.0) == pytest.approx(2 / 3.919927969, rel=1e-9)


@pytest.mark.parametrize(
    ("lower", "upper", "kind"),
    [
        (0, 1, "rate"),
        (-1, 2, "rate"),
        (0.1, 1.0, "proportion"),
        (3, 1, "value"),
        (0, np.nan, "rate"),
    ],
)
def test_standard_error_of_impossible_limits_is_missing(lower, upper, kind):
    assert np.isnan(standard_error(lower, upper, kind))


def test_ridit_by_hand():
    # 10, 30 and 60 of 100: middles of 0 to 0.1, 0.1 to 0.4, 0.4 to 1
    assert ridit([10, 30, 60]) == pytest.approx([0.05, 0.25, 0.7])


# --- the measures of the WHO package

NAMES = {
    "d": "gap",
    "r": "ratio",
    "covar": "cv",
    "mdmu": "mdm_unweighted",
    "mdmw": "mdm",
    "idisu": "idisp_unweighted",
    "idisw": "idisp",
    "ti": "theil",
}
# Their estimate is in one unit, their standard error in another: T and MLD are given times 1,000
# and PAF in per cent, their errors are not. Ours are in the unit of the estimate.
OTHER_UNIT = {"ti": 1000, "mld": 1000, "paf": 100}


@pytest.fixture(scope="module", params=["ordered5", "OrderedSample"])
def who(request, vector):
    if request.param == "ordered5":
        groups = vector("healthequal_inputs_ordered5").sort_values("subgroup_order")
        columns = (groups["est"], groups["pop"], groups["se"])
    else:
        groups = vector("healthequal_OrderedSample").sort_values("subgroup_order")
        assert (groups["favourable_indicator"] == 1).all() and (
            groups["indicator_scale"] == 100
        ).all()
        columns = (groups["estimate"], groups["population"], groups["se"])
    known = vector("healthequal_expected_rerun_R")
    known = known[known["case"] == request.param].set_index("measure")
    return known, summary(*columns, favourable=True, scale=100, repetitions=1000)


def test_every_estimate_is_that_of_the_who_package(who):
    known, ours = who
    assert len(known) == 15
    for measure, row in known.iterrows():
        name = NAMES.get(measure, measure)
        assert ours.loc[name, "estimate"] == pytest.approx(row["estimate"], rel=1e-9), measure


def test_every_limit_is_that_of_the_who_package_but_for_its_slips_of_unit(who):
    known, ours = who
    z = NormalDist().inv_cdf(0.975)
    compared = 0
    for measure, row in known.iterrows():
        mine = ours.loc[NAMES.get(measure, measure)]
        if np.isnan(row["lower"]):
            assert np.isnan(mine[["lower", "upper"]]).all(), measure
            continue
        times = OTHER_UNIT.get(measure, 1)
        below = row["estimate"] - times * (row["estimate"] - row["lower"])
        above = row["estimate"] + times * (row["upper"] - row["estimate"])
        assert mine["lower"] == pytest.approx(below, rel=1e-8, abs=1e-9), measure
        assert mine["upper"] == pytest.approx(above, rel=1e-8, abs=1e-9), measure
        low, high = mine["lower"], mine["upper"]
        width = np.log(high / low) if measure == "r" else high - low
        assert width / (2 * z) == pytest.approx(row["se"] * times, rel=1e-9), measure
        compared += 1
    assert compared == 9


@pytest.mark.parametrize("make", [theil, mean_log_deviation, between_group_variance])
def test_limits_are_in_the_unit_of_the_estimate(make):
    """The deviation of the measure when values are drawn with small errors, by simulation."""
    value, population, se = (np.array(column) for column in GROUPS)
    small = se / 20
    drawn = np.random.default_rng(3).normal(value, small, (4000, 5))
    seen = np.std([make(row, population, small).estimate for row in drawn])
    result = make(value, population, small)
    assert (result.upper - result.lower) / 3.92 == pytest.approx(seen, rel=0.06)


def test_limits_of_the_attributable_fraction_are_in_per_cent():
    """The deviation of PAF when the counts of the groups are drawn again, by simulation."""
    value, population = np.array([20.0, 30, 40, 50, 60]), np.array([780, 910, 1620, 1030, 1050])
    drawn = np.random.default_rng(3).binomial(population, value / 100, (4000, 5)) / population * 100
    seen = np.std(
        [attributable_fraction(row, population, favourable=True).estimate for row in drawn]
    )
    result = attributable_fraction(value, population, favourable=True, scale=100)
    assert (result.upper - result.lower) / 3.92 == pytest.approx(seen, rel=0.06)


def test_measures_by_hand():
    # two groups alike in size, 30 and 10: mean 20, differences 10
    value, population, se = [30.0, 10.0], [50.0, 50.0], [3.0, 4.0]
    assert gap(value, se, favourable=False) == inequality.Measure(
        20, pytest.approx(20 - 1.959964 * 5, abs=1e-5), pytest.approx(20 + 1.959964 * 5, abs=1e-5)
    )
    assert gap(value, se, favourable=True).estimate == -20
    assert ratio(value, se, favourable=False).estimate == 3
    # ln of the limits: ln 3 -/+ 1.96 sqrt(0.1^2 + 0.4^2)
    assert ratio(value, se, favourable=False).upper == pytest.approx(
        3 * np.exp(1.959964 * np.sqrt(0.17)), rel=1e-6
    )
    assert between_group_variance(value, population, se).estimate == 100
    assert mean_difference(value, population).estimate == 10
    assert index_of_disparity(value, population).estimate == 50
    # T = 0.5 (1.5 ln 1.5 + 0.5 ln 0.5), MLD = -0.5 (ln 1.5 + ln 0.5), times 1,000
    assert theil(value, population, se).estimate == pytest.approx(
        500 * (1.5 * np.log(1.5) + 0.5 * np.log(0.5))
    )
    assert mean_log_deviation(value, population, se).estimate == pytest.approx(-500 * np.log(0.75))
    # adverse: were all at 10, the mean of 20 would fall by 10, half of it
    assert attributable_risk(value, population, favourable=False).estimate == -10
    assert attributable_fraction(value, population, favourable=False).estimate == -50


def test_concentration_by_hand():
    # thirds at 3, 2 and 1: 2/3 (-1/3 * 3 + 0 + 1/3 * 1) = -4/9; a line, so no residual
    made = concentration_absolute([3.0, 2, 1], [5, 5, 5])
    assert made.estimate == pytest.approx(-4 / 9)
    assert made.lower == pytest.approx(-4 / 9) and made.upper == pytest.approx(-4 / 9)
    assert concentration_relative([3.0, 2, 1], [5, 5, 5]).estimate == pytest.approx(-2 / 9)


def test_no_gain_where_the_least_deprived_are_no_better():
    value, population = [10.0, 20.0, 30.0], [5, 5, 5]
    for make in (attributable_risk, attributable_fraction):
        none = make(value, population, favourable=False, scale=100)
        assert none.estimate == 0 and np.isnan([none.lower, none.upper]).all()


# --- what cannot be known


def test_the_fraction_has_no_limits_where_nobody_of_the_least_deprived_was_counted():
    """Walter's error is 0 there, which would be certainty from a sample."""
    found = attributable_fraction([5.0, 3, 0], [100.0, 100, 100], favourable=False, scale=100)
    assert found.estimate == pytest.approx(-100)
    assert np.isnan([found.lower, found.upper]).all()


def test_error_of_a_share_by_hand():
    """sqrt(0.2 x 0.8 / 400) = 0.02; of nobody there is none."""
    assert share_error([20, 0, 100], [400, 9, 9]) == pytest.approx([2, 0, 0])
    assert np.isnan(share_error([20, 20, np.nan], [0, np.nan, 400])).all()


def test_line_between_logits_by_hand():
    """Odds of 1/4, 1 and 4 are a straight line in logits: 0, ln 4 and 2 ln 4 above the first.

    With groups alike in size the ridits are 1/6, 1/2 and 5/6, so from end to end it is 3/2 times
    2 ln 4: odds of 1/8 at the one, 8 at the other, and 1 in the middle.
    """
    x, y = logit_line([20, 50, 80], [100, 100, 100])
    assert (x[0], x[-1]) == (0, 1) and len(x) == len(y) == 101
    assert [y[0], y[50], y[-1]] == pytest.approx([100 / 9, 50, 800 / 9])


@pytest.mark.parametrize("shares", [[0, 50, 80], [20, 50, 100], [20, 50], [20, np.nan, 80]])
def test_line_is_none_where_there_is_no_slope(shares):
    assert logit_line(shares, [100] * len(shares)) == ()


def test_measures_without_an_order_by_hand():
    """10 and 30 of 100 each: mean 20, deviations of 10 either way."""
    found = unordered([10, 30], [100, 100])["estimate"]
    assert found["bgv"] == pytest.approx(100) and found["idisp"] == pytest.approx(50)
    theirs = 1000 * (0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2
    assert found["theil"] == pytest.approx(theirs)
    assert found["mld"] == pytest.approx(-1000 * (np.log(0.5) + np.log(1.5)) / 2)


def test_limits_without_an_order_are_those_of_the_summary():
    count, people = np.array([10.0, 30, 25]), np.array([100.0, 90, 140])
    share = 100 * count / people
    known = summary(share, people, share_error(share, people), favourable=False, repetitions=10)
    found = unordered(count, people)
    pd.testing.assert_frame_equal(found, known.loc[found.index])


def test_summary_has_a_row_for_every_measure_and_no_infinity():
    table = summary(*GROUPS, favourable=False, repetitions=1000)
    assert list(table.columns) == ["estimate", "lower", "upper"]
    assert {"gap", "ratio", "sii", "rii", "aci", "rci", "bgv", "theil", "mld", "idisp"} <= {
        *table.index
    }
    assert {"par", "paf"} <= {*table.index}
    assert np.isfinite(table["estimate"]).all()
    assert not np.isinf(table.to_numpy()).any()


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_a_rate_of_zero_has_no_logarithm(kind):
    value, population, se = GROUPS
    table = summary([0.0, *value[1:]], population, se, favourable=True, kind=kind, repetitions=1000)
    for name in ("ratio", "sii", "rii", "theil", "mld"):
        assert table.loc[name].isna().all(), name
    for name in ("gap", "aci", "rci", "bgv", "idisp", "par"):
        assert np.isfinite(table.loc[name, "estimate"]), name
    straight = summary(
        [0.0, *value[1:]], population, se, favourable=True, transformed=False, repetitions=1000
    )
    assert np.isfinite(straight.loc["sii", "estimate"])
    assert np.isnan(straight.loc["sii", "lower"])  # a logit of 0 cannot be drawn about


@pytest.mark.parametrize(
    ("column", "bad"), [(0, np.nan), (0, np.inf), (1, np.nan), (1, 0.0), (1, -5.0)]
)
def test_a_group_that_is_not_known_leaves_no_measure_of_all(column, bad):
    groups = [list(entries) for entries in GROUPS]
    groups[column][2] = bad  # the middle: the extremes are still known
    table = summary(*groups, favourable=True, repetitions=1000)
    assert np.isfinite(table.loc[["gap", "ratio"]]).all(axis=None)
    assert table.drop(["gap", "ratio"]).isna().all(axis=None)


@pytest.mark.parametrize("bad", [np.nan, -1.0])
def test_an_unknown_error_takes_the_limits_alone(bad):
    value, population, se = GROUPS
    table = summary(value, population, [bad, *se[1:]], favourable=True, repetitions=1000)
    assert np.isfinite(table["estimate"]).all()
    for name in ("gap", "ratio", "sii", "rii", "bgv", "theil", "mld"):
        assert table.loc[name, ["lower", "upper"]].isna().all(), name
    assert np.isfinite(table.loc[["aci", "rci", "par", "paf"]]).all(axis=None)  # need none


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_groups_have_no_slope(count):
    groups = [entries[:count] for entries in GROUPS]
    table = summary(*groups, favourable=True, repetitions=1000)
    assert table.loc[["sii", "rii", "aci", "rci"]].isna().all(axis=None)
    assert np.isfinite(table.loc["gap", "estimate"]) == (count == 2)


# --- laws


entries = st.integers(3, 10).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(1, 90).map(lambda x: round(x, 2)), min_size=n, max_size=n),
        st.lists(st.integers(10, 100_000), min_size=n, max_size=n),
        st.lists(st.floats(0, 1).map(lambda x: round(x, 3)), min_size=n, max_size=n),
    )
)
SHIFTS = ["aci", "bgv", "bgsd", "mdm", "mdm_unweighted", "gap"]
FREE = ["rci", "cv", "idisp", "idisp_unweighted", "theil", "mld", "ratio"]


@given(entries)
def test_limits_contain_the_estimate_and_follow_the_seed(groups):
    table = summary(*groups, favourable=True, repetitions=200, confidence=0.998)
    again = summary(*groups, favourable=True, repetitions=200, confidence=0.998)
    pd.testing.assert_frame_equal(table, again, check_exact=True)
    rows = table.dropna().drop(["sii", "rii"])  # these are simulated, here with few repetitions
    assert (rows["lower"] <= rows["estimate"] + 1e-9).all()
    assert (rows["upper"] >= rows["estimate"] - 1e-9).all()


@given(st.floats(1, 90), entries)
def test_groups_all_alike_are_not_unequal(value, groups):
    _, population, se = groups
    table = summary([value] * len(se), population, se, favourable=True, repetitions=200)
    zero = table.drop(["ratio", "rii"])["estimate"]
    assert zero.to_numpy() == pytest.approx(0, abs=1e-6)
    assert table.loc[["ratio", "rii"], "estimate"].to_numpy() == pytest.approx(1)
    leaning = table.loc[["aci", "rci"]].to_numpy()
    assert (leaning == 0).all(), "rounding error would lean to one end beyond its limits"
    assert (table.loc[["par", "paf"], "estimate"] == 0).all()


@given(entries, st.floats(0.1, 1))
def test_measures_scale_with_the_unit_or_not_at_all(groups, times):
    value, population, se = (np.array(column) for column in groups)
    one = summary(value, population, se, favourable=True, kind="value", repetitions=200)
    other = summary(
        value * times, population, se * times, favourable=True, kind="value", repetitions=200
    )
    power = pd.Series(0, index=one.index)
    power[[*SHIFTS, "sii", "par"]] = 1
    power["bgv"] = 2
    expected = one.mul(float(times) ** power, axis=0)
    assert other.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-6, abs=1e-6, nan_ok=True)
    assert set(FREE) <= set(power[power == 0].index)


@given(entries)
def test_the_other_order_turns_the_sign(groups):
    value, population, se = (np.array(column) for column in groups)
    one = slope_index(value, population, se, repetitions=200)
    turned = slope_index(value[::-1], population[::-1], se[::-1], repetitions=200)
    assert turned.sii.estimate == pytest.approx(-one.sii.estimate, abs=1e-7)
    assert turned.rii.estimate * one.rii.estimate == pytest.approx(1, rel=1e-6)
    for make in (concentration_absolute, concentration_relative):
        there, back = make(value, population), make(value[::-1], population[::-1])
        assert back.estimate == pytest.approx(-there.estimate, abs=1e-9)
        assert back.upper == pytest.approx(-there.lower, abs=1e-9)


@given(entries)
def test_adverse_is_favourable_the_other_way_round(groups):
    good = summary(*groups, favourable=True, repetitions=200).loc[["gap", "sii", "ratio", "rii"]]
    bad = summary(*groups, favourable=False, repetitions=200).loc[["gap", "sii", "ratio", "rii"]]
    for name in ("gap", "sii"):
        assert bad.loc[name, "estimate"] == pytest.approx(-good.loc[name, "estimate"], abs=1e-9)
    for name in ("ratio", "rii"):
        assert bad.loc[name, "estimate"] * good.loc[name, "estimate"] == pytest.approx(1)
    assert bad.loc["gap", "lower"] == pytest.approx(-good.loc["gap", "upper"], abs=1e-9)
    assert bad.loc["ratio", "lower"] * good.loc["ratio", "upper"] == pytest.approx(1)


@given(entries)
def test_limits_shrink_with_the_errors(groups):
    value, population, se = (np.array(column) for column in groups)
    names = ["gap", "theil", "mld", "sii", "bgv"]
    wide = summary(value, population, se + 0.1, favourable=True, repetitions=400).loc[names]
    close = summary(value, population, (se + 0.1) / 4, favourable=True, repetitions=400).loc[names]
    assert ((close["upper"] - close["lower"]) <= (wide["upper"] - wide["lower"]) + 1e-9).all()
