"""The fields that a ranking writes: pillars, score, ranks, tier, flag, reasons."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from string import Template
from typing import TYPE_CHECKING

from ..messages import tr
from .national import NationalPlaces
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ...methods.score import Score, Stability

TOLD_FROM = 0.5  # percentile rank from which a figure is a reason at all


def fields_of(
    data: pd.DataFrame,
    reference: pd.DataFrame | None,
    scored: Score,
    held: Stability,
    scheme: Scheme,
    places: NationalPlaces,
    hidden: Collection[str],
) -> pd.DataFrame:
    """Return the ``sh_*`` fields, a row per area.

    ``hidden`` are the fields in which small counts were hidden or rounded before.
    """
    import pandas as pd

    from ...methods.score import rank_down, tier

    columns = {f"sh_{pillar}": scored.pillars[pillar] for pillar in scheme.pillar_weights}
    columns["sh_score"] = scored.composite
    columns["sh_rank"] = rank_down(scored.composite).astype("Int64")
    columns["sh_rank_median"] = held.rank_median.astype("Int64")
    columns["sh_rank_lo"] = held.rank_low.astype("Int64")
    columns["sh_rank_hi"] = held.rank_high.astype("Int64")
    columns["sh_p_top"] = held.p_top
    columns["sh_tier"] = tier(held.p_top, scheme.thresholds())
    columns["sh_flag"] = flag_of(data, reference, scheme)
    ranked = data if reference is None else reference
    number = {one.field: _known(one.field, ranked, places) for one in scheme.indicators}
    columns["sh_reasons"] = reasons_of(data, scored, scheme, number, hidden)
    return pd.DataFrame(columns)


def _known(field: str, ranked: pd.DataFrame, places: NationalPlaces) -> int:
    """Return among how many areas an indicator is ranked."""
    place = places.places.get(field)
    return place.areas if place else int(ranked[field].notna().sum())


def aliases_of(scheme: Scheme, top: int, draws: int) -> dict[str, str]:
    """Return the titles of the fields in words."""
    aliases = {
        f"sh_{pillar}": tr("{title} (0 to 1, 1 = strongest)").format(
            title=scheme.pillar_title(pillar)
        )
        for pillar in scheme.pillar_weights
    }
    kind = tr("seldom heard") if scheme.has_voice else tr("potentially seldom heard")
    flag = tr("Core20 and limited English in the top tenth (1 = yes)")
    if scheme.has_voice:
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


def reasons_of(
    data: pd.DataFrame,
    scored: Score,
    scheme: Scheme,
    number: Mapping[str, int],
    hidden: Collection[str],
) -> pd.Series:
    """Return the two largest contributions of each area, in words.

    ``number`` says by field among how many areas it is ranked.
    """
    import numpy as np
    import pandas as pd

    from ...methods.score import contributions

    parts = contributions(scored, scheme.indicators, scheme.pillar_weights)
    fields = list(parts.columns)
    order = np.argsort(-np.nan_to_num(parts.to_numpy(), nan=-1), axis=1, kind="stable")[:, :2]
    values, beats = data[fields].to_numpy(dtype=float), scored.percentiles[fields].to_numpy()
    ranked = scored.composite.notna().to_numpy()
    words = _Words(scheme, data, number, hidden)
    texts = []
    for row in range(len(data)):
        chosen = [at for at in order[row] if beats[row, at] >= TOLD_FROM] if ranked[row] else []
        told = [words.reason(row, fields[at], values[row, at], beats[row, at]) for at in chosen]
        texts.append("; ".join(told) or None)
    return pd.Series(texts, index=data.index, dtype=object)


def replies_told(scheme: Scheme, have: Collection[str], hidden: Collection[str]) -> list[str]:
    """Return the indicators whose reasons tell replies: counted in the layer, and none hidden."""
    return [
        field
        for field in scheme.counted
        if {*scheme.replies[field]} <= {*have} and not {*scheme.replies[field]} & {*hidden}
    ]


class _Words:
    """Reasons in the words of a scheme."""

    def __init__(
        self,
        scheme: Scheme,
        data: pd.DataFrame,
        number: Mapping[str, int],
        hidden: Collection[str],
    ) -> None:
        self._scheme, self._strong = scheme, scheme.threshold("strong")
        self._number = number
        self._indicators = {i.field: i for i in scheme.indicators}
        self._plain = Template(tr("$name: $value"))
        self._replies = {
            field: data[list(scheme.replies[field])].to_numpy(dtype=float)
            for field in replies_told(scheme, data, hidden)
        }

    def reason(self, row: int, field: str, value: float, beats: float) -> str:
        """Return one reason; that a figure is high is said from the threshold on.

        Of a figure with an ``enough``, what falls short of it does so whatever others do.
        """
        one = self._indicators[field]
        said = beats >= self._strong
        if one.enough is not None:
            short = one.enough - round(value)
            said = short < 0 if one.more_is_barrier else short > 0
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
