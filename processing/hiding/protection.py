"""Figures made safe to show: counts protected together, and what is made of them made anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from ...taxonomies.figures import Figures, Share, Structure
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.disclosure import Protected

STATISTICS = ("pct", "pct_lo", "pct_hi")
MOST = 2**53  # whole numbers that a float holds without loss


@dataclass(frozen=True)
class Safe:
    """A frame as it may be shown, and what was hidden of its counts."""

    frame: pd.DataFrame
    made: Protected

    def of(self, names: Iterable[str]) -> Protected:
        """Return what was hidden of some counts."""
        columns = list(names)
        parts = {one.name: getattr(self.made, one.name)[columns] for one in fields(self.made)}
        return replace(self.made, **parts)


def protected_frame(
    frame: pd.DataFrame,
    figures: Figures,
    rule: str,
    log: Log,
    parents: pd.Series | None = None,
) -> pd.DataFrame:
    """Return a frame with its counts protected and its shares, limits and structures made anew.

    A share whose count or base is missing or not there is missing: it would tell the count. Other
    columns stay as they are. With rule ``none`` the frame itself is returned.

    Args:
        frame: the true figures, a row for each area.
        figures: what its columns are.
        rule: how small counts are hidden.
        log: takes what was hidden, in numbers.
        parents: the larger place of each area, for which the same figures are shown.
    """
    if rule == "none":
        return frame
    safe = protect_figures(frame, figures, rule, parents)
    made = safe.of(name for name in figures.counts if name in frame)
    for line in hidden_in_words(made, rule):
        log(line)
    blank = without_parts(frame, figures)
    if blank:
        log(blank_in_words(blank))
    return safe.frame


def protect_figures(
    frame: pd.DataFrame, figures: Figures, rule: str, parents: pd.Series | None = None
) -> Safe:
    """Return what ``protected_frame`` does with a rule, without a word."""
    from ...methods.composition import sum_of
    from ...methods.disclosure import protect_table

    counts = _numbers(frame, figures.counts)
    sums = list(figures.sums)
    for base in {share.base for share in figures.shares if len(share.base) > 1}:
        if set(base) <= set(counts):
            # shown through its shares, so protected as a count of its own
            counts[_together(base)] = sum_of(counts, base)
            sums.append((_together(base), base))
    made = protect_table(counts, sums, rule, parents)
    columns = {name: whole_if_whole(made.shown[name]) for name in figures.counts if name in frame}
    for share in figures.shares:
        if share.field in frame:
            columns.update(_share(share, made.shown))
    for one in figures.structures:
        if one.field in frame:
            columns[one.field] = _structure(one, made.shown)
    return Safe(frame.assign(**columns), made)


def _numbers(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return counts as numbers, missing where there is none."""
    import pandas as pd

    columns = {name: frame[name] for name in names if name in frame}
    values = {
        name: column.to_numpy(dtype=float, na_value=float("nan"))
        for name, column in columns.items()
    }
    return pd.DataFrame(values, index=frame.index)


def _together(base: Iterable[str]) -> str:
    return " + ".join(base)


def hidden_in_words(made: Protected, rule: str) -> list[str]:
    """Return what was hidden, in numbers alone: in all, and by field."""
    from ...methods.disclosure import RULES

    smallest, base = RULES[rule]
    first, more = made.primary.sum(), made.secondary.sum()
    text = tr(
        "{rule}: {small:,} counts of 1 to {limit} hidden, {more:,} more hidden so that they cannot "
        "be worked out, all others to the nearest {base}; in {areas:,} of {all:,} areas something "
        "is hidden."
    ).format(
        rule=rule,
        small=int(first.sum()),
        limit=smallest - 1,
        more=int(more.sum()),
        base=base,
        areas=int((made.primary | made.secondary).any(axis=1).sum()),
        all=len(made.shown),
    )
    fields = [
        f"{name} {first[name]:,} + {more[name]:,}"
        for name in made.shown
        if first[name] or more[name]
    ]
    lines = [text]
    if fields:
        lines.append(
            tr("Hidden because small + to protect these: {fields}.").format(
                fields=some(fields, len(fields))
            )
        )
    if made.narrow.to_numpy().any():
        lines.append(
            tr(
                "{n:,} hidden counts could still be fewer than {base} numbers, by the figures of "
                "the larger places, and nothing more could be hidden."
            ).format(n=int(made.narrow.to_numpy().sum()), base=base)
        )
    return lines


def blank_in_words(names: list[str]) -> str:
    """Return why some fields are missing everywhere."""
    return tr(
        "NULL everywhere, as they would tell counts and what they are made of is not on the layer: "
        "{fields}."
    ).format(fields=some(names, 40))


def hidden_on_page(made: Protected, rule: str, titles: Mapping[str, str]) -> tuple[str, str]:
    """Return what others may read: a line, and HTML with the number hidden of each field.

    Not which are small: a reader who knows that a hidden count is not could work out others.
    """
    from ...layers.reports import table
    from ...methods.disclosure import RULES

    hidden = made.primary | made.secondary
    line = tr(
        "{rule}: {n:,} counts hidden, those of 1 to {limit} and others that would tell them; all "
        "others to the nearest {base}; in {areas:,} of {all:,} areas something is hidden."
    ).format(
        rule=rule,
        n=int(hidden.to_numpy().sum()),
        limit=RULES[rule][0] - 1,
        base=RULES[rule][1],
        areas=int(hidden.any(axis=1).sum()),
        all=len(made.shown),
    )
    rows = [
        [titles.get(name, name), f"{hidden[name].sum():,}", f"{made.shown[name].notna().sum():,}"]
        for name in made.shown
    ]
    headings = [tr("Count"), tr("Hidden"), tr("Shown, rounded")]
    return line, table(headings, rows, tr("What was hidden, by field"))


def without_parts(frame: pd.DataFrame, figures: Figures) -> list[str]:
    """Return fields that are missing everywhere, since what they are made of is not there."""
    have = {name for name in figures.counts if name in frame}
    shares = [s for s in figures.shares if not (s.base and {s.count, *s.base} <= have)]
    names = [name for share in shares for name in share.fields]
    names += [s.field for s in figures.structures if not (s.groups and set(s.groups) <= have)]
    return [name for name in names if name in frame]


def _share(share: Share, shown: pd.DataFrame) -> dict[str, pd.Series]:
    """Return a percentage and its limits from protected counts; missing where one is not there."""
    import pandas as pd

    from ...methods.composition import ratio_columns, share_columns

    base = _together(share.base)
    if not {share.count, base} <= set(shown.columns):
        missing = pd.Series(float("nan"), index=shown.index)
        return {name: missing for name in share.fields}
    parts = shown[share.count], shown[base]
    made = share_columns(*parts, STATISTICS) if share.part else ratio_columns(*parts)
    return dict(zip(share.fields, made.values()))


def _structure(structure: Structure, shown: pd.DataFrame) -> pd.Series:
    """Return the diversity of the protected groups, or the name of the largest of them."""
    import pandas as pd

    from ...methods.composition import diversity, largest

    number = structure.measure == "diversity"
    if not structure.groups or not set(structure.groups) <= set(shown.columns):
        empty = float("nan") if number else None
        return pd.Series(empty, index=shown.index, dtype=float if number else object)
    groups = shown[list(structure.groups)]
    return diversity(groups) if number else largest(groups, structure.groups)


def whole_if_whole(values: pd.Series) -> pd.Series:
    """Return counts as whole numbers that may be missing, unless some are not whole, or too many.

    Above 2^53 a float does not hold every whole number, and no count of people is that large.
    """
    import pandas as pd

    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    whole = (values.dropna() % 1 == 0) & (values.dropna().abs() <= MOST)
    return values.astype("Int64") if whole.all() else values
