"""Areas ranked by a scheme: figures read, scored, explained in words."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

from ..layers.areas import read_columns
from ..layers.errors import InputError
from .inputs import Results
from .messages import some, tr
from .schemes import Scheme

if TYPE_CHECKING:
    import pandas as pd

    from ..layers.areas import Areas
    from ..methods.score import Score

STRONG = 0.8  # percentile from which a figure is called high or common
PILLAR_FIELDS = {"need": "sh_need", "barriers": "sh_barriers", "voice": "sh_voice"}


@dataclass(frozen=True)
class Question:
    """What the user asks for: scheme, how many areas, draws and their seed, reference."""

    scheme: Scheme
    top: str
    draws: int
    seed: int
    reference: Any = None


@dataclass(frozen=True)
class Figures:
    """What the ranking was made from, for the tables beside it."""

    data: pd.DataFrame
    reference: pd.DataFrame | None
    score: Score
    top: int


@dataclass
class Ranked(Results):
    """Results with the title they may carry: 'potentially' without replies."""

    title: str = ""


def rank_areas(areas: Areas, question: Question, feedback) -> tuple[Ranked, Figures]:
    """Return ``sh_*`` for the areas and the figures behind them; log what to know."""
    from ..methods import score as methods

    scheme = question.scheme
    _log_scheme(scheme, feedback)
    # in the order in which the areas were read, whatever order a second reading has
    data = _figures(areas.source, scheme).reindex(areas.ids).reset_index(drop=True)
    reference = _reference(question)
    scored = methods.score(data, scheme.indicators, scheme.pillar_weights, reference)
    known = int(scored.composite.notna().sum())
    if not known:
        raise InputError(
            tr("No area has figures for every pillar, so none can be ranked. Check for NULLs.")
        )
    try:
        top = methods.top_count(question.top, known)
    except ValueError as error:
        raise InputError(
            tr("TOP: {top} is neither a number of areas nor a percentage such as 10%.").format(
                top=question.top
            )
        ) from error

    def tick(share: float) -> bool:
        feedback.setProgress(100 * share)
        return feedback.isCanceled()

    held = methods.stability(
        data,
        scheme.indicators,
        scheme.pillar_weights,
        top,
        question.draws,
        question.seed,
        reference,
        tick,
    )
    results = Ranked(
        _fields(data, reference, scored, held, scheme), _aliases(scheme, top, question.draws)
    )
    results.title = _title(scheme)
    results.replaced = lambda name: name.lower().startswith("sh_")
    results.ranking = {
        "method": _method(question, areas, reference, top),
        "voice": scheme.has_voice,
        "areas": known if reference is None else len(reference),
    }
    _log_result(areas, results.frame, scored, scheme, data, top, feedback)
    return results, Figures(data, reference, scored, top)


def sensitivity(figures: Figures, question: Question) -> pd.DataFrame:
    """Return what happens to the ranking when each indicator is left out."""
    from ..methods.score import drop_one

    scheme = question.scheme
    table = drop_one(
        figures.data, scheme.indicators, scheme.pillar_weights, figures.top, figures.reference
    )
    table.insert(1, "title", [scheme.titles[field] for field in table["field"]])
    return table


def _figures(source, scheme: Scheme) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    have = [field.name() for field in source.fields()]
    flag = scheme.raw.get("flag", {})
    wanted = [i.field for i in scheme.indicators]
    wanted += [flag.get("core20"), flag.get("low_english"), flag.get("voice", {}).get("field")]
    wanted += [scheme.raw.get("people", {}).get("field")]
    names = [name for name in dict.fromkeys(wanted) if name in have]
    frame = read_columns(source, names)
    text = flag.get("voice", {}).get("field")
    for name in names:
        if name != text:
            numbers = pd.to_numeric(frame[name], errors="coerce").astype(float)
            frame[name] = numbers.where(np.isfinite(numbers))
    return frame


def _reference(question: Question) -> pd.DataFrame | None:
    if question.reference is None:
        return None
    have = {field.name() for field in question.reference.fields()}
    missing = [i.field for i in question.scheme.indicators if i.field not in have]
    if missing:
        raise InputError(
            tr("REFERENCE lacks the fields {fields}; profile it with the same tables.").format(
                fields=some(missing)
            )
        )
    return _figures(question.reference, question.scheme)


def _fields(
    data: pd.DataFrame, reference: pd.DataFrame | None, scored: Score, held, scheme: Scheme
) -> pd.DataFrame:
    import pandas as pd

    from ..methods.score import rank_down, tier

    columns = {PILLAR_FIELDS.get(p, f"sh_{p}"): scored.pillars[p] for p in scored.pillars}
    columns["sh_score"] = scored.composite
    columns["sh_rank"] = rank_down(scored.composite).astype("Int64")
    columns["sh_rank_lo"] = held.rank_low.astype("Int64")
    columns["sh_rank_hi"] = held.rank_high.astype("Int64")
    columns["sh_p_top"] = held.p_top
    columns["sh_tier"] = tier(held.p_top)
    columns["sh_flag"] = _flag(data, reference, scheme)
    columns["sh_reasons"] = _reasons(data, scored, scheme)
    return pd.DataFrame(columns)


def _flag(data: pd.DataFrame, reference: pd.DataFrame | None, scheme: Scheme) -> pd.Series:
    """Return 1 where Core20, limited English and (where counted) low response meet, free of
    weights; missing where a figure is.
    """
    import pandas as pd

    from ..methods.score import percentile_rank

    flag = scheme.raw.get("flag", {})
    core20, english = flag.get("core20"), flag.get("low_english")
    if core20 not in data or english not in data:
        return pd.Series(pd.NA, index=data.index, dtype="Int64")
    known_set = reference[english] if reference is not None and english in reference else None
    high = percentile_rank(data[english], known_set) >= 1 - flag.get("top_share", 0.1)
    both = (data[core20] == 1) & high
    known = data[core20].notna() & data[english].notna()
    voice = flag.get("voice", {})
    if voice.get("field") in data:
        both &= data[voice["field"]].isin(voice["values"])
        known &= data[voice["field"]].notna()
    return both.astype("Int64").where(known)


def _reasons(data: pd.DataFrame, scored: Score, scheme: Scheme) -> pd.Series:
    """Return the two largest contributions of each area, in words."""
    import numpy as np
    import pandas as pd

    from ..methods.score import contributions

    parts = contributions(scored, scheme.indicators, scheme.pillar_weights)
    fields = list(parts.columns)
    order = np.argsort(-np.nan_to_num(parts.to_numpy(), nan=-1), axis=1, kind="stable")[:, :2]
    values, beats = data[fields].to_numpy(), scored.percentiles[fields].to_numpy()
    scored_here = scored.composite.notna().to_numpy()

    def reason(row: int, at: int) -> str:
        high = beats[row, at] >= STRONG
        template = scheme.reasons[fields[at]] if high else Template(tr("$name: $value"))
        return template.safe_substitute(
            name=scheme.names[fields[at]],
            value=f"{values[row, at]:.1f}",
            beats=f"{min(100 * beats[row, at], 99):.0f}",
        )

    texts = []
    for row in range(len(data)):
        chosen = [at for at in order[row] if beats[row, at] >= 0.5] if scored_here[row] else []
        texts.append("; ".join(reason(row, at) for at in chosen) or None)
    return pd.Series(texts, index=data.index, dtype=object)


def _title(scheme: Scheme) -> str:
    return tr("Seldom heard areas") if scheme.has_voice else tr("Potentially seldom heard areas")


def _aliases(scheme: Scheme, top: int, draws: int) -> dict[str, str]:
    titles = {p["id"]: p.get("title", p["id"]) for p in scheme.raw["pillars"]}
    aliases = {
        PILLAR_FIELDS.get(pillar, f"sh_{pillar}"): tr("{title} (0 to 1, 1 = strongest)").format(
            title=tr(titles[pillar])
        )
        for pillar in scheme.pillar_weights
    }
    kind = tr("seldom heard") if scheme.has_voice else tr("potentially seldom heard")
    return {
        **aliases,
        "sh_score": tr("Score, {kind} (0 to 1)").format(kind=kind),
        "sh_rank": tr("Rank, {kind} (1 = first)").format(kind=kind),
        "sh_rank_lo": tr("Rank, 5 % of other weightings are better"),
        "sh_rank_hi": tr("Rank, 95 % of other weightings are better"),
        "sh_p_top": tr("Share of {draws} weightings that put it in the top {top}").format(
            draws=draws, top=top
        ),
        "sh_tier": tr("How sure the highlight is"),
        "sh_flag": tr("Core20 and limited English in the top tenth (1 = yes)"),
        "sh_reasons": tr("Main reasons"),
    }


def _method(question: Question, areas: Areas, reference, top: int) -> str:
    scheme = question.scheme
    against = (
        tr("the {n:,} areas shown").format(n=len(areas.ids))
        if reference is None
        else tr("{n:,} areas of a reference layer").format(n=len(reference))
    )
    text = tr(
        "Scheme “{title}”: {pillars}. Percentile ranks among {against}; weighted mean inside a "
        "pillar, geometric mean between pillars. The top is the first {top}, tested under "
        "{draws:,} other weightings (seed {seed})."
    ).format(
        title=tr(scheme.raw.get("title", "")),
        pillars="; ".join(scheme.pillars_in_words()),
        against=against,
        top=top,
        draws=question.draws,
        seed=question.seed,
    )
    if scheme.has_voice:
        return text
    return text + " " + tr("No replies were counted: these areas are potentially seldom heard.")


def _log_scheme(scheme: Scheme, feedback) -> None:
    if scheme.left_out:
        feedback.pushInfo(
            tr("The layer has no fields for: {titles}. They are left out.").format(
                titles="; ".join(scheme.left_out)
            )
        )
    if scheme.counts_health_twice:
        feedback.pushWarning(
            tr(
                "The full Index of Multiple Deprivation holds health, and disease prevalence "
                "stands beside it: health counts twice. Use dep_exhealth_score."
            )
        )


def _log_result(areas, frame, scored: Score, scheme: Scheme, data, top: int, feedback) -> None:
    from ..methods.score import strong_correlations

    for first, second, rho in strong_correlations(scored.percentiles):
        feedback.pushWarning(
            tr("{first} and {second} say nearly the same (Spearman {rho:.2f}).").format(
                first=scheme.titles[first], second=scheme.titles[second], rho=rho
            )
        )
    if scored.partial.any():
        feedback.pushInfo(
            tr("{n} areas were ranked, or left out, with some figures missing.").format(
                n=int(scored.partial.sum())
            )
        )
    tiers = frame["sh_tier"].value_counts()
    feedback.pushInfo(
        tr(
            "The top {top} were asked for; robust {robust}, contestable {contestable}: in it "
            "under at least 80 %, and under 20 to 80 % of the other weightings."
        ).format(top=top, robust=tiers.get("robust", 0), contestable=tiers.get("contestable", 0))
    )
    people = scheme.raw.get("people", {})
    if people.get("field") in data:
        inside = data.loc[(frame["sh_rank"] <= top).fillna(False), people["field"]].sum()
        everyone = data[people["field"]].sum()
        if everyone > 0:
            feedback.pushInfo(
                tr("{share:.0f} % of {people} live outside the top {top}.").format(
                    share=100 * (1 - inside / everyone), people=tr(people["title"]), top=top
                )
            )
    first = frame.assign(code=areas.codes.to_numpy()).sort_values("sh_rank").head(5)
    for code, rank, text in zip(first["code"], first["sh_rank"], first["sh_reasons"]):
        feedback.pushInfo(f"{rank}. {code}: {text or ''}")
