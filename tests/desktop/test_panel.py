"""The panel in the real desktop, worked by mouse and keys; what it leaves behind when it goes."""

import re
import shlex
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop

TOOLS = (Path(__file__).parent / "panel_tools.py").read_text(encoding="utf-8")

WALK = """
    from pathlib import Path

    from qgis.core import QgsProject
    from qgis.PyQt.QtCore import QTimer
    from qgis.PyQt.QtWidgets import QApplication

    def main(iface):
        found = {}
        project, canvas = QgsProject.instance(), iface.mapCanvas()
        assert not panel().isVisible(), "the panel opens unasked"
        plugin().action.trigger()
        here = inside()
        found["first page"] = here.welcome_page.isVisible()
        click(here.welcome_page.sample_button)
        until(lambda: here.session.layer is not None)
        tested(here)
        found["layers"] = sorted(layer.name() for layer in project.mapLayers().values())
        found["welcome gone"] = not here.welcome_page.isVisible()
        session = here.session

        show_page(here, here.score_page)
        slider = sliders(here)[0]
        before = list(session.standing.ranks)
        drag(slider, slider.maximum())
        found["dragged"] = session.settings.changes
        found["ranks moved"] = before != list(session.standing.ranks)
        tested(here)
        slider = sliders(here)[0]
        slider.setFocus()
        value = slider.value()
        QTest.keyClick(slider, Qt.Key.Key_Left)
        wait(SETTLED)
        found["by key"] = [value - slider.value(), session.settings.changes]
        tested(here)

        show_page(here, here.list_page)
        model = here.list_page.table.model()
        found["list"] = model.rowCount()
        columns = range(model.columnCount())
        found["first"] = [str(model.index(0, at).data() or "") for at in columns]
        ranks = [session.standing.ranks[row] for row in here.list_page.rows()[:50]]
        found["in order"] = ranks == sorted(ranks)
        whole = canvas.extent()
        row = click_row(here, 4)
        found["row clicked"] = [session.row == row, canvas.extent() != whole]
        found["zoomed"] = canvas.extent().width() < whole.width() / 2

        canvas.setExtent(whole)
        canvas.waitWhileRendering()
        other = here.list_page.rows()[40]
        shown = session.shown
        area = shown.layer.getFeature(shown.feature_id(other)).geometry().pointOnSurface()
        spot = canvas.getCoordinateTransform().transform(area.asPoint())
        click(here.list_page.pick)
        at = QPoint(round(spot.x()), round(spot.y()))
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
        wait(SETTLED)
        found["picked"] = [session.row == other, here.list_page.table.currentIndex().isValid()]
        click(here.list_page.pick)

        here.session.change(view="bivariate")
        tested(here)
        found["view"] = [session.shown.view, session.problem]
        QTimer.singleShot(600, lambda: QTest.keyClick(here.hand_over_button.menu(), Qt.Key.Key_C))
        here.hand_over_button.setFocus()
        QTest.keyClick(here.hand_over_button, Qt.Key.Key_Space)  # its menu, and Copy in it
        wait(SETTLED)
        found["command"] = QApplication.clipboard().text()
        found["asked"] = {**session.settings.parameters(), "INPUT": session.layer.source()}
        here.hand_over._ask_rule = lambda proposed: proposed
        here.hand_over._ask_file = lambda *asked: Path(FOLDER) / "list.csv"
        here.hand_over.save_list(here.list_page.rows()[:10])
        until(lambda: not here.hand_over.is_busy)
        wait(SETTLED)
        found["said"] = [item.text() for item in iface.messageBar().items()]
        iface.messageBar().clearWidgets()
        dialog = here.hand_over.open_algorithm(
            "profilelanguage", {"INPUT": session.layer}, on_layer=lambda layer: made.append(layer))
        wait(SETTLED)
        found["filled in"] = dialog.createProcessingParameters()["INPUT"] == session.layer.id()
        dialog.close()
        wait(SETTLED)

        project.removeMapLayer(session.layer.id())
        wait(SETTLED)
        found["removed"] = [session.layer is None, len(project.mapLayers()), here.session.row]
        found["page then"] = here.welcome_page.isVisible()
        sample()
        iface.newProject()
        wait(SETTLED)
        found["new project"] = [session.layer is None, len(project.mapLayers())]
        idle()
        return found

    made = []

    def click(button):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        wait(SETTLED)
"""

RELOADED = """
    import gc

    from qgis.core import QgsProject
    from qgis.PyQt.QtCore import QObject, qInstallMessageHandler
    from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget, QMenu
    from qgis.utils import reloadPlugin

    def senders(layer):
        return {"project": QgsProject.instance(), "canvas": iface.mapCanvas(), "layer": layer,
                "tree": QgsProject.instance().layerTreeRoot(), "window": iface.mainWindow(),
                "app": QApplication.instance(), "tasks": QgsApplication.taskManager(),
                "registry": QgsApplication.processingRegistry()}

    def connections(name, sender):
        # how many listen in Python to each signal: what Qt tells of an object goes to its log
        lines, found, signal = [], {}, ""
        qInstallMessageHandler(lambda kind, context, text: lines.append(text.strip()))
        sender.dumpObjectInfo()
        qInstallMessageHandler(None)
        for line in lines:
            if line.startswith("signal:"):
                signal = f"{name} {line[7:].strip()}"
                found[signal] = 0
            elif line.startswith("--> PyQtSlotProxy") and line.endswith("unislot()"):
                found[signal] += 1
            elif line.startswith("SIGNALS IN"):
                break
        assert len(found) > 1, lines
        return found

    def ours(things):
        return sum(type(one).__module__.startswith("seldom_heard") for one in things)

    def count(layer):
        idle()
        gc.collect()
        idle()
        found = {}
        for name, sender in senders(layer).items():
            found.update(connections(name, sender))
        window = iface.mainWindow()
        found["docks"] = len(window.findChildren(QDockWidget))
        # QGIS never deletes the menu that it makes for a plugin, nor the actions of that menu
        actions = window.findChildren(QAction)
        found["actions"] = sum(not isinstance(one.parent(), QMenu) for one in actions)
        found["our docks"] = ours(window.findChildren(QDockWidget))
        found["top widgets"] = ours(QApplication.topLevelWidgets())
        found["all widgets"] = ours(QApplication.allWidgets())
        found["panels kept"] = sum(type(one).__name__ == "Panel" for one in ours_in_memory())
        found["sessions kept"] = sum(type(one).__name__ == "Session" for one in ours_in_memory())
        found["layers"] = len(QgsProject.instance().mapLayers())
        return found

    def ours_in_memory():
        return [one for one in gc.get_objects()
                if isinstance(one, QObject) and type(one).__module__.startswith("seldom_heard")]

    def again(layer):
        reloadPlugin("seldom_heard")
        here = inside()
        here.session.set_layer(layer)
        until(lambda: here.session.standing is not None, why="not ranked after a reload")
        for page in (here.score_page, here.list_page, here.card_page):
            show_page(here, page)
        here.list_page.pick.click()
        return here

    def main(iface):
        here = sample()
        layer, here = here.session.layer, None
        at_work = []
        again(layer)
        tested(inside())
        before = count(layer)
        for number in range(10):
            here = again(layer)
            if number % 2:  # every other time while draws are under way
                until(lambda: here.session.is_busy, seconds=10, why="the ranking is not tested")
                at_work.append(here.session.is_busy)
            here = None
        tested(inside())
        after = count(layer)
        panel().close()  # and once while the panel is not seen
        reloadPlugin("seldom_heard")
        hidden = panel().isVisible()
        # the sample under way
        iface.newProject()
        here = inside()
        here.hand_over.load_sample()
        wait(0.2)
        at_work.append(here.hand_over.is_busy)
        here = None
        reloadPlugin("seldom_heard")
        idle()
        wait(1)
        left = len(QgsProject.instance().mapLayers())
        # QGIS that is closed with work under way asks, and has it cancelled, before it goes on
        here = inside()
        here.hand_over.load_sample()
        wait(0.2)
        busy = here.hand_over.is_busy
        QgsApplication.taskManager().cancelAll()
        idle()
        stopped = not here.hand_over.is_busy and not QgsProject.instance().mapLayers()
        return {"before": before, "after": after, "at work": at_work, "left": left,
                "busy at the end": busy, "stopped": stopped, "hidden": hidden}
"""


def with_tools(script):
    """Put the tools in front of a script that stands indented in a test."""
    return TOOLS + textwrap.dedent(script)


def asked_for(command):
    """Return the parameters in a qgis_process command of a shell."""
    words = shlex.split(command)
    assert words[1:3] == ["run", "seldomheard:findseldomheard"], command
    pairs = [re.fullmatch(r"--(\w+)=(.*)", word, re.DOTALL) for word in words[3:]]
    return {pair[1]: pair[2] for pair in pairs if pair}


def test_panel_is_worked_by_mouse_and_keys(desktop, tmp_path):
    run = desktop(with_tools(WALK.replace("FOLDER", repr(str(tmp_path)))))
    found = run.result
    assert run.complaints() == []
    assert not [message.text for message in run.log if message.level == 2]
    assert found["first page"] and found["welcome gone"]
    assert "Exampleford (invented city)" in found["layers"]
    assert len(found["layers"]) == 2, "the sample and the copy that the panel draws"
    assert found["dragged"] and found["ranks moved"]
    assert found["by key"][0] == 1
    assert found["by key"][1] != found["dragged"]
    assert found["list"] == 340
    assert found["first"][0] == "1" and "Exampleford" in " ".join(found["first"])
    assert found["in order"]
    assert found["row clicked"] == [True, True] and found["zoomed"]
    assert found["picked"] == [True, True]
    assert found["view"] == ["bivariate", ""]
    command = asked_for(found["command"])
    for name, value in found["asked"].items():
        assert command[name] == str(value), name
    assert any("clipboard" in text for text in found["said"])
    assert any("10 areas are in" in text and "not hidden" in text for text in found["said"])
    lines = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 11 and "Exampleford" in lines[1]
    assert found["filled in"]
    assert found["removed"] == [True, 0, -1] and found["page then"]
    assert found["new project"] == [True, 0]


def test_nothing_of_the_panel_stays_when_it_is_loaded_again(desktop):
    run = desktop(with_tools(RELOADED))
    found = run.result
    assert run.complaints() == []
    assert not [message.text for message in run.log if message.level == 2]
    before, after = found["before"], found["after"]
    grown = {name: (before.get(name, 0), n) for name, n in after.items() if n > before.get(name, 0)}
    assert grown == {}
    assert before["our docks"] == before["panels kept"] == before["sessions kept"] == 1
    assert before["project layersWillBeRemoved(QStringList)"] > 1
    assert found["at work"] == [True] * 6
    assert found["left"] == 0, "a sample that was stopped leaves no layer"
    assert found["busy at the end"] and found["stopped"] and not found["hidden"]
    assert run.code == 0, run.output[-3000:]
