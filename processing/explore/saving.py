"""What the panel keeps in files: a changed scheme, a list of areas."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

from ...layers.errors import Cancelled, InputError
from ..messages import tr
from ..ranking import schemes
from ..ranking.scheme_checks import check


class ListFile:
    """Some areas of a ranked layer on their way to a file, by ``exportlist``.

    Made on the main thread, which owns the layer; ``make`` may run on any other.
    """

    def __init__(
        self,
        layer: QgsVectorLayer,
        ids: Sequence[int],
        path: Path,
        rule: str,
        names: str,
        project: QgsProject,
    ) -> None:
        """Take what is needed of the layer.

        Args:
            layer: the ranked areas.
            ids: features of it to write.
            path: where to, CSV or XLSX by its ending.
            rule: how small counts are hidden.
            names: field with the names of areas, empty for codes.
            project: of the layer.

        Raises:
            InputError: when the algorithm refuses them.
        """
        from ..plan.exportlist import ExportList

        self._part = _part_of(layer, ids)
        self._asked = {"INPUT": self._part, "OUTPUT": str(path), "SUPPRESSION": rule}
        if names:
            self._asked["NAME_FIELD"] = names
        self._context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
        self._context.setProject(project)
        self._algorithm = ExportList().create()
        fine, problem = self._algorithm.checkParameterValues(self._asked, self._context)
        if not fine:
            raise InputError(problem)
        if not self._algorithm.prepare(self._asked, self._context, feedback):
            raise QgsProcessingException(tr("The list cannot be written."))

    def make(self, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Write the file; return what the algorithm returns.

        Raises:
            Cancelled: when it was stopped; nothing is written then.
            QgsProcessingException: when it cannot be written.
        """
        done: dict[str, Any] = self._algorithm.runPrepared(self._asked, self._context, feedback)
        if feedback.isCanceled():
            raise Cancelled
        return done


def _part_of(layer: QgsVectorLayer, ids: Sequence[int]) -> QgsVectorLayer:
    """Return a copy of some features, with all that is known of their figures."""
    part = layer.materialize(QgsFeatureRequest().setFilterFids(list(ids)))
    part.setName(layer.name())
    part.setCustomProperties(layer.customProperties())
    for at, field in enumerate(layer.fields()):
        if field.alias():
            part.setFieldAlias(at, field.alias())
    return part


def save_scheme(raw: Mapping[str, Any], path: Path, changes: str = "") -> Path:
    """Write a scheme as one of the user's own, whole or not at all.

    Args:
        raw: the scheme as it is now, its changes applied.
        path: where to; the name of the file becomes id and title.
        changes: what was changed, told in the explanation.

    Returns:
        The file, its ending put right.

    Raises:
        InputError: when the name is taken or the place cannot be written.
    """
    from ...layers.reports import write_whole

    if path.suffix.lower() != ".json":
        path = path.with_name(f"{path.name}.json")
    name = _id_of(path)
    if name in schemes.shipped() or path.resolve().parent == schemes.HOME:
        raise InputError(
            tr(
                "A scheme that comes with the plugin is called {name}; give yours another name, "
                "outside the folder of the plugin."
            ).format(name=name)
        )
    own = {**raw, "id": name, "title": _title_of(path), "explanation": _explained(raw, changes)}
    check(own)
    write_whole(path, json.dumps(own, ensure_ascii=False, indent=2) + "\n")
    return path


def _explained(raw: Mapping[str, Any], changes: str) -> str:
    before = str(raw.get("explanation", ""))
    if not changes:
        return before
    return tr("Made from “{title}” with these changes: {changes}. {explanation}").format(
        title=raw.get("title") or raw.get("id", ""), changes=changes, explanation=before
    )


def _id_of(path: Path) -> str:
    """Return the name of a file in small letters, digits and underscores."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "own"


def _title_of(path: Path) -> str:
    words = re.sub(r"[\s_-]+", " ", path.stem).strip()
    return words[:1].upper() + words[1:]
