"""What may not leave: figures that tell replies as they were counted."""

from __future__ import annotations

from typing import Any

from ..fields import protected_before
from .heard import REPLIES
from .rows import VOICE
from .whole import OBSERVED


def tells_replies(exploration: Any, standing: Any) -> bool:
    """Return whether areas are ranked by replies of which nothing was hidden."""
    if exploration is None or standing is None:
        return False
    before = protected_before(exploration.inherited)
    replies = [one.field for one in standing.scheme.indicators if one.pillar == VOICE]
    return any(field not in before for field in replies)


def shows_replies(exploration: Any) -> bool:
    """Return whether areas have numbers of replies of which nothing was hidden."""
    before = protected_before(exploration.inherited)
    return any(name in exploration.numbers and name not in before for name in (REPLIES, OBSERVED))
