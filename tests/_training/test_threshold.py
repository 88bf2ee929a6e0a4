"""Where `predict` draws its line, above all by default: contamination="auto"."""

import numpy as np
import pytest
from skorch.callbacks import Checkpoint, EarlyStopping

from skanomaly._training import evaluate as _threshold
from skanomaly.detectors import AutoEncoder
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


def test_the_line_is_drawn_on_rows_that_the_copies_have_not_seen(blob, monkeypatch):
    fitted, scored = [], []
    fit, score = AutoEncoder._fit, AutoEncoder._score

    def spy_fit(self, X):
        fitted.append({row.tobytes() for row in X})
        return fit(self, X)

    def spy_score(self, X):
        scored.append({row.tobytes() for row in X})
        return score(self, X)

    monkeypatch.setattr(AutoEncoder, "_fit", spy_fit)
    monkeypatch.setattr(AutoEncoder, "_score", spy_score)
    AutoEncoder(max_epochs=1, random_state=0).fit(blob)
    everything = {row.tobytes() for row in blob}
    assert fitted[0] == scored[0] == everything
    for seen, unseen in zip(fitted[1:], scored[1:], strict=True):
        assert not seen & unseen
        assert seen | unseen == everything
    # no row is scored twice: three copies leave out a fifth each
    assert sum(map(len, scored[1:])) == len(set.union(*scored[1:]))
    assert abs(sum(map(len, scored[1:])) - 0.6 * len(blob)) <= 3


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
    of_first, of_second = left_out[1:4], left_out[5:]
    assert of_first != of_second
    for rows in of_first + of_second:
        gaps = np.diff(sorted(rows))
        # Gaps between a fifth of the rows, drawn at random: 1 is the most frequent.
        assert 0.05 < np.mean(gaps == 1) < 0.5
        assert len(np.unique(gaps)) > 4


@pytest.mark.parametrize(
    ("n_rows", "n_copies"),
    [(9, 0), (10, 3), (1249, 3), (1250, 2), (2499, 2), (2500, 1), (5000, 1), (5001, 0)],
)
def test_large_tables_cost_no_further_fit_and_small_ones_three(
    n_rows, n_copies, monkeypatch
):
    rng = np.random.default_rng(0)
    fits, fit = [], AutoEncoder._fit
    monkeypatch.setattr(
        AutoEncoder, "_fit", lambda self, X: fits.append(len(X)) or fit(self, X)
    )
    AutoEncoder(max_epochs=1, n_neighbors=0, random_state=0).fit(
        rng.normal(size=(n_rows, 2))
    )
    assert len(fits) == 1 + n_copies


def test_a_float_costs_no_further_fit(blob, monkeypatch):
    monkeypatch.setattr("skanomaly._training.estimator.out_of_fold_scores", None)
    AutoEncoder(max_epochs=1, contamination=0.1).fit(blob)


def test_copies_train_as_long_as_all_fits_together(blob, monkeypatch):
    epochs = []
    out_of_fold_scores = _threshold.out_of_fold_scores

    def spy(detector, X, seed, max_epochs):
        epochs.append(max_epochs)
        return out_of_fold_scores(detector, X, seed, max_epochs)

    monkeypatch.setattr("skanomaly._training.estimator.out_of_fold_scores", spy)
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
    copy = _threshold._copy(detector, 0, None)
    assert [name for name, _ in copy.callbacks] == ["stop"]
    assert copy.get_params()["callbacks__stop__patience"] == 7
    assert "callbacks__Counter__dirname" not in copy.get_params()
