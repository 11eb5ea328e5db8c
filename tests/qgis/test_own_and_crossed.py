"""Taxonomies of one's own, categories told in others, and indices made of several tables."""

from __future__ import annotations

import json

import pytest
from seldom_heard.taxonomies.catalogue import find

from .helpers import SAMPLE, algorithm, lsoas, make_areas, open_layer, refused, run, write_csv

CODES = lsoas(6)
FAITH = [
    ["heading", "category"],
    ["Religion: Total: All usual residents", "total"],
    ["Religion: No religion", "No religion"],
    ["Religion: Christian", "Christian"],
    ["Religion: Muslim", "Muslim"],
    *([f"Religion: {name}", "Other religions"] for name in ("Buddhist", "Hindu", "Jewish", "Sikh")),
    ["Religion: Other religion", "Other religions"],
    ["Religion: Not answered", "Not answered"],
]


def headings_of(identifier, prefix=True):
    """Return ids and headings of the finest categories, as a Nomis bulk file has them."""
    taxonomy = find(identifier)
    before = f"{taxonomy.raw['heading_prefix']}: " if prefix else ""
    return {name: before + taxonomy.column(name).label for name in taxonomy.leaves}


def counts_table(path, identifier, rows):
    """Write counts of the finest categories, no row equal to another, and return them by id."""
    names = headings_of(identifier)
    written = {
        code: {name: 7 + 3 * at + 11 * number for at, name in enumerate(names)}
        for number, code in enumerate(rows)
    }
    table = [["2021", code, code, *counts.values()] for code, counts in written.items()]
    write_csv(path, table, ["date", "geography", "geography code", *names.values()])
    return path, written


def by_code(outcome):
    return outcome.by_code("LSOA21CD")


# --- categories told in others ----------------------------------------------------------------


def test_categories_of_2021_told_as_those_of_the_nhs(tmp_path):
    table, counts = counts_table(tmp_path / "t.csv", "census2021_ts021", CODES)
    outcome = run(
        "profileethnicity",
        INPUT=make_areas(CODES),
        TABLES=[table],
        CATEGORIES="nhs_2001",
        LEVEL="category",
        OUTPUT="memory:",
    )
    for code, row in by_code(outcome).items():
        own = counts[code]
        white = sum(own[n] for n in ("white_british", "white_irish", "gypsy_or_irish_traveller"))
        white += own["roma"] + own["other_white"]
        assert row["eth_total"] == sum(own.values())
        assert row["eth_white_n"] == white
        # NHS codes call Chinese 'Other'; told as the census does, they are Asian
        assert row["eth_asian_n"] == sum(
            own[n] for n in ("bangladeshi", "chinese", "indian", "pakistani", "other_asian")
        )
        assert row["eth_other_n"] == own["arab"] + own["any_other"]
        five = sum(row[f"eth_{g}_n"] for g in ("asian", "black", "mixed", "white", "other"))
        assert five == row["eth_total"]
    names = {f.name() for f in outcome.layer.fields()}
    assert not names & {"eth_roma_n", "eth_arab_n", "eth_gypsy_or_irish_traveller_n"}
    assert "Gypsy" in outcome.log.text and "told as NHS" in outcome.log.text


def test_categories_of_2011_told_as_those_of_2021_do_not_invent_roma(tmp_path):
    table, counts = counts_table(tmp_path / "t.csv", "census2011_ks201", CODES)
    outcome = run(
        "profileethnicity",
        INPUT=make_areas(CODES),
        TABLES=[table],
        CATEGORIES="census2021_ts021",
        LEVEL="category",
        OUTPUT="memory:",
    )
    row = by_code(outcome)[CODES[3]]
    assert row["eth_pakistani_n"] == counts[CODES[3]]["pakistani"]
    assert "eth_roma_n" not in row and "eth_other_white_n" not in row
    assert row["eth_white_n"] == sum(
        counts[CODES[3]][n]
        for n in ("white_british", "white_irish", "gypsy_or_irish_traveller", "other_white")
    )
    assert "Roma" in outcome.log.text


def test_five_groups_alone_are_told_as_groups_and_no_category_is_invented(tmp_path):
    groups = find("census2021_ts021").groups
    labels = [find("census2021_ts021").column(g).label for g in groups]
    rows = [[c, 5, 4, 3, 20, 1 + at] for at, c in enumerate(CODES)]
    table = write_csv(tmp_path / "t.csv", rows, ["code", *labels])
    for other in ("census2011_ks201", "ethnic_groups_5", "nhs_2001"):
        outcome = run(
            "profileethnicity",
            INPUT=make_areas(CODES),
            TABLES=[table],
            CATEGORIES=other,
            LEVEL="category",
            OUTPUT="memory:",
        )
        row = by_code(outcome)[CODES[5]]
        assert [row[f"eth_{g}_n"] for g in groups] == [5, 4, 3, 20, 6]
        assert "eth_white_british_n" not in row
        assert ("left out" in outcome.log.text) == (other != "ethnic_groups_5")


def test_groups_the_census_writes_in_full_are_added_up_over_their_headings(tmp_path):
    """TS022 has one people under several groups: 'Asian: Afghan' and 'Other: Afghan'."""
    before = "Ethnic group (detailed): "
    asian = "Asian, Asian British or Asian Welsh"
    headings = [
        before + "Total: All usual residents",
        f"{before}{asian}: Afghan",
        f"{before}Other ethnic group: Afghan",
        f"{before}Black, Black British, Black Welsh, Caribbean or African: Somali",
        f"{before}White: Roma",
        f"{before}White: Polish",
    ]
    msoas = ["E02001509", "E02001510"]
    rows = [[msoas[0], 1000, 10, 5, 40, 2, 8], [msoas[1], 2000, 0, 1, 0, 20, 9]]
    table = write_csv(tmp_path / "t.csv", rows, ["geography code", *headings])
    outcome = run(
        "profileethnicity", INPUT=make_areas(msoas, "MSOA21CD"), TABLES=[table], OUTPUT="memory:"
    )
    first = outcome.by_code("MSOA21CD")[msoas[0]]
    assert first["eth_detail_afghan_n"] == 15
    assert first["eth_detail_somali_pct"] == pytest.approx(4.0)
    assert first["eth_detail_total"] == 1000
    assert "eth_white_n" not in first


# --- Townsend ---------------------------------------------------------------------------------


def test_townsend_is_made_of_four_census_tables(tmp_path):
    import numpy as np

    tables, counts = [], {}
    for identifier in (
        "census2021_ts066",
        "census2021_ts052",
        "census2021_ts045",
        "census2021_ts054",
    ):
        table, counts[identifier] = counts_table(tmp_path / f"{identifier}.csv", identifier, CODES)
        tables.append(table)
    outcome = run("profiledeprivation", INPUT=make_areas(CODES), TABLES=tables, OUTPUT="memory:")
    z = np.zeros(len(CODES))
    for variable in find("townsend_2021").raw["variables"]:
        taxonomy = find(variable["taxonomy"])

        def count(names, code, taxonomy=taxonomy):
            own = counts[taxonomy.id][code]
            leaves = (
                own
                if names == ["total"]
                else {leaf: n for leaf, n in own.items() if _under(taxonomy, leaf) & set(names)}
            )
            return sum(leaves.values())

        share = [
            100 * count(variable["numerator"], c) / count(variable.get("over", ["total"]), c)
            for c in CODES
        ]
        x = np.log1p(share) if variable.get("transform") else np.array(share)
        z += (x - x.mean()) / x.std(ddof=1)
    found = [by_code(outcome)[c]["dep_townsend_score"] for c in CODES]
    assert found == pytest.approx(list(z))
    assert "Townsend" in outcome.log.text
    assert "barrier_hh_no_car_pct" not in by_code(outcome)[CODES[0]]  # not asked for


def _under(taxonomy, leaf):
    """Return a category and all the groups it is in."""
    found, at = set(), leaf
    while at:
        found.add(at)
        at = taxonomy.column(at).parent
    return found


# --- other nations ----------------------------------------------------------------------------


def test_welsh_ranks_are_known_by_their_codes(tmp_path):
    codes = [f"W0100{n:04}" for n in range(101, 107)]
    taxonomy = find("wimd2019")
    needed = sorted(taxonomy.shapes[0].required[0])
    labels = [taxonomy.column(name).label for name in needed]
    rows = [[code, *([1 + 200 * at] * len(needed))] for at, code in enumerate(codes)]
    table = write_csv(tmp_path / "t.csv", rows, ["LSOA code", *labels])
    outcome = run(
        "profiledeprivation", INPUT=make_areas(codes, "LSOA11CD"), TABLES=[table], OUTPUT="memory:"
    )
    found = outcome.by_code("LSOA11CD")
    assert [found[c]["dep_imd_rank"] for c in codes] == [1, 201, 401, 601, 801, 1001]
    assert found[codes[5]]["dep_imd_decile"] == 6  # ceil(10 x 1001 / 1909)
    assert "dep_core20" not in found[codes[0]]  # the lowest fifth of England


def test_scores_given_for_ranks_are_refused(tmp_path):
    codes = [f"W0100{n:04}" for n in range(101, 107)]
    taxonomy = find("wimd2019")
    needed = sorted(taxonomy.shapes[0].required[0])
    labels = [taxonomy.column(name).label for name in needed]
    table = write_csv(
        tmp_path / "t.csv", [[c, *([33.3] * len(needed))] for c in codes], ["LSOA code", *labels]
    )
    message = refused(
        "profiledeprivation", INPUT=make_areas(codes, "LSOA11CD"), TABLES=[table], OUTPUT="memory:"
    )
    assert "33.3" in message and "ranks" in message


# --- one's own --------------------------------------------------------------------------------


@pytest.fixture
def faith(tmp_path):
    names = [row[0] for row in FAITH[1:]]
    rows = [[c, 100 + at, 40 + at, 30, 10, 1, 2, 3, 4, 5, 5] for at, c in enumerate(CODES)]
    table = write_csv(tmp_path / "religion.csv", rows, ["geography code", *names])
    return table, write_csv(tmp_path / "faith.csv", FAITH)


def test_a_list_of_headings_and_categories_is_a_taxonomy(faith, tmp_path):
    table, described = faith
    out = tmp_path / "out.gpkg"
    outcome = run(
        "profilecustom", INPUT=make_areas(CODES), TABLES=[table], TAXONOMY=described, OUTPUT=out
    )
    row = by_code(outcome)[CODES[2]]
    assert row["faith_total"] == 102
    assert row["faith_other_religions_n"] == 1 + 2 + 3 + 4 + 5
    assert row["faith_other_religions_pct"] == pytest.approx(100 * 15 / 102)
    assert row["faith_other_religions_pct_lo"] < row["faith_other_religions_pct"]
    alias = outcome.layer.fields().field("faith_muslim_pct").alias()
    assert alias.startswith("Muslim")
    assert open_layer(out).renderer().type() == "RuleRenderer"  # its own style came with the file


def test_a_taxonomy_in_json_works_as_a_shipped_one(faith, tmp_path):
    table, _ = faith
    data = {
        **{"id": "belief_2021", "dimension": "belief", "prefix": "belief", "kind": "composition"},
        **{"title": "Belief", "publisher": "A council", "edition": "2021", "base": "residents"},
        "attribution": "A council",
        "heading_prefix": "Religion",
        "total": {
            "id": "total",
            "label": "Total: All usual residents",
            "field": "total",
            "title": "All",
        },
        "categories": [
            {"id": "none", "label": "No religion"},
            {
                "id": "some",
                "label": "Christian",
                "sum": True,
                "also": ["Muslim", "Buddhist", "Hindu", "Jewish", "Sikh", "Other religion"],
            },
            {"id": "not_answered", "label": "Not answered"},
        ],
        "indicators": [
            {
                "id": "none",
                "title": "No religion",
                "numerator": ["none"],
                "barrier": "none",
                "over": ["none", "some"],
                "statistics": ["n", "pct"],
            },
            {"id": "largest", "title": "Largest", "measure": "largest", "barrier": "none"},
        ],
    }
    path = tmp_path / "belief.json"
    path.write_text(json.dumps(data))
    outcome = run(
        "profilecustom", INPUT=make_areas(CODES), TABLES=[table], TAXONOMY=path, OUTPUT="memory:"
    )
    row = by_code(outcome)[CODES[1]]
    assert row["belief_none_n"] == 41
    assert row["belief_none_pct"] == pytest.approx(100 * 41 / (41 + 30 + 10 + 15))
    assert row["belief_largest"] == "Christian"

    data["indicators"][0]["numerator"] = ["nobody"]
    path.write_text(json.dumps(data))
    message = refused(
        "profilecustom", INPUT=make_areas(CODES), TABLES=[table], TAXONOMY=path, OUTPUT="memory:"
    )
    assert "belief.json" in message and "indicators[0].numerator" in message and "nobody" in message


def test_values_of_one_category_are_added_up_in_long_form_too(faith, tmp_path):
    names = [row[0] for row in FAITH[2:]]
    rows = [[c, name, 10 + at] for c in CODES for at, name in enumerate(names)]
    table = write_csv(tmp_path / "long.csv", rows, ["geography code", "religion", "n"])
    outcome = run(
        "profilecustom",
        INPUT=make_areas(CODES),
        TABLES=[table],
        TAXONOMY=faith[1],
        OUTPUT="memory:",
    )
    row = by_code(outcome)[CODES[0]]
    assert row["faith_other_religions_n"] == 13 + 14 + 15 + 16 + 17
    assert row["faith_total"] == sum(range(10, 10 + len(names)))
    rows.append(rows[0])
    table = write_csv(tmp_path / "twice.csv", rows, ["geography code", "religion", "n"])
    message = refused(
        "profilecustom",
        INPUT=make_areas(CODES),
        TABLES=[table],
        TAXONOMY=faith[1],
        OUTPUT="memory:",
    )
    assert "twice.csv" in message and CODES[0] in message


def test_own_categories_are_told_in_standard_ones(tmp_path):
    data = {
        **{"id": "our_groups", "dimension": "ours", "prefix": "ours", "kind": "composition"},
        **{"title": "Ours", "publisher": "A council", "edition": "2025", "base": "answers"},
        "attribution": "A council",
        "total": {"id": "total", "label": "All", "field": "total", "title": "All"},
        "categories": [{"id": n, "label": f"Group {n}"} for n in ("one", "two", "three")],
        "crosswalks": [
            {
                "to": "ethnic_groups_5",
                "categories": {"one": "asian", "two": "asian", "three": "white"},
                "loses": ["Group one and group two are not told apart."],
            }
        ],
        "indicators": [],
    }
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(data))
    headings = ["code", *(f"Group {n}" for n in ("one", "two", "three"))]
    table = write_csv(tmp_path / "t.csv", [[c, 1, 2, 7] for c in CODES], headings)
    outcome = run(
        "profilecustom",
        INPUT=make_areas(CODES),
        TABLES=[table],
        TAXONOMY=path,
        CATEGORIES="ethnic_groups_5",
        OUTPUT="memory:",
    )
    row = by_code(outcome)[CODES[0]]
    assert (row["eth_asian_n"], row["eth_white_n"], row["eth_total"]) == (3, 7, 10)
    assert "not told apart" in outcome.log.text


def test_the_row_at_fault_is_named(faith, tmp_path):
    table, _ = faith
    described = write_csv(tmp_path / "faith2.csv", [*FAITH, ["Religion: Muslim", "Christian"]])
    message = refused(
        "profilecustom",
        INPUT=make_areas(CODES),
        TABLES=[table],
        TAXONOMY=described,
        OUTPUT="memory:",
    )
    assert "faith2.csv" in message and f"row {len(FAITH) + 1}" in message and "Muslim" in message


def test_a_taxonomy_that_is_not_there_is_answered_with_those_that_are(faith):
    message = refused(
        "profilecustom",
        INPUT=make_areas(CODES),
        TABLES=[faith[0]],
        TAXONOMY="ts21",
        OUTPUT="memory:",
    )
    assert "ts21" in message and "census2021_ts021" in message


def test_two_lists_that_fit_equally_well_are_a_question_and_not_a_choice(tmp_path):
    """Bare names that the census and the harmonised list both have, on areas of no known year."""
    shared = ["Bangladeshi", "Indian", "Pakistani", "African", "Caribbean", "Arab"]
    codes = ["north", "south"]
    rows = [[code, name, 10] for code in codes for name in shared]
    table = write_csv(tmp_path / "t.csv", rows, ["area", "group", "n"])
    areas = make_areas(codes, "place")
    message = refused("profileethnicity", INPUT=areas, TABLES=[table], OUTPUT="memory:")
    assert "census2021_ts021" in message and "gss_2021" in message and "profilecustom" in message


def test_answers_coded_in_a_standard_list_are_known_without_being_shown(shared, tmp_path):
    path = shared / "data" / "simulated" / "survey_responses_sheffield_SIMULATED.csv"
    report = tmp_path / "report.html"
    outcome = run(
        "checkinputs", INPUT=open_layer(SAMPLE / "areas.gpkg"), TABLES=[path], REPORT=report
    )
    said = outcome.log.text + report.read_text("utf-8")
    assert "ethnic_group" in said and "Ethnic group (TS021), Census 2021" in said
    assert "894 / 7,855" in said
    assert "S10 5PL" not in said and "Pakistani" not in said


# --- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["profileethnicity", "profilebarriers", "profilecustom"])
def test_help_leads_to_the_pages_on_taxonomies(name):
    found = algorithm(name)
    assert found.helpUrl().endswith("resources/help/taxonomies.html")
    text = found.shortHelpString()
    identifier = "census2021_ts045" if name == "profilebarriers" else "census2021_ts021"
    assert f"taxonomies.html#{identifier}" in text
