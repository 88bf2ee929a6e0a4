"""The old file or the new one, at every moment."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import skanomaly

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals of POSIX")


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path, detector):
    path = tmp_path / "detector.skops"
    skanomaly.save(detector, path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match="a file cannot name"):
        skanomaly.save(type(detector)(module=lambda *a: None), path)
    assert path.read_bytes() == before


SAVING = """
import sys
import skanomaly
from skanomaly.detectors import NeighborsDetector
import numpy as np
made = [NeighborsDetector().fit(np.full((20_000, 20), k) + np.eye(20)[k]
        + np.random.default_rng(k).normal(size=(20_000, 20))) for k in (0, 1)]
skanomaly.save(made[0], sys.argv[1])
print("ready", flush=True)
for k in range(10**6):
    skanomaly.save(made[k % 2], sys.argv[1])
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path):
    """Kill -9 at random moments of saving over a good file."""
    path, rng, n_cut = tmp_path / "detector.skops", np.random.default_rng(0), 0
    for _ in range(25):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVING, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        detector = skanomaly.load(path)
        assert np.isfinite(detector.score_samples(np.zeros((1, 20)))).all()
        n_cut = len(os.listdir(tmp_path)) - 1
    assert n_cut, "no process was killed while it wrote"
