"""Evidence for an equality impact assessment: what is counted, what is published, what is not.

What is published, and for how small an area, is data: ``resources/plan/characteristics.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...taxonomies.areas import level_of
from ..messages import tr
from .model import Column, Part, PlanTable, Subject
from .places import (
    LIVES_THERE,
    Counted,
    Told,
    note_of,
    places_table,
    renamed,
    told,
    with_counts,
)

FILE = Path(__file__).resolve().parents[2] / "resources/plan/characteristics.json"
SIZES = ("output area", "LSOA", "MSOA", "local authority")  # from the smallest
WARDS = "MSOA"  # wards are about as large
PLURALS = {
    "output area": "output areas",
    "LSOA": "LSOAs",
    "MSOA": "MSOAs and wards",
    "local authority": "local authorities",
}
USUAL = "LSOA"  # taken where the codes of the areas do not say their level
PROTECTED, ADDED, INCLUSION = "protected", "added", "inclusion"
MOST = 12  # counts of a table of somebody's own


@dataclass(frozen=True)
class Evidence:
    """What is known of one characteristic.

    Attributes:
        raw: its entry in the list.
        here: counts on the layer.
        held: what the layer holds of it, in words: table and edition.
        small: published for areas as small as these, and not on the layer.
        large: published for larger areas alone.
        covered: whether the characteristic itself, and not something near it, is counted here or
            published for areas as small as these.
    """

    raw: Mapping[str, Any]
    here: Sequence[Counted]
    held: Sequence[str]
    small: Sequence[str]
    large: Sequence[str]
    covered: bool

    @property
    def title(self) -> str:
        return tr(self.raw["title"])


@lru_cache(maxsize=1)
def listed() -> Mapping[str, Any]:
    """Return the list of characteristics and what is published on them."""
    known: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


def equality_part(subject: Subject) -> Part | None:
    """Return the evidence by protected characteristic and by groups that guidance adds."""
    raw = listed()
    made = told(subject, _flags(raw))
    level = level_of(subject.areas.codes.dropna())
    nation = level.country if level else ""
    size = _size(level.name if level else "")
    known = not nation or nation in raw["nations"]
    found = [_evidence(subject, made, one, size) for one in raw["characteristics"]]
    tables = _counts_table(subject, made, found)
    if known:
        tables.append(_evidence_table(found, size))
    return Part(
        id="equality",
        heading=tr("Evidence for an equality impact assessment"),
        paragraphs=_paragraphs(found, raw, nation, known, size, bool(level)),
        tables=tables,
        lines=_without(found, size) if known else [],
        short=_short(found) if known else [],
    )


def _flags(raw: Mapping[str, Any]) -> list[str]:
    return [
        flag
        for one in raw["characteristics"]
        for evidence in one["evidence"]
        for flag in evidence.get("flags", ())
    ]


def _size(level: str) -> str:
    """Return the kind of areas in the list that these are like."""
    if level in SIZES:
        return level
    return WARDS if "ward" in level.lower() else USUAL


# --- what there is


def _evidence(subject: Subject, made: Told, raw: Mapping[str, Any], size: str) -> Evidence:
    here: dict[str, Counted] = {}
    held, small, large, covered = [], [], [], False
    for one in raw["evidence"]:
        counts = _counts(subject, made, one)
        near = bool(one.get("related"))
        small_enough = SIZES.index(one["lowest"]) <= SIZES.index(size)
        covered |= (bool(counts) or small_enough) and not near
        if counts:
            here |= {count.name: count for count in counts}
            held.append(_held(subject, one, counts))
        elif small_enough:
            small.append(_in_words(one))
        else:
            large.append(_in_words(one))
    return Evidence(raw, list(here.values()), held, small, large, covered)


def _counts(subject: Subject, made: Told, one: Mapping[str, Any]) -> list[Counted]:
    """Return what the layer counts of a table: the fields listed, else all by its number."""
    titles = {LIVES_THERE + flag: tr(title) for flag, title in one.get("flags", {}).items()}
    names = [*one.get("fields", ()), *titles]
    found = [renamed(c, titles.get(c.name, c.title)) for c in with_counts(made, names)]
    if not found and one.get("table"):
        mine = [
            name
            for source in subject.inherited.get("sources", ())
            if source.get("table") == one["table"]
            for name in source.get("fields", ())
            if not name.endswith("_total")
        ]
        # a table with fields in the list is of several groups; others of it are not this one
        found = [] if names else with_counts(made, mine)[:MOST]
    return found


def _held(subject: Subject, one: Mapping[str, Any], counts: Sequence[Counted]) -> str:
    names = {count.name.removeprefix(LIVES_THERE) for count in counts}
    editions = dict.fromkeys(
        str(source.get("edition") or "")
        for source in subject.inherited.get("sources", ())
        if names & {*source.get("fields", ())}
    )
    edition = ", ".join(text for text in editions if text)
    return _table_in_words(one, edition or tr("edition not told by the layer"))


def _table_in_words(one: Mapping[str, Any], edition: str) -> str:
    title = tr(one["title"])
    if one.get("table"):
        title = tr("{title}, table {table}").format(title=title, table=one["table"])
    if one.get("related"):
        text = tr("{title} ({publisher}, {edition}; related, not the same)")
    else:
        text = tr("{title} ({publisher}, {edition})")
    return text.format(title=title, publisher=one["publisher"], edition=edition)


def _in_words(one: Mapping[str, Any]) -> str:
    text = tr("{what}, for {areas}").format(
        what=_table_in_words(one, one["edition"]), areas=tr(PLURALS[one["lowest"]])
    )
    if not one["verified"]:
        text = tr("{what} (not checked for how small areas)").format(what=text)
    return text


# --- sentences


def _paragraphs(
    found: Sequence[Evidence],
    raw: Mapping[str, Any],
    nation: str,
    known: bool,
    size: str,
    sure: bool,
) -> list[str]:
    text = [
        tr(
            "An assessment asks whom a decision may touch. These figures say how many people of "
            "each group live in the areas of this plan and in the others. They do not say what "
            "anybody thinks or needs, and they are no legal advice."
        )
    ]
    if not known:
        text.append(
            tr(
                "What is published on each characteristic is listed for England and Wales alone; "
                "these areas are in {nation}. Ask the statistics office there what it has for "
                "areas as small as these."
            ).format(nation=nation)
        )
        return text
    if not sure:
        text.append(
            tr(
                "The codes do not say of what kind these areas are. What is published is told as "
                "for LSOAs of England and Wales."
            )
        )
    none = [one for one in found if not one.covered]
    protected = [one.title for one in none if one.raw["kind"] == PROTECTED]
    if protected:
        text.append(
            tr(
                "For these protected characteristics there are no figures for areas as small as "
                "these ({areas}), on the layer or published: {names}. They stand in the list "
                "below, with other groups. No figure is no evidence that nobody lives there."
            ).format(areas=tr(PLURALS[size]), names="; ".join(protected))
        )
    text.append(
        tr(
            "The list of what is published was last gone through in {month}. Publishers add and "
            "withdraw tables: check before you say that there is none."
        ).format(month=_month(raw["edition"]))
    )
    return [*text, *_duties(raw, nation)]


def _month(edition: str) -> str:
    from calendar import month_name

    year, month = edition.split("-")
    return tr("{month} {year}").format(month=tr(month_name[int(month)]), year=year)


def _duties(raw: Mapping[str, Any], nation: str) -> list[str]:
    mine = [one for one in raw["duties"] if not nation or nation in one["nations"]]
    if not mine:
        return []
    return [
        tr("This evidence serves these duties and rules; what they ask in a case is for lawyers."),
        *(
            tr("{title}: {text}").format(title=tr(one["title"]), text=tr(one["text"]))
            for one in mine
        ),
    ]


def _without(found: Sequence[Evidence], size: str) -> list[str]:
    """Return a line on each group of which no figures exist for such small areas."""
    lines = []
    for one in found:
        if one.covered:
            continue
        parts = [
            tr("{title}: no figures for areas as small as these ({areas}).").format(
                title=one.title, areas=tr(PLURALS[size])
            )
        ]
        near = [*one.held, *one.small]
        if near:
            parts.append(
                tr("For these there are related ones: {near}.").format(near="; ".join(near))
            )
        if one.large:
            parts.append(tr("For larger areas: {large}.").format(large="; ".join(one.large)))
        if not one.raw["evidence"]:
            parts.append(tr("This list names none for larger areas either."))
        parts += _limits(one)
        parts.append(tr("What to do: {do}").format(do=tr(one.raw["do"])))
        lines.append(" ".join(parts))
    return lines


def _limits(one: Evidence) -> list[str]:
    mine = [str(evidence["limits"]) for evidence in one.raw["evidence"] if evidence.get("limits")]
    return [tr(text) for text in dict.fromkeys([*mine, *one.raw["limits"]])]


def _short(found: Sequence[Evidence]) -> list[str]:
    none = [one for one in found if not one.covered]
    protected = [one.title.lower() for one in none if one.raw["kind"] == PROTECTED]
    if not protected:
        return []
    return [
        tr(
            "No figures exist for areas as small as these about {names}, nor about {n} other "
            "groups. Ask people instead."
        ).format(names="; ".join(protected), n=len(none) - len(protected))
    ]


# --- tables


def _counts_table(subject: Subject, made: Told, found: Iterable[Evidence]) -> list[PlanTable]:
    """Return what the layer counts, a row for each count; none where it counts nothing."""
    from dataclasses import replace

    rows, of = [], []
    seen: set[str] = set()
    for one in found:
        for count in one.here:
            if count.name not in seen:
                seen.add(count.name)
                rows.append(count)
                of.append(one.title)
    if not rows:
        return []
    table = places_table(
        "equality-counts",
        tr("Residents and households by characteristic, as far as this layer counts them"),
        rows,
        note_of(subject, made),
    )
    frame = table.frame.copy()
    frame.insert(1, "characteristic", of)
    columns = [table.columns[0], Column("characteristic", tr("Characteristic")), *table.columns[1:]]
    return [replace(table, frame=frame, columns=columns)]


def _evidence_table(found: Sequence[Evidence], size: str) -> PlanTable:
    import pandas as pd

    kinds = {
        PROTECTED: tr("protected by law"),
        ADDED: tr("guidance"),
        INCLUSION: tr("inclusion health"),
    }
    rows = [
        {
            "characteristic": one.title,
            "kind": kinds[one.raw["kind"]],
            "covered": tr("yes") if one.covered else tr("no"),
            "on_layer": "; ".join(one.held) or None,
            "small_areas": "; ".join(one.small) or None,
            "larger_areas": "; ".join(one.large) or None,
            "limits": " ".join(_limits(one)) or None,
            "what_to_do": tr(one.raw["do"]),
            "sources": " ".join(_urls(one.raw)) or None,
        }
        for one in found
    ]
    columns = [
        Column("characteristic", tr("Characteristic or group")),
        Column("kind", tr("Why it is here")),
        Column("covered", tr("Figures for small areas exist")),
        Column("on_layer", tr("On this layer")),
        Column("small_areas", tr("Published for small areas, not on this layer")),
        Column("larger_areas", tr("Published for larger areas alone")),
        Column("what_to_do", tr("What to do besides")),
    ]
    return PlanTable(
        "equality-evidence",
        tr("What is known of each characteristic, for areas such as these"),
        columns,
        pd.DataFrame(rows),
        tr(
            "Small areas are {areas} or smaller ones that add up to them. A table that is not on "
            "this layer can be had from its publisher, and read with profilecustom where no other "
            "algorithm knows it. The file of this table has the addresses of all sources, and the "
            "limits. {publishers}."
        ).format(areas=tr(PLURALS[size]), publishers=_publishers()),
    )


def _publishers() -> str:
    named = [
        tr("{short}: {name}").format(short=short, name=name)
        for short, name in listed()["publishers"].items()
        if short != name
    ]
    return "; ".join(named)


def _urls(raw: Mapping[str, Any]) -> list[str]:
    every = [raw["why"]]
    for one in raw["evidence"]:
        every += [one[key] for key in ("url", "limits_url") if key in one]
    return list(dict.fromkeys(every))
