"""Disease prevalence as published for areas: a row for each area and indicator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..layers.errors import InputError
from ..taxonomies.headings import plain, without_unit
from ..taxonomies.model import STATISTIC_TITLES, Taxonomy
from .inputs import Results, Source, check_match, recoded
from .messages import Log, some, tr
from .reading import Found, read_rows, refuse_wrong

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas

TAIL = re.compile(r"\s*[(,].*$")  # "(17+ yrs)" and the like after an indicator's name
PERSONS = "PERSONS"
SMALL_SHARE = 1.0  # per cent; where nothing is above it, shares may be of 1


def published_prevalence(
    found: Sequence[Found], areas: Areas, *, rule: str, min_match: float, log: Log
) -> Results:
    """Return ``prev_*`` for the areas, in their order, from tables that give them by area."""
    import pandas as pd

    taxonomy = found[0].taxonomy
    codes = pd.Index(areas.codes.dropna())
    rows, periods = _rows(found, taxonomy, codes, log)
    check_match(found, areas, codes, pd.Index(rows["area"].unique()), min_match, log)
    results = Results(pd.DataFrame(index=range(len(areas.ids))))
    columns = {}
    for item in taxonomy.raw["categories"]:
        own = rows[rows["register"] == item["id"]].set_index("area").reindex(areas.codes)
        if item["id"] not in periods:
            continue
        for statistic, values in _statistics(own, rule, found[0]).items():
            name = taxonomy.field(item["id"], statistic)
            columns[name] = values.array
            title = f"{tr(item['label'])}{periods[item['id']]} ({tr(STATISTIC_TITLES[statistic])})"
            results.aliases[name] = title
    results.frame = pd.DataFrame(columns, index=results.frame.index)
    note = tr("Disease figures as published for these areas. They count diagnosed people.")
    log(note)
    results.sources.append(Source.of(taxonomy, columns, rule, note))
    return results


def _rows(
    found: Sequence[Found], taxonomy: Taxonomy, codes: pd.Index, log: Log
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return one row for each area and register, and what to say of each register's rows."""
    import pandas as pd

    frames = []
    for one in found:
        frame, cells = read_rows(one)
        refuse_wrong(one, cells)
        frames.append(_scaled(frame, one, log))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows.get("category", pd.Series("", index=rows.index)).fillna("") == ""]
    rows["register"] = _registers(rows["indicator"], taxonomy, found[0], log)
    rows = rows[rows["register"].notna()]
    if "sex" in rows and (rows["sex"] == PERSONS).any():
        rows = rows[rows["sex"] == PERSONS]
    rows, said = _latest(rows, log)
    if "age" in rows:
        for register, ages in rows.groupby("register")["age"].unique().items():
            said[register] = f", {ages[0].lower()}" + said[register] if ages[0] else said[register]
    doubled = rows.duplicated(["area", "register"]) & rows["area"].isin(codes)
    if doubled.any():
        first = rows[doubled].iloc[0]
        raise InputError(
            tr(
                "{table}, row {row}: {area} has {indicator} twice. Keep one age group, sex and "
                "period for each indicator."
            ).format(
                table=found[0].table.name,
                row=int(first["row"]),
                area=first["area"],
                indicator=some([f"'{first['indicator']}'"]),
            )
        )
    rows = rows.drop_duplicates(["area", "register"])
    wanted = recoded(codes, pd.Index(rows["area"].unique()), found[0].table.name, log)
    return rows.assign(area=rows["area"].replace(wanted)) if wanted else rows, said


def _registers(indicators: pd.Series, taxonomy: Taxonomy, found: Found, log: Log) -> pd.Series:
    known = {}
    for item in taxonomy.raw["categories"]:
        for name in (item["code"], item["label"], *item.get("also", ())):
            known.setdefault(TAIL.sub("", plain(name)), item["id"])
    meant = {name: known.get(TAIL.sub("", plain(name))) for name in indicators.unique()}
    strange = [f"'{name}'" for name, register in meant.items() if register is None]
    if len(strange) == len(meant):
        raise InputError(
            tr("{table}: none of its indicators is a known register: {names}.").format(
                table=found.table.name, names=some(strange, 5)
            )
        )
    if strange:
        log(
            tr("Indicators that are no known registers, left out: {names}.").format(
                names=some(strange, 5)
            )
        )
    return indicators.map(meant)


def _latest(rows: pd.DataFrame, log: Log) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows of each register's latest period, and that period in words."""
    registers = rows["register"].unique()
    if "period" not in rows:
        return rows, dict.fromkeys(registers, "")
    latest = rows.groupby("register")["period"].max()
    older = rows["period"] < rows["register"].map(latest)
    if older.any():
        log(
            tr("Of several periods the latest is taken: {periods}.").format(
                periods=some([f"{r.upper()} {p}" for r, p in latest.items()], len(latest))
            )
        )
    return rows[~older], {r: f", {latest[r]}" for r in registers}


def _scaled(frame: pd.DataFrame, found: Found, log: Log) -> pd.DataFrame:
    """Return rows whose value and limits are per cent; counts tell which they are, if there."""
    if "value" not in frame:
        return frame
    factor = 1.0
    at = found.what.columns["value"][0]
    heading = plain(found.what.headings[at])
    said = without_unit(heading) or (heading, "")
    if {"count", "denominator"} <= set(frame.columns):
        ratio = (frame["value"] / (frame["count"] / frame["denominator"])).median()
        factor = 100.0 if ratio < 10 else 1.0
    elif said[0] in ("proportion", "prop"):
        factor = 100.0
    elif frame["value"].max() <= SMALL_SHARE:
        log(
            tr(
                "{table}: no figure is above 1; taken as per cent. If they are shares of 1, head "
                "the column 'proportion'."
            ).format(table=found.table.name)
        )
    for name in {"value", "lower", "upper"} & set(frame.columns):
        frame[name] = frame[name] * factor
    return frame


def _statistics(own: pd.DataFrame, rule: str, found: Found) -> dict[str, pd.Series]:
    """Return what can be said of one register: count, per cent and limits."""
    from ..methods.composition import share_columns

    counted = {"count", "denominator"} <= set(own.columns)
    if rule != "none" and not counted:
        raise InputError(
            tr(
                "{table} has no counts with their denominators, so small counts cannot be told and "
                "not be hidden ({rule})."
            ).format(table=found.table.name, rule=rule)
        )
    made: dict[str, pd.Series] = {}
    if counted:
        made = share_columns(own["count"], own["denominator"], [*STATISTIC_TITLES], rule)
    if rule == "none":  # the published figures themselves, which may be more exact
        names = {"pct": "value", "pct_lo": "lower", "pct_hi": "upper"}
        for statistic, column in names.items():
            if column in own:
                old = made.get(statistic, own[column])
                made[statistic] = own[column].where(own[column].notna(), old)
        if "count" in own and "n" not in made:
            made["n"] = own["count"]
    return {name: made[name] for name in STATISTIC_TITLES if name in made}
