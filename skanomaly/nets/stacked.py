"""Many small networks of one shape computed as one, for ensembles."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from skanomaly.nets.layers import ACTIVATIONS, MemberStreams, RandomStream

__all__ = ["LoopedModules", "StackedLinear", "StackedModules", "stack_modules"]

# They are elementwise: the shape does not matter.
ELEMENTWISE = {
    *ACTIVATIONS.values(), nn.CELU, nn.Hardswish, nn.Hardtanh, nn.Identity,
    nn.LogSigmoid, nn.Mish, nn.ReLU6, nn.SELU, nn.Softplus, nn.Softsign,
}  # fmt: skip

# Attributes of these kinds steer what a module does, and must be the same in all.
SETTINGS = (bool, int, float, str, tuple, list, type(None))


class NotStackableError(TypeError):
    """These modules cannot be computed as one."""


class StackedLinear(nn.Module):
    """Linear maps of several members side by side, with one product for all.

    Parameters
    ----------
    weight : tensor of shape (n_members, n_inputs, n_outputs)
        The weights.
    bias : tensor of shape (n_members, 1, n_outputs) or None
        The biases.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    @classmethod
    def from_members(cls, members: Sequence[nn.Linear]) -> Self:
        """Stack the weights of `nn.Linear` layers."""
        weight = torch.stack([m.weight.detach().T for m in members])
        first, bias = members[0], None
        if first.bias is not None:
            bias = torch.stack([m.bias.detach() for m in members])[:, None]
        stacked = cls(weight, bias)
        for name, own in first.named_parameters():  # some may be frozen
            getattr(stacked, name).requires_grad_(own.requires_grad)
        return stacked

    def forward(self, x: Tensor) -> Tensor:
        """Map (n_members, ..., n_inputs) to (n_members, ..., n_outputs)."""
        if x.ndim == 3:
            return self._product(x)
        rows = x.reshape(len(x), -1, x.shape[-1])
        return self._product(rows).view(*x.shape[:-1], -1)

    def _product(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)

    def member(self, k: int) -> nn.Linear:
        """Return one of the maps as an `nn.Linear`."""
        weight = self.weight.detach()[k].T.clone(memory_format=torch.contiguous_format)
        layer = nn.utils.skip_init(
            nn.Linear, *weight.T.shape, bias=self.bias is not None, dtype=weight.dtype
        )
        layer.weight = _like(self.weight, weight)
        if self.bias is not None:
            layer.bias = _like(self.bias, self.bias.detach()[k, 0].clone())
        return layer

    def extra_repr(self) -> str:
        """Show the sizes."""
        n_members, n_inputs, n_outputs = self.weight.shape
        return f"n_members={n_members}, in={n_inputs}, out={n_outputs}"


class StackedModules(nn.Module):
    """Members whose weights are stacked along a first dimension, computed at once.

    Parameters
    ----------
    module : nn.Module
        Takes and returns tensors whose first dimension is the member.
    n_members : int
        How many there are.
    """

    def __init__(self, module: nn.Module, n_members: int) -> None:
        super().__init__()
        self.module, self.n_members = module, n_members

    def forward(self, x: Tensor) -> Tensor:
        """Call every member on its part of ``x``, shape (n_members, ...)."""
        return self.module(x)

    def call(self, method: str, x: Tensor, *args: Any) -> Any:
        """Call a method of every member on its part of ``x``."""
        return getattr(self.module, method)(x, *args)

    def parts(self) -> list[Any]:
        """Modules whose settings are those of the members."""
        return [self.module]

    def member(self, k: int) -> Any:
        """Copy one member, as it was before stacking."""
        # One copy of all, for streams that are shared to stay so.
        return _unstack(copy.deepcopy(self.module), k)


class LoopedModules(nn.Module):
    """Members computed one after the other: what cannot be stacked.

    Parameters
    ----------
    members : sequence of nn.Module
        The members.
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.n_members = len(self.members)

    def forward(self, x: Tensor) -> Tensor:
        """Call every member on its part of ``x``, shape (n_members, ...)."""
        return self.call("__call__", x)

    def call(self, method: str, x: Tensor, *args: Any) -> Any:
        """Call a method of every member on its part of ``x``."""
        pairs = zip(self.members, x, strict=True)
        results = [getattr(member, method)(part, *args) for member, part in pairs]
        return None if results[0] is None else torch.stack(results)

    def parts(self) -> list[Any]:
        """Modules whose settings are those of the members."""
        return list(self.members)

    def member(self, k: int) -> Any:
        """Copy one member."""
        return copy.deepcopy(self.members[k])


def stack_modules(members: Iterable[nn.Module]) -> StackedModules | LoopedModules:
    """Join modules of the same structure, so that one call computes all of them.

    Linear layers become a `StackedLinear`, any other weight or buffer of shape ``s``
    becomes one of shape ``(n_members, 1, *s)`` that fits rows of shape ``(n_members, n,
    *s)``, and random streams draw for each member from its own. Modules with a
    `forward` of their own must say that they compute with such rows: by a class
    attribute ``supports_stacking = True``. When a part cannot be stacked (convolutions,
    batch normalisation, networks of users), the members are computed in a loop.

    Parameters
    ----------
    members : sequence of nn.Module
        Built modules, which should not be used afterwards.

    Returns
    -------
    StackedModules or LoopedModules
        The results equal those of the members one by one, but for rounding.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import MLP
    >>> from skanomaly.nets.stacked import stack_modules
    >>> members = [MLP(4, 2) for _ in range(3)]
    >>> stack_modules(members)(torch.zeros(3, 10, 4)).shape
    torch.Size([3, 10, 2])
    """
    members = list(members)
    try:
        _refuse_shared_weights(members[0])
        return StackedModules(_stack(members), len(members))
    except NotStackableError:
        return LoopedModules(members)


def _refuse_shared_weights(module: nn.Module) -> None:
    """Refuse a weight that is used twice: its two stacked copies would diverge."""
    n_uses = len(list(module.named_parameters(remove_duplicate=False)))
    if n_uses > len(list(module.parameters())):
        raise NotStackableError("weights are shared")


def _stack(members: Sequence[Any]) -> nn.Module:
    first = members[0]
    _check_alike(members)
    if type(first) is nn.Linear and not first._forward_pre_hooks:
        return StackedLinear.from_members(members)
    _check(members)
    return _rebuilt(
        first,
        tensor=lambda kind, n: _stacked_tensor([getattr(m, kind)[n] for m in members]),
        child=lambda name: _stack([m._modules[name] for m in members]),
        stream=lambda name: MemberStreams([getattr(m, name) for m in members]),
    )


def _unstack(module: Any, k: int) -> nn.Module:
    if isinstance(module, StackedLinear):
        return module.member(k)
    return _rebuilt(
        module,
        tensor=lambda kind, name: _member_tensor(getattr(module, kind)[name], k),
        child=lambda name: _unstack(module._modules[name], k),
        stream=lambda name: getattr(module, name).streams[k],
    )


def _rebuilt(
    module: nn.Module,
    *,
    tensor: Callable[[str, str], Tensor],
    child: Callable[[str], nn.Module],
    stream: Callable[[str], Any],
) -> nn.Module:
    """Copy a module with other tensors, submodules and random streams."""
    new = copy.copy(module)
    for kind in ("_parameters", "_buffers"):
        tensors = getattr(module, kind).items()
        copied = {n: t if t is None else tensor(kind, n) for n, t in tensors}
        new.__dict__[kind] = copied
    children = module._modules.items()
    new.__dict__["_modules"] = {n: m if m is None else child(n) for n, m in children}
    for name, value in vars(module).items():
        if isinstance(value, RandomStream | MemberStreams):
            new.__dict__[name] = stream(name)
    return new


def _member_tensor(stacked: Tensor, k: int) -> Tensor:
    return _like(stacked, stacked.detach()[k, 0].clone())


def _stacked_tensor(tensors: Sequence[Tensor]) -> Tensor:
    return _like(tensors[0], torch.stack([t.detach() for t in tensors]).unsqueeze(1))


def _like(example: Tensor, tensor: Tensor) -> Any:
    if isinstance(example, nn.Parameter):
        return nn.Parameter(tensor, requires_grad=example.requires_grad)
    return tensor


def _check(members: Sequence[nn.Module]) -> None:
    """Refuse modules that a member dimension would break."""
    kind = type(members[0])
    is_container = kind is nn.ModuleList or kind.forward is nn.Sequential.forward
    is_known = kind in ELEMENTWISE or vars(kind).get("supports_stacking", False)
    if not (is_container or is_known):
        raise NotStackableError(f"{kind.__name__} does not support a member dimension")


def _check_alike(members: Sequence[nn.Module]) -> None:
    """Refuse modules that differ in more than the values of their weights."""
    settings = [_settings(member) for member in members]
    if any(other != settings[0] for other in settings):
        raise NotStackableError(f"settings of {type(members[0]).__name__} differ")


def _settings(module: nn.Module) -> tuple[Any, ...]:
    plain = {k: v for k, v in vars(module).items() if isinstance(v, SETTINGS)}
    names = [list(getattr(module, kind)) for kind in ("_parameters", "_modules")]
    weights = module._parameters.values()
    frozen = [w is not None and not w.requires_grad for w in weights]
    return type(module), names, plain, frozen
