"""The three charts of a repair."""

from itertools import takewhile
from typing import NamedTuple

import numpy as np
import pandas as pd

from skanomaly.displays import _drawing as drawing
from skanomaly.metrics import expected_calibration_error
from skanomaly.utils._calibration import calibration_bins
from skanomaly.utils._checks import check_count
from skanomaly.utils._shown import shown

# Inches of a cell, its text in points, and characters that fit into a line of it. A
# figure of five columns is as wide as a page, which need not shrink it to small print.
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 1.4, 0.5, 9
LETTERS_OLD, LETTERS_NEW, LETTERS_KEPT = 17, 11, 17

# Standard normal quantile of intervals that hold 95 percent.
Z_95 = 1.96


class Cells(NamedTuple):
    """A part of a table: labels, probabilities (NaN = unchanged) and texts.

    `left_out` says what of the report is not in it.
    """

    rows: list
    columns: list
    p_new: np.ndarray
    changed: np.ndarray
    texts: np.ndarray
    left_out: dict[str, str]


def as_frame(X):
    """Return a table as a frame; an array gets numbers for labels."""
    if isinstance(X, pd.DataFrame):
        return X
    return pd.DataFrame(np.asarray(X), columns=getattr(X, "columns", None))


def is_right(report, clean):
    """Return whether each new value of the report is that of the clean table."""
    clean = as_frame(clean)
    if not (clean.index.is_unique and clean.columns.is_unique):
        raise ValueError("X_clean has labels that occur twice; they must be unique.")
    rows = clean.index.get_indexer(report["row"])
    columns = clean.columns.get_indexer(report["column"])
    for name, places in (("row", rows), ("column", columns)):
        if (places < 0).any():
            label = report[name].iloc[int(np.argmax(places < 0))]
            raise ValueError(f"X_clean has no {name} {shown(label)}, which report has.")
    true = clean.to_numpy(dtype=object)[rows, columns]
    new = report["new"].to_numpy(dtype=object)
    return (true == new) | (pd.isna(true) & pd.isna(new))


def changed_rows(report, X, max_rows, max_columns):
    """Return the part of the table to draw, first rows of the report first."""
    first = report[report["row"].isin(pd.unique(report["row"])[:max_rows])]
    columns = _columns_to_draw(first, X, max_columns)
    shown = report[report["column"].isin(columns)]
    rows = list(pd.unique(shown["row"])[:max_rows])
    shown = shown[shown["row"].isin(rows)]
    i = pd.Index(rows).get_indexer(shown["row"])
    j = pd.Index(columns).get_indexer(shown["column"])
    p_new = np.full((len(rows), len(columns)), np.nan)
    changed = np.zeros(p_new.shape, dtype=bool)
    texts = _texts_before(X, rows, columns)
    p_new[i, j], changed[i, j] = shown["p_new"], True
    values = zip(shown["old"], shown["new"], shown["p_new"], strict=True)
    texts[i, j] = [_change(*one) for one in values]
    left_out = {
        what: _part(shown[what].nunique(), report[what].nunique())
        for what in ("row", "column")
    }
    return Cells(rows, columns, p_new, changed, texts, left_out)


def _part(n_shown, n_in_all):
    return f"{n_shown} of {n_in_all} " if n_shown < n_in_all else ""


def draw_cells(ax, cells, note, kwargs):
    """Draw a heat map with the old and the new values; return axes and image."""
    n_rows, n_columns = cells.p_new.shape
    if ax is None:
        size = max(CELL_WIDTH * n_columns + 1.6, 4), max(CELL_HEIGHT * n_rows + 1, 2)
        ax, _ = drawing.axes_and_figure(None, figsize=size)
    if n_rows == 0:
        return _empty(ax), None
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1, "aspect": "auto"} | kwargs
    image = ax.imshow(np.ma.masked_invalid(cells.p_new), **look)
    _write_cells(ax, image, cells)
    ax.set_xticks(range(n_columns), [str(c) for c in cells.columns])
    ax.set_yticks(range(n_rows), [str(r) for r in cells.rows])
    ax.tick_params(length=0, labelsize="small")
    ax.set_ylabel(f"{cells.left_out['row']}rows with changes")
    part = cells.left_out["column"]
    remarks = [f"{part}columns with changes" if part else None, note]
    ax.set_xlabel("; ".join(filter(None, remarks)))
    _separate(ax, n_rows, n_columns)
    label = "Probability of the new value"
    ax.figure.colorbar(image, ax=ax, label=label, fraction=0.04, pad=0.02)
    return ax, image


def draw_scores(ax, report, threshold, kwargs):
    """Draw the probability of an anomaly before and after; return axes and artists."""
    ax, _ = drawing.axes_and_figure(ax_given := ax)
    names = ["row", "p_anomaly_before", "p_anomaly_after"]
    scores = report[names].drop_duplicates().sort_values(names[1], kind="stable")
    if not len(scores):
        return _empty(ax), [], None
    before, after = scores[names[1]].to_numpy(), scores[names[2]].to_numpy()
    if np.isnan(before).all():
        raise ValueError(
            "report has no p_anomaly_before but NaN: the corrector judges no rows."
        )
    place = np.arange(1, len(scores) + 1)
    ax.vlines(place, before, after, color="0.8", linewidth=0.7, zorder=1)
    look = {"linestyle": "none", "marker": "o", "markersize": 4}
    sides = (before, drawing.VERMILION, "before"), (after, drawing.BLUE, "after")
    points = [
        ax.plot(place, p, **({"color": color, "label": label} | look | kwargs))[0]
        for p, color, label in sides
    ]
    if threshold is not None:
        ax.axhline(threshold, label=f"threshold {threshold:.3g}", **drawing.REFERENCE)
    ax.set_xlabel("Rows with changes, by the probability before")
    ax.set_ylabel("Probability of an anomaly")
    ax.locator_params(axis="x", integer=True)
    legend = drawing.add_legend(ax, below=ax_given is None)
    covered = legend.get_window_extent().height / ax.bbox.height
    ax.set_ylim(-0.03, 1.03 if ax_given is None else 1.03 / (0.95 - min(covered, 0.6)))
    return ax, points, legend


def draw_calibration(ax, report, correct, n_bins, kwargs):
    """Draw how often changes are right; return axes and artists."""
    if correct is None:
        raise ValueError("kind='calibration' needs X_clean, the table without errors.")
    n_bins = check_count("n_bins", n_bins)
    known = report["p_new"].notna().to_numpy()
    p_new, right = report["p_new"].to_numpy(float)[known], correct[known].astype(float)
    ax, _ = drawing.axes_and_figure(ax_given := ax)
    if not len(p_new):
        return _empty(ax, "No change has a probability"), [], None
    _, shares, means, counts = calibration_bins(right, p_new, n_bins)
    ax.plot([0, 1], [0, 1], color=drawing.BLACK, linestyle=":", label="perfect")
    low, high = _wilson(shares, counts)
    ax.vlines(means, low, high, color=drawing.BLUE, linewidth=1.2, label="95% interval")
    look = {"color": drawing.BLUE, "marker": "o", "linewidth": 1.2, "label": "changes"}
    points = ax.plot(means, shares, **(look | kwargs))
    for x, y, n in zip(means, high, counts, strict=True):
        ax.annotate(
            str(n), (x, y), (0, 3), textcoords="offset points", ha="center",
            fontsize="x-small", color="0.4",
        )  # fmt: skip
    ax.set(xlabel="Probability of the new value", ylabel="Fraction that is right")
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.09))
    error = expected_calibration_error(right, p_new, n_bins=n_bins)
    title = f"ECE {error:.3f}, {len(p_new)} changes, {right.mean():.1%} right"
    legend = drawing.add_legend(ax, below=ax_given is None, title=title)
    if ax_given is not None:
        legend.set_loc("upper left")  # the curve of a calibrated corrector is not there
    return ax, points, legend


def _columns_to_draw(shown, X, max_columns):
    """Return columns in the order of the table, those with most changes at least."""
    counts = shown["column"].value_counts()
    order = list(pd.unique(shown["column"]) if X is None else X.columns)
    ranked = sorted(order, key=lambda c: -counts.get(c, 0))
    chosen = ranked[:max_columns]
    return [column for column in order if column in chosen]


def _texts_before(X, rows, columns):
    texts = np.full((len(rows), len(columns)), "", dtype=object)
    if X is None or not (X.index.is_unique and X.columns.is_unique):
        return texts
    values = X.loc[rows, columns].to_numpy(dtype=object)
    texts.flat[:] = [_short(value, LETTERS_KEPT) for value in values.flat]
    return texts


def _change(old, new, p_new):
    """Return two lines: the old value, and the new one with its probability."""
    old, new = _cut_where_equal(_text(old), _text(new))
    p = "" if pd.isna(p_new) else f" ({p_new:.2f})"
    return f"{_short(old, LETTERS_OLD)}\n→ {_short(new, LETTERS_NEW)}{p}"


def _cut_where_equal(*texts):
    """Let texts that are too long start shortly before they differ."""
    if max(map(len, texts)) <= LETTERS_NEW:
        return texts
    pairs = zip(*texts, strict=False)
    n_equal = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = max(n_equal - LETTERS_NEW // 2, 0)
    return [("…" if start else "") + text[start:] for text in texts]


def _text(value):
    if pd.isna(value):
        return "(missing)"
    return f"{value:.5g}" if isinstance(value, (float, np.floating)) else str(value)


def _short(value, n_letters):
    """Return a value as text of at most `n_letters` characters."""
    text = _text(value)
    return text if len(text) <= n_letters else text[: n_letters - 1] + "…"


def _write_cells(ax, image, cells):
    for i, j in np.ndindex(cells.texts.shape):
        color, p = "0.55", cells.p_new[i, j]
        if cells.changed[i, j]:
            red, green, blue, _ = (1, 1, 1, 1) if np.isnan(p) else image.to_rgba(p)
            # Luma weights of red, green and blue (ITU-R BT.601).
            is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            color = "white" if is_dark else "black"
        look = {"color": color, "ha": "center", "va": "center", "fontsize": FONT_SIZE}
        ax.text(j, i, cells.texts[i, j], **look)


def _separate(ax, n_rows, n_columns):
    """Draw lines between the cells."""
    ax.set_xticks(np.arange(n_columns - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(n_rows - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="0.85", linewidth=0.8)
    ax.tick_params(which="minor", length=0)


def _empty(ax, text="No cell was changed"):
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    ax.set(xticks=[], yticks=[])
    return ax


def _wilson(shares, counts):
    """Return the ends of Wilson's interval for frequencies out of `counts` changes."""
    shrink = 1 + Z_95**2 / counts
    center = (shares + Z_95**2 / (2 * counts)) / shrink
    half = np.sqrt(shares * (1 - shares) / counts + (Z_95 / (2 * counts)) ** 2)
    half *= Z_95 / shrink
    return center - half, center + half
