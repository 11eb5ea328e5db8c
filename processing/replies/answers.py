"""What people answered about themselves, as the categories of a taxonomy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.areas import may_be_personal
from ...taxonomies.catalogue import catalogue
from ...taxonomies.coding import LEFT_OUT, NOT_KNOWN, category_of, is_variable, names_of
from ...taxonomies.crossover import crosswalk, targets
from ...taxonomies.errors import NoCrosswalk
from ...taxonomies.headings import plain
from ...taxonomies.model import Taxonomy
from ..messages import Log, some, tr
from ..own import named_taxonomy

if TYPE_CHECKING:
    import pandas as pd

UNSAID = NOT_KNOWN | {
    *("prefer not", "i prefer not to say", "rather not say", "i would rather not say"),
    *("dont know", "don t know", "do not know", "not disclosed", "undisclosed", "not specified"),
    *("unspecified", "not provided", "no response", "not applicable", "n a", "na", "nan"),
    *("missing", "blank", "skipped", "withheld"),
}
OFTEN = 10  # replies that share a value, from which it is no one's own words
MOST_SHOWN = 60  # characters of a value in a message


@dataclass(frozen=True)
class Answers:
    """A column of replies, each with the category that was answered.

    Attributes:
        taxonomy: whose categories they are.
        groups: id of the category of each reply, or of its main group; missing where it is not
            known. Index = that of the values.
        notes: what to say beside figures made of them.
        told: the categories at this level that the replies could tell, whether or not anybody
            did; another list of categories may be too coarse for some.
        elsewhere: how many replies tell a category that has no counterpart at this level.
    """

    taxonomy: Taxonomy
    groups: pd.Series
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    elsewhere: int = 0


@dataclass(frozen=True)
class _Fit:
    """How far the values of a column are categories of one taxonomy.

    Attributes:
        known: value to the id of its category.
        wrong: values that are neither a category nor say that somebody did not say.
    """

    taxonomy: Taxonomy
    known: Mapping[str, str]
    wrong: tuple[str, ...]

    @property
    def categories(self) -> int:
        """Return how many different categories were answered."""
        return len({*self.known.values()})

    def rows(self, counts: pd.Series) -> int:
        """Return how many replies have a value that is known."""
        return int(counts.reindex([*self.known]).sum())


def answers_in(values: pd.Series, heading: str, taxonomy: str, level: str, log: Log) -> Answers:
    """Return the categories that a column of replies is about.

    Args:
        values: cells of the column, a row for each reply.
        heading: of the column.
        taxonomy: id or file of the taxonomy to tell them in; empty for the one whose categories
            they are.
        level: ``category`` for the finest categories, ``group`` for the main groups.
        log: takes what was recognised, and how many did not say.

    Raises:
        InputError: where values are no categories, several taxonomies have them all, or there is
            no way from theirs to the one asked for.
        TaxonomyError: where the file of a taxonomy cannot be used.
    """
    from ...layers.values import texts

    cells = texts(values)
    counts = cells.value_counts()
    wanted = _wanted(taxonomy)
    fit = _recognised(counts, heading, wanted)
    target = wanted or fit.taxonomy
    told, notes = _told(fit, target, heading, log)
    at_level, coarse = _at_level(told, target, level)
    if told and not at_level:
        raise InputError(
            tr(
                "{heading}: the replies tell main groups of {title} alone ({groups}), not "
                "categories. Use LEVEL = group."
            ).format(heading=heading, title=target.name, groups=some(coarse))
        )
    if coarse:
        note = tr(
            "Replies that tell only a main group ({groups}) count as not known among categories."
        ).format(groups=some(coarse))
        notes.append(note)
        log(f"{heading}: {note}")
    meant = {value: at_level[name] for value, name in fit.known.items() if name in at_level}
    groups = cells.map(meant).astype(object)
    same = fit.taxonomy is target
    apart = [] if same else [value for value in fit.known if value not in meant]
    log(
        tr(
            "{heading}: {n:,} of {all:,} replies tell a category of {title}; {rest:,} do not."
        ).format(
            heading=heading,
            n=int(groups.notna().sum()),
            all=len(groups),
            title=target.name,
            rest=int(groups.isna().sum()),
        )
    )
    return Answers(
        taxonomy=target,
        groups=groups,
        notes=tuple(notes),
        told=tuple(_tellable(fit, target, level)),
        elsewhere=int(counts.reindex(apart).sum()),
    )


def _wanted(taxonomy: str) -> Taxonomy | None:
    if not taxonomy:
        return None
    wanted = named_taxonomy(taxonomy)
    if wanted.kind != "composition":
        raise InputError(
            tr(
                "TAXONOMY: {title} has no categories of people that somebody could answer. Choose "
                "one that has, such as census2021_ts021."
            ).format(title=wanted.name)
        )
    return wanted


# --- which taxonomy


def _recognised(counts: pd.Series, heading: str, wanted: Taxonomy | None) -> _Fit:
    """Return the taxonomy whose categories all values are: the one asked for before others."""
    values = list(counts.index)
    if wanted:
        own = _fit(values, wanted, heading, named=True)
        if own.known and not own.wrong:
            return own
    others = [t for t in catalogue() if t.kind == "composition" and not t.partial]
    fits = [_fit(values, one, heading) for one in others if one is not wanted]
    whole = [fit for fit in fits if not fit.wrong and fit.categories > (0 if wanted else 1)]
    if not whole:
        near = [own, *fits] if wanted else fits
        raise InputError(_unknown(counts, heading, near))
    most = max(len(fit.known) for fit in whole)
    best = [fit for fit in whole if len(fit.known) == most]
    if wanted:
        best = [fit for fit in best if _way(fit, wanted) is not None] or best
    best = [fit for fit in best if is_variable(heading, fit.taxonomy)] or best
    # those that say the same of every value need no choice
    alike = {tuple(sorted((_way(fit, wanted) or {}).items())) for fit in best} if wanted else {()}
    if len(best) == 1 or (wanted and len(alike) == 1):
        return best[0]
    raise InputError(
        tr(
            "{heading}: these values are categories of several taxonomies: {choices}. Say which: "
            "TAXONOMY = {ids}."
        ).format(
            heading=heading,
            choices=some([f"“{fit.taxonomy.name}”" for fit in best]),
            ids=tr(" or ").join(fit.taxonomy.id for fit in best),
        )
    )


def _fit(values: Iterable[str], taxonomy: Taxonomy, heading: str, named: bool = False) -> _Fit:
    """Return how far values fit a taxonomy; its bare codes count where it is named."""
    codes = named or is_variable(heading, taxonomy)
    loose = _loose_names(taxonomy, codes, named)
    known, wrong = {}, []
    for value in values:
        text = _loose(value)
        found = category_of(value, taxonomy, codes) or loose.get(text) or loose.get(_number(text))
        if found and found != "total" and found not in taxonomy.optional:
            known[value] = found
        elif found not in taxonomy.optional and not _is_unsaid(value):
            wrong.append(value)
    return _Fit(taxonomy, known, tuple(wrong))


def _is_unsaid(value: str) -> bool:
    return plain(value) in (UNSAID | LEFT_OUT) or _loose(value) in UNSAID


def _loose(text: str) -> str:
    """Return a text without what people write differently: signs, and 'and' as a sign."""
    return " ".join(re.sub(r"[\W_]+", " ", plain(text).replace("&", " and ")).split())


def _loose_names(taxonomy: Taxonomy, codes: bool, named: bool) -> dict[str, str]:
    """Return loose texts to the category each means; none that means two."""
    found: dict[str, set[str]] = {}
    for name, identifier in names_of(taxonomy, codes).items():
        found.setdefault(_loose(name), set()).add(identifier)
    names = {name: ids.pop() for name, ids in found.items() if name and len(ids) == 1}
    if named:
        for column in taxonomy.columns:
            if column.code:
                names.setdefault(_number(_loose(column.code)), column.id)
    return names


def _number(text: str) -> str:
    """Return a code of digits without zeros before it: 04 is 4."""
    return str(int(text)) if text.isdecimal() else text


def _unknown(counts: pd.Series, heading: str, fits: Sequence[_Fit]) -> str:
    """Return why a column is coded in nothing, without the words of anybody."""
    nearest = max(fits, key=lambda fit: (fit.rows(counts), -len(fit.wrong)))
    rows = int(counts.reindex([*nearest.wrong]).sum())
    if not nearest.known or not rows or len(nearest.wrong) > 3 * len(nearest.known):
        return tr(
            "{heading}: its {n:,} different values are categories of no known taxonomy. Choose the "
            "field with what people answered about themselves, or describe its values in a list of "
            "your own and name that file as TAXONOMY."
        ).format(heading=heading, n=len(counts))
    often = [v for v in nearest.wrong if counts[v] >= OFTEN and len(v) <= MOST_SHOWN]
    shown = [f"'{value}'" for value in often if not may_be_personal(value)]
    text = tr(
        "{heading}: the nearest taxonomy is “{title}”, but {rows:,} of {all:,} replies have values "
        "that are no category of it ({n:,} different)."
    ).format(
        heading=heading,
        n=len(nearest.wrong),
        rows=rows,
        all=int(counts.sum()),
        title=nearest.taxonomy.name,
    )
    if shown:
        text += " " + tr("Among them: {values}.").format(values=some(shown, 8))
    if len(shown) < len(nearest.wrong):
        text += " " + tr("Values that fewer than {n} replies share are not shown.").format(n=OFTEN)
    return (
        text
        + " "
        + tr(
            "Write them as that taxonomy does, leave them blank where somebody did not say, or "
            "name a list of your own as TAXONOMY."
        )
    )


# --- told in another


def _told(fit: _Fit, target: Taxonomy, heading: str, log: Log) -> tuple[dict[str, str], list[str]]:
    """Return the categories answered, each as the target tells it, and what to say about it."""
    source = fit.taxonomy
    if source is target:
        log(tr("{heading}: recognised as {title}.").format(heading=heading, title=source.name))
        return {name: name for name in fit.known.values()}, []
    told = _way(fit, target)
    if told is None:
        raise InputError(
            tr(
                "{heading}: its values are those of {source}, which cannot be told as {target}. It "
                "can be told as: {others}."
            ).format(
                heading=heading,
                source=source.name,
                target=target.name,
                others="; ".join(t.name for t in targets(source)) or tr("none other"),
            )
        )
    note = tr("Replies: {source} told as {target}.").format(source=source.name, target=target.name)
    notes = [" ".join([note, *(tr(text) for text in _losses(source, target))])]
    left = [source.column(n).title for n in dict.fromkeys(fit.known.values()) if n not in told]
    if left:
        notes.append(
            tr("Replies with no counterpart there count as not known: {names}.").format(
                names=some(left)
            )
        )
    for text in notes:
        log(f"{heading}: {text}")
    return told, notes


def _losses(source: Taxonomy, target: Taxonomy) -> tuple[str, ...]:
    try:
        return crosswalk(source, target).loses
    except NoCrosswalk:
        return ()


def _way(fit: _Fit, target: Taxonomy | None) -> dict[str, str] | None:
    """Return each category answered as another taxonomy tells it, None where there is no way.

    Main groups go where all their parts go. Where only the way back is written, a main group is
    the one whose parts all come from it.
    """
    if target is None or fit.taxonomy is target:
        return {name: name for name in fit.known.values()}
    source = fit.taxonomy
    try:
        leaves = crosswalk(source, target).categories
    except NoCrosswalk:
        return _way_back(fit, target)
    told = {}
    for name in fit.known.values():
        end = _common([leaves.get(leaf) for leaf in _below(source, name)], target)
        if end:
            told[name] = end
    return told


def _way_back(fit: _Fit, target: Taxonomy) -> dict[str, str] | None:
    """Return main groups of the target by the categories that alone come from them."""
    try:
        leaves = crosswalk(target, fit.taxonomy).categories
    except NoCrosswalk:
        return None
    told = {}
    for name in fit.known.values():
        wanted = {*_below(fit.taxonomy, name), name}
        froms = [leaf for leaf, end in leaves.items() if end in wanted]
        end = _common(froms, target) if froms else None
        whole = end and {n for n in _below(target, end) if n in leaves} == set(froms)
        if end and whole:
            told[name] = end
    return told


def _tellable(fit: _Fit, target: Taxonomy, level: str) -> list[str]:
    """Return the categories of the target at a level that the replies' own list can tell."""
    every = target.groups if level == "group" else target.leaves
    every = [name for name in every if name not in target.optional]
    if fit.taxonomy is target:
        return every
    source = [c.id for c in fit.taxonomy.columns if c.id != "total"]
    if not {*fit.known.values()} & {*fit.taxonomy.leaves}:  # told in main groups alone
        source = [name for name in source if fit.taxonomy.children(name)]
    way = _way(_Fit(fit.taxonomy, {name: name for name in source}, ()), target) or {}
    ends = {*_at_level(way, target, level)[0].values()}
    return [name for name in every if name in ends]


def _below(taxonomy: Taxonomy, name: str) -> list[str]:
    """Return the finest categories of a group, or the category itself."""
    parts = taxonomy.children(name)
    return [leaf for part in parts for leaf in _below(taxonomy, part)] if parts else [name]


def _common(names: Sequence[str | None], taxonomy: Taxonomy) -> str | None:
    """Return the one category, or else the one main group, that all of these are of."""
    if None in names:
        return None
    ends = {name for name in names if name}
    if len(ends) > 1:
        ends = {_top(taxonomy, name) for name in ends}
    return ends.pop() if len(ends) == 1 else None


def _top(taxonomy: Taxonomy, name: str) -> str:
    above = taxonomy.column(name).parent
    return _top(taxonomy, above) if above else name


def _at_level(
    told: Mapping[str, str], target: Taxonomy, level: str
) -> tuple[dict[str, str], list[str]]:
    """Return the categories at a level, and the titles of main groups that are too coarse."""
    if level == "group":
        return {name: _top(target, end) for name, end in told.items()}, []
    finest = set(target.leaves)
    fine = {name: end for name, end in told.items() if end in finest}
    coarse = dict.fromkeys(target.column(end).title for end in told.values() if end not in finest)
    return fine, list(coarse)
