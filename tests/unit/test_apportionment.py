"""Practice registers spread over areas, worked by hand and held against real registers."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.apportionment import apportion, move, share_in_ages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "prevalence.md"

# Three practices, three areas. Patients by area:
#
#            north  middle  south  no area   all
#   hill        60      20      0       20   100
#   mill        30      90     80        0   200
#   dale         0      10     40        0    50
#
# Registers (cases of the list of that age base):
#
#            diabetes, 17 and over   dementia, all ages
#   hill          10 of 80                 2 of 100
#   mill          40 of 150                8 of 200
#   dale           5 of 40               not reported
PATIENTS = [
    ("hill", "north", 60),
    ("hill", "middle", 20),
    ("hill", None, 20),
    ("mill", "north", 30),
    ("mill", "middle", 90),
    ("mill", "south", 80),
    ("dale", "middle", 10),
    ("dale", "south", 40),
]
REGISTERS = [
    ("hill", "dm", 10, 80),
    ("mill", "dm", 40, 150),
    ("dale", "dm", 5, 40),
    ("hill", "dem", 2, 100),
    ("mill", "dem", 8, 200),
]
AREAS = ["north", "middle", "south"]
# Sheffield's 345 areas of 2011, from registers of 2021-22 and registrations of July 2022
SHEFFIELD = {"DM": (33_812, 498_734), "HYP": (79_307, 612_127), "COPD": (12_444, 612_127)}


def registrations(rows=PATIENTS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["practice", "area", "patients"])


def registers(rows=REGISTERS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["practice", "register", "cases", "list_size"])


@pytest.fixture(scope="module")
def worked():
    return apportion(registers(), registrations())


def test_cases_by_hand(worked):
    # north:  10 * 60/100 + 40 * 30/200                = 6 + 6      = 12
    # middle: 10 * 20/100 + 40 * 90/200 + 5 * 10/50    = 2 + 18 + 1 = 21
    # south:                40 * 80/200 + 5 * 40/50    = 16 + 4     = 20
    assert worked.cases["dm"].reindex(AREAS).tolist() == pytest.approx([12, 21, 20])
    # north: 2 * .6 + 8 * .15 = 2.4; middle: 2 * .2 + 8 * .45 = 4; south: 8 * .4 = 3.2
    assert worked.cases["dem"].reindex(AREAS).tolist() == pytest.approx([2.4, 4, 3.2])


def test_base_by_hand_is_the_registers_own_age_base(worked):
    # north:  80 * .6 + 150 * .15            = 48 + 22.5     = 70.5
    # middle: 80 * .2 + 150 * .45 + 40 * .2  = 16 + 67.5 + 8 = 91.5
    # south:            150 * .4  + 40 * .8  = 60 + 32       = 92
    assert worked.base["dm"].reindex(AREAS).tolist() == pytest.approx([70.5, 91.5, 92])
    # dale reported no dementia, so its list is in no base: 100 * .6 + 200 * .15 = 90 ...
    assert worked.base["dem"].reindex(AREAS).tolist() == pytest.approx([90, 110, 80])


def test_patients_and_largest_practice_by_hand(worked):
    assert worked.patients.reindex(AREAS).tolist() == [90, 120, 120]
    largest = [100 * 60 / 90, 100 * 90 / 120, 100 * 80 / 120]
    assert worked.largest_practice.reindex(AREAS).tolist() == pytest.approx(largest)


def test_every_practice_reported_something_so_coverage_is_whole(worked):
    assert worked.coverage.tolist() == [100, 100, 100]
    assert worked.without_register == []
    assert worked.without_patients == []


def test_coverage_counts_patients_of_practices_with_a_register():
    made = apportion(registers([("mill", "dm", 40, 150)]), registrations())
    # mill has 30 of 90, 90 of 120 and 80 of 120 patients
    expected = [100 * 30 / 90, 75, 100 * 80 / 120]
    assert made.coverage.reindex(AREAS).tolist() == pytest.approx(expected)
    assert sorted(made.without_register) == ["dale", "hill"]


def test_practice_without_patients_is_named_and_adds_nothing(worked):
    more = [*REGISTERS, ("gone", "dm", 99, 999)]
    made = apportion(registers(more), registrations())
    assert made.without_patients == ["gone"]
    pd.testing.assert_frame_equal(made.cases, worked.cases)


def test_area_without_any_register_is_missing_not_zero():
    made = apportion(registers([("dale", "dm", 5, 40)]), registrations())
    assert np.isnan(made.cases.loc["north", "dm"])
    assert np.isnan(made.base.loc["north", "dm"])
    assert made.coverage["north"] == 0
    assert made.cases.loc["south", "dm"] == pytest.approx(4)


@pytest.mark.parametrize("cases,size", [(np.nan, 150), (40, np.nan)])
def test_suppressed_register_counts_as_not_reported(cases, size):
    made = apportion(registers([("mill", "dm", cases, size)]), registrations())
    assert made.cases["dm"].isna().all()
    assert sorted(made.without_register) == ["dale", "hill", "mill"]


def test_practice_with_no_patients_left_gives_no_infinite_figures():
    rows = [*PATIENTS, ("empty", "north", 0)]
    made = apportion(registers([*REGISTERS, ("empty", "dm", 7, 70)]), registrations(rows))
    assert np.isfinite(made.cases.to_numpy()).all()
    assert made.cases["dm"].reindex(AREAS).tolist() == pytest.approx([12, 21, 20])


def test_area_with_no_patients_is_missing():
    made = apportion(registers(), registrations([*PATIENTS, ("hill", "moor", 0)]))
    assert made.cases.loc["moor"].isna().all()
    assert np.isnan([made.coverage["moor"], made.largest_practice["moor"]]).all()


def test_areas_stand_in_the_order_of_their_first_mention(worked):
    assert list(worked.cases.index) == AREAS
    assert list(worked.patients.index) == AREAS


def test_patients_listed_by_sex_add_up(worked):
    halves = [(p, a, n / 2) for p, a, n in PATIENTS for _ in range(2)]
    made = apportion(registers(), registrations(halves))
    pd.testing.assert_frame_equal(made.cases, worked.cases)
    pd.testing.assert_series_equal(made.largest_practice, worked.largest_practice)


@given(
    st.lists(st.integers(0, 500), min_size=12, max_size=12),
    st.lists(st.integers(0, 300), min_size=4, max_size=4),
)
def test_all_cases_are_placed_when_every_patient_has_an_area(patients, cases):
    living = [(p, a, patients[3 * p + a]) for p in range(4) for a in range(3)]
    known = [(p, "dm", cases[p], 1000) for p in range(4)]
    made = apportion(registers(known), registrations(living))
    reachable = [p for p in range(4) if sum(patients[3 * p : 3 * p + 3])]
    assert made.cases["dm"].sum() == pytest.approx(sum(cases[p] for p in reachable))
    assert made.base["dm"].sum() == pytest.approx(1000 * len(reachable))
    assert made.patients.sum() == sum(patients)


def test_cases_of_patients_without_an_area_are_left_out_in_proportion(worked):
    # a fifth of hill's patients have no area: 2 of its 10 diabetics are not placed
    assert worked.cases["dm"].sum() == pytest.approx(10 + 40 + 5 - 2)


@pytest.fixture(scope="module")
def real(data):
    cases = pd.read_csv(data / "health/PREVALENCE_2122_SouthYorkshire_RECONSTRUCTED.csv")
    living = pd.read_csv(data / "health/gp-reg-pat-prac-lsoa-all_SouthYorkshire_RECONSTRUCTED.csv")
    cases = cases.rename(
        columns={
            "PRACTICE_CODE": "practice",
            "GROUP_CODE": "register",
            "REGISTER": "cases",
            "PRACTICE_LIST_SIZE": "list_size",
        }
    )
    living = living.rename(
        columns={"PRACTICE_CODE": "practice", "LSOA_CODE": "area", "NUMBER_OF_PATIENTS": "patients"}
    )
    living["area"] = living["area"].where(~living["area"].str.startswith("NO"))
    return cases, living


@pytest.fixture(scope="module")
def sheffield(data):
    text = (data / "boundaries/lsoa11_south_yorkshire.geojson").read_text("utf-8")
    areas = [feature["properties"] for feature in json.loads(text)["features"]]
    codes = [area["LSOA11CD"] for area in areas if area["LADCD_ACTIVE"] == "E08000039"]
    assert len(codes) == 345
    return codes


@pytest.mark.parametrize("register", sorted(SHEFFIELD))
def test_sheffield_has_the_accepted_cases_and_base(real, sheffield, register):
    made = apportion(*real)
    found = (
        made.cases.loc[sheffield, register].sum().round(),
        made.base.loc[sheffield, register].sum().round(),
    )
    assert found == SHEFFIELD[register]


def test_real_registers_are_placed_whole_but_for_patients_without_an_area(real):
    cases, living = real
    made = apportion(cases, living)
    unplaced = living["area"].isna()
    assert unplaced.any()
    whole = cases.groupby("register")["cases"].sum()
    placed = made.cases.sum()
    lost = (living.loc[unplaced, "patients"].sum()) / living["patients"].sum()
    assert (placed < whole).all()
    assert ((whole - placed) / whole).max() < 3 * lost


# --- raked to the ages of the areas ---------------------------------------------------------
# Half of the north's residents are 17 or over, three quarters of the middle's, all of the south's.
AGED = pd.DataFrame({"dm": [0.5, 0.75, 1]}, index=AREAS)


@pytest.fixture(scope="module")
def raked():
    return apportion(registers(), registrations(), AGED)


def test_raked_by_hand(raked):
    # people of 17 and over, before raking: hill 60 * .5 = 30, 20 * .75 = 15, together 45, and
    # 80 of its 100 patients have a known area; mill 15, 67.5, 80, together 162.5; dale 7.5, 40
    hill = [0.8 * 30 / 45, 0.8 * 15 / 45, 0]
    mill = [15 / 162.5, 67.5 / 162.5, 80 / 162.5]
    dale = [0, 7.5 / 47.5, 40 / 47.5]
    cases = [10 * h + 40 * m + 5 * d for h, m, d in zip(hill, mill, dale)]
    base = [80 * h + 150 * m + 40 * d for h, m, d in zip(hill, mill, dale)]
    assert raked.cases["dm"].reindex(AREAS).tolist() == pytest.approx(cases)
    assert raked.base["dm"].reindex(AREAS).tolist() == pytest.approx(base)


def test_register_of_all_ages_is_not_raked(raked, worked):
    pd.testing.assert_series_equal(raked.cases["dem"], worked.cases["dem"])
    pd.testing.assert_series_equal(raked.base["dem"], worked.base["dem"])


def test_area_without_ages_keeps_its_plain_share_and_others_share_the_rest():
    made = apportion(registers(), registrations(), AGED.drop(index="south"))
    # mill: south 80 of 200 patients; the other 120 by 15 to 67.5. dale: south 40 of 50.
    assert made.cases.loc["south", "dm"] == pytest.approx(40 * 80 / 200 + 5 * 40 / 50)
    north = 10 * 0.8 * 30 / 45 + 40 * 0.6 * 15 / 82.5
    assert made.cases.loc["north", "dm"] == pytest.approx(north)
    assert made.cases["dm"].sum() == pytest.approx(53)


def test_practice_whose_areas_have_nobody_of_the_ages_is_spread_plainly(worked):
    nobody = pd.DataFrame({"dm": [0, 0, 0]}, index=AREAS)
    made = apportion(registers(), registrations(), nobody)
    pd.testing.assert_frame_equal(made.cases, worked.cases)


def test_area_with_nobody_of_the_ages_has_no_base_and_no_cases():
    aged = pd.DataFrame({"dm": [0, 0.75, 1]}, index=AREAS)
    made = apportion(registers(), registrations(), aged)
    assert made.cases.loc["north", "dm"] == made.base.loc["north", "dm"] == 0


def test_ages_may_be_of_other_areas_than_those_that_figures_are_for():
    living = registrations().assign(origin=registrations()["area"])
    living["area"] = living["area"].replace({"north": "hills", "middle": "hills"})
    made = apportion(registers(), living, AGED, "origin")
    apart = apportion(registers(), registrations(), AGED)
    together = apart.cases.loc["north", "dm"] + apart.cases.loc["middle", "dm"]
    assert made.cases.loc["hills", "dm"] == pytest.approx(together)


def test_raking_is_that_of_the_published_method():
    """The library's two steps in plain loops, for practices all of whose patients have an area."""
    people = {(p, a): n for p, a, n in PATIENTS if a}
    cases, base = dict.fromkeys(AREAS, 0.0), dict.fromkeys(AREAS, 0.0)
    for practice, _, register, size in (row for row in REGISTERS if row[1] == "dm"):
        lives = {a: n for (p, a), n in people.items() if p == practice}
        of_age = {a: n * AGED.at[a, "dm"] for a, n in lives.items()}
        scaled = {a: n * size / sum(of_age.values()) for a, n in of_age.items()}
        for area, n in scaled.items():
            base[area] += n
            cases[area] += register * n / sum(scaled.values())
    known = [row for row in PATIENTS if row[1]]
    made = apportion(registers(), registrations(known), AGED)
    assert made.cases["dm"].to_dict() == pytest.approx(cases)
    assert made.base["dm"].to_dict() == pytest.approx(base)


numbers = st.integers(0, 500)
portions = st.one_of(st.none(), st.floats(0, 1))


@st.composite
def anything(draw):
    """Four practices, three areas and nowhere; registers and ages that may be missing."""
    living = [(p, a, draw(numbers)) for p in range(4) for a in (*AREAS, None)]
    known = [
        (p, "dm", draw(st.one_of(st.none(), numbers)), draw(st.one_of(st.none(), numbers)))
        for p in range(5)
    ]
    aged = pd.DataFrame({"dm": [draw(portions) for _ in AREAS]}, index=AREAS, dtype=float)
    return registers(known), registrations(living), aged


@given(anything(), st.booleans())
def test_every_case_is_accounted_for(made_up, raking):
    cases, living, aged = made_up
    made = apportion(cases, living, aged if raking else None)
    account = made.account.loc["dm"]
    assert account["whole"] == pytest.approx(cases["cases"].sum())
    assert account[["placed", "nowhere", "unused"]].sum() == pytest.approx(account["whole"])
    assert made.cases["dm"].sum() == pytest.approx(account["placed"])


@given(anything())
def test_raking_keeps_every_total(made_up):
    cases, living, aged = made_up
    plainly, raked = apportion(cases, living), apportion(cases, living, aged)
    assert raked.cases["dm"].sum() == pytest.approx(plainly.cases["dm"].sum())
    assert raked.base["dm"].sum() == pytest.approx(plainly.base["dm"].sum())
    pd.testing.assert_frame_equal(raked.account, plainly.account)


@given(anything(), st.floats(0.01, 1))
def test_raking_to_ages_that_are_alike_changes_nothing(made_up, share):
    cases, living, _ = made_up
    alike = pd.DataFrame({"dm": [share] * 3}, index=AREAS)
    plainly, raked = apportion(cases, living), apportion(cases, living, alike)
    pd.testing.assert_frame_equal(raked.cases, plainly.cases)
    pd.testing.assert_frame_equal(raked.base, plainly.base)


def test_account_by_hand():
    more = [*REGISTERS, ("gone", "dm", 9, 90), ("mill", "ob", 7, np.nan)]
    account = apportion(registers(more), registrations()).account
    assert account.loc["dm"].tolist() == pytest.approx([64, 53, 2, 9])
    assert account.loc["dem"].tolist() == pytest.approx([10, 9.6, 0.4, 0])
    assert account.loc["ob"].tolist() == pytest.approx([7, 0, 0, 7])


def test_real_registers_are_accounted_for_to_the_last_case(real):
    made = apportion(*real)
    whole = real[0].groupby("register")["cases"].sum()
    parts = made.account[["placed", "nowhere", "unused"]].sum(axis=1)
    assert parts.to_dict() == pytest.approx(whole.to_dict(), rel=1e-12)


# --- shares of ages -------------------------------------------------------------------------
FIVES = [(0, 4), (5, 9), (10, 14), (15, 19), (20, None)]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        # 5 to 9 from 6: four of five years; 15 to 19 from 16, 17, 18: four, three, two
        ((6, None), 0.8 * 20 + 30 + 40 + 50),
        ((16, None), 0.8 * 40 + 50),
        ((17, None), 0.6 * 40 + 50),
        ((18, None), 0.4 * 40 + 50),
        ((0, None), 150),
        ((6, 16), 0.8 * 20 + 30 + 0.4 * 40),
        ((10, 14), 30),
    ],
)
def test_share_in_ages_splits_a_band_by_single_year(ages, expected):
    people = pd.DataFrame([[10, 20, 30, 40, 50]], index=["a"])
    assert share_in_ages(people, FIVES, *ages)["a"] == pytest.approx(expected / 150)


def test_share_in_ages_of_percentages_is_that_of_counts():
    people = pd.DataFrame([[10, 20, 30, 40, 50]])
    per_cent = people / 150 * 100
    assert share_in_ages(per_cent, FIVES, 17, None)[0] == pytest.approx(74 / 150)


@pytest.mark.parametrize("row", [[0, 0, 0, 0, 0], [1, np.nan, 1, 1, 1], [1, np.inf, 1, 1, 1]])
def test_share_in_ages_is_missing_where_people_are(row):
    assert np.isnan(share_in_ages(pd.DataFrame([row]), FIVES, 17, None)[0])


@pytest.mark.parametrize("ages", [(30, None), (17, 30)])
def test_share_in_ages_refuses_to_cut_an_open_band(ages):
    with pytest.raises(ValueError, match="open band from 20"):
        share_in_ages(pd.DataFrame([[1] * 5]), FIVES, *ages)


def test_share_in_ages_of_single_years_is_exact(real, data):
    """What the published total leaves when those under 17 are taken off."""
    table = pd.read_csv(data / "census2021" / "MYE2020_single_year_age_LSOA11_SouthYorkshire.csv")
    row = table.set_index("lsoa11_code").loc[["E01007317"]].drop(columns=["lsoa11_name"])
    people = row.drop(columns="total_population").astype(float)
    bands = [*((age, age) for age in range(90)), (90, None)]
    under_17 = sum(row[str(age)].iloc[0] for age in range(17))
    expected = 1 - under_17 / row["total_population"].iloc[0]
    assert share_in_ages(people, bands, 17, None).iloc[0] == pytest.approx(expected)


# --- the docs, held against published figures -----------------------------------------------


@pytest.fixture(scope="module")
def compare():
    path = ROOT / "scripts" / "compare_prevalence.py"
    spec = importlib.util.spec_from_file_location("compare_prevalence", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documented(pattern: str) -> dict[str, list[str]]:
    lines = [line for line in DOCS.read_text("utf-8").splitlines() if re.match(pattern, line)]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


def cells_of(rows: list[str]) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows]
    return {first.strip("`"): rest for first, *rest in cells}


def test_docs_give_the_differences_from_published_authorities(compare, data):
    told = documented(r"\| `\w+` \| \d+\.\d\d \(")
    made = cells_of(compare.table(data))
    assert len(told) == 18
    assert {code: [*cells[:4], cells[5]] for code, cells in told.items()} == made


def test_docs_give_the_differences_of_age_bases_in_the_same_year(compare, data):
    assert documented(r"\| \w+ \| \d+\.\d \(") == cells_of(compare.lists(data))


def test_docs_give_the_change_of_england(compare, data):
    pytest.importorskip("pyarrow", reason="no pandas here that reads Parquet")
    told = documented(r"\| `\w+` \| \d+\.\d\d \(")
    change = compare.england(data)
    assert {c: cells[4] for c, cells in told.items()} == {
        c: f"{change[c.upper()]:+.2f}" for c in told
    }


def test_differences_from_published_authorities_are_explained(compare, data):
    """All but four registers are within 0.2 points of England's change, as the docs say."""
    simple, raked, theirs = compare.compared(data)
    told = documented(r"\| `\w+` \| \d+\.\d\d \(")
    england = {code.upper(): float(cells[4]) for code, cells in told.items()}
    off = (simple - theirs).sub(pd.Series(england), axis=0).abs().max(axis=1)
    assert set(off.index[off > 0.2]) == {"AST", "CKD", "DEP", "OB"}
    assert (off <= 0.15).sum() == 13
    assert (raked - simple).abs().max().max() < 0.01


# Moving: n is split into n1 and n2, s and t are merged into m, u is unchanged.
LOOKUP = [("n", "n1", 300), ("n", "n2", 100), ("s", "m", 50), ("t", "m", 70), ("u", "u", 10)]
LIVING = [("hill", "n", 40), ("hill", "s", 5), ("mill", "t", 7), ("mill", "u", 9)]


def lookup(rows=LOOKUP) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["source", "target", "weight"])


def by_area(moved: pd.DataFrame) -> dict[str, float]:
    return moved.groupby("area")["patients"].sum().to_dict()


def test_split_area_is_shared_by_weight_and_merged_areas_are_added():
    moved, missing = move(registrations(LIVING), lookup())
    # n's 40 patients: 300 of 400 parts, and 100 of 400
    assert by_area(moved) == {"n1": 30, "n2": 10, "m": 12, "u": 9}
    assert missing == []


@pytest.mark.parametrize("weight", [np.nan, 0])
def test_split_area_without_weights_is_shared_equally(weight):
    rows = [(s, t, weight) for s, t, _ in LOOKUP]
    moved, _ = move(registrations(LIVING), lookup(rows))
    assert by_area(moved) == {"n1": 20, "n2": 20, "m": 12, "u": 9}


def test_area_that_the_lookup_lacks_keeps_its_code_and_is_named():
    moved, missing = move(registrations([*LIVING, ("mill", "z", 3)]), lookup())
    assert missing == ["z"]
    assert by_area(moved)["z"] == 3


def test_patients_without_an_area_stay_with_their_practice():
    moved, missing = move(registrations([*LIVING, ("hill", None, 4)]), lookup())
    assert missing == []
    assert moved.loc[moved["area"].isna(), "patients"].tolist() == [4]
    assert moved.groupby("practice")["patients"].sum().to_dict() == {"hill": 49, "mill": 16}


def test_moving_keeps_the_other_columns_and_leaves_its_input_alone():
    living = registrations(LIVING).assign(month="July")
    before = living.copy()
    moved, _ = move(living, lookup())
    assert list(moved.columns) == ["practice", "area", "patients", "month"]
    pd.testing.assert_frame_equal(living, before)


weights = st.one_of(st.none(), st.integers(min_value=0, max_value=1000))


@given(
    st.lists(weights, min_size=5, max_size=5), st.lists(st.integers(0, 999), min_size=4, max_size=4)
)
def test_moving_keeps_every_practices_total_whatever_the_weights(given_weights, patients):
    rows = [(s, t, w) for (s, t, _), w in zip(LOOKUP, given_weights)]
    living = [(p, a, n) for (p, a, _), n in zip(LIVING, patients)]
    moved, _ = move(registrations(living), lookup(rows))
    before = registrations(living).groupby("practice")["patients"].sum()
    after = moved.groupby("practice")["patients"].sum()
    assert after.tolist() == pytest.approx(before.tolist())


def test_moving_real_registrations_to_2021_keeps_the_total(real, data):
    _, living = real
    table = pd.read_csv(data / "lookups/LSOA11_LSOA21_population_weights_SouthYorkshire.csv")
    columns = {"LSOA11CD": "source", "LSOA21CD": "target", "TotPersons": "weight"}
    moved, missing = move(living, table.rename(columns=columns))
    assert moved["patients"].sum() == pytest.approx(living["patients"].sum())
    assert not set(missing) & set(table["LSOA11CD"])
    made = set(moved["area"].dropna()) - set(missing)
    assert len(made) == 860
    assert made <= set(table["LSOA21CD"])
