"""Find the areas that replied less than expected, chance allowed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...layers import charts
from ..base import talk
from ..compare.base import CompareAlgorithm
from ..compare.choice import text_of
from ..compare.counts import Known, known_fields
from ..compare.protected import holds_true_counts, protected_sources, unprotected_in_words
from ..inputs import MADE_OF_FIGURES, Results
from ..messages import tr
from . import measuring, sentences
from .hiding import Shown, shown, tells_on
from .measuring import HIGHER, LOWER, PREFIX, TOO_FEW, Measured, measured
from .survey import REPLIES, Survey, Wanted, surveyed
from .voice_report import funnel_findings, picture_of, write_report

if TYPE_CHECKING:
    from ...layers.areas import Areas


class MeasureVoice(CompareAlgorithm):
    """Holds the replies of each area against those expected from its people."""

    ID = "measurevoice"
    TITLE = "Measure voice"
    GROUP = "Voice"
    TAGS = ("responses", "replies", "response rate", "expected", "funnel", "seldom heard", "power")
    VIEWS = ("voice",)
    OUTPUT_TITLE = "Voice of areas"
    OBSERVED_FIELD, POPULATION_FIELD = "OBSERVED_FIELD", "POPULATION_FIELD"
    STANDARDISE, MIN_EXPECTED, NAME_FIELD = "STANDARDISE", "MIN_EXPECTED", "NAME_FIELD"

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
        results = _results(survey, seen, made, source)
        outputs = self.write(parameters, areas, results, context, feedback)
        if report:
            write_report(report, survey, made, *page)
            outputs[self.REPORT] = str(report)
        return {**outputs, **_numbers(made)}

    def _wanted(self, parameters, context) -> Wanted:
        def text(name: str) -> str:
            return (self.parameterAsString(parameters, name, context) or "").strip()

        prefix = text(self.STANDARDISE).strip("_").lower()
        return Wanted(text(self.OBSERVED_FIELD), text(self.POPULATION_FIELD), prefix)

    def _known_to(self, areas: Areas, wanted: Wanted, rule: str) -> Known:
        """Return what is known about the fields, of those that the result may hold."""
        if rule == "none":
            return self.known(areas)
        observed = wanted.observed or REPLIES
        names = [field.name() for field in areas.source.fields()]
        names = [name for name in names if not tells_on(name, observed)]
        return known_fields(names, self.titles, self.inherited)

    def _warn_of_unknown(self, survey: Survey, seen: Shown, feedback) -> None:
        names = [field.name() for field in survey.compared.areas.source.fields()]
        replaced = [name for name in names if _left_out(name, survey, hides=True)]
        left = unprotected_in_words(survey.compared, [*seen.frame.columns, *replaced], self.keys)
        if left:
            feedback.pushWarning(left)

    def _page(self, report, survey: Survey, made: Measured, source, parameters, context, log):
        """Return what the page is made of, drawn before anything is written."""
        if not report:
            return None
        name = self.parameterAsString(parameters, self.NAME_FIELD, context)
        areas = survey.compared.areas
        codes = areas.codes.reset_index(drop=True).fillna(tr("an area without a code"))
        names = text_of(areas, name).fillna(codes) if name else codes
        found = funnel_findings(survey, made, names, source)
        if not charts.available():
            log(charts.how_to_install())
        return found, picture_of(found)


def _numbers(made: Measured) -> dict[str, float]:
    return {
        "LOWER": made.number(*LOWER),
        "MUCH_LOWER": made.number("much lower"),
        "HIGHER": made.number(*HIGHER),
        "TOO_FEW": made.number(TOO_FEW),
        "EXPECTED_MEDIAN": made.median,
    }


def _results(survey: Survey, seen: Shown, made: Measured, source) -> Results:
    """Return the fields to write: the new ones, and with a rule the protected ones of the layer."""
    import pandas as pd

    results = Results(made.frame, measuring.aliases(survey, made), [source])
    known, hides = survey.compared.known, made.rule != "none"
    if hides:
        results.frame = pd.concat([seen.frame, made.frame], axis=1)
        results.sources += protected_sources(known, list(seen.frame.columns), made.rule)
    told = MADE_OF_FIGURES if hides and holds_true_counts(known) else ()
    results.replaced = lambda name: (
        name.lower().startswith(told) or _left_out(name, survey, hides)
    )
    return results


def _left_out(name: str, survey: Survey, hides: bool) -> bool:
    """Return whether a field of the input is left out: of an earlier run, or telling too much."""
    return name.lower().startswith(PREFIX) or (hides and tells_on(name, survey.observed))
