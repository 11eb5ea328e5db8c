"""The parts of a report, as a page or as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ...layers import reports

WIDTH = 96  # characters of a line of plain text


@dataclass(frozen=True)
class Table:
    """A table of a page, and what it is called."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of the report: paragraphs, a table, lines of a list, and a command to copy."""

    heading: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    lines: Sequence[str] = ()
    command: Sequence[str] = ()


def write(path: Path, title: str, parts: Sequence[Section]) -> None:
    """Write a page: HTML, or plain text for a name that ends in ``.txt``; whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    if path.suffix.lower() != ".txt":
        reports.write_page(path, title, "\n".join(map(_as_html, parts)))
        return
    text = "\n\n".join([f"{title}\n{'=' * len(title)}", *map(_as_text, parts)]) + "\n"
    reports.write_whole(path, text)


def _as_html(section: Section) -> str:
    parts = [reports.heading(section.heading)]
    parts += map(reports.paragraph, section.paragraphs)
    if section.table and section.table.rows:
        one = section.table
        parts.append(reports.table(one.headings, one.rows, one.caption))
    if section.lines:
        parts.append(reports.bullets(list(section.lines)))
    if section.command:
        parts.append(f"<pre>{escape(_on_lines(section.command))}</pre>")
    return "\n".join(parts)


def _as_text(section: Section) -> str:
    parts = [f"{section.heading}\n{'-' * len(section.heading)}"]
    parts += [textwrap.fill(text, WIDTH) for text in section.paragraphs]
    if section.table and section.table.rows:
        parts.append(_table_as_text(section.table))
    bullets = [
        textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ")
        for text in section.lines
    ]
    parts += ["\n".join(bullets)] if bullets else []
    parts += [_on_lines(section.command)] if section.command else []
    return "\n\n".join(parts)


def _on_lines(command: Sequence[str]) -> str:
    """Return a command that can be copied into a shell: no word is broken."""
    return " \\\n  ".join(command)


def _table_as_text(table: Table) -> str:
    """Return a table as a list: a line on each row, which a screen reader reads in order."""
    lines = [f"{table.caption}:"]
    for first, *rest in table.rows:
        cells = "; ".join(f"{name}: {cell}" for name, cell in zip(table.headings[1:], rest))
        lines.append(
            textwrap.fill(f"{first}. {cells}", WIDTH, initial_indent="- ", subsequent_indent="  ")
        )
    return "\n".join(lines)
