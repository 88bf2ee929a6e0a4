"""Where memory is short: smaller chunks, then an error that says what to do."""

import os
import subprocess
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("limits of address space, as Linux has them", allow_module_level=True)

# A network of 2,048 units: a chunk of 1,024 rows takes 17 MB a layer in float64, a
# batch of 4,200 rows 34 MB in float32.
START = """
import resource
import numpy as np
from skanomaly.detectors import AutoEncoder

X = np.random.default_rng(0).normal(size=(4200, 4))
detector = AutoEncoder(
    hidden_units=(2048,), latent_dim=2, n_neighbors=0, max_epochs=1, batch_size=64,
    contamination=0.1, random_state=0,
).fit(X[:200])

def limit(megabytes):
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    most = used + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
"""
SCORE = """
from skanomaly._training import evaluate

sizes, smaller = [], evaluate._smaller
evaluate._smaller = lambda n_rows, error: sizes.append(n_rows) or smaller(n_rows, error)
limit(12)
scores = detector.score_samples(X)
limit(8000)
print(sizes[:2], (scores == detector.score_samples(X)).all())
"""
FIT = """
before, scores = dict(vars(detector)), detector.score_samples(X)
limit(20)
try:
    detector.set_params(batch_size=4200).fit(X)
except MemoryError as error:
    print(error)
limit(8000)
before["batch_size"] = 4200
print(vars(detector) == before, (detector.score_samples(X) == scores).all())
"""


@pytest.fixture(scope="module")
def printed():
    """Lines of one process that does both."""
    result = subprocess.run(
        [sys.executable, "-c", START + SCORE + FIT],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_rows_are_scored_in_smaller_chunks(printed):
    assert printed[0] == "[1024, 512] True"


def test_a_fit_says_what_to_do_and_keeps_the_fit_before(printed):
    assert "batch_size=4200: lower it" in printed[1]
    assert printed[2] == "True True"
