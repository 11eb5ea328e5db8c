"""What a survey says of the areas as a page: words, a funnel plot, tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...layers import charts, reports
from ..attribution import source_line
from ..compare.benchmark_report import Findings, alternative, chart_of
from ..compare.benchmarks import Benchmark, Measure
from ..inputs import Source
from ..messages import tr
from . import sentences
from .measuring import CLASS, CLASSES, WIDE_CLASS, Measured
from .sentences import HALF, INNER, OUTER, SEVENTY, percent
from .survey import Survey

if TYPE_CHECKING:
    import pandas as pd

LISTED = 50  # areas listed below, and above, the limits
RATES = (0.25, HALF, SEVENTY, 0.9)  # of which the page says how surely they are noticed
AS_EXPECTED = 100.0
MEANINGS = {
    "much lower": "upper 99.8 % limit below 100",
    "lower": "upper 95 % limit below 100",
    "as expected": "no further from 100 than chance allows",
    "higher": "lower 95 % limit above 100",
    "much higher": "lower 99.8 % limit above 100",
    "too few to say": "too few replies expected",
}


def funnel_findings(survey: Survey, made: Measured, names: pd.Series, source: Source) -> Findings:
    """Return the ratios as a comparison with 100, of which there is a funnel plot."""
    import pandas as pd

    frame = made.frame
    index = frame.index
    nobody = pd.Series(False, index=index)
    missing = pd.Series(float("nan"), index=index)
    shown = frame["voice_ratio"].notna() & frame[CLASS].ne("too few to say")
    level = pd.Series(AS_EXPECTED, index=index)
    against = Benchmark(
        level, missing, missing, nobody, nobody, made.areas, tr("the number expected")
    )
    pictured = pd.DataFrame(
        {
            "bench_value": frame["voice_ratio"],
            "bench_against": level,
            "bench_class": frame[CLASS].where(shown, None),
        }
    )
    return Findings(
        frame=pictured,
        count=frame["voice_observed"].astype(float),
        base=frame["voice_expected"],
        codes=survey.compared.areas.codes.reset_index(drop=True),
        names=names,
        measure=Measure("ratio", 100.0),
        benchmark=against,
        phi=made.phi,
        title=survey.title,
        base_title=tr("replies, by {people}").format(people=survey.people),
        source=source,
        tables=tuple(dict.fromkeys(one["title"] for one in survey.compared.sources)),
    )


def picture_of(found: Findings) -> bytes | None:
    """Return the funnel plot as a PNG file, None where none can be drawn."""
    if not found.known or not charts.available():
        return None
    return charts.drawn(chart_of(found), ".png")


def write_report(path: Path, survey: Survey, made: Measured, found: Findings, png: bytes | None):
    """Write the page."""
    body = "".join(map(reports.paragraph, _first(survey, made)))
    if png:
        body += reports.picture(png, alternative(found), _caption(made))
    else:
        body += reports.paragraph(
            tr("There is no picture: {why}").format(why=charts.how_to_install())
            if found.known
            else tr("There is no picture: no area could be judged.")
        )
    body += _classes(made)
    body += _listed(made, found, ("much lower",), tr("Much lower than expected at 99.8 %"))
    body += _listed(made, found, ("lower",), tr("Lower than expected at 95 %"))
    body += _listed(made, found, ("much higher",), tr("Much higher than expected at 99.8 %"))
    told = sentences.detectable(survey, made)
    if told:
        body += reports.heading(tr("What the survey can and cannot notice"))
        body += "".join(map(reports.paragraph, told)) + _power(made)
    body += reports.heading(tr("How to read this"))
    body += reports.bullets(_notes(survey, made, found))
    title = tr("Voice: who was heard less than expected")
    reports.write_page(path, title, body)


def _first(survey: Survey, made: Measured) -> list[str]:
    return [
        sentences.basis(survey, made),
        sentences.found(made),
        *sentences.by_chance(made),
        *sentences.unplaced(survey, made),
        sentences.caution(),
    ]


def _caption(made: Measured) -> str:
    text = tr(
        "Each mark is an area: pointing down where fewer replied than expected, up where more did, "
        "round where it is as expected. Solid lines: 99.8 % limits; dashed: 95 %."
    )
    left_out = made.areas - int((made.judged & made.frame["voice_ratio"].notna()).sum())
    if left_out:
        text += " " + tr(
            "{n:,} areas with too few expected or hidden replies are not shown."
        ).format(n=left_out)
    return text


def _classes(made: Measured) -> str:
    lower = [made.by_chance(OUTER), made.by_chance(INNER) - made.by_chance(OUTER)]
    by_chance = dict(zip(("much lower", "lower"), lower))
    headings = [tr("Class"), tr("Meaning"), tr("Areas"), tr("By chance alone, about")]
    headings += [tr("With widened limits")] if made.wide else []
    rows = []
    for name in CLASSES:
        row = [tr(name), tr(MEANINGS[name]), f"{made.number(name):,}"]
        row.append(f"{by_chance[name]:,.1f}" if name in by_chance else "")
        rows.append(row + ([f"{made.number(name, field=WIDE_CLASS):,}"] if made.wide else []))
    none = int(made.frame[CLASS].isna().sum())
    if none:
        row = [tr("no class"), tr("replies or people missing or hidden"), f"{none:,}", ""]
        rows.append(row + ([""] if made.wide else []))
    return reports.table(headings, rows, tr("Areas by class"))


def _listed(made: Measured, found: Findings, classes: tuple[str, ...], caption: str) -> str:
    frame = made.frame[made.frame[CLASS].isin(classes)]
    if not len(frame):
        return ""
    lower_first = "lower" in classes[0]
    frame = frame.sort_values("voice_shrunk", ascending=lower_first, kind="stable")
    if len(frame) > LISTED:
        caption += " " + tr("(the first {n} of {all:,})").format(n=LISTED, all=len(frame))
    headings = [
        *(tr("Area"), tr("Replies"), tr("Expected"), tr("For every 100 expected")),
        *(tr("95 % limits"), tr("Drawn towards 100"), tr("q")),
    ]
    rows = [_row(found, at, frame.loc[at]) for at in frame.head(LISTED).index]
    return reports.table(headings, rows, caption)


def _row(found: Findings, at: int, row: pd.Series) -> list[str]:
    name, code = found.names[at], found.codes[at]
    shown = found.measure.shown
    known = row["voice_ratio"] == row["voice_ratio"]
    limits = tr("{low} to {high}").format(
        low=shown(row["voice_ratio_lo"]), high=shown(row["voice_ratio_hi"])
    )
    return [
        str(name) if name == code or code != code else f"{name} ({code})",
        f"{row['voice_observed']:,.10g}" if known else tr("hidden"),
        f"{row['voice_expected']:,.1f}",
        shown(row["voice_ratio"]),
        limits if known else "–",
        shown(row["voice_shrunk"]),
        _q(row["voice_q"]) if known else "–",
    ]


def _q(value: float) -> str:
    return tr("under 0.001") if value < 0.001 else f"{value:.3f}"


def _power(made: Measured) -> str:
    headings = [tr("An area that answers at"), tr("is lower or much lower"), tr("is much lower")]
    rows = [
        [
            tr("{rate} of the rate of all").format(rate=f"{100 * rate:.0f} %"),
            percent(made.noticed(rate, INNER)),
            percent(made.noticed(rate, OUTER)),
        ]
        for rate in RATES
    ]
    rows.append(
        [
            tr("the same rate (by chance alone)"),
            f"{100 * made.noticed(1.0, INNER):.1f} %",
            f"{100 * made.noticed(1.0, OUTER):.2f} %",
        ]
    )
    caption = tr("How often such an area is noticed, over the numbers expected here")
    return reports.table(headings, rows, caption)


def _notes(survey: Survey, made: Measured, found: Findings) -> list[str]:
    notes = [
        tr(
            "Expected: the replies an area would have sent had it answered at the rate of all "
            "areas together, by {people} ({fields}). The rate contains the area itself, so "
            "one with much of all the people looks more ordinary than it is."
        ).format(people=survey.people, fields=survey.field_of_people)
    ]
    if survey.sent:
        notes.append(
            tr(
                "The numbers expected allow for which groups live where: what sets the groups "
                "apart is not in these ratios. representation shows it."
            )
        )
    notes += [
        tr(
            "Limits are exact limits of a Poisson count; the number expected is taken as known. "
            "Replies that come in batches (a school, a club, a household) vary by more."
        ),
        sentences.dispersion(made),
        *sentences.far_off(survey, made),
        tr(
            "Drawn towards 100: (replies + a) for every 100 (expected + a), a = {prior}: what so "
            "few replies can carry. It is the figure to rank by."
        ).format(prior=tr("without end") if made.prior == float("inf") else f"{made.prior:,.1f}"),
        tr(
            "Fewer than {least:g} expected is too few to say. That number is a choice of this "
            "plugin (MIN_EXPECTED)."
        ).format(least=made.min_expected),
        tr(
            "Lower is no fault of the people who live there: ask what about the survey stood in "
            "their way."
        ),
        *sentences.hidden(survey, made),
    ]
    if made.rule == "none":
        notes.append(
            tr(
                "No counts were hidden here: check the rules of your organisation before "
                "publishing."
            )
        )
    if found.tables:
        notes.append(tr("Figures from: {tables}.").format(tables="; ".join(found.tables)))
    notes.append(
        source_line(found.source.attribution)
        or tr("Source: the layer does not say where its figures come from.")
    )
    return notes
