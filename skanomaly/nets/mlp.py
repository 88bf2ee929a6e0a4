"""Fully connected networks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from skanomaly.nets.layers import Activation, Dropout, activation_layer, initialized
from skanomaly.utils._random import RandomStream

__all__ = ["MLP"]


class MLP(nn.Sequential):
    """A fully connected network: hidden layers with an activation, a linear output.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns in and out.
    hidden_units : tuple of int, default=(64, 32)
        Units of each hidden layer; ``()`` makes a linear map.
    activation : str or type, default="relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    dropout : float, default=0.0
        Probability, in [0, 1), of a zero behind each hidden layer.
    bias : bool, default=True
        Whether the layers have a bias.
    stream : RandomStream, default=None
        Where weights and masks come from; None is torch's global generator.

    Examples
    --------
    >>> from skanomaly.nets import MLP
    >>> MLP(20, 8, hidden_units=(64,))
    MLP(
      (0): Linear(in_features=20, out_features=64, bias=True)
      (1): ReLU()
      (2): Linear(in_features=64, out_features=8, bias=True)
    )
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hidden_units: Sequence[int] = (64, 32),
        *,
        activation: Activation = "relu",
        dropout: float = 0.0,
        bias: bool = True,
        stream: RandomStream | None = None,
    ) -> None:
        layers = []
        for n_units in hidden_units:
            layers.append(
                initialized(nn.Linear, n_inputs, n_units, bias=bias, stream=stream)
            )
            layers.append(activation_layer(activation))
            if dropout:
                layers.append(
                    nn.Dropout(dropout) if stream is None else Dropout(dropout, stream)
                )
            n_inputs = n_units
        layers.append(
            initialized(nn.Linear, n_inputs, n_outputs, bias=bias, stream=stream)
        )
        super().__init__(*layers)
