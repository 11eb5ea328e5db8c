"""A reader who knows all that is shown, and how it adds up, cannot work out what is hidden.

The reader here shares no code with the method: the bounds of each cell are written out, and the
least and the most that a hidden cell can be are found by integer programming over all cells.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from seldom_heard.methods.disclosure import RULES, Protected, protect_table
from seldom_heard.taxonomies.catalogue import find
from seldom_heard.taxonomies.figures import figures_among

rules = st.sampled_from(sorted(RULES))
small = st.one_of(st.integers(0, 12), st.integers(0, 60))
BASE = 5
EXACT = (0.0, 0.0)


def window(count: float, hidden: bool, rule: str) -> tuple[float, float]:
    """What is known of a cell by itself."""
    if np.isnan(count):
        return 0, np.inf
    if hidden:
        return 1, np.inf
    shown = BASE * np.floor(count / BASE + 0.5)
    return (0, 0) if shown == 0 else (max(shown - 2, RULES[rule][0]), shown + 2)


def attack(windows, equations, targets) -> list[tuple[int, int]]:
    """Return the least and the most that each target can be, in whole numbers.

    Args:
        windows: the least and the most of each cell.
        equations: cells with their signs, and the least and the most of their sum.
        targets: positions of the cells that are sought.
    """
    rows = np.zeros((len(equations), len(windows)))
    for row, (cells, _) in zip(rows, equations):
        for cell, sign in cells:
            row[cell] += sign
    limits = [limit for _, limit in equations]
    constraints = LinearConstraint(rows, [low for low, _ in limits], [high for _, high in limits])
    bounds = Bounds([low for low, _ in windows], [high for _, high in windows])
    found = []
    for target in targets:
        sought = np.zeros(len(windows))
        sought[target] = 1
        ends = []
        for sign in (1, -1):
            answer = milp(
                sign * sought,
                constraints=constraints,
                bounds=bounds,
                integrality=np.ones(len(windows)),
            )
            assert answer.status in (0, 3, 4), answer.message  # 3 and 4: without end
            ends.append(sign * round(answer.fun) if answer.status == 0 else 10**6)
        found.append((ends[0], ends[1]))
    return found


def equations_of(values, sums, names, start=0) -> list:
    """Return the sums of one area; they hold but for what the publisher's noise moved them."""
    at = {name: start + number for number, name in enumerate(names)}
    made = []
    for whole, parts in sums:
        off = values[names.index(whole)] - sum(values[names.index(part)] for part in parts)
        made.append(([(at[whole], 1), *((at[part], -1) for part in parts)], (off, off)))
    return made


def ranges_by_area(counts: pd.DataFrame, hidden: pd.DataFrame, sums, rule: str) -> dict:
    """Return the range of each hidden cell, by area and column."""
    names, found = list(counts.columns), {}
    for area, values in zip(counts.index, counts.to_numpy()):
        gone = hidden.loc[area].to_numpy()
        targets = np.flatnonzero(gone)
        windows = [window(value, out, rule) for value, out in zip(values, gone)]
        ranges = attack(windows, equations_of(list(values), sums, names), targets)
        found |= {(area, names[at]): ends for at, ends in zip(targets, ranges)}
    return found


def ranges_by_place(counts, hidden, sums, rule, of_place: pd.Series, gone: pd.Series) -> dict:
    """Return the range of each hidden cell where the sums over all areas are shown as well."""
    names, size = list(counts.columns), len(counts.columns)
    values, out = counts.to_numpy().ravel(), hidden.to_numpy().ravel()
    windows = [window(value, is_out, rule) for value, is_out in zip(values, out)]
    equations = []
    for row, area in enumerate(counts.to_numpy()):
        equations += equations_of(list(area), sums, names, row * size)
    for at, name in enumerate(names):
        column = [(row * size + at, 1) for row in range(len(counts))]
        equations.append((column, window(of_place[name], gone[name], rule)))
    targets = np.flatnonzero(out)
    ranges = attack(windows, equations, targets)
    return {(t // size, names[t % size]): ends for t, ends in zip(targets, ranges)}


def numbers_in(ends: tuple[int, int]) -> int:
    return ends[1] - ends[0] + 1


def hidden_in(made: Protected) -> pd.DataFrame:
    return made.primary | made.secondary


def refuse_leaks(counts: pd.DataFrame, sums, rule: str) -> Protected:
    """Protect a table, and fail for each cell that is known as one of fewer than five numbers."""
    made = protect_table(counts, sums, rule)
    assert not made.narrow.to_numpy().any()
    ranges = ranges_by_area(counts, hidden_in(made), sums, rule)
    leaks = {cell: ends for cell, ends in ranges.items() if numbers_in(ends) < BASE}
    assert not leaks, (leaks, counts.loc[[area for area, _ in leaks]])
    everything = ranges_by_area(counts, made.primary | (counts > 0), sums, rule)
    most = RULES[rule][0] - 1
    for (area, name), (low, high) in ranges.items():
        if made.primary.loc[area, name]:  # a reader may guess that it is below the limit
            unavoidable = everything[area, name][0]
            left = min(high, most) - low + 1
            assert left >= min(BASE, most - unavoidable + 1), (area, name, low, high)
    return made


def leaks_of_cells(counts: pd.DataFrame, sums, rule: str) -> dict:
    """Return the cells that are known too well where each is protected by itself."""
    alone = protect_table(counts, [], rule)
    ranges = ranges_by_area(counts, alone.primary, sums, rule)
    return {cell: ends for cell, ends in ranges.items() if numbers_in(ends) < BASE}


def skewed(random, rows: int, columns: int) -> np.ndarray:
    """Return counts of which many are small and some are not, as in small areas."""
    size = random.choice([1, 3, 8, 20, 100], size=(rows, 1))
    return random.poisson(random.gamma(0.5, 1, size=(rows, columns)) * 2 * size)


def awkward(random, rows: int, columns: int) -> np.ndarray:
    """Return counts of which many are small, or at an end of what they are shown as."""
    return random.choice([0, 0, 1, 2, 4, 7, 8, 8, 12, 13, 18, 33], size=(rows, columns))


def with_total(values: np.ndarray, names) -> pd.DataFrame:
    counts = pd.DataFrame(values, columns=list(names), dtype=float)
    return counts.assign(total=counts.sum(axis=1))


# --- the reader succeeds against rounding alone ---------------------------------------------------


def test_the_reader_works_out_what_rounding_alone_leaves():
    """The example of the documentation: 17 = 8 + 8 + 1."""
    counts = pd.DataFrame({"total": [17.0], "a": [8.0], "b": [8.0], "c": [1.0]})
    assert leaks_of_cells(counts, [("total", ["a", "b", "c"])], "nhs") == {(0, "c"): (1, 1)}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_cell_by_cell_protection_leaks_in_random_tables(rule):
    counts = with_total(awkward(np.random.default_rng(11), 150, 4), "abcd")
    leaks = leaks_of_cells(counts, [("total", list("abcd"))], rule)
    assert len(leaks) > 10
    assert any(numbers_in(ends) == 1 for ends in leaks.values()), "some are known exactly"


# --- one area -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("columns", [2, 4, 6])
def test_one_way_tables(rule, columns):
    names = list("abcdef")[:columns]
    counts = with_total(awkward(np.random.default_rng(columns), 60, columns), names)
    made = refuse_leaks(counts, [("total", names)], rule)
    assert made.secondary.to_numpy().any(), "nothing had to be protected, so nothing was tested"


@settings(max_examples=60)
@given(st.lists(small, min_size=2, max_size=5), rules, st.integers(-3, 3))
def test_any_area_with_or_without_noise(parts, rule, noise):
    names = list("abcde")[: len(parts)]
    counts = with_total(np.array([parts]), names)
    counts["total"] = (counts["total"] + noise).clip(lower=0)
    made = protect_table(counts, [("total", names)], rule)
    assert not ((made.shown > 0) & (made.shown < RULES[rule][0])).to_numpy().any()
    small_ones = made.primary.iloc[0]
    low, high = zip(*(window(c, small_ones[n], rule) for n, c in counts.iloc[0].items()))
    if sum(low[:-1]) <= high[-1] and low[-1] <= sum(high[:-1]):  # else it tells nothing
        refuse_leaks(counts, [("total", names)], rule)


@settings(max_examples=40)
@given(st.lists(small, min_size=6, max_size=6), rules)
def test_any_hierarchy(leaves, rule):
    counts = with_total(np.array([leaves]), "abcdef")
    counts["g"], counts["h"] = counts[["a", "b", "c"]].sum(axis=1), counts[["d", "e"]].sum(axis=1)
    counts["rest"] = counts["total"] - counts["g"]
    sums = [("total", ["g", "h", "f"]), ("g", ["a", "b", "c"]), ("h", ["d", "e"])]
    refuse_leaks(counts, [*sums, ("total", ["g", "rest"]), ("rest", ["h", "f"])], rule)


def made_of_leaves(identifier: str, random, rows: int) -> tuple[pd.DataFrame, list]:
    """Return random counts of all columns that a taxonomy makes, and their sums."""
    taxonomy = find(identifier)
    leaves = pd.DataFrame(skewed(random, rows, len(taxonomy.leaves)), columns=taxonomy.leaves)
    leaves = leaves.astype(float)

    def count(column):
        below = taxonomy.children(column)
        whole = column == "total"
        return leaves.sum(axis=1) if whole else sum(map(count, below)) if below else leaves[column]

    columns = {taxonomy.field(taxonomy.raw["total"]["field"]): count("total")}
    columns |= {taxonomy.field(name, "n"): leaves[name] for name in taxonomy.leaves}
    for one in taxonomy.indicators:
        if one.measure == "share":
            plus = sum(map(count, one.options["numerator"]))
            columns[taxonomy.field(one.id, "n")] = plus - sum(
                map(count, one.options.get("minus", ()))
            )
    figures = figures_among(columns, [taxonomy])
    return pd.DataFrame(columns)[list(figures.counts)], list(figures.sums)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize(
    "identifier", ["census2021_ts021", "census2021_ts029", "census2021_ts025", "nhs_2001"]
)
def test_tables_as_they_are_published(identifier, rule):
    """Groups, categories, all but one group, and what is left: sums that overlap."""
    counts, sums = made_of_leaves(identifier, np.random.default_rng(5), 25)
    made = refuse_leaks(counts, sums, rule)
    assert made.secondary.to_numpy().any()


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("ts029", ["total", "english", "other", "very_well", "well", "not_well", "not_at_all"]),
        ("ts025", ["total", "all", "some", "children", "nobody"]),
    ],
)
def test_real_counts(data, file, names, rule):
    """Every eighth small area of South Yorkshire."""
    name = f"census2021-{file}-lsoa_SouthYorkshire_DERIVED_sum_of_OAs.csv"
    read = pd.read_csv(data / "census2021" / name).iloc[::8, 3:].reset_index(drop=True)
    counts = read.set_axis(names, axis=1).astype(float)
    sums = [("total", names[1:])]
    if file == "ts029":
        sums = [("total", ["english", "other"]), ("other", names[3:])]
    made = refuse_leaks(counts, sums, rule)
    more = made.secondary.to_numpy().sum()
    assert 0 < more < made.primary.to_numpy().sum() / 4, "few are hidden for the others' sake"


# --- areas in a larger place ----------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted(RULES))
def test_areas_by_categories_in_a_place_never_tell_a_number(rule):
    """In two directions a cell may be left with fewer than five numbers, never with one.

    The figures of the place are protected by the same method before they are shown.
    """
    random = np.random.default_rng(3)
    few = alone_exact = cells = 0
    for _ in range(70):
        areas, columns = random.integers(2, 6), random.integers(2, 5)
        names = list("abcd")[:columns]
        counts = with_total(skewed(random, areas, columns), names)
        sums, parents = [("total", names)], pd.Series(["P"] * areas)
        of_place = counts.sum()
        gone = hidden_in(protect_table(of_place.to_frame().T, sums, rule)).iloc[0]
        made = protect_table(counts, sums, rule, parents)
        hidden = hidden_in(made)
        ranges = ranges_by_place(counts, hidden, sums, rule, of_place, gone)
        single = {cell: ends for cell, ends in ranges.items() if numbers_in(ends) == 1}
        assert not single, (single, counts)
        few += sum(numbers_in(ends) < BASE for ends in ranges.values())
        cells += len(ranges)
        singles = hidden.sum() == 1
        can = (counts > 0).sum() > 1
        assert not (singles & can & (of_place > 0) & ~gone).any()
        alone = hidden_in(protect_table(counts, sums, rule))
        known = ranges_by_place(counts, alone, sums, rule, of_place, gone)
        alone_exact += sum(numbers_in(ends) == 1 for ends in known.values())
    assert cells > 300
    assert few < cells / 50
    assert alone_exact, "without the place the reader finds some, so the place matters"
