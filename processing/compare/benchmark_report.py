"""A comparison with a benchmark as a funnel plot and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...layers import charts, reports
from ...layers.charts import Funnel, Panel
from ..attribution import source_line
from ..inputs import Source
from ..messages import tr
from . import benchmarks
from .benchmarks import INNER, OUTER, Benchmark, Measure, distance, limits_along
from .counts import Compared

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5  # areas named in a picture
LISTED = 50  # areas listed above, and below, the limits
PANELS = 6  # larger places that have a panel of the picture
POINTS = 300  # of the lines of the limits
WIDE = 1.5  # over-dispersion from which a reader is told what it means
FEW = 20  # areas below which it says little


@dataclass(frozen=True)
class Findings:
    """What picture and page are made of; one row per area in all of them."""

    frame: pd.DataFrame
    count: pd.Series
    base: pd.Series
    codes: pd.Series
    names: pd.Series
    measure: Measure
    benchmark: Benchmark
    phi: float
    title: str
    base_title: str
    source: Source
    tables: tuple[str, ...]

    @property
    def known(self) -> int:
        """Return how many areas have a class."""
        return int(self.frame["bench_class"].notna().sum())

    def number(self, *classes: str) -> int:
        """Return how many areas are in some classes."""
        return int(self.frame["bench_class"].isin(classes).sum())

    @property
    def pictured(self) -> pd.Series:
        """Return which areas are in the picture: those with a class, of the largest places."""
        used, place = self.frame["bench_class"].notna(), self.benchmark.place
        if place is None:
            return used
        return used & place.isin(place[used].value_counts().head(PANELS).index)

    @property
    def heading(self) -> str:
        """Return the title of picture and page."""
        return tr("{title}: each area against {against}").format(
            title=self.title, against=self.benchmark.title
        )

    @property
    def source_line(self) -> str:
        """Return whose figures these are."""
        return source_line(self.source.attribution)


def findings(
    compared: Compared, shown: pd.DataFrame, against: Benchmark, rule: str, names: pd.Series
) -> Findings:
    """Return what a comparison finds.

    Args:
        compared: the areas, and what is compared.
        shown: the counts as they may be shown.
        against: the benchmark.
        rule: by which counts were hidden.
        names: of the areas, in words.
    """
    fields, sources = compared.fields, compared.sources
    count, base = fields.pair(shown)
    frame, phi = benchmarks.compare(count, base, fields.measure, against)
    title = compared.title
    return Findings(
        frame=frame,
        count=count,
        base=base,
        codes=compared.areas.codes.reset_index(drop=True),
        names=names,
        measure=fields.measure,
        benchmark=against,
        phi=phi,
        title=title,
        base_title=compared.base_title,
        source=benchmarks.source_of(title, against, sources, rule, frame.columns),
        tables=tuple(dict.fromkeys(source["title"] for source in sources)),
    )


def chart_of(found: Findings) -> Funnel:
    """Return the funnel plot: one panel, or one for each of the larger places."""
    used = found.pictured
    place, far = found.benchmark.place, distance(found.frame, found.base, found.measure).abs()
    outside = far[used & ~found.frame["bench_class"].eq("as expected")]
    if place is None:
        panels = [_panel(found, used, outside, "", NAMED)]
    else:
        panels = [
            _panel(found, used & place.eq(name), outside, str(name), 2)
            for name in sorted(place[used].unique())
        ]
    x_title = {
        "proportion": tr("Base: {base}"),
        "rate": tr("Base: {base}"),
        "ratio": tr("Number expected: {base}"),
    }[found.measure.name].format(base=found.base_title)
    note = _panels_note(found, len(panels))
    source = " ".join(filter(None, [note, found.source_line]))
    return Funnel(panels, found.heading, x_title, found.measure.axis(), source)


def _panels_note(found: Findings, shown: int) -> str:
    place = found.benchmark.place
    if place is None:
        return ""
    here = found.frame["bench_class"].notna()
    places = int(place[here].nunique())
    if places <= shown:
        return ""
    return tr("Shown are the {shown} places with the most areas, of {places}.").format(
        shown=shown, places=places
    )


def _panel(found: Findings, used: pd.Series, outside: pd.Series, title: str, named: int) -> Panel:
    import numpy as np

    rows = np.flatnonzero(used.to_numpy())
    base = found.base.to_numpy(dtype=float)[rows]
    axis = _axis(base)
    against = float(found.frame["bench_against"].iloc[rows[0]])
    most = outside[outside.index.isin(rows)].sort_values(ascending=False, kind="stable")
    where = {int(row): at for at, row in enumerate(rows)}
    return Panel(
        base=base,
        value=found.frame["bench_value"].to_numpy(dtype=float)[rows],
        classes=list(found.frame["bench_class"].iloc[rows]),
        named={where[int(row)]: str(found.names.iloc[row]) for row in most.index[:named]},
        benchmark=against,
        axis=axis,
        limits=limits_along(axis, against, found.measure),
        title=title,
    )


def _axis(base):
    """Return bases from a little below the smallest to a little above the largest."""
    import numpy as np

    low, high = float(base.min()), float(base.max())
    if high > charts.WIDE * low:
        return np.geomspace(0.85 * low, 1.15 * high, POINTS)
    room = 0.05 * (high - low) or 0.1 * high
    return np.linspace(max(low - room, 0.5 * low), high + room, POINTS)


def write_report(path: Path, found: Findings, png: bytes | None) -> None:
    """Write the page: what was found in words, the picture, the lists, how to read it."""
    body = reports.paragraph(in_a_sentence(found))
    if png:
        body += reports.picture(png, alternative(found), _caption(found))
    else:
        body += reports.paragraph(
            tr("There is no picture: {why}").format(why=charts.how_to_install())
            if found.known and not charts.available()
            else tr("There is no picture: no area could be compared.")
        )
        body += reports.paragraph(alternative(found))
    body += _classes(found)
    body += _listed(found, "much higher", tr("Much higher: outside the 99.8 % limits"), False)
    body += _listed(found, "much lower", tr("Much lower: outside the 99.8 % limits"), True)
    body += reports.heading(tr("The benchmark, and what the limits say"))
    body += reports.bullets(_notes(found))
    reports.write_page(path, found.heading, body)


def in_a_sentence(found: Findings) -> str:
    """Return the result in words."""
    return tr(
        "{title}: of {n:,} areas that could be compared, {much_higher:,} are much higher and "
        "{much_lower:,} much lower than {against} ({figure}), outside the 99.8 % limits; "
        "{higher:,} are higher and {lower:,} lower, outside the 95 % limits; {same:,} are as "
        "expected. Chance alone would put about {chance:,.1f} outside the 95 % limits."
    ).format(
        title=found.title,
        n=found.known,
        against=found.benchmark.title,
        figure=_benchmark_figure(found),
        much_higher=found.number("much higher"),
        much_lower=found.number("much lower"),
        higher=found.number("higher"),
        lower=found.number("lower"),
        same=found.number("as expected"),
        chance=INNER * found.known,
    )


def _benchmark_figure(found: Findings) -> str:
    """Return the benchmark as a figure, or its range over the larger places."""
    held = found.frame[found.frame["bench_class"].notna()] if found.known else found.frame
    values = held["bench_against"].dropna()
    if not len(values):
        return "–"
    low, high = found.measure.shown(values.min()), found.measure.shown(values.max())
    return low if low == high else tr("{low} to {high}").format(low=low, high=high)


def alternative(found: Findings) -> str:
    """Return the picture in words, for those who do not see it."""
    used = found.pictured
    if not used.any():
        return tr("No area could be compared.")
    words = found.frame.loc[used, "bench_class"]
    base, value = found.base[used], found.frame.loc[used, "bench_value"]
    highest, lowest = value.idxmax(), value.idxmin()
    return tr(
        "A funnel plot of {n:,} areas. From left to right the base grows from {from_} to "
        "{to} ({base}); upwards stands {unit}. {benchmark} around which the limits of chance "
        "draw together as the base grows. Above the 99.8 % limit lie {above:,} "
        "areas, below it {below:,}; between the 95 % and 99.8 % limits {between:,}. The highest is "
        "{highest} with {high}, the lowest {lowest} with {low}."
    ).format(
        n=int(used.sum()),
        from_=_size(base.min()),
        to=_size(base.max()),
        base=found.base_title,
        unit=found.measure.axis(),
        benchmark=_level_line(found),
        above=int(words.eq("much higher").sum()),
        below=int(words.eq("much lower").sum()),
        between=int(words.isin(("higher", "lower")).sum()),
        highest=found.names[highest],
        high=found.measure.shown(value[highest]),
        lowest=found.names[lowest],
        low=found.measure.shown(value[lowest]),
    )


def _size(base: float) -> str:
    """Return a base in words; small numbers expected are not whole."""
    return f"{base:,.0f}" if base >= 10 else f"{base:,.3g}"


def _level_line(found: Findings) -> str:
    figure = _benchmark_figure(found)
    if found.benchmark.place is None:
        return tr("The benchmark is a level line at {figure},").format(figure=figure)
    return tr(
        "Each larger place has a panel, with its benchmark ({figure}) as a level line,"
    ).format(figure=figure)


def _caption(found: Findings) -> str:
    text = tr(
        "Each mark is an area: pointing up where it is higher, down where it is lower, round "
        "where it is as expected. Solid lines: 99.8 % limits; dashed: 95 %; between the dashed "
        "ones chance alone puts 95 areas in 100."
    )
    return " ".join(filter(None, [text, _panels_note(found, PANELS)]))


def _classes(found: Findings) -> str:
    meanings = {
        "much higher": (tr("above the 99.8 % limit"), OUTER / 2),
        "higher": (tr("above the 95 % limit"), (INNER - OUTER) / 2),
        "as expected": (tr("no further from the benchmark than chance allows"), 1 - INNER),
        "lower": (tr("below the 95 % limit"), (INNER - OUTER) / 2),
        "much lower": (tr("below the 99.8 % limit"), OUTER / 2),
    }
    rows = [
        [tr(name), meaning, f"{found.number(name):,}", f"{share * found.known:,.1f}"]
        for name, (meaning, share) in meanings.items()
    ]
    none = len(found.frame) - found.known
    if none:
        rows.append(
            [tr("not compared"), tr("no figure, or nothing to compare with"), f"{none:,}", ""]
        )
    headings = [tr("Class"), tr("Meaning"), tr("Areas"), tr("By chance alone, about")]
    return reports.table(headings, rows, tr("Areas by class"))


def _listed(found: Findings, name: str, caption: str, lowest_first: bool) -> str:
    frame = found.frame[found.frame["bench_class"].eq(name)]
    if not len(frame):
        return ""
    frame = frame.sort_values("bench_value", ascending=lowest_first, kind="stable").head(LISTED)
    all_of_them = found.number(name)
    if all_of_them > LISTED:
        caption += " " + tr("(the first {n} of {all:,})").format(n=LISTED, all=all_of_them)
    headings = [tr("Area"), tr("Count"), tr("Base"), found.measure.axis(), tr("95 % limits")]
    with_difference = "bench_diff" in frame
    headings += [tr("Benchmark")]
    headings += [tr("Difference, percentage points")] if with_difference else []
    return reports.table(
        headings, [_row(found, at, frame.loc[at], with_difference) for at in frame.index], caption
    )


def _row(found: Findings, at: int, row: pd.Series, with_difference: bool) -> list[str]:
    shown, code, name = found.measure.shown, found.codes[at], found.names[at]
    cells = [
        str(name) if name == code or code != code else f"{name} ({code})",
        f"{found.count[at]:,.10g}",
        f"{found.base[at]:,.10g}",
        shown(row["bench_value"]),
        tr("{low} to {high}").format(low=shown(row["bench_lo"]), high=shown(row["bench_hi"])),
        shown(row["bench_against"]),
    ]
    if with_difference:
        names = ("bench_diff", "bench_diff_lo", "bench_diff_hi")
        parts = [found.measure.signed(row[name]) for name in names]
        cells.append(tr("{d} ({low} to {high})").format(d=parts[0], low=parts[1], high=parts[2]))
    return cells


def _notes(found: Findings) -> list[str]:
    about = found.benchmark
    notes = [
        tr("Benchmark: {title}, {figure}.").format(
            title=about.title, figure=_benchmark_figure(found)
        )
    ]
    if about.group:
        notes.append(tr("Areas of the benchmark: {group}").format(group=about.group))
    if about.members.any():
        notes.append(
            tr(
                "The benchmark contains the areas compared with it, so a large area pulls it "
                "towards itself and looks a little more ordinary than it is."
            )
        )
    notes += [
        tr(
            "By chance alone about {inner:,.1f} of {n:,} areas would be outside the 95 % limits "
            "(5 in 100) and {outer:,.1f} of them outside the 99.8 % limits (2 in 1,000)."
        ).format(inner=INNER * found.known, n=found.known, outer=OUTER * found.known),
        _dispersion(found.phi, found.known),
        tr(
            "Low and high are neither good nor bad in themselves: a high share of people with a "
            "condition may mean more illness, older people, or better diagnosis."
        ),
        _disclosure(found.source.suppression),
        _limits_note(found.measure),
    ]
    if found.tables:
        notes.append(tr("Figures from: {tables}.").format(tables="; ".join(found.tables)))
    notes.append(
        found.source_line or tr("Source: the layer does not say where its figures come from.")
    )
    return notes


def _dispersion(phi: float, areas: int) -> str:
    if phi != phi:
        return tr("Over-dispersion cannot be told from so few areas.")
    text = tr(
        "Over-dispersion (phi): {phi:,.1f}. By chance alone it would be about 0.7, as the "
        "outermost tenth at either end is drawn in."
    ).format(phi=phi)
    if phi > WIDE:
        text += " " + tr(
            "These areas differ by more, in things such as age or deprivation, so many of them are "
            "outside the limits without being anything special. The limits were not widened."
        )
    if areas < FEW:
        text += " " + tr("Of fewer than {few} areas it tells little.").format(few=FEW)
    return text


def _disclosure(rule: str | None) -> str:
    if rule in (None, "none"):
        return tr(
            "No counts were hidden here: check the rules of your organisation before publishing."
        )
    return tr(
        "Small counts are hidden and the others rounded by the rule {rule}, and all figures are "
        "made of rounded counts. Areas with a hidden count are not compared. A small count mostly "
        "means a low figure, so where there are such areas the table shows too few lower ones."
    ).format(rule=rule)


def _limits_note(measure: Measure) -> str:
    if measure.name == "proportion":
        return tr(
            "Limits of the shares: Wilson; of the difference: Newcombe; lines of the funnel: "
            "normal limits of the benchmark, where Wilson's just touch it."
        )
    return tr(
        "Limits of the figures: exact below 10 cases, Byar's above; lines of the funnel: exact."
    )
