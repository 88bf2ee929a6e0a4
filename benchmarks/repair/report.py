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
    if track.targets:
        lines.append(_targets(track, rows))
    if track.summary is not None:
        lines.append(track.summary(rows))
    lines += _tables(track, rows)
    errors = rows[rows["text"].notna()]
    for (data, method), group in errors.groupby(["data", "method"]):
        lines.append(f"- **{method} on {data} failed:** {group['text'].iloc[-1]}")
    return "\n\n".join(lines)


def _tables(track, rows):
    """One table for each set, or one for all."""
    names = [name for name in (*track.data, *track.asked_for)
             if (rows["data"] == name).any()]  # fmt: skip
    if track.is_flat is None:
        return []
    if not track.is_flat:
        return [f"### {name}\n\n{_table(track, rows, [name])}" for name in names]
    return [_table(track, rows, names)]


def _targets(track, rows):
    """What was wanted beside what was measured."""
    values = _by_metric(rows)
    table = []
    for target in track.targets:
        key = (target.data, target.method, target.metric)
        if key in values.groups:
            measured = values.get_group(key).mean()
            kept = "yes" if target.is_kept(measured) else "**no**"
            kept = "-" if np.isnan(measured) else kept
            table.append(
                {
                    "table": target.data,
                    "figure": f"{target.method}, {target.metric}",
                    "wanted": f"{target.sign} {target.value:g}",
                    "measured": _cell(values, *key),
                    "kept": kept,
                }
            )
    return to_markdown(pd.DataFrame(table)) if table else ""


def _table(track, rows, data):
    """One row for each set and method, one column for each figure."""
    rows = rows[rows["data"].isin(data) & rows["text"].isna()]
    metrics = list(dict.fromkeys(rows["metric"]))
    there = set(zip(rows["data"], rows["method"], strict=True))
    pairs = [(d, m) for d in data for m in track.methods if (d, m) in there]
    values = _by_metric(rows)
    cells = {metric: [_cell(values, *pair, metric) for pair in pairs]
             for metric in metrics}  # fmt: skip
    labels = {"method": [method for _, method in pairs]}
    if track.is_flat:
        labels = {"table": [name for name, _ in pairs], **labels}
    return to_markdown(pd.DataFrame({**labels, **cells}))


def _by_metric(rows):
    rows = rows[rows["text"].isna()]
    return rows.groupby(["data", "method", "metric"])["value"]


def _cell(values, *key):
    """Mean, and deviation over the seeds if it does not round to nothing."""
    if key not in values.groups:
        return "-"
    found = values.get_group(key).to_numpy(dtype=float)
    found = found[~np.isnan(found)]
    if not len(found):
        return "-"
    mean = found.mean()
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
    x, y = (means[name] for name in wanted[:2])
    for _, group in means.groupby([(x / 0.2).round(), (y / 0.02).round()]):
        at = group[wanted[0]].mean(), group[wanted[1]].mean()
        near = (y - at[1]).abs() < 0.03
        _label(
            ax,
            "\n".join(group.index),
            at,
            below=(near & x.between(8, at[0] - 0.1)).any(),
        )
    figure.colorbar(colors, label="share of the rows that is still flagged")
    ax.set_xlabel("cells kept of 10")
    ax.set_ylabel("percentile of the likelihood among normal rows")
    ax.set_title("Bank marketing: rows that a classifier flags, repaired")
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return True


def _label(ax, text, at, *, below):
    """Write names beside a point, inside the axes, or below where others stand."""
    right = at[0] > 6
    side = "right" if right else "left"
    ax.annotate(
        text, at, xytext=(0, -24) if below else (-6 if right else 6, 0),
        textcoords="offset points", fontsize="small",
        va="top" if below else "center", ha="center" if below else side,
    )  # fmt: skip
