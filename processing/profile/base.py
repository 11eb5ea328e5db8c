"""What the profile algorithms share: recognise the tables, measure, write once."""

from __future__ import annotations

from html import escape

from qgis.core import QgsProcessingParameterEnum
from qgis.PyQt.QtCore import QUrl

from ...layers.errors import InputError
from ..base import TAXONOMY_PAGES, AreaAlgorithm, talk
from ..choices import DIMENSIONS, LEVELS
from ..messages import some, tr


class ProfileAlgorithm(AreaAlgorithm):
    """Profiles areas by the dimensions that a subclass names."""

    GROUP = "Profile"
    DIMENSIONS: tuple[str, ...] = ()
    LEVEL = "LEVEL"

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_tables_parameters()
        self.add_dimension_parameters()
        self.add_suppression_parameter()
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

    def taxonomies(self, parameters, context) -> tuple:
        """Return what tables are compared with; none for all that are known."""
        return ()

    def categories(self, parameters, context) -> str:
        """Return the id of the taxonomy in whose categories figures are told, if another."""
        return ""

    def taxonomies_in_words(self):
        from ...taxonomies.catalogue import catalogue

        known = [t for t in catalogue() if t.dimension in (self.DIMENSIONS or DIMENSIONS)]
        pages = QUrl.fromLocalFile(str(TAXONOMY_PAGES)).toString()
        items = "".join(
            f'<li><a href="{pages}#{t.id}">{escape(t.name)}</a>: {escape(t.base)}</li>'
            for t in known
        )
        return f"<h3>{tr('Taxonomies')}</h3><ul>{items}</ul>"

    def execute(self, parameters, context, feedback):
        from ..inputs import find_tables, unprotected
        from .profiling import Question, profile

        areas = self.read_areas(parameters, context, feedback)
        wanted, strict = self.dimensions(parameters, context)
        tables = self.source_tables(parameters, context)
        known = self.taxonomies(parameters, context)
        hint = self._hint(wanted, known)
        found = find_tables(tables, talk(feedback), hint, known)
        used = [one for one in found if one.taxonomy.dimension in wanted]
        self._say_unused(found, used, wanted, strict, known, feedback)
        asked = Question(
            wanted=wanted,
            min_match=self.parameterAsDouble(parameters, self.MIN_MATCH, context),
            level=self.parameterAsString(parameters, self.LEVEL, context) or "group",
            rule=self.parameterAsString(parameters, self.SUPPRESSION, context) or "none",
            categories=self.categories(parameters, context),
            known=known,
        )
        results = profile(found, areas, asked, talk(feedback))
        for more in self._prevalence(found, areas, asked, talk(feedback)):
            results = results.with_more(more)
        if asked.rule != "none":
            results.replaced = unprotected(used, areas)
        return self.write(parameters, areas, results, context, feedback)

    def _hint(self, wanted, known) -> str:
        """Return what else to do when a table is not recognised."""
        from ...taxonomies.catalogue import catalogue

        if not self.tables[self.TABLES]:
            return tr("Choose the published tables as TABLES.")
        titles = [t.name for t in known or catalogue() if t.dimension in wanted]
        return tr("Tables that can be used here: {titles}.").format(titles=some(titles, 8))

    def _prevalence(self, found, areas, asked, log):
        """Yield disease prevalence, from registers of practices or published for the areas."""
        from ..inputs import fitting_lookup
        from ..registers.prevalence import apportioned_prevalence
        from .published import published_prevalence

        if "prevalence" not in asked.wanted:
            return
        options = {"rule": asked.rule, "min_match": asked.min_match, "log": log}
        roles = ("registers", "registrations", "areas")
        by_role = {role: [f for f in found if f.what.shape.role == role] for role in roles}
        registers, registrations, published = by_role.values()
        if registers and registrations and published:
            raise InputError(
                tr(
                    "There are registers of practices and a table of areas ({table}): two ways to "
                    "the same figures. Give one."
                ).format(table=published[0].table.name)
            )
        if registers and registrations:
            lookup = fitting_lookup(found, areas)
            yield apportioned_prevalence(registers, registrations, lookup, areas, **options)
        elif registers or registrations:
            raise InputError(
                tr(
                    "Prevalence needs two tables: the registers of the practices (PREVALENCE…) "
                    "and their patients by LSOA (gp-reg-pat-prac-lsoa…). One is missing."
                )
            )
        if published:
            yield published_prevalence(published, areas, **options)

    def _say_unused(self, found, used, wanted, strict, known, feedback):
        from .indices import ingredients, made_of

        made = made_of({one.taxonomy.id for one in found}, wanted, known)
        have = {taxonomy.dimension for taxonomy in (*(one.taxonomy for one in used), *made)}
        missing = [name for name in wanted if name not in have]
        if missing and (strict or not used):
            raise InputError(
                tr("No table for {dimensions} was given; recognised were: {found}.").format(
                    dimensions=", ".join(tr(name) for name in missing),
                    found="; ".join(one.taxonomy.name for one in found) or tr("none"),
                )
            )
        for one in found:
            if one in used or one.taxonomy.kind == "lookup" or one.taxonomy.id in ingredients(made):
                continue
            feedback.pushInfo(
                tr("{table}: not used, its dimension was not asked for.").format(
                    table=one.table.name
                )
            )
