"""The command that runs an algorithm again."""

from __future__ import annotations

import re
import shlex
from typing import Any

from qgis.core import (
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProperty,
    QgsVectorLayer,
)

FOLDERS = re.compile(r"[^'\"]*[/\\]")  # of a path, also one within a source's text


def again(algorithm, parameters, context) -> list[str]:
    """Return the words of the ``qgis_process`` command that runs it again, defaults written out.

    Files are named without their folders, which are nobody else's business: run it where they lie.
    Call it on the thread that owns the layers.
    """
    files = {*algorithm.SOURCE_PARAMETERS, *algorithm.FILE_PARAMETERS}
    words = [f"qgis_process run seldomheard:{algorithm.name()}"]
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        value = parameters.get(name, definition.defaultValue())
        text = _text(value, context if name in algorithm.SOURCE_PARAMETERS else None)
        if name in files or definition.isDestination():
            path, bar, rest = text.partition("|")
            text = FOLDERS.sub("", path) + bar + rest
        if text:
            words.append(shlex.quote(f"--{name}={text}"))
    return words


def selected_only(parameters) -> bool:
    """Return whether only selected areas of a layer are read, which the command cannot say."""
    return any(getattr(value, "selectedFeaturesOnly", False) for value in parameters.values())


def _text(value: Any, context) -> str:
    """Return a value as a text; of layers, which have a context, their source."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if hasattr(value, "source") and not isinstance(value, QgsVectorLayer):
        value = value.source  # of a selection
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    if context and isinstance(value, str) and value:
        # dialogs name layers by ids, which mean nothing anywhere else
        value = QgsProcessingUtils.mapLayerFromString(value, context, False) or value
    if isinstance(value, QgsVectorLayer):
        value = value.source() if value.providerType() == "ogr" else value.name()
    return "" if value is None else str(value)
