"""With images, some of them are not trained on, and set the threshold."""

import warnings

import numpy as np
import pytest

from skanomaly._training import chosen_rows, evaluate, standardized
from skanomaly._training.held_out import choose_held_out
from skanomaly.detectors import VAE, AutoEncoder, DeepSAD, DeepSVDD, VAEEnsemble
from skanomaly.nets import MLP

SMALL = {
    "image_shape": (1, 4, 4), "hidden_units": (4,), "latent_dim": 2, "max_epochs": 3,
    "random_state": 0,
}  # fmt: skip


def images(n_images, seed=0, n_factors=2):
    """Images of a few factors and noise."""
    loadings = np.random.default_rng(9).normal(size=(n_factors, 16))
    rng = np.random.default_rng(seed)
    noise = 0.3 * rng.normal(size=(n_images, 16))
    return rng.normal(size=(n_images, n_factors)) @ loadings + noise


@pytest.fixture
def trained_on(monkeypatch):
    """Return the rows that autoencoders are trained on, a list that a fit extends."""
    seen, train = [], AutoEncoder._train

    def spy(self, X, *args, **options):
        seen.append({row.tobytes() for row in X})
        return train(self, X, *args, **options)

    monkeypatch.setattr(AutoEncoder, "_train", spy)
    return seen


@pytest.mark.parametrize(
    ("n_images", "n_held_out"),
    [(400, 100), (1000, 100), (1500, 150), (2500, 250), (60_000, 250)],
)
def test_a_tenth_is_held_out_within_bounds(n_images, n_held_out):
    is_held_out = choose_held_out(np.ones(n_images, dtype=bool), 0)
    assert is_held_out.shape == (n_images,) and is_held_out.sum() == n_held_out
    # At random: of rows sorted by a class, the last ones would all be of one.
    assert is_held_out[: n_images // 2].mean() == pytest.approx(
        n_held_out / n_images, rel=0.4
    )


def test_only_candidates_are_held_out_and_counted():
    candidates = np.arange(1000) % 2 == 0
    is_held_out = choose_held_out(candidates, 0)
    assert is_held_out.sum() == 100 and not is_held_out[~candidates].any()
    assert choose_held_out(np.arange(1000) < 399, 0) is None


@pytest.mark.parametrize("contamination", ["auto", 0.2])
def test_one_network_is_trained_and_others_set_its_threshold(contamination, trained_on):
    X = images(500)
    detector = AutoEncoder(contamination=contamination, **SMALL).fit(X)
    (seen,) = trained_on
    held_out = np.array([row for row in X if row.tobytes() not in seen])
    assert len(held_out) == 100 and len(seen) == 400
    scores = detector.score_samples(held_out)
    np.testing.assert_array_equal(detector.calibration_scores_, scores)
    rate = 0.1 if contamination == "auto" else contamination
    assert (detector.predict(held_out) == -1).mean() == rate
    np.testing.assert_array_equal(detector.training_scores_, detector.score_samples(X))


def test_false_alarms_are_a_tenth_where_training_images_score_lower():
    X, X_new = images(450, n_factors=8), images(2000, seed=1, n_factors=8)
    larger = {"latent_dim": 12, "max_epochs": 150, "noise": 0, "n_neighbors": 0}
    detector = AutoEncoder(
        MLP, contamination=0.1, module__hidden_units=(128,), **(SMALL | larger)
    ).fit(X)
    old = np.percentile(detector.training_scores_, 10)
    assert (detector.score_samples(X_new) < old).mean() > 0.3
    assert (detector.predict(X_new) == -1).mean() == pytest.approx(0.1, abs=0.06)


def test_p_values_need_no_calibration():
    p_values = (
        VAE(contamination=0.3, **SMALL).fit(images(500)).p_values(images(2000, 1))
    )
    assert p_values.min() >= 1 / 101
    for alpha in (0.1, 0.3, 0.6):
        assert (p_values <= alpha).mean() == pytest.approx(alpha, abs=0.12)


@pytest.mark.parametrize(
    ("n_images", "options"), [(399, {}), (500, {"image_shape": None})]
)
def test_tables_and_few_images_are_trained_on_as_a_whole(n_images, options, trained_on):
    X = images(n_images)
    detector = AutoEncoder(contamination=0.1, **(SMALL | options)).fit(X)
    assert [len(seen) for seen in trained_on] == [n_images]
    assert detector.calibration_scores_ is None


def test_continued_training_sees_them_no_more_than_the_first(trained_on):
    X = images(500)
    params = SMALL | {"random_state": None}
    detector = AutoEncoder(warm_start=True, **params).fit(X).fit(X)
    first, second = trained_on
    assert first == second and len(detector.net_.history) == 6


def test_a_weight_is_that_many_images(trained_on):
    X, weight = images(500), np.ones(500)
    weight[:50], weight[50:60] = 0, 3
    detector = AutoEncoder(contamination=0.1, **SMALL)
    detector.fit(X, sample_weight=weight)
    (seen,) = trained_on
    left_out = [i for i, row in enumerate(X) if row.tobytes() not in seen]
    held_out = [i for i in left_out if weight[i]]
    assert len(held_out) == 100 and len(left_out) == 150
    assert len(detector.calibration_scores_) == weight[held_out].sum()
    assert detector.training_scores_.shape == (500,)


def test_labelled_anomalies_are_all_trained_on(monkeypatch):
    trained, train = [], DeepSVDD._train

    def spy(self, X, context=None, **options):
        trained.append((len(X), None if context is None else (context == -1).sum()))
        return train(self, X, context, **options)

    monkeypatch.setattr(DeepSAD, "_train", spy)
    X, y = images(500), np.zeros(500)
    y[:40] = -1
    DeepSAD(**SMALL).fit(X, y).fit(X)
    assert trained == [(400, 40), (400, None)]


def test_the_same_seed_holds_out_the_same_images(trained_on):
    X = images(500)
    for seed in (0, 0, 1):
        AutoEncoder(**(SMALL | {"random_state": seed})).fit(X)
    assert trained_on[0] == trained_on[1] != trained_on[2]


@pytest.mark.parametrize(("n_images", "warns"), [(1400, False), (1600, True)])
def test_few_held_out_scores_say_nothing_of_a_gap(n_images, warns, monkeypatch):
    monkeypatch.setattr("skanomaly._training.detector.find_gap", lambda *_: 0.2)
    detector = AutoEncoder(contamination="auto", **SMALL)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        detector.fit(images(n_images))
    assert any("two modes" in str(warning.message) for warning in caught) == warns


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (AutoEncoder, {"early_stopping": True}),
        (DeepSVDD, {"objective": "soft-boundary"}),
        (VAEEnsemble, {"n_estimators": 2, "bootstrap": True}),
    ],
)
def test_many_images_are_not_copied_to_leave_some_out(kind, options, monkeypatch):
    X, weight = images(420), np.r_[np.full(10, 3.0), np.ones(410)]
    detector = kind(**SMALL, **options)
    copied = detector.fit(X, sample_weight=weight).score_samples(X)
    monkeypatch.setattr(chosen_rows, "MAX_COPY", 0)
    monkeypatch.delattr(chosen_rows.ChosenRows, "__array__")
    scores = detector.fit(X, sample_weight=weight).score_samples(X)
    np.testing.assert_array_equal(scores, copied)


def test_many_labelled_images_are_not_copied_to_leave_some_out(monkeypatch):
    X, weight = images(420), np.r_[np.full(10, 3.0), np.ones(410)]
    y = np.r_[np.full(5, -1), np.full(25, 1), np.zeros(390)]
    detector = DeepSAD(**SMALL, early_stopping=True)
    copied = detector.fit(X, y, sample_weight=weight).score_samples(X)
    monkeypatch.setattr(chosen_rows, "MAX_COPY", 0)
    monkeypatch.delattr(chosen_rows.ChosenRows, "__array__")
    scores = detector.fit(X, y, sample_weight=weight).score_samples(X)
    np.testing.assert_array_equal(scores, copied)


@pytest.mark.parametrize("is_labelled", [False, True])
def test_few_images_are_gathered_at_once(is_labelled, monkeypatch):
    gathered, read = [], chosen_rows.ChosenRows.__getitem__

    def spy(self, key):
        gathered.append(read(self, key))
        return gathered[-1]

    for module in (evaluate, standardized):
        monkeypatch.setattr(module, "CHUNK_CELLS", 16 * 20)
    monkeypatch.setattr(chosen_rows, "MAX_COPY", 0)
    monkeypatch.setattr(chosen_rows.ChosenRows, "__getitem__", spy)
    y = np.r_[np.full(20, -1), np.zeros(400)] if is_labelled else None
    DeepSAD(**SMALL).fit(images(420), y)
    assert max(map(len, gathered)) == 20


def test_chosen_rows_are_read_like_an_array_and_copied_on_demand():
    rows, index = np.arange(12.0).reshape(4, 3), np.array([2, 0, 0])
    chosen, expected = chosen_rows.ChosenRows(rows, index), rows[index]
    assert (len(chosen), chosen.shape, chosen.dtype) == (3, (3, 3), rows.dtype)
    for key in (slice(0, 2), np.array([2, 0]), expected[:, 0] > 1, (slice(None), 1)):
        np.testing.assert_array_equal(chosen[key], expected[key])
    np.testing.assert_array_equal(np.asarray(chosen, dtype=np.float32), expected)
