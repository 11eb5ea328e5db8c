"""The dock panel: its frame, and the pages in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from qgis.core import QgsApplication, QgsMapLayerProxyModel, QgsVectorLayer
from qgis.gui import QgsDockWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..processing.messages import tr
from .bonds import Bonds
from .hand_over import HandOver
from .pages.card_page import CardPage
from .pages.data_page import DataPage
from .pages.list_page import ListPage
from .pages.score_page import ScorePage
from .pages.welcome_page import WelcomePage
from .session import Session
from .summary_strip import SummaryStrip

NAME = "SeldomHeardPanel"  # by which QGIS remembers where the panel was
GAP = 6


class Panel(QgsDockWidget):
    """The dock; its inside is made when it is seen for the first time."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("Seldom Heard"), iface.mainWindow())
        self.setObjectName(NAME)
        self._iface = iface
        self.inside: Inside | None = None
        self.visibilityChanged.connect(self._on_visible)

    @property
    def session(self) -> Session:
        """Return the session; made with the inside."""
        return self.fill().session

    def fill(self) -> Inside:
        """Return the inside, made now where it is not yet."""
        if self.inside is None:
            self.inside = Inside(self._iface)
            self.setWidget(self.inside)
        return self.inside

    def _on_visible(self, visible: bool) -> None:
        if visible and self.inside is None:
            self.fill().begin()

    def close_panel(self) -> None:
        """Let go of everything outside, before the panel is deleted."""
        with suppress(TypeError):
            self.visibilityChanged.disconnect(self._on_visible)
        if self.inside is not None:
            self.inside.close_inside()


class Inside(QWidget):
    """What is in the dock: which areas, how far, the pages, the summary, what leaves."""

    def __init__(self, iface: Any) -> None:
        super().__init__()
        self._iface = iface
        self.session = Session(parent=self)
        self.hand_over = HandOver(self.session, iface)
        self.data_page = DataPage(self.session, self.hand_over)
        self.score_page = ScorePage(self.session)
        self.list_page = ListPage(self.session, self.hand_over, iface)
        self.card_page = CardPage(self.session)
        self.welcome_page = WelcomePage(self.hand_over)
        self.strip = SummaryStrip(self.session)
        self._make_header()
        self._make_pages()
        self._make_map_row()
        self._lay_out()
        self._bonds = Bonds()
        self._tie()
        self._on_layer()
        self._on_rested()
        self._on_failed("")

    # --- made

    def _make_header(self) -> None:
        self.layer_box = QgsMapLayerComboBox()
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("Choose a layer of areas"))
        self.layer_box.setAccessibleName(tr("Layer of areas"))
        self.layer_box.setMinimumContentsLength(8)
        self.layer_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.undo_button = self._tool("/mActionUndo.svg", tr("Undo the last change"))
        self.redo_button = self._tool("/mActionRedo.svg", tr("Do it again"))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setFrameShape(QFrame.Shape.StyledPanel)
        self.problem.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.progress = QProgressBar()
        self.progress.setMinimumWidth(1)
        self.stop_button = self._tool("/mTaskCancel.svg", tr("Stop"))

    def _make_pages(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName(tr("Pages of the panel"))
        self.tabs.addTab(_scrolled(self.data_page), tr("Data"))
        self.tabs.addTab(_scrolled(self.score_page), tr("Score"))
        self.tabs.addTab(self.list_page, tr("List"))
        self.tabs.addTab(self.card_page, tr("Area"))
        tips = (
            tr("Which figures the areas have, and what they are ranked against"),
            tr("What counts, and how much"),
            tr("All areas, in order"),
            tr("One area: its figures against the city and the nation"),
        )
        for at, tip in enumerate(tips):
            self.tabs.setTabToolTip(at, tip)
        self.stack = QStackedWidget()
        self.stack.addWidget(_scrolled(self.welcome_page))
        self.stack.addWidget(self.tabs)

    def _make_map_row(self) -> None:
        self.view_box = QComboBox()
        self.view_box.setAccessibleName(tr("What the map shows"))
        self.view_box.setMinimumContentsLength(8)
        self.view_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.style_button = self._tool(
            "/mActionStyleManager.svg", tr("Draw the map as it was drawn before")
        )
        self.zoom_button = self._tool("/mActionZoomToLayer.svg", tr("Zoom to all areas"))
        self.map_button = QPushButton(tr("Export map…"))
        self.plan_button = QPushButton(self.hand_over.plan_title)
        self.command_button = QPushButton(tr("Copy command"))
        self.command_button.setToolTip(
            tr("Copies the qgis_process command that makes this ranking again")
        )
        self.save_button = QPushButton(tr("Save scheme…"))
        self.save_button.setToolTip(tr("Keeps weights and directions in a file, to share or reuse"))
        for button in self._leaving:
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def _leaving(self) -> tuple[QPushButton, ...]:
        return (self.map_button, self.plan_button, self.command_button, self.save_button)

    def _tool(self, icon: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(QgsApplication.getThemeIcon(icon))
        button.setIconSize(QSize(16, 16))
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _lay_out(self) -> None:
        areas = QLabel(tr("Areas"))
        areas.setBuddy(self.layer_box)
        shows = QLabel(tr("Map shows"))
        shows.setBuddy(self.view_box)
        self.bottom = QWidget()
        below = QVBoxLayout(self.bottom)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.strip)
        below.addLayout(_row(shows, self.view_box, self.style_button, self.zoom_button))
        grid = QGridLayout()
        for at, button in enumerate(self._leaving):
            grid.addWidget(button, at // 2, at % 2)
        below.addLayout(grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.addLayout(_row(areas, self.layer_box, self.undo_button, self.redo_button))
        layout.addWidget(self.state)
        layout.addLayout(_row(self.progress, self.stop_button))
        layout.addWidget(self.problem)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.bottom)

    # --- heard

    def _tie(self) -> None:
        session, hand, tie = self.session, self.hand_over, self._bonds.tie
        tie(self.layer_box.layerChanged, self._on_layer_chosen)
        tie(self.view_box.activated, self._on_view_chosen)
        for button, act in (
            (self.undo_button, session.undo),
            (self.redo_button, session.redo),
            (self.stop_button, session.cancel),
            (self.style_button, session.undo_style),
            (self.zoom_button, self._zoom),
            (self.map_button, hand.export_map),
            (self.plan_button, hand.export_plan),
            (self.command_button, hand.copy_command),
            (self.save_button, hand.save_scheme),
        ):
            tie(button.clicked, lambda _checked=False, act=act: act())
        tie(session.layer_changed, self._on_layer)
        for signal in (session.settings_changed, session.view_changed):
            tie(signal, self._on_settings)
        for signal in (session.moved, session.tested, session.view_changed):
            tie(signal, self._on_ranked)
        tie(session.busy, self._on_busy)
        tie(session.rested, self._on_rested)
        tie(session.failed, self._on_failed)

    def begin(self) -> None:
        """Start with the layer that the user has at hand, if it can be areas."""
        layer = self._iface.activeLayer()
        self.session.restore()
        at_hand = isinstance(layer, QgsVectorLayer) and layer in self._choices()
        if self.session.layer is None and at_hand:
            self.session.set_layer(layer)

    def _choices(self) -> list[Any]:
        return [self.layer_box.layer(at) for at in range(self.layer_box.count())]

    def close_inside(self) -> None:
        """Let go of everything outside."""
        self._bonds.untie()
        for page in (self.data_page, self.score_page, self.list_page, self.card_page):
            page.close_page()
        self.welcome_page.close_page()
        self.strip.close_page()
        self.hand_over.close()
        self.session.close()

    def _on_layer_chosen(self, layer: Any) -> None:
        self.session.set_layer(layer)

    def _on_layer(self) -> None:
        layer = self.session.layer
        self.layer_box.blockSignals(True)
        self.layer_box.setLayer(layer)
        self.layer_box.blockSignals(False)
        self.stack.setCurrentIndex(0 if self.welcome_page.is_needed else 1)
        self._on_ranked()
        self._on_settings()

    def _on_settings(self) -> None:
        self.undo_button.setEnabled(self.session.can_undo)
        self.redo_button.setEnabled(self.session.can_redo)
        at = self.view_box.findData(self.session.settings.view)
        if at >= 0:
            self.view_box.setCurrentIndex(at)

    def _on_view_chosen(self, at: int) -> None:
        self.session.change(view=self.view_box.itemData(at))

    def _on_ranked(self) -> None:
        session = self.session
        self._fill_views(session.shown.views() if session.has_map else [])
        self._leave_out([session.shown.layer] if session.has_map else [])
        self.state.setText(self._state())
        self.state.setVisible(bool(self.state.text()))
        ranked = session.standing is not None
        self.bottom.setVisible(ranked)
        self.map_button.setEnabled(session.is_tested)
        self.plan_button.setEnabled(session.is_tested)

    def _leave_out(self, layers: list[Any]) -> None:
        """Leave the copy that the panel draws out of the layers to choose from."""
        if self.layer_box.exceptedLayerList() != layers:
            self.layer_box.blockSignals(True)
            self.layer_box.setExceptedLayerList(layers)
            self.layer_box.setLayer(self.session.layer)
            self.layer_box.blockSignals(False)

    def _fill_views(self, views: list[tuple[str, str]]) -> None:
        now = [
            (self.view_box.itemData(i), self.view_box.itemText(i))
            for i in range(self.view_box.count())
        ]
        if now != views:
            self.view_box.clear()
            for view, title in views:
                self.view_box.addItem(title, view)
            self._on_settings()
        self.style_button.setEnabled(bool(views) and self.session.shown.can_undo_style)

    def _state(self) -> str:
        session = self.session
        if session.standing is None:
            return ""
        if session.ranking is None:
            return tr("{title}: the top {top:,} of {known:,}, not tested yet.").format(
                title=session.standing.title,
                top=session.standing.top,
                known=session.standing.known,
            )
        ranking = session.ranking
        return tr(
            "{title}: the top {top:,} of {known:,}. Tested in {draws:,} draws: {robust:,} robust, "
            "{contestable:,} contestable."
        ).format(
            title=ranking.title,
            top=ranking.top,
            known=ranking.known,
            draws=session.settings.draws,
            robust=ranking.tiers("robust"),
            contestable=ranking.tiers("contestable"),
        )

    def _on_busy(self, title: str, share: float) -> None:
        self.progress.setFormat(f"{title} %p %")
        self.progress.setValue(int(share))
        self.progress.setVisible(True)
        self.stop_button.setVisible(True)

    def _on_rested(self) -> None:
        self.progress.setVisible(False)
        self.stop_button.setVisible(False)

    def _on_failed(self, problem: str) -> None:
        self.problem.setText(f"⚠ {problem}" if problem else "")
        self.problem.setVisible(bool(problem))

    def _zoom(self) -> None:
        if self.session.has_map:
            layer, canvas = self.session.shown.layer, self._iface.mapCanvas()
            extent = canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent())
            extent.scale(1.05)
            canvas.setExtent(extent)
            canvas.refresh()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, (QComboBox, QProgressBar)) else 0)
    return row


def _scrolled(page: QWidget) -> QScrollArea:
    """Return a page that scrolls up and down where there is no room for it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
