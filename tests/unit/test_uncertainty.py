"""What is drawn: distributions against theory, the order of areas, numbers for good."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare, dirichlet, gamma, kstest
from seldom_heard.methods.uncertainty import (
    CensusCount,
    Pulse,
    Replies,
    drawn_weights,
    rank_quantiles,
    share_within,
    stream,
)

MANY = 20_000
OBSERVED = np.array([6.0, 8, 12, 16, 24, 28, 24, 42])
EXPECTED = np.array([10.0, 11, 20, 21, 22, 23, 30, 31])


def many_replies(observed: float, expected: float, prior: float) -> np.ndarray:
    source = Replies("voice", np.full(MANY, observed), np.full(MANY, expected), prior)
    return source.drawn(np.random.RandomState(3))


# --- replies


@pytest.mark.parametrize(
    ("observed", "expected", "prior"), [(0, 5, 2.5), (12, 23, 4), (300, 250, 20), (3, 10, 0)]
)
def test_replies_follow_the_posterior_of_gamma_and_poisson(observed, expected, prior):
    made = many_replies(observed, expected, prior)
    known = gamma(observed + prior, scale=100 / (expected + prior))
    assert kstest(made, known.cdf).pvalue > 0.001
    for share in (0.025, 0.5, 0.975):
        # a sample quantile's standard error is sqrt(p (1 - p) / n) / density
        error = np.sqrt(share * (1 - share) / MANY) / known.pdf(known.ppf(share))
        assert np.quantile(made, share) == pytest.approx(known.ppf(share), abs=5 * error)


def test_replies_vary_around_the_shrunk_ratio():
    made = many_replies(12, 23, 4)
    # mean 100 (O + a) / (E + a), variance 100^2 (O + a) / (E + a)^2
    assert made.mean() == pytest.approx(100 * 16 / 27, abs=5 * 100 * 4 / 27 / np.sqrt(MANY))
    assert made.std() == pytest.approx(100 * 4 / 27, rel=0.03)


def test_replies_of_areas_that_differ_by_chance_alone_are_as_expected():
    made = Replies("voice", [3.0, np.nan, 40.0], [10.0, 10.0, 20.0], np.inf)
    assert made.drawn(np.random.RandomState(1)).tolist() == pytest.approx(
        [100, np.nan, 100], nan_ok=True
    )


@pytest.mark.parametrize(
    ("observed", "expected", "prior"),
    [
        (np.nan, 10, 2),
        (3, np.nan, 2),
        (-1, 10, 2),
        (3, 0, 2),
        (3, np.inf, 2),
        (np.inf, 3, 2),
        (3, 10, np.nan),
        (3, 10, -2),
    ],
)
def test_replies_that_cannot_be_used_keep_the_figure(observed, expected, prior):
    made = Replies("voice", [observed], [expected], prior).drawn(np.random.RandomState(1))
    assert np.isnan(made).all()


def test_replies_that_cannot_be_used_do_not_change_the_others():
    whole = Replies("voice", OBSERVED, EXPECTED, 3.0).drawn(np.random.RandomState(1))
    gaps = Replies("voice", [np.nan, *OBSERVED], [5.0, *EXPECTED], 3.0)
    assert gaps.drawn(np.random.RandomState(1))[1:].tolist() == whole.tolist()


@pytest.mark.parametrize("kind", [Replies, CensusCount])
def test_draws_go_with_the_areas_in_whatever_order_they_come(kind):
    base = {"prior": 3.0} if kind is Replies else {}
    order = np.array([5, 2, 7, 0, 1, 6, 4, 3])
    made = kind("any", OBSERVED, EXPECTED * 10, **base).drawn(np.random.RandomState(1))
    other = kind("any", OBSERVED[order], EXPECTED[order] * 10, **base)
    drawn = other.drawn(np.random.RandomState(1))
    assert drawn.tolist() == pytest.approx(made[order].tolist(), nan_ok=True)


def test_each_draw_is_another():
    source, drawing = Replies("voice", OBSERVED, EXPECTED, 3.0), np.random.RandomState(1)
    assert (source.drawn(drawing) != source.drawn(drawing)).all()


def test_series_are_taken_by_their_order():
    made = Replies("voice", pd.Series(OBSERVED, index=range(8, 0, -1)), EXPECTED, 3.0)
    known = Replies("voice", OBSERVED, EXPECTED, 3.0)
    assert (made.drawn(np.random.RandomState(1)) == known.drawn(np.random.RandomState(1))).all()


# --- census counts


def test_noise_is_whole_even_and_at_most_two():
    source = CensusCount("english", np.full(MANY, 10), np.full(MANY, 100))
    made = source.drawn(np.random.RandomState(3))
    found = pd.Series(np.round(made, 9)).value_counts().sort_index()
    assert found.index.tolist() == [8, 9, 10, 11, 12]
    assert chisquare(found).pvalue > 0.001


@pytest.mark.parametrize(
    ("count", "base", "expected"),
    [
        (0, 50, {0, 2, 4}),  # never below none
        (1, 50, {0, 2, 4, 6}),
        (19, 20, {85, 90, 95, 100}),  # never above the base
        (4, 4, {50, 75, 100}),
    ],
)
def test_noise_stays_between_none_and_all(count, base, expected):
    source = CensusCount("english", np.full(500, count), np.full(500, base))
    assert set(np.round(source.drawn(np.random.RandomState(3)), 9)) == expected


@pytest.mark.parametrize(
    ("count", "base"), [(20, 100), (300, 1000), (np.nan, 100), (5, np.nan), (5, 0), (-1, 100)]
)
def test_large_counts_and_those_that_cannot_be_used_keep_the_figure(count, base):
    made = CensusCount("english", [count], [base]).drawn(np.random.RandomState(1))
    assert np.isnan(made).all()


def test_how_much_noise_and_below_what_can_be_said():
    source = CensusCount("english", np.full(500, 30), np.full(500, 100), below=50, most=1)
    assert set(np.round(source.drawn(np.random.RandomState(3)), 9)) == {29, 30, 31}


# --- weights


def test_weights_have_the_moments_of_the_dirichlet_distribution():
    shares, draws = np.array([0.5, 0.3, 0.2]), 40_000
    made = drawn_weights(shares, ["a", "b", "c"], draws, seed=1, concentration=20)
    known = dirichlet(20 * shares)
    assert made.sum(axis=1) == pytest.approx(1)
    error = np.sqrt(known.var() / draws)
    assert (np.abs(made.mean(axis=0) - known.mean()) < 5 * error).all()
    assert made.var(axis=0) == pytest.approx(known.var(), rel=0.05)
    # covariance of two weights: -s t / (concentration + 1)
    assert np.cov(made.T)[0, 1] == pytest.approx(-0.5 * 0.3 / 21, rel=0.05)


def test_one_weight_is_always_all_of_it():
    assert (drawn_weights(np.array([1.0]), ["a"], 100, seed=1, concentration=20) == 1).all()


def test_weights_stay_above_0_however_small():
    made = drawn_weights(np.array([1 - 1e-9, 1e-9]), ["a", "b"], 1000, seed=1, concentration=20)
    assert (made > 0).all()
    assert np.isfinite(made).all()


def test_weights_go_with_their_names():
    shares = np.array([0.5, 0.3, 0.2])
    made = drawn_weights(shares, ["a", "b", "c"], 50, seed=1, concentration=20)
    turned = drawn_weights(shares[::-1], ["c", "b", "a"], 50, seed=1, concentration=20)
    assert turned[:, ::-1] == pytest.approx(made, rel=1e-12)


def test_streams_differ_by_name_and_by_seed_and_take_any():
    names = ["a", "b", "ab", "ba", "", "Ωmega", "a" * 300]
    firsts = [stream(seed, name).random_sample() for seed in (0, 1, -1, 2**31) for name in names]
    assert len(set(firsts)) == 4 * len(names)


# --- what is told of the draws


def test_quantiles_are_those_of_numpy_for_whole_ranks():
    ranks = np.random.RandomState(1).randint(1, 100, (200, 57)).astype(np.int32)
    shares = (0.05, 0.5, 0.95)
    known = np.quantile(ranks, shares, axis=0, method="inverted_cdf")
    assert (rank_quantiles(ranks, shares) == known).all()
    assert (rank_quantiles(ranks, shares, chunk=10) == known).all()


def test_quantiles_by_hand():
    # of 20 draws the 1st, 10th and 19th; of one, that one
    ranks = np.arange(20, 0, -1, dtype=np.int32)[:, None]
    assert rank_quantiles(ranks, (0.05, 0.5, 0.95)).ravel().tolist() == [1, 10, 19]
    assert rank_quantiles(ranks[:1], (0.05, 0.5, 0.95)).ravel().tolist() == [20, 20, 20]


def test_quantiles_can_be_stopped_before_each_chunk():
    ranks, told = np.ones((20, 35), dtype=np.int32), []
    rank_quantiles(ranks, (0.5,), 10, lambda: told.append(1))
    assert len(told) == 4

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        rank_quantiles(ranks, (0.5,), 10, stop)


def test_share_within_by_hand():
    ranks = np.array([[1, 2, 3], [3, 1, 2], [1, 2, 3], [1, 3, 2]], dtype=np.int32)
    assert share_within(ranks, 1).tolist() == [0.75, 0.25, 0]
    assert share_within(ranks, 2).tolist() == [0.75, 0.75, 0.5]


def test_pulse_tells_every_fifty_draws_and_stops_when_asked():
    told = []
    pulse = Pulse(lambda share: bool(told.append(share)), 1000)
    for draw in range(101):
        pulse.beat(draw)
    # and more often on a slow machine
    assert {0, 0.05, 0.1} <= set(told)
    with pytest.raises(InterruptedError):
        Pulse(lambda share: True, 10).beat(0)


# --- numbers for good: another version of numpy or pandas must give the same


def test_streams_are_those_of_python():
    """Python's own generator is the same Mersenne twister, seeded with the same words."""
    letters = b"figures of ab"
    words = [42, len(letters), *letters]
    whole = sum(word << (32 * place) for place, word in enumerate(words))
    known = random.Random(whole)
    made = stream(42, "figures of ab").random_sample(50)
    assert made.tolist() == [known.random() for _ in range(50)]


GOLDEN_REPLIES = [
    *(81.20276276000313, 115.97545271921082, 67.98340800618283, 123.20346257932445),
    *(84.52360589531632, 93.74414788771469, 95.44726938502932, 88.78516444734797),
]
GOLDEN_COUNTS = [7, 90 / 11, 6, 50 / 7, np.nan, np.nan, np.nan, np.nan]  # 7, 9, 12, 15 people
GOLDEN_WEIGHTS = [
    *(0.4832385445705824, 0.24203437563064825, 0.27472707979876926),
    *(0.2894592091923261, 0.4704790740060996, 0.24006171680157434),
]


def test_draws_are_these_numbers():
    replies = Replies("voice", OBSERVED, EXPECTED, 20.0).drawn(stream(42, "voice"))
    counts = CensusCount("english", OBSERVED, EXPECTED * 10).drawn(stream(42, "english"))
    weights = drawn_weights(np.array([0.5, 0.3, 0.2]), ["a", "b", "c"], 2, 42, 20.0)
    assert replies.tolist() == pytest.approx(GOLDEN_REPLIES, rel=1e-12)
    assert counts.tolist() == pytest.approx(GOLDEN_COUNTS, rel=1e-12, nan_ok=True)
    assert weights.ravel().tolist() == pytest.approx(GOLDEN_WEIGHTS, rel=1e-12)
