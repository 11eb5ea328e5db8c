"""When the panel is there: as it was left, and at work only once it is seen."""

import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop

TOOLS = (Path(__file__).parent / "panel_tools.py").read_text(encoding="utf-8")

LEFT = """
    from qgis.core import QgsSettings

    def main(iface):
        was = [panel().isVisible(), plugin().action.isChecked(), panel().inside is not None]
        panel().setUserVisible(True) if LEAVE_OPEN else panel().close()
        wait(SETTLED)
        # as QGIS itself does when it is closed, which the end of a test is not
        QgsSettings().setValue("UI/state", iface.mainWindow().saveState())
        return was
"""

LOADED = """
    import sys

    from qgis.core import QgsProject, QgsVectorLayer
    from qgis.utils import reloadPlugin

    def main(iface):
        layer = QgsVectorLayer("Polygon?crs=EPSG:27700&field=code:string", "areas", "memory")
        QgsProject.instance().addMapLayer(layer)
        iface.setActiveLayer(layer)
        reloadPlugin("seldom_heard")
        wait(SETTLED)
        found = {"inside": panel().inside is not None, "visible": panel().isVisible(),
                 "checked": plugin().action.isChecked(), "pandas": "pandas" in sys.modules}
        plugin().action.trigger()
        wait(SETTLED)
        found["then"] = [panel().isVisible(), panel().session.layer is layer]
        plugin().action.trigger()
        wait(SETTLED)
        found["closed"] = [panel().isVisible(), plugin().action.isChecked()]
        return found
"""


def with_tools(script):
    return TOOLS + textwrap.dedent(script)


def test_the_panel_is_open_at_the_next_start_if_it_was_left_so(desktop):
    here, was = desktop.__self__, []
    for leave_open in (True, False, False):
        run = desktop(with_tools(LEFT.replace("LEAVE_OPEN", str(leave_open))))
        assert run.complaints() == []
        was.append(run.result)
        here._write_profile = lambda: None  # the one that QGIS has written stays
    assert was == [[False, False, False], [True, True, True], [False, False, False]]


def test_a_plugin_that_is_switched_on_in_mid_work_begins_nothing(desktop):
    run = desktop(with_tools(LOADED))
    assert run.complaints() == []
    found = run.result
    assert not found["inside"] and not found["visible"] and not found["checked"]
    assert not found["pandas"]
    assert found["then"] == [True, True]
    assert found["closed"] == [False, False]
