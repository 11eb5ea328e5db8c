"""A GeoPackage read and written by columns, which is several times faster than by features.

Only for a plain case: a table of a GeoPackage file in, a new GeoPackage file out. Everything
else goes feature by feature through QGIS, with the same result.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qgis.core import (
    QgsFields,
    QgsProcessingFeatureSourceDefinition,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .errors import Cancelled, InputError

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
        query = f"SELECT {_quoted(self.key)}, {_quoted(name)} FROM {_quoted(self.table)}"  # noqa: S608
        with _reading(self.path) as connection:
            rows = connection.execute(query).fetchall()
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
    return _describe(path, str(parts.get("layerName") or ""), layer)


def has_styles(layer: QgsVectorLayer) -> bool:
    """Return whether a layer comes from a GeoPackage that keeps styles."""
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = Path(str(parts.get("path") or ""))
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return False
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'layer_styles'"
    with _reading(path) as connection:
        return bool(connection.execute(query).fetchone()[0])


def _reading(path: Path) -> closing[sqlite3.Connection]:
    """Return a connection that reads only, and lets go of the file at the end of a block."""
    return closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))


def _is_part(value: QgsProcessingFeatureSourceDefinition) -> bool:
    limited = getattr(value, "featureLimit", -1) != -1
    return value.selectedFeaturesOnly or limited or bool(getattr(value, "filterExpression", ""))


def _describe(path: Path, table: str, layer: QgsVectorLayer) -> GeoPackage | None:
    provider = layer.dataProvider()
    with _reading(path) as connection:
        known = dict(
            connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
        )
        table = table or (next(iter(known)) if len(known) == 1 else "")
        if table not in known:
            return None
        columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = [column[1] for column in columns if column[5]]
    if len(keys) != 1:
        return None
    kind = QgsWkbTypes.displayString(provider.wkbType())
    return GeoPackage(path, table, keys[0], known[table], kind, layer.crs().toWkt())


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
    rows: Sequence[Sequence[Any]],
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> None:
    """Write the areas with the columns kept and their results to a new file, whole or not.

    Args:
        ids: feature ids, in the order of the results.
        results: for the names and types of the columns.
        rows: the columns of the results as lists, None where missing.

    Raises:
        InputError: when the file cannot be written.
        Cancelled: when cancelled; nothing is left.
    """
    unfinished = target.with_name(f".{target.stem}.unfinished.gpkg")
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "results.db"
            _store(made, ids, results, rows)
            _copy(source, unfinished, target.stem, kept, made, results, ids, cancelled, progress)
        unfinished.replace(target)
    except OSError as error:
        raise InputError(f"{target}: the file cannot be written ({error}).") from error
    finally:
        for file in unfinished.parent.glob(f"{unfinished.name}*"):
            file.unlink()


def _store(
    path: Path, ids: Sequence[int], results: pd.DataFrame, rows: Sequence[Sequence[Any]]
) -> None:
    types = ", ".join(f"{_quoted(name)} {_type(results[name])}" for name in results)
    marks = ", ".join("?" * (len(rows) + 1))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"CREATE TABLE results (key INTEGER PRIMARY KEY, {types})")
        connection.execute("BEGIN")
        values = zip(ids, *rows)
        connection.executemany(f"INSERT INTO results VALUES ({marks})", values)  # noqa: S608
        connection.execute("COMMIT")
    finally:
        connection.close()


def _type(values: pd.Series) -> str:
    import pandas as pd

    if pd.api.types.is_integer_dtype(values.dtype):
        return "INTEGER"
    return "REAL" if pd.api.types.is_float_dtype(values.dtype) else "TEXT"


def _copy(source, target, name, kept, made, results, ids, cancelled, progress) -> None:
    from osgeo import gdal

    before = gdal.GetUseExceptions()
    gdal.UseExceptions()
    try:
        origin = gdal.OpenEx(str(source.path), gdal.OF_VECTOR)
        origin.ExecuteSQL(f"ATTACH {_text(made)} AS made")
        copy = None
        bounds = sorted(ids)[::CHUNK]
        for number, low in enumerate(bounds):
            if cancelled():
                raise Cancelled
            progress(100 * number / len(bounds))
            high = bounds[number + 1] if number + 1 < len(bounds) else None
            options = gdal.VectorTranslateOptions(
                format="GPKG",
                accessMode="append" if copy else None,
                SQLStatement=_query(source, kept, results, low, high),
                layerName=name,
                geometryType=source.geometry_type.upper(),
                dstSRS=source.crs or None,
                reproject=False,
            )
            result = gdal.VectorTranslate(copy or str(target), origin, options=options)
            copy = copy or result
        copy = None  # closes the file
    except RuntimeError as error:
        raise InputError(f"{target.parent}: the file cannot be written ({error}).") from error
    finally:
        if not before:
            gdal.DontUseExceptions()


def _query(source: GeoPackage, kept: Sequence[str], results, low: int, high: int | None) -> str:
    key = f"a.{_quoted(source.key)}"
    columns = [key, f"a.{_quoted(source.geometry)}"]
    columns += [f"a.{_quoted(name)}" for name in kept if name != source.key]
    columns += [f"r.{_quoted(name)}" for name in results]
    until = f" AND {key} < {high}" if high is not None else ""
    return (
        f"SELECT {', '.join(columns)} FROM {_quoted(source.table)} a "  # noqa: S608
        f"LEFT JOIN made.results r ON r.key = {key} WHERE {key} >= {low}{until}"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
