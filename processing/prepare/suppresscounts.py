"""Hide small counts of a layer before it is shown to others."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
)

from ..base import AreaAlgorithm, talk
from ..choices import RULES
from ..messages import some, tr


class SuppressCounts(AreaAlgorithm):
    """Hides small counts, and what would tell them, as a step of its own before export."""

    ID = "suppresscounts"
    TITLE = "Hide small counts"
    GROUP = "Prepare"
    TAGS = ("suppression", "disclosure", "small numbers", "rounding", "privacy", "export")
    VIEWS = ("score", "ethnicity", "deprivation", "language", "prevalence", "barriers", "benchmark")
    OUTPUT_TITLE = "Areas with small counts hidden"
    TABLE_PARAMETERS = ()
    FIELDS, TOTAL_FIELD, PARENT_FIELD = "FIELDS", "TOTAL_FIELD", "PARENT_FIELD"
    RULE = "RULE"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(
            self.FIELDS, tr("Counts to protect (none chosen: all that are known)"), several=True
        )
        self.add_field_parameter(
            self.TOTAL_FIELD, tr("Field that these add up to, for counts of your own")
        )
        self.add_field_parameter(
            self.PARENT_FIELD, tr("Field of the larger place that the figures are also shown for")
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.RULE,
                tr("Rule (nhs: 1 to 7 hidden; ons10: below 10; others to the nearest 5)"),
                [rule for rule in RULES if rule != "none"],
                defaultValue="nhs",
                usesStaticStrings=True,
            )
        )
        self.add_output()
        self.add_report_parameter(tr("Report on what was hidden"))
        self.addOutput(QgsProcessingOutputNumber("SMALL", tr("Counts hidden as they are small")))
        self.addOutput(QgsProcessingOutputNumber("MORE", tr("Counts hidden to protect these")))

    def execute(self, parameters, context, feedback):
        from ...layers import reports
        from ..hiding.protection import hidden_on_page
        from ..hiding.suppression import Asked, may_tell, suppressed

        report = self.file_of(self.REPORT, parameters, context)
        areas = self.read_areas(parameters, context, feedback)
        asked = Asked(
            own=self.fields_chosen(parameters, self.FIELDS, context),
            total=self.parameterAsString(parameters, self.TOTAL_FIELD, context) or "",
            parent=self.parameterAsString(parameters, self.PARENT_FIELD, context) or "",
            rule=self.parameterAsString(parameters, self.RULE, context),
        )
        done = suppressed(areas, asked, self.inherited, self.titles, talk(feedback))
        left = may_tell(areas, done.results, self.inherited)
        if left:
            feedback.pushWarning(
                tr(
                    "These look like counts or shares and were left as they are: {fields}. Name "
                    "counts among them as FIELDS, or leave the fields out of what you publish."
                ).format(fields=some(left, 40))
            )
        outputs = self.write(parameters, areas, done.results, context, feedback)
        made = done.made
        if report:
            line, hidden = hidden_on_page(made, asked.rule, done.titles)
            lines = [tr("Left as they are: {fields}").format(fields=some(left, 40))] if left else []
            body = reports.bullets([line, *lines]) + hidden
            reports.write_page(report, tr("Small counts hidden"), body)
            outputs[self.REPORT] = str(report)
        small, more = (int(frame.to_numpy().sum()) for frame in (made.primary, made.secondary))
        return {**outputs, "SMALL": small, "MORE": more}
