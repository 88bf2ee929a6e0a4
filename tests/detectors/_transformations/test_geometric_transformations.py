"""Transformations that differ, Dirichlet laws that fit, scores of the papers."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from skanomaly.datasets import one_vs_rest
from skanomaly.detectors import GeometricTransformations
from skanomaly.detectors._transformations.dirichlet import (
    dirichlet_mle,
    inverse_digamma,
)
from skanomaly.detectors._transformations.transformations import (
    MAP_SCALE,
    pixel_maps,
    random_maps,
    transformed,
    transformed_by,
)
from skanomaly.nets import SinglePrecision, WideResNet
from skanomaly.nets.layers import RandomStream

ALPHA = [2.0, 5.0, 1.0]


def tables(**options):
    defaults = {"n_transformations": 4, "max_epochs": 30, "contamination": 0.1}
    return GeometricTransformations(random_state=0, **{**defaults, **options})


def images(**options):
    return tables(image_shape=(1, 8, 8), hidden_units=(8, 16), **options)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return one_vs_rest(X, y, 4, random_state=0)


# Transformations of images


def test_the_72_transformations_of_an_asymmetric_image_are_distinct():
    image = np.random.default_rng(0).normal(size=32 * 32)
    views = image[pixel_maps(32, 32)]
    assert len(views) == 72
    assert len(np.unique(views, axis=0)) == 72


def test_they_come_in_the_order_of_the_paper_and_the_first_is_the_identity():
    image = np.random.default_rng(0).normal(size=(32, 32))
    views = image.ravel()[pixel_maps(32, 32)].reshape(2, 3, 3, 4, 32, 32)
    assert_array_equal(views[0, 0, 0, 0], image)
    assert_array_equal(views[0, 0, 0, 1], np.rot90(image))
    assert_array_equal(views[1, 0, 0, 0], image[:, ::-1])
    left, right = views[0, 1, 0, 0], views[0, 2, 0, 0]
    assert_array_equal(left[:, :-8], image[:, 8:])
    assert_array_equal(right[:, 8:], image[:, :-8])
    assert_array_equal(right[:, :8], image[:, 7::-1])  # what moved in is a reflection
    assert_array_equal(views[0, 0, 1, 0][:-8], image[8:])
    # The flip comes first and the rotation last.
    assert_array_equal(views[1, 2, 0, 3][:], np.rot90(_right(image[:, ::-1]), 3))


def _right(image):
    return np.hstack([image[:, 7::-1], image[:, :-8]])


@pytest.mark.parametrize(
    ("shape", "n_maps"), [((28, 20), 36), ((28, 28), 72), ((1, 4), 6)]
)
def test_images_that_are_not_square_keep_their_shape(shape, n_maps):
    maps = pixel_maps(*shape)
    assert len(np.unique(maps, axis=0)) == len(maps) == n_maps


def test_every_row_gets_its_own_transformations_in_all_channels():
    x = torch.randn(3, 2 * 16)
    maps = torch.from_numpy(pixel_maps(4, 4))
    choice = torch.tensor([[0, 5], [71, 2], [30, 30]])
    views = transformed_by(x, maps, choice, n_channels=2)
    for i in range(3):
        for j in range(2):
            expected = transformed(x, maps[choice[i, j]], n_channels=2)[i]
            assert torch.equal(views[i, j], expected)
    assert torch.equal(views[0, 0], x[0])


def test_an_image_of_one_pixel_is_refused():
    with pytest.raises(ValueError, match=r"image_shape=\(3, 1, 1\).*no transform"):
        tables(image_shape=(3, 1, 1)).fit(np.random.default_rng(0).normal(size=(9, 3)))


def test_rows_have_the_same_scale_after_random_maps_whatever_their_columns():
    generator = torch.Generator().manual_seed(0)
    for n_columns in (3, 40):
        maps = random_maps(500, n_columns, 30, generator).flatten(1)
        rows = torch.randn(200, n_columns, generator=generator) @ maps
        assert_allclose(rows.std(), MAP_SCALE, rtol=0.1)


# Dirichlet


def test_the_inverse_of_the_digamma_function():
    alpha = torch.logspace(-2, 3, 200, dtype=torch.float64)
    assert_allclose(inverse_digamma(torch.digamma(alpha)), alpha, rtol=1e-8)


def test_the_parameters_of_a_dirichlet_law_are_recovered():
    p = torch.tensor(np.random.default_rng(0).dirichlet(ALPHA, 20_000))
    alpha = dirichlet_mle(p.mean(dim=0), p.log().mean(dim=0))
    assert_allclose(alpha, ALPHA, rtol=0.05)


def test_the_estimate_is_where_the_likelihood_is_flat():
    p = torch.tensor(np.random.default_rng(1).dirichlet(ALPHA, size=(2, 50)))
    mean_log = p.log().mean(dim=1)
    alpha = dirichlet_mle(p.mean(dim=1), mean_log).requires_grad_()
    law = torch.distributions.Dirichlet(alpha)
    law.log_prob(p.transpose(0, 1)).mean(dim=0).sum().backward()
    assert_allclose(alpha.grad, 0.0, atol=1e-6)


def test_proportions_that_never_vary_have_a_finite_estimate():
    p = torch.tensor([0.2, 0.8], dtype=torch.float64)
    assert torch.isfinite(dirichlet_mle(p, p.log())).all()


# Scores


def test_the_dirichlet_score_is_the_log_density_but_for_a_constant(digits):
    X = digits[0]
    module = images(max_epochs=2, score_type="dirichlet").fit(X).net_.module_.double()
    model, x = module.model, module.standardize(torch.tensor(X)).double()
    with torch.no_grad():
        answers = [model.log_probabilities(x, t).exp() for t in range(72)]
        laws = [torch.distributions.Dirichlet(alpha) for alpha in model.alpha]
        densities = [law.log_prob(p) for law, p in zip(laws, answers, strict=True)]
        difference = model.score(x) + torch.stack(densities).mean(dim=0)
    assert model.score(x).std() > 0.01
    assert_allclose(difference, difference.mean(), rtol=1e-6)


@pytest.mark.parametrize("make", [tables, images])
def test_the_simple_scores_look_at_the_right_answer(make, digits):
    X = digits[0]
    likelihood = make(max_epochs=2, score_type="likelihood").fit(X)
    softmax = make(max_epochs=2, score_type="softmax").fit(X)
    module = likelihood.net_.module_
    with torch.no_grad():
        x = module.standardize(torch.tensor(X))
        log_p = torch.stack(
            [
                module.model.log_probabilities(x, t)[:, t]
                for t in range(module.model.n_transformations)
            ]
        )
    assert_allclose(likelihood.score_samples(X), log_p.mean(0), rtol=1e-3, atol=1e-4)
    assert_allclose(softmax.score_samples(X), log_p.exp().mean(0), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("score_type", ["dirichlet", "likelihood", "softmax"])
def test_digits_of_another_class_are_anomalous(score_type, digits):
    X, X_test, _, y_test = digits
    detector = images(max_epochs=120, score_type=score_type).fit(X)
    assert roc_auc_score(y_test, detector.anomaly_score(X_test)) > 0.85


def test_rows_far_away_from_a_table_score_higher_the_farther_they_are():
    X = np.random.default_rng(0).normal(size=(300, 5))
    detector = tables(max_epochs=60).fit(X)
    far = [detector.anomaly_score(X * factor).min() for factor in (10, 100, 1000)]
    assert detector.anomaly_score(X).max() < far[2]
    assert far == sorted(far)


@pytest.mark.parametrize("make", [tables, images])
def test_the_score_can_be_differentiated_by_the_row(make, digits):
    X = digits[0][:50]
    module = make(max_epochs=1).fit(X).net_.module_
    x = torch.tensor(X, requires_grad=True)
    module.score(x).sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


# Training


def test_the_loss_of_a_table_is_what_the_formula_says(digits):
    X = torch.tensor(digits[0][:20])
    module = tables(lr=0.02, margin=20.0).fit(digits[0]).net_.module_.eval()
    codes = module.model.encode(module.standardize(X)).detach().numpy()
    centers = module.model.centers.numpy()
    d = np.square(codes[:, :, None] - centers).sum(axis=-1)  # of row, of t, to centre
    expected = np.zeros(len(X))
    for t in range(4):
        others = np.delete(d[:, t], t, axis=1)  # the centre of t itself is no other
        log_probability = -d[:, t, t] - np.log(np.exp(-d[:, t]).sum(axis=1))
        hinge = np.maximum(d[:, t, t] + 20.0 - others.min(axis=1), 0.0)
        expected += (hinge - log_probability) / 4
    assert_allclose(module(X).detach(), expected, rtol=1e-4)
    assert np.ptp(others.min(axis=1) - d[:, -1, -1]) > 1.0


def test_centers_are_the_mean_codes_of_the_training_rows(digits):
    X = digits[0]
    module = tables().fit(X).net_.module_
    with torch.no_grad():
        codes = module.model.encode(module.standardize(torch.tensor(X)))
    assert_allclose(module.model.centers, codes.mean(dim=0), atol=1e-5)


def test_members_of_an_ensemble_are_transformed_as_if_they_were_alone(digits):
    X = torch.tensor(digits[0]).float()
    model = tables(max_epochs=1).fit(digits[0]).net_.module_.model.train()
    both = model(torch.stack([X[:60], X[60:120]]))
    for member, rows in zip(both, (X[:60], X[60:120]), strict=True):
        assert_allclose(member.detach(), model(rows).detach(), rtol=1e-4)


def test_more_draws_make_the_loss_of_a_row_vary_less(digits):
    module, x = images(max_epochs=1).fit(digits[0]).net_.module_, torch.ones(500, 64)

    def spread(n_draws):
        module.model.n_draws = n_draws
        return float(module.train()(torch.arange(64.0) * x).detach().std())

    assert spread(16) < 0.5 * spread(1)


def test_held_out_images_are_always_looked_at_in_the_same_way(digits):
    module = images(max_epochs=1).fit(digits[0]).net_.module_.eval()
    x = torch.tensor(digits[0])
    assert torch.equal(module(x), module(x))


def test_the_wide_residual_network_of_the_paper_can_be_the_classifier(digits):
    X = digits[0]
    detector = images(module=WideResNet, module__width=1, max_epochs=1).fit(X)
    assert isinstance(detector.net_.module_.model.classifier, WideResNet)
    scores = detector.score_samples(X)
    assert_array_equal(detector.score_samples(X[5:6]), scores[5:6])


def test_wrn_10_4_has_the_published_number_of_weights():
    # About 1.2 million (S. Zagoruyko's code counts 1.198 for ten classes).
    n_weights = sum(p.numel() for p in WideResNet((3, 32, 32), 10).parameters())
    assert 1.19e6 < n_weights < 1.22e6
    with pytest.raises(ValueError, match="depth=11"):
        WideResNet((3, 32, 32), 10, depth=11)


def test_single_precision_takes_and_gives_doubles_and_computes_in_floats():
    stream = RandomStream(0)
    network = SinglePrecision(WideResNet((1, 8, 8), 3, stream=stream).trunk.network)
    x = torch.randn(4, 64)
    with torch.no_grad():
        expected = network.eval()(x)
        assert torch.equal(network.double()(x.double()), expected.double())


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({"n_transformations": 1}, "n_transformations"),
        ({"transformation_dim": 0}, "transformation_dim"),
        ({"margin": -1.0}, "margin"),
        ({"n_draws": 0}, "n_draws"),
        ({"score_type": "sum"}, "score_type"),
        ({"hidden_units": (0,)}, "hidden_units"),
        ({"score_type": "dirichlet"}, "score_type='dirichlet'.*image_shape"),
    ],
)
def test_bad_parameters_are_named(params, pattern):
    with pytest.raises(ValueError, match=pattern):
        tables(**params).fit(np.eye(9))


def test_the_score_can_be_changed_after_the_fit(digits):
    X = digits[0]
    detector = tables(max_epochs=2).fit(X)
    before = detector.score_samples(X)
    softmax = tables(max_epochs=2, score_type="softmax").fit(X)
    after = detector.set_params(score_type="softmax").score_samples(X)
    assert_array_equal(after, softmax.score_samples(X))
    assert (after != before).any()
    with pytest.raises(ValueError, match="offset_ was set for"):
        detector.predict(X)


def test_dirichlet_laws_are_learned_in_fit(digits):
    X = digits[0]
    detector = images(max_epochs=1).fit(X).set_params(score_type="dirichlet")
    with pytest.raises(ValueError, match="fitted with 'likelihood'"):
        detector.score_samples(X)
    detector.set_params(warm_start=True).fit(X)
    assert (detector.net_.module_.model.alpha != 1.0).any()
    assert np.isfinite(detector.score_samples(X)).all()


def test_the_classifier_of_images_can_do_without_any_bias(digits):
    model = images(max_epochs=1, module__bias=False).fit(digits[0][:50])
    weights = model.net_.module_.model.classifier.named_parameters()
    assert not [name for name, _ in weights if name.endswith("bias")]
