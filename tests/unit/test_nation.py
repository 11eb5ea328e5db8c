"""Figures of nations beside an area's: held against published counts, none where in doubt."""

from __future__ import annotations

import copy
import csv
import gzip
import json
import math
from fractions import Fraction
from statistics import median

import pandas as pd
import pytest
from seldom_heard.taxonomies.catalogue import HOME, catalogue, find
from seldom_heard.taxonomies.errors import TaxonomyError
from seldom_heard.taxonomies.explain import as_markdown, page
from seldom_heard.taxonomies.model import parse
from seldom_heard.taxonomies.nation import National, figures_of, nation_of, national_figures

EVERY = [(t, field, one) for t in catalogue() for field, its in figures_of(t) for one in its]
CENSUS = {"ts011": "TS011_hh_deprivation", "ts021": "TS021_ethnic6", "ts007a": "TS007A_age5yr"}
NOISE = 0.001  # per cent that the publisher's changes to small counts leave in the sum of all areas
# of one list, so that the list can be told from their shares
ALL_AGES = ["CAN", "PC", "AF", "CHD", "HF", "HYP", "PAD", "STIA", "COPD", "DEM", "LD", "MH"]
ADULTS = ["CKD", "NDH", "OB", "DEP", "EP"]


def name(identifier: str) -> str:
    return find(identifier).name


def of(identifier: str, nation: str = "England", year: str = "") -> dict[str, float]:
    """Return the figures that stand beside those of one taxonomy."""
    taxonomy = find(identifier)
    figures = national_figures(taxonomy.fields(), {taxonomy.name}, nation, year)
    return {field: one.value for field, one in figures.items()}


# --- against published counts


def share(part: float, whole: float, noise: float = 1e-9) -> float:
    return pytest.approx(100 * part / whole, abs=0.005 + noise)


def test_english_of_the_nation_is_that_of_its_published_row():
    # Nomis, table TS024 of Census 2021, England: usual residents aged 3 and over, and those of
    # them whose main language is English
    everyone, english = 54_686_087, 49_652_172
    ours = of("census2021_ts029")
    assert ours["lang_main_english_pct"] == share(english, everyone)
    assert ours["lang_main_other_pct"] == share(everyone - english, everyone)
    assert of("census2021_ts024")["lang_speaks_other_pct"] == share(everyone - english, everyone)
    # could speak English well or very well, beside it (ONS, Language, England and Wales: Census
    # 2021, gives 7.1 % for both nations): what is left of the other languages cannot
    assert 1.7 < ours["lang_low_english_pct"] < 9.21 - 7.1


@pytest.mark.parametrize(
    ("nation", "none", "households"),
    # Nomis, table TS045 of Census 2021: households without a car or van, and all of them
    [("England", 5_516_098, 23_436_085), ("Wales", 261_859, 1_347_114)],
)
def test_households_without_a_car_are_those_of_the_published_row(nation, none, households):
    assert of("census2021_ts045", nation)["barrier_hh_no_car_pct"] == share(none, households)


def test_disabled_residents_are_between_those_published_for_women_and_men():
    # ONS, Disability by age, sex and deprivation, 2021: 18.7 % of females and 16.5 % of males in
    # England, 22.3 % and 19.8 % in Wales, adjusted for age, which moves them by half a point
    for nation, men, women in (("England", 16.5, 18.7), ("Wales", 19.8, 22.3)):
        ours = of("census2021_ts038", nation)
        assert men < ours["barrier_disabled_pct"] < women
        assert 0 < ours["barrier_disabled_lot_pct"] < ours["barrier_disabled_pct"] / 2


@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_parts_of_a_nation_make_the_whole(nation):
    ethnic = of("census2021_ts021", nation)
    groups = [ethnic[f"eth_{group}_pct"] for group in ("asian", "black", "mixed", "white", "other")]
    assert sum(groups) == pytest.approx(100, abs=0.026)
    assert ethnic["eth_minority_excl_white_pct"] == pytest.approx(100 - groups[3], abs=0.011)
    assert ethnic["eth_minority_pct"] > ethnic["eth_minority_excl_white_pct"]
    squares = sum((group / 100) ** 2 for group in groups)
    assert ethnic["eth_diversity"] == pytest.approx(1 - squares, abs=0.001)
    language = of("census2021_ts029", nation)
    main, other = language["lang_main_english_pct"], language["lang_main_other_pct"]
    assert main + other == pytest.approx(100, abs=0.011)
    low = language["lang_low_english_of_other_pct"] * other / 100
    assert language["lang_low_english_pct"] == pytest.approx(low, abs=0.01)


def counted(data, table: str, nation: str) -> pd.Series:
    """Return the sums of a published table over the areas of a nation."""
    path = next((data / "census2021").glob(f"{CENSUS[table]}_LSOA21_*_EnglandWales.csv.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    head = next(row for row in rows if row[0].startswith("2021 super output area"))
    keep = [i for i, heading in enumerate(head) if i and heading not in ("%", "mnemonic")]
    key = head.index("mnemonic") if "mnemonic" in head else 0
    first = nation[0] + "01"
    areas = [row for row in rows if len(row) == len(head) and row[key].startswith(first)]
    assert len(areas) == {"England": 33_755, "Wales": 1_917}[nation]
    return pd.Series({head[i]: sum(float(row[i]) for row in areas) for i in keep})


@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_national_households_and_groups_are_the_sums_of_all_areas(data, nation):
    counts = counted(data, "ts011", nation)
    ours = of("census2021_ts011", nation)
    none, one = (counts.filter(like=words).sum() for words in ("not deprived", "in one dim"))
    whole = counts.iloc[0]
    assert ours["dep_hh_any_pct"] == share(whole - none, whole, NOISE)
    assert ours["dep_hh_two_pct"] == share(whole - none - one, whole, NOISE)
    counts = counted(data, "ts021", nation)
    ours = of("census2021_ts021", nation)
    starts = {"asian": "Asian", "black": "Black", "mixed": "Mixed", "white": "White"}
    for group, start in (starts | {"other": "Other"}).items():
        part = counts[[heading for heading in counts.index if heading.startswith(start)]].sum()
        assert ours[f"eth_{group}_pct"] == share(part, counts.iloc[0], NOISE)


@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_national_ages_are_the_sums_of_all_areas(data, nation):
    counts = counted(data, "ts007a", nation)
    ages, ours = counts.iloc[1:], of("census2021_ts007a", nation)
    for some, part in (
        ("aged_under_15", ages.iloc[:3]),
        ("aged_15_24", ages.iloc[3:5]),
        ("aged_65_over", ages.iloc[13:]),
        ("aged_80_over", ages.iloc[16:]),
    ):
        assert ours[f"barrier_{some}_pct"] == share(part.sum(), counts.iloc[0], NOISE)


def test_middle_of_the_index_is_that_of_all_areas(data):
    path = data / "deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz"
    scores = pd.read_csv(path, usecols=["IMD_score"])["IMD_score"]
    figures = national_figures(["dep_imd_score", "dep_exhealth_score"], {name("iod2025")})
    assert figures["dep_imd_score"].value == median(scores)
    assert all(one.middle for one in figures.values())
    made = next(i.options for i in find("iod2025").indicators if i.id == "exhealth_score")
    assert figures["dep_exhealth_score"].value == made["percentiles"]["scores"][50]


def lists_of(shares: pd.DataFrame) -> pd.Series:
    """Return the patients that shares are of: the fewest of whom all are whole numbers."""

    def one(row) -> int:
        number = 1
        for value in row[row > 0]:
            below = Fraction(value).limit_denominator(130_000).denominator
            number = number * below // math.gcd(number, below)
        return number

    return shares.apply(one, axis=1)


def test_registers_of_2021_22_are_those_of_all_practices(data):
    path = data / "health/QOF_2021-22_prevalence_by_practice_England.csv.gz"
    practices = pd.read_csv(path, index_col="OrganisationCode")
    assert len(practices) == 6470
    ours = of("qof", year="2021/22")
    for registers in (ALL_AGES, ADULTS):
        shares = practices[[f"{register}-prevalance" for register in registers]]
        patients = lists_of(shares)
        for register, column in zip(registers, shares):
            whole = 100 * (shares[column] * patients).sum() / patients.sum()
            field = f"prev_{register.lower()}_pct"
            assert ours[field] == pytest.approx(whole, abs=0.015), register


def test_registers_of_2024_25_are_the_published_sums():
    # NHS England, QOF 2024-25, PREVALENCE_2425.csv: registers and lists of 6,188 practices
    ours = of("qof", year="2024/25")
    everyone, adults, from_17 = 63_766_671, 51_293_187, 52_049_752
    assert ours["prev_copd_pct"] == share(1_207_974, everyone)
    assert ours["prev_hyp_pct"] == share(9_711_491, everyone)
    assert ours["prev_mh_pct"] == share(648_282, everyone)
    assert ours["prev_ld_pct"] == share(374_763, everyone)
    assert ours["prev_dep_pct"] == share(7_317_368, adults)
    assert ours["prev_ndh_pct"] == share(4_713_729, adults)
    assert ours["prev_ob_pct"] == share(7_119_370, adults)
    assert ours["prev_dm_pct"] == share(4_109_134, from_17)


# --- which is meant


def test_a_year_that_is_not_known_is_the_newest_unless_the_years_differ():
    figures = national_figures(find("qof").fields(), {name("qof")})
    assert figures["prev_copd_pct"].date == "2024/25"
    for changed in ("prev_ob_pct", "prev_ndh_pct", "prev_dep_pct"):  # by more than a tenth
        assert changed not in figures
        assert changed in of("qof", year="2021/22")
    assert of("qof", year="2021/22")["prev_ob_pct"] < of("qof", year="2024/25")["prev_ob_pct"]


def test_a_year_is_asked_only_of_what_has_several():
    assert of("census2021_ts045", year="2021/22") == of("census2021_ts045")


def test_editions_that_may_differ_have_no_figure_until_told_which():
    fields = ["dep_imd_score", "eth_asian_pct", "lang_low_english_pct"]
    assert set(national_figures(fields, ())) == {"lang_low_english_pct"}  # of one table alone
    assert set(national_figures(fields, {name("iod2025")})) == {"dep_imd_score"}
    assert national_figures(fields, {name("iod2019")}) == {}
    assert national_figures(fields, {name("census2011_ks201")}) == {}
    both = {name("census2011_ks201"), name("census2021_ts021")}
    assert national_figures(fields, both) == {}


def test_told_sources_that_are_no_taxonomies_bring_nothing():
    assert national_figures(["lang_low_english_pct"], {"Replies to the consultation"}) == {}


def test_two_taxonomies_that_agree_have_one_figure():
    makers = [t.id for t in catalogue() if "lang_speaks_other_pct" in t.fields()]
    assert len(makers) > 1
    assert national_figures(["lang_speaks_other_pct"], ())["lang_speaks_other_pct"].value == 9.21


def test_fields_unknown_or_without_a_figure_are_left_out():
    names = ["sh_score", "lang_low_english_n", "lang_low_english_pct_lo", "no such field"]
    assert national_figures(names, ()) == {}
    assert national_figures([], {name("qof")}) == {}


def test_a_nation_without_figures_has_none():
    assert of("census2021_ts029", "Scotland") == {}
    assert of("census2021_ts029", "") == {}
    assert of("qof", "Wales") == {}


@pytest.mark.parametrize(
    ("codes", "nation"),
    [
        (["E01007317", "E01033465"], "England"),
        (["E02001611", "E05010862"], "England"),
        (["W01000001"], "Wales"),
        (["95AA01S1"], "Northern Ireland"),
        (["E01007317", "W01000001"], ""),
        (["E01007317", "my area"], ""),
        ([], ""),
    ],
)
def test_nation_is_that_of_all_codes(codes, nation):
    assert nation_of(codes) == nation


# --- the files


def test_what_schemes_weigh_has_a_figure_of_england():
    weighed = set()
    for path in (HOME.parent / "schemes").glob("*.json"):
        for pillar in json.loads(path.read_text("utf-8")).get("pillars", ()):
            for entry in pillar["indicators"]:
                weighed |= {*entry.get("fields", ()), *entry.get("each_of", ())}
    have = {field for _, field, one in EVERY if one.area == "England"}
    assert {f for f in weighed if not f.startswith("voice_")} - have == {"dep_exhealth_score_avg"}


@pytest.mark.parametrize(("taxonomy", "field", "one"), EVERY, ids=lambda v: getattr(v, "id", None))
def test_every_figure_is_of_a_field_and_a_date_of_its_taxonomy(taxonomy, field, one):
    assert field in taxonomy.fields()
    assert one.middle == (taxonomy.kind == "ranked")
    assert one.area in one.source or taxonomy.kind in ("ranked", "register")
    if taxonomy.kind == "register":
        assert one.date.replace("/", "-") in one.source
        assert one.url.endswith(one.date.replace("/", "-"))
    else:
        assert one.date == taxonomy.raw["date"]


def test_a_figure_cannot_be_changed():
    with pytest.raises(AttributeError):
        National("England", 1.86, "2021", "a table").value = 2.0


def changed(identifier: str, change) -> dict:
    raw = copy.deepcopy(dict(find(identifier).raw))
    change(raw)
    return raw


def without_pct(raw):
    raw["indicators"][0]["statistics"] = ["n"]


def as_a_share_of_one(raw):
    raw["indicators"][0]["national"][0]["value"] = 907.9


def twice(raw):
    raw["categories"][0]["national"] *= 2


def below_nothing(raw):
    raw["categories"][0]["national"][0]["value"] = -1


def undated(raw):
    raw["indicators"][0]["national"][0]["date"] = "lately"


def nowhere(raw):
    del raw["indicators"][0]["national"][0]["url"]


@pytest.mark.parametrize(
    ("identifier", "change", "where"),
    [
        ("census2021_ts029", without_pct, "indicators[0].national"),
        ("census2021_ts029", as_a_share_of_one, "indicators[0].national[0].value"),
        ("qof", twice, "categories[0].national[2].date"),
        ("qof", below_nothing, "categories[0].national[0].value"),
        ("census2021_ts029", undated, "indicators[0].national[0].date"),
        ("census2021_ts029", nowhere, "indicators[0].national[0].url"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_its_place(identifier, change, where):
    with pytest.raises(TaxonomyError) as caught:
        parse(changed(identifier, change), "mine.json")
    assert where in str(caught.value)


def test_figures_are_on_the_page_of_their_taxonomy():
    text = as_markdown(page(find("iod2025")))
    assert "| `dep_imd_score` | England, its middle area | 17.45 | 2025 |" in text
    assert "2021-22" in as_markdown(page(find("qof")))
    assert "Figures of nations" not in as_markdown(page(find("census2011_ks201")))
