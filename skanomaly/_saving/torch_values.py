"""What a file keeps of tensors and random streams of torch."""

import torch
from torch import nn

from skanomaly._saving.kind import Kind

__all__ = ["TORCH"]


def _tensor_parts(tensor):
    """Array, dtype, order of the dimensions in memory, and what training asks."""
    x = tensor.detach().cpu()
    order = sorted(range(x.ndim), key=lambda d: (-x.stride(d), d))
    x = x.permute(order).contiguous()
    # numpy has no bfloat16, nor what is smaller: their bits travel.
    array = x.numpy() if x.dtype in NUMPY_TYPES else x.view(torch.uint8).numpy()
    is_parameter = isinstance(tensor, nn.Parameter)
    return (array, _dtype_name(x.dtype), order, is_parameter, tensor.requires_grad)


def _tensor(array, name, order, is_parameter, requires_grad):
    x = torch.from_numpy(array.copy())
    dtype = _torch_dtype(name)
    if x.dtype != dtype:
        x = x.view(dtype)
    back = sorted(range(len(order)), key=order.__getitem__)
    x = x.permute(back)
    if is_parameter:
        return nn.Parameter(x, requires_grad=requires_grad)
    return x.requires_grad_(requires_grad)


NUMPY_TYPES = {
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128,
}  # fmt: skip


def _dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def _torch_dtype(name):
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"{name!r} is no dtype of torch.")
    return dtype


def _generator_parts(generator):
    return (str(generator.device), generator.get_state().numpy())


def _generator(device, state):
    kept = torch.Generator(present_device(device))
    if kept.device.type == torch.device(device).type:
        kept.set_state(torch.from_numpy(state.copy()))
    return kept


def present_device(name):
    """Return the device of that name, or the processor where there is none."""
    if torch.device(name).type == "cuda" and torch.cuda.is_available():
        return name
    return "cpu"


TORCH = [
    Kind("tensor", (torch.Tensor,), _tensor_parts, _tensor),
    Kind("Generator", (torch.Generator,), _generator_parts, _generator),
    Kind("device", (torch.device,), lambda v: (str(v),), torch.device),
    Kind("torch.dtype", (torch.dtype,), lambda v: (_dtype_name(v),), _torch_dtype),
    Kind("Size", (torch.Size,), tuple, lambda *sizes: torch.Size(sizes)),
]
