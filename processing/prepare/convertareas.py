"""Move counts between the areas of 2011 and of 2021."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterString,
)

from ...layers.errors import InputError
from ..base import AreaAlgorithm, talk
from ..choices import DIRECTIONS
from ..messages import some, tr


class ConvertAreas(AreaAlgorithm):
    """Moves counts between 2011 and 2021 areas and keeps their totals to the last person."""

    ID = "convertareas"
    TITLE = "Convert counts between 2011 and 2021 areas"
    GROUP = "Prepare"
    TAGS = ("convert", "vintage", "LSOA", "2011", "2021", "best fit", "weights", "census")
    VIEWS = ("ethnicity", "language", "prevalence", "barriers")
    OUTPUT_TITLE = "Converted areas"
    TABLE_PARAMETERS = ("TABLES", "LOOKUP")
    SOURCE_PARAMETERS = ("INPUT", "TARGET")

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_tables_parameters()
        self.add_table_parameter("LOOKUP", tr("Lookup from areas of 2011 to areas of 2021"))
        self.addParameter(
            QgsProcessingParameterString(
                "WEIGHT_FIELD",
                tr("Weights for split areas: heading in LOOKUP, field of TARGET, or equal"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                "DIRECTION",
                tr("Direction"),
                DIRECTIONS,
                defaultValue=DIRECTIONS[0],
                usesStaticStrings=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "TARGET",
                tr("Areas moved to, for their geometry (without TABLES)"),
                [QgsProcessing.SourceType.TypeVectorPolygon],
                optional=True,
            )
        )
        self.add_field_parameter(
            "COUNT_FIELDS", tr("Further fields of counts to move"), several=True
        )
        self.add_suppression_parameter()
        self.add_output()

    def execute(self, parameters, context, feedback):
        from ...layers.geometry import made_areas
        from ..levels.aggregation import carried, say_left_out
        from ..levels.conversion import moved_layer, moved_tables

        log = talk(feedback)
        areas = self.read_areas(parameters, context, feedback)
        target = self._target(parameters, context, feedback)
        tables = self.tables[self.TABLES]
        moving = self._moving(parameters, context, areas if tables else target)
        own = self.fields_chosen(parameters, "COUNT_FIELDS", context)
        if tables:
            if own or target:
                raise InputError(
                    tr(
                        "With TABLES the INPUT is the areas moved to: leave TARGET and "
                        "COUNT_FIELDS empty."
                    )
                )
            results = moved_tables(areas, tables, moving, log)
            return self.write(parameters, areas, results, context, feedback)
        kept = carried(areas, own, self.inherited, log)
        if not kept.fields:
            raise InputError(
                tr(
                    "The areas hold no counts that are known here. Name fields of counts as "
                    "COUNT_FIELDS, or published tables as TABLES."
                )
            )
        results, codes = moved_layer(areas, kept, moving, log)
        say_left_out(areas, kept, {*results.frame}, log)
        shapes = self._shapes(target, codes, moving, feedback)
        self.inherited = {}  # the results say anew where they come from
        into = made_areas(codes, moving.links.target_field, shapes)
        return self.write(parameters, into, results, context, feedback)

    def _target(self, parameters, context, feedback):
        """Return the areas of TARGET, None where it is not given."""
        from ...layers.areas import read_areas
        from ...taxonomies import areas as area_names

        source = self.parameterAsSource(parameters, "TARGET", context)
        if source is None:
            return None
        return read_areas(
            source, "", lambda code: area_names.code_in(code) == code, some, feedback.isCanceled
        )

    def _moving(self, parameters, context, to):
        """Return the lookup with its weights, which may be a field of the areas moved to."""
        from ..fields import numbers_of
        from ..levels.conversion import Moving, weighed
        from ..levels.lookups import links_in

        direction = self.parameterAsString(parameters, "DIRECTION", context) or DIRECTIONS[0]
        weight = (self.parameterAsString(parameters, "WEIGHT_FIELD", context) or "").strip()
        links = links_in(self.tables["LOOKUP"][0], direction, weight)
        people = None
        if to is not None and weight in [field.name() for field in to.source.fields()]:
            people = numbers_of(to, [weight])[weight].set_axis(to.codes)
            people = people[people.index.notna()]
        links, how = weighed(links, weight, people)
        return Moving(
            links,
            direction,
            how,
            self.parameterAsString(parameters, self.SUPPRESSION, context) or "none",
            self.parameterAsDouble(parameters, self.MIN_MATCH, context),
        )

    def _shapes(self, target, codes, moving, feedback):
        """Return the geometry of each area from TARGET; none for a table."""
        from ...layers.geometry import no_shapes, shapes_of

        if target is None:
            return no_shapes(len(codes))
        shapes = shapes_of(target, list(codes), feedback.isCanceled)
        lost = [code for code, shape in zip(codes, shapes.geometries) if shape is None]
        share = 100 * (1 - len(lost) / max(len(codes), 1))
        if share < moving.min_match:
            raise InputError(
                tr(
                    "TARGET: only {n:,} of the {all:,} areas moved to have a geometry there. First "
                    "without: {codes}. Use the boundaries of {year}, or lower MIN_MATCH."
                ).format(
                    n=len(codes) - len(lost),
                    all=len(codes),
                    codes=some(lost),
                    year=moving.years[1],
                )
            )
        if lost:
            feedback.pushWarning(
                tr("Areas without a geometry in TARGET, written without one: {codes}.").format(
                    codes=some(lost)
                )
            )
        return shapes
