"""Replies made safe to show, and what may still be said of an area whose number is hidden.

All figures of the result are made of numbers that are shown: protected replies, protected people,
rounded totals. Of a number hidden because it is small a reader knows that it is 1 to 7 (or 9). So
class and shrunk ratio are those of the one among these that is nearest to what was expected: true
of every hidden number, or milder, and the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..compare.protected import protected_counts
from ..messages import Log, tr
from .survey import GROUP_OF_REPLIES, Survey

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.voice import Floats

HALF_BASE = 2  # a shown count is within so many of the true one
FEWEST = 5  # whole numbers that a hidden count could at least be


@dataclass(frozen=True)
class Shown:
    """What may be shown.

    Attributes:
        frame: the figures of the layer, those of the survey among them.
        observed: replies; missing where hidden.
        people: who could have replied, missing where hidden.
        groups: the residents by group, a column for each.
        total: replies of all areas that have both figures.
        of: the people of these areas, by field.
        sent: replies of each group, by field of residents.
        small: areas whose replies are hidden because they are few.
        rule: how small counts were hidden.
    """

    frame: pd.DataFrame
    observed: pd.Series
    people: pd.Series
    groups: pd.DataFrame
    total: float
    of: dict[str, float]
    sent: dict[str, float]
    small: pd.Series
    rule: str

    def told(self, expected: pd.Series) -> pd.Series:
        """Return the replies, and for hidden small numbers the one nearest to what is expected."""
        if not self.small.any():
            return self.observed
        from ...methods.disclosure import RULES

        whole = (self.observed.dropna() % 1 == 0).all()
        least, most = (1, RULES[self.rule][0] - 1) if whole else (0, RULES[self.rule][0])
        return self.observed.where(~self.small, expected.round().clip(least, most))


def most_shown_as(most: Floats, rule: str) -> Floats:
    """Return the most true replies that a rule tells as so many or fewer.

    The hidden ones are told as the highest of them, the others to the nearest 5: 14 are told
    as 15, so of ``most`` 14 only those up to 12, which are told as 10, are left.

    Args:
        most: whole numbers of replies; -1 for none at all.
        rule: how small counts are hidden.
    """
    import numpy as np

    from ...methods.disclosure import RULES

    if rule == "none":
        return most
    limit, base = RULES[rule]
    first = base * np.floor(limit / base + 0.5)  # what the smallest number shown is told as
    hidden = np.where(most >= limit - 1, limit - 1.0, np.minimum(most, 0))
    rounded = base * np.floor(most / base) + HALF_BASE
    return np.asarray(np.where(most >= first, rounded, hidden))


def tells_on(name: str, observed: str) -> bool:
    """Return whether a field would tell more of hidden replies than the result does."""
    return name.lower().startswith(GROUP_OF_REPLIES) and name != observed


def shown(survey: Survey, rule: str, log: Log) -> Shown:
    """Return what may be shown of a survey, by a rule.

    Raises:
        InputError: where even the sums are too small to be shown.
    """
    import pandas as pd

    compared = survey.compared
    observed, people = compared.fields.pair(compared.true)
    total, of = float(observed.sum()), compared.true[observed.notna()].sum().to_dict()
    if rule == "none":
        frame = compared.true
        small = pd.Series(False, index=frame.index)
        sent = dict(survey.sent)
    else:
        parents = pd.Series("all", index=observed.index, dtype=object).where(observed.notna())
        frame = protected_counts(compared, rule, parents, log)
        true = compared.true[survey.observed]
        # not those hidden besides: they are above the rule's limit
        small = _is_small(true, rule) & people.gt(0)
        total = _sum_shown(total, survey.title, rule)
        of = {name: _sum_shown(value, name, rule) for name, value in of.items()}
        sent = {name: _sum_shown(value, name, rule) for name, value in survey.sent.items()}
    numbers = frame[list(compared.fields.base)].astype(float)
    replies = frame[survey.observed].astype(float)
    whole = numbers.sum(axis=1, skipna=False)
    made = Shown(frame, replies, whole, numbers, total, of, sent, small, rule)
    if rule == "none" or not _told_too_well(made, observed.notna(), float(observed.sum())):
        return made
    log(
        tr(
            "Areas whose replies are hidden get no class here: with so few areas it would tell "
            "the hidden numbers."
        )
    )
    return replace(made, small=small & False)


def _is_small(values: pd.Series, rule: str) -> pd.Series:
    from ...methods.disclosure import RULES

    return values.gt(0) & values.lt(RULES[rule][0])


def _sum_shown(value: float, name: str, rule: str) -> float:
    import pandas as pd

    from ...methods.disclosure import protect

    made = float(protect(pd.Series([float(value)]), rule)[0])
    if made != made:
        raise InputError(
            tr(
                "{name}: of all areas together too few to be shown by the rule {rule}. Measure "
                "without SUPPRESSION and keep the result to yourself, or use fewer groups."
            ).format(name=name, rule=rule)
        )
    return made


def _told_too_well(made: Shown, counted: pd.Series, total: float) -> bool:
    """Return whether total and classes leave a hidden number fewer than five whole numbers.

    The class tells which hidden numbers are small, which hiding more does not reckon with. How
    many replied in all is taken as known: surveys say it, and so does the note on placed replies.
    """
    import numpy as np

    from ...methods.disclosure import MANY, RULES

    limit = RULES[made.rule][0]
    value = made.observed[counted].to_numpy()
    small = made.small[counted].to_numpy()
    hidden = np.isnan(value)
    low = np.where(value == 0, 0, np.maximum(value - HALF_BASE, limit))
    high = np.where(value == 0, 0, value + HALF_BASE)
    low = np.where(hidden, np.where(small, 1, limit), low)
    high = np.where(hidden, np.where(small, limit - 1, MANY), high)
    narrow_low = np.maximum(low, total - (high.sum() - high))
    narrow_high = np.minimum(high, total - (low.sum() - low))
    return bool((narrow_high - narrow_low + 1 < FEWEST)[hidden].any())
