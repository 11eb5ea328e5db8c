"""What stops the work, told in the user's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qgis.PyQt.QtCore import QCoreApplication


class InputError(Exception):
    """Input that the user can mend; the message says how."""


class Cancelled(Exception):
    """The user stopped the work; nothing half written is left."""


def tr(text: str) -> str:
    """Return a text in the user's language."""
    return QCoreApplication.translate("SeldomHeard", text)


@contextmanager
def gdal_errors() -> Iterator[None]:
    """Let GDAL raise its errors, as it does not by default before version 4."""
    from osgeo import gdal

    before = gdal.GetUseExceptions()
    gdal.UseExceptions()
    try:
        yield
    finally:
        if not before:
            gdal.DontUseExceptions()
