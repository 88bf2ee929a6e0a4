"""Tables and picture of what was measured."""

from datetime import date

import numpy as np
import pandas as pd

from benchmarks.common import machine, to_markdown

HEAD = (
    "Mean over the seeds, +- their standard deviation where it shows. Nothing was "
    "tuned on a test set; our settings other than defaults are in "
    "`benchmarks/repair/methods.py`. Seconds and milliseconds are of one processor. "
    "No method but those that say so is told which cells are wrong."
)
QUICK = "**A trial run, not a result:** fewer rows, one seed, few training steps."


def write_report(table, tracks, path, quick):
    """Write <path>.md and <path>.png; return the text."""
    parts = ["# Repair", f"Written by `python -m benchmarks.repair` on {date.today()}. "
             f"{machine()}.", HEAD]  # fmt: skip
    if quick:
        parts.append(QUICK)
    for track in tracks:
        rows = table[table["track"] == track.name]
        if len(rows):
            parts.append(_section(track, rows))
    if draw(table, path.with_suffix(".png")):
        parts.append(f"![Bank marketing: cells kept and likelihood]({path.name}.png)")
    text = "\n\n".join(parts) + "\n"
    path.with_suffix(".md").write_text(text)
    return text


def _section(track, rows):
    seeds = ", ".join(map(str, sorted(rows["seed"].unique())))
    lines = [f"## {track.name}. {track.title}", f"{track.note} Seeds {seeds}."]
    if track.once:
        lines[1] += f" With the first seed only: {', '.join(track.once)}."
    lines += [f"### {data}\n\n{_table(track, rows, data)}" for data in track.data
              if (rows["data"] == data).any()]  # fmt: skip
    errors = rows[rows["text"].notna()]
    for (data, method), group in errors.groupby(["data", "method"]):
        lines.append(f"- **{method} on {data} failed:** {group['text'].iloc[-1]}")
    return "\n\n".join(lines)


def _table(track, rows, data):
    """One row for each method, one column for each figure."""
    rows = rows[(rows["data"] == data) & rows["text"].isna()]
    metrics = list(dict.fromkeys(rows["metric"]))
    methods = [m for m in track.methods if (rows["method"] == m).any()]
    values = rows.groupby(["method", "metric"])["value"]
    cells = {
        metric: [_cell(values, method, metric) for method in methods]
        for metric in metrics
    }
    return to_markdown(pd.DataFrame({"method": methods, **cells}))


def _cell(values, method, metric):
    """Mean, and deviation over the seeds if it does not round to nothing."""
    if (method, metric) not in values.groups:
        return "-"
    found = values.get_group((method, metric)).to_numpy(dtype=float)
    mean = found.mean()
    if np.isnan(mean):
        return "-"
    is_count = mean == round(mean) and (found == found.round()).all()
    digits = 0 if abs(mean) >= 100 or is_count else 3
    digits = 1 if 10 <= abs(mean) < 100 and digits else digits
    text = f"{mean:.{digits}f}"
    spread = found.std(ddof=1) if len(found) > 1 else 0.0
    if digits and round(spread, digits):
        text += f" +- {spread:.{digits}f}"
    return text


def draw(table, path):
    """Draw what is kept of flagged rows against how likely they become."""
    rows = table[(table["track"] == "T2") & table["text"].isna()]
    means = rows.groupby(["method", "metric"])["value"].mean().unstack()
    wanted = ["cells kept of 10", "percentile", "still flagged"]
    if not len(means) or not set(wanted) <= set(means):
        return False
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
    colors = ax.scatter(
        means[wanted[0]], means[wanted[1]], c=means[wanted[2]], cmap="viridis_r",
        vmin=0, vmax=1, s=60,
    )  # fmt: skip
    for (x, y), group in means.groupby([means[wanted[0]].round(1), wanted[1]]):
        right = x > 6  # labels stay inside
        ax.annotate(
            ", ".join(group.index), (x, y), xytext=(-6 if right else 6, 0),
            textcoords="offset points", fontsize="small", va="center",
            ha="right" if right else "left",
        )  # fmt: skip
    figure.colorbar(colors, label="share of the rows that is still flagged")
    ax.set_xlabel("cells kept of 10")
    ax.set_ylabel("percentile of the likelihood among normal rows")
    ax.set_title("Bank marketing: rows that a classifier flags, repaired")
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return True
