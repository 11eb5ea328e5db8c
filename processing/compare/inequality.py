"""How a count is spread between groups that run from the most to the least deprived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[Any]

MOST_BANDS = 20  # groups that a field can bring with it; more different values are ranks
NAMES = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 10: "tenth"}
PLURALS = {2: "halves", 3: "thirds", 4: "quarters", 5: "fifths", 10: "tenths"}
OWN_ENDINGS = {"decile": 10, "quintile": 5, "quartile": 4, "tertile": 3}
# measures of the groups, in the order of the table
ORDERED = (
    *("ratio", "gap", "sii", "rii", "aci", "rci"),
    *("bgv", "theil", "mld", "idis", "par", "paf"),
)
UNORDERED = ("bgv", "theil", "mld", "idis")
SPREAD = ("dissimilarity", "isolation", "entropy")
IDS = {"idis": "idisp"}  # what the methods call it, where that is another name


@dataclass(frozen=True)
class Ranking:
    """The groups of the areas, 1 the most deprived.

    Attributes:
        group: of each area, missing where it has no rank.
        number: how many groups there can be, 0 where that is not known.
        about: how they came about, in words.
        national: whether they are those of a nation, not of the areas loaded.
    """

    group: pd.Series
    number: int
    about: str
    national: bool = False

    @property
    def one(self) -> str:
        """Return what a group is called: tenth, fifth, group of 7."""
        if self.number in NAMES:
            name = tr(NAMES[self.number])
            return tr("national {name}").format(name=name) if self.national else name
        return tr("group of {n}").format(n=self.number) if self.number else tr("group")

    @property
    def many(self) -> str:
        """Return what the groups are called together."""
        if self.number not in PLURALS:
            return tr("groups")
        name = tr(PLURALS[self.number])
        return tr("national {name}").format(name=name) if self.national else name


@dataclass(frozen=True)
class Groups:
    """Figures of the groups in which people live, the most deprived first.

    ``table`` has the columns group, areas, count, base, pct, pct_lo, pct_hi.
    """

    ranking: Ranking
    table: pd.DataFrame

    @property
    def lacking(self) -> list[int]:
        """Return the groups in which nobody lives here."""
        return [g for g in range(1, self.ranking.number + 1) if g not in set(self.table["group"])]

    def end(self, most: bool) -> str:
        """Return what the group at an end is called, honestly where the outermost has no people."""
        word = tr("most deprived") if most else tr("least deprived")
        here = int(self.table["group"].iloc[0 if most else -1])
        outermost = 1 if most else self.ranking.number
        if not self.ranking.number or here == outermost:
            return f"{word} {self.ranking.one}"
        return tr("{word} {one} with people here (number {n})").format(
            word=word, one=self.ranking.one, n=here
        )


def low_is_most_deprived(order: str, field: str, barrier: Mapping[str, str]) -> bool:
    """Return which end of a field is the most deprived.

    Args:
        order: ``low``, ``high`` or ``auto``.
        field: of the ranks, deciles or scores.
        barrier: field to ``more`` or ``less``, where a taxonomy says which means a barrier.

    Raises:
        InputError: where ``auto`` does not know the field.
    """
    if order != "auto":
        return order == "low"
    if barrier.get(field) in ("more", "less"):
        return barrier[field] == "less"
    raise InputError(
        tr(
            "RANK_FIELD: which end of {field} is the most deprived is not known. Set RANK_ORDER: "
            "low where small numbers are the most deprived (ranks, deciles), high where large "
            "ones are (scores)."
        ).format(field=field)
    )


def ranked(
    values: pd.Series, low: bool, groups: int, field: str, title: str, bands: int, log: Log
) -> Ranking:
    """Return the groups of the areas: those of the field itself, or quantiles of its values.

    Args:
        values: of the field; missing where an area has none.
        low: whether small values are the most deprived.
        groups: how many quantiles to make where the field has no groups of its own.
        field: its name.
        title: of the field in words.
        bands: how many bands of a nation the field is known to hold, else 0.
        log: takes how the groups came about.

    Raises:
        InputError: where there are too few areas, or only one group.
    """
    from ...methods.quantiles import quantile

    number = bands or _own_bands(values, field)
    if number is not None:
        ranking = _own(values, low, number, title, bool(bands))
        if groups != number:
            log(tr("GROUPS is not used: {field} has groups of its own.").format(field=field))
    else:
        known = int(values.notna().sum())
        placed = quantile(values, groups, invert=not low)
        if placed.isna().all():
            raise InputError(
                tr(
                    "RANK_FIELD: {n} areas have a value of {field}, too few for {groups} groups. "
                    "Set GROUPS to {n} at most, or rank more areas."
                ).format(n=known, field=field, groups=groups)
            )
        ranking = Ranking(placed, groups, "")
        about = tr("{many} of the {n:,} areas loaded, by {title}").format(
            many=ranking.many, n=known, title=title
        )
        ranking = Ranking(placed, groups, about)
    log(tr("Groups: {about}.").format(about=ranking.about))
    lost = int(ranking.group.isna().sum())
    if lost:
        log(tr("{n} areas have no rank and are in no group.").format(n=lost))
    return ranking


def _own_bands(values: pd.Series, field: str) -> int | None:
    """Return how many groups a field has of its own (0: not known), None where it has none."""
    known = values.dropna()
    if not len(known) or (known % 1 != 0).any():
        return None
    different = known.nunique()
    named = next((n for word, n in OWN_ENDINGS.items() if word in field.lower()), 0)
    if named and known.between(1, named).all():
        return named
    # ties among the ranks of a few areas are no bands
    if different > min(MOST_BANDS, len(known) / 2) or known.max() - known.min() >= MOST_BANDS:
        return None
    whole = known.min() >= 1 and known.max() in NAMES and different > known.max() / 2
    return int(known.max()) if whole else 0


def _own(values: pd.Series, low: bool, number: int, title: str, national: bool) -> Ranking:
    if number:
        group = values if low else number + 1 - values
    else:
        group = values.rank(method="dense", ascending=low)
        number = 0
    many = Ranking(group, number, "", national).many
    about = (tr("{many}, by {title}") if national else tr("the {many} that {title} holds")).format(
        many=many, title=title
    )
    return Ranking(group, number, about, national)


def grouped(count: pd.Series, base: pd.Series, ranking: Ranking, rule: str, log: Log) -> Groups:
    """Return the figures of the groups; counts of groups are protected by the rule.

    Raises:
        InputError: with fewer than two groups with people, or where a group's count must be hidden.
    """
    import pandas as pd

    from ...methods.disclosure import protect
    from ...methods.proportions import percent, wilson

    frame = pd.DataFrame({"group": ranking.group, "count": count, "base": base})
    frame = frame.dropna()
    frame = frame[frame["base"] > 0]
    by = frame.groupby(frame["group"].astype(int))
    table = by[["count", "base"]].sum().reset_index()
    table.insert(1, "areas", by.size().to_numpy())
    if len(table) < 2:
        raise InputError(
            tr("Only {n} of the groups has people: there is nothing to compare.").format(
                n=len(table)
            )
        )
    for name in ("count", "base"):
        table[name] = protect(table[name], rule)
    hidden = table.loc[table[["count", "base"]].isna().any(axis=1), "group"]
    if len(hidden):
        raise InputError(
            tr(
                "By the rule {rule} the counts of these groups must be hidden: {groups}. Use "
                "fewer, larger groups (GROUPS), or a figure that is less rare."
            ).format(rule=rule, groups=some(list(hidden)))
        )
    x, n = table["count"].to_numpy(dtype=float), table["base"].to_numpy(dtype=float)
    table["pct"] = percent(x, n)
    table["pct_lo"], table["pct_hi"] = wilson(x, n)
    groups = Groups(ranking, table)
    if groups.lacking:
        log(
            tr("Groups without people here: {groups}. All measures are over the others.").format(
                groups=some(groups.lacking)
            )
        )
    return groups


def measured(
    groups: Groups, favourable: bool, seed: int, repetitions: int
) -> tuple[pd.DataFrame, tuple[Floats, Floats] | tuple[()]]:
    """Return the measures of the groups by their ids, and the fitted line, if there is one."""
    from ...methods.inequality import logit_line, share_error, summary

    share, people = (groups.table[name].to_numpy(dtype=float) for name in ("pct", "base"))
    found = summary(
        share,
        people,
        share_error(share, people),
        favourable=favourable,
        seed=seed,
        repetitions=repetitions,
    )
    return _named(found, ORDERED), logit_line(share, people)


def unordered(count: pd.Series, base: pd.Series) -> pd.DataFrame:
    """Return the measures that need no order, each area being a group of its own."""
    from ...methods import inequality as methods

    both = count.notna() & base.gt(0)
    found = methods.unordered(count[both].to_numpy(dtype=float), base[both].to_numpy(dtype=float))
    return _named(found, UNORDERED)


def _named(found: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return measures by their names in the table, in order."""
    return found.loc[[IDS.get(name, name) for name in names]].set_axis(list(names))


def spread(count: pd.Series, base: pd.Series) -> pd.DataFrame:
    """Return how the people counted are spread over the areas; no limits are defined."""
    import pandas as pd

    from ...methods import structure

    both = count.notna() & base.gt(0)
    x, n = count[both], base[both]
    made = {
        "dissimilarity": 100 * structure.dissimilarity(x, n - x),
        "isolation": 100 * structure.isolation(x, n),
        "entropy": structure.information_index(pd.DataFrame({"with": x, "without": n - x})),
    }
    frame = pd.DataFrame({"estimate": pd.Series(made)}).loc[list(SPREAD)]
    return frame.assign(lower=float("nan"), upper=float("nan"))


def barriers(taxonomies) -> dict[str, str]:
    """Return field to ``more`` or ``less``, whichever of it means a greater barrier.

    Args:
        taxonomies: the likeliest first.
    """
    found: dict[str, str] = {}
    for taxonomy in taxonomies:
        for one in taxonomy.indicators if taxonomy.kind == "ranked" else ():
            if one.measure != "in_first_band":
                found.setdefault(taxonomy.field(one.id), one.barrier)
    return found


def national_bands(field: str, taxonomies) -> int:
    """Return how many bands of a nation a field holds, 0 where it holds none."""
    for taxonomy in taxonomies:
        for one in taxonomy.indicators if taxonomy.kind == "ranked" else ():
            if taxonomy.field(one.id) == field and one.measure == "band":
                return int(one.options["bands"])
    return 0
