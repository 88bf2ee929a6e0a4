"""Rows a second by one and by two workers, overhead a partition, bytes moved a row.

    python -m benchmarks.scale_out --quick
    python -m benchmarks.scale_out

See benchmarks/README.md.
"""

import argparse
import statistics
from datetime import date
from functools import partial
from pathlib import Path

import cloudpickle
import pandas as pd

import skanomaly.dask
from benchmarks.common import (
    QUICK_RESULTS,
    RESULTS,
    machine,
    one_thread,
    say,
    to_markdown,
)
from benchmarks.scale_out.clusters import cluster, in_turn
from benchmarks.scale_out.data import estimators, in_parts, numbers
from skanomaly.detectors import AutoEncoder

RATIO = "time, two workers / one"
PARTITION = "one more partition of 10 rows, CPU"
TEXT = """\
# Scale-out

Written by `python -m benchmarks.scale_out`. Clusters of one and of two worker
processes with one thread each work in turn (1 2, 2 1, ...), on one machine; median
over the rounds, lowest and highest in brackets. Partitions are made by the workers,
which is counted in; of the results a sum comes back. *Alone* is the same without Dask,
in one process with one thread. CPU is that of all processes, the scheduler included.
Numbers have 20 columns of float64; orders five columns, four of them text. Where other
programs run on the machine, wall times say less than processor times, and the ratio of
two workers to one is that of their shares."""


def main():
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="rounds that count, default 5")
    parser.add_argument("--parts", type=int, default=20, help="of 10,000 rows each")
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    args = parser.parse_args()
    one_thread()
    n_rounds = args.rounds or (1 if args.quick else 5)
    facts, rows = machine(), []
    n_parts, n_rows = (4, 2000) if args.quick else (args.parts, 10_000)
    with cluster(1) as one, cluster(2) as two:
        for name, (estimator, make) in estimators().items():
            task = Task(name, estimator, make)
            rows += speed(task, n_parts, n_rows, one, two, n_rounds)
            rows += moved(task, n_parts, n_rows, two)
            rows += overhead(task, 2 * n_parts, one, n_rounds)
            write(pd.DataFrame(rows), facts, args.quick)
        rows += training(n_parts // 2, one, n_rounds)
    write(pd.DataFrame(rows), f"{facts}; at the end load {load()}", args.quick)


def load():
    """Programs that wanted to run in the last minutes."""
    return machine().partition("load ")[2].partition(";")[0]


class Task:
    """Score, or repair, and return a sum of the results."""

    def __init__(self, name, estimator, make):
        self.name, self.estimator, self.make = name, estimator, make
        self.repairs = hasattr(estimator, "repair")

    def alone(self, n_parts, n_rows):
        """Do all partitions in this process."""
        for k in range(n_parts):
            part = self.make(k, n_rows)
            if self.repairs:
                self.estimator.repair(part).table["pieces"].sum()
            else:
                self.estimator.anomaly_score(part).sum()

    def lazily(self, n_parts, n_rows):
        """Return scores, or the repaired table."""
        X = in_parts(self.make, n_parts, n_rows)
        if self.repairs:
            return skanomaly.dask.transform(self.estimator, X)
        return skanomaly.dask.anomaly_score(self.estimator, X)

    def by(self, client, n_parts, n_rows):
        """Do all partitions on a cluster."""
        results = self.lazily(n_parts, n_rows)
        results = results["pieces"] if self.repairs else results
        with client.as_current():  # `client.compute` would not fuse tasks
            results.sum().compute()


def entry(name, what, values, unit, *, wanted=""):
    """Return a row of the table: the median, and lowest and highest of several."""
    texts = [f"{v:,.0f}" if v >= 1000 else f"{v:.3g}" for v in (
        statistics.median(values), min(values), max(values)
    )]  # fmt: skip
    spread = f"({texts[1]} to {texts[2]})" if len(values) > 1 else ""
    facts = {"estimator": name, "what": what, "measured": texts[0], "spread": spread}
    return facts | {"unit": unit, "wanted": wanted, "value": statistics.median(values)}


def ratios(found, above, below, *kinds):
    """Return the ratio of two variants in each round, by the sum of some seconds."""
    pairs = zip(found[above], found[below], strict=True)
    return [sum(a[k] for k in kinds) / sum(b[k] for k in kinds) for a, b in pairs]


def speed(task, n_parts, n_rows, one, two, n_rounds):
    """Rows a second by one and two workers, and without Dask."""
    size = n_parts, n_rows
    variants = {
        "alone": lambda: task.alone(*size),
        "one": lambda: task.by(one, *size),
        "two": lambda: task.by(two, *size),
    }
    found, total = in_turn(variants, n_rounds, task.name), n_parts * n_rows
    put, cpu = partial(entry, task.name), ("own", "workers")
    rates = {v: [total / s["wall"] for s in found[v]] for v in variants}
    return [
        put(f"alone, {total:,} rows", rates["alone"], "rows/s"),
        put(f"one worker, {n_parts} partitions", rates["one"], "rows/s"),
        put(f"two workers, {n_parts} partitions", rates["two"], "rows/s"),
        put(RATIO, ratios(found, "two", "one", "wall"), "x", wanted="<= 0.6"),
        put("CPU alone", [1e6 * s["own"] / total for s in found["alone"]], "us/row"),
        put("CPU, one worker / alone", ratios(found, "one", "alone", *cpu), "x"),
        put("CPU, two workers / alone", ratios(found, "two", "alone", *cpu), "x"),
    ]


def moved(task, n_parts, n_rows, client):
    """Bytes a row that leave the workers."""

    def sent(dask_worker):
        return dask_worker.transfer_outgoing_bytes_total

    totals = [sum(client.run(sent).values())]
    task.by(client, n_parts, n_rows)
    totals.append(sum(client.run(sent).values()))
    with client.as_current():
        task.lazily(n_parts, n_rows).compute()
    totals.append(sum(client.run(sent).values()))
    size, total = len(cloudpickle.dumps(task.estimator)), n_parts * n_rows
    return [
        entry(task.name, "size of the estimator", [size / 1000], "kB"),
        entry(task.name, "moved, a sum comes back", [(totals[1] - totals[0]) / total],
              "B/row"),
        entry(task.name, "moved, all comes back", [(totals[2] - totals[1]) / total],
              "B/row"),
    ]  # fmt: skip


def overhead(task, n_parts, client, n_rounds):
    """Processor milliseconds of one more partition of ten rows."""
    variants = {
        "few": lambda: task.by(client, n_parts, 10),
        "many": lambda: task.by(client, 3 * n_parts, 10),
        "alone": lambda: task.alone(2 * n_parts, 10),
    }
    found = in_turn(variants, n_rounds, f"{task.name}, partitions of 10 rows")
    pairs = list(zip(found["many"], found["few"], strict=True))

    def milliseconds(kind):
        return [1e3 * (many[kind] - few[kind]) / (2 * n_parts) for many, few in pairs]

    alone = [1e3 * s["own"] / (2 * n_parts) for s in found["alone"]]
    return [
        entry(task.name, f"{PARTITION} alone", alone, "ms"),
        entry(task.name, f"{PARTITION} of the worker", milliseconds("workers"), "ms"),
        entry(
            task.name, f"{PARTITION} of client and scheduler", milliseconds("own"), "ms"
        ),
    ]


def training(n_parts, client, n_rounds, n_rows=10_000):
    """Rows a second of `partial_fit` and of `sample_rows`."""
    X, detector = in_parts(numbers, n_parts, n_rows), AutoEncoder(random_state=0)

    def by_dask(function, *args):
        with client.as_current():
            function(*args, random_state=0)

    def alone():
        trained = AutoEncoder(random_state=0)
        for k in range(n_parts):
            trained.partial_fit(numbers(k, n_rows))

    variants = {
        "alone": alone,
        "dask": lambda: by_dask(skanomaly.dask.partial_fit, detector, X),
        "sample": lambda: by_dask(skanomaly.dask.sample_rows, X, 1000),
    }
    found, total = in_turn(variants, n_rounds, "partial_fit"), n_parts * n_rows
    put, cpu = partial(entry, "AutoEncoder"), ("own", "workers")
    rates = {v: [total / s["wall"] for s in found[v]] for v in variants}
    alone_cpu = [1e6 * s["own"] / total for s in found["alone"]]
    return [
        put(f"partial_fit alone, {total:,} rows", rates["alone"], "rows/s"),
        put(f"partial_fit, {n_parts} partitions", rates["dask"], "rows/s"),
        put("partial_fit, CPU alone", alone_cpu, "us/row"),
        put(
            "partial_fit, CPU by Dask / alone",
            ratios(found, "dask", "alone", *cpu),
            "x",
        ),
        entry("any", f"sample_rows, 1,000 of {total:,}", rates["sample"], "rows/s"),
    ]


def extrapolated(frame):
    """Say what a billion rows would take by the figures of the table."""
    lines = []
    for name, part in frame.groupby("estimator", sort=False):
        value = part.set_index("what")["value"]
        if "CPU, two workers / alone" not in value:
            continue
        hours = value["CPU alone"] * value["CPU, two workers / alone"] / 3.6
        overhead = value[f"{PARTITION} of client and scheduler"] * 10
        size = value["size of the estimator"] / 1000
        lines.append(
            f"- {name}: {hours:.1f} hours of one core, divided by the number of cores; "
            f"10,000 partitions cost the scheduler {overhead:.0f} s, which does not "
            f"divide; {value['moved, all comes back']:.0f} GB move if all results go "
            f"to one process, and {size:.1f} MB to each worker."
        )
    return "\n".join(lines)


def write(frame, facts, quick):
    """Write the tables to the folder of results."""
    folder = Path(QUICK_RESULTS if quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "scale_out.csv", index=False)
    trial = "\n\n**A trial run with little data, not a result.**" * quick
    table = to_markdown(frame.drop(columns="value"))
    billion = f"A billion rows, by these figures:\n\n{extrapolated(frame)}"
    parts = [TEXT + trial, table, billion, f"{date.today()}. {facts}."]
    (folder / "scale_out.md").write_text("\n\n".join(parts) + "\n")
    say("\n\n".join(parts))


if __name__ == "__main__":
    main()
