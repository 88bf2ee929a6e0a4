"""Clusters of worker processes, and what runs on them in turn: wall and CPU seconds."""

import gc
import time
from contextlib import contextmanager

import psutil
from distributed import Client, LocalCluster

from benchmarks.common import say


@contextmanager
def cluster(n_workers):
    """Yield a client of workers with one thread each that have imported skanomaly."""
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "processes": True}
    with (
        LocalCluster(n_workers=n_workers, **options) as local,
        Client(local) as client,
    ):
        client.run(lambda: __import__("skanomaly.detectors").correctors)
        yield client


def cpu_seconds():
    """Processor seconds of this process, with its scheduler, and of all workers."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return time.process_time(), sum(t.user + t.system for t in times)


def in_turn(variants, n_rounds, title):
    """Run every variant once a round, in turning order, after a round to warm up.

    Returns
    -------
    dict
        Of each variant a list of "wall", "own" and "workers" seconds, one a round.
    """
    found = {name: [] for name in variants}
    for i in range(n_rounds + 1):
        for name in list(variants)[:: -1 if i % 2 else 1]:
            gc.collect()
            start, before = time.perf_counter(), cpu_seconds()
            variants[name]()
            wall, after = time.perf_counter() - start, cpu_seconds()
            own, workers = after[0] - before[0], after[1] - before[1]
            cpu = f"{own:.2f} + {workers:.2f}"
            say(f"{title}, round {i}: {name} {wall:.2f} s, CPU {cpu}")
            if i:
                found[name].append({"wall": wall, "own": own, "workers": workers})
    return found
