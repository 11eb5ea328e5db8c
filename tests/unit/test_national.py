"""Places among all of a nation, told by published ranks and by hundredths of a score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from seldom_heard.methods.deprivation import weighted_score
from seldom_heard.methods.national import place_of_rank, place_of_score, steps_of
from seldom_heard.methods.score import percentile_rank
from seldom_heard.taxonomies.catalogue import find
from seldom_heard.taxonomies.errors import TaxonomyError
from seldom_heard.taxonomies.model import parse

ENGLAND = "deprivation/IoD2025_LSOA21_England_scores_ranks_deciles.csv.gz"
TIDY = {
    "income_rank": "Income_rank",
    "employment_rank": "Employment_rank",
    "education_rank": "Education_rank",
    "crime_rank": "Crime_rank",
    "barriers_rank": "Housing_and_Services_rank",
    "living_rank": "Environment_rank",
}


@pytest.fixture(scope="module")
def england(data):
    return pd.read_csv(data / ENGLAND, index_col="lsoa21_code")


def exhealth():
    return next(i.options for i in find("iod2025").indicators if i.id == "exhealth_score")


def test_place_of_rank_by_hand():
    placed = place_of_rank(pd.Series([1, 3, 5, np.nan]), 5)
    assert placed.tolist()[:3] == [1.0, 0.5, 0.0] and np.isnan(placed[3])


@pytest.mark.parametrize("rank", [0, -1, 6, np.inf])
def test_what_is_no_rank_is_refused(rank):
    with pytest.raises(ValueError, match="no rank among 5"):
        place_of_rank(pd.Series([1.0, rank]), 5)


def test_published_ranks_of_england_are_percentile_ranks_of_their_scores(england):
    """Counted from scores with three decimals, of which some are tied; ranks tell them apart."""
    by_rank = place_of_rank(england["IMD_rank"], len(england))
    by_score = percentile_rank(england["IMD_score"])
    alone = ~england["IMD_score"].duplicated(keep=False)
    assert alone.sum() > 10_000
    assert (by_rank - by_score)[alone].abs().max() < 1e-12
    assert by_rank.min() == 0 and by_rank.max() == 1


def test_place_of_score_by_hand():
    placed = place_of_score(pd.Series([0, 10, 15, 40, 50, np.nan, np.inf]), [10, 20, 40])
    assert placed.tolist()[:5] == [0, 0, 0.25, 1, 1]
    assert placed[5:].isna().all()


def test_steps_of_are_the_scores_at_each_hundredth():
    assert steps_of(pd.Series(range(201)), 100) == pytest.approx(list(range(0, 201, 2)))
    assert steps_of(pd.Series([3.0, np.nan, 1.0]), 2) == [1, 2, 3]


def test_every_area_of_england_is_placed_within_half_a_point(england):
    """Of 100, by the hundredths shipped with the edition; on average within a fortieth."""
    ranks = pd.DataFrame({ours: england[theirs] for ours, theirs in TIDY.items()})
    score = weighted_score(ranks, exhealth()["weights"], 33_755)
    points = exhealth()["percentiles"]["scores"]
    assert len(score) == 33_755 and len(points) == 101
    off = 100 * (place_of_score(score, points) - percentile_rank(score)).abs()
    assert off.max() < 0.5
    assert off.mean() < 0.025
    assert list(points) == pytest.approx(steps_of(score), abs=6e-7)


def test_percentiles_that_fall_are_refused():
    raw = dict(find("iod2025").raw)
    changed = {**exhealth(), "percentiles": {"scores": [3, 1], "made": "up"}}
    raw["indicators"] = [
        changed if item["id"] == "exhealth_score" else item for item in raw["indicators"]
    ]
    with pytest.raises(TaxonomyError, match="must rise"):
        parse(raw, "mine.json")
