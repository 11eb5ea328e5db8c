"""Whose figures they are, as the licences ask to be told, and what the sources say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .messages import tr

# where a sentence begins; those of several sources may stand together without a full stop
BEGINS = r"\.?\s+(?=Contains |Source:)"
MOST_SAID = 320  # characters of what one source says of its figures
PLANNED = ("quota_", "reach_")  # fields that planquotas and planvenues make
FIELD_NAME = r" \([a-z]+_\w+\)"  # in brackets behind a title
BESIDE = ("cluster_", "bench_")  # fields that a ranking is not made of, whatever they are made of


def together(attributions: Iterable[str]) -> str:
    """Return attributions as one, each sentence once: figures made of others repeat theirs."""
    told = (re.split(BEGINS, one) for one in attributions)
    lines = dict.fromkeys(line.strip(" .") for several in told for line in several)
    return " ".join(f"{line}." for line in lines if line)


def source_line(attribution: str) -> str:
    """Return an attribution as a line, empty where there is none; some begin with the word."""
    text = together([attribution])
    return text if text.startswith("Source") or not text else tr("Source: {text}").format(text=text)


def is_beside(source: dict) -> bool:
    """Return whether a source is a test of figures, made after them."""
    fields = source.get("fields", ())
    return bool(fields) and all(field.startswith(BESIDE) for field in fields)


def is_planned(source: dict) -> bool:
    """Return whether a source is a plan, made of a ranking and not a part of it."""
    fields = source.get("fields", ())
    return bool(fields) and all(field.startswith(PLANNED) for field in fields)


def notes_of(sources: list[dict], most: int = MOST_SAID) -> str:
    """Return what the sources say of their figures, of each its first sentences."""
    notes = dict.fromkeys(source["note"] for source in sources if source.get("note"))
    return " ".join(_first_sentences(note, most) for note in notes)


def _first_sentences(note: str, most: int) -> str:
    """Return as many sentences as a map has room for: a report may say more than a map can."""
    told = ""
    for sentence in re.split(r"(?<=[.!?]) (?=\S)", note):
        if told and len(told) + len(sentence) > most:
            break
        told = f"{told} {sentence}".strip()
    return told


def publishers(layer) -> list[dict]:
    """Return who published the figures, by the fields: for layers that lost what they carried."""
    from ..taxonomies.catalogue import catalogue

    fields = {field.name() for field in layer.fields()}
    return [
        {"title": taxonomy.publisher, "attribution": taxonomy.attribution}
        for taxonomy in catalogue()
        if fields & set(taxonomy.fields())
    ]


def _short(title: str) -> str:
    """Return a title without names of fields and the settings behind it, which the method tells."""
    return re.sub(FIELD_NAME, "", title.split(";")[0])


def sources_in_words(sources: list[dict]) -> str:
    """Return the attributions, each once, and then what they are for, tables by their numbers."""
    if not sources:
        return ""
    tables: dict[str, list[str]] = {}
    titles: dict[str, None] = {}
    for source in sources:
        if source.get("table"):
            tables.setdefault(source["edition"], []).append(source["table"])
        else:
            titles[_short(source["title"])] = None
    numbered = [f"{edition}: {', '.join(dict.fromkeys(of))}" for edition, of in tables.items()]
    # what the licences ask for comes first: a long list may not fit on the paper
    asked = together(source["attribution"] for source in sources)
    return f"{asked} {'; '.join([*numbered, *titles])}.".strip()
