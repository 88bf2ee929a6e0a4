import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skanomaly.detectors import AutoEncoder
from skanomaly.displays import ReconstructionDisplay

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLUMNS = ["weight", "height", "age", "pulse"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def small(**params):
    return AutoEncoder(latent_dim=2, max_epochs=3, random_state=0, **params)


@pytest.fixture(scope="module")
def table():
    X = np.random.default_rng(0).normal(size=(60, 4))
    return pd.DataFrame(X, columns=COLUMNS, index=np.arange(100, 160))


@pytest.fixture(scope="module")
def detector(table):
    return small(hidden_units=(4,)).fit(table)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((20, 3, 8, 8))


@pytest.fixture(scope="module")
def imager(images):
    return small(hidden_units=(4,), image_shape=(3, 8, 8)).fit(images)


def labels(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_the_bars_are_the_largest_parts_in_order_and_sum_to_the_score(table, detector):
    X = table[:3]
    display = ReconstructionDisplay.from_estimator(detector, X, max_features=2)
    parts, scores = detector.feature_scores(X).to_numpy(), detector.anomaly_score(X)
    for i, bars in enumerate(display.bars_):
        widths = [bar.get_width() for bar in bars]
        order = np.argsort(-parts[i])
        np.testing.assert_allclose(widths[:2], parts[i][order[:2]])
        assert sum(widths) == pytest.approx(scores[i], rel=1e-5)
        ax = display.axes_.flat[i]
        assert labels(ax) == [COLUMNS[j] for j in order[:2]] + ["2 others"]
        assert ax.get_title() == f"row {X.index[i]}: score {scores[i]:.3g}"


def test_the_value_and_what_was_expected_stand_beside_the_bar(table, detector):
    X = table[:1]
    display = ReconstructionDisplay.from_estimator(detector, X)
    column = COLUMNS.index(labels(display.axes_[0, 0])[0])
    value, expected = X.iloc[0, column], detector.reconstruct(X).iloc[0, column]
    text = display.axes_[0, 0].texts[0].get_text()
    assert text == f"{value:.4g}, expected {expected:.4g}"


def test_all_columns_fit_without_a_bar_of_others(table, detector):
    display = ReconstructionDisplay.from_estimator(detector, table[:1])
    assert sorted(labels(display.axes_[0, 0])) == sorted(COLUMNS)


def test_in_a_pipeline_rows_and_names_are_those_at_the_detector(table):
    X = table.assign(sex=np.where(np.arange(60) % 2, "f", "m"))
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["sex"]), (StandardScaler(), COLUMNS)
    )
    pipeline = make_pipeline(encode, small(hidden_units=(4,))).fit(X)
    display = ReconstructionDisplay.from_estimator(pipeline, X[:2])
    np.testing.assert_array_equal(display.X, pipeline[:-1].transform(X[:2]))
    assert list(display.feature_names) == list(pipeline[:-1].get_feature_names_out())
    assert display.axes_[0, 0].get_title().startswith("row 100:")


def test_behind_a_scaler_values_are_in_the_units_of_the_table(table):
    X = 1000 + 50 * table
    pipeline = make_pipeline(StandardScaler(), small(hidden_units=(4,))).fit(X)
    display = ReconstructionDisplay.from_estimator(pipeline, X[:3])
    np.testing.assert_allclose(display.X, X[:3], rtol=1e-6)
    scaled = pipeline[-1].reconstruct(pipeline[:-1].transform(X[:3]))
    expected = pipeline[:-1].inverse_transform(scaled)
    np.testing.assert_allclose(display.reconstruction, expected, rtol=1e-6)
    assert display.note is None


@pytest.mark.parametrize("step", [PCA(), FunctionTransformer(np.arctan)])
def test_values_that_cannot_be_turned_back_say_whose_units_they_have(table, step):
    pipeline = make_pipeline(step, small(hidden_units=(4,))).fit(table)
    display = ReconstructionDisplay.from_estimator(pipeline, table[:1])
    np.testing.assert_array_equal(display.X, step.transform(table[:1]))
    note = f"values after {type(step).__name__}"
    assert display.note == note and note in display.axes_[0, 0].get_xlabel()


def test_categories_and_missing_cells_are_written_as_such(table):
    X = table.assign(sex=np.where(np.arange(60) % 2, "f", "m"))
    X.iloc[0, 1] = np.nan
    display = ReconstructionDisplay.from_estimator(
        small(hidden_units=(4,)).fit(X), X[:1]
    )
    texts = [text.get_text() for text in display.axes_[0, 0].texts]
    assert sum(text.startswith("missing, expected ") for text in texts) == 1
    assert sum(text.startswith("m, expected ") for text in texts) == 1


def test_steps_that_cannot_name_their_columns_leave_them_numbered(table):
    pipeline = make_pipeline(FunctionTransformer(np.asarray), small(hidden_units=(4,)))
    pipeline.fit(table)
    display = ReconstructionDisplay.from_estimator(pipeline, table[:1])
    assert sorted(labels(display.axes_[0, 0])) == ["x0", "x1", "x2", "x3"]


def test_images_stand_above_their_reconstruction_and_the_parts(images, imager):
    display = ReconstructionDisplay.from_estimator(imager, images[:4])
    assert display.axes_.shape == display.images_.shape == (3, 4)
    original, copy, heat = (row[1].get_array() for row in display.images_)
    rows = images.reshape(20, -1)
    low, high = rows[:4].min(), rows[:4].max()
    for drawn, row in ((original, rows[1:2]), (copy, imager.reconstruct(rows[1:2]))):
        scaled = (row.reshape(3, 8, 8).transpose(1, 2, 0) - low) / (high - low)
        np.testing.assert_allclose(drawn, scaled.clip(0, 1))
    parts = imager.feature_scores(rows[1:2])
    np.testing.assert_allclose(heat, parts.reshape(3, 8, 8).sum(axis=0))
    assert len({image.get_clim() for image in display.images_[2]}) == 1


def test_grey_images_share_their_greys_with_the_copies():
    X = np.random.default_rng(0).random((3, 16))
    display = ReconstructionDisplay.from_predictions(
        X, 2 * X, X, image_shape=(1, 4, 4), cmap="viridis"
    )
    np.testing.assert_array_equal(
        display.images_[1, 2].get_array(), 2 * X[2].reshape(4, 4)
    )
    assert {i.get_clim() for i in display.images_[:2].flat} == {(X.min(), X.max())}
    assert display.images_[0, 0].get_cmap().name == "viridis"


def test_parts_that_may_be_negative_are_centred_at_zero():
    X = np.random.default_rng(0).normal(size=(2, 16))
    display = ReconstructionDisplay.from_predictions(X, X, X, image_shape=(1, 4, 4))
    low, high = display.images_[2, 0].get_clim()
    assert low == -high == -np.abs(X).max()


def test_pixels_of_a_plain_network_can_be_drawn_as_images(table, detector):
    display = ReconstructionDisplay.from_estimator(
        detector, table[:2], image_shape=(1, 2, 2)
    )
    assert display.images_.shape == (3, 2)


@pytest.mark.parametrize(("max_rows", "n_drawn"), [(10, 10), (3, 3), (None, 12)])
def test_only_the_first_rows_are_drawn(table, detector, max_rows, n_drawn):
    display = ReconstructionDisplay.from_estimator(
        detector, table[:12], max_rows=max_rows, image_shape=(1, 2, 2)
    )
    np.testing.assert_array_equal(display.X, table.to_numpy()[:n_drawn])


def test_it_is_drawn_in_the_place_of_an_axes_or_on_given_axes(images, imager):
    figure, (left, right) = plt.subplots(1, 2)
    place = left.get_position()
    display = ReconstructionDisplay.from_estimator(imager, images[:2], ax=left)
    assert display.figure_ is figure
    assert all(a.get_position().x1 <= place.x1 + 1e-9 for a in display.axes_.flat)
    axes = plt.subplots(3, 2)[1]
    assert display.plot(ax=axes) is display
    assert display.axes_[2, 1] is axes[2, 1]
    with pytest.raises(ValueError, match="ax holds 2 axes; 3 x 2 are wanted"):
        display.plot(ax=[left, right])
    with pytest.raises(ValueError, match="ax must be in a grid"):
        display.plot(ax=plt.figure().add_axes((0, 0, 1, 1)))


def test_what_cannot_be_drawn_is_refused(table, detector):
    X = table.to_numpy()
    with pytest.raises(TypeError, match="has no reconstruct"):
        ReconstructionDisplay.from_estimator(IsolationForest().fit(X), X)
    with pytest.raises(NotFittedError):
        ReconstructionDisplay.from_estimator(small(), X)
    with pytest.raises(ValueError, match="feature_scores has shape"):
        ReconstructionDisplay.from_predictions(X, X, X[:, :2])
    with pytest.raises(ValueError, match="image_shape="):
        ReconstructionDisplay.from_estimator(detector, table, image_shape=(1, 3, 3))
