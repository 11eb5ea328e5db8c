#!/usr/bin/env python3
"""Writes a page on every shipped taxonomy: docs/taxonomies/ for the site, and the same for help.

python3 scripts/make_taxonomy_pages.py [folder to write into, the project when left out]
"""

from __future__ import annotations

import importlib.util
import sys
from html import escape
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "make taxonomy-pages"
DIMENSIONS = ("ethnicity", "language", "deprivation", "prevalence", "barriers", "geography")
INTRODUCTION = (
    "What the plugin knows of published tables: how they are recognised, how each figure is made, "
    "and what it cannot say. These pages are written from the files the plugin itself reads."
)


def load_plugin():
    """The plugin as a package, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(
        "seldom_heard", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["seldom_heard"] = module
    spec.loader.exec_module(module)


def pages() -> dict[str, str]:
    """Every page by its path in the project."""
    from seldom_heard.taxonomies.catalogue import catalogue
    from seldom_heard.taxonomies.explain import as_html, as_markdown, page

    note = f"<!-- Written by `{COMMAND}`; change the taxonomy's file instead. -->"
    written = {}
    index = ["# Taxonomies", note, INTRODUCTION]
    listed, body = [], []
    for dimension in DIMENSIONS:
        own = [t for t in catalogue() if t.dimension == dimension]
        if not own:
            raise ValueError(f"no taxonomy of {dimension}")
        rows = [f"| [{t.name}]({t.id}.md) | {t.base} |" for t in own]
        head = ["| taxonomy | counted over |", "| --- | --- |"]
        index += [f"## {dimension.capitalize()}", "\n".join(head + rows)]
        listed += [f"<h3>{dimension.capitalize()}</h3><ul>"]
        listed += [f'<li><a href="#{t.id}">{escape(t.name)}</a></li>' for t in own]
        listed += ["</ul>"]
        for taxonomy in own:
            text = as_markdown(page(taxonomy))
            written[f"docs/taxonomies/{taxonomy.id}.md"] = f"# {taxonomy.name}\n\n{note}\n\n{text}"
            body += [
                f'<h2 id="{taxonomy.id}">{escape(taxonomy.name)}</h2>',
                as_html(page(taxonomy)),
            ]
    left_out = {t.dimension for t in catalogue()} - set(DIMENSIONS)
    if left_out:
        raise ValueError(f"dimensions without a place: {sorted(left_out)}")
    index.append("A taxonomy of your own: [how to describe one](../own-taxonomies.md).")
    written["docs/taxonomies/index.md"] = "\n\n".join(index) + "\n"
    template = Template((ROOT / "resources/reports/page.html").read_text(encoding="utf-8"))
    whole = "\n".join([f"<p>{escape(INTRODUCTION)}</p>", *listed, *body])
    written["resources/help/taxonomies.html"] = template.substitute(title="Taxonomies", body=whole)
    return written


def main() -> None:
    load_plugin()
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    written = pages()
    for folder in {(into / name).parent for name in written}:
        folder.mkdir(parents=True, exist_ok=True)
    for old in (into / "docs/taxonomies").glob("*.md"):
        if f"docs/taxonomies/{old.name}" not in written:
            old.unlink()
    for name, text in written.items():
        (into / name).write_text(text, encoding="utf-8")
    print(f"{len(written)} pages")


if __name__ == "__main__":
    main()
