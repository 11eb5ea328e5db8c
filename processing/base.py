"""What all algorithms share: names, help, parameters of areas and tables, reading, writing."""

from __future__ import annotations

import importlib.util
import os
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import (
    QgsFields,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterVectorLayer,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from ..layers.errors import Cancelled, InputError
from .choices import RULES
from .messages import KNOWN, explain, some, tr

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas
    from ..layers.tables import Table
    from .inputs import Results

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
TAXONOMY_PAGES = RESOURCES / "help" / "taxonomies.html"
NEEDED = ("numpy", "pandas", "scipy")
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
# of files whose names are told from those of layers though no folder is named
ENDINGS = (
    *(".csv", ".tsv", ".txt", ".gz", ".zip", ".xlsx", ".xls", ".ods", ".parquet", ".dbf"),
    *(".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gml", ".kml", ".kmz", ".tab", ".sqlite"),
)


class SeldomHeardAlgorithm(QgsProcessingAlgorithm):
    """An algorithm described by class attributes, with errors told in words.

    Subclasses set ``ID``, ``TITLE``, ``GROUP`` and ``TAGS``, declare their parameters in
    ``initAlgorithm`` and do their work in ``execute``. They import what they work with inside the
    methods that do: every start of QGIS, and every qgis_process, loads the declarations of all.
    """

    REPORT = "REPORT"
    ID = TITLE = GROUP = ""
    TAGS: tuple[str, ...] = ()
    TABLE_PARAMETERS: tuple[str, ...] = ()
    SOURCE_PARAMETERS: tuple[str, ...] = ("INPUT",)
    FILE_PARAMETERS: tuple[str, ...] = ()  # other files that are read, perhaps by an id

    def name(self):
        return self.ID

    def displayName(self):
        return tr(self.TITLE)

    def group(self):
        return tr(self.GROUP)

    def groupId(self):
        return self.GROUP.lower()

    def tags(self):
        return [tr(tag) for tag in self.TAGS]

    def icon(self):
        return QIcon(str(RESOURCES / "icons" / f"{self.groupId()}.svg"))

    def shortHelpString(self):
        path = RESOURCES / "help" / f"{self.ID}.html"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return text + self.taxonomies_in_words()

    def taxonomies_in_words(self) -> str:
        """Return HTML on the taxonomies that a subclass reads, empty when it reads none."""
        return ""

    def helpUrl(self):
        reads_tables = bool({"TABLES", "REGISTERS"} & {*self.TABLE_PARAMETERS})
        return QUrl.fromLocalFile(str(TAXONOMY_PAGES)).toString() if reads_tables else ""

    def createInstance(self):
        return type(self)()

    def canExecute(self):
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if not missing:
            return True, ""
        return False, tr(
            "Seldom Heard needs {missing}, which this QGIS does not have. On Windows reinstall "
            "QGIS with the standard installer, which brings them; on Debian and Ubuntu install "
            "python3-pandas and python3-scipy; on macOS use QGIS from conda-forge."
        ).format(missing=", ".join(missing))

    def checkParameterValues(self, parameters, context):
        """Name missing files; leave tables, which QGIS itself may not be able to open, to us."""
        for name in (*self.TABLE_PARAMETERS, *self.SOURCE_PARAMETERS):
            for source in _listed(parameters.get(name)):
                if _is_lost(source) and self._layer(source, context) is None:
                    return False, tr("{parameter}: there is no file {file}.").format(
                        parameter=name, file=source
                    )
        lost = self._overwritten(parameters)
        if lost:
            return False, tr("{file} is an input; choose another file for the output.").format(
                file=lost
            )
        twice = self._named_twice(parameters)
        if twice:
            return False, tr("{file} is named for two outputs; choose another file.").format(
                file=twice
            )
        stand_in = {k: v for k, v in parameters.items() if k not in self.TABLE_PARAMETERS}
        for name in self.TABLE_PARAMETERS:
            if self.parameterDefinition(name).flags() & OPTIONAL:
                continue
            if not _listed(parameters.get(name)):
                return False, tr("{parameter}: choose a file or layer.").format(parameter=name)
            stand_in[name] = QgsVectorLayer("NoGeometry", name, "memory")
        return super().checkParameterValues(stand_in, context)

    def prepareAlgorithm(self, parameters, context, feedback):
        """Open tables here, on the thread that owns the layers among them."""
        from ..layers.tables import open_table

        self.tables = {}
        for name in self.TABLE_PARAMETERS:
            self.tables[name] = []
            for source in _listed(parameters.get(name)):
                try:
                    table = open_table(source, lambda s: self._layer(s, context))
                except KNOWN as error:
                    self.refuse_table(source, explain(error, str(source)))
                else:
                    self.tables[name].append(table)
        return True

    def refuse_table(self, source, problem: str):
        """Stop for a table that cannot be opened."""
        raise QgsProcessingException(problem)

    def _overwritten(self, parameters) -> str:
        """Return the input that an output would be written over, empty when there is none."""
        read = {}
        for name in (*self.TABLE_PARAMETERS, *self.SOURCE_PARAMETERS, *self.FILE_PARAMETERS):
            for source in _listed(parameters.get(name)):
                file = _file_of(source)
                if file:
                    read[file] = str(source)
        for definition in self.destinationParameterDefinitions():
            sink = sink_path(parameters.get(definition.name()))
            if is_file(sink):
                found = read.get(Path(sink).resolve())
                if found:
                    return found
        return ""

    def _named_twice(self, parameters) -> str:
        """Return a file that two outputs would be written to, empty when there is none."""
        sinks = [
            sink_path(parameters.get(d.name())) for d in self.destinationParameterDefinitions()
        ]
        files = [Path(sink).resolve() for sink in sinks if is_file(sink)]
        return next((str(file) for file in files if files.count(file) > 1), "")

    @staticmethod
    def _layer(source: str, context):
        layer = QgsProcessingUtils.mapLayerFromString(source, context)
        return layer if isinstance(layer, QgsVectorLayer) and layer.isValid() else None

    def processAlgorithm(self, parameters, context, feedback):
        for table in (table for tables in self.tables.values() for table in tables):
            table.cancelled = feedback.isCanceled
        try:
            return self._done_whole(parameters, context, feedback)
        except (Cancelled, InterruptedError):
            feedback.pushInfo(tr("Cancelled; nothing was written."))
            return {}
        except KNOWN as error:
            raise QgsProcessingException(explain(error)) from error

    def _done_whole(self, parameters, context, feedback) -> dict:
        """Do the work; where it fails, remove every layer and table that was begun."""
        self.begun = {}  # where each output goes, by the name of its parameter
        try:
            return self.execute(parameters, context, feedback)
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)  # they hold the sinks, and so the files
            for name, destination in self.begun.items():
                _remove(destination, sink_path(parameters.get(name)))
            self.destination = None
            raise

    def execute(self, parameters, context, feedback) -> dict:
        """Do the work and return the outputs."""
        raise NotImplementedError

    def add_report_parameter(self, title: str):
        """Declare REPORT, a page that is written if asked for."""
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.REPORT, title, "HTML (*.html)", optional=True, createByDefault=False
            )
        )

    def file_of(self, name: str, parameters, context) -> Path | None:
        """Return the file of an optional output, None where it was not asked for.

        Raises:
            InputError: where its folder is not there, or it cannot be written there.
        """
        if not parameters.get(name):
            return None
        path = Path(self.parameterAsFileOutput(parameters, name, context))
        if not path.parent.is_dir():
            raise InputError(
                tr("{parameter}: there is no folder {folder}.").format(
                    parameter=name, folder=path.parent
                )
            )
        if path.is_dir() or not os.access(path.parent, os.W_OK):
            raise InputError(
                tr(
                    "{parameter}: {file} cannot be written: it is a folder, or in a closed one."
                ).format(parameter=name, file=path)
            )
        return path

    def fields_chosen(self, parameters, name: str, context) -> tuple[str, ...]:
        """Return the fields chosen for a parameter that takes several."""
        # the second is deprecated where the first exists
        read = getattr(self, "parameterAsStrings", None) or self.parameterAsFields
        return tuple(read(parameters, name, context))

    def add_table_parameter(self, name: str, title: str, optional: bool = False):
        """Add a parameter for one published table: a file or a layer."""
        kind = [QgsProcessing.SourceType.TypeVector]
        self.addParameter(QgsProcessingParameterVectorLayer(name, title, kind, optional=optional))


class AreaAlgorithm(SeldomHeardAlgorithm):
    """An algorithm that reads areas and published tables, and writes the areas once."""

    INPUT, CODE_FIELD, TABLES = "INPUT", "CODE_FIELD", "TABLES"
    MIN_MATCH, SUPPRESSION, OUTPUT = "MIN_MATCH", "SUPPRESSION", "OUTPUT"
    NAME_FIELD = "NAME_FIELD"
    TABLE_PARAMETERS = ("TABLES",)
    OUTPUT_TITLE = "Profiled areas"
    VIEWS: tuple[str, ...] = ()

    def prepareAlgorithm(self, parameters, context, feedback):
        """Keep what the areas already carry about their figures, for the layer made of them."""
        from ..layers import geopackage, outputs
        from .history.commands import history

        layer = self.layer_of(self.INPUT, parameters, context)
        self.inherited, self.titles = outputs.inherited(layer) if layer else ({}, {})
        self.file = geopackage.plain_source(layer, parameters.get(self.INPUT))
        self.history = history(self, parameters, context)
        return super().prepareAlgorithm(parameters, context, feedback)

    def layer_of(self, name: str, parameters, context) -> QgsVectorLayer | None:
        """Return the layer of a source, also of one of which only a part is read.

        QGIS 3.22 knows no layer of a selection.
        """
        value = parameters.get(name)
        if isinstance(value, QgsProcessingFeatureSourceDefinition):
            text, _ = value.source.valueAsString(context.expressionContext(), "")
            parameters = {**parameters, name: text}
        return self.parameterAsVectorLayer(parameters, name, context)

    def add_area_parameters(self):
        """Declare INPUT and CODE_FIELD."""
        any_vector = [QgsProcessing.SourceType.TypeVector]
        self.addParameter(QgsProcessingParameterFeatureSource(self.INPUT, tr("Areas"), any_vector))
        self.addParameter(
            QgsProcessingParameterField(
                self.CODE_FIELD,
                tr("Field with the area codes (found by its values when left empty)"),
                parentLayerParameterName=self.INPUT,
                optional=True,
            )
        )

    def add_field_parameter(
        self,
        name: str,
        title: str,
        *,
        several: bool = False,
        of: str = INPUT,
        optional: bool = True,
    ):
        """Declare a field of a layer, or several."""
        self.addParameter(
            QgsProcessingParameterField(
                name,
                title,
                parentLayerParameterName=of,
                allowMultiple=several,
                optional=optional,
            )
        )

    def add_tables_parameters(self):
        """Declare TABLES and MIN_MATCH."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                self.TABLES,
                tr("Published tables, as downloaded (none: columns of the areas themselves)"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
            )
        )
        self.add_match_parameter()

    def add_match_parameter(self):
        """Declare MIN_MATCH."""
        self.addParameter(
            QgsProcessingParameterNumber(
                self.MIN_MATCH,
                tr("Percent of areas that must find a row in each table"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=98.0,
                minValue=0.0,
                maxValue=100.0,
            )
        )

    def add_suppression_parameter(self):
        """Declare SUPPRESSION."""
        self.addParameter(
            QgsProcessingParameterEnum(
                self.SUPPRESSION,
                tr("Hide small counts (nhs: 1 to 7; ons10: below 10; others to the nearest 5)"),
                RULES,
                defaultValue="none",
                usesStaticStrings=True,
            )
        )

    def add_output(self):
        """Declare OUTPUT."""
        self.addParameter(QgsProcessingParameterFeatureSink(self.OUTPUT, tr(self.OUTPUT_TITLE)))

    def check_folders(self, names: Sequence[str], parameters) -> None:
        """Stop before the first of several layers is written where another cannot be.

        Raises:
            InputError: naming the output whose folder is not there.
        """
        for name in names:
            sink = sink_path(parameters.get(name))
            if is_file(sink) and not Path(sink).parent.is_dir():
                raise InputError(
                    tr("{parameter}: there is no folder {folder}.").format(
                        parameter=name, folder=Path(sink).parent
                    )
                )

    def read_areas(self, parameters, context, feedback) -> Areas:
        """Return the areas of INPUT, and log how they were read."""
        from ..layers.areas import read_areas
        from ..taxonomies import areas as area_names

        source = self.parameterAsSource(parameters, self.INPUT, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, self.INPUT))
        field = self.parameterAsString(parameters, self.CODE_FIELD, context) or ""
        areas = read_areas(
            source,
            field,
            lambda code: area_names.code_in(code) == code,
            some,
            feedback.isCanceled,
            self.file,
        )
        level = area_names.level_of(areas.codes.dropna())
        feedback.pushInfo(
            tr("Areas: {n:,} {level}, codes in the field {field}.").format(
                n=len(areas.ids),
                level=tr(level.plural) if level else tr("areas with codes of their own kind"),
                field=areas.code_field,
            )
        )
        if areas.codes.isna().any():
            feedback.pushWarning(
                tr("{n} areas have no code; no table can give them a figure.").format(
                    n=int(areas.codes.isna().sum())
                )
            )
        return areas

    def names(self, parameters, context, areas: Areas) -> pd.Series:
        """Return what the areas are called in words: by NAME_FIELD, by their codes without it."""
        from .fields import text_of

        name = self.parameterAsString(parameters, self.NAME_FIELD, context)
        codes = areas.codes.reset_index(drop=True).fillna(tr("an area without a code"))
        return text_of(areas, name).fillna(codes) if name else codes

    def source_tables(self, parameters, context) -> list[Table]:
        """Return TABLES, or the areas' own attributes where none are given."""
        if self.tables.get(self.TABLES):
            return self.tables[self.TABLES]
        from ..layers.tables import LayerTable

        source = self.parameterAsSource(parameters, self.INPUT, context)
        return [LayerTable(source.sourceName(), source, source.fields())]

    def write(self, parameters, areas: Areas, results: Results, context, feedback) -> dict:
        """Write areas and results to OUTPUT."""
        from ..layers import geopackage
        from ..layers.areas import result_fields

        short = sink_path(parameters.get(self.OUTPUT)).lower().endswith(".shp")
        fields, kept, cut = result_fields(
            areas.source.fields(), results.frame, short, results.replaced
        )
        self._log_fields(areas, kept, cut, feedback)
        self.results, self.cut = results, cut
        results.history, results.made_as = self.history, self.OUTPUT
        target = areas.file and geopackage.plain_target(
            sink_path(parameters.get(self.OUTPUT)), areas.file
        )
        if target:
            self._write_file(parameters, areas, results, kept, target, context, feedback)
        else:
            self._write_sink(parameters, areas, results, fields, kept, context, feedback)
        return {self.OUTPUT: self.destination}

    def write_beside(self, name: str, table: pd.DataFrame, parameters, context, feedback) -> dict:
        """Write a table to an output of its own, if it was asked for, and close it.

        Several outputs may go into one database, which takes one at a time.
        """
        from ..layers.areas import result_fields, write_table

        if not parameters.get(name):
            return {}
        fields, _, _ = result_fields(QgsFields(), table, short=False)
        sink, destination = self.parameterAsSink(
            parameters, name, context, fields, QgsWkbTypes.Type.NoGeometry
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, name))
        self.begun[name] = destination
        write_table(table, sink, feedback.isCanceled)
        return {name: destination}

    def _write_file(self, parameters, areas, results, kept, target, context, feedback):
        from ..layers import geopackage
        from ..layers.areas import listed

        names = [areas.source.fields().at(at).name() for at in kept]
        geopackage.write(
            areas.file,
            target,
            names,
            areas.ids,
            results.frame,
            listed,
            feedback.isCanceled,
            feedback.setProgress,
        )
        self.destination = self.begun[self.OUTPUT] = str(target)
        wanted = parameters[self.OUTPUT]
        project = getattr(wanted, "destinationProject", None)
        if project is not None:
            name = wanted.destinationName or tr(self.OUTPUT_TITLE)
            details = QgsProcessingContext.LayerDetails(name, project, self.OUTPUT)
            context.addLayerToLoadOnCompletion(self.destination, details)

    def _write_sink(self, parameters, areas, results, fields, kept, context, feedback):
        from ..layers.areas import write_areas

        sink, self.destination = self.parameterAsSink(
            parameters,
            self.OUTPUT,
            context,
            fields,
            areas.source.wkbType(),
            areas.source.sourceCrs(),
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, self.OUTPUT))
        self.begun[self.OUTPUT] = self.destination
        write_areas(areas, results.frame, kept, sink, feedback.isCanceled, feedback.setProgress)

    def _log_fields(self, areas, kept, cut, feedback):
        dropped = [
            field.name() for at, field in enumerate(areas.source.fields()) if at not in set(kept)
        ]
        if dropped:
            feedback.pushInfo(
                tr(
                    "Fields of the input left out, as new figures replace them or they would show "
                    "what is hidden: {names}."
                ).format(names=some(dropped, 40))
            )
        if cut:
            feedback.pushWarning(
                tr(
                    "A shapefile keeps 10 characters of a field's name, so names were cut: "
                    "{names}. A GeoPackage keeps them whole."
                ).format(names=", ".join(f"{old} → {new}" for old, new in cut.items()))
            )

    def postProcessAlgorithm(self, context, feedback):
        """Style the output; the style is saved with the file, so that it travels in batch too."""
        from ..layers import outputs

        if not getattr(self, "destination", None):
            return {}
        layer = QgsProcessingUtils.mapLayerFromString(self.destination, context)
        if not isinstance(layer, QgsVectorLayer):
            return {}
        new = {self.cut.get(name, name): text for name, text in self.results.aliases.items()}
        aliases = {**self.titles, **new}
        told = outputs.dress(
            layer, aliases, self.VIEWS, self.results.provenance(self.inherited), self.cut
        )
        if told:
            feedback.pushInfo(told)
        return {}


def talk(feedback):
    """Return a function that logs a line, and stops the work there when it was cancelled."""

    def log(text: str) -> None:
        feedback.pushInfo(text)
        if feedback.isCanceled():
            raise Cancelled

    return log


def _listed(value) -> list:
    """Return what a parameter of tables holds: paths, layers, or nothing."""
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    items = [
        item.source.staticValue() if hasattr(item, "source") and not callable(item.source) else item
        for item in items
    ]
    return [item for item in items if isinstance(item, (str, QgsVectorLayer)) and item]


def _is_lost(source) -> bool:
    """Return whether a text looks like the path of a file, yet none is there."""
    if not isinstance(source, str) or (":" in source[2:] and "/vsi" not in source):
        return False
    path = Path(source.split("|")[0])
    in_folder = bool(path.suffix) and ("/" in source or "\\" in source)
    return (in_folder or path.suffix.lower() in ENDINGS) and not path.exists()


def _remove(destination: str, sink: str) -> None:
    """Remove an output that was begun: its file, or its layer of a database."""
    from ..layers import outputs

    with suppress(OSError):
        outputs.remove(destination, only_layer=sink.startswith("ogr:"))


def _file_of(source) -> Path | None:
    """Return the file that a path or a layer stands for, None for anything else."""
    text = source
    if isinstance(source, QgsVectorLayer):
        registry = QgsProviderRegistry.instance()
        text = registry.decodeUri(source.providerType(), source.source()).get("path") or ""
    with suppress(OSError):  # the text of a layer in memory is no path
        path = Path(str(text).split("|")[0])
        return path.resolve() if path.is_file() else None
    return None


def sink_path(value) -> str:
    """Return where an output goes to, as it was written; empty where that is not said."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    return value if isinstance(value, str) else ""


def is_file(sink: str) -> bool:
    """Return whether an output goes to a file of its own, not into memory or a database."""
    database = "://" in sink or sink.startswith("ogr:")
    return bool(sink) and not database and not sink.startswith(("memory:", "TEMPORARY"))
