"""A GeoPackage read and written by columns, which is several times faster than by features.

Only for a plain case: a table of a GeoPackage file in, a new GeoPackage file out. Everything
else goes feature by feature through QGIS, with the same result.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from qgis.core import (
    QgsFields,
    QgsProcessingFeatureSourceDefinition,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .errors import Cancelled, InputError, gdal_errors, tr

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 10_000  # features copied between two looks at the cancel button


class GeoPackage(NamedTuple):
    """A table of areas in a GeoPackage file."""

    path: Path
    table: str
    key: str
    geometry: str
    geometry_type: str
    crs: str

    def column(self, name: str) -> tuple[list[int], list[Any]]:
        """Return the feature ids and the values of one column."""
        # names are quoted by _quoted, the only thing a query here is made of
        columns = f"{_quoted(self.key)}, {_quoted(name)}"
        # in the order of the keys, because an index on the column would give another
        query = f"SELECT {columns} FROM {_quoted(self.table)} ORDER BY 1"  # noqa: S608
        try:
            with _reading(self.path) as connection:
                rows = connection.execute(query).fetchall()
        except sqlite3.Error as error:
            raise InputError(
                tr("{file}: the file cannot be read ({error}).").format(file=self.path, error=error)
            ) from error
        return [row[0] for row in rows], [row[1] for row in rows]


def plain_source(layer: QgsVectorLayer | None, value: Any) -> GeoPackage | None:
    """Return the GeoPackage table behind a layer, None where the plain case does not hold.

    Args:
        layer: the layer of the source.
        value: the parameter's value, which may ask for the selection or a filter.
    """
    if layer is None or layer.providerType() != "ogr" or layer.isEditable():
        return None
    if isinstance(value, QgsProcessingFeatureSourceDefinition) and _is_part(value):
        return None
    provided = QgsFields.FieldOrigin.OriginProvider
    fields = layer.fields()
    if any(fields.fieldOrigin(i) != provided for i in range(fields.count())):
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = Path(str(parts.get("path") or ""))
    if path.suffix.lower() != ".gpkg" or not path.is_file() or layer.subsetString():
        return None
    try:
        return _describe(path, str(parts.get("layerName") or ""), layer)
    except sqlite3.Error:  # locked by a colleague, or no GeoPackage after all
        return None


def has_styles(layer: QgsVectorLayer) -> bool:
    """Return whether a layer comes from a GeoPackage that keeps styles."""
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = Path(str(parts.get("path") or ""))
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return False
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'layer_styles'"
    try:
        with _reading(path) as connection:
            return bool(connection.execute(query).fetchone()[0])
    except sqlite3.Error:  # locked by a colleague, or no GeoPackage after all
        return False


def _reading(path: Path) -> closing[sqlite3.Connection]:
    """Return a connection that reads only, and lets go of the file at the end of a block."""
    return closing(sqlite3.connect(_uri(path, "ro"), uri=True))


def _is_part(value: QgsProcessingFeatureSourceDefinition) -> bool:
    limited = getattr(value, "featureLimit", -1) != -1
    return value.selectedFeaturesOnly or limited or bool(getattr(value, "filterExpression", ""))


def _describe(path: Path, table: str, layer: QgsVectorLayer) -> GeoPackage | None:
    with _reading(path) as connection:
        known = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns"
            )
        }
        table = table or (next(iter(known)) if len(known) == 1 else "")
        if table not in known:
            return None
        columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = [column[1] for column in columns if column[5]]
    geometry, srs = known[table]
    # every geometry carries the number of its system, so it must mean the same in the new file
    if len(keys) != 1 or layer.crs().authid() != f"EPSG:{srs}":
        return None
    kind = QgsWkbTypes.displayString(layer.dataProvider().wkbType())
    return GeoPackage(path, table, keys[0], geometry, kind, f"EPSG:{srs}")


def plain_target(sink: str, source: GeoPackage) -> Path | None:
    """Return the file to make, None when the output is anything but a new GeoPackage file."""
    path = Path(sink)
    ordinary = "|" not in sink and not sink.startswith(("ogr:", "memory:", "postgres"))
    if not ordinary or path.suffix.lower() != ".gpkg" or not path.parent.is_dir():
        return None
    return None if path.resolve() == source.path.resolve() else path


def write(
    source: GeoPackage,
    target: Path,
    kept: Sequence[str],
    ids: Sequence[int],
    results: pd.DataFrame,
    listed: Callable[[pd.DataFrame], list[list]],
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> None:
    """Write the areas with the columns kept and their results to a new file, whole or not.

    GDAL makes the empty table and the spatial index; the rows go from file to file inside
    SQLite, where a geometry is never looked at.

    Args:
        ids: feature ids, in the order of the results.
        results: one row per area.
        listed: makes lists of a frame's columns, None where missing.

    Raises:
        InputError: when the file cannot be written.
        Cancelled: when cancelled; nothing is left.
    """
    unfinished = target.with_name(f".{target.stem}.unfinished.gpkg")
    try:
        _make_table(source, unfinished, target.stem, kept, results)
        with closing(sqlite3.connect(_uri(unfinished, "rw"), uri=True, isolation_level=None)) as to:
            # for main alone: the source may be open in QGIS, which keeps a journal of its own
            to.execute("PRAGMA main.journal_mode = OFF")
            to.execute("PRAGMA main.synchronous = OFF")
            to.execute("ATTACH ? AS source", [_uri(source.path, "ro")])
            query = _query(source, target.stem, kept, results)
            with _without_triggers(to, target.stem):
                to.execute("BEGIN")
                for start in range(0, len(ids), CHUNK):
                    if cancelled():
                        raise Cancelled
                    part = slice(start, start + CHUNK)
                    values = zip(*listed(results.iloc[part]), ids[part])
                    to.executemany(query, values)
                    progress(90 * min(start + CHUNK, len(ids)) / len(ids))
                _describe_contents(to, source, target.stem, len(ids))
                to.execute("COMMIT")
        _index(unfinished, target.stem, source.geometry)
        if cancelled():
            raise Cancelled
        _let_go(target)
        unfinished.replace(target)
    except (OSError, RuntimeError, sqlite3.Error) as error:
        raise InputError(
            tr("{file}: the file cannot be written ({error}).").format(file=target, error=error)
        ) from error
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{unfinished}{ending}").unlink()


def _let_go(target: Path) -> None:
    """Bring an older file's journal home: left beside the new file it would be played back.

    Raises:
        InputError: when the older file is open somewhere, in QGIS for one.
    """
    if not Path(f"{target}-wal").exists():
        return
    try:
        with closing(sqlite3.connect(_uri(target, "rw"), uri=True, timeout=1)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.Error:
        mode = "locked"
    if mode != "delete":
        raise InputError(
            tr(
                "{file}: this file is open and may hold changes; remove its layers from the "
                "project, or choose another file."
            ).format(file=target)
        )


def _make_table(
    source: GeoPackage, path: Path, name: str, kept: Sequence[str], results: pd.DataFrame
) -> None:
    """Make the file with an empty table: the columns kept as they are, then the results'."""
    from osgeo import gdal, ogr

    columns = ", ".join(_quoted(c) for c in [source.key, source.geometry, *_others(source, kept)])
    options = {
        "format": "GPKG",
        "SQLStatement": f"SELECT {columns} FROM {_quoted(source.table)} WHERE 0",  # noqa: S608
        "layerName": name,
        "geometryType": source.geometry_type.upper(),
        "dstSRS": source.crs,
        "reproject": False,
        "layerCreationOptions": [
            "SPATIAL_INDEX=NO",
            f"FID={source.key}",
            f"GEOMETRY_NAME={source.geometry}",
        ],
    }
    with gdal_errors():
        origin = gdal.OpenEx(str(source.path), gdal.OF_VECTOR)
        made = gdal.VectorTranslate(str(path), origin, **options)
        layer = made.GetLayer(0)
        for column in results:
            layer.CreateField(ogr.FieldDefn(column, getattr(ogr, _type(results[column]))))
        del layer, made  # closes the file


def _type(values: pd.Series) -> str:
    import pandas as pd

    if pd.api.types.is_integer_dtype(values.dtype):
        return "OFTInteger64"
    return "OFTReal" if pd.api.types.is_float_dtype(values.dtype) else "OFTString"


def _others(source: GeoPackage, kept: Sequence[str]) -> list[str]:
    return [name for name in kept if name != source.key]


def _query(source: GeoPackage, name: str, kept: Sequence[str], results: pd.DataFrame) -> str:
    old = [_quoted(c) for c in [source.key, source.geometry, *_others(source, kept)]]
    new = [_quoted(column) for column in results]
    marks = ["?"] * len(new)
    return (
        f"INSERT INTO main.{_quoted(name)} ({', '.join(old + new)}) "  # noqa: S608
        f"SELECT {', '.join(old + marks)} FROM source.{_quoted(source.table)} "
        f"WHERE {_quoted(source.key)} = ?"
    )


@contextmanager
def _without_triggers(connection: sqlite3.Connection, name: str) -> Iterator[None]:
    """Take away the triggers that count every single row, and put them back."""
    query = "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    triggers = connection.execute(query, [name]).fetchall()
    for trigger, _ in triggers:
        connection.execute(f"DROP TRIGGER main.{_quoted(trigger)}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def _describe_contents(
    connection: sqlite3.Connection, source: GeoPackage, name: str, number: int
) -> None:
    """Set what GDAL would have counted: the extent, which is the source's, and the rows."""
    box = "min_x, min_y, max_x, max_y"
    connection.execute(
        f"UPDATE main.gpkg_contents SET ({box}) = "  # noqa: S608
        f"(SELECT {box} FROM source.gpkg_contents WHERE table_name = ?) WHERE table_name = ?",
        [source.table, name],
    )
    connection.execute(
        "UPDATE main.gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?", [number, name]
    )


def _index(path: Path, name: str, geometry: str) -> None:
    from osgeo import gdal

    names = f"{_text(name)}, {_text(geometry)}"
    with gdal_errors():
        made = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE)
        made.ExecuteSQL(f"SELECT CreateSpatialIndex({names})")
        del made


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _uri(path: Path, mode: str) -> str:
    """Return SQLite's URI; a path on a server (two slashes) needs an empty authority before it."""
    text = Path(os.path.abspath(path)).as_posix()
    if text.startswith("//"):
        text = "//" + text
    elif not text.startswith("/"):
        text = "/" + text  # a drive letter
    return f"file:{quote(text)}?mode={mode}"
