"""The command that runs an algorithm again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingOutputLayerDefinition, QgsProperty, QgsVectorLayer


def again(algorithm, parameters) -> str:
    """Return the ``qgis_process`` command with the same parameters.

    Files are named without their folders, which are nobody else's business: run it where they lie.
    """
    words = ["qgis_process", "run", f"seldomheard:{algorithm.name()}"]
    for definition in algorithm.parameterDefinitions():
        text = _text(parameters.get(definition.name()))
        if text and text != str(definition.defaultValue()):
            words.append(shlex.quote(f"--{definition.name()}={text}"))
    return " ".join(words)


def _text(value: Any) -> str:
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if hasattr(value, "source") and not isinstance(value, QgsVectorLayer):
        value = value.source  # of a selection
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    if isinstance(value, QgsVectorLayer):
        value = value.source() if value.providerType() == "ogr" else value.name()
    if value is None:
        return ""
    path, bar, rest = str(value).partition("|")
    return f"{Path(path).name if '/' in path or chr(92) in path else path}{bar}{rest}"
