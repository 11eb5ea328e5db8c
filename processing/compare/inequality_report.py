"""Measures of inequality as a picture and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers import charts, reports
from ...layers.charts import Gradient
from ..messages import tr
from .inequality import Groups
from .sentences import Figure, decimals_of, number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Page:
    """What picture and page are made of."""

    title: str
    base_title: str
    unit: str
    table: pd.DataFrame
    groups: Groups | None
    line: Any
    notes: tuple[str, ...]
    source: str


def chart_of(page: Page, groups: Groups) -> Gradient:
    """Return the picture of the groups."""
    table = groups.table
    return Gradient(
        labels=[str(int(n)) for n in table["group"]],
        people=table["base"].to_numpy(dtype=float),
        value=table["pct"].to_numpy(dtype=float),
        lower=table["pct_lo"].to_numpy(dtype=float),
        upper=table["pct_hi"].to_numpy(dtype=float),
        title=tr("{title}: {about}").format(title=page.title, about=groups.ranking.about),
        x_title=tr("{many}, 1 the most deprived, as wide as they have {unit}").format(
            many=groups.ranking.many.capitalize(), unit=page.unit
        ),
        y_title=tr("% of {base}").format(base=page.base_title),
        source=page.source,
        line=page.line,
    )


def write_report(path: Path, page: Page, png: bytes | None) -> None:
    """Write the page: sentences first, then the figures, the groups and how they came about."""
    # no line ends between a figure and its sign
    body = reports.bullets([text.replace(" %", "\u00a0%") for text in page.table["sentence"]])
    if page.groups:
        if png:
            body += reports.picture(png, alternative(page.groups, page.unit), _caption(page))
        else:
            body += reports.paragraph(
                tr("There is no picture: {why}").format(why=charts.how_to_install())
            )
            body += reports.paragraph(alternative(page.groups, page.unit))
        body += _groups(page.groups, page.unit)
    body += reports.table(
        [tr("Measure"), tr("Estimate"), tr("95 % limits"), tr("Unit")],
        [_row(row) for row in page.table.to_dict("records")],
        tr("All measures"),
    )
    body += reports.heading(tr("How these figures came about"))
    body += reports.bullets([*page.notes, *([page.source] if page.source else [])])
    reports.write_page(path, tr("{title}: inequality").format(title=page.title), body)


def _row(row: dict[str, Any]) -> list[str]:
    if row["estimate"] != row["estimate"]:
        return [row["title"], "–", "–", row["unit"]]
    figure = Figure(row["estimate"], row["lower"], row["upper"])
    places = figure.decimals
    limits = tr("{low} to {high}").format(
        low=number(row["lower"], places), high=number(row["upper"], places)
    )
    return [
        row["title"],
        number(row["estimate"], places),
        limits if figure.limited else tr("none defined"),
        row["unit"],
    ]


def _groups(groups: Groups, unit: str) -> str:
    rows = [
        [
            f"{int(row['group'])}",
            f"{int(row['areas']):,}",
            f"{row['count']:,.10g}",
            f"{row['base']:,.10g}",
            number(row["pct"], decimals_of(row["pct"])),
            tr("{low} to {high}").format(
                low=number(row["pct_lo"], decimals_of(row["pct"])),
                high=number(row["pct_hi"], decimals_of(row["pct"])),
            ),
        ]
        for row in groups.table.to_dict("records")
    ]
    caption = tr("The groups, 1 = most deprived: {about}").format(about=groups.ranking.about)
    headings = [tr("Group"), tr("Areas"), tr("Count"), unit.capitalize()]
    headings += [tr("%"), tr("95 % limits")]
    return reports.table(headings, rows, caption)


def alternative(groups: Groups, unit: str) -> str:
    """Return the picture in words, for those who do not see it."""
    table = groups.table
    highest, lowest = table.loc[table["pct"].idxmax()], table.loc[table["pct"].idxmin()]
    return tr(
        "{n} bars from the most to the least deprived group, as wide as they have {unit} and as "
        "high as the share of those counted: {x} % in the {first}, {y} % in the {last}. The "
        "highest is group {highest} with {high} %, the lowest group {lowest} with {low} %."
    ).format(
        n=len(table),
        unit=unit,
        first=groups.end(most=True),
        last=groups.end(most=False),
        x=_pct(table["pct"].iloc[0]),
        y=_pct(table["pct"].iloc[-1]),
        highest=int(highest["group"]),
        high=_pct(highest["pct"]),
        lowest=int(lowest["group"]),
        low=_pct(lowest["pct"]),
    )


def _pct(value: float) -> str:
    return number(value, decimals_of(value))


def _caption(page: Page) -> str:
    text = tr("Bars: the share in each group, with its 95 % limits.")
    if page.line:
        text += " " + tr(
            "Dashed: the line of which SII and RII are the two ends; it is straight in the "
            "logarithm of the odds, so it bends a little here."
        )
    return text
