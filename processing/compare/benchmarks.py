"""Areas held against a benchmark: figures, limits, differences and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ..attribution import together
from ..inputs import Source
from ..messages import Log, some, tr

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[Any]

CLASSES = ("much lower", "lower", "as expected", "higher", "much higher")
OUTER, INNER = 0.002, 0.05  # shares of areas outside the limits by chance alone
FIELDS = (  # that a comparison makes; earlier ones of these names are replaced
    *("bench_value", "bench_lo", "bench_hi", "bench_lo998", "bench_hi998", "bench_against"),
    *("bench_diff", "bench_diff_lo", "bench_diff_hi", "bench_class"),
    # as a shapefile keeps them
    *("bench_vl", "bench_l998", "bench_h998", "bench_gnst", "bench_dff_", "bench_dff1"),
    "bench_clss",
)


MOST_DECIMALS = 6


@dataclass(frozen=True)
class Measure:
    """What is made of count and base: ``proportion``, ``rate`` or ``ratio``.

    ``per`` is 100 for a proportion (per cent) and a ratio (100 = as expected).
    """

    name: str
    per: float

    @property
    def unit(self) -> str:
        """Return what stands behind a figure."""
        return " %" if self.name == "proportion" else ""

    def axis(self) -> str:
        """Return the unit in words."""
        words = {
            "proportion": tr("Share (%)"),
            "rate": tr("Rate per {per:,.10g}").format(per=self.per),
            "ratio": tr("Observed for every 100 expected"),
        }
        return words[self.name]

    def shown(self, value: float) -> str:
        """Return a figure as it is printed."""
        if value != value:
            return "–"
        return f"{value:,.{_decimals(value)}f}{self.unit}"

    def signed(self, value: float) -> str:
        """Return a difference of two figures as it is printed, without the unit."""
        return f"{value:+,.{_decimals(value)}f}" if value else "0.0"


def _decimals(value: float) -> int:
    """Return how many decimals leave a small number two figures that count."""
    size = abs(value)
    if size >= 0.95 or size == 0:
        return 1
    return next((n for n in range(2, MOST_DECIMALS) if size * 10**n >= 9.5), MOST_DECIMALS)


@dataclass(frozen=True)
class Benchmark:
    """What each area is compared with.

    Attributes:
        value: in the unit of the measure, one per area; missing where there is none.
        count, base: the people it was made of, missing for a plain value.
        alone: whether it is made of the area itself and of nothing else.
        members: areas of this layer that are among those that it is made of.
        areas: number of areas that it is made of, 0 for a plain value.
        title: what it is, in words.
        place: the larger place of each area, None where all have the same benchmark.
        group: the whole expression that picked them, empty where none did.
    """

    value: pd.Series
    count: pd.Series
    base: pd.Series
    alone: pd.Series
    members: pd.Series
    areas: int
    title: str
    place: pd.Series | None = None
    group: str = ""


def pooled(count: pd.Series, base: pd.Series) -> tuple[float, float, pd.Series]:
    """Return the sums of count and base over areas that have both, and which these are."""
    both = count.notna() & base.gt(0)
    return float(count[both].sum()), float(base[both].sum()), both


@dataclass(frozen=True)
class Asked:
    """How a benchmark is made: measure, title, disclosure rule, and what picks its areas."""

    measure: Measure
    title: str
    rule: str
    log: Log
    group: str = ""

    @property
    def rule_of_base(self) -> str:
        """Return the rule of the base; expected numbers are no counts of people."""
        return "none" if self.measure.name == "ratio" else self.rule


def of_areas(count, base, members, asked: Asked) -> Benchmark:
    """Return the figure of some of the areas together.

    Args:
        count, base: of all areas, the true figures.
        members: which of them are meant.
        asked: how.

    Raises:
        InputError: where none of them has both figures, or their sum must be hidden.
    """
    import pandas as pd

    x, n, both = pooled(count.where(members), base.where(members))
    x, n = _shown_sums(x, n, both, asked)
    _log_left_out(members, both, asked.log)
    return Benchmark(
        value=pd.Series(asked.measure.per * x / n, index=count.index),
        count=pd.Series(x, index=count.index),
        base=pd.Series(n, index=count.index),
        alone=both & (both.sum() == 1),
        members=both,
        areas=int(both.sum()),
        title=asked.title.format(n=int(both.sum())),
        group=asked.group,
    )


def of_others(count, base, index, asked: Asked) -> Benchmark:
    """Return the figure of the areas of another layer together, for areas of this index.

    Raises:
        InputError: where none of them has both figures, or their sum must be hidden.
    """
    import pandas as pd

    x, n, both = pooled(count, base)
    x, n = _shown_sums(x, n, both, asked)
    _log_left_out(pd.Series(True, index=both.index), both, asked.log)
    nobody = pd.Series(False, index=index)
    return Benchmark(
        value=pd.Series(asked.measure.per * x / n, index=index),
        count=pd.Series(x, index=index),
        base=pd.Series(n, index=index),
        alone=nobody,
        members=nobody,
        areas=int(both.sum()),
        title=asked.title.format(n=int(both.sum())),
        group=asked.group,
    )


def of_value(value: float, index, measure: Measure) -> Benchmark:
    """Return a number as the benchmark, in the unit of the measure.

    Raises:
        InputError: where it is outside what the measure can be.
    """
    import pandas as pd

    most = 100 if measure.name == "proportion" else float("inf")
    if not 0 < value < most:
        raise InputError(
            tr(
                "VALUE: {value:g} is not above 0{below}. It is in the unit of the figures: {unit}."
            ).format(
                value=value,
                below=tr(" and below 100") if measure.name == "proportion" else "",
                unit=measure.axis(),
            )
        )
    missing, nobody = pd.Series(float("nan"), index=index), pd.Series(False, index=index)
    title = tr("the value {value}").format(value=f"{value:,.10g}{measure.unit}")
    return Benchmark(
        value=pd.Series(float(value), index=index),
        count=missing,
        base=missing,
        alone=nobody,
        members=nobody,
        areas=0,
        title=title,
    )


def of_parents(count, base, place: pd.Series, asked: Asked) -> Benchmark:
    """Return for each area the figure of its larger place, made of the areas that lie in it.

    Raises:
        InputError: where no area has a place.
    """
    from ...methods.disclosure import protect

    both = count.notna() & base.gt(0) & place.notna()
    if not both.any():
        raise InputError(tr("No area has a larger place and figures: check PARENT_FIELD."))
    if place.isna().any():
        asked.log(
            tr("{n} areas have no larger place, and are compared with nothing.").format(
                n=int(place.isna().sum())
            )
        )
    _log_left_out(place.notna(), both, asked.log)
    x, n = (
        protect(values.where(both).groupby(place).transform("sum"), rule).where(place.notna())
        for values, rule in ((count, asked.rule), (base, asked.rule_of_base))
    )
    usable = x.gt(0) & n.gt(0)
    without = sorted(place[place.notna() & ~usable].unique())
    if without:
        asked.log(
            tr(
                "Larger places where nobody, or too few to show, were counted: nothing is compared "
                "there: {places}."
            ).format(places=some(without))
        )
    return Benchmark(
        value=(asked.measure.per * x / n).where(usable),
        count=x.where(usable),
        base=n.where(usable),
        alone=both & both.groupby(place).transform("sum").eq(1),
        members=both,
        areas=int(both.sum()),
        title=asked.title,
        place=place,
    )


def _shown_sums(x: float, n: float, both: pd.Series, asked: Asked) -> tuple[float, float]:
    """Return the sums as they may be shown.

    Raises:
        InputError: where there is nothing to compare with.
    """
    import pandas as pd

    from ...methods.disclosure import protect

    title = asked.title.format(n=int(both.sum()))
    if not both.any():
        raise InputError(
            tr("No area has both a count and a base above 0 in {title}.").format(title=title)
        )
    if not x:
        raise InputError(
            tr("Nobody was counted in {title}: there is nothing to compare with.").format(
                title=title
            )
        )
    x = protect(pd.Series([x]), asked.rule)[0]
    n = protect(pd.Series([n]), asked.rule_of_base)[0]
    if not (x > 0 and n > 0):
        raise InputError(
            tr("In {title} too few were counted to be shown by the rule {rule}.").format(
                title=title, rule=asked.rule
            )
        )
    return float(x), float(n)


def _log_left_out(members: pd.Series, both: pd.Series, log: Log) -> None:
    lacking = int((members & ~both).sum())
    if lacking:
        log(
            tr(
                "{n} areas lack the count or a base above 0, and are not in the benchmark. Where "
                "counts were hidden as they are small, it is too high: compare first, then hide."
            ).format(n=lacking)
        )


def compare(
    count: pd.Series, base: pd.Series, measure: Measure, benchmark: Benchmark
) -> tuple[pd.DataFrame, float]:
    """Return the fields ``bench_*`` of the areas, and how over-dispersed they are."""
    import pandas as pd

    x, n, against = (s.to_numpy(dtype=float) for s in (count, base, benchmark.value))
    value, limits = _figures(x, n, measure)
    frame = pd.DataFrame({"bench_value": value, **limits, "bench_against": against})
    if measure.name == "proportion":
        for name, values in _differences(x, n, benchmark).items():
            frame[name] = values
    words = _classes(x, n, against, measure)
    frame["bench_class"] = pd.Series(words, dtype=object)
    unlike = benchmark.alone.to_numpy()
    frame.loc[unlike, [c for c in frame if c.startswith(("bench_class", "bench_diff"))]] = None
    return frame, _phi(x, n, against, unlike, measure)


def _figures(x: Floats, n: Floats, measure: Measure) -> tuple[Floats, dict[str, Floats]]:
    from ...methods.proportions import Z95, Z998, percent, wilson
    from ...methods.rates import rate

    if measure.name == "proportion":
        value = percent(x, n)
        both = (*wilson(x, n, Z95), *wilson(x, n, Z998))
    else:
        value, *inner = rate(x, n, measure.per, 0.95)
        both = (*inner, *rate(x, n, measure.per, 0.998)[1:])
    return value, dict(zip(("bench_lo", "bench_hi", "bench_lo998", "bench_hi998"), both))


def _differences(x: Floats, n: Floats, benchmark: Benchmark) -> dict[str, Floats]:
    """Return the difference to the benchmark in percentage points, with its 95 % limits."""
    import numpy as np

    from ...methods.proportions import newcombe, percent, wilson

    names = ("bench_diff", "bench_diff_lo", "bench_diff_hi")
    if benchmark.count.notna().any():
        pair = benchmark.count.to_numpy(dtype=float), benchmark.base.to_numpy(dtype=float)
        found = newcombe(x, n, *pair)
    else:  # a plain value has no limits of its own
        against = benchmark.value.to_numpy(dtype=float)
        found = tuple(part - against for part in (percent(x, n), *wilson(x, n)))
    return {name: np.asarray(part, dtype=float) for name, part in zip(names, found)}


def _classes(x: Floats, n: Floats, against: Floats, measure: Measure):
    from ...methods.funnel import classify_proportion, classify_rate

    if measure.name == "proportion":
        return classify_proportion(x, n, against / 100)
    return classify_rate(x, n, against, measure.per)


def _phi(x: Floats, n: Floats, against: Floats, unlike, measure: Measure) -> float:
    import numpy as np

    from ...methods.funnel import overdispersion

    share = np.where(unlike, np.nan, against / measure.per)
    expected = n * share
    variance = expected * (1 - share) if measure.name == "proportion" else expected
    return overdispersion(x, expected, variance)


def limits_along(axis: Floats, benchmark: float, measure: Measure) -> tuple[Floats, ...]:
    """Return the lines of a funnel: 99.8 % lower, 95 % lower, 95 % upper, 99.8 % upper."""
    from ...methods.funnel import proportion_limits, rate_limits

    if measure.name == "proportion":
        outer = proportion_limits(axis, benchmark / 100, 0.998)
        inner = proportion_limits(axis, benchmark / 100, 0.95)
        return tuple(100 * line for line in (outer[0], inner[0], inner[1], outer[1]))
    outer = rate_limits(axis, benchmark, measure.per, 0.998)
    inner = rate_limits(axis, benchmark, measure.per, 0.95)
    return outer[0], inner[0], inner[1], outer[1]


def distance(frame: pd.DataFrame, base: pd.Series, measure: Measure) -> pd.Series:
    """Return how far each area is from its benchmark, in standard deviations by chance.

    For the order of areas in lists and pictures; classes come from the limits.
    """
    import pandas as pd

    from ...methods.funnel import deviations

    share = frame["bench_against"] / measure.per
    variance = base * (share * (1 - share) if measure.name == "proportion" else share)
    observed = base * frame["bench_value"] / measure.per
    return pd.Series(deviations(observed, base * share, variance), index=frame.index)


def aliases(title: str, base: str, measure: Measure, benchmark: Benchmark) -> dict[str, str]:
    """Return the titles of the fields in words."""
    figure = {
        "proportion": tr("{title}, % of {base}"),
        "rate": tr("{title}, per {per:,.10g} of {base}"),
        "ratio": tr("{title}, for every 100 expected"),
    }[measure.name].format(title=title, base=base, per=measure.per)
    against = benchmark.title
    return {
        "bench_value": figure,
        "bench_lo": tr("{figure}, lower 95 % limit").format(figure=figure),
        "bench_hi": tr("{figure}, upper 95 % limit").format(figure=figure),
        "bench_lo998": tr("{figure}, lower 99.8 % limit").format(figure=figure),
        "bench_hi998": tr("{figure}, upper 99.8 % limit").format(figure=figure),
        "bench_against": tr("{figure}: {against}").format(figure=figure, against=against),
        "bench_diff": tr("Difference from {against}, percentage points").format(against=against),
        "bench_diff_lo": tr("Difference, lower 95 % limit"),
        "bench_diff_hi": tr("Difference, upper 95 % limit"),
        "bench_class": tr("{title}: each area against {against}").format(
            title=title, against=against
        ),
    }


def log_result(frame: pd.DataFrame, codes: pd.Series, benchmark: Benchmark, log: Log) -> None:
    """Say how many areas are in each class, and why some are in none."""
    counts = frame["bench_class"].value_counts()
    log(
        "; ".join(
            tr("{name}: {n:,}").format(name=tr(name), n=int(counts.get(name, 0)))
            for name in CLASSES
        )
        + "."
    )
    known = int(counts.sum())
    if known:
        log(
            tr(
                "By chance alone about {inner:,.1f} of {n:,} areas would be outside the 95 % "
                "limits, {outer:,.1f} of them outside those of 99.8 %."
            ).format(inner=INNER * known, n=known, outer=OUTER * known)
        )
    unlike = benchmark.alone
    if unlike.any():
        log(
            tr(
                "No class for {codes}: the benchmark is made of that one area, which cannot be "
                "compared with itself."
            ).format(codes=some(list(codes[unlike])))
        )
    lacking = frame["bench_value"].isna()
    if lacking.any():
        log(
            tr(
                "{n} areas have no figure: the count or its base is missing or hidden, or the base "
                "is 0. NULL there: {codes}."
            ).format(n=int(lacking.sum()), codes=some(list(codes[lacking])))
        )


def source_of(
    title: str, benchmark: Benchmark, sources: Sequence[Mapping[str, Any]], rule: str, fields
) -> Source:
    """Return where the compared figures come from: the sources of the counts, by their rule."""
    rules = [s["suppression"] for s in sources if s.get("suppression") not in (None, "none")]
    shown = rule if rule != "none" else (rules[0] if rules else "none")
    note = tr("Low and high are neither good nor bad in themselves.")
    if benchmark.group:
        note += " " + tr("Areas of the benchmark: {group}").format(group=benchmark.group)
    return Source(
        tr("{title}, compared with {against}").format(title=title, against=benchmark.title),
        together(s.get("attribution", "") for s in sources),
        tuple(fields),
        shown,
        note,
    )
