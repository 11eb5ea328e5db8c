"""Postcodes of the United Kingdom as people and files write them, made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# a letter or two, a digit, perhaps one more sign; a digit and two letters, none of C I K M O V
SHAPE = r"(?:GIR0AA|[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][ABD-HJLNP-UW-Z]{2})"
_SHAPE = re.compile(SHAPE)
# \s has no-break and thin blanks; the others are of no width, left by web pages and byte order
BLANKS = r"[\s\u200b-\u200d\u2060\ufeff\u00ad]+"
_BLANKS = re.compile(BLANKS)
MOSTLY = 0.5  # of the cells of a column that are filled, to take it for one of postcodes


def compact(text: str) -> str:
    """Return a postcode in capitals without blanks of any kind: `` s10  5pl `` is S105PL.

    Nothing is guessed: a letter O stays a letter O where a 0 should be.
    """
    return _BLANKS.sub("", text).upper()


def compacted(values: pd.Series) -> pd.Series:
    """Return ``compact`` of every text of a column."""
    return values.str.replace(BLANKS, "", regex=True).str.upper()


def is_postcode(text: str) -> bool:
    """Return whether a text, compact or not, has the shape of a whole postcode."""
    return bool(_SHAPE.fullmatch(compact(text)))


def are_postcodes(compact_values: pd.Series) -> pd.Series:
    """Return by row whether compact texts have the shape of a whole postcode."""
    return compact_values.str.fullmatch(SHAPE)


def mostly_postcodes(cells: Iterable[str]) -> bool:
    """Return whether more than half of the cells that are filled are postcodes."""
    filled = [cell for cell in map(compact, cells) if cell]
    return sum(map(is_postcode, filled)) > MOSTLY * len(filled)
