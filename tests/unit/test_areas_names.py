"""Codes of areas give away their level, and some their vintage."""

from __future__ import annotations

import pandas as pd
import pytest
from seldom_heard.taxonomies.areas import code_in, level_of, levels, vintage_of

LOOKUPS = "lookups/LSOA11_LSOA21_LAD22_EW_exact.csv.gz"


@pytest.fixture(scope="module")
def lsoas(data):
    return pd.read_csv(data / LOOKUPS, encoding="utf-8-sig", dtype=str)


@pytest.fixture(scope="module")
def msoas(data):
    return pd.read_csv(
        data / "lookups/MSOA11_MSOA21_LAD22_EW.csv.gz", encoding="utf-8-sig", dtype=str
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E01007434", "E01007434"),
        ("E01007434 : Barnsley 001A", "E01007434"),
        ("Barnsley 001A (E01007434)", "E01007434"),
        (" e01007434 ", "E01007434"),
        ("\ufeffE01007434", "E01007434"),
        ("W01000003", "W01000003"),
        ("S01006506", "S01006506"),
        ("95AA01S1", "95AA01S1"),
        ("N20000001", "N20000001"),
        ("E00037085", "E00037085"),
        ("E02001509", "E02001509"),
        ("E05000977", "E05000977"),
        ("Barnsley 001A", None),
        ("", None),
        ("E0100743", None),
        ("E010074341", None),
        ("XE01007434", None),
        ("C85001", None),
        ("E85001", None),
        ("NO2011", None),
        ("S10 5PL", None),
        ("1007434", None),
        ("95AA     ", None),
        ("01JUL2022", None),
    ],
)
def test_code_in_a_text(text, code):
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("table", "column", "name", "plural"),
    [
        (LOOKUPS, "LSOA11CD", "LSOA", "LSOAs"),
        (LOOKUPS, "LSOA21CD", "LSOA", "LSOAs"),
        ("lookups/MSOA11_MSOA21_LAD22_EW.csv.gz", "MSOA21CD", "MSOA", "MSOAs"),
        ("lookups/OA21_LSOA21_SouthYorkshire.csv", "OA21CD", "output area", "output areas"),
        ("lookups/LSOA21_WD24_LAD24_EW_bestfit.csv.gz", "ward24_code", "ward", "wards"),
        ("lookups/LSOA21_WD24_LAD24_EW_bestfit.csv.gz", "ltla24_code", None, None),
    ],
)
def test_real_codes_are_codes_of_one_level(data, table, column, name, plural):
    codes = pd.read_csv(data / table, encoding="utf-8-sig", dtype=str)[column].dropna()
    assert len(codes) > 800
    assert (codes.map(code_in) == codes).all()
    if name is None:  # authorities: several levels, so only that they are no small areas
        assert level_of(codes) is None or "OA" not in level_of(codes).name
        return
    assert {level_of([code]).name for code in codes.unique()} == {name}
    assert level_of(codes).plural == plural


def test_level_is_that_of_most_codes():
    assert level_of(["E01000001", "E01000002", "E02000001"]).name == "LSOA"


@pytest.mark.parametrize("codes", [[], ["Barnsley", "Sheffield"], ["C85001"]])
def test_unknown_codes_have_no_level(codes):
    assert level_of(codes) is None


@pytest.mark.parametrize(
    ("code", "country"),
    [("E01000001", "England"), ("W01000003", "Wales"), ("S01006506", "Scotland")],
)
def test_level_names_its_country(code, country):
    assert level_of([code]).country == country


@pytest.mark.parametrize(
    ("table", "old", "new"), [("lsoas", "LSOA11CD", "LSOA21CD"), ("msoas", "MSOA11CD", "MSOA21CD")]
)
@pytest.mark.parametrize("country", ["E", "W"])
def test_highest_code_of_2011_divides_all_real_codes(request, table, old, new, country):
    """Every code made for 2021 is told from those of 2011, and none of 2011 is taken for it."""
    lookup = request.getfixturevalue(table)
    before = {code for code in lookup[old] if code[0] == country}
    after = {code for code in lookup[new] if code[0] == country}
    assert min(len(before), len(after)) > 400
    assert levels()[next(iter(before))[:3]].last_2011 == int(max(before)[1:])
    assert vintage_of(before) is None
    made = after - before
    assert len(made) >= 5
    assert {code for code in made if vintage_of([code]) != 2021} == set()


def test_one_new_code_among_many_makes_them_2021(lsoas):
    new = sorted(set(lsoas["LSOA21CD"]) - set(lsoas["LSOA11CD"]))
    assert vintage_of([*lsoas["LSOA11CD"].head(1000), new[0]]) == 2021


def test_new_codes_outweigh_the_hint():
    assert vintage_of(["E01033769"], "LSOA11CD") == 2021


@pytest.mark.parametrize(
    ("hint", "vintage"),
    [
        ("LSOA11CD", 2011),
        ("lsoa11cd", 2011),
        ("LSOA21CD", 2021),
        ("lsoa21_code", 2021),
        ("MSOA11CD", 2011),
        ("OA21CD", 2021),
        ("LSOA code (2011)", 2011),
        ("LSOA code (2021)", 2021),
        ("2021 super output area - lower layer", 2021),
        ("geography code", None),
        ("code", None),
        ("", None),
        ("LSOA119", None),
    ],
)
def test_hint_tells_where_codes_do_not(hint, vintage):
    assert vintage_of(["E01007317", "E01007318"], hint) == vintage


def test_codes_that_are_no_codes_tell_nothing():
    assert vintage_of(["", "E01", "Barnsley", "E0100X317", "95AA01S1"]) is None
