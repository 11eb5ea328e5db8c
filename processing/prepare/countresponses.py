"""Count the replies to a survey in each area."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterString,
)

from ...layers.errors import InputError
from ..base import AreaAlgorithm, talk
from ..choices import LEVELS
from ..messages import tr

if TYPE_CHECKING:
    from ..replies.postcodes import Lookup
    from ..replies.responses import Opened


class CountResponses(AreaAlgorithm):
    """Counts replies in areas by points, postcodes or codes, and lists those it cannot place."""

    ID = "countresponses"
    TITLE = "Count replies in areas"
    GROUP = "Prepare"
    TAGS = ("survey", "responses", "replies", "postcode", "geocode", "points", "consultation")
    VIEWS = ("score", "ethnicity", "deprivation", "language", "prevalence", "barriers")
    OUTPUT_TITLE = "Areas with replies"
    TABLE_PARAMETERS = ("RESPONSES", "POSTCODES", "LOOKUP")
    FILE_PARAMETERS = ("TAXONOMY",)
    RESPONSES, POSTCODES, LOOKUP = TABLE_PARAMETERS
    POSTCODE_FIELD, RESPONSE_CODE_FIELD = "POSTCODE_FIELD", "RESPONSE_CODE_FIELD"
    GROUP_FIELD, TAXONOMY, LEVEL = "GROUP_FIELD", "TAXONOMY", "LEVEL"
    UNPLACED = "UNPLACED"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self._add_source(self.RESPONSES, tr("Replies: a table with a row for each, or points"))
        self._add_text(
            self.POSTCODE_FIELD, tr("Heading of the postcodes in it (found by their values)")
        )
        self._add_source(
            self.POSTCODES, tr("Lookup of postcodes (Code-Point Open, ONSPD, NSPL …)"), True
        )
        self._add_text(
            self.RESPONSE_CODE_FIELD, tr("Or: heading of area codes in it (found by their values)")
        )
        self.add_table_parameter(
            self.LOOKUP,
            tr("Lookup to these areas from those of another year, or smaller ones"),
            True,
        )
        self._add_text(self.GROUP_FIELD, tr("Heading of a group that people said they are of"))
        self._add_text(
            self.TAXONOMY, tr("Categories to tell groups in: a shipped id or a file (none: theirs)")
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.LEVEL, tr("Detail of the groups"), LEVELS,
                defaultValue=LEVELS[0], usesStaticStrings=True,
            )
        )  # fmt: skip
        self.add_suppression_parameter()
        self.add_output()
        no_geometry = QgsProcessing.SourceType.TypeVector
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                self.UNPLACED, tr("Replies not placed, and why"), no_geometry, optional=True
            )
        )
        self.add_report_parameter(tr("Report on how replies were placed"))
        for name, title in (
            ("RESPONSES_COUNT", tr("Replies")),
            ("PLACED", tr("Replies placed in areas")),
            ("UNPLACED_COUNT", tr("Replies not placed")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def _add_source(self, name: str, title: str, optional: bool = False):
        kind = [QgsProcessing.SourceType.TypeVector]
        self.addParameter(QgsProcessingParameterFeatureSource(name, title, kind, optional=optional))

    def _add_text(self, name: str, title: str):
        self.addParameter(QgsProcessingParameterString(name, title, optional=True))

    def execute(self, parameters, context, feedback):
        # here, so that a start of QGIS does not wait for them
        from ...layers.places import in_areas
        from ..replies import placing_report as told
        from ..replies.answers import answers_in
        from ..replies.bridges import read_bridge
        from ..replies.placing import Ground, by_codes, by_points, by_postcodes
        from ..replies.reply_counts import count_replies, shown_results
        from ..replies.responses import POINTS, POSTCODES, Asked, read_replies

        def text(name: str) -> str:
            return (self.parameterAsString(parameters, name, context) or "").strip()

        log, rule, level = talk(feedback), text(self.SUPPRESSION) or "none", text(self.LEVEL)
        report = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.OUTPUT, self.UNPLACED), parameters)
        areas = self.read_areas(parameters, context, feedback)
        fields = (self.POSTCODE_FIELD, self.RESPONSE_CODE_FIELD, self.GROUP_FIELD)
        asked = Asked(*map(text, fields))
        opened = self._open(self.RESPONSES, parameters, context, feedback)
        replies = read_replies(opened, asked, areas, bool(self.tables[self.POSTCODES]), log)
        bridges = [read_bridge(table, areas, log) for table in self.tables[self.LOOKUP]]
        finder = partial(in_areas, areas, context.transformContext(), feedback.setProgress, log)
        ground = Ground(areas, bridges[0] if bridges else None, finder, log)
        lookup = None
        if replies.way == POINTS:
            placing = by_points(opened.points, ground)
        elif replies.way == POSTCODES:
            lookup = self._lookup(replies, ground, parameters, context, feedback)
            placing = by_postcodes(replies.places, lookup, ground)
        else:
            placing = by_codes(replies.places, replies.heading, ground)
        if self.tables[self.POSTCODES] and replies.way != POSTCODES:
            log(tr("POSTCODES is not used: no column of postcodes was asked for or needed."))
        told.reasons_in_words(placing, replies, log)
        told.refuse_none(placing, replies)
        answers = None
        if replies.groups is not None:
            answers = answers_in(replies.groups, asked.group, text(self.TAXONOMY), level, log)
        counted = count_replies(placing, answers, level, areas)
        origin = told.origin_of(replies, placing, lookup, answers)
        results = shown_results(counted, rule, origin, areas, log)
        left = told.unplaced_table(placing, replies)
        written = self.write(parameters, areas, results, context, feedback)
        written |= self.write_beside(self.UNPLACED, left, parameters, context, feedback)
        if report:
            told.write_report(report, placing, replies, origin, results)
            written[self.REPORT] = str(report)
        numbers = {"RESPONSES_COUNT": len(replies.rows), "UNPLACED_COUNT": len(left)}
        return {**written, **numbers, "PLACED": len(replies.rows) - len(left)}

    def _open(self, name, parameters, context, feedback) -> Opened:
        """Return a table, and what a layer has besides: its points, the ids of its features.

        A layer is read through its source, which knows selection and filter; a text file or a
        workbook as it stands, since QGIS would take a line above the headings for them.
        """
        from ...layers.areas import read_columns
        from ...layers.places import has_points, read_points
        from ...layers.tables import LayerTable
        from ..replies.responses import Opened

        table, value = self.tables[name][0], parameters[name]
        is_file = not isinstance(table, LayerTable)
        if is_file and isinstance(value, str) and Path(value).is_file():
            return Opened(table)
        source = self.parameterAsSource(parameters, name, context)
        selected = getattr(value, "selectedFeaturesOnly", False)
        if source is None or (is_file and not selected and not has_points(source)):
            return Opened(table)
        points = read_points(source, feedback.isCanceled) if has_points(source) else None
        ids = read_columns(source, [], feedback.isCanceled).index if points is None else None
        layer = LayerTable(source.sourceName(), source, source.fields())
        layer.cancelled = feedback.isCanceled
        return Opened(layer, points, points.numbers if points else ids)

    def _lookup(self, replies, ground, parameters, context, feedback) -> Lookup:
        from ..replies.postcodes import read_lookup

        if not self.tables[self.POSTCODES]:
            raise InputError(
                tr(
                    "{file} says by postcodes where replies come from. Name a lookup of postcodes "
                    "as POSTCODES, such as Code-Point Open (Ordnance Survey) or the ONS Postcode "
                    "Directory; both are free."
                ).format(file=replies.name)
            )
        opened = self._open(self.POSTCODES, parameters, context, feedback)
        others = ground.bridge.known if ground.bridge else ()
        return read_lookup(opened.table, opened.points, ground.areas, others, talk(feedback))
