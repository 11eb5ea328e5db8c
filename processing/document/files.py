"""The files of a plan: the page, a CSV of each table, a workbook of all. All of them or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ..messages import tr
from .model import Part, PlanTable
from .page import Page, as_html

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".html", ".htm")
OURS = re.compile(r"\d\d-[a-z0-9-]+\.csv")  # what a plan calls its tables, and takes away again
SHEET = 31  # characters that a spreadsheet takes as the name of a sheet


@dataclass(frozen=True)
class Places:
    """Where the files of a plan go.

    Attributes:
        page: what was asked for.
        folder: of the tables.
        book: the workbook of all.
    """

    page: Path
    folder: Path
    book: Path

    @classmethod
    def beside(cls, page: Path) -> Places:
        """Return the places that go with a page.

        Raises:
            InputError: where it is not named as a page, or a file stands where the folder goes.
        """
        if page.suffix.lower() not in ENDINGS:
            raise InputError(
                tr("OUTPUT: {file} is a page, so let its name end in .html.").format(file=page.name)
            )
        folder, book = page.with_name(f"{page.stem}_tables"), page.with_suffix(".xlsx")
        if book.exists() and not page.exists():
            raise InputError(
                tr(
                    "OUTPUT: the plan would write its tables to {file}, which is there already "
                    "and belongs to no plan. Choose another name for the page."
                ).format(file=book)
            )
        if folder.exists() and not folder.is_dir():
            raise InputError(
                tr(
                    "OUTPUT: {folder} is a file, and the tables go into a folder of that name. "
                    "Choose another name for the page."
                ).format(folder=folder)
            )
        return cls(page, folder, book)

    def written(self) -> list[Path]:
        """Return the files beside the page that a plan may write or take away."""
        tables = self.folder.iterdir() if self.folder.is_dir() else ()
        return [self.book, *(one for one in tables if OURS.fullmatch(one.name))]


def write_plan(
    places: Places, page: Page, parts: Sequence[Part], cancelled: Callable[[], bool]
) -> None:
    """Write a plan; an older one of the same name is as it was until the new one is whole.

    Raises:
        InputError: when a file cannot be written; those there before are then as they were.
        Cancelled: when cancelled; likewise.
    """
    from ...layers.sheets import sheets_writer, text_writer, write_together

    tables = list(tables_of(parts))
    files = {one.id: places.folder / name for one, name in zip(tables, names_of(tables))}
    seen = {one: f"{places.folder.name}/{path.name}" for one, path in files.items()}
    html = as_html(page, parts, seen)
    writers = {files[one.id]: sheets_writer({one.id: one.frame}, cancelled) for one in tables}
    writers[places.book] = sheets_writer(_book(page, tables, files), cancelled)
    writers[places.page] = text_writer(html)  # last: who sees it finds the others
    fresh = not places.folder.exists()
    try:
        _make(places.folder)
        before = [one for one in places.written() if one.exists()]
        write_together(writers, [one for one in before if one not in writers], cancelled)
    finally:
        if fresh:
            with suppress(OSError):
                places.folder.rmdir()  # which does nothing where a table is in it


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            tr("{folder}: the folder for the tables cannot be made ({error}).").format(
                folder=folder, error=error.strerror
            )
        ) from error


def tables_of(parts: Sequence[Part]) -> Iterator[PlanTable]:
    """Yield the tables of a plan in their order."""
    for part in parts:
        yield from part.tables


def names_of(tables: Sequence[PlanTable]) -> list[str]:
    """Return the names of the files of tables, which keep their order in a folder."""
    return [f"{number:02}-{one.id}.csv" for number, one in enumerate(tables, 1)]


def _book(
    page: Page, tables: Sequence[PlanTable], files: dict[str, Path]
) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook: what it is first, then a sheet for each table."""
    sheets = {files[one.id].stem[:SHEET]: one.frame for one in tables}
    return {tr("About"): _about(page, tables, list(sheets)), **sheets}


def _about(page: Page, tables: Sequence[PlanTable], sheets: Sequence[str]) -> pd.DataFrame:
    """Return what the workbook says of itself: of each sheet what it is, and what to know of it."""
    import pandas as pd

    lines = [(tr("Plan"), page.title, "")]
    lines += [(tr("About"), line, "") for line in page.about]
    lines += [(name, one.title, one.note) for name, one in zip(sheets, tables)]
    for name, one in zip(sheets, tables):
        lines += [(name, tr("Column {name}").format(name=c.name), c.title) for c in one.columns]
    columns = [tr("Sheet"), tr("What it is"), tr("What to know")]
    return pd.DataFrame(lines, columns=columns, dtype=object)
