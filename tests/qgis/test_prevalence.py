"""Disease registers of practices, spread over areas: totals known from outside."""

from __future__ import annotations

import math

import pytest
from qgis.PyQt.QtCore import QVariant

from .helpers import SHEFFIELD, ethnic_csv, lsoas, make_areas, refused, run, write_csv

REGISTER_HEADS = [
    "PRACTICE_CODE",
    "GROUP_CODE",
    "REGISTER",
    "PATIENT_LIST_TYPE",
    "PRACTICE_LIST_SIZE",
]
PATIENT_HEADS = [
    "PUBLICATION",
    "EXTRACT_DATE",
    "PRACTICE_CODE",
    "PRACTICE_NAME",
    "LSOA_CODE",
    "SEX",
    "NUMBER_OF_PATIENTS",
]
TOTALS = {  # register: cases, people of its ages, per cent; over Sheffield
    "dm": (33_812, 498_734, 6.78),
    "hyp": (79_307, 612_127, 12.96),
    "copd": (12_444, 612_127, 2.03),
}


@pytest.fixture(scope="module")
def published(shared):
    data = shared / "data"
    health = data / "health"
    return {
        "registers": health / "PREVALENCE_2122_SouthYorkshire_RECONSTRUCTED.csv",
        "registrations": health / "gp-reg-pat-prac-lsoa-all_SouthYorkshire_RECONSTRUCTED.csv",
        "lookup": data / "lookups" / "LSOA11_LSOA21_population_weights_SouthYorkshire.csv",
        "lsoa11": data / "boundaries" / "lsoa11_south_yorkshire.geojson",
        "lsoa21": data / "boundaries" / "lsoa21_south_yorkshire.geojson",
    }


@pytest.fixture(scope="module")
def on_2011(published, tmp_path_factory):
    return run(
        "apportionprevalence",
        INPUT=published["lsoa11"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        OUTPUT=tmp_path_factory.mktemp("prev") / "lsoa11.gpkg",
    )


@pytest.fixture(scope="module")
def on_2021(published):
    return run(
        "apportionprevalence",
        INPUT=published["lsoa21"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        LOOKUP=published["lookup"],
        OUTPUT="memory:",
    )


def sheffield(outcome, number):
    rows = [row for row in outcome.rows() if row["LADCD_ACTIVE"] == SHEFFIELD]
    assert len(rows) == number
    return rows


def people(row, register):
    """Return the base behind a percentage; 0 where there is none."""
    share = row[f"prev_{register}_pct"]
    return 100 * row[f"prev_{register}_n"] / share if share else 0


def cases(rows, register):
    return sum(row[f"prev_{register}_n"] or 0 for row in rows)


@pytest.mark.parametrize("register", TOTALS)
def test_sheffield_on_2011_areas(on_2011, register):
    expected, base, share = TOTALS[register]
    rows = sheffield(on_2011, 345)
    found, of = cases(rows, register), sum(people(row, register) for row in rows)
    assert round(found) == expected
    assert round(of) == pytest.approx(base, abs=1)
    assert round(100 * found / of, 2) == share


@pytest.mark.parametrize("register", TOTALS)
def test_lookup_moves_to_2021_with_the_same_totals(on_2011, on_2021, register):
    before = cases(sheffield(on_2011, 345), register)
    after = cases(sheffield(on_2021, 343), register)
    assert after == pytest.approx(before, rel=1e-6)
    assert round(after) == TOTALS[register][0]


def test_lookup_says_what_it_estimates(on_2021, published):
    line = [s for s in on_2021.log.lines if "moved from" in s and published["lookup"].name in s]
    assert line and "estimate" in line[0]


def test_without_lookup_both_vintages_are_named(published, tmp_path):
    target = tmp_path / "out.gpkg"
    message = refused(
        "apportionprevalence",
        INPUT=published["lsoa21"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        OUTPUT=target,
    )
    assert published["registrations"].name in message
    assert "2011" in message and "2021" in message
    assert "LOOKUP" in message and "convertareas" in message
    assert not target.exists()


def test_wrong_table_in_registers_is_refused_by_name(published, tmp_path):
    target = tmp_path / "out.gpkg"
    message = refused(
        "apportionprevalence",
        INPUT=published["lsoa11"],
        REGISTERS=published["registrations"],
        REGISTRATIONS=published["registrations"],
        OUTPUT=target,
    )
    assert "REGISTERS" in message and published["registrations"].name in message
    assert not target.exists()


def test_census_table_in_registers_is_refused_by_name(published, tmp_path):
    table = ethnic_csv(tmp_path / "census.csv", lsoas(5))
    message = refused(
        "apportionprevalence",
        INPUT=published["lsoa11"],
        REGISTERS=table,
        REGISTRATIONS=published["registrations"],
        OUTPUT="memory:",
    )
    assert "REGISTERS" in message and "census.csv" in message and "Ethnic group" in message


@pytest.mark.parametrize("name", ["profileprevalence", "profileareas"])
def test_profiling_gives_the_same_figures(on_2011, published, name):
    other = run(
        name,
        INPUT=published["lsoa11"],
        TABLES=[published["registrations"], published["registers"]],
        OUTPUT="memory:",
    )
    mine, theirs = on_2011.by_code("LSOA11CD"), other.by_code("LSOA11CD")
    fields = [f.name() for f in on_2011.layer.fields() if f.name().startswith("prev_")]
    assert len(fields) > 40 and mine.keys() == theirs.keys()
    wrong = [
        (code, name)
        for code in mine
        for name in fields
        if mine[code][name] != pytest.approx(theirs[code][name])
    ]
    assert not wrong, wrong[:5]


def test_fields_of_the_contract(on_2011):
    have = {f.name(): f.type() for f in on_2011.layer.fields()}
    for register in ("dm", "copd", "dep", "mh", "ld", "hyp"):
        for statistic in ("pct", "pct_lo", "pct_hi"):
            assert have[f"prev_{register}_{statistic}"] == QVariant.Type.Double
        assert f"prev_{register}_n" in have
    assert have["prev_coverage_pct"] == QVariant.Type.Double
    assert have["prev_flag"] == QVariant.Type.String


def test_limits_hold_the_figure(on_2011):
    row = next(row for row in on_2011.rows() if row["prev_dm_pct"])
    assert row["prev_dm_pct_lo"] < row["prev_dm_pct"] < row["prev_dm_pct_hi"]


def test_log_counts_people_without_an_area_and_cases_placed(on_2011):
    assert "patients have no area" in on_2011.log.text
    assert "DM " in on_2011.log.text and " / " in on_2011.log.text


def test_style_and_aliases_travel(on_2011):
    from .helpers import open_layer

    fresh = open_layer(on_2011.results["OUTPUT"])
    _, loaded = fresh.loadDefaultStyle()
    assert loaded and fresh.renderer().type() == "RuleRenderer"
    alias = fresh.attributeAlias(fresh.fields().indexOf("prev_dm_pct"))
    assert "Diabetes" in alias and "aged 17 and over" in alias


# --- worked by hand ---------------------------------------------------------------------------

CODES = lsoas(3)


@pytest.fixture
def small(tmp_path):
    """Two practices and three areas, small enough for a sheet of paper.

    P1: 1,000 patients (600 in A, 400 in B), 100 with diabetes of 800 aged 17 and over.
    P2: 500 patients (all in B), 20 with diabetes of 400. C has no patients.
    """

    def make(more_registers=(), more_patients=(), registers=None, patients=None):
        cases_of = registers or [["P1", "DM", 100, "17OV", 800], ["P2", "DM", 20, "17OV", 400]]
        lists = patients or [("P1", CODES[0], 600), ("P1", CODES[1], 400), ("P2", CODES[1], 500)]
        rows = [["X", "01JUL2022", p, "NAME", area, "ALL", n] for p, area, n in lists]
        rows += list(more_patients)
        return {
            "REGISTERS": write_csv(
                tmp_path / "registers.csv", [*cases_of, *more_registers], REGISTER_HEADS
            ),
            "REGISTRATIONS": write_csv(tmp_path / "patients.csv", rows, PATIENT_HEADS),
        }

    return make


def apportion(tables, **more):
    options = {"MIN_MATCH": 0, "OUTPUT": "memory:", **more}
    return run("apportionprevalence", INPUT=make_areas(CODES), **tables, **options)


def test_by_hand(small):
    rows = apportion(small()).by_code("LSOA21CD")
    a, b, c = (rows[code] for code in CODES)
    assert a["prev_dm_n"] == pytest.approx(60) and a["prev_dm_pct"] == pytest.approx(12.5)
    # 400 of P1's 1,000 and all of P2: 40 + 20 cases of 320 + 400 people
    assert b["prev_dm_n"] == pytest.approx(60)
    assert b["prev_dm_pct"] == pytest.approx(100 * 60 / 720)
    assert c["prev_dm_n"] is None and c["prev_dm_pct"] is None
    assert c["prev_flag"] == "no figures" and c["prev_coverage_pct"] is None
    assert a["prev_flag"] == "one practice" and b["prev_flag"] is None
    assert a["prev_coverage_pct"] == b["prev_coverage_pct"] == pytest.approx(100)


def test_practice_without_register_lowers_the_coverage(small):
    extra = [["X", "01JUL2022", "P9", "NAME", CODES[0], "ALL", 400]]
    out = apportion(small(more_patients=extra))
    row = out.by_code("LSOA21CD")[CODES[0]]
    assert row["prev_coverage_pct"] == pytest.approx(60)
    assert row["prev_flag"] == "low coverage"
    assert "P9" in out.log.text


def test_patients_without_an_area_stay_in_their_practice(small):
    """1,000 more of P1 nowhere: A holds 600 of 2,000, so 30 cases."""
    extra = [["X", "01JUL2022", "P1", "NAME", "NO2011", "ALL", 1000]]
    row = apportion(small(more_patients=extra)).by_code("LSOA21CD")[CODES[0]]
    assert row["prev_dm_n"] == pytest.approx(30)
    assert row["prev_dm_pct"] == pytest.approx(12.5)


def test_suppression_hides_small_counts(small):
    few = [["P1", "DM", 10, "17OV", 800], ["P2", "DM", 4, "17OV", 400]]
    rows = apportion(small(registers=few), SUPPRESSION="nhs").by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_dm_n"] is None and rows[CODES[0]]["prev_dm_pct"] is None
    assert math.isclose(rows[CODES[1]]["prev_dm_n"] % 5, 0)


def test_register_twice_names_practice_register_and_row(small):
    tables = small(more_registers=[["P1", "DM", 101, "17OV", 800]])
    message = refused("apportionprevalence", INPUT=make_areas(CODES), **tables, OUTPUT="memory:")
    assert "registers.csv" in message and "P1 DM" in message and "row 4" in message


def test_register_that_is_not_known_is_left_out_and_said(small):
    out = apportion(small(more_registers=[["P1", "ZZZ", 5, "TOTAL", 1000]]))
    assert "ZZZ" in out.log.text
    assert not [f.name() for f in out.layer.fields() if "zzz" in f.name()]


def test_patients_twice_names_the_row(small):
    extra = [["X", "01AUG2022", "P1", "NAME", CODES[0], "ALL", 601]]
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES),
        **small(more_patients=extra),
        OUTPUT="memory:",
    )
    assert "patients.csv" in message and "row 5" in message and CODES[0] in message


def test_odd_text_in_a_count_names_row_and_column(small):
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES),
        **small(more_registers=[["P1", "COPD", "many", "TOTAL", 1000]]),
        OUTPUT="memory:",
    )
    for part in ("registers.csv", "row 4", "REGISTER", "many"):
        assert part in message


def test_suppressed_count_is_null_not_zero(small):
    marked = [["P1", "DM", "*", "17OV", 800], ["P2", "DM", 20, "17OV", 400]]
    rows = apportion(small(registers=marked)).by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_dm_n"] is None, "its only practice is suppressed"
    assert rows[CODES[0]]["prev_dm_pct"] is None


def test_practice_with_an_empty_list(small):
    empty = [["P1", "DM", 0, "17OV", 0], ["P2", "DM", 20, "17OV", 400]]
    rows = apportion(small(registers=empty)).by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_dm_pct"] is None


def test_one_of_two_tables_is_refused(small, tmp_path):
    tables = small()
    for only in tables.values():
        message = refused(
            "profileprevalence", INPUT=make_areas(CODES), TABLES=[only], OUTPUT="memory:"
        )
        assert "two tables" in message and "PREVALENCE" in message and "gp-reg-pat" in message
