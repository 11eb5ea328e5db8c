"""The engagement plan as one page that needs nothing else: no script, and no request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...layers.reports import HOME
from ..messages import tr
from .model import Column, Part, Picture, PlanTable
from .shown import NUMERIC, cell, plain

if TYPE_CHECKING:
    import pandas as pd

TEMPLATE = "plan.html"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
BRIEF, LONG = 18, 40  # characters of a column of text up to which it keeps to a line, or has room
SHORT = 14  # rows that are kept on one sheet of paper
MANY = 9  # columns, above which a table is set smaller on paper


@dataclass(frozen=True)
class Page:
    """What the page says beside its parts.

    Attributes:
        title: of the plan.
        about: lines below the title: which areas, when made, by which rule.
        formats: how to ask for the plan in another form.
        closing: lines at the end.
    """

    title: str
    about: Sequence[str]
    formats: str
    closing: Sequence[str]


def as_html(page: Page, parts: Sequence[Part], files: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        page: what stands around the parts.
        parts: of the plan, in their order.
        files: where each table is saved, by its id, as seen from the page.
    """
    template = Template((HOME / TEMPLATE).read_text(encoding="utf-8"))
    links = "\n".join(
        f'<li><a href="#{escape(one.id)}">{_safe(one.heading)}</a></li>' for one in parts
    )
    about = [f'<p class="about">{_safe(line)}</p>' for line in page.about]
    return template.substitute(
        language=escape(tr("en")),  # of the page: translators give the code of theirs
        title=_safe(page.title),
        skip=_safe(tr("Skip to the plan")),
        about="\n".join([*about, f'<p class="formats">{_safe(page.formats)}</p>']),
        contents=_safe(tr("Contents")),
        links=f"<ol>\n{links}\n</ol>",
        parts="\n".join(_part(one, files) for one in parts),
        closing="\n".join(map(_paragraph, page.closing)),
    )


def _safe(text: object) -> str:
    """Return a text for a page: nothing in it is HTML, or turns the direction of the others."""
    return escape(plain(text))


def _paragraph(text: str) -> str:
    return f"<p>{_safe(text)}</p>"


def _part(part: Part, files: Mapping[str, str]) -> str:
    name = escape(part.id)
    told = [f'<section id="{name}" aria-labelledby="{name}-heading">']
    told.append(f'<h2 id="{name}-heading">{_safe(part.heading)}</h2>')
    told += map(_paragraph, part.paragraphs)
    told += map(_picture, part.pictures)
    told += [_table(one, files.get(one.id, "")) for one in part.tables]
    lines = [f"<li>{_point(*one)}</li>" for one in part.points]
    lines += [f"<li>{_safe(one)}</li>" for one in part.lines]
    if lines:
        told.append("<ul>\n" + "\n".join(lines) + "\n</ul>")
    told += [f"<pre><code>{_safe(command_text(one))}</code></pre>" for one in part.commands]
    return "\n".join([*told, "</section>"])


def _point(part: str, heading: str, text: str) -> str:
    """Return what the summary says of a part, with a way to it."""
    link = f'<a href="#{escape(part)}">{_safe(heading)}</a>'
    return tr("{part}: {text}").format(part=f"<strong>{link}</strong>", text=_safe(text))


def command_text(words: Sequence[str]) -> str:
    """Return a command that can be copied into a shell: no word is broken."""
    return " \\\n  ".join(words)


def _picture(picture: Picture) -> str:
    data = b64encode(picture.png).decode("ascii")
    told = [
        "<figure>",
        f"<figcaption>{_safe(picture.caption)}</figcaption>",
        f'<img src="data:image/png;base64,{data}" alt="{_safe(picture.alternative)}">',
    ]
    told += [_paragraph(picture.description)] if picture.description else []
    if picture.legend:
        lines = [_class_of(*one) for one in picture.legend]
        told.append(
            _paragraph(tr("Legend, with how many areas, wards or venues there are of each:"))
        )
        told.append('<ul class="legend">\n' + "\n".join(lines) + "\n</ul>")
    told += [f'<p class="note">{_safe(picture.credits)}</p>'] if picture.credits else []
    return "\n".join([*told, "</figure>"])


def _class_of(colour: str, label: str, number: int | None) -> str:
    """Return a class of a map: the colour is for those who see it, the words are for all."""
    shade = colour if COLOUR.fullmatch(colour) else "#ffffff"
    text = label if number is None else tr("{label}: {n:,}").format(label=label, n=number)
    return (
        f'<li><span class="swatch" style="background:{shade}"></span>'
        f"<span>{_safe(text)}</span></li>"
    )


def _table(table: PlanTable, file: str) -> str:
    frame = table.frame if table.listed is None else table.frame.head(table.listed)
    name = f"table-{escape(table.id)}"
    columns = list(table.columns)
    kinds = [_classes(one, frame) for one in columns]
    head = "".join(
        f'<th scope="col"{kind}>{_safe(one.title)}</th>' for one, kind in zip(columns, kinds)
    )
    rows = "\n".join(_rows(frame, columns, kinds))
    sizes = {"short": len(frame) <= SHORT, "many": len(columns) > MANY}
    named = " ".join(one for one, holds in sizes.items() if holds)
    attribute = f' class="{named}"' if named else ""
    told = [
        f'<div class="held" role="group" tabindex="0" aria-labelledby="{name}">',
        f'<table{attribute}><caption id="{name}"><span>{_safe(table.title)}</span></caption>',
        f"<thead><tr>{head}</tr></thead>",
        f"<tbody>\n{rows}\n</tbody></table></div>",
    ]
    notes = [table.note, _fewer(table), _about_missing(frame, columns)]
    told += [f'<p class="note">{_safe(one)}</p>' for one in notes if one]
    if file:
        link = f'<a href="{escape(quote(file))}">{_safe(file)}</a>'
        told.append(f'<p class="file">{_safe(tr("This table as a file:"))} {link}</p>')
    return "\n".join(told)


def _classes(column: Column, frame: pd.DataFrame) -> str:
    """Return the attribute that says how a column is set."""
    if column.kind in NUMERIC:
        return ' class="number"'
    texts = frame[column.name].dropna().map(str)
    longest = texts.map(len).max()
    if longest <= BRIEF:
        return ' class="brief"'
    if texts.str.startswith("http").all():
        return ' class="address"'
    return ' class="long"' if longest > LONG else ""


def _rows(frame: pd.DataFrame, columns: Sequence[Column], kinds: Sequence[str]) -> Iterable[str]:
    """Yield rows as HTML: the first cell is the heading of each."""
    from ...layers.areas import listed

    for values in zip(*listed(frame[[one.name for one in columns]])):
        first, *rest = (cell(value, column) for value, column in zip(values, columns))
        cells = [f'<th scope="row"{kinds[0]}>{_shown(first)}</th>']
        cells += [f"<td{kind}>{_shown(text)}</td>" for text, kind in zip(rest, kinds[1:])]
        yield f"<tr>{''.join(cells)}</tr>"


def _shown(text: str) -> str:
    if text:
        return f"<bdi>{_safe(text)}</bdi>" if not text.isascii() else _safe(text)
    return f'<span aria-hidden="true">–</span><span class="unseen">{_safe(tr("not shown"))}</span>'


def _fewer(table: PlanTable) -> str:
    if table.listed is None or len(table.frame) <= table.listed:
        return ""
    return tr("The first {n:,} of {all:,} rows; the files hold all.").format(
        n=table.listed, all=len(table.frame)
    )


def _about_missing(frame: pd.DataFrame, columns: Sequence[Column]) -> str:
    if not frame[[one.name for one in columns]].isna().to_numpy().any():
        return ""
    return tr("– means that it is not known or not shown, which is not the same as 0.")
