"""Tables recognised, read, and held against the areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..layers.errors import InputError
from ..layers.tables import LayerTable, Table
from ..taxonomies import areas as area_names
from ..taxonomies.catalogue import catalogue
from ..taxonomies.errors import UnknownTable
from ..taxonomies.headings import Heading, names_of_columns
from ..taxonomies.model import Taxonomy
from ..taxonomies.recognise import Recognised, recognise
from .levels.nesting import added_up
from .messages import KNOWN, Log, explain, some, tr
from .reading import Found, read_by_area, refuse_wrong
from .same_places import recoded

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas
    from ..layers.matching import Keyed

DEFAULT_MATCH = 98.0
# fields of rankings, comparisons, replies against residents, clusters, quotas and venues begin so
MADE_OF_FIGURES = ("sh_", "bench_", "voice_", "cluster_", "quota_", "reach_")
RANK = "sh_rank"
PLAN_FIELDS = {"quotas": "quota_n", "venues": "reach_within"}  # a plan holds as long as its field
LONGEST_CODE = 2  # letters such as E, which may be an easting
SMALLEST_LEVEL = "output area"


@dataclass(frozen=True)
class Source:
    """Where some fields come from, kept with the layer that holds them.

    ``suppression`` is the disclosure rule of their counts, None where they are no counts.
    ``table`` is the publisher's number of it, where it has one.
    """

    title: str
    attribution: str
    fields: tuple[str, ...]
    suppression: str | None = None
    note: str = ""
    table: str = ""
    edition: str = ""

    @classmethod
    def of(
        cls, taxonomy: Taxonomy, fields: Iterable[str], suppression: str | None, note: str
    ) -> Source:
        """Return the source that a taxonomy is of some fields."""
        return cls(
            taxonomy.name,
            taxonomy.attribution,
            tuple(fields),
            suppression,
            note,
            taxonomy.raw.get("table", ""),
            taxonomy.edition,
        )

    @classmethod
    def kept(cls, told: Mapping[str, Any], **changes: Any) -> Source:
        """Return a source as a layer carries it, with what has changed since."""
        known = {one.name: told[one.name] for one in fields(cls) if one.name in told}
        return cls(**{**known, "fields": tuple(told.get("fields", ())), **changes})


@dataclass
class Results:
    """Figures for the areas, in their order, with what to say about them."""

    frame: pd.DataFrame
    aliases: dict[str, str] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    ranking: dict[str, Any] = field(default_factory=dict)  # method, voice and areas, if ranked
    plans: dict[str, Any] = field(default_factory=dict)  # of quotas and venues: how they were made
    history: list[list[str]] = field(default_factory=list)  # commands, the one that made them last
    made_as: str = "OUTPUT"  # the parameter that the last of these commands writes them by
    replaced: Callable[[str], bool] = field(default=lambda name: False)  # of the input's fields

    def with_more(self, other: Results) -> Results:
        """Return these results with the columns of others beside them."""
        import pandas as pd

        return Results(
            pd.concat([self.frame, other.frame], axis=1),
            {**self.aliases, **other.aliases},
            self.sources + other.sources,
        )

    def provenance(self, inherited: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept with the layer: of what its input carried, what still holds."""
        new = set(self.frame.columns)
        kept = []
        for one in inherited.get("sources", []):
            left = [name for name in one["fields"] if not self.replaced(name)]
            if not new & set(one["fields"]) and (left or not one["fields"]):
                kept.append({**one, "fields": left})
        ranked = {} if self.replaced(RANK) else inherited.get("ranking", {})
        plans = {
            name: plan
            for name, plan in inherited.get("plans", {}).items()
            if not self.replaced(PLAN_FIELDS.get(name, ""))
        }
        return {
            "sources": kept + [asdict(source) for source in self.sources],
            "ranking": self.ranking or ranked,
            "plans": {**plans, **self.plans},
            "history": self.history or inherited.get("history", []),
            "made_as": self.made_as if self.history else inherited.get("made_as", self.made_as),
        }


def find_tables(
    tables: Sequence[Table],
    log: Log,
    hint: str = "",
    taxonomies: Sequence[Taxonomy] = (),
) -> list[Found]:
    """Return what each table was recognised as; log it.

    Args:
        tables: to be recognised, all of them.
        log: takes a line for each.
        hint: what else to do where none is recognised.
        taxonomies: to compare with; all that are known when left out.

    Raises:
        InputError: naming the table that is not known, or is known twice.
    """
    found = []
    for table in tables:
        try:
            everything = recognise(table.head, taxonomies or catalogue())
        except KNOWN as error:
            if isinstance(error, UnknownTable) and isinstance(table, LayerTable):
                error.headings = table.names  # in a layer there is no doubt what they are
            raise InputError(f"{explain(error, table.name)} {hint}".strip()) from error
        for what in everything:
            log(describe(table, what))
            found.append(Found(table, what))
    return found


def describe(table: Table, what: Recognised) -> str:
    """Return in a sentence what a table was recognised as."""
    text = tr("{table}: recognised as {title} ({shape}), {n} columns.").format(
        table=table.name,
        title=what.taxonomy.name,
        shape=tr(what.shape_name),
        n=len(what.headings),
    )
    if what.long and what.long.summed:
        headings = [f"'{what.headings[at]}'" for at in what.long.summed]
        text += " " + tr("Its rows are added up over {headings}.").format(headings=some(headings))
    if what.unit != "count":
        text += " " + tr("Its figures are shares ({unit}), not counts.").format(unit=tr(what.unit))
    if what.truncated:
        text += " " + tr("Headings taken although their end is cut off: {headings}.").format(
            headings=some([f"'{heading}'" for heading in what.truncated], 3)
        )
    return text


def fitting_lookup(found: Sequence[Found], areas: Areas) -> Found | None:
    """Return the first lookup between years that holds areas of the level of these."""
    level = area_names.level_of(areas.codes.dropna())
    for one in found:
        if one.what.shape.role == "lookup":
            cells = (cell for row in one.table.head for cell in row)
            codes = [code for cell in cells if (code := area_names.code_in(cell))]
            if level in {area_names.level_of([code]) for code in codes}:
                return one
    return None


def vintage_of_areas(areas: Areas) -> int | None:
    """Return 2011 or 2021 by the areas' codes, else by the name of their field."""
    return area_names.vintage_of(areas.codes.dropna(), areas.code_field)


def read_together(
    found: Sequence[Found],
    areas: Areas,
    min_match: float,
    log: Log,
    nestings: Sequence[Found] = (),
) -> tuple[pd.DataFrame, str]:
    """Return the figures of tables of one kind (one file per place, say), by area code.

    Args:
        found: the tables.
        areas: the areas they should describe.
        min_match: percent of areas that must find a row.
        log: takes what is odd.
        nestings: lookups of smaller areas inside larger ones, to add the smaller ones up.

    Returns:
        The figures, and a note on how they were made where they are not as published.

    Raises:
        InputError: for codes that stand twice, another vintage, or too few areas found.
    """
    import pandas as pd

    codes = pd.Index(areas.codes.dropna())
    parts, without_code, notes = [], 0, []
    for one in found:
        table = read_by_area(one, codes)
        refuse_wrong(one, table.cells)
        refuse_doubles(one, table, codes)
        _log_cells(one.table.name, table, log)
        notes += table.notes
        parts.append(table.frame)
        without_code += table.without_code
    whole = pd.concat(parts) if len(parts) > 1 else parts[0]
    twice = sorted(whole.index[whole.index.duplicated()].unique())
    if twice and codes.isin(whole.index).any():
        raise InputError(
            tr("The same codes stand in more than one of {tables}: {codes}.").format(
                tables=", ".join(one.table.name for one in found), codes=some(twice)
            )
        )
    name = ", ".join(one.table.name for one in found)
    wanted = recoded(codes, whole.index, name, log)
    both = [f"{old} = {new}" for old, new in wanted.items() if new in whole.index]
    if both:
        raise InputError(
            tr("{table}: the same places stand under two codes: {codes}. Keep one.").format(
                table=name, codes=some(both)
            )
        )
    whole = whole.rename(index=wanted)
    for text in dict.fromkeys(notes):
        log(f"{name}: {text}")
    if not codes.isin(whole.index).any():
        whole, note = added_up(whole, codes, found, nestings, log)
        notes.append(note)
    check_match(found, areas, codes, whole.index, min_match, log)
    return whole, " ".join(filter(None, dict.fromkeys(notes)))


def refuse_doubles(found: Found, table: Keyed, codes: pd.Index) -> None:
    """Raise for codes that stand in more than one row, if they are codes of these areas at all."""
    if table.duplicates and codes.isin(table.frame.index).any():
        raise InputError(
            tr(
                "{table}: codes that stand in more than one row: {codes}. Keep one row for each "
                "area."
            ).format(table=found.table.name, codes=some(table.duplicates))
        )


def _log_cells(name: str, table: Keyed, log: Log) -> None:
    cells = table.cells
    if cells.missing:
        marks = ", ".join(f"{mark} × {n}" for mark, n in cells.suppressed.items())
        log(
            tr("{table}: {n} cells without a number are NULL ({blank} blank{marks}).").format(
                table=name,
                n=cells.missing,
                blank=cells.blank,
                marks="; " + marks if marks else "",
            )
        )
    if cells.absent:
        log(
            tr("{table}: {n} pairs of area and category have no row; they are NULL, not 0.").format(
                table=name, n=cells.absent
            )
        )
    if table.without_code:
        log(
            tr("{table}: {n} rows with figures but no area code were left out.").format(
                table=name, n=table.without_code
            )
        )


def check_match(
    found: Sequence[Found],
    areas: Areas,
    codes: pd.Index,
    known: pd.Index,
    min_match: float,
    log: Log,
) -> None:
    name = ", ".join(one.table.name for one in found)
    unmatched = codes[~codes.isin(known)]
    share = 100 * (1 - len(unmatched) / len(codes))
    log(
        tr("{table}: found for {n:,} of {all:,} areas ({share:.1f} %).").format(
            table=name, n=len(codes) - len(unmatched), all=len(codes), share=share
        )
    )
    if not len(unmatched):
        return
    here = vintage_of_areas(areas)
    theirs = vintage_of_table(found[0], known)
    newer = [area_names.made_in_2021(code) for code in unmatched]
    if theirs is None and here == 2021 and all(newer):
        theirs = 2011
    if here is None and theirs == 2021 and not any(newer):
        here = 2011
    mixed = bool(here and theirs and here != theirs)
    # mixed vintages pass only when the limit was lowered on purpose
    if share >= min_match and not (mixed and min_match >= DEFAULT_MATCH):
        log(
            tr("{table}: areas without a row, NULL there: {codes}.").format(
                table=name, codes=some(list(unmatched))
            )
        )
        return
    log(
        tr("{table}: all areas without a row: {codes}").format(
            table=name, codes=some(list(unmatched), len(unmatched))
        )
    )
    raise InputError(_mismatch(name, codes, known, unmatched, (here, theirs, mixed), min_match))


def vintage_of_table(found: Found, codes: pd.Index) -> int | None:
    """Return 2011 or 2021 by the table's codes, else by the headings beside them."""
    row = found.table.head[found.what.heading_row]
    headings = " ".join(row[at] for at in found.what.keys if at < len(row))
    return area_names.vintage_of(codes, headings)


def _mismatch(name, codes, known, unmatched, vintages, min_match) -> str:
    here, theirs, mixed = vintages
    lower = tr("Or lower MIN_MATCH, on purpose: their figures are then NULL.")
    mine, other = area_names.level_of(codes), area_names.level_of(known)
    other_level = bool(mine and other and mine.name != other.name)
    if not len(known):
        return tr("{table}: there are headings and no rows with a code below them.").format(
            table=name
        )
    if mixed and not other_level:
        return (
            tr(
                "{table} has areas of {theirs} and the layer areas of {here}; {n} of {all} areas "
                "have no row: {codes}. Use a table for the areas of {here}, or move the figures "
                "with convertareas."
            ).format(
                table=name,
                theirs=theirs,
                here=here,
                n=len(unmatched),
                all=len(codes),
                codes=some(list(unmatched)),
            )
            + " "
            + lower
        )
    text = tr(
        "{table}: only {n:,} of {all:,} areas find a row, less than {min_match:g} %. First areas "
        "without one: {codes}."
    ).format(
        table=name,
        n=len(codes) - len(unmatched),
        all=len(codes),
        min_match=min_match,
        codes=some(list(unmatched)),
    )
    if other_level:
        text += " " + tr("The table holds {other}, the layer {mine}.").format(
            other=tr(other.plural), mine=tr(mine.plural)
        )
        if other.name == SMALLEST_LEVEL:
            text += " " + tr(
                "Counts are added up when a lookup of output areas in larger ones (OA21CD and "
                "LSOA21CD, say) is among TABLES."
            )
    return text + " " + tr("Use a table that covers the layer.") + " " + lower


def _counts_of_people(heading: Heading) -> bool:
    """Return whether a heading means a count, or a share, in any table of categories."""
    tables = [t for t in catalogue() if t.kind == "composition"]
    names = [names_of_columns(table, table.shapes[0]) for table in tables]
    texts = [text for text in (heading.text, heading.rest) if len(text) > LONGEST_CODE]
    return any(one.find(text) for one in names for text in texts)


def unprotected(used: Sequence[Found], areas: Areas) -> Callable[[str], bool]:
    """Return a test for fields of the input that would show what is being hidden.

    They are columns of the published tables on the areas themselves, figures of the same kind from
    an earlier run, and what is made of such figures: rankings, comparisons, voice, clusters.
    """
    raw = {
        field.name()
        for field in areas.source.fields()
        if _counts_of_people(Heading.of(field.name()))
    }
    prefixes = tuple(f"{one.taxonomy.prefix}_" for one in used)
    prefixes += MADE_OF_FIGURES if used else ()
    ranks = {name for t in catalogue() if t.kind == "ranked" for name in t.fields()}  # no counts
    return lambda name: (
        name in raw or (name.lower().startswith(prefixes) and name.lower() not in ranks)
    )
