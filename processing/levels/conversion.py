"""Counts moved between the areas of 2011 and of 2021, on a layer or from published tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.figures import Figures, Sum
from ...taxonomies.headings import plain
from ..hiding.protection import protected_frame, whole_if_whole
from ..inputs import Results, Source, find_tables, refuse_doubles, unprotected
from ..messages import Log, some, tr
from ..reading import Found, read_by_area, refuse_wrong
from ..same_places import recoded
from .aggregation import Carried, hidden_before, made_anew, sources_of, sums_of, titles_of
from .lookups import Links

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...layers.matching import Keyed
    from ...layers.tables import Table
    from ...methods.conversion import Moved

EQUAL = "equal"  # the word for equal parts on purpose
CHANGE, ESTIMATED = "conv_change", "conv_estimated"
KNOWN_WEIGHTS = {"totpersons": "population weights", "households": "household weights"}
NEAR = 1e-6  # of a modelled count, which is not rounded


@dataclass(frozen=True)
class Moving:
    """How counts are moved.

    Attributes:
        links: with weights for every area that is split.
        direction: ``2011to2021`` or ``2021to2011``.
        how: what the weights are, in words.
        rule: how small counts are hidden when all is done.
        min_match: percent of areas that must be found.
    """

    links: Links
    direction: str
    how: str
    rule: str
    min_match: float

    @property
    def years(self) -> tuple[str, str]:
        """Return the year moved from and the year moved to."""
        first, _, second = self.direction.partition("to")
        return first, second


def weighed(links: Links, asked: str, people: pd.Series | None) -> tuple[Links, str]:
    """Return a lookup with the weights asked for, and what they are in words.

    Args:
        links: with the weights of its own, if any.
        asked: WEIGHT_FIELD.
        people: of each target area, from a field of their layer of the name asked for.

    Raises:
        InputError: for a field that nothing has.
    """
    if plain(asked) == EQUAL:
        return replace(links, frame=links.frame.assign(weight=1.0)), tr("in equal parts")
    if links.weight_field:
        name = KNOWN_WEIGHTS.get(plain(links.weight_field))
        return links, tr("by {weights}").format(weights=tr(name) if name else links.weight_field)
    if not asked:
        return links, ""
    if people is None:
        raise InputError(
            tr(
                "WEIGHT_FIELD: {name} is neither a heading of {lookup} nor a field of the areas "
                "moved to. Name one, or write equal for equal parts."
            ).format(name=asked, lookup=links.name)
        )
    frame = links.frame
    alone = frame.groupby("target")["source"].transform("size") == 1
    weight = frame["target"].map(people).where(alone)  # of a piece of an area it does not tell
    return replace(links, frame=frame.assign(weight=weight)), tr("by {weights}").format(
        weights=asked
    )


def check_direction(codes: pd.Series, moving: Moving, moved_to: bool, what: str) -> None:
    """Raise where codes are those of the other year.

    Args:
        codes: of areas.
        moved_to: whether they should be those moved to, rather than from.
        what: has these codes, for the message.
    """
    frame = moving.links.frame
    right, wrong = ("target", "source") if moved_to else ("source", "target")
    here, there = (int(codes.isin(frame[side]).sum()) for side in (right, wrong))
    if there <= here:
        return
    only = codes[codes.isin(frame[wrong]) & ~codes.isin(frame[right])]
    first, second = moving.years
    should, other = (second, first) if moved_to else (first, second)
    raise InputError(
        tr(
            "DIRECTION {direction}: {what} should have areas of {should}, and has areas of {other} "
            "({n} codes that only {other} has: {codes}). Counts are moved from INPUT, or with "
            "TABLES from these to INPUT. Or choose the other direction, {back}."
        ).format(
            direction=moving.direction,
            what=what,
            should=should,
            other=other,
            n=len(only),
            codes=some(sorted(only)),
            back=f"{second}to{first}",
        )
    )


def moved_layer(areas: Areas, kept: Carried, moving: Moving, log: Log) -> tuple[Results, pd.Series]:
    """Return the figures of a layer on the areas of the other year, and the codes of these."""
    import pandas as pd

    counts = kept.counts.set_axis(pd.Index(areas.codes, dtype=object))
    counts = counts[counts.index.notna()]
    check_direction(counts.index.to_series(), moving, False, "INPUT")
    _check_found(counts.index, moving, tr("the lookup {name}").format(name=moving.links.name), log)
    moved = _moved(counts, kept.figures.sums, moving, log)
    _say_totals(counts, moved, kept.figures, moving, log)
    hidden = hidden_before(kept, list(counts))
    if hidden:
        log(
            tr(
                "Small counts of these areas were hidden and the others rounded ({rule}), so what "
                "was moved is missing or off, and parts may be small. Convert first, then hide "
                "small counts."
            ).format(rule=hidden)
        )
    frame = made_anew(moved.counts, kept, moving.rule, log)
    links = moving.links
    start = {links.target_field: pd.Series(frame.index, index=frame.index)}
    if links.name_field:
        start[links.name_field] = links.names.reindex(frame.index)
    start |= _changes(pd.Series(frame.index, index=frame.index), moving)
    _refuse_clash(start, frame)
    whole = pd.concat([pd.DataFrame(start, index=frame.index), frame], axis=1)
    note = _note(moved, moving)
    titles = {**titles_of(kept), **_titles(moving)}
    results = Results(
        whole.reset_index(drop=True), titles, sources_of(kept, list(frame), moving.rule, note)
    )
    return results, pd.Series(frame.index, dtype=object)


def moved_tables(areas: Areas, tables: Sequence[Table], moving: Moving, log: Log) -> Results:
    """Return published counts of the other year on the areas loaded, under their own headings."""
    import pandas as pd

    check_direction(areas.codes.dropna(), moving, True, "INPUT")
    found = find_tables(tables, log)
    for one in found:
        _refuse_other(one)
    kinds: dict[str, list[Found]] = {}
    for one in found:
        kinds.setdefault(one.taxonomy.id, []).append(one)
    columns: dict[str, pd.Series] = {}
    results = Results(pd.DataFrame())
    for together in kinds.values():
        taxonomy, name = together[0].taxonomy, ", ".join(one.table.name for one in together)
        counts, headings = _counts(together, name, moving.links.frame, log)
        check_direction(counts.index.to_series(), moving, False, name)
        figures = _figures(together[0], headings)
        counts = _around(areas.codes.dropna(), counts, moving, name, log)
        moved = _moved(counts, figures.sums, moving, log)
        _say_totals(counts, moved, figures, moving, log)
        _say_outside(areas, moved, log)
        frame = moved.counts.reindex(areas.codes).reset_index(drop=True)
        _refuse_clash(columns, frame)
        frame = protected_frame(frame, figures, moving.rule, log)
        columns.update({field: whole_if_whole(frame[field]) for field in frame})
        note = _note(moved, moving)
        results.sources.append(Source.of(taxonomy, frame.columns, moving.rule, note))
    ends = {n: values.reset_index(drop=True) for n, values in _changes(areas.codes, moving).items()}
    results.frame = pd.DataFrame({**ends, **columns}, index=range(len(areas.ids)))
    results.aliases = _titles(moving)
    if moving.rule != "none":
        results.replaced = unprotected(found, areas)
    return results


def _moved(counts: pd.DataFrame, sums: Sequence[Sum], moving: Moving, log: Log) -> Moved:
    """Return the counts moved; raise where an area is split and there is nothing to split it by."""
    from ...methods.conversion import move_counts, parts_of

    frame = moving.links.frame
    parts = parts_of(frame)
    used = frame["source"].isin(counts.index)
    blind = sorted(frame.loc[used & parts.isna(), "source"].unique())
    if blind:
        raise InputError(
            tr(
                "{lookup}: {n} areas were split, and there is nothing to share their counts by: "
                "{codes}. Take the lookup with weights (a column TotPersons or Households: people "
                "or households in each piece), or name as WEIGHT_FIELD another of its columns, or "
                "a field of people of the areas moved to, which does for areas that were split "
                "and nothing else. The word equal as WEIGHT_FIELD shares them in equal parts, on "
                "purpose."
            ).format(lookup=moving.links.name, n=len(blind), codes=some(blind))
        )
    moved = move_counts(counts, frame, sums)
    if moved.incomplete:
        log(
            tr("Areas that also take in areas without counts, missing there: {codes}.").format(
                codes=some(moved.incomplete)
            )
        )
    return moved


def _around(
    codes: pd.Series, counts: pd.DataFrame, moving: Moving, name: str, log: Log
) -> pd.DataFrame:
    """Return the counts that reach some areas, and all that reach where else these go."""
    frame = moving.links.frame
    _check_found(codes, moving, name, log, frame.loc[frame["source"].isin(counts.index), "target"])
    targets = codes[codes.isin(frame["target"])]
    sources = frame.loc[frame["target"].isin(targets), "source"].unique()
    while True:  # an area and the neighbours that it changed with are a handful
        targets = frame.loc[frame["source"].isin(sources), "target"]
        more = frame.loc[frame["target"].isin(targets), "source"].unique()
        if len(more) == len(sources):
            return counts[counts.index.isin(sources)]
        sources = more


def _say_outside(areas: Areas, moved: Moved, log: Log) -> None:
    outside = list(moved.counts.index[~moved.counts.index.isin(areas.codes)])
    if outside:
        log(
            tr("Some of these counts go to areas that are not among those loaded: {codes}.").format(
                codes=some(outside)
            )
        )


def _check_found(codes, moving: Moving, name: str, log: Log, known=None) -> None:
    """Log the areas that are not found; raise where there are more than MIN_MATCH allows."""
    have = set(moving.links.frame["source"] if known is None else known)
    lost = sorted(code for code in codes if code not in have)
    share = 100 * (1 - len(lost) / max(len(codes), 1))
    log(
        tr("{n:,} of {all:,} areas are found in {name} ({share:.1f} %).").format(
            n=len(codes) - len(lost), all=len(codes), name=name, share=share
        )
    )
    if not lost:
        return
    if share >= moving.min_match:
        log(tr("Areas that are not, left out: {codes}.").format(codes=some(lost, len(lost))))
        return
    log(tr("All areas that are not: {codes}").format(codes=some(lost, len(lost))))
    raise InputError(
        tr(
            "Only {n:,} of {all:,} areas are found in {name}, less than {least:g} %. First that "
            "are not: {codes}. Take one that covers these areas. Or lower MIN_MATCH, on purpose: "
            "what is not found is then left out."
        ).format(
            n=len(codes) - len(lost),
            all=len(codes),
            name=name,
            least=moving.min_match,
            codes=some(lost),
        )
    )


def _refuse_other(one: Found) -> None:
    """Raise for a table that holds no counts of people or households."""
    name, title = one.table.name, one.taxonomy.name
    if one.taxonomy.kind == "composition" and one.what.unit == "count":
        return
    if one.taxonomy.kind == "composition":
        text = tr(
            "{table} ({title}) gives shares. A share of an area is not the share of its parts: use "
            "the table with counts."
        )
    elif one.taxonomy.kind == "ranked":
        text = tr(
            "{table} ({title}) gives ranks and scores of areas, which are never moved or averaged. "
            "Use the edition made for these areas."
        )
    elif one.taxonomy.kind == "register":
        text = tr(
            "{table} ({title}) is about practices: apportionprevalence moves their patients "
            "itself, with the lookup as its LOOKUP."
        )
    else:
        text = tr("{table} ({title}) is a lookup: give it as LOOKUP.")
    raise InputError(text.format(table=name, title=title))


def _counts(
    together: Sequence[Found], name: str, frame: pd.DataFrame, log: Log
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return the counts of tables of one kind by area code, and the headings of each category."""
    import pandas as pd

    codes = pd.Index(frame["source"].unique())
    parts = []
    headings: dict[str, list[str]] = {}
    for one in together:
        table, named = _long(one, codes) if one.what.long else _wide(one, codes)
        refuse_wrong(one, table.cells)
        refuse_doubles(one, table, codes)
        if headings and set(table.frame) != set(parts[0]):
            raise InputError(
                tr(
                    "{tables} are one kind of table and have different columns. Move one at a time."
                ).format(tables=name)
            )
        headings = headings or named
        parts.append(table.frame)
    whole = pd.concat(parts)
    whole = whole.rename(index=recoded(codes, whole.index, name, log))
    whole = whole[whole.index.isin(pd.unique(frame[["source", "target"]].to_numpy().ravel()))]
    twice = sorted(whole.index[whole.index.duplicated()].unique())
    if twice:
        raise InputError(
            tr("The same codes stand in more than one of {tables}: {codes}.").format(
                tables=name, codes=some(twice)
            )
        )
    low = whole.index[(whole < 0).any(axis=1)]
    if len(low):
        raise InputError(
            tr("{table}: counts are negative in {codes}. Mend the table.").format(
                table=name, codes=some(list(low))
            )
        )
    return whole, headings


def _wide(one: Found, codes: pd.Index) -> tuple[Keyed, dict[str, list[str]]]:
    """Return a table column by column, each under the publisher's heading."""
    from ...layers.matching import choose_key, keyed
    from ...taxonomies import areas as area_names

    what = one.what
    named = {
        at: _heading(one, name, what.headings[at], len(places))
        for name, places in what.columns.items()
        for at in places
    }
    frame = one.table.read(what.heading_row, list(what.keys), list(named))
    keys = choose_key(frame, what.keys, codes, area_names.code_in)
    headings = {n: [named[at] for at in places] for n, places in what.columns.items()}
    return keyed(frame, keys, named, what.headings), headings


def _long(one: Found, codes: pd.Index) -> tuple[Keyed, dict[str, list[str]]]:
    """Return a table with a row for each category as one with a column for each."""
    table = read_by_area(one, codes)
    label = {name: one.taxonomy.column(name).label for name in table.frame}
    named = {name: _heading(one, name, label[name], 1) for name in table.frame}
    return replace(table, frame=table.frame.rename(columns=named)), {
        name: [heading] for name, heading in named.items()
    }


def _heading(one: Found, name: str, heading: str, several: int) -> str:
    """Return the heading of a column, with what the publisher writes before all of the table.

    Beside the columns of other tables it is then still known for what it is.
    """
    prefix = one.taxonomy.raw.get("heading_prefix", "")
    if not prefix or several > 1:
        return heading
    return f"{prefix}: {one.taxonomy.column(name).label}"


def _figures(one: Found, headings: Mapping[str, Sequence[str]]) -> Figures:
    fields = tuple(field for several in headings.values() for field in several)
    sums = tuple(sums_of(one.what, headings))
    return Figures(fields, (), (), sums, (), (), {field: field for field in fields})


def _say_totals(
    counts: pd.DataFrame, moved: Moved, figures: Figures, moving: Moving, log: Log
) -> None:
    """Log what was moved, held against what there was, and how much of it is an estimate."""
    known = counts[counts.index.isin(moving.links.frame["source"])]
    before = known.sum()
    after = moved.counts.sum() + moved.lost
    off = (after - before).abs()
    parts = {part for _, several in figures.sums for part in several}
    whole = (known.fillna(0) % 1 == 0).all()
    for name in (n for n in known if n not in parts and whole[n]):
        log(
            tr(
                "{name}: {before} before, {after} after, difference {off:,.0f}; "
                "{exact} moved exactly, {shared} shared out {how}."
            ).format(
                name=_called(name, figures),
                before=_said(before[name], moving.rule),
                after=_said(after[name], moving.rule),
                off=off[name],
                exact=_said(after[name] - moved.shared[name], moving.rule),
                shared=_said(moved.shared[name], moving.rule),
                how=moving.how or tr("by nothing"),
            )
        )
    modelled = [name for name in known if not whole[name]]
    if modelled:
        log(
            tr("{n} counts that are not whole: moved without rounding, difference {off:g}.").format(
                n=len(modelled), off=off[modelled].max().round(6)
            )
        )
    wrong = [n for n in known if off[n] > (0 if whole[n] else NEAR * max(before[n], 1))]
    if wrong:
        raise InputError(
            tr("Totals were not kept for {names}; please report this.").format(names=some(wrong))
        )
    gone = [n for n in known if moved.lost[n] > 0]
    if gone:
        log(
            tr(
                "Of these totals, parts are in areas with a missing figure, as not all that they "
                "are made of is known: {fields}."
            ).format(fields=some([f"{n} {_said(moved.lost[n], moving.rule)}" for n in gone]))
        )
    log(
        tr("{n:,} of {all:,} areas hold an estimate, as parts of split areas go to them.").format(
            n=int(moved.estimated.sum()), all=len(moved.estimated)
        )
    )


def _said(number: float, rule: str) -> str:
    """Return a sum for the log, which must not tell more than the output when counts are hidden."""
    from ...methods.disclosure import RULES

    if rule == "none":
        return f"{number:,.0f}"
    smallest, base = RULES[rule]
    if 0 < number < smallest:
        return tr("1 to {most}").format(most=smallest - 1)
    return f"{base * math.floor(number / base + 0.5):,.0f}"


def _called(name: str, figures: Figures) -> str:
    title = figures.titles.get(name, name)
    return name if title == name else f"{name} ({tr(title)})"


def _changes(codes: pd.Series, moving: Moving) -> dict[str, pd.Series]:
    """Return how each area changed, and whether parts of split areas go to it."""
    frame = moving.links.frame
    letters = frame.groupby("target")["change"].agg(["min", "nunique"])
    change = letters["min"].where(letters["nunique"] == 1, "X")
    split = frame.groupby("source")["target"].transform("size") > 1
    estimated = split.groupby(frame["target"]).any().astype("Int64")
    return {CHANGE: codes.map(change), ESTIMATED: codes.map(estimated).astype("Int64")}


def _titles(moving: Moving) -> dict[str, str]:
    first, second = moving.years
    return {
        CHANGE: tr(
            "Change of the area from 2011 to 2021 (U unchanged, S split, M merged, X otherwise)"
        ),
        ESTIMATED: tr("Counts of {first} shared by weight on the way to {second} (1 = yes)").format(
            first=first, second=second
        ),
    }


def _note(moved: Moved, moving: Moving) -> str:
    first, second = moving.years
    number = int(moved.estimated.sum())
    if not number:
        return tr("Moved from {first} to {second} areas; no area was split.").format(
            first=first, second=second
        )
    return tr("Moved from {first} to {second} areas {how}; an estimate in {n:,} areas.").format(
        first=first, second=second, how=moving.how, n=number
    )


def _refuse_clash(start: Mapping[str, object], frame: pd.DataFrame) -> None:
    lower = {name.lower() for name in start}
    both = [name for name in frame if name.lower() in lower]
    if both:
        raise InputError(
            tr(
                "{names}: two columns of the output would have this name. Rename the field, or "
                "move one table at a time."
            ).format(names=some(both))
        )
