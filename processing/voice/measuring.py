"""Replies held against what was expected: the fields ``voice_*``, and what is known beside them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..attribution import together
from ..hiding.protection import whole_if_whole
from ..inputs import Source
from ..messages import tr
from .hiding import Shown, most_shown_as
from .survey import Survey

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.voice import Floats

PREFIX = "voice_"
CLASS, WIDE_CLASS = "voice_class", "voice_wide_class"
TOO_FEW = "too few to say"
LOWER, HIGHER = ("lower", "much lower"), ("higher", "much higher")
CLASSES = ("much lower", "lower", "as expected", "higher", "much higher", TOO_FEW)
FIELDS = (
    *("voice_observed", "voice_expected", "voice_ratio", "voice_ratio_lo", "voice_ratio_hi"),
    *("voice_ratio_lo998", "voice_ratio_hi998", "voice_shrunk", CLASS, "voice_q"),
    *("voice_wide_lo", "voice_wide_hi", "voice_wide_lo998", "voice_wide_hi998", WIDE_CLASS),
)
STEP = 0.1  # replies, in which the number needed is looked for
FALSE_FINDS = 0.05  # share of chance finds among those that stay after Benjamini and Hochberg


@dataclass(frozen=True)
class Measured:
    """What was measured; one row per area in all of them.

    Attributes:
        frame: the fields ``voice_*``.
        expected: replies expected in the areas that have both figures.
        judged: areas where enough are expected to say something, and what is shown tells it.
        phi: over-dispersion of the judged areas; NaN where it cannot be told.
        prior: replies that the prior of the shrunk ratio weighs as much as.
        total: replies of all areas that have both figures, as they may be shown.
        people: who could have sent them.
        min_expected: replies expected from which an area is judged.
        rule: how small counts are hidden.
        stay: areas that stay lower, and higher, after allowing for the many tests; of hidden
            replies by what may be told of them.
    """

    frame: pd.DataFrame
    expected: pd.Series
    judged: pd.Series
    phi: float
    prior: float
    total: float
    people: float
    min_expected: float
    rule: str
    stay: tuple[int, int]

    def number(self, *classes: str, field: str = CLASS) -> int:
        """Return how many areas are in some classes."""
        return int(self.frame[field].isin(classes).sum())

    @property
    def areas(self) -> int:
        """Return how many areas have both figures."""
        return len(self.expected)

    @property
    def median(self) -> float:
        """Return the number expected that half of the areas exceed."""
        return float(self.expected.median())

    @property
    def wide(self) -> bool:
        """Return whether the limits are widened for over-dispersion."""
        return self.phi > 1

    def noticed(self, rate: float, confidence: float) -> float:
        """Return the share of areas at some rate that would get a class of lower.

        Hiding and rounding are reckoned with: of hidden replies the class is the mildest.
        """
        chance = _chance(self.expected.to_numpy(), rate, confidence, self.rule)
        return float((chance * self.judged[self.expected.index].to_numpy()).mean())

    def by_chance(self, confidence: float) -> float:
        """Return how many areas would be lower although all answered alike."""
        return self.noticed(1.0, confidence) * self.areas

    def needed(self, rate: float, sure: float, confidence: float) -> float:
        """Return the number expected from which on an area at some rate is noticed so surely."""
        import numpy as np

        from ...methods.voice import expected_needed

        plainly = expected_needed(rate, sure, confidence)
        if self.rule == "none":
            return plainly
        # rounding makes more dips, which lie within some times what is needed without it
        e = np.arange(plainly / 2, 4 * plainly, STEP)
        return float(e[_chance(e, rate, confidence, self.rule) < sure].max() + STEP)

    def far_off(self) -> Hashable | None:
        """Return the area from which alone half or more comes of what areas differ beyond chance.

        None where there is no such area.
        """
        observed = self.frame.loc[self.expected.index, "voice_observed"].astype(float)
        squares = (observed - self.expected) ** 2 / self.expected
        beyond = self.expected.sum() / self.prior  # inf where they do not differ: nothing beyond
        if not beyond > 0 or not squares.max() - 1 >= beyond / 2:
            return None
        return squares.idxmax()

    def short(self) -> float:
        """Return how many more replies would leave none of the lower areas lower."""
        from ...methods.voice import most_noticed

        lower = self.frame[CLASS].isin(LOWER)
        most = most_noticed(self.frame.loc[lower, "voice_expected"])
        return float((most + 1 - self.frame.loc[lower, "voice_observed"].astype(float)).sum())


def _chance(expected: Floats, rate: float, confidence: float, rule: str) -> Floats:
    """Return how surely areas at some rate are told as lower, by what a rule shows."""
    from ...methods.voice import chance_of_at_most, most_noticed

    most = most_shown_as(most_noticed(expected, confidence), rule)
    return chance_of_at_most(most, rate * expected)


def measured(survey: Survey, shown: Shown, min_expected: float) -> Measured:
    """Return what a survey says of each area, made of numbers that may be shown.

    Raises:
        InputError: where nothing could be expected anywhere.
    """
    import pandas as pd

    from ...methods import voice

    expected = _expected(survey, shown)
    counted = survey.compared.fields.pair(survey.compared.true)[0].notna() & expected.notna()
    if not counted.any():
        raise InputError(
            tr("No area has both replies and people that may be shown: use larger areas.")
        )
    told = shown.told(expected)
    prior = voice.prior_strength(told, expected)
    phi = voice.dispersion(told, expected, min_expected)
    q = pd.Series(voice.q_values(told, expected, min_expected), index=told.index)
    frame = _frame(shown.observed, told, expected, (phi, prior, min_expected))
    frame["voice_q"] = q.where(shown.observed.notna())
    frame = frame[list(FIELDS)]
    if counted.sum() == 1:  # it is the rate it is compared with
        phi = float("nan")
        q = q * phi
        frame["voice_q"] = q
        frame[[CLASS, WIDE_CLASS]] = None
    sure = q.lt(FALSE_FINDS)
    return Measured(
        frame=frame,
        expected=expected[counted],
        judged=expected.ge(min_expected) & counted & told.notna() & bool(counted.sum() > 1),
        phi=phi,
        prior=prior,
        total=shown.total,
        people=sum(value for name, value in shown.of.items() if name != survey.observed),
        min_expected=min_expected,
        rule=shown.rule,
        stay=(int((sure & told.lt(expected)).sum()), int((sure & told.gt(expected)).sum())),
    )


def _expected(survey: Survey, shown: Shown) -> pd.Series:
    import pandas as pd

    from ...methods.voice import expected, expected_by_group

    if survey.sent:
        return expected_by_group(shown.groups, shown.sent, shown.total, shown.of)
    (field,) = survey.compared.fields.base
    made = expected(shown.people, shown.observed, shown.total, shown.of[field])
    return pd.Series(made, index=shown.people.index)


def _frame(
    observed: pd.Series, told: pd.Series, expected: pd.Series, how: tuple[float, float, float]
) -> pd.DataFrame:
    """Return the fields but q; ratio and limits only of replies that are shown."""
    import pandas as pd

    from ...methods import voice
    from ...methods.funnel import widened

    def words(values) -> pd.Series:
        # else newer versions of pandas make texts of them, which know no None
        return pd.Series(values, index=observed.index, dtype=object)

    phi, prior, min_expected = how
    inner, outer = (voice.ratio(observed, expected, level) for level in (0.95, 0.998))
    value = inner["ratio"]
    limits = {
        "lo": inner["lo"],
        "hi": inner["hi"],
        "lo998": outer["lo"],
        "hi998": outer["hi"],
    }
    low, high = widened(value, inner["lo"], inner["hi"], phi)
    far_low, far_high = widened(value, outer["lo"], outer["hi"], phi)
    wide = {"lo": low, "hi": high, "lo998": far_low, "hi998": far_high}
    columns = {
        "voice_observed": whole_if_whole(observed),
        "voice_expected": expected.to_numpy(),
        "voice_ratio": value.to_numpy(),
        **{f"voice_ratio_{name}": limit.to_numpy() for name, limit in limits.items()},
        "voice_shrunk": voice.shrunk_ratio(told, expected, prior),
        CLASS: words(voice.classify(told, expected, min_expected=min_expected)),
        **{f"voice_wide_{name}": limit for name, limit in wide.items()},
        WIDE_CLASS: words(voice.classify(told, expected, phi, min_expected)),
    }
    return pd.DataFrame(
        {name: pd.Series(values, index=observed.index) for name, values in columns.items()}
    )


def aliases(survey: Survey, made: Measured) -> dict[str, str]:
    """Return the titles of the fields in words, who could have replied among them."""
    title, people = survey.title, survey.people
    figure = tr("{title}, for every 100 expected by {people}").format(title=title, people=people)
    texts = {
        "voice_observed": title,
        "voice_expected": tr("{title}: number expected by {people}"),
        "voice_ratio": "{figure}",
        "voice_ratio_lo": tr("{figure}, lower 95 % limit"),
        "voice_ratio_hi": tr("{figure}, upper 95 % limit"),
        "voice_ratio_lo998": tr("{figure}, lower 99.8 % limit"),
        "voice_ratio_hi998": tr("{figure}, upper 99.8 % limit"),
        "voice_shrunk": tr("{figure}, drawn towards 100"),
        CLASS: tr("{title} against the number expected by {people}"),
        "voice_q": tr("Share of chance finds among areas as unlikely as this (q)"),
        "voice_wide_lo": tr("{figure}, lower 95 % limit widened for over-dispersion"),
        "voice_wide_hi": tr("{figure}, upper 95 % limit widened for over-dispersion"),
        "voice_wide_lo998": tr("{figure}, lower 99.8 % limit widened for over-dispersion"),
        "voice_wide_hi998": tr("{figure}, upper 99.8 % limit widened for over-dispersion"),
        WIDE_CLASS: tr("{title} against the number expected, limits widened for over-dispersion"),
    }
    return {
        name: text.format(title=title, people=people, figure=figure) for name, text in texts.items()
    }


def source_of(survey: Survey, made: Measured, words: str) -> Source:
    """Return what is kept with the layer: what was measured, from what, by which choices."""
    sources = survey.compared.sources
    rules = [s["suppression"] for s in sources if s.get("suppression") not in (None, "none")]
    rule = made.rule if made.rule != "none" else (rules[0] if rules else "none")
    title = tr(
        "{title}: {n:,.10g} replies against those expected by {people} ({fields}); too few to say "
        "below {least:g} expected; phi {phi}"
    ).format(
        title=survey.title,
        n=made.total,
        people=survey.people,
        fields=survey.field_of_people,
        least=made.min_expected,
        phi="–" if made.phi != made.phi else f"{made.phi:.2f}",
    )
    return Source(
        title,
        together(s.get("attribution", "") for s in sources),
        tuple(made.frame.columns),
        rule,
        words,
    )
