import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid
from scipy.stats import chi
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import AutoEncoder, NormalizingFlow
from skanomaly.displays import LatentRadiusDisplay

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FAST = {"max_epochs": 5, "random_state": 0, "contamination": 0.1}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    return pd.DataFrame(
        np.random.default_rng(0).normal(size=(400, 4)) * [1, 10, 100, 1000],
        columns=list("abcd"),
    )


@pytest.fixture(scope="module")
def flow(X):
    return NormalizingFlow(**FAST).fit(X)


def test_the_bars_are_the_density_of_the_norms_of_the_latents(flow, X):
    display = LatentRadiusDisplay.from_estimator(flow, X)
    radii = np.linalg.norm(flow.transform(X), axis=1)
    np.testing.assert_array_equal(display.radii["rows"], radii)
    heights, edges, _ = display.bars_[0].get_data()
    expected, _ = np.histogram(radii, edges, density=True)
    np.testing.assert_allclose(heights, expected)
    assert (heights * np.diff(edges)).sum() == pytest.approx(1.0)


def test_the_line_is_the_law_of_the_norms(flow, X):
    display = LatentRadiusDisplay.from_estimator(flow, X)
    at, density = display.law_.get_data()
    np.testing.assert_allclose(density, chi(4).pdf(at))
    assert trapezoid(density, at) == pytest.approx(1.0, abs=0.01)
    # Rows like the training rows follow it.
    assert display.radii["rows"].mean() == pytest.approx(chi(4).mean(), rel=0.1)


def test_labels_and_dictionaries_name_the_data_sets(flow, X):
    y = np.repeat([0, 1], 200)
    by_label = LatentRadiusDisplay.from_estimator(flow, X, y)
    sets = {"0": X[:200], "1": X[200:]}
    by_name = LatentRadiusDisplay.from_estimator(flow, sets)
    assert list(by_label.radii) == list(by_name.radii) == ["0", "1"]
    for name in sets:
        np.testing.assert_array_equal(by_label.radii[name], by_name.radii[name])
    labels = [text.get_text() for text in by_name.legend_.get_texts()]
    assert labels[:2] == ["0 (200)", "1 (200)"]
    colors = {tuple(bars.get_edgecolor()) for bars in by_name.bars_}
    assert len(colors) == 2


def test_rows_far_out_do_not_squeeze_the_law(flow, X):
    sets = {"near": X, "far": X + 1e6}
    display = LatentRadiusDisplay.from_estimator(flow, sets)
    heights, edges, _ = display.bars_[1].get_data()
    assert edges[-1] <= 4 * chi(4).mean() + 1e-9
    assert heights.sum() == 0
    assert "100% beyond" in display.legend_.get_texts()[1].get_text()


def test_a_wide_legend_stays_within_the_figure(flow, X):
    sets = {f"FlowSampler(p={p}, kind='normal')": X for p in (1.5, 2.5, 3.5)}
    display = LatentRadiusDisplay.from_estimator(flow, sets)
    display.figure_.canvas.draw()
    extent, figure = display.legend_.get_window_extent(), display.figure_.bbox
    assert extent.x0 >= 0
    assert extent.x1 <= figure.width
    assert extent.y0 >= 0


def test_in_a_pipeline_the_rows_go_through_the_steps_before(X):
    pipeline = make_pipeline(StandardScaler(), NormalizingFlow(**FAST)).fit(X)
    display = LatentRadiusDisplay.from_estimator(pipeline, X)
    latents = pipeline[-1].transform(pipeline[:-1].transform(X))
    np.testing.assert_allclose(
        display.radii["rows"], np.linalg.norm(latents, axis=1), rtol=1e-6
    )


def test_it_is_drawn_on_the_axes_of_the_user(flow, X):
    ax = plt.subplots()[1]
    display = LatentRadiusDisplay.from_estimator(
        flow, X, ax=ax, name="mine", bins=[0.0, 1.0, 2.0], linewidth=7
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert ax.get_title() == "mine"
    assert display.bars_[0].get_linewidth() == 7
    assert len(display.bars_[0].get_data()[0]) == 2
    assert display.plot() is display


def test_what_cannot_be_drawn_is_refused(flow, X):
    for other in (IsolationForest(), AutoEncoder()):
        with pytest.raises(TypeError, match="no latents"):
            LatentRadiusDisplay.from_estimator(other, X)
    with pytest.raises(NotFittedError):
        LatentRadiusDisplay.from_estimator(NormalizingFlow(), X)
    with pytest.raises(ValueError, match="y splits X"):
        LatentRadiusDisplay.from_estimator(flow, {"a": X}, np.zeros(400))
    with pytest.raises(ValueError, match="empty"):
        LatentRadiusDisplay.from_estimator(flow, {})
    with pytest.raises(ValueError, match=r"y has shape \(3,\)"):
        LatentRadiusDisplay.from_estimator(flow, X, np.zeros(3))


def test_latents_of_another_size_are_refused(X):
    with pytest.raises(TypeError, match="latents of 2 columns for rows of 4"):
        LatentRadiusDisplay.from_estimator(PCA(2).fit(X), X)
