"""Where we are: a small map of the country, with a frame around the areas.

The outline comes with every QGIS (Natural Earth 1:10 million, in the public domain), so nothing is
fetched. Where it is missing, or would tell nothing, the map does without.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsLayoutItemMap,
    QgsPointXY,
    QgsPrintLayout,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from ..errors import tr

ITEM = "inset"
WORLD = ("resources", "data", "world_map.gpkg")
COUNTRIES = "countries"
FAR = 20.0  # degrees: parts of a country farther away are overseas
LARGEST_SHARE = 0.5  # of the country's width or height; a frame around most of it tells nothing
SMALLEST_FRAME = 2.4  # millimetres, so that it is seen
MARGIN = 1.06
COUNTRY = {"color": "#c3ccd3", "outline_color": "#7f8a92", "outline_width": "0.1"}
OTHERS = {"color": "#eceff1", "outline_color": "#c3ccd3", "outline_width": "0.1"}
FRAME = {"style": "no", "outline_color": "#161616", "outline_width": "0.5", "joinstyle": "miter"}


class NoInset(Exception):
    """The map is better without; the message says why."""


@dataclass(frozen=True)
class _Shapes:
    """What the inset shows, in the system of the map."""

    country: QgsGeometry
    others: QgsGeometry


def draw_inset(layout: QgsPrintLayout, extent: QgsRectangle) -> tuple[str, str]:
    """Fills the item “inset” of a layout, if it has one, for an extent in the map's own system.

    Returns:
        What the sources have to name, and why there is no inset; both empty without such an item.
    """
    item = layout.itemById(ITEM)
    if not isinstance(item, QgsLayoutItemMap):
        return "", ""
    try:
        _fill(item, layout, extent)
    except NoInset as reason:
        item.setVisibility(False)
        return "", tr("No inset of where we are: {reason}").format(reason=reason)
    return tr("Inset: Natural Earth."), ""


def _fill(item: QgsLayoutItemMap, layout: QgsPrintLayout, extent: QgsRectangle) -> None:
    crs = layout.project().crs()
    shapes = _shapes(crs, extent, layout.project())
    around = shapes.country.boundingBox()
    if (
        extent.width() > LARGEST_SHARE * around.width()
        or extent.height() > LARGEST_SHARE * around.height()
    ):
        raise NoInset(tr("the areas are most of the country."))
    around.scale(MARGIN)
    item.setCrs(crs)
    item.zoomToExtent(around)
    per_mm = item.extent().width() / item.sizeWithUnits().width()
    frame = QgsGeometry.fromRect(_seen(extent, SMALLEST_FRAME * per_mm))
    window = item.extent()  # an SVG does not cut off what stands out of it
    land = [(shapes.country.clipped(window), COUNTRY), (shapes.others.clipped(window), OTHERS)]
    layers = [_layer(shape, look, crs) for shape, look in [(frame, FRAME), *land]]
    layout.project().addMapLayers(layers, False)
    item.setLayers(layers)
    item.setKeepLayerSet(True)


def _seen(extent: QgsRectangle, least: float) -> QgsRectangle:
    """The extent, as large as it needs to be to be seen."""
    width, height = max(extent.width(), least), max(extent.height(), least)
    return QgsRectangle.fromCenterAndSize(extent.center(), width, height)


def _shapes(crs: QgsCoordinateReferenceSystem, extent: QgsRectangle, project) -> _Shapes:
    """The country that holds the middle of the extent, and the land around it."""
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    to_map = QgsCoordinateTransform(degrees, crs, project.transformContext())
    from_map = QgsCoordinateTransform(crs, degrees, project.transformContext())
    try:
        middle = from_map.transform(extent.center())
        countries = _countries(middle)
        country = _main_part(_country_at(countries, middle), middle)
        window = country.boundingBox()
        window.grow(3)
        others = QgsGeometry.unaryUnion([one.clipped(window) for one in countries])
        others = others.difference(country)
        for shape in (country, others):
            shape.transform(to_map)
    except QgsCsException as error:
        raise NoInset(tr("the place cannot be found on the world map.")) from error
    return _Shapes(country, others)


def _countries(middle: QgsPointXY) -> list[QgsGeometry]:
    """The countries near a place in degrees, read without touching the file of QGIS."""
    from osgeo import gdal

    path = Path(QgsApplication.pkgDataPath()).joinpath(*WORLD)
    source = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY) if path.is_file() else None
    layer = source.GetLayerByName(COUNTRIES) if source else None
    if layer is None:
        raise NoInset(tr("this QGIS has no world map."))
    x, y = middle.x(), middle.y()
    layer.SetSpatialFilterRect(x - FAR, y - FAR, x + FAR, y + FAR)
    shapes = []
    for feature in layer:
        shape = QgsGeometry()
        shape.fromWkb(bytes(feature.GetGeometryRef().ExportToWkb()))
        shapes.append(shape)
    return shapes


def _country_at(countries: list[QgsGeometry], middle: QgsPointXY) -> QgsGeometry:
    """The country that holds a place, or whose simplified coast is just beside it."""
    place = QgsGeometry.fromPointXY(middle)
    far = [one.distance(place) for one in countries]
    if not far or min(far) > 0.2:
        raise NoInset(tr("the areas lie in no country of the world map."))
    return countries[far.index(min(far))]


def _main_part(country: QgsGeometry, middle: QgsPointXY) -> QgsGeometry:
    """The country without what lies overseas: its largest part near, and what is near that."""
    around = QgsRectangle.fromCenterAndSize(middle, 2 * FAR, 2 * FAR)
    parts = country.asGeometryCollection()
    near = [part for part in parts if part.boundingBox().intersects(around)]
    main = max(near, key=lambda part: part.area()).boundingBox()
    main.scale(1.5)
    kept = [part for part in near if part.boundingBox().intersects(main)]
    here = QgsGeometry.fromPointXY(middle)
    nearest = min(near, key=lambda part: part.distance(here))
    return QgsGeometry.unaryUnion([*kept, nearest])


def _layer(shape: QgsGeometry, look: dict[str, str], crs: QgsCoordinateReferenceSystem):
    layer = QgsVectorLayer("MultiPolygon", "inset", "memory")
    layer.setCrs(crs)
    feature = QgsFeature()
    shape.convertToMultiType()
    feature.setGeometry(shape)
    layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(look)))
    return layer
