"""Which dimensions a layer has, and which algorithm makes those that it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsExpression, QgsFeature, QgsFeatureRequest, QgsVectorLayer

from ...layers.outputs import inherited
from ...layers.specs import whole_names
from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import figures_among
from ..choices import DIMENSIONS
from ..messages import some, tr

NEAR = ("ogr", "memory", "spatialite", "postgres", "mssql", "oracle", "delimitedtext")
VOICE = ("voice_ratio", "voice_shrunk", "voice_class", "voice_observed", "voice_expected")


@dataclass(frozen=True)
class Dimension:
    """A dimension of a layer.

    Attributes:
        id, title: of the dimension.
        there: whether the layer has figures of it, in one area at least.
        words: which, and of when; or that it is missing.
        algorithm: that makes it.
    """

    id: str
    title: str
    there: bool
    words: str
    algorithm: str


def dimensions_of(layer: QgsVectorLayer) -> list[Dimension]:
    """Return what a layer has and lacks; quick, for the main thread.

    By the names of its fields. A dimension whose fields are NULL in every area is missing, as
    nothing could be ranked by it; the data source is asked for the first area that has any. A
    source that may be slow to answer (a web service) is not asked, and its fields believed.
    """
    told, _ = inherited(layer)
    called = {whole: name for name, whole in whole_names(layer).items()}
    names = list(called)
    titles = {
        "ethnicity": tr("Ethnicity"),
        "deprivation": tr("Deprivation"),
        "prevalence": tr("Disease prevalence"),
        "language": tr("Language"),
        "barriers": tr("Other barriers"),
    }
    asked = [((name, titles[name], f"profile{name}"), _fields(names, name)) for name in DIMENSIONS]
    replies = [name for name in names if name.startswith("resp_")]
    voice = [name for name in names if name in VOICE]
    asked.append((("replies", tr("Replies"), "countresponses"), replies))
    asked.append((("voice", tr("Voice"), "measurevoice"), voice))
    return [
        _dimension(layer, told, what, {name: called[name] for name in fields})
        for what, fields in asked
    ]


def _fields(names: Sequence[str], dimension: str) -> list[str]:
    """Return the fields that taxonomies of a dimension make, also averaged over larger places."""
    taxonomies = [one for one in catalogue() if one.dimension == dimension]
    stems = {name: name.removesuffix("_avg") for name in names if not name.startswith("resp_")}
    known = figures_among(dict.fromkeys(stems.values()), taxonomies).titles
    return [name for name, stem in stems.items() if stem in known]


def _dimension(
    layer: QgsVectorLayer,
    told: Mapping[str, Any],
    what: tuple[str, str, str],
    fields: Mapping[str, str],
) -> Dimension:
    """Return one dimension; ``fields`` are its names, and how the layer calls them."""
    name, title, algorithm = what
    if not fields:
        words = {
            "replies": tr("missing: no replies were counted"),
            "voice": tr("missing: replies were not held against those expected"),
        }.get(name, tr("missing"))
        return Dimension(name, title, False, words, algorithm)
    if not _has_any(layer, list(fields.values())):
        words = tr("missing: its fields ({n:,}) are empty in every area").format(n=len(fields))
        return Dimension(name, title, False, words, algorithm)
    return Dimension(name, title, True, _in_words(told, list(fields)), algorithm)


def _in_words(told: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return how many fields are there, and of which tables as far as the layer tells."""
    sources: dict[str, list[str]] = {}
    for one in told.get("sources", ()):
        edition, table = one.get("edition") or "", one.get("table") or ""
        if not edition or not {*fields} & {*one.get("fields", ())}:
            continue
        # without a table's number the title says more, and of when as well
        of = edition if table else str(one.get("title", edition)).removesuffix(f", {edition}")
        tables = sources.setdefault(of, [])
        if table and table not in tables:
            tables.append(table)
    of = [
        tr("{edition} ({tables})").format(edition=edition, tables=", ".join(tables))
        if tables
        else edition
        for edition, tables in sources.items()
    ]
    number = tr("one field") if len(fields) == 1 else tr("{n:,} fields").format(n=len(fields))
    if of:
        return tr("there: {number}, {sources}").format(number=number, sources=some(of, 3))
    return tr("there: {number}").format(number=number)


def _has_any(layer: QgsVectorLayer, fields: Sequence[str]) -> bool:
    """Return whether any area has a value in any of some fields."""
    if layer.providerType() not in NEAR:
        return True
    test = " OR ".join(f"{QgsExpression.quotedColumnRef(name)} IS NOT NULL" for name in fields)
    request = QgsFeatureRequest().setFilterExpression(test)
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes(list(fields), layer.fields())
    request.setLimit(1)
    return bool(layer.getFeatures(request).nextFeature(QgsFeature()))
