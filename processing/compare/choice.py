"""The benchmark that a user asks for, made from the areas, a reference layer or a number."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import QgsExpression, QgsExpressionContext, QgsFeatureRequest

from ...layers.areas import Areas, unchecked
from ...layers.errors import InputError
from ..fields import text_of
from ..messages import Log, quoted, some, tr
from . import benchmarks
from .benchmarks import Asked, Benchmark
from .counts import Compared, Fields

if TYPE_CHECKING:
    pass


SHORT, CUT = 60, " …"  # characters of an expression in titles


@dataclass(frozen=True)
class Choice:
    """What the user asks areas to be compared with.

    Attributes:
        kind: one of ``choices.BENCHMARKS``.
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


def chosen_benchmark(choice: Choice, compared: Compared, rule: str, log: Log) -> Benchmark:
    """Return what each of the areas is compared with.

    Args:
        choice: of the user.
        compared: the areas, and their figures before any are hidden.
        rule: by which counts of the benchmark may be shown.
        log: takes what to know.

    Raises:
        InputError: where something that this kind needs is missing or wrong.
    """
    import pandas as pd

    choice.log_unused(log)
    areas, fields = compared.areas, compared.fields
    count, base = fields.pair(compared.true)
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
        return _of_reference(choice, compared, rule, log)
    members = pd.Series(True, index=count.index)
    asked = Asked(fields.measure, tr("all {n:,} areas together"), rule, log)
    if choice.kind == "group":
        picked = _picked(choice, areas.source, "INPUT", log)
        members = pd.Series([i in picked for i in areas.ids], index=count.index)
        asked = Asked(fields.measure, _title_of(choice.group), rule, log, choice.group)
    return benchmarks.of_areas(count, base, members, asked)


def _of_reference(choice: Choice, compared: Compared, rule: str, log: Log) -> Benchmark:
    source, fields = choice.reference, compared.fields
    if source is None:
        raise InputError(tr("With reference as the benchmark choose REFERENCE, a layer."))
    theirs = Fields(
        choice.reference_count or fields.count,
        (choice.reference_base,) if choice.reference_base else fields.base,
        fields.measure,
    )
    have = {field.name() for field in source.fields()}
    lost = [name for name in (theirs.count, *theirs.base) if name not in have]
    if lost:
        raise InputError(
            tr("REFERENCE: {layer} has no field {fields}.").format(
                layer=source.sourceName(), fields=some(lost)
            )
        )
    ids = [f.id() for f in unchecked(source, QgsFeatureRequest().setNoAttributes())]
    title = tr("all {{n:,}} areas of {layer} together").format(layer=_braced(source.sourceName()))
    asked = Asked(fields.measure, title, rule, log)
    if choice.kind == "group":
        picked = _picked(choice, source, "REFERENCE", log)
        ids = [i for i in ids if i in picked]
        asked = Asked(fields.measure, _title_of(choice.group), rule, log, choice.group)
    areas = _without_codes(source, ids, compared.areas.cancelled)
    count, base = theirs.pair(theirs.read(areas))
    return benchmarks.of_others(count, base, compared.true.index, asked)


def _without_codes(source, ids: list[int], cancelled: Callable[[], bool]) -> Areas:
    """Return areas that are told by their number in REFERENCE, as they need no codes."""
    import pandas as pd

    names = [tr("number {id} of REFERENCE").format(id=i) for i in ids]
    return Areas(source, ids, "", pd.Series(names, dtype=object), cancelled=cancelled)


def _picked(choice: Choice, source, layer: str, log: Log) -> set[int]:
    """Return the features that GROUP picks; the log takes the expression as a whole."""
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
    log(tr("GROUP: {n:,} areas by {text}").format(n=len(picked), text=choice.group))
    return picked


def _title_of(group: str) -> str:
    """Return the title of a group, with its expression as far as there is room."""
    whole = " ".join(group.split())
    short = textwrap.shorten(whole, SHORT, placeholder=CUT)
    if len(short) < min(len(whole), SHORT / 2):  # a long list without spaces
        short = whole[: SHORT - len(CUT)] + CUT
    return tr("{{n:,}} areas together ({text})").format(text=_braced(short))


def _braced(text: str) -> str:
    """Return a text that stays as it is when it is part of a format."""
    return text.replace("{", "{{").replace("}", "}}")
