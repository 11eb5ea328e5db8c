"""Profile areas by ethnicity."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterEnum

from ..messages import tr
from .base import ProfileAlgorithm

AS_PUBLISHED = "as_published"


class ProfileEthnicity(ProfileAlgorithm):
    """Adds the figures of ethnicity to areas."""

    ID = "profileethnicity"
    TITLE = "Profile ethnicity"
    OUTPUT_TITLE = "Areas by ethnicity"
    TAGS = ("census", "ethnic group", "TS021", "TS022", "KS201EW", "NHS", "diversity", "LSOA")
    DIMENSIONS = ("ethnicity",)
    VIEWS = ("ethnicity",)
    CATEGORIES = "CATEGORIES"

    def add_dimension_parameters(self):
        from ...taxonomies.catalogue import reachable

        super().add_dimension_parameters()
        self.addParameter(
            QgsProcessingParameterEnum(
                self.CATEGORIES,
                tr("Categories to tell the figures in (as_published: those of the table)"),
                [AS_PUBLISHED, *reachable("ethnicity")],
                defaultValue=AS_PUBLISHED,
                usesStaticStrings=True,
            )
        )

    def categories(self, parameters, context):
        chosen = self.parameterAsString(parameters, self.CATEGORIES, context)
        return "" if chosen == AS_PUBLISHED else chosen
