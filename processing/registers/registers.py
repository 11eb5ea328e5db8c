"""Disease registers of practices as the framework's files give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...taxonomies.model import Taxonomy
from ..messages import Log, some, tr
from ..reading import Found
from .registrations import all_rows

if TYPE_CHECKING:
    import pandas as pd


def read_registers(found: Sequence[Found], taxonomy: Taxonomy, log: Log) -> pd.DataFrame:
    """Return practice, register (its id), cases, list_type and list_size, a row for each pair.

    Raises:
        InputError: where no register is known, or rows of several years may be mixed.
    """
    frame, name = all_rows(found), found[0].table.name
    known = {item["code"]: item for item in taxonomy.raw["categories"]}
    strange = sorted(set(frame["register"]) - set(known))
    if strange:
        log(tr("Registers that are not known, left out: {names}.").format(names=some(strange)))
    frame = frame[frame["register"].isin(set(known))]
    if frame.empty:
        raise InputError(tr("{table}: none of its registers is known.").format(table=name))
    twice = frame[frame.duplicated(["practice", "register"])]
    if len(twice):
        pairs = (twice["practice"] + " " + twice["register"]).tolist()
        raise InputError(
            tr(
                "{table}: a practice has the same register twice: {pairs} (row {row}). Keep one "
                "year and one row for each."
            ).format(table=name, pairs=some(pairs), row=int(twice["row"].iloc[0]))
        )
    own = _bases(frame, name)
    _log_bases(own, known, taxonomy, log)
    ids = {code: item["id"] for code, item in known.items()}
    return frame.assign(
        list_type=frame["register"].map(own).fillna(""), register=frame["register"].map(ids)
    )


def _bases(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return the code of each register's ages; registers whose rows all lack one are left out.

    Raises:
        InputError: where practices count a register over different ages: rows of two years.
    """
    told = frame[frame["list_type"] != ""]
    own = told.groupby("register")["list_type"].first()
    other = told[told["list_type"] != told["register"].map(own)]
    if other.empty:
        return own
    row = other.iloc[0]
    raise InputError(
        tr(
            "{table}, row {row}: {register} is counted over {other} there and over {first} before. "
            "Ages change with the year, so rows of two years may be mixed: keep one year."
        ).format(
            table=name,
            row=int(row["row"]),
            register=row["register"],
            other=row["list_type"],
            first=own[row["register"]],
        )
    )


def _log_bases(own: pd.Series, known: Mapping[str, Any], taxonomy: Taxonomy, log: Log) -> None:
    """Log registers that the file counts over other ages than usual, and what year that tells."""
    titles = taxonomy.raw["age_bases"]
    other = []
    for code, base in own.items():
        item = known[code]
        changes = [one for one in item.get("earlier", ()) if one["age_base"] == base]
        if not changes:
            other += [code] if base != item["age_base"] else []
            continue
        text = tr("{register} ({label}) was last counted in {year}.")
        if base != item["age_base"]:
            text = tr(
                "{register} ({label}) is counted over {ages}, as up to {year}; later years count "
                "it over {usual} and do not compare."
            )
        log(
            text.format(
                register=code,
                label=tr(item["label"]),
                year=changes[0]["to"],
                ages=tr(titles[base]),
                usual=tr(titles[item["age_base"]]),
            )
        )
    if other:
        log(
            tr(
                "The file counts these registers over other ages than the framework's usual ones; "
                "its own are used: {names}."
            ).format(names=some(sorted(other)))
        )
