"""A made-up city for tests of the panel: squares in a row of rows, with figures and replies."""

from __future__ import annotations

import numpy as np
from qgis.core import QgsFeature, QgsField, QgsGeometry, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant

SIDE = 1000.0
NUMBERS = (
    *("eth_total", "eth_asian_n", "eth_white_n", "eth_asian_pct", "eth_white_pct"),
    *("dep_exhealth_score", "dep_core20", "lang_total", "lang_low_english_n"),
    *("lang_low_english_pct", "lang_low_english_pct_lo", "lang_low_english_pct_hi"),
    *("barrier_hh_no_car_pct", "barrier_disabled_lot_pct", "prev_dm_pct", "prev_copd_pct"),
    *("voice_observed", "voice_expected", "voice_ratio", "voice_ratio_lo", "voice_ratio_hi"),
    "voice_shrunk",
)


def figures(areas: int, seed: int = 7) -> dict[str, np.ndarray]:
    """Return made-up figures by field, all of them known."""
    random = np.random.RandomState(seed)
    people = random.randint(900, 2500, areas).astype(float)
    asian = random.binomial(people.astype(int), random.beta(1, 6, areas)).astype(float)
    low = random.binomial((people * 0.96).astype(int), random.beta(1, 25, areas)).astype(float)
    spoken = (people * 0.96).astype(int).astype(float)
    expected = 25 * people / people.mean()
    observed = random.poisson(expected * random.gamma(4, 0.25, areas)).astype(float)
    share = 100 * low / spoken
    return {
        "eth_total": people,
        "eth_asian_n": asian,
        "eth_white_n": people - asian,
        "eth_asian_pct": 100 * asian / people,
        "eth_white_pct": 100 * (people - asian) / people,
        "dep_exhealth_score": random.gamma(2, 10, areas),
        "dep_core20": (random.random_sample(areas) < 0.2).astype(float),
        "lang_total": spoken,
        "lang_low_english_n": low,
        "lang_low_english_pct": share,
        "lang_low_english_pct_lo": share * 0.8,
        "lang_low_english_pct_hi": share * 1.2,
        "barrier_hh_no_car_pct": random.uniform(5, 60, areas),
        "barrier_disabled_lot_pct": random.uniform(3, 15, areas),
        "prev_dm_pct": random.normal(7, 2, areas),
        "prev_copd_pct": random.normal(2, 0.4, areas),
        "voice_observed": observed,
        "voice_expected": expected,
        "voice_ratio": 100 * observed / expected,
        "voice_ratio_lo": 60 * observed / expected,
        "voice_ratio_hi": 150 * observed / expected,
        "voice_shrunk": 100 * (observed + 4) / (expected + 4),
    }


def city(areas: int = 40, replies: bool = True, name: str = "Made-up city") -> QgsVectorLayer:
    """Return a layer in memory: squares with codes, names and figures."""
    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:27700", name, "memory")
    known = {k: v for k, v in figures(areas).items() if replies or not k.startswith("voice_")}
    fields = [QgsField("LSOA21CD", QVariant.String), QgsField("LSOA21NM", QVariant.String)]
    fields += [QgsField(one, QVariant.Double) for one in known]
    if replies:
        fields.append(QgsField("voice_class", QVariant.String))
    layer.dataProvider().addAttributes(fields)
    layer.updateFields()
    width = int(np.ceil(np.sqrt(areas)))
    features = []
    for at in range(areas):
        x, y = SIDE * (at % width), SIDE * (at // width)
        feature = QgsFeature(layer.fields())
        square = QgsGeometry.fromRect(QgsRectangle(x, y, x + SIDE, y + SIDE))
        square.convertToMultiType()
        feature.setGeometry(square)
        values = [f"E0100{at:04d}", f"Place {at:03d}A"]
        values += [float(column[at]) for column in known.values()]
        if replies:
            few = known["voice_expected"][at] < 15
            lower = known["voice_ratio"][at] < 70
            values.append("too few to say" if few else "lower" if lower else "as expected")
        feature.setAttributes(values)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    return layer
