"""What stops the panel's work, in words."""

from __future__ import annotations

import traceback

from qgis.core import QgsApplication, QgsProcessingException

from ...layers.errors import Cancelled
from ..find.findseldomheard import FindSeldomHeard
from ..messages import KNOWN, explain, tr

STOPPED = (Cancelled, InterruptedError)


def in_words(error: Exception) -> str:
    """Return what the user is told of an error; what nobody expected goes to the log as well.

    The log gets where it happened, not the values, which may be of people.
    """
    if isinstance(error, KNOWN):
        return explain(error)
    if isinstance(error, QgsProcessingException):
        return str(error)
    if isinstance(error, ImportError):
        fine, problem = FindSeldomHeard().canExecute()
        if not fine:
            return problem
    places = "".join(traceback.format_tb(error.__traceback__))
    QgsApplication.messageLog().logMessage(f"{type(error).__name__}\n{places}", "Seldom Heard")
    return tr("Something went wrong that should not ({kind}); the log of QGIS says where.").format(
        kind=type(error).__name__
    )
