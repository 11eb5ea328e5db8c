"""How the values of a table are shown on the page, and no others."""

from __future__ import annotations

import unicodedata
from typing import Any

from ..messages import tr
from ..ranking.people import share_in_words
from .model import COUNT, NUMBER, PERCENT, RANK, SHARE, TEXT, YES, Column

NUMERIC = (COUNT, PERCENT, NUMBER, RANK, SHARE)
NARROW = "\u00a0%"  # no line ends before a per cent sign
KEPT = "\t\n"  # characters without a look that a text may have
FORMS = ("Cc", "Cf", "Cs", "Co", "Cn")  # control, direction, half pairs, private, none
JOINERS = "\u200c\u200d"  # with which some languages are written


def plain(text: Any) -> str:
    """Return a text without characters that would turn what stands around it."""
    return "".join(
        one
        for one in str(text)
        if one in KEPT or one in JOINERS or unicodedata.category(one) not in FORMS
    )


def cell(value: Any, column: Column) -> str:
    """Return a value of a table as it is shown, empty where it is missing."""
    import pandas as pd

    if value is None or value is pd.NA or value != value:  # NaN is not itself
        return ""
    if column.kind == TEXT:
        return _text(value)
    number = float(value)
    if column.kind == YES:
        return tr("yes") if number == 1 else tr("no")
    if column.kind == SHARE:
        return _percent(100 * number, column.decimals)
    if column.kind == PERCENT:
        return _percent(number, column.decimals)
    text = f"{number:,.{column.decimals}f}"
    # what rounds to nothing is not nothing
    least = 10**-column.decimals
    if number and float(text.replace(",", "")) == 0:
        return tr("under {least}").format(least=f"{least:g}") if number > 0 else text.lstrip("-")
    return text


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return plain(value)


def _percent(number: float, decimals: int) -> str:
    if decimals:
        return f"{number:,.{decimals}f}{NARROW}"
    if 0 <= number <= 100:
        return share_in_words(number).replace(" %", NARROW)
    return f"{number:,.0f}{NARROW}"
