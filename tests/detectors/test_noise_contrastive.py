"""The noise-contrastive autoencoder: who pulls the decoder where."""

import numpy as np
import pytest
import torch

from skanomaly.detectors import AutoEncoder, NoiseContrastiveAutoEncoder


@pytest.fixture(scope="module")
def plane():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 2)) @ rng.normal(size=(2, 8))


def small(**options):
    defaults = {
        "hidden_units": (32,),
        "latent_dim": 2,
        "max_epochs": 40,
        "noise": 0.0,
        "n_passes": 1,
        "n_neighbors": 0,
    }
    return NoiseContrastiveAutoEncoder(
        **{**defaults, "batch_size": 32, "random_state": 0, **options}
    )


def separation(detector, X):
    """How far apart the classifier holds reconstructions and noise, in logits."""
    model, z = detector.net_.module_.model.eval(), torch.randn(300, 2)
    with torch.no_grad():
        real = model.logit(
            torch.as_tensor(detector.net_.module_.standardize(torch.as_tensor(X)))
        )
        fake = model.logit(model.decode(z))
    return float(real.mean() - fake.mean())


def test_a_cooperative_decoder_is_easier_to_tell_apart_than_an_adversarial_one(plane):
    torch.manual_seed(0)
    helped = small(objective="cooperative", classifier_weight=1.0).fit(plane)
    fought = small(objective="adversarial", classifier_weight=1.0).fit(plane)
    assert separation(helped, plane) > separation(fought, plane)


@pytest.mark.parametrize("objective", ["cooperative", "adversarial"])
def test_the_decoder_and_the_classifier_both_learn_from_the_contrast(plane, objective):
    module = small(objective=objective, max_epochs=1).fit(plane).net_.module_.train()
    module(torch.as_tensor(plane)).mean().backward()
    model = module.model
    for part in (model.encoder, model.decoder, model.classifier):
        assert all(
            p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters()
        )


def decoder_gradient(plane, objective):
    """Gradient of the contrast alone on the decoder, from one starting point."""
    module = small(objective=objective, max_epochs=1).fit(plane).net_.module_
    model = module.model.eval()
    fake = model.decode(torch.linspace(-2, 2, 40).reshape(20, 2))
    _, fake = model.objective(fake.detach(), fake)
    torch.nn.functional.softplus(model.logit(fake)).mean().backward()
    return torch.cat([p.grad.ravel() for p in model.decoder.parameters()])


def test_the_two_objectives_pull_the_decoder_in_opposite_directions(plane):
    one, other = (decoder_gradient(plane, o) for o in ("cooperative", "adversarial"))
    assert torch.nn.functional.cosine_similarity(one, other, dim=0) < 0


def test_codes_have_unit_scale_like_the_noise(plane):
    codes = small(max_epochs=100).fit(plane).encode(plane)
    np.testing.assert_allclose(codes.mean(axis=0), 0.0, atol=0.2)
    np.testing.assert_allclose(codes.std(axis=0), 1.0, atol=0.2)


def test_the_total_score_adds_the_classifiers_surprise(plane):
    plain = small(max_epochs=3).fit(plane)
    total = small(max_epochs=3, score_type="total").fit(plane)
    surprise = total.anomaly_score(plane) - plain.anomaly_score(plane)
    assert (surprise > 0).all()
    np.testing.assert_allclose(
        plain.feature_scores(plane).sum(axis=1), plain.anomaly_score(plane), rtol=1e-5
    )


def test_without_weight_it_reconstructs_about_as_well_as_an_autoencoder(plane):
    ours = small(classifier_weight=0.0).fit(plane).anomaly_score(plane).mean()
    plain = AutoEncoder(
        hidden_units=(32,), latent_dim=2, max_epochs=40, batch_size=32, random_state=0
    )
    assert ours < 3 * plain.fit(plane).anomaly_score(plane).mean() + 0.1
