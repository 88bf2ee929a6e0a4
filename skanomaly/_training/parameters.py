"""Parameters that estimators share: type, default, constraint and description."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
import torch
from torch import nn

from skanomaly.nets import ACTIVATIONS
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import Param

__all__ = [
    "CATEGORIES", "CodeParams", "DetectorParams", "DropoutParams", "EnsembleParams",
    "LayerParams", "NetworkParams", "TableParams", "TrainingParams", "steps_text",
]  # fmt: skip


class TrainingParams(TypedDict, total=False):
    """How a network is trained and applied."""

    optimizer: Annotated[
        Callable[..., torch.optim.Optimizer],
        Param(
            torch.optim.Adam,
            [callable],
            "type",
            "Class of the optimizer; its arguments are ``optimizer__…``. Its fused "
            "step is used where torch has one.",
        ),
    ]
    lr: Annotated[
        float,
        Param(
            5e-3, [Interval(Real, 0, None, closed="neither")], "float", "Learning rate."
        ),
    ]
    lr_schedule: Annotated[
        Literal["cosine", "constant"],
        Param(
            "cosine",
            [StrOptions({"cosine", "constant"})],
            '{"cosine", "constant"}',
            "Whether the learning rate falls to zero along a cosine, or stays "
            "constant. It is constant in `partial_fit`, and when `callbacks` has an "
            "`LRScheduler` of its own.",
        ),
    ]
    batch_size: Annotated[
        int,
        Param(
            128,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "Rows in a training batch, at most all.",
        ),
    ]
    max_epochs: Annotated[
        int | Literal["auto"],
        Param(
            "auto",
            [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
            'int or "auto"',
            'Passes over the training rows. "auto" takes as many as make 4,000 '
            "gradient steps, whatever the number of rows, and at least one.",
        ),
    ]
    early_stopping: Annotated[
        bool,
        Param(
            False,
            ["boolean"],
            "bool",
            "Whether to hold out `validation_fraction` of the rows, to stop when their "
            "loss has not improved for `n_iter_no_change` epochs, and to go back to "
            "the best epoch.",
        ),
    ]
    validation_fraction: Annotated[
        float,
        Param(
            0.1,
            [Interval(Real, 0, 1, closed="neither")],
            "float",
            "Fraction of the training rows, in (0, 1), that `early_stopping` holds "
            "out.",
        ),
    ]
    n_iter_no_change: Annotated[
        int,
        Param(
            10,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "Epochs without improvement that `early_stopping` allows.",
        ),
    ]
    callbacks: Annotated[
        list[Any] | tuple[Any, ...] | None,
        Param(
            None,
            [list, tuple, None],
            "list of skorch callbacks",
            "Callbacks, or pairs (name, callback), beside skorch's own; copied in "
            "`fit`. Their parameters are ``callbacks__name__…``.",
        ),
    ]
    device: Annotated[
        str,
        Param(
            "cpu",
            [str],
            "str",
            'Where to train and score; "auto" takes an accelerator if there is one.',
        ),
    ]
    standardize: Annotated[
        bool,
        Param(
            True,
            ["boolean"],
            "bool",
            "Whether the model centres and scales its inputs by the moments of the "
            "training rows. Images share the moments of a channel.",
        ),
    ]
    random_state: Annotated[
        int | np.random.RandomState | None,
        Param(
            None,
            ["random_state"],
            "int, RandomState instance or None",
            "Source of the initial weights, the order of the rows and every noise. An "
            "integer gives bit-equal scores on the same machine. The global generators "
            "of torch and numpy keep their state.",
        ),
    ]
    verbose: Annotated[
        int,
        Param(
            0,
            ["verbose"],
            "int",
            "0 is silent. 1 shows a progress bar for each phase, and for copies that "
            "set the threshold: epoch, loss and time left. 2 prints a line for every "
            "epoch.",
        ),
    ]


CATEGORIES = (
    "Which columns of a table are categories, as in scikit-learn's "
    '`HistGradientBoostingClassifier`. "from_dtype": those of a DataFrame that hold '
    "text or truth values or have a categorical dtype. Otherwise a mask, positions, or "
    "names of columns; None for none."
)


class TableParams(TypedDict, total=False):
    """What a table is."""

    categorical_features: Annotated[
        Literal["from_dtype"] | Sequence[Any] | None,
        Param(
            "from_dtype",
            ["array-like", StrOptions({"from_dtype"}), None],
            '"from_dtype", array-like of bool, int or str, or None',
            CATEGORIES,
        ),
    ]


class DetectorParams(TrainingParams, TableParams, total=False):
    """Parameters of all deep detectors: training, warm start and threshold."""

    warm_start: Annotated[
        bool,
        Param(
            False,
            ["boolean"],
            "bool",
            "Whether `fit` continues from the weights of the previous fit, with the "
            "optimizer, batches, epochs and callbacks as they are now. The model of "
            "the first fit and its standardization are kept, because the weights were "
            "learned with them.",
        ),
    ]
    contamination: Annotated[
        float | Literal["auto"],
        Param(
            "auto",
            [Interval(Real, 0, 0.5, closed="right"), StrOptions({"auto"})],
            'float or "auto"',
            'Sets the threshold of `predict`. "auto": about a tenth of new rows like '
            "the training rows are called anomalous. A network scores the rows that it "
            "was trained on too low; up to 5,000 of them, `fit` therefore trains "
            "copies of the detector, each without some of the rows, and sets the "
            "threshold by the out-of-fold scores, which are `training_scores_`. Dense "
            "networks of moderate width have five copies, trained as one network in "
            "two to three times the time of the detector itself; an ensemble has "
            "fewer, and from 2,000 rows on, or where copies cannot be one network, "
            "there are two, each on half of the rows. Of `callbacks` they "
            "get those of skorch that change training. A float, in (0, 0.5], is the "
            "fraction of the *training* rows that is called anomalous; of new rows it "
            "can be far more. `score_samples` is the same either way, so a search that "
            "only ranks is quicker with a float. With `image_shape` and at least 400 "
            "images there are no copies: a random tenth of the images (at least 100, "
            "at most 250) is not trained on, and its scores set the threshold, for "
            "a float, too.",
        ),
    ]


class LayerParams(TypedDict, total=False):
    """Layers of a network."""

    hidden_units: Annotated[
        Sequence[int] | None,
        Param(
            None,
            ["array-like", None],
            "tuple of int",
            "Units of the encoder's hidden layers, or channels of its convolutions; "
            "the decoder mirrors them. None takes (128,) for tables and (16, 32) for "
            "images.",
        ),
    ]
    activation: Annotated[
        str | Callable[[], nn.Module],
        Param(
            "silu",
            [StrOptions(set(ACTIVATIONS)), callable],
            "str or type",
            '"elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a '
            "class.",
        ),
    ]
    image_shape: Annotated[
        Sequence[int] | None,
        Param(
            None,
            ["array-like", None],
            "tuple of (channels, height, width)",
            "Shape of the images that the rows are; it selects convolutional "
            "networks. Arrays of shape (n_samples, channels, height, width) are then "
            "accepted too.",
        ),
    ]


class DropoutParams(TypedDict, total=False):
    """Regularization of dense networks."""

    dropout: Annotated[
        float,
        Param(
            0.0,
            [Interval(Real, 0, 1, closed="left")],
            "float",
            "Dropout probability, in [0, 1), behind each hidden layer of dense "
            "networks; convolutional ones have no dropout.",
        ),
    ]


class CodeParams(LayerParams, total=False):
    """Networks between rows and codes."""

    latent_dim: Annotated[
        int,
        Param(
            32,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "Size of the code.",
        ),
    ]


class NetworkParams(CodeParams, DropoutParams, DetectorParams, total=False):
    """All parameters of a detector with an encoder or a decoder."""


class EnsembleParams(TypedDict, total=False):
    """Parameters of an ensemble."""

    n_estimators: Annotated[
        int,
        Param(
            5,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "Number of members.",
        ),
    ]
    statistic: Annotated[
        str,
        Param(
            "mean",
            [StrOptions({"mean", "single", "variance", "waic"})],
            "str",
            "How the members' scores are combined, see above. It can be changed after "
            "`fit`; `predict` then needs a new threshold (`calibrate`).",
        ),
    ]
    bootstrap: Annotated[
        bool,
        Param(
            False,
            ["boolean"],
            "bool",
            "Whether each member is trained on a bootstrap sample of the rows of its "
            "own. Members differ by their initial weights and the order of the rows "
            "anyway.",
        ),
    ]


def steps_text(tables, images="4,000"):
    """Describe `max_epochs`, for detectors that train tables for less than images.

    Parameters
    ----------
    tables, images : str
        Gradient steps of "auto".

    Returns
    -------
    dict
        The entry of `max_epochs` in `_changed_params`.
    """
    return {
        "text": 'Passes over the training rows. "auto" takes as many as make '
        f"{tables} gradient steps with tables and {images} with images, and at least "
        "one."
    }
