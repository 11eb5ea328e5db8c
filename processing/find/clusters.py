"""Clusters of like figures: who is whose neighbour, what is tested, and what it says in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import Cancelled, InputError
from ..attribution import together
from ..compare.counts import Known
from ..fields import area_named, protected_before
from ..inputs import Results, Source
from ..messages import some, tr
from .cluster_words import cannot_say, settings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ...layers.areas import Areas
    from ...methods.clusters import Local, Moran

FIELDS = (
    *("cluster_stat", "cluster_z", "cluster_p", "cluster_q"),
    *("cluster_class", "cluster_neighbours"),
)
FEWEST, FEW = 4, 30  # areas: fewer are refused; fewer are warned of
MOST_PAIRS = 2_500_000  # of neighbours: with more, permutations take minutes
SPREAD_BEFORE = "prev_"  # figures of practices spread over areas
MADE_WITH_PREVALENCE = ("sh_need", "sh_score", "sh_rank", "sh_p_top")
COARSE = ("voice_ratio",)  # of few replies, up and down by chance


@dataclass(frozen=True)
class Asked:
    """What the user asks for; distances in metres, 0 where none was given."""

    field: str
    method: str
    weights: str
    k: int
    distance: float
    snap: float
    permutations: int
    seed: int
    alpha: float
    correction: str

    @property
    def method_title(self) -> str:
        """Return the method in words."""
        return tr("local Moran") if self.method == "localmoran" else tr("Getis-Ord Gi*")

    @property
    def rule(self) -> str:
        """Return when an area is called significant."""
        if self.correction == "fdr":
            return tr("q (Benjamini-Hochberg) at most {alpha:g}").format(alpha=self.alpha)
        return tr("two-sided p at most {alpha:g}, without correction").format(alpha=self.alpha)


@dataclass(frozen=True)
class Neighbourhood:
    """Row-standardised weights between the areas that are tested, and how they came about."""

    weights: Any
    about: str
    number: NDArray[Any]
    components: NDArray[Any]

    @property
    def islands(self) -> int:
        """Return how many areas have no neighbour."""
        return int((self.number == 0).sum())

    @property
    def parts(self) -> int:
        """Return in how many connected parts the others lie."""
        return int((self.components > 1).sum())


@dataclass(frozen=True)
class Clusters:
    """What was found, a row for each area that was tested.

    Attributes:
        title: of the figure in words.
        asked: by the user.
        tested: rows of the layer.
        missing: areas without the figure or without a place.
        neighbours: of those tested.
        local: the statistic of each.
        q: by Benjamini-Hochberg, of the two-sided p.
        classes: in words.
        whole: Moran's I of all.
        known: whose figures they are.
    """

    title: str
    asked: Asked
    tested: NDArray[Any]
    missing: int
    neighbours: Neighbourhood
    local: Local
    q: NDArray[Any]
    classes: NDArray[Any]
    whole: Moran
    sources: tuple[Mapping[str, Any], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the classes there can be, in order."""
        from ...methods import clusters as methods

        kinds = methods.QUADRANTS if self.asked.method == "localmoran" else methods.SPOTS
        order = ("high-high", "low-low", "high-low", "low-high")
        return tuple(sorted(kinds, key=order.index)) if len(kinds) == len(order) else kinds

    @property
    def counted(self) -> dict[str, int]:
        """Return how many areas are in each class, every class named."""
        from ...methods.clusters import ISLAND, NOT_SIGNIFICANT

        every = (*self.names, NOT_SIGNIFICANT, ISLAND)
        return {name: int((self.classes == name).sum()) for name in every}

    @property
    def significant(self) -> int:
        """Return how many areas stand out."""
        return sum(self.counted[name] for name in self.names)

    @property
    def judged(self) -> int:
        """Return how many areas have a p."""
        return len(self.tested) - self.neighbours.islands

    @property
    def extreme(self) -> int:
        """Return how many areas are as extreme as permutations can show; 0 without correction."""
        if self.asked.correction != "fdr":
            return 0
        least = 2 / (self.asked.permutations + 1)
        return int((self.local.two_sided <= least * (1 + 1e-9)).sum())

    @property
    def least_q(self) -> float:
        """Return the q of those, the smallest there is."""
        return 2 / (self.asked.permutations + 1) * self.judged / max(self.extreme, 1)

    @property
    def attribution(self) -> str:
        """Return whose figures were tested."""
        return together(one.get("attribution", "") for one in self.sources)


# --- what may be tested -----------------------------------------------------------------------


def refuse_spread(field: str, known: Known) -> None:
    """Raise for figures of practices that were spread over areas, and for what is made of them.

    Raises:
        InputError: with the reason.
    """
    registers = {one.name for one in known.taxonomies if one.kind == "register"}
    maker = known.maker(field)
    told = [str(one.get("title", "")) for one in known.sources_of([field])]
    spread = [name for name in known.figures.titles if name.startswith(SPREAD_BEFORE)]
    of_these = {known.title(name) for name in spread if known.title(name) != name}
    if (
        field.lower().startswith(SPREAD_BEFORE)
        or (maker is not None and maker.kind == "register")
        or registers & {*told}
        or any(text.startswith(title) for text in told for title in of_these)
    ):
        raise InputError(
            tr(
                "{field} is refused: disease figures were spread from practices over the areas "
                "where their patients live, so that neighbours are alike by the way they were "
                "made, and would be found to cluster around every practice. Test a figure that was "
                "counted in each area, such as a share of a census."
            ).format(field=field)
        )


def refuse_words(areas: Areas, field: str) -> None:
    """Raise for a field of words, such as a class, in which there is no number at all.

    Raises:
        InputError: naming it.
    """
    import pandas as pd

    from ...layers.areas import read_columns
    from ...layers.values import TEXT

    at = areas.source.fields().lookupField(field)
    if at < 0 or areas.source.fields().at(at).type() != TEXT:
        return
    cells = read_columns(areas.source, [field], areas.cancelled)[field].dropna().astype(str)
    numbers = pd.to_numeric(cells.str.replace(",", "", regex=False), errors="coerce")
    if len(cells) and numbers.isna().all():
        raise InputError(
            tr(
                "FIELD: {field} holds words, not numbers. Choose a figure, such as the share or "
                "score that they were made of."
            ).format(field=field)
        )


def doubts(field: str, known: Known) -> list[str]:
    """Return what to be warned of before a figure is tested."""
    told = []
    if field in MADE_WITH_PREVALENCE and _holds_prevalence(known):
        told.append(
            tr(
                "{field} may hold disease prevalence, which was spread from practices over areas: "
                "neighbours are alike by the way it was made, and clusters of it are in part "
                "made by that. Test the figures it is made of, but prevalence, one by one."
            ).format(field=field)
        )
    if field in COARSE:
        told.append(
            tr(
                "{field} goes up and down by chance where few replies are expected, which hides "
                "clusters and makes single areas stand out. voice_shrunk is steadier; shrinking "
                "does not make neighbours alike, as it draws each towards the mean of all."
            ).format(field=field)
        )
    if field in known.figures.counts:
        told.append(
            tr(
                "{field} is a count: it is high where many people live. To find where something is "
                "common, test its share."
            ).format(field=field)
        )
    hidden = protected_before(known.provenance)
    if field in hidden or _count_of(field, known) in hidden:
        told.append(
            tr(
                "Small counts of {field} were hidden before, mostly low figures: areas without a "
                "figure are left out, and what is low is found less often than it should be."
            ).format(field=field)
        )
    return told


def _holds_prevalence(known: Known) -> bool:
    method = str(known.provenance.get("ranking", {}).get("method", "")).lower()
    beside = any(name.startswith(SPREAD_BEFORE) for name in known.figures.titles)
    return beside or "prevalence" in method or "diagnos" in method


def _count_of(field: str, known: Known) -> str:
    return next((share.count for share in known.figures.shares if share.field == field), "")


def refuse_too_few_draws(asked: Asked) -> None:
    """Raise where no area could be significant however extreme it is.

    Raises:
        InputError: with the permutations that it takes.
    """
    if 2 / (asked.permutations + 1) > asked.alpha:
        raise InputError(
            tr(
                "PERMUTATIONS: with {n:,} no two-sided p can be below {p:.4g}, so none is at most "
                "ALPHA ({alpha:g}). Take {least:,} or more."
            ).format(
                n=asked.permutations,
                p=2 / (asked.permutations + 1),
                alpha=asked.alpha,
                least=math.ceil(round(2 / asked.alpha, 6)) - 1,
            )
        )


def refuse_values(values: pd.Series, asked: Asked, areas: Areas) -> None:
    """Raise for figures in which nothing can be found.

    Args:
        values: of the areas that are tested, by their row.

    Raises:
        InputError: for too few areas, figures all the same, or Gi* of figures below 0.
    """
    field = asked.field
    if len(values) < FEWEST:
        raise InputError(
            tr(
                "{n} areas have a figure in {field}: too few to say what lies by what. At least "
                "{least} are needed, and {few} to find anything."
            ).format(n=len(values), field=field, least=FEWEST, few=FEW)
        )
    if values.max() - values.min() <= 1e-12 * values.abs().max():
        raise InputError(
            tr("{field} is the same in all {n} areas: nothing can cluster.").format(
                field=field, n=len(values)
            )
        )
    below = values.index[values < 0]
    if asked.method == "getisord" and len(below):
        raise InputError(
            tr(
                "{field} is below 0 in {n} areas ({codes}). Gi* is a share of the sum of all "
                "figures and means nothing there: take METHOD localmoran."
            ).format(
                field=field, n=len(below), codes=some([area_named(areas, row) for row in below], 5)
            )
        )


# --- neighbours -------------------------------------------------------------------------------


def neighbourhood(
    areas: Areas, geometries: list[Any], asked: Asked, transforms: Any, progress: Callable
) -> Neighbourhood:
    """Return who is whose neighbour among some areas.

    Args:
        areas: of the layer, for its reference system and the cancel button.
        geometries: of those that are tested.
        asked: kind of weights and their settings.
        transforms: how QGIS goes from one reference system to another.
        progress: told 0 to 1.

    Raises:
        InputError: where the layer has no polygons or no reference system, k is too large, or a
            distance makes neighbours of nearly everybody.
    """
    from ...methods import clusters as methods

    if asked.weights == "queen":
        binary, about = _queen(areas, geometries, asked, transforms, progress)
    else:
        binary, about = _by_place(areas, geometries, asked, transforms)
    weights = methods.row_standardised(binary)
    if not weights.nnz:
        raise InputError(
            tr(
                "No area has a neighbour ({about}). Take WEIGHTS knn, or where borders do not "
                "quite meet a SNAP of some metres."
            ).format(about=about)
        )
    return Neighbourhood(
        weights, about, methods.neighbours_of(weights), methods.components(weights)
    )


def _queen(areas, geometries, asked: Asked, transforms, progress) -> tuple[Any, str]:
    from ...layers import neighbours
    from ...methods import clusters as methods

    if not neighbours.are_polygons(areas):
        raise InputError(
            tr("WEIGHTS queen needs polygons, whose borders meet. Take knn or distance for points.")
        )
    pairs = neighbours.bordering(geometries, areas.cancelled, progress)
    about = tr("queen contiguity: areas that share a border or a point of it")
    if asked.snap > 0:
        found = len(pairs)
        moved = _in_metres(areas, geometries, transforms)
        pairs = neighbours.closer_than(moved, pairs, asked.snap, areas.cancelled, progress)
        about += " " + tr("or are within {snap:g} m of each other ({n:,} pairs more)").format(
            snap=asked.snap, n=len(pairs) - found
        )
    return methods.contiguity(pairs, len(geometries)), about


def _by_place(areas, geometries, asked: Asked, transforms) -> tuple[Any, str]:
    from ...layers import neighbours
    from ...methods import clusters as methods

    points = neighbours.centroids(_in_metres(areas, geometries, transforms))
    if asked.weights == "knn":
        if asked.k >= len(points):
            raise InputError(
                tr("K: {n} areas are tested, so each has {most} others at most; K is {k}.").format(
                    n=len(points), most=len(points) - 1, k=asked.k
                )
            )
        about = tr("the {k} nearest areas, by their centroids").format(k=asked.k)
        return methods.nearest(points, asked.k), about
    distance = asked.distance or methods.least_distance(points)
    pairs = methods.pairs_within(points, distance)
    if pairs > MOST_PAIRS:
        raise InputError(
            tr(
                "DISTANCE: within {distance:,.0f} m there are {pairs:,} pairs of areas, "
                "{mean:,.0f} neighbours each. Take a shorter one (areas further off become "
                "islands), or WEIGHTS knn."
            ).format(distance=distance, pairs=pairs, mean=2 * pairs / len(points))
        )
    about = tr("areas whose centroids are within {distance:,.0f} m of each other").format(
        distance=distance
    )
    if not asked.distance:
        about += " " + tr("(the shortest distance at which every area has a neighbour)")
    return methods.within(points, distance), about


def _in_metres(areas: Areas, geometries, transforms):
    from ...layers import neighbours

    crs = areas.source.sourceCrs()
    target = neighbours.metric_crs(crs, geometries, transforms)
    return neighbours.transformed(geometries, crs, target, transforms, areas.cancelled)


# --- tests ------------------------------------------------------------------------------------


def find(
    values: NDArray[Any], near: Neighbourhood, asked: Asked, tick: Callable[[float], bool]
) -> tuple[Local, NDArray[Any], NDArray[Any], Moran]:
    """Return the statistics, q, classes in words, and Moran's I.

    Args:
        values: of the areas tested.
        near: their neighbours.
        asked: method, permutations, seed, and what counts as significant.
        tick: told 0 to 1, returns whether to stop.

    Raises:
        Cancelled: when told to stop.
    """
    from ...methods import clusters as methods
    from ...methods.multiple import benjamini_hochberg

    moran = asked.method == "localmoran"
    measure = methods.local_moran if moran else methods.getis_ord_star
    names = methods.QUADRANTS if moran else methods.SPOTS
    drawn = {"permutations": asked.permutations, "seed": asked.seed}
    try:
        local = measure(values, near.weights, **drawn, tick=lambda share: tick(share / 2))
        whole = methods.moran(
            values, near.weights, **drawn, tick=lambda share: tick(0.5 + share / 2)
        )
    except methods.Stopped as stopped:
        raise Cancelled from stopped
    q = benjamini_hochberg(local.two_sided)
    judged = q if asked.correction == "fdr" else local.two_sided
    # a comparison with NaN, of islands, is False
    return local, q, methods.classes(local, names, judged <= asked.alpha), whole


def results(found: Clusters, number: int) -> Results:
    """Return the fields to write, NULL for areas that were not tested.

    Args:
        found: the clusters.
        number: of areas of the layer.
    """
    import pandas as pd

    local = found.local
    columns = {
        "cluster_stat": pd.Series(local.statistic, dtype=float),
        "cluster_z": pd.Series(local.z, dtype=float),
        "cluster_p": pd.Series(local.p, dtype=float),
        "cluster_q": pd.Series(found.q, dtype=float),
        "cluster_class": pd.Series(found.classes, dtype=object),
        "cluster_neighbours": pd.Series(found.neighbours.number, dtype="Int64"),
    }
    frame = pd.DataFrame(columns).set_axis(found.tested, axis=0).reindex(range(number))
    title, asked = found.title, found.asked
    source = Source(
        tr("{title}: clusters by {method}").format(title=title, method=asked.method_title),
        found.attribution,
        FIELDS,
        None,
        f"{settings(found)} {cannot_say(found)[0]}",
    )
    made = Results(frame, _aliases(title, asked), [source])
    made.replaced = lambda name: name.lower() in FIELDS
    return made


def _aliases(title: str, asked: Asked) -> dict[str, str]:
    words = {
        "cluster_stat": tr("{title}: {method}"),
        "cluster_z": tr("{title}: {method}, distance from chance in standard deviations"),
        "cluster_p": tr("{title}: {method}, p of one tail by permutation (twice it is judged)"),
        "cluster_q": tr("{title}: {method}, q by Benjamini-Hochberg, of twice p"),
        "cluster_class": tr("{title}: cluster by {method}, {rule}"),
        "cluster_neighbours": tr("{title}: neighbours it was compared with"),
    }
    return {
        name: text.format(title=title, method=asked.method_title, rule=asked.rule)
        for name, text in words.items()
    }
