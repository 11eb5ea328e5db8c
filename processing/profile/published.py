"""Disease prevalence as published for areas: a row for each area and indicator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...layers.errors import InputError
from ...taxonomies.headings import plain, without_unit
from ...taxonomies.model import STATISTIC_TITLES, Taxonomy
from ..inputs import Results, Source, check_match
from ..messages import Log, some, tr
from ..reading import Found, read_rows, refuse_wrong
from ..same_places import recoded

if TYPE_CHECKING:
    import pandas as pd

    from ...layers.areas import Areas

# the ages at the end of an indicator's name: "(17+ yrs)", "(all ages)", ", all ages"
TAIL = re.compile(r"\s*(\([^()]*(yrs|years|ages|\d\+)[^()]*\)|, (all ages|aged [^,]*))$")
YEAR = re.compile(r"\d{4}")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CLOSE = 0.01  # per cent, beside what rounding explains
FINEST, TINY = 6, 1e-9
PERSONS = "PERSONS"
SMALL_SHARE = 1.0  # where nothing is above it, shares may be of 1, not of 100


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
    for number, one in enumerate(found):
        frame, cells = read_rows(one)
        refuse_wrong(one, cells)
        frame["register"] = _registers(frame["indicator"], taxonomy, one, log)
        frame = frame[frame["register"].notna()]
        if "category" in frame:  # breakdowns of a whole area, such as by deprivation
            frame = frame[frame["category"].fillna("") == ""]
        wanted = recoded(codes, frame["area"], one.table.name, log)
        frames.append(frame.assign(area=frame["area"].replace(wanted), file=number))
    rows = pd.concat(frames, ignore_index=True)
    inside = rows["area"].isin(codes)
    rows = rows[inside] if inside.any() else rows  # else the error says what areas it has
    rows, sexes = _persons(rows, log)
    rows, said = _latest(rows, log)
    said = {register: text + sexes.get(register, "") for register, text in said.items()}
    parts = [
        _as_per_cent(part, _heading(found[number]), found[number].table.name, log)
        for number, part in rows.groupby("file")
    ]
    rows = pd.concat(parts, ignore_index=True)
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
    return rows.drop_duplicates(["area", "register"]), said


def _heading(found: Found) -> str:
    """Return the plain heading of the values, which may say that they are proportions."""
    places = found.what.columns.get("value")
    return plain(found.what.headings[places[0]]) if places else ""


def _persons(rows: pd.DataFrame, log: Log) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows of all persons, and what to say of registers that are of one sex alone."""
    if "sex" not in rows:
        return rows, {}
    both = rows["sex"].eq(PERSONS).groupby(rows["register"]).transform("any")
    alone = rows[~both].groupby("register")["sex"].first()
    said = {register: f", {sex.lower()}" for register, sex in alone.items() if sex}
    if said:
        log(
            tr("Not published for all persons, so taken as it is: {names}.").format(
                names=some([f"{register.upper()}{text}" for register, text in said.items()])
            )
        )
    return rows[~both | rows["sex"].eq(PERSONS)], said


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
    """Return the rows of each register's latest period that most areas have, and its name."""
    registers = rows["register"].unique()
    if "period" not in rows:
        return rows, dict.fromkeys(registers, "")
    when = rows["period"].map({text: _when(text) for text in rows["period"].unique()})
    areas = rows.groupby(["register", when])["area"].nunique().rename("areas").reset_index()
    best = areas.sort_values(["areas", "period"]).groupby("register")["period"].last()
    older = when != rows["register"].map(best)
    said = {register: text for register, (*_, text) in best.items()}
    if older.any():
        log(
            tr("Of several periods the latest that most areas have is taken: {periods}.").format(
                periods=some([f"{r.upper()} {p}" for r, p in said.items()], len(said))
            )
        )
    return rows[~older], {register: f", {text}" for register, text in said.items()}


def _when(text: str) -> tuple[int, int, str]:
    """Return a period as year, month and text, to sort by: '2022/23', 'March 2024'."""
    years = YEAR.findall(text)
    month = next((n for n, name in enumerate(MONTHS, 1) if name in text.lower()), 0)
    return int(years[0]) if years else 0, month, text


def _as_per_cent(rows: pd.DataFrame, heading: str, table: str, log: Log) -> pd.DataFrame:
    """Return rows whose value and limits are per cent, for each register by itself.

    Counts over denominators tell whether values are of 1 or of 100; without them the heading.

    Raises:
        InputError: where a value is neither.
    """
    if "value" not in rows:
        return rows
    import pandas as pd

    named = (without_unit(heading) or (heading, ""))[0]
    factor = pd.Series(100.0 if named in ("proportion", "prop") else 1.0, index=rows.index)
    if {"count", "denominator"} <= set(rows.columns):
        counted = 100 * rows["count"] / rows["denominator"]
        known = counted.notna() & rows["value"].notna() & (counted > 0)
        ratio = (counted / rows["value"].where(rows["value"] > 0))[known]
        usual = ratio.groupby(rows["register"]).median()
        factor = rows["register"].map(usual.gt(10).map({True: 100.0, False: 1.0})).fillna(factor)
        last_digit = 0.5 * 10.0 ** -_decimals(rows["value"])  # rounded, as counts may be to 5
        room = CLOSE + 0.02 * counted + last_digit * factor + 100 * 2.5 / rows["denominator"]
        off = known & ((rows["value"] * factor - counted).abs() > room)
        if off.any():
            _refuse_value(rows[off].iloc[0], table)
        untold = set(rows["register"]) - set(usual.index)
    else:
        untold = set(rows["register"])
    top = (rows["value"] * factor).groupby(rows["register"]).max()
    small = sorted(r for r in untold if top.get(r, SMALL_SHARE + 1) <= SMALL_SHARE)
    if small:
        log(
            tr(
                "{table}: no figure of {registers} is above 1; taken as per cent. If they are "
                "shares of 1, head the column 'proportion'."
            ).format(table=table, registers=some([name.upper() for name in small]))
        )
    columns = [name for name in ("value", "lower", "upper") if name in rows]
    return rows.assign(**{name: rows[name] * factor for name in columns})


def _decimals(values: pd.Series) -> int:
    """Return to how many decimals figures are given."""
    known = values.dropna()
    return next((n for n in range(FINEST) if (known - known.round(n)).abs().max() < TINY), FINEST)


def _refuse_value(row: pd.Series, table: str) -> None:
    raise InputError(
        tr(
            "{table}, row {row}: the value {value:g} of {area} is no share of its count {count:g} "
            "over {base:g}: neither of 1 nor of 100. Is it a rate of something else?"
        ).format(
            table=table,
            row=int(row["row"]),
            value=row["value"],
            area=row["area"],
            count=row["count"],
            base=row["denominator"],
        )
    )


def _statistics(own: pd.DataFrame, rule: str, found: Found) -> dict[str, pd.Series]:
    """Return what can be said of one register: count, per cent and limits."""
    from ...methods.composition import share_columns

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
