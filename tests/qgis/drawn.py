"""Maps drawn and compared with pictures of how they should look.

What could vary is pinned: figures (formulas, no random numbers), locale, font, date, resolution.
Pictures are compared after a blur of a pixel, so that an edge that is smoothed in another way is no
difference; then a pixel counts as different when any of its channels is off by more than ``OFF``
of 255, which is less than between any two neighbours among the colours of a view. At 72 dots an
inch a map on A4 has 501,000 pixels, and a box of its legend 240.

How much may differ is counted in millionths. On the QGIS that drew the pictures (``DRAWN_BY``) a
map drawn twice is the same to the last pixel, and ``ALLOWED`` is a tenth of a box of the legend.
Later ones set the texts of labels and legends with a renderer of their own: up to 6 % of the pixels
differ, all of them in texts and in boxes beside them. There only the map and the inset are
compared, where names and ranks alone are set in another way (1,100 at most): ``ALLOWED_ELSEWHERE``.

Set SELDOM_HEARD_REDRAW=1 to draw the pictures anew, and look at every one before it is kept.
"""

from __future__ import annotations

import math
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from qgis.core import Qgis, QgsFeature, QgsField, QgsGeometry, QgsPointXY, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtGui import QFont, QFontInfo, QImage

from .helpers import ROOT, SAMPLE, open_layer, run, save_layer

FOLDER = Path(__file__).resolve().parent / "drawn"
FAILED = ROOT / "build" / "drawn"  # what was drawn, and where it differs
REDRAW = "SELDOM_HEARD_REDRAW"
FONT = "DejaVu Sans"
DPI = 72
DAY = "Map made on 1 May 2026"
OFF = 24
DRAWN_BY = 322  # QGIS 3.22
ALLOWED = 50
ALLOWED_ELSEWHERE = 2000
STEP = 8  # of the colours that are kept: far below OFF, and the files are half as large


class Pins:
    """What is drawn with what cannot vary."""

    def __init__(self, folder: Path, monkeypatch):
        from seldom_heard.layers import symbols
        from seldom_heard.layers.paper import layouts

        if QFontInfo(QFont(FONT)).family() != FONT:
            pytest.skip(f"the font {FONT} is not installed (scripts/setup.sh installs it)")
        self.folder = folder
        own = folder / "layouts"
        own.mkdir()
        for template in layouts.TEMPLATE_FOLDER.glob("map_*.qpt"):
            text = template.read_text(encoding="utf-8")
            assert "Arial" in text
            (own / template.name).write_text(text.replace("Arial", FONT), encoding="utf-8")
        monkeypatch.setattr(layouts, "TEMPLATE_FOLDER", own)
        monkeypatch.setattr(layouts, "date_line", lambda: DAY)
        monkeypatch.setattr(symbols, "FONT", FONT)

    def draw(self, name: str, **parameters) -> Path:
        """Export a map as a picture."""
        path = self.folder / f"{name}.png"
        run("exportmap", OUTPUT=path, **{"DPI": DPI, **parameters})
        return path

    def check(self, name: str, **parameters) -> None:
        """Draw a map and compare it with the picture of this name; or draw that anew."""
        path = self.draw(name, **parameters)
        if os.environ.get(REDRAW):
            FOLDER.mkdir(exist_ok=True)
            _save(_pixels(path) // STEP * STEP + STEP // 2, FOLDER / path.name)
            pytest.skip(f"drawn anew: look at {FOLDER / path.name}")
        compare(path, FOLDER / path.name, boxes(parameters.get("PAPER", "A4")))

    def check_changed(self, name: str, least: int, **parameters) -> None:
        """Draw a map that must differ from the picture of this name; where texts count, skip."""
        if not drawn_here():
            pytest.skip("texts are not compared on this QGIS: it sets them in another way")
        path = self.draw("changed", **parameters)
        assert millionths(path, FOLDER / f"{name}.png") > least


def drawn_here() -> bool:
    """Return whether this is the QGIS that the pictures were drawn with."""
    return Qgis.QGIS_VERSION_INT // 100 == DRAWN_BY


def boxes(paper: str) -> list[tuple[float, ...]]:
    """Return where the map and the inset of a template stand: left, top, width and height in mm."""
    from seldom_heard.layers.paper import layouts

    found = []
    for item in re.findall(r"<LayoutItem [^>]*>", layouts.own_template(paper).read_text("utf-8")):
        told = dict(re.findall(r' (id|position|size)="([^"]*)"', item))
        if told["id"] in ("map", "inset"):
            numbers = [*told["position"].split(",")[:2], *told["size"].split(",")[:2]]
            found.append(tuple(map(float, numbers)))
    assert len(found) == 2
    return found


def compare(got: Path, want: Path, shown: list[tuple[float, ...]]) -> None:
    """Raise where two pictures differ by more than is allowed; keep what was drawn, and where.

    Args:
        got: what was drawn.
        want: how it should look.
        shown: the boxes that are compared on another QGIS than the pictures were drawn with.
    """
    assert want.is_file(), f"there is no {want.name}: draw it with {REDRAW}=1"
    allowed = ALLOWED if drawn_here() else ALLOWED_ELSEWHERE
    parts = millionths(got, want, None if drawn_here() else shown)
    if parts <= allowed:
        return
    FAILED.mkdir(parents=True, exist_ok=True)
    shutil.copy(got, FAILED / f"{want.stem}-got.png")
    shutil.copy(want, FAILED / f"{want.stem}-want.png")
    _save_difference(got, want, FAILED / f"{want.stem}-difference.png")
    message = f"{want.name} on QGIS {Qgis.QGIS_VERSION}: {parts} millionths of the pixels differ"
    raise AssertionError(f"{message}, {allowed} are allowed; see {FAILED}")


def millionths(one: Path, other: Path, shown: list[tuple[float, ...]] | None = None) -> int:
    """Return how many of a million pixels differ, of the boxes if there are any.

    All of them do where the sizes do.
    """
    a, b = _pixels(one), _pixels(other)
    if a.shape != b.shape:
        return 1_000_000
    differs = _differs(a, b)
    if shown is None:
        return round(1e6 * float(differs.mean()))
    parts = []
    for left, top, width, height in shown:
        x, y, w, h = (round(mm / 25.4 * DPI) for mm in (left, top, width, height))
        parts.append(differs[y : y + h, x : x + w].ravel())
    return round(1e6 * float(np.concatenate(parts).mean()))


def _differs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.abs(gaussian_filter(a, (1, 1, 0)) - gaussian_filter(b, (1, 1, 0))).max(axis=2) > OFF


def _pixels(path: Path) -> np.ndarray:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull(), path
    width, height, line = image.width(), image.height(), image.bytesPerLine()
    raw = np.frombuffer(image.constBits().asstring(line * height), dtype=np.uint8)
    return raw.reshape(height, line)[:, : 3 * width].reshape(height, width, 3).astype(float)


def _save_difference(got: Path, want: Path, path: Path) -> None:
    a, b = _pixels(got), _pixels(want)
    if a.shape != b.shape:
        return
    shown = 0.3 * a + 178
    shown[_differs(a, b)] = (255, 0, 0)
    _save(shown, path)


def _save(pixels: np.ndarray, path: Path) -> None:
    height, width, _ = pixels.shape
    data = np.ascontiguousarray(pixels.astype(np.uint8)).tobytes()
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    assert image.save(str(path), "PNG", 0), path  # 0: the smallest file


def recoloured(path: Path, colour: tuple[int, int, int], left: float) -> Path:
    """Return the picture with a colour turned round, right of so much of its width."""
    shown = _pixels(path).astype(np.uint8)
    part = shown[:, round(left * shown.shape[1]) :]
    part[(part == colour).all(axis=2)] = colour[::-1]
    changed = path.with_name(f"{path.stem}-recoloured.png")
    _save(shown, changed)
    return changed


# --- what is drawn

SOURCES = (
    ("English Indices of Deprivation 2025 (File 7)", ("dep_imd_decile", "sh_need"), None),
    ("Census 2021: TS029", ("lang_low_english_pct",), "none"),
    ("Replies, invented", ("voice_class", "voice_shrunk", "voice_q", "sh_voice"), "nhs"),
)


def figures(at: int, n: int, replies: bool) -> dict[str, object]:
    """Return made-up figures of an area by its number: waves, no random numbers."""
    wave = 0.5 + 0.5 * math.sin(at * 0.7)
    other = 0.5 + 0.5 * math.cos(at * 1.3)
    rank = at * 37 % n + 1
    tier = "robust" if rank <= 14 else "contestable" if rank <= 34 else "not a priority"
    classes = ("much lower", "lower", "as expected", "as expected", "higher", "too few to say")
    spots = ("high-high", "low-low", "not significant", "not significant", "high-low")
    told: dict[str, object] = {
        "sh_score": 1 - rank / n,
        "sh_rank": rank,
        "sh_p_top": 0.9 if rank <= 20 else 0.3,
        "sh_tier": tier,
        "sh_flag": int(rank % 9 == 0),
        "sh_need": None if at == 5 else wave,
        "dep_imd_decile": at % 10 + 1,
        "eth_minority_pct": 60 * other,
        "lang_low_english_pct": None if at % 40 == 3 else 12 * wave,
        "prev_dm_pct": 4 + 6 * other,
        "barrier_hh_no_car_pct": 70 * wave,
        "cluster_class": spots[at % 5],
        "bench_class": ("lower", "as expected", "higher")[at % 3],
    }
    if replies:
        told["sh_voice"] = other
        told["voice_class"] = classes[at % 6]
        told["voice_shrunk"] = 60 + 90 * other
        told["voice_q"] = 0.01 if at % 12 == 0 else 0.4
    return told


def city(folder: Path, replies: bool = True) -> Path:
    """Return the areas of the sample city with made-up figures and the sources of these."""
    from seldom_heard.layers import outputs

    areas = open_layer(SAMPLE / "areas.gpkg")
    rows = sorted(areas.getFeatures(), key=lambda row: row["LSOA21CD"])
    kinds = {int: QVariant.Type.Int, float: QVariant.Type.Double, str: QVariant.Type.String}
    made = QgsVectorLayer("MultiPolygon?crs=EPSG:27700", "city", "memory")
    sample = figures(0, len(rows), replies)
    fields = [QgsField(name, kinds[type(value)]) for name, value in sample.items()]
    made.dataProvider().addAttributes([QgsField("LSOA21CD", QVariant.Type.String), *fields])
    made.updateFields()
    features = []
    for at, row in enumerate(rows):
        feature = QgsFeature(made.fields())
        feature.setGeometry(row.geometry())
        told = figures(at, len(rows), replies)
        feature.setAttributes([row["LSOA21CD"], *told.values()])
        features.append(feature)
    made.dataProvider().addFeatures(features)
    path = save_layer(made, folder / ("heard.gpkg" if replies else "silent.gpkg"))
    outputs.dress(open_layer(path), {}, ["score"], provenance(replies, len(rows)), {})
    return path


def provenance(replies: bool, n: int) -> dict:
    """Return what the areas tell of their figures."""
    sources = [
        {"title": title, "fields": list(fields), "suppression": rule, "note": f"On {title}.",
         "attribution": "Source: invented for tests, under no licence"}
        for title, fields, rule in SOURCES
        if replies or "voice_class" not in fields
    ]  # fmt: skip
    pillar = {"id": "need", "indicators": [{"fields": ["sh_need"]}]}
    ranking = {"voice": replies, "areas": n, "method": "Ranks made up for tests of maps."}
    return {"sources": sources, "ranking": {**ranking, "scheme": {"pillars": [pillar]}}}


def venues(areas: Path, planned: bool = True) -> QgsVectorLayer:
    """Return a dozen venues, three of them close together, as planvenues writes them."""
    kinds = "field=name:string&field=venue_chosen:integer&field=venue_order:integer"
    kinds += "&field=venue_kept:integer"
    layer = QgsVectorLayer(f"Point?crs=EPSG:27700&{kinds}", "venues", "memory")
    box = open_layer(areas).extent()
    features = []
    for at in range(14):
        share = (0.25 + 0.5 * (at * 7 % 12) / 12, 0.2 + 0.6 * (at * 5 % 12) / 12)
        share = (0.5 + at / 1000, 0.5) if at in (2, 3, 4) else share
        x, y = box.xMinimum() + share[0] * box.width(), box.yMinimum() + share[1] * box.height()
        feature = QgsFeature(layer.fields())
        feature.setGeometry(_point(x, y))
        feature.setAttributes([f"Hall {chr(65 + at)} & Café", int(at < 12), at + 1, int(at < 2)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    if not planned:
        layer.dataProvider().deleteAttributes([1, 2, 3])
        layer.updateFields()
    return layer


def _point(x: float, y: float):
    return QgsGeometry.fromPointXY(QgsPointXY(x, y))


def relief(folder: Path) -> Path:
    """Return a raster of stripes under the city, in degrees."""
    from osgeo import gdal, osr

    path = folder / "relief.tif"
    source = gdal.GetDriverByName("GTiff").Create(str(path), 400, 300, 3)
    source.SetGeoTransform((-0.6, 1.0 / 400, 0, 53.5, 0, -0.5 / 300))
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    source.SetProjection(system.ExportToWkt())
    x, y = np.meshgrid(np.arange(400), np.arange(300))
    stripes = np.where((x + y) // 20 % 2, 235, 200).astype("u1")
    for band, part in ((1, 1.0), (2, 1.0), (3, 0.8)):
        source.GetRasterBand(band).WriteArray((stripes * part).astype("u1"))
    source = None
    return path
