"""Who replied against who lives there, run as users run it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject

from .helpers import SAMPLE, Log, lsoas, make_areas, open_layer, refused, rows_of, run, write_csv

QUIET = {  # groups that the simulated survey made quiet
    *("pakistani", "african", "roma", "gypsy_or_irish_traveller", "arab", "bangladeshi"),
}
SURVEY = "data/simulated/survey_responses_sheffield_SIMULATED.csv"
CENSUS = "data/census2021"
PERCENT = f"{CENSUS}/TS021_ethnic19_PERCENT_LSOA21_Sheffield_Rotherham.csv"
SIX = f"{CENSUS}/TS021_ethnic6_LSOA21_nomis_query_mnemonic_SouthYorkshire.csv"
GROUPS = ["asian", "black", "mixed", "white", "other"]
LABELS = {
    "asian": "Asian, Asian British or Asian Welsh",
    "black": "Black, Black British, Black Welsh, Caribbean or African",
    "mixed": "Mixed or Multiple ethnic groups",
    "white": "White",
    "other": "Other ethnic group",
}


def by_group(outcome) -> dict[str, dict]:
    return {row["group"]: row for row in outcome.rows()}


def replies(path, values, heading="ethnic_group", **more):
    """Write replies, a row for each value; ``more`` are further columns."""
    rows = zip(values, *more.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([heading, *more])
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def sheffield(shared, tmp_path_factory):
    """The 343 areas of Sheffield alone."""
    source = open_layer(shared / "data/boundaries/lsoa21_south_yorkshire.geojson")
    codes = [r["LSOA21CD"] for r in rows_of(source) if r["LSOA21NM"].startswith("Sheffield")]
    assert len(codes) == 343
    return make_areas(codes)


@pytest.fixture
def town():
    """Three areas with profiled main groups: 600 Asian, 300 Black, 100 Mixed ... of 10,000."""
    columns = {
        "eth_total": [5000, 3000, 2000],
        "eth_asian_n": [100, 200, 300],
        "eth_black_n": [100, 100, 100],
        "eth_mixed_n": [50, 50, 0],
        "eth_white_n": [4700, 2600, 1550],
        "eth_other_n": [50, 50, 50],
    }
    return make_areas(lsoas(3), **columns)


@pytest.fixture
def answered(tmp_path):
    """1,000 replies: 30 Asian, 30 Black, 10 Mixed, 885 White, 15 Other, 30 that do not say."""
    counts = {"asian": 30, "black": 30, "mixed": 10, "white": 885, "other": 15}
    values = [LABELS[name] for name, n in counts.items() for _ in range(n)]
    return replies(tmp_path / "replies.csv", [*values, *["Prefer not to say"] * 30])


# --- the simulated survey


@pytest.fixture(scope="module")
def survey(sheffield, shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    return run(
        "representation",
        INPUT=sheffield,
        TABLES=[shared / PERCENT, shared / SIX],
        RESPONSES=shared / SURVEY,
        GROUP_FIELD="ethnic_group",
        OUTPUT=folder / "representation.csv",
        REPORT=folder / "representation.html",
    )


def test_the_groups_that_the_survey_made_quiet_are_found(survey):
    rows = survey.rows()
    under = {r["group"] for r in rows if str(r["class"]).endswith("under-represented")}
    assert under >= QUIET
    # the quietest six are these six, though areas where others live were made quiet too
    groups = [r for r in rows if r["population_n"] and r["parent"]]
    quietest = sorted(groups, key=lambda r: float(r["index"]))[:6]
    assert {r["group"] for r in quietest} == QUIET


def test_the_figures_of_the_survey(survey):
    rows = by_group(survey)
    assert len(rows) == 19 + 2
    pakistani = rows["pakistani"]
    assert int(pakistani["replies"]) == 126
    # 126 of 6,961 are 1.81 %; of residents 4.97 %
    assert float(pakistani["share_replies_pct"]) == pytest.approx(100 * 126 / 6961)
    assert float(pakistani["index"]) == pytest.approx(36.4, abs=0.05)
    assert float(pakistani["index_lo"]) == pytest.approx(30.6, abs=0.05)
    assert float(pakistani["index_hi"]) == pytest.approx(43.3, abs=0.05)
    assert int(pakistani["shortfall"]) == 221
    assert int(rows["gypsy_or_irish_traveller"]["replies"]) == 0
    assert float(rows["gypsy_or_irish_traveller"]["expected"]) == pytest.approx(4.5, abs=0.05)
    assert int(rows["(unknown)"]["replies"]) == 894
    assert int(rows["(total)"]["replies"]) == 7855
    assert survey.results["UNKNOWN"] == 894
    assert survey.results["EFFECTIVE_SIZE"] == pytest.approx(5858.65, abs=0.01)
    assert survey.results["DESIGN_EFFECT"] == pytest.approx(
        (6961) / survey.results["EFFECTIVE_SIZE"]
    )


def test_residents_of_percentages_are_those_of_the_census_but_for_rounding(survey):
    """The six groups of the census, added up over Sheffield, against sums of rounded shares."""
    rows = by_group(survey)
    people = sum(int(r["population_n"]) for r in rows.values() if r["parent"] == "Asian")
    assert people == pytest.approx(53_586, rel=0.002)
    assert "derived from published percentages" in survey.log.text


def test_the_report_of_the_survey(survey):
    page = Path(survey.results["REPORT"]).read_text(encoding="utf-8")
    assert "Who replied, against who lives here" in page
    assert "126 replies where 346 would be their share" in page
    assert "<svg" in page and "aria-label" in page
    assert "all usual residents" in page and "16 and over" in page
    assert "Source: Office for National Statistics" in page
    assert not re.search(r"\b[A-Z]{1,2}\d{1,2} ?\d[A-Z]{2}\b", page), "no postcode"
    assert "No weight can stand for them" in page


def test_neither_log_nor_table_shows_a_postcode(survey):
    text = survey.log.text + "".join(str(row) for row in survey.rows())
    assert not re.search(r"\bS\d{1,2} ?\d[A-Z]{2}\b", text, re.IGNORECASE)


def test_percentages_alone_cannot_be_added_up(sheffield, shared, tmp_path):
    text = refused(
        "representation",
        INPUT=sheffield,
        TABLES=[shared / PERCENT],
        RESPONSES=shared / SURVEY,
        OUTPUT=tmp_path / "none.csv",
    )
    assert "percentages alone" in text and "POPULATION_FIELD" in text
    assert not (tmp_path / "none.csv").exists()


def test_percentages_with_a_field_of_all_people(sheffield, shared, survey):
    codes = [row["LSOA21CD"] for row in rows_of(sheffield)]
    areas = make_areas(codes, people=[1600] * len(codes))
    found = run(
        "representation",
        INPUT=areas,
        TABLES=[shared / PERCENT],
        POPULATION_FIELD="people",
        RESPONSES=shared / SURVEY,
        OUTPUT="memory:",
    )
    rows = by_group(found)
    assert rows["(total)"]["population_n"] == pytest.approx(1600 * 343, rel=0.002)
    # every area the same size: near what their true sizes give
    assert rows["pakistani"]["index"] == pytest.approx(
        float(by_group(survey)["pakistani"]["index"]), rel=0.2
    )


# --- fields of the areas


def test_a_small_town_by_hand(town, answered):
    found = run("representation", INPUT=town, RESPONSES=answered, OUTPUT="memory:")
    rows = by_group(found)
    assert list(rows) == [*GROUPS, "(unknown)", "(total)"]
    asian = rows["asian"]
    # 970 say their group; 600 of 10,000 residents are Asian: 58.2 expected
    assert asian["population_n"] == 600 and asian["population_pct"] == 6
    assert asian["expected"] == pytest.approx(58.2)
    assert asian["share_replies_pct"] == pytest.approx(100 * 30 / 970)
    assert asian["index"] == pytest.approx(100 * (30 / 970) / 0.06)
    assert asian["share_low_pct"] == pytest.approx(3.0)  # 30 of 1,000
    assert asian["share_high_pct"] == pytest.approx(6.0)  # 60 of 1,000
    assert asian["class"] == "much under-represented" and asian["holds"] == "no"
    assert asian["shortfall"] == 29  # ceil(58.2) - 30
    assert asian["needed"] == 30  # 28.2 / 0.94 = 30.0 exactly
    assert rows["white"]["surplus"] == 885 - 859  # ceil(0.885 x 970) = ceil(858.45)
    assert rows["mixed"]["class"] == "too few to say"  # 9.7 expected
    assert rows["(unknown)"]["replies"] == 30
    assert rows["(total)"]["replies"] == 1000
    # sum of r times sum of p^2 / (r / 970): weights p / (r / R)
    shares = {"asian": 0.06, "black": 0.03, "mixed": 0.01, "white": 0.885, "other": 0.015}
    counts = {"asian": 30, "black": 30, "mixed": 10, "white": 885, "other": 15}
    size = 1 / sum(shares[g] ** 2 / counts[g] for g in GROUPS)
    assert found.results["EFFECTIVE_SIZE"] == pytest.approx(size)
    assert found.results["DESIGN_EFFECT"] == pytest.approx(970 / size)


def test_twice_the_residents_change_nothing_but_their_number(town, answered):
    once = run("representation", INPUT=town, RESPONSES=answered, OUTPUT="memory:").rows()
    names = [f for f in rows_of(town)[0] if f != "LSOA21CD"]
    double = {name: [2 * row[name] for row in rows_of(town)] for name in names}
    areas = make_areas(lsoas(3), **double)
    twice = run("representation", INPUT=areas, RESPONSES=answered, OUTPUT="memory:").rows()
    for before, after in zip(once, twice):
        left = {k: v for k, v in before.items() if k != "population_n"}
        assert {k: v for k, v in after.items() if k != "population_n"} == pytest.approx(left)


def test_only_the_selected_areas_count(town, answered):
    project = QgsProject()
    layer = project.addMapLayer(town.clone())
    layer.selectByExpression("\"LSOA21CD\" = 'E01007319'")
    found = run(
        "representation",
        project=project,
        INPUT=QgsProcessingFeatureSourceDefinition(layer.id(), True),
        RESPONSES=answered,
        OUTPUT="memory:",
    )
    assert by_group(found)["(total)"]["population_n"] == 2000
    assert by_group(found)["asian"]["population_pct"] == 15


def test_an_area_that_lacks_a_figure_is_left_out_and_said(town, answered):
    rows = rows_of(town)
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "LSOA21CD"}
    columns["eth_asian_n"][0] = None
    found = run(
        "representation",
        INPUT=make_areas(lsoas(3), **columns),
        RESPONSES=answered,
        OUTPUT="memory:",
    )
    assert by_group(found)["(total)"]["population_n"] == 5000
    assert "1 of 3 areas are not known" in found.log.text


def test_a_finer_list_of_replies_is_told_as_the_main_groups_of_the_residents(town, tmp_path):
    values = ["Pakistani"] * 20 + ["White British"] * 400 + ["African"] * 5 + ["Roma"] * 5
    file = replies(tmp_path / "fine.csv", values)
    found = run("representation", INPUT=town, RESPONSES=file, OUTPUT="memory:")
    rows = by_group(found)
    assert [rows[g]["replies"] for g in GROUPS] == [20, 5, 0, 405, 0]
    assert "main groups" in found.log.text


def test_letters_of_the_nhs_are_compared_without_loss(shared, sheffield, tmp_path):
    """Gypsy, Roma and Arab people have no letter: residents are told in the NHS list."""
    values = ["A"] * 700 + ["C"] * 30 + ["J"] * 40 + ["S"] * 5 + ["Z"] * 10
    file = replies(tmp_path / "nhs.csv", values, heading="Ethnic category")
    found = run(
        "representation",
        INPUT=sheffield,
        TABLES=[shared / PERCENT, shared / SIX],
        RESPONSES=file,
        OUTPUT="memory:",
    )
    rows = by_group(found)
    assert len(rows) == 16 + 2 and "roma" not in rows
    assert rows["other_white"]["replies"] == 30
    assert rows["(unknown)"]["replies"] == 10
    assert "Gypsy or Irish Traveller and Roma become Any other White" in found.log.text


def test_letters_told_in_the_census_leave_out_what_they_cannot_tell(shared, sheffield, tmp_path):
    values = ["A"] * 700 + ["C"] * 30 + ["J"] * 40 + ["S"] * 5 + ["Z"] * 10
    file = replies(tmp_path / "nhs.csv", values, heading="Ethnic category")
    found = run(
        "representation",
        INPUT=sheffield,
        TABLES=[shared / PERCENT, shared / SIX],
        RESPONSES=file,
        TAXONOMY="census2021_ts021",
        LEVEL="category",
        OUTPUT="memory:",
    )
    rows = by_group(found)
    assert "roma" not in rows and "arab" not in rows, "no letter tells them: 0 would be false"
    assert rows["(elsewhere)"]["replies"] == 35
    assert rows["(unknown)"]["replies"] == 10
    assert rows["(total)"]["replies"] == 785
    assert rows["white_british"]["share_replies_pct"] == pytest.approx(100 * 700 / 740)
    assert "Not compared" in found.log.text and "Roma" in found.log.text


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The invented city, profiled by ethnicity and disability in every category."""
    return run(
        "profileareas",
        INPUT=SAMPLE / "areas.gpkg",
        TABLES=[SAMPLE / "census2021-ts021-lsoa.csv", SAMPLE / "census2021-ts038-lsoa.csv"],
        DIMENSIONS=["ethnicity", "barriers"],
        LEVEL="category",
        OUTPUT=tmp_path_factory.mktemp("city") / "city.gpkg",
    ).results["OUTPUT"]


@pytest.mark.parametrize("dressed", [True, False])
def test_fields_of_one_list_are_not_taken_for_those_of_another(city, tmp_path, dressed):
    """All categories of the NHS are fields of a layer by the census, and some mean less there."""
    areas = city
    if not dressed:  # without a word on where its figures come from
        layer = open_layer(city)
        rows = rows_of(layer)
        names = [n for n in rows[0] if n.startswith("eth_") and n.endswith(("_n", "_total"))]
        columns = {name: [row[name] for row in rows] for name in names}
        areas = make_areas([row["LSOA21CD"] for row in rows], **columns)
    file = replies(tmp_path / "r.csv", ["White British"] * 90 + ["Pakistani"] * 5 + ["Roma"] * 5)
    by = {"INPUT": areas, "RESPONSES": file, "OUTPUT": "memory:", "GROUP_FIELD": "ethnic_group"}
    census = by_group(run("representation", **by))
    nhs = by_group(run("representation", TAXONOMY="nhs_2001", **by))
    together = ("other_white", "roma", "gypsy_or_irish_traveller")
    assert nhs["other_white"]["replies"] == 5
    assert nhs["other_white"]["population_n"] == sum(census[g]["population_n"] for g in together)
    assert nhs["(total)"]["population_n"] == census["(total)"]["population_n"]


# --- other taxonomies


def test_disability_and_one_more_margin(city, tmp_path):
    """A composition of the shipped ones other than ethnicity, and weights by two margins."""
    limits = ["Day-to-day activities limited a lot", "Day-to-day activities limited a little"]
    limits = [f"Disabled under the Equality Act: {text}" for text in limits]
    well = "Not disabled under the Equality Act: No long term physical or mental health conditions"
    disability = ([limits[0]] * 20 + [limits[1]] * 60 + [well] * 420) * 2
    ethnic = ["White British", "White British", "White British", "Pakistani"] * 250
    file = replies(tmp_path / "two.csv", disability, "Disability", ethnic_group=ethnic)
    found = run(
        "representation",
        INPUT=city,
        RESPONSES=file,
        GROUP_FIELD="Disability",
        RAKE_FIELDS=["ethnic_group"],
        OUTPUT="memory:",
        REPORT=tmp_path / "two.html",
    )
    rows = by_group(found)
    assert rows["limited_lot"]["replies"] == 40 and rows["limited_little"]["replies"] == 120
    assert rows["condition_not_limited"]["replies"] == 0
    assert rows["limited_lot"]["population_n"] > 0
    one = run(
        "representation",
        INPUT=city,
        RESPONSES=file,
        GROUP_FIELD="Disability",
        OUTPUT="memory:",
    )
    assert found.results["EFFECTIVE_SIZE"] < one.results["EFFECTIVE_SIZE"]
    assert "Disability, ethnic_group" in found.log.text


def test_a_survey_s_own_list(tmp_path):
    own = tmp_path / "age_of_survey.csv"
    own.write_text(
        "heading,category\nUnder 30,Under 30\n30 to 64,30 to 64\n65 and over,65 and over\n"
    )
    table = write_csv(
        tmp_path / "ages.csv",
        [[code, 400, 400, 200] for code in lsoas(3)],
        ["LSOA21CD", "Under 30", "30 to 64", "65 and over"],
    )
    file = replies(tmp_path / "r.csv", ["Under 30"] * 10 + ["30 to 64"] * 60 + ["65 AND OVER"] * 30)
    found = run(
        "representation",
        INPUT=make_areas(lsoas(3)),
        TABLES=[table],
        RESPONSES=file,
        GROUP_FIELD="ethnic_group",
        TAXONOMY=own,
        OUTPUT="memory:",
    )
    rows = [row for row in found.rows() if not row["group"].startswith("(")]
    assert [row["replies"] for row in rows] == [10, 60, 30]
    assert [row["population_pct"] for row in rows] == [40, 40, 20]
    assert rows[0]["class"] == "much under-represented"


# --- small counts


def test_small_counts_and_all_that_is_made_of_them_are_hidden(town, tmp_path):
    counts = {"asian": 30, "black": 3, "mixed": 10, "white": 885, "other": 15}
    values = [LABELS[name] for name, n in counts.items() for _ in range(n)]
    file = replies(tmp_path / "few.csv", [*values, *["Prefer not to say"] * 30])
    report = tmp_path / "few.html"
    found = run(
        "representation",
        INPUT=town,
        RESPONSES=file,
        SUPPRESSION="nhs",
        OUTPUT="memory:",
        REPORT=report,
    )
    rows = by_group(found)
    told = [k for k in rows["black"] if k.startswith(("share", "index", "short", "need", "surp"))]
    assert rows["black"]["replies"] is None
    assert all(rows["black"][name] is None for name in told) and len(told) == 13
    assert rows["black"]["class"] is None and rows["black"]["holds"] is None
    shown = [row["replies"] for row in rows.values() if row["replies"] is not None]
    assert all(n % 5 == 0 for n in shown)
    assert "EFFECTIVE_SIZE" not in found.results and "DESIGN_EFFECT" not in found.results
    page = report.read_text(encoding="utf-8")
    for text in (page, found.log.text):  # the least heard may be just those
        assert "Nothing is said here of: Black" in text and "(28 expected)" in text
    for text in (page, found.log.text):
        assert "973" not in text and "943" not in text, "no exact total"
    assert "hidden by the rule" in page


def test_weights_do_not_tell_small_counts_of_a_further_margin(city, tmp_path):
    """Nothing of the groups compared is small, but 3 of the margin are: the size would tell it."""
    lot = "Disabled under the Equality Act: Day-to-day activities limited a lot"
    little = "Disabled under the Equality Act: Day-to-day activities limited a little"
    well = "Not disabled under the Equality Act: Has long term physical or mental health condition"
    well += " but day-to-day activities are not limited"
    none = "Not disabled under the Equality Act: No long term physical or mental health conditions"
    disability = [lot] * 50 + [little] * 50 + [well] * 50 + [none] * 350
    sizes = []
    for few in (3, 20):
        ethnic = ["Pakistani"] * few + ["White British"] * (500 - few)
        file = replies(tmp_path / f"{few}.csv", disability, "Disability", ethnic_group=ethnic)
        found = run(
            "representation",
            INPUT=city,
            RESPONSES=file,
            GROUP_FIELD="Disability",
            RAKE_FIELDS=["ethnic_group"],
            SUPPRESSION="nhs",
            OUTPUT="memory:",
        )
        assert None not in [row["replies"] for row in found.rows()], "none is hidden"
        sizes.append(found.results.get("EFFECTIVE_SIZE"))
    assert sizes[0] is None and sizes[1] % 5 == 0


def test_without_small_counts_a_rule_rounds_and_hides_nothing(town, answered):
    found = run(
        "representation", INPUT=town, RESPONSES=answered, SUPPRESSION="nhs", OUTPUT="memory:"
    )
    rows = by_group(found)
    assert [rows[g]["replies"] for g in GROUPS] == [30, 30, 10, 885, 15]
    assert found.results["EFFECTIVE_SIZE"] % 5 == 0


# --- what is refused


def test_a_heading_that_is_not_there(town, answered):
    text = refused(
        "representation", INPUT=town, RESPONSES=answered, GROUP_FIELD="origin", OUTPUT="memory:"
    )
    assert "'origin'" in text and "'ethnic_group'" in text


def test_titles_may_stand_above_the_headings(town, answered):
    plainly = run("representation", INPUT=town, RESPONSES=answered, OUTPUT="memory:").rows()
    lines = [line + f",{at}" for at, line in enumerate(answered.read_text().splitlines())]
    lines[0] = "ethnic_group,id"
    titled = answered.with_name("titled.csv")
    titled.write_text("\n".join(["Our survey,", "", *lines]), encoding="utf-8")
    for more in ({}, {"GROUP_FIELD": "Ethnic_group"}):
        found = run("representation", INPUT=town, RESPONSES=titled, OUTPUT="memory:", **more)
        assert found.rows() == plainly


def test_a_first_reply_is_not_shown_as_headings(town, tmp_path):
    """A file without headings: what the first person wrote is not to be in a message."""
    rows = [["1", "Pakistani", "S1"], ["2", "White", "S1"], ["3", "Pakistani", "S10"]]
    path = write_csv(tmp_path / "bare.csv", rows)
    for more in ({}, {"GROUP_FIELD": "ethnicity"}):
        text = refused("representation", INPUT=town, RESPONSES=path, OUTPUT="memory:", **more)
        assert "no row of headings" in text and "Pakistani" not in text


def test_free_text_is_refused_and_not_shown(town, tmp_path):
    file = replies(tmp_path / "r.csv", ["the bus never comes", "I was not asked"] * 9, "comments")
    log = Log()
    text = refused(
        "representation", log, INPUT=town, RESPONSES=file, GROUP_FIELD="comments", OUTPUT="memory:"
    )
    assert "comments" in text and "bus" not in text + log.text


def test_areas_without_people(answered):
    text = refused(
        "representation", INPUT=make_areas(lsoas(3)), RESPONSES=answered, OUTPUT="memory:"
    )
    assert "Profile the areas first" in text


def test_lost_file_is_named(town, tmp_path):
    text = refused("representation", INPUT=town, RESPONSES=tmp_path / "lost.csv", OUTPUT="memory:")
    assert "RESPONSES" in text and "lost.csv" in text


def test_replies_without_rows(town, tmp_path):
    file = replies(tmp_path / "none.csv", [])
    text = refused(
        "representation",
        INPUT=town,
        RESPONSES=file,
        GROUP_FIELD="ethnic_group",
        OUTPUT="memory:",
    )
    assert "no replies" in text


def test_the_output_is_not_written_over_the_replies(town, answered):
    text = refused("representation", INPUT=town, RESPONSES=answered, OUTPUT=answered)
    assert "is an input" in text


def test_a_folder_that_is_not_there(town, answered, tmp_path):
    text = refused(
        "representation", INPUT=town, RESPONSES=answered, OUTPUT=tmp_path / "no" / "x.csv"
    )
    assert "OUTPUT" in text and "no folder" in text


def test_cancelled_at_once_writes_nothing(town, answered, tmp_path):
    log = Log(cancel_when=lambda what: True)
    done = run(
        "representation", log, INPUT=town, RESPONSES=answered, OUTPUT=tmp_path / "cancelled.csv"
    )
    assert done.results == {} and not (tmp_path / "cancelled.csv").exists()
