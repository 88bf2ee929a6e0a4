"""What every deep detector inherits: training options, continuation, chunks."""

import pickle
from numbers import Integral

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
)

from skanomaly.detectors import AutoEncoder
from skanomaly.utils._compat import Interval


def small(**options):
    defaults = {
        "hidden_units": (16,),
        "latent_dim": 4,
        "max_epochs": 3,
        "random_state": 0,
    }
    return AutoEncoder(**{**defaults, **options})


@pytest.mark.parametrize(
    ("n_rows", "n_epochs"),
    [(20, 500), (200, 250), (640, 128), (1280, 100), (128 * 100, 10)],
)
def test_auto_epochs_are_as_many_steps_as_rows_within_bounds(n_rows, n_epochs):
    assert AutoEncoder()._n_epochs(n_rows) == pytest.approx(n_epochs, rel=0.02)


@pytest.mark.parametrize(
    ("n_rows", "n_epochs"), [(20, 4000), (200, 2000), (1280, 400), (128 * 100, 40)]
)
def test_auto_epochs_of_images_are_four_thousand_steps_whatever_the_number_of_rows(
    n_rows, n_epochs
):
    detector = AutoEncoder(image_shape=(1, 2, 2))
    assert detector._n_epochs(n_rows) == pytest.approx(n_epochs, rel=0.02)


def test_auto_epochs_count_the_batches_of_the_users_iterator():
    assert AutoEncoder(iterator_train__batch_size=50)._n_epochs(500) == 50
    assert AutoEncoder(iterator_train__batch_size=-1)._n_epochs(500) == 500
    detector = AutoEncoder(batch_size=64, iterator_train__drop_last=True)
    assert detector._n_epochs(96) == 500


def test_auto_epochs_never_are_less_than_one():
    assert AutoEncoder(batch_size=1)._n_epochs(1_000_000) == 1


def test_dunder_parameters_reach_the_network_the_optimizer_and_the_callbacks(blob):
    detector = small(
        module__activation="tanh",
        optimizer__weight_decay=0.5,
        callbacks=[("stop", EarlyStopping(monitor="train_loss"))],
        callbacks__stop__patience=77,
        iterator_train__shuffle=False,
    ).fit(blob)
    layers = {type(layer) for layer in detector.net_.module_.modules()}
    assert torch.nn.Tanh in layers
    assert torch.nn.ReLU not in layers
    group = detector.net_.optimizer_.param_groups[0]
    assert group["weight_decay"] == 0.5
    assert dict(detector.net_.callbacks_)["stop"].patience == 77
    assert not detector.net_.get_iterator(detector.net_.get_dataset(blob), True).shuffle


def test_defaults_of_ours_can_be_overridden_by_the_user(blob, capsys):
    small(callbacks__print_log=None).fit(blob)
    small(callbacks__valid_loss=None, iterator_valid__batch_size=8).fit(blob)
    assert capsys.readouterr().out == ""


def test_a_callback_can_call_the_module_on_raw_rows(blob):
    losses = []

    class Watch(EarlyStopping):
        def on_epoch_end(self, net, **kwargs):
            losses.append(net.module_(torch.as_tensor(50 + blob)).mean().item())

    detector = small(callbacks=[Watch(monitor="train_loss")], noise=0).fit(50 + blob)
    assert losses[-1] < 2 * detector.net_.history[-1, "train_loss"]


def test_dunder_parameters_survive_clone_and_can_be_searched(blob):
    detector = small(optimizer__weight_decay=0.1)
    assert clone(detector).get_params()["optimizer__weight_decay"] == 0.1
    pipe = make_pipeline(StandardScaler(), detector)
    grid = {
        "autoencoder__latent_dim": [2, 4],
        "autoencoder__optimizer__weight_decay": [0.0, 1.0],
        "autoencoder__module__bias": [False, True],
    }
    search = GridSearchCV(pipe, grid, cv=2).fit(blob)
    assert len(set(search.cv_results_["mean_test_score"])) == 8


def test_adam_is_fused_unless_the_user_decides():
    X = np.random.default_rng(0).normal(size=(30, 3))
    assert small().fit(X).net_.optimizer_.defaults["fused"]
    assert not small(optimizer__fused=False).fit(X).net_.optimizer_.defaults["fused"]
    small(optimizer=torch.optim.RMSprop).fit(X)  # has no fused step


@pytest.mark.parametrize("n_rows", [200, 40])
def test_early_stopping_ends_early_and_goes_back_to_the_best_epoch(blob, n_rows):
    blob = blob[:n_rows]
    detector = small(max_epochs=400, lr=0.05, early_stopping=True, n_iter_no_change=3)
    history = detector.fit(blob).net_.history
    assert len(history) < 400
    assert history[-1, "batches", -1, "valid_batch_size"] == n_rows // 10
    losses = history[:, "valid_loss"]
    module = detector.net_.module_.eval()
    _, valid = detector.net_.get_split_datasets(blob)
    with torch.no_grad():
        restored = module(torch.as_tensor(blob[valid.indices])).mean().item()
    assert restored == pytest.approx(min(losses), abs=2e-4)


def test_the_learning_rate_falls_along_a_cosine_and_is_put_back(blob):
    seen = []

    class Spy(EarlyStopping):
        def on_epoch_end(self, net, **kwargs):
            seen.append(net.optimizer_.param_groups[0]["lr"])

    params = {"max_epochs": 50, "lr": 0.01, "batch_size": 1000, "contamination": 0.1}
    detector = small(callbacks=[Spy(monitor="train_loss")], **params)
    detector.fit(blob)
    assert seen[0] == pytest.approx(0.01)
    assert seen[25] == pytest.approx(0.005)
    assert 0 < seen[-1] < 1e-4
    assert np.all(np.diff(seen) < 0)
    assert detector.net_.optimizer_.param_groups[0]["lr"] == 0.01


def test_a_schedule_of_the_learning_rate_runs(blob):
    schedule = LRScheduler("StepLR", step_size=1, gamma=0.1)
    detector = small(callbacks=[schedule], max_epochs=3).fit(blob)
    lr = detector.net_.optimizer_.param_groups[0]["lr"]
    assert lr == pytest.approx(5e-3 * 0.1**3, rel=1e-5)


def test_early_stopping_works_for_a_negative_loss(blob):
    """A relative tolerance would take a worse negative loss for an improvement."""
    detector = small(early_stopping=True, max_epochs=2).fit(blob)
    stopper = dict(detector.net_.callbacks_)["early_stopping"]
    stopper.on_train_begin(detector.net_)
    stopper.dynamic_threshold_ = stopper._calc_new_threshold(-100.0)
    assert not stopper._is_score_improved(-99.995)


def seven(net, X, y=None):
    return 7.0


def test_the_users_callbacks_are_copied_and_work(blob, tmp_path):
    stopper = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9)
    scoring = EpochScoring(seven, name="seven", on_train=True, use_caching=False)
    checkpoint = Checkpoint(dirname=str(tmp_path), monitor=None, f_history=None)
    callbacks = [("scoring", scoring), checkpoint, stopper]
    detector = small(max_epochs=9, callbacks=callbacks).fit(blob)
    assert len(detector.net_.history) < 9
    assert stopper.misses_ == 0
    assert detector.callbacks is callbacks
    assert (tmp_path / "params.pt").exists()
    assert detector.net_.history[-1, "seven"] == 7.0


def test_warm_start_goes_on_and_a_plain_refit_starts_again(blob):
    once = small(max_epochs=2, lr_schedule="constant").fit(blob)
    warm = small(max_epochs=2, warm_start=True, lr_schedule="constant").fit(blob)
    cold_scores = warm.score_samples(blob)
    np.testing.assert_array_equal(cold_scores, once.score_samples(blob))
    warm.fit(blob)
    straight = small(max_epochs=4, lr_schedule="constant").fit(blob)
    continued = warm.score_samples(blob)
    np.testing.assert_array_equal(continued, straight.score_samples(blob))
    np.testing.assert_array_equal(once.fit(blob).score_samples(blob), cold_scores)


def test_partial_fit_makes_one_pass_and_resumes_bit_for_bit_after_pickling(blob):
    straight, interrupted = small(noise=0.3), small(noise=0.3)
    for _ in range(4):
        straight.partial_fit(blob)
    for _ in range(4):
        interrupted = pickle.loads(pickle.dumps(interrupted.partial_fit(blob)))
    assert len(straight.net_.history) == 4
    np.testing.assert_array_equal(
        straight.score_samples(blob), interrupted.score_samples(blob)
    )


def test_partial_fit_equals_fit_for_the_same_number_of_passes(blob):
    chunked = small()
    for _ in range(3):
        chunked.partial_fit(blob)
    whole = small(max_epochs=3, lr_schedule="constant").fit(blob)
    np.testing.assert_array_equal(
        chunked.score_samples(blob), whole.score_samples(blob)
    )


def test_calibrate_wants_the_columns_of_fit(blob):
    detector = small().fit(blob)
    with pytest.raises(ValueError, match="4 features, but AutoEncoder is expecting 5"):
        detector.calibrate(blob[:, :4])
    assert detector.n_features_in_ == 5


def test_calibrate_draws_the_line_on_the_rows_it_is_given(blob):
    detector = small(max_epochs=100, contamination=0.2).fit(blob[:60])
    scores = detector.score_samples(blob)
    assert detector.calibrate(blob[60:]) is detector
    assert (detector.predict(blob[60:]) == -1).mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(detector.score_samples(blob), scores)


def test_partial_fit_keeps_the_first_standardization_and_moves_the_offset(blob):
    detector = small(n_neighbors=0).partial_fit(blob)
    center, offset = detector.net_.module_.center.clone(), detector.offset_
    detector.partial_fit(10.0 + 3.0 * blob)
    assert torch.equal(center, detector.net_.module_.center)
    assert detector.offset_ < offset


def test_a_small_network_trains_on_one_thread_and_puts_the_number_back(blob):
    seen = []

    class Spy(EarlyStopping):
        def on_epoch_end(self, net, **kwargs):
            seen.append(torch.get_num_threads())

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        small(callbacks=[Spy(monitor="train_loss")]).fit(blob)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


def test_verbose_shows_progress_and_silence_is_the_default(blob, capsys):
    small().fit(blob)
    quiet = capsys.readouterr()
    small(verbose=1).fit(blob)
    bar = capsys.readouterr()
    small(verbose=2).fit(blob)
    table = capsys.readouterr()
    assert quiet.out == quiet.err == ""
    assert "training" in bar.err
    assert "train_loss" in table.out


def test_who_interrupts_the_training_is_heard(blob):
    class Interruption(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small(callbacks=[Interruption()]).fit(blob)


def test_the_progress_bar_counts_batches_of_training_only_and_ends_full(blob, capsys):
    small(verbose=1, early_stopping=True, max_epochs=2, batch_size=40).fit(blob)
    # 200 rows without the tenth that is held out, in batches of 40 for two passes
    assert "10/10" in capsys.readouterr().err


def test_standardization_survives_a_large_mean_that_float32_would_lose():
    """Seconds since 1970: their differences drown in float32."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    detector, shifted = small(max_epochs=20), small(max_epochs=20)
    scores = detector.fit(X).score_samples(X)
    np.testing.assert_allclose(
        shifted.fit(X + 1.7e9).score_samples(X + 1.7e9), scores, rtol=1e-3
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_standardizing_at_once_and_batch_by_batch_give_the_same_bits(
    blob, dtype, monkeypatch
):
    X = (100 + 10 * blob).astype(dtype)
    at_once = small(early_stopping=True).fit(X)
    monkeypatch.setattr("skanomaly._training.estimator.MAX_COPY", 0)
    by_batch = small(early_stopping=True).fit(X)
    np.testing.assert_array_equal(at_once.score_samples(X), by_batch.score_samples(X))


def test_a_constant_channel_has_the_scale_one():
    X = np.random.default_rng(0).normal(size=(50, 2, 4, 4))
    X[:, 1] = 7.0
    module = small(image_shape=(2, 4, 4), contamination=0.1).fit(X).net_.module_
    np.testing.assert_array_equal(module.scale[16:], 1.0)
    np.testing.assert_array_equal(module.center[16:], 7.0)


def test_images_share_the_moments_of_a_channel():
    rng = np.random.default_rng(0)
    X = rng.normal(loc=[[[[0.0]], [[100.0]]]], scale=2.0, size=(50, 2, 4, 4))
    module = small(image_shape=(2, 4, 4)).fit(X).net_.module_
    np.testing.assert_allclose(module.center[:16], X[:, 0].mean())
    np.testing.assert_allclose(module.center[16:], X[:, 1].mean())
    np.testing.assert_allclose(module.scale[:16], X[:, 0].std())


def test_the_module_alone_gives_the_detectors_scores(blob):
    detector = small().fit(blob)
    module = detector.net_.module_.eval()
    with torch.no_grad():
        scores = module.score(torch.as_tensor(blob)).numpy()
    np.testing.assert_allclose(scores, detector.anomaly_score(blob), rtol=1e-4)


def test_the_score_is_differentiable_in_the_rows(blob):
    module = small().fit(blob).net_.module_.eval()
    x = torch.as_tensor(blob[:5]).requires_grad_()
    module.score(x).sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


class Drawing(torch.nn.Linear):
    """A user's layer that draws from torch's global generator."""

    drawn: list = []

    def forward(self, x):
        if self.training:
            Drawing.drawn.append(torch.rand(1).item())
        return super().forward(x)


def test_users_modules_draw_anew_in_every_chunk_and_alike_in_every_run(blob):
    runs = []
    for _ in range(2):
        Drawing.drawn.clear()
        detector = small(module=Drawing, batch_size=200)
        for _ in range(3):
            detector.partial_fit(blob)
        runs.append(Drawing.drawn.copy())
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == len(runs[0]) == 6


def test_a_scheduler_given_as_a_class_replaces_the_schedule(blob):
    params = {"max_epochs": 3, "contamination": 0.1, "random_state": 0}
    by_class, by_instance = (
        AutoEncoder(callbacks=[("lr", lr)], **params).fit(blob)
        for lr in (LRScheduler, LRScheduler())
    )
    assert by_class.net_.lr_schedule is None
    np.testing.assert_array_equal(
        by_class.score_samples(blob), by_instance.score_samples(blob)
    )


def test_a_subclass_keeps_the_constraints_of_its_parent():
    class Narrow(AutoEncoder):
        _parameter_constraints = {
            "latent_dim": [Interval(Integral, 3, 5, closed="both")]
        }

    class Narrower(Narrow):
        _changed_params = {"dropout": {"default": 0.1}}

    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match="'latent_dim' parameter of Narrower"):
        Narrower(latent_dim=2).fit(X)
