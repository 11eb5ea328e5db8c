"""An atlas on paper: a cover, contents, a page for each place and pages of method, in one PDF.

Four templates make it, QGIS layouts of one page each: atlas_cover, atlas_contents, atlas_page and
atlas_method. Their items are found by their ids, and those that a template lacks are left out,
but for those with a star:

    all         title, sources, date, page   labels
    cover       subtitle, facts              labels: what it is; what is in it, and for whom
                map*, legend, scalebar       all areas; numbers are pages
    contents    contents*                    label whose box and font are those of the table
    page        subtitle                     label
                map*, legend, scalebar       the place; what lies around it is faded
                areas*, figures, languages, replies   labels, the boxes and fonts of tables
    method      column1*, column2            labels, the boxes and the font of the text

Only one page is there at a time, so that memory does not grow with the number of places.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsAbstractLayoutIterator,
    QgsFeedback,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QLocale
from qgis.PyQt.QtXml import QDomDocument

from ..errors import InputError, tr
from . import layouts
from .atlas_map import AtlasMap
from .bookmarks import Bookmark, Link, add_bookmarks
from .ground import Ground
from .lettering import put_text
from .printing import checked_target
from .telling import stop_if_cancelled, warn
from .typeset import (
    Piece,
    Room,
    Table,
    flowed,
    height_of_table,
    put_flowed,
    put_table,
    rows_with_room,
)

COVER, CONTENTS, PAGE, METHOD = "cover", "contents", "page", "method"
MORE = "more"  # where the areas of a place go on
DRAWN_AS = {MORE: CONTENTS}
NEEDED = {
    COVER: ("map",),
    CONTENTS: ("contents",),
    PAGE: ("map", "areas"),
    METHOD: ("column1",),
}
LANGUAGE = "en-GB"  # of the texts; a translation brings its own
AROUND = 1.12  # of a place's extent, so that what lies around it is seen
APART = 5.0  # mm between two tables


@dataclass(frozen=True)
class Sheet:
    """A page of a place.

    Attributes:
        name: in the bookmarks.
        title, subtitle: at the top.
        ids: its areas, by the numbers of their features.
        labels: what stands on areas of the map, by the same numbers.
        tables: by the id of the item that is their box.
        around: of its extent, how much the map shows.
    """

    name: str
    title: str
    subtitle: str
    ids: Sequence[int]
    labels: Mapping[int, str]
    tables: Mapping[str, Table]
    around: float = AROUND


@dataclass(frozen=True)
class Book:
    """What an atlas says.

    Attributes:
        title, subtitle: on the cover, and of the document.
        facts: on the cover, what is in it and for whom.
        sources: at the foot of every page.
        view: what the maps show.
        places: heading of the pages of places, in the bookmarks.
        sheets: a page each.
        contents: a row for each sheet, without its page number.
        method: headings, and texts below them.
    """

    title: str
    subtitle: str
    facts: str
    sources: str
    view: str
    places: str
    sheets: Sequence[Sheet]
    contents: Table
    method: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Made:
    """What was written: its pages, whether it got bookmarks, and rows that had no room."""

    pages: int
    bookmarked: bool
    without_room: Mapping[str, int]


def export_atlas(
    layer: QgsVectorLayer,
    path: str | Path,
    book: Book,
    *,
    paper: str = "A4",
    dpi: int = 150,
    template: str | Path | None = None,
    feedback: QgsFeedback | None = None,
) -> Made:
    """Export an atlas of a layer to a PDF. Call it in the main thread.

    Args:
        layer: the areas.
        path: of the PDF.
        book: what it says.
        paper: ``A4`` or ``A3``.
        dpi: dots per inch of what cannot be drawn as lines.
        template: one for the pages of places, or a folder with some of the four.
        feedback: told how far it is; asked whether to stop.

    Raises:
        InputError: the file cannot be written, or a template cannot be used.
        Cancelled: the feedback was cancelled; no file is left.
    """
    target = _checked_target(path)
    pages = _Pages(layer, book, _templates(paper, template), feedback)
    draft = target.with_name(f".{target.stem}-{uuid.uuid4().hex[:8]}.pdf")
    try:
        _write(pages, draft, dpi, feedback)
        done = add_bookmarks(draft, pages.marks(), pages.links, LANGUAGE, book.title)
        stop_if_cancelled(feedback)
        os.replace(draft, target)
    except PermissionError as error:
        message = tr("{file} cannot be replaced: is it open in another program?")
        raise InputError(message.format(file=target)) from error
    finally:
        pages.close()
        for left in (draft, Path(f"{draft}.aux.xml")):
            left.unlink(missing_ok=True)
    return Made(len(pages.plan), done, dict(pages.without_room))


def _write(pages: _Pages, draft: Path, dpi: int, feedback: QgsFeedback | None) -> None:
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = dpi
    settings.forceVectorOutput = True
    # text stays text: it can be searched, and read aloud
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    result, _ = QgsLayoutExporter.exportToPdf(pages, str(draft), settings, None)
    stop_if_cancelled(feedback)
    if pages.problem is not None:
        raise pages.problem
    if result != QgsLayoutExporter.ExportResult.Success or not draft.is_file():
        raise InputError(tr("The atlas could not be written to {file}.").format(file=draft.parent))


def _checked_target(path: str | Path) -> Path:
    """Return the file to be written, refused before anything is made where that cannot succeed."""
    target = Path(path)
    if target.suffix.lower() != ".pdf":
        message = tr("An atlas can be written as .pdf, not as “{name}”.")
        raise InputError(message.format(name=target.name))
    return checked_target(target)


def _templates(paper: str, template: str | Path | None) -> dict[str, Path]:
    """Return the file of each template: the user's own where there is one."""
    ending = paper.lower()
    found = {kind: layouts.TEMPLATE_FOLDER / f"atlas_{kind}_{ending}.qpt" for kind in NEEDED}
    if not found[PAGE].is_file():
        message = tr("There is no layout for the paper {paper}, only for {known}.")
        known = ", ".join(layouts.PAPERS)
        raise InputError(message.format(paper=paper, known=known))
    if not template:
        return found
    own = Path(template)
    if not own.is_dir():
        return {**found, PAGE: own}
    here = {kind: own / f"atlas_{kind}.qpt" for kind in NEEDED}
    here = {kind: file for kind, file in here.items() if file.is_file()}
    if not here:
        raise InputError(
            tr(
                "The folder {folder} holds no template of an atlas. They are called {names}."
            ).format(folder=own, names=", ".join(f"atlas_{kind}.qpt" for kind in NEEDED))
        )
    return {**found, **here}


class _Pages(QgsAbstractLayoutIterator):
    """The pages one after the other, each made when it is its turn."""

    def __init__(
        self,
        layer: QgsVectorLayer,
        book: Book,
        templates: Mapping[str, Path],
        feedback: QgsFeedback | None,
    ) -> None:
        super().__init__()
        self.book, self.feedback, self.once = book, feedback, _Once(feedback)
        self.problem: Exception | None = None
        self.links: list[Link] = []
        self.without_room: dict[str, int] = {}
        self.parts: list[tuple[int, int, int]] = []  # sheet, first row and the one after the last
        self.going_on: dict[int, Table] = {}
        self.at = -1
        self.current: Any = None  # the page whose turn it is
        self.project = QgsProject()
        self.texts = {kind: _read(file) for kind, file in templates.items()}
        self.files = templates
        wanted = {one for sheet in book.sheets for one in (*sheet.ids, *sheet.labels)}
        self.map = AtlasMap(layer, book.view, wanted, self.project)
        self.chunks = self._chunks()
        self.columns = self._columns()
        self.flow = flowed(book.method, self._column)
        method = -(-len(self.flow) // len(self.columns))
        self.plan: list[tuple[str, int]] = [
            (COVER, 0),
            *((CONTENTS, at) for at in range(len(self.chunks) - 1)),
            *self._places(),
            *((METHOD, at) for at in range(method)),
        ]
        self.page_of = {at: page for page, (kind, at) in enumerate(self.plan) if kind == PAGE}

    # --- what QGIS asks

    def layout(self) -> QgsPrintLayout | None:
        """Return the page whose turn it is."""
        return self.current

    def beginRender(self) -> bool:
        """Begin at the first page."""
        self.at = -1
        return True

    def endRender(self) -> bool:
        """Let go of the last page."""
        return True

    def count(self) -> int:
        """Return the number of pages."""
        return len(self.plan)

    def filePath(self, base: str, extension: str) -> str:
        """Return the file of a page, were each a file of its own."""
        return f"{base}.{extension}"

    def next(self) -> bool:
        """Make the next page; an error must not pass through QGIS, so it is kept."""
        self.at += 1
        if self.at >= len(self.plan) or (self.feedback and self.feedback.isCanceled()):
            return False
        if self.feedback:
            self.feedback.setProgress(100 * self.at / len(self.plan))
        kind, number = self.plan[self.at]
        try:
            self.map.forget()
            before, self.current = self.current, self._load(DRAWN_AS.get(kind, kind))
            self._forget(before)
            getattr(self, f"_make_{kind}")(number)
        except Exception as error:
            self.problem = error
            return False
        return True

    # --- what they are made of

    def _load(self, kind: str) -> QgsPrintLayout:
        document = QDomDocument()
        document.setContent(self.texts[kind])
        layout = QgsPrintLayout(self.project)
        _, loaded = layout.loadFromTemplate(document, QgsReadWriteContext())
        lost = [one for one in NEEDED[kind] if layout.itemById(one) is None]
        if "map" not in lost and "map" in NEEDED[kind]:
            lost += [] if isinstance(layout.itemById("map"), QgsLayoutItemMap) else ["map"]
        if not loaded or lost:
            message = tr("The template {file} is no QGIS layout with items whose ids are {names}.")
            raise InputError(message.format(file=self.files[kind], names=", ".join(NEEDED[kind])))
        layout.setName(f"{kind} {self.at}")
        self.project.layoutManager().addLayout(layout)
        return layout

    def _forget(self, layout: QgsPrintLayout | None) -> None:
        if layout is not None:
            self.project.layoutManager().removeLayout(layout)

    def close(self) -> None:
        """Let go of the layers and of the last page."""
        self._forget(self.current)
        self.current = None
        self.project.clear()

    def _chunks(self) -> list[int]:
        """Return the rows of the contents with which its pages begin, and the number of rows."""
        layout, table = self._load(CONTENTS), self.book.contents
        label = layout.itemById("contents")
        starts = _split(label, replace(table, rows=[(*row, "000") for row in table.rows]))
        self._forget(layout)
        return starts

    def _places(self) -> list[tuple[str, int]]:
        """Return the pages of places: one each, and more where not all rows that must have room."""
        page, more = self._load(PAGE), self._load(CONTENTS)
        self.room = Room.of(page.itemById("areas"))
        plan: list[tuple[str, int]] = []
        for at, sheet in enumerate(self.book.sheets):
            stop_if_cancelled(self.feedback)
            plan.append((PAGE, at))
            table = sheet.tables["areas"]
            _give_room(page, self.room, sheet)
            first = rows_with_room(page.itemById("areas"), table)
            if first < table.whole:
                goes_on = replace(table, rest=lambda _shown: tr("Continued on the next page."))
                first = rows_with_room(page.itemById("areas"), goes_on)
                left = _from(table, first)
                starts = _split(more.itemById("contents"), left)
                for begin, end in zip(starts, starts[1:]):
                    plan.append((MORE, len(self.parts)))
                    self.parts.append((at, first + begin, first + end))
                self.going_on[at] = goes_on
        self._forget(page)
        self._forget(more)
        return plan

    def _columns(self) -> list[Room]:
        layout = self._load(METHOD)
        labels = [layout.itemById(name) for name in ("column1", "column2")]
        rooms = [Room.of(one) for one in labels if isinstance(one, QgsLayoutItemLabel)]
        self._forget(layout)
        return rooms

    def _column(self, number: int) -> Room:
        return self.columns[number % len(self.columns)]

    def first_of(self, kind: str) -> int:
        """Return the first page of a kind, 0 first."""
        return next(at for at, (one, _) in enumerate(self.plan) if one == kind)

    def _fill(self, texts: Mapping[str, str], extent: QgsRectangle | None = None) -> None:
        """Put the texts that stand on every page, and the map where there is one."""
        told = {
            "sources": "",  # the map may have some of its own
            "date": date_line(),
            "page": tr("Page {page} of {pages}").format(page=self.at + 1, pages=len(self.plan)),
            **texts,
        }
        if extent is not None:
            layouts.fill_layout(
                self.current, self.map.base, told, self.once, extent, self.book.view
            )
            _lengthen(self.current.itemById("scalebar"))
        else:
            for item_id, text in told.items():
                if not put_text(self.current.itemById(item_id), text):
                    self.once.pushWarning(layouts.cut_in_words(item_id))
        self._name_sources()
        metadata = self.project.metadata()
        metadata.setTitle(self.book.title)
        metadata.setAbstract(self.book.subtitle)
        metadata.setAuthor("")  # QGIS would put the name of the computer's user
        self.project.setMetadata(metadata)

    def _name_sources(self) -> None:
        """Put the sources at the foot; those that have no room there are on the last page."""
        label = self.current.itemById("sources")
        if isinstance(label, QgsLayoutItemLabel):
            rest = tr("All sources and licences: page {page}.").format(page=len(self.plan))
            put_text(label, f"{self.book.sources} {label.text()}".strip(), rest)

    def _ground(self) -> Ground:
        return layouts.ground_of(self.current.itemById("map"), self.map.base)

    def _make_cover(self, _number: int) -> None:
        book = self.book
        texts = {"title": book.title, "subtitle": book.subtitle, "facts": book.facts}
        self._fill({**texts, "page": ""}, self.map.everything)
        places = [(one.ids, str(self.page_of[at] + 1)) for at, one in enumerate(book.sheets)]
        self.current.itemById("map").setLayers(self.map.overview(places, self._ground()))

    def _make_contents(self, number: int) -> None:
        table, begin = self.book.contents, self.chunks[number]
        some = table.rows[begin : self.chunks[number + 1]]
        pages = [self.page_of[begin + at] for at in range(len(some))]
        rows = [(*row, str(page + 1)) for row, page in zip(some, pages)]
        self._fill({"title": tr("Contents")})
        label = self.current.itemById("contents")
        room = Room.of(label)
        made = put_table(self.current, label, replace(table, rows=rows))
        for (top, bottom), page in zip(made.places, pages):
            self.links.append(Link(self.at, (room.x, top, room.x + room.width, bottom), page))

    def _make_more(self, number: int) -> None:
        at, begin, end = self.parts[number]
        sheet = self.book.sheets[at]
        self._fill({"title": tr("{name}, continued").format(name=sheet.title)})
        table = _from(sheet.tables["areas"], begin)
        left = replace(table, rows=table.rows[: end - begin])
        put_table(self.current, self.current.itemById("contents"), left)

    def _make_page(self, number: int) -> None:
        sheet = self.book.sheets[number]
        extent = self.map.extent_of(sheet.ids, sheet.around)
        self._fill({"title": sheet.title, "subtitle": sheet.subtitle}, extent)
        drawn = self.map.place(sheet.ids, sheet.labels, self._ground())
        self.current.itemById("map").setLayers(drawn)
        _give_room(self.current, self.room, sheet)
        for name in ("areas", "figures", "languages", "replies"):
            label = self.current.itemById(name)
            if not isinstance(label, QgsLayoutItemLabel):
                continue
            table = sheet.tables.get(name)
            if name == "areas":
                table = self.going_on.get(number, table)
            if table is None:
                label.setText("")
                continue
            left = len(table.rows) - put_table(self.current, label, table).rows
            if left and not (name == "areas" and number in self.going_on):
                self.without_room[name] = self.without_room.get(name, 0) + 1

    def _make_method(self, number: int) -> None:
        self._fill({"title": tr("Method, limits and sources")})
        for at in range(len(self.columns)):
            label = self.current.itemById(f"column{at + 1}")
            box = number * len(self.columns) + at
            pieces: Sequence[Piece] = self.flow[box] if box < len(self.flow) else ()
            put_flowed(self.current, label, pieces)

    def marks(self) -> list[Bookmark]:
        """Return the bookmarks of the document."""
        below = [Bookmark(one.name, self.page_of[at]) for at, one in enumerate(self.book.sheets)]
        marks = [Bookmark(self.book.title, 0)]
        if any(kind == CONTENTS for kind, _ in self.plan):
            marks.append(Bookmark(tr("Contents"), self.first_of(CONTENTS)))
        if below:
            marks.append(Bookmark(self.book.places, self.page_of[0], below))
        if any(kind == METHOD for kind, _ in self.plan):
            marks.append(Bookmark(tr("Method, limits and sources"), self.first_of(METHOD)))
        return marks


def _give_room(layout: QgsPrintLayout, room: Room, sheet: Sheet) -> None:
    """Let the table of areas begin where the tables above it end; its box has the rest."""
    ends = []
    for name in ("figures", "languages"):
        label = layout.itemById(name)
        if isinstance(label, QgsLayoutItemLabel) and name in sheet.tables:
            box = Room.of(label)
            if box.y + box.height <= room.y:
                ends.append(box.y + height_of_table(label, sheet.tables[name]))
    top = min(room.y, max(ends) + APART) if ends else room.y
    areas = layout.itemById("areas")
    areas.attemptMove(QgsLayoutPoint(room.x, top))
    areas.attemptResize(QgsLayoutSize(room.width, room.height + room.y - top))


def _lengthen(bar: Any) -> None:
    """Make the one segment of a scale bar the next round length: labels need the room."""
    if isinstance(bar, QgsLayoutItemScaleBar) and bar.numberOfSegments() == 1:
        length = bar.unitsPerSegment()
        first = f"{length:e}"[0]
        bar.setUnitsPerSegment(length * (2.5 if first == "2" else 2))
        bar.update()


def _from(table: Table, first: int) -> Table:
    """Return a table from a row on; all of it is shown, however many pages it takes."""
    bold = {at - first for at in table.bold if at >= first}
    return replace(table, rows=table.rows[first:], bold=bold, rest=None, whole=0)


def _split(label: QgsLayoutItemLabel, table: Table) -> list[int]:
    """Return the rows with which the pages of a table begin, and the number of its rows."""
    starts = [0]
    while starts[-1] < len(table.rows):
        left = _from(table, starts[-1])
        starts.append(starts[-1] + max(1, rows_with_room(label, left)))
    return starts


class _Once:
    """Passes a warning on the first time only: what has no room on one page has none on others."""

    def __init__(self, feedback: QgsFeedback | None) -> None:
        self._feedback, self._told = feedback, set()

    def pushWarning(self, message: str) -> None:
        """Warn the user."""
        if message not in self._told:
            self._told.add(message)
            warn(self._feedback, message)

    def isCanceled(self) -> bool:
        """Return whether the user has stopped the work."""
        return bool(self._feedback and self._feedback.isCanceled())


def _read(file: Path) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = tr("The template {file} cannot be read.")
        raise InputError(message.format(file=file)) from error


def date_line() -> str:
    """Return the day on which an atlas is made."""
    day = QLocale().toString(QDate.currentDate(), "d MMMM yyyy")
    return tr("Made on {day}").format(day=day)
