"""Counts told in the categories of another taxonomy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.crossover import crosswalk, targets
from ...taxonomies.errors import NoCrosswalk
from ..messages import Log, some, tr
from ..own import named_taxonomy

if TYPE_CHECKING:
    from .shares import Counted


def told_as(count: Counted, identifier: str, log: Log) -> Counted:
    """Return counts in the categories of another taxonomy, and say what is lost.

    Raises:
        InputError: when there is no way from the one to the other, or the table lacks the
            finest categories that it takes.
    """
    from ...methods.composition import regroup

    source, target = count.taxonomy, named_taxonomy(identifier)
    try:
        way = crosswalk(source, target)
    except NoCrosswalk as error:
        raise InputError(
            tr("{source} cannot be told as {target}. It can be told as: {others}.").format(
                source=source.name,
                target=target.name,
                others="; ".join(t.name for t in targets(source)) or tr("none other"),
            )
        ) from error
    told = way.with_groups(count.table.columns)
    lacking = [name for name in told if name not in count.table]
    if lacking:
        raise InputError(
            tr("{source}: to tell it as {target} takes every category; missing: {names}.").format(
                source=source.name,
                target=target.name,
                names=some([f"'{source.column(name).title}'" for name in lacking], 5),
            )
        )
    groups = {group: target.children(group) for group in target.groups}
    table = regroup(count.table, told, groups)
    if not way.left_out:
        table["total"] = count.table["total"]
    else:
        table["total"] = table[[g for g in target.groups if g in table]].sum(axis=1, skipna=False)
    note = tr("Categories: {source} told as {target}.").format(
        source=source.name, target=target.name
    )
    log(" ".join([note, *(tr(text) for text in way.loses)]))
    if way.left_out:
        log(
            tr(
                "Left out of the figures and of their total, as they have no counterpart: {names}."
            ).format(names=some([source.column(name).title for name in way.left_out], 8))
        )
    unknown = [target.column(n).title for n in target.leaves if n not in table]
    if unknown:
        log(tr("Not known from this source, so left out: {names}.").format(names=some(unknown, 8)))
    return replace(count, taxonomy=target, table=table, notes=(*count.notes, note))
