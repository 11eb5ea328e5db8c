"""A taxonomy in words: what it counts, how its figures are made, what they cannot say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Union

from .catalogue import catalogue
from .crossover import crosswalk, lost
from .model import STATISTIC_TITLES, Indicator, Taxonomy
from .nation import National, figures_of

BARRIERS = {"more": "more is the barrier", "less": "less is the barrier", "none": "no direction"}
KINDS = {
    "composition": "counts of categories that add up to a total",
    "ranked": "areas ranked, 1 the most deprived",
    "index": "an index of the variables below",
    "register": "diagnosed people over the register's own ages",
    "lookup": "which area became which, or lies in which",
}
PARTIAL = "counts of some of a table's categories, which do not add up to its total"
CHECKED = {
    "index": "Figures checked against published ones",
    "lookup": "Headings checked",
    "ranked": "Headings checked",
}
NOT_CHECKED = "not checked"
LINK = re.compile(r"https?://[^\s<>|\"']+")  # no other scheme is ever made a link


@dataclass(frozen=True)
class Heading:
    """A title within a page."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """A table; ``code`` are the columns that hold ids or formulas."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    code: tuple[int, ...] = ()


Block = Union[Heading, Text, Bullets, Rows]


def page(taxonomy: Taxonomy) -> list[Block]:
    """Return what is to be said of a taxonomy, in the order in which it is read."""
    said = (_about, _parts, _figures, _nations, _crossings)
    return [block for part in said for block in part(taxonomy)]


def as_markdown(blocks: Sequence[Block]) -> str:
    """Return blocks as Markdown."""
    return "\n\n".join(map(_markdown, blocks)) + "\n"


def as_html(blocks: Sequence[Block]) -> str:
    """Return blocks as HTML; every text is escaped."""
    return "\n".join(map(_html, blocks)) + "\n"


def _about(taxonomy: Taxonomy) -> Iterator[Block]:
    raw = taxonomy.raw
    kind = PARTIAL if taxonomy.partial else KINDS[taxonomy.kind]
    yield Text(f"{taxonomy.publisher}, {taxonomy.edition}: {kind}.")
    facts = [
        ("Counted over", taxonomy.base),
        ("Table", raw.get("table", "")),
        ("Date", raw.get("date", "")),
        ("Areas of", str(taxonomy.area_vintage or "")),
        ("Smallest areas published", raw.get("lowest_area", "")),
        ("Noise in small counts", _noise(raw)),
        ("Areas ranked", f"{raw['areas_ranked']:,}, {raw['nation']}" if "nation" in raw else ""),
        (CHECKED.get(taxonomy.kind, "Headings and codes checked"), _checked(raw)),
        ("Source", raw.get("source", "")),
        ("Licence", raw.get("licence", "")),
        ("Attribution, printed on maps", taxonomy.attribution),
        ("Id", taxonomy.id),
    ]
    yield Rows(("", ""), tuple((what, text) for what, text in facts if text))
    limits = [*raw.get("limits", ())]
    limits += [
        f"{i.title}: {i.options['limits']}" for i in taxonomy.indicators if "limits" in i.options
    ]
    if limits:
        yield Heading("What the figures cannot say")
        yield Bullets(tuple(limits))
    if "$comment" in raw:
        yield Heading("What was checked, and how")
        yield Text(raw["$comment"])


def _noise(raw: Mapping[str, Any]) -> str:
    """Return what the publisher may have added to small counts; empty where nothing is known."""
    if "noise" not in raw:
        return ""
    text = "counts below {below} are drawn up to {most} higher or lower in the draws of the score"
    return f"{text.format(**raw['noise'])} (an assumption: the publisher does not say how much)"


def _checked(raw: Mapping[str, Any]) -> str:
    """Return whether a file was checked: yes, no, or but for some categories."""
    n = len(_unchecked(raw))
    if n:
        what = "1 category" if n == 1 else f"{n} categories"
        text = f"yes but for {what} (marked “{NOT_CHECKED}” in the table)"
    else:
        text = "yes" if raw.get("verified") else "no"
    return f"{text}; see below" if "$comment" in raw else text


def _unchecked(raw: Mapping[str, Any]) -> set[str]:
    """Return the ids of the categories that a file marks as not checked."""
    return {c["id"] for c in raw.get("categories", ()) if c.get("verified") is False}


def _mark(identifier: str, unchecked: Collection[str]) -> str:
    return NOT_CHECKED if identifier in unchecked else "yes"


def _parts(taxonomy: Taxonomy) -> Iterator[Block]:
    """Yield the categories, columns, registers or variables it is made of."""
    raw = taxonomy.raw
    if taxonomy.kind == "composition":
        yield Heading("Categories")
        if taxonomy.partial:
            whole = f"the table's {raw['of']}" if "of" in raw else "all the table's"
            yield Text(
                f"Only some of {whole} categories; they do not add up to the total. Columns of the "
                "same name under several groups are added up."
            )
        titles = {c.id: c.title for c in taxonomy.columns}
        unchecked = _unchecked(raw)
        marked = ("checked",) if unchecked else ()
        yield Rows(
            ("id", "code", "heading or answer", "group", "also known as", *marked),
            tuple(
                (
                    *(c.id, c.code, c.label, titles.get(c.parent or "", ""), "; ".join(c.also)),
                    *(_mark(c.id, unchecked) for _ in marked),
                )
                for c in taxonomy.columns
            ),
            code=(0,),
        )
    elif taxonomy.kind == "register":
        yield Heading("Registers")
        yield Rows(
            ("id", "code", "condition", "counted over", "earlier", "checked"),
            tuple(_register(item, raw) for item in raw["categories"]),
            code=(0,),
        )
    elif taxonomy.kind == "index":
        yield Heading("Variables")
        yield Rows(
            ("id", "share", "formula", "from", "transformed"),
            tuple(
                (v["id"], v["title"], _ratio(v), v["taxonomy"], _transform(v))
                for v in raw["variables"]
            ),
            code=(0, 2, 3),
        )
    elif taxonomy.kind == "ranked":
        yield Heading("Columns")
        rows = tuple((c.id, c.label, "; ".join(c.also)) for c in taxonomy.columns)
        yield Rows(("id", "heading", "also known as"), rows, code=(0,))


def _register(item: Mapping[str, Any], raw: Mapping[str, Any]) -> tuple[str, ...]:
    ages = raw["age_bases"]
    earlier = "; ".join(
        f"{ages[e['age_base']]} to {e['to']}"
        + (f" ({NOT_CHECKED})" if e.get("verified") is False else "")
        for e in item.get("earlier", ())
    )
    mark = _mark(item["id"], _unchecked(raw))
    return item["id"], item["code"], item["label"], ages[item["age_base"]], earlier, mark


def _transform(variable: Mapping[str, Any]) -> str:
    return "ln(1 + per cent)" if variable.get("transform") == "log1p" else ""


def _figures(taxonomy: Taxonomy) -> Iterator[Block]:
    rows: list[tuple[str, ...]] = []
    if taxonomy.kind == "composition":
        total = taxonomy.raw["total"]
        rows.append((taxonomy.field(total["field"]), total["title"], "the total", ""))
    rows += [row for indicator in taxonomy.indicators for row in _figure(taxonomy, indicator)]
    if taxonomy.kind == "register":
        some = f"{taxonomy.prefix}_<id>_n, _pct, _pct_lo, _pct_hi"
        rows.append((some, "each register", "100 × cases / registered people of its ages", ""))
    if not rows:
        return
    yield Heading("Figures")
    yield Rows(("field", "title", "formula", "direction"), tuple(rows), code=(0, 2))
    if any("_lo" in row[0] for row in rows):
        yield Text("Limits are 95 % Wilson limits of the share.")
    if any(indicator.detailed for indicator in taxonomy.indicators):
        yield Text("Fields marked * are made only with every detail (LEVEL = category).")
    if taxonomy.kind == "composition":
        yield Text(
            f"With every detail (LEVEL = category) each finest category is given too, as "
            f"{taxonomy.prefix}_<id>_n and _pct." + _of_whom(taxonomy)
        )


def _of_whom(taxonomy: Taxonomy) -> str:
    """Return over whom shares of categories are, where their group's are not over the total."""
    groups = [[name] for name in taxonomy.parents]
    over = any(
        "over" in i.options and i.options.get("numerator") in groups for i in taxonomy.indicators
    )
    return " Shares are over the same people as those of the category's group." if over else ""


def _figure(taxonomy: Taxonomy, indicator: Indicator) -> Iterator[tuple[str, ...]]:
    ends = [f"_{statistic}" for statistic in indicator.statistics if statistic in STATISTIC_TITLES]
    name = taxonomy.field(indicator.id) + ", ".join(ends) + ("*" if indicator.detailed else "")
    yield name, indicator.title, _formula(indicator), BARRIERS[indicator.barrier]


def _formula(indicator: Indicator) -> str:
    """Return how an indicator is made, in terms of the ids of columns."""
    options = indicator.options
    if indicator.measure == "share":
        return _ratio(options)
    if indicator.measure == "weighted_ranks":
        weights = ", ".join(f"{name} {weight:g}" for name, weight in options["weights"].items())
        return f"Σ w E, E = −23 ln(1 − R (1 − e^(−100/23))), w: {weights}"
    over = " + ".join(options.get("over", ())) or "the groups"
    band = f"⌈{options.get('bands')} × {options.get('column')} / areas ranked⌉"
    if options.get("edges") == "rounded":
        number = options.get("bands")
        band = f"d, where {options.get('column')} ≤ ⌊areas ranked × d / {number} + ½⌋ first holds"
    return {
        "diversity": f"1 − Σ p² over {over}",
        "largest": f"the largest of {over}",
        "value": f"{options.get('column')}, as published",
        "band": band,
        "in_first_band": f"1 if {band} = 1, else 0",
        "band_of_score": f"{options.get('score')} in {options.get('bands')} bands",
        "sum_of_z": "Σ (x − mean) / standard deviation, over the areas loaded",
    }[indicator.measure]


def _nations(taxonomy: Taxonomy) -> Iterator[Block]:
    """Yield the figures of whole nations that stand beside an area's."""
    rows = [
        (field, _whose(one), f"{one.value:g}", one.date, one.source, one.url)
        for field, figures in figures_of(taxonomy)
        for one in figures
    ]
    if rows:
        yield Heading("Figures of nations, to stand beside an area's")
        head = ("field", "nation", "figure", "date", "made of", "published at")
        yield Rows(head, tuple(rows), code=(0,))


def _whose(figure: National) -> str:
    return f"{figure.area}, its middle area" if figure.middle else figure.area


def _ratio(options: Mapping[str, Any]) -> str:
    top = " + ".join(options["numerator"])
    minus = " + ".join(options.get("minus", ()))
    bottom = " + ".join(options.get("over", ("total",)))
    top = f"{top} − {minus}" if minus and " + " not in minus else top
    top = f"{top} − ({minus})" if " + " in minus else top
    return f"100 × {_grouped(top)} / {_grouped(bottom)}"


def _grouped(terms: str) -> str:
    return f"({terms})" if " " in terms else terms


def _crossings(taxonomy: Taxonomy) -> Iterator[Block]:
    others = {known.id: known for known in catalogue()}
    names = {name: known.name for name, known in others.items()}
    crosswalks = taxonomy.raw.get("crosswalks", ())
    if not crosswalks:
        return
    yield Heading("Told in other categories")
    finest = [taxonomy.column(name) for name in taxonomy.leaves]
    yield Rows(
        ("category", *(names.get(c["to"], c["to"]) for c in crosswalks)),
        tuple(
            (c.title, *(_told(c.id, told, others.get(told["to"])) for told in crosswalks))
            for c in finest
        ),
    )
    for told in crosswalks:
        if told["loses"]:
            yield Text(f"What is lost on the way to {names.get(told['to'], told['to'])}:")
            yield Bullets(tuple(told["loses"]))
        other = others.get(told["to"])
        if other and taxonomy.id in {c["to"] for c in other.raw.get("crosswalks", ())}:
            gone = lost(crosswalk(taxonomy, other), crosswalk(other, taxonomy))
            names_lost = "; ".join(taxonomy.column(name).title for name in gone) or "nothing"
            yield Text(f"There and back, these are no longer told apart: {names_lost}.")


def _told(identifier: str, told: Mapping[str, Any], other: Taxonomy | None) -> str:
    """Return what a category is called elsewhere, in words where these are known."""
    name = told["categories"].get(identifier)
    if name is None:
        return "–"
    if other is None:
        return str(name)
    title = other.column(name).title
    return f"{title} (the whole group)" if name in other.parents else title


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"## {block.text}"
    if isinstance(block, Text):
        return _plain(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"- {_plain(item)}" for item in block.items)
    rows = [
        [f"`{cell}`" if at in block.code and cell else _plain(cell) for at, cell in enumerate(row)]
        for row in block.rows
    ]
    lines = [[*map(_plain, block.headings)], ["---" for _ in block.headings], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _plain(text: str) -> str:
    """Return a text in which Markdown sees no marks of its own."""
    marked = "".join(f"\\{letter}" if letter in "*_<>|[]`" else letter for letter in text)
    return f"<{text}>" if LINK.fullmatch(text) else marked


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h3>{escape(block.text)}</h3>"
    if isinstance(block, Text):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in block.headings)
    body = "".join(
        "<tr>" + "".join(_cell(cell, at in block.code) for at, cell in enumerate(row)) + "</tr>"
        for row in block.rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if any(block.headings) else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _cell(text: str, code: bool) -> str:
    shown = escape(text)
    if code and text:
        shown = f"<code>{shown}</code>"
    elif LINK.fullmatch(text):
        shown = f'<a href="{shown}">{shown}</a>'
    return f"<td>{shown}</td>"
