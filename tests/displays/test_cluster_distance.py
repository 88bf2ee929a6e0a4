import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skanomaly.detectors import NormalizingFlow
from skanomaly.displays import ClusterDistanceDisplay
from skanomaly.samplers import FlowSampler

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FLOOR = 2.0 / np.sqrt(np.pi)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def data():
    """Two classes of the same law in 20 columns, and a third six deviations away."""
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "far"], 600)
    X = rng.normal(size=(len(y), 20))
    X[y == "far", 0] += 6.0
    return X, y


def identity():
    return FunctionTransformer(validate=False).fit(np.zeros((2, 20)))


def test_distances_are_those_of_the_laws(data):
    display = ClusterDistanceDisplay.from_estimator(identity(), *data)
    assert list(display.classes) == ["a", "b", "far"]
    same = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 0)]
    for at in same:
        # In many dimensions the rows that the axis was learned from would lie apart.
        assert display.distances[at] == pytest.approx(FLOOR, abs=0.2)
    assert display.distances[0, 2] == pytest.approx(6.0, rel=0.1)
    np.testing.assert_allclose(display.distances, display.distances.T)


def test_a_conditional_sampler_sees_every_class_under_each(data):
    X, y = data[0][:, :2] + 3.0 * (data[1] == "b")[:, None], data[1]
    flow = NormalizingFlow("coupling", max_epochs=20, contamination=0.1)
    sampler = FlowSampler(flow=flow, conditional=True, random_state=0).fit(X, y)
    display = ClusterDistanceDisplay.from_estimator(sampler, X, y)
    off = ~np.eye(3, dtype=bool)
    assert display.distances[off].min() > display.distances.diagonal().max()
    assert not np.allclose(display.distances, display.distances.T, rtol=1e-3)


def test_rows_of_a_frame_go_through_the_steps_before(data):
    X, y = pd.DataFrame(data[0]).add_prefix("c"), data[1]
    pipeline = make_pipeline(StandardScaler(), PCA(20, whiten=True)).fit(X)
    display = ClusterDistanceDisplay.from_estimator(pipeline, X, y)
    plain = ClusterDistanceDisplay.from_estimator(identity(), pipeline.transform(X), y)
    np.testing.assert_allclose(display.distances, plain.distances)


def test_it_is_drawn_on_the_axes_of_the_user(data):
    ax = plt.subplots()[1]
    display = ClusterDistanceDisplay.from_estimator(
        identity(), *data, ax=ax, name="mine", max_rows=100, values_format=".3f"
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert ax.get_title() == "mine"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "far"]
    assert display.text_[0, 2].get_text() == f"{display.distances[0, 2]:.3f}"
    assert display.plot() is display


def test_the_same_seed_draws_the_same_rows(data):
    draw = ClusterDistanceDisplay.from_estimator
    pictures = [draw(identity(), *data, max_rows=50) for _ in range(2)]
    np.testing.assert_array_equal(pictures[0].distances, pictures[1].distances)
    other = draw(identity(), *data, max_rows=50, random_state=1)
    assert not np.array_equal(pictures[0].distances, other.distances)


def test_what_cannot_be_drawn_is_refused(data):
    X, y = data
    with pytest.raises(TypeError, match="has no latents"):
        ClusterDistanceDisplay.from_estimator(IsolationForest().fit(X), X, y)
    with pytest.raises(NotFittedError):
        ClusterDistanceDisplay.from_estimator(NormalizingFlow(), X, y)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        ClusterDistanceDisplay.from_estimator(identity(), X, y[:-1])
    with pytest.raises(ValueError, match="at least 2 classes"):
        ClusterDistanceDisplay.from_estimator(identity(), X, np.zeros(len(X)))


def test_latents_that_are_all_the_same_have_no_distance(data):
    constant = FunctionTransformer(np.zeros_like).fit(data[0])
    display = ClusterDistanceDisplay.from_estimator(constant, *data)
    assert not display.distances.any()
    for number in (5, 10.5):
        with pytest.raises(ValueError, match="max_rows"):
            ClusterDistanceDisplay.from_estimator(identity(), *data, max_rows=number)
