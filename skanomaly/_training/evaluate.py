"""Results of a trained module for any number of rows, in chunks.

In float32 a row's result depends on its neighbours in the seventh digit, because the
matrix products round differently. Float64 rounded to the float32 grid does not, and so
the size of the chunks is a matter of speed alone.
"""

import numpy as np
import torch

from skanomaly._training.convolutions import unfolds_inputs
from skanomaly._training.double import lent_copy
from skanomaly._training.memory import is_out_of_memory
from skanomaly.utils._chunks import CHUNK_CELLS, dense

__all__ = ["in_chunks", "on_float32_grid", "rounded"]

MAX_ROWS = 1024
MIN_ROWS = 16
# Convolutions in float64 take several times the memory of their rows.
UNFOLDED = 4


def in_chunks(module, X, function, device="cpu", *, context=None, n_members=1):
    """Apply a function of (module, rows) to all rows, in chunks and in float64.

    Parameters
    ----------
    module : nn.Module
        A trained module; a copy is used.
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Validated rows.
    function : callable
        Maps the module and a tensor of rows, and one of their context if there is any,
        to a tensor with as many rows.
    device : str, default="cpu"
        Where the module is.
    context : ndarray of shape (n_samples, ...), default=None
        Label, class or condition of each row, see `Rows`.
    n_members : int, default=1
        How many networks each row goes through.

    Returns
    -------
    ndarray of shape (n_samples, ...)
        The results, float64 and finite.
    """
    n_cells = CHUNK_CELLS // (UNFOLDED if unfolds_inputs(module) else 1)
    n_rows = max(min(n_cells // X.shape[1], MAX_ROWS) // n_members, MIN_ROWS)
    results, start = None, 0
    with lent_copy(module) as lent, torch.inference_mode():
        while start < X.shape[0]:
            chunk = slice(start, start + n_rows)
            args = [
                torch.tensor(np.ascontiguousarray(dense(values[chunk]))).to(device)
                for values in (X, context)
                if values is not None
            ]
            try:
                part = on_float32_grid(function(lent, *args))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                n_rows = _smaller(n_rows, error)
                continue
            if results is None:
                # One array: a list of parts would fragment the heap.
                results = np.empty((X.shape[0], *part.shape[1:]))
            results[chunk] = part
            start += n_rows
    return results


def on_float32_grid(values):
    """Finite float64 numbers without the digits that depend on the batch."""
    return rounded(torch.as_tensor(values)).cpu().numpy()


def rounded(values):
    """Round a tensor to what a float32 holds; the result is float64."""
    limit = torch.finfo(torch.float32).max
    return values.clamp(-limit, limit).to(torch.float32).to(torch.float64)


def _smaller(n_rows, error):
    if n_rows == 1:
        raise MemoryError(
            "A single row does not fit into memory beside the network: free memory, or "
            "fit a smaller network."
        ) from error
    torch.cuda.empty_cache()
    return n_rows // 2
