"""The autoencoder: what its error means, and where it says the error is."""

import numpy as np
import pytest
import torch

from skanomaly.detectors import AutoEncoder


def small(**options):
    defaults = {"hidden_units": (32,), "latent_dim": 2, "max_epochs": 60}
    defaults |= {"noise": 0.0, "n_passes": 1, "n_neighbors": 0}
    return AutoEncoder(**{**defaults, "random_state": 0, "batch_size": 32, **options})


@pytest.fixture(scope="module")
def plane():
    """Rows on a plane in six dimensions, nearly."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 6))
    return X + 0.01 * rng.normal(size=X.shape)


def test_rows_off_the_plane_score_higher_than_rows_on_it(plane):
    detector = small().fit(plane)
    off = plane[:50] + np.random.default_rng(1).normal(size=(50, 6))
    assert np.median(detector.anomaly_score(off)) > 10 * np.median(
        detector.anomaly_score(plane)
    )


def test_feature_scores_point_at_the_cell_that_was_changed(plane):
    detector = small(noise=0.3, max_epochs=200).fit(plane)
    X = plane[:60].copy()
    columns = np.arange(60) % 6
    X[np.arange(60), columns] += 4 * plane.std(axis=0)[columns]
    guess = detector.feature_scores(X).argmax(axis=1)
    assert (guess == columns).mean() > 0.6  # chance is 1/6


def test_a_second_pass_feeds_the_reconstruction_in_again(plane):
    once, twice = small(max_epochs=3).fit(plane), small(max_epochs=3, n_passes=2)
    twice.fit(plane)
    np.testing.assert_allclose(
        twice.reconstruct(plane), once.reconstruct(once.reconstruct(plane)), atol=1e-5
    )


def test_a_perfect_reconstruction_scores_zero():
    model = (
        small().fit(np.random.default_rng(0).normal(size=(40, 3))).net_.module_.model
    )
    model.encoder = model.decoder = torch.nn.Identity()
    x = torch.randn(4, 3)
    assert torch.equal(model.eval().score(x), torch.zeros(4))


def test_the_score_of_an_image_does_not_depend_on_the_order_of_the_channels():
    model = (
        small().fit(np.random.default_rng(0).normal(size=(40, 12))).net_.module_.model
    )
    error = model.feature_scores(torch.randn(5, 12))
    swapped = error.reshape(5, 3, 4)[:, [2, 0, 1]].reshape(5, 12)
    torch.testing.assert_close(error.sum(dim=1), swapped.sum(dim=1))


def test_noise_changes_training_and_not_scoring(plane):
    clean, noisy = (
        small(max_epochs=2).fit(plane),
        small(max_epochs=2, noise=1.0).fit(plane),
    )
    assert not np.array_equal(clean.score_samples(plane), noisy.score_samples(plane))
    np.testing.assert_array_equal(
        noisy.score_samples(plane), noisy.score_samples(plane)
    )


def test_doubling_a_coordinate_decodes_the_doubled_code(plane):
    detector = small().fit(plane)
    module = detector.net_.module_.double().eval()
    z = torch.as_tensor(detector.encode(plane[:9]))
    z[:, 1] *= 2.0
    with torch.no_grad():
        expected = module.restore(module.model.decode(z)).numpy()
    np.testing.assert_allclose(
        detector.latent_traversal(plane[:9], 1, 2.0), expected, rtol=1e-5
    )


def test_the_traversal_with_factor_one_is_the_reconstruction(plane):
    detector = small().fit(plane)
    np.testing.assert_array_equal(
        detector.latent_traversal(plane, [0, 1], 1.0), detector.reconstruct(plane)
    )


def test_the_reconstruction_has_the_units_of_the_rows(plane):
    X = 1000.0 + 50.0 * plane
    reconstruction = small(max_epochs=150).fit(X).reconstruct(X)
    assert np.abs(reconstruction - X).mean() < 0.3 * X.std()


def test_a_factor_that_is_no_number_is_an_error(plane):
    detector = small(max_epochs=1).fit(plane)
    with pytest.raises(TypeError, match="factor='2' must be a number"):
        detector.latent_traversal(plane, 0, "2")


@pytest.mark.parametrize("index", [2, [-3], [0, 5]])
def test_a_coordinate_that_the_code_lacks_is_an_error(plane, index):
    with pytest.raises(ValueError, match="codes have 2 coordinates"):
        small(max_epochs=1).fit(plane).latent_traversal(plane, index, 2.0)


def test_image_shape_selects_a_convolutional_network_for_rows_and_for_images():
    X = np.random.default_rng(0).normal(size=(40, 1, 8, 8))
    detector = small(image_shape=(1, 8, 8), hidden_units=None, max_epochs=1).fit(X)
    kinds = {type(layer).__name__ for layer in detector.net_.module_.modules()}
    assert {"Conv2d", "ConvTranspose2d"} <= kinds
    np.testing.assert_array_equal(
        detector.score_samples(X), detector.score_samples(X.reshape(40, -1))
    )
    np.testing.assert_array_equal(
        detector.score_samples(X), detector.score_samples(X[:, 0])
    )


class Wide(torch.nn.Sequential):
    """A user's own network."""

    def __init__(self, n_inputs, n_outputs, width=8):
        super().__init__(
            torch.nn.Linear(n_inputs, width),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(width, n_outputs),
        )


def test_a_users_network_trains_reproducibly_and_leaves_the_global_generator_alone(
    plane,
):
    before = torch.get_rng_state()
    first, second = (
        small(module=Wide, module__width=16, max_epochs=2).fit(plane) for _ in "ab"
    )
    assert torch.equal(before, torch.get_rng_state())
    assert first.net_.module_.model.encoder[0].out_features == 16
    np.testing.assert_array_equal(
        first.score_samples(plane), second.score_samples(plane)
    )
