"""Rank areas by need, barriers and voice."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...layers.errors import InputError
from ..base import AreaAlgorithm
from ..choices import AMONG
from ..messages import tr

if TYPE_CHECKING:
    from ..ranking.ranked import Question


class FindSeldomHeard(AreaAlgorithm):
    """Ranks areas whose people are, or are potentially, seldom heard."""

    ID = "findseldomheard"
    TITLE = "Find seldom heard areas"
    GROUP = "Find"
    TAGS = ("engagement", "score", "rank", "need", "barriers", "voice", "priority")
    TABLE_PARAMETERS = ()
    SOURCE_PARAMETERS = ("INPUT", "REFERENCE", "LARGER")
    FILE_PARAMETERS = ("SCHEME",)
    VIEWS = ("score", "bivariate")
    OUTPUT_TITLE = "Ranked areas"
    SCHEME, CHANGES = "SCHEME", "CHANGES"
    RANKED_AMONG, REFERENCE = "RANKED_AMONG", "REFERENCE"
    TOP, DRAWS, SEED = "TOP", "DRAWS", "SEED"
    NAME_FIELD, PARENT_FIELD, LARGER = "NAME_FIELD", "PARENT_FIELD", "LARGER"
    SENSITIVITY, CONTRIBUTIONS = "SENSITIVITY", "CONTRIBUTIONS"

    def initAlgorithm(self, configuration=None):
        from ..ranking import schemes

        self.add_area_parameters()
        shipped = ", ".join(schemes.shipped())
        title = tr("Scheme: a shipped one ({shipped}) or the path of a file").format(
            shipped=shipped
        )
        self.addParameter(QgsProcessingParameterString(self.SCHEME, title, "general"))
        title = tr(
            "Changes to its weights and directions, such as: barriers=2; "
            "lang_low_english_pct=0; voice_shrunk=1 more"
        )
        self.addParameter(QgsProcessingParameterString(self.CHANGES, title, optional=True))
        self._add_layer(self.REFERENCE, tr("Areas to rank against (none: the areas themselves)"))
        self.addParameter(
            QgsProcessingParameterEnum(
                self.RANKED_AMONG,
                tr("Ranked among the layer, the reference, or (where published) the nation"),
                AMONG,
                defaultValue=AMONG[0],
                usesStaticStrings=True,
            )
        )
        self._add_draws()
        self.add_field_parameter(self.NAME_FIELD, tr("Field with names for tables and report"))
        self._add_layer(self.LARGER, tr("Larger areas, ranked already (would they agree?)"))
        self.add_field_parameter(
            self.PARENT_FIELD, tr("Field with the code of the larger area each area lies in")
        )
        self.add_output()
        self._add_table(self.SENSITIVITY, tr("What changes the ranking"))
        self._add_table(self.CONTRIBUTIONS, tr("What each figure adds to the score"))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.REPORT,
                tr("Report"),
                "HTML (*.html);;Text (*.txt)",
                optional=True,
                createByDefault=False,
            )
        )
        for name, words in (
            ("HIGHLIGHTED", tr("Areas in the top")),
            ("ROBUST", tr("Robust areas")),
            ("CONTESTABLE", tr("Contestable areas")),
            ("OUTSIDE_PCT", tr("Per cent of the scheme's first group living outside the top")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, words))

    def _add_layer(self, name: str, title: str):
        kind = [QgsProcessing.SourceType.TypeVector]
        self.addParameter(QgsProcessingParameterFeatureSource(name, title, kind, optional=True))

    def _add_draws(self):
        whole = QgsProcessingParameterNumber.Type.Integer
        self.addParameter(
            QgsProcessingParameterString(
                self.TOP, tr("Areas in the top: a number, or a percentage such as 10%"), "10%"
            )
        )
        draws = tr("Draws: how often to rank again, with other weights and figures")
        self.addParameter(
            QgsProcessingParameterNumber(
                self.DRAWS, draws, whole, 2000, minValue=10, maxValue=20000
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(self.SEED, tr("Seed of the draws"), whole, 1, minValue=0)
        )

    def _add_table(self, name: str, title: str):
        kind = QgsProcessing.SourceType.TypeVector
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                name, title, kind, optional=True, createByDefault=False
            )
        )

    def shortHelpString(self):
        from ..ranking import schemes

        told = [schemes.load(name) for name in schemes.shipped()]
        lines = [f"<li>{escape(one['id'])}: {escape(tr(one['explanation']))}</li>" for one in told]
        title = tr("Schemes that come with it")
        return f"{super().shortHelpString()}<h3>{title}</h3>\n<ul>\n" + "\n".join(lines) + "\n</ul>"

    def prepareAlgorithm(self, parameters, context, feedback):
        """Note here, on the thread that owns the layers, what they tell and are called."""
        from ...layers.outputs import inherited
        from ..history.commands import again

        self.again = again(self, parameters, context)
        reference = self.parameterAsVectorLayer(parameters, self.REFERENCE, context)
        self.compared = inherited(reference)[0] if reference else {}
        return super().prepareAlgorithm(parameters, context, feedback)

    def execute(self, parameters, context, feedback):
        from ..ranking import report, tables
        from ..ranking.ranked import rank_areas

        page = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.OUTPUT, self.SENSITIVITY, self.CONTRIBUTIONS), parameters)
        areas = self.read_areas(parameters, context, feedback)
        ranking = rank_areas(areas, self._question(parameters, context, areas), feedback)
        changes = parts = None  # all is made before anything is written
        if page or parameters.get(self.SENSITIVITY):
            changes = tables.sensitivity(ranking)
        if parameters.get(self.CONTRIBUTIONS):
            parts = tables.contributions(ranking)
        outputs = self.write(parameters, areas, ranking.results(), context, feedback)
        for name, table in ((self.SENSITIVITY, changes), (self.CONTRIBUTIONS, parts)):
            outputs |= self.write_beside(name, table, parameters, context, feedback)
        if page:
            report.write_report(page, ranking, changes, self.again)
            outputs[self.REPORT] = str(page)
        outputs["HIGHLIGHTED"] = ranking.top
        outputs["ROBUST"] = ranking.tiers("robust")
        outputs["CONTESTABLE"] = ranking.tiers("contestable")
        if ranking.outside:
            outputs["OUTSIDE_PCT"] = ranking.outside[0].percent
        if context.willLoadLayerOnCompletion(self.destination):
            context.layerToLoadOnCompletionDetails(self.destination).name = ranking.title
        return outputs

    def _question(self, parameters, context, areas) -> Question:
        from ..history.command import selected_only
        from ..ranking import schemes
        from ..ranking.ranked import Question
        from ..ranking.scheme_edits import Changes

        def text(name: str) -> str:
            return self.parameterAsString(parameters, name, context) or ""

        among = text(self.RANKED_AMONG) or AMONG[0]
        reference = self._source(self.REFERENCE, parameters, context)
        if among == "reference" and reference is None:
            raise InputError(tr("RANKED_AMONG reference needs REFERENCE, the layer to rank among."))
        larger = self._source(self.LARGER, parameters, context)
        if (larger is None) != (not text(self.PARENT_FIELD)):
            raise InputError(
                tr(
                    "LARGER and PARENT_FIELD go together: the ranked larger areas, and the field "
                    "that says in which of them each area lies."
                )
            )
        have = {field.name() for field in areas.source.fields()}
        for name in (self.NAME_FIELD, self.PARENT_FIELD):
            if text(name) and text(name) not in have:
                raise InputError(
                    tr("{parameter}: the areas have no field {field}.").format(
                        parameter=name, field=text(name)
                    )
                )
        shipped = schemes.load(text(self.SCHEME))
        changes = Changes.parse(text(self.CHANGES))
        return Question(
            scheme=changes.apply(shipped),
            changes=changes.told(shipped),
            top=text(self.TOP),
            draws=self.parameterAsInt(parameters, self.DRAWS, context),
            seed=self.parameterAsInt(parameters, self.SEED, context),
            among=among,
            reference=reference,
            names=text(self.NAME_FIELD),
            parents=text(self.PARENT_FIELD),
            larger=larger,
            inherited=self.inherited,
            selected=selected_only(parameters),
            compared=self.compared,
        )

    def _source(self, name: str, parameters, context):
        if not parameters.get(name):
            return None
        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise InputError(tr("{parameter}: the layer cannot be read.").format(parameter=name))
        return source
