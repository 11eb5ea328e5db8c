"""Counts that a layer already carries made safe to show, with all that would tell them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Figures
from ..fields import (
    known_figures,
    numbers_of,
    protected_before,
    refuse_negative,
    text_of,
    with_told_bases,
)
from ..inputs import Results, Source, unprotected
from ..messages import Log, some, tr
from ..same_places import one_code_each
from .protection import blank_in_words, hidden_in_words, protect_figures, without_parts

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...methods.disclosure import Protected

RANKED = "sh_"  # percentiles and ranks: their order tells that of the figures they are made of
FLAG = "sh_flag"  # whether an area is in a tenth, which tells little
REASONS = "sh_reasons"  # a text with percentages in it
# a share or rate beside its benchmark; replies against residents, or missing; values by neighbours
COMPARED = ("bench_", "voice_", "cluster_", "quota_")
# words and marks that tell a range of the replies they are made of
TOLD_BY_REPLIES = ("voice_class", "voice_wide_class", FLAG, "sh_tier")
BENCH_CLASS = "bench_class"  # tells a range of whichever count was compared
REPLIES = ("resp_", "voice_")  # counts of replies begin so
COVERAGE = "_coverage_pct"  # of registrations, which tells nobody's figures
MISSED = 0.05  # of a total that the counts said to make it may miss
MANY = 40  # names in a line of the log


@dataclass(frozen=True)
class Asked:
    """What is to be protected.

    Attributes:
        own: the fields chosen; none for all counts that are known.
        total: the field that they add up to, empty for none.
        parent: the field of the larger place of each area, empty for none.
        rule: how small counts are hidden.
    """

    own: tuple[str, ...]
    total: str
    parent: str
    rule: str


@dataclass(frozen=True)
class Suppressed:
    """The figures to write, and what was hidden of them."""

    results: Results
    made: Protected
    titles: Mapping[str, str]


def suppressed(
    areas: Areas, asked: Asked, inherited: Mapping[str, Any], titles: Mapping[str, str], log: Log
) -> Suppressed:
    """Return a layer's counts protected, and the figures made of them made anew.

    Args:
        inherited: what the layer carries about its figures.
        titles: its aliases.

    Raises:
        InputError: where there is nothing to protect, a field is no count, was protected before,
            or the counts do not make the total.
    """
    import pandas as pd

    names = [field.name() for field in areas.source.fields()]
    known = known_figures(names, inherited)
    mine = _chosen(known, asked, names, inherited, log)
    counts = numbers_of(areas, mine.counts)
    _refuse_wrong(counts, asked, areas)
    bases, figures = with_told_bases(areas, counts, mine, log)
    frame = pd.concat([counts, bases], axis=1).reindex(columns=[*counts, *bases, *mine.made])
    safe = protect_figures(frame, figures, asked.rule, _parents(areas, asked, log))
    said = {name: titles.get(name) or mine.titles.get(name, name) for name in mine.counts}
    made = safe.of(mine.counts)
    for line in hidden_in_words(made, asked.rule):
        log(line)
    blank = without_parts(frame, figures)
    blank += _compared(areas, figures.counts, protected_before(inherited))
    if blank:
        log(blank_in_words(blank))
    ranked = _ranked(areas, figures.counts) if made.primary.to_numpy().any() else []
    if ranked:
        log(
            tr(
                "NULL everywhere, as the order of areas tells what is hidden: {fields}. Run "
                "findseldomheard on this output to rank areas by what is shown."
            ).format(fields=some(ranked, MANY))
        )
    blank += ranked
    shown = safe.frame.drop(columns=list(bases)).assign(
        **{name: pd.Series(float("nan"), index=frame.index) for name in blank if name not in frame}
    )
    if REASONS in names:
        shown[REASONS] = pd.Series(None, index=frame.index, dtype=object)
        log(tr("{field} is emptied, as it tells percentages in words.").format(field=REASONS))
    classes = _classes(areas, made, known, protected_before(inherited))
    shown = shown.assign(**classes)
    if len(classes.columns):
        log(
            tr(
                "Emptied where counts are hidden, as they tell a range of them: {fields}. To keep "
                "classes, hide the counts with SUPPRESSION of measurevoice or comparebenchmark."
            ).format(fields=some(list(classes)))
        )
    results = Results(shown, sources=_sources(inherited, [*shown], known.bands, asked.rule))
    return Suppressed(results, made, said)


def may_tell(areas: Areas, results: Results, inherited: Mapping[str, Any]) -> list[str]:
    """Return numbers of a layer that look like counts or shares and were not protected."""
    names = [field.name() for field in areas.source.fields() if field.isNumeric()]
    known, raw = known_figures(names, inherited), unprotected((), areas)
    before = protected_before(inherited)
    fine = {*results.frame, *known.scores, *known.bands, *before, areas.code_field}
    fine |= {name for name in names if name.endswith(COVERAGE)}
    endings = ("_n", "_pct", "_pct_lo", "_pct_hi", "_total", "_count")
    return [
        name
        for name in names
        if name not in fine
        and (name in known.titles or name.lower().endswith(endings) or raw(name))
    ]


def _chosen(
    known: Figures, asked: Asked, names: Sequence[str], inherited: Mapping[str, Any], log: Log
) -> Figures:
    """Return what is to be protected: counts, with the shares and structures made of them."""
    before = protected_before(inherited)
    own = tuple(dict.fromkeys([*asked.own, *filter(None, [asked.total])]))
    _refuse_own(own, known, names, asked)
    again = [name for name in own if name in before]
    if not own:
        again = [name for name in known.counts if name in before]
    if again:
        text = tr("Protected before by {rules}, as the layer says: {fields}.").format(
            rules=", ".join(sorted({before[name] for name in again})), fields=some(again, 8)
        )
        left = [name for name in own or known.counts if name not in before]
        if own or not left:
            raise InputError(
                f"{text} "
                + tr(
                    "What was hidden cannot be told from what was missing, so shares would be made "
                    "of other bases than before. Start from the layer as it was."
                )
            )
        log(f"{text} " + tr("They are left as they are."))
    counts = own or tuple(name for name in known.counts if name not in before)
    if not counts:
        raise InputError(
            tr("The layer holds no counts that are known here. Name fields of counts as FIELDS.")
        )
    more = _tied(counts, known, before) if own else ()
    if more:
        log(
            tr("Protected too, as they add up with these or are their base: {fields}.").format(
                fields=some(more, MANY)
            )
        )
    mine = {*counts, *more}
    sums = list(known.sums)
    if asked.total:
        sums.append((asked.total, tuple(name for name in asked.own if name != asked.total)))
    everything = not own
    return replace(
        known,
        counts=tuple(dict.fromkeys([*counts, *more])),
        sums=tuple(sums),
        shares=tuple(
            share
            for share in known.shares
            if share.field not in before and (everything or mine & {share.count, *share.base})
        ),
        structures=tuple(
            one
            for one in known.structures
            if one.field not in before and (everything or mine & set(one.groups))
        ),
    )


def _tied(counts: Collection[str], known: Figures, before: Collection[str]) -> tuple[str, ...]:
    """Return further known counts that would tell the chosen ones, by sums or by shares."""
    groups = [{whole, *parts} for whole, parts in known.sums]
    groups += [{share.count, *share.base} - {""} for share in known.shares]
    reached, size = set(counts), 0
    while size != len(reached):
        size = len(reached)
        reached |= {name for group in groups if group & reached for name in group}
    return tuple(n for n in known.counts if n in reached and n not in counts and n not in before)


def _refuse_own(own: Sequence[str], known: Figures, names: Sequence[str], asked: Asked) -> None:
    wrong = [name for name in own if name in known.no_counts]
    if wrong:
        raise InputError(
            tr(
                "{names}: shares, scores or ranks are no counts. Name the counts as FIELDS; the "
                "shares made of them follow."
            ).format(names=some(wrong))
        )
    lost = [name for name in (*own, asked.parent) if name and name not in names]
    if lost:
        raise InputError(
            tr("The areas have no field {name}: choose one of its fields.").format(name=some(lost))
        )
    if asked.total and not set(asked.own) - {asked.total}:
        raise InputError(tr("TOTAL_FIELD: name the counts that add up to it as FIELDS."))


def _refuse_wrong(counts: pd.DataFrame, asked: Asked, areas: Areas) -> None:
    """Raise for counts below 0, and for parts that do not make their total."""
    refuse_negative(counts, areas)
    if asked.total:
        parts = [name for name in asked.own if name != asked.total]
        missed = (counts[asked.total] - counts[parts].sum(axis=1, skipna=False)).abs()
        if missed.sum() > MISSED * counts.loc[missed.notna(), asked.total].sum():
            raise InputError(
                tr(
                    "The FIELDS miss {total} by {missed:g} in all, more than 5 %. Name all counts "
                    "that add up to it, and none twice."
                ).format(total=asked.total, missed=missed.sum())
            )


def _parents(areas: Areas, asked: Asked, log: Log) -> pd.Series | None:
    if not asked.parent:
        return None
    return one_code_each(text_of(areas, asked.parent), areas.source.sourceName(), log)


def _compared(areas: Areas, counts: Collection[str], before: Collection[str]) -> list[str]:
    """Return figures of comparisons, of voice and of clusters, which tell what they are made of."""
    numeric = [field.name() for field in areas.source.fields() if field.isNumeric()]
    fine = {*counts, *before}
    return [name for name in numeric if name.startswith(COMPARED) and name not in fine]


def _classes(
    areas: Areas, made: Protected, known: Figures, before: Collection[str]
) -> pd.DataFrame:
    """Return classes, tiers and flags, missing in areas where what they are made of is hidden.

    A class is "lower" up to some number, which a reader can work out. Counts that no taxonomy
    knows may be of replies; a comparison may be of any count.
    """
    import pandas as pd

    from ...layers.areas import read_columns

    names = [field.name() for field in areas.source.fields()]
    mine = [n for n in made.shown if n.startswith(REPLIES) or n not in known.titles]
    hidden = made.primary | made.secondary
    of = {name: mine for name in TOLD_BY_REPLIES if name in names}
    of |= {name: list(hidden) for name in names if name.startswith(BENCH_CLASS)}
    where = {
        name: hidden[counts].any(axis=1).to_numpy()
        for name, counts in of.items()
        if name not in before and name not in mine
    }
    where = {name: rows for name, rows in where.items() if rows.any()}
    words = read_columns(areas.source, list(where), areas.cancelled)
    words = words.reindex(areas.ids).reset_index(drop=True)
    left = {name: words[name].where(~rows, None) for name, rows in where.items()}
    if FLAG in left:
        left[FLAG] = left[FLAG].astype("Int64")  # a number, as it was
    return pd.DataFrame(left, index=words.index)


def _ranked(areas: Areas, counts: Collection[str]) -> list[str]:
    """Return percentiles and ranks, by whose order hidden counts between shown ones are known."""
    numeric = [field.name() for field in areas.source.fields() if field.isNumeric()]
    fine = {FLAG, *counts}
    return [name for name in numeric if name.startswith(RANKED) and name not in fine]


def _sources(
    inherited: Mapping[str, Any], made: Sequence[str], bands: Collection[str], rule: str
) -> list[Source]:
    """Return where all figures come from, those that were protected with their rule."""
    sources, left = [], [name for name in made if not name.startswith(RANKED)]
    for one in inherited.get("sources", []):
        whole = Source.kept(one)
        mine = tuple(name for name in one["fields"] if name in made)
        rest = tuple(name for name in one["fields"] if name not in made)
        left = [name for name in left if name not in mine]
        if mine:
            now = None if whole.suppression is None else rule
            sources.append(replace(whole, fields=mine, suppression=now))
            if rest:
                counts = [name for name in rest if name not in bands]
                was = whole.suppression if counts else None
                sources.append(replace(whole, fields=rest, suppression=was))
    for taxonomy in catalogue():
        mine = tuple(name for name in left if name in taxonomy.fields())
        if mine:
            sources.append(Source(taxonomy.publisher, taxonomy.attribution, mine, rule))
            left = [name for name in left if name not in mine]
    if left:
        sources.append(Source(tr("Counts of this layer"), "", tuple(left), rule))
    return sources
