"""Measure how unequally a figure is spread between more and less deprived people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)

from ...layers import charts
from ...layers.areas import read_columns, result_fields, write_table
from ...layers.errors import InputError
from ...layers.values import Cells, numbers
from .. import inequality
from ..base import talk
from ..inequality import Groups
from ..messages import Log, quoted, some, tr
from .base import CompareAlgorithm
from .benchmark_report import source_line
from .counts import (
    Known,
    base_title,
    find_base,
    read_counts,
    refuse_above_base,
    summed,
    unit_of,
)
from .inequality_report import Page, chart_of, write_report
from .measures import Asked, Counted, measures, notes

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas


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
                maxValue=1_000_000,
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
            self.parameterAsBool(parameters, self.FAVOURABLE, context),
            self.parameterAsInt(parameters, self.SEED, context),
            self.parameterAsInt(parameters, self.REPETITIONS, context),
            rule,
        )
        table, line = measures(counted, groups, asked)
        page = Page(
            counted.title,
            counted.base_title,
            counted.unit,
            table,
            groups,
            line,
            notes(counted, groups, asked),
            counted.source,
        )
        picture = self._picture(report, page, log)
        log("\n".join(table["sentence"]))
        outputs = {self.OUTPUT: self._write(self.OUTPUT, table, parameters, context)}
        if parameters.get(self.GROUPS_TABLE):
            outputs[self.GROUPS_TABLE] = self._write(
                self.GROUPS_TABLE, groups.table, parameters, context
            )
        if report:
            write_report(report, page, picture)
            outputs[self.REPORT] = str(report)
        return outputs

    def _counted(self, parameters, context, areas: Areas, known: Known, log: Log) -> Counted:
        field = self.parameterAsString(parameters, self.FIELD, context)
        chosen = self.parameterAsString(parameters, self.BASE_FIELD, context) or ""
        fields = find_base(field, chosen, known, log)
        codes = areas.codes.reset_index(drop=True)
        frame = read_counts(areas.source, areas.ids, codes, (field, *fields), log)
        count, base = frame[field], summed(frame, fields)
        refuse_above_base(count, base, (field, " + ".join(fields)), codes)
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
        return Counted(
            count.where(both),
            base.where(both),
            known.title(field),
            base_title(fields, known),
            unit_of(fields, known),
            source_line(" ".join(dict.fromkeys(s.get("attribution", "") for s in sources))),
            tuple(dict.fromkeys(s["title"] for s in sources)),
        )

    def _groups(
        self, parameters, context, areas, known: Known, counted: Counted, rule: str, log: Log
    ) -> Groups | None:
        field = self.parameterAsString(parameters, self.RANK_FIELD, context)
        if not field:
            log(tr("No RANK_FIELD: only measures that need no order of deprivation are made."))
            return None
        order = self.parameterAsString(parameters, self.RANK_ORDER, context)
        barriers = inequality.barriers(known.taxonomies)
        ranking = inequality.ranked(
            _numbers(areas, field)[counted.count.notna()],
            inequality.low_is_most_deprived(order, field, barriers),
            self.parameterAsInt(parameters, self.GROUPS, context),
            field,
            known.title(field),
            inequality.national_bands(field, known.taxonomies),
            log,
        )
        return inequality.grouped(counted.count, counted.base, ranking, rule, log)

    def _picture(self, report, page: Page, log: Log) -> bytes | None:
        if not report or page.groups is None:
            return None
        if not charts.available():
            log(charts.how_to_install())
            return None
        return charts.drawn(chart_of(page, page.groups), ".png")

    def _write(self, name: str, table: pd.DataFrame, parameters, context) -> str:
        fields, _, _ = result_fields(QgsFields(), table, short=False)
        sink, destination = self.parameterAsSink(
            parameters, name, context, fields, QgsWkbTypes.Type.NoGeometry
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, name))
        write_table(table, sink)
        return destination


def _numbers(areas: Areas, field: str) -> pd.Series:
    """Return a field as numbers, negative ones too."""
    import pandas as pd

    raw = (
        read_columns(areas.source, [field], areas.cancelled)[field]
        .reindex(areas.ids)
        .reset_index(drop=True)
    )
    cells = Cells()
    values = numbers(raw, pd.Series(range(len(raw))), field, cells)
    if cells.wrong:
        row, name, text = cells.wrong[0]
        raise InputError(
            tr("{field} of the area {code}: {text} is no number ({n} such cells).").format(
                field=name,
                code=some([areas.codes.iloc[row]]),
                text=quoted(text),
                n=len(cells.wrong),
            )
        )
    return values
