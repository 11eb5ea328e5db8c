"""Profile areas by language."""

from __future__ import annotations

from .base import ProfileAlgorithm


class ProfileLanguage(ProfileAlgorithm):
    """Adds the figures of language to areas."""

    ID = "profilelanguage"
    TITLE = "Profile English and household language"
    OUTPUT_TITLE = "Areas by language"
    TAGS = ("census", "TS029", "TS025", "proficiency", "non-English")
    DIMENSIONS = ("language",)
    VIEWS = ("language",)
