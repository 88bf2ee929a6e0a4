"""Where `predict` draws its line, above all by default: contamination="auto"."""

import numpy as np
import pytest
from sklearn.base import clone
from skorch.callbacks import Checkpoint, EarlyStopping

from skanomaly._training import folds
from skanomaly.detectors import (
    VAE,
    AutoEncoder,
    DeepSVDD,
    MultiEncoderAutoEncoder,
    NormalizingFlow,
    VAEEnsemble,
)
from tests.contract.estimators import ESTIMATORS, every_estimator


def rows_of_five_factors(n_rows, rng):
    loadings = np.random.default_rng(0).normal(size=(5, 15))
    noise = 0.3 * rng.normal(size=(n_rows, 15))
    return rng.normal(size=(n_rows, 5)) @ loadings + noise


def false_alarms(detector, X):
    return (detector.predict(X) == -1).mean()


def test_about_a_tenth_of_new_rows_is_called_anomalous_by_default():
    rng = np.random.default_rng(1)
    X, X_new = rows_of_five_factors(150, rng), rows_of_five_factors(3000, rng)
    network = {"hidden_units": (64,), "latent_dim": 12, "noise": 0, "n_neighbors": 0}
    training = {"max_epochs": 200, "batch_size": 150, "random_state": 0}
    fixed = AutoEncoder(**network, **training, contamination=0.1).fit(X)
    auto = AutoEncoder(**network, **training).fit(X)
    assert false_alarms(fixed, X) == pytest.approx(0.1)
    assert false_alarms(fixed, X_new) > 0.17
    assert 0.06 < false_alarms(auto, X_new) < 0.14


@every_estimator
def test_the_line_moves_and_the_scores_do_not(name, blob):
    fixed = ESTIMATORS[name](contamination=0.1).fit(blob)
    auto = ESTIMATORS[name]().fit(blob)
    np.testing.assert_array_equal(auto.score_samples(blob), fixed.score_samples(blob))
    assert auto.offset_ <= fixed.offset_
    assert ESTIMATORS[name]().fit(blob).offset_ == auto.offset_


def spied(kind, monkeypatch):
    """Rows that nets of a class are made for, and rows that are scored."""
    made, scored = [], []
    make, score = kind._make_net, kind._score

    def spy_make(self, X, **options):
        made.append({row.tobytes() for row in X})
        return make(self, X, **options)

    def spy_score(self, X):
        scored.append({row.tobytes() for row in X})
        return score(self, X)

    monkeypatch.setattr(kind, "_make_net", spy_make)
    monkeypatch.setattr(kind, "_score", spy_score)
    return made, scored


@pytest.mark.parametrize(
    ("kind", "options", "n_folds"),
    [
        (AutoEncoder, {}, 5),
        (VAEEnsemble, {"n_estimators": 3}, 3),
        (VAEEnsemble, {"n_estimators": 7}, 2),
        (NormalizingFlow, {}, 2),
        (AutoEncoder, {"early_stopping": True}, 2),
    ],
)
def test_every_row_is_scored_by_a_copy_that_has_not_seen_it(
    kind, options, n_folds, blob, monkeypatch
):
    made, scored = spied(kind, monkeypatch)
    blob = blob[:180]
    detector = kind(max_epochs=1, random_state=0, **options).fit(blob)
    everything = {row.tobytes() for row in blob}
    assert made[0] == scored[0] == everything
    # A copy whose networks turn out not to stack is made, and not trained.
    seen, unseen = made[-n_folds:], scored[1:]
    assert len(unseen) == n_folds
    assert sum(map(len, unseen)) == len(set.union(*unseen)) == len(blob)
    for trained_on, left_out in zip(seen, unseen, strict=True):
        assert trained_on | left_out == everything
        assert not trained_on & left_out
    assert detector.offset_ <= np.percentile(detector.training_scores_, 10.0)


@pytest.mark.parametrize("n_rows", [41, 43])
def test_of_folds_that_differ_by_a_row_the_largest_loses_one(n_rows, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(n_rows, 3))
    made, scored = spied(AutoEncoder, monkeypatch)
    AutoEncoder(max_epochs=1, random_state=0).fit(rows)
    assert {len(part) for part in made[1:]} == {n_rows - 9}
    assert sum(map(len, scored[1:])) == n_rows


STACKED = {
    "auto-encoder": (AutoEncoder, {"dropout": 0.2}),
    "two encoders": (MultiEncoderAutoEncoder, {}),
    "VAE": (VAE, {"prior": "mixture", "n_components": 3}),
    "ensemble": (VAEEnsemble, {"n_estimators": 2, "bootstrap": True}),
    "DeepSVDD": (DeepSVDD, {"hidden_units": (16,), "latent_dim": 4}),
    "DeepSVDD, soft": (
        DeepSVDD,
        {"objective": "soft-boundary", "hidden_units": (16,), "latent_dim": 4},
    ),
}


@pytest.mark.parametrize("name", STACKED)
def test_copies_in_one_network_are_what_each_is_by_itself(name, blob):
    kind, options = STACKED[name]
    copy = kind(max_epochs=3, batch_size=32, random_state=7, **options)
    fold = np.arange(len(blob)) % 5
    joint = folds._trained_jointly(copy, blob, fold)
    for k, trained in enumerate(joint):
        alone = clone(copy)
        alone._fit(blob[fold != k])
        left_out = blob[fold == k]
        np.testing.assert_allclose(
            trained._score(left_out), alone._score(left_out), rtol=1e-4
        )


def test_networks_that_are_too_wide_to_gain_are_trained_one_by_one(blob):
    copy = AutoEncoder(hidden_units=(3000,), max_epochs=1, batch_size=200)
    assert folds._trained_jointly(copy, blob, np.arange(len(blob)) % 5) is None


def test_copies_one_by_one_take_as_many_epochs_as_the_detector(blob, monkeypatch):
    epochs, fit = [], NormalizingFlow._fit

    def spy(self, X):
        fit(self, X)
        epochs.append(len(self.net_.history))

    monkeypatch.setattr(NormalizingFlow, "_fit", spy)
    NormalizingFlow(hidden_units=(4,), n_transforms=1, batch_size=20).fit(blob)
    assert epochs[0] == epochs[1] == epochs[2]


def test_a_score_that_falls_in_training_needs_copies_trained_as_long(blob, monkeypatch):
    """Else copies of half the rows take half the steps, and score new rows too high."""
    steps, fit = [], DeepSVDD._fit

    def spy(self, X):
        fit(self, X)
        steps.append(len(X) * len(self.net_.history))

    monkeypatch.setattr(DeepSVDD, "_fit", spy)
    rng = np.random.default_rng(1)
    X, X_new = rows_of_five_factors(600, rng), rows_of_five_factors(3000, rng)
    auto = DeepSVDD(random_state=0).fit(X)
    assert steps[1] == steps[2] == pytest.approx(steps[0], rel=0.1)
    assert 0.06 < false_alarms(auto, X_new) < 0.14


def test_rows_that_the_copies_leave_out_are_drawn_at_random(blob, monkeypatch):
    """Rows are often sorted: neighbours left out together would be strangers."""
    left_out, score = [], AutoEncoder._score
    position = {row.tobytes(): i for i, row in enumerate(blob)}

    def spy(self, X):
        left_out.append([position[row.tobytes()] for row in X])
        return score(self, X)

    monkeypatch.setattr(AutoEncoder, "_score", spy)
    for seed in (0, 1):
        AutoEncoder(max_epochs=1, random_state=seed).fit(blob)
    of_first, of_second = left_out[1:6], left_out[7:]
    assert of_first != of_second
    for rows in of_first + of_second:
        gaps = np.diff(sorted(rows))
        # Gaps between a fifth of the rows, drawn at random: 1 is the most frequent.
        assert 0.05 < np.mean(gaps == 1) < 0.5
        assert len(np.unique(gaps)) > 4


@pytest.mark.parametrize(
    ("n_rows", "n_folds"), [(9, 0), (10, 5), (1999, 5), (2000, 2), (5000, 2), (5001, 0)]
)
def test_large_tables_cost_no_further_training(n_rows, n_folds, monkeypatch):
    rng = np.random.default_rng(0)
    made, _ = spied(AutoEncoder, monkeypatch)
    AutoEncoder(max_epochs=1, n_neighbors=0, random_state=0).fit(
        rng.normal(size=(n_rows, 2))
    )
    assert len(made) == 1 + n_folds


def test_training_scores_are_comparable_to_those_of_new_rows():
    """A row that a network was trained on vouches for itself."""
    rng = np.random.default_rng(1)
    X, X_new = rows_of_five_factors(150, rng), rows_of_five_factors(3000, rng)
    network = {"hidden_units": (64,), "latent_dim": 12, "noise": 0, "n_neighbors": 0}
    training = {"max_epochs": 200, "batch_size": 150, "random_state": 0}
    auto = AutoEncoder(**network, **training).fit(X)
    new = np.median(auto.score_samples(X_new))
    assert np.median(auto.score_samples(X)) > 0.75 * new
    assert np.median(auto.training_scores_) == pytest.approx(new, rel=0.15)


@every_estimator
def test_training_scores_are_those_of_the_rows_in_order(name, blob):
    fixed = ESTIMATORS[name](contamination=0.1).fit(blob)
    np.testing.assert_array_equal(fixed.training_scores_, fixed.score_samples(blob))
    auto = ESTIMATORS[name](contamination="auto").fit(blob)
    assert auto.training_scores_.shape == (len(blob),)
    assert np.isfinite(auto.training_scores_).all()


def test_a_float_costs_no_further_fit(blob, monkeypatch):
    monkeypatch.setattr("skanomaly._training.detector.out_of_fold_scores", None)
    AutoEncoder(max_epochs=1, contamination=0.1).fit(blob)


def test_copies_train_as_long_as_all_fits_together(blob, monkeypatch):
    epochs = []
    out_of_fold_scores = folds.out_of_fold_scores

    def spy(detector, X, seed, max_epochs):
        epochs.append(max_epochs)
        return out_of_fold_scores(detector, X, seed, max_epochs)

    monkeypatch.setattr("skanomaly._training.detector.out_of_fold_scores", spy)
    AutoEncoder(max_epochs=2, warm_start=True).fit(blob).fit(blob).fit(blob)
    assert epochs == [None, 4, 6]


def test_partial_fit_draws_the_line_on_its_chunk(blob):
    detector = AutoEncoder(random_state=0).partial_fit(blob)
    assert false_alarms(detector, blob) == pytest.approx(0.1)


def test_calibrate_takes_auto_for_a_tenth(blob):
    detector = AutoEncoder(max_epochs=2, random_state=0).fit(blob[:100])
    assert false_alarms(detector.calibrate(blob[100:]), blob[100:]) == 0.1


class Counter(Checkpoint):
    """A callback that writes files."""

    n_fits = 0

    def on_train_begin(self, net, **kwargs):
        Counter.n_fits += 1
        super().on_train_begin(net, **kwargs)


def test_copies_keep_callbacks_that_steer_and_drop_those_that_write(blob, tmp_path):
    detector = AutoEncoder(
        callbacks=[
            ("stop", EarlyStopping(monitor="train_loss")),
            Counter(monitor=None, f_history=None),
        ],
        callbacks__stop__patience=7,
        callbacks__Counter__dirname=str(tmp_path),
        max_epochs=1,
    )
    Counter.n_fits = 0
    detector.fit(blob)
    assert Counter.n_fits == 1
    copy = folds._copy(detector, 0, None)
    assert [name for name, _ in copy.callbacks] == ["stop"]
    assert copy.get_params()["callbacks__stop__patience"] == 7
    assert "callbacks__Counter__dirname" not in copy.get_params()
