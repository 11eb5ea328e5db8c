"""The people of all areas together by group: from published tables, or fields of the areas."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import InputError
from ...taxonomies.catalogue import catalogue
from ...taxonomies.crossover import targets
from ...taxonomies.model import Taxonomy
from ..fields import numbers_of, refuse_negative
from ..inputs import read_together
from ..job import Job
from ..messages import Log, some, tr
from ..profile.compositions import completed, counts_of
from ..profile.crossing import told_as
from ..profile.shares import Counted, counted
from ..reading import Found

if TYPE_CHECKING:
    import pandas as pd

SHARES = ("percent", "proportion")


@dataclass(frozen=True)
class Residents:
    """People of all areas together.

    Attributes:
        taxonomy: whose categories they are counted in.
        people: by id of category and main group.
        base: who was counted, in words.
        table: where the figures come from, in words.
        attribution: whose they are.
        notes: what to say about them.
    """

    taxonomy: Taxonomy
    people: pd.Series
    base: str
    table: str
    attribution: str
    notes: tuple[str, ...] = ()

    def at(self, level: str) -> list[str]:
        """Return the ids that are counted at a level; none where only wider groups are."""
        every = self.taxonomy.groups if level == "group" else self.taxonomy.leaves
        return [n for n in every if n in self.people.index and n not in self.taxonomy.optional]


@dataclass(frozen=True)
class Sources:
    """Where people may be read from.

    Attributes:
        areas: whose people are added up.
        found: recognised tables; where there are none, fields of the areas are read.
        population_field: field of the areas with all people, for figures that are shares.
        min_match: percent of areas that must find a row in each table.
        provenance: what the layer carries about its figures.
    """

    areas: Areas
    found: Sequence[Found]
    population_field: str
    min_match: float
    provenance: Mapping[str, Any]

    def taxonomies(self, own: Taxonomy | None = None) -> list[Taxonomy]:
        """Return the lists of categories that people are counted in, the likeliest first."""
        if self.found:
            known = (one.taxonomy for one in self.found)
            return [t for t in dict.fromkeys(known) if t.kind == "composition" and not t.partial]
        names = {field.name() for field in self.areas.source.fields()}
        said = " ".join(
            f"{source.get('title', '')} {source.get('note', '')}"
            for source in self.provenance.get("sources", [])
        )
        best: dict[str, tuple[tuple[int, ...], Taxonomy]] = {}
        for taxonomy in (*catalogue(), *([own] if own else [])):
            if taxonomy.kind != "composition" or taxonomy.partial:
                continue
            leaves, groups = (_known(taxonomy, ids, names) for ids in _levels(taxonomy))
            if leaves or groups:
                # a list with fewer categories may find all of them among those of another
                found = len(
                    _columns(taxonomy, names, "n").keys() | _columns(taxonomy, names, "pct")
                )
                likely = (taxonomy.name in said, found, taxonomy is own, bool(taxonomy.parents))
                if taxonomy.prefix not in best or likely > best[taxonomy.prefix][0]:
                    best[taxonomy.prefix] = (likely, taxonomy)
        return [taxonomy for _, taxonomy in best.values()]

    def residents(self, taxonomy: Taxonomy, target: Taxonomy, log: Log) -> Residents:
        """Return the people counted in one list of categories, told in another.

        Raises:
            InputError: where they cannot be told so, are shares without a total, or no area has
                them all.
        """
        count, table = (
            self._of_tables(taxonomy, log) if self.found else self._of_fields(taxonomy, log)
        )
        if taxonomy is not target:
            count = told_as(count, target.id, log)
        return _added(count, target, taxonomy, table, log)

    # --- tables

    def _of_tables(self, taxonomy: Taxonomy, log: Log) -> tuple[Counted, str]:
        mine = [one for one in self.found if one.taxonomy is taxonomy]
        numbers = [one for one in mine if one.what.unit not in SHARES]
        shares = [one for one in mine if one.what.unit in SHARES]
        names = ", ".join(one.table.name for one in mine)
        count = self._counts(taxonomy, numbers, None, log) if numbers else None
        if shares:
            total = count.table["total"] if count else self._total(taxonomy, log)
            finer = self._counts(taxonomy, shares, total, log)
            if count is None or _finest(finer) > _finest(count):
                count = finer
        return count, names

    def _counts(
        self, taxonomy: Taxonomy, found: Sequence[Found], total: pd.Series | None, log: Log
    ) -> Counted:
        file = ", ".join(one.table.name for one in found)
        nestings = [one for one in self.found if one.what.shape.role == "nesting"]
        table, note = read_together(found, self.areas, self.min_match, log, nestings)
        if total is not None and ("total" not in table or table["total"].isin((1, 100)).all()):
            table = table.assign(total=total.groupby(level=0).first().reindex(table.index))
        job = Job(taxonomy, file, table, self.areas.codes, "category", "none", {}, log)
        made = counts_of(job, found, "")
        if made.shares_only:
            raise InputError(_no_total(file, taxonomy))
        return replace(made, notes=tuple(filter(None, (note, *made.notes))))

    def _total(self, taxonomy: Taxonomy, log: Log) -> pd.Series | None:
        """Return all people by code: of the field chosen, or of a table of the same people."""
        if self.population_field:
            frame = numbers_of(self.areas, [self.population_field])
            refuse_negative(frame, self.areas)
            return frame[self.population_field].set_axis(self.areas.codes)
        for other in dict.fromkeys(one.taxonomy for one in self.found):
            same = other.kind == "composition" and other.base == taxonomy.base
            found = [f for f in self.found if f.taxonomy is other and f.what.unit not in SHARES]
            if same and found and other is not taxonomy:
                log(
                    tr(
                        "{title}: the total is that of {other}, which counts the same people."
                    ).format(title=taxonomy.name, other=other.name)
                )
                return self._counts(other, found, None, log).table["total"]
        return None

    # --- fields

    def _of_fields(self, taxonomy: Taxonomy, log: Log) -> tuple[Counted, str]:
        names = {field.name() for field in self.areas.source.fields()}
        columns = _columns(taxonomy, names, "n")
        total = taxonomy.field(taxonomy.raw["total"]["field"])
        told = tr("fields of the areas")
        finest, _ = _levels(taxonomy)
        percents = _columns(taxonomy, names, "pct")
        if not columns or (not set(finest) <= columns.keys() and set(finest) <= percents.keys()):
            everyone = self.population_field or (total if total in names else "")
            if not everyone:
                raise InputError(_no_total(told, taxonomy))
            frame = self._read({**percents, "total": everyone})
            count = counted(taxonomy, frame, "percent", told, "none", log)
            count = replace(count, table=completed(taxonomy, count.table, log))
        else:
            frame = self._read({**columns, **({"total": total} if total in names else {})})
            count = Counted(taxonomy, completed(taxonomy, frame, log))
        return count, told

    def _read(self, columns: Mapping[str, str]) -> pd.DataFrame:
        frame = numbers_of(self.areas, list(dict.fromkeys(columns.values())))
        refuse_negative(frame, self.areas)
        return frame[list(columns.values())].set_axis(list(columns), axis=1)


def _levels(taxonomy: Taxonomy) -> tuple[list[str], list[str]]:
    """Return the finest categories and the main groups, without those of who did not say."""
    both = (taxonomy.leaves, taxonomy.groups)
    finest, groups = ([n for n in ids if n not in taxonomy.optional] for ids in both)
    return finest, groups


def _columns(taxonomy: Taxonomy, names: Collection[str], statistic: str) -> dict[str, str]:
    """Return the categories and groups that fields hold, each with its field."""
    others = {i.id for i in taxonomy.indicators if i.options.get("minus") or "over" in i.options}
    others |= {i.id for i in taxonomy.indicators if i.options.get("numerator") != [i.id]}
    ids = (c.id for c in taxonomy.columns if c.id != "total" and c.id not in others)
    fields = {identifier: taxonomy.field(identifier, statistic) for identifier in ids}
    return {identifier: field for identifier, field in fields.items() if field in names}


def _known(taxonomy: Taxonomy, ids: Collection[str], names: Collection[str]) -> bool:
    return any(set(ids) <= _columns(taxonomy, names, s).keys() for s in ("n", "pct"))


def _finest(count: Counted) -> int:
    return len(set(count.taxonomy.leaves) & set(count.table.columns))


def _no_total(file: str, taxonomy: Taxonomy) -> str:
    return tr(
        "{table} ({title}) has percentages alone, and areas differ in size, so they cannot be "
        "added up. Add a table with the total of the same people ({base}) to TABLES, or choose the "
        "field of the areas that holds it as POPULATION_FIELD."
    ).format(table=file, title=taxonomy.name, base=taxonomy.base)


def _added(count: Counted, target: Taxonomy, source: Taxonomy, table: str, log: Log) -> Residents:
    """Return the people of all areas that have every figure."""
    finest, groups = ([n for n in ids if n in count.table] for ids in _levels(target))
    if count.taxonomy is source and set(finest) != set(_levels(target)[0]):
        finest = []  # some of the finest categories alone say nothing of the others
    wanted = list(dict.fromkeys([*finest, *groups, "total"]))
    figures = count.table[[name for name in wanted if name in count.table]].astype(float)
    whole = figures.notna().all(axis=1)
    notes = list(count.notes)
    if not whole.any() or not figures.loc[whole, groups or finest].to_numpy().sum() > 0:
        raise InputError(
            tr("{table} ({title}): no area has a number for every group.").format(
                table=table, title=source.name
            )
        )
    if not whole.all():
        note = tr(
            "Residents of {n:,} of {all:,} areas are not known for every group and are left out of "
            "the population."
        ).format(n=int((~whole).sum()), all=len(whole))
        log(note)
        notes.append(note)
    return Residents(
        taxonomy=target,
        people=figures[whole].sum(),
        base=source.base,
        table=tr("{title} ({table})").format(title=source.name, table=table),
        attribution=source.attribution,
        notes=tuple(notes),
    )


def nearest(taxonomies: Sequence[Taxonomy], wanted: Taxonomy) -> Taxonomy:
    """Return the list of categories of the people that another is told from.

    Raises:
        InputError: where there is none.
    """
    if wanted in taxonomies:
        return wanted
    for taxonomy in taxonomies:
        if wanted.id in {target.id for target in targets(taxonomy)}:
            return taxonomy
    raise InputError(
        tr(
            "There are no residents by {title}, nor by categories that can be told so: {known}."
        ).format(
            title=wanted.name,
            known=some([t.name for t in taxonomies], 6) or tr("no table or field with groups"),
        )
    )
