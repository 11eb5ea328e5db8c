"""Plan quotas: replies to win per area and group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
)

from ..base import talk
from ..choices import ALLOCATIONS, PRECISIONS, TARGETS
from ..compare.base import CompareAlgorithm
from ..messages import tr

if TYPE_CHECKING:
    from ..inputs import Results
    from ..quotas.asked import Asked
    from ..quotas.ground import Ground

LEAST_SURE, MOST_SURE = 50.0, 99.9  # per cent
WHOLE = QgsProcessingParameterNumber.Type.Integer
DECIMAL = QgsProcessingParameterNumber.Type.Double


class PlanQuotas(CompareAlgorithm):
    """Says how many replies to win in each area, and of each group."""

    ID = "planquotas"
    TITLE = "Plan quotas"
    GROUP = "Plan"
    TAGS = ("quota", "sample size", "allocation", "Neyman", "parity", "margin of error", "replies")
    OUTPUT_TITLE = "Areas with quotas"
    # those that the areas came with
    VIEWS = (
        *("score", "bivariate", "voice", "clusters", "deprivation"),
        *("ethnicity", "language", "prevalence", "barriers", "benchmark"),
    )
    TARGET, GROUP_FIELDS, POPULATION_FIELD = "TARGET", "GROUP_FIELDS", "POPULATION_FIELD"
    OBSERVED_FIELD, ALLOCATION, SHARE_FIELD = "OBSERVED_FIELD", "ALLOCATION", "SHARE_FIELD"
    TOTAL, MARGIN, CONFIDENCE, PRECISION = "TOTAL", "MARGIN", "CONFIDENCE", "PRECISION"
    MINIMUM, RESPONSE_RATE, TOP_ONLY = "MINIMUM", "RESPONSE_RATE", "TOP_ONLY"
    TABLE = "TABLE"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(
            self.NAME_FIELD, tr("Field with names for table and report (none: codes)")
        )
        self._add_choice(
            self.TARGET,
            tr("Target: fair shares of the replies (parity), or a margin of error (margin)"),
            TARGETS,
        )
        self.add_field_parameter(
            self.GROUP_FIELDS,
            tr("Residents of each group, counts such as eth_asian_n (none: areas alone)"),
            several=True,
        )
        self.add_field_parameter(
            self.POPULATION_FIELD,
            tr("People the quotas are of (none: all of the groups, or residents as measured)"),
        )
        self.add_field_parameter(
            self.OBSERVED_FIELD, tr("Replies had in each area (none: found, if there are any)")
        )
        self._add_choice(
            self.ALLOCATION, tr("How replies are shared out over the areas"), ALLOCATIONS
        )
        self.add_field_parameter(
            self.SHARE_FIELD,
            tr("Share expected in each area, per cent (none: 50, the most careful)"),
        )
        self._add_number(self.TOTAL, tr("Replies to win in all (none: worked out)"), 1, WHOLE)
        self._add_number(
            self.MARGIN, tr("Margin of error, ± percentage points"), 0.1, DECIMAL, 5.0, 50.0
        )
        self._add_number(
            self.CONFIDENCE, tr("Confidence, per cent"), LEAST_SURE, DECIMAL, 95.0, MOST_SURE
        )
        self._add_choice(
            self.PRECISION,
            tr("The margin is for all areas together, each area, or each group"),
            PRECISIONS,
        )
        self._add_number(
            self.MINIMUM,
            tr("Fewest replies of an area in the end, those had included"),
            0,
            WHOLE,
            0,
        )
        self._add_number(
            self.RESPONSE_RATE,
            tr("Of 100 people asked, how many reply (none: people to ask are not told)"),
            0.1,
            DECIMAL,
            most=100.0,
        )
        self.addParameter(
            QgsProcessingParameterBoolean(
                self.TOP_ONLY, tr("Only areas in the top of the ranking"), defaultValue=False
            )
        )
        self.add_suppression_parameter()
        self.add_output()
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                self.TABLE,
                tr("Table of quotas by area and group"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
                createByDefault=False,
            )
        )
        self.add_report_parameter(tr("Report on the quotas"))
        for name, title in (
            ("TO_WIN", tr("Replies to win")),
            ("TO_ASK", tr("People to ask")),
            ("AREAS", tr("Areas with a quota")),
            ("MARGIN_REACHED", tr("Margin reached for all areas together, percentage points")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def _add_choice(self, name: str, title: str, options: tuple[str, ...]):
        self.addParameter(
            QgsProcessingParameterEnum(
                name, title, options, defaultValue=options[0], usesStaticStrings=True
            )
        )

    def _add_number(self, name: str, title: str, least: float, kind, default=None, most=1e9):
        self.addParameter(
            QgsProcessingParameterNumber(
                name,
                title,
                kind,
                defaultValue=default,
                optional=default is None,
                minValue=least,
                maxValue=most,
            )
        )

    def execute(self, parameters, context, feedback):
        from ..quotas.ground import ground
        from ..quotas.page import write_page
        from ..quotas.planned import planned
        from ..quotas.results import numbers_of, results_of, table_of
        from ..quotas.words import caution, sentences

        log = talk(feedback)
        report = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.OUTPUT, self.TABLE), parameters)
        asked = self._asked(parameters, context)
        areas = self.read_areas(parameters, context, feedback)
        found = ground(areas, self.known(areas), asked, self.inherited, log)
        made = planned(found, lambda: stop_if_cancelled(feedback))
        lines = sentences(made)
        for line in filter(None, (*lines, caution(made))):
            log(line)
        names = self.names(parameters, context, areas)
        table = table_of(made, areas.codes.reset_index(drop=True), names)
        results = results_of(made, lines)
        self._warn_of_unknown(found, results, feedback)
        outputs = self.write_beside(self.TABLE, table, parameters, context, feedback)
        outputs |= self.write(parameters, areas, results, context, feedback)
        if report:
            write_page(report, made, names)
            outputs[self.REPORT] = str(report)
        return {**outputs, **numbers_of(made)}

    def _asked(self, parameters, context) -> Asked:
        from ..quotas.asked import Asked

        def text(name: str) -> str:
            return (self.parameterAsString(parameters, name, context) or "").strip()

        def given(name: str) -> bool:
            return text(name) not in ("", "NULL")

        return Asked(
            target=text(self.TARGET),
            groups=self.fields_chosen(parameters, self.GROUP_FIELDS, context),
            population=text(self.POPULATION_FIELD),
            observed=text(self.OBSERVED_FIELD),
            allocation=text(self.ALLOCATION),
            share=text(self.SHARE_FIELD),
            total=self.parameterAsInt(parameters, self.TOTAL, context)
            if given(self.TOTAL)
            else None,
            margin=self.parameterAsDouble(parameters, self.MARGIN, context),
            confidence=self.parameterAsDouble(parameters, self.CONFIDENCE, context),
            precision=text(self.PRECISION),
            minimum=self.parameterAsInt(parameters, self.MINIMUM, context),
            rate=self.parameterAsDouble(parameters, self.RESPONSE_RATE, context)
            if given(self.RESPONSE_RATE)
            else None,
            top_only=self.parameterAsBool(parameters, self.TOP_ONLY, context),
            rule=text(self.SUPPRESSION),
        )

    def _warn_of_unknown(self, found: Ground, results: Results, feedback) -> None:
        """Name numbers that go through although a rule was asked for."""
        from ..compare.protected import unprotected_in_words

        if found.asked.rule == "none":
            return
        names = [field.name() for field in found.compared.areas.source.fields()]
        gone = [name for name in names if results.replaced(name)]
        left = unprotected_in_words(found.compared, [*results.frame, *gone], self.keys)
        if left:
            feedback.pushWarning(left)


def stop_if_cancelled(feedback) -> None:
    """Stop the work where it was cancelled."""
    from ...layers.errors import Cancelled

    if feedback.isCanceled():
        raise Cancelled
