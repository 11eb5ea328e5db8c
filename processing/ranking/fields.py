"""The fields that a ranking writes: pillars, score, ranks, tier, flag, reasons."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from string import Template
from typing import TYPE_CHECKING, Any

from ..messages import tr
from .schemes import PLAIN, Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Score, Stability
    from .standing import Standing

AT_A_TIME = 5000  # areas whose reasons are told before it may be stopped
TOLD_FROM = 0.5  # percentile rank from which a figure is a reason at all


def fields_of(
    data: pd.DataFrame,
    reference: pd.DataFrame | None,
    standing: Standing,
    held: Stability,
    pause: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Return the ``sh_*`` fields, a row per area; ``pause`` may raise to stop the work."""
    import pandas as pd

    from ...methods.score import tier

    scored, scheme = standing.scored, standing.scheme
    columns = {f"sh_{pillar}": scored.pillars[pillar] for pillar in scheme.pillar_weights}
    columns["sh_score"] = scored.composite
    columns["sh_rank"] = standing.ranks
    columns["sh_rank_median"] = held.rank_median.astype("Int64")
    columns["sh_rank_lo"] = held.rank_low.astype("Int64")
    columns["sh_rank_hi"] = held.rank_high.astype("Int64")
    columns["sh_p_top"] = held.p_top
    columns["sh_tier"] = tier(held.p_top, scheme.thresholds())
    columns["sh_flag"] = flag_of(data, reference, scheme)
    reasons: list[str | None] = []
    for start in range(0, len(data), AT_A_TIME):
        pause()
        rows = range(start, min(start + AT_A_TIME, len(data)))
        reasons += [text or None for text in standing.reasons(rows)]
    columns["sh_reasons"] = pd.Series(reasons, index=data.index, dtype=object)
    return pd.DataFrame(columns)


def aliases_of(scheme: Scheme, top: int, draws: int, have: Collection[str]) -> dict[str, str]:
    """Return the titles of the fields in words; ``have`` are the fields that were read."""
    aliases = {
        f"sh_{pillar}": tr("{title} (0 to 1, 1 = strongest)").format(
            title=scheme.pillar_title(pillar)
        )
        for pillar in scheme.pillar_weights
    }
    kind = tr("seldom heard") if scheme.has_voice else tr("potentially seldom heard")
    flag = tr("Core20 and limited English in the top tenth (1 = yes)")
    if scheme.raw.get("flag", {}).get("voice", {}).get("field") in have:
        flag = tr("Core20, limited English in the top tenth and fewer replies (1 = yes)")
    return {
        **aliases,
        "sh_score": tr("Score, {kind} (0 to 1)").format(kind=kind),
        "sh_rank": tr("Rank, {kind} (1 = first)").format(kind=kind),
        "sh_rank_median": tr("Rank, in the middle of the draws"),
        "sh_rank_lo": tr("Rank, better in 5 % of the draws"),
        "sh_rank_hi": tr("Rank, better in 95 % of the draws"),
        "sh_p_top": tr("Share of {draws:,} draws that put it in the top {top:,}").format(
            draws=draws, top=top
        ),
        "sh_tier": tr("How sure the highlight is"),
        "sh_flag": flag,
        "sh_reasons": tr("Main reasons"),
    }


def flag_of(data: pd.DataFrame, reference: pd.DataFrame | None, scheme: Scheme) -> pd.Series:
    """Return 1 where Core20, limited English and (where counted) low response meet, free of
    weights; missing where a figure is that would decide it.
    """
    import pandas as pd

    from ...methods.score import percentile_rank

    flag = scheme.raw.get("flag", {})
    core20, english = flag.get("core20"), flag.get("low_english")
    if core20 not in data or english not in data:
        return pd.Series(pd.NA, index=data.index, dtype="Int64")
    known_set = reference[english] if reference is not None and english in reference else None
    high = percentile_rank(data[english], known_set) >= 1 - flag.get("top_share", 0.1)
    meets = (data[core20] == 1) & high
    known = data[core20].notna() & data[english].notna()
    voice = flag.get("voice", {})
    if voice.get("field") in data:
        words = data[voice["field"]]
        open_question = words.isna() | words.isin(voice.get("unknown", []))
        known &= ~(meets & open_question)
        meets &= words.isin(voice["values"])
    return meets.astype("Int64").where(known)


def replies_told(scheme: Scheme, have: Collection[str], hidden: Collection[str]) -> list[str]:
    """Return the indicators whose reasons tell replies: counted in the layer, and none hidden."""
    return [
        field
        for field in scheme.counted
        if {*scheme.replies[field]} <= {*have} and not {*scheme.replies[field]} & {*hidden}
    ]


class Reasons:
    """The two largest contributions of areas, in the words of a scheme.

    Args:
        data: the figures, a row per area.
        scored: by them.
        scheme: its words.
        number: by field, among how many areas an indicator is ranked.
        hidden: fields in which small counts were hidden or rounded before.
    """

    def __init__(
        self,
        data: pd.DataFrame,
        scored: Score,
        scheme: Scheme,
        number: Mapping[str, int],
        hidden: Collection[str],
    ) -> None:
        self._data, self._scored, self._scheme = data, scored, scheme
        self._strong = scheme.threshold("strong")
        self._number = number
        self._indicators = {i.field: i for i in scheme.indicators}
        self._plain = Template(tr(PLAIN))
        self._replies = {
            field: data[list(scheme.replies[field])].to_numpy(dtype=float)
            for field in replies_told(scheme, data, hidden)
        }

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Return the reasons of some areas, with their figures; empty where there are none."""
        return ["; ".join(self._reason(*one) for one in told) for told in self._told(rows)]

    def short(self, rows: Sequence[int]) -> list[str]:
        """Return the reasons in a few words each, without a number."""
        return ["; ".join(self._few_words(*one) for one in told) for told in self._told(rows)]

    def _told(self, rows: Sequence[int]) -> list[list[tuple[int, str, float, float]]]:
        """Return of each area what is told: its row, the field, the figure, what it beats."""
        fields, order, values, beats = self._largest
        return [
            [
                (row, fields[at], values[row, at], beats[row, at])
                for at in order[row]
                if beats[row, at] >= TOLD_FROM
            ]
            for row in rows
        ]

    @cached_property
    def _largest(self) -> tuple[list[str], Any, Any, Any]:
        """Return fields, the two with the largest parts by row, figures and percentiles."""
        import numpy as np

        from ...methods.score import contributions

        scored, scheme = self._scored, self._scheme
        parts = contributions(scored, scheme.indicators, scheme.pillar_weights)
        fields = list(parts.columns)
        order = np.argsort(-np.nan_to_num(parts.to_numpy(), nan=-1), axis=1, kind="stable")[:, :2]
        beats = scored.percentiles[fields].to_numpy(copy=True)
        beats[scored.composite.isna().to_numpy()] = np.nan  # no rank, no reason for it
        return fields, order, self._data[fields].to_numpy(dtype=float), beats

    def _is_said(self, field: str, value: float, beats: float) -> bool:
        """Return whether a figure is called high, common or few: from the threshold on.

        Of a figure with an ``enough``, what falls short of it does so whatever others do.
        """
        one = self._indicators[field]
        if one.enough is None:
            return beats >= self._strong
        short = one.enough - round(value)
        return short < 0 if one.more_is_barrier else short > 0

    def _reason(self, row: int, field: str, value: float, beats: float) -> str:
        said = self._is_said(field, value, beats)
        template = self._scheme.reasons[field] if said else self._plain
        replies = self._counted(row, field) if said else {}
        if replies:
            template = self._scheme.counted[field]
        return template.safe_substitute(
            name=self._scheme.names[field],
            value=f"{value:.1f}",
            whole=f"{value:.0f}",
            beats=f"{self._beaten(field, beats):.0f}",
            **replies,
        )

    def _few_words(self, row: int, field: str, value: float, beats: float) -> str:
        name = self._scheme.names[field]
        said = self._is_said(field, value, beats)
        if said and field in self._scheme.short:
            return self._scheme.short[field].safe_substitute(name=name)
        if self._indicators[field].more_is_barrier:
            text = tr("{name}: high") if said else tr("{name}: in the upper half")
        else:
            text = tr("{name}: low") if said else tr("{name}: in the lower half")
        return text.format(name=name)

    def _beaten(self, field: str, beats: float) -> float:
        """Return the per cent of areas with less, whole and not rounded up.

        A percentile rank is their share among the others: 1 for the first, who beats not itself.
        """
        number = self._number[field]
        return math.floor(100 * beats * (number - 1) / number + 1e-9)

    def _counted(self, row: int, field: str) -> dict[str, str]:
        """Return the replies counted and expected; none where they are not known or hidden."""
        if field not in self._replies:
            return {}
        observed, expected = self._replies[field][row]
        if not observed < expected:  # not either where one is missing
            return {}
        # a decimal where whole numbers would be the same
        text = f"{expected:.0f}" if round(expected) > observed else f"{expected:.1f}"
        return {"observed": f"{observed:,.0f}", "expected": text}
