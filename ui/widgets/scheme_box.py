"""The schemes to choose from: those that come with the plugin, and files of the user's own."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog

from ...processing.explore.errors import in_words
from ...processing.messages import tr
from .steady import Choice

KEPT = "seldom_heard/schemes"  # in the settings of QGIS: the files opened last, the newest first
MOST_KEPT = 5
OPEN = "*"  # no id, and no path of a file


class SchemeBox(Choice):
    """Shipped schemes by title, recent files, and a way to open another.

    Signals:
        picked: id or path of the scheme that was chosen; it can be read.
        failed: why a file cannot be used, in words.
    """

    picked = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Scheme"))
        self.explanation = ""
        self._shown = ""
        self.activated.connect(self._on_activated)

    def show_scheme(self, name: str) -> None:
        """Show what is in use, an id or a path."""
        if name != self._shown or not self.count():
            self._shown = name
            if Path(name).is_file():
                remember(name)
            self._fill()

    def _fill(self) -> None:
        from ...processing.ranking import schemes

        self.clear()
        names = schemes.shipped()
        files = [name for name in recent() if name not in names]
        if self._shown not in (*names, *files):
            files.insert(0, self._shown)
        for name in (*names, *files):
            self._add(name)
        self.insertSeparator(len(names) + len(files))
        self.addItem(tr("Open a scheme file…"), OPEN)
        self._show_chosen()

    def _add(self, name: str) -> None:
        title, explanation = _told(name)
        self.addItem(title, name)
        tip = explanation if title == name else f"{title}. {explanation}"
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.setItemData(self.count() - 1, explanation, Qt.ItemDataRole.UserRole + 1)

    def _show_chosen(self) -> None:
        at = self.findData(self._shown)
        self.setCurrentIndex(at)
        self.explanation = self.itemData(at, Qt.ItemDataRole.UserRole + 1) or ""
        self.setToolTip(self.itemText(at))
        self.setAccessibleDescription(self.explanation)

    def _on_activated(self, at: int) -> None:
        name = str(self.itemData(at))
        if name == OPEN:
            self._show_chosen()  # until a file is chosen nothing else is in use
            name, _ = QFileDialog.getOpenFileName(
                self,
                tr("Open a scheme file"),
                str(Path(next(iter(recent()), "")).parent),
                tr("Schemes (*.json);;All files (*)"),
            )
            if name == self._shown:
                self._fill()  # its title may be another by now
        elif name == self._shown:
            return
        if name:
            self._take(name)

    def _take(self, name: str) -> None:
        from ...processing.ranking import schemes

        try:
            schemes.load(name)
        except Exception as error:
            self._show_chosen()
            self.failed.emit(in_words(error))
            return
        self.failed.emit("")
        self.picked.emit(name)


def recent() -> list[str]:
    """Return the scheme files opened last that are still there."""
    kept = QgsSettings().value(KEPT) or []
    return [name for name in ([kept] if isinstance(kept, str) else kept) if Path(name).is_file()]


def remember(name: str) -> None:
    """Put a file first among those opened last."""
    names = [name, *(one for one in recent() if one != name)]
    QgsSettings().setValue(KEPT, names[:MOST_KEPT])


def _told(name: str) -> tuple[str, str]:
    """Return title and explanation of a scheme, or its name and why it cannot be read."""
    from ...processing.ranking import schemes

    try:
        raw = schemes.load(name)
    except Exception as error:
        return name, in_words(error)
    title = str(raw.get("title") or raw.get("id") or Path(name).stem)
    if name in schemes.shipped():
        return tr(title), tr(str(raw.get("explanation", "")))
    return f"{title} ({Path(name).name})", str(raw.get("explanation", ""))
