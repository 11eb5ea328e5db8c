"""Venues chosen: how far it is, which reach most, and what that means for areas and venues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import Cancelled, InputError
from ..inputs import Results, Source
from ..messages import Log, some, tr
from . import ways
from .centres import Centres
from .matrix import read_matrix, refuse_other_unit
from .sites import Sites
from .sought import NONE, Sought

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ...layers.areas import Areas
    from ...methods.coverage import Coverage

OFF_THE_MAP = 50_000.0  # metres from every area: a wrong reference system, as a rule
ASIDE = 250.0  # metres from the network that are told
AREA_FIELDS = ("reach_people_n", "reach_within", "reach_venue", "reach_distance")
VENUE_FIELDS = ("venue_chosen", "venue_kept", "venue_order", "venue_reach_n", "venue_new_n")
NEXT = 5  # venues not chosen that are told of


@dataclass(frozen=True)
class Asked:
    """What the user asks for.

    Attributes:
        number: of venues.
        reach: in metres, or in the unit of a table of travel times.
        min_match: per cent of the areas that must stand in a table or layer of centres.
    """

    number: int
    reach: float
    min_match: float


@dataclass(frozen=True)
class Plan:
    """What was chosen, and who is reached.

    Attributes:
        asked: by the user.
        sought: whom the venues are to reach.
        sites: the venues.
        way: how distances were found.
        found: the choice.
        names: of the areas.
        nearest: of each area the nearest chosen venue, -1 for none.
        distance: to it, inf where there is no way.
        within: which areas have a chosen venue within reach.
        reaches: people within reach of each venue, missing where it has no place.
        adds: people whom each venue not chosen would add.
        centres: of the areas; None with a table of travel times.
        aside: areas and venues far from the network.
        absent: areas that do not stand in the table of travel times.
        solver: whether scipy has one for whole numbers.
    """

    asked: Asked
    sought: Sought
    sites: Sites
    way: ways.Way
    found: Coverage
    names: pd.Series
    nearest: NDArray[Any]
    distance: NDArray[Any]
    within: NDArray[Any]
    reaches: NDArray[Any]
    adds: NDArray[Any]
    centres: Centres | None
    aside: tuple[int, int]
    absent: int
    solver: bool

    @property
    def counted(self) -> NDArray[Any]:
        """Return the people sought in each area, 0 where that is not known."""
        return self.sought.people.fillna(0).to_numpy(dtype=float)

    @property
    def missed(self) -> NDArray[Any]:
        """Return the rows of areas with people sought who are not reached, most people first."""
        import numpy as np

        people = np.where(self.within, 0.0, self.counted)
        rows = np.flatnonzero(people > 0)
        return rows[np.argsort(-people[rows], kind="stable")]

    @property
    def kept(self) -> int:
        """Return how many venues stay."""
        return int(self.sites.kept.sum())

    @property
    def next_best(self) -> list[int]:
        """Return the venues that would add most to those chosen."""
        import numpy as np

        order = np.argsort(-self.adds, kind="stable")[:NEXT]
        return [int(at) for at in order if self.adds[at] > 0]

    def served(self, venue: int) -> NDArray[Any]:
        """Return the rows of areas reached whose nearest chosen venue is this one."""
        import numpy as np

        return np.flatnonzero(self.within & (self.nearest == venue) & (self.counted > 0))

    def missing_distance(self) -> NDArray[Any]:
        """Return the rows of areas from which no way leads to a chosen venue."""
        import numpy as np

        return np.flatnonzero(~np.isfinite(self.distance))


def refuse_too_many(asked: Asked, sites: Sites) -> None:
    """Raise for more venues than there are."""
    if asked.number > len(sites):
        raise InputError(
            tr("NUMBER is {number:,}, and VENUES holds {n:,}: ask for that many at most.").format(
                number=asked.number, n=len(sites)
            )
        )


def refuse_both(lines: Any) -> None:
    """Raise for a network beside a table of travel times."""
    if lines is not None:
        raise InputError(tr("NETWORK and MATRIX both say how far it is: leave out one of them."))


def make_plan(
    asked: Asked,
    sought: Sought,
    sites: Sites,
    way: ways.Way,
    names: pd.Series,
    about: tuple[Centres | None, tuple[int, int], int],
    feedback: Any,
) -> Plan:
    """Return the venues that reach most of the people sought.

    Args:
        asked: by the user.
        sought: whom the venues are to reach.
        sites: the venues.
        way: how far it is.
        names: of the areas.
        about: centres, numbers of areas and venues aside of the network, areas not in the table.
        feedback: of the run.

    Raises:
        InputError: where no venue reaches anybody.
        Cancelled: when cancelled.
    """
    import numpy as np
    from scipy.sparse import csc_matrix

    from ...methods import coverage

    near = way.within(asked.reach, feedback.isCanceled)
    feedback.setProgress(60)
    people = sought.people.fillna(0).to_numpy(dtype=float)
    reaches = np.asarray(near.T @ people).ravel()
    if not reaches.any():
        raise InputError(_nobody(asked, way, sought, sites, feedback))

    def pause() -> None:
        if feedback.isCanceled():
            raise Cancelled

    found = coverage.cover(near, people, asked.number, np.flatnonzero(sites.kept), pause=pause)
    feedback.setProgress(80)
    nearest, distance = way.nearest(found.chosen.tolist(), feedback.isCanceled)
    within = np.asarray(near[:, found.chosen].sum(axis=1)).ravel() > 0
    left = np.where(within, 0.0, people)
    adds = np.asarray(csc_matrix(near).T @ left).ravel()
    centres, aside, absent = about
    return Plan(
        asked, sought, sites, way, found, names, nearest, distance, within, reaches, adds,
        centres, aside, absent, coverage.has_solver(),
    )  # fmt: skip


def _nobody(asked: Asked, way: ways.Way, sought: Sought, sites: Sites, feedback: Any) -> str:
    """Return why nobody is reached, and what to do."""
    import numpy as np

    _, far = way.nearest(list(range(len(sites))), feedback.isCanceled)
    meant = far[(sought.people.fillna(0) > 0).to_numpy()]
    least = float(np.min(meant)) if len(meant) else float("inf")
    text = tr("No venue has anybody of the people sought within {reach:g} {unit}.").format(
        reach=asked.reach, unit=way.unit
    )
    if not np.isfinite(least):
        return text + " " + tr("There is no way from any area to any venue.")
    return (
        text
        + " "
        + tr(
            "The nearest is {least:,.0f} {unit} away. Take a longer REACH; if that cannot be, "
            "check the coordinate reference systems of areas and venues."
        ).format(least=least, unit=way.unit)
    )


# --- how far it is


def straight_way(
    centres: Centres, sites: Sites, transforms: Any, log: Log
) -> tuple[ways.Places, ways.Straight]:
    """Return straight lines from centres to venues, and where both are."""
    venues = _venue_points(sites, centres, transforms, log)
    places = ways.Places(centres.points, venues)
    return places, ways.Straight(places)


def _venue_points(sites: Sites, centres: Centres, transforms: Any, log: Log) -> NDArray[Any]:
    """Return where venues are; say of those that are nowhere, or far away."""
    import numpy as np
    from scipy.spatial import cKDTree

    if not sites.spots.crs.isValid():
        raise InputError(
            tr(
                "VENUES has no coordinate reference system, so that distances are not known. Set "
                "it (layer properties, Source), and run again."
            )
        )
    points = ways.points_of(sites.spots, centres.plane, transforms)
    there = np.isfinite(points).all(axis=1)
    lost = np.flatnonzero(~there).tolist()
    if len(lost) == len(points):
        raise InputError(
            tr(
                "None of the venues has a place on the map: check their geometries, and the "
                "reference system of VENUES."
            )
        )
    if lost:
        log(
            tr("{n:,} venues have no place on the map and reach nobody: {names}.").format(
                n=len(lost), names=sites.called(lost)
            )
        )
    known = centres.points[np.isfinite(centres.points).all(axis=1)]
    far = np.zeros(len(points))
    far[there], _ = cKDTree(known).query(points[there])
    away = np.flatnonzero(far > OFF_THE_MAP).tolist()
    if away:
        log(
            tr(
                "{n:,} venues are more than {km:g} km away from all areas: {names}. Check their "
                "coordinates and the reference system of VENUES."
            ).format(n=len(away), km=OFF_THE_MAP / 1000, names=sites.called(away))
        )
    return points


def way_along(
    source: Any, centres: Centres, sites: Sites, transforms: Any, feedback: Any, log: Log
) -> tuple[ways.Along, tuple[int, int]]:
    """Return shortest ways along lines, and how many areas and venues lie aside of them."""
    import numpy as np

    from ...layers.network import read_network

    places, _ = straight_way(centres, sites, transforms, log)
    areas, venues = places.known
    points = np.concatenate([places.areas[areas], places.venues[venues]])
    network = read_network(source, centres.plane, transforms, points[:, 0], points[:, 1], feedback)
    feedback.setProgress(40)
    log(
        tr("Network: {edges:,} stretches between {vertices:,} points.").format(
            edges=network.edges.nnz // 2, vertices=network.edges.shape[0]
        )
    )
    if network.parts > 1:
        log(
            tr(
                "Areas and venues lie on {n:,} parts of the network with no way between them: "
                "lines that cross without a common point are not joined."
            ).format(n=network.parts)
        )
    aside = network.aside > ASIDE
    far_areas = areas[aside[: len(areas)]].tolist()
    far_venues = venues[aside[len(areas) :]].tolist()
    if far_areas or far_venues:
        log(
            tr(
                "More than {m:g} m from the nearest line: {areas:,} areas and {venues:,} venues "
                "({names}). The straight line to the network is counted as part of their way."
            ).format(
                m=ASIDE,
                areas=len(far_areas),
                venues=len(far_venues),
                names=sites.called(far_venues) or tr("no venue"),
            )
        )
    way = ways.Along(places, network, lambda share: feedback.setProgress(40 + 20 * share))
    return way, (len(far_areas), len(far_venues))


def way_told(
    table: Any, areas: Areas, sites: Sites, sought: Sought, asked: Asked, log: Log
) -> tuple[ways.Told, int]:
    """Return the travel times of a table, and how many areas do not stand in it."""
    import numpy as np

    matrix = read_matrix(table, areas, sites, log)
    wanted = (sought.people.fillna(0) > 0).to_numpy()
    lost = np.flatnonzero(wanted & ~matrix.areas)
    if len(lost):
        codes = [str(code) for code in areas.codes.iloc[lost].fillna(tr("without a code"))]
        share = 100 * (1 - len(lost) / wanted.sum())
        text = tr("{table}: {n:,} of {all:,} areas with people sought stand in no row: {codes}.")
        text = text.format(
            table=matrix.name, n=len(lost), all=int(wanted.sum()), codes=some(codes, 8)
        )
        if share < asked.min_match:
            raise InputError(
                text
                + " "
                + tr(
                    "Add their rows, or lower MIN_MATCH ({least:g} %): they then count as not "
                    "reached."
                ).format(least=asked.min_match)
            )
        log(f"{text} {tr('They count as not reached.')}")
    pairs = len(areas.ids) * len(sites) - len(matrix.time)
    if pairs:
        log(
            tr("{table}: {n:,} pairs of area and venue have no time; not within reach.").format(
                table=matrix.name, n=pairs
            )
        )
    refuse_other_unit(matrix, asked.reach)
    return ways.Told(matrix, (len(areas.ids), len(sites))), len(lost)


# --- what is written


def area_results(plan: Plan, settings: dict[str, Any]) -> Results:
    """Return the fields of the areas, and what is kept with them."""
    import numpy as np
    import pandas as pd

    from ..hiding.protection import whole_if_whole

    there = np.isfinite(plan.distance)
    names = np.array([*plan.sites.names, None], dtype=object)
    placed = _placed(plan)
    within = pd.Series(plan.within.astype(int), dtype="Int64").where(placed)
    decimals = 0 if plan.way.unit == ways.METRES else 1
    frame = pd.DataFrame(
        {
            "reach_people_n": whole_if_whole(plan.sought.people.reset_index(drop=True)),
            "reach_within": within,
            "reach_venue": pd.Series(names[plan.nearest], dtype=object).where(there, None),
            "reach_distance": pd.Series(plan.distance).where(there).round(decimals),
        }
    )
    aliases = {
        "reach_people_n": tr("People sought: {title}").format(title=plan.sought.title),
        "reach_within": tr("Within {reach:g} {unit} of a chosen venue (1/0)").format(
            reach=plan.asked.reach, unit=plan.way.unit
        ),
        "reach_venue": tr("Nearest chosen venue"),
        "reach_distance": tr("To the nearest chosen venue ({unit})").format(unit=plan.way.unit),
    }
    sought = plan.sought
    results = Results(pd.concat([frame, sought.beside], axis=1), aliases)
    results.sources = [*sought.sources, _source(plan, ("reach_people_n",))]
    results.plans = {"venues": settings}
    results.made_as = "REACHED"
    results.replaced = lambda name: name in AREA_FIELDS or sought.drops(name)
    return results


def _placed(plan: Plan) -> Any:
    """Return which areas have a place, or stand in the table."""
    import numpy as np

    if plan.centres is not None:
        return np.isfinite(plan.centres.points).all(axis=1)
    return np.asarray(plan.way.matrix.areas)  # type: ignore[attr-defined]


def venue_results(plan: Plan, settings: dict[str, Any]) -> Results:
    """Return the fields of the venues, and what is kept with them."""
    import numpy as np
    import pandas as pd

    from ..hiding.protection import whole_if_whole

    number = len(plan.sites)
    order, new = np.full(number, np.nan), np.full(number, np.nan)
    order[plan.found.chosen] = np.arange(1, len(plan.found.chosen) + 1)
    new[plan.found.chosen] = plan.found.new
    frame = pd.DataFrame(
        {
            "venue_chosen": pd.Series(np.isfinite(order).astype(int), dtype="Int64"),
            "venue_kept": pd.Series(plan.sites.kept.astype(int), dtype="Int64"),
            "venue_order": pd.Series(order).astype("Int64"),
            "venue_reach_n": whole_if_whole(pd.Series(plan.reaches)),
            "venue_new_n": whole_if_whole(pd.Series(new)),
        }
    )
    title, reach, unit = plan.sought.title, plan.asked.reach, plan.way.unit
    aliases = {
        "venue_chosen": tr("Chosen (1/0)"),
        "venue_kept": tr("Kept, as it is there already (1/0)"),
        "venue_order": tr("Order: kept ones, then those that add most"),
        "venue_reach_n": tr("{title} within {reach:g} {unit}").format(
            title=title, reach=reach, unit=unit
        ),
        "venue_new_n": tr("Of these not reached by venues before it in the order"),
    }
    results = Results(frame, aliases, [_source(plan, ("venue_reach_n", "venue_new_n"))])
    results.plans = {"venues": settings}
    results.replaced = lambda name: name in VENUE_FIELDS
    return results


def _source(plan: Plan, fields: Sequence[str]) -> Source:
    sought = plan.sought
    title = tr("People within reach of venues: {title}").format(title=sought.title)
    return Source(title, sought.attribution, tuple(fields), sought.rule or NONE)
