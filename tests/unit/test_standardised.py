"""Standardised rates, against known answers from outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from seldom_heard.methods.rates import count_limits
from seldom_heard.methods.standardised import (
    AGE_BANDS,
    ESP2013,
    directly_standardised,
    expected_events,
    indirectly_standardised,
    repeated_events,
)

LEVELS = [(0.95, "95_0cl"), (0.998, "99_8cl")]
DECIMALS_8 = 0.5e-8 + 1e-11  # half of the last digit of figures printed with 8 decimals
FLAWED = "testdata_1976"  # its 99.8 % limits are printed ten times too large
PERS = [10_000, 100_000]
bands = hnp.arrays(float, (3, 19), elements=st.integers(10, 400))


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def table(frame, area, *columns):
    rows = frame.query("area == @area")
    assert len(rows) == 19
    return [rows[column].to_numpy(dtype=float) for column in columns]


def dsr_inputs(vector, area):
    """Counts, bases and standard; the office reads a missing count as none."""
    if area == FLAWED:
        old = vector("phe_dsr_esp1976_inputs")
        return old["count"].to_numpy(), old["pop"].to_numpy(), old["esp1976"].to_numpy()
    counts, bases = table(vector("phe_dsr_inputs"), area, "count", "pop")
    return np.nan_to_num(counts), bases, ESP2013


def test_the_standard_population_is_that_of_eurostat():
    assert len(ESP2013) == len(AGE_BANDS) == 19
    assert sum(ESP2013) == 100_000
    by_band = dict(zip(AGE_BANDS, ESP2013))
    assert [by_band[band] for band in ("0-4", "50-54", "75-79", "90+")] == [5000, 7000, 4000, 1000]


@pytest.mark.parametrize("per", PERS)
@pytest.mark.parametrize(("confidence", "ending"), LEVELS)
@pytest.mark.parametrize("area", ["testdata_big", "testdata_small", "testdata_tiny", FLAWED])
def test_direct_rates_give_the_answers_of_public_health_england(
    vector, area, confidence, ending, per
):
    expected = vector("phe_dsr_expected").query("area == @area and method == 'Dobson'")
    known = expected.iloc[PERS.index(per)]
    tiny = area == "testdata_tiny"
    assert known["statistic"] == ("dsr NA for total count < 10" if tiny else f"dsr per {per}")
    value, low, high = directly_standardised(*dsr_inputs(vector, area), per, confidence)
    assert value == close(known["value"])  # blank with fewer than 10 events
    flaw = 10 if area == FLAWED and confidence == 0.998 else 1
    assert low * flaw == close(known[f"lower{ending}"])
    assert high * flaw == close(known[f"upper{ending}"])


@pytest.mark.parametrize(("confidence", "ending"), LEVELS)
@pytest.mark.parametrize("area", ["big", "dummy", "small", "tiny"])
def test_rates_of_repeated_events_give_the_answers_of_public_health_england(
    vector, area, confidence, ending
):
    area = f"testdata_nonind_{area}"
    known = vector("phe_dsr_expected").query("area == @area").iloc[0]
    of = ("count", "pop", "f1", "f2", "f3", "f4")
    total, bases, *people = table(vector("phe_dsr_nonindependent_inputs"), area, *of)
    counts, variance = repeated_events(np.nan_to_num(np.column_stack(people)), [1, 2, 3, 4])
    assert counts.tolist() == total.tolist()
    assert counts.sum() == known["total_count"]
    ours = directly_standardised(counts, bases, confidence=confidence, variance=variance)
    theirs = [known[name] for name in ("value", f"lower{ending}", f"upper{ending}")]
    assert [float(part) for part in ours] == pytest.approx(
        theirs, rel=0, abs=DECIMALS_8, nan_ok=True
    )


@pytest.mark.parametrize(("confidence", "ending"), LEVELS)
@pytest.mark.parametrize("area", ["testdata_big", "testdata_small", "testdata_tiny"])
def test_indirect_ratios_and_rates_give_the_answers_of_public_health_england(
    vector, area, confidence, ending
):
    known = vector("phe_isr_expected").query("area == @area")
    assert len(known) == 4
    counts, bases = table(vector("phe_isr_inputs"), area, "count", "pop")
    reference = vector("phe_isr_reference")
    # the office reads a missing count as none and a missing base as nobody; we read neither so
    seen, people = np.nansum(counts), np.nan_to_num(bases)
    unread = indirectly_standardised(seen, bases, reference["refcount"], reference["refpop"])
    assert np.isnan(unread.expected) == np.isnan(bases).any() == (area == "testdata_tiny")
    for row in known.to_dict("records"):
        per = 1000 if row["statistic"].endswith("per 1000") else 100_000
        ours = indirectly_standardised(
            seen, people, reference["refcount"], reference["refpop"], per, confidence
        )
        assert ours.observed == row["observed"]
        assert ours.expected == close(row["expected"])
        limits = [row["value"], row[f"lower{ending}"], row[f"upper{ending}"]]
        if "rate" in row["statistic"]:
            assert ours.reference_rate == close(row["ref_rate"])
            assert [ours.rate, ours.rate_lower, ours.rate_upper] == close(limits)
        else:
            scale = 100 if row["statistic"].endswith("x 1") else 1
            theirs = [scale * part for part in limits]
            assert [ours.ratio, ours.ratio_lower, ours.ratio_upper] == close(theirs)


def test_the_areas_inputs_carry_the_reference_of_its_own_table(vector):
    reference = vector("phe_isr_reference")
    for area in ("testdata_big", "testdata_small"):
        counts, people = table(vector("phe_isr_inputs"), area, "refcount", "refpop")
        assert counts.tolist() == reference["refcount"].tolist()
        assert people.tolist() == reference["refpop"].tolist()


def test_an_age_without_people_expects_nothing_and_changes_nothing_else(vector):
    """Area1 is testdata_big with nobody aged 5 to 9, Area2 is testdata_small."""
    known = vector("phe_isr_expected").query("area in ('Area1', 'Area2')")
    rates, ratios = known.iloc[:2], known.iloc[2:]
    reference = vector("phe_isr_reference")
    inputs = vector("phe_isr_inputs")
    both = [table(inputs, area, "count", "pop") for area in ("testdata_big", "testdata_small")]
    bases = np.array([area[1] for area in both])
    bases[0, AGE_BANDS.index("5-9")] = 0
    ours = indirectly_standardised(
        [area[0].sum() for area in both], bases, reference["refcount"], reference["refpop"]
    )
    assert ours.expected == close(rates["expected"].to_numpy())
    for theirs, name in ((rates, "rate"), (ratios, "ratio")):
        assert getattr(ours, name) == close(theirs["value"].to_numpy())
        assert getattr(ours, f"{name}_lower") == close(theirs["lower95_0cl"].to_numpy())
        assert getattr(ours, f"{name}_upper") == close(theirs["upper95_0cl"].to_numpy())


def test_a_direct_rate_by_hand():
    # 10 of 100 and 30 of 200, weights 3 : 1 -> 0.75 x 0.10 + 0.25 x 0.15 = 0.1125
    value, _, _ = directly_standardised([10, 30], [100, 200], [3, 1], per=1)
    assert value == close(0.1125)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1])
@pytest.mark.parametrize("where", [0, 1])
def test_a_band_that_cannot_be_leaves_only_its_area_blank(bad, where):
    inputs = [np.full((2, 19), 20.0), np.full((2, 19), 500.0)]
    inputs[where][1, 3] = bad
    value, low, high = directly_standardised(*inputs)
    assert np.isnan([value[1], low[1], high[1]]).all()
    assert value[0] == close(4000)


def test_a_base_of_0_leaves_a_direct_rate_blank_where_the_band_has_a_weight():
    counts, bases = np.full(19, 20.0), np.full(19, 500.0)
    bases[5] = 0
    for count in (0, 20):
        counts[5] = count
        assert np.isnan(directly_standardised(counts, bases)).all()
    weights = np.array(ESP2013)
    weights[5] = 0
    assert directly_standardised(counts, bases, weights)[0] == close(4000)


@pytest.mark.parametrize("standard", [[1, -1], [0, 0], [1, np.nan]])
def test_a_standard_that_cannot_be_is_refused(standard):
    with pytest.raises(ValueError, match="standard population"):
        directly_standardised([10, 10], [100, 100], standard)


def test_missing_repeated_events_are_missing():
    counts, variance = repeated_events([[3, 1], [3, np.nan]], [1, 2])
    assert counts == close(np.array([5, np.nan]))
    assert variance == close(np.array([7, np.nan]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1])
def test_nothing_is_expected_of_bases_that_cannot_be(bad):
    expected = expected_events([[100, 50], [100, bad]], [10, 10], [100, 100])
    assert expected == close(np.array([15, np.nan]))


def test_a_reference_without_people_matters_only_where_people_are():
    ours = indirectly_standardised([3, 3], [[100, 0], [100, 1]], [10, 0], [100, 0])
    assert ours.expected == close(np.array([10, np.nan]))
    assert ours.ratio == close(np.array([30, np.nan]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1])
def test_events_that_cannot_be_have_no_ratio(bad):
    ours = indirectly_standardised([bad, 5], [[100], [100]], [10], [100])
    assert ours.ratio == close(np.array([np.nan, 50]))
    assert ours.rate == close(np.array([np.nan, 5000]))
    assert np.isnan([ours.ratio_lower[0], ours.rate_upper[0]]).all()


def test_nothing_expected_is_no_ratio():
    ours = indirectly_standardised([3, 0], [[0, 0], [0, 0]], [10, 10], [100, 100])
    assert ours.expected.tolist() == [0, 0]
    assert np.isnan([ours.ratio, ours.ratio_lower, ours.ratio_upper, ours.rate]).all()


@given(bands, bands)
def test_a_direct_rate_lies_inside_its_limits_and_among_its_own_rates(counts, bases):
    value, low, high = directly_standardised(counts, bases, per=1)
    _, far_low, far_high = directly_standardised(counts, bases, per=1, confidence=0.998)
    assert (far_low < low).all() and (low < value).all()
    assert (value < high).all() and (high < far_high).all()
    rates = counts / bases
    assert (rates.min(axis=-1) <= value * (1 + 1e-12)).all()
    assert (value <= rates.max(axis=-1) * (1 + 1e-12)).all()


@given(bands, bands)
def test_limits_of_a_direct_rate_shrink_as_events_and_people_grow(counts, bases):
    _, low, high = directly_standardised(counts, bases)
    _, nearer_low, nearer_high = directly_standardised(4 * counts, 4 * bases)
    assert (nearer_high - nearer_low < high - low).all()


@given(bands)
def test_an_area_with_the_ages_of_the_standard_keeps_its_crude_rate(counts):
    value, low, high = directly_standardised(counts, np.array(ESP2013))
    total = counts.sum(axis=-1)
    assert value == close(total)
    assert np.array([low, high]) == close(np.array(count_limits(total)))


@given(bands, bands, bands)
def test_the_reference_itself_has_a_ratio_of_100(counts, bases, others):
    reference, people = counts[0], bases[0]
    ours = indirectly_standardised(reference.sum(), people, reference, people)
    assert ours.ratio == close(100)
    assert ours.rate == close(ours.reference_rate)
    shared = indirectly_standardised(others[1].sum(), bases[1], reference, people)
    assert shared.ratio_lower < shared.ratio < shared.ratio_upper
