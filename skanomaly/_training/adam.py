"""Adam's step on lists of weights and moments that are made once."""

import torch
from torch.optim import optimizer as torch_optimizer

__all__ = ["plain_step"]

_OPTIONS = ("weight_decay", "eps", "amsgrad", "maximize")
_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
_GLOBAL_HOOKS = ("_global_optimizer_pre_hooks", "_global_optimizer_post_hooks")


def plain_step(optimizer):
    """Return a function that does what ``optimizer.step`` does, in less time.

    `torch.optim.Adam.step` collects weights and moments anew each time, opens a record
    for the profiler, calls hooks, groups tensors by device and counts the step once for
    every weight; for small networks that is a good part of a step. The function hands
    lists made once to the same kernel. It is the method itself wherever there could be
    a difference. While it is in use, no option of the optimizer may be changed but its
    learning rate.
    """
    if not _is_plain_adam(optimizer):
        return optimizer.step
    (group,) = optimizer.param_groups
    weights, (beta1, beta2) = group["params"], group["betas"]
    # The same numbers, but the kernel may write to them with gradients switched on.
    numbers = [weight.detach() for weight in weights]
    options = {name: group[name] for name in _OPTIONS}
    counter, moments = None, None

    def step():
        nonlocal counter, moments
        gradients = [weight.grad for weight in weights]
        if moments is None or any(gradient is None for gradient in gradients):
            # The first step makes the state of a weight.
            optimizer.step()
            counter, moments = _state(optimizer, weights)
            return
        counter += 1
        torch._fused_adam_(
            numbers, gradients, *moments, lr=group["lr"], beta1=beta1, beta2=beta2,
            **options, grad_scale=None, found_inf=None,
        )  # fmt: skip

    return step


def _state(optimizer, weights):
    """Return the number of steps of all weights, and lists of Adam's moments.

    From now on the numbers are views of one tensor, which is counted up at once. Both
    are None as long as a weight has no state.
    """
    states = [optimizer.state.get(weight) for weight in weights]
    if not all(states):
        return None, None
    counter = torch.stack([state["step"] for state in states])
    for state, number in zip(states, counter, strict=True):
        state["step"] = number
    names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")
    return counter, [[state[n] for state in states if n in state] for n in names]


def _is_plain_adam(optimizer):
    """Whether it is torch's fused Adam with one group, and no hook on its steps."""
    hooks = [getattr(optimizer, name, True) for name in _HOOKS]
    hooks += [getattr(torch_optimizer, name, True) for name in _GLOBAL_HOOKS]
    return (
        type(optimizer) is torch.optim.Adam
        and hasattr(torch, "_fused_adam_")
        and len(optimizer.param_groups) == 1
        and bool(optimizer.param_groups[0].get("fused"))
        and not optimizer.param_groups[0].get("decoupled_weight_decay")
        and _is_of_one_kind(optimizer.param_groups[0])
        and not any(hooks)
        # A scheduler of torch puts its own there, a gradient scaler adds the others.
        and not {"step", "grad_scale", "found_inf"} & vars(optimizer).keys()
    )


def _is_of_one_kind(group):
    """Whether the kernel takes all weights at once: of one dtype, on the CPU."""
    numbers = [group["lr"], *group["betas"]]
    return (
        len({(w.device.type, w.dtype) for w in group["params"]}) == 1
        and group["params"][0].device.type == "cpu"
        and not any(isinstance(number, torch.Tensor) for number in numbers)
    )
