"""What a survey says about the areas, and what it cannot say, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...taxonomies import areas as area_names
from ..fields import area_named
from ..messages import some, tr
from .measuring import FALSE_FINDS, HIGHER, LOWER, TOO_FEW, WIDE_CLASS, Measured
from .survey import Survey

ENOUGH = 0.8  # how surely an area that answers at half the rate should be noticed
HALF, SEVENTY = 0.5, 0.7
INNER, OUTER = 0.95, 0.998
FEW = 20  # areas below which over-dispersion says little
# larger areas, and how many of a level are in one of them
LARGER = {"output area": {"LSOAs": 5, "MSOAs": 25}, "LSOA": {"MSOAs": 5}}
CHANCE = 0.7  # phi by chance alone, as the outermost tenth at either end is drawn in


def in_words(survey: Survey, made: Measured) -> list[str]:
    """Return the findings, one statement a line."""
    return [
        basis(survey, made),
        found(made),
        *by_chance(made),
        dispersion(made),
        *far_off(survey, made),
        *detectable(survey, made),
        *unplaced(survey, made),
        *hidden(survey, made),
        caution(),
    ]


def basis(survey: Survey, made: Measured) -> str:
    """Return what was counted."""
    return tr(
        "{n:,.10g} replies from {areas:,} areas, that is {rate:.3g} for every 100 {unit} "
        "({people}). Half the areas have fewer than {median:,.1f} replies expected."
    ).format(
        unit=survey.unit,
        n=made.total,
        areas=int(survey.compared.fields.pair(survey.compared.true)[0].notna().sum()),
        rate=100 * made.total / made.people,
        people=survey.people,
        median=made.median,
    )


def found(made: Measured) -> str:
    """Return how many areas are in each class."""
    if made.areas == 1:
        return tr("There is one area only, which cannot be compared with itself: no class.")
    return tr(
        "{lower:,} areas replied less than expected, by more than chance explains (95 %), "
        "{much_lower:,} of them much less (99.8 %); {higher:,} replied more, {much_higher:,} of "
        "them much more; {same:,} are as expected; for {few:,} too few replies are expected to "
        "say, fewer than {least:g}."
    ).format(
        lower=made.number(*LOWER),
        much_lower=made.number("much lower"),
        higher=made.number(*HIGHER),
        much_higher=made.number("much higher"),
        same=made.number("as expected"),
        few=made.number(TOO_FEW),
        least=made.min_expected,
    )


def by_chance(made: Measured) -> list[str]:
    """Return what chance alone would make, nothing where no area is judged."""
    if not made.judged.any():
        return []
    alone = tr(
        "Had all areas answered alike, chance alone would make about {inner:,.1f} of {n:,} lower "
        "({limit}), {outer:,.2f} of them much lower; as many, or a little more, higher."
    ).format(
        inner=made.by_chance(INNER),
        n=int(made.judged.sum()),
        outer=made.by_chance(OUTER),
        limit=tr("at most 2.5 in 100")
        if made.rule == "none"
        else tr("rounding and hiding reckoned with"),
    )
    sure = tr(
        "Allowing for so many areas being looked at (Benjamini and Hochberg, q below {q:g}), "
        "{lower:,} stay lower and {higher:,} higher."
    ).format(q=FALSE_FINDS, lower=made.stay[0], higher=made.stay[1])
    return [alone, sure]


def dispersion(made: Measured) -> str:
    """Return by how much the areas differ beyond chance, and what that means."""
    if math.isnan(made.phi):
        return tr(
            "Over-dispersion (phi) cannot be told: fewer than two areas have enough expected."
        )
    text = tr("Over-dispersion (phi): {phi:,.2f}, by chance alone about {chance:g}.").format(
        phi=made.phi, chance=CHANCE
    )
    if made.wide:
        text += " " + tr(
            "Areas in general differ by more than chance, so the plain limits single out many that "
            "are not special among them. With limits widened by the root of phi (voice_wide_…) "
            "{lower:,} are lower and {higher:,} higher."
        ).format(
            lower=made.number(*LOWER, field=WIDE_CLASS),
            higher=made.number(*HIGHER, field=WIDE_CLASS),
        )
    else:
        text += " " + tr("It is not above 1, so the limits are not widened.")
    if made.judged.sum() < FEW:
        text += " " + tr("Of fewer than {few} areas it tells little.").format(few=FEW)
    return text


def far_off(survey: Survey, made: Measured) -> list[str]:
    """Return which area alone the spread comes from, nothing where there is none such."""
    at = made.far_off() if made.areas >= FEW else None
    if at is None:
        return []
    row = made.frame.loc[at]
    return [
        tr(
            "{area} alone, with {n:,.10g} replies where {e:,.1f} are expected, makes half or more "
            "of what the areas differ beyond chance. Look whether replies came there in a batch, "
            "or twice: it raises what is expected everywhere else, and voice_shrunk of all areas "
            "is drawn less towards 100 than without it."
        ).format(
            area=area_named(survey.compared.areas, at),
            n=float(row["voice_observed"]),
            e=row["voice_expected"],
        )
    ]


def detectable(survey: Survey, made: Measured) -> list[str]:
    """Return what the survey can notice in areas like these, and what to do if too little."""
    if made.areas == 1:
        return []
    half = made.noticed(HALF, INNER)
    text = tr(
        "What it can notice: of areas that answer at half the rate of all, {half} would be lower "
        "at 95 % and {half998} much lower at 99.8 %; of those at 70 % of the rate, {seventy} and "
        "{seventy998}."
    ).format(
        half=percent(half),
        half998=percent(made.noticed(HALF, OUTER)),
        seventy=percent(made.noticed(SEVENTY, INNER)),
        seventy998=percent(made.noticed(SEVENTY, OUTER)),
    )
    return [text] if half >= ENOUGH else [text, advice(survey, made, half)]


def advice(survey: Survey, made: Measured, half: float) -> str:
    """Return what to do where areas as small as these cannot be judged."""
    needed = made.needed(HALF, ENOUGH, INNER)
    text = tr(
        "At this level the survey cannot tell reliably which areas are quiet: it would miss {miss} "
        "of those that answer at half the rate, so “as expected” does not mean that an area was "
        "heard. To notice {enough} of them an area needs about {needed:,.0f} expected replies."
    ).format(miss=percent(1 - half), enough=percent(ENOUGH), needed=needed)
    if made.expected.sum() < 2 * needed:
        return f"{text} " + tr("All areas together have too few for that: win more replies first.")
    pooled = max(math.ceil(needed / made.median), 2)
    level = area_names.level_of(survey.compared.areas.codes.dropna())
    sizes = LARGER.get(level.name if level else "", {})
    larger = next((name for name, holds in sizes.items() if pooled <= holds), "larger areas")
    return f"{text} " + tr(
        "Add up the replies and people of about {k} neighbours each (aggregateareas, to {larger} "
        "or to a field of your own) and measure those; a quiet area among louder ones is watered "
        "down there, so look at both. For single areas read voice_shrunk, which says no more than "
        "so few replies can carry."
    ).format(k=pooled, larger=tr(larger))


def unplaced(survey: Survey, made: Measured) -> list[str]:
    """Return what replies that are in no area could change, nothing where no area is lower."""
    lower = made.number(*LOWER)
    if not lower:
        return []
    text = tr(
        "Replies that could not be placed are in no area: areas where fewer could be placed look "
        "quieter."
    )
    if made.rule != "none":  # the note tells an exact total
        return [text]
    notes = [
        str(one.get("note") or "") for one in survey.compared.known.sources_of([survey.observed])
    ]
    short = tr(
        "{n:,.0f} more replies, all from the right areas, would leave none of these {lower:,} "
        "lower."
    ).format(n=made.short(), lower=lower)
    return [" ".join([*filter(None, notes), text, short])]


def hidden(survey: Survey, made: Measured) -> list[str]:
    """Return what the disclosure rule does to the figures, nothing where there was none."""
    if made.rule == "none":
        return []
    number = int(made.frame.loc[made.expected.index, "voice_observed"].isna().sum())
    lost = int(made.frame["voice_expected"].isna().sum()) if survey.sent else 0
    more = tr(
        "In {n:,} areas residents of some group are too few to be shown, so nothing can be "
        "expected there by group: add areas up first, or leave STANDARDISE empty."
    ).format(n=lost)
    return [
        tr(
            "Small numbers of replies are hidden and the others rounded by the rule {rule}; all "
            "figures are made of rounded ones. {n:,} areas have hidden replies, and no ratio, "
            "limit or q. The class and the shrunk ratio of those hidden because they are few are "
            "those of the hidden number nearest to what was expected, so they are mild: where "
            "fewer than {e:.1f} are expected they are not lower, however few replied."
        ).format(rule=made.rule, n=number, e=told_from(made.rule)),
        *([more] if lost else []),
    ]


def told_from(rule: str) -> float:
    """Return the number expected from which the highest hidden number of replies is lower."""
    from ...methods.disclosure import RULES
    from ...methods.rates import exact_limits

    return float(exact_limits(RULES[rule][0] - 1)[1])


def caution() -> str:
    """Return what such figures never say."""
    return tr(
        "The ratio says who replied, not what others think; replies of one area may be of few "
        "people or of one group in it."
    )


def percent(share: float) -> str:
    """Return a share in words that do not claim more than is known."""
    if 0 < share < 0.005:
        return tr("under 1 %")
    if 0.995 < share < 1:
        return tr("over 99 %")
    return f"{100 * share:.0f} %"


def not_judged(survey: Survey, made: Measured) -> Sequence[str]:
    """Return which areas have no class, for the log."""
    codes = survey.compared.areas.codes.reset_index(drop=True)
    lacking = made.frame["voice_class"].isna()
    if not lacking.any():
        return ()
    text = tr(
        "{n} areas have no class, as replies or people are missing or hidden, or none is expected: "
        "{codes}."
    )
    return (text.format(n=int(lacking.sum()), codes=some(list(codes[lacking].dropna()))),)
