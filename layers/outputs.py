"""What goes with a written layer: its style, aliases and where its figures come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from qgis.core import QgsVectorLayer

from . import styles
from .geopackage import has_styles
from .specs import PROVENANCE


def dress(
    layer: QgsVectorLayer,
    aliases: Mapping[str, str],
    views: Sequence[str],
    provenance: Mapping[str, object],
    cut: Mapping[str, str],
) -> str:
    """Style a layer, give its fields their aliases, and save both with the file.

    Args:
        aliases: field name to title in words.
        views: styles to save, the first that applies as the default.
        cut: field names that the file keeps shorter, whole to short.
        provenance: sources, method and settings of the figures, kept as a custom property.

    Returns:
        In words, what was saved where.
    """
    if cut:
        layer.setCustomProperty(styles.CUT_NAMES, json.dumps({v: k for k, v in cut.items()}))
    layer.setCustomProperty(PROVENANCE, json.dumps(provenance, ensure_ascii=False))
    styles.set_aliases(layer, {cut.get(name, name): text for name, text in aliases.items()})
    return styles.save_styles(layer, views)


def inherited(layer: QgsVectorLayer) -> tuple[dict, dict[str, str]]:
    """Return the provenance and the aliases that ``dress`` kept with a layer or its file."""
    file = layer.providerType() == "ogr" and layer.storageType() != "GPKG"
    beside = file and Path(layer.styleURI()).is_file()
    if not layer.customProperty(PROVENANCE) and (beside or has_styles(layer)):
        # opened without its default style, as qgis_process does
        layer = QgsVectorLayer(layer.source(), layer.name(), layer.providerType())
        layer.loadDefaultStyle()
    aliases = {field.name(): field.alias() for field in layer.fields() if field.alias()}
    try:
        told = dict(json.loads(layer.customProperty(PROVENANCE) or "{}"))
        short = {
            v: k for k, v in json.loads(layer.customProperty(styles.CUT_NAMES) or "{}").items()
        }
    except ValueError:
        return {}, aliases
    for source in told.get("sources", []):
        source["fields"] = [short.get(name, name) for name in source.get("fields", ())]
    return told, aliases


def remove(destination: str, only_layer: bool) -> None:
    """Delete what was left half written: a layer of a database, or a file with its kin."""
    path, _, rest = str(destination).partition("|layername=")
    if only_layer:
        _drop_layer(path, rest.split("|")[0])
        return
    path = Path(path)
    if not path.is_file():
        return
    endings = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qmd", ".qix")
    together = [path.with_suffix(e) for e in endings] if path.suffix.lower() == ".shp" else [path]
    extra = [Path(f"{path}{ending}") for ending in ("-wal", "-shm", "-journal")]
    for file in (*together, *extra):
        file.unlink(missing_ok=True)


def _drop_layer(path: str, name: str) -> None:
    from osgeo import gdal

    source = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_UPDATE)
    if source is None:
        return
    for number in range(source.GetLayerCount()):
        if source.GetLayer(number).GetName() == name:
            source.DeleteLayer(number)
            break
