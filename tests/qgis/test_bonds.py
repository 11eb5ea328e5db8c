"""Connections of a page: undone together, and safely where the sender is gone."""

from __future__ import annotations

from qgis.core import QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer
from seldom_heard.ui.bonds import Bonds


class Listener(QObject):
    def __init__(self):
        super().__init__()
        self.heard = 0

    def hear(self, *_told):
        self.heard += 1


def test_untied_nothing_is_heard_any_more(qgis_app):
    timer, listener, bonds = QTimer(), Listener(), Bonds()
    bonds.tie(timer.timeout, listener.hear)
    bonds.tie(timer.timeout, lambda: listener.hear())
    timer.timeout.emit()
    assert listener.heard == 2
    assert len(bonds) == timer.receivers(timer.timeout) == 2
    bonds.untie()
    timer.timeout.emit()
    assert listener.heard == 2
    assert len(bonds) == timer.receivers(timer.timeout) == 0
    bonds.untie()


def test_only_what_was_tied_is_untied(qgis_app):
    timer, listener, bonds = QTimer(), Listener(), Bonds()
    timer.timeout.connect(listener.hear)
    bonds.tie(timer.timeout, listener.hear)
    bonds.untie()
    timer.timeout.emit()
    assert listener.heard == 1


def test_a_sender_that_was_deleted_does_not_crash(qgis_app):
    layer, listener, bonds = QgsVectorLayer("Point", "x", "memory"), Listener(), Bonds()
    bonds.tie(layer.selectionChanged, listener.hear)
    sip.delete(layer)
    bonds.untie()
    assert len(bonds) == 0


def test_a_listener_that_was_deleted_does_not_crash(qgis_app):
    timer, listener, bonds = QTimer(), Listener(), Bonds()
    bonds.tie(timer.timeout, listener.hear)
    sip.delete(listener)
    bonds.untie()
    timer.timeout.emit()
    assert timer.receivers(timer.timeout) == 0
