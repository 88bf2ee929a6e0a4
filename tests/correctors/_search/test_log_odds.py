"""The classifier behind the searches, and other classifiers in its place."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier
from torch import nn

from skanomaly.correctors._search.classifier import (
    fit_on_part,
    fit_row_classifier,
    held_out_rows,
)
from skanomaly.correctors._search.log_odds import as_anomaly_model
from skanomaly.correctors._search.search import search_repairs
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.detectors import AutoEncoder

SIZES = (4, 4, 4)


def repeats(codes):
    ordered = np.sort(codes, axis=1)
    return (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)


@pytest.fixture(scope="module")
def table():
    codes = np.random.default_rng(0).integers(0, 4, (600, 3))
    return codes, repeats(codes).astype(int)


def one_hot(codes, dtype=torch.float64):
    return OneHotLayout(SIZES).one_hot(torch.from_numpy(codes), dtype).numpy()


def quick(codes, y, sizes=SIZES, **options):
    return fit_row_classifier(codes, y, sizes, **{"max_epochs": 60, **options})


# --- blocks ---------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(3, 3), (2, 5, 1)])
def test_one_hot_and_argmax_undo_each_other_and_noise_does_not_matter(sizes):
    blocks, rng = OneHotLayout(sizes), np.random.default_rng(0)
    codes = np.stack([rng.integers(size, size=50) for size in sizes], axis=1)
    p = blocks.one_hot(torch.from_numpy(codes))
    assert np.array_equal(blocks.argmax(p).numpy(), codes)
    noisy = blocks.normalize(p + torch.from_numpy(rng.random(p.shape)))
    assert np.array_equal(blocks.argmax(noisy).numpy(), codes)
    assert torch.allclose(blocks.sums(noisy), torch.ones(1, dtype=p.dtype))
    assert torch.allclose(blocks.normalize(noisy), noisy)
    assert torch.allclose(
        blocks.sums(blocks.center(noisy - 3.0)), torch.zeros(1).double()
    )


def test_a_missing_cell_has_equal_probabilities():
    p = OneHotLayout((2, 4)).one_hot(torch.tensor([[-1, 3], [0, -1]]))
    assert p.tolist() == [[0.5, 0.5, 0, 0, 0, 1], [1, 0, 0.25, 0.25, 0.25, 0.25]]


# --- training -------------------------------------------------------------------------


@pytest.mark.parametrize("rate", ["rare", "common"])
def test_it_learns_a_rule_whether_anomalies_are_rare_or_common(rate):
    rule = (lambda c: c.sum(axis=1) > 7) if rate == "rare" else repeats
    codes = np.random.default_rng(0).integers(0, 4, (1500, 3))
    model = as_anomaly_model(quick(codes, rule(codes), max_epochs=200), SIZES)
    every = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    assert np.array_equal(model.logits(every) > 0, rule(every))


def test_probabilities_mean_what_they_say():
    # Labels are a coin toss: what a row deserves is known exactly.
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (8000, 3))
    p = np.array([0.05, 0.3, 0.6, 0.9])[codes[:, 0]]
    y = (rng.random(8000) < p).astype(int)
    model = as_anomaly_model(fit_row_classifier(codes, y, SIZES, max_epochs=40), SIZES)
    predicted = 1.0 / (1.0 + np.exp(-model.logits(codes)))
    for value in range(4):
        rows = codes[:, 0] == value
        assert predicted[rows].mean() == pytest.approx(p[rows][0], abs=0.05)


def test_calibration_tempers_a_network_that_memorized_its_rows():
    rng = np.random.default_rng(0)
    sizes, codes = (6,) * 4, rng.integers(0, 6, (500, 4))
    y = rng.integers(0, 2, 500)  # nothing to learn
    sure, tempered = (
        as_anomaly_model(quick(codes, y, sizes, calibrate=c, max_epochs=300), sizes)
        for c in (False, True)
    )
    new = rng.integers(0, 6, (500, 4))
    assert np.abs(sure.logits(new)).mean() > 3 * np.abs(tempered.logits(new)).mean()


def test_one_anomaly_is_enough_to_train(table):
    codes, _ = table
    y = np.arange(len(codes)) == 5
    net = quick(codes, y, max_epochs=5)
    assert net.module_.scale == 1.0  # no row could be held out for calibration


def test_of_few_anomalies_a_third_is_held_out_and_then_learned_from(table):
    codes, _ = table
    y = (np.arange(len(codes)) < 12).astype(int)
    held_out = held_out_rows(y, 0)
    assert held_out[y == 1].sum() == 4
    assert not (held_out & held_out_rows(y, 0, part=1)).any()
    part, _, finish = fit_on_part(codes, y, SIZES, held_out, max_epochs=5, seed=0)
    whole = finish()
    assert whole is not part
    assert whole.module_.scale == part.module_.scale != 1.0
    many = repeats(codes).astype(int)
    part, _, finish = fit_on_part(
        codes, many, SIZES, held_out_rows(many, 0), max_epochs=5
    )
    assert finish() is part


@pytest.mark.parametrize("variant", ["corrected", "published"])
def test_the_same_seed_gives_the_same_bits_and_leaves_the_generators_alone(
    table, variant
):
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    one, same, other = (
        quick(*table, variant=variant, max_epochs=3, seed=s, noise=0.5).module_
        for s in (0, 0, 1)
    )
    p = torch.from_numpy(one_hot(table[0], torch.float32))
    with torch.no_grad():
        assert torch.equal(one.score(p), same.score(p))
        assert not torch.equal(one.score(p), other.score(p))
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.random.get_rng_state())


def test_the_published_classifier_is_trained_as_published(table):
    net = quick(*table, variant="published", max_epochs=2)
    assert [type(layer) for layer in net.module_.network] == [
        nn.Linear, nn.Softplus, nn.Linear,
    ]  # fmt: skip
    group = net.optimizer_.param_groups[0]
    assert isinstance(net.optimizer_, torch.optim.SGD) and group["nesterov"]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.1, 0.9, 1e-4)
    assert not net.iterator_train__shuffle and net.batch_size == 100
    row = torch.tensor([[1.0] + [0.0] * 11])
    with torch.no_grad():
        z = net.module_.network(row)[0, 0]
        loss = net.module_(row, context=torch.ones(1))[0]
    assert loss == pytest.approx((torch.sigmoid(z) - 1.0).item() ** 2)


def test_noise_moves_half_of_the_training_rows_and_none_of_the_others(table):
    net = quick(*table, max_epochs=1, noise=1.0)
    p = torch.from_numpy(one_hot(table[0], torch.float32))
    moved = (net.module_.train().corrupt(p) != p).any(dim=1).float().mean()
    assert 0.4 < moved < 0.6
    assert torch.equal(net.module_.eval().corrupt(p), p)


def test_a_pickled_net_says_the_same(table):
    net = quick(*table, max_epochs=3)
    again = pickle.loads(pickle.dumps(net))
    one, two = (as_anomaly_model(n, SIZES).logits(table[0]) for n in (net, again))
    assert np.array_equal(one, two)


# --- other classifiers ----------------------------------------------------------------


def agrees(model, codes, z):
    assert np.allclose(model.logits(codes), z, rtol=1e-4, atol=1e-4)


def gradient_is_right(model):
    p = torch.rand((3, 12), generator=torch.Generator().manual_seed(0)).double()
    z, gradient = model.gradient(p)
    step = 1e-5 * torch.eye(12, dtype=torch.float64)
    for j in range(12):
        change = (model.score(p + step[j]) - model.score(p - step[j])) / 2e-5
        assert torch.allclose(change, gradient[:, j], rtol=1e-3, atol=1e-5)
    assert torch.allclose(z, model.score(p))


def test_a_detector_is_zero_at_its_threshold(table):
    codes, y = table
    X = one_hot(codes)
    detector = AutoEncoder(max_epochs=5, random_state=0).fit(X[y == 0])
    model = as_anomaly_model(detector, SIZES)
    agrees(model, codes, -detector.decision_function(X))
    gradient_is_right(model)
    assert np.allclose(
        as_anomaly_model(detector, SIZES, scale=4.0).logits(codes),
        model.logits(codes) / 4,
    )


class Probabilities(nn.Module):
    """What skorch's classifier wants with its default criterion."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(12, 2)

    def forward(self, x):
        return torch.softmax(self.linear(x), dim=1)


class Logit(nn.Module):
    """One number a row, without a second dimension."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(12, 1)

    def forward(self, x):
        return self.linear(x)[:, 0]


def two_logits():
    return nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 2))


@pytest.mark.parametrize(
    ("kind", "module", "options"),
    [
        (NeuralNetClassifier, Probabilities, {}),
        (NeuralNetClassifier, two_logits, {"criterion": nn.CrossEntropyLoss}),
        (NeuralNetBinaryClassifier, Logit, {}),
    ],
)
def test_a_skorch_classifier_says_what_its_probabilities_say(
    table, kind, module, options
):
    codes, y = table
    X = one_hot(codes, torch.float32)
    y = y.astype(np.float32 if kind is NeuralNetBinaryClassifier else np.int64)
    net = kind(module, max_epochs=3, lr=0.1, verbose=0, **options).fit(X, y)
    model = as_anomaly_model(net, SIZES)
    p = net.predict_proba(X)
    agrees(model, codes, np.log(p[:, 1] / p[:, 0]))
    gradient_is_right(model)


@pytest.mark.parametrize("labels", [(0, 1), (1, -1), (False, True), (0.0, 1.0)])
def test_estimators_are_asked_for_probabilities_or_decisions(table, labels):
    codes, y = table
    X, y = one_hot(codes), np.array(labels)[y]  # normal, anomaly
    sign = 1 if labels[0] == 0 else -1
    logistic = LogisticRegression().fit(X, y)
    model = as_anomaly_model(logistic, SIZES)
    agrees(model, codes, sign * logistic.decision_function(X))
    svc = SVC().fit(X, y)
    agrees(as_anomaly_model(svc, SIZES), codes, sign * svc.decision_function(X))


def test_an_outlier_detector_of_scikit_learn_is_negative_where_it_is_content(table):
    codes, y = table
    X = one_hot(codes)
    forest = IsolationForest(random_state=0).fit(X[y == 0])
    agrees(as_anomaly_model(forest, SIZES), codes, -forest.decision_function(X))


def test_repairs_of_a_forest_are_normal_to_it(table):
    codes, y = table
    forest = RandomForestClassifier(10, random_state=0).fit(one_hot(codes), y)
    model = as_anomaly_model(forest, SIZES)
    assert np.array_equal(model.logits(codes) > 0, forest.predict(one_hot(codes)) == 1)
    result = search_repairs(model, codes, search="exact")
    solved = result.codes[result.status == "repaired"]
    assert len(solved) and not forest.predict(one_hot(solved)).any()


@pytest.mark.parametrize(
    ("classifier", "error", "words"),
    [
        (object(), TypeError, "object cannot tell anomalies"),
        (nn.Linear(11, 1), ValueError, "Linear does not take rows of 12 columns"),
        (nn.Flatten(0), ValueError, "one number a row"),
    ],
)
def test_what_cannot_serve_is_refused_in_plain_words(classifier, error, words):
    with pytest.raises(error, match=words):
        as_anomaly_model(classifier, SIZES)


def test_three_classes_and_an_unknown_anomaly_are_refused(table):
    codes, y = table
    three = LogisticRegression().fit(one_hot(codes), codes[:, 0].clip(max=2))
    with pytest.raises(ValueError, match=r"classes \[0, 1, 2\]; expected 0 and 1"):
        as_anomaly_model(three, SIZES)
    other = LogisticRegression().fit(one_hot(codes), y + 1)
    with pytest.raises(ValueError, match=r"\[1, 2\]; expected .* or -1 and 1"):
        as_anomaly_model(other, SIZES)
    words = LogisticRegression().fit(one_hot(codes), np.array(["good", "bad"])[y])
    with pytest.raises(ValueError, match=r"'good'.*1 is the anomaly"):
        as_anomaly_model(words, SIZES)
