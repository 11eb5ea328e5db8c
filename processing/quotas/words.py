"""Quotas in plain sentences: what they are, what they assume, what they cannot do."""

from __future__ import annotations

from math import isfinite

from ..messages import tr
from .asked import AREA, EQUAL, GROUP, NEYMAN, PROPORTIONAL
from .planned import Planned

MOSTLY = 0.4  # of a shortfall that chance would make, from which a quota by itself says little
SPARE = 0.9  # of a margin: below it more is won than the margin alone asks for


def sentences(made: Planned) -> list[str]:
    """Return what the quotas are and what they assume, in the order in which they are read."""
    told = [
        *(what(made), _allocation(made), _goal(made), *made.ground.notes),
        *(_groups(made), _unknown(made), _minimum(made), _missing(made)),
        *(_hidden(made), _asking(made), *assumptions(made)),
    ]
    return [line for line in told if line]


def number(value: float) -> str:
    """Return a number of replies or people as it is read."""
    return f"{value:,.10g}"


def points(value: float) -> str:
    """Return a margin in percentage points; never as less than it is."""
    from math import ceil

    return f"{ceil(round(10 * value, 6)) / 10:.1f}"


def population(made: Planned) -> str:
    """Return whom the quotas are of, in words."""
    return made.ground.title(made.ground.population)


def what(made: Planned) -> str:
    """Return how many replies are to be won, where and why."""
    asked, some = made.asked, int(made.quota.gt(0).sum())
    if asked.parity:
        text = tr(
            "{quota} replies to win in {some:,} of {areas:,} areas. They bring the replies as near "
            "as so many can to being shared out over the {cells} as the people are ({people})."
        )
        if asked.allocated == EQUAL:
            text = tr(
                "{quota} replies to win in {some:,} of {areas:,} areas. They bring each area as "
                "near as so many can to the same number of replies ({people})."
            )
        return text.format(
            quota=number(made.total),
            some=some,
            areas=made.areas,
            people=population(made),
            cells=tr("areas and groups") if _of_groups(made) else tr("areas"),
        )
    text = tr(
        "{quota} replies to win in {some:,} of {areas:,} areas, for a share (of those who agree, "
        "say) to be known within ±{margin} percentage points at {confidence:g} per cent "
        "confidence, {whom} ({people}), if those who reply were drawn by chance."
    )
    if asked.total is not None:
        text = tr("{quota} replies to win in {some:,} of {areas:,} areas, as asked for ({people}).")
    whom = {
        AREA: tr("in each area"),
        GROUP: tr("in each group, over all areas together"),
    }.get(asked.precision, tr("for all areas together"))
    return text.format(
        quota=number(made.total),
        some=some,
        areas=made.areas,
        margin=f"{asked.margin:g}",
        confidence=asked.confidence,
        whom=whom,
        people=population(made),
    )


def _of_groups(made: Planned) -> bool:
    return made.cells is not None and made.cells.counted


def _allocation(made: Planned) -> str:
    asked = made.asked
    if asked.parity:
        told = []
        if asked.allocation == NEYMAN:
            told.append(
                tr(
                    "ALLOCATION neyman has no meaning for parity, which is about shares of people, "
                    "not about margins: proportional was taken."
                )
            )
        if asked.share:
            told.append(tr("SHARE_FIELD has no meaning for parity; it was not used."))
        return " ".join(told)
    if asked.precision == AREA and asked.total is None:
        if asked.allocation == PROPORTIONAL:
            return ""
        return tr("ALLOCATION has no meaning where each area has a margin of its own.")
    if asked.allocation == EQUAL:
        return tr("Replies in the end are the same number in each area, as far as people allow.")
    if asked.allocation == NEYMAN and not asked.share:
        return tr(
            "Without SHARE_FIELD the same share, 50 per cent, is expected everywhere, so that "
            "neyman shares replies out by people, as proportional does."
        )
    if asked.allocation == NEYMAN:
        return tr(
            "Replies in the end are shared out by people times the standard deviation expected "
            "({title}): most where opinions or figures differ most (Neyman)."
        ).format(title=made.ground.title(asked.share))
    return tr("Replies in the end are shared out over the areas by their people.")


def _goal(made: Planned) -> str:
    asked = made.asked
    if asked.parity:
        return _parity(made)
    told = []
    if asked.precision == GROUP and made.group_reached:
        known = [value for value in made.group_reached.values() if isfinite(value)]
        if known and len(known) == len(made.group_reached):
            told.append(
                tr("Reached in the group with the widest: ±{margin} points.").format(
                    margin=points(max(known))
                )
            )
        if known and min(known) < SPARE * asked.margin and made.total:
            told.append(
                tr(
                    "Each group has one reply at least in every area where it lives, which brings "
                    "some groups further than asked for. Larger areas (aggregateareas) need fewer."
                )
            )
    if made.total == 0:
        told.append(tr("The replies had are enough for that, had they been drawn by chance."))
    if isfinite(made.reached):
        told.append(
            tr("Reached for all areas together: ±{margin} points.").format(
                margin=points(made.reached)
            )
        )
    else:
        told.append(
            tr(
                "Some areas get no reply, so nothing is known of them and no margin can be told "
                "for all together."
            )
        )
    if made.margin is not None:
        told.append(
            tr("In the areas by themselves: from ±{low} to ±{high}.").format(
                low=points(float(made.margin.min())), high=points(float(made.margin.max()))
            )
        )
    if asked.total is None and asked.precision != AREA:
        told.append(_more_than_simple(made))
    return " ".join(filter(None, told))


def _more_than_simple(made: Planned) -> str:
    """Return why more are needed than of one sample of all, where it is many more."""
    had = float((made.target - made.quota).sum())
    if made.asked.precision == GROUP or not (made.total > 0 and had < made.alone):
        return ""
    if had + made.total <= 1.1 * made.alone:
        return ""
    return tr(
        "One sample of all people, drawn without regard to areas, would need {alone}. More are "
        "needed as no area is left without a reply, none is thrown away and quotas are whole "
        "numbers. Larger areas (aggregateareas) need fewer."
    ).format(alone=number(made.alone))


def _parity(made: Planned) -> str:
    told = []
    if made.level is not None and made.level.replies > 0:
        told.append(
            tr(
                "That is the shortfall at the present number of replies, {had}: what is missing to "
                "a fair share of so many."
            ).format(had=number(made.level.replies))
        )
    told.append(by_chance(made))
    if isfinite(made.before) and isfinite(made.after) and made.asked.allocated != EQUAL:
        told.append(
            tr(
                "For full parity {before} per cent of the replies had would have to come from "
                "elsewhere; in the end {after} per cent, as all replies are kept."
            ).format(before=f"{100 * made.before:.1f}", after=f"{100 * made.after:.1f}")
        )
    if made.total == 0:
        told.append(tr("There is nothing to win: no area lies below its share."))
    return " ".join(filter(None, told))


def by_chance(made: Planned) -> str:
    """Return how much of the shortfall chance alone would make; empty where there is none."""
    if not (isfinite(made.chance) and made.total):
        return ""
    text = tr(
        "Had everybody replied alike, about {n} would be missing in the same way by chance alone: "
        "the smaller the areas and groups, the more."
    ).format(n=number(round(made.chance)))
    if made.chance < MOSTLY * made.total:
        return text
    more = tr(
        "So a quota of one area or group says little about who was left out there; larger areas "
        "(aggregateareas) or fewer groups say more."
    )
    return f"{text} {more}"


def _groups(made: Planned) -> str:
    if made.cells is None:
        return ""
    told = []
    if made.cells.rest:
        told.append(
            tr(
                "The groups chosen are not all people; what is to be won of all others is a column "
                "of its own (quota_rest_n)."
            )
        )
    hidden = int((~made.cells.known[list(made.asked.groups)]).any(axis=1).sum())
    if hidden:
        told.append(
            tr(
                "In {n:,} areas residents of some groups are missing or hidden; these groups have "
                "no quota there, and the quota of the area holds theirs where that of all people "
                "is known."
            ).format(n=hidden)
            if not _only_groups(made)
            else tr(
                "In {n:,} areas residents of some groups are missing or hidden; these groups have "
                "no quota there, nor is it in that of the area."
            ).format(n=hidden)
        )
    if not made.kept:
        told.append(
            tr(
                "So many areas and groups are rounded area by area: areas and the whole keep their "
                "totals, those of the groups may be off by some replies."
            )
        )
    return " ".join(told)


def _only_groups(made: Planned) -> bool:
    asked = made.asked
    return not asked.parity and asked.precision == GROUP and asked.total is None


def _unknown(made: Planned) -> str:
    if not _of_groups(made) or not (made.asked.parity or _only_groups(made)):
        return ""
    rows = made.ground.usable
    silent = float(made.ground.taken[rows].sum() - made.have[rows].sum())
    if not silent > 0:
        return ""
    text = tr("{n} replies do not say a group that is compared. They count in none.")
    if made.asked.parity:
        text = tr(
            "{n} replies do not say a group that is compared. They count in none, as they may be "
            "of any, and are no part of the replies whose shares are made fair."
        )
    return text.format(n=number(silent))


def _minimum(made: Planned) -> str:
    if not made.asked.minimum:
        return ""
    return tr(
        "Each area has {n:,} replies in the end at least, those had among them, or as many as it "
        "has people."
    ).format(n=made.asked.minimum)


def _missing(made: Planned) -> str:
    lost = int((made.ground.wanted & ~made.ground.usable).sum())
    if not lost:
        return ""
    return tr(
        "{n:,} areas have nobody, or no number of people or of replies; they have no quota (NULL), "
        "and are no part of the whole."
    ).format(n=lost)


def _hidden(made: Planned) -> str:
    ground = made.ground
    told = []
    if ground.rule != "none":
        told.append(
            tr(
                "Small counts are hidden by the rule {rule}, and quotas are made of nothing but "
                "what is shown."
            ).format(rule=ground.rule)
        )
    hidden = int((ground.hidden & ground.usable).sum())
    if hidden:
        told.append(
            tr(
                "In {n:,} areas the replies had are hidden; there the quota is the whole target, "
                "as if there were none. It may be too high by those that are there."
            ).format(n=hidden)
        )
    return " ".join(told)


def _asking(made: Planned) -> str:
    if made.invite is None or made.asked.rate is None:
        return ""
    told = [
        tr(
            "If {rate:g} per cent of those asked reply, in every area alike, {n} people have to be "
            "asked. That is what is expected: about as often fewer reply, so look again half way."
        ).format(rate=made.asked.rate, n=number(float(made.invite.sum())))
    ]
    if made.short.any():
        told.append(
            tr(
                "In {n:,} areas so many people are not left: all who have not replied are to be "
                "asked, and the quota is not expected to be met."
            ).format(n=int(made.short.sum()))
        )
    return " ".join(told)


def caution(made: Planned) -> str:
    """Return what to mind before quotas are handed on, empty where small counts are hidden."""
    if made.ground.rule != "none":
        return ""
    if made.ground.observed:
        return tr(
            "Nothing was hidden of some counts: replies to win tell how many replied, or who lives "
            "there. Keep this inside, or plan with SUPPRESSION."
        )
    return tr(
        "Nothing was hidden of some counts, and replies to win may tell small numbers of "
        "residents: check the rules of your organisation before publishing, or plan with "
        "SUPPRESSION."
    )


def assumptions(made: Planned) -> list[str]:
    """Return what has to hold for the quotas to do what they say."""
    told = [tr("One reply is one person, who lives in the area and did not reply before.")]
    if made.asked.parity:
        told.append(
            tr(
                "Parity is fair shares, not certainty: those who reply choose to, and may think "
                "otherwise than their neighbours of the same group."
            )
        )
    else:
        told.append(
            tr(
                "The margin is that of people drawn by chance in each area. Those who choose to "
                "reply are not drawn by chance, and replies had count as if they were: the margin "
                "is the least that the error can be, not all of it."
            )
        )
        told.append(
            tr(
                "Nothing is added for weighting, or for replies that come in batches (a household, "
                "a club): the design effect is taken as 1."
            )
        )
    if made.invite is None:
        told.append(
            tr(
                "Nothing is assumed about how many of those asked reply; RESPONSE_RATE turns "
                "replies to win into people to ask."
            )
        )
    told.append(
        tr(
            "A quota says how many, not whom to leave out: take every reply, and stop asking where "
            "the quota is full."
        )
    )
    return told
