"""What may not leave: figures that tell replies as they were counted."""

from __future__ import annotations

from typing import Any

from ..fields import protected_before
from .heard import REPLIES
from .whole import OBSERVED

VOICE = "voice"  # the pillar of replies
COUNTED = ("voice_", "resp_")  # fields made of replies begin so


def tells_replies(exploration: Any, standing: Any) -> bool:
    """Return whether areas are ranked by replies of which nothing was hidden."""
    if exploration is None or standing is None:
        return False
    return ranks_by_open_replies(standing.scheme, exploration.inherited)


def ranks_by_open_replies(scheme: Any, inherited: Any) -> bool:
    """Return whether a scheme makes use of replies, in whichever pillar, of which none are hidden.

    Args:
        scheme: fitted to the layer.
        inherited: what the layer tells of its figures.
    """
    before = protected_before(inherited)
    return any(
        one.field not in before
        for one in scheme.indicators
        if one.pillar == VOICE or one.field in scheme.replies or one.field.startswith(COUNTED)
    )


def shows_replies(exploration: Any) -> bool:
    """Return whether areas have numbers of replies of which nothing was hidden."""
    before = protected_before(exploration.inherited)
    return any(name in exploration.numbers and name not in before for name in (REPLIES, OBSERVED))
