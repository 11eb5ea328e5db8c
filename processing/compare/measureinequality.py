"""Measure how unequally a figure is spread between more and less deprived people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
)

from ...layers.errors import InputError
from ..base import talk
from ..messages import Log, tr
from .base import CompareAlgorithm

if TYPE_CHECKING:
    from ...layers.areas import Areas
    from .counts import Known
    from .inequality import Groups
    from .inequality_report import Page
    from .measures import Counted


class MeasureInequality(CompareAlgorithm):
    """Tells inequality between groups, and between areas, in figures and sentences."""

    ID = "measureinequality"
    TITLE = "Measure inequality"
    TAGS = (
        "inequality",
        "SII",
        "RII",
        "gap",
        "ratio",
        "concentration index",
        "Theil",
        "segregation",
    )
    FIELD, BASE_FIELD = "FIELD", "BASE_FIELD"
    RANK_FIELD, RANK_ORDER, GROUPS = "RANK_FIELD", "RANK_ORDER", "GROUPS"
    FAVOURABLE, REPETITIONS, SEED = "FAVOURABLE", "REPETITIONS", "SEED"
    GROUPS_TABLE = "GROUPS_TABLE"
    ORDERS = ("auto", "low", "high")

    def initAlgorithm(self, configuration=None):
        whole = QgsProcessingParameterNumber.Type.Integer
        self.add_area_parameters()
        self.add_field_parameter(self.FIELD, tr("Count of people or households"), optional=False)
        self.add_field_parameter(
            self.BASE_FIELD, tr("All of whom it is a part (known figures find it)")
        )
        self.add_field_parameter(
            self.RANK_FIELD,
            tr("Deprivation: rank, decile, quintile or score (none: measures without an order)"),
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.RANK_ORDER,
                tr("Most deprived are (auto: known for known fields)"),
                self.ORDERS,
                defaultValue="auto",
                usesStaticStrings=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.GROUPS,
                tr("Groups to make of ranks or scores"),
                whole,
                10,
                minValue=2,
                maxValue=100,
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean(self.FAVOURABLE, tr("More of it is better"), False)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.REPETITIONS,
                tr("Repetitions for the limits of SII and RII"),
                whole,
                10_000,
                minValue=1000,
                maxValue=100_000,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.SEED, tr("Seed of the repetitions"), whole, 1, minValue=0
            )
        )
        self.add_suppression_parameter()
        tables = (
            (self.OUTPUT, tr("Measures of inequality"), False),
            (self.GROUPS_TABLE, tr("The groups"), True),
        )
        for name, title, optional in tables:
            self.addParameter(
                QgsProcessingParameterFeatureSink(
                    name,
                    title,
                    QgsProcessing.SourceType.TypeVector,
                    optional=optional,
                    createByDefault=not optional,
                )
            )
        self.add_report_parameter(tr("Report with sentences, groups and picture"))

    def execute(self, parameters, context, feedback):
        from .inequality_report import Page, write_report
        from .measures import Asked, measures, notes, without_hidden

        log = talk(feedback)
        report = self.file_of(self.REPORT, parameters, context)
        self.check_folders((self.OUTPUT, self.GROUPS_TABLE), parameters)
        areas = self.read_areas(parameters, context, feedback)
        known = self.known(areas)
        rule = self.parameterAsString(parameters, self.SUPPRESSION, context)
        counted = self._counted(parameters, context, areas, known, log)
        groups = self._groups(parameters, context, areas, known, counted, rule, log)
        if groups is None and parameters.get(self.GROUPS_TABLE):
            raise InputError(tr("GROUPS_TABLE: without RANK_FIELD there are no groups."))
        asked = Asked(
            favourable=self.parameterAsBool(parameters, self.FAVOURABLE, context),
            seed=self.parameterAsInt(parameters, self.SEED, context),
            repetitions=self.parameterAsInt(parameters, self.REPETITIONS, context),
            rule=rule,
        )
        table, line = measures(counted, groups, asked)
        page = Page(
            title=counted.title,
            base_title=counted.base_title,
            unit=counted.unit,
            table=table,
            groups=groups,
            line=line,
            notes=notes(counted, groups, asked),
            source=counted.source,
        )
        lacking = without_hidden(counted)
        if lacking:
            feedback.pushWarning(lacking)
        picture = self._picture(report, page, log)
        log("\n".join(table["sentence"]))
        written = self.write_beside(self.OUTPUT, table, parameters, context, feedback)
        if groups:
            more = (self.GROUPS_TABLE, groups.table, parameters, context, feedback)
            written |= self.write_beside(*more)
        if report:
            write_report(report, page, picture)
            written[self.REPORT] = str(report)
        return written

    def _counted(self, parameters, context, areas: Areas, known: Known, log: Log) -> Counted:
        from ..attribution import source_line, together
        from ..fields import protected_before
        from .counts import base_title, find_base, read_counts, refuse_above_base, summed, unit_of
        from .measures import Counted

        field = self.parameterAsString(parameters, self.FIELD, context)
        chosen = self.parameterAsString(parameters, self.BASE_FIELD, context) or ""
        fields = find_base(field, chosen, known, log)
        frame = read_counts(areas, (field, *fields))
        refuse_above_base(frame, field, fields, areas)
        count, base = frame[field], summed(frame, fields)
        both = count.notna() & base.gt(0)
        if not both.any():
            raise InputError(
                tr("No area has both {field} and people it is a part of.").format(field=field)
            )
        if not both.all():
            log(
                tr("{n} areas lack the count or its base and are left out.").format(n=(~both).sum())
            )
        sources = known.sources_of([field, *fields])
        before = protected_before(known.provenance)
        return Counted(
            count=count.where(both),
            base=base.where(both),
            title=known.title(field),
            base_title=base_title(fields, known),
            unit=unit_of(fields, known),
            source=source_line(together(s.get("attribution", "") for s in sources)),
            tables=tuple(dict.fromkeys(s["title"] for s in sources)),
            before=next((before[name] for name in (field, *fields) if name in before), ""),
        )

    def _groups(
        self, parameters, context, areas, known: Known, counted: Counted, rule: str, log: Log
    ) -> Groups | None:
        from ..fields import numbers_of
        from . import inequality

        field = self.parameterAsString(parameters, self.RANK_FIELD, context)
        if not field:
            log(tr("No RANK_FIELD: only measures that need no order of deprivation are made."))
            return None
        order = self.parameterAsString(parameters, self.RANK_ORDER, context)
        barriers = inequality.barriers(known.taxonomies)
        ranking = inequality.ranked(
            numbers_of(areas, [field])[field][counted.count.notna()],
            inequality.low_is_most_deprived(order, field, barriers),
            self.parameterAsInt(parameters, self.GROUPS, context),
            field,
            known.title(field),
            inequality.national_bands(field, known.taxonomies),
            log,
        )
        return inequality.grouped(counted.count, counted.base, ranking, rule, log)

    def _picture(self, report, page: Page, log: Log) -> bytes | None:
        from ...layers import charts
        from .inequality_report import chart_of

        if not report or page.groups is None:
            return None
        if not charts.available():
            log(charts.how_to_install())
            return None
        return charts.drawn(chart_of(page, page.groups), ".png")
