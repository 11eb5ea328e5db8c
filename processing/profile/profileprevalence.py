"""Profile areas by prevalence."""

from __future__ import annotations

from .base import ProfileAlgorithm


class ProfilePrevalence(ProfileAlgorithm):
    """Adds the figures of prevalence to areas."""

    ID = "profileprevalence"
    TITLE = "Profile disease prevalence"
    OUTPUT_TITLE = "Areas by disease prevalence"
    TAGS = ("QOF", "GP", "register", "diabetes", "hypertension")
    DIMENSIONS = ("prevalence",)
    VIEWS = ("prevalence",)
