"""Ctrl-C at any moment of a fit, and a process that is killed in one."""

import copy
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal

import skanomaly
from skanomaly import correctors, samplers
from tests.contract.estimators import ESTIMATORS, SHALLOW
from tests.contract.rows import assert_unchanged, rows

PACKAGE = str(Path(skanomaly.__file__).parent)
# Moments of a fit at which Ctrl-C is pressed, evenly spread over its calls.
N_MOMENTS = 12
# One of each way to train: one phase, pretraining, two players, copies that score out
# of fold, several members, no network.
DETECTORS = {
    **{name: ESTIMATORS[name] for name in ("AutoEncoder", "FastAnoGAN", "VAEEnsemble")},
    "DeepSVDD": lambda: ESTIMATORS["DeepSVDD"](pretrain_epochs=2),
    **SHALLOW,
}


class Moments:
    """Count the calls of functions of the package; press Ctrl-C at one of them."""

    def __init__(self, at=None):
        self.at, self.count = at, 0

    def __call__(self, frame, event, argument):
        code = frame.f_code
        # A generator that is not used up, as by `any`, is closed when it is freed, and
        # Python ignores there what is raised.
        if inspect.CO_GENERATOR & code.co_flags or event != "call":
            return
        if code.co_filename.startswith(PACKAGE):
            self.count += 1
            if self.count == self.at:
                sys.setprofile(None)
                signal.raise_signal(signal.SIGINT)

    def run(self, function):
        # A shell has processes in the background ignore Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.setprofile(self)
        try:
            function()
        finally:
            sys.setprofile(None)
            signal.signal(signal.SIGINT, before)


def interrupted(estimator, X):
    """Yield after each of `N_MOMENTS` fits to `X` that Ctrl-C ended."""
    whole, twin = Moments(), copy.deepcopy(estimator)
    whole.run(lambda: twin.fit(X))
    for i in range(N_MOMENTS):
        moments = Moments(at=1 + i * whole.count // N_MOMENTS)
        with pytest.raises(KeyboardInterrupt):
            moments.run(lambda: estimator.fit(X))
        yield


def assert_same(estimator, before):
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[key] is before[key] for key in before)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="no signals here"
)
@pytest.mark.parametrize("name", DETECTORS)
def test_ctrl_c_at_any_moment_of_a_fit_keeps_the_fit_before(name):
    X = rows()
    detector = DETECTORS[name]().fit(X)
    before, threads = (dict(vars(detector)), detector.score_samples(X)), _settings()
    for _ in interrupted(detector, X * 2):
        assert_unchanged(detector, before, X)
        assert _settings() == threads
    # Nothing is left locked or half-done: the next fit is as any other.
    wanted = DETECTORS[name]().fit(X * 2).score_samples(X)
    assert_array_equal(detector.fit(X * 2).score_samples(X), wanted)


def _settings():
    """What a fit may change of torch while it lasts."""
    return (
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.random.get_rng_state().tolist(),
    )


def table():
    towns = np.array(["Bern", "Oslo", "Rome"] * 30)
    return pd.DataFrame({"town": towns, "zip": [1, 2, 3] * 30, "n": range(90)})


@pytest.mark.parametrize(
    "corrector",
    [
        correctors.AnomalyCorrector(random_state=0),
        correctors.DiffusionInpainter(n_steps=10, random_state=0),
    ],
    ids=lambda corrector: type(corrector).__name__,
)
def test_ctrl_c_at_any_moment_keeps_the_corrector(corrector):
    X = table()
    corrector.fit(X)
    before, repaired = dict(vars(corrector)), corrector.transform(X)
    for _ in interrupted(corrector, X.iloc[::2]):
        assert_same(corrector, before)
        pd.testing.assert_frame_equal(corrector.transform(X), repaired)


def test_ctrl_c_at_any_moment_keeps_the_sampler():
    flow = ESTIMATORS["NormalizingFlow"]()
    sampler = samplers.FlowSampler(flow=flow, random_state=0).fit(rows())
    before = dict(vars(sampler))
    for _ in interrupted(sampler, rows() * 2):
        assert_same(sampler, before)


def test_a_process_that_is_killed_in_a_fit_leaves_no_file(tmp_path):
    code = (
        "import numpy as np\n"
        "from skanomaly.detectors import AutoEncoder\n"
        "X = np.random.default_rng(0).normal(size=(2000, 4))\n"
        "print('fits', flush=True)\n"
        "AutoEncoder(max_epochs=100_000).fit(X)\n"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    env["PYTHONPATH"] = str(Path(PACKAGE).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**env, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout.readline() == b"fits\n"
    time.sleep(0.3)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []
