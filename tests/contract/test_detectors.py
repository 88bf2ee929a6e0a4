"""What holds for every detector, whatever its method."""

import copy
import io
import os
import pickle
import random
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest import SkipTest

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from skanomaly import detectors
from tests.contract.estimators import (
    ALL,
    ESTIMATORS,
    EXPECTED_FAILURES,
    every_estimator,
    every_variant,
)

# Checks of scikit-learn's own test suite that check_estimator leaves out. They are not
# public, so one that a version of scikit-learn lacks is reported as skipped, by name.
EXTRA_CHECKS = (
    "check_dataframe_column_names_consistency",
    "check_param_validation",
    "check_inplace_ensure_writeable",
)

DUNDER = {
    "module__bias": True,
    "optimizer__weight_decay": 1e-4,
    "iterator_train__drop_last": False,
    "callbacks__train_loss": None,
}


def taken(estimator, **params):
    """Those of the parameters that an estimator has."""
    names = estimator.get_params()
    return {k: v for k, v in params.items() if k.partition("__")[0] in names}


def dunder(name):
    """Dunder parameters for an estimator; some have no `module` to set."""
    absent = set() if "module" in ESTIMATORS[name]().get_params() else {"module__bias"}
    return {k: v for k, v in DUNDER.items() if k not in absent}


class TorchNet(nn.Sequential):
    """A network as users write them: it draws from torch's global generator."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(
            nn.Linear(n_inputs, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, n_outputs)
        )


CASES = {
    **ALL,
    "AutoEncoder-user": lambda **p: ALL["AutoEncoder"](module=TorchNet, **p),
}
every_case = pytest.mark.parametrize("name", CASES)

# Their scores are log densities of the rows in their own units.
LOG_DENSITIES = ("NormalizingFlow", "VAE")

# A fit has two phases of `max_epochs`, so two short fits are not one long.
TWO_PHASES = ("FastAnoGAN", "WGANEnsemble")


def _run(check, *args):
    """Run a check of scikit-learn; one that skips itself has not been passed."""
    try:
        check(*args)
    except SkipTest as reason:
        # scikit-learn 1.6 wants a package for its array API check that 1.7 ships.
        if "array_api_compat" in str(reason):
            pytest.skip(str(reason))
        pytest.fail(f"skipped: {reason}")


def test_every_public_detector_is_tested():
    assert sorted(ESTIMATORS) == sorted(detectors.__all__)
    assert all(make.func.__name__ == name for name, make in ESTIMATORS.items())


def test_no_failure_is_expected():
    assert EXPECTED_FAILURES == {}


@parametrize_with_checks(
    [make() for make in ESTIMATORS.values()]
    + [make(**dunder(name)) for name, make in ESTIMATORS.items()]
)
def test_scikit_learn_contract(estimator, check):
    _run(check, estimator)


@pytest.mark.parametrize("with_dunder", [False, True], ids=["plain", "dunder"])
@pytest.mark.parametrize("check", EXTRA_CHECKS)
@every_estimator
def test_scikit_learn_contract_beyond_check_estimator(name, check, with_dunder):
    params = dunder(name) if with_dunder else {}
    if check == "check_param_validation" and params:
        params = {}  # it wants a constraint for every parameter, and these are open
    function = getattr(estimator_checks, check, None)
    if function is None:
        pytest.skip(f"this scikit-learn has no {check}")
    _run(function, name, ESTIMATORS[name](**params))


@pytest.mark.parametrize(
    "check",
    ["check_methods_subset_invariance", "check_methods_sample_order_invariance"],
)
@every_estimator
def test_invariance_of_methods_does_not_hold_by_luck(name, check):
    # The permutation is not seeded and rounding differs from width to width.
    for n_units in range(7, 17) if "order" in check else range(7, 10):
        estimator = ESTIMATORS[name]()
        estimator.set_params(
            **taken(estimator, hidden_units=(n_units,), latent_dim=n_units % 3 + 1)
        )
        getattr(estimator_checks, check)(name, estimator)


# Learning


def _plane(rng, n_rows):
    """Rows on a plane in four dimensions, with a little noise."""
    codes = rng.normal(size=(n_rows, 2))
    mix = np.array([[1.0, 1.0, -1.0, 0.5], [0.5, -1.0, 1.0, 1.0]])
    return codes @ mix + 0.05 * rng.normal(size=(n_rows, 4))


def _task(seed):
    """Training rows, test rows, labels; anomalies have every column's own law."""
    rng = np.random.default_rng(seed)
    X, normal, anomalies = (_plane(rng, n) for n in (400, 300, 300))
    anomalies = rng.permuted(anomalies, axis=0)
    return X, np.vstack([normal, anomalies]), np.repeat([0, 1], 300)


def _weights(detector):
    return dict(detector.net_.module_.named_parameters())


@every_case
def test_training_moves_every_weight_and_beats_the_untrained_network(name):
    X, X_test, y_test = _task(0)
    # Distances to training rows would hide what the network has learned.
    settings = {"batch_size": 64}
    if "n_neighbors" in CASES[name]().get_params():
        settings["n_neighbors"] = 0
    untrained = CASES[name](lr=1e-12, **settings).set_params(max_epochs=1).fit(X)
    trained = CASES[name](lr=1e-2, **settings).set_params(max_epochs=60).fit(X)

    before, after = _weights(untrained), _weights(trained)
    assert [n for n in before if torch.allclose(before[n], after[n], atol=1e-6)] == []

    def auc(detector):
        return roc_auc_score(y_test, detector.anomaly_score(X_test))

    assert auc(trained) > max(0.75, auc(untrained) + 0.1)
    assert len(np.unique(trained.score_samples(X_test))) > 500
    _check_losses(name, trained)


def _check_losses(name, trained):
    losses = trained.net_.history[:, "train_loss"]
    # Nats have no zero: beat four columns by themselves.
    if name.startswith(("VAE", "NormalizingFlow")):
        alone = getattr(trained, "n_estimators", 1) * 2 * np.log(2 * np.pi * np.e)
        assert losses[-1] < min(losses[0] - 0.5, alone)
    elif not name.startswith("AnoGAN"):  # of two players neither loss has to fall
        assert losses[-1] < 0.7 * losses[0]


# Determinism


def _global_state():
    """Everything random or global that a fit might disturb, in comparable form."""
    _, keys, *rest = np.random.get_state()  # noqa: NPY002
    return (
        torch.get_rng_state().tolist(),
        keys.tolist(),
        rest,
        random.getstate(),
        dict(os.environ),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        np.geterr(),
        list(warnings.filters),
    )


@every_case
def test_the_same_seed_gives_the_same_scores_bit_for_bit(name, blob):
    first = CASES[name]().fit(blob)
    torch.manual_seed(123)
    np.random.seed(123)  # noqa: NPY002
    second = CASES[name]().fit(blob)
    assert_array_equal(first.score_samples(blob), second.score_samples(blob))
    assert first.offset_ == second.offset_


@every_case
def test_another_seed_gives_other_scores(name, blob):
    scores = [
        CASES[name]().set_params(random_state=seed).fit(blob).score_samples(blob)
        for seed in (0, 1, None, None)
    ]
    for i in range(4):
        for j in range(i):
            assert not np.allclose(scores[i], scores[j])


@every_case
def test_a_random_state_instance_is_an_integer_at_first_and_moves_on(name, blob):
    detector = CASES[name]().set_params(random_state=np.random.RandomState(0))
    first = detector.fit(blob).score_samples(blob)
    second = detector.fit(blob).score_samples(blob)
    if (
        name != "AutoEncoder-user"
    ):  # draws twice: for the net, and to lend to the module
        assert_array_equal(first, CASES[name]().fit(blob).score_samples(blob))
    assert not np.allclose(first, second)


@pytest.mark.parametrize("random_state", [0, None])
@every_case
def test_the_global_generators_and_settings_are_left_alone(name, random_state, blob):
    before = _global_state()
    detector = CASES[name]().set_params(random_state=random_state)
    detector.fit(blob)
    detector.score_samples(blob)
    detector.predict(blob)
    if hasattr(detector, "feature_scores"):
        detector.feature_scores(blob)
    copy.deepcopy(detector).fit(blob)
    if not detector.early_stopping:
        detector.partial_fit(blob)
    assert _global_state() == before


@every_case
def test_fits_in_threads_do_not_disturb_each_other(name, blob):
    seeds = [0, 1, 2, 0, 1, 2]

    def scores(seed):
        detector = CASES[name]().set_params(random_state=seed)
        return detector.fit(blob).score_samples(blob)

    before = _global_state()
    with ThreadPoolExecutor(6) as pool:
        in_threads = list(pool.map(scores, seeds))
    assert _global_state() == before
    for seed, result in zip(seeds, in_threads, strict=True):
        assert_array_equal(result, scores(seed))


def test_the_number_of_torch_threads_survives_fits_in_threads(blob):
    detectors_ = [ESTIMATORS["AutoEncoder"](random_state=seed) for seed in range(6)]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda d: d.fit(blob), detectors_))
        assert torch.get_num_threads() == 2
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 2
    finally:
        torch.set_num_threads(before)


@every_variant
def test_one_detector_scores_in_many_threads(name, blob):
    detector = ALL[name]().fit(blob)
    expected = detector.score_samples(blob)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda _: detector.score_samples(blob), range(40)):
            assert_array_equal(scores, expected)


# Scores


@every_case
def test_scores_do_not_depend_on_the_batch(name, blob):
    detector = CASES[name]().fit(blob)
    scores = detector.score_samples(blob)
    order = np.random.default_rng(0).permutation(len(blob))
    assert_array_equal(detector.score_samples(blob[order]), scores[order])
    for size in (1, 7, 33):
        parts = [blob[i : i + size] for i in range(0, len(blob), size)]
        assert_array_equal(
            np.concatenate([detector.score_samples(part) for part in parts]), scores
        )


@every_estimator
def test_a_hundred_thousand_scores_do_not_depend_on_the_batch(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100_003, 5)) * rng.lognormal(size=(100_003, 1))
    detector = ESTIMATORS[name]()
    detector.set_params(**taken(detector, hidden_units=(15, 7), latent_dim=3))
    detector.fit(X[:500])
    scores = detector.score_samples(X)

    order = rng.permutation(len(X))
    assert_array_equal(detector.score_samples(X[order]), scores[order])
    start = 0
    while start < len(X):
        stop = start + int(rng.integers(1, 9000))
        assert_array_equal(detector.score_samples(X[start:stop]), scores[start:stop])
        start = stop
    for i in rng.choice(len(X), 200, replace=False):
        assert detector.score_samples(X[i : i + 1])[0] == scores[i]


@every_case
def test_the_public_scores_are_one_score(name, blob):
    detector = CASES[name](contamination=0.2).fit(blob)
    scores = detector.score_samples(blob)
    assert scores.shape == (200,)
    assert scores.dtype == np.float64
    assert_array_equal(detector.anomaly_score(blob), -scores)
    assert_array_equal(detector.decision_function(blob), scores - detector.offset_)
    assert detector.score(blob) == pytest.approx(scores.mean(), rel=1e-12)
    labels = detector.predict(blob)
    assert_array_equal(labels, np.where(scores >= detector.offset_, 1, -1))
    assert (labels == -1).sum() == 40
    assert_array_equal(CASES[name](contamination=0.2).fit_predict(blob), labels)


@every_case
def test_scores_of_the_columns_add_up_to_the_score_of_the_row(name, blob):
    detector = CASES[name]().fit(blob)
    if not hasattr(detector, "feature_scores"):
        pytest.skip("the score is no sum over the columns")
    cells = detector.feature_scores(blob)
    assert cells.shape == blob.shape
    if name.startswith("VAE"):
        detector.set_params(score_type="distortion")  # the rate belongs to no column
    scores = detector.anomaly_score(blob)
    beside = getattr(detector, "feature_weight", 0.0)  # what a critic sees
    if beside or getattr(detector, "score_type", "reconstruction") == "total":
        assert (cells.sum(axis=1) < scores).all()
    else:
        assert_allclose(cells.sum(axis=1), scores, rtol=1e-6)


@every_variant
def test_an_absurd_row_scores_worse_than_all_others(name, blob):
    detector = ALL[name]().fit(blob)
    absurd = np.array([[1e30, 0, 0, 0], [-1e300, 1e300, 0, 0], [0, 0, 0, 1.7e308]])
    scores = detector.score_samples(absurd)
    assert np.isfinite(scores).all()
    assert np.isfinite(detector.score(absurd))
    assert scores.max() < detector.score_samples(blob).min()


# Columns


@every_variant
def test_constant_columns_are_harmless_and_watched(name, blob):
    if "image" in name:
        blob = np.hstack([blob, blob[:, ::-1]]) / 100.0
    constant = np.tile([7.0, 0.1, 0.0, -3.3], (len(blob), 1))
    X = np.hstack([blob, constant])
    detector = ALL[name]()
    if getattr(detector, "image_shape", None) is not None:
        detector.set_params(image_shape=(1, 2, X.shape[1] // 2))
    scores = detector.fit(X).score_samples(X)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 150

    changed = X.copy()
    changed[:, -1] += 1000.0
    assert (detector.score_samples(changed) < scores).all()


@every_case
def test_the_unit_of_a_column_does_not_matter(name, blob):
    detector = CASES[name]()
    if not detector.standardize:
        pytest.skip("the rows are taken as they are")
    scores = detector.fit(blob).score_samples(blob)
    # Pixels share the moments of a channel.
    per_column = getattr(detector, "image_shape", None) is None
    unit = np.array([1e-3, 2.0, 300.0, 0.7]) if per_column else 0.3
    zero = np.array([5.0, -1.0, 0.1, 40.0]) if per_column else 2.0
    other = detector.fit(blob * unit + zero).score_samples(blob * unit + zero)
    if name.startswith(LOG_DENSITIES):
        # In nats, of rows in other units.
        scores = scores - np.log(np.broadcast_to(unit, 4)).sum()
    assert_allclose(other, scores, rtol=1e-3)


@every_variant
def test_frames_score_as_arrays_do(name, blob):
    detector = ALL[name]().fit(blob)
    expected = detector.score_samples(blob)
    for frame in (pd.DataFrame(blob, columns=list("abcd")), pl.DataFrame(blob)):
        detector.fit(frame)
        assert list(detector.feature_names_in_) == list(frame.columns)
        assert_array_equal(detector.score_samples(frame), expected)
        assert type(detector.score_samples(frame)) is np.ndarray


def _read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


FORMS = {
    "list": lambda X: X.tolist(),
    "torch tensor": torch.tensor,
    "torch float32": lambda X: torch.tensor(X, dtype=torch.float32),
    "object numbers": lambda X: X.astype(object),
    "float16": lambda X: X.astype(np.float16),
    "float32": lambda X: X.astype(np.float32),
    "big-endian": lambda X: X.astype(">f8"),
    "longdouble": lambda X: X.astype(np.longdouble),
    "int8": lambda X: X.astype(np.int8),
    "int32": lambda X: X.astype(np.int32),
    "int64": lambda X: X.astype(np.int64),
    "uint8": lambda X: X.astype(np.uint8),
    "uint16": lambda X: X.astype(np.uint16),
    "uint64": lambda X: X.astype(np.uint64),
    "Fortran order": np.asfortranarray,
    "read-only": _read_only,
    "read-only float32": lambda X: _read_only(X.astype(np.float32)),
    "negative strides": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "nullable Int64": lambda X: pd.DataFrame(X).astype("Int64").to_numpy(),
    "frame of Int64": lambda X: pd.DataFrame(X, columns=list("abcd")).astype("Int64"),
    "frame of mixed types": lambda X: pd.DataFrame(
        {
            "a": X[:, 0].astype(int),
            "b": X[:, 1],
            "c": X[:, 2].astype("f4"),
            "d": X[:, 3],
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [n for n in ALL if n.startswith("AutoEncoder")])
def test_the_form_of_the_rows_does_not_matter(name, form):
    X = np.random.default_rng(0).integers(0, 100, size=(50, 4)).astype(float)
    expected = ALL[name]().fit(X).score_samples(X)
    given = FORMS[form](X)
    detector = ALL[name]().fit(given)
    assert_allclose(detector.score_samples(given), expected, rtol=1e-4)
    if not hasattr(given, "columns"):
        scores = ALL[name]().fit(X).score_samples(given)
        assert_allclose(scores, expected, rtol=1e-6)


@every_variant
def test_booleans_are_zeros_and_ones(name):
    X = np.random.default_rng(0).random((50, 4)) > 0.5
    expected = ALL[name]().fit(X.astype(float)).score_samples(X.astype(float))
    assert_allclose(ALL[name]().fit(X).score_samples(X), expected, rtol=1e-6)


@pytest.mark.parametrize("standardize", [True, False])
@every_estimator
def test_large_integers_score_as_the_same_numbers_in_float64(name, standardize):
    X = np.random.default_rng(0).integers(2**40, 2**41, size=(50, 4))
    train = np.random.default_rng(1).normal(size=(50, 4)) * (
        2**40 if standardize else 1
    )
    detector = ESTIMATORS[name](standardize=standardize).fit(train)
    assert_array_equal(
        detector.score_samples(X), detector.score_samples(X.astype(float))
    )


@pytest.mark.parametrize("name", [n for n in ALL if n.endswith("-image")])
def test_images_of_four_and_three_dimensions_are_rows(name, blob):
    detector = ALL[name]().fit(blob)
    expected = detector.score_samples(blob)
    for images in (blob.reshape(-1, 1, 2, 2), blob.reshape(-1, 2, 2)):
        assert_array_equal(detector.score_samples(images), expected)
        assert_array_equal(ALL[name]().fit(images).score_samples(blob), expected)
        tensor = torch.tensor(images)
        assert_array_equal(detector.score_samples(tensor), expected)


@pytest.mark.parametrize("shape", [(1, 1, 4), (1, 4, 1), (4, 1, 1)])
@pytest.mark.parametrize("name", [n for n in ALL if n.endswith("-image")])
def test_an_image_of_one_line_or_pixel_is_rebuilt_with_any_sign(name, shape):
    if not hasattr(ALL[name].func, "reconstruct"):
        pytest.skip("it rebuilds nothing")
    X = -10.0 + np.random.default_rng(0).normal(size=(100, 4))
    detector = ALL[name](standardize=False, lr=0.05).set_params(
        image_shape=shape, max_epochs=150 if "VAE" in name else 400
    )
    assert detector.fit(X).reconstruct(X).mean() < -5.0


# Parameters and state


def _comparable(params):
    """Parameters but for types and nested estimators; what is in those is there too."""
    return {
        k: v for k, v in params.items()
        if not isinstance(v, type) and not hasattr(v, "get_params")
    }  # fmt: skip


@every_case
def test_fit_changes_no_parameter(name, blob):
    detector = CASES[name](callbacks=[], optimizer__weight_decay=0.1)
    before = detector.get_params()
    kept = copy.deepcopy(_comparable(before))
    detector.fit(blob)
    after = detector.get_params()
    assert list(before) == list(after)
    assert all(after[k] is v for k, v in before.items())
    assert all(after[k] == v for k, v in kept.items())


@every_case
def test_a_clone_has_the_parameters_and_nothing_else(name, blob):
    detector = CASES[name](optimizer__weight_decay=0.1).fit(blob)
    copied = clone(detector)
    assert copied.get_params().keys() == detector.get_params().keys()
    assert _comparable(copied.get_params()) == _comparable(detector.get_params())
    assert not [a for a in vars(copied) if a.endswith("_")]
    assert_array_equal(
        copied.fit(blob).score_samples(blob), detector.score_samples(blob)
    )


def _through_pickle(detector):
    return pickle.loads(pickle.dumps(detector))


def _through_joblib(detector):
    file = io.BytesIO()
    joblib.dump(detector, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": _through_pickle,
    "joblib": _through_joblib,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("through", COPIES)
@every_case
def test_a_copy_scores_and_trains_as_the_original_does(name, through, blob):
    detector = CASES[name]().fit(blob)
    copied = COPIES[through](detector)
    assert_array_equal(copied.decision_function(blob), detector.decision_function(blob))
    if not detector.early_stopping:
        for each in (detector, copied):
            each.partial_fit(blob)
    assert_array_equal(copied.decision_function(blob), detector.decision_function(blob))


def test_a_pickle_is_read_by_a_fresh_process(tmp_path, blob):
    made = {name: make().fit(blob) for name, make in ALL.items()}
    expected = {name: d.score_samples(blob) for name, d in made.items()}
    joblib.dump((made, expected, blob), tmp_path / "detectors")
    code = (
        "import sys, joblib\n"
        "made, expected, X = joblib.load(sys.argv[1])\n"
        "for name, d in made.items():\n"
        "    assert (d.score_samples(X) == expected[name]).all(), name\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "detectors")],
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@every_case
def test_parameters_set_after_fit_do_not_touch_the_scores(name, blob):
    detector = CASES[name]().fit(blob)
    before = detector.decision_function(blob)
    detector.set_params(**taken(
        detector, hidden_units=(3,), latent_dim=1, lr=10.0, noise=5.0, batch_size=1,
        standardize=not detector.standardize, contamination=0.5, random_state=9,
        module__bias=False, activation="tanh", dropout=0.5, device="auto",
        optimizer=torch.optim.SGD,
    ))  # fmt: skip
    assert_array_equal(detector.decision_function(blob), before)


class WideNet(TorchNet):
    """A network with a parameter of its own."""

    def __init__(self, n_inputs, n_outputs, width):
        super().__init__(n_inputs, n_outputs)
        self.width = width


@pytest.mark.filterwarnings("ignore:module has the parameter:UserWarning")
@every_estimator
def test_parameters_of_the_module_reach_the_users_module(name, blob):
    if "module" not in ESTIMATORS[name]().get_params():
        pytest.skip("it takes no module")
    detector = ESTIMATORS[name](module=WideNet, module__width=3).fit(blob)
    nets = [m for m in detector.net_.module_.modules() if isinstance(m, WideNet)]
    assert nets
    assert {net.width for net in nets} == {3}


@every_case
def test_scoring_changes_nothing_in_the_detector(name, blob):
    detector = CASES[name]().fit(blob)
    module = detector.net_.module_
    before = dict(vars(detector)), copy.deepcopy(module.state_dict())
    detector.score_samples(blob)
    if hasattr(detector, "feature_scores"):
        detector.feature_scores(blob)
    assert vars(detector) == before[0]
    assert module.state_dict().keys() == before[1].keys()
    for name_, value in before[1].items():
        assert torch.equal(module.state_dict()[name_], value)
        assert module.state_dict()[name_].dtype == value.dtype
    assert not module.training


@every_case
def test_dunder_parameters_are_searched_over(name, blob):
    size = {"hidden_units": [(4,), (8,)]}
    if "image" not in name:  # where it may not count
        size = taken(CASES[name](), latent_dim=[1, 2]) or size
    grid = {**size, "optimizer__weight_decay": [0.0, 0.1]}
    search = GridSearchCV(CASES[name](), grid, cv=2).fit(blob)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(np.unique(search.cv_results_["mean_test_score"])) == 4
    assert set(search.best_params_) == set(grid)


# Going on


WITHOUT_EARLY_STOPPING = [n for n in CASES if not n.endswith("-early")]
goes_on = pytest.mark.parametrize("name", WITHOUT_EARLY_STOPPING)


def _lent_globally(name):
    return name == "AutoEncoder-user"


@goes_on
def test_warm_started_fits_are_one_long_fit(name, blob):
    if _lent_globally(name):
        pytest.skip("the global generator is seeded anew in every call")
    if name.startswith(TWO_PHASES):
        pytest.skip("each fit has two phases")
    params = {"warm_start": True, "lr_schedule": "constant"}
    warm = CASES[name](**params).set_params(max_epochs=3).fit(blob).fit(blob)
    straight = CASES[name](**params).set_params(max_epochs=6).fit(blob)
    assert_array_equal(warm.score_samples(blob), straight.score_samples(blob))
    assert warm.offset_ == straight.offset_
    assert len(warm.net_.history) == 6


@goes_on
def test_a_cold_fit_forgets_the_one_before(name, blob):
    detector = CASES[name]().fit(blob * 3.0 + 1.0).fit(blob)
    assert_array_equal(
        detector.score_samples(blob), CASES[name]().fit(blob).score_samples(blob)
    )


@goes_on
def test_partial_fits_of_the_same_rows_are_the_epochs_of_a_fit(name, blob):
    if _lent_globally(name):
        pytest.skip("the global generator is seeded anew in every call")
    if name.startswith(TWO_PHASES):
        pytest.skip("each fit has two phases")
    chunked = CASES[name]()
    for _ in range(3):
        assert chunked.partial_fit(blob) is chunked
    straight = CASES[name](lr_schedule="constant").set_params(max_epochs=3).fit(blob)
    assert_array_equal(chunked.score_samples(blob), straight.score_samples(blob))


@goes_on
def test_training_resumed_from_a_pickle_is_training_without_a_break(name, blob):
    straight, broken = CASES[name](), CASES[name]()
    for start in (0, 70, 140):
        straight.partial_fit(blob[start : start + 70])
        broken = _through_pickle(broken).partial_fit(blob[start : start + 70])
    assert_array_equal(straight.decision_function(blob), broken.decision_function(blob))


@every_case
def test_partial_fit_has_nothing_to_do_with_early_stopping(name, blob):
    with_it = CASES[name]().set_params(early_stopping=True)
    without = CASES[name]().set_params(early_stopping=False)
    for detector in (with_it, without):
        detector.partial_fit(blob).partial_fit(blob)
    assert_array_equal(with_it.score_samples(blob), without.score_samples(blob))


@every_case
def test_partial_fit_goes_on_after_a_fit_with_early_stopping(name, blob):
    detector = CASES[name]().set_params(early_stopping=True).fit(blob)
    before = detector.score_samples(blob)
    assert not np.array_equal(detector.partial_fit(blob).score_samples(blob), before)


@every_case
def test_a_single_row_is_a_chunk_from_the_second_on(name, blob):
    detector = CASES[name]().set_params(early_stopping=False).partial_fit(blob)
    before, offset = _weights(detector), detector.offset_
    detector.partial_fit(blob[:1])
    assert any(not torch.equal(before[n], w) for n, w in _weights(detector).items())
    assert detector.offset_ == offset  # one row says nothing about a tenth of all
    assert np.isfinite(detector.score_samples(blob)).all()


@goes_on
def test_a_small_first_chunk_does_not_make_small_batches_for_ever(name, blob):
    detector = CASES[name](batch_size=64).partial_fit(blob[:5]).partial_fit(blob)
    assert detector.net_.history[-1, "train_batch_count"] == 4


@pytest.mark.parametrize("n_rows", [300, 21])
@every_case
def test_a_warm_start_goes_on_with_any_number_of_rows(name, n_rows, blob):
    detector = CASES[name](warm_start=True).set_params(
        early_stopping=True, validation_fraction=0.2
    )
    detector.fit(blob)
    rows = np.vstack([blob, blob])[:n_rows]
    before = _weights(copy.deepcopy(detector))
    after = _weights(detector.fit(rows))
    assert any(not torch.equal(before[n], after[n]) for n in before)
    held_out = detector.net_.history[-1, "batches", -1, "valid_batch_size"]
    assert held_out == int(0.2 * n_rows)


@every_estimator
def test_a_warm_start_takes_the_parameters_of_training_as_they_are_now(name, blob):
    settings = {"warm_start": True, "lr_schedule": "constant"}
    detector = ESTIMATORS[name](**settings).fit(blob)
    detector.set_params(lr=0.5, batch_size=50, max_epochs=3).fit(blob)
    assert detector.net_.optimizer_.param_groups[0]["lr"] == 0.5
    assert detector.net_.history[-1, "train_batch_count"] == 4
    assert len(detector.net_.history) == (2 + 3) * (1 + name.startswith(TWO_PHASES))
