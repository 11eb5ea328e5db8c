"""Profile areas by ethnicity."""

from __future__ import annotations

from .base import ProfileAlgorithm


class ProfileEthnicity(ProfileAlgorithm):
    """Adds the figures of ethnicity to areas."""

    ID = "profileethnicity"
    TITLE = "Profile ethnicity"
    TAGS = ("census", "ethnic group", "TS021", "diversity", "LSOA")
    DIMENSIONS = ("ethnicity",)
    VIEWS = ("ethnicity",)
