"""What a page is like on paper: printed with marks by ``marks.js``, read with poppler's tools."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from html import unescape
from pathlib import Path
from statistics import median

from .browser import HERE, Browser

MARK = re.compile(r"qz([a-z]+?)(?:q(\d+))?(?:q(\d+))?(?:q(\d+))?zq")
WORD = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
)
SHEET = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')
EDGE = 14.0  # points that no printer prints to: 5 mm
POINTS = 0.75  # in a pixel of CSS
SMALLER = 0.9  # a page that is too wide for the paper is printed smaller than this


def on_paper(browser: Browser, page: str, folder: Path, size: str = "A4") -> list[str]:
    """Return what is wrong with a page on paper.

    Args:
        size: as CSS has it, such as ``A4 landscape``.
    """
    marks = (HERE / "marks.js").read_text(encoding="utf-8")
    # before what may forbid scripts, and behind the page's own rules, which may not name a size
    page = page.replace("<head>", f"<head><script>{marks}</script>", 1)
    page = page.replace("</head>", f"<style>@page {{ size: {size} }}</style></head>", 1)
    printed = browser.to_pdf(page, folder)
    # as written, as read, as laid out: where letters touch, any of them may miss a mark
    texts = [_tool("pdftotext", *how, printed, "-") for how in (["-raw"], [], ["-layout"])]
    return [*_torn(texts), *_outside(printed), *_fonts(printed)]


def _torn(texts: list[str]) -> list[str]:
    """Return what is cut, lost or left alone, and headers that are not repeated."""
    sheets: dict[str, dict[tuple[str, ...], set[int]]] = defaultdict(lambda: defaultdict(set))
    for text in texts:
        for number, sheet in enumerate(text.split("\f"), start=1):
            for kind, *numbers in MARK.findall(sheet):
                sheets[kind][tuple(one for one in numbers if one)].add(number)
    made = [int(total) for total, _ in sheets.pop("end", {})]
    there = sum(map(len, sheets.values()))
    found = []
    if made != [there]:
        begun = {at for at in sheets["row"] if at not in sheets["rowend"]}
        found.append(f"text is lost: {there} marks of {made} are on paper; cut off: {begun}")
    for kind in ("row", "caption"):
        for at, on in sheets[f"{kind}end"].items():
            sheets[kind][at] |= on
    of_rows: dict[str, set[int]] = defaultdict(set)
    for (table, row, _), on in sheets["row"].items():
        of_rows[table] |= on
        if len(on) > 1:
            found.append(f"row {row} of table {table} is cut: it is on the sheets {sorted(on)}")
    for table, on in of_rows.items():
        header = sheets["header"][table,]
        if on - header:
            found.append(f"table {table} has no header on the sheets {sorted(on - header)}")
        if header - on:
            found.append(f"the header of table {table} is alone on {sorted(header - on)}")
        caption = sheets["caption"][table,]
        if caption and caption != {min(on)}:
            found.append(f"table {table} begins on {min(on)}, its caption is on {sorted(caption)}")
    for at, on in sheets["heading"].items():
        if on != sheets["below"][at]:
            found.append(f"heading {at[0]} is on {sorted(on)}, what it is of on another sheet")
    return found


def _outside(printed: Path) -> list[str]:
    """Return words beyond the edge, and whether the page was made smaller to fit."""
    found: list[str] = []
    heights: list[float] = []
    expected = 0.0
    for sheet in re.split(r"(?=<page )", _tool("pdftotext", "-bbox", printed, "-"))[1:]:
        size = SHEET.match(sheet)
        assert size is not None
        width, height = map(float, size.groups())
        for *box, word in WORD.findall(sheet):
            left, top, right, bottom = map(float, box)
            inside = left >= EDGE and top >= EDGE
            if not (inside and right <= width - EDGE and bottom <= height - EDGE):
                found.append(f"“{unescape(word)}” lies beyond the edge")
            for kind, _, of_marks, _ in MARK.findall(word):
                heights.append(bottom - top)
                expected = POINTS * int(of_marks) / 1000 if kind == "end" else expected
    if expected and median(heights) < SMALLER * expected:
        found.append(f"the page is printed at {median(heights) / expected:.0%}")
    return found


def _fonts(printed: Path) -> list[str]:
    """Return fonts that are not in the file."""
    lines = _tool("pdffonts", printed).splitlines()
    at = lines[0].index("emb")
    return [f"a font is not embedded: {line}" for line in lines[2:] if line[at : at + 3] != "yes"]


def _tool(name: str, *arguments: object) -> str:
    """Return what one of poppler's tools prints."""
    done = subprocess.run(
        [name, *map(str, arguments)], capture_output=True, check=True, timeout=120
    )
    return done.stdout.decode(errors="replace")
