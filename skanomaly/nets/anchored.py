"""A linear map whose units measure rows from points of their own."""

import torch
from torch import Tensor, nn

__all__ = ["AnchoredLinear"]


class AnchoredLinear(nn.Module):
    """A linear map of which unit ``i`` computes ``weight[i] @ (x - anchors[:, i])``.

    A network without biases bends where a unit is zero, and all of these places go
    through the origin. Here they go through the anchors, which are not trained. They
    are zero, and change nothing, until they are set.

    Parameters
    ----------
    linear : nn.Linear
        Whose weights it takes.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    anchors: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        shape = linear.in_features, linear.out_features
        self.register_buffer("anchors", torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_inputs) to (..., n_outputs)."""
        weight = self.linear.weight
        # Of stacked maps it is (n_members, n_inputs, n_outputs).
        weight = weight.T if weight.ndim == 2 else weight.unsqueeze(1)
        return self.linear(x) - (weight * self.anchors).sum(dim=-2)

    def set_anchors(self, rows: Tensor) -> None:
        """Put the anchor of each unit in the middle of some rows.

        That makes no bias of it: a unit that is constant on all rows is zero on them.

        Parameters
        ----------
        rows : tensor of shape (n_rows, n_outputs, n_inputs)
            The rows of each unit.
        """
        self.anchors.copy_(rows.mean(dim=0).T)
