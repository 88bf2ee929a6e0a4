"""What `to_onnx` takes, and what it leaves behind when it fails."""

import os
import sys
from functools import wraps

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from skanomaly import __version__, detectors
from skanomaly.correctors import AnomalyCorrector
from skanomaly.detectors import AnoGAN, AutoEncoder, CalibratedDetector, DeepSVDD
from skanomaly.onnx import to_onnx
from skanomaly.onnx._plan import _check_methods

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

X = np.random.default_rng(0).normal(size=(80, 3))


def small(**params):
    return DeepSVDD(
        hidden_units=(4,), latent_dim=2, pretrain_epochs=0, max_epochs=1,
        contamination=0.1, random_state=0, **params,
    )  # fmt: skip


@pytest.fixture(scope="module")
def detector():
    return small().fit(X)


class Doubled(DeepSVDD):
    """A detector of a user: its graph would score without the factor."""

    def score_samples(self, X):
        return 2 * super().score_samples(X)


class Branching(nn.Module):
    """A network that no graph can hold: its way depends on values."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.layer = nn.Linear(n_inputs, n_outputs)

    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else -self.layer(x)


def test_an_estimator_that_is_not_fitted_is_refused(tmp_path):
    for estimator in (small(), make_pipeline(StandardScaler(), small())):
        with pytest.raises(NotFittedError):
            to_onnx(estimator, tmp_path / "graph.onnx")


@pytest.mark.parametrize(
    "estimator, words",
    [
        (AnomalyCorrector(), "AnomalyCorrector is a corrector"),
        (AnoGAN(), "FastAnoGAN has an encoder"),
        (StandardScaler(), "StandardScaler is none of ours"),
        (DeepSVDD, r"pass a fitted DeepSVDD\(\)"),
        (Doubled(), "Doubled has a score_samples of its own"),
    ],
)
def test_what_has_no_graph_is_refused_with_its_reason(estimator, words, tmp_path):
    with pytest.raises(TypeError, match=words):
        to_onnx(estimator, tmp_path / "graph.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", detectors.__all__)
def test_no_detector_of_ours_is_taken_for_one_of_a_user(name):
    _check_methods(getattr(detectors, name))


def test_parameters_are_checked(detector, tmp_path):
    path = tmp_path / "graph.onnx"
    for opset in (17, 99, "18"):
        with pytest.raises(ValueError, match=f"opset={opset!r} must be .* 18 to 22"):
            to_onnx(detector, path, opset=opset)
    with pytest.raises(ValueError, match="dtype='float16' must be"):
        to_onnx(detector, path, dtype="float16")
    with pytest.raises(TypeError, match="X=ndarray must be a DataFrame"):
        to_onnx(detector, path, X=X)


def test_a_missing_folder_and_a_folder_as_a_file_are_named(detector, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*missing"):
        to_onnx(detector, tmp_path / "missing" / "graph.onnx")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        to_onnx(detector, tmp_path)


def test_a_missing_package_names_the_extra(detector, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"need onnx: pip install skanomaly\[onnx\]"):
        to_onnx(detector, tmp_path / "graph.onnx")


def test_an_onnxscript_that_is_older_than_torch_is_named(
    detector, tmp_path, monkeypatch
):
    def lacks(*args, **kwargs):
        raise ModuleNotFoundError("No module named 'onnxscript._apis.torch_9'")

    # With the parameters of the real one, by which the age of torch is told.
    monkeypatch.setattr(torch.onnx, "export", wraps(torch.onnx.export)(lacks))
    with pytest.raises(ImportError, match="pip install -U onnxscript"):
        to_onnx(detector, tmp_path / "graph.onnx")


def test_a_failure_leaves_the_old_file_and_nothing_else(
    detector, tmp_path, monkeypatch
):
    path = tmp_path / "graph.onnx"
    path.write_text("the old one")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        to_onnx(detector, path)
    assert [p.name for p in tmp_path.iterdir()] == ["graph.onnx"]
    assert path.read_text() == "the old one"


def test_a_network_that_branches_is_refused(tmp_path):
    detector = AutoEncoder(Branching, max_epochs=1, contamination=0.1).fit(X)
    with pytest.raises(ValueError, match=r"this AutoEncoder .*no branches"):
        to_onnx(detector, tmp_path / "graph.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_score_without_a_threshold_is_refused(fitted_vae, tmp_path):
    fitted_vae.set_params(score_type="rate")
    with pytest.raises(ValueError, match=r"Call calibrate\(X\)"):
        to_onnx(fitted_vae, tmp_path / "graph.onnx")


def test_the_file_says_who_wrote_it_and_exporting_changes_no_score(detector, tmp_path):
    before = detector.score_samples(X)
    to_onnx(detector, tmp_path / "graph.onnx", opset=20)
    model = onnx.load(tmp_path / "graph.onnx")
    assert (model.producer_name, model.producer_version) == ("skanomaly", __version__)
    assert [(own.domain, own.version) for own in model.opset_import] == [("", 20)]
    np.testing.assert_array_equal(detector.score_samples(X), before)


def test_a_wrapper_has_its_own_threshold(detector, tmp_path):
    pipe = make_pipeline(StandardScaler(), small()).fit(X)
    wrapper = CalibratedDetector(FrozenEstimator(pipe), false_positive_rate=0.3).fit(X)
    to_onnx(wrapper, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    distance, label = session.run(["decision_function", "label"], {"X": X})
    np.testing.assert_array_equal(distance, wrapper.decision_function(X))
    assert (label == -1).sum() == 24
    assert len(session.get_outputs()) == 3


def test_of_a_search_the_best_estimator_is_written(detector, tmp_path):
    search = GridSearchCV(small(), {"lr": [0.1]}, cv=2).fit(X)
    to_onnx(search, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    (labels,) = session.run(["label"], {"X": X})
    np.testing.assert_array_equal(labels, search.predict(X))


def test_an_old_torch_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("torch.onnx.export", lambda model, args, f: None)
    detector = small().fit(X)
    with pytest.raises(ImportError, match=r"torch 2\..* cannot make a graph"):
        to_onnx(detector, tmp_path / "graph.onnx")
    assert list(tmp_path.iterdir()) == []
