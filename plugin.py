"""Wires the parts of the plugin to QGIS; holds no logic of its own."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QSettings, QTranslator

from .processing.provider import SeldomHeardProvider

TRANSLATIONS = Path(__file__).parent / "resources" / "i18n"


class SeldomHeardPlugin:
    """The plugin object that QGIS creates once per session."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.translator = None

    def initProcessing(self):
        """Register the algorithms; called alone by qgis_process, and by initGui."""
        if self.provider is None:
            self._install_translator()
            self.provider = SeldomHeardProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Set up what only the desktop needs."""
        self.initProcessing()

    def unload(self):
        """Undo initGui and initProcessing, in reverse."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
            self.translator = None

    def _install_translator(self):
        # settings are empty in a fresh profile
        locale = QSettings().value("locale/userLocale") or QLocale.system().name()
        translator = QTranslator()
        if translator.load(f"seldom_heard_{str(locale)[:2]}", str(TRANSLATIONS)):
            QCoreApplication.installTranslator(translator)
            self.translator = translator
