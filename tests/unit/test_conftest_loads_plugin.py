"""The tests see the plugin as QGIS does: as one package, with the root off the path."""

import sys
from pathlib import Path


def test_root_is_not_on_the_path(root):
    assert root not in [Path(entry).resolve() for entry in sys.path]


def test_plugin_is_a_package_whatever_the_checkout_is_called(root):
    import seldom_heard

    assert Path(seldom_heard.__file__) == root / "__init__.py"
    assert callable(seldom_heard.classFactory)
