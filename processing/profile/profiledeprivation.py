"""Profile areas by deprivation."""

from __future__ import annotations

from .base import ProfileAlgorithm


class ProfileDeprivation(ProfileAlgorithm):
    """Adds the figures of deprivation to areas."""

    ID = "profiledeprivation"
    TITLE = "Profile deprivation"
    OUTPUT_TITLE = "Areas by deprivation"
    TAGS = ("IMD", "IoD", "File 7", "TS011", "Core20", "decile")
    DIMENSIONS = ("deprivation",)
    VIEWS = ("deprivation",)
