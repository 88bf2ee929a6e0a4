"""Normalizing flows: invertible networks whose Jacobian determinant is cheap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.flows.coupling import GeneralCouplingTransform
from zuko.lazy import LazyComposedTransform
from zuko.transforms import MonotonicAffineTransform, MonotonicRQSTransform

from skanomaly.nets.layers import (
    ACTIVATIONS,
    Activation,
    RandomStream,
    activation_layer,
    global_seed,
)
from skanomaly.utils._seeds import draw_seed

__all__ = ["ARCHITECTURES", "Flow"]

# Outside of plus and minus this a spline is the identity (Durkan et al. 2019 take 3 to
# 5 for standardized data).
SPLINE_BOUND = 5.0


class Affine(NamedTuple):
    """Make the transform of a column from its parameters: scale and shift."""

    slope: float

    def __call__(self, *params: Tensor) -> MonotonicAffineTransform:
        return MonotonicAffineTransform(*params, slope=self.slope)


class Spline(NamedTuple):
    """Make the transform of a column from its parameters: widths, heights, slopes."""

    slope: float

    def __call__(self, *params: Tensor) -> MonotonicRQSTransform:
        return MonotonicRQSTransform(*params, bound=SPLINE_BOUND, slope=self.slope)


def affine(n_bins: int, max_log_scale: float) -> dict[str, Any]:
    """Scale and shift a column."""
    return {"univariate": Affine(math.exp(-max_log_scale)), "shapes": [(), ()]}


def spline(n_bins: int, max_log_scale: float) -> dict[str, Any]:
    """Map a column by a rational-quadratic spline; its tails are the identity."""
    return {
        "univariate": Spline(math.exp(-max_log_scale)),
        "shapes": [(n_bins,), (n_bins,), (n_bins - 1,)],
    }


def autoregressive(
    n_features: int, n_context: int, rank: Tensor, params: dict[str, Any]
) -> list[nn.Module]:
    """Change each column by a function of those before it."""
    return [MaskedAutoregressiveTransform(n_features, n_context, order=rank, **params)]


def coupling(
    n_features: int, n_context: int, rank: Tensor, params: dict[str, Any]
) -> list[nn.Module]:
    """Change one half of the columns by a function of the other, then the other."""
    half = rank % 2 == 1
    return [
        GeneralCouplingTransform(n_features, n_context, mask=mask, **params)
        for mask in (half, ~half)
    ]


# Which columns a transform depends on, and how it maps each.
ARCHITECTURES = {
    "coupling": (coupling, affine),
    "maf": (autoregressive, affine),
    "nsf": (autoregressive, spline),
}


class Flow(nn.Module):
    r"""Invertible map between rows and normal latents, and the density it gives rows.

    With the map :math:`z = f(x)` and its Jacobian :math:`J`, the density of a row is

    .. math:: \log p(x) = \log N(f(x); 0, I) + \log \lvert \det J(x) \rvert .

    Parameters
    ----------
    n_features : int
        Columns of a row, and of its latent. With a single column there is nothing to
        depend on: affine flows are then normal distributions.
    n_context : int, default=0
        Columns that the density is conditional on, such as a one-hot label; 0 makes it
        unconditional.
    architecture : {"maf", "nsf", "coupling"}, default="maf"
        "maf" scales and shifts each column by a function of those before it (masked
        autoregressive flow), "nsf" maps each by a spline (neural spline flow), and
        "coupling" scales and shifts each half of the columns by a function of the other
        (RealNVP), so that its inverse is as fast as the map. Inverting the others takes
        `n_features` passes.
    n_transforms : int, default=3
        Transforms in a row. The order of the columns is drawn at random for every other
        one and reversed in between. A transform of "coupling" changes both halves.
    hidden_units : tuple of int, default=(64, 64)
        Units of the hidden layers of each transform's network.
    activation : str or type, default="relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    n_bins : int, default=8
        Bins of a spline, between -5 and 5.
    max_log_scale : float, default=3.0
        Bound of the log of a transform's slope in a column. It is approached softly:
        a raw value :math:`a` counts as :math:`a / (1 + |a / b|)` with the bound
        :math:`b`. Of splines it bounds the slope at the knots.
    stream : RandomStream, default=None
        Where the weights and the orders of the columns come from.

    Notes
    -----
    The last layer of every network starts at zero, so that an untrained flow is the
    identity and its density N(0, I). The transforms are those of zuko. With fewer
    hidden units than columns, the last columns of an autoregressive flow do not see all
    others.

    References
    ----------
    .. [1] G. Papamakarios, T. Pavlakou, I. Murray, "Masked autoregressive flow for
       density estimation", NeurIPS 2017. :arxiv:`1705.07057`
    .. [2] C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, "Neural spline flows",
       NeurIPS 2019. :arxiv:`1906.04032`
    .. [3] L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP",
       ICLR 2017. :arxiv:`1605.08803`

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import Flow
    >>> flow = Flow(2)
    >>> flow.log_prob(torch.zeros(3, 2))  # untrained: -log(2 pi)
    tensor([-1.8379, -1.8379, -1.8379], grad_fn=<SubBackward0>)
    >>> flow.inverse(torch.randn(1000, 2)).shape
    torch.Size([1000, 2])
    """

    def __init__(
        self,
        n_features: int,
        n_context: int = 0,
        *,
        architecture: Literal["coupling", "maf", "nsf"] = "maf",
        n_transforms: int = 3,
        hidden_units: Sequence[int] = (64, 64),
        activation: Activation = "relu",
        n_bins: int = 8,
        max_log_scale: float = 3.0,
        stream: RandomStream | None = None,
    ) -> None:
        super().__init__()
        self.n_features, self.n_context = n_features, n_context
        self._text = f"architecture={architecture!r}, n_transforms={n_transforms}"
        depends, bends = ARCHITECTURES[architecture]
        activation_layer(activation)  # refuses what is none
        kind = ACTIVATIONS[activation] if isinstance(activation, str) else activation
        params = {
            "hidden_features": tuple(hidden_units),
            "activation": kind,
            **bends(n_bins, max_log_scale),
        }
        stream = RandomStream(draw_seed(None)) if stream is None else stream
        ranks = _ranks(n_features, n_transforms, stream.generator())
        # zuko draws its weights from torch's global generator.
        seed = int(torch.randint(2**31, (), generator=stream.generator()))
        with global_seed(seed):
            transforms = [
                t for r in ranks for t in depends(n_features, n_context, r, params)
            ]
        self.transform = LazyComposedTransform(*transforms)
        for transform in transforms:
            _start_at_identity(transform)

    def forward(
        self, x: Tensor, context: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Latents, shape (..., n_features), and log |det J| of each row, shape (...).

        Parameters
        ----------
        x : tensor of shape (..., n_features)
            Rows.
        context : tensor of shape (..., n_context), default=None
            What the density is conditional on.
        """
        return self.transform(context).call_and_ladj(x)

    def log_prob(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Log density of each row in nats, shape (...)."""
        z, log_det = self(x, context)
        constant = 0.5 * self.n_features * math.log(2.0 * math.pi)
        return log_det - 0.5 * z.square().sum(dim=-1) - constant

    def inverse(self, z: Tensor, context: Tensor | None = None) -> Tensor:
        """Rows from latents, shape (..., n_features)."""
        return self.transform(context).inv(z)

    def __repr__(self) -> str:
        # zuko's own draws from the global generator to show itself.
        shape = f"{self.n_features}, n_context={self.n_context}"
        return f"{type(self).__name__}({shape}, {self._text})"


def _ranks(
    n_features: int, n_transforms: int, generator: torch.Generator
) -> list[Tensor]:
    """For every transform, the place of each column in its order."""
    ranks: list[Tensor] = []
    while len(ranks) < n_transforms:
        drawn = torch.randperm(n_features, generator=generator)
        ranks += [drawn, n_features - 1 - drawn]
    return ranks[:n_transforms]


def _start_at_identity(transform: Any) -> None:
    """Zero what the slopes and shifts come from."""
    last = transform.hyper[-1] if hasattr(transform, "hyper") else transform.phi
    for weight in last.parameters():
        nn.init.zeros_(weight)
