import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import AutoEncoder
from skanomaly.displays import LatentTraversalDisplay

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLUMNS = ["weight", "height", "age", "pulse"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def small(latent_dim=2, **params):
    return AutoEncoder(
        hidden_units=(4,), latent_dim=latent_dim, max_epochs=3, random_state=0, **params
    )


@pytest.fixture(scope="module")
def table():
    X = np.random.default_rng(0).normal(size=(60, 4)) * [1, 10, 100, 1000]
    return pd.DataFrame(X, columns=COLUMNS)


@pytest.fixture(scope="module")
def detector(table):
    return small().fit(table)


def test_the_images_are_what_the_detector_decodes():
    X = np.random.default_rng(0).random((20, 64))
    detector = small(image_shape=(1, 8, 8)).fit(X)
    display = LatentTraversalDisplay.from_estimator(
        detector, X[:1], index=[1], factors=[0, 1, 3]
    )
    assert display.axes_.shape == display.images_.shape == (1, 3)
    for image, factor in zip(display.images_[0], (0, 1, 3), strict=True):
        decoded = detector.latent_traversal(X[:1], 1, factor)
        np.testing.assert_array_equal(image.get_array(), decoded.reshape(8, 8))
    # The greys are those of the plain reconstruction, which factor 1 gives.
    copy = detector.latent_traversal(X[:1], 1, 1.0)
    assert display.images_[0, 2].get_clim() == (copy.min(), copy.max())
    assert display.axes_[0, 0].get_ylabel() == "z[1]"


def test_the_lines_are_changes_in_standard_deviations(table, detector):
    row = table[:1]
    display = LatentTraversalDisplay.from_estimator(
        detector, row, index=[1], factors=[0, 1, 3]
    )
    std = table.to_numpy().std(axis=0)
    names = [line.get_label() for line in display.lines_[0]]
    for line, j in zip(display.lines_[0], map(COLUMNS.index, names), strict=True):
        moved = [detector.latent_traversal(row, 1, f).iloc[0, j] for f in (0, 1, 3)]
        start = detector.latent_traversal(row, 1, 1.0).iloc[0, j]
        expected = (moved - start) / std[j]
        np.testing.assert_allclose(line.get_ydata(), expected, atol=1e-5)
        assert line.get_ydata()[1] == 0
    assert [text.get_text() for text in display.legend_.get_texts()] == names


def test_columns_that_move_less_are_grey_and_unnamed(table, detector):
    display = LatentTraversalDisplay.from_estimator(detector, table[:1], max_features=1)
    named = [line for line in display.lines_[0] if line.get_label() in COLUMNS]
    assert len(display.lines_[0]) == 4
    assert [line.get_label() for line in named] == [
        text.get_text() for text in display.legend_.get_texts()
    ]
    most = max(np.abs(line.get_ydata()).max() for ls in display.lines_ for line in ls)
    of_named = [ls[-1] for ls in display.lines_]
    assert most == max(np.abs(line.get_ydata()).max() for line in of_named)


def test_in_a_pipeline_columns_keep_their_names_and_their_own_units(table):
    pipeline = make_pipeline(StandardScaler(), small(standardize=False)).fit(table)
    display = LatentTraversalDisplay.from_estimator(pipeline, table[:1])
    assert list(display.feature_names) == COLUMNS
    assert display.scale is None
    scaled = pipeline[:-1].transform(table[:1])
    np.testing.assert_array_equal(
        display.decoded[0, 0], pipeline[-1].latent_traversal(scaled, 0, -2)[0]
    )


def test_categories_are_left_out(table):
    X = table.assign(sex=np.where(np.arange(len(table)) % 2, "f", "m"))[
        ["sex", *COLUMNS]
    ]
    detector = small().fit(X)
    display = LatentTraversalDisplay.from_estimator(detector, X[:1])
    assert list(display.feature_names) == COLUMNS
    decoded = detector.latent_traversal(X[:1], 0, -2)[COLUMNS]
    np.testing.assert_array_equal(display.decoded[0, 0], decoded.to_numpy()[0])
    np.testing.assert_allclose(display.scale, table.std(axis=0, ddof=0), rtol=1e-6)
    with pytest.raises(ValueError, match="categories alone"):
        LatentTraversalDisplay.from_estimator(small().fit(X[["sex"]]), X[["sex"]][:1])


@pytest.mark.parametrize("image_shape", [None, (1, 2, 2)])
def test_coordinates_that_change_nothing_are_called_idle(image_shape):
    start = np.arange(4.0)
    decoded = np.tile(start, (3, 2, 1))
    decoded[1, 0, 2] += 5.0
    decoded[2, 1, 3] += 0.01
    display = LatentTraversalDisplay(
        decoded=decoded,
        reconstruction=start,
        index=[0, 2, 5],
        factors=[0.0, 1.0],
        image_shape=image_shape,
    ).plot()
    assert display.idle_ == [0, 5]
    axes = display.axes_[0] if image_shape is None else display.axes_[:, 0]
    texts = [a.get_title() if image_shape is None else a.get_ylabel() for a in axes]
    assert [text.split()[-1] for text in texts] == ["idle", "z[2]", "idle"]


def test_of_a_long_code_the_coordinates_that_matter_are_drawn(table):
    detector = small(latent_dim=12).fit(table)
    row, std = table[:1], table.to_numpy().std(axis=0)
    display = LatentTraversalDisplay.from_estimator(detector, row)
    effect = [
        np.ptp(
            [detector.latent_traversal(row, j, f).iloc[0] for f in (-2, -1, 0, 1, 2)], 0
        )
        for j in range(12)
    ]
    best = np.argsort(-(np.array(effect) / std).sum(axis=1))[:10]
    assert display.index == sorted(best)
    assert display.decoded.shape == (10, 5, 4)


def test_it_is_drawn_on_the_axes_of_the_user(table, detector):
    axes = plt.subplots(1, 2)[1]
    display = LatentTraversalDisplay.from_estimator(
        detector, table[:1], ax=axes, linewidth=7
    )
    assert display.axes_[0, 1] is axes[1]
    assert display.lines_[0][-1].get_linewidth() == 7
    assert display.plot() is display
    assert display.figure_ is not axes[0].figure


def test_what_cannot_be_drawn_is_refused(table, detector):
    with pytest.raises(ValueError, match="X has 60 rows"):
        LatentTraversalDisplay.from_estimator(detector, table)
    with pytest.raises(ValueError, match="index="):
        LatentTraversalDisplay.from_estimator(detector, table[:1], index=[2])
    forest = IsolationForest(n_estimators=2).fit(table)
    with pytest.raises(TypeError, match="has no encode"):
        LatentTraversalDisplay.from_estimator(forest, table[:1])
