"""What a page would load from elsewhere, read from its source."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LOADS = {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping"}
LINKS = {"href", "xlink:href"}
IN_STYLE = re.compile(r"@import|url\((?!\s*['\"]?(?:data:|#))|image-set|expression\(", re.I)
RUNS = re.compile(r"\s*(javascript|data|vbscript):", re.I)
NEVER = ("base", "iframe", "frame", "object", "embed", "applet", "link", "script")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag, attrs):
        self._in_style = tag == "style"
        if tag in NEVER:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if _loads(tag, name, value or ""):
                self.found.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        if self._in_style:
            self.found += [f"style: {one}" for one in IN_STYLE.findall(data)]


def _loads(tag: str, name: str, value: str) -> bool:
    """Return whether an attribute makes a browser load or run something."""
    if name in LOADS:
        return not value.startswith("data:")
    if name in LINKS:
        return bool(RUNS.match(value)) if tag == "a" else not value.startswith("#")
    if name == "style":
        return bool(IN_STYLE.search(value))
    return tag == "meta" and name == "http-equiv" and value.lower() == "refresh"


def loaded_from_outside(page: str) -> list[str]:
    """Return everything in a page that is loaded or run; links that a reader may follow are not."""
    reader = _Reader()
    reader.feed(page)
    return reader.found
