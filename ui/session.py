"""What the panel is about: a layer, what is asked of it, and what was found.

Pages show the session and tell it what the user asks; it runs the work and says when something
is new. It computes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..processing.explore.errors import in_words
from ..processing.explore.settings import Settings
from ..processing.messages import tr
from .bonds import Bonds
from .work import Work

SCOPE = "seldom_heard"  # of what is kept with a project
REST = 400  # milliseconds without a change, after which the ranking is tested
LONG_REST = 1500  # of a large layer, whose map would else be drawn beside the draws
SMALL = 5000  # areas up to which the whole copy follows every step of a slider


class Session(QObject):
    """The panel's state.

    Signals:
        layer_changed: another layer is explored, or none.
        settings_changed: something else is asked.
        moved: areas are ranked at once; ``standing`` is new.
        tested: the ranking was tested in draws; ``ranking`` is new.
        area_chosen: one area is looked at, its row; -1 for none.
        busy: what is being done, and how far (0 to 100).
        rested: nothing is being done any more.
        failed: what went wrong, in words; empty when all is well again.
        view_changed: the map shows something else.
    """

    layer_changed = pyqtSignal()
    settings_changed = pyqtSignal()
    moved = pyqtSignal()
    tested = pyqtSignal()
    area_chosen = pyqtSignal(int)
    busy = pyqtSignal(str, float)
    rested = pyqtSignal()
    failed = pyqtSignal(str)
    view_changed = pyqtSignal()

    def __init__(self, project: QgsProject | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project or QgsProject.instance()
        self.settings = Settings()
        self.layer: QgsVectorLayer | None = None
        self.exploration: Any = None
        self.standing: Any = None
        self.ranking: Any = None
        self.shown: Any = None
        self.row = -1
        self._code = ""  # of the area that was looked at, while its layer is read anew
        self.problem = ""
        self._past: list[Settings] = []
        self._future: list[Settings] = []
        self._work: Work | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._test)
        self._changed = _once(self, self.read_again)
        self._drawn = _once(self, self._clean)
        self._seen = _once(self, self._on_shown)
        self._outside, self._of_layer, self._of_dock = Bonds(), Bonds(), Bonds()
        self._outside.tie(self.project.layersWillBeRemoved, self._on_layers_removed)
        self._outside.tie(self.project.writeProject, self._keep)
        self._outside.tie(self.project.writeMapLayer, self._on_layer_written)
        self._outside.tie(self.project.readProject, self._on_project_read)
        self._waits = False  # the project keeps what was explored, and it is not gone on with yet

    # --- asked by pages

    def set_layer(self, layer: QgsVectorLayer | None, settings: Settings | None = None) -> None:
        """Explore another layer, or none.

        Args:
            settings: what is asked of it; left out, what was asked of the last one.
        """
        if layer is self.layer:
            return
        self._let_go()
        self._waits = False
        self.layer = layer
        if settings is None:
            settings = replace(
                self.settings, names="", code_field="", reference="", among=Settings.among
            )
        self.settings = settings
        if layer is not None:
            for signal in (
                layer.subsetStringChanged,
                layer.afterCommitChanges,
                layer.dataSourceChanged,
                layer.updatedFields,
            ):
                self._of_layer.tie(signal, self._changed.start)  # several come at a time
        self._past, self._future = [], []
        self.layer_changed.emit()
        self.settings_changed.emit()
        self.read_again()

    def change(self, continues: bool = False, **asked: Any) -> None:
        """Ask something else; it can be undone.

        Args:
            continues: the last change goes on, as while a slider is dragged: one step to undo.
            asked: settings by name.
        """
        new = replace(self.settings, **asked)
        if new == self.settings:
            return
        if not (continues and self._past):
            self._past.append(self.settings)
        self._future = []
        self._set(new)

    def undo(self) -> None:
        """Ask what was asked before."""
        if self._past:
            self._future.append(self.settings)
            self._set(self._past.pop())

    def redo(self) -> None:
        """Ask again what was undone."""
        if self._future:
            self._past.append(self.settings)
            self._set(self._future.pop())

    @property
    def can_undo(self) -> bool:
        """Return whether there is something to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Return whether there is something to do again."""
        return bool(self._future)

    @property
    def is_tested(self) -> bool:
        """Return whether the ranking on show was tested in draws."""
        return self.ranking is not None

    @property
    def has_map(self) -> bool:
        """Return whether the areas are on the map."""
        return self.shown is not None and not self.shown.is_gone

    @property
    def is_busy(self) -> bool:
        """Return whether something is being done."""
        return self._work is not None

    def choose(self, row: int) -> None:
        """Look at one area, by its row; -1 for none."""
        if row != self.row:
            self.row = row
            self.area_chosen.emit(row)

    def cancel(self) -> None:
        """Stop what is being done; what is shown stays."""
        self._rest.stop()
        self._drop_work()
        self.rested.emit()
        if self.layer is not None and self.exploration is None:
            self._say(tr("Stopped before the areas were read. The next change reads them."))

    def test_now(self) -> None:
        """Test the ranking without waiting."""
        self._rest.stop()
        self._test()

    def undo_style(self) -> None:
        """Draw the map as it was drawn before."""
        if self.has_map and self.shown.undo_style():
            self.settings = replace(self.settings, view=self.shown.view)
            self.settings_changed.emit()
            self.view_changed.emit()

    def close(self) -> None:
        """Let go of everything; the copy on the map goes, too."""
        self._outside.untie()
        self._of_dock.untie()
        for timer in (self._drawn, self._seen):
            timer.stop()
        self._let_go()
        self.layer = None

    # --- kept with the project

    def _keep(self, document: Any = None) -> None:
        """Keep with the project what is explored, and how; of the map nothing is kept."""
        if document is not None and self.has_map:
            self.shown.leave_out(document)
        if self._waits:
            return  # what it keeps already stays
        if self.layer is None:
            for name in ("layer", "settings"):
                self.project.removeEntry(SCOPE, name)
            return
        self.project.writeEntry(SCOPE, "layer", self.layer.id())
        self.project.writeEntry(SCOPE, "settings", self.settings.as_text())

    def _on_layer_written(self, layer: Any, element: Any, _document: Any) -> None:
        if self.has_map:
            self.shown.leave_blank(layer, element)

    def _on_project_read(self, *_document: Any) -> None:
        """Go on at once where somebody looks, else when the panel is shown."""
        panel = self.parent()
        if panel is None or panel.isVisible():
            self.restore()
            return
        self._waits = True
        if not len(self._of_dock):
            self._of_dock.tie(panel.parentWidget().visibilityChanged, self._on_visible)

    def _on_visible(self, visible: bool) -> None:
        if visible and self._waits:
            self._seen.start()

    def _on_shown(self) -> None:
        if self._waits and self.layer is None:
            self.restore()

    def restore(self) -> None:
        """Go on where the project was left; its copy of the areas is made anew."""
        from ..processing.explore.shown import forget_old_copies

        with self._unasked():
            forget_old_copies(self.project)
        layer = self.project.mapLayer(self.project.readEntry(SCOPE, "layer")[0])
        # one that is out of reach today is kept for another day
        self._waits = layer is not None and not layer.isValid()
        if isinstance(layer, QgsVectorLayer) and layer.isValid():
            kept = Settings.from_text(self.project.readEntry(SCOPE, "settings")[0])
            self.set_layer(layer, kept)

    @contextmanager
    def _unasked(self) -> Iterator[None]:
        """Leave a project without changes as it is: QGIS shall not ask to save what we draw."""
        clean = not self.project.isDirty()
        try:
            yield
        finally:
            if clean:
                self._clean()
                self._drawn.start()  # again, when the map has heard of it

    def _clean(self) -> None:
        self.project.setDirty(False)

    # --- reading

    def read_again(self) -> None:
        """Read the layer anew, and rank it."""
        self._changed.stop()
        self._rest.stop()
        self._drop_work()
        if self.exploration is not None and self.row >= 0:
            self._code = self.exploration.codes[self.row]
        self.exploration = self.standing = self.ranking = None
        self._say("")
        if self.layer is None:
            self.moved.emit()
            return
        if not self.layer.isValid():
            self._fail(
                tr("The layer {layer} cannot be read: its file or service is not there.").format(
                    layer=self.layer.name()
                )
            )
            return
        try:
            from ..processing.explore.exploration import Reading

            reading = Reading(self.layer, self.settings, self.project)
        except Exception as error:
            self._fail(in_words(error))
            return
        self._start(tr("Reading the areas"), reading.read, self._on_read)

    def _on_read(self, exploration: Any) -> None:
        self._work = None
        self.rested.emit()
        self.exploration = exploration
        if not exploration.serves(self.settings):  # asked something else meanwhile
            self.read_again()
            return
        if self.has_map:
            self._show(lambda: self.shown.follow(self.layer, exploration))
        self._rank()
        # the area looked at may stand in another row now
        codes, code = exploration.codes, self._code
        self.choose(-1)
        self.choose(codes.index(code) if code in codes else -1)

    # --- ranking

    def _set(self, new: Settings) -> None:
        old, self.settings = self.settings, new
        if self.layer is not None:  # it is kept with the project
            self._drawn.stop()
            self.project.setDirty(True)
        self.settings_changed.emit()
        if self.layer is None:
            return
        if replace(old, view=new.view) == new:
            self._show_view()
        elif self.exploration is not None and self.exploration.serves(new):
            self._rank()
        else:
            self.read_again()

    def _rank(self) -> None:
        self._drop_work()
        try:
            standing = self.exploration.at_once(self.settings)
        except Exception as error:
            self._fail(in_words(error))
            return
        self._say("")
        self.standing, self.ranking = standing, None
        small = len(standing.ranks) <= SMALL
        self._show(lambda: self._on_map().show_at_once(standing, everything=small))
        self.moved.emit()
        self._rest.start(REST if small else LONG_REST)

    def _test(self) -> None:
        if self.exploration is None or self.standing is None:
            return
        exploration, settings = self.exploration, self.settings
        self._start(
            tr("Testing the ranking"),
            lambda feedback: exploration.tested(settings, feedback),
            self._on_tested,
        )

    def _on_tested(self, ranking: Any) -> None:
        self._work = None
        self.rested.emit()
        self.ranking = ranking
        self._show(lambda: self._on_map().show_tested(ranking))
        self.tested.emit()

    # --- the map

    def _on_map(self) -> Any:
        from ..processing.explore.shown import Shown

        if not self.has_map:
            self.shown = Shown.make(self.layer, self.exploration, self.project)
            self.shown.set_view(self.settings.view)
        return self.shown

    def _show_view(self) -> None:
        if self.has_map:
            self._show(lambda: self.shown.set_view(self.settings.view))
        self.view_changed.emit()

    def _show(self, draw: Any) -> None:
        try:
            with self._unasked():
                draw()
        except Exception as error:
            self._fail(in_words(error))

    # --- work, and its end

    def _start(self, title: str, call: Any, on_done: Any) -> None:
        self._drop_work()
        work = Work(title, call, on_done, self._on_failed)
        self._work = work
        work.progressChanged.connect(lambda share: self._on_progress(work, share))
        self.busy.emit(title, 0.0)
        work.start()

    def _on_progress(self, work: Work, share: float) -> None:
        if work is self._work:
            self.busy.emit(work.description(), share)

    def _drop_work(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            with suppress(RuntimeError):  # the task manager has deleted it already
                work.drop()

    def _on_failed(self, problem: str) -> None:
        self._work = None
        self.rested.emit()
        if problem:
            self._fail(problem)

    def _fail(self, problem: str) -> None:
        self.standing = self.ranking = None
        self._say(problem)
        self.moved.emit()

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self.failed.emit(problem)

    def _on_layers_removed(self, ids: list[str]) -> None:
        if self.has_map and self.shown.layer.id() in ids:
            self.shown = None  # the next change makes it again
            self.view_changed.emit()
        if self.layer is not None and self.layer.id() in ids:
            if self.has_map:  # not now, as layers are just being removed
                QTimer.singleShot(0, self.shown.remove)
                self.shown = None
            self.set_layer(None)

    def _let_go(self) -> None:
        self._rest.stop()
        self._drop_work()
        self._changed.stop()
        self._of_layer.untie()
        if self.shown is not None:
            shown, self.shown = self.shown, None
            shown.remove()
        self.exploration = self.standing = self.ranking = None
        self._code = ""
        self.choose(-1)


def _once(parent: QObject, call: Callable[[], None]) -> QTimer:
    """Return a timer that calls when Qt has done what it is doing, once for many starts."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(call)
    return timer
