"""Say what each table is, and what of it is odd, before anything is made."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
)

from ...layers.errors import Cancelled
from ..base import AreaAlgorithm
from ..messages import tr


class CheckInputs(AreaAlgorithm):
    """Reports per table what it was recognised as, and how it fits the areas."""

    ID = "checkinputs"
    TITLE = "Check inputs"
    GROUP = "Prepare"
    TAGS = ("table", "CSV", "headings", "codes", "match", "suppressed", "vintage")
    REPORT = "REPORT"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_tables_parameters()
        self.addParameter(
            QgsProcessingParameterFileDestination(self.REPORT, tr("Report"), "HTML (*.html)")
        )
        self.addOutput(QgsProcessingOutputNumber("RECOGNISED", tr("Tables recognised")))
        self.addOutput(QgsProcessingOutputNumber("PROBLEMS", tr("Tables with a problem")))

    def prepareAlgorithm(self, parameters, context, feedback):
        self.unreadable = []
        return super().prepareAlgorithm(parameters, context, feedback)

    def refuse_table(self, source, problem):
        from .checks import Check

        self.unreadable.append(Check(Path(str(source)).name, problems=[problem]))

    def execute(self, parameters, context, feedback):
        from ...layers import reports
        from ..inputs import vintage_of_areas
        from .checks import check_tables

        areas = self.read_areas(parameters, context, feedback)
        min_match = self.parameterAsDouble(parameters, self.MIN_MATCH, context)
        path = Path(self.parameterAsFileOutput(parameters, self.REPORT, context))
        tables = [] if self.unreadable else self.source_tables(parameters, context)
        tables = self.tables[self.TABLES] or tables

        def step(done):
            if feedback.isCanceled():
                raise Cancelled
            feedback.setProgress(100 * done / len(tables))

        checks = [*self.unreadable, *check_tables(tables, areas, min_match, step)]
        for check in checks:
            feedback.pushInfo(check.sentence())
        vintage = vintage_of_areas(areas)
        about = [
            tr("{n:,} areas, codes in the field {field}").format(
                n=len(areas.ids), field=areas.code_field
            ),
            tr("Vintage of the areas: {vintage}").format(
                vintage=vintage or tr("not told by codes")
            ),
            tr("Percent of areas that must find a row: {m:g}").format(m=min_match),
        ]
        overview = reports.table(
            [tr("Table"), tr("Recognised as"), tr("Verdict")],
            [check.row() for check in checks],
            tr("Overview"),
        )
        body = reports.bullets(about) + overview + "".join(check.html() for check in checks)
        reports.write_page(path, tr("Inputs checked"), body)
        return {
            self.REPORT: str(path),
            "RECOGNISED": sum(check.recognised for check in checks),
            "PROBLEMS": sum(bool(check.problems) for check in checks),
        }
