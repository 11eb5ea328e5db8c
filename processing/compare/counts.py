"""Counts and what they are a part of, read from fields of a layer and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.areas import read_columns
from ...layers.errors import InputError
from ...layers.values import Cells, numbers
from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Figures, figures_among
from ...taxonomies.model import Taxonomy
from ..messages import Log, quoted, some, tr

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Known:
    """What is known about the fields of a layer.

    Attributes:
        figures: those that one of the taxonomies made.
        titles: aliases that the layer carries, which say more than a taxonomy can.
        sources: where its figures come from, as kept with it.
    """

    figures: Figures
    taxonomies: tuple[Taxonomy, ...]
    titles: Mapping[str, str]
    sources: Sequence[Mapping[str, Any]]

    def title(self, field: str) -> str:
        """Return a field's title in words, its name where it has none."""
        return self.titles.get(field) or tr(self.figures.titles.get(field, field))

    def sources_of(self, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the sources of some fields."""
        return [one for one in self.sources if set(fields) & set(one.get("fields", ()))]


def known_fields(
    names: Sequence[str], titles: Mapping[str, str], provenance: Mapping[str, Any]
) -> Known:
    """Return what is known about the fields of a layer, by the sources it carries if it does."""
    sources = provenance.get("sources", [])
    said = {source.get("title") for source in sources}
    likely = tuple(t for t in catalogue() if t.name in said) or tuple(catalogue())
    figures = figures_among(names, likely)
    return Known(figures, likely, titles, sources)


def find_base(count: str, base: str, known: Known, log: Log) -> tuple[str, ...]:
    """Return the fields that add up to what a count is a part of.

    Args:
        count: field of the counts.
        base: field that the user chose, empty to find it.

    Raises:
        InputError: where the count is a percentage, or its base has to be asked for.
    """
    by_share = {share.field: share for share in known.figures.shares}
    if count in by_share or count.endswith(("_pct", "_pct_lo", "_pct_hi")):
        of = by_share[count].count if count in by_share else ""
        text = tr("{field} is a percentage, not a count of people.").format(field=count)
        if of:
            text += " " + tr("Choose {count}.").format(count=of)
        raise InputError(text)
    bases = {share.base for share in known.figures.shares if share.count == count and share.base}
    if base:
        if bases and (base,) not in bases:
            others = [base_title(one, known) for one in sorted(bases)]
            log(
                tr(
                    "{field} is not known as a part of {base} ({title}), but of: {others}. Check "
                    "that both count the same, people or households."
                ).format(field=count, base=base, title=known.title(base), others=some(others))
            )
        return (base,)
    own = by_share.get(f"{count[: -len('_n')]}_pct")  # it may be told of other people too
    if own and own.base:
        bases = {own.base}
    if len(bases) != 1:
        raise InputError(
            tr(
                "{field}: what it is a part of is not known from the layer. Choose BASE_FIELD, the "
                "field with all the people or households among whom these were counted."
            ).format(field=count)
        )
    found = bases.pop()
    log(
        tr("{field} is a part of {base}: {title}.").format(
            field=count, base=" + ".join(found), title=base_title(found, known)
        )
    )
    return found


def base_title(fields: Sequence[str], known: Known) -> str:
    """Return what people are counted in the base, in words."""
    return " + ".join(known.title(field) for field in fields)


def unit_of(fields: Sequence[str], known: Known) -> str:
    """Return what is counted in the base: households where all its titles begin so, else people."""
    titles = [known.title(field).lower() for field in fields]
    ours = all(title.startswith(("households", "all households")) for title in titles)
    return tr("households") if ours else tr("people")


def read_counts(
    source, ids: Sequence[int], codes: pd.Series, fields: Sequence[str], log: Log
) -> pd.DataFrame:
    """Return some fields of a source as numbers, one row per area, missing where NULL.

    Args:
        source: of the features.
        ids: of the features, in the order wanted.
        codes: how the areas are called in messages, in that order.
        fields: names; those of the same name are read once.

    Raises:
        InputError: naming field and area of a text that is no number, or of a number below 0.
    """
    import pandas as pd

    names = list(dict.fromkeys(fields))
    have = {field.name() for field in source.fields()}
    lost = [name for name in names if name not in have]
    if lost:
        raise InputError(
            tr("{layer} has no field {fields}.").format(
                layer=source.sourceName(), fields=some(lost)
            )
        )
    raw = read_columns(source, names).reindex(ids).reset_index(drop=True)
    cells, rows = Cells(), pd.Series(range(len(raw)))
    read = pd.DataFrame({name: numbers(raw[name], rows, name, cells) for name in names})
    if cells.wrong:
        row, name, text = cells.wrong[0]
        raise InputError(
            tr("{field} of the area {code}: {text} is no number ({n} such cells).").format(
                field=name, code=some([codes.iloc[row]]), text=quoted(text), n=len(cells.wrong)
            )
        )
    if cells.infinite:
        log(tr("{n} infinite figures are taken as missing.").format(n=cells.infinite))
    for name in names:
        below = read[name] < 0
        if below.any():
            raise InputError(
                tr("{field} is below 0 in {n} areas: {codes}. A count is 0 or more.").format(
                    field=name, n=int(below.sum()), codes=some(list(codes[below]))
                )
            )
    return read


def refuse_above_base(
    count: pd.Series, base: pd.Series, names: tuple[str, str], codes: pd.Series
) -> None:
    """Raise where more are counted than there are.

    Raises:
        InputError: naming both fields and the areas.
    """
    above = count > base
    if not above.any():
        return
    row = int(above.to_numpy().argmax())
    raise InputError(
        tr(
            "{count} is above {base} in {n} areas: {codes}; {x:,.10g} of {all:,.10g} in the first. "
            "A share cannot be more than all: choose another base, or mend these areas."
        ).format(
            count=names[0],
            base=names[1],
            n=int(above.sum()),
            codes=some(list(codes[above])),
            x=count.iloc[row],
            all=base.iloc[row],
        )
    )


def summed(frame: pd.DataFrame, fields: Sequence[str]) -> pd.Series:
    """Return the sum of some columns, missing where one of them is."""
    return frame[list(fields)].astype(float).sum(axis=1, skipna=False)
