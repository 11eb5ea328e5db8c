"""The command that runs an algorithm again.

Files are named without their folders, which are nobody else's business: commands are run in the
folder where the files lie. No password, no server and no postcode is in them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFields,
    QgsMapLayer,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterFileDestination,
    QgsProcessingUtils,
    QgsProperty,
    QgsProviderRegistry,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from ..messages import some, tr
from .names import fresh, is_passing, is_temporary, key_of, without_folders

START = "qgis_process run seldomheard:"
COMMENT = "# "
LAYERS = ("source", "vector", "layer", "multilayer", "raster")  # types of parameters
FILES = ("file", "folder")
QUOTED = re.compile(r"'(?:[^']|'')*'")  # a text in a filter
POSTCODE = re.compile(r"(?i)(?<![a-z0-9])[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}(?![a-z0-9])")


@dataclass
class Told:
    """What a command would say.

    Attributes:
        texts: values of each parameter, outputs too.
        notes: what no command can say.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self, algorithm) -> set[str]:
        """Return what is read, as ``key_of`` tells it."""
        written = {one.name() for one in algorithm.destinationParameterDefinitions()}
        return {key_of(v) for name, vs in self.texts.items() if name not in written for v in vs}


def command_of(algorithm, told: Told, taken: Collection[str]) -> list[str]:
    """Return a command, quoted, whose outputs bear no name that is taken."""
    texts = dict(told.texts)
    for definition in algorithm.destinationParameterDefinitions():
        name = definition.name()
        texts[name] = [fresh(value, taken) for value in texts.get(name, ())]
    start, *words = words_of(algorithm, texts)
    comment = [COMMENT + " ".join(" ".join(told.notes).split())] if told.notes else []
    return [start, *map(shlex.quote, words), *comment]


def words_of(algorithm, texts: Mapping[str, str | Sequence[str]]) -> list[str]:
    """Return the words of a command that runs an algorithm, not quoted, without what is empty.

    The first are together, as none of them ever needs quotes. A parameter of several values stands
    there several times.
    """
    words = [f"{START}{algorithm.name()}"]
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        values = texts.get(name) or ()
        values = [values] if isinstance(values, str) else values
        words += [f"--{name}={value}" for value in values if value]
    return words


def selected_only(parameters) -> bool:
    """Return whether only selected areas of a layer are read, which the command cannot say."""
    return any(getattr(value, "selectedFeaturesOnly", False) for value in parameters.values())


# --- parameters in words


def layers_of(algorithm, parameters, context) -> dict[str, QgsVectorLayer]:
    """Return the layers that may carry commands, by parameter: no tables."""
    found = {}
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        layers = definition.type() in ("source", "vector")
        if layers and parameters.get(name) and name not in algorithm.TABLE_PARAMETERS:
            layer = algorithm.layer_of(name, parameters, context)
            if layer is not None:
                found[name] = layer
    return found


def told_by(
    algorithm,
    parameters,
    context,
    layers: Mapping[str, QgsVectorLayer],
    called: Mapping[str, str],
) -> Told:
    """Return what a command would say.

    Args:
        algorithm: to be run.
        parameters: of the run.
        context: of the run.
        layers: as ``layers_of`` finds them.
        called: what some of them are to be called, by parameter.
    """
    told = Told()
    paths: dict[str, set[str]] = {}
    for definition in algorithm.parameterDefinitions():
        name, kind = definition.name(), definition.type()
        value = parameters.get(name)
        if value is None:  # in models also where nothing is chosen
            value = definition.defaultValue()
        values = value if isinstance(value, (list, tuple)) else [value]
        if definition.isDestination():
            texts = [_destination(algorithm, definition, one, context) for one in values]
        elif kind in LAYERS or name in algorithm.TABLE_PARAMETERS:
            whole = [_whole(one, layers.get(name), context) for one in values]
            texts = [_source(one, name, told.notes, called.get(name, "")) for one in whole]
            told.notes += _left_out(values, name)
            for text, (path, _) in zip(texts, whole):
                paths.setdefault(text, set()).add(path)
        elif kind in FILES or name in algorithm.FILE_PARAMETERS:
            texts = [without_folders(_text(one, context)) for one in values]
        else:
            texts = [_text(one, context) for one in values]
        told.texts[name] = [text for text in texts if text]
    doubles = [text for text, several in paths.items() if text and len(several) > 1]
    if doubles:
        told.notes.append(
            tr("Files of one name lie in several folders: {files}. Rename them first.").format(
                files=some(doubles)
            )
        )
    return told


def _text(value: Any, context) -> str:
    """Return a value as a text."""
    if isinstance(value, QgsProperty):
        value = value.valueAsString(context.expressionContext(), "")[0]
    if value is None or (isinstance(value, QVariant) and value.isNull()):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole(value: Any, layer, context) -> tuple[str, Any]:
    """Return the path of a file, or the layer that a value stands for and its source."""
    if hasattr(value, "source") and not isinstance(value, QgsMapLayer):
        value = value.source  # of a selection
    if isinstance(value, QgsProperty):
        value = value.valueAsString(context.expressionContext(), "")[0]
    if isinstance(value, str) and value:
        if Path(value.partition("|")[0]).is_file():
            return value, layer
        # dialogs name layers by ids, which mean nothing anywhere else
        found = QgsProcessingUtils.mapLayerFromString(value, context, False)
        value = layer or found or value
    if isinstance(value, QgsMapLayer):
        return _in_file(value), value
    return _text(value, context), None


def _in_file(layer: QgsMapLayer) -> str:
    """Return the source of a layer that is in a file, nothing of another one."""
    source = layer.source()
    if layer.providerType() in ("ogr", "gdal") and ":" not in source[2:].partition("|")[0]:
        return source
    if source.startswith(("http", "/vsi")):
        return source
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), source)
    path = str(parts.get("path") or "")
    if not path or not Path(path).is_file():
        return ""
    table = parts.get("layerName")
    subset = layer.subsetString() if isinstance(layer, QgsVectorLayer) else ""
    return path + (f"|layername={table}" if table else "") + (f"|subset={subset}" if subset else "")


def _source(whole: tuple[str, Any], name: str, notes: list[str], called: str) -> str:
    """Return what a command calls a layer or a table by; note what it cannot say of it."""
    path, layer = whole
    if layer is not None and _is_changed(layer):
        notes.append(
            tr(
                "{parameter}: the layer has edits that are not saved, or fields joined or "
                "calculated in the project. Save it as a file of its own first."
            ).format(parameter=name)
        )
    head, bar, where = path.partition("|subset=")
    if bar and any(POSTCODE.search(text) for text in QUOTED.findall(where)):
        where = bar = ""
        notes.append(
            tr("{parameter}: its filter names postcodes, which are not kept. Set it again.").format(
                parameter=name
            )
        )
    if called:
        return called + bar + where
    if is_temporary(path) or (layer is not None and (not path or is_passing(layer))):
        shown = layer.name() if layer is not None else Path(head).name
        notes.append(
            tr("{parameter}: {layer} is in no file that stays. Save it as one first.").format(
                parameter=name, layer=shown
            )
        )
        return shown
    return without_folders(head) + bar + where


def _left_out(values: Sequence[Any], name: str) -> list[str]:
    """Return notes where not all features of a layer are read."""
    notes = []
    if any(getattr(value, "selectedFeaturesOnly", False) for value in values):
        text = tr(
            "{parameter}: only selected features were read. Save them as a layer of their own "
            "first."
        )
        notes.append(text.format(parameter=name))
    if any(getattr(v, "filterExpression", "") for v in values) or any(
        getattr(value, "featureLimit", -1) > 0 for value in values
    ):
        text = tr(
            "{parameter}: features were left out by the filter or limit of the dialog. Save those "
            "that were read as a layer of their own first."
        )
        notes.append(text.format(parameter=name))
    return notes


def _is_changed(layer: QgsMapLayer) -> bool:
    """Return whether a project knows of a layer what its file does not."""
    if not isinstance(layer, QgsVectorLayer):
        return False
    fields, provided = layer.fields(), QgsFields.FieldOrigin.OriginProvider
    made = any(fields.fieldOrigin(at) != provided for at in range(fields.count()))
    return layer.isModified() or made


def _destination(algorithm, definition, value: Any, context) -> str:
    """Return where an output goes to: a file too where it would be gone with the session."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    text = _text(value, context)
    if not text or not is_temporary(text):
        return without_folders(text)
    name = definition.name()
    is_file = isinstance(definition, QgsProcessingParameterFileDestination)
    ending = definition.defaultFileExtension() if is_file else "gpkg"
    return algorithm.name() + ("" if name == "OUTPUT" else f"_{name.lower()}") + f".{ending}"
