"""Disclosure control: small counts hidden and the others rounded, by a named rule.

The rules are the publishers' own, and both work cell by cell: rounding every shown figure
is what stands against recovery by subtraction in them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

# rule -> (smallest count shown, rounding base)
RULES: dict[str, tuple[int, int]] = {"nhs": (8, 5), "ons10": (10, 5)}


def protect(counts: pd.Series, rule: str = "none") -> pd.Series:
    """Return counts with those from 1 to the rule's limit missing and the rest rounded.

    ``nhs``: 1 to 7 hidden, others to the nearest 5 (NHS England, hospital statistics since
    2018). ``ons10``: below 10 hidden, others to the nearest 5. ``none``: unchanged. A true
    zero is shown in all of them.

    Raises:
        ValueError: for a rule that is not known.
    """
    if rule == "none":
        return counts
    if rule not in RULES:
        raise ValueError(f"Unknown disclosure rule {rule!r}; known: none, {', '.join(RULES)}")
    smallest, base = RULES[rule]
    values = counts.to_numpy(dtype=float)
    rounded = np.floor(values / base + 0.5) * base
    hidden = (values > 0) & (values < smallest)
    return pd.Series(np.where(hidden, np.nan, rounded), index=counts.index)
