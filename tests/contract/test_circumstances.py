"""Fits and scores under circumstances that a user does not think of."""

import multiprocessing
import threading

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from skorch.callbacks import Checkpoint, EarlyStopping
from torch import nn

from skanomaly._training.evaluate import in_chunks
from skanomaly.correctors._search.log_odds import TorchModel
from skanomaly.detectors import AutoEncoder
from skanomaly.nets import layers
from tests.contract.estimators import ESTIMATORS, EVERY
from tests.contract.rows import rows


# The stricter one for all, since one place switches gradients on.
@pytest.mark.parametrize(
    ("name", "context"),
    [("AutoEncoder", torch.no_grad), *((n, torch.inference_mode) for n in ESTIMATORS)],
)
def test_fit_and_scores_are_the_same_without_gradients(name, context, fitted):
    X = rows()
    wanted = fitted(name, "rows").score_samples(X)
    with context():
        detector = ESTIMATORS[name]().fit(X)
        inside = detector.score_samples(X)
    assert_array_equal(inside, wanted)
    assert_array_equal(detector.score_samples(X), wanted)


def test_training_goes_on_after_a_fit_without_gradients():
    X = rows()
    make = ESTIMATORS["AutoEncoder"]
    with torch.inference_mode():
        detector = make().partial_fit(X)
    wanted = make().partial_fit(X).partial_fit(X).score_samples(X)
    assert_array_equal(detector.partial_fit(X).score_samples(X), wanted)


def test_a_gradient_search_works_without_gradients():
    with torch.inference_mode():
        model = TorchModel(lambda p: (p * p).sum(dim=1), [2])
        z, gradient = model.gradient(torch.tensor([[0.25, 0.75]]))
    assert z.item() == 0.625
    assert_array_equal(gradient, [[0.5, 1.5]])


@pytest.mark.parametrize("callback", [EarlyStopping(), Checkpoint(dirname="unused")])
def test_a_callback_that_waits_for_held_out_rows_is_refused(
    callback, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # where a Checkpoint makes its folder
    make = ESTIMATORS["AutoEncoder"]
    with pytest.raises(ValueError, match=r"monitor='train_loss.*early_stopping=True"):
        make(callbacks=[callback]).fit(rows())
    make(callbacks=[EarlyStopping(monitor="train_loss")]).fit(rows())
    make(callbacks=[EarlyStopping(sink=print)], early_stopping=True).fit(rows())


@pytest.mark.parametrize(
    ("params", "advice"),
    [
        ({"hidden_units": 32}, r"Write hidden_units=\(32,\)"),
        ({"optimizer": "adam"}, r"optimizer=torch\.optim\.Adam"),
    ],
)
def test_a_refused_parameter_says_what_to_write(params, advice):
    with pytest.raises(ValueError, match=advice):
        AutoEncoder(**params).fit(rows())


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_labels_of_other_rows_are_refused(make):
    detector = make()
    X = rows()
    with pytest.raises(ValueError, match=r"60.*10|10.*60"):
        detector.fit(X, np.zeros(10))


class Noisy(nn.Module):
    """A user's network, which draws from torch's global generator."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.linear = nn.Linear(n_inputs, n_outputs)

    def forward(self, x):
        return self.linear(x) + torch.randn(1)


def _fits(done):
    AutoEncoder(module=Noisy, latent_dim=2, max_epochs=1, random_state=0).fit(rows())
    done.set()


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="no fork here"
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_fits_while_a_thread_of_its_parent_does():
    context = multiprocessing.get_context("fork")
    done, held, release = context.Event(), threading.Event(), threading.Event()

    def hold():
        with layers.global_seed(0):
            held.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = context.Process(target=_fits, args=(done,))
    child.start()
    child.join(60)
    release.set()
    thread.join()
    child.kill()
    assert done.is_set()


def test_chunks_are_halved_where_memory_is_short():
    sizes = []

    def double(_, x):
        sizes.append(len(x))
        if len(x) > 20:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return x * 2

    X = np.arange(200.0).reshape(100, 2)
    assert_array_equal(in_chunks(nn.Identity(), X, double), X * 2)
    assert max(sizes[-3:]) <= 20


def test_a_row_that_does_not_fit_into_memory_is_a_clear_error():
    def never(_, x):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(MemoryError, match="single row"):
        in_chunks(nn.Identity(), np.ones((3, 2)), never)
    with pytest.raises(RuntimeError, match=r"^other$"):
        in_chunks(nn.Identity(), np.ones((3, 2)), _raise_other)


def _raise_other(_, x):
    raise RuntimeError("other")
