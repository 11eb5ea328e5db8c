"""Summary measures of inequality between groups that run from most to least deprived.

Every function takes arrays with one entry per group, the most deprived group first, and gives NaN
where the figure cannot be made: an unknown value, a population that is missing or not positive,
a logarithm of 0. An unknown standard error leaves the estimate and takes its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .proportions import Z95, percent, z_of

Array = NDArray[np.float64]
Kind = Literal["value", "rate", "proportion"]
PER = 1000.0  # Theil's index and the mean log deviation are given times 1,000
FEWEST = 3  # groups that a line is fitted to: two would leave no residual
ALIKE = 1e-12  # of the mean: figures that differ by less differ by rounding error alone
CHUNK = 10_000  # simulated repetitions held in memory at a time
POINTS = 101  # of the line between the two ends
NAN = float("nan")


@dataclass(frozen=True)
class Measure:
    """One figure with its confidence limits; NaN where there is none."""

    estimate: float
    lower: float = NAN
    upper: float = NAN


@dataclass(frozen=True)
class Slope:
    """Result of ``slope_index``.

    Attributes:
        sii: slope index of inequality, in units of the value times the multiplier.
        rii: relative index of inequality.
        intercept: fitted value at the most deprived end, times the size of the multiplier.
    """

    sii: Measure
    rii: Measure
    intercept: float


NOTHING = Measure(NAN)


def ridit(population: ArrayLike) -> Array:
    """Return the middle of each group's range in the cumulative population, 0 to 1.

    Source: Bross, Biometrics 14 (1958) 18; used as the relative rank by Pamuk, Population
    Studies 39 (1985) 17.
    """
    people = np.asarray(population, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = people / people.sum()
    middle: Array = share.cumsum() - share / 2
    return middle


def standard_error(lower: ArrayLike, upper: ArrayLike, kind: Kind = "value") -> Array:
    """Return ``(t(upper) - t(lower)) / (2 * 1.96)`` from 95 % limits, on the scale of its kind.

    ``t`` is the logarithm of a rate, the logit of a proportion (0 to 1) and nothing for other
    values; NaN where a limit is not in the range of its kind.

    Source: Office for Health Improvement and Disparities, slope index of inequality.
    """
    above, below = _transform(upper, kind), _transform(lower, kind)
    error = (above - below) / (2 * Z95)
    return np.where(error >= 0, error, np.nan)


def share_error(share: ArrayLike, population: ArrayLike) -> Array:
    """Return the standard error of shares in per cent, ``100 sqrt(p (1 - p) / n)``.

    Args:
        share: 100 p, from 0 to 100.
        population: n, the people they are shares of; NaN for nobody.
    """
    p, n = np.asarray(share, dtype=float) / 100, np.asarray(population, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 0, 100 * np.sqrt(p * (1 - p) / n), np.nan)


def logit_line(share: ArrayLike, population: ArrayLike) -> tuple[Array, Array] | tuple[()]:
    """Return the line of which ``slope_index`` of logits takes the ends, to be drawn.

    It is straight between the logits of the two ends, so it bends a little in per cent.

    Args:
        share: of the groups, in per cent, the most deprived group first.
        population: people in each group.

    Returns:
        Places from 0 (most deprived) to 1, and the shares there in per cent; nothing where there
        is no slope index.

    Source: as ``slope_index``.
    """
    part = np.asarray(share, dtype=float) / 100
    unknown = np.full(len(part), np.nan)  # errors are for limits alone
    found = slope_index(part, population, unknown, kind="proportion", transformed=True)
    ends = np.array([found.intercept, found.intercept + found.sii.estimate])
    start, end = _transform(ends, "proportion")
    if not (np.isfinite(start) and np.isfinite(end)):
        return ()
    x = np.linspace(0, 1, POINTS, dtype=np.float64)
    return x, 100 * _back(start + (end - start) * x, "proportion")


def slope_index(
    value: ArrayLike,
    population: ArrayLike,
    se: ArrayLike,
    *,
    kind: Kind = "value",
    transformed: bool = False,
    multiplier: float = 1.0,
    confidence: float = 0.95,
    seed: int = 1,
    repetitions: int = 100_000,
) -> Slope:
    """Return slope (SII) and relative index of inequality (RII) with simulated limits.

    ``y = Y0 + b x`` is fitted by least squares weighted with the populations, ``x`` the ridit of
    the group; ``SII = Y1 - Y0`` and ``RII = Y1 / Y0``, with ``Y1`` at ``x = 1``, the least
    deprived end. With ``transformed``, ``t(y)`` is fitted and Y0 and Y1 are its values put back.

    Limits: each value is drawn from a normal distribution (of its logarithm for a rate, its logit
    for a proportion) ``repetitions`` times, the line fitted to every draw, and the draws at
    the two ends of ``confidence`` are taken. With ``transformed`` the limits are those of ``b``,
    turned about the middle of the line. The same seed gives the same limits.

    Args:
        value: the groups' figures; a proportion from 0 to 1.
        population: people in each group.
        se: standard errors on the scale of the kind; see ``standard_error``.
        kind: "rate" draws logarithms, "proportion" logits, "value" the values themselves.
        transformed: fit the line to the logarithms or logits, too.
        multiplier: of SII and its limits (100 for per cent). A negative one turns the
            comparison round: most less least deprived, and the inverse of RII.
        confidence: 0.95 or 0.998.
        seed: of the simulation.
        repetitions: of the simulation.

    Source: Low and Low, J. Public Health 26 (2004) 388; limits and transformations as the Office
    for Health Improvement and Disparities makes them.
    """
    y, people = _arrays(value, population)
    mean, error = _transform(y, kind), np.asarray(se, dtype=float)
    fitted = mean if transformed else y
    if len(y) < FEWEST or not (_usable(fitted, people) and np.isfinite(multiplier)):
        return Slope(NOTHING, NOTHING, NAN)
    level, slope = _line(fitted, people)
    back = kind if transformed else "value"
    first, last = _ends(level, slope, back)
    sii, rii = _compare(first, last, multiplier)
    limits = (NAN, NAN, NAN, NAN)
    if _known(error) and np.isfinite(mean).all():
        drawn = "value" if transformed else kind
        levels, slopes = _simulate(mean, error, people, drawn, seed, repetitions)
        if transformed:
            levels, slopes = level, np.array(_tails(slopes, confidence))
        siis, riis = _compare(*_ends(levels, slopes, back), multiplier)
        ends = _range if transformed else _tails
        limits = (*ends(siis, confidence), *ends(riis, confidence))
    return Slope(
        Measure(float(sii), limits[0], limits[1]),
        Measure(float(rii), limits[2], limits[3]),
        float(first * abs(multiplier)),
    )


def gap(value: ArrayLike, se: ArrayLike, *, favourable: bool, confidence: float = 0.95) -> Measure:
    """Return the difference of the extreme groups, above 0 where the most deprived fare worse.

    ``d = y1 - y2``: the least less the most deprived group of a favourable figure, the most less
    the least deprived of an adverse one; limits ``d -/+ z sqrt(se1^2 + se2^2)``.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    (y1, y2), (se1, se2) = _extremes(value, favourable), _extremes(se, favourable)
    return _normal(y1 - y2, float(np.hypot(se1, se2)) if se1 >= 0 and se2 >= 0 else NAN, confidence)


def ratio(
    value: ArrayLike, se: ArrayLike, *, favourable: bool, confidence: float = 0.95
) -> Measure:
    """Return the ratio of the extreme groups, above 1 where the most deprived fare worse.

    ``r = y1 / y2`` with the groups as in ``gap``; limits ``r exp(-/+ z s)`` with
    ``s = sqrt((se1/y1)^2 + (se2/y2)^2)``. NaN unless both are above 0.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    (y1, y2), (se1, se2) = _extremes(value, favourable), _extremes(se, favourable)
    if not (y1 > 0 and y2 > 0):
        return NOTHING
    spread = np.hypot(se1 / y1, se2 / y2) if se1 >= 0 and se2 >= 0 else NAN
    half = float(z_of(confidence) * spread)
    return Measure(y1 / y2, y1 / y2 * float(np.exp(-half)), y1 / y2 * float(np.exp(half)))


def concentration_absolute(
    value: ArrayLike, population: ArrayLike, confidence: float = 0.95
) -> Measure:
    """Return the absolute concentration index: below 0 where more is among the most deprived.

    ``ACI = 2 sum p (x - 1/2) y``, p the population share and x the ridit. It is the slope of
    ``2 s y`` on x, weighted by population, ``s = sum p (x - 1/2)^2``; its standard error is
    that of the slope, from the residuals (divisor: groups less 2).

    Source: Kakwani, Wagstaff and van Doorslaer, J. Econometrics 77 (1997) 87; Schlotheuber
    and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    y, people = _arrays(value, population)
    if len(y) < FEWEST or not _usable(y, people):
        return NOTHING
    if _alike(y, float(np.average(y, weights=people))):
        return Measure(0.0, 0.0, 0.0)  # rounding error would lean to one end
    share, x = people / people.sum(), ridit(people)
    spread = float((share * (x - 0.5) ** 2).sum())
    level, slope = _line(2 * spread * y, people)
    rest = 2 * spread * y - level - slope * (x - 0.5)
    variance = (share * rest**2).sum() / (len(y) - 2) / spread
    return _normal(float(slope), float(np.sqrt(variance)), confidence)


def concentration_relative(
    value: ArrayLike, population: ArrayLike, confidence: float = 0.95
) -> Measure:
    """Return the relative concentration index: ACI over the mean, -1 to 1; NaN for a mean of 0.

    Source: as ``concentration_absolute``.
    """
    return _over_mean(concentration_absolute(value, population, confidence), value, population)


def between_group_variance(
    value: ArrayLike, population: ArrayLike, se: ArrayLike, confidence: float = 0.95
) -> Measure:
    """Return ``BGV = sum p (y - m)^2``, p the population share, m the mean weighted with it.

    ``se^2 = 4 sum p^2 se^2 (y - m)^2 + 2 ((sum p^2 se^2)^2 - sum p^4 se^4
    + sum p^2 (1 - p)^2 se^4)``. The lower limit is not cut at 0.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697;
    limits: Ahn, Harper et al., JCO Clinical Cancer Informatics 2 (2018) 1.
    """
    y, people = _arrays(value, population)
    if not _usable(y, people):
        return NOTHING
    share = people / people.sum()
    away = y - (share * y).sum()
    error = _errors(se)
    noise = share**2 * error**2
    variance = 4 * (noise * away**2).sum() + 2 * (
        noise.sum() ** 2 - (noise**2).sum() + (share**2 * (1 - share) ** 2 * error**4).sum()
    )
    return _normal(float((share * away**2).sum()), float(np.sqrt(variance)), confidence)


def between_group_deviation(value: ArrayLike, population: ArrayLike) -> Measure:
    """Return the square root of the between-group variance; no limits are defined.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    return Measure(float(np.sqrt(between_group_variance(value, population, np.nan).estimate)))


def coefficient_of_variation(value: ArrayLike, population: ArrayLike) -> Measure:
    """Return 100 times the between-group deviation over the mean; no limits are defined.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    deviation = Measure(100 * between_group_deviation(value, population).estimate)
    return _over_mean(deviation, value, population)


def mean_difference(value: ArrayLike, population: ArrayLike, *, weighted: bool = True) -> Measure:
    """Return the mean of ``|y - m|``, m the mean weighted with the populations; no limits.

    The mean of the differences is over people with ``weighted``, else over groups.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    y, people = _arrays(value, population)
    if not _usable(y, people):
        return NOTHING
    away = np.abs(y - np.average(y, weights=people))
    return Measure(float(np.average(away, weights=people if weighted else None)))


def index_of_disparity(
    value: ArrayLike, population: ArrayLike, *, weighted: bool = True
) -> Measure:
    """Return 100 times the mean difference from the mean over the mean; no limits are defined.

    Source: Pearcy and Keppel, Public Health Reports 117 (2002) 273; Schlotheuber and
    Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    away = Measure(100 * mean_difference(value, population, weighted=weighted).estimate)
    return _over_mean(away, value, population)


def theil(
    value: ArrayLike, population: ArrayLike, se: ArrayLike, confidence: float = 0.95
) -> Measure:
    """Return Theil's index times 1,000: ``T = sum p r ln r``, ``r = y / m``, m the weighted mean.

    ``se^2 = sum (1 + ln r - sum p r (1 + ln r))^2 p^2 se^2 / m^2``, times 1,000 squared. NaN
    unless all values are above 0.

    Source: Theil, Economics and Information Theory (1967); limits: Ahn, Harper et al., JCO
    Clinical Cancer Informatics 2 (2018) 1.
    """
    y, people = _arrays(value, population)
    if not (_usable(y, people) and (y > 0).all()):
        return NOTHING
    share = people / people.sum()
    mean = (share * y).sum()
    r = y / mean
    pull = 1 + np.log(r) - (share * r * (1 + np.log(r))).sum()
    error = np.sqrt((pull**2 * share**2 * _errors(se) ** 2).sum()) / mean
    return _normal(PER * float((share * r * np.log(r)).sum()), PER * float(error), confidence)


def mean_log_deviation(
    value: ArrayLike, population: ArrayLike, se: ArrayLike, confidence: float = 0.95
) -> Measure:
    """Return the mean log deviation times 1,000: ``MLD = sum p (-ln r)``, ``r = y / m``.

    ``se^2 = sum (1 - 1/r)^2 p^2 se^2 / m^2``, times 1,000 squared. NaN unless all values are
    above 0.

    Source: as ``theil``.
    """
    y, people = _arrays(value, population)
    if not (_usable(y, people) and (y > 0).all()):
        return NOTHING
    share = people / people.sum()
    mean = (share * y).sum()
    r = y / mean
    error = np.sqrt(((1 - 1 / r) ** 2 * share**2 * _errors(se) ** 2).sum()) / mean
    return _normal(-PER * float((share * np.log(r)).sum()), PER * float(error), confidence)


def attributable_risk(
    value: ArrayLike,
    population: ArrayLike,
    *,
    favourable: bool,
    scale: float | None = None,
    confidence: float = 0.95,
) -> Measure:
    """Return the population attributable risk: what the mean would change by, were all alike.

    ``PAR = y_ref - m``: the least deprived group less the weighted mean. Above 0 for a favourable
    figure, below 0 for an adverse one; 0, without limits, where the least deprived group is not
    better than the mean.

    Args:
        value: the groups' figures.
        population: people in each group.
        favourable: whether more of it is better.
        scale: what a group would have if it were true of everyone: 100 for per cent. Limits need
            it, as they come from the counts.
        confidence: of the limits.

    Source: Schlotheuber and Hosseinpoor, Int. J. Environ. Res. Public Health 19 (2022) 3697.
    """
    y, people = _arrays(value, population)
    fraction = attributable_fraction(
        y, people, favourable=favourable, scale=scale, confidence=confidence
    )
    if np.isnan(fraction.estimate):
        return NOTHING
    part = float(np.average(y, weights=people)) / 100
    return Measure(fraction.estimate * part, fraction.lower * part, fraction.upper * part)


def attributable_fraction(
    value: ArrayLike,
    population: ArrayLike,
    *,
    favourable: bool,
    scale: float | None = None,
    confidence: float = 0.95,
) -> Measure:
    """Return the population attributable fraction: PAR in per cent of the mean.

    With ``a, b`` people with and without it outside the least deprived group, ``c, d`` inside
    and N in all, ``se = 100 sqrt(c N (a d (N - c) + b c^2) / ((a + c)^3 (c + d)^3))``; no limits
    where c is 0.

    Args:
        value: as ``attributable_risk``.
        population: people in each group.
        favourable: whether more of it is better.
        scale: as ``attributable_risk``.
        confidence: of the limits.

    Source: Walter, Int. J. Epidemiology 7 (1978) 175; Schlotheuber and Hosseinpoor, Int. J.
    Environ. Res. Public Health 19 (2022) 3697.
    """
    y, people = _arrays(value, population)
    if not _usable(y, people):
        return NOTHING
    mean, best = float(np.average(y, weights=people)), float(y[-1])
    if mean <= 0:
        return NOTHING
    if _alike(y[-1:], mean) or (best > mean) != favourable:
        return Measure(0.0)
    error = NAN
    if scale is not None and scale > 0 and (y >= 0).all() and (y <= scale).all():
        everyone, inside = float(people.sum()), float(people[-1])
        c = best / scale * inside
        a = mean / scale * everyone - c
        d, b = inside - c, everyone - inside - a
        above = c * everyone * (a * d * (everyone - c) + b * c**2)
        if c > 0:  # of nobody the formula makes an error of 0
            error = 100 * float(np.sqrt(above / ((a + c) ** 3 * inside**3)))
    return _normal(100 * (best - mean) / mean, error, confidence)


def summary(
    value: ArrayLike,
    population: ArrayLike,
    se: ArrayLike,
    *,
    favourable: bool,
    seed: int = 1,
    repetitions: int = 10_000,
    confidence: float = 0.95,
    scale: float = 100.0,
    kind: Kind = "proportion",
    transformed: bool = True,
) -> pd.DataFrame:
    """Return every measure of one figure, a row each: estimate, lower and upper limit.

    Rows: ``gap``, ``ratio``, ``sii``, ``rii`` (each above 0, or 1, where the most deprived fare
    worse), ``aci``, ``rci`` (above 0 where more of it is among the least deprived), ``bgv``,
    ``bgsd``, ``cv``, ``mdm``, ``mdm_unweighted``, ``idisp``, ``idisp_unweighted``, ``theil``,
    ``mld``, ``par``, ``paf`` (above 0 for a favourable figure, below for an adverse one).

    Args:
        value: the groups' figures, the most deprived group first.
        population: people in each group.
        se: standard error of each figure, in its own unit.
        favourable: whether more of it is better.
        seed: of the simulated limits of SII and RII.
        repetitions: of their simulation.
        confidence: of all limits.
        scale: what the figure would be if it were true of everyone: 100 for per cent, 100,000
            for a rate per 100,000. Not used for a "value".
        kind: "proportion", "rate", or "value" for averages and ratios of other things.
        transformed: fit SII and RII on logits (proportion) or logarithms (rate), as their
            source advises; they are NaN then where a group has 0. Nothing to a "value".
    """
    y, error = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    unit = 1.0 if kind == "value" else scale
    slope = slope_index(
        y / unit,
        population,
        _delta(y / unit, error / unit, kind),
        kind=kind,
        transformed=transformed and kind != "value",
        multiplier=unit if favourable else -unit,
        confidence=confidence,
        seed=seed,
        repetitions=repetitions,
    )
    everyone = None if kind == "value" else scale
    measures = {
        "gap": gap(y, error, favourable=favourable, confidence=confidence),
        "ratio": ratio(y, error, favourable=favourable, confidence=confidence),
        "sii": slope.sii,
        "rii": slope.rii,
        "aci": concentration_absolute(y, population, confidence),
        "rci": concentration_relative(y, population, confidence),
        "bgv": between_group_variance(y, population, error, confidence),
        "bgsd": between_group_deviation(y, population),
        "cv": coefficient_of_variation(y, population),
        "mdm": mean_difference(y, population),
        "mdm_unweighted": mean_difference(y, population, weighted=False),
        "idisp": index_of_disparity(y, population),
        "idisp_unweighted": index_of_disparity(y, population, weighted=False),
        "theil": theil(y, population, error, confidence),
        "mld": mean_log_deviation(y, population, error, confidence),
        "par": attributable_risk(
            y, population, favourable=favourable, scale=everyone, confidence=confidence
        ),
        "paf": attributable_fraction(
            y, population, favourable=favourable, scale=everyone, confidence=confidence
        ),
    }
    return _table(measures)


def unordered(count: ArrayLike, population: ArrayLike) -> pd.DataFrame:
    """Return the measures that need no order of the groups: estimate, lower and upper limit.

    Rows: ``bgv``, ``theil``, ``mld``, ``idisp`` of the shares in per cent.

    Args:
        count: people counted in each group, or area.
        population: people they are a part of, above 0.
    """
    share = percent(count, population)
    error = share_error(share, population)
    measures = {
        "bgv": between_group_variance(share, population, error),
        "theil": theil(share, population, error),
        "mld": mean_log_deviation(share, population, error),
        "idisp": index_of_disparity(share, population),
    }
    return _table(measures)


def _table(measures: Mapping[str, Measure]) -> pd.DataFrame:
    return pd.DataFrame({name: asdict(one) for name, one in measures.items()}).T


def _arrays(value: ArrayLike, population: ArrayLike) -> tuple[Array, Array]:
    return np.asarray(value, dtype=float), np.asarray(population, dtype=float)


def _alike(value: Array, mean: float) -> bool:
    return bool((np.abs(value - mean) <= ALIKE * abs(mean)).all())


def _usable(value: Array, population: Array) -> bool:
    return (
        len(value) > 1
        and bool(np.isfinite(value).all())
        and bool((np.isfinite(population) & (population > 0)).all())
    )


def _known(se: Array) -> bool:
    return bool((np.isfinite(se) & (se >= 0)).all())


def _errors(se: ArrayLike) -> Array:
    """Return the standard errors, all NaN where one of them is missing or negative."""
    error = np.asarray(se, dtype=float)
    return error if _known(error) else np.full(error.shape, np.nan)


def _normal(estimate: float, se: float, confidence: float) -> Measure:
    half = z_of(confidence) * se
    return Measure(float(estimate), float(estimate - half), float(estimate + half))


def _over_mean(measure: Measure, value: ArrayLike, population: ArrayLike) -> Measure:
    y, people = _arrays(value, population)
    mean = float(np.average(y, weights=people)) if _usable(y, people) else 0.0
    if mean <= 0:
        return NOTHING
    return Measure(measure.estimate / mean, measure.lower / mean, measure.upper / mean)


def _extremes(value: ArrayLike, favourable: bool) -> tuple[float, float]:
    """Return the entries of the group that should be higher if deprivation harms, and the other."""
    entries = np.asarray(value, dtype=float)
    if len(entries) < 2:
        return NAN, NAN
    first, last = float(entries[0]), float(entries[-1])
    return (last, first) if favourable else (first, last)


def _transform(value: ArrayLike, kind: Kind) -> Array:
    """Return logarithms of rates, logits of proportions; NaN where there is none."""
    y = np.asarray(value, dtype=float)
    if kind == "value":
        return y
    inside = (y > 0) & (y < (1 if kind == "proportion" else np.inf))
    y = np.where(inside, y, np.nan)
    moved: Array = np.log(y / (1 - y)) if kind == "proportion" else np.log(y)
    return moved


def _back(value: Array, kind: Kind) -> Array:
    if kind == "value":
        return value
    moved: Array = 1 / (1 + np.exp(-value)) if kind == "proportion" else np.exp(value)
    return moved


def _delta(value: Array, se: Array, kind: Kind) -> Array:
    """Return standard errors on the scale of the kind, to first order."""
    if kind == "value":
        return se
    with np.errstate(divide="ignore", invalid="ignore"):
        return se / (value * (1 - value) if kind == "proportion" else value)


def _line(y: Array, population: Array) -> tuple[Array, Array]:
    """Return height in the middle (x = 1/2) and slope of the weighted line; rows are repeats.

    The mean of the ridits is 1/2, whatever the populations, so that the two do not correlate.
    """
    share, x = population / population.sum(), ridit(population) - 0.5
    return (y * share).sum(axis=-1), (y * (share * x)).sum(axis=-1) / (share * x**2).sum()


def _ends(level: Array, slope: Array, kind: Kind) -> tuple[Array, Array]:
    return _back(level - slope / 2, kind), _back(level + slope / 2, kind)


def _compare(first: Array, last: Array, multiplier: float) -> tuple[Array, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.asarray(first / last if multiplier < 0 else last / first)
    return np.asarray((last - first) * multiplier), np.where(np.isfinite(times), times, np.nan)


def _simulate(
    mean: Array, se: Array, population: Array, kind: Kind, seed: int, repetitions: int
) -> tuple[Array, Array]:
    """Return height and slope of the lines through values drawn about their means."""
    random = np.random.Generator(np.random.PCG64(seed))
    levels, slopes = np.empty(repetitions), np.empty(repetitions)
    for start in range(0, repetitions, CHUNK):
        rows = slice(start, min(start + CHUNK, repetitions))
        noise = random.standard_normal((rows.stop - rows.start, len(mean)))
        levels[rows], slopes[rows] = _line(_back(mean + se * noise, kind), population)
    return levels, slopes


def _tails(draws: Array, confidence: float) -> tuple[float, float]:
    """Return the draws in places ``n (1 - c) / 2`` and ``n (1 + c) / 2``, counted from 1."""
    ordered, count = np.sort(draws), len(draws)  # NaN, of a ratio to 0, comes last
    low, high = round(count * (1 - confidence) / 2), round(count * (1 + confidence) / 2)
    return float(ordered[max(low, 1) - 1]), float(ordered[max(high, 1) - 1])


def _range(limits: Array, confidence: float) -> tuple[float, float]:
    """Return two limits in order, whichever way the comparison was turned."""
    return float(limits.min()), float(limits.max())
