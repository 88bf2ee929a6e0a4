import matplotlib
import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import AutoEncoder, DeepSVDD, FastAnoGAN
from skanomaly.displays import TrainingCurveDisplay

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(60, 3))


def small(**params):
    return AutoEncoder(
        hidden_units=(4,), latent_dim=2, max_epochs=4, random_state=0, **params
    )


def history(train, valid=None):
    rows = [{"epoch": i, "train_loss": v} for i, v in enumerate(train, start=1)]
    for row, v in zip(rows, valid or [], strict=valid is not None):
        row["valid_loss"] = v
    return rows


def test_the_curves_are_the_losses_that_skorch_recorded(X):
    detector = small(early_stopping=True).fit(X)
    display = TrainingCurveDisplay.from_estimator(detector)
    train, valid = display.lines_
    np.testing.assert_array_equal(
        train.get_ydata(), detector.net_.history[:, "train_loss"]
    )
    np.testing.assert_array_equal(
        valid.get_ydata(), detector.net_.history[:, "valid_loss"]
    )
    np.testing.assert_array_equal(train.get_xdata(), [1, 2, 3, 4])


def test_without_held_out_rows_there_is_one_curve(X):
    display = TrainingCurveDisplay.from_estimator(small().fit(X))
    assert display.valid_loss is None
    assert len(display.lines_) == 1


def test_the_training_loss_says_what_the_held_out_loss_is_without(X):
    for params, label in [
        ({"noise": 0}, "training"),
        ({"noise": (0.1, 1)}, "training, with noise"),
        ({"noise": 1, "dropout": 0.5}, "training, with noise and dropout"),
    ]:
        detector = small(contamination=0.1, early_stopping=True, **params).fit(X)
        display = TrainingCurveDisplay.from_estimator(detector)
        labels = [line.get_label() for line in display.lines_]
        assert labels == [label, "held out"]


def test_phases_are_told_apart(X):
    rows = history([5.0, 4.0, 0.1, 9.0, 8.0, 8.5])
    for i, row in enumerate(rows):
        row["phase"] = "pretraining" if i < 3 else "training"
    display = TrainingCurveDisplay.from_history(rows)
    losses = display.lines_[0].get_ydata()
    np.testing.assert_array_equal(losses, [5.0, 4.0, 0.1, np.nan, 9.0, 8.0, 8.5])
    assert display.best_epoch == 5  # of the last phase: the others are other losses
    (line,) = display.phase_lines_
    assert line.get_xdata()[0] == 4
    assert line.get_label() == "training begins"


def test_the_phases_of_a_detector_are_in_its_history(X):
    training = {"max_epochs": 2, "contamination": 0.1, "random_state": 0}
    for detector, names in [
        (DeepSVDD(pretrain_epochs=2, **training), ["pretraining", "training"]),
        (FastAnoGAN(**training), ["critic and generator", "encoder"]),
    ]:
        display = TrainingCurveDisplay.from_estimator(detector.fit(X))
        assert list(dict.fromkeys(display.phase)) == names
        assert len(display.phase_lines_) == 1


def test_a_pipeline_and_a_skorch_net_draw_what_the_detector_draws(X):
    pipeline = make_pipeline(StandardScaler(), small()).fit(X)
    losses = [
        TrainingCurveDisplay.from_estimator(e).train_loss
        for e in (pipeline, pipeline[-1], pipeline[-1].net_)
    ]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0], losses[2])
    assert TrainingCurveDisplay.from_estimator(pipeline).name == "AutoEncoder"


def test_the_mark_is_at_the_lowest_loss_of_the_held_out_rows():
    display = TrainingCurveDisplay.from_history(history([5, 4, 3, 2], [6, 3, 4, 5]))
    assert display.best_epoch == 2
    assert display.best_point_.get_xydata().tolist() == [[2, 3]]


def test_without_held_out_rows_the_training_loss_decides():
    display = TrainingCurveDisplay.from_history(history([5, 2, 3]))
    assert display.best_point_.get_xydata().tolist() == [[2, 2]]


def test_a_loss_that_is_missing_in_some_epochs_leaves_a_gap():
    rows = history([5, 4, 3], [6, 5, 4])
    del rows[1]["valid_loss"]
    display = TrainingCurveDisplay.from_history(rows)
    assert np.isnan(display.valid_loss[1])
    assert display.best_epoch == 3


@pytest.mark.parametrize(
    ("losses", "scale"),
    [([100.0, 1.0], "log"), ([2.0, 1.0], "linear"), ([100.0, -1.0], "linear")],
)
def test_the_scale_is_logarithmic_where_positive_losses_span_decades(losses, scale):
    display = TrainingCurveDisplay.from_history(history(losses))
    assert display.ax_.get_yscale() == scale
    assert display.plot(yscale="linear").ax_.get_yscale() == "linear"


def test_thousands_of_epochs_and_a_single_one_can_be_drawn():
    many = TrainingCurveDisplay.from_history(history(np.geomspace(9, 1, 5000)))
    many.figure_.canvas.draw()
    assert len(many.lines_[0].get_ydata()) == 5000
    one = TrainingCurveDisplay.from_history(history([3.0]))
    one.figure_.canvas.draw()
    assert one.lines_[0].get_marker() == "o"


def test_the_axes_and_keywords_of_the_user_are_used(X):
    figure, ax = plt.subplots()
    display = TrainingCurveDisplay.from_history(history([2, 1]), ax=ax, linewidth=5)
    assert (display.ax_, display.figure_) == (ax, figure)
    assert display.lines_[0].get_linewidth() == 5
    assert display.plot() is display
    assert display.ax_ is not ax


def test_estimators_without_a_net_are_refused(X):
    with pytest.raises(TypeError, match="has no net_"):
        TrainingCurveDisplay.from_estimator(IsolationForest(n_estimators=2).fit(X))
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(small())
    with pytest.raises(ValueError, match="train_loss"):
        TrainingCurveDisplay.from_history([])
