"""Work off the main thread, with progress and cancel, in QGIS's task manager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication, QgsProcessingFeedback, QgsTask

from ..processing.explore.errors import STOPPED, in_words

_running: set[Work] = set()  # Python would delete one that nobody holds


class Work(QgsTask):
    """Calls a function with a feedback, and hands what it returns to the main thread.

    Exactly one of ``on_done``, ``on_failed`` and, once the work was dropped, ``on_dropped`` is
    called when it has ended, on the main thread.
    """

    def __init__(
        self,
        title: str,
        call: Callable[[QgsProcessingFeedback], Any],
        on_done: Callable[[Any], None],
        on_failed: Callable[[str], None],
        on_dropped: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._call, self._on_done = call, on_done
        self._on_failed, self._on_dropped = on_failed, on_dropped
        self._feedback = QgsProcessingFeedback(False)
        self._feedback.progressChanged.connect(self.setProgress)
        self._result: Any = None
        self._problem = ""
        self._dropped = False

    def start(self) -> None:
        """Hand it to the task manager."""
        _running.add(self)
        QgsApplication.taskManager().addTask(self)

    def drop(self) -> None:
        """Stop it, and hear nothing of it but its end."""
        self._dropped = True
        self.cancel()

    def cancel(self):
        """Stop at the next step that asks."""
        self._feedback.cancel()
        super().cancel()

    def run(self):
        """Do the work, on a thread of the task manager."""
        try:
            self._result = self._call(self._feedback)
        except STOPPED:
            return False
        except Exception as error:
            self._problem = in_words(error)
            return False
        return not self._feedback.isCanceled()

    def finished(self, fine):
        """Tell what came of it, on the main thread."""
        _running.discard(self)
        if self._dropped:
            self._on_dropped()
        elif fine:
            self._on_done(self._result)
        else:
            self._on_failed(self._problem)
