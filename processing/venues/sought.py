"""The people sought: whom the venues are to reach, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..fields import (
    known_figures,
    numbers_of,
    protected_before,
    refuse_negative,
    with_told_bases,
)
from ..hiding.protection import hidden_in_words, protect_figures
from ..inputs import RANK, Source
from ..messages import Log, some, tr
from ..plan import listing

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas
    from ...taxonomies.figures import Figures

NONE = "none"
# what is made of counts, and would tell them beside what is hidden
MADE_OF_COUNTS = ("bench_", "voice_", "resp_", "cluster_", "quota_")


@dataclass(frozen=True)
class Sought:
    """Whom the venues are to reach, a row for each area.

    Attributes:
        people: in each area; missing where that is not known, hidden, or nobody is sought.
        meant: whether anybody is sought in each area.
        field: that counts them.
        title: who they are, in words.
        attribution: whose count it is.
        found: whether the field was found, not chosen.
        top: the areas sought are the first so many of a ranking; 0 for all areas.
        rule: how small counts are hidden, now or before.
        before: whether that was done before.
        hides: whether a rule is asked for now.
        beside: fields of the layer as they may be shown, where a rule hides them now.
        sources: of these.
    """

    people: pd.Series
    meant: pd.Series
    field: str
    title: str
    attribution: str
    found: bool
    top: int
    rule: str
    before: bool
    hides: bool
    beside: pd.DataFrame
    sources: tuple[Source, ...]

    @property
    def total(self) -> float:
        """Return how many people are sought."""
        return float(self.people.sum())

    @property
    def unknown(self) -> int:
        """Return in how many areas their number is not known, or hidden."""
        return int((self.meant & self.people.isna()).sum())

    def drops(self, name: str) -> bool:
        """Return whether a field of the layer would tell what is hidden now."""
        if not self.hides:
            return False
        return name.startswith(MADE_OF_COUNTS) and not any(
            name in one.fields for one in self.sources if one.suppression not in (None, NONE)
        )


@dataclass(frozen=True)
class Layer:
    """The areas with what their layer tells of its figures."""

    areas: Areas
    inherited: Mapping[str, Any]
    titles: Mapping[str, str]


def people_sought(layer: Layer, field: str, top_only: bool, rule: str, log: Log) -> Sought:
    """Return whom the venues are to reach: all residents unless a field is chosen.

    With a rule all that comes out is made of counts that may be shown, so no sum and no
    difference of sums tells more than these do.

    Raises:
        InputError: where no count is known or chosen, it is none, or there is nobody; where the
            areas are to be the top of a ranking that there is not, or that would tell replies.
    """
    import pandas as pd

    from ..explore.rows import residents_field

    names = [one.name() for one in layer.areas.source.fields()]
    figures, before = known_figures(names, layer.inherited), protected_before(layer.inherited)
    chosen = field or residents_field(names)
    _refuse_no_count(chosen, names, figures)
    people = numbers_of(layer.areas, [chosen])
    refuse_negative(people, layer.areas)
    counted = people[chosen]
    beside, sources = pd.DataFrame(index=counted.index), ()
    if rule != NONE:
        _refuse_told(layer, names, rule)
        beside, sources = _shown(layer, figures, chosen, rule, log)
        if chosen not in before:
            counted = beside[chosen].astype(float)
        else:
            log(
                tr("{field} was protected by the rule {rule} before, and is left so.").format(
                    field=chosen, rule=before[chosen]
                )
            )
    meant, top = _meant(layer, names, top_only, counted)
    title = layer.titles.get(chosen) or figures.titles.get(chosen, chosen)
    told = [s for s in layer.inherited.get("sources", ()) if chosen in s["fields"]]
    sought = Sought(
        people=counted.where(meant),
        meant=meant,
        field=chosen,
        title=tr(title),
        attribution=str(told[0].get("attribution", "")) if told else "",
        found=not field,
        top=top,
        rule=before.get(chosen, rule),
        before=chosen in before,
        hides=rule != NONE,
        beside=beside,
        sources=sources,
    )
    if not sought.total > 0:
        raise InputError(
            tr(
                "{title} ({field}): there is nobody in the areas, so that nobody can be reached. "
                "Choose another count as PEOPLE_FIELD."
            ).format(title=sought.title, field=chosen)
        )
    return sought


def _refuse_no_count(field: str, names: list[str], figures: Figures) -> None:
    if not field:
        raise InputError(
            tr(
                "The areas have no number of residents that is known here. Choose the field that "
                "counts the people sought as PEOPLE_FIELD."
            )
        )
    if field not in names:
        raise InputError(
            tr("PEOPLE_FIELD: the areas have no field {field}; choose one of its fields.").format(
                field=field
            )
        )
    if field in figures.no_counts or field.startswith("sh_"):
        raise InputError(
            tr(
                "PEOPLE_FIELD: {field} is a share, score or rank. Choose a count of people, such "
                "as a field that ends in _n."
            ).format(field=field)
        )


def _refuse_told(layer: Layer, names: list[str], rule: str) -> None:
    if RANK in names and listing.tells_replies(layer.areas, layer.inherited, layer.titles):
        raise InputError(
            tr(
                "The areas are ranked by replies as they were counted. Their order tells small "
                "numbers of replies, whatever is hidden. Hide the replies first: measurevoice "
                "with SUPPRESSION {rule}, then findseldomheard on its output, and plan with that. "
                "Or plan with SUPPRESSION none, and keep the result inside."
            ).format(rule=rule)
        )


def _meant(
    layer: Layer, names: list[str], top_only: bool, people: pd.Series
) -> tuple[pd.Series, int]:
    """Return in which areas people are sought, and how long the top is that they are."""
    import pandas as pd

    if not top_only:
        return pd.Series(True, index=people.index), 0
    top = (layer.inherited.get("ranking") or {}).get("top")
    if RANK not in names or not top:
        raise InputError(
            tr(
                "TOP_ONLY: the areas are not ranked, or the layer does not say how long its top "
                "is. Run findseldomheard first, and plan with its output."
            )
        )
    inside = numbers_of(layer.areas, [RANK])[RANK] <= int(top)
    return inside.fillna(False), int(top)


# --- what may be shown


def _shown(
    layer: Layer, known: Figures, field: str, rule: str, log: Log
) -> tuple[pd.DataFrame, tuple[Source, ...]]:
    """Return the counts of a layer as they may be shown, with what is made of them.

    All of them together: a count that is hidden could be worked out from the others.
    """
    import pandas as pd

    areas, before = layer.areas, protected_before(layer.inherited)
    counts = dict.fromkeys(name for name in (field, *known.counts) if name not in before)
    mine = replace(
        known,
        counts=tuple(counts),
        shares=tuple(one for one in known.shares if one.field not in before),
        structures=tuple(one for one in known.structures if one.field not in before),
    )
    frame = numbers_of(areas, mine.counts)
    bases, mine = with_told_bases(areas, frame, mine, lambda text: None)
    frame = pd.concat([frame, bases], axis=1).reindex(columns=[*frame, *bases, *mine.made])
    safe = protect_figures(frame, mine, rule)
    for line in hidden_in_words(safe.of(counts), rule):
        log(line)
    shown = safe.frame.drop(columns=list(bases))
    if RANK in {one.name() for one in areas.source.fields()}:
        log(
            tr(
                "Ranks and scores of the areas are left as they are. That is right for published "
                "tables; of tables of your own, run suppresscounts, rank its output, and plan with "
                "that."
            )
        )
    words = listing.safe_words(areas, layer.inherited, layer.titles, rule)
    shown = shown.assign(**{name: column for name, column in words.items()})
    return shown, tuple(_sources(layer.inherited, shown, field, rule))


def untouched_in_words(layer: Layer, sought: Sought) -> str:
    """Return which numbers of the layer a rule leaves as they are, empty for none.

    Beside them what is hidden may be worked out: all clients less the men among them, say.
    """
    from ..compare.benchmarks import Measure
    from ..compare.counts import Compared, Fields, Known
    from ..compare.protected import unprotected_in_words

    if not sought.hides:
        return ""
    names = [one.name() for one in layer.areas.source.fields()]
    known = Known(known_figures(names, layer.inherited), (), layer.titles, layer.inherited)
    fields = Fields(sought.field, (), Measure("proportion", 100.0))
    fine = [n for n in names if n.startswith(("sh_", "reach_")) or sought.drops(n)]
    compared = Compared(layer.areas, known, fields, sought.beside)
    return unprotected_in_words(compared, [*sought.beside, *fine], ())


def _sources(inherited: Mapping[str, Any], shown: pd.DataFrame, field: str, rule: str):
    """Yield where figures come from of which some are protected now."""
    for one in inherited.get("sources", ()):
        whole = Source.kept(one)
        mine = tuple(name for name in whole.fields if name in shown)
        rest = tuple(name for name in whole.fields if name not in shown)
        if mine:
            now = whole.suppression if whole.suppression is None else rule
            yield replace(whole, fields=mine, suppression=now)
        if rest:
            yield replace(whole, fields=rest)
    told = {name for one in inherited.get("sources", ()) for name in one["fields"]}
    left = tuple(name for name in shown if name not in told and not name.startswith("sh_"))
    if left:
        yield Source(tr("Counts of this layer"), "", left, rule)


def found_in_words(sought: Sought) -> str:
    """Return whom the venues are to reach, and how that was decided."""
    who = tr("People sought: {title} ({field}), {n:,.0f} in {areas:,} areas.").format(
        title=sought.title,
        field=sought.field,
        n=sought.total,
        areas=int((sought.people > 0).sum()),
    )
    if sought.top:
        who += " " + tr("Only those in the {top:,} areas at the top of the ranking count.").format(
            top=int(sought.meant.sum())
        )
    if sought.found:
        who += " " + tr(
            "No PEOPLE_FIELD was chosen, so all residents count alike, whether or not they are "
            "seldom heard. For a group, choose the field that counts it."
        )
    return who


def unknown_in_words(sought: Sought, codes: list[str]) -> str:
    """Return how many areas are in no sum, as their number is not known; empty for none."""
    if not sought.unknown:
        return ""
    if sought.rule != NONE:
        return tr(
            "In {n:,} areas the number is not known or hidden by the rule {rule}; they are in no "
            "sum, and did not count in the choice."
        ).format(n=sought.unknown, rule=sought.rule)
    return tr(
        "In {n:,} areas the number is not known; they are in no sum, and did not count in the "
        "choice: {codes}."
    ).format(n=sought.unknown, codes=some(codes, 8))
