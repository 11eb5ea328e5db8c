"""Connections that are undone together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject


class Bonds:
    """What a page has connected; nothing of it outlives the page."""

    def __init__(self) -> None:
        self._tied: list[Any] = []

    def tie(self, signal: Any, slot: Callable) -> None:
        """Connect a signal, and remember it."""
        self._tied.append(signal.connect(slot))

    def untie(self) -> None:
        """Disconnect all.

        By the connection, not by the signal: that of a sender that Qt has deleted, as a layer
        that was removed, would crash.
        """
        tied, self._tied = self._tied, []
        for connection in tied:
            QObject.disconnect(connection)

    def __len__(self) -> int:
        return len(self._tied)
