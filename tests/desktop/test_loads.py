"""The plugin in the real desktop: it loads without a complaint and offers its algorithms."""

import pytest

pytestmark = pytest.mark.desktop

SCRIPT = """
    from qgis.core import QgsApplication
    from qgis.utils import active_plugins, plugins

    def main(iface):
        provider = QgsApplication.processingRegistry().providerById("seldomheard")
        return {
            "loaded": "seldom_heard" in plugins,
            "active": "seldom_heard" in active_plugins,
            "provider": provider is not None and provider.name(),
            "algorithms": [a.id() for a in provider.algorithms()] if provider else [],
        }
"""


def test_plugin_loads_in_the_desktop(desktop):
    run = desktop(SCRIPT)
    assert run.complaints() == []
    assert run.code == 0
    assert run.result["loaded"] and run.result["active"]
    assert run.result["provider"] == "Seldom Heard"
    assert run.result["algorithms"]
    assert run.screenshot.stat().st_size > 10_000
