"""Plan venues: those that reach most of the people sought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from ...layers.errors import InputError
from ..base import AreaAlgorithm, sink_path, talk
from ..messages import tr

if TYPE_CHECKING:
    from ..venues.planning import Asked, Plan
    from ..venues.sites import Sites
    from ..venues.sought import Sought


class PlanVenues(AreaAlgorithm):
    """Chooses the venues that most of the people sought can reach."""

    ID = "planvenues"
    TITLE = "Plan venues"
    GROUP = "Plan"
    TAGS = ("venue", "event", "location", "coverage", "reach", "catchment", "travel time", "MCLP")
    TABLE_PARAMETERS = ("MATRIX",)
    SOURCE_PARAMETERS = ("INPUT", "VENUES", "CENTRES", "NETWORK")
    OUTPUT = "REACHED"  # of areas, as the base writes them; OUTPUT holds the venues
    OUTPUT_TITLE = "Areas within reach"
    VIEWS = ("reach", "score", "bivariate", "voice")
    CHOSEN = "OUTPUT"
    VENUES, VENUE_NAME_FIELD, KEEP_FIELD = "VENUES", "VENUE_NAME_FIELD", "KEEP_FIELD"
    NUMBER, REACH, PEOPLE_FIELD, TOP_ONLY = "NUMBER", "REACH", "PEOPLE_FIELD", "TOP_ONLY"
    CENTRES, NETWORK, MATRIX = "CENTRES", "NETWORK", "MATRIX"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(self.NAME_FIELD, tr("Field with the names of the areas"))
        kinds = QgsProcessing.SourceType
        places = [kinds.TypeVectorPoint, kinds.TypeVectorPolygon]
        self._add_layer(self.VENUES, tr("Venues (points)"), places, optional=False)
        self.add_field_parameter(
            self.VENUE_NAME_FIELD, tr("Field with the names of the venues"), of=self.VENUES
        )
        self._add_number(self.NUMBER, tr("How many venues, those kept among them"), 5, whole=True)
        self._add_number(
            self.REACH, tr("Reach: metres; with a table of travel times its minutes"), 800.0
        )
        self.add_field_parameter(
            self.PEOPLE_FIELD, tr("Count of the people sought (none: all residents)")
        )
        self.addParameter(
            QgsProcessingParameterBoolean(
                self.TOP_ONLY, tr("Only people in the areas at the top of the ranking"), False
            )
        )
        self._add_layer(
            self.CENTRES,
            tr("Population-weighted centres of the areas, by their codes (points)"),
            [kinds.TypeVectorPoint],
        )
        self._add_layer(
            self.NETWORK, tr("Streets and paths to walk along (lines)"), [kinds.TypeVectorLine]
        )
        self.add_table_parameter(
            self.MATRIX, tr("Table of travel times: area code, venue, minutes"), optional=True
        )
        self.add_match_parameter()
        self.add_field_parameter(
            self.KEEP_FIELD,
            tr("Field of the venues that marks those to keep (1, yes or true)"),
            of=self.VENUES,
        )
        self.add_suppression_parameter()
        self.addParameter(QgsProcessingParameterFeatureSink(self.CHOSEN, tr("Venues")))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                self.OUTPUT, tr(self.OUTPUT_TITLE), optional=True, createByDefault=False
            )
        )
        self.add_report_parameter(tr("Report in words"))
        for name, title in (
            ("SOUGHT_N", tr("People sought")),
            ("REACHED_N", tr("People reached")),
            ("BOUND_N", tr("People whom no choice can exceed")),
            ("CHOSEN_N", tr("Venues chosen")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def _add_layer(self, name: str, title: str, kinds: list, optional: bool = True):
        self.addParameter(
            QgsProcessingParameterFeatureSource(name, title, kinds, optional=optional)
        )

    def _add_number(self, name: str, title: str, default: float, whole: bool = False):
        kind = QgsProcessingParameterNumber.Type
        self.addParameter(
            QgsProcessingParameterNumber(
                name, title, kind.Integer if whole else kind.Double, default, False, int(whole)
            )
        )

    def prepareAlgorithm(self, parameters, context, feedback):
        """Keep what the venues' layer carries, for the one made of it."""
        from ...layers import outputs

        layer = self.parameterAsVectorLayer(parameters, self.VENUES, context)
        self.venues_told = outputs.inherited(layer) if layer else ({}, {})
        return super().prepareAlgorithm(parameters, context, feedback)

    def execute(self, parameters, context, feedback):
        from ..venues import planning, words
        from ..venues.sites import read_sites
        from ..venues.sought import Layer, people_sought, untouched_in_words
        from ..venues.venue_report import write_report

        report = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.CHOSEN, self.OUTPUT), parameters)
        areas = self.read_areas(parameters, context, feedback)
        log, asked = talk(feedback), self._asked(parameters, context)
        venues = self._source(self.VENUES, parameters, context)
        fields = (self.VENUE_NAME_FIELD, self.KEEP_FIELD)
        named = [self.parameterAsString(parameters, name, context) or "" for name in fields]
        sites = read_sites(venues, *named, feedback.isCanceled, log)
        planning.refuse_too_many(asked, sites)
        layer = Layer(areas, self.inherited, self.titles)
        sought = people_sought(
            layer,
            self.parameterAsString(parameters, self.PEOPLE_FIELD, context) or "",
            self.parameterAsBool(parameters, self.TOP_ONLY, context),
            self.parameterAsString(parameters, self.SUPPRESSION, context),
            log,
        )
        plan = self._plan(asked, sought, sites, areas, parameters, context, feedback)
        words.tell(plan, log, feedback.pushWarning)
        left = untouched_in_words(layer, sought)
        if left:
            feedback.pushWarning(left)
        settings = words.settings(plan)
        made = self._write_venues(planning.venue_results(plan, settings), sites, parameters,
                                  context, feedback)  # fmt: skip
        if parameters.get(self.OUTPUT):
            results = planning.area_results(plan, settings)
            made |= self.write(parameters, areas, results, context, feedback)
        if report:
            write_report(report, plan)
            made[self.REPORT] = str(report)
        return {**made, **words.numbers(plan)}

    def _asked(self, parameters, context) -> Asked:
        from ..venues.planning import Asked

        reach = self.parameterAsDouble(parameters, self.REACH, context)
        if not reach > 0:
            raise InputError(tr("REACH is 0: give metres, or minutes with MATRIX."))
        number = self.parameterAsInt(parameters, self.NUMBER, context)
        least = self.parameterAsDouble(parameters, self.MIN_MATCH, context)
        return Asked(number, reach, least)

    def _source(self, name: str, parameters, context) -> Any:
        source = self.parameterAsSource(parameters, name, context)
        if source is None and parameters.get(name):
            raise QgsProcessingException(self.invalidSourceError(parameters, name))
        return source

    def _plan(
        self,
        asked: Asked,
        sought: Sought,
        sites: Sites,
        areas,
        parameters,
        context,
        feedback,
    ) -> Plan:
        from ..venues import planning
        from ..venues.centres import read_centres

        log, transforms = talk(feedback), context.transformContext()
        names = self.names(parameters, context, areas)
        lines = self._source(self.NETWORK, parameters, context)
        middles = self._source(self.CENTRES, parameters, context)
        centres, aside, absent = None, (0, 0), 0
        if self.tables[self.MATRIX]:
            planning.refuse_both(lines)
            if middles is not None:
                log(tr("CENTRES is not used: MATRIX says how far it is."))
            table = self.tables[self.MATRIX][0]
            way, absent = planning.way_told(table, areas, sites, sought, asked, log)
        else:
            centres = read_centres(areas, middles, asked.reach, asked.min_match, transforms, log)
            feedback.setProgress(10)
            if lines is not None:
                way, aside = planning.way_along(lines, centres, sites, transforms, feedback, log)
            else:
                _, way = planning.straight_way(centres, sites, transforms, log)
        feedback.setProgress(40)
        about = (centres, aside, absent)
        return planning.make_plan(asked, sought, sites, way, names, about, feedback)

    def _write_venues(self, results, sites: Sites, parameters, context, feedback) -> dict:
        from ...layers.areas import result_fields
        from ...layers.spots import point_type, write_spots

        short = sink_path(parameters.get(self.CHOSEN)).lower().endswith(".shp")
        source = sites.source
        fields, kept, cut = result_fields(source.fields(), results.frame, short, results.replaced)
        sink, where = self.parameterAsSink(
            parameters, self.CHOSEN, context, fields, point_type(source), source.sourceCrs()
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, self.CHOSEN))
        self.begun[self.CHOSEN] = where
        ids = sites.spots.ids.tolist()
        write_spots(source, kept, results.frame, ids, sink, feedback.isCanceled)
        results.history = self.history
        self.venues_made = (where, results, cut, cut.get(sites.name_field, sites.name_field))
        return {self.CHOSEN: where}

    def postProcessAlgorithm(self, context, feedback):
        """Style the venues, then the areas; the styles are saved with the files."""
        from ...layers.venue_style import dress_venues

        where, results, cut, named = getattr(self, "venues_made", ("", None, {}, ""))
        layer = QgsProcessingUtils.mapLayerFromString(where, context) if where else None
        if isinstance(layer, QgsVectorLayer):
            inherited, titles = self.venues_told
            new = {cut.get(name, name): text for name, text in results.aliases.items()}
            told = dress_venues(layer, {**titles, **new}, results.provenance(inherited), cut, named)
            feedback.pushInfo(told)
        return super().postProcessAlgorithm(context, feedback)
