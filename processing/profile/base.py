"""What the profile algorithms share: recognise the tables, measure, write once."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterEnum

from ...layers.errors import InputError
from ..base import AreaAlgorithm, talk
from ..inputs import Results, find_tables, unprotected, vintage_of_areas
from ..messages import tr
from ..prevalence import apportioned_prevalence
from ..profiling import LEVELS, RULES, profile


class ProfileAlgorithm(AreaAlgorithm):
    """Profiles areas by the dimensions that a subclass names."""

    GROUP = "Profile"
    DIMENSIONS: tuple[str, ...] = ()
    LEVEL, SUPPRESSION = "LEVEL", "SUPPRESSION"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_tables_parameters()
        self.add_dimension_parameters()
        self.addParameter(
            QgsProcessingParameterEnum(
                self.SUPPRESSION,
                tr("Hide small counts (nhs: 1 to 7; ons10: below 10; others to the nearest 5)"),
                RULES,
                defaultValue="none",
                usesStaticStrings=True,
            )
        )
        self.add_output()

    def add_dimension_parameters(self):
        """Declare LEVEL, which registers do not have."""
        if "prevalence" not in self.DIMENSIONS or len(self.DIMENSIONS) > 1:
            self.addParameter(
                QgsProcessingParameterEnum(
                    self.LEVEL,
                    tr("Detail: main groups, or every category of the table too"),
                    LEVELS,
                    defaultValue="group",
                    usesStaticStrings=True,
                )
            )

    def dimensions(self, parameters, context) -> tuple[tuple[str, ...], bool]:
        """Return the dimensions to profile, and whether each of them must have a table."""
        return self.DIMENSIONS, True

    def execute(self, parameters, context, feedback):
        areas = self.read_areas(parameters, context, feedback)
        wanted, strict = self.dimensions(parameters, context)
        tables = self.source_tables(parameters, context)
        hint = "" if self.tables[self.TABLES] else tr("Choose the published tables as TABLES.")
        found = find_tables(tables, vintage_of_areas(areas), talk(feedback), hint)
        used = [one for one in found if one.taxonomy.dimension in wanted]
        self._say_unused(found, used, wanted, strict, feedback)
        results = self._measure(used, found, areas, parameters, context, feedback)
        if self.parameterAsString(parameters, self.SUPPRESSION, context) != "none":
            results.replaced = unprotected(used, areas)
        return self.write(parameters, areas, results, context, feedback)

    def _measure(self, used, found, areas, parameters, context, feedback) -> Results:
        options = {
            "rule": self.parameterAsString(parameters, self.SUPPRESSION, context) or "none",
            "min_match": self.parameterAsDouble(parameters, self.MIN_MATCH, context),
            "log": talk(feedback),
        }
        level = self.parameterAsString(parameters, self.LEVEL, context) or "group"
        described = [one for one in used if one.taxonomy.kind != "register"]
        results = profile(described, areas, level=level, **options)
        by_role = {
            role: [f for f in used if f.what.shape.role == role]
            for role in ("registers", "registrations")
        }
        if all(by_role.values()):
            lookup = next((f for f in found if f.taxonomy.kind == "lookup"), None)
            results = results.with_more(
                apportioned_prevalence(
                    by_role["registers"], by_role["registrations"], lookup, areas, **options
                )
            )
        elif any(by_role.values()):
            raise InputError(
                tr(
                    "Prevalence needs two tables: the registers of the practices (PREVALENCE…) "
                    "and their patients by LSOA (gp-reg-pat-prac-lsoa…). One is missing."
                )
            )
        return results

    def _say_unused(self, found, used, wanted, strict, feedback):
        have = {one.taxonomy.dimension for one in used}
        missing = [name for name in wanted if name not in have]
        if missing and (strict or not used):
            raise InputError(
                tr("No table for {dimensions} was given; recognised were: {found}.").format(
                    dimensions=", ".join(tr(name) for name in missing),
                    found="; ".join(one.taxonomy.name for one in found) or tr("none"),
                )
            )
        for one in found:
            if one not in used and one.taxonomy.kind != "lookup":
                feedback.pushInfo(
                    tr("{table}: not used, its dimension was not asked for.").format(
                        table=one.table.name
                    )
                )
