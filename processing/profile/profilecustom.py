"""Profile areas by a taxonomy of the user's own."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingParameterFile, QgsProcessingParameterString

from ..choices import DIMENSIONS
from ..messages import tr
from .base import ProfileAlgorithm


class ProfileCustom(ProfileAlgorithm):
    """Adds the figures of one taxonomy, shipped or the user's own, to areas."""

    ID = "profilecustom"
    TITLE = "Profile by a taxonomy of one's own"
    OUTPUT_TITLE = "Areas by own categories"
    TAGS = ("taxonomy", "own", "survey", "categories", "JSON", "CSV")
    TAXONOMY, CATEGORIES = "TAXONOMY", "CATEGORIES"
    FILE_PARAMETERS = ("TAXONOMY",)

    def add_dimension_parameters(self):
        self.addParameter(
            QgsProcessingParameterFile(
                self.TAXONOMY,
                tr("Taxonomy: a JSON file, a CSV of headings and categories, or a shipped id"),
            )
        )
        super().add_dimension_parameters()
        self.addParameter(
            QgsProcessingParameterString(
                self.CATEGORIES,
                tr("Categories to tell the figures in: an id its crosswalks name (empty: its own)"),
                optional=True,
            )
        )

    def categories(self, parameters, context):
        return self.parameterAsString(parameters, self.CATEGORIES, context)

    def checkParameterValues(self, parameters, context):
        """Take an id too, which QGIS by itself refuses as a file without an ending."""
        name = str(parameters.get(self.TAXONOMY) or "")
        is_id = name and not Path(name).suffix
        stand_in = {**parameters, self.TAXONOMY: f"{name}.json"} if is_id else parameters
        return super().checkParameterValues(stand_in, context)

    def execute(self, parameters, context, feedback):
        taxonomy = self._taxonomy(parameters, context)
        standard = taxonomy.dimension in DIMENSIONS
        self.VIEWS = (taxonomy.dimension if standard else f"own:{taxonomy.prefix}",)
        return super().execute(parameters, context, feedback)

    def taxonomies(self, parameters, context):
        from ...taxonomies.catalogue import catalogue
        from .indices import ingredients

        own = self._taxonomy(parameters, context)
        parts = ingredients([own]) if own.kind == "index" else set()
        beside = [t for t in catalogue() if t.kind == "lookup" or t.id in parts]
        return (own, *beside)

    def dimensions(self, parameters, context):
        return (self._taxonomy(parameters, context).dimension,), True

    def _taxonomy(self, parameters, context):
        from ..own import named_taxonomy

        return named_taxonomy(self.parameterAsString(parameters, self.TAXONOMY, context))
