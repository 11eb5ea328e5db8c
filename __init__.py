"""Seldom Heard: see whom an engagement exercise has not reached."""


def classFactory(iface):  # noqa: N802 - the name QGIS looks for
    """Return the plugin; ``iface`` is None under qgis_process."""
    from .plugin import SeldomHeardPlugin

    return SeldomHeardPlugin(iface)
