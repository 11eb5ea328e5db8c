"""The command that runs an algorithm again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
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
    files |= {one.name() for one in algorithm.destinationParameterDefinitions()}
    texts = {}
    for definition in algorithm.parameterDefinitions():
        name = definition.name()
        value = parameters.get(name, definition.defaultValue())
        text = _text(value, context if name in algorithm.SOURCE_PARAMETERS else None)
        if name in files:
            path, bar, rest = text.partition("|")
            text = FOLDERS.sub("", path) + bar + rest
        texts[name] = text
    start, *rest = words_of(algorithm, texts)
    return [start, *map(shlex.quote, rest)]


def words_of(algorithm, texts: Mapping[str, str]) -> list[str]:
    """Return the words of a command that runs an algorithm, not quoted, without what is empty.

    The first are together, as none of them ever needs quotes.
    """
    names = [definition.name() for definition in algorithm.parameterDefinitions()]
    words = [f"--{name}={texts[name]}" for name in names if texts.get(name)]
    return [f"qgis_process run seldomheard:{algorithm.name()}", *words]


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
