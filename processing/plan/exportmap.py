"""Export a map of a result to PDF, PNG or SVG."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...layers.errors import InputError
from ...layers.specs import VIEWS
from ..base import SeldomHeardAlgorithm
from ..messages import tr


class ExportMap(SeldomHeardAlgorithm):
    """Puts areas on a page as a view draws them, with legend, sources and method."""

    ID = "exportmap"
    TITLE = "Export map"
    GROUP = "Plan"
    TAGS = ("map", "layout", "PDF", "PNG", "SVG", "print", "report")
    INPUT, VIEW, PAPER, DPI, OUTPUT = "INPUT", "VIEW", "PAPER", "DPI", "OUTPUT"
    TITLE_PARAMETER = "TITLE"
    SOURCES = "SOURCES"
    PAPERS = ("A4", "A3")

    def flags(self):
        # layouts belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(
            QgsProcessingParameterVectorLayer(self.INPUT, tr("Areas with results"), polygons)
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.VIEW, tr("View"), VIEWS, defaultValue="score", usesStaticStrings=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.TITLE_PARAMETER, tr("Title (none: made from the figures)"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.PAPER, tr("Paper"), self.PAPERS, defaultValue="A4", usesStaticStrings=True
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.DPI,
                tr("Resolution (dots per inch)"),
                QgsProcessingParameterNumber.Type.Integer,
                300,
                minValue=72,
                maxValue=1200,
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.SOURCES,
                tr("Further sources to name, such as that of the boundaries"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, tr("Map"), "PDF (*.pdf);;PNG (*.png);;SVG (*.svg)"
            )
        )

    def execute(self, parameters, context, feedback):
        from ...layers import layouts, outputs, specs, styles
        from . import map_words as words

        layer = self.parameterAsVectorLayer(parameters, self.INPUT, context)
        view = self.parameterAsString(parameters, self.VIEW, context)
        if layer is None:
            raise InputError(tr("INPUT: the layer cannot be read."))
        if layer.isModified():
            feedback.pushWarning(
                tr("The layer has edits that are not saved yet: the map is drawn without them.")
            )
        kept, _ = outputs.inherited(layer)
        layer = _as_saved(layer, bool(kept))
        if not styles.applies(layer, view):
            raise InputError(
                tr("The layer has no field {fields}: make it with {maker} first.").format(
                    fields=tr(" or ").join(specs.fields_of(view)), maker=styles.view_maker(view)
                )
            )
        sources = kept.get("sources") or words.publishers(layer)
        ranking = kept.get("ranking", {})
        ranked = view in words.RANKED
        if ranked:
            sources = [source for source in sources if not words.is_beside(source)]
        voice = words.has_voice(layer, view)
        areas, method = None, words.notes_of(words.behind(layer, view, sources))
        if ranked:
            voice = ranking.get("voice", voice)
            areas, method = ranking.get("areas"), ranking.get("method", "")
        title = self.parameterAsString(parameters, self.TITLE_PARAMETER, context)
        more = self.parameterAsString(parameters, self.SOURCES, context)
        path = layouts.export_map(
            layer,
            Path(self.parameterAsFileOutput(parameters, self.OUTPUT, context)),
            title=words.title_of(title, layer, view, voice),
            subtitle=words.subtitle_of(areas, layer, view, voice),
            method=method,
            note=words.note_of(view, sources, with_notes=ranked),
            sources=f"{more} {words.sources_in_words(sources)}".strip(),
            paper=self.parameterAsString(parameters, self.PAPER, context),
            dpi=self.parameterAsInt(parameters, self.DPI, context),
            view=view,
            feedback=feedback,
        )
        return {self.OUTPUT: str(path)}


def _as_saved(layer, has_style: bool):
    """Return a copy with the titles and whole names of its fields, which its saved style knows.

    qgis_process opens a file without its style.
    """
    from ...layers import outputs, styles

    copy = styles.copy_of(layer)
    if has_style and not copy.customProperty(outputs.PROVENANCE):
        copy.loadDefaultStyle()
    return copy
