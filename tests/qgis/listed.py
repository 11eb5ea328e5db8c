"""Areas as an exploration tells them, made up for the tests of the list."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
from seldom_heard.processing.explore.rows import rows_of


class Standing:
    """What the list asks of areas ranked at once; counts how often reasons are asked for."""

    def __init__(self, scores, top, need=None, replies=()):
        self.asked: list[list[int]] = []
        composite = pd.Series(scores, dtype=float)
        self.ranks = composite.rank(ascending=False, method="min").astype("Int64")
        self.top = top
        self.in_top = (self.ranks <= top).fillna(False).astype(bool)
        pillars = pd.DataFrame({"need": composite if need is None else need, "barriers": 0.5})
        self.scored = SimpleNamespace(composite=composite, pillars=pillars)
        self.scheme = SimpleNamespace(
            pillar_weights={"need": 1.0, "barriers": 1.0},
            pillar_title=str.title,
            indicators=[SimpleNamespace(field=one, pillar="voice") for one in replies],
        )

    def short_reasons(self, rows):
        self.asked.append(list(rows))
        return [f"reason {row % 3}" for row in rows]

    def reasons(self, rows):
        return [f"whole reason of {row}" for row in rows]


def explored(names, residents=None, codes=None, inherited=None):
    numbers = {} if residents is None else {"eth_total": pd.Series(residents, dtype=float)}
    return SimpleNamespace(
        codes=codes or [f"E010{at:05}" for at in range(len(names))],
        names=list(names),
        numbers=pd.DataFrame(numbers, index=range(len(names))),
        aliases={"eth_total": "Usual residents"},
        inherited=inherited or {},
    )


def tested(ranks, tiers, shares=None):
    """Return a ranking whose intervals are one rank to each side."""
    known = pd.Series(ranks, dtype="Int64")
    frame = pd.DataFrame(
        {
            "sh_rank": known,
            "sh_rank_lo": (known - 1).clip(lower=1),
            "sh_rank_hi": known + 1,
            "sh_p_top": pd.Series(shares or [0.5] * len(ranks), dtype=float),
            "sh_tier": pd.Series(tiers, dtype=object),
        }
    )
    return SimpleNamespace(frame=frame)


# ranks: Ward 10 first, Ward 2 second, Élan third, none for Zed
NAMES = ["Ward 2", "Zed", "Élan", "Ward 10"]
SCORES = [0.7, None, 0.4, 0.9]
RESIDENTS = [1700, 1500, None, 900]
TIERS = ["contestable", None, "not a priority", "robust"]


def four(is_tested=True, scores=SCORES):
    standing = Standing(scores, top=2)
    ranking = tested(standing.ranks, TIERS, [0.6, None, 0.0, 0.999]) if is_tested else None
    return rows_of(explored(NAMES, RESIDENTS), standing, ranking)
