"""The areas to go to first: why, how sure that is, and who lives there and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..messages import tr
from ..ranking.people import share_in_words
from .figures import shares_of
from .model import COUNT, PERCENT, RANK, SHARE, TEXT, YES, Column, Part, PlanTable, Subject

if TYPE_CHECKING:
    import pandas as pd

    from .places import Counted

LISTED = 60  # areas on the page
FIRST = 3  # areas that the summary names
ROBUST, CONTESTABLE = "robust", "contestable"
TIERS = {ROBUST: 0.8, CONTESTABLE: 0.2}  # shares of draws, where a layer does not tell its own


def areas_part(subject: Subject) -> Part:
    """Return the areas of the plan with ranks, reasons and how sure they are."""
    table = subject.listing.table
    people = _people(subject)
    tables = [_areas_table(subject, table)]
    if people:
        tables.append(_people_table(subject, people))
    return Part(
        id="priority-areas",
        heading=tr("Priority areas and reasons"),
        paragraphs=[*_how_sure(subject, table), *_about_rest(subject)],
        tables=tables,
        short=[*_first_areas(table), *_sure_in_short(subject, table), *_people_in_short(people)],
    )


def called(name: Any, code: Any) -> str:
    """Return what an area is called: its name, its code where it has none."""
    return str(name) if isinstance(name, str) and name else str(code)


def _areas_table(subject: Subject, table: pd.DataFrame) -> PlanTable:
    heading = "name" if table["name"].notna().any() else "code"
    columns = [
        Column(heading, tr("Area")),
        Column("rank", tr("Rank"), RANK),
        Column("rank_lo", tr("Rank, from"), RANK),
        Column("rank_hi", tr("Rank, to"), RANK),
        Column("p_top", tr("In the top, of all draws"), SHARE),
        Column("tier", tr("How sure")),
        Column("flag", tr("Flag"), YES),
        Column("residents", tr("Residents"), COUNT),
        Column("reasons", tr("Main reasons"), TEXT),
    ]
    empty = [name for name in ("flag", "residents", "reasons") if not table[name].notna().any()]
    title = tr("{title}: the first {n:,} of {all:,} ranked areas").format(
        title=subject.listing.title, n=len(table), all=subject.listing.known
    )
    return PlanTable(
        id="priority-areas",
        title=title,
        columns=[one for one in columns if one.name not in empty],
        frame=table,
        note=" ".join(_about_columns(subject, empty)),
        listed=LISTED,
    )


def _about_columns(subject: Subject, empty: list[str]) -> list[str]:
    told = dict(subject.listing.about)
    lines = [tr("Ranks are among all ranked areas of the layer, 1 comes first.")]
    if "flag" not in empty:
        lines.append(tr("Flag: {meaning}.").format(meaning=subject.title("sh_flag")))
    if "residents" not in empty:
        title = subject.title(subject.listing.residents)
        lines.append(tr("Residents: {title}.").format(title=title))
    return [*lines, told.get(tr("Small counts"), "")]


def _how_sure(subject: Subject, table: pd.DataFrame) -> list[str]:
    ranking = subject.inherited.get("ranking", {})
    draws = ranking.get("draws")
    high, low = _thresholds(subject)
    text = tr(
        "Not everyone would weigh these figures alike. So the ranking was made again many times, "
        "each time with other weights and with what chance leaves open in the figures."
    )
    if draws:
        text = tr(
            "Not everyone would weigh these figures alike. So the ranking was made again "
            "{draws:,} times, each time with other weights and with what chance leaves open in "
            "the figures."
        ).format(draws=draws)
    more = tr(
        "“Robust” areas were in the top in at least {high:.0f} of 100 of these draws, "
        "“contestable” ones in {low:.0f} to {high:.0f} of 100. Between “from” and “to” the rank "
        "lies in 90 of 100 draws: where they are far apart, the order says little."
    ).format(high=100 * high, low=100 * low)
    counts = table["tier"].value_counts()
    split = tr(
        "Of these {n:,} areas {robust:,} are robust and {contestable:,} are contestable."
    ).format(n=len(table), robust=counts.get(ROBUST, 0), contestable=counts.get(CONTESTABLE, 0))
    return [f"{text} {more}", split] if counts.sum() else [text]


def _about_rest(subject: Subject) -> list[str]:
    """Return how many more areas a case could be made for, and how many have no rank."""
    told = []
    outside = subject.words.get("sh_tier")
    if outside is not None:
        near = int((outside.eq(CONTESTABLE) & ~subject.in_top).sum())
        if near:
            told.append(
                tr(
                    "{n:,} more areas are not in this list and are contestable: nearly as good a "
                    "case could be made for them."
                ).format(n=near)
            )
    if subject.listing.unranked:
        told.append(
            tr(
                "{n:,} areas have no rank, as too little is known of them. That does not mean "
                "that all is well there."
            ).format(n=subject.listing.unranked)
        )
    return told


# --- who lives there, and who does not


def _people(subject: Subject) -> list[Counted]:
    """Return the residents, and the people the scheme looks for, by place."""
    from .places import LIVES_THERE, renamed, told, with_counts

    scheme = subject.listing.scheme
    wanted: dict[str, str] = {}
    flags = []
    for one in scheme.people if scheme else ():
        where = one.get("where", "")
        flags += [where] if where else []
        wanted[LIVES_THERE + where if where else one["field"]] = tr(one["title"])
    made = told(subject, flags=flags)
    residents = subject.listing.residents
    if residents:
        title = {"lang_total": tr("residents aged 3 and over")}
        wanted = {residents: title.get(residents, tr("residents")), **wanted}
    found = [renamed(one, wanted[one.name]) for one in with_counts(made, wanted)]
    order = list(wanted)
    return sorted(found, key=lambda one: order.index(one.name))


def _people_table(subject: Subject, people: list[Counted]) -> PlanTable:
    import pandas as pd

    from ..hiding.protection import whole_if_whole
    from .places import ALL, OUTSIDE, TOP

    rows = [shares_of(one) for one in people]
    frame = pd.DataFrame(
        {
            "who": [_capital(one.title) for one in people],
            "inside_n": whole_if_whole(pd.Series([float(one.counts[TOP]) for one in people])),
            "outside_n": whole_if_whole(pd.Series([float(one.counts[OUTSIDE]) for one in people])),
            "all_n": whole_if_whole(pd.Series([float(one.counts[ALL]) for one in people])),
            "inside_pct": [one.inside for one in rows],
            "outside_pct": [one.outside for one in rows],
            "areas_missing": pd.Series([int(one.missing[ALL]) for one in people], dtype="Int64"),
        }
    )
    columns = [
        Column("who", tr("Who")),
        Column("inside_n", tr("In these areas"), COUNT),
        Column("outside_n", tr("In all others"), COUNT),
        Column("all_n", tr("In all"), COUNT),
        Column("inside_pct", tr("Of all, in these areas"), PERCENT),
        Column("outside_pct", tr("Of all, in the others"), PERCENT),
        Column("areas_missing", tr("Areas without a figure"), COUNT),
    ]
    title = tr("Who lives in these {n:,} areas, and who lives elsewhere").format(n=subject.top)
    note = tr(
        "A score puts areas in an order, not people. Most groups live in many areas; this is how "
        "many a visit to these areas alone would not reach. Areas without a figure are in no sum."
    )
    if any(bool(one.at_least[ALL]) for one in people):
        more = tr(
            "Where areas without a figure have small counts that were hidden before, there are at "
            "least as many as the sum says, and no percentage is made of it."
        )
        note = f"{note} {more}"
    return PlanTable("people", title, columns, frame, note)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- what the summary says


def _first_areas(table: pd.DataFrame) -> list[str]:
    first = [called(*one) for one in zip(table["name"], table["code"])][:FIRST]
    text = tr("Go first to {names}.") if len(table) <= FIRST else tr("The first are {names}.")
    return [text.format(names=listed_in_words(first))]


def listed_in_words(names: list[str]) -> str:
    """Return names as a list in a sentence."""
    if len(names) < 2:
        return "".join(names)
    return tr("{some} and {last}").format(some=", ".join(names[:-1]), last=names[-1])


def _sure_in_short(subject: Subject, table: pd.DataFrame) -> list[str]:
    counts = table["tier"].value_counts()
    if not counts.sum():
        return []
    return [
        tr(
            "{robust:,} of these {n:,} areas stay on top in at least {high:.0f} of 100 draws with "
            "other weights and with chance. For the others the case is less clear."
        ).format(robust=counts.get(ROBUST, 0), n=len(table), high=100 * _thresholds(subject)[0])
    ]


def _thresholds(subject: Subject) -> tuple[float, float]:
    """Return the shares of draws from which an area is robust, and contestable."""
    scheme = subject.listing.scheme
    high, low = (scheme.threshold(name) if scheme else at for name, at in TIERS.items())
    return high, low


def _people_in_short(people: list[Counted]) -> list[str]:
    from .places import ALL, TOP

    told = []
    for at, one in enumerate(people[:2]):
        share = shares_of(one)
        if share.inside is None or share.outside is None:
            continue
        text = tr("{inside:,.0f} of {all:,.0f} {people} ({share}) live in these areas.")
        if at:
            text = tr(
                "{inside:,.0f} of {all:,.0f} {people} ({share}) live there. The others, {rest}, "
                "live elsewhere: going only to these areas would miss them."
            )
        told.append(
            text.format(
                inside=one.counts[TOP],
                all=one.counts[ALL],
                people=one.title,
                share=share_in_words(share.inside),
                rest=share_in_words(share.outside),
            )
        )
    return told
