"""What the QGIS tests share: running algorithms, making small inputs, reading outputs."""

from __future__ import annotations

import csv
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
SHEFFIELD = "E08000039"
_kept: list = []  # what Qt would delete while Python still means to use it


class AlgorithmError(Exception):
    """An algorithm refused its input; the message is what the user sees."""


class Log(QgsProcessingFeedback):
    """Keeps what an algorithm says, and cancels itself when told to.

    ``cancel_when`` is asked with every line of the log and every step of progress.
    """

    def __init__(self, cancel_when=None):
        super().__init__(False)
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self.progressed: list[float] = []
        self.cancelled_at: float | None = None
        self._cancel_when = cancel_when
        self.progressChanged.connect(self._on_progress)

    def _ask(self, what):
        if self._cancel_when and self._cancel_when(what) and self.cancelled_at is None:
            self.stop()

    def _on_progress(self, value):
        self.progressed.append(value)
        self._ask(value)

    def stop(self):
        """Cancel, and note when: in seconds of work, as other tests may run beside."""
        self.cancelled_at = time.process_time()
        self.cancel()

    def pushInfo(self, info):
        self.lines.append(info)
        self._ask(info)

    def pushWarning(self, warning):
        self.warnings.append(warning)
        self._ask(warning)

    def reportError(self, error, fatalError=False):
        self.errors.append(error)

    @property
    def text(self) -> str:
        return "\n".join([*self.lines, *self.warnings, *self.errors])


@dataclass
class Outcome:
    """Outputs of a run, its log, the seconds it took and the layer it made, if any."""

    results: dict
    log: Log
    seconds: float
    made: QgsVectorLayer | None = field(default=None, repr=False)

    @property
    def layer(self) -> QgsVectorLayer:
        assert self.made is not None, self.results
        return self.made

    def rows(self) -> list[dict]:
        return rows_of(self.layer)

    def by_code(self, code_field: str) -> dict[str, dict]:
        return {row[code_field]: row for row in self.rows()}


def ensure_provider():
    """Register the plugin's provider, once in a session."""
    registry = QgsApplication.processingRegistry()
    if registry.providerById("seldomheard") is None:
        from seldom_heard.processing.provider import SeldomHeardProvider

        provider = SeldomHeardProvider()
        _kept.append(provider)
        assert registry.addProvider(provider), "the provider could not be registered"
    return registry.providerById("seldomheard")


def algorithm(name: str):
    """Return a new instance of an algorithm of the plugin."""
    ensure_provider()
    found = QgsApplication.processingRegistry().algorithmById(f"seldomheard:{name}")
    assert found is not None, f"no algorithm {name}"
    return found.create()


def run(
    name: str, log: Log | None = None, project: QgsProject | None = None, **parameters
) -> Outcome:
    """Run an algorithm as qgis_process does: check the parameters, run, style the output.

    Raises:
        AlgorithmError: with the message of a refused parameter or an error of the run.
    """
    log = log or Log()
    values = {key: _plain(value) for key, value in parameters.items()}
    message, outcome = _run(name, log, project, values)
    if outcome is None:
        raise AlgorithmError(message)
    return outcome


def _run(name, log, project, values) -> tuple[str, Outcome | None]:
    """Run, and let go of all that belongs to the run: a traceback must not outlive QGIS with it."""
    context = QgsProcessingContext()
    context.setFeedback(log)
    if project is not None:  # qgis_process has none
        context.setProject(project)
    started = algorithm(name)
    fine, message = started.checkParameterValues(values, context)
    if not fine:
        return message, None
    begun = time.monotonic()
    results, fine = started.run(values, context, log)
    seconds = time.monotonic() - begun
    if not fine:
        return "\n".join(log.errors) or "the run failed without a word", None
    made = None
    where = results.get("OUTPUT")
    if where and not str(where).lower().endswith((".pdf", ".png", ".svg", ".html")):
        made = QgsProcessingUtils.mapLayerFromString(where, context)
        assert isinstance(made, QgsVectorLayer), results
        made = context.takeResultLayer(made.id()) or made
    return "", Outcome(results, log, seconds, made)


def _plain(value):
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def refused(name: str, log: Log | None = None, **parameters) -> str:
    """Run an algorithm that must refuse; return its message."""
    try:
        done = run(name, log, **parameters)
    except AlgorithmError as error:
        message = str(error)
        assert "Traceback" not in message, message
        return message
    raise AssertionError(f"{name} accepted this; results {done.results}; log:\n{done.log.text}")


def cancel_after(seconds: float) -> Log:
    """Return a log that cancels itself from another thread after so many seconds."""
    log = Log()
    timer = threading.Timer(seconds, log.stop)
    timer.daemon = True
    timer.start()
    log.timer = timer
    return log


def value(cell):
    """Return a cell of a feature, None for the NULL of Qt 5."""
    return None if isinstance(cell, QVariant) and cell.isNull() else cell


def rows_of(layer: QgsVectorLayer) -> list[dict]:
    names = [f.name() for f in layer.fields()]
    return [dict(zip(names, map(value, f.attributes()))) for f in layer.getFeatures()]


def open_layer(path, name: str = "areas") -> QgsVectorLayer:
    layer = QgsVectorLayer(str(path), name, "ogr")
    assert layer.isValid(), f"{path} cannot be opened"
    return layer


def save_layer(
    layer: QgsVectorLayer, path, crs: str | None = None, name: str = "areas", append: bool = False
) -> Path:
    """Write a layer to a GeoPackage, shapefile or other file by its ending."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    if append:  # one more layer of a file that is there
        options.actionOnExistingFile = (
            QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
        )
    drivers = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON", ".xlsx": "XLSX"}
    options.driverName = drivers[Path(path).suffix]
    options.layerName = name
    if crs:
        target = QgsCoordinateReferenceSystem(crs)
        options.ct = QgsCoordinateTransform(layer.crs(), target, QgsProject.instance())
    context = QgsCoordinateTransformContext()
    # V3 since 3.20; the names of its answers are the same in all
    result = QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)
    assert result[0] == QgsVectorFileWriter.WriterError.NoError, result
    return Path(path)


def make_areas(codes, code_field: str = "LSOA21CD", **columns) -> QgsVectorLayer:
    """Return squares in memory, in a row, with their codes and more columns of values."""
    kinds = {int: "integer", float: "double", str: "string(200)"}
    uri = f"Polygon?crs=EPSG:27700&field={code_field}:string(20)"
    for name, values in columns.items():
        sample = next((v for v in values if v is not None), "")
        uri += f"&field={name}:{kinds[type(sample)]}"
    layer = QgsVectorLayer(uri, "squares", "memory")
    assert layer.isValid()
    features = []
    for at, code in enumerate(codes):
        x = 400_000 + 1000 * at
        square = f"POLYGON(({x} 0,{x + 1000} 0,{x + 1000} 1000,{x} 1000,{x} 0))"
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(square))
        feature.setAttributes([code, *(values[at] for values in columns.values())])
        features.append(feature)
    fine, _ = layer.dataProvider().addFeatures(features)
    assert fine
    layer.updateExtents()
    return layer


def lsoas(number: int) -> list[str]:
    """Return codes that were LSOAs in 2011 and 2021 alike: they tell no vintage."""
    return [f"E0100{7317 + at}" for at in range(number)]


ETHNIC = "Ethnic group: "
TS021_6 = (
    "Total: All usual residents",
    "Asian, Asian British or Asian Welsh",
    "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed or Multiple ethnic groups",
    "White",
    "Other ethnic group",
)


def ethnic_rows(codes) -> list[list]:
    """Return date, name, code, total and five groups for each code; no row equals another."""
    rows = []
    for at, code in enumerate(codes):
        parts = [100 + at, 50 + 2 * at, 25 + at, 800 + 10 * at, 5 + at]
        rows.append(["2021", f"Place {at:03}", code, sum(parts), *parts])
    return rows


def write_csv(path, rows, headings=None, *, preamble=(), footnotes=(), **options) -> Path:
    """Write a table; ``encoding`` and csv's own options may be given."""
    encoding = options.pop("encoding", "utf-8")
    with Path(path).open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, **options)
        writer.writerows(preamble)
        if headings:
            writer.writerow(headings)
        writer.writerows(rows)
        writer.writerows(footnotes)
    return Path(path)


def ethnic_csv(path, codes, *, change=None, **options) -> Path:
    """Write the table TS021 in six columns as Nomis' bulk download has it.

    ``change`` is called with the rows, to spoil them.
    """
    headings = ["date", "geography", "geography code", *(ETHNIC + name for name in TS021_6)]
    rows = ethnic_rows(codes)
    if change:
        change(rows)
    return write_csv(path, rows, headings, **options)


def xlsx(path, rows) -> Path:
    """Write rows to a workbook with GDAL's own driver, below a row of column names it adds."""
    from osgeo import ogr

    source = ogr.GetDriverByName("XLSX").CreateDataSource(str(path))
    layer = source.CreateLayer("Sheet1")
    width = max(len(row) for row in rows)
    for at in range(width):
        layer.CreateField(ogr.FieldDefn(f"c{at}", ogr.OFTString))
    for row in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for at, cell in enumerate(row):
            feature.SetField(at, str(cell))
        layer.CreateFeature(feature)
    del layer, source
    return Path(path)
