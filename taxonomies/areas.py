"""Names of statistical areas: the level and vintage that codes give away."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .catalogue import HOME

# GSS codes (E01007317), Northern Ireland's (95AA01S1), at the start or end of a text
CODE = re.compile(r"(?<![A-Z0-9])([EWSNKJ]\d{8}|95[A-Z]{2}\d{2}[A-Z]\d)(?![A-Z0-9])")
# the last two letters of a postcode are none of C, I, K, M, O, V, so OA21CD is not one; there are
# no areas KS and QS, so KS201EW is a table
POSTCODE = re.compile(r"\b(?![KQ]S)[A-Z]{1,2}\d[A-Z\d]?\s*\d[ABD-HJLNP-UW-Z]{2}\b")
HINT = re.compile(r"(20(?:11|21))|(?:LSOA|MSOA|OA|WD)(11|21)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Level:
    """A level of geography, such as LSOA; ``last_2011`` is its highest number of 2011."""

    prefix: str
    name: str
    plural: str
    country: str
    last_2011: int | None = None


@lru_cache(maxsize=1)
def levels() -> dict[str, Level]:
    """Return the known levels by the first characters of their codes."""
    data = json.loads((HOME / "area_levels.json").read_text(encoding="utf-8"))
    return {item["prefix"]: Level(**item) for item in data["levels"]}


def code_in(text: str) -> str | None:
    """Return the area code in ``E01007434 : Barnsley 001A`` or the like, None without one."""
    found = CODE.search(text.strip().upper())
    return found.group(1) if found else None


def may_be_personal(text: str) -> bool:
    """Return whether a text may say where or who somebody is: a postcode, an address of mail."""
    return bool(POSTCODE.search(text.upper())) or "@" in text


def level_of(codes: Iterable[str]) -> Level | None:
    """Return the level that most of the codes have, None when they are of no known kind."""
    known = levels()
    counted = Counter(known.get(code[:3]) or known.get(code[:2]) for code in codes)
    if not counted:
        return None
    return counted.most_common(1)[0][0]


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    data = json.loads((HOME / "area_codes.json").read_text(encoding="utf-8"))
    return {code: tuple(item["codes"]) for item in data["same_place"] for code in item["codes"]}


def same_place(code: str) -> list[str]:
    """Return the other codes that the same place has or had: Sheffield is E08000019, E08000039."""
    return [other for other in _places().get(code, ()) if other != code]


def made_in_2021(code: str) -> bool:
    """Return whether a code is numbered above the last of 2011, so was made for 2021."""
    level = levels().get(code[:3])
    return bool(
        level and level.last_2011 and code[1:].isdigit() and int(code[1:]) > level.last_2011
    )


def vintage_of(codes: Iterable[str], hint: str = "") -> int | None:
    """Return 2011 or 2021, None where neither codes nor hint tell.

    A code numbered above the last of 2011 was made for 2021. Codes of areas that did not
    change are the same in both, so their absence tells nothing: then the hint is asked
    (a heading or field name such as ``LSOA11CD`` or ``LSOA code (2021)``).
    """
    if any(map(made_in_2021, codes)):
        return 2021
    found = HINT.search(hint)
    if not found:
        return None
    return int(found.group(1) or "20" + found.group(2))
