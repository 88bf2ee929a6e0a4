import matplotlib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skanomaly.detectors import NormalizingFlow
from skanomaly.displays import SampledImagesDisplay
from skanomaly.samplers import FlowSampler, UniformSampler

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sampler():
    X, _ = load_digits(return_X_y=True)
    flow = NormalizingFlow("coupling", max_epochs=2, contamination=0.1)
    return FlowSampler(flow=flow, random_state=0).fit(X)


def test_a_line_holds_what_the_sampler_draws(sampler):
    display = SampledImagesDisplay.from_estimator(
        sampler, p=(1.5, 3.0), n_columns=4, random_state=7
    )
    assert display.image_shape == (1, 8, 8)
    for line, p in zip(display.samples, (1.5, 3.0), strict=True):
        np.testing.assert_array_equal(line, sampler.sample(4, random_state=7, p=p))
    shown = display.images_[1, 2].get_array()
    np.testing.assert_allclose(shown, display.samples[1, 2].reshape(8, 8))
    labels = [axes.get_ylabel() for axes in display.axes_[:, 0]]
    assert labels == ["p = 1.5", "p = 3"]


def test_a_column_is_a_direction_followed_outwards(sampler):
    display = SampledImagesDisplay.from_estimator(sampler, p=(1.5, 3.0), n_columns=4)
    near, far = (sampler.encode(line) for line in display.samples)
    norms = [np.linalg.norm(z, axis=1) for z in (near, far)]
    cosines = (near * far).sum(axis=1) / (norms[0] * norms[1])
    np.testing.assert_allclose(cosines, 1.0, atol=1e-3)
    assert np.all(norms[1] > 1.5 * norms[0])


def test_black_and_white_are_those_of_the_first_line_or_as_told(sampler):
    display = SampledImagesDisplay.from_estimator(sampler, p=(1.5, 3.0), n_columns=2)
    line = display.samples[0]
    for image in display.images_.flat:
        assert image.get_clim() == (line.min(), line.max())
    display = SampledImagesDisplay.from_estimator(
        sampler, p=2.0, n_columns=2, limits=(0, 16), cmap="viridis", name="digits"
    )
    assert display.images_[0, 0].get_clim() == (0, 16)
    assert display.images_[0, 0].get_cmap().name == "viridis"
    assert display.figure_.get_suptitle() == "digits"


def test_other_arguments_of_the_sampler_and_axes_of_the_user(sampler):
    figure, axes = plt.subplots(1, 3)
    display = SampledImagesDisplay.from_estimator(
        sampler, p=[2.0], n_columns=3, sample_params={"kind": "normal"}, ax=axes
    )
    expected = sampler.sample(3, random_state=0, kind="normal", p=2.0)
    np.testing.assert_array_equal(display.samples[0], expected)
    assert display.figure_ is figure


def test_a_pipeline_ends_in_the_sampler(sampler):
    pipeline = make_pipeline(FunctionTransformer(), sampler)
    display = SampledImagesDisplay.from_estimator(pipeline, p=2.0, n_columns=2)
    assert display.samples.shape == (1, 2, 64)


def test_what_cannot_be_drawn_is_refused(sampler):
    with pytest.raises(TypeError, match="has no sample"):
        SampledImagesDisplay.from_estimator(IsolationForest())
    with pytest.raises(ValueError, match="p is empty"):
        SampledImagesDisplay.from_estimator(sampler, p=[])
    with pytest.raises(ValueError, match=r"image_shape=\(1, 3, 3\) has 9 cells"):
        SampledImagesDisplay.from_estimator(sampler, image_shape=(1, 3, 3))
    X = np.random.default_rng(0).normal(size=(50, 5))
    flow = NormalizingFlow("coupling", max_epochs=1, contamination=0.1)
    with pytest.raises(ValueError, match="have 5 columns"):
        SampledImagesDisplay.from_estimator(FlowSampler(flow=flow).fit(X))


def test_arrays_are_limits_and_other_samplers_are_refused(sampler):
    limits = np.array([0.0, 16.0])
    display = SampledImagesDisplay.from_estimator(sampler, n_columns=2, limits=limits)
    assert display.images_[0, 0].get_clim() == (0, 16)
    with pytest.raises(ValueError, match="must be \\(channels, height, width\\)"):
        SampledImagesDisplay.from_estimator(sampler, image_shape=(8, 8))
    with pytest.raises(TypeError, match="sample without p"):
        SampledImagesDisplay.from_estimator(UniformSampler())
