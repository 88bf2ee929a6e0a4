"""A worker that is killed costs time and nothing else; memory stays in its bound."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import skanomaly.dask
from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.detectors import AutoEncoder

pytestmark = pytest.mark.slow

OPTIONS = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
MEGABYTE = 10**6

N_PARTS, N_ROWS = 30, 200


def slow_part(k):
    """Rows of a partition, which take a while to come."""
    time.sleep(0.2)
    rows = np.random.default_rng(k).normal(size=(N_ROWS, 3))
    index = pd.RangeIndex(k * N_ROWS, (k + 1) * N_ROWS)
    return pd.DataFrame(rows, columns=["a", "b", "c"], index=index)


def slow_table():
    meta = pd.DataFrame(columns=["a", "b", "c"], dtype=float)
    return dd.from_map(slow_part, range(N_PARTS), meta=meta)


@pytest.fixture
def client():
    """Two workers that have imported all that they need."""
    with LocalCluster(n_workers=2, **OPTIONS) as cluster, Client(cluster) as client:
        client.run(lambda: __import__("skanomaly.detectors").correctors)
        yield client


class Killed:
    """Kill a worker by SIGKILL after some seconds, while the block runs."""

    def __init__(self, client, seconds):
        self.pids = client.run(os.getpid)
        self._timer = threading.Timer(seconds, self._kill)

    def _kill(self):
        os.kill(min(self.pids.values()), signal.SIGKILL)

    def __enter__(self):
        self._timer.start()

    def __exit__(self, *error):
        assert not self._timer.is_alive(), "all was done before a worker died"


def test_scores_survive_a_killed_worker(client):
    detector = AutoEncoder(max_epochs=2, random_state=0).fit(slow_part(0))
    scores = skanomaly.dask.score_samples(detector, slow_table())
    with Killed(client, 1.5):
        found = client.compute(scores, sync=True)
    parts = [slow_part(k) for k in range(N_PARTS)]
    expected = np.concatenate([detector.score_samples(part) for part in parts])
    np.testing.assert_array_equal(found, expected)
    assert found.index.equals(pd.RangeIndex(N_PARTS * N_ROWS))


def test_training_survives_a_killed_worker(client):
    detector = AutoEncoder(random_state=0)
    X = slow_table().partitions[:15]
    with Killed(client, 1.5):
        found = skanomaly.dask.partial_fit(detector, X, shuffle_blocks=False)
    for k in range(15):
        detector.partial_fit(slow_part(k))
    rows = slow_part(0)
    np.testing.assert_array_equal(
        found.score_samples(rows), detector.score_samples(rows)
    )


def test_repairs_survive_a_killed_worker(client, cities):
    corrector = NoisyChannelCorrector(random_state=0).fit(cities)

    def part(k):
        time.sleep(0.3)
        return cities.iloc[k * 10 : (k + 1) * 10]

    X = dd.from_map(part, range(30), meta=cities.iloc[:0])
    with Killed(client, 1.5):
        found = client.compute(skanomaly.dask.transform(corrector, X), sync=True)
    # Dask may turn text into a dtype of its own.
    pd.testing.assert_frame_equal(found, corrector.transform(X.compute()))


def peak(pid):
    """Most bytes that a process has had in memory (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_data_of_five_times_the_memory_stay_in_the_bound():
    """Score 4 GB, and train on some of it, by a worker that may use 800 MB.

    Half of these are torch and the other libraries.
    """
    limit, n_columns, block = 800 * MEGABYTE, 500, 4000
    n_blocks = -(-5 * limit // (8 * n_columns * block))
    X = da.random.default_rng(0).random(
        (n_blocks * block, n_columns), chunks=(block, n_columns)
    )
    assert X.nbytes >= 5 * limit
    first = X[:2000].compute()
    small = {"hidden_units": (16,), "n_neighbors": 0, "subset_size": 0, "n_passes": 1}
    detector = AutoEncoder(max_epochs=1, random_state=0, **small).fit(first)
    with (
        LocalCluster(n_workers=1, memory_limit=limit, **OPTIONS) as cluster,
        Client(cluster) as client,
    ):
        (pid,) = client.run(os.getpid).values()
        scores = skanomaly.dask.score_samples(detector, X)
        n_low, head = client.gather(
            client.compute([(scores < detector.offset_).sum(), scores[:2000]])
        )
        np.testing.assert_array_equal(head, detector.score_samples(first))
        assert 0 < n_low < len(X)
        assert skanomaly.dask.sample_rows(X, 1000).shape == (1000, n_columns)
        trained = skanomaly.dask.partial_fit(detector, X[: 20 * block], random_state=0)
        assert len(trained.net_.history) == 1 + 20
        assert list(client.run(os.getpid).values()) == [pid], "it was restarted"
        assert peak(pid) < limit
