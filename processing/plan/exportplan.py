"""Export the engagement plan: a page with its tables."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ..base import AreaAlgorithm, talk
from ..messages import tr


class ExportPlan(AreaAlgorithm):
    """Puts all that is known for an engagement into one page that can be handed over."""

    ID = "exportplan"
    TITLE = "Export engagement plan"
    GROUP = "Plan"
    TAGS = ("plan", "report", "HTML", "CSV", "XLSX", "equality", "impact", "EIA", "committee")
    TABLE_PARAMETERS = ("GROUPS", "SENSITIVITY", "RESPONSES")
    SOURCE_PARAMETERS = ("INPUT", "VENUES", "WARDS")
    PLAN_TITLE, TOP, VENUES, WARDS, MAPS = "TITLE", "TOP", "VENUES", "WARDS", "MAPS"
    GROUPS, SENSITIVITY, RESPONSES = TABLE_PARAMETERS
    OPENING_FIELD, CONTACT = "OPENING_FIELD", "CONTACT"
    CSV_FOLDER, XLSX, AREAS = "CSV_FOLDER", "XLSX", "AREAS"

    def flags(self):
        # maps belong to the main thread
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(self.NAME_FIELD, tr("Field with the names of the areas"))
        self._add_text(self.PLAN_TITLE, tr("Title (none: made from the ranking)"))
        self._add_text(
            self.TOP,
            tr("Areas of the plan: a number, or a percentage such as 10% (none: the top)"),
        )
        self._add_layer(
            self.VENUES, tr("Venues that were chosen"), QgsProcessing.SourceType.TypeVectorPoint
        )
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                self.GROUPS,
                tr("Tables of representation"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
            )
        )
        self.add_table_parameter(self.SENSITIVITY, tr("Table of what changes the ranking"), True)
        self.add_table_parameter(self.RESPONSES, tr("Replies, a row for each"), True)
        self._add_text(self.OPENING_FIELD, tr("Heading of their answers on opening times"))
        self._add_layer(
            self.WARDS,
            tr("Wards to draw on the map"),
            QgsProcessing.SourceType.TypeVectorAnyGeometry,
        )
        self.addParameter(
            QgsProcessingParameterBoolean(self.MAPS, tr("Pictures of the map"), defaultValue=True)
        )
        self._add_text(self.CONTACT, tr("Whom to ask for other formats (name, phone, e-mail)"))
        self.add_suppression_parameter()
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, tr("Engagement plan"), "HTML (*.html)"
            )
        )
        self.addOutput(QgsProcessingOutputFolder(self.CSV_FOLDER, tr("Tables as CSV files")))
        self.addOutput(QgsProcessingOutputFile(self.XLSX, tr("Tables as a workbook")))
        self.addOutput(QgsProcessingOutputNumber(self.AREAS, tr("Areas of the plan")))

    def _add_text(self, name: str, title: str):
        self.addParameter(QgsProcessingParameterString(name, title, optional=True))

    def _add_layer(self, name: str, title: str, kind):
        self.addParameter(QgsProcessingParameterVectorLayer(name, title, [kind], optional=True))

    def checkParameterValues(self, parameters, context):
        fine, message = super().checkParameterValues(parameters, context)
        return (fine, message) if not fine else self._check_files(parameters, context)

    def _check_files(self, parameters, context):
        """Refuse a page whose tables would be written over an input."""
        from pathlib import Path

        from ...layers.errors import InputError
        from ..base import is_file, sink_path
        from ..document.files import Places

        page = sink_path(parameters.get(self.OUTPUT))
        if not is_file(page):
            return True, ""
        try:
            places = Places.beside(Path(page))
        except InputError as error:
            return False, str(error)
        for file in places.written():
            lost = self._overwritten({**parameters, self.OUTPUT: str(file)})
            if lost:
                return False, tr(
                    "{file} is an input, and the plan writes a table there; choose another file "
                    "for the plan."
                ).format(file=lost)
        return True, ""

    def execute(self, parameters, context, feedback):
        from ..document.assembly import page_of, parts_of
        from ..document.files import Places, write_plan
        from . import listing

        places = Places.beside(self.file_of(self.OUTPUT, parameters, context))
        listing.refuse_unranked(self.parameterAsSource(parameters, self.INPUT, context))
        subject = self._subject(parameters, context, feedback)
        parts = parts_of(subject, self._beside(parameters, context), feedback)
        title, contact = (
            self.parameterAsString(parameters, name, context).strip()
            for name in (self.PLAN_TITLE, self.CONTACT)
        )
        page = page_of(subject, title, contact)
        write_plan(places, page, parts, feedback.isCanceled)
        return {
            self.OUTPUT: str(places.page),
            self.CSV_FOLDER: str(places.folder),
            self.XLSX: str(places.book),
            self.AREAS: subject.top,
        }

    def _subject(self, parameters, context, feedback):
        from ..document.subject import read_subject
        from .listing import Asked

        areas = self.read_areas(parameters, context, feedback)
        asked = Asked(
            top=self.parameterAsString(parameters, self.TOP, context).strip(),
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context),
            named=bool(self.parameterAsString(parameters, self.NAME_FIELD, context)),
        )
        names = self.names(parameters, context, areas)
        return read_subject(areas, names, asked, self.inherited, self.titles, talk(feedback))

    def _beside(self, parameters, context):
        from ...layers.paper.overlays import Overlays
        from ..document.assembly import Beside
        from ..document.venues_part import read_venues

        def layer(name: str):
            return self.parameterAsVectorLayer(parameters, name, context)

        def source(name: str):
            return self.parameterAsSource(parameters, name, context)

        def table(name: str):
            return next(iter(self.tables.get(name) or ()), None)

        maps = self.parameterAsBool(parameters, self.MAPS, context)
        venues = layer(self.VENUES)
        return Beside(
            layer=self.layer_of(self.INPUT, parameters, context) if maps else None,
            overlays=Overlays(wards=layer(self.WARDS), venues=venues),
            venues=read_venues(venues, source(self.VENUES)) if venues else None,
            groups=self.tables.get(self.GROUPS) or (),
            sensitivity=table(self.SENSITIVITY),
            responses=table(self.RESPONSES),
            opening=self.parameterAsString(parameters, self.OPENING_FIELD, context).strip(),
            history=self.history,
        )
