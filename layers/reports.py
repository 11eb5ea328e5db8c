"""Findings as a self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from string import Template

from .errors import InputError, tr

HOME = Path(__file__).resolve().parent.parent / "resources" / "reports"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> str:
    """Return an HTML table; every text is escaped, the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in headings)
    body = "\n".join(
        "<tr>"
        + f'<th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{body}\n</tbody></table>"
    )


def bullets(items: Sequence[str]) -> str:
    """Return an HTML list; every text is escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def folded(summary: str, body: str) -> str:
    """Return HTML that is shown when the reader opens it; ``body`` is HTML already."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def write_page(path: Path, title: str, body: str) -> None:
    """Write a page by the template ``page.html``; it appears whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    template = Template((HOME / "page.html").read_text(encoding="utf-8"))
    page = template.substitute(title=escape(title), body=body)
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise InputError(
            tr("{file}: the report cannot be written ({error}).").format(
                file=path, error=error.strerror
            )
        ) from error
