"""Training that fails raises a documented error and keeps the fit before."""

import copy

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback
from torch import nn

from skanomaly.exceptions import TrainingDivergedError
from tests.contract.estimators import (
    ESTIMATORS,
    TWO_PHASES,
    every_estimator,
    slow_but,
    takes_module,
)
from tests.contract.rows import (
    INF,
    NAN,
    assert_unchanged,
    frame,
    rows,
    state,
    with_cell,
)

# Some networks here have biases, of which DeepSVDD warns.
pytestmark = pytest.mark.filterwarnings("ignore:module has the parameter:UserWarning")


class Watcher(Callback):
    """A callback that wants to see batches: the net takes skorch's own loop."""

    def on_batch_end(self, net, **kwargs):
        pass


class Interrupter(Callback):
    """Ctrl-C at the end of an epoch."""

    def __init__(self, epoch=2):
        self.epoch = epoch

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) >= self.epoch:
            raise KeyboardInterrupt


class BatchInterrupter(Callback):
    """Ctrl-C within an epoch, seen from skorch's own loop."""

    def on_batch_end(self, net, **kwargs):
        if len(net.history) >= 2:
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


# What goes wrong at the settings: (parameters, exception, pattern of its message).
SETTINGS = {
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
}

# What goes wrong in the network of the user.
MODULES = {
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
    "Ctrl-C in the module": ({"module": Breaking}, KeyboardInterrupt, None),
    "Ctrl-C in the module, batches watched": (
        {"module": Breaking, "callbacks": [Watcher]},
        KeyboardInterrupt,
        None,
    ),
    "error in the module": ({"module": BreakingError}, ZeroDivisionError, "own module"),
}


def _check_failure(name, detector, case, X, **params):
    """Training on `X` fails, of a fresh detector and of one that was fitted before."""
    changed, error, pattern = copy.deepcopy(case)
    changed = {"max_epochs": 5, "batch_size": 16, **changed, **params}
    changed["callbacks"] = [make() for make in changed.get("callbacks", [])]
    if changed.get("module") is NaNWhenScoring and name in TWO_PHASES:
        # What a finished network says in evaluation, the next phase learns from.
        pattern = "loss became nan"

    fresh = ESTIMATORS[name]().set_params(**changed)
    with pytest.raises(error, match=pattern):
        fresh.fit(rows())
    assert not [a for a in vars(fresh) if a.endswith("_")]

    _, scores = state(detector, frame())
    detector.set_params(**changed)
    before = dict(vars(detector)), scores
    with pytest.raises(error, match=pattern):
        detector.fit(X)
    assert_unchanged(detector, before, frame())
    assert detector.n_features_in_ == 4
    assert list(detector.feature_names_in_) == list("abcd")


WATCHED = "absurd lr, batches watched"


@pytest.mark.parametrize("case", slow_but(SETTINGS, quick=["absurd lr", WATCHED]))
@every_estimator
def test_training_that_fails_raises_and_keeps_the_fit_before(name, case, fitted):
    three_columns = frame().iloc[:, :3]
    _check_failure(name, fitted(name, "frame"), SETTINGS[case], three_columns)


@pytest.mark.parametrize("case", slow_but(SETTINGS, quick=["Ctrl-C in a callback"]))
@every_estimator
def test_a_warm_start_that_fails_raises_and_keeps_the_fit_before(name, case, fitted):
    detector = fitted(name, "frame")
    _check_failure(name, detector, SETTINGS[case], frame(), warm_start=True)


@pytest.mark.parametrize(
    "case", slow_but(MODULES, quick=["loss turns NaN", "scores are NaN"])
)
@takes_module
def test_a_module_that_fails_raises_and_keeps_the_fit_before(name, case, fitted):
    three_columns = frame().iloc[:, :3]
    _check_failure(name, fitted(name, "frame"), MODULES[case], three_columns)


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
@takes_module
def test_a_failed_partial_fit_leaves_the_state(name):
    # Adversarial networks look at a batch several times.
    detector = ESTIMATORS[name](module=Breaking, module__n_calls=12, batch_size=5)
    detector.partial_fit(rows(10))
    before = state(detector, rows())
    with pytest.raises(KeyboardInterrupt):
        detector.partial_fit(rows(100))
    with pytest.raises(ValueError, match="infinity"):
        detector.partial_fit(with_cell(INF))
    assert_unchanged(detector, before, rows())
