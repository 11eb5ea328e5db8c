"""The invented city at one click: its areas profiled, replies counted, voice measured.

Each step is prepared and finished on the main thread and runs on any other, as in the Toolbox;
``opened`` gives the layer at the end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from ...layers.errors import Cancelled, InputError
from ..base import RESOURCES, AreaAlgorithm, SeldomHeardAlgorithm
from ..messages import tr
from ..prepare.countresponses import CountResponses
from ..profile.profileareas import ProfileAreas
from ..voice.measurevoice import MeasureVoice

HOME = RESOURCES / "sample"
NAMES = "LSOA21NM"  # field with the names of its areas
FILE = "exampleford-invented.gpkg"
INVENTED = "seldom_heard/invented"  # custom property of a layer whose figures are of no real place


class _Invented(AreaAlgorithm):
    """Says of its figures that they are invented: no publisher has a part in them."""

    def postProcessAlgorithm(self, context, feedback):
        results = getattr(self, "results", None)  # none where it was cancelled
        if results is not None:
            own = invented_in_words()
            results.sources = [replace(source, attribution=own) for source in results.sources]
        return super().postProcessAlgorithm(context, feedback)


class _Profile(_Invented, ProfileAreas):
    """A step; one style is enough for a file that only the next step reads."""

    VIEWS = ProfileAreas.VIEWS[:1]


class _Count(_Invented, CountResponses):
    VIEWS = ProfileAreas.VIEWS[:1]


class _Measure(_Invented, MeasureVoice):
    """The last step: its file is the one to work with."""


class Sample:
    """The chain of algorithms from published tables to a layer that can be ranked.

    ``prepare``, ``run`` and ``finish`` follow one another until all ``is_done``.
    """

    def __init__(self, home: Path = HOME) -> None:
        """Name a folder that QGIS removes when it ends, as it does with temporary layers."""
        self.home = home
        self.folder = Path(QgsProcessingUtils.generateTempFilename("exampleford"))
        self.path = self.folder / FILE
        self._steps = [*self._in_order()]
        self._at = 0
        self._context: QgsProcessingContext | None = None
        self._algorithm: Any = None

    @property
    def is_done(self) -> bool:
        """Return whether the file is finished."""
        return self._at == len(self._steps)

    def prepare(self) -> None:
        """Get the next step ready, on the main thread, which owns what it opens here.

        Raises:
            QgsProcessingException, InputError: when a file cannot be read or copied.
        """
        algorithm, parameters = self._steps[self._at]
        self._context = QgsProcessingContext()
        self._algorithm = algorithm.create()
        try:
            if not self._at:
                self._copy_areas()
            if not self._algorithm.prepare(parameters, self._context, QgsProcessingFeedback(False)):
                raise QgsProcessingException(tr("The sample city cannot be read."))
        except BaseException:
            self.remove()
            raise

    def run(self, feedback: QgsProcessingFeedback) -> None:
        """Run the step that was prepared.

        Raises:
            Cancelled: when it was stopped; nothing is left then.
            QgsProcessingException: when it failed; nothing is left either.
        """
        _, parameters = self._steps[self._at]
        progress = QgsProcessingMultiStepFeedback(len(self._steps), feedback)
        progress.setCurrentStep(self._at)
        try:
            self._algorithm.runPrepared(parameters, self._context, progress)
            if feedback.isCanceled():
                raise Cancelled
        except BaseException:
            self.remove()
            raise

    def finish(self) -> None:
        """Style what the step has made, on the main thread, and forget what it was made of."""
        self._algorithm.postProcess(self._context, QgsProcessingFeedback(False))
        self._algorithm = self._context = None
        _, parameters = self._steps[self._at]
        Path(parameters["INPUT"]).unlink(missing_ok=True)
        self._at += 1

    def remove(self) -> None:
        """Remove what was made so far."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _copy_areas(self) -> None:
        """Copy them, because opening a GeoPackage may change its bytes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self.home / "areas.gpkg", self.folder / "areas.gpkg")
        except OSError as error:
            raise InputError(
                tr("The sample city cannot be copied to {folder} ({error}).").format(
                    folder=self.folder, error=error.strerror
                )
            ) from error

    def _in_order(self) -> Iterator[tuple[SeldomHeardAlgorithm, dict[str, Any]]]:
        """Yield the algorithms with their parameters; each reads what the one before it wrote."""
        file = {name: str(self.folder / f"{name}.gpkg") for name in ("areas", "profile", "counted")}
        replies = self.home / "replies"
        tables = [str(path) for path in sorted(self.home.glob("*.csv"))]
        yield (
            _Profile(),
            {
                "INPUT": file["areas"],
                "TABLES": tables,
                "LEVEL": "category",
                "OUTPUT": file["profile"],
            },
        )
        yield (
            _Count(),
            {
                "INPUT": file["profile"],
                "RESPONSES": str(replies / "survey_replies.csv"),
                "POSTCODE_FIELD": "postcode",
                "POSTCODES": str(replies / "postcodes.csv"),
                "GROUP_FIELD": "ethnic_group",
                "OUTPUT": file["counted"],
            },
        )
        yield (
            _Measure(),
            {
                "INPUT": file["counted"],
                "NAME_FIELD": NAMES,
                "OUTPUT": str(self.path),
            },
        )


def opened(path: Path) -> QgsVectorLayer:
    """Return the layer of the file, its name and description saying what it is.

    Raises:
        InputError: when it cannot be opened.
    """
    layer = QgsVectorLayer(str(path), tr("Exampleford (invented city)"), "ogr")
    if not layer.isValid():
        raise InputError(tr("{file}: the layer cannot be opened.").format(file=path))
    layer.setCustomProperty(INVENTED, True)
    told = layer.metadata()
    told.setTitle(layer.name())
    told.setAbstract(invented_in_words())
    layer.setMetadata(told)
    return layer


def is_invented(layer: QgsVectorLayer | None) -> bool:
    """Return whether a layer is the invented city."""
    return layer is not None and bool(layer.customProperty(INVENTED))


def invented_in_words() -> str:
    """Return what everyone has to know who sees its figures."""
    return tr("Exampleford is an invented city, and all its figures are invented.")
