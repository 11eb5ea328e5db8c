"""A session that is told what to show, for tests of the panel's pages."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QSize, QTranslator, pyqtSignal
from seldom_heard.processing.explore.dots import Dot
from seldom_heard.processing.ranking.people import Outside

from .listed import Standing, tested
from .made_up import city


class FakeSession(QObject):
    """Has the signals and the state of a session, and the areas it is given."""

    layer_changed = pyqtSignal()
    settings_changed = pyqtSignal()
    moved = pyqtSignal()
    tested = pyqtSignal()
    area_chosen = pyqtSignal(int)
    busy = pyqtSignal(str, float)
    rested = pyqtSignal()
    failed = pyqtSignal(str)
    view_changed = pyqtSignal()

    def __init__(self):
        super().__init__()
        self.project = QgsProject.instance()
        self.layer = self.exploration = self.standing = self.ranking = self.shown = None
        self.row = -1

    def choose(self, row):
        if row != self.row:
            self.row = row
            self.area_chosen.emit(row)

    def listened(self):
        """Return how many slots listen, by signal."""
        names = ("layer_changed", "settings_changed", "moved", "tested", "area_chosen")
        return {name: self.receivers(getattr(self, name)) for name in names}

    def take(self, layer, with_copy=True):
        """Explore a layer of ``made_up.city``."""
        self.standing = self.ranking = None
        features = [*layer.getFeatures()]
        self.layer = layer
        self.exploration = SimpleNamespace(
            ids=[one.id() for one in features],
            codes=[one["LSOA21CD"] for one in features],
            names=[one["LSOA21NM"] for one in features],
            numbers=pd.DataFrame({"eth_total": [one["eth_total"] for one in features]}),
            aliases={},
            inherited={},
        )
        if with_copy:
            self.shown = FakeShown(layer)
        self.layer_changed.emit()

    def rank(self, scores, top=4):
        """Rank the areas at once, by these scores."""
        self.standing = Standing(scores, top)
        self.standing.title = "Potentially seldom heard areas"
        people = self.exploration.numbers["eth_total"]
        inside = float(people[self.standing.in_top].sum())
        self.standing.outside = [Outside("people in need", inside / 4, float(people.sum()) / 5, 2)]
        self.ranking = None
        self.moved.emit()

    def test(self):
        """Test the ranking on show."""
        self.ranking = tested(self.standing.ranks, ["robust"] * len(self.standing.ranks))
        self.tested.emit()

    def lose(self):
        """Let go of the layer."""
        self.layer = self.exploration = self.standing = self.ranking = self.shown = None
        self.choose(-1)
        self.layer_changed.emit()
        self.moved.emit()


class FakeShown:
    """A copy whose features have other ids than the layer's, in the order of rows."""

    def __init__(self, layer):
        self.layer = layer.materialize(QgsFeatureRequest())
        self._ids = sorted(one.id() for one in self.layer.getFeatures())

    @property
    def is_gone(self):
        return sip.isdeleted(self.layer)

    def rows_of(self, ids):
        return [self._ids.index(one) for one in ids if one in self._ids]

    def feature_id(self, row):
        return self._ids[row]


class Map(QgsMapCanvas):
    """A map that tells what blinked."""

    def __init__(self):
        super().__init__()
        self.flashed = []
        self.resize(QSize(400, 400))
        self.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:27700"))
        self.setExtent(QgsRectangle(0, 0, 6000, 6000))

    def flashGeometries(self, geometries, crs, *_others):
        self.flashed += [one.boundingBox().center() for one in geometries]


class Iface:
    """What the pages ask of QGIS."""

    def __init__(self, canvas):
        self._canvas = canvas

    def mapCanvas(self):
        return self._canvas


class HandOver:
    """Notes the rows that are handed on."""

    def __init__(self):
        self.saved = []

    def save_list(self, rows):
        self.saved.append(rows)


class Longer(QTranslator):
    """Makes all texts of the plugin 40 % longer, as German ones are."""

    def translate(self, context, text, disambiguation=None, n=-1):
        if context != "SeldomHeard":
            return ""
        return " ".join(self._longer(word) for word in text.split(" "))

    @staticmethod
    def _longer(word):
        if {*word} & {*"{}$%"}:  # what is filled in stays
            return word
        return word + "e" * max(1, round(0.4 * len(word)))

    def isEmpty(self):
        return False


def made_up_city(areas=36):
    return city(areas)


def falling(areas=36):
    """Return scores by which the first area is the first."""
    return [1 - at / areas for at in range(areas)]


def dot(**other):
    """Return a figure of a card."""
    words = "Low English: 30.0 % (95 % limits 25.0 % to 36.0 %)."
    told = {
        "title": "Low English",
        "value": 30.0,
        "low": 25.0,
        "high": 36.0,
        "city": 10.0,
        "nation": 5.0,
        "nation_title": "England",
        "least": 0.0,
        "most": 100.0,
        "unit": "%",
        "decimals": 1,
        "words": words,
        "city_title": "All areas of the layer together",
    }
    return Dot(**{**told, **other})
