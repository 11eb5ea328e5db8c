"""What is said about who replied: sentences, plainly, with limits and what they cannot say."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from ..compare.sentences import decimals_of, number
from ..messages import some, tr
from .represented import ELSEWHERE, KNOWN, TOTAL, UNKNOWN, Represented, title_of

if TYPE_CHECKING:
    import pandas as pd

UNDER, OVER, FEW = "under-represented", "over-represented", "too few to say"


def sentences(found: Represented) -> dict[str, str]:
    """Return a sentence on each group, by id."""
    rows = zip(found.groups.index, found.groups.to_dict("records"))
    return {name: _sentence(found.title(str(name)), row) for name, row in rows}


def summary(found: Represented) -> list[str]:
    """Return what was found in a few sentences, those with the most missing replies first."""
    told = sentences(found)
    text = [_answered(found)]
    under = found.of_class(UNDER).sort_values("shortfall", ascending=False, kind="stable")
    if len(under):
        text.append(tr("Fewer replies than their share of residents, most missing first:"))
        text += [told[str(name)] for name in under.index]
        text.append(_holds(found, under))
    else:
        text.append(tr("No group has clearly fewer replies than its share of residents."))
    over = found.of_class(OVER).sort_values("surplus", ascending=False, kind="stable")
    if len(over):
        text.append(tr("More replies than their share of residents:"))
        text += [told[str(name)] for name in over.index]
    few = found.of_class(FEW)
    if len(few):
        text.append(
            tr(
                "Too few to say (fewer than {n:g} replies expected, and not clearly below their "
                "share): {names}. Talk to them anyway; numbers cannot tell whether they were heard."
            ).format(n=found.asked.min_expected, names=_names(found, few))
        )
    text += _overall(found)
    return [line for line in [*text, hidden_in_words(found)] if line]


def _names(found: Represented, groups: pd.DataFrame) -> str:
    return some([found.title(str(name)) for name in groups.index], 20)


def _answered(found: Represented) -> str:
    known, everyone = found.all[KNOWN], found.all[TOTAL]
    text = tr("{known} of {all} replies say a group that can be compared").format(
        known=_count(known), all=_count(everyone)
    )
    share = 100 * found.all[UNKNOWN] / everyone if everyone else float("nan")
    if isfinite(share):
        text += tr("; {n} ({share} %) do not say").format(
            n=_count(found.all[UNKNOWN]), share=number(share, decimals_of(share))
        )
    if found.all[ELSEWHERE]:
        text += tr("; {n} say one that is not compared").format(n=_count(found.all[ELSEWHERE]))
    return text + "."


def _count(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else tr("a hidden number")


def _sentence(title: str, row: dict[str, Any]) -> str:
    if not isfinite(row["replies"]):
        return tr("{title}: hidden by the rule for small counts.").format(title=title)
    if row["class"] is None or row["class"] != row["class"]:
        return tr("{title}: no index, as no resident is counted in it.").format(title=title)
    text = tr(
        "{title}: {replies} replies where {expected} would be their share; index {index} ({low} to "
        "{high}): {what}."
    ).format(
        title=title,
        replies=_count(row["replies"]),
        expected=number(row["expected"], 0 if row["expected"] >= 10 else 1),
        index=number(row["index"], 0),
        low=number(row["index_lo"], 0),
        high=number(row["index_hi"], 0),
        what=tr(row["class"]),
    )
    if row["class"].endswith(UNDER):
        text += " " + tr("Missing replies: {n}.").format(n=_count(row["shortfall"]))
        if row["needed"] != row["shortfall"]:
            text += " " + tr(
                "More replies from this group alone that would bring it to its share: {n}."
            ).format(n=_count(row["needed"]))
    return text


def _holds(found: Represented, under: pd.DataFrame) -> str:
    """Return for which groups it holds whatever those would have said who did not."""
    unknown = found.all[UNKNOWN]
    if not unknown > 0:
        return ""
    sure = under[under["holds"].map(lambda value: value is not None and bool(value))]
    if not len(sure):
        return tr(
            "{n} people did not say their group: were they all of one group, none of these would "
            "be clearly under-represented any more. The index takes them to be like those who said."
        ).format(n=_count(unknown))
    return tr(
        "Even if all {n} who did not say were of that one group, these would stay "
        "under-represented: {names}. For the others the index takes those who did not say to be "
        "like those who did."
    ).format(n=_count(unknown), names=_names(found, sure))


def _overall(found: Represented) -> list[str]:
    text = []
    if isfinite(found.dissimilarity):
        text.append(
            tr(
                "For every group to have its share, {d} % of the replies would have to come from "
                "other groups (index of dissimilarity)."
            ).format(d=number(found.dissimilarity, 1))
        )
    weights = found.weights
    if weights is None:
        text.append(tr("Weights are not told, as they would tell counts that are hidden."))
        return text
    values = weights.raked.weights[~_missing(weights.raked.weights)]
    if not len(values):
        return text
    line = tr(
        "Weighted to the residents' shares ({margins}), {n} replies say as much as {size} equally "
        "weighted ones: design effect {effect}"
    ).format(
        margins=", ".join(weights.margins),
        n=_count(found.all[KNOWN] if found.hidden else len(values)),
        size=_count(weights.size),
        effect=number(weights.effect, 2 if found.hidden is None else 1),
    )
    if found.hidden is None:
        line += tr(", weights from {low} to {high}").format(
            low=number(values.min(), 2), high=number(values.max(), 2)
        )
    text.append(line + ". " + tr("Weights cannot make up for people who were not heard."))
    empty = [
        tr("{title} ({share} % of residents)").format(
            title=_title(found, heading, str(name)), share=number(share, decimals_of(share))
        )
        for heading, shares in weights.raked.empty.items()
        for name, share in shares.items()
    ]
    if empty:
        text.append(
            tr("Nobody replied of: {names}. No weight can stand for them.").format(
                names="; ".join(empty)
            )
        )
    return text


def _missing(values: Any) -> Any:
    import numpy as np

    return np.isnan(values)


def _title(found: Represented, heading: str, group: str) -> str:
    pair = next(one for one in found.pairs if one.heading == heading)
    return title_of(pair.taxonomy, group)


def hidden_in_words(found: Represented) -> str:
    """Return how many counts were hidden, not which are small; empty without a rule."""
    from ...methods.disclosure import RULES

    if found.hidden is None:
        return ""
    smallest, base = RULES[found.asked.rule]
    hidden = found.groups[found.groups["replies"].isna()]
    named = [
        tr("{title} ({expected} expected)").format(
            title=found.title(str(name)),
            expected=number(row["expected"], 0 if row["expected"] >= 10 else 1),
        )
        for name, row in hidden.iterrows()
        if isfinite(row["expected"])
    ]
    text = tr(
        "Counts of replies hidden by the rule {rule}: {n}, those of 1 to {limit} and others that "
        "would tell them. All others are to the nearest {base}, and every figure is made of these."
    ).format(
        rule=found.asked.rule,
        n=int((found.hidden.primary | found.hidden.secondary).to_numpy().sum()),
        limit=smallest - 1,
        base=base,
    )
    if not named:
        return text
    return f"{text} " + tr(
        "Nothing is said here of: {names}. They may be among the least heard: look at them without "
        "the rule, and keep that to yourself."
    ).format(names=some(named, 20))


def cautions(found: Represented) -> list[str]:
    """Return what the figures cannot say, and how they came about."""
    pair = found.pair
    text = [
        tr("Residents: {base}; {table}.").format(
            base=pair.residents.base, table=pair.residents.table
        ),
        tr(
            "If only some of them were asked, such as people of 16 and over, groups with many "
            "others (children) look quieter than they are. Compare with residents of those ages "
            "where they are published."
        ),
        tr(
            "All replies of the table count, from wherever they came. The index is 100 times the "
            "share of the replies that say a group over the share of residents; limits are those "
            "of Wilson at 95 %, “much” at 99.8 %. About one group in 40 falls below by chance "
            "alone."
        ),
        tr(
            "The figures say who replied, not why, nor what anybody thinks. Few replies are a "
            "question to those who asked: what stood in the way?"
        ),
    ]
    if pair.lost:
        text.append(
            tr("Not compared, as one of the two sides cannot tell them: {names}.").format(
                names=some(pair.lost, 12)
            )
        )
    return [*text, *found.notes]
