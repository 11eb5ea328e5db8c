"""Errors of the rooms below, in words a user can act on."""

from __future__ import annotations

from collections.abc import Callable

from ..layers.errors import InputError, tr
from ..taxonomies.errors import AmbiguousTable, TaxonomyError, UnknownTable

KNOWN = (InputError, UnknownTable, AmbiguousTable, TaxonomyError)
Log = Callable[[str], None]


def explain(error: Exception, table: str = "") -> str:
    """Return what is wrong and what to do; ``table`` names the file or layer concerned."""
    if isinstance(error, UnknownTable):
        return _unknown(error, table)
    if isinstance(error, AmbiguousTable):
        return _ambiguous(error, table)
    if isinstance(error, TaxonomyError):
        return tr("The taxonomy {file} cannot be used. {key}: {problem}.").format(
            file=error.file, key=error.key, problem=error.problem
        )
    return str(error)


def some(items: list, most: int = 10) -> str:
    """Return the first items, and how many there are when not all are shown."""
    from ..taxonomies.areas import may_be_personal

    if any(may_be_personal(str(item)) for item in items):
        return tr("{n} values that may be personal, not shown").format(n=len(items))
    shown = ", ".join(str(item) for item in items[:most])
    return (
        shown
        if len(items) <= most
        else tr("{shown} … ({n} in all)").format(shown=shown, n=len(items))
    )


def quoted(text: str, most: int = 12) -> str:
    """Return a cell in quotes if it is short and not personal; what people wrote stays unseen."""
    from ..taxonomies.areas import may_be_personal

    if len(text) > most or may_be_personal(text):
        return tr("a text of {n} characters").format(n=len(text))
    return f"'{text}'"


def _unknown(error: UnknownTable, table: str) -> str:
    shown = some([f"'{heading}'" for heading in error.headings], 8)
    text = tr("{table}: no known table has these headings: {headings}.")
    if error.title:
        text = tr(
            "{table}: this is “{title}”, a table that is not used here. Its headings: {headings}."
        )
    text = text.format(
        table=table,
        title=error.title,
        headings=shown or tr("none were found; what is there is not shown, as it may be personal"),
    )
    if error.nearest:
        text += " " + tr("The nearest known table is “{nearest}”, but it also needs: {missing}.")
        text = text.format(
            nearest=error.nearest, missing=some([f"'{name}'" for name in error.missing], 4)
        )
    if error.title:
        return text
    return text + " " + tr("Use the table as it was downloaded, with its headings unchanged.")


def _ambiguous(error: AmbiguousTable, table: str) -> str:
    choices = some([f"“{choice}”" for choice in error.choices])
    if error.meaning:
        return tr(
            "{table}: several columns claim to be the same figure ({meaning}): {choices}. Remove "
            "all but one."
        ).format(table=table, meaning=error.meaning, choices=choices)
    return tr(
        "{table}: fits several known tables equally well: {choices}. Which one is it? Keep the "
        "publisher's own headings, which tell them apart, or name it to profilecustom: TAXONOMY = "
        "{ids}."
    ).format(table=table, choices=choices, ids=tr(" or ").join(error.ids or error.choices))
