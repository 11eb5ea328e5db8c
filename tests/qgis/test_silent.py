"""Figures that would be wrong without a word: each is refused, asked about, or said."""

from __future__ import annotations

import json

import pytest
from seldom_heard.taxonomies.catalogue import find

from .helpers import lsoas, make_areas, refused, run, write_csv

CODES = lsoas(6)
GROUPS = [find("census2021_ts021").column(g).label for g in find("census2021_ts021").groups]
MSOAS = ["E02001509", "E02001510"]


def ask(name, areas, *tables, **more):
    return refused(name, INPUT=areas, TABLES=list(tables), OUTPUT="memory:", **more)


def made(name, areas, *tables, **more):
    return run(name, INPUT=areas, TABLES=list(tables), OUTPUT="memory:", **more)


# --- editions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["IMD_score"]])
def test_an_older_edition_is_known_by_its_codes(tmp_path, more):
    rows = [["E01007318", 6700, *([16.1] if more else [])]]
    table = write_csv(tmp_path / "t.csv", rows, ["lsoa11_code", "IMD_rank", *more])
    outcome = made("profiledeprivation", make_areas(["E01007318"], "LSOA11CD"), table)
    row = outcome.by_code("LSOA11CD")["E01007318"]
    assert (row["dep_imd_decile"], row["dep_core20"]) == (3, 0)  # ceil(10 x 6,700 / 32,844)
    assert "2019" in outcome.log.text


def test_an_edition_that_nothing_tells_is_a_question(tmp_path):
    table = write_csv(tmp_path / "t.csv", [[c, 6700] for c in CODES], ["code", "IMD_rank"])
    message = ask("profiledeprivation", make_areas(CODES), table)
    assert "iod2019" in message and "iod2025" in message and "profilecustom" in message


# --- counts or percentages --------------------------------------------------------------------


def test_whole_figures_that_add_up_to_100_are_a_question(tmp_path):
    four = ["E08000016", "E08000017", "E08000018", "E08000019"]
    rows = [[c, 1, 1, 2, 94, 2] for c in four]
    table = write_csv(tmp_path / "t.csv", rows, ["code", *GROUPS])
    areas = make_areas(four, "LAD24CD")
    assert "counts or percentages" in ask("profileethnicity", areas, table)
    as_counts = write_csv(tmp_path / "n.csv", [[*r, 100] for r in rows], ["code", *GROUPS, "Total"])
    assert made("profileethnicity", areas, as_counts).rows()[0]["eth_white_n"] == 94
    headings = ["code", *(f"{name} %" for name in GROUPS)]
    as_shares = made("profileethnicity", areas, write_csv(tmp_path / "p.csv", rows, headings))
    assert as_shares.rows()[0]["eth_white_pct"] == pytest.approx(94)
    assert "eth_white_n" not in as_shares.rows()[0]
    long = [[c, name, n] for c, *values in rows for name, n in zip(GROUPS, values)]
    table = write_csv(tmp_path / "l.csv", long, ["code", "ethnic group", "value"])
    assert "counts or percentages" in ask("profileethnicity", areas, table)


def test_percentages_are_never_protected(tmp_path):
    rows = [[c, 0.1, 0.1, 0.2, 99.3, 0.3, 9000] for c in CODES]
    headings = ["code", *(f"{name} %" for name in GROUPS), "Total"]
    table = write_csv(tmp_path / "t.csv", rows, headings)
    for rule in ("nhs", "ons10"):
        message = ask("profileethnicity", make_areas(CODES), table, SUPPRESSION=rule)
        assert "percentages" in message and rule in message


# --- detail without its total -----------------------------------------------------------------


def long_detail(rows):
    return [[m, name, n] for m in MSOAS for name, n in rows]


def test_detail_without_a_total_has_no_shares(tmp_path):
    headings = ["msoa21_code", "Ethnic group (detailed)", "Observation"]
    some = [("White: Roma", 500), ("Black, Black British: Somali", 500)]
    areas = make_areas(MSOAS, "MSOA21CD")
    table = write_csv(tmp_path / "some.csv", long_detail(some), headings)
    assert "some.csv" in ask("profileethnicity", areas, table)
    whole = [*some, ("White", 8000), ("Total: All usual residents", 10_000)]
    table = write_csv(tmp_path / "whole.csv", long_detail(whole), headings)
    row = made("profileethnicity", areas, table).rows()[0]
    assert row["eth_detail_total"] == 10_000 and row["eth_detail_roma_pct"] == pytest.approx(5)


def test_a_whole_download_of_the_detail_makes_its_own_total(tmp_path):
    headings = ["msoa21_code", "Ethnic group (288 categories)", "Observation"]
    others = [(f"Other: people {n}", 1) for n in range(285)]
    rows = [*others, ("White: Roma", 15), ("Black: Somali", 200), ("Does not apply", 0)]
    table = write_csv(tmp_path / "t.csv", long_detail(rows), headings)
    outcome = made("profileethnicity", make_areas(MSOAS, "MSOA21CD"), table)
    assert outcome.rows()[0]["eth_detail_total"] == 500
    assert outcome.rows()[0]["eth_detail_roma_pct"] == pytest.approx(3)
    assert "sum of all categories" in outcome.log.text


def test_fractions_in_the_place_of_detailed_counts_are_a_question(tmp_path):
    before = "Ethnic group (detailed): "
    headings = ["code", before + "Total: All usual residents", before + "White: Roma"]
    table = write_csv(tmp_path / "t.csv", [[m, 8000, 0.5] for m in MSOAS], headings)
    assert "fractions" in ask("profileethnicity", make_areas(MSOAS, "MSOA21CD"), table)


# --- rows added up ----------------------------------------------------------------------------

CUSTOM = [
    *("LSOA Code", "LSOA", "Ethnic group (6 categories) Code", "Ethnic group (6 categories)"),
    *("Sex (2 categories) Code", "Sex (2 categories)", "Observation"),
]


def custom(sexes=("Female", "Male"), codes=CODES[:3]):
    return [
        [code, code, at, name, number, sex, 10 * at + 3]
        for code in codes
        for at, name in enumerate(GROUPS)
        for number, sex in enumerate(sexes)
    ]


def test_parts_of_a_custom_dataset_are_added_up_and_it_is_said(tmp_path):
    areas = make_areas(CODES[:3])
    outcome = made("profileethnicity", areas, write_csv(tmp_path / "t.csv", custom(), CUSTOM))
    assert outcome.rows()[0]["eth_black_n"] == 2 * 13
    assert "added up over 'Sex (2 categories)'" in outcome.log.text


def test_totals_among_the_parts_are_refused(tmp_path):
    rows = custom(("Female", "Male", "All persons"))
    message = ask(
        "profileethnicity", make_areas(CODES[:3]), write_csv(tmp_path / "t.csv", rows, CUSTOM)
    )
    assert "Sex (2 categories)" in message and "All persons" in message


def test_a_file_appended_to_itself_is_refused(tmp_path):
    table = write_csv(tmp_path / "t.csv", custom() * 2, CUSTOM)
    assert CODES[0] in ask("profileethnicity", make_areas(CODES[:3]), table)


def test_a_lost_row_makes_the_figure_missing_not_smaller(tmp_path):
    rows = custom()
    del rows[3]
    outcome = made(
        "profileethnicity", make_areas(CODES[:3]), write_csv(tmp_path / "t.csv", rows, CUSTOM)
    )
    first = outcome.by_code("LSOA21CD")[CODES[0]]
    assert first["eth_black_n"] is None and first["eth_total"] is None
    assert "NULL, not 0" in outcome.log.text


def test_a_heading_lost_from_a_sum_is_named(tmp_path):
    own = write_csv(tmp_path / "ages.csv", [["0-4", "Young"], ["5-9", "Young"], ["10+", "Older"]])
    table = write_csv(tmp_path / "t.csv", [[c, 10, 80] for c in CODES], ["code", "0-4", "10+"])
    assert "5-9" in ask("profilecustom", make_areas(CODES), table, TAXONOMY=own)
    long = [[c, name, 7] for c in CODES for name in ("0-4", "5-9", "10+")][:-2]
    table = write_csv(tmp_path / "l.csv", long, ["code", "age", "n"])
    rows = made("profilecustom", make_areas(CODES), table, TAXONOMY=own).by_code("LSOA21CD")
    assert rows[CODES[0]]["ages_young_n"] == 14
    assert rows[CODES[5]]["ages_young_n"] is None


def test_a_part_above_its_whole_is_refused(tmp_path):
    taxonomy = find("census2021_ts021")
    asian = [taxonomy.column(n).label for n in taxonomy.children("asian")]
    rows = [[c, 50, 10, 20, 900, 20, 5, 500, 10, 10, 20] for c in CODES]
    table = write_csv(tmp_path / "t.csv", rows, ["code", *GROUPS, *asian])
    assert "'Asian'" in ask("profileethnicity", make_areas(CODES), table)


# --- output areas -----------------------------------------------------------------------------


def oa_table(path, codes, again=()):
    return write_csv(path, [[c, 10, 20, 30, 400, 50] for c in [*codes, *again]], ["code", *GROUPS])


def test_an_output_area_in_two_areas_or_twice_in_a_table_is_refused(tmp_path):
    oas = ["E00000001", "E00000002", "E00000003"]
    areas = make_areas(CODES[:2])
    pairs = [[oas[0], CODES[0]], [oas[1], CODES[1]], [oas[2], CODES[1]]]
    lookup = write_csv(tmp_path / "lookup.csv", pairs, ["OA21CD", "LSOA21CD"])
    table = oa_table(tmp_path / "t.csv", oas)
    assert made("profileethnicity", areas, table, lookup).rows()[1]["eth_white_n"] == 800
    twice = oa_table(tmp_path / "twice.csv", oas, again=[oas[1]])
    assert oas[1] in ask("profileethnicity", areas, twice, lookup)
    double = write_csv(
        tmp_path / "double.csv", [*pairs, [oas[0], CODES[1]]], ["OA21CD", "LSOA21CD"]
    )
    assert oas[0] in ask("profileethnicity", areas, table, double)
    assert "OA21CD" in ask("profileethnicity", areas, table)  # what would solve it


def test_lookups_of_several_districts_are_used_together(tmp_path):
    oas = ["E00000001", "E00000002"]
    lookups = [
        write_csv(tmp_path / f"{at}.csv", [[oa, code]], ["OA21CD", "LSOA21CD"])
        for at, (oa, code) in enumerate(zip(oas, CODES))
    ]
    table = oa_table(tmp_path / "t.csv", oas)
    rows = made("profileethnicity", make_areas(CODES[:2]), table, *lookups).rows()
    assert [row["eth_white_n"] for row in rows] == [400, 400]


# --- people who did not say -------------------------------------------------------------------


def test_nhs_categories_are_shares_of_those_who_said(tmp_path):
    codes = list("ABCDEFGHJKLMNPRS")
    values = [800, 20, 10, *[10] * 13]
    rows = [[c, *values, 30, 10] for c in CODES]
    table = write_csv(tmp_path / "t.csv", rows, ["area", *codes, "Z", "99"])
    row = made("profileethnicity", make_areas(CODES), table, LEVEL="category").rows()[0]
    white = row["eth_white_british_pct"] + row["eth_white_irish_pct"] + row["eth_other_white_pct"]
    assert row["eth_white_pct"] == pytest.approx(white)
    assert row["eth_minority_pct"] == pytest.approx(100 - row["eth_white_british_pct"])
    assert row["eth_not_known_pct"] == pytest.approx(100 * 40 / 1000)


# --- own crosswalks and names -----------------------------------------------------------------


def ours(**more):
    return {
        **{"id": "our_groups", "dimension": "ours", "prefix": "ours", "kind": "composition"},
        **{"title": "Ours", "publisher": "A council", "edition": "2025", "base": "answers"},
        "attribution": "A council",
        "total": {"id": "total", "label": "All", "field": "total", "title": "All"},
        "categories": [{"id": n, "label": f"Group {n}"} for n in ("one", "two", "three")],
        "indicators": [],
        **more,
    }


def told(categories):
    return {"crosswalks": [{"to": "ethnic_groups_5", "categories": categories, "loses": []}]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (told({"one": "asain", "two": "white", "three": "white"}), "crosswalks[0].categories.one"),
        ({"prefix": "lang"}, "prefix"),
        ({"id": "census2021_ts021"}, "id"),
    ],
)
def test_own_files_that_would_pass_for_something_else_are_refused(tmp_path, change, said):
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(ours(**change)))
    headings = ["code", "Group one", "Group two", "Group three"]
    table = write_csv(tmp_path / "t.csv", [[c, 1, 2, 7] for c in CODES], headings)
    message = ask(
        "profilecustom", make_areas(CODES), table, TAXONOMY=path, CATEGORIES="ethnic_groups_5"
    )
    assert said in message


def test_what_a_crosswalk_leaves_out_is_said(tmp_path):
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(ours(**told({"one": "asian", "two": "white"}))))
    headings = ["code", "Group one", "Group two", "Group three"]
    table = write_csv(tmp_path / "t.csv", [[c, 1, 2, 7] for c in CODES], headings)
    outcome = made(
        "profilecustom", make_areas(CODES), table, TAXONOMY=path, CATEGORIES="ethnic_groups_5"
    )
    assert "Left out" in outcome.log.text and "Group three" in outcome.log.text


# --- small counts and what people wrote -------------------------------------------------------


def test_raw_counts_on_the_areas_go_though_their_table_is_no_whole_one(tmp_path):
    areas = make_areas(
        CODES,
        White=[400] * 6,
        **{GROUPS[0]: [3] * 6, "Total": [460] * 6, "All usual residents": [460] * 6},
    )
    table = write_csv(
        tmp_path / "t.csv", [[c, 3, 20, 30, 400, 7] for c in CODES], ["code", *GROUPS]
    )
    outcome = made("profileethnicity", areas, table, SUPPRESSION="nhs")
    names = {f.name() for f in outcome.layer.fields()}
    assert not names & {"White", GROUPS[0], "Total", "All usual residents"}
    assert outcome.rows()[0]["eth_asian_n"] is None


@pytest.mark.parametrize("cell", ["S1 2HE", "joe.bloggs@nhs.net", "she asked for a home visit"])
def test_what_stands_in_a_cell_is_not_quoted(tmp_path, cell):
    rows = [[c, 3, 20, 30, 400, 7] for c in CODES]
    rows[2][3] = cell
    message = ask(
        "profileethnicity",
        make_areas(CODES),
        write_csv(tmp_path / "t.csv", rows, ["code", *GROUPS]),
    )
    assert cell not in message and "t.csv" in message and "row 4" in message


# --- published prevalence ---------------------------------------------------------------------

PROFILE = ["Area Code", "Indicator Name", "Time period", "Value", "Count", "Denominator"]


def prevalence(tmp_path, *rows):
    table = write_csv(tmp_path / "p.csv", rows, PROFILE)
    return make_areas(MSOAS[:1], "MSOA21CD"), table


def test_another_indicator_that_begins_alike_is_not_the_register(tmp_path):
    areas, table = prevalence(
        tmp_path,
        [MSOAS[0], "Dementia: QOF prevalence (all ages)", "2022/23", 0.8, 80, 10_000],
        [
            MSOAS[0],
            "Dementia (aged under 65 years) as a proportion of total dementia (all ages) per 100",
            "2023/24",
            3.4,
            34,
            1000,
        ],
    )
    row = made("profileprevalence", areas, table).rows()[0]
    assert row["prev_dem_pct"] == pytest.approx(0.8)


def test_a_rate_per_thousand_is_refused(tmp_path):
    areas, table = prevalence(
        tmp_path, [MSOAS[0], "Diabetes: QOF prevalence", "2022/23", 71, 710, 10_000]
    )
    assert "row 2" in ask("profileprevalence", areas, table)


def test_the_unit_is_found_for_each_register_and_periods_are_told_apart(tmp_path):
    areas, table = prevalence(
        tmp_path,
        [MSOAS[0], "Diabetes: QOF prevalence", "September 2021", 7.1, 710, 10_000],
        [MSOAS[0], "Diabetes: QOF prevalence", "March 2024", 7.5, 750, 10_000],
        [MSOAS[0], "Atrial fibrillation: QOF prevalence", "2022/23", 0.02, 200, 10_000],
    )
    row = made("profileprevalence", areas, table).rows()[0]
    assert row["prev_dm_pct"] == pytest.approx(7.5)
    assert row["prev_af_pct"] == pytest.approx(2.0)


def test_areas_of_others_and_odd_years_do_not_decide(tmp_path):
    name = "Diabetes: QOF prevalence"
    rows = [[m, name, "2021/22", 7.0, 700, 10_000] for m in MSOAS]
    rows += [["E92000001", name, "2022/23", 8.0, 800, 10_000]]  # England, a year ahead
    rows += [[MSOAS[0], name, "2012/13", 500, 10, 10_000]]  # odd, and not used
    table = write_csv(tmp_path / "p.csv", rows, PROFILE)
    outcome = made("profileprevalence", make_areas(MSOAS, "MSOA21CD"), table)
    assert [row["prev_dm_pct"] for row in outcome.rows()] == [pytest.approx(7.0)] * 2


@pytest.mark.parametrize(("value", "count", "base"), [(4.0, 10, 300), (7, 74, 1000)])
def test_rounded_counts_and_rounded_shares_are_no_contradiction(tmp_path, value, count, base):
    areas, table = prevalence(
        tmp_path, [MSOAS[0], "Diabetes: QOF prevalence", "2022/23", value, count, base]
    )
    assert made("profileprevalence", areas, table).rows()[0]["prev_dm_pct"] == value


def test_nhs_percentages_beside_another_total_are_a_question(tmp_path):
    taxonomy = find("nhs_2001")
    leaves = [n for n in taxonomy.leaves if n not in taxonomy.optional]
    labels = [taxonomy.column(n).label for n in leaves]
    values = [82, 1, 3, *[1] * 12, 2]
    assert sum(values) == 100 and len(values) == len(labels)
    rows = [[c, *values, 1500] for c in CODES]
    whole = write_csv(tmp_path / "t.csv", rows, ["code", *labels, "Total"])
    assert "counts or percentages" in ask("profileethnicity", make_areas(CODES), whole)
    headings = ["code", *(f"{label} %" for label in labels)]
    shares = write_csv(tmp_path / "p.csv", [row[:-1] for row in rows], headings)
    row = made("profileethnicity", make_areas(CODES), shares).rows()[0]
    assert row["eth_white_pct"] == pytest.approx(86)


def test_rows_of_small_areas_with_the_larger_one_beside_them_are_those_of_the_small(tmp_path):
    """ONS census maps name the parent area too; its codes repeat."""
    oas = ["E00000001", "E00000002", "E00000003"]
    rows = [[oa, CODES[at // 2], 10, 20, 30, 400, 50] for at, oa in enumerate(oas)]
    table = write_csv(tmp_path / "t.csv", rows, ["Geography code", "Parent area code", *GROUPS])
    areas = make_areas(CODES[:2])
    assert "OA21CD" in ask("profileethnicity", areas, table)
    pairs = [[oa, CODES[at // 2]] for at, oa in enumerate(oas)]
    lookup = write_csv(tmp_path / "lookup.csv", pairs, ["OA21CD", "LSOA21CD"])
    found = made("profileethnicity", areas, table, lookup).rows()
    assert [row["eth_white_n"] for row in found] == [800, 400]


@pytest.mark.parametrize(("edition", "tenth"), [("2019", None), ("2025", 1)])
def test_bands_are_not_made_of_fewer_areas_than_bands(tmp_path, edition, tenth):
    """Of fewer areas none could be in the first tenth: unless the nation's cut points are known."""
    taxonomy = find(f"iod{edition}")
    columns = [c for c in taxonomy.columns if c.id.endswith("_rank")]
    heading = taxonomy.raw["marks"][0]  # LSOA code and its year
    table = write_csv(
        tmp_path / "t.csv",
        [[CODES[0], *[5] * len(columns)]],
        [heading, *(c.label for c in columns)],
    )
    row = made("profiledeprivation", make_areas(CODES[:1]), table).rows()[0]
    assert row["dep_imd_decile"] == 1 and row["dep_exhealth_score"] is not None
    assert row.get("dep_exhealth_decile") == tenth


def test_welsh_tenths_end_where_the_publisher_ends_them(tmp_path):
    ranks = [1, 190, 191, 192, 382, 383, 573, 574, 955, 956, 1909]
    codes = [f"W0100{n:04}" for n in range(101, 101 + len(ranks))]
    rows = [[code, rank] for code, rank in zip(codes, ranks)]
    table = write_csv(tmp_path / "t.csv", rows, ["LSOA code (2011)", "WIMD 2019"])
    found = made("profiledeprivation", make_areas(codes, "LSOA11CD"), table).by_code("LSOA11CD")
    tenths = [found[c]["dep_imd_decile"] for c in codes]
    assert tenths == [1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 10]


def test_authorities_under_old_codes_in_a_lookup(tmp_path):
    oas = ["E00000001", "E00000002"]
    lookup = write_csv(
        tmp_path / "l.csv", [[oas[0], "E08000019"], [oas[1], "E08000016"]], ["OA21CD", "LAD22CD"]
    )
    areas = make_areas(["E08000039", "E08000038"], "LAD25CD")
    found = made("profileethnicity", areas, oa_table(tmp_path / "t.csv", oas), lookup).rows()
    assert [row["eth_white_n"] for row in found] == [400, 400]


def test_an_easting_is_no_ethnic_code(tmp_path):
    areas = make_areas(CODES, E=[435_000] * 6, N=[387_000] * 6)
    table = write_csv(
        tmp_path / "t.csv", [[c, 30, 20, 30, 400, 70] for c in CODES], ["code", *GROUPS]
    )
    row = made("profileethnicity", areas, table, SUPPRESSION="nhs").rows()[0]
    assert (row["E"], row["N"]) == (435_000, 387_000)


def test_categories_that_begin_with_all_are_no_totals(tmp_path):
    rows = [
        [code, code, at, name, number, household, 10 * at + 3]
        for code in CODES[:3]
        for at, name in enumerate(GROUPS)
        for number, household in enumerate(["All other household types", "One-person household"])
    ]
    headings = [*CUSTOM[:4], "Household Code", "Household", "Observation"]
    table = write_csv(tmp_path / "t.csv", rows, headings)
    outcome = made("profileethnicity", make_areas(CODES[:3]), table)
    assert outcome.rows()[0]["eth_black_n"] == 26
