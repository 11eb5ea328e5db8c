"""Venues to go to, whom they reach and whom they do not, as planvenues has chosen them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..fields import protected_before
from ..messages import tr
from ..ranking.people import share_in_words
from .areas_part import listed_in_words
from .model import COUNT, NUMBER, RANK, TEXT, YES, Column, Part, PlanTable, Subject
from .quotas_part import made_by_rule, sentences

if TYPE_CHECKING:
    import pandas as pd
    from qgis.core import QgsVectorLayer

CHOSEN, KEPT, ORDER = "venue_chosen", "venue_kept", "venue_order"
REACH, NEW = "venue_reach_n", "venue_new_n"
PEOPLE, WITHIN = "reach_people_n", "reach_within"
NEAREST, DISTANCE = "reach_venue", "reach_distance"
# headings of what a person needs to know before going there; no names or numbers of people
USEFUL = re.compile(
    r"step|access|wheel|lift|ramp|toilet|hearing|loop|park|bus|open|hour|address|post_?code",
    re.IGNORECASE,
)
WORDS = {"address": "Address", "postcode": "Postcode", "opening_hours": "Opening hours"}
FIRST = 3  # venues that the summary names
LISTED = 60  # areas on the page
UNITS = {"m": "metres", "min": "minutes"}


@dataclass(frozen=True)
class Venues:
    """Venues as planvenues wrote them.

    Attributes:
        frame: their fields, a row each.
        names: what they are called.
        titles: aliases of the fields.
        inherited: what the layer carries about them.
    """

    frame: pd.DataFrame
    names: pd.Series
    titles: Mapping[str, str]
    inherited: Mapping[str, Any]


def read_venues(layer: QgsVectorLayer, source: Any) -> Venues:
    """Return the venues of a layer, read from the source that a parameter makes of it.

    Raises:
        InputError: for a layer that planvenues did not make.
    """
    from ...layers.areas import read_columns
    from ...layers.errors import InputError
    from ...layers.outputs import inherited
    from ...layers.paper.overlays import VENUE_NAMES, name_field
    from ...layers.values import texts

    names = [field.name() for field in layer.fields()]
    if CHOSEN not in names:
        raise InputError(
            tr(
                "VENUES: the layer {name} has no field {field}. Choose the venues that planvenues "
                "has written (its OUTPUT)."
            ).format(name=layer.name(), field=CHOSEN)
        )
    frame = read_columns(source, names).reset_index(drop=True)
    told, titles = inherited(layer)
    called = told.get("plans", {}).get("venues", {}).get("name_field") or ""
    called = called if called in names else name_field(layer, VENUE_NAMES)
    called = called or _all_different(layer, frame)
    text = texts(frame[called]) if called else texts(frame[CHOSEN]).where(False, "")
    numbers = frame.index.to_series().map(lambda at: tr("Venue {n}").format(n=at + 1))
    return Venues(frame, text.where(text != "", numbers), titles, told)


def _all_different(layer: QgsVectorLayer, frame: pd.DataFrame) -> str:
    """Return the first field of text in which no two venues are alike, empty for none."""
    for one in layer.fields():
        values = frame[one.name()]
        if not one.isNumeric() and values.notna().all() and values.is_unique and len(values):
            return str(one.name())
    return ""


def venues_part(subject: Subject, venues: Venues | None) -> Part:
    """Return the venues chosen and who is within reach of them, or what to run to get them."""
    heading = tr("Venues and who can reach them")
    plan = _plan(subject, venues)
    areas = _unreached(subject)
    if venues is None and areas is None:
        told = tr(
            "No venues were chosen. To have them here, run planvenues on the ranked areas, and "
            "make this plan from its two outputs: the areas (REACHED) and the venues (VENUES)."
        )
        return Part(id="venues", heading=heading, paragraphs=[told])
    reached = _reached(subject, venues, plan)
    # sentences tell counts, which nothing was hidden of
    told = [] if _open(subject, plan) else sentences(plan)
    tables = []
    if venues is not None:
        tables.append(_venues_table(subject, venues, plan, reached))
    if reached is not None:
        tables.append(_reach_table(reached))
    if areas is not None and len(areas):
        tables.append(_areas_table(areas, plan))
    return Part(
        id="venues",
        heading=heading,
        paragraphs=[*_open(subject, plan), *told[:1], *_accessible(venues)],
        tables=tables,
        lines=told[1:],
        short=_in_short(venues, reached, plan),
    )


def _open(subject: Subject, plan: Mapping[str, Any]) -> list[str]:
    """Return what to know of counts of which nothing was hidden before, under a rule."""
    if not subject.has_rule or made_by_rule(plan):
        return []
    return [
        tr(
            "The venues were chosen by counts of which nothing was hidden. They are hidden here "
            "by the rule {rule}; run planvenues with SUPPRESSION {rule} to have more told."
        ).format(rule=subject.rule)
    ]


def _plan(subject: Subject, venues: Venues | None) -> dict[str, Any]:
    """Return what is told of how the venues were chosen, with them or with the areas."""
    for told in (venues.inherited if venues else {}, subject.inherited):
        plan = told.get("plans", {}).get("venues")
        if plan:
            return dict(plan)
    return {}


# --- the venues


def _venues_table(
    subject: Subject, venues: Venues, plan: Mapping[str, Any], reached: pd.DataFrame | None
) -> PlanTable:
    import pandas as pd

    frame = chosen(venues)
    useful = [n for n in frame if USEFUL.search(n) and not n.startswith("venue_")]
    table = pd.DataFrame({"venue": venues.names[frame.index]})
    for name in (ORDER, KEPT, REACH, NEW):
        if name in frame:
            table[name] = pd.to_numeric(frame[name], errors="coerce").round().astype("Int64")
    hidden = _open_venues(subject, venues)
    if hidden:
        table = _protected(table, subject.rule)
    table = table.join(frame[useful].astype(object)).reset_index(drop=True)
    columns = [
        Column("venue", tr("Venue")),
        Column(ORDER, tr("Order"), RANK),
        Column(REACH, tr("People sought within reach"), COUNT),
        Column(NEW, tr("Of these, not reached by those above"), COUNT),
        Column(KEPT, tr("Was to be kept"), YES),
        *(Column(name, _title(venues, name), TEXT) for name in useful),
    ]
    people = plan.get("people") or tr("people sought")
    note = [tr("Counted: {people}.").format(people=people)]
    note.append(
        tr("The order is that in which each venue adds most; it is not the order of visits.")
    )
    if hidden:
        note.append(tr("Small counts are hidden by the rule {rule}.").format(rule=subject.rule))
    if not useful:
        note.append(
            tr(
                "The layer of venues does not say whether they are step-free, nor when they are "
                "open: ask before booking."
            )
        )
    return PlanTable(
        id="venues",
        title=tr("The {n:,} venues chosen").format(n=len(table)),
        columns=[one for one in columns if one.name in table],
        frame=table,
        note=" ".join(note),
    )


def chosen(venues: Venues) -> pd.DataFrame:
    """Return the venues that were chosen, in the order in which they add most."""
    import pandas as pd

    frame = venues.frame
    inside = pd.to_numeric(frame[CHOSEN], errors="coerce").eq(1)
    order = pd.to_numeric(frame[ORDER], errors="coerce") if ORDER in frame else frame.index
    return frame.assign(**{ORDER: order})[inside].sort_values(ORDER, kind="stable")


def _title(venues: Venues, name: str) -> str:
    if name in venues.titles:
        return venues.titles[name]
    words = WORDS.get(name.lower())
    return tr(words) if words else name.replace("_", " ").strip().capitalize()


def _open_venues(subject: Subject, venues: Venues) -> bool:
    """Return whether counts of venues are still to be hidden."""
    hidden = made_by_rule(_plan(subject, venues)) or NEW in protected_before(venues.inherited)
    return subject.has_rule and not hidden


def _protected(table: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return venues with small counts hidden, and what would tell them by their sum."""
    import pandas as pd

    from ...methods.disclosure import protect, protect_table

    new = table[NEW].astype(float).fillna(0)
    cells = pd.DataFrame([[*new, new.sum()]], columns=[*map(str, table.index), "all"])
    made = protect_table(cells, [("all", [*map(str, table.index)])], rule)
    shown = made.shown.iloc[0, :-1].set_axis(table.index)
    if made.shown["all"].isna().any():
        shown = shown * float("nan")  # their sum stands in the table of who is reached
    reach = protect(table[REACH].astype(float), rule).where(shown.notna())
    return table.assign(**{NEW: shown.astype("Int64"), REACH: reach.astype("Int64")})


def _accessible(venues: Venues | None) -> list[str]:
    """Return what the plan knows of getting in."""
    if venues is None:
        return []
    return [
        tr(
            "Being near is not the same as being able to come. Check steps, lifts, toilets, "
            "hearing loops, lighting and the last bus with each venue, and ask people who use it."
        )
    ]


# --- who is reached


def _reached(
    subject: Subject, venues: Venues | None, plan: Mapping[str, Any]
) -> pd.DataFrame | None:
    """Return the people sought, within reach and not, in all areas and in those of the plan."""
    import pandas as pd

    numbers = subject.numbers
    if PEOPLE not in numbers or WITHIN not in numbers:
        return None
    people, within = numbers[PEOPLE], numbers[WITHIN]
    asked = people.notna() & within.notna()
    rows = {}
    for key, mask in (("plan", subject.in_top), ("others", ~subject.in_top)):
        rows[f"{key}_in"] = float(people[asked & mask & within.eq(1)].sum())
        rows[f"{key}_out"] = float(people[asked & mask & ~within.eq(1)].sum())
    for end in ("in", "out"):
        rows[f"all_{end}"] = rows[f"plan_{end}"] + rows[f"others_{end}"]
    for key in ("plan", "others", "all"):
        rows[f"{key}_n"] = rows[f"{key}_in"] + rows[f"{key}_out"]
    cells = pd.Series(rows)
    if subject.open_counts([PEOPLE]):
        cells = _safe(subject, cells, asked)
    titles = {
        "plan": tr("Areas of this plan"),
        "others": tr("Other areas that were asked for"),
        "all": tr("All areas that were asked for"),
    }
    table = pd.DataFrame(
        [
            [title, *(cells[f"{key}_{end}"] for end in ("n", "in", "out"))]
            for key, title in titles.items()
            if rows[f"{key}_n"] > 0
        ],
        columns=["areas", "sought", "reached", "not_reached"],
    )
    return table.assign(
        reached_pct=100 * table["reached"] / table["sought"].where(table["sought"] > 0)
    )


def _safe(subject: Subject, cells: pd.Series, asked: pd.Series) -> pd.Series:
    """Return sums with what is small hidden, and what would tell it or the areas not reached."""
    from ...methods.disclosure import protect_table

    sums = [(f"{key}_n", [f"{key}_in", f"{key}_out"]) for key in ("plan", "others", "all")]
    sums += [(f"all_{end}", [f"plan_{end}", f"others_{end}"]) for end in ("n", "in", "out")]
    made = protect_table(cells.to_frame().T, sums, subject.rule).shown.iloc[0]
    far = subject.numbers[PEOPLE][asked & subject.in_top & ~subject.numbers[WITHIN].eq(1)]
    if (_areas_hidden(far, subject.rule)).any():
        # areas are told by themselves, so that their sum would tell those that are hidden
        made = made.mask(made.index.isin(["plan_out", "plan_in", "all_out", "all_in"]))
    return made


def _areas_hidden(people: pd.Series, rule: str) -> pd.Series:
    from ...methods.disclosure import protect

    return protect(people, rule).isna() & people.notna()


def _reach_table(reached: pd.DataFrame) -> PlanTable:
    from ..hiding.protection import whole_if_whole
    from .model import PERCENT

    counts = ("sought", "reached", "not_reached")
    frame = reached.assign(**{name: whole_if_whole(reached[name]) for name in counts})
    columns = [
        Column("areas", tr("Areas")),
        Column("sought", tr("People sought"), COUNT),
        Column("reached", tr("Within reach of a venue"), COUNT),
        Column("not_reached", tr("Not within reach"), COUNT),
        Column("reached_pct", tr("Within reach"), PERCENT, 0),
    ]
    note = tr("An area counts as within reach as a whole, by the middle of it.")
    return PlanTable("reach", tr("Who is within reach, and who is not"), columns, frame, note)


def _unreached(subject: Subject) -> pd.DataFrame | None:
    """Return the areas of the plan out of reach, None where nothing was planned."""
    import pandas as pd

    from ...methods.disclosure import protect
    from ..hiding.protection import whole_if_whole

    numbers = subject.numbers
    if WITHIN not in numbers or not numbers[WITHIN].notna().any():
        return None
    table = pd.DataFrame(
        {
            "code": subject.areas.codes.reset_index(drop=True),
            "name": subject.names,
            "rank": numbers["sh_rank"].round().astype("Int64"),
            "people": numbers.get(PEOPLE, pd.Series(float("nan"), index=numbers.index)),
            "nearest": subject.words.get(NEAREST, pd.Series(None, numbers.index, dtype=object)),
            "distance": numbers.get(DISTANCE, pd.Series(float("nan"), index=numbers.index)),
        }
    )
    far = table[subject.in_top & numbers[WITHIN].eq(0)]
    if subject.open_counts([PEOPLE]) and PEOPLE in numbers:
        far = far.assign(people=protect(far["people"], subject.rule))
    far = far.assign(people=whole_if_whole(far["people"]))
    return far.sort_values(["rank", "code"], kind="stable", ignore_index=True)


def _areas_table(areas: pd.DataFrame, plan: Mapping[str, Any]) -> PlanTable:
    unit = tr(UNITS.get(str(plan.get("unit", "m")), str(plan.get("unit", ""))))
    columns = [
        Column("name", tr("Area")),
        Column("rank", tr("Rank"), RANK),
        Column("people", tr("People sought"), COUNT),
        Column("nearest", tr("Nearest venue chosen")),
        Column("distance", tr("How far ({unit})").format(unit=unit), NUMBER),
    ]
    shown = [one for one in columns if areas[one.name].notna().any() or one.name == "name"]
    title = tr("Areas of this plan out of reach of every venue: {n:,}").format(n=len(areas))
    note = tr("Go there in another way: doorstep, post, phone, or with a group that is there.")
    return PlanTable("not-reached", title, shown, areas, note, listed=LISTED)


def _in_short(
    venues: Venues | None, reached: pd.DataFrame | None, plan: Mapping[str, Any]
) -> list[str]:
    told = []
    if venues is not None:
        rows = chosen(venues)
        names = list(venues.names[rows.index])[:FIRST]
        if len(rows):
            told.append(
                tr("{n:,} venues are proposed. These add most: {names}.").format(
                    n=len(rows), names=listed_in_words(names)
                )
            )
    if reached is not None and len(reached):
        row = reached.iloc[-1]
        if row[["reached", "not_reached", "reached_pct"]].notna().all():
            told.append(
                tr(
                    "{n:,.0f} of the {all:,.0f} people sought ({share}) are within reach of one "
                    "of them. {rest:,.0f} are not."
                ).format(
                    n=row["reached"],
                    all=row["sought"],
                    share=share_in_words(float(row["reached_pct"])),
                    rest=row["not_reached"],
                )
            )
    return told
