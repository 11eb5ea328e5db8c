"""Figures of small areas added up to larger places; what is made of counts is made anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...taxonomies import areas as area_names
from ...taxonomies.catalogue import catalogue
from ...taxonomies.figures import Figures, Share, Sum
from ...taxonomies.model import STATISTIC_TITLES
from ...taxonomies.recognise import Recognised, recognise
from ..fields import BASE, known_figures, numbers_of, refuse_negative, told_bases
from ..hiding.protection import STATISTICS, protected_frame, whole_if_whole
from ..inputs import Results, Source
from ..messages import KNOWN, Log, some, tr
from .lookups import Places

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

NUMBER = "areas_n"
DECILE, TENTH = "dep_imd_decile", "dep_imd_tenth_pct"
# figures of other algorithms that no taxonomy tells
NEVER_ADDED = ("sh_", "bench_", "voice_ratio", "voice_wide", "cluster_")
MANY = 40  # names in a line of the log


@dataclass(frozen=True)
class Asked:
    """What is asked of the figures of areas.

    Attributes:
        own: fields of numbers of the user's own, to be taken as counts.
        rule: how small counts are hidden when all is done.
        weight: field of people for averages of scores; empty for none.
    """

    own: tuple[str, ...] = ()
    rule: str = "none"
    weight: str = ""


@dataclass(frozen=True)
class Carried:
    """The figures of a layer that can be had for other areas, as they are made of counts.

    Attributes:
        counts: a row per area in their order; also the bases that shares were worked back to.
        figures: what the fields are, every share with a base that is among the counts.
        known: all figures of the layer, those that cannot be had among them.
        published: the columns of published tables among the fields.
        inherited: what the layer carries about its figures.
    """

    counts: pd.DataFrame
    figures: Figures
    known: Figures
    published: Sequence[Recognised]
    inherited: Mapping[str, Any]

    @property
    def fields(self) -> list[str]:
        """Return the fields that come out."""
        made = {*self.figures.counts, *self.figures.made}
        return [name for name in self.known.titles if name in made]


@dataclass(frozen=True)
class Aggregated:
    """The figures of places, and which areas each is made of.

    Attributes:
        codes: of the places, in the order of the results.
        members: feature id to the number of its place.
    """

    results: Results
    codes: pd.Series
    members: dict[int, int]


def carried(areas: Areas, own: Sequence[str], inherited: Mapping[str, Any], log: Log) -> Carried:
    """Return the figures of a layer that can be had again from counts.

    A share whose base is no field gets it back as ``100 count / per cent``; without its count it
    cannot be had at all.

    Raises:
        InputError: for a count that is negative or no number, or a field that is no count.
    """
    names = [field.name() for field in areas.source.fields()]
    published = _published(areas)
    known = _known(names, published, inherited)
    _refuse_own(own, known, names)
    order = {
        name: known.titles.get(name, name) for name in names if name in known.titles or name in own
    }
    counts = [name for name in order if name in {*known.counts, *own}]
    shares = [share for share in known.shares if share.count]
    back = [share for share in shares if not share.base]
    frame = numbers_of(areas, [*counts, *(share.field for share in back)])
    refuse_negative(frame[counts], areas)
    frame = _with_bases(frame, back)
    figures = replace(
        known,
        counts=tuple(frame),
        shares=tuple(s if s.base else replace(s, base=(BASE + s.field,)) for s in shares),
        structures=tuple(one for one in known.structures if one.groups),
        titles={**order, **{BASE + s.field: BASE + known.titles[s.field] for s in back}},
    )
    if back:
        log(
            tr(
                "The bases of these shares are not on the layer and were worked back from count "
                "and per cent, as exact as that is written: {names}."
            ).format(names=some([share.field for share in back], MANY))
        )
    return Carried(frame, figures, replace(known, titles=order), published, inherited)


def made_anew(counts: pd.DataFrame, kept: Carried, rule: str, log: Log) -> pd.DataFrame:
    """Return all figures made of counts of other areas, protected by the rule, in their order.

    Args:
        counts: a column for each of those that were carried.
    """
    import pandas as pd

    from ...methods.composition import diversity, largest, ratio_columns, share_columns, sum_of

    figures = kept.figures
    columns = {name: whole_if_whole(counts[name]) for name in counts}
    for share in figures.shares:
        base = sum_of(counts, share.base)
        parts = counts[share.count], base
        made = share_columns(*parts, STATISTICS) if share.part else ratio_columns(*parts)
        columns.update(zip(share.fields, made.values()))
    for one in figures.structures:
        groups = counts[list(one.groups)]
        number = one.measure == "diversity"
        columns[one.field] = diversity(groups) if number else largest(groups, one.groups)
    frame = pd.DataFrame(columns, index=counts.index)
    frame = protected_frame(frame, figures, rule, log)
    return frame[kept.fields]


def aggregated(areas: Areas, places: Places, kept: Carried, asked: Asked, log: Log) -> Aggregated:
    """Return the figures of the places that areas lie in, places in the order of their codes."""
    import pandas as pd

    from ...methods.aggregation import add_up, areas_of

    place = places.place.dropna()
    counts = kept.counts.loc[place.index]
    sums = add_up(counts, place)
    _say_lacking(counts, place, kept, log)
    frame = made_anew(sums, kept, asked.rule, log)
    ends, aliases = _averages(areas, place, kept.known, asked, log)
    first = {places.field: sums.index, NUMBER: areas_of(place).astype("Int64")}
    if places.name_field:
        first[places.name_field] = places.names.reindex(sums.index)
    _refuse_clash(first, frame)
    if len(first) < 2 + bool(places.name_field):
        raise InputError(
            tr("{name} is the name of a new field; rename yours, or choose another.").format(
                name=NUMBER
            )
        )
    order = [places.field, *filter(None, [places.name_field]), NUMBER]
    start = pd.DataFrame({name: first[name] for name in order}, index=sums.index)
    whole = pd.concat([start, frame, ends], axis=1).reset_index(drop=True)
    titles = {**titles_of(kept), NUMBER: tr("Areas added up"), **aliases}
    note = _note(place, places)
    results = Results(whole, titles, sources_of(kept, [*frame, *ends], asked.rule, note))
    number = {code: at for at, code in enumerate(sums.index)}
    ids = [areas.ids[at] for at in place.index]
    return Aggregated(
        results, pd.Series(sums.index, dtype=object), dict(zip(ids, place.map(number)))
    )


def say_left_out(areas: Areas, kept: Carried, used: Collection[str], log: Log) -> None:
    """Log the fields of a layer that do not come out, and why."""
    names = [field.name() for field in areas.source.fields() if field.name() not in used]
    known = kept.known
    begins = (*{f"{taxonomy.prefix}_" for taxonomy in catalogue()}, *NEVER_ADDED, "voice_")
    other = {name for name in names if name in known.titles or name.startswith(begins)}
    reasons = (
        (known.bands, tr("Left out, as ranks, deciles, quintiles and flags are never averaged")),
        (known.scores, tr("Left out, as scores are never added up")),
        (known.made, tr("Left out, as the counts that they are shares of are not on the layer")),
        (other, tr("Left out, as they cannot be made of counts")),
        (names, tr("Left out, as they are no figures known here (name counts as COUNT_FIELDS)")),
    )
    for group, reason in reasons:
        said = [name for name in names if name in group and name != areas.code_field]
        names = [name for name in names if name not in group]
        if said:
            log(f"{reason}: {some(said, MANY)}.")


def titles_of(kept: Carried) -> dict[str, str]:
    """Return titles in words for the figures that come out."""
    titles = {}
    for name in kept.fields:
        what = next((s for s in ("pct_lo", "pct_hi", "pct") if name.endswith(f"_{s}")), "")
        title = tr(kept.known.titles[name])
        if title != name:
            titles[name] = f"{title} ({tr(STATISTIC_TITLES[what])})" if what else title
    return titles


def sources_of(kept: Carried, fields: Collection[str], rule: str, note: str) -> list[Source]:
    """Return where the figures come from: what the layer carries, and what was done to them."""
    made = {
        TENTH: DECILE,
        **{name: name[: -len("_avg")] for name in fields if name.endswith("_avg")},
    }
    sources = []
    for one in kept.inherited.get("sources", []):
        mine = tuple(name for name in fields if made.get(name, name) in one["fields"])
        before = one.get("suppression")
        if mine:
            now = before if before is None or rule == "none" else rule
            notes = " ".join(filter(None, [one.get("note", ""), note]))
            sources.append(Source.kept(one, fields=mine, suppression=now, note=notes))
    for what in kept.published:
        mine = tuple(name for name in what.headings.values() if name in fields)
        sources.append(Source.of(what.taxonomy, mine, rule, note))
    return sources


def hidden_before(kept: Carried, fields: Collection[str]) -> str:
    """Return the rule by which small counts of some fields were hidden before, if any."""
    rules = [
        one["suppression"]
        for one in kept.inherited.get("sources", [])
        if one.get("suppression") not in (None, "none") and set(fields) & set(one["fields"])
    ]
    return ", ".join(dict.fromkeys(rules))


def _published(areas: Areas) -> list[Recognised]:
    """Return the published tables of counts whose columns are fields of the areas."""
    from ...layers.tables import LayerTable

    table = LayerTable(areas.source.sourceName(), areas.source, areas.source.fields())
    try:
        found = recognise(table.head, catalogue())
    except KNOWN:
        return []
    return [
        what
        for what in found
        if what.taxonomy.kind == "composition" and what.unit == "count" and not what.long
    ]


def sums_of(what: Recognised, names: Mapping[str, Sequence[str]]) -> list[Sum]:
    """Return the columns of a published table that are the sum of others.

    Args:
        names: id of a column of the taxonomy to the fields that it is made of.
    """
    taxonomy = what.taxonomy
    if taxonomy.partial:
        return []
    sums = []
    for whole in ("total", *taxonomy.parents):
        below = taxonomy.groups if whole == "total" else taxonomy.children(whole)
        have = [name for name in below if name in names]
        enough = set(below) - taxonomy.optional <= set(have)
        if len(names.get(whole, ())) == 1 and have and enough:
            sums.append((names[whole][0], tuple(f for name in have for f in names[name])))
    return sums


def _known(
    names: Sequence[str], published: Sequence[Recognised], inherited: Mapping[str, Any]
) -> Figures:
    """Return the figures among some fields, by the taxonomies that the layer says where it does."""
    figures = known_figures(names, inherited)
    counts, sums, titles = list(figures.counts), list(figures.sums), dict(figures.titles)
    for what in published:
        headings = {n: [what.headings[at] for at in places] for n, places in what.columns.items()}
        fields = [heading for several in headings.values() for heading in several]
        counts += fields
        sums += sums_of(what, headings)
        titles |= {field: field for field in fields}
    return replace(figures, counts=tuple(counts), sums=tuple(sums), titles=titles)


def _refuse_own(own: Sequence[str], known: Figures, names: Sequence[str]) -> None:
    """Raise for fields named as counts that are none."""
    wrong = [name for name in own if name in known.no_counts or name.startswith(NEVER_ADDED)]
    if wrong:
        raise InputError(
            tr(
                "COUNT_FIELDS: {names} are shares, scores or ranks, which cannot be added up. Name "
                "fields of counts."
            ).format(names=some(wrong))
        )
    lost = [name for name in own if name not in names]
    if lost:
        raise InputError(
            tr("COUNT_FIELDS: the areas have no field {names}. Check the spelling.").format(
                names=some(lost)
            )
        )
    if NUMBER in own:
        raise InputError(
            tr("COUNT_FIELDS: {name} is the name of a new field; rename yours.").format(name=NUMBER)
        )


def _with_bases(frame: pd.DataFrame, back: Iterable[Share]) -> pd.DataFrame:
    """Return counts with the bases of shares in the place of their percentages."""
    import pandas as pd

    shares = [share.field for share in back]
    return pd.concat([frame.drop(columns=shares), told_bases(frame, frame[shares], back)], axis=1)


def _say_lacking(counts: pd.DataFrame, place: pd.Series, kept: Carried, log: Log) -> None:
    """Log in how many places a figure is missing since an area has none."""
    from ...methods.aggregation import lacking

    gaps = lacking(counts, place)
    fields = {name: int(gaps[name]) for name in counts if gaps[name]}
    said = [
        tr("{name} in {n:,}").format(name=name, n=n)
        for name, n in fields.items()
        if not name.startswith(BASE)
    ]
    if said:
        log(
            tr(
                "Missing in places where an area has no figure, as a sum without it would be too "
                "small: {fields}."
            ).format(fields=some(said, MANY))
        )
    shares = [
        tr("{name} in {n:,}").format(name=name[len(BASE) :], n=n)
        for name, n in fields.items()
        if name.startswith(BASE)
    ]
    if shares:
        log(
            tr(
                "Shares missing in places where the base of an area cannot be worked back, as it "
                "has nobody counted: {fields}."
            ).format(fields=some(shares, MANY))
        )
    rule = hidden_before(kept, list(counts))
    if rule:
        log(
            tr(
                "Small counts of these areas were hidden and the others rounded ({rule}), so sums "
                "are missing or off. Aggregate first, then hide small counts."
            ).format(rule=rule)
        )


def _averages(
    areas: Areas, place: pd.Series, known: Figures, asked: Asked, log: Log
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the averages of scores over people, and the share of areas in the first tenth."""
    import pandas as pd

    from ...methods.aggregation import average_score, share_of_areas

    columns: dict[str, pd.Series] = {}
    aliases = {}
    if known.scores and asked.weight:
        frame = numbers_of(areas, [asked.weight, *known.scores])
        refuse_negative(frame[[asked.weight]], areas)
        frame = frame.loc[place.index]
        averages = average_score(frame[list(known.scores)], frame[asked.weight], place)
        for name in known.scores:
            columns[f"{name}_avg"] = averages[name]
            aliases[f"{name}_avg"] = tr(
                "{title}: population-weighted average score (as File 10 of the English indices)"
            ).format(title=tr(known.titles[name]))
        log(
            tr("Averages of scores over people, weighted by {weight}: {names}.").format(
                weight=asked.weight, names=some(list(columns), MANY)
            )
        )
    elif known.scores:
        log(tr("For averages of scores over people name their number as WEIGHT_FIELD."))
    if DECILE in known.bands:
        decile = numbers_of(areas, [DECILE])[DECILE].loc[place.index]
        columns[TENTH] = share_of_areas((decile == 1).where(decile.notna()), place)
        aliases[TENTH] = tr(
            "Areas in the most deprived tenth nationally (per cent of areas, as File 10 of the "
            "English indices)"
        )
    index = pd.Index(sorted(place.unique()))
    return pd.DataFrame(columns, index=index), aliases


def _refuse_clash(first: Collection[str], frame: pd.DataFrame) -> None:
    lower = {name.lower() for name in first}
    both = [name for name in frame if name.lower() in lower]
    if both:
        raise InputError(
            tr("{names}: the name of a place's own field and of a count; rename the count.").format(
                names=some(both)
            )
        )


def _note(place: pd.Series, places: Places) -> str:
    level = area_names.level_of(place.unique())
    return tr("Added up from {n:,} areas to {m:,} {level} by {field} ({origin}).").format(
        n=len(place),
        m=place.nunique(),
        level=tr(level.plural) if level else tr("places"),
        field=places.field,
        origin=places.origin,
    )
