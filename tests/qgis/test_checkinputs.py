"""The report on inputs: what each table is, how it fits, everything that is wrong with it."""

from __future__ import annotations

import html
import re

import pytest

from .helpers import SAMPLE, ethnic_csv, lsoas, make_areas, refused, run, write_csv

N = 50
CODES = lsoas(N)


def check(tmp_path, tables, areas=None, **more):
    path = tmp_path / "report.html"
    areas = make_areas(CODES) if areas is None else areas
    out = run("checkinputs", INPUT=areas, TABLES=tables, REPORT=path, **more)
    return out, path.read_text(encoding="utf-8")


def facts(section: str) -> dict[str, str]:
    """Return the pairs of the report's first table."""
    pairs = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', section, re.DOTALL)
    return {html.unescape(what): html.unescape(value) for what, value in pairs}


def sections(page: str) -> dict[str, str]:
    """Return the part of the page on each table by its heading."""
    parts = re.split(r"<h2>(.*?)</h2>", page)
    return dict(zip(map(html.unescape, parts[1::2]), parts[2::2]))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    tables = [
        SAMPLE / "census2021-ts021-lsoa.csv",
        SAMPLE / "File_7_IoD2025.csv",
        SAMPLE / "TS011_household_deprivation.csv",
        SAMPLE / "PREVALENCE_2425.csv",
        SAMPLE / "gp-reg-pat-prac-lsoa-all.csv",
    ]
    folder = tmp_path_factory.mktemp("check")
    return check(folder, tables, SAMPLE / "areas.gpkg")


def test_every_table_has_its_section(sample):
    out, page = sample
    assert out.results["RECOGNISED"] == 5 and out.results["PROBLEMS"] == 0
    assert len(sections(page)) == 5
    for name, section in sections(page).items():
        assert "Ready to use" in section and "Needs attention" not in section, name


def test_census_table(sample):
    section = sections(sample[1])["census2021-ts021-lsoa.csv"]
    found = facts(section)
    text = " ".join(found.values())
    assert "Ethnic group (TS021)" in text
    assert found["Edition"] == "Census 2021"
    assert found["Rows with a code"] == "340"
    assert found["Areas found"] == "340 / 340 (100.0 %)"
    assert found["Vintage of the codes"] == "2021"
    assert found["Suppressed cells"] == "0"


def test_index_of_deprivation(sample):
    found = facts(sections(sample[1])["File_7_IoD2025.csv"])
    assert found["Edition"] == "2025" and found["Vintage of the codes"] == "2021"
    assert found["Areas found"].startswith("340 / 340")


def test_row_of_the_headings_below_a_preamble(sample):
    found = facts(sections(sample[1])["TS011_household_deprivation.csv"])
    assert found["Row of the headings"] == "7"


def test_practice_tables(sample):
    both = sections(sample[1])
    registers = facts(both["PREVALENCE_2425.csv"])
    assert registers["Rows"] == "945" and "Quality and Outcomes" in " ".join(registers.values())
    assert facts(both["gp-reg-pat-prac-lsoa-all.csv"])["Rows"] == "8,413"


def test_patients_are_held_against_the_areas(sample):
    """Per table: vintage of the codes, matched areas and suppressed cells."""
    found = facts(sections(sample[1])["gp-reg-pat-prac-lsoa-all.csv"])
    assert any(value.startswith("340 / 340") for value in found.values()), found
    assert "Suppressed cells" in found and "Vintage of the codes" in found


def test_suppressed_blank_and_codeless_are_counted(tmp_path):
    def spoil(rows):
        rows[0][4] = rows[1][4] = "c"
        rows[2][5] = "*"
        rows[3][5] = ""
        rows.append(["2021", "Total", "", *([5] * 6)])

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out, page = check(tmp_path, [table])
    found = facts(sections(page)["t.csv"])
    assert "c × 2" in found["Suppressed cells"] and "* × 1" in found["Suppressed cells"]
    assert found["Blank cells"] == "1"
    assert found["Rows with figures but no code"] == "1"
    assert out.results["PROBLEMS"] == 0


def test_unknown_table_is_a_problem_not_an_end(tmp_path):
    tables = [
        write_csv(tmp_path / "cats.csv", [["x", 1]], ["Cats", "Dogs"]),
        ethnic_csv(tmp_path / "half.csv", CODES[:20]),
        ethnic_csv(tmp_path / "fine.csv", CODES),
    ]
    out, page = check(tmp_path, tables)
    assert out.results["RECOGNISED"] == 2 and out.results["PROBLEMS"] == 2
    parts = sections(page)
    assert "Needs attention" in parts["cats.csv"] and "Cats" in parts["cats.csv"]
    assert "20 of 50" in html.unescape(parts["half.csv"])
    assert facts(parts["half.csv"])["Areas found"].startswith("20 / 50")
    assert "Ready to use" in parts["fine.csv"]


def test_all_problems_of_a_table_are_told(tmp_path):
    """An odd cell must not hide the codes that stand twice and the areas that are missing."""

    def spoil(rows):
        rows[4][5] = "n/k"
        rows[7][2] = rows[8][2]
        del rows[20:]

    table = ethnic_csv(tmp_path / "t.csv", CODES, change=spoil)
    out, page = check(tmp_path, [table])
    section = html.unescape(sections(page)["t.csv"])
    assert out.results["PROBLEMS"] == 1
    assert "row 6" in section and "n/k" in section
    assert CODES[8] in section, "the code that stands twice"
    assert "of 50" in section or "/ 50" in section, "how many areas are found"


def test_unreadable_file_is_a_problem_not_an_end(tmp_path):
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"this was never packed")
    out, page = check(tmp_path, [broken, ethnic_csv(tmp_path / "fine.csv", CODES)])
    assert out.results["PROBLEMS"] == 1 and out.results["RECOGNISED"] == 1
    assert "broken.csv.gz" in page


def test_other_vintage_is_a_problem(shared, tmp_path):
    data = shared / "data"
    table = data / "deprivation" / "IoD2019_File7layout_LSOA11_SouthYorkshire_RECONSTRUCTED.csv"
    areas = data / "boundaries" / "lsoa21_south_yorkshire.geojson"
    out, page = check(tmp_path, [table], areas)
    assert out.results["PROBLEMS"] == 1
    section = sections(page)[table.name]
    assert facts(section)["Vintage of the codes"] == "2011" and "convertareas" in section
    assert "Vintage of the areas: 2021" in page


@pytest.mark.parametrize("name", ["<b>.csv", "<script>alert(1)<.csv", "a&b.csv", '"quoted".csv'])
def test_names_are_escaped(tmp_path, name):
    try:
        table = ethnic_csv(tmp_path / name, CODES)
    except OSError:
        pytest.skip(f"this system allows no file {name}")
    _, page = check(tmp_path, [table])
    assert html.escape(name) in page
    assert f"<h2>{name}</h2>" not in page or html.escape(name) == name
    assert "<script>alert" not in page


def test_headings_and_cells_are_escaped(tmp_path):
    headings = ["<i>LSOA</i>", "<img src=x>", "Dogs"]
    table = write_csv(tmp_path / "t.csv", [["alpha", "beta", "7"]], headings)
    _, page = check(tmp_path, [table])
    assert "<img src=x>" not in page and "&lt;img src=x&gt;" in page


def test_report_is_a_page_of_its_own(sample):
    page = sample[1]
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert re.search(r'<html lang="\w+', page) and 'charset="utf-8"' in page.lower()
    assert not re.search(r'(src|href)="https?://', page), "nothing is fetched"
    assert "$" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)


def test_log_has_a_line_for_each_table(sample):
    log = sample[0].log.text
    for name in ("census2021-ts021-lsoa.csv", "PREVALENCE_2425.csv"):
        assert name in log


def test_columns_of_the_areas_are_checked_without_tables(tmp_path):
    out, page = check(tmp_path, [])
    assert out.results["RECOGNISED"] == 0 and out.results["PROBLEMS"] == 1
    assert "squares" in page


def test_existing_report_survives_an_error(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("last year's", encoding="utf-8")
    refused("checkinputs", INPUT=make_areas([]), TABLES=[], REPORT=path)
    assert path.read_text(encoding="utf-8") == "last year's"


def test_report_that_cannot_be_written(tmp_path):
    table = ethnic_csv(tmp_path / "t.csv", CODES)
    place = tmp_path / "file"
    place.write_text("a file, not a folder", encoding="utf-8")
    message = refused(
        "checkinputs", INPUT=make_areas(CODES), TABLES=[table], REPORT=place / "report.html"
    )
    assert "report.html" in message
