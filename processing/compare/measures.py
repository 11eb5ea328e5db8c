"""The table of measures of inequality, with a sentence for each, and notes on how they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..messages import some, tr
from . import inequality
from .inequality import Groups
from .sentences import TITLES, UNITS, Figure, Story, sentence

if TYPE_CHECKING:
    import pandas as pd

SIMULATED = ("sii", "rii")  # measures whose limits come from a simulation


@dataclass(frozen=True)
class Counted:
    """Count and base of the areas, with what they are called.

    ``before`` is the rule by which small counts were hidden when the layer was made, if any.
    """

    count: pd.Series
    base: pd.Series
    title: str
    base_title: str
    unit: str
    source: str
    tables: tuple[str, ...]
    before: str = ""


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
    table = pd.DataFrame(rows)
    told = [
        _note(name, counted, groups if name in found.index else None, asked)
        for name in table["measure"]
    ]
    return table.assign(source=_source(counted), note=told), line


def _source(counted: Counted) -> str:
    """Return whose figures these are, and from which tables, empty where the layer does not say."""
    return " ".join(filter(None, [_tables(counted), counted.source]))


def _note(name: str, counted: Counted, groups: Groups | None, asked: Asked) -> str:
    """Return how a measure came about, for who has the table alone."""
    about = _groups(groups) if groups else tr("Every area is a group of its own.")
    simulated = _simulation(asked) if groups and name in SIMULATED else ""
    return " ".join(filter(None, [about, simulated, _rule(counted, asked)]))


def _groups(groups: Groups) -> str:
    return tr("Groups: {about}; 1 is the most deprived.").format(about=groups.ranking.about)


def _simulation(asked: Asked) -> str:
    return tr("Limits by simulation, {n:,} repetitions, seed {seed}.").format(
        n=asked.repetitions, seed=asked.seed
    )


def _rule(counted: Counted, asked: Asked) -> str:
    rule = asked.rule if asked.rule != "none" else counted.before
    if not rule:
        return ""
    text = tr("Small counts are hidden and the others rounded by the rule {rule}.").format(
        rule=rule
    )
    return " ".join(filter(None, [text, without_hidden(counted)]))


def without_hidden(counted: Counted) -> str:
    """Return what the areas do whose counts were hidden before, empty where there are none."""
    lacking = int(counted.count.isna().sum())
    if not (counted.before and lacking):
        return ""
    return tr(
        "{n} areas whose count is hidden or missing are left out. Hidden counts are small, so the "
        "shares are too high, most of all in groups with many such areas: measure first, then hide."
    ).format(n=lacking)


def _tables(counted: Counted) -> str:
    if not counted.tables:
        return ""
    return tr("Figures from: {tables}.").format(tables="; ".join(counted.tables))


def _shown(counted: Counted, rule: str) -> tuple[pd.Series, pd.Series, int]:
    """Return the areas' counts by the rule, and how many of them are hidden."""
    from ...methods.disclosure import protect

    count, base = protect(counted.count, rule), protect(counted.base, rule)
    hidden = counted.count.notna() & (count.isna() | base.isna())
    return count.where(~hidden), base.where(~hidden), int(hidden.sum())


def _story(groups, favourable: bool, count, base, shares, unit: str) -> Story:
    people = float(base.sum())
    return Story(
        groups=groups,
        favourable=favourable,
        mean=100 * float(count.sum()) / people if people else float("nan"),
        count=float(count.sum()),
        people=people,
        shares=tuple(shares.dropna()),
        unit=unit,
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
        lines.append(_groups(groups))
        fitted = tr("SII and RII: a line fitted to the logits of the shares, weighted with {unit}.")
        lines.append(f"{fitted.format(unit=counted.unit)} {_simulation(asked)}")
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
    return tuple(filter(None, [*lines, _rule(counted, asked), _tables(counted)]))
