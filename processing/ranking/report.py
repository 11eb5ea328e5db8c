"""A ranking as a page, or as plain text for people who do not read maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..messages import tr
from . import words
from .notes import LIMITS, doubts, settings, sources
from .page import Section, Table, write
from .people import people_of_table, shares_in_words

if TYPE_CHECKING:
    import pandas as pd

    from .ranked import Ranking

LISTED = 50  # areas of the top that are listed


def write_report(
    path: Path, ranking: Ranking, changes: pd.DataFrame, command: Sequence[str]
) -> None:
    """Write the report: HTML, or plain text where the file's name ends in ``.txt``.

    Args:
        path: of the file.
        ranking: what is told.
        changes: of ``tables.sensitivity``.
        command: that makes it again, in words.

    Raises:
        InputError: when the place cannot be written.
    """
    title = f"{ranking.title}: {words.scheme_title(ranking)}"
    write(path, title, sections(ranking, changes, command))


def sections(ranking: Ranking, changes: pd.DataFrame, command: Sequence[str]) -> list[Section]:
    """Return the report in its order: the answer first, the settings last."""
    found = [
        Section(tr("In short"), _in_short(ranking)),
        Section(tr("The areas in the top"), _about_top(ranking), _top_table(ranking)),
        Section(tr("Who lives outside the top"), _about_outside(ranking), _outside_table(ranking)),
        Section(tr("What was ranked, and against what"), [words.method(ranking)], _scheme(ranking)),
        Section(tr("What changes the ranking"), _about_changes(changes), _changes_table(changes)),
        Section(tr("What counts twice, and what is not known"), lines=doubts(ranking)),
        Section(tr("What these figures cannot say"), lines=[tr(line) for line in LIMITS]),
        Section(tr("Sources of the figures"), lines=sources(ranking)),
        Section(tr("Settings"), lines=settings(ranking), command=command),
    ]
    if ranking.levels:
        place = Section(tr("Other boundaries"), [ranking.levels.in_words])
        found.insert(5, place)
    return found


# --- the parts


def _in_short(ranking: Ranking) -> list[str]:
    text = tr(
        "{known:,} of {all:,} areas could be ranked; these are the first {top:,}. In {robust:,} "
        "areas a place in the top is robust, in {contestable:,} more it is contestable: other "
        "weights, means and scales, and what chance leaves open in the figures, put them in the "
        "top in some of {draws:,} draws and not in others."
    ).format(
        known=ranking.known,
        all=len(ranking.data),
        top=ranking.top,
        robust=ranking.tiers("robust"),
        contestable=ranking.tiers("contestable"),
        draws=ranking.question.draws,
    )
    told = [text]
    if ranking.scheme.has_shortfall:
        quiet = ranking.in_top & ranking.frame["sh_voice"].gt(0)
        told.append(
            tr(
                "Replies were counted: in {n:,} of these areas fewer came than expected. What "
                "counts beside it are need, and barriers to taking part."
            ).format(n=int(quiet.sum()))
        )
    elif not ranking.scheme.has_voice:
        told.append(_about_voice(ranking))
    flagged = int(ranking.frame["sh_flag"].eq(1).sum())
    if ranking.frame["sh_flag"].notna().any():
        told.append(
            tr(
                "Free of all weights, {n:,} areas carry the flag: {meaning}. {inside:,} of them "
                "are in the top."
            ).format(
                n=flagged,
                meaning=_flag_in_words(ranking),
                inside=int((ranking.frame["sh_flag"].eq(1) & ranking.in_top).sum()),
            )
        )
    first = ranking.outside[0] if ranking.outside else None
    if first and first.percent > 0:
        told.append(
            tr(
                "{share} of {people} live outside these areas ({n:,.0f} of {all:,.0f}): "
                "going only to the top would miss them."
            ).format(
                share=shares_in_words(first)[1],
                people=first.title,
                n=first.everyone - first.inside,
                all=first.everyone,
            )
        )
    return told


def _about_voice(ranking: Ranking) -> str:
    """Return what a score says that few replies have no part in."""
    told = {
        "none": tr(
            "No replies were counted. These areas are potentially seldom heard: need and "
            "barriers are higher there than in the others, but who was heard is not known."
        ),
        "left out": tr(
            "Replies were counted, but were left out of this score. These areas are potentially "
            "seldom heard: need and barriers are higher there than in the others, whoever replied."
        ),
        "not measured": tr(
            "Replies were counted, but how many were to be expected was not measured "
            "(measurevoice), so they have no part in this score. These areas are potentially "
            "seldom heard: need and barriers are higher there than in the others, but who was "
            "heard is not known."
        ),
        "turned": tr(
            "Replies were counted, and here many of them, not few, raise the score: these areas "
            "are not those heard from least."
        ),
    }
    return told[words.replies(ranking)]


def _flag_in_words(ranking: Ranking) -> str:
    share = 100 * ranking.scheme.raw.get("flag", {}).get("top_share", 0.1)
    text = tr(
        "among the most deprived fifth nationally (Core20) and among the {share:.0f} % of areas "
        "with the most limited English"
    )
    if ranking.scheme.raw.get("flag", {}).get("voice", {}).get("field") in ranking.data:
        text += tr(" and fewer replies than chance explains")
    return text.format(share=share)


def _about_top(ranking: Ranking) -> list[str]:
    told = [
        tr(
            "Ranks are of this list only. The interval holds 90 % of the ranks in the draws: where "
            "it is wide, the order says little. “Robust”: in the top in at least {high:.0f} % of "
            "the draws; “contestable”: in {low:.0f} to {high:.0f} %."
        ).format(
            high=100 * ranking.scheme.threshold("robust"),
            low=100 * ranking.scheme.threshold("contestable"),
        )
    ]
    count = int(ranking.in_top.sum())
    if count > LISTED:
        told.append(
            tr("Listed are the first {n:,} of {all:,}; the layer holds all.").format(
                n=LISTED, all=count
            )
        )
    near = int((ranking.frame["sh_tier"].eq("contestable") & ~ranking.in_top).sum())
    if near:
        told.append(
            tr(
                "{n:,} more areas stand outside the top and are contestable: nearly as good a case "
                "could be made for them."
            ).format(n=near)
        )
    return told + _about_heard(ranking)


def _about_heard(ranking: Ranking) -> list[str]:
    """Return how many contestable areas rank low only because they answered as expected."""
    if not ranking.scheme.has_shortfall:
        return []
    frame = ranking.frame
    heard = frame["sh_tier"].eq("contestable") & ~ranking.in_top & frame["sh_voice"].eq(0)
    short = frame["sh_voice"][frame["sh_voice"] > 0]
    if not heard.any() or not len(short):
        return []
    return [
        tr(
            "{n:,} of those outside answered as expected or better, so voice counts 0 in their "
            "rank (down to {rank:,}). The least that an area falls short makes it {step:.2f}, and "
            "chance alone may be what parts them. Judge these by need and barriers."
        ).format(
            n=int(heard.sum()),
            rank=int(frame["sh_rank"][heard].max()),
            step=short.min(),
        )
    ]


def _top_table(ranking: Ranking) -> Table:
    frame = ranking.frame[ranking.in_top].sort_values("sh_rank", kind="stable").head(LISTED)
    pillars = list(ranking.scheme.pillar_weights)
    headings = [
        tr("Area"),
        tr("Rank"),
        tr("90 % of draws"),
        tr("In the top"),
        *(ranking.scheme.pillar_title(pillar) for pillar in pillars),
        tr("How sure"),
        tr("Main reasons"),
    ]
    rows = [
        [
            _area(ranking, at),
            str(row["sh_rank"]),
            tr("{low} to {high}").format(low=row["sh_rank_lo"], high=row["sh_rank_hi"]),
            f"{100 * row['sh_p_top']:.0f} %",
            *(f"{row[f'sh_{pillar}']:.2f}" for pillar in pillars),
            tr(row["sh_tier"]),
            row["sh_reasons"] or "–",
        ]
        for at, row in frame.iterrows()
    ]
    return Table(tr("Areas in the top, with reasons (pillars from 0 to 1)"), headings, rows)


def _area(ranking: Ranking, at: int) -> str:
    name, code = str(ranking.names[at]), ranking.codes[at]
    return name if name == code or not isinstance(code, str) else f"{name} ({code})"


def _about_outside(ranking: Ranking) -> list[str]:
    if not ranking.outside:
        return [tr("The layer has no counts of the people whom the scheme names.")]
    return [
        tr(
            "A score puts areas in an order, not people. Most groups live in many areas; this is "
            "how many of each a visit to the top alone would not reach."
        )
    ]


def _outside_table(ranking: Ranking) -> Table | None:
    if not ranking.outside:
        return None
    headings = [tr("Who"), tr("In the top"), tr("Outside"), tr("All"), tr("Outside, per cent")]
    caption = tr("Where people live, inside and outside the top {top:,}").format(top=ranking.top)
    return Table(caption, headings, people_of_table(ranking.outside))


def _scheme(ranking: Ranking) -> Table:
    scheme = ranking.scheme
    rows = [
        [
            scheme.titles[one.field],
            one.field,
            scheme.pillar_title(one.pillar),
            f"{scheme.pillar_weights[one.pillar]:g}",
            f"{one.weight:.3g}",
            tr("more") if one.more_is_barrier else tr("less"),
            words.against(ranking, one.field),
        ]
        for one in scheme.indicators
    ]
    headings = [
        tr("Figure"),
        tr("Field"),
        tr("Pillar"),
        tr("Weight of the pillar"),
        tr("Weight inside it"),
        tr("A barrier is"),
        tr("Ranked among"),
    ]
    return Table(tr("The scheme as it was applied"), headings, rows)


def worst_change(changes: pd.DataFrame) -> pd.Series | None:
    """Return the change that leaves least of the top, None where none is known."""
    known = changes[changes["top_overlap_pct"].notna()]
    return known.loc[known["top_overlap_pct"].idxmin()] if len(known) else None


def _about_changes(changes: pd.DataFrame) -> list[str]:
    worst = worst_change(changes)
    if worst is None:
        return []
    return [
        tr(
            "One change at a time. The one that matters most: “{title}” keeps {share:.0f} % of the "
            "top. 100 % means the same areas."
        ).format(title=worst["title"], share=worst["top_overlap_pct"])
    ]


def _changes_table(changes: pd.DataFrame) -> Table:
    rows = [
        [
            row["title"],
            _number(row["spearman"], "{:.2f}"),
            _number(row["top_overlap_pct"], "{:.0f} %"),
            _number(row["enter"], "{:.0f}"),
            _number(row["leave"], "{:.0f}"),
        ]
        for _, row in changes.iterrows()
    ]
    headings = [
        tr("Change"),
        tr("Agreement of the order (Spearman)"),
        tr("Top that stays"),
        tr("Areas that enter"),
        tr("Areas that leave"),
    ]
    return Table(tr("The ranking with one change at a time"), headings, rows)


def _number(value, form: str) -> str:
    import pandas as pd

    return "–" if pd.isna(value) else form.format(value)
