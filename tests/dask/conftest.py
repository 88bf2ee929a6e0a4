"""Tables in parts, fitted estimators, and a cluster of two processes."""

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.detectors import AutoEncoder


@pytest.fixture(scope="package")
def client():
    """A client of two workers, each a process of its own."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set({"distributed.admin.log-format": "%(message)s"}),
    ):
        patch.delenv("OMP_NUM_THREADS", raising=False)  # what users have
        with LocalCluster(processes=True, **options) as cluster, Client(cluster) as c:
            yield c


@pytest.fixture
def in_process():
    """No cluster: in the order of the tasks, in this thread."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="package")
def frame():
    """Rows of numbers with names, and an index that is no range."""
    rows = np.random.default_rng(0).normal(size=(600, 3))
    index = pd.Index(np.arange(600) * 2 + 10, name="id")
    return pd.DataFrame(rows, columns=["a", "b", "c"], index=index)


@pytest.fixture
def table(frame):
    """The same as a Dask DataFrame of five partitions, with known divisions."""
    return dd.from_pandas(frame, npartitions=5)


@pytest.fixture
def array(frame):
    """The same as a Dask Array of five blocks."""
    return da.from_array(frame.to_numpy(), chunks=(120, 3))


@pytest.fixture(scope="package")
def detector(frame):
    """A network with p-values, fitted to a frame."""
    return AutoEncoder(max_epochs=2, random_state=0).fit(frame[:200])


@pytest.fixture(scope="package")
def array_detector(frame):
    """The same fitted to rows without names."""
    return AutoEncoder(max_epochs=2, random_state=0).fit(frame[:200].to_numpy())


@pytest.fixture(scope="package")
def cities():
    """A table of text with wrong cells in every part of it."""
    table = pd.DataFrame(
        {
            "city": np.tile(["Bern", "Rome", "Oslo"], 100),
            "land": np.tile(["CH", "IT", "NO"], 100),
            "rank": np.arange(300),
        },
        index=pd.Index(np.arange(300) + 7, name="id"),
    )
    table.iloc[[1, 70, 148, 202, 280], 0] = ["Rmoe", "Roma", "Rme", "Rom", "Rmoe"]
    return table


@pytest.fixture(scope="package")
def corrector(cities):
    """A corrector that repairs them."""
    return NoisyChannelCorrector(random_state=0).fit(cities)
