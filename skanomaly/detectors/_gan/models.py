"""Generative adversarial networks: generator, critic, and the loss of each."""

import torch
from torch import nn
from torch.nn.functional import softplus

from skanomaly._training.missing import filled, known, parted
from skanomaly.nets.layers import activation_layer, initialized

__all__ = [
    "Critic",
    "GANModel",
    "NonSaturatingGAN",
    "WassersteinGAN",
    "gradient_penalty",
]


class Critic(nn.Module):
    """A network with one output, and access to its last hidden layer.

    Parameters
    ----------
    trunk : nn.Module
        The layers up to the last hidden one.
    n_hidden : int
        Units of that layer.
    activation : str or type
        Behind it; None if the trunk ends with one.
    head_bias : bool, default=True
        Whether the output has a bias: a Wasserstein loss does not depend on it.
    stream : RandomStream
        Source of the weights of the output.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, *, trunk, n_hidden, activation, head_bias=True, stream):
        super().__init__()
        self.trunk = trunk
        self.activation = activation_layer(activation) if activation else nn.Identity()
        # Only a ConvEncoder has the size of its feature map.
        n_hidden = getattr(self.trunk, "n_codes", n_hidden)
        self.head = initialized(nn.Linear, n_hidden, 1, bias=head_bias, stream=stream)

    def features(self, x):
        """Last hidden layer, shape (n, n_hidden)."""
        return self.activation(self.trunk(x))

    def forward(self, x):
        """Logit or value of each row, shape (n,); higher is more real."""
        return self.head(self.features(x)).squeeze(-1)


class GANModel(nn.Module):
    """A generator, a critic of its rows, and the distribution of its inputs.

    Generator and critic are the players of a `Phase`: they are trained in turns, each
    on its own loss of each row, `generator_loss` and `critic_loss`.
    """

    def __init__(self, *, generator, critic, latent_dim, stream):
        super().__init__()
        self.generator, self.critic = generator, critic
        self.latent_dim, self.stream = latent_dim, stream
        self.n_generator_steps = self.n_waiting = 0

    def n_critic_steps(self):
        """Steps of the critic before the next one of the generator."""
        return 1

    def takes_turn(self, player):
        """Whether a player takes a step with this batch: the generator may not."""
        if player != "generator":
            return True
        self.n_waiting += 1
        if self.n_waiting < self.n_critic_steps():
            return False
        self.n_waiting = 0
        self.n_generator_steps += 1
        return True

    def decode(self, z):
        """Rows from latent vectors."""
        return self.generator(z)

    def sample_like(self, x):
        """Generated rows, as many as there are real ones."""
        z = x.new_empty((*x.shape[:-1], self.latent_dim))
        return self.generator(self.stream.normal_like(z))

    def difference(self, x, fake):
        """Difference of rows and generated ones, zero where a cell is missing."""
        x, missing = parted(x)
        return known(x - fake, missing)

    def critic_values(self, x):
        """Values of real rows, values of generated ones, and those rows."""
        x = filled(x)
        with torch.no_grad():
            fake = self.sample_like(x)
        # One pass for both: for small networks that takes about half the time.
        real_value, fake_value = self.critic(torch.cat([x, fake], dim=-2)).split(
            x.shape[-2], dim=-1
        )
        return real_value, fake_value, fake


class NonSaturatingGAN(GANModel):
    """The critic gives the log-odds that a row is real (Goodfellow et al. 2014)."""

    def forward(self, x):
        """Loss of each row, shape (n,): that of the critic."""
        return self.critic_loss(x)

    def critic_loss(self, x):
        """Cross-entropy of a real row and of a generated one."""
        real, fake, _ = self.critic_values(x)
        return softplus(-real) + softplus(fake)

    def generator_loss(self, x):
        """Minus the log-probability that a generated row is real."""
        return softplus(-self.critic(self.sample_like(x)))


class WassersteinGAN(GANModel):
    """The critic estimates the Wasserstein distance, with slope about 1 (WGAN-GP)."""

    def __init__(self, *, penalty, n_critic, **gan):
        super().__init__(**gan)
        self.penalty, self.n_critic = penalty, n_critic

    def n_critic_steps(self):
        """Steps of the critic before the next one of the generator."""
        return self.n_critic

    def critic_loss(self, x):
        """Value of a generated row, less that of a real one, with the penalty."""
        x = filled(x)
        real, fake, fake_rows = self.critic_values(x)
        if not torch.is_grad_enabled():  # held-out rows
            return fake - real
        weight = self.stream.uniform((*x.shape[:-1], 1), like=x)
        between = torch.lerp(x, fake_rows, weight)
        return fake - real + self.penalty * gradient_penalty(self.critic, between)

    def generator_loss(self, x):
        """Minus the value of a generated row."""
        return -self.critic(self.sample_like(x))


def gradient_penalty(critic, x):
    """Squared difference of the critic's gradient norm to 1, shape (n,)."""
    x = x.requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return torch.square(slope.norm(dim=-1) - 1.0)
