"""Profile areas by several dimensions in one pass."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterEnum

from ..choices import DIMENSIONS
from ..messages import tr
from .base import ProfileAlgorithm


class ProfileAreas(ProfileAlgorithm):
    """Adds the figures of all dimensions that the tables hold."""

    ID = "profileareas"
    TITLE = "Profile areas"
    TAGS = ("census", "IMD", "ethnicity", "deprivation", "language", "prevalence", "LSOA")
    DIMENSIONS = DIMENSIONS
    VIEWS = ("deprivation", "ethnicity", "language", "prevalence", "barriers")
    DIMENSIONS_PARAMETER = "DIMENSIONS"

    def add_dimension_parameters(self):
        self.addParameter(
            QgsProcessingParameterEnum(
                self.DIMENSIONS_PARAMETER,
                tr("Dimensions (none chosen: all that the tables hold)"),
                self.DIMENSIONS,
                allowMultiple=True,
                optional=True,
                usesStaticStrings=True,
            )
        )
        super().add_dimension_parameters()

    def dimensions(self, parameters, context):
        asked = self.parameterAsEnumStrings(parameters, self.DIMENSIONS_PARAMETER, context)
        chosen = tuple(name for name in self.DIMENSIONS if name in asked)
        return (chosen, True) if chosen else (self.DIMENSIONS, False)
