"""Deep SVDD: it does not collapse, the centre stays, the radius is a quantile."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from skorch.callbacks import Callback
from torch import nn

from skanomaly.detectors import DeepSVDD
from skanomaly.detectors._hypersphere import pushed_from_zero
from skanomaly.nets import LeNetDecoder, LeNetEncoder
from skanomaly.nets.layers import RandomStream

IMAGE_SHAPE = (1, 8, 8)


def small(**options):
    defaults = {"hidden_units": (16,), "latent_dim": 4, "max_epochs": 30}
    defaults |= {"random_state": 0, "batch_size": 50, "contamination": 0.1}
    defaults |= {"lr": 5e-3, "pretrain_epochs": 10}
    return DeepSVDD(**(defaults | options))


@pytest.fixture(scope="module")
def plane():
    """Rows on a plane in six dimensions, nearly."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 6))
    return X + 0.01 * rng.normal(size=X.shape)


@pytest.fixture(scope="module")
def stripes():
    """Images of stripes, one brightness a column, with noise."""
    rng = np.random.default_rng(0)
    columns = np.tile(rng.uniform(size=(200, 1, 8)), (1, 8, 1))
    return (columns + 0.05 * rng.normal(size=(200, 8, 8))).reshape(200, 64)


def model(detector):
    return detector.net_.module_.model


BIASED = ["0.weight", "0.bias", "2.weight", "2.bias"]
VARIANTS = {
    "dense": {},
    "convolutional": {"image_shape": IMAGE_SHAPE, "hidden_units": (8, 4)},
    "soft": {"objective": "soft-boundary"},
}


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_nothing_can_shift_the_codes(params, stripes):
    network = model(small(max_epochs=1, module__bias=True, **params).fit(stripes))
    names = [name for name, _ in network.named_parameters()]
    assert names
    assert not [name for name in names if "bias" in name]
    assert not [m for m in network.modules() if getattr(m, "affine", False)]


def test_a_network_of_vanishing_weights_maps_rows_to_zero(stripes):
    network = model(small(max_epochs=3).fit(stripes)).encoder
    for weight in network.parameters():
        weight.data.zero_()
    x = torch.tensor(stripes, dtype=torch.float32)
    torch.testing.assert_close(network(x), torch.zeros(200, 4))


def test_each_unit_measures_from_the_middle_of_two_rows(plane):
    detector = small(hidden_units=(64,), max_epochs=3, standardize=False).fit(plane)
    anchors = model(detector).encoder[0].anchors.T
    middles = (plane[:, None] + plane[None]) / 2
    distance = torch.cdist(anchors.double(), torch.tensor(middles.reshape(-1, 6)))
    assert distance.min(dim=1).values.max() < 1e-6
    assert len(anchors.unique(dim=0)) > 60


def test_the_middle_of_the_rows_is_normal():
    X = np.random.default_rng(0).normal(size=(1000, 2))
    scores = DeepSVDD(contamination=0.1, random_state=0).fit(X).anomaly_score(X)
    order = np.argsort(np.hypot(*X.T))
    inner, outer = scores[order[:50]].mean(), scores[order[-50:]].mean()
    assert inner < np.median(scores) < outer


def test_continued_training_keeps_the_points_that_units_measure_from(plane):
    detector = small(warm_start=True, pretrain_epochs=0).fit(plane)
    before = model(detector).encoder[0].anchors.clone()
    detector.partial_fit(plane[:100] + 5.0).fit(plane[100:])
    assert torch.equal(model(detector).encoder[0].anchors, before)


def test_a_linear_map_measures_from_the_origin(plane):
    detector = small(max_epochs=1, pretrain_epochs=0, hidden_units=()).fit(plane)
    assert not hasattr(model(detector).encoder[0], "anchors")


@pytest.mark.parametrize("max_epochs", ["auto", 1000])
def test_a_table_of_one_column_does_not_flatten_out(max_epochs):
    # Where units together make a constant most easily; 1,000 epochs are 3,000 steps.
    rng = np.random.default_rng(1)
    X, normal = rng.normal(size=(2, 300, 1))
    far = rng.choice([-1, 1], (100, 1)) * rng.uniform(3, 6, (100, 1))
    own = {"hidden_units": (128,), "max_epochs": max_epochs, "contamination": 0.1}
    detector = DeepSVDD(**own, random_state=0).fit(X)
    scores = detector.anomaly_score(np.vstack([normal, far]))
    assert roc_auc_score(np.repeat([0, 1], [300, 100]), scores) > 0.98


def test_a_bias_given_to_our_network_is_the_decoders(plane):
    detector = small(module__bias=True, max_epochs=1).fit(plane)
    decoder = detector._mirrored_decoder(6, stream=RandomStream(0), bias=True)
    networks = model(detector).encoder, decoder
    names = [[name for name, _ in n.named_parameters()] for n in networks]
    assert names == [["0.linear.weight", "2.weight"], BIASED]


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_training_draws_the_rows_to_the_centre_and_does_not_collapse(params, stripes):
    detector = small(max_epochs=60, **params).fit(stripes)
    untrained = small(max_epochs=1, lr=1e-12, **params).fit(stripes)

    def spread(d):
        return np.mean((d.encode(stripes) - d.center_) ** 2)

    bound = 0.5 if params.get("objective") != "soft-boundary" else 1.0
    assert spread(detector) < bound * spread(untrained)
    assert (detector.encode(stripes).std(axis=0) > 1e-4).all()


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_noise_is_far_from_the_centre(params, stripes):
    # Of tables, pretraining would learn what stripes and noise have in common.
    detector = small(max_epochs=60, pretrain_epochs="auto", **params).fit(stripes)
    noise = np.random.default_rng(1).uniform(size=stripes.shape)
    scores = detector.anomaly_score(np.vstack([stripes, noise]))
    assert roc_auc_score(np.repeat([0, 1], [200, 200]), scores) > 0.8


@pytest.mark.parametrize("objective", ["one-class", "soft-boundary"])
def test_the_loss_of_the_second_phase_falls(objective, plane):
    detector = small(objective=objective, warmup=0.0).fit(plane)
    history = detector.net_.history
    losses = [e["train_loss"] for e in history if e["phase"] == "training"]
    assert losses[-1] < 0.3 * losses[0]


def test_no_coordinate_of_the_centre_is_near_zero(plane):
    detector = small(latent_dim=32, pretrain_epochs=0, max_epochs=1).fit(plane)
    assert detector.center_.shape == (32,)
    assert np.abs(detector.center_).min() >= 0.1 - 1e-7


def test_the_centre_is_the_mean_code_of_the_untrained_network(plane):
    X = plane + 5.0  # not standardized: codes far from zero
    params = {"pretrain_epochs": 0, "standardize": False, "max_epochs": 1}
    detector = small(lr=1e-12, **params).fit(X)
    mean = detector.encode(X).mean(axis=0)
    np.testing.assert_allclose(detector.center_, pushed_from_zero(mean), atol=1e-5)
    trained = small(lr=1e-2, **params).fit(X)
    np.testing.assert_array_equal(trained.center_, detector.center_)


def test_pretraining_is_an_autoencoder_and_moves_the_centre(plane):
    detector = small(pretrain_epochs=40, max_epochs=2).fit(plane)
    history = detector.net_.history
    phases = [epoch["phase"] for epoch in history]
    assert phases == ["pretraining"] * 40 + ["training"] * 2
    # Six standardized columns: the error of nothing learned is 6.
    assert history[0, "train_loss"] > 3.0
    assert history[39, "train_loss"] < 1.0
    other = small(pretrain_epochs=0, max_epochs=2).fit(plane)
    assert not np.allclose(detector.center_, other.center_)


def test_the_decoder_is_gone_after_pretraining(plane):
    names = [n for n, _ in model(small(max_epochs=1).fit(plane)).named_modules()]
    assert "encoder" in names
    assert not [n for n in names if "decoder" in n]


@pytest.mark.parametrize("nu", [0.05, 0.3])
def test_the_fraction_nu_of_the_training_rows_is_outside_the_ball(nu, plane):
    detector = small(objective="soft-boundary", nu=nu).fit(plane)
    scores = detector.anomaly_score(plane)
    assert detector.radius_ > 0
    assert np.mean(scores > 0) == pytest.approx(nu, abs=0.005)
    distance = ((detector.encode(plane) - detector.center_) ** 2).sum(axis=1)
    np.testing.assert_allclose(scores, distance - detector.radius_**2, atol=1e-5)


def test_the_radius_of_a_batch_leaves_nu_of_it_outside():
    network = model(small(objective="soft-boundary", nu=0.25, max_epochs=1).fit(
        np.random.default_rng(0).normal(size=(60, 5))
    ))  # fmt: skip
    distance = torch.rand(400)
    radius = network.boundary(distance)
    assert radius.shape == (1,)
    assert ((distance > radius**2).float().mean() - 0.25).abs() < 0.005
    assert network.boundary(distance.expand(3, 400)).shape == (3, 1)


class Radii(Callback):
    """Keep the radius at the end of every epoch of the second phase."""

    def on_train_begin(self, net, **kwargs):
        self.seen_ = getattr(self, "seen_", [])

    def on_epoch_end(self, net, **kwargs):
        if net.phase_.name == "training":
            self.seen_.append(float(net.module_.model.batch_radius))


def test_the_radius_waits_for_the_end_of_the_warm_up(plane):
    def radii(warmup):
        own = {"warmup": warmup, "callbacks": [("radii", Radii())], "max_epochs": 4}
        detector = small(objective="soft-boundary", **own).fit(plane)
        return dict(detector.net_.callbacks_)["radii"].seen_

    assert [r > 0 for r in radii(0.5)] == [False, False, True, True]
    assert [r > 0 for r in radii(0.0)] == [True] * 4
    assert [r > 0 for r in radii(1.0)] == [False] * 4


def test_the_soft_boundary_loss_is_the_formula():
    network = model(small(objective="soft-boundary", nu=0.2, max_epochs=1).fit(
        np.random.default_rng(0).normal(size=(60, 5))
    ))  # fmt: skip
    network.eval().batch_radius = torch.tensor([0.7])
    x = torch.randn(30, 5)
    with torch.no_grad():
        distance = network.distance(x)
        outside = (distance - 0.49).clamp(min=0)
        expected = 0.49 + outside.sum() / (0.2 * 30)
        torch.testing.assert_close(network(x).mean(), expected)


def test_the_radius_does_not_change_the_ranking(plane):
    detector = small(objective="soft-boundary").fit(plane)
    distance = ((detector.encode(plane) - detector.center_) ** 2).sum(axis=1)
    order = np.argsort(detector.anomaly_score(plane))
    assert (np.diff(distance[order]) > -1e-5).all()


@pytest.mark.parametrize(
    "activation", ["tanh", "sigmoid", "elu", nn.Tanh, nn.ReLU6, nn.SELU, nn.Softplus]
)
def test_activations_that_are_act_as_biases_are_refused(activation, plane):
    with pytest.raises(ValueError, match=r"activation=.*acts as a bias"):
        small(activation=activation).fit(plane)


class Own(nn.Sequential):
    """A user's network, harmless or not."""

    def __init__(self, n_inputs, n_outputs, bias=False, squash=nn.LeakyReLU):
        super().__init__()
        self.first = nn.Linear(n_inputs, 8, bias=False)
        self.squash = squash()
        self.last = nn.Linear(8, n_outputs, bias=bias)


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({"module__bias": True}, r"the parameter last\.bias:"),
        ({"module__squash": nn.Sigmoid}, r"the activation squash \(Sigmoid\):"),
        ({"module__squash": nn.Softplus}, r"the activation squash \(Softplus\):"),
    ],
)
def test_a_users_network_that_can_collapse_is_named(params, pattern, plane):
    with pytest.warns(UserWarning, match=pattern):
        small(module=Own, max_epochs=1, **params).fit(plane)


def test_a_users_network_without_biases_is_welcome(plane):
    small(module=Own, max_epochs=1).fit(plane)  # a warning would be an error


def test_going_on_keeps_the_centre_and_does_not_pretrain_again(plane):
    detector = small(warm_start=True, max_epochs=3).fit(plane)
    center, n_epochs = detector.center_, len(detector.net_.history)
    detector.fit(plane + 1.0).partial_fit(plane - 1.0)
    np.testing.assert_array_equal(detector.center_, center)
    phases = [epoch["phase"] for epoch in detector.net_.history[n_epochs:]]
    assert phases == ["training"] * 4


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_both_phases_are_reproducible(params, stripes):
    first, second = (small(max_epochs=3, **params).fit(stripes) for _ in "ab")
    np.testing.assert_array_equal(
        first.score_samples(stripes), second.score_samples(stripes)
    )


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_a_warm_start_is_one_long_second_phase(params, stripes):
    params = {"warm_start": True, "lr_schedule": "constant", "warmup": 0.0, **params}
    params |= {"contamination": "auto", "pretrain_epochs": 2}
    warm = small(max_epochs=2, **params).fit(stripes).fit(stripes)
    straight = small(max_epochs=4, **params).fit(stripes)
    np.testing.assert_array_equal(
        warm.decision_function(stripes), straight.decision_function(stripes)
    )


def test_the_line_for_new_rows_is_drawn_with_copies_of_both_phases(plane):
    detector = small(contamination="auto", max_epochs=3, pretrain_epochs=2).fit(plane)
    assert detector.net_.first_epoch_ == 0
    assert len(detector.net_.history) == 5


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 5, 9), (1, 1, 3)])
def test_the_decoder_gives_back_the_shape_that_the_encoder_takes(shape):
    n_cells = int(np.prod(shape))
    encoder = LeNetEncoder(shape, 6, channels=(4, 2)).eval()
    decoder = LeNetDecoder(6, shape, channels=(4, 2)).eval()
    assert decoder(encoder(torch.randn(2, n_cells))).shape == (2, n_cells)


@pytest.mark.parametrize(
    ("shape", "channels", "n_codes", "n_weights"),
    [((1, 28, 28), (8, 4), 32, 7_272), ((3, 32, 32), (32, 64, 128), 128, 520_544)],
)
def test_the_networks_have_the_papers_number_of_weights(
    shape, channels, n_codes, n_weights
):
    detector = DeepSVDD(image_shape=shape)
    assert (detector._units(), detector._n_codes()) == (channels, n_codes)
    network = LeNetEncoder(shape, n_codes, channels)
    assert sum(p.numel() for p in network.parameters()) == n_weights


def test_a_warm_start_keeps_the_fraction_that_the_loss_was_made_for(plane):
    detector = small(objective="soft-boundary", nu=0.1, warm_start=True).fit(plane)
    with pytest.warns(UserWarning, match=r"first fit, where nu=0\.1"):
        detector.set_params(nu=0.5, max_epochs=2).fit(plane)
    assert np.mean(detector.anomaly_score(plane) > 0) == pytest.approx(0.1, abs=0.01)
