"""Rows a second by one and by two workers, overhead a partition, bytes moved a row.

    python -m benchmarks.scale_out --quick
    python -m benchmarks.scale_out

Two clusters, of one and of two worker processes with one thread each, work in turn.
See benchmarks/README.md.
"""

import argparse
import statistics
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import cloudpickle
import pandas as pd
from distributed import Client, LocalCluster

import skanomaly.dask
from benchmarks.common import (
    QUICK_RESULTS,
    RESULTS,
    interleave,
    machine,
    one_thread,
    paired_ratio,
    say,
    to_markdown,
)
from benchmarks.scale_out.data import estimators, in_parts, numbers
from skanomaly.detectors import AutoEncoder

WANTED_RATIO = 0.6
TEXT = """\
# Scoring and repairing by Dask

Written by `python -m benchmarks.scale_out`. Clusters of one and of two worker
processes on one machine, one thread each, in turn (1 2, 2 1, ...); wall time, median
over the rounds, lowest and highest in brackets. Partitions are made by the workers
(0.3 microseconds a row, counted in); of the results a sum comes back. *alone* is the
same without Dask, in one process and one thread. Numbers have 20 columns, float64;
orders five columns, four of them text."""


def main():
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="rounds that count, default 5")
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    args = parser.parse_args()
    one_thread()
    n_rounds = args.rounds or (1 if args.quick else 5)
    facts = machine()
    start = time.perf_counter()
    with ExitStack() as stack:
        clients = {n: stack.enter_context(_cluster(n)) for n in (1, 2)}
        rows = measured(clients, args.quick, n_rounds)
    say(f"{time.perf_counter() - start:.0f} s")
    write(pd.DataFrame(rows), facts, args.quick)


class _cluster(ExitStack):
    """Client of a cluster of processes that have imported what they need."""

    def __init__(self, n_workers):
        super().__init__()
        self.n_workers = n_workers

    def __enter__(self):
        super().__enter__()
        options = {"threads_per_worker": 1, "dashboard_address": None}
        cluster = LocalCluster(n_workers=self.n_workers, processes=True, **options)
        client = self.enter_context(Client(self.enter_context(cluster)))
        client.run(lambda: __import__("skanomaly.detectors").correctors)
        return client


def measured(clients, quick, n_rounds):
    """Rows of the table, one part after the other."""
    rows = []
    n_parts, n_rows = (4, 2000) if quick else (40, 10_000)
    for name, (estimator, make) in estimators().items():
        X = in_parts(make, n_parts, n_rows)
        rows += speed(name, estimator, make, X, clients, n_rounds)
        rows += moved(name, estimator, X, clients[2])
        rows += overhead(name, estimator, make, clients[1], quick, n_rounds)
    rows += training(clients[1], quick, n_rounds)
    return rows


def entry(name, what, values, unit, digits=3, wanted=""):
    """Return a row of the table; the median, and lowest and highest of several."""
    middle = statistics.median(values)
    spread = f"({min(values):.{digits}g} to {max(values):.{digits}g})"
    return {
        "estimator": name,
        "what": what,
        "measured": f"{middle:,.0f}" if middle >= 1000 else f"{middle:.{digits}g}",
        "spread": spread if len(values) > 1 and middle < 1000 else "",
        "unit": unit,
        "wanted": wanted,
    }


def lazily(estimator, X):
    """Return what is measured: scores, or the repaired table."""
    if hasattr(estimator, "repair"):
        return skanomaly.dask.transform(estimator, X)
    return skanomaly.dask.anomaly_score(estimator, X)


def reduced(estimator, X):
    """Return one number of all results, so that they need not travel."""
    results = lazily(estimator, X)
    return results["pieces"].sum() if results.ndim == 2 else results.sum()


def speed(name, estimator, make, X, clients, n_rounds):
    """Rows a second by one and two workers, and without Dask."""
    n_rows = int(X.divisions[-1]) + 1

    def alone():
        for k in range(X.npartitions):
            part = make(k, n_rows // X.npartitions)
            if hasattr(estimator, "repair"):
                estimator.repair(part).table["pieces"].sum()
            else:
                estimator.anomaly_score(part).sum()

    def by(client):
        return lambda: client.compute(reduced(estimator, X), sync=True)

    variants = {"alone": alone, "1": by(clients[1]), "2": by(clients[2])}
    rounds = interleave(variants, n_rounds, name)
    found = []
    for variant, who in [
        ("alone", "alone"),
        ("1", "one worker"),
        ("2", "two workers"),
    ]:
        rates = [n_rows / r[variant]["wall"] for r in rounds]
        found.append(entry(name, f"{who}: {n_rows:,} rows", rates, "rows/s"))
    for above, below, what, wanted in [
        ("1", "alone", "time, one worker / alone", ""),
        ("2", "1", "time, two workers / one", f"<= {WANTED_RATIO}"),
    ]:
        ratios = list(paired_ratio(rounds, above, below, kind="wall"))
        found.append(entry(name, what, ratios, "x", wanted=wanted))
    return found


def moved(name, estimator, X, client):
    """Bytes that leave the workers when all results go to the client."""

    def sent():
        totals = client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total)
        return sum(totals.values())

    n_rows = int(X.divisions[-1]) + 1
    size = len(cloudpickle.dumps(estimator))
    before = sent()
    client.compute(reduced(estimator, X), sync=True)
    between = sent()
    client.compute(lazily(estimator, X), sync=True)
    after = sent()
    return [
        entry(name, "size of the estimator", [size / 1e3], "kB"),
        entry(name, "moved, a sum comes back", [(between - before) / n_rows], "B/row"),
        entry(name, "moved, all comes back", [(after - between) / n_rows], "B/row"),
    ]


def overhead(name, estimator, make, client, quick, n_rounds):
    """Seconds that a further partition of ten rows takes, by Dask and without."""
    few, many = (5, 20) if quick else (50, 250)
    tables = {n: in_parts(make, n, 10) for n in (few, many)}
    part = make(0, 10)

    def compute(n):
        return lambda: client.compute(reduced(estimator, tables[n]), sync=True)

    def alone():
        for _ in range(many - few):
            if hasattr(estimator, "repair"):
                estimator.repair(part)
            else:
                estimator.anomaly_score(part)

    variants = {"few": compute(few), "many": compute(many), "alone": alone}
    rounds = interleave(variants, n_rounds, f"{name}, partitions")
    by_dask = [r["many"]["wall"] - r["few"]["wall"] for r in rounds]
    by_hand = [r["alone"]["wall"] for r in rounds]
    scale = 1e3 / (many - few)
    return [
        entry(name, "one more partition of 10 rows", [t * scale for t in by_dask], "ms"),
        entry(name, "the same call alone", [t * scale for t in by_hand], "ms"),
    ]  # fmt: skip


def training(client, quick, n_rounds):
    """Rows a second of `partial_fit`, by a worker and without Dask."""
    n_parts, n_rows = (3, 1000) if quick else (10, 10_000)
    X = in_parts(numbers, n_parts, n_rows)

    def by_dask():
        with client.as_current():
            skanomaly.dask.partial_fit(AutoEncoder(random_state=0), X)

    def alone():
        detector = AutoEncoder(random_state=0)
        for k in range(n_parts):
            detector.partial_fit(numbers(k, n_rows))

    def sample():
        with client.as_current():
            skanomaly.dask.sample_rows(X, 1000, random_state=0)

    variants = {"alone": alone, "dask": by_dask, "sample": sample}
    rounds = interleave(variants, n_rounds, "partial_fit")
    name, total = "AutoEncoder", n_parts * n_rows
    rates = {v: [total / r[v]["wall"] for r in rounds] for v in variants}
    ratio = list(paired_ratio(rounds, "dask", "alone", kind="wall"))
    what = f"{total:,} rows in {n_parts} partitions"
    return [
        entry(name, f"partial_fit alone: {what}", rates["alone"], "rows/s"),
        entry(name, f"partial_fit by Dask: {what}", rates["dask"], "rows/s"),
        entry(name, "partial_fit, time by Dask / alone", ratio, "x"),
        entry("any", f"sample_rows, 1,000 of {total:,}", rates["sample"], "rows/s"),
    ]


def write(frame, facts, quick):
    """Write the tables to the folder of results."""
    folder = Path(QUICK_RESULTS if quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "scale_out.csv", index=False)
    trial = "\n\n**A trial run with little data, not a result.**" * quick
    when = f"{date.today()}. {facts}."
    report = f"{TEXT}{trial}\n\n{to_markdown(frame)}\n\n{when}\n"
    (folder / "scale_out.md").write_text(report)
    say(report)


if __name__ == "__main__":
    main()
