"""Profile areas by barriers to taking part."""

from __future__ import annotations

from .base import ProfileAlgorithm


class ProfileBarriers(ProfileAlgorithm):
    """Adds the figures of barriers other than language to areas."""

    ID = "profilebarriers"
    TITLE = "Profile barriers to taking part"
    OUTPUT_TITLE = "Areas by barriers"
    TAGS = ("census", "disability", "car", "age", "health", "inactive", "TS038", "TS045", "LSOA")
    DIMENSIONS = ("barriers",)
    VIEWS = ("barriers",)
