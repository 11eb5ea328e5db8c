"""What is wrong with a page in a browser: for everyone, offline, and on narrow screens."""

from __future__ import annotations

from pathlib import Path

from .browser import Browser
from .outside import loaded_from_outside

NARROW = 320


def wrong_in_browser(browser: Browser, page: str, folder: Path) -> list[str]:
    """Return all that is wrong with a page that somebody opens."""
    found = browser.measure(page, folder)
    wrong = [
        f"{kind}: {rule['id']}: {rule['help']}: {node}"
        for kind in ("violations", "incomplete")
        for rule in found["axe"][kind]
        for node in rule["nodes"]
    ]
    # rules that every page of ours has something for: else axe has not seen it
    unseen = {"color-contrast", "html-has-lang", "landmark-one-main"} - {*found["axe"]["passed"]}
    wrong += [f"axe-core had nothing to say of {rule}" for rule in sorted(unseen)]
    narrow = found["narrow"]
    if narrow["width"] > NARROW:
        wrong.append(f"at {NARROW} pixels the page is {narrow['width']} wide: {narrow['out']}")
    wrong += [f"scrolls, but not by keyboard: {one}" for one in narrow["unreached"]]
    wrong += [f"ran or was loaded: {one}" for one in (*found["refused"], *found["loaded"])]
    wrong += [f"runs when something happens: {one}" for one in found["handlers"]]
    if found["scripts"]:
        wrong.append(f"{found['scripts']} scripts are in the page")
    if len(found["headings"]) != 1 or found["headings"][0].strip() != found["title"].strip():
        wrong.append(f"the title is {found['title']!r}, the headings {found['headings']}")
    wrong += [f"from outside: {one}" for one in loaded_from_outside(page)]
    if not found["scripts"]:  # one that opens a window would stop the browser for good
        wrong += [f"asked for: {one}" for one in browser.asked_for(page, folder)]
    return wrong
