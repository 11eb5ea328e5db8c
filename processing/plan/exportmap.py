"""Export a map of a result to PDF, PNG or SVG."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
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
    TITLE_PARAMETER, SUBTITLE = "TITLE", "SUBTITLE"
    SOURCES, TEMPLATE = "SOURCES", "TEMPLATE"
    WARDS, WARD_NAME_FIELD = "WARDS", "WARD_NAME_FIELD"
    VENUES, VENUE_NAME_FIELD, BACKGROUND = "VENUES", "VENUE_NAME_FIELD", "BACKGROUND"
    PAPERS = ("A4", "A3", "A4 portrait")
    SOURCE_PARAMETERS = ("INPUT", "WARDS", "VENUES", "BACKGROUND")
    FILE_PARAMETERS = ("TEMPLATE",)

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
        self._add_text(self.TITLE_PARAMETER, tr("Title (none: made from the figures)"))
        self._add_text(self.SUBTITLE, tr("Subtitle (none: what is shown, of how many areas)"))
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
        self._add_text(self.SOURCES, tr("Further sources to name, such as that of the boundaries"))
        self._add_overlays()
        self.addParameter(
            QgsProcessingParameterFile(
                self.TEMPLATE,
                tr("Template of your own, a layout saved as .qpt (none: by the paper)"),
                optional=True,
                fileFilter=tr("Layout templates (*.qpt)"),
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, tr("Map"), "PDF (*.pdf);;PNG (*.png);;SVG (*.svg)"
            )
        )

    def _add_text(self, name: str, title: str):
        self.addParameter(QgsProcessingParameterString(name, title, optional=True))

    def _add_overlays(self):
        """Declare what may be drawn with the areas."""
        kinds = QgsProcessing.SourceType
        borders = [kinds.TypeVectorPolygon, kinds.TypeVectorLine]
        layers = (
            (self.WARDS, tr("Wards to outline, as polygons or lines"), borders),
            (self.VENUES, tr("Venues to mark and number"), [kinds.TypeVectorPoint]),
        )
        fields = {self.WARDS: self.WARD_NAME_FIELD, self.VENUES: self.VENUE_NAME_FIELD}
        for name, title, types in layers:
            self.addParameter(QgsProcessingParameterVectorLayer(name, title, types, optional=True))
            self.addParameter(
                QgsProcessingParameterField(
                    fields[name],
                    tr("Field with their names (found when left empty)"),
                    parentLayerParameterName=name,
                    optional=True,
                )
            )
        self.addParameter(
            QgsProcessingParameterMapLayer(
                self.BACKGROUND, tr("Layer to draw below the areas"), optional=True
            )
        )

    def execute(self, parameters, context, feedback):
        from ...layers.paper import layouts
        from . import map_words as words

        view = self.parameterAsString(parameters, self.VIEW, context)
        layer, kept = words.layer_to_draw(
            self.parameterAsVectorLayer(parameters, self.INPUT, context), view, feedback
        )
        asked = words.Asked(
            title=self.parameterAsString(parameters, self.TITLE_PARAMETER, context),
            subtitle=self.parameterAsString(parameters, self.SUBTITLE, context),
            sources=self.parameterAsString(parameters, self.SOURCES, context),
        )
        path = layouts.export_map(
            layer,
            Path(self.parameterAsFileOutput(parameters, self.OUTPUT, context)),
            **words.texts_of(layer, view, kept, asked, feedback),
            paper=self.parameterAsString(parameters, self.PAPER, context),
            dpi=self.parameterAsInt(parameters, self.DPI, context),
            view=view,
            template=self.parameterAsString(parameters, self.TEMPLATE, context) or None,
            overlays=self._overlays(parameters, context),
            feedback=feedback,
        )
        return {self.OUTPUT: str(path)}

    def _overlays(self, parameters, context):
        from ...layers.paper.overlays import Overlays

        for name in (self.WARDS, self.VENUES, self.BACKGROUND):
            if parameters.get(name) and self.parameterAsLayer(parameters, name, context) is None:
                raise InputError(
                    tr("{parameter}: the layer cannot be read.").format(parameter=name)
                )
        return Overlays(
            wards=self.parameterAsVectorLayer(parameters, self.WARDS, context),
            ward_names=self.parameterAsString(parameters, self.WARD_NAME_FIELD, context),
            venues=self.parameterAsVectorLayer(parameters, self.VENUES, context),
            venue_names=self.parameterAsString(parameters, self.VENUE_NAME_FIELD, context),
            background=self.parameterAsLayer(parameters, self.BACKGROUND, context),
        )
