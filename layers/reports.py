"""Findings as a self-contained HTML page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from string import Template

from .errors import InputError, tr

HOME = Path(__file__).resolve().parent.parent / "resources" / "reports"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> str:
    """Return an HTML table; every text is escaped, the first cell of a row is its heading.

    It lies in a frame that scrolls where the window is too narrow, by keyboard too.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in headings)
    body = "\n".join(
        "<tr>"
        + f'<th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="group" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{body}\n</tbody></table></div>"
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
    write_whole(path, template.substitute(title=escape(title), body=body))


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise InputError(
            tr("{file}: the report cannot be written ({error}).").format(
                file=path, error=error.strerror
            )
        ) from error


def heading(text: str) -> str:
    """Return an HTML heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Return an HTML paragraph; the text is escaped."""
    return f"<p>{escape(text)}</p>"


def picture(png: bytes, alternative: str, caption: str) -> str:
    """Return HTML of a picture inside the page, with words for those who do not see it."""
    data = b64encode(png).decode("ascii")
    return (
        f'<figure style="margin:1rem 0"><img style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{data}" alt="{escape(alternative)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
