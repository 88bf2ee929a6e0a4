"""What a training shows of its progress."""

import re

import numpy as np
import pytest
from skorch.callbacks import GradientNormClipping

from skanomaly.detectors import AutoEncoder, DeepSVDD, FastAnoGAN, NormalizingFlow

SHORT = {"hidden_units": (4,), "max_epochs": 3, "batch_size": 50, "random_state": 0}


def titles(text):
    """Titles of the bars, in order."""
    found = re.findall(r"([^\r\n]+?):\s+\d+%", text)
    return list(dict.fromkeys(found))


def test_a_bar_says_epoch_loss_and_time_left(blob, capsys):
    detector = AutoEncoder(verbose=1, contamination=0.1, **SHORT).fit(blob)
    last = capsys.readouterr().err.split("\r")[-1]
    assert titles(last) == ["training"]
    assert re.search(r"12/12 \[\d\d:\d\d<\d\d:\d\d", last)
    loss = detector.net_.history[-1, "train_loss"]
    assert f"epoch 3/3, loss {loss:.3g}" in last


@pytest.mark.parametrize("callbacks", [None, [GradientNormClipping(1.0)]])
def test_both_loops_show_the_same(callbacks, blob, capsys):
    AutoEncoder(verbose=1, callbacks=callbacks, contamination=0.1, **SHORT).fit(blob)
    assert re.search(r"12/12 .*epoch 3/3, loss \d", capsys.readouterr().err)


@pytest.mark.parametrize("kind", [DeepSVDD, FastAnoGAN])
def test_each_phase_has_a_bar_and_a_number(kind, blob, capsys):
    options = {"pretrain_epochs": 2} if kind is DeepSVDD else {}
    detector = kind(verbose=1, contamination=0.1, **options, **SHORT).fit(blob)
    phases = list(dict.fromkeys(detector.net_.history[:, "phase"]))
    assert len(phases) == 2
    expected = [f"{name} ({i + 1} of 2)" for i, name in enumerate(phases)]
    assert titles(capsys.readouterr().err) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (AutoEncoder, ["threshold, 5 copies: training"]),
        (NormalizingFlow, [f"threshold, copy {k} of 2: training" for k in (1, 2)]),
    ],
)
def test_copies_for_the_threshold_say_so(kind, expected, blob, capsys):
    kind(verbose=1, **SHORT).fit(blob)
    assert titles(capsys.readouterr().err) == ["training", *expected]


@pytest.mark.parametrize("verbose", [0, 2])
def test_no_bar_where_none_is_asked_for(verbose, blob, capsys):
    AutoEncoder(verbose=verbose, **SHORT).fit(np.asarray(blob))
    assert "%" not in capsys.readouterr().err
