"""The tables on the page of a place: its areas, its figures, its languages, its replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...layers.paper.typeset import Table
from ..messages import tr
from ..ranking.schemes import fit
from .sums import ALL, Figure, Sums

if TYPE_CHECKING:
    import pandas as pd

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DASH, NBSP = "–", "\u00a0"
MOST_NAMED = 60  # areas that have no room in a table
CORE20 = "dep_core20"
OBSERVED, EXPECTED = "voice_observed", "voice_expected"
WIN, ASK = "quota_n", "quota_invite_n"
SOUGHT, WITHIN, VENUE = "reach_people_n", "reach_within", "reach_venue"
# figures beside those of the scheme, where the layer has them
MORE = (
    *("eth_minority_pct", "eth_minority_excl_white_pct", "lang_low_english_pct"),
    *("barrier_hh_no_car_pct", "barrier_disabled_pct", "dep_hh_two_pct", "dep_hh_any_pct"),
)
# a figure, and one so like it that it is not told as well
ALIKE = {"eth_minority_pct": "eth_minority_excl_white_pct", "dep_hh_two_pct": "dep_hh_any_pct"}
LOW_ENGLISH = ("lang_low_english_pct", "lang_main_other_pct", "lang_hh_no_english_pct")
SPEAKS = "lang_speaks_"
NO_LANGUAGE_TO_PLAN = ("lang_speaks_english_pct", "lang_speaks_other_pct")
MOST_LANGUAGES = 8
MOST_VENUES = 3


# --- which area is which


def labels_of(ranks: Sequence[float | None]) -> list[str]:
    """Return what areas are called on the map: their ranks; a letter for those without one.

    Areas of the same rank are told apart by a small letter, so that each label is of one area.
    """
    known = [rank for rank in ranks if rank is not None]
    seen: dict[float, int] = {}
    labels, without = [], 0
    for rank in ranks:
        if rank is None:
            labels.append(_letter(without))
            without += 1
            continue
        seen[rank] = seen.get(rank, 0) + 1
        several = known.count(rank) > 1
        labels.append(f"{rank:.0f}" + (_letter(seen[rank] - 1).lower() if several else ""))
    return labels


def _letter(number: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    text = LETTERS[number % len(LETTERS)]
    return text if number < len(LETTERS) else _letter(number // len(LETTERS) - 1) + text


# --- the areas


def areas_table(
    listed: pd.DataFrame, labels: Mapping[int, str], top: int, sums: Sums, title: str
) -> Table:
    """Return the table of areas, those with the first ranks first.

    Args:
        listed: rows of the list of areas, by rank; index = rows of the areas.
        labels: what they are called on the map.
        top: the last rank of the top.
        sums: of the figures.
        title: of the table.
    """
    people = sums.whole.residents()
    known = listed.notna().any()
    columns: list[tuple[str, float, bool, Callable[[int], str]]] = [
        (tr("Rank"), 6, True, lambda row: labels[row]),
        (tr("Area"), 16, False, lambda row: _text(listed.at[row, "name"], listed.at[row, "code"])),
        (tr("How sure"), 18, False, lambda row: _sure(listed.loc[row])),
    ]
    if known["rank_lo"]:
        columns.insert(2, (tr("Between"), 10, False, lambda row: _between(listed.loc[row])))
    if people:
        shown = sums.people(people)
        columns.append((tr("Residents"), 12, True, lambda row: whole_number(shown[row])))
    if sums.has(WIN) and sums.may_show(WIN):
        win = sums.numbers[WIN]
        columns.append((tr("To win"), 7, True, lambda row: whole_number(win[row])))
    if known["reasons"]:
        columns.append((tr("Reasons"), 47, False, lambda row: _text(listed.at[row, "reasons"])))
    rows = [[make(row) for _, _, _, make in columns] for row in listed.index]
    in_top = [_in_top(listed.at[row, "rank"], top) for row in listed.index]

    def rest(shown: int) -> str:
        return _others(rows[shown:], sum(in_top[shown:]))

    return Table(
        title,
        [heading for heading, _, _, _ in columns],
        rows,
        [share for _, share, _, _ in columns],
        right={at for at, (_, _, right, _) in enumerate(columns) if right},
        bold={at for at, first in enumerate(in_top) if first},
        rest=rest,
        whole=max((at + 1 for at, first in enumerate(in_top) if first), default=0),
    )


def _others(rows: Sequence[Sequence[str]], first: int) -> str:
    """Return which areas had no room in the table, so that no label on the map goes untold."""
    names = [f"{row[0]} {row[1]}".replace(" ", NBSP) for row in rows]
    told = "; ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        told = tr("{names} and others").format(names=told)
    if first:
        text = tr("and {n:,} more, {first:,} of them in the top: {names}.")
    else:
        text = tr("and {n:,} more, not in the top: {names}.")
    return text.format(n=len(rows), first=first, names=told)


def _in_top(rank: Any, top: int) -> bool:
    known = as_number(rank)
    return known is not None and known <= top


def _between(row: pd.Series) -> str:
    low, high = as_number(row["rank_lo"]), as_number(row["rank_hi"])
    if low is None or high is None:
        return DASH
    return tr("{low:.0f} to {high:.0f}").format(low=low, high=high)


def _sure(row: pd.Series) -> str:
    tier, share = _text(row["tier"]), as_number(row["p_top"])
    if share is None:
        return tr(tier) if tier else DASH
    shown = 100 * share
    told = f"{shown:.0f}"
    # never "100 %" of the draws where it is not in all of them, nor "0 %" where it is in some
    told = tr("over 99") if told == "100" and share < 1 else told
    told = tr("under 1") if told == "0" and share > 0 else told
    return tr("{tier}, {share}\u00a0%").format(tier=tr(tier), share=told.replace(" ", NBSP))


# --- figures


def key_fields(sums: Sums, scheme: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the figures to show, each with its title: those of the scheme, then some more."""
    found: dict[str, str] = {}
    try:
        fitted = fit(scheme, sums.whole.have)
        found = {one.field: tr(fitted.titles[one.field]) for one in fitted.indicators}
    except (InputError, KeyError, TypeError):
        pass  # a layer that does not tell its scheme
    for field in MORE:
        if field in sums.whole.shares and sums.has(field):
            found.setdefault(field, sums.whole.title(field))
    for known, like in ALIKE.items():
        if known in found:
            found.pop(like, None)
    return [(f, t) for f, t in found.items() if sums.has(f) and not f.startswith(("voice", "resp"))]


def figures_table(sums: Sums, key: str, fields: Sequence[tuple[str, str]], place: str) -> Table:
    """Return the figures of a place beside those of all areas and of the nation."""
    rows, note = [], ""
    people = sums.whole.residents()
    if people:
        here, all_ = sums.count(people, key), sums.count(people, ALL)
        title = tr("Residents") if people != "lang_total" else tr("Residents aged 3 and over")
        rows.append([title, _counted(here), _counted(all_), ""])
    if sums.has(CORE20):
        parts = [_flagged(sums, CORE20, one) for one in (key, ALL)]
        rows.append([tr("Areas in the most deprived fifth (Core20)"), *parts, tr("1 in 5")])
    for field, title in fields:
        rows.append(_figure_row(sums, key, field, title))
    nation = sums.whole.nation or tr("Nation")
    headings = ["", place, tr("All {n:,} areas").format(n=sums.number), tr(nation)]
    if any("*" in cell for row in rows for cell in row[1:]):
        note = _partly_hidden(sums, [field for field, _ in fields])
    return Table(
        tr("Key figures"),
        headings,
        rows,
        [45.5, 28, 14.5, 12],
        right={1, 2, 3},
        rest=lambda shown: _more(
            len(rows) - shown, tr("and 1 more figure."), tr("and {n:,} more figures.")
        ),
        note=note,
    )


def _figure_row(sums: Sums, key: str, field: str, title: str) -> list[str]:
    unit = sums.unit(field)
    share = _is_share(sums, field)
    make = sums.share if share else sums.middle
    here, all_, nation = make(field, key), make(field, ALL), sums.nation(field)
    beyond = ""
    if nation is not None and nation.value is not None:
        beyond = _with_unit(nation.value, unit)
    full = tr(sums.whole.figures.titles.get(field) or title)
    name = full if share else tr("{title}, middle area").format(title=title)
    if not share and len(sums.rows(key)) == 1:  # beside it stands the middle one of the others
        name = title
    return [name, _with_limits(here, unit), _one(all_, unit), beyond]


def _is_share(sums: Sums, field: str) -> bool:
    return field in sums.whole.shares and bool(sums.whole.shares[field].count)


def _partly_hidden(sums: Sums, fields: Sequence[str]) -> str:
    """Return how figures mislead that are made of some of the areas only."""
    if sums.before.keys().isdisjoint(fields):
        return tr("* of the areas that have it.")
    return tr(
        "* of the areas that show it. Mostly areas with few are hidden: in all it may be less."
    )


def _with_unit(value: float, unit: Any) -> str:
    # what a number is without a sign, its title says
    return f"{unit.number(value)}{NBSP}%" if unit.sign == "%" else unit.number(value)


def _one(figure: Figure, unit: Any) -> str:
    if figure.value is None:
        return DASH
    return _marked(_with_unit(figure.value, unit), figure)


def _with_limits(figure: Figure, unit: Any) -> str:
    if figure.value is None:
        return DASH
    text = _with_unit(figure.value, unit)
    if figure.low is not None and figure.high is not None:
        text = tr("{value} ({low}\u00a0to\u00a0{high})").format(
            value=text, low=unit.number(figure.low), high=unit.number(figure.high)
        )
    return _marked(text, figure)


def _counted(figure: Figure) -> str:
    return _marked(whole_number(figure.value), figure)


def _marked(text: str, figure: Figure) -> str:
    """Return a figure with a star where it is made of some of the areas only."""
    return f"{text}*" if figure.partial and text != DASH else text


def _flagged(sums: Sums, field: str, key: str) -> str:
    values = sums.numbers[field].loc[sums.rows(key)].dropna()
    return tr("{n:,}\u00a0of\u00a0{all:,}").format(n=int((values == 1).sum()), all=len(values))


# --- languages


def languages_table(sums: Sums, key: str) -> Table:
    """Return how many people have little English, and the main languages where they are known."""
    rows = []
    for field in (*LOW_ENGLISH, *_most_spoken(sums, key)):
        if field not in sums.whole.shares or not sums.has(field):
            continue
        share = _is_share(sums, field)
        make = sums.share if share else sums.middle
        here, all_, unit = make(field, key), make(field, ALL), sums.unit(field)
        title = tr(sums.whole.figures.titles.get(field) or field)
        title = title if share else tr("{title}, middle area").format(title=title)
        number = _marked(whole_number(here.count), here)
        rows.append([title, number, _one(here, unit), _one(all_, unit)])
    if not rows:
        return Table(
            tr("Languages to plan for"), (), [[tr("The layer has no figures on language.")]], [1]
        )
    note = ""
    if any("*" in "".join(row[1:]) for row in rows):
        note = _partly_hidden(sums, LOW_ENGLISH)
    if not any(name.startswith(SPEAKS) for name in sums.whole.shares):
        told = tr("Which languages they speak is not in this layer: census table TS024 tells it.")
        note = f"{note} {told}".strip()
    return Table(
        tr("Languages to plan for"),
        ["", tr("Number"), tr("Here"), tr("All areas")],
        rows,
        [38, 22, 19, 21],
        right={1, 2, 3},
        rest=lambda shown: tr("and {n:,} more.").format(n=len(rows) - shown),
        note=note,
    )


def _most_spoken(sums: Sums, key: str) -> list[str]:
    """Return the languages that most people have as their main one, English left out."""
    found = []
    for taxonomy in sums.whole.makers("language"):
        fields = {taxonomy.field(one.id, "pct"): one for one in taxonomy.columns}
        have = {name for name in fields if name in sums.whole.shares and name.startswith(SPEAKS)}
        above = {fields[name].parent for name in have}
        found += [
            name
            for name in have
            if fields[name].id not in above and name not in NO_LANGUAGE_TO_PLAN
        ]
    made = {name: sums.share(name, key).count for name in dict.fromkeys(found)}
    known = [name for name, count in made.items() if count]
    return sorted(known, key=lambda name: (-(made[name] or 0), name))[:MOST_LANGUAGES]


# --- replies, quotas, venues


def replies_table(sums: Sums, key: str, ranked: bool) -> Table:
    """Return the replies of a place against those expected, and what the plans say of it.

    Args:
        sums: of the figures.
        key: the place.
        ranked: whether replies are part of the ranking.
    """
    rows, notes = [], []
    if sums.has(OBSERVED) and sums.has(EXPECTED):
        if sums.may_show(OBSERVED):
            rows, notes = _replies(sums, key)
        else:
            notes.append(tr("Replies are left out: they were not protected (see the method)."))
    elif ranked:
        notes.append(tr("The layer does not tell how many replied and how many were expected."))
    else:
        notes.append(
            tr("No replies were counted in this layer: its areas are potentially seldom heard.")
        )
    more = [*_planned(sums, key), *_reached(sums, key)]
    if any("*" in cell for row in more for cell in row):
        notes.append(tr("* of the areas that show it."))
    notes += _venues(sums, key)
    rows += more
    return Table(
        tr("Replies and what is missing"),
        (),
        rows,
        [56, 44],
        right={1},
        rest=lambda shown: _more(
            len(rows) - shown, tr("and 1 more line."), tr("and {n:,} more lines.")
        ),
        note=" ".join(notes),
    )


def _replies(sums: Sums, key: str) -> tuple[list[list[str]], list[str]]:
    had, awaited, ratio = sums.replies(key)
    if ratio.value is None:
        return [], [tr("Its replies are hidden or not known.")]
    rows = [
        [tr("Replies (expected)"), f"{had:,.0f} ({awaited:,.0f})"],
        [tr("Per 100 expected (95\u00a0%)"), _limited(ratio)],
    ]
    if awaited > had:
        rows.append([tr("Fewer than expected by"), f"{awaited - had:,.0f}"])
    if ratio.high is not None and ratio.high < 100:
        told = tr("Fewer than expected, beyond chance.")
    elif ratio.low is not None and ratio.low > 100:
        told = tr("More than expected, beyond chance.")
    else:
        told = tr("No further from it than chance explains.")
    notes = [told]
    if ratio.partial:
        notes.append(
            tr("Of {known} of its {areas} areas; the others are hidden or missing.").format(
                known=ratio.known, areas=ratio.areas
            )
        )
    return rows, notes


def _limited(figure: Figure) -> str:
    return tr("{value:,.0f} ({low:,.0f}\u00a0to\u00a0{high:,.0f})").format(
        value=figure.value, low=figure.low, high=figure.high
    )


def _planned(sums: Sums, key: str) -> Iterator[list[str]]:
    for field, title in ((WIN, tr("Replies to win")), (ASK, tr("People to ask"))):
        if sums.has(field) and sums.may_show(field):
            yield [title, _counted(sums.count(field, key))]


def _near(sums: Sums, key: str) -> list:
    """Return the areas of a place that are in reach of a venue."""
    within = sums.numbers[WITHIN]
    return [row for row in sums.rows(key) if within[row] == 1]


def _venues(sums: Sums, key: str) -> Iterator[str]:
    """Return a line on the venues nearest to a place."""
    if not sums.has(WITHIN) or VENUE not in sums.words:
        return
    names = sums.words[VENUE].loc[_near(sums, key)].dropna().value_counts()
    shown = "; ".join(str(name) for name in names.index[:MOST_VENUES])
    if len(names) > MOST_VENUES:
        shown = tr("{names} and {n:,} more").format(names=shown, n=len(names) - MOST_VENUES)
    if shown:
        yield tr("Nearest venues: {names}.").format(names=shown)


def _reached(sums: Sums, key: str) -> Iterator[list[str]]:
    if not sums.has(WITHIN):
        return
    rows, near = sums.rows(key), _near(sums, key)
    yield [
        tr("Areas in reach of a venue"),
        tr("{n:,} of {all:,}").format(
            n=len(near), all=int(sums.numbers[WITHIN].loc[rows].notna().sum())
        ),
    ]
    if sums.has(SOUGHT) and sums.may_show(SOUGHT):
        people = sums.numbers[SOUGHT]
        known = people.loc[near].dropna()
        yield [
            tr("People sought in reach"),
            tr("{within}\u00a0of\u00a0{n}").format(
                n=_counted(sums.count(SOUGHT, key)), within=f"{known.sum():,.0f}"
            ),
        ]


# --- how it is written


def _more(number: int, one: str, many: str) -> str:
    """Return how many rows had no room."""
    return one if number == 1 else many.format(n=number)


def whole_number(value: Any) -> str:
    """Return a count, a dash where it is missing or hidden."""
    known = as_number(value)
    return DASH if known is None else f"{known:,.0f}"


def as_number(value: Any) -> float | None:
    """Return a cell as a number, None where it is missing."""
    from ..explore.whole import number

    return number(value)


def _text(value: Any, other: Any = "") -> str:
    if isinstance(value, str) and value:
        return value
    return other if isinstance(other, str) else ""
