"""Counts and what they are a part of, read from fields of a layer and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.areas import Areas
from ...layers.errors import InputError
from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Figures, figures_among
from ...taxonomies.model import Taxonomy
from ..fields import area_named, known_figures, numbers_of, refuse_negative
from ..messages import Log, some, tr
from .benchmarks import Measure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Known:
    """What is known about the fields of a layer.

    Attributes:
        figures: those that taxonomies made.
        taxonomies: all there are, the first of which a field may be of is the likeliest.
        titles: aliases that the layer carries, which say more than a taxonomy can.
        provenance: what the layer carries about its figures.
    """

    figures: Figures
    taxonomies: tuple[Taxonomy, ...]
    titles: Mapping[str, str]
    provenance: Mapping[str, Any]

    def title(self, field: str) -> str:
        """Return a field's title in words, its name where it has none."""
        return self.titles.get(field) or tr(self.figures.titles.get(field, field))

    def sources_of(self, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the sources of some fields."""
        sources = self.provenance.get("sources", [])
        return [one for one in sources if set(fields) & set(one.get("fields", ()))]

    def maker(self, count: str) -> Taxonomy | None:
        """Return the taxonomy that makes a count, None where none does."""
        mine = (one for one in self.taxonomies if count in figures_among([count], [one]).counts)
        return next(mine, None)


def known_fields(
    names: Sequence[str], titles: Mapping[str, str], provenance: Mapping[str, Any]
) -> Known:
    """Return what is known about the fields of a layer, by what it carries about its figures."""
    said = {source.get("title") for source in provenance.get("sources", [])}
    likeliest_first = sorted(catalogue(), key=lambda one: one.name not in said)
    return Known(known_figures(names, provenance), tuple(likeliest_first), titles, provenance)


@dataclass(frozen=True)
class Fields:
    """The fields that are compared: a count and what adds up to its base."""

    count: str
    base: tuple[str, ...]
    measure: Measure

    @property
    def counts(self) -> tuple[str, ...]:
        """Return those that count people; numbers expected do not."""
        return (self.count,) if self.measure.name == "ratio" else (self.count, *self.base)

    def read(self, areas: Areas) -> pd.DataFrame:
        """Return count and base of some areas, checked."""
        frame = read_counts(areas, (self.count, *self.base))
        if self.measure.name == "proportion":
            refuse_above_base(frame, self.count, self.base, areas)
        return frame

    def pair(self, frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Return count and base; a count without its base is none, and the other way round."""
        count, base = frame[self.count].astype(float), summed(frame, self.base)
        both = count.notna() & base.gt(0)
        return count.where(both), base.where(both)


@dataclass(frozen=True)
class Compared:
    """A layer whose figures are compared.

    Attributes:
        areas: as read.
        known: what is known about their fields.
        fields: those that are compared.
        true: their figures, before any are hidden.
    """

    areas: Areas
    known: Known
    fields: Fields
    true: pd.DataFrame

    @property
    def title(self) -> str:
        """Return what was counted, in words."""
        return self.known.title(self.fields.count)

    @property
    def base_title(self) -> str:
        """Return among whom, in words."""
        return base_title(self.fields.base, self.known)

    @property
    def sources(self) -> list[Mapping[str, Any]]:
        """Return where the figures come from."""
        return self.known.sources_of([self.fields.count, *self.fields.base])


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
    """Return what is counted in the base: households where all its fields count them, else people.

    By the taxonomy that makes a field: its title may be a translation, or the user's own.
    """
    ours = all(_counts_households(field, known) for field in fields)
    return tr("households") if ours else tr("people")


def _counts_households(field: str, known: Known) -> bool:
    maker = known.maker(field)
    if maker:
        return "household" in maker.base
    parts = field.lower().split("_")
    return "hh" in parts or any(part.startswith("household") for part in parts)


def read_counts(areas: Areas, fields: Sequence[str]) -> pd.DataFrame:
    """Return some fields of the areas as numbers, one row per area, missing where NULL.

    Args:
        areas: of the layer, or of one compared with.
        fields: names; those of the same name are read once.

    Raises:
        InputError: naming field and area of a text that is no number, or of a number below 0.
    """
    frame = numbers_of(areas, list(dict.fromkeys(fields)))
    refuse_negative(frame, areas)
    return frame


def refuse_above_base(frame: pd.DataFrame, count: str, base: Sequence[str], areas: Areas) -> None:
    """Raise where more are counted than there are.

    Raises:
        InputError: naming both fields and the areas.
    """
    counted, everyone = frame[count], summed(frame, base)
    rows = frame.index[counted > everyone]
    if not len(rows):
        return
    raise InputError(
        tr(
            "{count} is above {base} in {n} areas: {codes}; {x:,.10g} of {all:,.10g} in the first. "
            "A share cannot be more than all: choose another base, or mend these areas."
        ).format(
            count=count,
            base=" + ".join(base),
            n=len(rows),
            codes=some([area_named(areas, row) for row in rows]),
            x=counted[rows[0]],
            all=everyone[rows[0]],
        )
    )


def summed(frame: pd.DataFrame, fields: Sequence[str]) -> pd.Series:
    """Return the sum of some columns, missing where one of them is."""
    return frame[list(fields)].astype(float).sum(axis=1, skipna=False)
