"""What is said of replies placed and not placed: never a postcode, nor any other answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...layers import reports
from ...layers.errors import InputError
from ..inputs import Results, Source
from ..messages import Log, tr
from .placing import ADVICE, Placing
from .responses import Replies

if TYPE_CHECKING:
    import pandas as pd

    from .answers import Answers
    from .postcodes import Lookup

ROW, REASON = "row", "reason"


def _numbers(placing: Placing) -> tuple[int, dict[str, int]]:
    """Return how many were placed, and how many not for each reason, the most common first."""
    import pandas as pd

    counts = pd.Series(placing.reason).value_counts().to_dict()
    placed = int((placing.at >= 0).sum())
    left = {str(reason): int(n) for reason, n in counts.items() if reason}
    if placed + sum(left.values()) != len(placing.at):
        raise RuntimeError("every reply is placed or has a reason why not")
    return placed, left


def reasons_in_words(placing: Placing, replies: Replies, log: Log) -> None:
    """Log how many replies were placed, and why the others were not."""
    for note in placing.notes:
        log(note)
    placed, left = _numbers(placing)
    log(
        tr("Placed: {n:,} of {all:,} replies ({share:.1f} %). Not placed: {rest:,}.").format(
            n=placed,
            all=len(replies.rows),
            share=100 * placed / len(replies.rows),
            rest=len(replies.rows) - placed,
        )
    )
    for reason, number in left.items():
        log(
            tr("    {n:,} {reason}: {advice}.").format(
                n=number, reason=tr(reason), advice=tr(ADVICE[reason])
            )
        )


def refuse_none(placing: Placing, replies: Replies) -> None:
    """Raise where no reply was placed: counts of 0 everywhere would say what is not so."""
    placed, left = _numbers(placing)
    if placed:
        return
    raise InputError(
        tr(
            "{file}: none of its {n:,} replies could be placed ({reasons}). Check that lookup, "
            "areas and replies are of the same part of the country, and of the same year."
        ).format(
            file=replies.name,
            n=len(replies.rows),
            reasons="; ".join(
                f"{n:,} {tr(reason)}: {tr(ADVICE[reason])}" for reason, n in left.items()
            ),
        )
    )


def unplaced_table(placing: Placing, replies: Replies) -> pd.DataFrame:
    """Return a row for each reply not placed: its row in the file, and the reason."""
    import pandas as pd

    left = placing.at < 0
    rows = replies.rows.to_numpy()[left].astype("int64")
    table = pd.DataFrame({ROW: rows, REASON: placing.reason[left]})
    return table.sort_values(ROW, kind="stable").reset_index(drop=True)


def origin_of(
    replies: Replies, placing: Placing, lookup: Lookup | None, answers: Answers | None
) -> Source:
    """Return where counts of replies come from, without their fields."""
    notes = [*placing.notes, *(answers.notes if answers else ())]
    attribution = lookup.taxonomy.attribution if lookup and lookup.taxonomy else ""
    placed, _ = _numbers(placing)
    # no number: where small counts are hidden, an exact sum would tell the last of them
    share = tr("{share} % of the replies placed.").format(share=100 * placed // len(replies.rows))
    return Source(
        tr("Replies: {file}").format(file=replies.name),
        attribution,
        (),
        note=" ".join([share, *notes]),
    )


def write_report(
    path: Path, placing: Placing, replies: Replies, origin: Source, results: Results
) -> None:
    """Write a page on how replies were placed; it names no place and shows no count of one."""
    placed, left = _numbers(placing)
    total = len(replies.rows)
    rows: list[Sequence[object]] = [(tr("placed"), f"{placed:,}", _share(placed, total), "")]
    rows += [
        (tr(reason), f"{n:,}", _share(n, total), tr(ADVICE[reason])) for reason, n in left.items()
    ]
    rows.append((tr("all"), f"{total:,}", _share(total, total), ""))
    headings = [tr("What became of them"), tr("Replies"), tr("Per cent"), tr("That is")]
    body = reports.bullets([origin.title, *placing.notes, *filter(None, [origin.attribution])])
    body += reports.table(headings, rows, tr("Replies placed and not placed"))
    fields = [(name, results.aliases.get(name, name)) for name in results.frame]
    body += reports.folded(
        tr("The fields that were made"),
        reports.table([tr("Field"), tr("What it counts")], fields, tr("Fields")),
    )
    if placing.blind.any():
        body += reports.paragraph(
            tr("{n:,} areas have no counts, as replies there cannot be told apart.").format(
                n=int(placing.blind.sum())
            )
        )
    reports.write_page(path, tr("Replies counted in areas"), body)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}"
