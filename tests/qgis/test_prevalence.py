"""Disease registers of practices, spread over areas: totals known from outside."""

from __future__ import annotations

import csv
import json
import math
import re

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
ACCOUNT = re.compile(r"[A-Z]+ [\d,.]+ \+ ")  # the line of the log on where all cases went
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
        "mid_2020": data / "census2021" / "MYE2020_single_year_age_LSOA11_SouthYorkshire.csv",
        "ts007a": data / "census2021" / "TS007A_age5yr_LSOA21_nomis_query_SouthYorkshire.csv",
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


@pytest.fixture(scope="module")
def raked_2011(published):
    return run(
        "apportionprevalence",
        INPUT=published["lsoa11"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        AGES=published["mid_2020"],
        OUTPUT="memory:",
    )


def accounts(outcome):
    """Return the parts, their sum and the practices' own total of each register, as logged."""
    lines = [line for line in outcome.log.lines if ACCOUNT.match(line)]
    found = {}
    for line in lines:
        name, figures = line.split(" ", 1)
        left, right = figures.split(" = ")
        parts = [float(part.replace(",", "")) for part in left.split(" + ")]
        together, whole = (float(part.replace(",", "")) for part in right.split(" / "))
        found[name.lower()] = parts, together, whole
    return found


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


def test_lookup_by_best_fit_is_refused(published, shared, tmp_path):
    message = refused(
        "apportionprevalence",
        INPUT=shared / "data" / "boundaries" / "lsoa21_south_yorkshire.geojson",
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        LOOKUP=shared / "data" / "lookups" / "LSOA11_LSOA21_LAD22_EW_bestfit.csv.gz",
        OUTPUT=tmp_path / "out.gpkg",
    )
    assert "best fit" in message and "867 such rows" in message
    assert not (tmp_path / "out.gpkg").exists()


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
    assert accounts(on_2011)["dm"][0][0] == pytest.approx(cases(on_2011.rows(), "dm"), abs=0.1)


@pytest.mark.parametrize("name", ["on_2011", "on_2021", "raked_2011"])
def test_every_case_of_the_registers_is_accounted_for(name, request, published):
    whole = {}
    with published["registers"].open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            register = row["GROUP_CODE"].lower()
            whole[register] = whole.get(register, 0) + float(row["REGISTER"])
    told = accounts(request.getfixturevalue(name))
    assert told.keys() == whole.keys() and len(told) == 19
    for register, (parts, together, registered) in told.items():
        assert together == registered == whole[register], register
        assert sum(parts) == pytest.approx(together, abs=0.21), register  # each rounded to 0.1


def test_patients_are_told_by_where_they_live(on_2011):
    line = next(line for line in on_2011.log.lines if line.startswith("Patients: "))
    every, here, away, nowhere = (int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", line))
    assert (every, nowhere) == (1_481_813, 1478)  # of the file itself
    assert here + away + nowhere == every and here > away > 0


# --- raked to the ages of the areas -----------------------------------------------------------


@pytest.mark.parametrize("register", TOTALS)
def test_raking_keeps_the_totals_of_a_city(raked_2011, register):
    expected, _, share = TOTALS[register]
    rows = sheffield(raked_2011, 345)
    found, of = cases(rows, register), sum(people(row, register) for row in rows)
    assert found == pytest.approx(expected, rel=0.002)
    assert 100 * found / of == pytest.approx(share, abs=0.01)


def test_raking_moves_people_of_an_age_and_nothing_else(on_2011, raked_2011):
    before, after = on_2011.by_code("LSOA11CD"), raked_2011.by_code("LSOA11CD")
    same = [r for r in ("hyp", "copd", "mh", "dem", "ld", "af")]
    moved = [r for r in ("dm", "dep", "ob", "ast", "ckd", "ep", "ndh")]
    for code, row in after.items():
        for register in same:
            assert row[f"prev_{register}_n"] == before[code][f"prev_{register}_n"]
    for register in moved:
        ratios = [after[c][f"prev_{register}_n"] / before[c][f"prev_{register}_n"] for c in after]
        assert min(ratios) < 0.97 and max(ratios) > 1.03, register


def test_diabetes_goes_where_adults_are(on_2011, raked_2011, published):
    """Of the areas with the smallest share of adults most lose, of those with the largest gain."""
    with published["mid_2020"].open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    young = {
        row["lsoa11_code"]: sum(int(row[str(age)]) for age in range(17))
        / int(row["total_population"])
        for row in rows
    }
    before, after = on_2011.by_code("LSOA11CD"), raked_2011.by_code("LSOA11CD")
    order = sorted(young, key=young.get)
    gains = [after[code]["prev_dm_n"] > before[code]["prev_dm_n"] for code in order]
    assert sum(gains[:100]) > 80 and sum(gains[-100:]) < 20


@pytest.mark.parametrize(
    ("table", "words"), [("mid_2020", "before they are moved"), ("ts007a", "the patients live in")]
)
def test_ages_of_either_year_are_found(on_2021, published, table, words):
    out = run(
        "apportionprevalence",
        INPUT=published["lsoa21"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        LOOKUP=published["lookup"],
        AGES=published[table],
        OUTPUT="memory:",
    )
    assert words in next(line for line in out.log.lines if ": ages of " in line)
    assert ("15 to 19 at 17, 18" in out.log.text) == (table == "ts007a")
    mine, plain = sheffield(out, 343), sheffield(on_2021, 343)
    assert cases(mine, "dm") == pytest.approx(cases(plain, "dm"), rel=0.002)
    assert [row["prev_hyp_n"] for row in mine] == [row["prev_hyp_n"] for row in plain]
    assert not [row for row in mine if "no ages" in (row["prev_flag"] or "")]
    registered = {row["LSOA21CD"]: row["prev_registered_ratio"] for row in mine}
    assert None not in registered.values() and 50 < min(registered.values()) < 75


def test_ages_of_another_year_are_refused_with_both_years(published):
    message = refused(
        "apportionprevalence",
        INPUT=published["lsoa11"],
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        AGES=published["ts007a"],
        OUTPUT="memory:",
    )
    for part in (published["ts007a"].name, "97.9 %", "2011", "2021", "convertareas", "MIN_MATCH"):
        assert part in message


def test_areas_with_few_registrations_are_flagged(raked_2011):
    """The library names E01033262 (students) and E01007557 (prisons); ratios by hand."""
    rows = raked_2011.by_code("LSOA11CD")
    students, prisons = rows["E01033262"], rows["E01007557"]
    assert students["prev_registered_n"] == 2928
    assert students["prev_registered_ratio"] == pytest.approx(100 * 2928 / 4082)
    assert prisons["prev_registered_ratio"] == pytest.approx(100 * 1129 / 3139)
    assert "few registrations" in students["prev_flag"]
    assert prisons["prev_flag"] in ("few registrations", "one practice; few registrations")
    flagged = [code for code, row in rows.items() if "few" in (row["prev_flag"] or "")]
    assert len(flagged) == 8
    assert "E01033262" in next(line for line in raked_2011.log.lines if "not used" in line)


def test_residents_ages_are_not_those_of_patients_where_few_are_registered(on_2011, raked_2011):
    """Most residents of E01007557 are prisoners, all adults: its patients stay as they were."""
    before = on_2011.by_code("LSOA11CD")["E01007557"]["prev_dm_n"]
    after = raked_2011.by_code("LSOA11CD")["E01007557"]["prev_dm_n"]
    assert after == pytest.approx(before)


def test_without_ages_there_is_no_word_of_residents(on_2011):
    names = [field.name() for field in on_2011.layer.fields()]
    assert not [name for name in names if name.startswith("prev_registered")]
    assert {row["prev_flag"] for row in on_2011.rows()} == {None, "one practice"}


def test_style_and_aliases_travel(on_2011):
    from .helpers import open_layer

    fresh = open_layer(on_2011.results["OUTPUT"])
    _, loaded = fresh.loadDefaultStyle()
    assert loaded and fresh.renderer().type() == "RuleRenderer"
    alias = fresh.attributeAlias(fresh.fields().indexOf("prev_dm_pct"))
    assert "Diabetes" in alias and "aged 17 and over" in alias


# --- worked by hand ---------------------------------------------------------------------------

CODES = lsoas(3)
AGE_HEADS = [
    "geography",
    "geography code",
    "Age: Total",
    "Age: Aged 4 years and under",
    *(f"Age: Aged {low} to {low + 4} years" for low in range(5, 85, 5)),
    "Age: Aged 85 years and over",
]


def ages_csv(path, young: dict[str, int], residents=1000):
    """Write people by age: some aged 4 and under, the others all aged 40 to 44."""
    rows = []
    for code, children in young.items():
        bands = [0] * 18
        bands[0], bands[8] = children, residents - children
        rows.append([f"Place {code}", code, residents, *bands])
    return write_csv(path, rows, AGE_HEADS)


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
    options = {"INPUT": make_areas(CODES), "MIN_MATCH": 0, "OUTPUT": "memory:", **more}
    return run("apportionprevalence", **tables, **options)


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


def test_raked_by_hand(small, tmp_path):
    """Half of A's residents are 4 or under, none of B's: 300 and 400 people of P1 to rake."""
    ages = ages_csv(tmp_path / "ages.csv", {CODES[0]: 350, CODES[1]: 0}, residents=700)
    rows = apportion(small(), AGES=ages).by_code("LSOA21CD")
    a, b = rows[CODES[0]], rows[CODES[1]]
    assert a["prev_dm_n"] == pytest.approx(100 * 300 / 700)
    assert people(a, "dm") == pytest.approx(800 * 300 / 700)
    assert b["prev_dm_n"] == pytest.approx(100 * 400 / 700 + 20)
    assert people(b, "dm") == pytest.approx(800 * 400 / 700 + 400)
    assert a["prev_registered_n"] == 600
    assert a["prev_registered_ratio"] == pytest.approx(100 * 600 / 700)
    assert b["prev_registered_ratio"] == pytest.approx(100 * 900 / 700), "may be above 100"


def test_the_source_of_the_ages_is_kept_with_the_figures_made_of_it(small, tmp_path):
    ages = ages_csv(tmp_path / "ages.csv", {CODES[0]: 350, CODES[1]: 0}, residents=700)
    more = [["P1", "HYP", 90, "TOTAL", 1000]]
    out = apportion(small(more_registers=more), AGES=ages, OUTPUT=tmp_path / "out.gpkg")
    kept = json.loads(out.layer.customProperty("seldom_heard/provenance"))["sources"]
    qof, census = kept
    assert "TS007A" in census["title"] and "Office for National Statistics" in census["attribution"]
    assert {"prev_dm_pct", "prev_registered_ratio"} <= set(census["fields"]) <= set(qof["fields"])
    assert "prev_hyp_pct" not in census["fields"]
    assert "residents" in qof["note"]


def test_area_without_ages_is_said_and_flagged(small, tmp_path):
    ages = ages_csv(tmp_path / "ages.csv", {CODES[1]: 0}, residents=1000)
    out = apportion(small(), AGES=ages)
    rows = out.by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_flag"] == "one practice; no ages"
    assert rows[CODES[0]]["prev_dm_n"] == pytest.approx(60), "its plain share"
    assert rows[CODES[0]]["prev_registered_n"] == 600
    assert rows[CODES[0]]["prev_registered_ratio"] is None
    assert rows[CODES[1]]["prev_flag"] is None
    assert rows[CODES[2]]["prev_flag"] == "no figures"
    line = next(line for line in out.log.lines if "areas without ages" in line)
    assert CODES[0] in line and "ages.csv" in line


def test_too_few_areas_with_ages_is_refused(small, tmp_path):
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES[:2]),
        **small(),
        AGES=ages_csv(tmp_path / "ages.csv", {CODES[1]: 0}),
        OUTPUT="memory:",
    )
    assert "ages.csv" in message and "50.0 %" in message and CODES[0] in message


def test_ages_of_other_places_are_refused(small, tmp_path):
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES[:2]),
        **small(),
        AGES=ages_csv(tmp_path / "ages.csv", {"E02001509": 5, "E02001510": 7}),
        OUTPUT="memory:",
    )
    assert "ages.csv" in message and "E02001509" in message and "MSOAs" in message


def test_table_of_other_things_is_no_table_of_ages(small, tmp_path):
    table = ethnic_csv(tmp_path / "census.csv", lsoas(5))
    message = refused(
        "apportionprevalence", INPUT=make_areas(CODES), **small(), AGES=table, OUTPUT="memory:"
    )
    assert "AGES" in message and "census.csv" in message and "Ethnic group" in message


def test_ages_that_stand_twice_are_refused(small, tmp_path):
    ages = ages_csv(tmp_path / "ages.csv", {CODES[0]: 0, CODES[1]: 0})
    lines = ages.read_text().splitlines()
    ages.write_text("\n".join([*lines, lines[-1]]))
    message = refused(
        "apportionprevalence", INPUT=make_areas(CODES[:2]), **small(), AGES=ages, OUTPUT="memory:"
    )
    assert "ages.csv" in message and CODES[1] in message


def test_ages_in_a_profile_rake_nothing(small, tmp_path):
    """Beside registers they are a table of barriers: figures do not depend on it."""
    tables = small()
    ages = ages_csv(tmp_path / "ages.csv", {code: 500 if code == CODES[0] else 0 for code in CODES})
    out = run(
        "profileareas",
        INPUT=make_areas(CODES),
        TABLES=[*tables.values(), ages],
        DIMENSIONS=["prevalence"],
        MIN_MATCH=0,
        OUTPUT="memory:",
    )
    assert out.by_code("LSOA21CD")[CODES[0]]["prev_dm_n"] == pytest.approx(60)


# --- residents, coverage and cautions ---------------------------------------------------------


def test_residents_of_a_field_tell_few_registrations(small):
    areas = make_areas(CODES, people=[1000, 1000, None])
    rows = apportion(small(), INPUT=areas, RESIDENTS_FIELD="people").by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_registered_ratio"] == pytest.approx(60)
    assert rows[CODES[0]]["prev_flag"] == "one practice; few registrations"
    assert rows[CODES[1]]["prev_registered_ratio"] == pytest.approx(90)
    assert rows[CODES[1]]["prev_flag"] is None
    assert rows[CODES[2]]["prev_registered_ratio"] is None
    assert rows[CODES[2]]["prev_flag"] == "no figures"


@pytest.mark.parametrize(
    ("people", "wanted"), [(["many", "1", "2"], "'many'"), ([-1, 2, 3], "negative")]
)
def test_residents_that_are_no_count_are_refused(small, people, wanted):
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES, people=people),
        RESIDENTS_FIELD="people",
        OUTPUT="memory:",
        **small(),
    )
    assert "people" in message and wanted in message and CODES[0] in message


def test_residents_of_a_field_go_before_those_of_ages(small, tmp_path):
    ages = ages_csv(tmp_path / "ages.csv", dict.fromkeys(CODES, 0), residents=600)
    areas = make_areas(CODES, people=[1200.0, 0.0, 5.0])
    out = apportion(small(), INPUT=areas, RESIDENTS_FIELD="people", AGES=ages)
    rows = out.by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_registered_ratio"] == pytest.approx(50)
    assert rows[CODES[1]]["prev_registered_ratio"] is None, "nobody lives there"
    assert rows[CODES[2]]["prev_flag"] == "no figures; few registrations"


def test_the_log_says_how_many_estimates_are_hidden(small):
    """P1's 7 cases of 1,000 patients: 4.2 and 2.8 people in two areas."""
    out = apportion(small(registers=[["P1", "DM", 7, "17OV", 800]]), SUPPRESSION="nhs")
    line = next(line for line in out.log.lines if line.startswith("nhs: "))
    hidden = sum(row["prev_dm_n"] is None and bool(row["prev_coverage_pct"]) for row in out.rows())
    assert hidden and line.startswith(f"nhs: {hidden} estimates below 8 hidden")
    assert f"prev_dm_n {hidden}" in line
    assert "nhs" not in apportion(small()).log.text


@pytest.mark.parametrize(
    ("codes", "rule", "told"), [(1, "nhs", False), (2, "nhs", True), (1, "none", True)]
)
def test_the_account_of_one_area_is_its_own_count_and_is_not_told(small, codes, rule, told):
    areas = make_areas(CODES[:codes])
    log = apportion(small(), INPUT=areas, SUPPRESSION=rule).log.text
    assert ("on the practices' registers" in log) == told


def test_areas_of_another_level_are_named(published, shared):
    message = refused(
        "apportionprevalence",
        INPUT=shared / "data" / "boundaries" / "msoa21_south_yorkshire.geojson",
        REGISTERS=published["registers"],
        REGISTRATIONS=published["registrations"],
        OUTPUT="memory:",
    )
    assert "by LSOAs" in message and "has MSOAs" in message and "aggregateareas" in message


def test_small_numbers_of_patients_are_hidden_too(small):
    extra = [["X", "01JUL2022", "P2", "NAME", CODES[2], "ALL", 6]]
    areas = make_areas(CODES, people=[1000, 1000, 1000])
    tables = small(more_patients=extra)
    out = apportion(tables, INPUT=areas, RESIDENTS_FIELD="people", SUPPRESSION="nhs")
    row = out.by_code("LSOA21CD")[CODES[2]]
    assert row["prev_registered_n"] is None and row["prev_registered_ratio"] is None
    assert out.by_code("LSOA21CD")[CODES[0]]["prev_registered_n"] == 600


def test_practice_of_another_place_is_told_by_its_patients(small):
    """1,000 of P9's patients, 400 of them here; it has no register in the file."""
    extra = [["X", "01JUL2022", "P9", "NAME", CODES[0], "ALL", 400]]
    extra += [["X", "01JUL2022", "P9", "NAME", "E01033262", "ALL", 600]]
    out = apportion(small(more_patients=extra))
    line = next(line for line in out.log.lines if "have no register" in line)
    assert "1,000 patients" in line and "400 of them" in line and "P9" in line


def test_practice_without_registrations_and_people_elsewhere_are_in_the_account(small):
    """P1: 100 cases, 1,000 patients here, 600 elsewhere, 400 nowhere; P8 has none."""
    extra = [["X", "01JUL2022", "P1", "NAME", "E01033262", "ALL", 600]]
    extra += [["X", "01JUL2022", "P1", "NAME", "NO2011", "ALL", 400]]
    tables = small(more_registers=[["P8", "DM", 7, "17OV", 70]], more_patients=extra)
    parts, together, whole = accounts(apportion(tables))["dm"]
    assert parts == [50 + 20, 30, 20, 7]
    assert together == whole == 127


# --- ages of the registers --------------------------------------------------------------------


def test_asthma_of_all_ages_is_said_to_be_of_earlier_years(small):
    out = apportion(small(more_registers=[["P1", "AST", 60, "TOTAL", 1000]]))
    line = next(line for line in out.log.lines if line.startswith("AST ("))
    assert "all ages" in line and "2019/20" in line and "aged 6 and over" in line
    alias = out.layer.attributeAlias(out.layer.fields().indexOf("prev_ast_pct"))
    assert "all ages" in alias and "2019/20" in alias


def test_asthma_of_later_years_needs_no_word(small):
    out = apportion(small(more_registers=[["P1", "AST", 60, "06OV", 900]]))
    assert not [line for line in out.log.lines if "2019/20" in line]
    alias = out.layer.attributeAlias(out.layer.fields().indexOf("prev_ast_pct"))
    assert "aged 6 and over" in alias and "2019/20" not in alias


def test_register_that_is_no_longer_counted_is_said(small):
    out = apportion(small(more_registers=[["P1", "CVDPP", 6, "30_74", 500]]))
    line = next(line for line in out.log.lines if line.startswith("CVDPP ("))
    assert "last counted in 2019/20" in line


def test_other_ages_than_usual_are_used_and_said(small):
    out = apportion(small(more_registers=[["P1", "OB", 60, "16OV", 820]]))
    assert "over other ages" in out.log.text and "OB" in out.log.text
    alias = out.layer.attributeAlias(out.layer.fields().indexOf("prev_ob_pct"))
    assert "aged 16 and over" in alias


def test_rows_of_two_years_are_refused(small):
    """P1 counts asthma over all ages, P2 over those of 6 and over."""
    two = [["P1", "AST", 60, "TOTAL", 1000], ["P2", "AST", 30, "06OV", 450]]
    message = refused(
        "apportionprevalence",
        INPUT=make_areas(CODES),
        **small(more_registers=two),
        OUTPUT="memory:",
    )
    for part in ("registers.csv", "row 5", "AST", "TOTAL", "06OV", "one year"):
        assert part in message


def test_ages_that_one_row_leaves_blank_are_those_of_the_others(small):
    blank = [["P1", "AST", "*", "", "*"], ["P2", "AST", 30, "06OV", 450]]
    row = apportion(small(more_registers=blank)).by_code("LSOA21CD")[CODES[1]]
    assert row["prev_ast_pct"] == pytest.approx(100 * 30 / 450)


# --- areas that were merged, cautions that exclude each other -----------------------------------


@pytest.fixture
def merged(small, tmp_path):
    """Patients of two areas of 2011, 600 and 200, that are one now; 400 where nothing changed."""
    first, second = lsoas(10)[8:]
    lists = [("P1", first, 600), ("P1", second, 200), ("P2", CODES[1], 400)]
    pairs = [[first, CODES[0]], [second, CODES[0]], [CODES[1], CODES[1]]]
    lookup = write_csv(tmp_path / "lookup.csv", pairs, ["LSOA11CD", "LSOA21CD"])
    return {**small(patients=lists), "LOOKUP": lookup}, first, second


def test_residents_are_moved_with_the_patients(merged, tmp_path):
    tables, first, second = merged
    ages = ages_csv(tmp_path / "ages.csv", {first: 350, second: 0, CODES[1]: 0}, residents=700)
    rows = apportion(tables, AGES=ages).by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_registered_ratio"] == pytest.approx(100 * 800 / 1400)
    assert rows[CODES[0]]["prev_flag"] == "one practice; few registrations"


def test_residents_of_a_merged_area_are_not_known_by_one_of_its_parts(merged, tmp_path):
    tables, first, _ = merged
    ages = ages_csv(tmp_path / "ages.csv", {first: 350, CODES[1]: 0}, residents=700)
    row = apportion(tables, AGES=ages).by_code("LSOA21CD")[CODES[0]]
    assert row["prev_registered_n"] == 800
    assert row["prev_registered_ratio"] is None and row["prev_flag"] == "one practice"


def test_practice_that_did_not_report_is_not_the_rate_of_an_area(small):
    """P9 has 9,400 of A's 10,000 patients and no register: the figures are not its own."""
    extra = [["X", "01JUL2022", "P9", "NAME", CODES[0], "ALL", 9400]]
    rows = apportion(small(more_patients=extra)).by_code("LSOA21CD")
    assert rows[CODES[0]]["prev_flag"] == "low coverage"


def test_no_figures_says_all(small, tmp_path):
    """C's patients are with P9 alone, which has no register; C has no ages either."""
    extra = [["X", "01JUL2022", "P9", "NAME", CODES[2], "ALL", 300]]
    ages = ages_csv(tmp_path / "ages.csv", {CODES[0]: 0, CODES[1]: 0}, residents=700)
    rows = apportion(small(more_patients=extra), AGES=ages).by_code("LSOA21CD")
    assert rows[CODES[2]]["prev_flag"] == "no figures"
    assert rows[CODES[2]]["prev_dm_n"] is None
