"""What quotas come to: fields, a table of areas and groups, what is kept with the layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..attribution import together
from ..compare.protected import holds_true_counts, protected_sources
from ..hiding.protection import whole_if_whole
from ..inputs import MADE_OF_FIGURES, Results, Source
from ..messages import tr
from .asked import BASE, HAVE, INVITE, POINTS, PREFIX, QUOTA, TARGET, field_of
from .planned import REST, Planned
from .words import by_chance, population

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"  # the group of everybody, in the table


def groups_of(made: Planned) -> dict[str, str]:
    """Return the groups with their titles: those chosen, and all others where there are some."""
    if made.cells is None:
        return {}
    titles = {name: made.ground.title(name) for name in made.asked.groups}
    return {**titles, REST: tr("All others")} if made.cells.rest else titles


def results_of(made: Planned, lines: list[str]) -> Results:
    """Return the fields to write, and with a rule the protected ones of the layer beside them."""
    import pandas as pd

    frame, known = frame_of(made), made.ground.compared.known
    source = _source(made, [*frame], lines)
    results = Results(frame, aliases(made), [source], plans={"quotas": plan_of(made, lines)})
    hides = made.asked.rule != "none"
    if hides:
        results.frame = pd.concat([made.ground.frame, frame], axis=1)
        shown = [*made.ground.frame.columns]
        results.sources += protected_sources(known, shown, made.asked.rule)
        results.sources += _own_source(made, shown)
    told = MADE_OF_FIGURES if hides and holds_true_counts(known) else ()
    results.replaced = lambda name: name.lower().startswith((PREFIX, *told))
    return results


def frame_of(made: Planned) -> pd.DataFrame:
    """Return the fields ``quota_*``, a row per area."""
    import pandas as pd

    columns = {BASE: made.base, HAVE: made.have, TARGET: made.target, QUOTA: made.quota}
    if made.invite is not None:
        columns[INVITE] = made.invite
    columns |= {field_of(name): made.by_group[name] for name in groups_of(made)}
    whole = {name: whole_if_whole(values.astype(float)) for name, values in columns.items()}
    if made.margin is not None:
        whole[POINTS] = made.margin
    return pd.DataFrame(whole)


def aliases(made: Planned) -> dict[str, str]:
    """Return the titles of the fields in words."""
    asked = made.asked
    titles = {
        BASE: tr("Quota of: {people}").format(people=population(made)),
        HAVE: tr("Replies had that count towards the quota"),
        TARGET: tr("Replies to have in the end"),
        QUOTA: tr("Replies to win"),
        INVITE: tr("People to ask, if {rate:g} % of them reply").format(rate=asked.rate or 0),
        POINTS: tr(
            "Margin in the area with the replies in the end, ± percentage points at {level:g} %"
        ).format(level=asked.confidence),
    }
    groups = {
        field_of(name): tr("Replies to win: {group}").format(group=title)
        for name, title in groups_of(made).items()
    }
    have = {*frame_of(made)}
    return {name: text for name, text in {**titles, **groups}.items() if name in have}


def table_of(made: Planned, codes: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Return a row per area and group; per area where there are no groups.

    People to ask are told by area alone: those of the groups, each rounded up, would be more.
    """
    import pandas as pd

    rows = made.quota.notna()
    place = pd.DataFrame({"area_code": codes, "area_name": names})[rows]
    groups = groups_of(made)
    if made.cells is None:
        frame = frame_of(made)[rows].rename(columns=lambda name: name.removeprefix(PREFIX))
        frame = frame.rename(columns={"n": "quota_n"})
        place = place.assign(group=ALL, group_title=population(made))
        return (
            pd.concat([place, frame], axis=1).assign(rule=made.ground.rule).reset_index(drop=True)
        )
    parts = []
    for at, (name, title) in enumerate(groups.items()):
        won, known = made.by_group.loc[rows, name], made.cells.known[name]
        counted = made.cells.had[name].where(known) if made.cells.counted else won * math.nan
        cell = {
            "group": name,
            "group_title": title,
            "base_n": whole_if_whole(made.cells.people[name].where(known)),
            "have_n": whole_if_whole(counted),
            "target_n": whole_if_whole(counted + won),
            "quota_n": whole_if_whole(won),
            "rule": made.ground.rule,
        }
        parts.append(place.assign(**cell, _area=range(len(place)), _group=at))
    whole = pd.concat(parts).sort_values(["_area", "_group"], kind="stable", ignore_index=True)
    return whole.drop(columns=["_area", "_group"])


def group_totals(made: Planned) -> pd.DataFrame:
    """Return people, replies had and to win of each group, over all areas; had may be missing."""
    import pandas as pd

    if made.cells is None:
        return pd.DataFrame()
    names = [*groups_of(made)]
    people, won = made.cells.people[names].sum(), made.by_group[names].sum()
    had = made.cells.had[names].sum() if made.cells.counted else won * math.nan
    return pd.DataFrame(
        {
            "people": people,
            "share": 100 * people / people.sum(),
            "had": had,
            "had_share": 100 * had / had.sum() if had.sum() else had * math.nan,
            "target_share": 100 * (had + won) / (had + won).sum() if had.sum() else had * math.nan,
            "quota": won,
        }
    )


def plan_of(made: Planned, lines: list[str]) -> dict[str, Any]:
    """Return what is kept with the layer about its quotas."""
    asked, ground = made.asked, made.ground

    def told(value: float) -> float | None:
        return round(value, 3) if math.isfinite(value) else None

    return {
        "sentences": lines,
        "rule": ground.rule,
        "replies": bool(ground.observed),
        "target": asked.target,
        "allocation": asked.allocated,
        "precision": None if asked.parity else asked.precision,
        "margin": None if asked.parity else asked.margin,
        "confidence": None if asked.parity else asked.confidence,
        "reached": told(made.reached),
        "group_reached": {name: told(value) for name, value in made.group_reached.items()},
        "by_chance": by_chance(made),
        "total_asked": asked.total,
        "total": made.total,
        "areas": made.areas,
        "minimum": asked.minimum,
        "response_rate": asked.rate,
        "invite": None if made.invite is None else int(made.invite.sum()),
        "top_only": asked.top_only,
        "population": ground.population,
        "population_title": population(made),
        "observed": ground.observed,
        "groups": {field_of(name): title for name, title in groups_of(made).items()},
        "groups_counted": made.cells is not None and made.cells.counted,
        "apart_before_pct": told(100 * made.before),
        "apart_after_pct": told(100 * made.after),
    }


def numbers_of(made: Planned) -> dict[str, float]:
    """Return the outputs that are numbers; those that cannot be told are left out."""
    numbers = {
        "TO_WIN": float(made.total),
        "TO_ASK": float(made.invite.sum()) if made.invite is not None else math.nan,
        "AREAS": float(made.areas),
        "MARGIN_REACHED": made.reached,
    }
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _source(made: Planned, fields: list[str], lines: list[str]) -> Source:
    told = made.ground.compared.sources
    title = tr("Quotas: {n:,} replies to win in {areas:,} areas, of {people} ({field})").format(
        n=made.total,
        areas=made.areas,
        people=population(made),
        field=made.ground.population,
    )
    attribution = together(one.get("attribution", "") for one in told)
    return Source(title, attribution, tuple(fields), made.ground.rule, " ".join(lines))


def _own_source(made: Planned, shown: list[str]) -> list[Source]:
    """Return a source for protected counts that none is told of, so that they stay protected."""
    sources = made.ground.compared.known.provenance.get("sources", [])
    told = {name for one in sources for name in one.get("fields", ())}
    left = tuple(name for name in shown if name not in told)
    return [Source(tr("Counts of this layer"), "", left, made.asked.rule)] if left else []
