"""A layout written to a file: whole or not at all, with what screen readers are told of a PDF."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from qgis.core import Qgis, QgsFeedback, QgsLayoutExporter, QgsPrintLayout

from ..errors import InputError, tr
from .bookmarks import tell
from .telling import stop_if_cancelled

ENDINGS = (".pdf", ".png", ".svg")


def checked_target(path: str | Path) -> Path:
    """The file to be written, refused before anything is made when that cannot succeed."""
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        message = tr("A map can be written as .pdf, .png or .svg, not as “{name}”.")
        raise InputError(message.format(name=target.name))
    folder = target.resolve().parent
    if not folder.is_dir():
        raise InputError(tr("There is no folder {folder}.").format(folder=folder))
    if not os.access(folder, os.W_OK):
        raise InputError(tr("You may not write in the folder {folder}.").format(folder=folder))
    return target


def write(layout: QgsPrintLayout, target: Path, dpi: int, feedback: QgsFeedback | None) -> Path:
    """Exports under another name first, so that a failure leaves no half-written file."""
    ending = target.suffix.lower()
    draft = target.with_name(f".{target.stem}-{uuid.uuid4().hex[:8]}{ending}")
    try:
        result = export(QgsLayoutExporter(layout), str(draft), ending, dpi)
        if result != QgsLayoutExporter.ExportResult.Success or not draft.is_file():
            raise InputError(tr("The map could not be written to {file}.").format(file=target))
        if ending == ".pdf":
            tell(draft, tr("en-GB"))
        stop_if_cancelled(feedback)
        os.replace(draft, target)
    except PermissionError as error:
        message = tr("{file} cannot be replaced: is it open in another program?")
        raise InputError(message.format(file=target)) from error
    finally:
        for left in (draft, Path(f"{draft}.aux.xml")):
            left.unlink(missing_ok=True)
    return target


def export(exporter: QgsLayoutExporter, path: str, ending: str, dpi: int):
    """Exports a layout as its ending says; returns the result as QGIS tells it."""
    if ending == ".png":
        image = QgsLayoutExporter.ImageExportSettings()
        image.dpi = dpi
        return exporter.exportToImage(path, image)
    settings = (
        QgsLayoutExporter.PdfExportSettings()
        if ending == ".pdf"
        else QgsLayoutExporter.SvgExportSettings()
    )
    settings.dpi = dpi
    settings.forceVectorOutput = True
    # text stays text: it can be searched, and read aloud
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    if ending == ".pdf":
        return exporter.exportToPdf(path, settings)
    return exporter.exportToSvg(path, settings)
