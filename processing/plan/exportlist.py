"""Export the ranked areas as a list: CSV or XLSX."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..base import AreaAlgorithm, talk
from ..messages import tr


class ExportList(AreaAlgorithm):
    """Writes ranked areas to a table for people: ranks, residents, how sure, reasons."""

    ID = "exportlist"
    TITLE = "Export list of areas"
    GROUP = "Plan"
    TAGS = ("list", "table", "CSV", "XLSX", "Excel", "spreadsheet", "report")
    TABLE_PARAMETERS = ()
    TOP, ABOUT, LISTED, UNRANKED = "TOP", "ABOUT", "LISTED", "UNRANKED"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(self.NAME_FIELD, tr("Field with the names of the areas"))
        self.addParameter(
            QgsProcessingParameterString(
                self.TOP,
                tr("Areas to list: a number, or a percentage such as 10% (none: all)"),
                optional=True,
            )
        )
        self.add_suppression_parameter()
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, tr("List"), "CSV (*.csv);;XLSX (*.xlsx)"
            )
        )
        self.addOutput(QgsProcessingOutputFile(self.ABOUT, tr("What the list says and where from")))
        self.addOutput(QgsProcessingOutputNumber(self.LISTED, tr("Areas listed")))
        self.addOutput(QgsProcessingOutputNumber(self.UNRANKED, tr("Areas without a rank")))

    def execute(self, parameters, context, feedback):
        from . import listing

        path = self.file_of(self.OUTPUT, parameters, context)
        listing.refuse_unranked(self.parameterAsSource(parameters, self.INPUT, context))
        areas = self.read_areas(parameters, context, feedback)
        asked = listing.Asked(
            top=self.parameterAsString(parameters, self.TOP, context).strip(),
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context),
            named=bool(self.parameterAsString(parameters, self.NAME_FIELD, context)),
        )
        names = self.names(parameters, context, areas)
        made = listing.listed(areas, names, asked, self.inherited, self.titles, talk(feedback))
        about = listing.write(path, made, feedback.isCanceled)
        return {
            self.OUTPUT: str(path),
            self.ABOUT: str(about),
            self.LISTED: len(made.table),
            self.UNRANKED: made.unranked,
        }
