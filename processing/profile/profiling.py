"""Published figures of the areas: each recognised table measured as its taxonomy says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.model import Taxonomy
from ..inputs import Results, Source, read_together
from ..job import Job
from ..messages import Log, some, tr
from ..reading import Found
from .compositions import composition_fields, counts_of
from .indices import index_fields, ingredients, made_of
from .ranks import ranked_fields

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas


@dataclass(frozen=True)
class Question:
    """What is asked of the tables.

    Attributes:
        wanted: the dimensions whose figures are made; tables of others are read only where
            an index is made of them.
        level: ``group``, or ``category`` for every detail.
        rule: how small counts are hidden.
        min_match: percent of areas that must find a row in each table.
        categories: id of the taxonomy in whose categories compositions are told, if another.
        known: the taxonomies, all that are shipped when empty.
    """

    wanted: Collection[str]
    min_match: float
    level: str = "group"
    rule: str = "none"
    categories: str = ""
    known: Sequence[Taxonomy] = ()


@dataclass
class _Made:
    """What has been made so far: columns for the areas, and the counts that indices need."""

    results: Results
    columns: dict[str, pd.Series] = field(default_factory=dict)
    counts: dict[str, pd.DataFrame] = field(default_factory=dict)

    def take(
        self, fields: dict[str, pd.Series], taxonomy: Taxonomy, rule: str | None, note: str
    ) -> None:
        """Keep the fields of one taxonomy and say where they come from."""
        _refuse_twice(self.columns, fields, taxonomy)
        # by position: areas without a code share the same missing label
        self.columns.update({name: values.array for name, values in fields.items()})
        self.results.sources.append(Source.of(taxonomy, fields, rule, note))


def profile(found: Sequence[Found], areas: Areas, asked: Question, log: Log) -> Results:
    """Return the figures of all tables that describe areas, for the areas in their order.

    Args:
        found: recognised tables, lookups of smaller areas among them.
        areas: what they should describe.
        asked: what is to be made of them.
        log: takes what is odd.
    """
    import pandas as pd

    kinds: dict[str, list[Found]] = {}
    for one in found:
        if one.taxonomy.kind in ("composition", "ranked"):
            kinds.setdefault(one.taxonomy.id, []).append(one)
    nestings = [one for one in found if one.what.shape.role == "nesting"]
    indices = made_of(kinds, asked.wanted, asked.known)
    made = _Made(Results(pd.DataFrame(index=range(len(areas.ids)))))
    for together in kinds.values():
        taxonomy = together[0].taxonomy
        if taxonomy.dimension in asked.wanted or taxonomy.id in ingredients(indices):
            _one_kind(made, together, areas, nestings, asked, log)
    for index in indices:
        fields, note = index_fields(index, made.counts, asked.rule, made.results.aliases, log)
        made.take(fields, index, None, note)
    made.results.frame = pd.DataFrame(made.columns, index=made.results.frame.index, copy=False)
    return made.results


def _one_kind(
    made: _Made,
    together: Sequence[Found],
    areas: Areas,
    nestings: Sequence[Found],
    asked: Question,
    log: Log,
) -> None:
    """Read the tables of one taxonomy and make its fields, if its dimension is asked for."""
    taxonomy = together[0].taxonomy
    table, note = read_together(together, areas, asked.min_match, log, nestings)
    file = ", ".join(one.table.name for one in together)
    aliases = made.results.aliases
    job = Job(taxonomy, file, table, areas.codes, asked.level, asked.rule, aliases, log)
    if taxonomy.kind == "ranked":
        made.take(ranked_fields(job), taxonomy, None, note)
        return
    count = counts_of(job, together, asked.categories)
    made.counts[taxonomy.id] = count.table
    if taxonomy.dimension in asked.wanted:
        note = " ".join(text for text in (note, *count.notes) if text)
        made.take(composition_fields(job, count), taxonomy, asked.rule, note)


def _refuse_twice(columns: Collection[str], made: Collection[str], taxonomy: Taxonomy) -> None:
    both = sorted(set(columns) & set(made))
    if both:
        raise InputError(
            tr(
                "Two tables give the same figures ({fields}); one of them is {title}. Give one "
                "edition at a time."
            ).format(fields=some(both, 4), title=taxonomy.name)
        )
