"""Wires the parts of the plugin to QGIS; holds no logic of its own."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QSettings, Qt, QTranslator
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from .processing.messages import tr
from .processing.provider import SeldomHeardProvider

RESOURCES = Path(__file__).parent / "resources"
TRANSLATIONS = RESOURCES / "i18n"
MENU = "Seldom Heard"


class SeldomHeardPlugin:
    """The plugin object that QGIS creates once per session."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.translator = None
        self.panel = None
        self.action = None

    def initProcessing(self):
        """Register the algorithms; called alone by qgis_process, and by initGui."""
        if self.provider is None:
            self._install_translator()
            self.provider = SeldomHeardProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Set up what only the desktop needs: the panel, its button and its menu."""
        from .ui.panel import Panel

        self.initProcessing()
        self.panel = Panel(self.iface)
        icon = QIcon(str(RESOURCES / "icons" / "seldom_heard.svg"))
        self.action = QAction(icon, tr("Seldom Heard"), self.iface.mainWindow())
        self.action.setObjectName("SeldomHeardAction")
        self.action.setToolTip(tr("Seldom Heard: see whom the engagement has not reached"))
        self.action.setCheckable(True)
        self.panel.setToggleVisibilityAction(self.action)
        self.panel.blockSignals(True)  # QGIS shows what it adds; the panel is not to begin for that
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.panel)
        self.panel.hide()  # QGIS shows it again where it was open
        self.panel.blockSignals(False)
        self.iface.addToolBarIcon(self.action)
        self.iface.addPluginToMenu(MENU, self.action)

    def unload(self):
        """Undo initGui and initProcessing, in reverse."""
        if self.panel is not None:
            self.iface.removePluginMenu(MENU, self.action)
            self.iface.removeToolBarIcon(self.action)
            self.panel.close_panel()
            self.iface.removeDockWidget(self.panel)
            self.panel.deleteLater()
            self.action.deleteLater()
            self.panel = self.action = None
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
