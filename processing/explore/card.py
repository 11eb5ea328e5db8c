"""All that is said of one area: its place, its pillars, its figures, who lives there, who replied.

Sentences and numbers only; the panel shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..messages import tr
from ..ranking.people import share_in_words
from .cautions import cautions, missing_pillars
from .dots import Dot, dots_of
from .heard import replies_of
from .parts import Part, groups_of, languages_of
from .whole import number, whole_of

if TYPE_CHECKING:
    from ..ranking.ranked import Ranking, Standing
    from .exploration import Exploration


@dataclass(frozen=True)
class Bar:
    """A pillar of the score: 0 to 1, None where it is not known."""

    title: str
    value: float | None
    words: str


@dataclass(frozen=True)
class Card:
    """What is told of one area.

    Attributes:
        code, name: of the area; the name is the code where it has none.
        title: both, as a heading.
        rank_words: its place, and between which ranks it is in the draws.
        tier_words: how sure a place in the top is.
        pillars, dots, groups, languages: figures with their words.
        replies: against those expected, in sentences.
        reasons: for its rank.
        cannot: what the figures cannot say.
    """

    code: str
    name: str
    title: str
    rank_words: str
    tier_words: str
    pillars: list[Bar]
    dots: list[Dot]
    groups: list[Part]
    languages: list[Part]
    replies: str
    reasons: list[str]
    cannot: list[str]


def card_of(
    exploration: Exploration, row: int, standing: Standing, ranking: Ranking | None = None
) -> Card:
    """Return the card of one area.

    Args:
        exploration: of the layer.
        row: of the area, from 0.
        standing: the areas ranked at once.
        ranking: the same ranking tested in draws, None as long as it is not.
    """
    whole = whole_of(exploration, standing)
    code, name = str(exploration.codes[row]), str(exploration.names[row])
    return Card(
        code=code,
        name=name,
        title=name if name == code else tr("{name} ({code})").format(name=name, code=code),
        rank_words=rank_words(row, standing, ranking),
        tier_words=tier_words(row, standing, ranking),
        pillars=pillars_of(row, standing),
        dots=dots_of(whole, row, standing.scheme),
        groups=groups_of(whole, row),
        languages=languages_of(whole, row),
        replies=replies_of(whole, row),
        reasons=reasons_of(row, standing),
        cannot=cautions(whole, row, standing),
    )


# --- its place


def rank_words(row: int, standing: Standing, ranking: Ranking | None) -> str:
    """Return the rank of an area, with the ranks of the draws once there are any."""
    rank = number(standing.ranks.iat[row])
    if rank is None:
        return tr("No rank")
    known = int(standing.ranks.notna().sum())
    if ranking is None:
        return tr("Rank {rank:,} of {known:,}").format(rank=int(rank), known=known)
    frame = ranking.frame
    return tr("Rank {rank:,} of {known:,}; in 90 of 100 draws between {low:,} and {high:,}").format(
        rank=int(rank),
        known=known,
        low=int(frame["sh_rank_lo"].iat[row]),
        high=int(frame["sh_rank_hi"].iat[row]),
    )


def tier_words(row: int, standing: Standing, ranking: Ranking | None) -> str:
    """Return how sure a place in the top is; nothing is called robust before it is tested."""
    if number(standing.ranks.iat[row]) is None:
        lacking = missing_pillars(row, standing)
        return tr("Too little is known here of: {pillars}").format(pillars=", ".join(lacking))
    if ranking is None:
        if bool(standing.in_top.iat[row]):
            return tr("In the top {top:,}; how sure that is, is being tested").format(
                top=standing.top
            )
        return tr("Not in the top {top:,}; how sure that is, is being tested").format(
            top=standing.top
        )
    return tr("In the top {top:,} in {share} of the draws: {tier}").format(
        top=ranking.top,
        share=draws_in_words(float(ranking.frame["sh_p_top"].iat[row])),
        tier=tr(str(ranking.frame["sh_tier"].iat[row])),
    )


def draws_in_words(share: float) -> str:
    """Return a share of the draws as a whole per cent, never rounded up.

    Tiers begin at whole per cents: what is short of one must not be said to have reached it.
    """
    percent = 100 * share
    return share_in_words(
        percent if 0 < percent < 1 or percent > 99 else float(int(percent + 1e-9))
    )


def pillars_of(row: int, standing: Standing) -> list[Bar]:
    """Return the pillars that are counted, in the scheme's order."""
    scheme, pillars = standing.scheme, standing.scored.pillars
    bars = []
    for name in scheme.pillar_weights:
        title, value = scheme.pillar_title(name), number(pillars[name].iat[row])
        text = tr("{title}: {value:.2f}, where 0 is the weakest and 1 the strongest.")
        if value is None:
            text = tr("{title}: too few of its figures are known here to say.")
        elif name == "voice" and scheme.has_shortfall and value == 0:
            text = tr("{title}: 0, as many replies as expected, or more.")
        bars.append(Bar(title, value, text.format(title=title, value=value or 0.0)))
    return bars


def reasons_of(row: int, standing: Standing) -> list[str]:
    """Return the main reasons for the rank of an area, each a text of its own."""
    (text,) = standing.reasons([row])
    return [part for part in (text or "").split("; ") if part]
