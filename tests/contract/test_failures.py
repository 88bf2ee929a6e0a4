"""What goes in and what comes out: the table of failures, one case a line.

Every case is tried in `fit` or in `score_samples` of a fitted detector. It either
raises the documented exception with a message that says what is wrong, or gives finite
scores. A call that fails leaves the detector as it was.
"""

import copy
import datetime
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import torch
from numpy.testing import assert_array_equal
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError
from skorch.callbacks import Callback
from torch import nn

from skanomaly.detectors import (
    AutoEncoder,
    MultiEncoderAutoEncoder,
    NoiseContrastiveAutoEncoder,
)
from skanomaly.exceptions import TrainingDivergedError
from tests.contract.estimators import ESTIMATORS, every_estimator

# Some networks here have biases, of which DeepSVDD warns.
pytestmark = pytest.mark.filterwarnings("ignore:module has the parameter:UserWarning")

NAN, INF = float("nan"), float("inf")


def rows(n_rows=60):
    return np.random.default_rng(0).normal(size=(n_rows, 4))


def frame(n_rows=60):
    return pd.DataFrame(rows(n_rows), columns=list("abcd"))


def with_cell(value, dtype=float):
    X = rows().astype(dtype)
    X[3, 1] = value
    return X


def with_column(name, values):
    X = frame()
    X[name] = values
    return X


def dates():
    return np.arange("2020-01-01", "2020-08-28", dtype="datetime64[D]").reshape(60, 4)


def polars_with(series):
    return pl.DataFrame(rows(), schema=list("abcd")).with_columns(series.alias("b"))


# -- what is wrong with the rows, in fit and in score
# ------------------------------------

# id: (rows, exception, pattern of its message or None)
BAD_ROWS = {
    "NaN": (with_cell(NAN), ValueError, "contains NaN"),
    "NaN float32": (with_cell(NAN, "f4"), ValueError, "contains NaN"),
    "NaN in a frame": (with_column("b", NAN), ValueError, "contains NaN"),
    "NaN in a list": (with_cell(NAN).tolist(), ValueError, "contains NaN"),
    "NaN among objects": (with_cell(NAN, object), ValueError, "NaN"),
    "None among objects": (with_cell(None, object), ValueError, "NaN"),
    "infinity": (with_cell(INF), ValueError, "infinity"),
    "minus infinity": (with_cell(-INF), ValueError, "infinity"),
    "words": (np.full((60, 4), "red"), ValueError, "not numeric.*[Ee]ncode"),
    "numeric strings": (rows().astype(str), ValueError, "not numeric"),
    "bytes": (np.full((60, 4), b"1.5"), ValueError, "not numeric"),
    "words among objects": (with_cell("red", object), ValueError, "'red'|not numeric"),
    "numeric strings among objects": (
        rows().astype(str).astype(object), ValueError, "not numeric"
    ),
    "list of numeric strings": (
        rows().astype(str).tolist(), ValueError, "not numeric"
    ),
    "column of words": (
        with_column("c", ["red", "blue"] * 30), ValueError, "column 'c'.*not numeric"
    ),
    "column of numeric strings": (
        with_column("c", ["1.5", "2"] * 30), ValueError, "column 'c'.*not numeric"
    ),
    "object column of numeric strings": (
        with_column("c", pd.Series(["1.5", "2"] * 30, dtype=object)),
        ValueError,
        "column 'c'.*not numeric",
    ),
    "category column": (
        with_column("c", pd.Categorical(["red", "blue"] * 30)),
        ValueError,
        "column 'c'.*not numeric",
    ),
    "category column of numbers": (
        with_column("c", pd.Categorical([1, 2] * 30)), ValueError, "'c'.*not numeric"
    ),
    "polars strings": (
        polars_with(pl.Series(["1", "2"] * 30)), ValueError, "'b'.*not numeric"
    ),
    "polars categories": (
        polars_with(pl.Series(["1", "2"] * 30, dtype=pl.Categorical)),
        ValueError,
        "'b'.*not numeric",
    ),
    "polars enum": (
        polars_with(pl.Series(["1", "2"] * 30, dtype=pl.Enum(["1", "2"]))),
        ValueError,
        "'b'.*not numeric",
    ),
    "polars dates": (
        polars_with(pl.Series(dates()[:, 0])), TypeError, "'b'.*convert"
    ),
    "polars null": (
        polars_with(pl.Series([None] + [1.0] * 59)), ValueError, "contains NaN"
    ),
    "dates": (dates(), TypeError, "datetime64.*convert"),
    "durations": (dates() - dates()[0, 0], TypeError, "timedelta64.*convert"),
    "column of dates": (
        with_column("c", dates()[:, 0]), TypeError, "column 'c'.*datetime64"
    ),
    "column of dates with zone": (
        with_column("c", pd.date_range("2020", periods=60, tz="UTC")),
        TypeError,
        "column 'c'.*datetime64",
    ),
    "column of periods": (
        with_column("c", pd.period_range("2020", periods=60, freq="D")),
        TypeError,
        "column 'c'.*period",
    ),
    "dates among objects": (dates().astype(object), TypeError, "date"),
    "datetime64 among objects": (
        with_cell(np.datetime64("2020-01-01"), object), TypeError, "date"
    ),
    "list of dates": (
        [[datetime.datetime(2020, 1, 1)] * 4] * 60, TypeError, "date"
    ),
    "list of lists of datetime64": (
        [list(row) for row in dates()], TypeError, "date"
    ),
    "masked array": (
        np.ma.masked_greater(rows(), 1.0), TypeError, "[Mm]asked arrays are not"
    ),
    "masked array without a mask": (np.ma.array(rows()), TypeError, "[Mm]asked"),
    "complex": (rows() + 1j, ValueError, "[Cc]omplex"),
    "one dimension": (rows()[0], ValueError, "Expected 2D"),
    "a series": (frame()["a"], ValueError, "Expected (a )?2"),
    "three dimensions": (rows().reshape(15, 4, 4), ValueError, "dim 3"),
    "a number": (3.0, ValueError, "Expected 2D"),
    "None": (None, ValueError, None),
    "text": ("rows", ValueError, None),
    "ragged": ([[1.0, 2.0], [3.0]] * 30, ValueError, None),
    "sparse": (sp.csr_matrix(rows()), TypeError, "Sparse data was passed"),
    "sparse array": (sp.coo_array(rows()), TypeError, "Sparse data was passed"),
    "no rows": (rows(0), ValueError, "0 sample"),
    "no columns": (rows()[:, :0], ValueError, "0 feature"),
    "nullable Int64 with NA": (
        with_column("c", pd.array([None] + [1] * 59, dtype="Int64")),
        ValueError,
        "NaN",
    ),
    "nullable boolean with NA": (
        with_column("c", pd.array([None] + [True] * 59, dtype="boolean")),
        ValueError,
        "NaN",
    ),
    "integers beyond float64": (
        with_cell(10**400, object), ValueError, "too large|infinity"
    ),
    "dictionary cells": (with_cell({}, object), TypeError, "dict"),
}  # fmt: skip


def _unchanged(detector, before, X):
    """The detector is what it was: same attributes, same weights, same scores."""
    attributes, scores = before
    assert vars(detector).keys() == attributes.keys()
    assert all(vars(detector)[k] is v for k, v in attributes.items())
    assert_array_equal(detector.score_samples(X), scores)


def _needs_module(name):
    if "module" not in ESTIMATORS[name]().get_params():
        pytest.skip("it takes no network of the user")


def _state(detector, X):
    return dict(vars(detector)), detector.score_samples(X)


@pytest.mark.parametrize("case", BAD_ROWS)
@every_estimator
def test_bad_rows_are_refused_and_leave_the_detector_alone(name, case):
    X, error, pattern = BAD_ROWS[case]
    fresh = ESTIMATORS[name]()
    attributes = dict(vars(fresh))
    with pytest.raises(error, match=pattern):
        fresh.fit(X)
    assert vars(fresh) == attributes

    good = frame() if hasattr(X, "columns") else rows()
    detector = ESTIMATORS[name]().fit(good)
    before = _state(detector, good)
    with pytest.raises(error, match=pattern):
        detector.score_samples(X)
    with pytest.raises(error, match=pattern):
        detector.fit(X)
    with pytest.raises(error, match=pattern):
        detector.partial_fit(X)
    _unchanged(detector, before, good)


# -- rows that are accepted
# --------------------------------------------------------------

GOOD_ROWS = {
    "two rows": rows(2),
    "fewer rows than a batch": rows(5),
    "one column": rows()[:, :1],
    "a last batch of one row": rows(257),
    "constant columns": np.hstack([rows(), np.full((60, 2), [0.1, 1e9])]),
    "a cell of 1e30": with_cell(1e30),
    "a cell of 1e150": with_cell(1e150),
    "tiny numbers": rows() * 1e-100,
    "large offsets": rows() + 1e12,
    "integers": rows().astype(int),
    "float32 cells of 1e38": with_cell(3e38, "f4"),
    "duplicated rows": np.repeat(rows(30), 2, axis=0),
    "lists": rows().tolist(),
    "tuples": tuple(map(tuple, rows())),
    "torch tensor": torch.tensor(rows()),
    "object numbers": rows().astype(object),
    "booleans": rows() > 0,
    "nullable Int64 without NA": with_column("c", pd.array([1, 2] * 30, dtype="Int64")),
    "columns with numbers for names": pd.DataFrame(rows()),
}


@pytest.mark.parametrize("case", GOOD_ROWS)
@every_estimator
def test_good_rows_give_finite_scores(name, case):
    X = GOOD_ROWS[case]
    detector = ESTIMATORS[name](batch_size=256).fit(X)
    scores = detector.score_samples(X)
    assert scores.shape == (len(X),)
    assert np.isfinite(scores).all()
    assert set(np.unique(detector.predict(X))) <= {-1, 1}


@pytest.mark.parametrize("value", [1e15, 1e30, 1e200, 1.79e308, -1.79e308])
@every_estimator
def test_an_absurd_cell_at_scoring_gives_a_finite_bad_score(name, value):
    detector = ESTIMATORS[name]().fit(rows())
    scores = detector.score_samples(with_cell(value))
    assert np.isfinite(scores).all()
    assert scores.argmin() == 3
    assert detector.predict(with_cell(value))[3] == -1
    others = np.delete(np.arange(60), 3)
    assert_array_equal(scores[others], detector.score_samples(rows())[others])


@pytest.mark.parametrize(
    "X", [np.ones((20, 3)), np.zeros((20, 3)), rows(1).repeat(9, 0)]
)
@every_estimator
def test_equal_rows_are_a_warning(name, X):
    detector = ESTIMATORS[name]()
    with pytest.warns(UserWarning, match="[Aa]ll training scores are equal"):
        detector.fit(X)
    assert (detector.predict(X) == 1).all()


# -- rows of another shape or with other names than in fit
# -------------------------------


def _renamed():
    return frame().rename(columns={"b": "x"})


OTHER_COLUMNS = {
    "reordered": (frame()[list("badc")], ValueError, "same order"),
    "renamed": (_renamed(), ValueError, "unseen at fit time(?s:.)*- x"),
    "missing": (frame()[list("abc")], ValueError, "missing(?s:.)*- d"),
    "extra": (with_column("e", 1.0), ValueError, "unseen at fit time(?s:.)*- e"),
    "array of fewer": (rows()[:, :3], ValueError, "3 features.*expecting 4"),
    "array of more": (np.ones((5, 5)), ValueError, "5 features.*expecting 4"),
}


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("case", OTHER_COLUMNS)
@pytest.mark.parametrize(
    "method", ["score_samples", "predict", "partial_fit", "encode", "transform"]
)
@every_estimator
def test_other_columns_than_in_fit_are_refused(name, method, case):
    X, error, pattern = OTHER_COLUMNS[case]
    detector = ESTIMATORS[name]().fit(frame())
    if not hasattr(detector, method):
        pytest.skip(f"it has no {method}")
    before = _state(detector, frame())
    with pytest.raises(error, match=pattern):
        getattr(detector, method)(X)
    _unchanged(detector, before, frame())


@every_estimator
def test_an_array_after_a_frame_is_a_warning_and_so_is_the_reverse(name):
    detector = ESTIMATORS[name]().fit(frame())
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        scores = detector.score_samples(rows())
    assert_array_equal(scores, detector.score_samples(frame()))
    detector = ESTIMATORS[name]().fit(rows())
    with pytest.warns(UserWarning, match="has feature names, but"):
        detector.score_samples(frame())


@every_estimator
def test_a_single_row_cannot_be_learned_but_can_be_scored(name):
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2"):
        ESTIMATORS[name]().fit(rows(1))
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2"):
        ESTIMATORS[name]().partial_fit(rows(1))
    assert ESTIMATORS[name]().fit(rows()).score_samples(rows(1)).shape == (1,)


@pytest.mark.parametrize("value", [1e307, -1e307, 1e160])
@every_estimator
def test_values_too_large_to_standardize_name_the_column(name, value):
    with pytest.raises(ValueError, match=r"Column 1 of X has values too large"):
        ESTIMATORS[name]().fit(with_cell(value))
    with pytest.raises(ValueError, match=r"Column 'b' of X has values too large"):
        ESTIMATORS[name]().fit(pd.DataFrame(with_cell(value), columns=list("abcd")))


@every_estimator
def test_methods_of_an_unfitted_detector_say_so(name):
    detector = ESTIMATORS[name]()
    for method in (
        "score_samples", "anomaly_score", "decision_function", "predict", "score",
        "encode", "reconstruct", "feature_scores", "transform",
    ):  # fmt: skip
        if hasattr(detector, method):
            with pytest.raises(NotFittedError):
                getattr(detector, method)(rows())


# -- training that goes wrong
# ------------------------------------------------------------


class Watcher(Callback):
    """A callback that wants to see batches: the net takes skorch's own loop."""

    def on_batch_end(self, net, **kwargs):
        pass


class Interrupter(Callback):
    """Ctrl-C at the end of an epoch."""

    def __init__(self, epoch=2):
        self.epoch = epoch

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise KeyboardInterrupt


class BatchInterrupter(Callback):
    """Ctrl-C within an epoch, seen from skorch's own loop."""

    def on_batch_end(self, net, **kwargs):
        if len(net.history) == 2:
            raise KeyboardInterrupt


class Breaking(nn.Sequential):
    """A network that raises in the middle of the second epoch."""

    error = KeyboardInterrupt

    def __init__(self, n_inputs, n_outputs, n_calls=6):
        super().__init__(nn.Linear(n_inputs, n_outputs))
        self.n_calls = n_calls

    def forward(self, x):
        self.n_calls -= self.training
        if self.n_calls < 0:
            raise self.error
        return super().forward(x)


class BreakingError(Breaking):
    error = ZeroDivisionError("of the user's own module")


class TurningNaN(Breaking):
    """A network whose output becomes NaN in the middle of the second epoch."""

    def forward(self, x):
        self.n_calls -= self.training
        return nn.Sequential.forward(self, x) * (NAN if self.n_calls < 0 else 1.0)


class NaNWhenScoring(nn.Linear):
    """Training is fine, scores are not."""

    def forward(self, x):
        return super().forward(x) * (1.0 if self.training else NAN)


# Detectors whose generator is finished before another network learns from it.
TWO_PHASES = ("FastAnoGAN", "WGANEnsemble")

TRAINING = {
    "absurd lr": ({"lr": 1e37}, TrainingDivergedError, r"lr \(now 1e\+37\)"),
    "absurd lr, batches watched": (
        {"lr": 1e37, "callbacks": [Watcher]},
        TrainingDivergedError,
        r"epoch \d+, batch",
    ),
    "absurd lr, early stopping": (
        {"lr": 1e37, "early_stopping": True},
        TrainingDivergedError,
        "lr",
    ),
    "loss turns NaN": (
        {"module": TurningNaN},
        TrainingDivergedError,
        r"epoch \d, batch",
    ),
    "loss turns NaN, batches watched": (
        {"module": TurningNaN, "callbacks": [Watcher]},
        TrainingDivergedError,
        r"epoch \d, batch",
    ),
    "scores are NaN": ({"module": NaNWhenScoring}, TrainingDivergedError, "scores"),
    "Ctrl-C in a callback": ({"callbacks": [Interrupter]}, KeyboardInterrupt, None),
    "Ctrl-C with early stopping": (
        {"callbacks": [Interrupter], "early_stopping": True},
        KeyboardInterrupt,
        None,
    ),
    "Ctrl-C between batches": (
        {"callbacks": [BatchInterrupter]},
        KeyboardInterrupt,
        None,
    ),
    "Ctrl-C in the module": ({"module": Breaking}, KeyboardInterrupt, None),
    "Ctrl-C in the module, batches watched": (
        {"module": Breaking, "callbacks": [Watcher]},
        KeyboardInterrupt,
        None,
    ),
    "error in the module": ({"module": BreakingError}, ZeroDivisionError, "own module"),
}


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("case", TRAINING)
@every_estimator
def test_training_that_fails_raises_and_keeps_the_fit_before(name, case, warm_start):
    params, error, pattern = copy.deepcopy(TRAINING[case])
    if "callbacks" in params:
        params["callbacks"] = [make() for make in params["callbacks"]]
    params = {"max_epochs": 5, "batch_size": 16, **params}
    if "module" in params:
        _needs_module(name)
    if case == "scores are NaN" and name in TWO_PHASES:
        # What a finished network says in evaluation, the next phase learns from.
        pattern = "loss became nan"

    fresh = ESTIMATORS[name]().set_params(**params)
    with pytest.raises(error, match=pattern):
        fresh.fit(rows())
    assert not [a for a in vars(fresh) if a.endswith("_")]

    detector = ESTIMATORS[name]().fit(frame())
    before = _state(detector, frame())
    detector.set_params(**params)
    before = dict(vars(detector)), before[1]
    with pytest.raises(error, match=pattern):
        detector.fit(frame().iloc[:, :3])
    _unchanged(detector, before, frame())
    assert detector.n_features_in_ == 4
    assert list(detector.feature_names_in_) == list("abcd")


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@every_estimator
def test_a_diverging_setting_is_a_nan_of_a_grid_search(name):
    search = GridSearchCV(ESTIMATORS[name](), {"lr": [1e-3, 1e37]}, cv=2)
    with pytest.warns(FitFailedWarning, match="TrainingDivergedError"):
        search.fit(rows())
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert search.best_params_ == {"lr": 1e-3}


# A linear network with two steps of training hardly tells transformations apart.
@pytest.mark.filterwarnings("ignore:All training scores are equal")
@every_estimator
def test_a_failed_partial_fit_leaves_the_state(name):
    _needs_module(name)
    # Adversarial networks look at a batch several times.
    detector = ESTIMATORS[name](module=Breaking, module__n_calls=12, batch_size=5)
    detector.partial_fit(rows(10))
    before = _state(detector, rows())
    with pytest.raises(KeyboardInterrupt):
        detector.partial_fit(rows(100))
    with pytest.raises(ValueError, match="NaN"):
        detector.partial_fit(with_cell(NAN))
    _unchanged(detector, before, rows())


@every_estimator
def test_an_empty_validation_split_is_a_warning_and_watches_the_training_loss(name):
    detector = ESTIMATORS[name](
        early_stopping=True, validation_fraction=0.1, n_iter_no_change=2, lr=1e-12
    ).set_params(max_epochs=50)
    with pytest.warns(UserWarning, match=r"validation_fraction=0\.1.*training loss"):
        detector.fit(rows(5))
    assert "valid_loss" not in detector.net_.history[-1]
    assert np.isfinite(detector.score_samples(rows())).all()


@every_estimator
def test_early_stopping_works_on_two_rows(name):
    detector = ESTIMATORS[name](early_stopping=True, validation_fraction=0.5).fit(
        rows(2)
    )
    assert np.isfinite(detector.score_samples(rows())).all()


class Normalised(nn.Sequential):
    """A network that cannot train on a single row."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(nn.Linear(n_inputs, n_outputs), nn.BatchNorm1d(n_outputs))


# Two rows are equally far from what lies between them.
@pytest.mark.filterwarnings("ignore:All training scores are equal:UserWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("n_rows", [17, 33, 2, 16])
@every_estimator
def test_batch_normalisation_survives_a_last_batch_of_one(name, n_rows, early_stopping):
    _needs_module(name)
    detector = ESTIMATORS[name](
        module=Normalised,
        batch_size=16,
        early_stopping=early_stopping and n_rows > 2,
        validation_fraction=0.5,  # of 33: 17 rows to train
    )
    detector.fit(rows(n_rows))
    sizes = detector.net_.history[-1, "train_batch_count"]
    assert sizes == 1 if n_rows != 33 or early_stopping else 2
    assert np.isfinite(detector.score_samples(rows(1))).all()


def test_batches_of_one_row_cannot_be_normalised():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        AutoEncoder(module=Normalised, batch_size=1, max_epochs=1).fit(rows())


# -- parameters
# --------------------------------------------------------------------------


@dataclass
class Case:
    """Parameters, what they raise, and where."""

    params: dict
    error: Any
    pattern: str
    detector: type = AutoEncoder
    X: Any = field(default_factory=rows)


IMAGES = rows().reshape(60, 1, 2, 2)

# Raised by the constructor, before any data are seen.
MISSPELT = {
    "hiden_units": r"hiden_units.*Did you mean 'hidden_units'",
    "modul__x": r"modul__x.*Did you mean 'module__",
    "optimiser__momentum": r"optimiser__momentum.*Did you mean 'optimizer__",
    "iterator_tran__shuffle": r"iterator_tran__shuffle.*Did you mean 'iterator_train__",
    "training": "training",
    "lr__x": "lr__x",
    "module__": "module__",
    "criterion": "criterion",
}

# Raised by fit.
PARAMETERS = {
    **{
        f"contamination={value!r}": Case(
            {"contamination": value}, InvalidParameterError, "contamination"
        )
        for value in (0, 0.51, 1, -0.1, NAN, INF, "all", None)
    },
    **{
        f"{parameter}={value!r}": Case(
            {parameter: value}, InvalidParameterError, parameter
        )
        for parameter, values in {
            "lr": (0, -1.0, NAN, None, "1"),
            "batch_size": (0, 2.5, None),
            "max_epochs": (0, 1.5, "all", None),
            "early_stopping": (None, "yes"),
            "validation_fraction": (0.0, 1.0, NAN),
            "n_iter_no_change": (0,),
            "random_state": (-1, "seed"),
            "verbose": (-1,),
            "latent_dim": (0, 1.5),
            "activation": ("rlu", 3),
            "dropout": (1.0, -0.1, NAN),
            "noise": (-1.0, NAN),
            "standardize": ("yes",),
            "optimizer": ("adam",),
            "module": ("mlp",),
            "callbacks": ("all",),
            "hidden_units": (3, "abc"),
            "image_shape": (4, "1x2x2"),
        }.items()
        for value in values
    },
    **{
        f"hidden_units={value!r}": Case(
            {"hidden_units": value}, ValueError, r"hidden_units=.*positive integers"
        )
        for value in ((0,), (-1,), (8, 0), (2.5,), (8.0,), ("8",), (None,), (True,))
    },
    **{
        f"image_shape={shape!r}": Case(
            {"image_shape": shape}, ValueError, "image_shape="
        )
        for shape in (
            (2, 2),
            (1, 2, 3),
            (1, 4),
            (1, 2.0, 2),
            (0, 2, 2),
            (),
            ("1", 2, 2),
        )
    },
    **{
        f"image_shape={shape!r} with images": Case(
            {"image_shape": shape}, ValueError, "image_shape=", X=IMAGES
        )
        for shape in ((2, 2), (2, 2, 1), (1, 4, 1), ())
    },
    "images without image_shape": Case({}, ValueError, "dim 4", X=IMAGES),
    "masked images": Case(
        {"image_shape": (1, 2, 2)}, TypeError, "[Mm]asked", X=np.ma.array(IMAGES)
    ),
    "NaN in images": Case(
        {"image_shape": (1, 2, 2)},
        ValueError,
        "NaN",
        X=with_cell(NAN).reshape(60, 2, 2),
    ),
    "built module": Case({"module": nn.Linear(4, 2)}, TypeError, "already built"),
    "built activation": Case({"activation": nn.ReLU()}, TypeError, "already built"),
    "built encoder": Case(
        {"encoders": (nn.Linear(4, 2),)},
        TypeError,
        "already built",
        MultiEncoderAutoEncoder,
    ),
    "unknown encoder": Case(
        {"encoders": ("dens",)},
        ValueError,
        "encoders=.*'dens'",
        MultiEncoderAutoEncoder,
    ),
    "convolution without image_shape": Case(
        {"encoders": ("conv",)}, ValueError, "image_shape", MultiEncoderAutoEncoder
    ),
    "no encoders": Case(
        {"encoders": ()}, ValueError, "encoders", MultiEncoderAutoEncoder
    ),
    "unknown objective": Case(
        {"objective": "kind"}, InvalidParameterError, "obj", NoiseContrastiveAutoEncoder
    ),
    "negative classifier_weight": Case(
        {"classifier_weight": -1.0},
        InvalidParameterError,
        "classifier_weight",
        NoiseContrastiveAutoEncoder,
    ),
    "unknown score_type": Case(
        {"score_type": "sum"},
        InvalidParameterError,
        "score_type",
        NoiseContrastiveAutoEncoder,
    ),
    "module__hiddenx": Case({"module__hiddenx": 3}, TypeError, "hiddenx"),
    "optimizer__weight_dcay": Case(
        {"optimizer__weight_dcay": 1}, TypeError, "weight_dcay"
    ),
    "iterator_train__shufle": Case({"iterator_train__shufle": 1}, TypeError, "shufle"),
    "iterator_valid__shufle": Case(
        {"iterator_valid__shufle": 1, "early_stopping": True}, TypeError, "shufle"
    ),
    "callbacks__nosuch__x": Case(
        {"callbacks__nosuch__x": 1}, (TypeError, ValueError), "nosuch"
    ),
    "callbacks that are none": Case(
        {"callbacks": [3]}, (TypeError, ValueError), "callb"
    ),
    "device that is none": Case({"device": "tpu9"}, ValueError, "device='tpu9'"),
    "device without a name": Case({"device": ""}, ValueError, "device=''"),
}


@pytest.mark.parametrize("parameter", MISSPELT)
@every_estimator
def test_a_misspelt_parameter_is_a_type_error_with_a_hint(name, parameter):
    with pytest.raises(TypeError, match=MISSPELT[parameter]):
        ESTIMATORS[name](**{parameter: 3})


@pytest.mark.parametrize("parameter", ["hiden_units", "modul__x", "no", "lr_"])
@every_estimator
def test_set_params_refuses_unknown_names_and_changes_nothing(name, parameter):
    detector = ESTIMATORS[name](module__bias=True)
    before = detector.get_params()
    with pytest.raises(ValueError, match="Invalid parameter"):
        detector.set_params(**{parameter: 3, "module__bias": False})
    assert detector.get_params() == before


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_wrong_parameter_is_named_by_fit(case):
    case = PARAMETERS[case]
    fast = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 2, "random_state": 0}
    detector = case.detector(**{**fast, **case.params})  # stores, does not judge
    with pytest.raises(case.error, match=case.pattern):
        detector.fit(case.X)
    assert not hasattr(detector, "n_features_in_")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
@every_estimator
def test_an_absent_gpu_is_named(name, device):
    with pytest.raises(ValueError, match=f"device='{device}'.*is False"):
        ESTIMATORS[name](device=device).fit(rows())


@every_estimator
def test_other_columns_cannot_warm_start(name):
    detector = ESTIMATORS[name](warm_start=True).fit(frame())
    before = _state(detector, frame())
    with pytest.raises(ValueError, match=r"features|feature names"):
        detector.fit(frame().iloc[:, :3])
    _unchanged(detector, before, frame())


# -- memory of the device
# ----------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 5, 16])
@every_estimator
def test_scoring_that_runs_out_of_memory_goes_on_in_smaller_chunks(
    name, limit, monkeypatch
):
    detector = ESTIMATORS[name]().fit(rows())
    expected = detector.score_samples(rows())
    model = type(detector.net_.module_)
    score, sizes = model.score, []

    def starved(self, x):
        if len(x) > limit:
            raise torch.OutOfMemoryError("simulated")
        sizes.append(len(x))
        return score(self, x)

    monkeypatch.setattr(model, "score", starved)
    assert_array_equal(detector.score_samples(rows()), expected)
    assert sum(sizes) == 60


@every_estimator
def test_a_row_that_does_not_fit_the_memory_is_a_memory_error(name, monkeypatch):
    detector = ESTIMATORS[name]().fit(rows())

    def starved(self, x):
        raise torch.OutOfMemoryError("simulated")

    monkeypatch.setattr(type(detector.net_.module_), "score", starved)
    with pytest.raises(MemoryError, match="row"):
        detector.score_samples(rows())
