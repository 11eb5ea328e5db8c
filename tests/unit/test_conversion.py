"""Counts moved between the areas of two censuses: totals kept, published weights reproduced."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.methods.conversion import change_of, move_counts, parts_of

# one of each: unchanged, split in three, two merged, and a piece that went to a neighbour
LINKS = [
    ("U1", "U1", 100),
    ("S1", "S11", 50),
    ("S1", "S12", 30),
    ("S1", "S13", 20),
    ("M1", "M9", 40),
    ("M2", "M9", 60),
    ("X1", "X8", 70),
    ("X1", "X9", 30),
    ("X2", "X9", 55),
]
# population for apportionment, census of 1790, and the seats that Hamilton's bill of 1792 gave
# (Balinski and Young, Fair Representation)
STATES = {
    "Connecticut": (236_841, 8),
    "Delaware": (55_540, 2),
    "Georgia": (70_835, 2),
    "Kentucky": (68_705, 2),
    "Maryland": (278_514, 9),
    "Massachusetts": (475_327, 16),
    "New Hampshire": (141_822, 5),
    "New Jersey": (179_570, 6),
    "New York": (331_589, 11),
    "North Carolina": (353_523, 12),
    "Pennsylvania": (432_879, 14),
    "Rhode Island": (68_446, 2),
    "South Carolina": (206_236, 7),
    "Vermont": (85_533, 3),
    "Virginia": (630_560, 21),
}


def links_of(rows):
    frame = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return frame.astype({"weight": float})


def counted(**columns):
    """Return a frame by source area of LINKS; 0 where nothing is said."""
    index = sorted({source for source, _, _ in LINKS})
    return pd.DataFrame(
        {name: [values.get(code, 0) for code in index] for name, values in columns.items()},
        index=index,
        dtype=float,
    )


def moved(counts, rows=LINKS, sums=()):
    return move_counts(counts, links_of(rows), sums)


def test_changes_are_told_by_the_shape_of_the_links():
    links = links_of(LINKS)
    letters = change_of(links, "source", "target")
    assert [f"{target} {letter}" for target, letter in zip(links["target"], letters)] == [
        *("U1 U", "S11 S", "S12 S", "S13 S", "M9 M", "M9 M"),
        *("X8 X", "X9 X", "X9 X"),
    ]


def test_parts_are_weights_over_those_of_the_whole_area():
    assert parts_of(links_of(LINKS)).tolist() == pytest.approx(
        [1, 0.5, 0.3, 0.2, 1, 1, 0.7, 0.3, 1]
    )


def test_parts_without_a_weight_are_missing_but_a_single_one_is_whole():
    rows = [("A", "A1", None), ("A", "A2", 5), ("B", "B1", None), ("C", "C1", 0), ("C", "C2", 0)]
    parts = parts_of(links_of(rows)).tolist()
    assert parts[2] == 1 and all(math.isnan(parts[at]) for at in (0, 1, 3, 4))


def test_each_kind_of_change_by_hand():
    people = {"U1": 7, "S1": 10, "M1": 3, "M2": 4, "X1": 9, "X2": 5}
    out = moved(counted(n=people))
    # X1: 9 * 0.7 = 6.3 and 2.7, so 6 and 3; 3 + 5 = 8 in X9
    assert out.counts["n"].to_dict() == {
        **{"U1": 7, "S11": 5, "S12": 3, "S13": 2, "M9": 7},
        **{"X8": 6, "X9": 8},
    }
    assert [code for code, share in out.estimated.items() if share] == [
        *("S11", "S12", "S13", "X8", "X9")
    ]
    assert out.shared["n"] == 19 and out.lost["n"] == 0


def test_seats_as_hamilton_gave_them():
    links = links_of([("house", state, people) for state, (people, _) in STATES.items()])
    seats = move_counts(pd.DataFrame({"n": [120.0]}, index=["house"]), links).counts["n"]
    assert seats.to_dict() == {state: given for state, (_, given) in STATES.items()}


def test_ties_go_to_the_code_that_comes_first():
    rows = [("A", "A3", 1), ("A", "A1", 1), ("A", "A2", 1)]
    counts = pd.DataFrame({"n": [10.0]}, index=["A"])
    assert moved(counts, rows).counts["n"].to_dict() == {"A1": 4, "A2": 3, "A3": 3}


def test_counts_that_are_not_whole_are_not_rounded():
    out = moved(counted(n={"S1": 10.5, "U1": 1}))
    assert out.counts["n"][["S11", "S12", "S13"]].tolist() == pytest.approx([5.25, 3.15, 2.1])


def test_a_missing_count_is_missing_wherever_it_reaches():
    people = counted(n={"U1": 7, "M1": 3, "X1": None, "X2": 5}, m={"M1": 1})
    out = moved(people)
    missing = out.counts["n"].index[out.counts["n"].isna()]
    assert list(missing) == ["X8", "X9"]
    assert out.lost["n"] == 5  # of X2, whose people are in X9
    assert out.counts["m"].notna().all()


def test_an_area_that_takes_in_one_without_counts_is_missing():
    out = moved(counted(n={"M1": 3, "M2": 4, "U1": 7}).drop("M2"))
    assert out.incomplete == ["M9"]
    assert math.isnan(out.counts.loc["M9", "n"]) and out.counts.loc["U1", "n"] == 7
    assert out.lost["n"] == 3


def test_a_split_area_without_weights_is_never_shared_by_a_guess():
    rows = [("A", "A1", None), ("A", "A2", None)]
    out = moved(pd.DataFrame({"n": [10.0]}, index=["A"]), rows)
    assert out.counts["n"].isna().all()


def test_parts_and_their_sum_are_moved_together_with_the_noise_between_them():
    # the parts of S1 are 5 + 4 = 9, the publisher's total 10: one person of noise
    parts = counted(a={"S1": 5, "U1": 2}, b={"S1": 4, "U1": 3}, all={"S1": 10, "U1": 5})
    out = moved(parts, sums=[("all", ("a", "b"))]).counts
    assert out.sum().to_dict() == {"a": 7, "b": 7, "all": 15}
    missed = out["all"] - out["a"] - out["b"]
    assert missed.sum() == 1 and missed["U1"] == 0 and set(missed) == {0, 1}


def test_noise_never_makes_a_sum_negative():
    # parts of 3, a total of 0: what is too much is taken where the people went
    out = moved(counted(a={"S1": 2}, b={"S1": 1}, all={}), sums=[("all", ("a", "b"))]).counts
    assert (out["all"] == 0).all() and out["a"].sum() == 2


def test_a_sum_whose_part_is_missing_keeps_its_own_total():
    out = moved(counted(a={"S1": None}, b={"S1": 4}, all={"S1": 10}), sums=[("all", ("a", "b"))])
    assert out.counts["all"][["S11", "S12", "S13"]].tolist() == [5, 3, 2]
    assert out.counts["a"][["S11", "S12", "S13"]].isna().all()


def test_a_total_is_made_of_the_finest_parts_there_are():
    # the noise of 3 between the finest and the total is shared as one: 1.5, 0.9 and 0.6 people
    table = counted(irish={"S1": 5}, british={"S1": 4}, white={"S1": 10}, all={"S1": 12})
    sums = [("all", ("irish", "british")), ("all", ("white",)), ("white", ("irish", "british"))]
    for order in (sums, sums[::-1]):
        out = moved(table, sums=order).counts.loc[["S11", "S12", "S13"]]
        assert (out["all"] - out["irish"] - out["british"]).tolist() == [1, 1, 1]


def test_sums_of_each_other_are_refused():
    with pytest.raises(ValueError, match="Sums of each other"):
        moved(counted(a={}, b={}), sums=[("a", ("b",)), ("b", ("a",))])


# --- the publishers' own files -----------------------------------------------------------------

DIRECTIONS = [("LSOA11CD", "LSOA21CD", "11", "21"), ("LSOA21CD", "LSOA11CD", "21", "11")]
WEIGHTS = [("population", "TotPersons"), ("household", "Households")]


@pytest.fixture(scope="module", params=WEIGHTS, ids=lambda w: w[0])
def weights(request, data):
    kind, column = request.param
    name = f"LSOA11_LSOA21_{kind}_weights_SouthYorkshire.csv"
    return pd.read_csv(data / "lookups" / name).rename(columns={column: "weight"})


@pytest.mark.parametrize(("source", "target", "old", "new"), DIRECTIONS)
def test_published_weights_give_the_published_people_of_every_area(
    weights, source, target, old, new
):
    links = weights.rename(columns={source: "source", target: "target"})
    before = links.drop_duplicates("source").set_index("source")[f"LSOA{old}Denom"]
    known = links.drop_duplicates("target").set_index("target")[f"LSOA{new}Denom"].sort_index()
    out = move_counts(before.to_frame("n"), links[["source", "target", "weight"]])
    assert len(known) == (860 if new == "21" else 853)
    assert out.counts["n"].tolist() == known.tolist()
    assert not out.incomplete


@pytest.mark.parametrize(("source", "target", "old", "new"), DIRECTIONS)
def test_parts_are_the_published_proportions(weights, source, target, old, new):
    links = weights.rename(columns={source: "source", target: "target"})
    assert parts_of(links).tolist() == pytest.approx(links[f"Prop{new}of{old}"].tolist(), abs=1e-12)


def test_totals_of_authorities_are_kept(data, weights):
    lookup = pd.read_csv(data / "lookups/LSOA11_LSOA21_LAD22_SouthYorkshire_exact.csv")
    ages = pd.read_csv(data / "census2021/MYE2020_single_year_age_LSOA11_SouthYorkshire.csv")
    ages = ages.set_index("lsoa11_code").drop(columns="lsoa11_name").astype(float)
    single = [name for name in ages if name != "total_population"]
    links = weights.rename(columns={"LSOA11CD": "source", "LSOA21CD": "target"})
    out = move_counts(ages, links[["source", "target", "weight"]], [("total_population", single)])
    assert (ages[single].sum(axis=1) == ages["total_population"]).all()
    assert (out.counts[single].sum(axis=1) == out.counts["total_population"]).all()
    old = lookup.drop_duplicates("LSOA11CD").set_index("LSOA11CD")["LAD22CD"]
    new = lookup.drop_duplicates("LSOA21CD").set_index("LSOA21CD")["LAD22CD"]
    before, after = ages.groupby(old).sum(), out.counts.groupby(new).sum()
    assert before.shape == (4, 92)
    pd.testing.assert_frame_equal(before, after, check_names=False)


def test_changes_in_england_and_wales_as_the_publisher_marks_them(data):
    path = data / "lookups/LSOA11_LSOA21_LAD22_EW_exact.csv.gz"
    lookup = pd.read_csv(path, encoding="utf-8-sig")
    assert len(lookup) > 35_000
    letters = change_of(lookup, "LSOA11CD", "LSOA21CD")
    assert letters.value_counts().to_dict() == lookup["CHGIND"].value_counts().to_dict()
    assert (letters == lookup["CHGIND"]).all()


# --- what holds for any counts ----------------------------------------------------------------

counts = st.integers(min_value=0, max_value=10**6)
noise = st.integers(min_value=-3, max_value=3)
codes = st.sampled_from("ABCDEF")
pairs = st.dictionaries(
    st.tuples(codes, st.sampled_from("tuvwxyz")),
    st.integers(min_value=1, max_value=5000),
    min_size=1,
    max_size=25,
)
people = st.fixed_dictionaries(
    {code: st.tuples(counts, counts, counts, noise) for code in "ABCDEF"}
)
SUMS = [
    ("white", ("irish", "british")),
    ("all", ("white", "asian")),
    ("all", ("irish", "british", "asian")),
]


def world(drawn, links):
    frame = links_of([(source, target, weight) for (source, target), weight in links.items()])
    rows = {code: drawn[code] for code in sorted({source for source, _ in links})}
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["irish", "british", "asian", "noise"]
    ).astype(float)
    table["white"] = (table["irish"] + table["british"] - table["noise"]).clip(lower=0)
    table["all"] = (table["irish"] + table["british"] + table["asian"] + table["noise"]).clip(0)
    return table.drop(columns="noise"), frame


@given(people, pairs)
def test_every_total_is_kept_and_whole(drawn, links):
    table, frame = world(drawn, links)
    out = move_counts(table, frame, SUMS)
    assert out.counts.sum().to_dict() == table.sum().to_dict()
    assert (out.counts % 1 == 0).all().all() and (out.counts >= 0).all().all()
    assert set(out.counts.index) == set(frame["target"])


@given(people, pairs)
def test_without_noise_parts_make_their_sum_in_every_area(drawn, links):
    table, frame = world({code: (*row[:3], 0) for code, row in drawn.items()}, links)
    out = move_counts(table, frame, SUMS).counts
    assert (out["irish"] + out["british"] == out["white"]).all()
    assert (out["white"] + out["asian"] == out["all"]).all()


@given(people, pairs)
def test_nobody_is_more_than_a_person_off_the_exact_share(drawn, links):
    table, frame = world(drawn, links)
    frame["part"] = parts_of(frame)
    exact = (frame["part"] * frame["source"].map(table["asian"])).groupby(frame["target"]).sum()
    pieces = frame.groupby("target").size()
    off = (move_counts(table[["asian"]], frame).counts["asian"] - exact).abs()
    assert (off < pieces + 1e-6).all()


@given(people, pairs, st.randoms())
def test_the_order_of_rows_does_not_matter(drawn, links, random):
    table, frame = world(drawn, links)
    rows, areas = list(frame.index), list(table.index)
    random.shuffle(rows)
    random.shuffle(areas)
    shuffled = move_counts(table.loc[areas], frame.loc[rows], SUMS)
    pd.testing.assert_frame_equal(move_counts(table, frame, SUMS).counts, shuffled.counts)


@given(people, pairs)
def test_modelled_counts_keep_their_total(drawn, links):
    table, frame = world(drawn, links)
    table = table / 7
    out = move_counts(table, frame).counts
    assert out.sum().tolist() == pytest.approx(table.sum().tolist())
