"""Rank areas by need, barriers and voice."""

from __future__ import annotations

from qgis.core import (
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from ...layers.areas import result_fields, write_table
from ...layers.errors import InputError
from .. import schemes
from ..base import AreaAlgorithm
from ..messages import tr
from ..ranking import Question, rank_areas, sensitivity


class FindSeldomHeard(AreaAlgorithm):
    """Ranks areas whose people are, or are potentially, seldom heard."""

    ID = "findseldomheard"
    TITLE = "Find seldom heard areas"
    GROUP = "Find"
    TAGS = ("engagement", "score", "rank", "need", "barriers", "voice", "priority")
    TABLE_PARAMETERS = ()
    SOURCE_PARAMETERS = ("INPUT", "REFERENCE")
    FILE_PARAMETERS = ("SCHEME",)
    VIEWS = ("score",)
    OUTPUT_TITLE = "Ranked areas"
    SCHEME, REFERENCE, TOP, DRAWS, SEED = "SCHEME", "REFERENCE", "TOP", "DRAWS", "SEED"
    SENSITIVITY = "SENSITIVITY"

    def initAlgorithm(self, configuration=None):
        whole = QgsProcessingParameterNumber.Type.Integer
        self.add_area_parameters()
        self.addParameter(
            QgsProcessingParameterString(
                self.SCHEME, tr("Scheme: a shipped one or the path of a file"), "general"
            )
        )
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                self.REFERENCE,
                tr("Areas to rank against (none: the areas themselves)"),
                [QgsProcessing.SourceType.TypeVector],
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.TOP, tr("Areas in the top: a number, or a percentage such as 10%"), "10%"
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.DRAWS, tr("Other weightings to try"), whole, 2000, minValue=10, maxValue=20000
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(self.SEED, tr("Seed of the draws"), whole, 1, minValue=0)
        )
        self.add_output()
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                self.SENSITIVITY,
                tr("What changes when an indicator is left out"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
                createByDefault=False,
            )
        )
        self.addOutput(QgsProcessingOutputNumber("HIGHLIGHTED", tr("Areas in the top")))

    def execute(self, parameters, context, feedback):
        areas = self.read_areas(parameters, context, feedback)
        name = self.parameterAsString(parameters, self.SCHEME, context)
        fields = {field.name() for field in areas.source.fields()}
        question = Question(
            scheme=schemes.fit(schemes.load(name), fields),
            top=self.parameterAsString(parameters, self.TOP, context),
            draws=self.parameterAsInt(parameters, self.DRAWS, context),
            seed=self.parameterAsInt(parameters, self.SEED, context),
            reference=self._reference(parameters, context),
        )
        results, figures = rank_areas(areas, question, feedback)
        outputs = self.write(parameters, areas, results, context, feedback)
        self._write_sensitivity(parameters, figures, question, outputs, context)
        outputs["HIGHLIGHTED"] = figures.top
        if context.willLoadLayerOnCompletion(self.destination):
            context.layerToLoadOnCompletionDetails(self.destination).name = results.title
        return outputs

    def _reference(self, parameters, context):
        if not parameters.get(self.REFERENCE):
            return None
        source = self.parameterAsSource(parameters, self.REFERENCE, context)
        if source is None:
            raise InputError(tr("REFERENCE: the layer cannot be read."))
        return source

    def _write_sensitivity(self, parameters, figures, question, outputs, context):
        if not parameters.get(self.SENSITIVITY):
            return
        table = sensitivity(figures, question)
        fields, _, _ = result_fields(QgsFields(), table, short=False)
        sink, destination = self.parameterAsSink(
            parameters, self.SENSITIVITY, context, fields, QgsWkbTypes.Type.NoGeometry
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, self.SENSITIVITY))
        write_table(table, sink)
        outputs[self.SENSITIVITY] = destination
