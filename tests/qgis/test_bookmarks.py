"""Bookmarks and links in a PDF: read again by Poppler, and never at the cost of the file."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from seldom_heard.layers.paper.bookmarks import Bookmark, Link, add_bookmarks, number_of_pages

PAGES = 4
needs_poppler = pytest.mark.skipif(
    shutil.which("pdfinfo") is None or shutil.which("pdftohtml") is None,
    reason="Poppler, which reads the PDF independently, is not installed",
)


def write_pdf(path, pages=PAGES, title="Before") -> None:
    """Write a PDF as Qt does: with a table of objects, a page each."""
    from qgis.PyQt.QtCore import QMarginsF
    from qgis.PyQt.QtGui import QPainter, QPdfWriter

    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    for at in range(pages):
        if at:
            writer.newPage()
        painter.drawText(500, 500, f"This is page {at + 1}")
    painter.end()


@pytest.fixture
def pdf(tmp_path):
    path = tmp_path / "some.pdf"
    write_pdf(path)
    return path


def outline(path) -> list[tuple[str, int]]:
    """Return the bookmarks with their pages, as Poppler reads them."""
    out = subprocess.run(
        ["pdftohtml", "-xml", "-i", "-stdout", str(path)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return [(title, int(page)) for page, title in
            re.findall(r'<item page="(\d+)">([^<]*)</item>', out.stdout)]  # fmt: skip


def info(path) -> str:
    done = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, text=True)
    assert not done.stderr, done.stderr
    return done.stdout


MARKS = [
    Bookmark("Cover", 0),
    Bookmark("Wards", 1, [Bookmark("Élan (north)", 1), Bookmark("Żółw <&> \\ 北", 2)]),
    Bookmark("Method", 3),
]


@needs_poppler
def test_another_reader_finds_every_bookmark_on_its_page(pdf):
    assert add_bookmarks(pdf, MARKS, language="en-GB")
    assert outline(pdf) == [
        ("Cover", 1),
        ("Wards", 2),
        ("Élan (north)", 2),
        ("Żółw &lt;&amp;&gt; \\ 北", 3),
        ("Method", 4),
    ]
    assert re.search(rf"Pages:\s+{PAGES}\b", info(pdf))


@needs_poppler
def test_title_of_the_document_is_replaced_and_what_else_is_told_stays(pdf):
    before = info(pdf)
    assert re.search(r"Title:\s+Before", before)
    add_bookmarks(pdf, MARKS, title="Wards of Żywiec")
    after = info(pdf)
    assert re.search(r"Title:\s+Wards of Żywiec", after)
    for told in ("CreationDate", "Producer"):
        line = re.search(rf"{told}:.*", before).group()
        assert line in after
    other = pdf.with_name("other.pdf")
    write_pdf(other)
    add_bookmarks(other, MARKS)
    assert re.search(r"Title:\s+Before", info(other))


def test_what_was_there_stays_byte_by_byte(pdf):
    before = pdf.read_bytes()
    assert add_bookmarks(pdf, MARKS, [Link(1, (10, 10, 50, 20), 2)])
    after = pdf.read_bytes()
    assert after.startswith(before) and len(after) > len(before)
    assert number_of_pages(pdf) == PAGES


@needs_poppler
def test_a_link_lies_where_it_was_put_and_leads_where_it_should(pdf):
    """A box in mm from the upper left corner; Poppler's boxes are those of the text in it."""
    box = (5.0, 4.0, 120.0, 40.0)
    assert add_bookmarks(pdf, MARKS, [Link(1, box, 2), Link(1, (10, 50, 20, 60), 3)])
    text = pdf.read_bytes()
    rects = re.findall(rb"/Rect \[([\d. ]+)\] /Dest \[(\d+) 0 R /Fit\]", text)
    assert len(rects) == 2
    left, bottom, right, top = (float(one) for one in rects[0][0].split())
    height = float(re.search(rb"/MediaBox \[\S+ \S+ \S+ ([\d.]+)", text).group(1))
    mm = 72 / 25.4
    found = (left / mm, (height - top) / mm, right / mm, (height - bottom) / mm)
    assert found == pytest.approx(box, abs=0.01)
    pages = re.search(rb"/Kids\s*\[([^\]]*)\]", text).group(1)
    numbers = [int(one) for one in re.findall(rb"(\d+) 0 R", pages)]
    assert [int(target) for _, target in rects] == [numbers[2], numbers[3]]
    html = subprocess.run(
        ["pdftohtml", "-xml", "-i", "-stdout", str(pdf)],
        capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    assert 'href="some.html#3"' in html or "#3" in html, "the text in the box is a link to page 3"


def test_a_file_that_was_updated_before_is_read_by_its_newest_tables(pdf):
    """QGIS itself appends what is told of a PDF, in a table of its own."""
    data = pdf.read_bytes()
    start = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    root = re.search(rb"/Root (\d+) 0 R", data).group(1)
    size = int(re.search(rb"/Size (\d+)", data).group(1))
    more = b"%d 0 obj\n<< /Title (a \\) b >> c (d)) >>\nendobj\n" % size
    table = len(data) + len(more)
    more += b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (size, len(data))
    told = b"/Root %s 0 R /Size %d /Prev %d /Info %d 0 R" % (root, size + 1, start, size)
    more += b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (told, table)
    pdf.write_bytes(data + more)
    assert add_bookmarks(pdf, MARKS)
    assert number_of_pages(pdf) == PAGES
    if shutil.which("pdftohtml"):
        assert len(outline(pdf)) == 5
        assert "a ) b >> c (d)" in info(pdf)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"no PDF at all",
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: re.sub(rb"\nxref\n", b"\nstrm\n", data),
        lambda data: re.sub(rb"startxref\s+\d+", b"startxref\n99999999", data),
        lambda data: re.sub(rb"/Type /Pages", b"/Type /Pagez", data).replace(b"/Kids", b"/Kidz"),
        lambda data: data.replace(b"/Type /Catalog", b"/Type /Catalog /Outlines 1 0 R"),
    ],
)
def test_a_file_that_cannot_be_read_so_is_left_as_it_is(pdf, spoil):
    data = spoil(pdf.read_bytes())
    pdf.write_bytes(data)
    done = add_bookmarks(pdf, [Bookmark("One", PAGES - 1)])
    assert not done
    assert pdf.read_bytes() == data


@pytest.mark.parametrize("page", [-1, PAGES, 99])
def test_a_page_that_is_not_there_is_no_target(pdf, page):
    before = pdf.read_bytes()
    assert not add_bookmarks(pdf, [Bookmark("Nowhere", page)])
    assert not add_bookmarks(pdf, MARKS, [Link(0, (0, 0, 1, 1), page)])
    assert not add_bookmarks(pdf, MARKS, [Link(PAGES, (0, 0, 1, 1), 0)])
    assert not add_bookmarks(pdf, [])
    assert pdf.read_bytes() == before


def test_the_catalogue_is_told_language_and_outline(pdf):
    assert add_bookmarks(pdf, MARKS, language="en-GB")
    text = pdf.read_bytes()
    catalog = text[text.rindex(b"/Type /Catalog") :]
    assert b"/PageMode /UseOutlines" in catalog and b"DisplayDocTitle true" in catalog
    assert b"<FEFF" + "en-GB".encode("utf-16-be").hex().upper().encode() + b">" in catalog
