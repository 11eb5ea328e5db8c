"""Replies placed in areas: by points, by postcodes, by codes; and why some are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies import areas as area_names
from ...taxonomies.postcodes import are_postcodes, compacted
from ..inputs import vintage_of_areas
from ..messages import Log, some, tr
from ..same_places import recoded

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ...layers.areas import Areas
    from ...layers.places import Placed, Points
    from .bridges import Bridge
    from .postcodes import Lookup

BLANK = "blank"
NOT_A_POSTCODE = "not a postcode"
UNKNOWN_POSTCODE = "unknown postcode"
NO_COORDINATES = "no coordinates"
NO_AREA = "no area in the lookup"
OUTSIDE = "outside the areas"
UNKNOWN_CODE = "unknown area code"
SPLIT = "area split since"
SEVERAL = "several points"
# what somebody can do about each reason
ADVICE = {
    BLANK: "nothing was given",
    NOT_A_POSTCODE: (
        "parts of postcodes, postcodes of other countries, whole addresses, several in a cell, or "
        "slips of the pen"
    ),
    UNKNOWN_POSTCODE: "made up, too new or too old for the lookup, or not covered by it",
    NO_COORDINATES: "the lookup says that it does not know where they are",
    NO_AREA: "the lookup names no area for them",
    OUTSIDE: "in a place that the layer of areas does not cover",
    UNKNOWN_CODE: "no code of these areas or of any that LOOKUP leads to them",
    SPLIT: "the code does not say in which part of it they are",
    SEVERAL: "a place of several points",
}
NOWHERE = -1
MOST_AREAS = 5  # named in a message


@dataclass(frozen=True)
class Placing:
    """Where each reply lies.

    Attributes:
        at: the row of the area, -1 for those not placed.
        reason: why a reply was not placed; empty for those that were.
        blind: areas whose replies cannot be told from those of their neighbours.
        notes: how they were placed, in words.
    """

    at: NDArray[np.int64]
    reason: NDArray[np.object_]
    blind: NDArray[np.bool_]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """What replies are placed on.

    Attributes:
        areas: the areas.
        bridge: from codes of other areas to theirs, None without LOOKUP.
        find: finds points in the areas: x, y and their reference system.
        log: takes a line.
    """

    areas: Areas
    bridge: Bridge | None
    find: Callable[..., Placed]
    log: Log


# --- three ways


def by_points(points: Points, ground: Ground) -> Placing:
    """Return where replies lie that are points."""
    import numpy as np

    there = np.isfinite(points.x) & np.isfinite(points.y)
    at = np.full(len(points.x), NOWHERE, dtype=np.int64)
    at[there], blind = _found(points.x[there], points.y[there], points.crs, ground)
    reason = np.where(points.several, SEVERAL, np.where(there, OUTSIDE, BLANK)).astype(object)
    reason[at != NOWHERE] = ""
    note = tr("Placed by their points.")
    return Placing(at, reason, blind, (note,))


def by_codes(codes: pd.Series, heading: str, ground: Ground) -> Placing:
    """Return where replies lie by the codes of areas.

    Args:
        codes: blank where there is none.
        heading: of their column.
    """
    import numpy as np

    known = codes.str.upper().where(codes != "")
    at, split, pieces = _by_code(known, heading, ground, False, None)
    reason = np.where(codes == "", BLANK, UNKNOWN_CODE).astype(object)
    test = _is_like(ground.areas)
    like = known.isin([code for code in known.dropna().unique() if test(code)]).to_numpy()
    reason[like] = OUTSIDE
    reason[split] = SPLIT
    note = tr("Placed by the area codes in {heading}.").format(heading=heading)
    if ground.bridge:
        note += " " + tr("Other areas' codes by {lookup}.").format(lookup=ground.bridge.name)
    return _blinded(at, reason, pieces, (note,), ground)


def by_postcodes(values: pd.Series, lookup: Lookup, ground: Ground) -> Placing:
    """Return where replies lie by postcodes: by the lookup's codes, else by its coordinates.

    Args:
        values: as people wrote them, blank where they did not.
    """
    import numpy as np
    import pandas as pd

    postcodes = compacted(values)
    different = pd.Index(postcodes.unique())
    there = lookup.frame.reindex(different)
    known = different.isin(lookup.frame.index)
    at = np.full(len(different), NOWHERE, dtype=np.int64)
    reason = np.where(are_postcodes(different.to_series()), UNKNOWN_POSTCODE, NOT_A_POSTCODE)
    reason = reason.astype(object)
    reason[different == ""] = BLANK
    pieces: frozenset[str] = frozenset()
    blind = np.zeros(len(ground.areas.ids), bool)
    notes: list[str] = []
    left = known.copy()
    if lookup.code_heading and _usable(lookup, ground):
        codes = there["code"].reset_index(drop=True)
        at, split, pieces = _by_code(
            codes, lookup.code_heading, ground, lookup.crs is not None, lookup.frame["code"]
        )
        reason[known & (at == NOWHERE)] = OUTSIDE
        reason[known & codes.isna().to_numpy()] = NO_AREA
        reason[split] = SPLIT
        left = known & (split | codes.isna().to_numpy())
        notes.append(
            tr("Placed by postcode with the area codes {heading} of {lookup}.").format(
                heading=lookup.code_heading, lookup=lookup.title
            )
        )
        if ground.bridge:
            notes.append(tr("Other areas' codes by {lookup}.").format(lookup=ground.bridge.name))
    if lookup.crs is not None and left.any():
        x, y = (there[axis].to_numpy(dtype=float) for axis in ("x", "y"))
        some_place = left & np.isfinite(x) & np.isfinite(y)
        reason[left & ~some_place] = NO_COORDINATES
        at[some_place], without = _found(x[some_place], y[some_place], lookup.crs, ground)
        blind = without if not notes else blind
        reason[some_place] = OUTSIDE
        pieces = frozenset()  # coordinates tell the pieces apart
        notes.append(
            tr("Those that codes do not tell by its coordinates.")
            if notes
            else tr("Placed by postcode with the coordinates of {lookup}.").format(
                lookup=lookup.title
            )
        )
    number = different.get_indexer(postcodes)
    placing = _blinded(at[number], reason[number], pieces, tuple(notes), ground)
    return replace(placing, blind=placing.blind | blind)


def _found(x, y, crs, ground: Ground) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the row of the area of each point, and the areas in which none can be found.

    Each different point is looked for once.
    """
    import numpy as np

    pairs, number = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    placed = ground.find(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]), crs)
    for odd, text in (
        (placed.on_border, tr("{n:,} places lie exactly on a border of areas: each is counted in "
                              "the first of these.")),
        (placed.overlapped, tr("{n:,} places lie in several areas, as these overlap: each is "
                               "counted in the first of them. Check the layer of areas.")),
    ):  # fmt: skip
        if odd.any():
            ground.log(text.format(n=int(odd.sum())))
    return placed.at[number.reshape(-1)], placed.blind


# --- codes


def _by_code(
    codes: pd.Series, heading: str, ground: Ground, by_points_too: bool, of_lookup: pd.Series | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_], frozenset[str]]:
    """Return the row of the area of each code, which are split, and areas of such pieces.

    Args:
        codes: missing where there is none.
        heading: above them.
        ground: what they are placed on.
        by_points_too: whether coordinates place those that codes leave open.
        of_lookup: all codes of the lookup that they are from; None where replies say them.
    """
    import pandas as pd

    areas, bridge = ground.areas, ground.bridge
    rows = {code: row for row, code in enumerate(areas.codes) if isinstance(code, str)}
    different = pd.Index(codes.dropna().unique())
    codes = codes.replace(recoded(pd.Index(list(rows)), different, heading, ground.log))
    here, theirs = vintage_of_areas(areas), _vintage_of(different, heading, areas, of_lookup)
    other = bool(here and theirs and here != theirs)
    direct = codes.map(rows)
    if of_lookup is None and theirs is None:
        _say_doubt(codes, direct, heading, ground)
    if bridge is None:
        if other and not by_points_too:
            _refuse_other_vintage(codes, heading, rows, (here, theirs))
        split = codes.isin([])
        return direct.fillna(NOWHERE).to_numpy("int64"), split.to_numpy(), frozenset()
    led = codes.map(bridge.to).map(rows)
    split = codes.isin(bridge.split)
    if other:
        at = led.where(led.notna() | split, direct)
        pieces = bridge.pieces
    else:
        split &= direct.isna()
        at = direct.where(direct.notna(), led)
        pieces = bridge.pieces if split.any() else frozenset()
    return at.where(~split).fillna(NOWHERE).to_numpy("int64"), split.to_numpy(), pieces


def _vintage_of(
    codes: Iterable[str], heading: str, areas: Areas, of_lookup: pd.Series | None
) -> int | None:
    """Return the year that codes are of, None where nothing tells.

    A lookup that knows none of the areas made for 2021, and others of the layer, is of 2011.

    Args:
        codes: of the replies.
        heading: above them.
        areas: the areas.
        of_lookup: all codes of the lookup that they are from, if any.
    """
    if of_lookup is None:
        return area_names.vintage_of(codes, heading)
    everything = {*of_lookup.dropna().unique()}
    told = area_names.vintage_of(everything, heading)
    new = [code for code in areas.codes.dropna() if area_names.made_in_2021(code)]
    return 2011 if told is None and new and everything & {*areas.codes} else told


def _say_doubt(codes: pd.Series, direct: pd.Series, heading: str, ground: Ground) -> None:
    """Say where codes could be of 2011: none is of an area made for 2021, and some are of none."""
    found = {*codes[direct.notna()]}
    new = [code for code in ground.areas.codes.dropna() if area_names.made_in_2021(code)]
    lost = int((codes.notna() & direct.isna()).sum())
    if new and not found & {*new} and lost and ground.bridge is None:
        ground.log(
            tr(
                "CAUTION: no reply has the code of an area that was made for 2021 ({codes}), and "
                "{n:,} replies have codes that are none of the areas. If the codes in {heading} "
                "are of 2011, give the exact-fit lookup as LOOKUP: these areas seem to have no "
                "replies."
            ).format(codes=some(new, MOST_AREAS), n=lost, heading=heading)
        )


def _usable(lookup: Lookup, ground: Ground) -> bool:
    """Return whether the codes of a lookup are to be used: not those of another year alone.

    Nor where some areas have codes that it does not know, such as wards that were redrawn: by
    codes nobody would have replied there. Without coordinates that is said.
    """
    from ...layers.places import has_polygons

    here = vintage_of_areas(ground.areas)
    codes = lookup.frame["code"]
    theirs = _vintage_of([], lookup.code_heading, ground.areas, codes)
    if not ground.bridge and lookup.crs is not None and here and theirs and here != theirs:
        ground.log(
            tr(
                "{lookup}: its area codes are of {theirs} and the areas of {here}, so its "
                "coordinates are used."
            ).format(lookup=lookup.name, theirs=theirs, here=here)
        )
        return False
    if not (strange := _unknown_areas(codes, ground)):
        return True
    text = tr("{n:,} areas have codes that {lookup} does not know: {codes}.").format(
        n=len(strange), lookup=lookup.name, codes=some(strange, MOST_AREAS)
    )
    if lookup.crs is None or not has_polygons(ground.areas.source):
        ground.log(
            tr("CAUTION: {text} They seem to have no replies. Take a lookup of the same year that "
               "covers them.").format(text=text)
        )  # fmt: skip
        return True
    ground.log(
        tr("{text} By codes they would seem to have no replies, so its coordinates are used.")
        .format(text=text)
    )  # fmt: skip
    return False


def _unknown_areas(codes: pd.Series, ground: Ground) -> list[str]:
    """Return the areas that no code of a lookup is of, nor leads to."""
    known = {*codes.dropna().unique()}
    if ground.bridge:
        known |= {*ground.bridge.to.values(), *ground.bridge.pieces}
    mine = {*ground.areas.codes.dropna()} - known
    return sorted(code for code in mine if not known & {*area_names.same_place(code)})


def _refuse_other_vintage(codes: pd.Series, heading: str, rows, vintages) -> None:
    here, theirs = vintages
    concerned = sorted({*rows} - {*codes.dropna().unique()})
    newer = [code for code in concerned if area_names.made_in_2021(code)] or concerned
    raise InputError(
        tr(
            "The codes in {heading} are of {theirs} and the areas of {here}: areas that changed "
            "since would seem to have no replies ({n:,} areas are in question: {codes}). Give the "
            "exact-fit lookup between {theirs} and {here} as LOOKUP."
        ).format(
            heading=heading, theirs=theirs, here=here, n=len(newer), codes=some(newer, MOST_AREAS)
        )
    )


def _is_like(areas: Areas) -> Callable[[str], bool]:
    """Return a test for codes of the level of the areas, which are then of other places."""
    level = area_names.level_of(areas.codes.dropna())

    def like(code: str) -> bool:
        theirs = area_names.level_of([code]) if area_names.code_in(code) == code else None
        return bool(level and theirs and level.name == theirs.name)

    return like


def _blinded(at, reason, pieces: frozenset[str], notes, ground: Ground) -> Placing:
    """Return a placing in which areas whose replies cannot be told have none at all."""
    import numpy as np

    areas = ground.areas
    blind = areas.codes.isin(pieces).to_numpy()
    if blind.any():
        lost = (at != NOWHERE) & blind[at]
        at, reason = np.where(lost, NOWHERE, at), reason.copy()
        reason[lost] = SPLIT
        ground.log(
            tr(
                "{n:,} areas are pieces of areas that were split or recut, and the codes do not "
                "tell which piece a reply is from. Their counts are NULL, not 0: {codes}."
            ).format(n=int(blind.sum()), codes=some(sorted(areas.codes[blind]), 20))
        )
    reason = reason.copy()
    reason[at != NOWHERE] = ""
    return Placing(at, reason, blind, notes)
