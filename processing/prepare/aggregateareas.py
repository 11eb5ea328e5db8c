"""Add small areas up to larger places."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingParameterBoolean,
    QgsProcessingParameterString,
)

from ...layers.errors import InputError
from ..base import AreaAlgorithm, talk
from ..messages import tr


class AggregateAreas(AreaAlgorithm):
    """Adds figures of small areas up to neighbourhoods, places or systems."""

    ID = "aggregateareas"
    TITLE = "Add areas up to larger places"
    GROUP = "Prepare"
    TAGS = ("aggregate", "dissolve", "ward", "authority", "ICB", "neighbourhood", "LSOA", "lookup")
    VIEWS = ("ethnicity", "language", "prevalence", "barriers", "deprivation")
    OUTPUT_TITLE = "Places"
    TABLE_PARAMETERS = ("LOOKUP",)

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_table_parameter("LOOKUP", tr("Lookup from the areas to larger places"), True)
        self.addParameter(
            QgsProcessingParameterString(
                "LOOKUP_FIELD",
                tr("Heading in the lookup of the places to add up to (where it has several)"),
                optional=True,
            )
        )
        self.add_field_parameter("GROUP_FIELD", tr("Or: field of the areas with the place of each"))
        self.add_field_parameter(
            "COUNT_FIELDS", tr("Further fields of counts to add up"), several=True
        )
        self.add_field_parameter("WEIGHT_FIELD", tr("Field of people, for average scores"))
        self.addParameter(
            QgsProcessingParameterBoolean(
                "DISSOLVE", tr("Dissolve the borders inside a place"), defaultValue=True
            )
        )
        self.add_match_parameter()
        self.add_suppression_parameter()
        self.add_output()

    def execute(self, parameters, context, feedback):
        from ...layers.geometry import made_areas, put_together
        from ..levels.aggregation import Asked, aggregated, carried, say_left_out
        from ..levels.lookups import check_places

        log = talk(feedback)
        areas = self.read_areas(parameters, context, feedback)
        asked = Asked(
            own=self.fields_chosen(parameters, "COUNT_FIELDS", context),
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context) or "none",
            weight=self.parameterAsString(parameters, "WEIGHT_FIELD", context) or "",
        )
        places = self._places(parameters, areas, context, log)
        least = self.parameterAsDouble(parameters, self.MIN_MATCH, context)
        check_places(places, areas, least, log)
        kept = carried(areas, asked.own, self.inherited, log)
        made = aggregated(areas, places, kept, asked, log)
        if not kept.fields and not asked.weight:
            feedback.pushWarning(
                tr(
                    "The areas hold no counts that are known here, so that the places have none. "
                    "Name fields of counts as COUNT_FIELDS."
                )
            )
        used = {*made.results.frame, places.field, places.name_field, asked.weight}
        say_left_out(areas, kept, used, log)
        shapes = put_together(
            areas.source,
            made.members,
            len(made.codes),
            self.parameterAsBool(parameters, "DISSOLVE", context),
            feedback.isCanceled,
            feedback.setProgress,
        )
        self._say_shapes(shapes, feedback)
        self.inherited = {}  # the results say anew where they come from
        into = made_areas(made.codes, places.field, shapes)
        return self.write(parameters, into, made.results, context, feedback)

    def _places(self, parameters, areas, context, log):
        """Return the places by the lookup or by the field of the areas, whichever is given."""
        from ..levels.lookups import grouped, places_of

        tables = self.tables["LOOKUP"]
        heading = self.parameterAsString(parameters, "LOOKUP_FIELD", context) or ""
        field = self.parameterAsString(parameters, "GROUP_FIELD", context) or ""
        if bool(tables) == bool(field):
            raise InputError(
                tr(
                    "Give the places once: a LOOKUP from the areas to places, or a GROUP_FIELD of "
                    "the areas."
                )
            )
        if field and heading:
            raise InputError(tr("LOOKUP_FIELD is a heading in LOOKUP, which is not given."))
        if field:
            return grouped(areas, field, log)
        return places_of(areas, tables[0], heading, log)

    def _say_shapes(self, shapes, feedback):
        if shapes.mended:
            feedback.pushWarning(
                tr(
                    "{n} geometries were not valid and were mended before they were dissolved."
                ).format(n=shapes.mended)
            )
        if shapes.bordered:
            feedback.pushWarning(
                tr(
                    "{n} places could not be dissolved and keep the borders of their areas. Mend "
                    "the geometries (native:fixgeometries) and run again."
                ).format(n=shapes.bordered)
            )
        if shapes.without:
            feedback.pushWarning(
                tr("{n} areas have no geometry; their figures are added up all the same.").format(
                    n=shapes.without
                )
            )
