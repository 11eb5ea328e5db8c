"""Compare the groups of those who replied with the residents."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from ..base import AreaAlgorithm, talk
from ..choices import DETAILS
from ..messages import tr

if TYPE_CHECKING:
    from .represented import Asked
    from .residents import Sources


class Representation(AreaAlgorithm):
    """Tells which groups replied less, or more, than their share of the residents."""

    ID = "representation"
    TITLE = "Measure representation"
    GROUP = "Voice"
    TAGS = ("replies", "responses", "survey", "groups", "quota", "index", "weights", "raking")
    TABLE_PARAMETERS = ("TABLES", "RESPONSES")
    FILE_PARAMETERS = ("TAXONOMY",)
    RESPONSES, GROUP_FIELD, TAXONOMY, LEVEL = "RESPONSES", "GROUP_FIELD", "TAXONOMY", "LEVEL"
    RAKE_FIELDS, MIN_EXPECTED = "RAKE_FIELDS", "MIN_EXPECTED"
    POPULATION_FIELD = "POPULATION_FIELD"
    EFFECTIVE_SIZE, DESIGN_EFFECT = "EFFECTIVE_SIZE", "DESIGN_EFFECT"
    UNKNOWN = "UNKNOWN"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_table_parameter(self.RESPONSES, tr("Replies, a row for each"))
        self._add_heading(self.GROUP_FIELD, tr("Group of each reply (found by its values)"), False)
        self.add_tables_parameters()
        self.addParameter(
            QgsProcessingParameterFile(
                self.TAXONOMY,
                tr("Categories to compare in: a file or a shipped id (none: the residents')"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.LEVEL,
                tr("Detail: the finest that both sides have (auto), categories or main groups"),
                DETAILS,
                defaultValue=DETAILS[0],
                usesStaticStrings=True,
            )
        )
        self._add_heading(
            self.RAKE_FIELDS, tr("More groups of each reply, to weight by as well"), True
        )
        self.add_field_parameter(
            self.POPULATION_FIELD, tr("All residents, where their groups are percentages alone")
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.MIN_EXPECTED,
                tr("Replies expected of a group from which it can be called in proportion"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=10.0,
                minValue=0.0,
            )
        )
        self.add_suppression_parameter()
        no_geometry = QgsProcessing.SourceType.TypeVector
        self.addParameter(
            QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Representation"), no_geometry)
        )
        self.add_report_parameter(tr("Report with sentences, picture and table"))
        for name, title in (
            (self.UNKNOWN, tr("Replies that do not say their group")),
            (self.EFFECTIVE_SIZE, tr("Effective number of replies, weighted")),
            (self.DESIGN_EFFECT, tr("Design effect of the weights")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def _add_heading(self, name: str, title: str, several: bool):
        self.addParameter(
            QgsProcessingParameterField(
                name,
                title,
                parentLayerParameterName=self.RESPONSES,
                allowMultiple=several,
                optional=True,
            )
        )

    def checkParameterValues(self, parameters, context):
        """Take the id of a taxonomy too, which QGIS refuses as a file without an ending."""
        name = str(parameters.get(self.TAXONOMY) or "")
        is_id = name and not Path(name).suffix
        stand_in = {**parameters, self.TAXONOMY: f"{name}.json"} if is_id else parameters
        return super().checkParameterValues(stand_in, context)

    def execute(self, parameters, context, feedback):
        from ..own import named_taxonomy
        from .represented import UNKNOWN, Asked, represented, table_of
        from .represented_page import write_page
        from .represented_words import sentences, summary

        log = talk(feedback)
        report = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.OUTPUT,), parameters)
        taxonomy = self.parameterAsString(parameters, self.TAXONOMY, context) or ""
        asked = Asked(
            field=self.parameterAsString(parameters, self.GROUP_FIELD, context) or "",
            taxonomy=taxonomy,
            own=named_taxonomy(taxonomy) if taxonomy else None,
            level=self.parameterAsString(parameters, self.LEVEL, context),
            rake=self.fields_chosen(parameters, self.RAKE_FIELDS, context),
            min_expected=self.parameterAsDouble(parameters, self.MIN_EXPECTED, context),
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context),
        )
        sources = self._sources(parameters, context, feedback, asked)
        found = represented(self.tables[self.RESPONSES][0], sources, asked, log)
        log("\n".join(summary(found)))
        table = table_of(found, sentences(found))
        written = self.write_beside(self.OUTPUT, table, parameters, context, feedback)
        if report:
            write_page(report, found)
            written[self.REPORT] = str(report)
        numbers = {self.UNKNOWN: found.all[UNKNOWN]}
        if found.weights:
            numbers[self.EFFECTIVE_SIZE] = found.weights.size
            numbers[self.DESIGN_EFFECT] = found.weights.effect
        return {**written, **{k: v for k, v in numbers.items() if math.isfinite(v)}}

    def _sources(self, parameters, context, feedback, asked: Asked) -> Sources:
        """Return where residents are read from: TABLES, fields of figures, or published columns."""
        from ...taxonomies.catalogue import catalogue
        from ..inputs import find_tables
        from .residents import Sources

        areas = self.read_areas(parameters, context, feedback)
        own = asked.own
        known = () if own is None or own in catalogue() else (own, *catalogue())
        field = self.parameterAsString(parameters, self.POPULATION_FIELD, context) or ""
        match = self.parameterAsDouble(parameters, self.MIN_MATCH, context)
        log = talk(feedback)
        found = find_tables(self.tables[self.TABLES], log, taxonomies=known)
        sources = Sources(areas, found, field, match, self.inherited)
        if found or sources.taxonomies(own):
            return sources
        found = find_tables(
            self.source_tables(parameters, context),
            log,
            tr("Profile the areas first (LEVEL = category), or give published TABLES."),
            known,
        )
        return Sources(areas, found, field, match, self.inherited)
