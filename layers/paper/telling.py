"""What is told while a map is made, where the feedback can tell it; and a stop where asked for."""

from __future__ import annotations

from qgis.core import QgsFeedback

from ..errors import Cancelled, tr


def warn(feedback: QgsFeedback | None, message: str) -> None:
    """Warns the user."""
    # only the feedback of Processing can show a warning
    if hasattr(feedback, "pushWarning"):
        feedback.pushWarning(message)


def inform(feedback: QgsFeedback | None, message: str) -> None:
    """Writes a line into the log."""
    if hasattr(feedback, "pushInfo"):
        feedback.pushInfo(message)


def stop_if_cancelled(feedback: QgsFeedback | None) -> None:
    """Raises Cancelled when the user has stopped the work."""
    if feedback and feedback.isCanceled():
        raise Cancelled(tr("The export was cancelled; nothing was written."))
