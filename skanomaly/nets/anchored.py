"""Fully connected networks whose first layer has an origin for each unit."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from skanomaly.nets.mlp import MLP
from skanomaly.utils._random import RandomStream

__all__ = ["AnchoredLinear", "AnchoredMLP"]


class AnchoredLinear(nn.Module):
    """A linear map each of whose units measures rows from a point of its own.

    Unit ``i`` computes ``weight[i] @ (x - anchors[i])``, plus its bias if it has one.
    The anchors are not trained. They are zero, and change nothing, until they are set.

    Parameters
    ----------
    linear : nn.Linear
        Whose weights it takes.
    """

    anchors: torch.Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.register_buffer("anchors", torch.zeros_like(linear.weight.detach()))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_inputs) to (..., n_outputs)."""
        weight, bias = self.linear.weight, self.linear.bias
        shift = -(weight * self.anchors).sum(dim=1)
        return functional.linear(x, weight, shift if bias is None else shift + bias)


class AnchoredMLP(MLP):
    """An `MLP` without biases whose kinks can lie among the rows.

    Without biases, and with an activation like a leaky ReLU, all kinks of a network go
    through the origin: along a ray from there it is linear, whatever it has learned.
    Here each unit of the first layer has a point of its own for an origin. The anchors
    are zero until they are set; of the detectors, only `DeepSVDD` does, when this
    is its whole network and not a part of it.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns in and out.
    hidden_units : tuple of int, default=(64, 32)
        Units of each hidden layer; ``()`` makes a linear map.
    bias : bool, default=False
        Whether the layers have a bias.
    stream : RandomStream, default=None
        Where weights and masks come from; None is torch's global generator.
    **mlp_params : dict
        Further parameters of `MLP`: `activation`, `dropout`.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import AnchoredMLP
    >>> network = AnchoredMLP(3, 2, hidden_units=(16,))
    >>> network.set_anchors(torch.ones(2, 16, 3))
    >>> network(torch.ones(1, 3)).abs().sum().item()  # all units are at their anchors
    0.0
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hidden_units: Sequence[int] = (64, 32),
        *,
        bias: bool = False,
        stream: RandomStream | None = None,
        **mlp_params: Any,
    ) -> None:
        super().__init__(
            n_inputs, n_outputs, hidden_units, bias=bias, stream=stream, **mlp_params
        )
        first: Any = self[0]
        self[0] = AnchoredLinear(first)

    @property
    def n_anchors(self) -> int:
        """Number of anchors: the units of the first layer."""
        return len(self[0].get_buffer("anchors"))

    @torch.no_grad()
    def set_anchors(self, rows: Tensor) -> None:
        """Put each anchor in the middle of some rows.

        That makes no bias of a unit: one that is constant on all rows is zero on them.
        Several units together can be constant, as those of a network with biases can.

        Parameters
        ----------
        rows : tensor of shape (n_rows, n_anchors, n_inputs)
            The rows of each anchor.
        """
        anchors = self[0].get_buffer("anchors")
        if rows.ndim != 3 or rows.shape[1:] != anchors.shape:
            raise ValueError(
                f"rows has shape {tuple(rows.shape)}, but is to have (n_rows, "
                f"{', '.join(map(str, anchors.shape))})."
            )
        anchors.copy_(rows.mean(dim=0))
