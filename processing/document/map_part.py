"""Maps of the plan, each with a legend and with what it shows in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeatureRequest, QgsVectorLayer, QgsWkbTypes

from ...layers import specs, styles
from ..attribution import together
from ..messages import tr
from ..plan.map_words import has_voice, layer_to_draw, made_of_open_replies, title_of
from .areas_part import CONTESTABLE, FIRST, ROBUST, called, listed_in_words
from .model import Part, Picture, Subject

if TYPE_CHECKING:
    from ...layers.paper.overlays import Overlays

SCORE, BOTH, VOICE = "score", "bivariate", "voice"
FLAG = "sh_flag"
WIDTH, DPI = 1000, 120
Counts = list[tuple[str, int]]
MOST = 0.4  # of the areas lie in a quarter of the map, so that it is worth saying


def map_part(
    subject: Subject, layer: QgsVectorLayer | None, overlays: Overlays | None, feedback: Any
) -> Part | None:
    """Return the maps of a plan: by score, and where both are known by need and voice.

    Args:
        subject: the areas.
        layer: of them, None where no map is wanted.
        overlays: what is drawn above the areas.
        feedback: takes warnings; it stops the work where that was cancelled.

    Returns:
        None where no map is wanted.
    """
    if layer is None:
        return None
    if layer.geometryType() != QgsWkbTypes.GeometryType.PolygonGeometry:
        told = tr("The areas have no outlines, so there is no map. The lists above hold them all.")
        return Part(id="map", heading=tr("Map"), paragraphs=[told])
    shown = _drawn(subject, layer_to_draw(layer, SCORE, feedback)[0])
    views = views_of(subject, shown)
    pictures = [_picture(subject, shown, view, overlays, feedback) for view in views]
    told = [
        tr(
            "The table of priority areas says the same as the first map. Borders are those of "
            "statistics: streets just outside may be no different."
        )
    ]
    if views == [SCORE] and any(specs.fits(shown, view) for view in (BOTH, VOICE)):
        told.append(
            tr(
                "There is no map of replies, as it would tell small numbers of them, which the "
                "rule {rule} hides."
            ).format(rule=subject.rule)
            if subject.has_rule
            else tr("There is no map of replies, as no area has both figures.")
        )
    return Part(id="map", heading=tr("Map"), paragraphs=told, pictures=pictures)


def views_of(subject: Subject, layer: QgsVectorLayer) -> list[str]:
    """Return the views that the layer has figures for, and that tell nothing a rule hides."""
    views = [SCORE]
    for view in (BOTH, VOICE):
        told = subject.has_rule and made_of_open_replies(layer, view, subject.inherited)
        if specs.fits(layer, view) and _has_all(layer, view) and not told:
            return [*views, view]
    return views


def _has_all(layer: QgsVectorLayer, view: str) -> bool:
    return all(specs.has_values(layer, name) for name in specs.fields_shown(layer, view))


def _drawn(subject: Subject, layer: QgsVectorLayer) -> QgsVectorLayer:
    """Return the areas that were read, without the flag where it would tell replies."""
    request = QgsFeatureRequest().setFilterFids(subject.areas.ids)
    names = [field.name() for field in layer.fields()]
    if subject.listing.hides_flag:
        names.remove(FLAG)
        request.setSubsetOfAttributes([layer.fields().lookupField(name) for name in names])
    elif len(subject.areas.ids) == layer.featureCount():
        return layer
    part = layer.materialize(request)
    part.setName(layer.name())
    for key in (specs.PROVENANCE, specs.CUT_NAMES):
        part.setCustomProperty(key, layer.customProperty(key))
    aliases = {one.name(): one.alias() for one in layer.fields() if one.alias()}
    styles.set_aliases(part, {name: text for name, text in aliases.items() if name in names})
    return part


def _picture(
    subject: Subject,
    layer: QgsVectorLayer,
    view: str,
    overlays: Overlays | None,
    feedback: Any,
) -> Picture:
    from ...layers.paper.pictures import map_picture

    made = map_picture(layer, view, overlays, width=WIDTH, dpi=DPI, feedback=feedback)
    title = title_of("", layer, view, has_voice(layer, view))
    counts = [(label, count) for _, label, count in made.legend if count is not None]
    score = view == SCORE
    return Picture(
        png=made.png,
        alternative=_in_words(subject, counts) if score else _classes(title, counts),
        caption=title,
        legend=made.legend,
        description=_where(subject, layer) if score else styles.view_note(view),
        credits=_credits(subject, made.credits),
    )


def _credits(subject: Subject, more: str) -> str:
    """Return whose figures and borders a map shows."""
    asked = [one.get("attribution", "") for one in subject.inherited.get("sources", ())]
    return together(one for one in (*asked, more) if one)


def _in_words(subject: Subject, counts: Counts) -> str:
    """Return what the map of the ranking shows, from what it draws and what comes first."""
    table = subject.listing.table
    tiers = subject.words.get("sh_tier")
    by_tier: Mapping[str, int] = {} if tiers is None else tiers.value_counts()
    text = tr("A map of {n:,} areas.").format(n=len(subject.names))
    if by_tier.get(ROBUST, 0) or by_tier.get(CONTESTABLE, 0):
        more = tr(
            "{robust:,} are dark: a place in the top is robust. {contestable:,} are hatched: it is "
            "contestable. The others are pale."
        )
        more = more.format(robust=by_tier.get(ROBUST, 0), contestable=by_tier.get(CONTESTABLE, 0))
    else:
        more = _classes("", counts)
    if subject.listing.unranked:
        lost = tr("{n:,} have no rank.").format(n=subject.listing.unranked)
        more = f"{more} {lost}"
    first = [called(*one) for one in zip(table["name"], table["code"])][:FIRST]
    names = tr("First come {names}.").format(names=listed_in_words(first))
    return " ".join(one for one in (text, more, names) if one)


def _classes(title: str, counts: Counts) -> str:
    """Return the classes of a map with their numbers of areas."""
    told = "; ".join(f"{label}: {count:,}" for label, count in counts if count)
    text = tr("A map: {title}. Areas by class: {classes}.") if title else tr("By class: {classes}.")
    return text.format(title=title, classes=told)


def _where(subject: Subject, layer: QgsVectorLayer) -> str:
    """Return in which quarter of the map most areas of the plan lie, if there is such a one."""
    row = {one: at for at, one in enumerate(subject.areas.ids)}
    inside = subject.in_top.to_numpy()
    if {f.id() for f in layer.getFeatures(QgsFeatureRequest().setLimit(1))} - set(row):
        return ""  # a copy, whose features have other ids
    middle = layer.extent().center()
    quarters: Counter[tuple[bool, bool]] = Counter()
    request = QgsFeatureRequest().setNoAttributes()
    for feature in layer.getFeatures(request):
        at = row.get(feature.id())
        if at is None or not inside[at] or feature.geometry().isEmpty():
            continue
        point = feature.geometry().centroid().asPoint()
        quarters[point.y() >= middle.y(), point.x() >= middle.x()] += 1
    names = {
        (True, True): tr("north-east"),
        (True, False): tr("north-west"),
        (False, True): tr("south-east"),
        (False, False): tr("south-west"),
    }
    if not quarters:
        return ""
    place, count = quarters.most_common(1)[0]
    if count < MOST * subject.top:
        return tr("They lie in all parts of the map.") if len(quarters) == len(names) else ""
    return tr("{n:,} of the {all:,} areas of this plan lie in the {quarter} of the map.").format(
        n=count, all=subject.top, quarter=names[place]
    )
