"""How the panel's copy is drawn: it follows the figures, can be undone, and gives way to the user.

What she makes of the look stays, until she asks for a view: then it is kept in the list of styles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from qgis.core import QgsMapLayerStyle, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QTimer

from . import styles
from .errors import tr

MOST_UNDONE = 20
MANY = 5000  # areas above which ranks cannot be read on a map, and labels would cost a second


class Look(NamedTuple):
    """A style as it was: what it showed, whether it was the user's, and all of it."""

    view: str
    is_users: bool
    xml: str


class OwnStyle:
    """The style of a copy.

    Attributes:
        view: what is shown; empty before anything is.
        is_users: whether the user has changed the look since.
    """

    def __init__(self, layer: QgsVectorLayer, on_users: Callable[[], None]) -> None:
        """Watch the style of a layer; ``on_users`` is called when the user has changed it."""
        self._layer, self._on_users = layer, on_users
        self.view, self.is_users = "", False
        self._past: list[Look] = []
        self._busy = False
        self._name = tr("Seldom Heard")
        manager = layer.styleManager()
        manager.renameStyle(manager.currentStyle(), self._name)
        layer.styleChanged.connect(self._on_changed)

    @property
    def can_undo(self) -> bool:
        """Return whether there is a look to go back to."""
        return bool(self._past)

    def show(self, view: str) -> None:
        """Draw a view, as the user asks; what was shown can be had back."""
        if view == self.view and not self.is_users:
            return
        with self._own_change():
            if self.view:
                self._past = [*self._past, self._look()][-MOST_UNDONE:]
            self._back_to_own()
            styles.style_layer(self._layer, view, quick=self._quick)
        self.view, self.is_users = view, False

    def repaint(self) -> None:
        """Draw the map again, with its classes as they are."""
        self._layer.triggerRepaint()

    def follow(self) -> None:
        """Fit the style to figures that have changed, and draw the map again."""
        with self._own_change():
            if self.is_users:
                styles.fit_any_look(self._layer, self.view, self._quick)
            elif not styles.fit_classes(self._layer, self.view, self._quick):
                styles.style_layer(self._layer, self.view, quick=self._quick)
                return  # it is drawn again for that
        self.repaint()

    def undo(self) -> bool:
        """Go back to the look before the last view was asked for; return whether there was one."""
        if not self._past:
            return False
        look = self._past.pop()
        with self._own_change():
            self._back_to_own()
            QgsMapLayerStyle(look.xml).writeToLayer(self._layer)
        self.view, self.is_users = look.view, look.is_users
        self._on_users()  # a style brings properties of its day with it
        self.follow()
        return True

    def close(self) -> None:
        """Watch no longer."""
        with suppress(TypeError, RuntimeError):  # the layer is deleted already
            self._layer.styleChanged.disconnect(self._on_changed)

    @property
    def _quick(self) -> bool:
        return self._layer.featureCount() > MANY

    def _look(self) -> Look:
        style = QgsMapLayerStyle()
        style.readFromLayer(self._layer)
        return Look(self.view, self.is_users, style.xmlData())

    def _back_to_own(self) -> None:
        """Leave the style that the user made in the list of styles, and go on in our own."""
        manager = self._layer.styleManager()
        if manager.currentStyle() == self._name:
            if self.is_users:
                manager.addStyleFromLayer(self._free_name())
            return
        if self._name not in manager.styles():  # renamed or removed by the user
            manager.addStyleFromLayer(self._name)
        manager.setCurrentStyle(self._name)

    def _free_name(self) -> str:
        name, number = tr("Your style"), 1
        taken = self._layer.styleManager().styles()
        while name in taken:
            number += 1
            name = tr("Your style {number}").format(number=number)
        return name

    @contextmanager
    def _own_change(self) -> Iterator[None]:
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _on_changed(self) -> None:
        if not self._busy and self.view:
            self.is_users = True
            # a style that is being loaded has not brought all that it brings yet
            QTimer.singleShot(0, self._after_users)

    def _after_users(self) -> None:
        if not sip.isdeleted(self._layer):
            with self._own_change():
                self._on_users()
