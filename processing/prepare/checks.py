"""What one table is and how it fits the areas, found without stopping at a problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from ...layers import reports
from ...layers.tables import Table
from ...taxonomies import areas as area_names
from ...taxonomies.crossover import targets
from ...taxonomies.errors import UnknownTable
from ..inputs import check_match, find_tables, refuse_doubles, vintage_of_table
from ..levels.nesting import added_up
from ..messages import KNOWN, explain, tr
from ..profile.compositions import check_parts, completed
from ..profile.shares import counted
from ..reading import Found, read_by_area, read_rows, refuse_wrong
from ..registers.registrations import marks_in
from ..replies.coded import Coded, coded_columns
from ..same_places import recoded

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...layers.values import Cells


@dataclass
class Check:
    """Findings on a table: pairs of what and value, and problems in words."""

    name: str
    recognised: bool = False
    facts: list[tuple[str, object]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""

    def refused(self, step: Callable[[], object]) -> None:
        """Take a step, and keep what it refuses as a problem."""
        try:
            step()
        except KNOWN as error:
            self.problems.append(explain(error, self.name))

    def sentence(self) -> str:
        """Return the findings in a line for the log."""
        facts = "; ".join(f"{what}: {value}" for what, value in self.facts)
        return " ".join([f"{self.name}: {facts}."] * bool(facts) + self.notes + self.problems)

    def row(self) -> tuple[str, str, str]:
        """Return the findings in a row of the overview."""
        verdict = tr("Needs attention") if self.problems else tr("Ready to use")
        return self.name, self.title or tr("not recognised"), verdict

    def html(self) -> str:
        """Return the findings as a section of the report."""
        verdict = (
            f'<p class="problem">{escape(tr("Needs attention"))}</p>'
            + reports.bullets(self.problems)
            if self.problems
            else f'<p class="ok">{escape(tr("Ready to use"))}</p>'
        )
        body = f"<h2>{escape(self.name)}</h2>{verdict}"
        if self.facts:
            body += reports.table([tr("What"), tr("Found")], self.facts, tr("The table"))
        body += reports.bullets(self.notes) if self.notes else ""
        if self.columns:
            columns = reports.table(
                [tr("Heading in the table"), tr("Taken as")], self.columns, tr("Its columns")
            )
            body += reports.folded(tr("Its columns, and what each was taken as"), columns)
        return body


def check_tables(
    tables: Sequence[Table], areas: Areas, min_match: float, step: Callable[[int], None]
) -> list[Check]:
    """Return a check for each known table found in ``tables``, and for each that is none.

    ``step`` is told how many tables are done.
    """
    checks: list[Check] = []
    found: list[Found] = []
    for table in tables:
        try:
            found += find_tables([table], lambda text: None)
        except KNOWN as error:
            coded = coded_columns(table) if isinstance(error.__cause__, UnknownTable) else []
            checks.append(
                _replies(table, coded) if coded else Check(table.name, problems=[str(error)])
            )
    nestings = [one for one in found if one.what.shape.role == "nesting"]
    for one in found:
        step(len(checks))
        checks.append(_check(one, areas, min_match, nestings))
    order = {table.name: number for number, table in enumerate(tables)}
    return sorted(checks, key=lambda check: order[check.name])


def _replies(table: Table, coded: Sequence[Coded]) -> Check:
    """Return what is known of a table that is no published one, but whose answers are coded."""
    check = Check(table.name, recognised=True, title=tr("Answers, a row each"))
    for one in coded:
        check.facts.append((tr("Column '{name}' is coded in").format(name=one.heading), one.names))
        if one.coding:
            check.facts += [
                (tr("Categories used"), len({*one.coding.categories.values()})),
                (tr("Rows that do not say"), f"{one.not_known:,} / {one.rows:,}"),
            ]
    if any(one.coding is None for one in coded):
        check.notes.append(tr("Several lists fit equally well; say which one when it is used."))
    return check


def _check(found: Found, areas: Areas, min_match: float, nestings: Sequence[Found]) -> Check:
    what = found.what
    titles = {c.id: c.title for c in what.shape.columns}
    check = Check(
        found.table.name,
        recognised=True,
        title=found.taxonomy.name,
        facts=[
            (tr("Recognised as"), found.taxonomy.title),
            (tr("Published shape"), tr(what.shape_name)),
            (tr("Columns recognised"), len(what.headings)),
            (tr("Dimension"), tr(found.taxonomy.dimension)),
            (tr("Edition"), found.taxonomy.edition),
            (tr("Counted over"), found.taxonomy.base),
            (tr("Row of the headings"), what.heading_row + 1),
        ],
        columns=[
            (what.headings[at], titles[name])
            for name, places in what.columns.items()
            for at in places
        ],
    )
    crossed = [taxonomy.name for taxonomy in targets(found.taxonomy)]
    if crossed:
        check.facts.append((tr("Can be told as"), "; ".join(crossed)))
    if what.unit != "count":
        check.facts.append((tr("Figures are"), tr(what.unit)))
    if what.truncated:
        check.facts.append((tr("Headings cut off, yet known"), len(what.truncated)))
    if found.taxonomy.kind in ("composition", "ranked"):
        check.refused(lambda: _check_by_area(check, found, areas, min_match, nestings))
    else:
        check.refused(lambda: _check_rows(check, found, areas))
    return check


def _check_by_area(
    check: Check, found: Found, areas: Areas, min_match: float, nestings: Sequence[Found]
) -> None:
    import pandas as pd

    codes = pd.Index(areas.codes.dropna())
    table = read_by_area(found, codes)
    frame = table.frame.rename(
        index=recoded(codes, table.frame.index, check.name, check.notes.append)
    )
    known = frame.index
    check.facts.append((tr("Rows with a code"), f"{len(known):,}"))
    _add_match(check, codes, known, vintage_of_table(found, known))
    _add_cells(check, table.cells)
    check.facts.append((tr("Rows with figures but no code"), table.without_code))
    check.refused(lambda: refuse_wrong(found, table.cells))
    check.refused(lambda: refuse_doubles(found, table, codes))
    if not codes.isin(known).any():
        frame, _ = added_up(frame, codes, [found], nestings, check.notes.append)
    check.refused(
        lambda: check_match([found], areas, codes, frame.index, min_match, lambda text: None)
    )
    if found.taxonomy.kind == "composition" and not check.problems:
        check.refused(lambda: _check_counts(check, found, frame.reindex(codes)))


def _check_counts(check: Check, found: Found, table: pd.DataFrame) -> None:
    """Note whether parts add up to their total, be they counts or shares."""
    log = check.notes.append
    count = counted(found.taxonomy, table, found.what.unit, check.name, "none", log)
    if not (count.derived or count.shares_only):
        whole = completed(found.taxonomy, count.table, lambda text: None)
        check_parts(found.taxonomy, whole, check.name, log)


def _check_rows(check: Check, found: Found, areas: Areas) -> None:
    import pandas as pd

    rows, cells = read_rows(found)
    check.facts.append((tr("Rows"), f"{len(rows):,}"))
    if "area" in rows:
        known = pd.Index(rows["area"].unique())
        codes = pd.Index(areas.codes.dropna())
        _add_match(check, codes, known, area_names.vintage_of(known, " ".join(marks_in(known))))
        if not codes.isin(known).any():
            check.problems.append(tr("None of the areas is in this table."))
    _add_cells(check, cells)
    check.refused(lambda: refuse_wrong(found, cells))


def _add_match(check: Check, codes: pd.Index, known: pd.Index, vintage: int | None) -> None:
    matched = int(codes.isin(known).sum())
    share = 100 * matched / len(codes)
    check.facts += [
        (tr("Vintage of the codes"), vintage or tr("not told by codes or headings")),
        (tr("Areas found"), f"{matched:,} / {len(codes):,} ({share:.1f} %)"),
    ]


def _add_cells(check: Check, cells: Cells) -> None:
    marks = ", ".join(f"{mark} × {n}" for mark, n in cells.suppressed.items())
    check.facts += [
        (tr("Suppressed cells"), marks or 0),
        (tr("Blank cells"), cells.blank),
        (tr("Infinite cells"), cells.infinite),
        (tr("Cells that are no number"), len(cells.wrong)),
    ]
