"""Memory that is short: how to know it, and what to tell the user."""

from contextlib import contextmanager

import torch

__all__ = ["is_out_of_memory", "memory_advice"]


def is_out_of_memory(error):
    """Whether memory is what is missing; torch has no class for that on a CPU."""
    classes = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, classes) or "DefaultCPUAllocator" in str(error)


@contextmanager
def memory_advice(text):
    """Turn what torch and numpy raise where memory is short into a `MemoryError`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(text) from error
