"""Columns of answers that are coded in a taxonomy, in tables that are no published ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...layers.tables import Table
from ...taxonomies.catalogue import catalogue
from ...taxonomies.coding import Coding, recognise_coding
from ...taxonomies.errors import AmbiguousTable

MOST_DIFFERENT = 300  # values beyond which a column is no list of categories


@dataclass(frozen=True)
class Coded:
    """A column, the taxonomy its values are coded in, and how many rows do not say.

    ``coding`` is missing where several taxonomies fit equally well; ``names`` has them all.
    """

    heading: str
    names: str
    coding: Coding | None
    rows: int
    not_known: int


def coded_columns(table: Table) -> list[Coded]:
    """Return the columns of a table whose every value is a category of one taxonomy.

    The first row is taken for the headings. No value is returned, nor kept.
    """
    return list(_coded(table)) if table.head else []


def _coded(table: Table) -> Iterator[Coded]:
    from ...layers.values import texts

    for at, heading in enumerate(table.head[0]):
        first = {row[at].strip() for row in table.head[1:] if at < len(row)}
        if not _may_be_coded(first, heading):
            continue
        values = texts(table.read(0, [at], [], repeated=True)[at])
        counts = values.value_counts()
        if len(counts) > MOST_DIFFERENT:
            continue
        try:
            coding = recognise_coding(counts.index, catalogue(), heading)
        except AmbiguousTable as error:
            yield Coded(heading.strip(), "; ".join(error.choices), None, len(values), 0)
            continue
        if coding:
            unsaid = int(counts.reindex(list(coding.not_known)).sum())
            yield Coded(heading.strip(), coding.taxonomy.name, coding, len(values), unsaid)


def _may_be_coded(values: set[str], heading: str) -> bool:
    """Return whether the first values leave a taxonomy possible; saves reading whole columns."""
    try:
        return len(values) > 1 and recognise_coding(values, catalogue(), heading) is not None
    except AmbiguousTable:
        return True
