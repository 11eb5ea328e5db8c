"""Who replied in an area, against those expected, in sentences."""

from __future__ import annotations

from ..messages import tr
from .whole import CLASS, EXPECTED, OBSERVED, RATIO, TOO_FEW, WIDE_CLASS, Whole

REPLIES = "resp_total"
JUDGED = {
    "much lower": "That is much less than expected, and hardly by chance (99.8 %).",
    "lower": "That is less than expected, by more than chance explains (95 %).",
    "as expected": "That is as expected, within what chance explains; it does not prove that the "
    "area was heard.",
    "higher": "That is more than expected, by more than chance explains (95 %).",
    "much higher": "That is much more than expected, and hardly by chance (99.8 %).",
}
AS_WIDE = {
    "much lower": "much less than expected",
    "lower": "less than expected",
    "as expected": "as expected",
    "higher": "more than expected",
    "much higher": "much more than expected",
}


def replies_of(whole: Whole, row: int) -> str:
    """Return the replies of an area against those expected, in sentences."""
    if not {RATIO, OBSERVED, CLASS} & {*whole.have, *whole.words}:
        return _only_counted(whole, row)
    observed, expected, ratio = (whole.value(row, n) for n in (OBSERVED, EXPECTED, RATIO))
    judged = whole.word(row, CLASS)
    told = [_came(whole, observed, expected, ratio, row)]
    if judged == TOO_FEW:
        told.append(tr("Too few replies are expected here to say whether it was heard."))
    elif judged in JUDGED:
        told.append(tr(JUDGED[judged]))
    wide = whole.word(row, WIDE_CLASS)
    if wide and judged in JUDGED and wide != judged:
        told.append(
            tr(
                "Areas in general differ by more than chance; with limits widened for that, it "
                "replied {wide}."
            ).format(wide=tr(AS_WIDE.get(wide, wide)))
        )
    return " ".join(told)


def _came(
    whole: Whole, observed: float | None, expected: float | None, ratio: float | None, row: int
) -> str:
    """Return how many replies came, where how many were expected."""
    if observed is None or expected is None:
        if whole.hidden.get(OBSERVED):
            return tr(
                "The number of replies is hidden, as small counts are in this layer (rule "
                "{rule}); it need not be 0."
            ).format(rule=whole.hidden[OBSERVED])
        if ratio is None:
            return tr("How many replied here, or how many could have, is not known.")
        return tr("{ratio:.0f} replies came for every 100 expected.").format(ratio=ratio)
    text = tr("{observed:,.0f} replies came where {expected} were expected.")
    if observed == 1:
        text = tr("One reply came where {expected} were expected.")
    elif observed == 0:
        text = tr("No reply came where {expected} were expected.")
    told = text.format(observed=observed, expected=expected_in_words(expected))
    low, high = (whole.value(row, f"{RATIO}_{end}") for end in ("lo", "hi"))
    if ratio is None:
        return told
    more = tr("For every 100 expected that is {ratio:.0f}.")
    if low is not None and high is not None:
        more = tr(
            "For every 100 expected that is {ratio:.0f} (95 % limits {low:.0f} to {high:.0f})."
        )
    return f"{told} " + more.format(ratio=ratio, low=low, high=high)


def expected_in_words(expected: float) -> str:
    """Return how many replies are expected; 0 only where none is."""
    if 0 < expected < 0.05:
        return tr("fewer than 0.1")
    return f"{expected:,.1f}"


def _only_counted(whole: Whole, row: int) -> str:
    """Return what is known of replies that were not held against those expected."""
    if REPLIES not in whole.have:
        return tr("No replies were counted: potentially seldom heard.")
    count = whole.value(row, REPLIES)
    if count is None:
        if whole.hidden.get(REPLIES):
            return tr(
                "The number of replies is hidden, as small counts are in this layer (rule "
                "{rule}); it need not be 0."
            ).format(rule=whole.hidden[REPLIES])
        return tr("How many replied here is not known.")
    return tr(
        "{count:,.0f} replies were counted here. How many were to be expected was not measured, "
        "so who was heard is not known: potentially seldom heard."
    ).format(count=count)
