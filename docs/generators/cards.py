"""The pictures of the four cards on the first page: what is shown is computed.

Each is drawn in dark ink, for light pages, and in light ink, for dark ones.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine, make_moons

from skanomaly.correctors import AnomalyCorrector
from skanomaly.detectors import AutoEncoder
from skanomaly.samplers import FlowSampler

INKS = {"light": "#222832", "dark": "#e6e9ee"}
BLUE, ORANGE, GREEN = "#2f7fb8", "#e0731a", "#2a9d6f"
SIZE = (2.7, 1.8)  # inches, so that text of 9 points is legible in a card


def write(folder):
    """Write <name>-light.svg and <name>-dark.svg of the cards that are missing."""
    for name, (compute, draw) in CARDS.items():
        paths = {ink: folder / f"{name}-{ink}.svg" for ink in INKS}
        if all(path.exists() for path in paths.values()):
            continue
        shown = compute()
        for ink, path in paths.items():
            _save(draw, shown, INKS[ink], path)


def _save(draw, shown, ink, path):
    style = {
        "text.color": ink,
        "axes.edgecolor": ink,
        "axes.labelcolor": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "font.size": 9,
        "svg.hashsalt": "skanomaly",
    }
    with plt.rc_context(style):
        figure, ax = plt.subplots(figsize=SIZE, layout="constrained")
        draw(ax, shown, ink)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        plt.close(figure)


def detect():
    """Two moons with some odd rows, and the scores of the plane."""
    rng = np.random.default_rng(0)
    normal = make_moons(400, noise=0.07, random_state=0)[0]
    odd = rng.uniform([-1.6, -1.0], [2.6, 1.5], size=(14, 2))
    detector = AutoEncoder(random_state=0).fit(normal)
    axis = np.linspace(-1.7, 2.7, 90), np.linspace(-1.1, 1.6, 60)
    plane = np.stack(np.meshgrid(*axis), axis=-1).reshape(-1, 2)
    return axis, detector.decision_function(plane).reshape(60, 90), normal, odd


def draw_detect(ax, shown, ink):
    """Rows, and the border between what is called normal and what is not."""
    (x, y), decision, normal, odd = shown
    ax.contourf(x, y, decision, [0, decision.max()], colors=[BLUE], alpha=0.18)
    ax.contour(x, y, decision, [0], colors=[BLUE], linewidths=1)
    ax.scatter(*normal.T, s=4, color=ink, alpha=0.5, linewidths=0)
    ax.scatter(*odd.T, s=26, color=ORANGE, marker="X", linewidths=0)
    ax.set_axis_off()


def explain():
    """The columns that make a wine with a wrong colour odd."""
    X, _ = load_wine(return_X_y=True, as_frame=True)
    odd = X.iloc[[0]].copy()
    odd["color_intensity"] = X["color_intensity"].max()
    parts = AutoEncoder(random_state=0).fit(X).feature_scores(odd).iloc[0]
    return parts.rename(lambda name: name.partition("_")[0]).nlargest(4)[::-1]


def draw_explain(ax, shown, ink):
    """Bars, the longest on top."""
    colors = [BLUE] * (len(shown) - 1) + [ORANGE]
    ax.barh(shown.index, shown, color=colors, height=0.65)
    ax.set_xlabel("part of the anomaly score")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0)


def repair():
    """Some rows of a table before and after a repair."""
    rng = np.random.default_rng(0)
    towns = {"Bern": "3011", "Oslo": "0150", "Rome": "00184"}
    X = pd.DataFrame({"town": rng.choice(list(towns), 500)})
    X["zip"] = X["town"].map(towns)
    X["n"], X["price"] = rng.integers(1, 9, 500), rng.integers(5, 90, 500)
    X["total"] = X["n"] * X["price"]
    X.loc[1, "town"], X.loc[2, "zip"], X.loc[3, "total"] = "Osol", "9999", 7
    repaired = AnomalyCorrector(random_state=0).fit(X).transform(X)
    return X.head(4).astype(str), repaired.head(4).astype(str)


def draw_repair(ax, shown, ink):
    """A table; what was wrong is struck out, and what stands there now is green."""
    before, after = shown
    ax.set(xlim=(0, before.shape[1]), ylim=(len(before) + 1, 0))
    ax.set_axis_off()
    for j, name in enumerate(before.columns):
        ax.text(j + 0.08, 0.55, name, weight="bold", va="center")
        for i, (old, new) in enumerate(zip(before[name], after[name], strict=True)):
            _draw_cell(ax, j, i + 1, old, new)
    ax.hlines(np.arange(1, len(before) + 1), 0, before.shape[1], color=ink, lw=0.3)


def _draw_cell(ax, x, y, old, new):
    if old == new:
        ax.text(x + 0.08, y + 0.52, old, va="center")
        return
    ax.add_patch(plt.Rectangle((x, y), 1, 1, color=GREEN, alpha=0.22, lw=0))
    ax.text(x + 0.08, y + 0.7, new, va="center", color=GREEN, weight="bold")
    struck = "".join(letter + "\N{COMBINING LONG STROKE OVERLAY}" for letter in old)
    ax.text(x + 0.08, y + 0.27, struck, va="center", color=ORANGE, size=7)


def generate():
    """Rows of two moons, and outliers that a flow generates around them."""
    normal = make_moons(400, noise=0.07, random_state=0)[0]
    sampler = FlowSampler(p=1.8, random_state=0).fit(normal)
    return normal, sampler.sample(150, random_state=0)


def draw_generate(ax, shown, ink):
    """Rows and generated outliers."""
    normal, outliers = shown
    ax.scatter(*normal.T, s=4, color=ink, alpha=0.5, linewidths=0)
    ax.scatter(*outliers.T, s=9, color=GREEN, linewidths=0)
    ax.set(xlim=(-2.2, 3.2), ylim=(-1.6, 2.1))
    ax.set_axis_off()


CARDS = {
    "detect": (detect, draw_detect),
    "explain": (explain, draw_explain),
    "repair": (repair, draw_repair),
    "generate": (generate, draw_generate),
}
