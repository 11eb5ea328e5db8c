"""Headings as publishers, databases and people write them, made comparable."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .model import Shape, Taxonomy

# the suffix of Nomis bulk files, whole or cut off by a database's limit on names
MEASURES = re.compile(r"\s*;(\s*m[a-z]*:?\s*(v[a-z]*)?)?$")
SHORTEST_TRUNCATED = 24  # a heading cut off sooner could be anything
TABLE_NUMBER = re.compile(r"\s*([A-Z]{2,3}\d{2,4}[A-Z]{0,3})\b", re.IGNORECASE)
CATEGORIES = re.compile(r"\s*\(\d+ categories\)$")
PERCENT = (
    re.compile(r"^(?:percentages?|per cent|percent|pct|%)(?: of)?:? (?P<rest>.+)$"),
    re.compile(
        r"^(?P<rest>.+?)\s*(?:[;,:]? (?:measures: )?|\()(?:percent(?:age)?|per cent|pct|%)\)?$"
    ),
)
GLUED = re.compile(r"^(?P<rest>.+?)\s*%$")  # White%
PROPORTION = (
    re.compile(r"^(?:proportion|prop)(?: of)?:? (?P<rest>.+)$"),
    re.compile(r"^(?P<rest>.+?)(?:[;,:]? |\s*\()(?:proportion|prop)\)?$"),
)


def plain(heading: str) -> str:
    """Return a heading without what publishers and databases change: case, spaces, suffix."""
    text = " ".join(str(heading).replace("\ufeff", "").replace("_", " ").split()).casefold()
    return MEASURES.sub("", text)


def without_unit(heading: str) -> tuple[str, str] | None:
    """Return ``percent`` or ``proportion`` and the rest of a plain heading that says so."""
    for unit, patterns in (("percent", (*PERCENT, GLUED)), ("proportion", PROPORTION)):
        for pattern in patterns:
            found = pattern.match(heading)
            if found:
                return unit, found.group("rest")
    return None


def variable(heading: str) -> str:
    """Return the name of a variable in a plain heading: without the number of its categories."""
    return CATEGORIES.sub("", heading)


@dataclass(frozen=True)
class Heading:
    """A cell of the row of headings, cleaned once for all comparisons."""

    text: str
    unit: str
    rest: str

    @classmethod
    def of(cls, cell: str) -> Heading:
        """Return what a cell says, with and without a unit."""
        text = plain(cell)
        unit, rest = without_unit(text) or ("", "")
        return cls(text, unit, rest)


class Names:
    """The headings under which the columns of one table are known.

    Args:
        taxonomy: whose table it is.
        shape: the table.
    """

    def __init__(self, taxonomy: Taxonomy, shape: Shape):
        prefix = plain(taxonomy.raw.get("heading_prefix", ""))
        self.prefix = f"{prefix}: " if prefix else ""
        self.partial = taxonomy.partial
        self.labels: dict[str, str] = {}
        for column in shape.columns:
            code = [column.code] if column.code and taxonomy.lettered else []
            for label in map(plain, (column.label, *column.also, *code)):
                self.labels.setdefault(label, column.id)
                if prefix:
                    self.labels.setdefault(self.prefix + label, column.id)
        self._sorted = sorted(self.labels)
        own = taxonomy.summed if not taxonomy.partial else set()
        self.sums = {c.id: 1 + len(c.also) for c in shape.columns if c.id in own}

    def find(self, heading: str, table_named: bool = False) -> str | None:
        """Return the id of the column that a plain heading means, None if it is no column.

        Where categories are only some of all, a heading counts only with the table's own
        prefix, or when the lines above name the table.
        """
        if not self.partial:
            return self.labels.get(heading)
        if not heading.startswith(self.prefix) and not table_named:
            return None
        rest = heading[len(self.prefix) :] if heading.startswith(self.prefix) else heading
        return self.labels.get(rest) or self.labels.get(rest.rsplit(": ", 1)[-1])

    def begun(self, heading: str) -> str | None:
        """Return the one column whose heading begins so, for headings cut off at their end."""
        if self.partial or len(heading) < SHORTEST_TRUNCATED:
            return None
        begun = set()
        for label in self._sorted[bisect_left(self._sorted, heading) :]:
            if not label.startswith(heading):
                break
            begun.add(self.labels[label])
        return begun.pop() if len(begun) == 1 else None

    def words(self) -> set[str]:
        """Return the words of all headings."""
        return {word for label in self.labels for word in label.split()}


@lru_cache(maxsize=256)
def names_of_columns(taxonomy: Taxonomy, shape: Shape) -> Names:
    """Return the headings of a table; made once, as every recognition asks for them."""
    return Names(taxonomy, shape)


def tables_named(head: Sequence[Sequence[str]]) -> list[set[str]]:
    """Return for each row the numbers of tables, as TS021, that lines above it begin with."""
    named: list[set[str]] = []
    above: set[str] = set()
    for row in head:
        named.append(set(above))
        filled = [cell for cell in row if cell.strip()]
        found = TABLE_NUMBER.match(filled[0]) if len(filled) == 1 else None
        if found:
            above.add(found.group(1).upper())
    return named
