"""The benchmark that a user asks for, made from the areas, a reference layer or a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import QgsExpression, QgsExpressionContext, QgsFeatureRequest

from ...layers.areas import Areas, read_columns, unchecked
from ...layers.errors import InputError
from ...layers.values import texts
from .. import benchmarks
from ..benchmarks import Asked, Benchmark, Measure
from ..messages import Log, quoted, tr
from .counts import read_counts, refuse_above_base, summed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fields:
    """The fields that are compared: a count and what adds up to its base."""

    count: str
    base: tuple[str, ...]
    measure: Measure

    def read(self, source, ids, codes: pd.Series, log: Log) -> pd.DataFrame:
        """Return count and base of some areas, checked."""
        frame = read_counts(source, ids, codes, (self.count, *self.base), log)
        if self.measure.name == "proportion":
            names = self.count, " + ".join(self.base)
            refuse_above_base(frame[self.count], summed(frame, self.base), names, codes)
        return frame

    def pair(self, frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Return count and base; a count without its base is none, and the other way round."""
        count, base = frame[self.count].astype(float), summed(frame, self.base)
        both = count.notna() & base.gt(0)
        return count.where(both), base.where(both)


@dataclass(frozen=True)
class Choice:
    """What the user asks areas to be compared with.

    Attributes:
        kind: one of ``benchmarks.BENCHMARKS``.
        value: for ``value``.
        group: an expression, for ``group``.
        parent: field of the larger place, for ``parent``, and its title.
        reference: source of the areas of another layer, None where there is none.
        reference_count, reference_base: its fields, empty where they are called the same.
        context: in which an expression about a source is evaluated.
    """

    kind: str
    value: float | None
    group: str
    parent: str
    parent_title: str
    reference: Any
    reference_count: str
    reference_base: str
    context: Callable[[Any], QgsExpressionContext]

    def log_unused(self, log: Log) -> None:
        """Name what was given and is not used by this kind of benchmark."""
        given = {
            "GROUP": (self.group, ("group",)),
            "VALUE": (self.value is not None, ("value",)),
            "PARENT_FIELD": (self.parent, ("parent",)),
            "REFERENCE": (self.reference, ("reference", "group")),
        }
        for name, (there, kinds) in given.items():
            if there and self.kind not in kinds:
                log(
                    tr("{parameter} is not used: the benchmark is “{kind}”.").format(
                        parameter=name, kind=self.kind
                    )
                )


def chosen_benchmark(
    choice: Choice, areas: Areas, fields: Fields, true: pd.DataFrame, rule: str, log: Log
) -> Benchmark:
    """Return what each of the areas is compared with.

    Args:
        choice: of the user.
        areas: that are compared.
        fields: that are compared.
        true: their counts, before any are hidden.
        rule: by which counts of the benchmark may be shown.
        log: takes what to know.

    Raises:
        InputError: where something that this kind needs is missing or wrong.
    """
    import pandas as pd

    choice.log_unused(log)
    count, base = fields.pair(true)
    if choice.kind == "value":
        if choice.value is None:
            raise InputError(tr("With value as the benchmark give VALUE."))
        return benchmarks.of_value(choice.value, count.index, fields.measure)
    if choice.kind == "parent":
        if not choice.parent:
            raise InputError(
                tr("With parent as the benchmark choose PARENT_FIELD, each area's larger place.")
            )
        title = tr("its own larger place ({field})").format(field=choice.parent_title)
        asked = Asked(fields.measure, title, rule, log)
        return benchmarks.of_parents(count, base, text_of(areas, choice.parent), asked)
    if choice.kind == "reference" or (choice.kind == "group" and choice.reference):
        return _of_reference(choice, count.index, fields, rule, log)
    members, title = pd.Series(True, index=count.index), tr("all {n:,} areas together")
    if choice.kind == "group":
        picked, title = _picked(choice, areas.source, "INPUT")
        members = pd.Series([i in picked for i in areas.ids], index=count.index)
    return benchmarks.of_areas(count, base, members, Asked(fields.measure, title, rule, log))


def text_of(areas: Areas, name: str) -> pd.Series:
    """Return a field of the areas as text, missing where NULL or blank."""
    column = (
        read_columns(areas.source, [name], areas.cancelled)[name]
        .reindex(areas.ids)
        .reset_index(drop=True)
    )
    text = texts(column)
    return text.where(text != "")


def _of_reference(choice: Choice, index, fields: Fields, rule: str, log: Log) -> Benchmark:
    import pandas as pd

    source = choice.reference
    if source is None:
        raise InputError(tr("With reference as the benchmark choose REFERENCE, a layer."))
    title = tr("all {{n:,}} areas of {layer} together").format(layer=_braced(source.sourceName()))
    ids = [f.id() for f in unchecked(source, QgsFeatureRequest().setNoAttributes())]
    if choice.kind == "group":
        picked, title = _picked(choice, source, "REFERENCE")
        ids = [i for i in ids if i in picked]
    theirs = Fields(
        choice.reference_count or fields.count,
        (choice.reference_base,) if choice.reference_base else fields.base,
        fields.measure,
    )
    names = pd.Series([tr("number {id} of REFERENCE").format(id=i) for i in ids], dtype=object)
    count, base = theirs.pair(theirs.read(source, ids, names, log))
    return benchmarks.of_others(count, base, index, Asked(fields.measure, title, rule, log))


def _picked(choice: Choice, source, layer: str) -> tuple[set[int], str]:
    """Return the features that GROUP picks, and the title of the group."""
    if not choice.group:
        raise InputError(tr("With group as the benchmark give GROUP, an expression."))
    expression = QgsExpression(choice.group)
    if expression.hasParserError():
        raise InputError(
            tr("GROUP: {problem}.").format(problem=expression.parserErrorString().strip())
        )
    have = {field.name().lower() for field in source.fields()}
    anything = QgsFeatureRequest.ALL_ATTRIBUTES  # of a function that takes the whole feature
    lost = [n for n in expression.referencedColumns() if n.lower() not in have and n != anything]
    if lost:
        raise InputError(
            tr("GROUP: {layer} has no field {field}.").format(
                layer=layer, field=", ".join(sorted(lost))
            )
        )
    request = QgsFeatureRequest(expression)
    request.setExpressionContext(choice.context(source))
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    picked = {feature.id() for feature in unchecked(source, request)}
    if not picked:
        raise InputError(
            tr("GROUP: the expression {text} picks no area of {layer}.").format(
                text=quoted(choice.group, 80), layer=layer
            )
        )
    return picked, tr("{{n:,}} areas together ({text})").format(text=_braced(choice.group))


def _braced(text: str) -> str:
    """Return a text that stays as it is when it is part of a format."""
    return text.replace("{", "{{").replace("}", "}}")
