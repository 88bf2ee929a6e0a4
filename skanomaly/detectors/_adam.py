"""Adam's step without looking for what the step before has found already."""

import inspect

import torch
from torch.optim import optimizer as torch_optimizer
from torch.optim.adam import adam

__all__ = ["plain_step"]

_OPTIONS = set(inspect.signature(adam).parameters) - {"params"}
_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
_GLOBAL_HOOKS = ("_global_optimizer_pre_hooks", "_global_optimizer_post_hooks")


def plain_step(optimizer):
    """Return a function that does what ``optimizer.step`` does, in less time.

    `torch.optim.Adam.step` collects weights and moments anew each time, opens a record
    for the profiler and calls hooks; for small networks that is a good part of a step.
    The function hands lists made once to the same arithmetic. It is the method itself
    wherever there could be a difference. While it is in use, nobody may change options
    of the optimizer but its learning rate.
    """
    if not _is_plain_adam(optimizer):
        return optimizer.step
    (group,) = optimizer.param_groups
    weights, (beta1, beta2) = group["params"], group["betas"]
    options = {name: value for name, value in group.items() if name in _OPTIONS}
    moments = _moments(optimizer, weights)

    @torch.no_grad()
    def step():
        nonlocal moments
        gradients = [weight.grad for weight in weights]
        if moments is None or any(gradient is None for gradient in gradients):
            optimizer.step()
            moments = _moments(optimizer, weights)
            return
        options["lr"] = group["lr"]
        adam(weights, gradients, *moments, beta1=beta1, beta2=beta2, **options)

    return step


def _moments(optimizer, weights):
    """Lists of what Adam remembers, as `adam` takes them; None before its first step.

    The first step makes the state of a weight.
    """
    states = [optimizer.state.get(weight) for weight in weights]
    if not all(states):
        return None
    names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")
    return [[state[name] for state in states if name in state] for name in names]


def _is_plain_adam(optimizer):
    """Whether it is torch's fused Adam with one group, and nobody watches its steps."""
    hooks = [getattr(optimizer, name, True) for name in _HOOKS]
    hooks += [getattr(torch_optimizer, name, True) for name in _GLOBAL_HOOKS]
    return (
        type(optimizer) is torch.optim.Adam
        and len(optimizer.param_groups) == 1
        and bool(optimizer.param_groups[0].get("fused"))
        and not any(hooks)
        # A scheduler of torch puts its own there, a gradient scaler adds the others.
        and not {"step", "grad_scale", "found_inf"} & vars(optimizer).keys()
    )
