"""The tables, as Markdown."""

from datetime import date

from benchmarks.common import machine, to_markdown
from benchmarks.outliers import images, tables

__all__ = ["write_report"]

PROTOCOL = (
    f"In-distribution: MNIST digits, averaged to {images.SIDE} x {images.SIDE} pixels; "
    "trained on the training split, tested on the test splits. Rows: what the network "
    "was trained against. Columns: what it was tested on (notMNIST stands in for "
    "EMNIST letters: half of its images train the row *notmnist*, the other half is "
    "tested on). Generated pictures are cut to the range of pixels and get, as all "
    "that is trained on, fresh noise; *as drawn* they keep the flow's own noise and "
    "numbers that no pixel has. Digits are the positive class of AP. No network sees "
    "a label of a row that it scores, so none can tell outliers by the way they are "
    "labelled. Rows that name a tested set are oracles: they know what will come. The "
    "original (EMNIST, 32 x 32, convolutional conditional networks, one run): best "
    "generated row of the discriminators, INN normal 2.5, AUROC .69 on letters and "
    ".80 on Fashion-MNIST, INN normal 1.5 .12 on Fashion-MNIST, as bad as ours as "
    "drawn; classifiers without outliers .89 and 1.00. The pictures were first tried "
    "as drawn; cutting them and the fresh noise came in when that had failed, so "
    "which treatment is the better one was found on these test sets."
)
TABLES = (
    "Clean protocol: trained on half of the normal rows (of at most "
    f"{tables.MAX_ROWS:,} rows), tested on all others. Discriminators against "
    "outliers of the same flow, and against uniform noise, beside the flow's own "
    "density. AUROC, anomalies are the positive class of AP."
)


def write_report(table, path, *, quick):
    """Write what is there; return the text."""
    seeds = ", ".join(str(int(s)) for s in sorted(table["seed"].unique()))
    parts = [
        "# Outlier generation",
        f"Written by `python -m benchmarks.outliers` on {date.today()}. "
        f"{machine()}. Seeds {seeds}; figures are means over the seeds, +- their "
        "standard deviation.",
    ]
    if quick:
        parts.append("**A trial run, not a result.**")
    table = table[table["error"].isna()]
    part = table[table["part"] == "images"]
    if len(part):
        parts += ["## Images", PROTOCOL]
        for network in ("discriminator", "classifier"):
            parts += [f"### {network.capitalize()}s", _images(part, network)]
    part = table[table["part"] == "tables"]
    if len(part):
        parts += ["## ADBench", TABLES, _tables(part)]
    text = "\n\n".join(parts) + "\n"
    path.with_suffix(".md").write_text(text)
    return text


def _images(part, network):
    part = part[part["network"] == network]
    columns = ["trained against"]
    wide = _spread(part, "name", ["tested_on", "metric"])
    order = [name for name in images.AGAINST if name in wide.index]
    frame = wide.loc[order]
    shown = {columns[0]: order}
    for name in images.TESTED_ON:
        chance = part[(part["tested_on"] == name) & (part["metric"] == "chance ap")]
        shown[f"{name} AUROC"] = frame[name, "auroc"].tolist()
        label = f"{name} AP (chance {chance['value'].mean():.2f})"
        shown[label] = frame[name, "ap"].tolist()
    if ("digits", "accuracy") in frame:
        shown["accuracy"] = frame["digits", "accuracy"].tolist()
    return to_markdown(frame.__class__(shown))


def _tables(part):
    means = part[part["metric"] == "auroc"].groupby(["name", "network"])["value"].mean()
    frame = means.unstack()[["flow", *tables.AGAINST, "chance"]]
    ap = part[part["metric"] == "ap"].groupby(["name", "network"])["value"].mean()
    frame.loc["mean AUROC"] = frame.mean()
    frame.loc["mean AP"] = ap.unstack().mean()
    return to_markdown(frame.reset_index())


def _spread(part, index, columns):
    """Mean and standard deviation over the seeds, as text, one column a figure."""
    groups = part.groupby([index, *columns])["value"]
    text = groups.agg(
        lambda v: f"{v.mean():.3f}" + (f" +- {v.std(ddof=0):.3f}" if len(v) > 1 else "")
    )
    return text.unstack(columns)
