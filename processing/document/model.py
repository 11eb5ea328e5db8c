"""What an engagement plan is made of. Each table is shown, and saved, from the same frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ..plan.listing import Listing

# a share is from 0 to 1 in files and shown in per cent; a percentage is from 0 to 100 in both
TEXT, COUNT, PERCENT, NUMBER, RANK, SHARE = "text", "count", "percent", "number", "rank", "share"
YES = "yes"  # 1 or 0, shown as yes or no


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: in the frame, and the heading in files.
        title: the heading on the page, in words.
        kind: how its values are shown; missing ones are shown as a dash with a reason for readers.
        decimals: of a percentage or a number.
    """

    name: str
    title: str
    kind: str = TEXT
    decimals: int = 0


@dataclass(frozen=True)
class PlanTable:
    """A table of the plan.

    Attributes:
        id: of the table on the page, and of its file, such as ``priority-areas``.
        title: its caption, which says who is counted, where and when.
        columns: those on the page; the first one is the heading of each row.
        frame: the values as they go into files, a row each; missing is missing. It may have more
            columns than the page shows.
        note: below the table: base, rule of suppression, what a dash means.
        listed: rows shown on the page; the files hold all. None for all.
    """

    id: str
    title: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    note: str = ""
    listed: int | None = None


@dataclass(frozen=True)
class Picture:
    """A map on the page.

    Attributes:
        png: of the map alone, without legend.
        alternative: what it shows, in words, for those who do not see it.
        caption: its title.
        legend: colour (#rrggbb), label and number of areas of each class; of what is laid over
            them their number. None where none is told.
        description: more of what it shows, for everybody, beside it.
        credits: its sources, below it.
    """

    png: bytes
    alternative: str
    caption: str
    legend: Sequence[tuple[str, str, int | None]] = ()
    description: str = ""
    credits: str = ""


@dataclass(frozen=True)
class Part:
    """A part of the plan: what is said first, then tables, pictures, lists and commands.

    Attributes:
        id: of the part on the page.
        heading: of it.
        paragraphs: what is said first.
        tables: a caption is the heading of each.
        pictures: before the tables.
        lines: of a list, below the tables.
        commands: words of each, last.
        short: what the summary says of this part: plain, short sentences with the figures that the
            tables show, so that the summary never tells others. Empty where it says nothing.
        points: of the summary, id and heading of another part and what that says in short.
    """

    id: str
    heading: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[PlanTable] = ()
    pictures: Sequence[Picture] = ()
    lines: Sequence[str] = ()
    commands: Sequence[Sequence[str]] = ()
    short: Sequence[str] = ()
    points: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Subject:
    """The areas a plan is of, read once.

    Attributes:
        areas: of the ranked layer.
        names: of the areas, index 0 to n - 1 as of all that follow.
        numbers: every numeric field of the layer.
        words: every other field of it.
        titles: aliases of the fields.
        inherited: what the layer carries about its figures.
        rule: how small counts are to be hidden, ``none`` where they are not.
        listing: its ranked areas, the first ones, as exportlist would list them.
        in_top: whether an area is among those listed; these are the areas the plan is about.
        before: fields in which small counts were hidden before, with the rule.
        names_given: whether the names are more than codes.
    """

    areas: Areas
    names: pd.Series
    numbers: pd.DataFrame
    words: pd.DataFrame
    titles: Mapping[str, str]
    inherited: Mapping[str, Any]
    rule: str
    listing: Listing
    in_top: pd.Series
    before: Mapping[str, str]
    names_given: bool = False

    @property
    def top(self) -> int:
        """Return how many areas the plan is about."""
        return int(self.in_top.sum())

    @property
    def has_rule(self) -> bool:
        """Return whether small counts are to be hidden."""
        return self.rule != "none"

    def open_counts(self, names: Iterable[str]) -> list[str]:
        """Return the fields among some that nothing was hidden of, which a rule is still to do."""
        return [name for name in names if self.has_rule and name not in self.before]

    def title(self, field: str) -> str:
        """Return what a field is called in words."""
        return self.titles.get(field) or field
