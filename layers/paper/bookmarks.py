"""Bookmarks, links and the language of a PDF that Qt wrote, which makes none of them.

They are appended as an update: what is there stays as it is, byte by byte. Files whose table of
objects is compressed (from PDF 1.5 on) are not read; they are left alone, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OBJECT = re.compile(rb"\s*(\d+)\s+(\d+)\s+obj\b")
REFERENCE = re.compile(rb"(\d+)\s+(\d+)\s+R\b")
ROW = 20  # bytes of a line in the table of objects
IN_USE = b"n"
TAIL = 2048  # bytes from the end in which the table's place is told
MOST_TABLES = 1000  # updates of one file; more would be a ring


class Unreadable(Exception):
    """The file is no PDF of the kind that can be read here."""


@dataclass(frozen=True)
class Bookmark:
    """A line of the outline: what it is called, the page it leads to (0 first), those below it."""

    title: str
    page: int
    below: Sequence[Bookmark] = ()


@dataclass(frozen=True)
class Link:
    """A box on a page (left, top, right, bottom, in mm from its upper left corner) to another."""

    page: int
    box: tuple[float, float, float, float]
    target: int


def add_bookmarks(
    path: str | Path,
    marks: Sequence[Bookmark],
    links: Sequence[Link] = (),
    language: str = "",
    title: str = "",
) -> bool:
    """Append an outline and links to a PDF; return whether it could be read for that.

    The outline is shown when the file is opened, and the window is called as the document is.

    Args:
        path: of the file, which is added to in its place.
        marks: those of the first level.
        links: boxes that lead to a page.
        language: of the text, such as ``en-GB``.
        title: of the document, in the place of what the file says; empty to leave it so.
    """
    return bool(marks) and _append(path, marks, links, language, title)


def tell(path: str | Path, language: str) -> bool:
    """Say in a PDF in which language it is, for those who hear it read.

    Returns:
        Whether the file could be read for that; another one is left alone.
    """
    return _append(path, (), (), language, "")


def _append(
    path: str | Path, marks: Sequence[Bookmark], links: Sequence[Link], language: str, title: str
) -> bool:
    file = Path(path)
    data = file.read_bytes()
    try:
        more = _update(data, marks, links, language, title)
    except Unreadable:
        return False
    with file.open("ab") as stream:
        stream.write(more)
    return True


def number_of_pages(path: str | Path) -> int:
    """Return how many pages a PDF has.

    Raises:
        Unreadable: where its table of objects cannot be read.
    """
    return len(_Document(Path(path).read_bytes()).pages)


class _Document:
    """The objects of a PDF, found by its tables."""

    def __init__(self, data: bytes) -> None:
        self.data, self.places = data, {}
        self.start = _start(data)
        self.trailer = self._read_tables()
        self.root = self._reference(self.trailer, b"Root")
        self.size = int(self._value(self.trailer, b"Size", rb"(\d+)"))
        self.pages = list(self._pages(self._reference(self.dictionary(self.root), b"Pages")))

    def _read_tables(self) -> bytes:
        """Return the newest trailer, and keep where the newest tables say that objects are."""
        at, newest, seen = self.start, b"", 0
        while True:
            trailer = self._read_table(at)
            newest = newest or trailer
            before = re.search(rb"/Prev\s+(\d+)", trailer)
            seen += 1
            if before is None:
                return newest
            at = int(before.group(1))
            if seen > MOST_TABLES:
                raise Unreadable

    def _read_table(self, at: int) -> bytes:
        data = self.data
        head = re.compile(rb"\s*xref\s+").match(data, at)
        if head is None:
            raise Unreadable  # a stream of objects
        at = head.end()
        part = re.compile(rb"(\d+)\s+(\d+)\s*?(?:\r\n|\n|\r)")
        while (found := part.match(data, at)) is not None:
            first, number = int(found.group(1)), int(found.group(2))
            at = found.end()
            for line in range(number):
                row = data[at + ROW * line : at + ROW * (line + 1)]
                place, _, kind = row[:10], row[11:16], row[17:18]
                if len(row) < ROW or not place.isdigit():
                    raise Unreadable
                self.places.setdefault(first + line, int(place) if kind == IN_USE else None)
            at += ROW * number
            while data[at : at + 1].isspace():
                at += 1
        if not data.startswith(b"trailer", at):
            raise Unreadable
        return _balanced(data, data.find(b"<<", at))

    def dictionary(self, number: int) -> bytes:
        """Return an object that is a dictionary, as it is written."""
        at = self._begin(number)
        begin = re.compile(rb"\s*<<").match(self.data, at)
        if begin is None:
            raise Unreadable
        return _balanced(self.data, begin.end() - 2)

    def array(self, number: int) -> bytes:
        """Return what stands in an object that is an array of references."""
        found = re.compile(rb"\s*\[([^\[\]]*)\]").match(self.data, self._begin(number))
        if found is None:
            raise Unreadable
        return found.group(1)

    def _begin(self, number: int) -> int:
        place = self.places.get(number)
        found = OBJECT.match(self.data, place) if place is not None else None
        if found is None or int(found.group(1)) != number:
            raise Unreadable
        return found.end()

    def _pages(self, number: int, depth: int = 0) -> Iterator[int]:
        """Yield the pages below a node, in their order."""
        node = self.dictionary(number)
        kids = re.search(rb"/Kids\s*\[([^\]]*)\]", node)
        if kids is None:
            yield number
            return
        if depth > 50:
            raise Unreadable
        for found in REFERENCE.finditer(kids.group(1)):
            yield from self._pages(int(found.group(1)), depth + 1)

    @staticmethod
    def _value(text: bytes, key: bytes, form: bytes) -> bytes:
        found = re.search(rb"/" + key + rb"\s*" + form, text)
        if found is None:
            raise Unreadable
        return found.group(1)

    def _reference(self, text: bytes, key: bytes) -> int:
        return int(self._value(text, key, rb"(\d+)\s+\d+\s+R"))


def _start(data: bytes) -> int:
    """Return where the newest table begins."""
    found = list(re.finditer(rb"startxref\s+(\d+)\s+%%EOF", data[-TAIL:]))
    if not data.startswith(b"%PDF-") or not found:
        raise Unreadable
    return int(found[-1].group(1))


def _balanced(data: bytes, at: int) -> bytes:
    """Return the dictionary that begins there, to the brackets that close it; texts are skipped."""
    if at < 0:
        raise Unreadable
    depth, begin = 0, at
    mark = re.compile(rb"<<|>>|\(|<[0-9A-Fa-f\s]*>")
    while (found := mark.search(data, at)) is not None:
        at = found.end()
        if found.group() == b"<<":
            depth += 1
        elif found.group() == b">>":
            depth -= 1
            if not depth:
                return data[begin:at]
        elif found.group() == b"(":
            at = _after_text(data, at)
    raise Unreadable


def _after_text(data: bytes, at: int) -> int:
    """Return where a text in round brackets ends; those inside it stand in pairs or escaped."""
    depth = 1
    for found in re.compile(rb"\\.|[()]", re.DOTALL).finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found.group(), 0)
        if not depth:
            return found.end()
    raise Unreadable


# --- what is appended


class _Update:
    """Objects to be added to a file or to take the place of others, in one table."""

    def __init__(self, document: _Document) -> None:
        self.document, self.next = document, document.size
        self.objects: dict[int, bytes] = {}
        found = re.search(rb"/Info\s+(\d+)\s+\d+\s+R", document.trailer)
        self.info = int(found.group(1)) if found else 0

    def number(self) -> int:
        """Return a number for a new object."""
        self.next += 1
        return self.next - 1

    def written(self) -> bytes:
        """Return the update, to be put behind the file."""
        begin = len(self.document.data)
        body = b"" if self.document.data.endswith(b"\n") else b"\n"
        places = {}
        for number, text in sorted(self.objects.items()):
            places[number] = begin + len(body)
            body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
        table = begin + len(body)
        rows = [b"%d 1\n%010d 00000 n \n" % one for one in places.items()]
        told = b" ".join(
            [
                b"/Root %d 0 R" % self.document.root,
                b"/Size %d" % self.next,
                b"/Prev %d" % self.document.start,
                *([b"/Info %d 0 R" % self.info] if self.info else []),
            ]
        )
        body += b"xref\n0 1\n0000000000 65535 f \n" + b"".join(rows)
        return body + b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (told, table)


def _update(
    data: bytes, marks: Sequence[Bookmark], links: Sequence[Link], language: str, title: str
) -> bytes:
    document = _Document(data)
    update = _Update(document)
    told = [b"/ViewerPreferences << /DisplayDocTitle true >>"]
    if marks:
        told += _outlines(update, marks)
    if language:
        told.append(b"/Lang %s" % _text(language))
    catalog = document.dictionary(document.root)
    if marks and any(re.search(rb"/%s\b" % key, catalog) for key in (b"Outlines", b"PageMode")):
        raise Unreadable  # it has bookmarks: not ours to replace
    update.objects[document.root] = _with(catalog, told)
    _add_links(update, links)
    if title:
        update.info = update.number()
        update.objects[update.info] = _titled(document, title)
    return update.written()


def _titled(document: _Document, title: str) -> bytes:
    """Return what is told of the document, with another title."""
    found = re.search(rb"/Info\s+(\d+)\s+\d+\s+R", document.trailer)
    before = document.dictionary(int(found.group(1))) if found else b""
    kept = [
        part.group()
        for key in (b"CreationDate", b"Producer")
        for part in [re.search(rb"/" + key + rb"\s*\((?:\\.|[^()\\])*\)", before, re.DOTALL)]
        if part
    ]
    return b"<< %s >>" % b"\n".join([b"/Title %s" % _text(title), *kept])


def _outlines(update: _Update, marks: Sequence[Bookmark]) -> list[bytes]:
    """Add the lines of the outline; return what the catalogue says of it."""
    outlines = update.number()
    told = (*_add_lines(update, marks, outlines),)
    text = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % told
    update.objects[outlines] = text
    return [b"/Outlines %d 0 R" % outlines, b"/PageMode /UseOutlines"]


def _add_lines(update: _Update, marks: Sequence[Bookmark], parent: int) -> tuple[int, int, int]:
    """Add lines of one level and those below; return the first, the last and how many are seen."""
    numbers = [update.number() for _ in marks]
    seen = len(marks)
    for at, (mark, number) in enumerate(zip(marks, numbers)):
        told = [b"/Title %s" % _text(mark.title), b"/Parent %d 0 R" % parent]
        told.append(b"/Dest %s" % _to(update.document, mark.page))
        if at:
            told.append(b"/Prev %d 0 R" % numbers[at - 1])
        if at + 1 < len(numbers):
            told.append(b"/Next %d 0 R" % numbers[at + 1])
        if mark.below:
            first, last, lines = _add_lines(update, mark.below, number)
            told.append(b"/First %d 0 R /Last %d 0 R /Count %d" % (first, last, lines))
            seen += lines
        update.objects[number] = b"<< %s >>" % b" ".join(told)
    return numbers[0], numbers[-1], seen


def _add_links(update: _Update, links: Sequence[Link]) -> None:
    """Add links to their pages, beside what these have already."""
    document = update.document
    for page in sorted({link.page for link in links}):
        if page >= len(document.pages):
            raise Unreadable
        number = document.pages[page]
        old = document.dictionary(number)
        numbers = []
        for link in (one for one in links if one.page == page):
            numbers.append(update.number())
            update.objects[numbers[-1]] = (
                b"<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [%s] /Dest %s >>"
                % (_box(document, old, link), _to(document, link.target))
            )
        there = b" ".join(b"%d 0 R" % one for one in numbers)
        update.objects[number] = _with_annotations(document, old, there)


def _with_annotations(document: _Document, page: bytes, more: bytes) -> bytes:
    found = re.search(rb"/Annots\s*(?:(\d+)\s+\d+\s+R\b|\[([^\[\]]*)\])", page)
    if found is None:
        return _with(page, [b"/Annots [%s]" % more])
    before = document.array(int(found.group(1))) if found.group(1) else found.group(2)
    made = b"/Annots [%s %s]" % (before.strip(), more)
    return page[: found.start()] + made + page[found.end() :]


def _box(document: _Document, page: bytes, link: Link) -> bytes:
    """Return a box in points from the lower left corner of the page."""
    found = re.search(rb"/MediaBox\s*\[\s*([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)", page)
    if found is None:
        raise Unreadable
    left, _, _, top = (float(one) for one in found.groups())
    x0, y0, x1, y1 = (one * 72 / 25.4 for one in link.box)
    return b"%.2f %.2f %.2f %.2f" % (left + x0, top - y1, left + x1, top - y0)


def _to(document: _Document, page: int) -> bytes:
    if not 0 <= page < len(document.pages):
        raise Unreadable
    return b"[%d 0 R /Fit]" % document.pages[page]


def _with(dictionary: bytes, told: Sequence[bytes]) -> bytes:
    return dictionary[:-2].rstrip() + b"\n" + b"\n".join(told) + b"\n>>"


def _text(text: str) -> bytes:
    """Return a text in any script."""
    return b"<FEFF" + text.encode("utf-16-be", "replace").hex().upper().encode() + b">"
