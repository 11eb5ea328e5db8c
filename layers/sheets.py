"""Tables for spreadsheets: CSV and XLSX files that appear whole or not at all."""

from __future__ import annotations

import csv
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .areas import listed, never
from .errors import Cancelled, InputError, gdal_errors, tr

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".xlsx")
MARKED = "utf-8-sig"  # Excel and the older Notepad of Windows know UTF-8 by the mark at the start
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the start of one
PLAIN = "'"  # before a text, so that a spreadsheet does not compute it
BEFORE = ".before"  # of a file that a new one is about to stand in for
Writer = Callable[[Path], None]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return PLAIN + text if text.startswith(FORMULA) else text


def write_sheets(
    path: Path,
    sheets: Mapping[str, pd.DataFrame],
    beside: Mapping[Path, str] | None = None,
    cancelled: Callable[[], bool] = never,
) -> None:
    """Write tables to a file for spreadsheets, and texts to files beside it: all or none.

    Args:
        path: its ending says the format; a CSV takes one table.
        sheets: tables by the name of their sheet.
        beside: texts by their files.
        cancelled: asked now and then.

    Raises:
        InputError: for another ending, or when a file cannot be written.
        Cancelled: when cancelled; what was there before is left as it was.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            tr("{file} ends neither in .csv nor in .xlsx: name it so.").format(file=path.name)
        )
    writers = {path: sheets_writer(sheets, cancelled)}
    for other, text in (beside or {}).items():
        writers[other] = text_writer(text, MARKED)
    write_together(writers, cancelled=cancelled)


def sheets_writer(
    sheets: Mapping[str, pd.DataFrame], cancelled: Callable[[], bool] = never
) -> Writer:
    """Return what writes tables to a file for spreadsheets, of the kind that its ending says."""
    return lambda path: _write(path, sheets, cancelled)


def text_writer(text: str, encoding: str = "utf-8") -> Writer:
    """Return what writes a text to a file."""

    def write(path: Path) -> None:
        path.write_text(text, encoding=encoding)

    return write


def write_together(
    writers: Mapping[Path, Writer],
    gone: Sequence[Path] = (),
    cancelled: Callable[[], bool] = never,
) -> None:
    """Write several files: all or none.

    Args:
        writers: what writes each, to a file beside it that is moved there in the end.
        gone: files of the same work from before, which go when the new ones are there.
        cancelled: asked after each file.

    Raises:
        InputError: when a file cannot be written; what was there before is left as it was.
        Cancelled: when cancelled; likewise.
    """
    drafts = {path: path.with_name(f".{path.stem}.unfinished{path.suffix}") for path in writers}
    at = next(iter(writers), Path())
    try:
        for at, write in writers.items():
            try:
                write(drafts[at])
            except BaseException as error:
                traceback.clear_frames(error.__traceback__)  # they hold the file open
                raise
            if cancelled():
                raise Cancelled
        _put_in_place(drafts, gone)
    except (OSError, RuntimeError) as error:
        raise InputError(
            tr(
                "{file}: the file cannot be written ({error}). Close it where it is open, or "
                "choose another."
            ).format(file=_moved(error) or at, error=getattr(error, "strerror", None) or error)
        ) from error
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()


def _moved(error: Exception) -> str:
    """Return the file that could not be put in place, empty where it was not even written."""
    ends = getattr(error, "filename", None), getattr(error, "filename2", None)
    return str(ends[0] if str(ends[1]).endswith(BEFORE) else ends[1] or "")


def _put_in_place(drafts: Mapping[Path, Path], gone: Sequence[Path]) -> None:
    """Move all drafts to their files; where one cannot be moved, all files are as before."""
    kept: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for path, draft in drafts.items():
            if path.exists():
                old = path.with_name(f".{path.name}{BEFORE}")
                path.replace(old)
                kept[path] = old
            draft.replace(path)
            done.append(path)
        for path in gone:
            old = path.with_name(f".{path.name}{BEFORE}")
            path.replace(old)
            kept[path] = old
    except OSError:
        for path in done:
            path.unlink()
        for path, old in kept.items():
            old.replace(path)
        raise
    for old in kept.values():
        with suppress(OSError):
            old.unlink()


def _write(path: Path, sheets: Mapping[str, pd.DataFrame], cancelled: Callable[[], bool]) -> None:
    if path.suffix == ".xlsx":
        _write_xlsx(path, sheets, cancelled)
        return
    (table,) = sheets.values()
    _write_csv(path, table, cancelled)


def _write_csv(path: Path, table: pd.DataFrame, cancelled: Callable[[], bool]) -> None:
    with path.open("w", encoding=MARKED, newline="") as file:
        lines = csv.writer(file)
        lines.writerow(table.columns)
        lines.writerows(_rows(table, cancelled))


def _write_xlsx(
    path: Path, sheets: Mapping[str, pd.DataFrame], cancelled: Callable[[], bool]
) -> None:
    from osgeo import gdal

    with gdal_errors():
        driver = gdal.GetDriverByName("XLSX")
        if driver is None:
            raise InputError(tr("This QGIS cannot write XLSX files; choose a .csv file."))
        made = driver.Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        try:
            for name, table in sheets.items():
                _fill(made, name, table, cancelled)
            made.FlushCache()  # where a full disk is noticed
        finally:
            del made  # closes the file


def _fill(made: Any, name: str, table: pd.DataFrame, cancelled: Callable[[], bool]) -> None:
    from osgeo import ogr

    layer = made.CreateLayer(name, None, ogr.wkbNone)
    kinds = {"i": ogr.OFTInteger64, "f": ogr.OFTReal}
    for column in table:
        kind = kinds.get(table[column].dtype.kind, ogr.OFTString)
        layer.CreateField(ogr.FieldDefn(str(column), kind))
    definition = layer.GetLayerDefn()
    for row in _rows(table, cancelled):
        feature = ogr.Feature(definition)
        for at, value in enumerate(row):
            if value is not None:
                feature.SetField(at, value)
        layer.CreateFeature(feature)


def _rows(table: pd.DataFrame, cancelled: Callable[[], bool]) -> Iterator[list[Any]]:
    """Yield the rows as Python values, None where missing, and no text that is a formula."""
    for number, row in enumerate(zip(*listed(table))):
        if number % 1000 == 0 and cancelled():
            raise Cancelled
        yield [harmless(value) if isinstance(value, str) else value for value in row]
