"""The command that makes the panel's ranking again, anywhere and without the panel."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsDataSourceUri,
    QgsFields,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)

from ...layers.errors import InputError
from ...layers.outputs import inherited
from ..base import is_file
from ..choices import AMONG
from ..history.command import words_of
from ..messages import some, tr
from ..ranking import schemes
from ..ranking.reading import CAUTION
from ..ranking.scheme_edits import Changes
from .names import likely_names
from .settings import Settings

NOWHERE_ELSE = ("memory", "virtual")  # providers of layers that only this project has
# a text in a filter, or a field in double quotes that needs none
QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?P<name>[A-Za-z_]\w*)\"""")


def command_of(
    layer: QgsVectorLayer,
    settings: Settings,
    project: QgsProject,
    output: str = "",
    windows: bool = os.name == "nt",
) -> str:
    """Return the ``qgis_process`` command that makes the same ranking; on the main thread.

    Args:
        layer: the areas, all of them: a selection does not count.
        settings: of the panel.
        project: in which a reference layer is.
        output: the file to write; beside the areas when left out.
        windows: whether it is for the shell of Windows.

    Raises:
        InputError: where no command can: what is ranked is in no file.
    """
    from ..find.findseldomheard import FindSeldomHeard

    algorithm = FindSeldomHeard().create()
    scheme = schemes.load(settings.scheme)
    _refuse_made_here(layer, settings, scheme)
    texts = {name: str(value) for name, value in settings.parameters().items()}
    texts[algorithm.INPUT] = source_of(layer)
    if settings.among == AMONG[2]:
        _refuse_untold(layer)
    if settings.reference:
        reference = project.mapLayer(settings.reference)
        if not isinstance(reference, QgsVectorLayer):
            raise InputError(tr("The layer to rank among is no longer in the project."))
        texts[algorithm.REFERENCE] = source_of(reference)
    if settings.scheme not in schemes.shipped():
        texts[algorithm.SCHEME] = os.path.abspath(settings.scheme)
    texts[algorithm.CHANGES] = Changes.parse(settings.changes).tidied(scheme).text
    texts[algorithm.NAME_FIELD] = settings.names or likely_names(layer)
    texts[algorithm.OUTPUT] = os.path.abspath(output) if is_file(output) else output
    if not output:
        texts[algorithm.OUTPUT] = str(_beside(layer))
    start, *words = words_of(algorithm, texts)
    return " ".join([start, *map(_quoted if windows else shlex.quote, words)])


def source_of(layer: QgsVectorLayer) -> str:
    """Return what a command calls a layer by, with its filter, without any password.

    Raises:
        InputError: for a layer of this project only, or with edits that are not saved.
    """
    provider, source = layer.providerType(), layer.source()
    if provider in NOWHERE_ELSE:
        raise InputError(
            tr(
                "The layer {layer} is only in this project, where a command cannot read it. Export "
                "it to a GeoPackage, and explore that."
            ).format(layer=layer.name())
        )
    if layer.isModified():
        raise InputError(
            tr(
                "The layer {layer} has edits that are not saved, which a command would not see. "
                "Save them first."
            ).format(layer=layer.name())
        )
    source = QgsDataSourceUri.removePassword(source)
    if provider != "ogr":
        return QgsProcessingUtils.encodeProviderKeyAndUri(provider, source)
    path = _path_of(layer)
    if path and source.startswith(path) and not path.startswith("/vsi"):
        return os.path.abspath(path) + source[len(path) :]
    return source


# --- where no command can


def _refuse_made_here(layer: QgsVectorLayer, settings: Settings, scheme: Any) -> None:
    """Raise where fields that count are joined or calculated in the project."""
    fields, provided = layer.fields(), QgsFields.FieldOrigin.OriginProvider
    made = {f.name() for at, f in enumerate(fields) if fields.fieldOrigin(at) != provided}
    counting = sorted(made & {*_named(scheme), settings.names, settings.code_field})
    if counting:
        raise InputError(
            tr(
                "These fields are joined or calculated in this project, where a command cannot "
                "read them: {fields}. Export the layer to a GeoPackage, and explore that."
            ).format(fields=some(counting))
        )


def _named(value: Any) -> Iterable[str]:
    """Yield all keys and texts of a scheme, the names of its fields among them."""
    yield CAUTION
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _named(one)


def _refuse_untold(layer: QgsVectorLayer) -> None:
    """Raise where the file does not tell the editions that national ranks are known by."""
    told, _ = inherited(layer)
    fresh = QgsVectorLayer(layer.source(), layer.name(), layer.providerType())
    kept, _ = inherited(fresh)
    if told.get("sources") != kept.get("sources"):
        raise InputError(
            tr(
                "The file of {layer} does not say of which editions its figures are, so that a "
                "command could not rank among the nation. Profile the areas into a GeoPackage."
            ).format(layer=layer.name())
        )


# --- words


def _path_of(layer: QgsVectorLayer) -> str:
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return str(parts.get("path") or "")


def _beside(layer: QgsVectorLayer) -> Path:
    """Return a file for the output: in the folder of the areas, where that is one."""
    path = Path(_path_of(layer))
    folder = path.parent.absolute() if path.is_file() else Path.home()
    return folder / f"{path.stem or 'areas'}_ranked.gpkg"


def _quoted(word: str) -> str:
    """Return a word in double quotes, for Windows, which knows no way to have one inside.

    Raises:
        InputError: for a filter that cannot do without.
    """
    head, bar, where = word.partition("|subset=")
    text = head + bar + QUOTED.sub(lambda found: found["name"] or found[0], where)
    if '"' in text:
        raise InputError(
            tr(
                "The filter of the layer has double quotes, which the shell of Windows does not "
                "take. Export the areas to a GeoPackage, and explore that."
            )
        )
    ending = len(text) - len(text.rstrip("\\"))
    return f'"{text}{ending * chr(92)}"'
