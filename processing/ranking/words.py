"""A ranking in sentences: the method kept with the layer, and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages import Log, tr
from .people import in_a_line
from .schemes import Scheme

if TYPE_CHECKING:
    from .ranked import Question, Ranking

COUNTED, MEASURED = "resp_total", {"voice_ratio", "voice_shrunk"}  # fields of replies
FIRST = 5  # areas told in the log


def titles(ranking: Ranking) -> dict[str, str]:
    """Return the indicators in use, by field."""
    return {i.field: ranking.scheme.titles[i.field] for i in ranking.scheme.indicators}


def against(ranking: Ranking, field: str) -> str:
    """Return among which areas an indicator is ranked."""
    place = ranking.places.places.get(field)
    if place:
        return place.in_words
    if ranking.reference is None:
        return tr("the {n:,} areas of the layer").format(n=len(ranking.areas.ids))
    return tr("{n:,} areas of a reference layer").format(n=len(ranking.reference))


def reference_sets(ranking: Ranking) -> list[str]:
    """Return each reference set with its indicators; the set of most of them has the others."""
    sets: dict[str, list[str]] = {}
    for field, title in titles(ranking).items():
        sets.setdefault(against(ranking, field), []).append(title)
    if len(sets) == 1:
        return [*sets]
    largest = max(sets, key=lambda one: len(sets[one]))
    told = {
        one: tr("{titles} among {set}").format(titles=", ".join(names), set=one)
        for one, names in sets.items()
    }
    if len(sets[largest]) > 1:
        del told[largest]
        told[largest] = tr("the others among {set}").format(set=largest)
    return [*told.values()]


def method(ranking: Ranking) -> str:
    """Return how the areas were ranked, in a few sentences."""
    scheme, question = ranking.scheme, ranking.question
    sets = reference_sets(ranking)
    among = tr("Percentile ranks among {set}") if len(sets) == 1 else tr("Percentile ranks: {set}")
    text = tr(
        "Scheme “{title}”: {pillars}. {among}; weighted mean inside a pillar, geometric mean "
        "between pillars. The top is the first {top:,}, tested in {draws:,} draws (seed {seed}): "
        "each has other weights, one of two means and one of two scales."
    ).format(
        title=scheme_title(ranking),
        pillars="; ".join(scheme.pillars_in_words()),
        among=among.format(set="; ".join(sets)),
        top=ranking.top,
        draws=question.draws,
        seed=question.seed,
    )
    varied = [
        tr("replies") if ranking.uncertain.replies else "",
        tr("small census counts") if ranking.uncertain.noise else "",
    ]
    if any(varied):
        text += " " + tr("Each also draws anew what chance leaves open in: {what}.").format(
            what=tr(" and ").join(filter(None, varied))
        )
    if question.changes[0]:
        text += " " + changed(question)
    if scheme.has_voice:
        return text
    told = {
        "none": tr("No replies were counted: these areas are potentially seldom heard."),
        "left out": tr(
            "Replies were counted, but have no part in the score: these areas are potentially "
            "seldom heard."
        ),
        "not measured": tr(
            "Replies were counted, but how many were to be expected was not measured, so they have "
            "no part in the score: these areas are potentially seldom heard."
        ),
        "turned": tr(
            "Many replies, not few, raise the score: these areas are not those heard from least."
        ),
    }
    return f"{text} {told[replies(ranking)]}"


def scheme_title(ranking: Ranking) -> str:
    """Return what the scheme is called; one that was changed is not what its title says."""
    title = tr(ranking.scheme.title)
    if not ranking.question.changes[0]:
        return title
    return tr("{title}, changed").format(title=title)


def changed(question: Question) -> str:
    """Return in a sentence what was changed in the scheme."""
    return tr("Changed in the scheme: {changes}.").format(changes=question.changes[0])


def replies(ranking: Ranking) -> str:
    """Return why few replies have no part in a score: none, not measured, left out, or turned."""
    scheme, have = ranking.scheme, ranking.standing.figures.have
    if "voice" in scheme.pillar_weights:
        return "turned"
    measured = {
        name
        for pillar in scheme.raw["pillars"]
        for entry in pillar["indicators"]
        for name in (*entry.get("fields", ()), *entry.get("each_of", ()))
        if pillar["id"] == "voice"
    }
    if (measured | MEASURED) & have:
        return "left out"
    return "not measured" if COUNTED in have else "none"


def log_left_out(scheme: Scheme, log: Log) -> None:
    """Log the indicators that the layer has no fields for."""
    log(
        tr("Scheme “{title}”: {pillars}.").format(
            title=tr(scheme.title), pillars="; ".join(scheme.pillars_in_words())
        )
    )
    if scheme.left_out:
        log(
            tr("The layer has no figures for: {titles}. They are left out.").format(
                titles="; ".join(scheme.left_out)
            )
        )


def warnings(ranking: Ranking) -> list[str]:
    """Return what a reader must be warned of: figures that count twice."""
    title = ranking.scheme.titles
    told = [
        tr("{first} and {second} say nearly the same (Spearman {rho:.2f}).").format(
            first=title[first], second=title[second], rho=rho
        )
        for first, second, rho in ranking.correlated
    ]
    for name, (mine, other) in _other_tables(ranking).items():
        told.append(
            tr(
                "{title}: of the areas it is from {mine}, of the REFERENCE from {other}. Figures "
                "of two tables or editions cannot be ranked together: profile both with the same."
            ).format(title=title[name], mine=mine, other=other)
        )
    twice = ranking.scheme.health_twice()
    if twice:
        told.append(
            tr("The scheme allows {fields} beside disease prevalence: health counts twice.").format(
                fields=", ".join(twice)
            )
        )
    return told


def _other_tables(ranking: Ranking) -> dict[str, tuple[str, str]]:
    """Return indicators that areas and reference have from different tables, where both tell."""
    mine, other = (
        {name: one.get("title") for one in told.get("sources", ()) for name in one["fields"]}
        for told in (ranking.question.inherited, ranking.question.compared)
    )
    return {
        one.field: (mine[one.field], other[one.field])
        for one in ranking.scheme.indicators
        if one.field not in ranking.placed
        and mine.get(one.field)
        and other.get(one.field)
        and one.pillar != "voice"  # every survey has its own title
        and mine[one.field] != other[one.field]
    }


def missing(ranking: Ranking) -> list[str]:
    """Return what is not known: areas with fewer figures, areas without a rank and why."""
    told = []
    incomplete = ranking.scored.partial & ranking.scored.composite.notna()
    if incomplete.any():
        told.append(
            tr("{n:,} areas were ranked with some figures missing.").format(n=int(incomplete.sum()))
        )
    for pillar, areas in ranking.unranked.items():
        told.append(
            tr("No rank, as the pillar {pillar} is not known there: {areas}.").format(
                pillar=ranking.scheme.pillar_title(pillar), areas=areas
            )
        )
    return told


def sureness(ranking: Ranking) -> str:
    """Return how many areas are robust and contestable."""
    scheme = ranking.scheme
    return tr(
        "The top {top:,} were asked for; robust {robust:,}, contestable {contestable:,}: in it in "
        "at least {high:.0f} %, and in {low:.0f} to {high:.0f} % of the draws."
    ).format(
        top=ranking.top,
        robust=ranking.tiers("robust"),
        contestable=ranking.tiers("contestable"),
        high=100 * scheme.threshold("robust"),
        low=100 * scheme.threshold("contestable"),
    )


def log_result(ranking: Ranking, feedback) -> None:
    """Log what was ranked against what, how sure it is, whom it misses, and who comes first."""
    feedback.pushInfo(tr("Ranked among: {sets}.").format(sets="; ".join(reference_sets(ranking))))
    for line in warnings(ranking):
        feedback.pushWarning(line)
    for line in (*missing(ranking), *ranking.uncertain.in_words(titles(ranking), ranking.data)):
        feedback.pushInfo(line)
    feedback.pushInfo(sureness(ranking))
    for group in ranking.outside:
        feedback.pushInfo(in_a_line(group, ranking.top))
    if ranking.levels:
        feedback.pushInfo(ranking.levels.in_words)
    first = ranking.frame.assign(code=ranking.codes).sort_values("sh_rank", kind="stable")
    first = first[first["sh_rank"].notna()].head(FIRST)
    for code, rank, text in zip(first["code"], first["sh_rank"], first["sh_reasons"]):
        feedback.pushInfo(f"{rank}. {code}: {text or ''}")
