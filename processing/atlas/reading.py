"""What an atlas is made of, read from the parameters of its algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..base import talk
from ..fields import numbers_of, text_of
from ..messages import tr
from ..plan.listing import refuse_unranked
from .book import WARDS, Subject
from .wards import Wards, Ways, wards_of

if TYPE_CHECKING:
    from ...layers.areas import Areas
    from ...layers.paper.atlas import Made

IN_WORDS = {
    "areas": "In {n:,} pages not all areas have room in the table; what is left is said there.",
    "figures": "In {n:,} pages not all figures have room; how many are left is said there.",
    "languages": "In {n:,} pages not all languages have room; how many are left is said there.",
    "replies": "In {n:,} pages not all lines on replies have room; it is said there.",
}


def subject_of(algorithm: Any, parameters, context, feedback, view: str) -> Subject:
    """Return the ranked areas, their figures, and the layer as it is drawn.

    Raises:
        InputError: for a layer that is not ranked, has no polygons, or lacks the view's fields.
    """
    from ...layers import outputs, places, specs, styles
    from ...layers.values import TEXT

    source = algorithm.parameterAsSource(parameters, algorithm.INPUT, context)
    layer = algorithm.layer_of(algorithm.INPUT, parameters, context)
    refuse_unranked(source)
    if layer is None or not places.has_polygons(layer):
        raise InputError(
            tr("An atlas needs areas as polygons: INPUT has none, so that no map can be drawn.")
        )
    kept, _ = outputs.inherited(layer)
    shown = styles.copy_of(layer)
    if kept and not shown.customProperty(outputs.PROVENANCE):
        shown.loadDefaultStyle()  # qgis_process opens a file without its style
    if not styles.applies(shown, view):
        raise InputError(
            tr("The layer has no field {fields}: make it with {maker} first.").format(
                fields=tr(" or ").join(specs.fields_of(view)), maker=styles.view_maker(view)
            )
        )
    if layer.isModified():
        feedback.pushWarning(
            tr("The layer has edits that are not saved yet: the maps are drawn without them.")
        )
    areas = algorithm.read_areas(parameters, context, feedback)
    fields = list(areas.source.fields())
    numbers = numbers_of(areas, [one.name() for one in fields if one.isNumeric()])
    words = numbers[[]].copy()
    for one in fields:
        if one.type() == TEXT:
            words[one.name()] = text_of(areas, one.name())
    names = algorithm.names(parameters, context, areas)
    return Subject(areas, shown, names, numbers, words, algorithm.titles, algorithm.inherited)


def wards_asked(
    algorithm: Any, areas: Areas, pages: str, parameters, context, feedback
) -> Wards | None:
    """Return the wards of the areas; none for pages of areas where no way to them is given."""
    ways = Ways(
        algorithm.parameterAsString(parameters, algorithm.GROUP_FIELD, context) or "",
        next(iter(algorithm.tables.get(algorithm.LOOKUP, ())), None),
        algorithm.parameterAsSource(parameters, algorithm.WARDS, context),
        algorithm.parameterAsString(parameters, algorithm.WARD_NAME_FIELD, context) or "",
        context.transformContext(),
        feedback.setProgress,
    )
    if pages != WARDS and not ways.given:
        return None
    return wards_of(areas, ways, talk(feedback))


def tell(made: Made, feedback: Any) -> None:
    """Tell what was made, and what has no room."""
    feedback.pushInfo(tr("{n:,} pages.").format(n=made.pages))
    for name, pages in made.without_room.items():
        feedback.pushInfo(tr(IN_WORDS[name]).format(n=pages))
    if not made.bookmarked:
        feedback.pushWarning(
            tr("The PDF has no bookmarks: QGIS wrote it in a way that none can be added to.")
        )
