"""The page on who replied: sentences, a picture of the indices, the figures."""

from __future__ import annotations

from html import escape
from math import isfinite
from pathlib import Path
from typing import Any

from ...layers import reports
from ..attribution import source_line
from ..compare.sentences import decimals_of, number
from ..messages import tr
from .represented import ELSEWHERE, KNOWN, TOTAL, UNKNOWN, Represented
from .represented_words import cautions, summary

WIDTH, NAMES, RIGHT, ROW, TOP = 990, 420, 40, 24, 34  # pixels
MOST = 300.0  # index at which the picture ends
# shape tells classes apart where colour does not
COLOURS = {"under": "#b35806", "over": "#542788", "other": "#4d4d4d"}


def write_page(path: Path, found: Represented) -> None:
    """Write the page; it appears whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    body = _summary(found) + _picture(found) + _table(found)
    body += reports.heading(tr("How to read this, and what it cannot say"))
    attribution = source_line(found.pair.residents.attribution)
    body += reports.bullets([*cautions(found), *([attribution] if attribution else [])])
    reports.write_page(path, tr("Who replied, against who lives here"), body)


def _titles(found: Represented) -> dict[str, str]:
    titles = {str(name): found.title(str(name)) for name in found.groups.index}
    rest = {ELSEWHERE: tr("Said a group that is not compared"), UNKNOWN: tr("Did not say")}
    return {**titles, **rest, KNOWN: tr("Said a group"), TOTAL: tr("All replies")}


def _summary(found: Represented) -> str:
    """Return the summary; sentences after a line that ends in a colon are a list."""
    body, items = "", []
    for line in summary(found):
        if items and not _is_of_group(line, found):
            body += reports.bullets(items)
            items = []
        if _is_of_group(line, found):
            items.append(line)
        else:
            body += reports.paragraph(line)
    return body + (reports.bullets(items) if items else "")


def _is_of_group(line: str, found: Represented) -> bool:
    return any(line.startswith(f"{found.title(str(name))}: ") for name in found.groups.index)


def _picture(found: Represented) -> str:
    """Return the indices as dots with their limits, the lowest first."""
    rows = found.groups[found.groups["index"].notna()].sort_values("index", kind="stable")
    if not len(rows):
        return ""
    end = min(MOST, max(150.0, float(rows["index_hi"].max())))
    height = TOP + ROW * len(rows) + 40
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" '
        f'style="max-width:{WIDTH}px;font:13px Arial,sans-serif" aria-label="{_alternative()}">'
    ]
    for tick in range(0, int(end) + 1, 50):
        x, strong = _x(tick, end), tick == 100
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 40}" '
            f'stroke="{"#1b1b1b" if strong else "#c8c8c8"}" stroke-width="{1.5 if strong else 1}"/>'
            f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle">{tick}</text>'
        )
    for at, (name, row) in enumerate(zip(rows.index, rows.to_dict("records"))):
        parts.append(_row(found.title(str(name)), row, TOP + ROW * at + ROW / 2, end))
    legend = tr(
        "▼ under-represented   ● in proportion, or too few to say (hollow)   ▲ over-represented"
    )
    parts.append(f'<text x="{NAMES}" y="{height - 12}">{escape(legend)}</text></svg>')
    caption = tr(
        "Index of each group: 100 is as many replies as its share of residents; lines are 95 % "
        "limits, cut where they leave the picture."
    )
    return (
        f'<figure style="margin:1rem 0">{"".join(parts)}'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _alternative() -> str:
    return escape(
        tr("Dots of the index of each group with its limits; all figures stand in the table below.")
    )


def _x(value: float, end: float) -> float:
    return NAMES + min(max(value, 0.0), end) / end * (WIDTH - NAMES - RIGHT)


def _row(title: str, row: dict[str, Any], y: float, end: float) -> str:
    kind = next((k for k in ("under", "over") if f"{k}-" in (row["class"] or "")), "other")
    colour, x = COLOURS[kind], _x(row["index"], end)
    low, high = _x(row["index_lo"], end), _x(row["index_hi"], end)
    size = 7 if (row["class"] or "").startswith("much") else 5
    marks = {
        "under": f"M{x - size:.1f},{y - size:.1f} h{2 * size} l{-size},{2 * size} z",
        "over": f"M{x - size:.1f},{y + size:.1f} h{2 * size} l{-size},{-2 * size} z",
    }
    if row["index"] > end:
        mark = (
            f'<text x="{_x(end, end) + 4:.1f}" y="{y + 4:.1f}">{number(row["index"], 0)} →</text>'
        )
    elif kind in marks:
        mark = f'<path d="{marks[kind]}" fill="{colour}"/>'
    else:
        fill = "#ffffff" if row["class"] == "too few to say" else colour
        mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{colour}"/>'
    name = title if len(title) <= 64 else title[:62] + " …"
    return (
        f'<text x="{NAMES - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-width="2"/>{mark}'
    )


def _table(found: Represented) -> str:
    order = found.groups.sort_values("index", kind="stable", na_position="last")
    rows = [
        _cells(found.title(str(name)), row)
        for name, row in zip(order.index, order.to_dict("records"))
    ]
    rest = _titles(found)
    for name in (ELSEWHERE, UNKNOWN, TOTAL):
        if name != ELSEWHERE or found.all[name]:
            rows.append([rest[name], _whole(found.all[name]), *[""] * 8])
    headings = [
        *(tr("Group"), tr("Replies"), tr("Expected"), tr("% of replies"), tr("% of residents")),
        *(tr("Index (95 % limits)"), tr("% if none, or all, unknown are of it"), tr("Class")),
        *(tr("Missing"), tr("Needed")),
    ]
    caption = tr(
        "Groups by index. Missing, of groups under-represented: replies that would have to come "
        "from this group instead of others. Needed: more replies from this group alone to bring it "
        "to its share. Of those who did not say, none or all may be of a group: two ends."
    )
    return reports.table(headings, rows, caption)


def _cells(title: str, row: dict[str, Any]) -> list[str]:
    under, hidden = "under-" in (row["class"] or ""), not isfinite(row["replies"])
    return [
        title,
        _whole(row["replies"]),
        _figure(row["expected"]),
        _figure(row["share_replies_pct"]),
        _figure(row["population_pct"]),
        _range(row["index"], row["index_lo"], row["index_hi"]),
        _ends(row["share_low_pct"], row["share_high_pct"]),
        tr(row["class"]) if row["class"] else tr("hidden") if hidden else "–",
        *([_whole(row["shortfall"]), _whole(row["needed"])] if under else ["", ""]),
    ]


def _whole(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else "–"


def _figure(value: float) -> str:
    return number(value, decimals_of(value)) if isfinite(value) else "–"


def _ends(low: float, high: float) -> str:
    if not (isfinite(low) and isfinite(high)):
        return "–"
    return tr("{low} to {high}").format(low=_figure(low), high=_figure(high))


def _range(value: float, low: float, high: float) -> str:
    if not isfinite(value):
        return "–"
    return tr("{value} ({low} to {high})").format(
        value=number(value, 0), low=number(low, 0), high=number(high, 0)
    )
