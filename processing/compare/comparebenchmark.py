"""Hold each area against a benchmark, chance allowed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExpression,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ...layers.errors import InputError
from ..base import talk
from ..choices import BENCHMARKS, MEASURES
from ..messages import Log, tr
from .base import CompareAlgorithm

if TYPE_CHECKING:
    import pandas as pd

    from .benchmarks import Benchmark
    from .choice import Choice
    from .counts import Compared, Fields, Known


class CompareBenchmark(CompareAlgorithm):
    """Compares a share, rate or ratio of each area with a benchmark."""

    ID = "comparebenchmark"
    TITLE = "Compare with a benchmark"
    TAGS = ("benchmark", "funnel plot", "limits", "significance", "rate", "proportion", "SMR")
    SOURCE_PARAMETERS = ("INPUT", "REFERENCE")
    VIEWS = ("benchmark",)
    OUTPUT_TITLE = "Areas against the benchmark"
    COUNT_FIELD, BASE_FIELD = "COUNT_FIELD", "BASE_FIELD"
    MEASURE, PER, BENCHMARK = "MEASURE", "PER", "BENCHMARK"
    GROUP_PARAMETER, VALUE, REFERENCE = "GROUP", "VALUE", "REFERENCE"  # GROUP is that of the menu
    REFERENCE_COUNT_FIELD, REFERENCE_BASE_FIELD = "REFERENCE_COUNT_FIELD", "REFERENCE_BASE_FIELD"
    PARENT_FIELD = "PARENT_FIELD"

    def initAlgorithm(self, configuration=None):
        decimal = QgsProcessingParameterNumber.Type.Double
        any_vector = [QgsProcessing.SourceType.TypeVector]
        self.add_area_parameters()
        self.add_field_parameter(
            self.COUNT_FIELD, tr("Count (with ratio: the number observed)"), optional=False
        )
        self.add_field_parameter(
            self.BASE_FIELD,
            tr("People it is a part of (with ratio: the number expected; known figures find it)"),
        )
        self._add_choice(self.MEASURE, tr("What is compared"), MEASURES)
        self.addParameter(
            QgsProcessingParameterNumber(
                self.PER, tr("Rates are per so many people"), decimal, 100_000, minValue=1
            )
        )
        self._add_choice(self.BENCHMARK, tr("Benchmark"), BENCHMARKS)
        self.addParameter(
            QgsProcessingParameterExpression(
                self.GROUP_PARAMETER,
                tr("With group: expression that picks its areas"),
                parentLayerParameterName=self.INPUT,
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.VALUE,
                tr("With value: the number, in the unit of the figures"),
                decimal,
                optional=True,
            )
        )
        self.add_field_parameter(
            self.PARENT_FIELD, tr("With parent: field of each area's larger place")
        )
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                self.REFERENCE,
                tr("With reference, or with group: the layer compared with"),
                any_vector,
                optional=True,
            )
        )
        for name, title in (
            (self.REFERENCE_COUNT_FIELD, tr("Count in that layer (none: of the same name)")),
            (self.REFERENCE_BASE_FIELD, tr("Its base in that layer (none: of the same name)")),
        ):
            self.add_field_parameter(name, title, of=self.REFERENCE)
        self.add_field_parameter(
            self.NAME_FIELD, tr("Field with names for plot and report (none: codes)")
        )
        self.add_suppression_parameter()
        self.add_output()
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.PLOT,
                tr("Funnel plot"),
                "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)",
                optional=True,
                createByDefault=False,
            )
        )
        self.add_report_parameter(tr("Report with the funnel plot"))
        self.addOutput(QgsProcessingOutputNumber("LOWER", tr("Areas lower or much lower")))
        self.addOutput(QgsProcessingOutputNumber("HIGHER", tr("Areas higher or much higher")))

    def _add_choice(self, name: str, title: str, options: tuple[str, ...]):
        self.addParameter(
            QgsProcessingParameterEnum(
                name, title, options, defaultValue=options[0], usesStaticStrings=True
            )
        )

    def execute(self, parameters, context, feedback):
        from ...layers import charts
        from . import benchmarks
        from .benchmark_report import findings, write_report
        from .benchmark_results import results_of
        from .choice import chosen_benchmark

        log = talk(feedback)
        plot = self.plot_path(parameters, context)
        report = self.file_of(self.REPORT, parameters, context)
        compared = self._compared(parameters, context, feedback, log)
        rule = self.parameterAsString(parameters, self.SUPPRESSION, context)
        choice = self._choice(parameters, context, compared.known)
        against = chosen_benchmark(choice, compared, rule, log)
        shown = compared.true
        if rule != "none":
            shown = self._protected(compared, rule, against, feedback, log)
        names = self.names(parameters, context, compared.areas)
        found = findings(compared, shown, against, rule, names)
        benchmarks.log_result(found.frame, found.codes, against, log)
        picture = self._picture(plot, report, found, log)
        results = results_of(compared, shown, found, rule)
        outputs = self.write(parameters, compared.areas, results, context, feedback)
        if plot:
            charts.save(plot, picture[plot.suffix.lower()])
            outputs[self.PLOT] = str(plot)
        if report:
            write_report(report, found, picture.get(".png"))
            outputs[self.REPORT] = str(report)
        outputs["LOWER"] = found.number("lower", "much lower")
        outputs["HIGHER"] = found.number("higher", "much higher")
        return outputs

    def _compared(self, parameters, context, feedback, log: Log) -> Compared:
        from .counts import Compared

        areas = self.read_areas(parameters, context, feedback)
        known = self.known(areas)
        fields = self._fields(parameters, context, known, log)
        return Compared(areas, known, fields, fields.read(areas))

    def _fields(self, parameters, context, known: Known, log: Log) -> Fields:
        from .benchmarks import Measure
        from .counts import Fields, find_base

        name = self.parameterAsString(parameters, self.MEASURE, context)
        per = self.parameterAsDouble(parameters, self.PER, context) if name == "rate" else 100.0
        count = self.parameterAsString(parameters, self.COUNT_FIELD, context)
        base = self.parameterAsString(parameters, self.BASE_FIELD, context) or ""
        if name == "ratio" and not base:
            raise InputError(tr("With ratio choose BASE_FIELD, the number expected in each area."))
        # a number expected is no base that a taxonomy could know
        told = log if name != "ratio" else lambda text: None
        return Fields(count, find_base(count, base, known, told), Measure(name, per))

    def _protected(
        self, compared: Compared, rule: str, against: Benchmark, feedback, log: Log
    ) -> pd.DataFrame:
        from .protected import protected_counts, unprotected_in_words

        count, _ = compared.fields.pair(compared.true)
        # the areas of a reference may be these, or make them up
        within = against.members if against.members.any() else count.notna() & bool(against.areas)
        place = against.place if against.place is not None else within.map({True: "benchmark"})
        # others would leave the sum of a place unknown
        parents = place.astype(object).where(within)
        shown = protected_counts(compared, rule, parents, log)
        left = unprotected_in_words(compared, list(shown.columns), self.keys)
        if left:
            feedback.pushWarning(left)
        return shown

    def _choice(self, parameters, context, known: Known) -> Choice:
        from ...layers.values import as_text
        from .choice import Choice

        def text(name: str) -> str:
            return self.parameterAsString(parameters, name, context) or ""

        reference = None
        if parameters.get(self.REFERENCE):
            reference = self.parameterAsSource(parameters, self.REFERENCE, context)
            if reference is None:
                raise InputError(tr("REFERENCE: the layer cannot be read."))
        value = None
        if as_text(parameters.get(self.VALUE)).strip():
            value = self.parameterAsDouble(parameters, self.VALUE, context)
        return Choice(
            kind=text(self.BENCHMARK),
            value=value,
            # QGIS takes an expression with a mistake for none
            group=self.parameterAsExpression(parameters, self.GROUP_PARAMETER, context)
            or text(self.GROUP_PARAMETER),
            parent=text(self.PARENT_FIELD),
            parent_title=known.title(text(self.PARENT_FIELD)),
            reference=reference,
            reference_count=text(self.REFERENCE_COUNT_FIELD),
            reference_base=text(self.REFERENCE_BASE_FIELD),
            context=lambda source: self.createExpressionContext(parameters, context, source),
        )

    def _picture(self, plot, report, found, log: Log) -> dict[str, bytes]:
        """Return the picture as files of the endings that are wanted, made before all else."""
        from ...layers import charts
        from .benchmark_report import chart_of

        wanted = {path.suffix.lower() for path in (plot,) if path}
        if report and charts.available():
            wanted.add(".png")
        elif report:
            log(charts.how_to_install())
        if plot and not found.known:
            raise InputError(tr("No area could be compared, so there is no plot to draw."))
        if not found.known:
            return {}
        chart = chart_of(found)
        return {ending: charts.drawn(chart, ending) for ending in wanted}
