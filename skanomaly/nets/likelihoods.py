"""Likelihoods of a VAE: distributions of a row given the decoder's output.

Each has `cell_log_prob`, the log density of each cell, `mean`, and `draw`, which makes
rows of standard normal numbers, one a cell.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from skanomaly.nets.layers import squared_error
from skanomaly.nets.normal import softplus_scale

__all__ = ["LIKELIHOODS", "Bernoulli", "ContinuousBernoulli", "Gaussian"]

# Below it, the series of sinh is exact to the last digit of a float32, and nearly so in
# float64; above it, the closed forms lose no digits by cancellation.
NEAR_ZERO = 0.1


class Gaussian(nn.Module):
    """Independent normal columns with learned scales around the decoder's output.

    Parameters
    ----------
    n_features : int
        Columns.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    # Of a standardized column. A density has no upper bound where a column hardly
    # varies, and one that can be predicted exactly would dominate all others.
    MIN_SCALE = 0.1

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.raw_scale = nn.Parameter(torch.zeros(n_features))

    def scale(self) -> Tensor:
        """Standard deviation of each column, in units of the standardized columns."""
        return (softplus_scale(self.raw_scale).square() + self.MIN_SCALE**2).sqrt()

    def cell_log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """Log density of each cell in nats, in the shape of `x`."""
        # What depends on the column alone is computed first: there are many cells.
        scale = self.scale()
        highest = -scale.log() - 0.5 * math.log(2.0 * math.pi)
        return torch.addcmul(highest, squared_error(output, x), -0.5 / scale.square())

    def mean(self, output: Tensor) -> Tensor:
        """Mean of a row, given the decoder's output."""
        return output

    def draw(self, output: Tensor, noise: Tensor) -> Tensor:
        """Turn standard normal numbers into rows."""
        return output + self.scale() * noise


class Bernoulli(nn.Module):
    r"""Independent pixels in [0, 1], read as probabilities; outputs are log-odds.

    For cells that are 0 or 1 it is their probability; :math:`x \log p + (1 - x) \log
    (1 - p)` between them is no density, although it is often used as one.

    Parameters
    ----------
    n_features : int
        Columns; not needed.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, n_features: int) -> None:
        super().__init__()

    def cell_log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """Log probability of each cell in nats, in the shape of `x`."""
        pixel = (x + 1.0) / 2.0
        return pixel * logsigmoid(output) + (1.0 - pixel) * logsigmoid(-output)

    def mean(self, output: Tensor) -> Tensor:
        """Mean of a row, given the decoder's output."""
        return torch.tanh(output / 2.0)

    def draw(self, output: Tensor, noise: Tensor) -> Tensor:
        """Turn standard normal numbers into rows of zeros and ones."""
        ones = torch.special.ndtr(noise) < torch.sigmoid(output)
        return 2.0 * ones.to(output.dtype) - 1.0


class ContinuousBernoulli(nn.Module):
    r"""Independent cells in [0, 1] whose density is proportional to :math:`e^{\eta x}`.

    The Bernoulli formula with a normalizing constant; outputs are :math:`\eta`.

    Parameters
    ----------
    n_features : int
        Columns; not needed.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, n_features: int) -> None:
        super().__init__()

    def cell_log_prob(self, output: Tensor, x: Tensor) -> Tensor:
        """Log density of each cell in nats per unit of [0, 1], in the shape of `x`."""
        # eta (u - 1/2), where u = (x + 1) / 2 is the cell in [0, 1].
        return output * x / 2.0 - log_sinhc(output / 2.0)

    def mean(self, output: Tensor) -> Tensor:
        """Mean of a row, given the decoder's output."""
        half = output / 2.0
        near = half.abs() < NEAR_ZERO
        far = torch.where(near, torch.ones_like(half), half)
        series = half / 3.0 - half**3 / 45.0 + 2.0 * half**5 / 945.0
        return torch.where(near, series, 1.0 / torch.tanh(far) - 1.0 / far)

    def draw(self, output: Tensor, noise: Tensor) -> Tensor:
        """Turn standard normal numbers into rows, by the inverse of the CDF."""
        # For a falling density nothing overflows; a rising one is its mirror image.
        sign = torch.where(output > 0, -1.0, 1.0).to(output.dtype)
        uniform = torch.special.ndtr(noise)
        steep = -output.abs()
        near = steep > -1e-6
        safe = torch.where(near, -torch.ones_like(steep), steep)
        drawn = torch.log1p(uniform * torch.expm1(safe)) / safe
        return sign * (2.0 * torch.where(near, uniform, drawn) - 1.0)


def log_sinhc(u: Tensor) -> Tensor:
    """Log of sinh(u) / u, smooth at 0 and finite far from it."""
    near = u.abs() < NEAR_ZERO
    far = torch.where(near, torch.ones_like(u), u.abs())
    series = u.square() / 6.0 - u**4 / 180.0 + u**6 / 2835.0
    return torch.where(
        near, series, far + torch.log1p(-torch.exp(-2.0 * far)) - torch.log(2.0 * far)
    )


LIKELIHOODS: dict[str, type[nn.Module]] = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "gaussian": Gaussian,
}
