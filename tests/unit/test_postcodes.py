"""Postcodes as people write them, told from what is none."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seldom_heard.taxonomies.areas import may_be_personal
from seldom_heard.taxonomies.postcodes import (
    are_postcodes,
    compact,
    compacted,
    is_postcode,
    mostly_postcodes,
)

# a postcode of each shape that there is
SHAPES = ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "GIR 0AA"]


@pytest.mark.parametrize("written", SHAPES)
def test_every_shape_is_one(written):
    assert is_postcode(written)
    assert is_postcode(written.lower().replace(" ", ""))


@pytest.mark.parametrize(
    "written",
    [
        " S10 5PL ",
        "s105pl",
        "S10\u00a05PL",  # no-break blank
        "S10\u2009 5PL",  # thin blank
        "\ufeffS10 5PL\u200b",  # byte order mark, blank of no width
        "S 1 0 5 P L\t\n",
    ],
)
def test_case_and_blanks_of_any_kind_do_not_matter(written):
    assert compact(written) == "S105PL"


@pytest.mark.parametrize(
    "written",
    [
        "S10",  # the first half
        "SIO 5PL",  # letters for 1 and 0: not guessed
        "S10 SPL",  # a letter for 5
        "S10 5CL",  # C is never in the last two
        "S10 5PL, Sheffield",
        "75001",  # Paris
        "D02 AF30",  # Dublin
        "none",
        "",
    ],
)
def test_nothing_is_guessed(written):
    assert not is_postcode(written)


@given(st.lists(st.text(st.sampled_from("sS10 5pPlL\u00a0\u200b\tOI9"), max_size=12), min_size=1))
def test_columns_are_told_as_texts_are(texts):
    column = compacted(pd.Series(texts, dtype=object))
    assert column.tolist() == [compact(text) for text in texts]
    assert are_postcodes(column).tolist() == [is_postcode(text) for text in texts]
    assert compacted(column).tolist() == column.tolist(), "what is compact stays as it is"


def test_whatever_is_taken_for_a_postcode_is_kept_out_of_messages():
    assert all(may_be_personal(written) for written in SHAPES[:-1])


def test_a_column_of_postcodes_may_have_blanks_and_slips():
    assert mostly_postcodes(["S1 2AB", "", " ", "s1 2ab", "Leeds"])
    assert not mostly_postcodes(["S1 2AB", "Leeds", "York"])
    assert not mostly_postcodes(["", " "])
