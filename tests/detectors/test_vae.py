"""The VAE: the model against a closed form, its scores against each other."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from torch import nn

from skanomaly.detectors import VAE
from skanomaly.detectors._vae import VAEModel
from skanomaly.nets.layers import RandomStream
from skanomaly.nets.likelihoods import Bernoulli, Gaussian
from skanomaly.nets.priors import NormalPrior

SCORES = ("elbo", "iwae", "rate", "distortion")
PRIORS = ("flow", "mixture", "normal")


def small(**options):
    defaults = {"hidden_units": (16,), "latent_dim": 2, "max_epochs": 40, "lr": 1e-2}
    defaults |= {"n_components": 4, "n_transforms": 2, "contamination": 0.1}
    return VAE(**{**defaults, "random_state": 0, **options})


@pytest.fixture(scope="module")
def plane():
    """Rows near a plane in six dimensions, in all sorts of units."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 6))
    X += 0.3 * rng.normal(size=X.shape)
    return X * [1.0, 10.0, 0.1, 1.0, 1.0, 5.0] + [0.0, 3.0, 0.0, 100.0, 0.0, -7.0]


@pytest.fixture(scope="module")
def shares():
    """Rows in [0, 1] with cells at both ends."""
    rng = np.random.default_rng(0)
    X = 0.5 + rng.normal(size=(300, 1)) * rng.normal(size=5) * 0.3
    return np.clip(X + 0.1 * rng.normal(size=X.shape), 0.0, 1.0)


@pytest.fixture(scope="module")
def fitted(plane):
    return small().fit(plane)


# The model


def linear_model(n_draws):
    """Probabilistic PCA, whose marginal law is known, and its exact posterior."""
    generator = torch.Generator().manual_seed(0)
    W = torch.randn(4, 2, generator=generator).double()
    model = VAEModel(
        encoder=nn.Linear(4, 4),
        decoder=nn.Linear(2, 4, bias=False),
        prior=NormalPrior(2),
        likelihood=Gaussian(4),
        beta=1.0,
        score_type="iwae",
        n_draws=n_draws,
        stream=RandomStream(0),
    ).double()
    variance = 1.0 + Gaussian.MIN_SCALE**2
    precision = torch.eye(2) + W.T @ W / variance
    with torch.no_grad():
        model.decoder.weight.copy_(W)
        model.encoder.weight[:2] = torch.linalg.solve(precision, W.T / variance)
        model.encoder.weight[2:] = 0.0
        model.encoder.bias.copy_(torch.tensor([0.0, 0.0, -0.4, -0.4]))
    x = torch.randn(5, 4, generator=generator).double()
    marginal = stats.multivariate_normal(
        cov=(W @ W.T + variance * torch.eye(4)).numpy()
    )
    return model, x, -marginal.logpdf(x)


def test_iwae_with_many_draws_is_the_exact_marginal_of_probabilistic_pca():
    model, x, exact = linear_model(2000)
    with torch.no_grad():
        iwae = model.score(x).numpy()
        model.score_type = "elbo"
        elbo = model.score(x).numpy()
    np.testing.assert_allclose(iwae, exact, atol=0.03)
    assert (elbo > exact + 0.1).all()  # the posterior is not the diagonal one of q


def test_more_draws_begin_with_the_draws_of_fewer():
    model, x, _ = linear_model(3)
    few = model.parts(x)
    model.n_draws = 7
    for part, more in zip(few, model.parts(x), strict=True):
        assert torch.equal(part, more[:3])


def test_models_side_by_side_score_as_one_by_one():
    (one, x, _), (other, _, _) = linear_model(3), linear_model(3)
    with torch.no_grad():
        other.likelihood.raw_scale += 0.7
        other.noise_seed += 1
        expected = [m.score(x) for m in (one, other)]
        both, _, _ = linear_model(3)
        both.likelihood.raw_scale = nn.Parameter(
            torch.stack([m.likelihood.raw_scale for m in (one, other)]).unsqueeze(1)
        )
        both.noise_seed = torch.stack([one.noise_seed, other.noise_seed]).unsqueeze(1)
        scores = both.score(x.expand(2, *x.shape))
        assert both(x.expand(2, *x.shape)).shape == (2, 5)
    torch.testing.assert_close(scores, torch.stack(expected))


# The scores


@pytest.mark.parametrize("prior", PRIORS)
def test_scores_are_nats_that_belong_together(plane, prior):
    detector = small(prior=prior, max_epochs=5).fit(plane)
    score = {
        name: detector.set_params(score_type=name).anomaly_score(plane)
        for name in SCORES
    }
    np.testing.assert_allclose(
        score["rate"] + score["distortion"], score["elbo"], rtol=1e-5, atol=1e-4
    )
    assert (score["iwae"] <= score["elbo"] + 1e-5).all()
    assert (score["iwae"] < score["elbo"]).any()
    np.testing.assert_allclose(
        detector.feature_scores(plane).sum(axis=1), score["distortion"], rtol=1e-5
    )


def test_the_score_is_a_density_in_the_units_of_the_rows(plane):
    unit = np.array([2.0, 0.01, 1.0, 1e3, 1.0, 5.0])
    for name in SCORES:
        scores, others = (
            small(max_epochs=3, score_type=name).fit(X).anomaly_score(X)
            for X in (plane, plane * unit)
        )
        shift = 0.0 if name == "rate" else np.log(unit).sum()
        np.testing.assert_allclose(others, scores + shift, rtol=1e-3, atol=1e-3)


def test_nearly_normal_rows_get_nearly_the_density_that_made_them():
    rng = np.random.default_rng(0)
    cov = np.array([[4.0, 1.5], [1.5, 1.0]])
    X = rng.multivariate_normal([10.0, -3.0], cov, size=1000)
    detector = small(latent_dim=1, max_epochs=60, score_type="iwae", n_draws=64)
    truth = stats.multivariate_normal([10.0, -3.0], cov).logpdf(X)
    assert abs(np.mean(detector.fit(X).score_samples(X) - truth)) < 0.1


@pytest.mark.parametrize("score_type", SCORES)
def test_rows_off_the_plane_score_higher_than_rows_on_it(plane, fitted, score_type):
    off = plane + 4 * plane.std(axis=0) * np.random.default_rng(1).normal(size=(400, 6))
    detector = fitted.set_params(score_type=score_type)
    on, off = detector.anomaly_score(plane), detector.anomaly_score(off)
    fitted.set_params(score_type="elbo")
    assert (np.median(on) < off).mean() > 0.9


def test_the_rate_falls_as_beta_rises(plane):
    rates = [
        small(beta=beta, score_type="rate").fit(plane).anomaly_score(plane).mean()
        for beta in (0.1, 1.0, 10.0)
    ]
    assert rates[0] > rates[1] + 0.5
    assert rates[1] > rates[2] + 0.5


@pytest.mark.parametrize("prior", ["flow", "mixture"])
def test_a_learned_prior_moves_to_where_the_codes_are(plane, prior):
    detector = small(prior=prior, max_epochs=20).fit(plane)
    learned = detector.score(plane)
    first = small(prior=prior, max_epochs=1, lr=1e-12).fit(plane)
    detector.net_.module_.model.prior = first.net_.module_.model.prior
    assert learned > detector.score(plane) + 0.02


def test_a_mixture_finds_clusters_of_codes():
    rng = np.random.default_rng(0)
    X = np.repeat(np.eye(4) * 5, 100, axis=0) + 0.3 * rng.normal(size=(400, 4))
    normal, learned = (
        small(prior=prior, n_components=10, max_epochs=100).fit(X).score(X)
        for prior in ("normal", "mixture")
    )
    assert learned > normal + 0.2


@pytest.mark.parametrize("prior", PRIORS)
def test_scores_repeat_and_do_not_depend_on_the_rows_beside(plane, prior):
    detector = small(prior=prior, max_epochs=2).fit(plane)
    scores = detector.score_samples(plane)
    np.testing.assert_array_equal(detector.score_samples(plane), scores)
    single = [detector.score_samples(row[None])[0] for row in plane[:20]]
    np.testing.assert_array_equal(single, scores[:20])


def test_another_score_or_number_of_draws_needs_no_fit_but_a_line_of_its_own(plane):
    detector = small(max_epochs=3).fit(plane)
    net, scores = detector.net_, detector.decision_function(plane)
    for change in ({"score_type": "iwae"}, {"n_draws": 50}):
        detector.set_params(**change)
        assert not np.allclose(detector.score_samples(plane), scores + detector.offset_)
        with pytest.raises(ValueError, match=r"score_type='elbo'.*calibrate"):
            detector.predict(plane)
    assert (detector.calibrate(plane).predict(plane) == -1).sum() == 40
    assert detector.net_ is net
    fresh = small(max_epochs=3, score_type="iwae", n_draws=50).fit(plane)
    np.testing.assert_array_equal(
        fresh.decision_function(plane), detector.decision_function(plane)
    )


def test_a_score_that_is_none_is_refused_after_fit_too(plane, fitted):
    with pytest.raises(ValueError, match="score_type"):
        fitted.set_params(score_type="waic").score_samples(plane)
    fitted.set_params(score_type="elbo")


# Rows in, rows out


@pytest.mark.parametrize("prior", PRIORS)
def test_samples_are_like_the_rows(plane, prior):
    detector = small(prior=prior, max_epochs=80).fit(plane)
    drawn = detector.sample(4000, random_state=0)
    scale = plane.std(axis=0)
    np.testing.assert_allclose(drawn.mean(0) / scale, plane.mean(0) / scale, atol=0.25)
    np.testing.assert_allclose(drawn.std(axis=0) / scale, 1.0, atol=0.25)
    correlation = np.corrcoef(drawn.T) - np.corrcoef(plane.T)
    assert np.abs(correlation).max() < 0.25
    np.testing.assert_array_equal(detector.sample(5, 0), detector.sample(5, 0))
    assert not np.array_equal(detector.sample(5, 0), detector.sample(5, 1))
    assert detector.sample().shape == (1, 6)


@pytest.mark.parametrize("n_samples", [0, -1, 1.5, "2"])
def test_samples_are_counted_by_positive_integers(fitted, n_samples):
    with pytest.raises(ValueError, match="n_samples"):
        fitted.sample(n_samples)


def test_codes_and_reconstructions_come_from_the_mean(plane, fitted):
    module = fitted.net_.module_
    codes, rows = fitted.encode(plane), fitted.reconstruct(plane)
    with torch.no_grad():
        x = module.standardize(torch.tensor(plane))
        loc, _ = module.model.posterior(x)
        expected = module.restore(module.model.decoder(loc))
    np.testing.assert_allclose(codes, loc, atol=1e-4)
    np.testing.assert_allclose(rows, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(fitted.latent_traversal(plane, 0, 1.0), rows)


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli"])
def test_rows_in_the_unit_interval_stay_there(shares, likelihood):
    if likelihood == "bernoulli":
        shares = np.round(shares)
    detector = small(likelihood=likelihood, max_epochs=60).fit(shares)
    for rows in (detector.reconstruct(shares), detector.sample(500, random_state=0)):
        assert 0.0 <= rows.min() <= rows.max() <= 1.0
    copies = detector.reconstruct(shares)
    assert np.corrcoef(copies.ravel(), shares.ravel())[0, 1] > 0.7
    drawn = detector.sample(4000, random_state=0).mean(axis=0)
    np.testing.assert_allclose(drawn, shares.mean(axis=0), atol=0.06)
    x = detector.net_.module_.standardize(torch.tensor(shares))
    np.testing.assert_allclose(x, 2 * shares - 1, atol=1e-6)


@pytest.mark.parametrize("value", [-0.001, 1.25])
def test_cells_outside_the_unit_interval_are_named(shares, value):
    frame = pd.DataFrame(shares, columns=list("abcde"))
    bad = frame.copy()
    bad.loc[7, "d"] = value
    detector = small(likelihood="continuous_bernoulli", max_epochs=1)
    message = rf"column 'd' of X holds {value}.*MinMaxScaler\(clip=True\)"
    with pytest.raises(ValueError, match=message):
        detector.fit(bad)
    with pytest.raises(ValueError, match=message):
        detector.fit(frame).score_samples(bad)


@pytest.mark.parametrize(
    "options",
    [
        {"likelihood": "poisson"},
        {"prior": "uniform"},
        {"beta": -1.0},
        {"n_draws": 0},
        {"score_type": "waic"},
        {"n_components": 0},
        {"n_transforms": 0},
    ],
)
def test_parameters_that_cannot_be_are_named(plane, options):
    with pytest.raises(ValueError, match=f"'{next(iter(options))}' parameter"):
        small(**options).fit(plane)


@pytest.mark.parametrize("likelihood", ["gaussian", "continuous_bernoulli"])
def test_images_go_through_convolutions(likelihood):
    X = np.random.default_rng(0).random((40, 1, 8, 8))
    detector = small(
        image_shape=(1, 8, 8), hidden_units=(4, 4), max_epochs=1, likelihood=likelihood
    ).fit(X)
    kinds = {type(layer).__name__ for layer in detector.net_.module_.modules()}
    assert {"Conv2d", "ConvTranspose2d"} <= kinds
    flat = X.reshape(40, -1)
    np.testing.assert_array_equal(
        detector.score_samples(X), detector.score_samples(flat)
    )
    assert detector.sample(3).shape == detector.reconstruct(X[:3]).shape == (3, 64)
    assert detector.encode(X).shape == (40, 2)


class Wide(nn.Linear):
    """A user's own network."""

    def __init__(self, n_inputs, n_outputs, width=8):
        super().__init__(n_inputs, n_outputs)
        self.width = width


def test_a_users_network_makes_means_and_scales_of_codes(plane):
    model = small(module=Wide, module__width=3, max_epochs=1).fit(plane).net_.module_
    assert model.model.encoder.width == model.model.decoder.width == 3
    assert model.model.encoder.out_features == 2 * model.model.decoder.in_features == 4


def test_rows_far_from_zero_keep_their_digits():
    stamps = 1.7e9 + np.random.default_rng(0).normal(0, 20, size=(500, 2))
    detector = small(max_epochs=50).fit(stamps)
    assert len(np.unique(detector.sample(500, random_state=0))) > 900
    assert detector.sample(500, random_state=0).std() == pytest.approx(20, rel=0.3)
    assert len(np.unique(detector.reconstruct(stamps))) > 100


@pytest.mark.parametrize("later", ["gaussian", "continuous_bernoulli"])
def test_a_likelihood_set_after_fit_waits_for_the_next_one(later, shares):
    detector = small(likelihood="bernoulli", max_epochs=2).fit(shares)
    before = detector.score_samples(shares)
    detector.set_params(likelihood=later)
    np.testing.assert_array_equal(detector.score_samples(shares), before)
    with pytest.raises(ValueError, match="likelihood='bernoulli' is for numbers in"):
        detector.score_samples(shares + 1.0)
    with pytest.warns(UserWarning, match="first fit, where likelihood='bernoulli'"):
        detector.set_params(warm_start=True).fit(shares)  # goes on with what there is
    assert isinstance(detector.net_.module_.model.likelihood, Bernoulli)
    offset = detector.anomaly_score(shares).mean() + before.mean()
    assert abs(offset) < 1.0  # not the logs of the columns' scales


def test_a_gaussian_model_keeps_taking_all_numbers(plane, fitted):
    before = fitted.score_samples(plane)
    try:
        fitted.set_params(likelihood="bernoulli")
        np.testing.assert_array_equal(fitted.score_samples(plane), before)
    finally:
        fitted.set_params(likelihood="gaussian")


def test_pixels_are_not_to_be_scaled_one_by_one():
    X = np.full((10, 4), 200.0)
    with pytest.raises(ValueError, match="Divide by the largest possible value"):
        small(likelihood="bernoulli", image_shape=(1, 2, 2)).fit(X)


def test_channels_that_come_last_are_told_of():
    X = np.random.default_rng(0).random((20, 8, 8, 1))
    with pytest.warns(UserWarning, match=r"image_shape=\(1, 8, 8\)"):
        small(image_shape=(8, 8, 1), max_epochs=1).fit(X)
