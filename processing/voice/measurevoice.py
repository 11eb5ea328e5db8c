"""Find the areas that replied less than expected, chance allowed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..base import talk
from ..compare.base import CompareAlgorithm
from ..messages import tr

if TYPE_CHECKING:
    from ...layers.areas import Areas
    from ..compare.counts import Known
    from .hiding import Shown
    from .measuring import Measured
    from .survey import Survey, Wanted


class MeasureVoice(CompareAlgorithm):
    """Holds the replies of each area against those expected from its people."""

    ID = "measurevoice"
    TITLE = "Measure voice"
    GROUP = "Voice"
    TAGS = ("responses", "replies", "response rate", "expected", "funnel", "seldom heard", "power")
    VIEWS = ("voice",)
    OUTPUT_TITLE = "Voice of areas"
    OBSERVED_FIELD, POPULATION_FIELD = "OBSERVED_FIELD", "POPULATION_FIELD"
    STANDARDISE, MIN_EXPECTED = "STANDARDISE", "MIN_EXPECTED"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(
            self.OBSERVED_FIELD, tr("Replies of each area (none: resp_total, as counted)")
        )
        self.add_field_parameter(
            self.POPULATION_FIELD,
            tr("People who could have replied (none: residents aged 16 or 3 and over, or all)"),
        )
        self.addParameter(
            QgsProcessingParameterString(
                self.STANDARDISE,
                tr("Allow for groups: the beginning of their fields, eth say (none: do not)"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.MIN_EXPECTED,
                tr("Fewest replies expected to say something of an area"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=10.0,
                minValue=0.0,
            )
        )
        self.add_field_parameter(
            self.NAME_FIELD, tr("Field with names for the report (none: codes)")
        )
        self.add_suppression_parameter()
        self.add_output()
        self.add_report_parameter(tr("Report with the funnel plot"))
        for name, title in (
            ("LOWER", tr("Areas lower or much lower")),
            ("MUCH_LOWER", tr("Areas much lower")),
            ("HIGHER", tr("Areas higher or much higher")),
            ("TOO_FEW", tr("Areas with too few expected to say")),
            ("EXPECTED_MEDIAN", tr("Median number expected")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def execute(self, parameters, context, feedback):
        from . import measuring, sentences
        from .hiding import shown
        from .measuring import measured
        from .survey import surveyed
        from .voice_report import write_report
        from .voice_results import numbers_of, results_of

        log = talk(feedback)
        report = self.file_of(self.REPORT, parameters, context)
        rule = self.parameterAsString(parameters, self.SUPPRESSION, context)
        least = self.parameterAsDouble(parameters, self.MIN_EXPECTED, context)
        wanted = self._wanted(parameters, context)
        areas = self.read_areas(parameters, context, feedback)
        known = self._known_to(areas, wanted, rule)
        survey = surveyed(areas, known, wanted, log, quiet=rule != "none")
        seen = shown(survey, rule, log)
        made = measured(survey, seen, least)
        if rule != "none":
            self._warn_of_unknown(survey, seen, feedback)
        words = sentences.in_words(survey, made)
        for line in (*words, *sentences.not_judged(survey, made)):
            log(line)
        source = measuring.source_of(survey, made, " ".join(words))
        page = self._page(report, survey, made, source, parameters, context, log)
        results = results_of(survey, seen, made, source)
        outputs = self.write(parameters, areas, results, context, feedback)
        if report:
            write_report(report, survey, made, *page)
            outputs[self.REPORT] = str(report)
        return {**outputs, **numbers_of(made)}

    def _wanted(self, parameters, context) -> Wanted:
        from .survey import Wanted

        def text(name: str) -> str:
            return (self.parameterAsString(parameters, name, context) or "").strip()

        prefix = text(self.STANDARDISE).strip("_").lower()
        return Wanted(text(self.OBSERVED_FIELD), text(self.POPULATION_FIELD), prefix)

    def _known_to(self, areas: Areas, wanted: Wanted, rule: str) -> Known:
        """Return what is known about the fields, of those that the result may hold."""
        from ..compare.counts import known_fields
        from .hiding import tells_on
        from .survey import REPLIES

        if rule == "none":
            return self.known(areas)
        observed = wanted.observed or REPLIES
        names = [field.name() for field in areas.source.fields()]
        names = [name for name in names if not tells_on(name, observed)]
        return known_fields(names, self.titles, self.inherited)

    def _warn_of_unknown(self, survey: Survey, seen: Shown, feedback) -> None:
        from ..compare.protected import unprotected_in_words
        from .voice_results import left_out

        names = [field.name() for field in survey.compared.areas.source.fields()]
        replaced = [name for name in names if left_out(name, survey, hides=True)]
        left = unprotected_in_words(survey.compared, [*seen.frame.columns, *replaced], self.keys)
        if left:
            feedback.pushWarning(left)

    def _page(self, report, survey: Survey, made: Measured, source, parameters, context, log):
        """Return what the page is made of, drawn before anything is written."""
        from ...layers import charts
        from .voice_report import funnel_findings, picture_of

        if not report:
            return None
        names = self.names(parameters, context, survey.compared.areas)
        found = funnel_findings(survey, made, names, source)
        if not charts.available():
            log(charts.how_to_install())
        return found, picture_of(found)
