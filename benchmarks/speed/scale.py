"""Growth with the rows, time of the import, grid search with two processes."""

import resource
import statistics
import subprocess
import sys

import numpy as np
from sklearn.model_selection import GridSearchCV

from benchmarks.common import ROOT, clock, interleave, paired_ratio, say
from benchmarks.speed.check import Check
from benchmarks.speed.fit import ours, table
from skanomaly.metrics import anomaly_scorer

GROWTH_EXPONENT = 1.05
IMPORT_SECONDS = 0.1
SEARCH_RATIO = 0.7
SEARCH_SECONDS = 20.0
HEAVY = ("torch", "sklearn", "skorch", "pandas", "pyod", "matplotlib")


def growth_section(quick, n_rounds):
    """Microseconds per row of an epoch, and the exponent of the growth."""
    sizes = (1000, 10_000, 100_000) if quick else (10_000, 100_000, 1_000_000)
    X = table(sizes[-1])
    # Short fits are repeated: a single one is mostly noise.
    repeats = {n: max(1, sizes[-1] // n // 10) for n in sizes}

    def fit(n_rows):
        for _ in range(repeats[n_rows]):
            ours(max_epochs=1, batch_size=256).fit(X[:n_rows])

    variants = {f"{n:,}": lambda n=n: fit(n) for n in sizes}
    rounds = interleave(variants, min(n_rounds, 3), "growth")
    seconds = [
        statistics.median(r[f"{n:,}"]["cpu"] for r in rounds) / repeats[n]
        for n in sizes
    ]
    checks = [
        Check("growth", f"one epoch, {n:,} rows", 1e6 * s / n, "us/row")
        for n, s in zip(sizes, seconds, strict=True)
    ]
    logs = np.log(sizes), np.log(seconds)
    whole = np.polyfit(*logs, 1)[0]
    last = np.diff(logs[1])[-1] / np.diff(logs[0])[-1]
    name = f"exponent, {sizes[0]:,} to {sizes[-1]:,} rows"
    return [
        *checks,
        Check("growth", name, whole, "", "<=", GROWTH_EXPONENT),
        Check("growth", f"exponent, {sizes[1]:,} to {sizes[-1]:,} rows", last, ""),
    ]


def import_section(quick, n_rounds):
    """Import in a fresh process, against a Python that does nothing."""
    rounds = []
    for i in range(6 if quick else 21):
        order = ("pass", "import skanomaly")[:: -1 if i % 2 else 1]
        rounds.append({statement: _run_python(statement) for statement in order})
    extra = [r["import skanomaly"] - r["pass"] for r in rounds[1:]]
    heavy = f"import sys, skanomaly; print(*sys.modules.keys() & {set(HEAVY)!r})"
    found = _run(["-c", heavy]).stdout.split()
    say(f"import: {statistics.median(extra):.3f} s more than nothing, drags in {found}")
    return [
        Check(
            "import", "import skanomaly - bare Python", statistics.median(extra),
            "CPU s", "<=", IMPORT_SECONDS, min(extra), max(extra),
        ),
        Check(
            "import", f"modules dragged in, of {', '.join(HEAVY)}", len(found),
            "", "<=", 0, note=", ".join(found),
        ),
    ]  # fmt: skip


def _run_python(statement):
    """Processor seconds of a process that runs a statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(["-c", statement])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _run(arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)


def search_section(quick, n_rounds):
    """GridSearchCV with two processes against one, loky's workers being warm."""
    X = table(2000 if quick else 6000, "float64")
    y = np.arange(len(X)) % 10 == 0
    X[y] = np.random.default_rng(1).permuted(X[y], axis=0)
    n_epochs = _epochs_for(X, 3.0 if quick else SEARCH_SECONDS)
    results = {}

    def search(n_jobs, epochs=n_epochs):
        results[n_jobs] = GridSearchCV(
            ours(max_epochs=epochs, contamination=0.1),  # it only ranks
            {"latent_dim": [2, 4, 8, 16]},
            scoring=anomaly_scorer("roc_auc"),
            cv=3,
            n_jobs=n_jobs,
            refit=False,
        ).fit(X, y)

    search(2, epochs=1)  # the workers start, and import torch
    variants = {"n_jobs=1": lambda: search(1), "n_jobs=2": lambda: search(2)}
    rounds = interleave(variants, 2 if quick else min(n_rounds, 4), "search")
    scores = [results[n].cv_results_["mean_test_score"] for n in (1, 2)]
    serial = statistics.median(r["n_jobs=1"]["wall"] for r in rounds)
    ratio, low, high = paired_ratio(rounds, "n_jobs=2", "n_jobs=1", kind="wall")
    note = f"wall time; 12 fits, {serial:.1f} s with n_jobs=1"
    difference = float(np.abs(scores[0] - scores[1]).max())
    return [
        Check(
            "search", "GridSearchCV, n_jobs=2 / n_jobs=1, warm", ratio,
            "x", "<=", SEARCH_RATIO, low, high, note,
        ),
        Check(
            "search", "largest difference of a mean score between them", difference,
            "", "<=", 0.0,
        ),
    ]  # fmt: skip


def _epochs_for(X, seconds):
    """Epochs that let the twelve fits of the search take about so long."""
    ours(max_epochs=1).fit(X[:500])
    with clock() as fit:
        ours(max_epochs=5).fit(X[: 2 * len(X) // 3])
    return max(1, round(5 * seconds / 12 / fit["cpu"]))
