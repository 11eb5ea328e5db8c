"""Seldom Heard: see whom an engagement exercise has not reached."""


def classFactory(iface):
    """Return the plugin; ``iface`` is None under qgis_process."""
    from .plugin import SeldomHeardPlugin

    return SeldomHeardPlugin(iface)
