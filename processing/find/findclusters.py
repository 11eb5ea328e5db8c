"""Find clusters: areas whose neighbours are like them more than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from ..base import AreaAlgorithm, talk
from ..choices import CLUSTER_METHODS, CORRECTIONS, MOST_PERMUTATIONS, NEIGHBOURS
from ..messages import tr

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ..compare.counts import Known
    from .clusters import Asked, Clusters


class FindClusters(AreaAlgorithm):
    """Tests where high or low figures lie together: local Moran or Getis-Ord Gi*."""

    ID = "findclusters"
    TITLE = "Find clusters"
    GROUP = "Find"
    TAGS = ("cluster", "hot spot", "Moran", "Getis-Ord", "LISA", "spatial autocorrelation")
    TABLE_PARAMETERS = ()
    VIEWS = ("clusters",)
    OUTPUT_TITLE = "Clusters"
    FIELD, METHOD, WEIGHTS = "FIELD", "METHOD", "WEIGHTS"
    K, DISTANCE, SNAP = "K", "DISTANCE", "SNAP"
    PERMUTATIONS, SEED, ALPHA, CORRECTION = "PERMUTATIONS", "SEED", "ALPHA", "CORRECTION"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_field_parameter(self.FIELD, tr("Figure to test"), optional=False)
        self._add_choice(
            self.METHOD,
            tr("Method (localmoran: clusters and outliers; getisord: hot and cold spots)"),
            CLUSTER_METHODS,
        )
        self._add_choice(
            self.WEIGHTS,
            tr("Neighbours (queen: borders meet; knn: the nearest; distance: all within)"),
            NEIGHBOURS,
        )
        self._add_number(self.K, tr("With knn: how many"), 8, 1, 1000)
        self._add_number(
            self.DISTANCE,
            tr("With distance: metres (none: the shortest at which every area has a neighbour)"),
            None,
            0.001,
            whole=False,
        )
        self._add_number(
            self.SNAP,
            tr("With queen: metres by which borders may miss each other"),
            0.0,
            0.0,
            whole=False,
        )
        self._add_number(self.PERMUTATIONS, tr("Permutations"), 9999, 99, MOST_PERMUTATIONS)
        self._add_number(self.SEED, tr("Seed of the permutations"), 1, 0, 2**31 - 1)
        self._add_number(
            self.ALPHA, tr("Significant up to (q, or two-sided p)"), 0.05, 0.0001, 0.5, whole=False
        )
        self._add_choice(
            self.CORRECTION,
            tr("Correction for many tests (fdr: Benjamini-Hochberg)"),
            CORRECTIONS,
        )
        self.add_field_parameter(
            self.NAME_FIELD, tr("Field with names for the report (none: codes)")
        )
        self.add_output()
        self.add_report_parameter(tr("Report in words"))
        self.addOutput(QgsProcessingOutputNumber("SIGNIFICANT", tr("Areas that stand out")))
        self.addOutput(QgsProcessingOutputNumber("ISLANDS", tr("Areas without neighbours")))
        self.addOutput(QgsProcessingOutputNumber("MORAN", tr("Moran's I of all areas")))

    def _add_choice(self, name: str, title: str, options: tuple[str, ...]):
        self.addParameter(
            QgsProcessingParameterEnum(
                name, title, options, defaultValue=options[0], usesStaticStrings=True
            )
        )

    def _add_number(self, name, title, default, least, most=None, whole=True):
        kinds = QgsProcessingParameterNumber.Type
        parameter = QgsProcessingParameterNumber(
            name, title, kinds.Integer if whole else kinds.Double, default, default is None, least
        )
        if most is not None:
            parameter.setMaximum(most)
        self.addParameter(parameter)

    def execute(self, parameters, context, feedback):
        from ..compare.counts import known_fields
        from . import clusters
        from .cluster_report import write_report

        talk(feedback)
        report = self.file_of(self.REPORT, parameters, context)
        asked = self._asked(parameters, context)
        clusters.refuse_too_few_draws(asked)
        areas = self.read_areas(parameters, context, feedback)
        fields = [field.name() for field in areas.source.fields()]
        known = known_fields(fields, self.titles, self.inherited)
        clusters.refuse_spread(asked.field, known)
        clusters.refuse_words(areas, asked.field)
        for doubt in clusters.doubts(asked.field, known):
            feedback.pushWarning(doubt)
        names = self.names(parameters, context, areas)
        found = self._found(areas, known, asked, context, feedback)
        results = clusters.results(found, len(areas.ids))
        outputs = self.write(parameters, areas, results, context, feedback)
        if report:
            write_report(report, found, _named(found, names))
            outputs[self.REPORT] = str(report)
        outputs["SIGNIFICANT"] = found.significant
        outputs["ISLANDS"] = found.neighbours.islands
        outputs["MORAN"] = found.whole.statistic
        return outputs

    def _asked(self, parameters, context) -> Asked:
        from ...layers.values import as_text
        from .clusters import Asked

        distance = 0.0
        if as_text(parameters.get(self.DISTANCE)).strip():
            distance = self.parameterAsDouble(parameters, self.DISTANCE, context)
        return Asked(
            field=self.parameterAsString(parameters, self.FIELD, context),
            method=self.parameterAsString(parameters, self.METHOD, context),
            weights=self.parameterAsString(parameters, self.WEIGHTS, context),
            k=self.parameterAsInt(parameters, self.K, context),
            distance=distance,
            snap=self.parameterAsDouble(parameters, self.SNAP, context),
            permutations=self.parameterAsInt(parameters, self.PERMUTATIONS, context),
            seed=self.parameterAsInt(parameters, self.SEED, context),
            alpha=self.parameterAsDouble(parameters, self.ALPHA, context),
            correction=self.parameterAsString(parameters, self.CORRECTION, context),
        )

    def _found(self, areas: Areas, known: Known, asked: Asked, context, feedback) -> Clusters:
        from . import clusters
        from .cluster_words import neighbours_in_words, tell
        from .clusters import Clusters
        from .tested import tested_areas

        log = talk(feedback)
        values, geometries = tested_areas(areas, asked, feedback)
        clusters.refuse_values(values, asked, areas)
        near = clusters.neighbourhood(
            areas,
            geometries,
            asked,
            context.transformContext(),
            lambda share: feedback.setProgress(30 * share),
        )
        log(neighbours_in_words(near))

        def tick(share: float) -> bool:
            feedback.setProgress(30 + 70 * share)
            return feedback.isCanceled()

        figures = values.to_numpy(dtype=float)
        local, q, classes, whole = clusters.find(figures, near, asked, tick)
        found = Clusters(
            title=known.title(asked.field),
            asked=asked,
            tested=values.index.to_numpy(),
            missing=len(areas.ids) - len(values),
            neighbours=near,
            local=local,
            q=q,
            classes=classes,
            whole=whole,
            sources=tuple(known.sources_of([asked.field])),
        )
        tell(found, log, feedback.pushWarning)
        return found


def _named(found: Clusters, names: pd.Series) -> dict[str, list[str]]:
    """Return what the areas that stand out are called, by class."""
    return {
        name: sorted(names[found.tested[found.classes == name]].astype(str)) for name in found.names
    }
