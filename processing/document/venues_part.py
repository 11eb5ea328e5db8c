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
STRAIGHT = "straight"  # way of a plan whose distances are straight lines
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
    reached = _reached(subject)
    # sentences tell counts, which nothing was hidden of
    hidden = _open(subject, venues)
    told = [] if hidden else sentences(plan)
    tables = []
    if venues is not None:
        tables.append(_venues_table(subject, venues, plan))
    if reached is not None:
        tables.append(_reach_table(reached, plan))
    if areas is not None and len(areas):
        tables.append(_areas_table(areas, plan))
    return Part(
        id="venues",
        heading=heading,
        paragraphs=[*hidden, *told[:1], *_accessible(venues)],
        tables=tables,
        lines=told[1:],
        short=_in_short(venues, reached, plan),
    )


def _open(subject: Subject, venues: Venues | None) -> list[str]:
    """Return what to know of counts of which nothing was hidden before, under a rule.

    None of them are told: sums over areas within reach would tell areas that other tables hide.
    """
    areas = PEOPLE in subject.numbers and bool(subject.open_counts([PEOPLE]))
    if not areas and not (venues is not None and _open_venues(subject, venues)):
        return []
    return [
        tr(
            "The venues were chosen by counts of which nothing was hidden, so how many people they "
            "reach is not told here by the rule {rule}. Run planvenues with SUPPRESSION {rule}, "
            "and make this plan from its outputs."
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


def _venues_table(subject: Subject, venues: Venues, plan: Mapping[str, Any]) -> PlanTable:
    import pandas as pd

    frame = chosen(venues)
    useful = [n for n in frame if USEFUL.search(n) and not n.startswith("venue_")]
    table = pd.DataFrame({"venue": venues.names[frame.index]})
    counts = () if _open_venues(subject, venues) else (REACH, NEW)
    for name in (ORDER, KEPT, *counts):
        if name in frame:
            table[name] = pd.to_numeric(frame[name], errors="coerce").round().astype("Int64")
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
    """Return whether a rule is asked for that the counts of the venues do not follow."""
    own = venues.inherited.get("plans", {}).get("venues") or {}
    return subject.has_rule and not (made_by_rule(own) or NEW in protected_before(venues.inherited))


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


def _reached(subject: Subject) -> pd.DataFrame | None:
    """Return the people sought, within reach and not, in all areas and in those of the plan."""
    import pandas as pd

    numbers = subject.numbers
    if PEOPLE not in numbers or WITHIN not in numbers or subject.open_counts([PEOPLE]):
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
    titles = {
        "plan": tr("Areas of this plan"),
        "others": tr("Other areas that were asked for"),
        "all": tr("All areas that were asked for"),
    }
    table = pd.DataFrame(
        [
            [title, *(rows[f"{key}_{end}"] for end in ("n", "in", "out"))]
            for key, title in titles.items()
            if rows[f"{key}_n"] > 0
        ],
        columns=["areas", "sought", "reached", "not_reached"],
    )
    return table.assign(
        reached_pct=100 * table["reached"] / table["sought"].where(table["sought"] > 0)
    )


def _reach_table(reached: pd.DataFrame, plan: Mapping[str, Any]) -> PlanTable:
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
    note = tr(
        "An area counts as within reach as a whole, by one point of it. Living within reach does "
        "not mean coming."
    )
    if plan.get("way") == STRAIGHT:
        note += " " + tr(
            "The reach is {reach:,g} metres in a straight line; a walk is longer."
        ).format(reach=float(plan.get("reach") or 0))
    if plan.get("unknown"):
        note += " " + tr(
            "In {n:,} areas the number is not known or hidden; they are in no sum."
        ).format(n=int(plan["unknown"]))
    return PlanTable("reach", tr("Who is within reach, and who is not"), columns, frame, note)


def _unreached(subject: Subject) -> pd.DataFrame | None:
    """Return the areas of the plan out of reach, None where nothing was planned."""
    import pandas as pd

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
    if subject.open_counts([PEOPLE]):
        far = far.assign(people=float("nan"))
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
        if row["sought"] > 0:
            told.append(
                tr(
                    "{n:,.0f} of the {all:,.0f} people sought ({share}) live in areas whose centre "
                    "is within reach of one of them{how}. {rest:,.0f} do not."
                ).format(
                    how=_how_far(plan),
                    n=row["reached"],
                    all=row["sought"],
                    share=share_in_words(float(row["reached_pct"])),
                    rest=row["not_reached"],
                )
            )
    return told


def _how_far(plan: Mapping[str, Any]) -> str:
    """Return the reach of straight lines, as it stands inside a sentence; empty for other ways."""
    if plan.get("way") != STRAIGHT or not plan.get("reach"):
        return ""
    return tr(" ({reach:,g} metres in a straight line)").format(reach=float(plan["reach"]))
