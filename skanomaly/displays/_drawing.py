"""Code that displays share: pyplot, colours, legends, the step that is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes = Any  # matplotlib is not needed before something is drawn

AxesLike: TypeAlias = Axes | Sequence[Axes] | NDArray[Any]

# Okabe and Ito's colours, which colour-blind people can tell apart; without the yellow,
# which is too pale for a line.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"

LINE_COLORS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)

# What anomalies are measured against: a threshold, a reference distribution.
REFERENCE = {"color": BLACK, "linestyle": "--", "linewidth": 1.2}

# Axes narrower than this get small text, in inches; a default figure has 5.
NARROW = 3.6

# From the axes down to a legend below them, past the labels; second for narrow axes.
LEGEND_GAPS = 0.5, 0.38

# Part of a figure that a legend may take; its axes are not quite in the middle.
LEGEND_WIDTH = 0.9


def next_step(estimator):
    """Return the estimator inside a search or at the end of a Pipeline, else None."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def last_step(estimator):
    """Return the detector inside a search or at the end of a Pipeline."""
    while (inside := next_step(estimator)) is not None:
        estimator = inside
    return estimator


def import_pyplot():
    """Import matplotlib, which is not needed before something is drawn."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Displays need matplotlib. Install it with `pip install skanomaly[plot]`."
        ) from error
    return plt


def axes_and_figure(ax, **options):
    """Return `ax`, or the axes of a new figure, and the figure."""
    if ax is None:
        _, ax = import_pyplot().subplots(layout="constrained", **options)
    return ax, ax.figure


def add_legend(ax, *, below, title=None):
    """Add a legend, below the axes or, in axes that are not ours, at the top inside."""
    from matplotlib.transforms import ScaledTranslation

    narrow = ax.bbox.width < NARROW * ax.figure.dpi
    if narrow:
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set_fontsize("x-small")
        ax.tick_params(labelsize="x-small")
    small = {"fontsize": "x-small", "title_fontsize": "x-small"}
    if not below:
        title = title and title.replace(", ", "\n")
        return ax.legend(title=title, loc="upper right", **small)
    drop = ScaledTranslation(0, -LEGEND_GAPS[int(narrow)], ax.figure.dpi_scale_trans)
    for n_columns in (2, 1) if narrow else (3, 2, 1):
        legend = ax.legend(
            title=title and title.replace(", ", "\n" if narrow else ", "),
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            bbox_transform=ax.transAxes + drop,
            ncols=n_columns,
            borderaxespad=0,
            frameon=False,
            **(small if narrow else {}),
        )
        if legend.get_window_extent().width <= LEGEND_WIDTH * ax.figure.bbox.width:
            break
    return legend


def label_log_ticks(axis):
    """Write 2, 5, 10 on a logarithmic axis of few decades: 10^1 alone says little."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    if axis.get_scale() != "log":
        return
    low, high = axis.get_data_interval()
    if high < 1000 * low:
        subs = (1, 2, 5) if high > 5 * low else range(1, 10)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
