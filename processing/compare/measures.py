"""The table of measures of inequality, with a sentence for each, and notes on how they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import inequality
from ..inequality import Groups
from ..messages import some, tr
from .sentences import TITLES, UNITS, Figure, Story, sentence

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Counted:
    """Count and base of the areas, with what they are called."""

    count: pd.Series
    base: pd.Series
    title: str
    base_title: str
    unit: str
    source: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What the user asks for: whether more is better, the simulation, the disclosure rule."""

    favourable: bool
    seed: int
    repetitions: int
    rule: str


def measures(counted: Counted, groups: Groups | None, asked: Asked) -> tuple[pd.DataFrame, Any]:
    """Return the table of measures, with sentences, and the line that was fitted, if any."""
    import pandas as pd

    count, base, hidden = _shown(counted, asked.rule)
    apart = inequality.spread(count, base)
    over_areas = _story(None, asked.favourable, count, base, 100 * count / base, counted.unit)
    if groups is None:
        found, line, story = inequality.unordered(count, base), (), over_areas
    else:
        found, line = inequality.measured(groups, asked.favourable, asked.seed, asked.repetitions)
        table = (groups.table[name] for name in ("count", "base", "pct"))
        story = _story(groups, asked.favourable, *table, counted.unit)
    rows = [
        *(_row(name, row, story, 0 if groups else hidden) for name, row in found.iterrows()),
        *(_row(name, row, over_areas, hidden) for name, row in apart.iterrows()),
    ]
    return pd.DataFrame(rows), line


def _shown(counted: Counted, rule: str) -> tuple[pd.Series, pd.Series, int]:
    """Return the areas' counts by the rule, and how many of them are hidden."""
    from ...methods.disclosure import protect

    count, base = protect(counted.count, rule), protect(counted.base, rule)
    hidden = counted.count.notna() & (count.isna() | base.isna())
    return count.where(~hidden), base.where(~hidden), int(hidden.sum())


def _story(groups, favourable: bool, count, base, shares, unit: str) -> Story:
    people = float(base.sum())
    return Story(
        groups,
        favourable,
        100 * float(count.sum()) / people if people else float("nan"),
        float(count.sum()),
        people,
        tuple(shares.dropna()),
        unit,
    )


def _row(name: str, row: pd.Series, story: Story, hidden: int = 0) -> dict:
    figure = Figure(*(float(row[part]) for part in ("estimate", "lower", "upper")))
    text = sentence(name, figure, story)
    if hidden:  # the areas that are left are no chance selection
        figure = Figure(*[float("nan")] * 3)
        text = tr("No figure: the counts of {n} areas are hidden.").format(n=hidden)
    return {
        "measure": name,
        "title": tr(TITLES[name]),
        "estimate": figure.estimate,
        "lower": figure.lower,
        "upper": figure.upper,
        "unit": tr(UNITS[name]),
        "sentence": text,
    }


def notes(counted: Counted, groups: Groups | None, asked: Asked) -> tuple[str, ...]:
    """Return how the figures came about, and what they cannot say."""
    lines = [tr("Share: {title}, of {base}.").format(title=counted.title, base=counted.base_title)]
    if groups:
        lines.append(
            tr("Groups: {about}; 1 is the most deprived.").format(about=groups.ranking.about)
        )
        lines.append(
            tr(
                "SII and RII: a line fitted to the logits of the shares, weighted with {unit}; "
                "limits by simulation, {n:,} repetitions, seed {seed}."
            ).format(unit=counted.unit, n=asked.repetitions, seed=asked.seed)
        )
        if groups.lacking:
            lines.append(
                tr(
                    "Groups without people here: {groups}. All measures are over the others."
                ).format(groups=some(groups.lacking))
            )
    else:
        lines.append(
            tr(
                "Every area is a group of its own. Areas differ by chance too, the smaller the "
                "more, so these measures are above 0 even where nothing is unequal."
            )
        )
    lines.append(
        tr(
            "Figures of areas, not of persons: not everyone in a deprived area is deprived. They "
            "say that shares differ, not why."
        )
    )
    if asked.rule != "none":
        lines.append(
            tr("Small counts are hidden and the others rounded by the rule {rule}.").format(
                rule=asked.rule
            )
        )
    if counted.tables:
        lines.append(tr("Figures from: {tables}.").format(tables="; ".join(counted.tables)))
    return tuple(lines)
