"""Tables beside a ranking: what changes it, and what each figure adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages import tr

if TYPE_CHECKING:
    import pandas as pd

    from .ranked import Ranking


def sensitivity(ranking: Ranking) -> pd.DataFrame:
    """Return what one change at a time does to the ranking, with its title in words."""
    from ...methods.score import alternatives

    scheme = ranking.scheme
    table = alternatives(
        ranking.data,
        scheme.indicators,
        scheme.pillar_weights,
        ranking.top,
        ranking.reference,
        thresholds=scheme.thresholds(),
        placed=ranking.placed,
    )
    others = {
        "arithmetic": tr("Arithmetic mean between pillars, not geometric"),
        "z": tr("Z-scores cut at 3, not percentile ranks"),
        "minmax": tr("Place between the lowest and the highest, not percentile ranks"),
    }
    words = [
        others.get(change) or tr("Without: {title}").format(title=scheme.titles[field])
        for change, field in zip(table["change"], table["field"])
    ]
    table.insert(2, "title", words)
    return table


def contributions(ranking: Ranking) -> pd.DataFrame:
    """Return for each area the percentile of every indicator, and its part in the score.

    Parts are pillar weight x weight x percentile; they add up to the weighted arithmetic mean of
    the pillars, which is the score where the pillars are alike and a little above it elsewhere.
    """
    import pandas as pd

    from ...methods.score import contributions as parts_of

    scheme = ranking.scheme
    parts = parts_of(ranking.scored, scheme.indicators, scheme.pillar_weights)
    columns = {"code": ranking.codes}
    if ranking.question.names:
        columns["name"] = ranking.names
    columns["sh_rank"] = ranking.frame["sh_rank"]
    columns["sh_score"] = ranking.frame["sh_score"]
    for field in parts:
        columns[f"{field}_percentile"] = ranking.scored.percentiles[field]
        columns[f"{field}_part"] = parts[field]
    table = pd.DataFrame(columns)
    return table.sort_values("sh_rank", kind="stable", na_position="last")
