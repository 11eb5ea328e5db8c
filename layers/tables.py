"""Published tables: files read as they were downloaded, and layers read column by column."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from qgis.core import (
    QgsFeatureRequest,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from .errors import Cancelled, InputError, tr
from .values import as_text, plain_value

if TYPE_CHECKING:
    import pandas as pd

BROKEN = (OSError, EOFError, zlib.error)  # what a damaged file, or a cut off gzip, raises
HEAD_BYTES = 262_144
HEAD_ROWS = 60
MOST_NAMES = 5  # of what is inside a folder or file, in a message
TEXT = (".csv", ".tsv", ".txt", ".asc")
SHEETS = (".xlsx", ".ods")
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks
DELIMITERS = (",", ";", "\t", "|")
GDAL_OPTIONS = Lock()  # they are set for all threads


class Table:
    """A table with a head to recognise it by, and columns to read.

    Attributes:
        name: what to call it in messages: file or layer name.
        head: the first rows, cells as text.
    """

    name: str
    head: list[list[str]]

    @staticmethod
    def cancelled() -> bool:
        """Return whether reading should stop; whoever runs it may put a question here."""
        return False

    def read(
        self,
        heading_row: int,
        texts: Sequence[int],
        figures: Sequence[int],
        repeated: bool = False,
    ) -> pd.DataFrame:
        """Return a DataFrame with a column per position and ``row``, the row in the file.

        Args:
            heading_row: index in ``head`` of the headings; data start below.
            texts: positions to read as text.
            figures: positions to read as numbers; text where any of them is none.
            repeated: whether the same texts stand in many rows, which can then be read faster.
        """
        raise NotImplementedError


class _Watched(io.RawIOBase):
    """A file that stops being read when the run is cancelled."""

    def __init__(self, source: Any, cancelled: Callable[[], bool]):
        self._source, self._cancelled = source, cancelled

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if self._cancelled():
            raise Cancelled
        return self._source.readinto(buffer)


class TextFile(Table):
    """A delimited text file, perhaps compressed, with preamble and footnotes or without."""

    def __init__(self, path: Path):
        self.path, self.name = path, path.name
        raw = next(self._parts(), b"")
        if raw[:2] not in UTF16:
            self._refuse_nul(raw)
        self.encoding, text = _decode(raw)
        if not text.strip():
            raise InputError(
                tr("{file}: the file is empty; download it or save it again.").format(
                    file=self.name
                )
            )
        old_mac = "\r\n" not in text and text.count("\r") > text.count("\n")
        self.line_end = "\r" if old_mac else None  # pandas miscounts its empty lines unless told
        try:
            self.delimiter = max(DELIMITERS, key=lambda d: _widest(text, d))
            self.head, self._lines = self._rows(text)
        except csv.Error as error:  # a cell of more than 131,072 characters
            raise InputError(
                tr(
                    "{file}: the file cannot be read as a table ({error}). Look for a quotation "
                    "mark that is left open."
                ).format(file=self.name, error=error)
            ) from error

    def _refuse_nul(self, raw: bytes):
        if b"\0" in raw:
            raise InputError(
                tr("{file}: this is not a text file; save it as CSV UTF-8.").format(file=self.name)
            )

    def _parts(self) -> Iterator[bytes]:
        try:
            with self._open() as stream:
                while part := stream.read(HEAD_BYTES):
                    yield part
        except BROKEN as error:
            raise InputError(
                tr("{file}: the file cannot be read ({error}).").format(file=self.name, error=error)
            ) from error

    def _open(self):
        return gzip.open(self.path) if self.path.suffix.lower() == ".gz" else self.path.open("rb")

    def _rows(self, text: str) -> tuple[list[list[str]], list[int]]:
        """Return the first rows, and the number of file lines up to the end of each."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        rows, lines = [], []
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) == HEAD_ROWS:
                break
        return rows, lines

    def read(self, heading_row, texts, figures, repeated=False):
        import numpy as np

        if self.encoding != "utf-16":
            for part in self._parts():  # pandas drops what follows a NUL in a cell
                self._refuse_nul(part)
        wanted = [*texts, *figures]
        frame = self._csv(
            heading_row, wanted, dict.fromkeys(texts, "category" if repeated else str)
        )
        if not _all_numbers(frame[list(figures)]):
            # read again as text, so that each odd cell can be counted and named
            whole = {"keep_default_na": False, "skip_blank_lines": False}
            frame = self._csv(heading_row, wanted, str, **whole)
        frame["row"] = np.arange(len(frame)) + self._lines[heading_row] + 1
        return frame

    def _csv(self, heading_row, positions, dtype, **options):
        import pandas as pd

        width = len(self.head[heading_row])
        try:
            with (
                self._open() as source,
                io.BufferedReader(_Watched(source, self.cancelled)) as stream,
            ):
                return pd.read_csv(
                    stream,
                    sep=self.delimiter,
                    lineterminator=self.line_end,
                    header=None,
                    names=range(width),
                    usecols=sorted(positions),
                    skiprows=heading_row + 1,  # records: a cell may hold line breaks
                    dtype=dtype,
                    encoding=self.encoding,
                    low_memory=False,
                    index_col=False,
                    **options,
                )[list(positions)]
        except UnicodeDecodeError as error:
            if self.encoding != "utf-8-sig":
                raise InputError(
                    tr("{file}: the file mixes encodings; save it as CSV UTF-8.").format(
                        file=self.name
                    )
                ) from error
            self.encoding = "cp1252"  # the odd character came after the head
            return self._csv(heading_row, positions, dtype, **options)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, *BROKEN) as error:
            raise InputError(
                tr("{file}: the file cannot be read as a table: {error}").format(
                    file=self.name, error=error
                )
            ) from error


class Sheet(Table):
    """The first sheet of a workbook, or a Parquet file: read whole when its figures are."""

    def __init__(self, path: Path):
        self.path, self.name = path, path.name
        self._load = _parquet if path.suffix.lower() == ".parquet" else _sheet
        self._rows: list[list[str]] | None = None
        self.head = self._load(path, HEAD_ROWS)
        if not any(any(row) for row in self.head):
            raise InputError(
                tr(
                    "{file}: the first sheet is empty; save the sheet with the table as CSV."
                ).format(file=self.name)
            )

    def read(self, heading_row, texts, figures, repeated=False):
        import pandas as pd

        if self._rows is None:
            self._rows = self._load(self.path)
        rows = self._rows[heading_row + 1 :]
        columns = {
            at: [row[at] if at < len(row) else "" for row in rows] for at in [*texts, *figures]
        }
        frame = pd.DataFrame(columns, dtype=object)
        frame["row"] = range(heading_row + 2, heading_row + 2 + len(rows))
        return frame


class LayerTable(Table):
    """The attributes of a layer; made on the thread of the layer, read on any."""

    def __init__(self, name: str, source: Any, fields: Any):
        self.name, self._source = name, source
        self.names = [field.name() for field in fields]
        sample = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setLimit(20)
        first = [[as_text(v) for v in f.attributes()] for f in source.getFeatures(sample)]
        self.head = [self.names, *first]

    @classmethod
    def of_layer(cls, layer: QgsVectorLayer) -> LayerTable:
        """Return the table of a map layer, from a copy of its source that any thread may read."""
        return cls(layer.name(), QgsVectorLayerFeatureSource(layer), layer.fields())

    def read(self, heading_row, texts, figures, repeated=False):
        import pandas as pd

        wanted = [*texts, *figures]
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        request.setSubsetOfAttributes(wanted)
        rows = []
        for number, feature in enumerate(self._source.getFeatures(request)):
            if number % 1000 == 0 and self.cancelled():
                raise Cancelled
            attributes = feature.attributes()
            rows.append([plain_value(attributes[at]) for at in wanted])
        frame = pd.DataFrame(rows, columns=wanted, dtype=object)
        frame["row"] = range(1, len(frame) + 1)
        return frame


def open_table(source: str | QgsVectorLayer, find_layer: Callable[[str], Any]) -> Table:
    """Return the table of a path, a layer, or a layer's id or name.

    A layer that QGIS made of a text file is read from the file, because QGIS takes the
    first line, perhaps a preamble, for the headings.

    Raises:
        InputError: when there is no such file or layer, or a path leaves open which table.
    """
    if isinstance(source, str):
        path = Path(source)
        if path.is_file() and _is_text_or_sheet(path):
            return _open_file(path)
        layer = find_layer(source)
        if layer is None:
            known = tr("{file}: the file cannot be opened as a table; save it as CSV.")
            lost = tr("{file}: no such file or layer. Check the path and the spelling.")
            _refuse_folder(path)
            raise InputError((known if path.exists() else lost).format(file=source))
        if _path_behind(layer) == path:  # not the layer of a name: QGIS took the first in it
            _refuse_folder(path)
            _refuse_several(path)
    else:
        layer = source
    path = _text_behind(layer)
    return _open_file(path) if path else LayerTable.of_layer(layer)


def _refuse_folder(path: Path) -> None:
    if path.is_dir() and path.suffix.lower() != ".gdb":  # a geodatabase is a folder too
        names = sorted(one.name for one in path.iterdir() if not one.name.startswith("."))
        raise InputError(
            tr("{folder}: this is a folder; choose files. In it: {names}.").format(
                folder=path, names=_some(names) or tr("nothing")
            )
        )


def _refuse_several(path: Path) -> None:
    inside = [
        one
        for one in QgsProviderRegistry.instance().querySublayers(str(path))
        if one.providerKey() == "ogr"
    ]
    if len(inside) > 1:
        raise InputError(
            tr(
                "{file}: there are several tables in it: {names}. Name one, as in {example}."
            ).format(
                file=path, names=_some([one.name() for one in inside]), example=inside[0].uri()
            )
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")


def _open_file(path: Path) -> Table:
    return Sheet(path) if path.suffix.lower() in (*SHEETS, ".parquet") else TextFile(path)


def _is_text_or_sheet(path: Path) -> bool:
    suffixes = [s.lower() for s in path.suffixes[-2:]]
    inner = suffixes[0] if len(suffixes) == 2 and suffixes[1] == ".gz" else (suffixes or [""])[-1]
    return inner in (*TEXT, *SHEETS, ".parquet")


def _text_behind(layer: QgsVectorLayer) -> Path | None:
    """Return the text file or workbook a layer was made of, None for any other source."""
    if layer.providerType() == "delimitedtext":
        path = Path(unquote(urlparse(layer.source()).path))
    else:
        path = _path_behind(layer)
    filtered = bool(layer.subsetString())
    return path if path.is_file() and _is_text_or_sheet(path) and not filtered else None


def _path_behind(layer: QgsVectorLayer) -> Path:
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return Path(str(parts.get("path") or ""))


def _decode(raw: bytes) -> tuple[str, str]:
    if raw[:2] in UTF16:
        return "utf-16", raw[: len(raw) // 2 * 2].decode("utf-16", errors="replace")
    try:
        return "utf-8-sig", raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start > len(raw) - 4 and len(raw) == HEAD_BYTES:  # cut inside a character
            return "utf-8-sig", raw[: error.start].decode("utf-8-sig")
        return "cp1252", raw.decode("cp1252", errors="replace")


def _widest(text: str, delimiter: str) -> int:
    rows = csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=delimiter)
    return max((len(row) for row, _ in zip(rows, range(HEAD_ROWS))), default=0)


def _all_numbers(frame: pd.DataFrame) -> bool:
    """Return whether every cell is a finite number: the usual case, and the fast one."""
    import numpy as np
    import pandas as pd

    numeric = all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes)
    return numeric and bool(np.isfinite(frame.to_numpy(dtype=float)).all())


def _sheet(path: Path, most: int | None = None) -> list[list[str]]:
    """Return the rows of the first sheet, or the first of them."""
    from osgeo import gdal

    options = {
        f"OGR_{driver}_{what}": value
        for driver in ("XLSX", "ODS")
        for what, value in (("HEADERS", "DISABLE"), ("FIELD_TYPES", "STRING"))
    }
    with GDAL_OPTIONS:
        before = {name: gdal.GetConfigOption(name) for name in options}
        for name, value in options.items():
            gdal.SetConfigOption(name, value)
        try:
            source = gdal.OpenEx(str(path), gdal.OF_VECTOR)
            if source is None or source.GetLayerCount() == 0:
                raise InputError(
                    tr("{file}: the workbook cannot be read; save the sheet as CSV.").format(
                        file=path.name
                    )
                )
            layer = source.GetLayer(0)
            count = layer.GetLayerDefn().GetFieldCount()
            rows = islice(layer, most)
            return [[as_text(f.GetField(i)) for i in range(count)] for f in rows]
        finally:
            for name, value in before.items():
                gdal.SetConfigOption(name, value)


def _parquet(path: Path, most: int | None = None) -> list[list[str]]:
    """Return the headings and the rows, or the first of them."""
    try:
        frame = _frame(path, most)
    except ImportError as error:
        raise InputError(
            tr("{file}: this QGIS cannot read Parquet; save the table as CSV.").format(
                file=path.name
            )
        ) from error
    except (OSError, ValueError) as error:  # what pyarrow raises for a damaged file
        raise InputError(
            tr("{file}: the file cannot be read ({error}).").format(file=path.name, error=error)
        ) from error
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    names = [str(name) for name in frame.columns]
    return [names, *([as_text(v) for v in row] for row in rows)][:most]


def _frame(path: Path, most: int | None) -> pd.DataFrame:
    """Return a Parquet file, or its first rows where pyarrow is there to read them alone."""
    import pandas as pd

    if most:
        with suppress(ImportError, StopIteration):  # StopIteration: there are no rows
            from pyarrow.parquet import ParquetFile

            return next(ParquetFile(path).iter_batches(most)).to_pandas()
    return pd.read_parquet(path)
