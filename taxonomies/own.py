"""A taxonomy of one's own, from a short list of headings and categories."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .catalogue import catalogue, text_of
from .errors import TaxonomyError
from .headings import plain
from .model import Taxonomy, parse

COLUMNS = ("heading", "category", "group")
TOTAL = "total"


def slug(text: str) -> str:
    """Return a text as an id: lower case letters, digits and ``_``, a letter first."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")
    return name if name[:1].isalpha() else f"c_{name}".rstrip("_")


def load_list(path: Path) -> Taxonomy:
    """Return the taxonomy that a CSV of headings and categories describes.

    The first column holds headings as they stand in the table (or values, in a table with a
    row for each category), the second the category each belongs to; a third may name the
    group of the category. Several headings of one category are added up. The category
    ``total`` marks the heading of the total. The name of the file becomes the title and the
    first part of the field names.

    Raises:
        TaxonomyError: naming the row at fault.
    """
    rows = _rows(path)
    prefix = slug(path.stem)
    if prefix in {t.prefix for t in catalogue()}:
        raise TaxonomyError(
            path.name, "file", f"rename it: {prefix!r} begins the fields of standard taxonomies"
        )
    return parse(_described(rows, path, prefix), path.name)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    text = text_of(path, "cp1252")
    first = next(iter(text.splitlines()), "")
    delimiter = "\t" if "\t" in first else max(",;", key=first.count)  # headings have commas
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        cells = [(n, [cell.strip() for cell in row]) for n, row in enumerate(lines, 1)]
    except csv.Error as error:
        problem = f"cannot be read as CSV ({error}); look for a quotation mark left open"
        raise TaxonomyError(path.name, "file", problem) from error
    rows = [(number, row) for number, row in cells if any(row)]
    if rows and [plain(cell) for cell in rows[0][1][:2]] == list(COLUMNS[:2]):
        rows = rows[1:]
    if not rows:
        raise TaxonomyError(path.name, "row 1", "there is no heading with its category")
    seen: dict[str, int] = {}
    for number, row in rows:
        if len(row) < 2 or not row[0] or not row[1]:
            raise TaxonomyError(path.name, f"row {number}", "needs a heading and a category")
        again = seen.setdefault(plain(row[0]), number)
        if again != number:
            raise TaxonomyError(
                path.name, f"row {number}", f"the heading {row[0]!r} stands in row {again} too"
            )
    return rows


def _described(
    rows: Sequence[tuple[int, Sequence[str]]], path: Path, prefix: str
) -> dict[str, Any]:
    """Return the list as the JSON object of a taxonomy."""
    totals = [row[0] for _, row in rows if plain(row[1]) == TOTAL]
    taken = {plain(row[0]) for _, row in rows}
    headings: dict[str, list[str]] = {}
    group_of: dict[str, str] = {}
    ids: dict[str, str] = {TOTAL: TOTAL}
    for number, row in rows:
        if plain(row[1]) == TOTAL:
            continue
        headings.setdefault(row[1], []).append(row[0])
        group = row[2] if len(row) > 2 and row[2] != row[1] else ""
        if group_of.setdefault(row[1], group) != group:
            raise TaxonomyError(
                path.name, f"row {number}", f"the category {row[1]!r} has another group above"
            )
        for name in filter(None, (row[1], group)):
            if ids.setdefault(slug(name), name) != name:
                problem = f"{name!r} and {ids[slug(name)]!r} make the same field; rename one"
                raise TaxonomyError(path.name, f"row {number}", problem)
    groups = [g for g in dict.fromkeys(group_of.values()) if g]
    both = next((number for number, row in rows if row[1] in groups), None)
    if both:
        raise TaxonomyError(path.name, f"row {both}", "this category is also the group of others")
    # a group is added up, so no heading of the table is to pass for it
    categories: list[dict[str, Any]] = [
        {"id": slug(g), "label": f"{g} (group)", "short": g} for g in groups
    ]
    for name, its in headings.items():
        category: dict[str, Any] = {"id": slug(name), "label": its[0], "short": name}
        # the category's own name is one more answer, but no part of a sum
        others = its[1:] or ([] if plain(name) in taken else [name])
        if others:
            category["also"] = others
        if len(its) > 1:
            category["sum"] = True
        if group_of[name]:
            category["parent"] = slug(group_of[name])
        categories.append(category)
    title = path.stem.replace("_", " ")
    total: dict[str, Any] = {"id": "total", "label": (totals or ["Total"])[0], "field": "total"}
    if totals[1:]:
        total["also"] = totals[1:]
    return {
        "id": prefix,
        "dimension": prefix,
        "prefix": prefix,
        "kind": "composition",
        "title": title,
        "publisher": "a list of headings and categories",
        "edition": f"described by {path.name}",
        "attribution": path.name,
        "base": "all who are counted in the table",
        "total": {**total, "title": f"All of {title}"},
        "categories": categories,
        "indicators": [
            {
                "id": category["id"],
                "title": category.get("short", category["label"]),
                "numerator": [category["id"]],
                "statistics": ["n", "pct", "pct_lo", "pct_hi"],
                "barrier": "none",
            }
            for category in categories
            if "parent" not in category
        ],
    }
