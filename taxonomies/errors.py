"""What can be wrong with a table's headings or with a taxonomy file."""

from __future__ import annotations

from collections.abc import Sequence


class TaxonomyError(Exception):
    """A taxonomy file that cannot be used; names the file and the key at fault."""

    def __init__(self, file: str, key: str, problem: str):
        super().__init__(f"{file}: {key}: {problem}")
        self.file, self.key, self.problem = file, key, problem


class UnknownTable(Exception):
    """No known table has these headings.

    Attributes:
        headings: what was read.
        nearest: title of the table that comes nearest, or None.
        missing: headings of that table that were not found.
        title: what the table calls itself, or None.
    """

    def __init__(
        self,
        headings: Sequence[str],
        nearest: str | None,
        missing: Sequence[str],
        title: str | None = None,
    ):
        super().__init__(f"no known table has the headings {list(headings)}")
        self.headings, self.nearest, self.missing = list(headings), nearest, list(missing)
        self.title = title


class AmbiguousTable(Exception):
    """Several tables, or several columns, fit equally well; a guess would be silent harm.

    Attributes:
        choices: titles of the tables, or the headings that compete.
        meaning: the one column that several headings claim, None where tables compete.
        ids: of the taxonomies that compete.
    """

    def __init__(self, choices: Sequence[str], meaning: str | None = None, ids: Sequence[str] = ()):
        super().__init__(f"cannot tell apart: {', '.join(choices)}")
        self.choices, self.meaning, self.ids = list(choices), meaning, list(ids)


class NoCrosswalk(Exception):
    """There is no way from one taxonomy to another."""
