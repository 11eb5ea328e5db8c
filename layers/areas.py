"""The areas to profile: their codes read from a source, results written beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessingFeatureSource,
)

from .errors import Cancelled, InputError, tr
from .geopackage import GeoPackage
from .values import DECIMAL, TEXT, WHOLE, as_text, plain_value, texts

if TYPE_CHECKING:
    import pandas as pd

SHAPEFILE_NAME = 10  # characters that a shapefile keeps of a field's name
SAMPLE = 1000  # areas to look at for the field of codes


def never() -> bool:
    """Return that nothing was cancelled."""
    return False


@dataclass(frozen=True)
class Areas:
    """Areas as read: one row per feature of the source.

    Attributes:
        source: where they come from, to be read once more when written.
        ids: feature ids, in the order of the rows.
        code_field: the field that holds the codes.
        codes: upper-case codes without spaces around them, missing where NULL.
        file: the GeoPackage they come from, in the plain case that can go by columns.
        cancelled: asked now and then while more of them is read.
    """

    source: QgsProcessingFeatureSource
    ids: list[int]
    code_field: str
    codes: pd.Series
    file: GeoPackage | None = None
    cancelled: Callable[[], bool] = never


def no_geometry(fields: Sequence[int]) -> QgsFeatureRequest:
    """Return a request for some attributes only."""
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    return request.setSubsetOfAttributes(list(fields))


def unchecked(source: QgsProcessingFeatureSource, request: QgsFeatureRequest) -> Iterator:
    """Return the features without a check of their geometries, which are only passed on."""
    return source.getFeatures(
        request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    )


def read_areas(
    source: QgsProcessingFeatureSource,
    code_field: str,
    is_code: Callable[[str], bool],
    shown: Callable[[list[str]], str],
    cancelled: Callable[[], bool],
    file: GeoPackage | None = None,
) -> Areas:
    """Return the areas of a source, known by their codes.

    Args:
        source: any vector source; selection and filters are respected.
        code_field: the field of codes; empty to find it by its values: the first whose
            values are all different and look like codes, else the first of unique text.
        is_code: whether a text is a published area code of small areas.
        shown: lists codes for a message, or does not where they may be personal.
        cancelled: asked now and then.
        file: the GeoPackage they come from, in the plain case.

    Raises:
        InputError: for an empty source, a missing field, codes that stand twice, or when no
            field can be the code.
        Cancelled: when cancelled.
    """

    candidates = [code_field] if code_field else _likeliest(source, is_code)
    first_doubled = None
    for name in candidates:
        ids, codes = _read_codes(source, file, name, cancelled)
        if not ids:
            break
        twice = sorted(codes[codes.notna() & codes.duplicated()].unique())
        if codes.notna().any() and not twice:
            return Areas(source, ids, name, codes, file, cancelled)
        first_doubled = first_doubled or (name, twice)
    if first_doubled is None:
        raise InputError(_no_codes(source))
    name, twice = first_doubled
    if not twice:
        raise InputError(tr("The field {name} of the areas holds no codes.").format(name=name))
    raise InputError(
        tr(
            "{n} codes stand more than once in the field {name} of the areas: {codes}. Dissolve "
            "or remove the doubles, or choose another code field."
        ).format(n=len(twice), name=name, codes=shown(twice))
    )


def _likeliest(source: QgsProcessingFeatureSource, is_code: Callable[[str], bool]) -> list[str]:
    """Return the text fields by a look at the first areas: codes, then unique text, first."""
    text = [at for at, f in enumerate(source.fields()) if f.type() == TEXT]
    request = no_geometry(text).setLimit(SAMPLE)
    rows = [f.attributes() for f in unchecked(source, request)]
    ranked = []
    for at in text:
        values = [as_text(row[at]).strip().upper() for row in rows]
        known = [value for value in values if value]
        if known:
            coded = sum(map(is_code, known)) > 0.9 * len(known)
            unique = len(set(known)) == len(known)
            ranked.append((not (coded and unique), not coded, not unique, at))
    best = sorted(ranked)
    # a column of codes with doubles is an error to show, not a reason to take names instead
    if best and not best[0][1]:
        best = [entry for entry in best if not entry[1]]
    return [source.fields().at(entry[-1]).name() for entry in best]


def _read_codes(
    source: QgsProcessingFeatureSource,
    file: GeoPackage | None,
    name: str,
    cancelled: Callable[[], bool],
) -> tuple[list[int], pd.Series]:
    import pandas as pd

    at = source.fields().lookupField(name)
    if at < 0:
        raise InputError(
            tr("The areas have no field {name}: choose one of its fields.").format(name=name)
        )
    if file:
        ids, values = file.column(source.fields().at(at).name())
    else:
        ids, values = _read_by_feature(source, at, cancelled)
    text = texts(pd.Series(values, dtype=object), upper=True)
    return ids, text.where(text != "")


def _read_by_feature(
    source: QgsProcessingFeatureSource, at: int, cancelled: Callable[[], bool]
) -> tuple[list[int], list[Any]]:
    ids, values = [], []
    for number, feature in enumerate(unchecked(source, no_geometry([at]))):
        if number % 1000 == 0 and cancelled():
            raise Cancelled
        ids.append(feature.id())
        values.append(feature[at])
    return ids, values


def _no_codes(source: QgsProcessingFeatureSource) -> str:
    if not source.hasFeatures():
        return tr("The layer of areas has no features; check its filter and selection.")
    return tr(
        "The areas have no text field with codes that are all different: set the code field, or "
        "give every area a code of its own."
    )


def result_fields(
    source_fields: QgsFields,
    results: pd.DataFrame,
    short: bool,
    replaced: Callable[[str], bool] = lambda name: False,
) -> tuple[QgsFields, list[int], dict[str, str]]:
    """Return fields of the output, positions kept of the source, and names that were cut.

    Fields of the source that a result has the name of, or for which ``replaced`` is true, are
    dropped. In a shapefile all names are cut to 10 characters without clashes.
    """
    new = {name.lower() for name in results.columns}
    kept = [
        at
        for at, field in enumerate(source_fields)
        if field.name().lower() not in new and not replaced(field.name())
    ]
    wanted = [QgsField(source_fields.at(at)) for at in kept]
    wanted += [_field(name, results[name]) for name in results.columns]
    cut = _cut_names([field.name() for field in wanted]) if short else {}
    fields = QgsFields()
    for field in wanted:
        field.setName(cut.get(field.name(), field.name()))
        fields.append(field)
    return fields, kept, cut


def _cut_names(names: Sequence[str]) -> dict[str, str]:
    """Return the names too long for a shapefile, each with a short one that no other has."""
    taken = {name.lower() for name in names if len(name) <= SHAPEFILE_NAME}
    cut: dict[str, str] = {}
    for name in names:
        if len(name) > SHAPEFILE_NAME:
            cut[name] = _short_name(name, taken)
            taken.add(cut[name].lower())
    return cut


def _short_name(name: str, taken: Collection[str]) -> str:
    """Return 10 characters: vowels go first, then a number tells clashes apart."""
    head, *tail = name.split("_")
    squeezed = "_".join([head, *("".join(c for c in part if c not in "aeiou") for part in tail)])
    short = squeezed[:SHAPEFILE_NAME]
    number = 1
    while short.lower() in taken:
        ending = str(number)
        short = squeezed[: SHAPEFILE_NAME - len(ending)] + ending
        number += 1
    return short


def _field(name: str, values: pd.Series) -> QgsField:
    import pandas as pd

    if pd.api.types.is_integer_dtype(values.dtype):
        return QgsField(name, WHOLE)
    if pd.api.types.is_float_dtype(values.dtype):
        return QgsField(name, DECIMAL)
    return QgsField(name, TEXT)


def write_areas(
    areas: Areas,
    results: pd.DataFrame,
    kept: Sequence[int],
    sink: QgsFeatureSink,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> None:
    """Write every area with its geometry, the attributes kept, and its row of results.

    Args:
        results: one row per area, in the order of ``areas.ids``; missing becomes NULL.

    Raises:
        InputError: when the sink takes no more (a full disk, a lost connection).
        Cancelled: when cancelled.
    """
    rows = dict(zip(areas.ids, zip(*listed(results))))
    request = QgsFeatureRequest().setSubsetOfAttributes(list(kept))
    share = 100 / max(len(areas.ids), 1)
    everything = list(kept) == list(range(areas.source.fields().count()))
    for number, feature in enumerate(unchecked(areas.source, request)):
        if number % 500 == 0:
            if cancelled():
                raise Cancelled
            progress(number * share)
        old = feature.attributes()
        written = old if everything else [old[at] for at in kept]
        feature.setAttributes([*written, *rows[feature.id()]])
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            raise InputError(tr("The output takes no more features; check free space and rights."))


def write_table(
    results: pd.DataFrame, sink: QgsFeatureSink, cancelled: Callable[[], bool] = never
) -> None:
    """Write a frame without geometry to a sink.

    Raises:
        InputError: when the sink takes no more.
        Cancelled: when cancelled.
    """
    for number, row in enumerate(zip(*listed(results))):
        if number % 1000 == 0 and cancelled():
            raise Cancelled
        feature = QgsFeature()
        feature.setAttributes(list(row))
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            raise InputError(tr("The output takes no more rows; check free space and rights."))


def listed(results: pd.DataFrame) -> list[list]:
    """Return the columns of a frame as lists, None where missing."""
    return [_values(results[name]) for name in results]


def _values(column: pd.Series) -> list:
    """Return a column as Python values, None where missing."""
    import numpy as np
    import pandas as pd

    missing = column.isna().to_numpy()
    if pd.api.types.is_integer_dtype(column.dtype):
        values = column.to_numpy(dtype="int64", na_value=0) if missing.any() else column.to_numpy()
    elif pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype=float)
        missing = missing | ~np.isfinite(values)
    else:
        values = column.to_numpy(dtype=object)
    if not missing.any():
        return values.tolist()
    values = values.astype(object)
    values[missing] = None
    return values.tolist()


def read_columns(
    source: QgsProcessingFeatureSource,
    names: Sequence[str],
    cancelled: Callable[[], bool] = never,
) -> pd.DataFrame:
    """Return some fields of a source as a frame by feature id, NULL as None.

    Raises:
        Cancelled: when cancelled.
    """
    import pandas as pd

    fields = source.fields()
    at = [fields.lookupField(name) for name in names]
    ids, rows = [], []
    for number, feature in enumerate(unchecked(source, no_geometry(at))):
        if number % 1000 == 0 and cancelled():
            raise Cancelled
        attributes = feature.attributes()
        ids.append(feature.id())
        rows.append([plain_value(attributes[i]) for i in at])
    return pd.DataFrame(rows, columns=list(names), index=ids, dtype=object)
