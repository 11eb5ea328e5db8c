"""Published tables in every dress: wide and long, counts and shares, whole headings or not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seldom_heard.taxonomies.catalogue import catalogue, find
from seldom_heard.taxonomies.errors import AmbiguousTable, UnknownTable
from seldom_heard.taxonomies.recognise import recognise

CODES = [f"E010073{number:02}" for number in range(17, 60)]


def table(identifier: str, which: str) -> list[str]:
    """Return the ids of a table's columns: its groups, its finest categories, or all."""
    taxonomy = find(f"census2021_{identifier}")
    return {"groups": taxonomy.groups, "finest": taxonomy.leaves}.get(
        which, [column.id for column in taxonomy.columns if column.id != "total"]
    )


# what people have: the whole bulk file, or the short one that Nomis offers beside it
TABLES = [
    ("ts021", "finest"),
    ("ts021", "groups"),
    ("ts021", "all"),
    ("ts029", "finest"),
    ("ts029", "all"),
    ("ts038", "groups"),
    ("ts038", "all"),
]
EXTRAS = ["geography", "date", "LSOA21NM", "notes", "FID", "Shape_Area", "", "Area (ha)", "colour"]
PREAMBLE = [
    ["A title of the table"],
    ["ONS Crown Copyright Reserved [from Nomis on 14 April 2023]"],
    ["Population :", "All usual residents"],
    ["Units      :", "Persons"],
    ["Date       :", "2021"],
    [],
    [""],
]
CASES = [str, str.upper, str.lower, str.title, str.swapcase]
SPACES = [" ", "_", "  ", "\u00a0", " \t"]
SUFFIXES = ["", "; measures: Value", ";measures:Value", "; Measures: Value", "; measures: val"]


def the(found):
    """Return the one table that was found."""
    assert len(found) == 1
    return found[0]


@st.composite
def wide(draw):
    """Headings of one table, all written in one way as software does, among other columns."""
    identifier, which = draw(st.sampled_from(TABLES))
    taxonomy = find(f"census2021_{identifier}")
    ids = [*(["total"] if draw(st.booleans()) else []), *table(identifier, which)]
    prefix = f"{taxonomy.raw['heading_prefix']}: " if draw(st.booleans()) else ""
    case, space = draw(st.sampled_from(CASES)), draw(st.sampled_from(SPACES))
    suffix = draw(st.sampled_from(SUFFIXES))
    cells = [
        (name, case(prefix + taxonomy.column(name).label + suffix).replace(" ", space))
        for name in ids
    ]
    extras = draw(st.lists(st.sampled_from(EXTRAS), max_size=5))
    return taxonomy, *laid_out(draw, [*cells, ("", "geography code"), *(("", e) for e in extras)])


def laid_out(draw, cells):
    """Return cells in any order, perhaps with a byte order mark, and the place of each id."""
    cells = draw(st.permutations(cells))
    row = [text for _, text in cells]
    if draw(st.booleans()):
        row[0] = "\ufeff" + row[0]
    return row, {name: (at,) for at, (name, _) in enumerate(cells) if name}


def rows_below(row: list[str], places: dict, figures: list[list[str]]) -> list[list[str]]:
    """Return rows of data: the figures in the order of the ids, a code, and words elsewhere."""
    made = []
    for code, values in zip(CODES, figures):
        cells = ["Barnsley" for _ in row]
        cells[[plain.strip("\ufeff") for plain in row].index("geography code")] = code
        for (at,), value in zip(places.values(), values):
            cells[at] = value
        made.append(cells)
    return made


@settings(max_examples=300)
@given(wide(), st.lists(st.sampled_from(PREAMBLE), max_size=7), st.integers(50, 400))
def test_wide_table_is_found_in_any_dress(made, preamble, people):
    taxonomy, row, places = made
    figures = [[str(people * (number + 2)) for number in range(len(places))]] * 4
    head = [*preamble, row, *rows_below(row, places, figures)]
    found = the(recognise(head, catalogue()))
    assert found.taxonomy is taxonomy
    assert found.columns == places
    assert (found.heading_row, found.unit, found.long) == (len(preamble), "count", None)
    assert found.headings == {at: row[at] for (at,) in places.values()}
    assert found.keys[0] == [text.strip("\ufeff") for text in row].index("geography code")


@settings(max_examples=100)
@given(st.data())
def test_file_7_is_found_in_any_dress(data):
    """With its own marks, or with no more than the year in the heading of the codes."""
    edition = data.draw(st.sampled_from(["2019", "2025"]))
    taxonomy = find(f"iod{edition}")
    marked = data.draw(st.booleans())
    case, space = data.draw(st.sampled_from(CASES)), data.draw(st.sampled_from(SPACES))
    cells = [(c.id, case(c.label).replace(" ", space)) for c in taxonomy.columns]
    cells += [("", mark) for mark in taxonomy.raw["marks"] if marked]
    if not marked:
        cells.append(("", {"2019": "LSOA11CD", "2025": "LSOA21CD"}[edition]))
    row, places = laid_out(data.draw, [*cells, ("", "geography code"), ("", "notes")])
    head = [row, *rows_below(row, places, [["1"] * len(places)] * 3)]
    found = the(recognise(head, catalogue()))
    assert found.taxonomy is taxonomy
    assert found.columns == places


@pytest.mark.parametrize("which", ["Value", "value"])
def test_counts_are_taken_where_percentages_stand_beside_them(which):
    names = ["total", *table("ts029", "finest")]
    taxonomy = find("census2021_ts029")
    labels = [f"Proficiency in English language: {taxonomy.column(name).label}" for name in names]
    row = ["geography code"]
    for label in labels:
        row += [f"{label}; measures: {which}", f"{label}; measures: Percent"]
    found = the(recognise([row, [CODES[0], *["50"] * 12]], catalogue()))
    assert found.unit == "count"
    assert found.columns == {name: (1 + 2 * at,) for at, name in enumerate(names)}


# --- shares

PERCENT = [
    "{} %",
    "% {}",
    "{} (%)",
    "Percentage: {}",
    "Percent: {}",
    "percentage of {}",
    "{} percent",
    "{}_pct",
    "pct_{}",
    "{} (per cent)",
    "{}; measures: Percent",
    "{}; measures: %",
]
PROPORTION = ["Proportion: {}", "{} (proportion)", "{}_prop", "prop_{}", "proportion of {}"]
DRESSED = [("percent", style) for style in PERCENT] + [("proportion", s) for s in PROPORTION]


@settings(max_examples=200)
@given(st.data(), st.sampled_from(DRESSED), st.sampled_from(TABLES))
def test_headings_that_say_they_are_shares_are_believed(data, dress, which):
    unit, style = dress
    taxonomy = find(f"census2021_{which[0]}")
    case = data.draw(st.sampled_from(CASES))
    cells = [(name, case(style.format(taxonomy.column(name).label))) for name in table(*which)]
    if data.draw(st.booleans()):
        cells.append(("total", taxonomy.column("total").label))
    row, places = laid_out(data.draw, [*cells, ("", "geography code")])
    head = [row, *rows_below(row, places, [["0.1"] * len(places)] * 2)]
    found = the(recognise(head, catalogue()))
    assert (found.taxonomy, found.unit) == (taxonomy, unit)
    assert found.columns == places


def shares_of(counts: list[list[int]], whole: int, decimals: int, trimmed: bool) -> list[list[str]]:
    """Return the rows as shares of 100 or 1, written with so many decimals."""
    rows = [[f"{whole * n / sum(row):.{decimals}f}" for n in row] for row in counts]
    if trimmed:  # as spreadsheets write them: 4 for 4.0
        rows = [[f"{float(cell):.{decimals}f}".rstrip("0").rstrip(".") for cell in r] for r in rows]
    return rows


@settings(max_examples=200)
@given(st.data(), st.sampled_from(["finest", "groups"]), st.booleans(), st.booleans())
def test_shares_without_a_word_are_known_by_adding_up(data, which, of_hundred, trimmed):
    ids = table("ts021", which)
    one = st.lists(st.integers(0, 900), min_size=len(ids), max_size=len(ids)).filter(any)
    counts = data.draw(st.lists(one, min_size=1, max_size=8))
    decimals = data.draw(st.integers(1, 4)) if of_hundred else data.draw(st.integers(3, 6))
    figures = shares_of(counts, 100 if of_hundred else 1, decimals, trimmed)
    assume(any("." in cell for row in figures for cell in row))
    taxonomy = find("census2021_ts021")
    cells = [(name, taxonomy.column(name).label) for name in ids]
    row, places = laid_out(data.draw, [*cells, ("", "geography code")])
    order = [ids.index(name) for name in places]
    below = rows_below(row, places, [[values[at] for at in order] for values in figures])
    found = the(recognise([row, *below], catalogue()))
    assert found.unit == ("percent" if of_hundred else "proportion")
    assert found.columns == places


@settings(max_examples=100)
@given(st.data(), st.sampled_from(["finest", "groups"]))
def test_counts_are_counts_though_a_row_adds_up_to_a_hundred(data, which):
    ids = table("ts021", which)
    cuts = sorted(
        data.draw(st.lists(st.integers(0, 100), min_size=len(ids) - 1, max_size=len(ids) - 1))
    )
    hundred = [b - a for a, b in zip([0, *cuts], [*cuts, 100])]
    one = st.lists(st.integers(0, 900), min_size=len(ids), max_size=len(ids))
    others = data.draw(st.lists(one.filter(lambda row: sum(row) > 120), max_size=6))
    rows = data.draw(st.permutations([hundred, *others]))
    head = [["geography code", *(find("census2021_ts021").column(name).label for name in ids)]]
    head += [[code, *map(str, row)] for code, row in zip(CODES, rows)]
    assert the(recognise(head, catalogue())).unit == "count"


def test_counts_of_few_small_areas_are_counts_where_the_total_says_so():
    """Three areas of about a hundred people: their total counts them, so nothing is a share."""
    taxonomy = find("census2021_ts021")
    ids = ["total", *table("ts021", "finest")]
    head = [["geography code", *(taxonomy.column(name).label for name in ids)]]
    for code, people in zip(CODES, (95, 104, 98)):
        parts = [people - 18 * 4, *[4] * 18]
        head.append([code, *map(str, [sum(parts), *parts])])
    assert the(recognise(head, catalogue())).unit == "count"


def test_whole_figures_that_add_up_to_100_are_not_guessed_to_be_shares():
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    rows = [["10", "5", "3", "80", "2"], ["0", "0", "1", "98", "1"], ["33", "20", "7", "30", "10"]]
    rows += [["1", "1", "1", "96", "1"], ["20", "20", "20", "20", "20"]]
    head = [["code", *labels], *([code, *row] for code, row in zip(CODES, rows))]
    assert the(recognise(head, catalogue())).unit == "count"  # and asked about when it is read


def test_shares_with_a_missing_cell_are_shares_by_their_whole_rows():
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    rows = [["10.5", "5", "3", "", "2"], ["0.1", "0.2", "1", "97.7", "1"], ["-"] * 5]
    head = [["code", *labels], *([code, *row] for code, row in zip(CODES, rows))]
    assert the(recognise(head, catalogue())).unit == "percent"


# --- long form

LONG = [("ts021", "finest"), ("ts021", "groups"), ("ts029", "finest"), ("ts038", "finest")]
VALUES = ["Observation", "n", "count", "Count", "OBS_VALUE", "number", "People", "value"]
LONG_EXTRAS = ["date", "area name", "notes", "FID", "source"]


@st.composite
def long_table(draw):
    """A row for each area and category, in any order of columns and of rows."""
    identifier, which = draw(st.sampled_from(LONG))
    taxonomy = find(f"census2021_{identifier}")
    ids = table(identifier, which)
    names = [taxonomy.raw["heading_prefix"], *taxonomy.raw["variable"]]
    heading = draw(st.sampled_from(CASES))(draw(st.sampled_from(names)))
    if draw(st.booleans()):
        heading += f" ({len(ids) + 1} categories)"
    heading = heading.replace(" ", draw(st.sampled_from(SPACES)))
    values = draw(st.sampled_from(VALUES))
    measured, totalled = draw(st.booleans()), draw(st.booleans())
    extras = draw(st.lists(st.sampled_from(LONG_EXTRAS), max_size=3, unique=True))
    fields = ["LSOA code", heading, values, *extras]
    fields += ["measures"] if measured else []
    fields += ["total residents"] if totalled else []
    labels = [taxonomy.column(name).label for name in ids]
    labels += draw(st.sampled_from([[], ["Does not apply"]]))
    rows = [
        {
            **dict.fromkeys(extras, "a word"),
            **{"LSOA code": code, heading: label, "total residents": "1520"},
            values: str(100 + number) if measure == "Value" else "7.5",
            "measures": measure,
        }
        for code in CODES[:2]
        for number, label in enumerate(labels)
        for measure in (["Value", "Percent"] if measured else ["Value"])
    ]
    fields, rows = draw(st.permutations(fields)), draw(st.permutations(rows))
    at = {"category": fields.index(heading), "value": fields.index(values)}
    at["measure"] = fields.index("measures") if measured else None
    at["total"] = fields.index("total residents") if totalled else None
    key = fields.index("LSOA code")
    return taxonomy, [fields, *([row[f] for f in fields] for row in rows)], at, key


@settings(max_examples=200)
@given(long_table())
def test_long_table_is_found_in_any_order(made):
    taxonomy, head, places, key = made
    found = the(recognise(head, catalogue()))
    assert found.taxonomy is taxonomy
    assert found.long is not None
    assert {name: getattr(found.long, name) for name in places} == places
    assert (found.unit, found.heading_row, found.keys[0]) == ("count", 0, key)
    if places["measure"] is not None:
        assert found.long.wanted == {"value"}


def head_of_long(labels, heading="Ethnic group", value="n", figures=None) -> list[list[str]]:
    figures = figures or ["5"] * len(labels)
    return [["code", heading, value], *([CODES[0], label, f] for label, f in zip(labels, figures))]


def test_long_table_sorted_by_category_is_found_by_the_one_it_begins_with():
    """The first sixty rows of a long file may all be of one category."""
    label = find("census2021_ts021").column("bangladeshi").label
    head = [["code", "Ethnic group", "Observation"], *([code, label, "5"] for code in CODES)]
    assert the(recognise(head, catalogue())).taxonomy.id == "census2021_ts021"


@pytest.mark.parametrize(
    ("value", "unit"),
    [("percent", "percent"), ("%", "percent"), ("pct", "percent"), ("proportion", "proportion")],
)
def test_long_table_of_shares_alone_is_known_by_its_heading(value, unit):
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    found = the(recognise(head_of_long(labels, value=value), catalogue()))
    assert (found.unit, found.long.value) == (unit, 2)


def test_long_table_with_rows_of_percentages_alone_is_one_of_percentages():
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    head = [["code", "Ethnic group", "measures", "OBS_VALUE"]]
    head += [[CODES[0], label, "Percent", "20"] for label in labels]
    found = the(recognise(head, catalogue()))
    assert (found.unit, found.long.wanted) == ("percent", {"percent"})


def test_long_table_by_a_further_variable_is_added_up_over_it():
    head = [
        ["LSOA Code", "LSOA", "Ethnic group (6 categories) Code", "Ethnic group (6 categories)"]
    ]
    head[0] += ["Sex (2 categories) Code", "Sex (2 categories)", "Observation"]
    for number, name in enumerate(table("ts021", "groups")):
        label = find("census2021_ts021").column(name).label
        for code, sex in (("1", "Female"), ("2", "Male")):
            head.append([CODES[0], "Barnsley 018A", str(number), label, code, sex, "7"])
    found = the(recognise(head, catalogue()))
    assert (found.taxonomy.id, found.long.category) == ("census2021_ts021", 3)
    assert (found.long.summed, found.long.value) == ((5,), 6)


@pytest.mark.parametrize("heading", ["Sex", "Gender", "sex code", "Sex (2 categories) Code"])
def test_sexes_are_not_taken_for_codes_of_ethnicity(heading):
    """F and M are women and men, though the NHS has letters for ethnic categories."""
    head = [["code", heading, "n"]]
    head += [[code, sex, "700"] for code in CODES[:3] for sex in ("F", "M")]
    with pytest.raises(UnknownTable):
        recognise(head, catalogue())


@pytest.mark.parametrize("heading", ["band", "Council tax band", "rating"])
def test_bands_of_council_tax_are_not_taken_for_codes_of_ethnicity(heading):
    head = [["lsoa21cd", heading, "households"]]
    head += [[code, band, "70"] for code in CODES[:3] for band in "ABCDEFGH"]
    with pytest.raises(UnknownTable):
        recognise(head, catalogue())


def test_letters_of_the_nhs_are_known_under_their_own_heading():
    letters = "ABCDEFGHJKLMNPRSZ"
    head = [["LSOA_CODE", "Ethnic category", "patients", "n"]]
    head += [[CODES[0], letter, "", "7"] for letter in letters]
    assert the(recognise(head, catalogue())).taxonomy.id == "nhs_2001"


def test_replies_are_no_long_table():
    """A row for each person: nothing is counted there."""
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "finest")]
    head = [["response", "postcode", "ethnic_group"]]
    head += [[str(number), "S1 1AA", label] for number, label in enumerate(labels)]
    with pytest.raises(UnknownTable) as caught:
        recognise(head, catalogue())
    assert "S1 1AA" not in str(caught.value)


def test_long_table_with_a_category_of_nobodys_is_refused():
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    with pytest.raises((UnknownTable, AmbiguousTable)):
        recognise(head_of_long(["Martian", "Venusian", labels[0]]), catalogue())


# --- categories that are only some of all

DETAILED = "Ethnic group (detailed): "


@pytest.mark.parametrize("title", [[], [["TS022 - Ethnic group (detailed)"], []]])
def test_columns_of_one_detailed_group_are_added_up_wherever_they_stand(title):
    """Roma people wrote it in under several of the five groups; the end of a heading counts."""
    before = "" if title else DETAILED
    row = ["White: Romanian", "Other ethnic group: Roma", "Total: All usual residents"]
    row = ["geography code", *(before + text for text in [*row, "White: Roma", "White: Martian"])]
    found = the(recognise([*title, row, ["E02001509", *"12345"]], catalogue()))
    assert found.taxonomy.id == "census2021_ts022"
    assert found.columns == {"detail_romanian": (1,), "detail_roma": (2, 4), "total": (3,)}
    assert found.headings == {at: row[at] for at in (1, 2, 3, 4)}


def test_bare_name_of_a_detailed_group_is_no_detailed_table():
    """Roma is a category of the table of nineteen as well."""
    with pytest.raises(UnknownTable):
        recognise([["code", "Roma", "Total"], ["E02001509", "1", "100"]], catalogue())


def test_long_table_of_detailed_groups_is_known_by_the_name_of_its_variable_alone():
    rows = [[CODES[0], name, "5"] for name in ("White: Roma", "White: Martian", "Asian: Afghan")]
    found = the(recognise([["code", "Ethnic group (detailed)", "Observation"], *rows], catalogue()))
    assert (found.taxonomy.id, found.long.category) == ("census2021_ts022", 1)
    with pytest.raises(UnknownTable):
        recognise([["code", "colour", "Observation"], *rows], catalogue())


# --- of a table only its head is looked at


def test_table_is_recognised_without_reading_it():
    pytest.importorskip("qgis.core")
    from seldom_heard.layers.tables import Table
    from seldom_heard.processing.inputs import find_tables

    class Unreadable(Table):
        name = "far too large.csv"
        head = [["geography code", *(column.label for column in find("census2021_ts021").columns)]]

        def read(self, *places, **options):
            raise AssertionError("the table was read")

    table = Unreadable()
    table.head = [*Unreadable.head, [CODES[0], *["4"] * 25]]
    (found,) = find_tables([table], lambda text: None)
    assert found.taxonomy.id == "census2021_ts021"


def test_row_of_headings_is_found_in_a_head_of_sixty_rows_as_in_the_whole():
    rng = random.Random(0)
    labels = [find("census2021_ts021").column(name).label for name in table("ts021", "groups")]
    rows = [[f"E0100{n:04}", *(str(rng.randrange(900)) for _ in labels)] for n in range(2_000)]
    for preamble in range(8):
        whole = [*PREAMBLE[:preamble], ["code", *labels], *rows]
        one, other = the(recognise(whole[:60], catalogue())), the(recognise(whole, catalogue()))
        assert (one.columns, one.heading_row, one.unit) == (other.columns, preamble, other.unit)


def test_nothing_here_needs_a_file():
    """Recognition takes rows, wherever they are from: no path, no connection."""
    source = Path(recognise.__code__.co_filename).read_text("utf-8")
    assert not [word for word in ("open(", "read_csv", "Path(", "urlopen") if word in source]
