"""What is laid over and under the areas of a map: wards with their names, numbered venues, a map.

All of it is the user's own; nothing is fetched. Every layer is drawn from a copy in the system of
the map, so that other systems, filters and styles of the user neither hinder nor change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeedback,
    QgsGeometry,
    QgsMapLayer,
    QgsSpatialIndex,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..errors import InputError, tr
from ..specs import whole_names
from ..symbols import OVERLAY
from . import marks
from .ground import Ground
from .marks import Venue
from .telling import inform, stop_if_cancelled, warn

POLYGONS = QgsWkbTypes.GeometryType.PolygonGeometry
LINES = QgsWkbTypes.GeometryType.LineGeometry
POINTS = QgsWkbTypes.GeometryType.PointGeometry
NUMBERED = 99  # venues; more are drawn as dots, as nobody would find a number among them
CHOSEN, ORDER, KEPT = "venue_chosen", "venue_order", "venue_kept"  # fields that planvenues writes
SPARE = 0.5  # millimetres of a ward that may stand out of the frame
SEEN_THROUGH = 0.7  # opacity of the areas above a background
# headings of names, the likeliest first
WARD_NAMES = (r"wd\d*nm", r"ward_?name", r"ward_?nm", r"name", r".*nm", r".*name.*")
VENUE_NAMES = (r"venue_?name", r"venue", r"name", r"title", r"label", r".*name.*")


@dataclass(frozen=True)
class Overlays:
    """Layers that the user has chosen to be drawn with the areas.

    Attributes:
        wards: polygons or lines; those that meet the areas are outlined.
        ward_names: their field of names; empty to find it.
        venues: points; of a layer of planvenues the chosen ones.
        venue_names: their field of names; empty to find it.
        background: any layer of a map, drawn below the areas.
    """

    wards: QgsVectorLayer | None = None
    ward_names: str = ""
    venues: QgsVectorLayer | None = None
    venue_names: str = ""
    background: QgsMapLayer | None = None


@dataclass(frozen=True)
class Laid:
    """Overlays as they are drawn.

    Attributes:
        above: layers over the areas, the uppermost first.
        legend: those of them that the legend tells of.
        lines: what the legend says: colour, label and number.
        venues: number and name of each venue; empty where they have none.
    """

    above: tuple[QgsVectorLayer, ...] = ()
    legend: tuple[QgsVectorLayer, ...] = ()
    lines: tuple[tuple[str, str, int], ...] = ()
    venues: tuple[tuple[int, str], ...] = ()


def lay(overlays: Overlays | None, ground: Ground, feedback: QgsFeedback | None = None) -> Laid:
    """Returns what is drawn above the areas.

    Raises:
        InputError: naming the layer that is empty, of the wrong kind, or somewhere else.
    """
    if overlays is None:
        return Laid()
    wards, venues = (
        _laid_wards(overlays, ground, feedback),
        _laid_venues(overlays, ground, feedback),
    )
    return Laid(
        above=(*venues.above, *wards.above),
        legend=(*wards.legend, *venues.legend),
        lines=(*wards.lines, *venues.lines),
        venues=venues.venues,
    )


def see_through(layer: QgsVectorLayer) -> None:
    """Lets a background be seen through the fills of the areas; outlines on top stay as they are.

    By the colours, not by the layer, which a PDF would then hold as a picture.
    """
    renderer = layer.renderer().clone()
    if not hasattr(renderer, "rootRule"):
        layer.setOpacity(SEEN_THROUGH)
        return
    for rule in renderer.rootRule().children():
        if rule.symbol() and not rule.ruleKey().startswith(OVERLAY):
            rule.symbol().setOpacity(SEEN_THROUGH)
    layer.setRenderer(renderer)


def credit_of(background: QgsMapLayer | None) -> str:
    """Whose map the background is, as its layer tells; its name where it does not."""
    if background is None:
        return ""
    asked = _attribution(background) or "; ".join(background.metadata().rights()).strip()
    message = tr("Background: {name}, {attribution}.") if asked else tr("Background: {name}.")
    return message.format(name=background.name(), attribution=asked.rstrip("."))


def _attribution(layer: QgsMapLayer) -> str:
    # kept with what a server is told since 3.38, where the other is deprecated
    server = layer.serverProperties() if hasattr(layer, "serverProperties") else None
    told = server if hasattr(server, "attribution") else layer
    return told.attribution().strip()


def name_field(layer: QgsVectorLayer, likely: Sequence[str]) -> str:
    """The field of text that is called most like names; empty when none is."""
    names = [field.name() for field in layer.fields() if not field.isNumeric()]
    for pattern in likely:
        for name in names:
            if re.fullmatch(pattern, name, re.IGNORECASE):
                return name
    return ""


def refuse_unplaced(parameter: str, layer: QgsMapLayer) -> None:
    """Raises for a layer that cannot be read or does not tell where it lies."""
    if not layer.isValid():
        message = tr("{parameter}: the layer {name} cannot be read.")
        raise InputError(message.format(parameter=parameter, name=layer.name()))
    if not layer.crs().isValid():
        message = tr(
            "{parameter}: the layer {name} has no coordinate system, so nobody knows where it "
            "lies. Set it in the properties of the layer."
        )
        raise InputError(message.format(parameter=parameter, name=layer.name()))


def _refuse_unfit(parameter: str, layer: QgsVectorLayer, kinds: Sequence, wanted: str) -> None:
    if layer.isValid() and layer.geometryType() not in kinds:
        message = tr("{parameter}: the layer {name} has no {wanted}; choose one that has.")
        raise InputError(message.format(parameter=parameter, name=layer.name(), wanted=wanted))
    refuse_unplaced(parameter, layer)
    if layer.featureCount() == 0:
        message = tr("{parameter}: the layer {name} is empty.")
        raise InputError(message.format(parameter=parameter, name=layer.name()))


def _field_of(
    parameter: str, layer: QgsVectorLayer, asked: str, likely: Sequence[str], feedback
) -> str:
    """The field of names that is asked for, else the likeliest."""
    if asked:
        if layer.fields().lookupField(asked) < 0:
            message = tr("{parameter}: the layer {name} has no field {field}.")
            raise InputError(message.format(parameter=parameter, name=layer.name(), field=asked))
        return asked
    found = name_field(layer, likely)
    if not found:
        message = tr("{parameter}: no field of names was found in {name}; name it to have them.")
        inform(feedback, message.format(parameter=parameter, name=layer.name()))
    return found


def _in_frame(layer: QgsVectorLayer, ground: Ground) -> Iterator[QgsFeature]:
    """The features of a layer in the frame, in the system of the map."""
    request = QgsFeatureRequest().setDestinationCrs(ground.crs, ground.transforms)
    yield from layer.getFeatures(request.setFilterRect(ground.extent))


# --- wards


def _laid_wards(overlays: Overlays, ground: Ground, feedback: QgsFeedback | None) -> Laid:
    source = overlays.wards
    if source is None:
        return Laid()
    _refuse_unfit("WARDS", source, (POLYGONS, LINES), tr("polygons or lines"))
    lines = source.geometryType() == LINES
    likely = () if lines and not overlays.ward_names else WARD_NAMES
    field = _field_of("WARDS", source, overlays.ward_names, likely, None if lines else feedback)
    window = ground.extent.buffered(SPARE * ground.per_mm)  # an SVG does not cut off what is out
    shown = [
        (ward.geometry().clipped(window), _text(ward[field]) if field else "")
        for ward in _meeting(source, ground, lines, feedback)
    ]
    if not shown:
        message = tr(
            "WARDS: no ward of {name} meets the areas. Is it of another place, or is its "
            "coordinate system wrong ({crs})?"
        )
        raise InputError(message.format(name=source.name(), crs=source.crs().authid()))
    inform(feedback, tr("Wards drawn: {n}.").format(n=len(shown)))
    line = marks.ward_line(shown, lines)
    layer = marks.ward_layer(shown, ground, line, lines)
    return Laid((layer,), (layer,), (line,))


def _meeting(
    source: QgsVectorLayer, ground: Ground, lines: bool, feedback: QgsFeedback | None
) -> Iterator[QgsFeature]:
    """The wards that hold an area or lie in one; that a border is shared is not enough."""
    inside = _InnerPoints(ground)
    for ward in _in_frame(source, ground):
        stop_if_cancelled(feedback)
        shape = ward.geometry()
        if shape.isEmpty():
            continue
        if (not lines and inside.any_in(shape)) or _meets_area(shape, ground, lines):
            yield ward


class _InnerPoints:
    """A point inside each area, to be found by where it lies."""

    def __init__(self, ground: Ground):
        self.points: dict[int, QgsGeometry] = {}
        self.index = QgsSpatialIndex()
        for area in ground.areas.getFeatures(_shapes_only(ground)):
            point = area.geometry().pointOnSurface()
            if not point.isEmpty():
                self.points[area.id()] = point
                self.index.addFeature(area.id(), point.boundingBox())

    def any_in(self, shape: QgsGeometry) -> bool:
        near = self.index.intersects(shape.boundingBox())
        engine = QgsGeometry.createGeometryEngine(shape.constGet())
        engine.prepareGeometry()
        return any(engine.contains(self.points[one].constGet()) for one in near)


def _meets_area(shape: QgsGeometry, ground: Ground, lines: bool) -> bool:
    """Whether a line crosses an area, or the middle of a polygon lies in one."""
    probe = shape if lines else shape.pointOnSurface()
    request = _shapes_only(ground).setFilterRect(probe.boundingBox())
    return any(area.geometry().intersects(probe) for area in ground.areas.getFeatures(request))


def _shapes_only(ground: Ground) -> QgsFeatureRequest:
    request = QgsFeatureRequest().setNoAttributes()
    return request.setDestinationCrs(ground.crs, ground.transforms)


# --- venues


def _laid_venues(overlays: Overlays, ground: Ground, feedback: QgsFeedback | None) -> Laid:
    if overlays.venues is None:
        return Laid()
    _refuse_unfit("VENUES", overlays.venues, (POINTS,), tr("points"))
    found = _venues(overlays, ground, feedback)
    numbered = len(found) <= NUMBERED
    if not numbered:
        message = tr("VENUES: {n} venues are too many to be numbered; they are drawn as dots.")
        warn(feedback, message.format(n=len(found)))
    kinds = marks.venue_kinds(found, _is_planned(overlays.venues))
    layers = marks.venue_layers(found, ground, kinds, numbered)
    lines = tuple((marks.DARK, kind.label, kind.number) for kind in kinds)
    named = tuple((one.number, one.name) for one in found if one.name) if numbered else ()
    return Laid(layers, layers[:1], lines, named)


def _venues(overlays: Overlays, ground: Ground, feedback: QgsFeedback | None) -> list[Venue]:
    source = overlays.venues
    field = _field_of("VENUES", source, overlays.venue_names, VENUE_NAMES, feedback)
    found = list(_shown_venues(source, field, ground))
    if not found:
        message = tr(
            "VENUES: no venue of {name} lies on the map. Is it of another place, or is its "
            "coordinate system wrong ({crs})? Of a layer of planvenues the chosen ones are drawn."
        )
        raise InputError(message.format(name=source.name(), crs=source.crs().authid()))
    inform(feedback, tr("Venues drawn: {n}.").format(n=len(found)))
    return found


def _shown_venues(source: QgsVectorLayer, field: str, ground: Ground) -> Iterator[Venue]:
    """Venues in the frame: of planvenues the chosen ones in their order, else as they stand."""
    known = {whole: short for short, whole in whole_names(source).items()}
    planned = _is_planned(source)
    rows = list(_in_frame(source, ground))
    if planned:
        rows = [row for row in rows if row[known[CHOSEN]] == 1 and row[known[ORDER]]]
        rows.sort(key=lambda row: row[known[ORDER]])
    for at, row in enumerate(rows, 1):
        yield Venue(
            int(row[known[ORDER]]) if planned else at,
            _text(row[field]) if field else "",
            bool(planned and KEPT in known and row[known[KEPT]] == 1),
            row.geometry().centroid().asPoint(),
        )


def _is_planned(source: QgsVectorLayer) -> bool:
    known = whole_names(source).values()
    return CHOSEN in known and ORDER in known


def _text(value) -> str:
    return value.strip() if isinstance(value, str) else ""
