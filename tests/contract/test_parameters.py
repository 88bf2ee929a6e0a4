"""Parameters are stored as they are, checked by fit, and named when they are wrong."""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError
from torch import nn

from skanomaly.detectors import (
    AutoEncoder,
    MultiEncoderAutoEncoder,
    NoiseContrastiveAutoEncoder,
    NormalizingFlow,
)
from tests.contract.estimators import (
    CASES,
    ESTIMATORS,
    TorchNet,
    every_case,
    every_estimator,
    takes_module,
)
from tests.contract.rows import INF, NAN, rows, taken, with_cell


@dataclass
class Case:
    """Parameters, what they raise, and where."""

    params: dict
    error: Any
    pattern: str
    detector: type = AutoEncoder
    X: Any = field(default_factory=rows)


IMAGES = rows().reshape(60, 1, 2, 2)


# Raised by the constructor, before any data are seen.
MISSPELT = {
    "hiden_units": r"hiden_units.*Did you mean 'hidden_units'",
    "modul__x": r"modul__x.*Did you mean 'module__",
    "optimiser__momentum": r"optimiser__momentum.*Did you mean 'optimizer__",
    "iterator_tran__shuffle": r"iterator_tran__shuffle.*Did you mean 'iterator_train__",
    "training": "training",
    "lr__x": "lr__x",
    "module__": "module__",
    "criterion": "criterion",
}


# Raised by fit.
PARAMETERS = {
    **{
        f"contamination={value!r}": Case(
            {"contamination": value}, InvalidParameterError, "contamination"
        )
        for value in (0, 0.51, 1, -0.1, NAN, INF, "all", None)
    },
    **{
        f"{parameter}={value!r}": Case(
            {parameter: value}, InvalidParameterError, parameter
        )
        for parameter, values in {
            "lr": (0, -1.0, NAN, None, "1"),
            "batch_size": (0, 2.5, None),
            "max_epochs": (0, 1.5, "all", None),
            "early_stopping": (None, "yes"),
            "validation_fraction": (0.0, 1.0, NAN),
            "n_iter_no_change": (0,),
            "random_state": (-1, "seed"),
            "verbose": (-1,),
            "latent_dim": (0, 1.5),
            "activation": ("rlu", 3),
            "dropout": (1.0, -0.1, NAN),
            "noise": (-1.0, NAN),
            "standardize": ("yes",),
            "optimizer": ("adam",),
            "module": ("mlp",),
            "callbacks": ("all",),
            "hidden_units": (3, "abc"),
            "image_shape": (4, "1x2x2"),
        }.items()
        for value in values
    },
    **{
        f"hidden_units={value!r}": Case(
            {"hidden_units": value}, ValueError, r"hidden_units=.*positive integers"
        )
        for value in ((0,), (-1,), (8, 0), (2.5,), (8.0,), ("8",), (None,), (True,))
    },
    **{
        f"image_shape={shape!r}": Case(
            {"image_shape": shape}, ValueError, "image_shape="
        )
        for shape in (
            (2, 2),
            (1, 2, 3),
            (1, 4),
            (1, 2.0, 2),
            (0, 2, 2),
            (),
            ("1", 2, 2),
        )
    },
    **{
        f"image_shape={shape!r} with images": Case(
            {"image_shape": shape}, ValueError, "image_shape=", X=IMAGES
        )
        for shape in ((2, 2), (2, 2, 1), (1, 4, 1), ())
    },
    "images without image_shape": Case({}, ValueError, r"image_shape=\(\d", X=IMAGES),
    "masked images": Case(
        {"image_shape": (1, 2, 2)}, TypeError, "[Mm]asked", X=np.ma.array(IMAGES)
    ),
    "NaN in images": Case(
        {"image_shape": (1, 2, 2)},
        ValueError,
        "NaN",
        X=with_cell(NAN).reshape(60, 2, 2),
    ),
    "built module": Case({"module": nn.Linear(4, 2)}, TypeError, "already built"),
    "built activation": Case({"activation": nn.ReLU()}, TypeError, "already built"),
    "built encoder": Case(
        {"encoders": (nn.Linear(4, 2),)},
        TypeError,
        "already built",
        MultiEncoderAutoEncoder,
    ),
    "unknown encoder": Case(
        {"encoders": ("dens",)},
        ValueError,
        "encoders=.*'dens'",
        MultiEncoderAutoEncoder,
    ),
    "convolution without image_shape": Case(
        {"encoders": ("conv",)}, ValueError, "image_shape", MultiEncoderAutoEncoder
    ),
    "no encoders": Case(
        {"encoders": ()}, ValueError, "encoders", MultiEncoderAutoEncoder
    ),
    "unknown objective": Case(
        {"objective": "kind"}, InvalidParameterError, "obj", NoiseContrastiveAutoEncoder
    ),
    "negative classifier_weight": Case(
        {"classifier_weight": -1.0},
        InvalidParameterError,
        "classifier_weight",
        NoiseContrastiveAutoEncoder,
    ),
    "unknown score_type": Case(
        {"score_type": "sum"},
        InvalidParameterError,
        "score_type",
        NoiseContrastiveAutoEncoder,
    ),
    "module__hiddenx": Case({"module__hiddenx": 3}, TypeError, "hiddenx"),
    "module__hidden_units": Case(
        {"module__hidden_units": (3,)},
        TypeError,
        "module__hidden_units: .*Did you mean the parameter 'hidden_units'",
    ),
    "module__bins": Case(
        {"module__bins": 3}, TypeError, "module__bins: .*'bins'", NormalizingFlow
    ),
    "optimizer__weight_dcay": Case(
        {"optimizer__weight_dcay": 1},
        TypeError,
        "optimizer__weight_dcay: Adam .*Did you mean 'optimizer__weight_decay'",
    ),
    **{
        f"{name}=True": Case(
            {name: True}, InvalidParameterError, f"'{name}'.*must be a number"
        )
        for name in ("latent_dim", "lr", "batch_size", "max_epochs", "noise")
    },
    "activation is a function": Case(
        {"activation": torch.tanh}, TypeError, "activation=.*class of a layer"
    ),
    "activation is a function, flow": Case(
        {"activation": torch.tanh},
        TypeError,
        "activation=.*class of a layer",
        NormalizingFlow,
    ),
    "activation makes no layer": Case(
        {"activation": dict}, TypeError, "activation=.*it returns {}"
    ),
    "iterator_train__shufle": Case({"iterator_train__shufle": 1}, TypeError, "shufle"),
    "iterator_valid__shufle": Case(
        {"iterator_valid__shufle": 1, "early_stopping": True}, TypeError, "shufle"
    ),
    "callbacks__nosuch__x": Case(
        {"callbacks__nosuch__x": 1}, (TypeError, ValueError), "nosuch"
    ),
    "callbacks that are none": Case(
        {"callbacks": [3]}, (TypeError, ValueError), "callb"
    ),
    "device that is none": Case({"device": "tpu9"}, ValueError, "device='tpu9'"),
    "device without a name": Case({"device": ""}, ValueError, "device=''"),
}


@pytest.mark.parametrize("parameter", MISSPELT)
@every_estimator
def test_a_misspelt_parameter_is_a_type_error_with_a_hint(name, parameter):
    pattern = MISSPELT[parameter]
    if parameter == "hiden_units" and not taken(ESTIMATORS[name](), hidden_units=None):
        pattern = parameter  # nothing of that kind to hint at
    with pytest.raises(TypeError, match=pattern):
        ESTIMATORS[name](**{parameter: 3})


@pytest.mark.parametrize("parameter", ["hiden_units", "modul__x", "no", "lr_"])
@every_estimator
def test_set_params_refuses_unknown_names_and_changes_nothing(name, parameter):
    detector = ESTIMATORS[name](module__bias=True)
    before = detector.get_params()
    with pytest.raises(ValueError, match="Invalid parameter"):
        detector.set_params(**{parameter: 3, "module__bias": False})
    assert detector.get_params() == before


@every_estimator
def test_set_params_has_the_hint_of_the_constructor_too(name):
    with pytest.raises(ValueError, match=r"max_epoch'\. Did you mean 'max_epochs'"):
        ESTIMATORS[name]().set_params(max_epoch=3)


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_wrong_parameter_is_named_by_fit(case):
    case = PARAMETERS[case]
    fast = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 2, "random_state": 0}
    if case.detector is NormalizingFlow:
        del fast["latent_dim"]
    detector = case.detector(**{**fast, **case.params})  # stores, does not judge
    with pytest.raises(case.error, match=case.pattern):
        detector.fit(case.X)
    assert not hasattr(detector, "n_features_in_")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
@every_estimator
def test_an_absent_gpu_is_named(name, device):
    with pytest.raises(ValueError, match=f"device='{device}'.*is False"):
        ESTIMATORS[name](device=device).fit(rows())


def _comparable(params):
    """Parameters but for types and nested estimators; what is in those is there too."""
    return {
        k: v for k, v in params.items()
        if not isinstance(v, type) and not hasattr(v, "get_params")
    }  # fmt: skip


@every_case
def test_fit_changes_no_parameter(name, blob):
    detector = CASES[name](callbacks=[], contamination=0.1, optimizer__weight_decay=0.1)
    before = detector.get_params()
    kept = copy.deepcopy(_comparable(before))
    detector.fit(blob)
    after = detector.get_params()
    assert list(before) == list(after)
    assert all(after[k] is v for k, v in before.items())
    assert all(after[k] == v for k, v in kept.items())


@every_case
def test_a_clone_has_the_parameters_and_nothing_else(name, blob):
    detector = CASES[name](optimizer__weight_decay=0.1, contamination=0.1).fit(blob)
    copied = clone(detector)
    assert copied.get_params().keys() == detector.get_params().keys()
    assert _comparable(copied.get_params()) == _comparable(detector.get_params())
    assert not [a for a in vars(copied) if a.endswith("_")]
    assert_array_equal(
        copied.fit(blob).score_samples(blob), detector.score_samples(blob)
    )


@every_case
def test_parameters_set_after_fit_do_not_touch_the_scores(name, fitted, blob):
    detector = fitted(name)
    before = detector.decision_function(blob)
    detector.set_params(**taken(
        detector, hidden_units=(3,), latent_dim=1, lr=10.0, noise=5.0, batch_size=1,
        standardize=not detector.standardize, contamination=0.5, random_state=9,
        module__bias=False, activation="tanh", dropout=0.5, device="auto",
        optimizer=torch.optim.SGD,
    ))  # fmt: skip
    assert_array_equal(detector.decision_function(blob), before)


class WideNet(TorchNet):
    """A network with a parameter of its own."""

    def __init__(self, n_inputs, n_outputs, width):
        super().__init__(n_inputs, n_outputs)
        self.width = width


@pytest.mark.filterwarnings("ignore:module has the parameter:UserWarning")
@takes_module
def test_parameters_of_the_module_reach_the_users_module(name, blob):
    detector = ESTIMATORS[name](module=WideNet, module__width=3).fit(blob)
    nets = [m for m in detector.net_.module_.modules() if isinstance(m, WideNet)]
    assert nets
    assert {net.width for net in nets} == {3}


@every_case
def test_dunder_parameters_are_searched_over(name, blob):
    size = taken(CASES[name](), hidden_units=[(4,), (8,)]) or {"lr": [0.01, 0.1]}
    if "image" not in name:  # where it may not count
        size = taken(CASES[name](), latent_dim=[1, 2]) or size
    grid = {**size, "optimizer__weight_decay": [0.0, 0.1]}
    search = GridSearchCV(CASES[name](contamination=0.1), grid, cv=2).fit(blob)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(np.unique(search.cv_results_["mean_test_score"])) == 4
    assert set(search.best_params_) == set(grid)
