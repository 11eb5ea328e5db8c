"""Languages and interpreter needs: how many people, not only what share."""

from __future__ import annotations

from collections.abc import Mapping

from ...taxonomies.catalogue import catalogue
from ..messages import some, tr
from .model import COUNT, PERCENT, RANK, Column, Part, PlanTable, Subject
from .places import (
    ALL,
    OUTSIDE,
    TOP,
    Counted,
    Told,
    amount,
    note_of,
    places_table,
    told,
    with_counts,
)

LOW, HOUSEHOLDS, OTHER = "lang_low_english_n", "lang_hh_no_english_n", "lang_main_other_n"
ADULTS = "lang_hh_no_adult_english_n"
SPOKEN, ENGLISH, SIGNED = "speaks_", "speaks_english", "lang_speaks_bsl_n"
NAMED = 5  # areas in a sentence
SHOWN = 20  # main languages on the page; the files have all


def languages_part(subject: Subject) -> Part | None:
    """Return who may need an interpreter or a translation, in counts."""
    made = told(subject)
    rows = with_counts(made, (LOW, OTHER, HOUSEHOLDS, ADULTS))
    spoken = _spoken(made)
    if not rows and not spoken:
        return _nothing()
    note = note_of(subject, made)
    tables = []
    if rows:
        title = tr("People and households by how English is spoken, in numbers")
        tables.append(places_table("languages", title, rows, note))
    if len(made.by_area.columns):
        tables.append(_areas_table(subject, made, note))
    if spoken:
        tables.append(_spoken_table(spoken, note))
    return Part(
        id="languages",
        heading=tr("Languages and interpreters"),
        paragraphs=_paragraphs(subject, made, spoken),
        tables=tables,
        lines=_limits(made),
        short=_short(subject, made),
    )


def _nothing() -> Part:
    return Part(
        id="languages",
        heading=tr("Languages and interpreters"),
        paragraphs=[
            tr(
                "The layer does not say how many people need help with English. Run "
                "profilelanguage with the published tables TS029 (how well people speak English) "
                "and TS025 (languages of households), rank its output, and make the plan again."
            )
        ],
    )


# --- sentences


def _paragraphs(subject: Subject, made: Told, spoken: list[Counted]) -> list[str]:
    text = []
    low, houses = (made.counted.get(name) for name in (LOW, HOUSEHOLDS))
    if low:
        text.append(_people(subject, low))
        named = _where_most(subject, made)
        if named:
            text.append(named)
    else:
        text.append(
            tr(
                "How many people cannot speak English well is not on the layer. Run "
                "profilelanguage with table TS029 to have it."
            )
        )
    if houses:
        text.append(_households(subject, houses))
    if spoken:
        text.append(_first_languages(spoken))
    else:
        text.append(
            tr(
                "Which languages people speak is not on the layer. The publisher tells main "
                "languages one by one for local authorities (table TS024), and in groups for "
                "smaller areas only on request through its tool for custom tables. Ask people who "
                "know the area, schools, and those who book interpreters there."
            )
        )
    return text


def _people(subject: Subject, low: Counted) -> str:
    here = tr(
        "People aged 3 and over who cannot speak English well or at all: {here} in the {areas:,} "
        "areas of this plan"
    ).format(here=amount(low, TOP), areas=subject.top)
    if subject.top == len(subject.numbers):
        return tr("{here}, which are all areas of the layer.").format(here=here)
    return tr(
        "{here}; {outside} in all other areas of the layer; {everywhere} in all {all:,} areas "
        "together."
    ).format(
        here=here,
        outside=amount(low, OUTSIDE),
        all=len(subject.numbers),
        everywhere=amount(low, ALL),
    )


def _households(subject: Subject, houses: Counted) -> str:
    return tr(
        "Households where nobody has English as a main language: {here} in the areas of this plan; "
        "{everywhere} in all areas together. Letters in English alone may not be read there."
    ).format(here=amount(houses, TOP), everywhere=amount(houses, ALL))


def _where_most(subject: Subject, made: Told) -> str:
    """Return the areas with most people who cannot speak English well, by what is shown."""
    if LOW not in made.by_area:
        return ""
    counts = made.by_area[LOW].astype(float).dropna()
    first = counts[counts > 0].sort_values(ascending=False, kind="stable").head(NAMED)
    if not len(first):
        return ""
    named = [
        tr("{area} ({n})").format(area=subject.names[row], n=f"{value:,.0f}")
        for row, value in first.items()
    ]
    return tr("Most of them live in: {areas}.").format(areas=some(named, NAMED))


def _first_languages(spoken: list[Counted]) -> str:
    named = [
        tr("{language} ({n})").format(language=one.title, n=f"{one.counts[TOP]:,.0f}")
        for one in spoken[:NAMED]
        if one.counts[TOP] == one.counts[TOP]
    ]
    if not named:
        return tr("The numbers of people by main language are hidden by the rule.")
    return tr(
        "The main languages other than English with most people in the areas of this plan: "
        "{languages}."
    ).format(languages="; ".join(named))


def _short(subject: Subject, made: Told) -> list[str]:
    low = made.counted.get(LOW)
    if low is None or low.counts[TOP] != low.counts[TOP]:
        return []
    return [
        tr(
            "People aged 3 and over in these areas who cannot speak English well or at all: {here}."
        ).format(here=amount(low, TOP))
    ]


def _limits(made: Told) -> list[str]:
    """Return what a census count of languages can and cannot say."""
    text = [
        tr(
            "The counts are of one day (in England and Wales 21 March 2021) and of answers that "
            "people gave about themselves. People who came since are not in them."
        ),
        tr(
            "More people need an interpreter at a doctor's or in a public meeting than cannot "
            "speak English well in daily life: plan for more than these, and ask."
        ),
        tr(
            "Only those whose main language is not English were asked how well they speak it. One "
            "main language is counted for each person; no dialects, and no second languages."
        ),
        tr(
            "Nothing is said about reading: some who speak English cannot read it, and some cannot "
            "read their main language either. Offer speech as well as print."
        ),
        _signed(made),
        tr(
            "Hours of interpreters are not worked out here, as no published figure says them. If "
            "you need a number: people who come, times the share of them who need an interpreter, "
            "times the length of each conversation, plus travel and preparation. Take the share "
            "and the length from bookings of earlier events, not from the census."
        ),
    ]
    return text


def _signed(made: Told) -> str:
    one = made.counted.get(SIGNED)
    if one is None or one.counts[ALL] != one.counts[ALL]:
        return tr(
            "British Sign Language is not among these figures. More people use it than say that it "
            "is their main language: ask organisations of deaf people."
        )
    return tr(
        "British Sign Language is the main language of {n} people in all areas. More people use "
        "it: ask organisations of deaf people."
    ).format(n=f"{one.counts[ALL]:,.0f}")


# --- tables


def _areas_table(subject: Subject, made: Told, note: str) -> PlanTable:
    """Return a row for each area of the plan, by rank."""
    import pandas as pd

    from ...methods.proportions import percent

    rows = made.by_area.index
    codes = subject.areas.codes.reset_index(drop=True)
    ranks = subject.numbers["sh_rank"].round().astype("Int64")
    table = {"area": subject.names[rows], "code": codes[rows], "rank": ranks[rows]}
    columns = [Column("area", tr("Area")), Column("rank", tr("Rank"), RANK)]
    if subject.names_given:
        columns.insert(1, Column("code", tr("Code")))
    headings = {
        LOW: (
            tr("Residents aged 3 and over"),
            tr("Cannot speak English well or at all"),
            tr("% of them"),
        ),
        HOUSEHOLDS: (
            tr("Households"),
            tr("Nobody has English as a main language"),
            tr("% of households"),
        ),
    }
    for name, (of, title, share) in headings.items():
        if name not in made.by_area:
            continue
        one, counts = made.counted[name], made.by_area[name]
        table[name] = counts
        columns.append(Column(name, title, COUNT))
        if one.base in made.by_area:
            people = made.by_area[one.base]
            made_of = percent(counts.astype(float).to_numpy(), people.astype(float).to_numpy())
            short = name.removesuffix("_n")
            table[one.base] = people
            table[f"{short}_pct"] = pd.Series(made_of, index=rows).round(4)
            columns.insert(-1, Column(one.base, of, COUNT))
            columns.append(Column(f"{short}_pct", share, PERCENT, 1))
    return PlanTable(
        "languages-by-area",
        tr("People who cannot speak English well, and households without English, by area"),
        columns,
        pd.DataFrame(table).reset_index(drop=True),
        note,
    )


def _spoken(made: Told) -> list[Counted]:
    """Return main languages other than English that the layer counts, most speakers first.

    Of a group and the languages in it, those are told.
    """
    names = _languages()
    found = with_counts(made, [name for name in names if name in made.counted])
    here = {one.name for one in found}
    leaves = [one for one in found if not here & {*names[one.name]}]

    def order(one: Counted) -> tuple[bool, float, str]:
        count = float(one.counts[TOP])
        return (count != count, -count, one.title)

    return sorted(leaves, key=order)


def _languages() -> Mapping[str, list[str]]:
    """Return the fields of main languages but English, each with those of its parts."""
    fields: dict[str, list[str]] = {}
    for taxonomy in catalogue():
        if taxonomy.dimension != "language" or taxonomy.kind != "composition":
            continue
        for column in taxonomy.columns:
            if column.id.startswith(SPOKEN) and column.id != ENGLISH:
                parts = [taxonomy.field(one, "n") for one in taxonomy.children(column.id)]
                fields.setdefault(taxonomy.field(column.id, "n"), []).extend(parts)
    return fields


def _spoken_table(spoken: list[Counted], note: str) -> PlanTable:
    from dataclasses import replace

    made = places_table(
        "main-languages",
        tr("Main languages other than English, those of most people in these areas first"),
        spoken,
        note,
        tr("Main language"),
    )
    return replace(made, listed=SHOWN)
