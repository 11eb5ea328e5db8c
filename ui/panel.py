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
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
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
from .widgets.steady import Choice

NAME = "SeldomHeardPanel"  # by which QGIS remembers where the panel was
SCORE = "score"  # the view of the ranking itself
BUSY = 1  # page of the status with the progress
GAP = 6
LOW = 36  # lines of text up to which there is no room for a page and the summary folded out


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
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.problem.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # else Tab would pass it by
        self.progress = QProgressBar()
        self.progress.setMinimumWidth(1)
        self.progress.setAccessibleName(tr("What is being done"))
        self.stop_button = self._tool("/mTaskCancel.svg", tr("Stop"))
        work = QWidget()
        work.setLayout(_row(self.progress, self.stop_button))
        work.layout().setContentsMargins(0, 0, 0, 0)
        self.status = QStackedWidget()  # one in the place of the other, so that no page jumps
        for part in (self.state, work):
            self.status.addWidget(part)

    def _make_pages(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName(tr("Pages of the panel"))
        self.tabs.tabBar().setAccessibleName(tr("Pages of the panel"))
        self.tabs.addTab(_scrolled(self.data_page, tr("Data")), tr("Data"))
        self.tabs.addTab(_scrolled(self.score_page, tr("Score")), tr("Score"))
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
        self.stack.addWidget(_scrolled(self.welcome_page, tr("First steps")))
        self.stack.addWidget(self.tabs)

    def _make_map_row(self) -> None:
        self.view_box = Choice()
        self.view_box.setAccessibleName(tr("What the map shows"))
        self.style_button = self._tool(
            "/mActionStyleManager.svg", tr("Draw the map as it was drawn before")
        )
        self.zoom_button = self._tool("/mActionZoomToLayer.svg", tr("Zoom to all areas"))
        self._make_hand_over()

    def _make_hand_over(self) -> None:
        """Make one button of all that leaves: a low screen needs its lines for the pages."""
        self.hand_over_button = QPushButton(tr("Hand over"))
        self.hand_over_button.setToolTip(
            tr("Map, plan, command or scheme: what others get of this ranking")
        )
        self.hand_over_button.setAccessibleDescription(self.hand_over_button.toolTip())
        menu = QMenu(self.hand_over_button)
        menu.setToolTipsVisible(True)
        self.map_action = menu.addAction(tr("Export &map…"))
        self.atlas_action = menu.addAction(tr("Export &atlas…"))
        self.plan_action = menu.addAction(tr("Export &plan…"))
        menu.addSeparator()
        self.quotas_action = menu.addAction(tr("Plan &quotas…"))
        self.venues_action = menu.addAction(tr("Plan &venues…"))
        menu.addSeparator()
        self.command_action = menu.addAction(tr("&Copy command"))
        self.command_action.setToolTip(
            tr("Copies the qgis_process command that makes this ranking again")
        )
        self.save_action = menu.addAction(tr("&Save scheme…"))
        self.save_action.setToolTip(tr("Keeps weights and directions in a file, to share or reuse"))
        self.hand_over_button.setMenu(menu)

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
        areas = QLabel(tr("&Areas"))  # the way into the panel by a key
        areas.setBuddy(self.layer_box)
        shows = QLabel(tr("Map"))
        shows.setBuddy(self.view_box)
        self.strip.add(self.hand_over_button)
        self.bottom = QWidget()
        below = QVBoxLayout(self.bottom)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.strip)
        below.addLayout(_row(shows, self.view_box, self.style_button, self.zoom_button))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.addLayout(_row(areas, self.layer_box, self.undo_button, self.redo_button))
        layout.addWidget(self.status)
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
        ):
            tie(button.clicked, lambda _checked=False, act=act: act())
        for action, act in (
            (self.map_action, hand.export_map),
            (self.atlas_action, hand.plans.export_atlas),
            (self.plan_action, hand.plans.export_plan),
            (self.quotas_action, hand.plans.plan_quotas),
            (self.venues_action, hand.plans.plan_venues),
            (self.command_action, hand.copy_command),
            (self.save_action, hand.save_scheme),
        ):
            tie(action.triggered, lambda _checked=False, act=act: act())
        tie(self.strip.fold.toggled, self._share_height)
        tie(session.layer_changed, self._on_layer)
        for signal in (session.settings_changed, session.view_changed):
            tie(signal, self._on_settings)
        for signal in (session.moved, session.tested, session.view_changed):
            tie(signal, self._on_ranked)
        tie(session.busy, self._on_busy)
        tie(session.rested, self._on_rested)
        tie(session.failed, self._on_failed)

    def resizeEvent(self, event):
        super().resizeEvent(event)
        self.state.setMinimumHeight(0)
        self._share_height()

    def _share_height(self, *_ignored: Any) -> None:
        """On a low screen the summary folded out takes the place of the pages."""
        is_low = self.height() < LOW * self.fontMetrics().lineSpacing()
        folded_out = self.strip.fold.isChecked() and self.session.standing is not None
        self.stack.setVisible(not (is_low and folded_out))

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
        self.layer_box.setToolTip(layer.name() if layer is not None else "")
        self.state.setMinimumHeight(0)
        self.stack.setCurrentIndex(0 if self.welcome_page.is_needed else 1)
        self._on_failed(self.session.problem)
        self._on_ranked()
        self._on_settings()

    def _on_settings(self) -> None:
        self.undo_button.setEnabled(self.session.can_undo)
        self.redo_button.setEnabled(self.session.can_redo)
        at = self.view_box.findData(self.session.settings.view)
        if at >= 0:
            self.view_box.setCurrentIndex(at)
            self.view_box.setToolTip(self.view_box.currentText())

    def _on_view_chosen(self, at: int) -> None:
        self.session.change(view=self.view_box.itemData(at))

    def _on_ranked(self) -> None:
        session = self.session
        self._fill_views(self._views())
        self._leave_out([session.shown.layer] if session.has_map else [])
        self.state.setText(self._state())
        tall = self.state.heightForWidth(self.state.width())
        self.state.setMinimumHeight(max(tall, self.state.minimumHeight()))  # never shorter again
        self._show_status(self.status.currentIndex() == BUSY)
        self.layer_box.setAccessibleDescription(self.state.text())  # heard where it is not seen
        ranked = session.standing is not None
        if ranked:
            self.stack.setCurrentIndex(1)  # the layer has got figures since it was chosen
        self.bottom.setVisible(ranked)
        self._share_height()
        tips = {
            self.map_action: tr("The map on paper, or as a picture"),
            self.atlas_action: tr("A page for each ward, or for each of the first areas"),
            self.plan_action: tr(
                "One page with areas, groups, languages, quotas, venues and sources"
            ),
            self.quotas_action: tr("How many replies to win in each area"),
            self.venues_action: tr("Which venues are near most of the people sought"),
        }
        for action, tip in tips.items():
            action.setEnabled(session.is_tested)
            action.setToolTip(
                tip if session.is_tested else tr("The ranking is still being tested.")
            )

    def _views(self) -> list[tuple[str, str]]:
        """Return the views; that of the score says \"potentially\" where its ranking does."""
        session = self.session
        if not session.has_map:
            return []
        views = session.shown.views()
        if session.standing is None:
            return views
        return [(view, session.standing.title if view == SCORE else name) for view, name in views]

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
        standing, ranking = self.session.standing, self.session.ranking
        if standing is None:
            return ""
        text = tr("{title}: the top {top:,} of {known:,}, not tested yet.")
        if ranking is not None:
            text = tr(
                "{title}: the top {top:,} of {known:,}. Tested in {draws:,} draws: {robust:,} "
                "robust, {contestable:,} contestable."
            )
        told = text.format(
            title=standing.title,
            top=standing.top,
            known=standing.known,
            draws=self.session.settings.draws,
            robust=ranking.tiers("robust") if ranking is not None else 0,
            contestable=ranking.tiers("contestable") if ranking is not None else 0,
        )
        without = len(standing.ranks) - standing.known
        if not without:
            return told
        return f"{told} " + tr("Without a rank, as figures are missing or hidden: {n:,}.").format(
            n=without
        )

    def _on_busy(self, title: str, share: float) -> None:
        self.progress.setFormat(f"{title} %p %")
        self.progress.setValue(int(share))
        self._show_status(True)

    def _on_rested(self) -> None:
        self._show_status(False)

    def _show_status(self, is_busy: bool) -> None:
        self.status.setCurrentIndex(BUSY if is_busy else 0)
        self.status.setVisible(is_busy or bool(self.state.text()))

    def _on_failed(self, problem: str) -> None:
        """Say what is wrong; the first steps say themselves what an area layer lacks."""
        self.problem.setText(f"⚠ {problem}" if problem else "")
        self.problem.setVisible(bool(problem) and self.stack.currentIndex() > 0)

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


def _scrolled(page: QWidget, name: str) -> QScrollArea:
    """Return a page that scrolls up and down where there is no room for it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    area.setAccessibleName(name)
    return area
