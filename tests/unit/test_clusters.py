"""Clusters: against PySAL's esda on the same weights, by hand, and what must not change."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seldom_heard.methods import clusters
from seldom_heard.methods.multiple import benjamini_hochberg

MANY = 4999  # permutations where p is held against another's
# p in hundredths of twelve areas, seed 42, as they were when this was written
DRAWN = [23, 2, 29, 20, 34, 35, 11, 31, 47, 49, 12, 20]


def grid(rows: int, columns: int):
    """Return row-standardised weights of squares that touch, corners too."""
    at = np.arange(rows * columns).reshape(rows, columns)
    pairs = [
        *zip(at[:, :-1].ravel(), at[:, 1:].ravel()),
        *zip(at[:-1].ravel(), at[1:].ravel()),
        *zip(at[:-1, :-1].ravel(), at[1:, 1:].ravel()),
        *zip(at[:-1, 1:].ravel(), at[1:, :-1].ravel()),
    ]
    return clusters.row_standardised(clusters.contiguity(pairs, rows * columns))


def row_of_four():
    return clusters.row_standardised(clusters.contiguity([(0, 1), (1, 2), (2, 3)], 4))


def with_islands():
    """Return weights of a grid of 6 x 7 with two more areas that touch nothing."""
    pairs = np.argwhere(grid(6, 7).toarray() > 0)
    return clusters.row_standardised(clusters.contiguity(pairs, 44))


def figures(number: int, seed: int = 5):
    """Return figures above 0, skewed as shares of people are; no two alike."""
    return np.random.RandomState(seed).gamma(1.5, 2.0, number)


def places(number: int, seed: int = 7):
    return np.random.RandomState(seed).rand(number, 2) * 10_000


WEIGHTS = {
    "grid": lambda: grid(9, 11),
    "nearest": lambda: clusters.row_standardised(clusters.nearest(places(120), 6)),
    "distance": lambda: clusters.row_standardised(clusters.within(places(90), 1500)),
    "islands": with_islands,
}


@pytest.fixture(params=WEIGHTS)
def weights(request):
    return WEIGHTS[request.param]()


@pytest.fixture(scope="session")
def esda():
    return pytest.importorskip("esda", reason="PySAL's esda is not in this environment")


def in_pysal(weights):
    """Return binary weights as PySAL has them, from the same neighbours."""
    from libpysal.weights import W

    found = {
        i: weights.indices[weights.indptr[i] : weights.indptr[i + 1]]
        for i in range(len_of(weights))
    }
    return W({i: list(map(int, near)) for i, near in found.items()}, silence_warnings=True)


def len_of(weights) -> int:
    return weights.shape[0]


def within_chance(mine, theirs, permutations: int) -> bool:
    """Return whether two p by permutation differ by no more than two sets of draws do."""
    p = (mine + theirs) / 2
    error = np.sqrt(2 * p * (1 - p) / permutations)
    return bool((np.abs(mine - theirs) <= 5 * error + 2 / permutations).all())


# --- against esda -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_local_moran_is_that_of_esda(esda, weights):
    x = figures(len_of(weights))
    near = clusters.neighbours_of(weights) > 0
    mine = clusters.local_moran(x, weights, MANY, 1)
    theirs = esda.Moran_Local(x, in_pysal(weights), permutations=MANY, n_jobs=1, seed=3)
    assert mine.statistic[near] == pytest.approx(theirs.Is[near], abs=1e-9)
    assert (mine.kind[near] == theirs.q[near]).all()
    assert within_chance(mine.p[near], theirs.p_sim[near], MANY)
    # the error of a mean, and of a standard deviation, of so many draws of skewed figures
    assert np.abs((mine.mean - theirs.EI_sim)[near] / mine.sd[near]).max() < 8 / MANY**0.5
    assert mine.sd[near] == pytest.approx(theirs.seI_sim[near], rel=0.15)
    assert mine.z[near] == pytest.approx(theirs.z_sim[near], rel=0.15, abs=0.15)


@pytest.mark.filterwarnings("ignore")
def test_getis_ord_star_is_that_of_esda(esda, weights):
    x = figures(len_of(weights))
    near = clusters.neighbours_of(weights) > 0
    mine = clusters.getis_ord_star(x, weights, MANY, 1)
    theirs = esda.G_Local(
        x, in_pysal(weights), transform="R", star=True, permutations=MANY, n_jobs=1, seed=3
    )
    assert mine.statistic[near] == pytest.approx(theirs.Gs[near], abs=1e-9)
    assert within_chance(mine.p[near], theirs.p_sim[near], MANY)
    assert np.abs((mine.mean - theirs.EG_sim)[near] / mine.sd[near]).max() < 8 / MANY**0.5
    assert mine.sd[near] == pytest.approx(theirs.seG_sim[near], rel=0.15)
    above = (theirs.Gs > theirs.EG_sim)[near]
    sure = theirs.p_sim[near] < 0.4  # in the middle draws decide which side it is
    assert ((mine.kind[near] == 1) == above)[sure].all()


@pytest.mark.filterwarnings("ignore")
def test_moran_is_that_of_esda(esda, weights):
    x = figures(len_of(weights))
    np.random.seed(3)
    mine = clusters.moran(x, weights, MANY, 1)
    theirs = esda.Moran(x, in_pysal(weights), permutations=MANY)
    assert mine.statistic == pytest.approx(theirs.I, abs=1e-9)
    assert mine.expected == pytest.approx(theirs.EI, abs=1e-12)
    assert mine.z == pytest.approx(theirs.z_sim, abs=0.15)
    assert within_chance(mine.p, theirs.p_sim, MANY)


# --- by hand ----------------------------------------------------------------------------------


def test_statistics_of_four_areas_by_hand():
    """1, 2, 3, 4 in a row: less their mean -1.5, -0.5, 0.5, 1.5; squares add up to 5.

    The first: 3 x -1.5 x -0.5 / 5; the second: 3 x -0.5 x (-1.5 + 0.5)/2 / 5. Moran's I is
    4/4 x (0.75 + 0.25 + 0.25 + 0.75) / 5. Gi*: means of an area and its neighbours, over 10.
    """
    x = [1, 2, 3, 4]
    local = clusters.local_moran(x, row_of_four(), 9, 1)
    assert local.statistic == pytest.approx([0.45, 0.15, 0.15, 0.45])
    assert list(local.kind) == [3, 3, 1, 1]
    assert clusters.moran(x, row_of_four(), 9, 1).statistic == pytest.approx(0.4)
    star = clusters.getis_ord_star(x, row_of_four(), 9, 1)
    assert star.statistic == pytest.approx([0.15, 0.2, 0.3, 0.35])


def test_p_and_moments_are_those_of_all_deals_counted_out():
    """Six areas in a ring, figures with ties: all 120 deals of the other five, one by one."""
    x = np.array([0.0, 0.0, 0.0, 2.0, 5.0, 7.0])
    ring = clusters.contiguity([(i, (i + 1) % 6) for i in range(6)], 6)
    draws = 40_000
    found = clusters.local_moran(x, clusters.row_standardised(ring), draws, 4)
    z = (x - x.mean()) / x.std()
    for i in range(6):
        others = [j for j in range(6) if j != i]
        dealt = np.array([(z[a] + z[b]) / 2 for a, b in itertools.permutations(others, 2)])
        every = z[i] * dealt * 5 / 6
        mine = found.statistic[i]
        tail = min((every >= mine - 1e-9).mean(), (every <= mine + 1e-9).mean())
        assert found.p[i] == pytest.approx(tail, abs=0.012), i
        assert found.mean[i] == pytest.approx(every.mean(), abs=0.015), i
        assert found.sd[i] == pytest.approx(every.std(), rel=0.02), i


def test_a_tie_is_no_evidence():
    """Most figures are 0: an area of 0 in the midst of others is what any deal would make."""
    x = np.zeros(100)
    x[[0, 1, 10, 11]] = 3.0, 4.0, 5.0, 6.0
    found = clusters.local_moran(x, grid(10, 10), 999, 1)
    assert found.p[55] > 0.5 and found.two_sided[55] == 1
    assert found.p[0] < 0.01
    # alone and high: most deals leave it alone, so nothing is special
    x = np.zeros(100)
    x[[55, 3, 90, 97]] = 5.0, 1.0, 2.0, 3.0
    assert clusters.local_moran(x, grid(10, 10), 999, 1).p[55] > 0.5


def test_a_figure_right_at_the_mean_is_no_evidence():
    x = [1.0, 1.0, 2.0, 3.0, 3.0]
    line = clusters.row_standardised(clusters.contiguity([(i, i + 1) for i in range(4)], 5))
    found = clusters.local_moran(x, line, 99, 1)
    assert found.statistic[2] == 0 and found.p[2] == 1 and np.isnan(found.z[2])


def test_mean_and_sd_are_those_of_drawing_without_replacement():
    """k of the n - 1 others: mean -z/(n - 1), variance by the correction for a finite whole."""
    x = figures(400)
    weights = grid(20, 20)
    found = clusters.getis_ord_star(x, weights, 4999, 2)
    k = clusters.neighbours_of(weights)
    others = (x.sum() - x) / 399
    squares = ((x**2).sum() - x**2) / 399 - others**2
    sd = np.sqrt(squares / k * (399 - k) / 398) * k / (k + 1) / x.sum()
    assert found.mean == pytest.approx((x + k * others) / (k + 1) / x.sum(), rel=0.02)
    assert found.sd == pytest.approx(sd, rel=0.08)


# --- what is found ----------------------------------------------------------------------------


def planted():
    """Return figures of a grid of 20 x 20, high in 5 x 5 of them, and where these are."""
    at = np.zeros((20, 20), dtype=bool)
    at[4:9, 11:16] = True
    noise = np.random.RandomState(8).normal(0, 1, 400)
    return noise + 4 * at.ravel() + 10, at.ravel()


def called(found, alpha: float = 0.05):
    return benjamini_hochberg(found.two_sided) <= alpha


def test_a_planted_cluster_is_found_and_little_else():
    x, inside = planted()
    found = clusters.local_moran(x, grid(20, 20), 9999, 1)
    kinds = clusters.classes(found, clusters.QUADRANTS, called(found))
    core = np.zeros((20, 20), dtype=bool)
    core[5:8, 12:15] = True  # all of whose neighbours are high
    assert (kinds[core.ravel()] == "high-high").all()
    assert (kinds[inside] == "high-high").sum() >= 20  # corners have five low neighbours
    assert (kinds[~inside] == "high-high").sum() <= 12  # those at its edge
    assert ((kinds == "low-low") | (kinds == "high-low")).sum() <= 2
    star = clusters.getis_ord_star(x, grid(20, 20), 9999, 1)
    spots = clusters.classes(star, clusters.SPOTS, called(star))
    assert (spots[core.ravel()] == "hot spot").all() and (spots == "cold spot").sum() <= 1
    assert clusters.moran(x, grid(20, 20)).p == 0.001


@pytest.mark.parametrize("measure", [clusters.local_moran, clusters.getis_ord_star])
def test_noise_gives_as_many_false_ones_as_it_may(measure):
    """Five per cent of 400 areas, 12 times: 240; after Benjamini-Hochberg hardly any."""
    weights, plain, corrected = grid(20, 20), 0, 0
    for seed in range(12):
        x = np.random.RandomState(100 + seed).rand(400)
        found = measure(x, weights, 1999, seed)
        plain += (found.two_sided <= 0.05).sum()
        corrected += called(found).sum()
    assert 190 <= plain <= 290
    assert corrected <= 6


def test_classes_in_words():
    x, _ = planted()
    weights = clusters.row_standardised(
        clusters.contiguity(np.argwhere(grid(20, 20).toarray() > 0), 401)
    )
    found = clusters.local_moran(np.append(x, 10.0), weights, 99, 1)
    words = clusters.classes(found, clusters.QUADRANTS, np.zeros(401, dtype=bool))
    assert list(words[:-1]) == ["not significant"] * 400 and words[-1] == "island"
    words = clusters.classes(found, clusters.QUADRANTS, np.ones(401, dtype=bool))
    assert set(words[:-1]) == set(clusters.QUADRANTS)
    assert all(np.isnan(part[-1]) for part in (found.statistic, found.z, found.p, found.two_sided))


# --- what must not change ---------------------------------------------------------------------


@settings(max_examples=25)
@given(
    shift=st.floats(-1e3, 1e3),
    scale=st.floats(0.01, 100),
    seed=st.integers(0, 1000),
)
def test_another_unit_changes_nothing(shift, scale, seed):
    x, weights = figures(63, seed), grid(7, 9)
    before = clusters.local_moran(x, weights, 99, seed)
    after = clusters.local_moran(shift + scale * x, weights, 99, seed)
    assert after.statistic == pytest.approx(before.statistic, rel=1e-6, abs=1e-6)
    assert (after.p == before.p).all() and (after.kind == before.kind).all()
    star = clusters.getis_ord_star(x, weights, 99, seed)
    scaled = clusters.getis_ord_star(abs(shift) + scale * x, weights, 99, seed)
    assert (scaled.p == star.p).all() and (scaled.kind == star.kind).all()
    assert scaled.z == pytest.approx(star.z, rel=1e-6, abs=1e-6)


def test_figures_turned_round_turn_the_classes_round():
    x, weights = figures(99), grid(9, 11)
    up, down = clusters.local_moran(x, weights, 499, 3), clusters.local_moran(-x, weights, 499, 3)
    assert down.statistic == pytest.approx(up.statistic)
    assert (down.p == up.p).all()
    assert (down.kind == np.array([0, 3, 4, 1, 2])[up.kind]).all()


def test_the_order_of_the_areas_does_not_matter():
    x, weights = figures(99), grid(9, 11)
    order = np.random.RandomState(2).permutation(99)
    for measure in (clusters.local_moran, clusters.getis_ord_star):
        found = measure(x, weights, MANY, 1)
        moved = measure(x[order], weights[order][:, order], MANY, 1)
        assert moved.statistic == pytest.approx(found.statistic[order], abs=1e-12)
        assert within_chance(moved.p, found.p[order], MANY)


def test_same_seed_same_result_other_seed_other_draws():
    x, weights = figures(99), grid(9, 11)
    first, again = (clusters.local_moran(x, weights, 199, 5) for _ in range(2))
    other = clusters.local_moran(x, weights, 199, 6)
    assert (first.p == again.p).all() and (first.mean == again.mean).all()
    assert (other.p != first.p).any() and (other.statistic == first.statistic).all()


def test_draws_of_a_seed_are_these_for_good():
    """On every version of numpy, scipy and pandas a seed means the same."""
    found = clusters.local_moran([3, 9, 1, 7, 5, 2, 8, 6, 4, 12, 10, 11], grid(3, 4), 99, 42)
    assert list(np.round(found.p * 100).astype(int)) == DRAWN


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [clusters.local_moran, clusters.getis_ord_star, clusters.moran])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([2.0] * 4, "same"),
        ([0.1 + 0.2, 0.3, 0.3, 0.3], "same"),
        ([1, 2, np.nan, 4], "finite"),
        ([1, 2, np.inf, 4], "finite"),
        ([1, 2, 3], "weights of 4"),
        ([1, 2], "at least"),
    ],
)
def test_figures_in_which_nothing_can_be_found_are_refused(measure, values, said):
    with pytest.raises(ValueError, match=said):
        measure(values, row_of_four(), 9, 1)


def test_weights_that_do_not_fit_are_refused():
    binary = clusters.contiguity([(0, 1), (1, 2), (2, 3)], 4)
    with pytest.raises(ValueError, match="add up to 1"):
        clusters.local_moran([1, 2, 3, 4], binary)
    with pytest.raises(ValueError, match="itself"):
        clusters.local_moran([1, 2, 3, 4], clusters.with_self(row_of_four()))
    with pytest.raises(ValueError, match="neighbour"):
        clusters.moran([1, 2, 3, 4], clusters.contiguity([], 4))
    with pytest.raises(ValueError, match="below 0"):
        clusters.getis_ord_star([-1, 2, 3, 4], row_of_four())


def test_the_weights_given_are_left_as_they_are():
    weights = grid(5, 5)
    before = weights.toarray()
    clusters.getis_ord_star(figures(25), weights, 19, 1)
    assert (weights.toarray() == before).all()


@pytest.mark.parametrize("measure", [clusters.local_moran, clusters.getis_ord_star, clusters.moran])
def test_it_can_be_stopped(measure):
    told = []

    def tick(share):
        told.append(share)
        return len(told) == 10

    with pytest.raises(clusters.Stopped):
        measure(figures(25), grid(5, 5), 999, 1, tick)
    assert len(told) == 10 and told == sorted(told) and told[0] == 0 and told[-1] < 1


# --- neighbours -------------------------------------------------------------------------------


def test_neighbours_of_a_grid():
    counted = np.sort(clusters.neighbours_of(grid(4, 5)))
    assert list(counted) == [3] * 4 + [5] * 10 + [8] * 6


def test_nearest_and_within_are_those_counted_out():
    xy = places(60)
    far = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(axis=2))
    np.fill_diagonal(far, np.inf)
    nearest = clusters.nearest(xy, 4).toarray()
    assert (nearest.sum(axis=1) == 4).all()
    for row in range(60):
        assert set(np.flatnonzero(nearest[row])) == set(np.argsort(far[row])[:4])
    assert (clusters.within(xy, 1700).toarray() == (far <= 1700)).all()
    assert clusters.pairs_within(xy, 1700) == (far <= 1700).sum() / 2
    least = clusters.least_distance(xy)
    assert least == pytest.approx(far.min(axis=1).max())
    assert (clusters.neighbours_of(clusters.within(xy, least)) > 0).all()
    assert (clusters.neighbours_of(clusters.within(xy, least * 0.999)) == 0).sum() >= 1


def test_points_at_the_same_place_are_neighbours_and_none_is_its_own():
    xy = np.zeros((7, 2))
    xy[5:] = 10, 10
    for k in (1, 3, 6):
        found = clusters.nearest(xy, k)
        assert (clusters.neighbours_of(found) == k).all() and not found.diagonal().any()
    assert clusters.within(xy, 1).sum() == 5 * 4 + 2


@pytest.mark.parametrize("k", [0, 7, 8])
def test_more_nearest_than_there_are_is_refused(k):
    with pytest.raises(ValueError, match="nearest"):
        clusters.nearest(places(7), k)


def test_pairs_given_twice_count_once_and_no_area_is_its_own():
    found = clusters.contiguity([(0, 1), (1, 0), (0, 1), (2, 2)], 3)
    assert found.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert clusters.row_standardised(found).sum() == 2


def test_with_itself_each_counts_alike_and_islands_stay():
    found = clusters.with_self(clusters.row_standardised(clusters.contiguity([(0, 1), (1, 2)], 4)))
    assert found.toarray() == pytest.approx(
        np.array([[1 / 2, 1 / 2, 0, 0], [1 / 3, 1 / 3, 1 / 3, 0], [0, 1 / 2, 1 / 2, 0], [0] * 4])
    )


def test_parts_that_do_not_touch():
    weights = clusters.contiguity([(0, 1), (1, 2), (3, 4)], 7)
    assert list(clusters.components(weights)) == [3, 2, 1, 1]
