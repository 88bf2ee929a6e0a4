"""Continued training says which parameters it does not take up."""

import warnings

import pytest
from torch import nn

from skanomaly.detectors import VAE, AutoEncoder, DeepSVDD, VAEEnsemble


@pytest.mark.parametrize(
    ("detector", "changed", "kept"),
    [
        (AutoEncoder(), {"noise": 0.3}, r"noise=\(0\.05, 2\.0\)"),
        (AutoEncoder(), {"n_passes": 1, "latent_dim": 3}, "latent_dim=32, n_passes=2"),
        (AutoEncoder(), {"module__bias": False}, "module__bias=its default"),
        (AutoEncoder(), {"activation": nn.Tanh}, "activation='silu'"),
        (VAE(), {"beta": 2.0}, r"beta=1\.0"),
        (DeepSVDD(), {"objective": "soft-boundary"}, "objective='one-class'"),
    ],
)
def test_it_names_what_the_model_was_built_from(detector, changed, kept, blob):
    detector.set_params(max_epochs=1, warm_start=True, contamination=0.1).fit(blob)
    detector.set_params(**changed)
    with pytest.warns(UserWarning, match=f"first fit, where {kept}: .*no effect"):
        detector.fit(blob)
    with pytest.warns(UserWarning, match="no effect"):
        detector.partial_fit(blob)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector.set_params(warm_start=False).fit(blob)
        detector.set_params(warm_start=True).fit(blob)


@pytest.mark.parametrize(
    ("detector", "changed"),
    [
        (AutoEncoder(), {"lr": 1e-4, "batch_size": 20, "optimizer__eps": 1e-7}),
        (AutoEncoder(), {"max_epochs": 2, "verbose": 0, "contamination": 0.2}),
        (VAE(), {"score_type": "rate", "n_draws": 2}),
        (DeepSVDD(), {"weight_decay": 0.1}),
        (VAEEnsemble(), {"bootstrap": True, "statistic": "waic"}),
    ],
)
def test_it_is_silent_about_what_it_takes_up(detector, changed, blob):
    detector.set_params(max_epochs=1, warm_start=True, contamination=0.1).fit(blob)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector.set_params(**changed).fit(blob)
