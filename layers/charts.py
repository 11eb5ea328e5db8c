"""Pictures of results, drawn with matplotlib, which is asked for only when one is wanted.

No pyplot: figures belong to whoever drew them, so that a picture can be made off the main thread.
The same figures make the same file, whenever it is drawn.
"""

from __future__ import annotations

import importlib.util
import io
import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError, tr
from .styles import load_spec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox
    from numpy.typing import NDArray

    Floats = NDArray[Any]

ENDINGS = (".png", ".svg", ".pdf")
WIDTH, HEIGHT = 16.0, 11.5  # centimetres, as printed across a page
INCH = 2.54
DPI = 200
TEXT, SMALL, HEAD = 9, 7, 11  # points
DARK, GREY, EDGE = "#1b1b1b", "#767676", "#3b3b3b"
# shape tells classes apart where colour does not
MARKERS = {
    "much lower": ("v", 30),
    "lower": ("v", 18),
    "as expected": ("o", 11),
    "higher": ("^", 18),
    "much higher": ("^", 30),
}
MANY = 5000  # points from which a drawing of lines holds them as a picture
CROWD = 2000  # points from which marks are made smaller
WIDE = 30  # times the smallest base that the largest is, from which the axis is logarithmic
NARROW = 2.2  # per cent of the width that the number of a group takes
# characters of a line, and lines, beyond which a text is cut
ROOM = {"title": (66, 3), "source": (112, 3), "x_title": (95, 1), "y_title": (60, 1)}
NAME_WIDTH = 44
CUT = " …"
# texts stay texts, and names inside the file do not change from run to run
SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "seldom_heard", "pdf.fonttype": 42}
# settings of the program that draws, not of the picture
NOT_OURS = ("backend", "interactive", "toolbar", "webagg", "tk.", "docstring", "date.epoch", "_")
UNDATED = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


@dataclass(frozen=True)
class Panel:
    """The areas that are compared with one benchmark.

    Attributes:
        base: people of each area, or events expected.
        value: the areas' figures, in the unit of the axis.
        classes: one of the five words for each, None where there is none.
        named: place of an area to what it is called in the picture, the first most in need of it.
        benchmark: what they are compared with.
        axis: bases at which the limits are drawn.
        limits: lines at ``axis``: 99.8 % lower, 95 % lower, 95 % upper, 99.8 % upper.
        title: of the larger place, where there are several.
    """

    base: Floats
    value: Floats
    classes: Sequence[str | None]
    named: Mapping[int, str]
    benchmark: float
    axis: Floats
    limits: tuple[Floats, Floats, Floats, Floats]
    title: str = ""


@dataclass(frozen=True)
class Funnel:
    """A funnel plot: one panel, or one for each larger place."""

    panels: Sequence[Panel]
    title: str
    x_title: str
    y_title: str
    source: str = ""


@dataclass(frozen=True)
class Gradient:
    """Groups from the most to the least deprived, as wide as they have people.

    Attributes:
        labels: what the groups are called, the most deprived first.
        people: of each group.
        value: the groups' figures, with their lower and upper limits.
        line: the fitted line, as points from 0 to 1 and heights; empty without one.
    """

    labels: Sequence[str]
    people: Floats
    value: Floats
    lower: Floats
    upper: Floats
    title: str
    x_title: str
    y_title: str
    source: str = ""
    line: tuple[Floats, Floats] | tuple[()] = field(default=())


def available() -> bool:
    """Return whether this QGIS can draw pictures."""
    return importlib.util.find_spec("matplotlib") is not None


def how_to_install() -> str:
    """Return what to do where it cannot."""
    return tr(
        "Pictures need matplotlib, which this QGIS does not have. On Windows reinstall QGIS with "
        "the standard installer, which brings it; on Debian and Ubuntu install "
        "python3-matplotlib; on macOS use QGIS from conda-forge."
    )


def check_ending(path: Path, parameter: str) -> None:
    """Raise for a picture of a kind that is not drawn.

    Raises:
        InputError: naming the file and the kinds there are.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            tr("{parameter}: {file} ends in none of {endings}.").format(
                parameter=parameter, file=path.name, endings=", ".join(ENDINGS)
            )
        )


def drawn(chart: Funnel | Gradient, ending: str) -> bytes:
    """Return a picture as the bytes of a file with this ending."""
    stream, ending = io.BytesIO(), ending.lower()
    with _own_settings():
        ready = _ready(chart)
        figure = _funnel(ready) if isinstance(ready, Funnel) else _gradient(ready)
        figure.savefig(stream, format=ending[1:], dpi=DPI, metadata=UNDATED[ending])
    return stream.getvalue()


_drawing = threading.Lock()  # matplotlib's settings belong to the whole program


@contextmanager
def _own_settings() -> Iterator[None]:
    """Draw with matplotlib's defaults, whatever the user or another plugin has set."""
    import matplotlib as mpl

    # dict's own items: to look at a setting that is going to be dropped would warn of it
    defaults = dict.items(mpl.rcParamsDefault)
    plain = {name: value for name, value in defaults if not name.startswith(NOT_OURS)}
    with _drawing, mpl.rc_context({**plain, **SETTINGS}):
        yield


def _ready(chart: Funnel | Gradient) -> Funnel | Gradient:
    """Return a chart with all its texts as they are drawn."""
    texts = {name: _as_drawn(getattr(chart, name), *room) for name, room in ROOM.items()}
    if isinstance(chart, Gradient):
        labels = [_as_drawn(label, NAME_WIDTH) for label in chart.labels]
        return replace(chart, labels=labels, **texts)
    panels = [
        replace(
            panel,
            title=_as_drawn(panel.title, NAME_WIDTH),
            named={at: _as_drawn(name, NAME_WIDTH) for at, name in panel.named.items()},
        )
        for panel in chart.panels
    ]
    return replace(chart, panels=panels, **texts)


def _as_drawn(text: str, width: int, lines: int = 1) -> str:
    """Return a text in lines, cut where they are too many, with each $ taken as it is.

    Between two of them matplotlib would read a formula.
    """
    wrapped = textwrap.wrap(text, width, max_lines=lines, placeholder=CUT)
    return "\n".join(wrapped).replace("$", r"\$")


def save(path: Path, picture: bytes) -> None:
    """Write a picture; it appears whole or not at all.

    Raises:
        InputError: when the place cannot be written.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(picture)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise InputError(
            tr("{file}: the picture cannot be written ({error}).").format(
                file=path, error=error.strerror
            )
        ) from error


def _figure(rows: int = 1) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = HEIGHT + 6.5 * (rows - 1)
    figure = Figure(figsize=(WIDTH / INCH, height / INCH), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _frame(figure: Figure, title: str, source: str, below: float) -> tuple[float, float]:
    """Write title and source, of a few lines each; return the room between, in shares of height.

    ``below`` are the centimetres that axis and legend take above the source.
    """
    height = figure.get_size_inches()[1] * INCH
    figure.text(0.02, 1 - 0.25 / height, title, fontsize=HEAD, weight="bold", va="top", color=DARK)
    figure.text(
        0.02, 0.2 / height, source, fontsize=SMALL, va="bottom", color=DARK, linespacing=1.3
    )
    top = 1 - (0.55 + 0.5 * len(title.splitlines())) / height
    return (below + 0.4 * len(source.splitlines())) / height, top


def _funnel(chart: Funnel) -> Figure:
    columns = 1 if len(chart.panels) == 1 else 2
    rows = -(-len(chart.panels) // columns)
    figure = _figure(rows)
    height = figure.get_size_inches()[1] * INCH
    bottom, top = _frame(figure, chart.title, chart.source, below=2.9)
    several = len(chart.panels) > 1
    if several:
        top -= 0.45 / height  # for the titles of the panels
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    figure.subplots_adjust(
        left=0.105, right=0.975, bottom=bottom, top=top, wspace=0.22, hspace=0.42
    )
    for ax in axes[len(chart.panels) :]:
        ax.remove()
    for number, (panel, ax) in enumerate(zip(chart.panels, axes)):
        _draw_panel(ax, panel)
        if several:
            ax.set_title(panel.title, fontsize=TEXT, loc="left", color=DARK)
            ax.locator_params(axis="x", nbins=4)
        if number % columns == 0:
            ax.set_ylabel(chart.y_title, fontsize=TEXT, color=DARK)
    # one title for all panels, above the legend
    below = bottom - 0.75 / height
    figure.text(0.54, below, chart.x_title, fontsize=TEXT, color=DARK, ha="center", va="top")
    _legend(figure, chart.panels, bottom - 1.25 / height)
    figure.canvas.draw()
    for panel, ax in zip(chart.panels, axes):
        _name_points(ax, panel)
    return figure


def _draw_panel(ax: Axes, panel: Panel) -> None:
    import numpy as np

    for line, style in zip(panel.limits, ("-", "--", "--", "-")):
        ax.plot(panel.axis, line, style, color=EDGE, linewidth=0.9, zorder=2)
    ax.axhline(panel.benchmark, color=DARK, linewidth=1.4, zorder=2)
    colours = {c["value"]: c["colour"] for c in load_spec("benchmark")["categories"]}
    classes = np.array(panel.classes, dtype=object)
    smaller = max(min(1.0, CROWD / len(classes)), 0.3)
    for number, (name, (marker, size)) in enumerate(MARKERS.items()):
        here = classes == name
        ax.scatter(
            panel.base[here],
            panel.value[here],
            s=size * smaller,
            marker=marker,
            c=colours[name],
            edgecolors=EDGE,
            linewidths=0.4 * smaller,
            # what stands out lies on top
            zorder=3 + abs(number - len(MARKERS) // 2),
            rasterized=bool(here.sum() > MANY),
        )
    _set_ranges(ax, panel)
    ax.grid(color="#e3e3e3", linewidth=0.5, zorder=0)
    _plain_axes(ax)


def _set_ranges(ax: Axes, panel: Panel) -> None:
    """Show all points; the limits of very small bases may leave the picture."""
    import numpy as np
    from matplotlib.ticker import FuncFormatter, NullFormatter

    values = np.append(panel.value[np.isfinite(panel.value)], panel.benchmark)
    room = 0.08 * (values.max() - values.min()) or 1.0
    lowest = max(values.min() - room, -0.3 * room)  # marks that stand on 0 are seen whole
    ax.set_ylim(lowest, values.max() + room)
    if panel.axis[-1] > WIDE * panel.axis[0]:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(panel.axis[0], panel.axis[-1])
    ax.xaxis.set_major_formatter(FuncFormatter(_number))
    ax.yaxis.set_major_formatter(FuncFormatter(_number))


def _number(value: float, _place: int = 0) -> str:
    """A number with separators, as many decimals as it needs."""
    return f"{value:,.10g}" if abs(value) < 1e10 else f"{value:,.0f}"


def _plain_axes(ax: Axes) -> None:
    ax.tick_params(labelsize=TEXT, colors=DARK, width=0.6)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GREY)


def _legend(figure: Figure, panels: Sequence[Panel], top: float) -> None:
    """The classes with their number of areas, and what the lines are."""
    from matplotlib.lines import Line2D

    spec = load_spec("benchmark")["categories"]
    handles = []
    for look in reversed(spec):
        marker, size = MARKERS[look["value"]]
        number = sum(list(panel.classes).count(look["value"]) for panel in panels)
        label = f"{tr(look['short'])}: {number:,}"
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker=marker,
                markersize=size**0.5,
                markerfacecolor=look["colour"],
                markeredgecolor=EDGE,
                markeredgewidth=0.5,
                label=label,
            )
        )
    lines = (
        (tr("Benchmark"), "-", 1.4),
        (tr("95 % limits"), "--", 0.9),
        (tr("99.8 % limits"), "-", 0.9),
    )
    for label, style, width in lines:
        colour = DARK if width > 1 else EDGE
        handles.append(Line2D([], [], linestyle=style, color=colour, linewidth=width, label=label))
    figure.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, top),
        ncol=4,
        fontsize=TEXT - 1,
        frameon=False,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def _name_points(ax: Axes, panel: Panel) -> None:
    """Write names beside their points where nothing else is written; leave out the rest."""
    import numpy as np

    renderer = ax.figure.canvas.get_renderer()
    frame = ax.get_window_extent(renderer).expanded(1.02, 1.02)
    points = ax.transData.transform(np.column_stack([panel.base, panel.value]))
    taken: list[Bbox] = []
    for at, name in panel.named.items():
        text = ax.annotate(
            name,
            (panel.base[at], panel.value[at]),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=SMALL + 0.5,
            color=DARK,
            zorder=9,
        )
        boxes = {}
        for place in _BESIDE:
            _put(text, place)
            box = text.get_window_extent(renderer).expanded(1.02, 1.1)
            free = frame.contains(*box.min) and frame.contains(*box.max)
            if free and not any(box.overlaps(other) for other in taken):
                boxes[place] = (int(box.count_contains(points)), box)
        if not boxes:
            text.remove()
            continue
        best = min(boxes, key=lambda place: boxes[place][0])  # the first that hides the fewest
        _put(text, best)
        taken.append(boxes[best][1])


def _put(text: Any, place: tuple[int, int, str, str]) -> None:
    dx, dy, across, up = place
    text.set_position((dx, dy))
    text.set_ha(across)
    text.set_va(up)


# offset in points from the point, and which side of the text lies there
_BESIDE = (
    (6, 0, "left", "center"),
    (-6, 0, "right", "center"),
    (0, 6, "center", "bottom"),
    (0, -6, "center", "top"),
    (6, 9, "left", "bottom"),
    (6, -9, "left", "top"),
    (-6, 9, "right", "bottom"),
    (-6, -9, "right", "top"),
)


def _gradient(chart: Gradient) -> Figure:
    import numpy as np

    figure = _figure()
    bottom, top = _frame(figure, chart.title, chart.source, below=1.6)
    ax = figure.subplots()
    figure.subplots_adjust(left=0.105, right=0.975, bottom=bottom, top=top)
    share = 100 * chart.people / chart.people.sum()
    ends = share.cumsum()
    middles = ends - share / 2
    known = np.isfinite(chart.value)
    ax.bar(
        middles[known],
        chart.value[known],
        width=share[known],
        color="#9ecae1",
        edgecolor="white",
        linewidth=1.0,
        zorder=2,
    )
    below = np.maximum(chart.value - chart.lower, 0)
    above = np.maximum(chart.upper - chart.value, 0)
    ax.errorbar(
        middles,
        chart.value,
        yerr=np.vstack([below, above]),
        fmt="o",
        markersize=3.5,
        color=DARK,
        elinewidth=1.0,
        capsize=3,
        zorder=4,
        label=tr("Share with its 95 % limits"),
    )
    if chart.line:
        x, y = chart.line
        ax.plot(
            100 * x, y, "--", color="#a63603", linewidth=1.6, zorder=3, label=tr("Fitted slope")
        )
        ax.legend(fontsize=TEXT - 1, frameon=False, loc="upper right")
    ax.set_xlim(0, 100)
    highest = np.nanmax(np.append(chart.upper, chart.line[1] if chart.line else 0))
    ax.set_ylim(0, highest * 1.15 if highest > 0 else 1)
    ax.set_xticks(middles)
    # a bar too narrow for its number stands between others that have one
    ax.set_xticklabels([n if part > NARROW else "" for n, part in zip(chart.labels, share)])
    ax.grid(axis="y", color="#e3e3e3", linewidth=0.5, zorder=0)
    _plain_axes(ax)
    ax.tick_params(axis="x", labelsize=TEXT - 1, length=0)
    ax.set_xlabel(chart.x_title, fontsize=TEXT, color=DARK)
    ax.set_ylabel(chart.y_title, fontsize=TEXT, color=DARK)
    return figure
