"""What leaves the panel: dialogs filled in, commands, files; and what comes in: the sample city."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, QUrl
from qgis.PyQt.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QProgressBar,
    QPushButton,
    QWidget,
)

from ..processing.explore import sample
from ..processing.explore.errors import in_words
from ..processing.explore.settings import Settings
from ..processing.messages import tr
from .bonds import Bonds
from .planning import Planning
from .settings import FOLDER, RULE, last_folder, remember, remembered
from .widgets.rule_dialog import NO_RULE, PROTECTIVE, RuleDialog, rule_in_words
from .work import Work

OURS = "seldomheard:"
TITLE = "Seldom Heard"
RANKING, MAP, VOICE = "findseldomheard", "exportmap", "measurevoice"
SECONDS = 10  # that good news stays
WIDEST_BAR = 24  # letters

OnLayer = Callable[[QgsVectorLayer], None]


class HandOver(QObject):
    """Does what the buttons ask for, and tells in the message bar what came of it."""

    def __init__(self, session: Any, iface: Any) -> None:
        super().__init__(session)
        self.session, self._iface = session, iface
        self.plans = Planning(self)
        self._awaited: list[tuple[str, OnLayer]] = []
        self._dialogs: list[tuple[QDialog, Callable]] = []
        self._work: Work | None = None
        self._message: QWidget | None = None
        self._bar: QProgressBar | None = None
        self._bonds = Bonds()
        self._bonds.tie(QgsProject.instance().layersAdded, self._on_layers_added)

    def close(self) -> None:
        """Let go of everything outside; a dialog that is at work goes on without us."""
        self._bonds.untie()
        self._awaited = []
        for dialog, slot in self._dialogs:
            with suppress(TypeError, RuntimeError):  # closed, and so deleted by QGIS
                dialog.algorithmFinished.disconnect(slot)
        self._dialogs = []
        self.cancel()

    # --- algorithms

    def can_execute(self, name: str = RANKING) -> tuple[bool, str]:
        """Return whether algorithms can run here, and what to do where they cannot."""
        found = QgsApplication.processingRegistry().algorithmById(_full(name))
        if found is None:
            return False, tr(
                "The algorithms of Seldom Heard are not there. Switch on the plugin “Processing”, "
                "which comes with QGIS, in Plugins > Manage and Install Plugins."
            )
        return found.canExecute()

    def open_algorithm(
        self,
        name: str,
        parameters: dict[str, Any],
        on_layer: OnLayer | None = None,
        output: str = "OUTPUT",
        on_results: Callable[[dict[str, Any]], None] = lambda results: None,
    ) -> QDialog | None:
        """Open the dialog of an algorithm, filled in; what it does is up to the user.

        Args:
            name: id, that of our provider where none is named.
            parameters: by their names.
            on_layer: called with the layer of an output, each time the user has made one.
            output: its name.
            on_results: called before that with all results.
        """
        fine, problem = self.can_execute(name)
        if not fine:
            self.warn(problem)
            return None
        from qgis import processing

        dialog = processing.createAlgorithmDialog(_full(name), parameters)
        if on_layer is not None:

            def finished(fine: bool, results: dict[str, Any]) -> None:
                if fine:
                    on_results(results)
                self._on_finished(fine, results, on_layer, output)

            dialog.algorithmFinished.connect(finished)
            self._dialogs.append((dialog, finished))
        dialog.show()  # QGIS deletes it when it is closed and no longer at work
        return dialog

    def _on_finished(
        self, fine: bool, results: dict[str, Any], on_layer: OnLayer, output: str = "OUTPUT"
    ) -> None:
        made = results.get(output) if fine else None
        if not isinstance(made, str) or not made:
            return
        self._awaited.append((made, on_layer))
        self._on_layers_added(list(QgsProject.instance().mapLayers().values()))

    def _on_layers_added(self, layers: list[Any]) -> None:
        """Hand over those that were waited for: QGIS may load a result before or after its end."""
        for awaited in list(self._awaited):
            output, on_layer = awaited
            found = next((layer for layer in layers if _is_made(layer, output)), None)
            if found is not None:
                self._awaited.remove(awaited)
                on_layer(found)

    def open_areas(self) -> None:
        """Open QGIS' own window for adding a layer."""
        self._iface.openDataSourceManagerPage("ogr")

    def export_map(self) -> None:
        """Open the map on paper, of what the panel shows."""
        if not self.session.has_map:
            self.warn(tr("There is no map of the panel yet: rank the areas first."))
            return
        asked = {"INPUT": self.session.shown.layer.id(), "VIEW": self.session.settings.view}
        asked["OUTPUT"] = str(self.unused("seldom-heard.pdf"))  # not a temporary one
        if sample.is_invented(self.session.layer):
            asked["TITLE"] = tr("Exampleford, an invented city")
        self.open_algorithm(MAP, asked)

    # --- text and files

    def copy_command(self) -> None:
        """Copy the command that makes the ranking on show again."""
        session = self.session
        try:
            from ..processing.explore.commands import command_of

            command = command_of(session.layer, session.settings, session.project)
        except Exception as error:
            self.warn(in_words(error))
            return
        QApplication.clipboard().setText(command)
        self.tell(tr("The qgis_process command of this ranking is on the clipboard."))

    def save_scheme(self) -> None:
        """Keep weights and directions in a file, and go on with that file."""
        session = self.session
        if session.exploration is None:
            self.warn(tr("Choose a layer of areas first."))
            return
        path = self._ask_file(
            tr("Save scheme"), "scheme.json", tr("Scheme of Seldom Heard (*.json)")
        )
        if path is None:
            return
        settings = session.settings
        try:
            from ..processing.explore.saving import save_scheme

            raw = session.exploration.scheme_raw(settings)
            path = save_scheme(raw, path, settings.changes)
        except Exception as error:
            self.warn(in_words(error))
            return
        session.change(scheme=str(path), changes="")
        self.tell(_with_link(tr("The scheme is in {file}."), path))

    def save_list(self, rows: Sequence[int]) -> None:
        """Write the areas of some rows to a table, small counts hidden by a rule that is asked."""
        session = self.session
        if not rows or not session.has_map:
            self.warn(tr("There are no areas in the list."))
            return
        if not session.is_tested:
            self.warn(tr("The ranking is still being tested. Save the list in a moment."))
            return
        rule = self._ask_rule(NO_RULE if sample.is_invented(session.layer) else "")
        path = rule and self._ask_file(
            tr("Save list"),
            "seldom-heard.xlsx",
            tr("Excel workbook (*.xlsx);;Comma-separated values (*.csv)"),
        )
        if not path:
            return
        try:
            from ..processing.explore.saving import ListFile

            shown, names = session.shown, session.settings.names
            ids = [shown.feature_id(row) for row in rows]
            made = ListFile(shown.layer, ids, path, rule, names, session.project)
        except Exception as error:
            self.warn(in_words(error))
            return
        self._start(tr("Writing the list"), made.make, lambda told: self._on_list(made, told, rule))

    def _on_list(self, made: Any, told: dict[str, Any], rule: str) -> None:
        """Say where the list is; ``made`` is let go of here, on the thread that owns its layer."""
        text = tr("{n:,} areas are in {file}. Small counts: {rule}.")
        path = Path(told["OUTPUT"])
        words = text.format(n=told["LISTED"], rule=rule_in_words(rule), file="{file}")
        self.tell(_with_link(words, path))

    def rule_of_plan(self) -> str | None:
        """Return the rule to fill in for small counts, None where the user would rather not go on.

        Plans ask for it themselves. But of replies as they were counted no rule can make one that
        may go out, so that is asked beforehand.
        """
        if sample.is_invented(self.session.layer):
            return NO_RULE
        if self._tells_replies():
            return self._ask_rule(plans=True)
        return remembered(RULE, PROTECTIVE)

    def _tells_replies(self) -> bool:
        from ..processing.explore.inside import tells_replies

        return tells_replies(self.session.exploration, self.session.standing)

    def _ask_rule(self, proposed: str = "", plans: bool = False) -> str | None:
        """Return the rule for small counts, None where the user would rather not save."""
        first = proposed or remembered(RULE, PROTECTIVE)
        dialog = RuleDialog(first, self._iface.mainWindow(), self._tells_replies(), plans)
        chosen = dialog.rule() if dialog.exec() else None
        wants_voice = dialog.wants_voice
        dialog.deleteLater()
        if wants_voice:
            self._hide_replies()
            return None
        if chosen not in (None, NO_RULE) and not proposed:
            remember(RULE, chosen)  # that nothing is hidden is for this list, not for the next
        return chosen

    def _hide_replies(self) -> None:
        """Open what hides small numbers of replies; the panel goes on with what it makes."""
        session = self.session
        rule = remembered(RULE, PROTECTIVE)
        asked = {"INPUT": session.layer.id(), "SUPPRESSION": rule}
        self.open_algorithm(VOICE, asked, on_layer=session.set_layer)

    def _ask_file(self, title: str, name: str, kinds: str) -> Path | None:
        """Return where to save, None where the user would rather not; its folder is remembered."""
        window = self._iface.mainWindow()
        text, kind = QFileDialog.getSaveFileName(window, title, str(self._folder() / name), kinds)
        if not text:
            return None
        path = Path(text)
        if not path.suffix:  # some systems add the ending of the chosen kind, others do not
            path = path.with_name(path.name + kind.rsplit("*", 1)[-1].rstrip(")"))
        remember(FOLDER, str(path.parent))
        return path

    def unused(self, name: str) -> Path:
        """Return a file of this name, or one like it, in the folder last saved to."""
        return _unused(self._folder() / name)

    def _folder(self) -> Path:
        return last_folder(QgsProject.instance().homePath())

    # --- the sample city

    def load_sample(self) -> None:
        """Make the invented city, add it to the project and explore it."""
        layers = QgsProject.instance().mapLayers().values()
        there = next((layer for layer in layers if _is_sample(layer)), None)
        if there is not None:
            self._explore(there)
            return
        fine, problem = self.can_execute()
        if not fine:
            self.warn(problem)
            return
        if self._work is None:
            self._make_sample(sample.Sample())

    def _make_sample(self, city: sample.Sample) -> None:
        """Go on with the next step of the sample city, or show it when all are done."""
        try:
            if city.is_done:
                self._on_sample(sample.opened(city.path))
                return
            city.prepare()
        except Exception as error:
            self.warn(in_words(error))
            return

        def done(_nothing: None) -> None:
            city.finish()
            self._make_sample(city)

        # stopped before its turn came it never runs, and so cannot clean up itself
        self._start(tr("Making the invented city"), city.run, done, city.remove)

    def _on_sample(self, layer: QgsVectorLayer) -> None:
        QgsProject.instance().addMapLayer(layer)
        self._explore(layer)
        self.tell(tr("This city is invented, with all its figures. QGIS forgets it when closed."))

    def _explore(self, layer: QgsVectorLayer) -> None:
        self.session.set_layer(layer, replace(Settings(), names=sample.NAMES))
        canvas = self._iface.mapCanvas()
        extent = canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent())
        extent.scale(1.05)
        canvas.setExtent(extent)
        canvas.refresh()

    # --- work

    @property
    def is_busy(self) -> bool:
        """Return whether a file or the sample is being made."""
        return self._work is not None

    def cancel(self) -> None:
        """Stop what is being made; nothing of it is left."""
        work, self._work = self._work, None
        if work is not None:
            with suppress(RuntimeError):  # the task manager has deleted it already
                work.drop()
        self._drop_message()

    def _start(
        self,
        title: str,
        call: Callable,
        on_done: Callable,
        on_dropped: Callable[[], None] = lambda: None,
    ) -> None:
        """Start work; what it starts in turn when it is done goes on under the same message."""

        def done(result: Any) -> None:
            self._work = None
            on_done(result)
            if self._work is None:
                self._drop_message()

        def failed(problem: str) -> None:
            self._work = None
            self._drop_message()
            if problem:
                self.warn(problem)

        if self._work is not None:
            self.cancel()
        if self._message is None:
            self._show_progress(title)
        self._work = Work(title, call, done, failed, on_dropped)
        self._work.progressChanged.connect(self._on_progress)
        self._work.start()

    # --- the message bar

    def _show_progress(self, title: str) -> None:
        """Say what is being done, how far, with a button that stops it."""
        bar = self._iface.messageBar()
        self._message = bar.createMessage(TITLE, title)
        self._bar = progress = QProgressBar()
        progress.setMaximumWidth(progress.fontMetrics().averageCharWidth() * WIDEST_BAR)
        progress.setAccessibleName(title)
        stop = QPushButton(tr("Cancel"))
        stop.clicked.connect(self.cancel)
        for widget in (progress, stop):
            self._message.layout().addWidget(widget)
        bar.pushWidget(self._message, Qgis.MessageLevel.Info)

    def _on_progress(self, share: float) -> None:
        if self._bar is not None:
            with suppress(RuntimeError):  # closed by the user, and so deleted
                self._bar.setValue(int(share))

    def _drop_message(self) -> None:
        message, self._message, self._bar = self._message, None, None
        if message is not None:
            with suppress(RuntimeError):  # closed by the user, and so deleted
                self._iface.messageBar().popWidget(message)

    def tell(self, text: str) -> None:
        """Say for a while what is done; the text may have links."""
        bar = self._iface.messageBar()
        bar.pushMessage(TITLE, text, Qgis.MessageLevel.Success, SECONDS)

    def warn(self, problem: str) -> None:
        """Say what cannot be done, until the user closes it."""
        self._iface.messageBar().pushMessage(TITLE, escape(problem), Qgis.MessageLevel.Warning, 0)


def _full(name: str) -> str:
    return name if ":" in name else OURS + name


def _is_sample(layer: Any) -> bool:
    """Return whether a layer is the sample itself, no copy in memory, and its file still there."""
    vector = isinstance(layer, QgsVectorLayer) and layer.providerType() == "ogr"
    return vector and sample.is_invented(layer) and layer.isValid()


def _unused(path: Path) -> Path:
    """Return a name like this one that no file has yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _with_link(text: str, path: Path) -> str:
    """Return a text whose {file} can be clicked to see the file in its folder."""
    before, after = text.split("{file}")
    address = escape(bytes(QUrl.fromLocalFile(str(path)).toEncoded()).decode())
    return f'{escape(before)}<a href="{address}">{escape(path.name)}</a>{escape(after)}'


def _is_made(layer: Any, output: str) -> bool:
    """Return whether a layer is an output: by its id, or by its file and its name in there."""
    if not isinstance(layer, QgsVectorLayer):
        return False
    if output in (layer.id(), layer.source()):
        return True
    registry, provider = QgsProviderRegistry.instance(), layer.providerType()
    made, asked = (registry.decodeUri(provider, text) for text in (layer.source(), output))
    if not asked.get("path") or made.get("path") != asked.get("path"):
        return False
    names = {str(uri["layerName"]) for uri in (made, asked) if uri.get("layerName")}
    return len(names) < 2  # where one of them names none, it is the only one
