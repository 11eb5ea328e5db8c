"""Ranked areas, made up, to make plans of; and what a page says, as a reader of it finds it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

from qgis.core import QgsVectorLayer

from .helpers import lsoas, make_areas, run

N = 40
CODES = lsoas(N)
WHERE = "Source: a publisher"


def source(title, suppression, *fields, **more):
    return {
        "title": title,
        "attribution": WHERE,
        "fields": list(fields),
        "suppression": suppression,
        "note": "",
        "table": "",
        **more,
    }


def areas(sources=(), **more):
    """Areas to be ranked; the first has no figure of deprivation, and so no rank."""
    low = [at * 7 % N * 10 + at % 3 for at in range(N)]
    fields = {
        "name": [f"Place {at}" for at in range(N)],
        "eth_total": [1000 + at for at in range(N)],
        "dep_exhealth_score": [None, *(float(at) for at in range(1, N))],
        "lang_total": [1000 + at for at in range(N)],
        "lang_low_english_n": low,
        "lang_low_english_pct": [100 * n / (1000 + at) for at, n in enumerate(low)],
        **more,
    }
    layer = make_areas(CODES, **fields)
    english = ("lang_total", "lang_low_english_n", "lang_low_english_pct")
    told = [
        source("Ethnic group (TS021), Census 2021", "none", "eth_total", edition="Census 2021"),
        source("Indices", None, "dep_exhealth_score", edition="2025"),
        source("Proficiency in English (TS029), Census 2021", "none", *english),
        *sources,
    ]
    layer.setCustomProperty("seldom_heard/provenance", json.dumps({"sources": told}))
    return layer


def replies(rule):
    """Fields of replies, a few of them small, as measurevoice would leave them."""
    observed = [at % 20 for at in range(N)]
    names = ("voice_shrunk", "voice_class", "voice_observed")
    return {
        "sources": [source("Replies: 98,765 replies; phi 1.2", rule, *names)],
        "voice_shrunk": [20.0 + 2 * at for at in range(N)],
        "voice_class": ["lower"] * N,
        "voice_observed": [None if rule != "none" and 0 < n < 8 else n for n in observed],
        "voice_expected": [20.0] * N,
    }


def ranked(folder, layer, **more):
    path = folder / "ranked.gpkg"
    run("findseldomheard", INPUT=layer, DRAWS=50, NAME_FIELD="name", OUTPUT=path, **more)
    return path


def figures(path):
    """Return the fields of each area of a file, by code."""
    made = QgsVectorLayer(str(path), "made", "ogr")
    names = [one.name() for one in made.fields()]
    return {one["LSOA21CD"]: dict(zip(names, one.attributes())) for one in made.getFeatures()}


def rows(path):
    """Return the rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Table:
    caption: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    scopes: set[str] = field(default_factory=set)


class Read(HTMLParser):
    """A page as a reader finds it: elements with their attributes, texts, tables, headings."""

    def __init__(self, text):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.tables: list[Table] = []
        self.headings: list[tuple[str, str]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self._cell: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "link"):
            self._open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        if tag in ("th", "td", "caption", "h1", "h2", "h3"):
            self._cell = []
        if tag == "tr":
            self._row: list[str] = []
        if tag == "th":
            self.tables[-1].scopes.add(dict(attrs).get("scope", "none"))

    def handle_data(self, data):
        if "style" in self._open or ("span" in self._open and self._hidden()):
            return
        self.said.append(data)
        if self._cell is not None:
            self._cell.append(data)

    def _hidden(self):
        tag, attrs = self.elements[-1]
        return tag == "span" and attrs.get("aria-hidden") == "true"

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass
        text = "".join(self._cell or ()).strip()
        if tag in ("th", "td"):
            self._row.append(text)
        elif tag == "caption":
            self.tables[-1].caption = text
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((tag, text))
        elif tag == "tr":
            table = self.tables[-1]
            if table.headings:
                table.rows.append(self._row)
            else:
                table.headings = self._row
        if tag in ("th", "td", "caption", "h1", "h2", "h3"):
            self._cell = None

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())

    def of(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def table(self, caption):
        found = [one for one in self.tables if caption in one.caption]
        assert len(found) == 1, [one.caption for one in self.tables]
        return found[0]


def read(path):
    return Read(path.read_text(encoding="utf-8"))
