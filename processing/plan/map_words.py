"""What a map says: its title, what it shows, the notes and sources of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ...layers import outputs, specs, styles
from ...layers.errors import InputError
from ..attribution import is_beside, is_planned, notes_of, publishers, sources_in_words
from ..fields import protected_before
from ..messages import tr

VOICE = ("sh_voice", "voice_class")  # fields that are there when replies were counted
SENTENCE = 1  # where many sources stand behind a ranking, the first sentence of each
RANKED = ("score", "bivariate")  # views of a ranking, whose method stands under the map
REPLIES = ("resp_", "voice_")  # figures made of replies begin so


@dataclass(frozen=True)
class Asked:
    """What the user wants the map to say; empty for what is made from the figures."""

    title: str = ""
    subtitle: str = ""
    sources: str = ""


def layer_to_draw(layer, view: str, feedback) -> tuple[Any, dict]:
    """Return a copy of the layer as it was saved, and what it carries about its figures.

    Raises:
        InputError: for a layer that cannot be read, or lacks what the view shows.
    """
    if layer is None:
        raise InputError(tr("INPUT: the layer cannot be read."))
    if layer.isModified():
        feedback.pushWarning(
            tr("The layer has edits that are not saved yet: the map is drawn without them.")
        )
    kept, _ = outputs.inherited(layer)
    layer = _as_saved(layer, bool(kept))
    if not styles.applies(layer, view):
        raise InputError(
            tr("The layer has no field {fields}: make it with {maker} first.").format(
                fields=tr(" or ").join(specs.fields_of(view)), maker=styles.view_maker(view)
            )
        )
    return layer, kept


def _as_saved(layer, has_style: bool):
    """Return a copy with the titles and whole names of its fields, which its saved style knows.

    qgis_process opens a file without its style.
    """
    copy = styles.copy_of(layer)
    if has_style and not copy.customProperty(outputs.PROVENANCE):
        copy.loadDefaultStyle()
    return copy


def texts_of(
    layer, view: str, kept: Mapping[str, Any], asked: Asked, feedback=None
) -> dict[str, str]:
    """Return the texts of a map by the names that a layout has for them.

    Args:
        layer: as ``layer_to_draw`` returns it.
        view: what is drawn.
        kept: what the layer carries about its figures.
        asked: the user's own.
        feedback: is told of a map that should not leave the house.
    """
    sources = kept.get("sources") or publishers(layer)
    ranking = kept.get("ranking", {})
    ranked = view in RANKED
    if ranked:
        sources = [one for one in sources if not is_beside(one) and not is_planned(one)]
    named = sources if ranked else behind(layer, view, sources) or sources
    voice = has_voice(layer, view)
    areas, method = None, notes_of(behind(layer, view, sources))
    if ranked:
        voice = ranking.get("voice", voice)
        areas, method = ranking.get("areas"), ranking.get("method", "")
    inside = _keep_inside(layer, view, kept)
    subtitle = guarded(asked.subtitle, voice) or subtitle_of(areas, layer, view, voice)
    if inside and feedback:
        feedback.pushWarning(inside)
    note = note_of(view, sources, with_notes=ranked)
    return {
        "title": title_of(asked.title, layer, view, voice),
        "subtitle": _marked(subtitle) if inside else subtitle,
        "method": method,
        "note": f"{inside} {note}".strip(),
        "sources": f"{asked.sources} {sources_in_words(named)}".strip(),
    }


def _keep_inside(layer, view: str, kept: Mapping[str, Any]) -> str:
    """Return a warning where the view is made of replies that nothing was hidden of.

    The order and the classes of areas tell small numbers of replies, as in a list of them.
    """
    if not made_of_open_replies(layer, view, kept):
        return ""
    return tr(
        "Made of replies as they were counted, small numbers not hidden: keep this map inside "
        "your organisation."
    )


def _marked(subtitle: str) -> str:
    """Return a subtitle that says first who may see the map, where nobody overlooks it."""
    return tr("For use inside your organisation only. {subtitle}").format(subtitle=subtitle)


def made_of_open_replies(layer, view: str, kept: Mapping[str, Any]) -> bool:
    """Return whether a view shows replies of which nothing was hidden."""
    before = protected_before(kept)
    whole = specs.whole_names(layer)
    shown = {whole.get(name, name) for name in specs.fields_shown(layer, view)}
    replies = [name for name in shown if name.startswith(REPLIES)]
    if any(name not in before for name in replies):
        return True
    if view not in RANKED:
        return False
    from .listing import tells_replies

    return tells_replies(SimpleNamespace(source=layer), kept, {})  # of areas it asks the fields


def has_voice(layer, view: str) -> bool:
    """Return whether replies were measured in any area; for the score, whether it counts them."""
    fields = VOICE[:1] if view == "score" else VOICE
    whole = specs.whole_names(layer)
    return any(name in fields and specs.has_values(layer, short) for short, name in whole.items())


def title_of(asked: str, layer, view: str, has_voice: bool) -> str:
    """Return the title; without replies a map that names the seldom heard says 'potentially'."""
    if asked:
        return guarded(asked, has_voice, claims=view == "score")
    if view == "score" and not has_voice:
        return tr("Potentially seldom heard areas")
    return styles.view_texts(view)[0] or styles.view_title(layer, view)


def guarded(asked: str, has_voice: bool, claims: bool = False) -> str:
    """Return a text of the user's own; one that claims more than is known says 'potentially'."""
    claims = claims or tr("seldom heard") in asked.lower()
    word = tr("potentially")
    if has_voice or not claims or word in asked.lower():
        return asked
    return tr("{text} (potentially seldom heard)").format(text=asked)


def subtitle_of(areas: int | None, layer, view: str, has_voice: bool) -> str:
    """Return what is shown of how many areas."""
    text, n = styles.view_texts(view)[1], areas or layer.featureCount()
    if view != "score":
        text = text or (styles.view_title(layer, view) if styles.view_texts(view)[0] else "")
        return tr("{text}: {n:,} areas").format(text=text, n=n) if text else _areas(n)
    if not has_voice:
        text = tr("Areas where need and barriers to being heard are high")
    return tr("{text}, ranked among {n:,} areas").format(text=text, n=n)


def _areas(number: int) -> str:
    return tr("1 area") if number == 1 else tr("{n:,} areas").format(n=number)


def behind(layer, view: str, sources: list[dict]) -> list[dict]:
    """Return the sources of the fields that the view draws."""
    shown = specs.fields_shown(layer, view)
    return [source for source in sources if shown & set(source.get("fields", ()))]


def note_of(view: str, sources: list[dict], with_notes: bool) -> str:
    """Return what a reader has to know: of the view, of hidden counts, of modelled figures."""
    notes = notes_of(sources, SENTENCE) if with_notes else ""
    parts = [styles.view_note(view), _hidden(sources), notes]
    return " ".join(part for part in parts if part)


def _hidden(sources: list[dict]) -> str:
    """Return by which rule small counts were hidden, and in which tables if not in all."""
    counted = [source for source in sources if source.get("suppression")]
    hidden = [source for source in counted if source["suppression"] != "none"]
    rules = ", ".join(dict.fromkeys(source["suppression"] for source in hidden))
    if not hidden:
        return ""
    if len(hidden) == len(counted):
        return tr(
            "Small counts, and what would tell them, were hidden by the rule {rules}."
        ).format(rules=rules)
    return tr(
        "Small counts, and what would tell them, were hidden by the rule {rules} in {titles} only."
    ).format(rules=rules, titles="; ".join(source["title"] for source in hidden))
